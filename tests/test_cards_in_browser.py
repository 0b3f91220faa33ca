"""Whatever a file can say of a question, a condition or a fact is shown and changed on its card."""

from pathlib import Path

import pytest
import yaml

from forecasting.file.case import load
from tests.desk_script import LOADER, opened
from tests.strict_host import state

ODD = """\
case: odd
as_of: 2025-06-01
resolve_by: 2026-06-01
references:
  almanac: {title: The almanac}
events:
  rain: {role: outcome, title: Rain, question: "Will it rain?", base_rate: 30%}
  wind:
    role: driver
    kind: state
    title: Wind
    base_rate: {low: 30%, high: 50%, confidence: low}
  flood:
    role: outcome
    kind: state
    title: A flood
    question: Will it flood?
    parents: [rain, wind]
    table: {"no, no": 5%, "no,yes": 10%, "yes, no": {low: 20%, high: 40%}, "yes, yes": 60%}
  road:                        # as the mayor sees it
    role: outcome
    title: The road
    question: How is the road?
    states: {dry: dry, wet: wet, gone: washed away}
    ordered: yes
    parents: [flood]
    table:
      no: [60%, 30%, rest]
      yes: {gone: 50%, otherwise: 50%}
  ferry:
    role: driver
    title: The ferry
    states: {sails: it sails, stays: it stays}
    parents: [wind]
    table: {yes: [30%, 70%], no: [rest, 10%]}
  frost:
    role: driver
    title: Frost
    states: {mild: mild, hard: hard}
    ordered: yes
    base_rate: {mild: 60%, hard: rest, unsure: 2}
  blossom:
    role: driver
    title: Blossom
    states: [early, late]
    base_rate: {seen: {early: 6, late: 18}}
  deal:
    role: outcome
    title: A deal
    kind: occurs
    question: How far does the deal come?
    states: {nothing: nothing, signed: it is signed}
    ordered: yes
    base_rate: {nothing: rest, signed: 7%, within: 12 months}
  boats:
    role: outcome
    title: Boats
    question: How many boats?
    quantity: {unit: boats, whole: yes}
    base_rate: {quantiles: {5%: 10, 25%: 20, 50%: 30, 75%: 40, 95%: 60}}
    cuts: {many: ">= 40", some: 10 .. 39}
sources:
  radio: {title: The radio}
  post: {title: The post}
evidence:
  waiting: {claim: It was seen., draft: yes, bears_on: rain, reports: [{source: post}]}
  heard:
    claim: A forecast.
    date: 2025-05-01
    bears_on: rain
    if_yes: 60%
    if_no: 20%
    reports: [{source: radio, grade: B, hit: 90%, false: 10%}, {source: post, grade: C3}]
  ratio: {claim: Wind., bears_on: rain, likelihood_ratio: 3, status: confirmed}
  several:
    claim: Fish.
    bears_on: {rain: {odds: 2}, wind: {if_yes: 50%, if_no: 20%}}
    chance: 30%
    status: confirmed
  muddy: {claim: Mud., bears_on: road, if: {dry: 5%, otherwise: 60%}, status: confirmed}
scenarios:
  calm: {when: {wind: no, blossom: early, road: [dry, wet]}}
"""


def plain(text):
    """A case as plain data, all scalars as the text they are."""
    return yaml.load(text, LOADER)


class Cards:
    """Cards of one page, opened, filled in and saved one after the other."""

    def __init__(self, desk, page):
        self.desk, self.page = desk, page

    def fill(self, answers):
        for key, said in answers.items():
            field = self.page.locator(f'[data-field="{key}"]:not([hidden] *)')
            control = field.locator("input, textarea, select").first
            for folded in field.locator("xpath=ancestor::details").all():
                folded.evaluate("one => { one.open = true }")
            if control.evaluate("one => one.tagName") == "SELECT":
                control.select_option(said)
            else:
                control.fill(said)

    def save(self, key, **answers):
        """Change some fields of a card; give the case that is then in the file."""
        main = opened(self.page, key)
        self.fill({name.replace("__", "."): said for name, said in answers.items()})
        main.click()
        self.page.locator(".fc-form").wait_for(state="detached")
        load(self.desk.path)  # which it is
        return plain(self.desk.path.read_text("utf-8"))

    def refused(self, key, **answers):
        """What a card says beside its fields when it is saved so; it is discarded then."""
        main = opened(self.page, key)
        self.fill({name.replace("__", "."): said for name, said in answers.items()})
        main.click()
        helps = self.page.locator(".fc-form .fc-help:visible")
        helps.first.wait_for()
        told = {
            one.evaluate(
                "one => one.closest('[data-field]')?.dataset.field ?? ''"
            ): one.inner_text()
            for one in helps.all()
        }
        self.page.get_by_role("button", name="Discard").click()
        return told


