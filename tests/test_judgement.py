"""Judgements mean what the design says: closed forms, SciPy and the calendar are the yardsticks."""

from datetime import date
from itertools import pairwise

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy import integrate, optimize, special, stats

from forecasting.judgement import (
    Z90,
    Odds,
    Probability,
    calibrate,
    expected,
    logit,
    months_between,
    sigmoid,
)


def by_quad(m, s):
    """E[sigma(Normal(m, s))], by adaptive quadrature split where the integrand bends."""
    ends = sorted({-12.0, 12.0, float(np.clip(-m / s, -12, 12))})
    pieces = [
        integrate.quad(
            lambda z: special.expit(m + s * z) * stats.norm.pdf(z), a, b, epsabs=1e-14, limit=500
        )[0]
        for a, b in pairwise(ends)
    ]
    return sum(pieces)


@pytest.mark.parametrize("s", [0.1, 0.7, 1.5, 3.0, 6.0, 10.0])
@pytest.mark.parametrize("m", [-9.0, -2.2, 0.3, 4.0])
def test_expectation_agrees_with_quadrature(m, s):
    assert_allclose(expected(m, s), by_quad(m, s), atol=1e-12)


def test_expectation_without_spread_is_the_probability_itself():
    assert expected(float(logit(0.2)), 0.0) == pytest.approx(0.2, abs=1e-16)
    assert expected(-np.inf, 0.0) == 0
    assert expected(np.inf, 0.0) == 1


@pytest.mark.parametrize("p", [1e-300, 1e-12, 0.37, 1 - 1e-12, 1 - 2.0**-53])
def test_logit_and_sigmoid_undo_each_other(p):
    """Near 1 the log-odds resolve p no better than floats near it do."""
    assert_allclose(sigmoid(logit(p)), p, rtol=1e-13)


def test_a_range_is_a_central_90_percent_interval():
    judged = Probability.between(0.05, 0.30)
    draws = stats.norm(judged.logit_median, judged.logit_sd)
    assert_allclose(special.expit(draws.ppf([0.05, 0.95])), [0.05, 0.30], rtol=1e-12)
    assert_allclose(judged.interval, [0.05, 0.30], rtol=1e-12)


def test_best_is_the_median():
    judged = Probability.between(0.05, 0.30, best=0.15)
    assert_allclose(special.expit(judged.logit_median), 0.15, rtol=1e-12)
    assert judged.logit_sd == Probability.between(0.05, 0.30).logit_sd


@pytest.mark.parametrize(("best", "fits"), [(0.0960, True), (0.0950, False), (0.17, True)])
def test_a_best_past_a_third_of_the_range_is_refused(best, fits):
    """In log-odds, a third of the way from 5% to 30% is 9.57%, two thirds is 17.6%."""
    if fits:
        Probability.between(0.05, 0.30, best=best)
        return
    with pytest.raises(ValueError, match=r"0\.0957 to 0\.176"):
        Probability.between(0.05, 0.30, best=best)


@pytest.mark.parametrize(
    ("low", "high", "best", "says"),
    [(0.4, 0.2, None, "above"), (0.2, 0.4, 0.5, "between"), (0.0, 0.4, None, "strictly")],
)
def test_a_range_that_is_none_is_refused(low, high, best, says):
    with pytest.raises(ValueError, match=says):
        Probability.between(low, high, best)


@pytest.mark.parametrize(
    ("a", "b"), [(0.5, 6.5), (3.0, 9.0), (40.0, 2.5), (0.5, 0.5), (633.5, 157.5)]
)
def test_a_beta_keeps_its_mean_and_the_spread_of_its_log_odds(a, b):
    judged = Probability.beta(a, b)
    assert_allclose(judged.mean, a / (a + b), atol=1e-12)
    variance = special.polygamma(1, a) + special.polygamma(1, b)
    assert_allclose(judged.logit_sd, np.sqrt(variance), rtol=1e-12)


def test_the_spread_of_a_beta_is_that_of_its_draws():
    draws = stats.beta(3, 9).rvs(400_000, random_state=1)
    assert_allclose(Probability.beta(3, 9).logit_sd, special.logit(draws).std(), rtol=0.005)


def test_counts_are_jeffreys_beta():
    assert Probability.counted(0, 6) == Probability.beta(0.5, 6.5)
    with pytest.raises(ValueError, match="between 0 and"):
        Probability.counted(7, 6)


def short_of(b, weights, offsets, spreads, target):
    return weights @ expected(b + offsets, spreads) - target


def test_calibration_agrees_with_a_root_finder():
    rng = np.random.default_rng(5)
    for _ in range(40):
        count = rng.integers(1, 9)
        weights = rng.dirichlet(np.ones(count))
        offsets, spreads = (
            rng.normal(0, 3, count),
            rng.uniform(0, 3, count) * rng.integers(0, 2, count),
        )
        target = rng.uniform(0.001, 0.999)
        row = (weights, offsets, spreads, target)
        root = optimize.brentq(short_of, -60, 60, args=row, xtol=1e-13)
        assert_allclose(calibrate(target, weights, offsets, spreads), root, atol=1e-9)


@pytest.mark.parametrize("target", [1e-300, 1e-9, 1 - 1e-12])
def test_calibration_holds_at_the_edges(target):
    b = calibrate(target, [0.3, 0.7], [0.0, 2.0], [0.0, 1.0])
    reached = 0.3 * expected(b, 0.0) + 0.7 * expected(b + 2, 1.0)
    assert_allclose(logit(reached), logit(target), rtol=1e-4)


