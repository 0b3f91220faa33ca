"""An exercise file goes in; its answer, replies to typical errors, and its tree of cases come out.

No answer is typed: it is a formula over the exercise's own network, as the errors are. In a formula
``P(a | b, not c)`` is a probability before any evidence, of propositions and facts by their names;
``P(a | evidence)`` is one after it; ``rate(table, column=value)`` is a share counted in a table of
the library; ``odds`` and ``chance`` turn one into the other.
"""

from __future__ import annotations

import ast
import operator
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from math import exp
from pathlib import Path

from forecasting.answer.frequencies import Frequencies, frequencies, log_joints
from forecasting.answer.reference_classes import groups
from forecasting.engine.network import Network
from forecasting.errors import InputError, nearest, refusal
from forecasting.file import document
from forecasting.file.case import PlainShare, assemble, load
from forecasting.file.document import Node
from forecasting.file.overlay import AsWritten
from forecasting.file.records import ListOf, MapOf, Record, due, key, node_field
from forecasting.file.tables import shipped
from forecasting.file.values import Choice, Name, Reading, Text
from forecasting.judgement import Probability
from forecasting.lexicon import percent
from forecasting.tell import frequencies as counts
from forecasting.tell.terminal import Block, Line

# An answer is right within so much, unless the exercise says otherwise.
TOLERANCE = 0.01

# What an exercise is about, in the order of the lessons, and how hard it is: one step that people
# know, one with a trap, or several.
TOPICS = (
    "frequencies",
    "base-rates",
    "likelihood",
    "grades",
    "echoes",
    "links",
    "given-and-do",
    "scores",
)
LEVELS = ("easy", "medium", "hard")

TERM = re.compile(r"\b(P|rate)\(([^()]*)\)")
ACCEPTED = "P(a | b, not c), rate(table), numbers, + - * / **, odds() and chance()"

OPERATORS = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.Pow: operator.pow,
}
FUNCTIONS = {"odds": lambda p: p / (1 - p), "chance": lambda odds: odds / (1 + odds)}


@dataclass(frozen=True)
class Wrong:
    """A typical error: the number it leads to, and what to say to whoever gives it."""

    formula: str = due("the number it leads to", name="is")
    reply: str = due("what to say to it")


@dataclass(frozen=True)
class Task:
    """What an exercise file says."""

    exercise: str = due("its short name", Name())
    title: str = due("a short title")
    statement: str = due("what is known")
    question: str = due("what is asked, to be answered in percent")
    network: Node = due("a network as in a case file, or the path of a case", AsWritten())
    answer: str = due("the right answer, as a formula")
    wrong: Mapping[str, Wrong] = due("typical errors by name", MapOf(Record(Wrong)))
    hint: str = due("what helps without giving it away")
    after: str = due("what to take home, shown with the answer")
    source: str = due("who published the task, or the data, and where")
    topic: str | None = key("what it is about, as the lessons go", Choice(TOPICS))
    level: str | None = key("how hard it is", Choice(LEVELS))
    within: Probability | None = key("how far off an answer may be", PlainShare(), name="tolerance")
    tree: tuple[str, ...] = key("an outcome, and one or two facts, to count", ListOf(Text(), 3))
    node: Node | None = node_field()

    @property
    def tolerance(self) -> float:
        """How far off an answer may be."""
        return float(self.within.mean) if self.within else TOLERANCE

    @cached_property
    def net(self) -> Network:
        """The network that the formulas speak of."""
        folder, own = Path(self.node.file).parent, self.network
        if own.is_text:
            return Network(load(folder / own.value))

        def counted(node: Node) -> Node:
            found = node.is_text and TERM.fullmatch(node.value)
            counts = found and found[1] == "rate"
            return replace(node, value=repr(_rate(found[2], folder))) if counts else node

        tree = document.each(own, counted)
        for field, said in (("case", "exercise"), ("title", "title")):
            tree = document.put(tree, (field,), self.node.value[said])
        return Network(assemble(tree, document.as_written(tree)))  # an explorer reads the text

    @cached_property
    def right(self) -> float:
        """The right answer."""
        return self._value(self.answer, "answer")

    @cached_property
    def errors(self) -> dict[str, float]:
        """The numbers that typical errors lead to, by name."""
        return {name: self._value(one.formula, "wrong", name) for name, one in self.wrong.items()}

    @cached_property
    def cases(self) -> Frequencies | None:
        """The tree of cases that shows the answer."""
        return frequencies(self.net, self.tree[0], self.tree[1:]) if self.tree else None

    @property
    def concludes(self) -> bool:
        """Whether the tree of cases ends on the answer; it may count a part of the way only."""
        return abs(self.cases.answer - self.right) <= self.tolerance

    def _value(self, formula: str, *place: str) -> float:
        node, network = document.at(self.node, place), self.net
        try:
            value = reckon(formula, network, Path(self.node.file).parent)
        except InputError as error:
            raise InputError(
                replace(one, file=node.file, line=node.line, place=".".join(place))
                for one in error.problems
            ) from None
        if not 0 <= value <= 1:
            raise refusal("is no probability", node.file, node.line, ".".join(place), f"{value:g}")
        return value


