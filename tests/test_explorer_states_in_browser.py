"""What a hand does with states, steps and amounts in a browser gives the numbers of Python."""

import json
import re

import pytest
from playwright.sync_api import expect

from forecasting.answer.forecast import run
from forecasting.explorer import page as live_page
from forecasting.explorer.live import scopes
from forecasting.file.case import read
from forecasting.file.overlay import apply
from forecasting.tell.groups import groups
from tests import browser
from tests.test_explorer_engine import python
from tests.test_explorer_engine_states import KABUL, SETTLED
from tests.test_explorer_in_browser import NOTHING, Hand
from tests.test_explorer_widget import HOSTILE

CASE = read(KABUL)
CABINET, TENSION, DEATHS = (f"events.{one}.base_rate" for one in ("cabinet", "tension", "deaths"))
STATES = ("caretaker", "inclusive", "other")


class StatesHand(Hand):
    """A person at an explorer of events of every type."""

    def __init__(self, page, case):
        super().__init__(page, case, None)

    def check(self):
        """Hold every state, cut and amount of the page against Python; give the settings."""
        settings, numbers = self.settings, self.numbers()
        _, expected = python(self.case, settings)
        assert numbers.keys() == expected["posterior"].keys()
        for name, pair in numbers.items():
            wanted = expected["prior"][name], expected["posterior"][name]
            assert pair == pytest.approx(wanted, abs=1e-9), (name, settings)
        self.checked += 1
        return settings

    def select(self, event):
        self.root.locator(f'[data-event="{event}"].fc-row').click()

    def shares(self, stem):
        """What the fields of some handles say, as numbers."""
        fields = self.root.locator(f'[data-together="{stem}"] .fc-field')
        return [float(re.search(r"[\d.]+", field.input_value())[0]) for field in fields.all()]

    def short(self, event):
        return self.root.locator(f'[data-event="{event}"].fc-row .fc-short').text_content()

    def overlay(self):
        """The text of the file that the page would save."""
        compiled = {"case": self.case.case, "added": {}}
        code = f"([compiled, now]) => {{ {scopes('engine/overlay.js')} return overlay_js"
        return self.page.evaluate(
            f"{code}.overlayText(compiled, now); }}", [compiled, self.settings]
        )

    def gives_the_same_by_its_file(self, tmp_path):
        file = tmp_path / "moves.yaml"
        file.write_text(self.overlay(), "utf-8")
        _, expected = python(apply(self.case, file), NOTHING)
        for name, (_, posterior) in self.numbers().items():
            assert posterior == pytest.approx(expected["posterior"][name], abs=1e-9), name


@pytest.fixture
def open_page(offline_page, tmp_path):
    """Open a case as a page; give the hand at it."""

    def open_page(case=CASE, outcome=None, **options):
        file = tmp_path / "page.html"
        file.write_text(live_page(case, outcome=outcome), "utf-8")
        return StatesHand(offline_page(file, **{"width": 1800, "height": 1100, **options}), case)

    return open_page


def test_a_share_takes_what_the_hand_gives_it_and_the_others_keep_their_proportions(
    open_page, tmp_path
):
    hand = open_page()
    assert hand.check() == NOTHING
    before = hand.shares(CABINET)
    assert sum(before) == pytest.approx(100, abs=0.2)
    caretaker, inclusive, other = (f"{CABINET}.{state}" for state in STATES)

    # The only one that has moved stands in its own path.
    assert hand.type(caretaker, "40%") == 0.4
    after = hand.shares(CABINET)
    assert after[0] == 40 and sum(after) == pytest.approx(100, abs=0.2)
    assert after[1] / after[2] == pytest.approx(before[1] / before[2], rel=0.01)
    assert hand.key(caretaker, ["ArrowRight"] * 2) > 0.4
    hand.drag(caretaker, 0.6)
    assert list(hand.check()["overrides"]) == [caretaker]
    hand.gives_the_same_by_its_file(tmp_path)

    # With a second one all are written; one that has a range keeps it.
    hand.type(inclusive, "30")
    assert list(hand.check()["overrides"]) == [CABINET]
    assert hand.override_of(CABINET)["inclusive"].keys() == {"low", "best", "high"}
    assert sum(hand.shares(CABINET)) == pytest.approx(100, abs=0.2)
    hand.key(other, ["ArrowLeft"] * 3)
    hand.drag(other, 0.3)
    assert sum(hand.shares(CABINET)) == pytest.approx(100, abs=0.2)
    hand.check()
    hand.gives_the_same_by_its_file(tmp_path)

    # One drag is one step back, and one button takes back all.
    hand.click("Undo")
    hand.click("Undo")
    assert hand.override_of(CABINET)["inclusive"].keys() == {"low", "best", "high"}
    hand.click("Reset base rate of cabinet")
    assert hand.check() == NOTHING
    assert hand.shares(CABINET) == before


