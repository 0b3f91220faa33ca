"""A network and an outcome go in; what its inputs could do to it comes out.

Two questions. How far does the outcome move as each number goes through its range, all else as it
is (a tornado)? And which value of a number would bring the outcome to a target (a tipping point)?
In both a number takes a value *exactly*: the answer is what the forecast would be if it were known.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np

from forecasting.answer.explain import outcome_of
from forecasting.engine.inputs import inputs
from forecasting.engine.network import Network
from forecasting.engine.program import NEVER_SUPPORTS
from forecasting.engine.slopes import slopes
from forecasting.errors import refusal
from forecasting.file.quantities import BESIDE, Quantity
from forecasting.judgement import Z90, Probability, logit, sigmoid
from forecasting.lexicon import Chance, Steps, span

# The second swing of a tornado: odds, or a multiplier, up and down by this factor.
NUDGE = 1.1

# Where tipping points are looked for: a probability from 0.1% to 99.9%, a multiplier from 1/100 to
# 100, and in any case twice as far as the number's own range. What lies beyond would be another
# claim, not another number.
PROBABILITY_ENDS = (float(logit(0.001)), float(logit(0.999)))
MULTIPLIER_ENDS = (-math.log(100), math.log(100))
BEYOND = 2.0

# An amount is tried from a hundredth to a hundred times itself; on a linear scale, so many times
# itself up and down.
AMOUNT_ENDS = (-math.log(100), math.log(100))

# Places tried between those ends, besides the median and both ends of the range. Where the answer
# turns back between two of them, the turn is looked for; a wiggle between two places that shows in
# neither could be missed.
PLACES = 8

# A turn of less than this, in log-odds, is of no interest: it moves an even chance by less than a
# millionth.
SMALLEST_TURN = 1e-6

# Closing in on a turn: so many times the stretch is cut into so many parts, and the two beside the
# best place are kept. Six times leave a ten-thousandth of it: where the answer is smooth, how high
# it turns is then known to a hundred-millionth.
TURNING, PARTS = 6, 9

# Log-odds beyond which a turn of the answer is of no interest.
MOST_ODDS = 700.0

# Roots are found to this in the log-odds of the outcome, far within what anybody can read.
EXACT, MOST_STEPS = 1e-13, 60

# Below this a slope, or a move of a probability, is rounding.
NO_MOVE = 1e-13


@dataclass(frozen=True, slots=True)
class TornadoRow:
    """One judgement moved, all else as it is.

    Attributes
    ----------
    outcome : str
        An event, or a state or cut of one.
    path, sort, of, title : str
        The input that moves: its key path, its sort, what it is about, and what it is in words.
    low, best, high : float
        Its 5% point, median and 95% point, as people write it.
    at_low, at_high : float
        Posterior of the outcome if it were known to be ``low``, or ``high``.
    at_less, at_more : float
        Posterior with its odds (or the multiplier) divided, and multiplied, by 1.1; its range moves
        along.
    slope : float
        Change of the outcome's log-odds for a change of the input's.
    """

    outcome: str
    path: str
    sort: str
    of: str
    title: str
    low: float
    best: float
    high: float
    at_low: Chance
    at_high: Chance
    at_less: Chance
    at_more: Chance
    slope: float

    @property
    def swing(self) -> Chance:
        """How far the outcome moves over the range."""
        return abs(self.at_high - self.at_low)


@dataclass(frozen=True, slots=True)
class TippingRow:
    """What one input would have to be for an outcome to reach a target.

    Attributes
    ----------
    outcome : str
        An event, or a state or cut of one.
    target : float
        Probability to be reached.
    path, sort, of, title : str
        The input: its key path, its sort, what it is about, and what it is in words.
    low, best, high : float
        Its 5% point, median and 95% point.
    value : float or None
        The value nearest to ``best`` that reaches the target; None if none does.
    shift : float or None
        How far away that is, in log-odds, or in the log of a factor.
    distance : float or None
        The same in halves of the input's own 90% range (1 is its end); None if the
        target is not reached or the input has no range.
    others : tuple of float
        Further values that reach the target.
    furthest, furthest_at : float
        The posterior nearest to the target that this input alone can bring about, and where.
    """

    outcome: str
    target: Chance
    path: str
    sort: str
    of: str
    title: str
    low: float
    best: float
    high: float
    value: float | None
    shift: float | None
    distance: Steps | None
    others: tuple[float, ...]
    furthest: Chance
    furthest_at: float


def tornado(network: Network, outcome: str) -> tuple[TornadoRow, ...]:
    """Move each judgement through its range, one at a time, and watch one outcome.

    Parameters
    ----------
    network : Network
    outcome : str
        Any event of the case.

    Returns
    -------
    tuple of TornadoRow
        Largest swing first; inputs that cannot move the outcome are left out.

    Examples
    --------
    >>> from forecasting.file.case import read
    >>> case = read("{case: rain, events: {rain: {base_rate: {low: 10%, high: 40%}}}}")
    >>> (row,) = tornado(Network(case), "rain")
    >>> round(row.at_low, 9), round(row.at_high, 9), round(row.slope, 2)
    (0.1, 0.4, 0.95)
    """
    outcome = outcome_of(network, outcome)
    slope = slopes(network, outcome)
    every = _movers(network, outcome, slope)
    moves = []
    for one in every:
        half, step = Z90 * one.spread, math.log(NUDGE)
        moves += [{one.path: one.at(one.centre - half)}, {one.path: one.at(one.centre + half)}]
        moves += [{one.path: one.at(one.centre + s, one.spread)} for s in (-step, step)]
    found = network.moved(moves, events=[outcome]).of(outcome).reshape(-1, 4)
    rows = [
        TornadoRow(
            outcome, one.path, one.sort, one.of, one.title, one.low, one.best, one.high,
            *ends.tolist(), slope[one.path],
        )
        for one, ends in zip(every, found, strict=True)
        if np.ptp(ends) > NO_MOVE
    ]  # fmt: skip
    return tuple(sorted(rows, key=lambda row: (-row.swing, -abs(row.slope), row.path)))


def tipping(
    network: Network, outcome: str, *targets: float | str, among: Collection[str] | None = None
) -> tuple[TippingRow, ...]:
    """Find, for each input alone, the value that brings an outcome to a target.

    Parameters
    ----------
    network : Network
    outcome : str
        Any event of the case.
    *targets : float in (0, 1), text such as "80%", or "up" or "down"
        Probabilities; or the ends of the band of the outcome's present word. "up" if not given.
    among : collection of str, optional
        Paths of the inputs to try; all by default.

    Returns
    -------
    tuple of TippingRow
        For each target, first the inputs that have to move least within their own range; then
        those without a range, the nearest first; then those that cannot reach the target, the
        furthest-reaching first. Inputs that cannot move the outcome at all are left out.

    Raises
    ------
    InputError
        If there is no such event, or no such target.

    Examples
    --------
    >>> from forecasting.file.case import read
    >>> case = read("{case: rain, events: {rain: {base_rate: {low: 10%, high: 40%}}}}")
    >>> (row,) = tipping(Network(case), "rain", 0.5)
    >>> round(row.value, 9), round(row.distance, 3)
    (0.5, 1.453)
    """
    outcome = outcome_of(network, outcome)
    p = network.posterior()[outcome]
    goals = [target_of(p, target, network.case.lexicon) for target in targets or ("up",)]
    every = _movers(network, outcome, slopes(network, outcome))
    if among is not None:
        every = [one for one in every if one.path in among]
    if not every:
        return ()

    def log_odds(which: np.ndarray, x: np.ndarray) -> np.ndarray:
        """Give the outcome's log-odds with one input each at a place."""
        moves = [
            {every[i].path: every[i].at(place)}
            for i, place in zip(which.tolist(), x.tolist(), strict=True)
        ]
        return logit(network.moved(moves, events=[outcome]).of(outcome))

    grid = np.array([_places(one) for one in every]).reshape(len(every), -1)
    which = np.repeat(np.arange(len(every)), grid.shape[1])
    tried = log_odds(which, grid.ravel()).reshape(grid.shape)
    grid, tried = _with_turns(log_odds, grid, tried, logit(goals))
    answered = [sigmoid(row[~np.isnan(row)]) for row in tried]
    moving = [i for i, p in enumerate(answered) if len(p) and np.ptp(p) > NO_MOVE]
    rows = []
    for target in dict.fromkeys(goals):
        miss = tried - float(logit(target))
        # A place where the evidence is impossible is on neither side.
        owner, cell = np.nonzero(np.sign(miss[:, :-1]) * np.sign(miss[:, 1:]) <= 0)
        roots = _roots(
            lambda at, x, owner=owner, target=target: log_odds(owner[at], x) - logit(target),
            grid[owner, cell], grid[owner, cell + 1], miss[owner, cell], miss[owner, cell + 1],
        )  # fmt: skip
        found = [
            _row(outcome, target, every[i], roots[owner == i], grid[i], miss[i]) for i in moving
        ]
        rows += sorted(found, key=_order)
    return tuple(rows)


