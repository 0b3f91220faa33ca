"""A page with a desk comes in; a case made on it, by the keyboard alone or by the mouse, goes out.

The script is written once, as a person would tell it: press this, answer that. Two hands do it:
:class:`Keys`, which knows Tab, Enter, Space, the arrows and letters, and :class:`Mouse`. Both count
their *inputs*: one is a field answered or a button pressed.
"""

from __future__ import annotations

import json
import re

import pytest
import yaml
from playwright.sync_api import TimeoutError

from forecasting.engine.network import Network
from forecasting.file.case import load
from tests.strict_host import HOST, state

# Where the focus is: the field of a card it belongs to, or the words of a button.
FOCUS = """() => {
    const at = document.activeElement;
    const isButton = at.matches("button, summary");
    return {
        field: isButton ? null : (at.closest("[data-field]")?.dataset.field ?? null),
        words: isButton ? (at.getAttribute("aria-label") ?? at.textContent).trim() : null,
        kind: at.type ?? at.tagName,
        options: at.options ? [...at.options].map((one) => one.textContent) : [],
        index: at.selectedIndex ?? 0,
    };
}"""

# A page that passes on what it sends, one message after the other, and takes what Python answers.
PASS_ON = """() => {
    let turn = Promise.resolve();
    globalThis.passOn = () => {
        turn = turn.then(async () => {
            for (const message of sent.splice(0))
                put(JSON.parse(await python(JSON.stringify(message))));
        });
    };
    globalThis.passed = () => turn;
}"""


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
FIRST = "harbour_closed_week"

LOADER = getattr(yaml, "CBaseLoader", yaml.BaseLoader)  # in C, if PyYAML has it
COMMENT = re.compile(r"#[^\n]*")

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


def connect(page, desk):
    """Draw a desk of this process in a page whose host has six functions and nothing else."""

    def told(text):
        message, before = json.loads(text), state(desk)
        if "again" in message:
            desk._handle_custom_msg(message["again"], [])
        else:
            desk.set_state(message)
            before |= message
        changed = {name: value for name, value in state(desk).items() if value != before[name]}
        return json.dumps(changed)

    page.expose_function("python", told)
    page.evaluate(PASS_ON)
    page.evaluate(HOST, state(desk))
    root = page.locator(".fc:visible")
    root.wait_for()
    page.wait_for_function("() => !document.querySelector('.fc-add[aria-disabled]')")
    return root


class Hand:
    """What both hands have in common: what is seen, and how often something was put in."""

    def __init__(self, page, root=None):
        self.page = page
        self.root = root or page.locator(".fc:visible")
        self.inputs = 0

    def field(self, key):
        return self.root.locator(f'[data-field="{key}"]')

    def button(self, words):
        return self.root.get_by_role("button", name=words, exact=True)

    def set(self, **answers):
        """Fill fields at once, not as a hand does; of a name ``__`` stands for a dot."""
        for key, said in answers.items():
            control = self.field(key.replace("__", ".")).locator("input, textarea, select").first
            if control.evaluate("one => one.type") == "select-one":
                control.select_option(label=said)
            else:
                control.fill(said)

    def _type(self, said):
        """Type a text; of a long one all but the first keys come at once, as from a clipboard."""
        self.page.keyboard.type(said[:8])
        if said[8:]:
            self.page.keyboard.insert_text(said[8:])

    def add(self, words="Add"):
        """Press the main button of a card, and wait until the card is done with."""
        self.press(words)
        form = self.root.locator(".fc-form")
        try:
            form.wait_for(state="detached")
        except TimeoutError as error:
            raise AssertionError(f"the card stays: {self._seen(form)}") from error

    def _seen(self, form):
        """Tell what a card says that is still there, what stands in it, and what the page tells."""
        control = "input:not([type=range]), textarea, select"
        typed = form.locator(control).evaluate_all("all => all.map((one) => one.value)")
        notice = self.root.locator(".fc-notice").all_inner_texts()
        return {"card": form.inner_text(), "typed": typed, "notice": notice}

    def link(self, start, end, **answers):
        self.press("+ Link")
        self.answer("from", start)
        self.answer("to", end)
        self.fill(answers)
        self.add()

    def fill(self, answers):
        for key, said in answers.items():
            self.answer(key.replace("__", "."), said)


