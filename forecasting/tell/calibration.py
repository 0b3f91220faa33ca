"""A calibration curve goes in; its picture, a square for a page or a phone, comes out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from forecasting.lexicon import counted, percent
from forecasting.tell import sheet
from forecasting.tell.labels import alt
from forecasting.tell.sheet import house_style, plain, wrapped

if TYPE_CHECKING:
    from matplotlib.axes import Axes

# Inches: a square that is read at a glance, with its words below it.
WIDE = 5.2

# Points of the curve that the words beside the picture name.
MOST_NAMED = 6

CAPTION = (
    "Across: what was said. Up: how often yes came, of all that was said alike, made to rise with "
    "what was said. On the broken line every probability would have been right. Strokes at the "
    "top stand for answers that came out yes, at the bottom for those that came out no."
)


def curve(
    said: Sequence[float],
    came: Sequence[bool],
    p: Sequence[float],
    frequency: Sequence[float],
    *,
    title: str = "How often it came",
    width: float = WIDE,
) -> Axes:
    """Draw how often yes came against the probability that was said, on a figure of its own.

    ``said`` (0 to 1) and ``came`` hold one value an answer; ``p`` and ``frequency`` are the curve
    of :class:`forecasting.ledger.formulas.Corp`; ``width`` is in inches.

    Examples
    --------
    >>> ax = curve([0.2, 0.8], [False, True], [0.2, 0.8], [0.0, 1.0])
    >>> ax.alt_text
    'Calibration of 2 answers. 20% said, 0% came; 80% said, 100% came.'
    """
    side = width - 0.8
    with house_style():
        from matplotlib.figure import Figure
        from matplotlib.ticker import PercentFormatter

        figure = Figure(dpi=100, layout="constrained")
        ax = figure.add_subplot()
        ax.plot([0, 1], [0, 1], **sheet.NOW)
        ax.plot(p, frequency, color=sheet.BLUE, lw=1.2, zorder=2)
        ax.plot(p, frequency, **sheet.POSTERIOR | {"ms": 4.5, "mew": 0.6, "zorder": 3})
        for yes, at in ((True, 1.0), (False, 0.0)):
            there = [x for x, one in zip(said, came, strict=True) if bool(one) == yes]
            end = at + (0.035 if yes else -0.035)
            ax.vlines(there, at, end, color=sheet.INK, lw=0.7, clip_on=False)
        ax.set(xlim=(-0.02, 1.02), ylim=(-0.04, 1.04), aspect="equal")
        ax.grid(color=sheet.PALE, lw=0.6)
        for axis in (ax.xaxis, ax.yaxis):
            axis.set_major_formatter(PercentFormatter(1.0))
            axis.set_ticks([0, 0.25, 0.5, 0.75, 1])
        ax.tick_params(labelsize=sheet.SMALL, labelcolor=sheet.GREY, color=sheet.RULE, length=3)
        ax.spines[["right", "top"]].set_visible(False)
        small = {"fontsize": sheet.SMALL, "color": sheet.GREY}
        ax.set_ylabel("came", **small)
        room, place = width - 2 * sheet.MARGIN, {"x": sheet.MARGIN / width, "ha": "left"}
        lines = wrapped(CAPTION, room * 0.94, sheet.SMALL, even=False)
        ax.set_xlabel("said", **small)
        figure.supxlabel("\n".join(lines), **place, **small)
        head = wrapped(plain(title), room * 0.94, 11, "bold")
        figure.suptitle("\n".join(head), **place, fontsize=11, fontweight="bold")
        figure.set_size_inches(width, side + 0.2 * len(head) + sheet.BAR * len(lines) + 0.6)
    ax.alt_text = alt(f"Calibration of {counted(len(said), 'answer')}", _told(p, frequency))
    return ax


def _told(p: Sequence[float], frequency: Sequence[float]) -> list[str]:
    """Say where the curve runs: of many points some, the first and the last among them."""
    last, many = len(p) - 1, min(len(p), MOST_NAMED)
    places = [round(i * last / max(many - 1, 1)) for i in range(many)]
    return [f"{percent(p[i])} said, {percent(frequency[i])} came" for i in places]
