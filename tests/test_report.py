"""A report says what its tables hold, loads nothing, and is built again byte for byte."""

import html
import json
import math
import re
import shutil
from pathlib import Path
from statistics import NormalDist

import nbconvert
import nbformat
import pypdfium2
import pytest
from scipy import integrate, optimize, special, stats

import forecasting
from forecasting import cli, extras
from forecasting.errors import InputError
from forecasting.lexicon import percent
from forecasting.report import publish
from forecasting.report.publish import Request
from forecasting.report.sections import prepare
from forecasting.report.versions import version
from forecasting.tell.markup import html as as_html
from forecasting.tell.markup import markdown
from tests import several
from tests.browser import accessibility, find_chromium

FIRST = Path("priors/first_case.yaml")
MAIN = Path("priors/pakistan_taliban_2021.yaml")

HOSTILE = (
    "<script>alert(1)</script> </script> \"'><img src=x onerror=alert(2)> **bold**"
    " [a](javascript:x) $\\undefined$ {{ 7 * 7 }} a\u202eb `code` | pipe"
)
HOSTILE_CASE = {
    "case": "hostile",
    "title": HOSTILE,
    "about": HOSTILE,
    "as_of": "2021-01-01",
    "resolve_by": "2022-01-01",
    "references": {"source-a": {"title": HOSTILE, "url": "javascript:alert(3)"}},
    "events": {
        "rain": {"title": HOSTILE, "question": HOSTILE, "why": HOSTILE, "base_rate": "20%",
                 "reference": ["source-a"], "resolution": {"criterion": HOSTILE}},
    },
    "sources": {"aunt": {"title": HOSTILE, "interest": HOSTILE}},
    "evidence": {
        "wet": {"claim": HOSTILE, "why": HOSTILE, "bears_on": "rain", "if_yes": "60%",
                "if_no": "10%", "reports": [{"source": "aunt", "grade": "C3", "why": HOSTILE}]},
        "long": {"claim": "long " * 1000, "bears_on": "rain", "if_yes": "60%", "if_no": "50%",
                 "status": "confirmed"},
    },
}  # fmt: skip


@pytest.fixture(scope="session")
def hostile(tmp_path_factory):
    """The folder of a case whose every text attacks, its notebook and its page."""
    folder = tmp_path_factory.mktemp("hostile")
    (folder / "hostile.yaml").write_text(json.dumps(HOSTILE_CASE), encoding="utf-8")
    notebook = publish.build(Request(folder / "hostile.yaml"))
    return folder, notebook, publish.page(notebook)


@pytest.fixture(scope="session")
def kabul(tmp_path_factory):
    """The report of a case with an event of each type: the executed notebook and its page."""
    path = tmp_path_factory.mktemp("kabul") / "kabul.yaml"
    path.write_text(several.TEXT, encoding="utf-8")
    notebook = publish.build(Request(path))
    return notebook, publish.page(notebook)


def text_of(page):
    """The words of a page, without styles, scripts and tags."""
    page = re.sub(r"<(style|script).*?</\1>", "", page, flags=re.S)
    return html.unescape(re.sub(r"<[^>]*>", "", page))


def page_part(text, place):
    """The table of this name, to its end."""
    found = re.search(rf'<table[^>]* id="{place}".*?</table>', text, re.S)
    return found[0] if found else ""


def rows_of(page):
    """Text of each table row that has an id."""
    return {
        name: text_of(row) for name, row in re.findall(r'<tr id="([^"]*)">(.*?)</tr>', page, re.S)
    }


# --- built again ----------------------------------------------------------------------------------


def test_two_builds_are_the_same_to_the_byte(first):
    notebook, page = first
    again = publish.build(Request(FIRST))
    assert nbformat.writes(again) == nbformat.writes(notebook)
    assert publish.page(again) == page


def test_no_folder_no_clock_and_no_machine_is_named(first):
    notebook, page = first
    assert str(Path.cwd()) not in page
    assert str(Path.home()) not in page
    assert "execution" not in json.dumps([cell.metadata for cell in notebook.cells])


