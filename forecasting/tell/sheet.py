"""Rows and their marks go in; an Axes of the size they need, in the house style, comes out.

A figure is a :class:`Sheet`: rows of a table, and for each kind of mark the column that says where
it stands. matplotlib's constrained layout finds the room for labels, numbers, title and caption.
"""

from __future__ import annotations

import hashlib
import io
import math
import re
import textwrap
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import lru_cache, partial
from itertools import accumulate, pairwise
from typing import TYPE_CHECKING, Any
from xml.sax.saxutils import escape

from forecasting.engine.network import DECIBANS
from forecasting.extras import require
from forecasting.judgement import logit

if TYPE_CHECKING:
    from matplotlib.axes import Axes

# Okabe & Ito (2008), Color Universal Design; the first two are what raises and what lowers.
BLUE, VERMILION = "#0072B2", "#D55E00"
INK, GREY, RULE, PALE = "#1A1A1A", "#666666", "#BBBBBB", "#E4E4E4"
NOW = {"color": INK, "lw": 0.9, "ls": (0, (4, 3))}
PALETTE = (BLUE, VERMILION, "#009E73", "#E69F00", "#56B4E9", "#CC79A7", "#000000", "#F0E442")
MARKERS = ("o", "s", "^", "D", "v", "P", "X", "*")
# Hatches of lines only: one of dots makes an SVG ten times as long.
HATCHES = ("", "////", "\\\\\\\\", "xxxx", "----", "||||", "++++", "//")
DASHES = ("-", (0, (3, 1)), (0, (1, 1)))

# What a mark means is the same in every figure; no two differ by colour alone.
PRIOR = {"marker": "|", "color": INK, "ms": 10, "mew": 1.6, "ls": ""}
HIGH = {"marker": "o", "color": BLUE, "ms": 6, "ls": ""}
LOW = HIGH | {"color": "white", "mec": VERMILION, "mew": 1.4, "zorder": 3}
POSTERIOR = HIGH | {"mec": "white", "mew": 0.8}
SWARM = POSTERIOR | {"ms": 4.6, "mew": 0.5}
BASE_RATES = LOW | {"marker": "s"}
DOT = {"marker": "o", "ms": 14, "ls": ""}
BAND = {"color": BLUE, "alpha": 0.28, "lw": 6, "solid_capstyle": "butt"}
RANGE = {"color": PALE, "lw": 7, "solid_capstyle": "butt"}
JOIN = {"color": RULE, "lw": 3, "solid_capstyle": "butt"}
RAISES = {"facecolor": BLUE, "edgecolor": BLUE, "linewidth": 1.1}
LOWERS = {"facecolor": "white", "edgecolor": VERMILION, "linewidth": 1.1}
THREAD = {"color": GREY, "lw": 1}
STAIRS = {"color": GREY, "lw": 0.7, "drawstyle": "steps-pre", "zorder": 0}
AREA = {"facecolor": PALE, "edgecolor": GREY, "lw": 0.7, "zorder": 0.5}
POOL = {"color": INK, "lw": 1.4}
BEHIND = {"facecolor": "white", "edgecolor": "none", "pad": 0.5}

# Inches: a figure is as wide as a column of a report; labels take at most two fifths of it. On a
# phone of 360 pixels a point of the narrow one is 1.4 pixels, so that small letters have ten.
WIDTH, LABELS, MARGIN, NARROW = 7.4, 2.9, 0.12, 3.3
LINE, SMALL_LINE, TITLE_LINE, GAP, BAR = 0.155, 0.135, 0.2, 0.13, 0.13
ROW = LINE + GAP

# Inches that an area rises above its row.
LIFT = 0.5

# Part of the width of the axes that a number beside a mark needs.
ROOM = 0.17

# What letters are drawn with: the first comes with matplotlib; the second, on most machines
# without it, is as wide.
FONTS = "'DejaVu Sans', Verdana, sans-serif"

# Letters as wide as high, such as Chinese; matplotlib's font has none and takes them for narrower.
WIDE = re.compile("[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff01-\uff60"
                  "\U0001f300-\U0001faff\U00020000-\U0003fffd]")  # fmt: skip

