"""What every coalition of parts is worth goes in; the share of each part in the whole comes out.

The share of a part is what it adds to the worth, averaged over all orders in which the parts can
be put together. No other split adds up to the whole, treats equal parts alike, gives nothing to a
part that changes nothing, and adds up over quantities (Shapley 1953).
"""

from __future__ import annotations

from collections.abc import Callable
from math import comb

import numpy as np

# Gives what each of many coalitions is worth: rows of yes/no, one column a part, go in; one row a
# coalition and one column a quantity come out.
Worth = Callable[[np.ndarray], np.ndarray]


def exact(parts: int, worth: Worth) -> np.ndarray:
    r"""Split the worth of all parts together by all :math:`2^n` coalitions.

    .. math:: \phi_i = \sum_{S \not\ni i} \frac{|S|!\,(n - |S| - 1)!}{n!}
              \left[v(S \cup \{i\}) - v(S)\right]

    Parameters
    ----------
    parts : int
        Their number n.
    worth : callable
        Takes coalitions, an array of bool of shape (coalitions, parts); gives their worth, shape
        (coalitions, quantities).

    Returns
    -------
    array, shape (parts, quantities)
        Sums over parts to the worth of all less that of none.

    References
    ----------
    Shapley (1953), A value for n-person games, doi:10.1515/9781400881970-018

    Examples
    --------
    A left glove makes a pair with either of two right ones:

    >>> def pairs(have):
    ...     return (have[:, :1] & (have[:, 1:2] | have[:, 2:])).astype(float)
    >>> exact(3, pairs).round(4).ravel().tolist()
    [0.6667, 0.1667, 0.1667]
    """
    number = np.arange(2**parts)
    coalitions = (number[:, None] >> np.arange(parts)) & 1 == 1
    value = worth(coalitions)
    size = coalitions.sum(axis=1)
    orders = np.array([_orders(parts, s) for s in range(parts)])
    shares = np.empty((parts, value.shape[1]))
    for part in range(parts):
        without = number[~coalitions[:, part]]
        gain = value[without + 2**part] - value[without]
        shares[part] = orders[size[without]] @ gain
    return shares


def sampled(
    parts: int, worth: Worth, *, permutations: int, seed: int
) -> tuple[np.ndarray, np.ndarray]:
    """Estimate the same split from random orders, each taken forwards and backwards.

    What a part adds in an order and in the reverse of it lie on opposite sides of its share if the
    parts act together, so that their mean is steadier than two orders of their own.

    Parameters
    ----------
    parts : int
    worth : callable
        As for :func:`exact`; it is asked once for all coalitions that come up.
    permutations : int
        Orders to take, an even number from 4.
    seed : int

    Returns
    -------
    shares, errors : array, shape (parts, quantities)
        The shares, which sum to the whole exactly; and their standard errors, from the spread of
        the pairs.

    References
    ----------
    Castro, Gómez & Tejada (2009), doi:10.1016/j.cor.2008.04.004; Mitchell, Cooper, Frank & Holmes
    (2022), Sampling permutations for Shapley value estimation, JMLR 23(43)

    Examples
    --------
    >>> def total(have):
    ...     return have @ np.array([[1.0], [2.0], [4.0]])
    >>> shares, errors = sampled(3, total, permutations=4, seed=1)
    >>> shares.ravel().tolist(), errors.ravel().tolist()
    ([1.0, 2.0, 4.0], [0.0, 0.0, 0.0])
    """
    if permutations < 4 or permutations % 2:
        raise ValueError(f"permutations must be an even number from 4, not {permutations}")
    rng = np.random.default_rng(seed)
    forwards = np.array([rng.permutation(parts) for _ in range(permutations // 2)])
    orders = np.stack([forwards, forwards[:, ::-1]], axis=1)
    # place[pair, way, part]: where in the order a part comes; after k steps those before k are in.
    place = np.argsort(orders, axis=-1)
    steps = place[:, :, None, :] < np.arange(parts + 1)[:, None]
    coalitions, index = np.unique(steps.reshape(-1, parts), axis=0, return_inverse=True)
    value = worth(coalitions)[index.reshape(steps.shape[:3])]
    gain = np.diff(value, axis=2)
    added = np.take_along_axis(gain, place[..., None], axis=2)
    pairs = added.mean(axis=1)
    return pairs.mean(axis=0), pairs.std(axis=0, ddof=1) / np.sqrt(len(pairs))


def _orders(parts: int, before: int) -> float:
    """Give the share of orders in which a part comes right after a set of so many others."""
    return 1 / (parts * comb(parts - 1, before))
