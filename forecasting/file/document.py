"""The text of a YAML file goes in; a tree that remembers every line, and strict problems, come out.

Only what a case needs of YAML is accepted: text, numbers, lists and mappings. Nothing is guessed:
scalars stay text until the reader of a field says what they should be, so ``no`` is never a boolean
and ``1e-3`` never a string.
"""

from __future__ import annotations

import hashlib
import json
import math
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import islice
from operator import is_not
from pathlib import Path

import yaml

from forecasting.errors import InputError, Problem, refusal

# Far above any real case; what a hostile file can cost stays within a second.
MAX_BYTES = 2_000_000
MAX_DEPTH = 32
MAX_NODES = 100_000

# A list of so few words is shown in full where it is wrong.
SHORT_LIST = 6

NUMBER = re.compile(r"[-+]?(\d+(\.\d*)?|\.\d+)([eE][-+]?\d+)?", re.ASCII)

# Reading events, not objects, keeps the fast parser and yet builds no value that we did not check.
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True)
class Node:
    """One value of a file: text, a list or a mapping, with its place.

    Attributes
    ----------
    value : str, tuple of Node, or dict of str to Node
    file : str
    line : int or None
        Counted from 1; None for what does not come from a file.
    start, end : int
        Where it stands in the text, in characters.
    plain : bool
        Text without quotes, which may be meant as a number.
    keys : dict of str to Node
        For a mapping, the keys themselves, for their lines.
    in_lines : bool
        A list or a mapping that has a line for each value, or shall have; else it stands between
        brackets.
    """

    value: str | tuple[Node, ...] | dict[str, Node]
    file: str
    line: int | None
    start: int = 0
    end: int = 0
    plain: bool = False
    keys: dict[str, Node] | None = None
    in_lines: bool = False

    @property
    def is_text(self) -> bool:
        """A word, a number or other text."""
        return isinstance(self.value, str)

    @property
    def is_list(self) -> bool:
        """Values in order."""
        return isinstance(self.value, tuple)

    @property
    def is_map(self) -> bool:
        """Keys with values."""
        return isinstance(self.value, dict)

    @property
    def is_empty(self) -> bool:
        """Nothing written after the key, or a YAML null."""
        return self.plain and self.value in ("", "~", "null", "Null", "NULL")

    @property
    def children(self) -> Iterable[Node]:
        """Values directly inside, of a list or a mapping."""
        return self.value.values() if self.is_map else self.value if self.is_list else ()

    @property
    def names(self) -> list[str]:
        """Keys of a mapping or numbers of a list, as key paths have them."""
        return [*self.value] if self.is_map else [str(i) for i, _ in enumerate(self.children)]

    @cached_property
    def size(self) -> int:
        """Count of values inside, with aliases written out."""
        return 1 + sum(child.size for child in self.children)

    def describe(self) -> str:
        """Show what stands here, for the 'found' line of a message."""
        if self.is_map:
            return "{" + ", ".join(self.value) + "}" if self.value else "an empty mapping"
        if self.is_list:
            short = 0 < len(self.value) <= SHORT_LIST and all(item.is_text for item in self.value)
            words = ", ".join(item.describe() for item in self.value) if short else ""
            return f"[{words}]" if short else f"a list of {len(self.value)}"
        return "nothing" if self.is_empty else self.value


def read(text: str | bytes, file: str, *, problems: list[Problem] | None = None) -> Node:
    """Read YAML text into a tree.

    Parameters
    ----------
    text : str or bytes (UTF-8)
    file : str
        Name to show in messages.
    problems : list, optional
        Takes repeated keys, so that they are reported together with what else is wrong.

    Raises
    ------
    InputError
        If the text is not YAML, or uses what a case may not.

    Examples
    --------
    >>> read("rain: {base_rate: 20%}", "rain.yaml").value["rain"].value["base_rate"].value
    '20%'
    """
    found: list[Problem] = [] if problems is None else problems
    try:
        events = _events(decode(text, file), file)
        root = _compose(events, file, found)
    except RecursionError:  # the pure-Python parser, where the fast one is missing
        raise refusal("nested too deeply", file, accepted=f"{MAX_DEPTH} levels") from None
    if problems is None and found:
        raise InputError(found)
    return root


