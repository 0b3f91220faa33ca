"""Readers of single values: a node of a file goes in, a checked value or a problem comes out.

Each reader knows three things of its kind of value: how to read it, what to say when it is wrong,
and its JSON Schema. A record is a dataclass whose fields carry their readers, so the records are
the format.
"""

from __future__ import annotations

import math
import re
from dataclasses import MISSING, dataclass, field, fields, replace
from datetime import date
from itertools import takewhile
from pathlib import Path
from typing import Any

from forecasting.errors import MOST_PROBLEMS, InputError, Problem, in_order, nearest
from forecasting.file.document import Node, flow, number
from forecasting.judgement import MAX_COUNT, Odds, Probability

MAX_TEXT = 10_000
MAX_MONTHS = 12_000

# For the JSON Schema, which knows no case of letters. A word of a scale is what is no number, and
# no yes or no, which somebody meant for one.
NO_WORD = "|".join(("[Yy][Ee][Ss]", "[Nn][Oo]", "[Tt][Rr][Uu][Ee]", "[Ff][Aa][Ll][Ss][Ee]"))
WORD = {
    "type": "string",
    "pattern": rf"^\s*(?!({NO_WORD}|[Oo][Nn]|[Oo][Ff][Ff])\s*$)[^\d\s.+%-]",
    "maxLength": MAX_TEXT,
}
TEXT_NUMBER = r"^\s*\+?(\d+(\.\d*)?|\.\d+)([eE][-+]?\d+)?\s*$"

PERIOD_TEXT = {
    "type": "string",
    "pattern": r"^\s*(?=[\d.]*[1-9])\d+(\.\d+)?\s*(months?|years?)\s*$",
}

# Below it a Beta is all but two spikes at 0 and 1, which no logit-normal resembles.
MIN_BETA = 0.01

ID = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,63}")
PERCENT = re.compile(r"([-+]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][-+]?\d+)?)\s*%", re.ASCII)
PERIOD = re.compile(r"(\d+(?:\.\d+)?)\s*(months?|years?)", re.ASCII)
PARTIAL_DATE = re.compile(r"(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?", re.ASCII)


def numbers(**limits) -> dict:
    """Make the JSON Schema of a number, which may stand between quotes; then limits go unchecked.

    Examples
    --------
    >>> numbers(minimum=0)["type"]
    ['number', 'string']
    """
    return {"type": ["number", "string"], "pattern": TEXT_NUMBER, **limits}


def shares(closed: bool) -> dict:
    """Make the JSON Schema of a probability as a number or a percentage."""
    ends = ("minimum", "maximum") if closed else ("exclusiveMinimum", "exclusiveMaximum")
    inside = r"0*\.\d+|0+\.?|0*1\.?0*"
    percent = r"0*\d?\d(\.\d*)?|0*\.\d+|0*100(\.0*)?"
    scaled = r"(\d+(\.\d*)?|\.\d+)[eE][-+]?\d+"  # what a pattern cannot hold against a limit
    edges = "" if closed else r"(?!\s*\+?([0.]+|0*1\.?0*|([0.]+|0*100(\.0*)?)\s*%)\s*$)"
    return {
        "type": ["number", "string"],
        "pattern": rf"^{edges}\s*\+?({inside}|{scaled}|({percent}|{scaled})\s*%)\s*$",
        **dict(zip(ends, (0, 1), strict=True)),
    }


def forms(*keys: dict, also: dict) -> list[dict]:
    """Make the JSON Schema of a mapping that takes one of several sets of keys, and some more."""
    closed = {"type": "object", "additionalProperties": False}
    return [{**closed, "required": list(one), "properties": {**one, **also}} for one in keys]


def one_of(*ways: tuple[str, ...]) -> dict:
    """Make the JSON Schema of a record that states one thing in exactly one of several ways."""
    keys = {key for way in ways for key in way}
    return {
        "oneOf": [
            {"required": list(way), "properties": dict.fromkeys(sorted(keys - {*way}), False)}
            for way in ways
        ]
    }


