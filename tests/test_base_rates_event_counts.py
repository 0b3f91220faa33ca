"""Windows nest, totals are those of the futures, and no series is too calm, sparse or short."""

import hashlib
from datetime import date
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from forecasting.errors import InputError
from forecasting.file import tables
from forecasting.file.models import CLASS_TABLES, LEVELS, MODELS, REACH
from forecasting.fit import count_class, event_counts
from forecasting.fit.count_pool import WEIGHTS
from forecasting.fit.event_counts import FUTURES, GROUPS, chances, points, totals
from forecasting.fit.local_level import draw_counts


def table(counts, column="count"):
    months = [f"{2010 + i // 12}-{i % 12 + 1:02}" for i in range(len(counts))]
    rows = tuple({"month": m, column: str(c)} for m, c in zip(months, counts, strict=True))
    last = tables.parse_day(months[-1]).last
    return tables.Table("made up", rows, tables.load("ttp_deaths_monthly").sidecar, last)


def poisson(rng, groups, futures, months=REACH, mean=10.0):
    return rng.poisson(mean, (groups, futures, months)).astype(float)


@pytest.fixture(scope="module")
def truth():
    rng = np.random.default_rng(6)
    level = np.log(40) + np.cumsum(0.15 * rng.standard_normal(60))
    return level, draw_counts(rng, level, 0.4)


@pytest.fixture(scope="module")
def fitted(truth):
    settings = {"count": "count", "at_least": 1.5, "since": "2015-01-01"}
    return event_counts.fit(table(truth[1]), settings, seed=1)


def test_what_was_simulated_is_recovered(truth, fitted):
    """The level of each month within what is drawn for it, and most weight near its steps."""
    drawn = fitted[0]
    low, high = np.quantile(drawn.level, [0.01, 0.99], axis=0)
    assert ((low < truth[0]) & (truth[0] < high)).mean() > 0.9
    low, high = np.quantile(drawn.scatter, [0.05, 0.95])
    assert low <= 0.4 <= high


def test_the_pool_has_so_many_groups_of_each_source(fitted):
    drawn = fitted[0]
    assert drawn.groups == {name: round(GROUPS * weight) for name, weight in WEIGHTS.items()}
    assert drawn.paths.shape == (GROUPS, FUTURES, REACH)


def test_the_chance_of_a_fit_is_the_share_of_its_futures_that_come_to_it(truth, fitted):
    drawn, found = fitted
    base, year = truth[1][-12:].sum(), drawn.paths[..., :12].sum(axis=-1)
    # Within a window of twelve months only its end holds twelve; before, totals are smaller.
    assert found.mean == pytest.approx((year >= 1.5 * base).mean(), abs=0.006)
    assert found.draws.shape == (1, GROUPS)
    assert found.refused == ()


def test_the_total_of_independent_months_is_poisson():
    """Twelve months at 10 against 120: a closed form."""
    paths = poisson(np.random.default_rng(2), 50, 2000)
    shares = chances(np.full(12, 10), 12, paths, 1.1, False)
    assert shares[11].mean() == pytest.approx(stats.poisson.sf(131, 120), abs=0.004)


def test_a_fall_cannot_be_told_before_a_year_is_over():
    shares = chances(
        np.full(12, 10), 12, poisson(np.random.default_rng(2), 5, 50, 60, 1.0), 0.5, True
    )
    assert (shares[:11] == 0).all()
    assert (shares[11] > 0.9).all()


def test_of_nothing_a_rise_is_at_least_one():
    """After a year without any, a month has one with 1 - exp(-0.02), and a fall is none at all."""
    paths = poisson(np.random.default_rng(2), 50, 2000, mean=0.02)
    rise, fall = (chances(np.zeros(12), 12, paths, *asked) for asked in ((1.5, False), (0.5, True)))
    assert rise[0].mean() == pytest.approx(1 - np.exp(-0.02), abs=0.001)
    assert rise[11].mean() == pytest.approx(1 - np.exp(-0.24), abs=0.004)
    assert fall[11].mean() == pytest.approx(np.exp(-0.24), abs=0.004)


def test_longer_windows_are_never_less_likely(fitted):
    means = [w.mean for w in fitted[1].windows]
    assert len(means) == REACH
    assert all(a <= b for a, b in pairwise(means))


def test_months_seen_within_the_window_count_as_they_were():
    """Half a year in, the total already reached settles it."""
    counts = np.concatenate([np.full(12, 10), np.full(6, 40)])
    shares = chances(counts, 12, poisson(np.random.default_rng(2), 5, 20), 1.5, False)
    assert (shares[3] == 0).all()
    assert (shares[4] == 1).all()


