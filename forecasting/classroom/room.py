"""A case and one of its questions go in; the page of a room, and that of its teacher, come out.

The page of the room asks: a guess, the base rate, what each card of evidence alone makes of that, a
second guess. It keeps the forecast of the case to itself until the second guess is committed.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from math import isclose
from pathlib import Path
from typing import TYPE_CHECKING

from forecasting.answer import explain, headlines
from forecasting.answer.forecast import run
from forecasting.answer.frequencies import frequencies
from forecasting.classroom.hand_in import LETTERS, PLAN, files, key_of
from forecasting.engine.network import DECIBANS, Network
from forecasting.errors import nearest, refusal
from forecasting.explorer import live
from forecasting.file import document
from forecasting.file.case import Case, write_text
from forecasting.file.models import ALL, counts
from forecasting.file.propositions import event_of, every, find, parts_of, title_of
from forecasting.judgement import logit, sigmoid
from forecasting.lexicon import grade, percent
from forecasting.report.exhibits import judged, stated, table
from forecasting.report.prose import day
from forecasting.tell.markup import Item, Paragraph, Section
from forecasting.tell.table import Stated, Strong, figure

if TYPE_CHECKING:
    from nbformat import NotebookNode

FORM = "forecasting class 1"

# The files of a class, in its folder.
ROOM, TEACHER = "room.html", "teacher.html"

# So many cards are weighed one by one in ninety minutes; one that moves nothing is no card.
MOST_CARDS, LEAST_MOVE = 6, 0.25  # decibans

SCRIPTS = Path(__file__).parent / "js"

HELD = {
    "now": "held to be so today", "happened": "has happened", "ruled out": "is ruled out",
    "settled": "is settled",
}  # fmt: skip


@dataclass(frozen=True)
class Card:
    """One item of evidence, as a class weighs it.

    Attributes
    ----------
    item, title : str
        A fact or an event, and its claim or title.
    day, told, why : str
        Since when it is known, who says so and how good that is, and why the case weighs it so.
    alone : float
        Probability of the outcome if this were all the evidence.
    sources : tuple of str
        Titles of those who report it.
    cases : dict or None
        A thousand cases divided by the outcome and by the card, as if it were certain, and all.
    """

    item: str
    title: str
    day: str
    told: str
    why: str
    alone: float
    sources: tuple[str, ...]
    cases: Mapping | None


@dataclass(frozen=True)
class Room:
    """What a class is asked, and what the case answers.

    Attributes
    ----------
    case, title, about, digest : str
    event, asked, question, criterion : str
        The outcome, its title, its question in words, and the rule by which it is settled.
    holds : tuple of str
        Of a state, or of a cut of states, the states with which it is so; else empty.
    as_of, by, days : str
        The days in ISO form, and in words.
    counted, why : str
        What the base rate was counted over, empty if nothing was; and why it is so.
    prior, posterior, low, high : float
    word : str
    cards : tuple of Card
        By date.
    names : bool
        Whether a student is asked for a name.
    whole : str
        Of a state or a cut, the question of the case, of which this asks one part; else empty.
    estimate, apart : str
        What the base rate is made from, without a count; and why it is not just the share counted.
    """

    case: str
    title: str
    about: str
    digest: str
    event: str
    asked: str
    question: str
    criterion: str
    holds: tuple[str, ...]
    as_of: str
    by: str
    days: str
    counted: str
    why: str
    prior: float
    posterior: float
    low: float
    high: float
    word: str
    cards: tuple[Card, ...]
    names: bool
    whole: str = ""
    estimate: str = ""
    apart: str = ""

    @property
    def key(self) -> str:
        """By which a hand-in is known to belong here."""
        return key_of(self.digest, self.event, self.as_of, self.by)

    @property
    def resolved(self) -> str:
        """How a table of outcomes says that it came out yes."""
        return f"{self.case}/{self.event}@{self.by},yes"

    @property
    def items(self) -> tuple[str, ...]:
        """Name the cards, in their order."""
        return tuple(card.item for card in self.cards)


def room(case: Case, event: str | None = None, *, names: bool = False) -> Room:
    """Choose what a class is asked of a case.

    Parameters
    ----------
    case : Case
    event : str, optional
        The outcome, or a state or cut of one; by default the one that a reader is told of first.
        Of an outcome with several, the one with evidence that is nearest to one half.
    names : bool
        Ask students for a name.

    Raises
    ------
    InputError
        If there is no such outcome, it is settled already, or no evidence bears on it.

    Examples
    --------
    >>> from forecasting.file.case import load
    >>> found = room(load("priors/first_case.yaml"))
    >>> found.event, found.counted, [card.item for card in found.cards][-1]
    ('bridge_closed', '6 of 30 cases within 4 months', 'cracks_in_the_pier')
    """
    found = run(case)
    network = found.network
    if event is None:
        event = headlines.foremost_move(network, headlines.headlines(network)[0])
    for name in _asked(network, event):  # of several the first with a card
        row = next(one for one in found.event_rows if one.event == name)
        if not 0 < row.posterior < 1:
            raise refusal("is settled: nothing is left to guess", "event", found=name)
        rows = explain.weight_of_evidence(network, [name])
        if moving := [one for one in rows if LEAST_MOVE <= abs(one.alone) < float("inf")]:
            break
    else:
        raise refusal("no evidence bears on it: there is no card", "event", found=name)
    chosen = sorted(moving, key=lambda one: -abs(one.alone))[:MOST_CARDS]
    record = case.events[event_of(name)]
    counted, estimate, apart = _basis(case, name, row.prior)
    ends = [one and day(one) for one in (network.as_of, network.resolve_by)]
    is_part, title = name != event_of(name), title_of(case, name)
    rule = record.resolution.criterion if record.resolution else ""
    whole = record.question or title_of(case, event_of(name))
    question = f"Will it be so: {title}?" if is_part else whole
    return Room(
        case.case, case.title or case.case, _said(case, case.about), case.digest,
        name, title, question, _said(case, rule),
        tuple([*record.states][i] for i in find(case, name).states) if record.states else (),
        *(str(one or "") for one in (network.as_of, network.resolve_by)),
        f"As of {ends[0]}, looking to {ends[1]}" if all(ends) else "",
        counted, _said(case, record.why),
        row.prior, row.posterior, row.low, row.high, row.word,
        tuple(_card(network, row.prior, one) for one in rows if one in chosen),
        names, whole if is_part else "", estimate, apart,
    )  # fmt: skip


def _asked(network: Network, event: str) -> list[str]:
    """Find the proposition to ask about; of several those nearest to one half come first."""
    case, several = network.case, [*every(network.case, "outcome")]
    if event not in case.events and find(case, event) is None:
        choices, hint = f"one of {', '.join(several)}", nearest(event, several)
        raise refusal("there is no such outcome", "event", None, "", event, choices, hint=hint)
    parts = parts_of(case, event) if event in case.events else []
    if len(parts) < 2:
        return [explain.outcome_of(network, event)]
    after = network.posterior()
    return sorted(parts, key=lambda name: abs(after[name] - 0.5))


def _said(case: Case, text: str | None) -> str:
    """Write what a case says for those who never saw its file: titles where names stood."""

    def title(found: re.Match) -> str:
        if found[1] in case.evidence:
            return f"“{(case.evidence[found[1]].claim or found[1]).rstrip('.')}”"
        is_known = found[1] in case.events or find(case, found[1])
        return f"“{title_of(case, found[1])}”" if is_known else found[1]

    return re.sub(r"`([^`]*)`", title, text or "").replace("`", "")


def _basis(case: Case, name: str, prior: float) -> tuple[str, str, str]:
    """Say what a base rate was counted over or else made from, and why it is not that share."""
    event, _, part = name.partition(".")
    record, rate = case.events[event], case.events[event].base_rate
    if rate is None:
        return "", "it follows from what moves it", ""
    node = document.at(case.node, ("events", event, "base_rate"))
    told, settings = judged(node), rate.model.settings if rate.model else {}
    if "outcome" in settings:
        found, by = rate.model.table, settings.get("by", ())
        seen, of = counts(found, settings["outcome"], by)[settings.get("group", ALL)]
        told = f"{seen:g} of {of:g} cases alike, in “{found.sidecar.title}”"
    elif rate.seen:
        seen = sum(rate.seen[[*record.states][k]] for k in find(case, name).states)
        of = sum(rate.seen.values())
        told = f"{seen:g} of {of:g} cases"
    elif node.is_map and {"seen", "of"} <= node.value.keys():
        seen, of = (float(node.value[key].value) for key in ("seen", "of"))
    elif rate.model:
        return "", f"made from “{rate.model.table.sidecar.title}”", ""
    elif part:
        whole = f"{told} {record.quantity.unit or ''}" if record.quantity else "those of all states"
        return "", f"it follows from {whole}".rstrip(), ""
    else:
        return "", told, ""
    share, start = percent(seen / of), percent(prior)
    why = f"{start} is what the case makes of that count for its own days and conditions"
    if not rate.model and isclose(prior, (seen + 0.5) / (of + 1)):  # of the beta distribution
        why = f"Other rates too can give {seen:g} of {of:g}, and {start} is the mean of them all"
    return told, "", "" if share == start else f"{seen:g} of {of:g} is {share}. {why}."


def _card(network: Network, prior: float, row: explain.WeightRow) -> Card:
    case = network.case
    alone = float(sigmoid(logit(prior) + row.alone / DECIBANS))
    cases = None
    if row.kind == "fact" or row.item in network.names:  # an event of several states has none
        every = {(kind, name) for name in case.evidence for kind in ("fact", "reports")}
        every |= {("event", name) for name in case.events}
        cases = frequencies(network, row.outcome, [row.item], without=frozenset(every)).as_json()
        cases |= {"concludes": True, "forecast": None}  # that of the case is not told yet
    known = day(row.known) if row.known else ""
    record = (case.evidence if row.kind == "fact" else case.events)[row.item]
    title, why = _said(case, row.title).rstrip("."), _said(case, record.why)
    if row.kind != "fact":
        told = HELD[row.kind]
        if row.kind == "now":
            held = judged(document.at(case.node, ("events", row.item, "now")))
            usual = network.prior().get(row.item)  # of several states there is no one number
            told += f": {held}" + (f"; in cases of this kind {percent(usual)}" if usual else "")
        return Card(row.item, title, known, told, why, alone, (), cases)
    reports = network.reports(row.item).values()
    titles = {one.source: case.sources[one.source].title or one.source for one in reports}
    told = [
        f"{titles[one.source]}{'' if one.says else ', who denies it'} ("
        f"{grade(one.grade.letter, one.grade.digit)})"
        for one in reports
    ]
    words = "; ".join(told) or "seen, not only told"
    return Card(row.item, title, known, words, why, alone, tuple(titles.values()), cases)


# --- files ----------------------------------------------------------------------------------------


def write(found: Room, folder: Path) -> None:
    """Write the page of the room, that of the teacher, and the plan that hand-ins are read by.

    Raises
    ------
    InputError
        If what another class handed in lies in the folder: by this plan none of it would count.
    """
    from forecasting.report import publish

    folder.mkdir(parents=True, exist_ok=True)
    if (folder / PLAN).exists() and files(folder) and (old := read(folder / PLAN)).key != found.key:
        words, hint = "holds what was handed in on another question", "-o FOLDER, for this class"
        raise refusal(words, str(folder), found=f"{old.case}/{old.event}", hint=hint)
    write_text(folder / ROOM, page(found))
    publish.write(teacher(found), folder / TEACHER)
    plan = json.dumps({"form": FORM} | asdict(found), ensure_ascii=False, indent=1)
    write_text(folder / PLAN, f"{plan}\n")


def read(path: Path) -> Room:
    """Read the plan of a class.

    Raises
    ------
    InputError
        If it is none.
    """
    text = document.read_text(path)
    try:
        held = json.loads(text)
        if held.pop("form") != FORM:
            raise ValueError
        cards = (Card(**one | {"sources": tuple(one["sources"])}) for one in held.pop("cards"))
        return Room(cards=tuple(cards), holds=tuple(held.pop("holds")), **held)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise refusal("is no plan of a class", str(path)) from None


# --- the page of the room -------------------------------------------------------------------------


def page(found: Room) -> str:
    """Make the page of the room: one file, for phones too, that asks nobody for anything."""
    return sheet(found.title, "room.js", asdict(found))


def sheet(title: str, script: str, told: Mapping) -> str:
    """Make an offline page of a script of this room."""
    css = (SCRIPTS / "class.css").read_text(encoding="utf-8")
    return live.sheet(title, SCRIPTS / script, told, kind="cl", css=css)


# --- the page of the teacher ----------------------------------------------------------------------


def teacher(found: Room) -> NotebookNode:
    """Make the page of the teacher, for :func:`forecasting.report.publish.write` to write."""
    import nbformat

    from forecasting.report import exporter

    parts = {"": _opening(found), "What the case answers": _answers(found)}
    made = exporter.assembled(
        f"For the teacher: {found.title}",
        found.days,
        (
            (f"part-{i}", title, Section(tuple(items)))
            for i, (title, items) in enumerate(parts.items())
        ),
    )
    text = Path(__file__).with_name("teacher.md").read_text(encoding="utf-8")
    told = [f"## {part}" for part in text.removeprefix("## ").split("\n## ")]
    cells = [nbformat.v4.new_markdown_cell(one, id=f"told-{i}") for i, one in enumerate(told)]
    made.cells[1:1] = cells[:1]  # the minutes come before the answers
    made.cells += cells[1:]
    return made


def asked(found: Room) -> Iterator[Item]:
    """Tell as of when a class is asked, and what."""
    if found.days:
        yield Paragraph((found.days,), "dates")
    yield Paragraph((Strong(found.question),), "lead")
    if found.whole:
        yield Paragraph(("One part of the question ", Stated(found.whole)))


def _opening(found: Room) -> Iterator[Item]:
    yield from asked(found)
    if found.criterion:
        yield Paragraph(("Settled by this rule: ", Stated(found.criterion)))
    yield Paragraph((
        f"Give everybody {ROOM}: by mail, on a stick, over a shared folder. It opens in any "
        "browser, on a phone too, and asks no network for anything. It holds the answer, hidden: "
        "whoever looks into the file can find it. Keep this page to yourself.",
    ))  # fmt: skip


def _answers(found: Room) -> Iterator[Item | None]:
    basis = found.counted or f"an estimate: {found.estimate}"
    yield Paragraph((
        f"Base rate {percent(found.prior)}", Stated(f" ({basis})"),
        ". With all the evidence ", Strong(percent(found.posterior)),
        f", {found.word}; 90% band {percent(found.low)} to {percent(found.high)}.",
    ))  # fmt: skip
    shown = (
        stated("title", "Card"),
        stated("told", "Who says so"),
        figure("alone", f"Alone, from {percent(found.prior)} to", percent),
        stated("why", "Why"),
    )
    rows = [asdict(one) | {"row": str(i)} for i, one in enumerate(found.cards, 1)]
    yield table("cards", "The cards, each as if it were all the evidence", shown, rows, "row")
    yield Paragraph((
        "For scores, once it is settled, make a table outcomes.csv of two lines: ",
        Stated("question,outcome"), " and ",
        Stated(found.resolved), " (or no).",
    ))  # fmt: skip
    reported = Counter(source for card in found.cards for source in card.sources)
    if shared := sorted(source for source, many in reported.items() if many > 1):
        yield Paragraph(("More than one card rests on: ", Stated(", ".join(shared)), "."))
    letters = "; ".join(f"{a} {card.title}" for a, card in zip(LETTERS, found.cards, strict=False))
    yield Paragraph(("What a line names as weighing most: z the base rate; ", Stated(letters), "."))
