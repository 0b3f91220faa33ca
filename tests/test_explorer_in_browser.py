"""What a hand does in the explorer, in a real browser, gives the numbers that Python computes."""

import json
import re
import subprocess
import sys
import time
from urllib.parse import urlsplit

import pytest

from forecasting.engine.draws import band
from forecasting.engine.network import Network
from forecasting.explorer import page as live_page
from forecasting.explorer.live import scopes
from forecasting.explorer.model import compiled
from forecasting.file.case import load, read
from forecasting.file.overlay import override
from forecasting.lexicon import icd_203
from tests import browser
from tests.random_cases import as_text, random_case
from tests.test_explorer_engine import Hand as RandomHand
from tests.test_explorer_engine import agrees, python
from tests.test_explorer_widget import FACT, HOSTILE

MAIN = load("priors/pakistan_taliban_2021.yaml")
FIRST = load("priors/first_case.yaml")
OUTCOME = "taliban_curb_ttp"
RATE = f"events.{OUTCOME}.base_rate"
NOW = "events.ttp_taliban_bond.now"
NOTHING = {"overrides": {}, "given": {}, "do": {}, "as_of": None, "by": None}


class Hand:
    """A person at an explorer: what is moved, and what the page then says.

    After every move the numbers of the page are held against the Python engine under the settings
    that the page tells; what the kernel holds is compared by those tests that have one.
    """

    def __init__(self, page, case, outcome=OUTCOME):
        self.page, self.case, self.outcome = page, case, outcome
        # In notebook 01 the bridge has an explorer of its own.
        self.root = page.locator(".fc:visible", has_text=case.title)
        self.root.wait_for()
        row = self.root.locator(f'[data-event="{outcome}"].fc-row:visible')
        if outcome and row.count() and row.get_attribute("aria-current") is None:
            row.click()
        self.checked = 0

    # Reading.

    @property
    def settings(self):
        return json.loads(self.root.get_attribute("data-settings"))

    def numbers(self):
        """Prior and posterior of every event, at full precision."""
        return self.root.evaluate(
            "root => Object.fromEntries([...root.querySelectorAll('[data-posterior]')].map("
            "row => [row.dataset.event, [Number(row.dataset.prior), Number(row.dataset.posterior)]]"
            "))"
        )

    def check(self):
        """Hold the page against Python; give the settings."""
        settings, numbers = self.settings, self.numbers()
        _, expected = python(self.case, settings)
        assert numbers.keys() == expected["posterior"].keys()
        for event, (prior, posterior) in numbers.items():
            assert abs(prior - expected["prior"][event]) < 1e-9, (event, settings)
            assert abs(posterior - expected["posterior"][event]) < 1e-9, (event, settings)
        row = self.root.locator(f'[data-event="{self.outcome}"].fc-row')
        shown = float(re.search(r"[\d.]+", row.locator(".fc-p").text_content())[0])
        assert shown == pytest.approx(100 * expected["posterior"][self.outcome], abs=0.51)
        self.checked += 1
        return settings

    def override_of(self, path):
        return self.check()["overrides"].get(path)

    # Moving.

    def slider(self, path):
        found = self.root.locator(f'[data-path="{path}"]')
        found.scroll_into_view_if_needed()
        return found

    def drag(self, path, share, which="centre"):
        """Take a thumb with the mouse to a share of its lane."""
        slider = self.slider(path)
        lane = slider.locator(".fc-centre" if which == "centre" else ".fc-range .fc-marks")
        box = lane.bounding_box()
        x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
        if which != "centre":
            fill = slider.locator(".fc-fill").bounding_box()
            x = fill["x"] + (fill["width"] if which == "high" else 0)
        self.page.mouse.move(x, y)
        self.page.mouse.down()
        self.page.mouse.move(box["x"] + share * box["width"], y, steps=6)
        self.page.mouse.up()
        return self.override_of(path)

    def key(self, path, keys, which=0):
        thumb = self.slider(path).get_by_role("slider").nth(which)
        for key in keys:
            thumb.press(key)
        return self.override_of(path)

    def type(self, path, text, which=0):
        field = self.slider(path).locator(".fc-field").nth(which)
        field.fill(text)
        field.press("Enter")
        return self.override_of(path)

    def open_card(self, fact):
        card = self.root.locator(f'[data-fact="{fact}"]')
        if card.locator("details").get_attribute("open") is None:
            card.locator("summary").click()
        card.locator(".fc-cardbody").wait_for()  # drawn a moment after the card has opened
        return card

    def click(self, name, **options):
        self.root.get_by_role("button", name=name, **options).first.click()
        return self.check()


