"""What a command has found goes in; its sentences and tables, or the cells of its CSV, come out.

Text from files is text here, never markup, and stays on its line. A ``width`` is in characters;
None takes that of the terminal.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from itertools import batched, pairwise
from typing import TYPE_CHECKING

from forecasting.answer.compare import AS_IT_STANDS, POOLS, Comparison, ShareRow, Split
from forecasting.answer.forecast import EventRow, Forecast
from forecasting.answer.replay import ReplayRow
from forecasting.engine.inputs import claim_of, title_of
from forecasting.engine.network import DECIBANS
from forecasting.errors import echo, escape
from forecasting.file import fits
from forecasting.file.case import Case
from forecasting.lexicon import counted, decibans, percent

if TYPE_CHECKING:
    from forecasting.fit.audit import Audit
    from forecasting.fit.base_rates import Fitted
    from forecasting.tell.briefing import Grid

# Characters that the label and the word of a row of a replay take, and each day between them.
LABELS, DAY = 50, 8

# A label is not folded into less than this.
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

# Posterior predictive checks that a fit may hold, in words that a share follows.
CHECKS = {
    "check_largest": "a largest month as large:",
    "check_zeros": "as many empty months:",
    "check_change": "as much change from month to month:",
}


def print_forecast(
    forecast: Forecast, width: int | None = None, *, changes: Sequence[str] = ()
) -> None:
    """Print prior, posterior, band and word of each event, scenarios, and what others hold.

    Above it stand the changes that were made to the case, and what was supposed.
    """
    from rich.text import Text

    network, case = forecast.network, forecast.case
    with _console(width) as console:
        _print_heading(console, echo(case.title or case.case), network.as_of, network.resolve_by)
        for change in changes:
            console.print(Text(echo(change)))
        for option, setting in (("given", forecast.given), ("do", forecast.do)):
            for name, yes in setting.items():
                console.print(Text(f"{option} {name} = {'yes' if yes else 'no'}"))
        days = _other_days(forecast)
        for role in ("outcome", "driver"):
            rows = [row for row in forecast.event_rows if row.role == role]
            if rows:
                console.print()
                console.print(_event_table(forecast, role.capitalize(), rows, days))
        if forecast.scenario_rows:
            table = _bare_table(["Scenario", ">prior", ">posterior"])
            for row in forecast.scenario_rows:
                posterior = Text(percent(row.posterior), style="bold")
                table.add_row(Text(echo(row.title)), percent(row.prior), posterior)
            console.print()
            console.print(table)
        rows = {row.event: row for row in forecast.event_rows}
        for viewer, views in case.views.items():
            held = f"What {echo(viewer)} holds (shown, not used)"
            table = _bare_table([held, "in words or numbers", ">posterior"])
            written = case.node.value["views"].value[viewer].value
            for name in views:
                told = Text(echo(rows[name].title)), Text(echo(written[name].describe()))
                table.add_row(*told, percent(rows[name].posterior))
            console.print()
            console.print(table)
        if marked := network.unconverged():
            told = (
                "UNCONVERGED: these base rates rest on fits that did not pass their checks and "
                f"were kept by force: {', '.join(marked)}"
            )
            console.print()
            console.print(Text(told, style="bold red"))
        later = " A column headed by a date: the posterior by, or on, that date." if days else ""
        band = (
            " 90% band: how far the posterior would move if the uncertain numbers were known "
            f"({forecast.draws:,} draws)."
        )
        note = (
            "prior: before any evidence of this case. posterior: with it, exact."
            f"{band if forecast.draws else ''}{later}\ncase {case.case}, digest {case.digest[:12]}"
        )
        console.print()
        if forecast.rough:
            console.print(Text(forecast.rough_bands, style="bold"))
        console.print(Text(note, style="dim"))


def print_fits(fitted: Sequence[Fitted], width: int | None = None) -> None:
    """Print the base rate that each model estimates, how well it was sampled, what it leans on."""
    from rich.text import Text

    texts = ["Event", "Model and table"]
    numbers = [">mean", ">90% range", ">R-hat", ">ESS", ">div.", ">s", ">prior", ">data"]
    table = _bare_table([*texts, *numbers], whole=texts)
    for one in fitted:
        d, windows = one.fit.diagnosis, one.fit.windows
        window = next((w for w in windows if w.months == 12), windows[0])
        low, high = window.probability.interval
        table.add_row(
            Text(one.event + ("" if one.fit.converged else " (unconverged)")),
            Text(f"{one.spec.model}\n{one.spec.table.name}"),
            Text(percent(window.mean), style="bold"),
            f"{percent(low)} – {percent(high)}",
            f"{d['rhat']:.3f}",
            f"{min(d['ess_bulk'], d['ess_tail']):,.0f}",
            str(d["divergences"]),
            f"{d['seconds']:.0f}",
            f"{d['prior_sensitivity']:.2f}",
            f"{d['likelihood_sensitivity']:.2f}",
        )
    note = (
        "mean: for the period stated, or for twelve months. R-hat, ESS: the worst of all "
        "parameters. prior, data: how far the base rate moves when its prior, or its data, are "
        "given more weight; above 0.05 it leans on them."
    )
    with _console(width) as console:
        console.print(table)
        console.print()
        console.print(Text(note, style="dim"))
        for one in fitted:
            if not one.fit.converged:
                console.print(Text(f"{one.event}: {'; '.join(one.fit.refused)}"))
            shares = [(words, one.fit.diagnosis.get(key)) for key, words in CHECKS.items()]
            told = [f"{words} {percent(share)}" for words, share in shares if share is not None]
            if told:
                drawn = f"{one.event}: of series drawn from the fit, {', '.join(told)}"
                console.print(Text(f"{drawn}; near 0% or 100% speaks against the model."))
            if still_open := one.fit.diagnosis.get("open"):
                rows = counted(still_open, "row")
                told = f"{one.event}: {rows} of {one.spec.table.name} left out, open still"
                console.print(Text(told))
        made: dict[str, list[str]] = {}
        for one in fitted:
            made.setdefault(fits.other_versions(one.fit), []).append(one.event)
        for others in filter(None, made):
            console.print(Text(f"made with {others}: {', '.join(made[others])}", style="dim"))


def print_audit(result: Audit, width: int | None = None) -> None:
    """Print exact and sampled posteriors side by side, and whether they agree."""
    from rich.text import Text

    from forecasting.fit.audit import SHOWS

    case = result.case
    numbers = [">exact", ">sampled", ">standard error", ">difference"]
    table = _bare_table(["Event", *numbers, ""], whole=[""])
    for row in result.rows:
        shares = (f"{share:.2%}" for share in (row.exact, row.sampled, row.error))
        title = Text(echo(title_of(case, row.name)))
        table.add_row(title, *shares, f"{row.difference:+.1f}", row.verdict)
    row = result.log_evidence
    logs = (f"{log:.4f}" for log in (row.exact, row.sampled, row.error))
    table.add_section()
    table.add_row("ln P(evidence)", *logs, f"{row.difference:+.1f}", row.verdict)
    drawn = result.drawn
    tail = f"Pareto k {drawn.pareto_k:.2f}" if math.isfinite(drawn.pareto_k) else "no heavy tail"
    note = (
        "exact: this package. sampled: the same network as a plain PyMC model. difference: sampled "
        "less exact, in standard errors, which come from the effective number of draws.\n"
        f"{drawn.effective_draws:,.0f} effective draws of {drawn.draws:,} (their weights: {tail})"
        f", seed {result.seed}, {result.seconds:.0f} seconds\n"
        f"case {case.case}, digest {case.digest[:12]}"
    )
    with _console(width) as console:
        title = f"Audit: {echo(case.title or case.case)}"
        _print_heading(console, title, result.as_of, result.resolve_by)
        console.print()
        console.print(table)
        console.print()
        console.print(Text(note, style="dim"))
        console.print()
        console.print(Text(result.verdict, style="bold"))
        if result.agrees and result.rows:
            points = 100 * SHOWS * max(row.error for row in result.rows)
            console.print(
                f"If both are right, one of these {len(result.rows) + 1} is outside the limit in "
                f"at most 1 audit of {1 / result.false_alarm:,.0f}.\nAn error of {points:.1f} "
                "percentage points in any event would very likely have shown."
            )
        if stand_ins := result.stand_ins:
            console.print(Text(stand_ins.says, style="bold" if stand_ins.moved else ""))


def print_briefing(parts: Iterable[str | Grid], width: int | None = None) -> None:
    """Print paragraphs and tables; the first is the heading, and the last says what is meant."""
    from rich.text import Text

    with _console(width) as console:
        parts = list(parts)
        for i, part in enumerate(parts):
            if isinstance(part, str):
                last = i == len(parts) - 1
                console.print(Text(escape(part), style="dim" if last else "bold" if i == 0 else ""))
                if part.endswith(":"):
                    continue  # its table follows at once
            else:
                table = _bare_table(part.columns)
                table.show_header = any(name.strip(">") for name in part.columns)
                for row in part.rows:
                    table.add_row(*(Text(escape(cell)) for cell in row))
                console.print(table)
            console.print()


def print_replay(case: Case, rows: Sequence[ReplayRow], width: int | None = None) -> None:
    """Print the path of each event, and what was new on each day."""
    from rich.text import Text

    dates = tuple(dict.fromkeys(row.date for row in rows))
    names = tuple(dict.fromkeys(row.event for row in rows))
    on = {(row.date, row.event): row for row in rows}
    with _console(width) as console:
        console.print(Text(echo(case.title or case.case), style="bold"))
        ahead = f", each for {case.resolve_by}" if case.resolve_by else ""
        console.print(Text(f"forecasts from {dates[0]} to {dates[-1]}{ahead}"))
        console.print()
        console.print(Text(_path_in_words(case, dates, names, on)))
        for abreast in batched(dates, max(2, (console.width - LABELS) // DAY)):
            columns = [f"{day.year}\n{day:%m-%d}" for day in abreast]
            last = abreast[-1] == dates[-1]
            table = _table("Event", columns, [_word_column(case)] if last else [])
            for name in names:
                here = [on[day, name] for day in abreast]
                cells = [percent(row.posterior) for row in here]
                table.add_row(Text(echo(here[0].title)), *cells, *([here[-1].word] if last else []))
            console.print()
            console.print(table)
        news = _table("date", [], ["what is reported", "by whom"], fold=False)
        for day in dates:
            for i, path in enumerate(on[day, names[0]].new):
                told = [Text(part) for part in _item_in_words(case, path)]
                news.add_row(Text(str(day) if i == 0 else ""), *told)
        if news.row_count:
            console.print()
            console.print(news)
        console.print()
        note = (
            "A column headed by a date: the posterior on that day, exact, from what was dated by "
            "then. The window ends on the same date each time, so it shrinks, and what was to "
            "happen within it and has not happened becomes less probable. What is held now has no "
            "date and enters every day as it stands.\n"
            f"case {case.case}, digest {case.digest[:12]}"
        )
        console.print(Text(note, style="dim"))


def print_comparison(
    comparison: Comparison, width: int | None = None, *, every: bool = False
) -> None:
    """Print who forecasts what, and what makes the differences; ``every`` keeps slight ones."""
    from rich.text import Text

    case, names = comparison.case, comparison.analysts
    at = {(row.event, row.analyst): row for row in comparison.analyst_rows}
    events = tuple(dict.fromkeys(row.event for row in comparison.analyst_rows))
    apart = {
        event: max(values) - min(values)
        for event in events
        for values in [[at[event, name].posterior for name in names]]
    }
    shown = [event for event in events if every or apart[event] >= SLIGHT]
    with _console(width) as console:
        title = echo(case.title or case.case)
        _print_heading(console, title, comparison.as_of, comparison.resolve_by)
        for split in comparison.splits:
            console.print()
            console.print(Text(_difference_in_words(split)))
        pooled = {(r.event, r.pool): r.probability for r in comparison.pool_rows if not r.without}
        pools = [f"{method}\npool" for method in POOLS] if pooled else []
        words = [_word_column(case)] if pooled else []
        table = _table("Event", [*map(_name, names), *pools], words)
        for event in shown:
            cells = [percent(at[event, name].posterior) for name in names]
            cells += [_chance(pooled[event, method]) for method in POOLS if pooled]
            told = (
                [_spread_in_words([at[event, name].word for name in names[1:]])] if pooled else []
            )
            table.add_row(Text(echo(at[event, names[0]].title)), *cells, *told)
        if shown:
            console.print()
            console.print(table)
        if left := len(events) - len(shown):
            console.print(Text(f"{counted(left, 'other event')} within half a point of each other"))
        if len(names) > 3:
            _print_left_out(console, comparison, shown)
        for split in comparison.splits:
            _print_shares(console, split, None if every else WIDEST)
        console.print()
        console.print(Text(_definitions(comparison), style="dim"))


def print_split(split: Split, width: int | None = None, *, every: bool = False) -> None:
    """Print what two versions of a case differ on, and what that makes of each outcome."""
    from rich.text import Text

    apart = {event: abs(split.after[event] - split.before[event]) for event in split.events}
    shown = [event for event in split.events if every or apart[event] >= SLIGHT]
    with _console(width) as console:
        console.print(Text(_difference_in_words(split)))
        if shown:
            table = _table("Event", [_name(split.first), _name(split.second), "points"], [])
            for event in shown:
                ends = split.before[event], split.after[event]
                title = Text(echo(split.titles[split.events.index(event)]))
                table.add_row(title, *map(percent, ends), _points(ends[1] - ends[0]))
            console.print()
            console.print(table)
        if left := len(split.events) - len(shown):
            console.print(Text(f"{counted(left, 'other event')} moved by less than half a point"))
        _print_shares(console, split, None if every else WIDEST)
        console.print()
        console.print(Text(SHARES_NOTE, style="dim"))


def forecast_cells(forecast: Forecast) -> Iterator[tuple]:
    """Give a forecast as the rows of a CSV file: a header, the events, then the scenarios."""
    header = ("event", "role", "title", "prior", "posterior", "low", "high", "word")
    yield header
    for row in forecast.event_rows:
        yield tuple(getattr(row, name) for name in header)
    for row in forecast.scenario_rows:
        yield (row.scenario, "scenario", row.title, row.prior, row.posterior, "", "", "")


def replay_cells(rows: Sequence[ReplayRow]) -> Iterator[tuple]:
    """Give a replay as the rows of a CSV file: a header, then one row for each event and day."""
    yield ("date", "event", "title", "prior", "posterior", "word", "new")
    for r in rows:
        new = "; ".join(r.new)
        yield (r.date.isoformat(), r.event, r.title, r.prior, r.posterior, r.word, new)


def comparison_cells(comparison: Comparison) -> Iterator[tuple]:
    """Give a comparison as the rows of a CSV file: forecasts, pools, then shares.

    ``value`` is a posterior, a pooled probability, or the share that a judgement makes of a
    difference in probability.
    """
    header = ("kind", "event", "title", "analyst", "against", "sort", "path", "before", "after")
    yield (*header, "prior", "value", "log_odds", "word")
    for r in comparison.analyst_rows:
        none = ("",) * 5
        row = ("forecast", r.event, r.title, r.analyst, *none, r.prior, r.posterior)
        yield (*row, "", r.word)
    for r in comparison.pool_rows:
        without = r.without and f"without {r.without}"
        none = ("",) * 5
        row = (f"{r.pool} pool", r.event, r.title, "", without, *none, _number(r.probability))
        yield (*row, "", "")
    for r in (row for split in comparison.splits for row in split.rows):
        row = ("share", r.event, r.title, r.second, r.first, r.sort, r.path, r.before, r.after, "")
        yield (*row, r.probability, _number(r.log_odds), "")


def split_cells(split: Split) -> Iterator[tuple]:
    """Give what changes make of a difference as the rows of a CSV file."""
    names = ("event", "title", "first", "second", "sort", "path", "what", "before", "after")
    numbers = ("log_odds", "probability")
    yield (*names, *numbers)
    for row in split.rows:
        yield (
            *(getattr(row, name) for name in names),
            *(_number(getattr(row, name)) for name in numbers),
        )


# In words.


def _path_in_words(case: Case, dates, names, on) -> str:
    first, last = dates[0], dates[-1]
    moved = {name: on[last, name].posterior - on[first, name].posterior for name in names}
    most = max(names, key=lambda name: abs(moved[name]))
    title = echo(title_of(case, most))
    if abs(moved[most]) < SLIGHT:
        return f"No event moved by half a point or more between {first} and {last}."
    start, end = percent(on[first, most].posterior), percent(on[last, most].posterior)
    told = f"“{title}” moved most: from {start} on {first} to {end} on {last}."
    steps = {
        day: on[day, most].posterior - on[before, most].posterior for before, day in pairwise(dates)
    }
    day = max(steps, key=lambda day: abs(steps[day]))
    if len(dates) > 2:
        told += f" Its largest step, {_points(steps[day])} points, came on {day}."
    return told


def _item_in_words(case: Case, path: str) -> tuple[str, str]:
    """Tell what was new: the claim, and who reports it with which grade."""
    section, name, what, *rest = path.split(".")
    if section == "events":
        return echo(title_of(case, name)), what.replace("_", " ")
    fact = case.evidence[name]
    claim = echo(claim_of(case, name), LONGEST)
    if what == "status":
        return claim, str(fact.status)
    report = fact.reports[int(rest[0])]
    grade = f" ({report.grade.letter or ''}{report.grade.digit or ''})" if report.grade else ""
    denies = "" if report.says else ", denies it"
    return claim, f"{report.source}{grade}{denies}"


def _difference_in_words(split: Split) -> str:
    """Tell in two or three sentences on what two forecasts differ, and what that makes."""
    first, second = _name(split.first), _name(split.second)
    if not split.changes:
        return f"{first} and {second} hold the same."
    counts: dict[str, int] = {}
    for change in split.changes:
        counts[change.sort] = counts.get(change.sort, 0) + 1
    sorts = ", ".join(f"{n} × {sort}" for sort, n in counts.items())
    told = [f"{first} and {second} differ on {counted(len(split.changes), 'judgement')} ({sorts})."]
    apart = {event: split.after[event] - split.before[event] for event in split.events}
    widest = max(apart, key=lambda event: abs(apart[event]), default=None)
    if widest is None or abs(apart[widest]) < SLIGHT:
        return f"{told[0]} Their forecasts are within half a point of each other."
    title = echo(split.titles[split.events.index(widest)])
    before, after = percent(split.before[widest]), percent(split.after[widest])
    told.append(f"They are furthest apart on “{title}”: {before} against {after}.")
    rows = sorted(
        (r for r in split.sort_rows if r.event == widest), key=lambda r: -abs(r.probability)
    )
    parts = [f"{r.sort} makes {_points(r.probability)}" for r in rows if not _is_nothing(r)]
    told.append(f"Of these {_points(apart[widest])} points {', '.join(parts)}.")
    most = max((r for r in split.rows if r.event == widest), key=lambda r: abs(r.probability))
    told.append(
        f"The largest part is one judgement, {echo(most.what, LONGEST)}: "
        f"{echo(most.before)} against {echo(most.after)}."
        if most.path
        else f"The largest part is that of {most.what} together."
    )
    return " ".join(told)


def _definitions(comparison: Comparison) -> str:
    notes = [
        "A column headed by a name: the posterior of that analyst, exact. In words: theirs, both "
        f"where they differ. What an analyst states as a range is a 90% range. {SHARES_NOTE}"
    ]
    if comparison.pool_rows:
        notes.append(
            f"Pools of {', '.join(map(_name, comparison.analysts[1:]))}, with equal weights unless "
            "stated. linear: mean of the probabilities. log-odds: mean of the log-odds, the "
            "geometric mean of the odds. extremized: the same, times "
            f"{comparison.factor:.2f}; it suits analysts who know different things, and goes too "
            "far where they share what they know."
        )
    notes.append(f"case {comparison.case.case}, digest {comparison.case.digest[:12]}")
    return "\n".join(notes)


def _print_heading(console, title: str, as_of: date | None, by: date | None) -> None:
    from rich.text import Text

    console.print(Text(title, style="bold"))
    if as_of or by:
        console.print(Text(f"as of {as_of or 'no date'}, by {by or 'no date'}"))


def _other_days(forecast: Forecast) -> list[date]:
    """List the ends of the case's other windows that some event is asked for."""
    asked = {row.resolve_by for row in forecast.horizon_rows}
    days = [day.last for day in forecast.case.horizons]
    return [day for day in days if day != forecast.network.resolve_by and day in asked]


