"""Slopes equal finite differences of the solved network, for every input."""

import numpy as np
import pytest

import forecasting
from forecasting.engine.inputs import inputs
from forecasting.engine.slopes import slopes
from forecasting.judgement import logit
from tests.random_cases import as_text, random_case

STEP = 1e-4


def finite_differences(network, event):
    """The five-point rule, wrong by a term of the fourth power of the step."""
    every = inputs(network)
    moves = [
        {one.path: one.at(one.centre + k * STEP, one.spread)}
        for one in every
        for k in (-2, -1, 1, 2)
    ]
    far_left, left, right, far_right = logit(network.moved(moves).of(event)).reshape(-1, 4).T
    found = (far_left - 8 * left + 8 * right - far_right) / (12 * STEP)
    return {one.path: slope for one, slope in zip(every, found.tolist(), strict=True)}


@pytest.mark.parametrize("seed", range(60))
def test_they_are_the_derivatives_of_the_whole_solve(seed):
    network = forecasting.Network(forecasting.read(as_text(random_case(seed))))
    for event, p in network.posterior().items():
        if 1e-9 < p < 1 - 1e-9:
            wanted = finite_differences(network, event)
            assert slopes(network, event) == pytest.approx(wanted, rel=1e-7, abs=1e-7)


def test_they_are_so_for_the_main_case():
    network = forecasting.Network(forecasting.load("priors/pakistan_taliban_2021.yaml"))
    found = slopes(network, "ttp_deaths.rises_by_half")
    assert found == pytest.approx(
        finite_differences(network, "ttp_deaths.rises_by_half"), rel=1e-7, abs=1e-7
    )
    assert sum(abs(slope) > 1e-6 for slope in found.values()) > 50


def test_a_chain_of_two_has_the_slope_of_its_closed_form():
    """A root without spread, and a fact seen on it: log-odds add, so each slope is one."""
    network = forecasting.Network(
        forecasting.read(
            "{case: rain, events: {rain: {base_rate: 23%}},"
            " evidence: {wet: {bears_on: rain, if_yes: 70%, if_no: 12%, status: confirmed}}}"
        )
    )
    found = slopes(network, "rain")
    assert found["events.rain.base_rate"] == pytest.approx(1.0)
    assert found["evidence.wet.if_yes"] == pytest.approx(1 - 0.70)  # d ln p = (1 - p) d logit p
    assert found["evidence.wet.if_no"] == pytest.approx(-(1 - 0.12))


def test_nothing_moves_an_event_that_is_settled():
    network = forecasting.Network(
        forecasting.read(
            "{case: rain, as_of: 2021-01-01, resolve_by: 2022-01-01,"
            " events: {rain: {base_rate: 20%, happened: 2020-12-01}}}"
        )
    )
    assert set(slopes(network, "rain").values()) == {0.0}
    assert np.isfinite(list(slopes(network, "rain").values())).all()


NEARLY_SURE = """
case: sure
as_of: 2021-01-01
resolve_by: 2023-01-01
events:
  strike: {base_rate: {best: 97%, within: 1 month}}
evidence:
  talks: {bears_on: strike, if_yes: 20%, if_no: 50%, status: confirmed}
"""


def test_an_event_that_is_all_but_certain_still_moves():
    """Its odds follow the odds of its base rate one for one, and those of the fact."""
    network = forecasting.Network(forecasting.read(NEARLY_SURE))
    assert network.posterior()["strike"] == 1.0  # in floats
    found = slopes(network, "strike")
    assert found["events.strike.base_rate"] == pytest.approx(1.0, rel=1e-9)
    # d ln P(fact | yes) / d logit = P(no fact | yes), and the contrary for if_no.
    assert found["evidence.talks.if_yes"] == pytest.approx(0.8, rel=1e-9)
    assert found["evidence.talks.if_no"] == pytest.approx(-0.5, rel=1e-9)


def test_a_rare_event_of_wide_range_follows_its_base_rate():
    """What makes its mean lies far up, and so does what moves it."""
    text = "case: rare\nevents: {x: {base_rate: {low: 1.0e-20, high: 1.0e-14}}}\n"
    network = forecasting.Network(forecasting.read(text))
    assert slopes(network, "x")["events.x.base_rate"] == pytest.approx(1.0, abs=1e-5)
