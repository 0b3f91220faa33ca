"""A case and a pair of dates go in; a Window, what follows from the dates, comes out.

The Program of a case is the same whatever the day. What the day decides stands beside it: how base
rates are carried over, what is settled, which reports count.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from forecasting.amounts import log_odds_above
from forecasting.engine.program import Program, plain
from forecasting.errors import InputError
from forecasting.file import fits, stated
from forecasting.file.case import Case, Event, Evidence, as_date
from forecasting.file.kinds import LEAST_CUT
from forecasting.file.models import LEVELS
from forecasting.file.periods import period, settled_since
from forecasting.file.propositions import borders as borders_of
from forecasting.file.propositions import settled_state
from forecasting.file.values import Day
from forecasting.judgement import Probability, logit, months_between


class Rate(NamedTuple):
    """A base rate as stated or fitted, and how it is carried over.

    Attributes
    ----------
    stated : Probability
    ratio : float
        Length of the window over that of the one it was stated for.
    lasts : bool
        Its complement is what is carried over.
    """

    stated: Probability
    ratio: float = 1.0
    lasts: bool = False

    @property
    def here(self) -> Probability:
        """The base rate for the window."""
        return self.stated.over(self.ratio, lasts=self.lasts)


@dataclass(frozen=True)
class Window:
    """What follows from a pair of dates.

    Attributes
    ----------
    as_of, resolve_by : date or None
    rates : dict of int to Rate
        By event node.
    points : dict of int to tuple of float
        Of an amount that a model estimates: its points, on its scale, by node.
    ratios : dict of int to float
        The same length for events of several states, where it is not 1.
    months : dict of int to float
        Length of each event's own window, by node, where the dates are known: from the day of the
        forecast, or on which the event was settled, if that is earlier.
    settled : dict of int to int
        The state in which an event is settled, by its node.
    come : frozenset of int
        Facts whose own date has come, by node.
    counted : tuple of int
        Reports that count, by number.
    """

    as_of: date | None
    resolve_by: date | None
    rates: Mapping[int, Rate]
    points: Mapping[int, tuple[float, ...]]
    ratios: Mapping[int, float]
    months: Mapping[int, float]
    settled: Mapping[int, int]
    come: frozenset[int]
    counted: tuple[int, ...]

    def as_json(self, program: Program) -> dict:
        """Give plain lists and dicts; of a base rate that a model estimates, what it is here.

        Most base rates are as stated, and most windows as long as that of the forecast: ``rates``
        and ``months`` hold the others, ``length`` is what they are else.
        """
        dated = self.as_of and self.resolve_by
        length = months_between(self.as_of, self.resolve_by) if dated else None
        fitted = {
            k: rate.here
            for k, rate in self.rates.items()
            if program.stated[program.nodes[k].bases[0]] is None
        }
        others = {k: rate[1:] for k, rate in self.rates.items() if rate[1:] != (1, False)}
        return plain(self) | {
            "rates": plain(others),
            "length": length,
            "months": plain({k: one for k, one in self.months.items() if one != length}),
            "fitted": plain(fitted),
            "come": sorted(self.come),
        }


def window(case: Case, as_of: date | None, resolve_by: date | None) -> Window:
    """Find what follows from a pair of dates.

    Raises
    ------
    InputError
        If a model's base rate has not been fitted for it, or does not speak of such a window.
    """
    first = len(case.events)
    rates, points, ratios, months, settled = {}, {}, {}, {}, {}
    for k, (name, event) in enumerate(case.events.items()):
        start, end = period(case, name, as_of, resolve_by)
        if not event.is_yes_no:
            if event.base_rate and event.base_rate.within:
                ratios[k] = months_between(start, end) / event.base_rate.within
            elif event.base_rate and event.base_rate.model:
                points[k] = _points(case, name, as_of, resolve_by)
        elif (rate := stated_rate(case, name, as_of, resolve_by)) is not None:
            rates[k] = rate
        if start and end:
            months[k] = months_between(start, end)
        if settled_since(event, as_of):
            settled[k] = settled_state(event)
    come, counted, number = set(), [], 0
    for k, fact in enumerate(case.evidence.values(), start=first):
        if has_come(fact.date, as_of):
            come.add(k)
        counted += [number + i for i in latest(fact, as_of).values()]
        number += len(fact.reports)
    return Window(
        as_of, resolve_by, rates, points, ratios, months, settled, frozenset(come), tuple(counted)
    )


def stated_rate(case: Case, event: str, as_of: date | None, resolve_by: date | None) -> Rate | None:
    """Give an event's base rate as stated, and how it is carried over; None if it has a table."""
    record = case.events[event]
    if record.base_rate is None:
        return None
    base = record.base_rate.probability
    if record.base_rate.model is not None:
        fit, months = _fitted(case, event, as_of, resolve_by)
        if months is not None:
            return Rate(*fit.nearest(months))
        base = fit.windows[0].probability
    if record.base_rate.within is None:
        return Rate(base)
    months = months_between(*period(case, event, as_of, resolve_by))
    return Rate(base, months / record.base_rate.within, record.kind == "lasts")


def _points(
    case: Case, event: str, as_of: date | None, resolve_by: date | None
) -> tuple[float, ...]:
    """Give the points of an amount that a model estimates, on its scale."""
    fit, months = _fitted(case, event, as_of, resolve_by)
    scale, borders = stated.scale(case.events[event]), borders_of(case.events[event])
    points = fit.places(months, scale)
    for border, odds in zip(
        borders, log_odds_above(LEVELS, points, False, scale.place(borders)), strict=True
    ):
        if abs(odds) > -logit(LEAST_CUT):
            what = f"by this fit it is all but certain on which side of {border:g} the amount lies"
            hint = f"a cut with a probability from {LEAST_CUT:g} to 1 - {LEAST_CUT:g}"
            raise InputError(fits.problem(case, event, what, hint))
    return points


def _fitted(
    case: Case, event: str, as_of: date | None, resolve_by: date | None
) -> tuple[fits.Fit, float | None]:
    """Find the fit that a base rate rests on, and the months of the window it is asked about."""
    record = case.events[event]
    start, end = period(case, event, as_of, resolve_by)
    months = fits.window(case, event, start, end)
    fit = fits.find(record.base_rate.model, start)
    if fit is None:
        day = f" --as-of {as_of}" if as_of != as_date(case.as_of) else ""
        hint = f"forecasting fit {case.node.file}{day}"
        what = "this base rate has not been fitted yet"
        raise InputError(fits.problem(case, event, what, hint))
    return fit, months


def said_of(event: Event) -> str:
    """Say how an event is settled: happened, ruled out, or settled in a state or an amount."""
    return "settled" if event.settled else "happened" if event.happened else "ruled out"


def has_come(day: Day | None, as_of: date | None) -> bool:
    """Tell whether something of a day counts: a month counts from its last day."""
    return day is None or as_of is None or day.last <= as_of


def latest(fact: Evidence, as_of: date | None) -> dict[str, int]:
    """Find the report that counts from each source: the latest one of those made so far.

    A source that affirms and denies the fact on one and the same day says nothing of it; among
    reports of a day that agree, the last in the file counts.
    """
    found: dict[str, tuple[date, list[int]]] = {}
    for i, report in enumerate(fact.reports):
        day = report.date or fact.date
        if has_come(day, as_of):
            when = day.last if day else date.min
            before, told = found.get(report.source, (when, []))
            if when >= before:
                found[report.source] = when, [*(told if when == before else ()), i]
    return {
        source: told[-1]
        for source, (_, told) in found.items()
        if len({fact.reports[i].says for i in told}) == 1
    }
