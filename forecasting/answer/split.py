"""Two versions of a case go in; what each judgement makes of the difference between them comes out.

The difference between two posteriors is split over the judgements that differ, by Shapley value, in
log-odds and in probability: in both the shares sum to the difference.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import compress

import numpy as np

from forecasting.amounts import Shown, shown
from forecasting.answer import shapley
from forecasting.answer.changes import SORTS, Change, changes, mixed, together
from forecasting.answer.forecast import asked
from forecasting.answer.rows import frame, objects
from forecasting.engine.distribution import distribution
from forecasting.engine.network import Network
from forecasting.engine.window import stated_rate
from forecasting.errors import refusal
from forecasting.file.case import Case, as_date
from forecasting.file.propositions import find, parts_of, title_of
from forecasting.judgement import Probability, logit
from forecasting.lexicon import Chance, LogOdds, Points

# A difference is split into so many parts at most, whose every coalition is solved: 4,096 of them.
# Beyond that the smallest changes are one part.
PARTS = 12

# The sort of that part, unless its changes are all of one.
REST = "the rest"

# The points of an amount that are compared.
POINTS = (0.05, 0.5, 0.95)


@dataclass(frozen=True, slots=True)
class ShareRow:
    """What one change, or one sort of change, makes of the difference between two posteriors.

    Attributes
    ----------
    event, title : str
        The event, or a state or cut of one, and its title.
    first, second : str
        Whose forecasts differ.
    sort : str
        Of ``changes.SORTS``, such as ``base rate`` or ``link``; or ``"the rest"``: smaller changes
        of several sorts.
    path, what, before, after : str
        The judgement that differs, in words, and what each says; empty for a whole sort. Smaller
        changes taken together have words only.
    log_odds, probability : float
        Its share of the second posterior less the first. Shares sum to the difference. NaN in
        log-odds where a posterior is exactly 0 or 1.
    """

    event: str
    title: str
    first: str
    second: str
    sort: str
    path: str
    what: str
    before: str
    after: str
    log_odds: LogOdds
    probability: Points


@dataclass(frozen=True)
class Split:
    """How two cases differ, and what each change makes of the difference in each posterior.

    Attributes
    ----------
    first, second : str
        What the two are called.
    changes : tuple of Change
        All that differs.
    parts : tuple of Change
        What the difference is split over: the changes, or beyond 12 the 11 largest and all others
        as one.
    events : tuple of str
    titles : tuple of str
    before, after : dict of event to probability
        The posterior of each.
    log_odds, probability : array, shape (parts, events)
        Shares, as in :class:`ShareRow`.
    point_rows : tuple of PointRow
        The points of the amounts, by each of the two.
    lexicon : {"icd-203", "phia"}
        In whose words the second case is told.
    """

    first: str
    second: str
    changes: tuple[Change, ...]
    parts: tuple[Change, ...]
    events: tuple[str, ...]
    titles: tuple[str, ...]
    before: Mapping[str, float]
    after: Mapping[str, float]
    log_odds: np.ndarray = field(repr=False)
    probability: np.ndarray = field(repr=False)
    point_rows: tuple[PointRow, ...] = ()
    lexicon: str = "icd-203"

    @property
    def rows(self) -> tuple[ShareRow, ...]:
        """One row for every event and part, in the order of the case."""
        return tuple(
            self._row(i, (c,), part.sort, part.path, part.title, part.before, part.after)
            for i in range(len(self.events))
            for c, part in enumerate(self.parts)
        )

    @property
    def sort_rows(self) -> tuple[ShareRow, ...]:
        """One row for every event and sort of change."""
        return tuple(
            self._row(i, members, sort)
            for i in range(len(self.events))
            for sort in (*SORTS, REST)
            if (members := tuple(c for c, part in enumerate(self.parts) if part.sort == sort))
        )

    def _row(self, i: int, members, sort, path="", what="", before="", after="") -> ShareRow:
        shares = (self.log_odds, self.probability)
        numbers = (float(share[list(members), i].sum()) for share in shares)
        named = self.events[i], self.titles[i], self.first, self.second
        return ShareRow(*named, sort, path, what, before, after, *numbers)

    @property
    def points(self) -> tuple[ShareRow, ...]:
        """The points of amounts as rows of the same kind, which nothing is split over."""
        named = self.first, self.second
        half = ([row for row in self.point_rows if row.analyst == who] for who in named)
        return tuple(
            ShareRow(
                f"{one.event}.{one.level:.0%}", one.title, *named, "point", "", "",
                one.told, other.told, math.nan, math.nan,
            )
            for one, other in zip(*half, strict=True)
        )  # fmt: skip

    table = frame(ShareRow, "rows", "shares")
    by_sort = frame(ShareRow, "sort_rows", "shares summed by sort of change")

    def as_json(self) -> dict:
        """Give the difference as ``forecasting diff --format json`` prints it."""
        return {
            "first": self.first,
            "second": self.second,
            "changes": [
                {"path": c.path, "sort": c.sort, "before": c.before, "after": c.after}
                for c in self.changes
            ],
            "events": {
                event: {"before": self.before[event], "after": self.after[event]}
                for event in self.events
            },
            "amounts": objects(self.point_rows),
            "shares": objects(self.rows),
        }


@dataclass(frozen=True, slots=True)
class PointRow:
    """One point of an amount by one analyst, or by one version of a case.

    Attributes
    ----------
    event, title, analyst : str
        The amount, its title, and whose forecast it is.
    level : float
        How probable it is that the amount lies below the point.
    prior, posterior : float
        The point before and after the evidence.
    whole : bool
        It is a count, and shown as one.
    """

    event: str
    title: str
    analyst: str
    level: Chance
    prior: Shown
    posterior: Shown
    whole: bool

    @property
    def told(self) -> str:
        """The point after the evidence, as it is shown."""
        return shown(self.posterior, whole=self.whole)


def split(
    first: Case,
    second: Case,
    *,
    names: tuple[str, str] = ("before", "after"),
    events: Sequence[str] | None = None,
    parts: int | None = None,
) -> Split:
    r"""Split the difference between two forecasts over what differs between their cases.

    The share of a change is what making it adds to the posterior, averaged over all orders in which
    the changes can be made (its Shapley value), once for the log-odds and once for the probability.
    Beyond 12 changes, those that move the posteriors least when made alone, and when undone alone,
    are one part, made together: "7 smaller changes".

    Numbers that a slider can move cost about a millisecond for each coalition of them. Every set of
    the other changes (items, grades, status, dates) needs a network of its own, some hundredths of
    a second on the main case, so that ten of these take the better part of a minute.

    Parameters
    ----------
    first, second : Case
        About the same events.
    names : (str, str)
        What to call them.
    events : sequence of str, optional
        Which events; by default the outcomes.
    parts : int, optional
        Over so many at most, instead of 12; the smallest changes are one of them.

    Returns
    -------
    Split

    Raises
    ------
    InputError
        If the cases are about different events, or if some of the changes without the others make
        the evidence impossible.

    References
    ----------
    Shapley (1953), A value for n-person games, doi:10.1515/9781400881970-018

    Examples
    --------
    >>> from forecasting import override, read
    >>> case = read('''
    ... case: rain
    ... events: {rain: {base_rate: 20%}}
    ... evidence: {wet: {bears_on: rain, if_yes: 80%, if_no: 20%, status: confirmed}}
    ... ''')
    >>> wetter = override(case, {"events.rain.base_rate": "50%", "evidence.wet.if_no": "40%"})
    >>> [(row.path, round(row.log_odds, 4)) for row in split(case, wetter).rows]
    [('events.rain.base_rate', 1.3863), ('evidence.wet.if_no', -0.6931)]
    """
    chosen = common((first, second), events)
    differ = changes(first, second)
    most = PARTS if parts is None else parts
    over, worth = differ, _Worth(first, second, differ, chosen)
    if len(differ) > most:
        over = _grouped(differ, worth, most)
        worth = _Worth(first, second, over, chosen)
    ends = worth(np.repeat([[False], [True]], len(over), axis=1))
    with np.errstate(invalid="ignore"):  # log-odds of an event that is settled are infinite
        shares = shapley.exact(len(over), worth)
    shares[~np.isfinite(shares)] = np.nan
    before, after = (dict(zip(chosen, end[len(chosen) :].tolist(), strict=True)) for end in ends)
    return Split(
        *names, differ, over, chosen, tuple(title_of(first, event) for event in chosen),
        before, after, *np.split(shares, 2, axis=1),
        points_of(dict(zip(names, (first, second), strict=True)), amounts(first, events)),
        second.lexicon,
    )  # fmt: skip


def common(cases: Iterable[Case], events: Sequence[str] | None) -> tuple[str, ...]:
    """List the propositions asked about that all cases have; an amount without cuts has none."""
    first, *others = cases
    chances = events and [n for n in events if n not in first.events or parts_of(first, n)]
    names = asked(first, events if events is None else chances)
    return tuple(name for name in names if all(find(case, name) for case in others))


def amounts(case: Case, events: Sequence[str] | None) -> list[str]:
    """List the amounts asked about; those that are outcomes if none is named."""
    names = dict.fromkeys(case.outcomes if events is None else events)
    return [name for name in names if name in case.events and case.events[name].quantity]


def points_of(cases: Mapping[str, Case], events: Sequence[str]) -> tuple[PointRow, ...]:
    """Give the points of some amounts by several versions of a case; amount by amount."""
    networks = {name: Network(case) for name, case in cases.items()} if events else {}
    rows = []
    for event in events:
        for name, network in networks.items():
            about = event, title_of(network.case, event), name
            whole = network.case.events[event].quantity.whole
            points = distribution(network, event).quantiles(POINTS).tolist()
            for level, ends in zip(POINTS, points, strict=True):
                rows.append(PointRow(*about, level, *ends, whole))
    return tuple(rows)


def _grouped(differ: tuple[Change, ...], worth: _Worth, most: int) -> tuple[Change, ...]:
    """Join the changes that move least into one part, which comes last."""
    count = len(differ)
    alone, ends = np.eye(count, dtype=bool), np.repeat([[False], [True]], count, axis=1)
    # In probability, which is finite where an event is settled too. From both ends, so that the
    # difference the other way round has the same parts.
    posterior = worth(np.vstack([alone, ~alone, ends]))[:, len(worth.events) :]
    made, undone, (first, second) = np.split(posterior, [count, 2 * count])
    moved = np.maximum(abs(made - first), abs(second - undone)).max(axis=1, initial=0.0)
    # Rounded, so that changes which move nothing are ranked by their place and not by noise.
    largest = np.argsort(-moved.round(12), kind="stable")[: most - 1]
    smaller = [change for i, change in enumerate(differ) if i not in largest]
    sorts = {change.sort for change in smaller}
    rest = replace(
        together(smaller),
        path="",
        sort=sorts.pop() if len(sorts) == 1 else REST,
        title=f"{len(smaller)} smaller changes",
        before="",
        after="",
    )
    return (*(differ[i] for i in sorted(largest)), rest)


@dataclass(frozen=True)
class _Worth:
    """Gives the posteriors with some of the changes made: log-odds, then probabilities."""

    first: Case
    second: Case
    differ: tuple[Change, ...]
    events: tuple[str, ...]

    def __call__(self, coalitions: np.ndarray) -> np.ndarray:
        quick = np.array([bool(change.moves) for change in self.differ], bool)
        probability = np.empty((len(coalitions), len(self.events)))
        # Changes that are moves of inputs are solved in one batch for each set of the other ones.
        kinds, kind_of = np.unique(coalitions[:, ~quick], axis=0, return_inverse=True)
        for kind, made in enumerate(kinds):
            some = list(compress(compress(self.differ, ~quick), made))
            parts = self._moves(some)
            at = kind_of.ravel() == kind
            together = [
                {path: one for part in compress(parts, chosen) for path, one in part.items()}
                for chosen in coalitions[at][:, quick]
            ]
            network = Network(mixed(self.first, self.second, some))
            probability[at] = network.moved(together, events=self.events).posterior.T
        if np.isnan(probability).any():
            raise refusal(
                "the difference cannot be split: with some of the changes made and others not, "
                "the evidence is impossible",
                self.second.node.file,
                found=", ".join(change.path for change in self.differ),
                in_full=True,
            )
        return np.hstack([logit(probability), probability])

    def _moves(self, some: list[Change]) -> list[dict]:
        """Give each change that is a move; a base rate becomes that for the window of ``some``."""
        quick = [change for change in self.differ if change.moves]
        rates = [change for change in quick if None in change.moves.values()]
        case = mixed(self.first, self.second, [*some, *rates])
        days = as_date(case.as_of), as_date(case.resolve_by)

        def rate(event: str) -> Probability:
            return stated_rate(case, event, *days).here

        return [
            {path: one or rate(change.of) for path, one in change.moves.items()} for change in quick
        ]
