"""What a ledger holds is read as it was written, and what does not fit is named."""

import json
from datetime import date

import pytest

from forecasting.errors import InputError
from forecasting.ledger.entries import (
    KINDS,
    Forecast,
    Question,
    Resolution,
    Seal,
    Withdrawal,
    checked,
    kind_of,
    plain,
    read,
)

DAY = date(2026, 1, 1)
STATES = ("low", "middle", "high")

FULL = [
    Question(
        id="sky/rain@2026-01-01", title="Rain", question="Will it rain?", criterion="1 mm",
        source="The office", type="states", kind="state", states=STATES, ordered=True, opens=DAY,
        resolve_by=DAY, given="sky/cloud@2026-01-01", cluster="Water", tags=("wet", "sky"),
        private=True, version=3, unknown={"mood": {"a": [1, None]}},
    ),
    Question(id="deaths", type="quantity", unit="deaths", resolve_by=DAY),
    Forecast(question="rain", version=2, made_at=DAY, p=0.25, low=0.1, high=0.5, role="view",
             method="case", case_digest="ab", versions={"forecasting": "0.1"}, note="é\n\x00"),
    Forecast(question="rain", made_at=DAY, p=0.0),
    Forecast(question="sky", made_at=DAY, probs={"low": 0.2, "middle": 0.3, "high": 0.5}),
    Forecast(question="deaths", made_at=DAY, quantiles={"0.05": 1.0, "0.5": 20.0}),
    Withdrawal(question="rain", made_at=DAY, why="wrong"),
    Resolution(question="rain", outcome="no", happened_on=DAY, known_on=date(2026, 1, 3),
               source="https://x", confidence="low", proxy="hail", why="dry"),
    Seal(digest="0" * 64, note="two"),
]  # fmt: skip


@pytest.mark.parametrize("body", FULL, ids=lambda body: kind_of(body))
def test_what_is_written_is_read_again_through_json(body):
    written = json.loads(json.dumps(plain(body)))
    assert read(kind_of(body), written) == body
    assert "" not in written.values()
    assert None not in written.values()


def test_a_chance_of_nothing_is_written():
    """0 says much, and is not what is left out."""
    assert plain(FULL[3])["p"] == 0.0


