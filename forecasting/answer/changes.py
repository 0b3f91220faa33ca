"""Two cases about the same events go in; what differs between them, part by part, comes out.

A change is one judgement that differs, by the path an overlay would use, or one item that only one
of the two has. Any set of changes can be made to the first case; all of them together turn its
forecast into that of the second.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from graphlib import CycleError, TopologicalSorter
from itertools import chain

from forecasting.amounts import shown
from forecasting.errors import refusal
from forecasting.file import quantities, stated
from forecasting.file.case import Bearing, Case, Event, Evidence, Link, Report
from forecasting.file.propositions import parts_of, title_of
from forecasting.file.quantities import LIKELIHOODS, Place, claim_of, get, numbers, put, told_of
from forecasting.file.values import BaseRate
from forecasting.judgement import Z90, Odds, Probability
from forecasting.lexicon import percent

# What kinds of change there are, as told to a reader.
SORTS = (*quantities.SORTS, "settled", "structure", "date")

# What is shown where one of the two cases says nothing, and where more than one thing changes.
NOTHING, MORE = "nothing", ", and what changes with it"

# Keys that the forecast depends on and that are no numbers; the rest is for readers.
_SHAPE = (
    "kind", "given", "parents", "states", "ordered", "quantity", "none", "resolve_by",
)  # fmt: skip
_SETTLED = ("happened", "ruled_out", "settled")
_REPORT = ("source", "says", "date", "grade", "hit", "false")


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that differs between two cases.

    Attributes
    ----------
    path : str
        Key path, as in an overlay: ``events.rain.base_rate``; of what must change together, the
        first.
    sort : str
        One of ``SORTS``, such as ``base rate`` or ``link``.
    of : str
        The event, fact, source, letter or digit it is about (of a link, the event that is moved).
    title : str
        What it is, in words.
    before, after : str
        What each case says, in short.
    paths : tuple of str
        All that changes together.
    edits : tuple of places
        Where the second case is put into the first to make the change.
    moves : dict of path to Probability or Odds
        The same change as moves of inputs, for ``Network.moved``; empty if it is
        none. A base rate is None here: its value for the window depends on the dates.
    """

    path: str
    sort: str
    of: str
    title: str
    before: str
    after: str
    paths: tuple[str, ...] = ()
    edits: tuple[Place, ...] = field(default=(), repr=False, compare=False)
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
    if lacking := ", ".join(sorted(first.events.keys() ^ second.events.keys())):
        problem = "the two cases ask about different events"
        accepted = f"the events of {first.node.file or first.case}"
        raise refusal(problem, second.node.file, None, "", lacking, accepted)
    facts = {**first.evidence, **second.evidence}
    found = chain(
        _of_dates(first, second),
        *(_of_event(first, second, name) for name in first.events),
        _of_links(first, second),
        *(_of_fact(first, second, name) for name in facts),
        _numbers(first, second, ("scales",)),
    )
    found = _with_what_names_it(first, second, _one_letter_a_source(first, second, [*found]))
    return tuple(_joined_if_cyclic(first, second, found))


def mixed(first: Case, second: Case, some: Iterable[Change]) -> Case:
    """Make some of the changes between two cases; only the records change, not the text."""
    case = replace(first, sources={**second.sources, **first.sources})
    for change in some:
        for place in change.edits:
            case = put(case, place, get(second, place))
    return case


def together(some: Sequence[Change]) -> Change:
    """Join changes into one that makes them all; it is told as the first of them."""
    return replace(
        some[0],
        title=some[0].title.removesuffix(MORE) + MORE * (len(some) > 1),
        paths=tuple(dict.fromkeys(path for change in some for path in change.paths)),
        edits=tuple(edit for change in some for edit in change.edits),
        moves={},
    )


# Where to look.


