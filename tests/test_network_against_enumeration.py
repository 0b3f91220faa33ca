"""The package and the sum over all worlds agree on cases that neither was written for."""

from functools import cache
from itertools import product

import numpy as np
import pytest
from scipy.special import roots_hermitenorm

import forecasting
from forecasting.engine.draws import band
from tests.enumeration import Enumeration, weighted_quantile
from tests.random_cases import as_text, parents_of, random_case
from tests.stated_numbers import expected

# Adapter: the only lines that know how the package is called.


def network(text):
    return forecasting.Network(forecasting.read(text))


def forecast(text):
    return forecasting.run(forecasting.read(text))


# The cases.

SEEDS = range(100)


@cache
def pair(seed):
    """(package, oracle, case) of a random case."""
    case = random_case(seed)
    text = as_text(case)
    return network(text), Enumeration(text), case


def query(case, seed):
    """One or two events to set; a conditional event only together with its OTHER."""
    rng = np.random.default_rng([seed, 1])
    events = list(case["events"])
    chosen = {
        events[i]: ("no", "yes")[rng.integers(2)]
        for i in rng.permutation(len(events))[: rng.integers(1, 3)]
    }
    waiting = list(chosen)
    while waiting:
        other = case["events"][waiting.pop()].get("given")
        if other and chosen.get(other) != "yes":
            chosen[other] = "yes"
            waiting.append(other)
    return chosen


def close(found, wanted):
    assert found == pytest.approx(wanted, rel=0, abs=1e-9)


def features(seed):
    """What a random case exercises: name of the feature -> whether it occurs."""
    _, oracle, case = pair(seed)
    events, evidence = case["events"].values(), case["evidence"].values()
    family = {name: parents_of(case, name) for name in case["events"]}
    tables = [event["table"].values() for event in events if "table" in event]
    told = [report for item in evidence for report in item.get("reports", [])]
    tellers = [[report["source"] for report in item.get("reports", [])] for item in evidence]
    keys = [*events, *evidence, *told, *case["links"]]
    plain = ("given", "table", "now", "happened", "ruled_out", "chance", "likelihood_ratio")
    plain += ("hit", "says", "raises", "lowers", "odds")
    return {
        **{key: any(key in record for record in keys) for key in plain},
        **{
            status: any(item.get("status") == status for item in evidence)
            for status in ("confirmed", "absent", "pending")
        },
        "dated": "as_of" in case,
        "undated": "as_of" not in case,
        "within": any("within" in str(event.get("base_rate")) for event in events),
        "lasts": any(event.get("kind") == "lasts" for event in events),
        "a certain table": any(all(row in (0, 1) for row in rows) for rows in tables),
        "a chain": any(family[p] for parents in family.values() for p in parents),
        "dependent parents": any(
            set(family[p]) & set(parents) for parents in family.values() for p in parents
        ),
        "an event that happened": any(event in oracle.observed for event in case["events"]),
        "a source twice on one fact": any(len(set(t)) < len(t) for t in tellers),
        "two sources on one fact": any(len(set(t)) > 1 for t in tellers),
        "a source on two facts": any(sum(s in t for t in tellers) > 1 for s in case["sources"]),
        "a report not out yet": len(oracle.reports) < sum(len(set(t)) for t in tellers),
    }


def test_the_random_cases_use_every_feature():
    """Nothing below is vacuous."""
    found = [features(seed) for seed in SEEDS]
    count = {feature: sum(one[feature] for one in found) for feature in found[0]}
    assert min(count.values()) >= 5, count


@pytest.mark.parametrize("seed", SEEDS)
def test_prior(seed):
    """Prior marginals, and so intercepts: base rates hold whatever the links are."""
    package, oracle, _ = pair(seed)
    close(package.prior(), oracle.prior())


@pytest.mark.parametrize("seed", SEEDS)
def test_posterior(seed):
    """Events, facts and the soundness of sources, and the probability of all the evidence."""
    package, oracle, _ = pair(seed)
    events, facts, sources = oracle.everything()
    close(package.posterior(), events)
    close(package.facts(), facts)
    close(package.soundness(), sources)
    close(package.log_evidence(), oracle.log_evidence())


@pytest.mark.parametrize("seed", SEEDS)
def test_given(seed):
    """Seeing an event or two: everything else follows."""
    package, oracle, case = pair(seed)
    given = query(case, seed)
    if oracle.joint(given) == 0:
        with pytest.raises(forecasting.InputError):
            package.posterior(given=given)
        return
    events, facts, sources = oracle.everything(given)
    close(package.posterior(given=given), events)
    close(package.facts(given=given), facts)
    close(package.soundness(given=given), sources)
    close(package.log_evidence(given=given), oracle.log_evidence(given))


@pytest.mark.parametrize("seed", SEEDS)
def test_do(seed):
    """Making an event so: what spoke of it and of what follows from it is dropped."""
    package, _, case = pair(seed)
    do = query(case, seed + 5000)
    events, facts, sources = Enumeration(as_text(case), do=do).everything()
    close(package.posterior(do=do), events)
    close(package.facts(do=do), facts)
    close(package.soundness(do=do), sources)
    close(package.log_evidence(do=do), Enumeration(as_text(case), do=do).log_evidence())


