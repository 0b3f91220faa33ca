"""A Program and the numbers at its places go in; tables of the circuit come out, column by column.

Each column is a setting of all numbers. Because every intercept and every weight of a report hangs
on the mean judgements of what lies above it, a column starts as a copy of one that was solved, and
only what lies below a moved number is computed again.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import pairwise

import numpy as np

from forecasting.amounts import log_odds_above
from forecasting.engine import circuit
from forecasting.engine.program import NEVER_SUPPORTS, Node, Program, Rows
from forecasting.engine.window import Window
from forecasting.judgement import CERTAIN, Probability, calibrate, expected, logit
from forecasting.shares import calibrated, expected_rows, over_period

# A move: median and standard deviation at some places.
Move = Mapping[int, tuple[float, float]]


class Certain(ValueError):
    """The network makes a probability 0 or 1, where it must be open.

    Attributes
    ----------
    node : int
    states : tuple of int
        Those of the node of which it is the probability.
    chance : float
    exactly : bool
        It is 0 or 1, and not all but that.
    """

    def __init__(
        self, node: int, states: Sequence[int] = (1,), chance: float = 0.0, *, exactly: bool = True
    ) -> None:
        super().__init__(f"node {node} has probability {chance}")
        self.node, self.states = node, tuple(states)
        self.chance, self.exactly = chance, exactly


class DeadCondition(Certain):
    """The condition of a node has probability 0."""


@dataclass(frozen=True)
class Ground:
    """What follows from the mean judgements alone, by column.

    Attributes
    ----------
    plan : circuit.Plan
        The whole one, or that of the nodes' tables alone.
    x : array, shape (2, places, columns)
        Medians and standard deviations.
    intercepts : array, shape (intercepts, columns)
        Log-odds; 0 where rows are stated outright.
    tables : array, shape (size, columns)
        Expected tables before any evidence.
    shares : array, shape (states of all nodes, columns)
        Prior probabilities: none is 1 less the others, rounded.
    """

    plan: circuit.Plan
    x: np.ndarray
    intercepts: np.ndarray
    tables: np.ndarray
    shares: np.ndarray


@dataclass(frozen=True)
class Evidence:
    """What counts: on nodes and from reports.

    Attributes
    ----------
    settled : dict of int to int
        The state of events that are settled, and of facts that were seen or seen not to be.
    now : tuple of int
        Events of which something is held now.
    reports : tuple of int
        Numbers of reports, one at most of a source on a fact.
    """

    settled: Mapping[int, int]
    now: tuple[int, ...]
    reports: tuple[int, ...]


def numbers(program: Program, window: Window) -> np.ndarray:
    """Give median and standard deviation at every place; base rates are carried to the window.

    Returns
    -------
    array, shape (2, places)
    """
    x = np.zeros((2, len(program.stated)))
    for i, one in enumerate(program.stated):
        if one is not None:
            x[:, i] = one.normal
    for k, rate in window.rates.items():
        x[:, program.nodes[k].bases[0]] = rate.here.normal
    for k, points in window.points.items():
        x[0, program.nodes[k].bases] = points
    for k, ratio in window.ratios.items():
        node = program.nodes[k]
        for place, one in zip(node.bases, carried(node, x[:, node.bases], ratio), strict=True):
            x[:, place] = one
    return x


def carried(node: Node, bases: np.ndarray, ratio: float) -> list[tuple[float, float]]:
    """Carry the base rate of several states to a window so many times as long.

    Of what comes about first the hazards compete: what nothing has come about by is carried over,
    and the others share the rest as they did. Of what is reached by a date every step is.
    """
    if node.none is None:
        return [Probability(*one).over(ratio).normal for one in bases.T.tolist()]
    means = over_period([mean(*one)[1] for one in bases.T], ratio, node.none)
    return [about(p, sd) for p, sd in zip(means.tolist(), bases[1].tolist(), strict=True)]


def about(p: float, sd: float) -> tuple[float, float]:
    """Give the median, and again the spread, of a judgement with a mean and a spread."""
    if not 0 < p < 1:
        return -np.inf if p <= 0 else np.inf, 0.0
    return float(calibrate(logit(p), [1.0], [0.0], [sd])), sd


def writes(program: Program, x: np.ndarray, move: Mapping) -> dict[int, tuple[float, float]]:
    """Find what is written where when some numbers of a case are moved together.

    A probability among others that share a whole takes its place among them: those that are not
    moved keep their proportions, and their spreads. The median of a quantity takes the other points
    with it.

    Parameters
    ----------
    x : array, shape (2, places)
        What stands there before.
    move : dict of path to Probability, Odds or Point
        Or to a dict of them by their keys below the path: all numbers of a base rate.

    Raises
    ------
    KeyError
        If the case has no such number.
    """
    found: dict[int, tuple[float, float]] = {}
    for path, one in move.items():
        if isinstance(one, Mapping):  # a base rate of several states, or an amount, as a whole
            found |= {program.place[f"{path}.{key}"]: part.normal for key, part in one.items()}
        else:
            place, new = program.written(path, one.normal)
            found[place] = new
    named = dict(found)
    for whole in dict.fromkeys(program.whole_of[at] for at in named if at in program.whole_of):
        found |= _shared(x, whole, {place: named[place] for place in whole if place in named})
    for place in named.keys() & program.shifts.keys():
        for other in set(program.shifts[place]).difference(named):
            found[other] = float(x[0, other] + named[place][0] - x[0, place]), 0.0
    return found


def _shared(x: np.ndarray, whole: tuple[int, ...], new: Move) -> dict[int, tuple[float, float]]:
    """Give those of a whole that are not moved what is left, in their proportions."""
    others = [place for place in whole if place not in new]
    before, after = (
        pairs[0][0] if len(pairs) == 1 else 1 - sum(yes for _, yes in pairs)
        for pairs in ([mean(*one) for one in some] for some in (x[:, [*new]].T, new.values()))
    )
    found = {}
    for other in others:
        share, sd = mean(*x[:, other].tolist())[1], float(x[1, other])
        # Where nothing was left for them, they have what there is now in equal parts.
        p = share * after / before if before > 0 else after / len(others)
        found[other] = about(p, sd)
    return found


# --- Constants of the mean judgements: intercepts and prior marginals. ---------------------------


def ground(program: Program, x: np.ndarray) -> Ground:
    """Solve the intercepts of one column, level by level.

    Raises
    ------
    DeadCondition
    """
    plan = program.plan
    tables = np.ones((plan.size, 1))
    for node in program.nodes:
        tables[node.cells] = 1 / node.states
    for source in program.sources:
        tables[source.at : source.at + 2, 0] = mean(*x[:, source.reliable])
    intercepts = np.zeros((program.nodes[-1].intercepts.stop, 1))
    start = Ground(plan, x[:, :, None], intercepts, tables, np.empty(0))
    every = np.ones((len(program.nodes), 1), dtype=bool)
    return _solved(program, start, every, every)


def moved(
    program: Program, start: Ground, moves: Sequence[Move], needed: np.ndarray
) -> tuple[Ground, np.ndarray]:
    """Solve columns that differ from one by a move each.

    Parameters
    ----------
    start : Ground
        Of one column.
    needed : array of bool, shape (nodes,)
        Nodes that must be right; others are left as they were.

    Returns
    -------
    Ground
    stirred : array of bool, shape (nodes, columns)
        Nodes that were solved anew: those with a moved number, and all below them.
    """
    columns, plan = len(moves), program.prior_plan
    changed = np.zeros((len(program.nodes), columns), dtype=bool)
    x = np.repeat(start.x, columns, axis=2)
    for column, move in enumerate(moves):
        for place, value in move.items():
            x[:, place, column] = value
            changed[program.users.get(place, []), column] = True
    # As floats, for which there is a fast product.
    stirred = (program.below.astype(float) @ changed) > 0
    stirred &= needed[:, None]
    tables, intercepts = (
        np.repeat(part, columns, axis=1) for part in (start.tables[: plan.size], start.intercepts)
    )
    copied = replace(start, plan=plan, x=x, intercepts=intercepts, tables=tables)
    return _solved(program, copied, changed, stirred), stirred


def prior(program: Program, ground: Ground) -> Ground:
    """Give the same on the circuit of the nodes' tables alone."""
    plan = program.prior_plan
    return replace(ground, plan=plan, tables=ground.tables[: plan.size])


