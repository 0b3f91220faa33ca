"""A table of forecasts that was kept elsewhere goes in; entries of a ledger come out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date, datetime

from forecasting.errors import InputError, Problem, echo, refusal
from forecasting.ledger.entries import Body, Forecast, Question, Resolution, checked
from forecasting.ledger.recording import table

# What each column is called here and, in this order, in the exports of Fatebook and Metaculus.
COLUMNS: Mapping[str, tuple[str, ...]] = {
    "question": ("question", "Question title", "Question ID", "title"),
    "forecaster": ("forecaster", "Forecast created by", "Forecaster Username", "Forecaster ID"),
    "time": ("time", "Forecast created at", "Start Time"),
    "probability": ("probability", "Forecast (scale = 0-1)", "Probability Yes"),
    "outcome": ("outcome", "Resolution"),
    "resolve_by": ("resolve_by", "Question resolve by", "Scheduled Close Time"),
    "known_on": ("known_on", "Resolved at", "Resolve Time"),
    "title": ("title", "Question title", "Question Title"),
    "criterion": ("criterion", "Question notes"),
    "cluster": ("cluster",),
    "tags": ("tags",),
}
NEEDED = ("question", "forecaster", "time", "probability", "outcome", "resolve_by")

# How exports say that a question came out, or did not.
ANSWERS = {
    "yes": "yes", "true": "yes", "1": "yes", "no": "no", "false": "no", "0": "no",
    "annulled": "annulled", "n/a": "annulled", "ambiguous": "ambiguous",
}  # fmt: skip


def read_forecasts(text: str, file: str) -> list[tuple[str, Body]]:
    r"""Read forecasts of yes or no, with their questions and what came of them.

    Parameters
    ----------
    text : str
        A table with commas, its first line the columns: ``question``, ``forecaster``, ``time``,
        ``probability`` (0 to 1, or with ``%``), ``outcome`` (yes, no, annulled, ambiguous; empty
        while it is open) and ``resolve_by``; perhaps ``known_on``, ``title``, ``criterion``,
        ``cluster`` and ``tags`` (apart by ``;``). Columns named as in exports of Fatebook and
        Metaculus are found; other columns are left alone.
    file : str
        Its name, for messages.

    Returns
    -------
    list of (str, entry)
        For :meth:`forecasting.ledger.store.Store.append`.

    Raises
    ------
    InputError
        Naming each row that cannot be read.

    Examples
    --------
    >>> noted = read_forecasts(
    ...     "question,forecaster,time,probability,outcome,resolve_by\n"
    ...     "Rain?,Ann,2025-01-01,30%,yes,2026-01-01\n",
    ...     "forecasts.csv",
    ... )
    >>> [(by, type(body).__name__) for by, body in noted]
    [('Ann', 'Question'), ('Ann', 'Forecast'), ('Ann', 'Resolution')]
    """
    return forecasts_of(*table(text, file), file)


def forecasts_of(
    there: Iterable[str], rows: Iterable[tuple[int, Mapping[str, str]]], file: str
) -> list[tuple[str, Body]]:
    """Read the rows of such a table, each with its line, as :func:`read_forecasts` does."""
    found = {
        name: next((one for one in names if one in there), None) for name, names in COLUMNS.items()
    }
    if missing := [name for name in NEEDED if found[name] is None]:
        columns = ", ".join(NEEDED)
        raise refusal(f"lacks the column {missing[0]}", file, 1, accepted=columns, in_full=True)
    questions: dict[str, tuple[str, Question]] = {}
    ends: dict[str, tuple[str, Resolution]] = {}
    noted: list[tuple[str, Body]] = []
    problems: list[Problem] = []
    for line, row in rows:
        held = {name: (row.get(one) or "").strip() for name, one in found.items() if one}
        try:
            by, asked, said, end = _read(held)
        except InputError as error:
            problems += [replace(one, file=file, line=line) for one in error.problems]
            continue
        first = questions.setdefault(asked.id, (by, asked))[1]
        if first.asked != asked.asked:
            problem = "asks something else than the first row of this question"
            problems.append(Problem(problem, file, line, echo(asked.id)))
        if end and ends.setdefault(asked.id, (by, end))[1].outcome != end.outcome:
            problem = "came out otherwise in an earlier row"
            problems.append(Problem(problem, file, line, echo(asked.id), end.outcome))
        noted.append((by, said))
    if problems:
        raise InputError(problems)
    noted.sort(key=lambda one: one[1].made_at)
    return [*questions.values(), *noted, *ends.values()]


def _read(held: Mapping[str, str]) -> tuple[str, Question, Forecast, Resolution | None]:
    name, by = held["question"], held["forecaster"]
    wrong = [one for one in ("question", "forecaster") if not held[one]]
    if wrong:
        raise refusal(f"{wrong[0]} is empty")
    asked = Question(
        id=name,
        title=held.get("title", "") if held.get("title") != name else "",
        criterion=held.get("criterion", ""),
        resolve_by=_day(held, "resolve_by"),
        cluster=held.get("cluster", ""),
        tags=tuple(filter(None, map(str.strip, held.get("tags", "").split(";")))),
    )
    said = Forecast(question=name, made_at=_day(held, "time"), p=_chance(held["probability"]))
    text = held["outcome"].lower()
    if not text:
        return by, checked(asked), checked(said), None
    if text not in ANSWERS:
        accepted = "yes, no, annulled, ambiguous, or nothing while it is open"
        raise refusal("is no outcome", place="outcome", found=held["outcome"], accepted=accepted)
    outcome = ANSWERS[text]
    known = _day(held, "known_on") if held.get("known_on") else None
    end = Resolution(question=name, outcome=outcome, known_on=known)
    return by, checked(asked), checked(said), end


def _day(held: Mapping[str, str], name: str) -> date:
    text = held[name].replace("Z", "+00:00")
    try:
        return date.fromisoformat(text) if len(text) == 10 else datetime.fromisoformat(text).date()
    except ValueError:
        accepted = "a day such as 2025-01-31, perhaps with a time"
        raise refusal("is no day", place=name, found=held[name], accepted=accepted) from None


def _chance(text: str) -> float:
    number, percent = text.removesuffix("%"), text.endswith("%")
    try:
        p = float(number) / (100 if percent else 1)
    except ValueError:
        p = -1.0
    if not 0 <= p <= 1:
        accepted = "from 0 to 1, or such as 30%"
        raise refusal("is no probability", place="probability", found=text, accepted=accepted)
    return p
