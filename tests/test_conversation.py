"""What a person types is understood where it means one thing, and asked again where not."""

import pytest

from forecasting.answer.conversation import chosen
from forecasting.lexicon import CREDIBILITY, RELIABILITY


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


@pytest.mark.parametrize("said", ["no", "yes", "No"])
def test_a_yes_or_a_no_is_no_grade(said):
    """Not even "not usually reliable", which begins with one."""
    with pytest.raises(ValueError, match="the answers are A, B"):
        chosen(said, RELIABILITY)