def test_what_is_no_share_stays_and_is_asked_back(open_page):
    hand = open_page()
    path = f"{CABINET}.caretaker"
    for text, asked in (
        ("0.6", "60% or 0.6%?"),
        ("abc", "25%, 25 or 12,5 %"),
        ("100%", "below 100"),
    ):
        assert hand.type(path, text) is None
        assert asked in hand.slider(path).locator(".fc-help:visible").text_content()
    field = hand.slider(path).locator(".fc-field")
    assert field.get_attribute("aria-invalid") == "true"
    field.press("Escape")
    assert field.get_attribute("aria-invalid") is None
    assert hand.type(path, "12,5 %") == 0.125


def test_a_drag_to_the_end_and_back_leaves_the_others_as_they_were(open_page):
    hand = open_page()
    hand.type(f"{CABINET}.inclusive", "20%")
    before = hand.shares(CABINET)
    lane = hand.slider(f"{CABINET}.caretaker").locator(".fc-centre").bounding_box()
    y = lane["y"] + lane["height"] / 2
    hand.page.mouse.move(lane["x"] + lane["width"] / 2, y)
    hand.page.mouse.down()
    for at in (0.9, 1, 0.02, 0.5):
        hand.page.mouse.move(lane["x"] + at * lane["width"], y, steps=5)
    hand.page.mouse.up()
    hand.check()
    hand.type(f"{CABINET}.caretaker", f"{before[0]}%")
    assert hand.shares(CABINET) == pytest.approx(before, abs=0.11)


def test_steps_stay_between_those_beside_them(open_page, tmp_path):
    hand = open_page(outcome="tension")
    incidents, fighting, war = (
        f"{TENSION}.at_least.{state}" for state in ("incidents", "fighting", "war")
    )
    assert hand.shares(TENSION)[:3] == [70, 25, 5]
    assert hand.type(fighting, "40%") == 0.4
    hand.gives_the_same_by_its_file(tmp_path)
    assert hand.type(fighting, "80%") == 0.4
    assert "between 5.0% and 70%" in hand.slider(fighting).locator(".fc-help").text_content()
    hand.slider(fighting).locator(".fc-field").press("Escape")
    hand.key(fighting, ["End"])
    assert 69 < hand.shares(TENSION)[1] <= 70
    hand.key(war, ["ArrowRight"] * 4)
    whole = hand.check()["overrides"][TENSION]
    assert list(hand.settings["overrides"]) == [TENSION]
    assert whole["unsure"] == pytest.approx(2)
    hand.key(incidents, ["Home"])
    hand.drag(war, 0.9)
    steps = hand.shares(TENSION)[:3]
    assert steps == sorted(steps, reverse=True)
    assert hand.type(f"{TENSION}.unsure", "3 times") is None
    assert hand.check()["overrides"][TENSION]["unsure"] == 3
    hand.gives_the_same_by_its_file(tmp_path)
    hand.click("Reset base rate of tension")
    assert hand.check() == NOTHING


def test_the_middle_of_an_amount_takes_its_points_along(open_page, tmp_path):
    hand = open_page(outcome="deaths")
    low, best, high = (f"{DEATHS}.{point}" for point in ("low", "best", "high"))
    assert hand.type(best, "480") == 480
    fields = hand.root.locator(f'[data-together="{DEATHS}"] .fc-field')
    assert [one.input_value() for one in fields.all()][:3] == ["200", "480", "1,800"]
    hand.gives_the_same_by_its_file(tmp_path)
    hand.type(high, "1,200")
    assert hand.check()["overrides"][DEATHS]["high"] == 1200
    assert hand.type(high, "0.6 deaths") is None
    assert "such as 1,200" in hand.slider(high).locator(".fc-help").text_content()
    hand.slider(high).locator(".fc-field").press("Escape")
    hand.type(low, "9 000")
    assert "Amounts must rise" in hand.slider(low).locator(".fc-help").text_content()
    hand.slider(low).locator(".fc-field").press("Escape")
    hand.key(low, ["ArrowLeft"] * 3)
    hand.drag(low, 0.95)
    points = hand.check()["overrides"][DEATHS]
    assert points["low"] < points["best"] < points["high"]
    hand.gives_the_same_by_its_file(tmp_path)
    hand.click("Undo")
    hand.click("Reset base rate of deaths")
    assert hand.check() == NOTHING

    hand.select("rain")
    assert hand.type("events.rain.base_rate.quantiles.25%", "2,5") == 2.5
    hand.type("events.rain.base_rate.quantiles.50%", "5")
    assert hand.check()["overrides"]["events.rain.base_rate"]["quantiles"]["50%"] == 5
    hand.gives_the_same_by_its_file(tmp_path)


