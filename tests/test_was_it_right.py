"""The scores of the case of 2021 are those of a person who has the table and numpy."""

import csv
import io
import json
import math
from datetime import date, datetime
from itertools import product
from pathlib import Path

import numpy as np
import pytest
import yaml
from numpy.testing import assert_allclose

import forecasting
from benchmarks.settle_2021 import FITS, KEPT, OUTCOMES, RESOLVER, settle
from forecasting.errors import InputError
from forecasting.file import fits
from forecasting.file.models import MODELS
from forecasting.ledger import lessons, scores, tables
from forecasting.ledger.entries import Forecast, Question, Resolution

NAME = "pakistan-taliban-2021"
YEARS = {12: date(2022, 9, 15), 24: date(2023, 9, 15)}
LATER = date(2026, 11, 29)  # when all was settled
TABLE = list(csv.DictReader(io.StringIO(OUTCOMES.read_text(encoding="utf-8"))))
CAME = {row["question"]: row["outcome"] for row in TABLE}


@pytest.fixture(scope="module")
def ledger(tmp_path_factory):
    found = forecasting.Ledger(tmp_path_factory.mktemp("settled") / "ledger.db")
    found.absorb(KEPT.read_text(encoding="utf-8").splitlines(), str(KEPT))
    return found


@pytest.fixture(scope="module")
def case(ledger):
    """The case as the ledger keeps it."""
    (digest,) = {one.body.case_digest for one in forecasts(ledger)}
    return forecasting.read(ledger.source(digest))


@pytest.fixture(scope="module")
def said(case):
    """What the case says when it is run again, with the fits of its day."""
    with fits.as_recorded(FITS):
        return {months: forecasting.run(case, by=day) for months, day in YEARS.items()}


def forecasts(ledger):
    return [one for one in ledger.entries() if isinstance(one.body, Forecast)]


def of_year(rows, months):
    return [row for row in rows if row.resolve_by == YEARS[months]]


def by_hand(found, months):
    """Brier and log score after and before the evidence, and story, of each settled question.

    From the table of outcomes and the rows of a forecast alone. The two questions of states go from
    low to high: half the squares of what was said less what came of each of the two steps.
    """
    rows = {row.event: row for row in found.event_rows}
    marks = {}
    for name, came in CAME.items():
        event, _, day = name.removeprefix(f"{NAME}/").partition("@")
        states = [one for one in rows if one.startswith(f"{event}.")]
        if day != str(YEARS[months]) or came == "ambiguous" or event == "ttp_deaths":
            continue
        for side in ("posterior", "prior"):
            if event in rows:
                p, y = getattr(rows[event], side), came == "yes"
                brier, given = (p - y) ** 2, p if y else 1 - p
            else:
                kept = [one for one in states if not one.endswith(".begun")]
                p = np.array([getattr(rows[one], side) for one in kept])
                y = np.array([one == f"{event}.{came}" for one in kept])
                brier = ((p.cumsum() - y.cumsum())[:2] ** 2).sum() / 2
                given = p[y].item()
            marks.setdefault(event, []).append((brier, math.log(given)))
    return {event: np.array(both) for event, both in marks.items()}


# --- what is shipped ------------------------------------------------------------------------------


def test_the_ledger_is_whole_and_all_of_it_is_of_the_day(ledger):
    verified = ledger.verify()
    assert (verified.faults, verified.remarks, verified.withheld) == ((), (), 0)
    assert {one.body.made_at for one in forecasts(ledger)} == {date(2021, 9, 15)}
    assert all("after the fact" in one.body.note for one in forecasts(ledger))
    told = Path("priors/ledger/README.md").read_text(encoding="utf-8")
    assert str(verified.heads[0]) in told
    assert "written after the fact" in told


def test_the_resolutions_are_those_of_the_table(ledger):
    entries = ledger.entries()
    found = {one.body.question: one for one in entries if isinstance(one.body, Resolution)}
    asked = {one.body.id for one in entries if isinstance(one.body, Question)}
    assert found.keys() == CAME.keys() == asked
    for row in TABLE:
        body = found[row["question"]].body
        held = {
            name: str(getattr(body, name) or "")
            for name in row
            if name not in ("version", "question")
        }
        assert held == {name: row[name] for name in held}
        assert found[row["question"]].by == RESOLVER


