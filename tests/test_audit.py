"""The whole network as a plain PyMC model: written right, and caught when wrong."""

import json
import subprocess
import sys
import time
from datetime import date
from math import log

import numpy as np
import pytest
from scipy.optimize import brentq
from scipy.special import betaln, expit, log_expit, logit
from scipy.stats import norm

import forecasting
from forecasting import extras
from forecasting.answer.forecast import run
from forecasting.cli import main
from forecasting.engine import run as engine_run
from forecasting.engine.network import Network
from forecasting.fit import audit
from forecasting.report import provenance
from forecasting.tell import tables, terminal
from tests.random_cases import as_text, random_case

pm = pytest.importorskip("pymc")

FIRST = "priors/first_case.yaml"

EVERYTHING = """
case: everything
as_of: 2021-09-15
resolve_by: 2022-03-15
events:
  war: {base_rate: {low: 10%, high: 40%, within: 12 months}}
  talks: {role: driver, kind: state, base_rate: {low: 30%, high: 60%}, now: 70%}
  deal: {given: talks, base_rate: {low: 5%, high: 30%}}
  trade:
    parents: [war, talks]
    table: {"yes, yes": 30%, "yes, no": {low: 5%, high: 20%}, "no, yes": 1, "no, no": 60%}
  relief: {base_rate: 20%, now: 30%, happened: 2021-08-01}
links:
  - {from: talks, to: war, lowers: {low: 1.5, high: 4}}
  - {from: war, to: deal, if_yes: 10%, if_no: 30%}
sources: {envoy: {title: Envoy}, press: {title: Press}}
evidence:
  troops: {bears_on: war, if_yes: {low: 50%, high: 90%}, if_no: 30%,
           reports: [{source: envoy, grade: B2}, {source: press, grade: C3, says: no}]}
  letter: {bears_on: talks, likelihood_ratio: {low: 2, high: 5}, status: confirmed}
  visit: {bears_on: {deal: {raises: {low: 2, high: 4}}, war: {lowers: 2}},
          chance: {low: 20%, high: 50%}, reports: [{source: press, grade: C3}]}
  leak: {bears_on: deal, if_yes: 40%, if_no: 10%,
         reports: [{source: press, grade: C, hit: {low: 60%, high: 90%}, false: 5%}]}
  denial: {bears_on: war, if_yes: 20%, if_no: 40%, status: absent}
  signal: {bears_on: war, if_yes: 50%, if_no: 10%, status: pending}
  later: {bears_on: war, if_yes: 50%, if_no: 10%, date: 2021-12-01, status: confirmed}
"""


def read(text):
    return forecasting.read(text)


# How the model is written.


def test_the_graph_that_pymc_draws_has_the_links_of_the_case():
    drawn = pm.model_to_mermaid(audit.build(forecasting.load(FIRST)))
    edges = {tuple(line.split(" --> ")) for line in drawn.splitlines() if " --> " in line}
    between_events = {(a, b) for a, b in edges if "__" not in a + b}
    assert between_events == {
        ("high_water", "bridge_closed"),
        ("repairs_done", "bridge_closed"),
        ("high_water", "river_high_in_november"),
        ("bridge_closed", "cracks_in_the_pier"),
        ("bridge_closed", "council_budgets_salt_only"),
    }
    assert {a for a, b in edges if b == "ferryman__reports"} == {
        "ferryman__sound", "river_high_in_november", "cracks_in_the_pier",
    }  # fmt: skip


def test_variables_are_named_after_the_case():
    model = audit.build(read(EVERYTHING))
    bernoulli = {"war", "talks", "deal", "trade", "relief", "envoy__sound", "press__sound"}
    bernoulli |= {"troops", "letter", "visit", "leak", "denial", "signal"}
    normal = {"war__base", "talks__base", "deal__base", "trade__if_yes_no", "talks__war"}
    normal |= {"troops__if_yes", "letter__ratio", "visit__chance", "deal__visit"}
    normal |= {"leak__press__hit"}
    potentials = {"talks__now", "envoy__reports", "press__reports"}
    assert set(model.named_vars) == bernoulli | normal | potentials
    assert {v.name for v in model.observed_RVs} == {"relief", "letter", "denial"}
    assert {v.name for v in model.potentials} == potentials
    kinds = {v.name: v.owner.op.name for v in model.basic_RVs}
    assert kinds == {**dict.fromkeys(bernoulli, "bernoulli"), **dict.fromkeys(normal, "normal")}


