"""What the sum over all worlds does not reach: sizes, refusals, and what is drawn."""

import copy
import multiprocessing
import pickle
import time
from concurrent.futures import ProcessPoolExecutor
from datetime import date
from operator import attrgetter, methodcaller

import pytest
from numpy.testing import assert_allclose

import forecasting
from forecasting import InputError, Network
from forecasting.answer import explain
from forecasting.engine import circuit
from forecasting.engine.draws import band
from forecasting.engine.run import _calibrated, _expected_rows
from forecasting.file import overlay
from forecasting.judgement import Odds
from tests.enumeration import Enumeration

DO_CASE = """
case: x
events: {a: {base_rate: 30%}, b: {base_rate: 40%}}
sources: {s: {}}
evidence:
  e:
    bears_on: a
    if_yes: 80%
    if_no: 20%
    reports: [{source: s, grade: B, hit: {low: 80%, high: 95%}, false: {low: 2%, high: 10%}}]
  f: {bears_on: b, if_yes: 70%, if_no: 30%, reports: [{source: s, grade: B2}]}
"""


@pytest.mark.parametrize("a", ["yes", "no"])
def test_the_band_drops_the_evidence_that_do_drops(a):
    """What is reported of a cannot move b once a is made so; only f is left, by B2."""
    network = Network(forecasting.read(DO_CASE))
    alone = forecasting.read(DO_CASE.replace("  e:\n", "  e:\n    date: 2030-01-01\n"))
    exact = Network(alone, as_of="2029-01-01").posterior()["b"]
    assert_allclose(network.posterior(do={"a": a})["b"], exact, atol=1e-12)
    assert_allclose(band(network, do={"a": a}).mean["b"], exact, atol=1e-9)


CONTRADICTION = """
case: contradiction
as_of: 2025-03-01
resolve_by: 2025-09-01
events: {a: {base_rate: 50%}}
sources: {x: {}, y: {}}
evidence:
  f:
    bears_on: a
    if_yes: 80%
    if_no: 20%
    reports: [REPORTS{source: y, grade: A1, says: no, date: 2025-02-20}]
"""
AFFIRMED = "{source: x, grade: A1, date: 2025-02-01}, "
DENIED = AFFIRMED.replace("A1", "A1, says: no")
EARLIER = AFFIRMED.replace("02-01", "01-31")


@pytest.mark.parametrize("told", ["", AFFIRMED + DENIED, DENIED + AFFIRMED,
                                  EARLIER + DENIED + AFFIRMED + AFFIRMED])  # fmt: skip
def test_a_source_that_affirms_and_denies_a_fact_on_one_day_says_nothing_of_it(told):
    """What is left is one denial: by a source sound to 95%, of a fact at an even chance."""
    network = Network(forecasting.read(CONTRADICTION.replace("REPORTS", told)))
    ratio = 0.97 / 0.03
    yes, no = (0.95 * (p + (1 - p) * ratio) / ((1 + ratio) / 2) + 0.05 for p in (0.8, 0.2))
    assert_allclose(network.posterior()["a"], yes / (yes + no), atol=1e-12)


def test_a_source_may_change_its_mind_from_one_day_to_the_next():
    later = AFFIRMED.replace("02-01", "02-02")
    changed, only = (
        Network(forecasting.read(CONTRADICTION.replace("REPORTS", told))).posterior()
        for told in (AFFIRMED + DENIED + later, later)
    )
    assert changed == only


def test_a_letter_and_its_word_may_be_the_cases_own():
    """C as 'meh', at 30%: the posterior lies 30% of the way from prior to sound report."""
    text = """
    case: x
    scales: {probability: {meh: 30%}, reliability: {C: meh}, odds: {huge: 40, big: huge}}
    events: {a: {base_rate: 20%}}
    sources: {s: {}}
    evidence: {f: {bears_on: a, if_yes: 60%, if_no: 10%, reports: [{source: s, grade: C2}]}}
    """
    network = Network(forecasting.read(text))
    sound = network.posterior()["a"]
    surely = forecasting.read(text.replace("C: meh", "C: 100%"))
    certain = Network(surely).posterior()["a"]
    assert_allclose(sound, 0.3 * certain + 0.7 * 0.2, atol=1e-12)


def test_a_chain_of_hundreds_and_a_lattice_are_solved_and_checked_quickly():
    from forecasting.answer.check import check

    chain = ["case: chain", "events:"]
    chain += [f"  e{k}: {{role: driver, base_rate: 30%}}" for k in range(400)]
    chain += ["links:", *(f"  - {{from: e{k}, to: e{k + 1}, raises: 2}}" for k in range(399))]
    lattice = ["case: lattice", "events:"]
    lattice += [
        f"  {side}{k}: {{role: driver, base_rate: 30%}}" for k in range(30) for side in "ab"
    ]
    lattice += ["links:"]
    lattice += [
        f"  - {{from: {one}{k}, to: {two}{k + 1}, raises: 2}}"
        for k in range(29)
        for one in "ab"
        for two in "ab"
    ]
    for lines in (chain, lattice):
        start = time.process_time()
        case = forecasting.read("\n".join(lines))
        network = Network(case)
        assert_allclose(list(network.posterior().values()), 0.3, atol=1e-9)
        assert check(case, network)
        assert time.process_time() - start < 5


