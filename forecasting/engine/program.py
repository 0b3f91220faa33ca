"""A case goes in; a Program, plain lists of places and cells, comes out.

Every judgement of a case is one uncertain number on the scale of logarithms, a median and a
standard deviation, and has a *place*. A Program says how the places become the tables of a circuit:
it holds whole numbers only, and the interpreters of it (``run.py``, and the page's) know no case.
What depends on a pair of dates is a :class:`Window` beside it: how base rates are carried over,
what is settled, which reports count. So moving a number is writing to its place, and another day is
another window.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, is_dataclass
from datetime import date
from functools import cached_property, lru_cache
from graphlib import TopologicalSorter

import numpy as np

from forecasting.engine import circuit
from forecasting.errors import InputError, Problem
from forecasting.file import fits
from forecasting.file.case import Case, Event, Evidence, Link, Report, as_date
from forecasting.file.quantities import MULTIPLIERS, multiplier_of
from forecasting.file.values import Day
from forecasting.judgement import Odds, Probability, months_between

# Digits of the Admiralty code that never support what they report.
NEVER_SUPPORTS = ("4", "5")


@dataclass(frozen=True, slots=True)
class Rows:
    r"""How the uncertain numbers of a node make the rows of its table.

    .. math:: \mathrm{logit}\,P(\mathrm{yes} \mid \mathrm{row}) = b +
              \sum_i \mathrm{push}_{ri}\, m_i + \sum_i \mathrm{pull}_{ri}\, s_i z_i,
              \quad z \sim \mathrm{Normal}(0, I)

    with m and s the medians and standard deviations at ``params``.

    Attributes
    ----------
    params : int array, shape (parameters,)
        Places of the node's own numbers, its base rate first.
    push, pull : int array, shape (rows, parameters)
        -1, 0 or 1. A base rate has no push: its median is in the intercept b.
    """

    params: np.ndarray
    push: np.ndarray
    pull: np.ndarray

    @property
    def own(self) -> bool:
        """Whether each row has one number, which is its own: push and pull say no more."""
        return self.push is self.pull and self.push.shape[0] == self.push.shape[1]


@dataclass(frozen=True, slots=True)
class Node:
    """An event or a fact: the step from places to one table.

    Attributes
    ----------
    level : int
        How many nodes the longest way down to it passes.
    scope : tuple of int
        Variables: the condition (if any), the parents, the node itself.
    base : int or None
        Place of its base rate or chance; None where its rows are stated outright.
    rows : Rows
    restated : Rows or None
        Of a fact on one event, the other form: a likelihood ratio in place of two likelihoods, or
        two in place of one. Its places are empty in the case.
    conditional : bool
        The first half of its table is where its condition is no: there the node is no.
    at, finding : int
        First cell of its table (no, yes; no, yes; ...), and of what is found of it (no, yes).
    dimension : int
        First of its uncertain numbers among all that are drawn.
    """

    level: int
    scope: tuple[int, ...]
    base: int | None
    rows: Rows
    restated: Rows | None
    conditional: bool
    at: int
    finding: int
    dimension: int

    @property
    def calibrated(self) -> bool:
        """Whether its intercept depends on the prior of its parents."""
        return self.base is not None and len(self.scope) > 1

    @property
    def cells(self) -> slice:
        """Cells of its table."""
        return slice(self.at, self.at + 2 ** len(self.scope))


@dataclass(frozen=True, slots=True)
class Said:
    """What one source says of one fact, in one report.

    Attributes
    ----------
    node, source : int
        Number of the fact's node, and of the source.
    at : int
        First of the cells (fact, source): no/unsound, no/sound, yes/unsound, yes/sound.
    says : bool
        Whether it affirms the fact.
    pair : (int, int)
        Places of P(report | no such fact) and P(report | fact).
    judged : bool
        Whether an expert stated this pair; else the digit counts.
    letter, digit : str or None
        Its grade.
    dimension : int
        First of the pair among all numbers that are drawn.
    """

    node: int
    source: int
    at: int
    says: bool
    pair: tuple[int, int]
    judged: bool
    letter: str | None
    digit: str | None
    dimension: int


@dataclass(frozen=True, slots=True)
class Reporter:
    """A source: first of its cells (unsound, sound), place of its letter, dimension when drawn."""

    at: int
    reliable: int
    dimension: int


@dataclass(frozen=True)
class Program:
    """The steps from judgements to the tables of a circuit: whole numbers, whatever the day.

    Attributes
    ----------
    paths : tuple of str
        Key path of each place, as in an overlay: ``events.rain.base_rate``.
    stated : tuple of Probability, Odds or None
        What the case states at each place; None at a place that is empty, or of a fitted base rate.
    nodes : tuple of Node
        Of events, then of facts, in the order of the file.
    reports : tuple of Said
        All of them, of whatever day, in the order of the file.
    sources : tuple of Reporter
        Those that report something.
    letters, digits : dict of str to int
        Place of what each letter and each digit of a grade stands for; 6 has none.
    now : tuple of int
        Place of what is held now of each event; most are empty.
    seen : dict of int to bool
        Whether a fact is confirmed or absent, by its node; others are left out.
    dimensions : int
        How many uncertain numbers are drawn.
    plan : circuit.Plan
        Factors: the nodes' tables; what is found of each node; sources; reports by fact and source.
    """

    paths: tuple[str, ...]
    stated: tuple[Probability | Odds | None, ...]
    nodes: tuple[Node, ...]
    reports: tuple[Said, ...]
    sources: tuple[Reporter, ...]
    letters: Mapping[str, int]
    digits: Mapping[str, int]
    now: tuple[int, ...]
    seen: Mapping[int, bool]
    dimensions: int
    plan: circuit.Plan

    @cached_property
    def place(self) -> dict[str, int]:
        """The place of each path."""
        return {path: i for i, path in enumerate(self.paths)}

    def written(self, path: str, pair: tuple[float, float]) -> tuple[int, tuple[float, float]]:
        """Find the place of a path, and what (median, sd) written there states what it would.

        What one file says raises the odds, another may say lowers them: one place, inverted.

        Raises
        ------
        KeyError
            If the case has no such number.
        """
        if path in self.place:
            place = self.place[path]
            # A likelihood in its other form is no move: the node would have other rows.
            if self.stated[place] is None and not path.endswith(".base_rate"):
                raise KeyError(path)
            return place, pair
        stem, _, key = path.rpartition(".")
        other = next((key for key in MULTIPLIERS if f"{stem}.{key}" in self.place), None)
        if other is None:
            raise KeyError(path)
        inverted = (key == "lowers") != (other == "lowers")
        return self.place[f"{stem}.{other}"], (-pair[0] if inverted else pair[0], pair[1])

    @cached_property
    def prior_plan(self) -> circuit.Plan:
        """The circuit of the nodes' tables alone: its cells are the first of the whole one."""
        return _plan(self.plan.scopes[: len(self.nodes)], len(self.nodes))

    @cached_property
    def below(self) -> np.ndarray:
        """Whether a node (row) is another one (column) or hangs on it."""
        below = np.eye(len(self.nodes), dtype=bool)
        for k in sorted(range(len(self.nodes)), key=lambda k: self.nodes[k].level):
            for parent in self.nodes[k].scope[:-1]:
                below[k] |= below[parent]
        return below

    @cached_property
    def users(self) -> dict[int, list[int]]:
        """The nodes that each place is a number of."""
        users: dict[int, list[int]] = {}
        for k, node in enumerate(self.nodes):
            for place in node.rows.params.tolist():
                users.setdefault(place, []).append(k)
        return users

    def as_json(self) -> dict:
        """Give plain lists and dicts."""
        return plain(self) | {"never_supports": list(NEVER_SUPPORTS)}


