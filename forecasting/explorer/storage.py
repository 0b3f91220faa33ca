"""Text to keep goes in; a file that is never half written comes out, or what stands in its way.

Before each writing the file is compared with what was last read or written here. Where somebody
else has changed it, nothing is written until it is said whose text counts.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from difflib import unified_diff
from itertools import islice
from pathlib import Path

from forecasting.errors import InputError
from forecasting.file import document
from forecasting.file.case import write_text

# Lines of a difference that are shown; of the rest the number is told.
SHOWN = 12


class Storage:
    """A file that one explorer keeps, and what is known of it.

    Parameters
    ----------
    path : path or None
        Where to write; nothing is kept without one.
    kind : str
        ``case`` or ``overlay``.
    """

    def __init__(self, path: str | Path | None, kind: str) -> None:
        self.path, self.kind = path and Path(path), kind if path else ""
        self.known: str | None = None  # the text on disk, as far as this explorer knows
        self.saved, self.problem = "", ""
        self.theirs: str | None = None  # what somebody else wrote in place of it
        self.mine = ""  # what is to be written

    def read(self) -> str | None:
        """Read the file as it is, and note it as known; None where there is none.

        Raises
        ------
        InputError
            If it cannot be read.
        """
        if self.path is None or not self.path.exists():
            return None
        self.known, self.theirs = document.read_text(self.path), None
        self.saved = _clock(datetime.fromtimestamp(self.path.stat().st_mtime))
        return self.known

    def accept(self, text: str) -> None:
        """Note what the file holds: it is to count."""
        self.known, self.theirs = text, None

    def write(self, text: str, *, over: bool = False) -> None:
        """Write the text, unless somebody else has changed the file; ``over``: as was shown.

        What stands in the way is noted, and no error: the text is kept, and tried with the next.
        """
        if self.path is None:
            return
        self.mine = text
        try:
            found = self._found(over)
            if found not in (None, self.known, text) and not (over and found == self.theirs):
                self.theirs, self.problem = found, ""
                return
            if found != text:
                write_text(self.path, text)
                self.saved = _clock(datetime.now())
            self.known, self.theirs, self.problem = text, None, ""
        except InputError as error:
            self.problem = f"The file {error.problems[0].problem}. {STAYS}"
        except OSError as error:
            reason = (error.strerror or str(error)).lower()
            self.problem = f"The file cannot be written: {reason}. {STAYS}"

    def _found(self, over: bool) -> str | None:
        """Read what the file holds; what is to be written over may be no text at all."""
        try:
            return document.read_text(self.path) if self.path.exists() else None
        except InputError:
            if not over:
                raise
            return None

    def told(self) -> dict:
        """Tell the page of the file: its name, when it was saved, what is wrong with it."""
        return {
            "name": self.path.name if self.path else "",
            "kind": self.kind,
            "saved": self.saved,
            "problem": self.problem,
            "conflict": None
            if self.theirs is None
            else {"diff": difference(self.mine, self.theirs)},
        }


STAYS = "What you changed stays on this page and is written once that is mended."


def difference(mine: str, theirs: str) -> list[str]:
    r"""Tell in lines what differs: of the page's text with ``-``, of the file's with ``+``.

    Before them stands of what entry they are.

    Examples
    --------
    >>> difference("title: Rain\nabout: x", "title: Snow\nabout: x")
    ['- title: Rain', '+ title: Snow']
    >>> difference("events:\n  rain:\n    now: 1%", "events:\n  rain:\n    now: 2%")
    ['in events, rain:', '-     now: 1%', '+     now: 2%']
    """
    both = mine.splitlines(), theirs.splitlines()
    found: list[str] = []
    place = ""
    for line in islice(unified_diff(*both, n=0, lineterm=""), 2, None):
        if line[0] in "-+":
            found.append(f"{line[0]} {line[1:]}")
            continue
        ours, count, other = re.match(r"@@ -(\d+)(,0)?\S* \+(\d+)", line).groups()
        keys = _keys_above(both[1], int(other)) if count else _keys_above(both[0], int(ours))
        before, place = place, ", ".join(keys)
        found += [f"in {place}:"] if place and place != before else []
    more = len(found) - SHOWN
    return [*found[:SHOWN], f"and {more} lines more"] if more > 1 else found


def _keys_above(lines: Sequence[str], number: int) -> list[str]:
    """List the keys under which a line of YAML stands, the outermost first."""
    keys: list[str] = []
    deep = len(lines[number - 1]) - len(lines[number - 1].lstrip())
    for line in reversed(lines[: number - 1]):
        key = re.match(r"( *)(?:- )?([^\s#{}\[\]:]+):(\s|$)", line)
        if key and len(key[1]) < deep:
            keys, deep = [key[2], *keys], len(key[1])
    return keys


def _clock(moment: datetime) -> str:
    """Give the time of day, or the day where that was not today."""
    today = moment.date() == datetime.now().date()
    return f"{moment:%H:%M}" if today else f"{moment:%Y-%m-%d}"
