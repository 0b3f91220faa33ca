"""A network and an event that comes about once go in; by which dates it is how probable comes out.

What happens at least once by a date becomes more probable as the date moves on: its probability by
every horizon is a curve over time, and the days on which the curve passes 10, 25, 50, 75 and 90%
say when to expect it.
"""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache

from forecasting.answer.explain import outcomes_of
from forecasting.engine.network import Network
from forecasting.file.propositions import title_of
from forecasting.lexicon import Chance

LEVELS = (0.10, 0.25, 0.50, 0.75, 0.90)


@dataclass(frozen=True, slots=True)
class WhenRow:
    """By which day an event is how probable.

    Attributes
    ----------
    event, title : str
    level : float
    by : date or None
        The first day by which its posterior is at least this; None if it is not by the last
        horizon.
    until : date
        The last horizon.
    """

    event: str
    title: str
    level: Chance
    by: date | None
    until: date


def when(network: Network, events=None) -> tuple[WhenRow, ...]:
    """Find the days by which events are 10, 25, 50, 75 and 90% probable.

    Parameters
    ----------
    network : Network
    events : sequence of str, optional
        All outcomes if not given. Events that are no ``kind: occurs`` with a period, that have a
        ``resolve_by`` of their own, or are settled, have no such days, and are left out.

    Returns
    -------
    tuple of WhenRow
        By event and level; none where the case has no dates.

    Examples
    --------
    At 20% within twelve months, and nothing else known:

    >>> from forecasting.file.case import read
    >>> case = read('''
    ... case: coup
    ... as_of: 2021-09-15
    ... resolve_by: 2026-09-15
    ... events: {coup: {base_rate: {best: 20%, within: 12 months}}}
    ... ''')
    >>> [str(row.by) for row in when(Network(case))]
    ['2022-03-06', '2022-12-30', '2024-10-24', 'None', 'None']
    """
    case, start = network.case, network.as_of
    ends = [day.last for day in case.horizons] + [network.resolve_by]
    if start is None or None in ends:
        return ()
    names = [
        name
        for name in outcomes_of(network, events)
        if comes_about(one := case.events.get(name)) and not network.settled(one)
    ]
    until = max(ends)

    @cache
    def forecast(days: int) -> dict[str, float]:
        return network.at(resolve_by=start + timedelta(days=days)).posterior()

    rows, days = [], range(1, (until - start).days + 1)
    for name in names:
        for level in LEVELS:
            known = bisect_left(days, level, key=lambda day, name=name: forecast(day)[name])
            by = start + timedelta(days=days[known]) if known < len(days) else None
            rows.append(WhenRow(name, title_of(case, name), level, by, until))
    return tuple(rows)


def comes_about(event) -> bool:
    """Tell whether an event comes about once, with a period that a window can be compared with."""
    rate = event and event.base_rate
    timed = rate is not None and (rate.within is not None or rate.model is not None)
    return bool(timed and event.is_yes_no and event.kind == "occurs" and not event.resolve_by)
