"""A case and somebody's changed judgements go in; the changed case, or its file, comes out.

An overlay is how an analyst keeps moved sliders: a few key paths with new values, easy to compare
in git.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from forecasting.amounts import unsure_spread
from forecasting.errors import InputError, Problem, nearest
from forecasting.file import document, splice, stated
from forecasting.file.case import Case, Event, Evidence, assemble, write_text
from forecasting.file.document import Node
from forecasting.file.propositions import covered
from forecasting.file.quantities import HOLDS, MULTIPLIERS, Place, place_of, rivals
from forecasting.file.records import MapOf, Record, due, key, node_field
from forecasting.file.stated import Point
from forecasting.file.states import AMOUNT, UNSURE, level_of, rows_of
from forecasting.file.values import BaseRate, Day, Judgement, Name, Reading, Text
from forecasting.judgement import Odds, Probability, sigmoid

# Keys of each section that may be set: its numbers, however stated, and what is known of it.
JUDGEMENTS = {
    "events": (*HOLDS[Event], "happened", "ruled_out", "settled"),
    "links": (*MULTIPLIERS, "if_yes", "if_no"),
    "evidence": (*HOLDS[Evidence], "status"),
}

ACCEPTED = (
    "events.NAME.base_rate or .now, or one number of it (.base_rate.STATE, .base_rate.best), "
    "links.FROM.TO.raises (lowers, odds, if_yes, if_no), "
    "evidence.NAME.if_yes (if_no, likelihood_ratio, chance, status, reports.0.grade), "
    "scales.reliability.B, or evidence.NAME and sources.NAME for a new item"
)


class AsWritten:
    """Any value; what it must be depends on the judgement it replaces."""

    def read(self, node, place, reading):
        return node

    def schema(self):
        return {}


@dataclass(frozen=True)
class Overlay:
    """One analyst's changes to some judgements of a case."""

    analyst: str = due("whose judgements these are")
    overrides: Mapping[str, Node] = due(
        "key path of the judgement: its new value", MapOf(AsWritten(), names=Text())
    )
    case: str | None = key("the case it belongs to", Name())
    date: Day | None = key("when it was judged")
    why: str | None = key("the reason")
    node: Node | None = node_field()


def override(case: Case, overrides: Mapping[str, object], *, by: str = "overrides") -> Case:
    """Change judgements, by key path.

    Parameters
    ----------
    case : Case
    overrides : mapping of str to number, text or mapping
        Such as ``{"events.rain.base_rate": "30%", "links.rain.flood.raises": 3}``.
    by : str
        Who changes them, for messages.

    Raises
    ------
    InputError
        If a path names no judgement of the case, or a value is not accepted there.

    Examples
    --------
    >>> from forecasting.file.case import read
    >>> case = read("{case: rain, events: {rain: {base_rate: 20%}}}")
    >>> changed = override(case, {"events.rain.base_rate": "30%"})
    >>> round(float(changed.events["rain"].base_rate.probability.mean), 6)
    0.3
    """
    changes = []
    for path, value in overrides.items():
        if isinstance(value, Node):
            changes.append((path, value))
            continue
        text = value if isinstance(value, str) else document.flow(value)
        try:
            changes.append((path, document.unnumbered(document.read(text or '""', by))))
        except InputError as error:
            problems = (replace(problem, place=path, line=None) for problem in error.problems)
            raise InputError(problems) from None
    tree = _apply(case, _in_whole(case, changes))
    return replace(assemble(tree, case.text), lexicon=case.lexicon)


def apply(case: Case, overlay: Overlay | str | Path) -> Case:
    """Apply an overlay, or that of a file, to a case.

    Raises
    ------
    InputError
        If the file is no overlay, belongs to another case, or does not fit this one.
    """
    if not isinstance(overlay, Overlay):
        overlay = load_overlay(overlay)
    file = overlay.node.file
    if overlay.case not in (None, case.case):
        hint = f"this is the case {case.case}"
        raise InputError(
            Problem("belongs to another case", file, None, "case", overlay.case, None, hint)
        )
    return override(case, overlay.overrides, by=file)


def load_overlay(path: str | Path) -> Overlay:
    """Load an analyst's overlay.

    Raises
    ------
    InputError
        If it is not an overlay.
    """
    return read_overlay(document.read_text(path), str(path))


def read_overlay(text: str, file: str = "overlay") -> Overlay:
    """Read an analyst's overlay from text.

    Raises
    ------
    InputError
        As for :func:`load_overlay`.

    Examples
    --------
    >>> read_overlay("{analyst: ann, overrides: {events.rain.base_rate: 30%}}").analyst
    'ann'
    """
    reading = Reading([])
    node = document.read(text, file, problems=reading.problems)
    if node.is_map and "events" in node.value:
        hint = "an overlay has analyst: and overrides:"
        raise InputError(Problem("this is a case, not an overlay", node.file, hint=hint))
    return Record(Overlay).whole(node, reading)


