"""A forecast goes in; figures of its events, its amounts and its scenarios come out.

They are made as those of :mod:`forecasting.tell.figures` are, which gives them with the others.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate
from typing import TYPE_CHECKING, Any

from forecasting.amounts import Scale, shown
from forecasting.answer.forecast import SOMETHING_ELSE, EventRow, Forecast
from forecasting.engine.distribution import Spread, distribution
from forecasting.file.propositions import label_of
from forecasting.lexicon import counted, percent
from forecasting.tell import sheet
from forecasting.tell.groups import Group, groups, row_label
from forecasting.tell.labels import alt, of_one, records
from forecasting.tell.sheet import Mark, Sheet, around, plain

if TYPE_CHECKING:
    import numpy as np
    from matplotlib.axes import Axes

# From the lower to the upper quarter of an amount; between the 5% and the 95% point is a thread.
QUARTERS = {"color": sheet.GREY, "lw": 5, "solid_capstyle": "butt"}

# So many amounts stand along a scale of logarithms.
FEWEST_TICKS, MOST_TICKS = 3, 8

# Where a scenario, or an amount, stands twice.
WHEN = {"prior": "Before the evidence", "posterior": "With it"}


def forecast(
    table: Any, ax: Axes | None = None, *, role: str | None = "outcome",
    events: Sequence[str] | None = None, title: str | None = None,
) -> Axes:  # fmt: skip
    """Draw the events of a forecast: prior, posterior, 90% band and word.

    Parameters
    ----------
    table : Forecast, sequence of EventRow, or DataFrame of them
        Of a forecast each event with states stands above them, and each quantity above its cuts.
        ``forecast.event_rows`` or ``forecast.events`` are drawn row by row.
    role : {"outcome", "driver"}, optional
        Which events; None for all.
    events : sequence of str, optional
        Only these, and in this order; of a forecast.

    Examples
    --------
    >>> import forecasting
    >>> answer = forecasting.run(forecasting.load("priors/first_case.yaml"))
    >>> ax = forecast(answer)
    >>> [tick.get_text() for tick in ax.get_yticklabels()]
    ['Bridge closed for a day or more']
    """
    if isinstance(table, Forecast):
        found = groups(table, role)
        if events is not None:
            named = (one for one in found if one.event in events)
            found = sorted(named, key=lambda one: events.index(one.event))
        rows = [line for group in found for line in _lines(table, group)]
    else:
        rows = [row for row in records(table) if role is None or row.role == role]
    heads = [row for row in rows if isinstance(row, _Head)]
    inside = {row for head in heads for row in head.rows}
    single = [row for row in rows if row not in heads and row not in inside]
    strong = sorted(single, key=lambda row: -row.posterior)
    many = counted(len(heads) + len(single), role or "event")
    banded = not rows or any(row.low < row.high for row in rows)
    told = [
        f"{row.title} {percent(row.posterior)} ({row.word};{_band(row, ' ', ';')} prior "
        f"{percent(row.prior)})"
        for row in (strong if heads else dict.fromkeys([*strong[:2], *strong[-1:]]))
    ]
    which = "" if heads else ", most and least probable"
    return Sheet(
        rows,
        label="title",
        minor=lambda row: getattr(row, "minor", ""),
        right=lambda row: "" if row in heads else f"{percent(row.posterior)}  {row.word}",
        strong=lambda row: bool(heads) and row not in inside,
        marks=[
            Mark("prior", sheet.PRIOR, "prior"),
            Mark("posterior", sheet.POSTERIOR, "posterior"),
            *([Mark("90% band", sheet.BAND, "low", "high")] if banded else []),
        ],
        title=title or f"Forecast of {many}",
        caption="Probability. The band holds what the ranges of the inputs allow, with 90%."
        if banded
        else "Probability.",
        told=alt(f"Probabilities of {many}{which}", [*(head.told for head in heads), *told]),
    ).drawn(ax)


@dataclass(frozen=True)
class _Head:
    """The name of an event, above the rows of its states and cuts; no mark stands in it."""

    title: str
    minor: str
    rows: tuple[EventRow, ...]
    prior = posterior = low = high = math.nan

    @property
    def told(self) -> str:
        parts = [f"{plain(row.title)} {percent(row.posterior)}" for row in self.rows]
        return f"{plain(self.title)}: {', '.join([self.minor] * bool(self.minor) + parts)}"


def _lines(found: Forecast, group: Group) -> Iterator[_Head | EventRow]:
    """Give the rows of an event, each named within it; where it has several, below its name."""
    if group.record.is_yes_no:
        yield from group.rows
        return
    rows = tuple(replace(row, title=row_label(found.case, row.event)) for row in group.rows)
    yield _Head(group.title, group.amount, rows)
    yield from rows


def scenarios(table: Any, ax: Axes | None = None, *, title: str | None = None) -> Axes:
    """Draw scenarios as one bar that adds up to 100%, what none of them covers included.

    Parameters
    ----------
    table : sequence of ScenarioRow, or DataFrame of them

    Examples
    --------
    >>> from forecasting.answer.forecast import ScenarioRow
    >>> ax = scenarios([ScenarioRow("a", "Peace", 0.5, 0.7), ScenarioRow("b", "War", 0.5, 0.3)])
    >>> [round(float(bar.get_width()), 9) for bar in ax.patches]
    [0.5, 0.7, 0.5, 0.3]
    """
    rows = records(table)
    ends = {when: [0.0, *accumulate(getattr(r, when) for r in rows)] for when in WHEN}
    marks, told = [], []
    for i, row in enumerate(rows):
        told.append(f"{plain(row.title)} {percent(row.posterior)} (prior {percent(row.prior)})")
        colour, hatch = (of[i % len(of)] for of in (sheet.PALETTE, sheet.HATCHES))
        look = {"facecolor": colour, "hatch": hatch, "edgecolor": "white", "linewidth": 0.8}
        if row.scenario == SOMETHING_ELSE:
            look |= {"facecolor": "white", "hatch": "", "edgecolor": sheet.GREY}
        place = [lambda when, i=j: ends[when][i] for j in (i, i + 1)]
        marks.append(Mark(told[-1], look, *place, tall=1.7 * sheet.BAR, bar=True))
    return Sheet(
        list(WHEN) if rows else [],
        label=WHEN.get,
        marks=marks,
        title=title or "Scenarios",
        caption="Probability; the parts exclude each other and add up to 100%.",
        told=alt(f"Stacked bar of {counted(len(rows), 'scenario')}", told, ", "),
    ).drawn(ax)


def natural_frequencies(
    table: Any, ax: Axes | None = None, *, event: str | None = None, title: str | None = None
) -> Axes:
    """Draw a posterior as so many of 100 marks.

    Parameters
    ----------
    table : sequence of EventRow, or DataFrame of them

    References
    ----------
    Gigerenzer & Hoffrage (1995), doi:10.1037/0033-295X.102.4.684

    Examples
    --------
    >>> from forecasting.answer.forecast import EventRow
    >>> row = EventRow("rain", "outcome", "Rain", 0.2, 0.264, 0.1, 0.5, "unlikely")
    >>> natural_frequencies([row]).alt_text
    'Of 100 marks 26 are filled: Rain has probability 26% (90% band 10% to 50%).'
    """
    rows, _ = of_one(records(table), "event", event)
    if not rows:
        nothing = alt("An icon array", [])
        return Sheet([], "", [], title or "Natural frequencies", "", nothing).drawn(ax)
    (row,) = rows
    name, filled = plain(row.title), round(100 * row.posterior)

    def marks(one: int, yes: bool) -> Mark:
        look = sheet.DOT | ({"color": sheet.BLUE} if yes else {"color": "white", "mec": sheet.RULE})
        return Mark("", look, lambda ten: one if (10 * ten + one < filled) == yes else math.nan)

    return Sheet(
        range(10),
        label=lambda ten: "",
        marks=[marks(one, yes) for one in range(10) for yes in (True, False)],
        limits=(-0.5, 9.5),
        ticks=(),
        width=11 * sheet.ROW,
        title=title or f"{name}: {filled} in 100",
        caption=f"Of 100 situations judged like this one, {filled} would see it. Probability "
        f"{percent(row.posterior)}{_band(row, ', ', '')}; before the evidence "
        f"{percent(row.prior)}.",
        told=f"Of 100 marks {filled} are filled: {name} has probability "
        f"{percent(row.posterior)}{_band(row, ' (', ')')}.",
    ).drawn(ax)


def amounts(
    forecast: Forecast, ax: Axes | None = None, *, event: str | None = None,
    title: str | None = None,
) -> Axes:  # fmt: skip
    """Draw a quantity before and after the evidence: how dense it lies, its points and its cuts.

    Parameters
    ----------
    forecast : Forecast
    event : str, optional
        The quantity.

    Returns
    -------
    Axes
        On the scale of the quantity. A thin line goes from the 5% to the 95% point, a thick one
        from the 25% to the 75% point; a dot is the median. Upright strokes are the cuts.

    Examples
    --------
    >>> from forecasting.answer.forecast import run
    >>> from forecasting.file.case import read
    >>> case = read(
    ...     "{case: rain, events: {rain: {quantity: {unit: mm}, base_rate: {low: 1, high: 16}}}}"
    ... )
    >>> amounts(run(case)).alt_text
    'Amount of rain: 4 mm, 90% range 1 to 16; before 4.'
    """
    quantities = [group for group in groups(forecast) if group.points]
    (group,), _ = of_one(quantities, "event", event)
    known = distribution(forecast.network, group.event, forecast.given, forecast.do)
    scale, whole = known.scale, group.record.quantity.whole
    shapes = known.known.density()
    rows = [_Amount(when, group, known, shapes, column) for column, when in enumerate(WHEN)]
    cuts = group.record.cuts
    borders = [
        (f"{label_of(forecast.case, row.event)}: {percent(row.posterior)}, before "
         f"{percent(row.prior)}", float(scale.place(end)))
        for row in group.rows
        for cut in [cuts[row.event.removeprefix(f"{group.event}.")]]
        for end in (cut.low, cut.high)
        if end is not None
    ]  # fmt: skip
    inside = [*shapes[0][[0, -1]].tolist(), *(place for _, place in borders)]
    limits = around([*inside, *(row.at(level) for row in rows for level in (0.05, 0.95))])
    ticks = _round_amounts(scale, *limits)
    unit = group.record.quantity.unit
    return Sheet(
        rows,
        label=lambda row: WHEN[row.when],
        right=lambda row: row.told,
        heading="median (90% range)",
        curve=lambda row: row.curve,
        marks=[
            Mark("5% to 95%", sheet.THREAD, lambda row: row.at(0.05), lambda row: row.at(0.95)),
            Mark("25% to 75%", QUARTERS, lambda row: row.at(0.25), lambda row: row.at(0.75)),
            Mark("median", sheet.POSTERIOR, lambda row: row.at(0.5)),
            *_strokes(borders),
        ],
        limits=limits,
        percent=False,
        ticks=[float(scale.place(one)) for one in ticks],
        shows=lambda place, _: shown(float(scale.amount(place)), whole=whole),
        title=title or f"{plain(group.title)}: {group.amount}",
        caption=f"Amount{f' in {plain(unit)}' if unit else ''}"
        f"{', on a logarithmic scale' if scale.log else ''}. The height of the area is how dense "
        "the probability lies.",
        told=alt(f"Amount of {plain(group.title)}: {plain(group.amount)}", dict(borders)),
    ).drawn(ax)


def _strokes(borders: Sequence[tuple[str, float]]) -> Iterator[Mark]:
    """Mark the cuts, each with its own dashes; one with two borders stands in the key once."""
    keys = [*dict(borders)]
    for i, (told, place) in enumerate(borders):
        look = sheet.POOL | {"ls": sheet.DASHES[keys.index(told) % len(sheet.DASHES)]}
        key = "" if i and told == borders[i - 1][0] else told

        def there(row, place=place) -> float:
            return place

        yield Mark(key, look, there, there, tall=sheet.LIFT)


@dataclass(frozen=True)
class _Amount:
    """A quantity at one time: before the evidence (column 0), or with it."""

    when: str
    group: Group
    known: Spread
    shapes: tuple[np.ndarray, np.ndarray]
    column: int

    def at(self, level: float) -> float:
        point = next(row for row in self.group.points if row.level == level)
        return float(self.known.scale.place(getattr(point, self.when)))

    @property
    def told(self) -> str:
        quantity = self.group.record.quantity
        low, median, high = (
            shown(float(self.known.scale.amount(self.at(level))), whole=quantity.whole)
            for level in (0.05, 0.5, 0.95)
        )
        return f"{median} ({low} – {high})" if low != high else median

    @property
    def curve(self) -> tuple[np.ndarray, np.ndarray] | None:
        """Where the density is taken, and its share of the highest of both."""
        if self.column and self.known.value is not None:
            return None
        places, density = self.shapes
        return (places[1:] + places[:-1]) / 2, density[:, self.column] / density.max()


def _round_amounts(scale: Scale, low: float, high: float) -> list[float]:
    """Choose round amounts between two places on a scale."""
    from matplotlib.ticker import MaxNLocator

    least, most = (float(scale.amount(end)) for end in (low, high))
    if scale.log:
        first = 0 if scale.whole else math.floor(math.log10(least))
        powers = range(first, math.ceil(math.log10(most)) + 1)
        for steps in (range(1, 10), (1, 2, 5), (1,)):
            ticks = [0.0] * scale.whole + [step * 10.0**power for power in powers for step in steps]
            ticks = [tick for tick in ticks if least <= tick <= most]
            if len(ticks) <= MOST_TICKS:
                break
        ticks = ticks[:: math.ceil(len(ticks) / MOST_TICKS) or 1]
        if len(ticks) >= FEWEST_TICKS:
            return ticks
    ticks = MaxNLocator(6, steps=[1, 2, 2.5, 5, 10]).tick_values(least, most)
    return [tick for tick in ticks.tolist() if least <= tick <= most]


def _band(row, before: str, after: str) -> str:
    """Tell the band of an event, if it has one."""
    if not row.low < row.high:
        return ""
    return f"{before}90% band {percent(row.low)} to {percent(row.high)}{after}"
