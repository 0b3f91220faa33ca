"""Words in any spelling go in; names that a case accepts come out."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Container

# Letters of the longest name that ``values.ID`` accepts.
LONGEST = 64

# Longest name made from words; one that is taken gets a number.
OF_WORDS = 40

# Longest label, in characters, that tables, sliders and graphs show whole.
LABEL = 42

# Words that tell nothing in a name, and that no label should end on.
SMALL = {"will", "is", "are", "the", "a", "an", "be", "of", "in", "to", "by", "on"}
SMALL |= {"and", "or", "for", "with", "from", "than", "that"}

# Words that open a part of a sentence: in a label such a part stands whole or not at all.
OPENING = {"in", "to", "by", "on", "at", "of", "for", "from", "with", "and", "or", "until", "till"}
OPENING |= {"before", "after", "during", "within", "between", "against", "through", "than", "that"}

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


def name_of(words: str, otherwise: str, taken: Container[str]) -> str:
    """Make a new name of the first words that tell something.

    Parameters
    ----------
    words : str
    otherwise : str
        The name where the words have no Latin letters and no digits.
    taken : container of str

    Examples
    --------
    >>> name_of("Will the river flood the bridge?", "event", ())
    'river_flood_bridge'
    """
    found = re.findall(r"[a-z0-9]+", plain_letters(words))
    telling = [word for word in found if word not in SMALL]
    return new_id(whole_words(telling[:4] or [otherwise], OF_WORDS, "_"), taken)


def label_of(text: str) -> str:
    """Offer a label for a question or a condition: itself, or its first words that tell something.

    A part that would be cut short, such as "by the end" of "by the end of winter", is left out, as
    long as half of a label is left.

    Examples
    --------
    >>> label_of("Will the northern footbridge be closed by the end of winter?")
    'Northern footbridge closed'
    """
    text = " ".join(text.split())
    if len(text) <= LABEL:
        return text
    words = text.rstrip(" ?.!").split()
    start = next((i for i, word in enumerate(words) if word.lower() not in SMALL), 0)
    # "Will the bridge be closed?" asks of a bridge closed.
    spare = {"be"} if words[0].lower() == "will" else {}
    words = [word for word in words[start:] if word.lower() not in spare]
    label = whole_words(words, LABEL, " ")
    kept = label.split()
    rest = words[len(kept) :]
    if rest and rest[0].lower() not in OPENING - {"of"}:
        opening = [i for i, word in enumerate(kept) if i and word.lower() in OPENING]
        shorter = whole_words(kept[: opening[-1]], LABEL, " ") if opening else ""
        label = shorter if len(shorter) >= LABEL // 2 else label
    return label[:1].upper() + label[1:]


def whole_words(words: list[str], most: int, joint: str) -> str:
    """Join as many words as fit, the last one not a small one; a word is cut only if it is alone.

    Examples
    --------
    >>> whole_words("Rivers of the north rise".split(), 16, " ")
    'Rivers'
    """
    while len(words) > 1 and (len(joint.join(words)) > most or words[-1].lower() in SMALL):
        words = words[:-1]
    return joint.join(words)[:most]
