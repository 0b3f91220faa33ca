"""A quantity's whole distribution agrees with the normal distribution behind it."""

import math

import numpy as np
import pytest
from scipy.stats import norm

import forecasting
from forecasting.engine.distribution import LEVELS, distribution

# On the scale of ratios the middle is 3 and 1.6449 standard deviations are a factor of 10 each way.
PLAIN = """\
case: toll
events:
  toll: {quantity: {scale: log}, base_rate: {low: 0.3, high: 30}, cuts: {many: ">= 3"}}
"""
FACT = "evidence: {seen: {bears_on: toll.many, if_yes: 90%, if_no: 30%, status: confirmed}}\n"
SPREAD = math.log(10) / norm.ppf(0.95)


def spread(text, **asked):
    return distribution(forecasting.Network(forecasting.read(text)), "toll", **asked)


def test_without_evidence_it_is_the_base_distribution():
    wanted = 3 * np.exp(SPREAD * norm.ppf(LEVELS))
    found = spread(PLAIN).quantiles()
    assert found == pytest.approx(np.stack([wanted, wanted], axis=1), rel=1e-9)


def test_a_fact_weighs_each_side_of_its_cut_and_keeps_the_shape_within():
    """Above 3 the density is 0.9/0.6 times what it was, below 0.3/0.6."""
    found = spread(PLAIN + FACT)
    amounts = [0.1, 1.0, 3.0, 5.0, 40.0]
    below = norm.cdf(np.log(np.array(amounts) / 3) / SPREAD)
    after = np.where(below <= 0.5, below / 2, 0.25 + 1.5 * (below - 0.5))
    assert found.chance_below(amounts) == pytest.approx(np.stack([below, after], axis=1), abs=1e-10)
    levels = np.array(LEVELS)
    back = np.where(levels <= 0.25, 2 * levels, 0.5 + (levels - 0.25) / 1.5)
    wanted = 3 * np.exp(SPREAD * norm.ppf(back))
    assert found.quantiles()[:, 1] == pytest.approx(wanted, rel=1e-8)


def test_a_link_mixes_two_distributions():
    """Its odds of more are tripled where it rains, and the prior stays: by bisection from scipy."""
    text = PLAIN.replace("toll: {q", "rain: {base_rate: 40%, now: 90%}\n  toll: {q") + (
        "links: [{from: rain, to: toll, raises: 3}]\n"
    )
    found, amount = spread(text), 7.0
    p = norm.sf(math.log(amount / 3) / SPREAD)
    low, high = -40.0, 40.0
    for _ in range(200):  # 0.4 sigma(b + ln 3) + 0.6 sigma(b) = p
        b = (low + high) / 2
        wet, dry = 1 / (1 + math.exp(-b) / 3), 1 / (1 + math.exp(-b))
        low, high = (b, high) if 0.4 * wet + 0.6 * dry < p else (low, b)
    wanted = [1 - p, 1 - (0.9 * wet + 0.1 * dry)]
    assert found.chance_below([amount])[0] == pytest.approx(wanted, abs=1e-10)


@pytest.mark.parametrize("asked", [{"given": {"toll": 12}}, {"do": {"toll": 12}}])
def test_an_amount_that_is_known_is_its_own_distribution(asked):
    found = spread(PLAIN, **asked)
    assert found.value == 12
    assert found.quantiles()[:, 1].tolist() == [12.0] * len(LEVELS)
    assert found.quantiles()[2, 0] == pytest.approx(3, rel=1e-9)


def test_a_settled_amount_is_known_until_it_is_made_otherwise():
    settled = PLAIN.replace("cuts:", "settled: {value: 2, date: 2021-01-01}, cuts:")
    assert spread(settled).value == 2
    assert spread(settled, do={"toll": 5}).value == 5
