"""Events of every type are put together as they are meant."""

import math

import jsonschema
import numpy as np
import pytest
import yaml
from scipy import interpolate, stats

import forecasting
from forecasting.file import case as cases
from forecasting.file.kinds import base_probability
from forecasting.file.states import Amount, Cut
from tests.test_case import EditorLoader, as_json
from tests.test_hostile_states import SOUND


def event(text, more=""):
    return forecasting.read(f"{{case: x, events: {{x: {{{text}}}{more}}}}}").events["x"]


def test_states_without_labels_are_told_by_their_names():
    one = event("states: [north_wind, sun], base_rate: {sun: 30%, north_wind: rest}")
    assert one.states == {"north_wind": "north wind", "sun": "sun"}
    assert list(one.base_rate.shares) == ["north_wind", "sun"]
    assert (one.kind, one.none, one.is_yes_no) == ("state", None, False)


def test_of_what_comes_about_first_the_last_state_is_none_of_them():
    text = "kind: first, states: [a, b, c], base_rate: {a: 10%, b: 20%, c: rest, within: 1 year}"
    dates = "as_of: 2021, resolve_by: 2022"
    both = f"{{x: {{{text}}}, y: {{{text}, none: b}}}}"
    case = forecasting.read(f"{{case: x, {dates}, events: {both}}}")
    assert [one.none for one in case.events.values()] == ["c", "b"]
    assert event(text.replace(", within: 1 year", "")).base_rate.within is None


@pytest.mark.parametrize(
    ("whole", "text", "low", "high"),
    [
        ("yes", ">= 348", 347.5, None),
        ("yes", "> 348", 348.5, None),
        ("yes", "<= 116", None, 116.5),
        ("yes", "<116", None, 115.5),
        ("yes", "117 .. 347", 116.5, 347.5),
        ("yes", "0 .. 347", None, 347.5),  # nothing lies below 0
        ("yes", "117..347", 116.5, 347.5),
        ("yes", ">= 347.2", 347.5, None),
        ("yes", "<= 116.9", None, 116.5),
        ("no", ">= 348", 348.0, None),
        ("no", "1.5e2 .. 347.25", 150.0, 347.25),
    ],
)
def test_a_cut_of_whole_amounts_lies_between_two_of_them(whole, text, low, high):
    amounts = "base_rate: {low: 100, high: 900}"
    one = event(f"quantity: {{whole: {whole}}}, {amounts}, cuts: {{c: '{text}'}}")
    assert one.cuts == {"c": Cut(text, None, low, high)}


@pytest.mark.parametrize(
    ("quantity", "low", "cut", "scale"),
    [
        ("{}", 1, 2, "log"),
        ("{}", 0, 2, "linear"),
        ("{}", 1, 0, "linear"),
        ("{whole: yes}", 0, 2, "log"),
        ("{whole: yes}", -1, 2, "linear"),
        ("{scale: linear}", 1, 2, "linear"),
        ("{unit: deaths, scale: log}", 1, 2, "log"),
    ],
)
def test_amounts_above_zero_are_judged_by_their_ratios(quantity, low, cut, scale):
    cuts = f"cuts: {{c: '>= {cut}'}}"
    one = event(f"quantity: {quantity}, base_rate: {{low: {low}, high: 9}}, {cuts}")
    unit, whole = ("deaths" if "deaths" in quantity else None), "whole" in quantity
    assert one.quantity == Amount(unit, scale, whole)


def test_a_cut_of_a_split_normal_has_its_probability():
    one = event(
        "quantity: {whole: yes}, base_rate: {low: 100, best: 240, high: 900},"
        " cuts: {low: '<= 116', mid: 117 .. 347, high: '>= 348'}"
    )
    low, best, high = (math.log(q + 0.5) for q in (100, 240, 900))
    z90 = stats.norm.ppf(0.95)
    below = stats.norm.cdf((math.log(117) - best) / (best - low) * z90)
    above = stats.norm.sf((math.log(348) - best) / (high - best) * z90)
    found = [base_probability(one, cut) for cut in one.cuts.values()]
    assert found == pytest.approx([below, 1 - below - above, above], abs=1e-12)


def test_a_cut_of_quantiles_has_its_probability():
    one = event(
        "quantity: {}, base_rate: {quantiles: {5%: -2, 25%: 1, 50%: 2, 95%: 9}}, cuts: {c: '< 4.5'}"
    )
    scores = stats.norm.ppf([0.05, 0.25, 0.5, 0.95])
    curve = interpolate.PchipInterpolator(scores, [-2, 1, 2, 9])
    z = np.linspace(scores[0], scores[-1], 400_001)
    expected = stats.norm.cdf(np.interp(4.5, curve(z), z))
    assert base_probability(one, one.cuts["c"]) == pytest.approx(expected, abs=1e-9)


