"""The page asks a host for six functions and nothing else: moves, drafts, questions and silence."""

import base64
import json
import os
import signal

import pytest
from playwright.sync_api import Error as PlaywrightError

from forecasting.engine.network import Network
from forecasting.explorer import page as live_page
from forecasting.explorer.desk import Desk
from forecasting.explorer.model import compiled
from forecasting.explorer.widget import NOTHING
from forecasting.file.case import load
from forecasting.file.overlay import apply, load_overlay, override
from tests import browser
from tests.strict_host import Host, host_page, state
from tests.test_explorer_in_browser import MAIN, NOW, RATE, Hand, _element, same_in_kernel, unmoved

FIRST = load("priors/first_case.yaml")
BRIDGE = "events.bridge_closed.base_rate"
FACT = {
    "claim": "The police put up barriers.",
    "bears_on": "bridge_closed",
    **{"if_yes": 0.6, "if_no": 0.2, "status": "confirmed"},
}
SECTIONS = ["events", "links", "evidence", "sources", "scenarios", "views", "case"]
EMPTY = {
    **{"case": "ceasefire-2027", "title": "Ceasefire 2027", "as_of": None, "resolve_by": None},
    **{"empty": True, "shape": "none", "desk": {"can": SECTIONS, "todo": [], "entries": {}}},
}


def draft(case, shape, can=SECTIONS):
    """A compiled case as Python gives it to a desk."""
    return compiled(Network(case)) | {"shape": shape, "desk": {"can": can, "todo": []}}


OWN, MORE = draft(FIRST, "own"), draft(override(FIRST, {"evidence.barriers": FACT}), "more")


@pytest.fixture
def opened(offline_page, tmp_path):
    """Open an explorer in a strict host: ``opened(compiled=..., settings=...)``."""
    hosts = []

    def opened(*, width=1440, height=900, dark=False, **held):
        file = host_page(tmp_path)
        page = offline_page(file, width=width, height=height, dark=dark)
        hosts.append(Host(page, **{"compiled": OWN, **held}))
        return hosts[-1]

    yield opened
    for host in hosts:
        host.page.evaluate("leave()")
        assert host.page.evaluate("failures") == []


# --- a strict host --------------------------------------------------------------------------------

SIX = ["get", "off", "on", "save_changes", "send", "set"]


def test_the_page_asks_its_host_for_six_functions_and_for_nothing_else(opened):
    host = opened()
    host.type(BRIDGE, "31%")
    host.button("Report").click()
    host.say(compiled=MORE, shape="more", settings=NOTHING)
    host.type(BRIDGE, "32%")
    host.take()
    host.wait(4_000)  # in which Python hears nothing: it is told again
    host.page.evaluate("leave()")
    assert sorted(host.page.evaluate("[...used]")) == SIX
    assert host.page.evaluate("failures") == []


@pytest.mark.parametrize(
    "asked",
    [
        *(
            "model.widget_manager",
            "model.comm",
            "model.trigger('change')",
            "model[Symbol.iterator]",
        ),
        *(
            "model.set({told: 1})",
            "model.get()",
            "model.on('change:told')",
            "model.save_changes(1)",
        ),
        *("'send' in model", "Object.keys(model)", "model.told = 1", "delete model.get"),
    ],
)
def test_a_strict_host_refuses_whatever_is_asked_beside(opened, asked):
    page = opened().page
    with pytest.raises(PlaywrightError, match="TypeError"):
        page.evaluate(f"void ({asked})")
    assert len(page.evaluate("failures.splice(0)")) == 1


# --- moves and drafts -----------------------------------------------------------------------------


def test_a_move_is_told_undone_and_done_again(opened):
    host = opened()
    host.type(BRIDGE, "31%")
    moved = host.settings
    assert moved["overrides"][BRIDGE]["best"] == 0.31
    assert host.hear()["settings"] == moved
    host.button("Undo").click()
    assert host.settings == NOTHING
    assert host.hear()["settings"] == NOTHING
    host.button("Redo").click()
    assert host.hear()["settings"] == host.settings == moved
    assert host.button("Redo").get_attribute("aria-disabled") == "true"
    host.button("Undo").click()
    host.type(BRIDGE, "32%")  # another way on: the old one is gone
    assert host.button("Redo").get_attribute("aria-disabled") == "true"
    assert host.root.locator(".fc-changes summary").text_content() == "1 change"
    host.button("Reset all").click()
    assert host.settings == NOTHING
    host.button("Undo").click()
    assert host.settings["overrides"][BRIDGE]["best"] == 0.32


def test_a_draft_is_a_step_of_the_same_history_and_needs_nobody_to_come_back(opened):
    host = opened()
    host.type(BRIDGE, "31%")
    moved = host.hear()["settings"]
    host.say(compiled=MORE, shape="more", settings=NOTHING)
    barriers = host.root.locator('[data-fact="barriers"]')
    assert barriers.count() == 1
    p = host.root.locator('.fc-row[data-event="bridge_closed"]').get_attribute("data-posterior")
    more = Network(override(FIRST, {"evidence.barriers": FACT})).posterior()
    assert float(p) == pytest.approx(more["bridge_closed"], abs=1e-12)
    assert "settings" not in host.hear()  # what came from Python is not sent back
    host.button("Undo").click()
    assert (barriers.count(), host.settings) == (0, moved)
    told = host.take()  # Python knows each draft by its name
    assert (told["shape"], told["settings"]) == ("own", moved)
    host.button("Redo").click()
    assert (barriers.count(), host.settings) == (1, NOTHING)
    host.button("Reset all").click()
    assert (barriers.count(), host.settings) == (0, NOTHING)
    told = host.take()
    assert (told["shape"], told["settings"]) == ("own", NOTHING)


