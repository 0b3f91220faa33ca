"""A case goes in; the forecast comes out, in records and tidy tables whose columns stand here."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from functools import partial
from itertools import batched

import numpy as np

from forecasting.amounts import Shown
from forecasting.answer.rows import as_written, frame, objects
from forecasting.engine.distribution import LEVELS, distribution
from forecasting.engine.draws import DRAWS, ROUGH, SEED, Band, band
from forecasting.engine.network import Network, Setting
from forecasting.errors import InputError, Problem, nearest, refusal
from forecasting.file.case import Case, as_date
from forecasting.file.propositions import every, parts_of, title_of
from forecasting.file.rules import overlap, overlapping
from forecasting.lexicon import LEXICONS, Chance, percent

SOMETHING_ELSE = "something else"

# So many pairs of scenarios are looked at together, which bounds the memory that takes.
PAIRS = 64


@dataclass(frozen=True, slots=True)
class EventRow:
    """One event in the forecast, or a state or a cut of one.

    Attributes
    ----------
    event, title : str
        Of a state or a cut the event is ``EVENT.STATE``.
    role : {"outcome", "driver"}
        Whether it is forecast, or only moves what is.
    prior : float
        Its probability before the evidence of this case; exact.
    posterior : float
        Its probability after the evidence; exact.
    low, high : float
        90% band of the posterior, from draws of the uncertain numbers.
    word : str
        The lexicon's word for the posterior.
    """

    event: str
    role: str
    title: str
    prior: Chance
    posterior: Chance
    low: Chance
    high: Chance
    word: str


@dataclass(frozen=True, slots=True)
class AmountRow:
    """One point of the distribution of a quantity.

    Attributes
    ----------
    event, title : str
    level : float
        How probable it is that the quantity lies below the point.
    prior, posterior : float
        The point before and after the evidence of this case; both exact.
    low, high : float
        90% band of the posterior point, from draws of the uncertain numbers.
    """

    event: str
    title: str
    level: Chance
    prior: Shown
    posterior: Shown
    low: Shown
    high: Shown


@dataclass(frozen=True, slots=True)
class ScenarioRow:
    """One named combination of events, or the rest."""

    scenario: str
    title: str
    prior: Chance
    posterior: Chance


@dataclass(frozen=True, slots=True)
class HorizonRow:
    """One event by another date."""

    event: str
    resolve_by: date
    prior: Chance
    posterior: Chance


@dataclass(frozen=True)
class Forecast:
    """The forecast of a case.

    Attributes
    ----------
    case : Case
    network : Network
    log_evidence : float
        Natural log of the probability of the evidence.
    draws : int
        Draws made for the bands; 0 where every number is known, and there are none.
    rough : dict of event to float
        Events whose draws have a mean far from the exact probability, so that their bands are
        rough; and that mean.
    event_rows, amount_rows, scenario_rows, horizon_rows : tuple of records
        The same as the tables ``events``, ``amounts``, ``scenarios`` and ``horizons``.
    given, do : dict of event to bool
        What was supposed to be learned, or made so.
    """

    case: Case
    network: Network
    log_evidence: float
    draws: int
    rough: Mapping[str, float]
    event_rows: tuple[EventRow, ...]
    amount_rows: tuple[AmountRow, ...]
    scenario_rows: tuple[ScenarioRow, ...]
    horizon_rows: tuple[HorizonRow, ...]
    given: Mapping[str, bool]
    do: Mapping[str, bool]

    events = frame(EventRow, "event_rows", "events")
    amounts = frame(AmountRow, "amount_rows", "quantities")
    scenarios = frame(ScenarioRow, "scenario_rows", "scenarios")
    horizons = frame(HorizonRow, "horizon_rows", "events by other dates")

    @property
    def rows(self) -> tuple:
        """Events, points of amounts, then scenarios, as rows of one kind.

        A point has no word, and a scenario neither that nor a band.
        """
        points = (
            asdict(row)
            | {"event": f"{row.event}.{row.level:.0%}", "role": "point"}
            | {"title": f"{row.title}: {row.level:.0%} point"}
            for row in self.amount_rows
        )
        as_events = (
            asdict(row) | {"event": row.scenario, "role": "scenario"} for row in self.scenario_rows
        )
        return (*self.event_rows, *points, *as_events)

    @property
    def silenced(self) -> list[str]:
        """What is evidence of the case and does not count, as something is made so."""
        network = self.network
        whole, kept = network.evidence({}), network.evidence(self.do)
        reports = set(whole.reports).difference(kept.reports)
        cut = {network.program.reports[i].node for i in reports}
        cut |= {*whole.settled, *whole.now}.difference(kept.settled, kept.now)
        names = (*network.event_names, *network.fact_names)
        return [names[k] for k in sorted(cut)]

    @property
    def rough_bands(self) -> str:
        """A sentence that names the bands not to be leaned on; empty if there are none."""
        posterior = {row.event: row.posterior for row in self.event_rows}
        told = [
            f"{name} ({mean:.0%} on average over the draws, exactly {posterior[name]:.0%})"
            for name, mean in self.rough.items()
        ]
        return (
            f"The band is rough, by the luck of the draws, for {', '.join(told)}." if told else ""
        )

    def as_json(self) -> dict:
        """Give the forecast as ``forecasting run --format json`` prints it."""
        rows = {row.pop("event"): row for row in objects(self.event_rows)}
        events = {
            name: self._of_several(name, rows) if not event.is_yes_no else rows[name]
            for name, event in self.case.events.items()
        }
        for name, row in rows.items():
            del row["title"]
            if name in events:
                base = self.network.base_rate(name)
                row["base_rate"] = base and {
                    "mean": float(base.mean),
                    "logit_median": base.logit_median,
                    "logit_sd": base.logit_sd,
                }
            else:
                del row["role"]
        return {
            "case": self.case.case,
            "digest": self.case.digest,
            "as_of": as_written(self.network.as_of),
            "resolve_by": as_written(self.network.resolve_by),
            "log_evidence": self.log_evidence,
            "events": events,
            "scenarios": {row.scenario: row.posterior for row in self.scenario_rows},
        } | ({"unconverged": list(marked)} if (marked := self.network.unconverged()) else {})

    def _of_several(self, name: str, rows: Mapping[str, dict]) -> dict:
        """Give what JSON says of an event with states, or of a quantity."""
        event = self.case.events[name]
        found: dict[str, object] = {"role": event.role}
        if event.states:
            found["states"] = {state: rows[f"{name}.{state}"] for state in event.states}
        found["cuts"] = {cut: rows[f"{name}.{cut}"] for cut in event.cuts}
        if event.quantity:
            points = [row for row in self.amount_rows if row.event == name]
            found["quantiles"] = {
                side: {f"{100 * row.level:g}%": as_written(getattr(row, side)) for row in points}
                for side in ("prior", "posterior", "low", "high")
            }
        found["base_rate"] = self.network.shares(name)
        return found


def run(
    case: Case,
    *,
    as_of: date | str | None = None,
    by: date | str | None = None,
    given: Setting | None = None,
    do: Setting | None = None,
    draws: int = DRAWS,
    seed: int = SEED,
) -> Forecast:
    """Forecast the events and scenarios of a case.

    Parameters
    ----------
    case : Case
        Its ``lexicon`` says whose words to use.
    as_of, by : date or ISO text, optional
        Day of the forecast and day it is for, instead of the case's own.
    given, do : dict of event to yes or no, optional
        Suppose this were learned, or made so.
    draws, seed : int
        For the bands: a power of 2 up to 4,096, and the seed of the Sobol points.

    Returns
    -------
    Forecast

    Raises
    ------
    InputError
        If the evidence contradicts itself, scenarios do not exclude each other, or a date or an
        event does not fit the case.

    Examples
    --------
    >>> from forecasting.file.case import load
    >>> forecast = run(load("priors/first_case.yaml"))
    >>> forecast.events.columns.tolist()
    ['event', 'role', 'title', 'prior', 'posterior', 'low', 'high', 'word']
    """
    word_for = LEXICONS[case.lexicon]
    network = Network(case, as_date(as_of), as_date(by))
    refuse_overlaps(network, given, do)
    prior, posterior = network.prior(), network.posterior(given, do)
    bands = band(network, draws, seed, given, do)
    rows = []
    for name, one in network.propositions.items():
        told = prior[name], posterior[name], bands.low[name], bands.high[name]
        word = str(word_for(posterior[name]))
        if _silent(case, one.event, network.resolve_by):
            told, word = (math.nan,) * 4, "–"
        rows.append(EventRow(name, case.events[one.event].role, title_of(case, name), *told, word))
    return Forecast(
        case,
        network,
        network.log_evidence(given, do),
        bands.draws,
        {name: mean for name, mean in bands.mean.items() if abs(mean - posterior[name]) >= ROUGH},
        tuple(rows),
        _amounts(network, bands, given, do),
        _scenarios(network, given, do),
        _horizons(network, posterior, given, do),
        network.setting(given, "given"),
        network.setting(do, "do"),
    )


def _amounts(network: Network, bands: Band, given, do) -> tuple[AmountRow, ...]:
    rows = []
    for name, (low, high) in bands.quantiles.items():
        points = distribution(network, name, given, do).quantiles()
        if _silent(network.case, name, network.resolve_by):
            points, low, high = (np.full_like(part, np.nan) for part in (points, low, high))
        ends = zip(LEVELS, points.tolist(), low.tolist(), high.tolist(), strict=True)
        title = title_of(network.case, name)
        rows += [
            AmountRow(name, title, level, before, after, *band)
            for level, (before, after), *band in ends
        ]
    return tuple(rows)


def refuse_overlaps(
    network: Network, given: Setting | None = None, do: Setting | None = None
) -> None:
    """Refuse scenarios that can come true together: their probabilities would not add up.

    Those that wording excludes need no look; of the others the prior probability of both must be
    exactly 0, as where a table rules it out, and stay so under what is made so.

    Raises
    ------
    InputError
        That names each pair with its probability.
    """
    case = network.case
    when = {name: scenario.when for name, scenario in case.scenarios.items()}
    for pairs in batched(overlapping(case), PAIRS):
        both = {(a, b): {**when[a], **when[b]} for a, b in pairs}
        _refuse(case, network.joints(both, prior=True), "before any evidence")
        if do:
            _refuse(case, network.joints(both, given, do), "once that is made so")


def _refuse(case: Case, both: Mapping[tuple[str, str], float], when: str) -> None:
    if together := {pair: f"both with {percent(p)}, {when}" for pair, p in both.items() if p}:
        raise InputError(overlap(case, *one) for one in together.items())


def _scenarios(network: Network, given, do) -> tuple[ScenarioRow, ...]:
    named = network.case.scenarios
    if not named:
        return ()
    when = {name: scenario.when for name, scenario in named.items()}
    prior, posterior = network.joints(when, prior=True), network.joints(when, given, do)
    rows = [
        ScenarioRow(name, scenario.title or name.replace("_", " "), prior[name], posterior[name])
        for name, scenario in named.items()
    ]
    # Rounding may carry the sum a hair past 1.
    rest = [max(0.0, 1.0 - sum(chances.values())) for chances in (prior, posterior)]
    return (*rows, ScenarioRow(SOMETHING_ELSE, SOMETHING_ELSE, *rest))


def _horizons(network: Network, posterior, given, do) -> tuple[HorizonRow, ...]:
    rows = []
    for day in network.case.horizons:
        if (later := network.horizons.get(day.last)) is None:  # it is not ahead
            continue
        prior = later.prior()
        after = posterior if later is network else later.posterior(given, do)
        for name, one in network.propositions.items():
            told = prior[name], after[name]
            own = as_date(network.case.events[one.event].resolve_by)
            silent = day.last != own if own else _silent(network.case, one.event, day.last)
            rows.append(HorizonRow(name, day.last, *((math.nan, math.nan) if silent else told)))
    return tuple(rows)


def _silent(case: Case, event: str, day: date | None) -> bool:
    """Tell whether an event says nothing of a day: an amount speaks of its own period only."""
    record = case.events[event]
    moves = record.quantity is not None and record.resolve_by is None
    return moves and day != as_date(case.resolve_by)


def outlook(network: Network, events: Sequence[str]) -> list[tuple[str, str, float, float, str]]:
    """Give name, title, prior, posterior and word of some events."""
    prior, posterior = network.prior(), network.posterior()
    word_for, title = LEXICONS[network.case.lexicon], partial(title_of, network.case)
    return [(n, title(n), prior[n], posterior[n], str(word_for(posterior[n]))) for n in events]


def asked(case: Case, events: Sequence[str] | None) -> tuple[str, ...]:
    """List the events asked about, each once; the outcomes if none is named.

    Raises
    ------
    InputError
        If the case has no event of a name.
    """
    if events is None:
        return tuple(every(case, "outcome"))
    known, file = every(case), case.node.file
    parts = {name: parts_of(case, name) for name in events if name in case.events}
    parts |= {name: [name] for name in events if name in known}
    if mute := [name for name, some in parts.items() if not some]:
        accepted = "an amount with cuts: in its case"
        raise refusal("has no cut to ask about", file, None, "", mute[0], accepted)
    if unknown := [name for name in events if name not in parts]:
        problem, names = "there is no event of this name", [*case.events, *known]
        raise InputError(
            Problem(problem, file, found=name, hint=nearest(name, names)) for name in unknown
        )
    return tuple(dict.fromkeys(one for name in events for one in parts[name]))
