"""The package and the sum over all worlds agree on cases with events of every type.

Sixty random cases in every run; a thousand in every question, cases with extremes and bands are
marked slow.

With ``-m slow`` there are 200 of them in every question, or as many as ``FORECASTING_CASES`` says.
"""

from functools import cache

import numpy as np
import pytest

import forecasting
from forecasting.engine.draws import band
from tests.enumeration import Enumeration, weighted_quantile
from tests.enumeration_of_amounts import quantiles, quantiles_at
from tests.random_cases import as_text, how_many
from tests.random_states import random_setting, random_states

SEEDS = range(60)

# A thousand take some ten minutes.
CASES = how_many(200)
TOLERANCE = 1e-10

# Adapter: the only lines that know how the package is called.


def network(text, **dates):
    return forecasting.Network(forecasting.read(text), **dates)


def forecast(text, **asked):
    return forecasting.run(forecasting.read(text), **asked).as_json()


# The cases.


written = cache(random_states)


@cache
def trio(seed):
    """(package, oracle, case) of a random case."""
    case, oracle = written(seed)
    return network(as_text(case)), oracle, case


def close(found, wanted):
    assert found == pytest.approx(wanted, rel=0, abs=TOLERANCE)


def features(seed):
    """What a random case exercises: name of the feature -> whether it occurs."""
    case, oracle = written(seed)
    events, evidence = case["events"].values(), case["evidence"].values()
    amounts, links = oracle.amounts.values(), case["links"]
    pairs = [(link["from"].split(".")[0], link["to"]) for link in links]
    of_states = [event for event in events if "states" in event]
    many = [event for event in events if "states" in event or "quantity" in event]
    return {
        "which of several": any("ordered" not in event for event in of_states),
        "ordered": any("ordered" in event for event in of_states),
        "a quantity": bool(oracle.amounts),
        "whole amounts": any(one.whole for one in amounts),
        "a linear scale": any(not one.log for one in amounts),
        "quantiles": any("quantiles" in event.get("base_rate", {}) for event in many),
        "cuts that meet": any(len(one.ends) < len(one.cuts) for one in amounts),
        "unsure": any("unsure" in event.get("base_rate", {}) for event in many),
        "counts of states": any("seen" in event.get("base_rate", {}) for event in of_states),
        "what comes first, rescaled": any(
            event.get("kind") == "first" and "within" in event["base_rate"] for event in events
        ),
        "the highest level by a date": any(
            "ordered" in event and event.get("kind") == "occurs" for event in of_states
        ),
        "a date of its own": any("resolve_by" in event for event in events),
        "held by proposition": any("now" in event for event in many),
        "settled": any("settled" in event for event in many),
        "an amount known": bool(oracle.values),
        "given a proposition": any("." in event.get("given", "") for event in events),
        "a table of states": any("table" in event for event in of_states),
        "a link to a state": any("." in to for _, to in pairs),
        "a link to a cut": any(to.split(".")[0] in oracle.amounts and "." in to for _, to in pairs),
        "two links of one parent": len(set(pairs)) < len(pairs),
        "a fact by proposition": any("if" in item for item in evidence),
        "a fact about several": any("chance" in item for item in evidence),
        "a denial": "'says': 'no'" in str(case),
        "two sources": len(case["sources"]) > 1,
    }


def test_the_random_cases_use_every_feature():
    """Nothing below is vacuous."""
    found = [features(seed) for seed in SEEDS]
    count = {feature: sum(one[feature] for one in found) for feature in found[0]}
    assert min(count.values()) >= 3, count


def compare_prior(seed):
    """Every state and cut; so intercepts hold whatever the links are."""
    package, oracle, _ = trio(seed)
    close(package.prior(), oracle.prior())


def compare_posterior(seed):
    """Events, facts and the soundness of sources, and the probability of all the evidence."""
    package, oracle, _ = trio(seed)
    events, facts, sources = oracle.everything()
    close(package.posterior(), events)
    close(package.facts(), facts)
    close(package.soundness(), sources)
    close(package.log_evidence(), oracle.log_evidence())


