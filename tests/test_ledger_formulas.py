"""Each score is what other programs and its publishers make it, and pays for honesty."""

from itertools import product

import numpy as np
import pytest
from numpy.testing import assert_allclose

from forecasting.ledger import formulas

LEVELS = np.array([0.05, 0.25, 0.5, 0.75, 0.95])
RNG = np.random.default_rng(16)
P = RNG.uniform(0.01, 0.99, 40)
CAME = RNG.random(40) < P
SHARES = RNG.dirichlet([1.0, 2.0, 0.5, 1.5], 40)
STATE = RNG.integers(0, 4, 40)
AMOUNT = RNG.gamma(2.0, 10.0, 40)
SAMPLES = RNG.gamma(2.0, 12.0, (40, 25))
QUANTILES = np.quantile(SAMPLES, LEVELS, axis=1).T


@pytest.fixture(scope="module")
def scoringrules():
    """Give the other program; it compiles itself for five seconds as it is imported."""
    import scoringrules

    return scoringrules


@pytest.fixture(scope="module")
def properscoring():
    import properscoring

    return properscoring


def same(found, expected):
    assert_allclose(found, expected, rtol=1e-9, atol=1e-9)


# --- against other programs -----------------------------------------------------------------------


def test_yes_and_no_are_scored_as_scoringrules_and_properscoring_do(scoringrules, properscoring):
    same(formulas.brier(P, CAME), scoringrules.brier_score(CAME.astype(float), P))
    same(formulas.brier(P, CAME), properscoring.brier_score(CAME, P))
    given = np.where(CAME, P, 1 - P)
    same(formulas.log_score(given), -scoringrules.log_score(CAME.astype(float), P))


def test_states_are_scored_as_scoringrules_does(scoringrules):
    # There the sum over cumulated states; here its mean, so that it lies between 0 and 1.
    found = formulas.ordered_brier(SHARES, STATE)
    same(found, scoringrules.rps_score(STATE + 1, SHARES) / 3)
    of_each_state = [scoringrules.brier_score((k == STATE) * 1.0, SHARES[:, k]) for k in range(4)]
    same(formulas.multi_brier(SHARES, STATE), np.sum(of_each_state, axis=0) / 2)


def test_amounts_are_scored_as_scoringrules_and_properscoring_do(scoringrules, properscoring):
    pinball = formulas.pinball(AMOUNT, QUANTILES, LEVELS)
    same(pinball, scoringrules.quantile_score(AMOUNT[:, None], QUANTILES, LEVELS))
    low, high = QUANTILES[:, 0], QUANTILES[:, 4]
    found = formulas.interval_score(AMOUNT, low, high, prob=0.9)
    same(found, scoringrules.interval_score(AMOUNT, low, high, 0.1))
    ends = QUANTILES[:, [0, 1]], QUANTILES[:, [4, 3]], np.array([0.1, 0.5])
    expected = scoringrules.weighted_interval_score(AMOUNT, QUANTILES[:, 2], *ends)
    same(formulas.wis(AMOUNT, QUANTILES, LEVELS), expected)
    found = formulas.crps_of_samples(AMOUNT, SAMPLES)
    same(found, scoringrules.crps_ensemble(AMOUNT, SAMPLES, estimator="nrg"))
    same(found, properscoring.crps_ensemble(AMOUNT, SAMPLES))


def test_levels_spread_evenly_give_the_score_of_scoringrules_from_quantiles(scoringrules):
    levels = (np.arange(9) + 0.5) / 9
    quantiles = np.quantile(SAMPLES, levels, axis=1).T
    found = formulas.crps_of_quantiles(AMOUNT, quantiles, levels)
    same(found, scoringrules.crps_quantile(AMOUNT, quantiles, levels))


def test_many_quantiles_give_the_score_of_the_whole_distribution(scoringrules):
    levels = np.linspace(0.0005, 0.9995, 1000)
    found = formulas.crps_of_quantiles(1.3, -np.log(1 - levels), levels)
    assert_allclose(found, scoringrules.crps_exponential(1.3, 1.0), rtol=1e-3)


