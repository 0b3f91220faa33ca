"""A solved network goes in; variables, each with its whole table, and what was observed come out.

Other programs know neither links nor sources. Here every event and every fact has a table in place
of odds, each source is a variable that is sound or unsound, each report one that hangs on its fact
and its source, and what is held now of an event hangs on the event. Once what was observed is
entered, the probabilities are those of the case.
"""

from __future__ import annotations

import re
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product
from typing import Any

import numpy as np

from forecasting.errors import refusal
from forecasting.file.naming import new_id
from forecasting.file.propositions import YES_NO, states_of
from forecasting.lexicon import counted

# Words that begin something in a BIF file, and so name nothing there.
KEYWORDS = frozenset(
    ("network", "variable", "probability", "property", "type", "discrete", "table", "default")
)

SOUND = ("unsound", "sound")


@dataclass(frozen=True, slots=True)
class Variable:
    """A variable of a network.

    Attributes
    ----------
    name : str
    states : tuple of str
    parents : tuple of str
    rows : dict of tuple of str to tuple of float
        For each combination of the parents' states, the last parent fastest, the probability of
        each state as it was written.
    title : str
        Its name in words, where that is another; empty if there is none.
    labels : dict of str to str
        The names of its states in words, of those where that is another.
    """

    name: str
    states: tuple[str, ...]
    parents: tuple[str, ...]
    rows: Mapping[tuple[str, ...], tuple[float, ...]]
    title: str = field(default="", repr=False)
    labels: Mapping[str, str] = field(default_factory=dict, repr=False)


@dataclass(frozen=True)
class Tabulated:
    """A network as other programs know it.

    Attributes
    ----------
    variables : tuple of Variable
        Parents before their children.
    observed : dict of str to str
        The state of each variable that was observed.
    notes : tuple of str
        What is lost on the way, in sentences.
    """

    variables: tuple[Variable, ...]
    observed: Mapping[str, str]
    notes: tuple[str, ...]


def tabulate(network) -> Tabulated:
    r"""Write a solved network as variables with tables.

    A report's table is, up to a constant factor, P(report | fact) from a sound source. From an
    unsound one it is :math:`\kappa^{1/n}`, of n reports that share one source, so that together
    they weigh :math:`\kappa` whatever the world. What is held now is a likelihood in the same way.

    Examples
    --------
    >>> from forecasting.engine.network import Network
    >>> from forecasting.file.case import read
    >>> made = tabulate(Network(read("{case: rain, events: {rain: {base_rate: 20%, now: 50%}}}")))
    >>> made.variables[0].rows, made.observed
    ({(): (0.8, 0.2)}, {'rain_now': 'yes'})
    """
    return _Tabulation(network).tabulated()


