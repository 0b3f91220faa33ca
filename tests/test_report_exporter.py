"""A page stands alone: nothing is loaded, no script runs but the explorer's, text stays text."""

import base64
import hashlib
import json
import os
import re
import subprocess
import sys
import tomllib
from importlib import import_module
from pathlib import Path

import nbformat
import pytest

from forecasting.file.case import read
from forecasting.report.exporter import (
    ReportExporter,
    SlidesExporter,
    css_string,
    index,
    json_island,
    markdown,
)

ROOT = Path(__file__).resolve().parents[1]
HOSTILE = '</title></style></script><script>alert(1)</script>"\\'


def output(data, **metadata):
    return nbformat.v4.new_output("display_data", data=data, metadata=metadata)


@pytest.fixture
def book():
    told = {"title": HOSTILE, "date": HOSTILE, "carried": {"claim": HOSTILE}}
    cells = [
        nbformat.v4.new_markdown_cell(
            "# Notebook\n\nfor the notebook", metadata={"tags": ["notebook-only"]}
        ),
        nbformat.v4.new_code_cell(
            "show('<b>')",
            outputs=[output({"text/html": "<p>shown</p>"}, **{"forecast-report": told})],
        ),
        nbformat.v4.new_markdown_cell("## <b>Second</b>\n\nsome *words* <i>", id="second"),
        nbformat.v4.new_code_cell(
            "x",
            outputs=[
                nbformat.v4.new_output("stream", name="stdout", text="<s>\x1b[31mred\x1b[0m"),
                output({"image/png": "QUJD"}, alt='a "b"'),
                output({"image/svg+xml": "<svg/>"}),
                output({"text/markdown": "**md**"}),
                output({"text/plain": "<plain>"}),
            ],
        ),
    ]
    return nbformat.v4.new_notebook(cells=cells)


@pytest.fixture(params=[ReportExporter, SlidesExporter], ids=["page", "slides"])
def page(request, book):
    return request.param().from_notebook_node(book)[0]


def test_hostile_titles_and_code_make_no_element(page):
    assert "<script>" not in page
    turns = page.count('<script type="module">')  # that of the slides
    assert page.count("<script") == page.count('<script type="application/json"') + turns
    assert page.count("</title>") == page.count("</script>") - turns == 1
    assert page.count("</style>") == 2
    assert "show(&#39;&lt;b&gt;&#39;)" in page


def test_the_policy_forbids_loading_and_running_anything(page):
    (policy,) = re.findall(r'Content-Security-Policy" content="([^"]*)"', page)
    assert policy.startswith("default-src &#39;none&#39;")
    own = re.findall(r'<script type="module">(.*?)</script>', page, re.S)
    digests = [base64.b64encode(hashlib.sha256(one.encode()).digest()).decode() for one in own]
    allowed = " ".join(f"&#39;sha256-{one}&#39;" for one in digests) or "&#39;none&#39;"
    assert f"script-src {allowed};" in policy
    assert not re.findall(r'(?:src|href)="(?!#|data:)', page)
    assert "@import" not in page
    assert "url(" not in page


def test_each_kind_of_output_is_shown(page):
    for shown in (
        "<p>shown</p>",
        "&lt;s&gt;red",
        'alt="a &#34;b&#34;" src="data:image/png;base64,QUJD"',
        f'src="data:image/svg+xml;base64,{base64.b64encode(b"<svg/>").decode()}"',
        "<strong>md</strong>",
        "&lt;plain&gt;",
        "some <em>words</em> &lt;i&gt;",
    ):
        assert shown in page


def test_the_page_has_contents_sections_and_code_one_click_away(book):
    page, _ = ReportExporter().from_notebook_node(
        nbformat.from_dict(book | {"cells": [*book.cells, nbformat.v4.new_markdown_cell("## C")]})
    )
    assert '<li><a href="#second">&lt;b&gt;Second&lt;/b&gt;</a></li>' in page
    assert '<section id="second">' in page
    assert '<details class="code"><summary>Code</summary><pre><code>x</code></pre>' in page
    assert "for the notebook" not in page