def _places(one: Quantity) -> np.ndarray:
    """Give the places at which one input is tried."""
    ends = PROBABILITY_ENDS if isinstance(one.judgement, Probability) else MULTIPLIER_ENDS
    if math.isinf(one.centre):
        return np.linspace(*ends, PLACES + 3)
    if one.scale is not None:  # an amount, on a scale of its own
        ends = np.array(AMOUNT_ENDS) * (1 if one.scale.log else max(1.0, abs(one.centre)))
        ends = tuple(one.centre + ends)
    half = Z90 * one.spread
    low = min(ends[0], one.centre - BEYOND * half - 1.0)
    high = max(ends[1], one.centre + BEYOND * half + 1.0)
    own = [one.centre - half, one.centre, one.centre + half]
    places = np.sort(np.concatenate([np.linspace(low, high, PLACES), own]))
    return np.clip(places, one.ends[0] + BESIDE, one.ends[1] - BESIDE)


def _with_turns(
    log_odds, grid: np.ndarray, tried: np.ndarray, goals: Sequence[float]
) -> tuple[np.ndarray, np.ndarray]:
    """Add, where answers turn back among the places, the place where they do, for all inputs."""
    rise = np.diff(np.clip(tried, -MOST_ODDS, MOST_ODDS), axis=1)
    seen = np.abs(rise) > SMALLEST_TURN
    turns = (rise[:, :-1] * rise[:, 1:] < 0) & seen[:, :-1] & seen[:, 1:]
    owner, cell = np.nonzero(turns)
    up = np.sign(rise[owner, cell])  # 1 where the turn is a peak, -1 where it is a trough
    # A turn matters if it may be the furthest this input gets, or pass a target and come back.
    reach = np.maximum(np.abs(rise[owner, cell]), np.abs(rise[owner, cell + 1]))
    height = up * tried[owner, cell + 1]
    others = np.nanmax(up[:, None] * tried[owner], axis=1, initial=-np.inf)
    passed = [(height < up * goal) & (up * goal < height + reach) for goal in goals]
    matters = np.any([height + reach > others, *passed], axis=0)
    owner, cell, up = owner[matters], cell[matters], up[matters]
    if not len(owner):
        return grid, tried
    left, right = grid[owner, cell].copy(), grid[owner, cell + 2].copy()
    for _ in range(TURNING):
        places = np.linspace(left, right, PARTS + 1, axis=1)
        inner = places[:, 1:-1]
        found = log_odds(np.repeat(owner, PARTS - 1), inner.ravel()).reshape(inner.shape)
        height = np.where(np.isnan(found), -np.inf, up[:, None] * found)
        best = 1 + np.argmax(height, axis=1)
        each = np.arange(len(owner))
        left, right = places[each, best - 1], places[each, best + 1]
    turn = (left + right) / 2
    found = log_odds(owner, turn)
    most = int(np.bincount(owner).max())  # rows with fewer turns repeat one of their places
    extra, more = (np.repeat(kept[:, :1], most, axis=1) for kept in (grid, tried))
    nth = np.arange(len(owner)) - np.searchsorted(owner, owner)  # of its input; owners ascend
    extra[owner, nth], more[owner, nth] = turn, found
    grid, tried = np.concatenate([grid, extra], axis=1), np.concatenate([tried, more], axis=1)
    order = np.argsort(grid, axis=1, kind="stable")
    return np.take_along_axis(grid, order, axis=1), np.take_along_axis(tried, order, axis=1)


