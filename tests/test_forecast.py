"""The tables of a forecast say what the network says, in stated columns."""

import json
import math
from dataclasses import replace

import pandas as pd
import pytest

import forecasting
from forecasting import InputError, read, run
from forecasting.answer.check import check
from forecasting.tell.groups import own_days

TEXT = """
case: rain
as_of: 2021-01-31
resolve_by: 2022-01-31
horizons: [2021-07-31, 2022-01-31, 2023-01-31]
events:
  flood: {role: outcome, title: A flood, base_rate: {best: 20%, within: 12 months}}
  dam_fails: {given: flood, base_rate: 50%}
  spring_wet: {role: driver, kind: state, base_rate: 40%}
links: [{from: spring_wet, to: flood, raises: 3}]
sources: {gauge: {}}
evidence:
  high_gauge:
    bears_on: spring_wet
    date: 2021-01-10
    if_yes: 60%
    if_no: 30%
    reports: [{source: gauge, grade: B2}]
scenarios:
  disaster: {title: Disaster, when: {dam_fails: yes}}
  wet_feet: {when: {flood: yes, dam_fails: no}}
"""


@pytest.fixture(scope="module")
def forecast():
    return forecasting.run(forecasting.read(TEXT))


def test_tables_have_the_stated_columns(forecast):
    assert list(forecast.events) == [
        *("event", "role", "title", "prior", "posterior", "low", "high", "word")
    ]
    assert list(forecast.scenarios) == ["scenario", "title", "prior", "posterior"]
    assert list(forecast.horizons) == ["event", "resolve_by", "prior", "posterior"]
    assert forecast.events["event"].tolist() == ["flood", "dam_fails", "spring_wet"]


def test_numbers_of_the_table_are_those_of_the_network(forecast):
    network = forecast.network
    table = forecast.events.set_index("event")
    assert table["posterior"].to_dict() == network.posterior()
    assert table["prior"].to_dict() == network.prior()
    assert (table["low"] <= table["posterior"]).all()
    assert (table["posterior"] <= table["high"]).all()


def test_a_conditional_scenario_takes_its_condition_along(forecast):
    """Disaster names only the dam; it cannot fail without the flood."""
    chances = forecast.scenarios.set_index("scenario")["prior"]
    assert chances["disaster"] == pytest.approx(0.20 * 0.50, abs=1e-12)
    assert chances["wet_feet"] == pytest.approx(0.20 * 0.50, abs=1e-12)
    assert chances["something else"] == pytest.approx(0.80, abs=1e-12)


def test_scenarios_and_something_else_sum_to_one(forecast):
    assert forecast.scenarios["posterior"].sum() == pytest.approx(1, abs=1e-12)


def test_later_horizons_follow_constant_hazard(forecast):
    """Half a year, one year and two at 20% a year: 1 - 0.8 ** years; July is 6 months of 12."""
    flood = forecast.horizons.query("event == 'flood'").set_index("resolve_by")["prior"]
    expected = {year: 1 - 0.8**share for year, share in zip(flood.index, (0.5, 1, 2), strict=True)}
    assert flood.to_dict() == pytest.approx(expected, abs=1e-12)


def test_the_json_has_the_keys_of_the_contract_and_no_others(forecast):
    result = forecast.as_json()
    assert list(result) == [
        *("case", "digest", "as_of", "resolve_by", "log_evidence", "events", "scenarios")
    ]
    assert list(result["events"]["flood"]) == [
        *("role", "prior", "posterior", "low", "high", "word", "base_rate")
    ]
    assert list(result["events"]["flood"]["base_rate"]) == ["mean", "logit_median", "logit_sd"]
    assert result["as_of"] == "2021-01-31"
    assert json.loads(json.dumps(result, allow_nan=False)) == result


def test_an_event_with_a_table_has_no_base_rate_to_show():
    case = forecasting.read('{case: x, events: {a: {parents: [], table: {"": 30%}}}}')
    assert forecasting.run(case).as_json()["events"]["a"]["base_rate"] is None


def test_the_base_rate_shown_is_the_one_for_the_window():
    shown = forecasting.run(forecasting.read(TEXT), by="2023-01-31").as_json()
    assert shown["resolve_by"] == "2023-01-31"
    assert shown["events"]["flood"]["base_rate"]["mean"] == pytest.approx(0.36, abs=1e-12)


def test_a_case_without_scenarios_or_dates_gives_empty_tables():
    forecast = forecasting.run(forecasting.read("{case: x, events: {a: {base_rate: 30%}}}"))
    assert forecast.scenarios.empty
    assert forecast.horizons.empty
    assert forecast.as_json()["scenarios"] == {}
    assert isinstance(forecast.events, pd.DataFrame)


def test_words_follow_the_lexicon_asked_for():
    case = forecasting.read("{case: x, events: {a: {base_rate: 22%}}}")
    assert forecasting.run(case).events["word"].tolist() == ["unlikely"]
    assert forecasting.run(replace(case, lexicon="phia")).events["word"].tolist() == [
        "highly unlikely (between bands)"
    ]


def test_nothing_but_the_word_depends_on_the_lexicon():
    case = read(TEXT)
    phia = replace(case, lexicon="phia")
    ours, theirs = run(case), run(phia)
    assert theirs.events["word"].tolist() != ours.events["word"].tolist()
    assert theirs.events.drop(columns="word").equals(ours.events.drop(columns="word"))
    assert theirs.scenario_rows == ours.scenario_rows
    assert theirs.horizon_rows == ours.horizon_rows
    assert (phia, phia.digest) == (case, case.digest)


