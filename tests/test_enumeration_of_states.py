"""The oracle for events of several states and for amounts: closed forms, and claims that must hold.

Written against `states.md`'s wording by hand: no number here comes from the package.
"""

import math
from datetime import date
from itertools import product

import numpy as np
import pytest
import yaml
from scipy.integrate import nquad, quad
from scipy.interpolate import PchipInterpolator
from scipy.special import expit, ndtr, ndtri, roots_hermitenorm
from scipy.stats import beta, dirichlet, norm

from tests.enumeration import Enumeration, weighted_quantile
from tests.enumeration_of_amounts import below, quantiles, quantiles_at
from tests.random_cases import as_text, random_case
from tests.random_states import random_states
from tests.stated_numbers import Z90, Amounts, by_product_rule, by_race, expected, probability

THREE = {"states": ["a", "b", "c"], "base_rate": {"a": "60%", "b": "10%", "c": "rest"}}
LEVEL = {
    "states": ["calm", "unrest", "war"],
    "ordered": True,
    "base_rate": {"calm": 0.3, "unrest": 0.5, "war": "rest"},
}
DEATHS = {
    "quantity": {"unit": "deaths", "scale": "log"},
    "base_rate": {"low": 100, "best": 240, "high": 900},
    "cuts": {"many": ">= 348"},
}
DRIVER = {"base_rate": 0.3}


def summed(events, links=(), evidence=None, **more):
    """The sums over worlds of a case of these parts; `do` and dates may be among `more`."""
    asked = {key: more.pop(key) for key in ("do", "by", "as_of") if key in more}
    case = {"events": events, "links": list(links), "evidence": evidence or {}, **more}
    return Enumeration(yaml.safe_dump(case, sort_keys=False), **asked)


def link(origin, to, **how):
    return {"from": origin, "to": to, **how}


def confirmed(about, **how):
    return {"bears_on": about, "status": "confirmed", **how}


def answers(oracle):
    """Every answer, of what everything has: events, facts, sources, the evidence."""
    events, facts, sources = oracle.everything()
    return {**events, **facts, **sources, "ln": oracle.log_evidence()}


def same(found, wanted, *, within=1e-12):
    assert found == pytest.approx(wanted, rel=0, abs=within)


def linked_yes(p, driver, odds):
    """P(yes | driver no), P(yes | driver yes) of a yes/no event at p: a quadratic, by hand.

    driver * k t / (1 + k t) + (1 - driver) * t / (1 + t) = p with t = exp(b) and k the odds.
    """
    a, b, c = odds * (1 - p), driver * odds + 1 - driver - p * (1 + odds), -p
    t = (-b + math.sqrt(b * b - 4 * a * c)) / (2 * a)
    return t / (1 + t), odds * t / (1 + odds * t)


# Which of several.


def test_points_and_a_fact_are_the_textbook_rule():
    seen = confirmed("cabinet", **{"if": {"a": 0.1, "b": 0.7, "otherwise": 0.4}})
    oracle = summed({"cabinet": THREE}, evidence={"seen": seen})
    weight = np.array([0.6 * 0.1, 0.1 * 0.7, 0.3 * 0.4])
    found = oracle.posterior()
    same([found[f"cabinet.{s}"] for s in "abc"], weight / weight.sum())
    same(oracle.log_evidence(), math.log(weight.sum()))


def test_a_link_multiplies_the_odds_of_its_state_against_all_others_together():
    """The state behaves as a yes/no event of its own; the others keep their proportions."""
    oracle = summed({"driver": DRIVER, "cabinet": THREE}, [link("driver", "cabinet.a", raises=4)])
    same(oracle.prior(), {"driver": 0.3, "cabinet.a": 0.6, "cabinet.b": 0.1, "cabinet.c": 0.3})
    for state, p in zip(("no", "yes"), linked_yes(0.6, 0.3, 4), strict=True):
        found = oracle.posterior({"driver": state})
        same([found[f"cabinet.{s}"] for s in "abc"], [p, (1 - p) / 4, (1 - p) * 3 / 4])


def test_a_list_of_states_is_a_proposition():
    peaceful = {**THREE, "cuts": {"peaceful": ["a", "c"]}}
    seen = confirmed("cabinet.peaceful", if_yes=0.8, if_no=0.2)
    oracle = summed({"cabinet": peaceful}, evidence={"seen": seen})
    same(oracle.prior()["cabinet.peaceful"], 0.9)
    same(oracle.posterior()["cabinet.peaceful"], 0.9 * 0.8 / (0.9 * 0.8 + 0.1 * 0.2))
    same(oracle.joint({"cabinet": ["a", "b"]}), (0.6 * 0.8 + 0.1 * 0.2) / 0.74)


