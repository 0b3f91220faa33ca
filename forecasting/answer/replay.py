"""A case goes in; its forecast on every day on which something was reported comes out.

Each day is a forecast of its own: what is dated later does not exist, and the window runs from that
day to the date asked about, so that it shrinks as time passes. One thing has no date: what is held
``now``. It enters every day as it stands, so a replay is honest only over days on which that could
already be held.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING

from forecasting.answer.forecast import asked, outlook
from forecasting.answer.rows import objects, tidy
from forecasting.engine.network import Network
from forecasting.engine.window import said_of
from forecasting.errors import refusal
from forecasting.file.case import Case, as_date
from forecasting.file.periods import settled_since
from forecasting.lexicon import Chance

if TYPE_CHECKING:
    import pandas as pd

# A replay goes back so many days unless told otherwise. `now` has no date: it says what is held on
# the day of the forecast, and a month is about as long as such a view can be taken to stand still.
# Facts that are older, often by decades, are known from the first day of the replay.
LOOK_BACK = 31


@dataclass(frozen=True, slots=True)
class ReplayRow:
    """One event in the forecast of one day.

    Attributes
    ----------
    date : date
        Day of the forecast.
    event, title : str
        The event, or a state or cut of one, and its title.
    prior, posterior : float
        Before and after the evidence known on that day; both exact, for the window that was left.
    word : str
        The lexicon's word for the posterior.
    new : tuple of str
        Key paths of what was dated that day: reports, facts, events that were settled. Empty on
        the first day, on which all that came before is known too.
    """

    date: date
    event: str
    title: str
    prior: Chance
    posterior: Chance
    word: str
    new: tuple[str, ...]


def replay(
    case: Case,
    *,
    since: date | str | None = None,
    until: date | str | None = None,
    events: Sequence[str] | None = None,
) -> tuple[ReplayRow, ...]:
    """Forecast a case on every day on which something was reported.

    Parameters
    ----------
    case : Case
        With a day of forecast.
    since, until : date or ISO text, optional
        First and last day, both part of the result. By default 31 days before the case's day of
        forecast, and that day.
    events : sequence of str, optional
        Which events; by default the outcomes.

    Returns
    -------
    tuple of ReplayRow
        Day by day, and within a day in the order of the case.

    Raises
    ------
    InputError
        If the case or the days do not fit, or a base rate was not fitted for one of the days.

    Examples
    --------
    >>> from forecasting import load
    >>> rows = replay(load("priors/first_case.yaml"), since="2025-11-01")
    >>> [(str(row.date), round(row.posterior, 3), row.new) for row in rows][-1]
    ('2025-11-20', 0.271, ())
    """
    names = asked(case, events)
    if not names:
        hint = "an outcome with a probability: a yes/no event, one with states, or a cut"
        raise refusal("there is nothing to follow", case.node.file, hint=hint)
    news = dated(case)
    rows = []
    first, *others = days(case, since=since, until=until)
    for day in (first, *others):
        new = () if day == first else news.get(day, ())
        rows += [ReplayRow(day, *one, new) for one in outlook(Network(case, day), names)]
    return tuple(rows)


def days(
    case: Case, *, since: date | str | None = None, until: date | str | None = None
) -> tuple[date, ...]:
    """List the days of a replay: the first, those on which something is dated, and the last.

    Parameters
    ----------
    case : Case
    since, until : date or ISO text, optional
        As for :func:`replay`.

    Returns
    -------
    tuple of date, ascending

    Raises
    ------
    InputError
        If the case has no day of forecast, or the last day is before the first or not before the
        day it is for.

    Examples
    --------
    >>> from forecasting import load
    >>> [str(day) for day in days(load("priors/first_case.yaml"), since="2025-11-10")]
    ['2025-11-10', '2025-11-18', '2025-11-19', '2025-11-20']
    """
    file = case.node.file
    last = as_date(until) or as_date(case.as_of)
    if last is None:
        hint = "as_of: 2021-09-15, say; and a date on each report"
        raise refusal("a case without a day of forecast has no past", file, hint=hint)
    first = as_date(since) or last - min(timedelta(days=LOOK_BACK), last - date.min)
    if first > last:
        raise refusal("the replay would end before it begins", file, found=f"{first} to {last}")
    between = [day for day in dated(case) if first < day < last]
    return tuple(sorted({first, *between, last}))


def dated(case: Case) -> dict[date, tuple[str, ...]]:
    """List what counts from each day on: reports, facts that are seen, events that are settled.

    Returns
    -------
    dict of date to tuple of key paths, in the order of the case

    Examples
    --------
    >>> from forecasting import load
    >>> news = dated(load("priors/first_case.yaml"))
    >>> news[as_date("2025-11-10")]
    ('evidence.council_budgets_salt_only.status',)
    """
    found: dict[date, list[str]] = {}
    for name, event in case.events.items():
        if day := settled_since(event, None):
            what = said_of(event).replace(" ", "_")
            found.setdefault(day, []).append(f"events.{name}.{what}")
    for name, fact in case.evidence.items():
        if fact.date and fact.status in ("confirmed", "absent"):
            found.setdefault(fact.date.last, []).append(f"evidence.{name}.status")
        for i, report in enumerate(fact.reports):
            if day := as_date(report.date or fact.date):
                found.setdefault(day, []).append(f"evidence.{name}.reports.{i}")
    return {day: tuple(paths) for day, paths in found.items()}


def table(rows: Sequence[ReplayRow]) -> pd.DataFrame:
    """Make a replay a table; its columns are the fields of :class:`ReplayRow`.

    Examples
    --------
    >>> from forecasting import load
    >>> frame = table(replay(load("priors/first_case.yaml"), since="2025-11-01"))
    >>> frame.columns.tolist()
    ['date', 'event', 'title', 'prior', 'posterior', 'word', 'new']
    """
    return tidy(ReplayRow, rows)


def as_json(case: Case, rows: Sequence[ReplayRow]) -> dict:
    """Give a replay as ``forecasting replay --format json`` prints it."""
    return {
        "case": case.case,
        "digest": case.digest,
        "resolve_by": case.resolve_by and as_date(case.resolve_by).isoformat(),
        "rows": objects(rows),
    }
