"""The name of a table of figures goes in; its rows known on a day come out, with their source.

A table is a CSV file in a folder ``data`` beside the case, or in ``priors/data``. A sidecar of the
same name, in YAML, says where the figures come from and by which rule they were made.

Spreadsheets save CSV in many ways. What leaves no doubt is read: UTF-8, UTF-16 with a byte order
mark; commas, semicolons or tabs between values; yes and no, 1 and 0, true and false. The rest is
refused with its line and column.
"""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from functools import lru_cache
from itertools import compress, pairwise
from pathlib import Path

from forecasting.errors import InputError, refusal
from forecasting.file import document
from forecasting.file.records import ListOf, MapOf, Record, due, key
from forecasting.file.shipped import shipped
from forecasting.file.values import (
    MAX_TEXT,
    Choice,
    Day,
    DayReader,
    Months,
    Names,
    Reading,
    Text,
    parse_day,
)

MAX_ROWS = 100_000  # thirty years of months for every state of the world
MAX_BYTES = 20_000_000

SEPARATORS = ",;\t"
NOT_TEXT = "not UTF-8 text"

# How spreadsheets, R and pandas write that nothing is known, in lower case.
BLANK = ("", "na", "n/a", "n.a.", "nan")

WORDS = {"yes": 1, "true": 1, "no": 0, "false": 0}

# A whole number, also as 3.0 or 3,00; three zeros would leave open whether it is thousands.
WHOLE = re.compile(r"(\d{1,9})(?:([.,])0{1,2})?")


CONDITION = re.compile(r"\s*([^<>=!]+?)\s*(>=|<=|!=|=|>|<)\s*([^<>=!]+?)\s*")


@dataclass(frozen=True)
class Sidecar:
    """Where the figures of a table come from."""

    title: str = due("what one row is")
    source: str = due("whose figures they are, with the version")
    licence: str = due("under which terms, and how far that was checked")
    citation: str = due("what to cite")
    rule: str = due("how the rows were made from the publisher's own files")
    dated: str = due("the column that says from when on a row was known")
    every: str = due("how often there is news: month or year", Choice(("month", "year")))
    cut: Day = due("the last day the table speaks of")
    columns: Mapping[str, str] = due("what each column holds", MapOf(Text(), names=Text()))
    url: str | None = key("where the publisher offers the data")
    note: str | None = key("what to beware of")
    within: Mapping[str, float] = key(
        "columns that say how a case came out, each with the period it was followed",
        MapOf(Months(), names=Text()),
        default={},
    )
    question: Mapping[str, str] = key(
        "what each column that says how a case came out answers, in words",
        MapOf(Text(), names=Text()),
        default={},
    )
    topics: tuple[str, ...] = key("what it is about, in a few words", Names(Text()), default=())
    groups: tuple[str, ...] = key("columns that make groups", Names(Text()), default=())
    limits: tuple[str, ...] = key("known limits, a sentence each", ListOf(Text()), default=())
    unsettled: tuple[str, ...] = key(
        "columns that are empty, or NA, where it is not known yet",
        Names(Text()),
        default=(),
        name="open",
    )
    encoding: str | None = key(
        "cp1252, for a table that a spreadsheet of Western Windows saved", Choice(("cp1252",))
    )

    @property
    def outcomes(self) -> tuple[str, ...]:
        """Columns that it says tell how a case came out."""
        return tuple({**self.question, **self.within})

    @property
    def beware(self) -> str:
        """What to beware of, with the known limits."""
        return " ".join(filter(None, (self.note, *self.limits)))


