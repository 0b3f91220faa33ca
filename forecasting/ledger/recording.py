"""A case on a day goes in; its questions, and what it says of each, come out as entries.

So do resolutions: from what a case holds as settled, or from a table that somebody filled in.
"""

from __future__ import annotations

import csv
import io
import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date

import forecasting
from forecasting.answer.forecast import Forecast, run
from forecasting.answer.headlines import cluster_names
from forecasting.errors import InputError, refusal
from forecasting.file.case import Case, Event, as_date
from forecasting.file.overlay import written
from forecasting.file.propositions import (
    event_of,
    label_of,
    mask,
    part_states,
    parts_of,
    settled_state,
    title_of,
)
from forecasting.ledger import entries, status
from forecasting.ledger.entries import Body, Entry, Question, Resolution
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


def agreed(
    noted: Sequence[Entry], case_of: Callable[[str], Case], new: Iterable[Resolution]
) -> list[Resolution]:
    """Hold answers against those of the same event and day, and add what follows from them.

    The answer of an amount, or of which state, answers its cuts that are open, and anew those that
    it has answered before.

    Parameters
    ----------
    noted : sequence of Entry
        What the ledger holds.
    case_of : callable
        Reads the case of a digest.
    new : iterable of Resolution

    Raises
    ------
    InputError
        If an amount has no place on its scale, or an answer contradicts another that holds.
    """
    here = status.standings(noted, date.max)
    asked = {name: here[name, version].question for name, version in sorted(here)}
    said = (e.body for e in noted if isinstance(e.body, entries.Forecast) and e.body.case_digest)
    digests = {_whole(one.question): one.case_digest for one in said}
    groups: dict[str, list[str]] = defaultdict(list)
    for name in asked:
        groups[_whole(name)].append(name)
    new, follow = [*new], []
    fresh = {
        one.question: one
        for one in new
        if one.question in asked and one.version in (0, asked[one.question].version)
    }
    for whole in dict.fromkeys(map(_whole, fresh)):
        try:
            case = case_of(digests.get(whole, ""))
        except InputError:  # it came from elsewhere, or a table of it is no more there
            continue
        event = case.events.get(_named(whole))
        some = {name: asked[name] for name in groups[whole]}
        if event is None or (whole in some and some[whole].type != _type(event)):
            continue  # what the case asks now is something else
        holds = {name: fresh.get(name) or here[name, one.version].resolution
                 for name, one in some.items()}  # fmt: skip
        if whole in fresh:
            _refuse_off_scale(case, some[whole], fresh[whole])
            found = [*_following(case, whole, some, holds)]
            follow += [one for one in found if one != holds[one.question]]
            holds |= {one.question: one for one in found}
        left = {name: _left(case, some[name], one) for name, one in holds.items() if one}
        _refuse_contradiction(fresh, holds, {name: one for name, one in left.items() if one})
    return [*new, *follow]


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
            "resolve_by": network.due(name),
            "cluster": story[name],
            "tags": event.tags,
            "private": private,
        }
        if {name, *parts_of(case, name)} & silent:
            continue
        states = tuple(event.states or ())
        unit = (event.quantity.unit or "") if event.quantity else ""
        more = {"type": _type(event), "states": states, "ordered": event.ordered, "unit": unit}
        yield _asked(case, name, about | more)
        for part in parts_of(case, name) if not event.is_yes_no else ():
            if part.partition(".")[2] in event.cuts or part in viewed:
                # One word cannot settle two questions: a cut has no rule but its own words.
                words = f"{event.question or title_of(case, name)} ({label_of(case, part)})"
                yield _asked(case, part, about | {"question": words})


def _type(event: Event) -> str:
    return "yes_no" if event.is_yes_no else "quantity" if event.quantity else "states"


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


def _named(question: str) -> str:
    """Give the event, or the cut of one, that a question of a case asks about."""
    return question.partition("/")[2].rpartition("@")[0]


def _whole(question: str) -> str:
    """Name the question that asks of the whole event what another may ask of a cut."""
    name = _named(question)
    return question.replace(f"/{name}@", f"/{event_of(name)}@", 1)


def _left(case: Case, asked: Question, came: Resolution) -> frozenset[int]:
    """Give the states of its event, or cells of amounts, that an answer leaves; none if it is void.

    So are none of a cut that the case has no more.
    """
    answer = came.answers(asked)
    found = (
        None
        if answer is None
        else mask(case, _named(asked.id), [answer] if isinstance(answer, str) else answer)
    )
    return found[1] if found else frozenset()


def _refuse_off_scale(case: Case, asked: Question, came: Resolution) -> None:
    of, amount = case.events[_named(asked.id)].quantity, came.answers(asked)
    if of is None or amount is None:
        return
    least = (" from 0 up" if of.whole else " above 0") if of.scale == "log" else ""
    below = least and (amount < 0 if of.whole else amount <= 0)
    if below or (of.whole and amount != int(amount)):
        accepted = f"a {'whole ' * of.whole}number{least}, annulled or ambiguous"
        problem = "has no place on the scale of this amount"
        raise refusal(problem, "", None, asked.id, came.outcome, accepted)


def _following(
    case: Case, whole: str, asked: Mapping[str, Question], holds: Mapping[str, Resolution | None]
) -> Iterator[Resolution]:
    """Answer the cuts of what was answered, but for those answered by a word of their own."""
    why, state = f"follows from {whole}", _left(case, asked[whole], holds[whole])
    for name, one in asked.items():
        cut = mask(case, _named(name), True) if state and name != whole else None
        if cut and (holds[name] is None or holds[name].why == why):
            about = {"outcome": "yes" if state <= cut[1] else "no", "why": why}
            yield replace(holds[whole], question=name, version=one.version, **about)


def _refuse_contradiction(
    fresh: Iterable[str], holds: Mapping[str, Resolution], left: Mapping[str, frozenset[int]]
) -> None:
    """Refuse a new answer that leaves nothing of what another, or all others together, leave."""
    for name in (name for name in fresh if name in left):
        others = [other for other in left if other != name]
        against = [other for other in others if not left[name] & left[other]]
        if not against and others and not left[name].intersection(*map(left.get, others)):
            against = others
        if against:
            told = ", ".join(f"{other} came out {holds[other].outcome}" for other in against)
            problem = "contradicts what holds of the same event and day"
            found, accepted = f"{holds[name].outcome}, but {told}", "answers that can all be true"
            hint = "if that was wrong, answer all of them anew in one table: --from FILE.csv"
            raise refusal(problem, "", None, name, found, accepted, hint, in_full=True)