def _event_table(forecast: Forecast, title: str, rows: Sequence[EventRow], days: Sequence[date]):
    """Make the table of all outcomes, or of all drivers."""
    from rich.text import Text

    later = {(row.event, row.resolve_by): row.posterior for row in forecast.horizon_rows}
    rates = {row.event: forecast.case.events[row.event].base_rate for row in rows}
    sure = {
        name: rate.probability.confidence
        for name, rate in rates.items()
        if rate and rate.probability and rate.probability.confidence
    }
    words = _word_column(forecast.case)
    band = [">90% band"] if forecast.draws else []
    columns = [title, ">prior", ">posterior", *band, words, *(f">{day}" for day in days)]
    table = _bare_table([*columns, "confidence"] if sure else columns, whole=[words])
    for row in rows:
        table.add_row(
            Text(echo(row.title)),
            percent(row.prior),
            Text(percent(row.posterior), style="bold"),
            *([f"{percent(row.low)} – {percent(row.high)}"] if band else []),
            row.word,
            *(percent(later[row.event, day]) for day in days),
            *([sure.get(row.event, "")] if sure else []),
        )
    return table


def _print_left_out(console, comparison: Comparison, shown: Sequence[str]) -> None:
    """Print the log-odds pool without each analyst in turn."""
    from rich.text import Text

    at = {(r.event, r.without): r for r in comparison.pool_rows if r.pool == "log-odds"}
    names = ["", *comparison.analysts[1:]]
    heads = ["of all", *(f"without\n{_name(name)}" for name in names[1:])]
    table = _table("Log-odds pool", heads, [])
    for event in shown:
        cells = [_chance(at[event, name].probability) for name in names]
        table.add_row(Text(echo(at[event, ""].title)), *cells)
    console.print()
    console.print(table)