def test_the_same_seed_gives_the_same_band():
    rate = "{base_rate: {low: 10%, high: 40%}}"
    links = "[{from: a, to: b, raises: {low: 2, high: 9}}]"
    case = forecasting.read(f"{{case: x, events: {{a: {rate}, b: {rate}}}, links: {links}}}")
    first, again, other = (forecasting.run(case, seed=seed).events for seed in (1, 1, 2))
    assert first.equals(again)
    assert other["posterior"].equals(first["posterior"])
    assert not other["low"].equals(first["low"])


def test_a_day_after_the_date_asked_for_is_refused():
    with pytest.raises(InputError, match="before the day it is for"):
        forecasting.run(forecasting.read(TEXT), as_of="2022-01-31")


ONE_OF_THREE = """
case: reply
events:
  none: {kind: state, base_rate: 50%}
  small: {kind: state, parents: [none], table: {"yes": 0%, "no": 70%}}
  large:
    kind: state
    parents: [none, small]
    table: {"yes, yes": 0%, "yes, no": 0%, "no, yes": 0%, "no, no": 100%}
scenarios:
  nothing: {when: {none: yes}}
  minor: {when: {small: yes}}
  major: {when: {large: yes}}
"""


def test_scenarios_may_exclude_each_other_by_a_table():
    """Half, then 70% of the other half, then the rest."""
    rows = run(read(ONE_OF_THREE)).scenario_rows
    assert [row.prior for row in rows] == pytest.approx([0.5, 0.35, 0.15, 0], abs=1e-12)


@pytest.mark.parametrize("ask", [run, check])
def test_scenarios_that_a_table_does_not_quite_exclude_are_refused_with_their_probability(ask):
    """A small reply after none, at 3%, makes both true with 0.5 * 0.03."""
    case = read(ONE_OF_THREE.replace('"yes": 0%', '"yes": 3%'))
    with pytest.raises(InputError) as refused:
        ask(case)
    (problem,) = refused.value.problems
    assert (problem.place, problem.line) == ("scenarios.minor.when", 12)
    assert problem.problem == "can come true together with the scenario 'nothing'"
    assert problem.found == "both with 1.5%, before any evidence"


def test_making_it_so_may_not_bring_scenarios_together():
    with pytest.raises(InputError, match="both with 50%, once that is made so"):
        run(read(ONE_OF_THREE), do={"small": "yes"})
    assert run(read(ONE_OF_THREE), do={"none": "no"}).scenario_rows[1].posterior > 0.6


def test_a_scenario_that_cannot_be_excludes_every_other():
    case = read("""
case: river
events: {flood: {base_rate: 20%}, mended: {given: flood, base_rate: 50%}}
scenarios:
  odd: {when: {mended: yes, flood: no}}
  dry: {when: {flood: no}}
""")
    assert [row.prior for row in run(case).scenario_rows] == pytest.approx([0, 0.8, 0.2])


def test_without_certain_tables_scenarios_that_overlap_are_refused_on_reading():
    with pytest.raises(InputError, match="together with the scenario 'nothing'"):
        read(ONE_OF_THREE.replace(" 0%", " 5%").replace("100%", "95%"))


@pytest.mark.parametrize(
    ("own", "told"),
    [
        ("", ["2021-06-30"]),
        ("resolve_by: 2020-12-31, ", []),
        ("resolve_by: 2022-06-30, ", ["2022-06-30"]),
    ],
)
def test_an_amount_is_told_at_the_end_of_its_own_period_only(own, told):
    """The case's, or one of its own, which no horizon moves."""
    case = read(
        "{case: rain, as_of: 2020-06-30, resolve_by: 2021-06-30,"
        f" horizons: [2021-06-30, 2022-06-30], events: {{rain: {{{own}quantity: {{unit: mm}},"
        " base_rate: {low: 1, high: 9}, cuts: {dry: < 2}}}}"
    )
    rows = run(case).horizon_rows
    assert [str(row.resolve_by) for row in rows if not math.isnan(row.posterior)] == told


def test_an_event_with_a_day_of_its_own_speaks_of_no_other():
    """Half of all within twelve months: 1 - 1/64 in six years, and that under no other date."""
    rate = "base_rate: {best: 50%, within: 12 months}"
    case = read(
        "{case: days, as_of: 2024-01-01, resolve_by: 2026-01-01, "
        "horizons: [2025-01-01, 2030-01-01],"
        f" events: {{own: {{title: Own, {rate}, resolve_by: 2030-01-01}}, rest: {{{rate}}}}}}}"
    )
    found = run(case)
    told = {(row.event, row.resolve_by.year): row.posterior for row in found.horizon_rows}
    assert math.isnan(told["own", 2025])
    assert told["own", 2030] == pytest.approx(1 - 2**-6)
    assert told["rest", 2025] == pytest.approx(1 / 2)
    assert own_days(found) == (
        " Asked for a day of its own: Own (2030-01-01)."
        " A dash: what has a period of its own speaks of no other date."
    )
    assert found.event_rows[0].posterior == pytest.approx(1 - 2**-6)
