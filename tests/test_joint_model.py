"""Events of several states, and amounts, as a plain PyMC model: right, or caught when wrong."""

from math import log

import numpy as np
import pytest
from scipy.optimize import brentq
from scipy.special import expit, log_softmax, logit, softmax
from scipy.stats import norm

import forecasting
from forecasting.engine.network import Network
from forecasting.fit import audit
from forecasting.tell import tables, terminal
from tests.random_cases import as_text
from tests.random_states import random_states
from tests.test_audit import flood, of_beta

pm = pytest.importorskip("pymc")

STATES = """
case: states
as_of: 2021-09-15
resolve_by: 2022-03-15
events:
  war: {base_rate: {low: 10%, high: 40%}}
  tension:
    states: [calm, incidents, fighting]
    ordered: yes
    cuts: {serious: ">= incidents"}
    base_rate: {calm: 30%, incidents: 45%, fighting: rest, unsure: 3}
    now: {fighting: 40%}
  cabinet:
    states: [caretaker, inclusive, other]
    base_rate: {caretaker: {low: 40%, high: 80%}, inclusive: 12%, other: rest}
    now: {inclusive: 20%, other: 10%}
  leaves_first:
    states: [minister, envoy, none_yet]
    kind: first
    base_rate: {minister: {low: 10%, high: 40%}, envoy: 20%, none_yet: rest, within: 12 months}
  past: {states: [p, q], base_rate: {p: 30%, q: rest}, settled: {state: q, date: 2021-08-01}}
  deaths:
    quantity: {unit: deaths, whole: yes}
    base_rate: {low: 100, best: 240, high: 900, unsure: 2}
    cuts: {falls: "<= 116", rises: ">= 348", doubles: ">= 480"}
  mood:
    parents: [cabinet, deaths.rises]
    states: [good, bad]
    table:
      "caretaker, yes": [20%, 80%]
      "caretaker, no": {good: {low: 40%, high: 99%}, bad: rest}
      "inclusive, yes": {good: 0, otherwise: 100%}
      "inclusive, no": [70%, 30%]
      "other, yes": [10%, 90%]
      "other, no": [50%, 50%]
  deal: {given: tension.calm, base_rate: {low: 20%, high: 50%}}
links:
  - {from: tension.fighting, to: cabinet.other, raises: {low: 2, high: 6}}
  - {from: war.no, to: cabinet.inclusive, raises: 3}
  - {from: war, to: tension, raises: {low: 1.5, high: 4}}
  - {from: tension.serious, to: deaths, raises: 2}
  - {from: war, to: deaths.falls, raises: 2}
  - {from: deaths.rises, to: leaves_first.minister, raises: 4}
  - {from: deaths.doubles, to: leaves_first.minister, raises: 2}
  - {from: mood.good, to: deal, raises: 2}
sources: {envoy: {}, press: {}}
evidence:
  hundred:
    {bears_on: deaths, status: confirmed,
     if: {falls: 5%, doubles: {low: 40%, high: 90%}, otherwise: 20%}}
  named:
    {bears_on: cabinet.inclusive, if_yes: {low: 50%, high: 90%}, if_no: 10%,
     reports: [{source: envoy, grade: B2}, {source: press, grade: C3, says: no}]}
  quiet:
    {bears_on: tension, if: {calm: 80%, otherwise: 30%}, reports: [{source: press, grade: C2}]}
  letter: {bears_on: mood.bad, likelihood_ratio: {low: 2, high: 5}, status: confirmed}
  visit:
    {bears_on: {deal: {raises: {low: 2, high: 4}}, leaves_first.envoy: {lowers: 2}},
     chance: {low: 20%, high: 50%}, reports: [{source: press, grade: C3}]}
"""


def read(text=STATES):
    return forecasting.read(text)


# How the model is written.


def test_variables_are_named_after_events_states_and_cuts():
    model = audit.build(read())
    kinds = {v.name: v.owner.op.name for v in model.basic_RVs}
    several = {"tension", "cabinet", "leaves_first", "past", "deaths", "mood"}
    assert {name for name, kind in kinds.items() if kind == "categorical"} == several
    assert {v.name for v in model.observed_RVs} == {"past", "hundred", "letter"}
    assert {v.name for v in model.deterministics} == {
        name.replace(".", "__") for name in Network(read()).names if "." in name
    }
    named = audit.variables(read())
    assert [*named] == [*Network(read()).names]
    assert (named["war"], named["deaths.doubles"]) == ("war", "deaths__doubles")
    numbers = {name for name, kind in kinds.items() if kind == "normal"}
    assert numbers >= {
        "tension__unsure", "cabinet__base_caretaker", "tension__fighting__cabinet__other",
        "mood__if_caretaker_no_good", "hundred__if_doubles", "deal__visit",
    }  # fmt: skip


