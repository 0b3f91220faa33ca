"""A conversation writes a case that is good, and says what each answer did."""

import math
import os
import random
import re
import select
import signal
import subprocess
import sys
import time
from datetime import date
from pathlib import Path

import nbclient
import nbformat
import pytest

import forecasting
from forecasting import InputError
from forecasting.answer.check import check, together
from forecasting.answer.interview import Interview, write_template

ROOT = Path(__file__).resolve().parents[1]

TODAY = date(2027, 3, 1)

NUMBER = ["Will the dam fail?", "by", "", "", "5-20"]
NO_RULE, NO_MORE = "", "no"
OUTCOME = [*NUMBER, NO_RULE, NO_MORE]
DRIVER = ["yes", "A wet spring", "30", "70", "30", "5-20"]
OWN_EYES = ["yes", "Water on the road", "", "60", "20", "myself"]
TOLD = ["yes", "Seepage at the toe", "", "50", "10", "The gauge keeper", "C", "3"]
REST = [NO_RULE, NO_MORE, "no", "no"]  # neither a rule nor another question, condition or fact


def converse(tmp_path, answers, name="dam"):
    """Answer every question; running out of answers is the end of input."""
    said, left = [], iter(answers)

    def ask(question):
        said.append(question)
        try:
            return next(left)
        except StopIteration:
            raise EOFError from None

    path = tmp_path / f"{name}.yaml"
    Interview(ask, said.append, TODAY).start(path, name)
    return path, "\n".join(said)


def test_a_full_conversation_gives_a_good_case(tmp_path):
    path, said = converse(tmp_path, [*OUTCOME, *DRIVER, "no", *OWN_EYES, *TOLD, "no"])
    case = forecasting.load(path)
    assert check(case) == ()
    assert list(case.events) == ["dam_fail", "wet_spring"]
    assert case.events["dam_fail"].question == "Will the dam fail?"
    assert case.evidence["seepage_at_toe"].reports[0].source == "gauge_keeper"
    assert case.evidence["water_road"].status == "confirmed"
    assert str(case.as_of) == "2027-03-01"
    assert str(case.resolve_by) == "2028-03-01"
    assert f"written: {path}" in said


def test_it_says_what_an_answer_does(tmp_path):
    """60% against 20% triples the odds: 3 times 1/3 is even. The base rate is 25 of 100."""
    answers = [*NUMBER[:-1], "25", NO_RULE, NO_MORE, "no", *OWN_EYES, "no"]
    _, said = converse(tmp_path, answers)
    assert "25.0% (unlikely) by that day" in said
    assert "multiplies the odds by 3)" in said
    assert "moves from 25.0% (unlikely) to 50.0% (roughly even chance)" in said


def test_an_answer_that_cannot_be_used_is_asked_again(tmp_path):
    answers = ["Will it?", "perhaps", "by", "", "soon", "", "200", "30-10", "ten", "10", *REST]
    path, said = converse(tmp_path, answers)
    assert said.count("please once more") == 5
    assert float(forecasting.load(path).events["it"].base_rate.probability.mean) == pytest.approx(
        0.1
    )


def test_stopping_early_keeps_what_was_entered(tmp_path):
    path, said = converse(tmp_path, [*OUTCOME, *DRIVER, "yes", "A second condition", "30"])
    assert list(forecasting.load(path).events) == ["dam_fail", "wet_spring"]
    assert "stopped" in said


def test_stopping_at_once_writes_nothing(tmp_path):
    path, said = converse(tmp_path, ["Will it?"])
    assert not path.exists()
    assert "nothing is written" in said


def test_a_source_is_graded_once(tmp_path):
    again = ["yes", "Cracks in the wall", "", "40", "10", "The gauge keeper", "2"]
    path, _ = converse(tmp_path, [*OUTCOME, "no", *TOLD, *again, "no"])
    case = forecasting.load(path)
    assert list(case.sources) == ["gauge_keeper"]
    assert case.evidence["cracks_wall"].reports[0].grade.letter == "C"


def test_a_state_on_the_day_is_not_rescaled(tmp_path):
    path, _ = converse(tmp_path, ["Is it frozen on the day?", "on", "", "", "40", *REST])
    event = forecasting.load(path).events["it_frozen_day"]
    assert event.kind == "state"
    assert event.base_rate.within is None