@dataclass(frozen=True)
class Table:
    """Rows of figures and where they come from.

    Attributes
    ----------
    name : str
    rows : tuple of dict of str to str
        As written in the CSV file; what a column of ``open`` leaves open is empty.
    sidecar : Sidecar
    observed_until : datetime.date
        Last day the rows speak of: what had not happened by then is open, not absent.
    file : str
        The CSV file, for messages.
    lines : tuple of int
        Where each row begins in it; empty for a table that comes from no file.
    separator : str
        What stands between its values.
    """

    name: str
    rows: tuple[Mapping[str, str], ...] = field(repr=False, hash=False)
    sidecar: Sidecar = field(repr=False, hash=False)
    observed_until: date
    file: str = field(default="", compare=False)
    lines: tuple[int, ...] = field(default=(), repr=False, compare=False)
    separator: str = field(default=",", repr=False, compare=False)

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
            before = max(whole.toordinal() - 1, 1)  # the calendar begins with the year 1
            last = min(last, date.fromordinal(before))
        kept = self._kept(lambda row: self.known(row) <= last)
        rows = tuple(_open(row, last) for row in kept.rows)
        return replace(kept, rows=rows, observed_until=last)

    def settled(self, *columns: str) -> Table:
        """Leave out the rows that are open in one of these columns, where the sidecar allows it."""
        may_be = set(columns) & set(self.sidecar.unsettled)
        return self._kept(lambda row: all(row[column] for column in may_be)) if may_be else self

    def where(self, conditions: Sequence[str]) -> Table:
        """Keep the rows that meet all conditions, such as ``year>=1990`` or ``intensity=war``.

        Parameters
        ----------
        conditions : sequence of str
            A column, one of ``= != >= <= > <``, and a value. The last four compare numbers or
            dates; a year stands for all its days.

        Raises
        ------
        InputError
            If a condition cannot be read, or names no column.

        Examples
        --------
        >>> rows = load("ttp_deals").where(["year>=2008", "kind=Swat"]).rows
        >>> [row["year"] for row in rows]
        ['2008', '2009']
        """
        kept = self
        for condition in conditions:
            match = CONDITION.fullmatch(condition)
            if match is None:
                accepted = "a column, one of = != >= <= > <, and a value, such as year>=1990"
                raise refusal("not a condition", "", None, "where", condition, accepted)
            column, sign, value = match.groups()
            if column not in self.columns:
                problem, accepted = f"{self.name} has no such column", ", ".join(self.columns)
                raise refusal(problem, "", None, "where", column, accepted)
            try:
                kept = kept._kept(
                    lambda row, c=column, s=sign, v=value: _meets(row[c], s, v, self.separator)
                )
            except ValueError:
                problem = f"{column} is not compared by {sign} with {value}"
                accepted = "numbers or dates on both sides; = and != compare words"
                raise refusal(problem, "", None, "where", condition, accepted) from None
        return kept

    def _kept(self, keep: Callable[[Mapping[str, str]], object]) -> Table:
        kept = [keep(row) for row in self.rows]
        rows, lines = (tuple(compress(some, kept)) for some in (self.rows, self.lines))
        return replace(self, rows=rows, lines=lines)

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

    def cases(self, column: str) -> list[tuple[int, int]]:
        """Read how many cases of each row came out yes, and of how many.

        A row is one case, yes or no, unless a column ``of`` says for how many it stands.

        Raises
        ------
        InputError
            If a cell leaves that in doubt.

        Examples
        --------
        >>> load("ttp_deals").cases("six_months")[2:]
        [(1, 1), (0, 1), (0, 1), (0, 1)]
        """
        of = (self._whole(at, "of") if "of" in row else 1 for at, row in enumerate(self.rows))
        return [(self._whole(at, column, most), most) for at, most in enumerate(of)]

    def months(self, column: str) -> tuple[list[date], list[int]]:
        """Read the months, which must follow each other, and the count of each.

        Raises
        ------
        InputError
            If a month is missing or written twice, or a cell is not a count.
        """
        dated = self.sidecar.dated
        days = [parse_day(row[dated]).first for row in self.rows]
        for at, (day, after) in enumerate(pairwise(days), 1):
            due = (day.replace(day=1) + timedelta(days=31)).replace(day=1)
            if after.replace(day=1) != due:
                problem = "months must follow each other, each once"
                raise self._wrong(at, dated, problem, f"{due:%Y-%m}")
        return days, [self._whole(at, column) for at in range(len(days))]

    def spans(self) -> list[tuple[date, date | None, date | None]]:
        """Read when each case began, and between which days it came about; None where open.

        Raises
        ------
        InputError
            If a case has no beginning, half a span, or came about before it began.
        """
        found = []
        for at, row in enumerate(self.rows):
            try:
                start = parse_day(row["start"]).first
            except ValueError:
                raise self._wrong(at, "start", "not a date", DayReader.ACCEPTED) from None
            first, last = row["event_from"], row["event_to"]
            if bool(first) != bool(last):
                column = "event_to" if first else "event_from"
                raise self._wrong(at, column, "half a span", "both its ends, or neither while open")
            if not last:
                found.append((start, None, None))
                continue
            span = parse_day(first).first, parse_day(last).last
            if not max(start, span[0]) <= span[1]:
                raise self._wrong(at, "event_to", "ends before it begins", f"{start} or later")
            found.append((start, *span))
        return found

    def _whole(self, at: int, column: str, most: int | None = None) -> int:
        """Read a cell as a count; if it may be 1 at most, also as a yes or no."""
        text = self.rows[at][column].strip().lower()
        if most == 1 and text in WORDS:
            return WORDS[text]
        match = WHOLE.fullmatch(text)
        unclear = match is None or match[2] == self.separator == ","
        if not unclear and (most is None or int(match[1]) <= most):
            return int(match[1])
        problem = "neither yes nor no" if most == 1 else "not a count"
        accepted = "a whole number from 0 on, such as 12" if most is None else f"0 to {most}"
        if most == 1:
            accepted = "1 or 0, yes or no, true or false"
        if text not in BLANK:
            raise self._wrong(at, column, problem, accepted)
        others = sum(row[column].strip().lower() in BLANK for row in self.rows) - 1
        more = f", nor in {others} other row{'s' * (others > 1)}" if others else ""
        hint = f"if it is not known yet, 'open: {column}' in {self.name}.yaml leaves such rows out"
        raise self._wrong(at, column, f"nothing is stated here{more}", accepted, hint)

    def _wrong(self, at, column, problem, accepted, hint=None) -> InputError:
        return _refusal(
            self.file or self.name,
            self.lines[at] if self.lines else None,
            column, problem, self.rows[at][column].strip() or "an empty cell", accepted, hint,
        )  # fmt: skip


