"""Paragraphs, tables and pictures go in; HTML and Markdown come out, in which text is only text.

Whatever a case file says is escaped here and nowhere else: a title that looks like a script, like
Markdown or like a formula is shown as it was written. Marks that would turn the direction of the
text around them are shown as their code.
"""

from __future__ import annotations

import base64
import html
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import quote

# Characters that Markdown, GitHub's formulas and its automatic links give a meaning.
MARKDOWN = re.compile(
    r"[\\`*\[\]<>&|~$@]|(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])"
    r"|(?<=\bhttp):|(?<=\bhttps):|(?<=\bwww)\.",
    re.IGNORECASE,
)

# Signs that start a list, a title or a line at the beginning of a line.
LINE_START = re.compile(r"^(\s*)([#+\-=:]|\d+[.)])", re.M)

# Marks that change the direction of text without being seen. Joiners, which Persian and emoji need,
# are not among them.
UNSEEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]")

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
    """A number in a sentence, with the cell it was read from.

    Attributes
    ----------
    table, row, column : str
        The cell.
    text : str
        As shown there and here.
    """

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
        """Give the paragraph as HTML."""
        css = f' class="{self.kind}"' if self.kind else ""
        return f"<p{css}>{inline_html(self.parts)}</p>"

    def markdown(self) -> str:
        """Give the paragraph as Markdown."""
        text = inline_markdown(self.parts)
        return f"> **Warning.** {text}" if self.kind == "warning" else _line_start(text)


@dataclass(frozen=True, slots=True)
class Listing:
    """Several things, one below the other."""

    items: tuple[tuple[Part, ...], ...]
    names: tuple[str, ...] = ()  # of the items, for links to them

    def html(self) -> str:
        """Give the list as HTML."""
        ids = [f' id="{name}"' for name in self.names] or [""] * len(self.items)
        rows = (
            f"<li{one}>{inline_html(item)}</li>" for one, item in zip(ids, self.items, strict=True)
        )
        return f"<ul>\n{'\n'.join(rows)}\n</ul>"

    def markdown(self) -> str:
        """Give the list as Markdown."""
        return "\n".join(f"- {_line_start(inline_markdown(item))}" for item in self.items)


@dataclass(frozen=True, slots=True)
class Heading:
    """A title inside a section."""

    parts: tuple[Part, ...]
    name: str = ""

    def html(self) -> str:
        """Give the title as HTML."""
        name = f' id="{self.name}"' if self.name else ""
        return f"<h3{name}>{inline_html(self.parts)}</h3>"

    def markdown(self) -> str:
        """Give the title as Markdown."""
        return f"### {inline_markdown(self.parts)}"


