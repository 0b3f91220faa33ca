"""Text of a case stays text: in HTML, and in Markdown as GitHub and Jupyter read it."""

import base64
import html as entities
import re
from datetime import date

import mistune
import pytest

from forecasting.errors import visible
from forecasting.tell.markup import (
    Fold,
    Heading,
    Listing,
    Markup,
    Paragraph,
    Picture,
    Section,
    Slide,
    address,
    escape_markdown,
    html,
    markdown,
    tell,
)
from forecasting.tell.table import Column, Link, Number, Stated, Strong, Table, plain

HOSTILE = [
    "<script>alert(1)</script>",
    "</script><img src=x onerror=alert(1)>",
    '"><svg onload=alert(1)>',
    "'; alert(1); '",
    "*bold* _it_ **b** __b__ `code` ~~gone~~",
    "[click](javascript:alert(1)) ![i](http://x.example/i.png) <http://x.example>",
    "http://x.example www.x.example a@x.example",
    "# title",
    "- item",
    "+ item",
    "1. item",
    "2) item",
    "> quoted",
    "=====",
    "a | b | c",
    "$\\undefined$ and $5m vs $10m and \\(x\\) and \\[y\\]",
    "&lt;b&gt; &#60; &amp;",
    "a\\*b",
    "line one\nline two\n\n    code",
    "snake_case and _edge_ and a__b",
    "abc" + "x" * 5_000,
]


def read_html(text):
    """Text that a browser shows, with every tag named."""
    return entities.unescape(re.sub(r"<[^>]*>", "", text))


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_html_shows_hostile_text_as_written_and_makes_no_element_of_it(text):
    page = html(Paragraph((Stated(text),)))
    assert re.findall(r"<(/?\w+)", page) == ["p", "bdi", "/bdi", "/p"]
    assert read_html(page) == text


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
@pytest.mark.parametrize("where", ["paragraph", "list", "cell"])
def test_markdown_shows_hostile_text_as_written_and_makes_no_element_of_it(text, where):
    """Mistune reads it, with all its extras: what comes out is a paragraph, a list or a cell."""
    item = {
        "paragraph": Paragraph((Stated(text),)),
        "list": Listing(((Stated(text),),)),
        "cell": table([text]),
    }[where]
    read = mistune.create_markdown(
        escape=False, plugins=["table", "strikethrough", "url", "task_lists", "footnotes", "math"]
    )
    page = read(markdown(item))
    known = {"p", "ul", "li", "table", "thead", "tbody", "tr", "th", "td", "strong", "/strong"}
    found = {tag.removeprefix("/") for tag in re.findall(r"<(/?\w+)", page)}
    assert found <= known
    assert page.count("<strong>") == (where == "cell")  # its caption
    assert " ".join(text.split()) in read_html(page)


@pytest.mark.parametrize(
    ("mark", "code"),
    [("\u202e", "\\u202e"), ("\u2066", "\\u2066"), ("\u200f", "\\u200f"), ("\x1b", "\\x1b")],
)
def test_marks_that_turn_text_around_are_shown_as_their_code(mark, code):
    assert visible(f"safe{mark}txt") == f"safe{code}txt"
    for item in (Paragraph((Stated(f"a{mark}b"),)), table([f"a{mark}b"])):
        assert mark not in html(item) + markdown(item)


def test_letters_of_other_scripts_and_joiners_stay():
    text = "שלום العربية می‌خواهم 👩‍🚀"
    assert visible(text) == text


def table(titles):
    columns = (Column("title", "What", stated=True), Column("p", "How much", "{:.0%}".format))
    records = tuple({"name": f"r{i}", "title": t, "p": 0.25} for i, t in enumerate(titles))
    return Table(columns, records, "things", "Some things", "name", "A note.")


def test_a_table_names_its_rows_and_heads_its_columns_and_rows():
    page = html(table(["one", "two"]))
    cells = '<th scope="row"><bdi>two</bdi></th><td data-label="How much">25%</td>'
    assert f'<tr id="things.r1">{cells}</tr>' in page
    assert page.count('scope="col"') == 2
    assert "<caption>Some things</caption>" in page


def test_a_table_as_markdown_is_read_as_the_same_table():
    page = mistune.create_markdown(escape=False, plugins=["table"])(markdown(table(["a | b", "c"])))
    cells = [entities.unescape(cell) for cell in re.findall(r"<t[dh][^>]*>(.*?)</t[dh]>", page)]
    assert cells == ["What", "How much", "a | b", "25%", "c", "25%"]


def test_a_number_in_a_sentence_leads_to_its_row():
    number = table(["one"]).number("r0", "p")
    assert number == Number("things", "r0", "p", "25%")
    assert 'href="#things.r0"' in html(Paragraph(("It is ", number)))


