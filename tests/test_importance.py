"""Weighted draws of PyMC models whose posterior is known in closed form."""

from math import log

import numpy as np
import pytest

import forecasting.fit.importance as importance

pm = pytest.importorskip("pymc")


def drawn(model, *variables, draws=40_000, seed=3):
    return importance.sample(model, variables, draws=draws, seed=seed)


def test_a_coin_seen_through_a_number_that_is_uncertain():
    """P(seen) = E[sigma(Normal(1, 2))] if the coin fell, else 1/4; by quadrature."""
    from scipy.integrate import quad
    from scipy.special import expit
    from scipy.stats import norm

    likely = quad(lambda t: expit(t) * norm.pdf(t, 1, 2), -20, 20)[0]
    with pm.Model() as model:
        number = pm.Normal("number", 1, 2)
        coin = pm.Bernoulli("coin", 0.3)
        pm.Bernoulli("seen", logit_p=pm.math.switch(coin, number, log(1 / 3)), observed=1)
    found = drawn(model, "coin", "seen")
    total = 0.3 * likely + 0.7 * 0.25
    assert 0 < found.error[0] < 0.004
    assert abs(found.mean[0] - 0.3 * likely / total) < 4 * found.error[0]
    assert abs(found.log_evidence - log(total)) < 4 * found.log_evidence_error < 0.02
    assert (found.mean[1], found.error[1]) == (1, 0)


def test_a_coin_whose_chance_is_a_beta():
    """Three falls seen under a Beta(2, 5): the fourth falls with (2 + 3) / (2 + 5 + 3)."""
    with pm.Model() as model:
        chance = pm.Beta("chance", 2, 5)
        for i in range(3):
            pm.Bernoulli(f"seen_{i}", chance, observed=1)
        pm.Bernoulli("coin", chance)
    found = drawn(model, "coin")
    assert abs(found.mean[0] - 5 / 10) < 4 * found.error[0] < 0.03
    assert found.log_evidence == pytest.approx(log(2 * 3 * 4 / (7 * 8 * 9)), abs=0.05)


def test_evidence_that_one_world_in_60000_fits():
    """Twelve coins of 2/5 that must all have fallen: plain draws would hardly ever do it."""
    with pm.Model() as model:
        coins = [pm.Bernoulli(f"coin_{i}", 0.4) for i in range(12)]
        pm.Potential("all", pm.math.switch(pm.math.eq(sum(coins), 12), 0.0, -np.inf))
    found = drawn(model, "coin_0", "coin_11")
    assert found.mean.tolist() == [1, 1]
    assert found.effective_draws > found.draws / 2
    assert abs(found.log_evidence - 12 * log(0.4)) < 4 * found.log_evidence_error


def test_the_standard_errors_are_honest():
    """The differences of 40 probabilities, in standard errors, have mean square 1."""
    off = []
    for seed in range(4):
        rng = np.random.default_rng(seed)
        chance, ratio = rng.uniform(0.1, 0.9, 10), np.exp(rng.uniform(-3, 3, 10))
        with pm.Model() as model:
            for i in range(10):
                coin = pm.Bernoulli(f"coin_{i}", chance[i])
                pm.Potential(f"seen_{i}", pm.math.switch(coin, log(ratio[i]), 0.0))
        found = drawn(model, *(f"coin_{i}" for i in range(10)), draws=10_000)
        exact = chance * ratio / (chance * ratio + 1 - chance)
        off += ((found.mean - exact) / found.error).tolist()
    assert 0.61 < np.mean(np.square(off)) < 1.48  # chi-square on 40: 2.5% either side


def test_the_probability_of_the_evidence_has_an_honest_error():
    """Twelve seeds, each within 4 errors, and not all within half of one."""
    off = []
    for seed in range(12):
        with pm.Model() as model:
            number = pm.Normal("number", 0, 1)
            pm.Potential("seen", 1.0 * number)  # E[exp(number)] = exp(1/2)
            pm.Bernoulli("idle", 0.5)
        found = drawn(model, "idle", draws=8192, seed=seed)
        off.append((found.log_evidence - 0.5) / found.log_evidence_error)
    assert 0.5 < np.std(off) < 1.6
    assert np.abs(off).max() < 4


def test_the_same_seed_gives_the_same_draws():
    with pm.Model() as model:
        pm.Bernoulli("coin", 0.3)
    first, again, other = (drawn(model, "coin", seed=seed) for seed in (1, 1, 2))
    assert first.mean == again.mean
    assert first.mean != other.mean


