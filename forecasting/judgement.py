"""Probabilities and odds with a range: log-odds in, expectations and horizons out.

A probability judgement is logit-normal, ``logit P ~ Normal(logit_median, logit_sd)``; a multiplier
on odds is log-normal. Every number in a case is one of the two. A count of cases is a Beta
distribution, and a probability moved to another window is neither: the logit-normal with the same
mean and the same standard deviation stands for either.
"""

from __future__ import annotations

import calendar
import math
from dataclasses import dataclass
from datetime import date
from functools import cache, lru_cache

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
LOG_WEIGHTS = -0.5 * NODES**2
WEIGHTS = np.exp(LOG_WEIGHTS)
WEIGHTS /= WEIGHTS.sum()

# A mean below this owes digits to what lies beyond the points: it takes points of its own.
TAIL = 1e-6

# By the same formula fewer points do for smaller spreads, with an error below 1e-14: (sd, every so
# many). The numbers divide 255, so that the points taken lie evenly about 0 and end at both ends.
THINNED = ((1.8, 5), (3.0, 3), (np.inf, 1))

# Up to each node, how much of a standard normal distribution lies below it.
BELOW = np.cumsum(WEIGHTS) - WEIGHTS / 2

# The smallest positive float.
TINY = float(np.nextafter(0.0, 1.0))

# A probability nearer to 0 or 1 than this has lost digits, or is about to: it counts as certain.
CERTAIN = 1e-300

# Moments of a stated distribution are trapezoid sums in log-odds: between the ends at which what is
# summed has fallen by exp(-45) from its peak, in steps of half the narrowest peak's standard
# deviation and at most this, for a log-odds curve bends over a length of 1 (error below 1e-15).
DROP, STEP = 45.0, 0.4

# A spread that stands for another distribution is at most this: the means of wider ones are not
# exact any more, and what is wider is all but sure to be near 0 or 1.
MOST_SPREAD = 10.0

# So many cases may be counted: more, and their numbers run out of digits.
MAX_COUNT = 1e9

# A probability this many units of log above its mean is beyond what a square can hold.
MOST_LOG = 330.0

# Newton squares the error of a step: after one of this only rounding is left.
LAST_STEP = 1e-9


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
    return _averaged(sigmoid, logit_median, logit_sd)


def steepness(logit_median, logit_sd):
    r"""Differentiate the mean of a logit-normal by its median.

    .. math:: \frac{d}{dm} E[\sigma(X)] = E[\sigma(X)\,\sigma(-X)],\quad
              X \sim \mathrm{Normal}(m, s)

    Examples
    --------
    >>> round(float(steepness(0.0, 0.0)), 12)
    0.25
    """
    return _averaged(lambda x: sigmoid(x) * sigmoid(-x), logit_median, logit_sd)


def _averaged(function, logit_median, logit_sd):
    """Average a function of log-odds that falls off below 0 as the probability does."""
    m, wide = np.broadcast_arrays(np.asarray(logit_median, float), np.asarray(logit_sd, float))
    s = np.asarray(logit_sd, float)
    s = s if s.shape == m.shape[-1:] else wide  # rows under many medians: to the bit as one by one
    mean = np.array(function(m))
    spread = s > 0
    if spread.any():
        nodes, weights = points(s.max())
        at = m[..., spread, None] + s[spread, None] * nodes
        mean[..., spread] = function(at) @ weights
        tiny = spread & (mean < TAIL)
        if tiny.any():  # what makes the mean of a rare one is far up
            below, sd = -np.abs(m[tiny])[:, None], wide[tiny][:, None]
            up = np.minimum(sd, -below / sd)
            weights = np.exp(-up * (NODES + up / 2)) * WEIGHTS
            mean[tiny] = (function(below + sd * (NODES + up)) * weights).sum(axis=1)
    return mean


def points(sd: float) -> tuple[np.ndarray, np.ndarray]:
    """Give the points and weights of a trapezoid sum that is exact to rounding up to this spread.

    Examples
    --------
    >>> [len(points(sd)[0]) for sd in (1.5, 3.0, 9.0)]
    [52, 86, 256]
    """
    return _thinned(next(every for most, every in THINNED if sd <= most))


@cache
def _thinned(every: int) -> tuple[np.ndarray, np.ndarray]:
    return NODES[::every], WEIGHTS[::every] / WEIGHTS[::every].sum()


