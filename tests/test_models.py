"""A base rate that names a model is read strictly: one clear message for each mistake."""

import shutil
from datetime import date
from pathlib import Path

import jsonschema
import pytest
import yaml

from forecasting.errors import InputError
from forecasting.file import case, models, overlay
from forecasting.file.values import parse_day

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
        ("time_to_event", "since:", "covariates: {other: yes}, since:", "did you mean others?"),
        ("time_to_event", "since:", "covariates: {others: ye}, since:", "did you mean yes?"),
        ("time_to_event", "since:", "covariates: others, since:", "names with values are due"),
    ],
)
def test_a_mistake_gives_one_message_that_helps(model, old, new, expected):
    assert old in GOOD[model]
    with pytest.raises(InputError) as caught:
        case.read(text(GOOD[model].replace(old, new)))
    assert len(caught.value.problems) == 1
    assert expected in str(caught.value)
    assert caught.value.problems[0].place.startswith("events.x.base_rate")


def test_covariates_are_read_as_text_and_may_be_numbers_that_no_case_has():
    rate = "{model: time_to_event, data: conflict_recurrence_times, since: 2021-01-01, "
    rate += "covariates: {earlier: 9, how: faded}}"
    spec = case.read(text(rate)).events["x"].base_rate.model
    assert spec.settings["covariates"] == {"earlier": "9", "how": "faded"}
    assert spec.label.endswith("covariates earlier 9 and how faded")
    other = case.read(text(rate.replace("faded", "ceasefire"))).events["x"].base_rate.model
    assert other.same_fit == spec.same_fit


@pytest.mark.parametrize("kind", ["state", "lasts"])
def test_a_predicted_window_is_for_what_comes_about(kind):
    with pytest.raises(InputError, match="predicts that something comes about"):
        case.read(text(GOOD["event_counts"], f", kind: {kind}"))


@pytest.mark.parametrize("by", ["in.region", "[in.region, one more]"])
def test_columns_may_have_any_name(tmp_path, by):
    """Dots are what R writes for a space."""
    (tmp_path / "data").mkdir()
    (tmp_path / "data/own.csv").write_text("in.region,one more,came.about,2\na,b,1,2001\n")
    (tmp_path / "data/own.yaml").write_text(
        "{title: t, source: s, licence: l, citation: c, rule: r, dated: 2, every: year, cut: 2024, "
        "columns: {in.region: a, one more: b, came.about: c, 2: d}}"
    )
    path = tmp_path / "own.yaml"
    rate = f"{{model: reference_class, data: own, outcome: came.about, by: {by}}}"
    path.write_text(f"{{case: a, events: {{x: {{base_rate: {rate}}}}}}}")
    document = yaml.load(path.read_text(), yaml.BaseLoader)
    jsonschema.validate(document, case.schema())
    record = case.load(path)
    settings = record.events["x"].base_rate.model.settings
    assert settings["outcome"] == "came.about"
    assert settings["by"][0] == "in.region"
    with pytest.raises(InputError, match=r"did you mean came\.about\?"):
        overlay.override(record, {"events.x.base_rate.outcome": "came.abut"}, by="--set")


@pytest.mark.parametrize(
    ("name", "old", "new", "expected"),
    [
        ("ttp_deaths_monthly", "2007-09,", "2007-10,", "line 4: month: months must follow each"),
        ("ttp_deaths_monthly", "2007-08,3,13", "2007-08,3,", "line 3: deaths: nothing is stated"),
        ("ttp_deaths_monthly", "2007-08,3,13", "2007-08,3,1.5", "line 3: deaths: not a count"),
        ("peace_after_rebel_victory", "1949-01-01,1949-12-31", ",1949", "event_from: half a span"),
        ("peace_after_rebel_victory", "1949-12-31", "", "line 2: event_to: half a span"),
        ("peace_after_rebel_victory", "1949-12-31", "1945", "line 2: event_to: ends before it"),
    ],
)  # fmt: skip
def test_a_cell_that_a_model_cannot_use_is_refused_when_the_case_is_read(
    tmp_path, name, old, new, expected
):
    (tmp_path / "data").mkdir()
    content = Path(f"priors/data/{name}.csv").read_text(encoding="utf-8")
    assert content.count(old) == 1
    (tmp_path / f"data/{name}.csv").write_text(content.replace(old, new), encoding="utf-8")
    shutil.copy(f"priors/data/{name}.yaml", tmp_path / "data")
    path = tmp_path / "own.yaml"
    model = "event_counts" if name == "ttp_deaths_monthly" else "time_to_event"
    path.write_text(text(GOOD[model]), encoding="utf-8")
    with pytest.raises(InputError, match=f"{name}.csv: .*{expected}"):
        case.load(path)


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
        ("deal,year,kind,six_months,twelve_months,known\n", "has 1 to 100,000 rows"),
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
