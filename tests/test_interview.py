"""A conversation writes a case that is good, and says what each answer did."""

from datetime import date

import pytest

import forecasting
from forecasting import InputError
from forecasting.check import check
from forecasting.interview import Interview, write_template

TODAY = date(2027, 3, 1)

OUTCOME = ["Will the dam fail?", "by", "", "", "5-20"]
DRIVER = ["yes", "A wet spring", "30", "70", "more", "2-6"]
OWN_EYES = ["yes", "Water on the road", "60", "20", ""]
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
    (warning,) = check(case)
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
    never = ["yes", "Pigs fly", "0", "0", ""]
    path, said = converse(tmp_path, [*OUTCOME, "no", *never, *OWN_EYES, "no"])
    assert "not kept: the evidence is impossible" in said
    assert list(forecasting.load(path).evidence) == ["water_road"]
