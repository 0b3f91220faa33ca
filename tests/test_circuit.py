"""The circuit sums products over all worlds, exactly, for any evidence."""

import json
import time
from itertools import product

import numpy as np
import pytest
from numpy.testing import assert_allclose

from forecasting.engine import circuit


def random_factors(seed, variables=7, zeros=0.0, states=None):
    """Scopes and tables of a random factor graph; some cells zero, never all of a table."""
    states = states or [2] * variables
    rng = np.random.default_rng(seed)
    scopes = [(v,) for v in range(variables)]
    for _ in range(variables + 3):
        size = rng.integers(1, 4)
        scopes.append(tuple(rng.permutation(variables)[:size].tolist()))
    tables = []
    for scope in scopes:
        cells = rng.uniform(0.05, 2.0, np.prod([states[v] for v in scope]))
        cells[rng.random(len(cells)) < zeros] = 0.0
        tables.append(cells if cells.any() else np.ones_like(cells))
    return scopes, tables


def add_up(scopes, tables, variables, states=None):
    """Sum over all worlds: Z, and for each cell of each table the part of Z that uses it."""
    states = states or [2] * variables
    total = 0.0
    parts = [np.zeros(len(table)) for table in tables]
    for world in product(*map(range, states)):
        places = [
            np.ravel_multi_index([world[v] for v in scope], [states[v] for v in scope])
            for scope in scopes
        ]
        weight = np.prod([table[place] for table, place in zip(tables, places, strict=True)])
        total += weight
        for part, place in zip(parts, places, strict=True):
            part[place] += weight
    return total, np.concatenate(parts)


@pytest.mark.parametrize("states", [[3] * 5, [2, 3, 4, 2, 3], [2, 2, 5, 1, 2]])
@pytest.mark.parametrize("seed", range(4))
def test_variables_of_more_than_two_states_agree_with_adding_up_all_worlds(seed, states):
    scopes, tables = random_factors(seed, 5, 0.1, states)
    plan, flat = circuit.compile(scopes, 5, states), np.concatenate(tables)
    z, parts = add_up(scopes, tables, 5, states)
    for answer in (circuit.evaluate(plan, flat), circuit._evaluate_logs(plan, flat)):
        assert_allclose(np.exp(answer.log_z), z, rtol=1e-12)
        assert_allclose(answer.belief, parts / z, atol=1e-13)
    moved = flat.copy()
    moved[7] += 0.5
    change = np.exp(circuit.evaluate(plan, moved).log_z) - z
    assert_allclose(circuit.evaluate(plan, flat).slope[7] * z, change / 0.5, atol=1e-10)


def test_worlds_of_variables_of_three_states_are_drawn_from_their_joint_distribution():
    scopes, tables = random_factors(3, 3, 0.0, [3] * 3)
    plan, flat = circuit.compile(scopes, 3, [3] * 3), np.concatenate(tables)
    z, parts = add_up(scopes, tables, 3, [3] * 3)
    # An even grid of uniforms has no luck in it.
    step = (np.arange(48) + 0.5) / 48
    reached = circuit.worlds(plan, flat, np.array(list(product(step, repeat=3))).T)
    assert_allclose(reached.mean(axis=1), parts / z, atol=0.03)
    for factor in range(len(scopes)):
        assert (reached[plan.slice(factor)].sum(axis=0) == 1).all()


@pytest.mark.parametrize("zeros", [0.0, 0.25])
@pytest.mark.parametrize("seed", range(8))
def test_it_agrees_with_adding_up_all_worlds(seed, zeros):
    scopes, tables = random_factors(seed, zeros=zeros)
    answer = circuit.evaluate(circuit.compile(scopes, 7), np.concatenate(tables))
    z, parts = add_up(scopes, tables, 7)
    if z == 0:
        assert answer.log_z == -np.inf
        return
    assert_allclose(np.exp(answer.log_z), z, rtol=1e-12)
    assert_allclose(answer.belief, parts / z, atol=1e-13)


@pytest.mark.parametrize("seed", [0, 3, 9, 11])
def test_the_slope_is_the_derivative_also_where_a_cell_is_zero(seed):
    """Z is linear in each cell, so one finite difference of any size is exact."""
    scopes, tables = random_factors(seed, zeros=0.12)
    plan, flat = circuit.compile(scopes, 7), np.concatenate(tables)
    answer = circuit.evaluate(plan, flat)
    z = np.exp(answer.log_z)
    assert z > 0
    for cell in range(0, plan.size, 3):
        moved = flat.copy()
        moved[cell] += 0.5
        change = np.exp(circuit.evaluate(plan, moved).log_z) - z
        assert_allclose(answer.slope[cell] * z, change / 0.5, atol=1e-10)


def test_a_batch_is_its_settings_one_by_one():
    scopes, tables = random_factors(4, zeros=0.1)
    plan = circuit.compile(scopes, 7)
    rng = np.random.default_rng(0)
    batch = np.concatenate(tables)[:, None] * rng.uniform(0.5, 1.5, (plan.size, 700))
    together = circuit.evaluate(plan, batch)
    for column in (0, 351, 699):
        alone = circuit.evaluate(plan, batch[:, column])
        assert_allclose(together.log_z[column], alone.log_z, rtol=1e-14)
        assert_allclose(together.belief[:, column], alone.belief, rtol=1e-12, atol=1e-300)


def test_logarithms_give_what_plain_products_give():
    scopes, tables = random_factors(5, zeros=0.2)
    plan, flat = circuit.compile(scopes, 7), np.concatenate(tables)
    plain, logs = circuit.evaluate(plan, flat), circuit._evaluate_logs(plan, flat)
    assert_allclose(logs.log_z, plain.log_z, rtol=1e-13)
    assert_allclose(logs.belief, plain.belief, atol=1e-13)


