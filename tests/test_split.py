"""What two versions of a case differ on is split as Shapley says, and adds up."""

import itertools
import json
import math
from statistics import NormalDist

import numpy as np
import pytest

import forecasting
from forecasting.answer import compare
from forecasting.answer.split import split
from tests import several
from tests.enumeration import Enumeration
from tests.test_changes import CASE, EVERY, changed

# Moves of inputs and changes that are none, as an overlay writes them.
OVERRIDES = {
    "events.rain.base_rate": "{low: 30%, high: 50%}",
    "events.flood.base_rate": "{best: 50%, within: 24 months}",
    "links.dam.flood.lowers": "6",
    "evidence.wet.if_yes": "40%",
    "evidence.clouds.reports.0.grade": "C5",
    "evidence.frogs.status": "absent",
}


def logit(p):
    return math.log(p / (1 - p))


def log_odds(text, event="flood"):
    return logit(Enumeration(text).posterior()[event])


def test_the_split_is_the_mean_over_all_orders_of_what_each_override_adds():
    """Every coalition is made by an overlay here, and solved as a case of its own."""
    case = forecasting.read(CASE)
    paths = list(OVERRIDES)
    worth = {}
    for size in range(len(paths) + 1):
        for some in itertools.combinations(paths, size):
            one = forecasting.override(case, {path: OVERRIDES[path] for path in some})
            worth[frozenset(some)] = logit(forecasting.Network(one).posterior()["flood"])
    wanted = dict.fromkeys(paths, 0.0)
    orders = list(itertools.permutations(paths))
    for order in orders:
        for i, path in enumerate(order):
            wanted[path] += worth[frozenset(order[: i + 1])] - worth[frozenset(order[:i])]
    result = split(case, forecasting.override(case, OVERRIDES), events=["flood"])
    got = {row.path: row.log_odds for row in result.rows}
    assert got == pytest.approx({path: sum_ / len(orders) for path, sum_ in wanted.items()})


def test_two_changes_are_split_as_the_sum_over_all_worlds_has_it():
    """With two parts the share is the mean of adding it first and adding it last."""
    ends = EVERY["links.rain.flood.raises"], EVERY["evidence.toads"]
    first, second = (changed(*one) for one in ends)
    both = changed(*ends[1], first)
    none, one, other, all_ = map(log_odds, (CASE, first, second, both))
    result = split(forecasting.read(CASE), forecasting.read(both), events=["flood"])
    shares = {row.path: row.log_odds for row in result.rows}
    wanted = {
        "links.rain.flood.raises": (one - none + all_ - other) / 2,
        "evidence.toads": (other - none + all_ - one) / 2,
    }
    assert shares == pytest.approx(wanted, abs=1e-10)


@pytest.mark.parametrize("seed", range(6))
def test_shares_sum_to_the_difference_whatever_changes(seed):
    """Some changes of every kind at once: structure, dates, facts and inputs."""
    rng = np.random.default_rng(seed)
    text = CASE
    for path in rng.permutation(list(EVERY))[:6]:
        old, new = EVERY[path]
        text = text.replace(old, new, 1)
    result = split(forecasting.read(CASE), forecasting.read(text), events=["rain", "flood"])
    before, after = Enumeration(CASE).posterior(), Enumeration(text).posterior()
    assert result.parts == result.changes
    for i, event in enumerate(result.events):
        whole = after[event] - before[event]
        assert result.probability[:, i].sum() == pytest.approx(whole, abs=1e-9)
        whole = logit(after[event]) - logit(before[event])
        assert result.log_odds[:, i].sum() == pytest.approx(whole, abs=1e-9)
        assert (result.before[event], result.after[event]) == pytest.approx(
            (before[event], after[event]), abs=1e-12
        )


def test_a_base_rate_and_the_date_change_by_the_window_they_meet():
    """A base rate stated within a period is brought to the window of each coalition."""
    text = changed(*EVERY["events.flood.base_rate"])
    later = changed(*EVERY["resolve_by"])
    both = changed(*EVERY["resolve_by"], text)
    none, rate, day, all_ = map(log_odds, (CASE, text, later, both))
    result = split(forecasting.read(CASE), forecasting.read(both), events=["flood"])
    shares = {row.path: row.log_odds for row in result.rows}
    assert shares == pytest.approx(
        {
            "resolve_by": (day - none + all_ - rate) / 2,
            "events.flood.base_rate": (rate - none + all_ - day) / 2,
        },
        abs=1e-10,
    )


