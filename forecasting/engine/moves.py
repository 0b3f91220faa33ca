"""A network and moves of its inputs go in; the probabilities of all moved networks come out.

What a slider does, for hundreds of sliders at once. Each column of one batch is the whole network
with some of its judgements moved, its intercepts and the weight of its reports solved anew, exactly
as ``Network`` would solve the moved case. Only what lies below a moved
judgement is computed again.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import batched

import numpy as np

from forecasting.engine import circuit
from forecasting.engine.inputs import moved
from forecasting.engine.network import MOST_CELLS, Network, Setting
from forecasting.judgement import Odds, Probability

Move = Mapping[str, "Probability | Odds"]


@dataclass(frozen=True)
class Solved:
    """The probabilities of moved networks.

    Attributes
    ----------
    events : tuple of str
    prior, posterior : array, shape (events, moves)
        Before and after the evidence; where a move makes the evidence impossible, NaN after it.
    log_evidence : array, shape (moves,)
        Natural log of the probability of the evidence.
    """

    events: tuple[str, ...]
    prior: np.ndarray
    posterior: np.ndarray
    log_evidence: np.ndarray

    def of(self, event: str) -> np.ndarray:
        """Give the posterior of one event, for every move."""
        return self.posterior[self.events.index(event)]


def solve(
    network: Network,
    moves: Sequence[Move],
    given: Setting | None = None,
    do: Setting | None = None,
    *,
    events: Collection[str] | None = None,
) -> Solved:
    """Solve a network under many moves of its inputs.

    Parameters
    ----------
    network : Network
    moves : sequence of dict of path to Probability or Odds
        Each a set of inputs moved together, by the paths of ``inputs.inputs``. A
        base rate is that for the window of the network.
    given, do : dict of event to yes or no, optional
        As for :meth:`Network.posterior`.
    events : collection of str, optional
        Solve for these only, which is faster: nodes that neither lead to them nor to evidence are
        left alone.

    Returns
    -------
    Solved

    Examples
    --------
    >>> from forecasting.file.case import read
    >>> network = Network(
    ...     read('''
    ... case: rain
    ... events: {rain: {base_rate: 20%}}
    ... evidence: {wet: {bears_on: rain, if_yes: 90%, if_no: 10%, status: confirmed}}
    ... ''')
    ... )
    >>> path = "events.rain.base_rate"
    >>> moves = [{path: Probability.exactly(p)} for p in (0.2, 0.5)]
    >>> solve(network, moves).of("rain").round(4).tolist()
    [0.6923, 0.9]
    """
    given, do = network.query(given, do)
    names = network.event_names if events is None else tuple(events)
    width = max(1, MOST_CELLS // (8 * network.plan.cells))
    parts = [_Batch(network, block, given, do, names).solved() for block in batched(moves, width)]
    if not parts:
        return Solved(names, *np.empty((2, len(names), 0)), np.empty(0))
    return Solved(
        names,
        np.concatenate([part.prior for part in parts], axis=1),
        np.concatenate([part.posterior for part in parts], axis=1),
        np.concatenate([part.log_evidence for part in parts]),
    )


class _Batch:
    """One column a move: first the network before the evidence, then with it."""

    def __init__(self, network: Network, moves: Sequence[Move], given, do, names) -> None:
        self.network, self.given, self.do, self.names = network, given, do, names
        self.plan = prior_plan(tuple(family.scope for family in network.families))
        self.variants = [_variant(network, move) for move in moves]
        below, needed = _below(network), self._needed()
        # Nodes whose prior may differ: those with a moved judgement, and all below them.
        self.stirred = [
            needed & set().union(*(below[k] for k in _changed(network, variant)))
            for variant in self.variants
        ]
        self.before = self._before()
        belief = circuit.evaluate(self.plan, self.before).belief
        cells = [belief[self.plan.slice(k)] for k in range(len(network.families))]
        self.complements, self.marginals = (
            np.stack([table[state::2].sum(axis=0) for table in cells]) for state in (0, 1)
        )
        for column, variant in enumerate(self.variants):
            variant.complements = self.complements[:, column]
            variant.marginals = self.marginals[:, column]

    def _needed(self) -> set[int]:
        """Find the nodes asked for, those with evidence, and all above them."""
        network = self.network
        statements, observed, pairs = network.findings(self.do)
        events = {*self.names, *statements, *self.given, *self.do}
        facts = {*observed, *(fact for fact, _ in pairs)}
        nodes = [network.node(event=event) for event in events]
        nodes += [network.node(fact=fact) for fact in facts]
        return network.above(nodes)

    def _before(self) -> np.ndarray:
        """Solve the intercepts of each column, level by level, and give all its tables."""
        network, plan = self.network, self.plan
        tables = np.repeat(_family_tables(network)[:, None], len(self.variants), axis=1)
        due: dict[int, list[tuple[int, int]]] = {}
        for column, variant in enumerate(self.variants):
            for k in self.stirred[column]:
                family = variant.families[k]
                if family.calibrated:
                    due.setdefault(network.depth[k], []).append((k, column))
                elif family is not network.families[k]:
                    centre = family.base.logit_median if family.base else 0.0
                    tables[plan.slice(k), column] = family.expected_table(centre)
        for level in sorted(due):
            columns = {column: i for i, column in enumerate(sorted({c for _, c in due[level]}))}
            belief = circuit.evaluate(plan, tables[:, list(columns)]).belief
            for k, column in due[level]:
                variant = self.variants[column]
                joint = belief[plan.slice(k), columns[column]].reshape(-1, 2).sum(axis=1)
                intercept = variant.intercept(k, joint)
                tables[plan.slice(k), column] = variant.families[k].expected_table(intercept)
        return tables

    def solved(self) -> Solved:
        """Put its evidence into each column, and solve."""
        network, plan = self.network, self.network.plan
        tables = np.repeat(network.tables(self.given, self.do)[:, None], len(self.variants), axis=1)
        statements, _, pairs = network.findings(self.do)
        made = {network.node(event=event) for event in self.do}
        bundled = []
        for column, variant in enumerate(self.variants):
            stirred = self.stirred[column]
            for k in stirred - made:
                tables[plan.slice(k), column] = self.before[self.plan.slice(k), column]
            for event in statements:
                record = variant.case.events[event]
                if (now := record.now) is None or network.settled(record):
                    continue
                if network.node(event=event) in stirred or now != network.case.events[event].now:
                    likelihood = np.array(variant.statement(event, now))
                    if event in self.given:
                        likelihood[int(not self.given[event])] = 0.0
                    tables[network.finding_cells(event=event), column] = likelihood
            touched = {
                pair
                for pair in pairs
                if variant.case.scales is not network.case.scales
                or variant.counted[pair] is not network.counted[pair]
                or network.node(fact=pair[0]) in stirred
            }
            variant.weigh(touched)
            for pair in touched:
                tables[network.report_cells(pair), column] = variant.report_table(pair)
            bundled += [(source, column) for source in {source for _, source in touched}]
        kappa = self._kappa(bundled, pairs)
        for source, column in bundled:
            letter = self.variants[column].reliability(source)
            cells = (kappa[source, column] * letter.complement, letter.mean)
            tables[network.source_cells(source), column] = cells
        answer = circuit.evaluate(plan, tables)
        posterior = network.events_of(answer.belief)
        posterior[:, np.isneginf(answer.log_z)] = np.nan
        asked = [network.node(event=event) for event in self.names]
        return Solved(self.names, self.marginals[asked], posterior[asked], answer.log_z)

    def _kappa(self, bundled, pairs) -> dict[tuple[str, int], float]:
        """Give, for sources and columns, the prior probability of a sound source's reports."""
        network = self.network
        tables = self.before[:, [column for _, column in bundled]]
        for i, (source, column) in enumerate(bundled):
            for pair in pairs:
                if pair[1] == source:
                    _, no, _, yes = self.variants[column].report_table(pair)
                    cells = tables[self.plan.slice(network.node(fact=pair[0])), i]
                    cells[0::2] *= no
                    cells[1::2] *= yes
        if not bundled:
            return {}
        chances = np.exp(circuit.evaluate(self.plan, tables).log_z)
        return dict(zip(bundled, chances.tolist(), strict=True))


