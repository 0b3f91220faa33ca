"""A network and an outcome go in; the tables that say why, what if and what next come out.

The numbers are those of :mod:`forecasting.explain`, :mod:`forecasting.sensitivity` and
:mod:`forecasting.watch`; here they become tables of a report.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict

from forecasting.briefing import NO_NEWS, NO_PUSH, about, number
from forecasting.exhibits import base_rate_of, event_of
from forecasting.explain import prior_or_evidence, weight_of_evidence
from forecasting.inputs import title_of
from forecasting.lexicon import percent
from forecasting.markup import Column, Link, Table
from forecasting.network import Network
from forecasting.sensitivity import next_words, tipping, tornado
from forecasting.watch import indicators, learnable

# Rows that a reader takes in; the command `forecasting explain` and its like give all.
MOST_BARS, MOST_FINDINGS, MOST_TIPS = 8, 6, 3

# Names of the rows that sum up a table of weights.
REST, TOTAL = "rest", "total"


def weights(network: Network, outcomes: Sequence[str]) -> dict[str, Table]:
    """Tabulate, for each outcome, how each item of evidence moved it, in order of date."""
    rows = weight_of_evidence(network, outcomes)
    return {one: _weights(network, one, [r for r in rows if r.outcome == one]) for one in outcomes}


def _weights(network: Network, outcome: str, rows: list) -> Table:
    case, records = network.case, []
    shown = [row for row in rows if max(abs(row.decibans), abs(row.leave_one_out)) >= NO_PUSH]
    for row in shown:
        fact = row.kind == "fact"
        place = f"evidence.{row.item}" if fact else base_rate_of(case, row.item)
        records.append(
            {
                "row": f"{'fact' if fact else 'event'}.{row.item}",
                "known": str(row.known or ""),
                "title": row.title,
                "item": ("" if fact else f"{_kind(row.kind)}: ", Link(row.title, place)),
                "grades": row.grades,
                "after": row.after,
                "decibans": row.decibans,
                "leave_one_out": row.leave_one_out,
                "ceiling": row.ceiling if fact else None,
            }
        )
    left = [row for row in rows if row not in shown]
    if left:
        together = sum(row.decibans for row in left)
        records.append(_sum_row(REST, f"{len(left)} items of less weight, together", together))
    end = rows[-1].after if rows else network.posterior()[outcome]
    whole = sum(row.decibans for row in rows)
    records.append(_sum_row(TOTAL, "From before the evidence to the forecast", whole, end))
    columns = (
        Column("item", "Item by item"),
        Column("known", "Known from"),
        Column("grades", "Reports", stated=True),
        Column("decibans", "Decibans", signed, number=True),
        Column("after", "Then", _optional(percent), number=True),
        Column("leave_one_out", "Without it", _optional(signed), number=True),
        Column("ceiling", "Ceiling", _optional(signed), number=True),
    )
    note = (
        "Decibans: ten times the common logarithm of the factor on the odds (3 double them, 10 "
        "multiply them by ten); in this order they add up. Then: the probability after this item. "
        "Without it: what the forecast would lose if this item alone were missing; these do not "
        "add up. Ceiling: the most that sources of these letters could make the fact worth."
    )
    caption = f"How it got there: {title_of(case, outcome)}"
    hidden = (Column("title", ""),)
    return Table(f"weights-{outcome}", caption, columns, tuple(records), row_of, note, hidden)


def _sum_row(name: str, title: str, decibans: float, after: float | None = None) -> dict:
    nothing = dict.fromkeys(("known", "grades"), "")
    record = {"row": name, "title": title, "item": title, "decibans": decibans, "after": after}
    return record | nothing | dict.fromkeys(("leave_one_out", "ceiling"))


def leanings(network: Network, outcomes: Sequence[str]) -> Table:
    """Tabulate whether each outcome leans on its base rates or on its evidence."""
    rows = prior_or_evidence(network, outcomes)
    records = tuple(
        asdict(row) | {"event": row.outcome, "title": title_of(network.case, row.outcome)}
        for row in rows
    )
    columns = (
        Column("title", "Outcome", stated=True),
        Column("base_rates", "Base rates", "{:.2f}".format, number=True),
        Column("evidence", "Evidence", "{:.2f}".format, number=True),
        Column("verdict", "It"),
    )
    note = (
        "Base rates, evidence: how far the forecast moves if all base rates, or all evidence, are "
        "given more weight (power scaling); above 0.05 it leans on them."
    )
    return Table("leanings", "Base rates or evidence?", columns, tuple(records), event_of, note)


def bars(network: Network, outcome: str) -> Table:
    """Tabulate the judgements that could move an outcome furthest within their own ranges."""
    rows = [row for row in tornado(network, outcome) if row.swing > 0][:MOST_BARS]
    records = tuple(
        {
            "row": row.path,
            "title": about(network, row),
            "best": number(row, row.best),
            "low": number(row, row.low),
            "high": number(row, row.high),
            "at_low": row.at_low,
            "at_high": row.at_high,
            "odds": (row.at_less, row.at_more),
        }
        for row in rows
    )
    columns = (
        Column("title", "Judgement", stated=True),
        Column("best", "Put at", number=True),
        Column("low", "At its low end", number=True),
        Column("at_low", "the forecast is", percent, number=True),
        Column("high", "At its high end", number=True),
        Column("at_high", "the forecast is", percent, number=True),
        Column("odds", "Odds 10% down or up", _ends, number=True),
    )
    note = (
        "Each judgement alone goes to the 5% and the 95% of its range, all else as it is; and its "
        "odds go down and up by a tenth."
    )
    caption = f"What it hangs on: {title_of(network.case, outcome)}"
    return Table(f"tornado-{outcome}", caption, columns, records, row_of, note)


def learned(network: Network, outcome: str) -> Table:
    """Tabulate what knowing another event would tell about an outcome."""
    rows = [row for row in learnable(network, [outcome]) if row.bits > NO_NEWS][:MOST_FINDINGS]
    columns = (
        Column("title", "If it were known whether", stated=True),
        Column("probability", "Probability", percent, number=True),
        Column("if_yes", "if so", percent, number=True),
        Column("if_no", "if not", percent, number=True),
        Column("bits", "Bits", "{:.3f}".format, number=True),
    )
    note = (
        "If so, if not: the forecast then. Bits: what the answer can be expected to tell of the "
        "outcome, of the one bit that an even question holds."
    )
    caption = f"What could be learned: {title_of(network.case, outcome)}"
    return Table(f"learn-{outcome}", caption, columns, tuple(rows), lambda r: r.finding, note)


def tips(network: Network, outcome: str) -> Table | None:
    """Tabulate the smallest changes of one judgement that change an outcome's word.

    None if no judgement with a range reaches another word.
    """
    targets = next_words(network.posterior()[outcome])
    if not targets:
        return None
    records = []
    found = tipping(network, outcome, *targets)
    for target in targets:
        reached = [row for row in found if row.target == target and row.distance is not None]
        for row in reached[:MOST_TIPS]:
            records.append(
                {
                    "row": f"{row.path}.{percent(target).removesuffix('%')}",
                    "target": target,
                    "title": about(network, row),
                    "best": number(row, row.best),
                    "range": f"{number(row, row.low)} – {number(row, row.high)}",
                    "value": number(row, row.value),
                    "distance": row.distance,
                }
            )
    if not records:
        return None
    columns = (
        Column("title", "Judgement", stated=True),
        Column("best", "Put at", number=True),
        Column("range", "90% range", number=True),
        Column("target", "To reach", percent, number=True),
        Column("value", "it would be", number=True),
        Column("distance", "Steps", "{:.1f}".format, number=True),
    )
    note = (
        "To reach: the end of the band of the present word. It would be: the value of this "
        "judgement alone, all else as it is. Steps: how far away that is, in halves of its own 90% "
        "range; 1 is the end of the range."
    )
    caption = f"What would change the word: {title_of(network.case, outcome)}"
    return Table(f"tipping-{outcome}", caption, columns, tuple(records), row_of, note)


def watched(network: Network, outcomes: Sequence[str]) -> Table | None:
    """Tabulate the indicators, each beside the outcome it tells most of; None without any."""
    now, best = network.posterior(), {}
    for row in indicators(network, outcomes):
        if row.bits > NO_NEWS and row.bits > getattr(best.get(row.finding), "bits", 0.0):
            best[row.finding] = row
    rows = sorted(best.values(), key=lambda row: (-row.bits, row.finding))
    if not rows:
        return None
    records = tuple(
        asdict(row)
        | {
            "about": title_of(network.case, row.outcome),
            "now": now[row.outcome],
            "until": f"{row.watch_until or ''}{' (overdue)' if row.overdue else ''}",
            "likely": _likelihoods(network, row.finding),
        }
        for row in rows
    )
    columns = (
        Column("title", "Look out for", stated=True),
        Column("until", "until"),
        Column("likely", "How likely it is to be seen", stated=True),
        Column("probability", "Seen with", percent, number=True),
        Column("about", "It tells most of", stated=True),
        Column("now", "now", percent, number=True),
        Column("if_yes", "if seen", percent, number=True),
        Column("if_no", "if not", percent, number=True),
        Column("bits", "Bits", "{:.3f}".format, number=True),
        Column("word_changes", "Word changes", percent, number=True),
    )
    note = (
        "Seen with: its probability, given all evidence so far. If seen, if not: the forecast then; "
        "not seeing it is evidence too. Bits: what it can be expected to tell. Word changes: the "
        "probability that the likelihood word becomes another."
    )
    return Table("watch", "Indicators", columns, records, lambda r: r["finding"], note)


def _likelihoods(network: Network, fact: str) -> str:
    item = network.case.evidence[fact]
    if item.if_yes is None or item.if_no is None:
        return ""
    title = title_of(network.case, item.bears_on)
    yes, no = (percent(float(one.mean)) for one in (item.if_yes, item.if_no))
    return f"{yes} with “{title}”, {no} without"


def row_of(record: Mapping) -> str:
    """Name a row by what it says of itself."""
    return record["row"]


def signed(value: float) -> str:
    """Show decibans with their sign.

    Examples
    --------
    >>> signed(1.04), signed(-0.001)
    ('+1.0', '+0.0')
    """
    return f"{round(value, 1) + 0.0:+.1f}"


def _kind(kind: str) -> str:
    return "held now" if kind == "now" else kind


def _optional(show):
    return lambda value: "" if value is None else show(value)


def _ends(pair: tuple[float, float]) -> str:
    return f"{percent(pair[0])}, {percent(pair[1])}"
