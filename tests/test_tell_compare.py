"""What is printed of a comparison, or of two versions, answers first and says what records say."""

import re

import pytest

import forecasting
from forecasting.answer.compare import COMPARED, compare
from forecasting.answer.rows import cells
from forecasting.tell import compare as told
from forecasting.tell import terminal
from tests import several


@pytest.fixture(scope="module")
def case():
    return forecasting.read(several.RIVER)


def analysts(case, **rates):
    return {
        name: forecasting.override(case, {"events.rain.base_rate": rate, "evidence.wet.if_no": no})
        for name, (rate, no) in rates.items()
    }


def test_a_comparison_says_who_differs_on_what(case, capsys):
    comparison = compare(case, analysts(case, dry=("10%", "20%"), wet=("50%", "10%")))
    terminal.show(told.comparison(comparison), 130)
    out = " ".join(capsys.readouterr().out.split())
    (split,) = comparison.splits
    assert "dry and wet differ on 2 judgements (1 × base rate, 1 × evidence)." in out
    before, after = split.before["flood"], split.after["flood"]
    told_apart = f"{before:.0%} (unlikely) against {after:.0%} (unlikely)"
    assert f"A [b]flood[/b] {told_apart}: {100 * (after - before):+.1f} points 0% │" in out
    assert "points: base rate of “Rain”: 50% (dry: 10%)" in out
    for row in split.rows:
        assert f"{100 * row.probability:+.1f}" in out
    assert "extremized: the same, times 1.29" in out
    assert "Shapley value" in out


def test_three_analysts_are_shown_with_the_pool_without_each(case, capsys):
    three = analysts(case, dry=("10%", "20%"), mid=("20%", "15%"), wet=("50%", "10%"))
    comparison = compare(case, three)
    terminal.show(told.comparison(comparison), 130)
    out = capsys.readouterr().out
    assert "Log-odds pool" in out and out.count("without") == 3
    assert out.startswith("A [red]river[/red]\nas of") and "3 analysts. They are furthest" in out
    dry = re.search(r"dry is furthest out because of\n  \+1.* points: (.*)", out)
    assert dry[1] == "base rate of “Rain”: 10% (the case: 20%)"
    lines = [" ".join(line.split()) for line in out.splitlines()]
    assert "mid 1 1 × evidence" in lines  # less than half a point
    for who in ("dry 2 1 × base rate, 1 × evidence", "wet 1 1 × base rate"):
        assert any(line.startswith(f"{who} A [b]flood[/b]") for line in lines)


def test_analysts_who_agree_are_told_so(case, capsys):
    same = compare(case, {"aunt": case, "uncle": case})
    terminal.show(told.comparison(same), 100)
    out = capsys.readouterr().out
    assert "aunt and uncle hold the same." in out
    assert "1 other event within half a point of each other" in out


def test_smaller_changes_have_a_row_and_may_be_the_largest_part(case, capsys, monkeypatch):
    monkeypatch.setattr("forecasting.answer.split.PARTS", 1)
    comparison = compare(case, analysts(case, dry=("10%", "30%"), wet=("50%", "10%")))
    terminal.show(told.comparison(comparison), 130)
    out = " ".join(capsys.readouterr().out.split())
    (split,) = comparison.splits
    points = f"{100 * (split.after['flood'] - split.before['flood']):+.1f}"
    assert f"{points} points: 2 smaller changes together" in out
    assert f"the rest 2 smaller changes {points}" in out


def test_cells_of_a_comparison_hold_every_row(case):
    comparison = compare(case, analysts(case, dry=("10%", "20%"), wet=("50%", "10%")))
    header, *rows = cells(COMPARED, comparison.rows)
    assert {len(row) for row in rows} == {len(header)}
    by_kind = [row[0] for row in rows]
    assert by_kind.count("forecast") == 3
    assert by_kind.count("share") == 2
    assert by_kind.count("extremized pool") == 3
    value = header.index("value")
    shares = [row[value] for row in rows if row[0] == "share"]
    (split,) = comparison.splits
    assert sum(shares) == pytest.approx(split.after["flood"] - split.before["flood"], abs=1e-12)


# --- many -----------------------------------------------------------------------------------------

SKY = """
case: sky
title: The sky
events:
  rain: {title: Rain, base_rate: 20%}
  snow: {title: Snow, base_rate: 30%}
  hail: {title: Hail, base_rate: 1%}
"""