class _Tabulation:
    """Gathers the variables of a network under names that every program takes."""

    def __init__(self, network) -> None:
        self.network = network
        self.taken = set(KEYWORDS)
        self.states: dict[str, tuple[str, ...]] = {}
        self.variables: list[Variable] = []
        self.observed: dict[str, str] = {}

    def tabulated(self) -> Tabulated:
        network, case, found = self.network, self.network.case, self.network.evidence({})
        events, facts = case.events, case.evidence
        names = [self._name(name, _safe(states_of(event))) for name, event in events.items()]
        names += [self._name(name, YES_NO) for name in facts]
        titles = [record.title or name for name, record in events.items()]
        titles += [record.claim or name for name, record in facts.items()]
        labels = [(event.states or {}).values() for event in events.values()] + [()] * len(facts)
        nodes = network.program.nodes
        for k, node in sorted(enumerate(nodes), key=lambda one: one[1].level):
            if node.states == 1:  # an amount without cuts has nothing to tell, nor to move
                continue
            parents = tuple(names[j] for j in node.scope[:-1])
            self._add(names[k], parents, network.prior_tables[node.cells], titles[k], labels[k])
            if k in found.settled:
                self.observed[names[k]] = self.states[names[k]][int(found.settled[k])]
        for k in found.now:
            event = network.event_names[k]
            about = f"what is held now of {titles[k]}"
            self._weigh(f"{event}_now", (names[k],), network.statement(event), about)
        self._report(dict(zip(facts, names[len(events) :], strict=True)), found.reports)
        return Tabulated(tuple(self.variables), self.observed, tuple(self._lost()))

    def _report(self, facts: Mapping[str, str], counting: Sequence[int]) -> None:
        """Add the sources, and the reports that count."""
        network = self.network
        pairs = [pair for pair, i in network.numbered.items() if i in set(counting)]
        often = Counter(source for _, source in pairs)
        kappa, sources = network.kappa(), {}
        for name, source in zip(network.source_names, network.program.sources, strict=True):
            title = network.case.sources[name].title or name
            sources[name] = self._name(name, SOUND)
            self._add(sources[name], (), network.prior_tables[source.at : source.at + 2], title)
        for fact, source in pairs:
            unsound = kappa[source] ** (1 / often[source])
            _, no, _, yes = network.report_table((fact, source))
            about = f"what {source} says of {fact}"
            scope = facts[fact], sources[source]
            self._weigh(f"{fact}_by_{source}", scope, (unsound, no, unsound, yes), about)

    def _name(self, name: str, states: tuple[str, ...]) -> str:
        """Give a variable a name that every program takes, and its states."""
        safe = new_id(name.replace("-", "_"), self.taken)
        self.taken.add(safe)
        self.states[safe] = states
        return safe

    def _add(self, name: str, parents: tuple[str, ...], cells, title: str, labels=()) -> None:
        states = self.states[name]
        called = dict(zip(states, labels, strict=False))  # of yes and no there are none
        called = {state: label for state, label in called.items() if label != state}
        rows = np.reshape(cells, (-1, len(states))).tolist()
        keys = product(*(self.states[parent] for parent in parents))
        table = dict(zip(keys, map(tuple, rows), strict=True))
        self.variables.append(
            Variable(name, states, parents, table, title if title != name else "", called)
        )

    def _weigh(self, name: str, parents: tuple[str, ...], likelihood, title: str) -> None:
        """Add what was observed and weighs the states of its parents by a likelihood."""
        weights = np.asarray(likelihood, dtype=float)
        yes = weights / (weights.max() or 1.0)
        name = self._name(name, YES_NO)
        self._add(name, parents, np.stack([1 - yes, yes], axis=1), title)
        self.observed[name] = "yes"

    def _lost(self) -> Iterator[str]:
        network = self.network
        ranges = sum(one is not None and one.normal[1] > 0 for one in network.program.stated)
        if network.case.links:
            links = counted(len(network.case.links), "link")
            yield f"{links} became rows of tables: moving a base rate no longer solves them anew"
        if ranges:
            yield f"{counted(ranges, 'range')} became what is expected of each: there is no band"
        if network.source_names:
            sources = counted(len(network.source_names), "source")
            yield f"{sources} and what each reports became variables of their own"
        if amounts := [name for name, one in network.case.events.items() if one.quantity]:
            cells = "of amounts only the cells between cuts are left, if there are cuts"
            yield f"{cells}: {', '.join(amounts)}"
        if ordered := [name for name, one in network.case.events.items() if one.ordered]:
            yield f"that states have an order is lost: {', '.join(ordered)}"
        if network.as_of:
            yield f"it is the network of {network.as_of}: another day has other tables"
        if self.observed:
            yield f"enter what was observed: {counted(len(self.observed), 'finding')}"


def _safe(states: Sequence[str]) -> tuple[str, ...]:
    """Name states, among them the cells of an amount, with letters, digits and ``_`` alone."""
    taken: list[str] = []
    for state in states:
        low, dots, high = state.partition("..")
        if dots:
            state = (
                f"{low}_to_{high}" if low and high else f"above_{low}" if low else f"below_{high}"
            )
        taken.append(
            new_id(re.sub(r"\W", "_", state.replace("-", "minus_" if dots else "_")), taken)
        )
    return tuple(taken)


def to_pyagrum(tabulated: Tabulated) -> Any:
    """Make pyAgrum's network of variables with tables; what was observed is not entered."""
    gum = _imported("pyagrum")
    made = gum.BayesNet()
    for one in tabulated.variables:
        made.add(gum.LabelizedVariable(one.name, one.title or one.name, list(one.states)))
    for one in tabulated.variables:
        for parent in one.parents:
            made.addArc(parent, one.name)
        # Its first variable is the fastest, and its parents stand in the order of the arcs.
        table = made.cpt(one.name)
        for words, row in one.rows.items():
            table[dict(zip(one.parents, words, strict=True))] = list(row)
    return made


def to_pgmpy(tabulated: Tabulated) -> Any:
    """Make pgmpy's network of variables with tables; what was observed is not entered."""
    _imported("pgmpy")
    from pgmpy.factors.discrete import TabularCPD
    from pgmpy.models import DiscreteBayesianNetwork

    states = {one.name: one.states for one in tabulated.variables}
    made = DiscreteBayesianNetwork()
    made.add_nodes_from(states)
    made.add_edges_from((p, one.name) for one in tabulated.variables for p in one.parents)
    for one in tabulated.variables:
        made.add_cpds(
            TabularCPD(
                one.name,
                len(one.states),
                np.array(list(one.rows.values())).T,
                list(one.parents),
                [len(states[parent]) for parent in one.parents],
                {name: list(states[name]) for name in (one.name, *one.parents)},
            )
        )
    return made


def _imported(package: str) -> Any:
    """Import a package that is not needed for anything else."""
    from importlib import import_module

    try:
        return import_module(package)
    except ModuleNotFoundError as missing:
        if missing.name != package:
            raise
        hint = f"{sys.executable} -m pip install {package}"
        raise refusal(f"{package} is not installed", "", hint=hint) from None