class Unreadable:
    """Stands for a value whose problem has been noted already."""

    def __bool__(self) -> bool:
        return False


BAD = Unreadable()


@dataclass
class Reading:
    """One pass over a file: what has gone wrong so far, and the scales its words refer to."""

    problems: list[Problem]
    scales: Any = None
    folder: Path | None = None  # of the case file: tables of figures may stand beside it
    misnamed: set[str] = field(default_factory=set)  # what is no name, and has been called so

    def reject(
        self, node, place, problem, accepted=None, hint=None, found=None, *, in_full=False
    ) -> Unreadable:
        """Note a problem, and give the value that stands for it."""
        shown = node.describe() if found is None else found
        self.note(Problem(problem, node.file, node.line, place, shown, accepted, hint, in_full))
        return BAD

    def note(self, problem: Problem) -> None:
        """Keep a problem; nobody needs more than so many."""
        self.problems.append(problem)
        if len(self.problems) > MOST_PROBLEMS:
            raise InputError(in_order(self.problems))


@dataclass(frozen=True)
class Text:
    """Any text, quoted or not."""

    doc: str = "text"

    def read(self, node: Node, place: str, reading: Reading):
        if not node.is_text:
            return reading.reject(node, place, "text is due here", "text")
        if node.is_empty:
            return reading.reject(node, place, "nothing is written here", "text, or no such key")
        if len(node.value) > MAX_TEXT:
            return reading.reject(node, place, "the text is too long", f"{MAX_TEXT:,} characters")
        return node.value

    def schema(self) -> dict:
        # A title such as 2021 is text here, and a number to an editor.
        return {"type": ["string", "number", "boolean"], "maxLength": MAX_TEXT}


@dataclass(frozen=True)
class Name:
    """A short name that other parts of the file refer to."""

    def read(self, node, place, reading):
        if node.is_text and node.value in reading.misnamed:
            return BAD  # said once, where it stands first
        if not node.is_text or not ID.fullmatch(node.value) or node.is_empty:
            accepted = "a letter from a to z, then letters, digits, _ or -, at most 64 in all"
            other = node.is_text and node.value.isprintable() and not node.value.isascii()
            hint = "rename it wherever it stands; a title: may be in any script" if other else None
            if node.is_text and not node.is_empty:
                reading.misnamed.add(node.value)
            return reading.reject(node, place, "not a name", accepted, hint)
        return node.value

    def schema(self):
        # A name such as true is a name here, and a yes or no to an editor.
        return {"type": ["string", "boolean"], "pattern": f"^{ID.pattern}$"}


@dataclass(frozen=True)
class Word:
    """A word of a scale: what cannot be taken for a number, or for yes or no."""

    def read(self, node, place, reading):
        if not re.search(WORD["pattern"], node.value) or len(node.value) > MAX_TEXT:
            return reading.reject(node, place, "not a word", "a word that starts with a letter")
        return node.value

    def schema(self):
        return WORD


@dataclass(frozen=True)
class Names:
    """One name or a list of names."""

    one: Any = Name()

    def read(self, node, place, reading):
        items = node.value if node.is_list else (node,)
        names = [
            self.one.read(item, f"{place}.{i}" if node.is_list else place, reading)
            for i, item in enumerate(items)
        ]
        return BAD if BAD in names else tuple(names)

    def schema(self):
        one = self.one.schema()
        return {"oneOf": [one, {"type": "array", "items": one}]}


