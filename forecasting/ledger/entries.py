"""What is noted of a question goes in; a checked record of it, or its plain form, comes out.

A ledger holds five kinds of entries. Each is a frozen record here and a mapping of plain values in
the file; keys that this version does not know are kept as they came.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import MISSING, dataclass, field, fields
from datetime import date
from functools import cache
from types import MappingProxyType, NoneType, UnionType
from typing import get_args, get_origin, get_type_hints

from forecasting.errors import InputError, Problem, echo, refusal

TYPES = ("yes_no", "states", "quantity")
ROLES = ("headline", "prior", "view", "baseline")
METHODS = ("case", "typed", "pool")
CONFIDENCES = ("high", "medium", "low")

# What a resolution may say in place of an answer; no state may be called so.
UNANSWERED = ("annulled", "ambiguous")

# Shares that were rounded for a file still add up to this.
ROUNDED = 1e-6

NOTHING: Mapping = MappingProxyType({})


@dataclass(frozen=True, kw_only=True)
class Body:
    """What an entry says; ``unknown`` are the keys that this version does not know."""

    unknown: Mapping = NOTHING

    def _wrong(self) -> Iterable[tuple[str, str, str]]:
        """Give what does not fit: the key, the problem, what is accepted."""
        return ()


@dataclass(frozen=True, kw_only=True)
class Question(Body):
    """An outcome that somebody could settle on a day.

    Attributes
    ----------
    id : str
        ``case/event@resolve_by``, for a case's own.
    version : int
        Counts criteria: one that changes after the first forecast makes a new version.
    title, question, criterion, source : str
        A label; the question; the rule, and whose word settles it.
    type : {"yes_no", "states", "quantity"}
    kind : str
        How an event of a case comes true: ``occurs``, ``persists``, ``state`` or ``first``.
    states : tuple of str
        Of a question of states; ``ordered`` if they go from low to high.
    opens : date or None
    resolve_by : date
        The day by which, or on which, it is asked.
    given : str
        The question without whose yes this one is void.
    unit, cluster : str
        Of a quantity; the story it belongs to.
    tags : tuple of str
    private : bool
        Left out of pages and exports.
    """

    id: str
    title: str = ""
    question: str = ""
    criterion: str = ""
    source: str = ""
    type: str = "yes_no"
    kind: str = ""
    states: tuple[str, ...] = ()
    ordered: bool = False
    opens: date | None = None
    resolve_by: date
    given: str = ""
    unit: str = ""
    cluster: str = ""
    tags: tuple[str, ...] = ()
    private: bool = False
    version: int = 1

    def _wrong(self) -> Iterator[tuple[str, str, str]]:
        yield from _among(self, "type", TYPES)
        if (self.type == "states") != (len(self.states) > 1):
            yield "states", "does not fit the type", "two states or more, of type states only"
        if spoken := [name for name in self.states if name in UNANSWERED]:
            yield "states", f"a state is called {spoken[0]}", "another name: this one is taken"

    @property
    def asked(self) -> tuple:
        """What a forecast on it depends on: another makes another version."""
        return (
            *(self.question, self.criterion, self.source, self.type, self.kind),
            *(self.states, self.ordered, self.resolve_by, self.given, self.unit),
        )


@dataclass(frozen=True, kw_only=True)
class Forecast(Body):
    """Somebody's probabilities for a question on a day.

    Attributes
    ----------
    question, version
        The question, and its version; 0 stands for the newest.
    made_at : date
        The day as of which it was made.
    p : float or None
        Probability of yes, 0 to 1.
    probs : dict of state to float
        Adding up to 1.
    quantiles : dict of level to value
        A level, such as ``"0.05"``, is the probability of at most the value.
    low, high : float or None
        A band of ``p``.
    role : {"headline", "prior", "view", "baseline"}
    method : {"case", "typed", "pool"}
    case_digest : str
        SHA-256 of the case as it was, kept in the ledger.
    versions : dict of str
        Of the programs that made it.
    note : str
    """

    question: str
    version: int = 0
    made_at: date
    p: float | None = None
    probs: Mapping[str, float] = NOTHING
    quantiles: Mapping[str, float] = NOTHING
    low: float | None = None
    high: float | None = None
    role: str = "headline"
    method: str = "typed"
    case_digest: str = ""
    versions: Mapping[str, str] = NOTHING
    note: str = ""

    def _wrong(self) -> Iterator[tuple[str, str, str]]:
        yield from _among(self, "role", ROLES)
        yield from _among(self, "method", METHODS)
        if [self.p is not None, bool(self.probs), bool(self.quantiles)].count(True) != 1:
            yield "p", "one forecast is due", "one of p, probs and quantiles"
        for key, chances in (("p", [self.p, self.low, self.high]), ("probs", self.probs.values())):
            if not all(0 <= p <= 1 for p in chances if p is not None):
                yield key, "is no probability", "from 0 to 1"
        if self.probs and not abs(sum(self.probs.values()) - 1) <= ROUNDED:
            yield "probs", f"add up to {sum(self.probs.values()):.6g}", "1"
        try:
            levels = [float(level) for level in self.quantiles]
        except ValueError:
            levels = [math.nan]
        if not all(0 < level < 1 for level in levels):
            yield "quantiles", "a level is no probability", "levels between 0 and 1, such as 0.05"
        elif list(self.amounts.values()) != sorted(self.amounts.values()):
            yield "quantiles", "go down as their levels go up", "values in the order of the levels"

    def fits(self, question: Question) -> bool:
        """Tell whether it is a forecast of such a question."""
        given = {"yes_no": self.p is not None, "states": self.probs, "quantity": self.quantiles}
        return bool(given[question.type]) and set(self.probs) == set(question.states)

    @property
    def amounts(self) -> dict[float, float]:
        """Its quantiles by their levels, from the lowest."""
        return dict(sorted((float(level), x) for level, x in self.quantiles.items()))


@dataclass(frozen=True, kw_only=True)
class Withdrawal(Body):
    """Somebody no longer stands by a forecast, from a day on."""

    question: str
    made_at: date
    why: str = ""


@dataclass(frozen=True, kw_only=True)
class Resolution(Body):
    """How a question came out.

    Attributes
    ----------
    question, version
        The question, and its version; 0 stands for the newest.
    outcome : str
        ``yes``, ``no``, a state, an amount, ``annulled`` or ``ambiguous``.
    happened_on, known_on : date or None
        When it came about, and when one could know.
    source : str
        Whose word it is: an address, or a title.
    confidence : {"high", "medium", "low"}
    proxy : str
        How what was looked at differs from the criterion; empty if it does not.
    why : str
    """

    question: str
    version: int = 0
    outcome: str
    happened_on: date | None = None
    known_on: date | None = None
    source: str = ""
    confidence: str = "high"
    proxy: str = ""
    why: str = ""

    def _wrong(self) -> Iterator[tuple[str, str, str]]:
        yield from _among(self, "confidence", CONFIDENCES)
        if self.happened_on and self.known_on and self.known_on < self.happened_on:
            yield "known_on", "is before it came about", "the same day or later"

    def fits(self, question: Question) -> bool:
        """Tell whether its outcome answers such a question, or says that nothing does."""
        try:
            self.answers(question)
        except InputError:
            return False
        return True

    def answers(self, question: Question) -> bool | str | float | None:
        """Read its outcome as an answer to a question; None if it is none, or void.

        Raises
        ------
        InputError
            If the outcome is no answer to this question.

        Examples
        --------
        >>> rain = Question(id="rain", resolve_by=date(2026, 1, 1))
        >>> Resolution(question="rain", outcome="yes").answers(rain)
        True
        """
        if self.outcome in UNANSWERED:
            return None
        accepted = ", ".join(question.states or ("yes", "no"))
        if question.type == "quantity":
            accepted = "a number"
            try:
                if math.isfinite(amount := float(self.outcome)):
                    return amount
            except ValueError:
                pass
        elif question.type == "states":
            if self.outcome in question.states:
                return self.outcome
        elif self.outcome in ("yes", "no"):
            return self.outcome == "yes"
        accepted += ", annulled or ambiguous"
        problem = "is no answer to this question"
        raise refusal(problem, "", None, question.id, echo(self.outcome), accepted)


@dataclass(frozen=True, kw_only=True)
class Seal(Body):
    """A digest of forecasts that are to be disclosed later.

    Attributes
    ----------
    digest : str
        SHA-256, in hexadecimal, of what is kept back with its salt.
    note : str
    """

    digest: str
    note: str = ""

    def _wrong(self) -> Iterator[tuple[str, str, str]]:
        if len(self.digest) != 64 or set(self.digest) - set("0123456789abcdef"):
            yield "digest", "is no digest", "64 hexadecimal digits"


KINDS = {kind.__name__.lower(): kind for kind in Body.__subclasses__()}


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of a ledger.

    Attributes
    ----------
    chain, seq : str, int
        The ledger file it was first written in, and its number there, from 1.
    recorded_at : str
        By the clock of that machine, in UTC.
    by : str
        Whose question, forecast or word it is.
    body : record, or mapping of a kind that this version does not know
    """

    chain: str
    seq: int
    recorded_at: str
    by: str
    body: Body | Mapping = field(repr=False)


