"""Entries and a day go in; how each question stands, and the rows that are scored, come out."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from forecasting.file.models import DAYS_A_MONTH
from forecasting.ledger.entries import UNANSWERED, Entry, Forecast, Question, Resolution, Withdrawal


@dataclass(frozen=True)
class Scored:
    """One forecast, its question and what came of it, as known on a day."""

    question: str
    version: int
    title: str
    by: str
    role: str
    made_at: date
    resolve_by: date
    lead_months: float
    type: str
    ordered: bool
    p: float | None
    probs: Mapping[str, float] | None
    quantiles: Mapping[float, float] | None
    outcome: bool | str | float | None
    status: str
    late: bool
    cluster: str
    tags: tuple[str, ...] = ()
    happened_on: date | None = None
    known_on: date | None = None
    proxy: str = ""
    confidence: str = ""
    case_digest: str = ""
    entered_after: bool = False  # it was written down when its answer was there
    withdrawn_on: date | None = None
    entered_late: bool = False  # it was written down after its answer was, in this ledger


@dataclass(frozen=True, slots=True)
class Standing:
    """A question on a day, and what came of it.

    Attributes
    ----------
    question : Question
    status : str
        ``open``, ``early``, ``scored``, ``annulled``, ``ambiguous`` or ``overdue``.
    outcome : bool, str, float or None
    resolution : Resolution or None
        The newest that was known on the day.
    history : tuple of Resolution
        All of them, the newest last.
    """

    question: Question
    status: str
    outcome: bool | str | float | None = None
    resolution: Resolution | None = None
    history: tuple[Resolution, ...] = ()


Key = tuple[str, int]  # a question, and the version of its criterion


def standings(entries: Iterable[Entry], day: date) -> dict[Key, Standing]:
    """Tell how each question stands on a day.

    A question is *mature* from its ``resolve_by``. Then it is scored, annulled, ambiguous, or
    overdue while nobody has settled it. One that was settled before is *early*: questions that can
    only end early with a yes would make every forecast look too low, so it waits for its day. One
    whose condition (``given``) came out no is annulled.

    Parameters
    ----------
    entries : iterable of Entry
        In the order of time.
    day : date
        What became known later does not count.

    Returns
    -------
    dict of (question, version) to Standing

    Examples
    --------
    >>> rain = Question(id="rain", resolve_by=date(2026, 1, 1))
    >>> noted = [Entry("c", 1, "2025-01-01", "Ann", rain)]
    >>> [standings(noted, date(year, 6, 1))["rain", 1].status for year in (2025, 2026)]
    ['open', 'overdue']
    """
    questions: dict[Key, Question] = {}
    settled: dict[Key, list[Resolution]] = defaultdict(list)
    for entry in entries:
        body = entry.body
        if isinstance(body, Question):
            questions[body.id, body.version] = body
        elif isinstance(body, Resolution):
            known = body.known_on or body.happened_on or date.fromisoformat(entry.recorded_at[:10])
            if known <= day:
                settled[body.question, body.version].append(body)
    found: dict[Key, Standing] = {}
    for key, question in questions.items():
        # What another ledger brought need not fit the question as it is here.
        history = tuple(one for one in settled[key] if one.fits(question))
        last = history[-1] if history else None
        outcome = last.answers(question) if last else None
        if last is None:
            status = "overdue" if question.resolve_by <= day else "open"
        elif question.resolve_by > day:
            status = "early"
        else:
            status = last.outcome if last.outcome in UNANSWERED else "scored"
        found[key] = Standing(question, status, outcome, last, history)
    newest = {name: found[name, version] for name, version in sorted(found)}
    for key, one in found.items():
        if _is_void(one, newest, frozenset()):  # from its own day on, as any other
            status = "annulled" if one.question.resolve_by <= day else "early"
            found[key] = replace(one, status=status, outcome=None)
    return found


def rows(entries: Sequence[Entry], day: date, take: str = "first") -> list[Scored]:
    """Put each forecast beside its question and what came of it.

    Parameters
    ----------
    entries : sequence of Entry
        In the order of time.
    day : date
        Forecasts made later, and what became known later, do not count.
    take : {"first", "last", "all"}
        Of each forecaster on each question: the first forecast; the last that was neither late nor
        withdrawn; or all of them. What was entered after the answer was, whatever day it says it
        was made, counts only if there is no other: beside others it is late.
    """
    found = standings(entries, day)
    answered: set[Key] = set()
    made: dict[tuple, list[Scored]] = defaultdict(list)
    gone: dict[tuple[str, str], list[date]] = defaultdict(list)
    for entry in entries:
        body = entry.body
        if isinstance(body, Withdrawal) and body.made_at <= day:
            gone[entry.by, body.question].append(body.made_at)
        if isinstance(body, Forecast) and body.made_at <= day:
            one = found.get((body.question, body.version))
            if one is not None and body.fits(one.question):
                row = _row(entry, one, (body.question, body.version) in answered)
                made[entry.by, body.role, body.question, body.version].append(row)
        if isinstance(body, Resolution) and body.outcome not in UNANSWERED:
            one = found.get(key := (body.question, body.version))
            answered |= {key} if one and body.fits(one.question) else set()
    for some in made.values():
        in_time = not all(row.entered_late for row in some)
        for i, row in enumerate(some):
            if in_time and row.entered_late:
                some[i] = row = replace(row, late=True)
            if days := [day for day in gone[row.by, row.question] if day >= row.made_at]:
                some[i] = replace(row, withdrawn_on=min(days))
    if take == "all":
        return [row for some in made.values() for row in some]
    if take == "first":
        return [min(some, key=lambda x: (x.entered_late, x.made_at)) for some in made.values()]
    taken = []
    for some in made.values():
        kept = [row for row in some if not row.late and row.withdrawn_on is None]
        # Of two as of the same day, what was said later stands.
        taken += [max(reversed(kept), key=lambda row: row.made_at)] if kept else []
    return taken


def _row(entry: Entry, one: Standing, entered_late: bool) -> Scored:
    asked, body, came = one.question, entry.body, one.resolution
    held = [
        (asked, ("version", "resolve_by", "type", "ordered", "tags")),
        (body, ("role", "made_at", "p", "case_digest")),
        (one, ("outcome", "status")),
        (came, ("happened_on", "known_on", "proxy", "confidence") if came else ()),
    ]
    # The days on which the answer came about, and could be known.
    answered = [day for day in (came and came.happened_on, came and came.known_on) if day]
    return Scored(
        **{name: getattr(of, name) for of, names in held for name in names},
        question=asked.id,
        title=asked.title or asked.question or asked.id,
        by=entry.by,
        lead_months=(asked.resolve_by - body.made_at).days / DAYS_A_MONTH,
        probs={state: body.probs[state] for state in asked.states} or None,
        quantiles=body.amounts or None,
        late=body.made_at > asked.resolve_by or any(body.made_at >= day for day in answered),
        cluster=asked.cluster or asked.id,
        entered_after=any(entry.recorded_at[:10] >= str(day) for day in answered),
        entered_late=entered_late,
    )


def _is_void(one: Standing, newest: Mapping[str, Standing], seen: frozenset[str]) -> bool:
    """Tell whether the condition of a question, or the condition of that, came out no."""
    name = one.question.given
    if not name or name in seen or name not in newest:
        return False
    above = newest[name]
    annulled = above.resolution is not None and above.resolution.outcome == "annulled"
    return above.outcome is False or annulled or _is_void(above, newest, seen | {name})