def calibrate(goal, weights, offsets, spreads):
    r"""Solve for the intercept that gives a mixture of logit-normals a mean.

    .. math:: \sum_c w_c\, E[\sigma(b + o_c + s_c Z)] = \sigma(g),
              \quad Z \sim \mathrm{Normal}(0, 1)

    The left side rises strictly with ``b``, so the root exists and is unique. Newton steps on the
    log-odds of the left side, kept inside a shrinking bracket.

    Parameters
    ----------
    goal : float
        Log-odds of the mean, which a mean near 1 could not be told by.
    weights, offsets, spreads : array, shape (C,)
        Probabilities that sum to 1, log-odds, and standard deviations in log-odds.

    Returns
    -------
    float, log-odds

    Examples
    --------
    Two equally likely rows three units apart; the mean comes back as asked:

    >>> b = calibrate(logit(0.3), [0.5, 0.5], [0.0, 3.0], [0.0, 0.0])
    >>> round(float(0.5 * sigmoid(b) + 0.5 * sigmoid(b + 3.0)), 12)
    0.3
    """
    weights, offsets, spreads = (np.asarray(a, float) for a in (weights, offsets, spreads))
    used = weights > 0
    weights, offsets, spreads = weights[used], offsets[used], spreads[used]
    goal = float(goal)
    if weights.size == 1 and spreads[0] == 0:
        return goal - float(offsets[0])
    if spreads.any():
        nodes, shares = points(spreads.max())
        x = (offsets[:, None] + spreads[:, None] * nodes).ravel()
        mass = (weights[:, None] * shares).ravel()
    else:
        x, mass = offsets, weights
    low, high = goal - float(x.max()), goal - float(x.min())
    b = goal - float(offsets @ weights)
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
        newton = low <= step <= high
        new = step if newton else 0.5 * (low + high)
        # Going on for less than rounding can take forever.
        if abs(new - b) <= (LAST_STEP if newton else 4e-16) * max(1.0, abs(b)):
            break
        b = new
    # Beyond the floats the mean is 0 or 1, and has no digits to refine.
    rare = spreads.any() and -math.log(TAIL) < abs(goal) < -math.log(np.finfo(float).tiny)
    return _refined(new, goal, weights, offsets, spreads) if rare else new


