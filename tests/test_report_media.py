"""A report is read on paper, on a phone and from slides, and fits each of them."""

from pathlib import Path

import nbformat
import pypdfium2
import pytest

from forecasting import cli
from forecasting.report import publish
from forecasting.report.publish import Request
from tests.browser import find_chromium

MAIN = Path("priors/pakistan_taliban_2021.yaml")
PRINTS = pytest.mark.skipif(find_chromium() is None, reason="no Chromium to print with")

FITS = """() => [...document.querySelectorAll(".slide")].filter((slide) => !slide.hidden)
  .map((slide) => [slide.scrollHeight <= innerHeight, slide.scrollWidth <= innerWidth])"""


def pages_of(path):
    """The words of each page of a PDF, on one line."""
    document = pypdfium2.PdfDocument(path)
    return [" ".join(page.get_textpage().get_text_range().split()) for page in document]


@pytest.fixture(scope="module")
def notebook(main_page):
    return nbformat.read(main_page[0].with_suffix(".ipynb"), as_version=4)


# --- on paper -------------------------------------------------------------------------------------


@PRINTS
@pytest.mark.slow
def test_the_main_report_is_printed_on_few_pages_and_answers_on_the_first(notebook, tmp_path):
    publish.write(notebook, tmp_path / "main.pdf")
    pages = pages_of(tmp_path / "main.pdf")
    assert len(pages) <= 30
    first = ["Pakistan and the Taliban after the takeover", "15 September 2021", "Because"]
    first += ["What would change it", "What to watch", "How good the basis is"]
    for told in first:
        assert told in pages[0]
    assert "Look again" in pages[0]
    assert "Why" not in pages[0].split()
    for i, page in enumerate(pages[1:], 2):
        assert page.startswith("Pakistan and the Taliban after the takeover")
        assert f"page {i} of {len(pages)}" in page
    told = " ".join(pages)
    # Each headline is told whole, whichever is open on the page; the annex is not.
    assert told.count("The evidence that stands behind") == 5
    assert "On the page, and not printed: How each question will be settled;" in told
    assert "Command to rebuild" not in told
    # No title is broken within a word for want of room, and no page has the annex alone.
    assert "Afghanista n" not in told
    assert not any(page.startswith(f"{first[0]} Annex") for page in pages)


@PRINTS
def test_what_is_closed_is_printed_if_it_is_asked_for(first, tmp_path, capsys):
    for name, unfold in (("closed.pdf", False), ("open.pdf", True)):
        publish.write(first[0], tmp_path / name, unfold=unfold)
    closed, unfolded = (" ".join(pages_of(tmp_path / f"{n}.pdf")) for n in ("closed", "open"))
    assert "Command to rebuild" in unfolded
    assert "Command to rebuild" not in closed
    assert "not printed" in closed
    assert "not printed" not in unfolded
    with pytest.raises(SystemExit):
        cli.main(["report", str(MAIN), "-o", str(tmp_path / "x.html"), "--unfold"])
    assert "--unfold is for a PDF" in capsys.readouterr().err


@PRINTS
@pytest.mark.slow
def test_a_reader_is_given_four_pages_and_three_screens(offline_page, tmp_path):
    notebook = publish.build(Request(MAIN, audience="reader"))
    publish.write(notebook, tmp_path / "reader.pdf")
    assert len(pages_of(tmp_path / "reader.pdf")) <= 4
    publish.write(notebook, tmp_path / "reader.html")
    page = offline_page(tmp_path / "reader.html", width=1440, height=900)
    assert page.evaluate("document.documentElement.scrollHeight") <= 3 * 900


# --- on a phone -----------------------------------------------------------------------------------


