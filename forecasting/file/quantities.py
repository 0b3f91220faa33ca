"""A case goes in; its numbers, each with its key path, come out, and the case with others in place.

A quantity is one number of a case with its range: a base rate, what is held now, a link, how likely
a fact is if an event comes true or not, what a letter or a digit of a grade stands for. Its path is
the one an overlay uses; a place is the same path as a tuple of keys.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, replace

import numpy as np

from forecasting.file.case import Bearing, Case, Event, Evidence, Link, Report, Scales
from forecasting.file.rules import MULTIPLIER
from forecasting.file.values import BaseRate
from forecasting.judgement import Z90, Odds, Probability, sigmoid

# What kinds of number there are, as told to a reader.
SORTS = ("base rate", "now", "table", "link", "evidence", "report", "scale")

# What the likelihoods of a fact are; the event it bears on is named in them.
LIKELIHOODS = {
    "if_yes": "chance of seeing this if “{}” is coming",
    "if_no": "chance of seeing this if “{}” is not coming",
    "likelihood_ratio": "factor by which this is likelier if “{}” is coming",
    "chance": "chance of seeing this at all",
}

# The keys of each record that hold numbers a forecast depends on, in the order they are told. A
# link and a bearing hold one multiplier, however it was stated.
HOLDS = {
    Case: ("events", "links", "evidence", "scales"),
    Event: ("base_rate", "table", "now"),
    Evidence: (*LIKELIHOODS, "bears_on", "reports"),
    Report: ("hit", "false"),
    Scales: ("reliability", "credibility"),
}

# Ways to state one thing: setting the keys of one way takes the place of the others.
WAYS = (
    MULTIPLIER,
    (("if_yes", "if_no"), ("likelihood_ratio",)),
    (("happened",), ("ruled_out",)),
)

# The keys of a multiplier, with what it does to the odds.
MULTIPLIERS = {"raises": "raises", "lowers": "lowers", "odds": "multiplies"}

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
    judgement : Probability or Odds
        Its value with its range; a base rate is that for a window of dates.
    """

    path: str
    sort: str
    of: str
    title: str
    judgement: Probability | Odds

    @property
    def centre(self) -> float:
        """Median on the scale of logarithms: log-odds, or the log of a multiplier."""
        one = self.judgement
        return one.logit_median if isinstance(one, Probability) else one.log_median

    @property
    def spread(self) -> float:
        """Standard deviation on that scale; 0 for an exact number."""
        one = self.judgement
        return one.logit_sd if isinstance(one, Probability) else one.log_sd

    def shown(self, x):
        """Turn a place on the scale of logarithms into the number that people read and write."""
        return sigmoid(x) if isinstance(self.judgement, Probability) else np.exp(x)

    @property
    def low(self) -> float:
        """5% point, as people write it."""
        return float(self.shown(self.centre - Z90 * self.spread))

    @property
    def best(self) -> float:
        """Median, as people write it."""
        return float(self.shown(self.centre))

    @property
    def high(self) -> float:
        """95% point, as people write it."""
        return float(self.shown(self.centre + Z90 * self.spread))

    def at(self, x: float, spread: float = 0.0) -> Probability | Odds:
        """Give the judgement moved to a place on the scale of logarithms; exact unless spread."""
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
    if isinstance(record, Probability | Odds | BaseRate):
        yield place, record
        return
    if isinstance(record, Link | Bearing):
        key, odds = multiplier_of(record)
        parts = {key: odds}
    elif isinstance(record, Mapping):
        parts = record
    elif isinstance(record, tuple):
        parts = {_name(i, one): one for i, one in enumerate(record)}
    else:
        parts = {key: getattr(record, key) for key in HOLDS.get(type(record), ())}
    for key, part in parts.items():
        yield from numbers(part, (*place, *key) if isinstance(key, tuple) else (*place, key))


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
    if isinstance(record, Mapping):
        return get(record.get(key), rest)
    if isinstance(record, tuple):
        i, rest = _position(record, place)
        return get(record[i], rest) if i < len(record) else None
    return get(getattr(record, _field(record, key), None), rest)


