r"""A log density of a few parameters goes in; independent draws from it, with weights, come out.

The parameters are scaled so that their prior is standard normal. The bell curve around the highest
point of the posterior, a little widened, proposes evenly spread draws; each weighs as much as the
posterior is higher there than the proposal. So the answer is that of the posterior itself, whatever
its shape, and the weights tell how far the draws may be trusted. It takes a fraction of a second,
and no PyMC; where the weights are poor, chains are run instead.

**References.** Tierney & Kadane (1986), doi:10.1080/01621459.1986.10478240; Owen (2013), *Monte
Carlo theory, methods and examples*, chapter 9.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from forecasting.engine.sobol import as_normal, uniform_draws

DRAWS = 4096
WIDENED = 1.15  # of the standard deviations; the tails of the posterior may be longer
STEP = 1e-3  # of the differences that stand for derivatives, in prior standard deviations
ROUNDS, SMALL = 60, 1e-6


@dataclass(frozen=True)
class Drawn:
    """Weighted draws.

    Attributes
    ----------
    z : array, shape (draws, parameters)
        In standard deviations of the prior.
    weights : array, shape (draws,)
        They add up to 1.
    """

    z: np.ndarray
    weights: np.ndarray

    @property
    def effective(self) -> float:
        """So many equal draws would say as much."""
        return float(1 / (self.weights**2).sum())

    def moments(self, values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Give mean and standard deviation over the draws, along the last axis."""
        mean = values @ self.weights
        return mean, np.sqrt(np.square(values - mean[..., None]) @ self.weights)


def draw(log_density: Callable, parameters: int, *, seed: int, draws: int = DRAWS) -> Drawn:
    """Draw from a density that is known up to a factor and has one peak.

    Parameters
    ----------
    log_density : callable
        Takes an array of shape (points, parameters), gives one of shape (points,).
    parameters : int
    seed : int
    draws : int, a power of 2

    Examples
    --------
    >>> found = draw(lambda z: -0.5 * ((z - 2.0) ** 2).sum(axis=1) / 0.25, 1, seed=1)
    >>> mean, sd = found.moments(found.z.T)
    >>> round(float(mean[0]), 2), round(float(sd[0]), 2)
    (2.0, 0.5)
    """
    peak, curvature = _peak(log_density, np.zeros(parameters))
    # x = peak + root z has the covariance of the bell curve: the inverse of the curvature.
    values, vectors = np.linalg.eigh(curvature)
    root = WIDENED * vectors / np.sqrt(values)
    normal = as_normal(uniform_draws(draws, parameters, seed)).T
    z = peak + normal @ root.T
    log_weights = log_density(z) + 0.5 * (normal**2).sum(axis=1)
    weights = np.exp(log_weights - log_weights.max())
    return Drawn(z, weights / weights.sum())


def _peak(log_density, start: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Climb to the highest point by Newton's steps; give it and the curvature there, positive."""
    at, lengths = start, 0.5 ** np.arange(20)
    for _ in range(ROUNDS):
        slope, curvature = _derivatives(log_density, at)
        step = np.linalg.solve(curvature, slope)
        tried = at + np.append(lengths, 0.0)[:, None] * step
        best = tried[np.argmax(log_density(tried))]
        moved, at = np.abs(best - at).max(), best
        if moved < SMALL:
            break
    return at, _derivatives(log_density, at)[1]


def _derivatives(log_density, at: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Take slope and (negative) curvature by differences, of all points in one call."""
    n = at.size
    unit = STEP * np.eye(n)
    pairs = [(i, j) for i in range(n) for j in range(i)]
    both = np.array([unit[i] + unit[j] for i, j in pairs]).reshape(-1, n)
    value, up, down, across = np.split(
        log_density(at + np.concatenate([np.zeros((1, n)), unit, -unit, both])),
        np.cumsum([1, n, n]),
    )
    curvature = np.diag(up + down - 2 * value)
    for (i, j), together in zip(pairs, across, strict=True):
        curvature[i, j] = curvature[j, i] = together - up[i] - up[j] + value[0]
    curvature = -curvature / STEP**2
    values, vectors = np.linalg.eigh(curvature)
    # The prior alone gives 1; what lies far below is an error of the differences.
    curvature = (vectors * np.maximum(values, 0.3)) @ vectors.T
    return (up - down) / (2 * STEP), curvature
