"""A table of a forecast or of its explanation goes in; a figure of it, an Axes, comes out.

Each function takes one table: the records as they were made, or a DataFrame of them. It draws on
the ``ax`` it is given; without one it makes a figure of its own, as high as its rows need, that a
notebook shows when it is the last line of a cell. Every figure can say in words what it shows
(:func:`alt_text`). Colours are those of Okabe and Ito, and no difference is told by colour alone.

Options that figures share, beside the table:

ax : Axes, optional
    Drawn on, and returned.
outcome, event : str, optional
    Which one; needed if the table has several.
most : int
    Rows to draw; the caption counts the rest.
names : dict of name to text, optional
    What to call outcomes, events and facts: :func:`names_of` a case.
title : str, optional
    In place of the figure's own.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from itertools import cycle, pairwise
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from forecasting.answer.compare import AS_IT_STANDS
from forecasting.answer.spread import spread
from forecasting.lexicon import counted, decibans, percent
from forecasting.tell import sheet
from forecasting.tell.briefing import NO_NEWS, NO_PUSH, number
from forecasting.tell.compare import MANY, between
from forecasting.tell.groups import by
from forecasting.tell.labels import (
    Names,
    Step,
    alt,
    day,
    if_so,
    judgement,
    label,
    missing,
    names_of,
    of_one,
    of_path,
    or_unknown,
    posterior,
    quoted,
    records,
    rest,
    signed,
    steps_of,
    words,
)  # fmt: skip
from forecasting.tell.outcomes import amounts, forecast, natural_frequencies, scenarios
from forecasting.tell.sheet import ON_A_PHONE, Mark, Sheet, alt_text, around, plain, redrawn, svg

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = [
    "ON_A_PHONE", "alt_text", "amounts", "analysts", "findings", "forecast", "indicators",
    "leaning", "names_of", "natural_frequencies", "redrawn", "replay", "scenarios", "svg",
    "tipping", "tornado", "weight_of_evidence",
]  # fmt: skip

# Rows shown unless told otherwise; the caption counts the rest.
MOST = 16

# What the key calls the two marks of a finding, and their columns.
IF_SO = {"if not": "if_no", "if so": "if_yes"}

# Dots of many analysts are piled up where they are nearer than this, in probability; how high one
# is, and a pile of them, in inches.
APART, DOT_HIGH, PILE = 0.0175, 0.06, 0.45

# A name beside a dot is cut to so many characters.
LONGEST_NAME = 16

# Steps of half a 90% range shown either way; what lies beyond stands at the edge, with an arrow.
MOST_STEPS = 3.5


# --- where it came from ---------------------------------------------------------------------------


def weight_of_evidence(
    table: Any, ax: Axes | None = None, *, outcome: str | None = None, names: Names = None,
    title: str | None = None,
) -> Axes:  # fmt: skip
    """Draw the way from prior to posterior, item by item, in decibans.

    Items of less than 0.05 decibans that follow each other are drawn as one, so that the way stays
    whole.

    Parameters
    ----------
    table : sequence of WeightRow, or DataFrame of them
        Of :func:`forecasting.answer.explain.weight_of_evidence`.

    Returns
    -------
    Axes
        A bar for each item, from the log-odds before it to those after it; the same as
        probabilities stands above.

    Examples
    --------
    >>> import forecasting
    >>> from forecasting.answer import explain
    >>> network = forecasting.Network(forecasting.load("priors/first_case.yaml"))
    >>> ax = weight_of_evidence(explain.weight_of_evidence(network))
    >>> round(float(sum(bar.get_width() for bar in ax.patches)), 3)
    1.467
    """
    rows, name = of_one(records(table), "outcome", outcome)
    steps = list(steps_of(rows))
    push = (row for row in rows if abs(row.decibans) >= NO_PUSH)
    way = f"from {percent(rows[0].before)} to {percent(rows[-1].after)}" if rows else "no evidence"
    told = [
        f"{plain(row.title)} {signed(row.decibans)} decibans"
        for row in sorted(push, key=lambda row: -abs(row.decibans))[:3]
    ]
    return Sheet(
        steps,
        label="label",
        minor="minor",
        right="right",
        marks=[
            Mark("raises the odds", sheet.RAISES, _going(1), "end", tall=sheet.BAR, bar=True),
            Mark("lowers the odds", sheet.LOWERS, _going(-1), "end", tall=sheet.BAR, bar=True),
            Mark("", sheet.STAIRS, "end"),
            Mark("", sheet.PRIOR, lambda step: step.end if step is steps[0] else math.nan),
            Mark("", sheet.POSTERIOR, lambda step: step.end if step is steps[-1] else math.nan),
        ],
        limits=around((step.end for step in steps), least=2.0),
        percent=False,
        odds=True,
        title=title or f"Weight of evidence on {quoted(name, names)}: {way}",
        caption="Log-odds in decibans: ten times the common logarithm of the odds. 10 more are ten "
        "times the odds, 3 more twice the odds. The numbers at the right add up.",
        told=alt(
            f"Waterfall of {counted(len(rows), 'item of evidence', 'items of evidence')} on "
            f"{words(name, names)}, {way}. Strongest",
            told,
        ),
    ).drawn(ax)


def _going(way: int) -> Callable[[Step], float]:
    """Give where a step begins if it goes this way: 1 is up, -1 is down."""
    return lambda step: step.start if way * (step.end - step.start) > 0 else math.nan


def leaning(
    table: Any, ax: Axes | None = None, *, names: Names = None, title: str | None = None
) -> Axes:
    """Draw what drives each outcome: base rates, evidence, or both.

    Parameters
    ----------
    table : sequence of LeaningRow, or DataFrame of them
        Of :func:`forecasting.answer.explain.prior_or_evidence`.

    Examples
    --------
    >>> from forecasting.answer.explain import LeaningRow
    >>> row = LeaningRow("rain", 0.1, 0.1, 0.0, 0.3, "prior-driven")
    >>> alt_text(leaning([row]))
    'Prior or evidence, for 1 outcome. rain: prior-driven.'
    """
    from forecasting.answer.explain import LEANS

    rows = records(table)
    return Sheet(
        rows,
        label=lambda row: words(row.outcome, names),
        right=lambda row: f"{decibans(row.decibans)}, {row.verdict}",
        marks=[Mark("to base rates", sheet.BASE_RATES, "base_rates")],
        limits=around([0, LEANS, *(row.base_rates for row in rows)], least=0.1),
        percent=False,
        line=("", LEANS),
        title=title or "Prior or evidence",
        caption="Sensitivity: Jensen-Shannon distance that the posterior moves when all base rates "
        f"count twice. Right of the broken line ({LEANS}) they drive it. The numbers at the right "
        "are what the evidence did, in decibans: 3 double the odds.",
        told=alt(
            f"Prior or evidence, for {counted(len(rows), 'outcome')}",
            [f"{words(row.outcome, names)}: {row.verdict}" for row in rows],
        ),
    ).drawn(ax)


def replay(
    table: Any, ax: Axes | None = None, *, event: str | None = None, names: Names = None,
    title: str | None = None,
) -> Axes:  # fmt: skip
    """Draw how a forecast moved, day by day, beside what was reported on each.

    Parameters
    ----------
    table : sequence of ReplayRow, or DataFrame of them
        Of a replay: date, event, title, prior, posterior, word and what was new.

    Returns
    -------
    Axes
        Days run downwards, one row for each, so that there is room for what was reported.
    """
    rows, _ = of_one(records(table), "event", event)
    name = plain(rows[0].title) if rows else ""
    ends = [rows[0], rows[-1]] if rows else []
    told = [f"{percent(row.posterior)} on {day(row.date)}" for row in ends]
    jumps = sorted(pairwise(rows), key=lambda two: -abs(two[1].posterior - two[0].posterior))
    for before, after in jumps[:1]:
        told.append(
            f"largest step on {day(after.date)}, from {percent(before.posterior)} to "
            f"{percent(after.posterior)}"
        )
    return Sheet(
        rows,
        label=lambda row: day(row.date),
        minor=lambda row: ", ".join(dict.fromkeys(of_path(path, names) for path in row.new)),
        right=lambda row: f"{percent(row.posterior)}  {row.word}",
        marks=[
            Mark("prior", sheet.PRIOR | {"ls": sheet.NOW["ls"], "lw": 0.8}, "prior"),
            Mark("posterior", sheet.POSTERIOR | {"ls": "-", "lw": 1.6}, "posterior"),
        ],
        limits=around(p for row in rows for p in (row.prior, row.posterior)),
        title=title or f"Replay: {name}",
        caption="Probability on each day on which something was reported, for the window left on "
        "that day. Rows are days in their order, not a scale of time.",
        told=alt(f"Replay of {name} over {counted(len(rows), 'day')}", told),
    ).drawn(ax)


# --- what would change it -------------------------------------------------------------------------


def tornado(
    table: Any, ax: Axes | None = None, *, outcome: str | None = None, now: float | None = None,
    most: int = MOST, names: Names = None, title: str | None = None,
) -> Axes:  # fmt: skip
    """Draw how far an outcome moves as each judgement goes through its 90% range.

    All else stays as it is. Judgements stated as exact numbers have no range, and are left out.

    Parameters
    ----------
    table : sequence of TornadoRow, or DataFrame of them
        Of :func:`forecasting.answer.sensitivity.tornado`.
    now : float in [0, 1], optional
        The outcome's posterior, to be marked by a line.

    Returns
    -------
    Axes
        At each end of a range stands the value that the judgement has there.

    Examples
    --------
    >>> import forecasting
    >>> from forecasting.answer import sensitivity
    >>> network = forecasting.Network(forecasting.load("priors/first_case.yaml"))
    >>> ax = tornado(sensitivity.tornado(network, "bridge_closed"))
    >>> ax.get_title(loc="left")
    'Move the judgement: what “bridge closed” would be'
    """
    rows, name = of_one(records(table), "outcome", outcome)
    ranged = [row for row in rows if row.low != row.high]
    ranged.sort(key=lambda row: -abs(row.at_high - row.at_low))
    shown, exact = ranged[:most], rows[len(ranged) :]
    has = "has" if len(exact) == 1 else "have"
    no_range = f" {counted(len(exact), 'exact number')} {has} no range."
    told = [
        f"{judgement(row, names)}: at {number(row, row.low)} {percent(row.at_low)}, "
        f"at {number(row, row.high)} {percent(row.at_high)}"
        for row in shown[:3]
    ]
    keys = {"judgement at its 5% point": "at_low", "at its 95% point": "at_high"}
    return _dumbbells(
        shown, keys, lambda row: (number(row, row.low), number(row, row.high)), now,
        label=lambda row: label(row, names)[0],
        minor=lambda row: label(row, names)[1],
        title=title or f"Move the judgement: what {quoted(name, names)} would be",
        caption="Probability of the outcome if the judgement were known to be the value beside the "
        "mark, all else as it is."
        + (no_range if exact else "")
        + rest(ranged, shown, "judgements move it less"),
        told=alt(
            f"Tornado of {counted(len(ranged), 'judgement')} on {words(name, names)}. Widest", told
        ),
    ).drawn(ax)  # fmt: skip


def findings(
    table: Any, ax: Axes | None = None, *, outcome: str | None = None, most: int = MOST,
    names: Names = None, title: str | None = None,
) -> Axes:  # fmt: skip
    """Draw what learning each finding would do to an outcome, the widest first.

    Parameters
    ----------
    table : sequence of FindingRow, or DataFrame of them
        Of ``watch.learnable``, ``watch.indicators``, or both.
    """
    rows, name = of_one(records(table), "outcome", outcome)
    rows = sorted(rows, key=lambda row: -abs(row.if_yes - row.if_no))
    shown, now = rows[:most], posterior(rows)
    return _dumbbells(
        shown, IF_SO, lambda row: (percent(row.if_no), percent(row.if_yes)), now,
        label="title",
        title=title or f"Learn the finding: what {quoted(name, names)} would be",
        caption="Probability of the outcome if the finding turned out true, and if not."
        + rest(rows, shown, "findings move it less"),
        told=alt(
            f"Tornado of {counted(len(rows), 'finding')} on {words(name, names)}, "
            f"now {or_unknown(now)}. Widest",
            map(if_so, shown[:3]),
        ),
    ).drawn(ax)  # fmt: skip


def indicators(
    table: Any, ax: Axes | None = None, *, outcome: str | None = None, most: int = MOST,
    names: Names = None, title: str | None = None,
) -> Axes:  # fmt: skip
    """Draw the indicators worth watching: the outcome now, if seen and if not, and the bits.

    Those of less than 0.0005 bits are counted in the caption only.

    Parameters
    ----------
    table : sequence of FindingRow, or DataFrame of them
        Of :func:`forecasting.answer.watch.indicators` or :func:`~forecasting.answer.watch.pairs`.
    """
    rows, name = of_one(records(table), "outcome", outcome)
    shown, now = [row for row in rows if row.bits > NO_NEWS][:most], posterior(rows)
    return _dumbbells(
        shown, IF_SO, lambda row: (percent(row.if_no), percent(row.if_yes)), now,
        label="title",
        minor=lambda row: ""
        if missing(row.watch_until)
        else f"until {day(row.watch_until)}{', overdue' if row.overdue else ''}",
        right=lambda row: f"{percent(row.probability):>5}   {row.bits:.3f}",
        heading="seen with, bits",
        title=title or f"Worth watching for {quoted(name, names)}",
        caption="Probability of the outcome. Seen with: how probable the indicator is. Bits: what "
        "it is expected to tell, of the one bit that an even question holds."
        + rest(rows, shown, "tell less, or nothing"),
        told=alt(
            f"{counted(len(rows), 'indicator')} of {words(name, names)}, "
            f"now {or_unknown(now)}. Most telling",
            (f"{if_so(row)}, {row.bits:.3f} bits" for row in shown[:3]),
        ),
    ).drawn(ax)  # fmt: skip


def _dumbbells(rows, ends: Mapping[str, str], texts: Callable, now: float | None, **about) -> Sheet:
    """Join two marks in each row, and write at each end what it stands for.

    ``ends`` gives what the key calls the hollow and the full mark, and the column of each.
    """
    (low, first), (high, second) = ends.items()

    def notes(row) -> Iterator[tuple[float, str, int]]:
        side = 1 if getattr(row, first) > getattr(row, second) else -1
        for column, text, way in zip((first, second), texts(row), (side, -side), strict=True):
            yield getattr(row, column), text, way

    marks = [
        Mark(low, sheet.LOW, first),
        Mark(high, sheet.HIGH, second),
        Mark("", sheet.JOIN, first, second),
    ]
    values = [getattr(row, column) for row in rows for column in (first, second)]
    line = None if now is None else ("now", now)
    limits = around(values if now is None else [*values, now], room=sheet.ROOM)
    return Sheet(rows, marks=marks, notes=notes, limits=limits, line=line, **about)


def tipping(
    table: Any, ax: Axes | None = None, *, outcome: str | None = None, most: int = MOST,
    names: Names = None, title: str | None = None,
) -> Axes:  # fmt: skip
    """Draw how far each judgement, in its own range, is from tipping an outcome.

    Parameters
    ----------
    table : sequence of TippingRow, or DataFrame of them
        Of :func:`forecasting.answer.sensitivity.tipping`, for one or more targets.

    Returns
    -------
    Axes
        0 is each judgement now, -1 and 1 are the ends of its 90% range. Judgements stated as exact
        numbers have no such scale; they and those that cannot reach a target are counted below.
    """
    rows, name = of_one(records(table), "outcome", outcome)
    targets = sorted({row.target for row in rows}, reverse=True)
    ranged = sorted((row for row in rows if not missing(row.distance)), key=lambda r: r.distance)
    nearest = sorted(ranged, key=lambda row: (row.distance, row.path))
    by_path = by(lambda row: row.path, nearest)
    shown = [_Tips(mine) for mine in list(by_path.values())[:most]]
    left_out = {row.path for row in rows if row.path not in by_path}
    exact = {row.path for row in rows if row.path in left_out and not missing(row.value)}
    short = left_out - exact
    notes = [f"{len(by_path) - len(shown)} more lie further off."] * (len(by_path) > len(shown))
    notes += [f"{counted(len(exact), 'exact number')} could tip it too."] * bool(exact)
    notes += [f"{counted(len(short), 'judgement')} cannot, alone."] * bool(short)
    told = [
        f"{judgement(row, names)}, now {number(row, row.best)}, would have to be "
        f"{number(row, row.value)} for {percent(row.target)}"
        for row in ranged[:3]
    ]
    goals = " or ".join(percent(target) for target in targets)
    end = MOST_STEPS / (1 - 2 * sheet.ROOM)
    return Sheet(
        shown,
        label=lambda tips: label(tips.first, names)[0],
        minor=lambda tips: label(tips.first, names)[1],
        right=_Tips.range,
        heading="now (90% range)",
        notes=_Tips.notes,
        marks=[
            *(
                Mark(f"value that takes it to {percent(goal)}", _look(i, first=2), _at(goal))
                for i, goal in enumerate(targets)
            ),
            Mark("now", sheet.PRIOR, lambda tips: 0.0),
            Mark("90% range", sheet.RANGE, lambda tips: -1.0, lambda tips: 1.0),
            *(Mark("", sheet.THREAD, lambda tips: 0.0, _at(goal)) for goal in targets),
        ],
        limits=(-end, end),
        percent=False,
        ticks=range(-3, 4),
        title=title or f"What would take {quoted(name, names)} to {goals or 'another word'}",
        caption="Steps: halves of the judgement's own 90% range, in log-odds or logarithms (1 is "
        "the end of the range). Each judgement alone, all else as it is. " + " ".join(notes),
        told=alt(
            f"Tipping points of {words(name, names)}: {counted(len(by_path), 'judgement')} can "
            f"take it to {goals or 'a target'}. Nearest",
            told,
        ),
    ).drawn(ax)


class _Tips:
    """The tipping points of one judgement, by target."""

    def __init__(self, rows: Sequence) -> None:
        self.first = rows[0]
        self.rows = {row.target: row for row in rows}
        self.steps = {t: math.copysign(r.distance, r.value - r.best) for t, r in self.rows.items()}
        self.at = {t: max(-MOST_STEPS, min(MOST_STEPS, x)) for t, x in self.steps.items()}

    def range(self) -> str:
        ends = f"{number(self.first, self.first.low)} – {number(self.first, self.first.high)}"
        return f"{number(self.first, self.first.best)} ({ends})"

    def notes(self) -> Iterator[tuple[float, str, int]]:
        for target, at in self.at.items():
            # Of two on one side the inner one is named on its inner side.
            same_side = [place for place in self.at.values() if place * at > 0]
            outer = at == max(same_side, key=abs, default=at)
            text = number(self.first, self.rows[target].value)
            if at != self.steps[target]:
                text = f"{text} →" if at > 0 else f"← {text}"
            yield at, text, 1 if (at >= 0) == outer else -1


def _at(name: Any) -> Callable[[Any], float]:
    """Look in each row for a place of this name."""
    return lambda row: row.at.get(name, math.nan)


def analysts(
    table: Any, ax: Axes | None = None, *, pools: Any = (), title: str | None = None,
    who: str = "analyst",
) -> Axes:  # fmt: skip
    """Draw the posteriors of several analysts side by side.

    Up to four have a shape each. Of more there is a dot for each, named where a page is pointed at;
    dots that would hide each other are piled up, and who stands furthest out is named.

    Parameters
    ----------
    table : sequence of AnalystRow, or DataFrame of them
        Event, title, analyst, prior, posterior, word.
    pools : sequence of PoolRow, or DataFrame of them, optional
        Drawn as upright ticks; those without an analyst are left out.
    title : str, optional
    who : str
        What each of them is called.
    """
    rows = records(table)
    pooled = [row for row in records(pools) if not row.without and not missing(row.probability)]
    names = list(dict.fromkeys(row.analyst for row in rows))
    many = len([name for name in names if name != AS_IT_STANDS]) >= MANY
    events = []
    for event, title_ in {row.event: row.title for row in rows}.items():
        held = {row.analyst: row.posterior for row in rows if row.event == event}
        of_pools = {(row.pool,): row.probability for row in pooled if row.event == event}
        stands = held.pop(AS_IT_STANDS, math.nan) if many else math.nan
        low, high = min(held.values()), max(held.values())
        furthest = spread(event, title_, stands, held).furthest
        up = _piled({name: p for name, p in held.items() if name != furthest})
        events.append(
            SimpleNamespace(
                title=title_, held=held, at=held | of_pools, low=low, high=high, stands=stands,
                furthest=furthest, up=up,
            )
        )  # fmt: skip
    widest = sorted(events, key=lambda event: event.low - event.high)[:3]
    told = [f"{plain(event.title)}: {_named(event.held, many)}" for event in widest]
    line = Mark("", {"color": sheet.RULE, "lw": 1.2}, "low", "high")
    ticks = [
        Mark(f"{name} pool", sheet.POOL | {"ls": dashes}, at, at, tall=sheet.BAR)
        for name, dashes in zip(dict.fromkeys(row.pool for row in pooled), cycle(sheet.DASHES))
        for at in [_at((name,))]
    ]
    about = {}
    if many:
        names = [name for name in names if name != AS_IT_STANDS]
        marks = [
            *_dots(names, f"{'a' if who[0] not in 'aeiou' else 'an'} {who}"),
            Mark("the case as it stands", sheet.PRIOR, "stands"),
        ]
        low, high = (min(event.low for event in events), max(event.high for event in events))
        room = sheet.ROOM
        ends = (-room if low < room else -0.01, 1 + room if high > 1 - room else 1.01)
        about = {"notes": _furthest, "limits": ends, "rise": PILE}
    else:
        marks = [Mark(name, _look(i), _at(name)) for i, name in enumerate(names)]
    return Sheet(
        events,
        label="title",
        right=lambda event: between(event.low, event.high),
        heading="from – to",
        marks=[line, *marks, *ticks],
        title=title or f"{len(names)} analysts side by side",
        caption=f"Probability of each event, by {who}."
        + " Named: who lies furthest from the median." * many,
        told=alt(
            f"Probabilities of {counted(len(events), 'event')} by {len(names)} {who}s. "
            "Furthest apart",
            told,
        ),
        **about,
    ).drawn(ax)


def _dots(names: Sequence[str], one: str) -> Iterator[Mark]:
    """Draw each of many analysts as a dot, hollow on the events where they stand furthest out."""

    def where(name: str, out: bool) -> Callable[[Any], float]:
        return lambda event: (
            event.at.get(name, math.nan) if (event.furthest == name) == out else math.nan
        )

    for look, out in ((sheet.SWARM, False), (sheet.LOW, True)):
        yield Mark("furthest out" if out else one, look, lambda event: math.nan)
        for name in names:
            up = partial(lambda who, event: event.up.get(who, 0.0), name)
            yield Mark("", look, where(name, out), up=up, name=plain(name))


def _piled(held: Mapping[str, float]) -> dict[str, float]:
    """Give how high dots stand, so that those at one place are piled up; high piles are pressed."""
    piles: dict[int, list[str]] = {}
    for name, p in sorted(held.items(), key=lambda one: one[1]):
        piles.setdefault(round(p / APART), []).append(name)
    step = min(DOT_HIGH, PILE / max(1, max(map(len, piles.values())) - 1))
    return {name: i * step for pile in piles.values() for i, name in enumerate(pile)}


def _furthest(event) -> Iterator[tuple[float, str, int]]:
    """Name who stands furthest out, on the side where no others are."""
    if event.furthest:
        at = event.held[event.furthest]
        name = plain(event.furthest)
        short = name if len(name) <= LONGEST_NAME else f"{name[: LONGEST_NAME - 1]}…"
        yield at, short, 1 if at == event.high else -1


def _named(held: Mapping[str, float], many: bool) -> str:
    """Say who gives which probability; of many only the lowest and the highest."""
    if many:
        held = {who: held[who] for who in (min(held, key=held.get), max(held, key=held.get))}
    told = (f"{plain(name)} {percent(p)}" for name, p in held.items())
    return " to ".join(told) if many else ", ".join(told)


def _look(i: int, *, first: int = 0) -> dict:
    """Give each analyst, or target, a shape and a colour of its own; every other one is hollow."""
    colour = sheet.PALETTE[i % len(sheet.PALETTE)]
    fill = "white" if i % 2 else colour
    shape = sheet.MARKERS[(first + i) % len(sheet.MARKERS)]
    return {"marker": shape, "color": fill, "mec": colour, "mew": 1.3, "ms": 6.5, "ls": ""}
