"""Names made of any words are names that a case accepts, each its own."""

import pytest

from forecasting.file.naming import LONGEST, new_id, plain_letters
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