def test_what_differs_from_the_rule_is_said():
    proxies = {row["question"].removeprefix(f"{NAME}/") for row in TABLE if row["proxy"]}
    assert {
        "ttp_deaths.rises_by_half@2022-09-15",
        "renewed_war@2022-09-15",
        "renewed_war@2023-09-15",
        "ttp_truce_lasts@2022-09-15",
        "ttp_conflict_continues@2022-09-15",
        "ttp_conflict_continues@2023-09-15",
    } <= proxies
    assert [row["question"] for row in TABLE if row["outcome"] == "ambiguous"] == [
        f"{NAME}/ttp_truce_lasts@2023-09-15"
    ]
    assert all(row["source"] and (row["why"] or row["proxy"]) for row in TABLE)


def test_the_case_in_the_ledger_gives_the_recorded_numbers_when_run_again(ledger, said):
    compared = 0
    for one in forecasts(ledger):
        event, _, day = one.body.question.removeprefix(f"{NAME}/").partition("@")
        found = said[12 if day == str(YEARS[12]) else 24]
        rows = {row.event: row for row in found.event_rows}
        if one.body.role == "view":
            held = {"p": found.case.views[one.by][event].mean}
        else:
            side = {"headline": "posterior", "prior": "prior"}[one.body.role]
            if one.body.quantiles:
                points = [row for row in found.amount_rows if row.event == event]
                held = {"quantiles": {f"{row.level:g}": getattr(row, side) for row in points}}
            elif one.body.probs:
                held = {"probs": {s: getattr(rows[f"{event}.{s}"], side) for s in one.body.probs}}
            else:
                held = {"p": getattr(rows[event], side)}
        ((name, value),) = held.items()
        recorded = getattr(one.body, name)
        if name != "p":
            assert list(recorded) == list(value)
            recorded, value = list(recorded.values()), list(value.values())
        assert_allclose(recorded, value, rtol=1e-9)
        compared += 1
    assert compared == 151


def stated(text):
    """Give all that a case states, but for reasons and where they come from."""

    def kept(part):
        if isinstance(part, list):
            return [kept(one) for one in part]
        if isinstance(part, dict):
            return {k: kept(one) for k, one in part.items() if k not in ("why", "reference")}
        return part

    return {name: kept(part) for name, part in yaml.safe_load(text).items() if name != "references"}


def test_nothing_learned_from_it_went_back_into_the_case(ledger, case, said):
    """All that the case of today states was recorded; only models of base rates are newer.

    What a model leaves open of an amount stands in the case as a factor: that of the new one.
    """
    now = Path("priors/pakistan_taliban_2021.yaml").read_text(encoding="utf-8")
    today, then = stated(now), stated(case.text)
    assert today["events"]["ttp_deaths"]["base_rate"].pop("unsure") == 4
    assert then["events"]["ttp_deaths"]["base_rate"].pop("unsure") == 7
    assert today == then
    assert {name: model.version for name, model in MODELS.items()} == {
        "reference_class": 2, "event_counts": 2, "time_to_event": 2
    }  # fmt: skip
    with fits.as_recorded(FITS):  # with models of the day, today's case says what was recorded
        back = forecasting.read(now.replace("unsure: 4", "unsure: 7"))
        for months, day in YEARS.items():
            found = forecasting.run(back, by=day).network.posterior()
            assert found == said[months].network.posterior()


def test_the_fits_of_its_day_are_those_of_the_models_before():
    """Another version has another digest, so none of them can be taken for a fit of today."""
    kept = [json.loads(path.read_text(encoding="utf-8")) for path in FITS.glob("*.json")]
    today = {path.name for path in Path("priors/fits").glob("*.json")}
    assert len({one["label"] for one in kept}) == len(kept) == 6
    assert not {path.name for path in FITS.glob("*.json")} & today


def test_with_the_fits_of_today_the_case_is_refused_a_joint_score(ledger, case):
    with pytest.raises(InputError, match="it gives other numbers now than were recorded"):
        lessons.wholes(ledger.rows(LATER), lambda digest: case)


def without_numbers(line):
    """Give a line without what may differ in a last digit on another processor, and its hash."""
    held = json.loads(line)
    for name in ("p", "low", "high", "probs", "quantiles"):
        held.get("body", {}).pop(name, None)
    return {name: value for name, value in held.items() if name not in ("prev", "hash")}


def test_the_ledger_can_be_made_again_as_its_page_says(case):
    kept = KEPT.read_text(encoding="utf-8").splitlines()
    first = json.loads(kept[0])
    clock = datetime.fromisoformat(first["recorded_at"])
    with fits.as_recorded(FITS):
        again = settle(case, OUTCOMES.read_text(encoding="utf-8"), first["chain"], clock)
    again = again.splitlines()
    assert [*map(without_numbers, again)] == [*map(without_numbers, kept)]


# --- the scores -----------------------------------------------------------------------------------


