"""A line of characters shows where probabilities lie, and how many at one place."""

from forecasting.tell.strip import framed, pair, strip


def test_a_dot_a_digit_or_a_hash_stands_where_they_lie():
    values = [0.0, 0.31, 0.32, 0.29, *[0.6] * 9, *[0.8] * 10, 1.0]
    assert strip(values, 11) == "•──3──9─#─•"


def test_all_at_one_place_make_no_line():
    assert strip([0.5] * 3, 5) == "  3  "
    assert pair(0.5, 0.5, 5) == "  ●  "


def test_two_are_told_apart_whichever_is_higher():
    assert pair(0.25, 1.0, 5) == " ○──●"
    assert framed(pair(1.0, 0.25, 5)) == "  0% │ ●──○│ 100%"
