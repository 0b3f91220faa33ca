r"""A case goes in; its whole network as a plain `pymc.Model`, written the obvious way, comes out.

- Every yes/no event, every fact and the soundness of every source is a Bernoulli variable with
  `logit_p`; an event of several states is Categorical, the softmax of their log weights, and one of
  ordered states, or of an amount between its cuts, an ordered logistic variable;
- every uncertain number is a Normal variable on the log-odds scale, and stays random;
- what has happened, and facts that are confirmed or absent, are observed;
- what is held now, and the reports of each source, are potentials: log-likelihoods.

Of a count, and of a base rate for another window, the engine takes the logit-normal with the same
mean and the same standard deviation, and so does the model; or, with ``stated=True``, it draws what
was stated itself: a Beta, carried over draw by draw. Links would then move its mean. So it is
shifted on the log-odds scale, by the b that keeps the mean,

.. math:: \sum_r w_r\, E[\sigma(b + X + m_r + s_r Z)] = E[\sigma(X)], \quad
          Z \sim \mathrm{Normal}(0, 1),

where X has the distribution that was stated, the links add a median m and a spread s in row r of
the table, and w is the prior of the rows. Counts of several states are a Dirichlet, shifted state
by state in the same way. (What ties the steps between ordered states stays a logit-normal.)

Of the engine's network only constants of the mean judgements are used: base rates for the window,
intercepts, prior probabilities, and kappa. To a network, what was shifted is a node with a table,
the mean of every row; so such a network gives the constants that come of it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from graphlib import TopologicalSorter
from itertools import product
from typing import TYPE_CHECKING

import numpy as np

from forecasting.engine.network import Network
from forecasting.engine.window import Rate
from forecasting.extras import require
from forecasting.file import stated
from forecasting.file.case import Case, Event, Evidence, Link, Report, as_date
from forecasting.file.propositions import covered, event_of, every, find, receiver, settled_state
from forecasting.judgement import CERTAIN, Odds, Probability, expected, logit, sigmoid
from forecasting.shares import calibrated

if TYPE_CHECKING:
    import pymc as pm

# What was stated is laid out as so many equally likely values to solve for its shift: a mean is
# right to 0.05 points even where all of it lies at 0 and 1.
VALUES = 1_000

# And that of several states as so many Sobol points, a power of 2.
POINTS = 4096

# Names that ArviZ gives to the axes of a sample.
AXES = ("chain", "draw", "sample")


def build(
    case: Case,
    as_of: date | str | None = None,
    resolve_by: date | str | None = None,
    *,
    stated: bool = False,
) -> pm.Model:
    """Write the network of a case as a plain PyMC model.

    Extend it as any PyMC model, draw it with `pymc.model_to_mermaid` (text that notebooks
    show as a graph) or `pymc.model_to_graphviz` (needs Graphviz), or sample it with `pymc.sample`:
    that gives the uncertain numbers NUTS and flips events, facts and sources one at
    a time, so look at R-hat and the effective sample size before you believe it.

    Parameters
    ----------
    case : Case
    as_of, resolve_by : date or ISO text, optional
        Instead of the case's own dates.
    stated : bool
        Draw counts, and base rates for another window, as they were stated, not the logit-normals
        that stand in for them.

    Returns
    -------
    pymc.Model
        Its variables are named after the case, with two underlines for a dot. Bernoulli: ``EVENT``,
        ``FACT``, ``SOURCE__sound``. Categorical: ``EVENT`` with states or cuts, each of which is a
        Deterministic variable, ``EVENT__STATE``, that tells whether it is so.
        Normal, on the log-odds scale: ``EVENT__base`` (``EVENT__base_STATE``; ``EVENT__unsure`` of
        all steps together), ``EVENT__if_yes_no`` (a row of a table),
        ``FROM__TO`` (a link, or how an event moves a fact), ``FACT__if_yes``, ``FACT__if_no``,
        ``FACT__if_STATE``, ``FACT__ratio``, ``FACT__chance``, ``SOURCE__reliability``,
        ``FACT__SOURCE__hit`` and ``FACT__SOURCE__false``. Potentials: ``EVENT__now`` and
        ``SOURCE__reports``. Numbers without a range are constants. A name already taken, or that
        ArviZ uses itself, gets a number; see `variables`. What is drawn as stated is on its own
        scale: a count, ``EVENT__base`` or ``FACT__chance``, is a Beta, or of several states a
        Dirichlet.

    Raises
    ------
    InputError
        If a date does not fit the case, or PyMC is not installed.

    Examples
    --------
    >>> from forecasting.file.case import load
    >>> model = build(load("priors/first_case.yaml"))
    >>> [name for name in model.named_vars if name.startswith("bridge_closed")]
    ['bridge_closed__base', 'bridge_closed']
    """
    network = Network(case, as_date(as_of), as_date(resolve_by))
    return written(network, stated=stated)


def variables(case: Case) -> dict[str, str]:
    """Give the name in the model of each event, state and cut that tables tell of.

    Examples
    --------
    >>> from forecasting.file.case import read
    >>> variables(read("{case: x, events: {draw: {base_rate: 1%}, rain: {base_rate: 1%}}}"))
    {'draw': 'draw_2', 'rain': 'rain'}
    """
    return _Names(case).propositions


def written(network: Network, *, stated: bool = False) -> pm.Model:
    """Write the model of a network, as :func:`build` does."""
    require("to audit a case", "pymc", "arviz")
    import pymc as pm

    with pm.Model() as model:
        _Writing(network, stated).write()
    return model


def shifts(network: Network) -> bool:
    """Tell whether links move a rate for which something else stands in.

    Only then can it make a difference to draw rates as they were stated.
    """
    facts = network.case.evidence.values()
    moved = {event_of(link.target) for link in network.case.links}
    rates = [network.stated_rate(event) for event in moved]
    rates += [Rate(fact.chance) for fact in facts if fact.chance is not None]
    several = any(_dirichlet(network, event) is not None for event in moved)
    return several or any(_replaced(rate) for rate in rates if rate)


def _replaced(rate: Rate) -> bool:
    """Tell whether a logit-normal stands in for what was stated."""
    return rate.stated.logit_sd > 0 and (rate.stated.counts is not None or rate.ratio != 1)


def _dirichlet(network: Network, name: str) -> np.ndarray | None:
    """Give the Dirichlet of states that were counted, where logit-normals stand in for it.

    Of what comes about first over another period, the spreads of the logit-normals are kept by
    definition: they stand in for nothing.
    """
    event = network.case.events[name]
    counts = event.base_rate and event.base_rate.seen
    if not counts or event.ordered or network.window.ratios.get(network.node(event=name), 1) != 1:
        return None
    return np.array([*counts.values()]) + 0.5


class _Names:
    """Gives out names that no other variable has and that PyMC and xarray accept.

    Of events, and of ``propositions``, what tables tell of: yes/no events, states, cuts.
    """

    def __init__(self, case: Case) -> None:
        self._taken = set(AXES)
        self.events = {event: self(event) for event in case.events}
        told = every(case)
        self.propositions = {name: self.events.get(name) or self(name) for name in told}

    def __call__(self, wanted: str) -> str:
        wanted = wanted.replace("/", "_").replace(":", "_").replace(".", "__")
        name, count = wanted, 2
        while name in self._taken:
            name, count = f"{wanted}_{count}", count + 1
        self._taken.add(name)
        return name


class _Writing:
    """Writes a network into the PyMC model that is open."""

    def __init__(self, network: Network, stated: bool) -> None:
        import pymc

        self.pm = pymc
        self.network, self.case, self.stated = network, network.case, stated
        # Whose constants are used: the network itself, or one with a table for every node that was
        # shifted so far. What is written next hangs on those only.
        self.solved = network
        self.names = _Names(self.case)
        self.worlds: dict = {}  # variables of events written so far

    def write(self) -> None:
        """Write sources, events, facts and reports, in this order, on which draws depend."""
        case, sound = self.case, {}
        counted = {name: _counted(fact, self.known) for name, fact in case.evidence.items()}
        for source in dict.fromkeys(source for reports in counted.values() for source in reports):
            letter = case.scales.reliability[case.letter(source)]
            log_odds = self.number(f"{source}__reliability", letter)
            sound[source] = self.pm.Bernoulli(self.names(f"{source}__sound"), logit_p=log_odds)
        above = {name: case.above(name) for name in case.events}
        for name in TopologicalSorter(above).static_order():
            self.event(name)
        said: dict[str, list] = {source: [] for source in sound}
        for name, reports in counted.items():
            for source, heard in self.fact(name, reports):
                said[source].append(heard)
        kappa = self.solved.kappa()
        for source, bundle in said.items():
            with np.errstate(divide="ignore"):
                whatever_the_world = np.log(kappa[source])
            heard = self.pm.math.switch(sound[source], sum(bundle), whatever_the_world)
            self.pm.Potential(self.names(f"{source}__reports"), heard)

    def event(self, name: str) -> None:
        """Write how an event is, and what is held of it now."""
        event = self.case.events[name]
        day = event.settled.date if event.settled else event.happened or event.ruled_out
        state = settled_state(event) if day and self.known(as_date(day)) else None
        write = self.yes_no if event.is_yes_no else self.several
        self.worlds[name] = write(name, event, state)
        for told, variable in self.names.propositions.items():
            if event_of(told) == name and told != name:
                self.pm.Deterministic(variable, self.holds(told))
        if event.now is not None and state is None:
            self.pm.Potential(self.names(f"{name}__now"), self.held(name, event))

    def yes_no(self, name: str, event: Event, state: int | None):
        """Write whether an event is so."""
        if event.table is not None:
            log_odds = self.row(name, event.table, event.parents or ())
        else:
            odds = {link.source: link.odds for link in self.links(name)}
            log_odds = self.pushed("events", name, self.network.stated_rate(name), odds)
        if event.given:
            log_odds = self.pm.math.switch(self.holds(event.given), log_odds, -np.inf)
        seen = None if state is None else bool(state)
        return self.pm.Bernoulli(self.names.events[name], logit_p=log_odds, observed=seen)

    def several(self, name: str, event: Event, state: int | None):
        """Write which of several states holds, or between which cuts an amount is."""
        variable = self.names.events[name]
        if event.table is not None:
            rows = {
                row: self.weights(f"{name}__if_{row.replace(', ', '_')}", stated.with_rest(shares))
                for row, shares in event.table.items()
            }
            parents = [self.words(parent) for parent in event.parents or ()]
            each = range(len(event.states))
            logs = [_row({row: one[s] for row, one in rows.items()}, parents) for s in each]
        elif event.ordered or event.quantity is not None:
            # All steps move together, by what moves the odds of "higher".
            unsure = stated.unsure(event)
            moves = 0.0 if unsure is None else self.number(f"{name}__unsure", unsure)
            for link in self.links(name):
                odds = link.odds.inverse() if receiver(self.case, link.target).turned else link.odds
                moves += self.number(f"{link.source}__{name}", odds) * self.holds(link.source)
            cuts = -np.array(self.solved.intercepts()[0][name])
            return self.pm.OrderedLogistic(
                variable, eta=moves, cutpoints=cuts, compute_p=False, observed=state
            )
        else:
            logs = self.weights_moved(name, event)
        return self.pm.Categorical(variable, logit_p=self.pm.math.stack(logs), observed=state)

    def weights(self, name: str, shares: Mapping[str, Probability], centres=None) -> list:
        """Write the log weights of several states, each with its own uncertain number."""
        if centres is None:
            means = np.array([float(one.mean) for one in shares.values()])
            spreads = np.array([[one.logit_sd for one in shares.values()]])
            centres = calibrated(means / means.sum(), [1.0], np.zeros_like(spreads), spreads)
        by_state = zip(shares.items(), centres, strict=True)
        return [self.number(f"{name}_{state}", one, centre) for (state, one), centre in by_state]

    def weights_moved(self, name: str, event: Event) -> list:
        """Write the log weights of several states, and how links move them."""
        links, node = self.links(name), self.network.program.nodes[self.network.node(event=name)]
        counts = _dirichlet(self.network, name)
        if self.stated and counts is not None:
            shift = self.shift_of_states(name, counts, links) if links else 0 * counts
            shares = self.pm.Dirichlet(self.names(f"{name}__base"), counts)
            logs = [b + self.pm.math.log(shares[s]) for s, b in enumerate(shift)]
        else:
            window = self.network.ground.x[:, list(node.bases), 0].T.tolist()
            rates = dict(zip(event.states, (Probability(*one) for one in window), strict=True))
            centres = self.solved.intercepts()[0][name] if links else None
            logs = self.weights(f"{name}__base", rates, centres)
        for link in links:
            moves = self.number(f"{link.source}__{link.target}", link.odds)
            logs[receiver(self.case, link.target).state] += moves * self.holds(link.source)
        return logs

    def links(self, name: str) -> list[Link]:
        """List the links that lead to an event."""
        return [link for link in self.case.links if event_of(link.target) == name]

    def held(self, name: str, event: Event):
        """Give the log-likelihood of what is held now of an event, taken alone."""
        prior = np.array(self.solved.chances(event=name))
        if event.is_yes_no:
            held = float(event.now.mean) / prior[1], float(event.now.complement) / prior[0]
            return _log_either(self.worlds[name], *held)
        sets = covered(event, event.now)
        chances = {one: float(judgement.mean) for one, judgement in event.now.items()}
        others = tuple({*range(len(prior))}.difference(*sets.values()))
        if others:
            sets, chances = sets | {"": others}, chances | {"": 1 - sum(chances.values())}
        with np.errstate(divide="ignore"):  # a likelihood of 0 is meant
            logs = {
                one: np.log(chances[one] / prior[list(states)].sum())
                for one, states in sets.items()
            }
        return _which([(self.among(name, states), logs[one]) for one, states in sets.items()])

    def holds(self, name: str):
        """Tell whether a proposition is true: of a yes/no event by its own variable."""
        found = find(self.case, name)
        return self.among(found.event, found.states)

    def among(self, event: str, states: Sequence[int]):
        """Tell whether an event is in one of some states."""
        world = self.worlds[event]
        if not self.case.events[event].is_yes_no:
            return sum(self.pm.math.eq(world, state) for state in states)
        return world if 1 in states else 1 - world

    def words(self, parent: str) -> dict:
        """Give what a row of a table may say of a parent, and whether it is so."""
        if find(self.case, parent) is None:
            states = enumerate(self.case.events[parent].states)
            return {word: self.among(parent, (state,)) for state, word in states}
        holds = self.holds(parent)
        return {"yes": holds, "no": 1 - holds}

    def fact(self, name: str, reports: Mapping[str, Report]) -> Iterator[tuple[str, object]]:
        """Write whether a fact is so; give each source with how likely its report then is."""
        fact = self.case.evidence[name]
        has_come = self.known(as_date(fact.date))
        if not has_come and not reports:
            return
        if fact.chance is not None:
            odds = {event: push.odds for event, push in fact.bears_on.items()}
            log_odds = self.pushed("evidence", name, Rate(fact.chance), odds)
        elif fact.likelihood_ratio is not None:
            # if_yes is L/(1+L), so its log-odds are ln L; if_no is 1/(1+L), and they are -ln L.
            ratio = self.number(f"{name}__ratio", fact.likelihood_ratio)
            log_odds = self.pm.math.switch(self.holds(fact.bears_on), ratio, -ratio)
        elif fact.if_ is not None:
            (event,) = fact.events
            sets = covered(self.case.events[event], fact.if_)
            numbers = {one: self.number(f"{name}__if_{one}", x) for one, x in fact.if_.items()}
            log_odds = _which([(self.among(event, sets[one]), x) for one, x in numbers.items()])
        else:
            log_odds = self.row(name, {"yes": fact.if_yes, "no": fact.if_no}, fact.events)
        seen = {"confirmed": True, "absent": False}.get(fact.status) if has_come else None
        variable = self.pm.Bernoulli(self.names(name), logit_p=log_odds, observed=seen)
        for source, report in reports.items():
            yield source, self.report(name, source, report, variable)

    def row(self, name: str, rows: Mapping[str, Probability], parents: Sequence[str]):
        """Give the log-odds of the row that the states of the parents name."""
        numbers = {
            row: self.number(f"{name}__if_{row.replace(', ', '_')}", judgement)
            for row, judgement in rows.items()
        }
        return _row(numbers, [self.words(parent) for parent in parents])

    def pushed(self, part: str, name: str, rate: Rate, odds: Mapping[str, Odds]):
        """Give the log-odds of a rate and of what events do to them.

        The name is to be found in this part of the file, ``events`` or ``evidence``.
        """
        own = f"{name}__{'base' if part == 'events' else 'chance'}"
        if self.stated and _replaced(rate):
            # Alone, what was stated needs no shift.
            shift = self.shift(part, name, rate, odds) if odds else 0.0
            if rate.stated.counts:
                share = self.pm.Beta(self.names(own), *rate.stated.counts)
            else:
                share = self.pm.math.sigmoid(self.number(own, rate.stated))
            log_odds = shift + self.pm.math.logit(_carried(share, rate))
        else:
            intercept = self.solved.intercepts()[part == "evidence"][name]
            log_odds = self.number(own, rate.here, intercept)
        for parent, multiplier in odds.items():
            log_odds += self.number(f"{parent}__{name}", multiplier) * self.holds(parent)
        return log_odds

    def shift(self, part: str, name: str, rate: Rate, odds: Mapping[str, Odds]) -> float:
        """Solve for the shift that keeps the mean of a rate; from then on it counts as a table."""
        from scipy.optimize import brentq

        given = self.case.events[name].given if part == "events" else None
        rows, pushed, weight = self.rows_above(list(odds), given)
        values, goal = _values(rate), rate.here.mean
        median = pushed @ np.array([multiplier.log_median for multiplier in odds.values()])
        spread = np.sqrt(pushed @ np.array([multiplier.log_sd**2 for multiplier in odds.values()]))

        def means(shift: float) -> list[float]:
            by_row = zip(median, spread, strict=True)
            return [float(expected(shift + m + values, s).mean()) for m, s in by_row]

        far = 50 + float(np.abs(median).max())
        shift = brentq(lambda b: float(weight @ means(b)) - goal, -far, far, xtol=1e-9)
        table = dict(zip(rows, map(Probability.exactly, means(shift)), strict=True))
        self.solve_with(_tabled(self.solved.case, part, name, tuple(odds), table))
        return shift

    def shift_of_states(self, name: str, counts: np.ndarray, links: Sequence[Link]) -> np.ndarray:
        """Do the same for counted states: a Dirichlet is gammas over their sum."""
        from scipy import stats
        from scipy.optimize import minimize

        sources = [*dict.fromkeys(link.source for link in links)]
        rows, pushed, weight = self.rows_above(sources, None)
        size = len(counts) + len(links)
        even = stats.qmc.Sobol(size, rng=np.random.default_rng(0)).random(POINTS)
        logs = np.log(stats.gamma.ppf(even[:, : len(counts)], counts))
        moves = np.zeros((len(rows), *logs.shape))
        for i, link in enumerate(links):
            z = stats.norm.ppf(even[:, len(counts) + i])
            drawn = link.odds.log_median + link.odds.log_sd * z
            state = receiver(self.case, link.target).state
            moves[:, :, state] += pushed[:, [sources.index(link.source)]] * drawn
        goal = counts / counts.sum()

        def means(shift: np.ndarray) -> tuple[float, np.ndarray]:
            own = shift + logs + moves
            most = own.max(axis=-1, keepdims=True)
            weights = np.exp(own - most)
            total = weights.sum(axis=-1, keepdims=True)
            return (most + np.log(total)).mean(axis=(1, 2)), (weights / total).mean(axis=1)

        def potential(shift: np.ndarray) -> tuple[float, np.ndarray]:
            """Its gradient is how far the means are off; it is convex."""
            height, share = means(shift)
            return weight @ height - goal @ shift, weight @ share - goal

        shift = minimize(potential, 0 * goal, jac=True, method="BFGS", options={"gtol": 1e-9}).x
        shares, states = means(shift)[1], self.case.events[name].states
        table = {
            row: dict(zip(states, map(Probability.exactly, one), strict=True))
            for row, one in zip(rows, shares.tolist(), strict=True)
        }
        self.solve_with(_tabled(self.solved.case, "events", name, tuple(sources), table))
        return shift

    def rows_above(self, sources: Sequence[str], given: str | None) -> tuple[list[str], ...]:
        """List the rows of a table over propositions: in words, as 0 and 1, and their priors."""
        rows = list(product(("yes", "no"), repeat=len(sources)))
        when = {given: "yes"} if given else {}
        settings = {", ".join(row): when | dict(zip(sources, row, strict=True)) for row in rows}
        joint = np.array([*self.solved.joints(settings, prior=True).values()])
        return [*settings], np.array(rows) == "yes", joint / joint.sum()

    def solve_with(self, tabled: Case) -> None:
        """Solve for the constants of what is written from now on."""
        self.solved = Network(tabled, self.network.as_of, self.network.resolve_by)

    def report(self, name: str, source: str, report: Report, fact):
        """Give the log-likelihood of what a sound source reports of a fact, its prior mean 1."""
        p_no, p_yes = self.solved.chances(fact=name)
        if report.hit is None:
            strength = _strength(self.case, report.grade.digit, p_no, p_yes)
            if_yes, if_no = (strength, 1.0) if report.says else (1.0, strength)
            mean = p_yes * if_yes + p_no * if_no
            return _log_either(fact, if_yes / mean, if_no / mean)
        hit = self.number(f"{name}__{source}__hit", report.hit)
        false = self.number(f"{name}__{source}__false", report.false)
        means = "mean" if report.says else "complement"
        if_yes, if_no = (float(getattr(one, means)) for one in (report.hit, report.false))
        mean = p_yes * if_yes + p_no * if_no
        if mean == 0:
            return -np.inf
        log_odds, sign = self.pm.math.switch(fact, hit, false), 1 if report.says else -1
        # The log of the probability itself; its complement has minus its log-odds.
        return -self.pm.math.log1pexp(-sign * log_odds) - math.log(mean)

    def number(self, name: str, judgement: Probability | Odds, centre: float | None = None):
        """Write an uncertain number as a Normal variable, an exact one as a constant."""
        median, spread = judgement.normal
        median = float(median if centre is None else centre)
        return self.pm.Normal(self.names(name), median, spread) if spread else median

    def known(self, day: date | None) -> bool:
        """Tell whether something of a day counts."""
        return self.network.as_of is None or day is None or day <= self.network.as_of


def _row(rows: Mapping[str, object], parents: Sequence[Mapping[str, object]]):
    """Pick the row of a table that the states of its parents name."""
    if not parents:
        return rows[""]
    first, *others = parents
    under: dict[str, dict] = {word: {} for word in first}
    for states, row in rows.items():
        state, _, left = states.partition(", ")
        under[state][left] = row
    # A row that cannot come about may be left out: any will do.
    return _which([(first[word], _row(left, others)) for word, left in under.items() if left])


def _which(pairs: Sequence[tuple]):
    """Pick the value whose condition holds: one of them does, the last if no other."""
    import pymc as pm

    *some, (_, found) = pairs
    for holds, value in reversed(some):
        found = pm.math.switch(holds, value, found)
    return found


def _log_either(yes, if_yes: float, if_no: float):
    import pymc as pm

    with np.errstate(divide="ignore"):  # a likelihood of 0 is meant
        return pm.math.switch(yes, np.log(if_yes), np.log(if_no))


def _strength(case: Case, digit: str, p_no: float, p_yes: float) -> float:
    """How many times likelier a sound report of this digit is if what it says is so."""
    if digit == "6" or min(p_no, p_yes) < CERTAIN:
        return 1.0
    odds = math.exp(case.scales.credibility[digit].logit_median)
    strength = odds * max(p_no, p_yes) / min(p_no, p_yes)
    return min(strength, 1.0) if digit in "45" else strength


def _counted(fact: Evidence, known: Callable[[date | None], bool]) -> dict[str, Report]:
    """Find the latest report of each source; file order breaks ties, a contradiction counts not."""
    latest: dict[str, tuple] = {}
    says: dict[tuple, set[bool]] = {}
    for order, report in enumerate(fact.reports):
        day = as_date(report.date or fact.date)
        if known(day):
            turn = (day or date.min, order, report)
            latest[report.source] = max(latest.get(report.source, turn), turn)
            says.setdefault((report.source, turn[0]), set()).add(report.says)
    return {
        source: report for source, (day, _, report) in latest.items() if len(says[source, day]) == 1
    }


def _values(rate: Rate) -> np.ndarray:
    """Lay out what was stated, carried over, as equally likely log-odds."""
    from scipy import stats

    below = (np.arange(VALUES) + 0.5) / VALUES
    if rate.stated.counts:
        share = stats.beta.ppf(below, *rate.stated.counts)
    else:
        share = sigmoid(stats.norm.ppf(below, rate.stated.logit_median, rate.stated.logit_sd))
    return logit(_carried(share, rate))


def _carried(share, rate: Rate):
    """Carry a probability over to the window as a rate is, at a constant hazard."""
    if rate.ratio == 1:
        return share
    return share**rate.ratio if rate.lasts else 1 - (1 - share) ** rate.ratio


def _tabled(case: Case, part: str, name: str, parents: tuple[str, ...], table: Mapping) -> Case:
    """Give a case in which an event has a table; a fact becomes one, and is seen if that is so."""
    tabled = {"base_rate": None, "parents": parents, "table": table}
    if part == "events":
        links = tuple(link for link in case.links if event_of(link.target) != name)
        events = {**case.events, name: replace(case.events[name], **tabled)}
        return replace(case, events=events, links=links)
    event = f"evidence:{name}"  # no name of an event has a colon
    certain = {"if_yes": Probability.exactly(1.0), "if_no": Probability.exactly(0.0)}
    fact = replace(case.evidence[name], bears_on=event, chance=None, **certain)
    evidence = {**case.evidence, name: fact}
    return replace(case, events={**case.events, event: Event(**tabled)}, evidence=evidence)
