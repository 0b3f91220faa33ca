"""A case is made on the page by keys or mouse, kept, shared, and shown as it was written."""

import json
import re

import pytest
from scipy.optimize import brentq

from forecasting import cli
from forecasting.explorer import page as live_page
from forecasting.explorer.widget import NOTHING
from forecasting.file.case import load, read
from tests import browser
from tests.desk_script import (
    COMMENT,
    DRAWN,
    FIRST,
    HARBOUR,
    PASS_ON,
    Keys,
    Mouse,
    is_of_file,
    make_case,
    many_events,
    opened,
    type_rate,
)
from tests.strict_host import HOST, state
from tests.test_explorer_in_browser import Hand

VIEWS = {
    "1440": {"width": 1440, "height": 1000},
    "1240": {"width": 1240, "height": 1000},
    "900": {"width": 900, "height": 1000},
    "390": {"width": 390, "height": 844},
}


def without_comments(text):
    """Lines of a file without its comments, nor lines that are nothing else."""
    kept = [(line, COMMENT.sub("", line).rstrip()) for line in text.strip().splitlines()]
    return [bare for line, bare in kept if bare or not line.strip()]


# --- made from nothing ----------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize("hand", [Keys, Mouse])
def test_a_case_is_made_from_nothing_as_one_writes_it_by_hand(
    open_desk, hand, record_property, screenshot
):
    desk, page = open_desk()
    person = hand(page)

    def seen(stage):
        for width, size in VIEWS.items() if hand is Mouse else ():
            page.set_viewport_size(size)
            screenshot(page, f"desk-made-{stage}-{width}", full_page=True)
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), width
        page.set_viewport_size(VIEWS["1440"])

    make_case(person, seen)
    record_property("inputs", person.inputs)
    assert person.inputs <= 160
    assert without_comments(desk.path.read_text("utf-8")) == without_comments(HARBOUR)
    is_of_file(page, desk.path)


# --- exported, moved, shared ----------------------------------------------------------------------


def test_the_finished_case_moves_and_is_shared_by_file_and_link_with_nothing_to_ask(
    offline_page, tmp_path, capsys
):
    path = tmp_path / "harbour.yaml"
    path.write_text(HARBOUR, "utf-8")
    case = load(path)
    exported = tmp_path / "harbour.html"
    exported.write_text(live_page(case), "utf-8")
    page = offline_page(exported, width=1440)
    hand = Hand(page, case, FIRST)
    states = [hand.settings]

    def moved():
        assert hand.check() not in states
        states.append(hand.settings)

    hand.drag("events.harbour_closed_week.base_rate", 0.6)
    moved()
    card = hand.open_card("quay_wall_leaks")
    card.locator(".fc-grades select").nth(1).select_option("4")
    moved()
    card.get_by_role("checkbox").press("Space")
    moved()
    hand.root.get_by_label("What if: A winter of storms").select_option("given yes")
    moved()
    for back in reversed(states[:-1]):
        hand.click("Undo")
        assert hand.settings == back
    for forth in states[1:]:
        hand.click("Redo")
        assert hand.settings == forth

    overlay = tmp_path / "moves.yaml"
    hand.click("Undo")  # what is only supposed is no part of a file
    with page.expect_download() as download:
        hand.root.get_by_role("button", name="Save as file").first.click()
    download.value.save_as(overlay)
    told = ["run", str(path), "--overlay", str(overlay), "--format", "json"]
    assert cli.main(told) == 0
    events = json.loads(capsys.readouterr().out)["events"]
    for event, (_, shown) in hand.numbers().items():
        name, _, state = event.partition(".")
        told = events[name]["states"][state] if state else events[name]
        assert shown == pytest.approx(told["posterior"], abs=1e-12)

    hand.click("Redo")
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    hand.root.get_by_role("button", name="Copy link").click()
    hand.root.get_by_text("The link is copied").wait_for()
    _, _, fragment = page.evaluate("navigator.clipboard.readText()").partition("#")
    other = offline_page(exported, width=1440)
    other.evaluate("fragment => { location.hash = fragment; location.reload() }", fragment)
    other.wait_for_load_state()
    opened = Hand(other, case, FIRST)
    assert (opened.settings, opened.numbers()) == (hand.settings, hand.numbers())