def test_progress_ends_at_the_whole():
    with pm.Model() as model:
        pm.Bernoulli("coin", 0.3)
    shares = []
    importance.sample(model, ["coin"], draws=20_000, seed=1, progress=shares.append)
    assert shares == sorted(shares)
    assert shares[-1] == 1


def test_evidence_that_no_world_fits_is_nothing_known():
    with pm.Model() as model:
        coin = pm.Bernoulli("coin", 0.3)
        pm.Potential("never", pm.math.switch(coin, -np.inf, -np.inf))
    found = drawn(model, "coin")
    assert np.isnan(found.mean).all()
    assert (found.effective_draws, found.log_evidence) == (0, -np.inf)
    assert found.pareto_k == np.inf


def test_a_heavy_tail_is_seen():
    """Weights exp(2 z^2 / 5) of a standard normal z have the tail shape 4/5."""
    with pm.Model() as model:
        number = pm.Normal("number", 0, 1)
        pm.Potential("seen", 0.4 * number**2)
        pm.Bernoulli("idle", 0.5)
    assert drawn(model, "idle", draws=200_000).pareto_k == pytest.approx(0.8, abs=0.15)


def test_neighbours_are_those_that_share_a_term_and_come_before():
    with pm.Model() as model:
        a, b, c = (pm.Bernoulli(name, 0.5) for name in "abc")
        d = pm.Bernoulli("d", pm.math.switch(a, 0.2, 0.4))
        pm.Potential("e", pm.math.switch(b, 0.1, 0.2) * d)
        pm.Bernoulli("f", pm.math.switch(c, 0.1, 0.2), observed=1)
    assert importance._Neighbours.of(model).before == [[], [], [], [0, 1]]


def test_a_world_of_several_states_leans_with_what_it_is_seen_by():
    """A die of three, seen twice through a table: by Bayes, with numbers far from even."""
    chance = np.array([0.9, 0.09, 0.01])
    seen = np.array([[0.001, 0.2, 0.9], [0.002, 0.5, 0.3]])
    with pm.Model() as model:
        die = pm.Categorical("die", chance)
        second = pm.Categorical("second", pm.math.switch(pm.math.eq(die, 2), chance[::-1], chance))
        for i, row in enumerate(seen):
            likely = sum(pm.math.eq(die, s) * p for s, p in enumerate(row))
            pm.Bernoulli(f"seen_{i}", likely, observed=1)
        for s in range(3):
            pm.Deterministic(f"die_{s}", pm.math.eq(die, s))
            pm.Deterministic(f"second_{s}", pm.math.eq(second, s))
    found = drawn(model, *(f"die_{s}" for s in range(3)), *(f"second_{s}" for s in range(3)))
    joint = chance * seen.prod(axis=0)
    die = joint / joint.sum()
    exact = [*die, *(die[2] * chance[::-1] + (1 - die[2]) * chance)]
    assert np.abs((found.mean - exact) / found.error).max() < 4
    assert found.error.max() < 0.004
    assert found.effective_draws > found.draws / 2  # unleaned, a tenth of them
    assert abs(found.log_evidence - log(joint.sum())) < 4 * found.log_evidence_error < 0.02


def test_two_states_are_a_coin():
    """As a category or as yes and no: the same posterior, each within its own error."""
    found = []
    for kind in ("yes or no", "states"):
        with pm.Model() as model:
            if kind == "states":
                state = pm.Categorical("state", [0.7, 0.3])
                coin = pm.Deterministic("coin", pm.math.eq(state, 1))
            else:
                coin = pm.Bernoulli("coin", 0.3)
            pm.Potential("seen", pm.math.switch(coin, log(4), 0.0))
        found.append(drawn(model, "coin"))
    for one in found:
        assert abs(one.mean[0] - 1.2 / 1.9) < 4 * one.error[0] < 0.015


def test_an_observed_state_is_certain():
    with pm.Model() as model:
        coin = pm.Bernoulli("coin", 0.3)
        p = pm.math.switch(coin, np.array([0.2, 0.3, 0.5]), np.array([0.6, 0.3, 0.1]))
        state = pm.Categorical("state", p, observed=2)
        pm.Deterministic("third", pm.math.eq(state, 2))
    found = drawn(model, "coin", "third")
    assert abs(found.mean[0] - 0.15 / 0.22) < 4 * found.error[0] < 0.015
    assert (found.mean[1], found.error[1]) == (1, 0)
