"""What a finding can be expected to tell, against enumeration, closed forms and pyAgrum."""

import numpy as np
import pyagrum
import pytest

import forecasting
from forecasting.answer.watch import indicators, learnable, pairs, pending
from forecasting.lexicon import icd_203
from tests.enumeration import Enumeration
from tests.random_cases import as_text, random_case
from tests.test_textbook_networks import ASIA
from tests.test_textbook_networks import network as textbook

MAIN = "priors/pakistan_taliban_2021.yaml"


def network(text):
    return forecasting.Network(forecasting.read(text))


def entropy(*p):
    p = np.array([x for x in p if x > 0])
    return float(-(p * np.log2(p)).sum())


def test_a_noisy_indicator_of_an_even_question_is_a_binary_symmetric_channel():
    """Its information is 1 - H(0.11) = 0.5001 bits, half a bit to four digits.

    References
    ----------
    Shannon (1948), doi:10.1002/j.1538-7305.1948.tb01338.x (the noisy channel of two symbols; an
    error of 0.11 leaves half of its capacity).
    """
    (row,) = indicators(network(
        "{case: rain, events: {rain: {base_rate: 50%}}, evidence: {wet:"
        " {bears_on: rain, if_yes: 89%, if_no: 11%, status: pending}}}"
    ))  # fmt: skip
    assert row.bits == pytest.approx(1 - entropy(0.11, 0.89), abs=1e-12)
    assert row.bits == pytest.approx(0.5, abs=2e-4)
    assert (row.probability, row.if_yes, row.if_no) == pytest.approx((0.5, 0.89, 0.11))
    assert row.brier_gain == pytest.approx(0.39**2)


def test_the_x_ray_of_asia_tells_of_cancer_what_another_engine_says():
    """The network of Lauritzen & Spiegelhalter (1988), doi:10.1111/j.2517-6161.1988.tb01721.x."""
    other = pyagrum.fastBN(
        "asia->tuberculosis->either<-cancer<-smoker->bronchitis->dyspnoea<-either->x_ray"
    )
    fill = {
        "asia": [0.99, 0.01],
        "smoker": [0.5, 0.5],
        "tuberculosis": [0.99, 0.01, 0.95, 0.05],
        "cancer": [0.99, 0.01, 0.9, 0.1],
        "bronchitis": [0.7, 0.3, 0.4, 0.6],
    }
    for name, numbers in fill.items():
        other.cpt(name).fillWith(numbers)
    for t in (0, 1):
        for c in (0, 1):
            either = int(t or c)
            other.cpt("either")[{"tuberculosis": t, "cancer": c}] = [1 - either, either]
    for e, yes in ((0, 0.05), (1, 0.98)):
        other.cpt("x_ray")[{"either": e}] = [1 - yes, yes]
    for b, e, yes in ((0, 0, 0.1), (0, 1, 0.7), (1, 0, 0.8), (1, 1, 0.9)):
        other.cpt("dyspnoea")[{"bronchitis": b, "either": e}] = [1 - yes, yes]
    rows = {row.finding: row for row in learnable(textbook({"events": ASIA}), ["cancer"])}
    assert rows.keys() == ASIA.keys() - {"cancer"}
    engine = pyagrum.LazyPropagation(other)
    for finding, row in rows.items():
        told = pyagrum.InformationTheory(engine, ["cancer"], [finding]).mutualInformationXY()
        assert row.bits == pytest.approx(told, abs=1e-9)
    assert rows["x_ray"].bits > 0.1


@pytest.mark.parametrize("seed", range(40))
def test_every_finding_is_what_the_sum_over_all_worlds_gives(seed):
    case = random_case(seed)
    start = network(as_text(case))
    oracle = Enumeration(as_text(case))
    now = oracle.posterior()
    outcome = start.event_names[0]
    for row in learnable(start, [outcome]):
        p = now[row.finding]
        assert row.probability == pytest.approx(p, abs=1e-9)
        joint = {}
        for yes in ("yes", "no"):
            share = p if yes == "yes" else 1 - p
            if share > 1e-12:
                after = oracle.posterior({row.finding: yes})[outcome]
                joint[yes] = share, after
                found = row.if_yes if yes == "yes" else row.if_no
                assert found == pytest.approx(after, abs=1e-8)
        total = sum(share * (entropy(q, 1 - q)) for share, q in joint.values())
        wanted = entropy(now[outcome], 1 - now[outcome]) - total
        assert row.bits == pytest.approx(wanted, abs=1e-8)
        gain = sum(share * (q - now[outcome]) ** 2 for share, q in joint.values())
        assert row.brier_gain == pytest.approx(gain, abs=1e-9)


