"""A case on a day goes in; the exact probabilities of its events come out.

Events, facts and sources are yes/no nodes of one network. Because parameters of different nodes are
independent and each is used in one node, the average of P(states, evidence) over all uncertain
numbers is the product of the *expected* tables. So one exact inference in the network of expected
tables gives the forecast; uncertain numbers move it through their means only, and show in the band.
"""

from __future__ import annotations

import copy
from collections.abc import Iterable, Mapping
from datetime import date
from functools import cached_property, lru_cache
from itertools import batched

import numpy as np

from forecasting.engine import circuit
from forecasting.engine.families import Family, linked, rows, stated
from forecasting.errors import InputError, Problem, nearest
from forecasting.file import fits
from forecasting.file.case import Case, Event, Evidence, Report, as_date
from forecasting.file.values import Day
from forecasting.judgement import (
    CERTAIN,
    Probability,
    calibrate,
    months_between,
)

# Cells of tables, times settings of them, that are at hand at one time: some 400 megabytes.
MOST_CELLS = 5 * 10**7

# One unit of log-odds in decibans, Good's unit of weight of evidence.
DECIBANS = 10 / float(np.log(10))

# Digits of the Admiralty code that never support what they report.
NEVER_SUPPORTS = ("4", "5")
SAYS_NOTHING = "6"


