"""A forecast goes in; the tables of its report come out.

Every number that a report shows stands in one of these tables, and its sentences are read from them
(:mod:`forecasting.prose`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict

from forecasting import document, fits, prose, provenance
from forecasting.case import Case
from forecasting.forecast import SOMETHING_ELSE, Forecast
from forecasting.inputs import claim_of, title_of
from forecasting.lexicon import CREDIBILITY, ICD_203, RELIABILITY, grade, percent
from forecasting.markup import Column, Link, Part, Stated, Table, address
from forecasting.network import Network
from forecasting.overlay import Overlay, override

KINDS = {
    "occurs": "comes about at least once by the date",
    "lasts": "stays true until the date",
    "state": "is true on the date",
}

# What each degree of analytic confidence says of the basis of a judgement, in our words.
CONFIDENCE = {
    "high": "good sources that agree, and reasoning that holds for several reasons",
    "moderate": "sources that are credible, and leave room for another reading",
    "low": "few, weak or conflicting sources, or reasoning with gaps",
}


def setting(forecast: Forecast) -> Table:
    """Tabulate the days of the forecast, and how its bands were made."""
    case, network = forecast.case, forecast.network
    rows = []
    if network.as_of:
        rows.append(("as_of", "Day of the forecast", prose.day(network.as_of)))
    if network.resolve_by:
        rows.append(("resolve_by", "Day it looks to", prose.day(network.resolve_by)))
    rows += [
        ("draws", "Draws behind the bands", f"{forecast.draws:,}"),
        ("effective", "of which effectively carry weight", f"{forecast.effective_draws:,.0f}"),
        ("events", "Events", str(len(case.events))),
        ("facts", "Facts that may bear on them", str(len(case.evidence))),
    ]
    records = tuple(dict(zip(("name", "what", "value"), row, strict=True)) for row in rows)
    columns = (Column("what", "This forecast"), Column("value", ""))
    return Table("setting", "The forecast at a glance", columns, records, lambda r: r["name"])


def events(forecast: Forecast, role: str, audience: str = "analyst") -> Table:
    """Tabulate outcomes or drivers, with most of what is known of each in one row."""
    case, outcomes = forecast.case, role == "outcome"
    days = sorted(
        {
            row.resolve_by
            for row in forecast.horizon_rows
            if row.resolve_by != forecast.network.resolve_by
        }
    )
    later = {(r.event, r.resolve_by): r.posterior for r in forecast.horizon_rows}
    records = []
    for row in forecast.event_rows:
        if row.role == role:
            record = asdict(row) | {"band": (row.low, row.high)}
            record["confidence"] = _confidence(case, row.event)
            record["frequency"] = row.posterior
            record |= {day.isoformat(): later.get((row.event, day)) for day in days}
            record["linked"] = Link(row.title, base_rate_of(case, row.event))
            records.append(record)
    columns = [
        Column("linked", "Outcome" if outcomes else "Driver"),
        Column("prior", "Before the evidence", percent, number=True),
        Column("posterior", "Forecast", percent, number=True),
        Column("band", "90% band", band, number=True),
        Column("word", "In words"),
    ]
    columns += [Column(day.isoformat(), f"By {day}", percent, number=True) for day in days]
    if audience == "class":
        columns.append(Column("frequency", "Of 100 such cases", _frequency, number=True))
    if any(record["confidence"] for record in records):
        columns.append(Column("confidence", "Confidence in the base rate"))
    note = (
        "Before the evidence: the probability from base rates alone. Forecast: with the "
        "evidence of this case; exact. 90% band: where the forecast would move, with 90%, if "
        "the uncertain numbers were known. In words: ICD 203."
    )
    hidden = (Column("low", "", percent), Column("high", "", percent), Column("title", ""))
    name, caption = ("outcomes", "Outcomes") if outcomes else ("drivers", "Drivers")
    return Table(name, caption, tuple(columns), tuple(records), event_of, note, hidden)


def _confidence(case: Case, event: str) -> str:
    rate = case.events[event].base_rate
    stated = rate.probability.confidence if rate and rate.probability else None
    return stated or ""


def scenarios(forecast: Forecast) -> Table | None:
    """Tabulate the named scenarios, and the rest; None if there are none."""
    case = forecast.case
    if not forecast.scenario_rows:
        return None
    records = []
    for row in forecast.scenario_rows:
        scenario = case.scenarios.get(row.scenario)
        when = scenario.when if scenario else {}
        parts: list[Part] = []
        for event, yes in when.items():
            parts += ["\n"] if parts else []
            parts += ["" if yes else "not: ", Stated(title_of(case, event))]
        rest = ("none of the above",) if row.scenario == SOMETHING_ELSE else ()
        why = scenario.why if scenario and scenario.why else ""
        records.append(asdict(row) | {"when": tuple(parts) or rest, "why": why})
    columns = [
        Column("title", "Scenario", stated=True),
        Column("when", "What comes about"),
        Column("prior", "Before the evidence", percent, number=True),
        Column("posterior", "Forecast", percent, number=True),
    ]
    if any(record["why"] for record in records):
        columns.append(Column("why", "What it describes", stated=True))
    return Table(
        "scenarios",
        "Named scenarios",
        tuple(columns),
        tuple(records),
        lambda r: r["scenario"].replace(" ", "."),
        "Scenarios exclude each other; with the last row they sum to one.",
    )


def basis(forecast: Forecast) -> Table:
    """Count the evidence behind each outcome: on itself, and on what moves it."""
    case, records = forecast.case, []
    for name in (name for name, event in case.events.items() if event.role == "outcome"):
        known = [fact for fact in facts_on(case, above(case, name)) if counts(forecast, fact)]
        reports = [r for fact in known for r in forecast.network.reports(fact).values()]
        records.append(
            {
                "event": name,
                "title": title_of(case, name),
                "facts": len(known),
                "reports": len(reports),
                "sources": len({report.source for report in reports}),
            }
        )
    columns = (
        Column("title", "Outcome", stated=True),
        *(Column(c, c.capitalize(), str, number=True) for c in ("facts", "reports", "sources")),
    )
    note = "Facts that bear on the outcome or on what moves it, at whatever distance."
    return Table(
        "basis",
        "How much evidence stands behind each outcome",
        columns,
        tuple(records),
        event_of,
        note,
    )


def facts_on(case: Case, events: Iterable[str]) -> list[str]:
    """Find the facts that bear on any of some events."""
    return [name for name, fact in case.evidence.items() if not set(events).isdisjoint(fact.events)]


def above(case: Case, event: str) -> set[str]:
    """Find an event and all that moves it, at whatever distance."""
    found, waiting = {event}, [event]
    while waiting:
        name = waiting.pop()
        movers = {*case.parents(name), case.events[name].given} - {None}
        waiting += movers - found
        found |= movers
    return found


def counts(forecast: Forecast, fact: str) -> bool:
    """Tell whether a fact, or a report of it, is known on the day."""
    case, network = forecast.case, forecast.network
    settled = case.evidence[fact].status in ("confirmed", "absent")
    return (settled and network.exists(fact)) or bool(network.reports(fact))


def questions(forecast: Forecast, name: str, caption: str, events: Sequence[str]) -> Table:
    """Tabulate what is asked, and how it will be settled."""
    case, records = forecast.case, []
    for event in events:
        record = case.events[event]
        rule = record.resolution
        settled: list[tuple[Part, ...]] = []
        if rule is not None:
            settled.append((Stated(rule.criterion),))
            for label, told in (("Threshold: ", rule.threshold), ("On the word of: ", rule.source)):
                settled += [(label, Stated(told))] if told else []
        if record.given:
            settled.append(("Only if: ", Stated(title_of(case, record.given))))
        records.append(
            {
                "event": event,
                "title": title_of(case, event),
                "question": record.question or title_of(case, event),
                "kind": KINDS[record.kind],
                "settled": tuple(_lines(settled)),
            }
        )
    columns = [
        Column("title", "Outcome", stated=True),
        Column("question", "Question", stated=True),
        Column("kind", "Yes, if it"),
    ]
    if any(record["settled"] for record in records):
        columns.append(Column("settled", "How it is settled"))
    return Table(name, caption, tuple(columns), tuple(records), event_of)


def likelihood_words() -> Table:
    """Tabulate the words of ICD 203 and the probabilities they stand for."""
    records = tuple({"word": w, "low": low, "high": high} for w, low, high in ICD_203)
    return Table(
        "words",
        "Words for likelihood (ICD 203, first row)",
        (
            Column("word", "Word"),
            Column("low", "from", percent, number=True),
            Column("high", "to", percent, number=True),
        ),
        records,
        lambda r: r["word"].replace(" ", "-"),
        "A probability on the border takes the word nearer to an even chance. Below 1% and "
        "above 99% the scale has no word.",
    )


def confidence_words() -> Table:
    """Tabulate the degrees of analytic confidence and what they say of the basis."""
    records = tuple({"degree": d, "means": m} for d, m in CONFIDENCE.items())
    return Table(
        "confidence",
        "Words for confidence",
        (Column("degree", "Confidence"), Column("means", "The judgement rests on")),
        records,
        lambda r: r["degree"],
        "Confidence tells how good the basis of a judgement is. It is not a probability, and "
        "not the width of a band.",
    )


def views(forecast: Forecast) -> list[Table]:
    """Tabulate what others hold, beside the forecast."""
    case, found = forecast.case, []
    rows = {row.event: row for row in forecast.event_rows}
    for viewer, views in case.views.items():
        written = case.node.value["views"].value[viewer].value
        records = tuple(
            {
                "event": event,
                "title": rows[event].title,
                "holds": document.as_written(written[event]),
                "posterior": rows[event].posterior,
            }
            for event in views
        )
        columns = (
            Column("title", "Outcome", stated=True),
            Column("holds", "In words or numbers", stated=True),
            Column("posterior", "Forecast", percent, number=True),
        )
        found.append(Table(f"views-{viewer}", f"What {viewer} holds", columns, records, event_of))
    return found


def base_rates(forecast: Forecast, role: str) -> Table | None:
    """Tabulate where the numbers before the evidence come from; None without such events."""
    case, network, records = forecast.case, forecast.network, []
    prior = network.prior()
    for name, event in case.events.items():
        if event.role != role:
            continue
        rate = network.base_rate(name)
        if event.base_rate is None:
            stated: tuple[Part, ...] = ("a table of what moves it",)
        elif event.base_rate.model is not None:
            stated = ("estimated: ", Link(event.base_rate.model.label, f"fits.{name}"))
        else:
            stated = (Stated(_stated(event.node.value["base_rate"])),)
        if event.now is not None:
            stated += ("\n", "held now: ", Stated(_stated(event.node.value["now"])))
        stated += ("\n", Stated(event.why)) if event.why else ()
        records.append(
            {
                "event": name,
                "title": title_of(case, name),
                "stated": stated,
                "mean": float(rate.mean) if rate else prior[name],
                "range": rate.interval if rate and rate.logit_sd else None,
                "reference": event.reference,
            }
        )
    if not records:
        return None
    columns = (
        Column("title", "Event", stated=True),
        Column("mean", "For this window", percent, number=True),
        Column("range", "90% range", band, number=True),
        Column("stated", "As the case states it, and why"),
        Column("reference", "Source", references),
    )
    note = (
        "For this window: the mean, rescaled to the time between the two dates where it was stated "
        "for another period. Held now: what is held of it in this case, without evidence listed."
    )
    name, caption = (
        ("base-rates", "Base rates of the outcomes")
        if role == "outcome"
        else ("base-rates-drivers", "Base rates of the drivers")
    )
    return Table(name, caption, columns, tuple(records), event_of, note)


def base_rate_of(case: Case, event: str) -> str:
    """Name the row of an event's base rate, for links to it."""
    return f"base-rates{'' if case.events[event].role == 'outcome' else '-drivers'}.{event}"