def test_a_cell_that_is_not_there_is_refused():
    with pytest.raises(KeyError, match="no row r9"):
        table(["one"]).number("r9", "p")
    with pytest.raises(KeyError, match="no column q"):
        table(["one"]).number("r0", "q")


def test_only_web_addresses_can_be_clicked_on():
    assert isinstance(address("https://example.org/a?b=c"), Link)
    for text in ("javascript:alert(1)", "data:text/html,x", "file:///x", 'https://x/"onclick="'):
        assert address(text) == Stated(text)
        assert "<a" not in html(Paragraph((address(text),)))


def test_links_lead_to_places_pages_and_files():
    links = (
        Link("row", "t.r"),
        Link("web", "https://example.org/"),
        Link("file", "a b.html", True),
    )
    page = html(Paragraph(links))
    assert re.findall(r'href="([^"]*)"', page) == ["#t.r", "https://example.org/", "a%20b.html"]


def test_a_picture_stands_in_the_page_and_in_markdown_with_its_words_beside_it():
    svg = '<svg role="img" aria-label="told"><path d="M0 0"/></svg>'
    picture = Picture(svg, 'a "quoted" | picture')
    assert html(picture) == f"<figure>{svg}</figure>"
    told, _, data = markdown(picture).partition("](")
    assert told == '![a "quoted" &#124; picture'
    content = data.removeprefix("data:image/svg+xml;base64,").removesuffix(")")
    assert base64.b64decode(content).decode() == svg


def test_the_narrow_picture_is_hidden_where_no_style_knows_it():
    page = html(Picture("<svg>wide</svg>", "told", "<svg>narrow</svg>"))
    assert '<div class="narrow" style="display:none"><svg>narrow</svg></div>' in page
    assert page.index("wide</svg>") < page.index("narrow</svg>")


def test_of_folds_of_a_group_one_is_open():
    page = html(Fold(("Why",), (Paragraph(("so",)),), group="why", open=True))
    assert page.startswith('<details class="told" name="why" open>\n<summary>Why</summary>')
    assert html(Fold(("Why",), ())).startswith("<details>")


def test_a_slide_has_a_title_of_its_own_in_every_form():
    slide = Slide(("One ", Stated("<b>")), (Paragraph(("so",)),))
    page = '<section class="slide">\n<h2>One <bdi>&lt;b&gt;</bdi></h2>\n<p>so</p>\n</section>'
    assert html(slide) == page
    assert markdown(slide) == "### One &#60;b&#62;\n\nso"


def test_a_section_gives_a_notebook_all_its_forms():
    table_ = table(["one"])
    fold = Fold(("More",), (table_,))
    section = Section((Heading(("Title",)), fold, Markup("<i>x</i>", "see the page")), {"a": 1})
    data, metadata = section._repr_mimebundle_()
    assert set(data) == {"text/html", "text/markdown", "text/plain"}
    assert metadata == {"forecast-report": {"a": 1}}
    assert "<h3>Title</h3>" in data["text/html"]
    assert "<i>x</i>" in data["text/html"]
    assert "see the page" in data["text/markdown"]
    assert '<table id="things"' in data["text/html"]


def test_spaces_between_parts_stay():
    parts = ("one ", Strong("two"), " ", Stated("three"), " four")
    assert markdown(Paragraph(parts)) == "one **two** three four"
    assert plain(parts) == "one two three four"


def test_names_with_underscores_stay_readable():
    assert escape_markdown("first_case.yaml") == "first_case.yaml"


def test_a_notebook_tells_sentences_lists_and_tables_without_names():
    """A table that no sentence quotes has neither caption nor ids, and a date is shown as a day."""
    columns = (Column("what", "What"), Column("day", "until"))
    shown = Table(columns, ({"what": "a < b", "day": date(2021, 9, 15)},))
    bundle, about = tell("So it is.", ["one", (Strong("two"), ".")], shown)._repr_mimebundle_()
    page = bundle["text/html"]
    page = page[page.index("</style>") + len("</style>") :]
    assert about == {}
    assert re.sub(r"\s*\n\s*", "", page) == (
        "<p>So it is.</p><ul><li>one</li><li><strong>two</strong>.</li></ul>"
        '<div class="table" role="region" tabindex="0" aria-label="What"><table><thead><tr>'
        '<th scope="col">What</th><th scope="col">until</th></tr></thead><tbody>'
        '<tr><th scope="row">a &lt; b</th><td data-label="until">2021-09-15</td></tr>'
        "</tbody></table></div>"
    )
    lines = ["So it is.", "", "- one", "- **two**.", "", "| What | until |", "| --- | --- |"]
    lines.append("| a &#60; b | 2021-09-15 |")
    assert bundle["text/markdown"] == bundle["text/plain"] == "\n".join(lines)
