"""A case goes in; a Program, plain lists of places and cells, comes out.

Every judgement of a case is one uncertain number on the scale of logarithms, a median and a
standard deviation, and has a *place*. A Program says how the places become the tables of a circuit:
it holds whole numbers only, and the interpreters of it (``run.py``, and the page's) know no case.
What depends on a pair of dates is a Window beside it (``window.py``): how base rates are carried
over, what is settled, which reports count. So moving a number is writing to its place, and another
day is another window.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, is_dataclass
from datetime import date
from functools import cached_property, lru_cache

import numpy as np

from forecasting.engine import circuit
from forecasting.file import stated
from forecasting.file.quantities import MULTIPLIERS
from forecasting.judgement import Odds, Probability

# What a node is on the page unless it says more; and what the page finds for itself.
USUAL = dict.fromkeys(("condition", "restated", "none", "curve")) | {"states": 2, "family": "logit"}
UNTOLD = ("open", "height", "intercept", "dimension")

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
    def stated(self) -> bool:
        """Whether rows are stated outright: their push and their pull are one and the same."""
        return np.may_share_memory(self.push, self.pull)

    @property
    def own(self) -> bool:
        """Whether each row has one number, which is its own: push and pull say no more."""
        return self.push is self.pull and self.push.shape[0] == self.push.shape[1]


@dataclass(frozen=True, slots=True)
class Curve:
    """How the points of a quantity make its distribution, and where its cells end.

    Attributes
    ----------
    levels : tuple of float
        How much of the distribution lies below each point.
    split : bool
        A split normal through three of them; else a monotone cubic through all.
    borders : tuple of float
        Ends of the cells on the quantity's scale, ascending.
    """

    levels: tuple[float, ...]
    split: bool
    borders: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Node:
    """An event or a fact: the step from places to one table.

    Attributes
    ----------
    level : int
        How many nodes the longest way down to it passes.
    scope : tuple of int
        Variables: its condition and its parents, each once, then the node itself.
    states : int
        How many it has: two are no and yes.
    family : {"logit", "softmax", "ordered"}
        Of two states; of several; of several from low to high, a quantity among them.
    bases : tuple of int
        Places of its base rate; none where its rows are stated outright. Of ``logit`` its only one,
        a chance too; of ``softmax`` each state; of ``ordered`` the log-odds of every step, "at
        least this state"; of a quantity the points of its distribution.
    rows : Rows
        Of ``softmax`` a row for each row of the table and each state.
    condition : (int, tuple of int) or None
        The variable, and its states, without which the node is no.
    open : int array or None
        Rows of the table where its condition holds, which ``rows`` tells of; None if all do.
    at, height, finding : int
        First cell of its table, how many rows it has, and the first cell of what is found of it.
    intercept : int
        First of its intercepts among all.
    dimension : int
        First of its uncertain numbers among all that are drawn.
    restated : Rows or None
        Of a fact on one event, the other form: a likelihood ratio in place of two likelihoods, or
        two in place of one. Its places are empty in the case.
    none : int or None
        Of what comes about first: the state that nothing has come about.
    curve : Curve or None
        Of a quantity: how its points make a distribution, and the borders of its cells.
    """

    level: int
    scope: tuple[int, ...]
    states: int
    family: str
    bases: tuple[int, ...]
    rows: Rows
    condition: tuple[int, tuple[int, ...]] | None
    open: np.ndarray | None
    at: int
    height: int
    finding: int
    intercept: int
    dimension: int
    restated: Rows | None = None
    none: int | None = None
    curve: Curve | None = None

    @property
    def told(self) -> np.ndarray | slice:
        """Rows of the table that ``rows`` tells of."""
        return slice(None) if self.open is None else self.open

    @property
    def calibrated(self) -> bool:
        """Whether its intercepts depend on the prior of its parents."""
        return bool(self.bases) and len(self.scope) > 1

    @property
    def intercepts(self) -> slice:
        """Its intercepts among all: one a step, or one a state."""
        count = self.states if self.family == "softmax" else self.states - 1
        return slice(self.intercept, self.intercept + count)

    @property
    def cells(self) -> slice:
        """Cells of its table."""
        return slice(self.at, self.at + self.height * self.states)

    @property
    def found(self) -> slice:
        """Cells of what is found of it."""
        return slice(self.finding, self.finding + self.states)

    @property
    def width(self) -> int:
        """How many uncertain numbers of its own are drawn; what ties those of states is one."""
        return len(self.rows.params) + (self.family == "softmax")


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
    now : tuple of tuple of (int, tuple of int)
        Of each event, what may be held now: the places, and the states each speaks of. Of a yes/no
        event it is one, mostly empty.
    seen : dict of int to bool
        Whether a fact is confirmed or absent, by its node; others are left out.
    dimensions : int
        How many uncertain numbers are drawn.
    plan : circuit.Plan
        Factors: the nodes' tables; what is found of each node; sources; reports by fact and source.
    wholes : tuple of tuple of int
        Places whose probabilities share a whole: when one is moved, the others keep their
        proportions.
    shifts : dict of int to tuple of int
        Place of a median with all points of its quantity: when it is moved, they all are.
    left_out : dict of int to dict of str to tuple of int
        Of a table that leaves rows out, by its node: each in words, with the rows that are so
        called among those where its condition holds. They must not come about.
    """

    paths: tuple[str, ...]
    stated: tuple[Probability | Odds | stated.Point | None, ...]
    nodes: tuple[Node, ...]
    reports: tuple[Said, ...]
    sources: tuple[Reporter, ...]
    letters: Mapping[str, int]
    digits: Mapping[str, int]
    now: tuple[tuple[tuple[int, tuple[int, ...]], ...], ...]
    seen: Mapping[int, bool]
    dimensions: int
    plan: circuit.Plan
    wholes: tuple[tuple[int, ...], ...] = ()
    shifts: Mapping[int, tuple[int, ...]] = field(default_factory=dict)
    left_out: Mapping[int, Mapping[str, tuple[int, ...]]] = field(default_factory=dict)

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
            fitted = path.endswith(".base_rate") or ".base_rate.quantiles." in path
            if self.stated[place] is None and not fitted:
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
        return plan_of(self.plan.scopes[: len(self.nodes)], self.plan.states[: len(self.nodes)])

    @cached_property
    def below(self) -> np.ndarray:
        """Whether a node (row) is another one (column) or hangs on it."""
        below = np.eye(len(self.nodes), dtype=bool)
        for k in sorted(range(len(self.nodes)), key=lambda k: self.nodes[k].level):
            for parent in self.nodes[k].scope[:-1]:
                below[k] |= below[parent]
        return below

    @cached_property
    def first(self) -> np.ndarray:
        """Where the states of each node begin, among those of all."""
        return np.array([node.finding for node in self.nodes]) - self.nodes[0].finding

    @cached_property
    def whole_of(self) -> dict[int, tuple[int, ...]]:
        """The places that share a whole with each place that has one."""
        return {place: whole for whole in self.wholes for place in whole}

    @cached_property
    def users(self) -> dict[int, list[int]]:
        """The nodes that each place is a number of."""
        users: dict[int, list[int]] = {}
        for k, node in enumerate(self.nodes):
            for place in {*node.rows.params.tolist(), *node.bases}:
                users.setdefault(place, []).append(k)
        return users

    def as_json(self) -> dict:
        """Give plain lists and dicts; of a node only what is not as it mostly is (``USUAL``)."""
        nodes = [
            {
                key: one
                for key, one in plain(node).items()
                if key not in UNTOLD and (key not in USUAL or one != USUAL[key])
            }
            for node in self.nodes
        ]
        return plain(self) | {"nodes": nodes, "never_supports": list(NEVER_SUPPORTS)}


def plain(value):
    """Write records for JSON: lists and dicts of numbers, texts and booleans.

    A judgement becomes its median and spread, and of a count the two numbers of its Beta. JSON has
    no infinity, so the log-odds of 0 and 1 become texts.

    Examples
    --------
    >>> plain(Probability.exactly(0.0)), plain(Odds.exactly(1.0))
    (['-Infinity', 0.0], [0.0, 0.0])
    """
    if isinstance(value, Odds | stated.Point):
        return [*value.normal]
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
def plan_of(scopes, states):
    """Compile once for each structure: other numbers and dates reuse the plan."""
    return circuit.compile(scopes, len(states), states)
