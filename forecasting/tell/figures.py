"""A table of a forecast or of its explanation goes in; a figure of it, an Axes, comes out.

Each function takes one table: the records as they were made, or a DataFrame of them. It draws on
the ``ax`` it is given; without one it makes a figure of its own, as high as its rows need, that a
notebook shows when it is the last line of a cell. Every figure can say in words what it shows
(:func:`alt_text`). Colours are those of Okabe and Ito, and no difference is told by colour alone.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence, Sized
from dataclasses import dataclass
from itertools import groupby, pairwise
from typing import TYPE_CHECKING, Any

from forecasting.file.case import Case
from forecasting.file.quantities import claim_of, title_of
from forecasting.lexicon import decibans, percent
from forecasting.tell.briefing import NO_NEWS, NO_PUSH, number
from forecasting.tell.sheet import (
    BAND,
    BAR,
    BLUE,
    GREY,
    HATCHES,
    HIGH,
    INK,
    LOW,
    MARGIN,
    MARKERS,
    NOW,
    PALE,
    PALETTE,
    POSTERIOR,
    PRIOR,
    RANGE,
    RULE,
    VERMILION,
    Sheet,
    alt_text,
    beside,
    decibans_of,
    dumbbell,
    finite_scale,
    in_house_style,
    note,
    plain,
    probability_scale,
    second_scale,
    stroke,
    svg,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = [
    "alt_text", "analysts", "findings", "forecast", "indicators", "leaning", "names_of",
    "natural_frequencies", "replay", "scenarios", "svg", "tipping", "tornado",
    "weight_of_evidence",
]  # fmt: skip

# Rows shown unless told otherwise; the caption counts the rest.
MOST = 16

UP = {"marker": "s", "color": BLUE, "ms": 7, "ls": ""}
DOWN = {"marker": "s", "color": "white", "mec": VERMILION, "ms": 7, "ls": ""}
BASE_RATES = DOWN | {"ms": 6, "mew": 1.3}
THREAD = {"color": GREY, "lw": 1}
WAY = {"ls": "-", "lw": 1.6}

# Steps of half a 90% range shown either way; what lies beyond stands at the edge, with an arrow.
MOST_STEPS = 3.5


def names_of(case: Case) -> dict[str, str]:
    """Give the titles of a case's events and the claims of its facts, for the names of figures.

    Examples
    --------
    >>> from forecasting.file.case import load
    >>> names_of(load("priors/first_case.yaml"))["cracks_in_the_pier"]
    'There are new cracks in the middle pier.'
    """
    titles = {name: title_of(case, name) for name in case.events}
    return titles | {name: claim_of(case, name) for name in case.evidence}


# --- the forecast ---------------------------------------------------------------------------------


@in_house_style
def forecast(
    table: Any, ax: Axes | None = None, *, role: str | None = "outcome", title: str | None = None
) -> Axes:
    """Draw the events of a forecast: prior, posterior, 90% band and word.

    Parameters
    ----------
    table : sequence of EventRow, or DataFrame of them
        ``forecast.event_rows`` or ``forecast.events``.
    ax : Axes, optional
    role : {"outcome", "driver"}, optional
        Which events; None for all.
    title : str, optional

    Returns
    -------
    Axes

    Examples
    --------
    >>> import forecasting
    >>> answer = forecasting.run(forecasting.load("priors/first_case.yaml"))
    >>> ax = forecast(answer.event_rows)
    >>> [tick.get_text() for tick in ax.get_yticklabels()]
    ['Bridge closed for a day or more']
    """
    rows = [row for row in _records(table) if role is None or row.role == role]
    right = [f"{percent(row.posterior)}  {row.word}" for row in rows]
    sheet = Sheet(ax, [row.title for row in rows], right=right)
    ax = sheet.ax
    for y, row in zip(sheet.ys, rows, strict=True):
        stroke(ax, row.low, row.high, y, BAND)
        ax.plot([row.prior], [y], **PRIOR)
        ax.plot([row.posterior], [y], **POSTERIOR)
    probability_scale(ax, [0, 1])
    what = {"outcome": "outcomes", "driver": "drivers"}.get(role or "", "events")
    strong = sorted(rows, key=lambda row: -row.posterior)
    banded = not rows or any(row.low < row.high for row in rows)
    told = [
        f"{row.title} {percent(row.posterior)} ({row.word};{_band(row, ' ', ';')} prior "
        f"{percent(row.prior)})"
        for row in dict.fromkeys([*strong[:2], *strong[-1:]])
    ]
    return sheet.finished(
        title or f"Forecast of {_count(rows, what)}",
        "Probability. The band holds what the ranges of the inputs allow, with 90%."
        if banded
        else "Probability.",
        key=[("prior", PRIOR), ("posterior", POSTERIOR), *([("90% band", BAND)] if banded else [])],
        told=_told(f"Probabilities of {_count(rows, what)}, most and least probable", told),
    )


@in_house_style
def scenarios(table: Any, ax: Axes | None = None, *, title: str | None = None) -> Axes:
    """Draw scenarios as one bar that adds up to 100%, what none of them covers included.

    Parameters
    ----------
    table : sequence of ScenarioRow, or DataFrame of them
    ax : Axes, optional
    title : str, optional

    Returns
    -------
    Axes

    Examples
    --------
    >>> from forecasting.answer.forecast import ScenarioRow
    >>> ax = scenarios([ScenarioRow("a", "Peace", 0.5, 0.7), ScenarioRow("b", "War", 0.5, 0.3)])
    >>> [round(float(bar.get_width()), 9) for bar in ax.patches]
    [0.5, 0.5, 0.7, 0.3]
    """
    from forecasting.answer.forecast import SOMETHING_ELSE

    rows = _records(table)
    sheet = Sheet(ax, ["Before the evidence", "With it"] if rows else [])
    ax = sheet.ax
    looks = []
    for i, row in enumerate(rows):
        rest = row.scenario == SOMETHING_ELSE
        looks.append(
            {
                "facecolor": "white" if rest else PALETTE[i % len(PALETTE)],
                "hatch": "" if rest else HATCHES[i % len(HATCHES)],
                "edgecolor": GREY if rest else "white",
                "linewidth": 0.8,
            }
        )
    for y, when in zip(sheet.ys, ("prior", "posterior"), strict=False):
        left = 0.0
        for look, row in zip(looks, rows, strict=True):
            share = getattr(row, when)
            ax.barh(y, share, left=left, height=1.7 * BAR, **look)
            left += share
    probability_scale(ax, [0, 1])
    told = [
        f"{plain(row.title)} {percent(row.posterior)} (prior {percent(row.prior)})" for row in rows
    ]
    return sheet.finished(
        title or "Scenarios",
        "Probability; the parts exclude each other and add up to 100%.",
        list_key=list(zip(told, looks, strict=True)),
        told=_told(f"Stacked bar of {_count(rows, 'scenarios')}", told, ", "),
    )


@in_house_style
def natural_frequencies(
    table: Any, ax: Axes | None = None, *, event: str | None = None, title: str | None = None
) -> Axes:
    """Draw a posterior as so many of 100 marks.

    Parameters
    ----------
    table : sequence of EventRow, or DataFrame of them
    ax : Axes, optional
    event : str, optional
        Which one; needed if the table has several.
    title : str, optional

    Returns
    -------
    Axes

    References
    ----------
    Gigerenzer & Hoffrage (1995), doi:10.1037/0033-295X.102.4.684

    Examples
    --------
    >>> from forecasting.answer.forecast import EventRow
    >>> row = EventRow("rain", "outcome", "Rain", 0.2, 0.264, 0.1, 0.5, "unlikely")
    >>> alt_text(natural_frequencies([row]))
    'Of 100 marks 26 are filled: Rain has probability 26% (90% band 10% to 50%).'
    """
    rows, _ = _of(_records(table), "event", event)
    row = rows[0] if rows else None
    sheet = Sheet(ax, [""] * 10 if row else [], row_height=0.24, width=10 * 0.24 + 2.2 * MARGIN)
    ax = sheet.ax
    filled = round(100 * row.posterior) if row else 0
    for i in range(100 if row else 0):
        yes = i < filled
        ax.plot(
            [i % 10], [sheet.ys[i // 10]], "o", ms=11, mew=1,
            color=BLUE if yes else "white", mec=BLUE if yes else RULE,
        )  # fmt: skip
    ax.set_xlim(-0.5, 9.5)
    ax.set_xticks([])
    ax.spines["bottom"].set_visible(False)
    if row is None:
        return sheet.finished(title or "Natural frequencies", "", told=_told("An icon array", []))
    name = plain(row.title)
    return sheet.finished(
        title or f"{name}: {filled} in 100",
        f"Of 100 situations judged like this one, {filled} would see it. Probability "
        f"{percent(row.posterior)}{_band(row, ', ', '')}; before the evidence "
        f"{percent(row.prior)}.",
        told=f"Of 100 marks {filled} are filled: {name} has probability "
        f"{percent(row.posterior)}{_band(row, ' (', ')')}.",
    )


def _band(row, before: str, after: str) -> str:
    """Tell the band of an event, if it has one."""
    if not row.low < row.high:
        return ""
    return f"{before}90% band {percent(row.low)} to {percent(row.high)}{after}"


# --- where it came from ---------------------------------------------------------------------------


@in_house_style
def weight_of_evidence(
    table: Any,
    ax: Axes | None = None,
    *,
    outcome: str | None = None,
    names: Mapping[str, str] | None = None,
    title: str | None = None,
) -> Axes:
    """Draw the way from prior to posterior, item by item, in decibans.

    Items of less than 0.05 decibans that follow each other are drawn as one, so that the way stays
    whole.

    Parameters
    ----------
    table : sequence of WeightRow, or DataFrame of them
        Of :func:`forecasting.answer.explain.weight_of_evidence`.
    ax : Axes, optional
    outcome : str, optional
        Which one; needed if the table has several.
    names : dict of name to text, optional
        What to call outcomes and facts: :func:`names_of` a case.
    title : str, optional

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
    rows, name = _of(_records(table), "outcome", outcome)
    items = list(_folded(rows))
    labels = ["Before the evidence", *(item.label for item in items), "With all of it"]
    minors = ["", *(item.minor for item in items), ""]
    right = ["", *(_signed(item.decibans) for item in items), ""]
    if rows:
        right[0], right[-1] = percent(rows[0].before), percent(rows[-1].after)
    sheet = Sheet(ax, labels if rows else [], minors if rows else [], right if rows else [])
    ax = sheet.ax
    way_points = [rows[0].before, *(item.after for item in items)] if rows else []
    places = [decibans_of(p) for p in way_points]
    for (start, end), y in zip(pairwise(places), sheet.ys[1:-1], strict=True):
        if not math.isnan(end - start):
            up = end >= start
            ax.barh(
                y, end - start, left=start, height=BAR,
                color=BLUE if up else "white", edgecolor=BLUE if up else VERMILION, linewidth=1.1,
            )  # fmt: skip
    for i, place in enumerate(places):
        upper, lower = sheet.ys[i], sheet.ys[i + 1]
        ax.plot([place, place], [upper, lower], color=GREY, lw=0.7, zorder=0)
    if places:
        ends = [places[0], places[-1]]
        ax.plot(ends[:1], sheet.ys[:1], **PRIOR)
        ax.plot(ends[1:], sheet.ys[-1:], **POSTERIOR)
    finite_scale(ax, places, least=2.0)
    ax.grid(axis="x", color=PALE, lw=0.6)
    second_scale(ax)
    push = sorted((row for row in rows if abs(row.decibans) >= NO_PUSH), key=_weight)
    way = f"from {percent(rows[0].before)} to {percent(rows[-1].after)}" if rows else "no evidence"
    told = [f"{plain(row.title)} {_signed(row.decibans)} decibans" for row in push[:3]]
    return sheet.finished(
        title or f"Weight of evidence on {_quoted(name, names)}: {way}",
        "Log-odds in decibans: ten times the common logarithm of the odds. 10 more are ten times "
        "the odds, 3 more twice the odds. The numbers at the right add up.",
        top=0.4,
        key=[("raises the odds", UP), ("lowers the odds", DOWN)],
        told=_told(
            f"Waterfall of {_count(rows, 'items of evidence')} on {_words(name, names)}, {way}. "
            "Strongest",
            told,
        ),
    )