def test_a_window_that_begins_later_is_compared_with_the_twelve_months_before_it():
    """Six months at 10 seen, six at 30 to come before it: 240; then 40 a month reach 1.5 times."""
    paths = np.concatenate([np.full((1, 1, 6), 30.0), np.full((1, 1, REACH), 40.0)], axis=-1)
    shares = chances(np.full(12, 10), 18, paths, 1.5, False)
    assert shares[:, 0].tolist() == [0] * 8 + [1] * (REACH - 8)


def test_the_spread_is_that_of_the_chances_without_what_counting_futures_adds():
    """Chances from a Beta(0.5, 20), whose standard deviation is known, seen through 100 futures."""
    rng = np.random.default_rng(3)
    chance = rng.beta(0.5, 20.0, size=400_000)
    share = rng.binomial(FUTURES, chance) / FUTURES
    found = event_counts._window(12.0, share)
    assert found.sd == pytest.approx(stats.beta(0.5, 20.0).std(), rel=0.02)
    assert share.std() > 1.05 * found.sd


def test_where_no_future_comes_to_it_some_doubt_is_left():
    found = event_counts._window(1.0, np.zeros(1000))
    assert found.mean == pytest.approx(0.5 / 101)
    assert found.probability.logit_sd == pytest.approx(0.05, rel=0.01)


def test_a_missing_month_is_refused():
    data = table(np.arange(30))
    broken = tables.Table(
        "broken", data.rows[:9] + data.rows[10:], data.sidecar, data.observed_until
    )
    with pytest.raises(InputError, match="months must follow each other"):
        event_counts.series(broken, "count")


def test_less_than_a_year_is_refused():
    with pytest.raises(InputError, match="11 months are known, and 12 are needed"):
        event_counts.series(table(np.arange(11)), "count")


def test_rows_known_later_are_refused():
    settings = {"count": "deaths", "as_of": date(2019, 3, 31)}
    with pytest.raises(
        ValueError, match="hindsight: a row of ttp_deaths_monthly is dated 2019-04-30"
    ):
        event_counts.fit(tables.load("ttp_deaths_monthly"), settings, seed=1)


def test_the_checks_find_months_that_the_model_cannot_have_drawn(fitted):
    level = fitted[0].level[:200]
    checks = event_counts.predictive_checks(
        np.random.default_rng(1), np.r_[np.zeros(30), np.full(30, 500)], level, np.full(200, 0.4)
    )
    assert checks["check_zeros"] < 0.01


def test_the_empty_months_of_the_ttp_are_more_than_its_model_draws(monkeypatch):
    """A sum of independent months of unequal chance, added up exactly, against drawn series."""
    monkeypatch.setattr(event_counts, "GROUPS", 60)
    deaths = tables.load("ttp_deaths_monthly")
    settings = {"count": "deaths", "since": "2021-09-15", "as_of": date(2021, 9, 15)}
    drawn, found = event_counts.fit(deaths, settings, seed=1)
    seen = sum(row["deaths"] == "0" for row in deaths.until(date(2021, 9, 15)).rows)
    size = drawn.scatter[:, None] ** -2.0
    empty = stats.nbinom.pmf(0, size, size / (size + np.exp(drawn.level)))
    chance = np.zeros((len(empty), seen + 1))  # of so many empty months; the last: or more
    chance[:, 0] = 1
    for month in empty.T[..., None]:
        moved = chance[:, :-1] * month
        chance[:, :-1] -= moved
        chance[:, 1:] += moved
    exact = chance[:, -1].mean()
    assert exact < 0.05
    assert found.diagnosis["check_zeros"] == pytest.approx(exact, abs=0.02)


# No series is refused, and each is told what it leans on.

HARD = {
    "short": np.array([0, 2, 0, 0, 1, 0, 0, 0, 4, 0, 0, 1]),
    "a year without any": np.zeros(12, int),
    "all zero": np.zeros(72, int),
    "calm": np.full(72, 30),
    "sparse": np.eye(1, 72, 40, dtype=int)[0],
    "far above the class": np.full(24, 5_000_000),
}


@pytest.mark.parametrize("asked", [{}, {"at_least": 1.5}, {"at_most": 0.5}], ids=str)
@pytest.mark.parametrize("counts", HARD.values(), ids=HARD)
def test_no_series_is_too_calm_too_sparse_or_too_short(counts, asked, monkeypatch):
    monkeypatch.setattr(event_counts, "GROUPS", 60)
    monkeypatch.setattr(event_counts, "REPLICAS", 20)
    since = f"{2010 + len(counts) // 12}-01-01"
    _, found = event_counts.fit(table(counts), {"count": "count", "since": since, **asked}, seed=1)
    assert found.refused == ()
    assert f"its own {len(counts)} months" in found.diagnosis["leans_on"]
    assert all(0 < one.mean < 1 and 0 < one.sd < 1 for one in found.windows)
    for one in found.amounts:
        assert all(a < b for a, b in pairwise(one.points))
    if found.amounts and counts.min() > 1e6:  # a level above those of the class goes on
        assert found.amounts[11].points[LEVELS.index(0.5)] == pytest.approx(6e7, rel=0.2)