# --- a file that another changes, too -------------------------------------------------------------


def test_the_file_is_taken_as_another_wrote_it_and_what_was_moved_here_is_dropped(open_desk):
    desk, page = open_desk(BASIN)
    person, asks = Mouse(page), page.get_by_text("Which counts?")
    type_rate(person, "drought", "45%")
    page.wait_for_function("() => document.querySelector('.fc-note').textContent.match(/saved/)")
    theirs = f"{BASIN.replace('40%', '15%', 1)}# of another hand\n"
    desk.path.write_text(theirs, "utf-8")
    type_rate(person, "drought", "60%")
    asks.wait_for()
    box = page.locator(".fc-trouble", has=asks)
    assert box.locator("p").nth(1).inner_text() == "- as it is on this page + as it is in the file"
    assert page.locator(".fc-diff").inner_text().splitlines()[0] == "in events:"
    # One more move, of which Python has not heard when the button is pressed.
    page.evaluate("""() => {
        const field = document.querySelector('[data-path="events.drought.base_rate"] .fc-field');
        field.value = "70%";
        field.dispatchEvent(new Event("change", { bubbles: true }));
    }""")
    page.get_by_role("button", name="Take the file").evaluate("one => one.click()")
    asks.wait_for(state="hidden")
    page.evaluate("passed()")
    page.wait_for_timeout(600)  # in which the page would tell Python of moves
    page.evaluate("passed()")
    assert desk.path.read_text("utf-8") == theirs
    assert json.loads(page.locator(".fc").get_attribute("data-settings")) == NOTHING
    field = page.locator('[data-path="events.drought.base_rate"] .fc-field').first
    assert field.input_value() == "15%"
    is_of_file(page, desk.path)

    desk.path.write_text(BASIN, "utf-8")
    type_rate(person, "drought", "60%")
    asks.wait_for()
    person.press("Keep what is on this page")
    asks.wait_for(state="hidden")
    assert desk.path.read_text("utf-8") == theirs.replace("15%", "60%")
    is_of_file(page, desk.path)


def test_what_is_typed_into_cards_outlives_a_page_that_is_loaded_anew(open_desk):
    desk, page = open_desk(BASIN)
    person, form = Mouse(page), page.locator(".fc-form")

    def loaded_anew():
        page.reload()
        page.evaluate(PASS_ON)
        page.evaluate(HOST, state(desk))
        page.wait_for_selector(".fc-add:not([aria-disabled])")

    person.press("+ Fact")
    person.set(claim="The wells are dry.", date="2025-12-01", if_yes="70", if_no="20-30")
    person.set(bears_on="A drought in the northern highlands")
    person.press("it bears on something else too")
    person.set(bears_on__1="The basin treaty is signed", bears_on__1__times="3")
    person.set(bears_on__0__times="2")
    person.set(reports__0__source="somebody new…", reports__0__title="The well keeper")
    page.keyboard.press("Escape")
    person.press("+ Question")
    person.set(question="How full is the lake?", title="The lake")
    form.get_by_text("which of these").click()
    person.press("another answer")
    for number, (label, of) in enumerate({"low": 20, "mid": 30, "high": 40, "over": ""}.items()):
        person.set(**{f"states.{number}.label": label, f"states.{number}.share": str(of)})
    opened(page, "condition drought")
    person.set(why="Four years of ten.")
    fields = "all => all.map((one) => [one.value, one.checked])"
    shown = form.locator("input, textarea, select").evaluate_all(fields)

    loaded_anew()
    said = "What you typed and did not save is still there: open the card again"
    assert page.locator(".fc-said").inner_text() == f"{said} (condition, fact, question)."
    opened(page, "condition drought")
    assert form.locator("input, textarea, select").evaluate_all(fields) == shown
    person.press("Discard")
    opened(page, "condition drought")
    assert person.field("why").locator("textarea").input_value() == ""
    page.keyboard.press("Escape")
    person.press("+ Question")
    person.add()
    page.get_by_text("Added: the question").wait_for()
    lake = load(desk.path).events["lake"]
    assert list(lake.states.values()) == ["low", "mid", "high", "over"]
    person.press("+ Fact")
    person.set(reports__0__letter="B: usually reliable", reports__0__digit="2: probably true")
    person.set(chance="10")
    person.add()
    page.get_by_text("Added: the fact").wait_for()
    (fact,) = [one for one in load(desk.path).evidence.values() if one.claim != "It rained."]
    assert fact.claim == "The wells are dry." and str(fact.date) == "2025-12-01"
    assert set(fact.bears_on) == {"drought", "treaty"}

    assert page.locator(".fc-notice").is_hidden()

    loaded_anew()
    assert page.locator(".fc-said").is_hidden()
    person.press("+ Fact")
    assert person.field("claim").locator("textarea").input_value() == ""


