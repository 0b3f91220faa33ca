"""Last year again, cases alike and a level that goes on: each alone, and together."""

import numpy as np
import pytest

from forecasting.fit.count_pool import (
    WEIGHTS,
    cases,
    cases_alike,
    last_year_again,
    pooled,
    recent,
    sources,
)
from forecasting.fit.local_level import posterior, shares, sweep

RISING = np.arange(30)[:, None] * np.array([1, 10])


def test_last_year_again_is_one_of_its_months_whichever():
    drawn = last_year_again(np.random.default_rng(1), RISING, 3, 6000)
    assert drawn.shape == (2, 6000, 3)
    values, seen = np.unique(drawn[1], return_counts=True)
    assert values.tolist() == list(range(180, 300, 10))
    assert seen / 18_000 == pytest.approx(np.full(12, 1 / 12), abs=0.01)


def test_a_drift_keeps_the_mean_and_widens_with_the_root_of_time():
    """Of a calm year of 10,000 a month: lognormal, as its closed form has it."""
    calm = np.full((12, 1), 10_000)
    drawn = last_year_again(np.random.default_rng(1), calm, 16, 40_000, 0.14)[0]
    assert (drawn == np.rint(drawn)).all()
    assert drawn.mean(axis=0) == pytest.approx(np.full(16, 10_000), rel=0.015)
    logs = np.log(drawn)
    assert logs.std(axis=0)[[0, 3, 15]] == pytest.approx([0.14, 0.28, 0.56], rel=0.02)
    assert np.corrcoef(logs[:, 7], logs[:, 15])[0, 1] == pytest.approx(np.sqrt(1 / 2), abs=0.01)


def test_less_than_a_year_is_refused():
    with pytest.raises(ValueError, match="11 months are known"):
        last_year_again(np.random.default_rng(1), RISING[:11], 3, 10)


def test_a_case_ends_with_what_is_known():
    """Of 30 months, 12 before and 4 after leave 15 origins; the last of them ends the data."""
    before, after = cases(RISING, 4)
    assert before.shape == (30, 2)
    assert after.shape == (30, 4)
    assert before[-2].tolist() == [sum(range(14, 26)), 23 + 24 + 25]
    assert after[-2].tolist() == [26, 27, 28, 29]
    assert after[-1].tolist() == [260, 270, 280, 290]
    assert before[0].tolist() == [sum(range(12)), 9 + 10 + 11]


def test_recent_totals_are_those_of_each_year_and_quarter():
    counts = np.random.default_rng(4).integers(0, 90, (20, 3))
    found = recent(counts)
    assert found.shape == (9, 3, 2)
    for month in range(9):
        assert found[month, :, 0].tolist() == counts[month : month + 12].sum(axis=0).tolist()
        assert found[month, :, 1].tolist() == counts[month + 9 : month + 12].sum(axis=0).tolist()


def test_the_case_most_alike_is_taken_and_scaled():
    """Of a year of 99 deaths, that of 49 is nearest in size; only one of them fell quiet."""
    before = np.array([[49, 0], [49, 30], [5000, 2000]])
    after = np.array([[3, 0], [8, 9], [700, 800]])
    drawn = cases_alike(np.random.default_rng(1), np.array([[99, 1]]), before, after, 50, 1)
    assert np.unique(drawn[0], axis=0).tolist() == [[6, 0]]


def test_cases_equally_near_are_all_taken():
    before, after = np.zeros((40, 2)), np.arange(40.0)[:, None]
    drawn = cases_alike(np.random.default_rng(1), np.array([[0, 0]]), before, after, 3000, 5)
    assert np.unique(drawn).tolist() == list(range(40))


def test_fewer_cases_than_asked_for_are_all_taken():
    before, after = np.array([[1, 0], [900, 400]]), np.array([[5.0], [7.0]])
    drawn = cases_alike(np.random.default_rng(1), np.array([[1, 0]]), before, after, 100)
    assert {*np.unique(drawn)} == {5.0, 0.0}  # 7 times 2/901


def test_a_pool_has_so_many_draws_of_each():
    parts = {name: np.full((2, 600, 3), i) for i, name in enumerate(WEIGHTS)}
    found = pooled(parts, WEIGHTS)
    assert found.shape == (2, 600, 3)
    for i, weight in enumerate(WEIGHTS.values()):
        assert (found == i).mean() == pytest.approx(weight)


def test_the_weights_are_those_of_a_pool():
    assert sum(WEIGHTS.values()) == pytest.approx(1)
    assert min(WEIGHTS.values()) > 0


@pytest.mark.parametrize(
    "counts",
    [np.zeros(12), np.full(12, 4.0), np.eye(1, 12, 3)[0], np.arange(40.0), np.zeros(300)],
    ids=["no deaths", "calm", "one death", "longer", "long without deaths"],
)
def test_a_year_of_any_series_is_enough(counts):
    """The class lends what a short series lacks."""
    rng = np.random.default_rng(5)
    of_class = rng.poisson(rng.gamma(0.3, 20, (60, 8)))
    lent = shares(sweep(of_class, {59})[59].log_likelihood)
    end = len(counts) - 1
    own = sweep(counts[:, None], {end})[end]
    weights = posterior(own.log_likelihood, lent)
    each = dict.fromkeys(WEIGHTS, 60)
    found = sources(rng, counts[:, None], own, weights, *cases(of_class, 14), each)
    assert [*found] == [*WEIGHTS]
    drawn = pooled(found, WEIGHTS)
    assert drawn.shape == (1, 60, 14)
    assert np.isfinite(drawn).all()
    assert (drawn >= 0).all()
    assert (drawn == np.floor(drawn)).all()
