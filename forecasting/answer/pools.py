"""The probabilities that several analysts give one event come in; one probability comes out.

Three pools: the mean of the probabilities, the geometric mean, and the geometric mean moved away
from an even chance. Those of the states of one event sum to 1.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from forecasting.judgement import logit, sigmoid

POOLS = ("linear", "log-odds", "extremized")


def pool(probabilities: Sequence[float], method: str = "log-odds") -> float:
    r"""Pool the probabilities that several analysts give one event.

    .. math:: \text{linear: } \frac{1}{n} \sum_i p_i, \qquad
              \text{log-odds: } \sigma\left(\frac{1}{n} \sum_i \mathrm{logit}\,p_i\right), \qquad
              \text{extremized: } \sigma\left(\frac{a}{n} \sum_i \mathrm{logit}\,p_i\right)

    The log-odds pool is the geometric mean of the odds. The extremized one moves it away from an
    even chance, smoothly, with a of :func:`default_factor`: one half stays one half.

    Parameters
    ----------
    probabilities : sequence of float in [0, 1], n of them, at least one
    method : {"linear", "log-odds", "extremized"}

    Returns
    -------
    float; NaN where a logarithmic pool is of 0 and 1

    References
    ----------
    Genest & Zidek (1986), doi:10.1214/ss/1177013825; Satopää et al. (2014),
    doi:10.1016/j.ijforecast.2013.09.009; Baron et al. (2014), doi:10.1287/deca.2014.0293

    Examples
    --------
    >>> round(pool([0.1, 0.5], "linear"), 4), round(pool([0.1, 0.5]), 4)
    (0.3, 0.25)
    >>> round(pool([0.1, 0.5], "extremized"), 4)
    0.1948
    """
    p = np.asarray(probabilities, float)
    if p.ndim != 1 or not p.size or not ((p >= 0) & (p <= 1)).all():
        raise ValueError("probabilities must be a list of numbers from 0 to 1, not empty")
    if method == "linear":
        return float(p.mean())
    factor = _factor(p.size, method)
    with np.errstate(invalid="ignore"):
        return float(sigmoid(factor * logit(p).mean()))


def pool_states(shares: Sequence[Sequence[float]], method: str = "log-odds") -> np.ndarray:
    r"""Pool the probabilities that several analysts give the states of one event.

    .. math:: \text{linear: } \frac{1}{n} \sum_i p_{is}, \qquad
              \text{log-odds: } \propto \prod_i p_{is}^{1/n}, \qquad
              \text{extremized: } \propto \prod_i p_{is}^{a/n}

    made to sum to 1 over the states. Of two states each is the pool of its own probabilities
    (:func:`pool`): the odds between any two states are pooled as those of a yes or a no are.

    Parameters
    ----------
    shares : array, shape (analysts, states)
        Each row sums to 1.
    method : {"linear", "log-odds", "extremized"}

    Returns
    -------
    array, shape (states,); NaN where analysts leave no state that all of them hold possible

    References
    ----------
    Genest & Zidek (1986), doi:10.1214/ss/1177013825 (the logarithmic pool); Baron et al. (2014),
    doi:10.1287/deca.2014.0293 (the power that extremizes)

    Examples
    --------
    >>> pool_states([[0.8, 0.1, 0.1], [0.2, 0.4, 0.4]]).round(4).tolist()
    [0.5, 0.25, 0.25]
    """
    p = np.asarray(shares, float)
    if p.ndim != 2:
        raise ValueError("shares must be a table of analysts by states")
    if p.shape[1] == 2 or method == "linear":
        return np.array([pool(column, method) for column in p.T])
    factor = _factor(len(p), method)
    with np.errstate(divide="ignore", invalid="ignore"):
        logs = factor * np.log(p).mean(axis=0)
        weights = np.exp(logs - logs.max())
    return weights / weights.sum()


def _factor(analysts: int, method: str) -> float:
    """Give the power of a logarithmic pool."""
    if method not in POOLS:
        raise ValueError(f"method must be one of {', '.join(POOLS)}, not {method!r}")
    return default_factor(analysts) if method == "extremized" else 1.0


def default_factor(analysts: int) -> float:
    r"""Give the factor by which the mean log-odds of n analysts is extremized.

    .. math:: a = \frac{n \left(\sqrt{3 n^2 - 3 n + 1} - 2\right)}{n^2 - n - 1}

    1 for one analyst, 1.29 for two, up to :math:`\sqrt{3} = 1.73` for many. It was derived for the
    mean of probabilities, moved away from a common prior, and is the best guarantee for signals
    that overlap in an unknown way; on log-odds it did well in practice. Factors fitted to a
    forecasting tournament run from 1.16 to 3.92 (Satopää et al. 2014). Analysts of one case share
    most of what they know, so the right factor may be nearer to 1.

    References
    ----------
    Neyman & Roughgarden (2022), arXiv:2111.03153; Sevilla (2021), Principled extremizing
    of aggregated forecasts

    Examples
    --------
    >>> [round(default_factor(n), 3) for n in (1, 2, 3, 1000)]
    [1.0, 1.292, 1.415, 1.731]
    """
    n = analysts
    return n * (math.sqrt(3 * n**2 - 3 * n + 1) - 2) / (n**2 - n - 1)
