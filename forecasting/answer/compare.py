"""A case and the analysts' versions of it go in; who differs on what, and their pool, come out.

The difference between two posteriors is split over the judgements that differ, by Shapley value, in
log-odds and in probability: in both the shares sum to the difference. The posteriors of several
analysts are pooled in three ways, each also without each analyst.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import date
from itertools import compress
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from forecasting.amounts import Shown, shown
from forecasting.answer import shapley
from forecasting.answer.changes import SORTS, Change, changes, mixed, together
from forecasting.answer.forecast import asked, outlook
from forecasting.answer.pools import POOLS, default_factor, pool, pool_states
from forecasting.answer.rows import objects, tidy
from forecasting.engine.distribution import distribution
from forecasting.engine.network import Network
from forecasting.engine.window import stated_rate
from forecasting.errors import InputError, Problem
from forecasting.file.case import Case, as_date
from forecasting.file.overlay import apply, load_overlay
from forecasting.file.propositions import event_of, find, parts_of, title_of
from forecasting.judgement import Probability, logit
from forecasting.lexicon import Chance, LogOdds, Points

if TYPE_CHECKING:
    import pandas as pd

# A difference is split into so many parts at most, whose every coalition is solved: 4,096 of them.
# Beyond that the smallest changes are one part.
PARTS = 12

# The sort of that part, unless its changes are all of one.
REST = "the rest"

# The name under which the case without any overlay is compared.
AS_IT_STANDS = "the case as it stands"

# The points of an amount that are compared.
POINTS = (0.05, 0.5, 0.95)

# The columns of a comparison as one table.
COMPARED = (
    "kind", "event", "title", "analyst", "against", "sort", "path", "before", "after", "prior",
    "value", "log_odds", "word",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class ShareRow:
    """What one change, or one sort of change, makes of the difference between two posteriors.

    Attributes
    ----------
    event, title : str
    first, second : str
        Whose forecasts differ.
    sort : str
        Of ``changes.SORTS``, or ``"the rest"``: smaller changes of several sorts.
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
        Of the amounts, by each of the two.
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

    @property
    def table(self) -> pd.DataFrame:
        """Table of shares; its columns are the fields of :class:`ShareRow`."""
        return tidy(ShareRow, self.rows)

    @property
    def by_sort(self) -> pd.DataFrame:
        """Table of shares summed by sort of change."""
        return tidy(ShareRow, self.sort_rows)

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
class AnalystRow:
    """One analyst's forecast of one event."""

    event: str
    title: str
    analyst: str
    prior: Chance
    posterior: Chance
    word: str


