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
from forecasting.file.values import BAD, ID, Reading, Row, written

# More parents make tables of thousands of rows, and a judgement nobody can hold in mind.
MAX_PARENTS = 12

# Sections whose entries other parts of a file refer to by name.
NAMED = {"events": "event", "references": "reference", "sources": "source"}


def examine(node: Node, case, reading: Reading) -> None:
    """Check what no single value can show: names, cycles, tables, dates, scenarios."""
    names = {section: _names(node, section, reading) for section in NAMED}
    _check_names(node, names, reading)
    if case is BAD:
        return
    for check in (
        _check_dates,
        _check_events,
        _check_links,
        _check_cycles,
        _check_evidence,
        _check_scenarios,
    ):
        check(case, reading)


def _good(entries: Mapping) -> dict:
    return {name: record for name, record in entries.items() if record is not BAD}


def _names(node, section, reading):
    """List the names in a section, or None where the section itself cannot be read."""
    if section in node.value:
        return list(node.value[section].value) if node.value[section].is_map else None
    # Missing, or there under a mistyped name: then that is the one thing to mend.
    mistyped = nearest(section, [problem.place for problem in reading.problems])
    return None if section == "events" or mistyped else []


def _check_names(node, names, reading):
    def point(child, place, section):
        if child is None or names[section] is None:
            return
        for item in child.value if child.is_list else (child,):
            if not item.is_text or not ID.fullmatch(item.value):
                continue  # its own reader has complained
            if item.value not in names[section]:
                reading.reject(
                    item,
                    place,
                    f"there is no {NAMED[section]} of this name",
                    None,
                    nearest(item.value, names[section]) or f"add it under {section}:",
                )

    def entries(section):
        part = node.value.get(section)
        if part is None:
            return []
        if part.is_map:
            return [
                (f"{section}.{name}", child) for name, child in part.value.items() if child.is_map
            ]
        if part.is_list:
            return [(f"{section}.{i}", child) for i, child in enumerate(part.value) if child.is_map]
        return []

    for section in ("events", "links", "sources", "evidence", "corrections"):
        for place, child in entries(section):
            point(child.value.get("reference"), f"{place}.reference", "references")
    for place, child in entries("events"):
        point(child.value.get("given"), f"{place}.given", "events")
        point(child.value.get("parents"), f"{place}.parents", "events")
    for place, child in entries("links"):
        for end in ("from", "to"):
            point(child.value.get(end), f"{place}.{end}", "events")
    for place, child in entries("evidence"):
        bears_on, reports = child.value.get("bears_on"), child.value.get("reports")
        if bears_on is not None and bears_on.is_map:
            for name in bears_on.value:
                point(bears_on.keys[name], f"{place}.bears_on.{name}", "events")
        elif bears_on is not None and bears_on.is_text:
            point(bears_on, f"{place}.bears_on", "events")
        if reports is not None and reports.is_list:
            for i, report in enumerate(reports.value):
                if report.is_map:
                    point(report.value.get("source"), f"{place}.reports.{i}.source", "sources")
                    point(
                        report.value.get("reference"),
                        f"{place}.reports.{i}.reference",
                        "references",
                    )
    for place, child in entries("scenarios"):
        when = child.value.get("when")
        if when is not None and when.is_map:
            for name in when.value:
                point(when.keys[name], f"{place}.when.{name}", "events")
    for place, child in entries("views"):
        for name in child.value:
            point(child.keys[name], f"{place}.{name}", "events")


def _check_dates(case, reading):
    if (
        case.as_of is not None
        and case.resolve_by is not None
        and case.as_of.last >= case.resolve_by.last
    ):
        reading.reject(
            case.node.value["resolve_by"],
            "resolve_by",
            "must be later than as_of",
            f"a date after {case.as_of}",
        )
    for i, day in enumerate(case.horizons):
        if day is not BAD and case.as_of is not None and day.last <= case.as_of.last:
            reading.reject(
                case.node.value["horizons"].value[i],
                f"horizons.{i}",
                "must be later than as_of",
                f"a date after {case.as_of}",
            )


