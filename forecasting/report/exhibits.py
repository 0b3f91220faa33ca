"""A forecast goes in; the tables of its report come out.

Every number that a report shows stands in one of these tables or in ``reasons.py``, and its
sentences are read from them (``prose.py``). A table that would be empty is None.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, replace

from forecasting.answer.forecast import SOMETHING_ELSE, EventRow, Forecast, ScenarioRow
from forecasting.engine.network import DECIBANS, Network
from forecasting.file import document
from forecasting.file.case import Case, Event
from forecasting.file.case import Link as Moves
from forecasting.file.document import Node
from forecasting.file.propositions import event_of, label_of, title_of
from forecasting.file.quantities import MULTIPLIERS, claim_of
from forecasting.lexicon import CREDIBILITY, ICD_203, RELIABILITY, grade, percent
from forecasting.report import prose, provenance
from forecasting.tell.groups import (
    Group,
    groups,
    own_days,
    points_of,
    records_of,
    row_label,
    viewed,
)
from forecasting.tell.markup import joined
from forecasting.tell.table import Bar, Column, Link, Part, Stated, Table, columns, figure

KINDS = {
    "occurs": "comes about at least once by the date",
    "lasts": "stays true until the date",
    "state": "is true on the date",
}

# The same of an event with states; "Yes, if it" stands above the others.
ASKED = {
    "occurs": "the highest state that is reached by the date",
    "lasts": "the state that stays true until the date",
    "state": "the state that holds on the date",
    "first": "the state that comes about first by the date",
}

# Before what stands below the name of an event.
INDENT = "– "

# Sources of these letters are good ones.
GOOD_LETTERS = "AB"

# A push multiplies the odds by a tenth at least, or divides them; in decibans.
LEAST_PUSH = DECIBANS * math.log(1.1)

# How a judgement on the likelihood of a fact reads, and what else a judgement may say.
SEEN = {"if_yes": "{} if it is coming", "if_no": "{} if not", "likelihood_ratio": "{} times as "
        "likely if it is coming"}  # fmt: skip
JUDGED = {"if_yes": "{} if so,", "if_no": "{} if not", "unsure": "within a factor of {}",
          "within": "within {}", "confidence": "(confidence: {})"}  # fmt: skip

# What each degree of analytic confidence says of the basis of a judgement, in our words.
CONFIDENCE = {
    "high": "good sources that agree, and reasoning that holds for several reasons",
    "moderate": "sources that are credible, and leave room for another reading",
    "low": "few, weak or conflicting sources, or reasoning with gaps",
}


def stated(name: str, heading: str) -> Column:
    """Make a column of text that a case file states."""
    return Column(name, heading, stated=True)


def band(ends: tuple[float, float]) -> str:
    """Show the two ends of a range of probabilities.

    Examples
    --------
    >>> band((0.05, 0.3))
    '5.0 to 30%'
    """
    return f"{percent(ends[0]).removesuffix('%')} to {percent(ends[1])}"


def table(name, caption, shown, records, key, note="", hidden=()) -> Table | None:
    """Make a table, or None if there are no records."""
    records = tuple(records)
    return Table(tuple(shown), records, name, caption, key, note, hidden) if records else None


# --- the forecast ---------------------------------------------------------------------------------


def setting(forecast: Forecast) -> Table:
    """Tabulate the days of the forecast, and how its bands were made."""
    case, network = forecast.case, forecast.network
    days = [("as_of", "Day of the forecast"), ("resolve_by", "Day it looks to")]
    rows = [(n, what, prose.day(day)) for n, what in days if (day := getattr(network, n))]
    facts = network.known_facts()
    sources = {source for fact in facts for source in network.reports(fact)}
    told = {"facts": "evidence", "sources": "sources"}  # where they are listed, if there are any
    rows += [
        ("draws", "Draws behind the bands", f"{forecast.draws:,}"),
        ("events", "Events", str(len(case.events))),
        ("all-facts", "Facts that may bear on them", str(len(case.evidence))),
        ("facts", "Facts that are known, or reported, by then", str(len(facts))),
        ("sources", "Sources that report them", str(len(sources))),
    ]
    records = (
        {"name": name, "what": Link(what, told[name]) if facts and name in told else what}
        | {"value": value}
        for name, what, value in rows
    )
    shown = Column("what", "This forecast"), Column("value", "")
    return table("setting", "The forecast at a glance", shown, records, "name")


def events(
    forecast: Forecast, role: str, audience: str = "analyst", also: Sequence[str] = ()
) -> Table | None:
    """Tabulate outcomes or drivers, and some others, with what is known of each in a row."""
    case = forecast.case
    days = sorted({r.resolve_by for r in forecast.horizon_rows} - {forecast.network.resolve_by})
    found = _of_role(forecast, role, also)

    def linked(group: Group, row: EventRow | None) -> tuple[Part, ...]:
        name = Link(group.title, base_rate_of(case, group.event))
        if group.record.is_yes_no:
            return (name,)
        if row is not None:
            return INDENT, replace(name, text=row_label(case, row.event))
        told = [("", group.amount), ("confidence in its base rate: ", group.confidence)]
        return joined([(name,), *((words, Stated(text)) for words, text in told if text)])

    records = records_of(forecast, found, "linked", linked)
    shown = (
        Column("linked", role.capitalize()),
        *columns(EventRow, prior="Before the evidence", posterior="Forecast"),
        *([figure("band", "90% band", band)] if forecast.draws else []),
        Column("word", "In words"),
        *(figure(day.isoformat(), f"By {day}", percent) for day in days),
        figure("frequency", "Of 100 such cases", _frequency),
        Column("confidence", "Confidence in the base rate"),
    )
    if audience == "class":
        records = (one | {"frequency": one.get("posterior")} for one in records)
    told = (
        "90% band: where the forecast would move, with 90%, if the uncertain numbers were known. "
    )
    note = (
        "Before the evidence: the probability from base rates alone. Forecast: with the evidence "
        f"of this case; exact. {told if forecast.draws else ''}In words: ICD 203."
        f"{own_days(forecast)}"
    )
    hidden = columns(EventRow, low="", high="", title="")
    return table(f"{role}s", f"{role.capitalize()}s", shown, records, "event", note, hidden)


def _of_role(forecast: Forecast, role: str, also: Sequence[str]) -> list[Group]:
    """Find the outcomes, or the drivers, and the events of some other propositions."""
    heads = {event_of(name) for name in also}
    return [g for g in groups(forecast) if g.record.role == role or g.event in heads]


def amounts(forecast: Forecast, role: str, also: Sequence[str] = ()) -> Table | None:
    """Tabulate the points of the quantities among outcomes or drivers, and of some others."""
    if (made := points_of(_of_role(forecast, role, also), "")) is None:
        return None
    records = [
        one | {"what": (INDENT, Link(one["what"], base_rate_of(forecast.case, one["row"])))}
        if "head" not in one
        else one
        for one in made.records
    ]
    name = made.name if role == "outcome" else f"{made.name}-drivers"
    return replace(made, name=name, records=tuple(records))


def scenarios(forecast: Forecast) -> Table | None:
    """Tabulate the named scenarios, and the rest."""
    case, records = forecast.case, []
    for row in forecast.scenario_rows:
        named = case.scenarios.get(row.scenario)
        when = [
            (("not: " if holds is False else ""), Link(_held(case, event, holds), place))
            for event, holds in (named.when if named else {}).items()
            for place in (base_rate_of(case, event),)
        ]
        rest = (Link("none of the above", "base-rates"),) if row.scenario == SOMETHING_ELSE else ()
        told = {
            "name": row.scenario.replace(" ", "."),
            "when": joined(when) or rest,
            "why": named and named.why,
            "bar": chance_bar(asdict(row)),
        }
        records.append(asdict(row) | told)
    shown = (
        stated("title", "Scenario"),
        Column("bar", "Chance, and before the evidence"),
        Column("when", "What comes about"),
        *columns(ScenarioRow, prior="Before the evidence", posterior="Forecast"),
        stated("why", "What it describes"),
    )
    note = "Scenarios exclude each other; with the last row they sum to one."
    return table("scenarios", "Named scenarios", shown, records, "name", note)


def chance_bar(record: Mapping) -> Bar:
    """Draw a probability from 0 to 1, its band, and a mark where it was before the evidence."""
    before, now = record["prior"], record["posterior"]
    low, high = record.get("band", (0.0, 0.0))
    band = (("band", low, high),) if high > low else ()
    told = f"{percent(now)}, {percent(before)} before the evidence"
    return Bar((*band, ("now", 0.0, now), ("before", before, before)), told)


def _held(case: Case, name: str, holds: bool | tuple[str, ...]) -> str:
    """Name a proposition that holds or not, or the states of which one does."""
    if isinstance(holds, bool):
        return title_of(case, name)
    return f"{title_of(case, name)}: {' or '.join(label_of(case, f'{name}.{s}') for s in holds)}"


def basis(forecast: Forecast, events: Sequence[str]) -> Table | None:
    """Count the evidence behind some events: on itself, and on what moves it."""
    case, network, records = forecast.case, forecast.network, []
    known = network.known_facts()
    for name in events:
        movers = [network.event_names[k] for k in network.above([network.node(event=name)])]
        bearing = facts_on(case, movers)
        facts = [fact for fact in known if fact in bearing]
        reports = [report for fact in facts for report in network.reports(fact).values()]
        sources = {report.source for report in reports}
        good = [source for source in sources if (case.letter(source) or "F") in GOOD_LETTERS]
        counts = {"facts": len(facts), "reports": len(reports), "sources": len(sources)}
        counts["good"] = len(good)
        linked = to_base_rate(case, name)
        records.append({"event": name, "title": linked.text, "linked": linked} | counts)
    counted = [figure(count, count.capitalize()) for count in ("facts", "reports", "sources")]
    counted.append(figure("good", "of letter A or B"))
    note = "Facts that bear on the outcome or on what moves it, at whatever distance."
    caption = "How much evidence stands behind each outcome"
    return table("basis", caption, [Column("linked", "Outcome"), *counted], records, "event", note)


def facts_on(case: Case, events: Iterable[str]) -> set[str]:
    """Find the facts that bear on any of some events."""
    events = set(events)
    return {
        name
        for name, fact in case.evidence.items()
        if not events.isdisjoint(map(event_of, fact.events))
    }


def questions(case: Case, name: str, caption: str, events: Sequence[str]) -> Table | None:
    """Tabulate what is asked, and how it will be settled."""
    records, yes = [], not all(case.events[event].is_yes_no for event in events)
    for event in events:
        asked, rule = case.events[event], case.events[event].resolution
        told = []
        if rule is not None:
            told = [("", rule.criterion), ("Threshold: ", rule.threshold)]
            told += [("On the word of: ", rule.source)]
        told += [("Only if: ", asked.given and title_of(case, asked.given)), *_parts(case, event)]
        records.append(
            {
                "event": event,
                "title": title_of(case, event),
                "question": asked.question or title_of(case, event),
                "kind": _kind(asked, yes).replace("the date", str(asked.resolve_by or "the date")),
                "settled": joined([(label, Stated(text)) for label, text in told if text]),
            }
        )
    shown = (
        stated("title", "Outcome"),
        stated("question", "Question"),
        Column("kind", "Answer" if yes else "Yes, if it"),
        Column("settled", "How it is settled"),
    )
    return table(name, caption, shown, records, "event")


def _kind(asked: Event, yes: bool) -> str:
    """Say what the answer to a question is; after "yes, if it" where others are no yes or no."""
    if asked.is_yes_no:
        return f"{'yes, if it ' if yes else ''}{KINDS[asked.kind]}"
    return "an amount" if asked.quantity else ASKED[asked.kind]


def _parts(case: Case, event: str) -> list[tuple[str, str]]:
    """List what an answer may be: states, the unit of an amount, and cuts."""
    asked, told = case.events[event], []
    if asked.states:
        order = "From low to high: " if asked.ordered else "One of: "
        told.append((order, "; ".join(asked.states.values())))
    if asked.quantity:
        whole = ", whole numbers" if asked.quantity.whole else ""
        told.append(("Counted in: ", f"{asked.quantity.unit or 'no unit'}{whole}"))
    told += [("Also told: ", label_of(case, f"{event}.{cut}")) for cut in asked.cuts]
    return told


def views(forecast: Forecast) -> Iterator[Table]:
    """Tabulate what others hold, beside the forecast."""
    shown = (
        stated("title", "Outcome"),
        stated("held", "In words or numbers"),
        *columns(EventRow, posterior="Forecast"),
    )
    for viewer, records in viewed(forecast):
        yield table(f"views-{viewer}", f"What {viewer} holds", shown, records, "event")


# --- what the words mean --------------------------------------------------------------------------


def meanings() -> tuple[Table, Table]:
    """Tabulate the words for likelihood and those for confidence."""
    likelihood = (
        {"name": word.replace(" ", "-"), "word": word, "low": low, "high": high}
        for word, low, high in ICD_203
    )
    confidence = ({"degree": degree, "means": means} for degree, means in CONFIDENCE.items())
    return (
        table(
            "words",
            "Words for likelihood (ICD 203, first row)",
            (Column("word", "Word"), figure("low", "from", percent), figure("high", "to", percent)),
            likelihood,
            "name",
            "A probability on the border takes the word nearer to an even chance. Below 1% and "
            "above 99% the scale has no word.",
        ),
        table(
            "confidence",
            "Words for confidence",
            (Column("degree", "Confidence"), Column("means", "The judgement rests on")),
            confidence,
            "degree",
            "Confidence tells how good the basis of a judgement is. It is not a probability, and "
            "not the width of a band.",
        ),
    )


def grades(case: Case) -> tuple[Table, Table]:
    """Tabulate what the letters and digits of the Admiralty code stand for in this case."""

    def scale(name, what, heading, means, values, worth, note):
        records = (
            {"code": code, "means": means[code], "value": float(one.mean)}
            for code, one in sorted(values.items())
        )
        shown = Column("code", what), Column("means", heading), figure("value", worth, percent)
        about = "source" if name == "letters" else "item"
        caption = f"{what}s of the Admiralty code: the {about}"
        return table(name, caption, shown, records, "code", note)

    ours = "No official table of these numbers exists: they are assumptions; a case may state its "
    digits = "Digit 6 says nothing; 4 and 5 never support what they report."
    held = case.scales
    return (
        scale("letters", "Letter", "Reliability", RELIABILITY, held.reliability, "Sound",
              f"{ours}own."),
        scale("digits", "Digit", "Credibility", CREDIBILITY, held.credibility,
              "Believed, if surprising", digits),
    )  # fmt: skip


# --- evidence -------------------------------------------------------------------------------------


def base_rate_of(case: Case, event: str) -> str:
    """Name the row of an event's base rate, for links to it."""
    event = event_of(event)
    return f"base-rates{'' if case.events[event].role == 'outcome' else '-drivers'}.{event}"


