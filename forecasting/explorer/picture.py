"""A forecast goes in; a still picture of its outcomes, as SVG, comes out."""

from __future__ import annotations

from html import escape

from forecasting.answer.forecast import Forecast
from forecasting.errors import visible
from forecasting.lexicon import percent

# Columns, in units of the drawing: titles end at TITLES, the scale runs from LEFT to RIGHT.
TITLES, LEFT, RIGHT, VALUES, WIDTH = 300, 316, 616, 660, 800
ROW, HEAD = 22, 56
MOST = 44  # characters of a title

BLUE, GREY = "#0072B2", "#767676"


def picture(forecast: Forecast) -> str:
    """Draw every outcome: tick for the prior, dot for the posterior, bar for the 90% band.

    Returns
    -------
    str
        An ``svg`` element that takes the colour of the text around it.

    Examples
    --------
    >>> from forecasting.answer.forecast import run
    >>> from forecasting.file.case import read
    >>> "20%" in picture(run(read("{case: rain, events: {rain: {base_rate: 20%}}}")))
    True
    """
    network = forecast.network
    title = visible(network.case.title or network.case.case)
    dates = f"as of {network.as_of}, by {network.resolve_by}" if network.as_of else ""
    rows = [row for row in forecast.event_rows if row.role == "outcome"] or forecast.event_rows
    told = ", ".join(f"{row.title} {percent(row.posterior)}" for row in rows)
    high = ROW * len(rows)
    grid = "".join(
        f'<path d="M{_x(p):.1f} {HEAD - 6}v{high + 6}" stroke="{GREY}" opacity=".25"/>'
        f'<text x="{_x(p):.1f}" y="{HEAD - 12}" text-anchor="middle" font-size="11">{p:.0%}</text>'
        for p in (0, 0.25, 0.5, 0.75, 1)
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEAD + high + 8}" '
        f'width="{WIDTH}" role="img" aria-label="{escape(f"{title}: {told}")}" '
        'font-family="sans-serif" font-size="13" fill="currentColor" style="max-width:100%">'
        f'<text x="0" y="18" font-size="16" font-weight="600">{escape(title)}</text>'
        f'<text x="0" y="{HEAD - 12}" font-size="11">{dates}</text>{grid}\n'
        + "\n".join(_row(row, HEAD + ROW * i) for i, row in enumerate(rows))
        + "\n</svg>"
    )


def _row(row, top: float) -> str:
    title = row.title if len(row.title) <= MOST else f"{row.title[: MOST - 1]}…"
    text, middle = top + 15, top + 11
    return f"""\
<text x="{TITLES}" y="{text}" text-anchor="end">{escape(visible(title))}</text>
<path d="M{_x(row.low):.1f} {middle:.1f}h{_x(row.high) - _x(row.low):.1f}" stroke="{BLUE}" \
stroke-width="6" opacity=".3"/>
<path d="M{_x(row.prior):.1f} {top + 5:.1f}v12" stroke="{GREY}" stroke-width="2"/>
<circle cx="{_x(row.posterior):.1f}" cy="{middle:.1f}" r="4.5" fill="{BLUE}"/>
<text x="{VALUES}" y="{text}" text-anchor="end" font-weight="600">\
{escape(percent(row.posterior))}</text>
<text x="{VALUES + 10}" y="{text}">{escape(row.word)}</text>"""


def _x(p: float) -> float:
    return LEFT + (RIGHT - LEFT) * p
