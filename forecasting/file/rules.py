"""The records of a case go in; the problems that no single value shows are noted.

Names that lead nowhere, circles, tables with rows missing, dates in the wrong order, links and
evidence stated in two ways or in none, scenarios that overlap.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from graphlib import CycleError, TopologicalSorter
from itertools import combinations, product

from forecasting.errors import Problem, nearest
from forecasting.file import models, propositions
from forecasting.file.document import Node
from forecasting.file.kinds import partition
from forecasting.file.propositions import event_of
from forecasting.file.records import Record, entries, walk
from forecasting.file.states import Row, parts_are_known, parts_of, rows_of, unknown_part
from forecasting.file.values import BAD, Reading, written
from forecasting.lexicon import counted

# More parents make tables of thousands of rows, and a judgement nobody can hold in mind.
MAX_PARENTS = 12

# No table may have more cells.
MAX_CELLS = 100_000

# Ways to state a multiplier on odds; a link, or a bearing of a fact, takes exactly one.
MULTIPLIER = (("raises",), ("lowers",), ("odds",), ("if_yes", "if_no"))

# Sections whose entries other parts of a file refer to by name.
NAMED = {"events": "event", "references": "reference", "sources": "source"}


def check(case, reading: Reading) -> None:
    """Check what no single value can show: cycles, tables, dates, scenarios."""
    for one in (
        _check_dates,
        _check_events,
        _check_links,
        _check_cycles,
        _check_evidence,
        _check_sizes,
        _check_scenarios,
        _check_views,
    ):
        one(case, reading)


def _good(entries: Mapping) -> dict:
    return {name: record for name, record in entries.items() if record is not BAD}


def check_names(record: Record, node: Node, reading: Reading) -> None:
    """Look up every name that is declared to stand in a section of the file."""
    names = {section: _names(node, section, reading) for section in NAMED}
    before, unknown = len(reading.problems), set()
    parts = cache(lambda event: parts_of(node.value["events"].value[event]))
    for reader, child, path in walk(record, node):
        section, place = getattr(reader, "section", None), ".".join(path)
        if section is None or names[section] is None:
            continue
        for item in child.value if child.is_list else (child,):
            form = getattr(reader, "one", reader).FORM
            if not item.is_text or not form.fullmatch(item.value):
                continue  # what is no name at all has been called so
            head, _, part = item.value.partition(".")
            if head not in names[section]:
                hint = nearest(head, names[section]) or f"add it under {section}:"
                problem = f"there is no {NAMED[section]} of this name"
                if place.endswith(f".{item.value}"):
                    unknown.add(place)
                reading.reject(item, place, problem, None, hint)
            elif part:
                known = parts(head)
                if known is not None and part not in known:
                    unknown_part(item, place, part, known, reading, of=head)
    # What may stand under a name is known only when the name is.
    reading.problems[:before] = [
        one for one in reading.problems[:before] if one.place not in unknown
    ]


def _names(node, section, reading):
    """List the names in a section, or None where the section itself cannot be read."""
    if section in node.value:
        return list(node.value[section].value) if node.value[section].is_map else None
    # Missing, or there under a mistyped name: then that is the one thing to mend.
    mistyped = nearest(section, [problem.place for problem in reading.problems])
    return None if section == "events" or mistyped else []


def _check_dates(case, reading):
    if case.as_of is None:
        return
    days = [("resolve_by", case.resolve_by)]
    days += [(f"horizons.{i}", day) for i, day in enumerate(case.horizons)]
    for name, event in _good(case.events).items():
        days.append((f"events.{name}.resolve_by", event.resolve_by))
    for place, day in days:
        if day and day.last <= case.as_of.last:
            accepted = f"a date after {case.as_of}"
            reading.about(case.node, "")(place, "must be later than as_of", accepted)


def _check_events(case, reading):
    if not case.node.value["events"].value:
        accepted = "at least one event with its base_rate"
        reading.about(case.node, "")("events", "there is no event", accepted)
    for name, event in _good(case.events).items():
        wrong = reading.about(event.node, f"events.{name}")
        if event.table is not None:
            _check_table(case, name, event, reading)
        elif event.base_rate is None:
            accepted = "base_rate: {low: 10%, high: 30%, within: 12 months}, or parents and table"
            wrong("", "an event needs a base_rate or a table", accepted)
        elif event.parents is not None:
            hint = "for a link, write it under links:"
            wrong("parents", "parents go with a table", None, hint)
        if event.base_rate is not None:
            _check_base_rate(case, event, wrong)
        if event.given is not None:
            _is_proposition(case, event.given, "given", wrong)
        if event.happened and event.ruled_out:
            problem = "an event cannot have happened and be ruled out"
            wrong("ruled_out", problem, "one of the two")


def _check_base_rate(case, event, wrong):
    """Check that a period, or a model of windows, has dates and an event that comes about."""
    dated = case.as_of is not None and (case.resolve_by or event.resolve_by) is not None
    both = "both dates, at the top of the file"
    spec, path = event.base_rate.model, "base_rate.within"
    if event.base_rate.within is not None:
        if event.kind == "state":
            problem = "a state is true on one day; it has no period"
            hint = "or kind: occurs, for something that happens by a date"
            if event.states and not event.ordered:
                hint = "or kind: first, for which comes about first by a date"
            wrong(path, problem, "base_rate without within", hint)
        elif not dated:
            wrong(path, "a period needs as_of and resolve_by", both)
    if spec is not None and models.MODELS[spec.model].windows:
        path = "base_rate.model"
        if event.quantity is None and event.kind != "occurs":
            problem = "predicts that something comes about; this event is of kind"
            wrong(path, f"{problem} {event.kind}", "kind: occurs, or another base rate")
        elif not dated:
            wrong(path, "a window needs as_of and resolve_by", both)


def _check_table(case, name, event, reading):
    wrong = reading.about(event.node, f"events.{name}")
    if event.base_rate is not None:
        wrong("table", "takes the place of a base rate", "a base_rate or a table, not both")
    for i, link in enumerate(case.links):
        if link is not BAD and event_of(link.target) == name:
            hint = f"add {link.source} to the parents of {name}, or give {name} a base_rate"
            problem = "leads to an event that has a table"
            reading.reject(link.node, f"links.{i}", problem, None, hint)
    parents = event.parents or ()
    if len({*parents}) < len(parents):
        wrong("parents", "a parent is named twice", "each parent once")
    elif len(parents) > MAX_PARENTS:
        wrong("parents", "too many parents", f"at most {MAX_PARENTS}")
    elif not parents and {*event.table} != {""}:
        accepted = "parents: [first_event, second_event], or a base_rate in place of the table"
        wrong("", "a table needs parents", accepted)
    elif said := [parent for parent in parents if _is_decided(case, parent, event.given)]:
        hint = "leave it out of the parents: the rows hold given that it comes about"
        wrong("parents", f"{said[0]} is already the condition of {name}", None, hint)
    elif all(_has_rows(case, parent, wrong) for parent in parents) and (
        math.prod(len(_words(case, parent)) for parent in parents) <= MAX_CELLS
    ):
        _check_rows(case, name, event, f"events.{name}.table", reading)


def _check_rows(case, name, event, place, reading):
    """Check that a table has a row for each combination of its parents, once."""
    parents = event.parents or ()
    due = {", ".join(row) for row in product(*(_words(case, name) for name in parents))}
    table = event.node.value["table"]
    if [*rows_of(event.node).values()] == [("table",)]:
        return  # written bare, without a row's words
    written: dict[str, Node] = {}
    none_is_due = due.isdisjoint(map(Row.spelled, table.keys))
    for text, node in table.keys.items():
        row = Row.spelled(text)
        if row in written:
            accepted = f"each row once (the first is on line {written[row].line})"
            reading.reject(node, f"{place}.{text}", "this row is written twice", accepted)
        elif row in event.table and row not in due:  # if it is no row at all, its reader said so
            _reject_row(case, parents, node, row, f"{place}.{text}", reading)
            if none_is_due:
                return
        written.setdefault(row, node)
    missing = sorted(due - written.keys())
    if missing and due.issuperset(written) and (rows := missing_rows(case, name)):
        found = f"{len(due) - len(missing)} of {len(due)} rows"
        reading.note(rows_missing(case, name, rows, found))


def _reject_row(case, parents, node, row, place, reading):
    words = row.split(", ") if row else []
    if len(words) != len(parents):
        due = product(*(_words(case, parent) for parent in parents))
        accepted = "one of " + "; ".join(f'"{", ".join(one)}"' for one in sorted(due)[:8])
        reading.reject(node, place, f"not a row for {counted(len(parents), 'parent')}", accepted)
        return
    pairs = zip(words, parents, strict=True)
    word, parent = next(pair for pair in pairs if pair[0] not in _words(case, pair[1]))
    known = _words(case, parent)
    if known == ("yes", "no"):
        reading.reject(node, place, Row.PROBLEM, Row.ACCEPTED)
    else:
        unknown_part(node, place, word, known, reading, of=parent)


def missing_rows(case, name: str) -> list[str]:
    """List the rows that the table of an event leaves out although they may be needed.

    A row is not needed where its words exclude each other, or the condition of the event or of a
    parent. Whether it has probability 0 for another reason, as a table above may say, only the
    network tells: of an event below such a table none is listed.
    """
    event = case.events[name]
    parents = event.parents or ()
    above = [one for one in _all_above(case, name) if case.events[one] and case.events[one].table]
    if any(_has_certainty(case.events[one].table) for one in above):
        return []
    rows = product(*(_words(case, parent) for parent in parents))
    return [
        ", ".join(row)
        for row in rows
        if ", ".join(row) not in event.table and _may_be(case, name, zip(parents, row, strict=True))
    ]


def _may_be(case, name, row: Iterable[tuple[str, str]]) -> bool:
    """Tell whether wording allows a row of a table, of parents and words, to be needed."""
    event = case.events[name]
    when = [(parent, {"yes": True, "no": False}.get(word, (word,))) for parent, word in row]
    given = [(event.given, True)] if event.given else []
    return all(propositions.left(case, [*when, *given]).values())


def rows_missing(case, name: str, rows: list[str], found: str | None = None) -> Problem:
    """Say that a table leaves out rows which are needed."""
    table = case.events[name].node.value["table"]
    accepted = "also " + "; ".join(f'"{row}"' for row in sorted(rows)[:8])
    place, found = f"events.{name}.table", found or table.describe()
    return Problem("rows are missing", table.file, table.line, place, found, accepted)


def _words(case, parent: str) -> tuple[str, ...]:
    """List what a row may say of a parent: its states, or yes and no."""
    event = case.events.get(parent)
    return tuple(event.states) if event and event.states else ("yes", "no")


def _has_rows(case, parent: str, wrong) -> bool:
    """Check that a parent has words for rows, which an amount as a whole has not."""
    if not case.events.get(event_of(parent)):
        return False  # missing or unreadable, and called so
    event = case.events.get(parent)
    return not event or event.quantity is None or _is_proposition(case, parent, "parents", wrong)


def _is_proposition(case, name: str, path, wrong) -> bool:
    """Check that a name says which states are meant, where there is a choice."""
    event = case.events.get(name)
    if not event or event.is_yes_no:
        return True
    what = "has states" if event.states else "is an amount"
    parts = [f"{name}.{part}" for part in event.parts]
    accepted = " or ".join(parts[:8]) or f"a cut of it, named under events.{name}.cuts"
    wrong(path, f"{name} {what}: which part of it is meant?", accepted, found=name)
    return False


def _is_decided(case, name: str, given: str | None) -> bool:
    """Tell whether a proposition is always true, or never, where a condition holds."""
    if given is None:
        return False
    one, condition = propositions.find(case, name), propositions.find(case, given)
    if one is None or condition is None or one.event != condition.event:
        return name == given
    inside = {*one.states} & {*condition.states}
    return not inside or inside == {*condition.states}


def _one_multiplier(node: Node) -> str | None:
    """Say what is wrong with how a multiplier is stated, if anything."""
    stated = [way for way in MULTIPLIER if node.value.keys() & {*way}]
    if len(stated) != 1:
        return "needs exactly one of raises, lowers, odds, or if_yes with if_no"
    return None if node.value.keys() >= {*stated[0]} else "needs both if_yes and if_no"


def _check_links(case, reading):
    seen: dict[str, tuple[str, str]] = {}  # by the path that overlays and tables call it by
    incoming: dict[str, set[str]] = {}
    for i, link in enumerate(case.links):
        if link is BAD:
            continue
        wrong = reading.about(link.node, f"links.{i}")
        if problem := _one_multiplier(link.node):
            wrong("", f"a link {problem}", "such as raises: {low: 2, high: 6}")
        pair = (link.source, link.target)
        path, told = ".".join(pair), " -> ".join(pair)
        if pair == seen.get(path):
            accepted = "one link from one event to another"
            wrong("", "this link is written twice", accepted, found=told)
        elif path in seen:
            problem = f"its path links.{path} is also that of {' -> '.join(seen[path])}"
            wrong("", problem, "another name for one of the events", found=told)
        seen.setdefault(path, pair)
        source, target = map(event_of, pair)
        known = incoming.setdefault(target, set())
        if source not in known and len(known) == MAX_PARENTS:
            wrong("", f"too many links lead to {target}", f"at most {MAX_PARENTS}")
        known.add(source)
        _is_proposition(case, link.source, "from", wrong)
        _check_receiver(case, link.target, wrong)
        event = _good(case.events).get(target)
        if event and _is_decided(case, link.source, event.given):
            hint = "remove the link: its base rate holds given that condition"
            wrong("", f"{link.source} is already the condition of {target}", None, hint)


def _check_receiver(case, name: str, wrong):
    """Check that a link can move what it leads to."""
    head, _, part = name.partition(".")
    event = case.events.get(head)
    known = event and (not part or propositions.part_states(event, part))
    if not known or propositions.receiver(case, name) is not None:
        return None
    if event.is_yes_no:
        return wrong("to", "a link moves the event itself", head, found=name)
    if event.states and not event.ordered:
        problem, accepted = (
            "which state does this link move?",
            " or ".join(f"{head}.{state}" for state in event.states),
        )
        return wrong("to", problem, accepted, found=name)
    problem = "a link moves all steps of it together"
    if part in event.cuts:
        problem = "a link cannot move a part that has an end on both sides"
    accepted = f"{head}, or a cut of it with >= or <="
    return wrong("to", problem, accepted, found=name)


def _check_cycles(case, reading):
    upwards = TopologicalSorter(dict.fromkeys(_good(case.events), ()))
    for name, event in _good(case.events).items():
        for parent in _above(case, name, event):
            upwards.add(parent, name)
    try:
        upwards.prepare()
    except CycleError as error:
        ring = error.args[1][::-1]
        problem = "events move each other in a circle"
        accepted = "links, parents and conditions that never lead back"
        wrong = reading.about(case.events[ring[1]].node, f"events.{ring[1]}")
        wrong("", problem, accepted, found=" -> ".join(ring), in_full=True)


def _above(case, name, event) -> list[str]:
    """List the events that move an event, without those that are not there."""
    links = [link.source for link in filter(bool, case.links) if event_of(link.target) == name]
    above = [*links, *(event.parents or ()), *([event.given] if event.given else [])]
    return [parent for parent in map(event_of, above) if parent in case.events]


def _all_above(case, name) -> list[str]:
    """List all events on which an event hangs, the nearest first."""
    found = [name]
    for one in found:  # which grows
        event = case.events[one]
        found += [
            other for other in (_above(case, one, event) if event else ()) if other not in found
        ]
    return found[1:]


def _check_evidence(case, reading):
    letters: dict[str, tuple[str, str]] = {}
    reports = []
    for name, fact in _good(case.evidence).items():
        wrong = reading.about(fact.node, f"evidence.{name}")
        _check_likelihoods(case, fact, f"evidence.{name}", reading)
        if fact.status is None and not fact.reports:
            problem = "how do we know of it? evidence needs reports or a status"
            grade = "reports: [{source: NAME, grade: B2}]"
            wrong("", problem, f"{grade}, or status: confirmed, absent or pending")
        for i, report in enumerate(fact.reports):
            if report is not BAD:
                place = f"evidence.{name}.reports.{i}"
                reports.append((report, place))
                _check_report(fact, report, place, letters, reading)
    graded = _graded_sources(case.node) if reports else set()
    for report, place in reports:
        if report.hit is not None and report.source not in graded:
            graded.add(report.source)
            problem = "the reliability of this source is not stated"
            found, accepted = "no letter on any of its reports", "grade: B, or grade: B2"
            reading.reject(report.node, f"{place}.grade", problem, accepted, found=found)


def _graded_sources(node) -> set[str]:
    """List the sources with a grade on a report, even one that cannot be read."""
    reports = [
        report.value
        for _, fact, _ in entries(node.value["evidence"])
        if fact.is_map and "reports" in fact.value
        for _, report, _ in entries(fact.value["reports"])
        if report.is_map and {"grade", "source"} <= report.value.keys()
    ]
    return {report["source"].value for report in reports if report["source"].is_text}


def _check_likelihoods(case, fact, place, reading):
    wrong = reading.about(fact.node, place)
    pair = [fact.if_yes is not None, fact.if_no is not None]
    ratio, found = fact.likelihood_ratio is not None, ", ".join(fact.node.value)
    if isinstance(fact.bears_on, str):
        if fact.chance is not None:
            problem = "chance is for a fact that bears on several events"
            return wrong("", problem, "if_yes and if_no")
        event = case.events.get(fact.bears_on)
        if fact.if_ is not None:
            return _check_if(case, fact, place, wrong, reading)
        if event and not event.is_yes_no:
            parts = [f"{fact.bears_on}.{part}" for part in event.parts]
            problem = f"{fact.bears_on} is no yes or no: say how likely the fact is in each part"
            accepted = "if: {STATE: 60%, otherwise: 20%}; or bears_on: " + " or ".join(parts[:4])
            return wrong("", problem, accepted, found=found)
        if any(pair) if ratio else not all(pair):
            problem = "needs if_yes and if_no, or a likelihood_ratio alone"
            wrong("", problem, "if_yes: 60% and if_no: 20%", found=found)
        return None
    if not 0 < len({event_of(name) for name in fact.node.value["bears_on"].value}) <= MAX_PARENTS:
        problem = "bears on too many events, or on none"
        wrong("bears_on", problem, f"1 to {MAX_PARENTS} events")
    elif any(pair) or ratio or fact.if_ is not None:
        problem = "bears on several events, so each takes its own multiplier"
        accepted = "chance: 40% and bears_on: {first_event: {raises: 2}}"
        wrong("", problem, accepted, found=found)
    elif fact.chance is None:
        problem = "needs its chance, as it bears on several events"
        wrong("", problem, "chance: 40%", found=found)
    for event, push in fact.bears_on.items():
        if push is not BAD and (problem := _one_multiplier(push.node)):
            reading.reject(push.node, f"{place}.bears_on.{event}", problem, "such as raises: 2")
        _is_proposition(case, event, ("bears_on", event), wrong)
    return None


def _check_if(case, fact, place, wrong, reading):
    """Check what is said of a fact by state or cut."""
    event = _good(case.events).get(fact.bears_on)
    others = {"if_yes", "if_no", "likelihood_ratio"} & fact.node.value.keys()
    if others:
        found = ", ".join(fact.node.value)
        return wrong("", "if takes the place of the other ways", "if alone", found=found)
    if "." in fact.bears_on:
        problem = "if goes with the whole event, of which it names states or cuts"
        return wrong("bears_on", problem, event_of(fact.bears_on))
    if event is None:
        return None
    if event.is_yes_no:
        problem = "if is for an event with states, or an amount"
        return wrong("if", problem, "if_yes: 60% and if_no: 20%")
    known = (*event.parts, "otherwise")
    if parts_are_known(fact.node.value["if"], f"{place}.if", reading, known):
        partition(event, fact.if_, "if", wrong)
    return None


def _check_report(fact, report, place, letters, reading):
    wrong = reading.about(report.node, place)
    digit = report.grade.digit if report.grade else None
    expert = [report.hit is not None, report.false is not None]
    found = ", ".join(report.node.value)
    if any(expert) and not all(expert):
        wrong("", "hit and false go together", "both, or a grade such as B2", found=found)
    elif all(expert) and digit:
        letter = report.grade.letter
        problem = "hit and false take the place of the grade's digit"
        wrong("", problem, f"grade: {letter}", found=f"{letter}{digit} with hit and false")
    elif not any(expert) and not digit:
        wrong("", "needs a grade with its digit", "grade: B2", found=found)
    if report.grade:
        letter, first = letters.setdefault(report.source, (report.grade.letter, place))
        if letter != report.grade.letter:
            accepted = f"{letter}, as at {first}; the digit may differ"
            wrong("grade", "a source has one letter in a case", accepted)
    if report.date and fact.date and report.date.last < fact.date.first:
        hint = f"or correct the date of {place.split('.')[1]}"
        wrong("date", "reported before it came about", f"{fact.date} or later", hint)


def _check_sizes(case, reading):
    """Check that no table of the network grows beyond what can be computed with."""
    events = _good(case.events)
    sizes = {name: len(propositions.states_of(event)) for name, event in events.items()}

    def check(own, above, wrong):
        cells = own * math.prod(sizes.get(one, 1) for one in {*above})
        if cells > MAX_CELLS:
            problem = "its table is too large: too many states above it, or of its own"
            wrong("", problem, f"at most {MAX_CELLS:,} cells", found=f"{cells:,}")

    for name, event in events.items():
        above = [one for one in _above(case, name, event) if one != name]
        check(sizes[name], above, reading.about(event.node, f"events.{name}"))
    for name, fact in _good(case.evidence).items():
        check(2, map(event_of, fact.events), reading.about(fact.node, f"evidence.{name}"))


def _check_views(case, reading):
    for who, held in case.views.items():
        if held is not BAD:
            wrong = reading.about(case.node.value["views"].value[who], f"views.{who}")
            for name in held:
                _is_proposition(case, name, (name,), wrong)


def _check_scenarios(case, reading):
    for name, scenario in _good(case.scenarios).items():
        node = scenario.node.value["when"]
        if not node.value:
            reading.reject(node, f"scenarios.{name}.when", "names no event", "{event: yes}")
        for key, holds in scenario.when.items():
            if isinstance(holds, bool):
                wrong = reading.about(scenario.node, f"scenarios.{name}")
                _is_proposition(case, key, ("when", key), wrong)
            elif holds is not BAD:
                _check_states_that_hold(case, name, key, holds, reading)
    # Only certain rows of tables can exclude what wording does not; whether they do, the network
    # tells, of which nothing is known here.
    tables = [event.table for event in _good(case.events).values() if event.table]
    if not any(_has_certainty(table) for table in tables):
        for pair in overlapping(case):
            reading.note(overlap(case, pair))


def _has_certainty(table) -> bool:
    """Tell whether a table says of anything that it is sure, or cannot be."""
    rows = (row.values() if isinstance(row, Mapping) else (row,) for row in table.values())
    return any(p and p.mean in (0, 1) for row in rows for p in row)


def _check_states_that_hold(case, name, key, holds, reading):
    event = case.events.get(key)
    node = case.scenarios[name].node.value["when"].value[key]
    place = f"scenarios.{name}.when.{key}"
    if "." in key or (event and event.is_yes_no):
        reading.reject(node, place, "neither yes nor no", "yes or no")
    elif event:
        for one in (one for one in holds if one not in event.parts):
            unknown_part(node, place, one, event.parts, reading, of=key)


def overlapping(case) -> Iterator[tuple[str, str]]:
    """Find the pairs of scenarios that wording does not exclude.

    It does where they leave an event no state in common, or it can happen only if what the other
    scenario rules out does.
    """
    closed = {
        name: case.closed(scenario.when)
        for name, scenario in _good(case.scenarios).items()
        if scenario.when and all(_is_known(case, *pair) for pair in scenario.when.items())
    }
    for (first, one), (second, other) in combinations(closed.items(), 2):
        both = {name: left & other.get(name, left) for name, left in one.items()}
        if all(propositions.closed(case, {**other, **both}).values()):
            yield first, second


def _is_known(case, name, holds) -> bool:
    if holds is BAD or propositions.mask(case, name, holds) is None:
        return False
    return isinstance(holds, bool) or not case.events[name].is_yes_no


def overlap(case, pair: tuple[str, str], found: str | None = None) -> Problem:
    """Say that two scenarios do not exclude each other."""
    first, second = pair
    node = case.scenarios[second].node.value["when"]
    return Problem(
        f"can come true together with the scenario '{first}'",
        node.file,
        node.line,
        f"scenarios.{second}.when",
        found or written(node),
        "scenarios that exclude each other: an event yes in one and no in the other, or a table "
        "with 0% where both would come true",
    )