def _of_dates(first: Case, second: Case) -> Iterator[Change]:
    # A day of forecast may only fit the date it comes with, so both change together.
    words = {"as_of": "the day of the forecast", "resolve_by": "the day it is for"}
    differ = [name for name in words if getattr(first, name) != getattr(second, name)]
    if differ:
        told = (", ".join(_day(getattr(one, n)) for n in differ) for one in (first, second))
        title = " and ".join(words[name] for name in differ)
        yield _change((), differ, "date", first.case, title, told)


def _of_event(first: Case, second: Case, name: str) -> Iterator[Change]:
    place, title = ("events", name), f"“{title_of(first, name)}”"
    both = one, other = first.events[name], second.events[name]
    shapes = [
        [event.table is None, list(event.states or ())]  # labels of states are for readers
        + [getattr(event, key) for key in _SHAPE if key != "states"]
        for event in both
    ]
    if shapes[0] != shapes[1]:
        words, keys = f"what {title} is", (*_SHAPE, "cuts", "table", "base_rate")
        yield _change(place, (), "structure", name, words, map(_event_in_short, both), keys)
    elif one.is_yes_no:
        yield from _numbers(first, second, (*place, "base_rate"), (*place, "table"))
    else:
        yield from _of_several(first, second, name)
    if one.cuts != other.cuts and shapes[0] == shapes[1]:
        told = _cuts_in_short(one, other), _cuts_in_short(other, one)
        yield _change(place, ("cuts",), "structure", name, f"cuts of {title}", told)
    held = [_held(event) for event in both]
    if one.now and other.now and [*held[0]] == [*held[1]] and len(held[0]) < 2:
        yield from _numbers(first, second, (*place, "now"))
    elif held[0] != held[1]:  # what is held of several states shares a whole
        words = f"what is held now of {title}"
        yield _change(place, ("now",), "now", name, words, map(_held_in_short, both))
    if _settled(one) != _settled(other):
        key = next((key for key in _SETTLED if getattr(other, key)), "happened")
        words = f"how {title} was settled"
        yield _change(place, (key,), "settled", name, words, map(_settled, both), _SETTLED)


def _of_several(first: Case, second: Case, name: str) -> Iterator[Change]:
    """Compare base rate and table of an event of several states, or an amount, each as a whole."""
    place, title = ("events", name), f"“{title_of(first, name)}”"
    both = one, other = first.events[name], second.events[name]
    was, now = one.base_rate, other.base_rate
    if was and now and was != now:
        words, told = f"base rate of {title}", map(_rate_in_short, both)
        change = _change(place, ("base_rate",), "base rate", name, words, told)
        if not now.within and not now.model:  # else it depends on the dates
            held = {".".join(keys): number for keys, number in stated.numbers(other).items()}
            if one.ordered or one.quantity:
                held.setdefault("unsure", Odds(0.0))
            change = replace(change, moves={change.path: held})
        yield change
    if one.table != other.table:
        differ = [row for row in other.table if one.table.get(row) != other.table[row]]
        told = ("; ".join(_row_in_short(row, e.table) for row in differ) for e in both)
        yield _change(place, ("table",), "table", name, f"table of {title}", told)


def _of_links(first: Case, second: Case) -> Iterator[Change]:
    ends = dict.fromkeys((link.source, link.target) for link in (*first.links, *second.links))
    for place in (("links", *pair) for pair in ends):
        one, other = get(first, place), get(second, place)
        if one and other:
            yield from _numbers(first, second, place)
            continue
        ((number, odds),) = numbers(one or other, place)
        told = _in_short(odds if one else None), _in_short(odds if other else None)
        yield _change(place, (), *told_of(first, number), told)