def amounts(case, settings):
    """What Python says of each quantity in a line."""
    found = run(case, given=settings["given"], do=settings["do"])
    return {one.event: one.amount for one in groups(found) if one.points}


def test_an_amount_is_told_as_python_tells_it(open_page):
    hand = open_page()
    for event, told in amounts(CASE, NOTHING).items():
        assert hand.short(event) == told
    hand.select("deaths")
    suppose = hand.root.get_by_label("What if: deaths", exact=True)
    suppose.select_option("given")
    field = hand.root.get_by_label("What if: amount of deaths")
    field.fill("1,200")
    field.press("Enter")
    assert hand.check()["given"] == {"deaths": 1200}
    assert hand.short("deaths").startswith("1,200 deaths")
    suppose.select_option("do")
    assert hand.check()["do"] == {"deaths": 1200} and hand.settings["given"] == {}
    hand.root.locator(".fc-changes summary").click()
    assert "made 1,200: deaths" in hand.root.locator(".fc-changes li").first.text_content()
    suppose.select_option("")
    assert hand.check() == NOTHING


def test_a_state_is_learned_or_made_so(open_page):
    hand = open_page()
    suppose = hand.root.get_by_label("What if: cabinet")
    suppose.select_option("given cabinet.inclusive")
    assert hand.check()["given"] == {"cabinet.inclusive": True}
    assert hand.short("cabinet").startswith("An inclusive one: 100%")
    suppose.select_option("do cabinet.other")
    assert hand.check()["do"] == {"cabinet.other": True} and hand.settings["given"] == {}
    hand.select("strike")
    strike = hand.root.get_by_label("What if: strike")
    made = strike.locator('option[value="do yes"]')
    assert made.is_disabled()
    hand.root.get_by_label("What if: tension").select_option("do tension.calm")
    assert made.is_disabled() and strike.locator('option[value="do no"]').is_enabled()
    hand.root.get_by_label("What if: tension").select_option("do tension.war")
    assert made.is_enabled()
    strike.select_option("do yes")
    assert hand.check()["do"].keys() == {"cabinet.other", "tension.war", "strike"}
    hand.root.locator(".fc-changes summary").click()
    hand.root.get_by_role("button", name="Take back: made yes: cabinet: Anything else").click()
    hand.root.locator(".fc-changes summary").click()
    assert hand.click("Reset all") == NOTHING


def test_the_middle_explains_the_state_or_cut_that_is_chosen(open_page):
    hand = open_page()
    asked = hand.root.locator(".fc-choose")

    def radio(name):
        return asked.locator(f'[value="cabinet.{name}"]')

    # The likeliest is asked first; arrows go on to the next, and the keys stay with the choice.
    assert radio("inclusive").is_checked()
    assert asked.get_by_role("radio", name="It stays or An inclusive one (peaceful)").is_visible()
    for name in ("other", "peaceful"):
        radio(name).check()
        posterior = hand.numbers()[f"cabinet.{name}"][1]
        big = hand.root.locator(".fc-big").text_content()
        assert float(big.strip("%")) == pytest.approx(100 * posterior, abs=0.51)
        total = hand.root.locator(".fc-total .fc-p").last.text_content()
        assert total == big
    radio("caretaker").focus()
    hand.page.keyboard.press("ArrowDown")
    assert radio("inclusive").is_checked()
    assert hand.page.evaluate("document.activeElement.type") == "radio"
    # Rows of the list by keys.
    row = hand.root.locator('[data-event="cabinet"].fc-row')
    row.press("ArrowDown")
    hand.page.keyboard.press("Enter")
    assert hand.root.locator(".fc-headline h2").text_content() == "tension"
    hand.select("cabinet")
    assert radio("inclusive").is_checked()


def test_rows_of_tables_facts_links_and_what_is_held_now_are_moved(open_page, tmp_path):
    hand = open_page()
    hand.type("events.cabinet.now.inclusive", "35%")
    hand.type("links.tension.war.cabinet.other.raises", "5")
    hand.open_card("shura_named")
    hand.type("evidence.shura_named.if_yes", "80%")
    hand.select("deaths")
    card = hand.open_card("hundred_in_a_month")
    assert "If “rises”: how likely was it that we would see this?" in card.text_content()
    assert "If anything else: how likely" in card.text_content()
    hand.type("evidence.hundred_in_a_month.if.otherwise", "30%")
    hand.root.locator(".fc-left summary").click()
    hand.select("weather")
    row = "events.weather.table.no, yes"
    assert (
        "Where rain: more than 5 mm (wet): no, struggle: yes"
        in hand.root.locator(".fc-right").text_content()
    )
    hand.type(f"{row}.dry", "60%")
    hand.type(f"{row}.wet", "10%")
    assert sum(hand.shares(row)) == pytest.approx(100, abs=0.2)
    settings = hand.check()
    assert row in settings["overrides"] and len(settings["overrides"]) == 5
    hand.gives_the_same_by_its_file(tmp_path)
    hand.root.locator(".fc-changes summary").click()
    changed = hand.root.locator(".fc-changes ul").text_content()
    assert "“weather” where rain: more than 5 mm (wet): no, struggle: yes" in changed


