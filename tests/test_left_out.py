"""Rows of prior probability 0 may be left out of a table, and no others."""

import math

import pytest

import forecasting
from forecasting import InputError, Network
from forecasting.answer import sensitivity
from forecasting.engine import left_out
from forecasting.file import overlay
from forecasting.judgement import Probability

# A storm never comes with calm; the table of damage says nothing of it, for no other reason than
# the table of wind.
WIND = """\
case: wind
events:
  front: {base_rate: 40%}
  wind:
    states: [calm, breeze, storm]
    parents: [front]
    table: {"yes": {calm: 20%, breeze: 50%, storm: 30%}, "no": [70%, 30%, 0]}
  damage:
    states: [none, some, much]
    parents: [front, wind]
    table:
      "yes, calm": [1, 0, 0]
      "yes, breeze": [80%, 20%, 0]
      "yes, storm": [10%, 60%, 30%]
      "no, calm": [1, 0, 0]
      "no, breeze": [90%, 10%, 0]
"""

# Of yes/no events: the wind cannot blow without a front, as its table says.
PLAIN = """\
case: plain
events:
  front: {base_rate: 40%}
  wind: {parents: [front], table: {"yes": 70%, "no": 0%}}
  damage: {parents: [front, wind], table: {"yes, yes": 50%, "yes, no": 5%, "no, no": 1%}}
evidence: {roof: {bears_on: damage, if_yes: 90%, if_no: 10%, status: confirmed}}
"""


def test_a_row_that_cannot_come_about_may_be_left_out():
    """P(much) = 0.4 * 0.3 * 0.3; P(damage) = 0.4 (0.7 * 0.5 + 0.3 * 0.05) + 0.6 * 0.01."""
    assert Network(forecasting.read(WIND)).prior()["damage.much"] == pytest.approx(0.036, abs=1e-15)
    found = Network(forecasting.read(PLAIN)).prior()["damage"]
    assert found == pytest.approx(0.4 * (0.35 + 0.015) + 0.006, abs=1e-15)


@pytest.mark.parametrize(
    ("text", "old", "new", "line", "row"),
    [
        (WIND, '"no": [70%, 30%, 0]', '"no": [70%, 29%, 1%]', 12, "no, storm"),
        (WIND, '      "yes, breeze": [80%, 20%, 0]\n', "", 12, "yes, breeze"),
        (PLAIN, '"no": 0%', '"no": 1e-9', 5, "no, yes"),
    ],
)
def test_a_row_that_can_come_about_is_due(text, old, new, line, row):
    assert old in text
    with pytest.raises(InputError) as error:
        Network(forecasting.read(text.replace(old, new)))
    (problem,) = error.value.problems
    assert (problem.problem, problem.place) == ("rows are missing", "events.damage.table")
    assert problem.accepted == f'also "{row}"'
    assert problem.line == line


def test_all_tables_that_lack_rows_are_named_at_once():
    more = WIND.replace('"no": [70%, 30%, 0]', '"no": [0, 70%, 30%]')
    more += "  rescue: {parents: [damage], table: {none: 0%, some: 10%}}\n"
    with pytest.raises(InputError) as error:
        Network(forecasting.read(more))
    assert [problem.place for problem in error.value.problems] == [
        "events.damage.table", "events.rescue.table"
    ]  # fmt: skip


def test_seeing_what_cannot_be_is_still_impossible_evidence():
    with pytest.raises(InputError, match="the evidence is impossible"):
        Network(forecasting.read(PLAIN)).posterior(given={"front": "no", "wind": "yes"})


@pytest.mark.parametrize(
    ("text", "do", "row"),
    [
        (WIND, {"wind": "storm"}, "no, storm"),
        (WIND, {"wind": "storm", "front": "no"}, "no, storm"),
        (PLAIN, {"wind": "yes"}, "no, yes"),
    ],
)
def test_what_is_made_so_may_need_a_row(text, do, row):
    network = Network(forecasting.read(text))
    with pytest.raises(InputError) as error:
        network.posterior(do=do)
    (problem,) = error.value.problems
    assert problem.problem == "needs rows that tables leave out"
    assert problem.accepted == f'in events.damage.table also "{row}"'
    for name, value in do.items():
        assert f"{name}.{value}=yes" in problem.found or f"{name}={value}" in problem.found
    with pytest.raises(InputError, match="needs rows that tables leave out"):
        forecasting.run(network.case, do=do)


@pytest.mark.parametrize(
    ("do", "chance"),
    [
        ({"wind": "storm", "front": "yes"}, 0.3),
        ({"front": "no"}, 0.0),
        ({"wind": "calm"}, 0.0),
        ({"wind": "storm", "damage": "much"}, 1.0),  # its table no longer counts
    ],
)
def test_what_is_made_so_and_needs_no_row_is_answered(do, chance):
    found = Network(forecasting.read(WIND)).posterior(do=do)["damage.much"]
    assert found == pytest.approx(chance, abs=1e-15)


def test_a_number_moved_until_a_row_is_needed_has_no_answer():
    """A slider says so by NaN, in that column alone; the moved case is refused."""
    network, path = Network(forecasting.read(PLAIN)), "events.wind.table.no"
    moves = [{path: Probability.exactly(p)} for p in (0.0, 0.01)]
    moves += [{"events.wind.table.yes": Probability.exactly(0.2)}]
    found = network.moved(moves)
    assert math.isnan(found.of("damage")[1]) and math.isnan(found.prior[2, 1])
    assert found.of("damage")[0] == network.posterior()["damage"]
    with pytest.raises(InputError, match="rows are missing"):
        Network(overlay.override(network.case, {path: "1%"}))
    other = Network(overlay.override(network.case, {"events.wind.table.yes": "20%"}))
    assert found.of("damage")[2] == pytest.approx(other.posterior()["damage"], abs=1e-15)


def test_a_tipping_point_is_looked_for_among_the_other_numbers():
    """The number that would need the row has no place on the way, and no row in the answer."""
    network = Network(forecasting.read(PLAIN))
    rows = {row.path: row for row in sensitivity.tipping(network, "damage", 0.8)}
    assert "events.wind.table.no" not in rows
    reached = rows["events.front.base_rate"].value
    assert reached is None or Network(
        overlay.override(network.case, {"events.front.base_rate": reached})
    ).posterior()["damage"] == pytest.approx(0.8, abs=1e-9)
    assert rows["events.wind.table.yes"].furthest > network.posterior()["damage"]


def test_the_bands_of_a_case_with_rows_left_out_are_those_of_the_case_in_full():
    """Whatever the row says that never comes about."""
    ranged = PLAIN.replace('"yes, yes": 50%', '"yes, yes": {low: 30%, high: 70%}')
    full = ranged.replace('"no, no": 1%', '"no, no": 1%, "no, yes": 99%')
    found, wanted = (forecasting.run(forecasting.read(text), draws=256) for text in (ranged, full))
    assert found.event_rows == wanted.event_rows


def test_rows_left_out_are_found_column_by_column():
    program = Network(forecasting.read(PLAIN)).program
    tables = Network(forecasting.read(PLAIN)).prior_tables[:, None].repeat(2, axis=1)
    tables[program.nodes[1].cells, 1] = 0.5
    ((node, row, due),) = left_out.needed(program, program.plan, tables)
    assert (node, row, due.tolist()) == (2, "no, yes", [False, True])