# Points.
TEXT, SMALL, TITLE = 8.5, 7.5, 11.0

# Begins the id of a mark that has a name.
NAMED = "named-"

# Certainty has no end on a scale of log-odds; it is drawn here, at one in a million.
MOST_DECIBANS = 60.0

# Changes of a sheet.
ON_A_PHONE = {"width": NARROW, "stacked": True}

HOUSE = {
    "font.family": ["DejaVu Sans"],  # comes with matplotlib, so that widths are everywhere the same
    "font.size": TEXT,
    "text.hinting": "no_hinting",  # so that text is as wide here as in an SVG
    "text.parse_math": False,  # a $ in a case is a dollar
    "text.color": INK,
    "axes.edgecolor": RULE,
    "axes.labelcolor": GREY,
    "axes.labelsize": SMALL,
    "axes.axisbelow": True,
    "axes.titlesize": TITLE,
    "axes.titleweight": "bold",
    "figure.constrained_layout.w_pad": MARGIN,
    "figure.constrained_layout.h_pad": MARGIN,
    "figure.subplot.left": 0.0,  # the layout starts from here, and only ever narrows the axes
    "hatch.linewidth": 0.7,
    "xtick.color": RULE,
    "xtick.labelcolor": GREY,
    "xtick.labelsize": SMALL,
    "xtick.major.size": 3,
    "legend.frameon": False,
    "legend.fontsize": SMALL,
    # Letters, not outlines of them: a sixth of the size; read, found and copied like other text,
    # and in every script that the reader's machine knows.
    "svg.fonttype": "none",
    "svg.hashsalt": "forecasting",  # ids that do not change from run to run
}


@dataclass(frozen=True)
class Mark:
    """One kind of mark: a column of the rows says where it stands.

    Attributes
    ----------
    key : str
        What the key calls it; without, it is not in the key.
    look : dict
        Settings of matplotlib for a marker, a line or a bar.
    at, to : str or callable
        Name of a column, or function of a row. With ``at`` alone it is a marker there; with ``to``
        a stroke from the one to the other. NaN is nowhere.
    tall : float
        Inches that an upright stroke reaches up and down.
    bar : bool
        The stroke is a bar.
    up : str or callable
        Inches that a marker stands above its row.
    name : str
        What a page shows of it to who points at it.
    """

    key: str
    look: Mapping[str, Any]
    at: str | Callable[[Any], float]
    to: str | Callable[[Any], float] = ""
    tall: float = 0.0
    bar: bool = False
    up: str | Callable[[Any], float] = ""
    name: str = ""