def test_a_date_that_cannot_be_is_asked_again(tmp_path):
    """The forecast cannot be made on or after the day it is for."""
    answers = ["Will it?", "by", "2027-05-01", "2027-04-01", "2027-06-01", "10", *REST]
    path, said = converse(tmp_path, answers)
    assert "later than" in said
    assert str(forecasting.load(path).resolve_by) == "2027-06-01"


def test_the_template_is_a_good_case(tmp_path):
    path = tmp_path / "mine.yaml"
    write_template(path, "mine", today=date(2028, 2, 29))
    case = forecasting.load(path)
    (warning,) = together(check(case))
    assert "still says what the template says" in warning.text
    assert str(case.resolve_by) == "2029-02-28"


@pytest.mark.parametrize(
    "start", [write_template, lambda p, n: Interview(input, print).start(p, n)]
)
def test_an_existing_file_is_never_overwritten(tmp_path, start):
    path = tmp_path / "mine.yaml"
    path.write_text("precious")
    with pytest.raises(InputError, match="is there already"):
        start(path, "mine")
    assert path.read_text() == "precious"


def test_a_name_must_be_a_name(tmp_path):
    with pytest.raises(InputError, match="not a name"):
        write_template(tmp_path / "x.yaml", "../x")


def test_a_fact_that_cannot_be_is_not_kept(tmp_path):
    """What is never seen, coming true or not, cannot have been seen."""
    never = ["yes", "Pigs fly", "", "0", "0", "myself"]
    path, said = converse(tmp_path, [*OUTCOME, "no", *never, *OWN_EYES, "no"])
    assert "not kept: the evidence is impossible" in said
    assert list(forecasting.load(path).evidence) == ["water_road"]


# --- labels and names -----------------------------------------------------------------------------

LONG = (
    "Will the countries of the Nile basin sign a binding agreement on the filling and the "
    "operation of the Grand Renaissance Dam by next June?"
)


def of_the_question(question, *label):
    return [question, *label, "by", "", "", "5-20", *REST]


def test_a_long_question_gets_a_label_of_whole_words_that_enter_accepts(tmp_path):
    path, said = converse(tmp_path, of_the_question(LONG, ""))
    [(name, event)] = forecasting.load(path).events.items()
    assert event.question == LONG
    assert event.title == "Countries of the Nile basin sign a binding"
    assert len(event.title) <= 42
    assert f"Enter accepts: {event.title}" in said
    assert name == "countries_nile_basin_sign"


def test_a_label_can_be_typed_and_is_counted(tmp_path):
    path, said = converse(tmp_path, of_the_question(LONG, "x" * 43, "A Nile treaty"))
    assert "it has 43 characters; at most 42" in said
    case = forecasting.load(path)
    assert [case.title, *(event.title for event in case.events.values())] == ["A Nile treaty"] * 2


def test_a_condition_in_many_words_keeps_them_beside_its_label(tmp_path):
    words = "A winter of high water that lasts well into the spring of the next year"
    path, _ = converse(tmp_path, [*OUTCOME, "yes", words, "High water", *DRIVER[2:], "no", "no"])
    event = forecasting.load(path).events["winter_high_water_lasts"]
    assert (event.title, event.question) == ("High water", words)


@pytest.mark.parametrize(
    ("question", "name"),
    [
        ("Will infrastructure internationalise?", "infrastructure_internationalise"),
        ("Will international infrastructures collapse?", "international_infrastructures_collapse"),
        ("Will internationalist infrastructures collapse?", "internationalist_infrastructures"),
        ("Bleibt Österreichs Straße zu?", "bleibt_osterreichs_strasse_zu"),
        ("Will Łódź's møte end?", "lodzs_mote_end"),
        ("Начнётся ли война?", "event"),
        ("Will 2027 be dry?", "n_2027_dry"),
    ],
)  # fmt: skip
def test_a_name_is_made_of_whole_words_in_plain_letters(tmp_path, question, name):
    label = [""] if len(question) > 42 else []
    path, _ = converse(tmp_path, of_the_question(question, *label))
    case = forecasting.load(path)
    assert list(case.events) == [name]
    assert case.events[name].question == question