def save_overlay(
    path: str | Path,
    analyst: str,
    case: Case,
    overrides: Mapping[str, object],
    *,
    why: str | None = None,
) -> None:
    """Write an analyst's changes as an overlay file, in one step that cannot leave half a file.

    The overlay is tried on the case first.

    Raises
    ------
    InputError
        If an override does not fit the case.
    """
    override(case, overrides, by=analyst)
    write_text(path, overlay_text(analyst, case.case, overrides, why=why))


def overlay_text(
    analyst: str, case: str, overrides: Mapping[str, object], *, why: str | None = None
) -> str:
    """Write an analyst's changes to the case of a name as the text of an overlay.

    Examples
    --------
    >>> print(overlay_text("ann", "rain", {"events.rain.base_rate": "30%"}), end="")
    analyst: ann
    case: rain
    overrides:
      events.rain.base_rate: 30%
    """
    lines = [f"analyst: {document.flow(analyst)}", f"case: {case}"]
    lines += [f"why: {document.flow(why)}"] if why else []
    lines += ["overrides:"] if overrides else ["overrides: {}"]
    for place, value in sorted(overrides.items()):
        lines.append(
            f"  {document.flow(place)}: {value if isinstance(value, str) else document.flow(value)}"
        )
    return "\n".join(lines) + "\n"


def save(case: Case, path: str | Path) -> None:
    """Write a case with its overrides into its own text: comments, order and layout stay.

    Raises
    ------
    InputError
        If the text that would be written does not say what the case says; nothing is written then.
    """
    text = written(case)
    if document.digest(document.read(text, str(path))) != case.digest:
        raise InputError(Problem("the changes could not be written into the text", str(path)))
    write_text(path, text)


def written(case: Case) -> str:
    """Give the text of a case with what was changed of it in its place; all else stays.

    Examples
    --------
    >>> from forecasting.file.case import read
    >>> case = read("{case: rain, events: {rain: {base_rate: 20%}}}  # a comment")
    >>> written(override(case, {"events.rain.base_rate": "30%"}))
    '{case: rain, events: {rain: {base_rate: 30%}}}  # a comment'
    """
    return splice.rewritten(case.text, case.node)


def _apply(case: Case, changes: list[tuple[str, Node]]) -> Node:
    """Put overrides into a tree; those that name no judgement are reported together."""
    problems, applied, node = [], set(), case.node
    for path, new in changes:
        place = _resolve(case, node, path, place_of(case, path))
        if isinstance(place, Problem):
            problems.append(replace(place, file=new.file, line=new.line))
            continue
        same = {(*place[:-1], key) for key in (place[-1], *rivals(place[-1]))}
        if clash := next((other for other in applied if other in same), None):
            found = f"{'.'.join(clash)} and {'.'.join(place)}"
            problems.append(Problem("is changed twice", new.file, new.line, path, found))
            continue
        node = document.put(node, place, new, instead_of=rivals(place[-1]))
        applied.add(place)
    if problems:
        raise InputError(problems)
    return node


def _in_whole(case: Case, changes: list[tuple[str, Node]]) -> list[tuple[str, Node]]:
    """Take the changes of single states, or of points of an amount, as that of all of them.

    They are changed together: the states that are not named make room for those that are.
    """
    kept, parts, problems = [], {}, []
    for path, new in changes:
        place = place_of(case, path)
        event = case.events.get("".join(place[1:2])) if place[0] == "events" else None
        whole = place[: 4 if place[2:3] == ("table",) else 3]
        if event and not event.is_yes_no and _is_part(event, place):
            parts.setdefault(whole, {})[place[len(whole) :]] = path, new
        else:
            kept.append((path.removesuffix("."), new))  # of a table without parents, its one row
    for whole, new in parts.items():
        if any(place_of(case, path) == whole for path, _ in kept):
            path, node = next(iter(new.values()))
            found = f"{path} and {'.'.join(whole)}"
            problems.append(Problem("is changed twice", node.file, node.line, path, found))
        else:
            kept += _as_one(case, whole, new, problems)
    if problems:
        raise InputError(problems)
    return kept


