"""A case file goes in; the records of a case come out, checked as a whole.

The records below are the format: each field carries its reader and its meaning, and the JSON Schema
is made from them.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cache
from pathlib import Path

from forecasting.errors import InputError, Problem, in_order, nearest, refusal
from forecasting.file import document, propositions, rules
from forecasting.file.document import Node
from forecasting.file.kinds import finished, schema_by_type
from forecasting.file.models import BaseRateReader
from forecasting.file.records import ListOf, MapOf, Record, due, key, keys, node_field
from forecasting.file.shipped import NEAR, case_named, cases, home, shipped
from forecasting.file.states import (
    Amount,
    AmountsReader,
    ByProposition,
    ByType,
    Cut,
    Cuts,
    Holds,
    RowReader,
    Settled,
    SharesReader,
    States,
    TableReader,
)
from forecasting.file.values import (
    BAD,
    BaseRate,
    Choice,
    Day,
    DayReader,
    Judgement,
    Multiplier,
    Name,
    Names,
    Number,
    PropositionName,
    Reading,
    Spelled,
    Text,
    Word,
    one_of,
    parse_day,
)
from forecasting.judgement import Odds, Probability

# What the JSON Schema demands of a record beyond its single keys.
STATED_OUTRIGHT = {
    "oneOf": [
        {"required": ["base_rate"], "properties": {"table": False, "parents": False}},
        {"required": ["table", "parents"], "properties": {"base_rate": False}},
        {
            "required": ["table"],
            "properties": {"base_rate": False, "parents": False, "table": {"required": [""]}},
        },
    ],
    "not": {"required": ["happened", "ruled_out"]},
}

COUNTED = {
    "anyOf": [
        {"required": ["reports"], "properties": {"reports": {"minItems": 1}}},
        {"required": ["status"]},
    ],
    **one_of(("if_yes", "if_no"), ("likelihood_ratio",), ("chance",), ("if",)),
    "if": {"required": ["chance"]},
    "then": {"properties": {"bears_on": {"type": "object", "minProperties": 1}}},
    "else": {"properties": {"bears_on": {"type": ["string", "boolean"]}}},
}

GRADED_OR_JUDGED = {
    "oneOf": [
        {
            "required": ["grade"],
            "properties": {"hit": False, "false": False, "grade": {"pattern": "[1-6]"}},
        },
        {"required": ["hit", "false"], "properties": {"grade": {"not": {"pattern": "[1-6]"}}}},
    ]
}

# A draft is checked once it is to count.
KNOWN_SOMEHOW = {
    "if": {"required": ["draft"], "properties": {"draft": {"enum": ["yes", "true", True]}}},
    "else": {"allOf": [COUNTED, {"properties": {"reports": {"items": GRADED_OR_JUDGED}}}]},
}

LETTERS = tuple("ABCDEF")
DIGITS = tuple("123456")

# Limits that no case of a person reaches; past them a file is refused in one sentence.
MAX_EVENTS = 1_000
MAX_EVIDENCE = 2_000

SCALES = ("words.yaml", "admiralty.yaml")

SOURCE, PROPOSITION = Name("sources"), PropositionName("events")
CERTAINTY, HELD = Judgement(closed=True), ByProposition(Judgement())

# What is read by the type of its event.
BY_TYPE = {
    "base_rate": ByType(BaseRateReader(), SharesReader(), AmountsReader()),
    "now": ByType(Judgement(), HELD, HELD),
    "table": TableReader(ByType(CERTAINTY, RowReader(), RowReader())),
}


def references():
    """Declare the references that an entry rests on."""
    return key("names under references", Names(Name("references")), default=())


@dataclass(frozen=True)
class Reference:
    """Where a figure or a claim comes from."""

    title: str = due("its title")
    author: str | None = key("who wrote it")
    publisher: str | None = key("who published it")
    date: Day | None = key("when it was published")
    url: str | None = key("where to find it")
    accessed: Day | None = key("when it was read")
    note: str | None = key("a remark, such as a licence or a version")


@dataclass(frozen=True)
class Correction:
    """An error of a source, corrected in this case."""

    said: str = due("what the source says")
    found: str = due("what is the case")
    reference: tuple[str, ...] = references()


@dataclass(frozen=True)
class Resolution:
    """How a question will be settled."""

    criterion: str = due("the rule, fixed in advance")
    source: str | None = key("whose word settles it")
    threshold: str | None = key("the figure that must be reached")


# A report tells first of the lowest.
PLACE = Number("not a place in an order", "a number from 1 to 99", 99, 1)


@dataclass(frozen=True)
class Event:
    """A driver or an outcome: whether, which of several, or how much."""

    RULES = STATED_OUTRIGHT | schema_by_type(BY_TYPE)

    role: str = key(
        "outcome: asked for; driver: moves others", Choice(("outcome", "driver")), default="outcome"
    )
    kind: str = key(
        "occurs: at least once by the date; lasts: true throughout; state: true on the date; "
        "first: of several states, which comes about first",
        Choice(("occurs", "lasts", "state", "first")),
        default="occurs",
    )
    title: str | None = key("a short label for tables and sliders")
    question: str | None = key("the question, worded so that it can be settled")
    resolution: Resolution | None = key("how it will be settled", Record(Resolution))
    states: Mapping[str, str] | None = key("the states, one of which holds", States())
    ordered: bool = key("yes, for states from low to high", default=False)
    quantity: Amount | None = key("an amount: how much", Record(Amount))
    cuts: Mapping[str, Cut] = key(
        'named parts of its states or amounts, such as ">= 20"', Cuts(), default={}
    )
    none: str | None = key("of kind first, the state in which none comes about", Name())
    base_rate: BaseRate | None = key(
        "its probability before any evidence of this case", BY_TYPE["base_rate"]
    )
    now: Probability | Mapping[str, Probability] | None = key(
        "what is held of it in this case, without evidence listed for it", BY_TYPE["now"]
    )
    given: str | None = key("the event without which it cannot happen", PROPOSITION)
    parents: tuple[str, ...] | None = key("the events that a table depends on", Names(PROPOSITION))
    table: Mapping[str, Probability | Mapping[str, Probability | None]] | None = key(
        'its probability for every combination of its parents, such as "yes, no": 70%',
        BY_TYPE["table"],
    )
    resolve_by: Day | None = key("the day by which it is asked, if not that of the case")
    headline: float | None = key("its place among the questions a report answers first", PLACE)
    cluster: str | None = key("the story it belongs to: outcomes of one story count as one")
    tags: tuple[str, ...] = key("words to group its scores by", Names(Text()), default=())
    settled: Settled | None = key("the state or the amount it came to", Record(Settled))
    happened: Day | None = key("the date on which it came true")
    ruled_out: Day | None = key("the date from which it could no longer come true")
    why: str | None = key("the reason for the numbers")
    reference: tuple[str, ...] = references()
    node: Node | None = node_field()

    @property
    def is_yes_no(self) -> bool:
        """It happens or not; it has no states of its own, and is no amount."""
        return self.states is None and self.quantity is None

    @property
    def parts(self) -> tuple[str, ...]:
        """Its states and its cuts, by name; none of a yes/no event."""
        return (*(self.states or ()), *self.cuts)

    def finished(self, place: str, reading: Reading) -> Event:
        """Put together what its keys say, each of which was read by itself."""
        return finished(self, place, reading)


@dataclass(frozen=True)
class Link:
    """How one event moves the odds of another."""

    RULES = one_of(*rules.MULTIPLIER)

    source: str = due("the event that moves", PROPOSITION, name="from")
    target: str = due("the event that is moved", PROPOSITION, name="to")
    raises: Odds | None = key("multiplies the odds by this")
    lowers: Odds | None = key("divides the odds by this")
    either: Odds | None = key("multiplies the odds, up or down", name="odds")
    if_yes: Probability | None = key(
        "the target's probability if the driver is true (only its odds against if_no count)"
    )
    if_no: Probability | None = key("the target's probability if it is not")
    why: str | None = key("the reason")
    reference: tuple[str, ...] = references()
    node: Node | None = node_field()

    @property
    def odds(self) -> Odds:
        """The multiplier, however it was stated."""
        if self.raises:
            return self.raises
        if self.lowers:
            return self.lowers.inverse()
        return self.either or Odds.ratio(self.if_yes, self.if_no)


@dataclass(frozen=True)
class Bearing:
    """How one event moves the odds of a fact that bears on several."""

    RULES = one_of(*rules.MULTIPLIER)

    raises: Odds | None = key("multiplies the odds by this")
    lowers: Odds | None = key("divides the odds by this")
    either: Odds | None = key("multiplies the odds, up or down", name="odds")
    if_yes: Probability | None = key("the fact's probability if the event is true")
    if_no: Probability | None = key("the fact's probability if it is not")
    node: Node | None = node_field()

    odds = Link.odds


@dataclass(frozen=True)
class Source:
    """Who says so."""

    title: str | None = key("its name")
    interest: str | None = key("what it may want us to believe")
    reference: tuple[str, ...] = references()
    node: Node | None = node_field()


@dataclass(frozen=True, slots=True)
class Grade:
    """An Admiralty grade: how reliable the source, how credible the item."""

    letter: str | None
    digit: str | None


class GradeReader(Spelled):
    """An Admiralty grade such as B2, or the letter alone where hit and false are given."""

    PROBLEM = "not an Admiralty grade"
    ACCEPTED = "a letter A to F (the source) and a digit 1 to 6 (the item), such as B2"

    def parse(self, text):
        letter, digit = text.strip().upper()[:1], text.strip()[1:]
        known = letter in LETTERS and digit in ("", *DIGITS)
        return Grade(letter, digit or None) if known else BAD

    def schema(self):
        return {"type": "string", "pattern": r"^\s*[A-Fa-f][1-6]?\s*$"}


@dataclass(frozen=True)
class Report:
    """How we know of a fact: who reported it, when, and how good the report is."""

    source: str = due("a name under sources", SOURCE)
    grade: Grade | None = key("its Admiralty grade, such as B2", GradeReader())
    says: bool = key("no, where it denies the fact", default=True)
    date: Day | None = key("when it was reported; else it counts from the fact's date")
    hit: Probability | None = key("P(this report | the fact)", CERTAINTY)
    false: Probability | None = key("P(this report | no such fact)", CERTAINTY)
    why: str | None = key("the reason for the grade")
    reference: tuple[str, ...] = references()
    node: Node | None = node_field()


class BearsOn:
    """One event, or several events each with a multiplier."""

    one, several = PROPOSITION, MapOf(Record(Bearing), names=PROPOSITION)

    def read(self, node, place, reading):
        if node.is_list:
            hint = "write {first_event: {raises: 2}, second_event: {lowers: 1.5}} and give chance"
            return reading.reject(node, place, "several events each need a multiplier", None, hint)
        return (self.one if node.is_text else self.several).read(node, place, reading)

    def parts(self, node):
        yield self.one if node.is_text else self.several, node

    def schema(self):
        return {"anyOf": [self.one.schema(), self.several.schema()]}


@dataclass(frozen=True)
class Evidence:
    """A fact about the world that bears on events, and how we know of it."""

    RULES = KNOWN_SOMEHOW

    bears_on: str | Mapping[str, Bearing] = due(
        "the event it tells of, or several with multipliers", BearsOn()
    )
    claim: str | None = key("what is the fact")
    draft: bool = key("yes: it waits for its numbers, and counts for nothing", default=False)
    date: Day | None = key("when it came about; before it, it does not exist")
    if_yes: Probability | None = key(
        "if the event comes true: how likely was it that we would see this?", CERTAINTY
    )
    if_no: Probability | None = key(
        "if it does not: how likely was it that we would see this?", CERTAINTY
    )
    if_: Mapping[str, Probability] | None = key(
        "if this state or cut comes true: how likely was it that we would see this?",
        ByProposition(CERTAINTY),
        name="if",
    )
    likelihood_ratio: Odds | None = key("if_yes over if_no, where only that is known")
    chance: Probability | None = key("how common the fact is, where it bears on several")
    status: str | None = key(
        "confirmed: it is so; absent: it is not so; pending: not seen yet",
        Choice(("confirmed", "absent", "pending")),
    )
    watch_until: Day | None = key("how long to look out for it")
    reports: tuple[Report, ...] = key("who reported it", ListOf(Record(Report)), default=())
    why: str | None = key("the reason for the numbers")
    reference: tuple[str, ...] = references()
    node: Node | None = node_field()

    @property
    def events(self) -> tuple[str, ...]:
        """Events it bears on, or propositions of them."""
        return (self.bears_on,) if isinstance(self.bears_on, str) else tuple(self.bears_on)


@dataclass(frozen=True)
class Scenario:
    """A named combination of outcomes."""

    when: Mapping[str, bool | tuple[str, ...]] = due(
        "which events are true and which are not, or which state holds",
        MapOf(Holds(), names=PROPOSITION),
    )
    title: str | None = key("its name in words")
    why: str | None = key("what it describes")
    node: Node | None = node_field()


class PlainShare(Judgement):
    """One probability without a range."""

    def read(self, node, place, reading):
        value = super().read(node, place, reading)
        if value is BAD or not value.logit_sd:
            return value
        accepted = "such as 85%"
        return reading.reject(node, place, "a credibility is one number, without a range", accepted)


@dataclass(frozen=True)
class Scales:
    """What words and grades mean as numbers."""

    probability: Mapping[str, Probability] = key(
        "probability words", MapOf(Judgement(), names=Word()), default={}
    )
    odds: Mapping[str, Odds] = key("strength words", MapOf(Multiplier(), names=Word()), default={})
    reliability: Mapping[str, Probability] = key(
        "P(the source is sound), by letter", MapOf(CERTAINTY, names=Choice(LETTERS)), default={}
    )
    credibility: Mapping[str, Probability] = key(
        "how far to believe a sound report, by digit",
        MapOf(PlainShare(), names=Choice(DIGITS[:5])),
        default={},
    )

    def updated(self, other: Scales) -> Scales:
        """Replace what another set of scales states."""
        return Scales(
            **{one: {**getattr(self, one), **getattr(other, one)} for one in keys(Scales)}
        )


@dataclass(frozen=True)
class Case:
    """A case: events, links, sources and evidence, with the dates it speaks of."""

    case: str = due("a short name, unique among cases", Name())
    events: Mapping[str, Event] = due("drivers and outcomes", MapOf(Record(Event), most=MAX_EVENTS))
    title: str | None = key("its title")
    about: str | None = key("what it is about, and what it rests on")
    as_of: Day | None = key("the day of the forecast; nothing later is known")
    resolve_by: Day | None = key("the day by which, or on which, events are asked")
    horizons: tuple[Day, ...] = key("dates to tabulate", ListOf(DayReader(), most=50), default=())
    references: Mapping[str, Reference] = key(
        "where claims come from", MapOf(Record(Reference)), default={}
    )
    corrections: tuple[Correction, ...] = key(
        "errors of its sources that it corrects", ListOf(Record(Correction)), default=()
    )
    links: tuple[Link, ...] = key("how events move each other", ListOf(Record(Link)), default=())
    sources: Mapping[str, Source] = key("who says so", MapOf(Record(Source)), default={})
    evidence: Mapping[str, Evidence] = key(
        "facts and their reports", MapOf(Record(Evidence), most=MAX_EVIDENCE), default={}
    )
    scenarios: Mapping[str, Scenario] = key(
        "named combinations that exclude each other", MapOf(Record(Scenario)), default={}
    )
    views: Mapping[str, Mapping[str, Probability]] = key(
        "what others say: shown, never used",
        MapOf(MapOf(Judgement(), names=PROPOSITION)),
        default={},
    )
    scales: Scales = key(
        "words and grades that differ in this case", Record(Scales), default=Scales()
    )
    node: Node | None = node_field()
    # Facts that wait for likelihoods and grades; no key: they stand under evidence.
    drafts: Mapping[str, Evidence] = field(default_factory=dict)
    text: str = field(default="", repr=False, compare=False)
    # Whose words its forecasts are told in, "icd-203" or "phia": the reader's choice, no key.
    lexicon: str = field(default="icd-203", repr=False, compare=False)

    def finished(self, place: str, reading: Reading) -> Case:
        """Set drafts apart, so that nothing that counts meets them."""
        drafts = {k: fact for k, fact in self.evidence.items() if fact is not BAD and fact.draft}
        counting = {k: fact for k, fact in self.evidence.items() if k not in drafts}
        return replace(self, evidence=counting, drafts=drafts) if drafts else self

    @property
    def digest(self) -> str:
        """SHA-256 of the content; key order, spacing and comments do not count."""
        return document.digest(self.node)

    @property
    def outcomes(self) -> tuple[str, ...]:
        """Events that are asked about, in the order of the file."""
        return tuple(name for name, event in self.events.items() if event.role == "outcome")

    def written(self, *place: str) -> str:
        """Give the value at a key path on one line, as the file writes it."""
        node = self.node
        for name in place:
            node = node.value[name]
        return document.as_written(node)

    def parents(self, event: str) -> tuple[str, ...]:
        """Events that move an event, in the order of its table or the links; not its given."""
        if self.events[event].table is not None:
            return self.events[event].parents or ()
        targets = ((link, propositions.event_of(link.target)) for link in self.links)
        return tuple(link.source for link, target in targets if target == event)

    def above(self, event: str) -> tuple[str, ...]:
        """Events on which an event hangs, each once: those that move it, then its condition."""
        given = self.events[event].given
        hangs_on = (*self.parents(event), *([given] if given else []))
        return tuple(dict.fromkeys(map(propositions.event_of, hangs_on)))

    def letter(self, source: str) -> str | None:
        """Find the one Admiralty letter of a source, on its reports."""
        letters = (
            report.grade.letter
            for fact in self.evidence.values()
            for report in fact.reports
            if report.source == source and report.grade
        )
        return next(letters, None)

    def closed(self, when: Mapping[str, bool | tuple[str, ...]]) -> dict[str, frozenset[int]]:
        """List the states that a combination leaves each event it speaks of.

        An event that came true had its condition come true. No state is left where a combination
        contradicts itself.

        Examples
        --------
        >>> read("{case: rain, events: {rain: {base_rate: 20%}}}").closed({"rain": True})
        {'rain': frozenset({1})}
        """
        return propositions.left(self, when.items())


def load(path: str | Path) -> Case:
    """Load a case file.

    Parameters
    ----------
    path : str or path
        A text without an ending may be the name of a case that is here or comes with the package.

    Raises
    ------
    InputError
        With every problem of the file, each with line, key path, what was found and what is
        accepted; or with the case whose name looks most like one that is nowhere.

    Examples
    --------
    >>> case = load("priors/first_case.yaml")
    >>> len(case.digest)
    64
    """
    name, path = str(path), Path(case_named(path) if isinstance(path, str) else path)
    if name == path.stem and not path.exists():
        accepted = f"a file, or {', '.join(cases(home() / 'priors'))}"
        hint = nearest(name, cases(*NEAR, home() / "priors"))
        raise refusal("there is no case of this name", "", None, "", name, accepted, hint)
    return read(document.read_text(path), str(path))


def read(text: str, file: str = "case") -> Case:
    """Read a case from text.

    Raises
    ------
    InputError
        As for :func:`load`.

    Examples
    --------
    >>> read("{case: rain, events: {rain: {base_rate: 20%}}}").events["rain"].role
    'outcome'
    """
    problems: list[Problem] = []
    return assemble(document.read(text, file, problems=problems), text, problems)


def schema() -> dict:
    """Make the JSON Schema of a case file from the records."""
    defined = {
        "probability": Judgement().schema(),
        "probability_or_certainty": Judgement(closed=True).schema(),
        "base_rate": BaseRateReader().schema(),
        "odds": Multiplier().schema(),
        "date": DayReader().schema(),
        "names": Names().schema(),
    }

    def shared(part):
        """Write a definition that stands in many places once."""
        if isinstance(part, list):
            return [shared(one) for one in part]
        if not isinstance(part, dict):
            return part
        doc = {key: part[key] for key in ("description",) if isinstance(part.get(key), str)}
        bare = {key: inner for key, inner in part.items() if key not in doc}
        for name, definition in defined.items():
            if bare == definition:
                return {"$ref": f"#/$defs/{name}", **doc}
        return {key: shared(inner) for key, inner in part.items()}

    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "A case of scenario-forecasting",
        **shared(Record(Case).schema()),
        "$defs": defined,
    }


@cache
def default_scales() -> Scales:
    """Read the shipped scales of words and grades."""
    scales = Scales()
    for name in SCALES:
        reading = Reading([])
        _, node = document.read_file(shipped("scales") / name, problems=reading.problems)
        scales = scales.updated(Record(Scales).whole(node, reading))
    return scales


def _own_words(own: Node, shipped: Scales) -> Scales:
    """Read the words that a case defines for itself, which its other numbers may use.

    What is wrong with them is noted when the whole case is read.
    """
    words = {}
    for name in ("probability", "odds"):
        if own.is_map and name in own.value and own.value[name].is_map:
            # A word that cannot be read stays in, so that its uses are not called unknown too.
            reader = keys(Scales)[name].reader
            words[name] = reader.read(own.value[name], name, Reading([], shipped))
    return Scales(**words)


def assemble(node: Node, text: str, problems: list[Problem] | None = None) -> Case:
    """Read the records of a tree and check them as a whole.

    Parameters
    ----------
    node : Node
        The tree, with any overrides in it.
    text : str
        The text of the file, without them.
    problems : list of Problem, optional
        Noted already.

    Raises
    ------
    InputError
        With every problem, in the order of the file.
    """
    folder = Path(node.file).parent if Path(node.file).is_file() else None
    reading = Reading([] if problems is None else problems, default_scales(), folder)
    if not node.is_map:
        accepted = "case:, events: and so on"
        raise refusal("not a case", node.file, node.line, "", node.describe(), accepted)
    if own := node.value.get("scales"):
        reading.scales = reading.scales.updated(_own_words(own, reading.scales))
    case = Record(Case).read(node, "", reading)
    rules.check_names(Record(Case), node, reading)
    if case is not BAD:
        rules.check(case, reading)
    if reading.problems:
        raise InputError(in_order(reading.problems))
    return replace(case, scales=default_scales().updated(case.scales), text=text)


def as_date(day: Day | date | str | None) -> date | None:
    """Take a day in any form as a date."""
    if day is None or isinstance(day, date):
        return day
    if isinstance(day, Day):
        return day.last
    return parse_day(day).last


def write_text(path: str | Path, text: str) -> None:
    """Replace a file in one step: a reader, or a crash, sees the old text or the new."""
    write_bytes(path, text.encode())


def write_bytes(path: str | Path, content: bytes) -> None:
    """Replace a file in one step, as :func:`write_text` does."""
    from secrets import token_hex

    if Path(path).exists() and not Path(path).is_file():  # a pipe or a device stays what it is
        Path(path).write_bytes(content)
        return
    path = Path(path).resolve()  # the file itself, where a link leads to it
    # No name of a file is longer than 255 bytes, and a letter takes up to four.
    temporary = path.with_name(f".{path.name[:50]}.{token_hex(4)}")
    try:
        if path.exists() and not os.access(path, os.W_OK):  # to replace it needs but its folder
            raise PermissionError(errno.EACCES, "it is read-only")
        with temporary.open("xb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        if path.exists():
            temporary.chmod(path.stat().st_mode & 0o777)
        temporary.replace(path)
    except BaseException as error:
        with suppress(OSError):
            temporary.unlink()
        if isinstance(error, OSError):  # it names the file that was asked for
            error.filename, error.filename2 = str(path), None
        raise
