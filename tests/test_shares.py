"""Shares of several states are what their definition says, by rules that know no clocks."""

import itertools
import json
import math

import numpy as np
import pytest
from numpy.testing import assert_allclose
from py_mini_racer import MiniRacer
from scipy import special, stats

from forecasting.explorer.live import scopes
from forecasting.judgement import Probability, expected, steepness
from forecasting.shares import (
    _row,
    calibrated,
    counted,
    expected_rows,
    learned,
    ordered_spread,
    over_period,
)

HERMITE = np.polynomial.hermite_e.hermegauss(64)


def slopes(medians, spreads):
    """Derivatives of each row's shares by its medians: -E[p_k p_t]; each row of them sums to 0."""
    both = np.array([_row(*map(np.asarray, one))[1] for one in zip(medians, spreads, strict=True)])
    diagonal = np.arange(both.shape[-1])
    both[:, diagonal, diagonal] = 0
    both[:, diagonal, diagonal] = -both.sum(axis=2)
    return -both


def tensor_rule(medians, spreads):
    """Every point of a tensor Gauss-Hermite rule: z, its weight, and the shares there."""
    m, s = np.asarray(medians, float), np.asarray(spreads, float)
    wide = np.flatnonzero(s)
    grid = np.array(list(itertools.product(HERMITE[0], repeat=len(wide))))
    weight = np.prod(list(itertools.product(HERMITE[1], repeat=len(wide))), axis=1)
    z = np.zeros((len(grid), len(m)))
    z[:, wide] = grid
    return z, weight / weight.sum(), special.softmax(m + s * z, axis=1)


ROWS = [
    ([0.3, -1.1, 0.7], [0.8, 1.2, 0.0]),
    ([0.0, -2.0, 1.5], [0.3, 0.9, 0.6]),
    ([-4.0, 0.2, 0.1], [1.3, 0.0, 0.5]),
    ([2.0, 0.4, -0.7, -3.0], [0.0, 1.1, 0.0, 0.9]),
]


@pytest.mark.parametrize(("medians", "spreads"), ROWS)
def test_shares_and_their_slopes_agree_with_nested_quadrature(medians, spreads):
    _, weight, p = tensor_rule(medians, spreads)
    assert_allclose(expected_rows([medians], [spreads])[0], weight @ p, rtol=1e-10)
    both = np.einsum("i,ik,it->kt", weight, p, p)
    assert_allclose(slopes([medians], [spreads])[0], np.diag(weight @ p) - both, atol=1e-10)


def test_wide_shares_agree_with_ten_million_draws():
    medians, spreads = np.array([0.0, -2.0, 1.0, -5.0, 0.5]), np.array([2.5, 4.0, 0.0, 1.0, 0.3])
    rng = np.random.default_rng(3)
    total, squares, parts = np.zeros(5), np.zeros(5), 50
    for _ in range(parts):
        p = special.softmax(medians + spreads * rng.standard_normal((200_000, 5)), axis=1)
        total, squares = total + p.mean(axis=0) / parts, squares + (p**2).mean(axis=0) / parts
    error = np.sqrt((squares - total**2) / 1e7)
    off = (expected_rows([medians], [spreads])[0] - total) / error
    assert np.abs(off).max() < 4


@pytest.mark.parametrize("spreads", [(0.0, 0.0), (0.4, 0.0), (1.0, 2.0), (0.05, 3.0), (6.0, 8.0)])
@pytest.mark.parametrize("median", [0.0, -1.7, 6.0, -30.0, -200.0])
def test_two_states_are_a_yes_and_a_no(median, spreads):
    """Each in its relative digits."""
    sd = math.hypot(*spreads)
    (found,) = expected_rows([[5.0, median + 5.0]], [spreads])
    yes_no = expected(np.array([-median, median]), sd)
    assert_allclose(found, yes_no, rtol=0, atol=1e-12)
    assert_allclose(found, yes_no, rtol=1e-11)  # what is not rare yet has fewer digits there
    slope = slopes([[0.0, median]], [spreads])[0]
    assert_allclose(slope, steepness(median, sd) * np.array([[1, -1], [-1, 1]]), atol=1e-12)


def test_shares_without_spread_are_a_softmax():
    medians = np.array([[800.0, 801.0, -3.0], [0.2, -np.inf, 0.1]])
    assert_allclose(expected_rows(medians, np.zeros((2, 3))), special.softmax(medians, axis=1))


def test_a_tiny_share_keeps_its_digits():
    """Far below the others, a share is E[exp(m + s z)] / E[the others' sum], here of one point."""
    (found,) = expected_rows([[-80.0, 0.0, 0.0]], [[1.5, 0.0, 0.0]])
    assert_allclose(found[0], math.exp(-80 + 1.5**2 / 2) / 2, rtol=1e-12)


