"""Rows of a forecast go in; the same by event, each row named within it, come out.

An event with states has a row for each of them, which sum to one, and one for each of its cuts;
a quantity has its cuts, and the points of its distribution.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import groupby
from typing import Any

from forecasting.amounts import shown
from forecasting.answer.forecast import AmountRow, EventRow, Forecast
from forecasting.errors import echo
from forecasting.file.case import Case, Event
from forecasting.file.propositions import event_of, label_of, title_of
from forecasting.tell.table import Column, Strong, Table, figure

# Of an amount, by a day that is not the end of its period.
OWN_PERIOD = "it speaks of its own period, and not of another date"

# Before the states that a cut puts together: it is not one more of those that sum to one.
TOGETHER = "together, "

INDENT = "  "

# Beside dates that some amounts and events do not speak of.
DASH = " A dash: what has a period of its own speaks of no other date."

# Between the ends of a band.
BETWEEN = " to "

# What stands in a row of the points of a quantity, and which fields of its rows make it.
WHEN = {
    "prior": "before the evidence",
    "posterior": "with the evidence",
    "band": "90% band of that",
}

POINTS_NOTE = (
    "5% to 95%: the amount below which it stays with this probability. 90% band: how far the "
    "point above it would move if the uncertain numbers were known."
)


@dataclass(frozen=True, slots=True)
class Group:
    """The rows of one event: itself; or its states, then its cuts.

    ``points`` are those of a quantity, from the lowest level up.
    """

    event: str
    title: str
    record: Event
    rows: tuple[EventRow, ...]
    points: tuple[AmountRow, ...] = ()

    @property
    def amount(self) -> str:
        """What is to be said of a quantity in one line; empty for another event."""
        if not self.record.quantity:
            return ""
        return amount_in_words(self.record, self.points) if self.points else OWN_PERIOD

    @property
    def confidence(self) -> str | None:
        """How good the basis of its base rate is held to be."""
        rate = self.record.base_rate
        judged = [rate, rate.probability, *(rate.shares or {}).values()] if rate else []
        return next((one.confidence for one in judged if one and one.confidence), None)


def groups(found: Forecast, role: str | None = None) -> list[Group]:
    """Put the rows of a forecast together by event, in the order of the file; of a role, or of all.

    Examples
    --------
    >>> from forecasting.answer.forecast import run
    >>> from forecasting.file.case import read
    >>> case = read("{case: sky, events: {sky: {states: [a, b], base_rate: {a: 30%, b: rest}}}}")
    >>> [(one.title, len(one.rows)) for one in groups(run(case))]
    [('sky', 2)]
    """
    told = (row for row in found.amount_rows if row.posterior == row.posterior)  # of this day
    rows, points = by(lambda row: event_of(row.event), found.event_rows), by_event(told)
    return [
        Group(name, title_of(found.case, name), event,
              tuple(rows.get(name, ())), tuple(points.get(name, ())))
        for name, event in found.case.events.items()
        if role in (None, event.role)
    ]  # fmt: skip


def by(key: Callable[[Any], str], rows: Iterable) -> dict[str, list]:
    """Put rows together that have the same key, in the order in which keys come."""
    found: dict[str, list] = {}
    for row in rows:
        found.setdefault(key(row), []).append(row)
    return found


def by_event(rows: Iterable) -> dict[str, list]:
    """Put rows together by what they are of."""
    return by(lambda row: row.event, rows)


def records_of(found: Forecast, of: Iterable[Group], column: str, name: Callable) -> Iterator[dict]:
    """Give a record for each row of some events, and a head above those of one that has several.

    A record holds what its row says, the ends of the band, what it comes to by other days, the
    label of a state or cut, and, once for each event, the confidence in its base rate. ``name``
    names a row, or the head if there is none, in ``column``.
    """
    later: dict[str, dict[str, float]] = {}
    for row in found.horizon_rows:
        later.setdefault(row.event, {})[str(row.resolve_by)] = row.posterior
    for group in of:
        whole, sure = group.record.is_yes_no, {"confidence": group.confidence}
        if not whole:
            head = {"event": group.event, "title": group.title, "head": True}
            yield head | {column: name(group, None)} | sure
        for row in group.rows:
            about = {
                "band": (row.low, row.high),
                "label": label_of(found.case, row.event),
                "is_state": row.event.partition(".")[2] in (group.record.states or ()),
                column: name(group, row),
            }
            yield asdict(row) | later.get(row.event, {}) | about | (sure if whole else {})


def own_days(found: Forecast) -> str:
    """Say which events are asked for another day than the forecast, and what a dash stands for."""
    case, network = found.case, found.network
    other = {name: day for name in case.events if (day := network.due(name)) != network.resolve_by}
    apart = ", ".join(f"{echo(title_of(case, name))} ({day})" for name, day in other.items())
    dashes = any(row.posterior != row.posterior for row in found.horizon_rows)
    return f"{f' Asked for a day of its own: {apart}.' if apart else ''}{DASH if dashes else ''}"


def viewed(found: Forecast) -> Iterator[tuple[str, list[dict]]]:
    """Give what each viewer holds, in words or numbers, beside the forecast."""
    rows = {row.event: row for row in found.event_rows}
    for viewer, held in found.case.views.items():
        said = {name: found.case.written("views", viewer, name) for name in held}
        yield viewer, [asdict(rows[name]) | {"held": said[name]} for name in held]


def row_label(case: Case, name: str) -> str:
    """Name a row below its event; a cut is told apart from the states that sum to one.

    Examples
    --------
    >>> from forecasting.file.case import read
    >>> case = read('''
    ... case: sky
    ... events:
    ...   sky: {states: [a, b, c], cuts: {calm: [a, b]}, base_rate: {a: 30%, b: 20%, c: rest}}
    ... ''')
    >>> row_label(case, "sky.a"), row_label(case, "sky.calm")
    ('a', 'together, a or b (calm)')
    """
    head, _, part = name.partition(".")
    together = TOGETHER if part in case.events[head].cuts and case.events[head].states else ""
    return f"{together}{label_of(case, name)}"


def below_heads(
    case: Case, records: Iterable[tuple[str, Mapping]], column: str = "title"
) -> Iterator[Mapping]:
    """Name rows of states and cuts within their event, whose own name stands above the first.

    ``records`` are given by proposition, those of one event after each other, with their names in
    ``column``.

    Examples
    --------
    >>> from forecasting.file.case import read
    >>> case = read("{case: sky, events: {sky: {states: [a, b], base_rate: {a: 30%, b: rest}}}}")
    >>> from forecasting.tell.table import plain
    >>> [plain(one["title"]) for one in below_heads(case, [("sky.a", {}), ("sky.b", {})])]
    ['sky', '  a', '  b']
    """
    for event, mine in groupby(records, lambda one: event_of(one[0])):
        if case.events[event].is_yes_no:
            yield from (record for _, record in mine)
            continue
        yield {column: Strong(echo(title_of(case, event)))}
        for name, record in mine:
            yield {**record, column: INDENT + row_label(case, name)}


def amount_in_words(event: Event, points: Sequence[AmountRow]) -> str:
    """Tell a quantity in one line: its median, its 90% range, and what the median was before."""
    at = {row.level: row for row in points}
    before = _amount(event, at[0.5].prior)
    low, now, high = (_amount(event, at[level].posterior) for level in (0.05, 0.5, 0.95))
    of = f" {event.quantity.unit}" if event.quantity.unit else ""
    spread = f", 90% range {low} to {high}" if low != high else ""
    return f"{now}{of}{spread}; before {before}"


def points_of(found: Sequence[Group], indent: str = INDENT) -> Table | None:
    """Tabulate the points of quantities before and after the evidence, with their bands, if any.

    Rows of ``amounts`` are named by their event and one of ``prior``, ``posterior`` and ``band``, a
    column by its level, such as ``50%``. What is below a quantity's name begins with ``indent``.
    """
    records = []
    for group in (group for group in found if group.points):
        unit = group.record.quantity.unit
        head = Strong(f"{echo(group.title)}{f', in {echo(unit)}' if unit else ''}")
        records.append({"row": group.event, "what": head, "unit": unit, "head": True})
        for when, words in WHEN.items():
            cells = {f"{row.level:.0%}": _cell(group.record, row, when) for row in group.points}
            if when != "band" or any(BETWEEN in cell for cell in cells.values()):
                row = {"row": f"{group.event}.{when}", "what": f"{indent}{words}"}
                records.append(row | cells)
    if not records:
        return None
    levels = dict.fromkeys(f"{row.level:.0%}" for one in found for row in one.points)
    shown = (Column("what", "Amount"), *(figure(level, level) for level in levels))
    caption = "Amounts: the points of their distributions"
    return Table(shown, tuple(records), "amounts", caption, "row", POINTS_NOTE)


def _cell(event: Event, row: AmountRow, when: str) -> str:
    """Show a point, or the ends of its band if they are shown apart."""
    if when != "band":
        return _amount(event, getattr(row, when))
    low, high = _amount(event, row.low), _amount(event, row.high)
    return low if low == high else f"{low}{BETWEEN}{high}"


def _amount(event: Event, amount: float) -> str:
    return shown(amount, whole=event.quantity.whole)