@pytest.mark.parametrize("count", [20, 400])
def test_evidence_of_any_probability_works(count):
    """Facts of probability 1e-20 and 2e-20: ln P(evidence) and the posterior are closed forms."""
    scopes = [(0,), *((0, k) for k in range(1, count + 1)), *((k,) for k in range(1, count + 1))]
    table = [1.0, 1e-20, 1.0, 2e-20]
    flat = np.array([0.5, 0.5, *(table * count), *([0.0, 1.0] * count)])
    answer = circuit.evaluate(circuit.compile(scopes, count + 1), flat)
    yes, no = count * np.log(2e-20), count * np.log(1e-20)
    assert_allclose(answer.log_z, np.logaddexp(yes, no) + np.log(0.5), rtol=1e-13)
    assert_allclose(answer.belief[1], 1 / (1 + 0.5**count), rtol=1e-11)


def test_extremes_that_contradict_each_other_balance():
    """Two facts of odds 1e300 for and two against leave even odds, not zero over zero."""
    scopes = [(0,)] * 5
    for_, against = [1e-300, 1.0], [1.0, 1e-300]
    flat = np.array([0.3, 0.7, *for_, *for_, *against, *against])
    answer = circuit.evaluate(circuit.compile(scopes, 1), flat)
    assert_allclose(answer.belief[1], 0.7, rtol=1e-10)
    assert_allclose(answer.log_z, 2 * np.log(1e-300), rtol=1e-12)


def test_impossible_evidence_has_log_probability_minus_infinity():
    answer = circuit.evaluate(circuit.compile([(0,), (0,)], 1), np.array([1.0, 0.0, 0.0, 1.0]))
    assert answer.log_z == -np.inf
    assert not answer.belief.any()


def test_a_factor_of_no_variables_and_a_variable_of_no_factor_do_no_harm():
    answer = circuit.evaluate(circuit.compile([(), (0,), (2,)], 4), np.array([3, 1, 1, 2, 2.0]))
    assert_allclose(np.exp(answer.log_z), 3 * 2 * 4, rtol=1e-14)


def test_a_plan_is_plain_whole_numbers():
    scopes, _ = random_factors(2)
    plan = circuit.compile(scopes, 7)
    text = json.dumps(plan.as_json())
    assert json.loads(text) == plan.as_json()

    def numbers(value):
        if isinstance(value, dict):
            value = list(value.values())
        return [n for item in value for n in numbers(item)] if isinstance(value, list) else [value]

    assert {type(n) for n in numbers(plan.as_json())} == {int}


def test_the_same_structure_gives_the_same_plan():
    scopes, _ = random_factors(3)
    assert circuit.compile(scopes, 7).as_json() == circuit.compile(scopes, 7).as_json()


def test_what_is_tied_too_tightly_is_refused_in_one_sentence():
    variables = circuit.WIDEST + 1
    scopes = [(a, b) for a in range(variables) for b in range(a)]
    with pytest.raises(
        circuit.TooDense, match=r"21 events.* in 2,097,152 ways; .* most 1,048,576,"
    ):
        circuit.compile(scopes, variables)


def test_what_is_refused_is_counted_in_states_and_not_in_events():
    """Nine of eight states are tied: 8^9 ways, though they are fewer than twenty."""
    scopes = [(a, b) for a in range(9) for b in range(a)]
    with pytest.raises(circuit.TooDense, match=r"9 events.* in 134,217,728 ways;") as refused:
        circuit.compile(scopes, 9, [8] * 9)
    assert refused.value.tied == tuple(range(9))


def test_hundreds_of_nodes_compile_in_a_moment():
    """A chain of 600 with grandparents; the bound is a tenth of what a person notices."""
    scopes = [tuple(v for v in (k - 2, k - 1, k) if v >= 0) for k in range(600)]
    start = time.process_time()
    plan = circuit.compile(scopes, 600)
    assert time.process_time() - start < 1.0
    assert plan.cells < 40 * 600


def test_worlds_are_drawn_from_their_joint_distribution():
    """Every world as often as it is probable: summed over all, of three variables and evidence."""
    rng = np.random.default_rng(2)
    scopes = [(0,), (0, 1), (0, 1, 2), (2,), (1,)]
    plan = circuit.compile(scopes, 3)
    tables = rng.uniform(0.05, 1.0, plan.size)
    worlds = np.array(list(product((0, 1), repeat=3)))
    weight = np.ones(8)
    for factor, scope in enumerate(scopes):
        cell = worlds[:, scope] @ (1 << np.arange(len(scope))[::-1])
        weight *= tables[plan.slice(factor)][cell]
    # An even grid of uniforms has no luck in it.
    step = (np.arange(40) + 0.5) / 40
    uniform = np.array(list(product(step, repeat=3))).T
    reached = circuit.worlds(plan, tables, uniform)
    drawn = reached[plan.slice(2)].mean(axis=1)
    np.testing.assert_allclose(drawn, weight / weight.sum(), atol=0.02)
    for factor in range(len(scopes)):  # one cell of every table, and all of one world
        assert (reached[plan.slice(factor)].sum(axis=0) == 1).all()
    state = reached[plan.slice(2)].argmax(axis=0)
    assert (reached[plan.slice(1)].argmax(axis=0) == state >> 1).all()


def test_worlds_of_evidence_beyond_the_range_of_a_float_are_drawn():
    plan = circuit.compile([(0,), (0,), (0,)], 1)
    tables = np.array([0.5, 0.5, 1e-300, 2e-300, 1e-300, 1e-300])
    reached = circuit.worlds(plan, tables, np.array([[0.66, 0.67]]))
    assert reached[1].tolist() == [True, False]
