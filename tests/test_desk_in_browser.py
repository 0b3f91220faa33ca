"""A case is made on the page by keys or mouse, kept, shared, and shown as it was written."""

import json
import re
import statistics
from pathlib import Path

import numpy as np
import pytest
import yaml
from py_mini_racer import MiniRacer

from forecasting import cli
from forecasting.engine.network import Network
from forecasting.errors import InputError
from forecasting.explorer import page as live_page
from forecasting.explorer.desk import Desk
from forecasting.explorer.live import scopes
from forecasting.file.case import load
from tests import browser
from tests.desk_script import Keys, Mouse, connect, make_case, probabilities
from tests.random_cases import how_many
from tests.random_edits import Editor
from tests.test_explorer_desk import BRIDGE
from tests.test_explorer_host_in_browser import host_page, state
from tests.test_explorer_in_browser import Hand

# The case of the script, as somebody writes it who has an editor.
HARBOUR = """\
# The harbour, for the council of the town.
case: harbour
title: The harbour in winter
as_of: 2026-01-15
resolve_by: 2026-12-31        # the council sits on the day after

events:
  # What is asked.
  harbour_closed_week:
    role: outcome
    kind: occurs
    title: Harbour closed for a week
    question: Will the harbour be closed for a week or longer?
    resolution: {criterion: No ship is let in for seven days on end., \
source: Notices of the harbour office}
    base_rate: {seen: 6, of: 30, within: 12 months}   # counted by the harbour master
  ferry_line_sold:
    role: outcome
    kind: occurs
    title: Ferry line sold
    question: Will the ferry line be sold?
    resolution: {criterion: The register names a new owner., source: Register of companies}
    base_rate: {best: 12%, within: 12 months}
  who_runs_harbour:
    role: outcome
    title: Who runs the harbour
    question: Who will run the harbour at the end of the year?
    states: {town: The town, province: The province, private_firm: A private firm}
    base_rate: {town: 50%, province: 20%, private_firm: rest}
  # On what it hangs.
  winter_storms:              # as the pilots use the word
    role: driver
    kind: state
    title: A winter of storms
    base_rate: {low: 20%, best: 30%, high: 40%}
    now: 60%                  # the forecast of the weather office
  crane_out_order:
    role: driver
    kind: state
    title: The crane is out of order
    base_rate: 15%
  council_split:
    role: driver
    kind: state
    title: The council is split
    base_rate: 40%
  buyer_has_made_offer:
    role: driver
    kind: state
    title: A buyer has made an offer
    base_rate: 25%
    now: 35%

links:
  - from: winter_storms
    to: harbour_closed_week
    if_yes: 50%               # in bad years
    if_no: 8%
  - from: crane_out_order
    to: harbour_closed_week
    if_yes: 30%
    if_no: {low: 10%, high: 20%}
  - from: council_split
    to: who_runs_harbour.private_firm
    if_yes: 45%
    if_no: 25%
  - from: buyer_has_made_offer
    to: ferry_line_sold
    if_yes: 40%
    if_no: 5%
  # Conditions move each other too.
  - from: winter_storms
    to: crane_out_order
    if_yes: 30%
    if_no: 10%
  - from: winter_storms
    to: council_split
    if_yes: 50%
    if_no: 35%
  - from: council_split
    to: buyer_has_made_offer
    if_yes: 40%
    if_no: 15%

sources:
  guild_pilots:
    title: Guild of pilots
  works_yard:
    title: Works yard         # three people
  harbour_gazette:
    title: The Harbour Gazette
  broker:
    title: A broker
  port_workers_union:
    title: Port workers' union

evidence:
  two_gales_first_week:
    claim: Two gales in the first week.
    date: 2026-01-08
    bears_on: winter_storms
    if_yes: 70%
    if_no: 30%
    reports:
      - {source: guild_pilots, grade: A1}
  cranes_gears_worn:
    claim: The crane's gears are worn.
    date: 2026-01-10
    bears_on: crane_out_order
    if_yes: 60%
    if_no: 20%
    reports:
      - {source: works_yard, grade: B2}     # by telephone
  vote_was_put_off:
    claim: "The vote was put off: again."
    date: 2026-01-12
    bears_on: council_split
    if_yes: 50%
    if_no: 15%
    reports:
      - {source: harbour_gazette, grade: C3}
  buyers_were_shown_ferries:
    claim: Buyers were shown the ferries.
    date: 2026-01-13
    bears_on: buyer_has_made_offer
    if_yes: 55%
    if_no: 10%
    reports:
      - {source: broker, grade: B3}
  quay_wall_leaks:
    claim: The quay wall leaks.
    date: 2026-01-14
    bears_on: harbour_closed_week
    if_yes: {low: 30%, best: 40%, high: 50%}
    if_no: 15%
    reports:
      - {source: guild_pilots, grade: A2}
  firm_hires_pilots:
    claim: A firm hires pilots.
    date: 2026-01-15
    bears_on: who_runs_harbour.private_firm
    if_yes: 30%
    if_no: 10%
    reports:
      - {source: port_workers_union, grade: B2}
# The end.
"""
CLOSED = "harbour_closed_week"
VIEWS = {
    "1440": {"width": 1440, "height": 1000},
    "1240": {"width": 1240, "height": 1000},
    "900": {"width": 900, "height": 1000},
    "390": {"width": 390, "height": 844},
}