@dataclass(frozen=True)
class Sheet:
    """A figure with one row for each row of a table.

    Attributes
    ----------
    rows : sequence
    label, minor, right : str or callable
        Columns, or functions of a row: its name, what stands in small letters below, and beside.
    marks : sequence of Mark
    title, caption, told : str
        What stands above and below, and the words for those who cannot see it.
    heading : str
        Of what stands beside.
    notes : callable
        Gives for a row what is written beside its marks: the place, the text, and whether it
        stands to the right (1) or to the left (-1).
    limits : pair of float
        Ends of the scale.
    percent : bool
        The scale is one of probabilities.
    ticks : sequence of float, optional
    shows : callable, optional
        Writes a tick of the scale, where it is no probability.
    strong : callable
        Tells whether a row is named in bold, as a head is of those below it.
    curve : callable, optional
        Gives the places and the heights, from 0 to 1, of an area above a row; or None.
    line : (str, float), optional
        What the key calls an upright broken line, and where it stands.
    odds : bool
        The scale is in decibans; probabilities stand above.
    rise : float
        Inches above each row for marks that stand on each other.
    width : float
        In inches; a row is as high as its label.
    stacked : bool
        What stands beside the marks of a row stands above them.
    """

    rows: Sequence
    label: str | Callable[[Any], str]
    marks: Sequence[Mark]
    title: str
    caption: str
    told: str
    minor: str | Callable[[Any], str] = ""
    right: str | Callable[[Any], str] = ""
    heading: str = ""
    notes: Callable[[Any], Iterable[tuple[float, str, int]]] = lambda row: ()
    limits: tuple[float, float] = (-0.01, 1.01)
    percent: bool = True
    ticks: Sequence[float] | None = None
    shows: Callable[[float, Any], str] | None = None
    strong: Callable[[Any], bool] = lambda row: False
    curve: Callable[[Any], tuple[Sequence[float], Sequence[float]] | None] | None = None
    line: tuple[str, float] | None = None
    odds: bool = False
    rise: float = 0.0
    width: float = WIDTH
    stacked: bool = False

    def column(self, of: str | Callable) -> list:
        """Give what stands in each row: a column of the table, or a function of each row."""
        return [of(row) if callable(of) else getattr(row, of) if of else "" for row in self.rows]

    def drawn(self, ax: Axes | None = None) -> Axes:
        """Draw it on an Axes, or on a figure of its own that has the size it needs."""
        own = ax is None
        with house_style():
            from matplotlib.figure import Figure

            # No window and no list of figures holds a figure of its own.
            ax = ax or Figure(dpi=100, layout="constrained").add_subplot()
            ax.alt_text, ax.sheet = self.told, self
            ax._repr_mimebundle_ = partial(_shown, ax)
            ys, height = self._labels(ax, own)
            for mark in self.marks:
                ups = [y - (up or 0.0) for y, up in zip(ys, self.column(mark.up), strict=True)]
                _draw(ax, ups, mark, self.column(mark.at), self.column(mark.to))
            for y, curve in zip(ys, self.column(self.curve), strict=True) if self.curve else ():
                if curve is not None:
                    tops = [y - LIFT * height for height in curve[1]]
                    ax.fill_between(curve[0], y, tops, **AREA)
            for y, notes in zip(ys, self.column(self.notes), strict=True):
                for x, text, side in notes:
                    _note(ax, x, y, text, 6.5 * side, xycoords="data")
            self._scale(ax)
            if not self.rows:
                ax.set_axis_off()
                ax.text(0, 0.5, "Nothing to draw.", color=GREY, transform=ax.transAxes)
            texts = self._texts(ax, own)
            if own:
                ax.figure.set_size_inches(self.width, height + texts)
            return ax

    def _labels(self, ax: Axes, own: bool) -> tuple[list[float], float]:
        """Name the rows; give the middle of each and the height of all, in inches from the top."""
        ys, height = self._above(ax, own) if self.stacked else self._beside(ax)
        height = max(height, 0.0 if self.rows else 0.7)
        ax.set_ylim(height, 0)
        # Axes that were given were made in another style.
        ax.tick_params(axis="x", labelsize=SMALL, labelcolor=GREY, color=RULE, length=3)
        ax.tick_params(axis="y", length=0, pad=7)
        ax.spines["bottom"].set(color=RULE, linewidth=0.8, visible=self.ticks != ())
        ax.spines[["left", "right", "top"]].set_visible(False)
        return ys, height

    def _named(self) -> Iterator[tuple[str, str, str, str]]:
        """Give of each row its name, how bold that is, and what stands below it and beside it."""
        columns = map(self.column, (self.label, self.strong, self.minor, self.right))
        for label, strong, minor, right in zip(*columns, strict=True):
            weight = "bold" if strong else "normal"
            beside = plain(right, squeeze=False).replace("  ", "\N{NO-BREAK SPACE} ")
            yield plain(label), weight, plain(minor), beside

    def _beside(self, ax: Axes) -> tuple[list[float], float]:
        ys, splits, names, weights, height = [], [], [], [], 0.0
        for label, weight, minor, right in self._named():
            lines = wrapped(label, LABELS, TEXT, weight)
            small = wrapped(minor, LABELS, SMALL) if minor else []
            text = len(lines) * LINE + len(small) * SMALL_LINE
            height += LIFT if self.curve else self.rise
            splits.append(height + GAP / 2 + len(lines) * LINE)
            names.append("\n".join(lines))
            weights.append(weight)
            if small:
                _note(ax, 0, splits[-1], "\n".join(small), -7, va="top")
            ys.append(height + (text + GAP) / 2)
            height += text + GAP
            _note(ax, 1, ys[-1], right, 7)
        ax.set_yticks(splits, names, va="bottom", linespacing=1.15, fontsize=TEXT, color=INK)
        for name, weight in zip(ax.get_yticklabels(), weights, strict=True):
            name.set_fontweight(weight)
        if self.heading and self.rows:
            _note(ax, 1, 0, self.heading, 7, va="bottom")
        if WIDE.search("".join(names)):
            _keep_room(
                ax, max(_width((name,), TEXT, "bold") for name in "\n".join(names).split("\n"))
            )
        return ys, height

    def _above(self, ax: Axes, own: bool) -> tuple[list[float], float]:
        """Put what is said of a row above its marks, from edge to edge."""
        from matplotlib.transforms import blended_transform_factory

        ys, height, wide = [], 0.0, self.width - 2 * MARGIN
        left, across = (MARGIN / self.width, ax.figure.transFigure) if own else (0, ax.transAxes)
        place = blended_transform_factory(across, ax.transData)

        def write(lines: Sequence[str], top: float, **look) -> float:
            """Write lines from the left edge, or to the right one; give where they end."""
            size, to_right = look.get("fontsize", SMALL), look.pop("right", False)
            told = _note(
                ax, 1 - left if to_right else left, top, "\n".join(lines), 0, xycoords=place,
                va="top", ha="right" if to_right else "left", bbox=BEHIND, **look,
            )  # fmt: skip
            told.set_in_layout(False)  # it fits, and may not narrow the axes
            return top + len(lines) * (LINE if size == TEXT else SMALL_LINE)

        if self.heading and self.rows:
            height = write([self.heading], height, right=True)
        places = zip(*(self.column(mark.at) for mark in self.marks), strict=True)
        for (label, weight, minor, right), marked in zip(self._named(), places, strict=True):
            lines = wrapped(label, wide, TEXT, weight) if label else []
            small = wrapped(minor, wide, SMALL) if minor else []
            height += GAP / 2
            if lines:
                height = write(lines, height, fontsize=TEXT, fontweight=weight, color=INK)
            if small:
                height = write(small, height)
            if right:  # in the last line so far, or below
                last, *how = (small[-1:], SMALL) if small else (lines[-1:], TEXT, weight)
                fits = _width(tuple(last), *how) + _width((right,), SMALL) + 0.1 < wide
                line = SMALL_LINE if small else LINE - 0.01
                height = max(height, write([right], height - line * fits, right=True))
            band = BAR + GAP / 2 if any(map(math.isfinite, marked)) else 0.0
            height += (LIFT if self.curve else self.rise) + band
            ys.append(height)
            height += band
        ax.set_yticks([])
        return ys, height

    def _scale(self, ax: Axes) -> None:
        from matplotlib.ticker import MaxNLocator

        ax.set_xlim(*self.limits)
        ax.xaxis.set_major_locator(MaxNLocator(6, steps=[1, 2, 2.5, 5, 10]))
        if self.percent:
            ax.xaxis.set_major_formatter(_as_percent)
        if self.ticks is not None:
            ax.set_xticks(self.ticks)
        if self.shows is not None:
            ax.xaxis.set_major_formatter(self.shows)
        ax.grid(axis="x", color=PALE, lw=0.6)
        if self.line is not None:
            ax.axvline(self.line[1], **NOW, zorder=0.9)
        if self.odds:
            _second_scale(ax)

    def _texts(self, ax: Axes, own: bool) -> float:
        """Put title, key and caption around the rows; give the inches that they take."""
        from matplotlib.lines import Line2D
        from matplotlib.patches import Patch
        from matplotlib.transforms import (
            IdentityTransform,
            ScaledTranslation,
            blended_transform_factory,
        )  # fmt: skip

        # They begin where the figure does, or the axes that were given.
        wide = self.width - 2 * MARGIN if own else ax.get_window_extent().width / ax.figure.dpi
        wide *= 0.94  # letters of a picture of few dots are wider than measured
        x, across = (MARGIN / self.width, ax.figure.transFigure) if own else (0, ax.transAxes)
        place = blended_transform_factory(across, ax.transAxes)
        above = 0.16 * bool(self.heading) + 0.4 * self.odds
        raised = ScaledTranslation(0, above + 0.02, ax.figure.dpi_scale_trans)
        lines = [Mark(self.line[0], NOW, "")] if self.line else []
        key = [mark for mark in (*self.marks, *lines) if mark.key and self.rows]
        pad = above + 0.08
        if key:
            texts = [wrapped(plain(mark.key), wide - 0.5, SMALL) for mark in key]
            widths = [_width(tuple(lines), SMALL) + 0.45 for lines in texts]
            columns = len(key) if sum(widths) < wide else max(1, int(wide / max(widths)))
            handles = [Patch(**m.look) if m.bar else Line2D([], [], **m.look) for m in key]
            ax.legend(
                handles, list(map("\n".join, texts)), loc="lower left", ncols=columns,
                bbox_to_anchor=(x, 1), bbox_transform=place + raised,
                borderaxespad=0, borderpad=0.2, handlelength=1.6, columnspacing=1.4,
                handletextpad=0.5,
            )  # fmt: skip
            # Filled column by column; those with one more come first.
            fewest, more = divmod(len(key), columns)
            ends = [0, *accumulate(fewest + (i < more) for i in range(columns))]
            pad += 0.04 + 0.165 * max(sum(map(len, texts[a:b])) for a, b in pairwise(ends))
        title = wrapped(plain(self.title), wide, TITLE, "bold") if self.title else []
        caption = wrapped(plain(self.caption), wide, SMALL, even=False) if self.rows else []
        told = ax.set_title("\n".join(title), loc="left", x=x, y=1.0, pad=72 * pad)
        told.set_transform(place + ax.titleOffsetTrans)
        told = ax.set_xlabel("\n".join(caption), loc="left", labelpad=5, linespacing=1.25)
        told.set(x=x, transform=blended_transform_factory(across, IdentityTransform()))
        told.set(fontsize=SMALL, color=GREY)
        return pad + len(title) * TITLE_LINE + 0.5 + len(caption) * SMALL_LINE * 1.05


