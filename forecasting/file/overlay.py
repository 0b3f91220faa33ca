"""A case and somebody's changed judgements go in; the changed case, or its file, comes out.

An overlay is how an analyst keeps moved sliders: a few key paths with new values, easy to compare
in git.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from forecasting.errors import InputError, Problem, nearest
from forecasting.file import document
from forecasting.file.case import Case, Event, Evidence, assemble, write_text
from forecasting.file.document import Node
from forecasting.file.quantities import HOLDS, MULTIPLIERS, Place, rivals
from forecasting.file.records import MapOf, Record, due, key, node_field
from forecasting.file.values import Day, Name, Reading, Text

# Keys of each section that may be set: its numbers, however stated, and what is known of it.
JUDGEMENTS = {
    "events": (*HOLDS[Event], "happened", "ruled_out"),
    "links": (*MULTIPLIERS, "if_yes", "if_no"),
    "evidence": (*HOLDS[Evidence], "status"),
}

ACCEPTED = (
    "events.NAME.base_rate or .now, links.FROM.TO.raises (lowers, odds, if_yes, if_no), "
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
    tree, applied = _apply(case.node, changes)
    return replace(assemble(tree, case.text, {**case.overrides, **applied}), lexicon=case.lexicon)


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
    problems: list[Problem] = []
    _, node = document.read_file(path, problems=problems)
    return _overlay(node, problems)


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
    problems: list[Problem] = []
    return _overlay(document.read(text, file, problems=problems), problems)


def _overlay(node: Node, problems: list[Problem]) -> Overlay:
    reading = Reading(problems)
    if node.is_map and "events" in node.value:
        hint = "an overlay has analyst: and overrides:"
        raise InputError(Problem("this is a case, not an overlay", node.file, hint=hint))
    overlay = Record(Overlay).read(node, "", reading)
    if reading.problems:
        raise InputError(reading.problems)
    return overlay


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
    lines = [f"analyst: {document.flow(analyst)}", f"case: {case.case}"]
    lines += [f"why: {document.flow(why)}"] if why else []
    lines += ["overrides:"] if overrides else ["overrides: {}"]
    for place, value in sorted(overrides.items()):
        lines.append(
            f"  {document.flow(place)}: {value if isinstance(value, str) else document.flow(value)}"
        )
    write_text(path, "\n".join(lines) + "\n")


def save(case: Case, path: str | Path) -> None:
    """Write a case with its overrides into its own text: comments, order and spacing stay.

    Raises
    ------
    InputError
        If the text that would be written does not say what the case says; nothing is written then.
    """
    text = case.text
    for place, new in case.overrides.items():
        text = _edit(text, place, document.as_written(new))
    if document.digest(document.read(text, str(path))) != case.digest:
        raise InputError(Problem("the changes could not be written into the text", str(path)))
    write_text(path, text)


def _apply(node: Node, changes: list[tuple[str, Node]]) -> tuple[Node, dict[Place, Node]]:
    """Put overrides into a tree; those that name no judgement are reported together."""
    problems, applied = [], {}
    for path, new in changes:
        place = _resolve(node, path)
        if isinstance(place, Problem):
            problems.append(replace(place, file=new.file, line=new.line))
            continue
        same = {(*place[:-1], key) for key in (place[-1], *rivals(place[-1]))}
        if clash := next((other for other in applied if other in same), None):
            found = f"{'.'.join(clash)} and {'.'.join(place)}"
            problems.append(Problem("is changed twice", new.file, new.line, path, found))
            continue
        node = document.put(node, place, new, instead_of=rivals(place[-1]))
        applied[place] = new
    if problems:
        raise InputError(problems)
    return node, applied


def _resolve(node: Node, path: str) -> Place | Problem:
    """Turn a written path into keys of the tree; a link is named by its two events."""
    wrong = Problem("this path names no judgement", place=path, found=path, accepted=ACCEPTED)
    parts = tuple(path.replace("->", ".").split("."))
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
            hint = nearest(".".join(parts[:3]), [".".join(("links", *pair)) for pair in ends])
            return replace(wrong, problem="there is no such link", hint=hint)
        place = ("links", str(ends.index(parts[1:3])), *parts[3:])
    elif section != "links" and (name := "".join(parts[1:2])) not in entries.value:
        return replace(wrong, problem="there is no such name", hint=nearest(name, entries.value))
    key = "".join(place[2:3])
    if key not in JUDGEMENTS[section]:
        return replace(wrong, hint=nearest(key, JUDGEMENTS[section]) if key else None)
    if len(place) > 3:
        parent = document.at(node, place[:-1])
        if parent is None or (parent.is_list and document.at(node, place) is None):
            return wrong
        if parent.is_text:
            whole = ".".join(parts[:-1])
            return replace(wrong, hint=f"set {whole} as a whole; it is {parent.describe()}")
    return place


def _edit(text: str, place: tuple[str, ...], new: str) -> str:
    """Write one override into the text of a case."""
    tree = document.read(text, "")
    parent, name = document.at(tree, place[:-1]), place[-1]
    if parent is None:
        tail = f"{{{name}: {new}}}"
        return _edit(text, place[:-1], tail)
    if (old := document.at(parent, (name,))) is not None:
        return document.replace_text(text, old, new)
    if replaced := [rival for rival in rivals(name) if rival in parent.value]:
        first = replaced[0]
        for rival in replaced[1:]:
            text = document.remove_text(text, parent, rival)
            parent = document.at(document.read(text, ""), place[:-1])
        start, end = parent.keys[first].start, parent.value[first].end
        return f"{text[:start]}{name}: {new}{text[end:]}"
    if parent is tree and text[tree.start] != "{":
        return f"{text}{'' if text.endswith(chr(10)) else chr(10)}{name}: {new}\n"
    return document.insert_text(text, parent, name, new)