RANGED = {"low": "5%", "high": "30%"}


@pytest.mark.parametrize(
    ("rate", "states"),
    [
        (0.2, {"x": 0.2, "y": 0.8}),
        (RANGED, {"x": RANGED, "y": "rest"}),
        (RANGED, {"y": "rest", "x": RANGED}),
        ({"seen": 1, "of": 8}, {"seen": {"x": 1, "y": 7}}),
        ({"seen": 1, "of": 8}, {"seen": {"y": 7, "x": 1}}),
    ],
)
def test_two_states_are_a_yes_no_event(rate, states):
    """Numbers equal whichever way it is written, links in and out and evidence included."""
    effects = {"raises": {"low": 2, "high": 6}}
    told = {"if_yes": 0.6, "if_no": 0.1, "reports": [{"source": "one", "grade": "B2"}]}
    order = list(states.get("seen", states))

    def written(child, into, event):
        return summed(
            {"driver": {**DRIVER, "now": 0.6}, "k": event, "after": {"base_rate": 0.4}},
            [link("driver", into, **effects), link(child, "after", lowers=3)],
            {"seen": {"bears_on": child, **told}},
        )

    plain = written("k", "k", {"base_rate": rate})
    several = written("k.x", "k.x", {"states": order, "base_rate": states})
    found = answers(several)
    same(found.pop("k.x") + found.pop("k.y"), 1)
    wanted = answers(plain)
    same(several.posterior()["k.x"], wanted.pop("k"), within=1e-10)
    same(found, wanted, within=1e-10)


def test_first_of_two_is_occurs_for_points():
    dates = {"as_of": date(2021, 1, 1), "by": date(2022, 7, 1)}
    first = {"kind": "first", "states": ["x", "none"]}
    first["base_rate"] = {"x": 0.2, "none": "rest", "within": "12 months"}
    occurs = {"base_rate": {"best": 0.2, "within": "12 months"}}
    several, plain = summed({"k": first}, **dates), summed({"k": occurs}, **dates)
    same(several.prior()["k.x"], plain.prior()["k"])


def test_what_comes_first_competes_at_constant_hazards():
    """Over half the period: p_none is its square root, the rest in their proportions."""
    event = {"kind": "first", "none": "a", "states": ["a", "b", "c"]}
    event["base_rate"] = {"a": 0.49, "b": 0.34, "c": 0.17, "within": "12 months"}
    oracle = summed({"k": event}, as_of=date(2021, 1, 1), by=date(2021, 7, 1))
    same(oracle.prior(), {"k.a": 0.7, "k.b": 0.2, "k.c": 0.1})


def test_the_window_of_what_came_first_is_frozen_on_its_day():
    """Settled half a year before the end: later days leave half the period."""
    event = {"kind": "first", "states": ["a", "b", "none"]}
    event["base_rate"] = {"a": 0.34, "b": 0.17, "none": 0.49, "within": "12 months"}
    event["settled"] = {"state": "b", "date": "2021-07-01"}
    for day, wanted in ((1, 0.49), (200, 0.7), (300, 0.7)):
        as_of = date.fromordinal(date(2021, 1, 1).toordinal() + day - 1)
        oracle = summed({"k": event}, as_of=as_of, by=date(2022, 1, 1))
        same(oracle.prior()["k.none"], wanted)
        same(oracle.posterior()["k.b"], 1 if day > 1 else 0.17)


def test_reordering_and_renaming_states_change_nothing():
    rates = {"a": {"low": 0.1, "high": 0.4}, "b": {"low": 0.05, "high": 0.2}, "c": "rest"}
    told = {"a": 0.2, "b": 0.7, "otherwise": {"low": 0.3, "high": 0.6}}

    def written(order, name):
        rate = {name[s]: rates[s] for s in order}
        facts = {"f": confirmed("k", **{"if": {name.get(s, s): p for s, p in told.items()}})}
        links = [link("driver", f"k.{name['b']}", raises={"low": 2, "high": 5})]
        event = {"states": [name[s] for s in order], "base_rate": rate}
        return summed({"driver": DRIVER, "k": event}, links, facts)

    plain = answers(written("abc", dict(zip("abc", "abc", strict=True))))
    other = answers(written("cba", dict(zip("abc", "xyz", strict=True))))
    for old, new in zip("abc", "xyz", strict=True):
        same(other.pop(f"k.{new}"), plain.pop(f"k.{old}"), within=1e-11)
    same(other, plain, within=1e-11)


