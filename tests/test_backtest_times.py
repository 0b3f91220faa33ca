"""The backtest of times asks what was open, answers by what came, and sees nothing later."""

from dataclasses import replace
from datetime import date

import numpy as np
import pytest

from benchmarks import backtest_times
from forecasting.file import tables

ROWS = [
    # country, first quiet year, back in
    ("A", 1990, 1996),
    ("B", 1991, None),
    ("C", 1994, 1997),
    ("D", 1996, None),
]


def table(rows):
    found = tables.load("conflict_recurrence_times")
    made = tuple(
        {
            "country": country, "start": f"{quiet}-12-31", "how": "faded", "was_war": "no",
            "earlier": "0", "event_from": f"{back}-01-01" if back else "",
            "event_to": f"{back}-12-31" if back else "",
        }
        for country, quiet, back in rows
    )  # fmt: skip
    return replace(found, rows=made, lines=(), observed_until=date(1998, 12, 31))


def test_each_quiet_conflict_is_asked_of_and_answered():
    asked = [
        (one.year, one.country, one.came)
        for one in backtest_times.questions(table(ROWS), [], 64)
        if one.horizon == 1
    ]
    assert sorted(asked) == [
        (1995, "A", True), (1995, "B", False), (1995, "C", False),
        (1996, "B", False), (1996, "C", True), (1996, "D", False),
        (1997, "B", False), (1997, "D", False),
    ]  # fmt: skip


def test_the_baseline_is_the_share_of_what_was_asked_and_answered_before():
    """By 1996: A in 1990-95, B in 1991-95, C in 1994-95: thirteen questions of a year, one yes."""
    ended, back = np.array([1990, 1991, 1994, 1996]), np.array([1996, 9999, 1997, 9999])
    assert backtest_times.baseline(ended, back, 1996, 1) == pytest.approx(1.5 / 14)


def test_what_came_later_changes_no_earlier_forecast():
    other = [row if row[0] != "C" else ("C", 1994, None) for row in ROWS]
    first, second = (
        {(one.year, one.country): one.said for one in backtest_times.questions(table(rows), [], 64)
         if one.year < 1997}
        for rows in (ROWS, other)
    )  # fmt: skip
    assert first == second
