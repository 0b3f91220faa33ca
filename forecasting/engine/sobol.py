"""A number of dimensions goes in, evenly spread draws come out: uniform, or standard normal.

The points are Sobol's, with the direction numbers of Joe and Kuo and one random digital shift per
dimension. SciPy makes the same points, but importing its statistics costs most of a second; a test
holds ours equal to SciPy's.

References
----------
Joe & Kuo (2008), doi:10.1137/070709359
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from statistics import NormalDist

import numpy as np

# Points are multiples of 2**-BITS: at most 2**BITS of them can be told apart.
BITS = 12


def uniform_draws(draws: int, dimensions: int, seed: int):
    """Draw evenly spread numbers between 0 and 1.

    Parameters
    ----------
    draws : int, a power of 2 up to 4,096
    dimensions : int
    seed : int
        Sets the digital shift; the same seed gives the same draws for ever.

    Returns
    -------
    array, shape (dimensions, draws)

    Raises
    ------
    ValueError
        If ``draws`` is not a power of 2 up to 4,096.

    Examples
    --------
    >>> uniform_draws(4, 1, seed=0).round(3).tolist()
    [[0.851, 0.351, 0.601, 0.101]]
    """
    if not 1 <= draws <= 2**BITS or draws & (draws - 1):
        raise ValueError(f"draws must be a power of 2 up to {2**BITS:,}, not {draws}")
    whole = points(draws, dimensions) ^ shifts(dimensions, seed)[:, None]
    return (whole + 0.5) / 2**BITS


def as_normal(uniform):
    """Turn uniform draws into standard normal ones.

    Examples
    --------
    >>> z = as_normal(uniform_draws(1024, 3, seed=0))
    >>> z.shape, bool(abs(z.mean()) < 0.01), bool(abs(z.std() - 1) < 0.01)
    ((3, 1024), True, True)
    """
    return _normal_quantiles()[(uniform * 2**BITS).astype(np.int64)]


def shifts(dimensions: int, seed: int):
    """Give the digital shift of each dimension, in whole numbers of 2**-BITS.

    Returns
    -------
    array of int, shape (dimensions,)
        More dimensions of the same seed begin with the same shifts.

    Examples
    --------
    >>> shifts(5, seed=1)[:2].tolist() == shifts(2, seed=1).tolist()
    True
    """
    return np.random.default_rng(seed).integers(0, 2**BITS, dimensions)


def points(draws: int, dimensions: int):
    """Give the unshifted Sobol points as whole numbers of 2**-BITS, in natural order.

    Returns
    -------
    array of int, shape (dimensions, draws)

    Examples
    --------
    >>> (points(4, 2) / 2**BITS).tolist()
    [[0.0, 0.5, 0.25, 0.75], [0.0, 0.5, 0.75, 0.25]]
    """
    direction = directions(dimensions)
    whole = np.zeros((dimensions, draws), dtype=np.int64)
    filled, bit = 1, 0
    while filled < draws:
        whole[:, filled : 2 * filled] = whole[:, :filled] ^ direction[:, bit, None]
        filled, bit = 2 * filled, bit + 1
    return whole


def directions(dimensions: int):
    """Read the direction numbers; beyond the shipped table, ask SciPy for its longer one.

    Returns
    -------
    array of int, shape (dimensions, BITS)

    Examples
    --------
    >>> directions(2)[:, :3].tolist()
    [[2048, 1024, 512], [2048, 3072, 2560]]
    """
    table = _shipped()
    if dimensions <= len(table):
        return table[:dimensions]
    from scipy.stats import qmc

    # SciPy walks in Gray-code order: step i flips the bit of i's lowest set bit, so the differences
    # of the first points are the direction numbers.
    walk = (qmc.Sobol(dimensions, scramble=False).random(2**BITS) * 2**BITS).astype(np.int64)
    return np.stack([walk[2**b] ^ walk[2**b - 1] for b in range(BITS)], axis=1)


@cache
def _shipped():
    text = Path(__file__).with_name("sobol.txt").read_text(encoding="utf-8")
    rows = [line.split() for line in text.splitlines() if not line.startswith("#")]
    return np.array(rows, dtype=np.int64)


@cache
def _normal_quantiles():
    normal = NormalDist()
    lower = [normal.inv_cdf((k + 0.5) / 2**BITS) for k in range(2 ** (BITS - 1))]
    return np.array(lower + [-z for z in reversed(lower)])