def fitted(forecast: Forecast, audience: str = "analyst") -> Table | None:
    """Tabulate the models behind base rates and how their sampling went."""
    case, records = forecast.case, []
    for event, (spec, start) in fits.wanted(case, forecast.network.as_of).items():
        fit = fits.find(spec, start)
        records.append(
            {
                **fit.diagnosis,
                "event": event,
                "title": title_of(case, event),
                "model": spec.model.replace("_", " "),
                "table": (Link(spec.table.name, f"data.{spec.table.name}"),),
                "verdict": "converged" if fit.converged else "; ".join(fit.refused),
                "ess": min(fit.diagnosis["ess_bulk"], fit.diagnosis["ess_tail"]),
            }
        )
    if not records:
        return None
    columns = [
        Column("title", "Event", stated=True),
        Column("model", "Model"),
        Column("table", "Data"),
        Column("rows", "Rows", str, number=True),
        Column("observed_until", "Known until"),
        Column("verdict", "Sampling"),
    ]
    note = ""
    if audience != "reader":
        columns += [
            Column("rhat", "R-hat", "{:.3f}".format, number=True),
            Column("ess", "ESS", "{:,.0f}".format, number=True),
            Column("divergences", "Divergences", str, number=True),
            Column("prior_sensitivity", "Leans on prior", "{:.2f}".format, number=True),
            Column("likelihood_sensitivity", "Leans on data", "{:.2f}".format, number=True),
        ]
        note = (
            "R-hat (1.01 or less is asked) and effective sample size (400 or more): the worst of "
            "all parameters. Leans on: how far the base rate moves when its prior, or its data, "
            "are given more weight; above 0.05 it leans on them."
        )
    return Table(
        "fits", "Base rates estimated from data", tuple(columns), tuple(records), event_of, note
    )


