"""The time to an event agrees with lifelines, SciPy, PyMC and what is counted by hand."""

from dataclasses import replace
from datetime import date, timedelta

import lifelines
import numpy as np
import pytest
from scipy import stats

from forecasting.file import tables
from forecasting.fit import time_to_event
from forecasting.fit.time_to_event import DAYS_A_MONTH, log_likelihood

UNTIL = date(2020, 12, 31)


def table(rows):
    sidecar = tables.load("peace_after_rebel_victory").sidecar
    return tables.Table("made up", tuple(rows), sidecar, UNTIL)


def simulated(cases, shape, scale, seed):
    """Cases that began in 2000-2015 and are followed to the end of 2020; times in months."""
    rng = np.random.default_rng(seed)
    rows = []
    for _ in range(cases):
        start = date(2000, 1, 1) + timedelta(days=int(rng.integers(0, 5800)))
        end = start + timedelta(days=int(scale * rng.weibull(shape) * DAYS_A_MONTH) + 1)
        seen = end.isoformat() if end <= UNTIL else ""
        rows.append({"start": start.isoformat(), "event_from": seen, "event_to": seen})
    return table(rows)


@pytest.fixture(scope="module")
def data():
    return simulated(300, 0.7, 120.0, seed=8)


@pytest.fixture(scope="module")
def fitted(data):
    return time_to_event.fit(data, {"elapsed": 5.0}, seed=1)


def yearly(data):
    """The same cases, of which only the calendar year of the event is known."""
    return table(
        {**row, "event_from": row["event_from"][:4], "event_to": row["event_to"][:4]}
        for row in data.rows
    )


@pytest.mark.parametrize("follow", [None, 60.0], ids=["to the end", "for five years"])
def test_the_likelihood_of_the_shipped_cases_is_that_of_lifelines(follow):
    """Known to the year, seen in the first one, or open: lifelines' own maximum is compared."""
    after, before = time_to_event.times(tables.load("peace_after_rebel_victory"), follow)
    likeliest = lifelines.WeibullFitter().fit_interval_censoring(after, before)
    ours = log_likelihood(after, before, np.log(likeliest.lambda_), likeliest.rho_).sum()
    assert ours == pytest.approx(likeliest.log_likelihood_, rel=1e-6)
    for scale, shape in ((1.02, 1.0), (0.98, 1.0), (1.0, 1.02), (1.0, 0.98)):
        near = np.log(likeliest.lambda_ * scale), likeliest.rho_ * shape
        assert log_likelihood(after, before, *near).sum() < ours


@pytest.mark.parametrize("known_to_the", ["day", "year"])
def test_a_weibull_alone_agrees_with_the_maximum_likelihood_of_lifelines(
    data, known_to_the, monkeypatch
):
    """Three hundred cases leave the prior next to nothing to say, where periods do not depart."""
    monkeypatch.setattr(time_to_event, "STEP_SD", 1e-3)
    cases = data if known_to_the == "day" else yearly(data)
    after, before = time_to_event.times(cases)
    likeliest = lifelines.WeibullFitter().fit_interval_censoring(np.maximum(after, 0.0), before)
    found, estimate = time_to_event.fit(cases, {}, seed=3)
    log_scale, shape, _, _ = time_to_event.parameters(found.z, found.z.shape[1] - 2)
    for values, expected in ((log_scale, np.log(likeliest.lambda_)), (shape, likeliest.rho_)):
        mean, sd = found.moments(values)
        assert abs(mean - expected) < 0.3 * sd
    weibull = stats.weibull_min(likeliest.rho_, scale=likeliest.lambda_)
    for window in estimate.windows[11::12]:
        assert abs(window.mean - weibull.cdf(window.months)) < 0.3 * window.sd


def test_the_risk_of_periods_is_that_of_their_hazards_added_up():
    """A rate of 0.02 a month, three times as high from month 6 to 12: by hand."""
    steps = np.log([1.0, 1.0, 3.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0])
    found = time_to_event.risk(np.array([0.0, 5.0, 8.0, 30.0]), np.log(50.0), 1.0, steps)
    assert found == pytest.approx([0.0, 0.1, 0.12 + 0.12, 0.12 + 0.36 + 0.36])
    exact = log_likelihood(np.array([8.0]), np.array([8.0]), np.log(50.0), 1.0, steps, 0.5)
    assert exact[0] == pytest.approx(np.log(0.06) + 0.5 - 0.24 * np.exp(0.5))