@pytest.fixture
def cards(open_desk):
    return Cards(*open_desk(ODD))


def test_whatever_a_file_says_of_an_event_is_changed_on_its_card(cards):
    page = cards.page
    own = plain(ODD)["events"]

    # A table of yes and no; what is not touched stays to the letter.
    table = cards.save("events flood", **{"table__no.yes": "15"})["events"]["flood"]["table"]
    assert table == own["flood"]["table"] | {"no,yes": "15%"}

    # Of two states one is typed and the other worked out; of more, an open one takes the rest.
    opened(page, "condition ferry")
    rows = page.locator("[data-field='table'] > [data-field]")
    assert rows.locator("legend").all_inner_texts() == ["Where Wind: yes", "Where Wind: no"]
    assert rows.locator("input").count() == 2
    page.locator("[data-field='table.yes.0'] input").fill("45")
    assert "“it stays”: 55 of 100." in rows.first.inner_text()
    assert "“it sails”: 90 of 100." in rows.last.inner_text()
    page.keyboard.press("Escape")
    table = cards.save("condition ferry", **{"table__no.1": "25"})["events"]["ferry"]["table"]
    assert table == {"yes": ["45%", "55%"], "no": ["rest", "25%"]}
    wrong = cards.refused("events road", **{"table__no.2": "20"})
    assert wrong == {"table.no.0": "These make 110 of 100, and must make 100."}
    road = cards.save("events road", **{"table__no.1": "25", "table__yes.gone": "20-40"})
    assert road["events"]["road"]["table"] == {
        "no": ["60%", "25%", "rest"],
        "yes": {"gone": {"low": "20%", "high": "40%"}, "otherwise": "rest"},
    }
    assert "# as the mayor sees it" in cards.desk.path.read_text("utf-8")

    # How unsure steps are, counts, points of an amount, and how good a number is.
    assert cards.refused("condition frost", unsure="0.5") == {
        "unsure": "Write a factor from 1 to 1,000, such as 2."
    }
    rate = cards.save("condition frost", unsure="3")["events"]["frost"]["base_rate"]
    assert rate == {"mild": "60%", "hard": "rest", "unsure": "3"}
    rate = cards.save("condition blossom", **{"states__0.share": "7"})["events"]["blossom"]
    assert rate["base_rate"] == {"seen": {"early": "7", "late": "18"}}
    rate = cards.save("events deal", within="6")["events"]["deal"]["base_rate"]
    assert rate == {"nothing": "rest", "signed": "7%", "within": "6 months"}
    boats = cards.save("events boats", **{"amount__25%": "22", "cuts__1.at": "12 to 39"})
    assert boats["events"]["boats"]["base_rate"]["quantiles"]["25%"] == "22"
    assert boats["events"]["boats"]["cuts"] == {"many": ">= 40", "some": "12 .. 39"}
    rate = cards.save("condition wind", base_rate="40")["events"]["wind"]["base_rate"]
    assert rate == {"best": "40%", "confidence": "low"}
    rate = cards.save("condition wind", confidence="high", given="rain")["events"]["wind"]
    assert (rate["base_rate"], rate["given"]) == ({"best": "40%", "confidence": "high"}, "rain")