@pytest.mark.parametrize("seed", SEEDS[::3])
def test_given_and_do_together(seed):
    """Make one event so and then see another."""
    package, _, case = pair(seed)
    do = query(case, seed + 5000)
    given = {event: s for event, s in query(case, seed + 9000).items() if event not in do}
    oracle = Enumeration(as_text(case), do=do)
    if oracle.joint(given) > 0:
        close(package.posterior(given=given, do=do), oracle.posterior(given))
        close(package.log_evidence(given=given, do=do), oracle.log_evidence(given))


@pytest.mark.parametrize("seed", SEEDS)
def test_joint(seed):
    """A conjunction of events, with and without conditions."""
    package, oracle, case = pair(seed)
    events = list(case["events"])
    for states in product(("yes", "no"), repeat=2):
        when = dict(zip(events, states, strict=False))
        close(package.joint(when), oracle.joint(when))
    if oracle.joint({events[-1]: "no"}) > 0:
        when, given = {events[0]: "yes", events[1]: "no"}, {events[-1]: "no"}
        close(package.joint(when, given=given), oracle.joint(when, given))


@pytest.mark.parametrize("seed", SEEDS[::5])
def test_scenarios(seed):
    """Named conjunctions, and the rest as something else."""
    _, oracle, case = pair(seed)
    wanted = {name: oracle.joint(s["when"]) for name, s in case["scenarios"].items()}
    wanted["something else"] = 1 - sum(wanted.values())
    close(forecast(as_text(case)).as_json()["scenarios"], wanted)


@pytest.mark.parametrize("seed", SEEDS[::5])
def test_the_forecast_as_json(seed):
    """What `run --format json` prints, base rates for the window of the case included."""
    _, oracle, case = pair(seed)
    found = forecast(as_text(case)).as_json()
    close(found["log_evidence"], oracle.log_evidence())
    close({e: row["prior"] for e, row in found["events"].items()}, oracle.prior())
    close({e: row["posterior"] for e, row in found["events"].items()}, oracle.posterior())
    for event, row in found["events"].items():
        if event in oracle.rates:
            m, s = oracle.rates[event]
            wanted = {"mean": expected(m, s), "logit_median": m, "logit_sd": s}
            close(row["base_rate"], wanted)
        else:
            assert row["base_rate"] is None


@pytest.mark.parametrize("seed", SEEDS[::5])
def test_an_earlier_date(seed):
    """As of an earlier day later evidence does not exist and windows are longer."""
    _, oracle, case = pair(seed)
    if oracle.as_of is None:
        return
    text = as_text(case)
    earlier = oracle.as_of.replace(year=oracle.as_of.year - 1, day=1)
    package = forecasting.Network(forecasting.read(text), as_of=earlier)
    back = Enumeration(text, as_of=earlier)
    close(package.prior(), back.prior())
    close(package.posterior(), back.posterior())
    close(package.log_evidence(), back.log_evidence())


IMPOSSIBLE = """
case: impossible
events: {outcome: {role: outcome, question: One, base_rate: 20%, happened: 2021-01-05}}
evidence: {seen: {bears_on: outcome, if_yes: 0, if_no: 30%, status: confirmed}}
"""


def test_impossible_evidence_is_an_error():
    """A sum of weights of exactly 0 is refused, not divided by."""
    assert Enumeration(IMPOSSIBLE).evidence()[0].sum() == 0
    with pytest.raises(forecasting.InputError):
        network(IMPOSSIBLE).posterior()


# The headline is exact: brute force over the uncertain numbers themselves.

LINKED = """
case: linked
events:
  driver: {role: driver, question: One, base_rate: {low: 20%, high: 45%}, now: 70%}
  outcome: {role: outcome, question: Two, base_rate: {low: 10%, high: 30%}}
links:
  - {from: driver, to: outcome, raises: {low: 2, high: 6}}
evidence:
  seen: {bears_on: outcome, if_yes: {low: 50%, high: 80%}, if_no: 20%, status: confirmed}
"""
REPORTED = """
case: reported
events:
  outcome: {role: outcome, question: One, base_rate: 20%}
sources: {one: {title: One}, two: {title: Two}}
evidence:
  seen:
    bears_on: outcome
    if_yes: {low: 50%, high: 80%}
    if_no: {low: 10%, high: 25%}
    reports: [{source: one, grade: C, hit: {low: 70%, high: 90%}, false: {low: 5%, high: 15%}}]
  denied:
    bears_on: outcome
    likelihood_ratio: 3
    reports: [{source: one, grade: C2, says: no}, {source: two, grade: B1}]
"""
SHARED = """
case: shared
events:
  outcome: {role: outcome, question: One, base_rate: 20%}
  other: {role: outcome, question: Two, base_rate: 40%}
sources: {one: {title: One}}
evidence:
  seen:
    bears_on: {outcome: {raises: {low: 2, high: 5}}, other: {lowers: {low: 1.5, high: 4}}}
    chance: {low: 20%, high: 40%}
    reports: [{source: one, grade: B2}]
  ratio: {bears_on: other, likelihood_ratio: {low: 1.5, high: 4}, status: absent}
"""