def test_what_cannot_reach_an_event_makes_nothing_of_it():
    case = forecasting.read(CASE)
    other = forecasting.override(case, {**OVERRIDES, "events.sirens.table.no": "30%"})
    shares = {row.path: row.probability for row in split(case, other, events=["flood"]).rows}
    assert shares["events.sirens.table.no"] == pytest.approx(0, abs=1e-15)


def test_sorts_are_sums_of_their_changes():
    case = forecasting.read(CASE)
    result = split(case, forecasting.override(case, OVERRIDES), events=["flood"])
    by_sort = {row.sort: row.probability for row in result.sort_rows}
    rates = [row.probability for row in result.rows if row.sort == "base rate"]
    assert list(by_sort) == ["base rate", "link", "evidence", "report"]
    assert by_sort["base rate"] == pytest.approx(sum(rates), abs=1e-15)
    assert result.by_sort["probability"].sum() == pytest.approx(
        result.after["flood"] - result.before["flood"], abs=1e-12
    )


def test_the_same_case_differs_in_nothing():
    case = forecasting.read(CASE)
    result = split(case, case)
    assert (result.changes, result.rows) == ((), ())
    assert result.before == result.after


def test_beyond_the_limit_the_smallest_changes_are_one_part(monkeypatch):
    """Every coalition is made by an overlay here; the smallest are those that move least."""
    case, paths = forecasting.read(CASE), set(OVERRIDES)

    def p(some):
        one = forecasting.override(case, {path: OVERRIDES[path] for path in some})
        return forecasting.Network(one).posterior()["flood"]

    def moved(path):
        return max(abs(p({path}) - p(())), abs(p(paths) - p(paths - {path})))

    first, second, *smaller = sorted(paths, key=moved, reverse=True)
    parts = {first: {first}, second: {second}, "": set(smaller)}
    wanted = dict.fromkeys(parts, 0.0)
    for order in itertools.permutations(parts):
        for i, part in enumerate(order):
            before, after = (set().union(*(parts[one] for one in order[:k])) for k in (i, i + 1))
            wanted[part] += (logit(p(after)) - logit(p(before))) / 6
    monkeypatch.setattr("forecasting.answer.split.PARTS", 3)
    result = split(case, forecasting.override(case, OVERRIDES), events=["flood"])
    assert {row.path: row.log_odds for row in result.rows} == pytest.approx(wanted, abs=1e-9)
    assert (result.rows[-1].sort, result.rows[-1].what) == ("the rest", "4 smaller changes")
    assert {change.path for change in result.changes} == paths
    back = split(forecasting.override(case, OVERRIDES), case, events=["flood"])
    assert [row.path for row in back.rows] == [row.path for row in result.rows]
    np.testing.assert_allclose(back.log_odds, -result.log_odds, atol=1e-9)


def test_fewer_parts_can_be_asked_for():
    case = forecasting.read(CASE)
    other = forecasting.override(case, OVERRIDES)
    result, whole = (split(case, other, events=["flood"], parts=n) for n in (3, None))
    assert [row.what for row in result.rows][-1] == "4 smaller changes"
    assert len(whole.parts) == 6
    assert result.probability.sum() == pytest.approx(whole.probability.sum(), abs=1e-12)


def test_twenty_changes_still_add_up_to_the_difference():
    """Facts that are independent: log-odds are sums, so each share is a log of a ratio."""
    read = [0.4 + (-1) ** i * (i + 1) / 100 for i in range(20)]

    def case(numbers):
        fact = "  fact{}: {{bears_on: rain, if_yes: {}, if_no: 40%, status: confirmed}}\n"
        facts = itertools.starmap(fact.format, enumerate(numbers))
        return forecasting.read(
            f"case: c\nevents: {{rain: {{base_rate: 30%}}}}\nevidence:\n{''.join(facts)}"
        )

    result = split(case([0.4] * 20), case(read))
    adds = [math.log(p / 0.4) for p in read]
    wanted = {f"evidence.fact{i}.if_yes": adds[i] for i in range(9, 20)} | {"": sum(adds[:9])}
    assert len(result.changes) == 20
    assert {row.path: row.log_odds for row in result.rows} == pytest.approx(wanted, abs=1e-9)
    odds = 3 / 7 * math.exp(sum(adds))
    assert result.probability.sum() == pytest.approx(odds / (1 + odds) - 0.3, abs=1e-9)
    assert [(row.sort, row.what) for row in result.rows[-1:]] == [("evidence", "9 smaller changes")]