def _print_shares(console, split: Split, most: int | None) -> None:
    """Print for each event what the difference between two posteriors is made of."""
    from rich.text import Text

    apart = {event: abs(split.after[event] - split.before[event]) for event in split.events}
    events = sorted(split.events, key=lambda event: -apart[event])
    events = [event for event in events[:most] if apart[event] >= SLIGHT or most is None]
    for event in events if split.changes else ():
        rows = sorted(
            (row for row in split.rows if row.event == event), key=lambda r: -abs(r.probability)
        )
        names = [_name(split.first), _name(split.second)]
        table = _table("What they differ on", [*names, "points", "decibans"], [], kind="sort")
        nothing = [row for row in rows if row.path and _is_nothing(row)]
        for row in rows:
            if row not in nothing:
                told = Text(echo(row.what, LONGEST)), Text(echo(row.before)), Text(echo(row.after))
                tens = decibans(row.log_odds * DECIBANS)
                table.add_row(row.sort, *told, _points(row.probability), tens)
        if nothing:
            table.add_row("", f"{counted(len(nothing), 'other judgement')} with no part in it")
        table.add_section()
        ends = percent(split.before[event]), percent(split.after[event])
        points = sum(row.probability for row in rows)
        tens = sum(row.log_odds for row in rows) * DECIBANS
        table.add_row("", "posterior", *ends, _points(points), decibans(tens), style="bold")
        console.print()
        console.print(Text(echo(split.titles[split.events.index(event)]), style="bold"))
        console.print(table)