@pytest.fixture(scope="module")
def twenty():
    """Rain from 4 to 80% in twenty steps; snow moved by one; hail left as it is."""
    case = forecasting.read(SKY)
    rates = {f"analyst {i:02d}": {"events.rain.base_rate": f"{4 * i}%"} for i in range(1, 21)}
    rates["analyst 07"]["events.snow.base_rate"] = "90%"
    return compare(case, {who: forecasting.override(case, held) for who, held in rates.items()})


def printed(blocks, capsys, width=130):
    terminal.show(blocks, width)
    return capsys.readouterr().out


def test_many_have_a_row_for_each_outcome_and_no_column_each(twenty, capsys):
    """Quartiles of 4, 8, ..., 80: a quarter of nineteen steps of 4 above 4, and so on."""
    out = printed(told.comparison(twenty), capsys)
    lines = [" ".join(line.split()) for line in out.splitlines()]
    assert "within half a point of each other on 1 of 3 outcomes" in lines[2]
    assert not any(line.startswith("Hail") for line in lines)
    (line,) = (line for line in lines if line.startswith("Rain") and "to" in line and "•" in line)
    assert " 4.0 to 80% 42% analyst 01 20% 19 23 to 61% " in line  # as far out as analyst 20
    (line,) = (line for line in lines if line.startswith("Snow") and "30 to 90%" in line)
    assert " 30 to 90% 30% analyst 07 30% 1 30% " in line
    assert "very unlikely for 3" in out  # 8 to 16%, and 20% is unlikely
    assert max(map(len, out.splitlines())) <= 130
    assert len(lines) < 70


def test_many_answer_first_with_who_stands_out_because_of_what(twenty, capsys):
    out = " ".join(printed(told.comparison(twenty), capsys).split())
    first = out[: out.index("Outcome")]
    assert "from 30% (analyst 01) to 90% (analyst 07), median 30%; the case has 30%" in first
    assert "because of +60.0 points: base rate of “Snow”: 90% (the case: 30%)" in first
    assert first.index("Rain") < first.index("Snow")  # the widest first


def test_what_each_of_many_changed_is_a_row(twenty, capsys):
    lines = [
        " ".join(line.split()) for line in printed(told.comparison(twenty), capsys).split("\n")
    ]
    assert "analyst 07 2 2 × base rate Snow 90% +60.0" in lines
    assert "analyst 05 0" in lines  # who says the same as the case
    assert "analyst 15 1 1 × base rate Rain 60% +40.0" in lines


def test_only_those_who_are_told_of_are_split(twenty, capsys, monkeypatch):
    made = []

    def counted(found, first, second, events=None, parts=None):
        made.append((first, second, tuple(events)))
        return whole(found, first, second, events, parts)

    whole = type(twenty).split
    monkeypatch.setattr(type(twenty), "split", counted)
    printed(told.comparison(twenty), capsys)
    case, rain = twenty.analysts[0], [r for r in twenty.spread_rows if r.event == "rain"]
    assert sorted(made) == [(case, rain[0].furthest, ("rain",)), (case, "analyst 07", ("snow",))]


def test_everyone_is_named_on_an_outcome_that_is_asked_for(twenty, capsys):
    one = compare(twenty.case, {w: twenty.cases[w] for w in twenty.analysts[1:]}, events=["snow"])
    out = printed(told.comparison(one, every=True), capsys)
    lines = [" ".join(line.split()) for line in out.splitlines()]
    start = lines.index("Snow, by name")
    named = [line for line in lines[start:] if line.startswith(("analyst ", "the case 30%"))]
    assert len(named) == 21
    assert named[0].startswith(
        "analyst 07 90% very likely 30% base rate of “Snow”: 90% (the case: 30%)"
    )
    assert all(" 30% unlikely" in line for line in named[1:])


def test_a_difference_that_cannot_be_split_is_told_without_a_reason(capsys):
    """Some of the changes without the others make the evidence impossible."""
    text = """
case: c
as_of: 2021-01-02
events: {rain: {base_rate: 50%, ruled_out: 2021-01-01}, snow: {base_rate: 20%}}
evidence: {mud: {bears_on: rain, if_yes: 50%, if_no: 0, status: absent}}
"""
    case = forecasting.read(text)
    other = text.replace("ruled_out", "happened").replace("status: absent", "status: confirmed")
    found = compare(
        case, {f"a{i}": case for i in range(5)} | {"eve": forecasting.read(other)}, events=["rain"]
    )
    out = printed(told.comparison(found), capsys)
    assert "from 0% (a0) to 100% (eve)" in out
    assert "eve is furthest out" in out
    assert "because of" not in out


DEATHS = "{case: d, events: {deaths: {quantity: {whole: yes}, base_rate: %s}}}"