def test_text_with_joiners_is_kept_and_that_of_an_arrow_key_is_asked_again(tmp_path):
    persian = "آیا جنگ می\u200cشود؟"
    path, said = converse(tmp_path, of_the_question("Will\x1b[D it?", persian))
    assert "a sign that cannot be shown" in said
    assert [event.question for event in forecasting.load(path).events.values()] == [persian]


# --- the kinds of questions, and the words of an answer -------------------------------------------


@pytest.mark.parametrize(
    ("answer", "kind", "within"),
    [
        ("1", "occurs", 12),
        ("It happens at least once by the date", "occurs", 12),
        ("2", "lasts", 12),
        ("stays so until", "lasts", 12),
        ("3", "state", None),
        ("is so on the date.", "state", None),
    ],
)
def test_a_question_is_of_the_kind_whose_sentence_is_chosen(tmp_path, answer, kind, within):
    path, _ = converse(tmp_path, ["Will it hold?", answer, "", "", "40", *REST])
    event = forecasting.load(path).events["it_hold"]
    assert (event.kind, event.base_rate.within) == (kind, within)


def test_what_stays_so_is_less_probable_over_a_longer_time(tmp_path):
    """Over two years 90% a year is 81%, by constant hazard."""
    _, said = converse(tmp_path, ["Will it hold?", "2", "", "2029-03-01", "90", *REST])
    assert "81.0% (very likely) until that day: your number is for a year" in said


def test_a_grade_may_be_given_in_words(tmp_path):
    told = ["Yes", "Seepage", "", "50", "10", "The gauge keeper", "Reliable", "probably true"]
    path, _ = converse(tmp_path, [*OUTCOME, "N", *told, "n"])
    grade = forecasting.load(path).evidence["seepage"].reports[0].grade
    assert (grade.letter, grade.digit) == ("A", "2")


def test_nobody_is_taken_for_a_witness_by_an_empty_answer(tmp_path):
    path, said = converse(tmp_path, [*OUTCOME, "no", *OWN_EYES[:-1], "", "Me", "no"])
    assert "an answer is needed here" in said
    assert forecasting.load(path).evidence["water_road"].status == "confirmed"


# --- numbers and dates ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("answers", "low", "high"),
    [
        (["0.6", "60%"], "60%", None),
        (["0.6", "0.6"], "0.6%", None),
        (["0.07", "7"], "7%", None),
        (["0.6%"], "0.6%", None),
        (["0.05 - 0.3", "5-30"], "5%", "30%"),
        (["0.05-0.3", "0.05-0.3%"], "0.05%", "0.3%"),
        (["0.5-3"], "0.5%", "3%"),
        (["5-5"], "5%", None),
    ],
)
def test_a_fraction_is_asked_back(tmp_path, answers, low, high):
    path, said = converse(tmp_path, ["Is it so?", "3", "", "", *answers, *REST])
    assert said.count("Which do you mean?") == len(answers) - 1
    node = forecasting.load(path).node.value["events"].value["it_so"].value["base_rate"]
    assert node.describe() == low if high is None else node.value["high"].describe() == high


@pytest.mark.parametrize("refused", ["soon", "2026-02-30", "30.6.2026", "9999", "2027-03-01"])
def test_a_date_that_is_refused_is_answered_with_one_that_is_not(tmp_path, refused):
    _, said = converse(tmp_path, ["Will it?", "by", "", refused])
    example = re.search(r"Such as (\S+), or a month: (\S+);", said)
    for answer in example.groups():
        path, _ = converse(tmp_path, ["Will it?", "by", "", answer, "10"], name=f"d{answer}")
        assert str(forecasting.load(path).resolve_by) == answer


# --- several questions, of every type -------------------------------------------------------------

ANOTHER = ["yes", "Will the bridge hold?", "stays so", "2027-09-01", "90", NO_RULE]
BOTH = [*NUMBER, NO_RULE, *ANOTHER, NO_MORE]


