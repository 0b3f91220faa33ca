"""Probabilities go in; a line of characters from 0 to 100%, on which they stand, comes out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

# Characters of a line beside other columns, and of one by itself.
SHORT, LONG = 21, 41

# What the marks mean, of two and of many.
OF_TWO = "○ {}, ● {}, from 0 to 100%"
OF_MANY = "• is an analyst, a digit so many, # ten or more"


def strip(values: Sequence[float], wide: int = LONG) -> str:
    """Set probabilities on a line ``wide`` characters long, drawn from the lowest to the highest.

    A dot is one of them, a digit so many, ``#`` ten or more.

    Examples
    --------
    >>> strip([0.2, 0.2, 0.5, 0.9], 11)
    '  2──•───• '
    """
    at = Counter(round(p * (wide - 1)) for p in values)
    line = ["─" if min(at) < i < max(at) else " " for i in range(wide)]
    for i, count in at.items():
        line[i] = "•" if count == 1 else str(count) if count < 10 else "#"
    return "".join(line)


def pair(first: float, second: float, wide: int = LONG) -> str:
    """Set two probabilities on a line: a hollow dot for the first, a full one for the second.

    Examples
    --------
    >>> pair(0.9, 0.2, 11)
    '  ●──────○ '
    """
    line = [*strip([first, second], wide)]
    line[round(first * (wide - 1))] = "○"
    line[round(second * (wide - 1))] = "●"
    return "".join(line)


def framed(line: str) -> str:
    """Set the ends of its scale beside a line."""
    return f"  0% │{line}│ 100%"
