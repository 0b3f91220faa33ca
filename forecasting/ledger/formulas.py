"""Forecasts and what came about go in, as arrays; their scores come out.

Each function scores every forecast by itself; who averages, says over what. In the words of each
stands which way is better. All that are offered as headlines are proper: nobody expects to gain by
saying something other than what he believes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

# Where the bins of the ignorance score begin, in deaths, as the VIEWS challenge set them.
BINS = (0, 0.5, 2.5, 5.5, 10.5, 25.5, 50.5, 100.5, 250.5, 500.5, 1000.5)


# --- Yes or no, and which of several. -------------------------------------------------------------


def brier(p, came) -> np.ndarray:
    r"""Score probabilities of yes: the squared distance from what came, :math:`(p - y)^2`.

    Parameters
    ----------
    p : array of float from 0 to 1
    came : array of bool, same shape

    Returns
    -------
    array, from 0 (perfect) to 1; twice this is Brier's own score, which adds that of "no"

    References
    ----------
    Brier (1950), doi:10.1175/1520-0493(1950)078<0001:VOFEIT>2.0.CO;2

    Examples
    --------
    >>> brier([0.3, 0.3], [True, False]).round(2).tolist()
    [0.49, 0.09]
    """
    return (np.asarray(p, float) - np.asarray(came, float)) ** 2


def log_score(p) -> np.ndarray:
    r"""Score the probability given to what came about, :math:`\ln p`, in nats.

    Parameters
    ----------
    p : array of float from 0 to 1

    Returns
    -------
    array, from minus infinity to 0 (perfect): who called impossible what came is not spared

    References
    ----------
    Good (1952), doi:10.1111/j.2517-6161.1952.tb00104.x

    Examples
    --------
    >>> log_score([1.0, 0.5, 0.0]).round(3).tolist()
    [0.0, -0.693, -inf]
    """
    with np.errstate(divide="ignore"):
        return np.log(np.asarray(p, float))


def multi_brier(p, came) -> np.ndarray:
    r"""Score the probabilities of several states, :math:`\tfrac12 \sum_k (p_k - y_k)^2`.

    Parameters
    ----------
    p : array, shape (..., states)
    came : int array, shape (...)
        Number of the state that came about.

    Returns
    -------
    array, from 0 (perfect) to 1; half of Brier's own score, so that two states give
    :func:`brier`

    References
    ----------
    Brier (1950), doi:10.1175/1520-0493(1950)078<0001:VOFEIT>2.0.CO;2

    Examples
    --------
    >>> float(multi_brier([0.5, 0.3, 0.2], 0).round(3))
    0.19
    """
    p = np.asarray(p, float)
    return ((p - np.eye(p.shape[-1])[came]) ** 2).sum(axis=-1) / 2


def ordered_brier(p, came) -> np.ndarray:
    r"""Score the probabilities of ordered states: near misses cost less than far ones.

    .. math:: \frac{1}{K - 1} \sum_{k < K} (P(\text{at most } k) - [y \le k])^2

    Parameters
    ----------
    p : array, shape (..., states)
        From the lowest state up.
    came : int array, shape (...)

    Returns
    -------
    array, from 0 (perfect) to 1; times K - 1 it is the ranked probability score

    References
    ----------
    Epstein (1969), doi:10.1175/1520-0450(1969)008<0985:ASSFPF>2.0.CO;2

    Examples
    --------
    >>> ordered_brier([[0.5, 0.3, 0.2]] * 2, [0, 2]).round(3).tolist()
    [0.145, 0.445]
    """
    p = np.asarray(p, float)
    missed = np.cumsum(p - np.eye(p.shape[-1])[came], axis=-1)[..., :-1]
    return (missed**2).mean(axis=-1)


def brier_index(mean_brier) -> np.ndarray:
    r"""Turn a mean Brier score into one where more is better, :math:`100 (1 - \sqrt{B})`.

    From 0 to 100; 50 is what one half always gets. It is for reading: scores are averaged before.

    References
    ----------
    Forecasting Research Institute,
    https://forecastingresearch.substack.com/p/introducing-the-brier-index

    Examples
    --------
    >>> float(brier_index(0.25))
    50.0
    """
    return 100 * (1 - np.sqrt(mean_brier))


def metaculus_baseline(p, states: int = 2) -> np.ndarray:
    r"""Score the probability of what came against chance, :math:`100 (1 + \log_K p)`.

    Parameters
    ----------
    p : array of float from 0 to 1
        Given to what came about.
    states : int
        How many could have.

    Returns
    -------
    array, from minus infinity to 100 (perfect); 0 is chance

    References
    ----------
    https://www.metaculus.com/help/scores-faq/

    Examples
    --------
    >>> metaculus_baseline([1.0, 0.5, 0.001]).round().tolist()
    [100.0, 0.0, -897.0]
    """
    return 100 * (1 + log_score(p) / np.log(states))


def metaculus_peer(p) -> np.ndarray:
    r"""Score the forecasters of one question against each other.

    .. math:: 100\, (\ln p_i - \tfrac{1}{N - 1} \sum_{j \ne i} \ln p_j)

    Parameters
    ----------
    p : array, shape (forecasters, ...), at least two
        Given by each to what came about.

    Returns
    -------
    array, same shape; more is better, and together they are 0, unless one is infinite

    References
    ----------
    https://www.metaculus.com/help/scores-faq/

    Examples
    --------
    >>> metaculus_peer([0.8, 0.4]).round(2).tolist()
    [69.31, -69.31]
    """
    logs = log_score(p)
    others = np.array([np.delete(logs, i, axis=0).mean(axis=0) for i in range(len(logs))])
    with np.errstate(invalid="ignore"):  # two who called impossible what came: not a number
        return 100 * (logs - others)


# --- How much. ------------------------------------------------------------------------------------


def pinball(observed, quantiles, levels) -> np.ndarray:
    r"""Score stated quantiles, :math:`\max(\alpha (y - q), (1 - \alpha)(q - y))`.

    Parameters
    ----------
    observed : array, shape (...)
    quantiles : array, shape (..., levels), same unit
    levels : array, shape (levels,), between 0 and 1

    Returns
    -------
    array, shape (..., levels), same unit; less is better, 0 is perfect

    References
    ----------
    Koenker & Bassett (1978), doi:10.2307/1913643

    Examples
    --------
    >>> pinball(3.0, [5.0, 1.0], 0.9).round(2).tolist()
    [0.2, 1.8]
    """
    above = np.asarray(observed, float)[..., None] - np.asarray(quantiles, float)
    return np.maximum(levels * above, (np.asarray(levels) - 1) * above)


def interval_score(observed, low, high, *, prob: float) -> np.ndarray:
    r"""Score a central interval: narrow is good, missing is costly.

    .. math:: (h - l) + \tfrac{2}{1 - c}\,[(l - y)_+ + (y - h)_+]

    Parameters
    ----------
    observed, low, high : array, same unit
    prob : float between 0 and 1
        Probability c that the interval claimed.

    Returns
    -------
    array, same unit; less is better

    References
    ----------
    Gneiting & Raftery (2007), doi:10.1198/016214506000001437

    Examples
    --------
    >>> float(interval_score(5.0, 1.0, 4.0, prob=0.8).round(6))
    13.0
    """
    observed, low, high = (np.asarray(one, float) for one in (observed, low, high))
    missed = np.maximum(low - observed, 0) + np.maximum(observed - high, 0)
    return high - low + 2 / (1 - prob) * missed


def wis(observed, quantiles, levels) -> np.ndarray:
    r"""Score a median and central intervals: the weighted interval score.

    Twice the mean of the pinball scores, which for pairs of levels and a median is
    :math:`\tfrac{1}{K + 1/2} (\tfrac12 |y - m| + \sum_k \tfrac{1 - c_k}{2} IS_k)`.

    Parameters
    ----------
    observed : array, shape (...)
    quantiles : array, shape (..., levels), same unit
    levels : array, shape (levels,)
        The median and pairs around it, ascending.

    Returns
    -------
    array, same unit; less is better, 0 is perfect

    Raises
    ------
    ValueError
        If the levels are not a median and pairs around it.

    References
    ----------
    Bracher et al. (2021), doi:10.1371/journal.pcbi.1008618

    Examples
    --------
    >>> float(wis(7.0, [1, 2, 3, 5, 9], [0.05, 0.25, 0.5, 0.75, 0.95]).round(6))
    2.06
    """
    levels = np.asarray(levels, float)
    if len(levels) % 2 == 0 or not np.allclose(levels + levels[::-1], 1):
        raise ValueError(f"levels must be 0.5 and pairs around it, found {levels.tolist()}")
    return 2 * pinball(observed, quantiles, levels).mean(axis=-1)


def crps_of_quantiles(observed, quantiles, levels) -> np.ndarray:
    r"""Approximate the continuous ranked probability score of a distribution by its quantiles.

    .. math:: 2 \int_0^1 \text{pinball}_\alpha\, d\alpha \approx 2 \sum_i w_i \text{pinball}_i

    Each level stands for all that are nearer to it than to another. As the weights are positive
    this is proper by itself, however rough.

    Parameters
    ----------
    observed : array, shape (...)
    quantiles : array, shape (..., levels), same unit
    levels : array, shape (levels,), ascending

    Returns
    -------
    array, same unit; less is better, 0 is perfect

    References
    ----------
    Gneiting & Ranjan (2011), doi:10.1198/jbes.2010.08110

    Examples
    --------
    >>> float(crps_of_quantiles(7.0, [1, 2, 3, 5, 9], [0.05, 0.25, 0.5, 0.75, 0.95]).round(4))
    2.3575
    """
    levels = np.asarray(levels, float)
    ends = np.concatenate([[0], (levels[1:] + levels[:-1]) / 2, [1]])
    return 2 * pinball(observed, quantiles, levels) @ np.diff(ends)


def crps_of_samples(observed, samples) -> np.ndarray:
    r"""Score draws of an amount, :math:`E|X - y| - \tfrac12 E|X - X'|`, as they are.

    Parameters
    ----------
    observed : array, shape (...)
    samples : array, shape (..., draws), same unit

    Returns
    -------
    array, same unit; less is better, 0 is perfect

    References
    ----------
    Gneiting & Raftery (2007), doi:10.1198/016214506000001437

    Examples
    --------
    >>> float(crps_of_samples(3.0, [1, 2, 4, 8]))
    0.8125
    """
    samples = np.sort(np.asarray(samples, float), axis=-1)
    n = samples.shape[-1]
    return crps_of_quantiles(observed, samples, (np.arange(n) + 0.5) / n)


def ignorance(observed, samples, bins: Sequence[float] = BINS) -> np.ndarray:
    r"""Score draws of a count by the share of them in its bin, :math:`-\log_2 p`, in bits.

    One draw more in each bin keeps the score finite, as the VIEWS challenge does it.

    Parameters
    ----------
    observed : array, shape (...), 0 or more
    samples : array, shape (..., draws)
    bins : sequence of float
        Where each begins, ascending; the last has no end.

    Returns
    -------
    array, in bits; less is better

    References
    ----------
    VIEWS prediction challenge, https://github.com/prio-data/prediction_competition_2023;
    Good (1952), doi:10.1111/j.2517-6161.1952.tb00104.x

    Examples
    --------
    >>> float(ignorance(3, [0, 1, 4, 5, 5]))
    2.0
    """
    of, among = np.digitize(observed, bins), np.digitize(samples, bins)
    inside = (among == np.asarray(of)[..., None]).sum(axis=-1)
    return -np.log2((inside + 1) / (np.shape(samples)[-1] + len(bins)))


# --- Over time. -----------------------------------------------------------------------------------


def time_weighted(days, scores, scheduled: float) -> tuple[float, float]:
    r"""Weigh the scores of one question by the days on which each forecast stood.

    .. math:: \sum_i d_i S_i / D

    with D the days *scheduled*. After the real close nothing is added. Whoever says each day what
    he believes on it gains nothing by saying otherwise; an average over the days *really open* is
    not so: if what happens can end the question, it rewards saying 99% for an even chance.

    Parameters
    ----------
    days : array, shape (forecasts,)
        How long each stood while the question was open.
    scores : array, same shape
        Scores for which 0 is perfect.
    scheduled : float
        Days from the opening to the last day of the question.

    Returns
    -------
    score, coverage : float
        Coverage is the share of the scheduled days on which a forecast stood.

    Raises
    ------
    ValueError
        If forecasts stood for longer than was scheduled.

    References
    ----------
    Sempere & Lawsen (2021), arXiv:2106.11248 (scores of open days are not proper)

    Examples
    --------
    >>> time_weighted([10, 30], [0.25, 0.25], scheduled=100)
    (0.1, 0.4)
    """
    stood = float(np.sum(days))
    if stood > scheduled:
        raise ValueError(f"forecasts stood {stood:g} days, and {scheduled:g} were scheduled")
    return float(np.dot(days, scores)) / scheduled, stood / scheduled


# --- Calibration. ---------------------------------------------------------------------------------


@dataclass(frozen=True)
class Corp:
    """A mean Brier score taken apart: it is ``mcb - dsc + unc``.

    Attributes
    ----------
    mcb : float
        Miscalibration: what saying the frequencies in place of the probabilities would gain.
    dsc : float
        Discrimination: what telling yes from no gains over always saying the overall rate.
    unc : float
        Uncertainty: the Brier score of that rate.
    p, frequency : array
        The curve: each probability said, ascending, and how often yes came, made to rise.
    """

    mcb: float
    dsc: float
    unc: float
    p: np.ndarray
    frequency: np.ndarray


def corp(p, came) -> Corp:
    """Take a Brier score apart with a reliability curve that needs no bins.

    Parameters
    ----------
    p : array of float, shape (forecasts,)
    came : array of bool, same shape

    Returns
    -------
    Corp

    References
    ----------
    Dimitriadis, Gneiting & Jordan (2021), doi:10.1073/pnas.2016191118

    Examples
    --------
    >>> found = corp([0.2, 0.2, 0.6, 0.9], [False, True, True, True])
    >>> found.frequency.tolist(), [round(part, 4) for part in (found.mcb, found.dsc, found.unc)]
    ([0.5, 1.0, 1.0], [0.0875, 0.0625, 0.1875])
    """
    from scipy.optimize import isotonic_regression

    p, came = np.asarray(p, float), np.asarray(came, float)
    # What was said of as many questions is one point of the curve, whatever came of each.
    said, which, count = np.unique(p, return_inverse=True, return_counts=True)
    rate = np.bincount(which, came) / count
    curve = isotonic_regression(rate, weights=count).x
    overall = brier(came.mean(), came).mean()
    calibrated = brier(curve[which], came).mean()
    mcb, dsc = brier(p, came).mean() - calibrated, overall - calibrated
    return Corp(float(mcb), float(dsc), float(overall), said, curve)