Setting = Mapping[str, "bool | str"]


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
        self._event = {name: i for i, name in enumerate(self.event_names)}
        self._fact = {name: len(self.event_names) + i for i, name in enumerate(self.fact_names)}
        first_source = len(self.event_names) + len(self.fact_names)
        self._source = {name: first_source + i for i, name in enumerate(self.source_names)}
        self._build()
        self._solve()

    # What the numbers of the case become.

    def base_rate(self, event: str) -> Probability | None:
        """Give an event's base rate for the window of this network, or None if it has a table."""
        stated = self.stated_rate(event)
        if stated is None:
            return None
        rate, ratio, lasts = stated
        return rate.over(ratio, lasts=lasts)

    def stated_rate(self, event: str) -> tuple[Probability, float, bool] | None:
        """Give an event's base rate as stated, and how it is carried over to this window.

        Returns
        -------
        rate : Probability
        ratio : float
            Length of this window over that of the one it was stated for.
        lasts : bool
            Its complement is what is carried over.
        """
        record = self.case.events[event]
        if record.base_rate is None:
            return None
        settled = self.settled(record)
        start = min(self.as_of, settled) if settled and self.as_of else self.as_of
        base = record.base_rate.probability
        if record.base_rate.model is not None:
            months = fits.window(self.case, event, start, self.resolve_by)
            fit = self._fit(event, start)
            if months is not None:
                return *fit.nearest(months), False
            base = fit.windows[0].probability
        if record.base_rate.within is None:
            return base, 1.0, False
        months = months_between(start, self.resolve_by)
        return base, months / record.base_rate.within, record.kind == "lasts"

    def _fit(self, event: str, start: date | None) -> fits.Fit:
        """Find the fit of a base rate that a model estimates; it is never made here."""
        fit = fits.find(self.case.events[event].base_rate.model, start)
        if fit is None:
            file = self.case.node.file
            day = f" --as-of {self.as_of}" if self.as_of != as_date(self.case.as_of) else ""
            hint = f"forecasting fit {file}{day}"
            what = "this base rate has not been fitted yet"
            raise InputError(fits.problem(self.case, event, what, hint))
        return fit

    def unconverged(self) -> dict[str, fits.Fit]:
        """Give the events whose base rates rest on a fit that was kept by force."""
        found = {
            name: fits.find(spec, start)
            for name, (spec, start) in fits.wanted(self.case, self.as_of).items()
        }
        return {name: fit for name, fit in found.items() if fit and not fit.converged}

    def settled(self, event: Event) -> date | None:
        """Find the day since which an event is known to have happened or be ruled out."""
        day = as_date(event.happened or event.ruled_out)
        return day if day and (self.as_of is None or day <= self.as_of) else None

    def exists(self, fact: str) -> bool:
        """Tell whether a fact's own date has come."""
        return self.has_come(self.case.evidence[fact].date)

    def has_come(self, day: Day | None) -> bool:
        """Tell whether something of a day counts: a month counts from its last day."""
        return day is None or self.as_of is None or day.last <= self.as_of

    def reports(self, fact: str) -> dict[str, Report]:
        """Give the report that counts from each source: the latest one of those made so far.

        A source that affirms and denies the fact on one and the same day says nothing of it; among
        reports of a day that agree, the last in the file counts.
        """
        record = self.case.evidence[fact]
        latest: dict[str, tuple[date, list[Report]]] = {}
        for report in record.reports:
            day = report.date or record.date
            if self.has_come(day):
                when = day.last if day else date.min
                before, told = latest.get(report.source, (when, []))
                if when >= before:
                    latest[report.source] = when, [*(told if when == before else ()), report]
        return {
            source: told[-1]
            for source, (_, told) in latest.items()
            if len({report.says for report in told}) == 1
        }

    # Structure.

    def _build(self) -> None:
        self.families: list[Family] = []
        dimension = 0
        for name, event in self.case.events.items():
            family = self._event_family(name, event, dimension)
            self.families.append(family)
            dimension += family.loading.shape[1]
        for name, fact in self.case.evidence.items():
            family = self._fact_family(name, fact, dimension)
            self.families.append(family)
            dimension += family.loading.shape[1]
        self._source_dimension = {name: dimension + i for i, name in enumerate(self.source_names)}
        dimension += len(self.source_names)
        pairs = []
        for name, fact in self.case.evidence.items():
            pairs += dict.fromkeys((name, report.source) for report in fact.reports)
        self._pairs = tuple(pairs)
        self._report_dimension = {pair: dimension + 2 * i for i, pair in enumerate(self._pairs)}
        self.dimensions = dimension + 2 * len(self._pairs)

        # Factors: every node's family; room for a finding on every event and fact; every source;
        # and what each source reports of each fact.
        scopes = [family.scope for family in self.families]
        self._finding = {
            v: len(scopes) + v for v in range(len(self.event_names) + len(self.fact_names))
        }
        scopes += [(v,) for v in self._finding]
        self._soundness = {name: len(scopes) + i for i, name in enumerate(self.source_names)}
        scopes += [(v,) for v in self._source.values()]
        self._report = {pair: len(scopes) + i for i, pair in enumerate(self._pairs)}
        scopes += [(self._fact[fact], self._source[source]) for fact, source in self._pairs]
        try:
            self.plan = _plan(tuple(scopes), len(self._finding) + len(self.source_names))
        except circuit.TooDense as error:
            file = self.case.node.file
            raise InputError(
                Problem(str(error), file, hint="remove some links or shared sources")
            ) from None

    def _event_family(self, name: str, event: Event, dimension: int) -> Family:
        parents = self.case.parents(name)
        scope = (*(self._event[parent] for parent in parents), self._event[name])
        if event.given:
            scope = (self._event[event.given], *scope)
        if event.table is not None:
            ordered = [
                event.table[", ".join("yes" if bit else "no" for bit in bits)]
                for bits in rows(len(parents)).astype(int).tolist()
            ]
            return stated(scope, ordered, bool(event.given), dimension)
        links = [link.odds for link in self.case.links if link.target == name]
        return linked(scope, self.base_rate(name), links, bool(event.given), dimension)

    def _fact_family(self, name: str, fact: Evidence, dimension: int) -> Family:
        scope = (*(self._event[event] for event in fact.events), self._fact[name])
        if fact.chance is not None:
            return linked(
                scope, fact.chance, [push.odds for push in fact.bears_on.values()], False, dimension
            )
        if fact.likelihood_ratio is not None:
            # if_yes = L/(1+L) and if_no = 1/(1+L): one uncertain number, seen from both sides.
            ratio = fact.likelihood_ratio
            median = np.array([-ratio.log_median, ratio.log_median])
            loading = np.array([[-ratio.log_sd], [ratio.log_sd]])
            return Family(scope, median, loading, None, False, dimension)
        return stated(scope, [fact.if_no, fact.if_yes], False, dimension)

    # Constants of the mean judgements: intercepts, prior marginals, the weight of reports.

    def _solve(self) -> None:
        plan = self.plan
        tables = np.ones(plan.size)
        for name in self.source_names:
            letter = self.reliability(name)
            tables[plan.slice(self._soundness[name])] = (letter.complement, letter.mean)
        intercepts = np.zeros(len(self.families))
        waiting = []
        for k, family in enumerate(self.families):
            if family.calibrated:
                waiting.append(k)
                tables[plan.slice(k)] = 0.5
                continue
            intercepts[k] = family.base.logit_median if family.base else 0.0
            tables[plan.slice(k)] = family.expected_table(intercepts[k])
        for level in sorted({self.depth[k] for k in waiting}):
            # Nodes not solved yet stand at one half: they lie below, and sum out of their parents'
            # joint.
            belief = circuit.evaluate(plan, tables).belief
            for k in waiting:
                if self.depth[k] == level:
                    joint = belief[plan.slice(k)].reshape(-1, 2).sum(axis=1)
                    intercepts[k] = self.intercept(k, joint)
                    tables[plan.slice(k)] = self.families[k].expected_table(intercepts[k])
        self._intercepts = intercepts
        self.prior_tables = tables
        belief = circuit.evaluate(plan, tables).belief
        self.complements, self.marginals = self._marginals(belief)
        for name, event in self.case.events.items():
            if event.given and self.marginals[self._event[event.given]] == 0:
                raise self._dead_condition(name)
        self._weigh_all()

    def intercept(self, k: int, joint: np.ndarray) -> float:
        """Solve for the intercept of a node's family, given its parents' joint prior."""
        family = self.families[k]
        if family.conditional:
            joint = joint[len(joint) // 2 :]
            if joint.sum() == 0:
                raise self._dead_condition(self.event_names[k])
        parts = (joint / joint.sum(), family.median, family.spread)
        return _calibrated(float(family.base.mean_log_odds), *(part.tobytes() for part in parts))

    def _dead_condition(self, name: str) -> InputError:
        given = self.case.events[name].node.value["given"]
        problem = f"its condition {given.value} has probability 0"
        accepted = "a condition that can come about"
        place = f"events.{name}.given"
        return InputError(Problem(problem, given.file, given.line, place, given.value, accepted))

    @cached_property
    def depth(self) -> list[int]:
        """How many nodes the longest way down to each node passes."""
        depth: dict[int, int] = {}

        def measure(start: int) -> int:
            stack = [start]
            while stack:
                k = stack[-1]
                above = self.families[k].scope[:-1]
                missing = [parent for parent in above if parent not in depth]
                if missing:
                    stack.extend(missing)
                else:
                    depth[k] = 1 + max((depth[parent] for parent in above), default=-1)
                    stack.pop()
            return depth[start]

        return [measure(k) for k in range(len(self.families))]

    def _marginals(self, belief: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Read P(no) and P(yes) of every event and fact from the room left for findings."""
        start = self.plan.offsets[self._finding[0]]
        pairs = belief[start : start + 2 * len(self._finding)].reshape(
            len(self._finding), 2, *belief.shape[1:]
        )
        total = pairs.sum(axis=1)
        total = np.where(total > 0, total, 1.0)
        return pairs[:, 0] / total, pairs[:, 1] / total

    def chances(self, *, event: str | None = None, fact: str | None = None) -> tuple[float, float]:
        """Give the prior probabilities of no and of yes: neither is 1 less the other, rounded."""
        k = self.node(event=event, fact=fact)
        return float(self.complements[k]), float(self.marginals[k])

    def reliability(self, source: str) -> Probability:
        """Give the probability that a source is sound, by its letter."""
        return self.case.scales.reliability[self.case.letter(source)]

    def likelihood(self, pair: tuple[str, str]) -> tuple[float, float]:
        """Give a sound source's P(its report | no such fact) and P(its report | the fact).

        Up to a factor.
        """
        report = self.counted[pair]
        if report.hit is None:
            strength = self.strength(report, *self.chances(fact=pair[0]))
            return (1.0, strength) if report.says else (strength, 1.0)
        if report.says:
            return float(report.false.mean), float(report.hit.mean)
        return float(report.false.complement), float(report.hit.complement)

    def report_table(self, pair: tuple[str, str]) -> tuple[float, ...]:
        """Give the cells (fact, source): no/unsound, no/sound, yes/unsound, yes/sound."""
        return self._weighed[pair][1]

    def weighed(self, pair: tuple[str, str]) -> float:
        """Give what a report's likelihood is divided by, a constant: its prior mean."""
        return self._weighed[pair][0]

    def _weigh_all(self) -> None:
        """Find the reports that count, and weigh them."""
        self.counted = {
            (fact, source): report
            for fact in self.fact_names
            for source, report in self.reports(fact).items()
        }
        self._weighed: dict[tuple[str, str], tuple[float, tuple[float, ...]]] = {}
        self._kappas: dict[tuple[str, frozenset[str]], float] = {}
        self.weigh(self.counted)

    def weigh(self, pairs) -> None:
        """Weigh reports by the prior of their facts: each gets a likelihood of prior mean 1."""
        weighed = {}
        for pair in pairs:
            p_no, p_yes = self.chances(fact=pair[0])
            no, yes = self.likelihood(pair)
            mean = p_no * no + p_yes * yes
            # A report that could not have been made is impossible, sound source or not.
            cells = (1.0, no / mean, 1.0, yes / mean) if mean else (1.0, 0.0, 1.0, 0.0)
            weighed[pair] = mean, cells
        self._weighed = {**self._weighed, **weighed}

    def strength(self, report: Report, p_no: float, p_yes: float) -> float:
        """Give the odds by which a sound report of this digit supports what it says.

        As if a surprising fact had been reported: odds(c) / odds(min(p_no, p_yes)).
        """
        digit = report.grade.digit
        rare, common = min(p_no, p_yes), max(p_no, p_yes)
        if digit == SAYS_NOTHING or rare < CERTAIN:
            return 1.0
        believed = self.case.scales.credibility[digit]
        strength = float(np.exp(believed.logit_median)) * common / rare
        return min(1.0, strength) if digit in NEVER_SUPPORTS else strength

    def bundles(self, pairs: frozenset[tuple[str, str]]) -> dict[str, float]:
        """Give each source's kappa: the prior probability of its reports if it is sound.

        ``pairs`` of fact and source are the reports that count.
        """
        reported = {
            source: frozenset(fact for fact, other in pairs if other == source)
            for source in self.source_names
        }
        new = [
            (source, facts)
            for source, facts in reported.items()
            if len(facts) > 1 and (source, facts) not in self._kappas
        ]
        if new:
            tables = np.repeat(self.prior_tables[:, None], len(new), axis=1)
            for column, (source, facts) in enumerate(new):
                tables[self.source_cells(source), column] = (0.0, 1.0)
                for fact in facts:
                    pair = fact, source
                    tables[self.report_cells(pair), column] = self.report_table(pair)
            chances = np.exp(circuit.evaluate(self.plan, tables).log_z)
            self._kappas.update(zip(new, chances.tolist(), strict=True))
        kappa = {}
        for source, facts in reported.items():
            if len(facts) > 1:
                kappa[source] = self._kappas[source, facts]
            else:
                # A single report has prior mean 1 by construction, unless it could not have been
                # made at all.
                possible = all(self._weighed[fact, source][0] for fact in facts)
                kappa[source] = float(possible)
        return kappa

    # Where things stand: the cells in the flat vector of all tables, and nodes by number.

    def node(self, *, event: str | None = None, fact: str | None = None) -> int:
        """Find the number of an event's or a fact's node, which is also that of its family."""
        return self._event[event] if fact is None else self._fact[fact]

    def finding_cells(self, *, event: str | None = None, fact: str | None = None) -> slice:
        """Find the two cells that say what is found of an event or a fact: no, yes."""
        return self.plan.slice(self._finding[self.node(event=event, fact=fact)])

    def source_cells(self, source: str) -> slice:
        """Find the two cells of a source: unsound, sound."""
        return self.plan.slice(self._soundness[source])

    def report_cells(self, pair: tuple[str, str]) -> slice:
        """Find the four cells of what a source reports of a fact, as in :meth:`report_table`."""
        return self.plan.slice(self._report[pair])

    def dimension_of(
        self, *, source: str | None = None, pair: tuple[str, str] | None = None
    ) -> int:
        """Find which of the draws' dimensions is a source's, or the first of a report's two."""
        return self._report_dimension[pair] if source is None else self._source_dimension[source]

    def intercept_of(self, k: int) -> float:
        """Give a node's intercept (log-odds); 0 where its rows are stated outright."""
        return float(self._intercepts[k])

    def prior_table(self, k: int) -> np.ndarray:
        """Give the expected table of a node, before any evidence."""
        return self.prior_tables[self.plan.slice(k)]

    def events_of(self, belief: np.ndarray) -> np.ndarray:
        """Read P(yes) of every event from the belief of an evaluation."""
        return self._marginals(belief)[1][: len(self.event_names)]

    def log_odds_of(self, belief: np.ndarray) -> np.ndarray:
        """Read the log-odds of every event, also where P(yes) rounds to 1."""
        start = self.plan.offsets[self._finding[0]]
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

    def copied(self, case: Case) -> Network:
        """Give a copy for a changed case; what has changed must be rebuilt and weighed anew."""
        copied = copy.copy(self)
        copied.case, copied.families, copied._kappas = case, list(self.families), {}
        return copied

    def rebuild(self, *, event: str | None = None, fact: str | None = None) -> None:
        """Make one node's family anew from the case, as for a copy whose case was changed."""
        k = self.node(event=event, fact=fact)
        dimension = self.families[k].dimension
        self.families[k] = (
            self._event_family(event, self.case.events[event], dimension)
            if fact is None
            else self._fact_family(fact, self.case.evidence[fact], dimension)
        )

    # Settings: the tables with evidence, what is given, and what is made so.

    def above(self, nodes: Iterable[int]) -> set[int]:
        """Find some events and facts, by their numbers, and all events that they hang on."""
        found: set[int] = set()
        waiting = list(nodes)
        while waiting:
            k = waiting.pop()
            if k not in found:
                found.add(k)
                waiting.extend(self.families[k].scope[:-1])
        return found

    def _descendants(self, roots: set[str]) -> set[str]:
        below = set(roots)
        growing = True
        while growing:
            growing = False
            for name, event in self.case.events.items():
                above = {*self.case.parents(name), event.given}
                if name not in below and above & below:
                    below.add(name)
                    growing = True
        return below

    def findings(
        self, do: Mapping[str, bool]
    ) -> tuple[dict[str, tuple], dict[str, bool], frozenset]:
        """List what counts: statements on events, observed facts, reports."""
        cut = self._descendants(set(do)) if do else set()
        statements = {}
        for name, event in self.case.events.items():
            if name in cut:
                continue
            if self.settled(event):
                statements[name] = (0.0, 1.0) if event.happened else (1.0, 0.0)
            elif event.now is not None:
                statements[name] = self.statement(name, event.now)
        kept = [f for f in self.fact_names if not cut.intersection(self.case.evidence[f].events)]
        observed = {
            name: self.case.evidence[name].status == "confirmed"
            for name in kept
            if self.case.evidence[name].status in ("confirmed", "absent") and self.exists(name)
        }
        pairs = frozenset(pair for pair in self.counted if pair[0] in set(kept))
        return statements, observed, pairs

    def statement(self, name: str, now: Probability) -> tuple[float, float]:
        """Turn "taken alone, its probability is c" into a likelihood of prior mean 1."""
        p_no, p_yes = self.chances(event=name)
        if min(p_no, p_yes) < CERTAIN:
            node = self.case.events[name].node
            near = "" if 0 in (p_no, p_yes) else f" to within {CERTAIN:g}"
            raise InputError(
                Problem(
                    f"the network makes its probability exactly {round(p_yes)}{near}, "
                    "whatever is held of it now",
                    node.file,
                    node.value["now"].line,
                    f"events.{name}.now",
                    found=node.value["now"].describe(),
                    accepted="now on an event that could go either way",
                )
            )
        return float(now.complement) / p_no, float(now.mean) / p_yes

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
        plan = self.plan
        shape = (-1, *(1,) * (tables.ndim - 1))
        statements, observed, pairs = self.findings(do)
        for name, likelihood in statements.items():
            if ("event", name) not in without:
                tables[plan.slice(self._finding[self._event[name]])] = np.reshape(likelihood, shape)
        for name, seen in observed.items():
            if ("fact", name) not in without:
                tables[plan.slice(self._finding[self._fact[name]])] = np.reshape(
                    (not seen, seen), shape
                )
        pairs = frozenset(
            (fact, source)
            for fact, source in pairs
            if ("source", source) not in without and ("reports", fact) not in without
        )
        kappa = self.bundles(pairs)
        for name in self.source_names:
            tables[plan.slice(self._soundness[name]).start] *= kappa[name]
        for pair in pairs:
            tables[plan.slice(self._report[pair])] = np.reshape(self.report_table(pair), shape)
        for name, yes in do.items():
            k = self._event[name]
            tables[plan.slice(k)] = np.reshape(
                np.tile((not yes, yes), 2 ** (len(self.families[k].scope) - 1)), shape
            )
        for name, yes in given.items():
            if ("given", name) not in without:
                cells = plan.slice(self._finding[self._event[name]])
                tables[cells] = tables[cells] * np.reshape((not yes, yes), shape)
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
                problems.append(
                    Problem(
                        f"cannot be made so unless {condition} is set too",
                        "do",
                        None,
                        "",
                        name,
                        None,
                        hint,
                    )
                )
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
        values = self._intercepts.tolist()
        return (
            {name: values[k] for name, k in self._event.items()},
            {name: values[k] for name, k in self._fact.items()},
        )

    def kappa(self) -> dict[str, float]:
        """Give the prior probability of each source's reports if it is sound."""
        return self.bundles(frozenset(self.counted))

    # Queries.

    def prior(self) -> dict[str, float]:
        """Give the probability of every event before any evidence of this case."""
        return {name: float(self.marginals[v]) for name, v in self._event.items()}

    def prior_facts(self) -> dict[str, float]:
        """Give the probability of every fact before any evidence of this case."""
        return {name: float(self.marginals[v]) for name, v in self._fact.items()}

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
        _, marginals = self._marginals(self._evaluate(given, do).belief)
        return {name: float(marginals[v]) for name, v in self._event.items()}

    def log_odds(self) -> dict[str, tuple[float, float]]:
        """Give log-odds of every event before and after the evidence, also where P rounds to 1."""
        after = self.log_odds_of(self._evaluate(None, None).belief)
        with np.errstate(divide="ignore"):
            before = np.log(self.marginals) - np.log(self.complements)
        return {name: (float(before[v]), float(after[v])) for name, v in self._event.items()}

    def facts(self, given: Setting | None = None, do: Setting | None = None) -> dict[str, float]:
        """Give the probability of every fact in the light of all reports."""
        _, marginals = self._marginals(self._evaluate(given, do).belief)
        return {name: float(marginals[v]) for name, v in self._fact.items()}

    def soundness(
        self, given: Setting | None = None, do: Setting | None = None
    ) -> dict[str, float]:
        """Give the probability that each source is sound, in the light of all other sources."""
        belief = self._evaluate(given, do).belief
        result = {}
        for name, factor in self._soundness.items():
            unsound, sound = belief[self.plan.slice(factor)]
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
                batch[self.plan.slice(self._finding[self._event[name]]), column] *= (not yes, yes)
        chances = np.exp(circuit.evaluate(self.plan, batch).log_z - log_z)
        return {name: float(chance) for name, chance in zip(combinations, chances, strict=True)}

    def weights_alone(self) -> dict[tuple[str, str], float]:
        r"""Give the weight of each fact on each event it bears on, as if it were all the evidence.

        Returns
        -------
        dict of (fact, event) to decibans
            :math:`10 \log_{10}` of the event's posterior odds over its prior odds.
        """
        _, observed, pairs = self.findings({})
        counted = [
            f for f in self.fact_names if f in observed or any(f == fact for fact, _ in pairs)
        ]
        if not counted:
            return {}
        tables = np.repeat(self.prior_tables[:, None], len(counted), axis=1)
        for column, name in enumerate(counted):
            if name in observed:
                cells = self.plan.slice(self._finding[self._fact[name]])
                tables[cells, column] = (not observed[name], observed[name])
            for pair in pairs:
                if pair[0] == name:
                    tables[self.plan.slice(self._report[pair]), column] = self.report_table(pair)
        no, yes = self._marginals(circuit.evaluate(self.plan, tables).belief)
        result = {}
        with np.errstate(divide="ignore", invalid="ignore"):
            for column, name in enumerate(counted):
                for event in self.case.evidence[name].events:
                    v = self._event[event]
                    shift = np.log(yes[v, column]) - np.log(no[v, column])
                    shift -= np.log(self.marginals[v]) - np.log(self.complements[v])
                    result[name, event] = (
                        float(np.nan_to_num(shift, posinf=np.inf, neginf=-np.inf)) * DECIBANS
                    )
        return result

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


@lru_cache(maxsize=32)
def _plan(scopes, variables):
    """Compile once for each structure: other numbers and dates reuse the plan."""
    return circuit.compile(scopes, variables)


# The longest step of solving a network. The same case on another day, or with a few judgements
# moved, asks mostly for intercepts that were solved before. So many of them take a few megabytes;
# with ten parents on every node it would be thirty.
@lru_cache(maxsize=1024)
def _calibrated(goal: float, *parts: bytes) -> float:
    return calibrate(goal, *(np.frombuffer(part) for part in parts))


def _on_line(node) -> str:
    return f", line {node.line}" if node.line else ""