def test_check_finds_what_has_changed_since(first, tmp_path, capsys):
    path = tmp_path / "first.html"
    path.write_text(first[1], encoding="utf-8")
    assert cli.main(["report", "--check", str(path)]) == 0
    assert "byte for byte" in capsys.readouterr().out
    changed = tmp_path / "first_case.yaml"
    changed.write_text(
        FIRST.read_text(encoding="utf-8").replace("seen: 6", "seen: 9"), encoding="utf-8"
    )
    assert cli.main(["report", str(changed), "--check", str(path)]) == 1
    told = capsys.readouterr().out
    assert "forecast, bridge_closed" in told
    assert "section why: differs" in told


def test_a_page_that_is_no_report_is_refused(tmp_path, capsys):
    (tmp_path / "x.html").write_text("<p>hello</p>", encoding="utf-8")
    assert cli.main(["report", "--check", str(tmp_path / "x.html")]) == 1
    assert "is not a report" in capsys.readouterr().err


def test_a_report_holds_the_version_of_its_case(first, tmp_path):
    path = tmp_path / "first.html"
    path.write_text(first[1], encoding="utf-8")
    assert version(path).digest == forecasting.load(FIRST).digest


# --- what it says ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "page", ["first", "kabul", pytest.param("main_page", marks=pytest.mark.slow)]
)
def test_every_number_in_a_sentence_is_the_cell_it_leads_to(page, request):
    made = request.getfixturevalue(page)
    text = made[0].read_text(encoding="utf-8") if page == "main_page" else made[1]
    rows = rows_of(text)
    numbers = re.findall(r'<a class="number" href="#([^"]*)" data-column="[^"]*">(.*?)</a>', text)
    assert len(numbers) > 10
    for place, number in numbers:
        assert html.unescape(number) in rows[place], place


@pytest.mark.parametrize("page", ["first", pytest.param("main_page", marks=pytest.mark.slow)])
def test_from_any_number_its_source_is_two_clicks_away(page, request):
    """One to its row; another, from there, to the row that names a reference, or who says so."""
    made = request.getfixturevalue(page)
    text = made[0].read_text(encoding="utf-8") if page == "main_page" else made[1]
    parts = re.split(r'(?=<(?:tr|table|li|section|figure)[^>]* id=")', text)
    there = {
        found[1]: part for part in parts if (found := re.match(r'<\w+[^>]* id="([^"]*)"', part))
    }
    there |= {place: page_part(text, place) for place in ("evidence", "sources", "base-rates")}

    def names_a_source(place):
        return place == "sources" or re.search(
            r'href="(#ref-|#sources\.|#data\.|https?:)', there.get(place, "")
        )

    numbers = re.findall(r'<a class="number" href="#([^"]*)"', text)
    assert len(numbers) > 10
    for place in numbers:
        onward = re.findall(r'href="#([^"]*)"', there[place])
        assert any(map(names_a_source, [place, *onward])), place


@pytest.mark.slow
def test_a_reader_finds_base_rate_source_evidence_and_who_reported_it(main_page):
    """From the page alone, for every outcome: the four questions of a sceptical reader."""
    page = main_page[0].read_text(encoding="utf-8")
    rows, words = rows_of(page), text_of(page)
    case = forecasting.load(MAIN)
    forecast = forecasting.run(case)
    for row in forecast.event_rows:
        if row.role != "outcome":
            continue
        assert percent(row.posterior) in rows[f"outcomes.{row.event}"]
        told = rows[f"base-rates.{row.event}"]
        for reference in case.events[row.event.partition(".")[0]].reference:
            assert reference in told
            assert f'id="ref-{reference}"' in page
    for name, fact in case.evidence.items():
        if fact.status == "pending":  # these stand among the indicators, where they tell something
            continue
        told = rows[f"evidence.{name}"]
        assert " ".join(fact.claim.split()) in " ".join(told.split())
        for source, report in forecast.network.reports(name).items():
            assert f"{report.grade.letter}{report.grade.digit or ''}" in told
            assert (case.sources[source].title or source) in told
    assert case.digest in words