@dataclass(frozen=True)
class Row:
    """A row of a table: yes or no for each parent, in their order; read in one spelling."""

    def read(self, node, place, reading):
        row = self.spelled(node.value)
        if row and not set(row.split(", ")) <= {"yes", "no"}:
            accepted = 'yes or no for each parent, such as "yes, no"'
            return reading.reject(node, place, "not a row of a table", accepted)
        return row

    @staticmethod
    def spelled(text: str) -> str:
        """Spell a row in one way, whatever its spaces and capitals."""
        return ", ".join(word.strip().lower() for word in text.split(","))

    def schema(self):
        one = r"\s*([Yy][Ee][Ss]|[Nn][Oo])\s*"
        return {"type": "string", "pattern": rf"^(\s*|{one}(,{one})*)$"}


@dataclass(frozen=True)
class Choice:
    """One of a few words."""

    words: tuple[str, ...]

    def read(self, node, place, reading):
        if node.is_text and node.value in self.words:
            return node.value
        hint = nearest(node.value, self.words) if node.is_text else None
        return reading.reject(
            node, place, "not one of the words due here", " or ".join(self.words), hint
        )

    def schema(self):
        return {"enum": list(self.words)}


CONFIDENCE = Choice(("low", "moderate", "high"))


@dataclass(frozen=True)
class YesNo:
    """The word yes or no; read as True or False."""

    def read(self, node, place, reading):
        word = node.value.lower() if node.is_text else ""
        if word in ("yes", "no", "true", "false"):
            return word in ("yes", "true")
        return reading.reject(node, place, "neither yes nor no", "yes or no")

    def schema(self):
        # Editors that read YAML 1.1 take the words for true and false.
        other = {"type": ["boolean", "string"], "pattern": f"^({NO_WORD})$"}
        return {"anyOf": [{"enum": ["yes", "no"]}, other]}


@dataclass(frozen=True, slots=True)
class Day:
    """A calendar date, which may leave out the day or the month.

    Attributes
    ----------
    text : str
        As written: ``2012``, ``2012-01`` or ``2012-01-27``.
    first, last : datetime.date
        The days it may mean; it counts from the last.
    """

    text: str
    first: date
    last: date

    def __str__(self) -> str:
        return self.text


def parse_day(text: str) -> Day:
    """Read a full or partial ISO date.

    Raises
    ------
    ValueError
        If it is no date of the calendar.

    Examples
    --------
    >>> parse_day("2012-02").last
    datetime.date(2012, 2, 29)
    """
    match = PARTIAL_DATE.fullmatch(text)
    if not match:
        raise ValueError("not a date")
    year, month, day = (int(part) if part else None for part in match.groups())
    if year == date.max.year:
        raise ValueError("a date needs a month after it")
    first = date(year, 1 if month is None else month, 1 if day is None else day)
    if day is not None:
        return Day(text, first, first)
    after = date(year + 1, 1, 1) if month in (None, 12) else date(year, month + 1, 1)
    return Day(text, first, date.fromordinal(after.toordinal() - 1))


@dataclass(frozen=True)
class DayReader:
    """A date, full or partial."""

    ACCEPTED = "a date such as 2021-09-15, 2021-09 or 2021"

    def read(self, node, place, reading):
        if not node.is_text:
            return reading.reject(node, place, "a date is due here", self.ACCEPTED)
        try:
            return parse_day(node.value)
        except ValueError:
            return reading.reject(node, place, "not a date of the calendar", self.ACCEPTED)

    def schema(self):
        # All of the calendar but leap years.
        pattern = (
            r"^(?!0000|9999|.*-02-3|.*-(04|06|09|11)-31)\d{4}"
            r"(-(0[1-9]|1[0-2])(-(0[1-9]|[12]\d|3[01]))?)?$"
        )
        limits = {"minimum": date.min.year, "maximum": date.max.year - 1}
        return {"type": ["string", "integer"], "pattern": pattern, **limits}


@dataclass(frozen=True, slots=True)
class BaseRate:
    """A probability judgement, or the model that estimates it, and the period it is stated for.

    Attributes
    ----------
    probability : Probability or None
        None if a model estimates it.
    within : float or None
        Months; None if it is stated for the window of the case.
    model : Spec or None
        Of :mod:`forecasting.file.models`.
    """

    probability: Probability | None
    within: float | None = None
    model: Any = None