def to_base_rate(case: Case, name: str) -> Link:
    """Name a proposition, with a link to what it starts from."""
    return Link(title_of(case, name), base_rate_of(case, name))


def source_of(case: Case, path: str) -> str:
    """Name the row that says why a number of the case, found by its key path, is what it is."""
    kind, name, *_ = path.split(".")
    if kind == "events":
        return base_rate_of(case, name)
    if kind == "links":
        return next(row for row in map(link_row, case.links) if path.startswith(f"{row}."))
    return f"{kind}.{name}"


def link_row(link: Moves) -> str:
    """Name the row of a link between events."""
    return f"links.{link.source}.{link.target}"


def row_of(case: Case, event: str) -> str:
    """Name the row of an event in the table of outcomes or of drivers, for links to it."""
    return f"{case.events[event_of(event)].role}s.{event}"


def evidence(forecast: Forecast) -> Table | None:
    """Tabulate every fact: what it bears on, who reported it, and what it is worth."""
    case, records = forecast.case, []
    weights, belief = forecast.network.weights_alone(), forecast.network.facts()
    for fact in forecast.network.known_facts():
        item = case.evidence[fact]
        claim = [(Stated(claim_of(case, fact)),), *([(str(item.date),)] if item.date else [])]
        alone = [
            (*(_part_of(case, fact, e)), push(case, weights[fact, e]))
            for e in forecast.network.asked_of(item.events)
            if (fact, e) in weights
        ]
        records.append(
            {
                "fact": fact,
                "claim": joined(claim),
                "bears": joined(_bearing(case, fact)),
                "reported": joined(_reported(forecast, fact)),
                "believed": belief[fact],
                "alone": joined(alone),
            }
        )
    shown = (
        Column("claim", "Fact"),
        Column("bears", "Bears on, how likely it was to be seen, and why"),
        Column("reported", "Reported by, with its grade"),
        figure("believed", "Held true", percent),
        Column("alone", "By itself", tuple),
    )
    note = (
        "Bears on: how likely it was that we would see this, if the event is coming and if "
        "it is not. Held true: the probability of the fact itself, from all its reports. By "
        "itself: how far it would move the event if it were all the evidence, in the nearest of "
        "the case's words for a factor on the odds."
    )
    return table("evidence", "Evidence", shown, records, "fact", note)