def _solved(program: Program, copy: Ground, changed: np.ndarray, stirred: np.ndarray) -> Ground:
    """Solve the stirred nodes of each column anew, in place of what the copy has of them."""
    plan, x, tables, intercepts = copy.plan, copy.x, copy.tables, copy.intercepts
    same: dict[int, tuple[np.ndarray, np.ndarray]] = {}

    def offsets(k: int, column: int) -> tuple[np.ndarray, np.ndarray]:
        if changed[k, column]:
            return row_terms(program.nodes[k].rows, x[:, :, column])[:2]
        if k not in same:
            same[k] = row_terms(program.nodes[k].rows, x[:, :, int(np.argmin(changed[k]))])[:2]
        return same[k]

    def write(k: int, column: int, weights: np.ndarray) -> None:
        node = program.nodes[k]
        found, shares = _table(program, node, x[:, :, column], weights, offsets(k, column))
        intercepts[node.intercepts, column] = found
        write_rows(tables, node, shares, column)

    levels: dict[int, list[tuple[int, np.ndarray]]] = {}
    for k, node in enumerate(program.nodes):
        if node.calibrated:
            if (columns := np.flatnonzero(stirred[k])).size:
                levels.setdefault(node.level, []).append((k, columns))
            continue
        for column in np.flatnonzero(stirred[k] & changed[k]).tolist():
            write(k, column, np.ones(1))
    for _, waiting in sorted(levels.items()):
        # Nodes not solved yet have even rows: they lie below, and sum out of their parents' joint.
        used = np.flatnonzero(stirred[[k for k, _ in waiting]].any(axis=0))
        belief = circuit.evaluate(plan, tables[:, used]).belief
        for k, columns in waiting:
            node = program.nodes[k]
            joint = parents_joint(node, belief[node.cells])[:, np.searchsorted(used, columns)]
            for column, weights in zip(columns.tolist(), joint.T.copy(), strict=True):
                if not (total := weights.sum()):
                    raise DeadCondition(k)
                write(k, column, weights / total)
    shares = chances(program, plan, circuit.evaluate(plan, tables).belief)
    for k, node in enumerate(program.nodes):
        if node.condition:
            variable, states = node.condition
            held = shares[program.first[variable] + np.array(states)]
            if not held.sum(axis=0).all():
                raise DeadCondition(k)
    return Ground(plan, x, intercepts, tables, shares)