def read_file(path: str | Path, *, problems: list[Problem] | None = None) -> tuple[str, Node]:
    """Read a YAML file: its text (line ends as they are) and its tree.

    Raises
    ------
    InputError
        If the file cannot be read, is over 2 MB, or is not what :func:`read` accepts.
    """
    text = read_text(path)
    return text, read(text, str(path), problems=problems)


def read_text(path: str | Path) -> str:
    """Read a file of text in UTF-8, line ends as they are, unless it is over 2 MB.

    Raises
    ------
    InputError
        If the file cannot be read, or is not such text.
    """
    return decode(read_bytes(path), str(path))


def read_bytes(path: str | Path, most: int = MAX_BYTES) -> bytes:
    """Read a whole file, unless it is larger than ``most`` bytes.

    Raises
    ------
    InputError
        If the file cannot be read, or is too large.
    """
    try:
        with Path(path).open("rb") as stream:
            data = stream.read(most + 1)  # no more: a device never ends
            size = max(len(data), Path(path).stat().st_size)
    except OSError as error:
        reason = error.strerror or str(error)
        raise refusal(f"cannot be read: {reason.lower()}", str(path)) from None
    if size > most:
        found, accepted = f"{size:,} bytes", f"at most {most:,}"
        raise refusal("the file is too large", str(path), found=found, accepted=accepted)
    return data


def decode(text: str | bytes, file: str) -> str:
    """Decode text in UTF-8, unless it is over 2 MB; a byte order mark in front is dropped.

    Raises
    ------
    InputError
        If it is too long, or is not such text.
    """
    if len(text) > MAX_BYTES:
        found, accepted = f"{len(text):,}", f"at most {MAX_BYTES:,}"
        raise refusal("the text is too long", file, found=found, accepted=accepted)
    if isinstance(text, bytes):
        try:
            text = text.decode("utf-8")
        except UnicodeDecodeError as error:
            line = text[: error.start].count(b"\n") + 1
            found, accepted = f"byte 0x{text[error.start]:02x}", "a text file saved as UTF-8"
            raise refusal("not UTF-8 text", file, line, "", found, accepted) from None
    return text.removeprefix("\ufeff")


def number(node: Node) -> float | None:
    """Read plain text as a number, if it is one; overflow gives infinity."""
    if node.is_text and NUMBER.fullmatch(node.value.strip()):
        return float(node.value)
    return None


def plain(node: Node):
    """Give the content alone: numbers (quoted or not) as floats, the rest as text, lists and dicts.

    Examples
    --------
    >>> plain(read("{a: 1, b: [x, '1']}", "x"))
    {'a': 1.0, 'b': ['x', 1.0]}
    """
    if node.is_map:
        return {key: plain(child) for key, child in node.value.items()}
    if node.is_list:
        return [plain(child) for child in node.value]
    value = number(node)
    return node.value if value is None or not math.isfinite(value) else value