@dataclass(frozen=True)
class Window:
    """What follows from a pair of dates.

    Attributes
    ----------
    as_of, resolve_by : date or None
    rates : dict of int to (Probability, float, bool)
        By event node: the base rate as stated or fitted, the length of this window over that of the
        one it is for, and whether its complement is what is carried over.
    months : dict of int to float
        Length of each event's own window, by node, where the dates are known: from the day of the
        forecast, or on which the event was settled, if that is earlier.
    settled : dict of int to bool
        Whether an event has happened or is ruled out, by its node.
    come : frozenset of int
        Facts whose own date has come, by node.
    counted : tuple of int
        Reports that count, by number.
    """

    as_of: date | None
    resolve_by: date | None
    rates: Mapping[int, tuple[Probability, float, bool]]
    months: Mapping[int, float]
    settled: Mapping[int, bool]
    come: frozenset[int]
    counted: tuple[int, ...]

    def as_json(self, program: Program) -> dict:
        """Give plain lists and dicts; of a base rate that a model estimates, what it is here.

        Most base rates are as stated, and most windows as long as that of the forecast: ``rates``
        and ``months`` hold the others, ``length`` is what they are else.
        """
        dated = self.as_of and self.resolve_by
        length = months_between(self.as_of, self.resolve_by) if dated else None
        fitted = {
            k: rate.over(ratio, lasts=lasts)
            for k, (rate, ratio, lasts) in self.rates.items()
            if program.stated[program.nodes[k].base] is None
        }
        return plain(self) | {
            "rates": plain(
                {
                    k: [ratio, lasts]
                    for k, (_, ratio, lasts) in self.rates.items()
                    if ratio != 1 or lasts
                }
            ),
            "length": length,
            "months": plain({k: one for k, one in self.months.items() if one != length}),
            "fitted": plain(fitted),
            "come": sorted(self.come),
        }