def _of_fact(first: Case, second: Case, name: str) -> Iterator[Change]:
    place = ("evidence", name)
    both = one, other = get(first, place), get(second, place)
    title = _claim(first if one else second, name)
    if None in both:
        told = ("counted" if fact else "left out" for fact in both)
        yield _change(place, (), "evidence", name, title, told)
        return
    forms = [
        [
            isinstance(f.bears_on, str), f.events, list(f.if_ or ()),
            *(getattr(f, n) is None for n in LIKELIHOODS),
        ]
        for f in both
    ]  # fmt: skip
    if forms[0] != forms[1]:
        words, keys = f"what {title} tells of", ("bears_on", *LIKELIHOODS, "if")
        told = map(_fact_in_short, both)
        yield _change(place, ("bears_on",), "evidence", name, words, told, keys)
    else:
        places = ((*place, key) for key in (*LIKELIHOODS, "if", "bears_on"))
        yield from _numbers(first, second, *places)
    if one.date != other.date:
        told = _day(one.date), _day(other.date)
        yield _change(place, ("date",), "evidence", name, f"date of {title}", told)
    listed = [[report.source for report in fact.reports] for fact in both]
    if one.status != other.status or listed[0] != listed[1]:
        reports = [[[getattr(r, key) for key in _REPORT] for r in fact.reports] for fact in both]
        keys = ["status"] * (one.status != other.status) + ["reports"] * (reports[0] != reports[1])
        words = f"how far it is known that {title}"
        yield _change(place, keys, "evidence", name, words, map(_known, both))
        return
    for i, (was, now) in enumerate(zip(one.reports, other.reports, strict=True)):
        here, words = (*place, "reports", str(i)), f"report of {now.source}: {title}"
        differ = [key for key in _REPORT if getattr(was, key) != getattr(now, key)]
        if (was.hit is None) == (now.hit is None):
            yield from _numbers(first, second, here)
            differ = [key for key in differ if key not in ("hit", "false")]
        if differ:
            words = f"grade of the {words}" if differ == ["grade"] else words
            told = (_report_in_short(report, differ) for report in (was, now))
            yield _change(here, differ, "report", name, words, told)


def _numbers(first: Case, second: Case, *places: Place) -> Iterator[Change]:
    """Find the numbers that differ at, or below, places where both cases state the same ones."""
    for above in places:
        for place, now in numbers(get(second, above), above):
            record, edits = get(first, place[:-1]), _edits(place[:-1], place[-1:])
            was = get(first, place)
            if isinstance(record, Link | Bearing):  # its multiplier may be stated in another way
                was = record.odds.inverse() if place[-1] == "lowers" else record.odds
                edits = (place[:-1],)
            if _plain(was) != _plain(now):
                path, (sort, of, words) = ".".join(place), told_of(first, place)
                words = _in_words(first, place, words)
                values = _in_short(was), _in_short(now)
                moves = {path: None if isinstance(now, BaseRate) else now}
                yield Change(path, sort, of, words, *values, (path,), edits, moves)


def _change(
    place: Place, keys: Sequence[str], sort: str, of: str, title: str, told: Iterable[str], puts=()
) -> Change:
    """Make the change of some keys of a record, or of all of it; ``puts`` if others are put."""
    paths = tuple(".".join((*place, key)) for key in keys) or (".".join(place),)
    edits = _edits(place, puts or keys) or (place,)
    return Change(paths[0], sort, of, title, *told, paths, edits)


def _edits(place: Place, keys: Sequence[str]) -> tuple[Place, ...]:
    """List what is put for some keys of a record; of an event also the text, which errors quote."""
    edits = [(*place, key) for key in keys]
    if place[:1] == ("events",) and len(place) == 2:
        edits += [(*place, "node", "value", key) for key in keys]
    return tuple(edits)


# What belongs together.


def _one_letter_a_source(first: Case, second: Case, found: list[Change]) -> list[Change]:
    """Join changes that move the letter of one source: it has one letter in a case."""
    for source in first.sources:
        was, now = first.letter(source), second.letter(source)
        if was is None or now is None or was == now:
            continue
        both = first, second
        some = [one for one in found if any(_reports_of(case, one, source) for case in both)]
        if not some:
            continue
        one = together(some)
        if all(place[4:] for place in one.edits):  # keys of reports, and no fact as a whole
            before, after = (_grades(case, source) for case in both)
            title = f"grade of the reports of {source}"
            one = replace(one, of=source, title=title, before=before, after=after)
        found = _joined(found, some, one)
    return found