@dataclass(frozen=True)
class Judgement:
    """A probability: a number, a range, a count, a Beta or a word.

    ``closed`` allows exact 0 and 1; ``period`` allows ``within`` and gives a :class:`BaseRate`.
    """

    closed: bool = False
    period: bool = False

    ACCEPTED = (
        "a probability (0.2 or 20%), {low: 5%, high: 30%} with or without best, {best: 20%}, "
        "{seen: 3, of: 12}, {beta: [2, 8]} or a word such as unlikely"
    )

    # Which keys go together, and what reads them.
    FORMS = (
        (("low", "high"), "_range"),
        (("low", "best", "high"), "_range"),
        (("best",), "_range"),
        (("seen", "of"), "_counts"),
        (("beta",), "_beta"),
        (("word",), "_named"),
    )

    def read(self, node, place, reading):
        months = None
        if node.is_map and self.period and "within" in node.value:
            months = self.months(node.value["within"], f"{place}.within", reading)
        probability = self._probability(node, place, reading)
        if probability is BAD or months is BAD:
            return BAD
        return BaseRate(probability, months) if self.period else probability

    def _probability(self, node, place, reading):
        if node.is_text:
            return self._point(node, place, reading)
        if node.is_list:
            return reading.reject(node, place, "not a probability", self.ACCEPTED)
        extra = {"within", "confidence"} if self.period else {"confidence"}
        known = extra.union(*(keys for keys, _ in self.FORMS))
        if not _known_keys(node, place, reading, known, self._unknown):
            return BAD
        confidence = _confidence(node, place, reading)
        how = [how for keys, how in self.FORMS if set(keys) == node.value.keys() - extra]
        if not how:
            return reading.reject(
                node, place, "these keys do not make a probability", self.ACCEPTED
            )
        result = getattr(self, how[0])(node, place, reading)
        if result is BAD or confidence is BAD:
            return BAD
        return replace(result, confidence=confidence)

    def _unknown(self, key):
        if key == "within":
            return "only a base rate is stated for a period"
        return None

    def _point(self, node, place, reading):
        words = reading.scales.probability if reading.scales else {}
        if node.is_text and node.value.strip() in words:
            return words[node.value.strip()]
        p = self._share(node, place, reading, tuple(words))
        return BAD if p is BAD else Probability.exactly(p)

    def _named(self, node, place, reading):
        return self._point(node.value["word"], f"{place}.word", reading)

    def _range(self, node, place, reading):
        ends = {
            key: self._share(node.value[key], f"{place}.{key}", reading)
            for key in ("low", "best", "high")
            if key in node.value
        }
        if BAD in ends.values():
            return BAD
        if "low" not in ends:
            return Probability.exactly(ends["best"])
        try:
            return Probability.between(ends["low"], ends["high"], ends.get("best"))
        except ValueError as error:
            accepted = "low, best and high in this order, strictly between 0 and 1"
            return reading.reject(node, place, str(error), accepted, found=written(node))

    def _beta(self, node, place, reading):
        pair = node.value["beta"]
        values = [number(item) for item in pair.value] if pair.is_list else []
        inside = None not in values and all(MIN_BETA <= v <= MAX_COUNT for v in values)
        if len(values) != 2 or not inside:
            accepted = f"two numbers from {MIN_BETA} to {MAX_COUNT:,.0f}, such as [2, 8]"
            return reading.reject(pair, f"{place}.beta", "not the two numbers of a Beta", accepted)
        return Probability.beta(*values)

    def _counts(self, node, place, reading):
        values = []
        for key in ("seen", "of"):
            value = number(node.value[key])
            if value is None or not 0 <= value <= MAX_COUNT:
                accepted = f"a count from 0 to {MAX_COUNT:,.0f}"
                return reading.reject(node.value[key], f"{place}.{key}", "not a count", accepted)
            values.append(value)
        if values[0] > values[1]:
            accepted = "seen: how often it happened, of: how often it could have"
            return reading.reject(
                node, place, "'seen' is more than 'of'", accepted, found=written(node)
            )
        return Probability.counted(*values)

    def _share(self, node, place, reading, words=()):
        """Read a number or percentage within the limits."""
        accepted = (
            "a number from 0 to 1, or a percentage"
            if self.closed
            else "a number strictly between 0 and 1, or a percentage"
        )
        text = node.value.strip() if node.is_text else ""
        percent = PERCENT.fullmatch(text)
        value = float(percent[1]) / 100 if percent else number(node) if node.is_text else None
        if value is None:
            lower = text.lower()
            if lower in ("yes", "no", "true", "false", "on", "off"):
                hint = "write 0.5 or 50%; to state what happened, use happened, ruled_out or status"
                return reading.reject(
                    node, place, "a yes or no stands where a probability is due", accepted, hint
                )
            hint = nearest(text, words)
            return reading.reject(node, place, "not a probability", self.ACCEPTED, hint)
        if not (0 <= value <= 1):
            hint = f"write {text}% or {value / 100:g}" if 1 < value <= 100 and not percent else None
            return reading.reject(
                node, place, "a probability must lie between 0 and 1", accepted, hint
            )
        if not self.closed and value in (0, 1):
            hint = "for what is known to have happened or not, use happened, ruled_out or status"
            return reading.reject(
                node,
                place,
                f"a probability of exactly {value:g} leaves nothing to learn",
                accepted,
                hint,
            )
        return value

    def months(self, node, place, reading):
        """Read a period, in months."""
        match = PERIOD.fullmatch(node.value.strip()) if node.is_text else None
        months = float(match[1]) * (12 if match[2].startswith("y") else 1) if match else 0.0
        if not 0 < months <= MAX_MONTHS:
            accepted = f"a period such as 12 months or 2 years, at most {MAX_MONTHS:,} months"
            return reading.reject(node, place, "not a period", accepted)
        return months

    def schema(self):
        share, inside = shares(self.closed), shares(False)
        count = numbers(minimum=0, maximum=MAX_COUNT)
        beta = numbers(minimum=MIN_BETA, maximum=MAX_COUNT)
        values = {
            "low": inside,
            "best": inside,
            "high": inside,
            "seen": count,
            "of": count,
            "beta": {"type": "array", "items": beta, "minItems": 2, "maxItems": 2},
            "word": {"anyOf": [share, WORD]},
        }
        also = {"confidence": CONFIDENCE.schema()}
        also |= {"within": PERIOD_TEXT} if self.period else {}
        made = [{key: values[key] for key in keys} for keys, _ in self.FORMS]
        made = [{"best": share} if list(one) == ["best"] else one for one in made]
        return {"anyOf": [share, WORD, *forms(*made, also=also)]}


