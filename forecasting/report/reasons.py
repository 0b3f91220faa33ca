"""A network and an outcome go in; what says why, what if and what next, in tables, comes out.

The numbers are those of ``explain``, ``sensitivity`` and ``watch``; a figure beside a table shows
the same rows.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from functools import partial
from itertools import accumulate

from forecasting.answer.explain import LeaningRow, WeightRow, foremost, prior_or_evidence
from forecasting.answer.sensitivity import TippingRow, TornadoRow, next_words, tipping
from forecasting.answer.watch import FindingRow, indicators, learnable
from forecasting.engine.network import DECIBANS, Network
from forecasting.file.case import Case
from forecasting.file.propositions import event_of, title_of
from forecasting.judgement import logit, sigmoid
from forecasting.lexicon import counted, percent
from forecasting.report.exhibits import (
    base_rate_of,
    by_part,
    references,
    source_of,
    stated,
    table,
    to_base_rate,
)
from forecasting.report.prose import day
from forecasting.tell import figures
from forecasting.tell.briefing import NO_NEWS, NO_PUSH, short, valued
from forecasting.tell.markup import Picture
from forecasting.tell.table import Bar, Column, Link, Part, Stated, Table, columns, figure

# Rows that a reader takes in; the command `forecasting explain` and its like give all.
MOST_BARS, MOST_FINDINGS, MOST_TIPS, MOST_STEPS = 8, 6, 3, 6

# Names of the rows that sum up a table of weights.
REST, TOTAL = "rest", "total"

WEIGHT_NOTE = (
    "Decibans: ten times the common logarithm of the factor on the odds (3 double them, 10 "
    "multiply them by ten); in this order they add up. Then: the probability after this item. "
    "Without it: what the forecast would lose if this item alone were missing; these do not "
    "add up. Ceiling: what the fact would be worth as all the evidence if its sources, where they "
    "are sound, could not be wrong."
)


def drawn(draw, *rows, **settings) -> Picture:
    """Draw a figure, for a page and for a phone; it is the same picture each time."""
    ax = draw(*rows, **settings)
    narrow = figures.svg(figures.redrawn(ax, **figures.ON_A_PHONE))
    return Picture(figures.svg(ax), figures.alt_text(ax), narrow)


def explained(network: Network, name: str) -> list[str]:
    """List the propositions by which a headline is explained.

    Those that the analyst defined: itself, if it is one; of a quantity its cuts in the order of the
    file. Of an event with states the likeliest.
    """
    one = foremost(network, name)
    cuts = network.case.events[event_of(name)].quantity and one and one != name
    return network.told_of(name, "outcome") if cuts else [one] if one else []


def leanings(network: Network, outcomes: Sequence[str]) -> Table | None:
    """Tabulate whether each outcome leans on its base rates or on its evidence."""
    rows, titles = prior_or_evidence(network, outcomes), partial(title_of, network.case)
    shown = (
        Column("outcome", "Outcome", titles, stated=True),
        figure("base_rates", "Base rates", "{:.2f}".format),
        *columns(LeaningRow, decibans="Evidence", verdict="It is"),
    )
    note = (
        "Base rates: how far the forecast moves if all base rates are given more weight (power "
        "scaling); above 0.05 it leans on them. Evidence: what all of it did, in decibans; from 3 "
        "either way, which double or halve the odds, it counts."
    )
    return table("leanings", "Base rates or evidence?", shown, rows, "outcome", note)


def weights(network: Network, outcome: str, rows: Sequence[WeightRow]) -> Table:
    """Tabulate how each item of evidence moved an outcome, in order of date."""
    case, records = network.case, []
    left = [row for row in rows if max(abs(row.decibans), abs(row.leave_one_out)) < NO_PUSH]
    for row in (row for row in rows if row not in left):
        fact = row.kind == "fact"
        place = f"evidence.{row.item}" if fact else base_rate_of(case, row.item)
        kind = "" if fact else "held now: " if row.kind == "now" else f"{row.kind}: "
        records.append(
            asdict(row)
            | {"row": f"{'fact' if fact else 'event'}.{row.item}", "title": short(row.title)}
            | {"link": (kind, Link(short(row.title), place))}
            | {"ceiling": row.ceiling if fact else None}
        )
    together = f"{counted(len(left), 'item')} of less weight, together"
    sums = [(REST, together, left, None)] if left else []
    sums.append((TOTAL, "From before to after", rows, rows[-1].after if rows else None))
    for name, told, some, after in sums:
        weight = sum(row.decibans for row in some)
        shown = {"row": name, "title": told, "link": told, "decibans": weight, "after": after}
        records.append(shown)
    shown = (
        Column("link", "Item by item"),
        Column("known", "Known from"),
        stated("grades", "Reports"),
        *columns(WeightRow, decibans="Decibans", after="Then", leave_one_out="Without it"),
        *columns(WeightRow, ceiling="Ceiling"),
    )
    caption = f"How it got there: {title_of(case, outcome)}"
    hidden = (Column("title", ""),)
    return table(f"weights-{outcome}", caption, shown, records, "row", WEIGHT_NOTE, hidden)


def way(case: Case, outcome: str, record: Mapping, rows: Sequence[WeightRow]) -> Table | None:
    """Draw the way from before the evidence to the forecast, the items of most weight one by one.

    Weights add up in any order; here the heaviest come in the order of their dates, and the rest,
    together, last. ``record`` is of the table of outcomes: prior and posterior.
    """
    if not rows or not all(math.isfinite(row.decibans) for row in rows):
        return None
    heavy = [row for row in rows if abs(row.decibans) >= NO_PUSH]
    named = sorted(heavy, key=lambda row: -abs(row.decibans))[:MOST_STEPS]
    steps = [(_worded(row), f"{row.kind}.{row.item}", row.decibans) for row in rows if row in named]
    left = [row.decibans for row in rows if row not in named]
    if left:
        more = (f"and {counted(len(left), 'item')} of less weight",)
        steps.append((more, REST, sum(left)))
    pushes = (weight / DECIBANS for _, _, weight in steps)
    chances = [float(sigmoid(e)) for e in accumulate(pushes, initial=float(logit(record["prior"])))]
    chances[-1] = record["posterior"]
    low, high = min(chances), max(chances)
    edge = max((high - low) / 10, 0.005)
    low, high = max(low - edge, 0.0), min(high + edge, 1.0)

    def bar(start: float, end: float) -> Bar:
        at = sorted((one - low) / (high - low) for one in (start, end))
        kind = "before" if start == end else "up" if end > start else "down"
        return Bar(((kind, *at),), f"{percent(start)} to {percent(end)}")

    items = [("Before the evidence", "before"), *((item, row) for item, row, _ in steps)]
    ends = zip([chances[0], *chances], chances, strict=False)  # the first stands where it began
    records = [
        {"row": row, "item": item, "bar": bar(start, end), "then": end}
        for (item, row), (start, end) in zip(items, ends, strict=True)
    ]
    shown = (
        Column("item", "What moves it"),
        Column("bar", f"From {percent(low)} to {percent(high)}"),
        figure("then", "Then", percent),
    )
    caption = f"How it got there: {title_of(case, outcome)}"
    return table(f"way-{outcome}", caption, shown, records, "row")


def _worded(row: WeightRow) -> tuple[Part, ...]:
    """Name an item of evidence, with a link to it and to who said so."""
    place = f"evidence.{row.item}"
    kind = "" if row.kind in ("fact", "now") else f"{row.kind}: "
    link = Link(short(row.title), place) if row.kind == "fact" else Stated(short(row.title))
    said = f" ({row.grades})" if row.kind == "fact" and row.grades else ""
    return kind, link, Stated(said) if said else ""


def bars(network: Network, outcome: str, rows: Sequence[TornadoRow]) -> Table:
    """Tabulate the judgements that could move an outcome furthest within their own ranges."""
    records = [
        _valued(network, row) | {"odds": f"{percent(row.at_less)}, {percent(row.at_more)}"}
        for row in rows[:MOST_BARS]
    ]
    shown = (
        Column("linked", "Judgement"),
        figure("best", "Put at"),
        figure("low", "At its low end"),
        *columns(TornadoRow, at_low="the forecast is"),
        figure("high", "At its high end"),
        *columns(TornadoRow, at_high="the forecast is"),
        figure("odds", "Odds ÷1.1, ×1.1"),
    )
    note = (
        "Each judgement alone goes to the 5% and the 95% of its range, all else as it is; and its "
        "odds are divided and multiplied by 1.1."
    )
    caption = f"What it hangs on: {title_of(network.case, outcome)}"
    return Table(shown, tuple(records), f"tornado-{outcome}", caption, "path", note)


def _valued(network: Network, row: TornadoRow | TippingRow) -> dict:
    """Give a row with each value as people write it, and a link to why it is what it is."""
    held = valued(network, row)
    return held | {"linked": Link(held["title"], source_of(network.case, row.path))}


def learned(network: Network, outcome: str) -> Table | None:
    """Tabulate what knowing another event would tell about an outcome."""
    rows = [row for row in learnable(network, [outcome]) if row.bits > NO_NEWS]
    records = [
        asdict(row) | {"linked": Link(row.title, base_rate_of(network.case, row.finding))}
        for row in rows[:MOST_FINDINGS]
    ]
    numbers = {"probability": "Probability", "if_yes": "if so", "if_no": "if not", "bits": "Bits"}
    shown = Column("linked", "If it were known whether"), *columns(FindingRow, **numbers)
    note = (
        "If so, if not: the forecast then. Bits: what the answer can be expected to tell of the "
        "outcome, of the one bit that an even question holds."
    )
    caption = f"What could be learned: {title_of(network.case, outcome)}"
    return table(f"learn-{outcome}", caption, shown, records, "finding", note)


def tips(network: Network, outcome: str) -> Table | None:
    """Tabulate the smallest changes of one judgement that change an outcome's word."""
    targets = next_words(network.posterior()[outcome], network.case.lexicon)
    found = tipping(network, outcome, *targets) if targets else ()
    records = []
    for target in targets:
        reached = [row for row in found if row.target == target and row.distance is not None]
        name = percent(target).removesuffix("%")
        records += [
            _valued(network, row) | {"row": f"{row.path}.{name}"} for row in reached[:MOST_TIPS]
        ]
    shown = (
        Column("linked", "Judgement"),
        figure("best", "Put at"),
        figure("range", "90% range"),
        *columns(TippingRow, target="To reach"),
        figure("value", "it would be"),
        *columns(TippingRow, distance="Steps"),
    )
    note = (
        "To reach: the end of the band of the present word. It would be: the value of this "
        "judgement alone, all else as it is. Steps: how far away that is, in halves of its own 90% "
        "range; 1 is the end of the range."
    )
    caption = f"What would change the word: {title_of(network.case, outcome)}"
    return table(f"tipping-{outcome}", caption, shown, records, "row", note)


