"""A slider and ``--set`` agree: moved numbers of states and amounts give the overridden case."""

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import forecasting
from forecasting import InputError, Network
from forecasting.answer import sensitivity
from forecasting.engine.inputs import inputs
from forecasting.file import stated
from forecasting.file.overlay import override
from forecasting.file.stated import Point
from forecasting.judgement import Z90, Odds, Probability
from tests.random_cases import as_text
from tests.random_states import random_states

check = settings(derandomize=True, deadline=None, max_examples=10)
seeds = st.integers(0, 10**6)


def as_written(one, judgement):
    """A moved number as a person would type it."""
    x, sd = (
        (judgement.place, 0.0)
        if isinstance(judgement, Point)
        else (judgement.logit_median, judgement.logit_sd)
        if isinstance(judgement, Probability)
        else (judgement.log_median, judgement.log_sd)
    )
    if one.path.endswith(".unsure"):
        return math.exp(Z90 * sd)
    low, best, high = (float(one.shown(x + way * Z90 * sd)) for way in (-1, 0, 1))
    return {"low": low, "high": high} if sd else best


def is_movable(case, one):
    """Counts are set as a whole only, and a period carries what is set to another window."""
    keys = one.path.split(".")
    rate = case.events[keys[1]].base_rate if keys[:1] == ["events"] else None
    return keys[2:3] != ["base_rate"] or not (rate.within or rate.seen)


def agree(network, moves, wanted):
    """Prior, posterior and the probability of the evidence, in every column."""
    found = network.moved(moves)
    assert found.events == network.names
    for column, other in enumerate(wanted):
        got = (found.prior[:, column], found.posterior[:, column], found.log_evidence[column])
        due = (
            list(other.prior().values()), list(other.posterior().values()), other.log_evidence()
        )  # fmt: skip
        for one, two in zip(got, due, strict=True):
            assert one == pytest.approx(two, rel=0, abs=1e-12), moves[column]


@check
@given(seeds, st.floats(-0.7, 0.7), st.sampled_from([0.0, 0.4]))
def test_one_number_moved_gives_the_case_in_which_it_is_set(seed, step, spread):
    """A state, a step, a point, the median, what is held now, a row, a link, a fact: each alone."""
    case = forecasting.read(as_text(random_states(seed)[0]))
    network, moves, wanted = Network(case), [], []
    for one in inputs(network):
        if not is_movable(case, one):
            continue
        centre = one.centre if math.isfinite(one.centre) else 0.5
        moved = one.at(centre + step, spread * (one.sort != "scale"))
        if one.path.endswith(".unsure"):
            moved = Odds(0.0, 0.3 + spread)
        elif ".at_least." in one.path:
            moved = one.at(centre + step)  # a step has no range
        try:
            other = override(case, {one.path: as_written(one, moved)})
        except InputError as error:
            assert "all other states have ranges" in str(error)
            continue
        moves.append({one.path: moved})
        wanted.append(Network(other))
    agree(network, moves, wanted)


@check
@given(seeds)
def test_some_numbers_moved_together_give_the_case_in_which_they_are_set(seed):
    """Among them several states of one event: those not named make room for all that are."""
    case = forecasting.read(as_text(random_states(seed, ranges=False)[0]))
    network, rng = Network(case), np.random.default_rng(seed)
    movable = [one for one in inputs(network) if is_movable(case, one)]
    moves, wanted = [], []
    for _ in range(4):
        some = {one.path: one for one in movable if rng.random() < 0.4}
        # Less of each state and step, so that what is named together leaves something over; steps
        # move by a hundredth, within what their neighbours leave.
        move = {
            path: one.at(
                (one.centre if math.isfinite(one.centre) else -2.0)
                - (0.01 if ".at_least." in path or one.scale else rng.uniform(0.1, 0.6))
            )
            for path, one in some.items()
            if not path.endswith(".unsure")
        }
        try:
            other = Network(
                override(case, {path: as_written(some[path], to) for path, to in move.items()})
            )
        except InputError as error:  # all states of an event, which then do not sum to 1
            assert "sum to 1" in str(error)
            continue
        moves.append(move)
        wanted.append(other)
    agree(network, moves, wanted)


THREE = """\
case: three
events:
  war: {base_rate: 30%}
  cabinet: {states: [a, b, c], base_rate: {a: 50%, b: {low: 10%, high: 40%}, c: rest}}
  deaths: {quantity: {}, base_rate: {low: 100, best: 240, high: 900}, cuts: {many: ">= 500"}}
  tension: {states: [low, mid, top], ordered: yes, base_rate: {low: 50%, mid: 30%, top: 20%}}
links:
  - {from: war, to: cabinet.b, raises: 4}
  - {from: war, to: deaths, raises: {low: 2, high: 6}}
  - {from: war, to: tension, raises: 3}
evidence:
  talk: {bears_on: cabinet, if: {a: 20%, b: 70%, c: 40%}, status: confirmed}
  graves: {bears_on: deaths.many, if_yes: 60%, if_no: 10%, status: confirmed}
"""