@pytest.mark.slow
def test_chains_of_pymc_say_the_same():
    """Fifty-one cases in two groups, known to the year."""
    asked = {"by": ["others"], "group": "yes", "follow": 60.0, "elapsed": 0.3}
    cases = tables.load("peace_after_rebel_victory")
    drawn, sampled = (
        time_to_event.fit(cases, asked, seed=2, **sampling)[1]
        for sampling in ({}, {"draws": 1000, "tune": 500})
    )
    assert not sampled.refused
    for months in (3, 12, 60):
        ours, theirs = drawn.windows[months - 1], sampled.windows[months - 1]
        assert ours.mean == pytest.approx(theirs.mean, abs=0.008)
        assert ours.sd == pytest.approx(theirs.sd, abs=0.008)


def test_a_first_year_that_is_quiet_by_construction_is_seen_as_such():
    """Nothing for twelve months, then one in fifty a month: a Weibull alone says 15% or more."""
    rng = np.random.default_rng(4)
    rows = []
    for _ in range(300):
        end = date(2001, 1, 1) + timedelta(days=int(DAYS_A_MONTH * (12 + rng.exponential(50))) + 1)
        seen = end.isoformat() if end <= UNTIL else ""
        rows.append({"start": "2001-01-01", "event_from": seen, "event_to": seen})
    early, late = (
        time_to_event.fit(table(rows), {"elapsed": elapsed}, seed=1)[1] for elapsed in (0.0, 12.0)
    )
    assert early.mean < 0.025
    assert late.mean == pytest.approx(1 - np.exp(-12 / 50), abs=0.03)
    for found in (early, late):
        curve, counted, _ = found.diagnosis["curve"][11]
        assert curve == pytest.approx(counted, abs=0.025)


def test_kaplan_and_meier_count_as_lifelines_does(data):
    """From the start, and given five months; to the month, so events are put at its end."""
    after, before = time_to_event.times(data)
    whole = np.ceil(after)
    before = np.where(np.isinf(before), np.inf, whole)
    theirs = lifelines.KaplanMeierFitter().fit(whole, np.isfinite(before))
    for elapsed in (0.0, 5.0):
        ours = time_to_event.kaplan_meier(whole, before, elapsed)
        left = theirs.survival_function_at_times([elapsed, elapsed + 12, elapsed + 48]).to_numpy()
        assert 1 - ours[[11, 47], 0] == pytest.approx(left[1:] / left[0], rel=1e-9)
    variance = theirs.event_table  # Greenwood's, by its own sum
    d, n = variance["observed"].to_numpy(), variance["at_risk"].to_numpy()
    upto = variance.index.to_numpy() <= 24
    share, of = time_to_event.kaplan_meier(whole, before)[23]
    greenwood = (1 - share) ** 2 * (d[upto] / (n[upto] * (n[upto] - d[upto]))).sum()
    assert share * (1 - share) / of == pytest.approx(greenwood, rel=1e-9)


@pytest.mark.parametrize(
    ("day", "of"), [([1.5] * 5, 5), ([0.5, 0.5, 3.2, 3.2], 4), ([0.5, 1.2, 1.5], 3)]
)
def test_where_all_that_were_left_come_in_one_month_all_have_come(day, of):
    """None was lost from sight, so that it is a plain count of all."""
    day = np.array(day)
    found = time_to_event.kaplan_meier(day, day)
    came = (day <= np.arange(1, len(found) + 1)[:, None]).mean(axis=1)
    assert found[:, 0] == pytest.approx(came)
    assert found[-1] == pytest.approx([1.0, of])


def test_thirty_cases_known_by_the_year_are_thirty_when_the_year_is_over():
    found = time_to_event.kaplan_meier(np.zeros(30), np.full(30, 12.0))
    assert found == pytest.approx(np.c_[np.arange(1, 13) / 12, np.full(12, 30.0)])


def test_what_was_simulated_is_recovered(fitted):
    weibull = stats.weibull_min(0.7, scale=120.0)
    for window in fitted[1].windows[11::12]:
        true = 1 - weibull.sf(5.0 + window.months) / weibull.sf(5.0)
        assert abs(window.mean - true) < 2.6 * window.sd


