"""A class is asked about one outcome; its cards are weighed as the case weighs them, alone."""

import json
import math
import re

import pytest
from py_mini_racer import MiniRacer

from forecasting.classroom import room as rooms
from forecasting.classroom.room import page, read, room, teacher, write
from forecasting.cli import main
from forecasting.errors import InputError
from forecasting.explorer.live import scopes
from forecasting.file import case as cases
from forecasting.report import exporter

HOSTILE = "</script><img src=x onerror=alert(1)>"
WET = "{bears_on: rain, if_yes: 90%, if_no: 30%, status: confirmed, claim: It is wet.}"
WEATHER = f"""
case: weather
title: "{HOSTILE}"
as_of: 2025-01-01
resolve_by: 2026-01-01
events:
  rain: {{role: outcome, title: Rain, base_rate: {{seen: 2, of: 10}}, why: "{HOSTILE}"}}
  snow: {{role: outcome, base_rate: 5%}}
  frost: {{role: outcome, base_rate: 5%, happened: 2024-12-01}}
  hail: {{role: outcome, quantity: {{unit: mm}}, base_rate: {{low: 1, best: 3, high: 9}}}}
evidence: {{wet: {WET}, dry: {WET.replace("90%", "29%")}}}
"""


@pytest.fixture(scope="module")
def orchard():
    return cases.load("priors/second_case.yaml")


@pytest.fixture(scope="module")
def bridge():
    return room(cases.load("priors/first_case.yaml"))


def test_a_card_alone_is_what_its_ratio_makes_of_the_base_rate(bridge):
    """13/62, by hand: 20% of ten winters of thirty with high water; the budget is 50 to 65."""
    assert bridge.prior == pytest.approx(13 / 62, abs=1e-12)
    budget = next(one for one in bridge.cards if one.item == "council_budgets_salt_only")
    odds = 13 / 49 * 50 / 65
    assert budget.alone == pytest.approx(odds / (1 + odds), abs=1e-12)
    assert budget.told == "seen, not only told"
    # The mean of a logit-normal with 90% from 10 to 30%, by quadrature: 0.185.
    assert bridge.cards[0].told == "held to be so today: 70%; in cases of this kind 19%"
    cracks = bridge.cards[-1]
    assert (cracks.sources, cracks.day) == (("The ferryman",), "19 November 2025")


def test_the_cases_of_a_card_tell_nothing_of_the_forecast(bridge):
    for card in bridge.cards:
        assert sum(card.cases["counts"]) == card.cases["cases"] == 1000
        assert card.cases["forecast"] is None


def test_a_part_of_an_amount_is_asked_as_a_question_of_its_own(orchard):
    found = room(orchard, "harvest.rich")
    assert found.question == "Will it be so: Apples picked: at least 400 tonnes (rich)?"
    assert found.whole.startswith("How many tonnes")
    assert (found.counted, found.apart) == ("", "")
    assert found.estimate == "it follows from 170 to 450, best 300 tonnes"
    told = exporter.markdown(teacher(found))
    assert "Will it be so: Apples picked: at least 400 tonnes (rich)?" in told
    assert "an estimate: it follows from 170" in told


def test_of_several_parts_the_one_nearest_to_even_is_asked_and_said(orchard, tmp_path, capsys):
    """Poor stands at 21%, rich at 6%; what presses buy no evidence moves."""
    assert room(orchard, "harvest").event == "harvest.poor"
    assert room(orchard, "buyer").event == "buyer.exporter"
    line = ["class", "priors/second_case.yaml", "--event", "harvest", "-o", str(tmp_path)]
    assert main(line) == 0
    assert (
        "asked about: harvest.poor, Apples picked: less than 200 tonnes (poor) (--event is one of "
        in (capsys.readouterr().out)
    )


def test_the_largest_difference_may_be_the_last_step_against_the_others():
    """In odds: you 1:9, a card that does nothing, then 3:1; the case 2:3, 9:1 and 4:1."""
    told = {"prior": 0.4, "posterior": 0.8, "cards": [{"title": "Card", "alone": 0.9}]}
    said = {"base": 10, "cards": [40], "second": 75}
    with MiniRacer() as v8:
        v8.eval(scopes(rooms.SCRIPTS / "room.js"))
        call = f"room_js.reasons({json.dumps(told)}, {json.dumps(said)})"
        found = json.loads(v8.eval(f"JSON.stringify({call})"))
    gaps = [math.log(a) * 10 / math.log(10) for a in (4 / 6 * 9, 9 * 6 / 4, 4 / 9 / 27)]
    assert [row["gap"] for row in found["rows"]] == pytest.approx(gaps, abs=1e-9)
    assert found["most"]["what"] == "Putting it all together"
    assert found["against"] is True
    assert found["led"] == pytest.approx(0.1, abs=1e-12)


def test_an_unknown_outcome_is_refused_with_a_list(orchard):
    with pytest.raises(InputError, match=r"one of harvest\.poor, harvest\.rich, buyer"):
        room(orchard, "harvst")


