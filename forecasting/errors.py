"""Problems of a file that a person wrote go in; one message that helps to mend them comes out."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches

# What a person typed is echoed up to this length: enough to recognise, short enough to read.
ECHO = 80


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
    """

    problem: str
    file: str = ""
    line: int | None = None
    place: str = ""
    found: str | None = None
    accepted: str | None = None
    hint: str | None = None

    def __str__(self) -> str:
        at = f"{self.file}:{self.line}" if self.line is not None else self.file
        head = ": ".join(part for part in (at, self.place, self.problem) if part)
        rows = [head]
        if self.found is not None:
            rows.append(f"    found:    {echo(self.found)}")
        if self.accepted is not None:
            rows.append(f"    accepted: {self.accepted}")
        if self.hint is not None:
            rows.append(f"    try:      {self.hint}")
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
        super().__init__("\n".join(str(problem) for problem in self.problems))


def echo(text: str) -> str:
    r"""Show what was found on one line: control characters escaped, long text cut.

    Examples
    --------
    >>> echo("two" + chr(10) + "lines")
    'two\\nlines'
    """
    line = "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)
    return line if len(line) <= ECHO else f"{line[: ECHO - 1]}… ({len(text):,} characters)"


def nearest(name: str, known: Iterable[str]) -> str | None:
    """Suggest the known name that looks most like the one found, if any does.

    Examples
    --------
    >>> nearest("renewed_wor", ["renewed_war", "truce_holds"])
    'did you mean renewed_war?'
    """
    close = get_close_matches(name[:ECHO], list(known), n=1)
    return f"did you mean {close[0]}?" if close else None