def test_log_probability_of_states_is_the_product_written_out():
    """One driver, three states, a fact: every factor by hand, at every world."""
    case = read("""
case: tiny
events:
  driver: {role: driver, base_rate: 40%}
  sky:
    states: [clear, cloudy, storm]
    base_rate: {clear: {low: 30%, high: 60%}, cloudy: 30%, storm: rest}
    now: {storm: 50%}
links: [{from: driver, to: sky.storm, raises: 3}]
evidence:
  wet: {bears_on: sky, if: {storm: 90%, cloudy: 30%, otherwise: 5%}, status: confirmed}
""")
    median = (logit(0.3) + logit(0.6)) / 2
    spread = (logit(0.6) - logit(0.3)) / (2 * norm.ppf(0.95))
    z, step = np.linspace(-8, 8, 2001, retstep=True)
    weight = norm.pdf(z) * step
    mean = weight @ expit(median + spread * z)
    goal = np.array([mean, 0.3, 0.7 - mean])
    noise = np.stack([spread * z, 0 * z, 0 * z], axis=1)

    def off(b):
        rows = [softmax(noise + np.array([*b, log(m)]), axis=1) for m in (1, 3)]
        return (0.6 * weight @ rows[0] + 0.4 * weight @ rows[1] - goal)[:2]

    b = np.zeros(2)
    for _ in range(50):
        slope = [(off(b + h) - off(b - h)) / 2e-5 for h in (np.array([1e-5, 0]), [0, 1e-5])]
        b = b - np.linalg.solve(np.transpose(slope), off(b))
    logp = audit.build(case).compile_logp()
    base = b[0] + 0.4
    for driver, sky in np.ndindex(2, 3):
        hand = norm.logpdf(base, b[0], spread) + log(0.4 if driver else 0.6)
        hand += log_softmax([base, b[1], log(3) * driver])[sky]
        hand += log(0.5 / goal[2] if sky == 2 else 0.5 / (1 - goal[2]))
        hand += log((0.05, 0.3, 0.9)[sky])
        # The engine's storm has the intercept 0 too.
        point = {"sky__base_clear": base, "driver": driver, "sky": sky}
        found = float(logp({name: np.array(x) for name, x in point.items()}))
        assert found == pytest.approx(hand, abs=1e-7), (driver, sky)


def test_log_probability_of_an_amount_is_the_product_written_out():
    """Cells between two cuts, moved by a driver and by how unsure all steps are."""
    case = read("""
case: tiny
events:
  driver: {role: driver, base_rate: 40%}
  deaths:
    quantity: {unit: deaths, scale: log}
    base_rate: {low: 100, best: 240, high: 900, unsure: 2}
    cuts: {few: "< 150", many: "> 500"}
links: [{from: driver, to: deaths.few, raises: 3}]
""")
    z90 = norm.ppf(0.95)
    scores = [log(150 / 240) / (log(240 / 100) / z90), log(500 / 240) / (log(900 / 240) / z90)]
    spread = log(2) / z90
    z, step = np.linspace(-8, 8, 2001, retstep=True)
    weight = norm.pdf(z) * step

    def above(c, driver):
        return weight @ expit(c - log(3) * driver + spread * z)

    steps = [
        brentq(lambda c, q=q: 0.4 * above(c, 1) + 0.6 * above(c, 0) - norm.sf(q), -9, 9, xtol=1e-13)
        for q in scores
    ]
    logp = audit.build(case).compile_logp()
    both = 0.3
    for driver, cell in np.ndindex(2, 3):
        least = np.array([1, *expit(np.array(steps) - log(3) * driver + both), 0])
        hand = norm.logpdf(both, 0, spread) + log(0.4 if driver else 0.6)
        hand += log(least[cell] - least[cell + 1])
        point = {"deaths__unsure": both, "driver": driver, "deaths": cell}
        found = float(logp({name: np.array(x) for name, x in point.items()}))
        assert found == pytest.approx(hand, abs=1e-8), (driver, cell)


# The verdict.


