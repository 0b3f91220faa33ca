"""A network goes in; the compiled case, one dict of plain values, comes out.

It holds what `engine.js` needs to solve the case anew under other numbers, and the texts that
`view.js` shows. All of it can be written as JSON; texts are texts, never markup.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

import numpy as np

from forecasting.case import Case, Event, Evidence, Report
from forecasting.errors import InputError
from forecasting.families import rows
from forecasting.judgement import Odds, Probability, months_between
from forecasting.lexicon import CREDIBILITY, ICD_203, RELIABILITY
from forecasting.network import BAND, DRAWS, NEVER_SUPPORTS, SAYS_NOTHING, SEED, Network
from forecasting.sobol import BITS, directions, shifts

# Replay offers the days on which something was reported in the year up to the forecast: what is
# older was known all along.
REPLAY = timedelta(days=365)

# A report that an analyst adds by hand draws two numbers more; so many are kept ready.
SPARE_DIMENSIONS = 64


def compiled(network: Network) -> dict:
    """Give everything that a page needs to solve a case and to show it.

    Parameters
    ----------
    network : Network
        Its dates are the ones the page starts from.

    Returns
    -------
    dict
        Numbers, texts, lists and dicts only. A judgement is a pair, its median and its standard
        deviation in log-odds (of a multiplier, in logs); an infinite median is a text.

    Examples
    --------
    >>> from forecasting.case import read
    >>> page = compiled(Network(read("{case: rain, events: {rain: {base_rate: 50%}}}")))
    >>> page["events"][0]["id"], page["events"][0]["base_rate"]["judgement"]
    ('rain', [0.0, 0.0])
    """
    case = network.case
    dimensions = network.dimensions + SPARE_DIMENSIONS
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
        "facts": [_fact(name, fact) for name, fact in case.evidence.items()],
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
        "inputs": list(_inputs(case)),
        "lexicon": [list(band) for band in ICD_203],
        "plan": network.plan.as_json(),
        "sobol": {
            "bits": BITS,
            "directions": directions(dimensions).tolist(),
            "shifts": shifts(dimensions, SEED).tolist(),
            "draws": DRAWS,
            "band": list(BAND),
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
            own = as_of == network.as_of and by == network.resolve_by
            try:
                on_that_day = network if own else network.at(as_of, by)
            except InputError:
                continue
            fitted = {
                name: _pair(on_that_day.base_rate(name))
                for name, event in case.events.items()
                if event.base_rate is not None and event.base_rate.model is not None
            }
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
        "title": event.title or _words(name),
        "question": event.question,
        "criterion": event.resolution and event.resolution.criterion,
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


def _table_rows(parents: int) -> list[str]:
    """Name the rows of a table, no before yes, the last parent changing fastest."""
    return [", ".join("yes" if bit else "no" for bit in bits) for bits in rows(parents)]


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


def _multiplier(record) -> tuple[str, Odds]:
    """Give a multiplier as it is stated; two probabilities count as the odds between them."""
    for key, odds in (("raises", record.raises), ("lowers", record.lowers)):
        if odds is not None:
            return key, odds
    return "odds", record.odds


def _stated_multiplier(record) -> dict:
    key, odds = _multiplier(record)
    return {"key": key, "judgement": _pair(odds)}


def _fact(name: str, fact: Evidence) -> dict:
    several = not isinstance(fact.bears_on, str)
    return {
        "id": name,
        "claim": fact.claim or _words(name),
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


def _inputs(case: Case) -> Iterator[dict]:
    """List the judgements that a slider can move, by the key path an overlay uses."""

    def one(path, sort, of, title, judgement, within=None):
        kind = "odds" if isinstance(judgement, Odds) else "probability"
        pair = judgement and _pair(judgement)
        return {
            "path": path,
            "kind": kind,
            "sort": sort,
            "of": of,
            "title": title,
            "judgement": pair,
            "within": within,
        }

    for name, event in case.events.items():
        title = event.title or _words(name)
        if event.base_rate is not None:
            rate = event.base_rate
            yield one(
                f"events.{name}.base_rate",
                "base rate",
                name,
                f"base rate of “{title}”",
                rate.probability,  # of a fitted one, the engine finds that of the window
                rate.within if rate.model is None else None,
            )
        for row, judgement in (event.table or {}).items():
            yield one(f"events.{name}.table.{row}", "table", name, f"“{title}”: {row}", judgement)
        if event.now is not None:
            yield one(
                f"events.{name}.now", "now", name, f"what is held now of “{title}”", event.now
            )
    for link in case.links:
        key, odds = _multiplier(link)
        ends = [case.events[end].title or _words(end) for end in (link.source, link.target)]
        title = f"how “{ends[0]}” moves the odds of “{ends[1]}”"
        yield one(f"links.{link.source}.{link.target}.{key}", "link", link.target, title, odds)
    for name, fact in case.evidence.items():
        place, claim = f"evidence.{name}", fact.claim or _words(name)
        for key in ("if_yes", "if_no", "likelihood_ratio", "chance"):
            if (judgement := getattr(fact, key)) is not None:
                yield one(f"{place}.{key}", "evidence", name, f"{_ASKS[key]}: {claim}", judgement)
        for event, bearing in {} if isinstance(fact.bears_on, str) else fact.bears_on.items():
            key, odds = _multiplier(bearing)
            title = f"how “{case.events[event].title or _words(event)}” moves the odds of: {claim}"
            yield one(f"{place}.bears_on.{event}.{key}", "evidence", name, title, odds)
        for i, report in enumerate(fact.reports):
            for key, words in (("hit", "if it is so"), ("false", "if it is not so")):
                if (judgement := getattr(report, key)) is not None:
                    title = f"how likely {report.source} was to report this {words}: {claim}"
                    yield one(f"{place}.reports.{i}.{key}", "report", name, title, judgement)
    for letter, judgement in case.scales.reliability.items():
        title = f"how often a source graded {letter} is sound"
        yield one(f"scales.reliability.{letter}", "scale", letter, title, judgement)
    for digit, judgement in case.scales.credibility.items():
        title = f"how far a sound report graded {digit} is believed"
        yield one(f"scales.credibility.{digit}", "scale", digit, title, judgement)


_ASKS = {
    "if_yes": "how likely this was if the event is coming",
    "if_no": "how likely this was if it is not",
    "likelihood_ratio": "how many times likelier this is if the event is coming",
    "chance": "how common this is",
}


def _pair(judgement: Probability | Odds) -> list[float | str]:
    """Give median and spread; JSON has no infinity, so the log-odds of 0 and 1 become texts."""
    if isinstance(judgement, Odds):
        return [float(judgement.log_median), float(judgement.log_sd)]
    median = float(judgement.logit_median)
    if np.isinf(median):
        return ["Infinity" if median > 0 else "-Infinity", 0.0]
    return [median, float(judgement.logit_sd)]


def _words(name: str) -> str:
    return name.replace("_", " ")


def _iso(day: date | None) -> str | None:
    return day.isoformat() if day else None


def _last(day) -> str | None:
    return day.last.isoformat() if day else None


def _text(day) -> str | None:
    return str(day) if day else None
