"""Scopes of factors go in, a Plan comes out; tables sent through a Plan give every probability.

A network is a product of factors over yes/no variables. Summing the variables out one by one, in an
order that keeps intermediate tables small, is a fixed arithmetic circuit: the Plan holds its
wiring, in plain integers, and depends on the structure only. One sweep up the circuit gives the
probability of the evidence; one sweep down gives its derivative by every cell of every table, and
with it the posterior of every factor at once.

References
----------
Darwiche (2003), doi:10.1145/765568.765570 (the two sweeps); Kjaerulff (1990), Triangulation of
graphs: algorithms giving small total state space (the min-fill order).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from heapq import heappop, heappush

import numpy as np

# A table over this many variables has a million cells: beyond it an answer takes seconds, and more
# memory with each variable.
WIDEST = 20

# Draws go through the circuit in blocks of about this many cells, which fit a processor's cache.
BLOCK_CELLS = 100_000


class TooDense(ValueError):
    """The network ties too many variables together to be solved exactly."""


@dataclass(frozen=True)
class Level:
    """Tables of one level: each a product of earlier tables, summed over one variable.

    Attributes
    ----------
    gather : int array, shape (entries,)
        Cells to multiply, product by product.
    starts : int array, shape (products,)
        Where each product begins in ``gather``. Products 2i and 2i + 1 are summed.
    output : int
        Cell that takes the first sum; the others follow it.
    """

    gather: np.ndarray
    starts: np.ndarray
    output: int

    @cached_property
    def product(self) -> np.ndarray:
        """Product that each entry of ``gather`` belongs to."""
        counts = np.diff(self.starts, append=len(self.gather))
        return np.repeat(np.arange(len(self.starts)), counts)

    @cached_property
    def order(self) -> np.ndarray:
        """Entries sorted by the cell they read."""
        return np.argsort(self.gather, kind="stable")

    @cached_property
    def cells(self) -> np.ndarray:
        """Cells read, each once, ascending."""
        return np.unique(self.gather)

    @cached_property
    def cell_starts(self) -> np.ndarray:
        """Where each read cell's entries begin in ``order``."""
        return np.searchsorted(self.gather[self.order], self.cells)


@dataclass(frozen=True)
class Plan:
    """Wiring of a network's circuit: whole numbers only.

    Attributes
    ----------
    scopes : tuple of tuple of int
        Variables of each factor. A factor's table is flat, its last variable changing fastest.
    offsets : tuple of int
        Where each factor's table begins in the flat vector of all tables.
    size, cells : int
        Cells of all tables, and of tables and intermediate results together.
    levels : tuple of Level
    roots : int array
        Cells whose product is the probability of the evidence.
    """

    scopes: tuple[tuple[int, ...], ...]
    offsets: tuple[int, ...]
    size: int
    cells: int
    levels: tuple[Level, ...]
    roots: np.ndarray

    def slice(self, factor: int) -> slice:
        """Find a factor's table in the flat vector."""
        start = self.offsets[factor]
        return slice(start, start + 2 ** len(self.scopes[factor]))

    def as_json(self) -> dict:
        """Give the plan as plain lists of whole numbers."""
        return {
            "scopes": [list(scope) for scope in self.scopes],
            "offsets": list(self.offsets),
            "size": self.size,
            "cells": self.cells,
            "levels": [
                {
                    "gather": level.gather.tolist(),
                    "starts": level.starts.tolist(),
                    "output": level.output,
                }
                for level in self.levels
            ],
            "roots": self.roots.tolist(),
        }


@dataclass(frozen=True)
class Evaluation:
    """What two sweeps tell of one setting, or of a batch.

    Attributes
    ----------
    log_z : float, or array of shape (draws,)
        Natural log of the probability of the evidence; -inf if it is impossible.
    belief : array, shape (size,) or (size, draws)
        P(factor's variables in this cell | evidence), for every cell of every table.
    slope : array, same shape
        Derivative of ``log_z`` by the cell, also where the cell is 0. Cells so small that it leaves
        the range of a float give ``inf``.
    """

    log_z: np.ndarray
    belief: np.ndarray
    slope: np.ndarray


