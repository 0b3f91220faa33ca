"""Two cases about the same events go in; what differs between them, part by part, comes out.

A change is one judgement that differs, by the path an overlay would use, or one item that only one
of the two has. Any set of changes can be made to the first case; all of them together turn its
forecast into that of the second.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from graphlib import CycleError, TopologicalSorter

from forecasting.engine.inputs import (
    LIKELIHOODS,
    bearing_told,
    claim_of,
    likelihood_told,
    link_told,
    multiplier_of,
    title_of,
)
from forecasting.errors import InputError, Problem
from forecasting.file.case import Case, Event, Evidence, Report
from forecasting.judgement import Z90, Odds, Probability
from forecasting.lexicon import percent

# What kinds of change there are, as told to a reader.
SORTS = (
    "base rate",
    "now",
    "table",
    "link",
    "evidence",
    "report",
    "scale",
    "settled",
    "structure",
    "date",
)

# What is shown where one of the two cases says nothing.
NOTHING = "nothing"

# The fields of each record that the forecast depends on; the rest is for readers.
_STRUCTURE = ("kind", "given", "parents")
_REPORT = ("source", "says", "date", "grade", "hit", "false")

Edit = Callable[[Case, Case], Case]


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that differs between two cases.

    Attributes
    ----------
    path : str
        Key path, as in an overlay: ``events.rain.base_rate``; of what must change together, the
        first.
    sort : str
        One of ``SORTS``.
    of : str
        The event, fact, source, letter or digit it is about (of a link, the event that is moved).
    title : str
        What it is, in words.
    before, after : str
        What each case says, in short.
    paths : tuple of str
        All that changes together.
    edits : tuple of callable
        Each takes a case and the second case, and gives the first one changed.
    moves : dict of path to Probability or Odds
        The same change as moves of inputs, for ``moves.solve``; empty if it is
        none. A base rate is None here: its value for the window depends on the dates.
    """

    path: str
    sort: str
    of: str
    title: str
    before: str
    after: str
    paths: tuple[str, ...] = ()
    edits: tuple[Edit, ...] = field(default=(), repr=False, compare=False)
    moves: Mapping[str, Probability | Odds | None] = field(
        default_factory=dict, repr=False, compare=False
    )


def changes(first: Case, second: Case) -> tuple[Change, ...]:
    """List what differs between two cases, in the order of the file.

    Reasons, references, titles and views are for readers and do not count. What cannot be changed
    one by one is one change: the letter of a source on all its reports, and a fact's status with
    its reports.

    Parameters
    ----------
    first, second : Case
        About the same events.

    Returns
    -------
    tuple of Change

    Raises
    ------
    InputError
        If one of the cases has an event that the other has not.

    Examples
    --------
    >>> from forecasting import override, read
    >>> case = read("{case: rain, events: {rain: {base_rate: 20%}}}")
    >>> changes(case, override(case, {"events.rain.base_rate": "30%"}))[0].after
    '30%'
    """
    if first.events.keys() != second.events.keys():
        lacking = sorted(first.events.keys() ^ second.events.keys())
        raise InputError(
            Problem(
                "the two cases ask about different events",
                second.node.file,
                found=", ".join(lacking),
                accepted=f"the events of {first.node.file or first.case}",
            )
        )
    found = [
        *_of_dates(first, second),
        *(one for name in first.events for one in _of_event(first, second, name)),
        *_of_links(first, second),
        *(
            one
            for name in {**first.evidence, **second.evidence}
            for one in _of_fact(first, second, name)
        ),
        *_of_scales(first, second),
    ]
    return tuple(_joined_if_cyclic(first, second, _one_letter_a_source(first, second, found)))


def mixed(first: Case, second: Case, some: Iterable[Change]) -> Case:
    """Make some of the changes between two cases; only the records change, not the text."""
    case = replace(first, sources={**second.sources, **first.sources})
    for change in some:
        for edit in change.edits:
            case = edit(case, second)
    return case