@pytest.mark.parametrize("seed", range(0, 30, 3))
def test_a_link_never_moves_a_base_rate(seed):
    case, oracle = random_states(seed)
    for name in case["events"]:
        event = case["events"][name]
        if "table" not in event and "given" not in event:
            kept = [one for one in case["links"] if one["to"].split(".")[0] != name]
            prior = Enumeration(as_text({**case, "links": kept})).prior()
            for key, p in prior.items():
                if key.split(".")[0] == name:
                    assert oracle.prior()[key] == pytest.approx(p, abs=1e-11)


# The expected softmax.

HARD = [
    ([0.3, -1.0, 0.0], [0.8, 1.5, 0.0]),
    ([2.0, -3.0, 0.5, 0.0], [2.5, 0.3, 1.1, 0.0]),
    ([-6.0, 0.0, 1.0], [3.0, 1.0, 0.4]),
    ([0.5, -1.0, 0.2, -0.3, 0.0], [0.5, 0.7, 0.4, 0.6, 0.0]),
]


@pytest.mark.parametrize(("m", "s"), HARD)
def test_the_race_is_the_product_rule(m, s):
    m, s = np.array(m), np.array(s)
    for found, wanted in zip(by_race(m, s), by_product_rule(m, s), strict=True):
        assert found == pytest.approx(wanted, abs=1e-12)


def test_the_product_rule_is_nested_quadrature():
    m, s = [0.3, -1.0, 0.0], [0.8, 1.5]

    def second(z0, z1):
        x = [math.exp(m[0] + s[0] * z0), math.exp(m[1] + s[1] * z1), math.exp(m[2])]
        return x[1] / sum(x) * math.exp(-(z0**2 + z1**2) / 2) / (2 * math.pi)

    wanted = nquad(second, [(-8, 8)] * 2, opts={"epsabs": 1e-10, "epsrel": 1e-9})[0]
    assert by_product_rule(np.array(m), np.array([*s, 0.0]))[0][1] == pytest.approx(
        wanted, abs=1e-9
    )


@pytest.mark.parametrize("rule", [by_race, by_product_rule])
def test_two_states_have_the_expectation_of_a_yes_no_event(rule):
    mean, square = rule(np.array([-1.2, 0.4]), np.array([0.9, 1.2]))
    spread = math.hypot(0.9, 1.2)
    assert mean == pytest.approx([expected(-1.6, spread), expected(1.6, spread)], abs=1e-13)
    wanted = quad(lambda z: expit(-1.6 + spread * z) ** 2 * norm.pdf(z), -12, 12)[0]
    assert square[0, 0] == pytest.approx(wanted, abs=1e-10)
    assert square.sum() == pytest.approx(1, abs=1e-12)


def drawn(base_rate, states, size=200_000):
    """Draws of the states' probabilities, without links or evidence."""
    oracle = summed({"k": {"states": states, "base_rate": base_rate}})
    found, _ = oracle.draws(size, np.random.default_rng(3))
    return {s: found[f"k.{s}"] for s in states}, oracle.prior()


def test_counts_have_the_variances_of_a_dirichlet():
    """0, 1 and 9: the last state drawn at 62 to 95%, where the Dirichlet says 62 to 96.5%."""
    found, prior = drawn({"seen": {"a": 0, "b": 1, "c": 9}}, ["a", "b", "c"])
    same([prior[f"k.{s}"] for s in "abc"], np.array([0.5, 1.5, 9.5]) / 11.5, within=1e-11)
    total = sum(np.var(p) for p in found.values())
    assert total == pytest.approx(dirichlet([0.5, 1.5, 9.5]).var().sum(), rel=0.02)
    assert np.quantile(found["c"], [0.05, 0.95]) == pytest.approx([0.62, 0.95], abs=0.005)
    assert beta(9.5, 2).ppf([0.05, 0.95]) == pytest.approx([0.62, 0.965], abs=0.002)


