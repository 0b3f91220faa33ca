"""Words in any spelling go in; names that a case accepts come out."""

from __future__ import annotations

import unicodedata
from collections.abc import Container

# Letters of the longest name that ``values.ID`` accepts.
LONGEST = 64

# Latin letters that are no plain letter with a mark, as plain ones; and signs that join a word.
LETTERS = str.maketrans(
    {"ø": "o", "ł": "l", "đ": "d", "æ": "ae", "œ": "oe", "\u0131": "i", "'": "", "\u2019": ""}
)


def plain_letters(text: str) -> str:
    """Write Latin letters as small ones from a to z; other signs stay.

    Examples
    --------
    >>> plain_letters("Höhe der Straße")
    'hohe der strasse'
    """
    letters = unicodedata.normalize("NFKD", text.casefold().translate(LETTERS))
    return "".join(c for c in letters if not unicodedata.combining(c))


def new_id(name: str, taken: Container[str]) -> str:
    """Make a name a case's own: a letter in front, and a number behind where it is taken.

    Parameters
    ----------
    name : str
        One or more of the letters a to z in any case, digits, ``_`` and ``-``.
    taken : container of str

    Examples
    --------
    >>> new_id("rain", ()), new_id("rain", {"rain", "rain_2"}), new_id("5-12", ())
    ('rain', 'rain_3', 'n_5-12')
    """
    name = (name if name[0].isalpha() else f"n_{name}")[:LONGEST]
    count, result = 1, name
    while result in taken:
        count += 1
        end = f"_{count}"
        result = name[: LONGEST - len(end)] + end
    return result