def test_the_denominators_are_told(ledger):
    statuses = [one.status for one in ledger.status(LATER)]
    assert scores.denominators(statuses) == (
        "61 registered, 61 mature, 60 scored, 1 ambiguous, 0 overdue"
    )
    a_year_on = scores.denominators(one.status for one in ledger.status("2022-09-15"))
    assert a_year_on.startswith("61 registered, 32 mature")
    assert "early, not counted yet" in a_year_on  # a deadly strike in April 2022 settles 2023 too


@pytest.mark.parametrize("months", YEARS)
def test_scores_are_those_of_a_person_with_the_table(ledger, said, months):
    rows = of_year(ledger.rows(LATER), months)
    marks = by_hand(said[months], months)
    found = {
        (row.by, row.role, row.question.partition("/")[2].partition("@")[0]): row
        for row in scores.scored(rows)
        if not math.isnan(row.brier)
    }
    for event, both in marks.items():
        for (brier, log), role in zip(both, ("headline", "prior"), strict=True):
            one = found[NAME, role, event]
            assert_allclose([one.brier, one.log], [brier, log], rtol=1e-9, err_msg=event)
    mean = np.mean([*marks.values()], axis=0)
    for against in ("prior", "half", "rate"):
        told = {one.forecaster: one for one in scores.groups(rows, against=against)}
        for name, (brier, log) in zip((NAME, f"{NAME} (prior)"), mean, strict=True):
            assert told[name].questions == len(marks)
            assert_allclose([told[name].brier, told[name].log], [brier, log], rtol=1e-9)
    # The rate of the others is for yes and no alone.
    yes = [CAME[f"{NAME}/{one}@{YEARS[months]}"] for one in marks]
    yes = np.array([one == "yes" for one in yes if one in ("yes", "no")])
    rate = (yes.sum() - yes) / (len(yes) - 1)
    assert_allclose(told[NAME].reference, ((rate - yes) ** 2).mean(), rtol=1e-9)
    assert told[NAME].common == len(yes)
    half = {one.forecaster: one for one in scores.groups(rows, against="half")}[NAME].reference
    # A third to each of three: the middle one came, or (of money, in the first year) the lowest.
    middle, lowest = (1 / 9 + 1 / 9) / 2, (4 / 9 + 1 / 9) / 2
    states = middle + {12: lowest, 24: middle}[months]
    assert_allclose(half, (0.25 * len(yes) + states) / len(marks), rtol=1e-9)


def test_the_scores_are_near_those_measured_outside(ledger):
    """0.12 and 0.14 after the evidence, 0.14 and 0.16 before: of 32 and 31 questions, of yes or no.

    Since then some of these became questions of states and one an amount, which has no Brier score,
    so the last digit may differ.
    """
    found = {
        months: [one.brier for one in scores.groups(of_year(ledger.rows(LATER), months))]
        for months in YEARS
    }
    assert_allclose([found[12][1:], found[24][1:]], [[0.12, 0.14], [0.14, 0.16]], atol=0.01)


@pytest.mark.parametrize("months", [12, 24, None])
def test_the_difference_to_the_prior_is_told_by_story_with_every_swap(ledger, said, months):
    rows = ledger.rows(LATER) if months is None else of_year(ledger.rows(LATER), months)
    story = {one.question.id: one.question.cluster for one in ledger.status(LATER)}
    sums, every = {}, []
    for year in YEARS if months is None else (months,):
        for event, both in by_hand(said[year], year).items():
            gained = both[0, 0] - both[1, 0]
            name = story[f"{NAME}/{event}@{YEARS[year]}"]
            sums[name] = sums.get(name, 0) + gained
            every.append(gained)
    totals = [
        abs(sum(sign * x for sign, x in zip(signs, sums.values(), strict=True)))
        for signs in product((1, -1), repeat=len(sums))
    ]
    as_large = np.mean(np.array(totals) >= abs(sum(sums.values())) - 1e-12)
    found = scores.compare(rows, NAME, "prior")
    assert (found.questions, found.clusters) == (len(every), 6)
    assert_allclose([found.mean, found.p], [np.mean(every), as_large], rtol=1e-9)
    assert found.mean < 0  # evidence helped
    assert found.p > 0.1  # and nobody can tell it from chance
    assert "too few separate stories to tell" in tables.difference(found)


