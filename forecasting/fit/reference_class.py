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
numbers are left, and a grid over them gives the answer by quadrature, in milliseconds: given them,
:math:`p_g \sim \mathrm{Beta}(\mu\kappa + y_g, (1-\mu)\kappa + N_g - y_g)` exactly. A group that is
not among the data is a new draw of :math:`p`.

With a half-life a case counts by :math:`2^{-a/h}`, :math:`a` the years from the day it was known to
the last day of the table, :math:`h` the half-life (a power prior): :math:`y_g` and :math:`N_g` are
then sums of such parts of cases, and :math:`\sum_g N_g` is the effective number of cases.

**It assumes** that cases within a group are alike and independent of each other, and that nothing
but chance tells groups apart.

**It is wrong** where cases come from one story (four Afghan victories are not four independent
cases), where the share has moved over time, and where the groups were chosen after looking at who
came out yes. With a handful of groups :math:`\kappa` follows its prior; the sensitivity says so.

**References.** Gelman et al. (2013), *Bayesian Data Analysis*, section 5.3; Ibrahim, Chen, Gwon &
Chen (2015), doi:10.1002/sim.6728, of power priors.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from forecasting.file import models
from forecasting.file.fits import Window
from forecasting.file.models import ALL
from forecasting.file.tables import Table
from forecasting.fit.sampling import DRAWS, Estimate
from forecasting.judgement import sigmoid

# ln kappa ~ Normal(ln 8, 1.2).
KAPPA_MEDIAN, KAPPA_SD = 8.0, 1.2

# The grid is drawn in closer in rounds, to where the log density is within so much of its top; so
# many points each way lie in the last one, where the trapezoid rule errs by less than 1e-6.
ROUNDS, NARROWED, DEPTH = 5, 2, 32.0
COARSE, FINE = 41, (121, 81)


@dataclass(frozen=True)
class Shares:
    """What is known of the share over all groups, and of how alike they are.

    Attributes
    ----------
    share, kappa, weights : array, shape (points,)
        Points of a grid, or draws, with weights that add up to 1.
    seen, of : array, shape (groups,)
    """

    share: np.ndarray
    kappa: np.ndarray
    weights: np.ndarray
    seen: np.ndarray
    of: np.ndarray

    def moments(self, group: int | None) -> tuple[float, float]:
        """Give mean and standard deviation of the share of a group; None: of one not seen."""
        a, b = self.beta(group)
        mean = float(self.weights @ (a / (a + b)))
        square = float(self.weights @ (a * (a + 1) / ((a + b) * (a + b + 1))))
        return mean, float(np.sqrt(max(square - mean**2, 0.0)))

    def beta(self, group: int | None) -> tuple[np.ndarray, np.ndarray]:
        """Give the Beta distribution of the share of a group at each point."""
        seen, of = (0, 0) if group is None else (self.seen[group], self.of[group])
        return self.share * self.kappa + seen, (1 - self.share) * self.kappa + (of - seen)

    def draw(self, group: int | None, draws: int, rng: np.random.Generator) -> np.ndarray:
        """Draw share, kappa, and the share of a group; of shape (3, draws)."""
        at = rng.choice(self.weights.size, draws, p=self.weights)
        a, b = self.beta(group)
        return np.array([self.share[at], self.kappa[at], rng.beta(a[at], b[at])])


def counts(table: Table, settings: Mapping) -> tuple[list[str], np.ndarray, np.ndarray]:
    """Add up the cases of each group.

    Returns
    -------
    labels : list of str
    seen, of : array, shape (groups,)
        Whole numbers, unless ``half_life`` gives less weight to what was known long ago.

    Examples
    --------
    >>> from forecasting.file.tables import load
    >>> labels, seen, of = counts(load("ttp_deals"), {"outcome": "six_months", "by": ["kind"]})
    >>> labels, seen.tolist(), of.tolist()
    (['Swat', 'national talks', 'tribal areas'], [0, 0, 1], [2, 1, 3])
    """
    weights = None
    if half_life := settings.get("half_life"):
        ages = [(table.observed_until - table.known(row)).days for row in table.rows]
        weights = 0.5 ** (np.array(ages) / (half_life * models.DAYS_A_MONTH))
    found = models.counts(table, settings["outcome"], settings.get("by", ()), weights)
    seen, of = np.array([*found.values()]).reshape(-1, 2).T
    return [*found], seen, of


