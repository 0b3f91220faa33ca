"""Medians and spreads of several states' log weights in; expected shares, and what they teach, out.

The states of an event share its probability as ``softmax(m + s z)``: each state has a log weight of
median ``m_s`` and spread ``s_s``, with an independent standard normal ``z_s``. Everything here is
one integral. Let clocks that ring at the rates ``exp(m_s + s_s z_s)`` race: the first to ring is
state s with its share as probability. The log of a clock's time lies above x with probability

    G_s(x) = E[exp(-v)],  v = exp(x + m_s + s_s z),

so the chance that s rings first is an integral over one variable, however many states there are.
"""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np

from forecasting.judgement import BELOW, LAST_STEP, LOG_WEIGHTS, NODES, TINY, Probability

# The integral is a trapezoid sum over multiples of this. All functions in it are analytic up to
# pi/2 from the real line, so the error falls as exp(-pi^2 / STEP) = 1e-17.
STEP = 0.25

# G depends on a median by a shift only. So it is kept, for each spread, at multiples of STEP with
# this many derivatives, and shifted by the polynomial that meets them at both ends of a step: its
# error is below (STEP / pi)^(2 * DERIVATIVES) = 4e-16.
DERIVATIVES = 7

# A normal number lies within so many standard deviations, beyond exp(-FAR) nothing counts, and of
# exp(-exp(y)) nothing is left above y = GONE.
REACH, FAR, GONE = 9.0, 38.0, 4.5

# The inner sum over z, also a trapezoid: at most this step, and at most this over the spread.
INNER_STEP, INNER_BEND = 0.4, 0.3

# Draws of a log time, and the moves that hang on it, are found at so many places in a STEP, and
# between them straight: within 1e-3, far less than draws lie apart.
FINER = 4

# A state this far below the others (in logs) teaches the same as one still farther.
LOWEST = -600.0

# Newton arrives in a few steps; from a flat place its step is too long by many powers of 2.
MOST_STEPS, FEW_HALVINGS, MOST_HALVINGS = 400, 8, 60

# Where shares hang on their medians by less than rounding, shares this near (in logs) are met.
ROUNDING = 1e-15

# Met well enough, where steps are slow.
EXACT = 1e-13


def expected_rows(medians, spreads) -> np.ndarray:
    r"""Take the expected shares of several states, row by row.

    .. math:: E[\mathrm{softmax}(m + s z)]_k = -\int G_k'(x) \prod_{t \ne k} G_t(x)\, dx,
              \quad G_t(x) = E[\exp(-e^{x + m_t + s_t z})]

    Parameters
    ----------
    medians, spreads : array, shape (R, K)
        Logs of the states' weights, and their standard deviations. A median of minus infinity
        gives a share of exactly 0; one of each row is finite.

    Returns
    -------
    array, shape (R, K), each row sums to 1; within 1e-13 up to a spread of 10, and small shares
    in their relative digits

    Examples
    --------
    >>> expected_rows([[0.0, 0.0, np.log(2.0)]], [[0.0, 0.0, 0.0]]).round(12)
    array([[0.25, 0.25, 0.5 ]])
    >>> expected_rows([[0.0, -1.0, -2.0]], [[0.5, 1.0, 0.0]]).round(6)
    array([[0.627536, 0.284114, 0.08835 ]])
    """
    rows = np.broadcast_arrays(np.asarray(medians, float), np.asarray(spreads, float))
    return np.array([_row(m, s)[0] for m, s in zip(*rows, strict=True)])


