"""Blocks of lines and tables go in; text on a terminal comes out.

Text from files is text here, never markup, and stays on its line. The other half, HTML and
Markdown, is :mod:`forecasting.tell.markup`: both read the same :class:`Table`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from forecasting.errors import escape
from forecasting.tell.table import Column, Part, Strong, Table, plain

if TYPE_CHECKING:
    from rich import table as rich
    from rich.console import Console
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
                    console.print(_grid(part, console))
            else:
                console.print(Text(escape(plain(item)), getattr(item, "style", "")))
    print(console.end_capture(), end="")


def _parts(table: Table, console: Console) -> Iterator[Table]:
    """Cut a table that does not fit, folded as far as may be; each part names the rows again."""
    first, *others = table.columns
    least, longest = _limits(table, first, console)
    needed = {column: _limits(table, column, console)[0] for column in others}
    if _across([least, *needed.values()]) > console.width:
        least = max(least, min(longest, console.width // 3))
        first = replace(first, narrowest=least)
    part = [first]
    for column in others:
        wide = [least, *(needed[one] for one in part[1:]), needed[column]]
        if len(part) > 1 and _across(wide) > console.width:
            yield replace(table, columns=tuple(part))
            part = [first]
        part.append(column)
    yield replace(table, columns=tuple(part))


def _across(widths: Sequence[int]) -> int:
    return sum(widths) + BETWEEN * (len(widths) - 1)


def _limits(table: Table, column: Column, console: Console) -> tuple[int, int]:
    """Say to how many characters a column may be folded, and how many it would take."""
    texts = (column.heading, *(_text(column, record) for record in table.records))
    sizes = [console.measure(text) for text in texts]
    longest = max(column.narrowest, *(size.maximum for size in sizes))
    word = min(WORD, max(size.minimum for size in sizes))
    return (longest if column.whole else max(column.narrowest, word)), longest


def _grid(table: Table, console: Console) -> rich.Table:
    """Make a table without lines but one below its head, if it has any, and one above a sum."""
    from rich import box
    from rich import table as rich
    from rich.text import Text

    limits = [_limits(table, column, console) for column in table.columns]
    widths = [longest for _, longest in limits]
    # Not left to rich, which takes from every column alike, be it a number or a word.
    while _across(widths) > console.width:
        left = [i for i, (least, _) in enumerate(limits) if widths[i] > least]
        if not left:
            break
        widths[max(left, key=widths.__getitem__)] -= 1
    grid = rich.Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
    grid.show_header = any(column.heading for column in table.columns)
    for column, wide in zip(table.columns, widths, strict=True):
        grid.add_column(
            Text(column.heading),
            justify="right" if column.number else "left",
            no_wrap=column.whole,
            overflow="ellipsis" if column.whole else "fold",
            width=wide,
        )
    for record in table.records:
        if table.apart and record is table.records[-1]:
            grid.add_section()
        grid.add_row(*(_text(column, record) for column in table.columns))
    return grid


def _text(column: Column, record: object) -> Text:
    from rich.text import Text

    return Text.assemble(*map(_styled, column.cell(record)))


def _styled(part: Part) -> tuple[str, str]:
    text = part if part == "\n" else escape(plain(part))
    return text, "bold" if isinstance(part, Strong) else ""