def test_a_point_moves_with_its_neighbours():
    """60% beside 5 to 20% and the rest is drawn 54 to 64%."""
    rate = {"a": "60%", "b": {"low": "5%", "high": "20%"}, "c": "rest"}
    found, prior = drawn(rate, ["a", "b", "c"])
    same(prior["k.a"], 0.6)
    same(prior["k.b"], expected(*probability({"low": "5%", "high": "20%"})))
    assert np.quantile(found["a"], [0.05, 0.95]) == pytest.approx([0.54, 0.64], abs=0.005)


# Several, from low to high.


def test_a_link_multiplies_the_odds_of_higher_at_every_step():
    oracle = summed({"driver": DRIVER, "level": LEVEL}, [link("driver", "level", raises=4)])
    for state, i in (("no", 0), ("yes", 1)):
        found = oracle.posterior({"driver": state})
        some, war = linked_yes(0.7, 0.3, 4)[i], linked_yes(0.2, 0.3, 4)[i]
        same([found[f"level.{s}"] for s in LEVEL["states"]], [1 - some, some - war, war])


@pytest.mark.parametrize("step", ["serious", "war"])
def test_an_ordered_event_asked_only_through_one_step_is_its_yes_no_event(step):
    p = {"serious": 0.7, "war": 0.2}[step]
    told = {"if_yes": 0.6, "if_no": 0.1, "reports": [{"source": "one", "grade": "C3"}]}

    def written(whole, one, event):
        return summed(
            {"driver": {**DRIVER, "now": 0.6}, "level": event, "after": {"base_rate": 0.4}},
            [link("driver", whole, raises={"low": 2, "high": 6}), link(one, "after", lowers=3)],
            {"seen": {"bears_on": one, **told}},
        )

    steps = {**LEVEL, "cuts": {"serious": ">= unrest"}}
    wanted = answers(written("level", "level", {"base_rate": p}))
    found = answers(written("level", f"level.{step}", steps))
    same(found[f"level.{step}"], wanted.pop("level"))
    same({key: found[key] for key in wanted}, wanted)


def test_the_highest_level_reached_by_the_date():
    """Over half the period each step is rescaled as a yes/no event is."""
    rate = {"calm": 0.36, "unrest": 0.45, "war": 0.19, "within": "12 months"}
    event = {**LEVEL, "kind": "occurs", "base_rate": rate}
    oracle = summed({"level": event}, as_of=date(2021, 1, 1), by=date(2021, 7, 1))
    same(list(oracle.prior().values()), [0.6, 0.3, 0.1])


def test_unsure_within_a_factor_of_two():
    """A draw of the step above calm has 90% of its odds within a factor 2."""
    event = {**LEVEL, "base_rate": {**LEVEL["base_rate"], "unsure": 2}}
    oracle = summed({"level": event})
    assert [oracle.judgements[j].s for j in oracle.uncertain()] == [math.log(2) / Z90]
    found, _ = oracle.at(np.array([[-Z90], [0.0], [Z90]]))
    odds = 1 / found["level.calm"] - 1
    assert odds[[0, 2]] / odds[1] == pytest.approx([0.5, 2])
    same(oracle.prior()["level.calm"], 0.3)


@pytest.mark.parametrize(
    ("seen", "more", "less"),
    [
        ((4, 3, 1), 4.5, 4.5),
        ((1, 1, 1, 1), 2.5, 2.5),
        ((3, 1, 1, 1, 0), 3.5, 3.5),
        ((0, 1, 9), 9.5, 1.5),
    ],
)
def test_ordered_counts_take_their_spread_at_the_step_nearest_one_half(seen, more, less):
    """(3, 1, 1, 1, 0) is a tie, 5 and 3.5 of 8.5 above: the lower step."""
    states = list("abcde"[: len(seen)])
    rate = {"seen": dict(zip(states, seen, strict=True))}
    oracle = summed({"k": {"states": states, "ordered": True, "base_rate": rate}})
    (j,) = oracle.uncertain()
    assert oracle.judgements[j].s == probability({"beta": [more, less]}).s
    wanted = (np.array(seen) + 0.5) / (sum(seen) + len(seen) / 2)
    same(list(oracle.prior().values()), wanted)


# How much.


def deaths():
    """The normal scores of amounts in DEATHS, by hand."""
    up, down = (math.log(a / b) / Z90 for a, b in ((900, 240), (240, 100)))
    return lambda q: math.log(q / 240) / (up if q > 240 else down)


