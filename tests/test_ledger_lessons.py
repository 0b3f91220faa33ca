"""What cost most, and what a whole case earns, is what a person with a pencil finds."""

import math
from dataclasses import replace
from datetime import date

import pytest
from numpy.testing import assert_allclose

from forecasting.file.case import read
from forecasting.ledger.lessons import wholes, worst
from tests.test_ledger_scores import row

DIGEST = "a" * 64
CASE = """
case: weather
as_of: 2021-09-15
resolve_by: 2022-09-15
events:
  rain: {base_rate: 20%}
  mud: {given: rain, base_rate: 50%}
  harvest:
    quantity: {unit: t}
    base_rate: {low: 100, best: 200, high: 400}
    cuts: {rich: ">= 200"}
"""


def both(name, before, after, outcome, **other):
    """A forecast beside what it was before the evidence."""
    prior = row(name, before, outcome, role="prior", **other)
    return [prior, replace(prior, role="headline", p=after)]


def test_the_dearest_comes_first_and_its_nats_are_shared_out():
    rows = [
        *both("war", 0.5, 0.4, True),
        *both("vote", 0.3, 0.9, False),
        *both("rain", 0.1, 0.2, True),
    ]
    found = worst(rows)
    assert [one.question for one in found] == ["vote", "rain", "war"]
    assert_allclose([one.lost for one in found], [math.log(10), math.log(5), math.log(2.5)])
    assert_allclose(
        [one.by_base_rate for one in found], [math.log(10 / 7), math.log(10), math.log(2)]
    )
    # The evidence took seven tenths to one tenth; it doubled one tenth; it took a half to 0.4.
    assert_allclose([one.by_evidence for one in found], [math.log(7), -math.log(2), math.log(1.25)])
    assert [one.dearer for one in found] == ["evidence", "base rate", "base rate"]
    assert worst(rows, 1) == found[:1]


def test_what_was_called_impossible_is_lost_without_end_to_whom_it_was():
    never, late = worst([*both("x", 0.0, 0.0, True), *both("y", 0.5, 0.0, True)])
    assert (never.lost, never.by_base_rate, never.by_evidence) == (math.inf, math.inf, 0)
    assert (late.lost, late.by_base_rate, late.dearer) == (math.inf, math.log(2), "evidence")
    assert never.dearer == "base rate"


def test_unsettled_questions_views_amounts_and_lone_forecasts_do_not_mislead():
    amount = row("t", None, 3.0, type="quantity", quantiles={0.5: 2.0})
    (only,) = worst([
        *both("open", 0.5, 0.5, None, status="open"), amount, row("v", 0.1, True, role="view"),
        row("alone", 0.5, True),
    ])  # fmt: skip
    assert (only.question, only.lost, only.dearer) == ("alone", math.log(2), "")
    assert math.isnan(only.by_base_rate)


def test_a_state_is_lost_by_what_was_given_to_it():
    said = {"type": "states", "probs": {"low": 0.2, "high": 0.8}}
    prior = row("frost", None, "low", role="prior", **said)
    after = replace(prior, role="headline", probs={"low": 0.4, "high": 0.6})
    (one,) = worst([prior, after])
    assert_allclose([one.lost, one.by_base_rate], [math.log(2.5), math.log(5)])


def test_a_case_is_scored_as_a_whole_and_an_amount_counts_once():
    asked = {"case_digest": DIGEST, "by": "ann"}
    said = {"quantiles": {0.5: 200.0}, "type": "quantity"}
    rows = [
        row("weather/rain@2022-09-15", 0.2, True, **asked),
        row("weather/mud@2022-09-15", 0.1, True, **asked),
        row("weather/harvest@2022-09-15", None, 250.0, **asked, **said),
        row("weather/harvest.rich@2022-09-15", 0.5, True, **asked),
        row("weather/snow@2022-09-15", 0.5, True, by="ann"),  # of no case
        row("weather/rain@2023-09-15", 0.2, None, status="open", **asked),
    ]
    (whole,) = wholes(rows, {DIGEST: read(CASE)}.__getitem__)
    assert (whole.forecaster, whole.made_at, whole.resolve_by) == (
        "ann", date(2021, 9, 15), date(2022, 9, 15)
    )  # fmt: skip
    assert len(whole.outcomes) == 4
    # Mud needs rain: 20% and half of that; the harvest is above its median with one half.
    assert whole.joint.outcomes == 3
    assert_allclose(math.exp(whole.joint.posterior), 0.1 * 0.5, rtol=1e-6)
    assert_allclose(math.exp(whole.joint.posterior_marginals), 0.2 * 0.1 * 0.5, rtol=1e-6)
    brier, _, yes = whole.expected
    assert_allclose(brier.real, (0.8**2 + 0.9**2 + 0.5**2) / 3, rtol=1e-6)
    assert (yes.real, pytest.approx(0.8, abs=0.02)) == (3, yes.expected)


def test_only_amounts_have_a_joint_score_and_nothing_expected():
    said = {"quantiles": {0.5: 200.0}, "type": "quantity", "case_digest": DIGEST}
    rows = [row("weather/harvest@2022-09-15", None, 250.0, **said)]
    (whole,) = wholes(rows, {DIGEST: read(CASE)}.__getitem__)
    assert_allclose(math.exp(whole.joint.posterior), 0.5, rtol=1e-6)
    assert whole.expected == ()
