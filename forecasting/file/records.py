"""Lists, mappings and records: a node goes in; a checked record, or its problems, come out.

A record is a dataclass whose fields say what they mean and, by their type or by name, what reads
them. From these declarations follow the reader, what it refuses, the JSON Schema, and a walk
through the names by which one part of a file refers to another.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import MISSING, dataclass, field, fields, replace
from functools import cache
from typing import Any, NamedTuple

from forecasting.errors import InputError, nearest
from forecasting.file.document import Node
from forecasting.file.values import (
    BAD,
    DayReader,
    Judgement,
    Multiplier,
    Name,
    Reading,
    Text,
    YesNo,
    below,
    known_keys,
)


@dataclass(frozen=True)
class ListOf:
    """A list of values of one kind, at most ``most``."""

    reader: Any
    most: int = 10_000

    def read(self, node, place, reading):
        if not node.is_list:
            accepted = "a list, each item after a dash"
            return reading.reject(node, place, "a list is due here", accepted)
        if len(node.value) > self.most:
            return reading.reject(node, place, "too many items", f"at most {self.most:,}")
        read = self.reader.read
        return tuple(read(child, inner, reading) for _, child, inner in entries(node, place))

    def parts(self, node):
        return ((self.reader, child, key) for _, child, key in entries(node))

    def schema(self):
        return {"type": "array", "items": self.reader.schema(), "maxItems": self.most}


@dataclass(frozen=True)
class MapOf:
    """Names, each with a value of one kind, at most ``most``."""

    reader: Any
    most: int = 10_000
    names: Any = Name()

    may_be_empty = True

    def read(self, node, place, reading):
        if not node.is_map:
            value = "{name: value}" if isinstance(self.reader, MapOf) else "value"
            accepted = f"name: {value}, line by line"
            return reading.reject(node, place, "names with values are due here", accepted)
        if len(node.value) > self.most:
            return reading.reject(node, place, "too many entries", f"at most {self.most:,}")
        result = {}
        for key, child, inner in entries(node, place):
            name = self.names.read(key, inner, reading)
            value = self.reader.read(child, inner, reading)
            if name is not BAD:
                result[name] = value
        return result

    def parts(self, node):
        for name, child, key in entries(node) if node.is_map else ():
            yield self.names, name, key
            yield self.reader, child, key

    def schema(self):
        return {
            "type": "object",
            "propertyNames": self.names.schema(),
            "additionalProperties": self.reader.schema(),
            "maxProperties": self.most,
        }


def entries(node: Node, place: str = "") -> Iterator[tuple[Node | None, Node, str]]:
    """Go through a list or a mapping: the key if there is one, the value, its place."""
    if node.is_map:
        for name, child in node.value.items():
            yield node.keys[name], child, below(place, name)
    elif node.is_list:
        for i, child in enumerate(node.value):
            yield None, child, below(place, str(i))


class Key(NamedTuple):
    """One key of a record.

    Attributes
    ----------
    field : str
        Its name in the record, where that is another.
    reader, doc
    required : bool
    """

    field: str
    reader: Any
    doc: str
    required: bool

    @property
    def may_be_empty(self) -> bool:
        """Nothing after the key is as good as no key."""
        return getattr(self.reader, "may_be_empty", False)


@dataclass(frozen=True)
class Record:
    """A mapping with fixed keys: a dataclass whose fields carry their readers."""

    cls: type

    def read(self, node, place, reading):
        known = keys(self.cls)
        if node.is_empty and not any(one.required for one in known.values()):
            node = replace(node, value={}, keys={})
        if not node.is_map:
            kind = self.cls.__name__.lower()
            due = f"{'an' if kind[0] in 'aeiou' else 'a'} {kind} is due here: keys with values"
            return reading.reject(node, place, due, ", ".join(known))
        ok = known_keys(node, place, reading, {*known})
        strangers = [name for name in node.value if name not in known]
        values = {}
        for name, one in known.items():
            child = node.value.get(name)
            if child is not None and not (child.is_empty and one.may_be_empty):
                value = among(one.reader, node).read(child, below(place, name), reading)
                ok = ok and value is not BAD
                values[one.field] = value
            elif one.required:
                ok = False
                if not nearest(name, strangers):  # that key has been pointed out already
                    reading.reject(node, place, f"the key '{name}' is missing", one.doc)
        if not ok:
            return BAD
        extra = {f.name: node for f in fields(self.cls) if f.metadata.get("node")}
        record = self.cls(**values, **extra)
        return record.finished(place, reading) if hasattr(record, "finished") else record

    def whole(self, node: Node, reading: Reading):
        """Read what a whole file holds, or refuse it with all that is wrong so far."""
        value = self.read(node, "", reading)
        if reading.problems:
            raise InputError(reading.problems)
        return value

    def parts(self, node):
        if node.is_map:
            for name, one in keys(self.cls).items():
                if name in node.value:
                    yield one.reader, node.value[name], name

    def schema(self):
        known = keys(self.cls)
        required = [name for name, one in known.items() if one.required]
        properties = {}
        for name, one in known.items():
            made = one.reader.schema()
            # A reader that leaves its type to the rules says there what may be empty.
            if "type" in made and one.may_be_empty and not one.required:
                made["type"] = ["object", "null"]
            properties[name] = {**made, "description": one.doc}
        result = {
            "type": "object" if required else ["object", "null"],
            "properties": properties,
            "additionalProperties": False,
            **getattr(self.cls, "RULES", {}),
        }
        return {**result, "required": required} if required else result


def among(reader, node: Node):
    """Give the reader of a key that goes by what else its record states."""
    return reader.among(node) if hasattr(reader, "among") else reader


def walk(reader, node: Node, path: tuple[str, ...] = ()) -> Iterator[tuple]:
    """Go through a tree as its readers do: each reader, the node it reads, and its key path.

    The path of a key is that of its value.
    """
    yield reader, node, path
    for part, child, *key in reader.parts(node) if hasattr(reader, "parts") else ():
        yield from walk(part, child, (*path, *key))


# What reads a field of these types, unless it names a reader of its own.
READERS = {
    "str": Text(),
    "bool": YesNo(),
    "Day": DayReader(),
    "Probability": Judgement(),
    "Odds": Multiplier(),
}


def key(doc: str, reader=None, *, default=None, name: str | None = None):
    """Declare a key of a record that may be left out.

    Parameters
    ----------
    doc : str
        What it means.
    reader : optional
        By default the one for the type of the field.
    default : optional
        Its value when it is left out.
    name : str, optional
        The key, where it is not the name of the field.
    """
    metadata = {"reader": reader, "doc": doc, "key": name}
    if isinstance(default, dict):
        return field(default_factory=dict, metadata=metadata)
    return field(default=default, metadata=metadata)


def due(doc: str, reader=None, *, name: str | None = None):
    """Declare a key that a record must have, as :func:`key` does."""
    return key(doc, reader, default=MISSING, name=name)


def node_field():
    """Keep the node a record was read from, for the places of later messages."""
    return field(default=None, repr=False, compare=False, metadata={"node": True})


@cache
def keys(cls: type) -> dict[str, Key]:
    """List the keys of a record, with their readers."""
    return {
        f.metadata["key"] or f.name: Key(
            f.name,
            f.metadata["reader"] or READERS[f.type.removesuffix(" | None")],
            f.metadata["doc"],
            f.default is MISSING and f.default_factory is MISSING,
        )
        for f in fields(cls)
        if "doc" in f.metadata
    }
