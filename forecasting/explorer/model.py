"""A network goes in; the compiled case, one dict of plain values, comes out.

It holds what `engine.js` needs to solve the case anew under other numbers, and the texts that
`view.js` shows. All of it can be written as JSON; texts are texts, never markup.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from datetime import date, timedelta

from forecasting.answer.when import comes_about
from forecasting.engine.draws import BAND, DRAWS, ROUGH, SEED
from forecasting.engine.inputs import inputs
from forecasting.engine.network import Network
from forecasting.engine.program import Program, plain
from forecasting.engine.sobol import BITS, directions, shifts
from forecasting.engine.window import window
from forecasting.errors import InputError
from forecasting.file.case import Case, Event, Evidence, Report, as_date
from forecasting.file.overlay import written
from forecasting.file.propositions import borders as borders_of
from forecasting.file.propositions import find, label_of, states_of, title_of
from forecasting.file.quantities import Quantity, claim_of, multiplier_of
from forecasting.file.stated import Point
from forecasting.judgement import Odds, Probability
from forecasting.lexicon import CREDIBILITY, ICD_203, RELIABILITY

# Replay offers the days on which something was reported in the year up to the forecast: what is
# older was known all along.
REPLAY = timedelta(days=365)


def compiled(network: Network) -> dict:
    """Give everything that a page needs to solve a case and to show it.

    Parameters
    ----------
    network : Network
        Its dates are the ones the page starts from.

    Returns
    -------
    dict
        Numbers, texts, lists and dicts only. ``events``, ``links``, ``sources``, ``facts`` and
        ``scenarios`` are lists in the order of the file; ``propositions`` what tables tell of, each
        a set of states of an event, by their numbers; ``inputs`` are the judgements that a
        slider can move; ``program`` the case as places and steps, with what it states;
        ``windows`` the pairs of dates on offer, and what follows from each; ``sobol`` what draws
        need. A judgement is a pair, its median and its standard deviation in log-odds (of a
        multiplier, in logs); an infinite median is a text.

    Examples
    --------
    >>> from forecasting.file.case import read
    >>> page = compiled(Network(read("{case: rain, events: {rain: {base_rate: 50%}}}")))
    >>> page["program"]["paths"][0], page["program"]["stated"][0]
    ('events.rain.base_rate', [0.0, 0.0])
    """
    case, program = network.case, network.program
    # A likelihood ratio restated as two probabilities draws one number more.
    dimensions = program.plan.variables + program.dimensions + len(case.evidence)
    return {
        "case": case.case,
        "title": case.title or case.case,
        "digest": case.digest,
        "shape": shape(written(case)),
        "as_of": _iso(network.as_of),
        "resolve_by": _iso(network.resolve_by),
        "program": program.as_json(),
        "windows": _windows(network, program),
        "events": [_event(network, name, event) for name, event in case.events.items()],
        "propositions": [
            {
                "name": name,
                "event": network.node(event=one.event),
                "states": list(one.states),
                "title": title_of(case, name),
            }
            for name, one in network.propositions.items()
        ],
        "links": [
            {"from": one.source, "to": one.target, "key": multiplier_of(one)[0]}
            | {"why": _told(case, one.why)}
            for one in case.links
        ],
        "sources": [
            _titled(name, case.sources[name]) | {"interest": case.sources[name].interest}
            for name in network.source_names
        ],
        "facts": [_fact(case, name, fact) for name, fact in case.evidence.items()],
        "scenarios": [
            _titled(name, one)
            | {"closed": {k: sorted(left) for k, left in case.closed(one.when).items()}}
            for name, one in case.scenarios.items()
        ],
        "scales": {"letters": RELIABILITY, "digits": CREDIBILITY},
        "views": {
            who: {name: plain(held) for name, held in held_by.items()}
            for who, held_by in case.views.items()
        },
        "references": {name: one.title for name, one in case.references.items()},
        # A row of a table that cannot come about has no place in the program.
        "inputs": [_input(case, one) for one in inputs(network) if one.path in program.place],
        "lexicon": [list(band) for band in ICD_203],
        "sobol": {
            "bits": BITS,
            "directions": directions(dimensions).tolist(),
            "shifts": shifts(dimensions, SEED).tolist(),
            "draws": DRAWS,
            "band": list(BAND),
            "rough": ROUGH,
        },
    }


def shape(text: str) -> str:
    """Name the text of a case: the page asks by it whether it has compiled it already.

    Examples
    --------
    >>> shape("case: rain")
    'aec409412407'
    """
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def outline(case: Case, *, events: bool = True) -> dict:
    """List the entries of a case by section; of sources also how they are told.

    Without ``events``, of a case that has none yet and is read with one that stands in.

    Examples
    --------
    >>> from forecasting.file.case import read
    >>> outline(read("{case: rain, events: {rain: {base_rate: 20%}}}"))["entries"]["events"]
    ['rain']
    """
    return {
        "entries": {
            "events": [*case.events] if events else [],
            "links": [f"{link.source}->{link.target}" for link in case.links],
            "evidence": [*case.evidence],
            "drafts": {name: draft.claim or _words(name) for name, draft in case.drafts.items()},
            "sources": {
                name: {"title": source.title or _words(name), "letter": case.letter(name)}
                for name, source in case.sources.items()
            },
            "scenarios": [*case.scenarios],
        }
    }


def _windows(network: Network, program: Program) -> list[dict]:
    """List the pairs of dates that the page offers, and what follows from each.

    A pair for which a base rate has not been fitted, or which has no window at all, is left out.
    """
    case = network.case
    ends = {network.resolve_by, *(day.last for day in case.horizons)}
    result = []
    for as_of in _replay_days(network):
        for by in sorted(ends, key=str):
            if as_of and by and as_of >= by:
                continue
            try:
                one = window(case, as_of, by).as_json(program)
            except InputError:
                continue
            result.append({"as_of": one.pop("as_of"), "by": one.pop("resolve_by"), **one})
    return result


def _replay_days(network: Network) -> list[date | None]:
    if network.as_of is None:
        return [None]
    case = network.case
    reported = {
        day.last
        for fact in case.evidence.values()
        for day in (fact.date, *(report.date for report in fact.reports))
        if day is not None
    }
    first = network.as_of - REPLAY
    return sorted({day for day in reported if first <= day < network.as_of} | {network.as_of})


def _event(network: Network, name: str, event: Event) -> dict:
    case, base = network.case, event.base_rate
    told = {
        **{"id": name, "title": title_of(case, name)},
        **parts(event, "role", "kind", "question", "given"),
        "by_dates": comes_about(event),
        "by": str(as_date(event.resolve_by)) if event.resolve_by else None,
        "criterion": event.resolution and event.resolution.criterion,
        "confidence": _confidence(event),
        "why": _told(case, event.why, name),
        "reference": list(event.reference),
        "parents": list(case.parents(name)),
        "base_rate": base
        and {"model": base.model and base.model.label, "counted": base.seen is not None},
        "table": event.table is not None,
        "settled": _settled(event),
    }
    return told if event.is_yes_no else told | _several(case, name, event)


def _several(case: Case, name: str, event: Event) -> dict:
    """Tell of an event of several states, or of an amount, what those of yes and no do not have."""
    amount = event.quantity
    return {
        "states": [
            {"id": one, "label": (event.states or {}).get(one) or _words(one)}
            for one in states_of(event)
        ],
        "ordered": event.ordered,
        "quantity": amount
        and {**parts(amount, "unit", "scale", "whole"), "borders": list(borders_of(event))},
        "cuts": [
            {
                "name": f"{name}.{cut}",
                "label": _words(cut),
                "words": label_of(case, f"{name}.{cut}"),
                **parts(one, "text", "low", "high"),
                "states": list(find(case, f"{name}.{cut}").states),
            }
            for cut, one in event.cuts.items()
        ],
    }


def _settled(event: Event) -> dict | None:
    """Tell since when an event is settled; of an amount also its value."""
    known = event.settled
    day = known.date if known else event.happened or event.ruled_out
    return day and {"day": _last(day), "value": known and known.value}


def _confidence(event: Event) -> str | None:
    """Find the analytic confidence stated with what is held now, or with the base rate."""
    rate, now = event.base_rate, event.now
    held = [*(now.values() if isinstance(now, Mapping) else (now,)), rate and rate.probability]
    held += [rate, *((rate and rate.shares) or {}).values()]
    return next((one.confidence for one in held if one and one.confidence), None)


def _told(case: Case, why: str | None, event: str = "") -> str | None:
    """Give a reason to readers: an event, or an answer to this one, by its title and no name."""

    def titled(found: re.Match) -> str:
        for name in (found[1], f"{event}.{found[1]}"):
            if find(case, name) or name in case.events:
                return f"“{title_of(case, name)}”"
        return found[0]

    return why and re.sub(r"`([\w.]+)`", titled, why)


def _fact(case: Case, name: str, fact: Evidence) -> dict:
    return {
        "id": name,
        "claim": claim_of(case, name),
        "date": _text(fact.date),
        "day": _last(fact.date),
        "bears_on": list(fact.events),
        "status": fact.status,
        "watch_until": _text(fact.watch_until),
        "why": _told(case, fact.why),
        "reports": [_report(fact, report) for report in fact.reports],
    }


def _report(fact: Evidence, report: Report) -> dict:
    return {
        **parts(report, "source", "says"),
        "letter": report.grade and report.grade.letter,
        "digit": report.grade and report.grade.digit,
        "date": _text(report.date),
        "day": _last(report.date or fact.date),
    }


# What a judgement is moved as: an amount, on the scale of its event, or in logarithms.
KINDS = {Odds: "odds", Probability: "probability", Point: "amount"}


def _input(case: Case, one: Quantity) -> dict:
    """Tell of a judgement that a slider can move; of a base rate also what window it is for."""
    within = None
    if one.sort == "base rate" and case.events[one.of].is_yes_no:
        rate = case.events[one.of].base_rate
        within = None if rate.model else rate.within
    return {
        "path": one.path,
        "kind": KINDS[type(one.judgement)],
        "title": one.title,
        "within": within,
    }


def parts(record, *names: str) -> dict:
    """Give some fields of a record by their names."""
    return {name: getattr(record, name) for name in names}


def _titled(name: str, record) -> dict:
    return {"id": name, "title": record.title or _words(name)}


def _words(name: str) -> str:
    return name.replace("_", " ")


def _iso(day: date | None) -> str | None:
    return day.isoformat() if day else None


def _last(day) -> str | None:
    return day.last.isoformat() if day else None


def _text(day) -> str | None:
    return str(day) if day else None
