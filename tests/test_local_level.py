"""The filter is that of all paths added up; no series is too calm, sparse or short for it."""

import math
from itertools import pairwise, product

import numpy as np
import pytest
from scipy import optimize, stats

from forecasting.fit.local_level import (
    FIRST_MEDIAN,
    FIRST_SD,
    LEVELS,
    SETTINGS,
    Setting,
    futures,
    log_mass,
    posterior,
    shares,
    smoothed,
    sweep,
    transition,
)
from forecasting.fit.sampling import sample

TINY = np.array([-1.0, 0.5, 2.0])
TWO = (Setting(0.8, 0.1, 2.0, 0.7), Setting(0.8, 0.1, 2.0, 1.9))

SERIES = {
    "all zero": np.zeros(120),
    "sparse": np.eye(1, 120, 80)[0] * 3,
    "calm": np.full(120, 5.0),
    "an outbreak": np.repeat([0.0, 20_000.0], [110, 10]),
    "short": np.array([0, 2, 0, 0, 1, 0, 0, 0, 4, 0, 0, 1.0]),
    "one month": np.array([7.0]),
}


def mass(count, level, scatter):
    n = scatter**-2
    return stats.nbinom.pmf(count, n, n / (n + np.exp(level)))


def step(levels, i, j, one):
    """Chance of a step, with SciPy's normal distribution; the outermost levels are open."""
    width = levels[1] - levels[0]
    low = levels[j] - width / 2 if j else -np.inf
    high = levels[j] + width / 2 if j < len(levels) - 1 else np.inf
    small = stats.norm(levels[i] - one.small**2 / 2, one.small)
    large = stats.norm(levels[i], one.large)
    return (1 - one.rare) * (small.cdf(high) - small.cdf(low)) + one.rare * (
        large.cdf(high) - large.cdf(low)
    )


def test_the_filter_adds_up_all_paths():
    """Of four months on three levels there are 81 paths: each is weighed by itself."""
    counts = np.array([[2, 0], [0, 0], [9, 1], [4, 30]])
    first = stats.norm.pdf(TINY, np.log(2), 3)
    first /= first.sum()
    found = sweep(counts, {1, 3}, settings=TWO, levels=TINY)
    for months in (2, 4):
        for (s, one), c in product(enumerate(TWO), range(2)):
            ends = np.zeros(3)
            for path in product(range(3), repeat=months):
                chance = first[path[0]]
                for a, b in pairwise(path):
                    chance *= step(TINY, a, b, one)
                for count, level in zip(counts[:, c], TINY[list(path)], strict=False):
                    chance *= mass(count, level, one.scatter)
                ends[path[-1]] += chance
            filtered = found[months - 1]
            assert filtered.log_likelihood[s, c] == pytest.approx(np.log(ends.sum()), rel=1e-10)
            assert filtered.level[s, c] == pytest.approx(ends / ends.sum(), rel=1e-10)


def test_counts_scatter_as_the_negative_binomial_of_scipy():
    counts = np.array([0, 1, 7, 300])
    expected = mass(counts[:, None], LEVELS[10:100:30], 1.3)
    assert np.exp(log_mass(counts, LEVELS[10:100:30], 1.3)) == pytest.approx(expected, rel=1e-9)


def test_chances_of_all_counts_add_up_to_one():
    """Of the month after 3 and 0, each possible count is a series of its own."""
    possible = np.arange(4000)
    counts = np.array([np.full(4000, 3), np.zeros(4000), possible])
    found = sweep(counts, {1, 2}, settings=TWO[:1], levels=TINY)
    chances = np.exp(found[2].log_likelihood - found[1].log_likelihood)
    assert chances.sum() == pytest.approx(1, abs=1e-9)


def test_small_steps_leave_the_expected_count_as_it_was():
    middle = len(LEVELS) // 2
    row = transition(LEVELS, 0.4, 0.0, 2.0)[middle]
    assert row.sum() == pytest.approx(1, abs=1e-12)
    # A grid spreads each level over its width: by Sheppard, that much is added to the variance.
    grown = row @ np.exp(LEVELS - LEVELS[middle])
    assert grown == pytest.approx(np.exp(0.125**2 / 24), rel=1e-3)