def watched(network: Network, outcomes: Sequence[str], *, brief: bool = False) -> Table | None:
    """Tabulate the indicators, each beside the outcome it tells most of.

    In brief the first few, and what each would tell.
    """
    case, now, best = network.case, network.posterior(), {}
    for row in indicators(network, outcomes):
        if row.bits > NO_NEWS and row.bits > getattr(best.get(row.finding), "bits", 0.0):
            best[row.finding] = row
    records = [
        asdict(row)
        | {
            "about": title_of(case, row.outcome),
            "linked": to_base_rate(case, row.outcome),
            "reference": case.evidence[row.finding].reference,
            "now": now[row.outcome],
            "until": f"{(row.watch_until and day(row.watch_until)) or ''}"
            f"{' (overdue)' if row.overdue else ''}",
            "stated": _likelihoods(network, row.finding),
        }
        for row in sorted(best.values(), key=lambda row: (-row.bits, row.finding))
    ]
    moved = columns(
        FindingRow, if_yes="if seen", if_no="if not", bits="Bits", word_changes="Word changes"
    )
    look = stated("title", "Look out for"), Column("until", "until")
    seen = columns(FindingRow, probability="Seen with")
    about = Column("linked", "It tells most of"), figure("now", "now", percent)
    if brief:
        note = "If seen, if not: the forecast then; not seeing it is evidence too."
        shown = (*look, *seen, *about, *moved[:2])
        return table("watch", "Indicators", shown, records[:MOST_FINDINGS], "finding", note)
    likely = stated("stated", "How likely it is to be seen")
    shown = (*look, likely, *seen, *about, *moved, Column("reference", "Source", references))
    note = (
        "Seen with: its probability, given all evidence so far. If seen, if not: the forecast "
        "then; not seeing it is evidence too. Bits: what it can be expected to tell. Word changes: "
        "the probability that the likelihood word becomes another."
    )
    return table("watch", "Indicators", shown, records, "finding", note)


def _likelihoods(network: Network, fact: str) -> str:
    item = network.case.evidence[fact]
    if item.if_ is not None:
        return by_part(network.case, event_of(item.bears_on), "evidence", fact, "if")
    if item.if_yes is None or item.if_no is None:
        return ""
    title = title_of(network.case, item.bears_on)
    yes, no = (percent(float(one.mean)) for one in (item.if_yes, item.if_no))
    return f"{yes} with “{title}”, {no} without"
