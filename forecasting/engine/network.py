"""A case on a day goes in; the exact probabilities of its events come out.

Events, facts and sources are yes/no nodes of one network. Because parameters of different nodes are
independent and each is used in one node, the average of P(states, evidence) over all uncertain
numbers is the product of the *expected* tables. So one exact inference in the network of expected
tables gives the forecast; uncertain numbers move it through their means only, and show in the band.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import batched

import numpy as np

from forecasting.engine import circuit, program, run
from forecasting.errors import InputError, Problem, nearest
from forecasting.file import fits
from forecasting.file.case import Case, Event, Report, as_date
from forecasting.file.values import Day
from forecasting.judgement import CERTAIN, Odds, Probability

# Cells of tables, times settings of them, that are at hand at one time: some 400 megabytes.
MOST_CELLS = 5 * 10**7

# One unit of log-odds in decibans, Good's unit of weight of evidence.
DECIBANS = 10 / float(np.log(10))

Setting = Mapping[str, "bool | str"]
Pair = tuple[str, str]


@dataclass(frozen=True)
class Solved:
    """The probabilities of moved networks.

    Attributes
    ----------
    events : tuple of str
    prior, posterior : array, shape (events, moves)
        Before and after the evidence; where a move makes the evidence impossible, NaN after it.
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
        If the dates are in the wrong order, a condition cannot come about, or the network is too
        dense.

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
            raise InputError(
                Problem(
                    "the forecast must be made before the day it is for",
                    found=f"as of {self.as_of}, resolve by {self.resolve_by}",
                )
            )
        self.event_names = tuple(case.events)
        self.fact_names = tuple(case.evidence)
        reporting = {report.source for fact in case.evidence.values() for report in fact.reports}
        self.source_names = tuple(source for source in case.sources if source in reporting)
        self._event = {name: k for k, name in enumerate(self.event_names)}
        self._fact = {name: k for k, name in enumerate(self.fact_names, len(self._event))}
        self._source = {name: i for i, name in enumerate(self.source_names)}
        self.program = program.compile(case)
        self.plan = self.program.plan
        self.window = program.window(case, self.as_of, self.resolve_by)
        reports = [(f, report) for f, fact in case.evidence.items() for report in fact.reports]
        counted = {(reports[i][0], reports[i][1].source): i for i in self.window.counted}
        self._number: dict[Pair, int] = counted
        self.counted: dict[Pair, Report] = {pair: reports[i][1] for pair, i in counted.items()}
        self._solve()

    def _solve(self) -> None:
        """Solve the constants of the mean judgements: intercepts, prior marginals, reports."""
        x = run.numbers(self.program, self.window)
        try:
            self.ground = run.ground(self.program, x)
        except run.DeadCondition as dead:
            raise self._dead_condition(dead.node) from None
        self.prior_tables = self.ground.tables[:, 0]
        self.weights = run.weighed(self.program, self.ground, self.window.counted)
        self._kappas: dict[tuple[int, ...], float] = {}

    # What the numbers of the case become.

    def base_rate(self, event: str) -> Probability | None:
        """Give an event's base rate for the window of this network, or None if it has a table."""
        stated = self.stated_rate(event)
        if stated is None:
            return None
        rate, ratio, lasts = stated
        return rate.over(ratio, lasts=lasts)

    def stated_rate(self, event: str) -> tuple[Probability, float, bool] | None:
        """Give an event's base rate as stated, the ratio of the windows, and whether it lasts."""
        return self.window.rates.get(self._event[event])

    def unconverged(self) -> dict[str, fits.Fit]:
        """Give the events whose base rates rest on a fit that was kept by force."""
        found = {
            name: fits.find(spec, start)
            for name, (spec, start) in fits.wanted(self.case, self.as_of).items()
        }
        return {name: fit for name, fit in found.items() if fit and not fit.converged}

    def settled(self, event: Event) -> date | None:
        """Find the day since which an event is known to have happened or be ruled out."""
        return program.settled_since(event, self.as_of)

    def exists(self, fact: str) -> bool:
        """Tell whether a fact's own date has come."""
        return self._fact[fact] in self.window.come

    def has_come(self, day: Day | None) -> bool:
        """Tell whether something of a day counts: a month counts from its last day."""
        return program.has_come(day, self.as_of)

    def reports(self, fact: str) -> dict[str, Report]:
        """Give the report that counts from each source: the latest one of those made so far."""
        return {source: report for (own, source), report in self.counted.items() if own == fact}

    def chances(self, *, event: str | None = None, fact: str | None = None) -> tuple[float, float]:
        """Give the prior probabilities of no and of yes: neither is 1 less the other, rounded."""
        k = self.node(event=event, fact=fact)
        return float(self.ground.no[k, 0]), float(self.ground.yes[k, 0])

    def reliability(self, source: str) -> Probability:
        """Give the probability that a source is sound, by its letter."""
        return self.case.scales.reliability[self.case.letter(source)]

    def report_table(self, pair: Pair) -> tuple[float, ...]:
        """Give the cells (fact, source): no/unsound, no/sound, yes/unsound, yes/sound."""
        no, yes = self.weights.cells[self._number[pair]][:, 0].tolist()
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

    def finding_cells(self, *, event: str | None = None, fact: str | None = None) -> slice:
        """Find the two cells that say what is found of an event or a fact: no, yes."""
        start = self.program.nodes[self.node(event=event, fact=fact)].finding
        return slice(start, start + 2)

    def events_of(self, belief: np.ndarray) -> np.ndarray:
        """Read P(yes) of every event from the belief of an evaluation."""
        return run.chances(self.program, self.plan, belief)[1][: len(self.event_names)]

    def log_odds_of(self, belief: np.ndarray) -> np.ndarray:
        """Read the log-odds of every event, also where P(yes) rounds to 1."""
        start = self.program.nodes[0].finding
        cells = belief[start : start + 2 * len(self.event_names)]
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.log(cells[1::2]) - np.log(cells[0::2])

    def solved(self, columns: Iterable[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
        """Solve for many tables, a block at a time so that memory stays bounded.

        Returns
        -------
        log_evidence : array, shape (columns,)
        log_odds : array, shape (events, columns)
            NaN where the evidence is impossible.
        """
        log_z, log_odds = [], []
        width = max(1, MOST_CELLS // (8 * self.plan.cells))
        for block in batched(columns, width):
            answer = circuit.evaluate(self.plan, np.stack(block, axis=1))
            odds = self.log_odds_of(answer.belief)
            odds[:, np.isneginf(answer.log_z)] = np.nan
            log_z.append(answer.log_z)
            log_odds.append(odds)
        if not log_z:
            return np.empty(0), np.empty((len(self.event_names), 0))
        return np.concatenate(log_z), np.concatenate(log_odds, axis=1)

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
            Solve for these only, which is faster: nodes that neither lead to them nor to evidence
            are left alone.

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
        names = self.event_names if events is None else tuple(events)
        evidence = self.evidence(do)
        nodes = [self._event[name] for name in (*names, *given, *do)]
        nodes += [*evidence.settled, *evidence.now]
        nodes += [self.program.reports[i].node for i in evidence.reports]
        needed = self.program.below[nodes].any(axis=0)
        tables = self.tables(given, do)[:, None]
        width = max(1, MOST_CELLS // (8 * self.plan.cells))
        parts = [np.empty((2 * len(names) + 1, 0))]
        for block in batched(moves, width):
            pairs = [
                dict(self.program.written(path, run.pair(one)) for path, one in move.items())
                for move in block
            ]
            parts.append(self._block(pairs, needed, evidence, tables, names, given, do))
        whole = np.concatenate(parts, axis=1)
        return Solved(names, *np.split(whole[:-1], 2), whole[-1])

    def _block(self, moves, needed, evidence, tables, names, given, do) -> np.ndarray:
        """Solve some moves: prior and posterior of the events, then the log of the evidence."""
        try:
            ground, stirred = run.moved(self.program, self.ground, moves, needed)
            tables = np.repeat(tables, len(moves), axis=1)
            kept = stirred.copy()
            kept[[self._event[name] for name in do]] = False
            run.restated(self.program, self.ground, ground, kept, evidence, tables)
        except run.DeadCondition as dead:
            raise self._dead_condition(dead.node) from None
        except run.Certain as certain:
            raise self._sure_anyway(certain) from None
        for name, yes in given.items():
            tables[self.finding_cells(event=name).start + (not yes)] = 0.0
        answer = circuit.evaluate(self.plan, tables)
        posterior = self.events_of(answer.belief)
        posterior[:, np.isneginf(answer.log_z)] = np.nan
        asked = [self._event[name] for name in names]
        return np.vstack([ground.yes[asked], posterior[asked], answer.log_z])

    # Settings: the tables with evidence, what is given, and what is made so.

    def above(self, nodes: Iterable[int]) -> set[int]:
        """Find some events and facts, by their numbers, and all events that they hang on."""
        return set(np.flatnonzero(self.program.below[list(nodes)].any(axis=0)).tolist())

    def evidence(self, do: Mapping[str, bool]) -> run.Evidence:
        """List what counts, by numbers of nodes and reports; below what is made so nothing does."""
        return run.findings(self.program, self.window, [self._event[name] for name in do])

    def findings(
        self, do: Mapping[str, bool]
    ) -> tuple[dict[str, tuple], dict[str, bool], frozenset]:
        """List what counts: statements on events, observed facts, reports."""
        found = self.evidence(do)
        statements, observed = {}, {}
        for name, k in self._event.items():
            if k in found.settled:
                statements[name] = (float(not found.settled[k]), float(found.settled[k]))
            elif k in found.now:
                statements[name] = self.statement(name)
        for name, k in self._fact.items():
            if k in found.settled:
                observed[name] = found.settled[k]
        counted = set(found.reports)
        return statements, observed, frozenset(p for p, i in self._number.items() if i in counted)

    def statement(self, name: str) -> tuple[float, float]:
        """Turn what is held now of an event, taken alone, into a likelihood of prior mean 1."""
        try:
            no, yes = run.statement(self.program, self.ground, self._event[name])[:, 0].tolist()
        except run.Certain as certain:
            raise self._sure_anyway(certain) from None
        return no, yes

    def _sure_anyway(self, certain: run.Certain) -> InputError:
        name = self.event_names[certain.node]
        node = self.case.events[name].node
        near = "" if certain.exactly else f" to within {CERTAIN:g}"
        return InputError(
            Problem(
                f"the network makes its probability exactly {round(certain.chance)}{near}, "
                "whatever is held of it now",
                node.file,
                node.value["now"].line,
                f"events.{name}.now",
                found=node.value["now"].describe(),
                accepted="now on an event that could go either way",
            )
        )

    def _dead_condition(self, k: int) -> InputError:
        name = self.event_names[k]
        given = self.case.events[name].node.value["given"]
        problem = f"its condition {given.value} has probability 0"
        accepted = "a condition that can come about"
        place = f"events.{name}.given"
        return InputError(Problem(problem, given.file, given.line, place, given.value, accepted))

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
        kinds = ("event",) * len(self.event_names) + ("fact",) * len(self.fact_names)
        for k, yes in found.settled.items():
            if (kinds[k], names[k]) not in without:
                tables[nodes[k].finding], tables[nodes[k].finding + 1] = not yes, yes
        for k in found.now:
            if (kinds[k], names[k]) not in without:
                at = nodes[k].finding
                tables[at], tables[at + 1] = self.statement(names[k])
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
        for name, yes in do.items():
            cells = tables[nodes[self._event[name]].cells]
            cells[0::2], cells[1::2] = not yes, yes
        for name, yes in given.items():
            if ("given", name) not in without:
                tables[nodes[self._event[name]].finding + (not yes)] = 0.0
        return tables

    def setting(self, setting: Setting | None, option: str) -> dict[str, bool]:
        """Read event: yes or no, as typed by a person or a program, into booleans."""
        result, problems = {}, []
        for name, value in (setting or {}).items():
            word = str(value).lower()
            if name not in self._event:
                hint = nearest(name, self.event_names)
                problems.append(
                    Problem("there is no event of this name", option, None, "", name, None, hint)
                )
            elif word not in ("yes", "no", "true", "false"):
                problems.append(
                    Problem("neither yes nor no", option, None, name, word, "yes or no")
                )
            else:
                result[name] = word in ("yes", "true")
        if problems:
            raise InputError(problems)
        return result

    def query(
        self, given: Setting | None, do: Setting | None
    ) -> tuple[dict[str, bool], dict[str, bool]]:
        """Read what is given and what is made so, and refuse what cannot be made so."""
        given, do = self.setting(given, "given"), self.setting(do, "do")
        problems = []
        for name, yes in do.items():
            condition = self.case.events[name].given
            if condition and condition not in do:
                hint = f"add {condition}=yes"
                what = f"cannot be made so unless {condition} is set too"
                problems.append(Problem(what, "do", None, "", name, None, hint))
            elif condition and yes and not do[condition]:
                problems.append(Problem(f"cannot happen without {condition}", "do", None, "", name))
        if problems:
            raise InputError(problems)
        return given, do

    def _evaluate(self, given: Setting | None, do: Setting | None) -> circuit.Evaluation:
        given, do = self.query(given, do)
        answer = circuit.evaluate(self.plan, self.tables(given, do))
        if np.isneginf(answer.log_z):
            raise self._contradiction(given, do)
        return answer

    # Constants of the mean judgements, for a second program that checks this one.

    def intercepts(self) -> tuple[dict[str, float], dict[str, float]]:
        """Give the intercepts (log-odds) of events and of facts; 0 where rows are stated."""
        values = self.ground.intercepts[:, 0].tolist()
        return (
            {name: values[k] for name, k in self._event.items()},
            {name: values[k] for name, k in self._fact.items()},
        )

    def kappa(self) -> dict[str, float]:
        """Give the prior probability of each source's reports if it is sound."""
        return dict(zip(self.source_names, self._kappa(self.window.counted), strict=True))

    # Queries.

    def prior(self) -> dict[str, float]:
        """Give the probability of every event before any evidence of this case."""
        return {name: float(self.ground.yes[v, 0]) for name, v in self._event.items()}

    def posterior(
        self, given: Setting | None = None, do: Setting | None = None
    ) -> dict[str, float]:
        """Give the probability of every event in the light of the evidence.

        Parameters
        ----------
        given : dict of event to yes or no, optional
            Suppose we learned this (condition on it).
        do : dict of event to yes or no, optional
            Suppose this were made so: what moves the event no longer does, and evidence on it and
            on what follows from it no longer counts.

        Raises
        ------
        InputError
            If the evidence contradicts itself or what is given; a smallest contradicting set is
            named.
        """
        return self._yes(self._event, given, do)

    def log_odds(self) -> dict[str, tuple[float, float]]:
        """Give log-odds of every event before and after the evidence, also where P rounds to 1."""
        after = self.log_odds_of(self._evaluate(None, None).belief)
        with np.errstate(divide="ignore"):
            before = np.log(self.ground.yes[:, 0]) - np.log(self.ground.no[:, 0])
        return {name: (float(before[v]), float(after[v])) for name, v in self._event.items()}

    def facts(self, given: Setting | None = None, do: Setting | None = None) -> dict[str, float]:
        """Give the probability of every fact in the light of all reports."""
        return self._yes(self._fact, given, do)

    def _yes(self, nodes: Mapping[str, int], given, do) -> dict[str, float]:
        belief = self._evaluate(given, do).belief
        yes = run.chances(self.program, self.plan, belief)[1].tolist()
        return {name: yes[k] for name, k in nodes.items()}

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
        self, when: Setting, given: Setting | None = None, do: Setting | None = None
    ) -> float:
        """Give the probability that a combination of events comes about."""
        return self.joints({"": when}, given, do)[""]

    def joints(
        self,
        combinations: Mapping[str, Setting],
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
            for name, yes in self.case.closed(self.setting(when, "when")).items():
                batch[self.finding_cells(event=name).start + (not yes), column] = 0.0
        chances = np.exp(circuit.evaluate(self.plan, batch).log_z - log_z)
        return {name: float(chance) for name, chance in zip(combinations, chances, strict=True)}

    def weights_alone(self) -> dict[tuple[str, str], float]:
        r"""Give the weight of each fact on each event it bears on, as if it were all the evidence.

        Returns
        -------
        dict of (fact, event) to decibans
            :math:`10 \log_{10}` of the event's posterior odds over its prior odds.
        """
        found = self.evidence({})
        nodes = {self.program.reports[i].node for i in found.reports} | {*found.settled}
        counted = [(name, k) for name, k in self._fact.items() if k in nodes]
        items = {(kind, name) for name in self.fact_names for kind in ("fact", "reports")}
        items |= {("event", name) for name in self.event_names}
        columns = (
            self.tables({}, {}, without=frozenset(items - {("fact", name), ("reports", name)}))
            for name, _ in counted
        )
        _, after = self.solved(columns)
        before = self.log_odds_of(circuit.evaluate(self.plan, self.prior_tables).belief)
        with np.errstate(invalid="ignore"):
            shift = np.nan_to_num(after - before[:, None], posinf=np.inf, neginf=-np.inf) * DECIBANS
        return {
            (name, event): float(shift[self._event[event], column])
            for column, (name, _) in enumerate(counted)
            for event in self.case.evidence[name].events
        }

    def _contradiction(self, given: Mapping[str, bool], do: Mapping[str, bool]) -> InputError:
        """Name items that cannot all hold, though without any one of them the others could."""
        statements, observed, pairs = self.findings(do)
        items = [("event", name) for name in statements]
        items += [("fact", name) for name in observed]
        items += [
            ("source", name) for name in self.source_names if any(s == name for _, s in pairs)
        ]
        items += [("given", name) for name in given]
        without: frozenset = frozenset()
        for item in items:
            fewer = without | {item}
            tables = self.tables(given, do, without=fewer)
            if np.isneginf(circuit.evaluate(self.plan, tables).log_z):
                without = fewer
        words = []
        for kind, name in (item for item in items if item not in without):
            if kind == "event":
                event = self.case.events[name]
                said = "happened" if event.happened and self.settled(event) else "ruled out"
                words.append(f"events.{name} ({said}{_on_line(event.node)})")
            elif kind == "fact":
                fact = self.case.evidence[name]
                words.append(f"evidence.{name} ({fact.status}{_on_line(fact.node)})")
            elif kind == "source":
                words.append(f"the reports of {name}")
            else:
                words.append(f"given {name}={'yes' if given[name] else 'no'}")
        words += [f"do {name}={'yes' if yes else 'no'}" for name, yes in do.items()]
        problem = "the evidence is impossible: " + (
            "these contradict each other" if len(words) > 1 else "this cannot be"
        )
        return InputError(
            Problem(
                problem,
                self.case.node.file,
                found="; ".join(words),
                hint="drop or soften one of them",
                in_full=True,
            )
        )

    def at(self, as_of: date | None = None, resolve_by: date | None = None) -> Network:
        """Give the network of the same case on other dates."""
        return Network(self.case, as_of or self.as_of, resolve_by or self.resolve_by)


def _on_line(node) -> str:
    return f", line {node.line}" if node.line else ""