def _with_what_names_it(first: Case, second: Case, found: list[Change]) -> list[Change]:
    """Join a change of states or cuts with those that speak of what one of the cases lacks."""
    for name in first.events:
        one, other = ({*parts_of(case, name)} for case in (first, second))
        path = f"events.{name}"
        shapes = [c for c in found if c.sort == "structure" and {path, f"{path}.cuts"} & {*c.paths}]
        if not shapes or one == other:
            continue
        some = [
            change
            for change in found
            if change in shapes
            or any(_names(case, place) & (one ^ other)
                   for case in (first, second) for place in change.edits)
        ]  # fmt: skip
        found = _joined(found, some)
    return found


def _names(case: Case, place: Place) -> set[str]:
    """List the propositions that what is put at a place may speak of."""
    record = get(case, place[:2])
    match place:
        case ("links", source, target, *_):
            return {source, target}
        case ("evidence", *_) if record:
            return {
                *record.events,
                *(f"{e}.{part}" for e in record.events for part in record.if_ or ()),
            }
        case ("events", name, *_) if record:
            held = record.now if isinstance(record.now, Mapping) else ()
            return {record.given, *(record.parents or ()), *(f"{name}.{part}" for part in held)}
    return set()


def _joined_if_cyclic(first: Case, second: Case, found: list[Change]) -> list[Change]:
    """Make all changes of structure one, if some without the others could close a circle."""
    above: dict[str, set[str]] = {name: set() for name in first.events}
    for case in (first, second):
        for name in case.events:
            above[name].update(case.above(name))
    try:
        tuple(TopologicalSorter(above).static_order())
    except CycleError:
        shape = [one for one in found if one.sort in ("structure", "link") and not one.moves]
        return _joined(found, shape)
    return found


def _joined(found: list[Change], some: list[Change], one: Change | None = None) -> list[Change]:
    """Put one change where the first of some stood, in place of them all."""
    one = one or together(some)
    place = found.index(some[0])
    kept = [change for change in found if change not in some]
    return [*kept[:place], one, *kept[place:]]


def _reports_of(case: Case, change: Change, source: str) -> bool:
    """Tell whether a change puts other reports of a source in place."""
    for place in () if change.moves else change.edits:
        there = get(case, place[:4])  # a fact, all its reports or one of them, or another record
        there = there.reports if isinstance(there, Evidence) else there
        reports = there if isinstance(there, tuple) else (there,)
        if any(isinstance(one, Report) and one.source == source for one in reports):
            return True
    return False


# How it is told.


def _in_words(case: Case, place: Place, words: str) -> str:
    """Tell a number on its own, where its words stand beside its fact in other tables."""
    match place:
        case "events", name, "base_rate":
            return f"base rate of “{title_of(case, name)}”"
        case "events", name, "table", row:
            return f"“{title_of(case, name)}” where its parents are {row}"
        case "evidence", name, "reports", i, key:
            source = case.evidence[name].reports[int(i)].source
            return f"P({key}), report of {source}: {_claim(case, name)}"
        case "evidence", name, *_:
            return f"{words}: {_claim(case, name)}"
        case "scales", "reliability", letter:
            return f"how often a source graded {letter} is sound"
    return words


def _plain(number: Probability | Odds | BaseRate | None):
    """Leave out what is shown and never used."""
    if isinstance(number, BaseRate):
        return replace(number, probability=_plain(number.probability))
    return number and replace(number, confidence=None)


def _in_short(number: Probability | Odds | BaseRate | None) -> str:
    """Tell a number as its 90% range, or its one value."""
    if number is None:
        return NOTHING
    if isinstance(number, BaseRate):
        if number.model is not None:
            return f"fit of {number.model.label}"
        within = f" within {number.within:g} months" if number.within else ""
        return f"{_in_short(number.probability)}{within}"
    if isinstance(number, Odds):
        half = Z90 * number.log_sd
        low, high = (math.exp(number.log_median + way * half) for way in (-1, 1))
        return f"{low:.3g} – {high:.3g}" if half else f"{low:.3g}"
    low, high = number.interval
    return f"{percent(low)} – {percent(high)}" if number.logit_sd else percent(low)