def _refusal(file, line, column, problem, found=None, accepted=None, hint=None) -> InputError:
    """Name the line and the column of what is wrong in a table."""
    place = ": ".join(part for part in (f"line {line}" if line else "", column) if part)
    return refusal(problem, str(file), None, place, found, accepted, hint)


def _meets(cell: str, sign: str, value: str, separator: str) -> bool:
    """Compare a cell with a value; raise ValueError if their order is not known.

    Where commas do not separate values, they stand for the points of decimal numbers.
    """
    if sign in ("=", "!="):
        return (cell.strip() == value) == (sign == "=")
    try:
        point = "," if separator == "," else "."
        first = last = float(cell.replace(",", point))
        start = end = float(value.replace(",", point))
    except ValueError:
        (first, last), (start, end) = (
            (day.first, day.last) for day in map(parse_day, (cell, value))
        )
    if sign in (">=", ">"):
        return first >= start if sign == ">=" else first > end
    return last <= end if sign == "<=" else last < start


def _open(row: Mapping[str, str], last: date) -> Mapping[str, str]:
    """Take an event out of a row if it was not known by the last day."""
    if row.get("event_to") and parse_day(row["event_to"]).last > last:
        return {**row, "event_from": "", "event_to": ""}
    return row


def folders(beside: Path | None = None) -> list[Path]:
    """List where tables are looked for: beside the case first, then the shipped ones."""
    own = [beside / "data"] if beside is not None else []
    return [folder for folder in (*own, shipped("data")) if folder.is_dir()]


