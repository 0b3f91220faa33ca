"""A replay or a comparison goes in; its sentences and tables, or the cells of its CSV, come out.

Text from files is text here, never markup, and stays on its line.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import batched, pairwise

from forecasting.case import Case
from forecasting.compare import AS_IT_STANDS, POOLS, Comparison, ShareRow, Split
from forecasting.errors import echo
from forecasting.inputs import claim_of, title_of
from forecasting.lexicon import counted, percent
from forecasting.network import DECIBANS
from forecasting.replay import ReplayRow

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
SAMPLED_NOTE = "±: standard error of a share, since the orders were sampled."


def print_replay(
    case: Case, rows: Sequence[ReplayRow], lexicon: str, width: int | None = None
) -> None:
    """Print the path of each event, and what was new on each day.

    ``width`` is in characters; None takes that of the terminal.
    """
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
            table = _table("Event", columns, [_word_column(lexicon)] if last else [])
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
    comparison: Comparison, lexicon: str, width: int | None = None, *, every: bool = False
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
        console.print(Text(echo(case.title or case.case), style="bold"))
        if comparison.as_of or comparison.resolve_by:
            days = comparison.as_of or "no date", comparison.resolve_by or "no date"
            console.print(Text("as of {}, by {}".format(*days)))
        for split in comparison.splits:
            console.print()
            console.print(Text(_difference_in_words(split)))
        pooled = {(r.event, r.pool): r.probability for r in comparison.pool_rows if not r.without}
        pools = [f"{method}\npool" for method in POOLS] if pooled else []
        words = [_word_column(lexicon)] if pooled else []
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
        note = SHARES_NOTE if split.exact else f"{SHARES_NOTE} {SAMPLED_NOTE}"
        console.print(Text(note, style="dim"))


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
    yield (*header, "prior", "value", "value_error", "log_odds", "log_odds_error", "word")
    for r in comparison.analyst_rows:
        none = ("",) * 5
        row = ("forecast", r.event, r.title, r.analyst, *none, r.prior, r.posterior)
        yield (*row, "", "", "", r.word)
    for r in comparison.pool_rows:
        without = r.without and f"without {r.without}"
        none = ("",) * 5
        row = (f"{r.pool} pool", r.event, r.title, "", without, *none, _number(r.probability))
        yield (*row, "", "", "", "")
    for r in (row for split in comparison.splits for row in split.rows):
        row = ("share", r.event, r.title, r.second, r.first, r.sort, r.path, r.before, r.after, "")
        odds = _number(r.log_odds), _number(r.log_odds_error)
        yield (*row, r.probability, r.probability_error, *odds, "")


def split_cells(split: Split) -> Iterator[tuple]:
    """Give what changes make of a difference as the rows of a CSV file."""
    names = ("event", "title", "first", "second", "sort", "path", "what", "before", "after")
    numbers = ("log_odds", "probability", "log_odds_error", "probability_error")
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
    )
    return " ".join(told)


def _definitions(comparison: Comparison) -> str:
    notes = [
        "A column headed by a name: the posterior of that analyst, exact. In words: theirs, both "
        f"where they differ. What an analyst states as a range is a 90% range. {SHARES_NOTE}"
    ]
    if any(not split.exact for split in comparison.splits):
        notes.append(SAMPLED_NOTE)
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
        for row in rows:
            if not _is_nothing(row):
                told = Text(echo(row.what, LONGEST)), Text(echo(row.before)), Text(echo(row.after))
                table.add_row(row.sort, *told, *_share(row))
        if nothing := sum(map(_is_nothing, rows)):
            table.add_row("", f"{counted(nothing, 'other judgement')} with no part in it")
        table.add_section()
        ends = percent(split.before[event]), percent(split.after[event])
        points = sum(row.probability for row in rows)
        tens = sum(row.log_odds for row in rows) * DECIBANS
        table.add_row("", "posterior", *ends, _points(points), _decibans(tens), style="bold")
        console.print()
        console.print(Text(echo(split.titles[split.events.index(event)]), style="bold"))
        console.print(table)


# Cells.


def _share(row: ShareRow) -> tuple[str, str]:
    points, tens = _points(row.probability), _decibans(row.log_odds * DECIBANS)
    if row.probability_error:
        points += f" ± {100 * row.probability_error:.1f}"
        tens += f" ± {row.log_odds_error * DECIBANS:.1f}"
    return points, tens


def _is_nothing(row: ShareRow) -> bool:
    return abs(row.probability) < NOTHING


def _points(difference: float) -> str:
    return f"{100 * difference:+.1f}"


def _decibans(value: float) -> str:
    return f"{value:+.1f}" if math.isfinite(value) else "–"


def _chance(p: float) -> str:
    return percent(p) if math.isfinite(p) else "–"


def _number(value: float):
    return value if math.isfinite(value) else ""


def _spread_in_words(words: Sequence[str]) -> str:
    """Give the analysts' words, each once."""
    return " / ".join(dict.fromkeys(words))


def _name(analyst: str) -> str:
    return "the case" if analyst == AS_IT_STANDS else echo(analyst, 40)


def _word_column(lexicon: str) -> str:
    return f"in words ({lexicon.replace('-', ' ').upper()})"


def _table(title: str, numbers: Sequence[str], texts: Sequence[str], *, kind="", fold=True):
    """Make a table whose first column has a title, then columns of numbers, then of text."""
    from rich.box import SIMPLE_HEAD
    from rich.table import Table
    from rich.text import Text

    table = Table(box=SIMPLE_HEAD, pad_edge=False, show_edge=False)
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