def test_moments_are_those_of_the_weighted_draws(fitted):
    drawn, estimate = fitted
    assert drawn.weights.sum() == pytest.approx(1.0)
    assert estimate.mean == pytest.approx(np.average(estimate.draws, weights=drawn.weights))
    assert not estimate.refused and estimate.diagnosis["effective"] > 1000


@pytest.mark.parametrize(
    ("after", "before", "expected"),
    [
        (3.0, 3.0, lambda w: w.logpdf(3.0)),
        (2.0, 9.0, lambda w: np.log(w.sf(2.0) - w.sf(9.0))),
        (0.0, 9.0, lambda w: np.log(w.cdf(9.0))),
        (7.0, np.inf, lambda w: w.logsf(7.0)),
    ],
    ids=["seen on a day", "seen between two days", "from the start", "still open"],
)
def test_each_kind_of_case_has_its_likelihood(after, before, expected):
    value = log_likelihood(np.array([after]), np.array([before]), np.log(20.0), 0.6)
    assert value[0] == pytest.approx(expected(stats.weibull_min(0.6, scale=20.0)), rel=1e-6)


def test_following_for_a_while_leaves_later_events_open():
    after, before = time_to_event.times(tables.load("peace_after_rebel_victory"), 24.0)
    assert after.max() == 24.0
    assert before[np.isfinite(before)].max() <= 24.0


def cohorts():
    slow, fast = simulated(60, 0.8, 300.0, seed=3), simulated(60, 0.8, 20.0, seed=4)
    rows = [{**row, "kind": "slow", "earlier": "0"} for row in slow.rows]
    return table(rows + [{**row, "kind": "fast", "earlier": "3"} for row in fast.rows])


def test_groups_and_covariates_move_the_hazard_apart():
    def asked(**settings):
        return time_to_event.fit(cohorts(), settings, seed=2)[1].mean

    means = [asked(by=["kind"], group=kind) for kind in ("slow", "fast")]
    assert means[0] + 0.2 < means[1]
    assert [asked(covariates={"kind": kind}) for kind in ("slow", "fast")] == pytest.approx(means)
    # Numbers move it evenly in ln(1 + x): 1 lies half way from 0 to 3.
    by_number = [asked(covariates={"earlier": n}) for n in ("0", "1", "3")]
    risks = np.log(-np.log1p(-np.array(by_number)))
    assert risks[1] == pytest.approx((risks[0] + risks[2]) / 2, abs=0.03)
    assert by_number[0] + 0.2 < by_number[2]


def test_a_value_that_no_case_has_is_less_sure():
    found = [
        time_to_event.fit(cohorts(), {"covariates": {"kind": kind}}, seed=2)[1].spread
        for kind in ("slow", "fast", "other")
    ]
    assert found[2] > 1.5 * max(found[:2])


@pytest.mark.parametrize("number", ["1", "2", "5", "0.1"])
def test_a_number_that_all_cases_share_tells_none_apart(data, number):
    """Of another the prior alone speaks, however the mean of equal numbers is rounded."""
    side = replace(data.sidecar, columns={**data.sidecar.columns, "same": "a number"})
    same = replace(data, rows=tuple({**row, "same": number} for row in data.rows), sidecar=side)
    cases, own = time_to_event.traits(same, {"covariates": {"same": "9"}})
    assert not cases.any()
    assert own == pytest.approx([np.log(10) - np.log1p(float(number))])


def test_groups_named_by_numbers_are_groups_whichever_is_asked_for():
    rows = [{**row, "kind": "012"[i % 3]} for i, row in enumerate(simulated(9, 0.8, 20.0, 1).rows)]
    apart = [[float(i % 3 == one) for one in range(3)] for i in range(9)]
    cases, own = time_to_event.traits(table(rows), {"by": ["kind"], "group": "2"})
    assert (cases.tolist(), own.tolist()) == (apart, [0.0, 0.0, 1.0])


def test_an_event_that_was_not_known_yet_is_open():
    early = tables.load("peace_after_rebel_victory").until(date(1979, 6, 30))
    afghan = next(row for row in early.rows if row["start"] == "1978-04-28")
    assert (afghan["event_from"], afghan["event_to"]) == ("", "")


def test_rows_known_later_are_refused(data):
    with pytest.raises(ValueError, match="hindsight"):
        time_to_event.fit(data, {"as_of": date(2014, 1, 1)}, seed=1)
