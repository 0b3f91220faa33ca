r"""Past months of a class of series go in; draws of what comes after a month, from three sources.

**What is pooled.** No one model of counts is best everywhere, and the errors of these three differ:

- *last year, drifting*: each month to come is one of the last twelve, whichever, times a factor
  whose logarithm moves by a step a month and whose mean stays 1;
- *cases alike*: what came after other months, of any series of the class, whose last twelve months
  and last three added up to about as much, times the ratio of the twelve;
- *the level goes on*: futures of :mod:`forecasting.fit.local_level`.

Their distributions are added with weights (a linear pool),
:math:`p(y) = \sum_i w_i\, p_i(y)`: so many of the draws come from each.

**It assumes** that the class behaves in the next years as it did, and that its weights, learned on
earlier origins, hold.

**References.** Hegre et al. (2025), doi:10.1177/00223433241300862, where last year's months are
hard to beat; Stone (1961), doi:10.1214/aoms/1177704873, of linear pools.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from forecasting.file.models import YEAR
from forecasting.fit.local_level import Filtered, futures

RECENT = (YEAR, 3)  # months whose totals say how alike cases are
NEAREST = 300

# Sixths and standard deviation of the factor's steps, tried on forecasts of 2008 to 2017 for 133
# countries: the best by the mean of four scores of those whose mean chance of a rise by half lies
# within .03 of how often one came; see benchmarks/backtest/weights.txt.
ALIKE = "cases alike"
WEIGHTS = {"last year, drifting": 2 / 6, ALIKE: 1 / 6, "the level goes on": 3 / 6}
DRIFT = 0.14


def sources(
    rng, counts, filtered: Filtered, weights, before, after, draws: Mapping[str, int], **level
) -> dict[str, np.ndarray]:
    """Draw from the three, for series of a class.

    Parameters
    ----------
    rng : numpy.random.Generator
    counts : array, shape (months, series), at least twelve months
    filtered, weights
        Of these series, as for :func:`forecasting.fit.local_level.futures`.
    before, after
        Cases of the class, as :func:`cases` gives them.
    draws : dict of str to int
        How many from each, by its key in ``WEIGHTS``; those without are left out.
    **level
        For :func:`forecasting.fit.local_level.futures`.

    Returns
    -------
    dict of str to array of counts, shape (series, draws, months); keys as those of ``draws``
    """
    months = after.shape[1]
    draw = {
        "last year, drifting": lambda n: last_year_again(rng, counts, months, n, DRIFT),
        ALIKE: lambda n: cases_alike(rng, recent(counts[-YEAR:])[0], before, after, n),
        "the level goes on": lambda n: futures(rng, filtered, weights, months, n, **level),
    }
    return {name: draw[name](number) for name, number in draws.items()}


def last_year_again(rng, counts, months: int, draws: int, drift: float = 0.0) -> np.ndarray:
    r"""Draw each month to come from the last twelve, times a factor, and round.

    With independent steps :math:`z_s \sim \mathrm{Normal}(0, 1)`, the factor of the t-th month is
    :math:`\exp(\sum_{s \le t} (\sigma z_s - \sigma^2 / 2))`.

    Parameters
    ----------
    rng : numpy.random.Generator
    counts : array, shape (months, series), at least twelve months
    months, draws : int
    drift : float
        The standard deviation :math:`\sigma` of a step; with 0 the months stay as they were.

    Returns
    -------
    array of counts, shape (series, draws, months)

    Raises
    ------
    ValueError
        If there is less than a year.
    """
    counts = np.asarray(counts, float)
    if len(counts) < YEAR:
        raise ValueError(f"{len(counts)} months are known, and {YEAR} are needed")
    last = counts[-YEAR:].T
    which = rng.integers(YEAR, size=(len(last), draws, months))
    again = np.take_along_axis(last[:, None, :], which, axis=2)
    if not drift:
        return again
    steps = drift * rng.standard_normal(which.shape) - drift**2 / 2
    return np.rint(again * np.exp(np.cumsum(steps, axis=2)))


def recent(counts) -> np.ndarray:
    """Add up the last twelve months and the last three before each month and after the last.

    Parameters
    ----------
    counts : array, shape (months, series)

    Returns
    -------
    array, shape (months - 11, series, 2); the first is of the first twelve months

    Examples
    --------
    >>> recent(np.arange(13)[:, None]).tolist()
    [[[66.0, 30.0]], [[78.0, 33.0]]]
    """
    counts = np.asarray(counts, float)
    total = np.cumsum(np.concatenate([np.zeros_like(counts[:1]), counts]), axis=0)
    last = total[YEAR:]
    return np.stack([last - total[YEAR - n : len(total) - n] for n in RECENT], axis=-1)


def cases(counts, months: int) -> tuple[np.ndarray, np.ndarray]:
    """List what came after the months of all series, where it is known.

    Parameters
    ----------
    counts : array, shape (months, series)
    months : int
        How many come after.

    Returns
    -------
    before : array, shape (cases, 2)
        Totals of the twelve and three months up to each origin.
    after : array, shape (cases, months)

    Examples
    --------
    >>> before, after = cases(np.arange(14)[:, None], 1)
    >>> before.tolist(), after.tolist()
    ([[66.0, 30.0], [78.0, 33.0]], [[12.0], [13.0]])
    """
    counts = np.asarray(counts, float)
    first = np.arange(YEAR, len(counts) - months + 1)
    after = counts[first[:, None] + np.arange(months)]
    before = recent(counts)[: len(first)]
    return before.reshape(-1, len(RECENT)), after.transpose(0, 2, 1).reshape(-1, months)


def cases_alike(rng, now, before, after, draws: int, nearest: int = NEAREST) -> np.ndarray:
    r"""Draw from what came after the cases most alike, scaled.

    With B the total of twelve months and R that of three, the distance of two cases is
    :math:`|\ln(B + 1) - \ln(B' + 1)| + |\ln(R + 1) - \ln(R' + 1)|`; all as near as the last that
    is taken are taken too. Futures are multiplied by :math:`(B + 1) / (B' + 1)` and rounded.

    Parameters
    ----------
    rng : numpy.random.Generator
    now : array, shape (series, 2)
        Totals of the last twelve and three months of each.
    before, after
        As :func:`cases` gives them.
    draws : int
    nearest : int

    Returns
    -------
    array of counts, shape (series, draws, months)
    """
    size, own = np.log1p(before), np.log1p(now)
    result = np.empty((len(own), draws, after.shape[1]))
    for one, total in enumerate(now[:, 0]):
        gap = np.abs(size - own[one]).sum(axis=1)
        last = min(nearest, len(gap)) - 1
        alike = np.flatnonzero(gap <= np.partition(gap, last)[last])
        picked = alike[rng.integers(alike.size, size=draws)]
        scale = (total + 1) / (before[picked, 0] + 1)
        result[one] = np.rint(after[picked] * scale[:, None])
    return result


def pooled(sources: Mapping[str, np.ndarray], weights: Mapping[str, float]) -> np.ndarray:
    """Take so many draws from each source as its weight says.

    Parameters
    ----------
    sources : dict of str to array, shape (series, draws, months), all of one shape
    weights : dict of str to float
        Adding up to 1; sources without weight are left out.

    Returns
    -------
    array, shape (series, draws, months)

    Examples
    --------
    >>> a, b = np.zeros((1, 4, 1)), np.ones((1, 4, 1))
    >>> pooled({"a": a, "b": b}, {"a": 0.25, "b": 0.75}).ravel().tolist()
    [0.0, 1.0, 1.0, 1.0]
    """
    draws = next(iter(sources.values())).shape[1]
    ends = np.rint(draws * np.cumsum([0, *weights.values()])).astype(int)
    parts = zip(weights, ends[:-1], ends[1:], strict=True)
    return np.concatenate([sources[name][:, low:high] for name, low, high in parts], axis=1)