def around(values: Iterable[float], *, least: float = 0.01, room: float = 0.0) -> tuple:
    """Give the ends of a scale around values, at least so wide, with ``room`` at both ends.

    Examples
    --------
    >>> around([2.0, 3.0, math.nan])
    (1.95, 3.05)
    """
    finite = [v for v in values if math.isfinite(v)] or [0.0]
    middle, reach = (min(finite) + max(finite)) / 2, max(max(finite) - min(finite), least)
    half = 0.55 * reach / (1 - 2 * room)
    return middle - half, middle + half


def _draw(ax, ys, mark: Mark, starts, ends) -> None:
    """Draw a mark in each row; strokes lie below all markers."""
    if mark.bar:
        for y, start, end in zip(ys, starts, ends, strict=True):
            if math.isfinite(end - start):
                ax.barh(y, end - start, left=start, height=mark.tall, **mark.look)
        return
    if mark.to:
        lower, upper = [y - mark.tall for y in ys], [y + mark.tall for y in ys]
        ax.plot([starts, ends], [lower, upper], zorder=1, **mark.look)
    else:
        # An id is all that an SVG tells of a mark; `svg` makes words of it.
        named = {"gid": f"{NAMED}{mark.name.encode().hex()}"} if mark.name else {}
        ax.plot(starts, ys, **mark.look, **named)