def digest(node: Node) -> str:
    """Hash the content: the same for any order of keys, spacing and comments.

    Examples
    --------
    >>> digest(read("{a: 1, b: 2}", "x")) == digest(read("b: 2.0  # two", "y")) is False
    False
    >>> digest(read("{a: 1, b: 2}", "x")) == digest(read("b: 2.0", "y"))
    False
    >>> digest(read("{a: 1, b: 2}", "x")) == digest(read("{b: 2.0, a: 1}", "y"))
    True
    """
    text = json.dumps(plain(node), sort_keys=True, ensure_ascii=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def at(node: Node, path: tuple[str, ...]) -> Node | None:
    """Find the value at a key path, or None."""
    for key in path:
        if node.is_map and key in node.value:
            node = node.value[key]
        elif node.is_list and key.isdecimal() and int(key) < len(node.value):
            node = node.value[int(key)]
        else:
            return None
    return node


def put(
    node: Node,
    path: tuple[str, ...],
    new: Node,
    *,
    instead_of: tuple[str, ...] = (),
    order: Sequence[str] = (),
) -> Node:
    """Make a tree with ``new`` at a key path; mappings on the way to it are made where missing.

    Parameters
    ----------
    node : Node
    path : tuple of str
        The number behind the last item of a list makes it longer.
    new : Node
    instead_of : tuple of str
        Sibling keys that the new one replaces.
    order : sequence of str
        The new key stands behind all its siblings that go before it here. Without an order it is
        the second one in lines, after what says most of all, and the first between brackets.
    """
    key, rest = path[0], path[1:]
    if node.is_list:
        items, i = list(node.value), int(key)
        child = items[i] if items[i:] else Node({}, new.file, new.line, keys={})
        if rest:
            new = put(child, rest, new, instead_of=instead_of, order=order)
        items[i : i + 1] = [new]
        return replace(node, value=tuple(items))
    children, keys = dict(node.value), dict(node.keys or {})
    child = new
    if rest:
        child = children.get(key) or Node({}, new.file, new.line, keys={})
        child = put(child, rest, new, instead_of=instead_of, order=order)
    for sibling in instead_of if not rest else ():
        children.pop(sibling, None)
    names = [*children]
    if key not in children:
        before = {*order[: order.index(key)]} if key in order else ()
        last = max((i for i, name in enumerate(names) if name in before), default=-1)
        names.insert(last + 1 if order else len(names) if rest else int(node.in_lines), key)
    children[key] = child
    keys.setdefault(key, Node(key, child.file, child.line, plain=True))
    return replace(node, value={name: children[name] for name in names}, keys=keys)


def each(node: Node, change: Callable[[Node], Node]) -> Node:
    """Make a tree of what a function makes of every value and key of another, parts first.

    Examples
    --------
    >>> tree = read("{a: [b, c]}", "x")
    >>> as_written(each(tree, lambda one: replace(one, value="d") if one.value == "a" else one))
    '{d: [b, c]}'
    """
    if node.is_list:
        items = tuple(each(child, change) for child in node.value)
        if any(map(is_not, items, node.value)):
            node = replace(node, value=items)
    elif node.is_map:
        keys = {name: change(key) for name, key in node.keys.items()}
        values = [each(child, change) for child in node.value.values()]
        if any(map(is_not, (*keys.values(), *values), (*node.keys.values(), *node.children))):
            names = [keys[name].value for name in node.value]
            value = dict(zip(names, values, strict=True))
            node = replace(node, value=value, keys={key.value: key for key in keys.values()})
    return change(node)


def unnumbered(node: Node) -> Node:
    """Leave out the line numbers of text that came in one piece, such as an option."""
    return each(node, lambda one: replace(one, line=None))


def flow(value) -> str:
    """Write numbers, text, lists and dicts as YAML on one line.

    Examples
    --------
    >>> flow({"low": 0.05, "high": "30%", "why": "a: b"})
    '{low: 0.05, high: 30%, why: "a: b"}'
    """
    if isinstance(value, dict):
        return "{" + ", ".join(f"{flow(str(k))}: {flow(v)}" for k, v in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(flow(item) for item in value) + "]"
    if isinstance(value, bool) or value is None:
        raise TypeError(f"{value!r} has no place in a case file")
    if isinstance(value, str):
        safe = re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_ .%/()-]*[A-Za-z0-9_.%)]|[A-Za-z0-9]", value)
        return value if safe and value.lower() != "null" else _quoted(value)
    if not math.isfinite(value):
        raise ValueError(f"{value} has no place in a case file")
    return repr(float(value)) if value != int(value) else str(int(value))