def test_a_state_that_cannot_be_takes_nothing():
    (found,) = expected_rows([[0.3, -np.inf, 1.0]], [[0.7, 2.0, 0.4]])
    assert found[1] == 0
    assert_allclose(found[[0, 2]], expected_rows([[0.3, 1.0]], [[0.7, 0.4]])[0], rtol=1e-14)


def test_equal_states_share_equally_and_order_does_not_matter():
    assert_allclose(expected_rows([[1.3] * 7], [[1.7] * 7]), np.full((1, 7), 1 / 7), rtol=1e-13)
    rng = np.random.default_rng(8)
    m, s, order = rng.normal(0, 3, (20, 6)), rng.uniform(0, 3, (20, 6)), rng.permutation(6)
    found = expected_rows(m, s)
    assert_allclose(found.sum(axis=1), 1, atol=1e-12)
    assert_allclose(expected_rows(m[:, order], s[:, order]), found[:, order], rtol=1e-12)
    assert_allclose(expected_rows(m + 11.7, s), found, rtol=1e-12)


# --- intercepts -----------------------------------------------------------------------------------


def hard_case(rng):
    """Goals down to 1e-9, rows hardly ever reached, pairs of links of factor 1000, wide ranges."""
    states, rows = rng.integers(2, 9), rng.integers(2, 9)
    goals = np.exp(rng.uniform(math.log(1e-9), 0, states))
    offsets = math.log(1000) * rng.integers(-2, 3, (rows, states)) * (rng.random(states) < 0.5)
    spreads = rng.choice([0.0, 0.2, 1.0, 3.0], (rows, states)) * rng.integers(0, 2)
    return goals / goals.sum(), rng.dirichlet(np.full(rows, 0.4)), offsets, spreads


@pytest.mark.parametrize("seed", range(60))
def test_hard_cases_get_the_shares_asked_for(seed):
    goals, weights, offsets, spreads = hard_case(np.random.default_rng(seed))
    b = calibrated(goals, weights, offsets, spreads)
    assert b[-1] == 0
    found = weights @ expected_rows(b + offsets, spreads)
    assert_allclose(found, goals, rtol=1e-12)
    again = calibrated(goals, weights, offsets, spreads, b + 0.1 * np.arange(len(b)))
    assert_allclose(again, b, atol=1e-11)


def test_one_row_of_points_has_a_closed_form():
    b = calibrated([0.1, 0.6, 0.3], [1.0], [[2.0, 0.5, -1.0]], np.zeros((1, 3)))
    assert_allclose(b, [math.log(0.1 / 0.3) - 3, math.log(0.6 / 0.3) - 1.5, 0], rtol=1e-15)


def test_a_state_of_no_probability_has_no_weight():
    weights, offsets, spreads = [0.4, 0.6], [[0, 0, 0, 0], [1, 2, 3, 4]], np.full((2, 4), 0.5)
    b = calibrated([0.25, 0.0, 0.75, 0.0], weights, offsets, spreads)
    assert list(np.isneginf(b)) == [False, True, False, True] and b[2] == 0
    found = np.array(weights) @ expected_rows(b + offsets, spreads)
    assert_allclose(found, [0.25, 0, 0.75, 0], rtol=1e-13)


def test_a_row_that_is_never_reached_does_not_count():
    goals, spreads = [0.2, 0.5, 0.3], np.array([[1.0, 0.3, 0.0], [2.0, 2.0, 2.0]])
    b = calibrated(goals, [1.0, 0.0], np.array([[0, 1, 2], [50, 0, 0]]), spreads)
    assert_allclose(b, calibrated(goals, [1.0], np.array([[0, 1, 2]]), spreads[:1]), rtol=1e-15)


# --- counts ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("counts", [(0, 1, 9), (3, 5, 2), (2.5, 0, 7)])
def test_counts_keep_the_variance_of_their_dirichlet(counts):
    means, spreads = counted(counts)
    dirichlet = stats.dirichlet(np.array(counts) + 0.5)
    assert_allclose(means, dirichlet.mean(), rtol=1e-15)
    trigamma = special.polygamma(1, np.array(counts) + 0.5)
    assert_allclose(spreads**2 / trigamma, spreads[0] ** 2 / trigamma[0], rtol=1e-13)
    medians = calibrated(means, [1.0], np.zeros((1, 3)), spreads[None])
    _, weight, p = tensor_rule(medians, spreads)
    assert_allclose(weight @ p, means, rtol=1e-10)
    variance = weight @ (p - means) ** 2
    assert_allclose(variance.sum(), dirichlet.var().sum(), rtol=1e-8)


