"""A probability goes in, its estimative word comes out; and what Admiralty grades stand for.

The types at the end say what a field of a record holds, and with it how every table shows it.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise
from typing import Annotated


@dataclass(frozen=True, slots=True)
class Wording:
    """The word for a probability.

    Attributes
    ----------
    word : str
        The word, or the nearest one if ``between``; beyond the scale ``less than 1%`` or
        ``more than 99%``.
    low, high : float
        The band that the word stands for.
    between : bool
        The probability falls in a deliberate gap of the scale; the nearest band's word is given.
    """

    word: str
    low: float
    high: float
    between: bool = False

    def __str__(self) -> str:
        return f"{self.word} (between bands)" if self.between else self.word


# ICD 203, Analytic Standards (US Director of National Intelligence, 2015): first row of synonyms.
# The bands share endpoints and leave less than 1% and more than 99% without a word.
ICD_203 = (
    ("almost no chance", 0.01, 0.05),
    ("very unlikely", 0.05, 0.20),
    ("unlikely", 0.20, 0.45),
    ("roughly even chance", 0.45, 0.55),
    ("likely", 0.55, 0.80),
    ("very likely", 0.80, 0.95),
    ("almost certain", 0.95, 0.99),
)

# Probability Yardstick (UK Professional Head of Intelligence Assessment, March 2025), with
# deliberate gaps between its bands. "Realistic possibility" stops short of one half.
PHIA = (
    ("remote chance", 0.0, 0.05),
    ("highly unlikely", 0.10, 0.20),
    ("unlikely", 0.25, 0.35),
    ("realistic possibility", 0.40, 0.50),
    ("likely or probable", 0.55, 0.75),
    ("highly likely", 0.80, 0.90),
    ("almost certain", 0.95, 1.0),
)

RELIABILITY = {
    "A": "reliable",
    "B": "usually reliable",
    "C": "fairly reliable",
    "D": "not usually reliable",
    "E": "unreliable",
    "F": "reliability cannot be judged",
}

CREDIBILITY = {
    "1": "confirmed by other sources",
    "2": "probably true",
    "3": "possibly true",
    "4": "doubtful",
    "5": "improbable",
    "6": "truth cannot be judged",
}


def icd_203(p: float) -> Wording:
    """Word a probability by ICD 203.

    A shared endpoint takes the word nearer to an even chance: 20% is unlikely (not very unlikely),
    80% is likely (not very likely). So a statement and its opposite always get opposite words.
    Below 1% and above 99% the scale has no word, and the result says so.

    Parameters
    ----------
    p : float in [0, 1]

    Raises
    ------
    ValueError
        If ``p`` is not a probability.

    References
    ----------
    ICD 203 (2015), Analytic Standards, US Director of National Intelligence.

    Examples
    --------
    >>> icd_203(0.20).word, icd_203(0.80).word, icd_203(0.45).word
    ('unlikely', 'likely', 'roughly even chance')
    >>> icd_203(0.003).word
    'less than 1%'
    """
    outside = ("less than 1%", 0.0, 0.01), ("more than 99%", 0.99, 1.0)
    return _worded(p, (*outside, *ICD_203))


def phia(p: float) -> Wording:
    """Word a probability by the UK Probability Yardstick, flagging its deliberate gaps.

    In a gap the nearest band's word is given and flagged; the middle of a gap takes the word nearer
    to an even chance.

    Parameters
    ----------
    p : float in [0, 1]

    Raises
    ------
    ValueError
        If ``p`` is not a probability.

    References
    ----------
    Professional Head of Intelligence Assessment: Probability Yardstick (24 March 2025).

    Examples
    --------
    >>> phia(0.07)
    Wording(word='remote chance', low=0.0, high=0.05, between=True)
    >>> phia(0.6).word
    'likely or probable'
    """
    return _worded(p, PHIA)


def _worded(p: float, bands: Iterable[tuple[str, float, float]]) -> Wording:
    """Take the word of the nearest band; of two as near, that nearer to an even chance."""
    p = _rounded(p)

    def distance(band):
        # Rounded, so that the middle of a gap is a tie and not a matter of binary fractions.
        away = round(max(band[1] - p, p - band[2], 0.0), 9)
        return away, abs((band[1] + band[2]) / 2 - 0.5)

    word, low, high = min(bands, key=distance)
    inside = low <= p < high if word == "realistic possibility" else low <= p <= high
    return Wording(word, low, high, not inside)


LEXICONS = {"icd-203": icd_203, "phia": phia}

# Where a word may change: the ends of all bands, and the middles between them.
_ENDS = {
    name: sorted(
        {0.0, 1.0}
        | {end for _, *ends in bands for end in ends}
        | {round((a[2] + b[1]) / 2, 9) for a, b in pairwise(bands)}
    )
    for name, bands in (("icd-203", ICD_203), ("phia", PHIA))
}


def span(p: float, lexicon: str = "icd-203") -> tuple[float, float]:
    """Give the ends of the stretch around a probability on which its word stays the same.

    Parameters
    ----------
    p : float in [0, 1]
    lexicon : {"icd-203", "phia"}

    Returns
    -------
    low, high : float
        ``low <= p <= high``; 0 and 1 where the word holds to the end.

    Examples
    --------
    >>> span(0.65), span(0.2), span(0.07, "phia")
    ((0.55, 0.8), (0.2, 0.45), (0.05, 0.075))
    """
    word_for, p = LEXICONS[lexicon], _rounded(p)
    word = str(word_for(p))
    stretches = [
        (low, high)
        for low, high in pairwise(_ENDS[lexicon])
        if low <= p <= high and str(word_for((low + high) / 2)) == word
    ]
    # A word that holds at one point only stands between two others.
    return (stretches[0][0], stretches[-1][1]) if stretches else (p, p)


def decibans(value: float) -> str:
    """Show a weight with its sign; what is not known, or no weight at all, without one.

    Examples
    --------
    >>> decibans(1.26), decibans(-0.04), decibans(float("inf")), decibans(float("nan"))
    ('+1.3', '0.0', '+∞', '–')
    """
    if value != value:
        return "–"
    if abs(value) == float("inf"):
        return "+∞" if value > 0 else "-∞"
    shown = f"{value:+.1f}"
    return "0.0" if shown in ("+0.0", "-0.0") else shown


def grade(letter: str, digit: str | None) -> str:
    """Spell out an Admiralty grade.

    Examples
    --------
    >>> grade("B", "2")
    'usually reliable source; probably true'
    """
    source = RELIABILITY[letter] if letter == "F" else f"{RELIABILITY[letter]} source"
    return f"{source}; {CREDIBILITY[digit]}" if digit else source


def percent(p: float) -> str:
    """Show a probability with the digits that matter: one decimal near 0 and 1; NaN is a dash.

    Examples
    --------
    >>> percent(0.432), percent(0.0312), percent(0.9981), percent(0.00004), percent(0.0)
    ('43%', '3.1%', '99.8%', '<0.1%', '0%')
    """
    if p != p:
        return "–"
    if p in (0, 1):
        return f"{p:.0%}"
    if p < 0.0005:
        return "<0.1%"
    if p > 0.9995:
        return ">99.9%"
    return f"{p:.1%}" if p < 0.095 or p > 0.985 else f"{p:.0%}"


def counted(count: int, noun: str, nouns: str = "") -> str:
    """Write a number of things.

    Examples
    --------
    >>> counted(1, "number"), counted(3, "number"), counted(0, "entry", "entries")
    ('1 number', '3 numbers', '0 entries')
    """
    return f"{count:,} {noun if count == 1 else nouns or f'{noun}s'}"


def _rounded(p: float) -> float:
    """Drop what is rounding only, so that a computed 20% is as good as a stated one."""
    p = round(p, 9)
    if not 0 <= p <= 1:
        raise ValueError(f"a probability must lie between 0 and 1, not {p}")
    return p


def points(difference: float) -> str:
    """Show a difference of two probabilities in percentage points.

    Examples
    --------
    >>> points(0.135)
    '+13.5'
    """
    return f"{100 * difference:+.1f}"


# What a field holds: a probability from 0 to 1, or the difference of two; a weight of evidence,
# which adds up, in decibans or as a difference of log-odds; information, of the one bit that an
# even question holds; halves of a 90% range.
Chance = Annotated[float, percent]
Points = Annotated[float, points]
Weight = Annotated[float, decibans]
LogOdds = Annotated[float, lambda log_odds: decibans(10 * log_odds / math.log(10))]
Bits = Annotated[float, "{:.3f}".format]
Steps = Annotated[float, "{:.1f}".format]
