"""Rows of labels go in; an Axes of the size they need, in the house style, comes out.

What all figures of ``figures`` share: the sheet with its title, key and caption,
marks, scales, and text that is measured so that it is never cut off.
"""

from __future__ import annotations

import hashlib
import io
import math
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import lru_cache, wraps
from typing import TYPE_CHECKING, Any
from xml.sax.saxutils import escape

from forecasting.engine.network import DECIBANS
from forecasting.judgement import logit

if TYPE_CHECKING:
    from matplotlib.axes import Axes

# Okabe & Ito (2008), Color Universal Design; the first two are what raises and what lowers.
BLUE, VERMILION = "#0072B2", "#D55E00"
PALETTE = (BLUE, VERMILION, "#009E73", "#E69F00", "#56B4E9", "#CC79A7", "#000000", "#F0E442")
INK, GREY, RULE, PALE = "#1A1A1A", "#666666", "#BBBBBB", "#E4E4E4"
MARKERS = ("o", "s", "^", "D", "v", "P", "X", "*")
# Hatches of lines only: one of dots makes an SVG ten times as long.
HATCHES = ("", "////", "\\\\\\\\", "xxxx", "----", "||||", "++++", "//")

# What a mark means is the same in every figure; no two differ by colour alone.
PRIOR = {"marker": "|", "color": INK, "ms": 10, "mew": 1.6, "ls": ""}
POSTERIOR = {"marker": "o", "color": BLUE, "ms": 6, "mec": "white", "mew": 0.8, "ls": ""}
BAND = {"color": BLUE, "alpha": 0.28, "lw": 6, "solid_capstyle": "butt"}
RANGE = {"color": PALE, "lw": 7, "solid_capstyle": "butt"}
HIGH = {"marker": "o", "color": BLUE, "ms": 6, "ls": ""}
LOW = {"marker": "o", "color": "white", "mec": VERMILION, "mew": 1.4, "ms": 6, "ls": ""}
NOW = {"color": INK, "lw": 0.9, "ls": (0, (4, 3))}

# Inches: a figure is as wide as a column of a report; labels take at most two fifths of it.
WIDTH, LABELS, MARGIN = 7.4, 2.9, 0.12
NOTE = 0.6
LINE, SMALL_LINE, TITLE_LINE, GAP, BAR = 0.155, 0.135, 0.2, 0.13, 0.13

# Points.
TEXT, SMALL, TITLE = 8.5, 7.5, 11.0

# Certainty has no end on a scale of log-odds; it is drawn here, at one in a million.
MOST_DECIBANS = 60.0

HOUSE = {
    "font.family": ["DejaVu Sans"],  # comes with matplotlib, so that widths are everywhere the same
    "font.size": TEXT,
    "text.parse_math": False,  # a $ in a case is a dollar
    "text.color": INK,
    "axes.edgecolor": RULE,
    "axes.labelcolor": GREY,
    "axes.labelsize": SMALL,
    "axes.linewidth": 0.8,
    "axes.axisbelow": True,
    "axes.titlesize": TITLE,
    "axes.titleweight": "bold",
    "xtick.color": RULE,
    "xtick.labelcolor": GREY,
    "xtick.labelsize": SMALL,
    "xtick.major.size": 3,
    "ytick.major.size": 0,
    "ytick.major.pad": 7,
    "ytick.labelcolor": INK,
    "hatch.linewidth": 0.7,
    "legend.frameon": False,
    "legend.fontsize": SMALL,
    "svg.fonttype": "path",  # a page shows the same letters on every machine
    "svg.hashsalt": "forecasting",  # ids that do not change from run to run
}


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


def svg(ax: Axes) -> str:
    """Write the figure that an Axes belongs to as SVG, the same text every time.

    Parameters
    ----------
    ax : Axes
        As a function of this module returned it. Its whole figure is written.

    Returns
    -------
    str
        One ``<svg>`` element without XML declaration, to be put into a page as it is. Letters are
        drawn as paths; the words of :func:`alt_text` are its ``aria-label``.

    Examples
    --------
    >>> from forecasting.tell.figures import scenarios
    >>> from forecasting.answer.forecast import ScenarioRow
    >>> svg(scenarios([ScenarioRow("peace", "Peace", 0.5, 0.7)]))[:4]
    '<svg'
    """
    told = " ".join(getattr(one, "alt_text", "") for one in ax.figure.axes).strip()
    page = io.StringIO()
    with house_style():
        ax.figure.savefig(page, format="svg", metadata={"Date": None, "Creator": None})
    text = page.getvalue()
    text = text[text.index("<svg") :].rstrip()
    text = re.sub(r"\s*(<!--.*?-->|<metadata>.*?</metadata>)", "", text, flags=re.S)
    # matplotlib's style sheet is for all elements; within a page it would be for all of the page.
    text = re.sub(r"\s*<style.*?</style>", "", text, flags=re.S)
    joins = 'stroke-linejoin="round" stroke-linecap="butt"'
    text = _compact(text)
    label = escape(told, {'"': "&quot;"})
    return text.replace("<svg", f'<svg role="img" aria-label="{label}" {joins}', 1)


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
    text = re.sub(r"(?<=[1-9])(\d*\.\d\d)\d+|(?<![\d.])([1-9]\.\d\d)\d+", r"\1\2", text)
    return re.sub(r"\s+", " ", re.sub(r">\s+<", "><", text)).replace(' "', '"')


