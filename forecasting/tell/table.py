"""Rows of an answer go in; a table comes out whose cells, headings and note every medium shows.

A terminal (:mod:`forecasting.tell.terminal`) and a page (:mod:`forecasting.tell.markup`) read the
same records, and a sentence quotes their cells. How a field is shown stands on the record of the
row, as its type (:data:`forecasting.lexicon.Chance` and its like).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import get_args

from forecasting.answer.rows import kinds


@dataclass(frozen=True, slots=True)
class Stated:
    """Text that a case file states: shown, never interpreted."""

    text: str


@dataclass(frozen=True, slots=True)
class Strong:
    """A few words that matter most."""

    text: str


@dataclass(frozen=True, slots=True)
class Number:
    """A number in a sentence, with the row and column of the table it was read from."""

    table: str
    row: str
    column: str
    text: str


@dataclass(frozen=True, slots=True)
class Link:
    """Words that lead to another place of the same report, to a web address, or to a file."""

    text: str
    to: str
    file: bool = False


@dataclass(frozen=True, slots=True)
class Bar:
    """A small picture in a line: strokes on a scale from 0 to 1, each of a kind, from and to.

    The kind says what a stroke looks like: ``now``, ``band``, ``range``, ``median``, ``before``,
    ``up`` or ``down``; see ``templates/items.html.j2``. ``text`` says the same in words.
    """

    strokes: tuple[tuple[str, float, float], ...]
    text: str


Part = str | Stated | Strong | Number | Link | Bar


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table.

    Attributes
    ----------
    name : str
        The field, or the key, of the record that it shows.
    heading : str
    show : callable
        Turns the value, unless it is None or a part of text already, into text or parts of text.
    number : bool
        Set to the right.
    stated : bool
        Its text comes from the case file.
    whole : bool
        Its cells stay on one line, where a terminal would fold them.
    narrowest : int
        A terminal folds it to no less than so many characters.
    """

    name: str
    heading: str
    show: Callable[[object], object] = lambda value: value
    number: bool = False
    stated: bool = False
    whole: bool = False
    narrowest: int = 0

    def cell(self, record: object) -> tuple[Part, ...]:
        """Give what stands in a row: of a record, or of a mapping, which need not have it."""
        has = isinstance(record, Mapping)
        value = record.get(self.name) if has else getattr(record, self.name)
        shown = value is None or isinstance(value, Stated | Strong | Link | Bar)
        content = (value or "") if shown else self.show(value)
        parts = content if isinstance(content, tuple) else (content,)
        parts = tuple(str(part) if isinstance(part, int | float | date) else part for part in parts)
        if self.stated:
            parts = tuple(Stated(part) if isinstance(part, str) else part for part in parts)
        return parts


@dataclass(frozen=True)
class Table:
    """Records in rows; each row has a name, by which a sentence refers to it.

    Attributes
    ----------
    columns : tuple of Column
        The first one heads its row.
    records : tuple
        Mappings, or rows of an answer.
    name : str
        Letters, digits and hyphens.
    caption : str
    key : str
        The field of a record that names its row; empty if no sentence quotes the table.
    note : str
        What the columns mean.
    hidden : tuple of Column
        Quoted in sentences and not shown.
    apart : bool
        A line is drawn above the last row, such as that of a sum.
    """

    columns: tuple[Column, ...]
    records: tuple[object, ...]
    name: str = ""
    caption: str = ""
    key: str = ""
    note: str = ""
    hidden: tuple[Column, ...] = field(default=(), repr=False)
    apart: bool = False

    def row(self, record: object) -> str:
        """Name the row of a record."""
        return plain(Column(self.key, "").cell(record))

    @property
    def grouped(self) -> bool:
        """Whether some of its rows are heads."""
        return any(map(self.is_head, self.records))

    def is_head(self, record: object) -> bool:
        """Tell whether a row does nothing but name those below it: a mapping says so by "head"."""
        return isinstance(record, Mapping) and bool(record.get("head"))

    def record(self, row: str) -> object:
        """Find the record of a row; a KeyError names one that is not there."""
        for record in self.records:
            if self.row(record) == row:
                return record
        raise KeyError(f"{self.name} has no row {row}")

    def number(self, row: str, column: str) -> Number:
        """Quote a cell in a sentence, as it is shown; a KeyError names what is not there."""
        for one in (*self.columns, *self.hidden):
            if one.name == column:
                return Number(self.name, row, column, plain(one.cell(self.record(row))))
        raise KeyError(f"{self.name} has no column {column}")

    def filled(self) -> Table:
        """Leave out the columns, except the first, with nothing in any row."""
        first, *others = self.columns
        held = (c for c in others if any(plain(c.cell(record)) for record in self.records))
        return replace(self, columns=(first, *held))


def columns(record: type, /, **headings: str) -> tuple[Column, ...]:
    """Make columns of some fields of a dataclass, each with what stands above it, in this order.

    The type of a field, or of a property, says how it is shown; without a form a number is shown as
    it is.

    Examples
    --------
    >>> from forecasting.answer.watch import FindingRow
    >>> title, chance = columns(FindingRow, title="Look out for", probability="seen with")
    >>> title.number, chance.number, chance.show(0.0312)
    (False, True, '3.1%')
    """
    types = kinds(record, headings)
    found = []
    for name, heading in headings.items():
        each = (types[name], *get_args(types[name]))  # of what may be None, each kind it may be
        shown = [form for kind in each for form in getattr(kind, "__metadata__", ())]
        number = bool(shown) or float in each
        found.append(Column(name, heading, *shown, number=number, whole=number))
    return tuple(found)


def figure(name: str, heading: str, show: Callable[[object], object] = str) -> Column:
    """Make a column of numbers that no field of a record holds as they are shown."""
    return Column(name, heading, show, number=True, whole=True)


def plain(parts: Part | tuple[Part, ...]) -> str:
    """Give a part, or several, as bare text."""
    if isinstance(parts, tuple):
        return "".join(map(plain, parts))
    return parts.text if hasattr(parts, "text") else str(parts)