def test_each_story_has_its_score(ledger, said):
    story = {one.question.id: one.question.cluster for one in ledger.status(LATER)}
    gathered = {}
    for months, day in YEARS.items():
        for event, both in by_hand(said[months], months).items():
            gathered.setdefault(story[f"{NAME}/{event}@{day}"], []).append(both[0])
    found = {one.group: one for one in scores.groups(ledger.rows(LATER), "cluster")}
    told = {name: one for name, one in found.items() if one.forecaster == NAME}
    assert told.keys() == gathered.keys()
    for name, marks in gathered.items():
        assert told[name].questions == len(marks)
        assert_allclose([told[name].brier, told[name].log], np.mean(marks, axis=0), rtol=1e-9)


# --- the case as a whole --------------------------------------------------------------------------


@pytest.fixture(scope="module")
def wholes(ledger, case):
    with fits.as_recorded(FITS):
        found = lessons.wholes(ledger.rows(LATER), lambda digest: case)
    return {months: one for months in YEARS for one in found if one.resolve_by == YEARS[months]}


@pytest.mark.parametrize("months", YEARS)
def test_the_joint_score_is_the_chain_of_what_is_learned_one_by_one(wholes, said, months):
    """P(all) = P(first) P(second | first) ..., by supposing what is known, one by one."""
    network, known, nats = said[months].network, {}, 0.0
    for name, came in CAME.items():
        event, _, day = name.removeprefix(f"{NAME}/").partition("@")
        if day != str(YEARS[months]) or came == "ambiguous" or event == "ttp_deaths":
            continue
        if event == "chinese_money.begun":
            continue  # it follows from the three answers
        p = network.posterior(given=known)
        if came == "no":
            nats += math.log(1 - p[event])
        else:
            nats += math.log(p[event if came == "yes" else f"{event}.{came}"])
        known[event] = came
    found = wholes[months].joint
    assert_allclose(found.posterior, nats, rtol=1e-7)
    assert found.posterior > found.posterior_marginals  # what came hangs together
    assert found.posterior > found.prior


@pytest.mark.parametrize("months", YEARS)
def test_it_did_about_as_well_as_it_expected_of_itself(wholes, said, months):
    brier, log, yes = wholes[months].expected
    marks = by_hand(said[months], months)
    mean = np.mean([both[0] for both in marks.values()], axis=0)
    assert_allclose([brier.real, log.real], mean, rtol=1e-9)
    # Of yes and no p (1 - p) is to be expected, and of two steps the half of that of both.
    rows = {row.event: row.posterior for row in said[months].event_rows}
    hoped, count = [], 0.0
    for event in marks:
        p = rows.get(event)
        if p is None:
            kept = [x for name, x in rows.items() if name.startswith(f"{event}.")]
            steps = np.cumsum(kept[:2])
            hoped.append((steps * (1 - steps)).sum() / 2)
        else:
            hoped.append(p * (1 - p))
            count += p
    assert_allclose(brier.expected, np.mean(hoped), atol=0.002)
    assert_allclose(yes.expected, count, atol=0.1)
    for one in (brier, log, yes):
        assert one.low <= one.real <= one.high


def test_its_page_shows_these_numbers(ledger, wholes):
    shown = Path("priors/ledger/README.md").read_text(encoding="utf-8")
    cells = {line.split(" | ")[0]: line for line in shown.splitlines() if line.startswith("| ")}
    for name, which, against in (
        ("| Brier score of the case", "brier", "prior"),
        ("| before the evidence", "reference", "prior"),
        ("| equal chances", "reference", "half"),
    ):
        found = []
        for months in YEARS:
            told = scores.groups(of_year(ledger.rows(LATER), months), against=against)
            (one,) = (one for one in told if one.forecaster == NAME)
            found.append(f"{getattr(one, which):.3f}")
        assert cells[name] == f"{name} | {' | '.join(found)} |"
    hoped = [wholes[months].expected[0] for months in YEARS]
    told = [f"{one.expected:.3f} ({one.low:.3f} to {one.high:.3f})" for one in hoped]
    name = "| the case expected of itself (9 in 10)"
    assert cells[name] == f"{name} | {' | '.join(told)} |"
    joint = [wholes[months].joint for months in YEARS]
    told = [f"{one.posterior:.1f}; {one.prior:.1f}" for one in joint]
    name = "| all outcomes together, nats; before the evidence"
    assert cells[name] == f"{name} | {' | '.join(told)} |"


def test_what_cost_most_is_told_and_whether_base_rate_or_evidence_did(ledger):
    found = lessons.worst(ledger.rows(LATER))
    assert len(found) == 5
    assert [one.lost for one in found] == sorted((one.lost for one in found), reverse=True)
    assert found[0].question == f"{NAME}/lethal_strike@2022-09-15"
    assert {one.dearer for one in found} == {"base rate"}
    assert any(one.by_evidence > 0 for one in found)  # of India's mission the evidence misled
