"""How likely amounts are, between the cuts of a quantity: an Enumeration in, shares and points out.

The sum over worlds knows cells only. What lies within a cell is shared out by the distribution
that each row of the quantity's table has, exactly as if one more cut were placed at the amount.
"""

import math

import numpy as np
from scipy.optimize import brentq
from scipy.special import expit

from tests.stated_numbers import between, expected, number, solve_shift

LEVELS = {"5%": 0.05, "25%": 0.25, "50%": 0.5, "75%": 0.75, "95%": 0.95}


def families(oracle, name, given=None, values=None):
    """P(row of its parents, cell | evidence) of a quantity: shape (draws or 1, rows, K)."""
    weight, names = oracle.evidence(given, values)
    node = oracle.nodes[name]
    cell = oracle._worlds(names)[:, names.index(name)]
    key = oracle._row_number(names, node.parents) * node.size + cell
    mass = np.stack([np.bincount(key, w, len(node.rows) * node.size) for w in weight])
    return mass.reshape(len(mass), len(node.rows), node.size) / mass.sum(axis=1)[:, None, None]


def row_steps(oracle, name, amount, values=None):
    """P(more) and P(less) than an amount in every row: two arrays (draws or 1, rows)."""
    node = oracle.nodes[name]
    p, q = oracle.amounts[name].above(amount)
    if min(p, q) < 1e-300:
        sides = np.broadcast_to([[[p]], [[q]]], (2, 1, len(node.rows)))
        return sides[0], sides[1]
    normals = tuple(oracle._normals(node.rows, node.joint))
    c = solve_shift(normals, p, q)
    if values is None:
        return tuple(
            np.array([[expected(side * (c + m), s) for m, s, _ in normals]]) for side in (1, -1)
        )
    x = [c + sum(t.sign * values[:, t.judgement] for t in row) for row in node.rows]
    return expit(np.stack(x, axis=1)), expit(-np.stack(x, axis=1))


def below(oracle, name, amount, given=None, values=None, mass=None):
    """F(amount | evidence) of a quantity, as if a cut were placed there; shape (draws or 1,).

    With `values`, as `settings` gives them, for those numbers.
    """
    known = (given or {}).get(name, oracle.values.get(name))
    if known is not None:
        return np.array([float(number(known) <= amount)])
    if mass is None:
        mass = families(oracle, name, given, values)
    ends = [-math.inf, *oracle.amounts[name].ends, math.inf]
    cell = sum(amount > end for end in ends[1:-1])
    floor, here, roof = (
        row_steps(oracle, name, q, values) if math.isfinite(q) else edge
        for q, edge in ((ends[cell], (1.0, 0.0)), (amount, None), (ends[cell + 1], (0.0, 1.0)))
    )
    here_mass = mass[..., cell]
    whole = np.where(here_mass > 0, between(floor, roof), 1.0)
    share = np.where(here_mass > 0, between(floor, here) / whole, 0.0)
    return mass[..., :cell].sum(axis=(1, 2)) + (here_mass * share).sum(axis=1)


def quantiles(oracle, name, given=None):
    """5, 25, 50, 75 and 95% points of a quantity: two dicts, before and after."""
    amounts = oracle.amounts[name]
    before = {level: amounts.quantile(share) for level, share in LEVELS.items()}
    known = (given or {}).get(name, oracle.values.get(name))
    if known is not None:
        return before, dict.fromkeys(LEVELS, number(known))
    mass = families(oracle, name, given)
    reached = np.cumsum(mass.sum(axis=(0, 1)))
    after = {}
    for level, share in LEVELS.items():
        cell = int(np.searchsorted(reached[:-1], share))
        low, high = (
            amounts.g(amounts.ends[i]) if 0 <= i < len(amounts.ends) else amounts.point(z)
            for i, z in ((cell - 1, -20.0), (cell, 20.0))
        )

        def miss(x, share=share):
            return below(oracle, name, amounts.amount(x), given, None, mass)[0] - share

        # The ends of a cell are its neighbours' too: their rounding is not to matter.
        x = brentq(miss, low + 1e-13 * (high - low), high, xtol=1e-13)
        after[level] = amounts.amount(x)
    return before, after


def quantiles_at(oracle, name, z, given=None, points=601):
    """The same points of a quantity at fixed settings, as in `at`: level -> array of shape (D,).

    F is worked out on a grid of normal scores, and between its points a straight line.
    """
    values, amounts = oracle.settings(z), oracle.amounts[name]
    mass = families(oracle, name, given, values)
    grid = np.array([amounts.point(one) for one in np.linspace(-6, 6, points)])
    f = np.stack([below(oracle, name, amounts.amount(x), given, values, mass) for x in grid])
    return {
        level: np.array([amounts.amount(np.interp(share, column, grid)) for column in f.T])
        for level, share in LEVELS.items()
    }
