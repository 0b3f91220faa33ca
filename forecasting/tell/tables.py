"""What a command has found goes in; the blocks that it prints come out: tables with their notes.

How a field is shown stands in its type, what heads it here, once for each table; what headings mean
stands below. ``briefing`` does the same for explanations.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, replace
from datetime import date
from functools import partial
from itertools import pairwise
from typing import TYPE_CHECKING

from forecasting.amounts import shown
from forecasting.answer.compare import (
    AS_IT_STANDS,
    POOLS,
    AnalystRow,
    Comparison,
    PointRow,
    ShareRow,
    Split,
)
from forecasting.answer.forecast import EventRow, Forecast, ScenarioRow
from forecasting.answer.replay import ReplayRow
from forecasting.engine.supposed import told as as_typed
from forecasting.errors import echo
from forecasting.file import fits
from forecasting.file.case import Case
from forecasting.file.models import LEVELS
from forecasting.file.propositions import event_of, settled_in_words, title_of
from forecasting.file.quantities import claim_of
from forecasting.lexicon import counted, percent, points
from forecasting.tell.groups import (
    DASH,
    INDENT,
    Group,
    below_heads,
    groups,
    points_of,
    row_label,
)
from forecasting.tell.table import Column, Part, Strong, Table, columns, figure
from forecasting.tell.terminal import Block, Line

if TYPE_CHECKING:
    from forecasting.fit.audit import Audit
    from forecasting.fit.base_rates import Fitted

# A label beside many columns is not folded into less than this.
NARROWEST = 20

# Outcomes whose difference is taken apart, unless events are named.
WIDEST = 3

# A claim is shown up to this length.
LONGEST = 160

# A difference of less than this, in probability, is not worth a row of its own; nor is a share that
# would be shown as nothing.
SLIGHT, NOTHING = 0.005, 0.0005

SHARES_NOTE = (
    "points: percentage points of the difference that a judgement makes, averaged over all orders "
    "in which the differing judgements could be swapped (Shapley value); they add up to the "
    "difference. decibans: the same for the odds; 10 are a factor of 10, 3 a factor of 2."
)

OF_STATES = (
    " Of several states: the geometric mean of the probabilities, to that power, made to sum to 1."
)

# Posterior predictive checks that a fit may hold, in words that a share follows.
CHECKS = {
    "check_largest": "a largest month as large:",
    "check_zeros": "as many empty months:",
    "check_change": "as much change from month to month:",
}


def _strong(name: str) -> Column:
    return figure(name, name, lambda p: Strong(percent(p)))


SCENARIO = (
    Column("title", "Scenario", echo),
    *columns(ScenarioRow, prior="prior"),
    _strong("posterior"),
)

FIT = (
    Column("event", "Event", whole=True),
    Column("model", "Model and table", whole=True),
    figure("mean", "mean", Strong),
    figure("range", "90% range"),
    figure("rhat", "R-hat", "{:.3f}".format),
    figure("ess", "ESS", "{:,.0f}".format),
    figure("divergences", "div."),
    figure("seconds", "s", "{:.0f}".format),
    figure("prior_sensitivity", "prior", "{:.2f}".format),
    figure("likelihood_sensitivity", "data", "{:.2f}".format),
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
    yield (*_heading(title, network.as_of, network.resolve_by), *map(echo, changes), *supposed)
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
        f"{DASH if days and found.amount_rows else ''}"
    )
    rough = [Line(found.rough_bands, "bold")] if found.rough else []
    yield (*rough, Line(note, "dim"), _source(case))


def _events(found: Forecast, role: str, of: Sequence[Group], days: Sequence[date]) -> Table:
    """Make the table of all outcomes, or of all drivers; ``days`` end other windows."""
    later = {(row.event, str(row.resolve_by)): row.posterior for row in found.horizon_rows}
    dates, records = list(map(str, days)), []
    for group in of:
        sure, whole = {"confidence": group.confidence}, group.record.is_yes_no
        if not whole:
            records.append({"title": _headed(group)} | sure)
        for row in group.rows:
            label = row.title if whole else INDENT + row_label(found.case, row.event)
            ends = _range(row.low, row.high) if found.draws else ""
            more = {"title": label, "range": ends} | {day: later[row.event, day] for day in dates}
            records.append(asdict(row) | more | (sure if whole else {}))
    shown = (
        Column("title", role.capitalize(), _label),
        *columns(EventRow, prior="prior"),
        _strong("posterior"),
        figure("range", "90% band"),
        Column("word", _in_words(found.case), whole=True),
        *(figure(day, day, percent) for day in dates),
        Column("confidence", "confidence"),
    )
    return Table(shown, tuple(records)).filled()


def _headed(group: Group) -> tuple[Part, ...]:
    """Name an event above its states or cuts; of a quantity with what is held of it."""
    return (Strong(echo(group.title)), *(("\n", INDENT + group.amount) if group.amount else ()))


def _label(title: str | tuple[Part, ...]) -> str | tuple[Part, ...]:
    return title if isinstance(title, tuple) else echo(title)


def _views(found: Forecast) -> Iterator[Block]:
    rows = {row.event: row for row in found.event_rows}
    for viewer, held in found.case.views.items():
        shown = (
            Column("title", f"What {echo(viewer)} holds (shown, not used)", echo),
            Column("held", "in words or numbers", echo),
            *columns(EventRow, posterior="posterior"),
        )
        records = (
            asdict(rows[name]) | {"held": found.case.written("views", viewer, name)}
            for name in held
        )
        yield (Table(shown, tuple(records)),)


def fitted(found: Sequence[Fitted]) -> Iterator[Block]:
    """Tell the base rate that each model estimates, how well it was sampled, what it leans on."""
    records, lines = [], []
    made: dict[str, list[str]] = {}
    for one in found:
        name, fit, table = one.event, one.fit, one.spec.table.name
        mean, ends = _of_a_year(fit)
        records.append(
            fit.diagnosis
            | {"event": name + ("" if fit.converged else " (unconverged)")}
            | {"model": (one.spec.model, "\n", table), "mean": mean, "range": ends}
            | {"ess": min(fit.diagnosis["ess_bulk"], fit.diagnosis["ess_tail"])}
        )
        if not fit.converged:
            lines.append(f"{name}: {'; '.join(fit.refused)}")
        shares = [(words, fit.diagnosis.get(key)) for key, words in CHECKS.items()]
        if told := [f"{words} {percent(share)}" for words, share in shares if share is not None]:
            drawn = f"{name}: of series drawn from the fit, {', '.join(told)}"
            lines.append(f"{drawn}; near 0% or 100% speaks against the model.")
        if still_open := fit.diagnosis.get("open"):
            left = counted(still_open, "row")
            lines.append(f"{name}: {left} of {table} left out, open still")
        made.setdefault(fits.other_versions(fit), []).append(name)
    median = "; of an amount the median" if any(one.fit.amounts for one in found) else ""
    note = (
        f"mean: for the period stated, or for twelve months{median}. R-hat, ESS: the worst of all "
        "parameters. prior, data: how far the base rate moves when its prior, or its data, are "
        "given more weight; above 0.05 it leans on them."
    )
    yield (Table(FIT, tuple(records)),)
    others = (f"made with {one}: {', '.join(events)}" for one, events in made.items() if one)
    yield (Line(note, "dim"), *lines, *(Line(other, "dim") for other in others))


def audit(result: Audit) -> Iterator[Block]:
    """Tell exact and sampled posteriors side by side, and whether they agree."""
    from forecasting.fit.audit import SHOWS

    case = result.case
    yield _heading(f"Audit: {echo(case.title or case.case)}", result.as_of, result.resolve_by)
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
    yield (Line(note, "dim"), Line(draws, "dim"), _source(case))
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
    heading = Line(echo(case.title or case.case), "bold")
    yield (heading, f"forecasts from {dates[0]} to {dates[-1]}{ahead}")
    yield (_path(case, rows),)
    paths: dict[str, dict] = {}
    for row in rows:  # the word is that of the last one
        path = paths.setdefault(row.event, {})
        path |= {"title": row.title, "word": row.word, str(row.date): row.posterior}
    shown = (figure(str(day), f"{day.year}\n{day:%m-%d}", percent) for day in dates)
    columns_ = (EVENT, *shown, Column("word", _in_words(case)))
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
    yield (Line(note, "dim"), _source(case))


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


def comparison(found: Comparison, *, every: bool = False) -> Iterator[Block]:
    """Tell who forecasts what, and what makes the differences; ``every`` keeps slight ones."""
    case, held = found.case, {}
    for row in found.analyst_rows:
        held.setdefault(row.event, []).append(row)
    apart = {
        event: max(row.posterior for row in rows) - min(row.posterior for row in rows)
        for event, rows in held.items()
    }
    shown = [event for event in held if every or apart[event] >= SLIGHT]
    yield _heading(echo(case.title or case.case), found.as_of, found.resolve_by)
    blocks: list[Block] = [(_difference(split),) for split in found.splits]
    if shown:
        blocks.append((_analysts(found, {event: held[event] for event in shown}),))
    if left := len(held) - len(shown):
        blocks[-1] += (f"{counted(left, 'other event')} within half a point of each other",)
    yield from blocks
    yield from _points(found.point_rows)
    if len(found.analysts) > 3:
        yield (_left_out(found, shown),)
    for split in found.splits:
        yield from _shares(split, None if every else WIDEST)
    note = (
        "A column headed by a name: the posterior of that analyst, exact. In words: theirs, both "
        f"where they differ. What an analyst states as a range is a 90% range. {SHARES_NOTE}"
    )
    several = any(found.case.events[event_of(row.event)].states for row in found.pool_rows)
    of_states = OF_STATES if several else ""
    pools = (
        f"Pools of {', '.join(map(_name, found.analysts[1:]))}, with equal weights. "
        "linear: mean of the probabilities. log-odds: mean of the log-odds, the geometric mean of "
        f"the odds. extremized: the same, times {found.factor:.2f}; it suits analysts who know "
        f"different things, and goes too far where they share what they know.{of_states}"
    )
    yield (Line(note, "dim"), *([Line(pools, "dim")] if found.pool_rows else []), _source(case))


def _analysts(found: Comparison, held: Mapping[str, Sequence[AnalystRow]]) -> Table:
    """Make the table of what each analyst forecasts of some events, and what their pools say."""
    records = {
        event: {f"by {row.analyst}": row.posterior for row in rows}
        | {"title": rows[0].title, "words": " / ".join(dict.fromkeys(r.word for r in rows[1:]))}
        for event, rows in held.items()
    }
    pooled = [row for row in found.pool_rows if row.event in held and not row.without]
    for row in pooled:
        records[row.event][row.pool] = row.probability
    pools = [Column(pool, f"{pool}\npool", _chance, number=True) for pool in POOLS]
    posteriors = (
        Column(f"by {name}", _name(name), percent, number=True) for name in found.analysts
    )
    last = (*pools, Column("words", _in_words(found.case))) if pooled else ()
    return Table((EVENT, *posteriors, *last), tuple(below_heads(found.case, records.items())))


def _left_out(found: Comparison, shown: Sequence[str]) -> Table:
    """Make the table of the log-odds pool without each analyst in turn."""
    records: dict[str, dict] = {event: {} for event in shown}
    for row in found.pool_rows:
        if row.pool == "log-odds" and row.event in records:
            records[row.event] |= {"title": row.title, f"without {row.without}": row.probability}
    heads = {"": "of all"} | {name: f"without\n{_name(name)}" for name in found.analysts[1:]}
    pools = (Column(f"without {name}", head, _chance, number=True) for name, head in heads.items())
    label = replace(EVENT, heading="Log-odds pool")
    return Table((label, *pools), tuple(below_heads(found.case, records.items())))


def split(found: Split, *, every: bool = False) -> Iterator[Block]:
    """Tell what two versions of a case differ on, and what that makes of each outcome."""
    apart = _apart(found)
    records = tuple(
        {"title": title, "before": found.before[event], "after": found.after[event]}
        | {"points": apart[event]}
        for event, title in zip(found.events, found.titles, strict=True)
        if every or abs(apart[event]) >= SLIGHT
    )
    blocks: list[Block] = [(_difference(found),)]
    if records:
        shown = EVENT, *_sides(found, percent), Column("points", "points", points, number=True)
        blocks.append((Table(shown, records),))
    if left := len(found.events) - len(records):
        blocks[-1] += (f"{counted(left, 'other event')} moved by less than half a point",)
    yield from blocks
    yield from _points(found.point_rows)
    yield from _shares(found, None if every else WIDEST)
    yield (Line(SHARES_NOTE, "dim"),)


def _shares(found: Split, most: int | None) -> Iterator[Block]:
    """Tell for each event what the difference between two posteriors is made of.

    Then what no probability shows: of amounts, or where no probability moved, all that differs.
    """
    apart = _apart(found)
    events = sorted(found.events, key=lambda event: -abs(apart[event]))
    events = [event for event in events[:most] if abs(apart[event]) >= SLIGHT or most is None]
    for event in events if found.changes else ():
        title = found.titles[found.events.index(event)]
        yield (Line(echo(title), "bold"), _made_of(found, event))
    told = {row.path for row in found.rows if row.event in events and not _is_nothing(row)}
    amounts = {row.event for row in found.point_rows}
    untold = [
        change
        for change in found.changes
        if change.path not in told
        and (not events or change.of in amounts or change.path.endswith(".cuts"))
    ]
    if untold:
        what = Column("title", "What else they differ on", partial(echo, most=LONGEST))
        yield (Table((Column("sort", "sort", whole=True), what, *_sides(found, echo)), (*untold,)),)


def _points(rows: Sequence[PointRow]) -> Iterator[Block]:
    """Tell the points of amounts, a row for each analyst, where they differ in any of them."""
    records: list[dict] = []
    for event in dict.fromkeys(row.event for row in rows):
        own = [row for row in rows if row.event == event]
        held: dict[str, dict[str, str]] = {}
        for row in own:
            held.setdefault(row.analyst, {})[f"{row.level:.0%}"] = row.told
        if len({tuple(cells.values()) for cells in held.values()}) > 1:
            records.append({"who": Strong(echo(own[0].title))})
            records += [{"who": INDENT + _name(who)} | cells for who, cells in held.items()]
    if records:
        levels = dict.fromkeys(f"{row.level:.0%}" for row in rows)
        yield (Table((Column("who", "Amount"), *map(figure, levels, levels)), tuple(records)),)


def _made_of(found: Split, event: str) -> Table:
    """Make the table of the shares that a difference is the sum of."""
    rows = sorted((r for r in found.rows if r.event == event), key=lambda r: -abs(r.probability))
    nothing = [row for row in rows if row.path and _is_nothing(row)]
    records: list[object] = [row for row in rows if row not in nothing]
    if nothing:
        records.append({"what": f"{counted(len(nothing), 'other judgement')} with no part in it"})
    both = columns(ShareRow, probability="points", log_odds="decibans")
    numbers = [replace(column, whole=False) for column in both]  # there may be little room
    sums = {one.name: one.show(sum(getattr(row, one.name) for row in rows)) for one in numbers}
    ends = {"before": percent(found.before[event]), "after": percent(found.after[event])}
    total = {"what": "posterior"} | ends | sums
    records.append({name: Strong(text) for name, text in total.items()})
    shown = (
        Column("sort", "sort", whole=True),
        Column("what", "What they differ on", partial(echo, most=LONGEST), narrowest=NARROWEST),
        *_sides(found, echo),
        *numbers,
    )
    return Table(shown, tuple(records), apart=True)


def _difference(found: Split) -> str:
    """Tell in two or three sentences on what two forecasts differ, and what that makes."""
    first, second = _name(found.first), _name(found.second)
    if not found.changes:
        return f"{first} and {second} hold the same."
    counts = Counter(change.sort for change in found.changes)
    sorts = ", ".join(f"{n} × {sort}" for sort, n in counts.items())
    differ = f"{first} and {second} differ on {counted(len(found.changes), 'judgement')} ({sorts})."
    apart = _apart(found)
    widest = max(apart, key=lambda event: abs(apart[event]), default=None)
    if widest is None:
        return differ
    if abs(apart[widest]) < SLIGHT:
        return f"{differ} Their forecasts are within half a point of each other."
    title = echo(found.titles[found.events.index(widest)])
    before, after = percent(found.before[widest]), percent(found.after[widest])
    rows = [row for row in found.sort_rows if row.event == widest and not _is_nothing(row)]
    parts = ", ".join(
        f"{row.sort} makes {points(row.probability)}"
        for row in sorted(rows, key=lambda row: -abs(row.probability))
    )
    most = max((r for r in found.rows if r.event == widest), key=lambda r: abs(r.probability))
    largest = (
        f"The largest part is one judgement, {echo(most.what, LONGEST)}: "
        f"{echo(most.before)} against {echo(most.after)}."
        if most.path
        else f"The largest part is that of {most.what} together."
    )
    return (
        f"{differ} They are furthest apart on “{title}”: {before} against {after}. "
        f"Of these {points(apart[widest])} points {parts}. {largest}"
    )


def _heading(title: str, as_of: date | None, by: date | None) -> Block:
    days = [f"as of {as_of or 'no date'}, by {by or 'no date'}"] if as_of or by else []
    return (Line(title, "bold"), *days)


def _source(case: Case) -> Line:
    return Line(f"case {case.case}, digest {case.digest[:12]}", "dim")


def _sides(found: Split, show: Callable) -> tuple[Column, ...]:
    sides = {"before": found.first, "after": found.second}
    return tuple(Column(side, _name(who), show, number=True) for side, who in sides.items())


def _apart(found: Split) -> dict[str, float]:
    return {event: found.after[event] - found.before[event] for event in found.events}


def _is_nothing(row: ShareRow) -> bool:
    return abs(row.probability) < NOTHING


def _chance(p: float) -> str:
    return percent(p) if math.isfinite(p) else "–"


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


def _name(analyst: str) -> str:
    return "the case" if analyst == AS_IT_STANDS else echo(analyst, 40)


def _in_words(case: Case) -> str:
    return f"in words ({case.lexicon.replace('-', ' ').upper()})"