# --- told in plain words --------------------------------------------------------------------------

BASIN = """\
case: basin
as_of: 2026-01-01
resolve_by: 2026-12-31
events:
  treaty: {role: outcome, title: The basin treaty is signed, base_rate: 50%}
  drought: {role: driver, title: A drought in the northern highlands, base_rate: 40%}
  embargo: {role: driver, title: Embargo on cement from abroad, base_rate: {low: 20%, high: 40%}}
links:
  - {from: drought, to: embargo, raises: 2}
  - {from: embargo, to: treaty, raises: 1}
evidence:
  rain: {claim: It rained., bears_on: drought, if_yes: 20%, if_no: 60%, status: confirmed}
"""
# Of each name in the graph: what it says to a mouse, how many lines it takes and how many it may,
# and the words that stand on two lines.
NAMES = """() => [...document.querySelectorAll(".fc-box")].map((box) => {
    const name = box.querySelector(".fc-name"), text = name.firstChild, broken = [];
    for (const { index, 0: word } of text.data.matchAll(/\\S+/g)) {
        const range = document.createRange();
        range.setStart(text, index);
        range.setEnd(text, index + word.length);
        if (range.getClientRects().length > 1) broken.push(word);
    }
    const line = parseFloat(getComputedStyle(name).lineHeight);
    return { title: box.title, text: text.data, broken,
             lines: Math.round(name.scrollHeight / line),
             shown: Math.round(name.clientHeight / line) };
})"""


@pytest.mark.parametrize("width", [390, 1440])
def test_names_in_the_graph_are_cut_at_words_and_told_whole(offline_page, tmp_path, width):
    file = tmp_path / "basin.html"
    file.write_text(live_page(read(BASIN), outcome="treaty"), "utf-8")
    page = offline_page(file, width=width)
    for now in (width, 1830 - width):  # a window is made narrower or wider
        page.set_viewport_size({"width": now, "height": 900})
        page.locator(".fc-stacked" if now == 390 else ".fc-graph:not(.fc-stacked)").wait_for()
        names = page.evaluate(NAMES)
        assert len(names) == 3
        for name in names:
            assert name["title"] == name["text"]
            assert name["broken"] == []
            assert name["shown"] == min(name["lines"], 3)


def test_a_page_speaks_of_questions_and_conditions_and_of_no_band_without_width(
    offline_page, tmp_path
):
    file = tmp_path / "basin.html"
    file.write_text(live_page(read(BASIN), outcome="treaty"), "utf-8")
    page = offline_page(file, width=1440)
    told = page.locator(".fc:not(.fc-stale) .fc-bandwords")
    told.wait_for(state="attached")
    assert told.text_content() == ""  # a link that raises once moves nothing
    page.locator(".fc-row[data-event=embargo]").evaluate("one => one.click()")
    told.wait_for()
    assert re.fullmatch(r" · 90% band \d\d% – \d\d%", told.text_content())
    words = page.locator(".fc").text_content().lower()
    assert "conditions (2)" in words and "questions (1)" in words
    assert "this condition" in words and "driver" not in words and "outcomes (" not in words
    page.get_by_role("button", name="Copy link").wait_for()