LOADER = getattr(yaml, "CBaseLoader", yaml.BaseLoader)  # in C, if PyYAML has it
COMMENT = re.compile(r"#[^\n]*")


def without_comments(text):
    """Lines of a file without its comments, nor lines that are nothing else."""
    kept = [(line, COMMENT.sub("", line).rstrip()) for line in text.strip().splitlines()]
    return [bare for line, bare in kept if bare or not line.strip()]


@pytest.fixture
def open_desk(offline_page, tmp_path):
    """Open a desk of this process in a strict host: ``open_desk(text=None)``; give it, its page."""
    pages = []

    def open_desk(text=None, **options):
        path = tmp_path / "harbour.yaml"
        if text is not None:
            path.write_text(text, "utf-8")
        page = offline_page(host_page(tmp_path), **{"width": 1440, "height": 1000, **options})
        desk = Desk(path)
        page.set_default_timeout(15_000)
        connect(page, desk)
        pages.append(page)
        return desk, page

    yield open_desk
    for page in pages:
        assert page.evaluate("failures") == []


def is_of_file(page, path):
    """Hold the numbers of the page against those of the file, read afresh."""
    afresh = Network(load(path)).posterior()
    shown = probabilities(page.locator("body"))
    assert shown
    for event, p in shown.items():
        assert p == pytest.approx(afresh[event], abs=1e-12), event


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
    hand = Hand(page, case, CLOSED)
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
    opened = Hand(other, case, CLOSED)
    assert (opened.settings, opened.numbers()) == (hand.settings, hand.numbers())


# --- edits, moves, steps back and forth, at random ------------------------------------------------


class Steps:
    """The history that a page keeps, with the text of the file at each step."""

    def __init__(self, desk):
        self.desk = desk
        self.past, self.future, self.now = [], [], self.state()

    def state(self):
        return self.desk.shape, dict(self.desk.settings), self.desk.path.read_text("utf-8")

    def made(self):
        """A step was made; the same state again is none."""
        if self.state() != self.now:
            self.past.append(self.now)
            self.future, self.now = [], self.state()

    def tell(self, **said):
        self.desk.set_state({**said, "told": self.desk.heard + 1})

    def step(self, there, back):
        if not there:
            return
        back.append(self.now)
        self.now = there.pop()
        shape, settings, _ = self.now
        self.tell(shape=shape, settings=settings)
        assert self.state() == self.now


# Numbers of the case that a hand can move.
MOVES = ("base_rate", "now", "if_yes", "if_no")


def movable(case):
    return [
        f"{section}.{name}.{key}"
        for section in ("events", "evidence")
        for name, entry in (case.get(section) or {}).items()
        for key in MOVES
        if isinstance(entry.get(key), str) and "$" not in name
    ]


