"""A network goes in; how each outcome came from its prior to its posterior comes out.

Weight of evidence (Good 1950) is the logarithm of the factor by which an item multiplies the odds
of an event, in decibans: 10 are a factor of 10, 3 a factor of 2. Added in the order of their dates,
the weights of all items sum to the whole way from prior to posterior.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

import numpy as np

from forecasting import circuit
from forecasting.inputs import claim_of, inputs, title_of
from forecasting.judgement import Probability, calibrate, logit, sigmoid
from forecasting.moves import solve
from forecasting.network import DECIBANS, Network

# Sensitivity to power scaling above which a forecast is said to lean on what was scaled.
# Kallioinen, Paananen, Bürkner & Vehtari (2024), doi:10.1007/s11222-023-10366-5, section 4.
LEANS = 0.05

# Evidence that doubles or halves the odds counts whatever its sensitivity; below a deciban, a
# quarter on the odds, it did next to nothing.
DOUBLED, SLIGHT = float(10 * np.log10(2)), 1.0

VERDICTS = (
    "prior-driven",
    "evidence-driven",
    "in conflict",
    "prior and evidence agree",
    "driven by neither alone",
)

# How far the exponent is moved to take that derivative, as in their package priorsense.
ALPHA = 0.99


@dataclass(frozen=True, slots=True)
class WeightRow:
    """What one item of evidence does to one outcome, in decibans.

    Attributes
    ----------
    outcome : str
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
    before: float
    after: float
    decibans: float
    leave_one_out: float
    certain: float
    unshared: float
    alone: float
    ceiling: float

    @property
    def grade_cost(self) -> float:
        """Weight lost because the fact is known through reports and was not seen."""
        return self._lost(self.certain, self.unshared)

    @property
    def sharing_cost(self) -> float:
        """Weight lost (or, if negative, gained) because its sources have other reports too."""
        return self._lost(self.unshared, self.leave_one_out)

    def _lost(self, better: float, worse: float) -> float:
        """Give how much less an item weighs, whichever way it pushes."""
        return math.copysign(1.0, self.certain) * _gap(better, worse)


