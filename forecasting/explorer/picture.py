"""A network goes in; a still picture of its outcomes, as SVG, comes out."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape

from forecasting.answer.forecast import run
from forecasting.engine.network import Network
from forecasting.errors import visible
from forecasting.file.overlay import override
from forecasting.lexicon import percent

# Columns, in units of the drawing: titles end at TITLES, the scale runs from LEFT to RIGHT.
TITLES, LEFT, RIGHT, VALUES, WIDTH = 300, 316, 616, 660, 800
ROW, HEAD = 22, 56

BLUE, GREY = "#0072B2", "#767676"

_ROW = """\
<text x="{titles}" y="{text}" text-anchor="end">{title}</text>
<path d="M{low:.1f} {middle:.1f}h{width:.1f}" stroke="{blue}" stroke-width="6" opacity=".3"/>
<path d="M{prior:.1f} {top:.1f}v12" stroke="{grey}" stroke-width="2"/>
<circle cx="{posterior:.1f}" cy="{middle:.1f}" r="4.5" fill="{blue}"/>
<text x="{values}" y="{text}" text-anchor="end" font-weight="600">{percent}</text>
<text x="{words}" y="{text}">{word}</text>"""


def picture(network: Network, settings: Mapping | None = None) -> str:
    """Draw every outcome: tick for the prior, dot for the posterior, bar for the 90% band.

    Parameters
    ----------
    network : Network
    settings : dict, optional
        What was moved, as in the explorer.

    Returns
    -------
    str
        An ``svg`` element that takes the colour of the text around it.

    Examples
    --------
    >>> from forecasting.file.case import read
    >>> "20%" in picture(Network(read("{case: rain, events: {rain: {base_rate: 20%}}}")))
    True
    """
    settings = settings or {}
    case = (
        override(network.case, settings["overrides"]) if settings.get("overrides") else network.case
    )
    forecast = run(
        case,
        as_of=settings.get("as_of") or network.as_of,
        by=settings.get("by") or network.resolve_by,
        given=settings.get("given"),
        do=settings.get("do"),
    )
    rows = [row for row in forecast.event_rows if row.role == "outcome"] or forecast.event_rows
    title = visible(case.title or case.case)
    dates = (
        forecast.network.as_of
        and f"as of {forecast.network.as_of}, by {forecast.network.resolve_by}"
    )
    told = ", ".join(f"{row.title} {percent(row.posterior)}" for row in rows)
    grid = "".join(
        f'<path d="M{_x(p):.1f} {HEAD - 6}v{ROW * len(rows) + 6}" stroke="{GREY}" opacity=".25"/>'
        f'<text x="{_x(p):.1f}" y="{HEAD - 12}" text-anchor="middle" font-size="11">{p:.0%}</text>'
        for p in (0, 0.25, 0.5, 0.75, 1)
    )
    height = HEAD + ROW * len(rows) + 8
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" '
        f'role="img" aria-label="{escape(f"{title}: {told}")}" '
        'font-family="sans-serif" font-size="13" fill="currentColor" style="max-width:100%">'
        f'<text x="0" y="18" font-size="16" font-weight="600">{escape(title)}</text>'
        f'<text x="0" y="{HEAD - 12}" font-size="11">{dates or ""}</text>{grid}\n'
        + "\n".join(_row(row, HEAD + ROW * i) for i, row in enumerate(rows))
        + "\n</svg>"
    )


def _row(row, top: float) -> str:
    return _ROW.format(
        titles=TITLES,
        values=VALUES,
        words=VALUES + 10,
        title=escape(visible(row.title if len(row.title) <= 44 else f"{row.title[:43]}…")),
        percent=escape(percent(row.posterior)),
        word=escape(row.word),
        low=_x(row.low),
        width=_x(row.high) - _x(row.low),
        prior=_x(row.prior),
        posterior=_x(row.posterior),
        text=top + 15,
        top=top + 5,
        middle=top + 11,
        blue=BLUE,
        grey=GREY,
    )


def _x(p: float) -> float:
    return LEFT + (RIGHT - LEFT) * p