def compare_given(seed):
    """Seeing a state, a cut or an amount or two: everything else follows."""
    package, oracle, case = trio(seed)
    given = random_setting(case, oracle, seed)
    if oracle.joint(given) == 0:
        with pytest.raises(forecasting.InputError):
            package.posterior(given=given)
        return
    events, facts, sources = oracle.everything(given)
    close(package.posterior(given=given), events)
    close(package.facts(given=given), facts)
    close(package.soundness(given=given), sources)
    close(package.log_evidence(given=given), oracle.log_evidence(given))


def compare_do(seed):
    """Making a state or an amount so: what spoke of it and of what follows is dropped."""
    package, oracle, case = trio(seed)
    do = random_setting(case, oracle, seed + 5000, make=True)
    made = Enumeration(as_text(case), do=do)
    events, facts, sources = made.everything()
    close(package.posterior(do=do), events)
    close(package.facts(do=do), facts)
    close(package.soundness(do=do), sources)
    close(package.log_evidence(do=do), made.log_evidence())


def compare_joint(seed):
    """Scenarios as the file puts them, and any two things together."""
    package, oracle, case = trio(seed)
    asked = [scenario["when"] for scenario in case["scenarios"].values()]
    asked += [random_setting(case, oracle, seed + 9000 + i) for i in range(3)]
    for when in asked:
        close(package.joint(when), oracle.joint(when))


QUESTIONS = [compare_prior, compare_posterior, compare_given, compare_do, compare_joint]


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("question", QUESTIONS)
def test_the_package_agrees(question, seed):
    question(seed)


@pytest.mark.slow
@pytest.mark.parametrize("start", range(60, CASES, 20))
def test_many_more_cases_agree(start):
    """In every question; the seed that fails is the last one named."""
    for seed in range(start, start + 20):
        for question in QUESTIONS:
            print(question.__name__, seed)
            question(seed)
        trio.cache_clear()
        written.cache_clear()


@pytest.mark.slow
@pytest.mark.parametrize("start", range(0, int(0.3 * CASES), 20))
def test_cases_with_extremes(start):
    """Means of one in a thousand million beside wide ranges, links of a hundred to one."""
    for seed in range(start, start + 20):
        print(seed)
        case, oracle = random_states(seed, events=(2, 4), facts=(1, 3), extreme=True)
        package = network(as_text(case))
        assert package.prior() == pytest.approx(oracle.prior(), rel=0, abs=1e-9)
        assert package.posterior() == pytest.approx(oracle.posterior(), rel=0, abs=1e-8)
        assert package.log_evidence() == pytest.approx(oracle.log_evidence(), rel=0, abs=1e-8)


@pytest.mark.parametrize("seed", SEEDS[::6])
def test_an_earlier_date(seed):
    """As of an earlier day later evidence does not exist and windows are longer."""
    _, oracle, case = trio(seed)
    if oracle.as_of is None:
        return
    earlier = oracle.as_of.replace(year=oracle.as_of.year - 1, day=1)
    package = network(as_text(case), as_of=earlier)
    back = Enumeration(as_text(case), as_of=earlier)
    close(package.prior(), back.prior())
    close(package.posterior(), back.posterior())
    close(package.log_evidence(), back.log_evidence())