def _check_events(case, reading):
    if not case.node.value["events"].value:
        accepted = "at least one event with its base_rate"
        reading.reject(case.node.value["events"], "events", "there is no event", accepted)
    for name, event in _good(case.events).items():
        place = f"events.{name}"
        if event.table is not None:
            _check_table(case, name, event, reading)
        elif event.base_rate is None:
            reading.reject(
                event.node,
                place,
                "an event needs a base_rate or a table",
                "base_rate: {low: 10%, high: 30%, within: 12 months}, or parents and table",
            )
        elif event.parents is not None:
            reading.reject(
                event.node.value["parents"],
                f"{place}.parents",
                "parents go with a table",
                None,
                "for a link, write it under links:",
            )
        if event.base_rate and event.base_rate.within is not None:
            within = event.node.value["base_rate"].value["within"]
            if event.kind == "state":
                reading.reject(
                    within,
                    f"{place}.base_rate.within",
                    "a state is true on one day; it has no period",
                    "base_rate without within",
                    "or kind: occurs, for something that happens by a date",
                )
            elif case.as_of is None or case.resolve_by is None:
                reading.reject(
                    within,
                    f"{place}.base_rate.within",
                    "a period needs as_of and resolve_by",
                    "both dates, at the top of the file",
                )
        if event.base_rate and event.base_rate.model is not None:
            _check_model(case, name, event, reading)
        if event.happened and event.ruled_out:
            reading.reject(
                event.node.value["ruled_out"],
                f"{place}.ruled_out",
                "an event cannot have happened and be ruled out",
                "one of the two",
            )


def _check_model(case, name, event, reading):
    """Check that a model which predicts windows has dates, and an event that comes about."""
    if not models.MODELS[event.base_rate.model.model].windows:
        return
    node, place = event.node.value["base_rate"].value["model"], f"events.{name}.base_rate.model"
    if event.kind != "occurs":
        reading.reject(
            node,
            place,
            f"predicts that something comes about; this event is of kind {event.kind}",
            "kind: occurs, or another base rate",
        )
    elif case.as_of is None or case.resolve_by is None:
        reading.reject(
            node, place, "a window needs as_of and resolve_by", "both dates, at the top of the file"
        )


def _check_table(case, name, event, reading):
    place = f"events.{name}"
    if event.base_rate is not None:
        reading.reject(
            event.node.value["table"],
            f"{place}.table",
            "takes the place of a base rate",
            "a base_rate or a table, not both",
        )
    links = [link for link in case.links if link is not BAD and link.target == name]
    for link in links:
        reading.reject(
            link.node,
            f"links.{case.links.index(link)}",
            "leads to an event that has a table",
            None,
            f"add {link.source} to the parents of {name}, or give {name} a base_rate",
        )
    parents = event.parents or ()
    if len(set(parents)) < len(parents):
        node = event.node.value["parents"]
        reading.reject(node, f"{place}.parents", "a parent is named twice", "each parent once")
        return
    if len(parents) > MAX_PARENTS:
        reading.reject(
            event.node.value["parents"],
            f"{place}.parents",
            "too many parents",
            f"at most {MAX_PARENTS}",
        )
        return
    if not parents and set(event.table) != {""}:
        accepted = "parents: [first_event, second_event], or a base_rate in place of the table"
        reading.reject(event.node, place, "a table needs parents", accepted)
        return
    if event.given in parents:
        node = event.node.value["parents"]
        hint = "leave it out of the parents: the rows hold given that it comes about"
        problem = f"{event.given} is already the condition of {name}"
        reading.reject(node, f"{place}.parents", problem, None, hint)
        return
    due = {", ".join(row) for row in product(("yes", "no"), repeat=len(parents))}
    table = event.node.value["table"]
    written: dict[str, Node] = {}
    for text, node in table.keys.items():
        row = Row.spelled(text)
        if row in written:
            accepted = f"each row once (the first is on line {written[row].line})"
            reading.reject(node, f"{place}.table.{text}", "this row is written twice", accepted)
        elif row in event.table and row not in due:  # if it is no row at all, its reader said so
            problem = f"not a row for {len(parents)} parent{'s' * (len(parents) != 1)}"
            accepted = "one of " + "; ".join(f'"{d}"' for d in sorted(due)[:8])
            reading.reject(node, f"{place}.table.{text}", problem, accepted)
        written.setdefault(row, node)
    missing = sorted(due - set(written))
    if missing and due.issuperset(written):
        found = f"{len(due) - len(missing)} of {len(due)} rows"
        accepted = "also " + "; ".join(f'"{row}"' for row in missing[:8])
        reading.reject(table, f"{place}.table", "rows are missing", accepted, found=found)