def test_each_question_has_a_date_of_its_own_unless_it_is_that_of_the_case(tmp_path):
    answers = [*NUMBER, NO_RULE, *ANOTHER, "yes", "Is it dry?", "on", "", "50", NO_RULE, NO_MORE]
    path, said = converse(tmp_path, [*answers, "no", "no"])
    case = forecasting.load(path)
    by = [str(event.resolve_by) for event in case.events.values()]
    assert (list(case.events), by) == (
        ["dam_fail", "bridge_hold", "it_dry"],
        ["None", "2027-09-01", "None"],
    )
    assert (case.title, str(case.resolve_by)) == ("Will the dam fail?", "2028-03-01")
    # 90% for a year is its square root for half a year, by constant hazard.
    assert "“Will the bridge hold?” starts at 94.9% (very likely) until that day: your" in said


def test_a_date_before_the_forecast_is_refused_for_every_question(tmp_path):
    again = [*ANOTHER[:3], "2027-02", "2027-09", *ANOTHER[4:]]
    path, said = converse(tmp_path, [*NUMBER, NO_RULE, *again, NO_MORE, "no", "no"])
    assert "it must be later than 2027-03-01" in said
    assert str(forecasting.load(path).events["bridge_hold"].resolve_by) == "2027-09"


def test_a_question_says_how_it_is_settled_or_leaves_it_for_later(tmp_path):
    rule = ["The breach is wider than 10 metres.", "The water office"]
    path, _ = converse(tmp_path, [*NUMBER, *rule, *ANOTHER, NO_MORE, "no", "no"])
    case = forecasting.load(path)
    said = case.events["dam_fail"].resolution
    assert [said.criterion, said.source] == rule
    assert case.events["bridge_hold"].resolution is None
    path, _ = converse(tmp_path, [*NUMBER, rule[0], "Later", NO_MORE, "no", "no"], name="half")
    said = forecasting.load(path).events["dam_fail"].resolution
    assert (said.criterion, said.source) == (rule[0], None)


def test_the_desk_asks_for_the_rule_itself(tmp_path):
    """Only the first question and its number are asked."""
    left, path = iter(NUMBER), tmp_path / "dam.yaml"
    assert Interview(lambda _: next(left), str, TODAY).start(path, "dam", first_only=True)
    assert list(forecasting.load(path).events) == ["dam_fail"]


def test_a_condition_and_a_fact_bear_on_what_is_chosen_from_a_list(tmp_path):
    driver = ["yes", "A wet spring", "30", "30", "2", "40", "10"]
    fact = ["yes", "Water on the road", "2027-02", "Will the dam fail?", "60", "20", "myself"]
    path, said = converse(tmp_path, [*BOTH, *driver, "no", *fact, "no"])
    case = forecasting.load(path)
    assert "  1  Will the dam fail?\n  2  Will the bridge hold?\n> " in said
    [link] = case.links
    assert (link.source, link.target) == ("wet_spring", "bridge_hold")
    # 40% against 10%: the odds are 2/3 and 1/9, so they are six times as high.
    assert math.exp(link.odds.log_median) == pytest.approx(6)
    assert case.evidence["water_road"].bears_on == "dam_fail"
    assert str(case.evidence["water_road"].date) == "2027-02"
    assert "“Will the bridge hold?” moves" not in said  # the condition is as common as ever


def test_a_condition_and_a_fact_may_bear_on_several_questions(tmp_path):
    driver = ["yes", "A wet spring", "30", "70", "1, 2", "40", "10", "20", "50"]
    fact = ["yes", "Water on the road", "", "all of it", "2 and 1", "60", "20", "30", "40", "25"]
    path, said = converse(tmp_path, [*BOTH, *driver, "no", *fact, "myself", "no"])
    case = forecasting.load(path)
    assert [(link.target, link.if_yes.mean, link.if_no.mean) for link in case.links] == [
        ("dam_fail", pytest.approx(0.4), pytest.approx(0.1)),
        ("bridge_hold", pytest.approx(0.2), pytest.approx(0.5)),
    ]
    fact = case.evidence["water_road"]
    assert fact.chance.mean == pytest.approx(0.25)
    assert {name: (one.if_yes.mean, one.if_no.mean) for name, one in fact.bears_on.items()} == {
        "dam_fail": (pytest.approx(0.6), pytest.approx(0.2)),
        "bridge_hold": (pytest.approx(0.3), pytest.approx(0.4)),
    }
    assert said.count("please once more") == 1
    assert "multiplies the odds of “Will the dam fail?” by" in said
    assert "divides the odds of “Will the bridge hold?” by" in said