def test_what_becomes_known_later_enters_later():
    model = audit.build(read(EVERYTHING), as_of="2022-01-01")
    assert "later" in {v.name for v in model.observed_RVs}
    model = audit.build(read(EVERYTHING), as_of="2021-07-01")
    assert "relief" not in {v.name for v in model.observed_RVs}


def test_a_source_that_contradicts_itself_on_one_day_enters_the_model_with_nothing():
    said = "reports: [{source: envoy, grade: B2}, {source: envoy, grade: B2, says: no}]"
    case = read(f"""
case: contradiction
events: {{war: {{base_rate: 30%}}}}
sources: {{envoy: {{}}}}
evidence: {{troops: {{bears_on: war, if_yes: 80%, if_no: 20%, {said}}}}}
""")
    assert "envoy__reports" not in audit.build(case).named_vars


def test_names_that_others_have_are_changed():
    """An event named like a link's number, a fact like an event, an event like an axis of ArviZ."""
    case = read("""
case: clash
events:
  a__b: {base_rate: 30%}
  a: {base_rate: 30%}
  b: {base_rate: 30%}
  chain: {base_rate: 30%}
links: [{from: a, to: b, raises: {low: 2, high: 4}}]
evidence: {a: {bears_on: b, if_yes: 60%, if_no: 30%, status: pending}}
""")
    assert audit.variables(case) == {"a__b": "a__b", "a": "a", "b": "b", "chain": "chain_2"}
    model = audit.build(case)
    assert set(model.named_vars) == {"a__b", "a", "b", "chain_2", "a__b_2", "a_2"}
    assert audit.audit(case, draws=50_000).agrees


def test_log_probability_is_the_product_written_out():
    """One driver, one outcome, one fact, one source: every factor by hand, at every state."""
    case = read("""
case: tiny
events:
  driver: {role: driver, base_rate: {low: 20%, high: 50%}, now: 60%}
  outcome: {base_rate: 20%}
links: [{from: driver, to: outcome, raises: 3}]
sources: {press: {title: Press}}
evidence:
  fact: {bears_on: outcome, if_yes: 80%, if_no: 30%, reports: [{source: press, grade: B2}]}
""")
    median = (logit(0.2) + logit(0.5)) / 2
    spread = (logit(0.5) - logit(0.2)) / (2 * 1.6448536269514722)
    grid = np.linspace(-8, 8, 4001)
    driver = expit(median + spread * grid) @ norm.pdf(grid) * (grid[1] - grid[0])
    b = brentq(lambda b: driver * expit(b + log(3)) + (1 - driver) * expit(b) - 0.2, -9, 9)
    seen = 0.2 * 0.8 + 0.8 * 0.3  # 40%, the fact's prior
    strength = (0.85 / 0.15) / (0.4 / 0.6)
    told = seen * strength + 1 - seen
    logp = audit.build(case).compile_logp()
    base = -0.7
    for state in np.ndindex(2, 2, 2, 2):
        d, o, f, s = state
        hand = norm.logpdf(base, median, spread)
        hand += log_expit(base if d else -base) + log(0.6 / driver if d else 0.4 / (1 - driver))
        hand += log_expit((1 if o else -1) * (b + log(3) * d))
        if_seen = 0.8 if o else 0.3
        hand += log(if_seen if f else 1 - if_seen)
        hand += log(0.85 if s else 0.15)
        hand += log((strength if f else 1) / told) if s else 0.0  # one report: kappa is 1
        point = {"driver__base": np.array(base)}
        names = ("driver", "outcome", "fact", "press__sound")
        point |= {name: np.array(x) for name, x in zip(names, state, strict=True)}
        assert float(logp(point)) == pytest.approx(hand, abs=1e-9), state