def test_a_new_fact_is_followed_to_what_it_bears_on_and_a_link_says_what_it_does(open_desk):
    _, page = open_desk(BASIN)
    person = Mouse(page)
    headline = page.locator(".fc-headline h2")

    def add(on):
        person.press("+ Fact")
        person.set(claim="The wells are dry.", if_yes="70", if_no="20", bears_on=on)
        person.set(reports__0__source="we saw it ourselves")
        person.add()
        page.get_by_text("Added: the fact").wait_for()

    assert headline.inner_text() == "The basin treaty is signed"
    add("A drought in the northern highlands")
    assert headline.inner_text() == "A drought in the northern highlands"
    add("A drought in the northern highlands")
    assert headline.inner_text() == "A drought in the northern highlands"
    person.press("+ Link")
    person.set(to="Embargo on cement from abroad", if_yes="60", if_no="25")
    # Odds of 3 to 2 over 1 to 3 are 4.5; 4.5 times 1 to 4 is 9 to 8.
    page.get_by_text("It moves 20% to 53%.", exact=True).wait_for()


def test_two_numbers_beside_the_base_rate_are_told_what_they_come_to(open_desk):
    _, page = open_desk(BASIN)
    person = Mouse(page)

    def told(base, common, yes, no):
        """Where the ratio of odds stays and the base rate too: SciPy finds the two."""
        ratio = yes / (1 - yes) / (no / (1 - no))

        def where(p):
            return ratio * p / (1 - p + ratio * p)

        p = brentq(lambda p: common * where(p) + (1 - common) * p - base, 1e-9, 1 - 1e-9)
        return f"does not lie between them: it will be about {100 * where(p):.2g} and {100 * p:.2g}"

    person.press("+ Condition")
    person.set(question="Rain in spring", base_rate="25")
    person.set(does__treaty__if_yes="40", does__treaty__if_no="15")
    words = told(0.5, 0.25, 0.4, 0.15)
    page.get_by_text(f"The base rate, 50%, {words} of 100.", exact=True).wait_for()
    person.set(base_rate="6 of 30")
    words = told(0.5, 0.2, 0.4, 0.15)
    page.get_by_text(f"The base rate, 50%, {words} of 100.", exact=True).wait_for()
    person.set(does__treaty__if_yes="60")
    page.get_by_text("It moves 20% to", exact=False).wait_for()
    person.press("Discard")
    person.press("+ Link")
    person.set(to="The basin treaty is signed", if_yes="80", if_no="70")
    person.set(**{"from": "A drought in the northern highlands"})
    words = told(0.5, 0.4, 0.8, 0.7)
    page.get_by_text(f"The base rate, 50%, {words} of 100.", exact=True).wait_for()


def test_what_is_taken_back_and_what_lacks_a_part_are_said(open_desk):
    lake = "{role: outcome, title: The lake, quantity: {unit: m}, base_rate: {low: 1, high: 4}}"
    _, page = open_desk(BASIN.replace("links:", f"  lake: {lake}\nlinks:"))
    person = Mouse(page)
    page.locator(".fc-row[data-event=lake]").click()
    page.get_by_text("give it a part, such as “many: at least 400”, under “Parts").wait_for()
    for card, field in {"+ Fact": "bears_on", "+ Link": "from"}.items():
        person.press(card)
        assert "“The lake”" in person.field(field).locator(".fc-note").inner_text()
        page.keyboard.press("Escape")
    type_rate(person, "drought", "45%")
    person.press("Reset all")
    assert page.locator(".fc-said").is_hidden()  # moves alone go without a word
    person.press("+ Condition")
    person.set(question="Rain in spring", title="Rain", base_rate="25")
    person.add()
    person.press("Reset all")
    said = page.locator(".fc-said").inner_text()
    assert "edits of the case too. Undo brings it back." in said


# --- text is text ---------------------------------------------------------------------------------


HOSTILE = "<img src=x onerror=X=1>"
NEW = {
    "+ Question": "events",
    "+ Condition": "condition",
    "+ Fact": "evidence",
    "+ Link": "links",
    "+ scenario": "scenarios",
    "+ view": "views",
}


def is_text_only(page):
    assert page.locator(".fc img, .fc script, .fc iframe").count() == 0
    assert page.evaluate("window.X") is None


def unfold(page):
    """Open the outline with all its branches."""
    page.locator(".fc-outline").evaluate(
        "one => one.querySelectorAll('details').forEach((each) => { each.open = true; })"
    )