def test_what_the_page_carries_is_read_back_as_it_was(page):
    (island,) = re.findall(r'id="forecast-report">(.*?)</script>', page, flags=re.DOTALL)
    assert json.loads(island) == {"claim": HOSTILE}
    assert json.loads(json_island("\u2028<")) == "\u2028<"


def test_only_scripts_of_the_explorer_may_run(book):
    script = "export default 1"
    html = f'<script type="module">{script}</script>'
    live = nbformat.v4.new_code_cell(
        "e", metadata={"tags": ["live"]}, outputs=[output({"text/html": html})]
    )
    other = nbformat.v4.new_code_cell("e", outputs=[output({"text/html": html.replace("1", "2")})])
    book.cells += [live, other]
    page, _ = ReportExporter().from_notebook_node(book)
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    assert re.findall(r"sha256-([^&]*)&#39;", page) == [digest]


def test_slides_are_what_cells_of_their_own_show_and_no_page_shows_them(book):
    shown = '<section class="slide">\n<h2>One</h2>\n</section>'
    cell = nbformat.v4.new_code_cell(
        "slides()", metadata={"tags": ["slides"]}, outputs=[output({"text/html": shown})]
    )
    book.cells.append(cell)
    slides, _ = SlidesExporter().from_notebook_node(book)
    assert slides.count('<section class="slide"') == 1
    assert shown in slides
    assert "some <em>words</em>" not in slides
    for other in (ReportExporter().from_notebook_node(book)[0], markdown(book)):
        assert "slides()" not in other
        assert 'class="slide"' not in other


def test_css_strings_cannot_end_their_string_or_the_style_sheet():
    assert css_string('a"b\\c</style>\n') == r'"a\22 b\5c c\3c /style>\a "'


def test_markdown_has_titles_words_and_what_was_shown_and_no_code(book):
    text = markdown(book)
    assert text.startswith("# &#60;/title&#62;")
    assert "\n## <b>Second</b>\n\nsome *words* <i>" in text  # our own Markdown, as it is
    assert "\n**md**\n\n    <plain>\n" in text
    assert "show(" not in text


def test_the_index_leads_to_every_report():
    case = read(
        "{case: rain, title: <b>Rain, about: '$5 & more', events: {rain: {base_rate: 20%}}}"
    )
    page = index([(case, "a rain.html")])
    assert '<a href="a%20rain.html"><bdi>&lt;b&gt;Rain</bdi></a>' in page
    assert "$5 &amp; more" in page


# --- the entry points -----------------------------------------------------------------------------

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
ENTRIES = PROJECT["entry-points"]["nbconvert.exporters"]


def test_the_names_for_nbconvert_lead_to_the_exporters():
    found = {
        name: getattr(import_module(place.partition(":")[0]), place.partition(":")[2])
        for name, place in ENTRIES.items()
    }
    assert found == {"forecast-report": ReportExporter, "forecast-slides": SlidesExporter}


def test_plain_nbconvert_makes_the_same_page(book, tmp_path):
    """Run as installed: the entry points of pyproject.toml, read from a folder on the path."""
    about = tmp_path / "as_installed-1.dist-info"
    about.mkdir()
    lines = "\n".join(f"{name} = {place}" for name, place in ENTRIES.items())
    (about / "entry_points.txt").write_text(f"[nbconvert.exporters]\n{lines}\n", encoding="utf-8")
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: as-installed\nVersion: 1\n")
    nbformat.write(book, tmp_path / "book.ipynb")
    command = [sys.executable, "-m", "nbconvert", "--to", "forecast-report", "book.ipynb"]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(tmp_path), str(ROOT)])}
    subprocess.run(
        command, cwd=tmp_path, env=environment, check=True, capture_output=True, timeout=300
    )
    page, _ = ReportExporter().from_notebook_node(book)
    assert (tmp_path / "book.html").read_text(encoding="utf-8").strip() == page.strip()