def _is_part(event: Event, place: Place) -> bool:
    """Tell whether a key path leads to one of several numbers that hang together."""
    if place[2:3] == ("table",):
        return len(place) == 5 and place[3] in (event.table or {}) and place[4] in event.states
    if place[2:3] == ("now",):
        return len(place) == 4 and len(event.now or ()) > 1 and place[3] in event.now
    rate = event.base_rate
    if place[2:3] != ("base_rate",) or len(place) < 4 or rate is None or rate.model is not None:
        return False
    return (
        place[3:] in stated.numbers(event)
        or place[3:] == ("best",)
        or (event.states is not None and place[-1] in event.states)
    )


def _as_one(case: Case, whole: Place, new: dict, problems: list[Problem]):
    """Change some numbers that hang together; give the path and the value of all of them."""
    reading = Reading(problems, case.scales)
    before = len(problems)
    event, judged = case.events[whole[1]], {}
    for keys, (path, node) in new.items():
        if whole[2] == "base_rate" and event.base_rate.seen and keys != ("unsure",):
            problem = "counts are not set one by one"
            reading.reject(node, path, problem, f"{'.'.join(whole)}, as a whole")
            return
        judged[keys] = _reader(event, keys, whole).read(node, path, reading)
        if keys[0] == "at_least" and getattr(judged[keys], "logit_sd", 0):
            accepted = f"a point; and {'.'.join(whole)}.unsure: 2, for all steps together"
            reading.reject(node, path, "a step has no range of its own", accepted)
    if len(problems) > before:
        return
    path, node = next(iter(new.values()))
    told = {keys: one for keys, (_, one) in new.items()}
    try:
        if whole[2] == "base_rate":
            judged = {keys: _on_scale(event, keys, one) for keys, one in judged.items()}
            made = _base_rate(event, stated.with_numbers(event, judged), told)
        else:
            judged, told = ({k: one for (k,), one in of.items()} for of in (judged, told))
            if whole[2] == "table":
                whole = (*whole[:2], *rows_of(event.node)[whole[3]])
                row = event.table[place_of(case, path)[3]]
                after = stated.with_shares(row, judged, closed=True)
                made = _row(event, document.at(case.node, whole), row, after, told)
            else:
                after = stated.with_statement(event.now, judged)
                made = _shares(event.node.value["now"], event.now, after, told)
    except ValueError as error:
        problems.append(Problem(str(error), node.file, node.line, path, node.describe()))
        return
    yield ".".join(whole), replace(made, file=node.file, line=None)


def _reader(event: Event, keys: Place, whole: Place):
    if keys == ("unsure",) and "unsure" not in (event.states or ()):
        return UNSURE
    return AMOUNT if event.quantity and whole[2] == "base_rate" else Judgement(whole[2] == "table")


def _on_scale(event: Event, keys: Place, value):
    """Take what was read as what the number is: a factor, or a place on a scale."""
    if isinstance(value, Probability):
        return value
    if keys == ("unsure",):
        return Odds(0.0, unsure_spread(value))
    return Point(0.5, float(stated.scale(event).place(value)))


def _base_rate(event: Event, rate: BaseRate, told: Mapping[Place, Node]) -> Node:
    """Write what changed of a base rate of states, or of an amount, where its file has it.

    What was set is told as it was written.
    """
    before, node = event.base_rate, event.node.value["base_rate"]
    if rate.shares != before.shares:
        alone = {keys[0]: one for keys, one in told.items() if len(keys) == 1}
        node = _shares(node, before.shares, rate.shares, alone)
    for level, amount in (rate.amounts or {}).items():
        *above, key = keys = stated.keys_of(rate, level)
        if above:  # as the file spells the level
            spelled = document.at(node, tuple(above)).keys
            key = next(name for name, one in spelled.items() if level_of(one) == level)
        if not _same(amount, before.amounts[level]):
            node = document.put(node, (*above, key), told.get(keys) or _text(_digits(amount)))
    if rate.unsure != before.unsure:
        node = document.put(node, ("unsure",), told["unsure",])
    return node


def _row(event: Event, node: Node, before: Mapping, after: Mapping, told: Mapping) -> Node:
    """Write what changed of a row of a table; a list of shares stays one.

    A name for several states gives way to them where one of them is set; otherwise stands for those
    that are left.
    """
    states = [*event.states]
    if node.is_list:
        numbers = {name: str(i) for i, name in enumerate(states)}
        sides = ({numbers[k]: v for k, v in some.items()} for some in (before, after, told))
        return _shares(node, *sides)
    sides = was, now, new = {}, {}, {}
    for name, some in covered(event, node.value).items():
        together, apart = [states[k] for k in some], []
        if len(some) == 1 and together[0] in told:
            new[name] = told[together[0]]
        elif told.keys() & {*together}:
            apart = [one for one in together if one in told or name != "otherwise"]
            together = [one for one in together if one not in apart]
        now |= {one: after[one] for one in apart}
        new |= {one: told[one] for one in apart if one in told}
        if together:
            was[name], now[name] = (_together(of, together) for of in (before, after))
    left = {name: one for name, one in node.value.items() if name in now}
    return _shares(replace(node, value=left, keys={k: node.keys[k] for k in left}), *sides)