def _variant(network: Network, move: Move) -> Network:
    """Copy a network with moved judgements; what follows from them is not solved yet."""
    case = network.case
    for path, judgement in move.items():
        case = moved(case, path, judgement)
    variant = network.copied(case)
    for path in move:
        section, *rest = path.split(".")
        if section == "events" and rest[1] != "now":
            variant.rebuild(event=rest[0])
        elif section == "links":
            variant.rebuild(event=rest[1])
        elif section == "evidence" and rest[1] == "reports":
            fact = rest[0]
            reports = variant.reports(fact).items()
            variant.counted = variant.counted | {(fact, source): one for source, one in reports}
        elif section == "evidence":
            variant.rebuild(fact=rest[0])
    return variant


def _changed(network: Network, variant: Network) -> list[int]:
    """Find the nodes whose judgements were moved."""
    pairs = zip(network.families, variant.families, strict=True)
    return [k for k, (old, new) in enumerate(pairs) if new is not old]


def _below(network: Network) -> list[set[int]]:
    """Find for each node itself and all below it."""
    below = [{k} for k in range(len(network.families))]
    for k in sorted(range(len(below)), key=lambda k: -network.depth[k]):
        for parent in network.families[k].scope[:-1]:
            below[parent] |= below[k]
    return below


def _family_tables(network: Network) -> np.ndarray:
    """Give the tables of events and facts before the evidence, one after the other."""
    return np.concatenate([network.prior_table(k) for k in range(len(network.families))])


@lru_cache(maxsize=32)
def prior_plan(scopes: tuple[tuple[int, ...], ...]) -> circuit.Plan:
    """Compile the network of events and facts alone, without sources and reports."""
    return circuit.compile(scopes, len(scopes))
