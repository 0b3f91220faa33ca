"""The library's tables and a seed go in; questions to practise calibration on, as a page, come out.

Some ask for a probability, some for a 90% interval. Feedback comes after ten answers: after each it
teaches chance. The page keeps the answers as a table for ``forecasting ledger import``.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import asdict, dataclass

from forecasting.answer import reference_classes
from forecasting.answer.reference_classes import Counted, Group
from forecasting.classroom.room import sheet
from forecasting.file.models import ALL
from forecasting.judgement import logit, sigmoid

BLOCKS, BLOCK = 4, 10

# A share of fewer cases is luck.
FEWEST = 30

# A question of yes or no asks about a share that is so far from the true one, in log-odds.
NEAR, FAR = 0.2, 1.2

# A share so close to what is asked about is no question; it is moved by a step of whole percent.
APART, STEP = 0.005, 0.015


@dataclass(frozen=True)
class Question:
    """A question of which the tables know the answer.

    Attributes
    ----------
    table, text, source : str
    share : float
        How often the answer was yes.
    over : float or None
        Whether the share is above this is asked; None where an interval is.
    """

    table: str
    text: str
    source: str
    share: float
    over: float | None


def questions(seed: int, blocks: int = BLOCKS) -> tuple[tuple[Question, ...], ...]:
    """Draw questions from the tables at hand; blocks of probabilities and of intervals in turn.

    Parameters
    ----------
    seed : int
        The same seed, the same questions.
    blocks : int
        Of ten questions, no two of one outcome of a table; none asks what one before it told.

    Examples
    --------
    >>> first, second = questions(seed=1, blocks=2)
    >>> len(first), first == questions(seed=1)[0], first[0].over is None, second[0].over is None
    (10, True, False, True)
    """
    rng, classes = random.Random(seed), [*_classes()]
    asked = []
    for block in range(blocks):
        drawn = rng.sample([one for one in classes if one[1]], BLOCK)
        asked.append(tuple(_question(rng, *one, interval=bool(block % 2)) for one in drawn))
    return tuple(asked)


def _classes() -> Iterator[tuple[Counted, list[Group]]]:
    """Give the outcomes of tables with their groups, all cases together first."""
    for found in reference_classes.search():
        _, several = reference_classes.groups(found.name, found.by[:1])
        if kept := [one for one in several if one.of >= FEWEST and 0 < one.seen < one.of]:
            yield found, kept


def _question(rng: random.Random, found: Counted, several: list[Group], *, interval: bool):
    one = several.pop(rng.randrange(len(several)))  # nobody is asked about it twice
    where = "" if one.group == ALL else f" ({found.by[0].replace('_', ' ')}: {one.group})"
    asked = f"{found.question} In {one.of:,} such cases{where}, known by {found.last}, "
    over = None
    if interval:
        asked += "how many of a hundred were answered yes?"
    else:
        by = rng.choice((-1, 1)) * rng.uniform(NEAR, FAR)
        over = round(float(sigmoid(logit(one.share) + by)), 2)
        if not 0 < over < 1 or abs(over - one.share) < APART:
            over = round(one.share + (STEP if one.share < 0.5 else -STEP), 2)
        asked += f"were more than {over:.0%} answered yes?"
    title = found.table.sidecar.title
    return Question(found.name, asked, title, one.share, over)


def page(seed: int) -> str:
    """Make a page of questions that asks nobody for anything, with feedback after each ten.

    Parameters
    ----------
    seed : int
    """
    many = range(BLOCK, BLOCKS * BLOCK + 1, BLOCK)
    # The interval of a rate of which so many of so many were hits.
    rates = {
        str(of): [[one.low, one.high] for n in range(of + 1)
                  for one in [reference_classes.group("", n, of)]]
        for of in many
    }  # fmt: skip
    blocks = [[asdict(one) for one in block] for block in questions(seed)]
    told = {"seed": seed, "blocks": blocks, "rates": rates}
    return sheet(f"Calibration practice {seed}", "practice.js", told)