def test_two_states_moved_together_both_take_what_they_are_given():
    """In whatever order; the third has what is left."""
    network, p = Network(forecasting.read(THREE)), Probability.exactly
    paths = [f"events.cabinet.base_rate.{state}" for state in "ab"]
    move = dict(zip(paths, [p(0.2), p(0.3)], strict=True))
    found = network.moved([move, dict(reversed(move.items()))]).prior[1:4]
    assert found == pytest.approx(np.array([[0.2, 0.2], [0.3, 0.3], [0.5, 0.5]]), abs=1e-12)


def test_a_point_set_beside_the_median_stays_where_it_is_set():
    """The others go along with the median: half of it, on the scale of ratios."""
    case = forecasting.read(THREE)
    network, paths = Network(case), [f"events.deaths.base_rate.{end}" for end in ("best", "low")]
    wanted = {"low": 60.0, "best": 120.0, "high": 450.0}
    whole = override(case, {"events.deaths.base_rate": wanted})
    move = {paths[0]: Point(0.5, math.log(120)), paths[1]: Point(0.05, math.log(60))}
    both = override(case, dict(zip(paths, [120, 60], strict=True)))
    turned = override(case, dict(zip(paths[::-1], [60, 120], strict=True)))
    for other in (both, turned):
        amounts = other.events["deaths"].base_rate.amounts
        assert list(amounts.values()) == pytest.approx([60.0, 120.0, 450.0], rel=1e-12)
    agree(network, [move, dict(reversed(move.items()))], [Network(whole)] * 2)


@pytest.mark.parametrize(
    ("event", "rate"),
    [
        ("cabinet", {"a": 0.1, "b": 0.7, "c": 0.2}),
        ("cabinet", {"a": {"low": 0.3, "high": 0.6}, "b": "rest", "c": {"low": 0.1, "high": 0.2}}),
        ("deaths", {"low": 10, "best": 300, "high": 500}),
        ("tension", {"low": 0.1, "mid": 0.1, "top": "rest", "unsure": 2}),
    ],
)
def test_a_base_rate_moved_as_a_whole_gives_the_case_in_which_it_is_set(event, rate):
    case = forecasting.read(THREE)
    path = f"events.{event}.base_rate"
    other = override(case, {path: rate})
    parts = {".".join(keys): one for keys, one in stated.numbers(other.events[event]).items()}
    agree(Network(case), [{path: parts}], [Network(other)])


def test_what_is_held_now_of_one_state_takes_from_the_others_in_proportion():
    """Of the named and of the others: 75% for calm leaves half of what 50% left."""
    text = THREE.replace("top: 20%}}", "top: 20%}, now: {low: 50%, mid: 20%}}")
    case, path = forecasting.read(text), "events.tension.now"
    wanted = override(case, {path: {"low": "75%", "mid": "10%"}})
    alone = override(case, {f"{path}.low": "75%"})
    assert float(alone.events["tension"].now["mid"].mean) == pytest.approx(0.1, abs=1e-15)
    agree(Network(case), [{f"{path}.low": Probability.exactly(0.75)}], [Network(wanted)])
    agree(Network(alone), [{}], [Network(wanted)])
    full = override(case, {path: {"low": "40%", "mid": "30%", "top": "30%"}})
    once = override(full, {f"{path}.top": "10%"})
    held = [float(one.mean) for one in once.events["tension"].now.values()]
    assert held == pytest.approx([0.9 * 4 / 7, 0.9 * 3 / 7, 0.1], abs=1e-15)
    with pytest.raises(InputError, match="nothing is left for the other states"):
        override(full, {f"{path}.low": "70%", f"{path}.top": "40%"})


ROWS = """\
case: rows
events:
  war: {base_rate: 30%}
  cabinet:
    states: [a, b, c]
    parents: [war]
    table: {"yes": [1, 0, 0], "no": {a: 20%, b: {low: 10%, high: 30%}, c: rest}}
"""


@pytest.mark.parametrize(
    ("path", "p", "row"),
    [
        ("yes.a", 0.8, [0.8, 0.1, 0.1]),  # nothing was left for the others: they share equally
        ("yes.b", 0.3, [0.7, 0.3, 0.0]),
        ("yes.b", 1.0, [0.0, 1.0, 0.0]),
        ("yes.a", 1.0, [1.0, 0.0, 0.0]),
        ("no.b", 0.0, None),
        ("no.b", 1.0, [0.0, 1.0, 0.0]),
    ],
)
def test_certainty_in_a_row_can_be_moved_and_moved_to(path, p, row):
    case, path = forecasting.read(ROWS), f"events.cabinet.table.{path}"
    key = path.split(".")[3]
    b = float(case.events["cabinet"].table["no"]["b"].mean)
    row = row or [0.2 / (1 - b), 0.0, (0.8 - b) / (1 - b)]
    other = Network(override(case, {path: p}))
    agree(Network(case), [{path: Probability.exactly(p)}], [other])
    found = other.posterior(given={"war": key})
    assert list(found.values())[1:] == pytest.approx(row, abs=1e-12)