class Keys(Hand):
    """The keyboard alone."""

    tabs = 0

    def press(self, words):
        self.inputs += 1
        self._reach(words=words)
        self.page.keyboard.press("Enter")

    def answer(self, key, said):
        self.inputs += 1
        at = self._reach(field=key)
        if at["kind"] == "select-one":
            self._step(at["index"], at["options"].index(said))
        elif at["kind"] == "radio":
            told = self.field(key).locator("label").all_text_contents()
            now = (
                self.field(key)
                .locator("input")
                .evaluate_all("all => all.findIndex((one) => one.checked)")
            )
            self._step(now, next(i for i, words in enumerate(told) if said in words))
        elif at["kind"] == "date":
            year, month, day = said.split("-")
            self.page.keyboard.type(month + day + year)
        else:
            self.page.keyboard.press("Control+a")
            self._type(said)

    def _step(self, now, then):
        for _ in range(abs(then - now)):
            self.page.keyboard.press("ArrowDown" if then > now else "ArrowUp")

    def _reach(self, **wanted):
        """Go on from where the focus is to what is wanted, as far round as there is anything."""
        (what,) = wanted.items()
        for _ in range(200):
            at = self.page.evaluate(FOCUS)
            if what in at.items():
                return at
            self.page.keyboard.press("Tab")
            self.tabs += 1
        raise AssertionError(f"no key leads to {wanted}")


class Mouse(Hand):
    """Clicks, the grids of a hundred, and drags; what is words is typed where it was clicked."""

    def press(self, words):
        self.inputs += 1
        self.button(words).first.click()

    def answer(self, key, said):
        self.inputs += 1
        place = self.field(key)
        control = place.locator("input, textarea, select").first
        kind = control.evaluate("one => one.type")
        if kind == "select-one":
            control.select_option(label=said)
        elif kind == "radio":
            place.locator("label", has_text=said).click()
        elif kind == "date":
            control.fill(said)
        elif place.locator(".fc-grid").count() and (parts := re.findall(r"\d+", said)):
            self._paint(place, said, parts)
        else:
            control.click()
            self.page.keyboard.press("Control+a")
            self._type(said)

    def _paint(self, place, said, parts):
        """Paint 30, or 30 (20-40): the middle and, by another stroke, one end."""
        if "of" in said:
            place.locator("input").first.click()
            self.page.keyboard.type(said)
            return
        cells = place.locator(".fc-grid i")
        cells.nth(int(parts[0]) - 1).click()
        if len(parts) > 1:
            place.get_by_text("at least", exact=True).click()
            cells.nth(int(parts[1]) - 1).click()

    def _event(self, title):
        drawn = self.root.locator(".fc-box", has_text=title)
        return drawn if drawn.count() else self.root.locator(".fc-row", has_text=title).first

    def link(self, start, end, **answers):
        """Drag a box of the graph, or a row of the list, onto another."""
        self.inputs += 1
        unfold_conditions(self.root)
        self._event(start).drag_to(self._event(end))
        self.fill(answers)
        self.add()


# --- the script -----------------------------------------------------------------------------------

LETTERS = {"A": "reliable", "B": "usually reliable", "C": "fairly reliable"}
DIGITS = {"1": "confirmed by other sources", "2": "probably true", "3": "possibly true"}

CLOSED, SOLD, RUN = "Harbour closed for a week", "Ferry line sold", "Who runs the harbour"
STORMS, CRANE = "A winter of storms", "The crane is out of order"
SPLIT, BUYER = "The council is split", "A buyer has made an offer"


