"""A case goes in; its numbers, each with its key path, come out, and the case with others in place.

A quantity is one number of a case with its range: a base rate, what is held now, a link, how likely
a fact is if an event comes true or not, what a letter or a digit of a grade stands for. Its path is
the one an overlay uses; a place is the same path as a tuple of keys.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, replace

import numpy as np

from forecasting.amounts import POINTS, Measure, Scale
from forecasting.file import propositions, stated
from forecasting.file.case import Bearing, Case, Event, Evidence, Link, Report, Scales
from forecasting.file.propositions import title_of
from forecasting.file.rules import MULTIPLIER
from forecasting.file.stated import Point
from forecasting.file.values import BaseRate
from forecasting.judgement import Z90, Odds, Probability, sigmoid

# What kinds of number there are, as told to a reader.
SORTS = ("base rate", "now", "table", "link", "evidence", "report", "scale")

# What the likelihoods of a fact are; the fact and the event it bears on are named in them.
LIKELIHOODS = {
    "if_yes": "chance of seeing {this} given that “{event}” is so",
    "if_no": "chance of seeing {this} given that “{event}” is not so",
    "likelihood_ratio": "factor by which {this} is likelier if “{event}” is so",
    "chance": "chance of seeing {this} at all",
}

# The keys of each record that hold numbers a forecast depends on, in the order they are told. A
# link and a bearing hold one multiplier, however it was stated.
HOLDS = {
    Case: ("events", "links", "evidence", "scales"),
    Event: ("base_rate", "table", "now"),
    Evidence: (*LIKELIHOODS, "if", "bears_on", "reports"),
    Report: ("hit", "false"),
    Scales: ("reliability", "credibility"),
}

# What a number, with its range, is a record of.
JUDGEMENTS = (Probability, Odds, BaseRate, Point)

# Fields that are not called as their keys are.
FIELDS = {(Evidence, "if"): "if_", (Link, "odds"): "either", (Bearing, "odds"): "either"}

# Ways to state one thing: setting the keys of one way takes the place of the others.
WAYS = (
    MULTIPLIER,
    (("if_yes", "if_no"), ("likelihood_ratio",)),
    (("happened",), ("ruled_out",)),
)

# The keys of a multiplier, with what it does to the odds.
MULTIPLIERS = {"raises": "raises", "lowers": "lowers", "odds": "multiplies"}

# A step, or a point, that is moved as far as its neighbour stays this far from it.
BESIDE = 1e-6

# How unsure all steps together are is a factor on their odds, whose median is 1: its logarithm is 0
# where only its spread is stated. Known to be 1, it is all but 0: the steps then are at their
# medians, and not what makes their means.
UNSURE, KNOWN = ".base_rate.unsure", 1e-300

Place = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Quantity:
    """One number of a case.

    Attributes
    ----------
    path : str
        Key path, as in an overlay: ``events.rain.base_rate``.
    sort : str
        One of ``SORTS``.
    of : str
        The event, fact, letter or digit it is about (of a link, the event that is moved).
    title : str
        What it is, in words.
    judgement : Probability, Odds or Point
        Its value with its range; a base rate is that for a window of dates.
    scale : Scale or None
        Of an amount.
    ends : (float, float)
        Places between which it must stay: those of the steps, or of the points, beside it.
    """

    path: str
    sort: str
    of: str
    title: str
    judgement: Probability | Odds | Point
    scale: Scale | None = None
    ends: tuple[float, float] = (-math.inf, math.inf)

    @property
    def centre(self) -> float:
        """Median on the scale of logarithms: log-odds, or the log of a multiplier.

        An amount is at its place on its own scale.
        """
        return self.judgement.normal[0]

    @property
    def spread(self) -> float:
        """Standard deviation on that scale; 0 for an exact number."""
        return self.judgement.normal[1]

    def shown(self, x):
        """Turn a place on the scale of logarithms into the number that people read and write."""
        if self.scale is not None:
            return self.scale.amount(x)
        return sigmoid(x) if isinstance(self.judgement, Probability) else np.exp(x)

    def number(self, x: float) -> float:
        """Give one number of those that people read and write."""
        return (float if self.scale is None else Measure)(self.shown(x))

    @property
    def low(self) -> float:
        """5% point, as people write it."""
        return self.number(self.centre - Z90 * self.spread)

    @property
    def best(self) -> float:
        """Median, as people write it."""
        return self.number(self.centre)

    @property
    def high(self) -> float:
        """95% point, as people write it."""
        return self.number(self.centre + Z90 * self.spread)

    def at(self, x: float, spread: float = 0.0) -> Probability | Odds | Point:
        """Give the judgement moved to a place on the scale of logarithms; exact unless spread.

        It stays between what stands beside it.
        """
        if not x and self.path.endswith(UNSURE):
            x = KNOWN
        x = min(max(x, self.ends[0] + BESIDE), self.ends[1] - BESIDE)
        if isinstance(self.judgement, Point):
            return replace(self.judgement, place=float(x))
        return type(self.judgement)(float(x), spread)


def numbers(record, place: Place = ()) -> Iterator[tuple[Place, Probability | Odds | BaseRate]]:
    """List the numbers of a case, or of what stands at a place in one, with the place of each.

    Examples
    --------
    >>> from forecasting.file.case import read
    >>> case = read('''
    ... case: rain
    ... events: {rain: {base_rate: 20%, now: 30%}, flood: {base_rate: {low: 1%, high: 9%}}}
    ... links: [{from: rain, to: flood, raises: 5}]
    ... ''')
    >>> [".".join(place) for place, _ in numbers(case)][:3]
    ['events.rain.base_rate', 'events.rain.now', 'events.flood.base_rate']
    """
    if isinstance(record, JUDGEMENTS):
        yield place, record
        return
    if isinstance(record, Event) and not record.is_yes_no:
        parts = _numbers_of(record)
    elif keys := HOLDS.get(type(record)):
        parts = {key: getattr(record, _field(record, key)) for key in keys}
    elif isinstance(record, Link | Bearing):
        key, odds = multiplier_of(record)
        parts = {key: odds}
    elif isinstance(record, Mapping):
        parts = record
    elif isinstance(record, tuple):
        parts = {_name(i, one): one for i, one in enumerate(record)}
    else:
        return
    for key, part in parts.items():
        where = (*place, *key) if isinstance(key, tuple) else (*place, key)
        if isinstance(part, JUDGEMENTS):
            yield where, part
        elif part is not None:
            yield from numbers(part, where)


def _numbers_of(event: Event) -> dict:
    """List the numbers of an event with states, or of an amount; what the rest leaves is one."""
    parts = {"now": event.now or {}}
    rate = event.base_rate
    if rate is not None and rate.model is not None:
        return {"base_rate": rate, **parts}
    if rate is not None:
        found = stated.numbers(event)
        return {("base_rate", *keys): one for keys, one in found.items()} | parts
    rows = {row: stated.with_rest(shares) for row, shares in event.table.items()}
    return {"table": rows, **parts}


def place_of(case: Case, path: str) -> Place:
    """Split the path of a number into keys, of which one may itself hold a dot.

    A proposition's name does, so the path is matched with what the case holds.

    Examples
    --------
    >>> from forecasting.file.case import read
    >>> case = read(
    ...     "{case: x, events: {a: {base_rate: 20%}, b: {base_rate: 20%}},"
    ...     " links: [{from: a.no, to: b, raises: 2}]}"
    ... )
    >>> place_of(case, "links.a.no.b.raises")
    ('links', 'a.no', 'b', 'raises')
    """
    parts = tuple(path.replace("->", ".").split("."))
    if parts[0] == "links":
        return ("links", *link_of(parts[1:], [_name(0, link) for link in case.links]))
    match parts:
        case "evidence", name, "bears_on", *rest if name in case.evidence:
            bears = case.evidence[name].bears_on
            joined = ".".join(rest[:2])
            if joined in bears and not isinstance(bears, str):
                return ("evidence", name, "bears_on", joined, *rest[2:])
        case "events", name, "base_rate", "quantiles", *rest if rest and name in case.events:
            if case.events[name].quantity is not None:
                return ("events", name, "base_rate", "quantiles", ".".join(rest))
    return parts


def link_of(parts: Place, known) -> Place:
    """Join the words of a path so that the first two keys are the ends of a known link, if any."""
    for first, second in ((2, 2), (2, 1), (1, 2), (1, 1)):
        ends = ".".join(parts[:first]), ".".join(parts[first : first + second])
        if ends in known:
            return (*ends, *parts[first + second :])
    return parts


def get(record, place: Place):
    """Find what stands at a place of a case, or of one of its records; None if nothing does.

    Examples
    --------
    >>> from forecasting.file.case import read
    >>> case = read("{case: rain, events: {rain: {base_rate: 20%}}}")
    >>> get(case, ("events", "rain", "now")) is get(case, ("events", "snow", "now")) is None
    True
    """
    if not place or record is None:
        return record
    key, *rest = place
    if isinstance(record, Event) and not record.is_yes_no and rest:
        return _part_of(record, tuple(place))
    if isinstance(record, Mapping):
        return get(record.get(key), rest)
    if isinstance(record, tuple):
        i, rest = _position(record, place)
        return get(record[i], rest) if i < len(record) else None
    return get(getattr(record, _field(record, key), None), rest)


def _part_of(event: Event, place: Place):
    """Find a number of an event with states, or of an amount; what the rest leaves is one."""
    key, *rest = place
    if key == "base_rate":
        rate = event.base_rate
        known = {} if rate is None or rate.model is not None else stated.numbers(event)
        return known.get(tuple(rest))
    part = getattr(event, key, None)
    if key == "table" and len(rest) == 2 and part and rest[0] in part:
        return stated.with_rest(part[rest[0]]).get(rest[1])
    return get(part, rest)


def put(record, place: Place, value):
    """Give a case, or one of its records, with another value at a place; its text stays as it was.

    Parameters
    ----------
    record : Case, or what stands at a place in one
    place : tuple of str
    value : judgement, record or other value
        For a base rate a judgement is enough. None takes away what is there. Where one state is
        set, the others make room for it.

    Examples
    --------
    >>> from forecasting.file.case import read
    >>> case = read("{case: rain, events: {rain: {base_rate: 20%}}}")
    >>> wetter = put(case, ("events", "rain", "now"), Probability.exactly(0.3))
    >>> round(float(wetter.events["rain"].now.mean), 9), case.events["rain"].now
    (0.3, None)
    """
    key, *rest = place
    if isinstance(record, Event) and not record.is_yes_no and rest:
        if key == "base_rate":
            return replace(record, base_rate=stated.with_numbers(record, {tuple(rest): value}))
        if key == "table" and len(rest) == 2:
            row, state = rest
            shares = stated.with_shares(record.table[row], {state: value}, closed=True)
            return replace(record, table={**record.table, row: shares})
    if isinstance(record, Mapping):
        if rest or value is not None:
            return {**record, key: put(record[key], rest, value) if rest else value}
        return {name: one for name, one in record.items() if name != key}
    if isinstance(record, tuple):
        i, rest = _position(record, place)
        one = put(record[i], rest, value) if rest else value
        return (*record[:i], *(() if one is None else (one,)), *record[i + 1 :])
    if rest:
        name = _field(record, key)
        return replace(record, **{name: put(getattr(record, name), rest, value)})
    if key == "base_rate" and isinstance(value, Probability):
        value = BaseRate(value)
    others = [] if value is None else [_field(record, other) for other in rivals(key)]
    replaced = dict.fromkeys({f.name for f in fields(record)}.intersection(others))
    return replace(record, **replaced | {_field(record, key): value})


def rivals(key: str) -> tuple[str, ...]:
    """List the keys whose place a key takes: they state the same thing in another way.

    Examples
    --------
    >>> rivals("if_no")
    ('likelihood_ratio', 'lowers', 'odds', 'raises')
    """
    ways = [way for ways in WAYS if any(key in way for way in ways) for way in ways]
    return tuple(sorted({other for way in ways if key not in way for other in way}))


def quantities(case: Case, base_rates: Mapping[str, Probability]) -> tuple[Quantity, ...]:
    """List the numbers of a case that a slider can move, in the order of its file.

    Parameters
    ----------
    case : Case
    base_rates : dict of event, or of path, to Probability
        What each base rate is for a window of dates. One that is not there is as stated; that of an
        amount which a model estimates is left out.
    """
    found = []
    for place, number in numbers(case):
        path, name = ".".join(place), place[1]
        judgement = base_rates.get(path, number)
        if isinstance(judgement, BaseRate):
            judgement = base_rates.get(name)
        if judgement is not None:
            on = stated.scale(case.events[name]) if isinstance(judgement, Point) else None
            found.append(Quantity(path, *told_of(case, place), judgement, on))
    return tuple(_between(found))


def _between(found: list[Quantity]) -> Iterator[Quantity]:
    """Say where steps and points must stay: between those beside them; a middle, anywhere."""
    for i, one in enumerate(found):
        stem, _, key = one.path.rpartition(".")
        if (one.scale is None and not stem.endswith(".at_least")) or key in ("best", "50%"):
            yield one
            continue
        beside = [
            other.centre
            for other in found[max(i - 1, 0) : i + 2]
            if other is not one
            and other.path.startswith(f"{stem}.")
            and type(other.judgement) is type(one.judgement)
        ]
        below = max((x for x in beside if x < one.centre), default=-math.inf)
        above = min((x for x in beside if x > one.centre), default=math.inf)
        yield replace(one, ends=(below, above))


def told_of(case: Case, place: Place, this: str = "this") -> tuple[str, str, str]:
    """Tell of a number its sort, what it is about, and what it is in words.

    ``this`` is what a fact is called in them, where it does not stand beside.
    """
    match place:
        case "events", name, "base_rate", *keys:
            return "base rate", name, _told_of_part(case, name, keys)
        case "events", name, "now", *part:
            return "now", name, f"what is held now of {_told_of_one(case, name, *part)}"
        case "events", name, _, row, *part:
            words = row.split(", ") if row else []
            parents = zip(case.events[name].parents or (), words, strict=False)
            where = ", ".join(f"{title_of(case, parent)}: {word}" for parent, word in parents)
            told = _told_of_one(case, name, *part)
            return "table", name, f"{told} where {where}" if where else told
        case "links", source, target, key:
            does = f"factor by which “{title_of(case, source)}” {MULTIPLIERS[key]} the odds of"
            return "link", propositions.event_of(target), f"{does} {_told_of_whole(case, target)}"
        case "evidence", name, "bears_on", event, key:
            does = f"factor by which “{title_of(case, event)}” {MULTIPLIERS[key]} the odds of"
            return "evidence", name, f"{does} {this}"
        case "evidence", name, "reports", i, key:
            source = case.evidence[name].reports[int(i)].source
            source = case.sources[source].title or source.replace("_", " ")
            so = "if it is so" if key == "hit" else "if it is not so"
            return "report", name, f"chance that “{source}”, if sound, reports {this} {so}"
        case "evidence", name, "if", part:
            told = _told_of_one(case, case.evidence[name].events[0], part)
            return "evidence", name, f"chance of seeing {this} given that {told} is so"
        case "evidence", name, key:
            event = title_of(case, case.evidence[name].events[0])
            return "evidence", name, LIKELIHOODS[key].format(this=this, event=event)
        case _, "reliability", letter:
            return "scale", letter, f"chance that a source graded {letter} is sound"
        case _, _, digit:
            return "scale", digit, f"how far a sound report graded {digit} is believed"


def _told_of_part(case: Case, name: str, keys: list[str]) -> str:
    """Tell of a base rate; or of one number of that of several states, or of an amount."""
    title = title_of(case, name)
    match keys:
        case ("unsure",):
            return f"factor by which the odds of {_told_of_whole(case, name)} may be off"
        case "at_least", state:
            return f"base rate of “{title_of(case, f'{name}.{state}')}” or higher"
        case (point,) if case.events[name].quantity:
            told = "middle" if point == "best" else f"{100 * POINTS[point]:g}% point"
            return f"{told} of “{title}”"
        case "quantiles", level:
            return f"{level} point of “{title}”"
    told = title_of(case, ".".join([name, *keys[:1]]))
    if case.events[name].now is None:
        return f"base rate of “{told}”"
    # Else it would read as if it were held of this case.
    return f"how common “{told}” is in the class of past cases"


def _told_of_one(case: Case, name: str, part: str | None = None) -> str:
    """Tell of an event, or of one of its states or cuts; otherwise is what is not named."""
    if part == "otherwise":
        return f"anything else of “{title_of(case, name)}”"
    return f"“{title_of(case, f'{name}.{part}' if part else name)}”"


def _told_of_whole(case: Case, target: str) -> str:
    """Tell of what a link moves: ordered states and amounts as a whole."""
    event, told = case.events.get(target), f"“{title_of(case, target)}”"
    if event is None or event.is_yes_no:
        return told
    return f"more of {told}" if event.quantity else f"a higher state of {told}"


def claim_of(case: Case, fact: str) -> str:
    """Give the claim of a fact, or its name in words."""
    return case.evidence[fact].claim or fact.replace("_", " ")


def multiplier_of(record: Link | Bearing) -> tuple[str, Odds]:
    """Find the key and the multiplier of a link or a bearing; two probabilities count as odds."""
    ways = [key for key in MULTIPLIERS if getattr(record, _field(record, key)) is not None]
    key = ways[0] if ways else "odds"
    return key, record.odds if key != "lowers" else record.lowers


def _field(record, key: str) -> str:
    """Name the field of a key: some have another name, since Python has the word."""
    return FIELDS.get((type(record), key), key)


def _name(i: int, one) -> Place:
    """Name an item of a list: a link by its two events, another by its number."""
    return (one.source, one.target) if isinstance(one, Link) else (str(i),)


def _position(items: tuple, place: Place) -> tuple[int, Place]:
    """Find the number of an item of a list, past the last one if it is new, and the keys left."""
    if place[0].isdecimal():
        return int(place[0]), place[1:]
    names = [_name(i, one) for i, one in enumerate(items)]
    ends = tuple(place[:2])
    return (names.index(ends) if ends in names else len(items)), place[2:]
