r"""Counts of past cases, by group, go in; the base rate of one group comes out.

**Question.** In how many cases like this one did it come about? A small group says little by
itself, and all groups together may be unlike this one. Partial pooling takes as much from the
others as the groups resemble each other.

**Model.** Of :math:`N_g` cases in group :math:`g`, :math:`y_g` came out yes:

.. math::
    y_g &\sim \mathrm{Binomial}(N_g, p_g), \qquad
    p_g \sim \mathrm{Beta}(\mu\kappa, (1-\mu)\kappa) \\
    \mu &\sim \mathrm{Beta}(a, b), \qquad \ln\kappa \sim \mathrm{Normal}(\ln 8, 1.2)

:math:`\mu` is the share over all groups, and :math:`\kappa` says how alike groups are: other groups
count for as much as :math:`\kappa` cases of one's own (1 to 58 with 90%). The group shares are
integrated out, :math:`y_g \sim \mathrm{BetaBinomial}(N_g, \mu\kappa, (1-\mu)\kappa)`, so only two
numbers are sampled; given them, :math:`p_g \sim \mathrm{Beta}(\mu\kappa + y_g, (1-\mu)\kappa + N_g
- y_g)` exactly. A group that is not among the data is a new draw of :math:`p`.

**It assumes** that cases within a group are alike and independent of each other, and that nothing
but chance tells groups apart.

**It is wrong** where cases come from one story (four Afghan victories are not four independent
cases), where the share has moved over time, and where the groups were chosen after looking at who
came out yes. With a handful of groups :math:`\kappa` follows its prior; the sensitivity says so.

**References.** Gelman et al. (2013), *Bayesian Data Analysis*, section 5.3.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from forecasting.file import models
from forecasting.file.models import ALL
from forecasting.file.tables import Table
from forecasting.fit.sampling import Estimate, estimate, sample, window

if TYPE_CHECKING:
    import pymc as pm
    import xarray as xr

# ln kappa ~ Normal(ln 8, 1.2).
KAPPA_MEDIAN, KAPPA_SD = 8.0, 1.2


def counts(table: Table, settings: Mapping) -> tuple[list[str], np.ndarray, np.ndarray]:
    """Add up the cases of each group.

    Returns
    -------
    labels : list of str
    seen, of : array of int, shape (groups,)

    Examples
    --------
    >>> from forecasting.file.tables import load
    >>> labels, seen, of = counts(load("ttp_deals"), {"outcome": "six_months", "by": ["kind"]})
    >>> labels, seen.tolist(), of.tolist()
    (['Swat', 'national talks', 'tribal areas'], [0, 0, 1], [2, 1, 3])
    """
    found = models.counts(table, settings["outcome"], settings.get("by", ()))
    seen, of = np.array([*found.values()], int).reshape(-1, 2).T
    return [*found], seen, of


def model(seen, of, prior=(1.0, 1.0)) -> pm.Model:
    """Write the model down, with the group shares integrated out."""
    import pymc as pm

    with pm.Model() as result:
        seen, of = pm.Data("seen", seen), pm.Data("of", of)
        share = pm.Beta("share", *prior)
        kappa = pm.LogNormal("kappa", np.log(KAPPA_MEDIAN), KAPPA_SD)
        pm.BetaBinomial("cases", n=of, alpha=share * kappa, beta=(1 - share) * kappa, observed=seen)
    return result


def fit(table: Table, settings: Mapping, *, seed: int, **sampling) -> tuple[xr.DataTree, Estimate]:
    """Fit the model to the cases of a table.

    Parameters
    ----------
    table : Table
    settings : dict
        ``outcome``: column of cases that came out yes (0 or 1, or a count with a column ``of``);
        ``by``: columns that make groups; ``group``: the one asked for; ``prior``: Beta prior of the
        share over all groups; ``as_of``: rows known later are refused.
    seed : int
    **sampling
        See :func:`forecasting.fit.sampling.sample`.

    Returns
    -------
    tree : DataTree
        Posterior of ``share``, ``kappa``, and ``group_share`` (dimension ``group``).
    estimate : Estimate

    Raises
    ------
    ValueError
        If a row was known only after ``as_of``.
    InputError
        If a column does not hold counts.
    """
    from scipy import stats

    table.refuse_later(settings.get("as_of"))
    labels, seen, of = counts(table, settings)
    prior = settings.get("prior", (1.0, 1.0))
    tree = sample(model(seen, of, prior), seed=seed, **sampling)
    posterior = tree["posterior"].dataset
    share, kappa = posterior["share"].values, posterior["kappa"].values
    rng = np.random.default_rng(seed)
    a, b = share * kappa, (1 - share) * kappa
    own = rng.beta(a[..., None] + seen, b[..., None] + of - seen)
    own = np.clip(own, 1e-12, 1 - 1e-12)
    chosen = settings.get("group", ALL if labels == [ALL] else None)
    # Without a group: one that is not among those seen.
    base_rate = own[..., labels.index(chosen)] if chosen in labels else rng.beta(a, b)
    tree["posterior"] = posterior.assign(
        group_share=(("chain", "draw", "group"), own), base_rate=(("chain", "draw"), base_rate)
    ).assign_coords(group=labels)
    log_prior = stats.beta.logpdf(share, *prior) + stats.lognorm.logpdf(
        kappa, KAPPA_SD, scale=KAPPA_MEDIAN
    )
    log_likelihood = stats.binom.logpmf(seen, of, own).sum(axis=-1)
    return tree, estimate(
        tree,
        ["share", "kappa", "base_rate"],
        base_rate,
        log_prior,
        log_likelihood,
        (window(None, base_rate),),
        sampling,
    )
