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
from forecasting.answer.interview import Interview, chosen, write_template
from forecasting.lexicon import CREDIBILITY, RELIABILITY

ROOT = Path(__file__).resolve().parents[1]

TODAY = date(2027, 3, 1)

OUTCOME = ["Will the dam fail?", "by", "", "", "5-20"]
DRIVER = ["yes", "A wet spring", "30", "70", "more", "2-6"]
OWN_EYES = ["yes", "Water on the road", "60", "20", "myself"]
TOLD = ["yes", "Seepage at the toe", "50", "10", "The gauge keeper", "C", "3"]


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
    answers = [*OUTCOME[:-1], "25", "no", *OWN_EYES, "no"]
    _, said = converse(tmp_path, answers)
    assert "25.0% (unlikely) by that day" in said
    assert "multiplies the odds by 3)" in said
    assert "moves from 25.0% (unlikely) to 50.0% (roughly even chance)" in said


def test_an_answer_that_cannot_be_used_is_asked_again(tmp_path):
    answers = ["Will it?", "perhaps", "by", "", "soon", "", "200", "30-10", "ten", "10", "no", "no"]
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
    again = ["yes", "Cracks in the wall", "40", "10", "The gauge keeper", "2"]
    path, _ = converse(tmp_path, [*OUTCOME, "no", *TOLD, *again, "no"])
    case = forecasting.load(path)
    assert list(case.sources) == ["gauge_keeper"]
    assert case.evidence["cracks_wall"].reports[0].grade.letter == "C"


def test_a_state_on_the_day_is_not_rescaled(tmp_path):
    path, _ = converse(tmp_path, ["Is it frozen on the day?", "on", "", "", "40", "no", "no"])
    event = forecasting.load(path).events["it_frozen_day"]
    assert event.kind == "state"
    assert event.base_rate.within is None


def test_a_date_that_cannot_be_is_asked_again(tmp_path):
    """The forecast cannot be made on or after the day it is for."""
    answers = ["Will it?", "by", "2027-05-01", "2027-04-01", "2027-06-01", "10", "no", "no"]
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
    never = ["yes", "Pigs fly", "0", "0", "myself"]
    path, said = converse(tmp_path, [*OUTCOME, "no", *never, *OWN_EYES, "no"])
    assert "not kept: the evidence is impossible" in said
    assert list(forecasting.load(path).evidence) == ["water_road"]


# --- labels and names -----------------------------------------------------------------------------

LONG = (
    "Will the countries of the Nile basin sign a binding agreement on the filling and the "
    "operation of the Grand Renaissance Dam by next June?"
)


def of_the_question(question, *label):
    return [question, *label, "by", "", "", "5-20", "no", "no"]


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
        ("Начнётся ли война?", "outcome"),
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
    path, _ = converse(tmp_path, ["Will it hold?", answer, "", "", "40", "no", "no"])
    event = forecasting.load(path).events["it_hold"]
    assert (event.kind, event.base_rate.within) == (kind, within)


def test_what_stays_so_is_less_probable_over_a_longer_time(tmp_path):
    """Over two years 90% a year is 81%, by constant hazard."""
    _, said = converse(tmp_path, ["Will it hold?", "2", "", "2029-03-01", "90", "no", "no"])
    assert "81.0% (very likely) until that day: your number is for a year" in said


@pytest.mark.parametrize("choices", [RELIABILITY, CREDIBILITY])
def test_every_word_that_is_printed_as_a_choice_is_understood(choices):
    for name, words in choices.items():
        for said in (
            name,
            name.lower(),
            words,
            words.title(),
            f"{name}  {words}",
            f"{name}: {words}.",
        ):
            assert chosen(said, choices) == name


@pytest.mark.parametrize(
    ("said", "choices", "meant"),
    [
        ("fairly", RELIABILITY, "C"),
        ("cannot be judged", RELIABILITY, "F"),
        ("confirmed", CREDIBILITY, "1"),
        ("doubt", CREDIBILITY, "4"),
        ("Y", {"yes": "", "no": ""}, "yes"),
        ("no!", {"yes": "", "no": ""}, "no"),
        ("less", {"more likely": "", "less likely": ""}, "less likely"),
    ],
)
def test_a_part_of_the_words_is_enough_where_it_means_one(said, choices, meant):
    assert chosen(said, choices) == meant


@pytest.mark.parametrize(
    ("said", "choices", "problem"),
    [
        ("true", CREDIBILITY, "that could be 2 or 3"),
        ("usual source", RELIABILITY, "the answers are A, B, C, D, E and F, or the words beside"),
        ("maybe", {"yes": "", "no": ""}, "the answers are yes and no"),
        ("6", {"0.6%": "", "60%": ""}, "the answers are 0.6% and 60%"),
        ("!", {"yes": "", "no": ""}, "the answers are yes and no"),
    ],
)
def test_an_answer_that_could_mean_several_or_none_is_not_guessed(said, choices, problem):
    with pytest.raises(ValueError, match=problem):
        chosen(said, choices)


def test_a_grade_may_be_given_in_words(tmp_path):
    told = ["Yes", "Seepage", "50", "10", "The gauge keeper", "Reliable", "probably true"]
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
    path, said = converse(tmp_path, ["Is it so?", "3", "", "", *answers, "no", "no"])
    assert said.count("Which do you mean?") == len(answers) - 1
    node = forecasting.load(path).node.value["events"].value["it_so"].value["base_rate"]
    assert node.describe() == low if high is None else node.value["high"].describe() == high


def test_a_multiplier_is_no_percentage(tmp_path):
    path, said = converse(tmp_path, [*OUTCOME, *DRIVER[:-1], "50%", "0.5", "1.5", "no", "no"])
    assert said.count("a number from 1 on") == 2
    assert forecasting.load(path).links[0].raises.log_median == pytest.approx(math.log(1.5))


