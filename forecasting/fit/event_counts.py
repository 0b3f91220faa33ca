r"""Monthly counts go in; the chance that a year's total moves so far, or the total, comes out.

**Question.** Will the deaths (or events) of some twelve months on end within the window reach
:math:`r` times those of the twelve months before it? Or, of an amount: how many will there be in
all months of the window?

**Model.** Counts scatter around a level that drifts from month to month:

.. math::
    y_t &\sim \mathrm{NegBinomial}(\mathrm{mean}\ e^{x_t},\ \mathrm{variance}\
          e^{x_t} + \delta^2 e^{2 x_t}) \\
    x_{t+1} - x_t &\sim \mathrm{Normal}(0, \sigma), \qquad
    \bar x \sim \mathrm{Normal}(\ln 20, 2) \\
    \sigma &\sim \mathrm{HalfNormal}(0.3), \qquad \delta \sim \mathrm{HalfNormal}(1)

:math:`\sigma` is the monthly drift of the log level (0.1: about 10% up or down), :math:`\delta` the
scatter of single months beyond chance. The future months are drawn by letting the level drift on.
With :math:`B` the total of the twelve months before the window begins and :math:`Y_j` that of the
months of the window up to its :math:`j`-th (the last twelve of them at most), the base rate for a
window of :math:`h` months is :math:`P(\max_{j \le h} Y_j \ge r B)`; for a fall, :math:`P(\min_{12
\le j \le h} Y_j \le r B)`. For every draw of the parameters the futures are counted; the spread is
that between draws.

Of an amount, the total of the whole window is predicted, over all draws and futures, by its 1, 5,
10, ... 95 and 99% points. A total is a whole number, and few of them share all levels where counts
are small; so that its points ascend, each count is spread evenly over the unit around it: the point
of level p is :math:`k - 1/2 + (p - P(Y < k)) / P(Y = k)`, with k the least count of which
:math:`P(Y \le k) \ge p`. A cut between two counts is then as probable as the futures say, and
rounded, the points are the quantiles of the futures.

**How it is sampled.** The drifting level is written as a sum of cosine waves, :math:`x_t = \bar x +
\sum_j c_j \varphi_j(t)`, with :math:`c_j \sim \mathrm{Normal}(0, \sigma / (2 \sin(\pi j / 2T)))`:
the same random walk, exactly, but the waves are nearly independent given the data, where the steps
are not. Slow waves, which the data fix, are sampled as they are; fast ones, which the prior fixes,
in units of their standard deviation (not centred). Six times faster than steps.

**It assumes** that the drift is as likely up as down, and as strong in the next year as it was on
average over all months of the table.

**It is wrong** where a known event has changed the course (state it as a driver or as evidence),
where seasons matter, and far ahead, where a level that drifts freely runs to extremes.

**References.** Durbin & Koopman (2012), *Time Series Analysis by State Space Methods*, chapter 9.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping
from datetime import date
from itertools import accumulate, islice
from typing import TYPE_CHECKING

import numpy as np

from forecasting.errors import InputError, Problem
from forecasting.file.fits import Amounts
from forecasting.file.models import LEVELS, REACH, YEAR
from forecasting.file.tables import Table
from forecasting.fit.sampling import Estimate, estimate, sample, window

if TYPE_CHECKING:
    import pymc as pm
    import xarray as xr

MEAN_MEDIAN, MEAN_SD = 20.0, 2.0
DRIFT_SD = 0.3
SCATTER_SD = 1.0

LEAST_MONTHS = 24
SLOW_SHARE = 10  # one wave in ten is slow: about where data and prior know equally much
USED_DRAWS, FUTURES = 1000, 400
# Where few futures come to it, counting hides how far draws differ: at least this, in log-odds.
COUNTED_SPREAD = 0.05
HIGHEST = 16.0  # log level at which a drifting future is stopped: 9 million a month


def series(table: Table, column: str) -> tuple[list[date], np.ndarray]:
    """Read the months, which must follow each other, and their counts.

    Raises
    ------
    InputError
        If a month is missing, a count is not a whole number, or there are too few.
    """
    months, counts = table.months(column)
    if len(months) < LEAST_MONTHS:
        text = f"{len(months)} months are known, and {LEAST_MONTHS} are needed"
        raise InputError(Problem(text, table.file or table.name))
    return months, np.array(counts)


def _number(day: date) -> int:
    return day.year * 12 + day.month - 1


def waves(months: int) -> tuple[np.ndarray, np.ndarray]:
    """Give the cosine waves of which a random walk is made, slowest first.

    Returns
    -------
    waves : array, shape (months, months - 1)
        Orthonormal columns, each with mean 0.
    sd : array, shape (months - 1,)
        Standard deviation of each wave's coefficient, for a walk with steps of unit size.

    Examples
    --------
    The steps of such a walk are independent and of unit size:

    >>> w, sd = waves(5)
    >>> steps = np.diff(w * sd, axis=0)
    >>> bool(np.allclose(steps @ steps.T, np.eye(4)))
    True
    """
    j = np.arange(1, months)
    shape = np.cos(np.pi * np.outer(np.arange(months) + 0.5, j) / months)
    return np.sqrt(2 / months) * shape, 1 / (2 * np.sin(np.pi * j / (2 * months)))


def model(counts) -> pm.Model:
    """Write the model down, the drifting level as a sum of waves."""
    import pymc as pm
    import pytensor.tensor as pt

    wave, sd = waves(len(counts))
    slow = min(len(counts) // SLOW_SHARE, len(sd) - 1)
    with pm.Model() as result:
        data = pm.Data("data", np.asarray(counts))
        mean = pm.Normal("mean", np.log(MEAN_MEDIAN), MEAN_SD)
        drift = pm.HalfNormal("drift", DRIFT_SD)
        scatter = pm.HalfNormal("scatter", SCATTER_SD)
        slow_waves = pm.Normal("slow", 0, drift * sd[:slow], shape=slow)
        fast_waves = drift * sd[slow:] * pm.Normal("fast", shape=len(sd) - slow)
        level = mean + pt.dot(wave, pt.concatenate([slow_waves, fast_waves]))
        level = pm.Deterministic("level", level)
        pm.NegativeBinomial("counts", mu=pt.exp(level), alpha=scatter**-2.0, observed=data)
    return result


def draw_counts(rng, level, scatter):
    """Draw counts around a log level."""
    mean = np.exp(np.minimum(level, HIGHEST))
    alpha = np.broadcast_to(scatter**-2.0, mean.shape)
    return rng.poisson(rng.gamma(alpha, mean / alpha))


def paths(rng, level, drift, scatter, months: int) -> np.ndarray:
    """Draw one future for each draw of the parameters, for a fan chart.

    Parameters
    ----------
    rng : numpy.random.Generator
    level, drift, scatter : array, shape (draws,)
        The last log level, and the two parameters.
    months : int

    Returns
    -------
    array of counts, shape (draws, months)
    """
    steps = drift[:, None] * rng.standard_normal((len(level), months))
    return draw_counts(rng, level[:, None] + np.cumsum(steps, axis=1), scatter[:, None])


def chances(
    rng, counts, before: int, level, drift, scatter, ratio: float, falls: bool, futures=FUTURES
) -> np.ndarray:
    """Count the futures in which the total rises (or falls) so far, window by window.

    Parameters
    ----------
    rng : numpy.random.Generator
    counts : array, shape (months,)
        What was observed.
    before : int
        How many months come before the window; more than were observed if it begins later.
    level, drift, scatter : array, shape (draws,)
        The last log level, and the two parameters.
    ratio : float
    falls : bool
    futures : int
        Drawn for each draw of the parameters.

    Returns
    -------
    array, shape (REACH, draws), share of futures; row 0 is a window of one month
    """
    size = (len(level), futures)
    base = np.zeros(size)
    last: deque = deque(maxlen=YEAR)
    done = np.zeros(size, bool)
    result = np.empty((REACH, size[0]))
    for month, count in enumerate(_months(rng, counts, before, level, drift, scatter, futures)):
        if before - YEAR <= month < before:
            base += count
        if month >= before:
            last.append(count)
            total = sum(last)
            if not falls:
                done |= total >= ratio * base
            elif len(last) == YEAR:
                done |= total <= ratio * base
            result[month - before] = done.mean(axis=1)
    return result


def _months(rng, counts, before: int, level, drift, scatter, futures: int) -> Iterator[np.ndarray]:
    """Go through the months to the end of the longest window: as observed, or drawn.

    Yields
    ------
    array of counts, shape (draws, futures)
    """
    size = (len(level), futures)
    level, drift, scatter = (np.asarray(a)[:, None] for a in (level, drift, scatter))
    level = np.broadcast_to(level, size).copy()
    for month in range(before + REACH):
        if month < len(counts):
            yield np.full(size, float(counts[month]))
        else:
            level += drift * rng.standard_normal(size)
            yield draw_counts(rng, level, scatter).astype(float)


def totals(
    rng, counts, before: int, level, drift, scatter, futures=FUTURES
) -> Iterator[np.ndarray]:
    """Add up futures, window by window.

    Parameters
    ----------
    rng, counts, before, level, drift, scatter, futures
        As for :func:`chances`.

    Yields
    ------
    array of counts, shape (draws, futures); first of a window of one month
    """
    months = _months(rng, counts, before, level, drift, scatter, futures)
    yield from accumulate(islice(months, before, None))


def points(total: np.ndarray) -> tuple[float, ...]:
    """Find the points of a distribution of counts, each spread evenly over the unit around it.

    Returns
    -------
    tuple of float, ascending; those of ``LEVELS``

    Examples
    --------
    Of a coin that shows 0 or 1, half of each lies below 1/2, and a tenth of what is 0 below -0.4:

    >>> dict(zip(LEVELS, points(np.array([0, 1])), strict=True))[0.05]
    -0.4
    """
    values, seen = np.unique(total, return_counts=True)
    up_to, levels = np.cumsum(seen) / total.size, np.array(LEVELS)
    at = np.searchsorted(up_to, levels)
    share = seen[at] / total.size
    # Rounded as finely as no luck of the draws allows; no two are nearer than their levels.
    return tuple((values[at] - 0.5 + (levels - up_to[at] + share) / share).round(4).tolist())


def fit(table: Table, settings: Mapping, *, seed: int, **sampling) -> tuple[xr.DataTree, Estimate]:
    """Fit the model to the months of a table and look ahead.

    Parameters
    ----------
    table : Table
    settings : dict
        ``count``: the column; ``at_least`` or ``at_most``: how many times the total of the twelve
        months before, without which the total itself is predicted; ``since``: ISO date in whose
        month the window begins; ``as_of``: rows known later are refused.
    seed : int
    **sampling
        See :func:`forecasting.fit.sampling.sample`.

    Returns
    -------
    tree : DataTree
        Posterior of ``drift``, ``scatter`` and ``level`` (one a month).
    estimate : Estimate
        For windows of 1 (a fall: 12) to 60 months; its mean, spread and draws are those of 12
        months. Of a total they are those of the chance that it exceeds its own median.

    Raises
    ------
    ValueError
        If a row was known only after ``as_of``.
    InputError
        If the months do not follow each other, or the window begins before there is a year to
        compare.
    """
    from scipy import stats

    table.refuse_later(settings.get("as_of"))
    months, counts = series(table, settings["count"])
    before = _number(date.fromisoformat(settings["since"])) - _number(months[0])
    if not YEAR <= before <= len(counts) + REACH:
        raise InputError(
            Problem(
                "the window must begin a year or more after the first month, and not far ahead",
                table.file or table.name, None, "since", settings["since"],
            )
        )  # fmt: skip
    tree = sample(model(counts), seed=seed, **sampling)
    posterior = tree["posterior"].dataset
    thin = max(1, posterior.sizes["draw"] * posterior.sizes["chain"] // USED_DRAWS)
    used = posterior.isel(draw=slice(None, None, thin))
    shape = used["drift"].shape
    level, drift, scatter = (
        used["level"].values[..., -1].ravel(), used["drift"].values.ravel(),
        used["scatter"].values.ravel(),
    )  # fmt: skip
    rng = np.random.default_rng(seed)
    known = rng, counts, before, level, drift, scatter
    windows, amounts = (), ()
    if ratios := {"at_least", "at_most"} & {*settings}:
        falls = "at_most" in ratios
        shares = chances(*known, settings[ratios.pop()], falls)
        windows = tuple(
            _window(float(months), share)
            for months, share in enumerate(shares, 1)
            if months >= YEAR or not falls
        )
        year = shares[YEAR - 1]
    else:
        for months, total in enumerate(totals(*known), 1):
            amounts += (Amounts(float(months), points(total)),)
            if months == YEAR:
                year = (total > np.median(total)).mean(axis=1)
    base_rate = _smooth(year).reshape(shape)

    levels, noise = used["level"].values, used["scatter"].values[..., None] ** -2.0
    probability = noise / (noise + np.exp(levels))
    log_prior = (
        stats.norm.logpdf(used["mean"].values, np.log(MEAN_MEDIAN), MEAN_SD)
        + stats.halfnorm.logpdf(used["drift"].values, scale=DRIFT_SD)
        + stats.halfnorm.logpdf(used["scatter"].values, scale=SCATTER_SD)
    )
    log_likelihood = stats.nbinom.logpmf(counts, noise, probability).sum(axis=-1)
    return tree, estimate(
        tree,
        ["mean", "drift", "scatter", "level"],
        base_rate,
        log_prior,
        log_likelihood,
        windows,
        sampling,
        amounts,
        **predictive_checks(rng, counts, levels.reshape(-1, len(counts)), scatter),
    )


def predictive_checks(rng, counts, level, scatter) -> dict[str, float]:
    """Compare features of the observed months with those of months drawn from the fit.

    Returns
    -------
    dict of share of drawn series at or above the observed one, for the largest month, the months
    without any, and the mean change from month to month; near 0 or 1 speaks against the model
    """
    drawn = draw_counts(rng, level, scatter[:, None])
    features = {
        "largest": lambda y: y.max(axis=-1),
        "zeros": lambda y: (y == 0).sum(axis=-1),
        "change": lambda y: np.abs(np.diff(y, axis=-1)).mean(axis=-1),
    }
    return {
        f"check_{name}": float((feature(drawn) >= feature(counts)).mean())
        for name, feature in features.items()
    }


def _smooth(share: np.ndarray) -> np.ndarray:
    """Keep shares of futures off 0 and 1 (Jeffreys' half)."""
    return (share * FUTURES + 0.5) / (FUTURES + 1)


def _window(months: float, share: np.ndarray):
    """Sum up one window; the spread without what counting finitely many futures adds to it."""
    noise = float(np.mean(share * (1 - share))) / (FUTURES + 1)
    return window(months, _smooth(share), noise, COUNTED_SPREAD)