@pytest.mark.slow
def test_the_answer_keeps_likelihood_and_confidence_apart(main_page):
    page = main_page[0].read_text(encoding="utf-8")
    told = " ".join(re.findall(r'<p class="answer">(.*?)</p>', page, re.S))
    assert "confidence" not in text_of(told)
    assert "likely" in text_of(told)


@pytest.mark.slow
def test_the_main_report_is_small_enough_and_soon_enough(main_page):
    path, seconds = main_page
    assert path.stat().st_size < 2_000_000
    assert seconds < 60


def told_to_readers(page):
    """The words of a page outside its annex, its code and its explorer."""
    page = re.sub(r'<section id="annex">.*?</section>', "", page, flags=re.S)
    page = re.sub(r'<details class="code">.*?</details>', "", page, flags=re.S)
    return text_of(re.sub(r'<div class="live">.*?<script', "<script", page, flags=re.S))


@pytest.mark.parametrize(
    "page", ["first", "kabul", pytest.param("main_page", marks=pytest.mark.slow)]
)
def test_no_syntax_of_the_author_reaches_a_reader(page, request):
    made = request.getfixturevalue(page)
    told = told_to_readers(made[0].read_text(encoding="utf-8") if page == "main_page" else made[1])
    assert "The answer" not in told
    for syntax in ("{", "}", "decibans", "log-odds", "below the scale", ".yaml", "base_rate"):
        assert syntax not in told, syntax
    assert not re.findall(r"\b[a-z]+_[a-z_]+\b", told)


def test_the_first_page_answers_what_how_sure_why_what_would_change_it_and_when(first):
    """As a script finds it, from what stands before the first title alone."""
    page = first[1][first[1].index("<main>") : first[1].index("<h2>")]
    rows, told = rows_of(page), text_of(page)
    assert "As of 20 November 2025, looking to 20 March 2026." in told
    row = rows["judgements.bridge_closed"]
    assert re.search(r"unlikely \(27%, \d+ to \d+%\)", row)  # what, and how sure
    assert "There are new cracks in the middle pier (slight push up)" in row  # why
    assert re.search(r"would (be at|reach|fall to) [\d.]+%", rows["outlook.What would change it"])
    assert rows["outlook.What to watch"]
    assert "The basis is moderate." in rows["outlook.How good the basis is"]


def test_a_reader_is_given_the_answer_why_and_what_to_watch_and_the_rest_closed(tmp_path):
    report = prepare(FIRST, audience="reader")
    for section in ("scenarios", "explorer", "evidence", "method"):
        assert getattr(report, section)().items == ()
    (closed,) = report.annex().items
    page = as_html(closed)
    for place in (
        "outcomes.bridge_closed",
        "base-rates.bridge_closed",
        "evidence.cracks_in_the_pier",
    ):
        assert f'id="{place}"' in page
    assert not re.search("decibans|Bits", text_of(page))


@pytest.mark.slow
@pytest.mark.parametrize("size", [(1440, 900), (1240, 800)])
def test_the_whole_answer_stands_on_the_first_screen(main_page, offline_page, screenshot, size):
    page = offline_page(main_page[0], width=size[0], height=size[1])
    below = page.locator("#outlook").bounding_box()
    assert below["y"] + below["height"] <= size[1]
    assert page.locator("#judgements tbody tr").count() == 5
    for bar in page.locator("#judgements svg.bar").all():
        assert bar.bounding_box()["width"] > 100
    screenshot(page, f"report-first-screen-{size[0]}")


def test_overlays_put_the_analysts_into_the_report(tmp_path):
    shutil.copy(FIRST, tmp_path)
    overlay = tmp_path / "ann.yaml"
    overlay.write_text(
        "analyst: ann\ncase: village-bridge\noverrides: {events.bridge_closed.base_rate: 40%}\n",
        encoding="utf-8",
    )
    notebook = publish.build(Request(tmp_path / FIRST.name, (overlay,)))
    page = publish.page(notebook)
    assert "Judgements by analyst" in page
    assert "ann.yaml" in text_of(page)
    path = tmp_path / "x.html"
    path.write_text(page, encoding="utf-8")
    assert cli.main(["report", "--check", str(path)]) == 0
    found = forecasting.Network(version(path)).posterior()["bridge_closed"]
    moved = forecasting.override(forecasting.load(FIRST), {"events.bridge_closed.base_rate": "40%"})
    assert found == forecasting.Network(moved).posterior()["bridge_closed"]