@pytest.mark.parametrize("seed", SEEDS[::3])
def test_the_forecast_as_json(seed):
    """States, cuts, quantiles, base rates and scenarios, as `run --format json` prints them."""
    _, oracle, case = trio(seed)
    found = forecast(as_text(case), draws=16)
    prior, posterior = oracle.prior(), oracle.posterior()
    close(found["log_evidence"], oracle.log_evidence())
    scenarios = {name: oracle.joint(one["when"]) for name, one in case["scenarios"].items()}
    scenarios["something else"] = 1 - sum(scenarios.values())
    close(found["scenarios"], scenarios)
    for name, event in case["events"].items():
        row = found["events"][name]
        if "states" not in event and "quantity" not in event:
            close([row["prior"], row["posterior"]], [prior[name], posterior[name]])
            continue
        told = {**row.get("states", {}), **row.get("cuts", {})}
        assert set(told) == set(oracle.masks[name])
        assert ("states" in row, "quantiles" in row) == ("states" in event, "quantity" in event)
        for what, numbers in told.items():
            key = f"{name}.{what}"
            close([numbers["prior"], numbers["posterior"]], [prior[key], posterior[key]])
        if "base_rate" in event and "states" in event:
            means = dict(zip(event["states"], oracle.means[name], strict=True))
            close({state: one["mean"] for state, one in row["base_rate"].items()}, means)
        if name in oracle.amounts:
            for when, points in zip(("prior", "posterior"), quantiles(oracle, name), strict=True):
                assert row["quantiles"][when] == pytest.approx(points, rel=1e-8, abs=1e-8), when


# The band: seeds whose cases have events of several types, and few enough worlds to draw.

DRAWS, PLAIN = 4096, 20_000
DRAWN = [4, 10, 12, 27]


@cache
def drawn(seed):
    """(oracle, case, plain random settings, posterior of each, its weight)."""
    case, oracle = random_states(seed, events=(2, 3), facts=(1, 2), sources=(1, 1))
    rng = np.random.default_rng(6)
    z = rng.standard_normal((PLAIN, len(oracle.uncertain())))
    posterior, weights = oracle.draws(PLAIN, np.random.default_rng(6))
    return oracle, case, z, posterior, weights


def error_and_quantile(values, weights, share):
    """A weighted quantile, and its standard error and ours together, from twenty parts."""
    parts = [
        weighted_quantile(v, w, share)
        for v, w in zip(values.reshape(20, -1), weights.reshape(20, -1), strict=True)
    ]
    part = PLAIN / 20
    error = np.std(parts, ddof=1) * np.sqrt(part / PLAIN + part / DRAWS)
    return error, weighted_quantile(values, weights, share)


@pytest.mark.slow
@pytest.mark.parametrize("seed", DRAWN)
def test_the_band_is_the_weighted_90_percent_of_the_settings(seed):
    """Of every yes/no event, state and cut, within five standard errors."""
    _, case, _, posterior, weights = drawn(seed)
    found = band(network(as_text(case)), draws=DRAWS, seed=1)
    for key, values in posterior.items():
        for end, share in (("low", 0.05), ("high", 0.95)):
            error, wanted = error_and_quantile(values, weights, share)
            assert getattr(found, end)[key] == pytest.approx(wanted, abs=5 * error + 1e-9), key


@pytest.mark.slow
@pytest.mark.parametrize("seed", DRAWN)
def test_the_band_of_a_quantile_is_that_of_the_drawn_quantile(seed):
    """The 5 and 95% points over the settings of each point of a quantity."""
    oracle, case, z, _, weights = drawn(seed)
    found = forecast(as_text(case), draws=DRAWS)
    for name in oracle.amounts:
        parts = [quantiles_at(oracle, name, part) for part in np.split(z, 20)]
        for level in parts[0]:
            values = np.concatenate([part[level] for part in parts])
            for end, tail in (("low", 0.05), ("high", 0.95)):
                error, wanted = error_and_quantile(values, weights, tail)
                got = found["events"][name]["quantiles"][end][level]
                assert got == pytest.approx(wanted, rel=1e-4, abs=5 * error), (name, level)


@pytest.mark.slow
def test_the_bands_compared_are_wide():
    """Nothing above is vacuous: every type of event is drawn, and its draws differ."""
    spread = [np.ptp(values) for seed in DRAWN for values in drawn(seed)[3].values()]
    assert np.median(spread) > 0.02
    assert any(drawn(seed)[0].amounts for seed in DRAWN)
    assert any("states" in event for seed in DRAWN for event in drawn(seed)[1]["events"].values())