def test_a_brier_score_is_taken_apart_as_model_diagnostics_does():
    # model-diagnostics 1.5.0, which would need polars here: decompose(y_obs=came, y_pred=p,
    # scoring_function=SquaredError()) gave miscalibration, discrimination and uncertainty.
    p = [0.05, 0.1, 0.1, 0.3, 0.3, 0.45, 0.6, 0.6, 0.8, 0.95]
    came = [0, 0, 1, 0, 1, 0, 1, 0, 1, 1]
    found = formulas.corp(p, came)
    same([found.mcb, found.dsc, found.unc], [0.04675, 0.08, 0.25])
    same(found.mcb - found.dsc + found.unc, formulas.brier(p, came).mean())
    same(found.p, [0.05, 0.1, 0.3, 0.45, 0.6, 0.8, 0.95])
    same(found.frequency, [0, 0.4, 0.4, 0.4, 0.5, 1, 1])


# --- against what their publishers print ----------------------------------------------------------


def test_the_ordinal_example_of_cultivate_labs_is_found():
    # https://www.cultivatelabs.com/crowdsourced-forecasting-guide: 0.81 without the order of the
    # four answers, whose two sides are both added up there.
    p = [0.15, 0.45, 0.25, 0.15]
    same(2 * formulas.multi_brier(p, 2), 0.81)
    same(2 * formulas.ordered_brier(p, 2), (2 * 0.15**2 + 2 * 0.6**2 + 2 * 0.15**2) / 3)


def test_the_ends_of_the_metaculus_baseline_are_found():
    # Metaculus lets probabilities go from 0.1% to 99.9%.
    same(formulas.metaculus_baseline([0.999, 0.001]).round(1), [99.9, -896.6])
    same(formulas.metaculus_baseline(1 / 7, states=7), 0)


def test_peer_scores_compare_with_the_mean_of_the_others_and_add_up_to_nothing():
    found = formulas.metaculus_peer([[0.9, 0.2], [0.5, 0.2], [0.3, 0.6]])
    same(found[0], 100 * np.array([np.log(0.9 / np.sqrt(0.15)), np.log(0.2 / np.sqrt(0.12))]))
    same(found.sum(axis=0), [0, 0])


def test_the_ignorance_of_views_counts_one_draw_more_in_each_of_eleven_bins():
    draws = [0, 0, 0, 1, 2, 3, 8, 40, 700, 5000]
    same(formulas.ignorance([0, 2.4, 2.5, 99], [draws] * 4), -np.log2(np.array([4, 3, 2, 1]) / 21))
    same(formulas.ignorance(10**6, draws), -np.log2(2 / 21))


def test_who_called_impossible_what_came_is_not_spared():
    assert formulas.log_score(0.0) == -np.inf
    assert formulas.metaculus_baseline(0.0) == -np.inf
    assert formulas.metaculus_peer([0.0, 0.5, 0.5]).tolist() == [-np.inf, np.inf, np.inf]


def test_the_brier_index_of_one_half_is_fifty():
    same(formulas.brier_index([0.0, 0.25, 1.0]), [100, 50, 0])
    # The post that introduced it: the superforecasters' 0.086 is 70.6, rounded from more digits.
    assert_allclose(formulas.brier_index(0.086), 70.6, atol=0.1)


def test_a_weighted_interval_score_needs_a_median_and_pairs():
    with pytest.raises(ValueError, match=r"pairs around it, found \[0.1, 0.5, 0.8\]"):
        formulas.wis(1.0, [0, 1, 2], [0.1, 0.5, 0.8])


# --- whoever says what he believes expects to score best ------------------------------------------

GRID = np.linspace(0.001, 0.999, 999)


def best(expected_loss):
    return GRID[np.argmin(expected_loss)]


