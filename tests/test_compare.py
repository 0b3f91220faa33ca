"""Differences between analysts are split as Shapley says; pools follow their formulas."""

import itertools
import json
import math
from pathlib import Path
from statistics import NormalDist

import numpy as np
import pytest

import forecasting
from forecasting.answer import compare
from forecasting.answer.compare import AS_IT_STANDS, POOLS, default_factor, pool, split
from forecasting.answer.pools import pool_states
from tests import several
from tests.enumeration import Enumeration
from tests.test_changes import CASE, EVERY, changed

ROOT = Path(__file__).resolve().parents[1]
MAIN = ROOT / "priors" / "pakistan_taliban_2021.yaml"
OVERLAYS = sorted((ROOT / "priors" / "analysts").glob("*.yaml"))

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


# --- splitting a difference -----------------------------------------------------------------------


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
    monkeypatch.setattr(compare, "PARTS", 3)
    result = split(case, forecasting.override(case, OVERRIDES), events=["flood"])
    assert {row.path: row.log_odds for row in result.rows} == pytest.approx(wanted, abs=1e-9)
    assert (result.rows[-1].sort, result.rows[-1].what) == ("the rest", "4 smaller changes")
    assert {change.path for change in result.changes} == paths
    back = split(forecasting.override(case, OVERRIDES), case, events=["flood"])
    assert [row.path for row in back.rows] == [row.path for row in result.rows]
    np.testing.assert_allclose(back.log_odds, -result.log_odds, atol=1e-9)


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
    monkeypatch.setattr(compare, "PARTS", parts)
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


# --- side by side ---------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def three():
    case = forecasting.read(CASE)
    rates = {"dry": "5%", "usual": "20%", "wet": "60%"}
    return case, {
        name: forecasting.override(case, {"events.rain.base_rate": rate})
        for name, rate in rates.items()
    }


def test_each_analyst_has_the_forecast_of_their_own_case(three):
    case, analysts = three
    rows = compare.compare(case, analysts, events=["flood"]).analyst_rows
    assert [row.analyst for row in rows] == [AS_IT_STANDS, *analysts]
    for row, one in zip(rows, (case, *analysts.values()), strict=True):
        network = forecasting.Network(one)
        assert row.prior == network.prior()["flood"]
        assert row.posterior == network.posterior()["flood"]


def test_two_analysts_are_held_against_each_other_others_against_the_case(three):
    case, analysts = three

    def pairs(names):
        some = {name: analysts[name] for name in names}
        result = compare.compare(case, some, events=["flood"])
        return [(one.first, one.second) for one in result.splits]

    assert pairs(["dry"]) == [(AS_IT_STANDS, "dry")]
    assert pairs(["dry", "wet"]) == [("dry", "wet")]
    assert pairs(["dry", "usual", "wet"]) == [(AS_IT_STANDS, name) for name in analysts]


def test_pools_are_of_the_analysts_alone_and_of_all_but_each(three):
    case, analysts = three
    result = compare.compare(case, analysts, events=["flood"])
    p = {row.analyst: row.posterior for row in result.analyst_rows}
    assert len(result.pool_rows) == len(POOLS) * 4
    for row in result.pool_rows:
        left = [name for name in analysts if name != row.without]
        if row.pool == "linear":
            wanted = np.mean([p[name] for name in left])
        else:
            x = np.mean([logit(p[name]) for name in left])
            factor = default_factor(len(left)) if row.pool == "extremized" else 1
            wanted = 1 / (1 + math.exp(-x * factor))
        assert row.probability == pytest.approx(wanted, abs=1e-12)


def test_one_analyst_has_no_pool(three):
    case, analysts = three
    assert compare.compare(case, {"dry": analysts["dry"]}).pool_rows == ()


def test_tables_and_json_say_the_same(three):
    case, analysts = three
    result = compare.compare(case, analysts)
    content = json.loads(json.dumps(result.as_json(), allow_nan=False))
    for name in ("forecasts", "shares", "by_sort", "pools"):
        frame = getattr(result, name)
        assert frame.to_dict("records") == content[name]
    assert list(result.forecasts) == ["event", "title", "analyst", "prior", "posterior", "word"]
    assert list(result.pools) == ["event", "title", "pool", "without", "probability"]


# --- overlays -------------------------------------------------------------------------------------


def test_two_overlays_of_one_analyst_are_refused(tmp_path):
    case = forecasting.read(CASE)
    for name in ("a", "b"):
        (tmp_path / name).write_text("{analyst: aunt, overrides: {events.rain.base_rate: 3%}}")
    with pytest.raises(forecasting.InputError, match="another overlay has this analyst"):
        compare.analysts_of(case, [tmp_path / "a", tmp_path / "b"])
    (tmp_path / "a").write_text(f"{{analyst: {AS_IT_STANDS}, overrides: {{}}}}")
    with pytest.raises(forecasting.InputError, match="no analyst's name"):
        compare.analysts_of(case, [tmp_path / "a"])
    with pytest.raises(forecasting.InputError, match="no analyst can be called this"):
        compare.compare(case, {AS_IT_STANDS: case})