@in_house_style
def leaning(
    table: Any,
    ax: Axes | None = None,
    *,
    names: Mapping[str, str] | None = None,
    title: str | None = None,
) -> Axes:
    """Draw what drives each outcome: base rates, evidence, or both.

    Parameters
    ----------
    table : sequence of LeaningRow, or DataFrame of them
        Of :func:`forecasting.answer.explain.prior_or_evidence`.
    ax : Axes, optional
    names : dict of name to text, optional
        What to call outcomes and facts: :func:`names_of` a case.
    title : str, optional

    Returns
    -------
    Axes

    Examples
    --------
    >>> from forecasting.answer.explain import LeaningRow
    >>> row = LeaningRow("rain", 0.1, 0.1, 0.0, 0.3, "prior-driven")
    >>> alt_text(leaning([row]))
    'Prior or evidence, for 1 outcome. rain: prior-driven.'
    """
    from forecasting.answer.explain import LEANS

    rows = _records(table)
    right = [f"{decibans(row.decibans)}, {row.verdict}" for row in rows]
    sheet = Sheet(ax, [_words(row.outcome, names) for row in rows], right=right)
    ax = sheet.ax
    for y, row in zip(sheet.ys, rows, strict=True):
        ax.plot([row.base_rates], [y], **BASE_RATES)
    finite_scale(ax, [0, LEANS, *(row.base_rates for row in rows)], least=0.1)
    ax.axvline(LEANS, **NOW, zorder=0.5)
    return sheet.finished(
        title or "Prior or evidence",
        "Sensitivity: Jensen-Shannon distance that the posterior moves when all base rates count "
        f"twice. Right of the broken line ({LEANS}) they drive it. The numbers at the right are "
        "what the evidence did, in decibans: 3 double the odds.",
        key=[("to base rates", BASE_RATES)],
        told=_told(
            f"Prior or evidence, for {_count(rows, 'outcomes')}",
            [f"{_words(row.outcome, names)}: {row.verdict}" for row in rows],
        ),
    )