def test_amounts_of_many_are_summed_up_point_by_point(capsys):
    case = forecasting.read(DEATHS % "{low: 100, best: 240, high: 900}")
    five = {
        f"a{i}": forecasting.read(DEATHS % f"{{low: 100, best: {best}, high: 900}}")
        for i, best in enumerate((200, 240, 250, 260, 500))
    }
    out = printed(told.comparison(compare(case, five)), capsys)
    lines = [" ".join(line.split()) for line in out.splitlines()]
    assert "50% point 240 200 240 250 260 500 a4" in lines
    assert "5% point 100 100 100 100 100 100" in lines


# --- two versions ---------------------------------------------------------------------------------

WET = """
case: wet
events: {rain: {title: Rain, base_rate: 20%}, snow: {title: Snow, base_rate: 40%}}
evidence:
  street: {claim: The street is wet, bears_on: rain, if_yes: 80%, if_no: 40%, status: confirmed}
  coats: {claim: Coats are worn, bears_on: rain, if_yes: 50%, if_no: 50%, status: confirmed}
  hats: {claim: Hats are worn, bears_on: rain, if_yes: 50%, if_no: 50%, status: confirmed}
"""


def test_diff_says_first_what_differs_by_how_much_because_of_which_two(capsys):
    """Odds of 1/4 double for the street; then are 1, then twice that, then 1.02 times that."""
    case = forecasting.read(WET)
    other = forecasting.override(
        case,
        {
            "events.rain.base_rate": "50%", "evidence.coats.if_no": "25%",
            "evidence.hats.if_no": "49%",
        },
    )  # fmt: skip
    found = forecasting.compare.split(case, other, names=("old", "new"))
    out = printed(told.split(found), capsys)
    first = " ".join(out[: out.index("Event")].split())
    after = 4 * 50 / 49
    assert "old and new differ on 3 judgements (1 × base rate, 2 × evidence)." in first
    difference = 100 * (after / (1 + after) - 1 / 3)
    assert f"Rain 33% (unlikely) against 80% (very likely): {difference:+.1f} points" in first
    assert "points: base rate of “Rain”: 50% (old: 20%)" in first
    assert "“Coats are worn”: 25% (old: 50%)" in first
    assert "Hats" not in first and "Snow" not in first
    assert "1 other event moved by less than half a point" in out


def test_a_judgement_of_little_weight_is_no_reason(capsys):
    case = forecasting.read(WET)
    paths = {"events.rain.base_rate": "50%", "evidence.hats.if_no": "49%"}
    found = forecasting.compare.split(case, forecasting.override(case, paths))
    out = printed(told.split(found), capsys)
    assert "points: base rate of “Rain”" in out
    assert "Hats" not in out[: out.index("Event")]


def test_factors_on_the_odds_multiply_up_to_that_of_the_difference(capsys):
    case = forecasting.read(WET)
    other = forecasting.override(
        case, {"evidence.coats.if_no": "25%", "evidence.hats.if_no": "40%"}
    )
    out = printed(told.split(forecasting.compare.split(case, other)), capsys)
    lines = [line.split()[-1] for line in out.splitlines() if "×" in line]
    assert lines[-3:] == ["×2.00", "×1.25", "×2.50"]
    assert "decibans" not in out


def test_a_difference_of_an_amount_alone_is_told_in_its_points(capsys):
    one, other = (
        forecasting.read(DEATHS % f"{{low: 100, best: {best}, high: 900}}") for best in (240, 300)
    )
    out = printed(told.split(forecasting.compare.split(one, other)), capsys)
    assert "240 (90% range 100 to 900) against 300 (90% range 100 to 900)" in out


def test_an_outcome_is_told_once_by_the_part_of_it_that_moved_most(capsys):
    text = "{case: s, events: {sky: {states: [a, b, c], base_rate: {a: %s, b: 20%%, c: rest}}}}"
    found = forecasting.compare.split(*(forecasting.read(text % p) for p in ("30%", "60%")))
    out = printed(told.split(found), capsys)
    first = out[: out.index("Event")]
    assert first.count("0% │") == 1


@pytest.mark.parametrize("many", [2, 6])
def test_no_key_path_and_no_weight_in_decibans_is_printed(case, capsys, many):
    some = analysts(case, **{f"a{i}": (f"{10 + 7 * i}%", "20%") for i in range(many)})
    out = printed(told.comparison(compare(case, some)), capsys)
    for word in ("events.", "evidence.", "base_rate", "if_no", "decibans", "{"):
        assert word not in out
