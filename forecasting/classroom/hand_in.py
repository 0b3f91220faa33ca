"""What students hand in goes in, as files or pasted lines; records, and refusals, come out.

A hand-in is a small file, or a line short enough to paste into any chat. Both hold the *key* of the
case and the question, and a *mark* by which a slip of the hand shows. Neither proves who wrote it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from forecasting.errors import InputError, Problem, echo
from forecasting.file.document import MAX_BYTES, decode, read_bytes

FORM = "forecasting hand-in 1"
LINE = re.compile(r"FC1-([0-9a-f]{8})-(\w{4})-(\d{6})-((?:\d\d)*)-([a-z]*)-([0-9a-z]{4})(.*)")

# What may be named as a driver beside the cards.
BASE = "base rate"
LETTERS = "abcdefghijklmnopqrstuvwxy"  # of the cards, in their order; z is the base rate
LONGEST_NAME = 24
MOST_DRIVERS = 3

# What is read of a folder; the plan of the class lies there too.
READ, PLAN = (".json", ".txt"), "class.json"

# A hand-in has a few hundred bytes.
MOST_BYTES = 20_000

NOT_WHOLE = "was changed after it was handed in, or was not copied whole"


@dataclass(frozen=True)
class HandIn:
    """What one student said, in cases of a hundred; 0 where nothing was asked.

    Attributes
    ----------
    key : str
        Of the case, the question and its days: see :func:`key_of`.
    id : str
        Of the page that it was made on, at random.
    first, base, second : int
        First guess, guess of the base rate, second guess: 1 to 99, or 0.
    cards : tuple of int
        What each card alone was held to make of the base rate.
    drivers : tuple of str
        The facts or events, or :data:`BASE`, that were named as most important.
    name : str
        Empty if none was asked for, or given.
    """

    key: str
    id: str
    first: int
    base: int = 0
    second: int = 0
    cards: tuple[int, ...] = ()
    drivers: tuple[str, ...] = ()
    name: str = ""

    @property
    def mark(self) -> str:
        """Four signs made of all the others."""
        numbers = [self.first, self.base, self.second, *self.cards]
        told = [self.key, self.id, *map(str, numbers), *self.drivers, self.name]
        return _base_36(fnv(" ".join(told)) % 36**4).rjust(4, "0")


def key_of(digest: str, event: str, as_of: object, by: object) -> str:
    """Name a case as it stands, a question of it and the days, by eight signs.

    Examples
    --------
    >>> key_of("5a1c", "rain", "2025-01-01", "2026-01-01")
    '22ba0cbc'
    """
    return f"{fnv(' '.join((digest, event, str(as_of or ''), str(by or '')))):08x}"


def fnv(text: str) -> int:
    """Hash a text to 32 bits, in Python as on the page: FNV-1a over its UTF-8.

    References
    ----------
    Fowler, Noll, Vo & Eastlake, The FNV Non-Cryptographic Hash Algorithm (test vectors there)

    Examples
    --------
    >>> f"{fnv('foobar'):08x}"
    'bf9cf968'
    """
    found = 0x811C9DC5
    for one in text.encode():
        found = (found ^ one) * 0x01000193 & 0xFFFFFFFF
    return found


def gathered(
    path: str | Path, key: str, digest: str, items: Sequence[str]
) -> tuple[list[HandIn], list[Problem]]:
    """Read everything that was handed in, from a folder of files or a text of lines.

    Parameters
    ----------
    path : path
        A folder, whose ``.json`` and ``.txt`` files are read, or one such file.
    key : str
        Of the room: what is for another is refused.
    digest : str
        Of the case of the room.
    items : sequence of str
        The names of its cards, in their order.

    Returns
    -------
    list of HandIn
        Of two from one page the later one, by name of file or place in the text.
    list of Problem
        What is refused, each in a sentence.
    """
    path, found, refused = Path(path), {}, []
    files = sorted(path.rglob("*")) if path.is_dir() else [path]
    for file in files:
        if path.is_dir() and (file.suffix not in READ or file.name == PLAN or not file.is_file()):
            continue
        name = file.relative_to(path).as_posix() if path.is_dir() else file.name
        try:
            text = decode(
                read_bytes(file, MOST_BYTES if file.suffix == ".json" else MAX_BYTES), name
            )
            if file.suffix == ".json":
                read = [_read(text, name, key, digest)]
            else:
                read = list(_lines(text, name, key, items, refused))
        except InputError as error:
            refused += [replace(one, file=name) for one in error.problems]
            continue
        for one in read:  # the later one stands, in its place
            found.pop(one.id, None)
            found[one.id] = one
    return [*found.values()], refused


def _read(text: str, file: str, key: str, digest: str) -> HandIn:
    try:
        held = json.loads(text)
        if held["form"] != FORM:
            raise ValueError
        numbers = [held[name] for name in ("first", "base", "second")]
        given = HandIn(
            str(held["key"]), str(held["id"]), *map(_number, numbers),
            tuple(map(_number, held["cards"])), tuple(map(str, held["drivers"])),
            str(held["name"]),
        )  # fmt: skip
        told = (held["digest"], held["event"], held["as_of"], held["by"])
    except (ValueError, KeyError, TypeError, RecursionError):
        raise InputError(Problem("is no hand-in of a class", file)) from None
    # Before whose it is: an edited digest is no other case.
    if given.key != key_of(*map(str, told)) or str(held["mark"]) != given.mark:
        raise InputError(Problem(NOT_WHOLE, file))
    if held["digest"] != digest:
        raise InputError(Problem("is for another case", file, found=echo(str(held["case"]))))
    return _of_the_room(given, key, file)


def _number(value: object) -> int:
    if type(value) is not int or not 0 <= value <= 99:
        raise ValueError
    return value


def _of_the_room(given: HandIn, key: str, file: str, line: int | None = None) -> HandIn:
    if given.key != key:
        raise InputError(Problem("is for another case, or for another question of it", file, line))
    if not given.first:
        raise InputError(Problem("says no number", file, line))
    return given


def _lines(
    text: str, file: str, key: str, items: Sequence[str], refused: list[Problem]
) -> Iterable[HandIn]:
    """Find hand-ins in a text, whatever stands before them, as in a chat."""
    names = dict(zip(LETTERS, items, strict=False)) | {"z": BASE}
    for number, line in enumerate(text.splitlines(), 1):
        match = LINE.search(line)
        if match is None:
            if "FC1" in line:
                refused.append(Problem(NOT_WHOLE, file, number))
            continue
        own, id_, three, cards, drivers, mark, rest = match.groups()
        numbers = [int(three[i : i + 2]) for i in (0, 2, 4)]
        given = HandIn(
            own, id_, *numbers, tuple(int(cards[i : i + 2]) for i in range(0, len(cards), 2)),
            tuple(names.get(letter, "") for letter in drivers),
        )  # fmt: skip
        # A name belongs to the line; what a chat put behind it does not.
        named = (replace(given, name=one) for one in (rest.strip(), ""))
        fits = next((one for one in named if one.mark == mark), None)
        try:
            if fits is None and own == key:
                raise InputError(Problem(NOT_WHOLE, file, number))
            yield _of_the_room(fits or given, key, file, number)
        except InputError as error:
            refused += error.problems


def _base_36(number: int) -> str:
    digits = "0123456789abcdefghijklmnopqrstuvwxyz"
    return ("" if number < 36 else _base_36(number // 36)) + digits[number % 36]