def _together(shares: Mapping[str, Probability | None], states: list[str]) -> Probability | None:
    """Give what several states of equal share have together."""
    each = [shares[state] for state in states]
    if None in each or len(each) == 1:
        return None if None in each else each[0]
    return stated.moved(each[0], float(each[0].mean) * len(each))


def _shares(node: Node, before: Mapping, after: Mapping, told: Mapping[str, Node]) -> Node:
    """Write the shares that changed, by name or by number, in the way in which they stand there."""
    for name, one in after.items():
        was, old = before.get(name), document.at(node, (name,))
        is_rest = old is not None and old.value == "rest"
        if is_rest and (one is None or (name not in told and None not in after.values())):
            continue
        if one is None:
            new = _text("rest")
        elif name in told:
            new = told[name]
        elif was is not None and was.logit_sd == one.logit_sd and _same(was.mean, one.mean):
            continue
        else:
            new = _share(one, old or node, old)
        node = document.put(node, (name,), new)
    return node


def _same(x: float, other: float) -> bool:
    return math.isclose(x, other, rel_tol=5e-14)  # but for rounding


def _share(one: Probability, like: Node, old: Node | None) -> Node:
    """Write a share like another, in percent or not; what stands beside the old range stays."""
    percent = "%" in document.as_written(like)

    def number(x):
        return _text(f"{_digits(100 * x)}%" if percent else _digits(x))

    if not one.logit_sd:
        return number(float(one.mean))
    low, high = one.interval
    ends = {"low": low, "best": float(sigmoid(one.logit_median)), "high": high}
    if old is None or not {"low", "high"} <= {*(old.keys or ())}:  # a word, or counts
        sure = {"confidence": _text(one.confidence)} if one.confidence else {}
        old = Node(sure, like.file, None, keys={name: _text(name) for name in sure})
    for name, x in ends.items():
        if name != "best" or name in old.value:
            old = document.put(old, (name,), number(x))
    return old


def _text(text: str) -> Node:
    return Node(text, "", None, plain=True)


def _digits(x: float) -> str:
    """Write a number without what rounding has left at its end."""
    short = f"{x:.12g}"
    return short if _same(float(short), x) else f"{x:.15g}"


def _resolve(case: Case, node: Node, path: str, parts: Place) -> Place | Problem:
    """Turn a written path, in its parts, into keys of the tree; a link is named by its two ends."""
    wrong = Problem("this path names no judgement", place=path, found=path, accepted=ACCEPTED)
    section, entries = parts[0], node.value.get(parts[0])
    if (section, len(parts)) in (("scales", 3), ("evidence", 2), ("sources", 2)):
        return parts
    if section not in JUDGEMENTS:
        return replace(wrong, hint=nearest(section, [*JUDGEMENTS, "scales", "sources"]))
    if entries is None:
        return wrong
    place = parts
    if section == "links" and document.at(entries, parts[1:2] or ("",)) is None:
        ends = [
            tuple(link.value[end].value for end in ("from", "to")) if link.is_map else ()
            for link in entries.value
        ]
        if parts[1:3] not in ends:
            hint = nearest(path.rpartition(".")[0], [".".join(("links", *pair)) for pair in ends])
            return replace(wrong, problem="there is no such link", hint=hint)
        place = ("links", str(ends.index(parts[1:3])), *parts[3:])
    elif section != "links" and (name := "".join(parts[1:2])) not in entries.value:
        return replace(wrong, problem="there is no such name", hint=nearest(name, entries.value))
    key = "".join(place[2:3])
    if key not in JUDGEMENTS[section]:
        rate = document.at(node, (*place[:2], "base_rate"))
        if rate is not None and rate.is_map and key in rate.value:
            return replace(wrong, hint=f"did you mean {'.'.join(place[:2])}.base_rate.{key}?")
        return replace(wrong, hint=nearest(key, JUDGEMENTS[section]) if key else None)
    if len(place) > 3:
        parent = document.at(node, place[:-1])
        if parent is None and key == "now" and not case.events[place[1]].is_yes_no:
            return place  # what is held of a state; what is not named keeps its proportions
        if parent is None or (parent.is_list and document.at(node, place) is None):
            return wrong
        if parent.is_text:
            whole = ".".join(parts[:-1])
            return replace(wrong, hint=f"set {whole} as a whole; it is {parent.describe()}")
    return place