def test_a_densely_linked_case_gets_fewer_draws_not_minutes():
    lines = ["case: dense", "events:"]
    roots = [f"r{k}" for k in range(16)]
    lines += [f"  {r}: {{base_rate: {{low: 20%, high: 40%}}}}" for r in roots]
    pairs = [(a, b) for i, a in enumerate(roots) for b in roots[:i]]
    lines += [f"  {a}{b}: {{base_rate: 30%, now: 40%}}" for a, b in pairs]
    lines += ["links:"]
    lines += [f"  - {{from: {r}, to: {a}{b}, raises: 2}}" for a, b in pairs for r in (a, b)]
    network = Network(forecasting.read("\n".join(lines)))
    start = time.process_time()
    found = band(network)
    assert 128 <= found.draws < 1024
    assert time.process_time() - start < 30


def test_a_contradiction_names_what_was_made_so():
    network = Network(forecasting.read("{case: x, events: {a: {base_rate: 30%}}}"))
    with pytest.raises(InputError, match="given a=no; do a=yes"):
        network.posterior(given={"a": "no"}, do={"a": "yes"})


def test_a_condition_that_cannot_come_about_is_refused_for_tables_too():
    text = """
    case: x
    events:
      never: {parents: [], table: {"": 0}}
      after: {given: never, parents: [], table: {"": 50%}}
    """
    with pytest.raises(InputError, match="condition never has probability 0"):
        Network(forecasting.read(text))


def test_the_same_case_again_or_with_another_number_is_solved_as_if_alone():
    """Intercepts and tables are kept and found again; only for the same numbers."""
    text = """
    case: x
    events:
      a: {base_rate: {low: 20%, high: 40%}}
      b: {base_rate: 30%}
      c: {base_rate: {low: 10%, high: 30%}}
    links: [{from: a, to: c, raises: {low: 2, high: 5}}, {from: b, to: c, lowers: 3}]
    evidence: {e: {bears_on: c, if_yes: 80%, if_no: 20%, status: confirmed}}
    """
    other = text.replace("lowers: 3", "lowers: 4")
    first = Network(forecasting.read(text)).posterior()
    second = Network(forecasting.read(other)).posterior()
    assert Network(forecasting.read(text)).posterior() == first
    _calibrated.cache_clear()
    _expected_rows.cache_clear()
    assert Network(forecasting.read(other)).posterior() == second
    assert abs(first["b"] - second["b"]) > 1e-3


CHANGE = {"events.bridge_closed.base_rate": "35%"}


@pytest.fixture(scope="module")
def worked():
    """A case with an override, its network and its forecast, all of which have been asked."""
    case = forecasting.override(forecasting.load("priors/first_case.yaml"), CHANGE)
    network = Network(case)
    band(network)
    explain.weight_of_evidence(network)
    return case, network, forecasting.run(case)


@pytest.mark.parametrize(
    "kept", [lambda one: pickle.loads(pickle.dumps(one)), copy.copy, copy.deepcopy],
    ids=["pickle", "copy", "deepcopy"],
)  # fmt: skip
def test_a_case_a_network_and_a_forecast_can_be_kept_and_copied(worked, kept, tmp_path):
    case, network, forecast = map(kept, worked)
    assert case == worked[0]
    assert case.digest == network.case.digest == forecast.case.digest == worked[0].digest
    assert network.posterior(do={"high_water": "no"}) == worked[1].posterior(
        do={"high_water": "no"}
    )
    assert band(network).low == band(worked[1]).low
    assert forecast.as_json() == worked[2].as_json()
    assert Network(case).log_evidence() == worked[1].log_evidence()
    for name, one in (("kept", case), ("first", worked[0])):
        overlay.save(one, tmp_path / name)  # with the change in its text
    assert (tmp_path / "kept").read_text() == (tmp_path / "first").read_text()


def test_another_process_gives_the_same_numbers(worked):
    case, network, _ = worked
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as pool:
        assert pool.submit(methodcaller("posterior"), network).result() == network.posterior()
        assert pool.submit(attrgetter("digest"), case).result() == case.digest
        assert pool.submit(forecasting.run, case).result().as_json() == worked[2].as_json()


ALL_BUT_CERTAIN = """
case: now-near-one
as_of: 2021-01-01
resolve_by: 2022-01-01
events:
  strike: {base_rate: {best: 95%, within: 1 month}, now: 30%}
  after: {base_rate: 40%}
links: [{from: strike, to: after, raises: 6}]
"""


@pytest.mark.parametrize("end", ["2022-01-01", "2022-02-01", "2035-01-01"])
def test_what_is_held_of_an_event_that_is_all_but_certain_is_what_it_is(end):
    """Five percent to the power of twelve is left of the month's 95%: now alone makes it 30%."""
    package = Network(forecasting.read(ALL_BUT_CERTAIN.replace("2022-01-01", end)))
    months = (int(end[:4]) - 2021) * 12 + int(end[5:7]) - 1
    assert_allclose(package.chances(event="strike")[0], 0.05**months, rtol=1e-9)
    assert_allclose(package.posterior()["strike"], 0.3, rtol=1e-12)
    odds = 0.4 / 0.6 / 6  # of what follows, were there no strike, which is all but the base rate
    assert_allclose(package.posterior()["after"], 0.3 * 0.4 + 0.7 * odds / (1 + odds), rtol=1e-9)


