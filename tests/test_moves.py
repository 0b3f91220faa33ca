"""Many moves solved together give what each moved case gives alone."""

import numpy as np
import pytest

import forecasting
from forecasting.engine.draws import band
from forecasting.engine.inputs import inputs
from forecasting.file.quantities import put
from tests.enumeration import Enumeration
from tests.random_cases import as_text, random_case


def some_moves(network, rng):
    """Each input moved alone, exactly or with a spread; and some moved together."""
    every = inputs(network)
    single = [{one.path: one.at(rng.normal(), rng.choice([0.0, 0.7]))} for one in every]
    several = [
        {one.path: one.at(rng.normal()) for one in every if rng.random() < 0.4} for _ in range(4)
    ]
    return [*single, *several, {}]


def alone(case, move):
    for path, judgement in move.items():
        case = put(case, tuple(path.split(".")), judgement)
    return forecasting.Network(case)


@pytest.mark.parametrize("seed", range(60))
def test_each_column_is_the_network_of_the_moved_case(seed):
    network = forecasting.Network(forecasting.read(as_text(random_case(seed))))
    rng = np.random.default_rng(seed)
    moves = some_moves(network, rng)
    setting = {network.event_names[rng.integers(len(network.event_names))]: "yes"}
    for given, do in (({}, {}), (setting, {}), ({}, setting)):
        try:
            solved = network.moved(moves, given, do)
        except forecasting.InputError:  # what is made so needs its condition
            continue
        for column, move in enumerate(moves):
            one = alone(network.case, move)
            assert solved.prior[:, column] == pytest.approx(list(one.prior().values()), abs=1e-12)
            try:
                wanted = one.posterior(given, do)
            except forecasting.InputError:
                assert np.isnan(solved.posterior[:, column]).all()
                continue
            assert solved.posterior[:, column] == pytest.approx(list(wanted.values()), abs=1e-11)
            assert solved.log_evidence[column] == pytest.approx(
                one.log_evidence(given, do), abs=1e-10
            )


def test_it_agrees_with_the_sum_over_all_worlds():
    """Base rate, now, link and likelihood of a case whose source reports twice."""
    text = """
    case: rain
    events:
      clouds: {{role: driver, base_rate: {clouds}, now: {now}}}
      rain: {{base_rate: 20%}}
    links: [{{from: clouds, to: rain, raises: {raises}}}]
    sources: {{aunt: {{}}}}
    evidence:
      wet: {{bears_on: rain, if_yes: {if_yes}, if_no: 10%, reports: [{{source: aunt, grade: C3}}]}}
      umbrella: {{bears_on: rain, if_yes: 70%, if_no: 30%,
                  reports: [{{source: aunt, grade: C2}}]}}
    """
    start = {"clouds": 0.4, "now": 0.7, "raises": 3.0, "if_yes": 0.9}
    path = {
        "clouds": "events.clouds.base_rate",
        "now": "events.clouds.now",
        "raises": "links.clouds.rain.raises",
        "if_yes": "evidence.wet.if_yes",
    }
    goal = {"clouds": 0.15, "now": 0.35, "raises": 1.2, "if_yes": 0.55}
    network = forecasting.Network(forecasting.read(text.format(**start)))
    by_path = {one.path: one for one in inputs(network)}
    scale = {
        name: np.log(p) if name == "raises" else np.log(p / (1 - p)) for name, p in goal.items()
    }
    moves = [{path[name]: by_path[path[name]].at(scale[name])} for name in goal]
    found = network.moved(moves).of("rain")
    for name, p in zip(goal, found, strict=True):
        wanted = Enumeration(text.format(**{**start, name: goal[name]})).posterior()["rain"]
        assert p == pytest.approx(wanted, abs=1e-12)
        assert abs(p - network.posterior()["rain"]) > 1e-4


def test_the_network_it_came_from_stays_as_it_was():
    network = forecasting.Network(forecasting.read(as_text(random_case(5))))
    before = network.posterior(), network.soundness(), band(network, 64).low
    network.moved(some_moves(network, np.random.default_rng(1)))
    assert (network.posterior(), network.soundness(), band(network, 64).low) == before


def test_no_moves_give_an_empty_answer():
    network = forecasting.Network(forecasting.read(as_text(random_case(5))))
    assert network.moved([]).posterior.shape == (len(network.event_names), 0)
