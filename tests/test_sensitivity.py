"""A tornado's ends and a tipping point are what the forecast says when the number is written in."""

from dataclasses import replace

import numpy as np
import pytest
from scipy import integrate, special, stats

import forecasting
from forecasting.answer.sensitivity import next_words, target_of, tipping, tornado
from forecasting.engine.draws import band, base_rate_bands
from forecasting.engine.inputs import inputs
from forecasting.lexicon import LEXICONS, icd_203, span
from tests.enumeration import Enumeration
from tests.random_cases import as_text, random_case

MAIN = "priors/pakistan_taliban_2021.yaml"


def network(seed):
    return forecasting.Network(forecasting.read(as_text(random_case(seed))))


def rewritten(start, path, value, event):
    """The posterior of the case with one number written in, from scratch."""
    case = forecasting.override(start.case, {path: float(value)})
    return forecasting.Network(case).posterior()[event]


@pytest.mark.parametrize("seed", range(0, 40))
def test_each_end_of_a_bar_is_the_forecast_with_that_number(seed):
    start = network(seed)
    event = start.event_names[seed % len(start.event_names)]
    rows = tornado(start, event)
    for row in rows:
        assert row.at_low == pytest.approx(rewritten(start, row.path, row.low, event), abs=1e-9)
        assert row.at_high == pytest.approx(rewritten(start, row.path, row.high, event), abs=1e-9)
    assert [row.swing for row in rows] == sorted((row.swing for row in rows), reverse=True)


def test_a_tenth_of_the_odds_is_what_the_sum_over_all_worlds_gives():
    text = (
        "{{case: rain, events: {{clouds: {{role: driver, base_rate: {p}, now: 70%}},"
        " rain: {{base_rate: 20%}}}}, links: [{{from: clouds, to: rain, raises: {times}}}]}}"
    )
    start = forecasting.Network(forecasting.read(text.format(p=0.4, times=3.0)))
    rows = {row.path: row for row in tornado(start, "rain")}
    more = Enumeration(text.format(p=(2 / 3 * 1.1) / (1 + 2 / 3 * 1.1), times=3.0)).posterior()
    assert rows["events.clouds.base_rate"].at_more == pytest.approx(more["rain"], abs=1e-12)
    less = Enumeration(text.format(p=0.4, times=3.0 / 1.1)).posterior()
    assert rows["links.clouds.rain.raises"].at_less == pytest.approx(less["rain"], abs=1e-12)


def test_an_input_that_is_known_exactly_has_no_swing_but_a_slope():
    (row,) = tornado(forecasting.Network(forecasting.read(
        "{case: rain, events: {rain: {base_rate: 20%}}}")), "rain")  # fmt: skip
    assert row.swing == pytest.approx(0, abs=1e-12)
    assert (row.at_less, row.at_more) == pytest.approx(
        (0.25 / 1.1 / (1 + 0.25 / 1.1), 0.275 / 1.275)
    )
    assert row.slope == pytest.approx(1)


@pytest.mark.parametrize("seed", range(0, 40))
def test_a_tipping_point_brings_the_forecast_to_the_target(seed):
    start = network(seed)
    event = start.event_names[seed % len(start.event_names)]
    p = start.posterior()[event]
    if not 0.001 < p < 0.999:
        return
    target = 1 / (1 + np.exp(-(np.log(p / (1 - p)) + (0.4 if seed % 2 else -0.4))))
    for row in tipping(start, event, target):
        for value in () if row.value is None else (row.value, *row.others):
            assert rewritten(start, row.path, value, event) == pytest.approx(target, abs=1e-9)
        found = rewritten(start, row.path, row.furthest_at, event)
        assert found == pytest.approx(row.furthest, abs=1e-9)


def test_the_main_case_has_tipping_points_that_hold_to_a_billionth():
    start = forecasting.Network(forecasting.load(MAIN))
    rows = tipping(start, "renewed_war", "up")
    reached = [row for row in rows if row.value is not None]
    assert len(reached) >= 2
    for row in reached:
        found = rewritten(start, row.path, row.value, "renewed_war")
        assert found == pytest.approx(row.target, abs=1e-9)


