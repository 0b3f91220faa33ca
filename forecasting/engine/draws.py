"""A network with its evidence goes in; draws of its uncertain numbers, and bands, come out.

The draws are those of the numbers in the light of the evidence, all of the same weight. Given what
came about everywhere (a *world*), each number is tied to one row of one node and to nothing else;
and the posterior of worlds is that of the network of expected tables. So a draw is a world from
that network, then each number given the row and the yes or no that the world has there. Numbers
drawn without the evidence and weighed by it would leave a handful where the evidence is strong or
the ranges are wide, and a bell around their mode would miss that they lie in two places: one for
an event that happens, and one for an event that does not.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from forecasting.amounts import Answered, normal_score
from forecasting.engine import circuit
from forecasting.engine.distribution import LEVELS, Spread, distribution
from forecasting.engine.network import MOST_CELLS, Network, Setting
from forecasting.engine.program import Node, Said
from forecasting.engine.run import between, row_means, row_terms, steps, write_rows
from forecasting.engine.sobol import as_normal, uniform_draws
from forecasting.file.propositions import event_of
from forecasting.judgement import BELOW, LOG_WEIGHTS, NODES, calibrate, sigmoid
from forecasting.shares import calibrated
from forecasting.shares import learned as learned_of_states

# Enough for the ends of a 90% band to about a tenth of its width; a power of 2 keeps the points
# even.
DRAWS = 1024
SEED = 20210915

# A densely linked case gets fewer draws, so that its band takes seconds and not minutes.
LEAST_DRAWS = 128

# The band runs between these quantiles of the draws.
BAND = (0.05, 0.95)

# The mean of the draws is the exact probability, but for the luck of the draws. Where it is this
# far off, the ends of the band are no better.
ROUGH = 0.02


@dataclass(frozen=True)
class Band:
    """How far the probabilities would move if the uncertain numbers were known.

    Attributes
    ----------
    low, high, mean : dict of str to float
        5% and 95% points of P(event | evidence, numbers), and its mean, which is the exact
        probability but for the luck of the draws.
    probability : array, shape (propositions, draws)
        No draws where every number is known: the band is then the probability itself.
    quantiles : dict of str to array, shape (2, levels)
        Of each quantity the 5% and 95% points, over the draws, of the points that tables give.
    """

    low: dict[str, float]
    high: dict[str, float]
    mean: dict[str, float]
    probability: np.ndarray
    quantiles: Mapping[str, np.ndarray]

    @property
    def draws(self) -> int:
        """How many draws were made."""
        return self.probability.shape[1]


def band(
    network: Network,
    draws: int = DRAWS,
    seed: int = SEED,
    given: Setting | None = None,
    do: Setting | None = None,
) -> Band:
    """Draw all uncertain numbers in the light of the evidence, and solve the network for each draw.

    Parameters
    ----------
    network : Network
    draws : int, a power of 2 up to 4,096
    seed : int
    given, do : dict of event to yes or no, optional
        As for :meth:`Network.posterior`.

    Returns
    -------
    Band

    Raises
    ------
    InputError
        If the evidence is impossible.

    Examples
    --------
    >>> from forecasting.file.case import read
    >>> case = read("{case: rain, events: {rain: {base_rate: {low: 10%, high: 40%}}}}")
    >>> found = band(Network(case))
    >>> round(found.low["rain"], 2), round(found.high["rain"], 2)
    (0.1, 0.4)
    """
    names = network.names
    posterior = network.posterior(given, do)  # refuses what is impossible
    amounts = (name for name, event in network.case.events.items() if event.quantity)
    spreads = {name: distribution(network, name, given, do) for name in amounts}
    given, do = network.query(given, do)
    if not _uncertain(network, do):
        exact = {name: found.quantiles()[:, 1] for name, found in spreads.items()}
        ends = {name: np.stack([points, points]) for name, points in exact.items()}
        return Band(posterior, posterior, posterior, np.empty((len(names), 0)), ends)
    while draws > LEAST_DRAWS and draws * network.plan.cells > MOST_CELLS:
        draws //= 2
    tables = network.tables(given, do)
    numbers = posterior_numbers(network, tables, do, draws, seed)
    start = _drawn_tables(network, do, numbers)
    answer = circuit.evaluate(network.plan, _with_reports(network, given, do, start, numbers))
    probability = network.events_of(answer.belief)
    low, high = interval(probability)
    return Band(
        *(
            dict(zip(names, ends.tolist(), strict=True))
            for ends in (low, high, probability.mean(axis=1))
        ),
        probability,
        {
            name: _ends_of(network, name, found, numbers, answer.belief)
            for name, found in spreads.items()
        },
    )


def _ends_of(network: Network, name: str, found: Spread, z, belief) -> np.ndarray:
    """Find the ends of the bands of a quantity's points: its rows are those of each draw."""
    if found.value is not None:
        return np.full((2, len(LEVELS)), found.value)
    node = network.program.nodes[network.node(event=name)]
    offset, _, loading = row_terms(node.rows, network.ground.x[:, :, 0])
    offsets = offset[:, None] + loading @ z[_own(node)]
    joint = belief[node.cells].reshape(node.height, node.states, -1)
    drawn = Answered(found.known.prior, found.known.cuts, joint, offsets, np.zeros_like(offsets))
    points = found.scale.amount(drawn.quantiles(LEVELS))
    return interval(points)


