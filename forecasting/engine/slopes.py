"""A network and an event go in; how fast every input moves the event comes out, all at once.

Reverse differentiation of the whole solve. One pair of downward sweeps gives the derivative of the
posterior log-odds by every cell of every table. From there the chain goes back through what the
cells were made of: the weight of reports and of what is held now (which depend on prior marginals),
and the intercepts (which depend on the joint prior of the parents), from the deepest node up.
"""

from __future__ import annotations

import numpy as np

from forecasting.engine import circuit, run
from forecasting.engine.inputs import inputs
from forecasting.engine.network import Network
from forecasting.engine.program import NEVER_SUPPORTS
from forecasting.judgement import logit, steepness

# Of differences: their error is about 1e-11, and that of rounding as much.
STEP = 3e-3


def slopes(network: Network, event: str) -> dict[str, float]:
    r"""Differentiate the posterior log-odds of an event by every input.

    .. math:: \frac{d\,\mathrm{logit}\,P(\text{event} \mid \text{evidence})}{d\,x}

    where x is the centre of the input on its scale of logarithms (log-odds of a probability, log of
    a multiplier), its spread kept, and all intercepts and weights solved anew.

    Parameters
    ----------
    network : Network
    event : str

    Returns
    -------
    dict of path to float
        In the order of ``engine.inputs``. 1 means that doubling the odds of the
        input doubles the odds of the event.

    References
    ----------
    Darwiche (2003), doi:10.1145/765568.765570 (derivatives from the downward sweep).

    Examples
    --------
    The odds of an event without links follow its base rate one for one:

    >>> from forecasting.file.case import read
    >>> network = Network(read("{case: rain, events: {rain: {base_rate: 20%}}}"))
    >>> {path: round(slope, 9) for path, slope in slopes(network, "rain").items()}
    {'events.rain.base_rate': 1.0}
    """
    places = {one.path: network.program.place[one.path] for one in inputs(network)}
    if not np.isfinite(network.log_odds()[event][1]):  # settled, whatever the inputs
        return dict.fromkeys(places, 0.0)
    if any(node.family != "logit" for node in network.program.nodes):
        return _by_differences(network, event)
    by_place = _Adjoint(network, event).by_place.tolist()
    return {path: by_place[place] for path, place in places.items()}


def _by_differences(network: Network, event: str) -> dict[str, float]:
    """Differentiate by moving each input a little, where there are nodes of several states.

    Central differences of fourth order: an error of about the fourth power of the step.
    """
    found = inputs(network)
    moves = [
        {one.path: one.at(one.centre + STEP * times, one.spread)}
        for one in found
        for times in (-2, -1, 1, 2)
    ]
    y = logit(network.moved(moves, events=[event]).of(event)).reshape(-1, 4)
    by = (8 * (y[:, 2] - y[:, 1]) - (y[:, 3] - y[:, 0])) / (12 * STEP)
    return {one.path: slope for one, slope in zip(found, by.tolist(), strict=True)}