@dataclass(frozen=True, slots=True)
class LeaningRow:
    """Whether a forecast is driven by its base rates or by its evidence.

    Attributes
    ----------
    outcome : str
    prior, posterior : float
    decibans : float
        All that the evidence does, from prior to posterior.
    base_rates, evidence : float
        Sensitivity of the posterior to power scaling of all base rates, and of all evidence:
        distance moved for a doubling of the exponent. NaN if it cannot be computed.
    verdict : str
        One of :data:`VERDICTS`.
    """

    outcome: str
    prior: float
    posterior: float
    decibans: float
    base_rates: float
    evidence: float
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

    >>> from forecasting.case import read
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
    outcomes = _outcomes(network, outcomes)
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

    _, odds = network.solved(columns())
    steps, others = odds[:, : len(items) + 1], odds[:, len(items) + 1 :]
    rows = []
    for outcome in outcomes:
        v = network.node(event=outcome)
        prior, posterior = steps[v, 0], steps[v, -1]
        for i, item in enumerate(items):
            rest, alone, certain, unshared, ceiling = others[v, 5 * i : 5 * i + 5]
            weights = (
                _gap(steps[v, i + 1], steps[v, i]),
                _gap(posterior, rest),
                _gap(certain, rest),
                _gap(unshared, rest),
                _gap(alone, prior),
                _gap(ceiling, prior),
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

    def instead(self, network, rest, whole, alone, nothing) -> tuple[np.ndarray, ...]:
        """Give the tables with the fact seen, with sources of its own, and with perfect reports."""
        pairs = _pairs(network, self.name) if self.kind == "fact" else []
        if not pairs or _seen(network, self.name):
            return whole, whole, alone
        sound = [network.reliability(source) for _, source in pairs]
        sound = [(float(letter.complement), float(letter.mean)) for letter in sound]
        tables = [network.report_table(pair) for pair in pairs]
        as_reported = np.prod(
            [
                (unsound + r * no, unsound + r * yes)
                for (unsound, r), (_, no, _, yes) in zip(sound, tables, strict=True)
            ],
            axis=0,
        )
        # Which way its reports point; if no way, what most of them say.
        points = np.sign(as_reported[1] - as_reported[0])
        says = points or sum(1 if network.counted[pair].says else -1 for pair in pairs)
        no, yes = network.chances(fact=self.name)
        seen, best = ((0.0, 1.0), (0.0, 1 / yes if yes else 0.0)) if says >= 0 else (
            (1.0, 0.0), (1 / no if no else 0.0, 0.0)
        )  # fmt: skip
        perfect = np.prod([[unsound + r * cell for cell in best] for unsound, r in sound], axis=0)
        result = []
        for tables, cells in ((rest, seen), (rest, as_reported), (nothing, perfect)):
            changed = tables.copy()
            changed[network.finding_cells(fact=self.name)] = cells
            result.append(changed)
        return tuple(result)


def _seen(network: Network, fact: str) -> bool:
    """Tell whether a fact is observed outright, and not only through reports."""
    status = network.case.evidence[fact].status
    return status in ("confirmed", "absent") and network.exists(fact)


def _items(network: Network) -> list[_Item]:
    case = network.case
    statements, observed, pairs = network.findings({})
    reported = {fact for fact, _ in pairs}
    items = []
    for event in statements:
        record = case.events[event]
        settled = network.settled(record)
        kind = "now" if not settled else "happened" if record.happened else "ruled out"
        left_out = frozenset({("event", event)})
        items.append(_Item(kind, event, title_of(case, event), settled, "", left_out))
    for fact in case.evidence:
        if fact not in observed and fact not in reported:
            continue
        record = case.evidence[fact]
        told = [record.status] if fact in observed else []
        days = [record.date] if fact in observed else []
        for pair in _pairs(network, fact):
            report = network.counted[pair]
            grade = f"{report.grade.letter}{report.grade.digit or ''}"
            source = case.sources[pair[1]].title or pair[1].replace("_", " ")
            told.append(f"{source} {grade}" + ("" if report.says else " denies"))
            days.append(report.date or record.date)
        dated = [day.last for day in days if day]
        left_out = frozenset({("fact", fact), ("reports", fact)})
        claim = claim_of(case, fact)
        known = max(dated, default=None)
        items.append(_Item("fact", fact, claim, known, "; ".join(told), left_out))
    return sorted(items, key=lambda item: item.known or date.min)


def _pairs(network: Network, fact: str) -> list[tuple[str, str]]:
    return [pair for pair in network.counted if pair[0] == fact]


def _outcomes(network: Network, outcomes: Sequence[str] | None) -> list[str]:
    if outcomes is None:
        return [name for name, event in network.case.events.items() if event.role == "outcome"]
    return list(network.setting(dict.fromkeys(outcomes, "yes"), "event"))


def _gap(after: float, before: float) -> float:
    """Subtract log-odds; an event that was certain and still is has not moved."""
    return 0.0 if after == before else float(after - before)


def prior_or_evidence(
    network: Network, outcomes: Sequence[str] | None = None
) -> tuple[LeaningRow, ...]:
    r"""Ask whether each outcome leans on base rates or on evidence, by power scaling.

    All base rates are raised to a power, :math:`p^\alpha / (p^\alpha + (1-p)^\alpha)`; and apart
    from that, all evidence: each fact counts as :math:`\alpha` such facts, given how sound its
    sources are, and likewise what is held now. The sensitivity is the Jensen-Shannon distance
    between posterior and scaled posterior per doubling of :math:`\alpha`, near 1.

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
    a doubling. Powers leave an even base rate and certain evidence as they are; so the verdict also
    looks at what the evidence did. Evidence counts if it doubles or halves the odds, or its
    sensitivity is above 0.05; base rates count if theirs is, or if the evidence did next to
    nothing. Where both count and pull in opposite directions, they are in conflict.

    References
    ----------
    Kallioinen, Paananen, Bürkner & Vehtari (2024), doi:10.1007/s11222-023-10366-5; Lin (1991),
    doi:10.1109/18.61115 (the divergence).

    Examples
    --------
    >>> from forecasting.case import read
    >>> network = Network(read("{case: rain, events: {rain: {base_rate: 10%}}}"))
    >>> prior_or_evidence(network)[0].verdict
    'prior-driven'
    """
    posterior = np.array(list(network.posterior().values()))
    prior = network.prior()
    alphas = (ALPHA, 1 / ALPHA)
    rates = [one for one in inputs(network) if one.sort == "base rate"]
    scaled = [{one.path: _raised(one.judgement, alpha) for one in rates} for alpha in alphas]
    by_rates = solve(network, scaled).posterior
    try:
        by_evidence = evidence_raised(network, alphas)
    except circuit.TooDense:
        by_evidence = np.full_like(by_rates, np.nan)
    rows = []
    for outcome in _outcomes(network, outcomes):
        v = network.node(event=outcome)
        on_rates, on_evidence = (
            float(sum(_distance(posterior[v], p) for p in moved) / (2 * abs(np.log2(ALPHA))))
            for moved in (by_rates[v], by_evidence[v])
        )
        less, more = by_rates[v]
        weight = _gap(float(logit(posterior[v])), float(logit(prior[outcome]))) * DECIBANS
        verdict = _verdict(on_rates, on_evidence, np.sign(more - less), weight)
        rows.append(
            LeaningRow(
                outcome, prior[outcome], float(posterior[v]), weight, on_rates, on_evidence, verdict
            )
        )  # fmt: skip
    return tuple(rows)


def _verdict(on_rates: float, on_evidence: float, rates_pull: float, weight: float) -> str:
    evidence = abs(weight) >= DOUBLED or on_evidence > LEANS
    rates = on_rates > LEANS or abs(weight) < SLIGHT
    if rates and evidence:
        return VERDICTS[2 if rates_pull * weight < 0 else 3]
    return VERDICTS[4] if not rates and not evidence else VERDICTS[0 if rates else 1]


def _raised(rate: Probability, alpha: float) -> Probability:
    """Raise the mean of a base rate to a power, its spread in log-odds unchanged."""
    goal = alpha * rate.mean_log_odds
    return Probability(float(calibrate(goal, [1.0], [0.0], [rate.logit_sd])), rate.logit_sd)


def evidence_raised(network: Network, alphas: Sequence[float]) -> np.ndarray:
    r"""Give the posterior of every event with all evidence raised to powers.

    What is raised is the likelihood of events and the soundness of sources: for each fact
    :math:`\sum_f P(f \mid e) \prod_r P(r \mid f, s_r)`, what is held now, and the chance of an
    unsound source's bundle. At 1 this is the posterior, at 0 the prior.

    Parameters
    ----------
    network : Network
    alphas : sequence of float >= 0

    Returns
    -------
    array, shape (events, alphas)

    Raises
    ------
    circuit.TooDense
        If more sources report one fact than can be summed out together.
    """
    statements, observed, pairs = network.findings({})
    events, sources = network.event_names, network.source_names
    number = {source: len(events) + i for i, source in enumerate(sources)}
    alphas = np.asarray(alphas, float)
    scopes, factors = [], []
    for k in range(len(events)):
        scopes.append(network.families[k].scope)
        factors.append(np.repeat(network.prior_table(k)[:, None], len(alphas), axis=1))
    for event, likelihood in statements.items():
        scopes.append((network.node(event=event),))
        factors.append(np.array(likelihood)[:, None] ** alphas)
    kappa = network.bundles(pairs)
    for source in sources:
        letter = network.reliability(source)
        sound = float(letter.mean)
        scopes.append((number[source],))
        unsound = float(letter.complement) * kappa[source] ** alphas
        factors.append(np.stack([unsound, np.full(len(alphas), sound)]))
    for fact in network.fact_names:
        reporting = [source for name, source in pairs if name == fact]
        if fact not in observed and not reporting:
            continue
        k = network.node(fact=fact)
        if len(network.families[k].scope) + len(reporting) > circuit.WIDEST:
            raise circuit.TooDense(f"{len(reporting)} sources report {fact}")
        table = network.prior_table(k).reshape(-1, 2)  # events by no and yes
        for source in reporting:
            cells = np.array(network.report_table((fact, source))).reshape(2, 2)  # fact, soundness
            table = (table[:, None, :] * cells.T[None]).reshape(-1, 2)
        seen = table[:, int(observed[fact])] if fact in observed else table.sum(axis=1)
        scopes.append((*network.families[k].scope[:-1], *(number[s] for s in reporting)))
        factors.append(seen[:, None] ** alphas)
    # Room to read the events off.
    scopes += [(v,) for v in range(len(events))]
    factors.append(np.ones((2 * len(events), len(alphas))))
    plan = _raised_plan(tuple(scopes), len(events) + len(sources))
    belief = circuit.evaluate(plan, np.concatenate(factors)).belief[-2 * len(events) :]
    return belief[1::2] / (belief[0::2] + belief[1::2])


@lru_cache(maxsize=8)
def _raised_plan(scopes, variables) -> circuit.Plan:
    return circuit.compile(scopes, variables)


def _distance(p: float, q: float) -> float:
    """Measure the Jensen-Shannon distance of two yes/no probabilities, in bits to the 1/2."""
    if np.isnan(q):
        return np.nan
    divergence = 0.0
    for a, b in ((p, q), (1 - p, 1 - q)):
        middle = (a + b) / 2
        divergence += sum(x * np.log2(x / middle) for x in (a, b) if x > 0) / 2
    return float(np.sqrt(max(0.0, divergence)))
