"""A network goes in; the compiled case, one dict of plain values, comes out.

It holds what `engine.js` needs to solve the case anew under other numbers, and the texts that
`view.js` shows. All of it can be written as JSON; texts are texts, never markup.
"""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np

from forecasting.engine.draws import BAND, DRAWS, ROUGH, SEED
from forecasting.engine.inputs import inputs
from forecasting.engine.network import Network
from forecasting.engine.program import NEVER_SUPPORTS, SAYS_NOTHING, settings, stated_rate
from forecasting.engine.sobol import BITS, directions, shifts
from forecasting.errors import InputError
from forecasting.file.case import Case, Event, Evidence, Report
from forecasting.file.quantities import Quantity, claim_of, multiplier_of, title_of
from forecasting.judgement import Odds, Probability, months_between
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
        ``scenarios`` are lists in the order of the file; ``inputs`` are the judgements that a
        slider can move; ``windows`` the pairs of dates on offer; ``plan`` and ``sobol`` what the
        circuit and its draws need. A judgement is a pair, its median and its standard deviation
        in log-odds (of a multiplier, in logs); an infinite median is a text.

    Examples
    --------
    >>> from forecasting.file.case import read
    >>> page = compiled(Network(read("{case: rain, events: {rain: {base_rate: 50%}}}")))
    >>> page["events"][0]["id"], page["events"][0]["base_rate"]["judgement"]
    ('rain', [0.0, 0.0])
    """
    case = network.case
    # A likelihood ratio restated as two probabilities draws one number more.
    dimensions = network.plan.variables + network.program.dimensions + len(case.evidence)
    return {
        "case": case.case,
        "title": case.title or case.case,
        "about": case.about,
        "digest": case.digest,
        "as_of": _iso(network.as_of),
        "resolve_by": _iso(network.resolve_by),
        "windows": _windows(network),
        "events": [_event(network, name, event) for name, event in case.events.items()],
        "links": _links(case),
        "sources": [
            {
                "id": name,
                "title": case.sources[name].title or _words(name),
                "interest": case.sources[name].interest,
                "reference": list(case.sources[name].reference),
            }
            for name in network.source_names
        ],
        "facts": [_fact(case, name, fact) for name, fact in case.evidence.items()],
        "scenarios": [
            {
                "id": name,
                "title": scenario.title or _words(name),
                "why": scenario.why,
                "when": dict(scenario.when),
                "closed": case.closed(scenario.when),
            }
            for name, scenario in case.scenarios.items()
        ],
        "scales": {
            "reliability": {k: _pair(p) for k, p in case.scales.reliability.items()},
            "credibility": {k: _pair(p) for k, p in case.scales.credibility.items()},
            "never_supports": list(NEVER_SUPPORTS),
            "says_nothing": SAYS_NOTHING,
            "letters": RELIABILITY,
            "digits": CREDIBILITY,
        },
        "views": {
            who: {name: _pair(held) for name, held in held_by.items()}
            for who, held_by in case.views.items()
        },
        "references": {
            name: {
                "title": reference.title,
                "author": reference.author,
                "publisher": reference.publisher,
                "date": _text(reference.date),
                "url": reference.url,
                "note": reference.note,
            }
            for name, reference in case.references.items()
        },
        "inputs": [_input(case, one) for one in inputs(network)],
        "lexicon": [list(band) for band in ICD_203],
        "plan": network.plan.as_json(),
        "sobol": {
            "bits": BITS,
            "directions": directions(dimensions).tolist(),
            "shifts": shifts(dimensions, SEED).tolist(),
            "draws": DRAWS,
            "band": list(BAND),
            "rough": ROUGH,
        },
    }


def _windows(network: Network) -> list[dict]:
    """List the pairs of dates that the page offers, and how long each event's window then is.

    A pair for which a base rate has not been fitted, or which has no window at all, is left out.
    """
    case = network.case
    ends = {network.resolve_by, *(day.last for day in case.horizons)}
    result = []
    for as_of in _replay_days(network):
        for by in sorted(ends, key=str):
            fitted = _fitted(network, as_of, by)
            if fitted is None or (as_of and by and as_of >= by):
                continue
            result.append(
                {
                    "as_of": _iso(as_of),
                    "by": _iso(by),
                    "months": months_between(as_of, by) if as_of and by else None,
                    "settled_months": _settled_months(case, as_of, by),
                    "fitted": fitted,
                }
            )
    return result


def _fitted(network: Network, as_of: date | None, by: date | None) -> dict | None:
    """Give the base rates that models estimate for a window; None if one has no fit for it."""
    fitted = {}
    try:
        for name, event in network.case.events.items():
            if event.base_rate is not None and event.base_rate.model is not None:
                rate, ratio, lasts = stated_rate(network.case, name, as_of, by)
                fitted[name] = _pair(rate.over(ratio, lasts=lasts))
    except InputError:
        return None
    return fitted


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


def _settled_months(case: Case, as_of: date | None, by: date | None) -> dict[str, float]:
    """Measure windows that stopped when their event was settled; others run from the forecast."""
    result = {}
    for name, event in case.events.items():
        day = event.happened or event.ruled_out
        if as_of and by and day and day.last <= as_of:
            result[name] = months_between(day.last, by)
    return result


def _event(network: Network, name: str, event: Event) -> dict:
    case, base = network.case, event.base_rate
    settled = event.happened or event.ruled_out
    return {
        "id": name,
        "role": event.role,
        "kind": event.kind,
        "title": title_of(case, name),
        "question": event.question,
        "criterion": event.resolution and event.resolution.criterion,
        "confidence": _confidence(event),
        "why": event.why,
        "reference": list(event.reference),
        "given": event.given,
        "parents": list(case.parents(name)),
        "base_rate": base
        and {
            "judgement": _pair(base.probability or network.base_rate(name)),
            "within": base.within,
            "model": base.model and base.model.label,
        },
        "now": event.now and _pair(event.now),
        "table": None
        if event.table is None
        else [
            {"row": row, "judgement": _pair(event.table[row])}
            for row in _table_rows(len(event.parents or ()))
        ],
        "settled": settled and {"day": settled.last.isoformat(), "happened": bool(event.happened)},
    }


def _confidence(event: Event) -> str | None:
    """Find the analytic confidence stated with what is held now, or with the base rate."""
    rate = event.base_rate and event.base_rate.probability
    return next((one.confidence for one in (event.now, rate) if one and one.confidence), None)


def _table_rows(parents: int) -> list[str]:
    """Name the rows of a table, no before yes, the last parent changing fastest."""
    return [", ".join("yes" if bit else "no" for bit in bits) for bits in settings(parents)]


def _links(case: Case) -> list[dict]:
    return [
        {
            "from": link.source,
            "to": link.target,
            **_stated_multiplier(link),
            "why": link.why,
            "reference": list(link.reference),
        }
        for link in case.links
    ]


def _stated_multiplier(record) -> dict:
    key, odds = multiplier_of(record)
    return {"key": key, "judgement": _pair(odds)}


def _fact(case: Case, name: str, fact: Evidence) -> dict:
    several = not isinstance(fact.bears_on, str)
    return {
        "id": name,
        "claim": claim_of(case, name),
        "date": _text(fact.date),
        "day": _last(fact.date),
        "bears_on": list(fact.events),
        "bearings": [
            {"event": event, **_stated_multiplier(bearing)}
            for event, bearing in fact.bears_on.items()
        ]
        if several
        else None,
        **{
            key: (judged := getattr(fact, key)) and _pair(judged)
            for key in ("if_yes", "if_no", "likelihood_ratio", "chance")
        },
        "status": fact.status,
        "watch_until": _text(fact.watch_until),
        "why": fact.why,
        "reference": list(fact.reference),
        "reports": [_report(fact, report) for report in fact.reports],
    }


def _report(fact: Evidence, report: Report) -> dict:
    return {
        "source": report.source,
        "letter": report.grade and report.grade.letter,
        "digit": report.grade and report.grade.digit,
        "says": report.says,
        "date": _text(report.date),
        "day": _last(report.date or fact.date),
        "hit": report.hit and _pair(report.hit),
        "false": report.false and _pair(report.false),
        "why": report.why,
        "reference": list(report.reference),
    }


def _input(case: Case, one: Quantity) -> dict:
    """Write a judgement that a slider can move; a base rate as stated, whatever the window."""
    judgement, within = one.judgement, None
    if one.sort == "base rate":
        rate = case.events[one.of].base_rate
        # Of a fitted one, the engine finds that of the window.
        judgement, within = rate.probability, None if rate.model else rate.within
    return {
        "path": one.path,
        "kind": "odds" if isinstance(judgement, Odds) else "probability",
        "sort": one.sort,
        "of": one.of,
        "title": one.title,
        "judgement": judgement and _pair(judgement),
        "within": within,
    }


def _pair(judgement: Probability | Odds) -> list[float | str]:
    """Give median and spread, and of a count the two numbers of its Beta.

    JSON has no infinity, so the log-odds of 0 and 1 become texts.
    """
    if isinstance(judgement, Odds):
        return [float(judgement.log_median), float(judgement.log_sd)]
    median = float(judgement.logit_median)
    if np.isinf(median):
        return ["Infinity" if median > 0 else "-Infinity", 0.0]
    return [median, float(judgement.logit_sd), *(judgement.counts or ())]


def _words(name: str) -> str:
    return name.replace("_", " ")


def _iso(day: date | None) -> str | None:
    return day.isoformat() if day else None


def _last(day) -> str | None:
    return day.last.isoformat() if day else None


def _text(day) -> str | None:
    return str(day) if day else None
