"""Inputs are the numbers an overlay can change, under the same paths."""

import numpy as np
import pytest

import forecasting
from forecasting.engine.inputs import inputs
from forecasting.file.quantities import SORTS, put
from forecasting.judgement import Odds, Probability
from tests.random_cases import as_text, random_case


def network(seed):
    return forecasting.Network(forecasting.read(as_text(random_case(seed))))


def written(judgement):
    """An exact judgement as a person writes it."""
    if isinstance(judgement, Odds):
        return float(np.exp(judgement.log_median))
    return float(1 / (1 + np.exp(-judgement.logit_median)))


@pytest.mark.parametrize("seed", range(40))
def test_moving_an_input_is_what_an_overlay_of_its_path_does(seed):
    start = network(seed)
    rng = np.random.default_rng(seed)
    for one in inputs(start):
        assert one.sort in SORTS
        goal = one.at(rng.normal(0.0, 1.0))
        by_record = forecasting.Network(put(start.case, tuple(one.path.split(".")), goal))
        by_overlay = forecasting.Network(
            forecasting.override(start.case, {one.path: written(goal)})
        )
        try:
            wanted = by_overlay.posterior()
        except forecasting.InputError:  # evidence that the move made impossible
            continue
        assert by_record.posterior() == pytest.approx(wanted, rel=0, abs=1e-12)


def test_random_cases_have_every_sort_of_input():
    seen = {one.sort for seed in range(40) for one in inputs(network(seed))}
    assert seen == set(SORTS)


def test_an_input_shows_the_range_that_was_written():
    case = forecasting.read(
        "{case: rain, events: {rain: {base_rate: {low: 10%, best: 20%, high: 40%}},"
        " flood: {base_rate: 5%}}, links: [{from: rain, to: flood, lowers: {low: 2, high: 8}}]}"
    )
    rain, _, link = inputs(forecasting.Network(case))
    assert rain.best == pytest.approx(0.2)
    # The spread is that of the whole range, laid evenly around the best.
    assert rain.high / (1 - rain.high) / (rain.low / (1 - rain.low)) == pytest.approx(6.0)
    assert (link.low, link.best, link.high) == pytest.approx((2.0, 4.0, 8.0))


def test_a_base_rate_is_shown_for_the_window_of_the_network():
    case = forecasting.read(
        "{case: rain, as_of: 2021-01-01, resolve_by: 2023-01-01,"
        " events: {rain: {base_rate: {best: 20%, within: 12 months}}}}"
    )
    (rain,) = inputs(forecasting.Network(case))
    assert rain.best == pytest.approx(1 - 0.8**2)
    doubled = put(case, tuple(rain.path.split(".")), Probability.exactly(0.36))
    assert forecasting.Network(doubled).prior()["rain"] == pytest.approx(0.36)


def test_the_case_it_came_from_stays_as_it_was():
    start = network(3)
    before = start.case.digest, start.posterior()
    for one in inputs(start):
        put(start.case, tuple(one.path.split(".")), one.at(0.3))
    assert (start.case.digest, start.posterior()) == before


@pytest.mark.parametrize(
    ("within", "told"), [("24 months", ", over this window"), ("12 months", "")]
)
def test_a_part_of_a_base_rate_that_is_carried_over_says_so(within, told):
    """An overlay of its path states it for its own period."""
    rate = f"{{n: 80%, m: rest, within: {within}}}"
    states = f"kind: occurs, ordered: yes, states: [n, m], base_rate: {rate}"
    dates = "case: a, as_of: 2024-01-01, resolve_by: 2025-01-01"
    (one,) = inputs(
        forecasting.Network(forecasting.read(f"{{{dates}, events: {{e: {{{states}}}}}}}"))
    )
    assert one.title == f"base rate of “e: m” or higher{told}"
    assert one.best == pytest.approx(1 - 0.8**0.5 if told else 0.2)
