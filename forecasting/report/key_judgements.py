"""A report's tables and network go in; what stands on its first page comes out.

What is most likely, how sure that is, why, what would change it, and when to look again: as parts
of a page, as data (:func:`as_json`) and as plain text (:func:`as_text`). Every number is quoted
from a table of the annex.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from textwrap import fill

from forecasting.amounts import shown
from forecasting.answer.explain import WeightRow
from forecasting.answer.forecast import AmountRow
from forecasting.file.propositions import event_of, title_of
from forecasting.report import prose
from forecasting.report.exhibits import LEAST_PUSH, base_rate_of, chance_bar, push
from forecasting.report.findings import Findings
from forecasting.report.prose import Sentence, say
from forecasting.tell.briefing import short
from forecasting.tell.groups import groups
from forecasting.tell.markup import joined
from forecasting.tell.table import Bar, Column, Link, Part, Stated, Strong, Table, plain

# Rows, reasons in a row, and indicators: what fits one screen and one sheet of paper.
ROWS, REASONS, INDICATORS = 5, 2, 3

# The basis of a judgement is high with three of the grounds below, moderate with two, else low.
DEGREES = ("low", "low", "moderate", "high")
ENOUGH_FACTS, ENOUGH_SOURCES = 3, 2

# What the middle of a row tells, and what its brackets hold.
ANSWER = "Answer (90% range)"

# To move an amount by less, as a part of its 90% range, is next to nothing: so far goes the median
# of a normal whose odds of more change by a tenth.
HARDLY = 1 / 50

# How the name of a number begins that takes no "the" before it.
NO_ARTICLE = "what ", "how ", "“"

# How wide a line of plain text is: what every mail program shows unbroken.
LINE = 72


@dataclass(frozen=True, slots=True)
class Reason:
    """An item that moved a judgement, or its base rate.

    Attributes
    ----------
    told : tuple of Part
        What it is.
    push : str
        How strongly, and which way, such as ``moderate push up``; empty for a base rate.
    """

    told: tuple[Part, ...]
    push: str


@dataclass(frozen=True, slots=True)
class Judgement:
    """One row of the first page.

    Attributes
    ----------
    headline : str
        The event, or the proposition, that is asked about.
    title : str
        Its title.
    told : str
        The proposition that is spoken of: itself, its likeliest state, or the cut that moved most;
        empty for an amount without cuts.
    said : tuple of Part
        The answer in a word and in numbers.
    bar : Bar
    because : tuple of Reason
        What moved it most.
    basis : {"low", "moderate", "high"}
        How good the grounds are, whatever the forecast.
    """

    headline: str
    title: str
    told: str
    said: tuple[Part, ...]
    bar: Bar
    because: tuple[Reason, ...]
    basis: str

    @property
    def answer(self) -> str:
        """What is said, on one line."""
        return plain(self.said).replace("\n", "; ")


@dataclass(frozen=True, slots=True)
class FirstPage:
    """What stands on the first page, in order.

    Attributes
    ----------
    sentence : tuple of Sentence
        The answer in a sentence.
    judgements : tuple of Judgement
        What is asked first, a row each.
    changes : tuple of Sentence
        What would bring a judgement to another word.
    watch : tuple of Sentence
        What to look out for.
    again : tuple of Sentence
        When to look again.
    basis : tuple of Sentence
        How good the grounds are.
    """

    sentence: tuple[Sentence, ...]
    judgements: tuple[Judgement, ...]
    changes: tuple[Sentence, ...]
    watch: tuple[Sentence, ...]
    again: tuple[Sentence, ...]
    basis: tuple[Sentence, ...]

    @property
    def outlook(self) -> dict[str, tuple[Sentence, ...]]:
        """What stands below the judgements, by its heading; what has nothing to say is left out."""
        told = {
            "What would change it": self.changes,
            "What to watch": (*self.watch, *self.again),
            "How good the basis is": self.basis,
        }
        return {what: sentences for what, sentences in told.items() if sentences}


def first_page(found: Findings) -> FirstPage:
    """Say what stands on the first page."""
    judgements = tuple(_judgement(found, name) for name in found.headlines[:ROWS])
    watched = found.watched.records[:INDICATORS] if found.watched else ()
    return FirstPage(
        _sentence(found),
        judgements,
        (*_if_known(found), *_nearest(found)),
        tuple(_indicator(found.watched, record) for record in watched),
        _again(found),
        _basis(found, judgements),
    )


def table(page: FirstPage) -> Table:
    """Tabulate the judgements, a row each."""
    records = tuple(
        {
            "headline": one.headline,
            "title": Link(one.title, f"why-{one.headline}"),
            "said": one.said,
            "bar": one.bar,
            "because": joined([reason.told for reason in one.because]),
        }
        for one in page.judgements
    )
    columns = (
        Column("title", "Question"),
        Column("said", ANSWER),
        Column("bar", "Now, and | before"),
        Column("because", "Because"),
    )
    return Table(columns, records, "judgements", "Key judgements", "headline")


def outlook(page: FirstPage) -> Table:
    """Tabulate what would change the judgements, what to watch, and how good their basis is."""
    records = tuple(
        {"what": what, "told": joined([one.parts for one in sentences])}
        for what, sentences in page.outlook.items()
    )
    columns = Column("what", "Outlook"), Column("told", "")
    return Table(columns, records, "outlook", "Outlook", "what")


def as_json(found: Findings) -> dict:
    """Give the first page as plain data: sentences as text, numbers in full."""
    page, case, network = first_page(found), found.case, found.forecast.network
    now = {row.event: row for row in found.forecast.event_rows}
    day = {name: getattr(network, name) for name in ("as_of", "resolve_by")}
    rows = []
    for one in page.judgements:
        event = event_of(one.headline)
        row, asked = now.get(one.told), case.events[event]
        held = {} if row is None else {
            "of": one.told, "probability": row.posterior, "before": row.prior,
            "low": row.low, "high": row.high, "word": row.word,
        }  # fmt: skip
        if asked.states:
            held["states"] = {name: now[f"{event}.{name}"].posterior for name in asked.states}
        if points := _points(found, event):
            held["amount"] = {
                "unit": asked.quantity.unit,
                "before": points[0.5].prior,
                "median": points[0.5].posterior,
                "low": points[0.05].posterior,
                "high": points[0.95].posterior,
            }
        because = [{"text": plain(reason.told), "push": reason.push} for reason in one.because]
        rows.append(
            {"event": one.headline, "title": one.title, "question": asked.question}
            | {"answer": one.answer}
            | held
            | {"because": because, "basis": one.basis}
        )
    return {
        "case": case.case,
        "title": case.title or case.case,
        "digest": case.digest,
        **{name: date and date.isoformat() for name, date in day.items()},
        "warnings": list(found.warnings),
        "sentence": _text(page.sentence),
        "judgements": rows,
        "what_would_change_it": [one.text for one in page.changes],
        "watch": [one.text for one in page.watch],
        "look_again": _text(page.again),
        "basis": _text(page.basis),
    }


def as_text(found: Findings) -> str:
    """Give the first page as text to paste into a mail."""
    page = first_page(found)
    lines = [found.case.title or found.case.case, found.days, *found.warnings]
    lines += ["", _text(page.sentence), "", ANSWER]
    for one in page.judgements:
        why = "; ".join(plain(reason.told) for reason in one.because)
        lines += [f"* {one.title}: {one.answer}. Because: {why}."]
    for heading, told in page.outlook.items():
        lines += ["", heading, *(f"- {one.text}" for one in told)]
    wrapped = (fill(line, LINE, subsequent_indent="  " * line.startswith(("*", "-")))
               for line in lines)  # fmt: skip
    return "\n".join(wrapped) + "\n"


# --- one judgement --------------------------------------------------------------------------------


def _judgement(found: Findings, headline: str) -> Judgement:
    told = found.told[headline]
    points = _points(found, headline) if found.is_amount(headline) else {}
    said = [_amount(found.amounts, headline)] if points else []
    if told:
        label = Stated(found.outcomes.record(told)["label"])
        of = (label, ": ") if told != headline else ()
        said.append((*of, *_said(found.outcomes, told)))
    bar = _amount_bar(points) if points else chance_bar(found.outcomes.record(told))
    network = found.forecast.network
    if (due := network.due(event_of(headline))) != network.resolve_by:
        said[-1] = *said[-1], f", by {prose.day(due)}"
    title, because = title_of(found.case, headline), _because(found, headline, told)
    basis = degree(found, event_of(headline))
    return Judgement(headline, title, told or "", joined(said), bar, because, basis)


def _said(outcomes: Table, told: str) -> tuple[Part, ...]:
    """Put a word, a number and its band beside each other."""
    record, number = outcomes.record(told), outcomes.number(told, "posterior")
    ends = [outcomes.number(told, name) for name in ("low", "high")]
    band = (", ", ends[0].text.removesuffix("%"), " to ", ends[1])
    apart = band if {end.text for end in ends} != {number.text} else ()  # as they are read
    many = outcomes.number(told, "frequency")
    often = (", ", many, " of 100 such cases") if many.text else ()
    return Strong(record["word"]), " (", number, *often, *apart, ")"


def _amount(amounts: Table, event: str) -> tuple[Part, ...]:
    now, (low, high) = prose.measured(amounts, event), prose.ends(amounts, event)
    return now if low.text == high.text else (*now, " (", low, " to ", high, ")")


def _amount_bar(points: Mapping[float, AmountRow]) -> Bar:
    """Draw from 5% to 95%, the middle half and the median, and the median before the evidence."""
    places, middle = _places(points), points[0.5]
    now = {level: place for level, (_, place) in places.items()}
    strokes = [("range", now[0.05], now[0.95])]
    strokes += [("band", now[0.25], now[0.75])] if {0.25, 0.75} <= now.keys() else []
    strokes += [("median", now[0.5], now[0.5]), ("before", *2 * (places[0.5][0],))]
    return Bar(tuple(strokes), f"{shown(middle.posterior)}, {shown(middle.prior)} before")


def _places(points: Mapping[float, AmountRow]) -> dict[float, tuple[float, float]]:
    """Place each point, before and after the evidence, from 0, the lowest of all, to 1."""
    ends = [value for row in points.values() for value in (row.prior, row.posterior)]
    low, high = min(ends), max(ends)
    log = low > 0 and high > 10 * low

    def at(value: float) -> float:
        if high == low:
            return 0.5
        return math.log(value / low) / math.log(high / low) if log else (value - low) / (high - low)

    return {level: (at(row.prior), at(row.posterior)) for level, row in points.items()}


def _points(found: Findings, event: str) -> dict[float, AmountRow]:
    own = (group.points for group in groups(found.forecast) if group.event == event)
    return {row.level: row for points in own for row in points}


def _because(found: Findings, headline: str, told: str | None) -> tuple[Reason, ...]:
    """Name the items of most weight; before them the base rate, where the forecast leans on it."""
    event, case = event_of(headline), found.case
    rows = found.weights.get(told, ()) if told else ()
    heavy = [row for row in rows if abs(row.decibans) >= LEAST_PUSH]
    heavy.sort(key=lambda row: -abs(row.decibans))
    reasons = [_reason(found, row) for row in heavy[:REASONS]]
    leans = told and found.leanings.record(told).verdict == "prior-driven"
    if leans or not reasons:
        was = (
            (found.outcomes.number(told, "prior"),)
            if told
            else prose.measured(found.amounts, event, "prior")
        )
        # With what its drivers make of it, and so not the base rate alone.
        first = *was, " ", Link("before the evidence", base_rate_of(case, event))
        alone = () if reasons or _moved(found, event, told) else (", which hardly moves it",)
        reasons.insert(0, Reason((*first, *alone), ""))
    return tuple(reasons[:REASONS])


def _moved(found: Findings, event: str, told: str | None) -> bool:
    """Tell whether the evidence moved a chance, or an amount, by more than next to nothing."""
    if told:
        return abs(found.leanings.record(told).decibans) >= LEAST_PUSH
    return any(abs(now - was) > HARDLY for was, now in _places(_points(found, event)).values())


def _reason(found: Findings, row: WeightRow) -> Reason:
    case = found.case
    to = f"evidence.{row.item}" if row.kind == "fact" else base_rate_of(case, row.item)
    held: tuple[Part, ...] = ()
    if row.kind == "now" and (number := found.held(row.item)):
        held = ("now ", number, "; ")
    elif row.kind == "fact" and row.grades == "absent":
        held = ("not seen; ",)
    elif row.kind not in ("fact", "now"):
        held = (f"{row.kind} on {prose.day(row.known)}; ",)
    pushed = push(case, row.decibans)
    return Reason((Link(short(row.title).rstrip("."), to), " (", *held, pushed, ")"), pushed)


# --- below the rows -------------------------------------------------------------------------------


def _sentence(found: Findings) -> tuple[Sentence, ...]:
    """Answer in one sentence: the first scenario if there are some, else the first headline."""
    if not found.headlines:
        return (say("The case asks for no outcome."),)
    first = prose.scenarios(found.scenario_table)
    return first or prose.spoken(found.outcomes, found.headlines[:1], found.amounts)[:1]


def _if_known(found: Findings) -> tuple[Sentence, ...]:
    """Name the driver of which it would tell most to know whether it is so."""
    known = [
        (record["bits"], table.row(record), told, table)
        for told in map(found.told.get, found.headlines[:ROWS])
        if told and (table := found.learned[told])
        for record in table.records
        if record["kind"] == "driver"
    ]
    if not known:
        return ()
    _, row, told, table = max(known, key=lambda one: one[0])
    driver, about = prose.quoted(table.record(row)["title"]), title_of(found.case, told)
    so, not_so = (table.number(row, name) for name in ("if_yes", "if_no"))
    words = "Were it certain that {} is so, {} would be at {}; were it not so, at {}."
    return (say(words, driver, prose.quoted(about), so, not_so),)


def _nearest(found: Findings) -> tuple[Sentence, ...]:
    """Name the number whose change would soonest take a headline to another word."""
    near = []
    for headline in found.headlines[:ROWS]:
        told = found.told[headline]
        tips = found.tips.get(told) if told else None
        if tips is not None:
            nearest = min(tips.records, key=lambda record: record["distance"])
            near.append((nearest["distance"], tips, nearest, told))
    if not near:
        return found.headlines and (
            say("No single number, within reach, takes any of them to another word."),
        )
    _, tips, record, told = min(near, key=lambda one: one[0])
    title = title_of(found.case, told)
    cells = {c: tips.number(tips.row(record), c) for c in ("target", "value", "best")}
    way = "reach" if record["target"] > found.outcomes.record(told)["posterior"] else "fall to"
    own = record["title"] == f"base rate of “{title}”"
    # Where a base rate has a range its mean is told above, and is another number.
    middle = "the median of " if len({*record["range"].split(" – ")}) > 1 else ""
    of = "" if record["title"].startswith(NO_ARTICLE) else "the "
    named = (f"{middle}its base rate",) if own else (of, Stated(record["title"]))
    words = f"The nearest other word: {{}} would {way} {{}} if {{}} were {{}} and not {{}}."
    return (say(words, prose.quoted(title), cells["target"], named, cells["value"], cells["best"]),)


def _indicator(watched: Table, record: Mapping) -> Sentence:
    row = watched.row(record)
    until, seen, not_seen = (watched.number(row, name) for name in ("until", "if_yes", "if_no"))
    what, about = Stated(record["title"].rstrip(".")), prose.quoted(record["about"])
    when = (" by ", until) if until.text else ()
    return say("{}: {} goes to {} if seen{}, else to {}.", what, about, seen, when, not_seen)


def _again(found: Findings) -> tuple[Sentence, ...]:
    """Say when to look again: on the first day by which something was to be seen."""
    if found.watched is None:
        return (say("The case names nothing to look out for."),)
    dated = [r for r in found.watched.records if r["watch_until"] and not r["overdue"]]
    if not dated:
        return (say("Look again when one of these is seen."),)
    soonest = min(dated, key=lambda record: record["watch_until"])
    until = found.watched.number(found.watched.row(soonest), "until")
    return (say("Look again when one of these is seen, or on {}.", until),)


def degree(found: Findings, event: str) -> str:
    """Grade the basis of an event's forecast: low, moderate or high.

    One ground each: its base rate was counted from past cases; at least three facts bear on it or
    on what moves it; at least two sources of letter A or B report them. It is never better than
    the confidence that the case states in the base rate.
    """
    rate, counts = found.case.events[event].base_rate, found.basis.record(event)
    one = rate and rate.probability
    counted = rate is not None and bool(rate.model or rate.seen or (one and one.counts))
    enough = counts["facts"] >= ENOUGH_FACTS, counts["good"] >= ENOUGH_SOURCES
    earned = DEGREES[sum((counted, *enough))]
    stated = found.outcomes.record(event)["confidence"]
    return min(earned, stated, key=DEGREES.index) if stated else earned


def _basis(found: Findings, judgements: Sequence[Judgement]) -> tuple[Sentence, ...]:
    """Say how good the basis is: of which headlines high, moderate and low, and on how much."""
    graded: dict[str, list[tuple[Part]]] = {}
    for one in sorted(judgements, key=lambda one: -DEGREES.index(one.basis)):
        graded.setdefault(one.basis, []).append((prose.quoted(one.title),))
    if not graded:
        return ()
    parts = [(f"{degree} for ", *joined(titles, ", ")) for degree, titles in graded.items()]
    basis = joined(parts, "; ") if len(graded) > 1 else next(iter(graded))
    facts, sources = (found.setting.number(name, "value") for name in ("facts", "sources"))
    return (
        say("The basis is {}.", basis),
        say("Facts that count: {}; sources that report them: {}.", facts, sources),
    )


def _text(sentences: Iterable[Sentence]) -> str:
    return " ".join(one.text for one in sentences)