@pytest.mark.parametrize("counts", [(0, 5), (3, 36), (0, 0), (2, 1_000_000), (1e9, 0)])
def test_two_counts_are_a_count_of_yes_and_no(counts):
    means, spreads = counted(counts)
    judged = Probability.beta(counts[0] + 0.5, counts[1] + 0.5)
    assert_allclose(math.hypot(*spreads), judged.logit_sd, rtol=1e-14)
    assert_allclose(means[0], judged.mean, rtol=1e-12)


def test_counts_of_many_and_of_many_states():
    """What is seen often is as a gamma number: its log has the spread of its trigamma function."""
    _, spreads = counted([1e6, 2e6, 4e6])
    assert_allclose(spreads, np.sqrt(special.polygamma(1, [1e6, 2e6, 4e6])), rtol=1e-5)
    means, spreads = counted([0] * 12)
    assert_allclose(means, np.full(12, 1 / 12))
    medians = calibrated(means, [1.0], np.zeros((1, 12)), spreads[None])
    rng = np.random.default_rng(2)
    p = special.softmax(medians + spreads * rng.standard_normal((200_000, 12)), axis=1)
    assert_allclose(p.var(axis=0).sum(), stats.dirichlet([0.5] * 12).var().sum(), rtol=5e-3)


def test_a_count_is_drawn_as_the_design_says():
    """Counts of 0, 1 and 9 draw the last state at 62 to 95%."""
    means, spreads = counted([0, 1, 9])
    medians = calibrated(means, [1.0], np.zeros((1, 3)), spreads[None])
    rng = np.random.default_rng(4)
    p = special.softmax(medians + spreads * rng.standard_normal((200_000, 3)), axis=1)[:, 2]
    assert_allclose(np.quantile(p, [0.05, 0.95]), [0.62, 0.95], atol=0.005)


@pytest.mark.parametrize(
    ("counts", "above", "below"),
    [((3, 4, 2, 1), 7, 3), ((1, 1, 9), 9, 2), ((8, 1), 1, 8), ((4.5, 3, 2, 2), 7, 4.5)],
)
def test_ordered_counts_take_their_spread_at_the_middle_step(counts, above, below):
    """Of two steps as near to one half the lower one: 7 above and 4.5 below."""
    assert ordered_spread(counts) == Probability.beta(above + 0.5, below + 0.5).logit_sd


# --- what a state teaches -------------------------------------------------------------------------


@pytest.mark.parametrize("state", [0, 1, 2])
@pytest.mark.parametrize(
    ("medians", "spreads"),
    [([0.3, -1.1, 0.7], [0.8, 1.2, 0.0]), ([0.0, -2.5, -4.0], [2.0, 0.4, 1.5])],
)
def test_numbers_learn_from_the_state_that_came_about(state, medians, spreads):
    z, weight, p = tensor_rule(medians, spreads)
    weight = weight * p[:, state] / (weight @ p[:, state])
    even = stats.qmc.Sobol(4, seed=1).random_base2(15)
    draws = special.ndtri(even[:, :3]).T
    found = learned(state, medians, spreads, draws, even[:, 3])
    wide = np.array(spreads) > 0
    assert (found[~wide] == draws[~wide]).all()
    found, z = found[wide], z[:, wide]
    mean = weight @ z
    assert_allclose(found.mean(axis=1), mean, atol=2e-3)
    assert_allclose(np.cov(found), (z - mean).T @ ((z - mean) * weight[:, None]), atol=6e-3)
    third = weight @ (z - mean) ** 3
    assert_allclose(((found.T - found.mean(axis=1)) ** 3).mean(axis=0), third, atol=0.02)


def test_a_state_that_was_next_to_impossible_still_teaches():
    """Far below all others, p goes with exp(s z): its number goes up by s, no other moves."""
    even = stats.qmc.Sobol(3, seed=2).random_base2(12)
    draws = special.ndtri(even[:, :2]).T
    found = learned(1, [0.0, -2000.0, -np.inf], [0.0, 1.3, 0.0], [*draws, draws[0]], even[:, 2])
    assert_allclose(found[1], draws[1] + 1.3, atol=5e-3)
    assert (found[0] == draws[0]).all()


def test_without_ranges_nothing_is_learned():
    z = np.arange(6.0).reshape(2, 3)
    assert (learned(0, [0.0, 1.0], [0.0, 0.0], z, [0.2, 0.4, 0.9]) == z).all()


# --- which comes about first ----------------------------------------------------------------------


@pytest.mark.parametrize("ratio", [1 / 3, 1.0, 2.5])
def test_competing_hazards_over_another_period(ratio):
    """Rates of 0.4 and 0.1 a period, by their own formula."""
    none, some = math.exp(-0.5), 1 - math.exp(-0.5)
    found = over_period([0.8 * some, none, 0.2 * some], ratio, none=1)
    still = math.exp(-0.5 * ratio)
    assert_allclose(found, [0.8 * (1 - still), still, 0.2 * (1 - still)], rtol=1e-14)