def as_written(node: Node) -> str:
    """Write a value of a file on one line, its numbers and dates as they were written.

    Examples
    --------
    >>> as_written(read("title: 1.10   # a name" + chr(10) + "low: 5%", "x"))
    '{title: 1.10, low: 5%}'
    """
    if node.is_map:
        pairs = (f"{flow(key)}: {as_written(child)}" for key, child in node.value.items())
        return "{" + ", ".join(pairs) + "}"
    if node.is_list:
        return "[" + ", ".join(as_written(item) for item in node.value) + "]"
    return node.value if node.plain and number(node) is not None else flow(node.value)


def _quoted(text: str) -> str:
    """Quote text; what YAML refuses, or takes for the end of a line, is written as an escape."""
    quoted = json.dumps(text, ensure_ascii=False)
    return "".join(
        c if c.isprintable() else f"\\u{ord(c):04x}" if ord(c) < 2**16 else f"\\U{ord(c):08x}"
        for c in quoted
    )


def _events(text: str, file: str) -> Iterator[yaml.Event]:
    if tag := re.search(r"^%TAG", text, re.MULTILINE):  # thousands of them would take minutes
        line = text.count("\n", 0, tag.start()) + 1
        raise refusal("tags are not accepted", file, line, "", "%TAG", "no such line")
    try:
        yield from yaml.parse(text, Loader=_LOADER)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        lines, line, rest = text.splitlines(), None, ""
        found = "the end of the file"
        if mark:
            line, rest = mark.line + 1, text[mark.index :]
            found = "".join(lines[mark.line : line]).strip() or found
        said = ", ".join(part for part in (error.context, error.problem) if part)
        hint = _yaml_hint(said, error.context_mark, rest)
        if hint in (QUOTES, SPACES) and (key := _bare_key(lines[:line])):
            hint = f"put a colon after {key}, or {hint}"
        raise refusal(f"not valid YAML ({said})", file, line, "", found, None, hint) from None
    except yaml.reader.ReaderError as error:
        # The fast parser counts bytes, the other one characters; both name the character itself.
        sign = chr(error.character)
        line = text.count("\n", 0, text.find(sign)) + 1
        problem = "holds a character that YAML does not allow"
        accepted = "text; write such a character as an escape, between double quotes"
        raise refusal(problem, file, line, "", f"{sign!r}", accepted) from None
    except (yaml.YAMLError, UnicodeEncodeError) as error:
        raise refusal("not valid YAML", file, found=str(error)) from None


QUOTES = "put quotes around text that holds a colon followed by a space"
SPACES = "check the spaces before this line, and for a quote or bracket left open above it"


def _yaml_hint(said: str, opened, rest: str) -> str:
    """Say what mends a text that is not YAML: what the parser said, and what stands there."""
    if "mapping values are not allowed" in said or "could not find expected ':'" in said:
        return QUOTES
    if "cannot start any token" in said:
        if rest.startswith("%"):
            return "write the percent sign after the number, as in 20%"
        if rest.startswith("\t"):
            return "use spaces, not tabs, before a key"
        return "put quotes around text that starts with this sign"
    if "quoted scalar" in said:
        if "escape" in said:
            return "between double quotes a backslash starts an escape; use single quotes"
        return f"close the quote opened on line {opened.line + 1}"
    if "block scalar" in said:
        return 'put quotes around text that starts with > or |, such as ">= 3"'
    if "expected ',' or" in said:
        return f"close the bracket opened on line {opened.line + 1}"
    if "did not find expected" in said:
        return SPACES
    return "compare with the examples in priors/"


def _bare_key(lines: list[str]) -> str | None:
    """Find what looks like a key without its colon, in the last of some lines or in the one above.

    Examples
    --------
    >>> _bare_key(["role outcome", "", "title: Rain"])
    "'role' (line 1)"
    """
    upwards = ((at, lines[at - 1]) for at in range(len(lines), 0, -1))
    told = ((at, line) for at, line in upwards if re.match(r"\s*[^\s#]", line))
    for at, line in islice(told, 2):
        if found := re.match(r"\s*(?:- +)?([a-z_]+)(?= |$)", line):
            return f"'{found[1]}' (line {at})"
    return None