def tasks() -> tuple[Task, ...]:
    """Read the shipped exercises, in the order of the lessons, the easier first.

    Examples
    --------
    >>> [task.exercise for task in tasks()][:3]
    ['hiv_test', 'linda', 'mammography']
    """
    found = (task(str(path)) for path in sorted(shipped("exercises").glob("*.yaml")))
    return tuple(sorted(found, key=lambda one: _place(one.topic, one.level)))


def task(name: str) -> Task:
    """Read an exercise: one of those shipped by its name, or a file.

    Raises
    ------
    InputError
        If there is no such exercise, the file is none, or an error cannot be told from the answer.

    Examples
    --------
    >>> cab = task("cab")
    >>> round(cab.right, 4), {name: round(p, 2) for name, p in cab.errors.items()}
    (0.4138, {'base_rate_left_out': 0.8, 'multiplied_only': 0.12, 'base_rate_only': 0.15})
    """
    path = Path(name)
    if not name.endswith((".yaml", ".yml")):
        path = shipped("exercises") / f"{name}.yaml"
        if not path.is_file():
            hint = nearest(name, sorted(one.stem for one in path.parent.glob("*.yaml")))
            hint = hint or "'forecasting exercise' alone lists all"
            raise refusal("there is no exercise of this name", "", None, "", name, hint=hint)
    reading = Reading([])
    _, node = document.read_file(path, problems=reading.problems)
    found = Record(Task).whole(node, reading)
    for error, value in found.errors.items():
        if abs(value - found.right) <= 2 * found.tolerance:
            one = node.value["wrong"].value[error]
            both = f"{value:.4g}, and {found.right:.4g} is right"
            what, place = "cannot be told from the right answer", f"wrong.{error}"
            raise refusal(what, one.file, one.line, place, both)
    return found


def solution(task: Task) -> Iterator[Block]:
    """Tell a teacher the answer, each typical error with its reply, and the cases.

    Examples
    --------
    >>> [line for line in next(solution(task("cab")))][1]
    'Right: 41%. A good witness and a rare colour pull against each other. Odds of 15 to 85, times
    four, are 60 to 85.'
    """
    yield Line(task.question, "bold"), f"Right: {percent(task.right)}. {task.after}"
    for name, value in task.errors.items():
        error = name.replace("_", " ")
        yield Line(f"{percent(value)}, {error}:", "bold"), task.wrong[name].reply
    if found := task.cases:
        known = replace(found, forecast=found.answer)  # see exercise_page.told
        yield from counts.blocks(known, concludes=task.concludes)


def reckon(formula: str, network: Network, beside: Path | None = None) -> float:
    """Work out a formula over a network.

    Parameters
    ----------
    formula : str
    network : Network
    beside : path, optional
        A folder whose own ``data`` comes before the shipped tables.

    Raises
    ------
    InputError
        If it is no formula, or names what is not in the network.

    Examples
    --------
    >>> from forecasting.file.case import read
    >>> fact = "{bears_on: rain, if_yes: 90%, if_no: 10%, status: confirmed}"
    >>> network = Network(
    ...     read(f"{{case: a, events: {{rain: {{base_rate: 20%}}}}, evidence: {{wet: {fact}}}}}")
    ... )
    >>> [round(reckon(one, network), 4) for one in ("P(wet | rain)", "1 - P(rain | evidence)")]
    [0.9, 0.3077]
    """

    def term(found: re.Match) -> str:
        value = _rate(found[2], beside) if found[1] == "rate" else _chance(found[2], network)
        return f"({value!r})"

    def value(node: ast.expr) -> float:
        match node:
            case ast.Constant(int() | float() as number):
                return float(number)
            case ast.BinOp(left, sign, right) if type(sign) in OPERATORS:
                return OPERATORS[type(sign)](value(left), value(right))
            case ast.Call(ast.Name(name), [one], []) if name in FUNCTIONS:
                return FUNCTIONS[name](value(one))
        raise ValueError

    try:
        return float(value(ast.parse(TERM.sub(term, formula), mode="eval").body))
    except InputError:
        raise
    except (SyntaxError, TypeError, ValueError, ArithmeticError):
        raise refusal("not a formula", "", None, "", formula, ACCEPTED) from None


def _place(topic: str, level: str) -> tuple[int, int]:
    return TOPICS.index(topic), LEVELS.index(level)


def _chance(text: str, network: Network) -> float:
    of, given = ([name.strip() for name in part.split(",")] for part in f"{text}|".split("|")[:2])
    conditions = [one for one in given if one and one != "evidence"]
    sides = {one.removeprefix("not ").strip(): not one.startswith("not ") for one in conditions}
    both = sides | {one.removeprefix("not ").strip(): not one.startswith("not ") for one in of}
    known = [*network.case.evidence, *network.names]
    if unknown := [name for name in both if name not in known]:
        hint = nearest(unknown[0], known)
        raise refusal("nothing of the network has this name", "", None, "", unknown[0], hint=hint)
    tables = network.tables({}, {}) if "evidence" in given else network.prior_tables
    all_of_it, condition = log_joints(network, tables, [both, sides])
    return exp(all_of_it - condition)


def _rate(text: str, beside: Path | None) -> float:
    name, *where = (one.strip() for one in text.split(","))
    _, (every,) = groups(name, (), where, beside=beside)
    return every.share
