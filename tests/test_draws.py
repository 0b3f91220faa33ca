"""Draws have the distribution of the numbers in the light of the evidence, and all count."""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy import integrate, special, stats

import forecasting
from forecasting import Network
from forecasting.answer import forecast
from forecasting.engine.draws import BAND, DRAWS, Band, band, interval, learned, posterior_numbers
from forecasting.judgement import NODES

FACTS = "".join(
    f"  f{i}: {{bears_on: x, if_yes: {{low: 0.1%, high: 90%}}, if_no: {{low: 0.1%, high: 90%}}, "
    "status: confirmed}\n"
    for i in range(15)
)
FIFTEEN_FACTS = f"""
case: a
events: {{x: {{base_rate: {{low: 0.1%, high: 60%}}}}}}
evidence:
{FACTS}"""

ONE_EVENT = """
case: band-min
as_of: 2023-10-29
resolve_by: 2027-01-29
events:
  e: {base_rate: {low: 57%, high: 86%, within: 3 months}, now: 88%}
"""


def network(text):
    return Network(forecasting.read(text))


@pytest.mark.parametrize(("text", "event"), [(FIFTEEN_FACTS, "x"), (ONE_EVENT, "e")])
@pytest.mark.parametrize("seed", [20210915, 1, 2, 3])
def test_every_draw_counts_where_ranges_are_wide(text, event, seed):
    """Weighed by the evidence, 3 and 38 of 1,024 counted, and a seed gave another band."""
    package = network(text)
    found = band(package, seed=seed)
    assert found.draws == DRAWS
    exact = package.posterior()[event]
    assert found.low[event] <= exact <= found.high[event]
    assert found.mean[event] == pytest.approx(exact, abs=0.01)


def test_what_fifteen_wide_facts_leave_open():
    """If the numbers were known, x would be settled: it is 13%, as it is so in 13% of them."""
    found = band(network(FIFTEEN_FACTS))
    assert found.low["x"] < 1e-4
    assert found.high["x"] > 0.99
    assert np.mean(found.probability > 0.5) == pytest.approx(0.126, abs=0.01)


def test_one_event_long_after_its_period():
    """Its odds are now's, times how far the drawn prior odds lie from those of the mean."""
    package = network(ONE_EVENT)
    base = package.base_rate("e")
    z = np.linspace(-9, 9, 200_001)
    x = base.logit_median + base.logit_sd * z
    no, yes = 0.12 / package.chances(event="e")[0], 0.88 / package.chances(event="e")[1]
    chance = special.expit(-x) * no + special.expit(x) * yes
    density = stats.norm.pdf(z) * chance
    below = np.cumsum(density) / density.sum()
    ends = np.interp(BAND, below, special.expit(x) * yes / chance)
    found = band(package, draws=4096)
    assert_allclose([found.low["e"], found.high["e"]], ends, atol=0.01)


@pytest.mark.parametrize(("centre", "spread"), [(0.0, 1.0), (-3.0, 2.8), (2.0, 0.3), (-20.0, 4.0)])
@pytest.mark.parametrize("yes", [True, False])
def test_a_number_is_learned_from_a_yes_or_a_no(centre, spread, yes):
    """p(z | yes) is the normal density times the chance of yes; shares by adaptive quadrature."""
    sign = 1 if yes else -1

    def density(z):
        log = special.log_expit(sign * (centre + spread * z)) - special.log_expit(sign * centre)
        return np.exp(log) * stats.norm.pdf(z)

    shares = np.array([0.001, 0.05, 0.5, 0.95, 0.999])
    places = learned(np.array([centre]), spread, int(yes), stats.norm.ppf(shares))
    whole = integrate.quad(density, -12, 12, limit=500, points=[-4, 0, 4])[0]
    reached = [
        integrate.quad(density, -12, place, limit=500, points=[min(-4, place - 1)])[0] / whole
        for place in places
    ]
    assert_allclose(reached, shares, atol=4e-4)


def test_the_ends_of_a_band_are_those_of_hazens_rule():
    drawn = np.random.default_rng(1).normal(size=(5, 128))
    assert_allclose(interval(drawn), np.quantile(drawn, BAND, axis=1, method="hazen"), rtol=1e-15)


def test_what_tells_nothing_leaves_draws_alone():
    z = NODES[np.abs(NODES) < 5]
    assert_allclose(learned(np.array([0.3]), 0.0, 1, z), z, atol=1e-9)


def test_numbers_are_drawn_given_the_evidence():
    """A count of 6 of 30, and the thing happened: the mean of P moves to E[P^2] / E[P]."""
    text = """
case: seen
as_of: 2021-01-01
events: {x: {base_rate: {seen: 6, of: 30}, happened: 2020-06-01}}
"""
    package = network(text)
    base = package.base_rate("x")
    z = posterior_numbers(package, package.tables({}, {}), {}, 4096, seed=3)[0]
    p = special.expit(base.logit_median + base.logit_sd * z)
    wanted = (base.sd**2 + base.mean**2) / base.mean
    assert p.mean() == pytest.approx(wanted, abs=4 * base.sd / 64)
    assert wanted - base.mean > 0.02  # far more than that error


def test_where_every_number_is_known_there_is_nothing_to_draw():
    text = """
case: rain
events: {rain: {base_rate: 20%}}
evidence: {wet: {bears_on: rain, if_yes: 90%, if_no: 10%, status: confirmed}}
"""
    found = band(network(text))
    assert found.draws == 0
    assert found.low == found.high == network(text).posterior()
    assert forecasting.run(forecasting.read(text)).draws == 0


def test_a_band_that_the_luck_of_the_draws_made_rough_is_told(monkeypatch):
    case = forecasting.read("{case: rain, events: {rain: {base_rate: {low: 10%, high: 40%}}}}")
    assert forecasting.run(case).rough_bands == ""

    def unlucky(package, *_):
        exact = package.posterior()["rain"]
        return Band({"rain": 0.1}, {"rain": 0.4}, {"rain": exact + 0.03}, np.empty((1, 128)), {})

    monkeypatch.setattr(forecast, "band", unlucky)
    told = forecasting.run(case).rough_bands
    assert "rough" in told
    assert "rain (26% on average over the draws, exactly 23%)" in told


IDLE_RANGES = """
case: idle
as_of: 2021-01-01
events:
  a: {base_rate: 30%}
  b: {base_rate: {low: 10%, high: 40%}}
sources: {s: {}}
scales: {reliability: {C: {low: 50%, high: 90%}}}
evidence:
  f: {bears_on: a, if_yes: 60%, if_no: 10%, date: 2021-06-01, reports: [{source: s, grade: C2}]}
"""


def test_a_range_that_moves_nothing_makes_no_band():
    """The letter of a source not heard yet, and the base rate of what is made so."""
    package = network(IDLE_RANGES)
    assert band(package).draws == DRAWS
    assert band(package, do={"b": "yes"}).draws == 0
