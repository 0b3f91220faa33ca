"""Base rates of states and of amounts as judgements, and what setting one does to the others."""

import math

import numpy as np
import pytest
from scipy import integrate, stats

import forecasting
from forecasting.file import stated
from forecasting.file.quantities import get, put
from forecasting.file.values import BaseRate
from forecasting.judgement import Odds, Probability

Z = stats.norm.ppf(0.95)


def mean(one):
    """Expectation of a logit-normal, by adaptive quadrature."""
    if not one.logit_sd:
        return 1 / (1 + math.exp(-one.logit_median))

    def f(z):
        return stats.norm.pdf(z) / (1 + math.exp(-one.logit_median - one.logit_sd * z))

    return integrate.quad(f, -12, 12, epsabs=1e-13, epsrel=1e-13, limit=200)[0]


def event(text, dates=""):
    return forecasting.read(f"{{case: x, {dates}events: {{x: {{{text}}}}}}}").events["x"]


THREE = "states: [a, b, c], base_rate: {a: 60%, b: {low: 5%, high: 20%}, c: rest}"
STEPS = (
    "states: [a, b, c, d], ordered: yes, base_rate: {a: 30%, b: 45%, c: 20%, d: rest, unsure: 2}"
)
TOLL = "quantity: {whole: yes}, base_rate: {low: 100, best: 240, high: 900, unsure: 3}"


def test_of_an_amount_that_a_model_estimates_only_how_unsure_it_is_is_a_number():
    rate = "{model: event_counts, data: ttp_deaths_monthly, count: deaths, unsure: 3}"
    dates = "as_of: 2021-09-15, resolve_by: 2022-09-15, "
    many = event(f"quantity: {{whole: yes}}, base_rate: {rate}, cuts: {{many: '> 400'}}", dates)
    assert stated.numbers(many) == {("unsure",): Odds(0.0, pytest.approx(math.log(3) / Z))}


def test_the_rest_is_what_the_others_leave():
    found = stated.shares(event(THREE))
    assert mean(found["c"]) == pytest.approx(0.4 - mean(found["b"]), abs=1e-12)
    assert (found["c"].logit_sd, found["b"].logit_sd) == (0.0, pytest.approx(
        (math.log(0.2 / 0.8) - math.log(0.05 / 0.95)) / 2 / Z, abs=1e-12
    ))  # fmt: skip


def test_counts_have_the_means_of_their_dirichlet():
    found = stated.shares(event("states: [a, b, c], base_rate: {seen: {c: 9, a: 0, b: 1}}"))
    assert [mean(one) for one in found.values()] == pytest.approx(
        [0.5 / 11.5, 1.5 / 11.5, 9.5 / 11.5], abs=1e-11
    )
    assert all(one.logit_sd > 0.2 for one in found.values())


def test_steps_add_up_from_above():
    found = stated.numbers(event(STEPS))
    at_least = {keys[1]: mean(one) for keys, one in found.items() if keys[0] == "at_least"}
    assert at_least == pytest.approx({"b": 0.7, "c": 0.25, "d": 0.05}, abs=1e-12)
    assert found["unsure",] == Odds(0.0, pytest.approx(math.log(2) / Z, abs=1e-12))


def test_an_amount_has_its_points_on_its_scale():
    found = stated.numbers(event(TOLL))
    places = {keys[0]: one.place for keys, one in found.items() if keys != ("unsure",)}
    assert places == pytest.approx(
        {"low": math.log(100.5), "best": math.log(240.5), "high": math.log(900.5)}, abs=1e-12
    )
    levels = event("quantity: {}, base_rate: {quantiles: {97.5%: 9, 2.5%: -3}}")
    assert [(keys, one.level, one.place) for keys, one in stated.numbers(levels).items()] == [
        (("quantiles", "2.5%"), 0.025, -3.0),
        (("quantiles", "97.5%"), 0.975, 9.0),
    ]


