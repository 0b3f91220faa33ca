r"""Monthly counts of many series go in; the level of each, exactly, and its futures come out.

**Model.** Counts scatter around a level whose steps are mostly small and rarely large:

.. math::
    y_t &\sim \mathrm{NegBinomial}(\mathrm{mean}\ e^{x_t},\ \mathrm{variance}\
          e^{x_t} + \delta^2 e^{2 x_t}) \\
    x_{t+1} - x_t &\sim (1 - q)\, \mathrm{Normal}(-\sigma^2 / 2, \sigma)
          + q\, \mathrm{Normal}(0, \Sigma), \qquad x_1 \sim \mathrm{Normal}(\ln 2, 3)

A conflict goes on much as it did, until it breaks out or breaks off. With steps of one size only, a
series that once broke out is said to be about to do so in every month. Small steps leave the
expected count as it was (hence their mean): else it would grow by itself, without end.

**How it is solved.** The level lies on a grid of logarithms, an eighth apart, so that filtering is
a matrix product a month (a hidden Markov model's forward algorithm): exact but for the grid, with
no sampling and nothing that could fail to converge. One sweep over the months holds, for every
series and every setting of :math:`\delta, \sigma, q, \Sigma`, the distribution of the level and the
likelihood of all months so far: every month is an origin for nothing.

**What a class of series shares.** How often each setting holds among the series of a class is
estimated from their likelihoods (nonparametric maximum likelihood, by EM), and is the prior of each
series. A series of twelve months then leans on its class, one of thirty years on itself.

**It assumes** that steps do not depend on the level, on those before or on the season.

**References.** Kitagawa (1987), doi:10.1080/01621459.1987.10478534, of filters on a grid; Laird
(1978), doi:10.1080/01621459.1978.10480103, of the shares of settings.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby, product

import numpy as np

# Logarithms of the monthly mean, from one death in 20 years to 36,000 a month.
LEVELS = np.arange(-5.5, 10.5 + 1e-9, 0.125)
FIRST_MEDIAN, FIRST_SD = 2.0, 3.0

# A count is no less likely than this beside its best level (a log): a setting whose steps are too
# small for an outbreak is then given up, and not divided by 0.
FLOOR = -460.0

ROUNDS = 200  # of EM


@dataclass(frozen=True)
class Setting:
    """One setting of the parameters.

    Attributes
    ----------
    small : float
        Standard deviation of most monthly steps of the log level, which leave the mean as it is.
    rare : float from 0 to 1
        Share of steps that are large.
    large : float
        Standard deviation of those.
    scatter : float
        Of single months around the level, beyond chance.
    """

    small: float
    rare: float
    large: float
    scatter: float

    @property
    def steps(self) -> tuple[float, float, float]:
        """What the steps depend on."""
        return self.small, self.rare, self.large


# Those of equal steps stand together, and are filtered together.
SETTINGS = tuple(
    Setting(small, rare, 2.0, scatter)
    for small, rare, scatter in product(
        (0.06, 0.12, 0.25, 0.4), (0.02, 0.06), (0.3, 0.6, 1.0, 1.5, 2.2, 3.2)
    )
)


@dataclass(frozen=True)
class Filtered:
    """What is known of the level when the last month is in.

    Attributes
    ----------
    log_likelihood : array, shape (settings, series)
        Of all months so far.
    level : array, shape (settings, series, levels)
        Probability of each level, given the months and the setting.
    """

    log_likelihood: np.ndarray
    level: np.ndarray


def transition(levels, small: float, rare: float, large: float) -> np.ndarray:
    """Give the chance of each step on the grid.

    A step off the grid ends at its edge.

    Parameters
    ----------
    levels : array, shape (levels,), evenly spaced
    small, rare, large
        As of :class:`Setting`.

    Returns
    -------
    array, shape (from, to); rows add up to 1

    Examples
    --------
    Up by more than half a step of the grid is 1.25 standard deviations from the mean of -1/8:

    >>> transition(np.array([0.0, 1.0, 2.0]), 0.5, 0.0, 2.0).round(3).tolist()
    [[0.894, 0.105, 0.001], [0.227, 0.668, 0.106], [0.003, 0.224, 0.773]]
    """
    size, width = len(levels), levels[1] - levels[0]
    borders = width * (np.arange(-size, size) + 0.5)
    below = np.array(
        [
            (1 - rare) * _normal(border / small + small / 2) + rare * _normal(border / large)
            for border in borders
        ]
    )
    # Seen from level i, the border above level j is number j - i + size.
    way = np.arange(size)[None, :] - np.arange(size)[:, None] + size
    up_to = below[way]
    up_to[:, -1] = 1
    return np.diff(up_to, axis=1, prepend=0)


def _normal(z: float) -> float:
    return math.erfc(-z / math.sqrt(2)) / 2


def log_mass(counts, levels, scatter: float) -> np.ndarray:
    """Give the log probability of counts at each level: a negative binomial's.

    Parameters
    ----------
    counts : array of whole numbers, shape (counts,)
    levels : array, shape (levels,)
    scatter : float

    Returns
    -------
    array, shape (counts, levels)

    Examples
    --------
    With a scatter of 1 it is geometric, here with mean 3:

    >>> np.exp(log_mass(np.array([0, 1, 2]), np.log([3.0]), 1.0)).round(4).ravel().tolist()
    [0.25, 0.1875, 0.1406]
    """
    counts, size = np.asarray(counts, float), scatter**-2.0
    ways = [math.lgamma(y + size) - math.lgamma(size) - math.lgamma(y + 1) for y in counts]
    of_mean = np.log(size + np.exp(levels))
    none = size * (math.log(size) - of_mean)
    return np.array(ways)[:, None] + none + counts[:, None] * (levels - of_mean)


def sweep(
    counts, keep: Collection[int], *, settings: Sequence[Setting] = SETTINGS, levels=LEVELS
) -> dict[int, Filtered]:
    r"""Filter all series under all settings, month by month.

    .. math:: p(x_{t+1} | y_{1..t+1}) \propto p(y_{t+1} | x_{t+1})
              \sum_{x_t} p(x_{t+1} | x_t)\, p(x_t | y_{1..t})

    Parameters
    ----------
    counts : array of whole numbers, shape (months, series)
    keep : collection of int
        Numbers of the months after which to keep what is known.
    settings : sequence of Setting
        Fastest where those of equal steps stand together.
    levels : array, shape (levels,), evenly spaced

    Returns
    -------
    dict of int to Filtered

    Raises
    ------
    ValueError
        If a count is negative or not a whole number: it would have no probability.
    """
    counts = np.asarray(counts, float)
    if not ((counts >= 0) & (counts == np.floor(counts))).all():
        raise ValueError("counts must be whole numbers, 0 or more")
    months, series = counts.shape
    seen, which = np.unique(counts, return_inverse=True)
    which = which.reshape(counts.shape)
    scatters = sorted({one.scatter for one in settings})
    masses = {scatter: log_mass(seen, levels, scatter) for scatter in scatters}
    # The best level of each count has 1, so that none is lost to underflow; the log is kept.
    tops = {scatter: mass.max(axis=1) for scatter, mass in masses.items()}
    masses = {
        scatter: np.exp(np.maximum(mass - tops[scatter][:, None], FLOOR))
        for scatter, mass in masses.items()
    }
    alike = [
        (transition(levels, *steps), [one.scatter for one in group])
        for steps, group in groupby(settings, lambda one: one.steps)
    ]
    first = np.exp(-0.5 * ((levels - math.log(FIRST_MEDIAN)) / FIRST_SD) ** 2)
    level = np.tile(first / first.sum(), (len(settings), series, 1))
    total = np.zeros((len(settings), series))
    result = {}
    for month in range(months):
        at = 0
        for steps, group in alike:
            now = slice(at, at + len(group))
            at += len(group)
            moved = level[now]
            if month:
                moved = (moved.reshape(-1, len(levels)) @ steps).reshape(moved.shape)
            of = which[month]
            moved = moved * np.stack([masses[scatter][of] for scatter in group])
            chance = moved.sum(axis=-1, keepdims=True)
            level[now] = moved / chance
            total[now] += np.log(chance[..., 0])
            total[now] += np.stack([tops[scatter][of] for scatter in group])
        if month in keep:
            result[month] = Filtered(total.copy(), level.copy())
    return result


def shares(log_likelihood, rounds: int = ROUNDS) -> np.ndarray:
    r"""Estimate how often each setting holds among the series of a class.

    Maximises :math:`\sum_c \ln \sum_k w_k L_{kc}` over the shares w, by EM.

    Parameters
    ----------
    log_likelihood : array, shape (settings, series)
    rounds : int

    Returns
    -------
    array, shape (settings,), adding up to 1

    Examples
    --------
    Three series that only the first setting explains, and one that only the second does:

    >>> shares(np.array([[0.0, 0, 0, -50], [-50, -50, -50, 0]])).round(3).tolist()
    [0.75, 0.25]
    """
    result = np.full(len(log_likelihood), 1 / len(log_likelihood))
    for _ in range(rounds):
        result = posterior(log_likelihood, result).mean(axis=1)
    return result


def posterior(log_likelihood, prior) -> np.ndarray:
    """Weigh the settings of each series: Bayes' rule.

    Parameters
    ----------
    log_likelihood : array, shape (settings, series)
    prior : array, shape (settings,)

    Returns
    -------
    array, shape (settings, series); columns add up to 1

    Examples
    --------
    >>> posterior(np.log([[0.2], [0.1]]), np.array([0.5, 0.5])).round(3).ravel().tolist()
    [0.667, 0.333]
    """
    # In logs: what explains a series best may be a setting of which its class has next to none.
    with np.errstate(divide="ignore"):
        weight = np.log(prior)[:, None] + log_likelihood
    weight = np.exp(weight - weight.max(axis=0))
    return weight / weight.sum(axis=0)


def futures(
    rng, filtered: Filtered, weights, months: int, draws: int,
    *, each: int = 1, settings: Sequence[Setting] = SETTINGS, levels=LEVELS,
) -> np.ndarray:  # fmt: skip
    """Draw what may come: a setting, a level, then month after month its steps and counts.

    Parameters
    ----------
    rng : numpy.random.Generator
    filtered : Filtered
    weights : array, shape (settings, series)
        As :func:`posterior` gives them.
    months, draws : int
    each : int
        So many draws on end share setting and level; ``draws`` is a multiple of it.
    settings, levels
        As for :func:`sweep`.

    Returns
    -------
    array of counts, shape (series, draws, months)
    """
    series, size = filtered.level.shape[1], len(levels)
    picked = np.empty((series, draws // each), int)
    for one in range(series):
        picked[one] = _pick(rng, weights[:, one, None] * filtered.level[:, one], draws // each)
    setting, cell = np.divmod(picked, size)
    # A level stands for all that are nearer to it than to another.
    level = levels[cell] + (levels[1] - levels[0]) * (rng.random(picked.shape) - 0.5)
    level, setting = (np.repeat(one, each, axis=1) for one in (level, setting))
    small, rare, large, scatter = (
        np.array([getattr(one, name) for one in settings])[setting]
        for name in ("small", "rare", "large", "scatter")
    )
    result = np.empty((series, draws, months))
    for month in range(months):
        step = rng.standard_normal(level.shape)
        jumps = rng.random(level.shape) < rare
        level = level + np.where(jumps, large * step, small * step - small**2 / 2)
        level = np.clip(level, levels[0], levels[-1])
        result[..., month] = draw_counts(rng, level, scatter)
    return result


def draw_counts(rng, level, scatter) -> np.ndarray:
    """Draw counts around log levels: the negative binomial, as a Poisson of a gamma."""
    shape = scatter**-2.0
    return rng.poisson(rng.gamma(shape, np.exp(level) / shape))


def _pick(rng, chances, draws: int) -> np.ndarray:
    """Draw cells, numbered through, with chances in proportion to theirs."""
    cells = np.cumsum(chances)
    return np.searchsorted(cells, cells[-1] * (1 - rng.random(draws)))


def smoothed(
    rng, filtered: Mapping[int, Filtered], weights, draws: int,
    *, settings: Sequence[Setting] = SETTINGS, levels=LEVELS,
) -> tuple[np.ndarray, np.ndarray]:  # fmt: skip
    r"""Draw the setting and the level of every month of one series, given all its months.

    Backwards from the last month: :math:`p(x_t | x_{t+1}, y) \propto p(x_{t+1} | x_t)\,
    p(x_t | y_{1..t})` (forward filtering, backward sampling).

    Parameters
    ----------
    rng : numpy.random.Generator
    filtered : dict of int to Filtered
        After every month, of one series.
    weights : array, shape (settings, 1)
    draws : int
    settings, levels
        As for :func:`sweep`.

    Returns
    -------
    setting : array of int, shape (draws,)
        Numbers of settings.
    level : array, shape (draws, months)
    """
    last, size = max(filtered), len(levels)
    picked = _pick(rng, weights * filtered[last].level[:, 0], draws)
    setting, cell = np.divmod(picked, size)
    steps = {one.steps: transition(levels, *one.steps) for one in settings}
    arrived = np.stack([steps[one.steps].T for one in settings])  # (settings, to, from)
    cells = np.empty((draws, last + 1), int)
    cells[:, last] = cell
    for month in range(last - 1, -1, -1):
        chance = filtered[month].level[setting, 0] * arrived[setting, cells[:, month + 1]]
        up_to = np.cumsum(chance, axis=1)
        drawn = up_to[:, -1:] * (1 - rng.random((draws, 1)))
        cells[:, month] = (up_to < drawn).sum(axis=1)
    return setting, levels[cells]