def together(some: Sequence[Change]) -> Change:
    """Join changes into one that makes them all; it is told as the first of them."""
    one = some[0]
    return Change(
        one.path,
        one.sort,
        one.of,
        one.title if len(some) == 1 else f"{one.title}, and what changes with it",
        one.before,
        one.after,
        tuple(dict.fromkeys(path for change in some for path in change.paths)),
        tuple(edit for change in some for edit in change.edits),
    )


# Where to look.


def _of_dates(first: Case, second: Case):
    # A day of forecast may only fit the date it comes with, so both change together.
    words = {"as_of": "the day of the forecast", "resolve_by": "the day it is for"}
    differ = [name for name in words if getattr(first, name) != getattr(second, name)]
    if differ:
        told = [", ".join(_day(getattr(one, n)) for n in differ) for one in (first, second)]
        title = " and ".join(words[name] for name in differ)
        edit = partial(_put_fields, names=tuple(differ))
        yield Change(differ[0], "date", first.case, title, *told, tuple(differ), (edit,))


def _of_event(first: Case, second: Case, name: str):
    one, other = first.events[name], second.events[name]
    place, title = f"events.{name}", f"“{title_of(first, name)}”"
    stated = [tuple(getattr(event, f) for f in _STRUCTURE) for event in (one, other)]
    if stated[0] != stated[1] or (one.table is None) != (other.table is None):
        names = (*_STRUCTURE, "table", "base_rate", "node")
        edit = partial(_put_event, name=name, names=names)
        told = _event_in_short(one), _event_in_short(other)
        yield Change(place, "structure", name, f"what {title} is", *told, (place,), (edit,))
    else:
        if one.base_rate and _rate_told(one) != _rate_told(other):
            path = f"{place}.base_rate"
            edit = partial(_put_event, name=name, names=("base_rate",))
            told = _rate_in_short(one), _rate_in_short(other)
            words = f"base rate of {title}"
            yield Change(path, "base rate", name, words, *told, (path,), (edit,), {path: None})
        for row in one.table or ():
            was, now = one.table[row], other.table[row]
            if _plain(was) != _plain(now):
                path, words = f"{place}.table.{row}", f"{title} where its parents are {row}"
                edit = partial(_put_row, name=name, row=row)
                told = _in_short(was), _in_short(now)
                yield Change(path, "table", name, words, *told, (path,), (edit,), {path: now})
    if _plain(one.now) != _plain(other.now):
        path = f"{place}.now"
        edit = partial(_put_event, name=name, names=("now", "node"))
        told = _in_short(one.now), _in_short(other.now)
        moves = {path: other.now} if one.now and other.now else {}
        words = f"what is held now of {title}"
        yield Change(path, "now", name, words, *told, (path,), (edit,), moves)
    if (one.happened, one.ruled_out) != (other.happened, other.ruled_out):
        path = f"{place}.{'ruled_out' if other.ruled_out else 'happened'}"
        edit = partial(_put_event, name=name, names=("happened", "ruled_out"))
        told = _settled(one), _settled(other)
        yield Change(path, "settled", name, f"how {title} was settled", *told, (path,), (edit,))


def _of_links(first: Case, second: Case):
    before = {(link.source, link.target): link for link in first.links}
    after = {(link.source, link.target): link for link in second.links}
    for ends in {**before, **after}:
        source, target = ends
        edit = partial(_put_link, ends=ends)
        place = f"links.{source}.{target}"
        if ends not in before or ends not in after:
            there = before.get(ends) or after[ends]
            odds = _in_short(multiplier_of(there)[1])
            told = (NOTHING, odds) if ends in after else (odds, NOTHING)
            title = link_told(first, there)
            yield Change(place, "link", target, title, *told, (place,), (edit,))
        elif _plain(before[ends].odds) != _plain(after[ends].odds):
            key, odds = multiplier_of(after[ends])
            was = before[ends].odds.inverse() if key == "lowers" else before[ends].odds
            path = f"{place}.{key}"
            told = _in_short(was), _in_short(odds)
            title = link_told(first, after[ends])
            yield Change(path, "link", target, title, *told, (path,), (edit,), {path: odds})