def test_first_of_two_is_a_yes_no_event():
    for p in (1e-15, 0.3, 1 - 1e-13):
        found = over_period([p, 1 - p], 3.0, none=1)
        assert_allclose(found[0], Probability.exactly(p).over(3.0).mean, rtol=1e-12)


def test_what_is_rare_or_sure_keeps_its_digits():
    rare = over_period([3e-30, 1.0, 1e-30], 2.5, none=1)
    assert_allclose(rare, [7.5e-30, 1.0, 2.5e-30], rtol=1e-15)
    assert_allclose(over_period([0.5, 0.5, 1e-30], 2.0, none=2)[2], 1e-60, rtol=1e-13)
    assert list(over_period([0.25, 0.75, 0.0], 2.0, none=2)) == [0.25, 0.75, 0.0]
    assert list(over_period([0.0, 1.0], 2.0, none=1)) == [0.0, 1.0]


# --- the page's own -------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def page():
    """Call a function of the script with arrays of any shape; arrays go in and come out flat."""
    v8 = MiniRacer()
    v8.eval(scopes("engine/shares.js"))

    def call(code, *arguments):
        flat = (a.ravel().tolist() if isinstance(a, np.ndarray) else a for a in arguments)
        written = ", ".join(json.dumps(a) for a in flat)
        return np.array(json.loads(v8.eval(f"JSON.stringify([...({code})({written})])")))

    yield call
    v8.close()


# What the page expects of rows, flat.
EXPECTED = "(...rows) => shares_js.expected(...rows)"


@pytest.mark.parametrize("seed", range(20))
def test_the_page_finds_the_same_shares_slopes_and_intercepts(page, seed):
    goals, weights, offsets, spreads = hard_case(np.random.default_rng(seed))
    b, states = calibrated(goals, weights, offsets, spreads), len(goals)
    found = page("shares_js.calibrated", goals, weights, offsets, spreads)
    assert_allclose(found, b, rtol=1e-13, atol=1e-12)
    near = page("shares_js.calibrated", goals, weights, offsets, spreads, b + 0.1)
    assert_allclose(near, b, rtol=1e-13, atol=1e-12)
    rows = expected_rows(b + offsets, spreads).ravel()
    found = page(f"{EXPECTED}.shares", b + offsets, spreads, states)
    assert_allclose(found, rows, rtol=1e-13, atol=0)
    # Off the diagonal; on it is what makes the slopes of a state sum to 0.
    steep = -page(f"{EXPECTED}.pairs", b + offsets, spreads, states).reshape(-1, states, states)
    diagonal = np.arange(states)
    steep[:, diagonal, diagonal] = 0
    steep[:, diagonal, diagonal] = -steep.sum(axis=2)
    assert_allclose(steep, slopes(b + offsets, spreads), atol=1e-13)


def test_the_page_leaves_out_what_cannot_be(page):
    goals, weights, offsets = np.array([0.25, 0.0, 0.75, 0.0]), np.array([1.0]), np.ones((1, 4))
    found = page(
        "(...a) => shares_js.calibrated(...a).map(Math.exp)", goals, weights, offsets, offsets
    )
    assert_allclose(found, np.exp(calibrated(goals, weights, offsets, offsets)), rtol=1e-13)
    code = "(s) => shares_js.expected([0.3, -Infinity, 1], s, 3).shares"
    shares = page(code, [0.7, 2.0, 0.4])
    assert_allclose(shares, expected_rows([[0.3, -np.inf, 1.0]], [[0.7, 2.0, 0.4]])[0], rtol=1e-13)


@pytest.mark.parametrize("state", [0, 1, 3])
def test_the_page_learns_the_same_from_a_state(page, state):
    rng = np.random.default_rng(state)
    medians, spreads = np.array([0.3, -1.1, 0.7, -9.0]), np.array([0.8, 2.0, 0.0, 1.0])
    z, uniform = rng.standard_normal((4, 40)), np.array([1e-6, 1 - 1e-6, *rng.random(38)])
    code = """(state, medians, spreads, z, uniform) => {
        const lesson = new shares_js.Lesson(state, medians, spreads);
        const times = uniform.map((one) => lesson.time(one));
        return z.map((one, i) => lesson.learned(Math.trunc(i / 40), one, times[i % 40]));
    }"""
    found = page(code, state, medians, spreads, z, uniform).reshape(4, 40)
    assert_allclose(found, learned(state, medians, spreads, z, uniform), atol=1e-9)


def test_the_page_carries_shares_over_to_another_period(page):
    means = [1e-30, 0.3, 0.7]
    for ratio in (0.4, 1, 2.5):
        for none in range(3):
            found = page("shares_js.overPeriod", means, ratio, none)
            assert_allclose(found, over_period(means, ratio, none), rtol=1e-14)
