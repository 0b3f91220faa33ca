"""An answer goes in; a table, JSON or CSV on standard output comes out, warnings beside it."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Callable, Iterable, Sequence

# Width of a table that does not go to a terminal: wide enough for the longest word and label.
PIPED_WIDTH = 130


def give(
    options, blocks: Iterable, columns=(), rows: Callable = tuple, content: Callable | None = None
) -> None:
    """Print an answer as tables, as JSON or as CSV; only what is asked for is computed.

    Columns are those of :func:`forecasting.answer.rows.cells`; `content` gives what JSON holds, if
    that is not the rows.
    """
    from forecasting.tell import terminal

    if options.format == "table":
        terminal.show(blocks, width())
    else:
        sys.stdout.write(as_text(options.format, columns, rows, content))


def as_text(
    form: str, columns: type | Sequence[str], rows: Callable, content: Callable | None = None
) -> str:
    """Give an answer as JSON, or as CSV with its header first."""
    import csv
    from io import StringIO

    from forecasting.answer.rows import cells, objects

    if form == "json":
        told = content() if content else objects(rows())
        return json.dumps(told, indent=2, allow_nan=False) + "\n"
    text = StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    for row in cells(columns, rows()):
        writer.writerow([_cell(value) if isinstance(value, str) else value for value in row])
    return text.getvalue()


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
