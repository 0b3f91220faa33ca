"""How far analysts lie apart is summed up by quartiles, and who stands furthest out is named."""

import math

import pytest

from forecasting.answer.spread import is_slight, spread


def test_quartiles_lie_on_the_line_through_the_sorted_numbers():
    """Of 1, 2, 4, 8, 9 and 20 hundredths the quartiles are 1/4, 1/2, 3/4 of five steps along."""
    held = dict(zip("fbdaec", (0.20, 0.02, 0.08, 0.01, 0.09, 0.04), strict=True))
    row = spread("rain", "Rain", 0.04, held)
    assert (row.lowest, row.highest) == (0.01, 0.20)
    assert row.lower == pytest.approx(0.02 + 0.25 * 0.02, abs=1e-15)
    assert row.median == pytest.approx((0.04 + 0.08) / 2, abs=1e-15)
    assert row.upper == pytest.approx(0.08 + 0.75 * 0.01, abs=1e-15)
    assert row.range == pytest.approx(0.19, abs=1e-15)


def test_who_is_lowest_highest_and_furthest_from_the_median_is_named():
    row = spread("rain", "Rain", 0.3, {"ann": 0.3, "bob": 0.35, "cyd": 0.05, "dee": 0.36})
    assert (row.lowest_by, row.highest_by, row.furthest) == ("cyd", "dee", "cyd")


def test_of_two_as_far_out_the_first_is_named():
    for order in ({"ann": 0.1, "bob": 0.3, "cyd": 0.2}, {"bob": 0.3, "ann": 0.1, "cyd": 0.2}):
        assert spread("rain", "Rain", 0.2, order).furthest == next(iter(order))


def test_where_all_agree_nobody_is_named():
    row = spread("rain", "Rain", 0.5, dict.fromkeys(("ann", "bob"), 0.2))
    assert (row.lowest_by, row.highest_by, row.furthest) == ("", "", "")
    assert row.moved == 2  # and yet both left the case


@pytest.mark.parametrize(("other", "slight"), [(0.3049, True), (0.3051, False), (0.2949, False)])
def test_half_a_point_is_what_moves_a_forecast(other, slight):
    assert is_slight(0.3, other) == slight
    assert spread("rain", "Rain", 0.3, {"ann": 0.3, "bob": other}).moved == (not slight)


def test_what_is_as_good_as_the_case_can_be_said():
    """Of an amount: what is shown alike."""
    row = spread("deaths", "Deaths", 240.2, {"ann": 240.4, "bob": 300.0}, level=0.5,
                 same=lambda one, other: round(one) == round(other))  # fmt: skip
    assert (row.moved, row.level, row.furthest) == (1, 0.5, "ann")
    assert math.isnan(spread("rain", "Rain", 0.3, {"ann": 0.3}).level)