def in_house_style(draw: Callable) -> Callable:
    """Let a function draw in the house style; settings of matplotlib are left as they were."""

    @wraps(draw)
    def drawn(*args, **options):
        with house_style():
            return draw(*args, **options)

    return drawn


@contextmanager
def house_style() -> Iterator[None]:
    """Set matplotlib to its own defaults and the house style, for a while."""
    from matplotlib import style

    with style.context(["default", HOUSE]):
        yield


# --- the sheet ------------------------------------------------------------------------------------


class Sheet:
    """An Axes with one row for each label, measured in inches downwards from its top.

    Attributes
    ----------
    ax : Axes
    own : bool
        The figure was made here, and is given the size that its rows and texts need.
    ys : tuple of float
        Centre of each row.
    """

    def __init__(
        self, ax, labels, minors=(), right=(), *, heading="", row_height=0.0, width=WIDTH
    ) -> None:
        self.own, self.width = ax is None, width
        self.ax = ax = _blank() if self.own else ax
        labels = [plain(label) for label in labels]
        minors = [plain(minor) for minor in minors] or [""] * len(labels)
        right = [plain(one, squeeze=False) for one in right]
        self.empty = not labels
        widths = [_width(one, TEXT) for one in labels] + [_width(one, SMALL) for one in minors]
        self.left = min(LABELS, max(widths, default=0.0) + 0.02)
        self.right = max((_width(one, SMALL) for one in (*right, heading)), default=0)
        self.right = min(self.right, LABELS) + 0.12 if right else 0.0
        self.heading = heading
        if self.own:
            self.axes_left = MARGIN + self.left + 0.12 if self.left > 0.05 else MARGIN
            self.axes_width = width - self.axes_left - max(self.right, 0.08) - MARGIN
        else:
            self.axes_left, self.axes_width = 0.0, ax.get_window_extent().width / ax.figure.dpi
        wrapped = [_balanced(label, self.left, TEXT) for label in labels]
        under = [_balanced(minor, self.left, SMALL) if minor else [] for minor in minors]
        beside = [_wrap(one, LABELS, SMALL, squeeze=False) if one else [] for one in right]
        self.ys, at, top = [], [], 0.0
        for lines, small in zip(wrapped, under, strict=True):
            high = len(lines) * LINE + len(small) * SMALL_LINE
            row = max(high + GAP, row_height)
            start = top + (row - high) / 2
            self.ys.append(top + row / 2)
            at.append((start + len(lines) * LINE / 2, start + len(lines) * LINE))
            top += row
        self.height = max(top, 0.7 if self.empty else 0.0)
        ax.set_ylim(self.height, 0)
        ax.set_yticks([y for y, _ in at], ["\n".join(lines) for lines in wrapped])
        for tick in ax.yaxis.get_major_ticks():
            tick.label1.set(fontsize=TEXT, linespacing=1.15, color=INK)
        for (_, y), small in zip(at, under, strict=True):
            if small:
                _offset(ax, 0, y, "\n".join(small), -7, ha="right", va="top")
        for y, lines in zip(self.ys, beside, strict=False):
            _offset(ax, 1, y, "\n".join(lines), 7, ha="left", va="center")
        if right and heading:
            _offset(ax, 1, 0, heading, 7, ha="left", va="bottom")
        # Axes that were given were made in another style.
        ax.tick_params(axis="x", labelsize=SMALL, labelcolor=GREY, color=RULE, length=3)
        ax.tick_params(axis="y", length=0, pad=7)
        ax.spines["bottom"].set(color=RULE, linewidth=0.8)
        for side in ("left", "right", "top"):
            ax.spines[side].set_visible(False)

    @property
    def room(self) -> float:
        """Part of the width of the axes that a number beside a mark needs."""
        return min(NOTE / self.axes_width, 0.4)

    def finished(self, title, caption, *, told, key=(), list_key=(), top=0.0) -> Axes:
        """Put title, key and caption around the rows, give the figure its size, and return it."""
        from matplotlib.lines import Line2D
        from matplotlib.patches import Patch

        ax = self.ax
        ax.alt_text = told
        if self.empty:
            ax.set_axis_off()
            ax.text(0, 0.5, "Nothing to draw.", color=GREY, transform=ax.transAxes)
            key, list_key, caption = (), (), ""
        left, wide = self.axes_left, self.axes_width
        whole = self.width - 2 * MARGIN if self.own else wide
        title = _balanced(plain(title), whole, TITLE, bold=True)
        caption = _wrap(plain(caption), wide, SMALL)
        start = -(left - MARGIN) / wide if self.own else 0.0
        above = (0.16 if self.heading else 0.0) + top
        lines = 0
        if key:
            across = wide + left - MARGIN if self.own else wide
            handles = [
                Line2D([], [], **look, label="\n".join(_wrap(plain(label), across - 0.5, SMALL)))
                for label, look in key
            ]
            lines = _legend(ax, handles, start, above, across, self.height)
        pad = above + lines * 0.2 + 0.08
        ax.set_title("\n".join(title), loc="left", x=start, y=1.0, pad=72 * pad)
        if caption:
            ax.set_xlabel(
                "\n".join(caption), loc="left", labelpad=4, linespacing=1.25,
                fontsize=SMALL, color=GREY,
            )  # fmt: skip
        below = 0.3 + len(caption) * SMALL_LINE * 1.05
        if list_key:
            handles = [
                Patch(**look, label="\n".join(_wrap(plain(label), wide - 0.5, SMALL)))
                for label, look in list_key
            ]
            ax.legend(
                handles=handles, loc="upper left", borderaxespad=0, borderpad=0,
                bbox_to_anchor=(0, -below / self.height), handlelength=2.2, handleheight=1.1,
            )  # fmt: skip
            below += sum(0.17 + SMALL_LINE * one.get_label().count("\n") + 0.02 for one in handles)
        if self.own:
            above = pad + len(title) * TITLE_LINE + MARGIN
            high = above + self.height + below + MARGIN
            ax.figure.set_size_inches(self.width, high)
            ax.set_position(
                (
                    left / self.width,
                    (below + MARGIN) / high,
                    wide / self.width,
                    self.height / high,
                )
            )
        return ax


