"""Paragraphs, tables and pictures go in; HTML and Markdown come out, in which text is only text.

Whatever a case file says is escaped here and nowhere else: a title that looks like a script, like
Markdown or like a formula is shown as it was written. Marks that would turn the direction of the
text around them are shown as their code. Every item has the same two methods, ``html`` and
``markdown``.
"""

from __future__ import annotations

import base64
import html
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import quote

from forecasting.errors import visible

# Characters that Markdown, GitHub's formulas and its automatic links give a meaning.
MARKDOWN = re.compile(
    r"[\\`*\[\]<>&|~$@]|(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])"
    r"|(?<=\bhttp):|(?<=\bhttps):|(?<=\bwww)\.",
    re.IGNORECASE,
)

# Signs that start a list, a title or a line at the beginning of a line.
LINE_START = re.compile(r"^(\s*)([#+\-=:]|\d+[.)])", re.M)

# Only such an address becomes something to click on.
WEB_ADDRESS = re.compile(r"https?://[^\s\"'<>\\]+")


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


Part = str | Stated | Strong | Number | Link


@dataclass(frozen=True, slots=True)
class Paragraph:
    """Running text; ``kind`` says how it stands out: ``note`` is small, ``warning`` is framed."""

    parts: tuple[Part, ...]
    kind: str = ""

    def html(self) -> str:
        css = f' class="{self.kind}"' if self.kind else ""
        return f"<p{css}>{inline_html(self.parts)}</p>"

    def markdown(self) -> str:
        text = inline_markdown(self.parts)
        return f"> **Warning.** {text}" if self.kind == "warning" else _line_start(text)


@dataclass(frozen=True, slots=True)
class Listing:
    """Several things, one below the other; ``names`` of theirs are for links to them."""

    items: tuple[tuple[Part, ...], ...]
    names: tuple[str, ...] = ()

    def html(self) -> str:
        ids = [f' id="{name}"' for name in self.names] or [""] * len(self.items)
        rows = zip(ids, self.items, strict=True)
        return "<ul>\n{}\n</ul>".format(
            "\n".join(f"<li{one}>{inline_html(item)}</li>" for one, item in rows)
        )

    def markdown(self) -> str:
        return "\n".join(f"- {_line_start(inline_markdown(item))}" for item in self.items)


