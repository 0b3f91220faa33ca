"""A Program and the numbers at its places go in; tables of the circuit come out, column by column.

Each column is a setting of all numbers. Because every intercept and every weight of a report hangs
on the mean judgements of what lies above it, a column starts as a copy of one that was solved, and
only what lies below a moved number is computed again.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np

from forecasting.engine import circuit
from forecasting.engine.program import NEVER_SUPPORTS, Node, Program, Rows, Window
from forecasting.judgement import CERTAIN, Odds, calibrate, expected

# A move: median and standard deviation at some places.
Move = Mapping[int, tuple[float, float]]


class Certain(ValueError):
    """The network makes a node's probability 0 or 1, where it must be open.

    Attributes
    ----------
    node : int
    chance : float
        Of yes.
    exactly : bool
        Yes or no has probability 0, and not all but 0.
    """

    def __init__(self, node: int, no: float = 1.0, yes: float = 0.0) -> None:
        super().__init__(f"node {node} has probability {yes}")
        self.node, self.chance, self.exactly = node, yes, 0 in (no, yes)


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
    intercepts : array, shape (nodes, columns)
        Log-odds; 0 where rows are stated outright.
    tables : array, shape (size, columns)
        Expected tables before any evidence.
    no, yes : array, shape (nodes, columns)
        Prior probabilities: neither is 1 less the other, rounded.
    """

    plan: circuit.Plan
    x: np.ndarray
    intercepts: np.ndarray
    tables: np.ndarray
    no: np.ndarray
    yes: np.ndarray


@dataclass(frozen=True)
class Evidence:
    """What counts: on nodes and from reports.

    Attributes
    ----------
    settled : dict of int to bool
        Events that have happened or are ruled out, and facts that were seen or seen not to be.
    now : tuple of int
        Events of which something is held now.
    reports : tuple of int
        Numbers of reports, one at most of a source on a fact.
    """

    settled: Mapping[int, bool]
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
            x[:, i] = pair(one)
    for k, (rate, ratio, lasts) in window.rates.items():
        x[:, program.nodes[k].base] = pair(rate.over(ratio, lasts=lasts))
    return x


def pair(judgement) -> tuple[float, float]:
    """Give the median and the standard deviation of a judgement, on its scale of logarithms."""
    if isinstance(judgement, Odds):
        return judgement.log_median, judgement.log_sd
    return judgement.logit_median, judgement.logit_sd


# --- Constants of the mean judgements: intercepts and prior marginals. ---------------------------


def ground(program: Program, x: np.ndarray) -> Ground:
    """Solve the intercepts of one column, level by level.

    Raises
    ------
    DeadCondition
    """
    plan = program.plan
    tables = np.ones((plan.size, 1))
    tables[: program.nodes[-1].cells.stop] = 0.5
    for source in program.sources:
        tables[source.at : source.at + 2, 0] = mean(*x[:, source.reliable])
    intercepts = np.zeros((len(program.nodes), 1))
    start = Ground(plan, x[:, :, None], intercepts, tables, *np.empty((2, 0)))
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
    copied = Ground(plan, x, intercepts, tables, start.no, start.yes)
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

    def write(k: int, column: int, intercept: float, rows) -> None:
        node = program.nodes[k]
        intercepts[k, column] = intercept
        no, yes = _expected_rows(intercept, *(part.tobytes() for part in rows))
        write_rows(tables, node, no, yes, column)

    levels: dict[int, list[tuple[int, np.ndarray]]] = {}
    for k, node in enumerate(program.nodes):
        if node.calibrated:
            if (columns := np.flatnonzero(stirred[k])).size:
                levels.setdefault(node.level, []).append((k, columns))
            continue
        for column in np.flatnonzero(stirred[k] & changed[k]).tolist():
            centre = 0.0 if node.base is None else float(x[0, node.base, column])
            write(k, column, centre, offsets(k, column))
    for _, waiting in sorted(levels.items()):
        # Nodes not solved yet stand at one half: they lie below, and sum out of their parents'
        # joint.
        used = np.unique(np.concatenate([columns for _, columns in waiting]))
        belief = circuit.evaluate(plan, tables[:, used]).belief
        for k, columns in waiting:
            node = program.nodes[k]
            joint = parents_joint(node, belief[node.cells])[:, np.searchsorted(used, columns)]
            for column, weights in zip(columns.tolist(), joint.T.copy(), strict=True):
                if not (total := weights.sum()):
                    raise DeadCondition(k)
                rows = offsets(k, column)
                goal = mean_log_odds(*x[:, node.base, column].tolist())
                intercept = _calibrated(
                    goal, *(part.tobytes() for part in (weights / total, *rows))
                )
                write(k, column, intercept, rows)
    no, yes = chances(program, plan, circuit.evaluate(plan, tables).belief)
    for k, node in enumerate(program.nodes):
        if node.conditional and not yes[node.scope[0]].all():
            raise DeadCondition(k)
    return Ground(plan, x, intercepts, tables, no, yes)