def interval(drawn: np.ndarray) -> np.ndarray:
    """Find the 5% and 95% points of draws along the last axis, shape (2, ...).

    By Hazen's rule, as ``np.quantile`` has it, which takes longer to load what it needs.

    Examples
    --------
    >>> interval(np.arange(100.0)).tolist()
    [4.5, 94.5]
    """
    ordered, found = np.sort(drawn), []
    last = drawn.shape[-1] - 1
    for level in BAND:
        at = min(max((last + 1) * level + 0.5 - 1, 0), last)
        below, above = ordered[..., int(at)], ordered[..., min(int(at) + 1, last)]
        way = at - int(at)
        step = above - below
        found.append(below + step * way if way < 0.5 else above - step * (1 - way))
    return np.array(found)


def base_rate_bands(network: Network, event: str) -> dict[str, tuple[float, float]]:
    """Give the 90% ranges of the base rates that follow from how unsure all steps together are.

    Of each state and cut of ordered states, or of an amount; none where the steps are known. No
    link and no evidence has a part in them.

    Examples
    --------
    >>> from forecasting.file.case import read
    >>> rate = "{calm: 50%, war: rest, unsure: 4}"
    >>> case = read(
    ...     f"{{case: x, events: {{x: {{states: [calm, war], ordered: yes, base_rate: {rate}}}}}}}"
    ... )
    >>> [round(end, 4) for end in base_rate_bands(Network(case), "x")["x.war"]]
    [0.2, 0.8]
    """
    node, x = network.program.nodes[network.node(event=event)], network.ground.x[:, :, 0]
    spread = float(x[1, node.rows.params[0]])
    if node.family != "ordered" or node.states == 1 or not spread:
        return {}
    z = np.array([normal_score((i + 0.5) / DRAWS) for i in range(DRAWS)])
    medians = (float(calibrate(goal, [1.0], [0.0], [spread])) for goal in steps(node, x))
    moved = (median + spread * z for median in medians)
    cells = np.array(between([(sigmoid(-one), sigmoid(one)) for one in moved]))
    return {
        name: tuple(interval(cells[[*one.states]].sum(axis=0)).tolist())
        for name, one in network.propositions.items()
        if one.event == event
    }


def posterior_numbers(
    network: Network, tables: np.ndarray, do: Setting, draws: int, seed: int
) -> np.ndarray:
    """Draw the uncertain numbers of a network in the light of its evidence.

    Parameters
    ----------
    network : Network
    tables : array, shape (size,)
        The expected tables with the evidence in them.
    do : dict of event to bool
        Events made so: nothing is learned of what moves them.
    draws, seed : int

    Returns
    -------
    array, shape (dimensions, draws), in standard deviations from each number's median
    """
    program, x = network.program, network.ground.x[:, :, 0]
    plan = program.plan
    uniform = uniform_draws(draws, plan.variables + program.dimensions, seed)
    reached = circuit.worlds(plan, tables, uniform[: plan.variables])
    z = as_normal(uniform[plan.variables :])
    for node in _drawn_nodes(network, do):
        cell = reached[node.cells].argmax(axis=0)
        if node.family == "softmax":
            tie = uniform[plan.variables + node.dimension + len(node.rows.params)]
            _learn_states(node, x, centres(network, node), cell, z[_own(node)], tie)
        else:
            _learn_rows(node, x, centres(network, node), cell, z[_own(node)])
    for source in program.sources:
        cells = reached[source.at : source.at + 2]
        _learn(x[:, source.reliable], cells, (False, True), z[source.dimension])
    for _, said in _judged(network, do):
        for state, place in enumerate(said.pair):
            cells = [reached[said.at + 1 + 2 * state]]
            _learn(x[:, place], cells, [said.says], z[said.dimension + state])
    return z


