"""A forecast goes in; a still picture of its outcomes, as SVG, comes out."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape

from forecasting.answer.forecast import EventRow, Forecast
from forecasting.errors import visible
from forecasting.lexicon import percent
from forecasting.tell.groups import Group, groups, row_label

# Columns, in units of the drawing: titles end at TITLES, the scale runs from LEFT to RIGHT.
TITLES, LEFT, RIGHT, VALUES, WIDTH = 300, 316, 616, 660, 800
ROW, HEAD = 22, 56
MOST, WIDEST = 44, 68  # characters of a title, and of what is told of an amount

BLUE, GREY = "#0072B2", "#767676"


def picture(forecast: Forecast) -> str:
    """Draw every outcome: tick for the prior, dot for the posterior, bar for the 90% band.

    Where an outcome has states, or cuts, they stand below its name; a quantity is told beside it.

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
    found = groups(forecast, "outcome") or groups(forecast)
    told = ", ".join(_in_words(forecast, group) for group in found)
    # Among others an event without states is named as those with states are.
    bold = not all(group.record.is_yes_no for group in found)
    rows = [row for group in found for row in _rows(forecast, group, bold)]
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
        + "\n".join(_row(*row, HEAD + ROW * i) for i, row in enumerate(rows))
        + "\n</svg>"
    )


def _rows(forecast: Forecast, group: Group, bold: bool) -> Iterator[tuple]:
    """Give of each row its name, whether that is bold, and the row or what it says."""
    whole = group.record.is_yes_no
    if not whole:
        yield group.title, True, group.amount
    for row in group.rows:
        yield row_label(forecast.case, row.event), bold and whole, row


def _in_words(forecast: Forecast, group: Group) -> str:
    told = [group.amount] if group.points else []
    told += [f"{row_label(forecast.case, r.event)} {percent(r.posterior)}" for r in group.rows]
    return f"{'' if group.record.is_yes_no else f'{group.title}: '}{', '.join(told)}"


def _row(title: str, bold: bool, row: EventRow | str, top: float) -> str:
    title = title if len(title) <= MOST else f"{title[: MOST - 1]}…"
    weight = ' font-weight="600"' if bold else ""
    text, middle = top + 15, top + 11
    name = (
        f'<text x="{TITLES}" y="{text}" text-anchor="end"{weight}>{escape(visible(title))}</text>'
    )
    if isinstance(row, str):
        told = row if len(row) <= WIDEST else f"{row[: WIDEST - 1]}…"
        told = f'\n<text x="{LEFT}" y="{text}">{escape(visible(told))}</text>' if told else ""
        return f"{name}{told}"
    return f"""\
{name}
<path d="M{_x(row.low):.1f} {middle:.1f}h{_x(row.high) - _x(row.low):.1f}" stroke="{BLUE}" \
stroke-width="6" opacity=".3"/>
<path d="M{_x(row.prior):.1f} {top + 5:.1f}v12" stroke="{GREY}" stroke-width="2"/>
<circle cx="{_x(row.posterior):.1f}" cy="{middle:.1f}" r="4.5" fill="{BLUE}"/>
<text x="{VALUES}" y="{text}" text-anchor="end" font-weight="600">\
{escape(percent(row.posterior))}</text>
<text x="{VALUES + 10}" y="{text}">{escape(row.word)}</text>"""


def _x(p: float) -> float:
    return LEFT + (RIGHT - LEFT) * p