@pytest.mark.parametrize("belief", [0.03, 0.27, 0.5, 0.81])
def test_of_yes_and_no_the_belief_itself_is_the_best_answer(belief):
    for loss in (
        lambda p, yes: formulas.brier(p, yes),
        lambda p, yes: -formulas.log_score(p if yes else 1 - p),
        lambda p, yes: -formulas.metaculus_baseline(p if yes else 1 - p),
        lambda p, yes: (
            -formulas.metaculus_peer([p if yes else 1 - p, np.full_like(p, 0.4 if yes else 0.6)])[0]
        ),
    ):
        expected = belief * loss(GRID, True) + (1 - belief) * loss(GRID, False)
        assert abs(best(expected) - belief) < 1e-9


def test_of_several_states_the_beliefs_themselves_are_the_best_answer():
    belief = np.array([0.1, 0.45, 0.25, 0.2])
    steps = [s for s in product(range(21), repeat=3) if sum(s) <= 20]
    said = np.array([(*s, 20 - sum(s)) for s in steps]) / 20
    for loss in (formulas.multi_brier, formulas.ordered_brier):
        expected = sum(belief[k] * loss(said, np.full(len(said), k)) for k in range(4))
        same(said[np.argmin(expected)], belief)
        assert (np.sort(expected)[1] - expected.min()) > 1e-6


@pytest.mark.parametrize("place", range(5))
def test_of_amounts_the_quantiles_believed_are_the_best_answer(place):
    amounts = RNG.gamma(2.0, 10.0, 2001)
    truth = np.quantile(amounts, LEVELS)
    said = np.tile(truth, (401, 1))
    said[:, place] = truth[place] + np.linspace(-4, 4, 401)
    for loss in (formulas.wis, formulas.crps_of_quantiles):
        expected = np.mean([loss(amount, said, LEVELS) for amount in amounts], axis=0)
        assert abs(said[np.argmin(expected), place] - truth[place]) < 0.1


def test_of_samples_those_of_the_true_distribution_are_the_best_answer():
    rng = np.random.default_rng(5)
    amounts = rng.gamma(2.0, 10.0, 2000)
    samples = rng.gamma(2.0, 10.0, 2000)
    for loss in (
        lambda draws: formulas.crps_of_samples(amounts, draws[None]),
        lambda draws: formulas.ignorance(amounts, draws[None]),
        lambda draws: formulas.interval_score(amounts, *np.quantile(draws, [0.05, 0.95]), prob=0.9),
    ):
        honest = loss(samples).mean()
        assert all(honest < loss(samples * k).mean() for k in (0.6, 0.8, 1.25, 1.6))
        assert all(honest < loss(samples + k).mean() for k in (-6, 6))


# --- questions that end early ---------------------------------------------------------------------


def expected_over_time(p, days, chance, average):
    """Of an event that comes on the first day or never, `p` said on that day, and then 0."""
    early = average([1], formulas.brier(np.array([p]), [True]))
    late = average([1, days - 1], formulas.brier(np.array([p, 0.0]), [False, False]))
    return chance * early + (1 - chance) * late


def test_an_average_over_days_really_open_would_reward_99_percent_for_an_even_chance():
    def improper(days, scores):
        return np.dot(days, scores) / np.sum(days)

    assert abs(best([expected_over_time(p, 100, 0.5, improper) for p in GRID]) - 0.990) < 1e-9


def test_the_score_over_scheduled_days_rewards_what_is_believed():
    def proper(days, scores):
        return formulas.time_weighted(days, scores, 100)[0]

    for chance in (0.5, 0.12):
        found = best([expected_over_time(p, 100, chance, proper) for p in GRID])
        assert abs(found - chance) < 1e-9


def test_forecasts_cannot_stand_for_longer_than_scheduled():
    with pytest.raises(ValueError, match="stood 11 days, and 10 were scheduled"):
        formulas.time_weighted([4, 7], [0.1, 0.2], 10)