def compile(scopes: Sequence[Sequence[int]], variables: int) -> Plan:
    """Turn scopes into a Plan.

    Parameters
    ----------
    scopes : sequence of sequences of int
        Variables (0 to ``variables - 1``) of each factor; the last one changes fastest in its
        table.
    variables : int

    Raises
    ------
    TooDense
        If the best order found needs a table over more than 20 variables.

    Examples
    --------
    Rain (20%) and a wet street (90% after rain, else 10%), which was seen wet:

    >>> plan = compile([(0,), (0, 1), (1,)], 2)
    >>> answer = evaluate(plan, np.array([0.8, 0.2, 0.9, 0.1, 0.1, 0.9, 0.0, 1.0]))
    >>> round(float(np.exp(answer.log_z)), 12), (answer.belief[plan.slice(0)].round(4)).tolist()
    (0.26, [0.3077, 0.6923])
    """
    scopes = tuple(tuple(scope) for scope in scopes)
    sizes = [2 ** len(scope) for scope in scopes]
    offsets = [0, *np.cumsum(sizes).tolist()]
    size = offsets[-1]

    # What each live table is: its scope, the level that makes it, and (once placed) its first cell.
    scope_of = dict(enumerate(scopes))
    level_of = dict.fromkeys(scope_of, 0)
    start_of = dict(enumerate(offsets[:-1]))
    holders: dict[int, set[int]] = {v: set() for v in range(variables)}
    for table, scope in scope_of.items():
        for v in scope:
            holders[v].add(table)

    steps: list[list[tuple[int, list[int], int]]] = []
    roots = [table for table, scope in scope_of.items() if not scope]
    for v in _min_fill(scopes, variables):
        used = sorted(holders[v])
        if not used:
            continue
        out = tuple(sorted(set().union(*(scope_of[t] for t in used)) - {v}))
        if len(out) >= WIDEST:
            raise TooDense(
                f"the links tie {len(out) + 1} events, facts and sources into one knot; exact "
                f"answers need at most {WIDEST}"
            )
        level = 1 + max(level_of[t] for t in used)
        made = len(scope_of)
        scope_of[made], level_of[made] = out, level
        for t in used:
            for w in scope_of[t]:
                holders[w].discard(t)
        for w in out:
            holders[w].add(made)
        if not out:
            roots.append(made)
        while len(steps) < level:
            steps.append([])
        steps[level - 1].append((v, used, made))

    cells, levels = size, []
    for step in steps:
        output, gather, counts = cells, [], []
        for v, used, made in step:
            joint = (*scope_of[made], v)
            states = np.arange(2 ** len(joint))
            bits = {w: (states >> (len(joint) - 1 - i)) & 1 for i, w in enumerate(joint)}
            reads = []
            for t in used:
                cell = np.zeros(len(states), dtype=np.int64)
                for w in scope_of[t]:
                    cell = 2 * cell + bits[w]
                reads.append(start_of[t] + cell)
            gather.append(np.stack(reads, axis=1).ravel())
            counts.append(np.full(len(states), len(used)))
            start_of[made] = cells
            cells += len(states) // 2
        counts = np.concatenate(counts)
        starts = np.cumsum(counts) - counts
        levels.append(Level(np.concatenate(gather), starts, output))
    return Plan(
        scopes,
        tuple(offsets[:-1]),
        size,
        cells,
        tuple(levels),
        np.array([start_of[t] for t in roots], dtype=np.int64),
    )