def every_control(hand):
    """Move each kind of control by mouse and by keyboard, and read what became of it."""
    root, page = hand.root, hand.page
    assert hand.check() == NOTHING

    # A base rate: its centre, its ends, its read-outs.
    by_mouse = hand.drag(RATE, 0.4)
    assert by_mouse["low"] < by_mouse["best"] < by_mouse["high"]
    assert 0.1 < by_mouse["best"] < 0.4
    assert hand.key(RATE, ["ArrowRight"] * 3)["best"] > by_mouse["best"]
    assert hand.key(RATE, ["Home"])["best"] == 0.001
    assert hand.key(RATE, ["End"])["best"] > 0.998
    assert hand.key(RATE, ["PageDown", "PageDown"])["best"] < 0.999
    for text, p in (("25%", 0.25), ("25", 0.25), ("12,5 %", 0.125)):
        assert hand.type(RATE, text)["best"] == p
    before = hand.override_of(RATE)
    assert hand.type(RATE, "0.6") == before
    asked = hand.slider(RATE).locator(".fc-help:visible").text_content()
    assert asked == "60% or 0.6%? Write it with the percent sign."
    assert hand.type(RATE, "abc") == before
    field = hand.slider(RATE).locator(".fc-field").first
    assert field.get_attribute("aria-invalid") == "true"
    assert "25%, 25 or 12,5 %" in hand.slider(RATE).locator(".fc-help:visible").text_content()
    field.press("Escape")
    assert field.input_value() == "12.5%" and field.get_attribute("aria-invalid") is None
    assert hand.drag(RATE, 0.1, "low")["low"] < before["low"]
    assert hand.key(RATE, ["ArrowLeft"] * 4, which=2)["high"] < before["high"]
    assert hand.type(RATE, "5", which=1)["low"] == 0.05
    hand.slider(RATE).get_by_role("button", name="exact").click()
    assert set(hand.override_of(RATE)) == {"best", "within"}
    hand.slider(RATE).get_by_role("button", name="range").click()
    assert set(hand.override_of(RATE)) == {"low", "best", "high", "within"}
    hand.slider(RATE).get_by_role("button", name=re.compile("^Reset")).click()
    assert hand.check() == NOTHING

    # What is held now, and a link.
    assert hand.drag(NOW, 0.3) < 0.5
    link = next(
        f"links.{link.source}.{OUTCOME}.lowers"
        for link in MAIN.links
        if link.target == OUTCOME and link.lowers
    )
    assert hand.key(link, ["ArrowRight", "ArrowRight"])["best"] > 1
    assert hand.type(link, "×3")["best"] == 3

    # Evidence cards: likelihoods, grades, off and on.
    fact = next(
        name
        for name, one in MAIN.evidence.items()
        if one.bears_on == OUTCOME and one.if_yes and one.reports and one.reports[0].grade.digit
    )
    card = hand.open_card(fact)
    place = f"evidence.{fact}"
    assert hand.drag(f"{place}.if_yes", 0.8)
    assert hand.type(f"{place}.if_no", "100%") == 1
    assert hand.type(f"{place}.if_no", "12,5 %")
    letter, digit = (
        card.locator(".fc-grades select").nth(0),
        card.locator(".fc-grades select").nth(1),
    )
    letter.select_option("D")
    source = MAIN.evidence[fact].reports[0].source
    graded = hand.check()["overrides"]
    of_source = [
        f"evidence.{name}.reports.{i}.grade"
        for name, one in MAIN.evidence.items()
        for i, report in enumerate(one.reports)
        if report.source == source and (one.status != "pending")
    ]
    assert [graded[path][0] for path in of_source] == ["D"] * len(of_source)
    digit.select_option("5")
    assert hand.override_of(f"{place}.reports.0.grade") == "D5"
    switch = card.get_by_role("checkbox")
    switch.press("Space")
    assert hand.override_of(f"{place}.status") == "pending"
    assert "Worth" not in card.text_content()  # it tells nothing of what it was worth before
    switch.click()
    assert hand.override_of(f"{place}.status") is None
    assert hand.override_of(f"{place}.reports.0.grade") == "D5"

    # Suppose: learned, and made so.
    driver = root.get_by_label("What if: TTP and Taliban are bound together")
    driver.select_option("given yes")
    assert hand.check()["given"] == {"ttp_taliban_bond": True}
    driver.select_option("do no")
    assert hand.check()["do"] == {"ttp_taliban_bond": False} and hand.settings["given"] == {}

    # Dates: the horizon, the day, replay.
    root.get_by_label("Day it is for").select_option("2023-09-15")
    assert hand.check()["by"] == "2023-09-15"
    day = root.get_by_role("slider", name="Day of the forecast")
    day.press("ArrowLeft")
    one_back = hand.check()["as_of"]
    assert hand.click("One day of news back")["as_of"] < one_back
    assert hand.click("One day of news on")["as_of"] == one_back
    day.press("Home")
    first = hand.check()["as_of"]
    root.get_by_role("button", name="replay").click()
    page.wait_for_function(
        "([root, first]) => JSON.parse(root.dataset.settings).as_of > first",
        arg=[root.element_handle(), first],
    )
    root.get_by_role("button", name="pause").click()
    hand.check()

    # Ways back: one step, one change, all.
    last = hand.settings
    driver.select_option("")
    assert hand.check()["do"] == {}
    assert hand.click("Undo") == last
    root.locator(".fc-changes summary").click()
    root.get_by_role("button", name=re.compile("^Take back: made no")).click()
    assert hand.check()["do"] == {}
    root.locator(".fc-changes summary").click()
    assert hand.click("Reset all") == NOTHING

    # Another outcome, by mouse and by keyboard.
    root.locator('[data-event="recognised"].fc-row').click()
    row = root.locator(".fc-row[aria-current]")
    row.press("ArrowUp")
    page.keyboard.press("Enter")
    assert row.get_attribute("data-event") != OUTCOME
    root.locator(f'[data-event="{OUTCOME}"].fc-row').click()
    assert hand.check() == NOTHING
    assert hand.checked > 40