def _of_fact(first: Case, second: Case, name: str):
    place = f"evidence.{name}"
    if name not in first.evidence or name not in second.evidence:
        edit = partial(_put_fact, name=name, names=None)
        told = ("left out", "counted") if name in second.evidence else ("counted", "left out")
        title = _claim(second if name in second.evidence else first, name)
        yield Change(place, "evidence", name, title, *told, (place,), (edit,))
        return
    one, other = first.evidence[name], second.evidence[name]
    title = _claim(first, name)
    yield from _of_likelihoods(second, one, other, name, title)
    if one.date != other.date:
        path, edit = f"{place}.date", partial(_put_fact, name=name, names=("date",))
        told = _day(one.date), _day(other.date)
        yield Change(path, "evidence", name, f"date of {title}", *told, (path,), (edit,))
    listed = [[report.source for report in fact.reports] for fact in (one, other)]
    if one.status != other.status or listed[0] != listed[1]:
        reports = [
            [[getattr(r, n) for n in _REPORT] for r in fact.reports] for fact in (one, other)
        ]
        differ = {"status": one.status != other.status, "reports": reports[0] != reports[1]}
        names = tuple(n for n, yes in differ.items() if yes)
        paths = tuple(f"{place}.{n}" for n in names)
        edit = partial(_put_fact, name=name, names=names)
        words = f"how far it is known that {title}"
        yield Change(paths[0], "evidence", name, words, _known(one), _known(other), paths, (edit,))
        return
    for i, (was, now) in enumerate(zip(one.reports, other.reports, strict=True)):
        yield from _of_report(name, i, was, now, title)


def _of_likelihoods(case: Case, one: Evidence, other: Evidence, name: str, title: str):
    place = f"evidence.{name}"
    forms = [
        ({n for n in LIKELIHOODS if getattr(fact, n) is not None}, fact.events)
        for fact in (one, other)
    ]
    several = not isinstance(one.bears_on, str)
    if forms[0] != forms[1] or several == isinstance(other.bears_on, str):
        path = f"{place}.bears_on"
        edit = partial(_put_fact, name=name, names=("bears_on", *LIKELIHOODS))
        told = _fact_in_short(one), _fact_in_short(other)
        yield Change(path, "evidence", name, f"what {title} tells of", *told, (path,), (edit,))
        return
    for key in LIKELIHOODS:
        was, now = getattr(one, key), getattr(other, key)
        if _plain(was) != _plain(now):
            path, edit = f"{place}.{key}", partial(_put_fact, name=name, names=(key,))
            told = _in_short(was), _in_short(now)
            words = f"{likelihood_told(case, other, key)}: {title}"
            yield Change(path, "evidence", name, words, *told, (path,), (edit,), {path: now})
    for event in one.bears_on if several else ():
        was, now = one.bears_on[event], other.bears_on[event]
        if _plain(was.odds) != _plain(now.odds):
            key, odds = multiplier_of(now)
            path = f"{place}.bears_on.{event}.{key}"
            edit = partial(_put_bearing, name=name, event=event)
            told = _in_short(was.odds.inverse() if key == "lowers" else was.odds), _in_short(odds)
            words = f"{bearing_told(case, event, key)}: {title}"
            yield Change(path, "evidence", name, words, *told, (path,), (edit,), {path: odds})


def _of_report(name: str, i: int, was: Report, now: Report, title: str):
    place = f"evidence.{name}.reports.{i}"
    said = f"report of {now.source}: {title}"
    stated = [tuple(n for n in ("hit", "false") if getattr(r, n) is not None) for r in (was, now)]
    whole = tuple(n for n in _REPORT if getattr(was, n) != getattr(now, n))
    moved = [n for n in stated[0] if _plain(getattr(was, n)) != _plain(getattr(now, n))]
    if stated[0] == stated[1]:
        whole = tuple(n for n in whole if n not in ("hit", "false"))
        for key in moved:
            path, edit = f"{place}.{key}", partial(_put_report, name=name, i=i, names=(key,))
            told = _in_short(getattr(was, key)), _in_short(getattr(now, key))
            moves = {path: getattr(now, key)}
            yield Change(path, "report", name, f"P({key}), {said}", *told, (path,), (edit,), moves)
    if whole:
        paths = tuple(f"{place}.{n}" for n in whole)
        edit = partial(_put_report, name=name, i=i, names=whole)
        told = _report_in_short(was, whole), _report_in_short(now, whole)
        words = f"grade of the {said}" if whole == ("grade",) else said
        yield Change(paths[0], "report", name, words, *told, paths, (edit,))


