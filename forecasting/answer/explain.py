"""A network goes in; how each outcome came from its prior to its posterior comes out.

Weight of evidence (Good 1950) is the logarithm of the factor by which an item multiplies the odds
of an event, in decibans: 10 are a factor of 10, 3 a factor of 2. Added in the order of their dates,
the weights of all items sum to the whole way from prior to posterior.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import ClassVar

import numpy as np

from forecasting.engine.inputs import inputs
from forecasting.engine.network import DECIBANS, Network
from forecasting.engine.window import said_of
from forecasting.errors import refusal
from forecasting.file.propositions import event_of, every, settled_in_words, title_of
from forecasting.file.quantities import Quantity, claim_of
from forecasting.file.stated import Point
from forecasting.judgement import Odds, Probability, calibrate, sigmoid
from forecasting.lexicon import Chance, Weight

# Sensitivity to power scaling above which a forecast is said to lean on its base rates.
# Kallioinen, Paananen, Bürkner & Vehtari (2024), doi:10.1007/s11222-023-10366-5, section 4.
LEANS = 0.05

# How far the exponent is moved to take that sensitivity, as in their package priorsense.
ALPHA = 0.99

# Evidence counts if it doubles or halves the odds; below a deciban, a quarter on the odds, it did
# next to nothing.
DOUBLED, SLIGHT = float(10 * np.log10(2)), 1.0

# A weight of fewer decibans is rounding, whose sign says nothing.
ROUNDING = 1e-12

VERDICTS = (
    "prior-driven",
    "evidence-driven",
    "in conflict",
    "prior and evidence agree",
    "driven by neither alone",
)


@dataclass(frozen=True, slots=True)
class WeightRow:
    """What one item of evidence does to one outcome, in decibans.

    Attributes
    ----------
    outcome : str
        An event, or a state or cut of one.
    kind : {"now", "happened", "ruled out", "fact"}
        What is held of a driver, an event that is settled, or a fact.
    item, title : str
        The event or the fact, and its title or claim.
    known : date or None
        Day since which all of it that counts has been known; None for what is held now, and for
        what has no date.
    grades : str
        Of a fact: each source that reports it, with its grade; or confirmed, absent.
    before, after : float
        Probability of the outcome with all earlier items, and with this one too.
    decibans : float
        From ``before`` to ``after``; the rows of an outcome sum to the way from prior to posterior.
    leave_one_out : float
        What the posterior would lose without this item. These do not add up.
    certain : float
        What it would be worth, with all else as it is, if the fact itself had been seen (or seen
        not to be so, where its reports speak against it).
    unshared : float
        What it would be worth, with all else as it is, if other sources of the same letters had
        made its reports, and nothing else.
    alone, ceiling : float
        What it is worth as if it were all the evidence; and what it would then be worth if its
        sources, where they are sound, could not be wrong. No digit makes it more than that.

    Where an event is certain with or without the item, a weight is infinite; where the item cannot
    go together with the rest, it is NaN.
    """

    outcome: str
    kind: str
    item: str
    title: str
    known: date | None
    grades: str
    before: Chance
    after: Chance
    decibans: Weight
    leave_one_out: Weight
    certain: Weight
    unshared: Weight
    alone: Weight
    ceiling: Weight
    derived: ClassVar = ("grade_cost", "sharing_cost")

    @property
    def grade_cost(self) -> Weight:
        """Weight lost because the fact is known through reports and was not seen."""
        return self._lost(self.certain, self.unshared)

    @property
    def sharing_cost(self) -> Weight:
        """Weight lost (or, if negative, gained) because its sources have other reports too."""
        return self._lost(self.unshared, self.leave_one_out)

    def _lost(self, better: float, worse: float) -> float:
        """Give how much less an item weighs, whichever way it pushes."""
        pushes = self.certain if abs(self.certain) > ROUNDING else self.leave_one_out
        return math.copysign(1.0, pushes) * gap(better, worse)


@dataclass(frozen=True, slots=True)
class LeaningRow:
    """Whether a forecast is driven by its base rates or by its evidence.

    Attributes
    ----------
    outcome : str
        An event, or a state or cut of one.
    prior, posterior : float
        Its probability before and after the evidence.
    decibans : float
        All that the evidence does, from prior to posterior.
    base_rates : float
        Sensitivity of the posterior to power scaling of all base rates: distance moved for a
        doubling of the exponent.
    verdict : str
        What drives it: one of :data:`VERDICTS`, such as ``evidence-driven``.
    """

    outcome: str
    prior: Chance
    posterior: Chance
    decibans: Weight
    base_rates: float
    verdict: str


def weight_of_evidence(
    network: Network, outcomes: Sequence[str] | None = None
) -> tuple[WeightRow, ...]:
    r"""Weigh each item of evidence on each outcome.

    .. math:: w = 10 \log_{10} \frac{\mathrm{odds}(P(\text{yes} \mid \text{with the item}))}
                                    {\mathrm{odds}(P(\text{yes} \mid \text{without it}))}

    Parameters
    ----------
    network : Network
    outcomes : sequence of str, optional
        Events to explain; all outcomes if not given.

    Returns
    -------
    tuple of WeightRow
        For each outcome, its items: first what is held now and what has no date, then by date.

    References
    ----------
    Good (1950), Probability and the Weighing of Evidence.

    Examples
    --------
    Two independent facts, each four times as likely if it rains:

    >>> from forecasting.file.case import read
    >>> fact = "{bears_on: rain, if_yes: 80%, if_no: 20%, status: confirmed}"
    >>> network = Network(
    ...     read(f'''
    ... case: rain
    ... events: {{rain: {{base_rate: 20%}}}}
    ... evidence: {{wet: {fact}, umbrella: {fact}}}
    ... ''')
    ... )
    >>> [round(row.decibans, 4) for row in weight_of_evidence(network)]
    [6.0206, 6.0206]
    """
    items = _items(network)
    outcomes = outcomes_of(network, outcomes)
    every = frozenset().union(*(item.left_out for item in items))

    def without(left_out: frozenset) -> np.ndarray:
        return network.tables({}, {}, without=left_out)

    def columns() -> Iterator[np.ndarray]:
        nothing, left = without(every), every
        yield nothing
        for item in items:  # in order of date
            left -= item.left_out
            yield without(left)
        whole = without(frozenset())
        for item in items:
            rest, alone = without(item.left_out), without(every - item.left_out)
            yield rest
            yield alone
            yield from item.instead(network, rest, whole, alone, nothing)

    _, odds, _ = network.solved(columns())
    steps, others = odds[:, : len(items) + 1], odds[:, len(items) + 1 :]
    rows = []
    for outcome in outcomes:
        v = network.row(outcome)
        prior, posterior = steps[v, 0], steps[v, -1]
        for i, item in enumerate(items):
            rest, alone, certain, unshared, ceiling = others[v, 5 * i : 5 * i + 5]
            weights = (
                gap(steps[v, i + 1], steps[v, i]),
                gap(posterior, rest),
                gap(certain, rest),
                gap(unshared, rest),
                gap(alone, prior),
                gap(ceiling, prior),
            )
            before, after = (float(sigmoid(x)) for x in steps[v, i : i + 2])
            rows.append(
                WeightRow(
                    outcome, item.kind, item.name, item.title, item.known, item.grades,
                    before, after, *(float(w) * DECIBANS for w in weights),
                )
            )  # fmt: skip
    return tuple(rows)


@dataclass(frozen=True, slots=True)
class _Item:
    """One item of evidence: what is left out of the tables to be without it."""

    kind: str
    name: str
    title: str
    known: date | None
    grades: str
    left_out: frozenset
    # Reports it is known by, unless it has been seen as well.
    reports: tuple[tuple[str, str], ...] = ()

    def instead(self, network, rest, whole, alone, nothing) -> Iterator[np.ndarray]:
        """Give the tables with the fact seen, with sources of its own, and with perfect reports."""
        if not self.reports:
            yield from (whole, whole, alone)
            return
        letters = [network.reliability(source) for _, source in self.reports]

        def likelihood(sound) -> np.ndarray:
            """Multiply what the reports say of no and yes, whether their source is sound or not."""
            return np.prod(
                [
                    float(letter.complement) + float(letter.mean) * np.array(cells)
                    for letter, cells in zip(letters, sound, strict=True)
                ],
                axis=0,
            )

        as_reported = likelihood([network.report_table(pair)[1::2] for pair in self.reports])
        # Which way its reports point; if no way, what most of them say.
        points = np.sign(as_reported[1] - as_reported[0])
        says = points or sum(1 if network.counted[pair].says else -1 for pair in self.reports)
        seen = np.array([0.0, 1.0] if says >= 0 else [1.0, 0.0])
        chances = np.array(network.chances(fact=self.name))
        best = np.divide(seen, chances, out=np.zeros(2), where=chances > 0)
        perfect = likelihood([best] * len(letters))
        for tables, cells in ((rest, seen), (rest, as_reported), (nothing, perfect)):
            changed = tables.copy()
            changed[network.finding_cells(fact=self.name)] = cells
            yield changed


def _items(network: Network) -> list[_Item]:
    case, found = network.case, network.evidence({})
    counts, items = {*found.settled, *found.now}, []
    for event, record in case.events.items():
        if network.node(event=event) not in counts:
            continue
        settled = network.settled(record)
        kind = said_of(record) if settled else "now"
        left_out = frozenset({("event", event)})
        title = title_of(case, event)
        if kind == "settled":
            title = f"{title}: {settled_in_words(record)}"
        items.append(_Item(kind, event, title, settled, "", left_out))
    for fact, record in case.evidence.items():
        pairs = tuple(pair for pair in network.counted if pair[0] == fact)
        seen = network.node(fact=fact) in found.settled
        if not seen and not pairs:
            continue
        told, days = ([record.status], [record.date]) if seen else ([], [])
        for pair in pairs:
            report = network.counted[pair]
            grade = f"{report.grade.letter}{report.grade.digit or ''}"
            source = case.sources[pair[1]].title or pair[1].replace("_", " ")
            told.append(f"{source} {grade}" + ("" if report.says else " denies"))
            days.append(report.date or record.date)
        known = max((day.last for day in days if day), default=None)
        left_out = frozenset({("fact", fact), ("reports", fact)})
        claim, grades = claim_of(case, fact), "; ".join(told)
        weighed = () if seen else pairs
        items.append(_Item("fact", fact, claim, known, grades, left_out, weighed))
    return sorted(items, key=lambda item: item.known or date.min)


def outcomes_of(network: Network, outcomes: Sequence[str] | None) -> list[str]:
    """List what is asked about, each once; the outcomes if none is named.

    An event of several states, or a quantity, is asked about by each of its states and cuts.
    """
    if outcomes is None:
        return list(every(network.case, "outcome"))
    return list(dict.fromkeys(one for name in outcomes for one in network.told_of(name, "event")))


def outcome_of(network: Network, outcome: str, option: str = "event") -> str:
    """Find the one proposition asked about.

    Raises
    ------
    InputError
        If there is no such event, or it has several states and none of them is named.
    """
    found = network.told_of(outcome, option)
    if len(found) != 1:
        problem = "has several states or cuts: name one of them"
        raise refusal(problem, option, None, "", outcome, " or ".join(found))
    return found[0]


def foremost(network: Network, name: str) -> str | None:
    """Choose the proposition by which an event is explained.

    Itself, if it is one. Of an event with states the likeliest, of a quantity the first of its cuts
    in the order of the file; None for a quantity without cuts.

    Parameters
    ----------
    network : Network
    name : str
        An event, or a proposition of one.

    Examples
    --------
    >>> from forecasting.file.case import read
    >>> case = read("{case: sky, events: {sky: {states: [a, b], base_rate: {a: 30%, b: rest}}}}")
    >>> foremost(Network(case), "sky")
    'sky.b'
    """
    after, event = network.posterior(), network.case.events[event_of(name)]
    if name in after:
        return name
    parts = [f"{name}.{part}" for part in event.states or event.cuts]
    return max(parts, key=after.get) if event.states else next(iter(parts), None)


def gap(after: float, before: float) -> float:
    """Subtract log-odds; an event that was certain and still is has not moved."""
    return 0.0 if after == before else float(after - before)


def prior_or_evidence(
    network: Network, outcomes: Sequence[str] | None = None
) -> tuple[LeaningRow, ...]:
    r"""Ask whether each outcome leans on base rates or on evidence.

    Evidence counts if it doubles or halves the odds. Base rates count if the forecast moves when
    all of them are raised to a power, :math:`p^\alpha / (p^\alpha + (1-p)^\alpha)`, or if the
    evidence did next to nothing. The sensitivity is the Jensen-Shannon distance between posterior
    and scaled posterior per doubling of :math:`\alpha`, near 1. Where both count and pull in
    opposite directions, they are in conflict.

    Parameters
    ----------
    network : Network
    outcomes : sequence of str, optional
        All outcomes if not given.

    Returns
    -------
    tuple of LeaningRow

    Notes
    -----
    Kallioinen et al. measure the cumulative distance, which for a yes/no outcome would depend on
    which of the two is called yes; this one does not. At even odds 0.05 is a move of six points for
    a doubling. Powers leave an even base rate as it is.

    References
    ----------
    Kallioinen, Paananen, Bürkner & Vehtari (2024), doi:10.1007/s11222-023-10366-5; Lin (1991),
    doi:10.1109/18.61115 (the divergence).

    Examples
    --------
    >>> from forecasting.file.case import read
    >>> network = Network(read("{case: rain, events: {rain: {base_rate: 10%}}}"))
    >>> prior_or_evidence(network)[0].verdict
    'prior-driven'
    """
    posterior = np.array(list(network.posterior().values()))
    prior, log_odds = network.prior(), network.log_odds()
    rates: dict[str, dict[str, Quantity]] = {}
    for one in inputs(network):
        if one.sort == "base rate":
            path = ".".join(one.path.split(".")[:3])
            rates.setdefault(path, {})[one.path.removeprefix(path).strip(".")] = one
    scaled = [
        {path: _raised(parts, alpha) for path, parts in rates.items()}
        for alpha in (ALPHA, 1 / ALPHA)
    ]
    moved = network.moved(scaled).posterior
    rows = []
    for outcome in outcomes_of(network, outcomes):
        v = network.row(outcome)
        less, more = moved[v]
        distance = _distance(posterior[v], less) + _distance(posterior[v], more)
        on_rates = float(distance / (2 * abs(np.log2(ALPHA))))
        before, after = log_odds[outcome]
        weight = gap(after, before) * DECIBANS
        verdict = _verdict(on_rates, np.sign(more - less), weight)
        rows.append(
            LeaningRow(outcome, prior[outcome], float(posterior[v]), weight, on_rates, verdict)
        )
    return tuple(rows)


def _verdict(on_rates: float, rates_pull: float, weight: float) -> str:
    evidence = abs(weight) >= DOUBLED
    rates = on_rates > LEANS or abs(weight) < SLIGHT
    if rates and evidence:
        return VERDICTS[2 if rates_pull * weight < 0 else 3]
    return VERDICTS[4] if not rates and not evidence else VERDICTS[0 if rates else 1]


def _raised(parts: Mapping[str, Quantity], alpha: float):
    """Raise a base rate to a power, spreads in log-odds unchanged."""
    judged = {key: one.judgement for key, one in parts.items()}
    if "" in judged:
        return _with_mean(judged[""], alpha * judged[""].mean_log_odds)
    factor = {key: one for key, one in judged.items() if isinstance(one, Odds)}
    rest = {key: one for key, one in judged.items() if key not in factor}
    if all(isinstance(one, Point) for one in rest.values()):
        # A quantity gets wider or narrower about its middle, as a normal distribution does.
        places = [one.place for one in rest.values()]
        middle = next((p.place for p in rest.values() if p.level == 0.5), sum(places) / len(places))
        return factor | {
            key: replace(one, place=middle + (one.place - middle) / math.sqrt(alpha))
            for key, one in rest.items()
        }
    # Of states their means, which are made to sum to 1; of ordered ones those that their steps say.
    steps = all(key.startswith("at_least.") for key in rest)
    means = np.array([float(one.mean) for one in rest.values()])
    if steps:
        means = -np.diff([1.0, *means, 0.0])
    means = means**alpha / (means**alpha).sum()
    if steps:
        means = means[::-1].cumsum()[::-1][1:]
    return factor | {
        key: _with_mean(one, float(np.log(mean) - np.log1p(-mean)))
        for (key, one), mean in zip(rest.items(), means, strict=True)
    }


def _with_mean(rate: Probability, log_odds: float) -> Probability:
    """Give a judgement a mean, its spread unchanged."""
    return Probability(float(calibrate(log_odds, [1.0], [0.0], [rate.logit_sd])), rate.logit_sd)


def _distance(p: float, q: float) -> float:
    """Measure the Jensen-Shannon distance of two yes/no probabilities, in bits to the 1/2."""
    divergence = 0.0
    for a, b in ((p, q), (1 - p, 1 - q)):
        middle = (a + b) / 2
        divergence += sum(x * np.log2(x / middle) for x in (a, b) if x > 0) / 2
    return float(np.sqrt(max(0.0, divergence)))