def judged(node: Node) -> str:
    """Write a judgement of a case file as a reader would say it, its numbers as they were written.

    Examples
    --------
    >>> from forecasting.file.document import read
    >>> for text in ("{low: 5%, high: 20%, within: 12 months}", "{seen: 3, of: 30}", "{raises: 2}"):
    ...     print(judged(read(text, "x")))
    5 to 20% within 12 months
    3 of 30 cases
    raises the odds 2 times
    """
    if node.is_list:
        return ", ".join(map(judged, node.value))
    if not node.is_map:
        return document.as_written(node) if node.plain else str(node.value)
    held, told = {key: judged(one) for key, one in node.value.items()}, []
    if {"low", "high"} <= held.keys():
        low, best, high = (held.pop(key, "") for key in ("low", "best", "high"))
        low = low.removesuffix("%") if high.endswith("%") else low
        told.append(f"{low} to {high}{f', best {best}' if best else ''}")
    if {"seen", "of"} <= held.keys():
        told.append(f"{held.pop('seen')} of {held.pop('of')} cases")
    if "beta" in held:
        yes, no = map(judged, node.value["beta"].value)
        told.append(f"as after {yes} cases with it and {no} without")
        del held["beta"]
    for key in [key for key in MULTIPLIERS if key in held]:
        times = held.pop(key)
        verb = f"{key} the odds" if key != "odds" else "multiplies the odds by"
        told.append(f"{verb} {times}{'' if key == 'odds' or times.isalpha() else ' times'}")
    for key, words in JUDGED.items():
        told += [words.format(held.pop(key))] if key in held else []
    told += [f"{key.replace('_', ' ')}: {one}" for key, one in held.items()]
    return " ".join(told)


