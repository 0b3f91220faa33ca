"""Probabilities and odds with a range: log-odds in, expectations and horizons out.

A probability judgement is logit-normal, ``logit P ~ Normal(logit_median, logit_sd)``; a multiplier
on odds is log-normal. Every number in a case is one of the two.
"""

from __future__ import annotations

import calendar
import math
from dataclasses import dataclass
from datetime import date

import numpy as np

# Standard normal quantile of 0.95: a stated range is a central 90% interval.
Z90 = 1.6448536269514722

# A stated best may sit off the middle of its range, but one half (in log-odds) may not be more than
# this many times the other: beyond that a symmetric logit-normal misrepresents what was said.
HALF_RANGE_RATIO = 2.0

# The expectation is a trapezoid sum over +-8.5 standard deviations. The integrand is analytic, so
# the error falls as exp(-2 pi^2 / (step * sd)): below 1e-12 up to sd 10 with 256 points, where a
# Gauss-Hermite rule of the same size has lost digits from sd 4 on; and the points need no table, so
# the browser computes the same ones.
NODES = np.linspace(-8.5, 8.5, 256)
WEIGHTS = np.exp(-0.5 * NODES**2)
WEIGHTS /= WEIGHTS.sum()

# Every so many of those points make a coarse sum, to begin the search for an intercept with.
COARSE = 8

# The smallest positive float, and the distance from 1 to the largest float below it.
TINY, EPSILON = float(np.nextafter(0.0, 1.0)), 2.0**-53


def sigmoid(x):
    r"""Turn log-odds into a probability, :math:`1 / (1 + e^{-x})`, without overflow.

    Examples
    --------
    >>> float(sigmoid(0.0)), float(sigmoid(-800.0)), float(sigmoid(np.inf))
    (0.5, 0.0, 1.0)
    """
    x = np.asarray(x, dtype=float)
    e = np.exp(-np.abs(x))
    return np.where(x >= 0, 1.0, e) / (1.0 + e)


def logit(p):
    r"""Turn a probability into log-odds, :math:`\ln(p / (1 - p))`; 0 and 1 give infinities.

    Examples
    --------
    >>> round(float(logit(0.2)), 6)
    -1.386294
    """
    p = np.asarray(p, dtype=float)
    with np.errstate(divide="ignore"):
        return np.log(p) - np.log1p(-p)


def expected(logit_median, logit_sd):
    r"""Take the mean of a logit-normal probability.

    .. math:: E[\sigma(X)],\quad X \sim \mathrm{Normal}(m, s)

    Parameters
    ----------
    logit_median, logit_sd : array, any shapes that broadcast; log-odds, ``logit_sd >= 0``

    Returns
    -------
    array of probabilities; exact where ``logit_sd`` is 0, else within 1e-12 up to ``logit_sd`` 10

    Examples
    --------
    >>> float(expected(0.0, 2.0))
    0.5
    >>> round(float(expected(-1.386294, 1.0)), 6)
    0.238744
    """
    m, s = np.broadcast_arrays(np.asarray(logit_median, float), np.asarray(logit_sd, float))
    mean = sigmoid(m)
    spread = s > 0
    if spread.any():
        mean = np.array(mean)
        mean[spread] = sigmoid(m[spread][:, None] + s[spread][:, None] * NODES) @ WEIGHTS
    return mean


def calibrate(target, weights, offsets, spreads):
    r"""Solve for the intercept that gives a mixture of logit-normals the mean ``target``.

    .. math:: \sum_c w_c\, E[\sigma(b + o_c + s_c Z)] = t, \quad Z \sim \mathrm{Normal}(0, 1)

    The left side rises strictly with ``b``, so the root exists and is unique. Newton steps on the
    log-odds of the left side, kept inside a shrinking bracket.

    Parameters
    ----------
    target : float in (0, 1)
    weights, offsets, spreads : array, shape (C,)
        Probabilities that sum to 1, log-odds, and standard deviations in log-odds.

    Returns
    -------
    float, log-odds

    Examples
    --------
    Two equally likely rows three units apart; the mean comes back as asked:

    >>> b = calibrate(0.3, [0.5, 0.5], [0.0, 3.0], [0.0, 0.0])
    >>> round(float(0.5 * sigmoid(b) + 0.5 * sigmoid(b + 3.0)), 12)
    0.3
    """
    weights, offsets, spreads = (np.asarray(a, float) for a in (weights, offsets, spreads))
    used = weights > 0
    weights, offsets, spreads = weights[used], offsets[used], spreads[used]
    # A float cannot tell more extreme targets from 0 and 1, which no intercept reaches.
    goal = float(logit(min(max(target, TINY), 1 - EPSILON)))
    if weights.size == 1 and spreads[0] == 0:
        return goal - float(offsets[0])
    b = goal - float(offsets @ weights)
    if not spreads.any():
        return _solve_intercept(goal, offsets, weights, b)
    # A coarse sum comes close for an eighth of the work; the full one has the last word.
    for every, near in ((COARSE, 1e-6), (1, 0.0)):
        x = offsets[:, None] + spreads[:, None] * NODES[::every]
        share = WEIGHTS[::every] / WEIGHTS[::every].sum()
        b = _solve_intercept(goal, x.ravel(), (weights[:, None] * share).ravel(), b, near)
    return b


