"""Matrices of hypotheses, questions and claims come in as cases, and say what was assumed."""

import json
import math
import re
from dataclasses import replace
from datetime import date

import pytest

import forecasting
from forecasting.cli import main
from forecasting.errors import InputError
from forecasting.exchange import claims, formats

# --- matrices of competing hypotheses -------------------------------------------------------------

MATRIX = """\
Who did it?;Credibility;The butler;The cook – or not;The gardener
Mud on the boots;high;I;;CC
Poison in the soup;low;N;cc;II
"""


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_a_matrix_becomes_one_event_whose_states_are_the_hypotheses(tmp_path, encoding):
    (tmp_path / "m.csv").write_bytes(MATRIX.encode(encoding))
    text, notes = formats.case_text(tmp_path / "m.csv", "m")
    case = forecasting.read(text)
    (event,) = case.events.values()
    assert list(event.states.values()) == ["The butler", "The cook – or not", "The gardener"]
    assert [fact.claim for fact in case.evidence.values()] == [
        "Mud on the boots", "Poison in the soup",
    ]  # fmt: skip
    assert any("left out: Credibility" in note for note in notes)
    assert any("cp1252" in note for note in notes) == (encoding == "cp1252")


def mean(low, high, n=4001):
    """The mean of the logit-normal with these 5% and 95% points, by the trapezoidal rule."""
    a, b = (math.log(p / (1 - p)) for p in (low, high))
    m, s = (a + b) / 2, (b - a) / 2 / 1.6448536269514722
    step = 20 / (n - 1)
    zs = [-10 + i * step for i in range(n)]
    return sum(
        step * math.exp(-z * z / 2) / math.sqrt(2 * math.pi) / (1 + math.exp(-m - s * z))
        for z in zs
    )


def test_only_ratios_count_and_they_are_changed_in_one_place(tmp_path):
    (tmp_path / "m.csv").write_text(MATRIX, encoding="utf-8")
    text, _ = formats.case_text(tmp_path / "m.csv", "m")
    found = forecasting.Network(forecasting.read(text)).posterior()
    codes = {
        "CC": mean(0.15, 0.6),
        "N": 0.05,
        "I": mean(0.0125, 0.0333),
        "II": mean(0.00417, 0.0167),
    }
    weights = [codes["I"] * 0.05, 0.05 * codes["CC"], codes["CC"] * codes["II"]]
    wanted = [w / sum(weights) for w in weights]
    assert list(found.values()) == pytest.approx(wanted, rel=1e-9)
    # Half of everything says the same; another meaning of II says more.
    tenth = text.replace("II: {low: 0.417%, high: 1.67%}", "II: 0.001%")
    assert tenth != text
    assert forecasting.Network(forecasting.read(tenth)).posterior()["answer.gardener"] < 0.01


# --- questions ------------------------------------------------------------------------------------

ASKED = {
    "results": [
        {
            "title": "Will the bridge close before 2027?",
            "question": {
                "type": "binary",
                "resolution_criteria": "An official closure.",
                "fine_print": "Of a day or more.",
                "scheduled_resolve_time": "2027-01-01T00:00:00Z",
                "aggregations": {"recency_weighted": {"latest": {"centers": [0.31]}}},
            },
        },
        {
            "question_text": "Who wins?",
            "question_type": "multiple_choice",
            "options": ["Ann B.", "Bo", "Other"],
            "scheduled_resolution_time": "2026-12-01T00:00:00",
            "date_accessed": "2026-10-01T10:00:00",
            "aggregations": {"recency_weighted": {"latest": {"forecast_values": [0.5, 0.4, 0.1]}}},
        },
        {
            "question_text": "How many floods?",
            "question_type": "numeric",
            "lower_bound": 1,
            "upper_bound": 50,
            "unit_of_measure": "floods",
        },
        {"question_text": "When?", "question_type": "date"},
        {"question_text": "Did it rain?", "resolution": "yes"},
        {"title": "Will it snow?", "community_prediction": {"full": {"q2": 0.2}}},
    ]
}


def test_questions_become_outcomes_and_what_others_said_views(tmp_path):
    path = tmp_path / "q.json"
    path.write_text(json.dumps(ASKED), encoding="utf-8")
    text, notes = formats.case_text(path, "q")
    case = forecasting.read(text)
    bridge, who, floods, snow = case.events.values()
    assert (bridge.question, bridge.resolution.criterion) == (
        "Will the bridge close before 2027?", "An official closure. Of a day or more.",
    )  # fmt: skip
    assert str(case.as_of) == "2026-10-01"
    assert str(case.resolve_by) == "2027-01-01"
    assert str(who.resolve_by) == "2026-12-01"
    assert list(who.states) == ["ann_b", "bo", "other"]
    assert floods.quantity.unit == "floods"
    assert snow.question == "Will it snow?"
    held = {name: round(float(p.mean), 9) for name, p in case.views["community"].items()}
    assert held == {
        "bridge_close_before_2027": 0.31, "who_wins.ann_b": 0.5, "who_wins.bo": 0.4,
        "who_wins.other": 0.1, "it_snow": 0.2,
    }  # fmt: skip
    told = "left out: question 4, of the kind date, as it does not say between which days"
    assert notes[0] == told
    assert notes[1] == "left out: question 5, which has an answer"