def test_what_python_says_piece_by_piece_waits_until_it_fits(opened):
    host = opened()
    host.say(shape="more")
    assert host.root.get_attribute("data-shape") == "own"
    host.say(compiled=MORE)
    assert host.root.get_attribute("data-shape") == "more"
    host.button("Undo").click()
    assert host.settings == NOTHING
    assert host.button("Undo").get_attribute("aria-disabled") == "true"


def test_keys_undo_outside_text_fields_and_the_focus_stays(opened):
    host = opened()
    host.type(BRIDGE, "31%")
    host.say(compiled=MORE, shape="more", settings=NOTHING)
    host.button("Undo").press("Enter")
    assert host.button("Undo").evaluate("one => one === document.activeElement")
    host.page.keyboard.press("Control+Shift+Z")
    assert host.root.get_attribute("data-shape") == "more"
    host.root.locator(f'[data-path="{BRIDGE}"] .fc-centre').focus()
    host.page.keyboard.press("Control+z")
    assert host.root.get_attribute("data-shape") == "own"
    host.page.keyboard.press("Control+z")  # the slider is gone with the draft; the page has it
    assert host.settings == NOTHING
    host.page.keyboard.press("Control+y")
    assert host.settings["overrides"][BRIDGE]["best"] == 0.31
    field = host.root.locator(f'[data-path="{BRIDGE}"] .fc-field').first
    field.press("Control+z")  # of the text, which the browser takes back
    assert host.settings["overrides"][BRIDGE]["best"] == 0.31


# --- questions and cards --------------------------------------------------------------------------


def test_a_question_is_asked_of_the_present_state_and_answered(opened):
    host = opened()
    host.type(BRIDGE, "31%")
    host.button("Report").click()
    sent = host.hear()
    asked = sent["asked"]
    assert (asked["do"], asked["base"], asked["settings"]) == ("report", "own", host.settings)
    assert sent["settings"] == host.settings
    host.say(answered={"n": "of another", "path": "elsewhere"})
    assert host.said == "The report is being written ..."
    host.say(answered={"n": asked["n"], "path": "case.html"})
    assert host.said.endswith("In a minute or so it is in case.html.")
    host.button("Report").click()
    again = host.hear()["asked"]
    assert again["n"] != asked["n"]
    host.say(answered={"n": again["n"], "problems": [{"field": "", "words": "No room."}]})
    assert host.said == "No room."


def test_a_forecast_is_recorded_as_it_stands_on_the_page(opened):
    host = opened()
    host.type(BRIDGE, "31%")
    button = host.button("Record this forecast")
    button.click()
    asked = host.hear()["asked"]
    assert (asked["do"], asked["base"], asked["settings"]) == ("record", "own", host.settings)
    assert host.said == "The forecast is being recorded ..."
    host.say(answered={"n": asked["n"], "path": "ledger.db", "head": "ab:7:cd"})
    assert host.said.startswith("Recorded in ledger.db. The ledger now ends with ab:7:cd:")
    button.click()
    asked = host.hear()["asked"]
    host.say(answered={"n": asked["n"], "problems": [{"field": "", "words": "No room."}]})
    assert host.said == "No room."


def test_two_questions_wait_for_each_other_and_none_waits_for_ever(opened):
    host = opened()
    host.button("Report").click()
    host.button("Report").click()  # a host may put two messages into one
    first = host.hear()["asked"]
    assert "asked" not in host.take()
    host.wait(20_000)
    assert host.said.startswith("Python does not answer.")
    second = host.take()["asked"]
    assert second["n"] != first["n"]
    host.say(answered={"n": second["n"], "path": "case.html"})
    assert host.said.endswith("In a minute or so it is in case.html.")


def test_a_card_outlives_moves_drafts_and_its_closing(opened):
    host = opened()
    card = host.root.locator(".fc-right > .fc-form")
    host.button("+ Fact").press("Enter")
    card.evaluate("one => { one.dataset.mine = 'yes' }")
    assert card.evaluate("one => one.contains(document.activeElement)")
    host.say(settings=NOTHING | {"overrides": {BRIDGE: 0.31}})
    host.say(compiled=MORE, shape="more", settings=NOTHING)
    assert card.get_attribute("data-mine") == "yes"
    assert card.evaluate("one => one.contains(document.activeElement)")
    host.page.keyboard.press("Escape")
    assert card.count() == 0
    assert host.button("+ Fact").evaluate("one => one === document.activeElement")
    host.button("+ Link").click()
    assert card.get_attribute("data-mine") is None
    host.button("+ Fact").click()
    assert card.get_attribute("data-mine") == "yes"
    host.root.locator('.fc-row[data-event="high_water"]').first.evaluate("row => row.click()")
    assert card.get_attribute("data-mine") == "yes"