def test_the_points_of_a_quantity_are_its_base_distribution():
    oracle = summed({"deaths": DEATHS})
    for points in quantiles(oracle, "deaths"):
        assert [points[level] for level in ("5%", "50%", "95%")] == pytest.approx([100, 240, 900])
        assert points["75%"] == pytest.approx(240 * (900 / 240) ** (ndtri(0.75) / Z90))
    same(oracle.prior()["deaths.many"], ndtr(-deaths()(348)))


def test_whole_amounts_are_cut_between_them():
    whole = {**DEATHS, "quantity": {"unit": "deaths", "whole": True}}
    whole["cuts"] = {"many": ">= 348", "more": "> 347", "few": "<= 116", "some": "117 .. 347"}
    oracle = summed({"deaths": whole})
    spread = math.log(900.5 / 240.5) / Z90
    found = oracle.prior()
    same(found["deaths.many"], ndtr(-math.log(348 / 240.5) / spread))
    same(found["deaths.more"], found["deaths.many"])
    same(found["deaths.many"] + found["deaths.few"] + found["deaths.some"], 1)
    assert quantiles(oracle, "deaths")[0]["5%"] == pytest.approx(100)


def test_quantiles_make_a_monotone_cubic_with_straight_ends():
    points = {"5%": 90, "25%": 160, "60%": 300, "95%": 800}
    amounts = Amounts({"quantity": {}, "base_rate": {"quantiles": points}})
    z, x = ndtri([0.05, 0.25, 0.6, 0.95]), np.log([90, 160, 300, 800])
    for level, q in points.items():
        assert amounts.quantile(float(level[:-1]) / 100) == pytest.approx(q)
    assert amounts.quantile(0.5) == pytest.approx(math.exp(PchipInterpolator(z, x)(0)))
    slope = (x[-1] - x[-2]) / (z[-1] - z[-2])
    assert amounts.quantile(0.99) == pytest.approx(math.exp(x[-1] + slope * (ndtri(0.99) - z[-1])))
    for q in (20, 90, 130, 555, 2000):
        assert amounts.quantile(amounts.above(q)[1]) == pytest.approx(q)


def test_ruling_out_a_cut_truncates_the_distribution():
    """Between 116 and 348 for sure: the quantiles of a split normal cut off on both sides."""
    event = {**DEATHS, "cuts": {"low": "<= 116", "high": ">= 348"}}
    seen = confirmed("deaths", **{"if": {"low": 0, "high": 0, "otherwise": 0.5}})
    oracle = summed({"deaths": event}, evidence={"seen": seen})
    floor, roof = ndtr(deaths()(116)), ndtr(deaths()(348))
    up, down = (math.log(a / b) / Z90 for a, b in ((900, 240), (240, 100)))
    for level, q in quantiles(oracle, "deaths")[1].items():
        z = ndtri(floor + float(level[:-1]) / 100 * (roof - floor))
        assert q == pytest.approx(240 * math.exp(z * (up if z > 0 else down)), rel=1e-10)


def test_a_link_moves_every_amount_by_its_odds():
    """F given the driver is the yes/no event of a cut there, for any amount."""
    oracle = summed({"driver": DRIVER, "deaths": DEATHS}, [link("driver", "deaths", raises=4)])
    for q in (50, 240, 348, 1200):
        p = ndtr(-deaths()(q))
        for state, more in zip(("no", "yes"), linked_yes(p, 0.3, 4), strict=True):
            same(below(oracle, "deaths", q, {"driver": state})[0], 1 - more, within=1e-11)
        same(below(oracle, "deaths", q)[0], 1 - p, within=1e-11)


@pytest.mark.parametrize("cut", ["many", "few"])
def test_a_link_to_a_cut_is_one_to_the_whole(cut):
    """The ratio of the odds of a cut of less is turned round."""
    event = {**DEATHS, "cuts": {"many": ">= 348", "few": "<= 116"}}
    odds = (0.5 / 0.5) / (0.2 / 0.8)
    whole = link("driver", "deaths", **{"many": {"raises": odds}, "few": {"lowers": odds}}[cut])
    asked = [link("driver", f"deaths.{cut}", if_yes=0.5, if_no=0.2)]
    found = summed({"driver": DRIVER, "deaths": event}, asked).posterior({"driver": "yes"})
    wanted = summed({"driver": DRIVER, "deaths": event}, [whole]).posterior({"driver": "yes"})
    same(found, wanted)


