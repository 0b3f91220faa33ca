"""Tables of a forecast go in; sentences come out, each number with the cell it came from.

Nothing is typed in: a number that is not read from a table is refused. The sentences follow ICD
203: one word for likelihood in a sentence, and confidence, which tells how good the basis is, never
in the same sentence as likelihood.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from forecasting.lexicon import ICD_203, PHIA
from forecasting.markup import Number, Paragraph, Part, Stated, Strong, Table, plain, value

# The second row of ICD 203, and the adverbs, are looked for as well: nobody may use them by chance.
ALSO_LIKELIHOOD = (
    "remote",
    "highly improbable",
    "improbable",
    "improbably",
    "roughly even odds",
    "probable",
    "probably",
    "highly probable",
    "nearly certain",
    "almost certainly",
)
LIKELIHOOD = sorted({*ALSO_LIKELIHOOD, *(word for word, _, _ in ICD_203 + PHIA)}, key=len)
LIKELIHOOD_WORD = re.compile(rf"\b({'|'.join(reversed(LIKELIHOOD))})\b", re.IGNORECASE)
CONFIDENCE_WORD = re.compile(r"\bconfiden(?:ce|t|tly)\b", re.IGNORECASE)

# How many pushes each way are named.
STRONGEST = 3

# The name of the standard is the one number that no table holds.
STANDARD = "ICD 203"

MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence made from tables.

    Attributes
    ----------
    parts : tuple of Part
        Words of ours, text of the case, and numbers with their cells.

    Raises
    ------
    ValueError
        If our words hold a number that is not from a table, two words for likelihood, or a word
        for likelihood beside one for confidence. What the case states is quoted, and not judged.

    Examples
    --------
    >>> Sentence(("It is likely, and confidence is low.",))
    Traceback (most recent call last):
        ...
    ValueError: likelihood ('likely') and confidence in one sentence
    """

    parts: tuple[Part, ...]

    def __post_init__(self) -> None:
        own = [plain(part) for part in self.parts if not isinstance(part, (Stated, Number))]
        words = "\n".join(own)  # so that no word is found across a quotation
        likelihood = likelihood_words(words)
        if len(likelihood) > 1:
            raise ValueError(f"more than one word for likelihood in one sentence: {likelihood}")
        if likelihood and CONFIDENCE_WORD.search(words):
            raise ValueError(f"likelihood ({likelihood[0]!r}) and confidence in one sentence")
        if re.search(r"\d", words.replace(STANDARD, "")):
            raise ValueError(f"a number that comes from no table: {words!r}")

    @property
    def text(self) -> str:
        """The sentence as bare text."""
        return plain(self.parts)

    @property
    def numbers(self) -> tuple[Number, ...]:
        """The numbers in it, with their cells."""
        return tuple(part for part in self.parts if isinstance(part, Number))


def likelihood_words(text: str) -> list[str]:
    """Find the words for likelihood in a text, of whichever scale.

    Examples
    --------
    >>> likelihood_words("It is very unlikely, and a likelihood is no frequency.")
    ['very unlikely']
    """
    return [match[1].lower() for match in LIKELIHOOD_WORD.finditer(text)]


def paragraph(sentences: Sequence[Sentence], kind: str = "") -> Paragraph:
    """Join sentences."""
    parts: list[Part] = []
    for sentence in sentences:
        parts += [" ", *sentence.parts] if parts else sentence.parts
    return Paragraph(tuple(parts), kind)


def day(date) -> str:
    """Write a date in words, whatever the language of the machine.

    Examples
    --------
    >>> from datetime import date
    >>> day(date(2021, 9, 15))
    '15 September 2021'
    """
    return f"{date.day} {MONTHS[date.month - 1]} {date.year}"