def _own(node: Node) -> slice:
    """Find which of the draws' dimensions are a node's."""
    return slice(node.dimension, node.dimension + len(node.rows.params))


def centres(network: Network, node: Node) -> np.ndarray:
    """Give the log-odds of a node's rows where every number is at its median, of one draw.

    Returns
    -------
    array
        Of ``logit`` and ``ordered`` the intercepts, of shape (steps,); of ``softmax`` the medians
        of all states in every row, (rows, states).
    """
    x = network.ground.x[:, :, 0]
    intercepts = network.ground.intercepts[node.intercepts, 0]
    if node.family != "softmax":
        return intercepts
    offset, spread, _ = row_terms(node.rows, x)
    if node.calibrated:
        return intercepts + offset.reshape(-1, node.states)
    # Stated outright: each row has the medians that give its means.
    rows = zip(row_means(node, x), spread.reshape(-1, node.states), strict=True)
    even = np.zeros((1, node.states))
    return np.stack([calibrated(one, np.ones(1), even, spread[None]) for one, spread in rows])


def _drawn_nodes(network: Network, do: Setting) -> list[Node]:
    """List the nodes with an uncertain number, but for those that are made so."""
    sd, made = network.ground.x[1, :, 0], {network.node(event=event_of(name)) for name in do}
    return [
        node
        for k, node in enumerate(network.program.nodes)
        if k not in made and node.states > 1 and sd[node.rows.params].any()
    ]


def _judged(network: Network, do: Setting) -> list[tuple[int, Said]]:
    """List the reports that count of which an expert stated the likelihoods."""
    reports = ((i, network.program.reports[i]) for i in network.evidence(do).reports)
    return [(i, said) for i, said in reports if said.judged]


def _uncertain(network: Network, do: Setting) -> bool:
    """Tell whether any number that counts has a range."""
    program, sd = network.program, network.ground.x[1, :, 0]
    reports = [program.reports[i] for i in network.evidence(do).reports]
    places = [program.sources[said.source].reliable for said in reports]
    places += [place for _, said in _judged(network, do) for place in said.pair]
    return bool(sd[places].any() or _drawn_nodes(network, do))


def _learn_rows(node: Node, x: np.ndarray, intercepts: np.ndarray, cell: np.ndarray, z) -> None:
    """Move draws of a node's numbers, in place, from before a world is known to after.

    Only the cell of the table that came about tells anything, and only of the sum in which the
    numbers enter its row.
    """
    offset, spread, loading = row_terms(node.rows, x)
    groups = [one for one in _by_row(node, cell) if spread[one[0]]]
    rows, states = (np.array([one[i] for one in groups], dtype=int) for i in (0, 1))
    places = taught(intercepts + offset[rows, None], spread[rows], states)
    for (row, _, draws), to in zip(groups, places, strict=True):
        along, own = loading[row] / spread[row], z[:, draws]
        before = along @ own
        z[:, draws] = own + along[:, None] * (np.interp(before, NODES, to) - before)


def _learn_states(node: Node, x: np.ndarray, medians, cell: np.ndarray, z, tie) -> None:
    """Do the same for a node of several states, each of which has a sum of its own.

    What came about is learned of all sums at once; one number more, between 0 and 1, ties them.
    """
    _, spread, loading = row_terms(node.rows, x)
    spread, loading = (part.reshape(len(medians), node.states, -1) for part in (spread, loading))
    spread = spread[:, :, 0]
    for row, state, draws in _by_row(node, cell):
        if not spread[row].any():
            continue
        used = np.where(spread[row] > 0, spread[row], 1.0)
        along = loading[row] / used[:, None]
        before = along @ z[:, draws]
        after = learned_of_states(state, medians[row], spread[row], before, tie[draws])
        z[:, draws] += along.T @ (after - before)


def _by_row(node: Node, cell: np.ndarray) -> Iterator[tuple[int, int, np.ndarray]]:
    """Group draws by the row, of those where a condition holds, and the state of their worlds."""
    number = np.full(node.height, -1)
    told = np.arange(node.height)[node.told]
    number[told] = np.arange(told.size)
    order = np.argsort(cell, kind="stable")
    cells, starts = np.unique(cell[order], return_index=True)
    for at, draws in zip(cells.tolist(), np.split(order, starts[1:]), strict=True):
        row, state = divmod(at, node.states)
        if number[row] >= 0:
            yield int(number[row]), state, draws


