"""A network and a quantity go in; its whole distribution, before and after the evidence, comes out.

The table of a quantity ends a cell at each of its cuts only. The probability of any other amount is
that of a cut placed there, exactly: see :class:`forecasting.amounts.Answered`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from forecasting.amounts import Answered, Prior, Scale
from forecasting.engine import circuit, run
from forecasting.engine.network import Network
from forecasting.engine.supposed import Setting
from forecasting.file.stated import scale

# The points of a distribution that tables give.
LEVELS = (0.05, 0.25, 0.5, 0.75, 0.95)


@dataclass(frozen=True)
class Spread:
    """What is known of a quantity.

    Attributes
    ----------
    event : str
    scale : Scale
    known : Answered
        On the scale; a column before the evidence, and one after it.
    value : float or None
        The amount itself, where it is settled, given or made so.
    """

    event: str
    scale: Scale
    known: Answered
    value: float | None = None

    def quantiles(self, levels=LEVELS) -> np.ndarray:
        """Find the amounts with these levels below them: shape (levels, 2), before and after."""
        found = self.scale.amount(self.known.quantiles(levels))
        if self.value is not None:
            found[:, 1] = self.value
        return found

    def chance_below(self, amounts) -> np.ndarray:
        """Give the probabilities that it lies below amounts: shape (amounts, 2)."""
        return self.known.chance_below(self.scale.place(np.asarray(amounts, float)))


def distribution(
    network: Network, event: str, given: Setting | None = None, do: Setting | None = None
) -> Spread:
    """Give the distribution of a quantity before and after the evidence.

    Parameters
    ----------
    network : Network
    event : str
        A quantity.
    given, do : optional
        As for :meth:`Network.posterior`.

    Examples
    --------
    >>> from forecasting.file.case import read
    >>> network = Network(
    ...     read('''
    ... case: rain
    ... events:
    ...   rain: {quantity: {unit: mm}, cuts: {wet: ">= 4"}, base_rate: {low: 1, high: 16}}
    ... evidence: {puddles: {bears_on: rain.wet, if_yes: 90%, if_no: 30%, status: confirmed}}
    ... ''')
    ... )
    >>> distribution(network, "rain").quantiles([0.5]).round(2).tolist()
    [[4.0, 5.75]]
    """
    k = network.node(event=event)
    node, program = network.program.nodes[k], network.program
    x = network.ground.x[:, :, 0]
    offsets, spreads, _ = run.row_terms(node.rows, x)
    before = circuit.evaluate(program.prior_plan, network.prior_tables[: program.prior_plan.size])
    after = network.belief(given, do)
    joints = [one[node.cells].reshape(-1, node.states) for one in (before.belief, after)]
    weights = joints[0].sum(axis=1)
    points = tuple(x[0, list(node.bases)].tolist())
    prior = Prior(node.curve.levels, points, node.curve.split, weights, offsets, spreads)
    cuts = network.ground.intercepts[node.intercepts, 0]
    known = Answered.of_means(prior, cuts, np.stack(joints, axis=-1))
    return Spread(
        event, scale(network.case.events[event]), known, _value(network, event, given, do)
    )


def _value(network: Network, event: str, given, do) -> float | None:
    """Find the amount of a quantity that is known outright."""
    given, do = network.query(given, do)
    supposed = {**given, **do}.get(event)
    record = network.case.events[event]
    counts = network.node(event=event) in network.evidence(do).settled
    settled = record.settled.value if counts else None
    return supposed if supposed is not None else settled
