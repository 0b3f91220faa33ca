r"""Times until something came about, some still open, go in; its chance by each date comes out.

**Question.** It has not come about for :math:`t` months. How likely is it within the next
:math:`h`?

**Model.** A Weibull time with proportional hazards over groups: the risk up to month :math:`t` is

.. math::
    H_g(t) = \left(t / s\right)^{k} e^{\beta_g}, \qquad
    P(T > t) = e^{-H_g(t)} \\
    \ln s \sim \mathrm{Normal}(\ln 60, 1.5), \quad \ln k \sim \mathrm{Normal}(0, 0.7), \quad
    \beta_g \sim \mathrm{Normal}(0, \tau), \quad \tau \sim \mathrm{HalfNormal}(0.7)

(:math:`\beta` only where groups are given). The likelihood of a case depends on what is known of
it:

- seen on a day, :math:`k H(t) e^{-H(t)} / t`;
- seen between two days, as where only the year is known, :math:`e^{-H(t_1)} - e^{-H(t_2)}`;
- still open when the data end, :math:`e^{-H(t)}`.

The answer is :math:`P(T \le t + h \mid T > t) = 1 - e^{-(H(t + h) - H(t))}`. A shape :math:`k`
below 1 means that the danger wanes: whoever got through the first years is safer in the next.

**It assumes** that each case would come to it in the end, that the risk rises or falls all the way,
and that groups differ by a constant factor.

**It is wrong** where part of the cases are safe for good (following each case for a few years only,
``follow``, lets the curve fit the years that are asked about), where the risk has a peak, and where
the calendar year matters more than the time since the start.

**References.** Ibrahim, Chen & Sinha (2001), *Bayesian Survival Analysis*, chapter 2.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from forecasting.file.models import REACH, YEAR, groups
from forecasting.file.tables import Table
from forecasting.fit.sampling import Estimate, estimate, sample, window

if TYPE_CHECKING:
    import pymc as pm
    import xarray as xr

SCALE_MEDIAN, SCALE_SD = 60.0, 1.5
SHAPE_SD = 0.7
BETWEEN_SD = 0.7

DAYS_A_MONTH = 365.25 / 12
TINY = 1e-30  # months, in place of none at all: the risk up to then is nothing
SAME = 1e-9  # months between two times that are one


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


def hazard(t, log_scale, shape, shift=0.0):
    r"""Add up the risk until month ``t``: :math:`H(t) = (t/s)^k e^\beta`."""
    return np.exp(shape * (np.log(t) - log_scale) + shift)


def log_likelihood(after, before, log_scale, shape, shift=0.0, maths=np):
    """Give the log likelihood of each case; ``maths`` is numpy or pytensor.tensor."""
    open_ = maths.isinf(before)
    end = maths.where(open_, after + 1.0, before)
    exact = end - after < SAME
    start = maths.maximum(after, TINY)
    low = maths.exp(shape * (maths.log(start) - log_scale) + shift)
    high = maths.exp(shape * (maths.log(end) - log_scale) + shift)
    density = maths.log(shape) + maths.log(low) - maths.log(start) - low
    # ln(e^-low - e^-high) without cancelling; the guard keeps unused branches finite.
    between = -low + maths.log(-maths.expm1(-maths.maximum(high - low, 1e-12)))
    return maths.where(open_, -low, maths.where(exact, density, between))


def model(after, before, index=None, size: int = 0) -> pm.Model:
    """Write the model down; ``index`` gives the group of each case, of ``size`` groups."""
    import pymc as pm
    import pytensor.tensor as pt

    with pm.Model() as result:
        after, before = pm.Data("after", after), pm.Data("before", before)
        log_scale = pm.Normal("log_scale", np.log(SCALE_MEDIAN), SCALE_SD)
        shape = pm.LogNormal("shape", 0.0, SHAPE_SD)
        shift = 0.0
        if size:
            between = pm.HalfNormal("between", BETWEEN_SD)
            shift = (between * pm.Normal("z", shape=size))[index]
        pm.Potential(
            "cases", log_likelihood(after, before, log_scale, shape, shift, maths=pt).sum()
        )
    return result


def fit(table: Table, settings: Mapping, *, seed: int, **sampling) -> tuple[xr.DataTree, Estimate]:
    """Fit the model to the times of a table.

    Parameters
    ----------
    table : Table
        With columns ``start``, ``event_from`` and ``event_to``; the last two are empty where
        nothing had come about by ``table.observed_until``.
    settings : dict
        ``elapsed``: months that have passed without it; ``follow``: months for which each case is
        followed; ``by`` and ``group``: columns that make groups, and the one asked for (without it,
        a group not seen yet); ``as_of``: rows known later are refused.
    seed : int
    **sampling
        See :func:`forecasting.fit.sampling.sample`.

    Returns
    -------
    tree : DataTree
        Posterior of ``log_scale``, ``shape`` and, with groups, ``between``.
    estimate : Estimate
        For windows of 1 to 60 months; its mean, spread and draws are those of 12 months.

    Raises
    ------
    ValueError
        If a row was known only after ``as_of``.
    """
    from scipy import stats

    table.refuse_later(settings.get("as_of"))
    after, before = times(table, settings.get("follow"))
    own = groups(table.rows, settings["by"]) if settings.get("by") else []
    labels = sorted(set(own))
    index = np.array([labels.index(label) for label in own]) if own else None
    tree = sample(model(after, before, index, len(labels)), seed=seed, **sampling)
    posterior = tree["posterior"].dataset
    log_scale, shape = posterior["log_scale"].values, posterior["shape"].values
    names = ["log_scale", "shape"]
    log_prior = stats.norm.logpdf(log_scale, np.log(SCALE_MEDIAN), SCALE_SD)
    log_prior = log_prior + stats.lognorm.logpdf(shape, SHAPE_SD)
    shift, shifts = 0.0, 0.0
    if labels:
        names.append("between")
        between, z = posterior["between"].values, posterior["z"].values
        log_prior = log_prior + stats.halfnorm.logpdf(between, scale=BETWEEN_SD)
        new = np.random.default_rng(seed).standard_normal(between.shape)
        chosen = settings.get("group")
        shift = between * (z[..., labels.index(chosen)] if chosen in labels else new)
        shifts = (between[..., None] * z)[..., index]
    likelihood = log_likelihood(after, before, log_scale[..., None], shape[..., None], shifts)

    elapsed = settings.get("elapsed", 0.0)
    so_far = hazard(elapsed, log_scale, shape, shift) if elapsed else 0.0
    chances = {
        months: -np.expm1(so_far - hazard(elapsed + months, log_scale, shape, shift))
        for months in range(1, REACH + 1)
    }
    base_rate = np.clip(chances[YEAR], 1e-12, 1 - 1e-12)
    tree["posterior"] = posterior.assign(base_rate=(("chain", "draw"), base_rate))
    return tree, estimate(
        tree,
        [*names, "base_rate"],
        base_rate,
        log_prior,
        likelihood.sum(axis=-1),
        tuple(window(float(months), draws) for months, draws in chances.items()),
        sampling,
    )