def by_part(case: Case, event: str, *place: str) -> str:
    """Give what a case states by state or cut, each by its label."""
    node = document.at(case.node, place)
    if not node.is_map or case.events[event].is_yes_no:
        return judged(node)
    return "; ".join(
        f"{part if part == 'otherwise' else label_of(case, f'{event}.{part}')} {judged(one)}"
        for part, one in node.value.items()
    )


def push(case: Case, decibans: float) -> str:
    """Say how strongly, and which way, something pushes; less than a tenth on the odds is none."""
    if abs(decibans) < LEAST_PUSH:
        return "next to nothing"
    words = {word: abs(float(odds.log_median)) for word, odds in case.scales.odds.items()}
    weight = abs(decibans) / DECIBANS
    nearest = min(words, key=lambda word: (abs(words[word] - weight), -words[word]))
    return f"{nearest} push {'up' if decibans > 0 else 'down'}"


def _part_of(case: Case, fact: str, name: str) -> tuple[Part, ...]:
    """Name a state or a cut, where a fact bears on its event as a whole."""
    if name in case.evidence[fact].events:
        return ()
    return Stated(label_of(case, name)), ": "


def _bearing(case: Case, fact: str) -> list[tuple[Part, ...]]:
    """Say on which events a fact bears, how strongly, and why."""
    item = case.evidence[fact]

    def on(event: str, text: str) -> tuple[Part, ...]:
        return Link(title_of(case, event), row_of(case, event)), ": ", Stated(text)

    if isinstance(item.bears_on, str):
        told = ", ".join(
            words.format(judged(document.at(case.node, ("evidence", fact, name))))
            for name, words in SEEN.items()
            if getattr(item, name) is not None
        )
        if item.if_ is not None:
            told = by_part(case, event_of(item.bears_on), "evidence", fact, "if")
        rows = [on(item.bears_on, told)]
    else:
        rows = [on(event, judged(push.node)) for event, push in item.bears_on.items()]
        chance = document.at(case.node, ("evidence", fact, "chance"))
        rows.append(("how common: ", Stated(judged(chance))))
    return [*rows, (Stated(item.why),)] if item.why else rows


