"""A case and the name of a proposition go in; the event and those of its states it means come out.

A proposition is a set of states of an event: ``rain`` and ``rain.no`` of a yes/no event,
``cabinet.inclusive`` a state, ``deaths.doubled`` a cut. A quantity has a cell between any two of
the borders that its cuts draw; they are its states.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

YES_NO = ("no", "yes")

# What a cut says of the amount that it names, or of the first or last of ordered states.
SIDES = {">=": "at least", "<=": "at most", ">": "more than", "<": "less than"}


@dataclass(frozen=True, slots=True)
class Proposition:
    """A set of states of an event.

    Attributes
    ----------
    name : str
        As it stands in tables: ``rain``, ``cabinet.inclusive``.
    event : str
    states : tuple of int
        Numbers of the states that make it true, ascending.
    """

    name: str
    event: str
    states: tuple[int, ...]


def event_of(name: str) -> str:
    """Give the event that a proposition speaks of."""
    return name.partition(".")[0]


def borders(event) -> tuple[float, ...]:
    """List the amounts at which the cuts of a quantity lie, ascending."""
    ends = (end for cut in event.cuts.values() for end in (cut.low, cut.high))
    return tuple(sorted({end for end in ends if end is not None}))


def cell_of(event, amount: float) -> int:
    """Find the cell of a quantity that an amount is in; where cuts meet, the first one decides.

    Examples
    --------
    >>> from forecasting.file.case import read
    >>> case = read('''
    ... case: rain
    ... events:
    ...   rain: {quantity: {}, base_rate: {low: 1, high: 9}, cuts: {dry: "<= 2", wet: "> 2"}}
    ... ''')
    >>> cell_of(case.events["rain"], 2.0), cell_of(case.events["rain"], 2.1)
    (0, 1)
    """
    above = sum(end <= amount for end in borders(event))
    for cut in event.cuts.values():
        if amount in (cut.low, cut.high):
            inside = not cut.text.strip().startswith((">", "<")) or "=" in cut.text
            return above - (inside == (amount == cut.high))
    return above


def settled_state(event) -> int:
    """Find the state in which an event is settled, or the cell of the amount."""
    if event.settled is None:
        return int(bool(event.happened))
    if event.settled.state is not None:
        return [*event.states].index(event.settled.state)
    return cell_of(event, event.settled.value)


def states_of(event) -> tuple[str, ...]:
    """Name the states of an event: no and yes, its own, or the cells of its amounts from low up."""
    if event.states is not None:
        return tuple(event.states)
    if event.quantity is None:
        return YES_NO
    step = 0.5 if event.quantity.whole else 0.0
    ends = borders(event)
    lows = ["", *(f"{end + step:g}" for end in ends)]
    highs = [*(f"{end - step:g}" for end in ends), ""]
    return tuple(f"{low}..{high}" for low, high in zip(lows, highs, strict=True))


def part_states(event, part: str) -> tuple[int, ...] | None:
    """Find the states, or the cells of amounts, in a state or a cut; None if there is no such."""
    names = states_of(event)
    if event.quantity is None and part in names:
        return (names.index(part),)
    cut = event.cuts.get(part)
    if cut is None or cut.states is not None:
        return cut and cut.states
    ends = (-math.inf, *borders(event), math.inf)
    low = ends[0] if cut.low is None else cut.low
    high = ends[-1] if cut.high is None else cut.high
    return tuple(k for k in range(len(ends) - 1) if low <= ends[k] and ends[k + 1] <= high)


def find(case, name: str) -> Proposition | None:
    """Find a proposition by its name; None if there is none, as for an event with states alone.

    Examples
    --------
    >>> from forecasting.file.case import read
    >>> case = read("{case: sky, events: {sky: {states: [a, b], base_rate: {a: 30%, b: rest}}}}")
    >>> find(case, "sky.b").states, find(case, "sky")
    ((1,), None)
    """
    head, _, part = name.partition(".")
    event = case.events.get(head)
    if not event:
        return None
    if not part:
        return Proposition(name, head, (1,)) if event.is_yes_no else None
    states = part_states(event, part)
    return None if states is None else Proposition(name, head, states)


def parts_of(case, event: str) -> list[str]:
    """List the propositions of an event that tables tell of: itself, or its states and cuts."""
    record = case.events[event]
    if record.is_yes_no:
        return [event]
    return [f"{event}.{part}" for part in record.parts]


def every(case, role: str | None = None) -> dict[str, Proposition]:
    """List the propositions that tables tell of, in the order of the file.

    A yes/no event stands by its own name; of another event first each state, then each cut.
    """
    found = {}
    for head, event in case.events.items():
        if role in (None, event.role):
            found |= {name: find(case, name) for name in parts_of(case, head)}
    return found


@dataclass(frozen=True, slots=True)
class Receiver:
    """What a link moves.

    Attributes
    ----------
    event : str
    state : int or None
        The state whose odds are moved; None for a yes/no event, and for ordered states or an
        amount as a whole.
    turned : bool
        It was stated for a cut of less: what raises the odds of less lowers the whole.
    """

    event: str
    state: int | None = None
    turned: bool = False


def receiver(case, name: str) -> Receiver | None:
    """Find what a link to a name moves; None if no link can lead there.

    Examples
    --------
    >>> from forecasting.file.case import read
    >>> case = read('''
    ... case: sky
    ... events:
    ...   sky: {states: [a, b, c], base_rate: {a: 30%, b: 20%, c: rest}}
    ...   rain: {quantity: {unit: mm}, base_rate: {low: 1, high: 9}, cuts: {dry: "< 2"}}
    ... ''')
    >>> receiver(case, "sky.b").state, receiver(case, "sky"), receiver(case, "rain.dry").turned
    (1, None, True)
    """
    head, _, part = name.partition(".")
    event = case.events.get(head)
    if not event:
        return None
    if not part:
        return Receiver(head) if event.states is None or event.ordered else None
    if event.states is not None and not event.ordered:
        return Receiver(head, [*event.states].index(part)) if part in event.states else None
    if part not in event.cuts:
        return None
    inside = part_states(event, part)
    last = len(states_of(event)) - 1
    ends = inside[0] == 0, inside[-1] == last and inside == tuple(range(inside[0], last + 1))
    if ends == (False, True):
        return Receiver(head)
    return Receiver(head, turned=True) if ends[0] and inside == tuple(range(len(inside))) else None


def covered(event, parts: Iterable[str]) -> dict[str, tuple[int, ...]]:
    """Find the states that each part of a statement covers; "otherwise" what none else does."""
    parts = list(parts)
    sets = {one: part_states(event, one) for one in parts if one != "otherwise"}
    named = {state for states in sets.values() for state in states}
    left = tuple(k for k in range(len(states_of(event))) if k not in named)
    return {one: sets.get(one, left) for one in parts}


def title_of(case, name: str) -> str:
    """Give the short label of an event, or of one of its states or cuts.

    Examples
    --------
    >>> from forecasting.file.case import read
    >>> case = read("{case: sky, events: {sky: {states: [a, b], base_rate: {a: 30%, b: rest}}}}")
    >>> title_of(case, "sky"), title_of(case, "sky.b")
    ('sky', 'sky: b')
    """
    head, _, part = name.partition(".")
    title = case.events[head].title or head.replace("_", " ")
    return f"{title}: {label_of(case, name)}" if part else title


def label_of(case, name: str) -> str:
    """Name a proposition within its event: a state by its label, a cut by what it means.

    Examples
    --------
    >>> from forecasting.file.case import read
    >>> case = read('''
    ... case: rain
    ... events:
    ...   rain: {quantity: {unit: mm}, cuts: {wet: ">= 4"}, base_rate: {low: 1, high: 16}}
    ... ''')
    >>> label_of(case, "rain.wet")
    'at least 4 mm (wet)'
    """
    head, _, part = name.partition(".")
    event, named = case.events[head], part.replace("_", " ")
    if not part:
        return title_of(case, name)
    if part not in event.cuts:
        return (event.states or {}).get(part) or named
    said = _cut_in_words(event, event.cuts[part])
    return said if named == said else f"{said} ({named})"


def _cut_in_words(event, cut) -> str:
    """Say which states, or which amounts, a cut holds.

    Amounts stand as they were stated, with all digits: they are a rule, and not a result.
    """
    if cut.states is not None:
        return _states_in_words(event, cut.states)
    step = 0.5 if event.quantity.whole else 0.0
    low = None if cut.low is None else f"{cut.low + step:,.12g}"
    high = None if cut.high is None else f"{cut.high - step:,.12g}"
    of = f" {event.quantity.unit}" if event.quantity.unit else ""
    if low is not None and high is not None:
        return f"{low} to {high}{of}"
    sign = cut.text.strip()[: 2 if "=" in cut.text else 1]
    if event.quantity.whole:  # a border between two whole numbers is told by the one inside
        sign = "<=" if low is None else ">="
    return f"{SIDES[sign]} {high if low is None else low}{of}"


def _states_in_words(event, states: Sequence[int]) -> str:
    labels = [*event.states.values()]
    first, last = labels[states[0]], labels[states[-1]]
    if not event.ordered or states[-1] - states[0] >= len(states) > 1:
        return " or ".join(labels[k] for k in states)
    if states[-1] == len(labels) - 1:
        return f"at least {first}"
    if states[0] == 0:
        return f"at most {last}"
    return first if len(states) == 1 else f"{first} to {last}"


def settled_in_words(event) -> str:
    """Say what an event with states, or an amount, came to."""
    if event.settled.state is not None:
        return event.states[event.settled.state]
    return f"{event.settled.value:,.12g} {event.quantity.unit or ''}".rstrip()


def mask(
    case, name: str, holds: bool | float | Iterable[str] = True
) -> tuple[str, frozenset[int]] | None:
    """Find the states that a statement leaves: a proposition true or not, an amount, or states.

    Returns
    -------
    (event, set of states) or None
        None if there is no such proposition.
    """
    if isinstance(holds, bool):
        found = find(case, name)
        if found is None:
            return None
        states = frozenset(found.states)
        full = frozenset(range(len(states_of(case.events[found.event]))))
        return found.event, states if holds else full - states
    if isinstance(holds, float):
        return name, frozenset({cell_of(case.events[name], holds)})
    parts = [find(case, f"{name}.{one}") for one in holds]
    if None in parts or not parts:
        return None
    return name, frozenset(k for part in parts for k in part.states)


def left(case, when: Iterable[tuple[str, bool | Iterable[str]]]) -> dict[str, frozenset[int]]:
    """List the states that statements, taken together, leave each event they speak of."""
    held: dict[str, frozenset[int]] = {}
    for name, holds in when:
        if found := mask(case, name, holds):  # none while a file is checked
            event, states = found
            held[event] = held.get(event, states) & states
    return closed(case, held)


def closed(case, held: Mapping[str, frozenset[int]]) -> dict[str, frozenset[int]]:
    """Add what the states that events are left imply: what came true had its condition hold."""
    result = dict(held)
    todo = list(result)
    while todo:
        event = case.events.get(name := todo.pop(0))
        condition = event and event.given and mask(case, event.given)
        if condition and result[name] == {1}:
            other, states = condition
            left = result[other] & states if other in result else states
            if result.get(other) != left:
                result[other] = left
                todo.append(other)
    return result