def compile(case: Case) -> Program:
    """Turn a case into its Program.

    Raises
    ------
    InputError
        If the network is too dense.

    Examples
    --------
    >>> from forecasting.file.case import read
    >>> program = compile(read("{case: rain, events: {rain: {base_rate: 20%}}}"))
    >>> program.paths[0], plain(program.nodes[0].rows)
    ('events.rain.base_rate', {'params': [0], 'push': [[0]], 'pull': [[1]]})
    """
    return _Compiler(case).program()


class _Compiler:
    """Gathers the places of a case, then its nodes and reports."""

    def __init__(self, case: Case) -> None:
        self.case = case
        self.place: dict[str, int] = {}
        self.stated: list[Probability | Odds | None] = []
        events, facts = case.events, case.evidence
        names = (*events, *facts)
        self.event = {name: k for k, name in enumerate(events)}
        self.links: dict[str, list[Link]] = {name: [] for name in events}
        for link in case.links:
            self.links[link.target].append(link)
        self.fact = {name: len(events) + k for k, name in enumerate(facts)}
        reporting = {report.source for fact in facts.values() for report in fact.reports}
        self.sources = tuple(name for name in case.sources if name in reporting)
        self.source = {name: i for i, name in enumerate(self.sources)}
        told = ((f, report.source) for f, fact in facts.items() for report in fact.reports)
        self.pairs = {pair: i for i, pair in enumerate(dict.fromkeys(told))}
        scopes = [
            tuple(self.event[above] for above in (event.given, *case.parents(name)) if above)
            for name, event in events.items()
        ]
        scopes += [tuple(self.event[event] for event in fact.events) for fact in facts.values()]
        scopes = [(*above, k) for k, above in enumerate(scopes)]
        self.scopes = scopes
        variables = len(names) + len(self.sources)
        findings = [(v,) for v in range(variables)]  # of nodes, then of sources
        reports = [(self.fact[fact], len(names) + self.source[s]) for fact, s in self.pairs]
        try:
            self.plan = _plan((*scopes, *findings, *reports), variables)
        except circuit.TooDense as error:
            hint = "remove some links or shared sources"
            raise InputError(Problem(str(error), case.node.file, hint=hint)) from None

    def program(self) -> Program:
        case, offsets, events = self.case, self.plan.offsets, len(self.event)
        level: dict[int, int] = {}
        for k in TopologicalSorter({k: above for *above, k in self.scopes}).static_order():
            level[k] = 1 + max((level[above] for above in self.scopes[k][:-1]), default=-1)
        nodes, dimension = [], 0
        for k, (name, record) in enumerate((*case.events.items(), *case.evidence.items())):
            make = self._of_event if k < events else self._of_fact
            base, rows, restated = make(name, record)
            finding = offsets[len(self.scopes) + k]
            conditional = k < events and bool(record.given)
            nodes.append(
                Node(
                    level[k], self.scopes[k], base, rows, restated,
                    conditional, offsets[k], finding, dimension,
                )
            )  # fmt: skip
            dimension += len(rows.params)
        letters, digits = (
            {key: self._at(f"scales.{name}.{key}", one) for key, one in scale.items()}
            for name, scale in (
                ("reliability", case.scales.reliability), ("credibility", case.scales.credibility)
            )
        )  # fmt: skip
        first_source = 2 * len(self.scopes)
        sources = tuple(
            Reporter(offsets[first_source + i], letters[case.letter(name)], dimension + i)
            for i, name in enumerate(self.sources)
        )
        dimension += len(sources)
        reports = tuple(
            self._said(name, i, report, dimension)
            for name, fact in case.evidence.items()
            for i, report in enumerate(fact.reports)
        )
        now = tuple(self._at(f"events.{name}.now", one.now) for name, one in case.events.items())
        seen = {
            self.fact[name]: fact.status == "confirmed"
            for name, fact in case.evidence.items()
            if fact.status in ("confirmed", "absent")
        }
        return Program(
            tuple(self.place), tuple(self.stated), tuple(nodes), reports, sources, letters, digits,
            now, seen, dimension + 2 * len(self.pairs), self.plan,
        )  # fmt: skip

    def _at(self, path: str, judgement: Probability | Odds | None) -> int:
        """Give a judgement its place."""
        if path not in self.place:
            self.place[path] = len(self.stated)
            self.stated.append(judgement)
        return self.place[path]

    def _of_event(self, name: str, event: Event) -> tuple[int | None, Rows, None]:
        path = f"events.{name}"
        if event.table is None:
            base = self._at(f"{path}.base_rate", event.base_rate.probability)
            links = [(f"links.{x.source}.{name}", x) for x in self.links[name]]
            return base, self._linked(base, links), None
        parents = len(event.parents or ())
        rows = (", ".join(("no", "yes")[bit] for bit in bits) for bits in settings(parents))
        params = [self._at(f"{path}.table.{row}", event.table[row]) for row in rows]
        return None, _stated(params), None

    def _of_fact(self, name: str, fact: Evidence) -> tuple[int | None, Rows, Rows | None]:
        path = f"evidence.{name}"
        if fact.chance is not None:
            base = self._at(f"{path}.chance", fact.chance)
            bearings = [(f"{path}.bears_on.{event}", x) for event, x in fact.bears_on.items()]
            return base, self._linked(base, bearings), None
        both = [self._at(f"{path}.{key}", getattr(fact, key)) for key in ("if_no", "if_yes")]
        ratio = [self._at(f"{path}.likelihood_ratio", fact.likelihood_ratio)]
        # if_yes = L/(1+L) and if_no = 1/(1+L): one uncertain number, seen from both sides.
        sides = np.array([[-1], [1]])
        forms = _stated(both), Rows(np.array(ratio), sides, sides)
        return None, *(forms if fact.likelihood_ratio is None else forms[::-1])

    def _linked(self, base: int, multiplied: list) -> Rows:
        """Build a node from a base rate and multipliers: its own spread moves every row."""
        found = [(path, *multiplier_of(record)) for path, record in multiplied]
        params = [base, *(self._at(f"{path}.{key}", odds) for path, key, odds in found)]
        return Rows(np.array(params), *_pushes(tuple(key == "lowers" for _, key, _ in found)))

    def _said(self, name: str, i: int, report: Report, dimension: int) -> Said:
        number = self.pairs[name, report.source]
        pair = [
            self._at(f"evidence.{name}.reports.{i}.{key}", getattr(report, key))
            for key in ("false", "hit")
        ]
        grade = report.grade
        return Said(
            self.fact[name],
            self.source[report.source],
            self.plan.offsets[2 * len(self.scopes) + len(self.sources) + number],
            report.says,
            (pair[0], pair[1]),
            report.hit is not None,
            grade and grade.letter,
            grade and grade.digit,
            dimension + 2 * number,
        )