def _note(ax, x, y, text, points, *, va="center", ha="", xycoords=None, **look):
    """Write so many points to the right or left of a place: in the axes, or beside them."""
    return ax.annotate(
        text, (x, y), (points, 0), xycoords=xycoords or ax.get_yaxis_transform(),
        textcoords="offset points", linespacing=1.2, va=va, annotation_clip=False,
        ha=ha or ("left" if points > 0 else "right"),
        **{"fontsize": SMALL, "color": GREY} | look,
    )  # fmt: skip


def _keep_room(ax, inches: float) -> None:
    """Keep so much room left of the axes."""
    from matplotlib.patches import Rectangle
    from matplotlib.transforms import ScaledTranslation

    place = ax.figure.dpi_scale_trans + ScaledTranslation(0, 0, ax.transAxes)
    room = Rectangle((-inches - 0.1, 0), inches, 0.01, transform=place, clip_on=False)
    ax.add_artist(room).set(facecolor="none", edgecolor="none")


def _as_percent(p: float, _=None) -> str:
    return f"{round(100 * p, 6):g}%" if -1e-9 <= p <= 1 + 1e-9 else ""


def _second_scale(ax) -> None:
    """Show decibans of odds as probabilities above the axes."""
    low, high = ax.get_xlim()
    round_ones = [0.0001, 0.001, 0.01, 0.02, 0.05, *(i / 10 for i in range(1, 10))]
    fine = [i / 100 for i in range(1, 100)] + [i / 1000 for i in range(1, 1000)]
    round_ones += [1 - p for p in round_ones[:5]]
    for candidates in (round_ones, fine[:99], fine):
        inside = [p for p in sorted(set(candidates)) if low <= decibans_of(p) <= high]
        if len(inside) >= 3:
            break
    kept: list[float] = []
    for p in inside:  # labels are to stand apart
        if not kept or decibans_of(p) - decibans_of(kept[-1]) > (high - low) / 9:
            kept.append(p)
    above = ax.secondary_xaxis("top")
    above.set_xticks([decibans_of(p) for p in kept], [_as_percent(p) for p in kept])
    above.set_xlabel("Probability", loc="left", labelpad=2)
    above.spines["top"].set_color(RULE)