def data(forecast: Forecast) -> Table | None:
    """Tabulate the tables of figures behind base rates, with where they come from."""
    records = []
    for name, table in sorted(provenance.used_tables(forecast.case).items()):
        side = table.sidecar
        source: list[tuple[Part, ...]] = [(Stated(side.source),), ("Cite: ", Stated(side.citation))]
        source.append(("Terms: ", Stated(side.licence)))
        source += [(address(side.url),)] if side.url else []
        records.append(
            {
                "name": name,
                "rows": len(table.until(forecast.network.as_of).rows),
                "rule": f"{side.title}. {side.rule}",
                "source": tuple(_lines(source)),
                "note": side.note,
            }
        )
    if not records:
        return None
    columns = (
        Column("name", "Table"),
        Column("rows", "Rows", str, number=True),
        Column("rule", "What a row is, and how it was made", stated=True),
        Column("source", "Where from"),
        Column("note", "Beware", stated=True),
    )
    return Table("data", "The data behind them", columns, tuple(records), lambda r: r["name"])


def known_facts(forecast: Forecast) -> list[str]:
    """List the facts that count on the day, in the order of the file."""
    return [name for name in forecast.case.evidence if counts(forecast, name)]


def evidence(forecast: Forecast) -> Table | None:
    """Tabulate every fact: what it bears on, who reported it, and what it is worth."""
    case, records = forecast.case, []
    weights, belief = forecast.network.weights_alone(), forecast.network.facts()
    for fact in known_facts(forecast):
        item = case.evidence[fact]
        claim: list[tuple[Part, ...]] = [(Stated(claim_of(case, fact)),)]
        claim += [(str(item.date),)] if item.date else []
        alone = [f"{weights[fact, e]:+.1f}" for e in item.events if (fact, e) in weights]
        records.append(
            {
                "fact": fact,
                "claim": tuple(_lines(claim)),
                "bears": tuple(_lines(_bearing(case, fact))),
                "reported": tuple(_lines(_reported(forecast, fact))),
                "believed": belief[fact],
                "alone": tuple(_lines([(weight,) for weight in alone])),
            }
        )
    if not records:
        return None
    columns = (
        Column("claim", "Fact"),
        Column("bears", "Bears on, how likely it was to be seen, and why"),
        Column("reported", "Reported by, with its grade"),
        Column("believed", "Held true", percent, number=True),
        Column("alone", "Decibans", number=True),
    )
    note = (
        "If yes, if no: how likely it was that we would see this, if the event is coming and if "
        "it is not. Held true: the probability of the fact itself, from all its reports. Decibans: "
        "how far the fact would move the event if it were all the evidence; 10 are a factor of 10 "
        "on the odds, 3 a factor of 2."
    )
    return Table("evidence", "Evidence", columns, tuple(records), lambda r: r["fact"], note)