def test_the_shipped_analysts_fit_the_main_case_and_differ_in_several_ways():
    case = forecasting.load(MAIN)
    analysts = compare.analysts_of(case, OVERLAYS)
    assert len(analysts) == len(OVERLAYS) == 2
    for one in analysts.values():
        differ = compare.changes(case, one)
        assert 5 <= len(differ) <= 8
        assert len({change.sort for change in differ}) >= 4
    names = list(analysts)
    result = split(*analysts.values(), names=tuple(names))
    assert result.parts == result.changes
    for i, event in enumerate(result.events):
        whole = result.after[event] - result.before[event]
        assert result.probability[:, i].sum() == pytest.approx(whole, abs=1e-9)


# --- pools ----------------------------------------------------------------------------------------


def test_log_odds_pool_is_the_geometric_mean_of_the_odds():
    odds = np.array([1 / 9, 3.0, 7.0])
    p = odds / (1 + odds)
    mean = np.prod(odds) ** (1 / 3)
    assert pool(p) == pytest.approx(mean / (1 + mean), abs=1e-14)


def test_extremized_pool_is_the_transform_of_baron_and_others():
    """p^a / (p^a + (1 - p)^a), Baron et al. (2014), of the log-odds pool."""
    p = [0.3, 0.6, 0.85]
    one = pool(p)
    a = default_factor(3)
    wanted = one**a / (one**a + (1 - one) ** a)
    assert pool(p, "extremized") == pytest.approx(wanted, abs=1e-14)


def test_extremizing_is_smooth_through_one_half():
    assert pool([0.5, 0.5], "extremized") == 0.5
    a = 2 * (math.sqrt(7) - 2)
    near = [pool([0.5 + d, 0.5 + d], "extremized") for d in (-1e-6, 1e-6)]
    assert near == pytest.approx([0.5 - a * 1e-6, 0.5 + a * 1e-6], abs=1e-12)
    assert pool([0.2, 0.3], "extremized") + pool([0.8, 0.7], "extremized") == pytest.approx(1)


@pytest.mark.parametrize("method", POOLS)
def test_a_pool_of_one_or_of_equals_is_that_one(method):
    assert pool([0.3], method) == pytest.approx(0.3, abs=1e-15)
    if method != "extremized":
        assert pool([0.3, 0.3, 0.3], method) == pytest.approx(0.3, abs=1e-15)


def test_certainty_vetoes_in_log_odds_and_contradicting_certainties_give_none():
    assert (pool([0.0, 0.6]), pool([1.0, 0.6])) == (0.0, 1.0)
    assert math.isnan(pool([0.0, 1.0]))
    assert pool([0.0, 1.0], "linear") == 0.5


def test_the_default_factor_is_that_of_neyman_and_roughgarden():
    assert default_factor(1) == 1
    assert default_factor(2) == pytest.approx(2 * (math.sqrt(7) - 2), abs=1e-12)
    assert default_factor(10**7) == pytest.approx(math.sqrt(3), abs=1e-6)


@pytest.mark.parametrize(
    ("p", "method", "match"),
    [
        ([], "log-odds", "probabilities"),
        ([0.2, 1.2], "log-odds", "probabilities"),
        ([0.2, math.nan], "log-odds", "probabilities"),
        ([0.2, 0.3], "median", "method"),
    ],
)
def test_pools_refuse_what_is_no_pool(p, method, match):
    with pytest.raises(ValueError, match=match):
        pool(p, method)


# --- states and amounts ---------------------------------------------------------------------------

SHARES = [[0.6, 0.3, 0.1], [0.2, 0.3, 0.5]]


def test_pools_of_states_follow_their_formulas_and_sum_to_one():
    """Geometric means of 0.6 and 0.2, 0.3 and 0.3, 0.1 and 0.5; then to the power a of two."""
    products = np.sqrt([0.12, 0.09, 0.05])
    factor = 2 * (math.sqrt(7) - 2)  # n (sqrt(3 n^2 - 3 n + 1) - 2) / (n^2 - n - 1) of two
    wanted = {"linear": [0.4, 0.3, 0.3], "log-odds": products, "extremized": products**factor}
    for method, weights in wanted.items():
        found = pool_states(SHARES, method)
        assert found == pytest.approx(np.array(weights) / np.sum(weights), abs=1e-14)
        assert found.sum() == pytest.approx(1, abs=1e-15)