def _solve_intercept(goal: float, x, mass, b: float, near: float = 0.0) -> float:
    """Solve sum_i mass_i sigma(b + x_i) = sigma(goal) for b, from a first guess."""
    low, high = goal - float(x.max()), goal - float(x.min())
    b = min(max(b, low), high)
    for _ in range(200):
        e = np.exp(-np.abs(x + b))
        big, small = 1.0 / (1.0 + e), e / (1.0 + e)
        positive = x + b >= 0
        yes = float(mass @ np.where(positive, big, small))
        no = float(mass @ np.where(positive, small, big))
        slope = float(mass @ (big * small)) * (yes + no)
        with np.errstate(divide="ignore"):
            gap = float(np.log(yes) - np.log(no)) - goal
        if gap > 0:
            high = b
        else:
            low = b
        # Where the left side is flat, as between points far apart, halving the bracket goes on.
        step = b - gap * yes * no / slope if slope > 0 else np.inf
        new = step if low <= step <= high else 0.5 * (low + high)
        if abs(new - b) <= max(near, 4e-16 * max(1.0, abs(b))):
            return new
        b = new
    return b


@dataclass(frozen=True, slots=True)
class Probability:
    """A probability judgement, ``logit P ~ Normal(logit_median, logit_sd)``.

    Attributes
    ----------
    logit_median : float
        Log-odds of the median; infinite only for an exact 0 or 1.
    logit_sd : float
        Spread in log-odds, 0 for an exact number.
    confidence : str or None
        Analytic confidence (low, moderate, high): shown, never used.

    Examples
    --------
    >>> Probability.between(0.05, 0.30).mean.round(4)
    np.float64(0.1469)
    """

    logit_median: float
    logit_sd: float = 0.0
    confidence: str | None = None

    @property
    def mean(self) -> float:
        """Expected probability, by quadrature."""
        return expected(self.logit_median, self.logit_sd)[()]

    @property
    def interval(self) -> tuple[float, float]:
        """Central 90% interval."""
        half = Z90 * self.logit_sd
        return float(sigmoid(self.logit_median - half)), float(sigmoid(self.logit_median + half))

    @classmethod
    def exactly(cls, p: float) -> Probability:
        """State one number, without a range."""
        return cls(float(logit(p)))

    @classmethod
    def between(cls, low: float, high: float, best: float | None = None) -> Probability:
        r"""State a central 90% interval, and the median if it is not the middle.

        .. math:: m = \tfrac12(\mathrm{logit}\,l + \mathrm{logit}\,h) \text{ or } \mathrm{logit}\,b,
                  \quad s = (\mathrm{logit}\,h - \mathrm{logit}\,l) / 2z

        Raises
        ------
        ValueError
            If ``low <= best <= high`` fails, an end is not inside (0, 1), or ``best`` is so far off
            the middle that no logit-normal fits; the message names the range that would.
        """
        if not 0 < low < 1 or not 0 < high < 1:
            raise ValueError("a range must lie strictly between 0 and 1")
        m, s = _centre(float(logit(low)), float(logit(high)), _optional(logit, best), sigmoid)
        return cls(m, s)

    @classmethod
    def beta(cls, a: float, b: float) -> Probability:
        r"""Match a Beta distribution: its mean exactly, and the sd of its log-odds.

        .. math:: s = \sqrt{\psi_1(a) + \psi_1(b)}, \quad
                  m : E[\sigma(\mathrm{Normal}(m, s))] = a / (a + b)

        Raises
        ------
        ValueError
            If ``a`` or ``b`` is not positive.
        """
        if not (a > 0 and b > 0):
            raise ValueError("both numbers of a Beta must be above 0")
        s = math.sqrt(_trigamma(a) + _trigamma(b))
        return cls(calibrate(a / (a + b), [1.0], [0.0], [s]), s)

    @classmethod
    def counted(cls, seen: float, of: float) -> Probability:
        """Learn from ``seen`` of ``of`` past cases, with Jeffreys' prior Beta(1/2, 1/2).

        Raises
        ------
        ValueError
            If ``0 <= seen <= of`` fails.
        """
        if not 0 <= seen <= of:
            raise ValueError("'seen' must lie between 0 and 'of'")
        return cls.beta(seen + 0.5, of - seen + 0.5)

    def over(self, ratio: float, *, lasts: bool = False) -> Probability:
        r"""Rescale to a window ``ratio`` times as long, at a constant hazard.

        .. math:: T(p) = 1 - (1 - p)^r, \qquad \mathrm{logit}\,T(\sigma(x)) =
                  \ln(\mathrm{expm1}(r\,\mathrm{softplus}(x)))

        The map acts on the quantiles: the median and the 90% interval are mapped, and the spread is
        what is left between them. For an event that ``lasts`` its complement is rescaled.

        Parameters
        ----------
        ratio : float > 0
            Window asked over window stated.

        Examples
        --------
        >>> round(float(Probability.exactly(0.2).over(2.0).mean), 12)
        0.36
        """
        sign = -1.0 if lasts else 1.0
        half = Z90 * self.logit_sd
        points = sign * np.array(
            [self.logit_median - half, self.logit_median, self.logit_median + half]
        )
        low, middle, high = sign * _log_expm1(ratio * np.logaddexp(0.0, points))
        return Probability(float(middle), float(high - low) / (2 * Z90), self.confidence)