def test_whatever_a_file_says_of_a_fact_is_changed_on_its_card(cards):
    own = plain(ODD)["evidence"]
    heard = cards.save("evidence heard", **{"reports__0.hit": "80"})["evidence"]["heard"]
    reports = own["heard"]["reports"]
    assert heard["reports"] == [reports[0] | {"hit": "80%"}, reports[1]]
    wrong = cards.refused("evidence heard", **{"reports__1.hit": "80"})
    assert wrong == {"reports.1.false": "Both numbers are due, or neither."}
    graded = {"reports__0.hit": "", "reports__0.false": "", "reports__0.digit": "2"}
    judged = {"reports__1.hit": "70", "reports__1.false": "30"}
    heard = cards.save("evidence heard", **graded, **judged)["evidence"]["heard"]
    assert heard["reports"] == [
        {"source": "radio", "grade": "B2"},
        {"source": "post", "grade": "C", "hit": "70%", "false": "30%"},
    ]

    ratio = cards.save("evidence ratio", likelihood_ratio="2-5")["evidence"]["ratio"]
    assert ratio["likelihood_ratio"] == {"low": "2", "high": "5"}
    muddy = cards.save("evidence muddy", **{"if__wet": "30"})["evidence"]["muddy"]
    assert muddy["if"] == {"dry": "5%", "wet": "30%", "otherwise": "60%"}
    fish = cards.save("evidence several", **{"bears_on__0.times": "4"})["evidence"]["several"]
    assert fish["bears_on"] == {"rain": {"odds": "4"}, "wind": own["several"]["bears_on"]["wind"]}

    # One thing in place of several, and a whole question in place of one of its answers.
    opened(cards.page, "evidence ratio")
    cards.fill({"bears_on": "road", "if.dry": "10", "if.otherwise": "40"})
    cards.page.locator(".fc-form .fc-main").click()
    cards.page.locator(".fc-form").wait_for(state="detached")
    assert plain(cards.desk.path.read_text())["evidence"]["ratio"] == {
        "claim": "Wind.",
        **{"bears_on": "road", "if": {"dry": "10%", "otherwise": "40%"}, "status": "confirmed"},
    }


TABLED = """\
case: tabled
as_of: 2025-06-01
resolve_by: 2026-06-01
events:
  rain: {role: outcome, title: Rain, question: "Will it rain?", base_rate: 30%}
  flood: {role: outcome, kind: state, question: Flood?, parents: [rain], table: {yes: 9%, no: 5%}}
"""


def test_a_table_of_yes_and_no_gives_way_to_answers_that_are_written_in_its_place(open_desk):
    cards = Cards(*open_desk(TABLED))
    main = opened(cards.page, "events flood")
    cards.page.locator("[data-field=kind] input[value=which]").check()
    cards.fill({"states.0.label": "dry", "states.0.share": "60", "states.1.label": "wet"})
    main.click()
    cards.page.locator(".fc-form").wait_for(state="detached")
    flood = plain(cards.desk.path.read_text("utf-8"))["events"]["flood"]
    assert flood["states"] == {"dry": "dry", "wet": "wet"}
    assert flood["base_rate"] == {"dry": "60%", "wet": "rest"}
    assert not {"table", "parents"} & {*flood}


def test_a_scenario_tells_of_states_in_words_and_lets_them_be_taken_away(cards):
    main = opened(cards.page, "scenarios calm")
    told = cards.page.get_by_role("group", name="And in it").locator("span")
    assert told.all_inner_texts() == ["Blossom: early", "The road: dry or wet"]
    cards.page.get_by_role("button", name="Take away “Blossom: early”").click()
    main.click()
    cards.page.locator(".fc-form").wait_for(state="detached")
    written = plain(cards.desk.path.read_text("utf-8"))["scenarios"]["calm"]["when"]
    assert written == {"wind": "no", "road": ["dry", "wet"]}


def test_what_somebody_else_holds_is_written_changed_and_shown(cards):
    page, add = cards.page, "add views"
    said = {"title": "The Betting Markets", "held.0.event": "rain", "held.0.share": "likely"}
    assert cards.refused(add, **{name: said[name] for name in ("title", "held.0.event")}) == {
        "held": "Each row needs what it is of, and a number."
    }
    assert cards.refused(add, title="The markets") == {
        "held": "Give at least one number of theirs."
    }
    before = cards.desk.draft.network.posterior()
    held = cards.save(add, **said)["views"]
    assert held == {"betting_markets": {"rain": "likely"}}
    page.locator(".fc-row[data-event=rain]").click()
    assert "betting markets holds it likely" in page.locator(".fc-headline").inner_text()
    key = "views betting_markets"
    main = opened(page, key)
    page.locator(".fc-form [data-adds=held]").click()
    cards.fill({"held.1.event": "road.dry", "held.1.share": "20-40"})
    main.click()
    page.locator(".fc-form").wait_for(state="detached")
    held = plain(cards.desk.path.read_text("utf-8"))["views"]
    both = {"rain": "likely", "road.dry": {"low": "20%", "high": "40%"}}
    assert held == {"betting_markets": both}
    assert cards.refused(key, **{"held.1.event": "rain"}) == {
        "held": "One of these stands here twice."
    }
    assert cards.save(key, name="markets")["views"] == {"markets": both}
    assert cards.desk.draft.network.posterior() == before