def test_answers_are_given_one_by_one_and_the_last_takes_the_rest(tmp_path):
    which = ["Who buys?", "4", "", "", "The press", "No", "Others", "", "50", "20-40", *REST]
    path, said = converse(tmp_path, which)
    event = forecasting.load(path).events["who_buys"]
    assert event.states == {"press": "The press", "no_2": "No", "others": "Others"}
    assert event.node.value["base_rate"].value["others"].value == "rest"
    assert "“Who buys?: The press” starts at 50.0% (roughly even chance)" in said


def test_shares_that_leave_nothing_are_asked_again(tmp_path):
    which = ["Who buys?", "4", "", "", "The press", "Others", "Exporters", "", "60", "40"]
    path, said = converse(tmp_path, [*which, "30", *REST])
    assert said.count("not kept: nothing is left for exporters") == 1
    assert "Enter accepts: 40" in said
    assert "“Who buys?: Exporters” starts at 10.0%" in said
    path, said = converse(tmp_path, which, name="stopped")
    assert not path.exists()
    assert "answered: Who buys?; 4; 2027-03-01; 2028-03-01; The press; Others" in said


def test_an_amount_is_three_amounts_and_a_part_of_them(tmp_path):
    """Half of all are below the second."""
    much = ["How much silt?", "5", "", "", "tonnes", "many", "1,000", "900", "3000", "9000"]
    much += ["5000", "at most 3,000", "Little silt", *REST]
    path, said = converse(tmp_path, much)
    event = forecasting.load(path).events["how_much_silt"]
    assert event.quantity.unit == "tonnes"
    assert event.node.value["cuts"].value["little_silt"].value == "<= 3000"
    assert said.count("please once more") == 3
    assert "“How much silt?: at most 3,000 tonnes (little silt)” starts at 50.0%" in said


def test_links_and_facts_lead_to_states_and_parts(tmp_path):
    which = ["Who buys?", "4", "", "", "The press", "Others", "", "50", NO_RULE]
    much = ["yes", "How much?", "5", "", "tonnes", "100", "300", "900", "> 300", "rich", NO_RULE]
    driver = ["yes", "Frost", "30", "70", "1, 3", "40", "10", "20", "50"]
    fact = ["yes", "Brown leaves", "", "3", "10", "30", "myself"]
    path, _ = converse(tmp_path, [*which, *much, NO_MORE, *driver, "no", *fact, "no"])
    case = forecasting.load(path)
    assert [link.target for link in case.links] == ["who_buys.press", "how_much.rich"]
    assert case.evidence["brown_leaves"].bears_on == "how_much.rich"


def test_a_fact_is_no_later_than_the_forecast(tmp_path):
    fact = [*OWN_EYES[:2], "2027-03-02", "2027-02-28", *OWN_EYES[3:]]
    path, said = converse(tmp_path, [*OUTCOME, "no", *fact, "no"])
    assert "later than the day of the forecast, 2027-03-01. Such as 2027-03-01" in said
    assert str(forecasting.load(path).evidence["water_road"].date) == "2027-02-28"


def test_list_shows_what_is_in_the_case_at_any_question(tmp_path):
    answers = ["list", *BOTH, *DRIVER[:4], "list", "1", "30", "10", "no", *TOLD[:3], "1", *TOLD[3:]]
    path, said = converse(tmp_path, [*answers, "LIST", "no"])
    first, second, last = said.split("Questions:")
    assert "Nothing is in the case so far." in first
    assert "  Will the dam fail?, by 2028-03-01: 11.1% (very unlikely)\n" in second
    assert "  Will the bridge hold?, by 2027-09-01: 94.9% (very likely)\n" in second
    assert "A wet spring" not in second.split("\n\n")[0]
    assert "Conditions:\n  A wet spring: 7" in last
    assert "Facts:\n  Seepage at the toe\nSources:\n  The gauge keeper\n" in last
    assert said.count("Which of these does it make more or less likely?") == 2  # asked again
    assert path.exists()


# --- going back -----------------------------------------------------------------------------------

WHOLE = [*OUTCOME, *DRIVER, "no", *OWN_EYES, *TOLD, "no"]
MANY = [*NUMBER, "A wide breach", "The office", *ANOTHER, NO_MORE, *DRIVER[:4], "2", "30", "10"]
MANY += ["no", *OWN_EYES[:3], "1, 2", "60", "20", "30", "40", "20", "me", "no"]