def test_what_cannot_reach_the_target_says_how_far_it_gets():
    """One fact of likelihood ratio at most 0.999/0.1 cannot lift 1% to 50%."""
    start = forecasting.Network(forecasting.read(
        "{case: rain, events: {rain: {base_rate: 1%}},"
        " evidence: {wet: {bears_on: rain, if_yes: 30%, if_no: 10%, status: confirmed}}}"
    ))  # fmt: skip
    rows = {row.path: row for row in tipping(start, "rain", 0.5)}
    row = rows["evidence.wet.if_yes"]
    assert row.value is None
    assert row.distance is None
    odds = (0.999 / 0.1) * (1 / 99)
    assert row.furthest == pytest.approx(odds / (1 + odds))
    assert row.furthest_at == pytest.approx(0.999)
    # Of the two that do reach it, in closed form: base rate 0.1/0.4, P(seen | no) 0.3/99.
    assert rows["events.rain.base_rate"].value == pytest.approx(0.25, abs=1e-9)
    assert rows["evidence.wet.if_no"].value == pytest.approx(0.3 / 99, abs=1e-9)


def test_it_orders_by_how_far_in_its_own_range_each_has_to_move():
    rows = tipping(forecasting.Network(forecasting.load(MAIN)), "ttp_deaths.rises_by_half", "up")
    distances = [row.distance for row in rows if row.distance is not None]
    assert distances == sorted(distances)
    assert [row.value is None for row in rows] == sorted(row.value is None for row in rows)


def test_a_driver_held_now_pulls_less_the_more_common_it_was():
    """With a base rate of 60% what is held now says nothing new; below, it raises the odds."""
    start = forecasting.Network(forecasting.read(
        "{case: rain, events: {clouds: {role: driver, base_rate: 40%, now: 60%},"
        " rain: {base_rate: 30%}}, links: [{from: clouds, to: rain, raises: 8}]}"
    ))  # fmt: skip
    rows = {row.path: row for row in tipping(start, "rain", 0.30)}
    assert rows["events.clouds.base_rate"].value == pytest.approx(0.6, abs=1e-9)
    assert rows["events.clouds.now"].value == pytest.approx(0.4, abs=1e-9)


@pytest.mark.parametrize("p", [0.03, 0.12, 0.31, 0.5, 0.6, 0.9, 0.97])
def test_up_and_down_are_where_the_word_changes(p):
    up, down = target_of(p, "up"), target_of(p, "down")
    word = str(icd_203(p))
    assert str(icd_203(up + 1e-6)) != word
    assert str(icd_203(down - 1e-6)) != word
    assert str(icd_203(up - 1e-6)) == str(icd_203(down + 1e-6)) == word


def test_up_is_the_next_word_of_the_lexicon_of_the_case():
    case = forecasting.read("{case: rain, events: {rain: {base_rate: 60%}}}")
    for name, end in (("icd-203", 0.80), ("phia", 0.75)):
        start = forecasting.Network(replace(case, lexicon=name))
        assert [row.target for row in tipping(start, "rain", "up")] == [end]


def test_a_target_may_be_written_as_people_do():
    assert target_of(0.3, "80%") == target_of(0.3, "0.8") == target_of(0.3, 0.8) == 0.8


@pytest.mark.parametrize("target", ["sideways", 0.0, 1.0, -0.2, float("nan"), "120%"])
def test_a_target_that_is_none_is_refused(target):
    with pytest.raises(forecasting.InputError, match="target"):
        target_of(0.3, target)


def test_an_event_that_is_none_is_refused_with_the_nearest():
    with pytest.raises(forecasting.InputError, match="renewed_war"):
        tornado(forecasting.Network(forecasting.load(MAIN)), "renewed_wars")


def test_only_inputs_of_the_case_are_moved():
    start = network(7)
    known = {one.path for one in inputs(start)}
    for event in start.event_names:
        assert {row.path for row in tornado(start, event)} <= known


# --- numbers whose slope tells nothing ------------------------------------------------------------


def start_of(text):
    return forecasting.Network(forecasting.read(text))


def test_a_number_at_one_or_nought_is_moved_too():
    start = start_of(
        "{case: rain, events: {a: {role: driver, base_rate: 50%},"
        " b: {parents: [a], table: {yes: 100%, no: 20%}}}}"
    )
    rows = {row.path: row for row in tipping(start, "b", 0.4)}
    assert rows["events.b.table.yes"].value == pytest.approx(0.6, abs=1e-9)


def test_an_outcome_that_is_certain_now_can_be_tipped():
    """Seen, and impossible if not: certain, until if_no is not nought. 10%/50% leave 5/9."""
    start = start_of(
        "{case: rain, events: {rain: {base_rate: 20%}},"
        " evidence: {wet: {bears_on: rain, if_yes: 50%, if_no: 0, status: confirmed}}}"
    )
    assert start.posterior()["rain"] == 1.0
    rows = {row.path: row for row in tipping(start, "rain", 5 / 9)}
    assert rows["evidence.wet.if_no"].value == pytest.approx(0.1, abs=1e-9)


