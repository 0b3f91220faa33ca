"""The time to an event agrees with lifelines, SciPy and the formulas of the Weibull."""

from datetime import date, timedelta

import lifelines
import numpy as np
import pytest
from scipy import stats

from forecasting.file import tables
from forecasting.fit import time_to_event
from forecasting.fit.time_to_event import DAYS_A_MONTH, log_likelihood

SHORT = {"draws": 500, "tune": 500, "chains": 4}
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
    return time_to_event.fit(data, {"elapsed": 5.0}, seed=1, **SHORT)


def test_right_censored_times_agree_with_the_maximum_likelihood_of_scipy(data, fitted):
    """Three hundred cases leave the prior next to nothing to say."""
    after, before = time_to_event.times(data)
    censored = stats.CensoredData.right_censored(after, np.isinf(before))
    likeliest_shape, _, likeliest_scale = stats.weibull_min.fit(censored, floc=0)
    posterior = fitted[0]["posterior"].dataset
    log_scale, shape = posterior["log_scale"].values, posterior["shape"].values
    assert abs(log_scale.mean() - np.log(likeliest_scale)) < 0.3 * log_scale.std()
    assert abs(shape.mean() - likeliest_shape) < 0.3 * shape.std()


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


def test_times_known_to_the_year_agree_with_the_maximum_likelihood_of_lifelines(data):
    cases = yearly(data)
    after, before = time_to_event.times(cases)
    likeliest = lifelines.WeibullFitter().fit_interval_censoring(np.maximum(after, 0.0), before)
    posterior = time_to_event.fit(cases, {}, seed=3, **SHORT)[0]["posterior"].dataset
    log_scale, shape = posterior["log_scale"].values, posterior["shape"].values
    assert abs(log_scale.mean() - np.log(likeliest.lambda_)) < 0.3 * log_scale.std()
    assert abs(shape.mean() - likeliest.rho_) < 0.3 * shape.std()


def test_the_forecast_is_the_conditional_weibull_of_every_draw(fitted):
    tree, estimate = fitted
    posterior = tree["posterior"].dataset
    weibull = stats.weibull_min(
        posterior["shape"].values, scale=np.exp(posterior["log_scale"].values)
    )
    for months in (1, 12, 60):
        chance = 1 - weibull.sf(5.0 + months) / weibull.sf(5.0)
        assert estimate.windows[months - 1].mean == pytest.approx(chance.mean(), rel=1e-9)
        assert estimate.windows[months - 1].sd == pytest.approx(chance.std(), rel=1e-9)


def test_what_was_simulated_is_recovered(fitted):
    posterior = fitted[0]["posterior"].dataset
    low, high = np.quantile(posterior["shape"].values, [0.005, 0.995])
    assert low < 0.7 < high
    low, high = np.quantile(posterior["log_scale"].values, [0.005, 0.995])
    assert low < np.log(120) < high


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


def test_groups_move_the_hazard_apart():
    slow, fast = simulated(60, 0.8, 300.0, seed=3), simulated(60, 0.8, 20.0, seed=4)
    rows = [{**row, "kind": "slow"} for row in slow.rows]
    rows += [{**row, "kind": "fast"} for row in fast.rows]
    settings = {"by": ["kind"]}
    means = [
        time_to_event.fit(table(rows), {**settings, "group": kind}, seed=2, **SHORT)[1].mean
        for kind in ("slow", "fast")
    ]
    assert means[0] + 0.2 < means[1]


def test_an_event_that_was_not_known_yet_is_open():
    early = tables.load("peace_after_rebel_victory").until(date(1979, 6, 30))
    afghan = next(row for row in early.rows if row["start"] == "1978-04-28")
    assert (afghan["event_from"], afghan["event_to"]) == ("", "")


def test_rows_known_later_are_refused(data):
    with pytest.raises(ValueError, match="hindsight"):
        time_to_event.fit(data, {"as_of": date(2014, 1, 1)}, seed=1)