@pytest.mark.parametrize(
    ("parts", "sorts"), [(12, ["settled", "evidence"]), (1, ["the rest"])], ids=["each", "together"]
)
def test_a_settled_event_has_shares_in_probability_only(monkeypatch, parts, sorts):
    """The log-odds of what happened are infinite, and such a difference cannot be split."""
    monkeypatch.setattr("forecasting.answer.split.PARTS", parts)
    text = changed("within: 6 months}}", "within: 6 months}, happened: 2021-02-01}")
    both = text.replace("if_yes: 90%", "if_yes: 40%")
    result = split(forecasting.read(CASE), forecasting.read(both), events=["flood", "rain"])
    flood, rain = ([r for r in result.rows if r.event == name] for name in ("flood", "rain"))
    assert [row.sort for row in flood] == sorts
    whole = 1 - Enumeration(CASE).posterior()["flood"]
    assert sum(row.probability for row in flood) == pytest.approx(whole, abs=1e-9)
    assert all(math.isnan(row.log_odds) for row in flood)
    assert all(math.isfinite(row.log_odds) for row in rain)
    one = compare.compare(forecasting.read(CASE), {"aunt": forecasting.read(both)})
    json.dumps(one.as_json(), allow_nan=False)


def test_a_coalition_that_cannot_be_is_refused():
    """Each case is possible; no flood with a fact that only a flood brings about is not."""
    text = changed("within: 6 months}}", "within: 6 months}, ruled_out: 2021-02-01}")
    mud = "evidence:\n  mud: {bears_on: flood, if_yes: 50%, if_no: 0, status: absent}\n"
    text = text.replace("evidence:\n", mud)
    other = text.replace("ruled_out", "happened").replace("status: absent", "status: confirmed")
    with pytest.raises(forecasting.InputError, match="cannot be split"):
        split(forecasting.read(text), forecasting.read(other))


def test_a_view_of_what_another_change_makes_certain_is_refused_with_its_words():
    """The second case has no view that the message could quote; it quotes the first one's."""
    first = forecasting.read("{case: c, events: {rain: {base_rate: 20%, now: 30%}}}")
    second = forecasting.read('{case: c, events: {rain: {table: {"": 1}}}}')
    with pytest.raises(forecasting.InputError, match=r"rain\.now.* exactly 1") as caught:
        split(first, second)
    assert caught.value.problems[0].found == "30%"


def test_a_cut_that_only_one_case_has_is_not_asked_of_both():
    old, new = ', middling: "117 .. 347"', ', few: "<= 100"'
    text = several.TEXT.replace(old, new)
    text = text.replace("if: {rises_by_half: 60%,", "if: {rises_by_half: 60%, few: 20%,")
    result = split(forecasting.read(several.TEXT), forecasting.read(text))
    assert "deaths.rises_by_half" in result.events
    assert not {"deaths.middling", "deaths.few"} & {*result.events}
    # What is as likely under few as otherwise tells nothing new.
    p = result.before["deaths.rises_by_half"]
    assert result.after["deaths.rises_by_half"] == pytest.approx(p, abs=1e-12)


def test_a_cut_that_moves_has_its_share_of_the_difference():
    """Above 347.5 lies 32.3% of the split normal, above 499.5 18.1%; a fact makes that odds x 3."""
    text = several.TEXT.replace(">= 348", ">= 500")
    result = split(forecasting.read(several.TEXT), forecasting.read(text))
    g = math.log(900.5 / 240.5) / NormalDist().inv_cdf(0.95)
    tails = [1 - NormalDist().cdf(math.log((q + 0.5) / 240.5) / g) for q in (347.5, 499.5)]
    before, after = (3 * p / (1 + 2 * p) for p in tails)
    (row,) = (r for r in result.rows if r.event == "deaths.rises_by_half")
    assert (row.path, row.sort) == ("events.deaths.cuts", "structure")
    assert row.probability == pytest.approx(after - before, abs=1e-9)
