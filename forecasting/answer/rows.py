"""Rows of one kind go in; what a DataFrame, JSON or CSV holds of them comes out.

A row is a record whose fields are its columns. Numbers that follow from others are columns too if
the record lists them as ``derived``.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import fields
from datetime import date
from functools import cached_property
from typing import TYPE_CHECKING, get_type_hints

if TYPE_CHECKING:
    import pandas as pd

# In the docstring of a record: the section of its fields, some fields with what they mean, and
# marks that are for a page of documentation.
SECTION = re.compile(r"^Attributes\n-+\n(.*?)(?:\n\n|\Z)", re.MULTILINE | re.DOTALL)
ENTRY = re.compile(r"^(\w[\w, ]*) : .*\n((?:    .*(?:\n|\Z))+)", re.MULTILINE)
MARK = re.compile(r":\w+:`~?(?:[\w.]*\.)?([^`]*)`|``([^`]*)``")


def names(record: type) -> tuple[str, ...]:
    """List the columns of a kind of row.

    Examples
    --------
    >>> from forecasting.answer.explain import WeightRow
    >>> names(WeightRow)[-3:]
    ('ceiling', 'grade_cost', 'sharing_cost')
    """
    return (*(field.name for field in fields(record)), *getattr(record, "derived", ()))


def kinds(record: type, columns: Iterable[str]) -> dict[str, object]:
    """Give the types of columns, fields or properties, with how each is shown.

    Examples
    --------
    >>> from forecasting.answer.explain import WeightRow
    >>> kinds(WeightRow, ["kind"])
    {'kind': <class 'str'>}
    """
    known = get_type_hints(record, include_extras=True)
    for name in set(columns) - known.keys():
        known[name] = get_type_hints(getattr(record, name).fget, include_extras=True)["return"]
    return {name: known[name] for name in columns}


def meanings(record: type) -> dict[str, str]:
    """Give what fields and properties mean, by the docstrings of a record and of its properties.

    Of the keys of a case it is what the schema of its file says.

    Examples
    --------
    >>> from forecasting.answer.explain import WeightRow
    >>> meanings(WeightRow)["decibans"]
    'From `before` to `after`; the rows of an outcome sum to the way from prior to posterior.'
    """
    found: dict[str, str] = {}
    for kind in reversed(record.__mro__):
        worked_out = (property, cached_property)
        own = {name: x.__doc__ for name, x in vars(kind).items() if isinstance(x, worked_out)}
        found |= {name: text.partition("\n\n")[0] for name, text in own.items() if text}
        section = SECTION.search(inspect.cleandoc(kind.__doc__ or ""))
        for listed, text in ENTRY.findall(section[1] if section else ""):
            # What is said of several, in their order, says of which.
            text = f"{listed}: {text}" if "," in listed else text
            found |= dict.fromkeys(listed.split(", "), text)
    found |= {one.name: one.metadata["doc"] for one in fields(record) if "doc" in one.metadata}
    return {
        name: " ".join(MARK.sub(lambda mark: f"`{mark[1] or mark[2]}`", text).split())
        for name, text in found.items()
    }


def tidy(record: type, rows: Sequence[object]) -> pd.DataFrame:
    """Make rows of one kind a table: one row each, one column a field."""
    import pandas as pd

    columns = names(record)
    return pd.DataFrame([[getattr(row, name) for name in columns] for row in rows], columns=columns)


def frame(record: type, rows: str, what: str) -> property:
    """Make the property of an answer that gives some of its rows, an attribute, as a table.

    Examples
    --------
    >>> from forecasting.answer.when import WhenRow
    >>> frame(WhenRow, "rows", "days").__doc__
    'Table of days: event, title, level, by, until.'
    """

    def table(answer) -> pd.DataFrame:
        return tidy(record, getattr(answer, rows))

    return property(table, doc=f"Table of {what}: {', '.join(names(record))}.")


def objects(rows: Sequence[object]) -> list[dict]:
    """Turn rows into what JSON prints."""
    return [{name: as_written(getattr(row, name)) for name in names(type(row))} for row in rows]


def cells(columns: type | Sequence[str], rows: Sequence[object]) -> Iterator[tuple]:
    """Turn rows into those of a CSV file, its header first.

    Parameters
    ----------
    columns : type or sequence of str
        The kind of row; or the names of columns, of which a mapping need not have all.
    rows : sequence of records or of mappings
    """
    columns = names(columns) if isinstance(columns, type) else columns
    yield tuple(columns)
    for row in rows:
        held = row if isinstance(row, Mapping) else {name: getattr(row, name) for name in columns}
        values = (as_written(held.get(name, "")) for name in columns)
        yield tuple("; ".join(map(str, x)) if isinstance(x, list) else x for x in values)


def as_written(value) -> object:
    """Turn a cell into what JSON and CSV can hold.

    Dates become text, what is not known (NaN) nothing, and infinities the texts "inf" and "-inf".

    Examples
    --------
    >>> [as_written(x) for x in (0.5, float("nan"), float("-inf"), date(2021, 9, 15))]
    [0.5, None, '-inf', '2021-09-15']
    """
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, float) and not abs(value) < float("inf"):
        return None if value != value else str(value)
    return list(value) if isinstance(value, tuple) else value