def put(record, place: Place, value):
    """Give a case, or one of its records, with another value at a place; its text stays as it was.

    Parameters
    ----------
    record : Case, or what stands at a place in one
    place : tuple of str
    value : judgement, record or other value
        For a base rate a judgement is enough. None takes away what is there.

    Examples
    --------
    >>> from forecasting.file.case import read
    >>> case = read("{case: rain, events: {rain: {base_rate: 20%}}}")
    >>> wetter = put(case, ("events", "rain", "now"), Probability.exactly(0.3))
    >>> round(float(wetter.events["rain"].now.mean), 9), case.events["rain"].now
    (0.3, None)
    """
    key, *rest = place
    if isinstance(record, Mapping):
        if rest or value is not None:
            return {**record, key: put(record[key], rest, value) if rest else value}
        return {name: one for name, one in record.items() if name != key}
    if isinstance(record, tuple):
        i, rest = _position(record, place)
        one = put(record[i], rest, value) if rest else value
        return (*record[:i], *(() if one is None else (one,)), *record[i + 1 :])
    if rest:
        return replace(record, **{key: put(getattr(record, key), rest, value)})
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
    base_rates : dict of event to Probability
        What each base rate is for a window of dates.
    """
    return tuple(
        Quantity(
            ".".join(place),
            *told_of(case, place),
            base_rates[place[1]] if isinstance(number, BaseRate) else number,
        )
        for place, number in numbers(case)
    )


def told_of(case: Case, place: Place) -> tuple[str, str, str]:
    """Tell of a number its sort, what it is about, and what it is in words."""
    match place:
        case "events", name, "base_rate":
            title = title_of(case, name)
            if case.events[name].now is None:
                return "base rate", name, f"base rate of “{title}”"
            # Else it would read as if it were held of this case.
            return "base rate", name, f"how common “{title}” is in the class of past cases"
        case "events", name, "now":
            return "now", name, f"what is held now of “{title_of(case, name)}”"
        case "events", name, _, row:
            parents = zip(case.events[name].parents or (), row.split(", "), strict=False)
            where = ", ".join(f"{title_of(case, parent)}: {word}" for parent, word in parents)
            return "table", name, f"“{title_of(case, name)}” where {where}"
        case "links", source, target, key:
            does = f"factor by which “{title_of(case, source)}” {MULTIPLIERS[key]} the odds of"
            return "link", target, f"{does} “{title_of(case, target)}”"
        case "evidence", name, "bears_on", event, key:
            does = f"factor by which “{title_of(case, event)}” {MULTIPLIERS[key]} the odds of this"
            return "evidence", name, does
        case "evidence", name, "reports", i, key:
            source = case.evidence[name].reports[int(i)].source
            source = case.sources[source].title or source.replace("_", " ")
            so = "if it is so" if key == "hit" else "if it is not so"
            return "report", name, f"chance that “{source}”, if sound, reports this {so}"
        case "evidence", name, key:
            event = title_of(case, case.evidence[name].events[0])
            return "evidence", name, LIKELIHOODS[key].format(event)
        case _, "reliability", letter:
            return "scale", letter, f"chance that a source graded {letter} is sound"
        case _, _, digit:
            return "scale", digit, f"how far a sound report graded {digit} is believed"


def title_of(case: Case, event: str) -> str:
    """Give the short label of an event."""
    return case.events[event].title or event.replace("_", " ")


def claim_of(case: Case, fact: str) -> str:
    """Give the claim of a fact, or its name in words."""
    return case.evidence[fact].claim or fact.replace("_", " ")


def multiplier_of(record: Link | Bearing) -> tuple[str, Odds]:
    """Find the key and the multiplier of a link or a bearing; two probabilities count as odds."""
    stated = [key for key in MULTIPLIERS if getattr(record, _field(record, key)) is not None]
    key = stated[0] if stated else "odds"
    return key, record.odds if key != "lowers" else record.lowers


def _field(record, key: str) -> str:
    """Name the field of a key: that of a multiplier up or down has another name."""
    return "either" if key == "odds" and isinstance(record, Link | Bearing) else key


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