def asking(host):
    """Open the card of a question, and fill in what is needed."""
    host.button("+ Question").click()
    card = host.root.locator(".fc-right > .fc-form")
    card.locator("textarea").first.fill("Will the pond freeze?")
    card.locator('[data-field="base_rate"] input').first.fill("30")
    return card


def test_a_card_goes_on_when_python_answers_after_a_silence(opened):
    host = opened()
    card = asking(host)
    card.get_by_role("button", name="Add").click()
    asked = host.take()["asked"]
    assert asked["do"] == "label"
    host.wait(5_000)
    assert host.notice.is_visible()
    host.say(answered={"n": asked["n"], "label": "Pond"})  # what it has heard is told afterwards
    assert not host.notice.is_visible()
    asked = host.hear()["asked"]
    assert (asked["do"], asked["edits"][0]["entry"]["title"]) == ("edit", "Pond")


def test_a_label_that_nobody_answered_is_asked_for_again(opened):
    host = opened()
    card = asking(host)
    add = card.get_by_role("button", name="Add")
    add.click()
    first = host.take()["asked"]
    host.wait(20_000)
    host.say(heard=host.take()["again"]["told"])
    add.click()
    again = host.hear()["asked"]
    assert (again["do"], again["words"]) == ("label", first["words"])
    assert again["n"] != first["n"]


def test_the_main_button_of_a_card_can_be_read_under_the_mouse(opened):
    host = opened()
    host.button("+ Question").click()
    add = host.root.locator(".fc-form .fc-main")
    colour = "one => getComputedStyle(one).color"
    before = add.evaluate(colour)
    add.hover()
    assert add.evaluate(colour) == before


def test_what_python_says_to_a_card_does_not_move_its_buttons(opened):
    host = opened()
    card = asking(host)
    add = card.get_by_role("button", name="Add")
    before = add.bounding_box()
    asked = host.hear()["asked"]
    host.say(answered={"n": asked["n"], "label": "Pond"})
    assert card.get_by_text("4 of 42").is_visible()
    host.wait(600)
    asked = host.hear()["asked"]
    assert asked["do"] == "try"
    moves = [{"title": "Bridge", "before": 0.3, "after": 0.5}]
    host.say(answered={"n": asked["n"], "moves": moves})
    assert card.get_by_text("It would move “Bridge” from 30% to 50%.").is_visible()
    assert add.bounding_box() == before


def test_buttons_say_why_they_cannot_be_used(opened):
    host = opened(answers=False)
    ask, fact = host.button("+ Question"), host.button("+ Fact")
    assert ask.get_attribute("aria-disabled") == "true"
    assert "not connected" in ask.get_attribute("title")
    host.hear()
    assert [one.get_attribute("aria-disabled") for one in (ask, fact)] == [None, None]
    host.say(compiled=draft(FIRST, "beside", ["evidence", "sources"]), shape="beside")
    assert "desk()" in ask.get_attribute("title")
    ask.press("Enter")
    assert host.root.locator(".fc-right > .fc-form").count() == 0
    assert fact.get_attribute("aria-disabled") is None


def test_an_empty_case_says_how_to_begin(opened, screenshot):
    for width, dark in ((1440, False), (1440, True), (390, False), (390, True)):
        host = opened(compiled=EMPTY, width=width, dark=dark)
        begin = host.root.locator(".fc-begin")
        assert begin.locator("h2").text_content() == "Begin with a question"
        for narrower in (width, 1240, 900) if (width, dark) == (1440, False) else (width,):
            host.page.set_viewport_size({"width": narrower, "height": 900})
            screenshot(host.page, f"desk-empty-{narrower}-{'dark' if dark else 'light'}")
            assert host.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        host.page.set_viewport_size({"width": width, "height": 900})
        assert browser.accessibility(host.page) == []
        begin.get_by_role("button", name="+ Question").click()
        assert host.root.locator(".fc-right > .fc-form").count() == 1
    host.page.keyboard.press("Escape")
    host.say(compiled=OWN, shape="own")
    assert host.root.locator('.fc-row[data-event="bridge_closed"]').count() == 1
    host.button("Undo").click()
    assert begin.count() == 1
    host.button("Redo").click()
    assert begin.count() == 0


# --- the file -------------------------------------------------------------------------------------


def test_the_file_is_told_and_what_stands_in_its_way(opened, screenshot):
    file = {"name": "bridge.yaml", "kind": "case", "saved": "10:42"}
    file |= {"problem": "", "conflict": None}
    host = opened(file=file)
    title = host.root.locator(".fc-name-of")
    assert title.text_content() == f"{FIRST.title}, saved 10:42"
    host.button(FIRST.title).click()
    assert host.root.locator(".fc-right > .fc-form").get_attribute("aria-label") == "The case"
    asked = host.hear()["asked"]
    assert (asked["do"], asked["section"]) == ("read", "case")
    host.say(answered={"n": asked["n"], "entry": {"title": FIRST.title}})
    host.say(file=file | {"problem": "The disk is full."})
    assert host.root.get_by_text("The disk is full.").is_visible()
    lines = ["- base_rate: 30%", "+ base_rate: <b>40%</b>"]
    host.say(file=file | {"conflict": {"diff": lines}})
    assert not host.root.get_by_text("The disk is full.").is_visible()
    assert host.root.locator(".fc-diff").inner_text().splitlines() == lines
    assert host.root.locator(".fc-diff b").count() == 0
    screenshot(host.page, "desk-conflict")
    assert browser.accessibility(host.page) == []
    host.button("Take the file").click()
    asked = host.hear()["asked"]
    assert (asked["do"], asked["keep"]) == ("conflict", "file")
    host.say(answered={"n": asked["n"]}, file=file)
    assert not host.root.locator(".fc-diff").is_visible()