@in_house_style
def replay(
    table: Any,
    ax: Axes | None = None,
    *,
    event: str | None = None,
    names: Mapping[str, str] | None = None,
    title: str | None = None,
) -> Axes:
    """Draw how a forecast moved, day by day, beside what was reported on each.

    Parameters
    ----------
    table : sequence of ReplayRow, or DataFrame of them
        Of a replay: date, event, title, prior, posterior, word and what was new.
    ax : Axes, optional
    event : str, optional
        Which one; needed if the table has several.
    names : dict of name to text, optional
        What to call facts and events: :func:`names_of` a case.
    title : str, optional

    Returns
    -------
    Axes
        Days run downwards, one row for each, so that there is room for what was reported.
    """
    rows, _ = _of(_records(table), "event", event)
    labels = [_day(row.date) for row in rows]
    minors = [", ".join(dict.fromkeys(_of_path(path, names) for path in row.new)) for row in rows]
    right = [f"{percent(row.posterior)}  {row.word}" for row in rows]
    sheet = Sheet(ax, labels, minors, right)
    ax = sheet.ax
    ys = list(sheet.ys)
    prior, posterior = ([getattr(row, of) for row in rows] for of in ("prior", "posterior"))
    ax.plot(prior, ys, **PRIOR | {"ls": NOW["ls"], "lw": 0.8})
    ax.plot(posterior, ys, **POSTERIOR | WAY)
    probability_scale(ax, [*prior, *posterior])
    name = rows[0].title if rows else ""
    told = []
    if rows:
        first, last = rows[0], rows[-1]
        told = [
            f"{percent(first.posterior)} on {_day(first.date)}",
            f"{percent(last.posterior)} on {_day(last.date)}",
        ]
        steps = pairwise(rows)
        if step := max(steps, key=lambda two: abs(two[1].posterior - two[0].posterior), default=()):
            told.append(
                f"largest step on {_day(step[1].date)}, from {percent(step[0].posterior)} to "
                f"{percent(step[1].posterior)}"
            )
    return sheet.finished(
        title or f"Replay: {plain(name)}",
        "Probability on each day on which something was reported, for the window left on that day. "
        "Rows are days in their order, not a scale of time.",
        key=[("prior", PRIOR | {"ls": NOW["ls"], "lw": 0.8}), ("posterior", POSTERIOR | WAY)],
        told=_told(f"Replay of {plain(name)} over {_count(rows, 'days')}", told),
    )