def answer(
    outcomes: Table, setting: Table, scenarios: Table | None, headlines: Sequence[str]
) -> tuple[Sentence, ...]:
    """Answer the questions of a case in a few sentences.

    Parameters
    ----------
    outcomes : Table
        Columns title, prior, posterior, low, high, word; rows named by event.
    setting : Table
        Rows ``as_of`` and ``resolve_by``, where the case has dates; column ``value``.
    scenarios : Table or None
        Columns title and posterior; the last row is "something else".
    headlines : sequence of str
        The events to speak of, in this order.

    Returns
    -------
    tuple of Sentence
    """
    sentences = []
    dates = {setting.key(record) for record in setting.records}
    if {"as_of", "resolve_by"} <= dates:
        sentences.append(
            Sentence(
                (
                    "This is a forecast of ",
                    setting.number("as_of", "value"),
                    ", and it looks to ",
                    setting.number("resolve_by", "value"),
                    ".",
                )
            )
        )
    sentences += [_outcome(outcomes, event) for event in headlines]
    sentences += _widest(outcomes, headlines)
    if scenarios is not None and len(scenarios.records) > 1:
        sentences.append(_leading_scenario(scenarios))
    return tuple(sentences)


def _outcome(outcomes: Table, event: str) -> Sentence:
    record = outcomes.record(event)
    before, after = (outcomes.number(event, column) for column in ("prior", "posterior"))
    same = before.text == after.text
    was = ("as before the evidence",) if same else (before, " before the evidence")
    return Sentence((_quoted(record), " ", *_worded(str(value(record, "word")), after, was), "."))


def _worded(word: str, number: Number, was: tuple[Part, ...]) -> tuple[Part, ...]:
    """Put the word of the lexicon and the numbers beside each other, as English wants it."""
    word, _, gap = word.partition(" (")  # the UK yardstick marks what lies between its bands
    if word in ("below the scale", "above the scale"):
        return "stands at ", number, f", {word} of likelihood words (", *was, ")"
    verb = "has " if word.endswith("chance") else "is "
    article = (
        "a " if word in ("roughly even chance", "remote chance", "realistic possibility") else ""
    )
    near = f"{gap.removesuffix(')')}; " if gap else ""
    return verb + article, Strong(word), " (", number, "; ", near, *was, ")"


def _widest(outcomes: Table, headlines: Sequence[str]) -> list[Sentence]:
    """Say which headline could move furthest."""
    spread = {
        event: value(record, "high") - value(record, "low")
        for event in headlines
        for record in [outcomes.record(event)]
    }
    event = max(spread, key=spread.get, default=None)
    if event is None or not spread[event] > 0:
        return []
    return [
        Sentence(
            (
                "The band is widest for " if len(spread) > 1 else "If the uncertain numbers of ",
                _quoted(outcomes.record(event)),
                ": if its uncertain numbers were known, it could move to anywhere from "
                if len(spread) > 1
                else " were known, it could move to anywhere from ",
                outcomes.number(event, "low"),
                " to ",
                outcomes.number(event, "high"),
                ".",
            )
        )
    ]


def _leading_scenario(scenarios: Table) -> Sentence:
    *named, rest = scenarios.records
    first = max(named, key=lambda record: value(record, "posterior"))
    return Sentence(
        (
            "Of the named scenarios ",
            _quoted(first),
            " comes first, at ",
            scenarios.number(scenarios.key(first), "posterior"),
            "; none of them comes about with ",
            scenarios.number(scenarios.key(rest), "posterior"),
            ".",
        )
    )


def confidence(outcomes: Table, basis: Table, headlines: Sequence[str]) -> tuple[Sentence, ...]:
    """Say how good the basis is, apart from how the forecast comes out.

    Parameters
    ----------
    outcomes : Table
        Columns title and confidence (what the case states, or empty).
    basis : Table
        Columns facts, reports and sources: how much evidence stands behind each event.
    headlines : sequence of str
    """
    sentences = []
    for event in headlines:
        counted = [_many(basis, event, what) for what in ("fact", "report", "source")]
        facts, reports, sources = counted
        behind = (*facts, " in ", *reports, " from ", *sources)
        sentences.append(
            Sentence(
                ("Behind ", _quoted(outcomes.record(event)), " and its drivers: ", *behind, ".")
            )
        )
    stated = {event: value(outcomes.record(event), "confidence") for event in headlines}
    for event in filter(stated.get, headlines):
        of = _quoted(outcomes.record(event))
        told = outcomes.number(event, "confidence")
        sentences.append(
            Sentence(("The case holds confidence in the base rate of ", of, " to be ", told, "."))
        )
    if not any(stated.values()):
        sentences.append(Sentence(("The case states no confidence in these base rates.",)))
    return tuple(sentences)