# --- parameters -----------------------------------------------------------------------------------


def test_a_misspelt_parameter_is_an_error_that_lists_the_valid_ones(capsys, tmp_path):
    out = tmp_path / "x.html"
    code = cli.main(["report", str(FIRST), "-o", str(out), "--parameter", "AUDIENSE=reader"])
    told = capsys.readouterr().err
    assert code == 1
    assert "AUDIENCE" in told
    assert "OVERLAYS" in told
    assert not out.exists()


def test_impossible_evidence_is_told_in_full_before_anything_takes_time(capsys, tmp_path):
    path = tmp_path / "x.yaml"
    fact = "{{bears_on: rain, if_yes: {}, if_no: {}, status: confirmed}}"
    path.write_text(
        "{case: x, events: {rain: {base_rate: 20%}}, evidence:"
        f" {{a: {fact.format(1, 0)}, b: {fact.format(0, 1)}}}}}",
        encoding="utf-8",
    )
    assert cli.main(["report", str(path), "-o", str(tmp_path / "x.html")]) == 1
    told = capsys.readouterr().err
    assert "evidence.a (confirmed" in told
    assert "evidence.b (confirmed" in told
    assert "cell" not in told


def test_a_form_that_no_report_has_is_refused_before_anything_takes_time(capsys):
    assert cli.main(["report", str(FIRST), "-o", "x.docx"]) == 1
    assert ".slides.html" in capsys.readouterr().err


def test_a_pdf_without_a_browser_is_refused_with_what_helps(capsys, monkeypatch, tmp_path):
    monkeypatch.setattr(publish.shutil, "which", lambda name: None)
    assert cli.main(["report", str(FIRST), "-o", str(tmp_path / "x.pdf")]) == 1
    assert "FORECASTING_BROWSER" in capsys.readouterr().err


# --- events of every type -------------------------------------------------------------------------


def test_states_and_amounts_are_told_in_the_answer(kabul):
    """The numbers are worked out in ``several``."""
    answer = text_of(re.search(r'<section id="why".*?</section>', kabul[1], re.S)[0])
    for told in (
        "“Cabinet”: “The caretaker cabinet stays” has a roughly even chance (46%; 60% before the "
        "evidence); “An inclusive one” 35% (15% before), “Another” 19% (25% before).",
        "“Deaths in a year”: 389 deaths, and nine times in ten between 115 and 1,120; 240 before "
        "the evidence. “at least 348 deaths (rises by half)” is likely (59%; 32% before the "
        "evidence).",
        "“A strike” is very unlikely (10%; as before the evidence).",
    ):
        assert told in answer


def test_states_stand_in_the_tables_below_their_event(kabul):
    rows = rows_of(kabul[1])
    assert rows["outcomes.cabinet"] == "Cabinet"
    assert rows["outcomes.cabinet.inclusive"] == "– An inclusive one15%35%unlikely"
    assert (
        rows["outcomes.tension.serious"] == "– together, at least fighting (serious)25%25%unlikely"
    )
    assert (
        rows["outcomes.deaths"] == "Deaths in a year389 deaths, 90% range 115 to 1,120; before 240"
    )
    assert rows["amounts.deaths.prior"] == "– before the evidence100168240413900"
    assert rows["base-rates.cabinet.other"] == "– Another25%what the others leave"
    assert rows["base-rates.tension.serious"] == (
        "– together, at least fighting (serious)25%follows from the states"
    )
    assert rows["questions.tension"] == (
        "tensiontensionthe state that holds on the dateFrom low to high: calm; incidents; "
        "fighting; warAlso told: at least fighting (serious)"
    )
    assert rows["evidence.hundred"].startswith(
        "A hundred died in a month.Deaths in a year: at least 348 deaths (rises by half) 60%; "
        "otherwise 20%"
    )


