"""The records of a case go in; the problems that no single value shows are noted.

Names that lead nowhere, circles, tables with rows missing, dates in the wrong order, links and
evidence stated in two ways or in none, scenarios that overlap.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import combinations, product

from forecasting.errors import Problem, nearest
from forecasting.file import models
from forecasting.file.document import Node
from forecasting.file.records import Record, entries, walk
from forecasting.file.values import BAD, ID, Reading, Row, written
from forecasting.lexicon import counted

# More parents make tables of thousands of rows, and a judgement nobody can hold in mind.
MAX_PARENTS = 12

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
        _check_scenarios,
    ):
        one(case, reading)


def _good(entries: Mapping) -> dict:
    return {name: record for name, record in entries.items() if record is not BAD}


def check_names(record: Record, node: Node, reading: Reading) -> None:
    """Look up every name that is declared to stand in a section of the file."""
    names = {section: _names(node, section, reading) for section in NAMED}
    for reader, child, place in walk(record, node):
        section = getattr(reader, "section", None)
        if section is None or names[section] is None:
            continue
        for item in child.value if child.is_list else (child,):
            # What is no name at all has been called so.
            if item.is_text and ID.fullmatch(item.value) and item.value not in names[section]:
                hint = nearest(item.value, names[section]) or f"add it under {section}:"
                problem = f"there is no {NAMED[section]} of this name"
                reading.reject(item, place, problem, None, hint)


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
    days += [(f"horizons.{i}", day) for i, day in enumerate(case.horizons) if day is not BAD]
    for place, day in days:
        if day is not None and day.last <= case.as_of.last:
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
        if event.happened and event.ruled_out:
            problem = "an event cannot have happened and be ruled out"
            wrong("ruled_out", problem, "one of the two")


def _check_base_rate(case, event, wrong):
    """Check that a period, or a model of windows, has dates and an event that comes about."""
    dated = case.as_of is not None and case.resolve_by is not None
    both = "both dates, at the top of the file"
    spec, path = event.base_rate.model, "base_rate.within"
    if event.base_rate.within is not None:
        if event.kind == "state":
            problem = "a state is true on one day; it has no period"
            hint = "or kind: occurs, for something that happens by a date"
            wrong(path, problem, "base_rate without within", hint)
        elif not dated:
            wrong(path, "a period needs as_of and resolve_by", both)
    if spec is not None and models.MODELS[spec.model].windows:
        path = "base_rate.model"
        if event.kind != "occurs":
            problem = "predicts that something comes about; this event is of kind"
            wrong(path, f"{problem} {event.kind}", "kind: occurs, or another base rate")
        elif not dated:
            wrong(path, "a window needs as_of and resolve_by", both)


def _check_table(case, name, event, reading):
    wrong = reading.about(event.node, f"events.{name}")
    if event.base_rate is not None:
        wrong("table", "takes the place of a base rate", "a base_rate or a table, not both")
    for i, link in enumerate(case.links):
        if link is not BAD and link.target == name:
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
    elif event.given in parents:
        hint = "leave it out of the parents: the rows hold given that it comes about"
        wrong("parents", f"{event.given} is already the condition of {name}", None, hint)
    else:
        _check_rows(event, f"events.{name}.table", len(parents), reading)


def _check_rows(event, place, parents, reading):
    """Check that a table has a row for each combination of its parents, once."""
    due = {", ".join(row) for row in product(("yes", "no"), repeat=parents)}
    table = event.node.value["table"]
    written: dict[str, Node] = {}
    for text, node in table.keys.items():
        row = Row.spelled(text)
        if row in written:
            accepted = f"each row once (the first is on line {written[row].line})"
            reading.reject(node, f"{place}.{text}", "this row is written twice", accepted)
        elif row in event.table and row not in due:  # if it is no row at all, its reader said so
            problem = f"not a row for {counted(parents, 'parent')}"
            accepted = "one of " + "; ".join(f'"{d}"' for d in sorted(due)[:8])
            reading.reject(node, f"{place}.{text}", problem, accepted)
        written.setdefault(row, node)
    missing = sorted(due - written.keys())
    if missing and due.issuperset(written):
        found = f"{len(due) - len(missing)} of {len(due)} rows"
        accepted = "also " + "; ".join(f'"{row}"' for row in missing[:8])
        reading.reject(table, place, "rows are missing", accepted, found=found)


def _one_multiplier(node: Node) -> str | None:
    """Say what is wrong with how a multiplier is stated, if anything."""
    stated = [way for way in MULTIPLIER if node.value.keys() & {*way}]
    if len(stated) != 1:
        return "needs exactly one of raises, lowers, odds, or if_yes with if_no"
    return None if node.value.keys() >= {*stated[0]} else "needs both if_yes and if_no"


def _check_links(case, reading):
    seen = set()
    incoming: dict[str, int] = {}
    for i, link in enumerate(case.links):
        if link is BAD:
            continue
        wrong = reading.about(link.node, f"links.{i}")
        if problem := _one_multiplier(link.node):
            wrong("", f"a link {problem}", "such as raises: {low: 2, high: 6}")
        pair = (link.source, link.target)
        if pair in seen:
            accepted = "one link from one event to another"
            wrong("", "this link is written twice", accepted, found=" -> ".join(pair))
        seen.add(pair)
        incoming[link.target] = incoming.get(link.target, 0) + 1
        if incoming[link.target] == MAX_PARENTS + 1:
            wrong("", f"too many links lead to {link.target}", f"at most {MAX_PARENTS}")
        target = _good(case.events).get(link.target)
        if target and target.given == link.source:
            hint = "remove the link: its base rate holds given that condition"
            wrong("", f"{link.source} is already the condition of {link.target}", None, hint)


def _check_cycles(case, reading):
    above = {name: iter(_above(case, name, event)) for name, event in _good(case.events).items()}
    done: set[str] = set()
    for start in above:
        path = [] if start in done else [start]
        while path:
            name = path[-1]
            parent = next((p for p in above.get(name, ()) if p not in done), None)
            if parent in path:
                ring = [parent, *reversed(path[path.index(parent) :])]
                problem = "events move each other in a circle"
                accepted = "links, parents and conditions that never lead back"
                wrong = reading.about(case.events[name].node, f"events.{name}")
                wrong("", problem, accepted, found=" -> ".join(ring), in_full=True)
                return
            if parent is None:
                done.add(path.pop())
            else:
                path.append(parent)


def _above(case, name, event) -> list[str]:
    """List the events that move an event, without those that are not there."""
    links = [link.source for link in case.links if link is not BAD and link.target == name]
    above = [*links, *(event.parents or ()), *([event.given] if event.given else [])]
    return [parent for parent in above if parent in case.events]


def _check_evidence(case, reading):
    letters: dict[str, tuple[str, str]] = {}
    reports = []
    for name, fact in _good(case.evidence).items():
        wrong = reading.about(fact.node, f"evidence.{name}")
        _check_likelihoods(fact, f"evidence.{name}", reading)
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


def _check_likelihoods(fact, place, reading):
    wrong = reading.about(fact.node, place)
    pair = [fact.if_yes is not None, fact.if_no is not None]
    ratio, found = fact.likelihood_ratio is not None, ", ".join(fact.node.value)
    if isinstance(fact.bears_on, str):
        if fact.chance is not None:
            wrong("", "chance is for a fact that bears on several events", "if_yes and if_no")
        if any(pair) if ratio else not all(pair):
            problem = "needs if_yes and if_no, or a likelihood_ratio alone"
            wrong("", problem, "if_yes: 60% and if_no: 20%", found=found)
        return
    if not 0 < len(fact.node.value["bears_on"].value) <= MAX_PARENTS:
        problem = "bears on too many events, or on none"
        wrong("bears_on", problem, f"1 to {MAX_PARENTS} events")
    elif any(pair) or ratio:
        problem = "bears on several events, so each takes its own multiplier"
        accepted = "chance: 40% and bears_on: {first_event: {raises: 2}}"
        wrong("", problem, accepted, found=found)
    elif fact.chance is None:
        problem = "needs its chance, as it bears on several events"
        wrong("", problem, "chance: 40%", found=found)
    for event, push in fact.bears_on.items():
        if push is not BAD and (problem := _one_multiplier(push.node)):
            reading.reject(push.node, f"{place}.bears_on.{event}", problem, "such as raises: 2")


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
        wrong("date", "reported before it came about", f"{fact.date} or later")


def _check_scenarios(case, reading):
    for name, scenario in _good(case.scenarios).items():
        node = scenario.node.value["when"]
        if not node.value:
            reading.reject(node, f"scenarios.{name}.when", "names no event", "{event: yes}")
    # Only certain rows of tables can exclude what wording does not; whether they do, the network
    # tells, of which nothing is known here.
    tables = [event.table for event in _good(case.events).values() if event.table]
    if not any(p is not BAD and p.mean in (0, 1) for table in tables for p in table.values()):
        for pair in overlapping(case):
            reading.note(overlap(case, pair))


def overlapping(case) -> Iterator[tuple[str, str]]:
    """Find the pairs of scenarios that wording does not exclude.

    It does where an event is yes in one and no in the other, or can happen only if another does
    that the other scenario rules out.
    """
    events = _good(case.events)
    closed = {
        name: case.closed(scenario.when)
        for name, scenario in _good(case.scenarios).items()
        if scenario.when and BAD not in scenario.when.values()
    }
    known = {name: when for name, when in closed.items() if events.keys() >= when.keys()}
    for (first, one), (second, other) in combinations(known.items(), 2):
        if all(other.get(event, yes) == yes for event, yes in one.items()):
            both = {**one, **other}
            if not any(yes and both.get(events[name].given) is False for name, yes in both.items()):
                yield first, second


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