def _row(m: np.ndarray, s: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Give one row's expected shares E[p_k], and E[p_k p_t] off the diagonal."""
    share, both = np.zeros(len(m)), np.zeros((len(m), len(m)))
    possible = np.isfinite(m)
    if not s[possible].any():
        share[:] = np.exp(m - m.max())
        share /= share.sum()
        return share, np.outer(share, share)
    rate, rings = _race(m[possible], s[possible])
    first = rate * rings
    total = first.sum()
    share[possible] = first.sum(axis=1) / total
    both[np.ix_(possible, possible)] = first @ rate.T / total
    return share, both


def _race(m: np.ndarray, s: np.ndarray, shift: float = 0.0) -> tuple[np.ndarray, np.ndarray]:
    """Follow the clocks of one row over log time: from where none has rung to where one has.

    Gives -G' / G of each state, shape (K, points), and the product of all G, shape (points,): times
    the rate of a state it is the density of its ringing first.
    """
    start, count = _times(m, s)
    m = m - m.max() + shift
    rate, silent = np.zeros((len(m), count)), np.ones(count)
    for k, (median, spread) in enumerate(zip(m.tolist(), s.tolist(), strict=True)):
        survival, density = _survival(median, spread, start, count)
        silent *= survival
        np.divide(density, survival, out=rate[k], where=survival > 0)
    return rate, silent


def _times(m: np.ndarray, s: np.ndarray) -> tuple[int, int]:
    """Choose the log times of the sum, as multiples of STEP: the first, and how many.

    The last ones reach to where a share that is tiny because another state has a wide spread owes
    its digits to that state's being tiny.
    """
    m = m - m.max()
    low = -max((m + REACH * s).max(), (m + s * s / 2).max()) - FAR
    high = GONE - (m - s * (REACH + s)).max()
    start = math.floor(low / STEP)
    return start, math.ceil(high / STEP) - start + 1


def _survival(median: float, spread: float, start: int, count: int) -> np.ndarray:
    """Give G and -G' of one state at multiples of STEP, shape (2, count)."""
    first, table = _table(spread)
    whole = math.floor(median / STEP)
    at_0, at_1 = _blend(median / STEP - whole)
    begin = start + whole - first  # where in the table the first point is
    below = min(max(-begin, 0), count)
    end = max(min(count, table.shape[1] - 1 - begin), below)
    found = np.zeros((2, count))
    # Below the table, v is as good as 0; above it, G is.
    found[0, :below] = 1.0
    x = STEP * (start + np.arange(below))
    found[1, :below] = np.exp(x + median + spread**2 / 2)
    inside = slice(begin + below, begin + end)
    beyond = slice(begin + below + 1, begin + end + 1)
    found[:, below:end] = at_0 @ table[:, inside] + at_1 @ table[:, beyond]
    return found


@lru_cache(maxsize=512)
def _table(spread: float) -> tuple[int, np.ndarray]:
    r"""Tabulate :math:`G(y) = E[\exp(-e^{y + s z})]` and its derivatives, in units of STEP.

    With :math:`H_k = E[v^k e^{-v}]`, :math:`G = H_0` and :math:`H_k' = k H_k - H_{k+1}`. Gives the
    first y over STEP, and the table, shape (1 + DERIVATIVES, points).
    """
    first = math.floor(-(FAR + 1.5 * spread**2) / STEP)
    last = math.ceil((GONE + spread * (REACH + spread)) / STEP)
    y = STEP * np.arange(first, last + 1)
    # What makes the tails is up to one more spread off.
    reach = REACH + spread if spread else 0.0
    step = min(INNER_STEP, INNER_BEND / spread) if spread else INNER_STEP
    z = np.linspace(-reach, reach, 2 * math.ceil(reach / step) + 1)
    weight = np.exp(-z * z / 2)
    weight /= weight.sum()
    v = np.exp(np.minimum(y[:, None] + spread * z, 7.0))  # exp(-exp(7)) is 0
    part = np.exp(-v)
    moments = []
    for _ in range(1 + DERIVATIVES):
        moments.append(part @ weight)
        part *= v
    table, coefficients = [], np.eye(1, 1 + DERIVATIVES)[0]
    for _ in range(1 + DERIVATIVES):
        table.append(coefficients @ moments)
        falls = np.roll(coefficients, 1)
        coefficients = STEP * (np.arange(1 + DERIVATIVES) * coefficients - falls)
    return first, np.array(table)


def _blend(part: float) -> tuple[np.ndarray, np.ndarray]:
    r"""Weigh the derivatives at both ends of a step, for G and -G' at a part of it.

    The polynomial that meets n derivatives at 0 and at 1 has for the k-th one at 0 the weight
    :math:`\frac{t^k}{k!} (1 - t)^n \sum_{j < n - k} \binom{n - 1 + j}{j} t^j`. Gives two arrays of
    shape (2, 1 + DERIVATIVES).
    """
    ends = []
    for t, sign in ((part, 1.0), (1.0 - part, -1.0)):
        sums = np.cumsum(_CHOOSE * t ** np.arange(DERIVATIVES))[::-1]
        weights = (sign * t) ** np.arange(DERIVATIVES) / _FACTORIAL * (1 - t) ** DERIVATIVES * sums
        both = np.zeros((2, 1 + DERIVATIVES))
        both[0, :-1], both[1, 1:] = weights, -weights / STEP
        ends.append(both)
    return ends[0], ends[1]


_FACTORIAL = np.array([math.factorial(k) for k in range(DERIVATIVES)], float)
_CHOOSE = np.array([math.comb(DERIVATIVES - 1 + j, j) for j in range(DERIVATIVES)], float)


def calibrated(goals, weights, offsets, spreads, start=None) -> np.ndarray:
    r"""Solve for the intercepts that give a mixture of rows its expected shares.

    .. math:: \sum_r w_r\, E[\mathrm{softmax}(b + o_r + s_r z)]_k = g_k

    The left side is the gradient of a convex function, so the intercepts are unique but for a
    common shift. Newton steps on the log-odds of each state against the likeliest, halved until
    the largest residual falls: whole steps alone can run away.

    Parameters
    ----------
    goals : array, shape (K,)
        Expected shares, which sum to 1. One of exactly 0 gets an intercept of minus infinity.
    weights : array, shape (R,)
        Probabilities of the rows, which sum to 1.
    offsets, spreads : array, shape (R, K)
        What each row adds to the intercepts, and its standard deviations; in log-odds.
    start : array, shape (K,), optional
        Intercepts near the solution.

    Returns
    -------
    array, shape (K,); 0 for the last state that is possible

    Raises
    ------
    ArithmeticError
        If no steps lead there: the rows are then so far apart, by factors of 1e40 and more, that
        what decides has no digits.

    Examples
    --------
    >>> b = calibrated([0.2, 0.3, 0.5], [0.5, 0.5], [[0, 0, 0], [0, 2, 0]], np.zeros((2, 3)))
    >>> sum(expected_rows([b, b + [0, 2, 0]], 0.0) / 2).round(12)
    array([0.2, 0.3, 0.5])
    """
    goals, weights, offsets, spreads = (
        np.asarray(a, float) for a in (goals, weights, offsets, spreads)
    )
    found = np.full(goals.shape, -np.inf)
    used, possible = weights > 0, np.flatnonzero(goals > 0)
    weights, rows = weights[used], np.ix_(used, possible)
    offsets, spreads, goals = offsets[rows], spreads[rows], np.log(goals[possible])
    b = goals - weights @ offsets
    if weights.size > 1 or spreads.any():
        b = b if start is None else np.asarray(start, float)[possible]
        b = _newton(b, goals, weights, offsets, spreads)
    found[possible] = b - b[-1]
    return found


def _newton(b, log_goals, weights, offsets, spreads):
    """Step until the log of each expected share is as far off its goal as those of all others.

    Logs are all but straight where states are rare. Where a step by them leads nowhere, the step
    is one down the convex function, halved until it is no more than half as steep uphill there.
    """
    goals = np.exp(log_goals)
    reach = 1 + np.ptp(offsets) + 2 * REACH * spreads.max()

    def miss(b):
        """Give the logs of goals over means, the means, and E[p_k p_t]."""
        rows = [_row(b + o, s) for o, s in zip(offsets, spreads, strict=True)]
        mean = weights @ np.array([share for share, _ in rows])
        with np.errstate(divide="ignore"):
            off = log_goals - np.log(mean)
        return off, mean, np.tensordot(weights, np.array([both for _, both in rows]), 1)

    off, mean, both = miss(b)
    for _ in range(MOST_STEPS):
        largest, found = np.abs(off).max(), False
        if largest <= ROUNDING:
            return b
        for by_logs in (True, False):
            step = _potentials(both, mean * (off - mean @ off) if by_logs else goals - mean)
            longest = np.abs(step).max()
            if longest <= LAST_STEP:
                return b + step
            step *= min(1.0, reach / longest)
            for _ in range(FEW_HALVINGS if by_logs else MOST_HALVINGS):
                new = miss(b + step)
                if by_logs:
                    found = np.abs(new[0]).max() < largest
                else:
                    found = (goals - new[1]) @ step >= -(goals - mean) @ step / 2
                if found:
                    break
                step /= 2
            if found:
                break
        if not found:
            break
        b, (off, mean, both) = b + step, new
    for _ in range(MOST_STEPS):  # where shares of 1e-100 leave Newton no digits: one by one
        if largest <= EXACT:
            return b
        b = b + off
        off, *_ = miss(b)
        largest = np.abs(off).max()
    if largest > LAST_STEP:
        raise ArithmeticError(f"no intercepts found for shares of {goals.tolist()}")
    return b


def _potentials(edges: np.ndarray, flows: np.ndarray) -> np.ndarray:
    """Solve for what drives given flows, of sum 0, through a graph; the last is 0.

    Between states k and t the derivative of the shares is an edge, -E[p_k p_t]. Taking the states
    out one by one only adds and divides positive numbers, so flat places lose no digits.
    """
    edges, flows = edges.copy(), flows.copy()
    last = len(flows) - 1
    for i in range(last):
        part = edges[i, i + 1 :] / edges[i, i + 1 :].sum()
        edges[i + 1 :, i + 1 :] += np.outer(edges[i + 1 :, i], part)
        flows[i + 1 :] += flows[i] * part
    found = np.zeros(len(flows))
    for i in range(last - 1, -1, -1):
        out = edges[i, i + 1 :]
        found[i] = (flows[i] + out @ found[i + 1 :]) / out.sum()
    return found


def jeffreys(counts) -> np.ndarray:
    r"""Give the expected shares of several states by how often each was seen.

    .. math:: \mu_k = \frac{n_k + 1/2}{\sum_t (n_t + 1/2)},

    the means of a Dirichlet distribution with Jeffreys' prior.

    Examples
    --------
    >>> jeffreys([3, 0])
    array([0.875, 0.125])
    """
    alpha = np.asarray(counts, float) + 0.5
    return alpha / alpha.sum()


def counted(counts) -> tuple[np.ndarray, np.ndarray]:
    r"""Learn the shares of several states from how often each was seen, with Jeffreys' prior.

    The Dirichlet distribution of :math:`\alpha_k = n_k + 1/2` is that of independent gamma numbers
    over their sum. The log of each has variance :math:`\psi_1(\alpha_k)`, which is what a spread is
    here; one factor then makes the variances of the shares sum to the Dirichlet's:

    .. math:: s_k = f \sqrt{\psi_1(\alpha_k)}, \qquad
              \sum_k \mathrm{Var}[p_k] = \frac{1 - \sum_k \mu_k^2}{\alpha + 1}, \qquad
              \mu_k = \alpha_k / \alpha, \quad \alpha = \sum_k \alpha_k

    Two states have the spread of :meth:`Probability.beta` between them.

    Parameters
    ----------
    counts : sequence of K numbers from 0 to 1e9

    Returns
    -------
    means, spreads : array, shape (K,)

    References
    ----------
    Aitchison & Shen (1980), doi:10.1093/biomet/67.2.261, on logistic-normal and Dirichlet

    Examples
    --------
    >>> means, spreads = counted([0, 1, 9])
    >>> means.round(4), spreads.round(4)
    (array([0.0435, 0.1304, 0.8261]), array([1.5874, 0.6909, 0.2381]))
    """
    return _counted(tuple(float(count) for count in counts))


@lru_cache(maxsize=256)
def _counted(counts: tuple[float, ...]) -> tuple[np.ndarray, np.ndarray]:
    alpha, means = np.array(counts) + 0.5, jeffreys(counts)
    spreads = np.sqrt([_trigamma(a) for a in alpha.tolist()])
    if len(counts) == 2:
        return means, spreads * (Probability.beta(*alpha).logit_sd / math.hypot(*spreads))
    goal, intercepts = -math.log1p(alpha.sum()), None
    apart = ~np.eye(len(alpha), dtype=bool)
    diversity = np.outer(means, means)[apart].sum()

    def miss(log_factor):
        nonlocal intercepts
        wide = math.exp(log_factor) * spreads
        intercepts = calibrated(means, [1.0], np.zeros((1, len(alpha))), wide[None], intercepts)
        # Of the sum of p (1 - p), which is that of p_k p_t, the variances are what is lost.
        lost = 1 - _row(intercepts, wide)[1][apart].sum() / diversity
        return math.log(max(lost, TINY)) - goal

    last, off = 0.0, miss(0.0)
    log_factor = -min(off, 1.0) / 2
    for _ in range(MOST_STEPS):
        if abs(log_factor - last) <= LAST_STEP / 10:
            break
        new = miss(log_factor)
        # A variance goes about with the square of the factor.
        steepness = min(max((new - off) / (log_factor - last), 0.5), 4.0)
        last, off, log_factor = log_factor, new, log_factor - new / steepness
    return means, math.exp(log_factor) * spreads


def _trigamma(x: float) -> float:
    r"""Give :math:`\psi_1(x) = \sum_{n \ge 0} (x + n)^{-2}`, by its series far from 0.

    Examples
    --------
    >>> round(_trigamma(1.0), 12) == round(np.pi**2 / 6, 12)
    True
    """
    near = 0.0
    while x < 12:
        near += x**-2
        x += 1
    bernoulli = (1 / 6, -1 / 30, 1 / 42, -1 / 30, 5 / 66, -691 / 2730)
    return near + 1 / x + x**-2 / 2 + sum(b * x ** -(2 * n + 3) for n, b in enumerate(bernoulli))


def ordered_spread(counts) -> float:
    """Give the one spread of the steps between ordered states that were counted.

    It is the log-odds spread of the count above and below, each plus 1/2, at the step whose
    Dirichlet mean (see :func:`jeffreys`) is nearest one half; of two as near, the lower.

    Examples
    --------
    >>> ordered_spread([3, 4, 2, 1]) == Probability.beta(7.5, 3.5).logit_sd
    True
    """
    counts = np.asarray(counts, float)
    above = np.cumsum(counts[::-1])[::-1][1:]
    off = np.abs(np.cumsum(jeffreys(counts)[::-1])[::-1][1:] - 0.5)
    step = int(np.flatnonzero(off <= off.min() + 1e-12)[0])
    return Probability.beta(above[step] + 0.5, counts.sum() - above[step] + 0.5).logit_sd


def learned(state: int, medians, spreads, z, uniform) -> np.ndarray:
    r"""Move draws of a row's normal numbers to what they are once its state is known.

    .. math:: p(z \mid k) \propto \mathrm{softmax}(m + s z)_k \prod_t \varphi(z_t)

    Given the log time x at which the first clock rings, the numbers are independent:

    .. math:: p(z_t \mid x, k) \propto \varphi(z_t)\, v_t^{[t = k]} e^{-v_t}, \qquad
              v_t = e^{x + m_t + s_t z_t}

    So a time is drawn, and each number goes to where as large a share of its new distribution lies
    below it as of the old.

    Parameters
    ----------
    state : int
        The state k that came about.
    medians, spreads : array, shape (K,)
    z : array, shape (K, D)
        Draws of independent standard normal numbers.
    uniform : array, shape (D,)
        Draws between 0 and 1, independent of ``z``.

    Returns
    -------
    array, shape (K, D); where the spread is 0 as it was

    Examples
    --------
    A state that was unlikely is better than was thought, and the others worse:

    >>> z = np.array([[-1.0, 0.0, 1.0], [-1.0, 0.0, 1.0]])
    >>> learned(1, [2.0, 0.0], [1.0, 1.0], z, np.array([0.3, 0.5, 0.7])).round(1)
    array([[-1.2, -0.5, -0.1],
           [-0.1,  0.7,  1.4]])
    """
    m, s = np.asarray(medians, float), np.asarray(spreads, float)
    moved = np.array(z, float)
    if not s.any():
        return moved
    m = np.maximum(m - m.max(), LOWEST)
    start, count = _times(m, s)
    parts = STEP * np.arange(FINER) / FINER
    rings = [rate[state] * silent for rate, silent in (_race(m, s, part) for part in parts)]
    times = STEP * (start + np.arange(count))[:, None] + parts
    weight = np.maximum(np.array(rings).T.ravel(), 0.0)
    below = (np.cumsum(weight) - weight / 2) / weight.sum()
    time = np.interp(uniform, below, times.ravel())
    for k in np.flatnonzero(s):
        moved[k] = _moved(moved[k], time + m[k], s[k], rang=k == state)
    return moved


def _moved(z: np.ndarray, time: np.ndarray, spread: float, *, rang: bool) -> np.ndarray:
    """Move draws of one number, given when a clock rang or up to when it did not.

    Where the points of the expectation go is found for a grid of times; between, all is straight.
    """
    step = STEP / FINER
    first = math.floor(time.min() / step)
    grid = step * np.arange(first, math.ceil(time.max() / step) + 2)
    log_v = np.minimum(grid[:, None] + spread * NODES, 700.0)
    logs = LOG_WEIGHTS - np.exp(log_v) + (log_v if rang else 0.0)
    weight = np.exp(logs - logs.max(axis=1, keepdims=True))
    below = (np.cumsum(weight, axis=1) - weight / 2) / weight.sum(axis=1, keepdims=True)
    places = np.array([np.interp(BELOW, row, NODES) for row in below])
    later, i = np.modf(time / step - first)
    i = i.astype(int)
    at = np.clip((z - NODES[0]) / (NODES[1] - NODES[0]), 0, len(NODES) - 1)
    j = np.minimum(at.astype(int), len(NODES) - 2)
    earlier, later_row = (
        places[row, j] + (at - j) * (places[row, j + 1] - places[row, j]) for row in (i, i + 1)
    )
    return earlier + later * (later_row - earlier)


def over_period(means, ratio: float, none: int) -> np.ndarray:
    r"""Carry shares of which comes about first over to a period ``ratio`` times as long.

    The hazards compete and are constant: of state ``none``, that none comes about,

    .. math:: p'_{none} = p_{none}^r, \qquad
              p'_k = p_k\, \frac{1 - p_{none}^r}{1 - p_{none}}

    Spreads stay as they were stated.

    Parameters
    ----------
    means : array, shape (K,), sums to 1
    ratio : float > 0
        Period asked over period stated.
    none : int

    Returns
    -------
    array, shape (K,)

    Examples
    --------
    >>> over_period([0.1, 0.3, 0.6], 2.0, none=2).round(12)
    array([0.16, 0.48, 0.36])
    """
    means = np.asarray(means, float)
    some = float(np.delete(means, none).sum())
    if ratio == 1 or not some:
        return means
    with np.errstate(divide="ignore"):  # if something is sure to come about, it still is
        log_none = np.log(means[none]) if some > 0.5 else math.log1p(-some)
    moved = means * (-np.expm1(ratio * log_none) / some)
    moved[none] = np.exp(ratio * log_none)
    return moved
