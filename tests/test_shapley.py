"""Shapley values keep to their axioms, and to their definition over all orders."""

from itertools import permutations

import numpy as np
import pytest

from forecasting.answer.shapley import exact


def game(parts, seed, quantities=2):
    """A game in which every coalition has a worth of its own."""
    table = np.random.default_rng(seed).normal(size=(2**parts, quantities))

    def worth(have):
        return table[have.astype(int) @ 2 ** np.arange(parts)]

    return worth


def by_definition(parts, worth):
    """What each part adds, averaged over all orders."""
    total = np.zeros((parts, worth(np.zeros((1, parts), bool)).shape[1]))
    orders = list(permutations(range(parts)))
    for order in orders:
        have = np.zeros((1, parts), bool)
        before = worth(have)[0]
        for part in order:
            have[0, part] = True
            after = worth(have)[0]
            total[part] += after - before
            before = after
    return total / len(orders)


@pytest.mark.parametrize("parts", range(1, 6))
def test_exact_values_are_the_mean_over_all_orders(parts):
    worth = game(parts, seed=parts)
    np.testing.assert_allclose(exact(parts, worth), by_definition(parts, worth), atol=1e-12)


@pytest.mark.parametrize("parts", [0, 1, 7, 12])
def test_the_shares_sum_to_the_whole(parts):
    worth = game(parts, seed=5)
    none, whole = worth(np.array([[False] * parts, [True] * parts]).reshape(2, parts))
    np.testing.assert_allclose(exact(parts, worth).sum(axis=0), whole - none, atol=1e-12)


def test_the_values_of_a_sum_of_games_are_the_sums_of_the_values():
    one, other = game(4, seed=1), game(4, seed=2)
    both = exact(4, lambda have: one(have) + 3 * other(have))
    np.testing.assert_allclose(both, exact(4, one) + 3 * exact(4, other), atol=1e-12)


def test_a_part_that_changes_nothing_gets_nothing():
    worth = game(3, seed=8)
    shares = exact(4, lambda have: worth(have[:, [0, 1, 3]]))
    np.testing.assert_allclose(shares[2], 0, atol=1e-15)
    np.testing.assert_allclose(shares[[0, 1, 3]], exact(3, worth), atol=1e-12)


def test_parts_that_do_the_same_get_the_same():
    worth = game(3, seed=9)

    def alike(have):  # only how many of the last two are in counts
        several = have[:, 1] & have[:, 2], have[:, 1] | have[:, 2]
        return worth(np.column_stack([have[:, 0], *several]))

    shares = exact(3, alike)
    assert shares[1] == pytest.approx(shares[2], abs=1e-12)


def test_it_agrees_with_the_power_of_voters_as_shapley_and_shubik_give_it():
    """Five vetoes and six seats of which two must agree: the UN Security Council before 1965.

    Shapley & Shubik (1954), doi:10.2307/1951053, put the power of the six at 1.3 percent in all. An
    ordinary seat decides if it comes right after all five vetoes and one other ordinary seat, which
    is so in 5 * 6! * 4! of 11! orders.
    """
    seat = 5 * 720 * 24 / 39916800

    def passes(have):
        return (have[:, :5].all(axis=1) & (have[:, 5:].sum(axis=1) >= 2))[:, None].astype(float)

    shares = exact(11, passes).ravel()
    assert shares[5:] == pytest.approx([seat] * 6, abs=1e-12)
    assert shares[:5] == pytest.approx([(1 - 6 * seat) / 5] * 5, abs=1e-12)
    assert round(6 * seat, 3) == 0.013