def test_shares_of_another_period_and_counts_are_written_as_a_whole(open_page, tmp_path):
    hand = open_page(outcome="first_out")
    hand.root.get_by_label("Day it is for").select_option("2024-09-15")
    hand.type("events.first_out.base_rate.west", "30%")
    assert hand.check()["overrides"]["events.first_out.base_rate"].keys() == {
        *("east", "west", "none")
    }
    hand.select("reached")
    hand.type("events.reached.base_rate.at_least.treaty", "5%")
    hand.check()
    hand.root.get_by_label("Day it is for").select_option("2022-09-15")
    hand.check()
    hand.gives_the_same_by_its_file(tmp_path)

    settled = open_page(read(SETTLED), outcome="tension")
    settled.type(f"{TENSION}.at_least.high", "10%")
    assert settled.check()["overrides"].keys() == {TENSION}
    settled.gives_the_same_by_its_file(tmp_path)
    settled.select("cabinet")
    settled.type(f"{CABINET}.a", "50%")
    assert settled.check()["overrides"][CABINET].keys() == {"a", "b", "c"}
    settled.gives_the_same_by_its_file(tmp_path)


def test_what_occurs_is_told_by_date(open_page):
    case = read("""
        case: by
        as_of: 2022-01-01
        resolve_by: 2023-01-01
        horizons: [2023-01-01, 2024-01-01, 2026-01-01]
        events: {rain: {kind: occurs, role: outcome, base_rate: {best: 40%, within: 12 months}}}
    """)
    hand = open_page(case)
    hand.root.get_by_text("By when").click()
    told = hand.root.locator(".fc-bywhen li")
    expect(told).to_have_count(5)  # drawn a moment after it has opened
    # At a constant rate half is reached after log(0.5) / log(0.6) years.
    expect(told.nth(2)).to_have_text("50% by 12 May 2023")
    expect(told.nth(4)).to_have_text("90% not by 1 Jan 2026")
    hand.type("events.rain.base_rate", "80%")
    expect(told.nth(4)).to_have_text(re.compile("^90% by "))
    expect(hand.root.locator(".fc-bydates .fc-date-dot")).to_have_count(3)


def test_labels_show_as_written(open_page):
    quoted = json.dumps(HOSTILE)
    case = read(f"""
        case: hostile
        events:
          sky: {{title: {quoted}, question: {quoted}, states: {{a: {quoted}, b: other}},
                 base_rate: {{a: 30%, b: rest}}}}
          rain: {{title: {quoted}, quantity: {{unit: {quoted}}}, cuts: {{wet: "> 5"}},
                  base_rate: {{low: 1, high: 9}}}}
        links: [{{from: sky.a, to: rain, raises: 3, why: {quoted}}}]
    """)
    hand = open_page(case)
    for event in ("sky", "rain"):
        hand.select(event)
        assert hand.root.locator(".fc-headline h2").text_content() == HOSTILE
    assert hand.root.locator(".fc-of span").first.text_content() == HOSTILE
    assert hand.root.locator("img, script").count() == 0
    assert hand.page.evaluate("window.X") is None


@pytest.mark.parametrize(("width", "dark"), [(390, False), (900, True), (1800, False)])
def test_a_page_of_states_is_accessible_and_looked_at(open_page, screenshot, width, dark):
    hand = open_page(width=width, height=1200, dark=dark)
    hand.type(f"{CABINET}.caretaker", "45%")
    theme = "dark" if dark else "light"
    for event in ("cabinet", "tension", "deaths"):
        hand.select(event)
        hand.page.wait_for_function(
            "root => !root.classList.contains('fc-stale')", arg=hand.root.element_handle()
        )
        name = f"explorer-states-{width}-{theme}-{event}"
        screenshot(hand.page, name, full_page=width == 390)
        assert browser.accessibility(hand.page) == []
        assert hand.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        assert hand.root.evaluate(WIDER) == []


# What sticks out of the column in which it stands.
WIDER = """root => [...root.querySelectorAll(".fc-columns > *")].flatMap((column) =>
    column.scrollWidth > column.clientWidth ? [column.className] : [])"""