@pytest.mark.parametrize("method", POOLS)
def test_pools_of_two_states_are_those_of_a_yes_or_a_no_to_the_last_bit(method):
    p = [0.1, 0.37, 0.93]
    found = pool_states([[1 - one, one] for one in p], method)
    assert found[1] == pool(p, method)
    assert found.sum() == pytest.approx(1, abs=1e-15)


@pytest.mark.parametrize("method", POOLS[1:])
def test_a_state_that_one_analyst_rules_out_is_out_of_a_logarithmic_pool(method):
    assert pool_states([[0.0, 0.5, 0.5], [0.8, 0.1, 0.1]], method).tolist() == [0, 0.5, 0.5]
    assert np.isnan(pool_states([[0.0, 0.5, 0.5], [1.0, 0.0, 0.0]], method)).all()


def test_shares_of_states_that_are_no_table_are_refused():
    with pytest.raises(ValueError, match="table of analysts by states"):
        pool_states([0.5, 0.5])
    with pytest.raises(ValueError, match="method must be one of"):
        pool_states(SHARES, "median")


def two_of_kabul(**paths):
    case = forecasting.read(several.TEXT)
    return case, {name: forecasting.override(case, held) for name, held in paths.items()}


def test_pools_of_the_states_of_an_event_sum_to_one_and_a_cut_to_its_states():
    rate = "events.cabinet.base_rate"
    case, analysts = two_of_kabul(
        ann={rate: "{caretaker: 30%, inclusive: 50%, other: rest}"},
        bob={rate: "{caretaker: 70%, inclusive: 10%, other: rest}"},
        eve={rate: "{caretaker: 20%, inclusive: 10%, other: rest}"},
    )
    result = compare.compare(case, analysts)
    found = {(row.event, row.pool, row.without): row.probability for row in result.pool_rows}
    for method, without in itertools.product(POOLS, ("", "ann", "bob", "eve")):
        parts = {
            s: found[f"cabinet.{s}", method, without] for s in ("caretaker", "inclusive", "other")
        }
        assert sum(parts.values()) == pytest.approx(1, abs=1e-14)
        new = parts["inclusive"] + parts["other"]
        assert found["cabinet.new", method, without] == pytest.approx(new, abs=1e-14)
    # Asked of one state, the others still count: 30, 50, 20; 70, 10, 20; 20, 10, 70 before a fact
    # three times as likely under the second.
    (one,) = (
        row
        for row in compare.compare(case, analysts, events=["cabinet.other"]).pool_rows
        if (row.pool, row.without) == ("log-odds", "")
    )
    products = np.cbrt([0.3 * 0.7 * 0.2, 27 * 0.5 * 0.1 * 0.1, 0.2 * 0.2 * 0.7])
    assert one.probability == pytest.approx(products[2] / products.sum(), abs=1e-12)


DEATHS = "{case: d, events: {deaths: {quantity: {whole: yes}, base_rate: %s}}}"


def test_an_amount_without_cuts_is_compared_by_its_points():
    """Stated points of an amount that nothing else moves are those it has."""
    case = forecasting.read(DEATHS % "{low: 100, best: 240, high: 900}")
    other = forecasting.read(DEATHS % "{low: 100, best: 300, high: 1200}")
    for events in (None, ["deaths"]):
        result = compare.compare(case, {"ann": other}, events=events)
        found = {(row.analyst, row.level): row.posterior for row in result.point_rows}
        wanted = {
            (AS_IT_STANDS, 0.05): 100, (AS_IT_STANDS, 0.5): 240, (AS_IT_STANDS, 0.95): 900,
            ("ann", 0.05): 100, ("ann", 0.5): 300, ("ann", 0.95): 1200,
        }  # fmt: skip
        assert found == pytest.approx(wanted, rel=1e-9)
    points = [row for row in result.rows if row["kind"] == "point"]
    assert [row["event"] for row in points[:3]] == ["deaths.5%", "deaths.50%", "deaths.95%"]
    result = split(case, other)
    assert result.events == ()
    told = [(row.event, row.before, row.after) for row in result.points]
    assert told[1:] == [("deaths.50%", "240", "300"), ("deaths.95%", "900", "1,200")]
    assert result.as_json()["amounts"][5]["posterior"] == pytest.approx(1200, rel=1e-9)


def test_an_amount_that_is_no_outcome_is_compared_where_it_is_asked_for():
    text = DEATHS.replace("{quantity", "{role: driver, quantity").replace(
        "events: {", "events: {rain: {base_rate: 20%%}, "
    )
    case = forecasting.read(text % "{low: 100, best: 240, high: 900}")
    assert compare.compare(case, {"ann": case}).point_rows == ()
    result = compare.compare(case, {"ann": case}, events=["rain", "deaths"])
    assert [row.event for row in result.analyst_rows] == ["rain", "rain"]
    assert len(result.point_rows) == 6


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
