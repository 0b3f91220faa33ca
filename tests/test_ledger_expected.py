"""The joint score and what a case expects of itself are those of adding up all worlds."""

import math

import numpy as np
import pytest
from numpy.testing import assert_allclose

from forecasting.engine.network import Network
from forecasting.errors import InputError
from forecasting.file.case import read
from forecasting.ledger.expected import expected, joint_score
from tests.enumeration import Enumeration
from tests.random_cases import as_text, how_many, random_case
from tests.random_states import random_states


def outcomes_of(oracle, seed):
    """One answer to every event, as a world of the case has it."""
    weight, names = oracle.evidence()
    weight = weight.ravel()
    rng = np.random.default_rng(seed)
    world = oracle._worlds(names)[rng.choice(len(weight), p=weight / weight.sum())]
    found = {}
    for name, masks in oracle.masks.items():
        state = world[names.index(name)]
        if oracle._yes_no(name):
            found[name] = "yes" if state else "no"
            continue
        states = oracle.case["events"][name].get("states", [])
        for what, mask in masks.items():
            if what not in states:  # a cut is a question of its own
                found[f"{name}.{what}"] = "yes" if mask[state] else "no"
            elif mask[state]:
                found[name] = what
    return found


def prior_joint(oracle, outcomes):
    """P(all outcomes) before any evidence, by adding up."""
    names = list(oracle.nodes)
    weight, states = oracle._weights(names)[0], oracle._worlds(names)
    match = np.ones(len(states), dtype=bool)
    for name, mask in oracle.conditions(outcomes).items():
        match &= mask[states[:, names.index(name)]]
    return (weight * match).sum() / weight.sum()


def small_cases():
    for seed in range(how_many(12)):
        text = as_text(random_case(seed))
        yield seed, text, Enumeration(text)
        case, oracle = random_states(seed)
        yield seed, as_text(case), oracle


def test_the_joint_score_is_that_of_adding_up_all_worlds():
    for seed, text, oracle in small_cases():
        outcomes = outcomes_of(oracle, seed)
        found = joint_score(Network(read(text)), outcomes)
        assert found.outcomes == len(outcomes)
        assert_allclose(found.posterior, math.log(oracle.joint(outcomes)), rtol=1e-9, atol=1e-9)
        assert_allclose(found.prior, math.log(prior_joint(oracle, outcomes)), rtol=1e-9, atol=1e-9)
        alone = [(oracle.joint({n: v}), prior_joint(oracle, {n: v})) for n, v in outcomes.items()]
        after, before = np.log(alone).sum(axis=0)
        assert_allclose(found.posterior_marginals, after, rtol=1e-9, atol=1e-9)
        assert_allclose(found.prior_marginals, before, rtol=1e-9, atol=1e-9)


def exactly(oracle, outcomes, ordered):
    """Weights of all worlds, and in each mean Brier, mean log score and number of yes."""
    weight, names = oracle.evidence()
    weight, states = weight.ravel() / weight.sum(), oracle._worlds(names)
    parts = []
    for name in outcomes:
        event = name.partition(".")[0]
        state = states[:, names.index(event)]
        if name == event and not oracle._yes_no(event):
            p = np.bincount(state, weight, oracle.size(event))
            came = np.eye(len(p))[state]
            missed = np.cumsum(p - came, axis=1)[:, :-1] if event in ordered else p - came
            many = (len(p) - 1) if event in ordered else 2
            parts.append(((missed**2).sum(axis=1) / many, np.log(p[state]), 0 * state))
            continue
        (mask,) = oracle.conditions({name: "yes"}).values()
        came = mask[state]
        p, no = (weight * came).sum(), (weight * ~came).sum()
        parts.append(((p - came) ** 2, np.log(np.where(came, p, no)), came))
    brier, log, yes = (np.array(part, dtype=float) for part in zip(*parts, strict=True))
    return weight, {"brier": brier.mean(axis=0), "log": log.mean(axis=0), "yes": yes.sum(axis=0)}


@pytest.mark.filterwarnings("ignore:divide by zero")  # worlds of weight 0 have any log score
def test_what_a_case_expects_of_itself_is_that_of_adding_up_all_worlds():
    for seed, text, oracle in small_cases():
        network = Network(read(text))
        outcomes = outcomes_of(oracle, seed)
        ordered = {n for n, e in network.case.events.items() if e.ordered}
        weight, exact = exactly(oracle, outcomes, ordered)
        possible = weight > 0
        for found in expected(network, outcomes, seed=seed):
            values, w = exact[found.score][possible], weight[possible]
            mean = (w * values).sum()
            spread = math.sqrt((w * (values - mean) ** 2).sum())
            assert abs(found.expected - mean) < 0.06 * spread + 1e-9
            for point, share in ((found.low, 0.05), (found.high, 0.95)):
                below = (w * (values < point - 1e-9)).sum()
                at_most = (w * (values <= point + 1e-9)).sum()
                assert below - 0.02 <= share <= at_most + 0.02
            came = (w * (values <= found.real + 1e-9)).sum()
            assert abs(found.at_most - came) < 0.04


def test_outcomes_that_the_case_held_impossible_cost_infinitely_much():
    network = Network(
        read("{case: sky, events: {a: {base_rate: 20%}, b: {given: a, base_rate: 50%}}}")
    )
    found = joint_score(network, {"a": "no", "b": "yes"})
    assert found.posterior == found.prior == -math.inf
    assert_allclose(found.posterior_marginals, math.log(0.8 * 0.1))


def test_a_case_without_answers_has_lost_nothing_yet():
    network = Network(read("{case: sky, events: {rain: {base_rate: 20%}}}"))
    assert joint_score(network, {}).posterior == 0
    with pytest.raises(ValueError, match="nothing to be expected"):
        expected(network, {})


def test_an_unknown_outcome_is_refused_with_its_name():
    network = Network(read("{case: sky, events: {rain: {base_rate: 20%}}}"))
    with pytest.raises(InputError, match="no event of this name"):
        joint_score(network, {"hail": "yes"})


def test_the_same_seed_gives_the_same_worlds():
    network = Network(read("{case: sky, events: {rain: {base_rate: 23%}, hail: {base_rate: 4%}}}"))
    outcomes = {"rain": "no", "hail": "no"}
    assert expected(network, outcomes) == expected(network, outcomes)