class _Adjoint:
    """Derivatives of one event's posterior log-odds, gathered from the sweeps back to the places.

    By the median at each place, which is asked for, and by its mean until all is gathered; by
    P(yes) in each row of each node's table; by each node's prior probability.
    """

    def __init__(self, network: Network, event: str) -> None:
        self.program, self.x = network.program, network.ground.x[:, :, 0]
        self.prior = run.prior(network.program, network.ground)
        tables = np.repeat(network.tables({}, {})[:, None], 2, axis=1)
        cells = np.concatenate([network.cells(event, holds) for holds in (False, True)])
        tables[cells] *= np.eye(2)  # the event did not come true; it did
        slope = circuit.evaluate(network.plan, tables).slope
        slope[cells] *= np.eye(2)  # the cell that was set to 0 is not part of it
        self.by_cell = slope[:, 1] - slope[:, 0]
        self.by_place, self.by_mean = np.zeros((2, len(self.program.paths)))
        self.of_rows = [np.zeros(len(node.rows.push)) for node in self.program.nodes]
        sizes = [node.cells.stop - node.cells.start for node in self.program.nodes]
        self.owner = np.repeat(np.arange(len(sizes)), sizes)  # node of each cell
        self._add_rows(self.by_cell)
        self.of_priors = np.zeros(len(self.program.nodes))
        evidence = network.evidence({})
        self._through_sources(evidence.reports)
        self._through_statements(evidence.now)
        self._through_reports()
        self._through_priors()
        self._through_nodes()
        if (used := np.flatnonzero(self.by_mean)).size:
            self.by_place[used] += self.by_mean[used] * steepness(*self.x[:, used])

    def _add_rows(self, by_cell: np.ndarray) -> None:
        """Turn derivatives by the cells of the nodes' tables into those by P(yes) in their rows."""
        for node, of_rows in zip(self.program.nodes, self.of_rows, strict=True):
            pairs = by_cell[node.cells].reshape(-1, 2)[node.told]
            of_rows += pairs[:, 1] - pairs[:, 0]

    def _evaluate(self, tables: np.ndarray) -> circuit.Evaluation:
        return circuit.evaluate(self.prior.plan, tables)

    def _through_sources(self, reports) -> None:
        """Go from a source to its letter; from an unsound one's bundle to the tables above."""
        program = self.program
        self.weights = weights = run.weighed(program, self.prior, reports)
        self.by_report = {
            i: self.by_cell[[program.reports[i].at + 1, program.reports[i].at + 3]] for i in reports
        }
        for s, source in enumerate(program.sources):
            own = [i for i in reports if program.reports[i].source == s]
            unsound, sound = self.by_cell[source.at : source.at + 2]
            answer, kappa = None, float(all(weights.mean[i][0] for i in own))
            if len(own) > 1:
                tables = run.sound(program, self.prior, weights, [(0, own)])
                answer = self._evaluate(tables[:, 0])
                kappa = float(np.exp(answer.log_z))
            self.by_mean[source.reliable] += sound - kappa * unsound
            if answer is None or kappa == 0:
                continue
            weight = unsound * run.mean(*self.x[:, source.reliable].tolist())[0] * kappa
            by_cell = answer.slope * weight
            for i in own:
                node, likelihood = program.nodes[program.reports[i].node], weights.cells[i][:, 0]
                belief = answer.belief[node.cells].reshape(-1, 2).sum(axis=0)
                used = likelihood > 0
                self.by_report[i][used] += weight * belief[used] / likelihood[used]
                by_cell[node.cells] *= np.tile(likelihood, node.height)
            self._add_rows(by_cell)

    def _through_statements(self, now) -> None:
        """Go from what is held now of an event to its place, and to the event's prior.

        The cells are c / P(yes) and (1 - c) / P(no).
        """
        for k in now:
            at = self.program.nodes[k].finding
            by = self.by_cell[at : at + 2]
            prior = np.concatenate(run.no_yes(self.program, self.prior, k))
            cells = run.statement(self.program, self.prior, k)[:, 0]
            self.of_priors[k] += np.subtract(*(by * cells / prior))
            self.by_mean[self.program.now[k][0][0]] += by[1] / prior[1] - by[0] / prior[0]

    def _through_reports(self) -> None:
        """Go from the two cells of a sound report to the prior of its fact, and to its strength.

        The cells are (no, yes) / mean with mean = P(no) no + P(yes) yes.
        """
        for i, (by_no, by_yes) in self.by_report.items():
            said = self.program.reports[i]
            k, sign = said.node, 1 if said.says else -1
            p_no, p_yes = (float(one[0]) for one in run.no_yes(self.program, self.prior, k))
            (no, yes), mean = self.weights.odds[i][:, 0].tolist(), float(self.weights.mean[i][0])
            if mean == 0:
                continue
            by_mean = -(by_no * no + by_yes * yes) / mean**2
            of_no = by_no / mean + by_mean * p_no
            of_yes = by_yes / mean + by_mean * p_yes
            self.of_priors[k] += by_mean * (yes - no)
            if said.judged:
                for place, by_value in zip(said.pair, (of_no, of_yes), strict=True):
                    self.by_mean[place] += sign * by_value
                continue
            strength, of_strength = (yes, of_yes) if said.says else (no, of_no)
            fixed = said.digit not in self.program.digits or p_no == 0 or p_yes == 0
            if fixed or (said.digit in NEVER_SUPPORTS and strength == 1.0):
                continue
            # Strength is odds(c) common / rare.
            by_rare = -strength / (p_no * p_yes)
            self.of_priors[k] += of_strength * by_rare * (1 if p_yes <= p_no else -1)
            self.by_place[self.program.digits[said.digit]] += of_strength * strength

    def _through_priors(self) -> None:
        """Go from prior probabilities to the tables that make them."""
        nodes = np.flatnonzero(self.of_priors)
        if not len(nodes):
            return
        tables = np.repeat(self.prior.tables, len(nodes), axis=1)
        no_cells = [slice(node.cells.start, node.cells.stop, 2) for node in self.program.nodes]
        for column, k in enumerate(nodes):
            tables[no_cells[k], column] = 0.0
        answer = self._evaluate(tables)
        by_cell = answer.slope * np.exp(answer.log_z) * self.of_priors[nodes]
        for column, k in enumerate(nodes):
            by_cell[no_cells[k], column] = 0.0
        self._add_rows(by_cell.sum(axis=1))

    def _through_nodes(self) -> None:
        """Go from rows to the places of their numbers and the joint priors above, deepest first.

        The intercept b keeps sum_r w_r E_r(b) = t sum_r w_r, with w the joint prior of the parents:
        db/dw_r = -(E_r - t) / D, D = sum_r w_r E'_r, and db/dm_i = -sum_r w_r push_ri E'_r / D.
        """
        belief = self._evaluate(self.prior.tables[:, 0]).belief
        nodes = self.program.nodes
        for level in sorted({node.level for node in nodes}, reverse=True):
            due = {}
            for k, node in enumerate(nodes):
                if node.level == level and (by_joint := self._through_node(k, belief)) is not None:
                    due[k] = by_joint
            if not due:
                continue
            tables = np.repeat(self.prior.tables, len(due), axis=1)
            for column, (k, by_joint) in enumerate(due.items()):
                whole = np.zeros(nodes[k].height)
                whole[nodes[k].told] = by_joint
                # A constant on all rows changes nothing, for they sum to 1, and keeps cells >= 0.
                whole += 1 - whole.min()
                tables[nodes[k].cells, column] = np.repeat(whole / 2, 2)
            answer = self._evaluate(tables)
            by_cell = answer.slope * np.exp(answer.log_z)
            below = self.program.below[list(due)] & ~np.eye(len(nodes), dtype=bool)[list(due)]
            self._add_rows(np.where(below[:, self.owner].T, by_cell, 0.0).sum(axis=1))

    def _through_node(self, k: int, belief: np.ndarray) -> np.ndarray | None:
        """Go from a node's rows to its places; give derivatives by the joint prior above."""
        node = self.program.nodes[k]
        offset, spread, _ = run.row_terms(node.rows, self.x)
        slope = steepness(self.prior.intercepts[node.intercept, 0] + offset, spread)
        through = self.of_rows[k] * slope
        by_joint = None
        if node.calibrated and (of_intercept := float(through.sum())):
            joint = run.parents_joint(node, belief[node.cells])
            scale = float(joint @ slope)
            through = through - of_intercept * joint * slope / scale
            self.by_mean[node.bases[0]] += of_intercept * float(joint.sum()) / scale
            no, yes = run.mean(*self.x[:, node.bases[0]].tolist())
            table = self.prior.tables[node.cells, 0].reshape(-1, 2)[node.told]
            # The difference of what is small keeps its digits.
            off = no - table[:, 0] if yes > 0.5 else table[:, 1] - yes
            by_joint = -of_intercept * off / scale
        elif node.bases and not node.calibrated:
            self.by_place[node.bases[0]] += through[0]
        np.add.at(self.by_place, node.rows.params, through @ node.rows.push)
        return by_joint