def _one_multiplier(record) -> str | None:
    """Say what is wrong with how a multiplier is stated, if anything."""
    stated = [n for n in ("raises", "lowers", "either") if getattr(record, n) is not None]
    pair = [n for n in ("if_yes", "if_no") if getattr(record, n) is not None]
    if len(stated) + bool(pair) != 1:
        return "needs exactly one of raises, lowers, odds, or if_yes with if_no"
    if len(pair) == 1:
        return "needs both if_yes and if_no"
    return None


def _check_links(case, reading):
    seen = set()
    incoming: dict[str, int] = {}
    for i, link in enumerate(case.links):
        if link is BAD:
            continue
        place = f"links.{i}"
        if wrong := _one_multiplier(link):
            reading.reject(link.node, place, f"a link {wrong}", "such as raises: {low: 2, high: 6}")
        pair = (link.source, link.target)
        if pair in seen:
            found, accepted = f"{pair[0]} -> {pair[1]}", "one link from one event to another"
            reading.reject(link.node, place, "this link is written twice", accepted, found=found)
        seen.add(pair)
        incoming[link.target] = incoming.get(link.target, 0) + 1
        if incoming[link.target] == MAX_PARENTS + 1:
            reading.reject(
                link.node, place, f"too many links lead to {link.target}", f"at most {MAX_PARENTS}"
            )
        target = _good(case.events).get(link.target)
        if target and target.given == link.source:
            reading.reject(
                link.node,
                place,
                f"{link.source} is already the condition of {link.target}",
                None,
                "remove the link: its base rate holds given that condition",
            )


def _check_cycles(case, reading):
    graph = {}
    for name, event in _good(case.events).items():
        before = [link.source for link in case.links if link is not BAD and link.target == name]
        before += [*(event.parents or ()), *([event.given] if event.given else [])]
        graph[name] = [parent for parent in before if parent in case.events]
    done: set[str] = set()
    for start in graph:
        path: list[str] = []
        stack = [(start, iter(graph[start]))] if start not in done else []
        path.append(start)
        while stack:
            name, rest = stack[-1]
            parent = next((p for p in rest if p not in done), None)
            if parent is None:
                done.add(name)
                stack.pop()
                path.pop()
            elif parent in path:
                ring = path[path.index(parent) :]
                ring = [parent, *reversed(ring)]
                node = case.events[name].node if case.events[name] is not BAD else case.node
                reading.reject(
                    node,
                    f"events.{name}",
                    "events move each other in a circle",
                    "links, parents and conditions that never lead back",
                    found=" -> ".join(ring),
                    in_full=True,
                )
                return
            elif graph.get(parent) is not None:
                path.append(parent)
                stack.append((parent, iter(graph[parent])))
            else:
                done.add(parent)


def _check_evidence(case, reading):
    letters: dict[str, tuple[str, str]] = {}
    for name, fact in _good(case.evidence).items():
        place = f"evidence.{name}"
        _check_likelihoods(fact, place, reading)
        if fact.status is None and not fact.reports:
            reading.reject(
                fact.node,
                place,
                "how do we know of it? evidence needs reports or a status",
                "reports: [{source: NAME, grade: B2}], or status: confirmed, absent or pending",
            )
        for i, report in enumerate(fact.reports):
            if report is not BAD:
                _check_report(name, fact, i, report, letters, reading)
    graded = _graded_sources(case.node)
    for name, fact in _good(case.evidence).items():
        for i, report in enumerate(fact.reports):
            if report is not BAD and report.hit is not None and report.source not in graded:
                graded.add(report.source)
                reading.reject(
                    report.node,
                    f"evidence.{name}.reports.{i}.grade",
                    "the reliability of this source is not stated",
                    "grade: B, or grade: B2",
                    found="no letter on any of its reports",
                )


