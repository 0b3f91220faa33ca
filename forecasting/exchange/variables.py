"""Variables of a network with their tables go in; a case, and what was changed for it, come out."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import NamedTuple

from forecasting.engine.tabulated import Variable
from forecasting.errors import InputError, echo, nearest, visible
from forecasting.file.case import MAX_EVENTS
from forecasting.file.document import NUMBER, flow
from forecasting.file.naming import new_id, plain_letters
from forecasting.file.states import RESERVED
from forecasting.file.values import ID
from forecasting.lexicon import counted

# A sum this near to 1 is 1: it differs by the arithmetic of adding up alone.
EXACT = 1e-12

# Numbers of the largest table that a case may have, and of all tables that fit into its file.
MAX_CELLS = 100_000
MAX_ALL_CELLS = 1_000_000
MAX_STATES = 1_000

# Numbers are published with few digits. A sum further from 1 than this is a mistake, not rounding.
ROUNDED = 0.01 + 1e-12

# States of a variable that is a yes/no event of a case, in any order and any case of letters.
YES_NO = ({"yes": "yes", "no": "no"}, {"true": "yes", "false": "no"})

# Signs that mean something in the name of a state, in words; any other is a gap between words.
SIGNS = (
    (r"<=\s*", "at_most_"), (r">=\s*", "at_least_"), (r"<\s*", "below_"), (r">\s*", "above_"),
    (r"%", "_percent"), (r"\+$", "_or_more"), (r"^-(?=\d)", "minus_"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Named:
    """What a variable is called in a case.

    Attributes
    ----------
    event : str
    states : dict of str to str
        The name of each state by the one it has in the network; ``yes`` and ``no`` where the
        variable is a yes/no event.
    """

    event: str
    states: Mapping[str, str]

    @property
    def yes_no(self) -> bool:
        """Whether the variable is a yes/no event."""
        return "yes" in self.states.values()


class Imported(NamedTuple):
    """The text of a case, made of what another program wrote.

    Attributes
    ----------
    text : str
    notes : tuple of str
        What was changed, assumed or left out on the way, in sentences.
    """

    text: str
    notes: tuple[str, ...]


class Declared:
    """The variables that a file declares, each held to what a case can take.

    Parameters
    ----------
    wrong : callable
        Makes the error of a problem, what was found and what is accepted, a hint, and the line.
    """

    def __init__(self, wrong: Callable[..., InputError]) -> None:
        self.states: dict[str, tuple[str, ...]] = {}
        self._wrong, self._cells = wrong, 0

    def declare(self, name: str, states: tuple[str, ...], line: int, at: int) -> None:
        """Add a variable, from its line and that of its states, unless there is one already."""
        if name in self.states:
            raise self._wrong("this variable is declared twice", name, line=line)
        if not 2 <= len(states) <= MAX_STATES:
            found = f"{echo(name)} with {counted(len(states), 'state')}"
            accepted = f"2 to {MAX_STATES:,} states"
            raise self._wrong("too few or too many states", found, accepted, line=at)
        if len({*states}) < len(states):
            twice = next(state for state in states if states.count(state) > 1)
            raise self._wrong("a state is named twice", twice, "each state once", line=at)
        self.states[name] = states
        if len(self.states) > MAX_EVENTS:
            raise self._wrong("too many variables", None, f"at most {MAX_EVENTS:,}", line=line)

    def keys(self, name: str, parents: Sequence[str], line: int) -> list[tuple[str, ...]]:
        """List the rows of a table, the last parent fastest; refuse one that is too large."""
        for at, parent in enumerate(parents):
            if parent not in self.states:
                problem = f"a parent of {echo(name)} is not declared"
                raise self._wrong(problem, parent, None, nearest(parent, self.states), line)
            if parent in parents[:at]:
                raise self._wrong("a parent is named twice", parent, "each parent once", line=line)
        cells = math.prod(len(self.states[one]) for one in (name, *parents))
        if cells > MAX_CELLS:
            found, accepted = f"{cells:,} numbers", f"at most {MAX_CELLS:,}"
            raise self._wrong(f"the table of {echo(name)} is too large", found, accepted, line=line)
        self._cells += cells
        if self._cells > MAX_ALL_CELLS:
            accepted = f"at most {MAX_ALL_CELLS:,} numbers"
            raise self._wrong("the tables are too large together", None, accepted, line=line)
        return list(product(*(self.states[parent] for parent in parents)))

    def state(self, name: str, word: str, line: int) -> str:
        """Give a state back, unless its variable has no such state."""
        if word not in self.states[name]:
            problem, accepted = f"{echo(name)} has no such state", ", ".join(self.states[name])
            raise self._wrong(problem, word, accepted, nearest(word, self.states[name]), line)
        return word

    def numbers(self, texts: Sequence[tuple[str, int]], due: int, line: int) -> tuple[float, ...]:
        """Read probabilities, each with its line."""
        for text, at in texts:
            if not NUMBER.fullmatch(text) or not 0 <= float(text) <= 1:
                raise self._wrong("not a probability", text, "a number from 0 to 1", line=at)
        if len(texts) != due:
            found, accepted = counted(len(texts), "number"), f"{due:,}"
            raise self._wrong("not as many numbers as are due", found, accepted, line=line)
        return tuple(float(text) for text, _ in texts)

    def summed(self, row: tuple[float, ...], line: int) -> tuple[float, ...]:
        """Give a row back, unless its sum is further from 1 than rounding can tell."""
        whole = math.fsum(row)
        if abs(whole - 1) > ROUNDED:
            accepted = f"numbers that add up to 1, within {ROUNDED:.2g}"
            found = f"{', '.join(f'{p:g}' for p in row)}, in all {whole:.6g}"
            raise self._wrong("a row does not add up to 1", found, accepted, line=line)
        return row

    def variable(self, name: str, parents, rows, title: str, labels: Mapping) -> Variable:
        """Make a variable; a title or a label that only repeats a name is none."""
        title = title if title != name else ""
        labels = {state: label for state, label in labels.items() if label not in ("", state)}
        return Variable(name, self.states[name], parents, rows, title, labels)


def names(variables: Sequence[Variable]) -> dict[str, Named]:
    """Find what each variable and state is called in a case, by the name of the variable.

    A name that a case accepts stays; any other is made of its letters and digits, in words where a
    sign has a meaning. Two states are yes and no if they are so called, or true and false.

    Examples
    --------
    >>> age = Variable("age.years", ("<5", "5-12", "12+"), (), {})
    >>> names([age])["age.years"]
    Named(event='age_years', states={'<5': 'below_5', '5-12': 'n_5-12', '12+': 'n_12_or_more'})
    """
    events = _ids([one.name for one in variables], "variable", ())
    return {one.name: Named(events[one.name], _states(one.states)) for one in variables}


def case_text(variables: Sequence[Variable], name: str = "network") -> Imported:
    """Write variables as a case, each an event with a table.

    The numbers are exact in double precision. A row whose sum is not 1, by rounding, is divided by
    its sum. What is nobody's parent becomes an outcome, anything else a driver. The notes stand at
    the head of the text too.

    Parameters
    ----------
    variables : sequence of Variable
    name : str
        What the case is to be called.

    Examples
    --------
    >>> rain = Variable("rain", ("heavy", "none"), (), {(): (0.25, 0.75)})
    >>> print(case_text([rain], "weather")[0])
    case: weather
    <BLANKLINE>
    events:
    <BLANKLINE>
      rain:
        role: outcome
        states: [heavy, none]
        parents: []
        table: [0.25, 0.75]
    <BLANKLINE>
    """
    named = names(variables)
    above = {parent for one in variables for parent in one.parents}
    asked = len(variables) - len(above)
    roles = f"assumed: what is nobody's parent is an outcome ({asked}), all else a driver"
    notes = (*_renamed(variables, named), *_rounded(variables), *([roles] if above else []))
    lines = [*(f"# {note}" for note in notes), *([""] if notes else [])]
    lines += [f"case: {flow(new_id(_readable(name) or 'network', ()))}", "", "events:"]
    for one in variables:
        event = named[one.name]
        lines += ["", f"  {flow(event.event)}:"]
        if one.title or event.event != one.name:
            lines.append(f"    title: {flow(one.title or one.name)}")
        lines.append(f"    role: {'driver' if one.name in above else 'outcome'}")
        lines += _stated(one, named)
    return Imported("\n".join(lines) + "\n", notes)


def _stated(one: Variable, named: Mapping[str, Named]) -> Iterator[str]:
    """Write the states of an event, its parents and its table."""
    own = named[one.name]
    if own.yes_no:
        yes = list(own.states.values()).index("yes")
        rows = {words: _shares(row)[yes] for words, row in one.rows.items()}
        yield "    kind: state"
    else:
        rows = {words: _shares(row) for words, row in one.rows.items()}
        labels = {state: one.labels.get(old, old) for old, state in own.states.items()}
        same = all(state == label for state, label in labels.items())
        yield f"    states: {flow(list(labels) if same else labels)}"
    if own.yes_no and not one.parents and 0 < rows[()] < 1:
        yield f"    base_rate: {flow(rows[()])}"
        return
    yield f"    parents: {flow([named[parent].event for parent in one.parents])}"
    if not one.parents:
        yield f"    table: {flow(rows[()])}"
        return
    yield "    table:"
    parents = [named[parent].states for parent in one.parents]
    for words, row in rows.items():
        key = ", ".join(states[word] for states, word in zip(parents, words, strict=True))
        yield f"      {flow(key)}: {flow(row)}"


def _shares(row: tuple[float, ...]) -> tuple[float, ...]:
    """Divide a row by its sum, unless the sum is 1 as far as adding up can tell."""
    whole = math.fsum(row)
    return row if abs(whole - 1) <= EXACT else tuple(p / whole for p in row)


def _renamed(variables: Sequence[Variable], named: Mapping[str, Named]) -> Iterator[str]:
    changed = [
        (old, new)
        for one, event in ((one, named[one.name]) for one in variables)
        for old, new in ((one.name, event.event), *event.states.items())
        if old != new and new not in ("yes", "no")
    ]
    if changed:
        (old, new), *_ = changed
        many = counted(len(changed), "name")
        yield f"{many} changed, such as {echo(old)} to {new}; the old ones are kept as labels"


def _rounded(variables: Sequence[Variable]) -> Iterator[str]:
    off = {
        one.name: [gap for row in one.rows.values() if (gap := abs(math.fsum(row) - 1)) > EXACT]
        for one in variables
    }
    if gaps := [gap for found in off.values() for gap in found]:
        where = echo(", ".join(name for name, found in off.items() if found))
        rows = counted(len(gaps), "row")
        yield f"{rows} divided by the sum, which was off by {max(gaps):.1g} at most: {where}"


def _states(states: tuple[str, ...]) -> dict[str, str]:
    """Name the states of one variable."""
    folded = [state.casefold() for state in states]
    for words in YES_NO:
        if sorted(folded) == sorted(words):
            return {state: words[state.casefold()] for state in states}
    return _ids(states, "state", RESERVED)


def _ids(found: Sequence[str], otherwise: str, reserved: Sequence[str]) -> dict[str, str]:
    """Name what was found; what may stay as it is comes first, so that nothing takes its name."""

    def free(name):
        return name.casefold() not in reserved

    result = {name: name for name in found if ID.fullmatch(name) and free(name)}
    taken = {*result}
    for name in found:
        if name not in result:
            words = _readable(name) or otherwise
            result[name] = new_id(words if free(words) else f"{otherwise}_{words}", taken)
            taken.add(result[name])
    return {name: result[name] for name in found}


def one_line(text: str) -> str:
    """Write a title or a label on one line, with nothing in it that acts without being seen."""
    return visible(" ".join(text.split()))


def _readable(name: str) -> str:
    """Write a name in letters, digits, ``_`` and ``-``; nothing is left of a foreign script."""
    for sign, words in SIGNS:
        name = re.sub(sign, words, name)
    plain = name if name.isascii() else plain_letters(name)
    return re.sub(r"[^A-Za-z0-9_-]+", "_", plain).strip("_-")