def kind_of(body: Body) -> str:
    """Name the kind of an entry.

    Examples
    --------
    >>> kind_of(Seal(digest="0" * 64))
    'seal'
    """
    return type(body).__name__.lower()


def plain(body: Body) -> dict[str, object]:
    """Turn an entry into what a file holds; what says nothing is left out.

    Examples
    --------
    >>> plain(Question(id="rain", title="Rain", resolve_by=date(2026, 1, 1)))
    {'id': 'rain', 'title': 'Rain', 'type': 'yes_no', 'resolve_by': '2026-01-01', 'version': 1}
    """
    held = {}
    for one in _fields(type(body)):
        value = getattr(body, one)
        if value is None or value is False or value in ("", ()) or value == {}:
            continue
        if isinstance(value, date):
            value = value.isoformat()
        elif isinstance(value, tuple | Mapping):
            value = list(value) if isinstance(value, tuple) else dict(value)
        held[one] = value
    return held | dict(body.unknown)


def read(kind: str, held: object, place: str = "") -> Body:
    """Read an entry from plain values.

    Parameters
    ----------
    kind : str
        One of ``KINDS``.
    held : mapping
    place : str
        Where it stands, for a message.

    Raises
    ------
    InputError
        Naming each key that is missing or wrong.

    Examples
    --------
    >>> read("forecast", {"question": "rain", "made_at": "2025-01-01", "p": 0.3}).p
    0.3
    """
    cls = KINDS[kind]
    if not isinstance(held, Mapping):
        raise refusal(f"a {kind} is due here: keys with values", "", None, place)
    known, problems, values = _fields(cls), [], {}
    for name, (reader, accepted, needed) in known.items():
        if held.get(name) is None:
            if needed:
                problems.append(Problem(f"{name} is missing", "", None, place))
            continue
        try:
            values[name] = reader(held[name])
        except (TypeError, ValueError):
            found = echo(str(held[name]))
            problems.append(Problem(f"{name} is wrong", "", None, place, found, accepted))
    if problems:
        raise InputError(problems)
    unknown = {name: value for name, value in held.items() if name not in known}
    return checked(cls(**values, unknown=unknown or NOTHING), place)


