"""A case and the day of a forecast go in; the days between which an event is asked about come out.

A period runs from the day of the forecast, or from the day on which the event was settled if that
is earlier, to the event's own last day, or to that of the forecast if it has none.
"""

from __future__ import annotations

from datetime import date, timedelta

from forecasting.errors import refusal
from forecasting.file.case import Case, Event, as_date


def settled_since(event: Event, as_of: date | None) -> date | None:
    """Find the day since which an event is known to have happened or be ruled out."""
    day = as_date(event.settled.date if event.settled else event.happened or event.ruled_out)
    return day if day and (as_of is None or day <= as_of) else None


def period(
    case: Case, event: str, as_of: date | None, resolve_by: date | None
) -> tuple[date | None, date | None]:
    """Find the first and the last day of an event's own period; None where they are not known.

    Raises
    ------
    InputError
        If the event's own last day has come, and the case does not say how it came out by then.

    Examples
    --------
    >>> from forecasting.file.case import read
    >>> rain = read("{case: a, events: {rain: {base_rate: 20%, resolve_by: 2025-02}}}")
    >>> [str(day) for day in period(rain, "rain", date(2025, 1, 1), date(2026, 1, 1))]
    ['2025-01-01', '2025-02-28']
    """
    record = case.events[event]
    own = as_date(record.resolve_by)
    start, end = as_of and (settled_since(record, as_of) or as_of), own or resolve_by
    if start and start == own and settled_since(record, as_of):
        return own - timedelta(1), own  # settled on its last day: no period is of no length
    if start and own and start >= own:
        problem = f"its day had come on {as_of}, the day of the forecast"
        accepted = f"a forecast made before {own}, or how it came out by then"
        node, place = record.node.value["resolve_by"], f"events.{event}.resolve_by"
        raise refusal(problem, node.file, node.line, place, node.describe(), accepted)
    return start, end