def test_a_row_whose_words_exclude_each_other_is_no_input():
    """Of both a and not ab: whatever the row says, it cannot be moved, nor move anything."""
    text = """\
case: rows
events:
  cabinet: {states: [a, b, c], cuts: {ab: [a, b]}, base_rate: {a: 20%, b: 30%, c: rest}}
  war:
    parents: [cabinet.a, cabinet.ab]
    table: {"yes, yes": 20%, "no, yes": 30%, "no, no": 60%, "yes, no": 90%}
"""
    network = Network(forecasting.read(text))
    paths = [one.path for one in inputs(network) if one.sort == "table"]
    assert paths == [f"events.war.table.{row}" for row in ("yes, yes", "no, yes", "no, no")]
    found = {row.path for row in sensitivity.tornado(network, "war")}
    assert found > set(paths)


def test_the_one_row_of_a_table_without_parents_can_be_set():
    case = forecasting.read("{case: x, events: {rain: {parents: [], table: 30%}}}")
    (one,) = inputs(Network(case))
    changed = override(case, {one.path: "40%"})
    assert Network(changed).prior()["rain"] == pytest.approx(0.4, abs=1e-15)


@pytest.mark.parametrize(
    ("state", "p", "cells"),
    [("mid", 0.1, [0.9, 0, 0.1]), ("top", 0.9, [0.5, 0, 0.5]), ("top", 0.1, [0.5, 0.4, 0.1])],
)
def test_a_step_moved_beyond_its_neighbour_leaves_no_state_below_nothing(state, p, cells):
    """At least top cannot be more probable than at least mid: what lies between is empty."""
    network = Network(forecasting.read(THREE))
    path = f"events.tension.base_rate.at_least.{state}"
    found = network.moved([{path: Probability.exactly(p)}])
    if state == "mid":  # the lower step is moved below the upper one, which gives way
        cells = [0.9, 0.0, 0.1]
    assert found.prior[-3:, 0] == pytest.approx(cells, abs=1e-12)
    assert (found.posterior >= 0).all()
    assert found.posterior[-3:, 0].sum() == pytest.approx(1, abs=1e-12)


def test_a_range_on_a_step_is_refused_with_the_key_for_all_steps():
    path = "events.tension.base_rate.at_least.mid"
    with pytest.raises(InputError) as error:
        override(forecasting.read(THREE), {path: {"low": "40%", "high": "60%"}})
    (problem,) = error.value.problems
    assert (problem.problem, problem.place) == ("a step has no range of its own", path)
    assert "events.tension.base_rate.unsure" in problem.accepted


def test_a_state_is_moved_as_it_is_for_the_window():
    """Of 80% nobody in a year, 64% in two: moved to 50%, the others keep 2 to 1."""
    text = """\
case: leaves
as_of: 2021-01-01
resolve_by: 2023-01-01
events:
  leaves:
    kind: first
    states: [minister, judge, nobody]
    base_rate: {minister: 10%, judge: 10%, nobody: rest, within: 1 year}
"""
    network, path = Network(forecasting.read(text)), "events.leaves.base_rate"
    assert list(network.prior().values()) == pytest.approx([0.18, 0.18, 0.64], abs=1e-12)
    moves = [{f"{path}.{one}": Probability.exactly(0.5)} for one in ("nobody", "judge")]
    found = network.moved(moves).prior.T
    assert found[0] == pytest.approx([0.25, 0.25, 0.5], abs=1e-12)
    assert found[1] == pytest.approx([0.18 / 0.82 / 2, 0.5, 0.64 / 0.82 / 2], abs=1e-12)


FAR = """
case: far
events:
  rain: {quantity: {scale: linear}, base_rate: {low: 27, high: 112}, cuts: {wet: "> 34"}}
  flood: {given: rain.wet, base_rate: 10%, now: 6%}
"""


def test_an_amount_moved_until_what_is_held_now_cannot_be_has_no_answer():
    """By 40 spreads no rain is left above the cut, and no flood; a tipping point is none there."""
    network = Network(forecasting.read(FAR))
    points = {one.path: one for one in inputs(network) if one.path.startswith("events.rain")}
    moves = [
        {path: replace(one.judgement, place=one.centre + by) for path, one in points.items()}
        for by in (-9, -2000)
    ]
    found = network.moved(moves)
    assert np.isnan(found.posterior[:, 1]).all() and np.isnan(found.log_evidence[1])
    moved = override(network.case, {path: one.best - 9 for path, one in points.items()})
    wanted = Network(moved).posterior()
    assert found.posterior[:, 0] == pytest.approx(list(wanted.values()), abs=1e-12)
    rows = {row.path: row for row in sensitivity.tipping(network, "rain.wet", 0.5)}
    tipped = override(
        network.case, {"events.rain.base_rate.high": rows["events.rain.base_rate.high"].value}
    )
    assert Network(tipped).posterior()["rain.wet"] == pytest.approx(0.5, abs=1e-9)