def _bearing(case: Case, fact: str) -> list[tuple[Part, ...]]:
    """Say on which events a fact bears, how strongly, and why."""
    item, node = case.evidence[fact], case.evidence[fact].node.value
    rows: list[tuple[Part, ...]] = []
    if isinstance(item.bears_on, str):
        stated = [
            f"{name.replace('_', ' ')} {_stated(node[name])}"
            for name in ("if_yes", "if_no", "likelihood_ratio")
            if name in node
        ]
        event = Link(title_of(case, item.bears_on), row_of(case, item.bears_on))
        rows.append((event, ": ", Stated(", ".join(stated))))
    else:
        for event, push in item.bears_on.items():
            link = Link(title_of(case, event), row_of(case, event))
            rows.append((link, ": ", Stated(document.as_written(push.node))))
        rows.append(("how common: ", Stated(_stated(node.get("chance")))))
    return [*rows, (Stated(item.why),)] if item.why else rows


def _reported(forecast: Forecast, fact: str) -> list[tuple[Part, ...]]:
    """Say who reported a fact, with which grade and when, and where that is written."""
    case, network = forecast.case, forecast.network
    item = case.evidence[fact]
    rows: list[tuple[Part, ...]] = []
    for source, report in network.reports(fact).items():
        title = case.sources[source].title or source
        says = "" if report.says else "denied by "
        row: list[Part] = [says, Link(title, f"sources.{source}")]
        if report.grade:
            code = f"{report.grade.letter}{report.grade.digit or ''}"
            row.append(f", {code} ({grade(report.grade.letter, report.grade.digit)})")
        if report.hit is not None:
            hit, false = (_stated(report.node.value[k]) for k in ("hit", "false"))
            row.append(Stated(f", hit {hit}, false {false}"))
        if report.date:
            row.append(f", {report.date}")
        row += [", ", *_joined(report.reference)] if report.reference else []
        rows.append(tuple(row))
    if item.status in ("confirmed", "absent") and network.exists(fact):
        seen = "seen by the author" if item.status == "confirmed" else "seen not to be so"
        rows.append((seen,))
    if item.reference:
        rows.append(("Source: ", *_joined(item.reference)))
    return rows