@pytest.mark.parametrize("whole", [WHOLE, MANY], ids=["one", "two"])
@pytest.mark.parametrize("seed", range(10))
def test_going_back_any_number_of_times_loses_nothing(tmp_path, seed, whole):
    """Enter accepts again what was said; a slip that is taken back leaves no trace."""
    rng = random.Random(seed)
    typed = []
    for i, answer in enumerate(whole):
        typed.append(answer)
        if rng.random() < 0.3 and i + 1 < len(whole):
            again = whole[rng.randrange(i + 1) : i + 1]
            typed += ["back"] * len(again) + rng.choice([again, [""] * len(again)])
    path, said = converse(tmp_path, typed)
    plain, _ = converse(tmp_path / "..", whole, name=f"plain{seed}")
    text = plain.read_text(encoding="utf-8").replace(f"plain{seed}", "dam")
    plain.unlink()
    assert path.read_text(encoding="utf-8") == text
    assert "once more" not in said


def test_an_answer_is_mended_from_far_on_and_the_rest_is_offered_again(tmp_path):
    typed = [*OUTCOME, *DRIVER, *["back"] * 6, "no", *["back"] * 4, "40", "", "", "yes"]
    typed += [*[""] * 5, "no", "no"]
    path, said = converse(tmp_path, typed)
    case = forecasting.load(path)
    assert case.events["dam_fail"].base_rate.probability.mean == pytest.approx(0.4)
    assert "wet_spring" in case.events
    assert "Enter accepts: A wet spring" in said


def test_what_is_taken_back_leaves_the_file(tmp_path):
    path, _ = converse(tmp_path, [*OUTCOME, *DRIVER, *["back"] * 6, "no", "no"])
    assert list(forecasting.load(path).events) == ["dam_fail"]


def test_there_is_nothing_before_the_first_question(tmp_path):
    path, said = converse(tmp_path, ["back", *WHOLE])
    assert "this is the first question" in said
    assert path.exists()


def test_stopping_after_going_back_keeps_what_was_not_changed(tmp_path):
    path, said = converse(tmp_path, [*OUTCOME, *DRIVER, *["back"] * 4])
    assert list(forecasting.load(path).events) == ["dam_fail", "wet_spring"]
    assert "lost" not in said
    path, said = converse(tmp_path, [*WHOLE[:-1], *["back"] * 24, "40"], name="far")
    case = forecasting.load(path)
    assert case.events["dam_fail"].base_rate.probability.mean == pytest.approx(0.4)
    assert (len(case.events), len(case.evidence)) == (2, 2)
    assert "lost" not in said


def test_stopping_on_the_way_back_leaves_the_file_no_poorer(tmp_path):
    """The changed fact is not complete, so the file keeps the fact as it was."""
    start = [*OUTCOME, "no", *OWN_EYES]
    path, said = converse(tmp_path, [*start, "back", "The gauge keeper"])
    assert forecasting.load(path).evidence["water_road"].status == "confirmed"
    assert f"{path} stays as it was before you went back" in said
    path, _ = converse(tmp_path, [*start, *["back"] * 6, "no"], name="unsaid")
    assert not forecasting.load(path).evidence


def test_stopping_says_what_is_lost(tmp_path):
    _, said = converse(tmp_path, [*OUTCOME, *DRIVER, "yes", "A second condition", "30"])
    assert "lost, as not all of its questions were answered: A second condition; 30\n" in said
    _, said = converse(tmp_path, ["Will it?", "by"], name="early")
    assert "answered: Will it?; by\n" in said


# --- as a person does it --------------------------------------------------------------------------