# --- what would change it -------------------------------------------------------------------------


@in_house_style
def tornado(
    table: Any,
    ax: Axes | None = None,
    *,
    outcome: str | None = None,
    now: float | None = None,
    most: int = MOST,
    names: Mapping[str, str] | None = None,
    title: str | None = None,
) -> Axes:
    """Draw how far an outcome moves as each judgement goes through its 90% range.

    All else stays as it is. Judgements stated as exact numbers have no range, and are left out.

    Parameters
    ----------
    table : sequence of TornadoRow, or DataFrame of them
        Of :func:`forecasting.answer.sensitivity.tornado`.
    ax : Axes, optional
    outcome : str, optional
        Which one; needed if the table has several.
    now : float in [0, 1], optional
        The outcome's posterior, to be marked by a line.
    most : int
        Rows to draw.
    names : dict of name to text, optional
        What to call outcomes and facts: :func:`names_of` a case.
    title : str, optional

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
    rows, name = _of(_records(table), "outcome", outcome)
    bars = [(row, row.at_low, row.at_high) for row in rows if row.low != row.high]
    bars.sort(key=lambda bar: -abs(bar[2] - bar[1]))
    shown = bars[:most]
    called = [_label(row, names) for row, *_ in shown]
    sheet = Sheet(ax, [label for label, _ in called], [minor for _, minor in called])
    told = []
    for y, (row, low, high) in zip(sheet.ys, shown, strict=True):
        texts = [number(row, row.low), number(row, row.high)]
        dumbbell(sheet.ax, low, high, y)
        beside(sheet.ax, low, high, y, texts)
        told.append(
            f"{_judgement(row, names)}: at {texts[0]} {percent(low)}, at {texts[1]} {percent(high)}"
        )
    probability_scale(sheet.ax, [x for _, *bar in shown for x in bar], now, room=sheet.room)
    caption = (
        "Probability of the outcome if the judgement were known to be the value beside the mark, "
        "all else as it is."
    )
    if exact := rows[: len(rows) - len(bars)]:
        has = "has" if len(exact) == 1 else "have"
        caption += f" {_count(exact, 'exact numbers')} {has} no range."
    return sheet.finished(
        title or f"Move the judgement: what {_quoted(name, names)} would be",
        caption + _rest(bars, shown, "judgements move it less"),
        key=[("judgement at its 5% point", LOW), ("at its 95% point", HIGH), *_now_key(now)],
        told=_told(
            f"Tornado of {_count(bars, 'judgements')} on {_words(name, names)}. Widest", told[:3]
        ),
    )


@in_house_style
def findings(
    table: Any,
    ax: Axes | None = None,
    *,
    outcome: str | None = None,
    most: int = MOST,
    names: Mapping[str, str] | None = None,
    title: str | None = None,
) -> Axes:
    """Draw what learning each finding would do to an outcome, the widest first.

    Parameters
    ----------
    table : sequence of FindingRow, or DataFrame of them
        Of ``watch.learnable``, ``watch.indicators``, or both.
    ax : Axes, optional
    outcome : str, optional
        Which one; needed if the table has several.
    most : int
        Rows to draw.
    names : dict of name to text, optional
        What to call outcomes and facts: :func:`names_of` a case.
    title : str, optional

    Returns
    -------
    Axes
    """
    rows, name = _of(_records(table), "outcome", outcome)
    rows = sorted(rows, key=lambda row: -abs(row.if_yes - row.if_no))
    shown = rows[:most]
    sheet = Sheet(ax, [row.title for row in shown])
    for y, row in zip(sheet.ys, shown, strict=True):
        dumbbell(sheet.ax, row.if_no, row.if_yes, y)
        ends = (percent(row.if_no), percent(row.if_yes))
        beside(sheet.ax, row.if_no, row.if_yes, y, ends)
    now = _now(rows)
    probability_scale(
        sheet.ax, [x for row in shown for x in (row.if_yes, row.if_no)], now, room=sheet.room
    )
    return sheet.finished(
        title or f"Learn the finding: what {_quoted(name, names)} would be",
        "Probability of the outcome if the finding turned out true, and if not."
        + _rest(rows, shown, "findings move it less"),
        key=_yes_no_key(now),
        told=_told(
            f"Tornado of {_count(rows, 'findings')} on {_words(name, names)}, "
            f"now {_percent(now)}. Widest",
            map(_if_so, shown[:3]),
        ),
    )


@in_house_style
def indicators(
    table: Any,
    ax: Axes | None = None,
    *,
    outcome: str | None = None,
    most: int = MOST,
    names: Mapping[str, str] | None = None,
    title: str | None = None,
) -> Axes:
    """Draw the indicators worth watching: the outcome now, if seen and if not, and the bits.

    Those of less than 0.0005 bits are counted in the caption only.

    Parameters
    ----------
    table : sequence of FindingRow, or DataFrame of them
        Of :func:`forecasting.answer.watch.indicators` or :func:`~forecasting.answer.watch.pairs`.
    ax : Axes, optional
    outcome : str, optional
        Which one; needed if the table has several.
    most : int
        Rows to draw.
    names : dict of name to text, optional
        What to call outcomes and facts: :func:`names_of` a case.
    title : str, optional

    Returns
    -------
    Axes
    """
    rows, name = _of(_records(table), "outcome", outcome)
    shown = [row for row in rows if row.bits > NO_NEWS][:most]
    until = [
        f"until {_day(row.watch_until)}{', overdue' if row.overdue else ''}"
        if not _missing(row.watch_until)
        else ""
        for row in shown
    ]
    right = [f"{percent(row.probability):>5}   {row.bits:.3f}" for row in shown]
    sheet = Sheet(ax, [row.title for row in shown], until, right, heading="seen with, bits")
    for y, row in zip(sheet.ys, shown, strict=True):
        dumbbell(sheet.ax, row.if_no, row.if_yes, y)
        ends = (percent(row.if_no), percent(row.if_yes))
        beside(sheet.ax, row.if_no, row.if_yes, y, ends)
    now = _now(rows)
    probability_scale(
        sheet.ax, [x for row in shown for x in (row.if_yes, row.if_no)], now, room=sheet.room
    )
    return sheet.finished(
        title or f"Worth watching for {_quoted(name, names)}",
        "Probability of the outcome. Seen with: how probable the indicator is. Bits: what it is "
        "expected to tell, of the one bit that an even question holds."
        + _rest(rows, shown, "tell less, or nothing"),
        key=_yes_no_key(now),
        told=_told(
            f"{_count(rows, 'indicators')} of {_words(name, names)}, "
            f"now {_percent(now)}. Most telling",
            (f"{_if_so(row)}, {row.bits:.3f} bits" for row in shown[:3]),
        ),
    )


@in_house_style
def tipping(
    table: Any,
    ax: Axes | None = None,
    *,
    outcome: str | None = None,
    most: int = MOST,
    names: Mapping[str, str] | None = None,
    title: str | None = None,
) -> Axes:
    """Draw how far each judgement, in its own range, is from tipping an outcome.

    Parameters
    ----------
    table : sequence of TippingRow, or DataFrame of them
        Of :func:`forecasting.answer.sensitivity.tipping`, for one or more targets.
    ax : Axes, optional
    outcome : str, optional
        Which one; needed if the table has several.
    most : int
        Rows to draw.
    names : dict of name to text, optional
        What to call outcomes and facts: :func:`names_of` a case.
    title : str, optional

    Returns
    -------
    Axes
        0 is each judgement now, -1 and 1 are the ends of its 90% range. Judgements stated as exact
        numbers have no such scale; they and those that cannot reach a target are counted below.
    """
    rows, name = _of(_records(table), "outcome", outcome)
    targets = sorted({row.target for row in rows}, reverse=True)
    marks = {target: _mark(i, first=2) for i, target in enumerate(targets)}
    ranged = [row for row in rows if not _missing(row.distance)]
    nearest: dict[str, float] = {}
    for row in ranged:
        nearest[row.path] = min(row.distance, nearest.get(row.path, math.inf))
    paths = sorted(nearest, key=lambda path: (nearest[path], path))
    by_path = {path: [row for row in ranged if row.path == path] for path in paths[:most]}
    first = [mine[0] for mine in by_path.values()]
    sheet = Sheet(
        ax,
        [_label(row, names)[0] for row in first],
        [_label(row, names)[1] for row in first],
        [
            f"{number(row, row.best)} ({number(row, row.low)} – {number(row, row.high)})"
            for row in first
        ],
        heading="now (90% range)",
    )
    ax = sheet.ax
    for y, mine in zip(sheet.ys, by_path.values(), strict=True):
        steps = {row.target: math.copysign(row.distance, row.value - row.best) for row in mine}
        places = {goal: max(-MOST_STEPS, min(MOST_STEPS, x)) for goal, x in steps.items()}
        stroke(ax, -1, 1, y, RANGE)
        stroke(ax, min(0, *places.values(), 0), max(0, *places.values(), 0), y, THREAD)
        ax.plot([0], [y], **PRIOR)
        for row in mine:
            x, at = steps[row.target], places[row.target]
            ax.plot([at], [y], **marks[row.target])
            # Of two on one side the inner one is named on its inner side.
            same_side = [place for place in places.values() if place * at > 0]
            outer = at == max(same_side, key=abs, default=at)
            beyond = "" if x == at else " →" if x > 0 else "← "
            text = number(row, row.value)
            told = beyond + text if x < 0 else text + beyond
            note(ax, at, y, told, 1 if (at >= 0) == outer else -1)
    end = MOST_STEPS / (1 - 2 * sheet.room)
    ax.set_xlim(-end, end)
    ax.set_xticks(range(-3, 4))
    left_out = {row.path for row in rows if row.path not in nearest}
    exact = {row.path for row in rows if row.path in left_out and not _missing(row.value)}
    short = left_out - exact
    notes = [f"{len(paths) - len(first)} more lie further off."] * (len(paths) > len(first))
    notes += [f"{_count(exact, 'exact numbers')} could tip it too."] * bool(exact)
    notes += [f"{_count(short, 'judgements')} cannot, alone."] * bool(short)
    told = [
        f"{_judgement(row, names)}, now {number(row, row.best)}, would have to be "
        f"{number(row, row.value)} for {percent(row.target)}"
        for row in sorted(ranged, key=lambda row: row.distance)[:3]
    ]
    goals = " or ".join(percent(target) for target in targets)
    return sheet.finished(
        title or f"What would take {_quoted(name, names)} to {goals or 'another word'}",
        "Steps: halves of the judgement's own 90% range, in log-odds or logarithms (1 is the end "
        "of the range). Each judgement alone, all else as it is. " + " ".join(notes),
        key=[
            *((f"value that takes it to {percent(goal)}", mark) for goal, mark in marks.items()),
            ("now", PRIOR),
            ("90% range", RANGE),
        ],
        told=_told(
            f"Tipping points of {_words(name, names)}: {_count(paths, 'judgements')} can take it "
            f"to {goals or 'a target'}. Nearest",
            told,
        ),
    )  # fmt: skip


@in_house_style
def analysts(
    table: Any, ax: Axes | None = None, *, pools: Any = (), title: str | None = None
) -> Axes:
    """Draw the posteriors of several analysts side by side.

    Parameters
    ----------
    table : sequence of AnalystRow, or DataFrame of them
        Event, title, analyst, prior, posterior, word.
    ax : Axes, optional
    pools : sequence of PoolRow, or DataFrame of them, optional
        Drawn as upright ticks; those without an analyst are left out.
    title : str, optional

    Returns
    -------
    Axes
    """
    rows = _records(table)
    pooled = [row for row in _records(pools) if not row.without and not _missing(row.probability)]
    events = list(dict.fromkeys(row.event for row in rows))
    names = list(dict.fromkeys(row.analyst for row in rows))
    methods = list(dict.fromkeys(row.pool for row in pooled))
    titles = {row.event: row.title for row in rows}
    by_event = {event: [row for row in rows if row.event == event] for event in events}
    spread = {
        event: (min(r.posterior for r in mine), max(r.posterior for r in mine))
        for event, mine in by_event.items()
    }
    right = [f"{percent(low)} – {percent(high)}" for low, high in spread.values()]
    sheet = Sheet(ax, [titles[event] for event in events], right=right, heading="from – to")
    ax = sheet.ax
    for y, event in zip(sheet.ys, events, strict=True):
        stroke(ax, *spread[event], y, {"color": RULE, "lw": 1.2})
        for row in by_event[event]:
            ax.plot([row.posterior], [y], **_mark(names.index(row.analyst)))
        for row in pooled:
            if row.event == event:
                where = [row.probability] * 2
                ax.plot(where, [y - BAR, y + BAR], **_pool(methods.index(row.pool)))
    probability_scale(ax, [0, 1])
    widest = sorted(events, key=lambda event: spread[event][0] - spread[event][1])[:3]
    told = [
        f"{plain(titles[event])}: "
        + ", ".join(f"{plain(row.analyst)} {percent(row.posterior)}" for row in by_event[event])
        for event in widest
    ]
    return sheet.finished(
        title or f"{len(names)} analysts side by side",
        "Posterior probability of each event, by analyst.",
        key=[
            *zip(names, map(_mark, range(len(names))), strict=True),
            *((f"{method} pool", _pool(i)) for i, method in enumerate(methods)),
        ],
        told=_told(
            f"Posteriors of {_count(events, 'events')} by {len(names)} analysts. Furthest apart",
            told,
        ),
    )


def _mark(i: int, *, first: int = 0) -> dict:
    """Give each analyst, or target, a shape and a colour of its own; every other one is hollow."""
    colour = PALETTE[i % len(PALETTE)]
    fill = "white" if i % 2 else colour
    shape = MARKERS[(first + i) % len(MARKERS)]
    return {"marker": shape, "color": fill, "mec": colour, "mew": 1.3, "ms": 6.5, "ls": ""}


def _pool(i: int) -> dict:
    dashes = ("-", (0, (3, 1)), (0, (1, 1)))
    return {"color": INK, "lw": 1.4, "ls": dashes[i % len(dashes)]}


def _now_key(now: float | None) -> list[tuple[str, dict]]:
    return [] if now is None else [("now", NOW)]


def _yes_no_key(now: float | None) -> list[tuple[str, dict]]:
    return [("if not", LOW), ("if so", HIGH), *_now_key(now)]


# --- tables and words -----------------------------------------------------------------------------


def _records(table: Any) -> list:
    """Give the rows of a table: records as they are, those of a DataFrame by the same names."""
    if hasattr(table, "itertuples"):
        return list(table.itertuples(index=False, name="Row"))
    return list(table)


def _of(rows: list, column: str, name: str | None) -> tuple[list, str]:
    """Take the rows of one outcome or event."""
    names = list(dict.fromkeys(getattr(row, column) for row in rows))
    if name is None and len(names) > 1:
        raise ValueError(f"the table has {len(names)} of them: choose one by {column}=, such as "
                         f"{names[0]!r}")  # fmt: skip
    if name is not None and names and name not in names:
        raise ValueError(f"the table has no {column} {name!r}, only {', '.join(names)}")
    name = name or (names[0] if names else "")
    return [row for row in rows if getattr(row, column) == name], name


@dataclass(frozen=True)
class _Bar:
    """One bar of a waterfall: an item, or several of little weight."""

    label: str
    minor: str
    after: float
    decibans: float


def _folded(rows: Sequence) -> Iterator[_Bar]:
    """Join items of little weight that follow each other."""
    for small, group in groupby(rows, key=lambda row: abs(row.decibans) < NO_PUSH):
        mine = list(group)
        if small and len(mine) > 1:
            total = sum(row.decibans for row in mine)
            yield _Bar(f"{len(mine)} items of less weight", "", mine[-1].after, total)
            continue
        for row in mine:
            when = "held now" if row.kind == "now" else "" if row.kind == "fact" else row.kind
            day = "" if _missing(row.known) else _day(row.known)
            minor = ", ".join(one for one in (when, day, row.grades) if one)
            yield _Bar(row.title, minor, row.after, row.decibans)


def _weight(row) -> float:
    return -abs(row.decibans)


def _label(row, names: Mapping[str, str] | None) -> tuple[str, str]:
    """Name a judgement: what it is; or the fact it is on, and below it what it is."""
    if row.sort in ("evidence", "report"):
        return _words(row.of, names), row.title
    return row.title, ""


def _judgement(row, names: Mapping[str, str] | None) -> str:
    """Name a judgement in one line."""
    return ": ".join(part.rstrip(".") for part in _label(row, names) if part)


def _if_so(row) -> str:
    return f"{plain(row.title)}: if so {percent(row.if_yes)}, if not {percent(row.if_no)}"


def _now(rows) -> float | None:
    """Give the outcome's probability now: the mean of what it would be, if so and if not."""
    for row in rows:
        if row.kind != "pair":
            return row.probability * row.if_yes + (1 - row.probability) * row.if_no
    return None