def test_a_press_while_the_last_is_on_its_way_counts_where_that_is_refused(open_desk):
    """Nobody has to wait for an answer to mend what was wrong, and a second press adds nothing."""
    desk, page = open_desk()
    person, form = Mouse(page), page.locator(".fc-form")
    person.press("+ Question")
    person.fill({"question": "Is the harbour shut?", "base_rate": "30"})
    form.locator(".fc-main").dblclick()
    form.wait_for(state="detached")
    assert len(load(desk.path).events) == 1
    person.press("harbour")
    person.fill({"title": "The harbour"})
    field = form.locator("[data-field='horizons'] input")
    field.fill("2020-01-01")
    mended = """async ([field, save]) => {
        const pass = passOn;
        const asked = new Promise((go) => {
            globalThis.passOn = () => model.get("asked").do === "edit" ? go() : pass();
        });
        save.click();
        await asked;
        field.value = "2030-01-01";
        field.dispatchEvent(new Event("input", { bubbles: true }));
        save.click();
        globalThis.passOn = pass;
        passOn(); // only now Python hears of the first
    }"""
    page.evaluate(mended, [field.element_handle(), form.locator(".fc-main").element_handle()])
    form.wait_for(state="detached")
    assert "2030-01-01" in desk.path.read_text("utf-8")


def test_hostile_text_typed_into_every_field_is_shown_as_text(open_desk):
    desk, page = open_desk()
    person, form = Mouse(page), page.locator(".fc-form")
    texts = form.locator("textarea:visible, input[type=text]:visible:not(.fc-short)")
    numbers = form.locator("input.fc-short:visible")

    def write(button, main="Add"):
        """Type it into every field; what is no number is asked back; then the numbers."""
        unfold(page)
        person.press(button)
        form.wait_for()  # what is there already is asked of Python first
        choices = form.locator("select:visible:enabled")
        for which in ("somebody new…", None):  # a choice can show another
            for one in choices.all():
                told = one.locator("option").all_text_contents()
                one.select_option(index=told.index(which) if which in told else len(told) - 1)
                # Of conditions and a question, from the second condition to the first.
                key = one.evaluate("one => one.closest('[data-field]').dataset.field")
                if key in ("from", "to"):
                    one.select_option(index=2)
                if one.evaluate("one => one.value") in ("-", "!"):
                    one.select_option(value="+")
        for field in [*texts.all(), *numbers.all()]:
            field.fill(HOSTILE)
        person.press(main)
        if numbers.count():
            form.locator(".fc-help:visible").first.wait_for()
        is_text_only(page)
        for number, field in enumerate(numbers.all()):
            field.fill(str(60 - number))
        for key, said in (("within", "12"), ("horizons", "")):
            for field in form.locator(f"[data-field='{key}'] input:visible").all():
                field.fill(said)
        if numbers.count() or form.locator("[data-field='horizons']").count():
            person.press(main)
        form.wait_for(state="detached")
        is_text_only(page)

    write("harbour", "Save")
    for button in ("+ Question", "+ Condition", "+ Condition", *[*NEW][2:]):
        write(button)
    case = load(desk.path)
    events = [one.title for one in case.events.values()]
    assert events == [HOSTILE] * 3 and case.title == HOSTILE
    assert [one.claim for one in case.evidence.values()] == [HOSTILE]
    assert len(case.links) == 3 and len(case.sources) == 1 and len(case.scenarios) == 1
    assert page.locator(".fc-headline h2").text_content() == HOSTILE

    # Every card says it again, and what goes with it.
    unfold(page)
    opened = page.locator(".fc-outline > .fc-section li .fc-link")
    for number in range(opened.count()):
        unfold(page)
        opened.nth(number).click()
        form.locator(".fc-main").wait_for()
        shown = [field.input_value() for field in texts.all()]
        is_named = opened.nth(number).get_attribute("data-keep").startswith("views ")  # by a name
        assert HOSTILE in shown or is_named or "→" in opened.nth(number).text_content()
        for delete in form.get_by_role("button", name="Delete this").all():
            delete.click()
            form.get_by_text("with it").wait_for()
        is_text_only(page)
    page.keyboard.press("Escape")
    is_of_file(page, desk.path)