def names(beside: Path | None = None) -> list[str]:
    """List the tables that a case in a folder can use."""
    return sorted({file.stem for folder in folders(beside) for file in folder.glob("*.csv")})


def load(name: str, beside: Path | None = None) -> Table:
    """Load a table and its sidecar.

    Parameters
    ----------
    name : str
        File name without its ending; or the path of a file, with it.
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
    if name.endswith(".csv"):
        paths, place = [Path(name)], None
    else:
        paths = [folder / f"{name}.csv" for folder in folders(beside)]
        place = f"in {' or '.join(str(path.parent) for path in paths)}"
    for path in paths:
        if path.is_file():
            return _load(path, *(_changed(one) for one in (path, path.with_suffix(".yaml"))))
    raise refusal("there is no table of this name", f"{name.removesuffix('.csv')}.csv", hint=place)


def _changed(path: Path) -> int | None:
    return path.stat().st_mtime_ns if path.is_file() else None


@lru_cache(maxsize=64)
def _load(path: Path, _changed: int, _sidecar_changed: int | None) -> Table:
    side = path.with_suffix(".yaml")
    if not side.is_file():
        hint = "it says source, licence, rule and cut; see those in priors/data"
        raise refusal("a table needs a sidecar", str(side), hint=hint)
    reading = Reading([])
    node = document.read(_text(side), str(side), problems=reading.problems)
    sidecar = Record(Sidecar).whole(node, reading)
    columns = list(sidecar.columns)
    text = _text(path, columns, sidecar.encoding)
    separator = _separator(text, columns)
    (_, header), *records = _records(text, separator, path) or [(1, [])]
    if wrong := _wrong_shape(header, records, sidecar):
        raise refusal(wrong, str(path))
    rows = [_row(path, line, values, sidecar) for line, values in records]
    lines = tuple(line for line, _ in records)
    return Table(path.stem, tuple(rows), sidecar, sidecar.cut.last, str(path), lines, separator)


def sheet(path: Path) -> tuple[list[tuple[int, list[str]]], tuple[str, ...]]:
    """Read the rows of a CSV file that has no sidecar, each with its line, the header first.

    Returns
    -------
    rows : list of (int, list of str)
    notes : tuple of str
        How it was read, where that leaves a doubt.

    Raises
    ------
    InputError
        If it is no table, or has too many rows.
    """
    notes = ()
    try:
        text = _text(path)
    except InputError as refused:
        if refused.problems[0].problem != NOT_TEXT or b"\0" in document.read_bytes(path, MAX_BYTES):
            raise
        text = _text(path, encoding="cp1252")
        notes = ("read as text of Western Windows (cp1252): look at letters with marks",)
    rows = _records(text, _separator(text, ()), path)
    if len(rows) > MAX_ROWS:
        raise refusal(f"a table has at most {MAX_ROWS:,} rows, this one {len(rows):,}", str(path))
    return rows, notes


def _text(path: Path, columns: Sequence[str] = (), encoding: str | None = None) -> str:
    """Read a text file whose encoding is beyond doubt; ``columns`` name the place of what is not.

    The encodings of Windows are in doubt: one byte stands for another letter in each of them. So
    one of them is read only where it is named.
    """
    data = document.read_bytes(path, MAX_BYTES)
    wide = data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    encoding = "utf-16" if wide else encoding or "utf-8-sig"
    try:
        text = data.decode(encoding)
        before, zero, _ = text.partition("\0")  # UTF-16 without a mark looks like this
        if not zero:
            return text
        byte = 0
    except UnicodeDecodeError as error:
        before = error.object[: error.start].decode(encoding)
        byte = error.object[error.start]
    line = max(before.count("\n"), before.count("\r")) + 1
    column = ""
    if columns:
        read = _records(before + "x", _separator(before, columns), path, strict=False)
        column = dict(enumerate(columns, 1)).get(len(read[-1][1]), "")
    raise _refusal(
        path, line, column, NOT_TEXT, f"byte 0x{byte:02x}",
        "a text file saved as UTF-8, or as UTF-16 with a byte order mark",
        "save it anew, as 'CSV UTF-8' in a spreadsheet; 'encoding: cp1252' in its sidecar reads "
        "what Western Windows saved",
    )  # fmt: skip


def _separator(text: str, columns: Sequence[str]) -> str:
    """Find what stands between the values of the header: what gives the columns that are due."""
    start = text[:MAX_TEXT]

    def header(separator):
        return next(csv.reader(io.StringIO(start, newline=""), delimiter=separator), [])

    return max(SEPARATORS, key=lambda one: (header(one) == columns, len(header(one))))


def _records(text: str, separator: str, path: Path, *, strict: bool = True):
    """Split text into lists of values, each with the line on which it begins.

    Rows without any value are what spreadsheets leave behind at the end.
    """
    records, line = [], 1
    limit = csv.field_size_limit(MAX_BYTES)  # longer cells are refused with their column
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=strict)
    try:
        for values in reader:
            if any(values):
                records.append((line, values))
            line = reader.line_num + 1
    except csv.Error as error:
        accepted = "quotation marks around a whole cell, and two for one inside"
        raise _refusal(path, line, "", "not a row of values", str(error), accepted) from None
    finally:
        csv.field_size_limit(limit)
    return records


def _wrong_shape(header: list[str], records, sidecar: Sidecar) -> str | None:
    """Say what is wrong with the shape of a table, if anything."""
    if not 0 < len(records) <= MAX_ROWS:
        return f"a table has 1 to {MAX_ROWS:,} rows, this one {len(records):,}"
    if header != list(sidecar.columns):
        return f"its columns are {', '.join(header)}; the sidecar has {', '.join(sidecar.columns)}"
    if sidecar.dated not in header:
        return f"the sidecar dates rows by {sidecar.dated}, which is no column"
    named = {
        "open": sidecar.unsettled, "within a period": sidecar.within,
        "what answers a question": sidecar.question, "what makes groups": sidecar.groups,
    }  # fmt: skip
    for called, columns in named.items():
        if strangers := [column for column in columns if column not in header]:
            return f"the sidecar calls {strangers[0]} {called}, which is no column"
    for line, values in records:
        if len(values) != len(header):
            return f"line {line} has more or fewer values than there are columns"
    return None


def _row(path: Path, line: int, values: list[str], sidecar: Sidecar) -> Mapping[str, str]:
    """Check the cells of a row for what every table must hold."""
    row = dict(zip(sidecar.columns, values, strict=True))
    if max(map(len, values)) > MAX_TEXT:
        column, text = next((at, text) for at, text in row.items() if len(text) > MAX_TEXT)
        accepted = f"at most {MAX_TEXT:,} characters"
        raise _refusal(path, line, column, "the text is too long", text, accepted)
    for column in sidecar.unsettled:
        if row[column].strip().lower() in BLANK:
            row[column] = ""
    for column in dict.fromkeys((sidecar.dated, "event_from", "event_to")):
        if row.get(column) or column == sidecar.dated:
            try:
                day = parse_day(row[column])
            except ValueError:
                problem = f"{column} is {row[column]!r}, not a date"
                hint = None if column == sidecar.dated else "nothing, where it is still open"
                raise _refusal(path, line, "", problem, None, DayReader.ACCEPTED, hint) from None
            if day.last > sidecar.cut.last:
                problem = f"{column} {day} is later than the cut, {sidecar.cut}"
                raise _refusal(path, line, "", problem)
    return row