def decibans_of(p: float) -> float:
    """Give the log-odds in decibans, certainty at the end of the scale."""
    if math.isnan(p):
        return p
    return max(-MOST_DECIBANS, min(MOST_DECIBANS, float(logit(p)) * DECIBANS))


def plain(text: Any, *, squeeze: bool = True) -> str:
    """Make one line of any text; what cannot be seen, such as control characters, is a space."""
    seen = "".join(c if c.isprintable() else " " for c in str(text))
    return " ".join(seen.split()) if squeeze else seen


def wrapped(
    text: str, inches: float, size: float, weight: str = "normal", *, even: bool = True
) -> list[str]:
    """Break a line into as few lines as fit, about equally long if ``even``; long words too."""
    best: list[str] = []
    # No letter of the house's font is narrower than a quarter of its size.
    for most in range(min(len(text), int(inches * 72 / size * 4)), 0, -1):
        lines = textwrap.wrap(text, most, break_on_hyphens=False)
        if best and (len(lines) > len(best) or not even):
            break
        if _width(tuple(lines), size, weight) <= inches:
            best = lines
    return best or [text]


@lru_cache(maxsize=4096)
def _width(lines: tuple[str, ...], size: float, weight: str = "normal") -> float:
    """Measure the longest of some lines, in inches."""
    from matplotlib.font_manager import FontProperties
    from matplotlib.textpath import text_to_path

    font = FontProperties(family=HOUSE["font.family"], size=size, weight=weight)
    measure = text_to_path.get_text_width_height_descent
    seen = (WIDE.sub("W", line) for line in lines)  # a W is as wide as a square
    return max((measure(line, font, ismath=False)[0] / 72 for line in seen), default=0.0)


@contextmanager
def house_style() -> Iterator[None]:
    """Set matplotlib to its own defaults and the house style, for a while."""
    require("to draw a figure", "matplotlib")
    from matplotlib import style

    with style.context(["default", HOUSE]), warnings.catch_warnings():
        # Letters that its font has not are drawn by the reader's machine.
        warnings.filterwarnings("ignore", r"Glyph \d+ .* missing from font", UserWarning)
        yield


def alt_text(ax: Axes) -> str:
    """Say in words what a figure shows, for those who cannot see it.

    Parameters
    ----------
    ax : Axes
        As a function of this module returned it.

    Returns
    -------
    str

    Raises
    ------
    ValueError
        If it was drawn by something else.

    Examples
    --------
    >>> from forecasting.tell.figures import scenarios
    >>> from forecasting.answer.forecast import ScenarioRow
    >>> alt_text(scenarios([ScenarioRow("peace", "Peace", 0.5, 0.7)]))
    'Stacked bar of 1 scenario. Peace 70% (prior 50%).'
    """
    try:
        return ax.alt_text
    except AttributeError:
        raise ValueError("these axes were not drawn by forecasting.tell.figures") from None


