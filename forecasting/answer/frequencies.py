"""A network, an outcome and one or two facts go in; whole numbers of 1,000 cases come out.

Natural frequencies: so many cases in which the outcome is so, of these so many with the fact. All
else that is known counts; what is known of the facts themselves is left out, since the cases are
divided by it. The page computes the same in ``frequencies.js``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import ClassVar

import numpy as np

from forecasting.answer.explain import foremost
from forecasting.engine.network import Network
from forecasting.errors import nearest, refusal
from forecasting.file.propositions import event_of, title_of
from forecasting.file.quantities import claim_of
from forecasting.lexicon import Chance

# So many cases, or the next more if things are so rare that a branch has none: one with the facts
# as they are known, or one of the outcome that is as likely as one in 10,000.
SIZES = (1_000, 10_000, 100_000, 1_000_000)
RARE = 1e-4

# An event of more states than this is divided into one of them and all others.
MOST_PARTS = 5

MOST_FACTS = 2

# Whole cases may move an answer by a point before that is said.
POINT = 0.01

# Cases are shared out in units so small, as whole numbers: rounding of a computation, which differs
# between machines, then does not decide who gets one.
UNIT = 10**9


@dataclass(frozen=True, slots=True)
class Split:
    """What cases are divided by.

    Attributes
    ----------
    name, title : str
        An event, a proposition or a fact.
    parts : tuple of str
        Of yes and no ``("yes", "no")``; of an event with states their labels.
    seen : int
        Of the outcome, the part that is asked about; of a fact, the part that is known, or would be
        if the fact were seen.
    """

    name: str
    title: str
    parts: tuple[str, ...]
    seen: int


@dataclass(frozen=True, slots=True)
class BranchRow:
    """A branch of the tree: the cases in which all of ``path`` is so.

    Attributes
    ----------
    path : str
        Part by part, such as ``yes, no``.
    cases, of : int
        How many cases, and of how many on the branch before.
    probability : float
        The exact share of all cases.
    """

    path: str
    cases: int
    of: int
    probability: Chance


@dataclass(frozen=True, slots=True)
class Frequencies:
    """Cases divided by an outcome, then by facts.

    Attributes
    ----------
    cases : int
    splits : tuple of Split
        The outcome first.
    counts : tuple of int
        Cases in each combination of parts, the last split fastest; they sum to ``cases``.
    chances : tuple of float
        The exact probabilities of these combinations.
    forecast : float
        Probability of what is asked, with all that is known as it is known.
    """

    cases: int
    splits: tuple[Split, ...]
    counts: tuple[int, ...]
    chances: tuple[Chance, ...]
    forecast: Chance
    derived: ClassVar = ("answer", "counted", "is_moved")

    def total(self, *parts: int | None) -> int:
        """Count the cases in which the splits have these parts; None, or left out, is any."""
        return int(_part(self._shaped(self.counts), parts).sum())

    @property
    def facts(self) -> tuple[int, ...]:
        """The parts of the facts that are known."""
        return tuple(split.seen for split in self.splits[1:])

    @property
    def answer(self) -> Chance:
        """Exact probability of what is asked, if the facts were seen."""
        return self._share(self.chances)

    @property
    def counted(self) -> Chance:
        """The same among the whole cases."""
        return self._share(self.counts)

    @property
    def is_moved(self) -> bool:
        """Whether whole cases move the answer by more than a point."""
        return not abs(self.answer - self.counted) <= POINT

    @property
    def rows(self) -> tuple[BranchRow, ...]:
        """The branches, each before those it divides into."""
        chances = self._shaped(self.chances)
        sizes = [range(len(split.parts)) for split in self.splits]
        paths = [path for n in range(1, len(sizes) + 1) for path in product(*sizes[:n])]
        return tuple(
            BranchRow(
                ", ".join(split.parts[i] for split, i in zip(self.splits, path, strict=False)),
                self.total(*path),
                self.total(*path[:-1]),
                float(_part(chances, path).sum()),
            )
            for path in sorted(paths)
        )

    def _shaped(self, values: Sequence) -> np.ndarray:
        return np.reshape(values, [len(split.parts) for split in self.splits])

    def _share(self, values: Sequence) -> float:
        seen = self._shaped(values)[(slice(None), *self.facts)]
        return float(seen[self.splits[0].seen] / seen.sum()) if seen.sum() else float("nan")


def frequencies(
    network: Network, outcome: str, facts: Sequence[str] = (), *, alone: bool = False
) -> Frequencies:
    """Divide 1,000 cases like this one by an outcome, and then by facts.

    Every branch has as many cases as it is probable, rounded down or up, and branches sum to the
    one before (largest remainder). Where a branch that matters would have none, there are 10,000
    cases, or more.

    Parameters
    ----------
    network : Network
    outcome : str
        An event, a state or a cut.
    facts : sequence of str
        At most two facts, or propositions.
    alone : bool
        Leave out all other evidence too.

    Raises
    ------
    InputError
        If there is no such event or fact, there are more than two, or the evidence is impossible.

    References
    ----------
    Gigerenzer & Hoffrage (1995), doi:10.1037/0033-295X.102.4.684; on pictures of nested sets
    Böcherer-Linder & Eichler (2019), Frontiers in Psychology 10:267.

    Examples
    --------
    >>> from forecasting.file.case import read
    >>> found = frequencies(
    ...     Network(
    ...         read('''
    ... case: rain
    ... events: {rain: {base_rate: 20%}}
    ... evidence: {wet: {bears_on: rain, if_yes: 90%, if_no: 10%, status: confirmed}}
    ... ''')
    ...     ),
    ...     "rain",
    ...     ["wet"],
    ... )
    >>> found.counts, round(found.answer, 4)
    ((180, 20, 80, 720), 0.6923)
    """
    asked = _asked(network, outcome)
    if len(facts) > MOST_FACTS or len({*facts}) < len(facts):
        raise refusal("is too much for one tree", "facts", None, "", ", ".join(facts),
                      "one fact, or two that differ")  # fmt: skip
    forecast = network.posterior()[asked]  # refuses evidence that is impossible
    branches = [_parts_of(network, asked), *(_fact(network, name) for name in facts)]
    splits = tuple(split for split, _ in branches)
    left_out = evidence_of(network, None if alone else facts)
    combined = [
        {name: holds for one in some for name, holds in one.items()}
        for some in product(*(one for _, one in branches))
    ]
    logs = log_joints(network, combined, left_out)
    chances = np.exp(logs - logs.max())
    chances /= chances.sum()
    shaped = chances.reshape([len(split.parts) for split in splits])
    seen = (slice(None), *(split.seen for split in splits[1:]))
    needed = np.zeros(shaped.shape, dtype=bool)
    needed[splits[0].seen] = shaped[splits[0].seen] > RARE
    needed[seen] |= shaped[seen] > 1 / UNIT
    for cases in SIZES:
        counts = _whole(np.rint(shaped * (cases * UNIT)).astype(int), cases)
        if not (needed & (counts == 0)).any():
            break
    return Frequencies(
        cases, splits, tuple(counts.ravel().tolist()), tuple(chances.tolist()), forecast
    )


def log_joints(
    network: Network, combinations: Sequence[Mapping[str, bool]], without: frozenset = frozenset()
) -> np.ndarray:
    """Give the log-probability of each combination of propositions and facts, with the evidence.

    Parameters
    ----------
    network : Network
    combinations : sequence of dict of proposition or fact to bool
    without : frozenset
        Evidence to leave out, as :meth:`Network.tables` takes it.

    Returns
    -------
    array, shape (combinations,)
        Natural logs; less that of ``{}``, they are those of probabilities.
    """

    def column(combination: Mapping[str, bool]) -> np.ndarray:
        tables = network.tables({}, {}, without=without)
        for name, holds in combination.items():
            if name in network.case.evidence:
                tables[network.finding_cells(name).start + int(not holds)] = 0.0
            else:
                tables[network.excluded(name, holds)] = 0.0
        return tables

    log_z, _, _ = network.solved(column(one) for one in combinations)
    return log_z


def evidence_of(network: Network, facts: Sequence[str] | None = None) -> frozenset:
    """List what is known of some facts, or all evidence there is, to be left out."""
    some = network.case.evidence if facts is None else facts
    events = network.case.events if facts is None else ()
    told = {(kind, name) for name in some for kind in ("fact", "reports")}
    return frozenset(told | {("event", name) for name in events})


def facts_on(network: Network, outcome: str) -> list[str]:
    """List the facts that are known, or reported, and bear on an outcome itself."""
    event = event_of(outcome)
    found = network.evidence({})
    known = {*found.settled} | {network.program.reports[i].node for i in found.reports}
    return [
        name
        for name, fact in network.case.evidence.items()
        if network.node(fact=name) in known and event in {*map(event_of, fact.events)}
    ]


def _part(values: np.ndarray, parts: Sequence[int | None]) -> np.ndarray:
    return values[tuple(slice(None) if part is None else part for part in parts)]


def _asked(network: Network, outcome: str) -> str:
    """Find what is asked; of an event with states the likeliest."""
    found = network.told_of(outcome, "outcome")
    return found[0] if len(found) == 1 else foremost(network, event_of(outcome))


def _parts_of(network: Network, asked: str) -> tuple[Split, list[dict[str, bool]]]:
    """Divide by the states of an event if they are few, else by whether a proposition is so."""
    case, event = network.case, network.case.events[event_of(asked)]
    own = [f"{event_of(asked)}.{state}" for state in event.states or ()]
    if asked in own and len(own) <= MOST_PARTS:
        labels = tuple(event.states[one] or one.replace("_", " ") for one in event.states)
        split = Split(event_of(asked), title_of(case, event_of(asked)), labels, own.index(asked))
        return split, [{one: True} for one in own]
    return Split(asked, title_of(case, asked), ("yes", "no"), 0), [{asked: True}, {asked: False}]


def _fact(network: Network, name: str) -> tuple[Split, list[dict[str, bool]]]:
    case, sides = network.case, [{name: True}, {name: False}]
    if name not in case.evidence:
        if name not in network.names:
            hint = nearest(name, [*case.evidence, *network.names])
            raise refusal("there is no fact of this name", "facts", None, "", name, None, hint)
        return Split(name, title_of(case, name), ("yes", "no"), 0), sides
    reports = network.reports(name).values()
    denied = case.evidence[name].status == "absent" or (
        bool(reports) and not any(report.says for report in reports)
    )
    return Split(name, claim_of(case, name).rstrip("."), ("yes", "no"), int(denied)), sides


def _whole(quotas: np.ndarray, count: int) -> np.ndarray:
    """Share out a count among branches by their quotas, from the trunk to the leaves."""
    if not quotas.ndim:
        return np.array(count)
    sums = quotas.reshape(len(quotas), -1).sum(axis=1)
    counts, rests = np.divmod(sums, UNIT)
    largest = np.argsort(-rests, kind="stable")[: count - counts.sum()]
    counts[largest] += 1
    return np.stack([_whole(*one) for one in zip(quotas, counts, strict=True)])