def test_the_model_can_be_sampled_by_pymc_itself():
    with audit.build(forecasting.load(FIRST)):
        trace = pm.sample(
            100, tune=100, chains=2, cores=1, random_seed=1, progressbar=False, quiet=True
        )
    yes = trace["posterior"].dataset["bridge_closed"]
    assert yes.shape == (2, 100)
    assert 0.1 < float(yes.mean()) < 0.5  # exact 0.27


def test_the_model_can_be_drawn():
    pytest.importorskip("graphviz")
    graph = pm.model_to_graphviz(audit.build(forecasting.load(FIRST)))
    assert "bridge_closed" in graph.source


def test_dates_in_the_wrong_order_are_refused():
    with pytest.raises(forecasting.InputError, match="before the day it is for"):
        audit.build(read(EVERYTHING), as_of="2023-01-01")


# The verdict.


def test_a_case_with_every_feature_agrees():
    result = audit.audit(read(EVERYTHING), draws=150_000)
    assert result.agrees, result.events
    assert [row.name for row in result.rows] == ["war", "talks", "deal", "trade", "relief"]
    assert max(row.error for row in result.rows) < 0.003
    assert result.rows[4] == audit.Comparison("relief", 1.0, 1.0, 0.0, True)
    assert result.rows[4].verdict == "agrees"


@pytest.mark.parametrize("seed", range(100, 107))
def test_random_cases_agree(seed):
    result = audit.audit(read(as_text(random_case(seed))), draws=100_000)
    assert result.agrees, (result.verdict, result.events)


WRONG = {
    "a row of a table": ('"no, no": 60%', '"no, no": 75%', "trade"),
    "an intercept": ("{low: 10%, high: 40%, w", "{low: 14%, high: 45%, w", "war"),
    "the sign of a link": ("lowers: {low: 1.5", "raises: {low: 1.5", "war"),
    "a spread": ("no, yes\": 1", "no, yes\": {low: 60%, high: 99.99%}", "trade"),
    "what is held now": ("now: 70%", "now: 66%", "talks"),
    "a condition": ("given: talks, base", "base", "deal"),
    "a grade": ("grade: B2", "grade: B3", "war"),
    "a denial": ("C3, says: no", "C3", "war"),
    "an observation": ("status: absent", "status: pending", "war"),
}  # fmt: skip


@pytest.mark.parametrize("mistake", WRONG)
def test_a_mistake_in_one_number_is_found(mistake):
    """The model of a case with one thing changed does not pass for the case."""
    right, wrong, event = WRONG[mistake]
    assert EVERYTHING.count(right) == 1
    model = audit.build(read(EVERYTHING.replace(right, wrong)))
    result = audit.audit(read(EVERYTHING), model=model, draws=100_000)
    assert not result.agrees
    assert "differ" in result.verdict
    assert event in {row.name for row in result.rows if row.verdict == "differs"}


def test_an_engine_that_forgets_the_spread_is_found(monkeypatch):
    """Expected tables are what makes the exact answer exact; medians would not do."""
    text = """
case: spread
events:
  a: {base_rate: 40%}
  b: {parents: [a], table: {"yes": {low: 1%, high: 40%}, "no": {low: 30%, high: 99%}}}
"""
    assert audit.audit(read(text), draws=100_000).agrees
    monkeypatch.setattr("forecasting.engine.run.expected", lambda m, s: expit(m))
    engine_run._expected_rows.cache_clear()  # else the rows of the sound engine are used again
    assert audit.audit(read(text), draws=100_000).rows[1].verdict == "differs"
    engine_run._expected_rows.cache_clear()


def test_a_wrong_kappa_is_found(monkeypatch):
    case = read(EVERYTHING)
    kappa = Network(case).kappa()
    monkeypatch.setattr(Network, "kappa", lambda self: {**kappa, "press": kappa["press"] * 1.1})
    result = audit.audit(case, draws=60_000)
    assert result.log_evidence.verdict == "differs"


def test_an_event_called_impossible_may_not_show_once():
    """However rare it is in the draws, one is a contradiction."""
    row = audit.Comparison("e", 0.0, 1e-5, 0.0, True)
    assert (row.verdict, row.difference) == ("differs", np.inf)