# Cells.


def _is_nothing(row: ShareRow) -> bool:
    return abs(row.probability) < NOTHING


def _points(difference: float) -> str:
    return f"{100 * difference:+.1f}"


def _chance(p: float) -> str:
    return percent(p) if math.isfinite(p) else "–"


def _number(value: float):
    return value if math.isfinite(value) else ""


def _spread_in_words(words: Sequence[str]) -> str:
    """Give the analysts' words, each once."""
    return " / ".join(dict.fromkeys(words))


def _name(analyst: str) -> str:
    return "the case" if analyst == AS_IT_STANDS else echo(analyst, 40)


def _word_column(case: Case) -> str:
    return f"in words ({case.lexicon.replace('-', ' ').upper()})"


def _bare_table(columns: Sequence[str], *, whole: Collection[str] = ()):
    """Make a table without lines; a column whose name begins with ">" holds numbers.

    Numbers, and text of the ``whole`` columns, stay on one line; other text is folded.
    """
    from rich.box import SIMPLE_HEAD
    from rich.table import Table
    from rich.text import Text

    table = Table(box=SIMPLE_HEAD, pad_edge=False, show_edge=False)
    for name in columns:
        right = name.startswith(">")
        table.add_column(
            Text(name.removeprefix(">")),
            justify="right" if right else "left",
            no_wrap=right or name in whole,
            overflow="ellipsis" if right or name in whole else "fold",
        )
    return table


def _table(title: str, numbers: Sequence[str], texts: Sequence[str], *, kind="", fold=True):
    """Make a table whose first column has a title, then columns of numbers, then of text."""
    from rich.text import Text

    table = _bare_table([])
    if kind:
        table.add_column(kind, no_wrap=True)
    narrowest = NARROWEST if fold else None
    table.add_column(Text(title), min_width=narrowest, overflow="fold", no_wrap=not fold)
    for column in numbers:
        table.add_column(Text(column), justify="right", overflow="fold")
    for column in texts:
        table.add_column(Text(column), overflow="fold")
    return table


@contextmanager
def _console(width: int | None):
    """Give a console whose text is printed at once at the end.

    So a reader gone early is met in one place, where the command ends.
    """
    from rich.console import Console

    console = Console(width=width, highlight=False, emoji=False, markup=False)
    console.begin_capture()
    yield console
    print(console.end_capture(), end="")
