r"""A PyMC model of yes/no variables goes in; its posterior, from weighted draws, comes out.

Markov chains that flip one yes/no variable at a time get stuck where evidence ties several of them
together, and may look converged. So the draws here are independent: each is a world drawn forward,
from parents to children, by the model's own random variables, and weighed by how well it explains
what the model observes (likelihood weighting). Few such worlds would fit the evidence. So each
yes/no variable leans while drawing: a linear function of its neighbours drawn before it is added to
its log-odds, and the weight takes it out again,

.. math:: w = \frac{P(x, \mathrm{evidence} \mid \theta)}
                   {\alpha\,P(x \mid \theta) + (1 - \alpha)\,Q(x \mid \theta)},

where Q is the leaning model and a share :math:`\alpha` of the worlds is drawn without leaning, so
that no weight exceeds the likelihood over :math:`\alpha`. Uncertain numbers :math:`\theta` are
drawn as the model has them, and cancel. The leanings are learned by logistic regression in a few
rounds of pilot draws, each from what the round before found (the cross-entropy method); the draws
that count are made afterwards. Whatever the leanings are, the weighted draws have the model's
posterior; poor ones only cost effective draws, and the weights show it.

All probabilities in w are PyMC's own: its random variables draw, and its `Model.logp` weighs. The
draws are independent, so there are no chains and no R-hat; what stands in its place is the share of
effective draws and the shape k of the weights' upper tail.

References
----------
Cheng & Druzdzel (2000), doi:10.1613/jair.764, importance sampling in Bayesian networks.
Hesterberg (1995), doi:10.1080/00401706.1995.10484303, the mixture of plain and leaning draws.
Vehtari, Simpson, Gelman, Yao & Gabry (2024), https://jmlr.org/papers/v25/19-556.html, Pareto's k.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import pymc as pm

# Worlds drawn at a time: enough that the work is in arrays, few enough that they fit a cache.
BATCH = 8192

# Pilot rounds, each of one batch, and the fewest effective draws that a round may learn from.
ROUNDS = 8
LEARN_FROM = 400

# Every so-manieth world is drawn without leaning.
PLAIN_EVERY = 10

# A variable leans on at most so many others: a source may report hundreds of facts.
MOST_NEIGHBOURS = 16

# A leaning is expected to be of this size (log-odds) before any draws are seen.
USUAL_LEANING = 1.5

# Fewer weights than this show no tail, and weights of up to so many times their mean have none
# that matters: a Pareto distribution fitted to them says nothing.
FEWEST = 50
SHORT_TAIL = 10.0

# With fewer effective draws, or a heavier tail of weights, the standard errors mean nothing.
FEWEST_EFFECTIVE = 1_000
HEAVIEST_TAIL = 0.7


@dataclass(frozen=True)
class Weighted:
    r"""What weighted draws say of a model's posterior.

    Attributes
    ----------
    mean : array, shape (variables,)
        Posterior probability of yes; nan if no world fits the evidence.
    error : array, shape (variables,)
        Its Monte Carlo standard error, :math:`\sqrt{\sum_i \bar w_i^2 (x_i - \hat p)^2}`, for
        weights that sum to 1.
    log_evidence, log_evidence_error : float
        Natural log of the mean weight, which is the probability (or density, or product of
        likelihoods) of what is observed, and its Monte Carlo standard error.
    draws : int
    effective_draws : float
        Equally weighted draws that would know as much, :math:`(\sum w)^2 / \sum w^2`.
    pareto_k : float
        Shape of the upper tail of the weights; the errors cannot be trusted above 0.7. It is minus
        infinity if no weight reaches 10 times their mean.
    """

    mean: np.ndarray
    error: np.ndarray
    log_evidence: float
    log_evidence_error: float
    draws: int
    effective_draws: float
    pareto_k: float

    @property
    def trusted(self) -> bool:
        """Whether the weights are such that standard errors mean something."""
        return self.effective_draws >= FEWEST_EFFECTIVE and self.pareto_k <= HEAVIEST_TAIL


def sample(
    model: pm.Model,
    variables: Sequence[str],
    *,
    draws: int,
    seed: int,
    progress: Callable[[float], object] | None = None,
) -> Weighted:
    """Sample the posterior of yes/no variables of a model.

    Parameters
    ----------
    model : pymc.Model
        Of scalar random variables. Evidence may be observed variables and potentials; its strength
        must not depend on a continuous variable much, because only yes/no variables lean.
    variables : sequence of str
        Names of Bernoulli variables, free or observed.
    draws : int
        At least so many; rounded up to whole batches of 8,192.
    seed : int
    progress : callable, optional
        Called with the share of the work done, from 0 to 1.

    Returns
    -------
    Weighted

    Examples
    --------
    Rain has probability 20%, and a wet street is nine times likelier with it, so 9/13:

    >>> import pymc as pm
    >>> with pm.Model() as model:
    ...     rain = pm.Bernoulli("rain", 0.2)
    ...     wet = pm.Bernoulli("wet", pm.math.switch(rain, 0.9, 0.1), observed=1)
    >>> found = sample(model, ["rain"], draws=20_000, seed=1)
    >>> bool(abs(found.mean[0] - 9 / 13) < 4 * found.error[0] < 0.02)
    True
    """
    draw, neighbours = _compiled(model, variables, seed)
    rounds = ROUNDS if neighbours else 0
    batches = -(-draws // BATCH)
    leaning = np.zeros((len(neighbours), len(neighbours) + 1))
    for done in range(rounds):
        leaning = _learned(leaning, *draw(leaning)[1:], neighbours)
        if progress:
            progress((done + 1) / (rounds + batches))
    found, log_weight = [], []
    for done in range(batches):
        x, log_w, _, _ = draw(leaning)
        found.append(x.astype(bool))
        log_weight.append(log_w)
        if progress:
            progress((rounds + done + 1) / (rounds + batches))
    return _summary(found, log_weight)


def _summary(found: list[np.ndarray], log_weights: list[np.ndarray]) -> Weighted:
    log_weight = np.concatenate(log_weights)
    largest, draws = log_weight.max(), len(log_weight)
    if np.isneginf(largest):
        nothing = np.full(found[0].shape[1], np.nan)
        return Weighted(nothing, nothing, -np.inf, np.nan, draws, 0.0, np.inf)
    # No and yes apart, so that what no draw contradicts is exactly 0 or 1; batch by batch, to
    # spare memory.
    sums = np.zeros((2, 2, found[0].shape[1]))  # no and yes; of weights and of their squares
    total = squares = 0.0
    for x, log_w in zip(found, log_weights, strict=True):
        weight = np.exp(log_w - largest)
        sums += [[weight @ ~x, weight**2 @ ~x], [weight @ x, weight**2 @ x]]
        total, squares = total + weight.sum(), squares + (weight**2).sum()
    (no, no_squares), (yes, yes_squares) = sums
    mean = yes / (no + yes)
    variance = mean**2 * no_squares + (1 - mean) ** 2 * yes_squares
    return Weighted(
        mean,
        np.sqrt(variance) / total,
        float(largest + np.log(total / draws)),
        float(np.sqrt(max(squares / total**2 - 1 / draws, 0.0))),
        draws,
        float(total**2 / squares),
        _pareto_k(log_weight),
    )


def _pareto_k(log_weight: np.ndarray) -> float:
    """Fit a Pareto tail to the largest weights."""
    from arviz_stats.base import array_stats

    finite = log_weight[np.isfinite(log_weight)]
    if len(finite) < FEWEST:
        return np.inf
    if finite.max() < np.log(SHORT_TAIL) + np.logaddexp.reduce(log_weight) - np.log(
        len(log_weight)
    ):
        return -np.inf
    # ArviZ takes log likelihoods, whose negative is the log of the weight.
    return float(array_stats.psislw(-finite)[1])


# The leanings.


def _neighbours(model: pm.Model) -> list[list[int]]:
    """List for each yes/no variable those before it that share a term of the log-probability.

    Where many do, the first: what a model states early moves what it states later.
    """
    from pytensor.graph.traversal import ancestors

    nodes, basic = _yes_no(model), set(model.basic_RVs)
    place = {variable: k for k, variable in enumerate(nodes)}
    found: list[set[int]] = [set() for _ in nodes]
    for term in [*model.basic_RVs, *model.potentials]:
        inputs = ancestors(term.owner.inputs, blockers=basic)
        together = {place[variable] for variable in (term, *inputs) if variable in place}
        for k in together:
            found[k] |= {j for j in together if j < k}
    return [sorted(beside)[:MOST_NEIGHBOURS] for beside in found]


def _learned(
    leaning: np.ndarray,
    log_weight: np.ndarray,
    x: np.ndarray,
    log_odds: np.ndarray,
    neighbours: list[list[int]],
) -> np.ndarray:
    """Fit to the weighted draws how each variable leans, given its neighbours before it.

    Parameters
    ----------
    leaning : array, shape (nodes, 1 + nodes)
        A constant, and a coefficient for every other node; log-odds.
    log_weight : array, shape (draws,)
    x, log_odds : array, shape (draws, nodes)
        States, and the log-odds the model itself gives them.
    """
    possible = np.isfinite(log_weight)
    if not possible.any():
        return leaning
    log_weight, x, log_odds = log_weight[possible], x[possible], log_odds[possible]
    weight = _flattened(log_weight - log_weight.max())
    weight /= weight.sum()
    ridge = (weight**2).sum() / USUAL_LEANING**2
    result = np.zeros_like(leaning)
    for k, beside in enumerate(neighbours):
        offset = log_odds[:, k]
        free = np.isfinite(offset)  # a certain node does not lean
        features = np.column_stack([np.ones(free.sum()), x[free][:, beside]])
        at = [0, *(1 + j for j in beside)]
        result[k, at] = _logistic(features, x[free, k], offset[free], weight[free], ridge)
    return result


def _logistic(features, yes, offset, weight, ridge) -> np.ndarray:
    """Fit a weighted logistic regression with an offset by damped Newton steps."""
    slope = np.zeros(features.shape[1])
    for _ in range(20):
        p = 1 / (1 + np.exp(-np.clip(offset + features @ slope, -500, 500)))
        gradient = features.T @ (weight * (yes - p)) - ridge * slope
        curvature = (features * (weight * p * (1 - p))[:, None]).T @ features
        step = np.linalg.solve(curvature + ridge * np.eye(len(slope)), gradient)
        slope += np.clip(step, -1.0, 1.0)
        if np.abs(step).max() < 1e-3:
            break
    return slope


def _flattened(log_weight: np.ndarray) -> np.ndarray:
    """Raise weights to the largest power up to 1 that leaves enough effective draws."""
    enough = min(LEARN_FROM, len(log_weight) / 2)
    low, high = 0.0, 1.0
    power = high
    for _ in range(20):
        weight = np.exp(power * log_weight)
        if weight.sum() ** 2 / (weight**2).sum() < enough:
            high = power
        elif power == 1.0:
            return weight
        else:
            low = power
        power = (low + high) / 2
    return np.exp(low * log_weight)


# The model.


def _yes_no(model: pm.Model) -> list:
    """List the free yes/no variables, in the order in which the model states them."""
    from pytensor.tensor.random.basic import BernoulliRV

    return [v for v in model.free_RVs if isinstance(v.owner.op, BernoulliRV)]


def _drawn(model: pm.Model, neighbours: list[list[int]], leaning, leans):
    """Draw all variables forward, yes/no ones leaning where ``leans`` is 1.

    Returns
    -------
    worlds, updates : dict
        Every variable's batch, and every random state's next one.
    plain, leaned, log_odds : list
        Of each yes/no variable: log probability of its state without and with leaning, and the
        log-odds the model itself gives it.
    """
    import pymc as pm
    import pytensor
    import pytensor.tensor as pt
    from pytensor.graph.replace import vectorize_graph

    nodes = _yes_no(model)
    worlds = {variable: model.rvs_to_values[variable] for variable in model.observed_RVs}
    plain, leaned, log_odds, updates = [], [], [], {}
    for variable in model.free_RVs:
        op = variable.owner.op
        parameters = vectorize_graph(list(op.dist_params(variable.owner)), replace=worlds)
        rng = pytensor.shared(np.random.default_rng())
        if variable in nodes:
            (p,) = parameters
            k = len(log_odds)
            odds = _every(pt.log(p) - pt.log1p(-p))
            lean = leaning[k, 0]
            if beside := neighbours[k]:
                states = pt.stack([worlds[nodes[j]] for j in beside])
                lean = lean + leaning[k, 1 + np.array(beside)] @ states.astype("float64")
            next_rng, world = op.make_node(rng, (BATCH,), pt.sigmoid(odds + lean * leans)).outputs
            plain.append(pm.logp(pm.Bernoulli.dist(p=p), world))
            leaned.append(pm.logp(pm.Bernoulli.dist(p=pt.sigmoid(odds + lean)), world))
            log_odds.append(odds)
        else:
            next_rng, world = op.make_node(rng, (BATCH,), *parameters).outputs
        worlds[variable], updates[rng] = world, next_rng
    return worlds, updates, plain, leaned, log_odds


def _target(model: pm.Model, worlds: Mapping) -> list:
    """Give the terms of the log probability of worlds and evidence.

    Terms of variables that do not lean are the same above and below the line, and left out.
    """
    from pytensor.graph.replace import vectorize_graph

    terms = [*_yes_no(model), *model.observed_RVs, *model.potentials]
    if not terms:
        return []
    values = {}
    for variable in model.free_RVs:
        # PyMC states a bounded number, such as a Beta, on a scale without bounds.
        transform = model.rvs_to_transforms[variable]
        world = worlds[variable]
        values[model.rvs_to_values[variable]] = (
            transform.forward(world, *variable.owner.inputs) if transform else world
        )
    target = model.logp(vars=terms, jacobian=False, sum=False)
    return vectorize_graph(target, replace=values)


def _every(term):
    """Repeat what is one for all worlds."""
    import pytensor.tensor as pt

    return pt.broadcast_to(term, (BATCH,))


def _together(terms):
    """Put terms side by side, shape (BATCH, terms)."""
    import pytensor.tensor as pt

    return pt.stack([_every(term) for term in terms], axis=1) if terms else pt.zeros((BATCH, 0))


def _compiled(
    model: pm.Model, variables: Sequence[str], seed: int
) -> tuple[Callable, list[list[int]]]:
    """Compile the drawing of one batch of worlds.

    Returns
    -------
    draw : callable
        Leanings in; states of ``variables``, log weights, states and log-odds of all free yes/no
        variables out.
    neighbours : list of list of int
        As of `_neighbours`.
    """
    import pytensor
    import pytensor.tensor as pt
    from pymc.pytensorf import reseed_rngs
    from pytensor.compile.mode import Mode

    neighbours = _neighbours(model)
    leaning = pt.matrix("leaning", dtype="float64")
    leans = pt.vector("leans", dtype="float64")
    worlds, updates, *logs = _drawn(model, neighbours, leaning, leans)
    # Python around whole arrays: compiling thousands of nodes to C would take longer than drawing.
    # (pymc's own compile would also spend minutes on in-place random variables.)
    function = pytensor.function(
        [leaning, leans],
        [
            _together([worlds[model[name]] for name in variables]),
            _together(_target(model, worlds)).sum(axis=1),
            _together([worlds[node] for node in _yes_no(model)]),
            *(_together(terms) for terms in logs),
        ],
        updates=updates,
        mode=Mode("py", None),
        on_unused_input="ignore",
    )
    reseed_rngs(list(updates), seed)
    mask = (np.arange(BATCH) % PLAIN_EVERY > 0).astype(float)
    share = float(mask.mean())

    def draw(leaning):
        with np.errstate(all="ignore"):  # the logarithm of a probability of 0 is meant
            x, target, states, plain, leaned, odds = function(leaning, mask)
            plain, leaned = plain.sum(axis=1), leaned.sum(axis=1)
            mixture = np.logaddexp(np.log1p(-share) + plain, np.log(share) + leaned)
            return x, target - mixture, states, odds

    return draw, neighbours