PLAYED = {
    "nile": [LONG, "back", LONG, "", "It happens at least once by the date", "2026-01-15", "soon",
             "2026-07", "0.6", "60%", "All have signed it", "list", "Their ministries", "no", "Yes",
             "A wet spring", "30", "60-80", "60", "20-30", "n", "y", "Seepage at the toe", "", "50",
             "10", "The gauge keeper", "reliable", "2", "no"],
    "wien": ["Bleibt Österreichs Regierung bis März im Amt?", "Regierung bleibt", "2", "", "",
             "80-95", "", "no", "no", "yes", "Die Łódź-Konferenz fällt aus", "", "20", "60", "me",
             "no"],
    "voina": ["Начнётся ли война?", "on", "", "", "4", "", "no", "no", "yes", "Слухи", "", "30",
              "10", "мы", "B", "2", "yes", "Учения", "", "30"],
    "vote": ["Who governs?", "which of these", "2026-01-15", "2026-12-31", "Greens", "Reds, or so",
             "Blues", "", "0.4", "40%", "60-70", "back", "", "20", "", "yes",
             "How many seats?", "how much", "", "seats", "20", "30", "45", "> 30", "many", "",
             "yes", "Will it be close?", "by", "2026-06-30", "5-20", "later", "no", "yes", "Rain",
             "30", "60", "1 and 4", "40", "20", "30-40", "10", "list", "no", "yes", "A poll", "",
             "1, 5", "30", "20", "40", "30", "25", "me", "no"],
}  # fmt: skip


def in_a_terminal(folder, name, answers):
    """Run `forecasting new --terminal`; answer at every prompt, then end the input."""
    pty = pytest.importorskip("pty")
    pid, terminal = pty.fork()
    if pid == 0:
        os.chdir(folder)
        os.environ |= {"PYTHONPATH": str(ROOT), "PYTHONUTF8": "1"}
        os.execv(
            sys.executable, [sys.executable, "-m", "forecasting.cli", "new", name, "--terminal"]
        )
    said, left, until = b"", iter(answers), time.monotonic() + 300
    try:
        while time.monotonic() < until:
            if not select.select([terminal], [], [], 1)[0]:
                continue
            try:
                more = os.read(terminal, 65536)
            except OSError:  # Linux says so when the other side has closed
                more = b""
            if not more:
                break
            said += more
            if more.endswith(b"> "):
                os.write(terminal, f"{next(left, chr(4))}\n".encode())
        else:
            os.kill(pid, signal.SIGKILL)
    finally:
        os.close(terminal)
        status = os.waitpid(pid, 0)[1]
    return status, said.decode().replace("\r\n", "\n")


@pytest.fixture(scope="module")
def played(tmp_path_factory):
    """Cases as `forecasting new` writes them in a terminal, with what it said, by name."""
    folder = tmp_path_factory.mktemp("played")
    return {
        name: (folder / f"{name}.yaml", *in_a_terminal(folder, name, answers))
        for name, answers in PLAYED.items()
    }


VOTER = "vote", "run"


@pytest.mark.parametrize("name", PLAYED)
def test_what_a_stranger_writes_in_a_terminal_checks_and_runs(played, name):
    path, status, said = played[name]
    assert status == 0, said
    assert f"next: forecasting run {name}.yaml" in said
    assert ("lost" in said, "stopped" in said) == (name == "voina", name == "voina")
    for command in ("check", "run"):
        done = subprocess.run(
            [sys.executable, "-m", "forecasting.cli", command, str(path)],
            capture_output=True, text=True, encoding="utf-8", timeout=300,
            env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONUTF8": "1"},
        )  # fmt: skip
        # The voter says of seats what cannot both be: 35 and 10 of 100, around an even chance.
        told = [line for line in done.stderr.splitlines() if "cannot both be" not in line]
        assert (done.returncode, told, bool(done.stderr)) == (0, [], (name, command) == VOTER)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["nile", "wien", "voina"])
def test_the_notebook_on_ones_own_case_works_on_what_was_written(played, name, monkeypatch):
    path = played[name][0]
    before = path.read_text(encoding="utf-8")
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    notebook = nbformat.read(ROOT / "notebooks/05-your-own-case.ipynb", as_version=4)
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert len(code) == 3
    code[0].source += f"\nNAME = {name!r}"
    nbclient.NotebookClient(
        notebook, timeout=300, kernel_name="python3", resources={"metadata": {"path": path.parent}}
    ).execute()
    outputs = [out for cell in code for out in cell.outputs]
    assert [out for out in outputs if out.get("name") == "stderr"] == []
    [event] = [one for one in forecasting.load(path).events.values() if one.role == "outcome"]
    assert event.title in "".join(map(str, outputs))
    assert path.read_text(encoding="utf-8") == before
    assert event.title in path.with_suffix(".html").read_text(encoding="utf-8")