# --- JupyterLab -----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def first_notebook(share_notebook):
    """Notebook 01, run to its end."""
    notebook = share_notebook("notebooks/01-first-forecast.ipynb", width=1800, height=1100)
    notebook.run_all()
    return notebook


@pytest.fixture
def first_forecast(first_notebook):
    """Notebook 01 with a hand on its explorer, in which nothing has been moved."""
    first_notebook.page.set_viewport_size({"width": 1800, "height": 1100})
    return first_notebook, unmoved(first_notebook)


def unmoved(notebook):
    """A hand on the explorer of notebook 01, which is run again where a test has stopped it."""
    if not notebook.value("'explorer' in globals()"):
        notebook.run_all()
    notebook.execute("explorer.reset()")
    hand = Hand(notebook.page, MAIN)
    hand.page.wait_for_function(UNMOVED, arg=_element(hand))
    same_in_kernel(notebook, hand)
    return hand


# Nothing is supposed or moved, and the day and the horizon are those of the case.
UNMOVED = """root => Object.values(JSON.parse(root.dataset.settings)).every(
    (one) => one === null || Object.keys(one).length === 0)"""


def same_in_kernel(notebook, hand):
    """What Python in the kernel says of the same settings is what the page shows."""
    limit = time.monotonic() + browser.PATIENCE
    # Either may still have a message on its way to the other.
    while hand.settings != (there := notebook.value("explorer.settings")):
        assert time.monotonic() < limit, (hand.settings, there)
        hand.page.wait_for_timeout(20)
    table = notebook.value("explorer.forecast[['event', 'prior', 'posterior']].values.tolist()")
    numbers = hand.numbers()
    assert len(table) == len(numbers)
    for event, prior, posterior in table:
        assert numbers[event] == pytest.approx([prior, posterior], abs=1e-9)


