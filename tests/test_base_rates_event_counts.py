"""Counts scatter as SciPy's negative binomial, the level drifts as a random walk, windows nest."""

from datetime import date
from itertools import pairwise

import numpy as np
import pytest
from scipy import stats

from forecasting.errors import InputError
from forecasting.file import tables
from forecasting.fit import event_counts
from forecasting.fit.event_counts import chances, draw_counts

SHORT = {"draws": 300, "tune": 400, "chains": 4}


def table(counts, column="count"):
    months = [f"{2010 + i // 12}-{i % 12 + 1:02}" for i in range(len(counts))]
    rows = tuple({"month": m, column: str(c)} for m, c in zip(months, counts, strict=True))
    last = tables.parse_day(months[-1]).last
    return tables.Table("made up", rows, tables.load("ttp_deaths_monthly").sidecar, last)


@pytest.fixture(scope="module")
def truth():
    rng = np.random.default_rng(6)
    level = np.log(40) + np.cumsum(0.15 * rng.standard_normal(60))
    return level, draw_counts(rng, level, 0.4)


@pytest.fixture(scope="module")
def fitted(truth):
    settings = {"count": "count", "at_least": 1.5, "since": "2015-01-01"}
    return event_counts.fit(table(truth[1]), settings, seed=1, **SHORT)


def test_the_scatter_is_the_negative_binomial_of_scipy():
    """Frequencies of 200,000 draws against the mass function."""
    drawn = draw_counts(np.random.default_rng(1), np.full(200_000, np.log(3.0)), np.array(0.8))
    n = 0.8**-2
    expected = stats.nbinom.pmf(np.arange(8), n, n / (n + 3.0))
    assert np.bincount(drawn)[:8] / 200_000 == pytest.approx(expected, abs=0.004)


def test_the_likelihood_of_the_model_is_that_of_scipy(truth):
    model = event_counts.model(truth[1])
    point = model.initial_point()
    point["mean"] = np.array(3.1)
    level = np.full(60, 3.1)  # no waves, and HalfNormal's 1 on the log scale for the scatter
    scatter = float(np.exp(point["scatter_log__"]))
    n = scatter**-2
    expected = stats.nbinom.logpmf(truth[1], n, n / (n + np.exp(level))).sum()
    compiled = model.compile_logp(vars=[model["counts"]], jacobian=False)
    assert float(compiled(point)) == pytest.approx(expected, rel=1e-8)


def test_what_was_simulated_is_recovered(truth, fitted):
    posterior = fitted[0]["posterior"].dataset
    for name, value in (("drift", 0.15), ("scatter", 0.4)):
        low, high = np.quantile(posterior[name].values, [0.005, 0.995])
        assert low < value < high
    low, high = np.quantile(posterior["level"].values.reshape(-1, 60), [0.01, 0.99], axis=0)
    assert ((low < truth[0]) & (truth[0] < high)).mean() > 0.9


def test_without_drift_or_scatter_the_total_is_poisson():
    """Twelve months at 10 against 120: a closed form."""
    shares = chances(
        np.random.default_rng(2), np.full(12, 10), 12,
        np.full(50, np.log(10.0)), np.full(50, 1e-9), np.full(50, 1e-4), 1.1, False, futures=2000,
    )  # fmt: skip
    assert shares[11].mean() == pytest.approx(stats.poisson.sf(131, 120), abs=0.004)


def test_a_fall_cannot_be_told_before_a_year_is_over():
    shares = chances(
        np.random.default_rng(2), np.full(12, 10), 12,
        np.full(5, np.log(1.0)), np.full(5, 0.1), np.full(5, 0.1), 0.5, True, futures=50,
    )  # fmt: skip
    assert (shares[:11] == 0).all()
    assert (shares[11] > 0.9).all()


def test_longer_windows_are_never_less_likely(fitted):
    means = [w.mean for w in fitted[1].windows]
    assert all(a <= b for a, b in pairwise(means))


def test_months_seen_within_the_window_count_as_they_were():
    """Half a year in, the total already reached settles it."""
    counts = np.concatenate([np.full(12, 10), np.full(6, 40)])
    shares = chances(
        np.random.default_rng(2), counts, 12,
        np.full(5, np.log(10.0)), np.full(5, 0.1), np.full(5, 0.1), 1.5, False, futures=20,
    )  # fmt: skip
    assert (shares[3] == 0).all()
    assert (shares[4] == 1).all()


def test_the_spread_is_that_of_the_chances_without_what_counting_futures_adds():
    """Chances from a Beta(0.5, 20), whose standard deviation is known, seen through 400 futures."""
    rng = np.random.default_rng(3)
    chance = rng.beta(0.5, 20.0, size=400_000)
    share = rng.binomial(event_counts.FUTURES, chance) / event_counts.FUTURES
    found = event_counts._window(12.0, share)
    assert found.sd == pytest.approx(stats.beta(0.5, 20.0).std(), rel=0.01)
    assert share.std() > 1.02 * found.sd


def test_where_no_future_comes_to_it_some_doubt_is_left():
    found = event_counts._window(1.0, np.zeros(1000))
    assert found.mean == pytest.approx(0.5 / 401)
    assert found.probability.logit_sd == pytest.approx(0.05, rel=0.01)


def test_a_missing_month_is_refused():
    data = table(np.arange(30))
    broken = tables.Table(
        "broken", data.rows[:9] + data.rows[10:], data.sidecar, data.observed_until
    )
    with pytest.raises(InputError, match="months must follow each other"):
        event_counts.series(broken, "count")


def test_rows_known_later_are_refused():
    settings = {"count": "deaths", "as_of": date(2019, 3, 31)}
    with pytest.raises(
        ValueError, match="hindsight: a row of ttp_deaths_monthly is dated 2019-04-30"
    ):
        event_counts.fit(tables.load("ttp_deaths_monthly"), settings, seed=1)


def test_the_checks_find_months_that_the_model_cannot_have_drawn(fitted):
    level = fitted[0]["posterior"].dataset["level"].values.reshape(-1, 60)[:200]
    checks = event_counts.predictive_checks(
        np.random.default_rng(1), np.r_[np.zeros(30), np.full(30, 500)], level, np.full(200, 0.4)
    )
    assert checks["check_zeros"] < 0.01