def _of_scales(first: Case, second: Case):
    words = {
        "reliability": "how often a source graded {} is sound",
        "credibility": "how far a sound report graded {} is believed",
    }
    for scale, told in words.items():
        before, after = getattr(first.scales, scale), getattr(second.scales, scale)
        for key, now in after.items():
            if _plain(before[key]) != _plain(now):
                path, edit = f"scales.{scale}.{key}", partial(_put_scale, scale=scale, key=key)
                values = _in_short(before[key]), _in_short(now)
                title, moves = told.format(key), {path: now}
                yield Change(path, "scale", key, title, *values, (path,), (edit,), moves)


# What belongs together.


def _one_letter_a_source(first: Case, second: Case, found: list[Change]) -> list[Change]:
    """Join changes that move the letter of one source: it has one letter in a case."""
    for source in first.sources.keys() & second.sources.keys():
        was, now = first.letter(source), second.letter(source)
        if was is None or now is None or was == now:
            continue
        joined = [
            change
            for change in found
            if any(_reports_of(case, change, source) for case in (first, second))
        ]
        if not joined:
            continue
        one = together(joined)
        if all(change.sort == "report" for change in joined):
            grades = [
                ", ".join(
                    dict.fromkeys(
                        _graded(report)
                        for fact in case.evidence.values()
                        for report in fact.reports
                        if report.source == source
                    )
                )
                for case in (first, second)
            ]
            title = f"grade of the reports of {source}"
            one = replace(one, of=source, title=title, before=grades[0], after=grades[1])
        place = found.index(joined[0])
        kept = [change for change in found if change not in joined]
        found = [*kept[:place], one, *kept[place:]]
    return found


def _joined_if_cyclic(first: Case, second: Case, found: list[Change]) -> list[Change]:
    """Make all changes of structure one, if some without the others could close a circle."""
    above: dict[str, set[str]] = {name: set() for name in first.events}
    for case in (first, second):
        for name, event in case.events.items():
            above[name].update(case.parents(name), {event.given} - {None})
    try:
        tuple(TopologicalSorter(above).static_order())
    except CycleError:
        shape = [one for one in found if one.sort in ("structure", "link") and not one.moves]
        place = found.index(shape[0])
        kept = [change for change in found if change not in shape]
        return [*kept[:place], together(shape), *kept[place:]]
    return found


def _reports_of(case: Case, change: Change, source: str) -> bool:
    """Tell whether a change puts other reports of a source in place."""
    for path in () if change.moves else change.paths:
        section, *keys = path.split(".")
        if section != "evidence" or keys[0] not in case.evidence:
            continue
        reports = case.evidence[keys[0]].reports
        if keys[2:]:
            reports = reports[int(keys[2]) :][:1]
        if keys[1:2] in ([], ["reports"]) and any(one.source == source for one in reports):
            return True
    return False


# One change made to the records.


def _put_fields(case: Case, other: Case, *, names) -> Case:
    return replace(case, **{name: getattr(other, name) for name in names})


def _put_event(case: Case, other: Case, *, name, names) -> Case:
    event = _put_fields(case.events[name], other.events[name], names=names)
    return replace(case, events={**case.events, name: event})


def _put_row(case: Case, other: Case, *, name, row) -> Case:
    event = case.events[name]
    table = {**event.table, row: other.events[name].table[row]}
    return replace(case, events={**case.events, name: replace(event, table=table)})


def _put_link(case: Case, other: Case, *, ends) -> Case:
    new = [link for link in other.links if (link.source, link.target) == ends]
    old = [(link.source, link.target) for link in case.links]
    if ends not in old:
        return replace(case, links=(*case.links, *new))
    place = old.index(ends)
    return replace(case, links=(*case.links[:place], *new, *case.links[place + 1 :]))