def _legend(ax, handles, start, above, wide, height) -> int:
    """Put a key above the rows, as many columns as fit, and tell how many lines it has."""
    labels = [one.get_label() for one in handles]
    widths = [max(_width(line, SMALL) for line in label.split("\n")) + 0.42 for label in labels]
    columns = len(handles) if sum(widths) < wide else max(1, int(wide / (max(widths) + 0.08)))
    columns = min(columns, len(handles))
    ax.legend(
        handles=handles, loc="lower left", ncols=columns, borderaxespad=0, borderpad=0.2,
        bbox_to_anchor=(start, 1 + (above + 0.02) / height), handlelength=1.6, columnspacing=1.4,
        handletextpad=0.5,
    )  # fmt: skip
    deep = max(label.count("\n") + 1 for label in labels)
    return math.ceil(len(handles) / columns) * deep


def _blank() -> Axes:
    """Make an Axes on a figure of its own, which no window and no list of figures holds."""
    from matplotlib.figure import Figure

    return Figure(dpi=100).add_subplot(axes_class=_own_axes())


@lru_cache(maxsize=1)
def _own_axes() -> type:
    from matplotlib.axes import Axes

    class FigureAxes(Axes):
        """Axes that a notebook shows as SVG, with its text beside it."""

        def _repr_mimebundle_(self, include=None, exclude=None) -> tuple[dict, dict]:
            told = alt_text(self)
            data = {"image/svg+xml": svg(self), "text/plain": told}
            return data, {"image/svg+xml": {"alt": told}}

    return FigureAxes


# --- marks ----------------------------------------------------------------------------------------


def stroke(ax, start, end, y, look) -> None:
    """Draw a line from start to end, below all marks."""
    ax.plot([start, end], [y, y], zorder=1, **look)


def dumbbell(ax, hollow, full, y) -> None:
    """Join a hollow mark (low, no) to a full one (high, yes)."""
    stroke(ax, hollow, full, y, {"color": RULE, "lw": 3, "solid_capstyle": "butt"})
    ax.plot([full], [y], **HIGH)
    ax.plot([hollow], [y], **LOW)


def beside(ax, first, second, y, texts) -> None:
    """Write at each end what it stands for, on the outer side."""
    for at, other, text, tie in ((first, second, texts[0], -1), (second, first, texts[1], 1)):
        note(ax, at, y, text, tie if at == other else 1 if at > other else -1)


def note(ax, x, y, text, side) -> None:
    """Write beside a mark, to its right (1) or left (-1)."""
    if not math.isfinite(x):
        return
    ax.annotate(
        text, (x, y), (6.5 * side, 0), textcoords="offset points", fontsize=SMALL, color=GREY,
        ha="left" if side > 0 else "right", va="center",
    )  # fmt: skip