@pytest.mark.parametrize("refused", ["soon", "2026-02-30", "30.6.2026", "9999", "2027-03-01"])
def test_a_date_that_is_refused_is_answered_with_one_that_is_not(tmp_path, refused):
    _, said = converse(tmp_path, ["Will it?", "by", "", refused])
    example = re.search(r"Such as (\S+), or a month: (\S+);", said)
    for answer in example.groups():
        path, _ = converse(tmp_path, ["Will it?", "by", "", answer, "10"], name=f"d{answer}")
        assert str(forecasting.load(path).resolve_by) == answer


# --- going back -----------------------------------------------------------------------------------

WHOLE = [*OUTCOME, *DRIVER, "no", *OWN_EYES, *TOLD, "no"]


@pytest.mark.parametrize("seed", range(20))
def test_going_back_any_number_of_times_loses_nothing(tmp_path, seed):
    """Enter accepts again what was said; a slip that is taken back leaves no trace."""
    rng = random.Random(seed)
    typed = []
    for i, answer in enumerate(WHOLE):
        typed.append(answer)
        if rng.random() < 0.3 and i + 1 < len(WHOLE):
            again = WHOLE[rng.randrange(i + 1) : i + 1]
            typed += ["back"] * len(again) + rng.choice([again, [""] * len(again)])
    path, said = converse(tmp_path, typed)
    plain, _ = converse(tmp_path / "..", WHOLE, name=f"plain{seed}")
    text = plain.read_text(encoding="utf-8").replace(f"plain{seed}", "dam")
    plain.unlink()
    assert path.read_text(encoding="utf-8") == text
    assert "once more" not in said


def test_an_answer_is_mended_from_far_on_and_the_rest_is_offered_again(tmp_path):
    typed = [*OUTCOME, *DRIVER, *["back"] * 6, "no", "back", "back", "40", "yes"]
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
    path, said = converse(tmp_path, [*WHOLE[:-1], *["back"] * 20, "40"], name="far")
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
    path, _ = converse(tmp_path, [*start, *["back"] * 5, "no"], name="unsaid")
    assert not forecasting.load(path).evidence


def test_stopping_says_what_is_lost(tmp_path):
    _, said = converse(tmp_path, [*OUTCOME, *DRIVER, "yes", "A second condition", "30"])
    assert "lost, as not all of its questions were answered: A second condition; 30\n" in said
    _, said = converse(tmp_path, ["Will it?", "by"], name="early")
    assert "answered: Will it?; by\n" in said


# --- as a person does it --------------------------------------------------------------------------

PLAYED = {
    "nile": [LONG, "back", LONG, "", "It happens at least once by the date", "2026-01-15", "soon",
             "2026-07", "0.6", "60%", "Yes", "A wet spring", "30", "60-80", "more", "2-6", "n",
             "y", "Seepage at the toe", "50", "10", "The gauge keeper", "reliable", "2", "no"],
    "wien": ["Bleibt Österreichs Regierung bis März im Amt?", "Regierung bleibt", "2", "", "",
             "80-95", "no", "yes", "Die Łódź-Konferenz fällt aus", "20", "60", "me", "no"],
    "voina": ["Начнётся ли война?", "on", "", "", "4", "no", "yes", "Слухи", "30", "10", "мы", "B",
              "2", "yes", "Учения", "30"],
}  # fmt: skip


def in_a_terminal(folder, name, answers):
    """Run `forecasting new` in a terminal; answer at every prompt, then end the input."""
    pty = pytest.importorskip("pty")
    pid, terminal = pty.fork()
    if pid == 0:
        os.chdir(folder)
        os.environ |= {"PYTHONPATH": str(ROOT), "PYTHONUTF8": "1"}
        os.execv(sys.executable, [sys.executable, "-m", "forecasting.cli", "new", name])
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
        assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.slow
@pytest.mark.parametrize("name", PLAYED)
def test_the_notebook_on_ones_own_case_works_on_what_was_written(played, name, monkeypatch):
    path = played[name][0]
    before = path.read_text(encoding="utf-8")
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    notebook = nbformat.read(ROOT / "notebooks/05-your-own-case.ipynb", as_version=4)
    parameters = next(cell for cell in notebook.cells if cell.cell_type == "code")
    parameters.source += f"\nCASE = {str(path)!r}"
    case = forecasting.load(path)
    [event] = [name for name, event in case.events.items() if event.role == "outcome"]
    overlay = path.parent / "analysts" / f"{name}-me.yaml"

    def told():
        nbclient.NotebookClient(
            notebook, timeout=300, kernel_name="python3",
            resources={"metadata": {"path": str(ROOT / "notebooks")}},
        ).execute()  # fmt: skip
        outputs = [out for cell in notebook.cells for out in cell.get("outputs", ())]
        assert [out for out in outputs if out.get("name") == "stderr"] == []
        return "".join(map(str, outputs))

    said = told()
    assert case.events[event].title in said
    assert "overrides: {}" in said
    # Opened again, it goes on with what was moved.
    forecasting.save_overlay(overlay, "me", case, {f"events.{event}.base_rate": "33%"})
    assert f"events.{event}.base_rate: 0.33" in told()
    assert path.read_text(encoding="utf-8") == before


@pytest.mark.parametrize("said", ["no", "yes", "No"])
def test_a_yes_or_a_no_is_no_grade(said):
    """Not even "not usually reliable", which begins with one."""
    with pytest.raises(ValueError, match="the answers are A, B"):
        chosen(said, RELIABILITY)