def _reported(forecast: Forecast, fact: str) -> list[tuple[Part, ...]]:
    """Say who reported a fact, with which grade and when, and where that is written."""
    case, network, item = forecast.case, forecast.network, forecast.case.evidence[fact]
    rows: list[tuple[Part, ...]] = []
    for source, report in network.reports(fact).items():
        title = case.sources[source].title or source
        row: list[Part] = ["" if report.says else "denied by ", Link(title, f"sources.{source}")]
        if report.grade:
            letter, digit = report.grade.letter, report.grade.digit
            row.append(f", {letter}{digit or ''} ({grade(letter, digit)})")
        if report.hit is not None:
            hit, false = (judged(report.node.value[k]) for k in ("hit", "false"))
            row.append(Stated(f", would say so if true {hit}, if false {false}"))
        row += [f", {report.date}"] if report.date else []
        row += [", ", *references(report.reference, ", ")] if report.reference else []
        rows.append(tuple(row))
    if item.status in ("confirmed", "absent") and network.exists(fact):
        seen = "seen by the author" if item.status == "confirmed" else "seen not to be so"
        rows.append((seen,))
    return [*rows, ("Source: ", *references(item.reference, ", "))] if item.reference else rows


def references(names: Sequence[str], by: str = "\n") -> tuple[Part, ...]:
    """Name references, each a link to its place in the list."""
    return joined([(Link(name, f"ref-{name}"),) for name in names], by)


