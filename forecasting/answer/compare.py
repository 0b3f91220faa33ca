"""A case and the analysts' versions of it go in; who differs on what, and their pool, come out.

Their posteriors are summed up by their spread, and pooled in three ways, each also without each
analyst. What makes the difference between two of them is split (``split``) when it is asked for.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date
from functools import cached_property, partial
from pathlib import Path

from forecasting.amounts import shown
from forecasting.answer.forecast import outlook
from forecasting.answer.pools import POOLS, default_factor, pool, pool_states
from forecasting.answer.rows import as_written, frame, objects
from forecasting.answer.split import PointRow, ShareRow, Split, amounts, common, points_of, split
from forecasting.answer.spread import SpreadRow, spread
from forecasting.engine.network import Network
from forecasting.errors import refusal
from forecasting.file.case import Case, as_date
from forecasting.file.overlay import apply, load_overlay
from forecasting.file.propositions import event_of, find, title_of
from forecasting.lexicon import Chance

# The name under which the case without any overlay is compared.
AS_IT_STANDS = "the case as it stands"

# The columns of a comparison as one table.
COMPARED = (
    "kind", "event", "title", "analyst", "against", "sort", "path", "before", "after", "prior",
    "value", "log_odds", "word",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class AnalystRow:
    """One analyst's forecast of one event.

    Attributes
    ----------
    event, title : str
        The event, or a state or cut of one, and its title.
    analyst : str
        Whose forecast it is; that of the case as it stands has a name too.
    prior, posterior : float
        Before and after the evidence.
    word : str
        The lexicon's word for the posterior.
    """

    event: str
    title: str
    analyst: str
    prior: Chance
    posterior: Chance
    word: str


@dataclass(frozen=True, slots=True)
class PoolRow:
    """The analysts' posteriors of one event as one probability.

    Attributes
    ----------
    event, title : str
        The event, or a state or cut of one, and its title.
    pool : {"linear", "log-odds", "extremized"}
        How they are taken together.
    without : str
        The analyst left out; empty if none is.
    probability : float
        Of the pool; NaN where one analyst holds the event impossible and another certain.
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
    cases : dict of analyst to Case
    events : tuple of str
        Those compared.
    analyst_rows : tuple of AnalystRow
        The forecast of each analyst for each event.
    point_rows : tuple of PointRow
        The points of the amounts.
    pool_rows : tuple of PoolRow
        The analysts' posteriors as one, without the case as it stands; none for a single analyst.
    factor : float
        By which the extremized pool of all analysts multiplies their mean log-odds.
    """

    case: Case
    as_of: date | None
    resolve_by: date | None
    cases: Mapping[str, Case] = field(repr=False)
    events: tuple[str, ...]
    analyst_rows: tuple[AnalystRow, ...]
    point_rows: tuple[PointRow, ...]
    pool_rows: tuple[PoolRow, ...]
    factor: float

    @property
    def analysts(self) -> tuple[str, ...]:
        """Their names; that of the case as it stands comes first."""
        return tuple(self.cases)

    @property
    def pairs(self) -> tuple[tuple[str, str], ...]:
        """Who is held against whom: two against each other, others each against the case."""
        _, *names = self.analysts
        return (tuple(names),) if len(names) == 2 else tuple((AS_IT_STANDS, one) for one in names)

    @cached_property
    def splits(self) -> tuple[Split, ...]:
        """One for each pair; made when it is first asked for, as it may take long."""
        return tuple(self.split(*pair) for pair in self.pairs)

    def split(
        self, first: str, second: str, events: Sequence[str] | None = None, parts: int | None = None
    ) -> Split:
        """Split the difference between two analysts, by default on all events compared."""
        both = self.cases[first], self.cases[second]
        return split(*both, names=(first, second), events=events or self.events, parts=parts)

    @property
    def spread_rows(self) -> tuple[SpreadRow, ...]:
        """How far the analysts lie apart, proposition by proposition; then the points of amounts.

        The case as it stands is not one of them. None for a single analyst.
        """
        return tuple(_spread((*self.analyst_rows, *self.point_rows)))

    @property
    def share_rows(self) -> tuple[ShareRow, ...]:
        """What each change makes of each difference, as :attr:`Split.rows`."""
        return tuple(row for one in self.splits for row in one.rows)

    @property
    def sort_rows(self) -> tuple[ShareRow, ...]:
        """What each sort of change makes of each difference, as :attr:`Split.sort_rows`."""
        return tuple(row for one in self.splits for row in one.sort_rows)

    forecasts = frame(AnalystRow, "analyst_rows", "forecasts")
    amounts = frame(PointRow, "point_rows", "amounts")
    shares = frame(ShareRow, "share_rows", "shares in the differences")
    by_sort = frame(ShareRow, "sort_rows", "shares summed by sort of change")
    pools = frame(PoolRow, "pool_rows", "pools")
    spread = frame(SpreadRow, "spread_rows", "how far the analysts lie apart")

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
            for row in self.share_rows
        )
        return (*forecasts, *points, *pools, *shares)

    def as_json(self) -> dict:
        """Give the comparison as ``forecasting compare --format json`` prints it."""
        return {
            "case": self.case.case,
            "digest": self.case.digest,
            "as_of": as_written(self.as_of),
            "resolve_by": as_written(self.resolve_by),
            "analysts": list(self.analysts),
            "forecasts": objects(self.analyst_rows),
            "amounts": objects(self.point_rows),
            "spread": objects(self.spread_rows),
            "shares": objects(self.share_rows),
            "by_sort": objects(self.sort_rows),
            "pools": objects(self.pool_rows),
            "extremizing": self.factor,
        }


def compare(
    case: Case, analysts: Mapping[str, Case], *, events: Sequence[str] | None = None
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
        raise refusal("no analyst can be called this", found=AS_IT_STANDS)
    everyone = {AS_IT_STANDS: case, **analysts}
    names = common(everyone.values(), events)
    heads = dict.fromkeys(map(event_of, names))
    states = [f"{head}.{state}" for head in heads for state in case.events[head].states or ()]
    rows = side_by_side(everyone, list(dict.fromkeys([*names, *states])))
    posterior = {(row.event, row.analyst): row.posterior for row in rows}
    rows = tuple(row for row in rows if row.event in names)
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
    factor, points = default_factor(len(analysts)), points_of(everyone, amounts(case, events))
    return Comparison(case, *days, everyone, names, rows, points, pooled, factor)


def _pooled(
    case: Case, name: str, method: str, posterior: Mapping, analysts: Sequence[str]
) -> float:
    """Pool what analysts give a proposition: states together, a cut as the sum of its states."""
    one = find(case, name)
    states = case.events[one.event].states
    if states is None:  # a cut of an amount is a yes or a no: another beside it changes nothing
        return pool([posterior[name, analyst] for analyst in analysts], method)
    shares = [[posterior[f"{one.event}.{state}", who] for state in states] for who in analysts]
    return float(pool_states(shares, method)[[*one.states]].sum())


def _spread(rows: Iterable[AnalystRow | PointRow]) -> Iterator[SpreadRow]:
    """Sum up what analysts say, thing by thing."""
    held: dict[tuple, dict[str, AnalystRow | PointRow]] = {}
    for row in rows:
        thing = row.event, row.level if isinstance(row, PointRow) else None
        held.setdefault(thing, {})[row.analyst] = row
    for (event, level), own in held.items():
        case, about = own.pop(AS_IT_STANDS), {}
        if level is not None:  # a point is as good as that of the case if it is shown as it is
            show = partial(shown, whole=case.whole)
            about = {"level": level, "same": lambda one, other, show=show: show(one) == show(other)}
        if len(own) > 1:
            said = {who: row.posterior for who, row in own.items()}
            yield spread(event, case.title, case.posterior, said, **about)


def side_by_side(cases: Mapping[str, Case], events: Sequence[str]) -> tuple[AnalystRow, ...]:
    """Forecast some events by several versions of a case, named by analyst; event by event."""
    rows = [outlook(Network(one), events) for one in cases.values()]
    return tuple(
        AnalystRow(event, title, name, *told)
        for same in zip(*rows, strict=True)
        for name, (event, title, *told) in zip(cases, same, strict=True)
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
            raise refusal(problem, str(path), None, "analyst", name, None, hint)
        found[name] = apply(case, overlay)
    return found
