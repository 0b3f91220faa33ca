r"""Times until something came about, some still open, go in; its chance by each date comes out.

**Question.** It has not come about for :math:`t` months. How likely is it within the next
:math:`h`?

**Model.** A Weibull time from which each period after the start may depart by a factor of its own,
with proportional hazards over what is known of a case. The risk up to month :math:`t` is

.. math::
    H_x(t) = e^{\beta \cdot x} \sum_j e^{\delta_j}
             \frac{\min(t, c_{j+1})^k - \min(t, c_j)^k}{s^k}, \qquad P(T > t) = e^{-H_x(t)} \\
    \ln s \sim \mathrm{Normal}(\ln 60, 1.5), \quad \ln k \sim \mathrm{Normal}(0, 0.7), \quad
    \delta_j \sim \mathrm{Normal}(0, 0.7), \quad \beta \sim \mathrm{Normal}(0, 0.5)

with the periods between :math:`c` = 0, 3, 6, 12, 24, 36, 60, 120, 240 months and what follows. A
Weibull alone rises or falls all the way; where the danger has a peak, or the first year is quiet by
construction, it misfits in silence. So the periods always depart: by nothing worth a word where the
Weibull fits, by what they themselves saw where it does not, and by what it says where they saw
nothing. Each value of a group or of a covariate in words has its own :math:`\beta`; a covariate in
numbers enters as :math:`\ln(1 + x)`, standardised. The likelihood of a case depends on what is
known of it:

- seen on a day, :math:`H'(t) e^{-H(t)}`;
- seen between two days, as where only the year is known, :math:`e^{-H(t_1)} - e^{-H(t_2)}`;
- still open when the data end, :math:`e^{-H(t)}`.

The answer is :math:`P(T \le t + h \mid T > t) = 1 - e^{-(H(t + h) - H(t))}`, from weighted draws
(:mod:`forecasting.fit.laplace`). Beside it stands what Kaplan and Meier count over all cases.

**It assumes** that groups and covariates move the risk by a constant factor, each by itself.

**It is wrong** where part of the cases are safe for good and few were followed for long, and where
the calendar year matters more than the time since the start.

**References.** Ibrahim, Chen & Sinha (2001), *Bayesian Survival Analysis*, chapters 2 and 3;
Kaplan & Meier (1958), doi:10.1080/01621459.1958.10501452.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from forecasting.file.fits import Window
from forecasting.file.models import DAYS_A_MONTH, REACH, YEAR, groups, is_number
from forecasting.file.tables import Table
from forecasting.fit import laplace
from forecasting.fit.laplace import Drawn
from forecasting.fit.sampling import CHAINS, DRAWS, MIN_ESS, Estimate, gate, sample

if TYPE_CHECKING:
    import pymc as pm

LEVEL_MONTHS, LEVEL_SD = 60.0, 1.5
SHAPE_SD = 0.7
STEP_SD = 0.7
SHIFT_SD = 0.5

# Months after the start at which periods begin.
PERIODS = np.array([0.0, 3.0, 6.0, 12.0, 24.0, 36.0, 60.0, 120.0, 240.0])

TINY = 1e-30  # months, in place of none at all: the risk up to then is nothing
MOST = 200.0  # a log: of risks beyond it only that they are beyond it matters
SAME = 1e-9  # months between two times that are one
AT_ONCE = 1_000_000  # numbers in memory


def times(table: Table, follow: float | None = None) -> tuple[np.ndarray, np.ndarray]:
    """Measure from when to when each case may have come about, in months from its start.

    Parameters
    ----------
    table : Table
    follow : float, optional
        Months for which to follow each case; what comes later leaves it open.

    Returns
    -------
    after, before : array, shape (cases,)
        Equal where the day is known; ``before`` is infinite where the case is open.

    Examples
    --------
    >>> from forecasting.file.tables import load
    >>> after, before = times(load("peace_after_rebel_victory"))
    >>> int(np.isinf(before).sum()), len(after)
    (8, 51)
    """
    after, before = [], []
    for start, first, last in table.spans():
        if last is not None:
            after.append((first - start).days / DAYS_A_MONTH)
            before.append((last - start).days / DAYS_A_MONTH)
            if first == last:  # on a known day: even the first takes half of it
                after[-1] = before[-1] = max((last - start).days, 0.5) / DAYS_A_MONTH
        else:
            after.append((table.observed_until - start).days / DAYS_A_MONTH)
            before.append(np.inf)
    after, before = np.array(after), np.array(before)
    if follow is not None:
        # A span that straddles the end is open from its beginning: no more is known of it.
        late = before > follow
        after, before = (
            np.where(late, np.minimum(after, follow), after),
            np.where(late, np.inf, before),
        )
    return after, before


def traits(table: Table, settings: Mapping) -> tuple[np.ndarray, np.ndarray]:
    """Write what is known of the cases as columns of numbers, and that of the case at hand.

    Parameters
    ----------
    table : Table
    settings : dict
        ``by`` and ``group``, ``covariates``; see :func:`fit`.

    Returns
    -------
    cases : array, shape (cases, columns)
    own : array, shape (columns,)
        A value that no case has, has a column of its own, and so the spread of the prior.

    Examples
    --------
    >>> from forecasting.file.tables import load
    >>> cases, own = traits(load("peace_after_rebel_victory"), {"by": ["others"], "group": "yes"})
    >>> cases[:2].tolist(), own.tolist()
    ([[1.0, 0.0], [1.0, 0.0]], [0.0, 1.0])
    """
    given = []
    if settings.get("by"):
        given.append((groups(table.rows, settings["by"]), settings.get("group", ""), False))
    for column, value in settings.get("covariates", {}).items():
        cells, value = [row[column] for row in table.rows], str(value)
        given.append((cells, value, all(map(is_number, (*cells, value)))))
    columns, own = [np.empty((0, len(table.rows)))], []
    for cells, value, numbers in given:
        if numbers:
            x = np.array([float(one) for one in (*cells, value)])
            x = np.sign(x) * np.log1p(np.abs(x))
            # A mean of equal numbers may differ from them by rounding, which is no spread.
            alike = not np.ptp(x[:-1])
            x = x - x[0] if alike else (x - x[:-1].mean()) / x[:-1].std()
            columns.append(x[None, :-1])
            own.append(x[-1])
        else:
            values = sorted({*cells, value})
            columns.append([[float(cell == one) for cell in cells] for one in values])
            own += [float(value == one) for one in values]
    return np.concatenate(columns).T, np.array(own)


def risk(t, log_scale, shape, steps=None, periods=PERIODS, maths=np):
    r"""Add up the risk until month ``t``, but for what is known of the case.

    Parameters
    ----------
    t : array, shape (times,)
    log_scale, shape : array, shape (...) or none
    steps : array, shape (..., periods), optional
        Logs of the factors by which periods depart from the Weibull; by default they do not.
    periods : array, shape (periods,)
        Months at which they begin.
    maths : module
        numpy or pytensor.tensor.

    Returns
    -------
    array, shape (..., times)
    """
    log_scale, shape = maths.expand_dims(log_scale, -1), maths.expand_dims(shape, -1)

    def weibull(months):
        risks = shape * (np.log(np.maximum(months, TINY)) - log_scale)
        return maths.exp(maths.minimum(risks, MOST))

    if steps is None:
        return weibull(t)
    at = np.searchsorted(periods, t, side="right") - 1
    factors, before = maths.exp(steps), weibull(periods)
    whole = factors[..., :-1] * (before[..., 1:] - before[..., :-1])
    sums = maths.concatenate([0 * before[..., :1], maths.cumsum(whole, axis=-1)], axis=-1)
    return sums[..., at] + factors[..., at] * (weibull(t) - before[..., at])


def log_likelihood(
    after, before, log_scale, shape, steps=None, shift=0.0, *, periods=PERIODS, maths=np
):
    """Give the log likelihood of each case, of shape (..., cases); see :func:`risk`."""
    open_ = np.isinf(before)
    end = np.where(open_, after + 1.0, before)
    exact = end - after < SAME
    start = np.maximum(after, TINY)
    factor = maths.exp(shift)
    low = risk(start, log_scale, shape, steps, periods, maths) * factor
    high = risk(end, log_scale, shape, steps, periods, maths) * factor
    log_scale, shape = maths.expand_dims(log_scale, -1), maths.expand_dims(shape, -1)
    at = np.searchsorted(periods, start, side="right") - 1
    own = shift if steps is None else shift + steps[..., at]
    density = own + maths.log(shape) + (shape - 1) * np.log(start) - shape * log_scale - low
    # ln(e^-low - e^-high) without cancelling; the guard keeps unused branches finite.
    between = -low + maths.log(-maths.expm1(-maths.maximum(high - low, 1e-12)))
    return maths.where(open_, -low, maths.where(exact, density, between))


def parameters(z, periods: int):
    """Give log scale, shape, steps of the periods and shifts, from standard normal numbers."""
    steps, shifts = np.split(z[..., 2:], [periods], axis=-1)
    shape = np.exp(SHAPE_SD * z[..., 1])
    log_scale = np.log(LEVEL_MONTHS) - LEVEL_SD * z[..., 0] / shape
    return log_scale, shape, STEP_SD * steps, SHIFT_SD * shifts


def model(after, before, cases, periods) -> pm.Model:
    """Write the same model down in PyMC; ``cases`` are their :func:`traits`."""
    import pymc as pm
    import pytensor.tensor as pt

    with pm.Model() as result:
        level = pm.Normal("level", 0.0, LEVEL_SD)
        shape = pm.LogNormal("shape", 0.0, SHAPE_SD)
        log_scale = np.log(LEVEL_MONTHS) - level / shape
        steps = pm.Normal("steps", 0.0, STEP_SD, shape=periods.size)
        shift = 0.0
        if cases.shape[1]:
            shift = pt.dot(cases, pm.Normal("shifts", 0.0, SHIFT_SD, shape=cases.shape[1]))
        found = log_likelihood(
            after, before, log_scale, shape, steps, shift, periods=periods, maths=pt
        )
        pm.Potential("cases", found.sum())
    return result


def kaplan_meier(after, before, elapsed: float = 0.0, months: int = REACH) -> np.ndarray:
    r"""Count how many of the cases still open came to it within so many months, model or no model.

    .. math:: F_m = 1 - \prod_{i \le m} (1 - d_i / n_i)

    with :math:`d_i` in month :math:`i` of the :math:`n_i` open when it began. A case seen between
    two days counts as spread evenly over them.

    Parameters
    ----------
    after, before
        As :func:`times` gives them.
    elapsed : float
        Months that have passed.
    months : int

    Returns
    -------
    array, shape (up to ``months``, 2)
        For each month the share, and how many cases, all followed to the end, would give it the
        variance of Greenwood. It ends where fewer than two cases are followed.

    References
    ----------
    Kaplan & Meier (1958), doi:10.1080/01621459.1958.10501452

    Examples
    --------
    >>> after, before = np.array([1.0, 2.5, 4.0, 9.0]), np.array([1.0, np.inf, 4.0, np.inf])
    >>> kaplan_meier(after, before, months=4).round(3).tolist()
    [[0.25, 4.0], [0.25, 4.0], [0.25, 4.0], [0.625, 2.857]]
    """
    open_, at = np.isinf(before), elapsed + np.arange(months + 1.0)[:, None]
    length = np.where(open_, 1.0, np.maximum(before - after, SAME))
    to_come = np.where(open_, at < after, np.clip((before - at) / length, 0.0, 1.0))
    n, d = to_come[:-1].sum(axis=1), -np.diff(to_come[:, ~open_].sum(axis=1))
    n, d = n[n >= 2], d[: (n >= 2).sum()]
    stay = np.where(n - d > SAME, n - d, 0.0)
    left = np.cumprod(np.where(stay > 0, 1 - d / n, 0.0))
    lost = np.cumsum(np.divide(d, n * stay, out=np.zeros(n.size), where=stay > 0))  # Greenwood's
    told = (lost > 0) & (left > 0)
    of = np.divide(1 - left, left * lost, out=np.full(n.size, n.max(initial=0.0)), where=told)
    # Where all that were left come in one month, its sum has no end: as many as the month before.
    of[1:] = np.where(left[1:] > 0, of[1:], of[:-1])
    return np.c_[1 - left, of]


def fit(table: Table, settings: Mapping, *, seed: int, **sampling) -> tuple[Drawn, Estimate]:
    """Fit the model to the times of a table.

    Parameters
    ----------
    table : Table
        With columns ``start``, ``event_from`` and ``event_to``; the last two are empty where
        nothing had come about by ``table.observed_until``.
    settings : dict
        ``elapsed``: months that have passed without it; ``follow``: months for which each case is
        followed; ``by`` and ``group``: columns that make groups, and the one asked for (without it,
        a group not seen yet); ``covariates``: columns, each with its value in the case at hand;
        ``as_of``: rows known later are refused.
    seed : int
    **sampling
        See :func:`forecasting.fit.sampling.sample`. Where any is stated, chains of PyMC are run in
        place of weighted draws.

    Returns
    -------
    drawn : Drawn
        Draws of the :func:`parameters`, as standard normal numbers.
    estimate : Estimate
        For windows of 1 to 60 months; its mean and spread are those of 12 months. Its diagnosis
        holds, for each month, the chance by the fitted curve over all cases, the share that Kaplan
        and Meier count, and of how many cases.

    Raises
    ------
    ValueError
        If a row was known only after ``as_of``.
    """
    table.refuse_later(settings.get("as_of"))
    after, before = times(table, settings.get("follow"))
    cases, own = traits(table, settings)
    periods, elapsed = told_apart(after, before), settings.get("elapsed", 0.0)
    within = partial(chances, periods=periods, elapsed=elapsed)
    distinct, counts = np.unique(np.c_[after, before, cases], axis=0, return_counts=True)
    if sampling:
        drawn, diagnosis, refused = _chains(after, before, cases, periods, seed, sampling)
    else:
        drawn = draw(distinct, counts, periods, seed)
        diagnosis = {"effective": round(drawn.effective), "draws": len(drawn.z)}
        refused = ()
        if drawn.effective < MIN_ESS:
            refused = (f"{drawn.effective:.0f} effective draws, and {MIN_ESS} are due",)
    draws = within(drawn.z, own[None])[0]
    mean, sd = drawn.moments(draws)
    windows = tuple(
        Window(float(months), float(m), float(s))
        for months, m, s in zip(range(1, REACH + 1), mean, sd, strict=True)
    )
    if not sampling:
        for name, power in (("prior_halved", 0.5), ("prior_doubled", 2.0)):
            other = draw(distinct, counts, periods, seed, power, draws=1024)
            moved, _ = other.moments(within(other.z, own[None])[0, YEAR - 1])
            diagnosis[name] = float(moved - mean[YEAR - 1])
    counted = kaplan_meier(after, before, elapsed)
    kinds, share = np.unique(cases[after >= elapsed], axis=0, return_counts=True)
    few = Drawn(drawn.z[::16], drawn.weights[::16] / drawn.weights[::16].sum())
    curve = share @ few.moments(within(few.z, kinds))[0] / max(share.sum(), 1)
    diagnosis["curve"] = np.c_[curve[: len(counted)], counted].round(4).tolist()
    year = windows[YEAR - 1]
    return drawn, Estimate(year.mean, year.sd, draws[YEAR - 1], diagnosis, windows, refused)


def told_apart(after, before) -> np.ndarray:
    """Choose the periods that the cases tell apart: none that ends within a usual span of theirs.

    Examples
    --------
    >>> told_apart(np.array([0.0, 24.0, 50.0]), np.array([12.0, 36.0, np.inf])).tolist()
    [0.0, 12.0, 24.0, 36.0, 60.0, 120.0, 240.0]
    """
    seen = np.isfinite(before)
    usual = np.median(before[seen] - after[seen]) if seen.any() else 0.0
    # Years differ by a day, and months by three.
    return PERIODS[(PERIODS == 0) | (0.9 * usual < PERIODS)]


def chances(z, rows: np.ndarray, periods, elapsed: float) -> np.ndarray:
    """Give the chance within 1 to 60 months, of shape (rows, months, draws)."""
    log_scale, shape, steps, shifts = parameters(z, periods.size)
    ends = elapsed + np.arange(REACH + 1.0)
    sums = risk(ends, log_scale, shape, steps, periods)
    ahead = (sums[:, 1:] - sums[:, :1]).T
    return -np.expm1(-ahead * np.exp(rows @ shifts.T)[:, None])


def draw(distinct, counts, periods, seed, power=1.0, draws=laplace.DRAWS) -> Drawn:
    """Draw from the posterior; ``power`` is the weight of the prior, 1 as it is stated."""
    after, before, cases = distinct[:, 0], distinct[:, 1], distinct[:, 2:]

    def log_density(z):
        found = []
        for part in np.array_split(z, 1 + len(z) * counts.size // AT_ONCE):
            log_scale, shape, steps, shifts = parameters(part, periods.size)
            shift = shifts @ cases.T
            each = log_likelihood(after, before, log_scale, shape, steps, shift, periods=periods)
            found.append(each @ counts)
        return np.concatenate(found) - 0.5 * power * (z**2).sum(axis=1)

    size = 2 + periods.size + cases.shape[1]
    return laplace.draw(log_density, size, seed=seed, draws=draws)


def _chains(after, before, cases, periods, seed, sampling):
    """Draw from the posterior with PyMC; give the draws, the diagnosis and what is amiss."""
    tree = sample(model(after, before, cases, periods), seed=seed, **sampling)
    names = ["level", "shape", "steps", "shifts"][: 4 if cases.shape[1] else 3]
    asked = {"draws": sampling.get("draws", DRAWS), "chains": sampling.get("chains", CHAINS)}
    diagnosis, refused = gate(tree, names=names, **asked)
    posterior = tree["posterior"].dataset.stack(sample=("chain", "draw"))
    sds = {"level": LEVEL_SD, "shape": SHAPE_SD, "steps": STEP_SD, "shifts": SHIFT_SD}
    found = {name: np.atleast_2d(posterior[name].values) for name in names}
    found["shape"] = np.log(found["shape"])
    z = np.concatenate([found[name] / sds[name] for name in names]).T
    return Drawn(z, np.full(len(z), 1 / len(z))), diagnosis, refused
