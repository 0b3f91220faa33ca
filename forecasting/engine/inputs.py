"""A network goes in; the judgements that a slider can move come out, and the case with one moved.

An input is one number of a case, with its range: a base rate, what is held now, a link, how likely
a fact is if an event comes true or not, what a letter or a digit of a grade stands for. Its path is
the one an overlay uses.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from forecasting.engine.network import Network
from forecasting.file.case import Case, Event, Evidence, Link
from forecasting.file.values import BaseRate
from forecasting.judgement import Z90, Odds, Probability, sigmoid

MULTIPLIERS = ("raises", "lowers", "odds")

# What the likelihoods of a fact are; the event it bears on is named in them.
LIKELIHOODS = {
    "if_yes": "chance of seeing this if “{}” is coming",
    "if_no": "chance of seeing this if “{}” is not coming",
    "likelihood_ratio": "factor by which this is likelier if “{}” is coming",
    "chance": "chance of seeing this at all",
}

_DOES = {"raises": "raises", "lowers": "lowers", "odds": "multiplies"}

# What kinds of number there are, as told to a reader.
SORTS = ("base rate", "now", "table", "link", "evidence", "report", "scale")


@dataclass(frozen=True, slots=True)
class Input:
    """One judgement of a case.

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
        Its value with its range; a base rate is that for the window of the network.
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


def inputs(network: Network) -> tuple[Input, ...]:
    """List the judgements of a case that can be moved, in the order of its file.

    Base rates are those for the window of the network, fitted ones included. Letters and digits
    that no counted report uses are left out.

    Examples
    --------
    >>> from forecasting.file.case import read
    >>> case = read('''
    ... case: rain
    ... events: {rain: {base_rate: 20%}, flood: {base_rate: {low: 1%, high: 9%}}}
    ... links: [{from: rain, to: flood, raises: 5}]
    ... ''')
    >>> [one.path for one in inputs(Network(case))]
    ['events.rain.base_rate', 'events.flood.base_rate', 'links.rain.flood.raises']
    """
    case = network.case
    return (
        *(one for name, event in case.events.items() for one in _of_event(network, name, event)),
        *_of_links(case),
        *(one for name, fact in case.evidence.items() for one in _of_fact(case, name, fact)),
        *_of_scales(network),
    )


def moved(case: Case, path: str, judgement: Probability | Odds) -> Case:
    """Give the case with one judgement replaced; only its records change, not its text.

    Parameters
    ----------
    case : Case
    path : str
        Path of an input of the case.
    judgement : Probability or Odds

    Returns
    -------
    Case

    Examples
    --------
    >>> from forecasting.file.case import read
    >>> case = read("{case: rain, events: {rain: {base_rate: 20%}}}")
    >>> wetter = moved(case, "events.rain.base_rate", Probability.exactly(0.3))
    >>> round(float(Network(wetter).prior()["rain"]), 12)
    0.3
    """
    section, *rest = path.split(".")
    if section == "events":
        name, key, *row = rest
        event = case.events[name]
        if key == "base_rate":
            event = replace(event, base_rate=BaseRate(judgement))
        elif key == "now":
            event = replace(event, now=judgement)
        else:
            event = replace(event, table={**event.table, ".".join(row): judgement})
        return replace(case, events={**case.events, name: event})
    if section == "links":
        source, target, key = rest
        links = tuple(
            _multiplied(link, key, judgement) if (link.source, link.target) == (source, target)
            else link
            for link in case.links
        )  # fmt: skip
        return replace(case, links=links)
    if section == "evidence":
        name, key, *deeper = rest
        fact = case.evidence[name]
        if key == "bears_on":
            bearing = _multiplied(fact.bears_on[deeper[0]], deeper[1], judgement)
            fact = replace(fact, bears_on={**fact.bears_on, deeper[0]: bearing})
        elif key == "reports":
            reports = list(fact.reports)
            reports[int(deeper[0])] = replace(reports[int(deeper[0])], **{deeper[1]: judgement})
            fact = replace(fact, reports=tuple(reports))
        else:
            fact = replace(fact, **{key: judgement})
        return replace(case, evidence={**case.evidence, name: fact})
    scale, key = rest
    changed = {**getattr(case.scales, scale), key: judgement}
    return replace(case, scales=replace(case.scales, **{scale: changed}))


def title_of(case: Case, event: str) -> str:
    """Give the short label of an event."""
    return case.events[event].title or event.replace("_", " ")