def _compose(events: Iterator[yaml.Event], file: str, problems: list[Problem]) -> Node:
    anchors: dict[str, Node | None] = {}
    count = 0

    def fail(event, problem, found=None, accepted=None, hint=None):
        return refusal(problem, file, event.start_mark.line + 1, "", found, accepted, hint)

    def value(event, depth, path) -> Node:
        nonlocal count
        count += 1
        if depth > MAX_DEPTH:
            raise fail(event, "nested too deeply", f"level {depth}", f"at most {MAX_DEPTH} levels")
        if isinstance(event, yaml.AliasEvent):
            node = anchors.get(event.anchor)
            if node is None:
                problem = "refers to itself" if event.anchor in anchors else "refers to nothing"
                accepted = f"*{event.anchor} below &{event.anchor}, or the value written out"
                raise fail(event, f"this alias {problem}", f"*{event.anchor}", accepted)
            count += node.size
            if count > MAX_NODES:
                problem = "aliases make the file too large"
                raise fail(event, problem, accepted=f"{MAX_NODES:,} values")
            return replace(node, start=event.start_mark.index, end=event.end_mark.index)
        if count > MAX_NODES:
            raise fail(event, "too many values", accepted=f"at most {MAX_NODES:,}")
        if event.tag is not None:
            accepted = "plain text, numbers, lists and keys"
            raise fail(event, "tags are not accepted", event.tag, accepted)
        if event.anchor is not None:
            anchors[event.anchor] = None
        line, start = event.start_mark.line + 1, event.start_mark.index
        if isinstance(event, yaml.ScalarEvent):
            node = Node(event.value, file, line, start, event.end_mark.index, event.implicit[0])
        elif isinstance(event, yaml.SequenceStartEvent):
            items = []
            while not isinstance(inner := next(events), yaml.SequenceEndEvent):
                items.append(value(inner, depth + 1, (*path, str(len(items)))))
            last = items[-1].end if items and not event.flow_style else inner.end_mark.index
            node = Node(tuple(items), file, line, start, last, in_lines=not event.flow_style)
        else:
            node = mapping(event, depth, path)
        if event.anchor is not None:
            anchors[event.anchor] = node
        return node

    def mapping(event, depth, path) -> Node:
        children: dict[str, Node] = {}
        keys: dict[str, Node] = {}
        while not isinstance(inner := next(events), yaml.MappingEndEvent):
            key = value(inner, depth + 1, path)
            if not key.is_text:
                problem = "a key must be one word or quoted text"
                raise fail(inner, problem, key.describe(), "name: value")
            if key.value == "<<" and key.plain:
                raise fail(inner, "merge keys are not accepted", "<<", hint="write the keys out")
            child = value(next(events), depth + 1, (*path, key.value))
            if key.value in children:
                where, problem = ".".join((*path, key.value)), "this key is written twice"
                accepted = f"each key once (the first is on line {keys[key.value].line})"
                problems.append(Problem(problem, file, key.line, where, key.value, accepted))
                continue
            children[key.value], keys[key.value] = child, key
        # A block mapping's own end mark lies beyond the comments that follow it.
        end = child.end if children and not event.flow_style else inner.end_mark.index
        line, start = event.start_mark.line + 1, event.start_mark.index
        return Node(children, file, line, start, end, keys=keys, in_lines=not event.flow_style)

    next(events)  # start of the stream
    if isinstance(event := next(events), yaml.StreamEndEvent):
        raise refusal("the file is empty", file, 1)
    root = value(next(events), 1, ())
    next(events)  # end of the document
    if not isinstance(event := next(events), yaml.StreamEndEvent):
        raise fail(event, "a second document begins here", "---", "one document a file")
    return root
