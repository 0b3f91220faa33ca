"""What follows from two dates for events with states: periods, days of their own, settling."""

from datetime import date

import pytest

from forecasting.engine.window import said_of, settled_since, window
from forecasting.file.case import read
from forecasting.judgement import months_between

CASE = read("""\
case: x
as_of: 2021-01-01
resolve_by: 2022-01-01
events:
  rain: {base_rate: {best: 20%, within: 24 months}}
  first: {kind: first, states: [a, none], base_rate: {a: 20%, none: rest, within: 6 months}}
  level: {states: [low, high], ordered: yes, kind: occurs, resolve_by: 2021-07-01,
    base_rate: {low: 80%, high: rest, within: 12 months}}
  state: {states: [a, b], base_rate: {a: 20%, b: rest}, settled: {state: b, date: 2020-10-01}}
  gone: {kind: first, states: [a, none], settled: {state: a, date: 2020-10-01},
    base_rate: {a: 20%, none: rest, within: 6 months}}
  toll: {quantity: {whole: yes}, base_rate: {low: 10, high: 90}, cuts: {many: ">= 50"},
    settled: {value: 50, date: 2021-03}}
""")
START, END = date(2021, 1, 1), date(2022, 1, 1)


def test_base_rates_are_carried_by_the_ratio_of_the_periods():
    """A year for six months; its own half year for twelve; frozen since October 2020: 15 for 6."""
    found = window(CASE, START, END)
    assert found.ratios == {1: 2.0, 2: 0.5, 4: 2.5}
    assert found.rates[0][1:] == (0.5, False)
    assert 3 not in found.ratios and 5 not in found.ratios


def test_the_length_of_each_window_is_its_own():
    found = window(CASE, START, END).months
    assert found[1] == 12 and found[2] == 6 and found[4] == 15
    assert found[4] == months_between(date(2020, 10, 1), END)


@pytest.mark.parametrize(
    ("day", "settled"),
    [
        (date(2020, 9, 30), {}),
        (date(2020, 10, 1), {3: 1, 4: 0}),
        (date(2021, 3, 30), {3: 1, 4: 0}),
        (date(2021, 3, 31), {3: 1, 4: 0, 5: 1}),  # a month counts from its last day
    ],
)
def test_a_state_or_an_amount_is_settled_from_its_day_on(day, settled):
    assert window(CASE, day, END).settled == settled


def test_how_an_event_was_settled_is_told():
    event = CASE.events["toll"]
    assert (said_of(event), settled_since(event, None)) == ("settled", date(2021, 3, 31))
    assert settled_since(event, START) is None
