"""Scopes of factors go in, a Plan comes out; tables sent through a Plan give every probability.

A network is a product of factors over variables of two states (no, yes) or more. Summing the
variables out one by one, in an order that keeps intermediate tables small, is a fixed arithmetic
circuit: the Plan holds its wiring, in plain integers, and depends on the structure only. One sweep
up the circuit gives the probability of the evidence; one sweep down gives its derivative by every
cell of every table, and with it the posterior of every factor at once.

References
----------
Darwiche (2003), doi:10.1145/765568.765570 (the two sweeps); Kjaerulff (1990), Triangulation of
graphs: algorithms giving small total state space (the min-fill order).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache, partial
from heapq import heappop, heappush
from operator import getitem

import numpy as np

# A table over this many variables has a million cells: beyond it an answer takes seconds, and more
# memory with each variable.
WIDEST = 20

# Tables over up to this many variables count as equally small: what is ready first is multiplied
# first, since a flat circuit saves more time than small products cost.
SMALL = 3

# Draws go through the circuit in blocks of about this many cells, which fit a processor's cache.
BLOCK_CELLS = 300_000


class TooDense(ValueError):
    """The network ties too many variables together to be solved exactly.

    Attributes
    ----------
    tied : tuple of int
        Variables that would stand in one table.
    """

    def __init__(self, tied: Iterable[int], cells: int) -> None:
        self.tied = tuple(sorted(tied))
        many = f"{cells:,}" if cells < 10**12 else f"10^{math.log10(cells):.0f}"
        super().__init__(
            f"{len(self.tied)} events, facts and sources are tied into one knot, whose states "
            f"combine in {many} ways; exact answers need at most {2**WIDEST:,}, as {WIDEST} yes/no "
            "events have"
        )


@dataclass(frozen=True)
class Level:
    """Products of two earlier cells each, which do not need one another.

    Attributes
    ----------
    gather : int array, shape (2, products)
        Cells to multiply.
    output, made : int
        First cell made, and how many. Each takes one of the first ``made`` products; the products
        left over are added, one to a cell, from the first cell on.
    summed : int array, shape (cells that sum,)
        The variable that each of the first cells sums out: its first state in the first product.
    rounds : tuple of int
        How many products are left over for the second state, the third, and so on.
    """

    gather: np.ndarray
    output: int
    made: int
    summed: np.ndarray
    rounds: tuple[int, ...]

    @cached_property
    def result(self) -> np.ndarray:
        """Cell that each product goes into."""
        return self.output + np.concatenate([np.arange(n) for n in (self.made, *self.rounds)])

    @cached_property
    def left_over(self) -> list[slice]:
        """Where the products left over stand, by round."""
        ends = np.cumsum([self.made, *self.rounds]).tolist()
        return [slice(*ends[i : i + 2]) for i in range(len(self.rounds))]

    @cached_property
    def readers(self) -> list[tuple[np.ndarray, np.ndarray]]:
        """Cells read equally often, and (a column for each) the entries multiplied by them."""
        entries = self.gather[::-1].ravel()
        order = np.argsort(entries, kind="stable")
        cells, start, count = np.unique(entries[order], return_index=True, return_counts=True)
        return [
            (cells[count == n], order[start[count == n] + np.arange(n)[:, None]])
            for n in sorted(set(count.tolist()))
        ]


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
        Cells of all tables; and of tables, one cell that holds 1, and intermediate results.
    levels : tuple of Level
    states : tuple of int
        How many states each variable has.
    root : int
        Cell that takes the probability of the evidence.
    """

    scopes: tuple[tuple[int, ...], ...]
    offsets: tuple[int, ...]
    size: int
    cells: int
    levels: tuple[Level, ...]
    states: tuple[int, ...]
    root: int

    @property
    def variables(self) -> int:
        """How many variables there are."""
        return len(self.states)

    def slice(self, factor: int) -> slice:
        """Find a factor's table in the flat vector."""
        start = self.offsets[factor]
        return slice(start, start + math.prod(self.states[v] for v in self.scopes[factor]))

    def as_json(self) -> dict:
        """Give the plan as plain lists of whole numbers.

        How many products each round leaves over is told where there is more than one round.
        """
        return {
            "scopes": [list(scope) for scope in self.scopes],
            "offsets": list(self.offsets),
            "size": self.size,
            "cells": self.cells,
            "levels": [
                {
                    "gather": level.gather.tolist(),
                    "output": level.output,
                    "made": level.made,
                    "summed": level.summed.tolist(),
                    **({"rounds": list(level.rounds)} if len(level.rounds) > 1 else {}),
                }
                for level in self.levels
            ],
            "root": self.root,
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


def compile(
    scopes: Sequence[Sequence[int]], variables: int, states: Sequence[int] | None = None
) -> Plan:
    """Turn scopes into a Plan.

    Parameters
    ----------
    scopes : sequence of sequences of int
        Variables (0 to ``variables - 1``) of each factor; the last one changes fastest in its
        table.
    variables : int
    states : sequence of int, optional
        How many states each variable has; two each (no, yes), if not said.

    Raises
    ------
    TooDense
        If the best order found needs a table of more than 2**20 cells.

    Examples
    --------
    Rain (20%) and a wet street (90% after rain, else 10%), which was seen wet:

    >>> plan = compile([(0,), (0, 1), (1,)], 2)
    >>> answer = evaluate(plan, np.array([0.8, 0.2, 0.9, 0.1, 0.1, 0.9, 0.0, 1.0]))
    >>> round(float(np.exp(answer.log_z)), 12), (answer.belief[plan.slice(0)].round(4)).tolist()
    (0.26, [0.3077, 0.6923])
    """
    scopes = tuple(tuple(scope) for scope in scopes)
    states = tuple(states or (2,) * variables)

    def cells_over(scope: Iterable[int]) -> int:
        return math.prod(states[v] for v in scope)

    start_of = np.cumsum([0, *map(cells_over, scopes)]).tolist()
    offsets, size = tuple(start_of[:-1]), start_of[-1]

    # On paper first: the scope and the level of every table, given or made, and the tables each
    # level makes: (table, the two it is the product of, variable summed out or None). A table that
    # meets no other is multiplied by the table of one cell that follows the given ones.
    scope_of, level_of = [*scopes, ()], [0] * len(start_of)
    steps: list[list[tuple[int, tuple[int, int], int | None]]] = []

    def make(pair: tuple[int, int], summed: int | None) -> int:
        scope = set(scope_of[pair[0]]).union(scope_of[pair[1]]) - {summed}
        level = max(level_of[pair[0]], level_of[pair[1]])
        steps.extend([] for _ in range(level + 1 - len(steps)))
        steps[level].append((len(scope_of), pair, summed))
        scope_of.append(tuple(sorted(scope)))
        level_of.append(level + 1)
        return len(scope_of) - 1

    def multiply(tables: set[int], summed: int | None) -> int:
        """Multiply tables in pairs: what is small first, then what is ready first."""

        def rank(t: int) -> tuple[int, ...]:
            width = len(scope_of[t])
            return max(SMALL, width), level_of[t], width, t

        queue = sorted(map(rank, tables))
        while len(queue) > 2:
            made = make((heappop(queue)[-1], heappop(queue)[-1]), None)
            heappush(queue, rank(made))
        return make((queue[0][-1], queue[1][-1] if queue[1:] else len(scopes)), summed)

    holders: list[set[int]] = [set() for _ in range(variables)]
    for table, scope in enumerate(scopes):
        for v in scope:
            holders[v].add(table)
    loose = {table for table, scope in enumerate(scopes) if not scope}
    for v in _min_fill(scopes, variables):
        used = set(holders[v])
        if not used:
            continue
        tied = set().union(*(scope_of[t] for t in used))
        if cells_over(tied) > 2**WIDEST:
            raise TooDense(tied, cells_over(tied))
        made = multiply(used, v)
        for w in tied:
            holders[w] = holders[w] - used | {made}
        if tied == {v}:
            loose.add(made)
    root = multiply(loose, None) if len(loose) > 1 else max(loose, default=len(scopes))

    # Then every table gets its cells, level by level. What is summed out comes first, the variables
    # of most states before all: products of their first state lead, those of others are left over.
    start_of += [0] * (len(scope_of) - len(start_of))
    cells, levels = size + 1, []
    for step in steps:
        output, summed = cells, []
        products: list[list[np.ndarray]] = [[] for _ in range(max(states, default=2))]
        for table, pair, v in sorted(step, key=lambda made: -_times(states, made[-1])):
            scope = scope_of[table]
            joint = scope if v is None else (v, *scope)
            digit = dict(zip(joint, digits(tuple(states[w] for w in joint)), strict=True))
            reads = np.zeros((2, cells_over(joint)), dtype=np.int64)
            for read, t in zip(reads, pair, strict=True):
                for w in scope_of[t]:
                    read *= states[w]
                    read += digit[w]
                read += start_of[t]
            start_of[table] = cells
            made = cells_over(scope)
            cells += made
            for state in range(_times(states, v)):
                products[state].append(reads[:, state * made : (state + 1) * made])
            summed += [v] * (made if v is not None else 0)
        gather = np.concatenate([reads for some in products for reads in some], axis=1)
        counts = [sum(reads.shape[1] for reads in some) for some in products if some]
        summed = np.array(summed, dtype=np.int64)
        levels.append(Level(gather, output, cells - output, summed, tuple(counts[1:])))
    return Plan(scopes, offsets, size, cells, tuple(levels), states, start_of[root])


@lru_cache(maxsize=64)  # the widest take twenty megabytes each
def digits(shape: tuple[int, ...]) -> np.ndarray:
    """List the states of some variables in each cell of a table over them: (variables, cells)."""
    return np.indices(shape, dtype=np.int16).reshape(len(shape), math.prod(shape))


def _times(states: Sequence[int], summed: int | None) -> int:
    """How many products a cell is the sum of."""
    return 1 if summed is None else states[summed]


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
    if tables.ndim == 2 and tables.shape[1] == 1:  # one setting alone is faster
        one = evaluate(plan, tables[:, 0])
        return Evaluation(one.log_z[None], one.belief[:, None], one.slope[:, None])
    block = max(1, BLOCK_CELLS // plan.cells)
    if tables.ndim == 2 and tables.shape[1] > block:
        # Freed at once, it teaches glibc to keep what a block takes for the next one: pages given
        # back and asked for anew, block by block, would take as long as the sums.
        np.empty(8 * BLOCK_CELLS)
        whole = Evaluation(*map(np.empty, (tables.shape[1:], tables.shape, tables.shape)))
        for start in range(0, tables.shape[1], block):
            draws = slice(start, start + block)
            part = evaluate(plan, tables[:, draws])
            whole.log_z[draws] = part.log_z
            whole.belief[:, draws] = part.belief
            whole.slope[:, draws] = part.slope
        return whole
    try:
        with np.errstate(under="raise", over="raise", divide="ignore"):
            z, adjoint = _sweep(plan, tables, np.add, np.multiply, 1.0)
            impossible = z == 0
            if not ((z > 1e-280) | impossible).all():
                raise FloatingPointError
            slope = adjoint[: plan.size] / (z + impossible)
            return Evaluation(np.log(z), tables * slope, slope)
    except FloatingPointError:
        return _evaluate_logs(plan, tables)


def worlds(plan: Plan, tables: np.ndarray, uniform: np.ndarray) -> np.ndarray:
    r"""Draw settings of all variables from their joint distribution given the evidence.

    Down from the root, each cell that sums a variable out takes one of its products, with the
    probability that the product has in the sum; a product takes both of its cells. One cell of
    every table is reached, and together they are one world.

    Parameters
    ----------
    plan : Plan
    tables : array, shape (size,)
        Of evidence that is not impossible.
    uniform : array, shape (variables, draws), numbers between 0 and 1
        A variable is yes where its number is below its probability, given those drawn before it;
        of more states, it takes the last one where its number is below that one's probability, and
        so on downwards.

    Returns
    -------
    array of bool, shape (size, draws)
        Whether a draw's world is in the cell.

    Examples
    --------
    >>> plan = compile([(0,), (0, 1), (1,)], 2)
    >>> seen_wet = np.array([0.8, 0.2, 0.9, 0.1, 0.1, 0.9, 0.0, 1.0])
    >>> rain = worlds(plan, seen_wet, np.array([[0.0, 0.69, 0.70, 1.0], [0.5] * 4]))[1]
    >>> rain.tolist()
    [True, True, False, False]
    """
    with np.errstate(divide="ignore"):
        value, pairs = _upward(plan, np.log(tables), np.logaddexp, np.add, 0.0)
    draws = uniform.shape[1]
    reached = np.zeros((plan.cells, math.ceil(draws / 8)), dtype=np.uint8)  # a bit for each draw
    reached[plan.root] = 255
    for level in reversed(plan.levels):
        pair = pairs.pop()
        cells = reached[level.output : level.output + level.made]
        chosen, share = [], np.empty((0, 1))
        for part in reversed(level.left_over):
            first, higher = slice(part.stop - part.start), share
            with np.errstate(invalid="ignore"):  # a sum of nothing is never reached
                logs = pair[0][part] + pair[1][part] - value[level.output :][first]
                share = np.exp(logs)[:, None]
            share[: len(higher)] += higher
            is_so = cells[first] & np.packbits(uniform[level.summed[first]] < share, axis=1)
            cells[first] &= ~is_so
            chosen.append(is_so)
        taken = np.concatenate([cells, *reversed(chosen)])
        taken = np.concatenate([taken, taken])
        for read, entries in level.readers:
            reached[read] = np.bitwise_or.reduce(taken[entries], axis=0)
    return np.unpackbits(reached[: plan.size], axis=1, count=draws).view(bool)


def _evaluate_logs(plan: Plan, tables: np.ndarray) -> Evaluation:
    with np.errstate(divide="ignore", under="ignore", over="ignore"):
        logs = np.log(tables)
        log_z, adjoint = _sweep(plan, logs, np.logaddexp, np.add, 0.0)
        finite = np.where(np.isneginf(log_z), 0.0, log_z)
        log_slope = adjoint[: plan.size] - finite
        return Evaluation(log_z, np.exp(logs + log_slope), np.exp(log_slope))


def _upward(plan, tables, plus, times, one):
    """Run the sweep up in one arithmetic: (+, x) on numbers or (logaddexp, +) on their logs.

    Gives every cell, and for each level the pairs that it multiplied.
    """
    shape = tables.shape[1:]
    take = _take(shape)
    value = np.empty((plan.cells, *shape))
    value[: plan.size] = tables
    value[plan.size] = one
    pairs = []
    for level in plan.levels:
        pair = take(value, level.gather)
        product = times(pair[0], pair[1])
        made = product[: level.made]
        for part in level.left_over:
            first = made[: part.stop - part.start]
            plus(first, product[part], out=first)
        value[level.output : level.output + level.made] = made
        pairs.append(pair)
    return value, pairs


def _sweep(plan, tables, plus, times, one):
    """Run both sweeps, up and down.

    A product's derivative by one of its two entries is the other entry.
    """
    shape = tables.shape[1:]
    take = _take(shape)
    value, pairs = _upward(plan, tables, plus, times, one)
    adjoint = np.empty((plan.cells, *shape))
    adjoint[plan.root] = one
    for level in reversed(plan.levels):
        pair = pairs.pop()
        others = times(take(adjoint, level.result), pair, out=pair).reshape(-1, *shape)
        for cells, entries in level.readers:
            read = take(others, entries)
            adjoint[cells] = plus.reduce(read, axis=0) if len(read) > 1 else read[0]
    return value[plan.root], adjoint


def _take(shape):
    """NumPy is faster at single cells by index, and at rows of draws by take."""
    return partial(np.ndarray.take, axis=0) if shape else getitem


def _min_fill(scopes, variables):
    """Order variables so that summing each out ties as few new pairs together as possible.

    Ties go to the smaller table, then to what waits for fewer others, which makes the circuit flat,
    then to the lower number, so that the order never changes.
    """
    near: list[set[int]] = [set() for _ in range(variables)]
    for scope in scopes:
        for v in scope:
            near[v].update(w for w in scope if w != v)
    depth = [0] * variables

    def cost(v):
        neighbours = near[v]
        missing = sum(len(neighbours - near[w]) - 1 for w in neighbours) // 2
        return missing, len(neighbours), depth[v], v

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
            depth[w] = max(depth[w], depth[v] + 1)
        changed = set(neighbours)
        for w in neighbours:
            changed |= near[w]
        for w in changed:
            if w in costs:
                costs[w] = cost(w)
                heappush(queue, costs[w])


@dataclass(frozen=True)
class Sums:
    """Which cells, one set after the other, are summed to what."""

    flat: np.ndarray
    starts: np.ndarray

    @classmethod
    def of(cls, sets: Sequence[list[int]]) -> Sums:
        """Sum each of these sets of cells."""
        starts = np.cumsum([0, *map(len, sets)])[:-1]
        return cls(np.array([cell for one in sets for cell in one], dtype=int), starts)

    def over(self, cells: np.ndarray) -> np.ndarray:
        """Give the sums, a row each."""
        return np.add.reduceat(cells[self.flat], self.starts, axis=0)