@pytest.fixture(scope="module")
def audited():
    return audit.audit(read(), draws=100_000)


def test_a_case_of_every_type_agrees(audited, capsys):
    assert audited.agrees, audited.events
    names = [row.name for row in audited.rows]
    assert names == [*Network(read()).names]
    assert max(row.error for row in audited.rows) < 0.003
    settled = audited.rows[names.index("past.q")]
    assert (settled.exact, settled.sampled, settled.error) == (1.0, 1.0, 0.0)
    assert "events, states and cuts agree" in audited.verdict
    terminal.show(tables.audit(audited))
    told = capsys.readouterr().out  # what is long is wrapped within its column
    assert "deaths: at least 480" in told
    assert "deaths (doubles)" in told


WRONG = {
    "a base rate": ("envoy: 20%", "envoy: 26%", "leaves_first.envoy"),
    "a cut, and which way it is moved": ("to: deaths.falls", "to: deaths", "deaths.rises"),
    "what a fact speaks of": ("{calm: 80%, other", "{incidents: 80%, other", "tension.calm"),
}


@pytest.mark.parametrize("mistake", WRONG)
def test_a_mistake_in_one_number_is_found(mistake):
    """The model of a case with one thing changed does not pass for the case."""
    right, wrong, name = WRONG[mistake]
    assert STATES.count(right) == 1
    model = audit.build(read(STATES.replace(right, wrong)))
    result = audit.audit(read(), model=model, draws=40_000)
    assert name in {row.name for row in result.rows if row.verdict == "differs"}, result.events


def test_a_wrong_intercept_is_found(monkeypatch):
    right = Network.intercepts

    def wrong(self):
        events, facts = right(self)
        return {**events, "deaths": [c + 0.2 for c in events["deaths"]]}, facts

    monkeypatch.setattr(Network, "intercepts", wrong)
    result = audit.audit(read(), draws=40_000)
    assert "deaths.rises" in {row.name for row in result.rows if row.verdict == "differs"}


@pytest.mark.parametrize("seed", [300, 304])
def test_random_cases_of_every_type_agree(seed):
    data, _ = random_states(seed)
    result = audit.audit(read(as_text(data)), draws=60_000)
    assert result.agrees, (result.verdict, result.events)


# What was stated, drawn itself.


def test_counts_of_several_states_are_drawn_as_a_dirichlet():
    """One state against all others is a Beta, which its links alone move."""
    case = read("""
case: counted
events:
  rain: {role: driver, base_rate: 5%, happened: 2021-01-01}
  sky: {states: [clear, cloudy, storm], base_rate: {seen: {clear: 0, cloudy: 1, storm: 0}}}
  boat: {base_rate: 30%}
links:
  - {from: rain, to: sky.storm, raises: 15}
  - {from: sky.storm, to: boat, lowers: 8}
""")
    model = audit.build(case, stated=True)
    assert model["sky__base"].owner.op.name == "dirichlet"
    found = audit.audit(case, draws=150_000)
    assert found.agrees
    values, weights = of_beta(0.5, 2)
    right = flood(values, weights, 0.05, 15)
    rows = {row.name: row for row in found.stand_ins.rows}
    assert abs(rows["sky.storm"].sampled - right) < 4 * rows["sky.storm"].error + 0.0005 < 0.01
    calm = (1 - right) / 4  # the others keep their proportions: 1/2 and 3/2 in 2
    assert abs(rows["sky.clear"].sampled - calm) < 4 * rows["sky.clear"].error + 0.0005 < 0.01
    # What follows hangs on the storm as it was stated: its prior is 20%, and the boat's 30%.
    b = brentq(lambda b: 0.2 * expit(b - log(8)) + 0.8 * expit(b) - 0.3, -9, 9)
    boat = right * expit(b - log(8)) + (1 - right) * expit(b)
    assert abs(rows["boat"].sampled - boat) < 4 * rows["boat"].error + 0.0005 < 0.01
    assert "sky.storm" in {row.name for row in found.stand_ins.moved}


def test_where_no_link_moves_the_counts_of_states_nothing_is_drawn_twice():
    case = read("""
case: counted
events:
  sky: {states: [clear, cloudy, storm], base_rate: {seen: {clear: 0, cloudy: 1, storm: 0}}}
  boat: {base_rate: 30%}
links: [{from: sky.storm, to: boat, lowers: 8}]
""")
    assert audit.audit(case, draws=20_000).stand_ins is None