def _refined(b, goal, weights, offsets, spreads):
    """Bring an intercept to a mean that is all but 0 or 1, whose digits its own points give."""

    def gap(b):
        yes, no = (float(weights @ expected(x, spreads)) for x in (b + offsets, -b - offsets))
        return math.log(yes) - math.log(no) - goal

    before, miss = b, gap(b)
    b -= miss
    for _ in range(50):
        last, miss = miss, gap(b)
        if miss == last or abs(miss) < 1e-14:
            break
        before, b = b, b - miss * (b - before) / (miss - last)
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
    counts : (float, float) or None
        The two numbers of the Beta distribution that this stands for, if it was stated as one.

    Examples
    --------
    >>> Probability.between(0.05, 0.30).mean.round(4)
    np.float64(0.1469)
    """

    logit_median: float
    logit_sd: float = 0.0
    confidence: str | None = None
    counts: tuple[float, float] | None = None

    @property
    def mean(self) -> float:
        """Expected probability, by quadrature."""
        return expected(self.logit_median, self.logit_sd)[()]

    @property
    def complement(self) -> float:
        """Expected probability of the contrary, which keeps its digits where it is tiny."""
        return expected(-self.logit_median, self.logit_sd)[()]

    @property
    def mean_log_odds(self) -> float:
        """Log-odds of the mean."""
        if not self.logit_sd:
            return self.logit_median
        return float(np.log(self.mean) - np.log(self.complement))

    @property
    def sd(self) -> float:
        """Standard deviation as a probability, of the logit-normal."""
        return _logit_normal_sd(self.logit_median, self.logit_sd)

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
        return cls(*_centre(logit, sigmoid, low, high, best))

    @classmethod
    def matched(cls, mean: float, sd: float) -> Probability:
        r"""Find the logit-normal with a mean and a standard deviation, both as probabilities.

        Its spread is at most 10: what would need more keeps its mean only.

        .. math:: E[\sigma(X)] = \mu, \quad \mathrm{sd}[\sigma(X)] = d, \quad
                  X \sim \mathrm{Normal}(m, s)

        Raises
        ------
        ValueError
            Unless ``0 < mean < 1`` and ``0 <= sd**2 < mean * (1 - mean)``.

        Examples
        --------
        >>> one = Probability.matched(0.15, 0.1)
        >>> round(float(one.mean), 12), round(one.sd, 12)
        (0.15, 0.1)
        """
        if not 0 < mean < 1 or not 0 <= sd / mean < math.sqrt((1 - mean) / mean):
            raise ValueError("no probability has this mean and this standard deviation")
        if sd == 0:
            return cls.exactly(mean)
        rarer = min(mean, 1 - mean)
        return cls(*_signed(mean <= 0.5, math.log(rarer), 2 * math.log(sd / rarer)))

    @classmethod
    def beta(cls, a: float, b: float) -> Probability:
        r"""Match a Beta distribution: its mean and its standard deviation, as a probability.

        .. math:: E[\sigma(X)] = \frac{a}{a + b}, \quad
                  \mathrm{Var}[\sigma(X)] = \frac{ab}{(a + b)^2 (a + b + 1)}, \quad
                  X \sim \mathrm{Normal}(m, s)

        A U-shaped one whose logit-normal would have a spread above 10 gets that spread, and keeps
        its mean only.

        Raises
        ------
        ValueError
            If ``a`` or ``b`` is not above 0, or above 1e9.

        Examples
        --------
        None of five, with Jeffreys' prior; the Beta's own 95% point is 31%:

        >>> low, high = Probability.beta(0.5, 5.5).interval
        >>> round(high, 3)
        0.299
        """
        if not (0 < a <= MAX_COUNT + 1 and 0 < b <= MAX_COUNT + 1):
            raise ValueError("both numbers of a Beta must be above 0, and at most 1e9")
        fewer, more = min(a, b), max(a, b)
        log_mean = math.log(fewer) - math.log(a + b)
        log_variation = math.log(more) - math.log(fewer) - math.log1p(a + b)
        return cls(*_signed(a <= b, log_mean, log_variation), counts=(float(a), float(b)))

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

    @property
    def normal(self) -> tuple[float, float]:
        """Median and standard deviation of the Normal that it is in log-odds."""
        return self.logit_median, self.logit_sd

    def over(self, ratio: float, *, lasts: bool = False) -> Probability:
        r"""Rescale to a window ``ratio`` times as long, at a constant hazard.

        .. math:: T(p) = 1 - (1 - p)^r, \qquad \mathrm{logit}\,T(\sigma(x)) =
                  \ln(\mathrm{expm1}(r\,\mathrm{softplus}(x)))

        The mean and the standard deviation of T(p) are kept, p as it was stated: a logit-normal or
        a Beta; up to a spread of 10, as for :meth:`matched`. For an event that ``lasts`` its
        complement is rescaled.

        Parameters
        ----------
        ratio : float > 0
            Window asked over window stated.

        Examples
        --------
        >>> round(float(Probability.exactly(0.2).over(2.0).mean), 12)
        0.36

        Three months of 36, asked over 24:

        >>> round(float(Probability.counted(3, 36).over(24.0).mean), 4)
        0.841
        """
        if ratio == 1:
            return self
        sign = -1.0 if lasts else 1.0
        if not self.logit_sd:
            log_yes, log_no = _log_risk(sign * self.logit_median, ratio)
            return Probability(float(sign * (log_yes - log_no)), 0.0, self.confidence)
        counts = self.counts and (self.counts[::-1] if lasts else self.counts)
        m, s = _rescaled(sign * self.logit_median, self.logit_sd, counts, float(ratio))
        return Probability(sign * m, s, self.confidence)


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
        return cls(*_centre(np.log, np.exp, low, high, best))

    @classmethod
    def ratio(cls, if_yes: Probability, if_no: Probability) -> Odds:
        """Compare the odds of a target with and without its driver."""
        return cls(
            if_yes.logit_median - if_no.logit_median,
            float(np.hypot(if_yes.logit_sd, if_no.logit_sd)),
            if_yes.confidence or if_no.confidence,
        )

    @property
    def normal(self) -> tuple[float, float]:
        """Median and standard deviation of the Normal that its logarithm is."""
        return self.log_median, self.log_sd

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
    if months_later(start, whole) > end:
        whole -= 1
    anniversary, following = months_later(start, whole), months_later(start, whole + 1)
    return whole + (end - anniversary).days / (following - anniversary).days


def months_later(start: date, months: int) -> date:
    """Find the monthly anniversary; the 31st becomes the last day of a shorter month."""
    year, month = divmod(start.year * 12 + start.month - 1 + months, 12)
    return date(year, month + 1, min(start.day, calendar.monthrange(year, month + 1)[1]))


def matched(log_mean: float, log_variation: float) -> tuple[float, float]:
    r"""Find the logit-normal with a mean of at most one half and a relative variance.

    .. math:: \ln E[\sigma(X)] = \mathrm{log\_mean}, \quad
              \ln \frac{\mathrm{Var}[\sigma(X)]}{E[\sigma(X)]^2} = \mathrm{log\_variation}

    Logarithms, so that a mean of 1e-200 keeps its digits. For a given spread the median follows
    from the mean, whose logarithm is concave in it, so Newton steps from below arrive; the spread
    then follows from the variance, by Newton steps kept inside a shrinking bracket.

    Returns
    -------
    logit_median, logit_sd : float
    """
    if log_mean < math.log(CERTAIN):
        return log_mean, 0.0
    low, high = -math.inf, math.log(MOST_SPREAD)
    # Far below one half the probability is log-normal, and this is the answer.
    log_s = math.log(np.logaddexp(0.0, log_variation)) / 2 - math.log(-math.expm1(log_mean))
    log_s = min(log_s, high)
    m = -math.inf
    for _ in range(100):
        m = max(m, log_mean - math.exp(2 * log_s) / 2)
        for _ in range(100):
            found, variation, by_mean, by_variation = _moments(m, log_s)
            step = (log_mean - found) / by_mean[0]
            m += step
            if abs(step) <= LAST_STEP * max(1.0, abs(m)):
                break
        variation += by_variation[0] * step
        if variation > log_variation:
            high = log_s
        else:
            low = log_s
        # Along medians that keep the mean.
        follow = -by_mean[1] / by_mean[0]
        steepness = by_variation[1] + by_variation[0] * follow
        step = (log_variation - variation) / steepness if steepness > 0 else math.inf
        if not low <= log_s + step <= high or abs(step) > 2:
            step = (max(low, log_s - 2) + min(high, log_s + 2)) / 2 - log_s
        log_s += step
        m = m + follow * step if abs(step) < 0.1 else -math.inf
        if abs(step) <= LAST_STEP:
            break
    return float(m), math.exp(log_s)


def _moments(m: float, log_s: float) -> tuple[float, float, tuple, tuple]:
    """Give the logs of mean and relative variance of a logit-normal, and their derivatives by both.

    The points reach as far up as the square of the probability leans, by up to 2 s.
    """
    s = math.exp(log_s)
    top = 9.0 + min(2 * s, max(0.0, -m / s))
    z = np.linspace(-9.0, top, math.ceil((9.0 + top) / min(0.5, 0.55 / s)) + 1)
    log_weight = -z * z / 2
    weight = np.exp(log_weight)
    weight /= weight.sum()
    x = m + s * z
    log_p = -np.logaddexp(0.0, -x)
    log_mean = _log_sum(log_p + log_weight) - _log_sum(log_weight)
    p = np.exp(np.minimum(log_p - log_mean, MOST_LOG))  # in units of the mean
    rise, off = p * sigmoid(-x), p - 1
    variance = weight @ off**2
    by_mean = weight @ rise, weight @ (rise * z) * s
    by_variance = 2 * (weight @ (off * rise)), 2 * (weight @ (off * rise * z) * s)
    by_variation = tuple(
        v / variance - 2 * mean for v, mean in zip(by_variance, by_mean, strict=True)
    )
    return log_mean, math.log(variance), by_mean, by_variation


def _log_sum(logs: np.ndarray) -> float:
    most = float(logs.max())
    return most + math.log(float(np.exp(logs - most).sum()))


@lru_cache(maxsize=256)
def _logit_normal_sd(m: float, s: float) -> float:
    if s == 0:
        return 0.0
    log_mean, log_variation, *_ = _moments(-abs(m), math.log(s))
    return math.exp(log_mean + log_variation / 2)


@lru_cache(maxsize=1024)
def _signed(rare: bool, log_mean: float, log_variation: float) -> tuple[float, float]:
    """Match a mean below one half, or, from its complement, one above."""
    m, s = matched(log_mean, log_variation)
    return (m if rare else -m), s


@lru_cache(maxsize=1024)
def _rescaled(m: float, s: float, counts: tuple[float, float] | None, ratio: float):
    """Match 1 - (1 - p)^ratio, p a Beta if there are counts, else a logit-normal."""
    x, log_weight = _points_of_density(m, s, counts, ratio)
    logs, log_no = _log_risk(x, ratio)
    rare = _log_sum(logs + log_weight) <= math.log(0.5)
    logs = logs if rare else log_no
    log_mean = _log_sum(logs + log_weight)
    off = logs - log_mean
    with np.errstate(divide="ignore"):  # where the mean itself is met, the log of 0 is meant
        log_off = np.where(off > 30, off, np.log(np.abs(np.expm1(np.minimum(off, 30)))))
    return _signed(bool(rare), log_mean, _log_sum(2 * log_off + log_weight))


def _log_risk(x: np.ndarray, ratio: float) -> tuple[np.ndarray, np.ndarray]:
    """Give the logs of T and of 1 - T at some log-odds of p, also where T leaves the floats."""
    hazard = ratio * np.logaddexp(0.0, x)
    log_yes = np.log(-np.expm1(-np.maximum(hazard, TINY)))
    return np.where(x < -700, math.log(ratio) + x, log_yes), -hazard


def _points_of_density(m: float, s: float, counts: tuple[float, float] | None, ratio: float):
    """Lay points in log-odds, with logs of weights, over a stated distribution, T and 1 - T.

    It and its products with their squares are log-concave: one peak each. A first look, coarser the
    farther from the mode, finds where they are and how sharply they bend; even points between the
    outermost ends then do.
    """
    if counts:
        a, b = counts
        mode, width = math.log(a / b), math.sqrt(1 / a + 1 / b)
    else:
        a = b = 0.0
        mode, width = m, s

    def log_density(x):
        if not counts:
            return -(((x - m) / s) ** 2) / 2
        # From the mode, and there without taking nearly equal numbers apart: counts may be large.
        d, p = x - mode, a / (a + b)
        near = np.log1p(p * np.expm1(np.clip(d, -1.0, 1.0)))
        far_off = np.logaddexp(math.log1p(-p), math.log(p) + d)
        return a * d - (a + b) * np.where(np.abs(d) < 1, near, far_off)

    # Farther out than this T is nothing beside its mean, or 1 - T is.
    far = abs(mode) + 20 * width + abs(math.log(ratio)) + 60 * max(1.0, 1 / ratio)
    steps = np.geomspace(width / 20, far, 200)
    x = mode + np.concatenate([-steps[::-1], [0.0], steps])
    logs = log_density(x) + np.stack([np.zeros_like(x), *(2 * log for log in _log_risk(x, ratio))])
    near = logs > logs.max(axis=1, keepdims=True) - DROP
    ends = np.flatnonzero(near.any(axis=0))[[0, -1]]
    low, high = x[max(ends[0] - 1, 0)], x[min(ends[1] + 1, len(x) - 1)]
    # T bends over a unit of log-odds; 1 - T, where the window is long, much sooner.
    sharp = sigmoid(x) * sigmoid(-x)
    bend = (a + b) * sharp if counts else np.full_like(x, 1 / s**2)
    sharpest = max(bend[near.any(axis=0)].max(), (bend + 2 * ratio * sharp)[near[2]].max())
    count = math.ceil((high - low) / min(STEP, 0.5 / math.sqrt(sharpest))) + 1
    x, step = np.linspace(low, high, count, retstep=True)
    logs = log_density(x)
    if counts:  # its tails are geometric: what lies beyond the ends has the value of the end
        logs[0] -= math.log(-math.expm1(-a * step))
        logs[-1] -= math.log(-math.expm1(-b * step))
    return x, logs - _log_sum(logs)


def _centre(log, back, low: float, high: float, best: float | None) -> tuple[float, float]:
    """Find centre and spread of a range on its log scale, from which ``back`` leads back."""
    low, high = float(log(low)), float(log(high))
    if low > high:
        raise ValueError("'low' is above 'high'")
    spread = (high - low) / (2 * Z90)
    if best is None:
        return (low + high) / 2, spread
    best = float(log(best))
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
