"""Judgements mean what the design says: closed forms, SciPy and the calendar are the yardsticks."""

import math
from datetime import date
from itertools import pairwise

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy import integrate, optimize, special, stats

from forecasting.judgement import (
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


def moments(judged):
    """Mean and standard deviation of a logit-normal on its rarer side, on a fine and wide grid."""
    m, s = -abs(judged.logit_median), judged.logit_sd
    z = np.linspace(-12, 12 + 2 * s, 40_001)
    weight = stats.norm.pdf(z) / stats.norm.pdf(z).sum()
    p = special.expit(m + s * z)
    mean = weight @ p
    return mean, mean * math.sqrt(weight @ (p / mean - 1) ** 2)


@pytest.mark.parametrize(
    ("a", "b"),
    [(0.5, 6.5), (3.0, 9.0), (40.0, 2.5), (0.5, 0.5), (633.5, 157.5), (0.5, 1e9), (2.5, 4e6)],
)
def test_a_beta_keeps_its_mean_and_its_standard_deviation(a, b):
    """Down to means of 1e-9, ten digits."""
    judged = Probability.beta(a, b)
    mean, sd = moments(judged)
    assert_allclose(mean, min(a, b) / (a + b), rtol=1e-10)
    assert_allclose(sd, stats.beta(a, b).std(), rtol=1e-10)
    assert_allclose(judged.mean, a / (a + b), rtol=1e-12)
    assert_allclose(judged.sd, sd, rtol=1e-9)


@pytest.mark.parametrize(
    ("seen", "of", "m", "s"),
    [
        (0, 5, -3.053868, 1.339106),
        (10, 10, 3.670720, 1.217373),
        (6, 30, -1.381830, 0.441854),
    ],
)
def test_counts_are_the_numbers_of_the_design(seen, of, m, s):
    judged = Probability.counted(seen, of)
    assert_allclose([judged.logit_median, judged.logit_sd], [m, s], atol=5e-7)


@pytest.mark.parametrize(
    ("seen", "of", "end", "beta"), [(0, 5, 1, 0.31), (0, 20, 1, 0.090), (10, 10, 0, 0.83)]
)
def test_the_band_of_a_count_of_none_or_all_is_about_that_of_the_beta(seen, of, end, beta):
    """The Beta's own point, of SciPy; the logit-normal is within two points of it."""
    exact = stats.beta(seen + 0.5, of - seen + 0.5).ppf((0.05, 0.95)[end])
    assert exact == pytest.approx(beta, abs=0.006)
    assert Probability.counted(seen, of).interval[end] == pytest.approx(exact, abs=0.02)


@pytest.mark.parametrize(
    ("mean", "sd"), [(0.3, 1e-6), (1e-9, 1e-9), (0.999, 0.001), (0.5, 0.4), (1e-200, 1e-200)]
)
def test_a_mean_and_a_standard_deviation_are_matched(mean, sd):
    judged = Probability.matched(mean, sd)
    found = moments(judged)
    assert_allclose(found, [min(mean, 1 - mean), sd], rtol=1e-9)


@pytest.mark.parametrize(("mean", "sd"), [(0.0, 0.1), (0.2, 0.41), (0.2, -0.1), (1.2, 0.1)])
def test_what_no_probability_has_is_not_matched(mean, sd):
    with pytest.raises(ValueError, match="no probability has"):
        Probability.matched(mean, sd)


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
        assert_allclose(calibrate(logit(target), weights, offsets, spreads), root, atol=1e-9)


@pytest.mark.parametrize("goal", [-690.0, -20.7, 27.6, 600.0])
def test_calibration_holds_at_the_edges(goal):
    b = calibrate(goal, [0.3, 0.7], [0.0, 2.0], [0.0, 5.0])
    yes, no = (
        0.3 * expected(side * b, 0.0) + 0.7 * expected(side * (b + 2), 5.0) for side in (1, -1)
    )
    assert_allclose(np.log(yes) - np.log(no), goal, rtol=1e-12)


@pytest.mark.parametrize("ratio", [0.25, 1.0, 2.0, 7.3])
@pytest.mark.parametrize("p", [1e-9, 0.03, 0.4, 0.97])
def test_constant_hazard_rescales_a_point(p, ratio):
    point = Probability.exactly(p)
    assert_allclose(point.over(ratio).mean, -np.expm1(ratio * np.log1p(-p)), rtol=1e-9)
    assert_allclose(point.over(ratio, lasts=True).mean, p**ratio, rtol=1e-9)
    assert point.over(ratio).logit_sd == 0


@pytest.mark.parametrize("lasts", [False, True])
@pytest.mark.parametrize(
    ("low", "high", "ratio"),
    [(0.05, 0.30, 3.0), (0.1, 0.3, 100.0), (0.57, 0.86, 13.0), (0.001, 0.6, 0.03), (0.2, 0.9, 60)],
)
def test_the_window_keeps_mean_and_standard_deviation_of_a_range(low, high, ratio, lasts):
    """Of 1 - (1 - p)^r over the range, summed on a grid that is far finer and wider than ours."""
    stated = Probability.between(low, high)
    z = np.linspace(-35, 35, 20_001)
    weight = stats.norm.pdf(z) / stats.norm.pdf(z).sum()
    x = stated.logit_median + stated.logit_sd * z
    no = ratio * special.log_expit(x if lasts else -x)
    no, yes = np.exp(no), -np.expm1(no)
    yes, no = (no, yes) if lasts else (yes, no)
    later = stated.over(ratio, lasts=lasts)
    rarer = min(weight @ yes, weight @ no)
    mean, sd = moments(later)
    assert (later.logit_median < 0) == (weight @ yes < weight @ no)
    assert_allclose(mean, rarer, rtol=1e-9)
    side = yes if weight @ yes < weight @ no else no
    assert_allclose(sd, np.sqrt(weight @ (side - rarer) ** 2), rtol=1e-8)


def log_moment(a, b, power):
    """Give ln E[(1 - p)^power] of a Beta: ln B(a, b + power) - ln B(a, b)."""
    return special.betaln(a, b + power) - special.betaln(a, b)


@pytest.mark.parametrize(
    ("a", "b", "ratio"), [(3.5, 33.5, 24.0), (0.5, 5.5, 10.0), (2.0, 0.7, 0.2), (20.0, 3.0, 1.5)]
)
def test_the_window_keeps_mean_and_standard_deviation_of_a_count(a, b, ratio):
    """Of the Beta itself, in closed form, and not of the logit-normal that stands for it."""
    later = Probability.beta(a, b).over(ratio)
    first, second = (math.exp(log_moment(a, b, k * ratio)) for k in (1, 2))
    assert_allclose(later.mean, 1 - first, rtol=1e-10)
    assert_allclose(later.sd, math.sqrt(second - first**2), rtol=1e-8)
    assert_allclose(Probability.beta(b, a).over(ratio, lasts=True).mean, first, rtol=1e-10)


def test_three_of_36_months_asked_over_two_years():
    """Of the Beta: 84.1%, 53 to 99.2%. The width of the months, stretched, gave 80%."""
    later = Probability.counted(3, 36).over(24.0)
    assert_allclose([later.logit_median, later.logit_sd], [2.107259, 1.234442], atol=1e-6)
    assert_allclose(later.mean, 0.8410, atol=5e-5)
    ends = 1 - (1 - stats.beta(3.5, 33.5).ppf([0.05, 0.95])) ** 24
    assert_allclose(ends, [0.53, 0.992], atol=0.005)
    assert_allclose(later.interval, [0.519, 0.984], atol=5e-4)


def test_ten_to_thirty_percent_a_year_over_a_century():
    """99.998%, and the band holds it: 99.997% to 100% in truth."""
    later = Probability.between(0.1, 0.3).over(100.0)
    assert later.mean == pytest.approx(0.99998, abs=5e-6)
    assert later.interval[0] < later.mean < later.interval[1]


def test_a_window_of_the_same_length_changes_nothing():
    for stated in (Probability.counted(0, 5), Probability.between(0.1, 0.3)):
        assert stated.over(1.0) is stated


def test_the_complement_keeps_its_digits_next_to_certainty():
    """95% within a month: over a year 5% to the power of twelve is left."""
    later = Probability.exactly(0.95).over(12.0)
    assert_allclose(later.complement, 0.05**12, rtol=1e-12)
    assert_allclose(later.mean_log_odds, -12 * math.log(0.05), rtol=1e-12)


@pytest.mark.parametrize(("m", "s"), [(-30.0, 4.0), (-96.0, 7.1), (-12.0, 0.5), (-700.0, 0.0)])
def test_a_rare_mean_keeps_its_digits(m, s):
    """Where the points that ordinary means take would miss what makes it."""
    assert_allclose(expected(m, s), moments(Probability(m, s))[0], rtol=1e-11)


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
    b = calibrate(logit(target), [0.5, 0.5], [0.0, 1e4], [0.0, 0.0])
    assert_allclose(b, logit(2 * target) - 1e4 if target < 0.5 else logit(2 * target - 1))


@pytest.mark.parametrize("ratio", [1e-12, 1e12])
@pytest.mark.parametrize("lasts", [False, True])
@pytest.mark.parametrize(("low", "high"), [(5e-324, 1e-320), (0.2, 0.4), (0.5, 1 - 2.0**-53)])
def test_windows_of_any_length_leave_a_finite_judgement(low, high, ratio, lasts):
    later = Probability.between(low, high).over(ratio, lasts=lasts)
    assert np.isfinite([later.logit_median, later.logit_sd]).all()
    assert later.logit_sd >= 0