def _offset(ax, x, y, text, points, *, ha, va) -> None:
    """Write beside the axes: x in their width, y in rows."""
    where = ax.get_yaxis_transform()
    ax.annotate(
        text, (x, y), (points, 0), xycoords=where, textcoords="offset points", fontsize=SMALL,
        color=GREY, ha=ha, va=va, linespacing=1.2, annotation_clip=False,
    )  # fmt: skip


# --- scales ---------------------------------------------------------------------------------------


def probability_scale(ax, values, now=None, *, room=0.0) -> None:
    """Scale an axis for probabilities, with room at both ends for numbers beside the marks."""
    from matplotlib.ticker import MaxNLocator

    values = [v for v in (*values, *([] if now is None else [now])) if math.isfinite(v)]
    low, high = min(values, default=0.0), max(values, default=1.0)
    middle, reach = (low + high) / 2, max(high - low, 0.01)
    whole = (low, high) == (0, 1)
    half = reach * (0.51 if whole else 0.55) / (1 - 2 * room)
    low, high = middle - half, middle + half
    ax.set_xlim(low, high)
    ax.xaxis.set_major_locator(MaxNLocator(6, steps=[1, 2, 2.5, 5, 10]))
    ax.xaxis.set_major_formatter(_as_percent)
    ax.grid(axis="x", color=PALE, lw=0.6)
    if now is not None:
        ax.axvline(now, **NOW, zorder=0.5)


def _as_percent(p: float, _=None) -> str:
    return f"{round(100 * p, 6):g}%" if -1e-9 <= p <= 1 + 1e-9 else ""


def finite_scale(ax, values, *, least) -> None:
    """Scale an axis to finite values, at least so wide, with a little room."""
    finite = [v for v in values if math.isfinite(v)] or [0.0]
    low, high = min(finite), max(finite)
    middle, reach = (low + high) / 2, max(high - low, least)
    ax.set_xlim(middle - 0.55 * reach, middle + 0.55 * reach)


def second_scale(ax) -> None:
    """Show decibans of odds as probabilities above the axes."""
    from matplotlib.ticker import FixedLocator, FuncFormatter

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
    above.xaxis.set_major_locator(FixedLocator([decibans_of(p) for p in kept]))
    above.xaxis.set_major_formatter(FuncFormatter(lambda x, _: _as_percent(_probability(x))))
    above.set_xlabel("Probability", loc="left", labelpad=2)
    above.spines["top"].set_color(RULE)


def decibans_of(p: float) -> float:
    """Give the log-odds in decibans, certainty at the end of the scale."""
    if math.isnan(p):
        return p
    return max(-MOST_DECIBANS, min(MOST_DECIBANS, float(logit(p)) * DECIBANS))


def _probability(decibans: float) -> float:
    return round(1 / (1 + 10 ** (-decibans / 10)), 9)


# --- text ---------------------------------------------------------------------------------------


def plain(text: Any, *, squeeze: bool = True) -> str:
    """Make one line of any text; what cannot be seen, such as control characters, is a space."""
    seen = "".join(c if c.isprintable() else " " for c in str(text))
    return " ".join(seen.split()) if squeeze else seen


def _wrap(text: str, inches: float, size: float, *, bold=False, squeeze=True) -> list[str]:
    """Break a line into lines that fit; a word that is too long is broken too."""
    if not squeeze:
        return [text]
    lines, line = [], ""
    for word in text.split():
        while _width(word, size, bold) > inches:
            fits = max(1, sum(_width(word[:n], size, bold) <= inches for n in range(1, len(word))))
            lines += [*([line] if line else []), word[:fits]]
            line, word = "", word[fits:]
        longer = f"{line} {word}".strip()
        if line and _width(longer, size, bold) > inches:
            lines.append(line)
            line = word
        else:
            line = longer
    return [*lines, line] if line or not lines else lines


def _balanced(text: str, inches: float, size: float, *, bold=False) -> list[str]:
    """Break a line into as few lines as fit, about equally long."""
    lines = _wrap(text, inches, size, bold=bold)
    while len(lines) > 1:
        inches *= 0.95
        narrower = _wrap(text, inches, size, bold=bold)
        if len(narrower) > len(lines) or max(_width(one, size, bold) for one in narrower) > inches:
            break
        lines = narrower
    return lines


@lru_cache(maxsize=4096)
def _width(text: str, size: float, bold: bool = False) -> float:
    """Measure a line, in inches."""
    from matplotlib.font_manager import FontProperties
    from matplotlib.textpath import text_to_path

    font = FontProperties(
        family=HOUSE["font.family"], size=size, weight="bold" if bold else "normal"
    )
    wide, _, _ = text_to_path.get_text_width_height_descent(text, font, ismath=False)
    return wide / 72