def make_case(hand, seen=lambda stage: None):
    """Make the harbour: 3 questions, 4 conditions, 3 links between them, 6 facts, 5 sources.

    `seen` is called with what stands on the page, before there is anything and after each part.
    """
    seen("1-nothing")
    hand.press("harbour")
    hand.fill({"title": "The harbour in winter", "as_of": "2026-01-15", "resolve_by": "2026-12-31"})
    hand.add("Save")

    hand.press("+ Question")
    hand.fill({"question": "Will the harbour be closed for a week or longer?", "title": CLOSED})
    hand.fill({"base_rate": "6 of 30", "criterion": "No ship is let in for seven days on end."})
    hand.fill({"source": "Notices of the harbour office"})
    hand.add()
    seen("2-a-question")
    hand.press("+ Question")
    hand.fill({"question": "Will the ferry line be sold?", "title": SOLD})
    hand.fill({"base_rate": "12", "criterion": "The register names a new owner."})
    hand.fill({"source": "Register of companies"})
    hand.add()
    hand.press("+ Question")
    hand.fill({"question": "Who will run the harbour at the end of the year?", "title": RUN})
    hand.answer("kind", "which of these")
    rows = ("The town", "50"), ("The province", "20"), ("A private firm", None)
    for i, (label, of) in enumerate(rows):
        hand.answer(f"states.{i}.label", label)
        if of:
            hand.answer(f"states.{i}.share", of)
    hand.add()

    def condition(words, rate, now, **does):
        hand.press("+ Condition")
        hand.fill({"question": words, "base_rate": rate})
        if now:
            hand.answer("now", now)
        hand.fill({f"does.{key}": said for key, said in does.items()})
        hand.add()

    def does(name, yes, no):
        return {f"{name}.if_yes": yes, f"{name}.if_no": no}

    closed, run = "harbour_closed_week", "who_runs_harbour"
    to_a_firm = {f"{run}.to": f"{RUN}: A private firm"}
    condition(STORMS, "30 (20-40)", "60", **does(closed, "50", "8"))
    condition(CRANE, "15", None, **does(closed, "30", "10-20"))
    condition(SPLIT, "40", None, **to_a_firm, **does(run, "45", "25"))
    condition(BUYER, "25", "35", **does("ferry_line_sold", "40", "5"))

    seen("3-conditions")
    hand.link(STORMS, CRANE, if_yes="30", if_no="10")
    hand.link(STORMS, SPLIT, if_yes="50", if_no="35")
    hand.link(SPLIT, BUYER, if_yes="40", if_no="15")

    def fact(claim, day, on, yes, no, grade, source, new=None):
        hand.press("+ Fact")
        hand.fill({"claim": claim, "date": day, "bears_on": on, "if_yes": yes, "if_no": no})
        hand.answer("reports.0.source", "somebody new…" if new else source)
        if new:
            hand.answer("reports.0.title", source)
        letter, digit = grade
        if new:
            hand.answer("reports.0.letter", f"{letter}: {LETTERS[letter]}")
        hand.answer("reports.0.digit", f"{digit}: {DIGITS[digit]}")
        hand.add()

    pilots, paper = "Guild of pilots", "The Harbour Gazette"
    fact("Two gales in the first week.", "2026-01-08", STORMS, "70", "30", "A1", pilots, True)
    fact("The crane's gears are worn.", "2026-01-10", CRANE, "60", "20", "B2", "Works yard", True)
    fact("The vote was put off: again.", "2026-01-12", SPLIT, "50", "15", "C3", paper, True)
    fact("Buyers were shown the ferries.", "2026-01-13", BUYER, "55", "10", "B3", "A broker", True)
    fact("The quay wall leaks.", "2026-01-14", CLOSED, "40 (30-50)", "15", "A2", pilots)
    firm = f"{RUN}: A private firm"
    fact("A firm hires pilots.", "2026-01-15", firm, "30", "10", "B2", "Port workers' union", True)
    seen("4-finished")


def make_pond(hand):
    """Make a question, a condition and a fact, and go one step back and forth."""
    hand.press("+ Question")
    hand.fill({"question": "Will the pond freeze?", "base_rate": "30"})
    hand.add()
    hand.press("+ Condition")
    hand.fill({"question": "A clear night", "base_rate": "40"})
    hand.fill({"does.pond_freeze.if_yes": "60", "does.pond_freeze.if_no": "20"})
    hand.add()
    hand.press("+ Fact")
    hand.fill({"claim": "No cloud at dusk", "bears_on": "A clear night"})
    hand.fill({"if_yes": "80", "if_no": "20", "reports.0.source": "we saw it ourselves"})
    hand.add()
    fact = hand.root.locator(".fc-outline [data-keep='evidence no_cloud_at_dusk']")
    for words, count in (("Undo", 0), ("Redo", 1)):
        hand.press(words)
        assert fact.count() == count


def move_pond(hand):
    """Type two numbers of the pond, and go back and forth: on any page, with Python or without.

    What the page shows at first and after each move comes out.
    """
    shown = [probabilities(hand.root)]
    for event, said in (("pond_freeze", "45"), ("clear_night", "25%")):
        type_rate(hand, event, said)
        shown.append(probabilities(hand.root))
    for words, step in (("Undo", 1), ("Undo", 0), ("Redo", 1), ("Redo", 2)):
        hand.press(words)
        assert probabilities(hand.root) == pytest.approx(shown[step], abs=1e-12)
    return shown


def type_rate(hand, event, said):
    """Show an event, and type its base rate."""
    unfold_conditions(hand.root)
    hand.root.locator(f'.fc-row[data-event="{event}"]').click()
    field = hand.root.locator(f'[data-path="events.{event}.base_rate"] .fc-field').first
    field.fill(said)
    field.press("Enter")


def unfold_conditions(root):
    conditions = root.locator("details", has_text=re.compile(r"Conditions \(")).last
    if conditions.get_attribute("open") is None:
        conditions.locator("summary").click()


def probabilities(root):
    """Probability of each event that a row shows, at full precision."""
    return root.locator(".fc-row[data-posterior]").evaluate_all(
        "all => Object.fromEntries(all.map("
        "(row) => [row.dataset.event, Number(row.dataset.posterior)]))"
    )


def is_of_file(page, path):
    """Hold the numbers of the page against those of the file, read afresh."""
    afresh = Network(load(path)).posterior()
    shown = probabilities(page.locator("body"))
    assert shown
    for event, p in shown.items():
        assert p == pytest.approx(afresh[event], abs=1e-12), event


def opened(page, key):
    """Open the card of one thing from the outline; its main button."""
    page.evaluate("key => document.querySelector(`.fc-outline [data-keep='${key}']`).click()", key)
    main = page.locator(".fc-form .fc-main")
    main.wait_for()
    return main


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