# --- Python that does not hear --------------------------------------------------------------------


def test_silence_is_told_after_four_seconds_and_reconnect_says_what_came_of_it(opened, screenshot):
    host = opened()
    with host.still():
        host.type(BRIDGE, "31%")
        assert host.take()["settings"] == host.settings  # lost
        host.wait(3_500)
        assert not host.notice.is_visible()
        host.wait(500)
        assert host.notice.is_visible()
    assert host.notice.locator("span").text_content() == (
        "Not connected: your moves stay on this page."
    )
    assert "not connected" in host.button("+ Fact").get_attribute("title")
    again = host.take()["again"]  # told once more by itself
    assert again["settings"] == host.settings
    host.button("Reconnect").click()
    again = host.take()["again"]
    assert (again["settings"], again["shape"]) == (host.settings, "own")
    host.wait(4_000)
    assert "If it restarted, save your moves, then run" in host.notice.text_content()
    screenshot(host.page, "desk-not-connected")
    assert browser.accessibility(host.page) == []
    host.take()
    host.button("Reconnect").click()
    host.say(heard=host.take()["again"]["told"])
    assert not host.notice.is_visible()
    assert host.said == "Connected again: Python has heard all your moves."
    host.wait(300_000)
    assert host.take() == {}


def test_two_views_of_one_explorer_count_their_messages_together(opened):
    host = opened()
    host.say(told=7, heard=7)  # of the other
    host.type(BRIDGE, "31%")
    assert host.hear()["told"] == 8
    host.wait(10_000)
    assert not host.notice.is_visible()


def test_what_was_lost_is_told_again_until_python_hears_it(opened):
    host = opened()
    host.type(BRIDGE, "31%")
    host.take()
    host.wait(15_000)
    sent = host.take()["again"]
    host.say(heard=sent["told"])
    assert not host.notice.is_visible()
    assert host.said == ""


def test_where_python_never_answered_nothing_is_said_of_it(opened):
    host = opened(answers=False)
    host.type(BRIDGE, "31%")
    host.wait(60_000)
    assert not host.notice.is_visible()
    assert "not connected" in host.button("+ Fact").get_attribute("title")


def test_a_question_to_a_line_that_is_cut_is_answered_with_a_problem(opened):
    host = opened()
    host.page.evaluate("void (globalThis.put = () => { throw Error('cut') })")
    host.button("Report").click()
    host.wait()
    assert host.said == "Python cannot be reached. What you typed stays here."


# --- real Python ----------------------------------------------------------------------------------

ADD = {"add": "evidence", "name": None, "words": "Barriers stand.", "entry": FACT}


def pass_on(host, explorer):
    """Give Python what the page has sent, and the page what Python says."""
    sent = host.take()
    if "again" in sent:
        explorer._handle_custom_msg(sent["again"], [])
    else:
        explorer.set_state(sent)
    host.say(**state(explorer))


@pytest.fixture
def desked(opened, tmp_path):
    """A desk of the bridge in a strict host, to which `pass_on` gives what the page has sent."""
    path = tmp_path / "bridge.yaml"
    path.write_text(FIRST.text, "utf-8")
    desk = Desk(path)
    host = opened(**state(desk))
    pass_on(host, desk)
    return host, desk


def test_a_desk_in_a_host_of_six_functions_loses_no_move_and_no_edit(desked):
    host, desk = desked
    host.type(BRIDGE, "31%")
    pass_on(host, desk)
    moved = desk.settings
    assert moved == host.settings
    assert "31%" in desk.path.read_text("utf-8")
    desk.edit(ADD)
    pass_on(host, desk)
    fact = host.root.locator('[data-fact="barriers_stand"]')
    assert (fact.count(), host.settings) == (1, NOTHING)
    row = host.root.locator('.fc-row[data-event="bridge_closed"]')
    afresh = Network(load(desk.path)).posterior()["bridge_closed"]
    assert float(row.get_attribute("data-posterior")) == pytest.approx(afresh, abs=1e-12)
    host.button("Undo").click()
    assert (fact.count(), host.settings) == (0, moved)
    pass_on(host, desk)
    assert (desk.settings, list(load(desk.path).evidence)) == (moved, list(FIRST.evidence))
    host.button("Undo").click()
    pass_on(host, desk)
    assert desk.path.read_text("utf-8") == FIRST.text
    for _ in range(2):
        host.button("Redo").click()
    pass_on(host, desk)
    assert fact.count() == 1
    assert Network(load(desk.path)).posterior()["bridge_closed"] == pytest.approx(afresh, abs=1e-12)