def test_few_draws_are_no_agreement():
    result = audit.audit(read(EVERYTHING), draws=100)
    assert {row.verdict for row in result.rows} >= {"not enough draws"}
    assert not result.agrees
    assert result.verdict.startswith("Not enough draws to decide: the standard error of ")


def test_weights_that_cannot_be_trusted_are_no_agreement(monkeypatch):
    """Draws of which almost none fits, or of which one carries the rest."""
    from forecasting.fit.importance import Weighted

    def pretend(effective, k):
        found = Weighted(np.array([0.2]), np.array([0.001]), 0.0, 0.001, 10**6, effective, k)
        monkeypatch.setattr(audit, "sample", lambda *a, **k: found)
        return audit.audit(read("{case: x, events: {e: {base_rate: 20%}}}"))

    assert pretend(10**5, 0.1).agrees
    assert "only 900 of 1,000,000" in pretend(900.0, 0.1).verdict
    assert "carry most of the weight" in pretend(10**5, 0.9).verdict
    assert pretend(10**5, np.nan).rows[0].verdict == "not enough draws"


def test_impossible_evidence_is_refused_by_name():
    case = read("""
case: x
events: {e: {base_rate: 20%}}
evidence:
  one: {bears_on: e, if_yes: 1, if_no: 0, status: confirmed}
  two: {bears_on: e, if_yes: 0, if_no: 1, status: confirmed}
""")
    with pytest.raises(forecasting.InputError, match="contradict"):
        audit.audit(case)


def test_false_alarms_are_rare_for_many_events():
    """Bonferroni: 51 comparisons at 4 standard errors, two-sided, by the normal distribution."""
    row = audit.Comparison("e", 0.2, 0.2, 0.001, True)
    case = read("{case: x, events: {e: {base_rate: 20%}}}")
    result = audit.Audit(case, None, None, (row,) * 50, row, None, 1, 1.0)
    assert result.false_alarm == pytest.approx(51 * 2 * norm.sf(4))
    assert result.false_alarm < 1 / 300


# What was stated, drawn itself.

LINKED = """
case: linked
as_of: 2021-06-01
resolve_by: 2022-06-01
events:
  rain: {{role: driver, kind: state, base_rate: {driver}, happened: 2021-01-01}}
  flood: {{title: A flood, {rate}}}
links: [{{from: rain, to: flood, raises: {raises}}}]
"""


def stated(rate, driver="30%", raises="15"):
    return read(LINKED.format(rate=rate, driver=driver, raises=raises))


def flood(values, weights, driver, raises):
    """P(flood | rain) by SciPy: base rates at some values, their mean kept by a shift."""

    def mean(shift):
        return weights @ expit(shift + logit(values))

    goal = weights @ values
    b = brentq(
        lambda b: driver * mean(b + log(raises)) + (1 - driver) * mean(b) - goal, -20, 20, xtol=1e-9
    )
    return mean(b + log(raises))


def of_beta(a, b):
    """Values and weights of a Beta, in equal steps of log-odds."""
    x, step = np.linspace(-2500, 900, 400_001, retstep=True)
    return expit(x), np.exp(a * log_expit(x) + b * log_expit(-x) - betaln(a, b)) * step


@pytest.mark.parametrize(
    "rate",
    [
        "base_rate: {beta: [1, 1]}",
        "base_rate: {beta: [1, 2], within: 6 months}",
        "kind: lasts, base_rate: {beta: [2, 1], within: 6 months}",
    ],
    ids=["a count", "carried over", "lasting"],
)
def test_what_was_stated_is_drawn_itself(rate):
    """Each is uniform over the year, and rain is even: three times the odds, E[3p/(1 + 2p)]."""
    found = audit.audit(stated(rate, "50%", "9"), draws=150_000).stand_ins
    row = found.rows[1]
    assert found.enough
    assert abs(row.sampled - (3 / 2 - 3 / 4 * log(3))) < 4 * row.error < 0.008
    assert found.moved == ()


