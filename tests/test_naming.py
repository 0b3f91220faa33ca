"""Names made of any words are names that a case accepts, each its own."""

import pytest

from forecasting.file.naming import LABEL, LONGEST, label_of, new_id, plain_letters
from forecasting.file.values import ID


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("Grüße", "grusse"),
        ("Łódź", "lodz"),
        ("Ærø", "aero"),
        ("d'Ivoire", "divoire"),
        ("I\u011fd\u0131r", "igdir"),
        ("5-12", "5-12"),
    ],
)
def test_latin_letters_lose_their_marks(text, plain):
    assert plain_letters(text) == plain


@pytest.mark.parametrize(
    ("asked", "label"),
    [
        ("Will it rain?", "Will it rain?"),
        ("Will the ceasefire in Sudan hold until the end of 2026?", "Ceasefire in Sudan hold"),
        (
            "Will the harbour be closed for a week or longer in the winter?",
            "Harbour closed for a week or longer",
        ),
        (
            "How many people will be displaced by fighting in eastern Congo?",
            "How many people will be displaced",
        ),
        # Less than half a label is left without the part that is cut.
        (
            "Will the government of the Islamic Republic of Pakistan sign?",
            "Government of the Islamic Republic",
        ),
        ("Will a " + "x" * 60 + " come?", "X" + "x" * 41),
    ],
)
def test_a_label_ends_with_a_whole_part_of_the_question(asked, label):
    assert label_of(asked) == label
    assert len(label) <= LABEL


@pytest.mark.parametrize("name", ["rain", "5-12", "_x", "-", "x" * 64, "9" * 80])
def test_what_is_made_is_accepted_and_never_the_same_twice(name):
    taken = []
    for _ in range(12):
        taken.append(new_id(name, taken))
    assert all(ID.fullmatch(one) for one in taken)
    assert len({*taken}) == 12
    assert max(map(len, taken)) <= LONGEST


def test_the_longest_name_is_accepted_and_a_longer_one_is_not():
    assert ID.fullmatch("x" * LONGEST)
    assert not ID.fullmatch("x" * (LONGEST + 1))
