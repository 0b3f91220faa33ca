"""A network, an outcome and one or two facts go in; whole numbers of 1,000 cases come out.

Natural frequencies: so many cases in which the outcome is so, of these so many with the fact. All
else that is known counts; what is known of the facts themselves is left out, since the cases are
divided by it. The page computes the same in ``frequencies.js``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import product

import numpy as np

from forecasting.answer.explain import foremost
from forecasting.engine.network import Network
from forecasting.errors import nearest, refusal
from forecasting.file.propositions import event_of, title_of
from forecasting.file.quantities import claim_of

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


@dataclass(frozen=True, eq=False)
class Frequencies:
    """Cases divided by an outcome, then by facts.

    Attributes
    ----------
    cases : int
        How many are divided.
    splits : tuple of Split
        What they are divided by, the outcome first.
    counts, chances : array, shape (parts of the outcome, parts of a fact, ...)
        Cases in each combination of parts, which sum to ``cases``, and its exact probability.
    forecast : float
        Probability of what is asked, with all that is known as it is known.
    """

    cases: int
    splits: tuple[Split, ...]
    counts: np.ndarray
    chances: np.ndarray
    forecast: float

    def total(self, *parts: int | None) -> int:
        """Count the cases in which the splits have these parts; None, or left out, is any."""
        return int(self.counts[tuple(slice(None) if one is None else one for one in parts)].sum())

    @property
    def facts(self) -> tuple[int, ...]:
        """The parts of the facts that are known."""
        return tuple(split.seen for split in self.splits[1:])

    @property
    def answer(self) -> float:
        """Exact probability of what is asked, if the facts were seen."""
        return self._share(self.chances)

    @property
    def counted(self) -> float:
        """The same among the whole cases; NaN if there are none with these facts."""
        return self._share(self.counts)

    @property
    def is_moved(self) -> bool:
        """Whether whole cases move the answer by more than a point."""
        return not abs(self.answer - self.counted) <= POINT

    def _share(self, values: np.ndarray) -> float:
        seen = values[(slice(None), *self.facts)]
        return float(seen[self.splits[0].seen] / seen.sum()) if seen.sum() else float("nan")

    @property
    def rows(self) -> list[dict[str, object]]:
        """The combinations of parts, each with its cases and its probability."""
        return [
            {split.name: split.parts[i] for split, i in zip(self.splits, path, strict=True)}
            | {"cases": count, "probability": float(self.chances[path])}
            for path, count in np.ndenumerate(self.counts.astype(object))
        ]

    def as_json(self) -> dict[str, object]:
        """Give plain values, as a page reads them."""
        flat = {name: getattr(self, name).ravel().tolist() for name in ("counts", "chances")}
        splits, names = [asdict(one) for one in self.splits], ("cases", "forecast", "answer")
        return {"splits": splits, **flat, **{name: getattr(self, name) for name in names}}


def frequencies(
    network: Network, outcome: str, facts: Sequence[str] = (), *, without: frozenset = frozenset()
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
    without : frozenset
        Evidence to leave out besides, as :meth:`Network.tables` takes it.

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
    >>> found.counts.tolist(), round(found.answer, 4)
    ([[180, 20], [80, 720]], 0.6923)
    """
    if len(facts) > MOST_FACTS or len({*facts}) < len(facts):
        accepted = "one fact, or two that differ"
        raise refusal("is too much for one tree", "facts", None, "", ", ".join(facts), accepted)
    told = network.told_of(outcome, "outcome")
    asked = told[0] if len(told) == 1 else foremost(network, event_of(outcome))
    forecast = network.posterior()[asked]  # refuses evidence that is impossible
    branches = [_outcome(network, asked), *(_fact(network, name) for name in facts)]
    splits = tuple(split for split, _ in branches)
    combined = [
        {name: holds for one in some for name, holds in one.items()}
        for some in product(*(parts for _, parts in branches))
    ]
    left_out = frozenset((kind, name) for name in facts for kind in ("fact", "reports"))
    logs = log_joints(network, network.tables({}, {}, without=left_out | without), combined)
    chances = np.exp(logs - logs.max()).reshape([len(split.parts) for split in splits])
    chances /= chances.sum()
    seen = (slice(None), *(split.seen for split in splits[1:]))
    needed = np.zeros(chances.shape, dtype=bool)
    needed[splits[0].seen] = chances[splits[0].seen] > RARE
    needed[seen] |= chances[seen] > 1 / UNIT
    for cases in SIZES:
        counts = _whole(np.rint(chances * (cases * UNIT)).astype(int), cases)
        if not (needed & (counts == 0)).any():
            break
    return Frequencies(cases, splits, counts, chances, forecast)


def log_joints(
    network: Network, tables: np.ndarray, combinations: Sequence[Mapping[str, bool]]
) -> np.ndarray:
    """Give the natural log of the probability of each combination, with what is in the tables.

    Parameters
    ----------
    network : Network
    tables : array, shape (cells,)
        As :meth:`Network.tables` gives them; ``network.prior_tables`` hold no evidence.
    combinations : sequence of dict of proposition or fact to bool

    Returns
    -------
    array, shape (combinations,)
    """

    def column(combination: Mapping[str, bool]) -> np.ndarray:
        own = tables.copy()
        for name, holds in combination.items():
            if name in network.case.evidence:
                own[network.finding_cells(name).start + int(not holds)] = 0.0
            else:
                own[network.excluded(name, holds)] = 0.0
        return own

    return network.solved(column(one) for one in combinations)[0]


def facts_on(network: Network, outcome: str) -> list[str]:
    """List the facts that are known, or reported, and bear on an outcome itself."""
    event, facts = event_of(outcome), network.case.evidence
    return [one for one in network.known_facts() if event in map(event_of, facts[one].events)]


def _outcome(network: Network, asked: str) -> tuple[Split, list[dict[str, bool]]]:
    """Divide by the states of an event if they are few, else by whether a proposition is so."""
    case, event = network.case, event_of(asked)
    states = case.events[event].states or {}
    own = [f"{event}.{state}" for state in states]
    if asked not in own or len(own) > MOST_PARTS:
        return _yes_no(asked, title_of(case, asked))
    labels = tuple(label or name.replace("_", " ") for name, label in states.items())
    return Split(event, title_of(case, event), labels, own.index(asked)), [{o: True} for o in own]


def _fact(network: Network, name: str) -> tuple[Split, list[dict[str, bool]]]:
    case = network.case
    if name in network.names:
        return _yes_no(name, title_of(case, name))
    if name not in case.evidence:
        hint = nearest(name, [*case.evidence, *network.names])
        raise refusal("there is no fact of this name", "facts", None, "", name, None, hint)
    reports = network.reports(name).values()
    denied = bool(reports) and not any(report.says for report in reports)
    no = case.evidence[name].status == "absent" or denied
    return _yes_no(name, claim_of(case, name).rstrip("."), int(no))


def _yes_no(name: str, title: str, seen: int = 0) -> tuple[Split, list[dict[str, bool]]]:
    return Split(name, title, ("yes", "no"), seen), [{name: True}, {name: False}]


def _whole(quotas: np.ndarray, count: int) -> np.ndarray:
    """Share out a count among branches by their quotas, from the trunk to the leaves."""
    if not quotas.ndim:
        return np.array(count)
    sums = quotas.reshape(len(quotas), -1).sum(axis=1)
    counts, rests = np.divmod(sums, UNIT)
    largest = np.argsort(-rests, kind="stable")[: count - counts.sum()]
    counts[largest] += 1
    return np.stack([_whole(*one) for one in zip(quotas, counts, strict=True)])
