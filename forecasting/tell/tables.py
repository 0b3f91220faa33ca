"""What a command has found goes in; the blocks that it prints come out: tables with their notes.

How a field is shown stands in its type, what heads it here, once for each table; what headings mean
stands below. ``briefing`` does the same for explanations.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from itertools import pairwise
from typing import TYPE_CHECKING

from forecasting.amounts import shown
from forecasting.answer import times
from forecasting.answer.forecast import EventRow, Forecast, ScenarioRow
from forecasting.answer.spread import SLIGHT
from forecasting.engine.supposed import told as as_typed
from forecasting.errors import echo
from forecasting.file import fits
from forecasting.file.case import Case
from forecasting.file.models import LEVELS, YEAR
from forecasting.file.propositions import settled_in_words, title_of
from forecasting.file.quantities import claim_of
from forecasting.lexicon import counted, percent, points
from forecasting.tell.groups import (
    INDENT,
    Group,
    below_heads,
    groups,
    own_days,
    points_of,
    records_of,
    row_label,
    viewed,
)
from forecasting.tell.table import Column, Part, Strong, Table, columns, figure
from forecasting.tell.terminal import Block, Line

if TYPE_CHECKING:
    from forecasting.answer.replay import ReplayRow
    from forecasting.fit.audit import Audit
    from forecasting.fit.base_rates import Fitted

# A label beside many columns is not folded into less than this.
NARROWEST = 20

# A claim is shown up to this length.
LONGEST = 160

# Posterior predictive checks that a fit may hold, in words that a share follows.
CHECKS = {
    "check_largest": "a largest month as large",
    "check_zeros": "as many empty months",
    "check_change": "as much change from month to month",
}
UNLIKE = 0.05  # a share of drawn series so near 0 or 1 speaks against the model

POSTERIOR = figure("posterior", "posterior", lambda p: Strong(percent(p)))

SCENARIO = (
    Column("title", "Scenario", echo),
    *columns(ScenarioRow, prior="prior"),
    POSTERIOR,
)

FIT = (
    Column("event", "Event", whole=True),
    Column("model", "Model and table", whole=True),
    figure("mean", "mean", Strong),
    figure("range", "90% range"),
    figure("counted", "counted"),
    Column("solved", "solved"),
    figure("seconds", "s", "{:.1f}".format),
    figure("prior_halved", "prior ½", points),
    figure("prior_doubled", "prior ×2", points),
)

AUDIT = (
    Column("title", "Event", echo),
    figure("exact", "exact"),
    figure("sampled", "sampled"),
    figure("error", "standard error"),
    figure("difference", "difference", "{:+.1f}".format),
    Column("verdict", "", whole=True),
)

NEWS = (
    Column("date", "date", whole=True),
    Column("what", "what is reported"),
    Column("by", "by whom"),
)

EVENT = Column("title", "Event", echo, narrowest=NARROWEST)


def forecast(found: Forecast, *, changes: Sequence[str] = ()) -> Iterator[Block]:
    """Tell prior, posterior, band and word of each event, scenarios, and what others hold.

    Above it stand the changes that were made to the case, and what was supposed.
    """
    network, case = found.network, found.case
    supposed = [
        f"{option} {as_typed(name, holds).replace('=', ' = ')}"
        for option, setting in (("given", found.given), ("do", found.do))
        for name, holds in setting.items()
    ]
    title = echo(case.title or case.case)
    if cut := found.silenced:
        supposed.append(f"do: no evidence on what is made so, or follows from it: {', '.join(cut)}")
    yield (*heading(title, network.as_of, network.resolve_by), *map(echo, changes), *supposed)
    asked = {row.resolve_by for row in found.horizon_rows} - {network.resolve_by}
    days = [day.last for day in case.horizons if day.last in asked]
    for role in ("outcome", "driver"):
        if mine := groups(found, role):
            yield (_events(found, role, mine, days),)
            if amounts := points_of(mine):
                yield (amounts, Line(amounts.note, "dim"))
    if found.scenario_rows:
        yield (Table(SCENARIO, found.scenario_rows),)
    yield from _views(found)
    if marked := network.unconverged():
        told = "UNCONVERGED: these base rates rest on fits that did not pass their checks and were"
        yield (Line(f"{told} kept by force: {', '.join(marked)}", "bold red"),)
    band = (
        " 90% band: how far the posterior would move if the uncertain numbers were known "
        f"({found.draws:,} draws)."
    )
    later = " A column headed by a date: the posterior by, or on, that date."
    note = (
        "prior: before any evidence of this case. posterior: with it, exact."
        f"{band if found.draws else ''}{later if days else ''}"
        f"{own_days(found)}"
    )
    rough = [Line(found.rough_bands, "bold")] if found.rough else []
    yield (*rough, Line(note, "dim"), source(case))


def _events(found: Forecast, role: str, of: Sequence[Group], days: Sequence[date]) -> Table:
    """Make the table of all outcomes, or of all drivers; ``days`` end other windows."""

    def name(group: Group, row: EventRow | None) -> Part | tuple[Part, ...]:
        if row is not None:
            whole = group.record.is_yes_no
            return echo(row.title if whole else INDENT + row_label(found.case, row.event))
        amount = ("\n", INDENT + group.amount) if group.amount else ()
        return Strong(echo(group.title)), *amount

    shown = (
        Column("title", role.capitalize()),
        *columns(EventRow, prior="prior"),
        POSTERIOR,
        *([figure("band", "90% band", lambda ends: _range(*ends))] if found.draws else []),
        Column("word", in_words(found.case), whole=True),
        *(figure(str(day), str(day), percent) for day in days),
        Column("confidence", "confidence"),
    )
    return Table(shown, tuple(records_of(found, of, "title", name))).filled()


def _views(found: Forecast) -> Iterator[Block]:
    for viewer, records in viewed(found):
        shown = (
            Column("title", f"What {echo(viewer)} holds (shown, not used)", echo),
            Column("held", "in words or numbers", echo),
            *columns(EventRow, posterior="posterior"),
        )
        yield (Table(shown, records),)


def fitted(found: Sequence[Fitted]) -> Iterator[Block]:
    """Tell the base rate that each model estimates, how it was solved, and what its prior does."""
    records, lines = [], []
    made: dict[str, list[str]] = {}
    for one in found:
        name, fit, table = one.event, one.fit, one.spec.table.name
        mean, ends = _of_a_year(fit)
        told = {"event": name if fit.converged else f"{name} (unconverged)"}
        told |= {"model": (one.spec.model, "\n", table), "mean": mean, "range": ends}
        records.append(fit.diagnosis | told | {"solved": fit.solved, "counted": fit.counted})
        if not fit.converged:
            lines.append(f"{name}: {'; '.join(fit.refused)}")
        if leans_on := fit.diagnosis.get("leans_on"):
            lines.append(f"{name}: it leans on {leans_on}.")
        lines += _checks(name, fit.diagnosis)
        if curve := times.curve(fit, YEAR):
            lines.append(f"{name}: {curve.told}")
        if effective := fit.diagnosis.get("effective_cases"):
            lines.append(f"{name}: by age its cases count as {effective:,.0f}")
        if still_open := fit.diagnosis.get("open"):
            left = counted(still_open, "row")
            lines.append(f"{name}: {left} of {table} left out, open still")
        made.setdefault(fits.other_versions(fit), []).append(name)
    median = "; of an amount the median" if any(one.fit.amounts for one in found) else ""
    note = (
        f"mean: for the period stated, or for twelve months{median}. counted: so many of so many "
        "cases of its group. solved: without sampling, by weighted draws, or by chains (R-hat and "
        "ESS the worst of all parameters). prior ½, ×2: how far the mean moves, in points, if its "
        "prior counts half or double."
    )
    yield (Table(FIT, tuple(records)),)
    others = (f"made with {one}: {', '.join(events)}" for one, events in made.items() if one)
    yield (Line(note, "dim"), *lines, *(Line(other, "dim") for other in others))


def _checks(name: str, diagnosis: Mapping[str, object]) -> Iterator[str]:
    """Compare the months seen with those drawn from a fit, and name in words what is unlike."""
    found = {words: diagnosis[key] for key, words in CHECKS.items() if key in diagnosis}
    if found:
        told = ", ".join(f"{words}: {percent(share)}" for words, share in found.items())
        yield f"{name}: of series drawn from the fit, {told}"
    for words, share in found.items():
        if not UNLIKE <= share <= 1 - UNLIKE:
            does = "does not draw" if share < UNLIKE else "nearly always draws"
            yield f"{name}: outside 5 to 95%: the model {does} {words} as there were"


def audit(result: Audit) -> Iterator[Block]:
    """Tell exact and sampled posteriors side by side, and whether they agree."""
    from forecasting.fit.audit import SHOWS

    case = result.case
    yield heading(f"Audit: {echo(case.title or case.case)}", result.as_of, result.resolve_by)
    rows = [(title_of(case, row.name), ".2%", row) for row in result.rows]
    rows.append(("ln P(evidence)", ".4f", result.log_evidence))
    records = (
        {"title": title, "difference": row.difference, "verdict": row.verdict}
        | {name: format(getattr(row, name), form) for name in ("exact", "sampled", "error")}
        for title, form, row in rows
    )
    yield (Table(AUDIT, tuple(records), apart=True),)
    drawn = result.drawn
    tail = f"Pareto k {drawn.pareto_k:.2f}" if math.isfinite(drawn.pareto_k) else "no heavy tail"
    note = (
        "exact: this package. sampled: the same network as a plain PyMC model. difference: sampled "
        "less exact, in standard errors, which come from the effective number of draws."
    )
    draws = (
        f"{drawn.effective_draws:,.0f} effective draws of {drawn.draws:,} (their weights: {tail})"
        f", seed {result.seed}, {result.seconds:.0f} seconds"
    )
    yield (Line(note, "dim"), Line(draws, "dim"), source(case))
    verdict: list[str | Line] = [Line(result.verdict, "bold")]
    if result.agrees and result.rows:
        verdict += [
            f"If both are right, one of these {len(result.rows) + 1} is outside the limit in at "
            f"most 1 audit of {1 / result.false_alarm:,.0f}.",
            f"An error of {100 * SHOWS * max(row.error for row in result.rows):.1f} percentage "
            "points in any event would very likely have shown.",
        ]
    if stand_ins := result.stand_ins:
        verdict.append(Line(stand_ins.says, "bold" if stand_ins.moved else ""))
    yield tuple(verdict)


def replay(case: Case, rows: Sequence[ReplayRow]) -> Iterator[Block]:
    """Tell the path of each event, and what was new on each day."""
    dates = tuple(dict.fromkeys(row.date for row in rows))
    ahead = f", each for {case.resolve_by}" if case.resolve_by else ""
    title = Line(echo(case.title or case.case), "bold")
    yield (title, f"forecasts from {dates[0]} to {dates[-1]}{ahead}")
    yield (_path(case, rows),)
    paths: dict[str, dict] = {}
    for row in rows:  # the word is that of the last one
        path = paths.setdefault(row.event, {})
        path |= {"title": row.title, "word": row.word, str(row.date): row.posterior}
    shown = (figure(str(day), f"{day.year}\n{day:%m-%d}", percent) for day in dates)
    columns_ = (EVENT, *shown, Column("word", in_words(case)))
    yield (Table(columns_, tuple(below_heads(case, paths.items()))),)
    news = [
        {"date": row.date if i == 0 else None} | _item(case, path)
        for row in rows[:: len(paths)]  # the first event of each day
        for i, path in enumerate(row.new)
    ]
    if news:
        yield (Table(NEWS, tuple(news)),)
    note = (
        "A column headed by a date: the posterior on that day, exact, from what was dated by "
        "then. The window ends on the same date each time, so it shrinks, and what was to "
        "happen within it and has not happened becomes less probable. What is held now has no "
        "date and enters every day as it stands."
    )
    yield (Line(note, "dim"), source(case))


def _path(case: Case, rows: Sequence[ReplayRow]) -> str:
    """Say which event moved most, and when."""
    paths: dict[str, dict[date, float]] = {}
    for row in rows:
        paths.setdefault(row.event, {})[row.date] = row.posterior
    first, last = rows[0].date, rows[-1].date
    moved = {event: path[last] - path[first] for event, path in paths.items()}
    most = max(moved, key=lambda event: abs(moved[event]))
    if abs(moved[most]) < SLIGHT:
        return f"No event moved by half a point or more between {first} and {last}."
    title, path = echo(title_of(case, most)), paths[most]
    ends = f"from {percent(path[first])} on {first} to {percent(path[last])} on {last}"
    steps = {day: path[day] - path[before] for before, day in pairwise(path)}
    day = max(steps, key=lambda day: abs(steps[day]))
    step = f" Its largest step, {points(steps[day])} points, came on {day}."
    return f"“{title}” moved most: {ends}.{step if len(steps) > 1 else ''}"


def _item(case: Case, path: str) -> dict[str, str]:
    """Tell what was new: the claim, and who reports it with which grade."""
    section, name, what, *rest = path.split(".")
    if section == "events":
        came_to = f": {settled_in_words(case.events[name])}" if what == "settled" else ""
        return {"what": echo(title_of(case, name) + came_to), "by": what.replace("_", " ")}
    fact = case.evidence[name]
    by = str(fact.status)
    if what == "reports":
        report = fact.reports[int(rest[0])]
        grade = f" ({report.grade.letter or ''}{report.grade.digit or ''})" if report.grade else ""
        by = f"{report.source}{grade}{'' if report.says else ', denies it'}"
    return {"what": echo(claim_of(case, name), LONGEST), "by": by}


def heading(title: str, as_of: date | None, by: date | None) -> Block:
    """Give a title, and below it the days of the forecast, if there are any."""
    days = [f"as of {as_of or 'no date'}, by {by or 'no date'}"] if as_of or by else []
    return (Line(title, "bold"), *days)


def source(case: Case) -> Line:
    """Say which case it was, in small print."""
    return Line(f"case {case.case}, digest {case.digest[:12]}", "dim")


def _of_a_year(fit: fits.Fit) -> tuple[str, str]:
    """Give the mean and the 90% range for twelve months; of an amount its median and range."""
    if fit.amounts:
        year = next(one for one in fit.amounts if one.months == 12).points
        low, median, high = (shown(year[LEVELS.index(p)], whole=True) for p in (0.05, 0.5, 0.95))
        return median, f"{low} – {high}"
    window = next((w for w in fit.windows if w.months == 12), fit.windows[0])
    return percent(window.mean), _range(*window.probability.interval)


def _range(low: float, high: float) -> str:
    return f"{percent(low)} – {percent(high)}" if low == low else percent(low)


def in_words(case: Case) -> str:
    """Head the column of words with the scale that they are of."""
    return f"in words ({case.lexicon.replace('-', ' ').upper()})"
