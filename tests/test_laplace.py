"""Weighted draws have the moments of the density they are drawn from, whatever its shape."""

import numpy as np
import pytest
from scipy import integrate, stats

from forecasting.fit import laplace


def test_a_skewed_density_has_its_moments():
    """A likelihood far from a bell curve, exp(2.5 z - e^z), times the prior: by quadrature."""

    def log_density(z):
        return 2.5 * z - np.exp(z) - 0.5 * z**2

    moments = [
        integrate.quad(lambda z, n=n: z**n * np.exp(log_density(z)), -9, 9)[0] for n in range(3)
    ]
    true = moments[1] / moments[0]
    found = laplace.draw(lambda z: log_density(z).sum(axis=1), 2, seed=3)
    mean, sd = found.moments(found.z.T)
    assert mean == pytest.approx(true, abs=0.004)
    assert sd == pytest.approx(np.sqrt(moments[2] / moments[0] - true**2), abs=0.004)
    assert 2000 < found.effective < 4096


def test_a_ridge_is_followed():
    """Two parameters whose sum is known and whose difference is not: correlation -0.98."""
    cov = np.array([[1.0, -0.98], [-0.98, 1.0]])
    true = stats.multivariate_normal([3.0, -8.0], cov)
    found = laplace.draw(true.logpdf, 2, seed=1)
    mean, _ = found.moments(found.z.T)
    assert mean == pytest.approx([3.0, -8.0], abs=0.01)
    assert (found.z * found.weights[:, None]).T @ found.z - np.outer(mean, mean) == pytest.approx(
        cov, abs=0.02
    )


def test_two_peaks_far_apart_leave_few_draws_that_count():
    """Widening cannot find the other peak; but where it lies near, the weights tell."""

    def wide(z):
        return np.logaddexp(-0.5 * z[:, 0] ** 2, -2.0 - 0.5 * (z[:, 0] - 5.0) ** 2 / 0.01)

    assert laplace.draw(wide, 1, seed=1).effective < 0.97 * laplace.DRAWS


def test_the_same_seed_gives_the_same_draws():
    first, again, other = (
        laplace.draw(lambda z: -0.5 * (z**2).sum(axis=1), 3, seed=seed).z for seed in (1, 1, 2)
    )
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)