def way(outcomes: Table, event: str) -> tuple[Sentence, ...]:
    """Say from where to where an outcome went."""
    before, after = (outcomes.number(event, column) for column in ("prior", "posterior"))
    return (Sentence(("From ", before, " before the evidence to ", after, ".")),)


def pushes(weights: Table, title: str) -> tuple[Sentence, ...]:
    """Name the items that pushed an outcome furthest up and furthest down.

    Parameters
    ----------
    weights : Table
        Columns title and decibans; the rows ``rest`` and ``total`` sum up.
    title : str
        Of the outcome.
    """
    items = [r for r in weights.records if weights.key(r) not in ("rest", "total")]
    order = sorted(items, key=lambda record: -abs(value(record, "decibans")))
    sentences = []
    for way, sign in (("up", 1), ("down", -1)):
        strongest = [r for r in order if sign * value(r, "decibans") > 0][:STRONGEST]
        if not strongest:
            sentences.append(Sentence(("Nothing of weight pushes ", _quote(title), f" {way}.")))
            continue
        parts: list[Part] = ["Furthest ", way, ": "]
        for i, record in enumerate(strongest):
            parts += ["; "] if i else []
            push = weights.number(weights.key(record), "decibans")
            parts += [_quoted(record), " (", push, " decibans)"]
        sentences.append(Sentence((*parts, ".")))
    return tuple(sentences)


def assumption(bars: Table, title: str) -> tuple[Sentence, ...]:
    """Name the judgement that an outcome hangs on most.

    Parameters
    ----------
    bars : Table
        Columns title, best, low, high, at_low, at_high; the largest swing first.
    title : str
        Of the outcome.
    """
    if not bars.records:
        return (Sentence(("No single judgement moves ", _quote(title), ".")),)
    first = bars.records[0]

    def cell(column: str) -> Number:
        return bars.number(bars.key(first), column)

    return (
        Sentence(
            ("The key assumption for ", _quote(title), ": ", Stated(value(first, "title")),
             ", put at ", cell("best"), ".")
        ),
        Sentence(
            ("Were it ", cell("low"), ", the forecast would be ", cell("at_low"), "; were it ",
             cell("high"), ", ", cell("at_high"), ".")
        ),
    )  # fmt: skip


def tip(tips: Table, title: str) -> tuple[Sentence, ...]:
    """Name the smallest change of one judgement that would change an outcome's word.

    Parameters
    ----------
    tips : Table
        Columns title, best, target, value, distance.
    title : str
        Of the outcome.
    """
    nearest = min(tips.records, key=lambda record: value(record, "distance"))
    row = tips.key(nearest)
    return (
        Sentence(
            ("The smallest change that takes ", _quote(title), " to ", tips.number(row, "target"),
             ": ", Stated(value(nearest, "title")), " from ", tips.number(row, "best"), " to ",
             tips.number(row, "value"), ".")
        ),
    )  # fmt: skip


def news(watched: Table) -> tuple[Sentence, ...]:
    """Name the indicator that can be expected to tell most.

    Parameters
    ----------
    watched : Table
        Columns title, about, now, if_yes, if_no, probability; the most telling first.
    """
    first = watched.records[0]

    def cell(column: str) -> Number:
        return watched.number(watched.key(first), column)

    return (
        Sentence(
            ("The most telling indicator: ", Stated(f"“{value(first, 'title')}”"), ", to be seen "
             "with probability ", cell("probability"), ".")
        ),
        Sentence(
            ("If it is seen, ", _quote(str(value(first, "about"))), " goes from ", cell("now"),
             " to ", cell("if_yes"), "; if not, to ", cell("if_no"), ".")
        ),
    )  # fmt: skip


def _many(table: Table, row: str, noun: str) -> tuple[Part, ...]:
    """Count something in the singular or the plural."""
    number = table.number(row, f"{noun}s")
    return number, f" {noun}{'' if number.text == '1' else 's'}"


def _quoted(record: object) -> Stated:
    return _quote(str(value(record, "title")))


def _quote(title: str) -> Stated:
    return Stated(f"“{title}”")