def _stated(params: list[int]) -> Rows:
    """Build a node whose rows are stated outright: each has an uncertain number of its own."""
    own = np.eye(len(params), dtype=np.int8)  # of 12 parents, 4,096 rows
    return Rows(np.array(params), own, own)


@lru_cache(maxsize=1024)
def _pushes(lowers: tuple[bool, ...]) -> tuple[np.ndarray, np.ndarray]:
    """Give the push and the pull of a base rate and multipliers on every row."""
    on = settings(len(lowers))
    first = np.ones((len(on), 1), dtype=int)
    sign = np.where(lowers, -1, 1).astype(int)
    return np.hstack([0 * first, on * sign]), np.hstack([first, on])


def settings(parents: int) -> np.ndarray:
    """List the settings of parents, 0 for no and 1 for yes, the last one changing fastest."""
    return (np.arange(2**parents)[:, None] >> np.arange(parents - 1, -1, -1)) & 1


def plain(value):
    """Write records for JSON: lists and dicts of numbers, texts and booleans.

    A judgement becomes its median and spread, and of a count the two numbers of its Beta. JSON has
    no infinity, so the log-odds of 0 and 1 become texts.

    Examples
    --------
    >>> plain(Probability.exactly(0.0)), plain(Odds.exactly(1.0))
    (['-Infinity', 0.0], [0.0, 0.0])
    """
    if isinstance(value, Odds):
        return [float(value.log_median), float(value.log_sd)]
    if isinstance(value, Probability):
        median = float(value.logit_median)
        if np.isinf(median):
            return ["Infinity" if median > 0 else "-Infinity", 0.0]
        return [median, float(value.logit_sd), *(value.counts or ())]
    if isinstance(value, circuit.Plan):
        return value.as_json()
    if isinstance(value, Rows) and value.own:  # squares of zeros would fill a page
        return {"params": value.params.tolist(), "push": None, "pull": None}
    if is_dataclass(value):
        return {one.name: plain(getattr(value, one.name)) for one in fields(value)}
    if isinstance(value, Mapping):
        return {str(key): plain(one) for key, one in value.items()}
    if isinstance(value, tuple | list):
        return [plain(one) for one in value]
    if isinstance(value, date):
        return value.isoformat()
    return value.tolist() if isinstance(value, np.ndarray) else value


