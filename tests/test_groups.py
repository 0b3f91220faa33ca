"""Rows of a forecast are told by event: states by their labels, cuts by what they hold."""

import pytest

from forecasting.answer.forecast import run
from forecasting.file.case import read
from forecasting.file.propositions import label_of
from forecasting.tell.groups import groups, points_of, row_label
from forecasting.tell.table import plain
from tests import several


@pytest.fixture(scope="module")
def found():
    return run(read(several.TEXT))


def test_each_event_has_its_rows_in_the_order_of_the_file(found):
    told = {group.title: [row.event for row in group.rows] for group in groups(found, "outcome")}
    assert told == {
        "Cabinet": ["cabinet.caretaker", "cabinet.inclusive", "cabinet.other", "cabinet.new"],
        "tension": [f"tension.{s}" for s in ("calm", "incidents", "fighting", "war", "serious")],
        "Deaths in a year": ["deaths.rises_by_half", "deaths.middling"],
        "A strike": ["strike"],
    }
    assert groups(found, "driver") == []


def test_the_states_of_an_event_sum_to_one_without_its_cuts(found):
    cabinet = groups(found)[0]
    assert sum(row.posterior for row in cabinet.rows[:3]) == pytest.approx(1)
    shares = [row.posterior for row in cabinet.rows]
    assert shares == pytest.approx([12 / 26, 9 / 26, 5 / 26, 14 / 26])


@pytest.mark.parametrize(
    ("cut", "label"),
    [
        ("tension.war", "war"),
        ("tension.serious", "at least fighting (serious)"),
        ("tension.quiet", "at most incidents (quiet)"),
        ("tension.between", "incidents to fighting (between)"),
        ("tension.middle", "incidents (middle)"),
        ("tension.ends", "calm or war (ends)"),
        ("rain.wet", "more than 4.25 mm (wet)"),
        ("rain.dry", "less than 1 mm (dry)"),
        ("rain.damp", "1 to 4.25 mm (damp)"),
        ("votes.wins", "at least 1,234,567 (wins)"),
        ("votes.loses", "at most 1,234,566 (loses)"),
        ("votes.at_most_99", "at most 99"),  # its name says it already
    ],
)
def test_a_cut_says_what_it_holds_with_all_digits(cut, label):
    case = read("""
        case: sky
        events:
          tension:
            states: [calm, incidents, fighting, war]
            ordered: yes
            cuts: {serious: ">= fighting", quiet: "< fighting", between: "incidents .. fighting",
                   middle: "incidents .. incidents", ends: [calm, war]}
            base_rate: {calm: 30%, incidents: 45%, fighting: 20%, war: rest}
          rain:
            quantity: {unit: mm}
            cuts: {wet: "> 4.25", dry: "< 1", damp: "1 .. 4.25"}
            base_rate: {low: 1, high: 16}
          votes:
            quantity: {whole: yes}
            cuts: {wins: "> 1234566", loses: "<= 1234566", at_most_99: "<= 99"}
            base_rate: {low: 50, high: 9000000}
    """)
    assert label_of(case, cut) == label


def test_below_its_event_a_cut_of_states_is_no_further_state(found):
    case = found.case
    assert row_label(case, "cabinet.other") == "Another"
    assert row_label(case, "cabinet.new") == "together, An inclusive one or Another (new)"
    assert row_label(case, "deaths.middling") == "117 to 347 deaths (middling)"
    assert row_label(case, "strike") == "A strike"


def test_a_quantity_is_told_by_its_median_its_range_and_what_it_was(found):
    # The median m has a share of 0.5 above it: 0.5 * 0.329 / 0.6 of the base distribution.
    told = [group.amount for group in groups(found)]
    assert told == ["", "", "389 deaths, 90% range 115 to 1,120; before 240", ""]


def test_what_is_known_of_a_quantity_has_no_range():
    settled = several.TEXT.replace(
        "    cuts: {rises", "    settled: {value: 494, date: 2021-09-14}\n    cuts: {rises"
    )
    told = [group.amount for group in groups(run(read(settled)))]
    assert told[2] == "494 deaths; before 240"


def test_the_points_of_a_quantity_stand_before_and_after_the_evidence(found):
    table = points_of(groups(found))
    rows = [[plain(column.cell(record)).strip() for column in table.columns]
            for record in table.records]  # fmt: skip
    assert rows[:2] == [
        ["Deaths in a year, in deaths", "", "", "", "", ""],
        ["before the evidence", "100", "168", "240", "413", "900"],
    ]
    assert rows[2][:2] == ["with the evidence", "115"]
    assert (rows[2][3], rows[2][5]) == ("389", "1,120")
    assert len(rows) == 3  # every number is exact, so there is no band
    assert table.number("deaths.posterior", "50%").text == "389"


def test_a_case_without_quantities_has_no_table_of_points():
    assert points_of(groups(run(read("{case: a, events: {rain: {base_rate: 20%}}}")))) is None


def test_a_band_stands_below_the_points_where_numbers_are_uncertain():
    unsure = several.TEXT.replace(
        "rises_by_half: 60%, otherwise", "rises_by_half: {low: 40%, high: 80%}, otherwise"
    )
    table = points_of(groups(run(read(unsure))))
    (band,) = [r for r in table.records if r["row"] == "deaths.band"]
    low, high = (int(end.replace(",", "")) for end in band["50%"].split(" to "))
    assert low < int(table.record("deaths.posterior")["50%"]) < high