# --- for every eye --------------------------------------------------------------------------------


@pytest.mark.slow
def test_every_card_is_accessible_and_looked_at(open_desk, screenshot):
    _, page = open_desk(HARBOUR)
    person = Mouse(page)
    cards = {"": "case", **NEW, "Guild of pilots": "sources", "The case: title and days": "about"}
    for label, kind in cards.items():
        part = ".fc-right" if label else "html"
        page.set_viewport_size(VIEWS["1440"])
        if label:
            unfold(page)
            person.press(label)
            page.locator(".fc-main").wait_for()
        for width, size in VIEWS.items():
            page.set_viewport_size(size)
            screenshot(page, f"desk-{kind}-{width}", full_page=True)
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), (kind, size)
        # A phone, and 1440 px at 200%; the page as a whole also as it usually stands.
        sizes = [VIEWS["390"], {"width": 720, "height": 500}, *([VIEWS["1440"]] * 2)]
        for number, size in enumerate(sizes if not label else sizes[:2]):
            page.set_viewport_size(size)
            page.emulate_media(color_scheme=["light", "dark"][number % 2])
            assert browser.accessibility(page, part) == [], (kind, size, number)
        page.emulate_media(color_scheme="light")
        page.keyboard.press("Escape")


# --- many ----------------------------------------------------------------------------------------


def many_outcomes():
    """Three drivers, the first of which moves twelve questions, the others five each; one alone."""
    lines = ["case: many", "events:"]
    lines += [f"  d{i}: {{role: driver, title: Driver {i}, base_rate: 30%}}" for i in range(3)]
    on = [0] * 12 + [1] * 5 + [2] * 5
    for i in range(23):
        lines.append(f"  q{i}: {{role: outcome, title: Question {i}, base_rate: 20%}}")
    links = [f"  - {{from: d{driver}, to: q{i}, raises: 2}}" for i, driver in enumerate(on)]
    return "\n".join([*lines, "links:", *links, ""])


def test_many_outcomes_are_grouped_folded_by_keys_and_found_by_words(open_desk):
    _, page = open_desk(many_outcomes())
    headings = page.locator(".fc-group > summary")
    names = ["Driver 0 (12)", "Driver 1 (5)", "Driver 2 (5)", "Others (1)"]
    assert headings.all_inner_texts() == names
    rows, key = page.locator(".fc-group .fc-row:visible"), page.keyboard.press
    page.locator(".fc-row[data-event=q12]").click()
    focus = "document.activeElement.textContent.trim().split('  ')[0]"
    key("ArrowLeft")
    assert page.evaluate(focus) == "Driver 1 (5)"
    key("ArrowLeft")
    assert rows.count() == 23 - 5
    # Tab leads back to the heading that hides what is chosen, and nothing else of the list.
    page.locator(".fc-group > summary[tabindex='0']", has_text="Driver 1").wait_for()
    assert page.locator("nav summary[tabindex='0'], nav .fc-row:visible[tabindex='0']").count() == 1
    key("ArrowDown")
    assert page.evaluate(focus) == "Driver 2 (5)"
    key("ArrowUp")
    key("ArrowRight")
    assert rows.count() == 23
    key("ArrowLeft")
    search = page.get_by_label("Find a question")
    search.fill("question 13")
    assert rows.all_inner_texts()[0].startswith("Question 13") and rows.count() == 1
    assert [one for one in headings.all() if one.is_visible()] and headings.nth(0).is_hidden()
    search.fill("")
    assert rows.count() == 23 - 5  # as it was folded
    search.fill("question 22")
    page.locator(".fc-row[data-event=q22]").click()
    assert page.locator(".fc-headline h2").inner_text() == "Question 22"


def test_a_move_among_100_events_is_drawn_at_once(open_desk, record_property):
    _, page = open_desk(many_events())
    page.evaluate(DRAWN)
    times = [page.evaluate(DRAWN) for _ in range(9)]
    drawn = min(times)  # others use this machine too
    record_property("drawn_ms", round(drawn, 1))
    print(f"drawn in {drawn:.0f} ms: {[round(one) for one in times]}")
    assert drawn < 3 * 100  # the aim is 100 ms on a machine with nothing else to do
