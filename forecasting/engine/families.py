"""Judgements on one node go in; the log-odds of every row of its table come out.

A node with a base rate and links is logistic in its parents; a node whose rows are stated outright
has an uncertain number of its own in each. Both are the same thing here: a median and loadings on
standard normal numbers, row by row.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from forecasting.judgement import BELOW, LOG_WEIGHTS, NODES, Odds, Probability, expected, sigmoid


@dataclass(frozen=True)
class Family:
    r"""A node and its parents: the log-odds of yes in each row of its table.

    .. math:: \mathrm{logit}\,P(\mathrm{yes} \mid \mathrm{row}) =
              b + \mathit{median} + \mathit{loading}\cdot z,
              \quad z \sim \mathrm{Normal}(0, I)

    Attributes
    ----------
    scope : tuple of int
        Variables: the condition (if any), the parents, the node itself.
    median : array, shape (rows,)
    loading : array, shape (rows, parameters)
        How each uncertain number of the node moves each row.
    base : Probability or None
        Its base rate for the window; None where the rows are stated outright.
    conditional : bool
        The first variable of the scope is a condition: without it, the node is no.
    dimension : int
        First of its uncertain numbers among all of the network.
    """

    scope: tuple[int, ...]
    median: np.ndarray
    loading: np.ndarray
    base: Probability | None
    conditional: bool
    dimension: int

    @property
    def spread(self) -> np.ndarray:
        """Standard deviation of each row's log-odds."""
        return np.sqrt((self.loading**2).sum(axis=1))

    @property
    def calibrated(self) -> bool:
        """Whether its intercept depends on the prior of its parents."""
        return self.base is not None and len(self.scope) > 1

    def expected_table(self, intercept: float) -> np.ndarray:
        """Give the mean of every cell."""
        no, yes = _expected_rows(float(intercept), self.median.tobytes(), self.spread.tobytes())
        return self._cells(no, yes)

    def drawn_table(self, intercept: float, z: np.ndarray) -> np.ndarray:
        """Give every cell for every draw; ``z`` has shape (dimensions, draws)."""
        parameters = z[self.dimension : self.dimension + self.loading.shape[1]]
        log_odds = (intercept + self.median)[:, None] + self.loading @ parameters
        return self._cells(sigmoid(-log_odds), sigmoid(log_odds))

    def learn(self, intercept: float, cell: np.ndarray, z: np.ndarray) -> None:
        """Move draws of its numbers, in place, from what they are before a world is known to after.

        Only the row that came about, and its yes or no, tell anything, and only of the sum in which
        the numbers enter that row.

        Parameters
        ----------
        intercept : float
        cell : int array, shape (draws,)
            Which cell of the node's table each draw's world is in.
        z : array, shape (parameters, draws)
        """
        spread = self.spread
        cell = cell - (2 * len(spread) if self.conditional else 0)
        for at in np.unique(cell):
            row, yes = divmod(int(at), 2)
            if at < 0 or not spread[row]:
                continue
            draws = np.flatnonzero(cell == at)
            along = self.loading[row] / spread[row]
            before = along @ z[:, draws]
            after = learned(intercept + self.median[row], spread[row], yes, before)
            z[:, draws] += along[:, None] * (after - before)

    def _cells(self, no, yes):
        if self.conditional:
            no, yes = (
                np.concatenate([np.ones_like(no), no]),
                np.concatenate([np.zeros_like(yes), yes]),
            )
        cells = np.stack([no, yes], axis=1)
        return cells.reshape(-1, *cells.shape[2:])


# As with intercepts, a case on another day or with a few numbers moved asks for mostly the same.
@lru_cache(maxsize=1024)
def _expected_rows(intercept: float, *parts: bytes) -> tuple[np.ndarray, np.ndarray]:
    """Give the mean of no and of yes in every row; a new table copies them."""
    median, spread = (np.frombuffer(part) for part in parts)
    centre = intercept + median
    return expected(-centre, spread), expected(centre, spread)


def rows(parents: int) -> np.ndarray:
    """List the settings of parents, 0 for no and 1 for yes, the last one changing fastest."""
    states = np.arange(2**parents)[:, None]
    return ((states >> np.arange(parents - 1, -1, -1)) & 1).astype(float)


def linked(scope, base: Probability, odds: list[Odds], conditional: bool, dimension: int) -> Family:
    """Build a node from a base rate and multipliers: its own spread moves every row."""
    settings = rows(len(odds))
    median = settings @ np.array([o.log_median for o in odds]) if odds else np.zeros(1)
    spreads = settings * np.array([o.log_sd for o in odds]) if odds else settings
    loading = np.column_stack([np.full(len(settings), base.logit_sd), spreads])
    return Family(scope, median, loading, base, conditional, dimension)


def stated(scope, judged: list[Probability], conditional: bool, dimension: int) -> Family:
    """Build a node whose rows are stated outright: each row has an uncertain number of its own."""
    median = np.array([row.logit_median for row in judged])
    return Family(
        scope, median, np.diag([row.logit_sd for row in judged]), None, conditional, dimension
    )


def learned(centre: float, spread: float, yes: bool, z: np.ndarray) -> np.ndarray:
    r"""Move draws of a standard normal number to what it is once a yes or a no is known.

    .. math:: p(z \mid \mathrm{yes}) \propto \varphi(z)\, \sigma(c + s z)

    Each draw goes to where as large a share of the new distribution lies below it as of the old:
    found for the points of the expectation, and between them straight, which is within 1e-3 of it
    and far less than the draws lie apart.
    """
    log_odds = centre + spread * NODES
    logs = LOG_WEIGHTS - np.logaddexp(0.0, -log_odds if yes else log_odds)
    weight = np.exp(logs - logs.max())
    below = (np.cumsum(weight) - weight / 2) / weight.sum()
    return np.interp(z, NODES, np.interp(BELOW, below, NODES))


def drawn(probability: Probability, z: np.ndarray, yes: bool = True) -> np.ndarray:
    """Give a judgement, or its complement, for every draw of its standard normal number."""
    log_odds = probability.logit_median + probability.logit_sd * z
    return sigmoid(log_odds if yes else -log_odds)