def _row(outcome: str, target: float, one: Quantity, roots, places, miss) -> TippingRow:
    """Sum up what one input can do: the roots found, and the place that comes nearest."""
    at = sorted(set(roots.tolist()), key=lambda x: abs(x - one.centre))
    values = [one.number(x) for x in at]
    near = int(np.nanargmin(np.abs(miss)))
    if values:
        value, furthest, furthest_at = values[0], target, values[0]
    else:
        value, furthest_at = None, one.number(places[near])
        furthest = float(sigmoid(miss[near] + logit(target)))
    shift = at[0] - one.centre if at else None
    distance = abs(shift) / (Z90 * one.spread) if at and one.spread else None
    return TippingRow(
        outcome, target, one.path, one.sort, one.of, one.title, one.low, one.best, one.high,
        value, shift, distance, tuple(values[1:]), furthest, furthest_at,
    )  # fmt: skip


def target_of(p: float, target: float | str, lexicon: str = "icd-203") -> float:
    """Turn "up" or "down" into the probability at which the word changes.

    Raises
    ------
    InputError
        If the target is no probability between 0 and 1, or the word has nowhere to go.

    Examples
    --------
    >>> target_of(0.65, "up"), target_of(0.65, "down")
    (0.8, 0.55)
    """
    if target in ("up", "down"):
        low, high = span(p, lexicon)
        end = high if target == "up" else low
        if not 0 < end < 1:
            there = f"its word is the {'high' if target == 'up' else 'low'}est"
            raise refusal(there, "target", found=target, accepted="a probability")
        return end
    try:
        text = str(target).strip()
        goal = float(text[:-1]) / 100 if text.endswith("%") else float(text)
    except ValueError:
        goal = math.nan
    if not 0 < goal < 1:
        accepted = "up, down, or a probability between 0 and 1 such as 80%"
        raise refusal("not a target", "target", found=str(target), accepted=accepted)
    return goal