def test_a_cut_of_states_has_the_probability_of_those_inside():
    one = event("states: [a, b, c], base_rate: {seen: {a: 0, b: 1, c: 9}}, cuts: {d: [c, a]}")
    assert base_probability(one, one.cuts["d"]) == pytest.approx(10 / 11.5, abs=1e-12)


ROWS = [
    ("[60%, 30%, 10%]", [0.6, 0.3, 0.1]),
    ("{c: 10%, a: 60%, b: 30%}", [0.6, 0.3, 0.1]),
    ("{a: 60%, otherwise: 40%}", [0.6, 0.2, 0.2]),
    ("{a: 60%, otherwise: rest}", [0.6, 0.2, 0.2]),
    ("{late: 50%, a: rest}", [0.5, 0.25, 0.25]),
    ("[0, 1, 0]", [0.0, 1.0, 0.0]),
    ("[0.3333333, 0.3333333, 0.3333333]", [1 / 3, 1 / 3, 1 / 3]),
    ("[0.2, 0.2, 0.6000009]", [0.2 / 1.0000009, 0.2 / 1.0000009, 0.6000009 / 1.0000009]),
]


@pytest.mark.parametrize(("row", "means"), ROWS)
def test_a_row_is_written_out_by_state_and_divided_by_its_sum(row, means):
    one = event(f"states: [a, b, c], cuts: {{late: [b, c]}}, parents: [], table: {row}")
    left = 1 - sum(float(p.mean) for p in one.table[""].values() if p)
    found = [left if p is None else float(p.mean) for p in one.table[""].values()]
    assert found == pytest.approx(means, abs=1e-12)
    assert list(one.table[""]) == ["a", "b", "c"]


def test_a_range_of_several_states_is_split_with_its_spread():
    row = "{late: {low: 20%, high: 60%}, a: rest}"
    one = event(f"states: [a, b, c], cuts: {{late: [b, c]}}, parents: [], table: {row}")
    m = (math.log(0.2 / 0.8) + math.log(0.6 / 0.4)) / 2
    s = (math.log(0.6 / 0.4) - math.log(0.2 / 0.8)) / 2 / stats.norm.ppf(0.95)
    mean = stats.norm(m, s).expect(lambda x: 1 / (1 + np.exp(-x)))
    for name in ("b", "c"):
        share = one.table[""][name]
        assert float(share.mean) == pytest.approx(mean / 2, abs=1e-9)
        assert share.logit_sd == pytest.approx(s, abs=1e-12)


def test_a_row_without_parents_is_written_bare_or_with_no_words():
    assert event("parents: [], table: 20%").table == event("parents: [], table: {'': 20%}").table
    ranged = event("parents: [], table: {low: 10%, high: 30%}").table[""]
    assert ranged.interval == pytest.approx((0.1, 0.3))


def test_a_state_may_be_called_as_a_key_of_a_number():
    one = event("states: [low, best, unsure], base_rate: {low: 20%, best: 30%, unsure: rest}")
    assert (list(one.base_rate.shares), one.base_rate.unsure) == (["low", "best", "unsure"], None)


def test_confidence_beside_states_is_that_of_each():
    one = event("states: [a, b], base_rate: {a: 20%, b: rest, confidence: low}")
    assert one.base_rate.shares["a"].confidence == "low"


def test_an_editor_takes_events_of_every_type():
    value = as_json(yaml.load(SOUND, Loader=EditorLoader))
    assert not list(jsonschema.Draft202012Validator(cases.schema()).iter_errors(value))


@pytest.mark.parametrize(
    "text",
    [
        "states: [a], base_rate: {a: rest}",
        "states: [a, b], base_rate: 20%",
        "states: [a, b], quantity: {}, base_rate: {a: 20%, b: rest}",
        "states: [a, b], base_rate: {a: 20%, b: rest}, kind: lasts",
        "states: [a, b], base_rate: {a: 20%, b: rest}, happened: 2021",
        "states: [a, b], base_rate: {a: 20%, b: rest}, given: y",
        "states: [a, b], base_rate: {a: 20%, b: rest}, now: 20%",
        "states: [a, b], parents: [y], table: {yes: 20%, no: 30%}",
        "quantity: {}, base_rate: 20%",
        "quantity: {}, base_rate: {low: 1, high: 2}, kind: state",
        "quantity: {}, parents: [y], table: {yes: [20%, 80%], no: [30%, 70%]}",
        "base_rate: 20%, settled: {state: yes, date: 2021}",
        "base_rate: 20%, kind: first",
        "base_rate: 20%, ordered: yes",
        "base_rate: {yes: 20%, no: rest}",
        "base_rate: {low: 1, high: 9}",
    ],
)
def test_an_editor_and_the_reader_refuse_what_does_not_go_with_the_type(text):
    whole = f"{{case: x, events: {{y: {{base_rate: 20%}}, x: {{{text}}}}}}}"
    value = as_json(yaml.load(whole, Loader=EditorLoader))
    assert list(jsonschema.Draft202012Validator(cases.schema()).iter_errors(value))
    with pytest.raises(forecasting.InputError):
        cases.read(whole)