@pytest.mark.parametrize(
    ("one", "off", "off_level"),
    [
        (SETTINGS[0], 0.2, 0.02),  # most of its steps are half as wide as the grid
        (Setting(0.25, 0.02, 2.0, 0.6), 0.05, 0.005),
        (SETTINGS[-1], 0.05, 0.005),
    ],
)
def test_a_grid_sixteen_times_as_fine_says_the_same(one, off, off_level):
    rng = np.random.default_rng(3)
    counts = rng.poisson(np.exp(1.5 + np.cumsum(0.2 * rng.standard_normal((40, 1)), axis=0)))
    fine_levels = np.arange(-5.5, 10.5 + 1e-9, 0.125 / 16)
    coarse = sweep(counts, {39}, settings=(one,))[39]
    fine = sweep(counts, {39}, settings=(one,), levels=fine_levels)[39]
    assert coarse.log_likelihood[0] == pytest.approx(fine.log_likelihood[0], abs=off)
    means = coarse.level[0, 0] @ LEVELS, fine.level[0, 0] @ fine_levels
    assert means[0] == pytest.approx(means[1], abs=off_level)


@pytest.mark.parametrize("counts", SERIES.values(), ids=SERIES)
def test_no_series_is_too_calm_too_sparse_or_too_short(counts):
    counts = counts[:, None]
    filtered = sweep(counts, {len(counts) - 1})[len(counts) - 1]
    assert np.isfinite(filtered.log_likelihood).all()
    assert filtered.level.sum(axis=-1) == pytest.approx(1)
    weights = posterior(filtered.log_likelihood, shares(filtered.log_likelihood))
    drawn = futures(np.random.default_rng(1), filtered, weights, 60, 200)
    assert drawn.shape == (1, 200, 60)
    assert np.isfinite(drawn).all()
    assert (drawn >= 0).all()


def test_an_outbreak_that_no_small_step_explains_counts_against_small_steps():
    """Where a setting has no path at all to what came, nothing is divided by 0."""
    counts = SERIES["an outbreak"][:, None]
    rarely, never = Setting(0.06, 0.02, 2.0, 0.3), Setting(0.06, 0.0, 2.0, 0.3)
    found = sweep(counts, {119}, settings=(rarely, never))[119]
    assert posterior(found.log_likelihood, np.array([0.5, 0.5]))[0, 0] == pytest.approx(1)


def test_draws_follow_the_distribution_of_the_grid():
    """The share of months without deaths, three months ahead, by powers of the steps."""
    counts = np.array([[4, 0], [1, 0], [0, 1], [2, 0]])
    one = Setting(0.25, 0.06, 2.0, 1.0)
    filtered = sweep(counts, {3}, settings=(one,))[3]
    steps = np.linalg.matrix_power(transition(LEVELS, *one.steps), 3)
    expected = filtered.level[0] @ steps @ mass(0, LEVELS, 1.0)
    drawn = futures(np.random.default_rng(2), filtered, np.ones((1, 2)), 3, 40_000, settings=(one,))
    assert (drawn[..., 2] == 0).mean(axis=1) == pytest.approx(expected, abs=0.01)


def test_draws_of_all_months_follow_the_chances_of_all_paths():
    """Each of 9 paths under two settings, by itself; and futures that share a beginning."""
    counts = np.array([[2], [9]])
    first = stats.norm.pdf(TINY, np.log(2), 3)
    expected = np.array(
        [
            [
                first[i] * step(TINY, i, j, one) * mass(2, TINY[i], one.scatter)
                * mass(9, TINY[j], one.scatter) * share
                for i, j in product(range(3), repeat=2)
            ]
            for one, share in zip(TWO, (0.3, 0.7), strict=True)
        ]
    ).ravel()  # fmt: skip
    found = sweep(counts, {0, 1}, settings=TWO, levels=TINY)
    weights = posterior(found[1].log_likelihood, np.array([0.3, 0.7]))
    setting, level = smoothed(
        np.random.default_rng(1), found, weights, 40_000, settings=TWO, levels=TINY
    )
    cell = np.searchsorted(TINY, level)
    seen = np.bincount(9 * setting + 3 * cell[:, 0] + cell[:, 1], minlength=18) / 40_000
    assert seen == pytest.approx(expected / expected.sum(), abs=0.008)


def test_futures_of_one_group_share_their_level():
    """Steps are next to nothing: a group scatters around its own level, and groups differ."""
    one = (Setting(1e-6, 0.0, 2.0, 1e-3),)
    filtered = sweep(np.array([[0]]), {0}, settings=one)[0]
    drawn = futures(
        np.random.default_rng(1), filtered, np.ones((1, 1)), 200, 400, each=4, settings=one
    )
    means = drawn.mean(axis=-1).reshape(100, 4)
    within = np.abs(means - means.mean(axis=1, keepdims=True))
    assert (within < 5 * np.sqrt((means.mean(axis=1, keepdims=True) + 0.05) / 200)).all()
    assert len(np.unique(means.mean(axis=1).round(1))) > 5