def test_an_edit_that_was_lost_on_the_way_is_asked_again_and_made_once(desked):
    host, desk = desked
    host.button("+ Condition").click()
    for field, said in {"question": "The weir is open", "base_rate": "40"}.items():
        host.root.locator(f'[data-field="{field}"] :is(input, textarea)').first.fill(said)
    host.root.locator(".fc-form").get_by_role("button", name="Add").click()
    while (lost := host.take()).get("asked", {}).get("do") != "edit":
        desk.set_state(lost)  # what it would be called, what it would move
        host.say(**state(desk))
    host.wait(4_000)
    again = host.take()["again"]
    assert again["asked"] == lost["asked"]
    for _ in range(2):  # it comes late twice
        desk._handle_custom_msg(again, [])
    host.say(**state(desk))
    host.wait()
    assert host.root.locator(".fc-form").count() == 0
    assert [name for name in load(desk.path).events if name not in FIRST.events] == ["weir_open"]


def test_a_move_that_python_has_not_heard_of_is_moved_on_its_new_draft_too(desked):
    host, desk = desked
    desk.edit(ADD)  # not yet on the page
    host.type(BRIDGE, "31%")
    moved = host.settings
    host.say(**state(desk))
    fact = host.root.locator('[data-fact="barriers_stand"]')
    assert (fact.count(), host.settings) == (1, moved)
    host.button("Undo").click()
    assert (fact.count(), host.settings) == (0, moved)
    host.button("Redo").click()
    pass_on(host, desk)
    assert desk.settings == moved and "31%" in desk.path.read_text("utf-8")
    assert FACT["claim"] in desk.path.read_text("utf-8")


@pytest.mark.parametrize("piecewise", [False, True])
def test_a_move_made_while_an_edit_is_on_its_way_stays_moved(desked, piecewise):
    host, desk = desked
    host.type("links.high_water.bridge_closed.raises", "5")
    pass_on(host, desk)
    before = host.settings["overrides"]
    host.button("The village bridge in winter").click()
    pass_on(host, desk)  # what stands in the file is read into the card
    host.root.locator("[data-field=title] input").fill("The bridge")
    host.button("Save").click()
    pass_on(host, desk)  # it is the same still
    sent = host.take()
    assert sent["asked"]["do"] == "edit"
    host.page.keyboard.press("Escape")
    host.type(BRIDGE, "31%")
    late = host.take()  # sent before Python has answered, heard after that
    moved = {"overrides": {BRIDGE: host.settings["overrides"][BRIDGE]}}
    desk.set_state(sent)
    said = state(desk)
    desk.set_state(late)
    for part in ({name: one} for name, one in said.items()) if piecewise else [said]:
        host.say(**part)
    assert host.settings == NOTHING | moved
    pass_on(host, desk)
    assert desk.settings == NOTHING | moved
    case = load(desk.path)
    assert case.title == "The bridge"
    assert float(case.node.value["links"].value[0].value["raises"].value["best"].value) == 5
    assert case.written("events", "bridge_closed", "base_rate", "best") == "31%"
    host.button("Undo").click()
    assert host.settings["overrides"] == before | moved["overrides"]


# --- slow Python ----------------------------------------------------------------------------------


def new_weir(host, **fields):
    """Type a new condition; give its card."""
    host.button("+ Condition").click()
    card = host.root.locator(".fc-right > .fc-form")
    for field, said in {"question": "The weir is open", "base_rate": "40", **fields}.items():
        card.locator(f'[data-field="{field}"] :is(input, textarea)').first.fill(said)
    return card


def until_edit(host, desk):
    """Let Python answer all but the edit; give the message with the edit."""
    for _ in range(9):
        if (sent := host.take()).get("asked", {}).get("do") == "edit":
            return sent
        desk.set_state(sent)
        host.say(**state(desk))
    raise AssertionError(host.root.locator(".fc-form").inner_text())


def added(desk):
    return {
        name: event.title
        for name, event in load(desk.path).events.items()
        if name not in FIRST.events
    }


def test_an_edit_whose_answer_was_given_up_is_told_when_it_comes_and_not_made_twice(desked):
    host, desk = desked
    card = new_weir(host)
    card.get_by_role("button", name="Add").click()
    late = until_edit(host, desk)
    host.wait(20_000)
    assert card.get_by_text("Python does not answer.").is_visible()
    host.take()
    desk.set_state(late)
    host.say(**state(desk))
    host.wait()
    assert host.said.startswith("Added: the condition")
    assert card.count() == 0
    assert added(desk) == {"weir_open": "The weir is open"}


@pytest.mark.parametrize("presses", [1, 2])
def test_what_is_typed_while_a_new_card_is_saved_stays_to_be_saved(desked, presses):
    host, desk = desked
    card = new_weir(host)
    add, title = card.locator(".fc-main"), card.locator("[data-field=title] input")
    add.click()
    late = until_edit(host, desk)
    title.fill("The weir")
    if presses > 1:
        add.click()
    desk.set_state(late)
    host.say(**state(desk))
    for _ in range(3):
        pass_on(host, desk)
    assert added(desk) == {"weir_open": "The weir is open"}
    assert title.input_value() == "The weir"
    assert "not saved" in host.said
    host.button("Save").click()
    for _ in range(3):
        pass_on(host, desk)
    assert (card.count(), added(desk)) == (0, {"weir_open": "The weir"})