def _percent(p: float | None) -> str:
    return "unknown" if p is None else percent(p)


def _rest(rows, shown, what: str) -> str:
    return f" {len(rows) - len(shown)} more {what}." if len(rows) > len(shown) else ""


def _signed(value: float) -> str:
    return "impossible" if math.isnan(value) else decibans(value).replace("-", "−")


def _told(what: str, parts: Iterable[str], joint: str = "; ") -> str:
    """Put an alt text together; without parts, the words that would introduce them are left out."""
    parts = [plain(part).rstrip(".") for part in parts]
    if not parts:
        return f"{what.partition('. ')[0]}."
    return f"{what}{': ' if '. ' in what else '. '}{joint.join(parts)}."


def _count(rows: Sized, many: str) -> str:
    one = re.sub(r"s( of|$)", r"\1", many, count=1)
    return f"{len(rows)} {one if len(rows) == 1 else many}"


def _words(name: str, names: Mapping[str, str] | None = None) -> str:
    return plain((names or {}).get(name, name.replace("_", " ")))


def _quoted(name: str, names: Mapping[str, str] | None = None) -> str:
    return f"“{_words(name, names)}”" if name else "an outcome"


def _of_path(path: str, names: Mapping[str, str] | None) -> str:
    """Name the fact or event that a key path such as ``evidence.wet.reports.0`` is about."""
    _, _, rest = path.partition(".")
    return _words(rest.split(".")[0] or path, names).rstrip(".")


def _day(day: Any) -> str:
    return str(day)[:10]


def _missing(value: Any) -> bool:
    return value is None or value != value