def row_terms(rows: Rows, x: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Give the offset, the spread and the loadings of every row in one column, in log-odds."""
    medians = x[0, rows.params]
    if rows.own:
        sds = x[1, rows.params]
        return medians, sds, np.diag(sds)
    if rows.push[:, 0].any():  # stated outright: one number a row, infinite where it is 0 or 1
        terms = np.zeros(rows.push.shape)
        offset = np.multiply(rows.push, medians, out=terms, where=rows.push != 0).sum(axis=1)
    else:
        offset = np.ascontiguousarray(rows.push[:, 1:], dtype=float) @ medians[1:]
    loading = rows.pull * x[1, rows.params]
    return offset, np.sqrt((loading**2).sum(axis=1)), loading


def write_rows(tables: np.ndarray, node: Node, no, yes, column=slice(None)) -> None:
    """Write the cells of a node's table; without its condition, the node is no."""
    cells = tables[node.cells]
    if node.conditional:
        half = len(cells) // 2
        cells[:half:2, column], cells[1:half:2, column] = 1.0, 0.0
        cells = cells[half:]
    cells[0::2, column], cells[1::2, column] = no, yes


def parents_joint(node: Node, belief: np.ndarray) -> np.ndarray:
    """Sum the belief in the cells of a node's table, by row; where a condition fails left out."""
    joint = belief.reshape(-1, 2, *belief.shape[1:]).sum(axis=1)
    return joint[len(joint) // 2 :] if node.conditional else joint


def chances(program: Program, plan: circuit.Plan, belief: np.ndarray) -> tuple:
    """Read P(no) and P(yes) of every node, from the room left for findings if the plan has it."""
    count, start = len(program.nodes), program.nodes[0].finding
    if plan is program.prior_plan:
        cells = [belief[node.cells] for node in program.nodes]
        return tuple(np.stack([one[state::2].sum(axis=0) for one in cells]) for state in (0, 1))
    pairs = belief[start : start + 2 * count].reshape(count, 2, *belief.shape[1:])
    total = pairs.sum(axis=1)
    total = np.where(total > 0, total, 1.0)
    return pairs[:, 0] / total, pairs[:, 1] / total


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
    nodes = [one.node for one in said]
    strength = strengths(program, ground, reports)
    says = np.array([one.says for one in said], dtype=bool)[:, None]
    odds = np.stack([np.where(says, 1.0, strength), np.where(says, strength, 1.0)], axis=1)
    for i, one in enumerate(said):
        if one.judged:
            odds[i] = [means(ground, place)[int(one.says)] for place in one.pair]
    total = ground.no[nodes] * odds[:, 0] + ground.yes[nodes] * odds[:, 1]
    cells = odds / np.where(total > 0, total, 1.0)[:, None] * (total > 0)[:, None]
    return Weighed(*(dict(zip(reports, part, strict=True)) for part in (odds, total, cells)))


def strengths(program: Program, ground: Ground, reports: Sequence[int]) -> np.ndarray:
    """Give the odds by which a sound report of its digit supports what it says, by column.

    As if a surprising fact had been reported: odds(c) / odds(min(p_no, p_yes)).
    """
    said = [program.reports[i] for i in reports]
    nodes = [one.node for one in said]
    p_no, p_yes = ground.no[nodes], ground.yes[nodes]
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
    """Turn "taken alone, its probability is c" into a likelihood of prior mean 1: no, yes.

    Raises
    ------
    Certain
        If the event could not go either way.
    """
    chance = np.stack([ground.no[node], ground.yes[node]])
    if chance.min() < CERTAIN:
        raise Certain(node, *chance[:, chance.min(axis=0).argmin()].tolist())
    return means(ground, program.now[node]) / chance


def findings(program: Program, window: Window, made: Iterable[int] = ()) -> Evidence:
    """List what counts on a day: nothing does on nodes that are made so, and on what is below."""
    cut = program.below[:, list(made)].any(axis=1)
    settled = dict(window.settled)
    settled |= {k: seen for k, seen in program.seen.items() if k in window.come}
    now = (
        k
        for k, place in enumerate(program.now)
        if program.stated[place] is not None and k not in window.settled
    )
    return Evidence(
        {k: yes for k, yes in settled.items() if not cut[k]},
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
        if (anew := stirred[k] | differs[program.now[k]]).any():
            at = program.nodes[k].finding
            tables[at : at + 2, anew] = statement(program, ground, k)[:, anew]
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