def test_each_base_rate_of_a_state_or_a_cut_leads_to_its_reason_and_its_reference(tmp_path):
    text = several.TEXT.replace("events:", "references: {kug: {title: The book}}\nevents:")
    for event in ("cabinet", "tension", "deaths"):
        text = text.replace(f"\n  {event}:\n", f"\n  {event}:\n    why: So\n    reference: kug\n")
    (tmp_path / "kabul.yaml").write_text(text, encoding="utf-8")
    page = as_html(prepare(tmp_path / "kabul.yaml").annex())
    rows = re.findall(r'<tr id="base-rates\.(\w+)\.\w+">(.*?)</tr>', page, re.S)
    assert {event for event, _ in rows} == {"cabinet", "tension", "deaths"}
    for event, row in rows:
        assert f'href="#base-rates.{event}"' in row
        assert 'href="#ref-kug"' in row


def test_an_event_with_states_is_explained_by_the_likeliest_and_an_amount_by_its_cuts(kabul):
    """46% against 35 and 19%, 45% against 30, 20 and 5%; both cuts, as the file has them."""
    told = text_of(kabul[1])
    for label in ("The caretaker cabinet stays", "incidents"):
        assert f"This is about “{label}”, the likeliest of its states." in told
    cuts = ["at least 348 deaths (rises by half)", "117 to 347 deaths (middling)"]
    places = [told.index(f"This is about “{label}”.") for label in cuts]
    assert places == sorted(places)


def test_base_rates_of_unsure_steps_and_amounts_have_ranges(tmp_path):
    """At a quarter, within a factor 3 on odds of 1/3 about the median: to the next percent."""
    text = several.TEXT.replace("war: rest}", "war: rest, unsure: 3}")
    (tmp_path / "kabul.yaml").write_text(text, encoding="utf-8")
    rows = rows_of(as_html(prepare(tmp_path / "kabul.yaml").annex()))
    sd = math.log(3) / NormalDist().inv_cdf(0.95)

    def mean(median):
        bell = (lambda z: special.expit(median + sd * z) * stats.norm.pdf(z), -9, 9)
        return integrate.quad(*bell)[0]

    median = optimize.brentq(lambda m: mean(m) - 0.25, -3, 0)
    ends = [percent(special.expit(median + way * math.log(3))) for way in (-1, 1)]
    assert " to ".join(end.rstrip("%") for end in ends) in rows["base-rates.tension.serious"]
    assert " to " not in rows["base-rates.deaths.rises_by_half"].replace("to the", "")


def test_such_a_report_is_built_again_to_the_byte(kabul, tmp_path):
    (tmp_path / "kabul.yaml").write_text(several.TEXT, encoding="utf-8")
    again = publish.build(Request(tmp_path / "kabul.yaml"))
    assert nbformat.writes(again) == nbformat.writes(kabul[0])
    publish.write(again, tmp_path / "to (Kabul).md")
    text = (tmp_path / "to (Kabul).md").read_text(encoding="utf-8")
    assert "– An inclusive one" in text
    pictures = [path.name for path in tmp_path.glob("to (Kabul)_files/*.svg")]
    # A link of Markdown ends at a space.
    assert {f"](to%20%28Kabul%29_files/{name})" in text for name in pictures} == {True}


def test_without_the_kernel_of_a_report_the_command_that_installs_it_is_named(monkeypatch):
    """None of the packages that a report imports brings it."""
    monkeypatch.setattr(extras, "find_spec", lambda name: None if name == "ipykernel" else name)
    told = r'ipykernel is needed and not installed: pip install "scenario-forecasting\[report\]"'
    with pytest.raises(InputError, match=told):
        publish.build(Request(Path("priors/first_case.yaml")))


def test_a_folder_that_is_not_there_is_told_before_the_report_is_made(tmp_path, monkeypatch):
    """It was told when all was done, and lost."""
    monkeypatch.delattr(publish, "build")
    with pytest.raises(InputError, match="there is no such folder"):
        publish.publish(Request(Path("priors/first_case.yaml")), tmp_path / "none/x.html")


