"""Paragraphs, tables and pictures go in; HTML and Markdown come out, in which text is only text.

Whatever a case file says is escaped here and in ``templates/items.html.j2``, and nowhere else: a
title that looks like a script, like Markdown or like a formula is shown as it was written. Marks
that would turn the direction of the text around them are shown as their code.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

from forecasting.errors import visible
from forecasting.tell.table import Link, Part, Stated, Strong, Table

if TYPE_CHECKING:
    from jinja2 import Template

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
class Paragraph:
    """Running text; ``kind`` says how it stands out: ``note`` is small, ``warning`` is framed."""

    parts: tuple[Part, ...]
    kind: str = ""


@dataclass(frozen=True, slots=True)
class Listing:
    """Several things, one below the other; ``names`` of theirs are for links to them."""

    items: tuple[tuple[Part, ...], ...]
    names: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Heading:
    """A title inside a section."""

    parts: tuple[Part, ...]


@dataclass(frozen=True)
class Picture:
    """A figure as one ``<svg>`` element, with the words for those who cannot see it.

    ``narrow`` is the same figure drawn for a phone, which a page shows there in its place.
    """

    svg: str = field(repr=False)
    alt: str
    narrow: str = field(default="", repr=False)


@dataclass(frozen=True)
class Fold:
    """What most readers skip, one click away.

    ``name`` is for links to it. Of folds of one ``group`` one is open at a time, at first that
    which is ``open``; on paper all are, for they are what is told and no annex of it.
    """

    summary: tuple[Part, ...]
    items: tuple[Item, ...]
    name: str = ""
    group: str = ""
    open: bool = False


@dataclass(frozen=True)
class Slide:
    """One message as a title, and what shows it, to fill a window."""

    title: tuple[Part, ...]
    items: tuple[Item, ...]


@dataclass(frozen=True)
class Markup:
    """HTML made by another module of this package, and what stands in its place without HTML."""

    source: str = field(repr=False)
    instead: str = ""


@dataclass(frozen=True)
class Section:
    """Items one below the other, as a notebook displays them; ``about`` travels as metadata."""

    items: tuple[Item, ...]
    about: Mapping[str, object] = field(default_factory=dict)

    def _repr_mimebundle_(self, include=None, exclude=None):
        text = markdown(self)
        data = {"text/html": html(self), "text/markdown": text, "text/plain": text}
        return data, ({"forecast-report": dict(self.about)} if self.about else {})


Item = Paragraph | Listing | Heading | Table | Picture | Fold | Slide | Markup | Section


def html(item: Item) -> str:
    """Give an item as HTML: the macro of its name in ``templates/items.html.j2``.

    Examples
    --------
    >>> html(Paragraph((Stated("1 < 2"), " holds.")))
    '<p><bdi>1 &lt; 2</bdi> holds.</p>'
    """
    return str(getattr(_template().module, type(item).__name__)(item))


@lru_cache(maxsize=1)
def _template() -> Template:
    import jinja2
    import markupsafe

    def leads(link: Link) -> str:
        """Write the attributes of a link: to a file, a web address, or a place of the page."""
        web = not link.file and WEB_ADDRESS.fullmatch(link.to)
        to = quote(link.to) if link.file else link.to if web else f"#{link.to}"
        rel = markupsafe.Markup(' rel="noopener noreferrer"' if web else "")
        return markupsafe.Markup('href="{}"{}').format(visible(to), rel)

    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).with_name("templates")),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        finalize=lambda text: text if hasattr(text, "__html__") else visible(str(text)),
    )
    environment.filters |= {
        "html": lambda item: markupsafe.Markup(html(item)),
        "kind": lambda part: type(part).__name__,
        "leads": leads,
    }
    return environment.get_template("items.html.j2")


def markdown(item: Item) -> str:
    """Give an item as Markdown.

    Examples
    --------
    >>> markdown(Listing((("one ", Strong("two")),)))
    '- one **two**'
    """
    match item:
        case Paragraph(parts, "warning"):
            return f"> **Warning.** {inline_markdown(parts)}"
        case Paragraph(parts):
            return _line_start(inline_markdown(parts))
        case Listing(items):
            return "\n".join(f"- {_line_start(inline_markdown(one))}" for one in items)
        case Heading(parts):
            return f"### {inline_markdown(parts)}"
        case Table():
            return _table_markdown(item)
        case Picture(svg=svg, alt=alt):
            data = base64.b64encode(svg.encode()).decode()
            return f"![{escape_markdown(alt)}](data:image/svg+xml;base64,{data})"
        case Fold(summary=summary, items=items):
            return "\n\n".join((f"**{inline_markdown(summary)}**", *map(markdown, items)))
        case Slide(title, items):
            return "\n\n".join((f"### {inline_markdown(title)}", *map(markdown, items)))
        case Markup(_, instead):
            return _line_start(escape_markdown(instead))
        case Section(items):
            return "\n\n".join(filter(None, map(markdown, items)))


def _table_markdown(table: Table) -> str:
    columns = table.filled().columns
    rows = [
        [escape_markdown(column.heading) or " " for column in columns],
        ["---:" if column.number else "---" for column in columns],
        *([inline_markdown(c.cell(record)) or " " for c in columns] for record in table.records),
    ]
    lines = "\n".join(f"| {' | '.join(row)} |" for row in rows)
    note = f"\n\n{_line_start(escape_markdown(table.note))}" if table.note else ""
    caption = f"**{escape_markdown(table.caption)}**\n\n" if table.caption else ""
    return f"{caption}{lines}{note}"


# What a notebook's own style does not do for tables and small print.
IN_NOTEBOOK = (
    "<style>div.table caption { text-align: left; font-weight: 600; padding: .3em 0 } "
    "div.table :is(th, td):not(.number) { text-align: left } "
    "div.table tbody th { font-weight: 400; min-width: 7em } "
    "div.table .number { text-align: right; white-space: nowrap }</style>"
)


def tell(*items: str | tuple[Part, ...] | list | Item) -> Section:
    """Put sentences, lists and tables one below the other, as a notebook shows them to a reader.

    A text or parts make a sentence, a list of either a list; any other item is shown as it is.

    Examples
    --------
    >>> print(markdown(tell(("It is ", Strong("likely"), "."), ["one", "two"])))
    It is **likely**.
    <BLANKLINE>
    - one
    - two
    """

    def parts(one: str | tuple[Part, ...]) -> tuple[Part, ...]:
        return (one,) if isinstance(one, str) else one

    def item(one: object) -> Item:
        if isinstance(one, list):
            return Listing(tuple(map(parts, one)))
        return Paragraph(parts(one)) if isinstance(one, str | tuple) else one

    return Section((Markup(IN_NOTEBOOK), *map(item, items)))


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


def inline_markdown(parts: Sequence[Part]) -> str:
    """Give parts of a sentence as Markdown."""
    return "".join(map(_part_markdown, parts))


def address(url: str) -> Part:
    """Make a web address something to click on; anything else stays text.

    Examples
    --------
    >>> address("https://example.org/a"), address("javascript:alert(1)")
    (Link(text='https://example.org/a', to='https://example.org/a', file=False),
     Stated(text='javascript:alert(1)'))
    """
    return Link(url, url) if WEB_ADDRESS.fullmatch(url) else Stated(url)


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
