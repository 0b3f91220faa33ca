"""An answer goes in; a table, JSON or CSV on standard output comes out, warnings beside it."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Callable, Iterable, Sequence
from typing import TextIO

# Width of a table that does not go to a terminal: wide enough for the longest word and label.
PIPED_WIDTH = 130


def give(
    options, blocks: Iterable, columns=(), rows: Callable = tuple, content: Callable | None = None
) -> None:
    """Print an answer as tables, as JSON or as CSV; only what is asked for is computed.

    Columns are those of :func:`forecasting.answer.rows.cells`; `content` gives what JSON holds, if
    that is not the rows.
    """
    from forecasting.answer.rows import objects
    from forecasting.tell import terminal

    if options.format == "table":
        terminal.show(blocks, width())
    elif options.format == "json":
        print(json.dumps(content() if content else objects(rows()), indent=2, allow_nan=False))
    else:
        write_rows(sys.stdout, columns, rows())


def write_rows(file: TextIO, columns: type | Sequence[str], rows: Sequence) -> None:
    """Write rows as CSV, its header first."""
    import csv

    from forecasting.answer.rows import cells

    writer = csv.writer(file, lineterminator="\n")
    for row in cells(columns, rows):
        writer.writerow([_cell(value) if isinstance(value, str) else value for value in row])


def _cell(text: str) -> str:
    """Keep a spreadsheet from taking text for a formula, and text on its line."""
    from forecasting.errors import escape

    formula = text.startswith(("=", "+", "-", "@", "\t", "\r")) and text != "-inf"
    return f"'{escape(text)}" if formula else escape(text)


def width() -> int:
    """Find how many columns a table may have."""
    return shutil.get_terminal_size().columns if sys.stdout.isatty() else PIPED_WIDTH


def warn(warnings: Iterable) -> None:
    """Print warnings on standard error, those alike as one."""
    from forecasting.answer.check import together

    for warning in together(warnings):
        print(f"warning: {warning}", file=sys.stderr)