def test_a_state_may_be_the_headline(tmp_path):
    (tmp_path / "kabul.yaml").write_text(several.TEXT, encoding="utf-8")
    report = prepare(tmp_path / "kabul.yaml", outcomes=["cabinet.other", "deaths"])
    told = text_of(as_html(report.why()))
    assert "“Cabinet: Another” is very unlikely (19%; 25% before the evidence)." in told
    assert "Cabinet: Another" in text_of(as_html(report.opening()))


def test_labels_and_units_of_strangers_stay_text(tmp_path):
    text = several.TEXT.replace("An inclusive one", json.dumps(HOSTILE))
    text = text.replace("unit: deaths", f"unit: {json.dumps(HOSTILE)}")
    (tmp_path / "evil.yaml").write_text(text, encoding="utf-8")
    report = prepare(tmp_path / "evil.yaml")
    for section in ("opening", "why", "watch", "evidence", "annex"):
        made = getattr(report, section)()
        page = as_html(made)
        assert not re.search(r"<img src=x|<script>|href=\"javascript|\u202e", page), section
        assert not re.search(r"<script>|\*\*bold\*\*|\]\(javascript", markdown(made)), section
        if section not in ("watch", "evidence"):
            assert "<script>alert(1)</script>" in text_of(page), section


# --- hostile text ---------------------------------------------------------------------------------


def test_what_a_case_says_is_shown_and_never_read_as_markup(hostile):
    _, _, page = hostile
    shown = text_of(page)
    assert "<script>alert(1)</script>" in shown
    assert "a\\u202eb" in shown
    assert "{{ 7 * 7 }}" in shown
    assert "\u202e" not in shown
    assert not re.search(r"<img src=x|<script>alert|href=\"javascript", page)
    assert shown.count("long long long") >= 1


def test_markdown_shows_it_too(hostile, tmp_path):
    _, notebook, _ = hostile
    publish.write(notebook, tmp_path / "x.md")
    text = (tmp_path / "x.md").read_text(encoding="utf-8")
    assert "<script>" not in text
    assert "**bold**" not in text
    assert "](javascript" not in text


# --- in a browser ---------------------------------------------------------------------------------


def test_the_page_opens_offline_and_its_sliders_move(first, tmp_path, offline_page, screenshot):
    path = tmp_path / "first.html"
    path.write_text(first[1], encoding="utf-8")
    page = offline_page(path, width=1300, height=1000)
    slider = page.locator(".live input[type=range]:visible").nth(1)
    before = page.locator(".live").inner_text()
    slider.focus()
    slider.press("PageUp")
    page.wait_for_function("old => document.querySelector('.live').innerText !== old", arg=before)
    screenshot(page, "report-first", full_page=True)
    assert accessibility(page, "main") == []


@pytest.mark.slow
def test_the_main_report_opens_offline(main_page, offline_page, screenshot):
    page = offline_page(main_page[0], width=1200, height=1400)
    assert page.locator("h1").inner_text() == forecasting.load(MAIN).title
    screenshot(page, "report-main")


def test_hostile_text_runs_nowhere(hostile, tmp_path, offline_page):
    _, notebook, _ = hostile
    for name in ("x.html", "x.slides.html"):
        path = tmp_path / name
        publish.write(notebook, path)
        opened = offline_page(path)
        assert "<script>alert(1)</script>" in opened.locator("h1").first.inner_text()


@pytest.mark.skipif(find_chromium() is None, reason="no Chromium to print with")
def test_the_pdf_has_pages_with_number_title_and_date(hostile, first, tmp_path):
    notebook, _ = first
    for name in ("a.pdf", "b.pdf"):
        publish.write(notebook, tmp_path / name)
    assert (tmp_path / "a.pdf").read_bytes() == (tmp_path / "b.pdf").read_bytes()
    document = pypdfium2.PdfDocument(tmp_path / "a.pdf")
    pages = [page.get_textpage().get_text_range() for page in document]
    assert len(pages) > 1
    for i, text in enumerate(pages, 1):
        assert f"page {i} of {len(pages)}" in text
        assert "The village bridge in winter" in text
        assert "20 November 2025" in text
    publish.write(hostile[1], tmp_path / "h.pdf")
    shown = " ".join(
        page.get_textpage().get_text_range() for page in pypdfium2.PdfDocument(tmp_path / "h.pdf")
    )
    assert "<script>alert(1)</script>" in " ".join(shown.split())