def test_it_leans_on_the_class_the_more_the_shorter_the_series(truth, monkeypatch):
    """As told: of what the class says of its steps, own months change less, the fewer they are."""
    monkeypatch.setattr(event_counts, "GROUPS", 60)
    changed = []
    for months in (12, 36, 60):
        rows = table(truth[1][:months])
        drawn, found = event_counts.fit(rows, {"count": "count", "since": "2015-01-01"}, seed=1)
        moved = np.abs(drawn.weights - drawn.shares).sum() / 2
        assert found.diagnosis["leans_on"].endswith(f"changed {moved:.0%} of that")
        changed.append(moved)
    assert changed == sorted(changed)


# The class: only what was known on the day.


@pytest.mark.parametrize("day", [date(1996, 5, 1), date(2021, 9, 15)])
def test_a_class_ends_before_the_day(day, monkeypatch):
    """What the tables say of later years changes nothing."""
    found = count_class.known(day)
    assert found.last == day.year - 1
    load = tables.load

    def changed(name):
        whole = load(name)
        later = [
            row
            if int(row["year"]) < day.year
            else {k: v if k == "year" else "9" for k, v in row.items()}
            for row in whole.rows
        ]
        return tables.Table(name, tuple(later), whole.sidecar, whole.observed_until)

    monkeypatch.setattr(count_class.tables, "load", changed)
    again = count_class.known(day)
    assert (again.counts == found.counts).all()
    assert (again.shares == found.shares).all()


def test_counts_of_the_class_are_those_of_its_table():
    """Afghanistan in 1989, as its row has it; a country counts from its first death on."""
    found = count_class.known(date(1991, 6, 1))
    assert found.counts[:12, 0].tolist() == [
        691,
        160,
        1744,
        494,
        442,
        495,
        608,
        210,
        71,
        239,
        0,
        10,
    ]
    assert found.counts.any(axis=0).all()
    assert found.shares.sum() == pytest.approx(1)


def test_before_any_class_the_settings_count_alike_and_no_case_is_alike(monkeypatch):
    of = count_class.known(date(1989, 3, 1))
    assert of.last is None
    assert of.shares == pytest.approx(np.full(48, 1 / 48))
    monkeypatch.setattr(event_counts, "GROUPS", 60)
    drawn = event_counts.draw(np.random.default_rng(1), np.arange(12), of, 12)
    assert event_counts.ALIKE not in drawn.groups
    assert sum(drawn.groups.values()) == 60
    assert "no class yet" in event_counts.leaning(drawn, 12, of)


def test_another_class_needs_another_version():
    """Kept fits are found by the version of the model, so it is raised with these tables."""
    content = b"".join(Path(f"priors/data/{name}.csv").read_bytes() for name in CLASS_TABLES)
    assert (MODELS["event_counts"].version, hashlib.sha256(content).hexdigest()[:12]) == (
        2, "def35b942cc0",
    )  # fmt: skip


# An amount: the total of the window itself.


def test_the_total_of_independent_months_of_a_year_is_poisson():
    """Twelve months at 10: rounded, the points are SciPy's quantiles, within one of 400,000."""
    drawn = totals(np.full(12, 10), 12, poisson(np.random.default_rng(2), 200, 2000))
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
    drawn = totals(counts, 12, poisson(np.random.default_rng(2), 5, 20))
    first = [next(drawn).copy() for _ in range(4)]
    assert [np.unique(total).tolist() for total in first[:3]] == [[7], [7], [37]]
    assert len(np.unique(first[3])) > 5


def test_without_a_ratio_the_total_is_predicted(truth):
    """Its median exceeds itself with one half, and longer windows have more."""
    settings = {"count": "count", "since": "2015-01-01"}
    _, found = event_counts.fit(table(truth[1]), settings, seed=1)
    assert found.windows == ()
    assert [one.months for one in found.amounts] == [*range(1, 61)]
    assert found.mean == pytest.approx(0.5, abs=0.01)
    medians = [one.points[LEVELS.index(0.5)] for one in found.amounts]
    assert all(a < b for a, b in pairwise(medians))
    # A year goes on about as the last level says: half of all totals within a factor of two.
    year = np.array(found.amounts[11].points)
    assert year[LEVELS.index(0.25)] < 12 * np.exp(truth[0][-1]) < year[LEVELS.index(0.95)]
