"""A network and what came about go in; how probable all of it was, and what was to be expected.

The questions of one case hang together, so an average over them has fewer independent parts than
answers. What one case earns is one number, the joint log score: the probability that it gave to all
of its outcomes together. And a case says itself how well it should do: worlds drawn from its own
joint distribution give the range in which its scores should lie if it was right.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from forecasting.engine import circuit
from forecasting.engine.network import Network
from forecasting.engine.sobol import uniform_draws
from forecasting.ledger import formulas

Outcomes = Mapping[str, "bool | str | float"]

# The share of worlds drawn that is within a range, as for every band of the toolkit.
RANGE = (0.05, 0.95)


@dataclass(frozen=True)
class JointScore:
    r"""What a case gave to all that came about, in nats; 0 is perfect, infinite is shown as such.

    Attributes
    ----------
    outcomes : int
        How many.
    posterior, prior : float
        :math:`\ln P(\text{all outcomes})`, in the light of the evidence and before any.
    posterior_marginals, prior_marginals : float
        :math:`\sum_i \ln P(\text{outcome}_i)`: the same if none told anything of another.
    """

    outcomes: int
    posterior: float
    prior: float
    posterior_marginals: float
    prior_marginals: float


@dataclass(frozen=True)
class Expectation:
    """What a case expected of itself, and how it did.

    Attributes
    ----------
    score : str
        ``brier`` and ``log`` (means over the questions), or ``yes`` (how many questions).
    expected, low, high : float
        Mean over the worlds that the case holds possible, and their 5% and 95% points.
    real : float
        What came.
    at_most : float
        Share of those worlds in which it is no more.
    """

    score: str
    expected: float
    low: float
    high: float
    real: float
    at_most: float


def joint_score(network: Network, outcomes: Outcomes) -> JointScore:
    """Score all outcomes of a case together, exactly.

    Parameters
    ----------
    network : Network
    outcomes : dict of event or proposition to yes or no, a state, or an amount
        Of an amount that it lies between its cuts is scored.

    Raises
    ------
    InputError
        If there is no such event, state or cut, or the evidence contradicts itself.

    Examples
    --------
    >>> from forecasting.file.case import read
    >>> network = Network(
    ...     read('''
    ... case: weather
    ... events: {rain: {base_rate: 20%}, mud: {given: rain, base_rate: 50%}}
    ... ''')
    ... )
    >>> found = joint_score(network, {"rain": "yes", "mud": "yes"})
    >>> [round(float(np.exp(nats)), 4) for nats in (found.prior, found.prior_marginals)]
    [0.1, 0.02]
    """
    after = network.belief()
    before = circuit.evaluate(network.plan, network.prior_tables).belief
    answers = network.setting(outcomes, "outcomes")
    cells = [network.cells(name, holds) for name, holds in answers.items()]
    excluded = [network.excluded(name, holds) for name, holds in answers.items()]
    columns = []
    for tables in (network.tables({}, {}), network.prior_tables):
        came = tables.copy()
        came[np.concatenate([*excluded, []]).astype(int)] = 0.0
        columns += [came, tables]
    log_z = circuit.evaluate(network.plan, np.stack(columns, axis=1)).log_z
    joint = (log_z[::2] - log_z[1::2]).tolist()
    alone = [[p[some].sum() for some in cells] for p in (after, before)]
    return JointScore(len(answers), *joint, *formulas.log_score(alone).sum(axis=1).tolist())


def expected(
    network: Network, outcomes: Outcomes, *, draws: int = 4096, seed: int = 0
) -> tuple[Expectation, ...]:
    """Tell how a case should score by its own account, and how it did.

    Amounts have no Brier score and are left out.

    Parameters
    ----------
    network : Network
    outcomes : dict of event or proposition to yes or no, or a state
    draws : int, a power of 2 up to 4,096
    seed : int

    Raises
    ------
    InputError
        If there is no such event, state or cut, or the evidence contradicts itself.
    ValueError
        If no question is left.

    Examples
    --------
    >>> from forecasting.file.case import read
    >>> network = Network(read("{case: sky, events: {rain: {base_rate: 20%}}}"))
    >>> brier, _, yes = expected(network, {"rain": "yes"})
    >>> round(brier.expected, 3), round(brier.real, 3), brier.at_most, round(yes.expected, 2)
    (0.16, 0.64, 1.0, 0.2)
    """
    belief = network.belief()
    uniform = uniform_draws(draws, network.plan.variables, seed)
    worlds = circuit.worlds(network.plan, network.tables({}, {}), uniform)
    scores = [*_scores(network, outcomes, belief, worlds)]
    if not scores:
        raise ValueError("no outcome is a yes, a no or a state: there is nothing to be expected")
    brier, given, yes = (np.stack(part) for part in zip(*scores, strict=True))
    found = {"brier": brier.mean(axis=0), "log": given.mean(axis=0), "yes": yes.sum(axis=0)}
    return tuple(_expectation(score, *np.split(x, [draws])) for score, x in found.items())


def _scores(network, outcomes, belief, worlds) -> Iterator[tuple[np.ndarray, ...]]:
    """Score each question in every world drawn and, last, in the real one: Brier, log and yes."""
    for name, value in outcomes.items():
        ((told, holds),) = network.setting({name: value}, "outcomes").items()
        event = network.case.events.get(name)
        if event is None or event.states is None:
            if not isinstance(holds, bool):
                continue
            cells = network.cells(told)
            came = np.append(worlds[cells].any(axis=0), holds)
            p, no = belief[cells].sum(), belief[network.excluded(told, True)].sum()
            yield formulas.brier(p, came), formulas.log_score(np.where(came, p, no)), came * 1.0
            continue
        node = network.program.nodes[network.node(event=name)]
        (real,) = network.cells(told) - node.found.start
        came = np.append(worlds[node.found].argmax(axis=0), real)
        p = belief[node.found]
        brier = formulas.ordered_brier if event.ordered else formulas.multi_brier
        yield brier(p[None], came), formulas.log_score(p[came]), np.zeros(len(came))


def _expectation(score: str, drawn: np.ndarray, real: np.ndarray) -> Expectation:
    low, high = np.quantile(drawn, RANGE, method="inverted_cdf")
    # Sums of the same parts in another order differ in their last digits.
    at_most = (drawn <= real + 1e-12).mean()
    return Expectation(score, *map(float, (drawn.mean(), low, high, real[0], at_most)))
