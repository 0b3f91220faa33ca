"""Tables of a forecast go in; sentences come out, each number with the cell it came from.

Nothing is typed in: a number that is not read from a table is refused. The sentences follow ICD
203: one word for likelihood in a sentence, and confidence, which tells how good the basis is, never
in the same sentence as likelihood.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from forecasting.lexicon import ICD_203, PHIA
from forecasting.tell.markup import Paragraph, joined
from forecasting.tell.table import Number, Part, Stated, Strong, Table, plain

# The second row of ICD 203, and the adverbs, are looked for as well: nobody may use them by chance.
ALSO_LIKELIHOOD = (
    "remote", "highly improbable", "improbable", "improbably", "roughly even odds", "probable",
    "probably", "highly probable", "nearly certain", "almost certainly",
)  # fmt: skip
LIKELIHOOD = sorted({*ALSO_LIKELIHOOD, *(word for word, _, _ in ICD_203 + PHIA)}, key=len)
LIKELIHOOD_WORD = re.compile(rf"\b({'|'.join(reversed(LIKELIHOOD))})\b", re.IGNORECASE)
CONFIDENCE_WORD = re.compile(r"\bconfiden(?:ce|t|tly)\b", re.IGNORECASE)

# So many states are named beside the likeliest.
MOST_STATES = 4

# The name of the standard is the one number that no table holds.
STANDARD = "ICD 203"

# What the verdict of :func:`forecasting.answer.explain.prior_or_evidence` says of a forecast.
LEANS = {
    "prior-driven": "It leans on base rates more than on evidence.",
    "evidence-driven": "It leans on evidence more than on base rates.",
    "in conflict": "Base rates and evidence pull it apart.",
    "prior and evidence agree": "Base rates and evidence pull it the same way.",
    "driven by neither alone": "Neither base rates nor evidence alone drive it.",
}

MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September",
    "October", "November", "December",
)  # fmt: skip


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
        own = [plain(part) for part in self.parts if not isinstance(part, Stated | Number)]
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


def say(words: str, *parts: Part | tuple[Part, ...]) -> Sentence:
    """Make a sentence of words of ours, with parts in place of each ``{}``.

    Examples
    --------
    >>> say("From {} to {}.", Number("t", "r", "c", "20%"), Number("t", "r", "d", "30%")).text
    'From 20% to 30%.'
    """
    first, *others = words.split("{}")
    made: list[Part] = [first] if first else []
    for part, after in zip(parts, others, strict=True):
        made += part if isinstance(part, tuple) else (part,)
        made += [after] if after else []
    return Sentence(tuple(made))


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
    return Paragraph(joined([sentence.parts for sentence in sentences], " "), kind)


def day(date) -> str:
    """Write a date in words, whatever the language of the machine.

    Examples
    --------
    >>> from datetime import date
    >>> day(date(2021, 9, 15))
    '15 September 2021'
    """
    return f"{date.day} {MONTHS[date.month - 1]} {date.year}"


def spoken(
    outcomes: Table, headlines: Sequence[str], amounts: Table | None = None
) -> tuple[Sentence, ...]:
    """Say what the forecast of each headline is, in a sentence each and in their order.

    Of a quantity another sentence says how likely each of its cuts is.

    Parameters
    ----------
    outcomes : Table
        Columns title, prior, posterior, low, high, word; rows named by event. The row of an event
        with states, or of a quantity, has none of these but the title; its states and cuts follow.
    headlines : sequence of str
    amounts : Table, optional
        Columns by level; rows ``EVENT.prior`` and ``EVENT.posterior``, and of ``EVENT`` its unit.
    """
    told = []
    for event in headlines:
        record = outcomes.record(event)
        if "word" in record:
            told.append(say("{} {}.", quoted(record["title"]), _came(outcomes, event)))
        elif states := _states(outcomes, event):
            told.append(_of_several(outcomes, event, states))
        else:
            told.append(amount(amounts, event, record["title"]))
            if len({number.text for number in ends(amounts, event)}) > 1:  # else it is known
                told += [
                    say("{} {}.", quoted(cut["label"]), _came(outcomes, outcomes.row(cut)))
                    for cut in _parts(outcomes, event)
                ]
    return tuple(told)


def scenarios(scenarios: Table | None) -> tuple[Sentence, ...]:
    """Say which scenario comes first."""
    if scenarios is None or len(scenarios.records) < 2:
        return ()
    *named, rest = scenarios.records
    order = sorted(named, key=lambda record: -record["posterior"])
    first, *others = (
        (quoted(record["title"]), " (", scenarios.number(scenarios.row(record), "posterior"), ")")
        for record in order[:2]
    )
    then = (", then ", *others[0]) if others else ()
    left = scenarios.number(scenarios.row(rest), "posterior")
    none = ("; ", left, " is left for none of them") if rest["posterior"] > 0 else ()
    return (say("Of the named scenarios {} comes first{}{}.", first, then, none),)


def _came(outcomes: Table, row: str) -> tuple[Part, ...]:
    """Say what a proposition is now, in a word and in numbers, and what it was."""
    before, after = (outcomes.number(row, column) for column in ("prior", "posterior"))
    was = (before, " before the evidence")
    was = ("as before the evidence",) if before.text == after.text else was
    return _worded(outcomes.record(row)["word"], after, was)


def _parts(outcomes: Table, event: str) -> list[Mapping]:
    """Find the records of the states and the cuts of an event."""
    return [one for one in outcomes.records if outcomes.row(one).startswith(f"{event}.")]


def _states(outcomes: Table, event: str) -> list[str]:
    """List the rows of the states of an event, the likeliest first."""
    states = [one for one in _parts(outcomes, event) if one["is_state"]]
    return [outcomes.row(one) for one in sorted(states, key=lambda one: -one["posterior"])]


def ends(amounts: Table, event: str) -> list[Number]:
    """Give the two ends of the 90% range of a quantity, after the evidence."""
    return [amounts.number(f"{event}.posterior", at) for at in ("5%", "95%")]


def measured(amounts: Table, event: str, when: str = "posterior") -> tuple[Part, ...]:
    """Give the median of a quantity, after the evidence or before it, with its unit."""
    middle, unit = amounts.number(f"{event}.{when}", "50%"), amounts.record(event)["unit"]
    return (middle, " ", Stated(unit)) if unit else (middle,)


def _of_several(outcomes: Table, event: str, states: Sequence[str]) -> Sentence:
    """Say how probable each of several states is, the likeliest first and in a word."""
    first, *others = states
    told = []
    for state in others[:MOST_STATES]:
        before, now = (outcomes.number(state, column) for column in ("prior", "posterior"))
        told.append((quoted(outcomes.record(state)["label"]), " ", now, " (", before, " before)"))
    more = () if len(others) <= MOST_STATES else (("less for each of the others",),)
    return say(
        "{}: {} {}; {}.",
        quoted(outcomes.record(event)["title"]),
        quoted(outcomes.record(first)["label"]),
        _came(outcomes, first),
        joined([*told, *more], ", "),
    )


def amount(amounts: Table, event: str, title: str) -> Sentence:
    """Say how much a quantity comes to, with its range, and what it was."""
    now, (low, high) = measured(amounts, event), ends(amounts, event)
    if low.text == high.text:
        return say("{}: {}.", quoted(title), now)
    before = amounts.number(f"{event}.prior", "50%")
    was = (before, " before") if before.text != now[0].text else ("as before",)
    words = "{}: {}, and nine times in ten between {} and {}; {} the evidence."
    return say(words, quoted(title), now, low, high, was)


def _worded(word: str, number: Number, was: tuple[Part, ...]) -> tuple[Part, ...]:
    """Put the word of the lexicon and the numbers beside each other, as English wants it."""
    word, _, gap = word.partition(" (")  # the UK yardstick marks what lies between its bands
    if "%" in word:  # the scale has no word for what is all but certain
        return "is put at ", number, " (", *was, ")"
    verb = "has " if word.endswith("chance") else "is "
    counted = ("roughly even chance", "remote chance", "realistic possibility")
    near = f"{gap.removesuffix(')')}; " if gap else ""
    article = "a " if word in counted else ""
    return verb + article, Strong(word), " (", number, "; ", near, *was, ")"


def confidence(outcomes: Table, basis: Table, event: str) -> tuple[Sentence, ...]:
    """Say how good the basis of an event is, apart from how its forecast comes out.

    ``outcomes`` has the title and the confidence that the case states, if it does; ``basis`` counts
    the facts, reports and sources behind the event.
    """
    record = outcomes.record(event)
    counts = joined([_many(basis, event, what) for what in ("fact", "report", "source")], ", ")
    words = "The evidence that stands behind {} and its drivers: {}."
    told = say(words, quoted(record["title"]), counts)
    if not record["confidence"]:
        return told, say("The case states no confidence in its base rate.")
    degree = outcomes.number(event, "confidence")
    return told, say("The case holds confidence in its base rate to be {}.", degree)


def way(outcomes: Table, leanings: Table, event: str) -> tuple[Sentence, ...]:
    """Say from where to where an outcome went, and whether base rates or evidence took it there."""
    ends = (outcomes.number(event, column) for column in ("prior", "posterior"))
    leans = LEANS[leanings.record(event).verdict]
    return say("From {} before the evidence to {}.", *ends), say(leans)


def through(outcomes: Table, event: str, label: str) -> Sentence:
    """Say which state, or cut, of an event stands for it in what follows, by its label."""
    likeliest = "This is about {}, the likeliest of its states."
    words = likeliest if _states(outcomes, event) else "This is about {}."
    return say(words, quoted(label))


def assumption(bars: Table, title: str) -> tuple[Sentence, ...]:
    """Name the judgement that an outcome hangs on most: the first of ``bars``, by swing."""
    if not bars.records:
        return (say("No single judgement moves {}.", quoted(title)),)
    first = bars.records[0]
    best, *ends = _cells(bars, first, "best", "low", "at_low", "high", "at_high")
    named = (Stated(first["title"]), ", put at ", best)
    return (
        say("The key assumption for {}: {}.", quoted(title), named),
        say("Were it {}, the forecast would be {}; were it {}, {}.", *ends),
    )


def tip(tips: Table | None, title: str) -> Sentence:
    """Name the smallest change of one judgement that would change an outcome's word."""
    if tips is None:
        return say("No single number, within reach, takes {} to another word.", quoted(title))
    nearest = min(tips.records, key=lambda record: record["distance"])
    target, best, value = _cells(tips, nearest, "target", "best", "value")
    named = (Stated(nearest["title"]), " from ", best, " to ", value)
    return say("The smallest change that takes {} to {}: {}.", quoted(title), target, named)


def news(watched: Table) -> tuple[Sentence, ...]:
    """Name the indicator that can be expected to tell most: the first of ``watched``."""
    first = watched.records[0]
    seen, *moves = _cells(watched, first, "probability", "now", "if_yes", "if_no")
    title, about = quoted(first["title"]), quoted(first["about"])
    return (
        say("The most telling indicator: {}, to be seen with probability {}.", title, seen),
        say("If it is seen, {} goes from {} to {}; if not, to {}.", about, *moves),
    )


def _cells(table: Table, record: Mapping, *columns: str) -> list[Number]:
    return [table.number(table.row(record), column) for column in columns]


def _many(table: Table, row: str, noun: str) -> tuple[Part, ...]:
    """Count something in the singular or the plural."""
    number = table.number(row, f"{noun}s")
    return number, f" {noun}{'' if number.text == '1' else 's'}"


def quoted(title: str) -> Stated:
    """Put a title between quotation marks."""
    return Stated(f"“{title}”")