def redrawn(ax: Axes, **changes) -> Axes:
    """Draw a figure again with some fields of its :class:`Sheet` changed, such as its width.

    Examples
    --------
    >>> from forecasting.tell.figures import scenarios
    >>> from forecasting.answer.forecast import ScenarioRow
    >>> ax = scenarios([ScenarioRow("peace", "Peace", 0.5, 0.7)])
    >>> narrow = redrawn(ax, **ON_A_PHONE)
    >>> float(ax.figure.get_figwidth()), float(narrow.figure.get_figwidth())
    (7.4, 3.3)
    """
    return replace(ax.sheet, **changes).drawn()


def svg(ax: Axes) -> str:
    """Write the figure that an Axes belongs to as SVG, the same text every time.

    Parameters
    ----------
    ax : Axes
        As a function of this module returned it. Its whole figure is written.

    Returns
    -------
    str
        One ``<svg>`` element without XML declaration, to be put into a page as it is. Its letters
        are text; the words of :func:`alt_text` are its ``aria-label``, and the names of marks are
        their ``<title>``.

    Examples
    --------
    >>> from forecasting.tell.figures import scenarios
    >>> from forecasting.answer.forecast import ScenarioRow
    >>> svg(scenarios([ScenarioRow("peace", "Peace", 0.5, 0.7)]))[:4]
    '<svg'
    """
    told = " ".join(getattr(one, "alt_text", "") for one in ax.figure.axes).strip()
    page = io.StringIO()
    if ax.figure.get_layout_engine():  # starts from where the axes stand, and moves them
        ax.set_subplotspec(ax.get_subplotspec())
    with house_style():
        ax.figure.savefig(page, format="svg", metadata={"Date": None, "Creator": None})
    text = page.getvalue()
    text = text[text.index("<svg") :].rstrip()
    text = re.sub(r"\s*(<!--.*?-->|<metadata>.*?</metadata>)", "", text, flags=re.S)
    # matplotlib's style sheet is for all elements; within a page it would be for all of the page.
    text = re.sub(r"\s*<style.*?</style>", "", text, flags=re.S)
    text = re.sub(f'<g id="{NAMED}([0-9a-f]+)">', _titled, text)
    joins = f'stroke-linejoin="round" stroke-linecap="butt" font-family="{FONTS}"'
    text = _compact(text)
    label = escape(told, {'"': "&quot;"})
    return text.replace("<svg", f'<svg role="img" aria-label="{label}" {joins}', 1)


def _titled(found: re.Match) -> str:
    return f"<g><title>{escape(bytes.fromhex(found[1]).decode())}</title>"


def _compact(text: str) -> str:
    """Halve an SVG: no space and no id that nothing needs, hundredths of a point."""
    # A page may hold several figures, and an id may be used once in a page.
    own = hashlib.sha256(text.encode()).hexdigest()[:8]
    used = dict.fromkeys(re.findall(r'(?:href="#|url\(#)([^")]+)', text))
    short = {name: f"f{own}{i}" for i, name in enumerate(used)}
    text = re.sub(r' id="([^"]*)"', lambda m: f' id="{short[m[1]]}"' if m[1] in short else "", text)
    text = re.sub(r'(href="#|url\(#)([^")]+)', lambda m: m[1] + short[m[2]], text)
    text = text.replace("xlink:href", "href").replace(
        ' xmlns:xlink="http://www.w3.org/1999/xlink"', ""
    )
    # All letters are of one kind, named once, and none is turned.
    text = re.sub(r" font-family: [^;\"]*;| transform=\"rotate\(-0 [^)]*\)\"", "", text)
    text = re.sub(r"(?<=[1-9])(\d*\.\d\d)\d+|(?<![\d.])([1-9]\.\d\d)\d+", r"\1\2", text)
    return re.sub(r"[ \n]+", " ", re.sub(r">\s+<", "><", text)).replace(' "', '"')


def _shown(ax: Axes, include=None, exclude=None) -> tuple[dict, dict]:
    """Let a notebook show an Axes as SVG, with its text beside it."""
    told = alt_text(ax)
    return {"image/svg+xml": svg(ax), "text/plain": told}, {"image/svg+xml": {"alt": told}}
