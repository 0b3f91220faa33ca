"""Counts scatter as SciPy's negative binomial, the level drifts as a random walk, windows nest."""

from datetime import date
from itertools import pairwise

import numpy as np
import pytest
from scipy import stats

from forecasting.errors import InputError
from forecasting.file import tables
from forecasting.file.models import LEVELS
from forecasting.fit import event_counts
from forecasting.fit.event_counts import chances, draw_counts, points, totals

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


# An amount: the total of the window itself.


def test_the_total_of_months_without_drift_or_scatter_is_poisson():
    """Twelve months at 10: rounded, the points are SciPy's quantiles, within one of 400,000."""
    drawn = totals(
        np.random.default_rng(2), np.full(12, 10), 12,
        np.full(200, np.log(10.0)), np.full(200, 1e-9), np.full(200, 1e-4), futures=2000,
    )  # fmt: skip
    year = next(total for month, total in enumerate(drawn, 1) if month == 12)
    found = dict(zip(LEVELS, points(year), strict=True))
    assert np.rint([*found.values()]) == pytest.approx(stats.poisson.ppf(LEVELS, 120), abs=1)
    for level, point in found.items():
        least = int(np.rint(point))  # within its unit as far as the level is within its share
        way = (level - stats.poisson.cdf(least - 1, 120)) / stats.poisson.pmf(least, 120)
        assert point == pytest.approx(least - 0.5 + way, abs=0.25)


def test_rounded_points_are_the_quantiles_of_the_futures():
    for mean in (0.2, 1.5, 40.0):
        drawn = np.random.default_rng(5).negative_binomial(0.7, 0.7 / (0.7 + mean), 10_000)
        found = np.array(points(drawn))
        assert (np.diff(found) > 0).all()
        assert np.rint(found).tolist() == np.quantile(drawn, LEVELS, method="inverted_cdf").tolist()


def test_a_cut_between_two_counts_is_as_probable_as_the_futures_say():
    """Of a coin, half lies above 1/2; of what is nearly always 0, the rest below it ascends."""
    found = dict(zip(LEVELS, points(np.array([0, 1] * 50)), strict=True))
    assert (found[0.5], found[0.75]) == (0.5, 1.0)
    rare = points(np.array([0] * 999 + [3]))
    assert rare == pytest.approx(-0.5 + np.array(LEVELS) / 0.999, abs=1e-4)


def test_months_seen_within_the_window_are_part_of_the_total():
    counts = np.concatenate([np.full(12, 10), np.array([7, 0, 30])])
    drawn = totals(
        np.random.default_rng(2), counts, 12,
        np.full(5, np.log(10.0)), np.full(5, 0.1), np.full(5, 0.1), futures=20,
    )  # fmt: skip
    first = [next(drawn).copy() for _ in range(4)]
    assert [np.unique(total).tolist() for total in first[:3]] == [[7], [7], [37]]
    assert len(np.unique(first[3])) > 5


def test_without_a_ratio_the_total_is_predicted(truth):
    """Its median exceeds itself with one half, and longer windows have more."""
    settings = {"count": "count", "since": "2015-01-01"}
    tree, found = event_counts.fit(table(truth[1]), settings, seed=1, **SHORT)
    assert found.windows == ()
    assert [one.months for one in found.amounts] == [*range(1, 61)]
    assert found.mean == pytest.approx(0.5, abs=0.01)
    assert found.draws.shape == tree["posterior"].dataset["drift"].shape
    medians = [one.points[LEVELS.index(0.5)] for one in found.amounts]
    assert all(a < b for a, b in pairwise(medians))
    # A year goes on about as the last level says: half of all totals within a factor of two.
    year = np.array(found.amounts[11].points)
    assert year[LEVELS.index(0.25)] < 12 * np.exp(truth[0][-1]) < year[LEVELS.index(0.95)]
