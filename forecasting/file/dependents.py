"""A case as a tree and one entry go in; what refers to it, and what goes with it, come out.

Both follow from the declarations of the records of a case: which section the names of a key stand
in, and which keys a record must have.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import reduce

from forecasting.errors import refusal
from forecasting.file.case import Case
from forecasting.file.document import Node, at
from forecasting.file.propositions import event_of
from forecasting.file.records import Record, keys, walk

Path = tuple[str, ...]

# What one entry of a section is called.
CALLED = {
    "events": "event",
    "links": "link",
    "sources": "source",
    "evidence": "fact",
    "scenarios": "scenario",
    "views": "view",
    "references": "reference",
    "corrections": "correction",
}

# What is counted, not called by its name.
COUNTED = ("link", "report", "mention", "correction")

# Longest words by which an entry is called.
LABEL = 60

CASE = Record(Case)


@dataclass(frozen=True)
class Loss:
    """What goes when an entry is deleted.

    Attributes
    ----------
    gone : frozenset of key path
        Values to take out; none holds another.
    also : tuple of key path
        What they mean to a person, besides the entry: other entries, and what single keys said.
    bare : tuple of key path
        Facts that stay, and have neither a report nor a status any more.
    """

    gone: frozenset[Path]
    also: tuple[Path, ...]
    bare: tuple[Path, ...]


def references(tree: Node, section: str, name: str) -> Iterator[tuple[Path, Node]]:
    """Find every text and key that refers to an entry: by its name, or by that of a part of it.

    Each comes with its key path; that of a key is its value's.

    Examples
    --------
    >>> from forecasting.file.document import read
    >>> tree = read("{views: {ann: {rain: 5%, war: 5%}}, links: [{from: rain.yes, to: war}]}", "")
    >>> [(".".join(path), node.value) for path, node in references(tree, "events", "rain")]
    [('links.0.from', 'rain.yes'), ('views.ann.rain', 'rain')]
    """
    for reader, child, path in walk(CASE, tree):
        if getattr(reader, "section", None) != section:
            continue
        items = zip(child.names, child.value, strict=True) if child.is_list else [(child,)]
        for *key, item in items:
            if item.is_text and event_of(item.value) == name:
                yield (*path, *key), item


def reader_at(path: Path):
    """Find what reads the value at a key path, so far as it does not depend on its event."""

    def inside(reader, key):
        if isinstance(reader, Record):
            return keys(reader.cls)[key].reader if key in keys(reader.cls) else None
        return getattr(getattr(reader, "several", reader), "reader", None)

    return reduce(inside, path, CASE)


def loss_of(tree: Node, path: Path) -> Loss:
    """Find what cannot stay without the entry at a key path.

    A link goes with either of its ends, a fact with the one event it bears on, a report with its
    source. Of a fact that bears on several, of a scenario, of a view or of a list of references
    only that part goes, if others are left.

    Raises
    ------
    InputError
        If a table depends on it.
    """
    section, name = path[:2]
    gone: set[Path] = {path}
    also: list[Path] = []
    found = [] if tree.value[section].is_list else references(tree, section, name)
    for place, _ in sorted(found, key=lambda one: one[1].start):  # in the order of the file
        if place[:2] == path:
            continue
        if place[0] == "events" and place[2] == "parents":
            problem = f"{name} is a parent of the table of {place[1]}, and cannot go without it"
            hint = f"write {place[1]} without it first, or delete {place[1]}"
            node = at(tree, place)
            raise refusal(problem, node.file, node.line, ".".join(place[:3]), name, None, hint)
        _drop(tree, place, gone, also)
    gone -= {one for one in gone for n in range(2, len(one)) if one[:n] in gone}
    bare = (
        place[:2] for place in sorted(gone) if place[0] == "evidence" and place[2:] == ("reports",)
    )
    return Loss(
        frozenset(gone),
        tuple(one for one in dict.fromkeys(also) if len(one) == 2 or one[:2] not in gone),
        tuple(fact for fact in bare if at(tree, (*fact, "status")) is None),
    )


def _drop(tree, place: Path, gone: set[Path], also: list[Path], *, emptied: bool = False) -> None:
    """Take out the least that can go with a reference: an item, a key, or the entry it is in."""
    while True:
        parent = reader_at(place[:-1])
        if not isinstance(parent, Record) or not keys(parent.cls)[place[-1]].required:
            break
        place = place[:-1]
    if len(place) == 2 or not emptied:
        also.append(place)
    gone.add(place)
    holder = at(tree, place[:-1])
    inside = len(place) > 2 and not isinstance(parent, Record)
    if inside and all((*place[:-1], name) in gone for name in holder.names):
        _drop(tree, place[:-1], gone, also, emptied=True)


def told(tree: Node, loss: Loss) -> list[str]:
    """Say in words what goes besides the entry itself, and which facts are left without a report.

    Examples
    --------
    >>> from forecasting.file.document import read
    >>> tree = read(
    ...     "{events: {a: {}, b: {}}, links: [{from: a, to: b}], views: {ann: {b: 5%}}}", ""
    ... )
    >>> told(tree, loss_of(tree, ("events", "b")))
    ['1 link', 'the view “ann”']
    """
    said = []
    for words, count in Counter(_called(tree, place) for place in loss.also).items():
        many = words if count == 1 else f"{words}s"
        said.append(f"{count} {many}" if words in COUNTED else words)
    return said + [
        f"{_label(tree, fact)} stays, as pending: no report is left" for fact in loss.bare
    ]


def _called(tree: Node, place: Path) -> str:
    section, *inner = place[0], *place[2:]
    if not inner:
        return CALLED[section] if CALLED[section] in COUNTED else _label(tree, place)
    if "reference" in inner:
        return "mention"
    if inner[0] == "reports":
        return "report"
    what = {"events": "the condition", "scenarios": "a condition", "views": "a number"}
    entry = _label(tree, place[:2])
    return f"what {entry} says of it" if section == "evidence" else f"{what[section]} of {entry}"


def _label(tree: Node, place: Path) -> str:
    """Call an entry by its claim or title, with what it is."""
    said = [at(tree, (*place, key)) for key in ("claim", "title")]
    words = next((one.value for one in said if one is not None and one.is_text), "")
    words = " ".join((words or place[1].replace("_", " ")).split())
    words = words if len(words) <= LABEL else f"{words[: LABEL - 1].rstrip()}…"
    return f"the {CALLED[place[0]]} “{words}”"