def test_the_forecast_is_the_mean_of_what_it_may_become():
    start = forecasting.Network(forecasting.load(MAIN))
    now = start.posterior()
    rows = indicators(start)
    assert len({row.finding for row in rows}) >= 10
    for row in rows:
        mean = row.probability * row.if_yes + (1 - row.probability) * row.if_no
        assert mean == pytest.approx(now[row.outcome], abs=1e-12)
        assert 0 <= row.bits <= 1
        words = str(icd_203(now[row.outcome]))
        moved = (row.word_if_yes != words) * row.probability
        moved += (row.word_if_no != words) * (1 - row.probability)
        assert row.word_changes == pytest.approx(moved)


def test_an_indicator_seen_is_the_forecast_with_it_confirmed():
    case = forecasting.load(MAIN)
    (first, *_) = indicators(forecasting.Network(case), ["renewed_war"])
    for status, wanted in (("confirmed", first.if_yes), ("absent", first.if_no)):
        seen = forecasting.override(case, {f"evidence.{first.finding}.status": status})
        assert forecasting.Network(seen).posterior()["renewed_war"] == pytest.approx(wanted)


TWINS = """
case: rain
events: {rain: {base_rate: 30%}}
evidence:
  a: {bears_on: rain, if_yes: 90%, if_no: 20%, status: pending}
  b: {bears_on: rain, if_yes: 70%, if_no: 30%, status: pending, watch_until: 2020-01-01}
  c: {bears_on: rain, if_yes: 50%, if_no: 50%, status: pending}
  d: {bears_on: rain, if_yes: 90%, if_no: 20%, status: confirmed}
as_of: 2021-01-01
resolve_by: 2022-01-01
"""


def test_two_indicators_tell_no_more_than_both_apart_and_no_less_than_each():
    start = network(TWINS)
    single = {row.finding: row.bits for row in indicators(start)}
    both = {row.finding: row for row in pairs(start)}
    for name, row in both.items():
        a, b = name.split(" + ")
        assert max(single[a], single[b]) - 1e-12 <= row.bits <= single[a] + single[b] + 1e-12
    # One that tells nothing adds nothing.
    assert both["a + c"].bits == pytest.approx(single["a"], abs=1e-12)
    assert single["c"] == pytest.approx(0, abs=1e-12)


def test_a_pair_gives_both_ends_in_closed_form():
    odds = 0.3 / 0.7 * 4.5  # the confirmed fact
    row = {row.finding: row for row in pairs(network(TWINS))}["a + b"]
    both, neither = odds * 4.5 * (7 / 3), odds * (0.1 / 0.8) * (0.3 / 0.7)
    assert row.if_yes == pytest.approx(both / (1 + both))
    assert row.if_no == pytest.approx(neither / (1 + neither))


def test_a_word_that_changes_whatever_is_found_changes_for_certain():
    """Not with a probability of 0.9999999999999999, which is told as >99.9%."""
    network = forecasting.Network(forecasting.load(MAIN))
    now = network.posterior()
    sure = [
        row
        for row in (*indicators(network), *learnable(network))
        if str(icd_203(now[row.outcome])) not in (row.word_if_yes, row.word_if_no)
    ]
    assert sure
    assert {row.word_changes for row in sure} == {1.0}


def test_only_what_is_not_seen_yet_is_watched():
    start = network(TWINS)
    assert pending(start) == ("a", "b", "c")
    overdue = {row.finding: row.overdue for row in indicators(start)}
    assert overdue == {"a": False, "b": True, "c": False}


def test_a_case_without_indicators_gives_an_empty_table():
    start = network("{case: rain, events: {rain: {base_rate: 30%}}}")
    assert indicators(start) == pairs(start) == learnable(start) == ()
