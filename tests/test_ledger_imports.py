"""Tables of forecasts that were kept elsewhere become entries."""

from datetime import date

import pytest

from forecasting.errors import InputError
from forecasting.ledger.entries import Forecast, Question, Resolution
from forecasting.ledger.imports import read_forecasts
from forecasting.ledger.store import Store

HEAD = "question,forecaster,time,probability,outcome,resolve_by\n"


def told(noted, kind):
    return [(by, body) for by, body in noted if isinstance(body, kind)]


def test_questions_forecasts_and_outcomes_come_out_in_order():
    noted = read_forecasts(
        "question,forecaster,time,probability,outcome,resolve_by,known_on,cluster,tags,mood\n"
        "Rain?,Ann,2025-03-01T12:00:00Z,30%,yes,2026-01-01,2025-06-01,Sky,wet; cold,good\n"
        "Rain?,Bob,2025-02-01,0.8,yes,2026-01-01,2025-06-01,Sky,wet; cold,\n"
        "Snow?,Ann,2025-02-01 08:30,0,,2026-02-01,,,,\n",
        "kept.csv",
    )
    assert [body.id for _, body in told(noted, Question)] == ["Rain?", "Snow?"]
    rain = told(noted, Question)[0][1]
    assert (rain.resolve_by, rain.cluster, rain.tags) == (date(2026, 1, 1), "Sky", ("wet", "cold"))
    assert [(by, said.made_at, said.p) for by, said in told(noted, Forecast)] == [
        ("Bob", date(2025, 2, 1), 0.8), ("Ann", date(2025, 2, 1), 0.0),
        ("Ann", date(2025, 3, 1), 0.3),
    ]  # fmt: skip
    assert [(end.question, end.outcome, end.known_on) for _, end in told(noted, Resolution)] == [
        ("Rain?", "yes", date(2025, 6, 1)),
    ]  # fmt: skip


def test_what_came_in_is_a_ledger_like_any_other(tmp_path):
    text = HEAD + "Rain?,Ann,2025-01-01,30%,no,2026-01-01\n"
    ledger = Store(tmp_path / "ledger.db")
    assert ledger.append(read_forecasts(text, "kept.csv")).seq == 3
    assert not ledger.verify().faults


@pytest.mark.parametrize(
    ("head", "row"),
    [
        # Fatebook's "all forecasts", with the columns it has in its export.
        (
            "Question title,Forecast created by,Forecast (scale = 0-1),Forecast created at,"
            "Question created by,Question created at,Question resolve by,Resolution,Resolved at,"
            "Question notes",
            "Rain?,Ann,0.3,2025-01-02T03:04:05.678Z,Ann,2025-01-01,2026-01-01T00:00:00.000Z,"
            "NO,2026-01-02T00:00:00.000Z,one mm",
        ),
        (
            "Question ID,Question Title,Forecaster Username,Start Time,End Time,Probability Yes,"
            "Scheduled Close Time,Resolution",
            "17,Rain?,Ann,2025-01-02 03:04:05.678+00:00,,0.3,2026-01-01 00:00:00+00:00,no",
        ),
    ],
)
def test_exports_of_other_sites_are_found_by_their_own_columns(head, row):
    noted = read_forecasts(f"{head}\n{row}\n", "export.csv")
    ((by, said),) = told(noted, Forecast)
    assert (by, said.made_at, said.p) == ("Ann", date(2025, 1, 2), 0.3)
    ((_, asked),) = told(noted, Question)
    assert "Rain?" in (asked.id, asked.title)
    assert asked.resolve_by == date(2026, 1, 1)
    assert [end.outcome for _, end in told(noted, Resolution)] == ["no"]


@pytest.mark.parametrize(
    ("row", "problem"),
    [
        ("Rain?,Ann,2025-01-01,130%,yes,2026-01-01", "probability: is no probability"),
        ("Rain?,Ann,2025-01-01,nan,yes,2026-01-01", "probability: is no probability"),
        ("Rain?,Ann,2025-01-01,30,yes,2026-01-01", "probability: is no probability"),
        ("Rain?,Ann,yesterday,30%,yes,2026-01-01", "time: is no day"),
        ("Rain?,Ann,2025-01-01,30%,yes,", "resolve_by: is no day"),
        ("Rain?,Ann,2025-01-01,30%,perhaps,2026-01-01", "outcome: is no outcome"),
        (",Ann,2025-01-01,30%,yes,2026-01-01", "question is empty"),
        ("Rain?,,2025-01-01,30%,yes,2026-01-01", "forecaster is empty"),
        ("Rain?", "forecaster is empty"),
    ],
)
def test_a_row_that_cannot_be_read_is_named(row, problem):
    good = "Rain?,Bob,2025-01-01,30%,yes,2026-01-01\n"
    with pytest.raises(InputError, match=rf"^kept\.csv:3: {problem}"):
        read_forecasts(HEAD + good + row + "\n", "kept.csv")


def test_rows_of_one_question_must_agree_on_it():
    row = "Rain?,Ann,2025-01-01,30%,{},{}\n"
    with pytest.raises(InputError, match=r"kept\.csv:3: Rain\?: came out otherwise"):
        read_forecasts(
            HEAD + row.format("yes", "2026-01-01") + row.format("no", "2026-01-01"), "kept.csv"
        )
    with pytest.raises(InputError, match=r"kept\.csv:3: Rain\?: asks something else"):
        read_forecasts(
            HEAD + row.format("yes", "2026-01-01") + row.format("yes", "2027-01-01"), "kept.csv"
        )


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "lacks the column question"),
        ("question,forecaster,time,probability,outcome\n", "lacks the column resolve_by"),
        (HEAD + "x" * 200_000 + ",Ann,2025-01-01,30%,yes,2026-01-01\n", r"kept\.csv"),
    ],
)
def test_what_is_no_such_table_is_refused(text, problem):
    with pytest.raises(InputError, match=problem):
        read_forecasts(text, "kept.csv")
