"""A case on a day goes in; its questions, and what it says of each, come out as entries.

So do resolutions: from what a case holds as settled, or from a table that somebody filled in.
"""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date

import forecasting
from forecasting.answer.forecast import Forecast, run
from forecasting.answer.headlines import cluster_names
from forecasting.errors import InputError, refusal
from forecasting.file.case import Case, as_date
from forecasting.file.overlay import written
from forecasting.file.propositions import (
    event_of,
    label_of,
    part_states,
    parts_of,
    settled_state,
    title_of,
)
from forecasting.ledger import entries
from forecasting.ledger.entries import Body, Question, Resolution
from forecasting.ledger.store import digest_of

# What a table of resolutions may hold; the first two must be there.
COLUMNS = ("question", "outcome", "version", "happened_on", "known_on", "source", "confidence",
           "proxy", "why")  # fmt: skip


def horizons(case: Case, by: Sequence[date] = ()) -> tuple[date, ...]:
    """List the days that a case is recorded for: those asked for, or its own.

    Raises
    ------
    InputError
        If it has none: nobody could ever settle it.
    """
    own = {as_date(day) for day in (case.resolve_by, *case.horizons) if day}
    single = {as_date(event.resolve_by) for event in case.events.values() if event.resolve_by}
    if not (found := sorted({*by} or own or single)):
        hint = "add resolve_by to the case, or say --by-date"
        raise refusal("has no day by which it is asked", case.node.file, None, "", hint=hint)
    return tuple(found)


def record(
    case: Case,
    by: str,
    *,
    as_of: date | None = None,
    until: Sequence[date] = (),
    note: str = "",
    private: bool = False,
) -> tuple[list[tuple[str, Body]], dict[str, str]]:
    """Note what a case says of each outcome, on each of its days.

    Each outcome is a question: of yes or no, of states, or of an amount, whose cuts are questions
    of their own. Noted of each are the forecast with its band, what it was before the evidence, and
    the views of others. A condition (``given``) makes no condition of the question: what is noted
    is the probability that the event comes about at all.

    Parameters
    ----------
    case : Case
    by : str
        Who forecasts.
    as_of : date, optional
        The day of the forecast, if not that of the case.
    until : sequence of date
        Days to record it for; :func:`horizons` if there are none.
    note : str
    private : bool
        Keep the questions out of pages and exports.

    Returns
    -------
    entries : list of (str, entry)
        For :meth:`forecasting.ledger.store.Store.append`.
    sources : dict of digest to text
        The case as it was.

    Raises
    ------
    InputError
        If the case has no day of its own, or its evidence is impossible.

    Examples
    --------
    >>> from forecasting.file.case import read
    >>> case = read('''
    ... case: weather
    ... as_of: 2025-01-01
    ... resolve_by: 2026-01-01
    ... events: {rain: {base_rate: 30%}}
    ... ''')
    >>> noted, sources = record(case, "Ann")
    >>> [(entries.kind_of(body), getattr(body, "role", body.id)) for _, body in noted[:1]]
    [('question', 'weather/rain@2026-01-01')]
    >>> [(body.role, body.p) for _, body in noted[1:]]
    [('headline', 0.3), ('prior', 0.3)]
    """
    text = written(case)
    made = {
        "method": "case",
        "case_digest": digest_of(text),
        "versions": {"forecasting": forecasting.__version__},
        "note": note,
    }
    noted: list[tuple[str, Body]] = []
    asked: set[str] = set()
    for day in horizons(case, until):
        found = run(case, as_of=as_of, by=day)
        if found.network.as_of is None:
            raise refusal(
                "has no day of the forecast", case.node.file, hint="add as_of to the case"
            )
        for name, ask in _questions(found, private):
            if ask.id not in asked:
                asked.add(ask.id)
                noted.append((by, ask))
                noted += _said(found, name, ask, by, made)
    return noted, {digest_of(text): text}


def settled(case: Case, noted: Iterable[Question]) -> list[Resolution]:
    """Read from a case which questions about it are settled.

    Parameters
    ----------
    case : Case
        With ``happened``, ``ruled_out`` or ``settled`` on some of its events.
    noted : iterable of Question
        Questions of a ledger; those of other cases are left alone.
    """
    found = []
    for asked in noted:
        of, _, rest = asked.id.partition("/")
        name = rest.partition("@")[0]
        if of == case.case and event_of(name) in case.events:
            found += _settled(case, name, asked)
    return found


def read_resolutions(text: str, file: str) -> list[Resolution]:
    """Read resolutions from a table, one a row, with columns as in ``COLUMNS``.

    Raises
    ------
    InputError
        Naming each row that cannot be read.
    """
    there, rows = table(text, file)
    if missing := [name for name in COLUMNS[:2] if name not in there]:
        raise refusal(f"lacks the column {missing[0]}", file, 1, accepted=", ".join(COLUMNS))
    found, problems = [], []
    for line, row in rows:
        cells = {name: (row.get(name) or "").strip() for name in COLUMNS}
        held: dict[str, object] = {name: text for name, text in cells.items() if text}
        if str(held.get("version", "")).isdecimal():
            held["version"] = int(str(held["version"]))
        try:
            found.append(entries.checked(entries.read("resolution", held)))
        except InputError as error:
            problems += [replace(one, file=file, line=line) for one in error.problems]
    if problems:
        raise InputError(problems)
    return found