@pytest.mark.slow
def test_200_random_sequences_keep_every_comment_and_the_numbers_of_the_file(tmp_path):
    path = tmp_path / "case.yaml"
    edited = refused = 0
    with MiniRacer() as v8:
        v8.eval(scopes("engine/engine.js"))
        for seed in range(how_many(200)):
            rng, editor = np.random.default_rng(seed), Editor(seed)
            first = BRIDGE if seed % 10 else HARBOUR
            comments = COMMENT.findall(first)
            path.write_text(first, "utf-8")
            desk = Desk(path)
            steps = Steps(desk)
            for _ in range(6):
                what = rng.choice(["edit", "move", "undo", "redo"], p=[0.5, 0.2, 0.2, 0.1])
                plain = yaml.load(desk.path.read_text("utf-8"), Loader=LOADER)
                if what == "edit":
                    edit, _ = editor.edit(plain)
                    try:
                        desk.edit(edit)
                        edited += 1
                    except InputError:
                        refused += 1
                        assert steps.state() == steps.now
                    steps.made()
                elif what == "move":
                    at = movable(plain)
                    low, high = sorted(rng.choice(np.arange(1, 1000), 2, replace=False) / 1000)
                    form = {"low": low, "high": high} if rng.random() < 0.3 else low
                    overrides = {**desk.settings["overrides"], rng.choice(at): form}
                    steps.tell(settings={**desk.settings, "overrides": overrides})
                    steps.made()
                elif what == "undo":
                    steps.step(steps.past, steps.future)
                else:
                    steps.step(steps.future, steps.past)
                kept = COMMENT.findall(path.read_text("utf-8"))
                assert all(kept.count(one) >= comments.count(one) for one in comments), seed
            if desk.case is None:
                continue  # nothing is asked any more
            compiled, settings = json.dumps(desk.compiled), json.dumps(dict(desk.settings))
            solved = v8.eval(
                f"JSON.stringify(engine_js.engine({compiled}).solve({settings}).posterior ?? null)"
            )
            afresh = Network(load(path)).posterior()
            for event, p in json.loads(solved).items():
                assert p == pytest.approx(afresh[event], abs=1e-12), (seed, event)
    assert edited > refused


def step(person, rng, what, number):
    """Make one step of a random walk as a person does; whether there was one to make."""
    page, button = person.page, person.button(what.capitalize())
    if what in ("undo", "redo"):
        if button.get_attribute("aria-disabled"):
            return False
        button.press("Enter")
    elif what == "move":
        event = rng.choice([CLOSED, "ferry_line_sold"])
        page.locator(f'.fc-row[data-event="{event}"]').press("Enter")
        field = page.locator(f'[data-path="events.{event}.base_rate"] .fc-field').first
        field.fill(f"{rng.integers(1, 99)}%")
        field.press("Enter")
    elif what == "fact":
        person.press("+ Fact")
        fill(person, claim=f"Seen: no. {number} #1", if_yes=str(rng.integers(50, 99)), if_no="30")
        fill(person, reports__0__source="we saw it ourselves")
        choices = person.field("bears_on").locator("option").all_text_contents()[1:]
        fill(person, bears_on=str(rng.choice([one for one in choices if "each answer" not in one])))
        person.add()
    elif what == "condition":
        person.press("+ Condition")
        fill(person, question=f"Condition no. {number}", base_rate=str(rng.integers(1, 99)))
        fill(person, **{f"does__{CLOSED}__if_yes": "40", f"does__{CLOSED}__if_no": "25-35"})
        person.add()
    else:
        kind = {"rename": "events", "cut": "evidence", "unlink": "links"}[what]
        keys = page.locator(f".fc-outline [data-keep^='{kind} ']").evaluate_all(
            "all => all.map((one) => one.dataset.keep)"
        )
        if not keys:
            return False
        main = opened(page, rng.choice(keys))
        if what == "rename":
            fill(person, title=f"Title no. {number}: new")
            main.press("Enter")
        else:
            person.root.locator(".fc-form").get_by_role("button", name="Delete this").press("Enter")
            person.button("Delete").press("Enter")
        person.root.locator(".fc-form").wait_for(state="detached")
    return True


def fill(person, **answers):
    """Fill fields at once."""
    for key, said in answers.items():
        control = person.field(key.replace("__", ".")).locator("input, textarea, select").first
        if control.evaluate("one => one.type") == "select-one":
            control.select_option(label=said)
        else:
            control.fill(said)


KINDS = ["fact", "condition", "rename", "cut", "unlink", "move", "undo", "redo"]
OFTEN = [0.1, 0.06, 0.1, 0.08, 0.06, 0.26, 0.22, 0.12]


@pytest.mark.slow
def test_ten_random_walks_on_a_page_leave_page_python_and_file_alike(open_desk):
    desk, page = open_desk(HARBOUR)
    person, comments, made = Mouse(page), COMMENT.findall(HARBOUR), dict.fromkeys(KINDS, 0)
    page.clock.install()
    for seed in range(10):
        rng = np.random.default_rng(seed)
        for number in range(6):
            what = str(rng.choice(KINDS, p=OFTEN))
            made[what] += step(person, rng, what, number)
            page.clock.run_for(300)  # in which what was moved is told
            page.evaluate("passed()")
            told = page.locator(".fc").evaluate("one => [one.dataset.shape, one.dataset.settings]")
            assert [desk.shape, desk.settings] == [told[0], json.loads(told[1])], (seed, number)
            is_of_file(page, desk.path)
            text = desk.path.read_text("utf-8")
            assert all(comment in text for comment in comments), (seed, number, what)
        if not person.button("Reset all").get_attribute("aria-disabled"):
            person.press("Reset all")
        page.clock.run_for(300)
        page.evaluate("passed()")
        assert desk.path.read_text("utf-8") == HARBOUR
    assert min(made.values()) > 0