def model(counts, settings, prior):
    """Write the process down for PyMC: a level without bounds or grid, its settings added up.

    NUTS draws no discrete variables, so the likelihood sums the settings up and ``setting`` is
    their posterior, given the level.
    """
    import pymc as pm
    import pytensor.tensor as pt

    with pm.Model() as result:
        first = pm.Normal("first", math.log(FIRST_MEDIAN), FIRST_SD)
        step = pm.Flat("step", shape=len(counts) - 1, initval=np.zeros(len(counts) - 1))
        level = pm.Deterministic("level", first + pt.concatenate([[0.0], pt.cumsum(step)]))
        ways = []
        for one, weight in zip(settings, prior, strict=True):
            rare = pm.logp(pm.Normal.dist(0, one.large), step) + math.log(one.rare)
            small = pm.logp(pm.Normal.dist(-(one.small**2) / 2, one.small), step)
            steps = pt.logaddexp(small + math.log(1 - one.rare), rare).sum()
            seen = pm.NegativeBinomial.dist(mu=pt.exp(level), alpha=one.scatter**-2.0)
            ways.append(math.log(weight) + steps + pm.logp(seen, np.asarray(counts)).sum())
        pm.Potential("likelihood", pt.logsumexp(pt.stack(ways)))
        pm.Deterministic("setting", pt.special.softmax(pt.stack(ways)))
    return result


@pytest.mark.slow
def test_pymc_finds_the_same_levels_and_settings():
    """The process as a plain PyMC model, of ten calm months and an outbreak, sampled by NUTS."""
    calm, outbreak = [3, 0, 2, 1, 4, 2, 0, 1, 3, 2], [40, 55, 38, 61, 47, 52, 30, 44, 58, 41]
    counts = np.array([*calm, *outbreak])
    few = (
        Setting(0.25, 0.06, 2.0, 0.3),
        Setting(0.4, 0.06, 2.0, 0.4),
        Setting(0.4, 0.02, 2.0, 0.2),
    )
    prior = np.array([0.1, 0.6, 0.3])
    sampled = sample(model(counts, few, prior), seed=1, draws=1500)["posterior"].dataset
    found = sweep(counts[:, None], range(len(counts)), settings=few)
    last = found[len(counts) - 1]
    weights = posterior(last.log_likelihood, prior)
    assert weights.min() > 0.02
    assert sampled["setting"].mean(("chain", "draw")).values == pytest.approx(
        weights[:, 0], abs=0.03
    )
    quantiles = np.array([0.05, 0.25, 0.5, 0.75, 0.95])
    mixed = (weights * last.level[:, 0]).sum(axis=0)
    exact = np.interp(quantiles, np.cumsum(mixed) - mixed / 2, LEVELS)
    # A sixteenth is half a step of the grid; the quantiles of the draws err by less.
    level = sampled["level"].values.reshape(-1, len(counts))
    assert np.quantile(level[:, -1], quantiles) == pytest.approx(exact, abs=0.0625)
    _, drawn = smoothed(np.random.default_rng(1), found, weights, 4000, settings=few)
    spread = drawn.std(axis=0)
    assert drawn.mean(axis=0) == pytest.approx(level.mean(axis=0), abs=0.06)
    assert level.std(axis=0) == pytest.approx(spread, abs=0.06)


def test_shares_of_settings_are_those_of_the_greatest_likelihood():
    likelihood = np.array([[0.9, 0.3, 0.2, 0.6], [0.1, 0.5, 0.4, 0.5]])
    best = optimize.minimize_scalar(
        lambda w: -np.log(w * likelihood[0] + (1 - w) * likelihood[1]).sum(),
        bounds=(0, 1), method="bounded", options={"xatol": 1e-9},
    ).x  # fmt: skip
    assert 0.1 < best < 0.9
    assert shares(np.log(likelihood), rounds=3000)[0] == pytest.approx(best, abs=1e-5)


def test_a_series_unlike_its_class_still_gets_settings_of_the_class():
    """What fits it a million orders of magnitude better has no share; the others are weighed."""
    log_likelihood = np.array([[0.0], [-2302600.0], [-2302600.0 + np.log(3)]])
    found = posterior(log_likelihood, np.array([0.0, 0.5, 0.5]))
    assert found[:, 0] == pytest.approx([0, 0.25, 0.75])


@pytest.mark.parametrize("count", [-1, 0.5, np.nan])
def test_what_is_not_a_count_is_refused(count):
    with pytest.raises(ValueError, match="whole numbers"):
        sweep(np.array([[3], [count]]), {1})