def claim_of(case: Case, fact: str) -> str:
    """Give the claim of a fact, or its name in words."""
    return case.evidence[fact].claim or fact.replace("_", " ")


def link_told(case: Case, link: Link) -> str:
    """Say in words what the multiplier of a link is."""
    does = _DOES[multiplier_of(link)[0]]
    source, target = title_of(case, link.source), title_of(case, link.target)
    return f"factor by which “{source}” {does} the odds of “{target}”"


def bearing_told(case: Case, event: str, key: str) -> str:
    """Say in words what the multiplier of one of several events on a fact is."""
    return f"factor by which “{title_of(case, event)}” {_DOES[key]} the odds of this"


def likelihood_told(case: Case, fact: Evidence, key: str) -> str:
    """Say in words what a likelihood of a fact is; ``key`` is one of :data:`LIKELIHOODS`."""
    return LIKELIHOODS[key].format(title_of(case, fact.events[0]))


def _of_event(network: Network, name: str, event: Event) -> Iterator[Input]:
    place, title = f"events.{name}", title_of(network.case, name)
    if event.base_rate is not None:
        rate = network.base_rate(name)
        words = f"base rate of “{title}”"
        if event.now is not None:  # else it would read as if it were held of this case
            words = f"how common “{title}” is in the class of past cases"
        yield Input(f"{place}.base_rate", "base rate", name, words, rate)
    for row, judgement in (event.table or {}).items():
        told = ", ".join(
            f"{title_of(network.case, parent)}: {word}"
            for parent, word in zip(event.parents or (), row.split(", "), strict=False)
        )
        yield Input(f"{place}.table.{row}", "table", name, f"“{title}” where {told}", judgement)
    if event.now is not None:
        yield Input(f"{place}.now", "now", name, f"what is held now of “{title}”", event.now)


def _of_links(case: Case) -> Iterator[Input]:
    for link in case.links:
        key, odds = multiplier_of(link)
        words = link_told(case, link)
        yield Input(f"links.{link.source}.{link.target}.{key}", "link", link.target, words, odds)


def _of_fact(case: Case, name: str, fact: Evidence) -> Iterator[Input]:
    place = f"evidence.{name}"
    for key in LIKELIHOODS:
        if (judgement := getattr(fact, key)) is not None:
            words = likelihood_told(case, fact, key)
            yield Input(f"{place}.{key}", "evidence", name, words, judgement)
    if not isinstance(fact.bears_on, str):
        for event, bearing in fact.bears_on.items():
            key, odds = multiplier_of(bearing)
            words = bearing_told(case, event, key)
            yield Input(f"{place}.bears_on.{event}.{key}", "evidence", name, words, odds)
    for i, report in enumerate(fact.reports):
        source = case.sources[report.source].title or report.source.replace("_", " ")
        for key, words in (("hit", "if it is so"), ("false", "if it is not so")):
            if (judgement := getattr(report, key)) is not None:
                said = f"chance that “{source}”, if sound, reports this {words}"
                yield Input(f"{place}.reports.{i}.{key}", "report", name, said, judgement)


def _of_scales(network: Network) -> Iterator[Input]:
    scales, reports = network.case.scales, network.counted
    letters = {network.case.letter(source) for _, source in reports}
    digits = {report.grade.digit for report in reports.values() if report.hit is None}
    for letter in sorted(letters):
        words = f"chance that a source graded {letter} is sound"
        judgement = scales.reliability[letter]
        yield Input(f"scales.reliability.{letter}", "scale", letter, words, judgement)
    for digit in sorted(digits & scales.credibility.keys()):
        words = f"how far a sound report graded {digit} is believed"
        judgement = scales.credibility[digit]
        yield Input(f"scales.credibility.{digit}", "scale", digit, words, judgement)


def multiplier_of(record) -> tuple[str, Odds]:
    """Find the key and the multiplier of a link or a bearing; two probabilities count as odds."""
    for key, field in zip(MULTIPLIERS, ("raises", "lowers", "either"), strict=True):
        if (odds := getattr(record, field)) is not None:
            return key, odds
    return "odds", record.odds


def _multiplied(record, key: str, odds: Odds):
    fields = dict.fromkeys(("raises", "lowers", "either", "if_yes", "if_no"))
    return replace(record, **fields | {"either" if key == "odds" else key: odds})