def test_multipliers_of_several_cuts_of_one_parent_multiply():
    """Twice from 2 up and three times from 5 up: six above 5."""
    count = {"quantity": {"whole": True}, "base_rate": {"low": 1, "best": 3, "high": 9}}
    count["cuts"] = {"two": ">= 2", "five": ">= 5"}
    links = [link("count.two", "after", raises=2), link("count.five", "after", raises=3)]
    oracle = summed({"count": count, "after": {"base_rate": 0.4}}, links)
    odds = [
        p / (1 - p) for q in (1, 3, 7) for p in [oracle.posterior({"count": q})["after"]]
    ]  # one amount in every cell
    assert [odds[1] / odds[0], odds[2] / odds[0]] == pytest.approx([2, 6])


@pytest.mark.parametrize("seed", range(40))
def test_a_cut_nobody_uses_changes_nothing_and_is_as_probable_as_f_says(seed):
    case, oracle = random_states(seed)
    for name, amounts in oracle.amounts.items():
        q = round(amounts.quantile(0.3)) if amounts.whole else amounts.quantile(0.3)
        record = {**case["events"][name], "cuts": {**case["events"][name]["cuts"]}}
        record["cuts"]["new"] = f"<= {q!r}"
        again = Enumeration(as_text({**case, "events": {**case["events"], name: record}}))
        found, wanted = answers(again), answers(oracle)
        p = found.pop(f"{name}.new")
        if name in oracle.values:  # the evidence is that of the cell, which is smaller now
            assert found.pop("ln") <= wanted.pop("ln") + 1e-12
        same(found, wanted, within=1e-11)
        if name not in oracle.values:
            edge = q + 0.5 if amounts.whole else q
            same(below(oracle, name, edge)[0], p, within=1e-11)
            before = [points[level] for points in quantiles(oracle, name) for level in points]
            after = [points[level] for points in quantiles(again, name) for level in points]
            assert after == pytest.approx(before, rel=1e-9)


def test_an_observed_amount_reads_as_itself_and_lies_in_its_cell():
    event = {**DEATHS, "settled": {"value": 494, "date": "2021-05-01"}}
    oracle = summed({"deaths": event}, as_of=date(2021, 6, 1))
    assert set(quantiles(oracle, "deaths")[1].values()) == {494}
    same(oracle.posterior()["deaths.many"], 1)
    same(oracle.log_evidence(), math.log(ndtr(-deaths()(348))))
    same(summed({"deaths": event}, as_of=date(2021, 4, 1)).log_evidence(), 0)
    assert set(quantiles(summed({"deaths": DEATHS}), "deaths", {"deaths": 20})[1].values()) == {20}


@pytest.mark.parametrize(("cuts", "many"), [(("<= 5", ">= 5"), 0), ((">= 5", "<= 5"), 1)])
def test_where_two_cuts_meet_at_the_amount_seen_the_first_decides(cuts, many):
    event = {"quantity": {}, "base_rate": {"low": 2, "high": 9}}
    event["cuts"] = {"few" if cut[0] == "<" else "many": cut for cut in cuts}
    found = summed({"q": event}).posterior({"q": 5})
    assert (found["q.many"], found["q.few"]) == (many, 1 - many)


# What is held, known and made so.


def test_now_by_proposition_keeps_the_proportions_of_the_rest():
    event = {**THREE, "now": {"b": 0.4}}
    found = summed({"k": event}).posterior()
    same([found[f"k.{s}"] for s in "abc"], [0.6 * 2 / 3, 0.4, 0.6 / 3])
    cut = {"cuts": {"ab": ["a", "b"]}, "now": {"ab": 0.5, "otherwise": 0.5}}
    found = summed({"k": {**THREE, **cut}}).posterior()
    same([found[f"k.{s}"] for s in "abc"], [0.5 * 6 / 7, 0.5 / 7, 0.5])


def test_a_condition_on_a_state():
    """An event only where the state is a or b, its base rate that if so."""
    events = {"k": {**THREE, "cuts": {"ab": ["a", "b"]}}}
    events["inside"] = {"given": "k.ab", "base_rate": 0.25}
    oracle = summed(events, [link("k.a", "inside", raises=4)])
    same(oracle.prior()["inside"], 0.7 * 0.25)
    same(oracle.joint({"inside": "yes"}, {"k": "c"}), 0)
    no, yes = linked_yes(0.25, 6 / 7, 4)
    same(oracle.posterior({"k": "a"})["inside"], yes)
    same(oracle.posterior({"k": "b"})["inside"], no)


