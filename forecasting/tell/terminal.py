"""Blocks of lines and tables go in; text on a terminal comes out.

Text from files is text here, never markup, and stays on its line. The other half, HTML and
Markdown, is :mod:`forecasting.tell.markup`: both read the same :class:`Table`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from forecasting.errors import escape
from forecasting.tell.table import Part, Strong, Table, plain


@dataclass(frozen=True, slots=True)
class Line:
    """A line that stands out: ``bold``, ``bold red``, or ``dim`` as small print is."""

    text: str
    style: str


# What stands together, without a line between; a text is a line without style.
Block = tuple[str | Line | Table, ...]


def show(blocks: Iterable[Block], width: int | None = None) -> None:
    """Print blocks, with an empty line between them.

    All of it is printed at once at the end, so a reader gone early is met in one place, where the
    command ends.

    Parameters
    ----------
    blocks : iterable of Block
    width : int, optional
        In characters; by default that of the terminal.
    """
    from rich.console import Console
    from rich.text import Text

    console = Console(width=width, highlight=False, emoji=False, markup=False)
    console.begin_capture()
    for i, block in enumerate(blocks):
        if i:
            console.print()
        for item in block:
            if isinstance(item, Table):
                console.print(_grid(item))
            else:
                console.print(Text(escape(plain(item)), getattr(item, "style", "")))
    print(console.end_capture(), end="")


def _grid(table: Table):
    """Make a table without lines but one below its head, if it has any, and one above a sum."""
    from rich import box
    from rich import table as rich
    from rich.text import Text

    grid = rich.Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
    grid.show_header = any(column.heading for column in table.columns)
    for column in table.columns:
        grid.add_column(
            Text(column.heading),
            justify="right" if column.number else "left",
            no_wrap=column.whole,
            overflow="ellipsis" if column.whole else "fold",
            min_width=column.narrowest or None,
        )
    for record in table.records:
        if table.apart and record is table.records[-1]:
            grid.add_section()
        grid.add_row(*(Text.assemble(*map(_styled, c.cell(record))) for c in table.columns))
    return grid


def _styled(part: Part) -> tuple[str, str]:
    text = part if part == "\n" else escape(plain(part))
    return text, "bold" if isinstance(part, Strong) else ""