def _put_fact(case: Case, other: Case, *, name, names) -> Case:
    facts = dict(case.evidence)
    if names is not None:
        facts[name] = _put_fields(facts[name], other.evidence[name], names=names)
    elif name in other.evidence:
        facts[name] = other.evidence[name]
    else:
        del facts[name]
    return replace(case, evidence=facts)


def _put_bearing(case: Case, other: Case, *, name, event) -> Case:
    fact = case.evidence[name]
    bears_on = {**fact.bears_on, event: other.evidence[name].bears_on[event]}
    return replace(case, evidence={**case.evidence, name: replace(fact, bears_on=bears_on)})


def _put_report(case: Case, other: Case, *, name, i, names) -> Case:
    fact = case.evidence[name]
    reports = list(fact.reports)
    reports[i] = _put_fields(reports[i], other.evidence[name].reports[i], names=names)
    return replace(case, evidence={**case.evidence, name: replace(fact, reports=tuple(reports))})


def _put_scale(case: Case, other: Case, *, scale, key) -> Case:
    values = {**getattr(case.scales, scale), key: getattr(other.scales, scale)[key]}
    return replace(case, scales=replace(case.scales, **{scale: values}))


# How it is told.


def _plain(judgement: Probability | Odds | None):
    """Leave out what is shown and never used."""
    return judgement and replace(judgement, confidence=None)


def _in_short(judgement: Probability | Odds | None) -> str:
    """Tell a judgement as its 90% range, or its one number."""
    if judgement is None:
        return NOTHING
    if isinstance(judgement, Odds):
        half = Z90 * judgement.log_sd
        low, high = (math.exp(judgement.log_median + way * half) for way in (-1, 1))
        return f"{low:.3g} – {high:.3g}" if half else f"{low:.3g}"
    low, high = judgement.interval
    return f"{percent(low)} – {percent(high)}" if judgement.logit_sd else percent(low)


def _rate_told(event: Event):
    """Give what of a base rate the forecast depends on."""
    rate = event.base_rate
    return rate and (_plain(rate.probability), rate.within, rate.model)


def _rate_in_short(event: Event) -> str:
    rate = event.base_rate
    if rate.model is not None:
        return f"fit of {rate.model.label}"
    within = f" within {rate.within:g} months" if rate.within else ""
    return f"{_in_short(rate.probability)}{within}"


def _event_in_short(event: Event) -> str:
    given = f", given {event.given}" if event.given else ""
    told = f"table over {', '.join(event.parents or ())}" if event.table else _rate_in_short(event)
    return f"{event.kind}{given}, {told}"


def _settled(event: Event) -> str:
    if event.happened:
        return f"happened {event.happened}"
    return f"ruled out {event.ruled_out}" if event.ruled_out else "open"


def _claim(case: Case, fact: str) -> str:
    return f"“{claim_of(case, fact)}”"


def _fact_in_short(fact: Evidence) -> str:
    told = [f"{n} {_in_short(getattr(fact, n))}" for n in LIKELIHOODS if getattr(fact, n)]
    return f"{', '.join(fact.events)}: {', '.join(told)}"


def _known(fact: Evidence) -> str:
    told = [f"{report.source} {_graded(report)}" for report in fact.reports]
    return ", ".join([*([fact.status] if fact.status else []), *told]) or NOTHING


def _graded(report: Report) -> str:
    grade = report.grade
    return f"{grade.letter or ''}{grade.digit or ''}" if grade else "no grade"


def _report_in_short(report: Report, names: tuple[str, ...]) -> str:
    tell = {
        "grade": lambda: _graded(report),
        "says": lambda: "says it is so" if report.says else "denies it",
        "date": lambda: _day(report.date),
        "hit": lambda: f"hit {_in_short(report.hit)}",
        "false": lambda: f"false {_in_short(report.false)}",
    }
    return ", ".join(tell[name]() for name in names)


def _day(day) -> str:
    return str(day) if day else "no date"
