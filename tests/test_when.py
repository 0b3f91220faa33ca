"""By which day an event is how probable: against the constant hazard by hand."""

from datetime import date, timedelta

import pytest

import forecasting
from forecasting.answer.when import LEVELS, when
from forecasting.judgement import months_between

CASE = """
case: coup
as_of: 2021-09-15
resolve_by: 2022-09-15
horizons: [2023-09-15, 2026-09-15]
events:
  coup: {base_rate: {best: 20%, within: 12 months}}
  calm: {base_rate: {best: 80%, within: 12 months}, kind: lasts}
  height: {base_rate: 30%}
  own: {base_rate: {best: 20%, within: 12 months}, resolve_by: 2022-01-01}
  which: {states: [a, b], base_rate: {a: 20%, b: rest}}
"""


def rows(text=CASE, **more):
    return when(forecasting.Network(forecasting.read(text)), **more)


def test_the_day_is_the_first_by_which_a_constant_hazard_makes_it_so_probable():
    found = {row.level: row for row in rows()}
    assert list(found) == list(LEVELS)
    for level in (0.10, 0.25, 0.50):
        day = found[level].by
        chance, before = (
            1 - 0.8 ** (months_between(date(2021, 9, 15), one) / 12)
            for one in (day, day - timedelta(days=1))
        )
        assert before < level <= chance
    # 1 - 0.8 ** 5 = 67.2%
    assert found[0.75].by is found[0.90].by is None
    assert found[0.75].until == date(2026, 9, 15)


def test_only_what_comes_about_once_with_a_period_has_such_days():
    assert {row.event for row in rows()} == {"coup"}
    assert rows(events=["calm", "height", "own", "which"]) == ()


@pytest.mark.parametrize("came", ["happened", "ruled_out"])
def test_what_is_settled_is_not_still_to_come(came):
    def settled(day):
        return CASE.replace("within: 12 months}}", f"within: 12 months}}, {came}: {day}}}", 1)

    assert rows(settled("2021-09-10")) == ()
    assert rows(settled("2022-03-01")) == rows()  # not known yet on the day of the forecast


def test_evidence_brings_the_days_nearer():
    fact = "{bears_on: coup, if_yes: 80%, if_no: 20%, status: confirmed}"
    sooner = rows(f"{CASE}evidence: {{tanks: {fact}}}\n")
    assert all(one.by < other.by for one, other in zip(sooner[:3], rows()[:3], strict=True))


@pytest.mark.parametrize("line", ["as_of", "resolve_by"])
def test_a_case_without_dates_has_none(line):
    text = "case: rain\nevents: {rain: {base_rate: 20%}}\n"
    text += f"{line}: 2022-01-01\n"
    assert rows(text) == ()