def test_tables_of_states():
    """Rows as a list, a map, and by proposition; parents an event and a cut."""
    rows = {"calm, no": [0.5, 0.3, 0.2], "unrest, no": {"a": 0.1, "otherwise": 0.9}}
    rows |= {"war, no": {"a": 0.2, "b": 0.3, "c": "rest"}, "war, yes": {"ab": 0.6, "c": 0.4}}
    rows |= {"unrest, yes": [1, 0, 0]}  # calm, yes never comes about: the level is the proposition
    level = {**LEVEL, "cuts": {"up": "> calm"}}
    rows = {key: rows.get(key, [0, 1, 0]) for key in rows if key != "unrest, no"}
    event = {"states": ["a", "b", "c"], "cuts": {"ab": ["a", "b"]}}
    event |= {"parents": ["level", "level.up"], "table": rows}
    del rows["war, no"]
    found = summed({"level": level, "k": event}).prior()
    a, b, c = 0.3 * 0.5 + 0.5 * 1 + 0.2 * 0.3, 0.3 * 0.3 + 0.2 * 0.3, 0.3 * 0.2 + 0.2 * 0.4
    same([found["k.a"], found["k.b"], found["k.c"]], [a, b, c])


def test_a_row_with_ranges_is_its_means_and_is_drawn_through_the_softmax():
    row = {"a": {"low": 0.1, "high": 0.4}, "b": 0.2, "c": "rest"}
    event = {"states": ["a", "b", "c"], "parents": [], "table": row}
    oracle = summed({"k": event})
    mean = expected(*probability(row["a"]))
    same(list(oracle.prior().values()), [mean, 0.2, 0.8 - mean])
    nodes, weights = roots_hermitenorm(60)
    found, _ = oracle.at(nodes[:, None])
    for key, p in oracle.prior().items():
        same(found[key] @ weights / weights.sum(), p, within=1e-10)
    assert np.ptp(found["k.b"] / found["k.c"]) < 1e-12  # neighbours keep their proportions


def test_each_judgement_of_a_fact_is_one_number():
    """Of three states two share a judgement: two are drawn, not three."""
    seen = {"b": {"low": 0.5, "high": 0.9}, "otherwise": {"low": 0.1, "high": 0.3}}
    oracle = summed({"k": THREE}, evidence={"f": confirmed("k", **{"if": seen})})
    assert len(oracle.uncertain()) == 2
    low, high = (oracle.at(np.full((1, 2), z))[0] for z in (-1.0, 1.0))
    assert low["k.a"] / low["k.c"] == pytest.approx(2)
    assert high["k.a"] / high["k.c"] == pytest.approx(2)


def test_a_state_made_so_forgets_what_spoke_of_it():
    event = {**THREE, "settled": {"state": "b"}}
    links = [link("driver", "k.a", raises=4), link("k.a", "after", raises=3)]
    events = {"driver": DRIVER, "k": event, "after": {"base_rate": 0.4}}
    facts = {"f": confirmed("k.b", if_yes=0.9, if_no=0.1)}
    seen, made = summed(events, links, facts), summed(events, links, facts, do={"k": "a"})
    same(seen.posterior()["k.b"], 1)
    same(made.posterior()["driver"], 0.3)
    same(made.log_evidence(), 0)
    same(made.posterior()["after"], linked_yes(0.4, 0.6, 3)[1])


def test_making_an_amount_so_is_seeing_it_where_nothing_is_before_it():
    events = {"deaths": {**DEATHS, "now": {"many": 0.7}}, "after": {"base_rate": 0.4}}
    links = [link("deaths.many", "after", raises=3)]
    seen = summed(events, links).posterior({"deaths": 500})
    made = summed(events, links, do={"deaths": 500})
    same(made.posterior(), seen)
    same(made.log_evidence(), 0)
    assert set(quantiles(made, "deaths")[1].values()) == {500}


def test_an_own_date_ends_the_window():
    event = {"base_rate": {"best": 0.2, "within": "12 months"}, "resolve_by": "2023-01-01"}
    found = summed({"k": event, "other": {"base_rate": {"best": 0.2, "within": "12 months"}}},
                   as_of=date(2021, 1, 1), by=date(2022, 1, 1)).prior()  # fmt: skip
    same(found, {"k": 1 - 0.8**2, "other": 0.2})


# Draws.

