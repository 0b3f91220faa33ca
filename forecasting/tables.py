"""The name of a table of figures goes in; its rows known on a day come out, with their source.

A table is a CSV file in a folder ``data`` beside the case, or in ``priors/data``. A sidecar of the
same name, in YAML, says where the figures come from and by which rule they were made.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from functools import lru_cache
from pathlib import Path

from forecasting import document
from forecasting.errors import InputError, Problem
from forecasting.format import Choice, Day, DayReader, MapOf, Reading, Record, Text, key, parse_day

MAX_ROWS = 20_000


@dataclass(frozen=True)
class Sidecar:
    """Where the figures of a table come from."""

    title: str = key(Text(), "what one row is")
    source: str = key(Text(), "whose figures they are, with the version")
    licence: str = key(Text(), "under which terms, and how far that was checked")
    citation: str = key(Text(), "what to cite")
    rule: str = key(Text(), "how the rows were made from the publisher's own files")
    dated: str = key(Text(), "the column that says from when on a row was known")
    every: str = key(Choice(("month", "year")), "how often there is news: month or year")
    cut: Day = key(DayReader(), "the last day the table speaks of")
    columns: Mapping[str, str] = key(MapOf(Text(), names=Text()), "what each column holds")
    url: str | None = key(Text(), "where the publisher offers the data", default=None)
    note: str | None = key(Text(), "what to beware of", default=None)


@dataclass(frozen=True)
class Table:
    """Rows of figures and where they come from.

    Attributes
    ----------
    name : str
    rows : tuple of dict of str to str
        As written in the CSV file.
    sidecar : Sidecar
    observed_until : datetime.date
        Last day the rows speak of: what had not happened by then is open, not absent.
    """

    name: str
    rows: tuple[Mapping[str, str], ...] = field(repr=False, hash=False)
    sidecar: Sidecar = field(repr=False, hash=False)
    observed_until: date

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of the columns, in the order of the sidecar."""
        return tuple(self.sidecar.columns)

    def known(self, row: Mapping[str, str]) -> date:
        """Find the day from which a row was known."""
        return parse_day(row[self.sidecar.dated]).last

    def until(self, as_of: date | None) -> Table:
        """Keep what was known on a day: later rows go, and later events become open.

        What is reported by the month (or year) counts from the end of the last whole one.

        Examples
        --------
        >>> table = load("peace_after_rebel_victory")
        >>> early = table.until(date(1996, 6, 30))
        >>> early.observed_until, max(early.known(row) for row in early.rows).year
        (datetime.date(1995, 12, 31), 1994)
        """
        last = self.observed_until
        if as_of is not None:
            start = as_of + timedelta(days=1)
            whole = (
                start.replace(day=1) if self.sidecar.every == "month" else date(start.year, 1, 1)
            )
            last = min(last, whole - timedelta(days=1))
        rows = [_open(row, last) for row in self.rows if self.known(row) <= last]
        return replace(self, rows=tuple(rows), observed_until=last)

    def refuse_later(self, as_of: date | None) -> None:
        """Refuse rows that were not known on a day: a forecast must not learn from them.

        Raises
        ------
        ValueError
            If there is one; the first is named.
        """
        if as_of is None:
            return
        for row in self.rows:
            event = row.get("event_to")
            day = max(self.known(row), parse_day(event).last if event else date.min)
            if day > as_of:
                raise ValueError(
                    f"hindsight: a row of {self.name} is dated {day}, after {as_of}; cut the table "
                    "with until(as_of)"
                )


def _open(row: Mapping[str, str], last: date) -> Mapping[str, str]:
    """Take an event out of a row if it was not known by the last day."""
    if row.get("event_to") and parse_day(row["event_to"]).last > last:
        return {**row, "event_from": "", "event_to": ""}
    return row


def shipped(folder: str) -> Path:
    """Find a shipped folder: under priors/ in a checkout, in the package when installed."""
    package = Path(__file__).parent
    beside = package.parent / "priors" / folder
    return beside if beside.is_dir() else package / folder


def folders(beside: Path | None = None) -> list[Path]:
    """List where tables are looked for: beside the case first, then the shipped ones."""
    own = [beside / "data"] if beside is not None else []
    return [folder for folder in (*own, shipped("data")) if folder.is_dir()]


def names(beside: Path | None = None) -> list[str]:
    """List the tables that a case in a folder can use."""
    found = {path.stem for folder in folders(beside) for path in folder.glob("*.csv")}
    return sorted(found)


def load(name: str, beside: Path | None = None) -> Table:
    """Load a table and its sidecar.

    Parameters
    ----------
    name : str
        File name without its ending.
    beside : pathlib.Path, optional
        Folder of the case; its own ``data`` comes first.

    Raises
    ------
    InputError
        If a file is missing or does not hold what it should.

    Examples
    --------
    >>> load("ttp_deaths_monthly").sidecar.every
    'month'
    """
    for folder in folders(beside):
        path = folder / f"{name}.csv"
        if path.is_file():
            return _load(path, path.stat().st_mtime_ns)
    places = " or ".join(str(folder) for folder in folders(beside))
    raise InputError(Problem("there is no table of this name", f"{name}.csv", hint=f"in {places}"))


@lru_cache(maxsize=64)
def _load(path: Path, _changed: int) -> Table:
    side = path.with_suffix(".yaml")
    if not side.is_file():
        hint = "it says source, licence, rule and cut; see those in priors/data"
        raise InputError(Problem("a table needs a sidecar", str(side), hint=hint))
    reading = Reading([])
    _, node = document.read_file(side, problems=reading.problems)
    sidecar = Record(Sidecar).read(node, "", reading)
    if reading.problems:
        raise InputError(reading.problems)
    rows = list(csv.DictReader(io.StringIO(path.read_text(encoding="utf-8-sig"))))
    wrong = _wrong(rows, sidecar)
    if wrong:
        raise InputError(Problem(wrong, str(path)))
    return Table(path.stem, tuple(rows), sidecar, sidecar.cut.last)


def _wrong(rows, sidecar: Sidecar) -> str | None:
    """Say what is wrong with the rows of a table, if anything."""
    if not 0 < len(rows) <= MAX_ROWS:
        return f"a table has 1 to {MAX_ROWS:,} rows, this one {len(rows):,}"
    if list(rows[0]) != list(sidecar.columns):
        return f"its columns are {', '.join(map(str, rows[0]))}; the sidecar has " + ", ".join(
            sidecar.columns
        )
    if sidecar.dated not in sidecar.columns:
        return f"the sidecar dates rows by {sidecar.dated}, which is no column"
    for number, row in enumerate(rows, 2):
        if None in row or None in row.values():
            return f"line {number} has more or fewer values than there are columns"
        for column in {sidecar.dated, "event_from", "event_to"} & set(row):
            if row[column] or column == sidecar.dated:
                try:
                    day = parse_day(row[column])
                except ValueError:
                    return f"line {number}: {column} is {row[column]!r}, not a date"
                if day.last > sidecar.cut.last:
                    return f"line {number}: {column} {day} is later than the cut, {sidecar.cut}"
    return None