def test_what_is_typed_while_a_card_is_saved_stays_to_be_saved(desked):
    host, desk = desked
    host.button("The village bridge in winter").click()
    pass_on(host, desk)
    card = host.root.locator(".fc-right > .fc-form")
    title = card.locator("[data-field=title] input")
    title.fill("The bridge")
    host.button("Save").click()
    late = until_edit(host, desk)
    title.fill("A bridge")
    desk.set_state(late)
    host.say(**state(desk))
    for _ in range(3):
        pass_on(host, desk)
    assert (load(desk.path).title, title.input_value()) == ("The bridge", "A bridge")
    host.button("Save").click()
    for _ in range(3):
        pass_on(host, desk)
    assert (card.count(), load(desk.path).title) == (0, "A bridge")


def test_a_card_that_was_discarded_before_it_was_sent_is_not_added(desked):
    host, desk = desked
    card = new_weir(host)
    card.locator(".fc-main").click()
    asked = host.take()
    assert asked["asked"]["do"] == "label"
    host.button("Discard").click()
    for _ in range(3):
        desk.set_state(asked)
        host.say(**state(desk))
        asked = host.take()
        assert asked.get("asked", {}).get("do") != "edit"
    assert added(desk) == {}


def test_a_new_card_stays_when_the_one_before_it_is_answered(desked):
    host, desk = desked
    card = new_weir(host)
    card.locator(".fc-main").click()
    late = until_edit(host, desk)
    host.button("Discard").click()
    new_weir(host, question="The mill runs")
    desk.set_state(late)
    host.say(**state(desk))
    host.wait()
    assert card.locator("textarea").first.input_value() == "The mill runs"
    assert host.said.startswith("Added: the condition “The weir is open”")


def test_a_card_that_is_refused_after_it_was_closed_is_told(desked):
    host, desk = desked
    host.button("The village bridge in winter").click()
    pass_on(host, desk)
    host.root.locator("[data-field=horizons] input").fill("2020-01-01")
    host.button("Save").click()
    late = until_edit(host, desk)
    host.page.keyboard.press("Escape")
    desk.set_state(late)
    host.say(**state(desk))
    host.wait()
    assert host.said.startswith("The case is not changed:")
    host.button("The village bridge in winter").click()
    assert host.root.locator("[data-field=horizons] input").input_value() == "2020-01-01"


def test_what_python_says_to_a_card_takes_no_focus_from_elsewhere(desked):
    host, desk = desked
    host.button("The village bridge in winter").click()
    elsewhere = host.root.locator(".fc-middle summary").first
    elsewhere.focus()
    pass_on(host, desk)
    title = host.root.locator("[data-field=title] input")
    title.wait_for()
    focused = "one => one === document.activeElement"
    assert elsewhere.evaluate(focused)
    title.fill("The bridge")
    host.root.locator("[data-field=horizons] input").fill("2020-01-01")
    host.button("Save").click()
    elsewhere.focus()
    for _ in range(3):
        pass_on(host, desk)
    assert host.root.locator("[data-field=horizons] [aria-invalid]").count() == 1
    assert elsewhere.evaluate(focused)


def test_the_event_that_is_shown_stays_where_a_hand_has_chosen_it_meanwhile(desked):
    host, desk = desked
    card = host.root.locator(".fc-right > .fc-form")
    host.button("+ Question").click()
    for field, said in {"question": "Will the weir open?", "base_rate": "40"}.items():
        card.locator(f'[data-field="{field}"] :is(input, textarea)').first.fill(said)
    card.locator(".fc-main").click()
    late = until_edit(host, desk)
    host.root.locator('.fc-row[data-event="high_water"]').first.evaluate("row => row.click()")
    shown = host.root.locator(".fc-middle").get_by_role("heading").first
    before = shown.inner_text()
    desk.set_state(late | host.take())
    host.say(**state(desk))
    host.wait()
    assert card.count() == 0
    assert shown.inner_text() == before


def test_what_an_older_text_of_a_card_would_move_is_not_told_of_a_newer_one(opened):
    host = opened()
    card = new_weir(host, title="Weir")
    host.wait(600)
    moves = host.root.locator(".fc-moves")
    host.say(answered={"n": host.hear()["asked"]["n"], "label": "Weir"})
    asked = host.hear()["asked"]
    assert asked["do"] == "try"
    told = [{"title": "Bridge", "before": 0.3, "after": 0.5}]
    host.say(answered={"n": asked["n"], "moves": told})
    assert moves.inner_text() == "It would move “Bridge” from 30% to 50%."
    rate = card.locator('[data-field="base_rate"] input').first
    rate.fill("60")
    host.wait(600)
    newer = host.hear()["asked"]
    assert newer["do"] == "try"
    assert moves.inner_text() == ""
    host.say(answered={"n": newer["n"], "problems": [{"field": "", "words": "Busy."}]})
    rate.fill("60")
    host.wait(600)
    assert host.hear()["asked"]["edits"] == newer["edits"]  # nobody has answered it


