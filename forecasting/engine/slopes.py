"""A network and an event go in; how fast every input moves the event comes out, all at once.

Reverse differentiation of the whole solve. One pair of downward sweeps gives the derivative of the
posterior log-odds by every cell of every table. From there the chain goes back through what the
cells were made of: the weight of reports and of what is held now (which depend on prior marginals),
and the intercepts (which depend on the joint prior of the parents), from the deepest node up.
"""

from __future__ import annotations

import numpy as np

from forecasting.engine import circuit
from forecasting.engine.families import rows
from forecasting.engine.inputs import Input, inputs
from forecasting.engine.moves import prior_plan
from forecasting.engine.network import NEVER_SUPPORTS, SAYS_NOTHING, Network
from forecasting.judgement import Probability, steepness


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
        In the order of ``inputs.inputs``. 1 means that doubling the odds of the
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
    if not np.isfinite(network.log_odds()[event][1]):  # settled, whatever the inputs
        return dict.fromkeys((one.path for one in inputs(network)), 0.0)
    return _Adjoint(network, event).by_input()


class _Adjoint:
    """Derivatives of one event's posterior log-odds, gathered from the sweeps back to the inputs.

    Attributes
    ----------
    of_rows : list of array, shape (rows,)
        By P(yes) in each row of each node's table.
    of_marginals : array, shape (nodes,)
        By each node's prior marginal.
    of_intercept : dict of int to float
        By the intercept of each calibrated node.
    """

    def __init__(self, network: Network, event: str) -> None:
        self.network = network
        self.plan = prior_plan(tuple(family.scope for family in network.families))
        self.prior_tables = np.concatenate(
            [network.prior_table(k) for k in range(len(network.families))]
        )
        tables = np.repeat(network.tables({}, {})[:, None], 2, axis=1)
        cells = network.finding_cells(event=event)
        tables[cells] *= np.eye(2)  # the event did not come true; it did
        slope = circuit.evaluate(network.plan, tables).slope
        slope[cells] *= np.eye(2)  # the cell that was set to 0 is not part of it
        self.by_cell = slope[:, 1] - slope[:, 0]
        self.of_rows = [
            self._by_rows(k, self.by_cell[network.plan.slice(k)])
            for k in range(len(network.families))
        ]
        self.of_marginals = np.zeros(len(network.families))
        self.of_intercept: dict[int, float] = {}
        self._through_sources()
        self._through_statements()
        self._through_reports()
        self._through_marginals()
        self._through_intercepts()

    def _by_rows(self, k: int, by_cell: np.ndarray) -> np.ndarray:
        """Turn derivatives by the cells of a node's table into those by P(yes) in its rows."""
        pairs = by_cell.reshape(-1, 2)
        if self.network.families[k].conditional:
            pairs = pairs[len(pairs) // 2 :]
        return pairs[:, 1] - pairs[:, 0]

    def _through_sources(self) -> None:
        """Go from the chance of an unsound source's bundle to its reports and the tables above."""
        network = self.network
        _, _, pairs = network.findings({})
        self.by_report = {  # in one order, so that the last digits are the same every time
            pair: self.by_cell[network.report_cells(pair)][[1, 3]].copy() for pair in sorted(pairs)
        }
        kappa = network.bundles(pairs)
        for source in network.source_names:
            facts = [fact for fact, other in self.by_report if other == source]
            if len(facts) < 2 or kappa[source] == 0:
                continue
            unsound = float(network.reliability(source).complement)
            weight = self.by_cell[network.source_cells(source)][0] * unsound * kappa[source]
            tables = self.prior_tables.copy()
            for fact in facts:
                _, no, _, yes = network.report_table((fact, source))
                cells = tables[self.plan.slice(network.node(fact=fact))]
                cells[0::2] *= no
                cells[1::2] *= yes
            answer = circuit.evaluate(self.plan, tables)
            by_cell = answer.slope.copy()
            for fact in facts:
                part = self.plan.slice(network.node(fact=fact))
                likelihood = np.array(network.report_table((fact, source)))[[1, 3]]
                belief = answer.belief[part].reshape(-1, 2).sum(axis=0)
                used = likelihood > 0
                self.by_report[fact, source][used] += weight * belief[used] / likelihood[used]
                by_cell[part] *= np.tile(likelihood, (part.stop - part.start) // 2)
            for k in range(len(network.families)):
                self.of_rows[k] += weight * self._by_rows(k, by_cell[self.plan.slice(k)])

    def _through_statements(self) -> None:
        """Go from what is held now of an event to the event's prior."""
        network = self.network
        self.by_statement = {}
        for event in network.event_names:
            record = network.case.events[event]
            if record.now is None or network.settled(record):
                continue
            v = network.node(event=event)
            no, yes = self.by_cell[network.finding_cells(event=event)]
            if_no, if_yes = network.statement(event, record.now)
            p_no, p_yes = network.chances(event=event)
            # The cells are c / p_yes and (1 - c) / p_no.
            self.of_marginals[v] += no * if_no / p_no - yes * if_yes / p_yes
            self.by_statement[event] = yes / p_yes - no / p_no

    def _through_reports(self) -> None:
        """Go from the two cells of a sound report to the prior of its fact, and to its strength.

        The cells are (no, yes) / mean with mean = P(no) no + P(yes) yes.
        """
        network = self.network
        self.by_strength = {}
        for pair, (by_no, by_yes) in self.by_report.items():
            report = network.counted[pair]
            v = network.node(fact=pair[0])
            p_no, p_yes = network.chances(fact=pair[0])
            no, yes = network.likelihood(pair)
            mean = p_no * no + p_yes * yes
            if mean == 0:
                continue
            by_mean = -(by_no * no + by_yes * yes) / mean**2
            of_no = by_no / mean + by_mean * p_no
            of_yes = by_yes / mean + by_mean * p_yes
            self.of_marginals[v] += by_mean * (yes - no)
            if report.hit is not None:
                self.by_strength[pair] = of_no, of_yes
                continue
            strength = network.strength(report, p_no, p_yes)
            of_strength = of_yes if report.says else of_no
            digit = report.grade.digit
            fixed = digit == SAYS_NOTHING or p_no == 0 or p_yes == 0
            if fixed or (digit in NEVER_SUPPORTS and strength == 1.0):
                continue
            # Strength is odds(c) common / rare.
            by_rare = -strength / (p_no * p_yes)
            self.of_marginals[v] += of_strength * by_rare * (1 if p_yes <= p_no else -1)
            self.by_strength[pair] = of_strength * strength

    def _through_marginals(self) -> None:
        """Go from prior marginals to the tables that make them."""
        nodes = np.flatnonzero(self.of_marginals)
        if not len(nodes):
            return
        tables = np.repeat(self.prior_tables[:, None], len(nodes), axis=1)
        no_cells = [np.arange(self.plan.size)[self.plan.slice(k)][0::2] for k in nodes]
        for column, no in enumerate(no_cells):
            tables[no, column] = 0.0
        answer = circuit.evaluate(self.plan, tables)
        by_cell = answer.slope * np.exp(answer.log_z) * self.of_marginals[nodes]
        for column, no in enumerate(no_cells):
            by_cell[no, column] = 0.0
        total = by_cell.sum(axis=1)
        for k in range(len(self.of_rows)):
            self.of_rows[k] += self._by_rows(k, total[self.plan.slice(k)])

    def _through_intercepts(self) -> None:
        """Go from calibrated nodes to the joint priors of their parents, deepest first.

        The intercept b keeps sum_r w_r E_r(b) = t sum_r w_r, with w the joint prior of the parents:
        db/dw_r = -(E_r - t) / D, D = sum_r w_r E'_r.
        """
        network, plan = self.network, self.plan
        belief = circuit.evaluate(plan, self.prior_tables).belief
        self.joint, self.steepness, self.scale = {}, {}, {}
        deepest_first = sorted(
            {network.depth[k] for k in range(len(network.families))}, reverse=True
        )
        for level in deepest_first:
            due = []
            for k, family in enumerate(network.families):
                if network.depth[k] != level:
                    continue
                centre = network.intercept_of(k) + family.median
                self.steepness[k] = steepness(centre, family.spread)
                if not family.calibrated:
                    continue
                joint = belief[plan.slice(k)].reshape(-1, 2).sum(axis=1)
                if family.conditional:
                    joint = joint[len(joint) // 2 :]
                self.joint[k] = joint
                self.scale[k] = float(joint @ self.steepness[k])
                self.of_intercept[k] = float(self.of_rows[k] @ self.steepness[k])
                if self.of_intercept[k]:
                    due.append(k)
            if not due:
                continue
            tables = np.repeat(self.prior_tables[:, None], len(due), axis=1)
            for column, k in enumerate(due):
                family = network.families[k]
                table = network.prior_table(k).reshape(-1, 2)[-len(self.joint[k]) :]
                off = table[:, 1] - family.base.mean
                if family.base.mean > 0.5:  # the difference of what is small keeps its digits
                    off = family.base.complement - table[:, 0]
                by_joint = -self.of_intercept[k] * off / self.scale[k]
                whole = np.zeros(len(network.prior_table(k)) // 2)
                whole[-len(by_joint) :] = by_joint
                # A constant on all rows changes nothing, for they sum to 1, and keeps cells >= 0.
                whole += 1 - whole.min()
                tables[plan.slice(k), column] = np.stack([whole, whole], axis=1).ravel() / 2
            answer = circuit.evaluate(plan, tables)
            by_cell = answer.slope * np.exp(answer.log_z)
            for column, k in enumerate(due):
                for above in self.network.above([k]) - {k}:
                    part = by_cell[plan.slice(above), column]
                    self.of_rows[above] += self._by_rows(above, part)

    def by_input(self) -> dict[str, float]:
        """Turn derivatives by rows, intercepts and cells into those by inputs."""
        return {one.path: float(self._by_input(one)) for one in inputs(self.network)}

    def _by_input(self, one: Input) -> float:
        network = self.network
        section, *rest = one.path.split(".")
        if section == "scales":
            return self._by_scale(rest[0], rest[1], one.judgement)
        if section == "links":
            source, target, key = rest
            k, parents = network.node(event=target), network.case.parents(target)
            return self._by_link(k, parents.index(source), key)
        if section == "events":
            name, key = rest[0], rest[1]
            k = network.node(event=name)
            if key == "now":
                return self.by_statement.get(name, 0.0) * _steepness_of(one.judgement)
            if key == "table":
                bits = "".join("01"[word == "yes"] for word in rest[2].split(", "))
                return self._by_row(k, int(bits, 2))
            return self._by_base_rate(k, one.judgement)
        name, key = rest[0], rest[1]
        k, fact = network.node(fact=name), network.case.evidence[name]
        if key == "bears_on":
            return self._by_link(k, fact.events.index(rest[2]), rest[3])
        if key == "chance":
            return self._by_base_rate(k, one.judgement)
        if key == "likelihood_ratio":
            return self._by_row(k, 1) - self._by_row(k, 0)
        if key == "reports":
            report = fact.reports[int(rest[2])]
            return self._by_report(name, report, rest[3]) * _steepness_of(one.judgement)
        return self._by_row(k, int(key == "if_yes"))

    def _by_row(self, k: int, row: int) -> float:
        return self.of_rows[k][row] * self.steepness[k][row]

    def _by_base_rate(self, k: int, rate: Probability) -> float:
        if k not in self.of_intercept:
            return self._by_row(k, 0)
        by_mean = self.of_intercept[k] * self.joint[k].sum() / self.scale[k]
        return by_mean * _steepness_of(rate)

    def _by_link(self, k: int, parent: int, key: str) -> float:
        on = rows(len(self.network.families[k].scope) - 1 - self.network.families[k].conditional)
        on = on[:, parent] == 1
        through_rows = self.of_rows[k][on] @ self.steepness[k][on]
        share = self.joint[k][on] @ self.steepness[k][on] / self.scale[k]
        total = through_rows - self.of_intercept[k] * share
        return -total if key == "lowers" else total

    def _by_report(self, fact: str, report, key: str) -> float:
        pair = fact, report.source
        if self.network.counted.get(pair) is not report or pair not in self.by_strength:
            return 0.0
        of_no, of_yes = self.by_strength[pair]
        by_value = of_yes if key == "hit" else of_no
        return by_value if report.says else -by_value

    def _by_scale(self, scale: str, key: str, judgement: Probability) -> float:
        network = self.network
        counted = network.counted
        if scale == "credibility":
            return sum(
                by_strength
                for pair, by_strength in self.by_strength.items()
                if counted[pair].hit is None and counted[pair].grade.digit == key
            )
        kappa = network.kappa()
        total = 0.0
        for source in network.source_names:
            if network.case.letter(source) == key:
                unsound, sound = self.by_cell[network.source_cells(source)]
                total += sound - kappa[source] * unsound
        return total * _steepness_of(judgement)


def _steepness_of(judgement: Probability) -> float:
    return float(steepness(judgement.logit_median, judgement.logit_sd))