def _lines(rows: Sequence[tuple[Part, ...]]) -> list[Part]:
    parts: list[Part] = []
    for row in rows:
        parts += ["\n"] if parts else []
        parts += row
    return parts


def row_of(case: Case, event: str) -> str:
    """Name the row of an event in the table of outcomes or of drivers, for links to it."""
    role = case.events[event].role
    return f"{'outcomes' if role == 'outcome' else 'drivers'}.{event}"


def _joined(names: Sequence[str]) -> list[Part]:
    parts: list[Part] = []
    for name in names:
        parts += [", "] if parts else []
        parts.append(Link(name, f"ref-{name}"))
    return parts


def references(names: Sequence[str]) -> tuple[Part, ...]:
    """Name references, each a link to its place in the list."""
    return tuple(_lines([(Link(name, f"ref-{name}"),) for name in names]))


def sources(forecast: Forecast) -> Table | None:
    """Tabulate who reported something that counts, and how far each is to be trusted."""
    case, network = forecast.case, forecast.network
    soundness = network.soundness()
    used: dict[str, list[str]] = {}
    for fact in known_facts(forecast):
        for source in network.reports(fact):
            used.setdefault(source, []).append(fact)
    if not used:
        return None
    records = []
    for name in (name for name in case.sources if name in used):
        source, letter = case.sources[name], case.letter(name)
        records.append(
            {
                "source": name,
                "title": source.title or name,
                "letter": f"{letter}, {RELIABILITY[letter]}",
                "prior": float(case.scales.reliability[letter].mean),
                "posterior": soundness[name],
                "facts": len(used[name]),
                "interest": source.interest or "",
                "reference": source.reference,
            }
        )
    columns = [
        Column("title", "Source", stated=True),
        Column("letter", "Reliability"),
        Column("prior", "Sound, by its letter", percent, number=True),
        Column("posterior", "Sound, after all reports", percent, number=True),
        Column("facts", "Facts", str, number=True),
        Column("interest", "What it may want us to believe", stated=True),
        Column("reference", "Source", references),
    ]
    kept = [
        c for c in columns
        if c.name not in ("interest", "reference") or any(r[c.name] for r in records)
    ]  # fmt: skip
    note = "The reports of one source stand or fall together."
    return Table("sources", "Sources", tuple(kept), tuple(records), lambda r: r["source"], note)


def grades(case: Case) -> tuple[Table, Table]:
    """Tabulate what the letters and digits of the Admiralty code stand for in this case."""
    scales = case.scales
    letters = tuple(
        {"code": k, "means": RELIABILITY[k], "value": float(p.mean)}
        for k, p in sorted(scales.reliability.items())
    )
    digits = tuple(
        {"code": k, "means": CREDIBILITY[k], "value": float(p.mean)}
        for k, p in sorted(scales.credibility.items())
    )
    note = (
        "No official table of these numbers exists: they are assumptions, and a case may state "
        "others."
    )
    return (
        Table(
            "letters",
            "Letters of the Admiralty code: the source",
            (
                Column("code", "Letter"),
                Column("means", "Reliability"),
                Column("value", "Sound", percent, number=True),
            ),
            letters,
            lambda r: r["code"],
            note,
        ),
        Table(
            "digits",
            "Digits of the Admiralty code: the item",
            (
                Column("code", "Digit"),
                Column("means", "Credibility"),
                Column("value", "Believed, if surprising", percent, number=True),
            ),
            digits,
            lambda r: r["code"],
            "Digit 6 says nothing; 4 and 5 never support what they report.",
        ),
    )


