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
from pathlib import Path
from typing import Any

from forecasting.document import Node, number
from forecasting.errors import MOST_PROBLEMS, InputError, Problem, in_order, nearest
from forecasting.judgement import Odds, Probability

MAX_TEXT = 10_000
MAX_MONTHS = 12_000
MAX_COUNT = 1e9

# For the JSON Schema: a number or percentage as text, and a word of a scale.
SHARE = r"^\s*\+?((\d+(\.\d*)?|\.\d+)([eE][-+]?\d+)?|(100(\.0*)?|\d?\d(\.\d*)?|\.\d+)\s*%)\s*$"
WORD = {"type": "string", "pattern": "^(?!(yes|no|true|false|on|off)$)[^\\d\\s.+%-]"}

# Below it a Beta is all but two spikes at 0 and 1, which no logit-normal resembles.
MIN_BETA = 0.01

ID = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,63}")
PERCENT = re.compile(r"([-+]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][-+]?\d+)?)\s*%")
PERIOD = re.compile(r"(\d+(?:\.\d+)?)\s*(months?|years?)")
PARTIAL_DATE = re.compile(r"(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?")


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

    def reject(
        self, node, place, problem, accepted=None, hint=None, found=None, *, in_full=False
    ) -> Unreadable:
        """Note a problem, and give the value that stands for it."""
        shown = node.describe() if found is None else found
        self.problems.append(
            Problem(problem, node.file, node.line, place, shown, accepted, hint, in_full)
        )
        if len(self.problems) > MOST_PROBLEMS:
            raise InputError(in_order(self.problems))
        return BAD


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
        if not node.is_text or not ID.fullmatch(node.value):
            accepted = "a letter, then letters, digits, _ or -, at most 64 in all"
            return reading.reject(node, place, "not a name", accepted)
        return node.value

    def schema(self):
        return {"type": "string", "pattern": f"^{ID.pattern}$"}


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
        return {"type": "string", "pattern": f"^{one}(,{one})*$"}


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
        capitals = {"type": "string", "pattern": "^([Yy][Ee][Ss]|[Nn][Oo])$"}
        return {"anyOf": [{"enum": ["yes", "no"]}, {"type": "boolean"}, capitals]}


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
        pattern = r"^\d{4}(-\d{2}(-\d{2})?)?$"
        year = {"type": "integer", "minimum": date.min.year, "maximum": date.max.year - 1}
        return {"oneOf": [{"type": "string", "pattern": pattern}, year]}


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
        Of :mod:`forecasting.models`.
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
        known = {"low", "best", "high", "beta", "seen", "of", "word", "confidence"}
        known |= {"within"} if self.period else set()
        if not _known_keys(node, place, reading, known, self._unknown):
            return BAD
        confidence = _confidence(node, place, reading)
        form = set(node.value) - {"within", "confidence"}
        forms = {
            frozenset({"low", "high"}): self._range,
            frozenset({"low", "best", "high"}): self._range,
            frozenset({"best"}): self._range,
            frozenset({"beta"}): self._beta,
            frozenset({"seen", "of"}): self._counts,
            frozenset({"word"}): self._named,
        }
        if frozenset(form) not in forms:
            return reading.reject(
                node, place, "these keys do not make a probability", self.ACCEPTED
            )
        result = forms[frozenset(form)](node, place, reading)
        if result is BAD or confidence is BAD:
            return BAD
        return Probability(result.logit_median, result.logit_sd, confidence)

    def _unknown(self, key):
        if key == "within":
            return "only a base rate is stated for a period"
        return None

    def _point(self, node, place, reading):
        words = reading.scales.probability if reading.scales else {}
        if node.value.strip() in words:
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
        ends = ("minimum", "maximum") if self.closed else ("exclusiveMinimum", "exclusiveMaximum")
        number_ = {"type": "number", **dict(zip(ends, (0, 1), strict=True))}
        value = {"oneOf": [number_, {"type": "string", "pattern": SHARE}]}
        count = {"type": "number", "minimum": 0, "maximum": MAX_COUNT}
        beta = {"type": "number", "minimum": MIN_BETA, "maximum": MAX_COUNT}
        properties = {
            "low": value,
            "best": value,
            "high": value,
            "seen": count,
            "of": count,
            "beta": {"type": "array", "items": beta, "minItems": 2, "maxItems": 2},
            "word": WORD,
            "confidence": {"enum": ["low", "moderate", "high"]},
        }
        if self.period:
            properties["within"] = {"type": "string", "pattern": f"^{PERIOD.pattern}$"}
        forms = (["low", "high"], ["best"], ["seen", "of"], ["beta"], ["word"])
        mapping = {
            "type": "object",
            "properties": properties,
            "additionalProperties": False,
            "anyOf": [{"required": form} for form in forms],
        }
        return {"oneOf": [*value["oneOf"], WORD, mapping]}


@dataclass(frozen=True)
class Multiplier:
    """A multiplier on odds: a number, a range or a strength word."""

    ACCEPTED = (
        "a number above 0, {low: 1.5, high: 6} with or without best, or a word: slight, moderate, "
        "strong, decisive"
    )

    def read(self, node, place, reading):
        if node.is_text:
            return self._point(node, place, reading)
        form = set(node.value) - {"confidence"} if node.is_map else set()
        if form not in ({"low", "high"}, {"low", "best", "high"}, {"best"}, {"word"}):
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
        value = {"type": "number", "exclusiveMinimum": 0}
        properties = {
            "low": value,
            "best": value,
            "high": value,
            "word": {"type": "string"},
            "confidence": {"enum": ["low", "moderate", "high"]},
        }
        return {
            "oneOf": [
                value,
                {"type": "string", "pattern": r"^\s*\+?(\d|\.\d)"},
                WORD,
                {
                    "type": "object",
                    "properties": properties,
                    "required": ["low", "high"],
                    "additionalProperties": False,
                },
            ]
        }


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
        result = {
            "type": "object",
            "properties": {
                name: {**f.metadata["reader"].schema(), "description": f.metadata["doc"]}
                for name, f in known.items()
            },
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
    words = Choice(("low", "moderate", "high"))
    return words.read(node.value["confidence"], f"{place}.confidence", reading)


def _known_keys(node, place, reading, known, explain=None) -> bool:
    good = True
    for name, key_node in node.keys.items():
        if name not in known:
            hint = (explain(name) if explain else None) or nearest(name, known)
            inner = f"{place}.{name}" if place else name
            good = False
            reading.reject(key_node, inner, "this key is not known", ", ".join(sorted(known)), hint)
    return good


def written(node: Node) -> str:
    """Show a mapping with its values, for the 'found' line of a message."""
    return "{" + ", ".join(f"{k}: {v.describe()}" for k, v in node.value.items()) + "}"