def _table(program: Program, node: Node, x: np.ndarray, weights, rows: tuple) -> tuple:
    """Solve a node: its intercepts, and for each state its chance in every row.

    A row has a prior probability, its weight, and an offset and a spread.
    """
    parts = tuple(part.tobytes() for part in rows)
    if node.family == "logit":
        b = 0.0
        if node.bases:
            place = x[:, node.bases[0]].tolist()
            # Without parents it is the median itself, whatever the spread.
            b = place[0]
            if node.calibrated:
                b = _calibrated(mean_log_odds(*place), weights.tobytes(), *parts)
        return b, _expected_rows(b, *parts)
    if node.states == 1:  # an amount without a cut: whatever it is, it is in its one cell
        return np.empty(0), np.ones((1, len(rows[0])))
    if node.family == "ordered":
        goals = _shifted(program, node, x, steps(node, x))
        b = [_calibrated(goal, weights.tobytes(), *parts) for goal in goals]
        return b, between([_expected_rows(one, *parts) for one in b])
    if not node.calibrated:  # each row is its means, and no intercept is needed but for draws
        return 0.0, row_means(node, x).T
    goals = np.array([mean(*one)[1] for one in x[:, node.bases].T.tolist()])
    return _calibrated_shares(goals.tobytes(), weights.tobytes(), *parts)


