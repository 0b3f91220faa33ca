"""Problems of a file that a person wrote go in; one message that helps to mend them comes out."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import islice

# What a person typed is echoed up to this length: enough to recognise, short enough to read.
ECHO = 80

# Nobody mends more than this at once; reading on for more would only take a hostile file's time.
MOST_PROBLEMS = 100

# So many names are looked through for one that resembles a mistyped one.
MOST_NAMES = 300

# Marks that change the direction of text without being seen, and what XML may not hold. Joiners,
# which Persian and emoji need, are not among them.
UNSEEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufffe\uffff]"
)


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong in one place of one file.

    Attributes
    ----------
    problem : str
        What is wrong, in a few words.
    file : str
        The file (or command-line option) that holds it.
    line : int or None
        Line in that file, counted from 1.
    place : str
        Key path inside the file, such as ``events.renewed_war.base_rate``.
    found, accepted, hint : str or None
        What stands there, what would be accepted, and the likely remedy.
    in_full : bool
        What was found is a list of names, all of which matter, and is not cut.
    """

    problem: str
    file: str = ""
    line: int | None = None
    place: str = ""
    found: str | None = None
    accepted: str | None = None
    hint: str | None = None
    in_full: bool = False

    def __str__(self) -> str:
        at = f"{self.file}:{self.line}" if self.line is not None else self.file
        place = echo(self.place, 3 * ECHO)
        rows = [": ".join(part for part in (escape(at), place, escape(self.problem)) if part)]
        if self.found is not None:
            found = escape(self.found) if self.in_full else echo(self.found)
            rows.append(f"    found:    {found}")
        if self.accepted is not None:
            rows.append(f"    accepted: {escape(self.accepted)}")
        if self.hint is not None:
            rows.append(f"    try:      {escape(self.hint)}")
        return "\n".join(rows)


class InputError(ValueError):
    r"""All problems of the files a person wrote, each with its place and its remedy.

    Parameters
    ----------
    problems : Problem or iterable of Problem

    Examples
    --------
    >>> raise InputError(Problem("not a probability", "rain.yaml", 3, "events.rain.base_rate", "2"))
    Traceback (most recent call last):
        ...
    forecasting.errors.InputError: rain.yaml:3: events.rain.base_rate: not a probability
        found:    2
    """

    def __init__(self, problems: Problem | Iterable[Problem]) -> None:
        self.problems = (problems,) if isinstance(problems, Problem) else tuple(problems)
        shown = [str(problem) for problem in self.problems[:MOST_PROBLEMS]]
        if len(self.problems) > MOST_PROBLEMS:
            shown.append("and more; mend these first")
        super().__init__("\n".join(shown))


def refusal(*problem, **more) -> InputError:
    """Make the error of one problem, from what makes a :class:`Problem`.

    Examples
    --------
    >>> print(refusal("the file is empty", "rain.yaml", 1))
    rain.yaml:1: the file is empty
    """
    return InputError(Problem(*problem, **more))


def in_order(problems: Iterable[Problem]) -> list[Problem]:
    """Sort problems by file and line, each once."""
    return sorted(dict.fromkeys(problems), key=lambda problem: (problem.file, problem.line or 0))


def echo(text: str, most: int = ECHO) -> str:
    r"""Show what was found on one line: control characters escaped, long text cut.

    Examples
    --------
    >>> echo("two" + chr(10) + "lines")
    'two\\nlines'
    """
    line = escape(text[: most + 1])
    return line if len(line) <= most else f"{line[: most - 1]}… ({len(text):,} characters)"


def escape(text: str) -> str:
    """Write control characters out, so that text from a file stays on its line."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def visible(text: str) -> str:
    r"""Write out marks that act on text without being seen.

    Examples
    --------
    >>> visible("a\u202eb")
    'a\\u202eb'
    """
    return UNSEEN.sub(lambda mark: mark[0].encode("unicode_escape").decode(), text)


def nearest(name: str, known: Iterable[str]) -> str | None:
    """Suggest the known name that looks most like the one found, if any does.

    Examples
    --------
    >>> nearest("renewed_wor", ["renewed_war", "truce_holds"])
    'did you mean renewed_war?'
    """
    from difflib import get_close_matches

    close = get_close_matches(name[:ECHO], list(islice(known, MOST_NAMES)), n=1)
    return f"did you mean {close[0]}?" if close else None