def test_a_forecast_is_recorded_once_however_often_it_is_pressed(opened):
    host = opened()
    button = host.button("Record this forecast")
    for _ in range(2):
        button.evaluate("one => one.click()")
    asked = host.hear()["asked"]
    assert "being recorded" in button.get_attribute("title")
    host.wait(20_000)
    assert host.said.startswith("Python does not answer.")
    host.say(answered={"n": asked["n"], "path": "ledger.db", "head": "ab:7:cd"})
    assert host.said.startswith("Recorded in ledger.db.")
    assert "asked" not in host.hear()
    assert button.get_attribute("title") is None


def test_reconnect_pressed_again_and_again_is_one_attempt(opened):
    host = opened()
    host.page.evaluate("addEventListener('error', ({ message }) => failures.push(message))")
    host.type(BRIDGE, "31%")
    host.take()
    host.wait(5_000)
    for _ in range(3):
        host.button("Reconnect").click()
        host.wait(500)
    host.wait(8_000)
    assert host.page.evaluate("failures") == []
    assert "If it restarted" in host.notice.text_content()
    host.button("Reconnect").click()
    host.say(heard=host.take()["again"]["told"])
    assert host.said.startswith("Connected again")


def test_what_is_told_of_python_and_the_file_moves_nothing_under_the_hand(opened):
    file = {"name": "bridge.yaml", "kind": "case", "saved": "10:42"}
    file |= {"problem": "", "conflict": None}
    host = opened(file=file)
    columns = host.root.locator(".fc-columns")
    before = columns.bounding_box()
    host.type(BRIDGE, "31%")
    host.take()
    host.wait(5_000)
    assert host.notice.is_visible()
    assert columns.bounding_box() == before
    host.hear()
    host.button("Report").click()
    host.say(answered={"n": host.hear()["asked"]["n"], "path": "case.html"})
    host.say(file=file | {"problem": "The disk is full."})
    host.say(file=file | {"problem": "No room.", "conflict": {"diff": ["- a: 1", "+ a: 2"]}})
    assert host.root.get_by_text("Which counts?").is_visible()
    assert columns.bounding_box() == before


def test_a_file_that_python_is_asked_for_is_told_until_it_comes(desked):
    host, desk = desked
    host.button("Save as file").click()
    assert host.take()["asked"]["do"] == "text"
    assert host.said == "Python is asked for the file ..."
    with host.page.expect_download() as download:
        host.wait(20_000)  # it does not come: the page has the case as it was made last
    assert download.value.path().read_text("utf-8") == desk.path.read_text("utf-8")
    assert host.said == ""


def test_undo_by_keys_says_why_it_waits_for_an_edit(desked):
    host, desk = desked
    new_weir(host).locator(".fc-main").click()
    until_edit(host, desk)
    host.root.locator(".fc-middle summary").first.press("Control+z")
    assert host.said == "One moment: an edit is on its way."


# --- a real kernel in JupyterLab ------------------------------------------------------------------


@pytest.fixture(scope="module")
def first_notebook(share_notebook):
    return share_notebook("notebooks/01-first-forecast.ipynb", width=1800, height=1100)


@pytest.fixture
def first_forecast(first_notebook):
    """Notebook 01, run to its end, with a hand on its explorer, in which nothing has been moved."""
    return first_notebook, unmoved(first_notebook)


def notice_of(hand):
    return hand.root.locator(".fc-notice")


def save_of(hand, path):
    """Save the moves by the button of the notice."""
    with hand.page.expect_download() as download:
        notice_of(hand).get_by_role("button", name="Save as file").click()
    download.value.save_as(path)
    return download.value.suggested_filename


# Nothing else is drawn over the middle of it.
SEEN = """notice => {
    const {left, top, width, height} = notice.getBoundingClientRect();
    return notice.contains(document.elementFromPoint(left + width / 2, top + height / 2));
}"""


def test_a_kernel_that_is_still_for_a_while_hears_of_the_moves_after_it(first_forecast):
    notebook, hand = first_forecast
    process = notebook.value("__import__('os').getpid()")
    os.kill(process, signal.SIGSTOP)
    try:
        hand.drag(RATE, 0.3)
        notice_of(hand).get_by_text("Not connected").wait_for()
        hand.drag(RATE, 0.5)
        moved = hand.settings
    finally:
        os.kill(process, signal.SIGCONT)
    notice_of(hand).wait_for(state="hidden")
    same_in_kernel(notebook, hand)
    assert hand.settings == moved


def test_a_kernel_that_died_is_told_and_the_moves_are_saved_as_a_file(
    first_forecast, screenshot, tmp_path
):
    notebook, hand = first_forecast
    hand.drag(RATE, 0.3)
    same_in_kernel(notebook, hand)
    assert not notice_of(hand).is_visible()
    os.kill(notebook.value("__import__('os').getpid()"), signal.SIGKILL)
    notebook.page.get_by_role("button", name="Ok", exact=True).click()  # JupyterLab says so too
    hand.drag(RATE, 0.6)
    hand.type(NOW, "50%")
    notice_of(hand).get_by_text("Not connected").wait_for()
    notice_of(hand).get_by_role("button", name="Reconnect").click()
    notice_of(hand).get_by_text("run the cell or reload").wait_for()
    assert browser.accessibility(notebook.page, ".fc") == []
    assert notice_of(hand).evaluate(SEEN)
    screenshot(notebook.page, "explorer-lab-kernel-died")
    file = tmp_path / "moves.yaml"
    assert save_of(hand, file) == f"{MAIN.case}-moves.yaml"
    kept = load_overlay(file).overrides
    assert kept.keys() == hand.settings["overrides"].keys() == {RATE, NOW}
    posterior = Network(apply(MAIN, file)).posterior()
    for event, (_, shown) in hand.numbers().items():
        assert shown == pytest.approx(posterior[event], abs=1e-9)