def sources(forecast: Forecast) -> Table | None:
    """Tabulate who reported something that counts, and how far each is to be trusted."""
    case, network, records = forecast.case, forecast.network, []
    soundness = network.soundness()
    used = [source for fact in network.known_facts() for source in network.reports(fact)]
    for name in (name for name in case.sources if name in used):
        source, letter = case.sources[name], case.letter(name)
        records.append(
            {
                "source": name,
                "title": source.title or name,
                "letter": f"{letter}, {RELIABILITY[letter]}",
                "prior": float(case.scales.reliability[letter].mean),
                "posterior": soundness[name],
                "facts": used.count(name),
                "interest": source.interest,
                "reference": source.reference,
            }
        )
    shown = (
        stated("title", "Source"),
        Column("letter", "Reliability"),
        figure("prior", "Sound, by its letter", percent),
        figure("posterior", "Sound, after all reports", percent),
        figure("facts", "Facts"),
        stated("interest", "What it may want us to believe"),
        Column("reference", "Source", references),
    )
    note = "The reports of one source stand or fall together."
    return table("sources", "Sources", shown, records, "source", note)


def corrections(case: Case) -> Table | None:
    """Tabulate the errors of sources that the case corrects."""
    records = (asdict(one) | {"row": i} for i, one in enumerate(case.corrections, 1))
    shown = (
        stated("said", "A source says"),
        stated("found", "We found, and used"),
        Column("reference", "Source", references),
    )
    caption = "Errors of sources, corrected here"
    return table("corrections", caption, shown, records, "row")


def unheard_of(network: Network) -> tuple[Part, ...]:
    """Name the drivers of which nothing is known but their base rate."""
    case = network.case
    names = [
        name
        for name, event in case.events.items()
        if event.role == "driver"
        and event.now is None
        and not network.settled(event)
        and not facts_on(case, [name])
    ]
    return joined([(Link(title_of(case, name), row_of(case, name)),) for name in names], ", ")


def record(entries: Sequence[provenance.Entry]) -> Table | None:
    """Tabulate what a report was made from."""
    shown = Column("what", "What"), Column("value", "Value")
    note = (
        "Digests are SHA-256. The same files with the same versions give the same bytes; "
        "forecasting report --check FILE.html builds it again and says what differs."
    )
    caption = "What this report was made from"
    return table("provenance", caption, shown, entries, "name", note)


def _frequency(p: float) -> str:
    return f"{100 * p:.0f}" if 0.005 <= p <= 0.995 else percent(p).removesuffix("%")