CAPPED = (
    "{{case: rain, events: {{rain: {{base_rate: 30%}}}}, sources: {{aunt: {{}}}}, evidence: {{wet:"
    " {{bears_on: rain, if_yes: 50%, if_no: {}, reports: [{{source: aunt, grade: {}}}]}}}}}}"
)


def test_a_digit_at_its_limit_does_not_hide_what_moves_it():
    start = start_of(CAPPED.format("{low: 10%, high: 60%}", "A4"))
    paths = {row.path for row in tornado(start, "rain")}
    assert "evidence.wet.if_no" in paths


def test_both_crossings_of_an_answer_that_turns_back_are_found():
    """The strength of a digit 5 depends on how rare the fact is, so its weight turns back."""
    start = start_of(CAPPED.format("{low: 20%, high: 30%}", "A5"))
    grid = np.linspace(0.1, 0.35, 2001)
    answers = np.array([
        Enumeration(CAPPED.format(float(p), "A5")).posterior()["rain"] for p in grid[::40]
    ])  # fmt: skip
    lowest = answers.min()
    target = lowest + 0.3 * (answers[0] - lowest)
    crossings = np.flatnonzero(np.diff(np.sign(answers - target)))
    (row,) = [r for r in tipping(start, "rain", target) if r.path == "evidence.wet.if_no"]
    inside = [p for p in (row.value, *row.others) if 0.1 < p < 0.35]
    assert len(inside) == len(crossings) == 2
    for p, i in zip(sorted(inside), crossings, strict=True):
        assert grid[::40][i] <= p <= grid[::40][i + 1]


def test_a_number_beyond_the_usual_ends_is_looked_for_around_itself():
    start = start_of("{case: rain, events: {rain: {base_rate: {low: 0.01%, high: 0.04%}}}}")
    (row,) = tipping(start, "rain", 0.0005)
    assert row.value == pytest.approx(0.0005, abs=1e-12)
    start = start_of(
        "{case: rain, events: {clouds: {role: driver, base_rate: 10%, now: 60%}, rain: {base_rate:"
        " 20%}}, links: [{from: clouds, to: rain, raises: {low: 150, high: 600}}]}"
    )
    p = start.posterior()["rain"]
    rows = {row.path: row for row in tipping(start, "rain", p - 0.001)}
    assert rows["links.clouds.rain.raises"].value > 100


@pytest.mark.slow
def test_a_table_of_many_parents_is_no_crash():
    parents = [f"p{i}" for i in range(9)]
    events = ", ".join(f"{name}: {{role: driver, base_rate: 50%}}" for name in parents)
    rows = ", ".join(
        f'"{", ".join("yes" if (i >> j) & 1 else "no" for j in range(9))}": {0.1 + i / 1000}'
        for i in range(512)
    )
    start = start_of(
        f"{{case: rain, events: {{{events}, rain: {{parents: [{', '.join(parents)}],"
        f" table: {{{rows}}}}}}}}}"
    )
    assert len(tornado(start, "rain")) > 500


def test_a_likelihood_ratio_below_one_is_ordered_like_any_factor():
    start = start_of(
        "{case: rain, events: {rain: {base_rate: 20%}},"
        " evidence: {wet: {bears_on: rain, likelihood_ratio: 0.5, status: confirmed}}}"
    )
    rows = {row.path: row for row in tipping(start, "rain", 0.4)}
    row = rows["evidence.wet.likelihood_ratio"]
    assert row.value == pytest.approx((0.4 / 0.6) / 0.25, abs=1e-9)
    assert row.shift == pytest.approx(np.log(row.value / 0.5))


@pytest.mark.parametrize("lexicon", ["icd-203", "phia"])
@pytest.mark.parametrize(
    "p", [0.03, 0.07, 0.078, 0.09, 0.2, 0.24, 0.37, 0.5, 0.52, 0.77, 0.93, 1.0]
)
def test_up_lies_above_and_down_below(p, lexicon):
    word = LEXICONS[lexicon]
    for end in next_words(p, lexicon):
        assert str(word(end + (1e-6 if end >= p else -1e-6))) != str(word(p)) or end == p
    low, high = span(p, lexicon)
    assert low <= p <= high


# --- states in order, and amounts -----------------------------------------------------------------