def shown(value: object) -> object:
    """Show a cell as it is, and nothing where there is nothing."""
    return "" if value is None else value


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table.

    Attributes
    ----------
    name : str
        The attribute of the record (or the key of the mapping) that it shows.
    heading : str
    show : callable
        Turns the value into text, or into parts of text.
    number : bool
        Set to the right.
    stated : bool
        Its text comes from the case file.
    """

    name: str
    heading: str
    show: Callable[[object], object] = shown
    number: bool = False
    stated: bool = False


@dataclass(frozen=True)
class Table:
    """Records in rows; each row has a name, by which a sentence refers to it.

    Attributes
    ----------
    name : str
        Letters, digits and hyphens.
    caption : str
    columns : tuple of Column
        The first one heads its row.
    records : tuple of dataclass instances or mappings
    key : callable
        Gives the name of a record's row.
    note : str
        What the columns mean.
    """

    name: str
    caption: str
    columns: tuple[Column, ...]
    records: tuple[object, ...]
    key: Callable[[object], str]
    note: str = ""
    hidden: tuple[Column, ...] = field(default=(), repr=False)

    def record(self, row: str) -> object:
        """Find the record of a row.

        Raises
        ------
        KeyError
            If there is no such row.
        """
        for record in self.records:
            if self.key(record) == row:
                return record
        raise KeyError(f"{self.name} has no row {row}")

    def text(self, row: str, column: str) -> str:
        """Give a cell as it is shown."""
        for one in (*self.columns, *self.hidden):
            if one.name == column:
                return plain(one.show(value(self.record(row), column)))
        raise KeyError(f"{self.name} has no column {column}")

    def number(self, row: str, column: str) -> Number:
        """Quote a cell in a sentence."""
        return Number(self.name, row, column, self.text(row, column))

    def place(self, row: str) -> str:
        """Name a row for links to it."""
        return f"{self.name}.{row}"

    def html(self) -> str:
        """Give the table as HTML."""
        head = "".join(
            f'<th scope="col"{_side(column)}>{_text(column.heading)}</th>'
            for column in self.columns
        )
        rows = []
        for record in self.records:
            first, *others = self.columns
            cells = [f'<th scope="row">{_cell_html(first, record)}</th>']
            cells += [f"<td{_side(column)}>{_cell_html(column, record)}</td>" for column in others]
            rows.append(f'<tr id="{_text(self.place(self.key(record)))}">{"".join(cells)}</tr>')
        caption = _text(self.caption)
        note = f'\n<p class="note">{_text(self.note)}</p>' if self.note else ""
        return (
            f'<div class="table" role="region" tabindex="0" aria-label="{caption}">\n'
            f'<table id="{self.name}">\n<caption>{caption}</caption>\n'
            f"<thead><tr>{head}</tr></thead>\n"
            f"<tbody>\n{'\n'.join(rows)}\n</tbody>\n</table>\n</div>{note}"
        )

    def markdown(self) -> str:
        """Give the table as Markdown (pipes, as GitHub reads them)."""
        heads = " | ".join(escape_markdown(column.heading) or " " for column in self.columns)
        rules = " | ".join("---:" if column.number else "---" for column in self.columns)
        rows = [
            " | ".join(_cell_markdown(column, record) for column in self.columns)
            for record in self.records
        ]
        lines = "\n".join(f"| {row} |" for row in (heads, rules, *rows))
        note = f"\n\n{_line_start(escape_markdown(self.note))}" if self.note else ""
        return f"**{escape_markdown(self.caption)}**\n\n{lines}{note}"


@dataclass(frozen=True)
class Picture:
    """A figure as SVG, with the words for those who cannot see it.

    It is shown as an image: its own names cannot clash with those of another figure, and nothing
    in it can run.
    """

    name: str
    svg: str = field(repr=False)
    alt: str
    caption: str = ""

    @property
    def address(self) -> str:
        """The picture itself as a data address."""
        return f"data:image/svg+xml;base64,{base64.b64encode(self.svg.encode()).decode()}"

    def html(self) -> str:
        """Give the picture as HTML."""
        caption = f"\n<figcaption>{_text(self.caption)}</figcaption>" if self.caption else ""
        return (
            f'<figure id="{self.name}">\n'
            f'<img alt="{_text(self.alt)}" src="{self.address}">{caption}\n</figure>'
        )

    def markdown(self) -> str:
        """Give the picture as Markdown."""
        caption = f"\n\n{_line_start(escape_markdown(self.caption))}" if self.caption else ""
        return f"![{escape_markdown(self.alt)}]({self.address}){caption}"


@dataclass(frozen=True)
class Fold:
    """What most readers skip, one click away."""

    summary: tuple[Part, ...]
    items: tuple[Item, ...]

    def html(self) -> str:
        """Give it as HTML."""
        inside = "\n".join(item.html() for item in self.items)
        return f"<details>\n<summary>{inline_html(self.summary)}</summary>\n{inside}\n</details>"

    def markdown(self) -> str:
        """Give it as Markdown."""
        return "\n\n".join(
            (f"**{inline_markdown(self.summary)}**", *(item.markdown() for item in self.items))
        )


@dataclass(frozen=True)
class Markup:
    """HTML made by another module of this package, which has escaped what it shows."""

    source: str = field(repr=False)
    instead: str = ""  # what stands in its place where there is no HTML

    def html(self) -> str:
        """Give it as it is."""
        return self.source

    def markdown(self) -> str:
        """Give what stands in its place."""
        return _line_start(escape_markdown(self.instead))


Item = Paragraph | Listing | Heading | Table | Picture | Fold | Markup


@dataclass(frozen=True)
class Section:
    """Items one below the other, as a notebook displays them."""

    items: tuple[Item, ...]
    about: Mapping[str, object] = field(default_factory=dict)

    def html(self) -> str:
        """Give the section as HTML."""
        return "\n".join(item.html() for item in self.items)

    def markdown(self) -> str:
        """Give the section as Markdown."""
        return "\n\n".join(text for item in self.items if (text := item.markdown()))

    def _repr_mimebundle_(self, include=None, exclude=None):
        """Let a notebook show it; ``about`` travels with it as metadata."""
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


def value(record: object, column: str) -> object:
    """Read a value from a record or a mapping."""
    return record[column] if isinstance(record, Mapping) else getattr(record, column)


def visible(text: str) -> str:
    r"""Write out marks that act on text without being seen.

    Examples
    --------
    >>> visible("a\u202eb")
    'a\\u202eb'
    """
    return UNSEEN.sub(lambda mark: mark[0].encode("unicode_escape").decode(), text)


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
    return "".join(_part_html(part) for part in parts)


def inline_markdown(parts: Sequence[Part]) -> str:
    """Give parts of a sentence as Markdown."""
    return "".join(_part_markdown(part) for part in parts)


def plain(parts: object) -> str:
    """Give a part, or several, as bare text."""
    if isinstance(parts, tuple):
        return "".join(plain(part) for part in parts)
    return parts.text if hasattr(parts, "text") else str(parts)


def address(url: str) -> Part:
    """Make a web address something to click on; anything else stays text.

    Examples
    --------
    >>> address("https://example.org/a"), address("javascript:alert(1)")
    (Link(text='https://example.org/a', to='https://example.org/a'),
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
        case str() if part.isspace():
            return " "
        case str():
            # Spaces at the ends join parts and must stay.
            inside = escape_markdown(part)
            before, after = part[:1].isspace() and inside, part[-1:].isspace()
            return f"{' ' if before else ''}{inside}{' ' if after else ''}"
    return escape_markdown(part.text)


def _line_start(text: str) -> str:
    """Keep the beginning of a line from being read as the sign of a list or a title."""
    return LINE_START.sub(lambda m: f"{m[1]}{m[2][:-1]}&#{ord(m[2][-1])};", text)


def _side(column: Column) -> str:
    return ' class="number"' if column.number else ""


def _cell(column: Column, record: object) -> tuple[Part, ...]:
    content = column.show(value(record, column.name))
    parts = content if isinstance(content, tuple) else (content,)
    if column.stated:
        parts = tuple(Stated(part) if isinstance(part, str) else part for part in parts)
    return tuple(part if not isinstance(part, (int, float)) else str(part) for part in parts)


def _cell_html(column: Column, record: object) -> str:
    return inline_html(_cell(column, record)).replace("\n", "<br>")


def _cell_markdown(column: Column, record: object) -> str:
    return inline_markdown(_cell(column, record)) or " "
