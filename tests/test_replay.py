"""A replay is the forecast of each day, from what that day knew."""

from dataclasses import replace
from datetime import date

import pytest

import forecasting
from forecasting.answer.replay import LOOK_BACK, as_json, dated, days, replay, table
from tests.enumeration import Enumeration

CASE = """
case: river
as_of: 2021-03-15
resolve_by: 2022-03-01
events:
  rain: {role: driver, kind: state, base_rate: 20%, now: 30%}
  flood: {title: A flood, base_rate: {best: 30%, within: 12 months}}
  dam: {role: driver, kind: state, base_rate: 40%, happened: 2021-03-08}
links: [{from: rain, to: flood, raises: 4}, {from: dam, to: flood, lowers: 2}]
sources: {aunt: {}, uncle: {}}
evidence:
  old: {bears_on: rain, date: 2010, if_yes: 60%, if_no: 40%, status: confirmed}
  wet:
    bears_on: rain
    date: 2021-03-02
    if_yes: 90%
    if_no: 10%
    reports:
      - {source: aunt, grade: C3}
      - {source: uncle, grade: B2, date: 2021-03-10}
      - {source: aunt, grade: C5, date: 2021-03-12}
  frogs: {bears_on: rain, date: 2021-03-02, if_yes: 30%, if_no: 50%, status: absent}
  heard: {bears_on: flood, if_yes: 30%, if_no: 20%, reports: [{source: uncle, grade: B3}]}
  later: {bears_on: flood, date: 2021-04-01, if_yes: 90%, if_no: 1%, status: confirmed}
"""


def test_each_day_is_the_forecast_of_that_day():
    """Against the sum over all worlds of the case as of each day."""
    rows = replay(forecasting.read(CASE), events=["rain", "flood"])
    for row in rows:
        day = Enumeration(CASE, as_of=row.date)
        assert row.prior == pytest.approx(day.prior()[row.event], abs=1e-12)
        assert row.posterior == pytest.approx(day.posterior()[row.event], abs=1e-12)
    assert {row.date for row in rows} == {
        date(2021, 2, 12),  # a month before
        date(2021, 3, 2),
        date(2021, 3, 8),
        date(2021, 3, 10),
        date(2021, 3, 12),
        date(2021, 3, 15),
    }


def test_each_day_says_what_was_new_and_the_first_nothing():
    case = forecasting.read(CASE)
    news = {row.date: row.new for row in replay(case)}
    assert news == {
        date(2021, 2, 12): (),
        date(2021, 3, 2): ("evidence.wet.reports.0", "evidence.frogs.status"),
        date(2021, 3, 8): ("events.dam.happened",),
        date(2021, 3, 10): ("evidence.wet.reports.1",),
        date(2021, 3, 12): ("evidence.wet.reports.2",),
        date(2021, 3, 15): (),
    }
    assert dated(case)[date(2010, 12, 31)] == ("evidence.old.status",)


def test_nothing_dated_later_moves_a_day():
    """What is dated after the 9th is made quite another thing."""
    other = CASE.replace("grade: B2, date", "grade: B5, date").replace("grade: C5", "grade: C1")
    other = other.replace("2021-04-01, if_yes: 90%, if_no: 1%", "2021-04-01, if_yes: 1%, if_no: 9%")
    # One source has one letter and heard shares its source, so only digits were changed.
    rows, others = (replay(forecasting.read(text)) for text in (CASE, other))
    early = len([row for row in rows if row.date < date(2021, 3, 10)])
    now, then = ([row.posterior for row in some] for some in (rows, others))
    assert now[:early] == pytest.approx(then[:early], abs=1e-14)
    assert abs(now[early] - then[early]) > 0.01


def test_the_prior_shrinks_with_the_window_until_something_is_settled():
    rows = replay(forecasting.read(CASE), until="2021-03-07")
    priors = [row.prior for row in rows]
    assert priors == sorted(priors, reverse=True)
    assert priors[0] > priors[-1]
    # 30% within twelve months at a constant hazard; from 2 March to 1 March: 11 months, 27 days
    months = 11 + 27 / 28
    assert rows[1].prior == pytest.approx(1 - 0.7 ** (months / 12), abs=1e-12)


def test_the_span_can_be_set_and_has_its_ends():
    case = forecasting.read(CASE)
    assert days(case, since="2021-03-09", until="2021-03-11") == (
        date(2021, 3, 9),
        date(2021, 3, 10),
        date(2021, 3, 11),
    )
    assert (days(case)[-1] - days(case)[0]).days == LOOK_BACK
    assert days(case, since="2021-03-15") == (date(2021, 3, 15),)
    assert date(2021, 4, 1) in days(case, until="2021-05-01")


def test_a_replay_that_cannot_be_is_refused():
    case = forecasting.read(CASE)
    with pytest.raises(forecasting.InputError, match="end before it begins"):
        replay(case, since="2021-03-16")
    with pytest.raises(forecasting.InputError, match="before the day it is for"):
        replay(case, until="2022-03-01")
    with pytest.raises(forecasting.InputError, match="did you mean flood"):
        replay(case, events=["flod"])
    undated = forecasting.read("{case: rain, events: {rain: {base_rate: 20%}}}")
    with pytest.raises(forecasting.InputError, match="has no past"):
        replay(undated)


def test_the_word_is_that_of_the_lexicon_asked_for():
    case = forecasting.read("{case: a, as_of: 2021-03-01, events: {rain: {base_rate: 60%}}}")
    assert replay(case)[0].word == "likely"
    assert replay(replace(case, lexicon="phia"))[0].word == "likely or probable"


def test_table_and_json_have_a_row_for_each_event_and_day():
    case = forecasting.read(CASE)
    rows = replay(case)
    frame = table(rows)
    assert list(frame) == ["date", "event", "title", "prior", "posterior", "word", "new"]
    assert len(frame) == len(rows) == 6
    content = as_json(case, rows)
    assert list(content) == ["case", "digest", "resolve_by", "rows"]
    assert content["resolve_by"] == "2022-03-01"
    assert content["rows"][1]["new"] == ["evidence.wet.reports.0", "evidence.frogs.status"]
    assert [row["posterior"] for row in content["rows"]] == frame["posterior"].tolist()


def test_a_base_rate_not_fitted_for_a_day_is_named_with_the_command_that_fits_it(
    monkeypatch, tmp_path
):
    monkeypatch.setenv("FORECASTING_FITS", str(tmp_path))
    own = forecasting.file.fits.shipped
    monkeypatch.setattr(
        forecasting.file.fits, "shipped", lambda part: tmp_path if part == "fits" else own(part)
    )
    monkeypatch.setattr(forecasting.file.fits, "_made", {})
    case = forecasting.load("priors/pakistan_taliban_2021.yaml")
    with pytest.raises(forecasting.InputError, match="not been fitted") as error:
        replay(case, since="2021-09-01")
    assert "forecasting fit" in str(error.value)
    assert "--as-of 2021-09-01" in str(error.value)


def test_a_replay_of_the_first_day_there_is_begins_on_it():
    case = forecasting.read("{case: d, as_of: 0001-01-01, events: {a: {base_rate: 20%}}}")
    assert days(case) == (date.min,)