@dataclass(frozen=True)
class Multiplier:
    """A multiplier on odds: a number, a range or a strength word."""

    ACCEPTED = (
        "a number above 0, {low: 1.5, high: 6} with or without best, or a word: slight, moderate, "
        "strong, decisive"
    )

    FORMS = (("low", "high"), ("low", "best", "high"), ("best",), ("word",))

    def read(self, node, place, reading):
        if node.is_text:
            return self._point(node, place, reading)
        form = set(node.value) - {"confidence"} if node.is_map else set()
        if form not in map(set, self.FORMS):
            return reading.reject(node, place, "not a multiplier on odds", self.ACCEPTED)
        confidence = _confidence(node, place, reading)
        if len(form) == 1:
            (name,) = form
            odds = self._point(node.value[name], f"{place}.{name}", reading)
        else:
            odds = self._range(node, place, reading)
        if odds is BAD or confidence is BAD:
            return BAD
        return Odds(odds.log_median, odds.log_sd, confidence)

    def _point(self, node, place, reading):
        words = reading.scales.odds if reading.scales else {}
        if node.is_text and node.value.strip() in words:
            return words[node.value.strip()]
        value = self._positive(node, place, reading, tuple(words))
        return BAD if value is BAD else Odds.exactly(value)

    def _range(self, node, place, reading):
        ends = {
            key: self._positive(node.value[key], f"{place}.{key}", reading)
            for key in ("low", "best", "high")
            if key in node.value
        }
        if BAD in ends.values():
            return BAD
        try:
            return Odds.between(ends["low"], ends["high"], ends.get("best"))
        except ValueError as error:
            accepted = "low, best and high in this order, above 0"
            return reading.reject(node, place, str(error), accepted, found=written(node))

    def _positive(self, node, place, reading, words=()):
        value = number(node) if node.is_text else None
        if value is None:
            hint = nearest(node.value, words) if node.is_text else None
            return reading.reject(node, place, "not a multiplier on odds", self.ACCEPTED, hint)
        if not 0 < value < math.inf:
            return reading.reject(
                node, place, "a multiplier on odds must be finite and above 0", self.ACCEPTED
            )
        return value

    def schema(self):
        value = numbers(exclusiveMinimum=0)
        made = [
            dict.fromkeys(keys, value if len(keys) > 1 else {"anyOf": [value, WORD]})
            for keys in self.FORMS
        ]
        also = {"confidence": CONFIDENCE.schema()}
        return {"anyOf": [value, WORD, *forms(*made, also=also)]}