# --- a page by itself -----------------------------------------------------------------------------


@pytest.fixture
def page_of(offline_page, tmp_path):
    """Open the exported page of a case: ``page_of(case, fragment="")``; give it and its root."""

    def page_of(case, fragment="", **options):
        file = tmp_path / f"{case.case}.html"
        file.write_text(live_page(case), "utf-8")
        page = offline_page(file, **options)
        if fragment:
            page.evaluate("fragment => { location.hash = fragment; location.reload() }", fragment)
            page.wait_for_load_state()
        page.locator(".fc:visible").wait_for()
        return page, Hand(page, case, "bridge_closed")

    return page_of


def copied(page, hand):
    """The link that the page copies; it must open the same file."""
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    hand.root.get_by_role("button", name="Copy link").click()
    hand.root.get_by_text("The link is copied").wait_for()
    address, _, fragment = page.evaluate("navigator.clipboard.readText()").partition("#")
    assert address == page.url.partition("#")[0]
    return fragment


def packed(**content):
    """A fragment as by RFC 4648, section 5."""
    return "fc=" + base64.urlsafe_b64encode(
        json.dumps(content, separators=(",", ":")).encode()
    ).decode().rstrip("=")


def test_a_link_holds_the_moves_and_what_is_only_supposed(page_of):
    page, hand = page_of(FIRST)
    hand.type(BRIDGE, "31%")
    hand.root.get_by_label("What if: A winter of high water").select_option("given yes")
    moved = hand.settings
    assert moved["given"] == {"high_water": True}
    fragment = copied(page, hand)
    assert fragment == packed(digest=FIRST.digest, settings=moved)
    _, other = page_of(FIRST, fragment)
    assert other.settings == moved
    other.root.get_by_role("button", name="Undo").click()
    assert other.settings == NOTHING


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ({"digest": "another", "settings": NOTHING}, "are of another case"),
        *(
            ({"digest": FIRST.digest, "settings": settings}, "cannot be read")
            for settings in (
                *({"overrides": one} for one in ({BRIDGE: "x"}, {"events.x.now": 1}, [1])),
                *({"given": one} for one in ({"x": True}, {"__proto__": True}, [])),
                *({"as_of": "soon"}, {"by": "2031-01-01"}, {"do": None}, [], None),
                *("<img src=x onerror=X=1>", {"overrides": {f"{BRIDGE}": {"best": "<img>"}}}),
                {"overrides": {"evidence.cracks_in_the_pier.status": "<img>"}},
                {"overrides": {"evidence.cracks_in_the_pier.reports.0.grade": "<img>"}},
            )
        ),
        (None, "cannot be read"),
    ],
)
def test_a_link_of_another_case_or_of_no_sense_moves_nothing(page_of, content, words):
    fragment = packed(**content) if content else "fc=%%%"
    _, hand = page_of(FIRST, fragment)
    assert words in hand.root.locator(".fc-said").text_content()
    assert hand.settings == NOTHING
    assert hand.root.locator("img").count() == 0


def test_what_is_written_in_the_address_later_is_taken_over_too(page_of):
    page, hand = page_of(FIRST)
    moves = NOTHING | {"overrides": {BRIDGE: 0.31}}
    page.evaluate("hash => { location.hash = hash }", packed(digest=FIRST.digest, settings=moves))
    page.wait_for_function("root => root.dataset.settings.includes('0.31')", arg=_element(hand))
    assert hand.settings == moves


def test_a_page_by_itself_saves_and_says_what_needs_python(page_of, tmp_path, screenshot):
    for width, dark in ((1440, False), (1440, True), (390, False), (390, True)):
        page, hand = page_of(FIRST, width=width, dark=dark)
        for name in ("+ Question", "Record this forecast"):
            button = hand.root.get_by_role("button", name=name)
            assert button.get_attribute("aria-disabled") == "true"
            assert "needs Python" in button.get_attribute("title")
        hand.type(BRIDGE, "31%")
        page.wait_for_function("root => !root.classList.contains('fc-stale')", arg=_element(hand))
        screenshot(page, f"desk-page-{width}-{'dark' if dark else 'light'}")
        assert browser.accessibility(page) == []
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    hand.root.locator(".fc-changes summary").click()
    with page.expect_download() as download:
        hand.root.get_by_role("button", name="Save as file").first.click()
    download.value.save_as(tmp_path / "moves.yaml")
    found = Network(apply(FIRST, tmp_path / "moves.yaml")).posterior()
    assert hand.numbers()["bridge_closed"][1] == pytest.approx(found["bridge_closed"], abs=1e-12)