def _graded_sources(node) -> set[str]:
    """List the sources with a grade on a report, even one that cannot be read."""
    evidence = node.value.get("evidence")
    if evidence is None or not evidence.is_map:
        return set()
    facts = [fact for fact in evidence.value.values() if fact.is_map]
    lists = [fact.value["reports"] for fact in facts if "reports" in fact.value]
    reports = [report for one in lists if one.is_list for report in one.value if report.is_map]
    return {
        report.value["source"].value
        for report in reports
        if "grade" in report.value and "source" in report.value and report.value["source"].is_text
    }


def _check_likelihoods(fact, place, reading):
    pair = [fact.if_yes is not None, fact.if_no is not None]
    if isinstance(fact.bears_on, str):
        if fact.chance is not None:
            reading.reject(
                fact.node,
                place,
                "chance is for a fact that bears on several events",
                "if_yes and if_no",
            )
        if (fact.likelihood_ratio is not None and any(pair)) or (
            fact.likelihood_ratio is None and not all(pair)
        ):
            reading.reject(
                fact.node,
                place,
                "needs if_yes and if_no, or a likelihood_ratio alone",
                "if_yes: 60% and if_no: 20%",
                found=", ".join(fact.node.value),
            )
        return
    if not 0 < len(fact.node.value["bears_on"].value) <= MAX_PARENTS:
        reading.reject(
            fact.node.value["bears_on"],
            f"{place}.bears_on",
            "bears on too many events, or on none",
            f"1 to {MAX_PARENTS} events",
        )
    elif any(pair) or fact.likelihood_ratio is not None:
        reading.reject(
            fact.node,
            place,
            "bears on several events, so each takes its own multiplier",
            "chance: 40% and bears_on: {first_event: {raises: 2}}",
            found=", ".join(fact.node.value),
        )
    elif fact.chance is None:
        reading.reject(
            fact.node,
            place,
            "needs its chance, as it bears on several events",
            "chance: 40%",
            found=", ".join(fact.node.value),
        )
    for event, push in fact.bears_on.items():
        if push is not BAD and (wrong := _one_multiplier(push)):
            reading.reject(push.node, f"{place}.bears_on.{event}", wrong, "such as raises: 2")


def _check_report(name, fact, i, report, letters, reading):
    place = f"evidence.{name}.reports.{i}"
    digit = report.grade.digit if report.grade else None
    expert = [report.hit is not None, report.false is not None]
    if any(expert) and not all(expert):
        reading.reject(
            report.node,
            place,
            "hit and false go together",
            "both, or a grade such as B2",
            found=", ".join(report.node.value),
        )
    elif all(expert) and digit:
        reading.reject(
            report.node,
            place,
            "hit and false take the place of the grade's digit",
            f"grade: {report.grade.letter}",
            found=f"{report.grade.letter}{digit} with hit and false",
        )
    elif not any(expert) and not digit:
        reading.reject(
            report.node,
            place,
            "needs a grade with its digit",
            "grade: B2",
            found=", ".join(report.node.value),
        )
    if report.grade:
        letter = report.grade.letter
        first = letters.setdefault(report.source, (letter, place))
        if first[0] != letter:
            reading.reject(
                report.node.value["grade"],
                f"{place}.grade",
                "a source has one letter in a case",
                f"{first[0]}, as at {first[1]}; the digit may differ",
            )
    if report.date and fact.date and report.date.last < fact.date.first:
        reading.reject(
            report.node.value["date"],
            f"{place}.date",
            "reported before it came about",
            f"{fact.date} or later",
        )


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