@dataclass(frozen=True)
class ListOf:
    """A list of values of one kind, at most ``most``."""

    reader: Any
    most: int = 10_000

    def read(self, node, place, reading):
        if not node.is_list:
            return reading.reject(
                node, place, "a list is due here", "a list, each item after a dash"
            )
        if len(node.value) > self.most:
            return reading.reject(node, place, "too many items", f"at most {self.most:,}")
        return tuple(
            self.reader.read(item, f"{place}.{i}", reading) for i, item in enumerate(node.value)
        )

    def schema(self):
        return {"type": "array", "items": self.reader.schema(), "maxItems": self.most}


@dataclass(frozen=True)
class MapOf:
    """Names, each with a value of one kind, at most ``most``."""

    reader: Any
    most: int = 10_000
    names: Any = Name()

    may_be_empty = True

    def read(self, node, place, reading):
        if not node.is_map:
            return reading.reject(
                node, place, "names with values are due here", "name: value, line by line"
            )
        if len(node.value) > self.most:
            return reading.reject(node, place, "too many entries", f"at most {self.most:,}")
        result = {}
        for key, child in node.value.items():
            inner = f"{place}.{key}" if place else key
            good = self.names.read(node.keys[key], inner, reading)
            value = self.reader.read(child, inner, reading)
            if good is not BAD:
                result[good] = value
        return result

    def schema(self):
        return {
            "type": "object",
            "propertyNames": self.names.schema(),
            "additionalProperties": self.reader.schema(),
            "maxProperties": self.most,
        }