@pytest.mark.parametrize("rate", ["5.0e-324", "1.0e-310"])
def test_an_event_as_good_as_impossible_is_said_to_be(rate):
    text = f"case: tiny\nevents:\n  d: {{role: driver, base_rate: {rate}, now: unlikely}}\n"
    network = Network(forecasting.read(text))
    with pytest.raises(InputError, match="exactly 0 to within 1e-300, whatever is held of it now"):
        network.posterior()


def test_an_event_of_1e_300_may_still_be_held_likely():
    text = "case: tiny\nevents:\n  d: {role: driver, base_rate: 1.0e-299, now: 60%}\n"
    assert Network(forecasting.read(text)).posterior()["d"] == pytest.approx(0.6, rel=1e-12)


def test_reports_of_a_fact_that_is_all_but_certain_keep_their_digits():
    """Held against the sum over all worlds, which carries complements too."""
    text = """
case: sure
events: {x: {base_rate: 50%}}
sources: {a: {}, b: {}}
evidence:
  f:
    bears_on: x
    if_yes: 0.99999999999999
    if_no: 0.99999999999998
    reports: [{source: a, grade: A2}, {source: b, grade: A2, says: no}]
"""
    package = Network(forecasting.read(text))
    assert_allclose(package.chances(fact="f")[0], 1.5e-14, rtol=1e-2)
    assert_allclose(package.posterior()["x"], Enumeration(text).posterior()["x"], rtol=1e-9)


def test_a_move_of_a_number_that_the_case_lacks_names_its_path():
    network = Network(forecasting.read("{case: rain, events: {rain: {base_rate: 20%}}}"))
    with pytest.raises(KeyError, match=r"links\.rain\.flood\.raises"):
        network.moved([{"links.rain.flood.raises": Odds.exactly(2.0)}])


def test_a_likelihood_in_a_form_that_the_case_does_not_state_is_no_move():
    """It has a place, which nothing reads: to write there would change nothing, in silence."""
    text = "{bears_on: rain, if_yes: 80%, if_no: 20%, status: confirmed}"
    case = f"{{case: rain, events: {{rain: {{base_rate: 30%}}}}, evidence: {{wet: {text}}}}}"
    with pytest.raises(KeyError, match="likelihood_ratio"):
        Network(forecasting.read(case)).moved([{"evidence.wet.likelihood_ratio": Odds.exactly(9)}])


def test_a_quantity_without_cuts_says_nothing_of_what_moves_it():
    case = forecasting.read(
        """
case: x
events:
  d: {base_rate: 40%}
  q: {quantity: {}, base_rate: {low: 10, high: 100}}
links: [{from: d, to: q, raises: 3}]
"""
    )
    network = forecasting.Network(case)
    assert network.posterior(given={"q": 101})["d"] == 0.4
    assert network.log_evidence(given={"q": 101}) == 0.0


def test_a_combination_of_states_that_are_not_there_is_refused():
    case = forecasting.read(
        "{case: x, events: {u: {states: [a, b], base_rate: {a: 30%, b: rest}}}}"
    )
    network = forecasting.Network(case)
    for states in (["zz"], []):
        with pytest.raises(forecasting.InputError, match="not a state of this event"):
            network.joint({"u": states})


def test_nobody_can_write_into_what_a_network_has_answered():
    network = Network(forecasting.read("{case: x, events: {a: {base_rate: 30%}}}"))
    with pytest.raises(ValueError, match="read-only"):
        network.belief()[:] = 0
    assert network.posterior() == pytest.approx({"a": 0.3})


def test_a_question_asked_again_is_answered_as_at_first_and_solved_once(monkeypatch):
    network = Network(forecasting.read(DO_CASE))
    asked = ({}, {"given": {"a": "yes"}}, {"do": {"a": "yes"}}, {"given": {"a": True}}, {})
    plain, given, made, also_given, again = (network.posterior(**one)["b"] for one in asked)
    assert plain == again != given == also_given != made != plain
    monkeypatch.setattr(circuit, "evaluate", None)
    assert network.posterior()["b"] == plain
    assert network.facts()["f"] > 0.5


def test_the_network_of_a_horizon_is_made_once_and_not_for_days_gone_by():
    dated = "as_of: 2021-01-01\nresolve_by: 2022-01-01\nhorizons: [2021-07-01, 2022-01-01]\n"
    network = Network(forecasting.read(f"{dated}{DO_CASE}"), as_of="2021-08-01")
    assert [*network.horizons.values()] == [network]
    network = network.at(as_of=date(2021, 2, 1))
    near, own = network.horizons.values()
    assert own is network and near.resolve_by == date(2021, 7, 1)
    assert network.horizons[date(2021, 7, 1)] is near