def test_a_name_is_changed_everywhere_on_a_card_and_what_cannot_be_stays_beside_it(cards):
    page = cards.page
    assert cards.refused("events rain", name="wind") == {"name": "There is an event of this name."}
    (words,) = cards.refused("events rain", name="wet day").values()
    assert words.startswith("“wet day” is not a name. Accepted: a letter from a to z")
    page.locator(".fc-row[data-event=rain]").click()
    case = cards.save("events rain", name="wet", title="Wet days")
    assert case["events"]["wet"]["title"] == "Wet days" and "rain" not in case["events"]
    assert case["events"]["flood"]["parents"] == ["wet", "wind"]
    assert case["evidence"]["heard"]["bears_on"] == "wet"
    assert [*case["evidence"]["several"]["bears_on"]] == ["wet", "wind"]
    assert page.locator(".fc-headline h2").inner_text() == "Wet days"  # it is shown still
    case = cards.save("sources post", name="mail")
    assert case["evidence"]["heard"]["reports"][1]["source"] == "mail"
    page.get_by_role("button", name="Undo").click()
    page.get_by_role("button", name="Undo").click()
    page.locator(".fc-outline [data-keep='events rain']").wait_for(state="attached")


@pytest.mark.parametrize(
    ("key", "answers", "settled"),
    [
        ("events boats", {"settled": "settled", "value": "1 234"}, {"value": "1234"}),
        ("condition frost", {"settled": "settled hard"}, {"state": "hard"}),
    ],
)
def test_an_amount_and_a_condition_of_states_are_settled_on_their_cards(
    cards, key, answers, settled
):
    name = key.split()[1]
    (due,) = cards.refused(key, **answers).values()
    assert due == "On which day?"
    event = cards.save(key, **answers, settled_on="2025-05-20")["events"][name]
    assert event["settled"] == settled | {"date": "2025-05-20"}
    assert "settled" not in cards.save(key, settled="")["events"][name]


SIGNED = """\
case: signed
as_of: 2025-06-01
resolve_by: 2026-06-01
events:
  spring: {role: driver, title: Spring, base_rate: 40%}
  who:
    role: outcome
    title: Who signs
    question: Who signs?
    states: {town: The town, firm: A firm, nobody: Nobody}   # as the law has it
    base_rate: {town: 30%, firm: 20%, nobody: rest}
    cuts: {somebody: [town, firm]}
  height:
    role: outcome
    title: Height
    question: How high is the water?
    quantity: {unit: metres}
    base_rate: {low: 1, best: 2, high: 4}
    cuts: {high: ">= 3"}
sources: {radio: {title: The radio}}
evidence:
  seen:
    claim: They met.
    date: 2025-05-01
    bears_on: who.firm
    if_yes: 60%
    if_no: 20%
    reports: [{source: radio, grade: B2}]
links:
  - {from: height.high, to: spring, raises: 2}
"""


@pytest.fixture
def signed(open_desk):
    return Cards(*open_desk(SIGNED))


def test_an_answer_that_comes_first_is_asked_for_with_a_period_and_one_that_says_none(signed):
    answers = {"kind__of": "first", "none": "nobody", "within": "6"}
    who = signed.save("events who", **answers)["events"]["who"]
    assert (who["kind"], who["none"]) == ("first", "nobody")
    assert who["base_rate"]["within"] == "6 months"
    event = load(signed.desk.path).events["who"]
    assert (event.kind, event.none) == ("first", "nobody")
    assert "# as the law has it" in signed.desk.path.read_text("utf-8")
    # And back: what belongs to it alone goes.
    who = signed.save("events who", kind__of="state")["events"]["who"]
    assert "none" not in who and "within" not in who["base_rate"]


