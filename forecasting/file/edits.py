"""The text of a case and edits of its entries go in; the edited text comes out, comments kept.

What refers to an entry is found by the declarations of the records of a case, not by its spelling:
:func:`forecasting.file.records.walk` tells of every key which section its names stand in.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from forecasting.errors import InputError, echo, nearest, refusal
from forecasting.file import document, splice
from forecasting.file.case import Case
from forecasting.file.dependents import (
    CALLED,
    Path,
    loss_of,
    reader_at,
    references,
    told,
)
from forecasting.file.document import Node, at, each, flow, put
from forecasting.file.naming import name_of
from forecasting.file.records import ListOf, Record, keys, walk
from forecasting.file.states import RESERVED
from forecasting.file.values import ID

# Keys at the top of a case, in the order in which they are written.
TOP = ("case", "title", "about", "as_of", "resolve_by", "horizons")
ORDER = (
    *TOP, "events", "links", "sources", "evidence", "scenarios", "views", "references",
    "corrections", "scales",
)  # fmt: skip

# Sections whose names are told apart although nothing mixes them up: they stand in one table.
TOGETHER = ("events", "evidence")

# Parts of an event in which its own states and cuts are called by their names.
CALLED_BY_WORDS = ("states", "cuts", "base_rate")

MADE = re.compile(rf"\$([1-9]\d*)(\.{ID.pattern})?")

NOTHING = Node("", "", None)


@dataclass(frozen=True)
class Edited:
    """What edits made of a text.

    Attributes
    ----------
    text : str
    made : tuple of (str, str)
        Of each edit, the section and the name of what it was about, as it is called afterwards.
    """

    text: str
    made: tuple[tuple[str, str], ...]


def apply(text: str, edits: Sequence[Mapping], *, file: str = "case") -> Edited:
    r"""Make edits in a text, in their order; all, or none.

    Only what an edit changes is written. Every comment stays: one beside a value that goes gets a
    line of its own.

    Parameters
    ----------
    text : str
        A case, or one without events so far. It is not checked: whoever takes the result reads it.
    edits : sequence of dict
        Each one of

        * ``{"add": SECTION, "name": NAME or None, "words": TEXT, "entry": {...}}``: a new entry. A
          name that is not given is made of the words. Lists, such as links, have none.
        * ``{"replace": [SECTION, NAME], "entry": {...}}``: make an entry say this; keys that are
          not in it go. A link is called ``FROM->TO``. Section ``case`` has the keys at the top.
        * ``{"put": [KEY, ...], "value": VALUE or None}``: one value, or None to take it out.
        * ``{"rename": [SECTION, NAME], "to": NAME}``: with all that refers to it.
        * ``{"delete": [SECTION, NAME]}``: with what cannot stay without it; see :func:`losses`.

        Where a name is due, ``$1`` stands for the name that the first edit made. A state or a cut
        of an event that is called ``$WORDS`` gets a name made of the words.
    file : str
        Its name, for messages.

    Returns
    -------
    Edited

    Raises
    ------
    InputError
        If the text is not YAML, there is no such entry, a name is taken or is none, a table depends
        on what is to be deleted, or an alias names what is to be changed.

    Examples
    --------
    >>> source = "case: flood\nevents:\n  rain:  # in spring\n    base_rate: 20%\n"
    >>> link = {"from": "rain", "to": "$1", "raises": 2}
    >>> event = {"add": "events", "words": "Will it flood?", "entry": {"base_rate": "5%"}}
    >>> rename = {"rename": ["events", "rain"], "to": "wet_spring"}
    >>> print(apply(source, [event, {"add": "links", "entry": link}, rename]).text)
    case: flood
    events:
      wet_spring:  # in spring
        base_rate: 20%
      it_flood:
        base_rate: 5%
    <BLANKLINE>
    links:
      - from: wet_spring
        to: it_flood
        raises: 2
    <BLANKLINE>
    """
    mark = "\ufeff" if text.startswith("\ufeff") else ""
    text = text.removeprefix(mark)
    draft = start = _draft(text, file)
    made: list[tuple[str, str]] = []
    for i, edit in enumerate(edits):
        way = next((one for one in WAYS if one in edit), None)
        if way is None:
            found, accepted = ", ".join(edit), " or ".join(WAYS)
            raise refusal("not an edit", file, None, f"edits.{i + 1}", found, accepted)
        draft, about = WAYS[way](draft, edit, made)
        made.append(about)
    after = splice.rewritten(text, draft.tree, start.tree, in_place=False)
    if splice.ANCHOR.search(text):  # an alias may mean what was changed
        _says(after, draft.tree)
    return Edited(mark + after, tuple(made))


def _says(text: str, tree: Node) -> None:
    """Refuse a text that does not say what a tree says: an alias in it means what was changed."""
    problem = "an alias elsewhere means this too"
    hint = "write out what the alias stands for before you change that"
    try:
        said = document.read(text, tree.file)
    except InputError as error:
        found = error.problems[0].found
        raise refusal(problem, tree.file, None, "", found, None, hint) from None
    place = ()
    while others := [
        inner
        for inner in ((*place, name) for name in at(tree, place).names)
        if (one := at(said, inner)) is None or not splice.same(one, at(tree, inner))
    ]:
        place = others[0]
    if place:
        line = at(tree, place).line
        raise refusal(problem, tree.file, line, ".".join(place), None, None, hint)


def losses(text: str, section: str, name: str, *, file: str = "case") -> list[str]:
    r"""Tell what else goes with an entry when it is deleted.

    Raises
    ------
    InputError
        If there is no such entry, or it cannot be deleted.

    Examples
    --------
    >>> source = "{case: x, events: {a: {base_rate: 5%}, b: {base_rate: 5%}}, "
    >>> source += "links: [{from: a, to: b, raises: 2}], scenarios: {s: {when: {a: yes}}}}"
    >>> losses(source, "events", "a")
    ['1 link', 'the scenario “s”']
    """
    draft = _draft(text, file)
    return told(draft.tree, loss_of(draft.tree, draft.find(section, name)))


def entry(text: str, section: str, name: str, *, file: str = "case") -> dict:
    """Give an entry as the file has it: numbers and texts as they are written.

    Section ``case`` gives the keys at the top.

    Raises
    ------
    InputError
        If there is no such entry.

    Examples
    --------
    >>> entry("{case: x, events: {a: {base_rate: {low: 5.0%, high: 0.20}}}}", "events", "a")
    {'base_rate': {'low': '5.0%', 'high': '0.20'}}
    """
    draft = _draft(text, file)
    if section == "case":
        return {key: _as_said(one) for key, one in draft.tree.value.items() if key in TOP}
    return _as_said(at(draft.tree, draft.find(section, name)))


def as_text(content: Mapping) -> str:
    """Write a whole case as a text: sections in blocks, a field a line, values on one line.

    Parameters
    ----------
    content : dict
        Keys of a case, in any order, with sections of entries.

    Examples
    --------
    >>> print(as_text({"case": "x", "events": {"a": {"title": "It rains", "base_rate": "5%"}}}))
    case: x
    <BLANKLINE>
    events:
      a:
        title: It rains
        base_rate: 5%
    <BLANKLINE>
    """
    lines: list[str] = []
    for key in sorted(content, key=[*ORDER, *content].index):
        value = _node(content[key], key, lines=2 * (key in CALLED))
        if value.value or key not in CALLED:
            lines += [""] * (key in CALLED) + splice.lines_with(key, value)
    return "\n".join(lines) + "\n"


def _node(value, place: str, *, lines: int = 0) -> Node:
    """Take what a page sent as a value of a file: nothing left out, yes and no as words.

    To so many levels it has a line for each value; so does any list of mappings.

    >>> node = _node({"role": "driver", "ordered": True, "now": None, "of": 30}, "events.rain")
    >>> document.as_written(node)
    '{role: driver, ordered: yes, of: 30}'
    """
    deeper = max(0, lines - 1)
    if isinstance(value, Mapping):
        kept = {str(key): one for key, one in value.items() if one is not None}
        names = {key: Node(key, "", None) for key in kept}
        inner = {key: _node(one, f"{place}.{key}", lines=deeper) for key, one in kept.items()}
        return Node(inner, "", None, keys=names, in_lines=lines > 0)
    if isinstance(value, list | tuple):
        items = tuple(_node(one, f"{place}.{i}", lines=deeper) for i, one in enumerate(value))
        return Node(items, "", None, in_lines=lines > 0 or all(one.is_map for one in items))
    if isinstance(value, bool):
        value = "yes" if value else "no"
    if isinstance(value, str):
        return Node(value, "", None)
    if isinstance(value, int | float) and abs(value) <= sys.float_info.max:
        return Node(flow(value), "", None, plain=True)
    accepted = "text, a finite number, a list or keys with values"
    raise refusal("has no place in a case file", "", None, place, echo(repr(value)), accepted)


def _as_said(node: Node):
    if node.is_map:
        return {key: _as_said(child) for key, child in node.value.items()}
    if node.is_list:
        return [_as_said(child) for child in node.value]
    return None if node.is_empty else node.value


# --- a text that is being edited -----------------------------------------------------------------


@dataclass(frozen=True)
class Draft:
    """The text of a case, and what it shall say."""

    text: str
    tree: Node

    def wrong(self, problem: str, place: Iterable[str], *more) -> InputError:
        """Make the refusal of something at a key path."""
        node = at(self.tree, tuple(place))
        return refusal(problem, self.tree.file, node and node.line, ".".join(place), *more)

    def find(self, section: str, name: str) -> Path:
        """Find the key path of an entry, if there is one; links may be called by their ends."""
        entries = self.tree.value.get(section, NOTHING)
        if section not in CALLED or entries.is_text:
            accepted = ", ".join(one for one in CALLED if one in self.tree.value)
            raise self.wrong("there is no such section", (section,), section, accepted)
        names = _names(entries)
        if name in names:
            return section, str(names.index(name)) if entries.is_list else name
        problem, hint = f"there is no {CALLED[section]} of this name", nearest(name, names)
        raise self.wrong(problem, (section,), name, None, hint)

    def own(self, path: Path) -> Path:
        """Give a key path back, unless what stands on it is only named there, by an alias."""
        node = self.tree
        for depth, key in enumerate(path, 1):
            if (node := at(node, (key,))) is None:
                break
            if node.end > node.start and self.text[node.start] == "*":
                found, problem = self.text[node.start : node.end], "stands elsewhere, and an alias"
                accepted = "the value written out"
                raise self.wrong(f"{problem} names it here", path[:depth], found, accepted)
        return path

    def put(self, path: Path, value: Node) -> Draft:
        """Put another value at a key path; a key that is new, in the order of the format."""
        there = at(self.tree, path)
        if there is not None and splice.same(there, value):
            return self
        known = len(path)  # as much of the path as is there; the rest is made
        while (parent := at(self.tree, path[: known - 1])) is None:
            known -= 1
        above, key = path[: known - 1], path[known - 1]
        if parent.is_text and not parent.is_empty:
            hint = f"set {'.'.join(above)} as a whole; it is {parent.describe()}"
            raise self.wrong("has no parts", above, parent.describe(), None, hint)
        if parent.is_list and not key.isdecimal():
            raise self.wrong("a list has no names", above, key, "a number from 0 on")
        record = _order(above) if above else ORDER
        order = [*dict.fromkeys((*record, *(parent.keys or ()), key))]
        return replace(self, tree=put(self.tree, self.own(path), value, order=order))


def _draft(text: str, file: str) -> Draft:
    tree = document.read(text, file)
    if not tree.is_map:
        raise refusal("not a case", file, tree.line, "", tree.describe(), "case: and so on")
    return Draft(text, tree)


def _names(entries: Node) -> list[str]:
    """List the names of the entries of a section; a link is called by its ends."""
    if entries.is_map:
        return [*entries.value]
    return [_called(one, str(i)) for i, one in enumerate(entries.value)]


def _called(entry: Node, otherwise: str) -> str:
    """Call an entry as edits do: a link by its ends."""
    ends = [at(entry, (key,)) for key in ("from", "to")]
    known = all(end is not None and end.is_text and not end.is_empty for end in ends)
    return "->".join(end.value for end in ends) if known else otherwise


def _order(path: Path) -> list[str]:
    """List the keys of the record at a key path, in the order of the format."""
    reader = reader_at(path)
    return [*keys(reader.cls)] if isinstance(reader, Record) else []


# --- the ways to edit ----------------------------------------------------------------------------


def _add(draft: Draft, edit: Mapping, made: list) -> tuple[Draft, tuple[str, str]]:
    section = edit["add"]
    if section not in CALLED:
        raise refusal(
            "there is no such section", draft.tree.file, None, "", section, ", ".join(CALLED)
        )
    reader = keys(Case)[section].reader
    new = _node(_with_names(section, edit.get("entry") or {}), section, lines=1)
    new = _filled(new, reader.reader, made)
    if isinstance(reader, ListOf):
        count = str(len(draft.tree.value.get(section, NOTHING).names))
        return _added(draft, (section, count), new), (section, _called(new, count))
    among_these = TOGETHER if section in TOGETHER else (section,)
    taken = {name for one in among_these for name in draft.tree.value.get(one, NOTHING).keys or ()}
    name = edit.get("name")
    if name is None:
        name = name_of(edit.get("words") or "", CALLED[section], {*taken, "null"})
    else:
        _may_be_called(draft, section, name)
    return _added(draft, (section, name), new), (section, name)


def _added(draft: Draft, path: Path, new: Node) -> Draft:
    """Put a new entry behind the last one of its section."""
    old = draft.tree.value.get(path[0], NOTHING)
    if old.value and not old.is_empty:
        return draft.put(path, new)
    is_list = isinstance(keys(Case)[path[0]].reader, ListOf)
    entries = (new,) if is_list else {path[1]: new}
    names = None if is_list else {path[1]: Node(path[1], "", None)}
    return draft.put(path[:1], Node(entries, "", None, keys=names, in_lines=True))


def _may_be_called(draft: Draft, section: str, name: str) -> None:
    """Refuse a name that is none, or that stands in the section."""
    if not isinstance(name, str) or not ID.fullmatch(name) or name.lower() == "null":
        accepted = "a letter from a to z, then letters, digits, _ or -, at most 64 in all"
        raise refusal("not a name", draft.tree.file, None, section, str(name), accepted)
    if name in draft.tree.value.get(section, NOTHING).names:
        problem = f"there is a {CALLED[section]} of this name"
        raise draft.wrong(problem.replace("a event", "an event"), (section, name), name)


def _replace(draft: Draft, edit: Mapping, made: list):
    section, name = edit["replace"]
    path = () if section == "case" else draft.own(draft.find(section, name))
    new = _node(_with_names(section, edit["entry"]), ".".join(path) or section, lines=1)
    if section == "case":
        about = section, edit["entry"].get("case") or ""
    else:
        new = _filled(new, keys(Case)[section].reader.reader, made)
        about = section, _called(new, name)
    old = at(draft.tree, path)
    if not (new.is_map and old.is_map):
        return draft.put(path, new), about
    mine = old.value if path else TOP[1:]
    gone = {(*path, key) for key in old.value if key in mine and key not in new.value}
    for key, value in new.value.items():
        draft = draft.put((*path, key), value)
    return _taken_out(draft, gone), about


def _put(draft: Draft, edit: Mapping, made: list):
    path = tuple(map(str, edit["put"]))
    if path[1:] and path[0] in CALLED:
        path = (*draft.find(*path[:2]), *path[2:])
    about = path[0], "".join(map(str, edit["put"][1:2]))
    if edit["value"] is None:
        return _taken_out(draft, {path} if at(draft.tree, path) is not None else ()), about
    return draft.put(path, _node(edit["value"], ".".join(path), lines=len(path) == 2)), about


def _rename(draft: Draft, edit: Mapping, made: list):
    (section, old), new = edit["rename"], edit["to"]
    path = draft.find(section, old)
    entries = draft.tree.value[draft.own((section,))[0]]
    if entries.is_list:
        raise draft.wrong("has no name of its own", path, old)
    if new == old:
        return draft, (section, old)
    _may_be_called(draft, section, new)
    called = [entries.keys[old], *(one for _, one in references(draft.tree, section, old))]
    names = {id(one): new + one.value[len(old) :] for one in called}
    return replace(draft, tree=_renamed(draft.tree, names)), (section, new)


def _renamed(tree: Node, names: Mapping[int, str]) -> Node:
    """Give nodes of a tree other texts, by their identity."""
    return each(tree, lambda one: replace(one, value=names[id(one)]) if id(one) in names else one)


def _delete(draft: Draft, edit: Mapping, made: list):
    section, name = edit["delete"]
    path = draft.find(section, name)
    loss = loss_of(draft.tree, path)
    for fact in loss.bare:
        draft = draft.put((*fact, "status"), Node("pending", "", None))
    return _taken_out(draft, loss.gone), (section, name)


WAYS = {"add": _add, "replace": _replace, "put": _put, "rename": _rename, "delete": _delete}


def _with_names(section: str, content):
    """Make names of the words by which an entry calls states and cuts of its own.

    >>> _with_names("events", {"states": {"$The Town": "The Town"}, "base_rate": {"$The Town": 1}})
    {'states': {'town': 'The Town'}, 'base_rate': {'town': 1}}
    >>> event = {"states": {"$Dry": "Dry", "wet": "Wet"}, "none": "$Dry", "cuts": {"so": "> $Dry"}}
    >>> _with_names("events", event)
    {'states': {'dry': 'Dry', 'wet': 'Wet'}, 'none': 'dry', 'cuts': {'so': '> dry'}}
    """
    if section != "events" or not isinstance(content, Mapping):
        return content
    parts = {key: content[key] for key in CALLED_BY_WORDS if isinstance(content.get(key), Mapping)}
    names = {
        word: word for key in ("states", "cuts") for word in parts.get(key, ()) if word[:1] != "$"
    }
    for key, otherwise in (("states", "state"), ("cuts", "part")):
        for word in parts.get(key, ()):
            if word not in names:
                names[word] = name_of(word[1:], otherwise, {*RESERVED, *names.values()})

    def named(value):
        if not isinstance(value, Mapping):
            return value
        return {names.get(key, key): named(one) for key, one in value.items()}

    def within(cut):
        """Call the states by name that a cut takes in: a list of them, or one behind a sign."""
        if isinstance(cut, list):
            return [names.get(one, one) for one in cut]
        sign, _, state = str(cut).partition(" ")
        return f"{sign} {names[state]}" if state in names else cut

    told = {key: named(one) for key, one in parts.items()}
    if "cuts" in told:
        told["cuts"] = {key: within(cut) for key, cut in told["cuts"].items()}
    if (none := content.get("none")) in names:
        told["none"] = names[none]
    return {**content, **told}


def _filled(entry: Node, reader, made: list) -> Node:
    """Write the names that earlier edits made where a reader looks up a name."""
    names = {}
    for one, node, _ in walk(reader, entry):
        for item in node.value if node.is_list else (node,):
            match = MADE.fullmatch(item.value) if item.is_text else None
            if match and getattr(one, "section", None) and int(match[1]) <= len(made):
                names[id(item)] = made[int(match[1]) - 1][1] + (match[2] or "")
    return _renamed(entry, names)


def _taken_out(draft: Draft, gone: Iterable[Path]) -> Draft:
    """Take values out; what is left empty by it goes too, but for an entry, which has a name."""
    return replace(
        draft, tree=_left(draft.tree, {(*draft.own(path[:-1]), path[-1]) for path in gone})
    )


def _left(node: Node, gone: set[Path], place: Path = ()) -> Node | None:
    """Give what is left of a value without some key paths in it, or None."""
    if place in gone:
        return None
    if not any(path[: len(place)] == place for path in gone):
        return node
    inner = zip(node.names, node.children, strict=True)
    left = {name: _left(child, gone, (*place, name)) for name, child in inner}
    left = {name: child for name, child in left.items() if child is not None}
    if not left and len(place) not in (0, 2):
        return None
    if node.is_list:
        return replace(node, value=tuple(left.values()))
    return replace(node, value=left, keys={name: node.keys[name] for name in left})