@pytest.mark.parametrize(
    ("state", "judgement"),
    [("a", Probability.exactly(0.2)), ("b", Probability(-0.4, 0.7)), ("c", Probability(0.3, 0.4)),
     ("c", Probability.exactly(0.3)), ("a", Probability(1.5, 0.1))],
)  # fmt: skip
def test_a_state_takes_its_probability_and_the_others_keep_their_proportions(state, judgement):
    before = event(THREE)
    rate = stated.with_numbers(before, {(state,): judgement})
    old, new = stated.shares(before), stated.with_rest(rate.shares)
    assert mean(new[state]) == pytest.approx(mean(judgement), abs=1e-12)
    assert sum(map(mean, new.values())) == pytest.approx(1, abs=1e-12)
    first, second = (name for name in old if name != state)
    ratio = mean(old[first]) / mean(old[second])
    assert mean(new[first]) / mean(new[second]) == pytest.approx(ratio, rel=1e-9)
    assert [new[name].logit_sd for name in (first, second)] == [
        old[name].logit_sd for name in (first, second)
    ]
    assert list(rate.shares.values()).count(None) == 1


def test_two_states_set_together_both_hold():
    p = Probability.exactly
    after = stated.with_shares({"a": p(0.5), "b": p(0.2), "c": p(0.3)}, {"a": p(0.1), "c": p(0.6)})
    assert {k: mean(v) for k, v in after.items()} == pytest.approx({"a": 0.1, "b": 0.3, "c": 0.6})
    with pytest.raises(ValueError, match="nothing is left"):
        stated.with_shares(after, {"a": p(0.5), "c": p(0.6)})


def test_a_state_of_which_all_others_have_ranges_takes_none():
    one = Probability(-1.0, 0.5)
    with pytest.raises(ValueError, match="all other states have ranges"):
        stated.with_shares({"a": one, "b": None}, {"b": one})


def test_a_step_moves_alone():
    after = stated.with_numbers(event(STEPS), {("at_least", "c"): Probability.exactly(0.4)})
    shares = {name: mean(one) for name, one in stated.with_rest(after.shares).items()}
    assert shares == pytest.approx({"a": 0.3, "b": 0.3, "c": 0.35, "d": 0.05}, abs=1e-12)
    assert (after.unsure, after.shares["d"]) == (2.0, None)
    for p, state in ((0.04, "c"), (0.71, "c"), (0.5, "a")):
        with pytest.raises(ValueError, match=r"which the steps beside it say|lowest"):
            stated.with_numbers(event(STEPS), {("at_least", state): Probability.exactly(p)})


def test_all_points_of_an_amount_move_with_its_median():
    """On the scale log(q + 1/2) a move is a factor."""
    after = stated.with_point(event(TOLL), ("best",), 480.5)
    assert after == pytest.approx({0.05: 200.5, 0.5: 480.5, 0.95: 1800.5}, abs=1e-9)
    assert stated.with_point(event(TOLL), ("low",), 7.0) == {0.05: 7.0, 0.5: 240.0, 0.95: 900.0}
    two = event("quantity: {}, base_rate: {low: 1, high: 9}")
    assert stated.with_point(two, ("best",), 6.0) == pytest.approx({0.05: 2.0, 0.95: 18.0})


def test_how_unsure_counts_are_is_set_beside_them():
    counted = event("states: [a, b], ordered: yes, base_rate: {seen: {a: 3, b: 9}}")
    assert stated.numbers(counted)["unsure",].log_sd == Probability.beta(9.5, 3.5).logit_sd
    after = stated.with_numbers(counted, {("unsure",): Odds(0.0, math.log(3) / Z)})
    assert after == BaseRate(seen={"a": 3.0, "b": 9.0}, unsure=pytest.approx(3.0, abs=1e-12))
    with pytest.raises(ValueError, match="counts are not set one by one"):
        stated.with_numbers(counted, {("at_least", "b"): Probability.exactly(0.5)})


@pytest.mark.parametrize("text", [THREE, STEPS, TOLL])
def test_each_number_is_put_and_found_at_its_place(text):
    case = forecasting.read(f"{{case: x, events: {{x: {{{text}}}}}}}")
    rng = np.random.default_rng(5)
    for keys, number in stated.numbers(case.events["x"]).items():
        place, factor = ("events", "x", "base_rate", *keys), 1 + 0.05 * rng.random()
        if isinstance(number, Probability):
            other = Probability.exactly(min(0.9, mean(number) * factor))
            assert mean(get(put(case, place, other), place)) == pytest.approx(
                mean(other), abs=1e-12
            )
        elif isinstance(number, Odds):
            other = Odds(0.0, number.log_sd * factor)
            assert get(put(case, place, other), place).log_sd == pytest.approx(other.log_sd)
        else:
            other = stated.Point(number.level, number.place + 0.01 * factor)
            assert get(put(case, place, other), place).place == pytest.approx(other.place)
