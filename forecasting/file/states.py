"""Readers of an event with states, or of an amount: nodes go in, checked values or problems out.

An event with states says which of several holds; a quantity, how much. Each key is read by itself,
as far as the keys beside it allow; :mod:`forecasting.file.kinds` puts them together.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

from forecasting.amounts import POINTS
from forecasting.errors import nearest
from forecasting.file.document import Node, number
from forecasting.file.models import BaseRateReader
from forecasting.file.records import MapOf, Record, among, due, entries, key
from forecasting.file.values import (
    BAD,
    CONFIDENCE,
    COUNT,
    ID,
    PERCENT,
    BaseRate,
    Choice,
    Day,
    Judgement,
    Months,
    Name,
    Names,
    Number,
    Reading,
    Spelled,
    Text,
    YesNo,
    below,
    forms,
    known_keys,
    read_keys,
    written,
)

# Words that cannot name a state or a cut: they mean something of their own where one may stand.
RESERVED = (
    "within", "seen", "model", "confidence", "rest", "otherwise", "yes", "no", "true", "false",
)  # fmt: skip

# So far an amount may lie from 0; what is farther is a slip.
MOST_AMOUNT = 1e100

UNSURE = Number("not a factor of at least 1", "a factor from 1 to 1,000, such as 2", 1000, 1)
AMOUNT = Number("not an amount", "a number", MOST_AMOUNT, -MOST_AMOUNT)


@dataclass(frozen=True, slots=True)
class Amount:
    """In what an amount is counted, and on which scale it is judged."""

    unit: str | None = key("what is counted, such as deaths")
    scale: str | None = key(
        "log, the default where all amounts are above 0; or linear", Choice(("log", "linear"))
    )
    whole: bool = key("yes, for whole numbers only", default=False)


@dataclass(frozen=True, slots=True)
class Cut:
    """A named part of the states, or of the amounts.

    Attributes
    ----------
    text : str
        As written.
    states : tuple of int or None
        Of an event with states: the numbers of those inside, ascending.
    low, high : float or None
        Of an amount: its borders, None where it has no end.
    """

    text: str
    states: tuple[int, ...] | None = None
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, slots=True)
class Settled:
    """What an event with states, or an amount, came to."""

    date: Day = due("the date on which it was settled")
    state: str | None = key("the state that holds", Name())
    value: float | None = key("the amount", AMOUNT)


class Row(Spelled):
    """A row of a table: yes, no or a state for each parent, in their order; in one spelling."""

    PROBLEM = "not a row of a table"
    ACCEPTED = 'yes or no for each parent, such as "yes, no"; its state for one that has states'

    def parse(self, text):
        row = self.spelled(text)
        words = row.split(", ") if row else ()
        return row if all(ID.fullmatch(one) and _may_name(one, row=True) for one in words) else BAD

    @staticmethod
    def spelled(text: str) -> str:
        """Spell a row in one way, whatever its spaces, and the capitals of yes and no."""
        words = [word.strip() for word in text.split(",")]
        return ", ".join(w.lower() if w.lower() in ("yes", "no") else w for w in words)

    def schema(self):
        one = rf"\s*(?!([Tt][Rr][Uu][Ee]|[Ff][Aa][Ll][Ss][Ee])\s*(,|$)){ID.pattern}\s*"
        return {"type": "string", "pattern": rf"^(\s*|{one}(,{one})*)$"}


def _may_name(name: str, *, row: bool = False) -> bool:
    words = ("true", "false") if row else ("yes", "no", "true", "false")
    return name.lower() not in words and (row or name not in RESERVED)


class Unread:
    """What cannot be read before something else has been mended."""

    def read(self, node, place, reading):
        return None


@dataclass(frozen=True)
class ByType:
    """A key that is read in one way for a yes/no event, in another for states, or for an amount.

    As a JSON Schema it is left to the rules of the event, which know its type.
    """

    one: Any
    several: Any
    amount: Any

    def among(self, node):
        """Choose by the keys that stand beside it."""
        if {"states", "quantity"} <= node.value.keys():
            return Unread()
        if "states" in node.value:
            return Unread() if states_in(node) is None else among(self.several, node)
        return among(self.amount, node) if "quantity" in node.value else self.one

    def schema(self):
        return {}

    def schema_for(self, sort: str) -> dict:
        """Make the JSON Schema for a type of event: yes/no, states or amount."""
        return {"yes/no": self.one, "states": self.several, "amount": self.amount}[sort].schema()


def parts_of(node: Node) -> list[str] | None:
    """List what may follow an event's name, or be said of it by name; None if it is not readable.

    ``no`` and ``yes``, or its states and cuts.
    """
    if not node.is_map:
        return None
    if not {"states", "quantity"} & node.value.keys():
        return ["no", "yes"]
    readers = {"states": States(), "cuts": Cuts()}
    found = [_readable(one, node.value.get(key)) for key, one in readers.items()]
    return None if BAD in found else [name for names in found for name in names]


def states_in(node: Node) -> tuple[str, ...] | None:
    """List the states of an event, or None where they cannot be read."""
    found = _readable(States(), node.value["states"])
    return None if found is BAD else tuple(found)


def _readable(reader, node: Node | None):
    """Read what is read elsewhere too, and its problems noted there."""
    return () if node is None or node.is_empty else reader.read(node, "", Reading([]))


@dataclass(frozen=True)
class ByProposition:
    """Values by the name of a state or a cut; ``known`` are those that the event has."""

    reader: Any
    known: tuple[str, ...] | None = None
    otherwise: bool = True

    def among(self, node):
        """Take the names from the record, if that is the event which has the states."""
        known = parts_of(node) if {"states", "quantity"} & node.value.keys() else None
        return self if known is None else replace(self, known=tuple(known))

    def read(self, node, place, reading):
        if not node.is_map or not node.value:
            problem = "values by state or cut are due here"
            return reading.reject(node, place, problem, self.accepted)
        known = self.known and (*self.known, *(["otherwise"] if self.otherwise else ()))
        if known is not None and not parts_are_known(node, place, reading, known):
            return BAD
        values = MapOf(self.reader).read(node, place, reading)
        return BAD if values is BAD or BAD in values.values() else values

    @property
    def accepted(self) -> str:
        """Show what is accepted, by an example."""
        first = self.known[0] if self.known else "STATE"
        return f"a name with its value, such as {{{first}: 30%, otherwise: 70%}}"

    def schema(self):
        return {**MapOf(self.reader).schema(), "minProperties": 1}


def parts_are_known(node: Node, place, reading, known: Iterable[str]) -> bool:
    """Say of keys that they are no state and no cut."""
    strangers = [name for name in node.value if name not in known]
    # Where none is known, what is wrong is something else than each of them.
    for name in strangers[: 1 if len(strangers) == len(node.value) else None]:
        unknown_part(node.keys[name], below(place, name), name, known, reading)
    return not strangers


def unknown_part(node, place, name: str, known: Iterable[str], reading, of: str = "") -> None:
    """Say that an event has no state and no cut of this name."""
    known = [*known]
    hint, accepted = nearest(name, known), ", ".join(known) or "a name under cuts:"
    problem = f"{of or 'the event'} has no state and no cut of this name"
    reading.reject(node, place, problem, accepted, hint, found=name)


# States of an example, where the case at hand has none.
NEUTRAL = ("few", "some", "many")


def example(names: Iterable[str] | None, *values: str) -> str:
    """Write values by state as a message shows them, with the states of the case at hand.

    Parameters
    ----------
    names : iterable of str or None
        The states, two or more; any, where it has none that can be read.
    *values : str
        Those of the first, the second and the last state.

    Examples
    --------
    >>> example(("mild", "hard"), "60%", "30%", "rest")
    '{mild: 60%, hard: rest}'
    >>> example("abcd", "60%", "30%", "rest"), example(None, "3", "5", "2")
    ('{a: 60%, b: 30%, ..., d: rest}', '{few: 3, some: 5, many: 2}')
    """
    first, *between, last = names or NEUTRAL
    parts = [f"{first}: {values[0]}", *(f"{one}: {values[1]}" for one in between[:1])]
    parts += ["..."] * (len(between) > 1)
    return f"{{{', '.join(parts)}, {last}: {values[2]}}}"


class States:
    """States by name, each with a label; or a list of names."""

    one, several = Names(), MapOf(Text())

    def read(self, node, place, reading):
        listed = [one.value for one in node.value if one.is_text] if node.is_list else ()
        if {*(node.keys or listed)} == {"yes", "no"}:
            problem, accepted = "yes and no are what an event without states has", "no such key"
            return reading.reject(node, place, problem, accepted, "leave states: out")
        found = (self.several if node.is_map else self.one).read(node, place, reading)
        if found is BAD or (node.is_map and BAD in found.values()):
            return BAD
        twice = [name for i, name in enumerate(found) if name in [*found][:i]]
        if twice:
            return reading.reject(
                node, place, "a state is named twice", "each state once", found=twice[0]
            )
        if len(found) < 2:
            accepted = (
                f"two or more, such as [{', '.join(NEUTRAL)}]; without states: it is yes or no"
            )
            return reading.reject(node, place, "fewer than two states", accepted)
        labels = [" ".join(label.split()) for label in found.values()] if node.is_map else []
        for i, name in enumerate(found if node.is_map else ()):
            if labels[i] in labels[:i]:
                problem = "two states have one label: which is which?"
                return reading.reject(
                    node.value[name], below(place, name), problem, "a label of its own for each"
                )
        items = node.keys if node.is_map else dict(zip(found, node.value, strict=True))
        good = [may_be_id(items[name], below(place, name), reading) for name in found]
        if not all(good):
            return BAD
        return found if node.is_map else {name: name.replace("_", " ") for name in found}

    def schema(self):
        name = id_schema()
        listed = {"type": "array", "items": name, "minItems": 2}
        labelled = {**self.several.schema(), "propertyNames": name, "minProperties": 2}
        return {"anyOf": [listed, labelled]}


def may_be_id(node: Node, place, reading) -> bool:
    """Say of a name that it cannot be that of a state or a cut, if so."""
    name = node.value
    if _may_name(name):
        return True
    problem, accepted = (
        "this word has a meaning of its own",
        f"a name other than {', '.join(RESERVED)}",
    )
    reading.reject(node, place, problem, accepted, found=name)
    return False


def id_schema() -> dict:
    """Make the JSON Schema of the name of a state or a cut."""
    return {"type": "string", "pattern": f"^(?!({'|'.join(RESERVED)})$){ID.pattern}$"}


class Cuts:
    """Cuts by name, as they are written; what they mean depends on the event."""

    one, several = Names(), MapOf(Text())

    may_be_empty = True

    def read(self, node, place, reading):
        if not node.is_map:
            return self.several.read(node, place, reading)
        good, found = True, {}
        for name_node, child, inner in entries(node, place):
            name = Name().read(name_node, inner, reading)
            if name is BAD or not may_be_id(name_node, inner, reading):
                good = False
            else:
                reader = self.one if child.is_list else Text()
                found[name] = reader.read(child, inner, reading)
        return found if good and BAD not in found.values() else BAD

    def schema(self):
        one = {"anyOf": [Text().schema(), {"type": "array", "items": Name().schema()}]}
        return {"type": "object", "propertyNames": id_schema(), "additionalProperties": one}


@dataclass(frozen=True)
class Share:
    """A probability, or the word rest for what the others leave, which is read as None."""

    closed: bool = False

    def read(self, node, place, reading):
        if node.is_text and node.value.strip() == "rest":
            return None
        return Judgement(self.closed).read(node, place, reading)

    def schema(self):
        return Judgement(self.closed).schema()  # of which rest is a word


@dataclass(frozen=True)
class SharesReader:
    """The base rate of an event with states: a share for each, or how often each was seen."""

    known: tuple[str, ...] | None = None

    one, several = MapOf(Share()), MapOf(COUNT)

    @property
    def beside(self) -> dict[str, Any]:
        """Keys that may stand beside the states, and their readers."""
        keys = {"within": Months(), "confidence": CONFIDENCE, "unsure": UNSURE}
        return {name: reader for name, reader in keys.items() if name not in (self.known or ())}

    def among(self, node):
        """Take the names of the states from their event."""
        return SharesReader(states_in(node))

    @property
    def accepted(self) -> str:
        """Show what is accepted, by an example."""
        shown = example(self.known, "60%", "30%", "rest")
        return f"a share for each state, or rest, such as {shown}"

    def read(self, node, place, reading):
        if not node.is_map:
            problem = "an event with states has a share for each of them"
            return reading.reject(node, place, problem, self.accepted)
        beside = read_keys(self.beside, node, place, reading)
        part = replace(node, value={k: v for k, v in node.value.items() if k not in beside})
        counts = [*part.value] == ["seen"]
        if counts:
            part, place = part.value["seen"], f"{place}.seen"
        found = self._by_state(part, place, reading, self.several if counts else self.one)
        if found is BAD or BAD in beside.values():
            return BAD
        if (sure := beside.get("confidence")) and not counts:
            found = {k: one and replace(one, confidence=sure) for k, one in found.items()}
        return BaseRate(**{"seen" if counts else "shares": found}, **beside)

    def _by_state(self, node, place, reading, reader):
        """Read a value for each state, of which none may be missing."""
        wrong = reading.about(node, place)
        counted = f"{{seen: {example(self.known, '3', '5', '2')}}}"
        if not node.is_map:
            return wrong("", "a count for each state is due here", counted)
        drop = f"drop rest; or {(self.known or NEUTRAL)[-1]}: rest"
        for name, problem, accepted in (
            ("model", "no model estimates the shares of states", self.accepted),
            ("seen", "counts take the place of the shares of states", counted),
            ("rest", "rest is the share of a state, and no state", drop),
        ):
            if name in node.value:
                return wrong(name, problem, accepted)
        if self.known is not None:
            if not parts_are_known(node, place, reading, self.known):
                return BAD
            if missing := [name for name in self.known if name not in node.value]:
                problem = f"{', '.join(missing)} {'is' if len(missing) == 1 else 'are'} missing"
                return wrong("", problem, "a value for each state")
        values = reader.read(node, place, reading)
        return BAD if BAD in values.values() else values

    def schema(self):
        beside = {name: reader.schema() for name, reader in self.beside.items()}
        names = [name for name in RESERVED if name not in beside]
        shares = {
            "type": "object",
            "properties": {**beside, **dict.fromkeys(names, False)},
            "additionalProperties": Share().schema(),
        }
        # A state may be called unsure, where the states have no order.
        shares["properties"]["unsure"] = {"anyOf": [UNSURE.schema(), Share().schema()]}
        seen = {"seen": {**self.several.schema(), "minProperties": 2}}
        return {"anyOf": [shares, *forms(seen, also=beside)]}


class AmountsReader:
    """The base rate of an amount: low, best and high, or quantiles, or a model of counts."""

    one, several, amount = BaseRateReader(amounts=True), Record(Amount), AMOUNT

    ACCEPTED = (
        "{low: 10, best: 20, high: 40}, its 5, 50 and 95% points, with or without best; or "
        "{quantiles: {5%: 10, 25%: 15, 50%: 20, 75%: 27, 95%: 40}}"
    )

    def read(self, node, place, reading):
        wrong = reading.about(node, place)
        if not node.is_map:
            return wrong("", "an amount has a range", self.ACCEPTED)
        beside = read_keys(self.beside, node, place, reading)
        part = replace(node, value={k: v for k, v in node.value.items() if k not in beside})
        stated = {*part.value}
        if "within" in stated:
            return wrong("within", "an amount speaks of its own period", "no such key")
        if "model" in stated:
            rate = self.one.read(part, place, reading)
            rate = rate if rate is BAD else replace(rate, split=False)
        elif stated == {"quantiles"}:
            rate = self._quantiles(part.value["quantiles"], f"{place}.quantiles", reading)
        elif stated in ({"low", "high"}, {*POINTS}):
            points = [(POINTS[name], part.value[name], f"{place}.{name}") for name in stated]
            rate = self._rising(points, part, place, reading, split=True)
        else:
            if known_keys(node, place, reading, {*POINTS, "quantiles", "model", *self.beside}):
                wrong("", "these keys do not make an amount", self.ACCEPTED)
            return BAD
        if rate is BAD or BAD in beside.values():
            return BAD
        return replace(rate, **beside)

    @property
    def beside(self) -> dict[str, Any]:
        """Keys that may stand beside every form, and their readers."""
        return {"confidence": CONFIDENCE, "unsure": UNSURE}

    def _quantiles(self, node, place, reading):
        if not node.is_map:
            accepted = "levels with their amounts: {5%: 10, 50%: 20, 95%: 40}"
            return reading.reject(node, place, "quantiles are due here", accepted)
        points = []
        for name, child, inner in entries(node, place):
            level = level_of(name)
            if level is None:
                accepted = "a percentage above 0% and below 100%, such as 5%"
                reading.reject(name, inner, "not a level", accepted)
            points.append((level, child, inner))
        if None in [level for level, _, _ in points]:
            return BAD
        return self._rising(points, node, place, reading, split=False)

    def _rising(self, points, node, place, reading, split):
        """Read amounts, which rise with their levels."""
        points = sorted(points, key=lambda point: point[0])
        amounts = [AMOUNT.read(child, inner, reading) for _, child, inner in points]
        if BAD in amounts:
            return BAD
        levels = [level for level, _, _ in points]
        if len({*levels}) < len(levels):
            return reading.reject(node, place, "a level stands twice", "each level once")
        if len(levels) < 2:
            accepted = "two or more, such as {5%: 10, 95%: 40}"
            return reading.reject(node, place, "too few quantiles", accepted)
        if any(after <= before for before, after in pairwise(amounts)):
            accepted = "low, best and high" if split else "levels with amounts"
            problem, accepted = "amounts must rise", f"{accepted}, each above the one before"
            return reading.reject(node, place, problem, accepted, found=written(node))
        return BaseRate(amounts=dict(zip(levels, amounts, strict=True)), split=split)

    def schema(self):
        one = AMOUNT.schema()
        beside = {name: reader.schema() for name, reader in self.beside.items()}
        levels = {"pattern": rf"^\s*({PERCENT.pattern}|0*\.\d+)\s*$"}
        quantiles = {
            "type": "object",
            "propertyNames": levels,
            "additionalProperties": one,
            "minProperties": 2,
        }
        ends = {"low": one, "high": one}
        made = forms(ends, {**ends, "best": one}, {"quantiles": quantiles}, also=beside)
        model = self.one.schema()
        return {"anyOf": [*made, {**model, "properties": {**model["properties"], **beside}}]}


def level_of(node: Node) -> float | None:
    """Read the level of a quantile, as a number between 0 and 1."""
    percent = PERCENT.fullmatch(node.value.strip())
    level = float(percent[1]) / 100 if percent else number(node)
    return level if level is not None and 0 < level < 1 else None


@dataclass(frozen=True)
class RowReader:
    """A row of a table of an event with states: a list of shares, or shares by state or cut."""

    several: ByProposition = ByProposition(Share(closed=True))
    known: tuple[str, ...] | None = None

    one = Share(closed=True)

    def among(self, node):
        """Take the names from the event of the table."""
        names = states_in(node) if "states" in node.value else None
        return RowReader(among(self.several, node), names)

    def read(self, node, place, reading):
        if node.is_map:
            return self.several.read(node, place, reading)
        problem = "a row has a share for each state"
        if not node.is_list:
            accepted = (
                f"a list of them, {example(self.known, '60%', '30%', 'rest')}, or "
                f"{{{(self.known or NEUTRAL)[0]}: 60%, otherwise: 40%}}"
            )
            return reading.reject(node, place, problem, accepted)
        if self.known is not None and len(node.value) != len(self.known):
            accepted = f"{len(self.known)} shares, in the order of the states"
            return reading.reject(node, place, problem, accepted)
        row = tuple(
            self.one.read(child, inner, reading) for _, child, inner in entries(node, place)
        )
        return BAD if BAD in row else row

    def schema(self):
        listed = {"type": "array", "items": self.one.schema(), "minItems": 2}
        return {"anyOf": [listed, self.several.schema()]}


@dataclass(frozen=True)
class TableReader:
    """The rows of a table by their words; without parents, its one row may be written bare."""

    reader: ByType
    row: Any = None
    orphan: bool = False

    names = Row()
    may_be_empty = True

    def among(self, node):
        """Choose how a row is read, and whether it may be written bare."""
        row = among(self.reader, node)
        parents = node.value.get("parents")
        bare = parents is not None and parents.is_list and not parents.value
        return TableReader(row, row if bare else None, parents is None)

    def read(self, node, place, reading):
        if self.orphan and not node.is_map:
            accepted = "parents: [first_event, second_event], or parents: [] for a single row"
            return reading.reject(node, place, "a table without parents has no rows", accepted)
        if self.row is None or (node.is_map and "" in node.value):
            return self._rows.read(node, place, reading)
        row = self.row.read(node, place, reading)
        return BAD if row is BAD else {"": row}

    @property
    def _rows(self):
        return MapOf(self.reader, names=self.names)

    def schema(self):
        return {}

    def schema_for(self, sort: str) -> dict:
        """Make the JSON Schema for a type of event; of rows, since only they have words."""
        row = self.reader.schema_for(sort)
        rows = {**MapOf(self.reader, names=self.names).schema(), "type": ["object", "null"]}
        return {**rows, "additionalProperties": row}


def rows_of(event: Node) -> dict[str, tuple[str, ...]]:
    """Give the key path of each row of a table below its event, by the row in one spelling."""
    table, parents = event.value["table"], event.value.get("parents")
    if parents is not None and not parents.value and not (table.is_map and "" in table.value):
        return {"": ("table",)}
    return {Row.spelled(text): ("table", text) for text in table.value}


class Holds:
    """Yes or no; or the state that holds, or several of which one does."""

    one, several = YesNo(), Names()

    def read(self, node, place, reading):
        if node.is_list:
            if not node.value:
                return reading.reject(node, place, "names no state", "one state or more")
            return self.several.read(node, place, reading)
        if node.is_text and ID.fullmatch(node.value) and not node.is_empty:
            value = self.one.parse(node.value)
            return (node.value,) if value is BAD else value
        return self.one.read(node, place, reading)

    def schema(self):
        one = Name().schema()
        listed = {"type": "array", "items": one, "minItems": 1}
        return {"anyOf": [self.one.schema(), one, listed]}