# A chance of 10 to 40%, and the same said of an ordered state and of an amount above 0: its mean is
# the integral that SciPy gives, its factor the odds of 40% over those of the median.
SPREAD = (special.logit(0.4) - special.logit(0.1)) / (2 * stats.norm.ppf(0.95))
MEDIAN = (special.logit(0.4) + special.logit(0.1)) / 2
MEAN = integrate.quad(
    lambda z: special.expit(MEDIAN + SPREAD * z) * stats.norm.pdf(z), -9, 9, epsabs=1e-13
)[0]
FACTOR = float(np.exp(stats.norm.ppf(0.95) * SPREAD))
CUT = float(stats.norm.isf(MEAN) / stats.norm.ppf(0.95))
RAIN = {
    "rain": "{base_rate: {low: 10%, high: 40%}}",
    "rain.wet": f"{{states: [dry, wet], ordered: yes, base_rate: {{wet: {MEAN!r}, dry: rest, "
    f"unsure: {FACTOR!r}}}}}",
    "rain.more": "{quantity: {scale: linear}, cuts: {more: '> "
    f"{CUT!r}'}}, "
    f"base_rate: {{low: -1, best: 0, high: 1, unsure: {FACTOR!r}}}}}",
}
# Where the base rate is 10% or 40%, its odds 1/9 or 2/3, a fact four times as likely with it.
ENDS = [(4 / 9) / (1 + 4 / 9), (8 / 3) / (1 + 8 / 3)]


def rainy(name, links=""):
    return forecasting.Network(
        forecasting.read(
            f"{{case: x, events: {{sun: {{base_rate: 50%}}, rain: {RAIN[name]}}}, {links}"
            f"evidence: {{wet: {{bears_on: {name}, if_yes: 80%, if_no: 20%, status: confirmed}}}}}}"
        )
    )


@pytest.mark.parametrize("name", RAIN)
def test_how_unsure_all_steps_are_is_a_bar_as_the_range_of_a_yes_or_no_is(name):
    row = tornado(rainy(name), name)[0]
    assert [row.at_low, row.at_high] == pytest.approx(ENDS, abs=1e-9)
    if name != "rain":
        assert row.path == "events.rain.base_rate.unsure"
        assert [row.low, row.best, row.high] == pytest.approx([1 / FACTOR, 1, FACTOR], abs=1e-9)


@pytest.mark.parametrize("name", ["rain.wet", "rain.more"])
def test_what_unsure_steps_do_below_a_link_is_what_a_yes_or_no_does(name):
    link = "links: [{from: sun, to: rain, lowers: 2}], "
    one, other = (tornado(rainy(which, link), which)[0] for which in ("rain", name))
    ends = ("at_low", "at_high", "at_less", "at_more", "slope")
    for end in ends:
        assert getattr(other, end) == pytest.approx(getattr(one, end), abs=1e-9)
    one, other = (tipping(rainy(which, link), which, 0.3)[0] for which in ("rain", name))
    assert other.path == "events.rain.base_rate.unsure"
    assert other.shift == pytest.approx(one.shift, abs=1e-9)
    assert other.distance == pytest.approx(one.distance, abs=1e-9)


def test_an_unsure_factor_known_to_be_one_puts_every_step_at_its_median():
    start = rainy("rain.wet")
    (one,) = (one for one in inputs(start) if one.path.endswith(".unsure"))
    found = start.moved([{one.path: one.at(0.0)}]).of("rain.wet")
    odds = 4 * np.exp(MEDIAN)
    assert found[0] == pytest.approx(odds / (1 + odds), abs=1e-9)


def test_the_ends_of_a_bar_of_unsure_steps_are_those_of_the_band():
    """Without evidence; of the state in between the band is not a matter of its ends."""
    text = """\
case: x
events:
  tension:
    states: [calm, clash, war]
    ordered: yes
    cuts: {serious: ">= clash"}
    base_rate: {calm: 50%, clash: 30%, war: rest, unsure: 3}
"""
    start = forecasting.Network(forecasting.read(text))
    ends, rates = band(start, 4096), base_rate_bands(start, "tension")
    for name in ("tension.serious", "tension.war"):
        (row,) = (r for r in tornado(start, name) if r.path.endswith(".unsure"))
        assert [row.at_low, row.at_high] == pytest.approx(
            [ends.low[name], ends.high[name]], abs=2e-3
        )
        assert list(rates[name]) == pytest.approx([row.at_low, row.at_high], abs=1e-5)
    assert list(rates["tension.clash"]) == pytest.approx(
        [ends.low["tension.clash"], ends.high["tension.clash"]], abs=2e-3
    )
    assert base_rate_bands(forecasting.Network(forecasting.read(text.replace(", unsure: 3", ""))),
                           "tension") == {}  # fmt: skip
