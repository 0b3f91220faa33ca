"""What students hand in goes in, as files or pasted lines; records, and refusals, come out.

A hand-in is a line short enough to paste into any chat: the *key* of the case and its question,
numbers, and a *mark* by which a slip of the hand shows. A file holds the line, and which case it is
for. Neither proves who wrote it. ``handin.js`` writes both.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from forecasting.errors import InputError, Problem, echo, refusal
from forecasting.file.document import read_text

# Key, page, three guesses, cards, what weighs most, mark; then perhaps a name. A phone makes long
# dashes of two or three, so that any dashes part them: the mark tells whether it was read right.
DASH = "[-\N{HYPHEN}\N{NON-BREAKING HYPHEN}\N{EN DASH}\N{EM DASH}]"
BEGIN = re.compile(f"FC1{DASH}")
LINE = re.compile(
    rf"FC1{DASH}+(\w{{8}}){DASH}+(\w{{4}}){DASH}+(\d{{6}}){DASH}+((?:\d\d)*)"
    rf"{DASH}*([a-z]*){DASH}*(\w{{4}})(?!\w)(.*)"
)

# What a line names as weighing most: the cards in their order, and the base rate.
LETTERS, BASE = "abcdefghijklmnopqrstuvwxy", "z"

# What is read of a folder; the plan of the class lies there too.
READ, PLAN = (".json", ".txt"), "class.json"

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
    drivers, name : str
        Letters of what was said to weigh most; and a name, if one was asked for and given.
    """

    key: str
    id: str
    first: int
    base: int = 0
    second: int = 0
    cards: tuple[int, ...] = ()
    drivers: str = ""
    name: str = ""


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


def gathered(path: Path, key: str, digest: str) -> tuple[list[HandIn], list[Problem]]:
    """Read everything that was handed in, from a folder of files or a text of lines.

    Parameters
    ----------
    path : Path
        A folder, whose ``.json`` and ``.txt`` files are read, or one such file.
    key, digest : str
        Of the room, and of its case: what is for another is refused.

    Returns
    -------
    list of HandIn
        Of two from one page the later one, by name of file or place in the text.
    list of Problem
        What is refused, each in a sentence.
    """
    found, refused = {}, []
    for file in files(path) if path.is_dir() else [path]:
        name = file.relative_to(path).as_posix() if path.is_dir() else file.name
        try:
            text = read_text(file)
            lines = text.splitlines() if file.suffix != ".json" else []
            for number, (line, after) in enumerate(zip(lines, [*lines[1:], ""], strict=False), 1):
                whole = _unwrapped(line, after)
                refused += [replace(one, line=number) for one in _take(whole, key, name, found)]
            if file.suffix == ".json":
                refused += _take(_line_of(text, digest), key, name, found)
        except InputError as error:
            refused += [replace(one, file=name) for one in error.problems]
    return [*found.values()], refused


def files(folder: Path) -> list[Path]:
    """List the files of a folder that may have been handed in."""
    return sorted(one for one in folder.rglob("*") if one.suffix in READ and one.name != PLAN)


def _line_of(text: str, digest: str) -> str:
    """Find the line of a file, if that is for a case."""
    try:
        held = json.loads(text)
        line = LINE.search(held["line"])
        told = [str(held[name]) for name in ("digest", "event", "as_of", "by")]
    except (ValueError, KeyError, TypeError, RecursionError):
        raise refusal("is no hand-in of a class") from None
    # Before whose it is: an edited digest is no other case.
    if line is None or line[1] != key_of(*told):
        raise refusal(NOT_WHOLE)
    if told[0] != digest:
        raise refusal("is for another case", found=echo(str(held.get("case"))))
    return held["line"]


def _take(text: str, key: str, file: str, found: dict[str, HandIn]) -> Iterator[Problem]:
    """Read a line, whatever stands before it, as in a chat, or give what is wrong with it."""
    one = _read(text)
    if one is None and BEGIN.search(text):
        yield Problem(NOT_WHOLE, file)
    elif one and one.key != key:
        yield Problem("is for another case, or for another question of it", file)
    elif one:
        found.pop(one.id, None)  # the later one stands, in its place
        found[one.id] = one


def _read(text: str) -> HandIn | None:
    """Read a line that is whole; None if there is none."""
    if not (match := LINE.search(text)):
        return None
    *fields, mark, rest = match.groups()
    own, page, guesses, cards, drivers = fields
    # A name belongs to the line; what a chat put behind it does not.
    stem = "-".join(["FC1", *fields])
    names = [one for one in (rest.strip(), "") if mark_of(stem, one) == mark]
    three, several = ([*map(int, re.findall("..", numbers))] for numbers in (guesses, cards))
    if not names or not three[0]:
        return None
    return HandIn(own, page, *three, tuple(several), drivers, names[0])


def _unwrapped(line: str, after: str) -> str:
    """Put a line that a mail wrapped together again; one that is whole, or no line, stays."""
    if not BEGIN.search(line) or BEGIN.search(after) or _read(line):
        return line
    both = (f"{line.rstrip()}{glue}{after.lstrip(' >|')}" for glue in ("", " "))  # perhaps quoted
    return next(filter(_read, both), line)


def mark_of(stem: str, name: str) -> str:
    """Make four signs of all that stands before and behind them.

    Examples
    --------
    >>> mark_of("FC1-22ba0cbc-a1b2-304035--", "Ann")
    '1675'
    """
    return f"{fnv(f'{stem} {name}') % 16**4:04x}"
