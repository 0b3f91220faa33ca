"""A case goes in; its Program, plain lists of places and cells, comes out.

First every judgement gets its place. Then each event and fact becomes a node: which rows its table
has, and which numbers, by their places, make each row.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from functools import lru_cache
from graphlib import TopologicalSorter

import numpy as np

from forecasting.engine import circuit
from forecasting.engine.program import (
    Curve,
    Node,
    Program,
    Reporter,
    Rows,
    Said,
    plan_of,
)
from forecasting.errors import refusal
from forecasting.file import stated
from forecasting.file.case import Bearing, Case, Event, Evidence, Link, Report
from forecasting.file.propositions import borders as borders_of
from forecasting.file.propositions import (
    covered,
    event_of,
    find,
    receiver,
    states_of,
)
from forecasting.file.quantities import multiplier_of
from forecasting.judgement import Odds, Probability


def compile(case: Case) -> Program:
    """Turn a case into its Program.

    Raises
    ------
    InputError
        If the network is too dense.

    Examples
    --------
    >>> from forecasting.engine.program import plain
    >>> from forecasting.file.case import read
    >>> program = compile(read("{case: rain, events: {rain: {base_rate: 20%}}}"))
    >>> program.paths[0], plain(program.nodes[0].rows)
    ('events.rain.base_rate', {'params': [0], 'push': [[0]], 'pull': [[1]]})
    """
    return _Compiler(case).program()


Proposition = tuple[int, tuple[int, ...]]  # a variable, and the states of it that make it true


class _Above:
    """What a node hangs on: the rows of its table, in one order everywhere, last variable fastest.

    Its condition is of a variable as numbered in the scope.
    """

    def __init__(self, scope, states: list[int], condition: Proposition | None) -> None:
        self.scope, self.shape = scope, tuple([states[v] for v in scope])
        self.condition = condition and (scope.index(condition[0]), condition[1])
        self.height = math.prod(self.shape)

    @property
    def open(self) -> np.ndarray:
        """The rows where its condition holds, or all."""
        return _open(self.shape, self.condition)

    def digits(self, variable: int) -> np.ndarray:
        """Give the state of a variable in every open row."""
        return circuit.digits(self.shape)[self.scope.index(variable)][self.open]

    def where(self, proposition: Proposition) -> np.ndarray:
        """Tell in which open rows a proposition is true, 0 or 1."""
        return _where(self.shape, self.condition, self._placed(proposition))

    def pushes(self, propositions: list[Proposition], lowers: list[bool]):
        """Give the push and the pull of a base rate and multipliers on every open row."""
        placed = tuple(map(self._placed, propositions))
        return _pushes(self.shape, self.condition, placed, tuple(lowers))

    def _placed(self, proposition: Proposition) -> Proposition:
        return self.scope.index(proposition[0]), proposition[1]


@lru_cache(maxsize=1024)
def _open(shape, condition) -> np.ndarray:
    if condition is None:
        return np.arange(math.prod(shape))
    return np.flatnonzero(_where(shape, None, condition))


@lru_cache(maxsize=1024)
def _where(shape, condition, placed: Proposition) -> np.ndarray:
    position, states = placed
    true = np.zeros(shape[position], dtype=int)
    true[list(states)] = 1
    return true[circuit.digits(shape)[position][_open(shape, condition)]]


@lru_cache(maxsize=1024)
def _pushes(shape, condition, propositions, lowers) -> tuple[np.ndarray, np.ndarray]:
    first = np.ones((len(_open(shape, condition)), 1), dtype=int)
    on = [_where(shape, condition, one)[:, None] for one in propositions]
    signed = [-one if down else one for one, down in zip(on, lowers, strict=True)]
    return np.hstack([0 * first, *signed]), np.hstack([first, *on])


class _Compiler:
    """Gathers the places of a case, then its nodes and reports."""

    def __init__(self, case: Case) -> None:
        self.case = case
        self.place: dict[str, int] = {}
        self.stated: list = []
        self.sets: dict[str, Proposition] = {}
        self.wholes: list[tuple[int, ...]] = []
        self.shifts: dict[int, tuple[int, ...]] = {}
        self.left_out: dict[int, dict[str, tuple[int, ...]]] = {}
        events, facts = case.events, case.evidence
        names = (*events, *facts)
        self.event = {name: k for k, name in enumerate(events)}
        self.links: dict[str, list[Link]] = {name: [] for name in events}
        for link in case.links:
            self.links[event_of(link.target)].append(link)
        self.fact = {name: len(events) + k for k, name in enumerate(facts)}
        reporting = {report.source for fact in facts.values() for report in fact.reports}
        self.sources = tuple(name for name in case.sources if name in reporting)
        self.source = {name: i for i, name in enumerate(self.sources)}
        told = ((f, report.source) for f, fact in facts.items() for report in fact.reports)
        self.pairs = {pair: i for i, pair in enumerate(dict.fromkeys(told))}
        above = [(event.given, *self._parents(name, event)) for name, event in events.items()]
        above += [fact.events for fact in facts.values()]
        self.scopes = [
            (*dict.fromkeys(self.event[event_of(one)] for one in some if one), k)
            for k, some in enumerate(above)
        ]
        self.states = [len(states_of(event)) for event in events.values()]
        self.states += [2] * (len(facts) + len(self.sources))
        findings = [(v,) for v in range(len(self.states))]  # of nodes, then of sources
        reports = [(self.fact[fact], len(names) + self.source[s]) for fact, s in self.pairs]
        try:
            self.plan = plan_of((*self.scopes, *findings, *reports), tuple(self.states))
        except circuit.TooDense as error:
            found = ", ".join((*names, *self.sources)[v] for v in error.tied)
            hint = "leave out some links, parents, shared sources or states"
            raise refusal(str(error), case.node.file, found=found, hint=hint) from None

    def program(self) -> Program:
        case, offsets, events = self.case, self.plan.offsets, len(self.event)
        level: dict[int, int] = {}
        for k in TopologicalSorter({k: above for *above, k in self.scopes}).static_order():
            level[k] = 1 + max((level[above] for above in self.scopes[k][:-1]), default=-1)
        nodes, dimension, intercept = [], 0, 0
        for k, (name, record) in enumerate((*case.events.items(), *case.evidence.items())):
            condition = self.set(record.given) if k < events and record.given else None
            above = _Above(self.scopes[k][:-1], self.states, condition)
            made = (self._of_event if k < events else self._of_fact)(name, record, above)
            node = Node(
                level=level[k],
                scope=self.scopes[k],
                states=self.states[k],
                **made,
                condition=condition,
                open=above.open if condition else None,
                at=offsets[k],
                height=above.height,
                finding=offsets[len(self.scopes) + k],
                intercept=intercept,
                dimension=dimension,
            )
            nodes.append(node)
            dimension += node.width
            intercept = node.intercepts.stop
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
        now = tuple(self._held(name, event) for name, event in case.events.items())
        seen = {
            self.fact[name]: fact.status == "confirmed"
            for name, fact in case.evidence.items()
            if fact.status in ("confirmed", "absent")
        }
        return Program(
            tuple(self.place), tuple(self.stated), tuple(nodes), reports, sources, letters, digits,
            now, seen, dimension + 2 * len(self.pairs), self.plan, tuple(self.wholes), self.shifts,
            self.left_out,
        )  # fmt: skip

    def _parents(self, name: str, event: Event) -> Iterable[str]:
        if event.table is not None:
            return event.parents or ()
        return (link.source for link in self.links[name])

    def set(self, proposition: str) -> tuple[int, tuple[int, ...]]:
        """Find the variable of a proposition, and the states that make it true."""
        if proposition not in self.sets:
            found = find(self.case, proposition)
            self.sets[proposition] = self.event[found.event], found.states
        return self.sets[proposition]

    def _at(self, path: str, judgement: Probability | Odds | stated.Point | None) -> int:
        """Give a judgement its place."""
        if path not in self.place:
            self.place[path] = len(self.stated)
            self.stated.append(judgement)
        return self.place[path]

    def _whole(self, path: str, shares: Mapping[str, Probability]) -> list[int]:
        """Give places to probabilities that sum to 1."""
        places = [self._at(f"{path}.{state}", one) for state, one in shares.items()]
        self.wholes.append(tuple(places))
        return places

    def _held(self, name: str, event: Event) -> tuple[tuple[int, tuple[int, ...]], ...]:
        """Give places to what is held now of an event, and the states that each speaks of."""
        path = f"events.{name}.now"
        if isinstance(event.now, Mapping):
            sets = covered(event, event.now)
            places = self._whole(path, event.now)
            return tuple(zip(places, (sets[one] for one in event.now), strict=True))
        return () if not event.is_yes_no else ((self._at(path, event.now), (1,)),)

    def _of_event(self, name: str, event: Event, above: _Above) -> dict:
        path = f"events.{name}"
        if event.table is not None:
            return self._tabled(name, event, above)
        links = [(f"links.{x.source}.{x.target}", x, self.set(x.source)) for x in self.links[name]]
        path = f"{path}.base_rate"
        if event.is_yes_no:
            base = self._at(path, event.base_rate.probability)
            rows = self._linked(base, links, above)
            return {"family": "logit", "bases": (base,), "rows": rows}
        if not event.ordered and event.quantity is None:
            bases = self._whole(path, stated.shares(event))
            ids = list(event.states)
            none = ids.index(event.none or ids[-1]) if event.kind == "first" else None
            to = [receiver(self.case, link.target).state for link in self.links[name]]
            rows = self._linked_to(bases, links, to, above)
            return {"family": "softmax", "bases": tuple(bases), "rows": rows, "none": none}
        unsure = self._at(f"{path}.unsure", stated.unsure(event))
        rows = self._linked(unsure, links, above)
        if event.quantity is None:
            steps = stated.steps(event).items()
            bases = [self._at(f"{path}.at_least.{state}", one) for state, one in steps]
            return {"family": "ordered", "bases": tuple(bases), "rows": rows}
        points = stated.points(event)
        bases = [
            self._at(f"{path}.{point}", None if one.place is None else one)
            for point, one in points.items()
        ]
        median = next((i for i, one in enumerate(points.values()) if one.level == 0.5), None)
        if median is not None:
            self.shifts[bases[median]] = tuple(bases)
        levels = tuple(one.level for one in points.values())
        scale = stated.scale(event)
        borders = tuple(float(scale.place(border)) for border in borders_of(event))
        curve = Curve(levels, event.base_rate.split, borders)
        return {"family": "ordered", "bases": tuple(bases), "rows": rows, "curve": curve}

    def _tabled(self, name: str, event: Event, above: _Above) -> dict:
        """Build an event whose rows are stated; one row may stand for several of the table."""
        path, words = f"events.{name}", []
        for parent in event.parents or ():
            if find(self.case, parent) is None:
                ids, variable = list(self.case.events[parent].states), self.event[parent]
                words.append([ids[digit] for digit in above.digits(variable)])
            else:
                words.append([("no", "yes")[bit] for bit in above.where(self.set(parent))])
        spelled = [", ".join(row) for row in zip(*words, strict=True)] if words else [""]
        rows = {row: i for i, row in enumerate(dict.fromkeys(spelled))}
        if missing := [row for row in rows if row not in event.table]:
            self.left_out[self.event[name]] = {
                one: tuple(i for i, row in enumerate(spelled) if row == one) for one in missing
            }
        if event.is_yes_no:
            params = [self._at(f"{path}.table.{row}", event.table.get(row)) for row in rows]
            each = np.array([rows[row] for row in spelled])
            return {"family": "logit", "bases": (), "rows": _stated(params, each)}
        # A row that cannot come about may be left out: any will do.
        even = dict.fromkeys(event.states, Probability.exactly(1 / len(event.states)))
        params = [
            self._whole(f"{path}.table.{row}", stated.with_rest(event.table.get(row, even)))
            for row in rows
        ]
        flat = [place for row in params for place in row]
        count = len(event.states)
        each = np.array([rows[row] * count + s for row in spelled for s in range(count)])
        return {"family": "softmax", "bases": (), "rows": _stated(flat, each)}

    def _of_fact(self, name: str, fact: Evidence, above: _Above) -> dict:
        path = f"evidence.{name}"
        if fact.chance is not None:
            base = self._at(f"{path}.chance", fact.chance)
            bears = [(f"{path}.bears_on.{e}", x, self.set(e)) for e, x in fact.bears_on.items()]
            rows = self._linked(base, bears, above)
            return {"family": "logit", "bases": (base,), "rows": rows}
        logit = {"family": "logit", "bases": ()}
        if fact.if_ is not None:
            (event,) = fact.events
            params = [self._at(f"{path}.if.{one}", x) for one, x in fact.if_.items()]
            each = np.zeros(above.height, dtype=int)
            for i, states in enumerate(covered(self.case.events[event], fact.if_).values()):
                each[list(states)] = i
            return {**logit, "rows": _stated(params, each)}
        both = [self._at(f"{path}.{key}", getattr(fact, key)) for key in ("if_no", "if_yes")]
        ratio = [self._at(f"{path}.likelihood_ratio", fact.likelihood_ratio)]
        # if_yes = L/(1+L) and if_no = 1/(1+L): one uncertain number, seen from both sides.
        where = above.where(self.set(fact.bears_on))
        sides = _sides(where.tobytes())
        forms = _stated(both, where), Rows(np.array(ratio), sides, sides)
        rows, restated = forms if fact.likelihood_ratio is None else forms[::-1]
        return {**logit, "rows": rows, "restated": restated}

    def _linked(self, base: int, multiplied: list, above: _Above) -> Rows:
        """Build a node from a base rate and multipliers: its own spread moves every row."""
        params, lowers = self._multipliers(multiplied)
        pushes = above.pushes([proposition for _, _, proposition in multiplied], lowers)
        return Rows(np.array([base, *params]), *pushes)

    def _linked_to(self, bases: list[int], multiplied: list, to: list[int], above) -> Rows:
        """Build a node of several states: each multiplier moves the odds of one of them."""
        params, lowers = self._multipliers(multiplied)
        count, where = len(bases), [above.where(proposition) for _, _, proposition in multiplied]
        pull = np.zeros((len(above.open), count, count + len(params)), dtype=int)
        pull[:, range(count), range(count)] = 1
        push = np.zeros_like(pull)
        for i, (down, on, state) in enumerate(zip(lowers, where, to, strict=True)):
            pull[:, state, count + i] = on
            push[:, state, count + i] = -on if down else on
        shape = (-1, pull.shape[2])
        return Rows(np.array([*bases, *params]), push.reshape(shape), pull.reshape(shape))

    def _turned(self, record: Link | Bearing) -> bool:
        """Tell whether a link was stated for a cut of less."""
        if not isinstance(record, Link) or "." not in record.target:
            return False
        return receiver(self.case, record.target).turned

    def _multipliers(self, multiplied: list) -> tuple[list[int], list[bool]]:
        """Give places and signs of multipliers."""
        found = [(path, record, *multiplier_of(record)) for path, record, _ in multiplied]
        params = [self._at(f"{path}.{key}", odds) for path, _, key, odds in found]
        lowers = [(key == "lowers") != self._turned(record) for _, record, key, _ in found]
        return params, lowers

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


def _stated(params: list[int], each: np.ndarray) -> Rows:
    """Build a node whose rows are stated outright: each is one of its uncertain numbers."""
    return Rows(np.array(params), *_picked(len(params), each.tobytes()))


@lru_cache(maxsize=64)
def _sides(where: bytes) -> np.ndarray:
    """Give the push, and the pull, of a ratio: up where an event comes true, else down."""
    return 2 * np.frombuffer(where, dtype=int)[:, None] - 1


@lru_cache(maxsize=64)
def _picked(count: int, each: bytes) -> tuple[np.ndarray, np.ndarray]:
    """Give the push and the pull of rows that are one number each."""
    own = np.eye(count, dtype=np.int8)  # of 12 parents, 4,096 rows
    numbers = np.frombuffer(each, dtype=int)
    if np.array_equal(numbers, np.arange(count)):
        return own, own
    picked = own[numbers]
    return picked, picked.view()