DAYS = {
    "results": [
        {
            "title": "When does the bridge close?",
            "question": {
                "type": "date",
                "scaling": {"range_min": 1767225600.0, "range_max": 1861920000.0},
                "scheduled_resolve_time": "2029-01-01T00:00:00Z",
            },
        },
        {
            "question_text": "When does the river freeze?",
            "question_type": "date",
            "lower_bound": "2026-11-15T00:00:00Z",
            "upper_bound": "2027-01-01T00:00:00Z",
        },
        {
            "question_text": "How many floods?",
            "question_type": "discrete",
            "scaling": {"range_min": -0.5, "range_max": 12.5, "inbound_outcome_count": 13},
        },
        {
            "question_text": "How high is the water?",
            "question_type": "discrete",
            "scaling": {"range_min": 0, "range_max": 6, "inbound_outcome_count": 12},
        },
    ]
}


def test_a_question_of_a_day_becomes_an_amount_of_days(tmp_path):
    path = tmp_path / "q.json"
    path.write_text(json.dumps(DAYS), encoding="utf-8")
    case = forecasting.read(formats.case_text(path, "q")[0])
    bridge, river, floods, water = case.events.values()
    assert (bridge.quantity.unit, bridge.quantity.whole) == ("days after 2026-01-01", True)
    assert bridge.base_rate.amounts == {0.05: 0, 0.95: (date(2029, 1, 1) - date(2026, 1, 1)).days}
    # The last day before a new year is 364 days after the first of a year of 365.
    assert {name: cut.text for name, cut in bridge.cuts.items()} == {
        "before_2027": "<= 364", "before_2028": "<= 729",
    }  # fmt: skip
    assert {name: cut.text for name, cut in river.cuts.items()} == {"before_2026_12": "<= 15"}
    # By the range alone the days are spread evenly about the middle.
    middle = forecasting.run(case).amount_rows[2]
    assert (middle.event, middle.level) == (next(iter(case.events)), 0.5)
    assert middle.prior == pytest.approx(548, abs=0.5)
    # Thirteen numbers between half below the first and half above the last are 0 to 12.
    assert floods.quantity.whole and floods.base_rate.amounts == {0.05: 0, 0.95: 12}
    assert not water.quantity.whole and water.base_rate.amounts == {0.05: 0, 0.95: 6}


def test_a_range_of_many_years_is_cut_at_a_few(tmp_path):
    path = tmp_path / "q.json"
    asked = {"title": "When?", "type": "date", "lower_bound": "0001-01-01"}
    path.write_text(json.dumps([asked | {"upper_bound": "9999-12-31"}]), encoding="utf-8")
    (event,) = forecasting.read(formats.case_text(path, "q")[0]).events.values()
    assert 2 <= len(event.cuts) <= 10


def test_a_case_of_questions_is_nobodys_until_it_has_base_rates(tmp_path, capsys):
    path = tmp_path / "q.json"
    path.write_text(json.dumps(ASKED), encoding="utf-8")
    assert main(["import", str(path)]) == 0
    main(["check", str(tmp_path / "q.yaml")])
    assert "still says what the template says" in capsys.readouterr().err


FATEBOOK = """\
Question title,Forecast created by,Forecast (scale = 0-1),Forecast created at,\
Question notes,Resolution,Question resolve by
Will it rain?,Ann,0.3,2026-01-02,"by the
gauge",,2026-12-31
Will it rain?,Ann,0.5,2026-02-02,"by the
gauge",,2026-12-31
Will it rain?,Böb,0.6,2026-02-01,"by the
gauge",,2026-12-31
Was it dry?,Ann,0.6,2026-02-01,,YES,2026-03-31
"""


def test_the_last_word_of_each_forecaster_is_a_view(tmp_path):
    path = tmp_path / "f.csv"
    path.write_text(FATEBOOK, encoding="utf-8")
    text, notes = formats.case_text(path, "f")
    case = forecasting.read(text)
    assert [event.question for event in case.events.values()] == ["Will it rain?"]
    assert {who: float(held["it_rain"].mean) for who, held in case.views.items()} == {
        "ann": pytest.approx(0.5), "bob": pytest.approx(0.6),
    }  # fmt: skip
    assert notes[0].startswith("left out: 1 question with an answer")
    path.write_text(FATEBOOK.replace("0.6,2026-02-01,,YES", "2,2026-02-01,,YES"), encoding="utf-8")
    with pytest.raises(InputError) as refused:
        formats.case_text(path, "f")
    assert refused.value.problems[0].line == 8  # of the file, where a cell spans two lines


# --- claims, and drafts ---------------------------------------------------------------------------

