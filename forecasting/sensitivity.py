"""A network and an outcome go in; what its inputs could do to it comes out.

Two questions. How far does the outcome move as each number goes through its range, all else as it
is (a tornado)? And which value of a number would bring the outcome to a target (a tipping point)?
In both a number takes a value *exactly*: the answer is what the forecast would be if it were known.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from forecasting.errors import InputError, Problem
from forecasting.inputs import Input, inputs
from forecasting.judgement import Z90, Probability, logit, sigmoid
from forecasting.lexicon import LEXICONS
from forecasting.moves import solve
from forecasting.network import Network
from forecasting.slopes import slopes

# The second swing of a tornado: odds, or a multiplier, up and down by this factor.
NUDGE = 1.1

# Where tipping points are looked for: a probability from 0.1% to 99.9%, a multiplier from 1/100 to
# 100. What lies beyond would be another claim, not another number.
PROBABILITY_ENDS = (float(logit(0.001)), float(logit(0.999)))
MULTIPLIER_ENDS = (-math.log(100), math.log(100))

# Places tried between those ends; two crossings closer than their spacing could be missed.
PLACES = 9

# Roots are found to this in the log-odds of the outcome, far within what anybody can read.
EXACT, MOST_STEPS = 1e-13, 60

# Below this a slope is rounding.
NO_SLOPE = 1e-13


@dataclass(frozen=True, slots=True)
class TornadoRow:
    """One judgement moved, all else as it is.

    Attributes
    ----------
    outcome : str
    path, sort, of, title : str
        The input that moves, as in :class:`~forecasting.inputs.Input`.
    low, best, high : float
        Its 5% point, median and 95% point, as people write it.
    at_low, at_high : float
        Posterior of the outcome if it were known to be ``low``, or ``high``.
    at_less, at_more : float
        Posterior with its odds (or the multiplier) 10% down, and up; its range moves along.
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
    at_low: float
    at_high: float
    at_less: float
    at_more: float
    slope: float

    @property
    def swing(self) -> float:
        """How far the outcome moves over the range."""
        return abs(self.at_high - self.at_low)


@dataclass(frozen=True, slots=True)
class TippingRow:
    """What one input would have to be for an outcome to reach a target.

    Attributes
    ----------
    outcome : str
    target : float
        Probability to be reached.
    path, sort, of, title : str
        The input.
    low, best, high : float
        Its 5% point, median and 95% point.
    value : float or None
        The value nearest to ``best`` that reaches the target; None if none does.
    distance : float or None
        How far away that is, in halves of the input's own 90% range (1 is its end); None if the
        target is not reached or the input has no range.
    others : tuple of float
        Further values that reach the target.
    furthest, furthest_at : float
        The posterior nearest to the target that this input alone can bring about, and where.
    """

    outcome: str
    target: float
    path: str
    sort: str
    of: str
    title: str
    low: float
    best: float
    high: float
    value: float | None
    distance: float | None
    others: tuple[float, ...]
    furthest: float
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
    >>> from forecasting.case import read
    >>> case = read("{case: rain, events: {rain: {base_rate: {low: 10%, high: 40%}}}}")
    >>> (row,) = tornado(Network(case), "rain")
    >>> round(row.at_low, 9), round(row.at_high, 9), round(row.slope, 2)
    (0.1, 0.4, 0.95)
    """
    outcome = _event(network, outcome)
    slope = slopes(network, outcome)
    every = [one for one in inputs(network) if _may_move(one, slope)]
    moves = []
    for one in every:
        half, step = Z90 * one.spread, math.log(NUDGE)
        moves += [{one.path: one.at(one.centre - half)}, {one.path: one.at(one.centre + half)}]
        moves += [{one.path: one.at(one.centre + s, one.spread)} for s in (-step, step)]
    found = solve(network, moves, events=[outcome]).of(outcome).reshape(-1, 4)
    rows = [
        TornadoRow(
            outcome, one.path, one.sort, one.of, one.title, one.low, one.best, one.high,
            *ends.tolist(), slope[one.path],
        )
        for one, ends in zip(every, found, strict=True)
        if np.ptp(ends) > 0
    ]  # fmt: skip
    return tuple(sorted(rows, key=lambda row: (-row.swing, -abs(row.slope), row.path)))


def tipping(
    network: Network, outcome: str, *targets: float | str, lexicon: str = "icd-203"
) -> tuple[TippingRow, ...]:
    """Find, for each input alone, the value that brings an outcome to a target.

    Parameters
    ----------
    network : Network
    outcome : str
        Any event of the case.
    *targets : float in (0, 1), text such as "80%", or "up" or "down"
        Probabilities; or the ends of the band of the outcome's present word. "up" if not given.
    lexicon : {"icd-203", "phia"}
        Whose words "up" and "down" mean.

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
    >>> from forecasting.case import read
    >>> case = read("{case: rain, events: {rain: {base_rate: {low: 10%, high: 40%}}}}")
    >>> (row,) = tipping(Network(case), "rain", 0.5)
    >>> round(row.value, 9), round(row.distance, 3)
    (0.5, 1.453)
    """
    outcome = _event(network, outcome)
    p = network.posterior()[outcome]
    goals = [target_of(p, target, lexicon) for target in targets or ("up",)]
    slope = slopes(network, outcome)
    every = [one for one in inputs(network) if _may_move(one, slope)]

    def log_odds(which: np.ndarray, x: np.ndarray) -> np.ndarray:
        """Give the outcome's log-odds with one input each at a place."""
        moves = [
            {every[i].path: every[i].at(place)}
            for i, place in zip(which.tolist(), x.tolist(), strict=True)
        ]
        return logit(solve(network, moves, events=[outcome]).of(outcome))

    which = np.repeat(np.arange(len(every)), PLACES)
    grid = np.array([np.linspace(*_ends(one), PLACES) for one in every]).reshape(-1, PLACES)
    tried = log_odds(which, grid.ravel()).reshape(-1, PLACES)
    rows = []
    for target in goals:
        miss = tried - float(logit(target))
        # A place where the evidence is impossible is on neither side.
        owner, cell = np.nonzero(np.sign(miss[:, :-1]) * np.sign(miss[:, 1:]) <= 0)
        roots = _roots(
            lambda at, x, owner=owner, target=target: log_odds(owner[at], x) - logit(target),
            grid[owner, cell], grid[owner, cell + 1], miss[owner, cell], miss[owner, cell + 1],
        )  # fmt: skip
        found = [
            _row(outcome, target, one, roots[owner == i], grid[i], miss[i])
            for i, one in enumerate(every)
            if np.nanmax(miss[i]) - np.nanmin(miss[i]) > NO_SLOPE
        ]
        rows += sorted(found, key=_order)
    return tuple(rows)