# --- text is text ---------------------------------------------------------------------------------


HOSTILE = "<img src=x onerror=X=1>"
NEW = {
    "+ Question": "events",
    "+ Condition": "condition",
    "+ Fact": "evidence",
    "+ Link": "links",
    "+ scenario": "scenarios",
}


def is_text_only(page):
    assert page.locator(".fc img, .fc script, .fc iframe").count() == 0
    assert page.evaluate("window.X") is None


def unfold(page):
    """Open the outline with all its branches."""
    page.locator(".fc-outline").evaluate(
        "one => one.querySelectorAll('details').forEach((each) => { each.open = true; })"
    )


def test_hostile_text_typed_into_every_field_is_shown_as_text(open_desk):
    desk, page = open_desk()
    person, form = Mouse(page), page.locator(".fc-form")
    texts = form.locator("textarea:visible, input[type=text]:visible:not(.fc-short)")
    numbers = form.locator("input.fc-short:visible")

    def write(button, main="Add"):
        """Type it into every field; what is no number is asked back; then the numbers."""
        unfold(page)
        person.press(button)
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
        assert HOSTILE in shown or "→" in opened.nth(number).text_content()
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

# From a move until it is drawn, in ms: the task after the next frame.
DRAWN = """() => new Promise((done) => {
    const slider = document.querySelector(".fc-right input[type=range]");
    const from = performance.now();
    slider.value = Number(slider.value) + Number(slider.step || 1) * (Math.random() < 0.5 ? 7 : -7);
    slider.dispatchEvent(new Event("input", { bubbles: true }));
    requestAnimationFrame(() => {
        const { port1, port2 } = new MessageChannel();
        port1.onmessage = () => { port1.close(); done(performance.now() - from); };
        port2.postMessage(null);
    });
})"""


def opened(page, key):
    """Open the card of one thing from the outline; its main button."""
    page.evaluate("key => document.querySelector(`.fc-outline [data-keep='${key}']`).click()", key)
    main = page.locator(".fc-form .fc-main")
    main.wait_for()
    return main


# Facts in forms that no card asks about.
FORMS = """\
case: forms
as_of: 2025-06-01
resolve_by: 2026-06-01
events:
  rain: {role: outcome, question: "Will it rain?", base_rate: 30%}
  wet:
    role: driver
    kind: state
    states: {some: a little, much: very much}
    base_rate: {some: 60%, much: rest}
  snow: {role: driver, kind: lasts, base_rate: {best: 0.30, within: 4 months}, why: old books}
links:
  - {from: wet.much, to: rain, odds: 0.5, why: a reason}
sources:
  radio: {title: The radio}
evidence:
  absent: {claim: No clouds., bears_on: rain, if_yes: 0.6, if_no: 20%, status: absent}
  ratio: {claim: Wind., bears_on: rain, likelihood_ratio: 3, status: confirmed}
  single: {claim: Birds., bears_on: {rain: {raises: 2}}, chance: 30%, status: confirmed}
  precise:
    claim: A forecast.
    bears_on: rain
    if_yes: 60%
    if_no: 20%
    reports: [{source: radio, grade: B, hit: 90%, false: 10%, date: 2025-05-01}]
  waits: {claim: A storm., bears_on: rain, if_yes: 60%, if_no: 20%, status: pending}
"""


def test_cards_keep_what_they_do_not_ask_about(open_desk):
    desk, page = open_desk(FORMS)
    for key in ("absent", "ratio", "single", "precise", "waits"):
        main = opened(page, f"evidence {key}")
        page.locator("[data-field=why] textarea").fill(f"why {key}")
        main.click()
        page.locator(".fc-form").wait_for(state="detached")
    written = yaml.safe_load(desk.path.read_text("utf-8"))["evidence"]
    expected = yaml.safe_load(FORMS)["evidence"]
    for key, fact in expected.items():
        fact["why"] = f"why {key}"
    assert written == expected