def test_every_control_of_notebook_01_moves_page_and_kernel_alike(first_forecast, screenshot):
    notebook, hand = first_forecast
    every_control(hand)
    same_in_kernel(notebook, hand)
    hand.drag(RATE, 0.55)
    hand.type(NOW, "50%")
    same_in_kernel(notebook, hand)
    screenshot(hand.page, "explorer-lab-moved")

    # Python moves the sliders, and takes a move back.
    notebook.execute(f"explorer.set({RATE!r}, '20%')")
    hand.slider(RATE).locator(".fc-field").first.wait_for()
    hand.page.wait_for_function("input => input.value === '20%'", arg=_field(hand, RATE))
    same_in_kernel(notebook, hand)
    notebook.execute("explorer.undo()")
    hand.page.wait_for_function("input => input.value !== '20%'", arg=_field(hand, RATE))
    same_in_kernel(notebook, hand)

    # What Python takes back at once stays so: the page does not return what it had taken over.
    before = hand.settings
    twice = f"explorer.set({RATE!r}, '20%'); time.sleep(0.1); explorer.undo()"
    notebook.execute(f"import time; {twice}")
    hand.page.wait_for_timeout(600)  # longer than the page waits before it tells the kernel
    assert hand.check() == before
    same_in_kernel(notebook, hand)

    # An overlay of what was moved, and the same sliders again from it.
    notebook.execute("explorer.save('me.yaml', why='a test'); kept = dict(explorer.overrides)")
    notebook.execute("explorer.reset()")
    notebook.until("explorer.overrides == {}")
    hand.page.wait_for_function(UNMOVED, arg=_element(hand))
    assert hand.check() == NOTHING
    again = "Explorer.load(case, 'me.yaml')"
    assert notebook.value(f"{again}.overrides == kept and len(kept)") == 2


def _field(hand, path):
    return hand.slider(path).locator(".fc-field").first.element_handle()


# --- a file opened from disk, and Voila -----------------------------------------------------------


def test_every_control_of_an_exported_page_works_with_nothing_to_ask(
    offline_page, screenshot, tmp_path
):
    file = tmp_path / "page.html"
    file.write_text(live_page(MAIN, outcome=OUTCOME), "utf-8")
    page = offline_page(file, width=1800, height=1100)
    every_control(Hand(page, MAIN))
    screenshot(page, "explorer-page-moved")


# The stock page of nbconvert asks for these by itself, for formulas and for widgets that it cannot
# draw; the explorer does without.
STOCK = {"require.min.js", "latest.js", "embed-amd.js"}