def test_a_skewed_count_under_a_strong_link_is_warned_of(capsys):
    case = stated("base_rate: {beta: [0.2, 2]}", "5%")
    found = audit.audit(case, draws=150_000)
    values, weights = of_beta(0.2, 2)
    assert weights.sum() == pytest.approx(1)
    row = found.stand_ins.rows[1]
    assert abs(row.sampled - flood(values, weights, 0.05, 15)) < 4 * row.error < 0.01
    assert row.moved == pytest.approx(-0.025, abs=0.006)
    assert found.agrees  # a warning, not a failure
    assert "Warning: drawn as they were stated" in found.stand_ins.says
    assert "move A flood by -2." in found.stand_ins.says
    assert found.as_json()["stand_ins"]["moved"] == ["flood"]
    terminal.show(tables.audit(found))
    assert "Warning: drawn as they were stated" in " ".join(capsys.readouterr().out.split())


def test_a_range_carried_over_is_drawn_as_stated():
    """1% to 60% a month, over twelve."""
    z, step = np.linspace(-8.5, 8.5, 4001, retstep=True)
    spread = (logit(0.6) - logit(0.01)) / (2 * norm.ppf(0.95))
    month = expit((logit(0.6) + logit(0.01)) / 2 + spread * z)
    year = 1 - (1 - month) ** 12
    case = stated("base_rate: {low: 1%, high: 60%, within: 1 months}")
    row = audit.audit(case, draws=150_000).stand_ins.rows[1]
    right = flood(np.clip(year, 1e-15, 1 - 1e-15), norm.pdf(z) * step, 0.3, 15)
    assert abs(row.sampled - right) < 4 * row.error < 0.006


def test_a_chance_that_was_counted_is_drawn_as_stated():
    """A fact is a node like any other."""
    case = read("""
case: chance
events: {e: {base_rate: 10%}, f: {base_rate: 30%}}
evidence:
  seen: {bears_on: {e: {raises: 15}, f: {raises: 1}}, chance: {beta: [0.2, 2]}, status: confirmed}
""")
    model = audit.build(case, stated=True)
    assert model["seen__chance"].owner.op.name == "beta"
    row = audit.audit(case, draws=150_000).stand_ins.rows[0]
    told = flood(*of_beta(0.2, 2), 0.1, 15) * 0.1 / (0.2 / 2.2)
    assert abs(row.sampled - told) < 4 * row.error < 0.015


def test_a_fact_named_like_an_event_is_no_other_number():
    """Both were counted; each is drawn from its own count."""
    case = read("""
case: namesakes
events: {a: {base_rate: {beta: [0.2, 2]}}, b: {base_rate: 30%}}
links: [{from: b, to: a, raises: 15}]
evidence: {a: {bears_on: {b: {raises: 3}}, chance: {beta: [5, 7]}, status: pending}}
""")
    model = audit.build(case, stated=True)
    alphas = [float(model[name].owner.inputs[2].eval()) for name in ("a__base", "a__chance")]
    assert alphas == [0.2, 5]


def test_what_is_all_but_yes_or_no_can_be_drawn():
    """Most draws of this Beta are 0 or 1 to sixteen digits, and a link moves next to nothing."""
    found = audit.audit(stated("base_rate: {beta: [0.01, 0.03]}"), draws=60_000).stand_ins
    row = found.rows[1]
    assert abs(row.sampled - flood(*of_beta(0.01, 0.03), 0.3, 15)) < 4 * row.error + 0.0005 < 0.02


def test_before_any_evidence_base_rates_stay_what_they_are():
    """Also below parents that hang together, and under a condition."""
    case = read("""
case: below
events:
  a: {base_rate: {beta: [0.3, 1.2]}}
  b: {base_rate: {beta: [0.2, 2]}}
  c: {given: a, base_rate: {beta: [0.4, 0.4]}}
  d: {base_rate: {beta: [0.5, 3]}}
links:
  - {from: a, to: b, raises: {low: 5, high: 40}}
  - {from: b, to: c, lowers: 10}
  - {from: a, to: d, raises: 8}
  - {from: b, to: d, raises: 8}
""")
    found = audit.audit(case, draws=150_000)
    assert found.stand_ins.moved == ()
    for row in found.stand_ins.rows:
        assert abs(row.moved) <= 4 * row.error + 0.0005 < 0.01, row