@dataclass(frozen=True, slots=True)
class Odds:
    """A multiplier on odds, ``ln multiplier ~ Normal(log_median, log_sd)``.

    Examples
    --------
    >>> Odds.between(2.0, 8.0).inverse().log_median == -Odds.between(2.0, 8.0).log_median
    True
    """

    log_median: float
    log_sd: float = 0.0
    confidence: str | None = None

    @classmethod
    def exactly(cls, multiplier: float) -> Odds:
        """State one multiplier, without a range."""
        return cls(float(np.log(multiplier)))

    @classmethod
    def between(cls, low: float, high: float, best: float | None = None) -> Odds:
        """State a central 90% interval, and the median if it is not the (geometric) middle.

        Raises
        ------
        ValueError
            As for :meth:`Probability.between`; ends must be positive.
        """
        if not (low > 0 and high > 0):
            raise ValueError("a multiplier on odds must be above 0")
        m, s = _centre(float(np.log(low)), float(np.log(high)), _optional(np.log, best), np.exp)
        return cls(m, s)

    @classmethod
    def ratio(cls, if_yes: Probability, if_no: Probability) -> Odds:
        """Compare the odds of a target with and without its driver."""
        return cls(
            if_yes.logit_median - if_no.logit_median,
            float(np.hypot(if_yes.logit_sd, if_no.logit_sd)),
            if_yes.confidence or if_no.confidence,
        )

    def inverse(self) -> Odds:
        """Turn "raises" into "lowers"."""
        return Odds(-self.log_median, self.log_sd, self.confidence)


def months_between(start: date, end: date) -> float:
    """Count calendar months: whole ones, then the remaining days as a share of the next one.

    Examples
    --------
    >>> months_between(date(2021, 9, 15), date(2022, 9, 15))
    12.0
    >>> months_between(date(2021, 1, 31), date(2021, 2, 14))
    0.5
    """
    whole = (end.year - start.year) * 12 + end.month - start.month
    if _months_later(start, whole) > end:
        whole -= 1
    anniversary, following = _months_later(start, whole), _months_later(start, whole + 1)
    return whole + (end - anniversary).days / (following - anniversary).days


def _months_later(start: date, months: int) -> date:
    """Find the monthly anniversary; the 31st becomes the last day of a shorter month."""
    year, month = divmod(start.year * 12 + start.month - 1 + months, 12)
    return date(year, month + 1, min(start.day, calendar.monthrange(year, month + 1)[1]))


def _trigamma(x: float) -> float:
    """Compute psi_1(x) for x > 0: up by recurrence, then Stirling's series (DLMF 5.15.8).

    SciPy has it too, but importing its special functions costs a quarter of a second, a fifth of
    what a forecast takes from the command line.
    """
    below = 0.0
    while x < 15:
        below += 1 / x**2
        x += 1
    series = 1 / 6 - (1 / 30 - (1 / 42 - (1 / 30 - 5 / 66 / x**2) / x**2) / x**2) / x**2
    return below + 1 / x + 1 / (2 * x**2) + series / x**3


def _log_expm1(y):
    """Compute ``ln(e^y - 1)`` for y > 0 where ``e^y`` overflows and where it is barely above 1."""
    y = np.maximum(y, TINY)  # a hazard times a short window may fall out of the range of a float
    return y + np.log(-np.expm1(-y))


def _optional(function, value):
    return None if value is None else float(function(value))


def _centre(low: float, high: float, best: float | None, back) -> tuple[float, float]:
    """Find centre and spread of a range on the log scale; ``back`` names a fitting best."""
    if low > high:
        raise ValueError("'low' is above 'high'")
    spread = (high - low) / (2 * Z90)
    if best is None:
        return (low + high) / 2, spread
    if not low <= best <= high:
        raise ValueError("'best' must lie between 'low' and 'high'")
    left, right = best - low, high - best
    # A hair of tolerance, so that a best placed exactly at the limit is not refused by rounding.
    if max(left, right) > HALF_RANGE_RATIO * min(left, right) * (1 + 1e-9):
        edges = [back(low + (high - low) * share) for share in (1 / 3, 1 / 2, 2 / 3)]
        first, middle, last = (f"{edge:.3g}" for edge in edges)
        raise ValueError(
            f"'best' is too far to one side of its range: a best from {first} to {last} would fit"
            f" (the middle is {middle})"
        )
    return best, spread