def shares(seen, of, prior=(1.0, 1.0), *, power: float = 1.0) -> Shares:
    """Find by quadrature what counts say of the share over all groups, and of how alike they are.

    Parameters
    ----------
    seen, of : array, shape (groups,)
    prior : pair of float
        Beta prior of the share.
    power : float
        Weight of the prior, 1 as it is stated.

    Examples
    --------
    >>> mean, sd = shares(np.array([7]), np.array([20])).moments(0)
    >>> round(mean, 3), round(sd, 3)
    (0.363, 0.101)
    """
    from scipy.special import gammaln

    seen, of = np.asarray(seen, float), np.asarray(of, float)
    pairs, times = np.unique(np.c_[seen, of], axis=0, return_counts=True)

    def log_density(x, u):
        share, other = sigmoid(x), sigmoid(-x)
        kappa = KAPPA_MEDIAN * np.exp(KAPPA_SD * u)
        a, b = share * kappa, other * kappa
        found = power * ((prior[0] - 1) * np.log(share) + (prior[1] - 1) * np.log(other))
        found = found + np.log(share) + np.log(other) - 0.5 * power * u**2
        alone = gammaln(a) + gammaln(b) - gammaln(kappa)
        for (y, n), many in zip(pairs, times, strict=True):
            beta = gammaln(a + y) + gammaln(b + (n - y)) - gammaln(kappa + n)
            found = found + many * (beta - alone)
        return found

    def over_share(kappas, size):
        """Find where the share matters, for each kappa by itself: the better it is known, the less.

        A window for all of them would lose the best kappa while the share is still coarse.
        """
        u, ends = kappas[:, None], np.tile([[-45.0], [45.0]], kappas.size)
        for points in (*[COARSE] * ROUNDS, size):
            x = ends[0, :, None] + np.ptp(ends, axis=0)[:, None] * np.linspace(0, 1, points)
            found = log_density(x, u)
            ends = _window(x, found > found.max(axis=1, keepdims=True) - DEPTH)
        return x, found

    low, high = -10.0, 10.0
    for _ in range(NARROWED):
        u = np.linspace(low, high, COARSE)
        best = over_share(u, COARSE)[1].max(axis=1)
        ((low,), (high,)) = _window(u[None], best[None] > best.max() - DEPTH)
    u = np.linspace(low, high, FINE[1])
    x, found = over_share(u, FINE[0])
    found, u = found + np.log(np.ptp(x, axis=1))[:, None], np.broadcast_to(u[:, None], x.shape)
    weights = np.exp(found - found.max()).ravel()
    kappa = KAPPA_MEDIAN * np.exp(KAPPA_SD * u.ravel())
    return Shares(sigmoid(x.ravel()), kappa, weights / weights.sum(), seen, of)


def _window(points, high) -> np.ndarray:
    """Give the ends of each row of points around those that are high, with one more either way."""
    last = points.shape[1] - 1
    first = np.maximum(high.argmax(axis=1) - 1, 0)
    end = np.minimum(last - high[:, ::-1].argmax(axis=1) + 1, last)
    rows = np.arange(len(points))
    return np.array([points[rows, first], points[rows, end]])


def fit(table: Table, settings: Mapping, *, seed: int) -> tuple[Shares, Estimate]:
    """Fit the model to the cases of a table.

    Parameters
    ----------
    table : Table
    settings : dict
        ``outcome``: column of cases that came out yes (0 or 1, or a count with a column ``of``);
        ``by``: columns that make groups; ``group``: the one asked for; ``prior``: Beta prior of the
        share over all groups; ``half_life``: months after which a case counts half; ``as_of``: rows
        known later are refused.
    seed : int
        Of the draws of the estimate.

    Returns
    -------
    shares : Shares
    estimate : Estimate

    Raises
    ------
    ValueError
        If a row was known only after ``as_of``.
    InputError
        If a column does not hold counts.
    """
    table.refuse_later(settings.get("as_of"))
    labels, seen, of = counts(table, settings)
    prior = settings.get("prior", (1.0, 1.0))
    chosen = settings.get("group", ALL if labels == [ALL] else None)
    # Without a group: one that is not among those seen.
    group = labels.index(chosen) if chosen in labels else None
    found = shares(seen, of, prior)
    mean, sd = found.moments(group)
    diagnosis = {
        name: shares(seen, of, prior, power=power).moments(group)[0] - mean
        for name, power in (("prior_halved", 0.5), ("prior_doubled", 2.0))
    }
    told = slice(None) if group is None else group
    diagnosis |= {"seen": float(seen[told].sum()), "of": float(of[told].sum())}
    if settings.get("half_life"):
        diagnosis["effective_cases"] = float(of.sum())
    _, _, draws = found.draw(group, DRAWS, np.random.default_rng(seed))
    return found, Estimate(mean, sd, draws, diagnosis, (Window(None, mean, sd),))