def table(text: str, file: str) -> tuple[list[str], list[tuple[int, dict[str, str]]]]:
    """Read a table with commas: its columns, and each row with its last line in the file.

    Raises
    ------
    InputError
        If it is no table.
    """
    reader = csv.DictReader(io.StringIO(text.removeprefix("\ufeff"), newline=""))
    try:
        there = list(reader.fieldnames or ())
        if len(there) == 1 and (";" in there[0] or "\t" in there[0]):
            hint = "save it with commas between the columns"
            raise refusal("has semicolons or tabs where commas are due", file, 1, hint=hint)
        return there, [(reader.line_num, row) for row in reader]
    except csv.Error as error:
        raise refusal(f"cannot be read as a table: {error}", file, reader.line_num) from None


def _questions(found: Forecast, private: bool) -> Iterator[tuple[str, Question]]:
    """Make the questions of the outcomes: of each event, and of the cuts of an amount."""
    case, network = found.case, found.network
    story = cluster_names(network)
    viewed = {name for held in case.views.values() for name in held}
    rows = (*found.event_rows, *found.amount_rows)
    silent = {row.event for row in rows if math.isnan(row.posterior)}
    for name, event in case.events.items():
        if event.role != "outcome":
            continue
        how = event.resolution
        about = {
            "question": event.question or "",
            "criterion": how.criterion if how else "",
            "source": (how.source or "") if how else "",
            "kind": event.kind,
            "opens": network.as_of,
            "resolve_by": as_date(event.resolve_by) or network.resolve_by,
            "cluster": story[name],
            "tags": event.tags,
            "private": private,
        }
        if {name, *parts_of(case, name)} & silent:
            continue
        kind = "yes_no" if event.is_yes_no else "quantity" if event.quantity else "states"
        states = tuple(event.states or ())
        unit = (event.quantity.unit or "") if event.quantity else ""
        more = {"type": kind, "states": states, "ordered": event.ordered, "unit": unit}
        yield _asked(case, name, about | more)
        for part in parts_of(case, name) if not event.is_yes_no else ():
            if part.partition(".")[2] in event.cuts or part in viewed:
                # One word cannot settle two questions: a cut has no rule but its own words.
                words = f"{event.question or title_of(case, name)} ({label_of(case, part)})"
                yield _asked(case, part, about | {"question": words})


def _asked(case: Case, name: str, about: Mapping) -> tuple[str, Question]:
    called = f"{case.case}/{name}@{about['resolve_by']}"
    return name, Question(id=called, title=title_of(case, name), **about)


def _said(
    found: Forecast, name: str, asked: Question, by: str, made: Mapping
) -> Iterator[tuple[str, Body]]:
    """Note the forecast of a question, that before the evidence, and what others hold."""
    about = {"question": asked.id, "made_at": found.network.as_of, **made}
    rows = {row.event: row for row in found.event_rows}
    for role, side in (("headline", "posterior"), ("prior", "prior")):
        if asked.type == "yes_no":
            said = {"p": getattr(rows[name], side)}
            if role == "headline":
                said |= {"low": rows[name].low, "high": rows[name].high}
        elif asked.type == "states":
            states = {state: rows[f"{name}.{state}"] for state in asked.states}
            said = {"probs": {state: getattr(row, side) for state, row in states.items()}}
        else:
            points = (row for row in found.amount_rows if row.event == name)
            said = {"quantiles": {f"{row.level:g}": float(getattr(row, side)) for row in points}}
        yield by, entries.Forecast(role=role, **said, **about)
    if asked.type == "yes_no":
        for who, held in found.case.views.items():
            if name in held:
                yield who, entries.Forecast(role="view", p=float(held[name].mean), **about)


def _settled(case: Case, name: str, asked: Question) -> Iterator[Resolution]:
    """Read how one question came out, as far as the case tells."""
    event, day = case.events[event_of(name)], asked.resolve_by
    came = {"question": asked.id, "source": "; ".join(event.reference), "why": event.why or ""}
    happened, out = as_date(event.happened), as_date(event.ruled_out)
    if known := happened or out:
        # By an earlier day it had not come about, or lasted still; of a state one cannot tell.
        earlier = {"occurs": "no", "lasts": "yes"}.get(event.kind)
        if known > day and earlier:
            yield Resolution(outcome=earlier, known_on=day, **came)
        elif known <= day:
            outcome = "yes" if happened else "no"
            yield Resolution(outcome=outcome, happened_on=happened, known_on=known, **came)
    elif event.settled and (event.quantity or as_date(event.settled.date) <= day):
        came["known_on"] = as_date(event.settled.date)
        if part := name.partition(".")[2]:
            holds = settled_state(event) in (part_states(event, part) or ())
            yield Resolution(outcome="yes" if holds else "no", **came)
        else:
            amount = event.settled.value
            yield Resolution(outcome=event.settled.state or f"{amount:.15g}", **came)