@dataclass(frozen=True, slots=True)
class Heading:
    """A title inside a section."""

    parts: tuple[Part, ...]

    def html(self) -> str:
        return f"<h3>{inline_html(self.parts)}</h3>"

    def markdown(self) -> str:
        return f"### {inline_markdown(self.parts)}"


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table.

    Attributes
    ----------
    name : str
        The key of the record that it shows.
    heading : str
    show : callable
        Turns the value, unless it is None, into text or into parts of text.
    number : bool
        Set to the right.
    stated : bool
        Its text comes from the case file.
    """

    name: str
    heading: str
    show: Callable[[object], object] = lambda value: value
    number: bool = False
    stated: bool = False

    def cell(self, record: Mapping) -> tuple[Part, ...]:
        """Give what stands in a row."""
        value = record[self.name]
        content = "" if value is None else self.show(value)
        parts = content if isinstance(content, tuple) else (content,)
        parts = tuple(str(part) if isinstance(part, int | float) else part for part in parts)
        if self.stated:
            parts = tuple(Stated(part) if isinstance(part, str) else part for part in parts)
        return parts


@dataclass(frozen=True)
class Table:
    """Records in rows; each row has a name, by which a sentence refers to it.

    Attributes
    ----------
    name : str
        Letters, digits and hyphens.
    caption : str
    columns : tuple of Column
        The first one heads its row. One with nothing in any row is not shown.
    records : tuple of mapping
    key : str
        The entry of a record that names its row.
    note : str
        What the columns mean.
    hidden : tuple of Column
        Quoted in sentences and not shown.
    """

    name: str
    caption: str
    columns: tuple[Column, ...]
    records: tuple[Mapping, ...]
    key: str
    note: str = ""
    hidden: tuple[Column, ...] = field(default=(), repr=False)

    def row(self, record: Mapping) -> str:
        """Name the row of a record."""
        return str(record[self.key])

    def record(self, row: str) -> Mapping:
        """Find the record of a row.

        Raises
        ------
        KeyError
            If there is no such row.
        """
        for record in self.records:
            if self.row(record) == row:
                return record
        raise KeyError(f"{self.name} has no row {row}")

    def number(self, row: str, column: str) -> Number:
        """Quote a cell in a sentence, as it is shown in the table."""
        for one in (*self.columns, *self.hidden):
            if one.name == column:
                return Number(self.name, row, column, plain(one.cell(self.record(row))))
        raise KeyError(f"{self.name} has no column {column}")

    def _shown(self) -> list[Column]:
        first, *others = self.columns
        return [first, *(c for c in others if any(plain(c.cell(r)) for r in self.records))]

    def html(self) -> str:
        columns, rows = self._shown(), []
        sides = [' class="number"' if column.number else "" for column in columns]
        heads = "".join(
            f'<th scope="col"{side}>{_text(column.heading)}</th>'
            for side, column in zip(sides, columns, strict=True)
        )
        for record in self.records:
            first, *others = (inline_html(c.cell(record)).replace("\n", "<br>") for c in columns)
            cells = [f"<td{side}>{c}</td>" for side, c in zip(sides[1:], others, strict=True)]
            name = _text(f"{self.name}.{self.row(record)}")
            rows.append(f'<tr id="{name}"><th scope="row">{first}</th>{"".join(cells)}</tr>')
        caption = _text(self.caption)
        note = f'\n<p class="note">{_text(self.note)}</p>' if self.note else ""
        return (
            f'<div class="table" role="region" tabindex="0" aria-label="{caption}">\n'
            f'<table id="{self.name}">\n<caption>{caption}</caption>\n'
            f"<thead><tr>{heads}</tr></thead>\n"
            f"<tbody>\n{'\n'.join(rows)}\n</tbody>\n</table>\n</div>{note}"
        )

    def markdown(self) -> str:
        columns = self._shown()
        rows = [
            [escape_markdown(column.heading) or " " for column in columns],
            ["---:" if column.number else "---" for column in columns],
            *([inline_markdown(c.cell(record)) or " " for c in columns] for record in self.records),
        ]
        lines = "\n".join(f"| {' | '.join(row)} |" for row in rows)
        note = f"\n\n{_line_start(escape_markdown(self.note))}" if self.note else ""
        return f"**{escape_markdown(self.caption)}**\n\n{lines}{note}"


@dataclass(frozen=True)
class Picture:
    """A figure as one ``<svg>`` element, with the words for those who cannot see it."""

    svg: str = field(repr=False)
    alt: str

    def html(self) -> str:
        return f"<figure>{self.svg}</figure>"

    def markdown(self) -> str:
        data = base64.b64encode(self.svg.encode()).decode()
        return f"![{escape_markdown(self.alt)}](data:image/svg+xml;base64,{data})"


@dataclass(frozen=True)
class Fold:
    """What most readers skip, one click away."""

    summary: tuple[Part, ...]
    items: tuple[Item, ...]

    def html(self) -> str:
        inside = "\n".join(item.html() for item in self.items)
        return f"<details>\n<summary>{inline_html(self.summary)}</summary>\n{inside}\n</details>"

    def markdown(self) -> str:
        inside = (item.markdown() for item in self.items)
        return "\n\n".join((f"**{inline_markdown(self.summary)}**", *inside))


@dataclass(frozen=True)
class Markup:
    """HTML made by another module of this package, and what stands in its place without HTML."""

    source: str = field(repr=False)
    instead: str = ""

    def html(self) -> str:
        return self.source

    def markdown(self) -> str:
        return _line_start(escape_markdown(self.instead))


Item = Paragraph | Listing | Heading | Table | Picture | Fold | Markup


@dataclass(frozen=True)
class Section:
    """Items one below the other, as a notebook displays them; ``about`` travels as metadata."""

    items: tuple[Item, ...]
    about: Mapping[str, object] = field(default_factory=dict)

    def html(self) -> str:
        return "\n".join(item.html() for item in self.items)

    def markdown(self) -> str:
        return "\n\n".join(text for item in self.items if (text := item.markdown()))

    def _repr_mimebundle_(self, include=None, exclude=None):
        text = self.markdown()
        data = {"text/html": self.html(), "text/markdown": text, "text/plain": text}
        return data, ({"forecast-report": dict(self.about)} if self.about else {})


def tables(items: Sequence[Item]) -> dict[str, Table]:
    """Find all tables among items, also folded ones, by name."""
    found = {}
    for item in items:
        if isinstance(item, Table):
            found[item.name] = item
        elif isinstance(item, Fold):
            found |= tables(item.items)
    return found


def joined(rows: Sequence[Sequence[Part]], by: str = "\n") -> tuple[Part, ...]:
    """Put several runs of parts one after the other.

    Examples
    --------
    >>> joined([("a",), ("b", "c")], ", ")
    ('a', ', ', 'b', 'c')
    """
    return tuple(part for row in rows for part in (by, *row))[1:]


def escape_markdown(text: str) -> str:
    """Write text so that Markdown shows it as it is, on one line.

    Examples
    --------
    >>> print(escape_markdown("*bold* <b> $5m vs $10m"))
    &#42;bold&#42; &#60;b&#62; &#36;5m vs &#36;10m
    """
    line = " ".join(visible(text).split())
    return MARKDOWN.sub(lambda sign: f"&#{ord(sign[0])};", line)


def inline_html(parts: Sequence[Part]) -> str:
    """Give parts of a sentence as HTML."""
    return "".join(map(_part_html, parts))


def inline_markdown(parts: Sequence[Part]) -> str:
    """Give parts of a sentence as Markdown."""
    return "".join(map(_part_markdown, parts))


def plain(parts: Part | Sequence[Part]) -> str:
    """Give a part, or several, as bare text."""
    if isinstance(parts, tuple):
        return "".join(map(plain, parts))
    return parts.text if hasattr(parts, "text") else str(parts)


def address(url: str) -> Part:
    """Make a web address something to click on; anything else stays text.

    Examples
    --------
    >>> address("https://example.org/a"), address("javascript:alert(1)")
    (Link(text='https://example.org/a', to='https://example.org/a', file=False),
     Stated(text='javascript:alert(1)'))
    """
    return Link(url, url) if WEB_ADDRESS.fullmatch(url) else Stated(url)


def _text(text: str) -> str:
    return html.escape(visible(text))


def _part_html(part: Part) -> str:
    match part:
        case Stated(text):
            return f"<bdi>{_text(text)}</bdi>"
        case Strong(text):
            return f"<strong>{_text(text)}</strong>"
        case Number(table, row, column, text):
            place = _text(f"{table}.{row}")
            return f'<a class="number" href="#{place}" data-column="{column}">{_text(text)}</a>'
        case Link(text, to, file):
            inside = f"<bdi>{_text(text)}</bdi>"
            if file:
                return f'<a href="{_text(quote(to))}">{inside}</a>'
            if WEB_ADDRESS.fullmatch(to):
                return f'<a href="{_text(to)}" rel="noopener noreferrer">{inside}</a>'
            return f'<a href="#{_text(to)}">{inside}</a>'
    return _text(part)


def _part_markdown(part: Part) -> str:
    match part:
        case Strong(text):
            return f"**{escape_markdown(text)}**"
        case "\n":
            return "<br>"
        case str():
            # Spaces at the ends join parts and must stay.
            inside = escape_markdown(part)
            before, after = part[:1].isspace() and inside, part[-1:].isspace()
            return f"{' ' if before else ''}{inside}{' ' if after else ''}"
    return escape_markdown(part.text)


def _line_start(text: str) -> str:
    """Keep the beginning of a line from being read as the sign of a list or a title."""
    return LINE_START.sub(lambda m: f"{m[1]}{m[2][:-1]}&#{ord(m[2][-1])};", text)
