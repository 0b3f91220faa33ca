"""A case and its overlays go in; who changed which judgement, and what that makes, comes out.

Up to four analysts have a column each. More are summed up in a row for each outcome, with a dot for
each in the figure, and their names one click away.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, replace

from forecasting.answer import compare
from forecasting.answer.changes import changes
from forecasting.answer.compare import AS_IT_STANDS, AnalystRow, Comparison
from forecasting.answer.forecast import Forecast
from forecasting.answer.split import ShareRow, Split
from forecasting.answer.spread import SpreadRow
from forecasting.file.case import Case
from forecasting.file.overlay import Overlay, override
from forecasting.file.values import parse_day
from forecasting.lexicon import percent, points
from forecasting.report import prose, reasons
from forecasting.report.exhibits import stated, table
from forecasting.tell import figures
from forecasting.tell.compare import MANY, because, between, foremost, ranged
from forecasting.tell.groups import by_event
from forecasting.tell.markup import Fold, Item, Listing
from forecasting.tell.table import Column, Part, Stated, Strong, Table, columns, figure

# A judgement that makes less of a difference than this, in probability, is not listed.
SLIGHT = 0.001

TOGETHER = (
    "All together: the overlays one after the other, in the order given; of two that change one "
    "judgement the later holds. This is the forecast of this report."
)

AT_ONCE = (
    "The forecast of this report makes the changes of all analysts at once, which none of them "
    "does; where they stand is told here."
)
APART = "They lie furthest apart on these outcomes."

SHARES_NOTE = (
    "Points: percentage points of the outcome's forecast that this judgement makes, averaged over "
    "all orders in which the differing judgements could be swapped (Shapley value)."
)


def told(
    base: Case, overlays: Mapping[str, Overlay], forecast: Forecast, outcomes: Sequence[str]
) -> tuple[Item, ...]:
    """Say who changed which judgement, and what each change makes of some propositions.

    Of many analysts only the differences told of are split: a report of twenty would else take
    twenty times as long as one of one. ``base`` is without the overlays, ``forecast`` with them.
    """
    names = [overlay.analyst for overlay in overlays.values()]
    by = {
        one.analyst if names.count(one.analyst) == 1 else file: one
        for file, one in overlays.items()
    }
    network = forecast.network
    days = {"as_of": network.as_of, "resolve_by": network.resolve_by}
    days = {field: day and parse_day(day.isoformat()) for field, day in days.items()}
    base, cases = (
        replace(base, **days),
        {name: replace(override(base, one.overrides, by=name), **days) for name, one in by.items()},
    )
    found = compare.compare(base, cases, events=outcomes)
    together = {row.event: row.posterior for row in forecast.event_rows}
    many = len(cases) >= MANY
    items = _many(found, together) if many else _few(found, together)
    changed = judgements(base, cases, {name: one.why for name, one in by.items()})
    fold = many and changed and Fold((Stated(changed.caption),), (changed,))
    return tuple(item for item in (*items, fold or changed) if item)


def named(overlays: Iterable[Overlay]) -> Part:
    """Name the analysts of a report; many are counted."""
    names = [overlay.analyst for overlay in overlays]
    return f"{len(names)} analysts" if len(names) >= MANY else Stated(", ".join(names))


def _few(found: Comparison, together: Mapping[str, float]) -> list[Item | None]:
    """Put up to four analysts beside each other."""
    splits = [found.split(AS_IT_STANDS, name) for name in found.analysts[1:]]
    tables = [shares(split, f"shares-{i}", SLIGHT) for i, split in enumerate(splits, 1)]
    return [
        reasons.drawn(figures.analysts, found.analyst_rows),
        alone(found.analyst_rows, together),
        *(Fold((Stated(one.caption),), (one,)) for one in tables if one),
    ]


def _many(found: Comparison, together: Mapping[str, float]) -> list[Item | None]:
    """Sum up many analysts: what they differ on most and why, a figure, a row for each outcome."""
    rows = [row for row in found.spread_rows if math.isnan(row.level)]
    apart, first = spread(found, rows, together), foremost(rows)
    why = because(found, first)
    made = outliers(why)
    said = [
        (Strong(row.title), ". ", *outlier(apart, made, row, why[row.event]).parts) for row in first
    ]
    by_name = everyone(found, rows)
    lead = (AT_ONCE, APART) if said else (AT_ONCE,)
    return [
        prose.paragraph(tuple(map(prose.say, lead))),
        Listing(tuple(said)) if said else None,
        reasons.drawn(figures.analysts, found.analyst_rows),
        apart,
        by_name and Fold((by_name.caption,), (by_name,)),
        made and Fold((made.caption,), (made,)),
    ]


def outlier(
    apart: Table, made: Table | None, row: SpreadRow, why: Sequence[ShareRow]
) -> prose.Sentence:
    """Say how far analysts lie apart on an outcome, and who stands furthest out because of what."""
    lowest, highest, median = (
        apart.number(row.event, name) for name in ("lowest", "highest", "median")
    )
    words = "From {} ({}) to {} ({}), with the median at {}. {} is furthest out"
    parts: list[Part] = [lowest, Stated(row.lowest_by), highest, Stated(row.highest_by)]
    parts += [median, Stated(row.furthest)]
    for i, one in enumerate(why):
        words += "; and " if i else " because of this: "
        words += "{}: {}, where the case has {}" if one.path else "{} together"
        words += " ({} points)"
        told = (one.what, one.after, one.before) if one.path else (one.what,)
        parts += [*(Stated(ranged(text)) for text in told), made.number(_row(one), "points")]
    return prose.say(f"{words if why else words + ', and leaves it as the case has it'}.", *parts)


# --- tables ---------------------------------------------------------------------------------------


def spread(
    found: Comparison, rows: Iterable[SpreadRow], together: Mapping[str, float]
) -> Table | None:
    """Tabulate how far analysts lie apart, with their pools, a row for each outcome."""
    pooled = {
        one.event: one.probability
        for one in found.pool_rows
        if one.pool == "log-odds" and not one.without
    }
    records = (
        asdict(row)
        | {"range": (row.lowest, row.highest), "half": (row.lower, row.upper)}
        | {"pool": pooled[row.event], "together": together[row.event]}
        for row in rows
    )
    shown = (
        stated("title", "Outcome"),
        *columns(SpreadRow, stands="The case"),
        figure("range", "From – to", lambda ends: between(*ends)),
        figure("half", "Middle half", lambda ends: between(*ends)),
        *columns(SpreadRow, median="Median"),
        figure("pool", "Pool", percent),
        figure("moved", "Moved by"),
        stated("furthest", "Furthest out"),
        figure("together", "All together", percent),
    )
    note = (
        "Middle half: from the first quartile to the third. Moved by: analysts half a point or "
        "more away from the case. Furthest out: from the median. Pool: the geometric mean of their "
        f"odds, with equal weights; forecasting compare gives other pools. {TOGETHER}"
    )
    hidden = columns(SpreadRow, lowest="", highest="")
    caption = f"How far {len(found.analysts) - 1} analysts lie apart"
    return table("analysts-apart", caption, shown, records, "event", note, hidden)


def everyone(found: Comparison, rows: Iterable[SpreadRow]) -> Table | None:
    """Tabulate what everyone forecasts, outcome by outcome, the highest first."""
    held, records = by_event(found.analyst_rows), []
    for row in rows:
        records.append({"row": row.event, "who": Stated(row.title), "head": True})
        for i, one in enumerate(sorted(held[row.event], key=lambda one: -one.posterior), 1):
            who = "The case as it stands" if one.analyst == AS_IT_STANDS else Stated(one.analyst)
            records.append(asdict(one) | {"row": f"{row.event}.{i}", "who": who})
    shown = (
        Column("who", "Analyst"),
        *columns(AnalystRow, prior="Before the evidence", posterior="Forecast"),
        Column("word", "In words"),
    )
    return table("analysts-named", "Everyone by name", shown, records, "row")


def outliers(why: Mapping[str, Sequence[ShareRow]]) -> Table | None:
    """Tabulate the judgements of most weight of those who stand furthest out."""
    records = (
        asdict(one)
        | {name: ranged(getattr(one, name)) for name in ("before", "after")}
        | {"row": _row(one), "points": points(one.probability)}
        for some in why.values()
        for one in some
    )
    shown = (
        stated("title", "Outcome"),
        stated("second", "Furthest out"),
        stated("what", "What makes it"),
        stated("before", "The case"),
        stated("after", "The analyst"),
        figure("points", "Points"),
    )
    note = (
        f"{SHARES_NOTE} Of each outcome only the analyst furthest out is looked at, and at most "
        "two judgements; forecasting compare gives the same for anyone."
    )
    return table("analysts-out", "Why they stand there", shown, records, "row", note)


def _row(one: ShareRow) -> str:
    """Name a row of the table of outliers; smaller changes taken together have no path."""
    return f"{one.event}.{one.path or 'rest'}"


def alone(analyst_rows: Sequence[AnalystRow], together: Mapping[str, float]) -> Table | None:
    """Tabulate some outcomes as each analyst alone would have them, and all of them together."""
    rows: dict[str, dict] = {}
    everyone = dict.fromkeys(row.analyst for row in analyst_rows)
    names = {analyst: f"analyst-{i}" for i, analyst in enumerate(everyone)}
    for row in analyst_rows:
        start = {"event": row.event, "title": row.title, "together": together[row.event]}
        rows.setdefault(row.event, start)[names[row.analyst]] = row.posterior
    stands, *analysts = everyone
    headings = {names[stands]: "As the case states it"}
    headings |= {names[analyst]: f"{analyst} alone" for analyst in analysts}
    note = ""
    if len(analysts) > 1:
        headings["together"] = "All together"
        note = TOGETHER
    shown = [stated("title", "Outcome"), *(figure(*one, percent) for one in headings.items())]
    return table("analysts-alone", "The answer by analyst", shown, rows.values(), "event", note)


def shares(split: Split, name: str, least: float) -> Table | None:
    """Tabulate what each judgement makes of a difference; shares below ``least`` are left out."""
    records = (
        asdict(row) | {"row": i} | {n: ranged(getattr(row, n)) for n in ("before", "after")}
        for i, row in enumerate(split.rows)
        if abs(row.probability) >= least
    )
    shown = (
        stated("title", "Outcome"),
        stated("what", "What they differ on"),
        stated("before", "The case"),
        stated("after", "The analyst"),
        figure("probability", "Points", points),
    )
    return table(name, f"What {split.second} makes of it", shown, records, "row", SHARES_NOTE)


def judgements(
    base: Case, cases: Mapping[str, Case], why: Mapping[str, str | None]
) -> Table | None:
    """Tabulate who changed which judgement, in words; each analyst once, with the reason."""
    records = []
    for i, (who, case) in enumerate(cases.items(), 1):
        told = (Strong(who), *((": ", Stated(why[who])) if why[who] else ()))
        records.append({"row": f"{i}", "what": told, "head": True})
        for j, one in enumerate(changes(base, case), 1):
            both = {name: ranged(getattr(one, name)) for name in ("before", "after")}
            records.append({"row": f"{i}.{j}", "what": (Stated(one.title),)} | both)
    shown = (
        Column("what", "Judgement"),
        stated("before", "The case"),
        stated("after", "The analyst"),
    )
    return table("analysts", "Judgements by analyst", shown, records, "row")