@dataclass(frozen=True, slots=True)
class PointRow:
    """One point of an amount by one analyst, or by one version of a case.

    Attributes
    ----------
    event, title, analyst : str
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


@dataclass(frozen=True, slots=True)
class PoolRow:
    """The analysts' posteriors of one event as one probability.

    Attributes
    ----------
    event, title : str
    pool : {"linear", "log-odds", "extremized"}
    without : str
        The analyst left out; empty if none is.
    probability : float
        NaN where one analyst holds the event impossible and another certain.
    """

    event: str
    title: str
    pool: str
    without: str
    probability: Chance


@dataclass(frozen=True)
class Comparison:
    """Analysts side by side.

    Attributes
    ----------
    case : Case
    as_of, resolve_by : date or None
    analysts : tuple of str
        The case as it stands comes first.
    analyst_rows : tuple of AnalystRow
    point_rows : tuple of PointRow
        Of the amounts.
    splits : tuple of Split
        One for each pair that was compared.
    pool_rows : tuple of PoolRow
        Of the analysts without the case as it stands; none for a single analyst.
    factor : float
        By which the extremized pool of all analysts multiplies their mean log-odds.
    """

    case: Case
    as_of: date | None
    resolve_by: date | None
    analysts: tuple[str, ...]
    analyst_rows: tuple[AnalystRow, ...]
    point_rows: tuple[PointRow, ...]
    splits: tuple[Split, ...]
    pool_rows: tuple[PoolRow, ...]
    factor: float

    @property
    def forecasts(self) -> pd.DataFrame:
        """Table of forecasts: event, title, analyst, prior, posterior, word."""
        return tidy(AnalystRow, self.analyst_rows)

    @property
    def amounts(self) -> pd.DataFrame:
        """Table of amounts: event, title, analyst, level, prior, posterior, whole."""
        return tidy(PointRow, self.point_rows)

    @property
    def shares(self) -> pd.DataFrame:
        """Table of what each change makes of each difference, as :attr:`Split.table`."""
        return tidy(ShareRow, [row for split_ in self.splits for row in split_.rows])

    @property
    def by_sort(self) -> pd.DataFrame:
        """Table of shares summed by sort of change."""
        return tidy(ShareRow, [row for split_ in self.splits for row in split_.sort_rows])

    @property
    def pools(self) -> pd.DataFrame:
        """Table of pools: event, title, pool, without, probability."""
        return tidy(PoolRow, self.pool_rows)

    @property
    def rows(self) -> tuple[dict, ...]:
        """Forecasts, points, pools, then shares, with the columns :data:`COMPARED`.

        ``value`` is a posterior, a point of an amount, a pooled probability, or the share that a
        judgement makes of a difference in probability.
        """
        forecasts = (
            asdict(row) | {"kind": "forecast", "value": row.posterior} for row in self.analyst_rows
        )
        points = (
            asdict(row)
            | {"kind": "point", "event": f"{row.event}.{row.level:.0%}", "value": row.posterior}
            for row in self.point_rows
        )
        pools = (
            asdict(row)
            | {"kind": f"{row.pool} pool", "value": row.probability}
            | {"against": row.without and f"without {row.without}"}
            for row in self.pool_rows
        )
        shares = (
            asdict(row)
            | {"kind": "share", "value": row.probability}
            | {"analyst": row.second, "against": row.first}
            for one in self.splits
            for row in one.rows
        )
        return (*forecasts, *points, *pools, *shares)

    def as_json(self) -> dict:
        """Give the comparison as ``forecasting compare --format json`` prints it."""
        return {
            "case": self.case.case,
            "digest": self.case.digest,
            "as_of": self.as_of and self.as_of.isoformat(),
            "resolve_by": self.resolve_by and self.resolve_by.isoformat(),
            "analysts": list(self.analysts),
            "forecasts": objects(self.analyst_rows),
            "amounts": objects(self.point_rows),
            "shares": objects([row for one in self.splits for row in one.rows]),
            "by_sort": objects([row for one in self.splits for row in one.sort_rows]),
            "pools": objects(self.pool_rows),
            "extremizing": self.factor,
        }


def compare(
    case: Case,
    analysts: Mapping[str, Case],
    *,
    events: Sequence[str] | None = None,
) -> Comparison:
    """Put the forecasts of several analysts of one case side by side.

    Two analysts are held against each other, any other number each against the case.

    Parameters
    ----------
    case : Case
        As it stands.
    analysts : dict of name to Case
        Each analyst's version, as :func:`analysts_of` makes from overlays.
    events : sequence of str, optional
        Which events; by default the outcomes.

    Returns
    -------
    Comparison

    Raises
    ------
    InputError
        If an event is not known, or the cases are about different events.

    Examples
    --------
    >>> from forecasting import override, read
    >>> case = read("{case: rain, events: {rain: {base_rate: 20%}}}")
    >>> dry, wet = (override(case, {"events.rain.base_rate": p}) for p in ("10%", "50%"))
    >>> both = compare(case, {"dry": dry, "wet": wet})
    >>> [(row.pool, round(row.probability, 4)) for row in both.pool_rows if not row.without]
    [('linear', 0.3), ('log-odds', 0.25), ('extremized', 0.1948)]
    """
    if AS_IT_STANDS in analysts:
        raise InputError(Problem("no analyst can be called this", found=AS_IT_STANDS))
    everyone = {AS_IT_STANDS: case, **analysts}
    names = _common(everyone.values(), events)
    heads = dict.fromkeys(map(event_of, names))
    states = [f"{head}.{state}" for head in heads for state in case.events[head].states or ()]
    rows = side_by_side(everyone, list(dict.fromkeys([*names, *states])))
    posterior = {(row.event, row.analyst): row.posterior for row in rows}
    rows = tuple(row for row in rows if row.event in names)
    pairs = [tuple(analysts)] if len(analysts) == 2 else [(AS_IT_STANDS, name) for name in analysts]
    splits = tuple(
        split(everyone[first], everyone[second], names=(first, second), events=names)
        for first, second in pairs
    )
    pooled = tuple(
        PoolRow(
            event,
            title_of(case, event),
            method,
            without,
            _pooled(case, event, method, posterior, [one for one in analysts if one != without]),
        )
        for event in names
        for method in POOLS
        for without in ("", *analysts)
        if len(analysts) > 1
    )
    days = as_date(case.as_of), as_date(case.resolve_by)
    factor, points = default_factor(len(analysts)), points_of(everyone, _amounts(case, events))
    return Comparison(case, *days, tuple(everyone), rows, points, splits, pooled, factor)


def _common(cases: Iterable[Case], events: Sequence[str] | None) -> tuple[str, ...]:
    """List the propositions asked about that all cases have; an amount without cuts has none."""
    first, *others = cases
    chances = events and [n for n in events if n not in first.events or parts_of(first, n)]
    names = asked(first, events if events is None else chances)
    return tuple(name for name in names if all(find(case, name) for case in others))


def _amounts(case: Case, events: Sequence[str] | None) -> list[str]:
    """List the amounts asked about; those that are outcomes if none is named."""
    asked_for = [name for name, event in case.events.items() if event.role == "outcome"]
    names = dict.fromkeys(asked_for if events is None else events)
    return [name for name in names if name in case.events and case.events[name].quantity]


def _pooled(
    case: Case, name: str, method: str, posterior: Mapping, analysts: Sequence[str]
) -> float:
    """Pool what analysts give a proposition; states together, and a cut as the sum of its states.

    A cut of an amount is a yes or a no, so that another cut beside it changes nothing.
    """
    one = find(case, name)
    states = case.events[one.event].states
    if states is None:
        return pool([posterior[name, analyst] for analyst in analysts], method)
    shares = [[posterior[f"{one.event}.{state}", who] for state in states] for who in analysts]
    return float(pool_states(shares, method)[[*one.states]].sum())


def points_of(cases: Mapping[str, Case], events: Sequence[str]) -> tuple[PointRow, ...]:
    """Give the points of some amounts by several versions of a case; amount by amount."""
    networks = {name: Network(case) for name, case in cases.items()} if events else {}
    return tuple(
        PointRow(
            event,
            title_of(network.case, event),
            name,
            level,
            *ends,
            network.case.events[event].quantity.whole,
        )
        for event in events
        for name, network in networks.items()
        for level, ends in zip(
            POINTS, distribution(network, event).quantiles(POINTS).tolist(), strict=True
        )
    )


def side_by_side(cases: Mapping[str, Case], events: Sequence[str]) -> tuple[AnalystRow, ...]:
    """Forecast some events by several versions of a case, named by analyst; event by event."""
    rows = {name: outlook(Network(one), events) for name, one in cases.items()}
    return tuple(
        AnalystRow(event, title, name, *told)
        for i in range(len(events))
        for name in rows
        for event, title, *told in [rows[name][i]]
    )


def analysts_of(case: Case, overlays: Iterable[str | Path]) -> dict[str, Case]:
    """Apply overlays to a case, each on its own.

    Parameters
    ----------
    case : Case
    overlays : iterable of paths

    Returns
    -------
    dict of analyst to Case

    Raises
    ------
    InputError
        If a file is no overlay of this case, or two have one analyst.

    Examples
    --------
    >>> from forecasting import load
    >>> analysts_of(load("priors/first_case.yaml"), [])
    {}
    """
    found: dict[str, Case] = {}
    for path in overlays:
        overlay = load_overlay(path)
        name = overlay.analyst
        if name in found or name == AS_IT_STANDS:
            problem = "another overlay has this analyst" if name in found else "no analyst's name"
            hint = "give each overlay an analyst of its own"
            raise InputError(Problem(problem, str(path), None, "analyst", name, None, hint))
        found[name] = apply(case, overlay)
    return found


def split(
    first: Case,
    second: Case,
    *,
    names: tuple[str, str] = ("before", "after"),
    events: Sequence[str] | None = None,
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
    chosen = _common((first, second), events)
    differ = changes(first, second)
    parts, worth = differ, _Worth(first, second, differ, chosen)
    if len(differ) > PARTS:
        parts = _grouped(differ, worth)
        worth = _Worth(first, second, parts, chosen)
    ends = worth(np.repeat([[False], [True]], len(parts), axis=1))
    with np.errstate(invalid="ignore"):  # log-odds of an event that is settled are infinite
        shares = shapley.exact(len(parts), worth)
    shares[~np.isfinite(shares)] = np.nan
    count = len(chosen)
    before, after = (dict(zip(chosen, end[count:].tolist(), strict=True)) for end in ends)
    return Split(
        *names,
        differ,
        parts,
        chosen,
        tuple(title_of(first, event) for event in chosen),
        before,
        after,
        shares[:, :count],
        shares[:, count:],
        points_of(dict(zip(names, (first, second), strict=True)), _amounts(first, events)),
    )


def _grouped(differ: tuple[Change, ...], worth: _Worth) -> tuple[Change, ...]:
    """Join the changes that move least into one part, which comes last."""
    count = len(differ)
    alone, ends = np.eye(count, dtype=bool), np.repeat([[False], [True]], count, axis=1)
    # In probability, which is finite where an event is settled too. From both ends, so that the
    # difference the other way round has the same parts.
    posterior = worth(np.vstack([alone, ~alone, ends]))[:, len(worth.events) :]
    made, undone, (first, second) = np.split(posterior, [count, 2 * count])
    moved = np.maximum(abs(made - first), abs(second - undone)).max(axis=1, initial=0.0)
    # Rounded, so that changes which move nothing are ranked by their place and not by noise.
    largest = np.argsort(-moved.round(12), kind="stable")[: PARTS - 1]
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
    """Gives the posteriors with some of the changes made: log-odds, then probabilities.

    Changes that are moves of inputs are solved in one batch for each set of the other ones.
    """

    first: Case
    second: Case
    differ: tuple[Change, ...]
    events: tuple[str, ...]

    def __call__(self, coalitions: np.ndarray) -> np.ndarray:
        quick = np.array([bool(change.moves) for change in self.differ], bool)
        probability = np.empty((len(coalitions), len(self.events)))
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
            raise InputError(
                Problem(
                    "the difference cannot be split: with some of the changes made and others not, "
                    "the evidence is impossible",
                    self.second.node.file,
                    found=", ".join(change.path for change in self.differ),
                    in_full=True,
                )
            )
        return np.hstack([logit(probability), probability])

    def _moves(self, some: list[Change]) -> list[dict]:
        """Give each change that is a move; a base rate becomes that for the window of ``some``."""
        quick = [change for change in self.differ if change.moves]
        rates = [change for change in quick if None in change.moves.values()]
        case = mixed(self.first, self.second, [*some, *rates])
        days = as_date(case.as_of), as_date(case.resolve_by)

        def rate(event: str) -> Probability:
            stated, ratio, lasts = stated_rate(case, event, *days)
            return stated.over(ratio, lasts=lasts)

        return [
            {path: one or rate(change.of) for path, one in change.moves.items()} for change in quick
        ]