def _row(outcome: str, target: float, one: Input, roots, places, miss) -> TippingRow:
    """Sum up what one input can do: the roots found, and the place that comes nearest."""
    at = sorted(set(roots.tolist()), key=lambda x: abs(x - one.centre))
    values = [float(one.shown(x)) for x in at]
    near = int(np.nanargmin(np.abs(miss)))
    if values:
        value, furthest, furthest_at = values[0], target, values[0]
    else:
        value, furthest_at = None, float(one.shown(places[near]))
        furthest = float(sigmoid(miss[near] + logit(target)))
    away = abs(at[0] - one.centre) / (Z90 * one.spread) if at and one.spread else None
    return TippingRow(
        outcome, target, one.path, one.sort, one.of, one.title, one.low, one.best, one.high,
        value, away, tuple(values[1:]), furthest, furthest_at,
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
        band = LEXICONS[lexicon](p)
        end = band.high if target == "up" else band.low
        if not 0 < end < 1:
            there = f"its word is the {'high' if target == 'up' else 'low'}est"
            raise InputError(Problem(there, "target", found=target, accepted="a probability"))
        return end
    try:
        text = str(target).strip()
        goal = float(text[:-1]) / 100 if text.endswith("%") else float(text)
    except ValueError:
        goal = math.nan
    if not 0 < goal < 1:
        accepted = "up, down, or a probability between 0 and 1 such as 80%"
        raise InputError(Problem("not a target", "target", found=str(target), accepted=accepted))
    return goal


def next_words(p: float, lexicon: str = "icd-203") -> tuple[float, ...]:
    """Give the probabilities at which the word changes, upwards first; at an end there is one.

    Examples
    --------
    >>> next_words(0.65), next_words(0.995)
    ((0.8, 0.55), (0.99,))
    """
    band = LEXICONS[lexicon](p)
    return tuple(end for end in (band.high, band.low) if 0 < end < 1)


def _event(network: Network, name: str) -> str:
    (event,) = network.setting({name: "yes"}, "event")
    return event


def _may_move(one: Input, slope: dict[str, float]) -> bool:
    """Leave out what cannot matter; a digit that is capped now may matter elsewhere."""
    return abs(slope[one.path]) > NO_SLOPE or one.path.startswith("scales.credibility")


def _ends(one: Input) -> tuple[float, float]:
    return PROBABILITY_ENDS if isinstance(one.judgement, Probability) else MULTIPLIER_ENDS


def _order(row: TippingRow) -> tuple:
    """Order rows: reached within a range, reached without one, not reached."""
    if row.value is None:
        return 2, abs(float(logit(row.furthest) - logit(row.target))), row.path
    if row.distance is not None:
        return 0, row.distance, row.path
    away = (
        float(logit(row.value) - logit(row.best))
        if 0 < row.best < 1 and row.sort != "link"
        else math.log(row.value / row.best)
    )
    return 1, abs(away), row.path


def _roots(function, left, right, at_left, at_right) -> np.ndarray:
    """Find one root in each bracket, all brackets together.

    Regula falsi with the Illinois rule: where one end stays, its value is halved.
    """
    left, right, at_left, at_right = (np.array(a) for a in (left, right, at_left, at_right))
    root = np.where(at_left == 0, left, right)
    open_ = np.flatnonzero((at_left != 0) & (at_right != 0))
    for _ in range(MOST_STEPS):
        if not len(open_):
            break
        a, b, fa, fb = left[open_], right[open_], at_left[open_], at_right[open_]
        x = b - fb * (b - a) / (fb - fa)
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