MIXED = {
    "driver": {"base_rate": 0.3, "now": 0.6},
    "k": {
        "states": ["a", "b", "c"],
        "base_rate": {"a": 0.5, "b": {"low": 0.1, "high": 0.3}, "c": "rest"},
    },
    "deaths": {**DEATHS, "base_rate": {**DEATHS["base_rate"], "unsure": 2}},
}
LINKS = [
    link("driver", "k.b", raises={"low": 2, "high": 6}),
    link("k.b", "deaths", raises=3),
]
FACTS = {"f": confirmed("deaths", **{"if": {"many": {"low": 0.5, "high": 0.8}, "otherwise": 0.2}})}


def test_the_headline_is_the_average_over_all_settings_of_the_numbers():
    """A product rule over the four uncertain numbers; quantiles by the average F."""
    oracle = summed(MIXED, LINKS, FACTS)
    assert len(oracle.uncertain()) == 4
    nodes, weights = roots_hermitenorm(16)
    z = np.array(list(product(nodes, repeat=4)))
    weight = np.prod(list(product(weights / weights.sum(), repeat=4)), axis=1)
    found, chance = oracle.at(z)
    weight = weight * chance
    for key, p in oracle.posterior().items():
        same(found[key] @ weight / weight.sum(), p, within=1e-9)
    same(math.log(weight.sum()), oracle.log_evidence(), within=1e-9)
    values = oracle.settings(z)
    for q in (150, 348, 700):
        average = below(oracle, "deaths", q, None, values) @ weight / weight.sum()
        same(average, below(oracle, "deaths", q)[0], within=1e-9)


def test_a_drawn_quantile_is_where_the_drawn_f_reaches_its_share():
    oracle = summed(MIXED, LINKS, FACTS)
    z = np.random.default_rng(1).standard_normal((5, 4))
    for level, q in quantiles_at(oracle, "deaths", z).items():
        for i in range(5):
            reached = below(oracle, "deaths", q[i], None, oracle.settings(z[i : i + 1]))
            assert reached[0] == pytest.approx(float(level[:-1]) / 100, abs=1e-4)
        assert np.ptp(q) > 10


# The oracle of yes/no events is a special case.


def test_yes_and_no_written_as_states_give_the_same_sums():
    """A random yes/no case, every unlinked base rate of it rewritten as two states."""
    for seed in range(12):
        case = random_case(seed, events=(3, 4), facts=(1, 3), sources=(1, 2))
        wanted = answers(Enumeration(as_text(case)))
        for name, event in case["events"].items():
            plain = {"base_rate", "role", "question", "kind"}
            rate = event.get("base_rate")
            if set(event) <= plain and not (isinstance(rate, dict) and "within" in rate):
                case = rewritten(case, name)
        found = answers(Enumeration(as_text(case)))
        for name in case["events"]:
            if f"{name}.holds" in found:
                found[name] = found.pop(f"{name}.holds")
                found.pop(f"{name}.fails")
        same(found, wanted, within=1e-10)


def rewritten(case, name):
    """The case with one yes/no event written as two states."""

    def said(text):
        return f"{name}.holds" if text == name else text

    event = {key: value for key, value in case["events"][name].items() if key != "kind"}
    event |= {
        "states": ["fails", "holds"],
        "base_rate": {"holds": event["base_rate"], "fails": "rest"},
    }
    events = {key: event if key == name else {**one} for key, one in case["events"].items()}
    for one in events.values():
        if "given" in one:
            one["given"] = said(one["given"])
        if "parents" in one:
            one["parents"] = [said(parent) for parent in one["parents"]]
    links = [{**one, "from": said(one["from"]), "to": said(one["to"])} for one in case["links"]]
    evidence = {}
    for key, item in case["evidence"].items():
        about = item["bears_on"]
        about = (
            {said(text): how for text, how in about.items()}
            if isinstance(about, dict)
            else said(about)
        )
        evidence[key] = {**item, "bears_on": about}
    return {**case, "events": events, "links": links, "evidence": evidence, "scenarios": {}}


def test_the_weighted_mean_of_plain_draws_is_the_headline():
    oracle = summed(MIXED, LINKS, FACTS)
    found, chance = oracle.draws(4000, np.random.default_rng(2))
    for key, p in oracle.posterior().items():
        error = np.std(found[key]) / math.sqrt(4000)
        assert np.average(found[key], weights=chance) == pytest.approx(p, abs=4 * error), key
    assert weighted_quantile(found["k.b"], chance, 0.95) > oracle.posterior()["k.b"] + 0.05