def checked(body: Body, place: str = "") -> Body:
    """Give an entry back if its parts fit each other.

    Raises
    ------
    InputError
        Naming what does not fit.
    """
    if wrong := list(body._wrong()):
        raise InputError(
            Problem(f"{name}: {problem}", "", None, place, accepted=accepted)
            for name, problem, accepted in wrong
        )
    return body


def _among(body: Body, name: str, known: tuple[str, ...]) -> Iterator[tuple[str, str, str]]:
    if getattr(body, name) not in known:
        yield name, f"{echo(getattr(body, name))} is not known", ", ".join(known)


@cache
def _fields(cls: type) -> dict[str, tuple[Callable, str, bool]]:
    """Give the reader of each key, what it accepts, and whether the key must be there."""
    types = get_type_hints(cls)
    return {
        one.name: (*_reader(types[one.name]), one.default is MISSING)
        for one in fields(cls)
        if one.name != "unknown"
    }


def _reader(kind) -> tuple[Callable, str]:
    """Find what reads a value of a type, and what it accepts."""
    if get_origin(kind) is UnionType:
        (kind,) = (one for one in get_args(kind) if one is not NoneType)
    if get_origin(kind) is tuple:
        return lambda value: tuple(_typed(value, list) and map(_text, value)), "a list of texts"
    if get_origin(kind) is not None:  # a mapping
        inner, accepted = _reader(get_args(kind)[1])
        return (
            lambda value: {_text(k): inner(x) for k, x in _typed(value, dict).items()},
            f"names, each with {accepted}",
        )
    return {
        str: (_text, "a text"),
        bool: (lambda value: _typed(value, bool), "true or false"),
        int: (lambda value: _typed(value, int), "a whole number"),
        float: (_number, "a number"),
        date: (lambda value: date.fromisoformat(_text(value)), "a day such as 2021-09-15"),
    }[kind]


def _typed(value, kind: type):
    if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
        raise TypeError
    return value


def _text(value) -> str:
    _typed(value, str).encode()  # half a letter is no text
    return value


def _number(value) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise TypeError
    return float(value)