def test_a_new_answer_and_new_parts_get_names_and_one_that_is_used_is_refused_beside_it(signed):
    page = signed.page
    main = opened(page, "events who")
    page.get_by_role("button", name="another answer").click()
    signed.fill({"states.3.label": "The State", "states.3.share": "10"})
    page.get_by_role("button", name="a part", exact=True).click()
    signed.fill({"cuts.1.name": "in office"})
    taken = page.locator("[data-field='cuts.1.of']")
    told = [label.strip() for label in taken.locator("label").all_inner_texts()]
    assert told == ["The town", "A firm", "Nobody", "The State"]
    taken.get_by_text("The town").click()
    taken.get_by_text("The State").click()
    main.click()
    page.locator(".fc-form").wait_for(state="detached")
    who = plain(signed.desk.path.read_text("utf-8"))["events"]["who"]
    assert who["states"] == {
        **{"town": "The town", "firm": "A firm", "nobody": "Nobody", "state": "The State"}
    }
    assert who["base_rate"]["state"] == "10%"
    assert who["cuts"] == {"somebody": ["town", "firm"], "office": ["town", "state"]}
    assert load(signed.desk.path).events["who"].cuts["office"].states == (0, 3)

    # A fact tells of one answer, and a part of it names it: neither can be without it.
    before = signed.desk.path.read_text("utf-8")
    main = opened(page, "events who")
    page.get_by_role("button", name="Take this row away").nth(1).click()
    main.click()
    told = page.locator("[data-field=states]:not([hidden] *) > .fc-help")
    told.wait_for()
    assert told.inner_text().startswith("In the fact “They met.”: ")
    page.get_by_role("button", name="Discard").click()
    main = opened(page, "events height")
    cuts = page.locator("[data-field=cuts]:not([hidden] *)")
    cuts.get_by_role("button", name="Take this row away").click()
    main.click()
    told = cuts.locator("> .fc-help")
    told.wait_for()
    assert told.inner_text() == (
        "In the link “Height: at least 3 metres (high) → Spring”: "
        "Height has no state and no cut of this name."
    )
    page.get_by_role("button", name="Discard").click()
    assert signed.desk.path.read_text("utf-8") == before


def test_steps_may_be_the_highest_reached_and_have_parts_from_one_step_on(signed):
    page = signed.page
    main = opened(page, "events who")
    page.locator("label", has_text="how far: one of several steps").click()
    signed.fill({"kind.of": "occurs", "within": "12", "states.0.share": "50"})
    page.get_by_role("button", name="a part", exact=True).click()
    signed.fill({"cuts.1.name": "beyond the town"})
    for label in ("A firm", "Nobody"):
        page.locator("[data-field='cuts.1.of']").get_by_text(label).click()
    main.click()
    page.locator(".fc-form").wait_for(state="detached")
    event = load(signed.desk.path).events["who"]
    assert (event.ordered, event.kind) == (True, "occurs")
    cuts = plain(signed.desk.path.read_text("utf-8"))["events"]["who"]["cuts"]
    assert cuts == {"somebody": ["town", "firm"], "beyond_town": ">= firm"}


def test_an_amount_says_its_scale_whether_it_has_halves_and_another_part(signed):
    page = signed.page
    main = opened(page, "events height")
    signed.fill({"whole": "yes", "scale": "linear"})
    page.get_by_role("button", name="a part", exact=True).click()
    signed.fill({"cuts.1.name": "low", "cuts.1.sign": "<=", "cuts.1.at": "1"})
    main.click()
    page.locator(".fc-form").wait_for(state="detached")
    height = plain(signed.desk.path.read_text("utf-8"))["events"]["height"]
    assert height["quantity"] == {"unit": "metres", "scale": "linear", "whole": "yes"}
    assert height["cuts"] == {"high": ">= 3", "low": "<= 1"}
    height = signed.save("events height", whole="", scale="")["events"]["height"]
    assert height["quantity"] == {"unit": "metres"}


def test_a_question_has_a_place_on_the_first_page_and_a_figure_to_reach(signed):
    assert signed.refused("events who", headline="0") == {
        "headline": "Write a number from 1 to 99."
    }
    told = {"criterion": "The names under it.", "threshold": "two names"}
    who = signed.save("events who", headline="1", **told)["events"]["who"]
    assert (who["headline"], who["resolution"]) == ("1", told)