def next_words(p: float, lexicon: str = "icd-203") -> tuple[float, ...]:
    """Give the probabilities at which the word changes, upwards first; at an end there is one.

    Examples
    --------
    >>> next_words(0.65), next_words(0.995)
    ((0.8, 0.55), (0.99,))
    """
    low, high = span(p, lexicon)
    return tuple(end for end in (high, low) if 0 < end < 1)


def _movers(network: Network, outcome: str, slope: dict[str, float]) -> list[Quantity]:
    """Leave out the inputs that cannot move an outcome."""
    # A slope of nothing says so, except where it says so of one place only: at an input that is
    # exactly 0 or 1, for an outcome that is, and where a report of a digit that never supports has
    # reached its limit.
    settled = network.posterior()[outcome] in (0.0, 1.0)
    digits = {report.grade.digit for report in network.counted.values() if report.hit is None}
    anywhere = settled or not digits.isdisjoint(NEVER_SUPPORTS)
    return [
        one
        for one in inputs(network)
        if anywhere or abs(slope[one.path]) > NO_MOVE or math.isinf(one.centre)
    ]


def _order(row: TippingRow) -> tuple:
    """Order rows: reached within a range, reached without one, not reached."""
    if row.value is None:
        return 2, abs(float(logit(row.furthest) - logit(row.target))), row.path
    if row.distance is not None:
        return 0, row.distance, row.path
    return 1, abs(row.shift), row.path


def _roots(function, left, right, at_left, at_right) -> np.ndarray:
    """Find one root in each bracket, all brackets together."""
    # Regula falsi with the Illinois rule: where one end stays, its value is halved.
    left, right, at_left, at_right = (np.array(a) for a in (left, right, at_left, at_right))
    root = np.where(at_left == 0, left, right)
    open_ = np.flatnonzero((at_left != 0) & (at_right != 0))
    for _ in range(MOST_STEPS):
        if not len(open_):
            break
        a, b, fa, fb = left[open_], right[open_], at_left[open_], at_right[open_]
        with np.errstate(invalid="ignore"):
            x = b - fb * (b - a) / (fb - fa)
        x = np.where(np.isfinite(fa) & np.isfinite(fb), x, (a + b) / 2)
        # Rounding may carry a step past the bracket.
        x = np.clip(x, np.minimum(a, b), np.maximum(a, b))
        fx = function(open_, x)
        root[open_] = x
        same = np.sign(fx) == np.sign(fb)
        at_left[open_] = np.where(same, fa / 2, fb)
        left[open_] = np.where(same, a, b)
        right[open_], at_right[open_] = x, fx
        tiny = np.abs(right[open_] - left[open_]) <= 4 * np.finfo(float).eps * np.abs(x)
        open_ = open_[(np.abs(fx) > EXACT) & ~tiny]
    return root