def _learn(judged, cells, answers, z: np.ndarray) -> None:
    """Move draws of a judgement, in place, where a world is in one of its cells, yes or no."""
    median, sd = judged
    if sd:
        for reached, yes in zip(cells, answers, strict=True):
            z[reached] = learned([median], sd, int(yes), z[reached])


def learned(centres, spread: float, state: int, z: np.ndarray) -> np.ndarray:
    """Move draws of one number to what they are once a state has come about."""
    (to,) = taught([centres], [spread], [state])
    return np.interp(z, NODES, to)


def taught(centres, spreads, states) -> np.ndarray:
    r"""Find where draws of standard normal numbers go once a state has come about, row by row.

    .. math:: p(z \mid k) \propto \varphi(z)\, [\sigma(c_k + s z) - \sigma(c_{k+1} + s z)]

    with c the steps, the first of which is certain and the last followed by nothing. Each draw goes
    to where as large a share of the new distribution lies below it as of the old: found for the
    points of the expectation (``NODES``), and between them straight, which is within 1e-3 of it and
    far less than the draws lie apart.

    Parameters
    ----------
    centres : array, shape (rows, steps), log-odds of at least each state but the first
    spreads : array, shape (rows,)
    states : int array, shape (rows,), from 0 to the number of steps

    Returns
    -------
    array, shape (rows, points), ascending
    """
    centres, spreads, states = np.array(centres), np.array(spreads), np.array(states)
    some, last = np.arange(len(states)), centres.shape[1]
    # The difference is P(at least k) P(below k + 1), times what does not depend on z.
    logs = np.tile(LOG_WEIGHTS, (len(states), 1))
    for sign, step, counts in ((-1, states - 1, states > 0), (1, states, states < last)):
        at = centres[some[counts], step[counts], None] + spreads[counts, None] * NODES
        logs[counts] -= np.logaddexp(0.0, sign * at)
    weight = np.exp(logs - logs.max(axis=1, keepdims=True))
    below = (np.cumsum(weight, axis=1) - weight / 2) / weight.sum(axis=1, keepdims=True)
    return np.array([np.interp(BELOW, one, NODES) for one in below])


def _drawn_tables(network: Network, do: Setting, z: np.ndarray) -> np.ndarray:
    """Give the tables before the evidence, of numbers as they are drawn; intercepts are kept."""
    x = network.ground.x[:, :, 0]
    tables = np.repeat(network.prior_tables[:, None], z.shape[1], axis=1)
    for node in _drawn_nodes(network, do):
        offset, _, loading = row_terms(node.rows, x)
        moved = loading @ z[_own(node)]
        if node.family == "softmax":
            medians = centres(network, node)
            logs = medians[:, :, None] + moved.reshape(*medians.shape, -1)
            write_rows(tables, node, softmax(logs))
            continue
        each = ((b + offset)[:, None] + moved for b in centres(network, node))
        write_rows(tables, node, between([(sigmoid(-one), sigmoid(one)) for one in each]))
    for source in network.program.sources:
        median, sd = x[:, source.reliable]
        if sd:
            log_odds = median + sd * z[source.dimension]
            tables[source.at], tables[source.at + 1] = sigmoid(-log_odds), sigmoid(log_odds)
    return tables


def softmax(logs: np.ndarray) -> np.ndarray:
    """Turn logs of shares, (rows, states, draws), into shares by state, (states, rows, draws)."""
    shares = np.exp(logs - logs.max(axis=1, keepdims=True))
    return (shares / shares.sum(axis=1, keepdims=True)).swapaxes(0, 1)


def _with_reports(network: Network, given, do, start: np.ndarray, z: np.ndarray) -> np.ndarray:
    """Put evidence into drawn tables; what an expert said of a report is drawn too."""
    tables = network.tables(given, do, start=start)
    x = network.ground.x[:, :, 0]
    for i, said in _judged(network, do):
        if mean := network.weights.mean[i][0]:
            for state, place in enumerate(said.pair):
                log_odds = x[0, place] + x[1, place] * z[said.dimension + state]
                cells = sigmoid(log_odds if said.says else -log_odds) / mean
                tables[said.at + 1 + 2 * state] = cells
    return tables