@lru_cache(maxsize=32)
def _plan(scopes, variables):
    """Compile once for each structure: other numbers and dates reuse the plan."""
    return circuit.compile(scopes, variables)


def window(case: Case, as_of: date | None, resolve_by: date | None) -> Window:
    """Find what follows from a pair of dates.

    Raises
    ------
    InputError
        If a model's base rate has not been fitted for it, or does not speak of such a window.
    """
    first = len(case.events)
    rates, months, settled = {}, {}, {}
    for k, (name, event) in enumerate(case.events.items()):
        if (rate := stated_rate(case, name, as_of, resolve_by)) is not None:
            rates[k] = rate
        if as_of and resolve_by:
            months[k] = months_between(_start(event, as_of), resolve_by)
        if settled_since(event, as_of):
            settled[k] = bool(event.happened)
    come, counted, number = set(), [], 0
    for k, fact in enumerate(case.evidence.values(), start=first):
        if has_come(fact.date, as_of):
            come.add(k)
        counted += [number + i for i in latest(fact, as_of).values()]
        number += len(fact.reports)
    return Window(as_of, resolve_by, rates, months, settled, frozenset(come), tuple(counted))


def stated_rate(
    case: Case, event: str, as_of: date | None, resolve_by: date | None
) -> tuple[Probability, float, bool] | None:
    """Give an event's base rate as stated, and how it is carried over; None if it has a table.

    Returns
    -------
    rate : Probability
    ratio : float
        Length of the window over that of the one it was stated for.
    lasts : bool
        Its complement is what is carried over.
    """
    record = case.events[event]
    if record.base_rate is None:
        return None
    start = _start(record, as_of)
    base = record.base_rate.probability
    if record.base_rate.model is not None:
        months = fits.window(case, event, start, resolve_by)
        fit = fits.find(record.base_rate.model, start)
        if fit is None:
            day = f" --as-of {as_of}" if as_of != as_date(case.as_of) else ""
            hint = f"forecasting fit {case.node.file}{day}"
            what = "this base rate has not been fitted yet"
            raise InputError(fits.problem(case, event, what, hint))
        if months is not None:
            return *fit.nearest(months), False
        base = fit.windows[0].probability
    if record.base_rate.within is None:
        return base, 1.0, False
    months = months_between(start, resolve_by)
    return base, months / record.base_rate.within, record.kind == "lasts"


def settled_since(event: Event, as_of: date | None) -> date | None:
    """Find the day since which an event is known to have happened or be ruled out."""
    day = as_date(event.happened or event.ruled_out)
    return day if day and (as_of is None or day <= as_of) else None


def _start(event: Event, as_of: date | None) -> date | None:
    """Find the day from which an event's window runs: it stopped when the event was settled."""
    settled = settled_since(event, as_of)
    return min(as_of, settled) if settled and as_of else as_of


def has_come(day: Day | None, as_of: date | None) -> bool:
    """Tell whether something of a day counts: a month counts from its last day."""
    return day is None or as_of is None or day.last <= as_of


def latest(fact: Evidence, as_of: date | None) -> dict[str, int]:
    """Find the report that counts from each source: the latest one of those made so far.

    A source that affirms and denies the fact on one and the same day says nothing of it; among
    reports of a day that agree, the last in the file counts.
    """
    found: dict[str, tuple[date, list[int]]] = {}
    for i, report in enumerate(fact.reports):
        day = report.date or fact.date
        if has_come(day, as_of):
            when = day.last if day else date.min
            before, told = found.get(report.source, (when, []))
            if when >= before:
                found[report.source] = when, [*(told if when == before else ()), i]
    return {
        source: told[-1]
        for source, (_, told) in found.items()
        if len({fact.reports[i].says for i in told}) == 1
    }