def test_a_draft_counts_once_its_card_has_its_numbers(cards):
    drafts = cards.page.locator(".fc-outline details", has_text="Drafts, which count for nothing")
    row = drafts.locator("[data-keep='evidence waiting']").last
    assert row.text_content() == "It was seen."
    digit = {"reports__0.digit": "2"}
    assert cards.refused("evidence waiting").keys() == {"reports.0.digit"}
    assert cards.refused("evidence waiting", **digit).keys() == {"if_yes", "if_no"}
    numbers = {"if_yes": "60", "if_no": "20", **digit}
    saved = cards.save("evidence waiting", **numbers)["evidence"]["waiting"]
    assert saved == {
        "claim": "It was seen.",
        "bears_on": "rain",
        "if_yes": "60%",
        "if_no": "20%",
        "reports": [{"source": "post", "grade": "C2"}],
    }
    assert "waiting" in load(cards.desk.path).evidence


def test_a_fact_that_is_off_says_that_its_file_still_counts_it(signed):
    page, before = signed.page, signed.desk.path.read_text("utf-8")
    page.locator(".fc-row[data-event='who.firm'], .fc-row[data-event=who]").first.click()
    card = page.locator("[data-fact=seen]").first
    note = card.get_by_text("Off here; not part of the file")
    assert note.is_hidden()
    card.get_by_role("checkbox").click()
    note.wait_for()
    assert card.locator(".fc-claim").bounding_box()["width"] > 100  # it stands below, not beside
    assert signed.desk.path.read_text("utf-8") == before


def test_a_card_speaks_of_what_is_chosen_in_its_own_words_and_chooses_nothing_itself(cards):
    page = cards.page
    page.locator(".fc-row[data-event=road]").first.click()
    page.get_by_role("button", name="+ Fact", exact=True).click()
    on = page.locator("[data-field=bears_on] select")
    assert on.input_value() == ""  # which answer is meant nobody has said
    asked = page.locator("[data-field=if_yes] .fc-asked")
    for name, words in (
        ("wind", "If “Wind” holds: of 100"),
        ("rain", "If “Rain” is coming: of 100"),
        ("road.wet", "If “The road: wet” is the answer: of 100"),
    ):
        on.select_option(name)
        assert asked.inner_text().startswith(words)
    page.get_by_role("button", name="Discard").click()
    page.locator(".fc-row[data-event=rain]").first.click()
    page.get_by_role("button", name="+ Fact", exact=True).click()
    assert on.input_value() == "rain"
    page.get_by_role("button", name="Discard").click()

    # Most links start from a condition.
    page.get_by_role("button", name="+ Link", exact=True).click()
    told = page.locator("[data-field=from] option").all_inner_texts()
    assert told.index("Wind") < told.index("Blossom: late") < told.index("Rain")
    moves = page.locator(".fc-moves")
    cards.fill({"from": "wind", "to": "rain", "if_yes": "30", "if_no": "29.99"})
    page.get_by_text("It would hardly move a question.").wait_for()
    cards.fill({"if_no": "10"})
    page.get_by_text("It would move “Rain” from").wait_for()
    page.get_by_role("button", name="Discard").click()

    # A question moves nothing, and its rule comes before its numbers.
    page.get_by_role("button", name="+ Question", exact=True).click()
    keys = page.locator(".fc-form [data-field]:not([hidden] *)")
    order = keys.evaluate_all("all => all.map((one) => one.dataset.field)")
    assert order.index("criterion") < order.index("source") < order.index("base_rate")
    with page.expect_event("console", lambda one: one.text == "waited"):
        cards.fill({"question": "Will it hail?", "base_rate": "10"})
        page.evaluate("setTimeout(() => console.log('waited'), 1500)")
    assert moves.inner_text() == ""


def test_a_number_that_steps_cannot_have_is_refused_beside_them(cards):
    wrong = cards.refused("events deal", unsure="2")
    accepted = "Accepted: a number for each answer, or no period."
    assert wrong == {"states": f"Unsure cannot be carried over to another period. {accepted}"}


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
