"""A base rate that names a model is read strictly: one clear message for each mistake."""

import shutil
from datetime import date

import jsonschema
import pytest
import yaml

from forecasting import case, models
from forecasting.errors import InputError
from forecasting.format import parse_day

GOOD = {
    "reference_class": "{model: reference_class, data: rebel_victories, outcome: war, by: "
    "[length, others], group: 'over a year, yes', prior: [1, 2], within: 12 months}",
    "event_counts": "{model: event_counts, data: ttp_deaths_monthly, count: deaths, "
    "at_least: 1.5, since: 2021-09-15}",
    "time_to_event": "{model: time_to_event, data: peace_after_rebel_victory, since: 2021-09-07, "
    "follow: 5 years, by: others, group: yes}",
}


def text(base_rate, extra=""):
    return (
        f"{{case: a, as_of: 2021-09-15, resolve_by: 2022-09-15, "
        f"events: {{x: {{base_rate: {base_rate}{extra}}}}}}}"
    )


@pytest.mark.parametrize("base_rate", GOOD.values(), ids=GOOD)
def test_each_model_is_read_and_passes_the_schema(base_rate):
    record = case.read(text(base_rate)).events["x"].base_rate
    assert record.probability is None
    assert record.model.model in GOOD
    document = yaml.load(text(base_rate), yaml.BaseLoader)
    rate = document["events"]["x"]["base_rate"]
    for key in ("at_least", "prior"):
        if key in rate:
            rate[key] = yaml.safe_load(str(rate[key]).replace("'", ""))
    jsonschema.validate(document, case.schema())


@pytest.mark.parametrize(
    ("model", "old", "new", "expected"),
    [
        ("reference_class", "reference_class,", "reference_clas,", "did you mean reference_class?"),
        ("reference_class", "rebel_victories", "rebel_victory", "did you mean rebel_victories?"),
        ("reference_class", "outcome: war", "outcom: war", "did you mean outcome?"),
        ("reference_class", "outcome: war", "outcome: wars", "did you mean war?"),
        ("reference_class", "outcome: war,", "", "the key 'outcome' is missing"),
        ("reference_class", "[length, others]", "[length, other]", "did you mean others?"),
        (
            "reference_class",
            "over a year, yes",
            "over a yeah, yes",
            "did you mean over a year, yes?",
        ),
        ("reference_class", "by: [length, others],", "", "there is no group of this name"),
        ("reference_class", "[1, 2]", "[1, -2]", "not the two numbers of a Beta"),
        ("reference_class", "12 months", "a year", "not a period"),
        ("event_counts", "at_least: 1.5", "at_least: 0", "not a factor"),
        ("event_counts", "at_least: 1.5,", "", "needs one of at_least and at_most"),
        ("event_counts", "at_least: 1.5", "at_least: 2, at_most: 0.5", "one of at_least"),
        ("event_counts", "count: deaths", "count: death", "did you mean deaths?"),
        ("event_counts", "since:", "within: 12 months, since:", "predicts the window of the case"),
        ("event_counts", "2021-09-15}", "2021-19-15}", "not a date of the calendar"),
        ("event_counts", "ttp_deaths_monthly, count: deaths", "ttp_deals, count: year", "monthly"),
        (
            "time_to_event",
            "peace_after_rebel_victory",
            "rebel_victories",
            "needs columns that it lacks",
        ),
        ("time_to_event", "since: 2021-09-07,", "", "the key 'since' is missing"),
    ],
)
def test_a_mistake_gives_one_message_that_helps(model, old, new, expected):
    assert old in GOOD[model]
    with pytest.raises(InputError) as caught:
        case.read(text(GOOD[model].replace(old, new)))
    assert len(caught.value.problems) == 1
    assert expected in str(caught.value)
    assert caught.value.problems[0].place.startswith("events.x.base_rate")


@pytest.mark.parametrize("kind", ["state", "lasts"])
def test_a_predicted_window_is_for_what_comes_about(kind):
    with pytest.raises(InputError, match="predicts that something comes about"):
        case.read(text(GOOD["event_counts"], f", kind: {kind}"))


def test_a_time_to_an_event_does_not_run_before_it_begins():
    """A year that begins in two months is a year, whichever day asks for it."""
    spec = models.Spec("time_to_event", None, {"since": parse_day("2021-09-07")})
    assert models.window_starts(spec, date(2021, 8, 1)) == date(2021, 9, 7)
    assert models.window_starts(spec, date(2021, 11, 1)) == date(2021, 11, 1)


def test_a_predicted_window_needs_dates():
    undated = text(GOOD["time_to_event"]).replace("as_of: 2021-09-15, resolve_by: 2022-09-15, ", "")
    with pytest.raises(InputError, match="a window needs as_of and resolve_by"):
        case.read(undated)


def test_a_table_beside_the_case_comes_first(tmp_path):
    (tmp_path / "data").mkdir()
    rows = "deal,year,kind,six_months,twelve_months,known\nOurs,2001,ours,1,1,2002\n"
    (tmp_path / "data/ttp_deals.csv").write_text(rows, encoding="utf-8")
    shutil.copy("priors/data/ttp_deals.yaml", tmp_path / "data/ttp_deals.yaml")
    path = tmp_path / "own.yaml"
    path.write_text(
        "{case: a, events: {x: {base_rate: "
        "{model: reference_class, data: ttp_deals, outcome: six_months}}}}",
        encoding="utf-8",
    )
    (row,) = case.load(path).events["x"].base_rate.model.table.rows
    assert row["deal"] == "Ours"


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ("a,b\n1,2\n", "its columns are a, b"),
        ("deal,year,kind,six_months,twelve_months,known\n", "has 1 to 20,000 rows"),
        ("deal,year,kind,six_months,twelve_months,known\nx,1,k,1,1\n", "line 2 has more or fewer"),
        ("deal,year,kind,six_months,twelve_months,known\nx,1,k,1,1,soon\n", "'soon', not a date"),
        ("deal,year,kind,six_months,twelve_months,known\nx,1,k,1,1,2024\n", "later than the cut"),
    ],
)
def test_a_table_that_is_wrong_says_where(tmp_path, rows, expected):
    (tmp_path / "data").mkdir()
    (tmp_path / "data/own.csv").write_text(rows, encoding="utf-8")
    shutil.copy("priors/data/ttp_deals.yaml", tmp_path / "data/own.yaml")
    path = tmp_path / "own.yaml"
    path.write_text(
        "{case: a, events: {x: {base_rate: "
        "{model: reference_class, data: own, outcome: six_months}}}}",
        encoding="utf-8",
    )
    with pytest.raises(InputError, match=expected):
        case.load(path)


def test_a_table_without_a_sidecar_is_refused(tmp_path):
    (tmp_path / "data").mkdir()
    (tmp_path / "data/own.csv").write_text("a\n1\n", encoding="utf-8")
    path = tmp_path / "own.yaml"
    path.write_text(
        "{case: a, events: {x: {base_rate: {model: reference_class, data: own, outcome: a}}}}",
        encoding="utf-8",
    )
    with pytest.raises(InputError, match="a table needs a sidecar"):
        case.load(path)
