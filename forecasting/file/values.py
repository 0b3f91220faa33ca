"""Readers of single values: a node of a file goes in, a checked value or a problem comes out.

Each reader declares three things of its kind of value: how to read it, what to say when it is
wrong, and its JSON Schema.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from functools import lru_cache
from itertools import takewhile
from pathlib import Path
from typing import Any

from forecasting.amounts import POINTS
from forecasting.errors import MOST_PROBLEMS, InputError, Problem, in_order, nearest
from forecasting.file.document import Node, at, flow, number
from forecasting.judgement import MAX_COUNT, Odds, Probability

MAX_TEXT = 10_000
MAX_MONTHS = 12_000

# For the JSON Schema, which knows no case of letters.
NO_WORD = "|".join(("[Yy][Ee][Ss]", "[Nn][Oo]", "[Tt][Rr][Uu][Ee]", "[Ff][Aa][Ll][Ss][Ee]"))
TEXT_NUMBER = r"^\s*\+?(\d+(\.\d*)?|\.\d+)([eE][-+]?\d+)?\s*$"

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

    def about(self, node: Node, place: str) -> Callable[..., Unreadable]:
        """Give a function that notes what is wrong at a key path below a node, or with all of it.

        It takes the path, empty for the node itself and in parts where a key may hold a dot, and
        then what :meth:`reject` does.
        """

        def wrong(path, *problem, **more):
            if path:
                keys = path if isinstance(path, tuple) else tuple(path.split("."))
                inner = at(node, keys)
                return self.reject(inner, below(place, ".".join(keys)), *problem, **more)
            return self.reject(node, place, *problem, **more)

        return wrong

    def note(self, problem: Problem) -> None:
        """Keep a problem; nobody needs more than so many."""
        self.problems.append(problem)
        if len(self.problems) > MOST_PROBLEMS:
            raise InputError(in_order(self.problems))


def read_keys(readers: Mapping[str, Any], node: Node, place: str, reading: Reading) -> dict:
    """Read those keys of a mapping that are there, each with its reader."""
    return {
        name: reader.read(node.value[name], f"{place}.{name}", reading)
        for name, reader in readers.items()
        if name in node.value
    }


def below(place: str, key: str) -> str:
    """Name the place of a key, or of a key path, below another place.

    Examples
    --------
    >>> below("events.rain", "now"), below("", "as_of")
    ('events.rain.now', 'as_of')
    """
    return f"{place}.{key}" if place else key


class Spelled:
    """What one piece of text spells; each kind declares how, and what is said where none does."""

    NO_TEXT = None  # what is said of a list or a mapping, where it is not the same

    def read(self, node, place, reading):
        value = self.parse(node.value) if node.is_text else BAD
        if value is not BAD:
            return value
        problem = self.PROBLEM if node.is_text else self.NO_TEXT or self.PROBLEM
        return reading.reject(node, place, problem, self.ACCEPTED)


@dataclass(frozen=True)
class Text:
    """Any text, quoted or not."""

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
    """A short name: a new one, or one that stands in a section of the file."""

    section: str | None = None

    FORM = ID

    def read(self, node, place, reading):
        if node.is_text and node.value in reading.misnamed:
            return BAD  # said once, where it stands first
        if not node.is_text or not self.FORM.fullmatch(node.value) or node.is_empty:
            accepted = "a letter from a to z, then letters, digits, _ or -, at most 64 in all"
            other = node.is_text and node.value.isprintable() and not node.value.isascii()
            hint = "rename it wherever it stands; a title: may be in any script" if other else None
            if node.is_text and not node.is_empty:
                reading.misnamed.add(node.value)
            return reading.reject(node, place, "not a name", accepted, hint)
        return node.value

    def schema(self):
        # A name such as true is a name here, and a yes or no to an editor.
        return {"type": ["string", "boolean"], "pattern": f"^{self.FORM.pattern}$"}


class PropositionName(Name):
    """An event, or one of its states or cuts after a dot; both stand in the file."""

    FORM = re.compile(rf"{ID.pattern}(\.{ID.pattern})?")


class Word(Spelled):
    """A word of a scale: what cannot be taken for a number, or for yes or no."""

    PROBLEM = "not a word"
    ACCEPTED = "a word that starts with a letter"
    PATTERN = rf"^\s*(?!({NO_WORD}|[Oo][Nn]|[Oo][Ff][Ff])\s*$)[^\d\s.+%-]"

    def parse(self, text):
        return text if re.search(self.PATTERN, text) and len(text) <= MAX_TEXT else BAD

    def schema(self):
        return {"type": "string", "pattern": self.PATTERN, "maxLength": MAX_TEXT}


@dataclass(frozen=True)
class Names:
    """One name or a list of names."""

    one: Any = Name()

    @property
    def section(self) -> str | None:
        return getattr(self.one, "section", None)

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


class YesNo(Spelled):
    """The word yes or no; read as True or False."""

    PROBLEM, ACCEPTED = "neither yes nor no", "yes or no"

    def parse(self, text):
        return {"yes": True, "true": True, "no": False, "false": False}.get(text.lower(), BAD)

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


@lru_cache(maxsize=10_000)  # tables name the same days again and again
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


class DayReader(Spelled):
    """A date, full or partial."""

    NO_TEXT, PROBLEM = "a date is due here", "not a date of the calendar"
    ACCEPTED = "a date, the year first, such as 2021-09-15, 2021-09 or 2021"

    def parse(self, text):
        try:
            return parse_day(text)
        except ValueError:
            return BAD

    def schema(self):
        # All of the calendar but leap years.
        pattern = (
            r"^(?!0000|9999|.*-02-3|.*-(04|06|09|11)-31)\d{4}"
            r"(-(0[1-9]|1[0-2])(-(0[1-9]|[12]\d|3[01]))?)?$"
        )
        limits = {"minimum": date.min.year, "maximum": date.max.year - 1}
        return {"type": ["string", "integer"], "pattern": pattern, **limits}


class Months(Spelled):
    """A period such as 12 months or 5 years, read in months."""

    PROBLEM = "not a period"
    ACCEPTED = f"a period such as 12 months or 2 years, at most {MAX_MONTHS:,} months"

    def parse(self, text):
        match = PERIOD.fullmatch(text.strip())
        months = float(match[1]) * (12 if match[2].startswith("y") else 1) if match else 0.0
        return months if 0 < months <= MAX_MONTHS else BAD

    def schema(self):
        pattern = r"^\s*(?=[\d.]*[1-9])\d+(\.\d+)?\s*(months?|years?)\s*$"
        return {"type": "string", "pattern": pattern}


@dataclass(frozen=True)
class Number:
    """A number from ``least``, or above 0, up to ``most``."""

    problem: str
    accepted: str
    most: float
    least: float | None = None

    def parse(self, node: Node):
        value = number(node)
        enough = value is not None and (value > 0 if self.least is None else value >= self.least)
        return value if enough and value <= self.most else BAD

    def read(self, node, place, reading):
        value = self.parse(node)
        return reading.reject(node, place, self.problem, self.accepted) if value is BAD else value

    def schema(self):
        from_ = {"exclusiveMinimum": 0} if self.least is None else {"minimum": self.least}
        return numbers(**from_, maximum=self.most)


@dataclass(frozen=True)
class Pair:
    """The two numbers of a Beta distribution."""

    one: Number

    def read(self, node, place, reading):
        pair = tuple(self.one.parse(item) for item in node.value) if node.is_list else ()
        if len(pair) == 2 and BAD not in pair:
            return pair
        return reading.reject(node, place, self.one.problem, self.one.accepted)

    def schema(self):
        return {"type": "array", "items": self.one.schema(), "minItems": 2, "maxItems": 2}


@dataclass(frozen=True, slots=True)
class BaseRate:
    """A judgement before any evidence, or the model that makes it, and the period it is stated for.

    Attributes
    ----------
    probability : Probability or None
        Of a yes/no event; None if a model estimates it.
    within : float or None
        Months; None if it is stated for the window of the case.
    model : Spec or None
        Of :mod:`forecasting.file.models`.
    shares : dict of state to Probability or None
        Of an event with states: every state in their order, None for what the others leave.
    seen : dict of state to float
        How often each came about in past cases, in place of shares.
    unsure : float or None
        Of ordered states and amounts: within this factor of the odds, with 90%.
    amounts : dict of level to amount
        Of an amount: its points, such as ``{0.05: 100.0, 0.5: 240.0, 0.95: 900.0}``.
    split : bool
        Low, best and high, each half a normal distribution; else a smooth curve through quantiles.
    confidence : str or None
        Of states and amounts, how good their basis is: shown, never used.
    """

    probability: Probability | None = None
    within: float | None = None
    model: Any = None
    shares: Mapping[str, Probability | None] | None = None
    seen: Mapping[str, float] | None = None
    unsure: float | None = None
    amounts: Mapping[float, float] | None = None
    split: bool = True
    confidence: str | None = field(default=None, compare=False)


NO_BETA = "not the two numbers of a Beta"
BETA_LIMITS = f"two numbers from {MIN_BETA} to {MAX_COUNT:,.0f}, such as [2, 8]"
BETA = Pair(Number(NO_BETA, BETA_LIMITS, MAX_COUNT, MIN_BETA))
COUNT = Number("not a count", f"a count from 0 to {MAX_COUNT:,.0f}", MAX_COUNT, 0)


class Elicited:
    """What a judgement and a multiplier have in common: a number, a word, or one of several forms.

    Each declares the record it makes (``OF``), the scale whose words it takes (``SCALE``), and its
    forms: which keys go together, and what reads them.
    """

    def read(self, node, place, reading):
        if node.is_text:
            return self.finished(self._point(node, place, reading), {})
        if node.is_list:
            return reading.reject(node, place, self.PROBLEM, self.ACCEPTED)
        beside = read_keys(self.beside, node, place, reading)
        if not self.knows_keys(node, place, reading):
            return BAD
        stated = node.value.keys() - beside.keys()
        how = next((how for keys, how in self.FORMS if {*keys} == stated), None)
        if how is None:
            return reading.reject(node, place, self.NO_FORM, self.ACCEPTED)
        value = getattr(self, how)(node, place, reading)
        return BAD if BAD in beside.values() else self.finished(value, {**NOTHING, **beside})

    def knows_keys(self, node, place, reading) -> bool:
        """Say of single keys that they are not known, where that helps."""
        return True

    def finished(self, value, beside):
        """Put together what was read; of a word alone, with what its scale says beside it."""
        known = value is not BAD and beside
        return replace(value, confidence=beside["confidence"]) if known else value

    @property
    def beside(self) -> dict[str, Any]:
        """Keys that may stand beside every form, and their readers."""
        return {"confidence": CONFIDENCE}

    def _point(self, node, place, reading):
        words = getattr(reading.scales, self.SCALE, {})
        if node.is_text and node.value.strip() in words:
            return words[node.value.strip()]
        value = self.number(node, place, reading, tuple(words))
        return BAD if value is BAD else self.OF.exactly(value)

    def _named(self, node, place, reading):
        name = "word" if "word" in node.value else "best"
        return self._point(node.value[name], f"{place}.{name}", reading)

    def _range(self, node, place, reading):
        ends = {
            key: self.number(node.value[key], f"{place}.{key}", reading)
            for key in POINTS
            if key in node.value
        }
        if BAD in ends.values():
            return BAD
        if "low" not in ends:
            return self.OF.exactly(ends["best"])
        try:
            return self.OF.between(ends["low"], ends["high"], ends.get("best"))
        except ValueError as error:
            accepted = f"low, best and high in this order, {self.LIMITS}"
            return reading.reject(node, place, str(error), accepted, found=written(node))

    def schema(self):
        point, values = self.schemas()
        made = [
            {
                key: values.get(f"{key} alone" if len(keys) == 1 else key, values[key])
                for key in keys
            }
            for keys, _ in self.FORMS
        ]
        also = {name: reader.schema() for name, reader in sorted(self.beside.items())}
        return {"anyOf": [point, Word().schema(), *forms(*made, also=also)]}


NOTHING = {"confidence": None, "within": None}


@dataclass(frozen=True)
class Judgement(Elicited):
    """A probability: a number, a range, a count, a Beta or a word.

    ``closed`` allows exact 0 and 1; ``period`` allows ``within`` and gives a :class:`BaseRate`.
    """

    closed: bool = False
    period: bool = False

    OF, SCALE, LIMITS = Probability, "probability", "strictly between 0 and 1"
    PROBLEM, NO_FORM = "not a probability", "these keys do not make a probability"
    ACCEPTED = (
        "a probability (0.2 or 20%), {low: 5%, high: 30%} with or without best, {best: 20%}, "
        "{seen: 3, of: 12}, {beta: [2, 8]} or a word such as unlikely"
    )
    FORMS = (
        (("low", "high"), "_range"),
        (("low", "best", "high"), "_range"),
        (("best",), "_range"),
        (("seen", "of"), "_counts"),
        (("beta",), "_beta"),
        (("word",), "_named"),
    )

    @property
    def beside(self):
        return {"within": Months(), **super().beside} if self.period else super().beside

    def knows_keys(self, node, place, reading):
        known = {*self.beside, *(key for keys, _ in self.FORMS for key in keys)}
        hints = {"within": "only a base rate is stated for a period"}
        return known_keys(node, place, reading, known, hints)

    def finished(self, value, beside):
        value = super().finished(value, beside)
        return BaseRate(value, beside.get("within")) if self.period and value is not BAD else value

    def _beta(self, node, place, reading):
        pair = BETA.read(node.value["beta"], f"{place}.beta", reading)
        return BAD if pair is BAD else Probability.beta(*pair)

    def _counts(self, node, place, reading):
        seen, of = (COUNT.read(node.value[k], f"{place}.{k}", reading) for k in ("seen", "of"))
        if BAD in (seen, of):
            return BAD
        if seen > of:
            problem = "'seen' is more than 'of'"
            accepted = "seen: how often it happened, of: how often it could have"
            return reading.reject(node, place, problem, accepted, found=written(node))
        return Probability.counted(seen, of)

    def number(self, node, place, reading, words=()):
        """Read a number or percentage within the limits."""
        inside = "from 0 to 1" if self.closed else "strictly between 0 and 1"
        accepted = f"a number {inside}, or a percentage"
        text = node.value.strip() if node.is_text else ""
        percent = PERCENT.fullmatch(text)
        value = float(percent[1]) / 100 if percent else number(node)
        if value is None and text.lower() in ("yes", "no", "true", "false", "on", "off"):
            problem = "a yes or no stands where a probability is due"
            hint = "write 0.5 or 50%; to state what happened, use happened, ruled_out or status"
        elif value is None:
            problem, accepted, hint = self.PROBLEM, self.ACCEPTED, nearest(text, words)
        elif not 0 <= value <= 1:
            problem = "a probability must lie between 0 and 1"
            hint = f"write {text}% or {value / 100:g}" if 1 < value <= 100 and not percent else None
        elif not self.closed and value in (0, 1):
            problem = f"a probability of exactly {value:g} leaves nothing to learn"
            hint = "for what is known to have happened or not, use happened, ruled_out or status"
        else:
            return value
        return reading.reject(node, place, problem, accepted, hint)

    def schemas(self):
        """Give the schema of a point, and of each key of a form."""
        point, inside = shares(self.closed), shares(False)
        return point, {
            **dict.fromkeys(POINTS, inside),
            "best alone": point,
            **dict.fromkeys(("seen", "of"), COUNT.schema()),
            "beta": BETA.schema(),
            "word": {"anyOf": [point, Word().schema()]},
        }


@dataclass(frozen=True)
class Multiplier(Elicited):
    """A multiplier on odds: a number, a range or a strength word."""

    OF, SCALE, LIMITS = Odds, "odds", "above 0"
    PROBLEM = NO_FORM = "not a multiplier on odds"
    ACCEPTED = (
        "a number above 0, {low: 1.5, high: 6} with or without best, or a word: slight, moderate, "
        "strong, decisive"
    )
    FORMS = (
        (("low", "high"), "_range"),
        (("low", "best", "high"), "_range"),
        (("best",), "_named"),
        (("word",), "_named"),
    )

    def number(self, node, place, reading, words=()):
        """Read a number above 0."""
        value = number(node)
        if value is None:
            hint = nearest(node.value, words) if node.is_text else None
            return reading.reject(node, place, self.PROBLEM, self.ACCEPTED, hint)
        if not 0 < value < math.inf:
            problem = "a multiplier on odds must be finite and above 0"
            return reading.reject(node, place, problem, self.ACCEPTED)
        return value

    def schemas(self):
        """Give the schema of a point, and of each key of a form."""
        point = numbers(exclusiveMinimum=0)
        named = {"anyOf": [point, Word().schema()]}
        inside = dict.fromkeys(POINTS, point)
        return point, {**inside, "best alone": named, "word": named}


def known_keys(node, place, reading, known: set[str], hints: Mapping[str, str] = {}) -> bool:
    """Say which keys are not known; one that a comma has cut off a text is no key."""
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
            hint = hints.get(name) or nearest(name, known)
            accepted = ", ".join(sorted(known))
            reading.reject(key_node, below(place, name), "this key is not known", accepted, hint)
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
    wrong = reading.about(node, place)
    wrong(name, "a comma ends the value", accepted, hint, found=text)


def written(node: Node) -> str:
    """Show a mapping with its values, for the 'found' line of a message."""
    return "{" + ", ".join(f"{k}: {v.describe()}" for k, v in node.value.items()) + "}"
