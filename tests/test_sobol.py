"""Our draws are Sobol's points, as SciPy makes them."""

import numpy as np
import pytest
from scipy import stats

from forecasting.engine.sobol import BITS, as_normal, points, uniform_draws


@pytest.mark.parametrize("dimensions", [1, 7, 512, 600])
def test_points_are_scipys(dimensions):
    """SciPy walks through the same points in another order; 600 is beyond the shipped table."""
    ours = points(1024, dimensions).T / 2**BITS
    theirs = stats.qmc.Sobol(dimensions, scramble=False).random(1024)
    assert {row.tobytes() for row in np.ascontiguousarray(ours)} == {
        row.tobytes() for row in theirs
    }


def test_every_dimension_is_evenly_spread():
    """Each 1024th of the unit interval holds one point, so a 90% band is cut where it should be."""
    uniform = stats.norm.cdf(as_normal(uniform_draws(1024, 300, seed=3)))
    assert (np.sort((uniform * 1024).astype(int), axis=1) == np.arange(1024)).all()


def test_draws_are_normal_and_reproducible():
    draws = as_normal(uniform_draws(1024, 5, seed=3))
    assert np.array_equal(draws, as_normal(uniform_draws(1024, 5, seed=3)))
    assert not np.array_equal(draws, as_normal(uniform_draws(1024, 5, seed=4)))
    assert stats.kstest(draws[2], "norm").pvalue > 0.99


@pytest.mark.parametrize("draws", [0, 1000, 8192])
def test_a_number_of_draws_that_is_no_power_of_two_is_refused(draws):
    with pytest.raises(ValueError, match="power of 2"):
        uniform_draws(draws, 2, seed=0)