@pytest.mark.parametrize("text", [LINKED, REPORTED, SHARED])
def test_the_headline_is_the_average_over_all_settings_of_the_numbers(text):
    """Expected tables give what averaging P(event, evidence | numbers) over the numbers gives.

    The average is a Gauss-Hermite product rule over the four uncertain numbers at once.
    """
    oracle = Enumeration(text)
    assert len(oracle.uncertain()) == 4
    nodes, weights = roots_hermitenorm(18)
    z = np.array(list(product(nodes, repeat=4)))
    weight = np.prod(list(product(weights / weights.sum(), repeat=4)), axis=1)
    posterior, chance = oracle.at(z)
    weight = weight * chance
    average = {event: p @ weight / weight.sum() for event, p in posterior.items()}
    close(network(text).posterior(), average)
    assert max(p.std() for p in posterior.values()) > 0.01  # the settings do differ


@pytest.mark.parametrize("start", range(0, 1000, 50))
def test_cases_with_extremes(start):
    """A thousand of them: priors, posteriors and the probability of the evidence.

    All but certain base rates with something held now, counts of none, short periods asked over
    decades. A prior is compared by its odds, so that digits count on either side.
    """
    for seed in range(start, start + 50):
        text = as_text(random_case(seed, events=(2, 4), facts=(1, 3), sources=(1, 2), extreme=True))
        oracle, package = Enumeration(text), network(text)
        prior, posterior = oracle.prior(), oracle.posterior()
        for event in prior:
            no, yes = package.chances(event=event)
            assert yes == pytest.approx(prior[event], rel=1e-9, abs=1e-13), (seed, event)
            assert no == pytest.approx(oracle.prior_no()[event], rel=1e-9, abs=1e-13), event
        assert package.posterior() == pytest.approx(posterior, rel=0, abs=1e-9), seed
        assert package.log_evidence() == pytest.approx(oracle.log_evidence(), abs=1e-8), seed


# The band.

DRAWS, PLAIN = 4096, 20_000
BANDS = {
    **{f"random {seed}": (seed, {}) for seed in range(1000, 1006)},
    "linked": (LINKED, {}),
    "linked, given": (LINKED, {"given": {"outcome": "yes"}}),
    "linked, do": (LINKED, {"do": {"driver": "yes"}}),
    "reported": (REPORTED, {}),
    "shared": (SHARED, {}),
}


@cache
def both_bands(name):
    """(package, its query, its band, posterior of plain random settings, their weights)."""
    text, asked = BANDS[name]
    if isinstance(text, int):
        text = as_text(random_case(text, events=(3, 3), facts=(2, 2), sources=(1, 2)))
    package = network(text)
    oracle = Enumeration(text, do=asked.get("do"))
    plain = oracle.draws(PLAIN, np.random.default_rng(6), asked.get("given"))
    return package, asked, band(package, draws=DRAWS, seed=1, **asked), *plain


@pytest.mark.parametrize("name", BANDS)
@pytest.mark.parametrize(("end", "share"), [("low", 0.05), ("high", 0.95)])
def test_the_band_is_the_weighted_90_percent_of_the_settings(name, end, share):
    """Within five standard errors of both samples together, from twenty parts of ours."""
    _, _, found, posterior, weights = both_bands(name)
    for event, values in posterior.items():
        parts = [
            weighted_quantile(v, w, share)
            for v, w in zip(values.reshape(20, -1), weights.reshape(20, -1), strict=True)
        ]
        part = PLAIN / 20
        error = np.std(parts, ddof=1) * np.sqrt(part / PLAIN + part / DRAWS)
        wanted = weighted_quantile(values, weights, share)
        assert getattr(found, end)[event] == pytest.approx(wanted, abs=5 * error + 1e-9), event


@pytest.mark.parametrize("name", BANDS)
def test_the_band_averages_to_the_headline(name):
    """The mean of the draws is the exact posterior, within four standard errors.

    Every draw counts: the errors are those of so many plain draws of the posterior.
    """
    package, asked, found, values, weights = both_bands(name)
    assert found.draws == DRAWS
    for event, p in package.posterior(**asked).items():
        centre = np.average(values[event], weights=weights)
        deviation = np.sqrt(np.average((values[event] - centre) ** 2, weights=weights))
        error = deviation / np.sqrt(DRAWS)
        assert found.mean[event] == pytest.approx(p, abs=4 * error + 1e-12), event


def test_the_bands_compared_are_wide():
    """Nothing above is vacuous."""
    widths = [both_bands(name)[2].high["outcome"] - both_bands(name)[2].low["outcome"]
              for name in BANDS if "outcome" in both_bands(name)[2].low]  # fmt: skip
    assert len(widths) == 5
    assert sorted(widths)[1] > 0.05
