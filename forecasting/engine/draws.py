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

from dataclasses import dataclass

import numpy as np

from forecasting.engine import circuit
from forecasting.engine.families import drawn, learned
from forecasting.engine.network import MOST_CELLS, Network, Setting
from forecasting.engine.sobol import as_normal, uniform_draws

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
    probability : array, shape (events, draws)
        No draws where every number is known: the band is then the probability itself.
    """

    low: dict[str, float]
    high: dict[str, float]
    mean: dict[str, float]
    probability: np.ndarray

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
    names = network.event_names
    posterior = network.posterior(given, do)  # refuses what is impossible
    given, do = network.query(given, do)
    if not _uncertain(network, do):
        return Band(posterior, posterior, posterior, np.empty((len(names), 0)))
    while draws > LEAST_DRAWS and draws * network.plan.cells > MOST_CELLS:
        draws //= 2
    tables = network.tables(given, do)
    numbers = posterior_numbers(network, tables, do, draws, seed)
    start = _drawn_tables(network, numbers)
    answer = circuit.evaluate(network.plan, _with_reports(network, given, do, start, numbers))
    probability = network.events_of(answer.belief)
    low, high = np.quantile(probability, BAND, axis=1, method="hazen")
    return Band(
        *(
            dict(zip(names, ends.tolist(), strict=True))
            for ends in (low, high, probability.mean(axis=1))
        ),
        probability,
    )


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
    plan = network.plan
    uniform = uniform_draws(draws, plan.variables + network.dimensions, seed)
    reached = circuit.worlds(plan, tables, uniform[: plan.variables])
    z = as_normal(uniform[plan.variables :])
    made = {network.node(event=event) for event in do}
    for k, family in enumerate(network.families):
        if k not in made and family.loading.any():
            own = slice(family.dimension, family.dimension + family.loading.shape[1])
            family.learn(network.intercept_of(k), reached[plan.slice(k)].argmax(axis=0), z[own])
    for source in network.source_names:
        letter = network.reliability(source)
        cells = reached[network.source_cells(source)]
        _learn(letter, cells, (False, True), z[network.dimension_of(source=source)])
    for pair in network.findings(do)[2]:
        report = network.counted[pair]
        if report.hit is not None:
            _, if_no, _, if_yes = reached[network.report_cells(pair)]
            first = network.dimension_of(pair=pair)
            _learn(report.false, [if_no], [report.says], z[first])
            _learn(report.hit, [if_yes], [report.says], z[first + 1])
    return z


def _learn(judged, cells, answers, z: np.ndarray) -> None:
    """Move draws of a judgement, in place, where a world is in one of its cells, yes or no."""
    if judged.logit_sd:
        for reached, yes in zip(cells, answers, strict=True):
            z[reached] = learned(judged.logit_median, judged.logit_sd, yes, z[reached])


def _uncertain(network: Network, do: Setting) -> bool:
    """Tell whether any number that counts has a range."""
    made = {network.node(event=event) for event in do}
    pairs = network.findings(do)[2]
    reports = [network.counted[pair] for pair in pairs]
    judged = [network.reliability(source) for source in {source for _, source in pairs}]
    judged += [one for report in reports for one in (report.hit, report.false) if one]
    return any(one.logit_sd for one in judged) or any(
        family.loading.any() for k, family in enumerate(network.families) if k not in made
    )


def _drawn_tables(network: Network, z: np.ndarray) -> np.ndarray:
    plan = network.plan
    tables = np.repeat(network.prior_tables[:, None], z.shape[1], axis=1)
    for k, family in enumerate(network.families):
        if family.loading.any():
            tables[plan.slice(k)] = family.drawn_table(network.intercept_of(k), z)
    for source in network.source_names:
        letter = network.reliability(source)
        if letter.logit_sd:
            own = z[network.dimension_of(source=source)]
            tables[network.source_cells(source)] = drawn(letter, own, False), drawn(letter, own)
    return tables


def _with_reports(network: Network, given, do, start: np.ndarray, z: np.ndarray) -> np.ndarray:
    """Put evidence into drawn tables; what an expert said of a report is drawn too."""
    tables = network.tables(given, do, start=start)
    for pair in network.findings(do)[2]:
        report = network.counted[pair]
        if report.hit is not None and (mean := network.weighed(pair)):
            first = network.dimension_of(pair=pair)
            cells = network.report_cells(pair)
            for state, judged in enumerate((report.false, report.hit)):
                sound = drawn(judged, z[first + state], report.says) / mean
                tables[cells.start + 1 + 2 * state] = sound
    return tables
