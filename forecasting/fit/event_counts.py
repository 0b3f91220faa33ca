r"""Monthly counts go in; the chance that a year's total moves so far, or the total, comes out.

**Question.** Will the deaths (or events) of some twelve months on end within the window reach
:math:`r` times those of the twelve months before it? Or, of an amount: how many will there be in
all months of the window?

**Model.** The months to come are drawn from a pool of three, with the weights of
:mod:`forecasting.fit.count_pool`:

- the level of the series goes on (:mod:`forecasting.fit.local_level`): its steps are mostly small
  and rarely large, by how much is learned from its own months, and before those from a class;
- what came after past cases alike, of that class, scaled;
- last year's months again, at a level that drifts.

The class are the countries of the world and their deaths in organised violence, as far as known
when the series ends (:mod:`forecasting.fit.count_class`). Where the class has nothing to say yet,
the others share its weight. All is solved on a grid: no sampler, nothing that could fail to
converge, and no series that is too calm, too sparse or, from twelve months on, too short.

With :math:`B` the total of the twelve months before the window begins and :math:`Y_j` that of the
months of the window up to its :math:`j`-th (the last twelve of them at most), the base rate for a
window of :math:`h` months is :math:`P(\max_{j \le h} Y_j \ge \max(r B, 1))`, since of nothing
nothing is no rise; for a fall, :math:`P(\min_{12 \le j \le h} Y_j \le r B)`. The spread is that of
the chance between sources and, where the level goes on, between its settings and last levels: what
better knowledge of which of them holds would tell.

Of an amount, the total of the whole window is predicted, over all futures, by its 1, 5, 10, ... 95
and 99% points. A total is a whole number, and few of them share all levels where counts are small;
so that its points ascend, each count is spread evenly over the unit around it: the point of level p
is :math:`k - 1/2 + (p - P(Y < k)) / P(Y = k)`, with k the least count of which :math:`P(Y \le k)
\ge p`. A cut between two counts is then as probable as the futures say, and rounded, the points are
the quantiles of the futures.

**It assumes** that the series is like those of the class, and goes on as such series did.

**It is wrong** where a known event has changed the course (state it as a driver or as evidence),
where seasons matter, and for counts of another kind, whose ups and downs the class does not share.

**Scored** by ``benchmarks/backtest_counts.py``, over the countries of the class, a year ahead; how
it does further ahead is not known.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from itertools import accumulate, islice

import numpy as np

from forecasting.errors import refusal
from forecasting.file.fits import Amounts, Window
from forecasting.file.models import LEVELS, REACH, YEAR
from forecasting.file.tables import Table
from forecasting.fit import count_class, local_level
from forecasting.fit.count_pool import ALIKE, WEIGHTS, cases, sources
from forecasting.fit.sampling import Estimate

GROUPS, FUTURES = 600, 100  # futures of one group share source, setting and last level
REPLICAS = 400  # series drawn to check the level against
# Where few futures come to it, counting hides how far groups differ: at least this, in log-odds.
COUNTED_SPREAD = 0.05
ABOVE = 3.0  # how far the levels go on above the largest month, as a logarithm


@dataclass(frozen=True)
class Drawn:
    """What the pool drew.

    Attributes
    ----------
    shares, weights : array, shape (settings,)
        How often each setting of the level holds in the class, and given the series.
    scatter : array, shape (replicas,)
    level : array, shape (replicas, months)
        The logarithm of the level in each month seen, and the scatter around it.
    paths : array of counts, shape (groups, futures, months)
        What comes after the last month seen.
    groups : dict of str to int
        How many groups come from each source, in their order.
    """

    shares: np.ndarray
    weights: np.ndarray
    scatter: np.ndarray
    level: np.ndarray
    paths: np.ndarray
    groups: Mapping[str, int]


def series(table: Table, column: str) -> tuple[list[date], np.ndarray]:
    """Read the months, which must follow each other, and their counts.

    Raises
    ------
    InputError
        If a month is missing, a count is not a whole number, or there are too few.
    """
    months, counts = table.months(column)
    if len(months) < YEAR:
        text = f"{len(months)} months are known, and {YEAR} are needed"
        raise refusal(text, table.file or table.name)
    return months, np.array(counts)


def _number(day: date) -> int:
    return day.year * 12 + day.month - 1


def draw(rng, counts, of: count_class.CountClass, months: int) -> Drawn:
    """Filter a series, and draw what comes after it from the pool.

    Parameters
    ----------
    rng : numpy.random.Generator
    counts : array of whole numbers, shape (seen,), at least twelve
    of : CountClass
        Which must not know more than was known when the series ended.
    months : int
        How many to draw.

    Returns
    -------
    Drawn
    """
    top = max(local_level.LEVELS[-1], math.log(max(counts.max(), 1)) + ABOVE)
    grid = {"levels": np.arange(local_level.LEVELS[0], top + 1e-9, 0.125)}
    own, last = counts[:, None], len(counts) - 1
    filtered = local_level.sweep(own, range(last + 1), **grid)
    weights = local_level.posterior(filtered[last].log_likelihood, of.shares)
    setting, level = local_level.smoothed(rng, filtered, weights, REPLICAS, **grid)
    before, after = cases(of.counts, months)
    chosen = {name: w for name, w in WEIGHTS.items() if len(after) or name != ALIKE}
    groups = {name: round(GROUPS * w / sum(chosen.values())) for name, w in chosen.items()}
    size = {name: number * FUTURES for name, number in groups.items()}
    parts = sources(rng, own, filtered[last], weights, before, after, size, each=FUTURES, **grid)
    paths = np.concatenate([part[0] for part in parts.values()])
    return Drawn(
        of.shares,
        weights[:, 0],
        np.array([one.scatter for one in local_level.SETTINGS])[setting],
        level,
        paths.reshape(-1, FUTURES, months),
        groups,
    )


def chances(counts, before: int, paths, ratio: float, falls: bool) -> np.ndarray:
    """Count the futures in which the total rises (or falls) so far, window by window.

    Parameters
    ----------
    counts : array, shape (months,)
        What was observed.
    before : int
        How many months come before the window; more than were observed if it begins later.
    paths : array, shape (groups, futures, months)
        What comes after, to the end of the longest window.
    ratio : float
    falls : bool

    Returns
    -------
    array, shape (REACH, groups), share of futures; row 0 is a window of one month
    """
    base = np.zeros(paths.shape[:2])
    last: deque = deque(maxlen=YEAR)
    done = np.zeros(base.shape, bool)
    result = np.empty((REACH, len(paths)))
    for month, count in enumerate(_months(counts, before, paths)):
        if before - YEAR <= month < before:
            base += count
        if month >= before:
            last.append(count)
            total = sum(last)
            if not falls:
                done |= total >= np.maximum(ratio * base, 1)
            elif len(last) == YEAR:
                done |= total <= ratio * base
            result[month - before] = done.mean(axis=1)
    return result


def _months(counts, before: int, paths) -> Iterator[np.ndarray]:
    """Go through the months to the end of the longest window: as observed, or drawn.

    Yields
    ------
    array of counts, shape (groups, futures)
    """
    for month in range(before + REACH):
        if month < len(counts):
            yield np.full(paths.shape[:2], float(counts[month]))
        else:
            yield paths[..., month - len(counts)]


def totals(counts, before: int, paths) -> Iterator[np.ndarray]:
    """Add up futures, window by window.

    Parameters
    ----------
    counts, before, paths
        As for :func:`chances`.

    Yields
    ------
    array of counts, shape (groups, futures); first of a window of one month
    """
    yield from accumulate(islice(_months(counts, before, paths), before, None))


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


def fit(table: Table, settings: Mapping, *, seed: int) -> tuple[Drawn, Estimate]:
    """Filter the months of a table and look ahead.

    Parameters
    ----------
    table : Table
    settings : dict
        ``count``: the column; ``at_least`` or ``at_most``: how many times the total of the twelve
        months before, without which the total itself is predicted; ``since``: ISO date in whose
        month the window begins; ``as_of``: rows known later are refused.
    seed : int

    Returns
    -------
    drawn : Drawn
    estimate : Estimate
        For windows of 1 (a fall: 12) to 60 months; its mean, spread and draws are those of 12
        months. Of a total they are those of the chance that it exceeds its own median.

    Raises
    ------
    ValueError
        If a row was known only after ``as_of``.
    InputError
        If the months do not follow each other, are fewer than twelve, or the window begins before
        there is a year to compare.
    """
    table.refuse_later(settings.get("as_of"))
    months, counts = series(table, settings["count"])
    before = _number(date.fromisoformat(settings["since"])) - _number(months[0])
    if not YEAR <= before <= len(counts) + REACH:
        problem = "the window must begin a year or more after the first month, and not far ahead"
        raise refusal(problem, table.file or table.name, None, "since", settings["since"])
    rng, of = np.random.default_rng(seed), count_class.known(table.observed_until)
    drawn = draw(rng, counts, of, max(before + REACH - len(counts), 1))
    windows, amounts = (), ()
    if ratios := {"at_least", "at_most"} & {*settings}:
        falls = "at_most" in ratios
        shares = chances(counts, before, drawn.paths, settings[ratios.pop()], falls)
        windows = tuple(
            _window(float(months), share)
            for months, share in enumerate(shares, 1)
            if months >= YEAR or not falls
        )
        year = shares[YEAR - 1]
    else:
        for months, total in enumerate(totals(counts, before, drawn.paths), 1):
            amounts += (Amounts(float(months), points(total)),)
            if months == YEAR:
                year = (total > np.median(total)).mean(axis=1)
    main = _window(YEAR, year)
    diagnosis = {
        "leans_on": leaning(drawn, len(counts), of),
        **predictive_checks(rng, counts, drawn.level, drawn.scatter),
    }
    base_rate = _smooth(year)[None]
    return drawn, Estimate(main.mean, main.sd, base_rate, diagnosis, windows, (), amounts)


def leaning(drawn: Drawn, months: int, of: count_class.CountClass) -> str:
    """Say in words what the futures lean on: own months, class, last year."""
    all_ = sum(drawn.groups.values())
    share = {name: f"({number / all_:.0%} of its futures)" for name, number in drawn.groups.items()}
    moved = np.abs(drawn.weights - drawn.shares).sum() / 2
    whose = f"{of.counts.shape[1]} countries to {of.last}" if of.last else "no class yet"
    alike = f", on past cases alike of {whose} {share[ALIKE]}" if ALIKE in share else ""
    return (
        f"its own {months} months {share['the level goes on']}{alike} and on its last twelve "
        f"months {share['last year, drifting']}; how its level moves is taken from {whose}, and "
        f"its own months changed {moved:.0%} of that"
    )


def predictive_checks(rng, counts, level, scatter) -> dict[str, float]:
    """Compare features of the observed months with those of months drawn from the fit.

    Returns
    -------
    dict of share of drawn series at or above the observed one, for the largest month, the months
    without any, and the mean change from month to month; near 0 or 1 speaks against the model
    """
    drawn = local_level.draw_counts(rng, level, scatter[:, None])
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


def _window(months: float, share: np.ndarray) -> Window:
    """Sum up one window; the spread without what counting finitely many futures adds to it."""
    noise = float(np.mean(share * (1 - share))) / (FUTURES + 1)
    draws = _smooth(share)
    mean = float(draws.mean())
    spread = math.sqrt(max(float(draws.var()) - noise, 0.0))
    return Window(months, mean, max(spread, COUNTED_SPREAD * mean * (1 - mean)))