@pytest.mark.parametrize("ratio", [0.25, 1.0, 2.0, 7.3])
@pytest.mark.parametrize("p", [1e-9, 0.03, 0.4, 0.97])
def test_constant_hazard_rescales_a_point(p, ratio):
    point = Probability.exactly(p)
    assert_allclose(point.over(ratio).mean, -np.expm1(ratio * np.log1p(-p)), rtol=1e-9)
    assert_allclose(point.over(ratio, lasts=True).mean, p**ratio, rtol=1e-9)
    assert point.over(ratio).logit_sd == 0


def test_the_window_acts_on_the_quantiles_of_a_range():
    later = Probability.between(0.05, 0.30).over(3.0)
    ends = logit(1 - (1 - np.array([0.05, 0.30])) ** 3)
    middle = special.expit(0.5 * (logit(0.05) + logit(0.30)))
    assert_allclose(later.logit_median, logit(1 - (1 - middle) ** 3), rtol=1e-12)
    assert_allclose(later.logit_sd, (ends[1] - ends[0]) / (2 * Z90), rtol=1e-12)


@pytest.mark.parametrize("p", [1e-300, 1 - 2.0**-53])
@pytest.mark.parametrize("ratio", [1e-3, 50.0])
def test_extremes_stay_finite(p, ratio):
    for lasts in (False, True):
        assert np.isfinite(Probability.exactly(p).over(ratio, lasts=lasts).logit_median)


def test_a_multiplier_is_log_normal():
    odds = Odds.between(1.5, 6.0)
    draws = stats.norm(odds.log_median, odds.log_sd)
    assert_allclose(np.exp(draws.ppf([0.05, 0.5, 0.95])), [1.5, 3.0, 6.0], rtol=1e-12)
    assert Odds.exactly(4.0).inverse() == Odds.exactly(0.25)


def test_two_probabilities_make_the_ratio_of_their_odds():
    """10% against 30%: odds of 1/9 over 3/7 are 7/27."""
    ratio = Odds.ratio(Probability.exactly(0.1), Probability.exactly(0.3))
    assert_allclose(np.exp(ratio.log_median), 7 / 27, rtol=1e-12)
    spread = Odds.ratio(Probability(0.0, 0.3), Probability(1.0, 0.4))
    assert_allclose(spread.log_sd, 0.5, rtol=1e-12)


@pytest.mark.parametrize(
    ("start", "end", "months"),
    [
        ((2021, 9, 15), (2022, 9, 15), 12),
        ((2021, 9, 15), (2021, 9, 30), 15 / 30),  # to 15 October are 30 days
        ((2021, 1, 31), (2021, 2, 28), 1),  # the 31st becomes the last day of February
        ((2021, 1, 31), (2021, 3, 1), 1 + 1 / 31),  # from 28 February to 31 March are 31 days
        ((2020, 2, 29), (2021, 2, 28), 12),
        ((2020, 1, 30), (2020, 2, 28), 29 / 30),  # leap year: to 29 February are 30 days
        ((2021, 12, 20), (2022, 1, 10), 21 / 31),
        ((2021, 9, 15), (2021, 9, 15), 0),
    ],
)
def test_months_are_whole_ones_and_a_share_of_the_next(start, end, months):
    assert months_between(date(*start), date(*end)) == pytest.approx(months, abs=1e-12)


@pytest.mark.parametrize(("a", "b"), [(0.01, 3.0), (2.0, 0.01), (0.01, 1e9), (1e9, 1e9)])
def test_a_beta_at_the_limits_of_the_format_keeps_its_mean(a, b):
    """Its log-odds may spread over a hundred units, where a mean hardly answers to a step."""
    assert_allclose(Probability.beta(a, b).mean, a / (a + b), rtol=1e-9)


@pytest.mark.parametrize("target", [0.3, 0.7])
def test_calibration_crosses_where_nothing_answers_to_a_step(target):
    """Between two rows ten thousand units apart the mean is 1/2, flat to the last digit."""
    b = calibrate(target, [0.5, 0.5], [0.0, 1e4], [0.0, 0.0])
    assert_allclose(b, logit(2 * target) - 1e4 if target < 0.5 else logit(2 * target - 1))


@pytest.mark.parametrize("target", [0.0, 1.0])
def test_calibration_towards_certainty_stops_at_the_last_float(target):
    """A long window can carry a probability to 1 in floats; what is solved for stays finite."""
    b = calibrate(target, [0.4, 0.6], [0.0, 3.0], [0.0, 0.0])
    assert np.isfinite(b)
    assert_allclose(0.4 * sigmoid(b) + 0.6 * sigmoid(b + 3), target, atol=1e-15)


@pytest.mark.parametrize("ratio", [1e-12, 1e12])
@pytest.mark.parametrize("lasts", [False, True])
@pytest.mark.parametrize(("low", "high"), [(5e-324, 1e-320), (0.2, 0.4), (0.5, 1 - 2.0**-53)])
def test_windows_of_any_length_leave_a_finite_judgement(low, high, ratio, lasts):
    later = Probability.between(low, high).over(ratio, lasts=lasts)
    assert np.isfinite([later.logit_median, later.logit_sd]).all()
    assert later.logit_sd >= 0