def test_a_count_says_why_the_case_starts_from_another_share(bridge):
    """6 of 30 is 20%; with half a case each way 6.5 of 31 is 21%."""
    assert bridge.apart == (
        "6 of 30 is 20%. Other rates too can give 6 of 30, and 21% is the mean of them all."
    )


def test_an_estimate_is_no_count_and_names_in_a_reason_are_titles():
    found = room(cases.load("priors/pakistan_taliban_2021.yaml"), "taliban_curb_ttp")
    assert (found.counted, found.estimate) == ("", "6 to 30% within 12 months")
    states = room(cases.load("priors/second_case.yaml"), "buyer.exporter")
    assert states.estimate == "it follows from those of all states"
    assert "is a cut of “TTP battle deaths” above" in found.why
    assert "`" not in page(found).partition('id="room-told">')[2].partition("</script>")[0]


def test_a_base_rate_of_a_model_is_told_as_a_count():
    """3 of 14 years, as priors/data/ttp_years.csv has them."""
    found = room(cases.load("priors/pakistan_taliban_2021.yaml"), "ttp_truce_announced")
    assert found.counted.startswith("3 of 14 cases alike, in “Years of conflict")
    assert 0 < len(found.cards) <= rooms.MOST_CARDS


@pytest.fixture(scope="module")
def weather():
    return cases.read(WEATHER)


@pytest.mark.parametrize(
    ("event", "why"),
    [
        ("snow", "no evidence bears on it: there is no card"),
        ("ran", "did you mean rain?"),
        ("frost", "is settled: nothing is left to guess"),
        ("hail", "has no cut to ask about"),
    ],
)
def test_what_no_class_can_be_asked_is_refused(weather, event, why):
    with pytest.raises(InputError, match=re.escape(why)):
        room(weather, event)


def test_a_card_of_an_event_of_several_states_has_no_cases_to_divide():
    found = room(cases.load("priors/second_case.yaml"))
    frost = next(one for one in found.cards if one.item == "frost")
    assert (frost.cases, "{" in frost.told) == (None, False)


def test_a_card_that_moves_nothing_is_none(weather):
    """29 to 30 is no card; 90 to 30 makes of 2.5 in 11, Jeffreys' mean of 2 in 10, 7.5 in 16."""
    found = room(weather, "rain")
    assert [card.item for card in found.cards] == ["wet"]
    assert found.cards[0].alone == pytest.approx(7.5 / 16, abs=1e-12)


def test_the_files_of_a_class_hold_what_the_plan_says(tmp_path, bridge):
    write(bridge, tmp_path)
    assert sorted(one.name for one in tmp_path.iterdir()) == [
        "class.json", "room.html", "teacher.html",
    ]  # fmt: skip
    again = read(tmp_path / "class.json")
    assert (again.key, again.items, again.posterior) == (bridge.key, bridge.items, bridge.posterior)
    for text in ("{}", "[]", "nothing", json.dumps({"form": rooms.FORM, "cards": [{}]})):
        (tmp_path / "class.json").write_text(text)
        with pytest.raises(InputError, match="is no plan of a class"):
            read(tmp_path / "class.json")


def test_what_was_handed_in_is_not_left_to_the_plan_of_another_class(
    tmp_path, bridge, weather, capsys
):
    write(bridge, tmp_path)
    write(room(weather, "rain"), tmp_path)  # nothing was handed in
    write(bridge, tmp_path)
    (tmp_path / "ann.txt").write_text("FC1-")
    write(bridge, tmp_path)  # its own class
    before = (tmp_path / "class.json").read_bytes()
    assert main(["class", "second_case", "-o", str(tmp_path)]) == 1
    told = " ".join(capsys.readouterr().err.split())
    assert "holds what was handed in on another question" in told
    assert "village-bridge/bridge_closed" in told and "-o FOLDER" in told
    assert (tmp_path / "class.json").read_bytes() == before


def test_which_of_several_outcomes_is_asked_is_said_where_nobody_chose(tmp_path, capsys):
    case = ["class", "priors/second_case.yaml", "-o", str(tmp_path)]
    assert main(case) == 0
    assert "(--event is one of " in capsys.readouterr().out
    assert main([*case, "--event", "harvest.poor"]) == 0
    assert "(--event is one of " not in capsys.readouterr().out
    assert main(["class", "first_case", "-o", str(tmp_path)]) == 0
    assert "(--event is one of " not in capsys.readouterr().out


def test_text_of_a_case_stays_text(weather):
    found = room(weather, "rain")
    assert HOSTILE not in page(found)
    assert page(found).count("</script>") == 2
    assert "<img" not in exporter.markdown(teacher(found))


def test_the_teacher_reads_minutes_that_add_up_to_ninety(bridge):
    told = exporter.markdown(teacher(bridge))
    assert "75 to 90" in told
    assert "More than one card rests on: The ferryman." in told
    for braces in ("{", "}", "events.", " dB"):
        assert braces not in told
