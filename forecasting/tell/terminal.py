"""Blocks of lines and tables go in; text on a terminal comes out.

Text from files is text here, never markup, and stays on its line. The other half, HTML and
Markdown, is :mod:`forecasting.tell.markup`: both read the same :class:`Table`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from forecasting.errors import escape
from forecasting.tell.table import Column, Part, Strong, Table, plain

if TYPE_CHECKING:
    from rich import table as rich
    from rich.console import Console, ConsoleOptions
    from rich.text import Text

# Characters between two columns, and those of a word that is not broken.
BETWEEN, WORD = 3, 20


@dataclass(frozen=True, slots=True)
class Line:
    """A line that stands out: ``bold``, ``bold red``, or ``dim`` as small print is."""

    text: str
    style: str


# What stands together, without a line between; a text is a line without style.
Block = tuple[str | Line | Table, ...]


def show(blocks: Iterable[Block], width: int | None = None) -> None:
    """Print blocks, with an empty line between them, as wide as the terminal or ``width``.

    All of it is printed at once at the end, so a reader gone early is met in one place, where the
    command ends.
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
                for j, part in enumerate(_parts(item, console)):
                    if j:
                        console.print()
                    console.print(_grid(item, part, console))
            else:
                console.print(Text(escape(plain(item)), getattr(item, "style", "")))
    print(console.end_capture(), end="")


class _Laid(NamedTuple):
    """A column as it is laid out.

    Attributes
    ----------
    column : Column
    cells : list of Text
    least, longest : int
        To how many characters it may be folded, and how many it would take.
    """

    column: Column
    cells: list[Text]
    least: int
    longest: int


def _laid(table: Table, column: Column, console: Console, options: ConsoleOptions) -> _Laid:
    cells = [_text(column, record) for record in table.records]
    sizes = [console.measure(text, options=options) for text in (column.heading, *cells)]
    longest = max(column.narrowest, *(size.maximum for size in sizes))
    word = min(WORD, max(size.minimum for size in sizes))
    least = longest if column.whole else max(column.narrowest, word)
    return _Laid(column, cells, least, longest)


def _parts(table: Table, console: Console) -> Iterator[list[_Laid]]:
    """Cut a table that does not fit, folded as far as may be; each part names the rows again."""
    options = console.options  # of which each measure would ask the terminal again
    first, *others = (_laid(table, column, console, options) for column in table.columns)
    if _across([one.least for one in (first, *others)]) > console.width:
        first = first._replace(least=max(first.least, min(first.longest, console.width // 3)))
    part = [first]
    for one in others:
        if len(part) > 1 and _across([other.least for other in (*part, one)]) > console.width:
            yield part
            part = [first]
        part.append(one)
    yield part


def _across(widths: Sequence[int]) -> int:
    return sum(widths) + BETWEEN * (len(widths) - 1)


def _grid(table: Table, part: Sequence[_Laid], console: Console) -> rich.Table:
    """Make a table without lines but one below its head, if it has any, and one above a sum."""
    from rich import box
    from rich import table as rich
    from rich.text import Text

    widths = [one.longest for one in part]
    # Not left to rich, which takes from every column alike, be it a number or a word.
    while _across(widths) > console.width:
        left = [i for i, one in enumerate(part) if widths[i] > one.least]
        if not left:
            break
        widths[max(left, key=widths.__getitem__)] -= 1
    grid = rich.Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
    grid.show_header = any(one.column.heading for one in part)
    for (column, *_), wide in zip(part, widths, strict=True):
        grid.add_column(
            Text(column.heading),
            justify="right" if column.number else "left",
            no_wrap=column.whole,
            overflow="ellipsis" if column.whole else "fold",
            width=wide,
        )
    for i, record in enumerate(table.records):
        if table.apart and record is table.records[-1]:
            grid.add_section()
        grid.add_row(*(one.cells[i] for one in part))
    return grid


def _text(column: Column, record: object) -> Text:
    from rich.text import Text

    return Text.assemble(*map(_styled, column.cell(record)))


def _styled(part: Part) -> tuple[str, str]:
    text = part if part == "\n" else escape(plain(part))
    return text, "bold" if isinstance(part, Strong) else ""