def test_a_label_is_changed_and_the_name_and_numbers_of_a_state_stay(open_desk):
    desk, page = open_desk(FORMS)
    main = opened(page, "condition wet")
    page.locator("[data-field='states.1.label'] input").fill("a great deal")
    main.click()
    page.locator(".fc-form").wait_for(state="detached")
    new = FORMS.replace("very much", "a great deal")
    written = yaml.safe_load(desk.path.read_text("utf-8"))["events"]["wet"]
    wanted = yaml.safe_load(new)["events"]["wet"]
    assert {key: written[key] for key in wanted} == wanted


def test_a_question_is_settled_on_its_card(open_desk):
    desk, page = open_desk(FORMS)
    main = opened(page, "events rain")
    page.locator("[data-field=settled] select").select_option("happened")
    main.click()
    page.get_by_text("On which day?", exact=True).wait_for()
    page.locator("[data-field=settled_on] input").fill("2025-05-20")
    main.click()
    page.locator(".fc-form").wait_for(state="detached")
    rain = load(desk.path).events["rain"]
    assert str(rain.happened) == "2025-05-20"
    assert page.locator('[data-event="rain"]').first.get_attribute("data-posterior") == "1"
    main = opened(page, "events rain")
    page.locator("[data-field=settled] select").select_option("")
    main.click()
    page.locator(".fc-form").wait_for(state="detached")
    assert load(desk.path).events["rain"].happened is None


def test_a_base_rate_is_asked_for_the_period_that_it_is_stated_for(open_desk):
    _, page = open_desk(FORMS)
    opened(page, "condition snow")
    asked = page.locator("[data-field=base_rate] .fc-asked")
    assert "of 100 such periods of 4 months" in asked.inner_text()
    page.locator("[data-field=within] input").fill("12")
    assert "of 100 such years" in asked.inner_text()
    page.locator("[data-field=within] input").fill("")
    assert "by the date" in asked.inner_text()
    assert page.locator("[data-field=base_rate] input").input_value() == "30"


def test_a_card_never_writes_back_what_was_changed_elsewhere(open_desk):
    desk, page = open_desk(FORMS)
    opened(page, "evidence absent")
    page.keyboard.press("Escape")
    desk.edit({"put": ["evidence", "absent", "if_yes"], "value": "70%"})
    page.evaluate("said => put(said)", state(desk))
    main = opened(page, "evidence absent")  # nothing was typed: as it is now
    assert page.locator("[data-field=if_yes] input").input_value() == "70"
    page.locator("[data-field=why] textarea").fill("a reason")
    desk.edit({"put": ["evidence", "absent", "if_no"], "value": "10%"})
    page.evaluate("said => put(said)", state(desk))
    main.click()
    page.get_by_text("was changed since the card was opened").wait_for()
    assert load(desk.path).evidence["absent"].why is None


@pytest.mark.parametrize("name", ["first_case", "second_case"])
def test_a_card_that_is_saved_untouched_changes_nothing(open_desk, name):
    text = (Path("priors") / f"{name}.yaml").read_text("utf-8")
    desk, page = open_desk(text)
    keys = page.evaluate(
        "[...document.querySelectorAll('.fc-outline li > .fc-link')].map(one => one.dataset.keep)"
    )
    keys = [key for key in keys if key]
    assert len(keys) >= 13
    for key in keys:
        opened(page, key).click()
        page.locator(".fc-form").wait_for(state="detached")
        assert desk.path.read_text("utf-8") == text, key


def many_events(count=100):
    """Ten questions, each on nine conditions of its own, the conditions in a chain."""
    lines = ["case: many", "as_of: 2026-01-01", "resolve_by: 2026-12-31", "events:"]
    links = ["links:"]
    for question in range(count // 10):
        asked = f"{{role: outcome, title: Question {question}, base_rate: 20%}}"
        lines.append(f"  q{question}: {asked}")
        for i in range(9):
            name = f"c{question}_{i}"
            lines.append(f"  {name}: {{role: driver, title: Condition {name}, base_rate: 30%}}")
            links.append(f"  - {{from: {name}, to: q{question}, raises: {{low: 1.2, high: 3}}}}")
            if i:
                links.append(f"  - {{from: c{question}_{i - 1}, to: {name}, raises: 2}}")
    return "\n".join([*lines, *links, ""])


def test_a_move_among_100_events_is_drawn_at_once(open_desk, record_property):
    _, page = open_desk(many_events())
    page.evaluate(DRAWN)
    times = [page.evaluate(DRAWN) for _ in range(9)]
    drawn = statistics.median(times)
    record_property("drawn_ms", round(drawn, 1))
    print(f"drawn in {drawn:.0f} ms: {[round(one) for one in times]}")
    assert drawn < 3 * 100  # the aim is 100 ms on a machine with nothing else to do