def test_where_no_link_shifts_a_stand_in_nothing_is_drawn_twice():
    """Only its mean counts then, which the stand-in has: a lone count, a row, a likelihood."""
    case = read("""
case: alone
events:
  a: {base_rate: {seen: 0, of: 5}}
  b: {base_rate: 30%}
  c: {parents: [a], table: {"yes": {seen: 3, of: 9}, "no": 10%}}
links: [{from: a, to: b, raises: 9}]
evidence: {f: {bears_on: a, if_yes: {seen: 8, of: 9}, if_no: 10%, status: confirmed}}
""")
    found = audit.audit(case, draws=60_000)
    assert found.stand_ins is None
    assert found.as_json()["stand_ins"] is None


def test_a_kept_audit_tells_a_report_of_what_moves(tmp_path):
    path = tmp_path / "linked.yaml"
    rate = "base_rate: {beta: [0.2, 2]}"
    path.write_text(LINKED.format(rate=rate, driver="5%", raises="15"), encoding="utf-8")
    case = forecasting.load(path)
    found = audit.audit(case, draws=150_000)
    audit.keep(found, date(2026, 11, 28))
    assert found.stand_ins.says in provenance.audited(Network(case))
    assert f"The audit of 2026-11-28: {found.stand_ins.says}" in provenance.warnings(run(case))


def test_too_few_draws_tell_of_no_move():
    found = audit.audit(stated("base_rate: {beta: [0.2, 2]}", "5%"), draws=9_000).stand_ins
    assert found.moved == ()
    assert found.says.startswith("Too few draws to tell")


# The command.


def test_where_pymc_is_missing_the_command_says_what_to_install(monkeypatch, capsys):
    monkeypatch.setattr(extras, "find_spec", lambda _: None)
    assert main(["audit", FIRST]) == 1
    told = capsys.readouterr().err
    assert told.startswith("to audit a case, pymc is needed and not installed: pip install ")


def test_the_table_says_what_was_compared(capsys):
    assert main(["audit", FIRST, "--draws", "60000", "--seed", "5"]) == 0
    lines = capsys.readouterr().out.splitlines()
    row = next(line for line in lines if line.startswith("Bridge closed"))
    assert row.split()[-5] == "27.11%"
    assert row.split()[-1] == "agrees"
    assert (
        "3 of 3 events agree within 4 standard errors, and so does the probability of the evidence."
    ) in lines
    assert any("seed 5" in line for line in lines)


def test_json_has_full_precision(capsys):
    assert main(["audit", FIRST, "--draws", "60000", "--format", "json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["agrees"] is True
    exact = Network(forecasting.load(FIRST)).posterior()
    assert {name: row["exact"] for name, row in found["events"].items()} == exact
    assert set(found["events"]["high_water"]) == {
        "exact", "sampled", "error", "difference", "verdict"
    }  # fmt: skip


def test_other_dates(capsys):
    arguments = ["--as-of", "2025-11-10", "--by", "2026-05-20", "--draws", "60000"]
    assert main(["audit", FIRST, *arguments, "--format", "json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["as_of"], found["resolve_by"]) == ("2025-11-10", "2026-05-20")


def test_no_agreement_is_exit_status_1(capsys):
    assert main(["audit", FIRST, "--draws", "100"]) == 1
    assert "Not enough draws" in capsys.readouterr().out


@pytest.mark.parametrize("draws", ["0", "-5", "many", "1e6", "99999999999"])
def test_draws_must_be_a_sensible_number(draws, capsys):
    with pytest.raises(SystemExit) as stop:
        main(["audit", FIRST, f"--draws={draws}"])
    assert stop.value.code == 2
    assert "whole number" in capsys.readouterr().err


def test_the_module_loads_no_pymc():
    script = "import sys, forecasting; forecasting.audit.build; print('pymc' in sys.modules)"
    out = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "False"


@pytest.mark.slow
def test_the_main_case_agrees():
    case = forecasting.load("priors/pakistan_taliban_2021.yaml")
    start = time.process_time()
    result = audit.audit(case)
    assert time.process_time() - start < 300
    assert result.agrees, (result.verdict, result.events)
    assert [row.name for row in result.rows] == list(forecasting.Network(case).names)
    assert result.drawn.effective_draws > 100_000