@pytest.mark.parametrize(
    ("kind", "wrong", "problem"),
    [
        ("question", {"id": "rain"}, "resolve_by is missing"),
        ("question", {"id": 3, "resolve_by": "2026-01-01"}, "id is wrong"),
        ("question", {"id": "rain", "resolve_by": "soon"}, "resolve_by is wrong"),
        ("question", {"id": "a", "resolve_by": "2026-01-01", "type": "wish"}, "wish is not known"),
        ("question", {"id": "a", "resolve_by": "2026-01-01", "states": ["x", "y"]}, "not fit the"),
        ("question", {"id": "a", "resolve_by": "2026-01-01", "type": "states"}, "not fit the type"),
        ("question", {"id": "a", "resolve_by": "2026-01-01", "tags": "wet"}, "tags is wrong"),
        ("question", {"id": "a", "resolve_by": "2026-01-01", "private": 1}, "private is wrong"),
        ("question", {"id": "a", "resolve_by": "2026-01-01", "version": True}, "version is wrong"),
        ("question", {"id": "a", "resolve_by": "2026-01-01", "type": "states",
                      "states": ["x", "ambiguous"]}, "a state is called ambiguous"),
        ("forecast", {"question": "rain", "made_at": "2026-01-01"}, "one forecast is due"),
        ("forecast", {"question": "a", "made_at": "2026-01-01", "p": 0.3, "probs": {"x": 1.0}},
         "one forecast is due"),
        ("forecast", {"question": "a", "made_at": "2026-01-01", "p": 1.01}, "is no probability"),
        ("forecast", {"question": "a", "made_at": "2026-01-01", "p": True}, "p is wrong"),
        ("forecast", {"question": "a", "made_at": "2026-01-01", "p": float("nan")}, "p is wrong"),
        ("forecast", {"question": "a", "made_at": "2026-01-01", "p": 0.5, "high": 2}, "is no prob"),
        ("forecast", {"question": "a", "made_at": "2026-01-01", "probs": {"x": 0.5, "y": 0.4}},
         "add up to 0.9"),
        ("forecast", {"question": "a", "made_at": "2026-01-01", "quantiles": {"half": 3}},
         "a level is no probability"),
        ("forecast", {"question": "a", "made_at": "2026-01-01", "quantiles": {"1": 3}},
         "a level is no probability"),
        ("forecast", {"question": "a", "made_at": "2026-01-01",
                      "quantiles": {"0.9": 3.0, "0.5": 4.0}}, "go down as their levels go up"),
        ("forecast", {"question": "a", "made_at": "2026-01-01", "p": 0.5, "role": "guru"}, "guru"),
        ("resolution", {"question": "a"}, "outcome is missing"),
        ("resolution", {"question": "a", "outcome": "yes", "confidence": "so-so"}, "so-so is not"),
        ("resolution", {"question": "a", "outcome": "yes", "happened_on": "2026-01-02",
                        "known_on": "2026-01-01"}, "before it came about"),
        ("seal", {"digest": "Z" * 64}, "is no digest"),
        ("withdrawal", {"question": "a"}, "made_at is missing"),
        ("withdrawal", ["a"], "a withdrawal is due here"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_named(kind, wrong, problem):
    with pytest.raises(InputError, match=problem) as told:
        read(kind, wrong, "entry 7")
    assert str(told.value).startswith("entry 7")


def test_all_that_is_wrong_is_told_at_once():
    with pytest.raises(InputError) as told:
        read("forecast", {"p": "x", "low": [], "versions": {"a": 1}})
    assert [one.problem for one in told.value.problems] == [
        "question is missing", "made_at is missing", "p is wrong", "low is wrong",
        "versions is wrong",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("question", "outcome", "answer"),
    [
        (Question(id="a", resolve_by=DAY), "yes", True),
        (Question(id="a", resolve_by=DAY), "no", False),
        (Question(id="a", resolve_by=DAY), "annulled", None),
        (Question(id="a", resolve_by=DAY, type="states", states=STATES), "high", "high"),
        (Question(id="a", resolve_by=DAY, type="states", states=STATES), "ambiguous", None),
        (Question(id="a", resolve_by=DAY, type="quantity"), "1.5e3", 1500.0),
    ],
)
def test_an_outcome_is_read_as_an_answer_to_its_question(question, outcome, answer):
    found = Resolution(question="a", outcome=outcome).answers(question)
    assert found == answer
    assert type(found) is type(answer)


@pytest.mark.parametrize(
    ("question", "outcome", "accepted"),
    [
        (Question(id="a", resolve_by=DAY), "Yes", "yes, no, annulled or ambiguous"),
        (Question(id="a", resolve_by=DAY, type="states", states=STATES), "yes",
         "low, middle, high, annulled or ambiguous"),
        (Question(id="a", resolve_by=DAY, type="quantity"), "many",
         "a number, annulled or ambiguous"),
        (Question(id="a", resolve_by=DAY, type="quantity"), "inf",
         "a number, annulled or ambiguous"),
        (Question(id="a", resolve_by=DAY), "", "yes, no, annulled or ambiguous"),
    ],
)  # fmt: skip
def test_an_outcome_that_is_no_answer_is_refused(question, outcome, accepted):
    with pytest.raises(InputError, match="a: is no answer to this question") as told:
        Resolution(question="a", outcome=outcome).answers(question)
    assert told.value.problems[0].accepted == accepted


def test_shares_that_were_rounded_for_a_file_are_taken():
    third = round(1 / 3, 7)
    checked(Forecast(question="a", made_at=DAY, probs={"x": third, "y": third, "z": third}))


def test_what_a_question_asks_is_all_that_a_forecast_depends_on():
    """Label, story and tags may change without making another question."""
    asked = Question(id="a", criterion="1 mm", resolve_by=DAY)
    same = Question(id="a", criterion="1 mm", resolve_by=DAY, title="Rain", cluster="Sky",
                    tags=("wet",), opens=DAY, private=True)  # fmt: skip
    assert asked.asked == same.asked
    for other in (
        Question(id="a", criterion="2 mm", resolve_by=DAY),
        Question(id="a", criterion="1 mm", resolve_by=date(2027, 1, 1)),
        Question(id="a", criterion="1 mm", resolve_by=DAY, given="b"),
        Question(id="a", criterion="1 mm", resolve_by=DAY, type="quantity"),
    ):
        assert asked.asked != other.asked


def test_every_kind_has_its_record():
    assert {*KINDS} == {"question", "forecast", "withdrawal", "resolution", "seal"}
    assert all(kind_of(body) in KINDS for body in FULL)
