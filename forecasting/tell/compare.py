"""A comparison of analysts, or of two versions of a case, goes in; what is printed of it comes out.

It answers first: for each outcome that they differ on most a word, a strip of characters and the
judgements of most weight. Then come the tables. Beyond four analysts a row is an outcome, and no
column is an analyst.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, replace
from functools import partial

from forecasting.amounts import shown as as_amount
from forecasting.answer.changes import Change, changes
from forecasting.answer.compare import AS_IT_STANDS, AnalystRow, Comparison
from forecasting.answer.pools import POOLS
from forecasting.answer.split import PointRow, ShareRow, Split
from forecasting.answer.spread import SLIGHT, SpreadRow, is_slight
from forecasting.errors import InputError, echo
from forecasting.file.propositions import event_of
from forecasting.lexicon import LEXICONS, counted, percent, points
from forecasting.tell.groups import INDENT, below_heads, by_event
from forecasting.tell.strip import OF_MANY, OF_TWO, SHORT, framed, pair, strip
from forecasting.tell.table import Column, Strong, Table, columns, figure
from forecasting.tell.tables import EVENT, LONGEST, NARROWEST, heading, in_words, source
from forecasting.tell.terminal import Block, Line

# From so many analysts on a row sums them up. A table of 130 characters, as a page of paper, holds
# columns of four analysts beside the outcome, the case, three pools and the words.
MANY = 5

# Outcomes that are told first, as many as on the first page of a report; how many judgements are
# given as the reason of a difference; and outcomes of which all judgements are, in a table.
FOREMOST, REASONS, WIDEST = 5, 2, 3

# Changes that need a network of their own for each set of them: 64 networks take seconds, 4,096
# minutes, for two reasons.
SLOW = 6

# A second judgement is no reason if it makes less than this part of what the first one makes.
MINOR = 0.1

# Numbers with dashes between.
RANGE = re.compile(r"[<>]?\d[\d.,]*%?(?: – [<>]?\d[\d.,]*%?)+")

# A claim in a reason is not cut before so many characters.
WHOLE = 300

# A share that would be shown as nothing.
NOTHING = 0.0005

SHARES_NOTE = (
    "points: percentage points of the difference that a judgement makes, averaged over all orders "
    "in which the differing judgements could be swapped (Shapley value); they add up to the "
    "difference. odds: the same as a factor on the odds; they multiply up to it."
)

OF_STATES = (
    " Of several states: the geometric mean of the probabilities, to that power, made to sum to 1."
)

# --- analysts -------------------------------------------------------------------------------------


def comparison(found: Comparison, *, every: bool = False) -> Iterator[Block]:
    """Tell who forecasts what, and what makes the differences.

    ``every``: the outcomes were asked for by name, so that slight differences are told too, and of
    many analysts everyone is named.
    """
    held = by_event(found.analyst_rows)
    shown = {event: rows for event, rows in held.items() if every or not _agree(rows)}
    left = len(held) - len(shown)
    yield heading(echo(found.case.title or found.case.case), found.as_of, found.resolve_by)
    if len(found.pairs) == 1:
        yield from _answer(*found.splits)
    else:
        yield from _outliers(found, shown, left)
    if len(found.analysts) > MANY:
        yield from _many(found, shown, every=every)
    else:
        yield from _few(found, shown, left, every=every)
    several = any(found.case.events[event_of(row.event)].states for row in found.pool_rows)
    names = map(name_of, found.analysts[1:])
    of = ", ".join(names) if len(found.analysts) <= MANY else f"{len(found.analysts) - 1} analysts"
    pools = (
        f"Pools of {of}, with equal weights. "
        "linear: mean of the probabilities. log-odds: mean of the log-odds, the geometric mean of "
        f"the odds. extremized: the same, times {found.factor:.2f}; it suits analysts who know "
        "different things, and goes too far where they share what they know."
        f"{OF_STATES if several else ''}"
    )
    yield (*([Line(pools, "dim")] if found.pool_rows else []), source(found.case))


def _few(found: Comparison, shown: Mapping, left: int, *, every: bool) -> Iterator[Block]:
    """Put up to four analysts beside each other, each with a column of their own."""
    apart = [_analysts(found, shown)] if shown else []
    if block := (*apart, *_others(left)):
        yield block
    yield from _points(found.point_rows)
    if len(found.analysts) > 3:
        yield (_left_out(found, list(shown)),)
        yield (_changed(found, shown),)
    for split in found.splits:
        yield from _shares(split, None if every else WIDEST if len(found.pairs) == 1 else 1)
    note = (
        "A column headed by a name: the posterior of that analyst, exact. In words: theirs, each "
        f"once. What an analyst states as a range is a 90% range. {SHARES_NOTE}"
    )
    yield (Line(note, "dim"),)


def _outliers(found: Comparison, shown: Mapping, left: int) -> Iterator[Block]:
    """Answer first: on what several differ most, and who stands furthest out because of what."""
    yield (_agreement(found, left),)
    rows = foremost(row for row in found.spread_rows if row.event in shown)
    reasons = because(found, rows)
    for row in rows:
        yield tuple(_outlier(row, shown[row.event][1:], reasons[row.event]))


def _many(found: Comparison, shown: Mapping, *, every: bool) -> Iterator[Block]:
    """Sum up many analysts in a row for each outcome, or name them on those asked for."""
    rows = [row for row in found.spread_rows if row.event in shown]
    amounts = [row for row in found.spread_rows if row.level == row.level]
    if every:
        yield from (_by_name(found, row, shown[row.event]) for row in rows)
        yield from _points(found.point_rows)
    else:
        tables = [_spread(found, rows, shown)] if rows else []
        tables += [_amounts(found, amounts)] if amounts else []
        yield from ((table,) for table in (*tables, _changed(found, shown)))
    note = (
        f"{OF_MANY}; the line runs from the lowest to the highest. moved by: analysts who are half "
        "a point or more away from the case. furthest out: from the median. middle half: from the "
        "first quartile to the third."
    )
    limit = (
        " What makes a difference is worked out for those named above only; --event NAME names "
        "everyone and says why, --format csv holds all, a row for each."
    )
    yield (Line(f"{note}{'' if every else limit}", "dim"),)


def _agree(rows: Sequence[AnalystRow]) -> bool:
    posteriors = [row.posterior for row in rows]
    return is_slight(min(posteriors), max(posteriors))


def _agreement(found: Comparison, left: int) -> str:
    """Say how many analysts there are, and on how much of it they agree."""
    count, total = len(found.analysts) - 1, len(found.events)
    if left == total:
        return f"{count} analysts, who are within half a point of each other on all outcomes."
    agree = f"within half a point of each other on {left} of {total} outcomes, and " * (left > 0)
    return f"{count} analysts. They are {agree}furthest apart on these:"


def foremost(rows: Iterable[SpreadRow]) -> list[SpreadRow]:
    """Choose the outcomes on which analysts lie furthest apart, one for each event.

    The widest come first, up to five; none with less than half a point.
    """
    rows = {row.event: row for row in rows}
    return [rows[event] for event in _widest({name: row.range for name, row in rows.items()})]


def _widest(apart: Mapping[str, float]) -> list[str]:
    """List the propositions with the widest differences, one for each event."""
    chosen: dict[str, str] = {}
    for name in sorted(apart, key=lambda name: -abs(apart[name])):
        if abs(apart[name]) >= SLIGHT:
            chosen.setdefault(event_of(name), name)
    return [*chosen.values()][:FOREMOST]


def because(found: Comparison, rows: Iterable[SpreadRow]) -> dict[str, tuple[ShareRow, ...]]:
    """Split, for each outcome, the difference between the case and who stands furthest from it.

    Of many analysts no others are split: each takes a share of a second, or seconds. Of an analyst
    with many changes that no slider makes the smaller ones are taken together.

    Of each event it gives the shares of at most two judgements, those of most weight first; none
    where the analyst has left it as it is in the case, or the difference cannot be split.
    """
    asked: dict[str, list[str]] = {}
    for row in rows:
        asked.setdefault(row.furthest, []).append(row.event)
    made: dict[str, tuple[ShareRow, ...]] = {}
    for who, events in asked.items():
        try:
            differ = changes(found.case, found.cases[who])
            slow = sum(not change.moves for change in differ) > SLOW
            split = found.split(AS_IT_STANDS, who, events, SLOW if slow else None)
        except InputError:  # with only some of the changes made, the evidence is impossible
            made |= dict.fromkeys(events, ())
        else:
            made |= {event: main_reasons(split, event) for event in events}
    return made


def main_reasons(found: Split, event: str) -> tuple[ShareRow, ...]:
    """Give the shares of most weight in a difference: at most two, the second if it counts."""
    rows = (row for row in found.rows if row.event == event and not _is_nothing(row))
    rows = sorted(rows, key=lambda row: -abs(row.probability))[:REASONS]
    return tuple(row for row in rows if abs(row.probability) >= MINOR * abs(rows[0].probability))


def reason(row: ShareRow) -> str:
    """Say in words which judgement differs, and how.

    Examples
    --------
    >>> from forecasting.answer.split import ShareRow
    >>> who = "the case as it stands", "ann"
    >>> rate = "base rate", "events.rain.base_rate", "base rate of “Rain”", "5.0% – 20%", "40%"
    >>> reason(ShareRow("rain", "Rain", *who, *rate, 1.4, 0.25))
    'base rate of “Rain”: 40% (the case: 5.0 to 20%)'
    """
    what = echo(row.what, WHOLE)
    if not row.path:
        return f"{what} together"
    return f"{what}: {ranged(echo(row.after))} ({name_of(row.first)}: {ranged(echo(row.before))})"


def ranged(text: str) -> str:
    """Write the ranges in a text as they are read.

    Examples
    --------
    >>> ranged("4.0% – 25% within 12 months"), ranged("1.5 – 3"), ranged("100 – 240 – 900")
    ('4.0 to 25% within 12 months', '1.5 to 3', '240, from 100 to 900')
    """
    return RANGE.sub(_told_range, text)


def _told_range(found: re.Match) -> str:
    low, *best, high = found[0].split(" – ")
    if len(best) > 1:
        return found[0]
    ends = f"{low.removesuffix('%') if high.endswith('%') else low} to {high}"
    return f"{best[0]}, from {ends}" if best else ends


def between(low: float, high: float) -> str:
    """Write the ends of a range of probabilities; once if they are shown alike.

    Examples
    --------
    >>> between(0.04, 0.25), between(0.301, 0.302)
    ('4.0 to 25%', '30%')
    """
    low, high = percent(low), percent(high)
    return ranged(low if low == high else f"{low} – {high}")


def worded(rows: Sequence[AnalystRow]) -> str:
    """Count the words that analysts have for one outcome, the most frequent first."""
    counts = Counter(row.word for row in rows).most_common()
    return ", ".join(f"{word} for {n if len(counts) > 1 else 'all'}" for word, n in counts)


def _outlier(
    row: SpreadRow, rows: Sequence[AnalystRow], reasons: Sequence[ShareRow]
) -> Iterator[str | Line]:
    """Tell of one outcome: the question, the words, the strip, and who stands out because of what.

    ``rows`` are those of the analysts.
    """
    yield Line(echo(row.title), "bold")
    ends = f"from {percent(row.lowest)} ({name_of(row.lowest_by)}) to {percent(row.highest)} "
    ends += f"({name_of(row.highest_by)}), median {percent(row.median)}"
    yield f"{worded(rows)}: {ends}; the case has {percent(row.stands)}"
    yield framed(strip([one.posterior for one in rows]))
    who = name_of(row.furthest)
    more = " because of" if reasons else ", and leaves it as the case has it"
    yield f"{who} is furthest out{more}"
    yield from _made_by(reasons)


def _spread(found: Comparison, rows: Sequence[SpreadRow], held: Mapping) -> Table:
    """Make the table of how far analysts lie apart, with their pools: a row for each outcome."""
    records = {
        row.event: asdict(row)
        | {"range": between(row.lowest, row.highest), "half": between(row.lower, row.upper)}
        | {"strip": strip([one.posterior for one in held[row.event][1:]], SHORT)}
        | {"furthest": name_of(row.furthest), "words": worded(held[row.event][1:])}
        for row in rows
    }
    shown = (
        replace(EVENT, heading="Outcome"),
        Column("strip", f"0%{'50%':^{SHORT - 6}}100%", whole=True),
        figure("range", "from – to"),
        figure("median", "median", percent),
        Column("furthest", "furthest\nout"),
        figure("stands", "the\ncase", percent),
        figure("moved", "moved\nby"),
        figure("half", "middle half"),
        *_pools(found, records),
        Column("words", in_words(found.case)),
    )
    return Table(shown, tuple(below_heads(found.case, records.items())))


def _pools(found: Comparison, records: Mapping[str, dict]) -> Iterator[Column]:
    """Put the pools of all analysts into records by event; give their columns."""
    for row in found.pool_rows:
        if row.event in records and not row.without:
            records[row.event][row.pool] = row.probability
    for pool in POOLS:
        yield Column(pool, f"{pool}\npool", percent, number=True)


def _amounts(found: Comparison, rows: Sequence[SpreadRow]) -> Table:
    """Make the table of how far the points of amounts lie apart."""
    numbers, records, last = {"stands": "the case", "lowest": "lowest"}, [], None
    numbers |= {"lower": "25%", "median": "median", "upper": "75%", "highest": "highest"}
    for row in rows:
        if row.event != last:
            records.append({"title": Strong(echo(row.title))})
        show = partial(as_amount, whole=found.case.events[row.event].quantity.whole)
        cells = {name: show(getattr(row, name)) for name in numbers}
        out = {"furthest": name_of(row.furthest)} if row.furthest else {}
        records.append({"title": f"{INDENT}{row.level:.0%} point"} | cells | out)
        last = row.event
    title = Column("title", "Amount", narrowest=len(f"{INDENT}50% point"))
    heads = (figure(name, head) for name, head in numbers.items())
    return Table((title, *heads, Column("furthest", "furthest\nout")), (*records,))


def _changed(found: Comparison, shown: Mapping[str, Sequence[AnalystRow]]) -> Table:
    """Make the table of what each analyst changed, and which outcome that moved most."""
    records = []
    for i, who in enumerate(found.analysts[1:], 1):
        changed = changes(found.case, found.cases[who])
        record = {"who": name_of(who), "count": len(changed), "sorts": _by_sort(changed)}
        moves = ((rows[i].posterior - rows[0].posterior, rows[i]) for rows in shown.values())
        move, row = max(moves, key=lambda one: abs(one[0]), default=(0.0, None))
        if row and abs(move) >= SLIGHT:
            record |= {"title": row.title, "posterior": row.posterior, "points": move}
        records.append(record)
    numbers = figure("posterior", "to", percent), figure("points", "points", points)
    about = Column("who", "Analyst"), figure("count", "changed"), Column("sorts", "of which")
    moved = Column("title", "moves most", partial(echo, most=LONGEST), narrowest=NARROWEST)
    return Table((*about, moved, *numbers), tuple(records))


def _by_name(found: Comparison, row: SpreadRow, rows: Sequence[AnalystRow]) -> Block:
    """Name everyone on one outcome, the highest first, and say what moves them from the case."""
    pooled = {
        one.without: one.probability
        for one in found.pool_rows
        if one.event == row.event and one.pool == "log-odds"
    }
    by_name = {one.second: one for one in found.splits}
    records = []
    for one in sorted(rows, key=lambda one: -one.posterior):
        split = by_name.get(one.analyst)
        reasons = main_reasons(split, row.event)[:1] if split else ()
        records.append(
            {
                "who": name_of(one.analyst),
                "posterior": Strong(percent(one.posterior)),
                "word": one.word,
                "why": "".join(map(reason, reasons)),
                "without": pooled.get(one.analyst),
            }
        )
    shown = (
        Column("who", "Analyst", narrowest=NARROWEST // 2),
        figure("posterior", "posterior"),
        Column("word", in_words(found.case)),
        figure("without", "log-odds pool\nwithout them", percent),
        Column("why", "largest reason", narrowest=2 * NARROWEST),
    )
    total = f"log-odds pool of all: {percent(pooled[''])}"
    return (Line(f"{echo(row.title)}, by name", "bold"), Table(shown, tuple(records)), total)


def _analysts(found: Comparison, held: Mapping[str, Sequence[AnalystRow]]) -> Table:
    """Make the table of what each analyst forecasts of some events, and what their pools say."""
    records = {
        event: {f"by {row.analyst}": row.posterior for row in rows}
        | {"title": rows[0].title, "words": " / ".join(dict.fromkeys(r.word for r in rows[1:]))}
        for event, rows in held.items()
    }
    pools = tuple(_pools(found, records))
    posteriors = (
        Column(f"by {name}", name_of(name), percent, number=True) for name in found.analysts
    )
    last = (*pools, Column("words", in_words(found.case))) if found.pool_rows else ()
    return Table((EVENT, *posteriors, *last), tuple(below_heads(found.case, records.items())))


def _left_out(found: Comparison, shown: Sequence[str]) -> Table:
    """Make the table of the log-odds pool without each analyst in turn."""
    records: dict[str, dict] = {event: {} for event in shown}
    for row in found.pool_rows:
        if row.pool == "log-odds" and row.event in records:
            records[row.event] |= {"title": row.title, f"without {row.without}": row.probability}
    heads = {"": "of all"} | {name: f"without\n{name_of(name)}" for name in found.analysts[1:]}
    pools = (Column(f"without {name}", head, percent, number=True) for name, head in heads.items())
    label = replace(EVENT, heading="Log-odds pool")
    return Table((label, *pools), tuple(below_heads(found.case, records.items())))


# --- two versions ---------------------------------------------------------------------------------


def split(found: Split, *, every: bool = False) -> Iterator[Block]:
    """Tell what two versions of a case differ on, and what that makes of each outcome.

    ``every``: the outcomes were asked for by name, so that slight differences are told too.
    """
    apart = _apart(found)
    records = tuple(
        {"title": title, "before": found.before[event], "after": found.after[event]}
        | {"points": apart[event]}
        for event, title in zip(found.events, found.titles, strict=True)
        if every or abs(apart[event]) >= SLIGHT
    )
    yield from _answer(found)
    shown = EVENT, *_sides(found, percent), Column("points", "points", points, number=True)
    moved = [Table(shown, records)] if records else []
    left = _others(len(found.events) - len(records), "moved by less than half a point")
    if block := (*moved, *left):
        yield block
    yield from _points(found.point_rows)
    yield from _shares(found, None if every else WIDEST)
    yield (Line(SHARES_NOTE, "dim"),)


def _answer(found: Split) -> Iterator[Block]:
    """Answer first: on what two differ, by how much on which outcomes, because of which judgements.

    Each outcome has its question, its words, a strip and its reasons.
    """
    first, second = name_of(found.first), name_of(found.second)
    if not found.changes:
        yield (f"{first} and {second} hold the same.",)
        return
    many = f"{counted(len(found.changes), 'judgement')} ({_by_sort(found.changes)})"
    differ = f"{first} and {second} differ on {many}."
    apart = _apart(found)
    chosen = _widest(apart)
    if chosen:
        differ += f" They are furthest apart on these ({OF_TWO.format(first, second)}):"
    elif apart:
        differ += " Their forecasts are within half a point of each other."
    yield (differ,)
    for event in chosen:
        before, after = (_told(p, found.lexicon) for p in (found.before[event], found.after[event]))
        yield (
            Line(echo(found.titles[found.events.index(event)]), "bold"),
            f"{before} against {after}: {points(apart[event])} points",
            framed(pair(found.before[event], found.after[event])),
            *_made_by(main_reasons(found, event)),
        )
    told = {event_of(event) for event in chosen}
    for one, other in _ends(found):
        if one[0].event not in told:
            yield (Line(echo(one[0].title), "bold"), f"{_amount(one)} against {_amount(other)}")


def _by_sort(changed: Iterable[Change]) -> str:
    counts = Counter(change.sort for change in changed)
    return ", ".join(f"{n} × {sort}" for sort, n in counts.items())


def _ends(found: Split) -> Iterator[tuple[list[PointRow], list[PointRow]]]:
    """Give the points of each amount by the one and by the other, where they are shown apart."""
    for own in by_event(found.point_rows).values():
        one, other = ([r for r in own if r.analyst == who] for who in (found.first, found.second))
        if [row.told for row in one] != [row.told for row in other]:
            yield one, other


def _amount(rows: Sequence[PointRow]) -> str:
    low, median, high = (row.told for row in rows)
    return f"{median} (90% range {low} to {high})"


def _made_by(reasons: Sequence[ShareRow]) -> Iterator[str]:
    """Say on a line each what makes a difference, and how much of it."""
    return (f"  {points(one.probability)} points: {reason(one)}" for one in reasons)


def _told(p: float, lexicon: str) -> str:
    return f"{percent(p)} ({LEXICONS[lexicon](p)})"


def _others(left: int, what: str = "within half a point of each other") -> Iterator[str]:
    if left:
        yield f"{counted(left, 'other event')} {what}"


def _shares(found: Split, most: int | None) -> Iterator[Block]:
    """Tell for each event what the difference between two posteriors is made of.

    Then what no probability shows: of amounts, or where no probability moved, all that differs.
    """
    apart = _apart(found)
    events = sorted(found.events, key=lambda event: -abs(apart[event]))
    events = [event for event in events[:most] if abs(apart[event]) >= SLIGHT or most is None]
    for event in events if found.changes else ():
        title = found.titles[found.events.index(event)]
        yield (Line(echo(title), "bold"), _made_of(found, event))
    told = {row.path for row in found.rows if row.event in events and not _is_nothing(row)}
    amounts = {row.event for row in found.point_rows}
    untold = [
        change
        for change in found.changes
        if change.path not in told
        and (not events or change.of in amounts or change.path.endswith(".cuts"))
    ]
    if untold:
        what = Column("title", "What else they differ on", partial(echo, most=LONGEST))
        yield (
            Table((Column("sort", "sort", whole=True), what, *_sides(found, _read)), (*untold,)),
        )


def _points(rows: Sequence[PointRow]) -> Iterator[Block]:
    """Tell the points of amounts, a row for each analyst, where they differ in any of them."""
    records: list[dict] = []
    for own in by_event(rows).values():
        held: dict[str, dict[str, str]] = {}
        for row in own:
            held.setdefault(row.analyst, {})[f"{row.level:.0%}"] = row.told
        if len({tuple(cells.values()) for cells in held.values()}) > 1:
            records.append({"who": Strong(echo(own[0].title))})
            records += [{"who": INDENT + name_of(who)} | cells for who, cells in held.items()]
    if records:
        levels = dict.fromkeys(f"{row.level:.0%}" for row in rows)
        yield (Table((Column("who", "Amount"), *map(figure, levels, levels)), tuple(records)),)


def _made_of(found: Split, event: str) -> Table:
    """Make the table of the shares that a difference is the sum of."""
    rows = sorted((r for r in found.rows if r.event == event), key=lambda r: -abs(r.probability))
    nothing = [row for row in rows if row.path and _is_nothing(row)]
    records: list[object] = [row for row in rows if row not in nothing]
    if nothing:
        records.append({"what": f"{counted(len(nothing), 'other judgement')} with no part in it"})
    (share,) = columns(ShareRow, probability="points")
    numbers = (replace(share, whole=False), Column("log_odds", "odds", times, number=True))
    sums = {one.name: one.show(sum(getattr(row, one.name) for row in rows)) for one in numbers}
    ends = {"before": percent(found.before[event]), "after": percent(found.after[event])}
    total = {"what": "posterior"} | ends | sums
    records.append({name: Strong(text) for name, text in total.items()})
    shown = (
        Column("sort", "sort", whole=True),
        Column("what", "What they differ on", partial(echo, most=LONGEST), narrowest=NARROWEST),
        *_sides(found, _read),
        *numbers,
    )
    return Table(shown, tuple(records), apart=True)


def times(log_odds: float) -> str:
    """Show a difference of log-odds as a factor on the odds.

    Examples
    --------
    >>> times(math.log(2)), times(-math.log(1.5)), times(-math.inf), times(math.nan)
    ('×2.00', '÷1.50', '÷∞', '–')
    """
    if math.isnan(log_odds):
        return "–"
    factor = f"{math.exp(abs(log_odds)):.2f}" if math.isfinite(log_odds) else "∞"
    return f"{'÷' if log_odds < 0 and factor != '1.00' else '×'}{factor}"


def name_of(analyst: str) -> str:
    """Call an analyst, or the case without any."""
    return "the case" if analyst == AS_IT_STANDS else echo(analyst, 40)


def _read(text: str) -> str:
    return ranged(echo(text))


def _sides(found: Split, show: Callable) -> tuple[Column, ...]:
    sides = {"before": found.first, "after": found.second}
    return tuple(Column(side, name_of(who), show, number=True) for side, who in sides.items())


def _apart(found: Split) -> dict[str, float]:
    return {event: found.after[event] - found.before[event] for event in found.events}


def _is_nothing(row: ShareRow) -> bool:
    return abs(row.probability) < NOTHING