@dataclass(frozen=True)
class Record:
    """A mapping with fixed keys: a dataclass whose fields carry their readers."""

    cls: type

    def read(self, node, place, reading):
        if node.is_empty and all(_is_optional(f) for _, f in _keys(self.cls)):
            node = replace(node, value={}, keys={})
        if not node.is_map:
            accepted = ", ".join(name for name, _ in _keys(self.cls))
            kind = self.cls.__name__.lower()
            due = f"{'an' if kind[0] in 'aeiou' else 'a'} {kind} is due here: keys with values"
            return reading.reject(node, place, due, accepted)
        known = dict(_keys(self.cls))
        ok = _known_keys(node, place, reading, set(known), getattr(self.cls, "unknown_key", None))
        strangers = [name for name in node.value if name not in known]
        values = {}
        for name, f in known.items():
            child = node.value.get(name)
            if child is not None and not (
                child.is_empty and getattr(f.metadata["reader"], "may_be_empty", False)
            ):
                value = f.metadata["reader"].read(
                    child, f"{place}.{name}" if place else name, reading
                )
                ok = ok and value is not BAD
                values[f.name] = value
            elif not _is_optional(f):
                ok = False
                if not nearest(name, strangers):  # that key has been pointed out already
                    problem = f"the key '{name}' is missing"
                    reading.reject(node, place, problem, f.metadata["doc"])
        if not ok:
            return BAD
        extra = {f.name: node for f in fields(self.cls) if f.metadata.get("node")}
        return self.cls(**values, **extra)

    def schema(self):
        known = dict(_keys(self.cls))
        required = [name for name, f in known.items() if not _is_optional(f)]
        properties = {}
        for name, f in known.items():
            reader = f.metadata["reader"]
            inner = reader.schema()
            if _is_optional(f) and getattr(reader, "may_be_empty", False):
                inner["type"] = ["object", "null"]
            properties[name] = {**inner, "description": f.metadata["doc"]}
        result = {
            "type": "object" if required else ["object", "null"],
            "properties": properties,
            "additionalProperties": False,
            **getattr(self.cls, "RULES", {}),
        }
        return {**result, "required": required} if required else result


def key(reader, doc: str, *, default=MISSING, name: str | None = None):
    """Declare a key of a record: its reader, what it means, and its value when it is left out."""
    metadata = {"reader": reader, "doc": doc, "key": name}
    if isinstance(default, dict):
        return field(default_factory=dict, metadata=metadata)
    return field(default=default, metadata=metadata)


def node_field():
    """Keep the node a record was read from, for the places of later messages."""
    return field(default=None, repr=False, compare=False, metadata={"node": True})


def _is_optional(f) -> bool:
    return f.default is not MISSING or f.default_factory is not MISSING


def _keys(cls):
    return [(f.metadata["key"] or f.name, f) for f in fields(cls) if "reader" in f.metadata]


def _confidence(node: Node, place: str, reading: Reading):
    """Read the analytic confidence of a judgement, if it is stated."""
    if "confidence" not in node.value:
        return None
    return CONFIDENCE.read(node.value["confidence"], f"{place}.confidence", reading)


def _known_keys(node, place, reading, known, explain=None) -> bool:
    good, before = True, None
    for name, key_node in node.keys.items():
        if name in known:
            before = name
            continue
        good = False
        if before and node.value[before].is_text and _lacks_colon(node, name):
            if _lacks_colon(node, before):
                continue  # said of the first comma
            _reject_comma(node, before, place, reading)
        else:
            hint = (explain(name) if explain else None) or nearest(name, known)
            inner = f"{place}.{name}" if place else name
            reading.reject(key_node, inner, "this key is not known", ", ".join(sorted(known)), hint)
        before = name
    return good


def _lacks_colon(node: Node, name: str) -> bool:
    """Tell whether what looks like a key is the rest of a text that a comma has cut."""
    return node.value[name].is_empty and node.value[name].start == node.keys[name].end


def _reject_comma(node: Node, name: str, place: str, reading: Reading) -> None:
    names = list(node.keys)
    rest = takewhile(lambda key: _lacks_colon(node, key), names[names.index(name) + 1 :])
    parts = [node.value[name].value, *rest]
    if number(node.value[name]) is None:
        text = ", ".join(parts)
        accepted, hint = "text without commas, or between quotes", f"{name}: {flow(text)}"
    else:
        text = ",".join(parts)
        accepted, hint = "a number with a point for its decimals, and no commas", None
    inner = f"{place}.{name}" if place else name
    reading.reject(node.value[name], inner, "a comma ends the value", accepted, hint, found=text)


def written(node: Node) -> str:
    """Show a mapping with its values, for the 'found' line of a message."""
    return "{" + ", ".join(f"{k}: {v.describe()}" for k, v in node.value.items()) + "}"