def analysts(overlays: Mapping[str, Overlay]) -> Table:
    """Tabulate who changed which judgement.

    Parameters
    ----------
    overlays : dict of file name to Overlay
    """
    records = [
        {
            "analyst": overlay.analyst,
            "path": path,
            "stated": document.as_written(node),
            "why": overlay.why,
        }
        for overlay in overlays.values()
        for path, node in overlay.overrides.items()
    ]
    rows = tuple(record | {"row": str(i)} for i, record in enumerate(records, 1))
    columns = (
        Column("analyst", "Analyst", stated=True),
        Column("path", "Judgement", stated=True),
        Column("stated", "Stated as", stated=True),
        Column("why", "Why", stated=True),
    )
    return Table("analysts", "Judgements by analyst", columns, rows, lambda r: r["row"])


def analysts_alone(
    base: Case, overlays: Mapping[str, Overlay], forecast: Forecast, headlines: Sequence[str]
) -> Table:
    """Tabulate some outcomes as each analyst alone would have them.

    Parameters
    ----------
    base : Case
        Without overlays.
    overlays : dict of file name to Overlay
    forecast : Forecast
        With all of them.
    headlines : sequence of str
        The outcomes.
    """
    dates = forecast.network.as_of, forecast.network.resolve_by
    cases = {"case": base}
    for i, overlay in enumerate(overlays.values(), 1):
        cases[f"analyst-{i}"] = override(base, overlay.overrides, by=overlay.analyst)
    chances = {name: Network(case, *dates).posterior() for name, case in cases.items()}
    chances["together"] = {row.event: row.posterior for row in forecast.event_rows}
    records = tuple(
        {"event": event, "title": title_of(base, event)}
        | {name: posterior[event] for name, posterior in chances.items()}
        for event in headlines
    )
    headings = {"case": "As the case states it"}
    headings |= {f"analyst-{i}": f"{o.analyst} alone" for i, o in enumerate(overlays.values(), 1)}
    headings |= {"together": "All together"} if len(overlays) > 1 else {}
    columns = [Column("title", "Outcome", stated=True)]
    columns += [Column(name, told, percent, number=True) for name, told in headings.items()]
    note = "All together: the overlays one after the other, in the order given."
    return Table(
        "analysts-alone",
        "The answer by analyst",
        tuple(columns),
        records,
        event_of,
        note if len(overlays) > 1 else "",
    )


def corrections(case: Case) -> Table | None:
    """Tabulate the errors of sources that the case corrects; None without any."""
    if not case.corrections:
        return None
    records = tuple(asdict(one) | {"row": str(i)} for i, one in enumerate(case.corrections, 1))
    columns = (
        Column("said", "A source says", stated=True),
        Column("found", "We found, and used", stated=True),
        Column("reference", "Source", references),
    )
    caption = "Errors of sources, corrected here"
    return Table("corrections", caption, columns, records, lambda r: r["row"])


def unheard_of(case: Case) -> list[Part]:
    """Name the drivers of which nothing is known but their base rate."""
    names = [
        name
        for name, event in case.events.items()
        if event.role == "driver" and event.now is None and not facts_on(case, [name])
    ]
    parts: list[Part] = []
    for name in names:
        parts += [", "] if parts else []
        parts.append(Link(title_of(case, name), row_of(case, name)))
    return parts


def provenance_table(record: Sequence[provenance.Entry]) -> Table:
    """Tabulate what a report was made from."""
    return Table(
        "provenance",
        "What this report was made from",
        (Column("what", "What"), Column("value", "Value")),
        tuple(record),
        lambda entry: entry.name,
        "Digests are SHA-256. The same files with the same versions give the same bytes; "
        "forecasting report --check FILE.html builds it again and says what differs.",
    )


def event_of(record: Mapping) -> str:
    """Name a row by its event."""
    return record["event"]


def band(ends: tuple[float, float] | None) -> str:
    """Show the two ends of a range of probabilities.

    Examples
    --------
    >>> band((0.05, 0.3))
    '5.0% – 30%'
    """
    return "" if ends is None else f"{percent(ends[0])} – {percent(ends[1])}"


def _frequency(p: float) -> str:
    return f"{100 * p:.0f}" if 0.005 <= p <= 0.995 else f"{100 * p:.1f}"


def _stated(node: document.Node | None) -> str:
    """Write a judgement as the file states it."""
    return "" if node is None else document.as_written(node)
