"""Differences between analysts are split as Shapley says; pools follow their formulas."""

import itertools
import json
import math
from pathlib import Path

import numpy as np
import pytest

import forecasting
from forecasting.answer import compare
from forecasting.answer.changes import changes
from forecasting.answer.compare import AS_IT_STANDS, POOLS, default_factor, pool, split
from forecasting.answer.pools import pool_states
from tests import several
from tests.test_changes import CASE

ROOT = Path(__file__).resolve().parents[1]
MAIN = ROOT / "priors" / "pakistan_taliban_2021.yaml"
OVERLAYS = sorted((ROOT / "priors" / "analysts").glob("*.yaml"))


def logit(p):
    return math.log(p / (1 - p))


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
    rows = result.spread.to_dict("records")
    assert [row | {"level": None} for row in rows] == content["spread"]  # of no amount
    assert list(result.forecasts) == ["event", "title", "analyst", "prior", "posterior", "word"]
    assert list(result.pools) == ["event", "title", "pool", "without", "probability"]


def test_the_spread_is_that_of_the_analysts_without_the_case(three):
    """Rain of 5, 20 and 60%: the flood's quartiles lie halfway between its sorted posteriors."""
    case, analysts = three
    result = compare.compare(case, analysts, events=["flood"])
    (row,) = result.spread_rows
    p = [forecasting.Network(one).posterior()["flood"] for one in analysts.values()]
    low, middle, high = sorted(p)
    assert (row.lowest, row.median, row.highest) == pytest.approx((low, middle, high), abs=1e-12)
    halves = (low + middle) / 2, (middle + high) / 2
    assert (row.lower, row.upper) == pytest.approx(halves, abs=1e-12)
    assert row.stands == forecasting.Network(case).posterior()["flood"]
    assert {row.lowest_by, row.highest_by} == {"dry", "wet"}
    assert compare.compare(case, {"dry": analysts["dry"]}).spread_rows == ()


def test_no_difference_is_split_before_it_is_asked_for(three, monkeypatch):
    case, analysts = three

    def refuse(*_, **__):
        raise AssertionError("split too early")

    monkeypatch.setattr(compare, "split", refuse)
    result = compare.compare(case, analysts)
    assert len(result.spread_rows) == len(result.events)
    with pytest.raises(AssertionError, match="too early"):
        _ = result.splits


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
        differ = changes(case, one)
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


def test_a_point_of_an_amount_is_moved_if_it_is_shown_as_another():
    """Counts are shown whole: 240.2 deaths are the 240 of the case, 241 are not."""
    case = forecasting.read(DEATHS % "{low: 100, best: 240, high: 900}")
    others = {
        f"a{best}": forecasting.read(DEATHS % f"{{low: 100, best: {best}, high: 900}}")
        for best in ("240.2", "241")
    }
    rows = compare.compare(case, others).spread_rows
    assert [(row.event, row.level) for row in rows] == [("deaths", p) for p in (0.05, 0.5, 0.95)]
    assert [row.moved for row in rows] == [0, 1, 0]


def test_an_amount_that_is_no_outcome_is_compared_where_it_is_asked_for():
    text = DEATHS.replace("{quantity", "{role: driver, quantity").replace(
        "events: {", "events: {rain: {base_rate: 20%%}, "
    )
    case = forecasting.read(text % "{low: 100, best: 240, high: 900}")
    assert compare.compare(case, {"ann": case}).point_rows == ()
    result = compare.compare(case, {"ann": case}, events=["rain", "deaths"])
    assert [row.event for row in result.analyst_rows] == ["rain", "rain"]
    assert len(result.point_rows) == 6
