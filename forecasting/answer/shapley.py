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
    # The share of orders in which a part comes right after a set of so many others.
    orders = np.array([1 / (parts * comb(parts - 1, before)) for before in range(parts)])
    shares = np.empty((parts, value.shape[1]))
    for part in range(parts):
        without = number[~coalitions[:, part]]
        gain = value[without + 2**part] - value[without]
        shares[part] = orders[size[without]] @ gain
    return shares
