"""What is held of an amount comes in; chances below amounts, quantiles and densities go out.

An amount q has a *place* ``g(q)`` on a scale. Its base distribution is stated by a few points: a
split normal or a monotone cubic, of places on normal scores. Rows of a table shift it by the
ordered rule, ``logit P(above x | row a) = c_x + o_a + s_a z``, whose *intercept* ``c_x`` is solved
against the base distribution. The table itself has a cell only between cuts: what evidence says is
carried from them to every other amount by the shares of a cell that a row puts below it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from itertools import batched
from statistics import NormalDist
from typing import Annotated

import numpy as np

from forecasting.judgement import Z90, calibrate, expected, steepness

# Beyond this many standard deviations an amount counts as certain: exp(-689) is all but no chance.
FARTHEST = 37.0

# Up to this a level that is met exactly is met: so much is rounding in a sum over cells.
ROUNDING = 1e-14

# Newton squares the error of a step; near the end of a cell over the distance to it.
LAST_STEP = 1e-11

# Bands ask for thousands of places: beyond so many they are read between places this finely apart.
KNOTS = 512

# Rows of a table times intercepts that are looked at together, which bounds the memory that takes.
AT_ONCE = 512

# The outermost levels that a picture shows, and into how many steps it parts them.
OUTER, STEPS = (0.005, 0.995), 80

# The points of a range, which is a split normal: how much lies below each.
POINTS = {"low": 0.05, "best": 0.5, "high": 0.95}

# Cuts as they are written, and which side of the amount itself they leave it on.
SIGNS = {">=": -1, "<": -1, ">": 1, "<=": 1}


# --- scales ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Scale:
    r"""Where amounts lie.

    .. math:: g(q) = \ln q, \quad \ln(q + \tfrac12) \text{ if whole}, \quad q \text{ if not log}

    Attributes
    ----------
    log : bool
        Whether equal ratios are equal steps.
    whole : bool
        Whether amounts are counts, so that 0 is one.

    Examples
    --------
    >>> float(Scale(log=True, whole=True).place(0))
    -0.6931471805599453
    """

    log: bool
    whole: bool

    @property
    def _shift(self) -> float:
        return 0.5 if self.log and self.whole else 0.0

    def place(self, amount):
        """Find the places of amounts.

        Raises
        ------
        ValueError
            If an amount is no finite number, or on a log scale not above 0 (whole: above -1/2).
        """
        amount = np.asarray(amount, float)
        bad = ~np.isfinite(amount) | (self.log & (amount <= -self._shift))
        if bad.any():
            least = f" above {0 - self._shift:g}" if self.log else ""
            raise ValueError(
                f"{amount[bad].flat[0]:g} has no place on the scale: amounts are finite numbers"
                f"{least}"
            )
        return np.log(amount + self._shift) if self.log else amount

    def amount(self, place):
        """Find the amounts at places: the inverse.

        Examples
        --------
        >>> scale = Scale(log=True, whole=True)
        >>> round(float(scale.amount(scale.place(240))), 9)
        240.0
        """
        place = np.asarray(place, float)
        return np.exp(place) - self._shift if self.log else place


def border(sign: str, amount: float, *, whole: bool) -> float:
    """Find the amount at which a cut lies: of whole amounts midway between two of them.

    A whole quantity's cut at a number that is none goes to the whole numbers that it speaks of:
    ``>= 347.2`` means 348 and more.

    Parameters
    ----------
    sign : str
        One of ``>=``, ``>``, ``<=``, ``<``.

    Raises
    ------
    KeyError
        If the sign is none of these.

    Examples
    --------
    >>> [border(sign, 348, whole=True) for sign in (">=", ">", "<=", "<")]
    [347.5, 348.5, 348.5, 347.5]
    >>> border(">=", 347.2, whole=True), border(">=", 347.2, whole=False)
    (347.5, 347.2)
    """
    side = SIGNS[sign]
    if not whole:
        return float(amount)
    return math.ceil(amount) - 0.5 if side < 0 else math.floor(amount) + 0.5


def shown(amount: float, *, whole: bool = False) -> str:
    """Write an amount for people: three significant digits, a whole one without decimals.

    Examples
    --------
    >>> [shown(one) for one in (239.7, 1234.0, 0.3512, 2.0, -0.05)]
    ['240', '1,230', '0.351', '2', '-0.05']
    >>> shown(12.4, whole=True), shown(-0.2, whole=True)
    ('12', '0')
    """
    if amount != amount:  # not known
        return "–"
    if whole:
        amount = round(amount)
    rounded = float(f"{amount:.3g}")
    if rounded and not 1e-6 <= abs(rounded) < 1e15:
        return f"{rounded:.3g}"
    decimals = max(0, 2 - math.floor(math.log10(abs(rounded)))) if rounded else 0
    text = f"{abs(rounded):,.{decimals}f}"
    text = text.rstrip("0").rstrip(".") if decimals else text
    return f"-{text}" if rounded < 0 else text


class Measure(float):
    """A number that is an amount, and no share or factor: it is shown as one."""


# What a field of a row holds: an amount, as it is shown.
Shown = Annotated[float, shown]


def unsure_spread(factor: float) -> float:
    r"""Give the spread in log-odds of "within this factor either way, 90%", :math:`\ln u / z`.

    Raises
    ------
    ValueError
        If the factor is below 1 or not finite.

    Examples
    --------
    >>> round(unsure_spread(2.0), 6)
    0.421404
    """
    if not 1 <= factor < math.inf:
        raise ValueError("a factor either way is at least 1")
    return math.log(factor) / Z90


# --- the base distribution ------------------------------------------------------------------------


def normal_score(level: float) -> float:
    """Find the place of a level under a standard normal distribution, ``0 < level < 1``.

    Examples
    --------
    >>> round(normal_score(0.975), 6)
    1.959964
    """
    return NormalDist().inv_cdf(level)


def place(levels, points, split: bool, z) -> np.ndarray:
    r"""Find the places on the scale at normal scores.

    Split: :math:`g = b + z\,(h - b)/z_{90}` above the median, with :math:`b - l` below it. Else a
    monotone cubic (PCHIP) of the points on the normal scores of their levels, and beyond its ends
    the outermost chord.

    Parameters
    ----------
    levels : sequence of float, shape (P,)
        Probabilities, ascending. Split: 0.05, 0.95 and 0.5, which is the middle if it is left out.
    points : sequence of float, shape (P,)
        Their places on the scale, ascending.
    split : bool
    z : array

    Raises
    ------
    ValueError
        If the levels or the points do not ascend, or are not those of a split normal.

    References
    ----------
    Fritsch & Butland (1984), doi:10.1137/0905021: the slopes.

    Examples
    --------
    >>> float(place((0.05, 0.5, 0.95), (1.0, 2.0, 4.0), True, 2 * Z90))
    6.0
    """
    return _Curve.through(levels, points, split).at(np.asarray(z, float))


def score(levels, points, split: bool, x) -> np.ndarray:
    """Find the normal scores at places on the scale: the inverse of :func:`place`, to rounding.

    Examples
    --------
    >>> score((0.05, 0.95), (1.0, 3.0), True, [2.0, 3.0]).round(6).tolist()
    [0.0, 1.644854]
    """
    return _Curve.through(levels, points, split).inverse(np.asarray(x, float))


def log_odds_above(levels, points, split: bool, x) -> np.ndarray:
    r"""Give the log-odds that the amount lies above places, :math:`\ln\Phi(-z) - \ln\Phi(z)`.

    Both tails keep their digits, as far as 37 standard deviations (log-odds of 689): there they
    stay.

    Examples
    --------
    >>> log_odds_above((0.05, 0.95), (1.0, 3.0), True, [2.0, 3.0, 1e9]).round(6).tolist()
    [0.0, -2.944439, -689.030586]
    """
    z = np.clip(score(levels, points, split, x), -FARTHEST, FARTHEST) / math.sqrt(2)
    above = [math.log(math.erfc(one)) - math.log(math.erfc(-one)) for one in z.flat]
    return np.reshape(above, z.shape)


@dataclass(frozen=True, slots=True)
class _Curve:
    """A rising curve in pieces: where each begins, how far it goes, how it bends.

    ``first`` and ``last`` are the slopes at both ends of a piece over that of its chord, less 1.
    """

    scores: np.ndarray
    points: np.ndarray
    widths: np.ndarray
    rises: np.ndarray
    first: np.ndarray
    last: np.ndarray

    @classmethod
    def through(cls, levels, points, split: bool) -> _Curve:
        levels, points = [float(one) for one in levels], np.array(points, float)
        if split:
            low, _, high = POINTS.values()
            if levels == [low, high] and len(points) == 2:
                points = np.array([points[0], points.mean(), points[1]])
            elif levels != [*POINTS.values()]:
                raise ValueError("a split normal has points at 5%, 50% and 95%, or at 5% and 95%")
            scores = np.array([-Z90, 0.0, Z90])
        elif len(levels) > 1 and min(levels) > 0 and max(levels) < 1:
            scores = np.array([normal_score(one) for one in levels])
        else:
            raise ValueError("at least two levels are needed, between 0 and 1")
        if points.shape != scores.shape or not np.isfinite(points).all():
            raise ValueError("each level needs one place, a finite number")
        widths, rises = np.diff(scores), np.diff(points)
        if not ((widths > 0).all() and (rises > 0).all()):
            raise ValueError("levels and their amounts must both ascend, no two of them equal")
        first = last = np.zeros_like(widths)
        if not split and len(widths) > 1:
            slopes = _slopes(widths, rises / widths)
            first, last = slopes[:-1] * widths / rises - 1, slopes[1:] * widths / rises - 1
        return cls(scores, points, widths, rises, first, last)

    def at(self, z):
        i = self._piece(self.scores, z)
        t = (z - self.scores[i]) / self.widths[i]
        inside = np.clip(t, 0.0, 1.0)  # beyond the ends, straight on
        bend = inside * (1 - inside)
        bend *= self.first[i] * (1 - inside) - self.last[i] * inside
        return self.points[i] + self.rises[i] * (t + bend)

    def inverse(self, x):
        i = self._piece(self.points, x)
        part = (x - self.points[i]) / self.rises[i]
        a, b = self.first[i], self.last[i]
        bent = (part > 0) & (part < 1) & ((a != 0) | (b != 0))
        # Newton steps kept inside a shrinking bracket: a piece may rise from a slope of 0.
        t, low, high = part, np.where(bent, 0.0, part), np.where(bent, 1.0, part)
        for _ in range(100):
            gap = np.where(bent, t + t * (1 - t) * (a * (1 - t) - b * t) - part, 0.0)
            high, low = np.where(gap > 0, t, high), np.where(gap > 0, low, t)
            slope = 1 + a * (1 - t) * (1 - 3 * t) - b * t * (2 - 3 * t)
            step = t - gap / np.where(slope > 0, slope, np.inf)
            newton = (slope > 0) & (low <= step) & (step <= high)
            before, t = t, np.where(gap == 0, t, np.where(newton, step, (low + high) / 2))
            if (abs(t - before) <= 1e-16).all():
                break
        return self.scores[i] + self.widths[i] * t

    def _piece(self, ends, at):
        """Find the piece that each value falls in; the outermost go on beyond the ends."""
        return np.clip(np.searchsorted(ends, at, side="right") - 1, 0, len(ends) - 2)


def _slopes(widths, chords):
    """Give the slopes of a monotone cubic: weighted harmonic means, at the ends three-point ones.

    The chords rise, so a slope at an end can be cut at 0, but never at three times its chord.
    """
    before, after = widths[:-1], widths[1:]
    inverse = (before + 2 * after) / chords[:-1] + (2 * before + after) / chords[1:]
    ends = []
    for (near, further), (chord, other) in (
        (widths[:2], chords[:2]),
        (widths[:-3:-1], chords[:-3:-1]),
    ):
        three_point = ((2 * near + further) * chord - near * other) / (near + further)
        ends.append(max(three_point, 0.0))
    return np.array([ends[0], *(3 * (before + after) / inverse), ends[1]])


# --- what evidence makes of it --------------------------------------------------------------------


@dataclass(frozen=True)
class Prior:
    r"""The base distribution of a quantity, and the rows of its table under the mean judgements.

    .. math:: \sum_a w_a\, E[\sigma(c_x + o_a + s_a Z)] = P(\mathrm{above}\ x)

    Attributes
    ----------
    levels, points, split
        The base distribution: see :func:`place`.
    weights, offsets, spreads : array, shape (A,)
        Of each row its probability, its log-odds beside the intercept, and their spread.
    """

    levels: tuple[float, ...]
    points: tuple[float, ...]
    split: bool
    weights: np.ndarray
    offsets: np.ndarray
    spreads: np.ndarray

    def intercepts(self, x) -> np.ndarray:
        """Solve for the intercepts of "above x"; they fall as the places x, shape (X,), rise."""
        goals = log_odds_above(self.levels, self.points, self.split, x)
        return np.array([calibrate(g, self.weights, self.offsets, self.spreads) for g in goals])

    def places(self, intercepts) -> np.ndarray:
        """Find the places with these intercepts: the inverse, array of any shape.

        Of more than a thousand, normal scores are read between 512 others, on straight lines: they
        bend so little beside an intercept that this costs less than 1e-4.
        """
        c = np.asarray(intercepts, float)
        if c.size <= 2 * KNOTS:
            z = np.reshape(self._scores(c.ravel()), c.shape)
        else:
            knots = np.linspace(c.min(), c.max(), KNOTS + 1)
            z = np.interp(c, knots, self._scores(knots))
        return place(self.levels, self.points, self.split, z)

    def _scores(self, intercepts: np.ndarray) -> list[float]:
        found = []
        for some in batched(intercepts, max(1, AT_ONCE // self.offsets.size)):
            x = np.array(some)[:, None] + self.offsets
            sides = (np.vecdot(expected(one, self.spreads), self.weights) for one in (x, -x))
            found += [
                -normal_score(above) if above < below else normal_score(below)
                for above, below in zip(*(side.tolist() for side in sides), strict=True)
            ]
        return found


@dataclass(frozen=True)
class Answered:
    r"""What is known of a quantity: how probable each row and each cell between its cuts are.

    .. math:: F(x) = \sum_{a, i} P(a, i)\,
              \frac{F_a(x) - F_a(\mathrm{lo}_i)}{F_a(\mathrm{hi}_i) - F_a(\mathrm{lo}_i)},
              \quad F_a(x) = 1 - E[\sigma(c_x + o_a + s_a Z)]

    with a share of 1 for cells below x and of 0 for those above it. Columns are settings side by
    side: before and after, or draws, whose rows have offsets of their own and no spread.

    Attributes
    ----------
    prior : Prior
        What intercepts are solved against: in every column the mean judgements.
    cuts : array, shape (K - 1,)
        Intercepts of the borders, from the lowest amount up: they fall.
    joint : array, shape (A, K, columns)
        P(row, cell | evidence); sums to 1 in each column.
    offsets, spreads : array, shape (A, columns) or (A, 1)
    """

    prior: Prior
    cuts: np.ndarray
    joint: np.ndarray
    offsets: np.ndarray
    spreads: np.ndarray

    @classmethod
    def of_means(cls, prior: Prior, cuts, joint) -> Answered:
        """Ask of expected tables: rows are those of the mean judgements."""
        return cls(prior, cuts, joint, prior.offsets[:, None], prior.spreads[:, None])

    def chance_below(self, x) -> np.ndarray:
        """Give the probability that the amount lies below places x, shape (X, columns).

        Examples
        --------
        Evidence that leaves only what lies above the median, 2:

        >>> nothing, row = np.zeros(1), np.zeros((1, 1))
        >>> prior = Prior((0.05, 0.95), (1.0, 3.0), True, np.ones(1), nothing, nothing)
        >>> known = Answered(prior, np.zeros(1), np.array([[[0.0], [1.0]]]), row, row)
        >>> known.chance_below([1.0, 2.0, 3.0]).round(6).tolist()
        [[0.0], [0.0], [0.9]]
        """
        return np.array([self._below(c) for c in self.prior.intercepts(x)])

    def quantiles(self, levels) -> np.ndarray:
        """Find the places with these levels below them, shape (levels, columns).

        Within rounding of where a bisection would end; where a level is that of a flat piece, the
        lower end of the piece.

        Raises
        ------
        ValueError
            Unless levels lie strictly between 0 and 1.
        """
        if not all(0 < level < 1 for level in levels):
            raise ValueError("levels lie strictly between 0 and 1")
        return self.prior.places(np.array([self._intercept(level) for level in levels]))

    def density(self, steps: int = STEPS) -> tuple[np.ndarray, np.ndarray]:
        """Give probability per unit of the scale, between even places, for a picture.

        Returns
        -------
        places : array, shape (steps + 1,)
            From the lowest 0.5% point of all columns to the highest 99.5% point.
        density : array, shape (steps, columns)
            The mean of each step.
        """
        ends = self.quantiles(OUTER)
        places = np.linspace(ends.min(), ends.max(), steps + 1)
        below = self.chance_below(places)
        return places, np.diff(below, axis=0) / np.diff(places)[:, None]

    def _at(self, c) -> np.ndarray:
        """How much of each row lies above an intercept and below it, shape (2, A, columns)."""
        x = c + self.offsets
        return np.array([expected(x, self.spreads), expected(-x, self.spreads)])

    @cached_property
    def _ends(self) -> np.ndarray:
        """Intercepts of both ends of all cells, shape (K + 1,)."""
        return np.array([np.inf, *self.cuts, -np.inf])

    @cached_property
    def _sides(self) -> np.ndarray:
        """How much of each row lies above and below each end, shape (2, A, K + 1, columns)."""
        columns = np.ones(self.joint.shape[-1])
        return np.stack([self._at(c * columns) for c in self._ends], axis=2)

    @cached_property
    def _heights(self) -> np.ndarray:
        """By how much evidence stretches what a row has in a cell, shape (A, K, columns)."""
        mass = _between(self._sides[:, :, :-1], self._sides[:, :, 1:])
        return np.where(mass > 0, self.joint, 0.0) / np.where(mass > 0, mass, 1.0)

    @cached_property
    def _up_to(self) -> np.ndarray:
        """How much lies below each end, shape (K + 1, columns)."""
        cells = self.joint.sum(axis=0)
        return np.concatenate([np.zeros_like(cells[:1]), cells.cumsum(axis=0)])

    def _below(self, c: float) -> np.ndarray:
        cell = np.searchsorted(-self.cuts, -c)
        part = self._heights[:, cell] * _between(self._sides[:, :, cell], self._at(c))
        return np.clip(self._up_to[cell] + part.sum(axis=0), 0.0, 1.0)

    def _intercept(self, level: float) -> np.ndarray:
        """Solve for the intercepts with a level below them, shape (columns,).

        On intercepts, and not on places, as each place would have to be solved for its own. Newton
        steps on log-odds within the cell, kept inside a shrinking bracket.
        """
        columns = np.arange(self.joint.shape[-1])
        reached = self._up_to[1:] >= level - ROUNDING
        reached[-1] = True
        cell = reached.argmax(axis=0)
        low, heights = self._sides[:, :, cell, columns], self._heights[:, cell, columns]
        mass = self.joint[:, cell, columns].sum(axis=0)
        goal = level - self._up_to[cell, columns]
        reach = 2 * FARTHEST**2 + abs(self.offsets).max() + FARTHEST * self.spreads.max()
        top, bottom = (np.clip(self._ends[cell + i], -reach, reach) for i in (0, 1))
        full = mass - goal <= ROUNDING
        top = np.where(full, bottom, top)
        inside = np.minimum(1.0, (top - bottom) / 2)  # an outer cell has no middle to start from
        c = np.clip(math.log1p(-level) - math.log(level), bottom + inside, top - inside)
        for _ in range(200):
            at = self._at(c)
            value = (heights * _between(low, at)).sum(axis=0)
            rest = np.maximum(mass - value, 0.0)
            unsure = self.spreads.any()
            steep = steepness(c + self.offsets, self.spreads) if unsure else at[0] * at[1]
            slope = (heights * steep).sum(axis=0)
            with np.errstate(divide="ignore", invalid="ignore"):
                gap = np.log(value / rest) - np.log(goal / (mass - goal))
                step = c + gap * value * rest / (mass * slope)
            bottom, top = np.where(gap > 0, c, bottom), np.where(gap > 0, top, c)
            newton = (bottom <= step) & (step <= top)
            before, c = c, np.where(newton, step, (bottom + top) / 2)
            if (abs(c - before) <= LAST_STEP * np.maximum(1.0, abs(c))).all():
                break
        return c


def _between(low, high):
    """How much lies between two ends, each given as (above, below), from the side with less."""
    return np.where(low[0] < low[1], low[0] - high[0], high[1] - low[1])