@pytest.mark.parametrize("run_in", ["JupyterLab", "nbconvert"])
def test_a_notebook_exported_by_nbconvert_is_live_without_kernel_and_network(
    first_notebook, watched, screenshot, tmp_path, run_in
):
    """By the command that people run: on a notebook run in JupyterLab, or run by it as well."""
    path = "notebooks/01-first-forecast.ipynb"
    command = [sys.executable, "-m", "nbconvert", "--to", "html", "--output-dir", str(tmp_path)]
    if run_in == "nbconvert":
        command.append("--execute")
    else:
        path = tmp_path / "01-first-forecast.ipynb"
        cells = [{k: v for k, v in one.items() if v is not None} for one in first_notebook.cells()]
        written = {"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
        path.write_text(json.dumps(written), "utf-8")
    subprocess.run([*command, str(path)], check=True, capture_output=True, timeout=300)
    context, watch = watched(viewport={"width": 1500, "height": 1000})
    page = browser.open_offline(context, tmp_path / "01-first-forecast.html", watch)
    hand = Hand(page, MAIN)
    assert hand.check() == NOTHING
    assert hand.drag(RATE, 0.3)["best"] < 0.3
    hand.type(NOW, "50%")
    shows_no_cell(page)
    screenshot(page, f"explorer-nbconvert-moved-{run_in.lower()}")
    assert {urlsplit(address).path.split("/")[-1] for address in watch.requests} <= STOCK
    assert [error for error in watch.errors if error.startswith("exception")] == []


def test_the_explorer_works_as_a_page_of_voila(open_voila, screenshot):
    page = open_voila("notebooks/01-first-forecast.ipynb", width=1500, height=1000)
    hand = Hand(page, MAIN)
    assert hand.check() == NOTHING
    assert hand.drag(RATE, 0.3)["best"] < 0.3
    assert hand.key(NOW, ["ArrowLeft"]) < 0.85
    assert hand.click("Undo")["overrides"].keys() == {RATE}
    assert hand.click("Reset all") == NOTHING
    shows_no_cell(page)
    screenshot(page, "explorer-voila")


def shows_no_cell(page):
    """Neither code nor what only who has cells can do; but what they give."""
    text = page.locator("body").inner_text()
    assert [word for word in ("import", "Run All", "# The", "In [") if word in text] == []
    assert "A bridge in winter" in text and "As in the case: " in text


# --- text, speed, sight ---------------------------------------------------------------------------


def hostile_case():
    quoted = json.dumps(HOSTILE)
    return f"""
case: hostile
title: {quoted}
events:
  rain: {{title: {quoted}, question: {quoted}, why: {quoted}, base_rate: 20%}}
  cloud: {{role: driver, title: {quoted}, base_rate: 50%}}
links: [{{from: cloud, to: rain, raises: 3, why: {quoted}}}]
sources: {{s: {{title: {quoted}, interest: {quoted}}}}}
scenarios: {{wet: {{title: {quoted}, when: {{rain: yes}}}}}}
evidence:
  f:
    {{claim: {quoted}, why: {quoted}, bears_on: rain, if_yes: 90%, if_no: 10%,
     reports: [{{source: s, grade: B2}}]}}
"""


def shows_as_written(page):
    root = page.locator(".fc:visible")
    root.locator(".fc-card summary").first.click()
    for place in (".fc-title", ".fc-headline h2", ".fc-claim", ".fc-report b", ".fc-box .fc-name"):
        assert root.locator(place).first.text_content() == HOSTILE
    assert root.locator("img, script").count() == 0
    assert page.evaluate("window.X") is None


def test_text_of_a_case_shows_as_written_in_an_export(offline_page, tmp_path):
    file = tmp_path / "hostile.html"
    file.write_text(live_page(read(hostile_case())), "utf-8")
    shows_as_written(offline_page(file))


def test_text_of_a_case_shows_as_written_in_a_notebook_and_a_fact_that_python_adds(
    open_notebook, lab
):
    (lab.root / "hostile.yaml").write_text(hostile_case(), "utf-8")
    path = lab.write(
        "hostile.ipynb",
        "import forecasting\nfrom forecasting.explorer import Explorer\n"
        "explorer = Explorer(forecasting.load('../hostile.yaml'))\nexplorer",
    )
    notebook = open_notebook(path, height=1600)
    notebook.run_all()
    shows_as_written(notebook.page)
    case = read(hostile_case())
    hand = Hand(notebook.page, case, "rain")
    hand.type("events.rain.base_rate", "25%")
    notebook.until("list(explorer.overrides) == ['events.rain.base_rate']")
    fact = FACT | {"claim": "It pours.", "bears_on": "rain", "if_yes": "90%", "if_no": "30%"}
    notebook.execute(f"explorer.add({{'evidence.it_pours': {fact!r}}})")
    added = hand.root.locator('[data-fact="it_pours"]')
    added.wait_for()
    p = hand.numbers()["rain"][1]
    assert p == pytest.approx(
        notebook.value("explorer.run().network.posterior()['rain']"), abs=1e-12
    )

    # One history, in the order of time: a move, the fact, a move of the fact.
    hand.case = override(case, {"evidence.it_pours": fact})
    hand.open_card("it_pours")
    hand.type("evidence.it_pours.if_yes", "80%")
    assert hand.root.locator(".fc-changes summary").text_content() == "3 changes"
    held = "sorted(explorer.overrides)"
    every = ["events.rain.base_rate", "evidence.it_pours", "evidence.it_pours.if_yes"]
    notebook.until(f"{held} == {every!r}")
    undo = hand.root.get_by_role("button", name="Undo")
    for left in (every[:2], every[:1], []):
        undo.press("Enter")
        assert undo.evaluate("button => button === document.activeElement")
        assert added.count() == len(left[1:])
        notebook.until(f"{held} == {left!r}")
    hand.case = case
    assert hand.check() == NOTHING
    assert notebook.value("explorer.case == forecasting.load('../hostile.yaml')")

    # Reset takes the fact away, and Undo brings it back.
    notebook.execute(f"explorer.add({{'evidence.it_pours': {fact!r}}})")
    added.wait_for()
    hand.root.get_by_role("button", name="Reset all").click()
    assert added.count() == 0
    notebook.until(f"{held} == []")
    undo.click()
    assert added.count() == 1
    notebook.until(f"{held} == ['evidence.it_pours']")


def test_a_slider_of_a_report_is_marked_where_the_word_changes(offline_page, tmp_path):
    case = read("""
        case: rain
        events: {rain: {base_rate: 30%}}
        sources: {s: {}}
        evidence:
          f: {claim: It drips., bears_on: rain, if_yes: 90%, if_no: 5%,
              reports: [{source: s, grade: B, hit: 90%, false: 5%}]}
    """)
    file = tmp_path / "page.html"
    file.write_text(live_page(case), "utf-8")
    hand = Hand(offline_page(file), case, "rain")
    hand.open_card("f")
    slider = hand.slider("evidence.f.reports.0.false")
    slider.locator(".fc-tip").first.wait_for()
    told = slider.locator(".fc-centre").get_attribute("aria-description")
    low = re.search(r"[\d.]+(?=%)", told)[0]
    words = [
        Network(override(case, {"evidence.f.reports.0.false": f"{p}%"})).posterior()["rain"]
        for p in (0.9 * float(low), 1.1 * float(low))
    ]
    assert told.startswith("The word for “rain” changes: ")
    assert icd_203(words[0]) != icd_203(words[1])


FLOOD = """(root) => {
    const slider = root.querySelector('[data-path="%s"] .fc-centre');
    for (let i = 1; i <= 200; i++) {
        slider.value = -3 + 0.025 * i;
        slider.dispatchEvent(new Event("input", {bubbles: true}));
    }
    slider.dispatchEvent(new Event("change", {bubbles: true}));
}"""


def test_of_two_hundred_fast_moves_the_last_one_counts(offline_page, tmp_path):
    file = tmp_path / "page.html"
    file.write_text(live_page(MAIN, outcome=OUTCOME), "utf-8")
    page = offline_page(file, width=1500)
    hand = Hand(page, MAIN)
    hand.root.evaluate(FLOOD % RATE)
    last = hand.override_of(RATE)["best"]
    assert last == pytest.approx(1 / (1 + 2.718281828**-2), abs=0.01)
    page.wait_for_function("root => !root.classList.contains('fc-stale')", arg=_element(hand))
    network, _ = python(MAIN, hand.settings)
    found = band(network)
    spoken = hand.root.locator(f'[data-event="{OUTCOME}"].fc-row').get_attribute("aria-label")
    low, high = (float(p) for p in re.search(r"band ([\d.]+)% to ([\d.]+)%", spoken).groups())
    assert low == pytest.approx(100 * found.low[OUTCOME], abs=0.51)
    assert high == pytest.approx(100 * found.high[OUTCOME], abs=0.51)
    hand.click("Undo")
    assert hand.settings == NOTHING  # one drag, one step back


def _element(hand):
    return hand.root.element_handle()


class InChromium:
    """The engine of a case in a page of a real browser."""

    def __init__(self, page, case):
        self.page, self.case = page, case
        self.compiled = compiled(Network(case))
        page.evaluate("compiled => { globalThis.page = engine_js.engine(compiled) }", self.compiled)

    def solve(self, **settings):
        # As JSON, what is no number comes as None.
        return json.loads(self.page.evaluate("one => JSON.stringify(page.solve(one))", settings))


def test_500_random_settings_give_in_chromium_what_python_computes(offline_page, tmp_path):
    file = tmp_path / "engine.html"
    head = "<!doctype html><html lang='en'><title>Engine</title>"
    file.write_text(f"{head}<script>{scopes('engine/engine.js')}</script>", "utf-8")
    page = offline_page(file)
    cases = [(MAIN, 60), (FIRST, 140)]
    cases += [(read(as_text(random_case(seed))), 6) for seed in range(100, 150)]
    answered = 0
    for case, count in cases:
        chromium = InChromium(page, case)
        random = RandomHand(chromium, seed=11)
        answered += sum(agrees(chromium, random.setting()) for _ in range(count))
    assert sum(count for _, count in cases) == 500
    assert answered > 350  # some settings are impossible, and both say so


@pytest.mark.parametrize("width", [900, 1800])
@pytest.mark.parametrize("dark", [False, True])
def test_a_page_is_accessible_and_looked_at(offline_page, screenshot, tmp_path, width, dark):
    file = tmp_path / "page.html"
    file.write_text(live_page(MAIN, outcome=OUTCOME), "utf-8")
    page = offline_page(file, width=width, height=1200, dark=dark)
    hand = Hand(page, MAIN)
    hand.type(RATE, "12%")
    hand.open_card("mujahid_soil_pledge")
    hand.slider("evidence.mujahid_soil_pledge.if_yes")
    page.wait_for_function("root => !root.classList.contains('fc-stale')", arg=_element(hand))
    screenshot(page, f"explorer-page-{width}-{'dark' if dark else 'light'}")
    assert browser.accessibility(page) == []
    # Everything fits: nothing has to be scrolled to from side to side.
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert hand.root.evaluate(ROWS) == []


# Rows of the list that take more room than their names: something of them stands in a line below.
ROWS = """root => [...root.querySelectorAll(".fc-row:not(.fc-several)")].filter(
    (row) => row.offsetHeight > Math.max(26, row.querySelector(".fc-name").offsetHeight + 8)
).map((row) => row.dataset.event)"""


def test_a_notebook_is_accessible_and_looked_at_in_both_themes(first_forecast, screenshot):
    notebook, hand = first_forecast
    for theme in ("JupyterLab Dark", "JupyterLab Light"):
        notebook.theme(theme)
        hand.root.scroll_into_view_if_needed()
        for width in (900, 1240, 1800):
            notebook.page.set_viewport_size({"width": width, "height": 1200})
            assert browser.accessibility(notebook.page, ".fc") == []
            assert hand.root.evaluate(ROWS) == []
            screenshot(notebook.page, f"explorer-lab-{width}-{theme.split()[-1].lower()}")