def _event_in_short(event: Event) -> str:
    given = f", given {event.given}" if event.given else ""
    over = f"table over {', '.join(event.parents or ())}"
    if event.table:
        told = over
    else:
        told = _in_short(event.base_rate) if event.is_yes_no else _rate_in_short(event)
    states = f" of {', '.join(event.states)}" if event.states else ""
    return f"{event.kind}{states}{given}, {told}"


def _cuts_in_short(event: Event, other: Event) -> str:
    """Tell the cuts in which an event differs from another."""
    cuts = {name: cut for name, cut in event.cuts.items() if cut != other.cuts.get(name)}
    return ", ".join(f"{name} {cut.text}" for name, cut in cuts.items()) or NOTHING


def _held(event: Event) -> dict[str, Probability]:
    """List what is held now of each state, or of the event."""
    held = event.now if isinstance(event.now, Mapping) else {"": event.now}
    return {name: _plain(one) for name, one in held.items() if one}


def _held_in_short(event: Event) -> str:
    told = (f"{name} {_in_short(one)}".lstrip() for name, one in _held(event).items())
    return ", ".join(told) or NOTHING


def _rate_in_short(event: Event) -> str:
    """Tell the base rate of several states, or of an amount, on one line."""
    rate = event.base_rate
    if rate.model is not None:
        return _in_short(rate)
    if rate.seen is not None:
        told = ", ".join(f"{name} {count:g}" for name, count in rate.seen.items())
        return f"seen {told}"
    if event.quantity is not None:
        told = " – ".join(shown(one) for one in rate.amounts.values())
    else:
        told = _row_in_short("", {"": rate.shares})
    within = f" within {rate.within:g} months" if rate.within else ""
    unsure = f", unsure by {rate.unsure:g}" if rate.unsure else ""
    return f"{told}{unsure}{within}"


def _row_in_short(row: str, table: Mapping) -> str:
    told = (f"{s} {'rest' if p is None else _in_short(p)}" for s, p in table.get(row, {}).items())
    return f"{row}: {', '.join(told)}" if row else ", ".join(told)


def _settled(event: Event) -> str:
    if event.settled:
        what = event.settled.state or f"{event.settled.value:g}"
        return f"settled {event.settled.date}: {what}"
    if event.happened:
        return f"happened {event.happened}"
    return f"ruled out {event.ruled_out}" if event.ruled_out else "open"


def _claim(case: Case, fact: str) -> str:
    return f"“{claim_of(case, fact)}”"


def _fact_in_short(fact: Evidence) -> str:
    told = [f"{n} {_in_short(getattr(fact, n))}" for n in LIKELIHOODS if getattr(fact, n)]
    told += [f"{name} {_in_short(one)}" for name, one in (fact.if_ or {}).items()]
    return f"{', '.join(fact.events)}: {', '.join(told)}"


def _known(fact: Evidence) -> str:
    told = [f"{report.source} {_graded(report)}" for report in fact.reports]
    return ", ".join([*([fact.status] if fact.status else []), *told]) or NOTHING


def _graded(report: Report) -> str:
    grade = report.grade
    return f"{grade.letter or ''}{grade.digit or ''}" if grade else "no grade"


def _grades(case: Case, source: str) -> str:
    """Tell the grades of a source, each once."""
    reports = (report for fact in case.evidence.values() for report in fact.reports)
    return ", ".join(dict.fromkeys(_graded(one) for one in reports if one.source == source))


def _report_in_short(report: Report, keys: Sequence[str]) -> str:
    told = {
        "grade": _graded(report),
        "says": "says it is so" if report.says else "denies it",
        "date": _day(report.date),
        "hit": f"hit {_in_short(report.hit)}",
        "false": f"false {_in_short(report.false)}",
    }
    return ", ".join(told[key] for key in keys)


def _day(day) -> str:
    return str(day) if day else "no date"