CASE = """\
case: bridge   # ours
as_of: 2026-10-01
resolve_by: 2027-10-01
events:
  closed: {base_rate: 20%}
  winter: {states: [mild, hard], base_rate: {mild: 60%, hard: rest}}
sources:
  gazette: {title: The Gazette}
evidence:
  cracks:
    bears_on: closed
    if_yes: 60%
    if_no: 20%
    reports: [{source: gazette, grade: B2}]
    why: “The pier is cracked” stood there
"""

REPORT = "The council met.\n\nThe river stood\nhigh all week, and the ferry\nstopped.\n"

CLAIMS = {
    "text": "report.txt",
    "claims": [
        {
            "claim": "The river is high",
            "quote": "The river stood high all week",
            "place": 18,
            "event": "winter.hard",
            "direction": "for",
            "date": "2026-09-20",
            "source": "The Gazette",
        },
        {
            "claim": "High water",
            "quote": "The river stood high all week",
            "event": "winter.hard",
            "direction": "for",
            "source": "A ferryman",
        },
        {
            "claim": "Salt was bought",
            "quote": "The council bought salt",
            "event": "closed",
            "direction": "against",
            "source": "The Gazette",
        },
        {
            "claim": "Cracks",
            "quote": "The pier is cracked",
            "event": "closed",
            "direction": "for",
            "source": "A ferryman",
        },
    ],
}


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "report.txt").write_text(REPORT, encoding="utf-8")
    (tmp_path / "claims.json").write_text(json.dumps(CLAIMS), encoding="utf-8")
    (tmp_path / "bridge.yaml").write_text(CASE, encoding="utf-8")
    return tmp_path


def test_claims_become_drafts_and_the_same_quote_a_second_report(folder):
    text, notes = claims.with_drafts(CASE, folder / "claims.json")
    case = forecasting.read(text)
    assert list(case.evidence) == ["cracks"]
    river, salt = case.drafts.values()
    assert (river.claim, river.bears_on, str(river.date)) == (
        "The river is high", "winter.hard", "2026-09-20",
    )  # fmt: skip
    assert [case.sources[one.source].title for one in river.reports] == [
        "The Gazette", "A ferryman",
    ]  # fmt: skip
    assert "(report.txt, line 3); speaks for it" in river.why
    assert "(report.txt, NOT IN THE TEXT); speaks against it" in salt.why
    told = " | ".join(notes)
    assert "claim 2: its quote is that of river_high: a second report, no second fact" in told
    assert "claim 3: its quote is not in report.txt" in told
    assert "claim 4: its quote is not in report.txt" in told
    assert "claim 4: its quote is that of evidence.cracks, which counts" in told
    assert "# ours" in text
    # Once more: nothing new but what the text already holds.
    again, notes = claims.with_drafts(text, folder / "claims.json")
    assert again == text
    assert any("left out" in note for note in notes)


def test_a_place_that_is_not_that_of_the_quote_is_said(folder):
    moved = json.loads(json.dumps(CLAIMS))
    moved["claims"][0]["place"] = 2
    (folder / "claims.json").write_text(json.dumps(moved), encoding="utf-8")
    _, notes = claims.with_drafts(CASE, folder / "claims.json")
    assert "claim 1: its quote begins at character 18, and not at 2" in notes


def test_the_command_writes_into_the_case_and_a_draft_moves_no_digit(folder, capsys):
    path = folder / "bridge.yaml"
    before = forecasting.run(forecasting.load(path)).as_json()
    assert main(["import", str(folder / "claims.json")]) == 1
    assert f"{folder / 'claims.json'} --into CASE" in capsys.readouterr().err
    assert main(["import", str(folder / "claims.json"), "--into", str(path)]) == 0
    after = forecasting.run(forecasting.load(path)).as_json()
    for found in (before, after):
        for key in ("digest", "warnings"):
            found.pop(key, None)
    assert json.dumps(after) == json.dumps(before)
    capsys.readouterr()
    assert main(["run", str(path)]) == 0
    assert "evidence.river_high" in (told := capsys.readouterr().err)
    assert "is a draft and counts for nothing" in told


def test_what_is_no_draft_any_more_must_have_its_numbers(folder):
    text, _ = claims.with_drafts(CASE, folder / "claims.json")
    with pytest.raises(InputError, match="needs if_yes and if_no"):
        forecasting.read(text.replace("    draft: yes\n", "", 2))


@pytest.mark.parametrize("name", ["first_case", "pakistan_taliban_2021"])
def test_a_fact_that_is_made_a_draft_is_as_good_as_not_there(name):
    whole = forecasting.load(f"priors/{name}.yaml")
    fact, *others = whole.evidence
    text = re.sub(rf"(?m)^  {fact}:.*$", r"\g<0>\n    draft: yes", whole.text)
    drafted = forecasting.read(text, f"priors/{name}.yaml")
    assert list(drafted.drafts) == [fact]
    without = replace(whole, evidence={one: whole.evidence[one] for one in others})
    wanted = forecasting.Network(without).posterior()
    assert forecasting.Network(drafted).posterior() == wanted
    assert forecasting.Network(whole).posterior() != wanted