def row_means(node: Node, x: np.ndarray) -> np.ndarray:
    """Give the mean of every state in every row, (rows, states), where they are stated outright."""
    places = node.bases or node.rows.params
    if not node.bases and not node.rows.own:
        places = places[node.rows.push.argmax(axis=1)]
    found = np.array([mean(*one)[1] for one in x[:, places].T.tolist()]).reshape(-1, node.states)
    return found / found.sum(axis=1, keepdims=True)


def steps(node: Node, x: np.ndarray) -> list[float]:
    """Give the prior log-odds of every step, at least this state or more than this amount."""
    if node.curve is None:
        return np.minimum.accumulate(x[0, node.bases]).tolist()
    curve = node.curve
    points = tuple(x[0, node.bases].tolist())
    return list(_log_odds_above(curve.levels, points, curve.split, curve.borders))


def _shifted(program: Program, node: Node, x: np.ndarray, goals: list[float]) -> list[float]:
    """Move all steps by the one number that says how unsure they are, where it is moved itself.

    Each step is then the judgement whose median the stated spread gives it, so far moved, and with
    the spread that there is now.
    """
    place = node.rows.params[0]
    shift, sd = x[:, place].tolist()
    if not shift:
        return goals
    stated = 0.0 if program.stated[place] is None else program.stated[place].normal[1]
    medians = (float(calibrate(goal, [1.0], [0.0], [stated])) for goal in goals)
    return [mean_log_odds(median + shift, sd) for median in medians]


def between(chances: list[tuple[np.ndarray, np.ndarray]]) -> list[np.ndarray]:
    """Turn chances of steps, below and at least, into those of the states between them."""
    cells = [chances[0][0]]
    for (below, least), (below_next, least_next) in pairwise(chances):
        # The difference of what is small keeps its digits.
        small = least < below_next
        cell = np.where(small, least - least_next, below_next - below)
        cells.append(np.maximum(cell, 0.0))
    return [*cells, chances[-1][1]]


