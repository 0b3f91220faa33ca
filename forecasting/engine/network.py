"""A case on a day goes in; the exact probabilities of its events come out.

Events, facts and sources are nodes of one network. Facts and sources are yes or no, and so are most
events; others have several states, and what is told of them are propositions, sets of states:
``cabinet.inclusive`` has a probability as ``war`` has. Because parameters of different nodes are
independent and each is used in one node, the average of P(states, evidence) over all uncertain
numbers is the product of the *expected* tables. So one exact inference in the network of expected
tables gives the forecast; uncertain numbers move it through their means only, and show in the band.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from itertools import batched

import numpy as np

from forecasting.engine import (
    circuit,
    compiler,
    impossible,
    left_out,
    run,
    supposed,
    tabulated,
    window,
)
from forecasting.engine.program import Node
from forecasting.engine.supposed import Answers, Setting
from forecasting.errors import refusal
from forecasting.file import fits
from forecasting.file.case import Case, Event, Report, as_date
from forecasting.file.periods import settled_since
from forecasting.file.propositions import event_of, every, parts_of
from forecasting.file.values import Day
from forecasting.judgement import Odds, Probability

# Cells of tables, times settings of them, that are at hand at one time: some 400 megabytes.
MOST_CELLS = 5 * 10**7

# One unit of log-odds in decibans, Good's unit of weight of evidence.
DECIBANS = 10 / float(np.log(10))

Combination = Mapping[str, "bool | str | Sequence[str]"]
Pair = tuple[str, str]


@dataclass(frozen=True)
class Solved:
    """The probabilities of moved networks.

    Attributes
    ----------
    events : tuple of str
        Propositions: yes/no events by their names, states and cuts of others.
    prior, posterior : array, shape (events, moves)
        Before and after the evidence. NaN: after it, where a move makes the evidence impossible;
        both, where it needs a row that is left out, or leaves no room for what is held now.
    log_evidence : array, shape (moves,)
        Natural log of the probability of the evidence.
    """

    events: tuple[str, ...]
    prior: np.ndarray
    posterior: np.ndarray
    log_evidence: np.ndarray

    def of(self, event: str) -> np.ndarray:
        """Give the posterior of one event, for every move."""
        return self.posterior[self.events.index(event)]


class Network:
    """The network of a case on a day, solved exactly.

    Parameters
    ----------
    case : Case
    as_of, resolve_by : date, optional
        Instead of the case's own dates.

    Raises
    ------
    InputError
        If the dates are in the wrong order, a condition cannot come about, a table leaves out a
        row that can, or the network is too dense.

    Examples
    --------
    >>> from forecasting.file.case import read
    >>> case = read('''
    ... case: rain
    ... events: {rain: {base_rate: 20%}}
    ... evidence: {wet: {bears_on: rain, if_yes: 90%, if_no: 10%, status: confirmed}}
    ... ''')
    >>> round(float(Network(case).posterior()["rain"]), 4)
    0.6923
    """

    def __init__(
        self, case: Case, as_of: date | None = None, resolve_by: date | None = None
    ) -> None:
        self.case = case
        self.as_of = as_date(as_of) or as_date(case.as_of)
        self.resolve_by = as_date(resolve_by) or as_date(case.resolve_by)
        if self.as_of and self.resolve_by and self.as_of >= self.resolve_by:
            problem = "the forecast must be made before the day it is for"
            found = f"as of {self.as_of}, resolve by {self.resolve_by}"
            raise refusal(problem, found=found)
        self.event_names = tuple(case.events)
        self.fact_names = tuple(case.evidence)
        reporting = {report.source for fact in case.evidence.values() for report in fact.reports}
        self.source_names = tuple(source for source in case.sources if source in reporting)
        self._event = {name: k for k, name in enumerate(self.event_names)}
        self._fact = {name: k for k, name in enumerate(self.fact_names, len(self._event))}
        self.program = compiler.compile(case)
        self.plan = self.program.plan
        self.window = window.window(case, self.as_of, self.resolve_by)
        self.propositions = every(case)
        self.names = tuple(self.propositions)
        self._row = {name: i for i, name in enumerate(self.names)}
        reports = [(f, report) for f, fact in case.evidence.items() for report in fact.reports]
        counted = {(reports[i][0], reports[i][1].source): i for i in self.window.counted}
        self.numbered: dict[Pair, int] = counted
        self.counted: dict[Pair, Report] = {pair: reports[i][1] for pair, i in counted.items()}
        self._solve()

    def _solve(self) -> None:
        """Solve the constants of the mean judgements: intercepts, prior marginals, reports."""
        x = run.numbers(self.program, self.window)
        try:
            self.ground = run.ground(self.program, x)
        except run.DeadCondition as dead:
            raise impossible.dead_condition(self, dead.node) from None
        self.prior_tables = self.ground.tables[:, 0]
        self.weights = run.weighed(self.program, self.ground, self.window.counted)
        self._kappas: dict[tuple[int, ...], float] = {}
        self._answered: dict[tuple, circuit.Evaluation] = {}
        self._statements: dict[str, tuple[float, ...]] = {}
        left_out.refuse(self, self.prior_tables)

    # What the numbers of the case become.

    def base_rate(self, event: str) -> Probability | None:
        """Give an event's base rate for the window of this network, or None if it has a table."""
        rate = self.stated_rate(event)
        return rate and rate.here

    def shares(self, event: str) -> dict[str, dict[str, float]] | None:
        """Give mean and spread of the base rate of each state, for the window of this network.

        None if the event has a table, or is a quantity.
        """
        node, record = self.program.nodes[self._event[event]], self.case.events[event]
        if record.states is None or not node.bases:
            return None
        x = self.ground.x[:, :, 0]
        if node.family == "ordered":
            means = run.between([run.mean(goal, 0.0) for goal in run.steps(node, x)])
            spreads = [x[1, node.rows.params[0]]] * node.states
        else:
            means = [run.mean(*pair)[1] for pair in x[:, node.bases].T.tolist()]
            spreads = x[1, list(node.bases)]
        return {
            state: {"mean": float(mean), "spread": float(spread)}
            for state, mean, spread in zip(record.states, means, spreads, strict=True)
        }

    def stated_rate(self, event: str) -> window.Rate | None:
        """Give an event's base rate as stated, the ratio of the windows, and whether it lasts."""
        return self.window.rates.get(self._event[event])

    def unconverged(self) -> dict[str, fits.Fit]:
        """Give the events whose base rates rest on a fit that was kept by force."""
        wanted = fits.wanted(self.case, self.as_of).items()
        found = ((name, fits.find(*asked)) for name, asked in wanted)
        return {name: fit for name, fit in found if fit and not fit.converged}

    def settled(self, event: Event) -> date | None:
        """Find the day since which an event is known to have happened or be ruled out."""
        return settled_since(event, self.as_of)

    def due(self, event: str) -> date | None:
        """Give the day that an event is asked for: its own, or that of the forecast."""
        return as_date(self.case.events[event].resolve_by) or self.resolve_by

    def exists(self, fact: str) -> bool:
        """Tell whether a fact's own date has come."""
        return self._fact[fact] in self.window.come

    def has_come(self, day: Day | None) -> bool:
        """Tell whether something of a day counts: a month counts from its last day."""
        return window.has_come(day, self.as_of)

    def reports(self, fact: str) -> dict[str, Report]:
        """Give the report that counts from each source: the latest one of those made so far."""
        return {source: report for (own, source), report in self.counted.items() if own == fact}

    def chances(self, *, event: str | None = None, fact: str | None = None) -> tuple[float, ...]:
        """Give the prior probability of every state: none is 1 less the others, rounded."""
        k = self.node(event=event, fact=fact)
        first, count = self.program.first[k], self.program.nodes[k].states
        return tuple(self.ground.shares[first : first + count, 0].tolist())

    def reliability(self, source: str) -> Probability:
        """Give the probability that a source is sound, by its letter."""
        return self.case.scales.reliability[self.case.letter(source)]

    def report_table(self, pair: Pair) -> tuple[float, ...]:
        """Give the cells (fact, source): no/unsound, no/sound, yes/unsound, yes/sound."""
        no, yes = self.weights.cells[self.numbered[pair]][:, 0].tolist()
        return 1.0, no, 1.0, yes

    def _kappa(self, reports: Collection[int]) -> list[float]:
        """Give the kappa of each source: the prior probability of its reports if it is sound."""
        own: list[tuple[int, ...]] = [() for _ in self.source_names]
        for i in reports:
            own[self.program.reports[i].source] += (i,)
        if new := [some for some in own if some not in self._kappas]:
            groups = [(0, some) for some in new]
            found = run.kappas(self.program, self.ground, self.weights, groups)
            self._kappas.update(zip(new, found, strict=True))
        return [self._kappas[some] for some in own]

    # Where things stand: the cells in the flat vector of all tables, and nodes by number.

    def node(self, *, event: str | None = None, fact: str | None = None) -> int:
        """Find the number of an event's or a fact's node."""
        return self._event[event] if fact is None else self._fact[fact]

    def row(self, name: str) -> int:
        """Find the row of a proposition in tables of all of them."""
        return self._row[name]

    def cells(self, name: str, holds: bool | float = True) -> np.ndarray:
        """Find the cells of an event's states that are left once a proposition holds, or not."""
        found = self.program.nodes[self._node_of(name)].found
        return found.start + np.array(supposed.states(self.case, name, holds), dtype=int)

    def finding_cells(self, fact: str) -> slice:
        """Find the two cells that say what is found of a fact: no, yes."""
        return self.program.nodes[self._fact[fact]].found

    def told_of(self, name: str, option: str) -> list[str]:
        """List the propositions that tell of an event: itself, or its states and cuts; or of one.

        Raises
        ------
        InputError
            If there is no such event, state or cut.
        """
        if name in self._row:
            return [name]
        if name in self._event:
            if parts := parts_of(self.case, name):
                return parts
            what, accepted = "has no cut to ask about", "an amount with cuts: in its case"
            raise refusal(what, option, None, "", name, accepted)
        found = list(self.setting({name: "yes"}, option))
        event, _, answer = name.partition(".")
        if answer == "yes":
            return [event]
        if answer == "no":
            what = "is told by its yes: the one is 1 less the other"
            raise refusal(what, option, None, "", name, event)
        return found

    def states(self, event: str) -> slice:
        """Find the states of an event among those of all events."""
        k = self._event[event]
        first = int(self.program.first[k])
        return slice(first, first + self.program.nodes[k].states)

    @cached_property
    def _sides(self) -> tuple[circuit.Sums, circuit.Sums]:
        """The states that make each proposition true, among those of all nodes; then the rest."""
        true, false, first = [], [], self.program.first.tolist()
        for one in self.propositions.values():
            k = self._event[one.event]
            true.append([first[k] + state for state in one.states])
            every = range(first[k], first[k] + self.program.nodes[k].states)
            false.append([state for state in every if state not in true[-1]])
        return circuit.Sums.of(true), circuit.Sums.of(false)

    def events_of(self, belief: np.ndarray) -> np.ndarray:
        """Read the probability of every proposition from the belief of an evaluation."""
        return self._sides[0].over(run.chances(self.program, self.plan, belief))

    def log_odds_of(self, belief: np.ndarray) -> np.ndarray:
        """Read the log-odds of every proposition, also where its probability rounds to 1."""
        return self._log_odds(belief[self.program.nodes[0].finding :])

    def _log_odds(self, shares: np.ndarray) -> np.ndarray:
        true, false = self._sides
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.log(true.over(shares)) - np.log(false.over(shares))

    def solved(self, columns: Iterable[np.ndarray]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Solve for many tables.

        Returns
        -------
        log_evidence : array, shape (columns,)
        log_odds : array, shape (propositions, columns)
            NaN where the evidence is impossible.
        shares : array, shape (states of all events, columns)
            Their probabilities, event by event.
        """
        log_z, log_odds, shares = [], [], []
        states = sum(node.states for node in self.program.nodes[: len(self._event)])
        for block in self._blocks(columns):
            answer = circuit.evaluate(self.plan, np.stack(block, axis=1))
            odds = self.log_odds_of(answer.belief)
            odds[:, np.isneginf(answer.log_z)] = np.nan
            log_z.append(answer.log_z)
            log_odds.append(odds)
            shares.append(run.chances(self.program, self.plan, answer.belief)[:states])
        if not log_z:
            return np.empty(0), np.empty((len(self.names), 0)), np.empty((states, 0))
        return tuple(np.concatenate(parts, axis=-1) for parts in (log_z, log_odds, shares))

    def moved(
        self,
        moves: Sequence[Mapping[str, Probability | Odds]],
        given: Setting | None = None,
        do: Setting | None = None,
        *,
        events: Collection[str] | None = None,
    ) -> Solved:
        """Solve the network under many moves of its inputs, all in one batch.

        What a slider does, for hundreds of sliders at once: each is solved exactly as the network
        of the moved case would be.

        Parameters
        ----------
        moves : sequence of dict of path to Probability or Odds
            Each a set of inputs moved together, by the paths of ``engine.inputs``. A base rate is
            that for the window of the network.
        given, do : dict of event to yes or no, optional
            As for :meth:`posterior`.
        events : collection of str, optional
            Solve for these only, which is faster: nodes that lead nowhere are left alone.

        Returns
        -------
        Solved

        Examples
        --------
        >>> from forecasting.file.case import read
        >>> network = Network(
        ...     read('''
        ... case: rain
        ... events: {rain: {base_rate: 20%}}
        ... evidence: {wet: {bears_on: rain, if_yes: 90%, if_no: 10%, status: confirmed}}
        ... ''')
        ... )
        >>> path = "events.rain.base_rate"
        >>> moves = [{path: Probability.exactly(p)} for p in (0.2, 0.5)]
        >>> network.moved(moves).of("rain").round(4).tolist()
        [0.6923, 0.9]
        """
        given, do = self.query(given, do)
        names = self.names if events is None else tuple(events)
        evidence, made = self.evidence(do), [self._node_of(name) for name in do]
        nodes = [self._node_of(name) for name in (*names, *given, *do)]
        nodes += [*evidence.settled, *evidence.now]
        nodes += [self.program.reports[i].node for i in evidence.reports]
        needed = self.program.below[nodes].any(axis=0)
        tables, asked = self.tables(given, do)[:, None], [self._row[name] for name in names]

        def solve(moves: Sequence[run.Move]) -> np.ndarray:
            """Solve some: prior and posterior of the events, then the log of the evidence."""
            every = np.repeat(tables, len(moves), axis=1)
            try:
                ground, stirred = run.moved(self.program, self.ground, moves, needed)
                stirred[made] = False
                run.restated(self.program, self.ground, ground, stirred, evidence, every)
            except run.Certain:  # halving tells which of the moves it is
                if len(moves) == 1:
                    return np.full((2 * len(names) + 1, 1), np.nan)
                half = len(moves) // 2
                return np.hstack([solve(moves[:half]), solve(moves[half:])])
            for name, holds in given.items():
                every[self.excluded(name, holds)] = 0.0
            answer = circuit.evaluate(self.plan, every)
            prior = self._sides[0].over(ground.shares)[asked]
            posterior = self.events_of(answer.belief)[asked]
            posterior[:, np.isneginf(answer.log_z)] = np.nan
            for *_, due in left_out.needed(self.program, ground.plan, ground.tables):
                prior[:, due] = posterior[:, due] = np.nan
            return np.vstack([prior, posterior, answer.log_z])

        parts = [np.empty((2 * len(names) + 1, 0))]
        for block in self._blocks(moves):
            x = self.ground.x[:, :, 0]
            parts.append(solve([run.writes(self.program, x, move) for move in block]))
        whole = np.concatenate(parts, axis=1)
        return Solved(names, *np.split(whole[:-1], 2), whole[-1])

    def _blocks(self, columns: Iterable) -> Iterator[tuple]:
        """Take columns a block at a time, so that memory stays bounded."""
        return batched(columns, max(1, MOST_CELLS // (8 * self.plan.cells)))

    # Settings: the tables with evidence, what is given, and what is made so.

    def above(self, nodes: Iterable[int]) -> set[int]:
        """Find some events and facts, by their numbers, and all events that they hang on."""
        return set(np.flatnonzero(self.program.below[list(nodes)].any(axis=0)).tolist())

    def evidence(self, do: Mapping[str, bool]) -> run.Evidence:
        """List what counts, by numbers of nodes and reports; below what is made so nothing does."""
        return run.findings(self.program, self.window, [self._node_of(name) for name in do])

    def statement(self, name: str) -> tuple[float, ...]:
        """Turn what is held now of an event, taken alone, into a likelihood of prior mean 1."""
        if name not in self._statements:
            try:
                cells = run.statement(self.program, self.ground, self._event[name])
            except run.Certain as certain:
                raise impossible.now_of_certain(self, certain) from None
            self._statements[name] = tuple(cells[:, 0].tolist())
        return self._statements[name]

    def tables(
        self,
        given: Mapping[str, bool],
        do: Mapping[str, bool],
        *,
        start: np.ndarray | None = None,
        without: frozenset = frozenset(),
    ) -> np.ndarray:
        """Put evidence into the expected tables, or into those of ``start``, which it changes.

        ``without`` leaves out what is said of an ("event", name), the status of a ("fact", name),
        the ("reports", fact) of it, all of a ("source", name), or what is ("given", name).
        """
        tables = np.array(self.prior_tables) if start is None else start
        program, found = self.program, self.evidence(do)
        nodes, reports = program.nodes, program.reports
        names = (*self.event_names, *self.fact_names)
        for k, state in found.settled.items():
            kind = "event" if k < len(self._event) else "fact"
            if (kind, names[k]) not in without:
                tables[nodes[k].found].T[:] = np.eye(nodes[k].states)[int(state)]
        for k in found.now:
            if ("event", names[k]) not in without:
                tables[nodes[k].found].T[:] = self.statement(names[k])
        kept = [
            i
            for i in found.reports
            if ("source", self.source_names[reports[i].source]) not in without
            and ("reports", names[reports[i].node]) not in without
        ]
        for source, kappa in zip(program.sources, self._kappa(kept), strict=True):
            tables[source.at] *= kappa
        for i in kept:
            at = reports[i].at
            tables[at + 1], tables[at + 3] = self.weights.cells[i][:, 0].tolist()
        self._make(tables, do)
        for name, holds in given.items():
            if ("given", name) not in without:
                tables[self.excluded(name, holds)] = 0.0
        return tables

    def _make(self, tables: np.ndarray, do: Answers) -> np.ndarray:
        """Make something so, in place."""
        for name, holds in do.items():
            node = self.program.nodes[self._node_of(name)]
            cells = tables[node.cells]
            (made,) = supposed.states(self.case, name, holds)
            for state in range(node.states):
                cells[state :: node.states] = float(state == made)
        return tables

    def _node_of(self, name: str) -> int:
        """Find the node of a proposition, or of an event."""
        return self._event[event_of(name)]

    def excluded(self, name: str, holds: bool | float) -> np.ndarray:
        """Find the cells of what is not so once a proposition holds, or does not."""
        found = self.program.nodes[self._node_of(name)].found
        return np.setdiff1d(np.arange(found.start, found.stop), self.cells(name, holds))

    def setting(self, setting: Setting | None, option: str) -> Answers:
        """Read what is supposed, as typed by a person or a program."""
        return supposed.read(self.case, setting, option)

    def query(self, given: Setting | None, do: Setting | None) -> tuple[Answers, Answers]:
        """Read what is given and what is made so, and refuse what cannot be made so."""
        given, do = self.setting(given, "given"), self.setting(do, "do")
        if supposed.made(self.case, do):
            left_out.refuse(self, self._make(self.prior_tables.copy(), do), do)
        return given, do

    def _evaluate(self, given: Setting | None, do: Setting | None) -> circuit.Evaluation:
        given, do = self.query(given, do)
        asked = tuple(given.items()), tuple(do.items())
        if (answer := self._answered.get(asked)) is None:
            answer = circuit.evaluate(self.plan, self.tables(given, do))
            if np.isneginf(answer.log_z):
                raise impossible.contradiction(self, given, do)
            answer.belief.flags.writeable = False
            self._answered = {asked: answer}  # a forecast asks the same some ten times
        return answer

    def belief(self, given: Setting | None = None, do: Setting | None = None) -> np.ndarray:
        """Give P(cell | evidence) of every cell of every table."""
        return self._evaluate(given, do).belief

    # Constants of the mean judgements, for a second program that checks this one.

    def intercepts(self) -> tuple[dict, dict]:
        """Give the intercepts (log-odds) of events and of facts; 0 where rows are stated.

        Of an event of several states one for each of them, or for each step.
        """

        def of(node: Node) -> float | list[float]:
            values = self.ground.intercepts[node.intercepts, 0].tolist()
            return values[0] if node.family == "logit" else values

        return tuple(
            {name: of(self.program.nodes[k]) for name, k in some.items()}
            for some in (self._event, self._fact)
        )

    def kappa(self) -> dict[str, float]:
        """Give the prior probability of each source's reports if it is sound."""
        return dict(zip(self.source_names, self._kappa(self.window.counted), strict=True))

    # Queries.

    def prior(self) -> dict[str, float]:
        """Give the probability of every proposition before any evidence of this case."""
        return self._named(self._sides[0].over(self.ground.shares[:, 0]))

    def _named(self, values: np.ndarray) -> dict[str, float]:
        return dict(zip(self.names, values.tolist(), strict=True))

    def posterior(
        self, given: Setting | None = None, do: Setting | None = None
    ) -> dict[str, float]:
        """Give the probability of every proposition in the light of the evidence.

        Parameters
        ----------
        given : dict of event or proposition to yes or no, a state or an amount, optional
            Suppose we learned this (condition on it).
        do : dict of event to yes or no, a state or an amount, optional
            Suppose this were made so: what moves the event no longer does, and evidence on it and
            on what follows from it no longer counts.

        Raises
        ------
        InputError
            If the evidence contradicts itself or what is given; a smallest contradicting set is
            named.
        """
        return self._named(self.events_of(self._evaluate(given, do).belief))

    def log_odds(self) -> dict[str, tuple[float, float]]:
        """Give log-odds of every proposition before and after the evidence, also near certainty."""
        after = self.log_odds_of(self._evaluate(None, None).belief)
        before = self._log_odds(self.ground.shares[:, 0])
        return dict(zip(self.names, zip(before.tolist(), after.tolist(), strict=True), strict=True))

    def facts(self, given: Setting | None = None, do: Setting | None = None) -> dict[str, float]:
        """Give the probability of every fact in the light of all reports."""
        belief = self._evaluate(given, do).belief
        shares = run.chances(self.program, self.plan, belief)
        return {name: float(shares[self.program.first[k] + 1]) for name, k in self._fact.items()}

    def soundness(
        self, given: Setting | None = None, do: Setting | None = None
    ) -> dict[str, float]:
        """Give the probability that each source is sound, in the light of all other sources."""
        belief = self._evaluate(given, do).belief
        result = {}
        for name, source in zip(self.source_names, self.program.sources, strict=True):
            unsound, sound = belief[source.at : source.at + 2]
            result[name] = float(sound / (unsound + sound))
        return result

    def log_evidence(self, given: Setting | None = None, do: Setting | None = None) -> float:
        """Give ln P(evidence, given); reports and ``now`` enter as likelihoods of prior mean 1."""
        return float(self._evaluate(given, do).log_z)

    def joint(
        self, when: Combination, given: Setting | None = None, do: Setting | None = None
    ) -> float:
        """Give the probability that a combination of propositions comes about."""
        return self.joints({"": when}, given, do)[""]

    def joints(
        self,
        combinations: Mapping[str, Combination],
        given: Setting | None = None,
        do: Setting | None = None,
        *,
        prior: bool = False,
    ) -> dict[str, float]:
        """Give the probabilities of several combinations; ``prior`` leaves evidence out."""
        if not combinations:
            return {}
        if prior:
            tables, log_z = self.prior_tables, 0.0
        else:
            log_z = self._evaluate(given, do).log_z
            tables = self.tables(*self.query(given, do))
        batch = np.repeat(tables[:, None], len(combinations), axis=1)
        for column, when in enumerate(combinations.values()):
            for name, states in self._left(when).items():
                found = self.program.nodes[self._event[name]].found
                out = {*range(found.stop - found.start)}.difference(states)
                batch[found.start + np.array(sorted(out), dtype=int), column] = 0.0
        chances = np.exp(circuit.evaluate(self.plan, batch).log_z - log_z)
        return {name: float(chance) for name, chance in zip(combinations, chances, strict=True)}

    def _left(self, when: Combination) -> dict[str, frozenset[int]]:
        """Find the states that a combination leaves each event: of lists, of answers as typed."""
        lists = {name: value for name, value in when.items() if isinstance(value, tuple | list)}
        for name, some in lists.items():
            for one in some or ("",):  # an unknown state, or none, is refused as where it is typed
                self.setting({name: one}, "when")
        others = {name: value for name, value in when.items() if name not in lists}
        return self.case.closed({**lists, **self.setting(others, "when")})

    def known_facts(self) -> list[str]:
        """List the facts that are seen, or reported, on the day, in the order of the file."""
        found = self.evidence({})
        nodes = {self.program.reports[i].node for i in found.reports} | {*found.settled}
        return [name for name, k in self._fact.items() if k in nodes]

    def weights_alone(self) -> dict[tuple[str, str], float]:
        r"""Give the weight of each fact on each event it bears on, as if it were all the evidence.

        Returns
        -------
        dict of (fact, event) to decibans
            :math:`10 \log_{10}` of the event's posterior odds over its prior odds.
        """
        counted = self.known_facts()
        items = {(kind, name) for name in self.fact_names for kind in ("fact", "reports")}
        items |= {("event", name) for name in self.event_names}
        columns = (
            self.tables({}, {}, without=frozenset(items - {("fact", name), ("reports", name)}))
            for name in counted
        )
        _, after, _ = self.solved(columns)
        before = self.log_odds_of(circuit.evaluate(self.plan, self.prior_tables).belief)
        with np.errstate(invalid="ignore"):
            shift = np.nan_to_num(after - before[:, None], posinf=np.inf, neginf=-np.inf) * DECIBANS
        return {
            (name, event): float(shift[self._row[event], column])
            for column, name in enumerate(counted)
            for event in self.asked_of(self.case.evidence[name].events)
        }

    def asked_of(self, names: Iterable[str]) -> list[str]:
        """List propositions that tables tell of, each once: an event's own, or its event's."""
        return list(
            dict.fromkeys(
                one
                for name in names
                for one in ([name] if name in self._row else parts_of(self.case, event_of(name)))
            )
        )

    def tabulated(self) -> tabulated.Tabulated:
        """Give variables with whole tables, and what was observed, as other programs know them."""
        return tabulated.tabulate(self)

    def to_pyagrum(self):
        """Make a ``pyagrum.BayesNet``; enter into it what :meth:`tabulated` has as ``observed``."""
        return tabulated.to_pyagrum(self.tabulated())

    def to_pgmpy(self):
        """Make pgmpy's ``DiscreteBayesianNetwork``, as :meth:`to_pyagrum` does."""
        return tabulated.to_pgmpy(self.tabulated())

    def at(self, as_of: date | None = None, resolve_by: date | None = None) -> Network:
        """Give the network of the same case on other dates."""
        return Network(self.case, as_of or self.as_of, resolve_by or self.resolve_by)

    @cached_property
    def horizons(self) -> dict[date, Network]:
        """The network for each horizon of the case that lies ahead."""
        ahead = (day.last for day in self.case.horizons if not self.as_of or day.last > self.as_of)
        return {day: self if day == self.resolve_by else self.at(None, day) for day in ahead}