def evaluate(plan: Plan, tables: np.ndarray) -> Evaluation:
    """Send tables through a plan: one sweep up, one sweep down.

    Parameters
    ----------
    plan : Plan
    tables : array, shape (size,) for one setting or (size, draws) for a batch
        Non-negative cells of all factors, one factor after the other.

    Returns
    -------
    Evaluation

    Notes
    -----
    Plain products are exact and fast, and cover all but extreme evidence. The processor reports
    when one of them leaves the range of a float; the same sweeps then run on logarithms instead,
    where evidence of probability 1e-300 and far below is nothing special.
    """
    tables = np.asarray(tables, dtype=float)
    if tables.ndim == 2:
        block = max(1, BLOCK_CELLS // plan.cells)
        if tables.shape[1] > block:
            starts = range(0, tables.shape[1], block)
            parts = [evaluate(plan, tables[:, start : start + block]) for start in starts]
            return Evaluation(
                np.concatenate([part.log_z for part in parts]),
                np.concatenate([part.belief for part in parts], axis=1),
                np.concatenate([part.slope for part in parts], axis=1),
            )
    try:
        with np.errstate(under="raise", over="raise"):
            z, adjoint = _sweep(plan, tables, np.add, np.multiply, np.divide, 0.0, 1.0)
            if not np.all((z > 1e-280) | (z == 0)):
                raise FloatingPointError
            scale = np.where(z > 0, z, 1.0)
            slope = adjoint[: plan.size] / scale
            with np.errstate(divide="ignore"):
                return Evaluation(np.log(z), tables * slope, slope)
    except FloatingPointError:
        return _evaluate_logs(plan, tables)


def _evaluate_logs(plan: Plan, tables: np.ndarray) -> Evaluation:
    with np.errstate(divide="ignore", under="ignore", over="ignore"):
        logs = np.log(tables)
        log_z, adjoint = _sweep(plan, logs, np.logaddexp, np.add, np.subtract, -np.inf, 0.0)
        finite = np.where(np.isneginf(log_z), 0.0, log_z)
        log_slope = adjoint[: plan.size] - finite
        return Evaluation(log_z, np.exp(logs + log_slope), np.exp(log_slope))


def _sweep(plan, tables, plus, times, divide, zero, one):
    """Run both sweeps in one arithmetic: (+, x) on numbers or (logaddexp, +) on their logs.

    A product's derivative by one of its entries is the product of the others. Dividing the entry
    out of the product gives it, with zeros counted apart: all zeros are left out of ``others``, and
    the derivative is zero unless no *other* entry is.
    """
    value = np.empty((plan.cells, *tables.shape[1:]))
    value[: plan.size] = tables
    kept = []
    for level in plan.levels:
        entry = value[level.gather]
        is_zero = entry == zero
        any_zero = is_zero.any()
        if any_zero:
            entry[is_zero] = one
            zeros = np.add.reduceat(is_zero, level.starts, axis=0, dtype=np.int32)
        nonzero = times.reduceat(entry, level.starts, axis=0)
        product = np.where(zeros == 0, nonzero, zero) if any_zero else nonzero
        total = plus(product[0::2], product[1::2])
        value[level.output : level.output + len(total)] = total
        kept.append((entry, nonzero, is_zero, zeros if any_zero else None, len(total)))

    root = value[plan.roots]
    z = times.reduce(root, axis=0)
    adjoint = np.full(value.shape, zero)
    if len(plan.roots) == 1:
        adjoint[plan.roots[0]] = one
    else:
        for i, cell in enumerate(plan.roots):
            adjoint[cell] = times.reduce(np.delete(root, i, axis=0), axis=0)
    for level, (entry, nonzero, is_zero, zeros, count) in zip(
        reversed(plan.levels), reversed(kept), strict=True
    ):
        above = np.repeat(adjoint[level.output : level.output + count], 2, axis=0)
        others = divide(times(above, nonzero)[level.product], entry)
        if zeros is not None:
            others[zeros[level.product] != is_zero] = zero
        adjoint[level.cells] = plus.reduceat(others[level.order], level.cell_starts, axis=0)
    return z, adjoint


def _min_fill(scopes, variables):
    """Order variables so that summing each out ties as few new pairs together as possible.

    Ties go to the smaller table, then to the lower number, so that the order never changes.
    """
    near: list[set[int]] = [set() for _ in range(variables)]
    for scope in scopes:
        for v in scope:
            near[v].update(w for w in scope if w != v)

    def cost(v):
        neighbours = near[v]
        missing = sum(len(neighbours - near[w]) - 1 for w in neighbours) // 2
        return missing, len(neighbours), v

    costs = {v: cost(v) for v in range(variables)}
    queue = sorted(costs.values())
    while costs:
        cheapest = heappop(queue)
        v = cheapest[-1]
        if costs.get(v) != cheapest:
            continue  # summed out already, or its cost has changed since
        yield v
        del costs[v]
        neighbours = near[v]
        for w in neighbours:
            near[w] |= neighbours
            near[w] -= {v, w}
        changed = set(neighbours)
        for w in neighbours:
            changed |= near[w]
        for w in changed:
            if w in costs:
                costs[w] = cost(w)
                heappush(queue, costs[w])