def test_what_a_report_needs_is_fitted_first(monkeypatch, tmp_path, capsys):
    """On a day without fits the other commands fit first; so does this one."""

    class Fitting(Exception):
        pass

    def fit_case(case, as_of, events):
        raise Fitting(case.case, as_of, tuple(events))

    monkeypatch.setattr("forecasting.fit.base_rates.fit_case", fit_case)
    page = tmp_path / "page.html"
    with pytest.raises(Fitting) as fitting:
        cli.main(["report", str(MAIN), "--as-of", "2021-06-03", "-o", str(page)])
    case, day, events = fitting.value.args
    assert (case, str(day)) == ("pakistan-taliban-2021", "2021-06-03")
    assert "ttp_deaths" in events
    assert "first" in capsys.readouterr().err and not page.exists()


# --- all of them, and plain nbconvert -------------------------------------------------------------


def test_all_cases_of_a_folder_get_a_page_and_an_index(tmp_path):
    shutil.copy(FIRST, tmp_path)
    pages = publish.build_all(tmp_path, tmp_path / "out")
    assert [page.name for page in pages] == ["first_case.html", "index.html"]
    assert 'href="first_case.html"' in pages[-1].read_text(encoding="utf-8")


def test_plain_nbconvert_makes_the_same_page_of_an_executed_notebook(first):
    notebook, page = first
    exporter = nbconvert.get_exporter("forecast-report")()
    assert exporter.from_notebook_node(notebook)[0] == page


@pytest.mark.parametrize("form", ["table", "json", "csv"])
def test_diff_tells_what_changed_and_what_that_makes(first, form, tmp_path, capsys):
    path = tmp_path / "first.html"
    path.write_text(first[1], encoding="utf-8")
    other = tmp_path / "other.yaml"
    text = FIRST.read_text(encoding="utf-8").replace("seen: 6", "seen: 9")
    other.write_text(text, encoding="utf-8")
    assert cli.main(["diff", str(path), str(other), "--format", form]) == 0
    told = capsys.readouterr().out
    assert "base rate" in told
    if form == "json":
        found = json.loads(told)
        before, after = found["events"]["bridge_closed"].values()
        assert sum(row["probability"] for row in found["shares"]) == pytest.approx(after - before)


def test_diff_of_an_overlay_needs_its_case(capsys):
    overlay = "priors/analysts/sceptic-of-kabul.yaml"
    assert cli.main(["diff", overlay, str(MAIN)]) == 1
    assert "--case" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("day", "idle"), [("2025-05-12", False), ("2025-04-15", True), ("2025-04-16", False)]
)
def test_of_a_driver_that_is_settled_more_is_known_than_its_base_rate(day, idle):
    told = as_html(prepare("priors/second_case.yaml", as_of=day).method())
    assert ("nothing is known of these drivers" in told.lower()) == idle


def test_what_does_not_count_is_said_among_the_limits(tmp_path):
    (tmp_path / "late.yaml").write_text(
        "{case: late, as_of: 2025-02-15, resolve_by: 2026-02-15, "
        "events: {rain: {base_rate: 30%, happened: 2025-02}}}",
        encoding="utf-8",
    )
    page = publish.page(publish.build(Request(tmp_path / "late.yaml")))
    said = "events.rain.happened (2025-02, taken to be 2025-02-28): dated after 2025-02-15"
    limits = page[page.index("Nothing that became known after 15 February 2025 is used") :]
    assert "The annex names what is left out." in limits
    assert said in limits
    assert said not in page[: page.index("<h2")]  # file syntax is not for readers


@pytest.mark.parametrize("option", ["--audience", "--outcome"])
def test_an_audience_or_an_outcome_that_is_not_known_is_one_message(tmp_path, capsys, option):
    """It ended in a traceback: the name was written where a line number is due."""
    from forecasting.cli import main

    page = str(tmp_path / "x.html")
    assert main(["report", "priors/first_case.yaml", "-o", page, option, "nope"]) != 0
    assert "nope" in capsys.readouterr().err