@pytest.mark.slow
def test_on_a_phone_the_answer_takes_two_screens_and_nothing_scrolls_sideways(
    main_page, offline_page, screenshot
):
    page = offline_page(main_page[0], width=390, height=844)
    box = page.locator("#outlook").bounding_box()
    assert box["y"] + box["height"] <= 2 * 844
    screenshot(page, "report-phone")
    page.set_viewport_size({"width": 360, "height": 800})
    page.evaluate(
        "document.querySelectorAll('main details').forEach("
        "(one) => { one.removeAttribute('name'); one.open = true; })"
    )
    assert page.evaluate("document.documentElement.scrollWidth") == 360
    # A cell says what it is, and of each figure the one drawn for the width is seen.
    cell = page.locator("#outcomes td[data-label]").first
    label = cell.evaluate("(one) => getComputedStyle(one, '::before').content")
    assert label == f'"{cell.get_attribute("data-label")}"'
    assert page.locator("figure .narrow svg").first.bounding_box()["width"] > 300
    assert page.locator("figure .wide svg").first.is_hidden()


# --- slides ---------------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize("size", [(1280, 720), (1024, 600), (800, 600)])
def test_at_most_ten_slides_fit_the_window_and_turn_by_keys(
    notebook, tmp_path, offline_page, screenshot, size
):
    path = tmp_path / "main.slides.html"
    publish.write(notebook, path)
    page = offline_page(path, width=size[0], height=size[1])
    number = page.locator("footer output")
    seen = []
    for i in range(1, 11):
        assert number.inner_text() == f"{i} / 10"
        assert page.evaluate(FITS) == [[True, True]]
        seen.append(page.locator(".slide:visible h2").inner_text())
        page.keyboard.press(("ArrowRight", "PageDown", "Space", "ArrowDown")[i % 4])
    assert len(set(seen)) == 10
    assert seen[0] == "Pakistan and the Taliban after the takeover"
    assert seen[2].startswith("Taliban crack down on the TTP: very unlikely (")
    for key, shown in (("Home", 1), ("End", 10), ("PageUp", 9), ("ArrowLeft", 8), ("3", 3)):
        page.keyboard.press(key)
        assert number.inner_text() == f"{shown} / 10"
    page.keyboard.press("Home")
    page.keyboard.type("10")
    assert number.inner_text() == "10 / 10"
    page.get_by_role("button", name="Previous").click()
    assert number.inner_text() == "9 / 10"
    screenshot(page, f"slides-{size[0]}")


def test_a_notebook_without_slides_of_its_own_is_cut_into_some_that_fit(
    first, tmp_path, offline_page
):
    long = nbformat.v4.new_markdown_cell("## Long\n\n" + "\n\n".join(["Words of a line."] * 90))
    rows = "\n".join(f"| {i} | row |" for i in range(1, 91))
    table = nbformat.v4.new_markdown_cell(f"## Table\n\n| n | what |\n|---|---|\n{rows}")
    cells = [one for one in first[0].cells if "slides" not in one.metadata.get("tags", ())]
    notebook = nbformat.from_dict(first[0] | {"cells": [*cells, long, table]})
    path = tmp_path / "own.slides.html"
    publish.write(notebook, path)
    page = offline_page(path, width=1280, height=720)
    many = int(page.locator("footer output").inner_text().partition("/")[2])
    titles, last = [], ""
    for _ in range(many):
        assert page.evaluate(FITS) == [[True, True]]
        titles.append(page.locator(".slide:visible h2").first.inner_text())
        last = page.locator(".slide:visible").inner_text()
        page.keyboard.press("ArrowRight")
    assert titles.count("Long") > 1
    assert titles.count("Table") > 1
    assert "90" in last  # and nothing of it is lost


def test_without_a_script_slides_stand_one_below_the_other(first, tmp_path, chromium):
    path = tmp_path / "first.slides.html"
    publish.write(first[0], path)
    context = chromium.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(path.as_uri())
    tops = [one.bounding_box()["y"] for one in page.locator(".slide").all()]
    assert len(tops) > 3
    assert tops == sorted(set(tops))
    context.close()