def row_terms(rows: Rows, x: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Give the offset, the spread and the loadings of every row in one column, in log-odds."""
    medians = x[0, rows.params]
    if rows.own:
        sds = x[1, rows.params]
        return medians, sds, np.diag(sds)
    if rows.stated:  # one number each, infinite where it is 0 or 1
        terms = np.zeros(rows.push.shape)
        offset = np.multiply(rows.push, medians, out=terms, where=rows.push != 0).sum(axis=1)
    else:
        moved = medians[1:]
        if not math.isfinite(moved.sum()):  # a state that others have left nothing: it has no push
            moved = np.where(np.isfinite(moved), moved, 0.0)
        offset = np.ascontiguousarray(rows.push[:, 1:], dtype=float) @ moved
    loading = rows.pull * x[1, rows.params]
    return offset, np.sqrt((loading**2).sum(axis=1)), loading


def write_rows(tables: np.ndarray, node: Node, shares, column=slice(None)) -> None:
    """Write the cells of a node's table, state by state; without its condition, it is no."""
    cells = tables[node.cells].reshape(node.height, node.states, -1)
    if node.open is not None:
        cells[:, :, column] = 0.0
        cells[:, 0, column] = 1.0
    for state, chance in enumerate(shares):
        cells[node.told, state, column] = chance


def parents_joint(node: Node, belief: np.ndarray) -> np.ndarray:
    """Sum the belief in the cells of a node's table, by row; where a condition fails left out."""
    return belief.reshape(-1, node.states, *belief.shape[1:]).sum(axis=1)[node.told]


def chances(program: Program, plan: circuit.Plan, belief: np.ndarray) -> np.ndarray:
    """Read the probability of every state of every node, one after the other.

    From the room left for findings, if the plan has it.
    """
    if plan is not program.plan:
        return np.stack(
            [
                belief[node.cells][state :: node.states].sum(axis=0)
                for node in program.nodes
                for state in range(node.states)
            ]
        )
    start, first = program.nodes[0].finding, program.first
    cells = belief[start : program.nodes[-1].found.stop]
    total = np.add.reduceat(cells, first, axis=0)
    total = np.where(total > 0, total, 1.0)
    return cells / np.repeat(total, [node.states for node in program.nodes], axis=0)


# The longest steps of solving a network. The same case on another day, or with a few judgements
# moved, asks mostly for what was solved before. So many of them take a few megabytes; with ten
# parents on every node it would be thirty.
@lru_cache(maxsize=1024)
def _calibrated(goal: float, *parts: bytes) -> float:
    return calibrate(goal, *(np.frombuffer(part) for part in parts))


@lru_cache(maxsize=1024)
def _expected_rows(intercept: float, *parts: bytes) -> tuple[np.ndarray, np.ndarray]:
    """Give the mean of no and of yes in every row; a new table copies them."""
    offset, spread = (np.frombuffer(part) for part in parts)
    centre = intercept + offset
    return expected(-centre, spread), expected(centre, spread)


@lru_cache(maxsize=1024)
def _calibrated_shares(goals: bytes, weights: bytes, *parts: bytes) -> tuple:
    """Give the intercepts of several states, and for each state its mean in every row."""
    goal, weight = np.frombuffer(goals), np.frombuffer(weights)
    offsets, spreads = (np.frombuffer(part).reshape(-1, len(goal)) for part in parts)
    # Rows that differ in states no link tells apart are the same row.
    both, each = np.unique(np.hstack([offsets, spreads]), axis=0, return_inverse=True)
    offsets, spreads = np.hsplit(both, 2)
    b = calibrated(goal, np.bincount(each.ravel(), weight), offsets, spreads)
    return b, expected_rows(b + offsets, spreads)[each.ravel()].T


@lru_cache(maxsize=1024)
def _log_odds_above(levels: tuple, points: tuple, split: bool, borders: tuple) -> tuple:
    return tuple(log_odds_above(levels, points, split, np.array(borders)).tolist())


@lru_cache(maxsize=4096)
def mean(median: float, sd: float) -> tuple[float, float]:
    """Give the means of the complement and of the probability."""
    return float(expected(-median, sd)), float(expected(median, sd))


def mean_log_odds(median: float, sd: float) -> float:
    """Give the log-odds of the mean."""
    if not sd:
        return median
    no, yes = mean(median, sd)
    return float(np.log(yes) - np.log(no))


def means(ground: Ground, place: int) -> np.ndarray:
    """Give the means of the complement and of the probability at a place: shape (2, columns)."""
    return np.array([mean(*one) for one in ground.x[:, place].T.tolist()]).T


# --- Evidence. -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Weighed:
    """Reports as a sound source makes them, by column.

    Attributes
    ----------
    odds : dict of int to array, shape (2, columns)
        P(report | no such fact) and P(report | the fact), up to a factor, by number of the report.
    mean : dict of int to array, shape (columns,)
        Their prior mean, a constant by which they are divided.
    cells : dict of int to array, shape (2, columns)
        The quotients; 0 where the report could not have been made, by a sound source or not.
    """

    odds: Mapping[int, np.ndarray]
    mean: Mapping[int, np.ndarray]
    cells: Mapping[int, np.ndarray]


def weighed(program: Program, ground: Ground, reports: Sequence[int]) -> Weighed:
    """Weigh reports by the prior of their facts: each gets a likelihood of prior mean 1."""
    said = [program.reports[i] for i in reports]
    strength = strengths(program, ground, reports)
    says = np.array([one.says for one in said], dtype=bool)[:, None]
    odds = np.stack([np.where(says, 1.0, strength), np.where(says, strength, 1.0)], axis=1)
    for i, one in enumerate(said):
        if one.judged:
            odds[i] = [means(ground, place)[int(one.says)] for place in one.pair]
    p_no, p_yes = no_yes(program, ground, [one.node for one in said])
    total = p_no * odds[:, 0] + p_yes * odds[:, 1]
    cells = odds / np.where(total > 0, total, 1.0)[:, None] * (total > 0)[:, None]
    return Weighed(*(dict(zip(reports, part, strict=True)) for part in (odds, total, cells)))


def no_yes(program: Program, ground: Ground, nodes) -> tuple[np.ndarray, np.ndarray]:
    """Give the prior probabilities of no and of yes of nodes that have these two states."""
    first = program.first[nodes]
    return ground.shares[first], ground.shares[first + 1]


def strengths(program: Program, ground: Ground, reports: Sequence[int]) -> np.ndarray:
    """Give the odds by which a sound report of its digit supports what it says, by column.

    As if a surprising fact had been reported: odds(c) / odds(min(p_no, p_yes)).
    """
    said = [program.reports[i] for i in reports]
    p_no, p_yes = no_yes(program, ground, [one.node for one in said])
    rare, common = np.minimum(p_no, p_yes), np.maximum(p_no, p_yes)
    silent = np.array([one.digit not in program.digits for one in said], dtype=bool)[:, None]
    silent = silent | (rare < CERTAIN)
    believed = ground.x[0, [program.digits.get(one.digit, 0) for one in said]]
    with np.errstate(over="ignore"):  # the place of a silent one is any
        odds = np.exp(np.where(silent, 0.0, believed)) * common / np.where(silent, 1.0, rare)
    never = np.array([one.digit in NEVER_SUPPORTS for one in said], dtype=bool)[:, None]
    odds = np.where(never, np.minimum(1.0, odds), odds)
    return np.where(silent, 1.0, odds)


def kappas(
    program: Program, ground: Ground, weights: Weighed, groups: Sequence[tuple[int, Sequence[int]]]
) -> list[float]:
    """Give the prior probability of the reports of one source each, if it is sound.

    Parameters
    ----------
    groups : sequence of (column, reports)
    """
    several = [group for group in groups if len(group[1]) > 1]
    tables = sound(program, ground, weights, several)
    chances = iter(np.exp(circuit.evaluate(ground.plan, tables).log_z) if several else ())
    # A single report has prior mean 1 by construction, unless it could not have been made at all.
    return [
        float(next(chances) if len(own) > 1 else all(weights.mean[i][column] for i in own))
        for column, own in groups
    ]


def sound(program: Program, ground: Ground, weights: Weighed, groups: Sequence) -> np.ndarray:
    """Give the prior tables with the reports of each group in them, of shape (size, groups)."""
    tables = ground.tables[:, [column for column, _ in groups]]
    for i, (column, reports) in enumerate(groups):
        for report in reports:
            said, (no, yes) = program.reports[report], weights.cells[report][:, column]
            if ground.plan is program.plan:
                source = program.sources[said.source].at
                tables[source, i], tables[source + 1, i] = 0.0, 1.0
                tables[said.at + 1, i], tables[said.at + 3, i] = no, yes
            else:
                cells = tables[program.nodes[said.node].cells, i]
                cells[0::2] *= no
                cells[1::2] *= yes
    return tables


def statement(program: Program, ground: Ground, node: int) -> np.ndarray:
    """Turn "taken alone, its probability is c" into a likelihood of prior mean 1, by state.

    Raises
    ------
    Certain
        If the event could not go either way.
    """
    first, count = program.first[node], program.nodes[node].states
    chance = ground.shares[first : first + count]
    held = program.now[node]
    sets = [list(states) for _, states in held]
    stated = [means(ground, place)[1] for place, _ in held]
    if others := sorted(set(range(count)).difference(*sets)):
        sets.append(others)
        left = means(ground, held[0][0])[0] if len(held) == 1 else 1 - sum(stated)
        stated.append(np.maximum(left, 0.0))
    before = np.stack([chance[one].sum(axis=0) for one in sets])
    if (least := before.min()) < CERTAIN:
        at, column = np.unravel_index(before.argmin(), before.shape)
        at = 0 if len(sets) == 2 else at  # of two the first is told of
        raise Certain(node, sets[at], float(before[at, column]), exactly=least == 0)
    cells = np.ones_like(chance)
    for states, now, prior in zip(sets, stated, before, strict=True):
        cells[states] = now / prior
    return cells


def findings(program: Program, window: Window, made: Iterable[int] = ()) -> Evidence:
    """List what counts on a day: nothing does on nodes that are made so, and on what is below."""
    cut = program.below[:, list(made)].any(axis=1)
    settled = dict(window.settled)
    settled |= {k: seen for k, seen in program.seen.items() if k in window.come}
    now = (
        k
        for k, held in enumerate(program.now)
        if k not in window.settled and any(program.stated[place] is not None for place, _ in held)
    )
    return Evidence(
        {k: state for k, state in settled.items() if not cut[k]},
        tuple(k for k in now if not cut[k]),
        tuple(i for i in window.counted if not cut[program.reports[i].node]),
    )


def restated(
    program: Program,
    start: Ground,
    ground: Ground,
    stirred: np.ndarray,
    evidence: Evidence,
    tables: np.ndarray,
) -> None:
    """Put what moves have changed into columns of tables that hold the evidence unmoved.

    Parameters
    ----------
    start, ground : Ground
        Of the one column unmoved, and of the moved ones.
    stirred : array of bool, shape (nodes, columns)
        Nodes whose tables are taken from ``ground``: those solved anew, but none that is made so.
    tables : array, shape (size of the whole plan, columns)
        Changed in place; what is made so or given is not heeded.
    """
    differs = (ground.x != start.x).any(axis=0)
    for node, anew in zip(program.nodes, stirred, strict=True):
        cells = np.arange(node.cells.start, node.cells.stop)[:, None]
        tables[cells, anew] = ground.tables[cells, anew]
    for k in evidence.now:
        places = [place for place, _ in program.now[k]]
        if (anew := stirred[k] | differs[places].any(axis=0)).any():
            tables[program.nodes[k].found, anew] = statement(program, ground, k)[:, anew]
    weights = weighed(program, ground, evidence.reports)
    due: dict[int, np.ndarray] = {}
    for i in evidence.reports:
        said = program.reports[i]
        places = said.pair if said.judged else (program.digits.get(said.digit, 0),)
        places = (*places, program.sources[said.source].reliable)
        if (anew := stirred[said.node] | differs[list(places)].any(axis=0)).any():
            tables[said.at + 1, anew], tables[said.at + 3, anew] = weights.cells[i][:, anew]
            due[said.source] = due.get(said.source, False) | anew
    own = {s: [i for i in evidence.reports if program.reports[i].source == s] for s in due}
    touched = [(s, column) for s, anew in due.items() for column in np.flatnonzero(anew).tolist()]
    kappa = kappas(program, ground, weights, [(column, own[s]) for s, column in touched])
    for (s, column), chance in zip(touched, kappa, strict=True):
        no, yes = mean(*ground.x[:, program.sources[s].reliable, column].tolist())
        at = program.sources[s].at
        tables[at : at + 2, column] = chance * no, yes
