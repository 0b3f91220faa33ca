r"""A PyMC model of discrete variables goes in; its posterior, from weighted draws, comes out.

Markov chains that flip one discrete variable at a time get stuck where evidence ties several of
them together, and may look converged. So the draws here are independent: each is a world drawn
forward, from parents to children, by the model's own random variables, and weighed by how well it
explains what the model observes (likelihood weighting). Few such worlds would fit it. So each
discrete variable leans while drawing: a linear function of its neighbours drawn before it is added
to its log-odds, of several states to those of each against the first, and the weight takes it out
again,

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

# Log of a probability of 0, where it must be a number.
IMPOSSIBLE = -1e4

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
        How many were made.
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
    """Sample the posterior of what a model says is so or not.

    Parameters
    ----------
    model : pymc.Model
        Of Bernoulli and Categorical variables, each a scalar, and of uncertain numbers. Evidence
        may be observed variables and potentials; its strength must not depend on a continuous
        variable much, because only discrete variables lean.
    variables : sequence of str
        Names of Bernoulli variables, free or observed, or of Deterministic ones that are 0 or 1.
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
    rounds = ROUNDS if neighbours.size else 0
    batches = -(-draws // BATCH)
    leaning = np.zeros((neighbours.size, neighbours.size + 1))
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


@dataclass(frozen=True)
class _Neighbours:
    """The free discrete variables of a model, in its order, and on which others each leans.

    Of every state but the first there is a row of leanings, and a column for what leans on it.
    """

    nodes: list
    states: list[int]  # how many each has
    # For each those before it that share a term of the log-probability. Where many do, the first:
    # what a model states early moves what it states later.
    before: list[list[int]]

    @classmethod
    def of(cls, model: pm.Model) -> _Neighbours:
        from pytensor.graph.traversal import ancestors
        from pytensor.tensor.random.basic import BernoulliRV, CategoricalRV

        kinds, basic = BernoulliRV | CategoricalRV, set(model.basic_RVs)
        nodes = [variable for variable in model.free_RVs if isinstance(variable.owner.op, kinds)]
        place = {variable: k for k, variable in enumerate(nodes)}
        found: list[set[int]] = [set() for _ in nodes]
        for term in [*model.basic_RVs, *model.potentials]:
            inputs = ancestors(term.owner.inputs, blockers=basic)
            together = {place[variable] for variable in (term, *inputs) if variable in place}
            for k in together:
                found[k] |= {j for j in together if j < k}
        before = [sorted(beside)[:MOST_NEIGHBOURS] for beside in found]
        return cls(nodes, [_count(variable) for variable in nodes], before)

    @property
    def size(self) -> int:
        """Rows of leanings."""
        return sum(self.states) - len(self.states)

    def rows(self, k: int) -> list[int]:
        """Find the rows of a variable: one for each of its states but the first."""
        start = sum(self.states[:k]) - k
        return [*range(start, start + self.states[k] - 1)]

    def columns(self, k: int) -> list[int]:
        """Find the columns of what a variable leans on, but for the constant, which is column 0."""
        return [1 + row for j in self.before[k] for row in self.rows(j)]


def _learned(leaning, log_weight, x, logs, neighbours: _Neighbours) -> np.ndarray:
    """Fit to the weighted draws how each variable leans, given its neighbours before it.

    Of the leanings, (rows, 1 + rows), the first column is a constant; x, (draws, rows), tells which
    states came about; the logs, (draws, all states), are those that the model itself gives.
    """
    possible = np.isfinite(log_weight)
    if not possible.any():
        return leaning
    log_weight, x, logs = log_weight[possible], x[possible], logs[possible]
    weight = _flattened(log_weight - log_weight.max())
    weight /= weight.sum()
    ridge = (weight**2).sum() / USUAL_LEANING**2
    result = np.zeros_like(leaning)
    first = 0
    for k, count in enumerate(neighbours.states):
        offset = logs[:, first : first + count]
        first += count
        free = np.isfinite(offset).sum(axis=1) > 1  # a certain node does not lean
        columns, rows = neighbours.columns(k), neighbours.rows(k)
        features = np.column_stack([np.ones(free.sum()), x[free][:, [at - 1 for at in columns]]])
        offset = np.maximum(offset[free], IMPOSSIBLE)
        slopes = _logistic(features, x[free][:, rows], offset, weight[free], ridge)
        result[np.ix_(rows, [0, *columns])] = slopes
    return result


def _logistic(features, states, offset, weight, ridge) -> np.ndarray:
    """Fit a weighted logistic regression with an offset, (draws, states), by damped Newton steps.

    The slopes are of shape (states - 1, features): what came about of all states but the first.
    """
    count, size = states.shape[1], features.shape[1]
    slope = np.zeros((count, size))
    for _ in range(20):
        logs = offset.copy()
        for s in range(count):
            logs[:, 1 + s] += features @ slope[s]
        p = _shares(logs)[:, 1:]
        gradient = [
            features.T @ (weight * (states[:, s] - p[:, s])) - ridge * slope[s]
            for s in range(count)
        ]
        curvature = np.zeros((count, size, count, size))
        for s, t in np.ndindex(count, count):
            both = weight * p[:, s] * ((1 - p[:, s]) if s == t else -p[:, t])
            curvature[s, :, t] = (features * both[:, None]).T @ features
        curvature = curvature.reshape(count * size, -1) + ridge * np.eye(count * size)
        step = np.linalg.solve(curvature, np.concatenate(gradient))
        slope += np.clip(step, -1.0, 1.0).reshape(slope.shape)
        if np.abs(step).max() < 1e-3:
            break
    return slope


def _shares(logs: np.ndarray) -> np.ndarray:
    """Give the probabilities whose logs these are, up to a constant in each row."""
    apart = np.clip(logs[:, None, :] - logs[:, :, None], -500, 500)
    return 1 / np.exp(apart).sum(axis=2)


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


def _count(variable) -> int:
    """Count the states of a discrete variable."""
    from pytensor.tensor.random.basic import BernoulliRV

    if isinstance(variable.owner.op, BernoulliRV):
        return 2
    (p,) = variable.owner.op.dist_params(variable.owner)
    return p.type.shape[-1] or int(p.shape[-1].eval())


def _drawn(model: pm.Model, neighbours: _Neighbours, leaning, leans):
    """Draw all variables forward, discrete ones leaning where ``leans`` is 1.

    Gives every variable's batch, every random state's next one, and of the discrete ones whether
    each state but the first came about, the log probability without leaning (by variable) and with
    it, and that of every state, up to a constant for each variable.
    """
    import pymc as pm
    import pytensor
    import pytensor.tensor as pt
    from pytensor.graph.replace import vectorize_graph
    from pytensor.tensor.random.basic import BernoulliRV

    worlds = {variable: model.rvs_to_values[variable] for variable in model.observed_RVs}
    states, plain, leaned, logs, updates = [], {}, [], [], {}
    for variable in model.free_RVs:
        op = variable.owner.op
        parameters = vectorize_graph(list(op.dist_params(variable.owner)), replace=worlds)
        rng = pytensor.shared(np.random.default_rng())
        if variable not in neighbours.nodes:
            next_rng, world = op.make_node(rng, (BATCH,), *parameters).outputs
            worlds[variable], updates[rng] = world, next_rng
            continue
        (p,) = parameters
        k = neighbours.nodes.index(variable)
        lean = [leaning[row, 0] for row in neighbours.rows(k)]
        if columns := neighbours.columns(k):
            beside = pt.stack([states[at - 1] for at in columns]).astype("float64")
            rows = zip(lean, neighbours.rows(k), strict=True)
            lean = [one + leaning[row, np.array(columns)] @ beside for one, row in rows]
        if isinstance(op, BernoulliRV):
            kind, odds = pm.Bernoulli, _every(pt.log(p) - pt.log1p(-p))
            logs += [pt.zeros(BATCH), odds]
            leaning_p, drawn_p = (pt.sigmoid(odds + lean[0] * on) for on in (1.0, leans))
        else:
            kind, p = pm.Categorical, pt.broadcast_to(p, (BATCH, neighbours.states[k]))
            logs += [pt.log(p[:, s]) for s in range(neighbours.states[k])]
            lean = pt.stack([pt.zeros(BATCH), *map(_every, lean)], axis=1)
            leaning_p, drawn_p = (
                pt.special.softmax(pt.log(p) + lean * on, axis=-1) for on in (1.0, leans[:, None])
            )
        next_rng, world = op.make_node(rng, (BATCH,), drawn_p).outputs
        plain[variable] = pm.logp(kind.dist(p=p), world)
        leaned.append(pm.logp(kind.dist(p=leaning_p), world))
        states += [pt.eq(world, s) for s in range(1, neighbours.states[k])]
        worlds[variable], updates[rng] = world, next_rng
    return worlds, updates, states, plain, leaned, logs


def _target(model: pm.Model, worlds: Mapping, plain: Mapping) -> list:
    """Give the terms of the log probability of worlds and evidence.

    Terms of variables that do not lean are the same above and below the line, and left out. Those
    of several states are as they were drawn: PyMC would look them up world by world.
    """
    from pytensor.graph.replace import vectorize_graph

    several = [plain[v] for v in plain if _count(v) > 2]
    terms = [v for v in plain if _count(v) == 2]
    terms += [*model.observed_RVs, *model.potentials]
    if not terms:
        return several
    values = {}
    for variable in model.free_RVs:
        # PyMC states a bounded number, such as a Beta, on a scale without bounds.
        transform = model.rvs_to_transforms[variable]
        world = worlds[variable]
        values[model.rvs_to_values[variable]] = (
            transform.forward(world, *variable.owner.inputs) if transform else world
        )
    target = model.logp(vars=terms, jacobian=False, sum=False)
    return [*vectorize_graph(target, replace=values), *several]


def _every(term):
    """Repeat what is one for all worlds."""
    import pytensor.tensor as pt

    return pt.broadcast_to(term, (BATCH,))


def _together(terms):
    """Put terms side by side, shape (BATCH, terms)."""
    import pytensor.tensor as pt

    return pt.stack([_every(term) for term in terms], axis=1) if terms else pt.zeros((BATCH, 0))


def _compiled(model: pm.Model, variables: Sequence[str], seed: int) -> tuple[Callable, _Neighbours]:
    """Compile the drawing of one batch of worlds, and say who leans on whom.

    Leanings in; states of ``variables``, log weights, and of all free discrete variables states and
    their logs out.
    """
    import pytensor
    import pytensor.tensor as pt
    from pymc.pytensorf import reseed_rngs
    from pytensor.compile.mode import Mode
    from pytensor.graph.replace import vectorize_graph
    from pytensor.graph.rewriting.db import RewriteDatabaseQuery

    neighbours = _Neighbours.of(model)
    leaning = pt.matrix("leaning", dtype="float64")
    leans = pt.vector("leans", dtype="float64")
    worlds, updates, states, plain, *logs = _drawn(model, neighbours, leaning, leans)
    asked = vectorize_graph([model[name] for name in variables], replace=worlds)
    # Python around whole arrays: compiling thousands of nodes to C would take longer than drawing.
    # (pymc's own compile would also spend minutes on in-place random variables.) One rewrite is
    # worth its time: without it what is repeated for every world is repeated by a call of Python.
    function = pytensor.function(
        [leaning, leans],
        [
            _together(asked),
            _together(_target(model, worlds, plain)).sum(axis=1),
            _together(states),
            *(_together(terms) for terms in ([*plain.values()], *logs)),
        ],
        updates=updates,
        mode=Mode("py", RewriteDatabaseQuery(include=["local_second_to_alloc"])),
        on_unused_input="ignore",
    )
    reseed_rngs(list(updates), seed)
    mask = (np.arange(BATCH) % PLAIN_EVERY > 0).astype(float)
    share = float(mask.mean())

    def draw(leaning):
        with np.errstate(all="ignore"):  # the logarithm of a probability of 0 is meant
            x, target, states, plain, leaned, logs = function(leaning, mask)
            plain, leaned = plain.sum(axis=1), leaned.sum(axis=1)
            mixture = np.logaddexp(np.log1p(-share) + plain, np.log(share) + leaned)
        return x, target - mixture, states, logs

    return draw, neighbours
