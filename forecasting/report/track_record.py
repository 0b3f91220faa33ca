"""A ledger and a day go in; the page that tells how its forecasts came out is what comes out.

First stand the denominators, so that nobody has to ask what was left out; then scores against what
anybody could have said, each case as one forecast, stories, calibration, what cost most, what is
due, and what was looked at to settle it all. The page needs no kernel and no script, and is the
same for the same ledger on the same day. Questions that are private are left out of it.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass, field
from datetime import date
from functools import cached_property
from typing import TYPE_CHECKING

from forecasting.errors import InputError
from forecasting.file import case as cases
from forecasting.file import fits
from forecasting.file.tables import shipped
from forecasting.ledger import lessons, scores, status, tables
from forecasting.ledger.expected import Expectation
from forecasting.ledger.ledger import Ledger, public
from forecasting.ledger.status import Scored, Standing
from forecasting.ledger.store import Verified
from forecasting.lexicon import counted, percent
from forecasting.report.exhibits import stated, table
from forecasting.report.prose import day as in_words
from forecasting.tell import calibration, figures
from forecasting.tell.markup import (
    Fold,
    Heading,
    Item,
    Listing,
    Paragraph,
    Picture,
    Section,
    address,
    joined,
)
from forecasting.tell.sheet import NARROW
from forecasting.tell.table import Column, Part, Stated, Strong, Table, figure

if TYPE_CHECKING:
    from nbformat import NotebookNode

TITLE = "Track record"

# So many forecasters, those with most answers, are told of one by one; a table has them all.
MOST_NAMED = 3

# So many faults of a ledger are named; the command gives all.
MOST_FAULTS = 8

# A longer table is one click away; that of stories is what scores are to be read by.
MOST_OPEN, MOST_STORIES = 12, 60

SCORES_NOTE = (
    "Brier: 0 is perfect, 0.25 is what one half earns, 1 is the worst. Log: nats, 0 is perfect, "
    "-0.69 is what one half earns. Skill: the share of the reference's Brier score that is saved, "
    "on the questions that both answered; below 0 the reference was better. Prior: the same case "
    "before its evidence. Half: equal chances for every answer. Rate: how often the other "
    "questions came out yes. Stories: groups of questions that hang together."
)

JOINT_NOTE = (
    "The questions of one case hang together, so that one case earns one number: the logarithm of "
    "the probability that it gave to all that came about, together. 0 is perfect, and the same "
    "before the evidence is the measure to hold it against. One by one: what the same answers "
    "earn, added up, as if none told anything of another. -∞: the case held impossible what came "
    "about together."
)

EXPECTED_NOTE = (
    "A case says itself how well it should do. Worlds drawn from its own probabilities give the "
    "range in which nine of ten of its scores should lie if it was right. At most: the share of "
    "those worlds in which it would have been no more."
)

WORST_NOTE = (
    "Lost: nats, 0 is perfect, 0.69 is what one half loses. What the base rate lost by itself, and "
    "what the evidence added to that (+) or took off it (-). Said and before: the probability that "
    "was given to what came."
)

EARLY = "Settled, and not due yet"
EARLY_NOTE = (
    "These count in no score yet: a question that can only end early by a yes would make every "
    "forecast look too low."
)

DIFFERENCES_NOTE = (
    "Below 0 the forecasts were better than the reference. In brackets: nine times of ten, if one "
    "story tells nothing of another. Chance alone: the share of all ways to swap the two, story by "
    "story, that make a difference as large."
)

PROVES = (
    "Each entry holds the hash of the one before, so that none can be changed, taken out or put in "
    "between without being named above. That proves nothing against somebody who makes the whole "
    "ledger anew: compare the head with one that was kept elsewhere, in an earlier page or in a "
    "repository. The days are those of the clock of the machine that wrote them."
)

# What each score of a case is called, and what it means that it came out below its range or above.
EXPECTED = {
    "brier": ("Brier score", "better than it expected", "worse than it expected"),
    "log": ("log score", "worse than it expected", "better than it expected"),
    "yes": ("answers yes", "fewer than it expected", "more than it expected"),
}


@dataclass(frozen=True)
class Record:
    """What a ledger holds on a day, without what is private.

    ``rows`` are the first forecast of each forecaster on each question.
    """

    ledger: Ledger = field(repr=False)
    day: date
    standings: tuple[Standing, ...]
    rows: tuple[Scored, ...]
    verified: Verified

    @cached_property
    def headlines(self) -> tuple[str, ...]:
        """Those whose headline forecasts have scores, whoever has most of them first."""
        own = (row for row in self.rows if row.role == "headline" and _has_score(row))
        many = Counter(row.by for row in own)
        return tuple(sorted(many, key=lambda name: (-many[name], name)))

    @cached_property
    def reference(self) -> str:
        """What stories are held against: the prior of the same case, where there is one."""
        priors = any(row.role == "prior" and _has_score(row) for row in self.rows)
        return "prior" if priors else "half"


def look(ledger: Ledger, day: date) -> Record:
    """Read a ledger as it stands on a day; one that is not there or cannot be read is refused."""
    noted = ledger.entries()
    shown = public(noted)
    standings = status.standings(noted, day)
    return Record(
        ledger,
        day,
        tuple(one for key, one in standings.items() if shown(key[0])),
        tuple(row for row in status.rows(noted, day) if shown(row.question)),
        ledger.verify(),
    )


def notebook(ledger: Ledger, day: date) -> NotebookNode:
    """Make the page, for :func:`forecasting.report.publish.write` to write.

    What was forecast, or became known, after ``day`` does not count.
    """
    from forecasting.report import exporter

    record = look(ledger, day)
    return exporter.assembled(TITLE, f"as of {in_words(day)}", sections(record))


def sections(record: Record) -> Iterator[tuple[str, str, Section]]:
    """Give the parts of the page: name, title and what stands there; none that is empty."""
    made = {
        "opening": ("", _opening(record)),
        "scores": ("Scores", _scores(record)),
        "cases": ("Each case as one forecast", _cases(record)),
        "stories": ("Story by story", _stories(record)),
        "calibration": ("Calibration", _calibration(record)),
        "worst": ("What cost most", _worst(record)),
        "due": ("Overdue", _standing(record, "overdue", "Asked, due, and not settled")),
        "early": ("Settled before their day", _standing(record, "early", EARLY, EARLY_NOTE)),
        "open": ("Open", _standing(record, "open", "Asked, and not due yet")),
        "settled": ("What came of it", _settled(record)),
        "chain": ("The ledger itself", _chain(record)),
    }
    for name, (title, items) in made.items():
        if shown := tuple(filter(None, items)):
            yield name, title, Section(shown)


# --- the parts ------------------------------------------------------------------------------------


def _opening(record: Record) -> Iterator[Item | None]:
    faults = record.verified.faults
    yield _line(f"As of {in_words(record.day)}", kind="dates")
    for fault in faults[:MOST_FAULTS]:
        yield _line("This ledger is not whole: ", Stated(fault), ".", kind="warning")
    if more := len(faults[MOST_FAULTS:]):
        lists = "forecasting ledger verify lists them"
        yield _line(f"There are {counted(more, 'fault')} more: {lists}.", kind="warning")
    said = scores.denominators(scores.statuses(record.standings, record.rows))
    yield _line(Strong(f"{said}."), kind="lead")
    yield _line(tables.HINDSIGHT)
    found = {one.forecaster: one for one in scores.groups(record.rows)}
    chance = {one.forecaster: one for one in scores.groups(record.rows, against="half")}
    for name in record.headlines[:MOST_NAMED]:
        one = found[name]
        told = f": a mean Brier score of {_number(one.brier)} over {tables.answered(one)}"
        if one.common == one.questions:
            told += f"; before the evidence {_number(one.reference)}"
        # Of more than two states, equal chances are not one half each.
        even = chance[name].reference
        called = "One half earns" if math.isclose(even, 0.25) else "Equal chances earn"
        yield _line(Strong(name), f"{told}. {called} {_number(even)}.")
    some = "No headline forecast has a mean score; what is scored stands below."
    if not record.headlines:
        yield _line(some if any(map(scores.counts, record.rows)) else "No forecast is scored.")


def _scores(record: Record) -> Iterator[Item | None]:
    against = {name: scores.groups(record.rows, against=name) for name in scores.REFERENCES}
    records = [
        asdict(row) | {name: found[i].skill for name, found in against.items()}
        for i, row in enumerate(against["prior"])
    ]
    records.sort(key=lambda row: row["forecaster"] not in record.headlines)
    shown = (
        stated("forecaster", "Forecaster"),
        figure("questions", "questions"),
        figure("clusters", "stories"),
        figure("brier", "Brier", _number),
        figure("log", "log", _number),
        *(figure(name, f"skill over {name}", _number) for name in scores.REFERENCES),
    )
    yield _table("scores", "Mean scores by forecaster", shown, records, SCORES_NOTE)
    yield _amounts(record)
    if late := sum(row.late for row in record.rows):
        yield _line(
            f"{counted(late, 'forecast')} made when the answer was there, or could be, "
            f"{'counts' if late == 1 else 'count'} in no score."
        )
    if named := tables.entered_late(record.rows):
        yield _line(Stated(f"{named}."))
    own = (row for row in record.rows if not (row.late or row.entered_late))
    if after := sum(row.entered_after for row in own):
        yield _line(
            f"{counted(after, 'forecast')} of an earlier day "
            f"{'was' if after == 1 else 'were'} entered when the answer was there: only whoever "
            "entered them can know what was known."
        )
    if not record.headlines:
        return
    yield Heading(("Differences, story by story",))
    lines = [
        _compared(record, name, one)
        for name in record.headlines[:MOST_NAMED]
        for one in scores.REFERENCES
    ]
    yield Listing(tuple(filter(None, lines)))
    yield _line(DIFFERENCES_NOTE, kind="note")
    yield _evened(record)


def _compared(record: Record, name: str, other: str) -> tuple[Part, ...]:
    """Say how a forecaster did against a reference, and what chance would make of it."""
    found = scores.compare(record.rows, name, other)
    return (Strong(name), f" less {other}: {tables.difference(found)}") if found.questions else ()


def _evened(record: Record) -> Item | None:
    """Compare those who answered different questions, if there are such."""
    own = [row for row in record.rows if row.role == "headline" and _has_score(row)]
    asked = defaultdict(set)
    for row in own:
        asked[row.by].add((row.question, row.version))
    if len({frozenset(some) for some in asked.values()}) < 2:
        return None
    shown = (
        stated("forecaster", "Forecaster"),
        figure("questions", "questions"),
        figure("brier", "Brier", _number),
        figure("evened", "evened", _number),
        figure("rank", "rank"),
    )
    fitted = scores.two_way(own)
    if sum(not math.isnan(row.evened) for row in fitted) < 2:
        return None  # nobody shares a question with another: there is nothing to even out
    caption = "As if everybody had answered everything"
    return _table("evened", caption, shown, fitted, scores.CAVEAT)


def _amounts(record: Record) -> Item | None:
    """Score amounts, which have units of their own, one by one."""
    units = {(s.question.id, s.question.version): s.question.unit for s in record.standings}
    rows = [row for row in record.rows if scores.counts(row) and row.type == "quantity"]
    records = [
        {"title": row.title, "forecaster": scores.forecaster(row), "came": f"{row.outcome:,g}"}
        | {"crps": one.crps, "unit": units[row.question, row.version]}
        for row, one in zip(rows, scores.scored(rows), strict=True)
    ]
    shown = (
        stated("title", "Question"),
        stated("forecaster", "Forecaster"),
        Column("came", "Came out"),
        figure("crps", "CRPS", lambda value: f"{value:,.4g}"),
        stated("unit", "Unit"),
    )
    note = (
        "CRPS: how far off, in the unit of the question, from the quantiles that are kept of a "
        "forecast (of a case from five quantiles); 0 is perfect."
    )
    return _table("amounts", "Amounts", shown, records, note)


def _cases(record: Record) -> Iterator[Item | None]:
    joints, hopes, silent = [], [], []
    by_case = defaultdict(list)
    for row in record.rows:
        if row.case_digest:
            by_case[row.case_digest].append(row)
    for digest, rows in by_case.items():
        try:
            case, found = _then(record.ledger, digest, rows)
        except InputError as error:
            name, problem = rows[0].question.partition("/")[0], error.problems[0]
            why = " cannot be computed again here, so it has no joint score: "
            place = f" ({problem.place})" if problem.place else ""
            silent.append(("The case ", Stated(name), why, Stated(problem.problem + place), "."))
            continue
        for one in found:
            days = f", {in_words(one.made_at)} to {in_words(one.resolve_by)}"
            called = {"score": (Stated(case.title or case.case), days)}
            joints.append(asdict(one.joint) | called | {"by": one.forecaster})
            hopes += [called | {"head": True}, *map(_hoped, one.expected)]
    shown = (
        Column("score", "Case"),
        stated("by", "Forecaster"),
        figure("outcomes", "outcomes"),
        figure("posterior", "joint log score", _number),
        figure("prior", "before the evidence", _number),
        figure("posterior_marginals", "one by one", _number),
    )
    yield _table("joint", "All that came about, as one forecast", shown, joints, JOINT_NOTE)
    shown = (
        Column("score", "Case"),
        figure("expected", "expected"),
        figure("range", "nine times of ten"),
        figure("real", "came"),
        figure("at_most", "at most", percent),
        Column("verdict", "So it did"),
    )
    yield _table("expected", "What a case expected of itself", shown, hopes, EXPECTED_NOTE)
    yield Listing(tuple(silent)) if silent else None


def _then(ledger: Ledger, digest: str, rows: Sequence[Scored]) -> tuple[cases.Case, tuple]:
    """Run a case as it was recorded; where a model has changed since, with the fits of its day."""

    def again():
        case = ledger.case(digest)
        return case, lessons.wholes(rows, {digest: case}.__getitem__)

    try:
        return again()
    except InputError:
        with ExitStack() as then:
            for folder in (shipped("ledger"), ledger.path.parent):
                then.enter_context(fits.as_recorded(folder / "fits"))
            return again()


def _hoped(one: Expectation) -> dict[str, object]:
    """Say of one score of a case what it expected, and how it did."""
    what, below, above = EXPECTED[one.score]
    show = (lambda value: f"{value:.0f}") if one.score == "yes" else _number
    expected = f"{one.expected:.1f}" if one.score == "yes" else _number(one.expected)
    within = one.low - 1e-9 <= one.real <= one.high + 1e-9
    return {
        "score": what,
        "expected": expected,
        "range": f"{show(one.low)} to {show(one.high)}",
        "real": show(one.real),
        "at_most": one.at_most,
        "verdict": "as it expected" if within else below if one.real < one.low else above,
    }


def _stories(record: Record) -> Iterator[Item | None]:
    found = scores.groups(record.rows, "cluster", record.reference)
    told = record.headlines[:MOST_NAMED]
    records = []
    for name in told:
        records += [{"group": name, "head": True}] * (len(told) > 1)
        own = [row for row in found if row.forecaster == name]
        for row in sorted(own, key=lambda row: (-row.questions, row.group)):
            less = row.brier - row.reference if row.common == row.questions else None
            records.append(asdict(row) | {"less": less})
    shown = (
        stated("group", "Story"),
        figure("questions", "questions"),
        figure("brier", "Brier", _number),
        figure("reference", record.reference, _number),
        figure("less", "difference", lambda value: f"{value:+.3f}"),
    )
    note = "Difference: below 0 the forecast was better. A story is little more than one answer."
    yield _folded(_table("by-story", "Mean scores by story", shown, records, note), MOST_STORIES)
    for name in told:
        if said := _compared(record, name, record.reference):
            yield _line(*said, ".")


def _calibration(record: Record) -> Iterator[Item | None]:
    for i, name in enumerate(record.headlines[:MOST_NAMED], 1):
        found = scores.calibration(record.rows, name)
        if found.words and len(record.headlines) > 1:
            yield Heading((Stated(name),))
        own = [
            row
            for row in record.rows
            if _has_score(row) and row.type == "yes_no" and scores.forecaster(row) == name
        ]
        said, came = [row.p for row in own], [bool(row.outcome) for row in own]
        yield from calibrated(f"words-{i}", found, said, came)


def calibrated(
    name: str, found: scores.Calibration, said: Sequence[float], came: Sequence[bool],
    clusters: tuple[str, str] = ("story", "stories"),
) -> Iterator[Item | None]:  # fmt: skip
    """Tell of a calibration: in words, its curve as a picture, and what the curve says."""
    if not found.words:
        return
    yield _table(name, "What was said, and how often it came", tables.WORDS, found.words)
    if found.corp is None:
        yield _line(f"There is no picture: {found.missing}.")
        return
    corp = found.corp
    drawn = [
        calibration.curve(said, came, corp.p, corp.frequency, **width)
        for width in ({}, {"width": NARROW})
    ]
    wide, narrow = map(figures.svg, drawn)
    yield Picture(wide, figures.alt_text(drawn[0]), narrow)
    yield _line(
        f"Of the Brier score, {_number(corp.mcb)} is miscalibration: what saying the "
        f"frequencies in place of the probabilities would gain. Telling yes from no gained "
        f"{_number(corp.dsc)} of the {_number(corp.unc)} that always saying the overall rate "
        f"would have cost. {counted(found.answers, 'answer')} in "
        f"{counted(found.clusters, *clusters)}."
    )


def _worst(record: Record) -> Iterator[Item | None]:
    found = lessons.worst(record.rows)
    many = len({one.forecaster for one in found}) > 1
    records = [asdict(one) | {"came": _answer(one.outcome), "dearer": one.dearer} for one in found]
    shown = (
        stated("title", "Question"),
        *([stated("forecaster", "Forecaster")] if many else []),
        figure("resolve_by", "Due"),
        Column("came", "Came out"),
        figure("prior", "before", percent),
        figure("posterior", "said", percent),
        figure("lost", "lost", _number),
        figure("by_base_rate", "base rate", _number),
        figure("by_evidence", "evidence", lambda value: _number(value, sign="+")),
        Column("dearer", "Cost more"),
    )
    caption = f"The {len(found)} that cost most" if len(found) > 1 else "What cost most"
    yield _table("worst-of-all", caption, shown, records, WORST_NOTE)


def _standing(record: Record, kind: str, caption: str, note: str = "") -> Iterator[Item | None]:
    """List the questions that stand so."""
    some = [one for one in record.standings if one.status == kind]
    said = tables.listed(some, record.rows)
    records = [
        told
        | {"title": told["title"] or told["id"], "due": one.question.resolve_by}
        | {"came": _answer(one.outcome), "known": one.resolution and one.resolution.known_on}
        for one, told in zip(some, said, strict=True)
    ]
    shown = (
        stated("title", "Question"),
        figure("due", "Due"),
        figure("said", "first said"),
        Column("came", "Came out"),
        figure("known", "Known on"),
        stated("id", "Called"),
    )
    yield _folded(_table(f"{kind}-questions", caption, shown, records, note))


def _settled(record: Record) -> Iterator[Item | None]:
    came = [one for one in record.standings if one.resolution and one.status != "early"]
    unsure, others = [], []
    for one in came:
        sure = not one.resolution.proxy and one.resolution.confidence == "high"
        (others if sure else unsure).append(one)
    if unsure:
        yield _line(
            f"Of {counted(len(came), 'resolution')}, {len(unsure)} rest on something else than the "
            "rule of the question (a proxy), or are less than sure."
        )
        yield _resolutions("proxies", "By proxy, or less than sure", unsure)
    caption = "All others" if unsure else "How the questions came out"
    yield _folded(_resolutions("resolutions", caption, others))


def _resolutions(name: str, caption: str, some: Iterable[Standing]) -> Table | None:
    proxies = name == "proxies"
    records = [
        {"title": asked.title or asked.question or asked.id, "due": asked.resolve_by}
        | {"came": _answer(one.outcome, one.status), "confidence": found.confidence}
        | {"happened": found.happened_on, "known": found.known_on}
        | {"source": (address(found.source),) if found.source else ()}
        | {"why": joined([(Stated(text),) for text in (found.proxy, found.why) if text])}
        | {"before": joined([(Stated(told.outcome),) for told in one.history[:-1]], ", ")}
        for one in some
        for asked, found in [(one.question, one.resolution)]
    ]
    shown = (
        stated("title", "Question"),
        figure("due", "Due"),
        Column("came", "Came out"),
        figure("happened", "On"),
        figure("known", "Known on"),
        Column("confidence", "Confidence"),
        Column("why", "How it differs from the rule, and why so" if proxies else "Why so"),
        Column("source", "Source"),
        Column("before", "In place of"),
    )
    return _table(name, caption, shown, records)


def _chain(record: Record) -> Iterator[Item | None]:
    found = record.verified
    held = f"{found.withheld} of them withheld, " if found.withheld else ""
    whole = "not every one follows" if found.faults else "each follows"
    entries = "1 entry" if found.entries == 1 else f"{found.entries:,} entries"
    yield _line(f"{entries}, {held}and {whole} the one before. The end of each chain:")
    yield Listing(tuple((Stated(str(head)),) for head in found.heads)) if found.heads else None
    yield Listing(tuple((Stated(one),) for one in found.remarks)) if found.remarks else None
    yield _line(PROVES, kind="note")


# --- small things ---------------------------------------------------------------------------------


def _has_score(row: Scored) -> bool:
    return scores.counts(row) and row.type != "quantity"


def _line(*parts: Part, kind: str = "") -> Paragraph:
    return Paragraph(parts, kind)


def _table(
    name: str, caption: str, shown: Sequence[Column], records: Sequence, note: str = ""
) -> Table | None:
    """Make a table whose rows are numbered: what a ledger holds names no place of the page."""
    held = (one if isinstance(one, Mapping) else asdict(one) for one in records)
    numbered = [dict(one) | {"row": str(i)} for i, one in enumerate(held, 1)]
    return table(name, caption, shown, numbered, "row", note)


def _folded(found: Table | None, most: int = MOST_OPEN) -> Item | None:
    """Put a long table one click away."""
    if found is None or len(found.records) <= most:
        return found
    return Fold((f"{found.caption}: {len(found.records)}",), (found,))


def _answer(outcome: bool | str | float | None, instead: str = "") -> Part:
    """Say what came; words of ours stay whole, those of a ledger are text of others."""
    if outcome is None:
        return instead
    if isinstance(outcome, bool):
        return "yes" if outcome else "no"
    return Stated(outcome) if isinstance(outcome, str) else f"{outcome:,g}"


def _number(value: float, sign: str = "-") -> str:
    """Show a score; what is infinite is shown as such, what there is none of as a dash.

    Examples
    --------
    >>> _number(0.1234), _number(-math.inf), _number(math.nan)
    ('0.123', '-∞', '–')
    """
    if math.isnan(value):
        return "–"
    return f"{value:{sign}.3f}" if math.isfinite(value) else f"{value:{sign}}".replace("inf", "∞")
