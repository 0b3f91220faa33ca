"""What a room handed in goes in, with what came of it; one page that shows all of it comes out.

First where the room stands, before and after; then a dot for each student, median and pools; who
differs on what; and, once the question is settled, the Brier score of each, and whether the room
was surer than right.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from forecasting.answer.compare import AS_IT_STANDS, AnalystRow, PoolRow
from forecasting.answer.pools import POOLS, pool
from forecasting.answer.spread import spread
from forecasting.classroom.hand_in import BASE, LETTERS, HandIn
from forecasting.classroom.room import Room, asked
from forecasting.errors import InputError, Problem, echo
from forecasting.file.propositions import event_of
from forecasting.ledger.entries import UNANSWERED, Resolution
from forecasting.ledger.formulas import brier
from forecasting.lexicon import counted, percent
from forecasting.report import reasons
from forecasting.report.exhibits import stated, table
from forecasting.tell import figures
from forecasting.tell.compare import between
from forecasting.tell.markup import Item, Listing, Paragraph, Section
from forecasting.tell.table import Column, Stated, Strong, figure

if TYPE_CHECKING:
    from nbformat import NotebookNode

FIRST, BASE_RATE, SECOND = "First guess", "Base rate", "Second guess"

ONE_QUESTION = (
    "One question tells little of anybody: who says 70% is on the wrong side three times of ten "
    "when all is well. It takes dozens of questions; forecasting practice has as many as you like."
)


@dataclass(frozen=True)
class Gathered:
    """A room, and what was handed in there by whom.

    Attributes
    ----------
    room : Room
    handed : dict of str to HandIn
        By what each is called: the name that was given, else the mark of the page.
    """

    room: Room
    handed: Mapping[str, HandIn]

    @cached_property
    def asked(self) -> dict[str, tuple[str, float]]:
        """What was asked, in order: its title, and what the case has."""
        room = self.room
        cards = {one.item: (one.title, one.alone) for one in room.cards}
        ends = [(name, (name, room.posterior)) for name in (FIRST, SECOND)]
        return dict([ends[0], (BASE, (BASE_RATE, room.prior)), *cards.items(), ends[1]])

    def said(self, what: str) -> dict[str, float]:
        """Give the probability that each had for what was asked; those who said none are left out.

        Of a card it is what it alone makes of the base rate of the case.
        """
        fields = {FIRST: "first", BASE: "base", SECOND: "second"}
        if what in fields:
            found = {who: getattr(one, fields[what]) for who, one in self.handed.items()}
        else:
            i = self.room.items.index(what)
            found = {who: one.cards[i] for who, one in self.handed.items() if len(one.cards) > i}
        return {who: n / 100 for who, n in found.items() if n}


def gather(room: Room, handed: Iterable[HandIn]) -> Gathered:
    """Call each student something: the name that was given, else the mark that the page told them.

    Examples
    --------
    >>> from forecasting.classroom.room import room
    >>> from forecasting.file.case import load
    >>> bridge = room(load("priors/first_case.yaml"))
    >>> two = [HandIn(bridge.key, "b1b1", 30, name="Ann"), HandIn(bridge.key, "a1a1", 40)]
    >>> gather(bridge, two).said(FIRST)
    {'a1a1': 0.4, 'Ann': 0.3}
    """
    called: dict[str, HandIn] = {}
    for one in sorted(handed, key=lambda one: one.id):
        name = free = one.name if one.name and one.name != AS_IT_STANDS else one.id
        same = 1
        while free in called:
            same += 1
            free = f"{name} ({same})"
        called[free] = one
    return Gathered(room, called)


def outcome(room: Room, resolutions: Iterable[Resolution]) -> bool | str | None:
    """Find how the question of a class came out.

    Returns
    -------
    bool, str or None
        What it was settled as without an answer, such as ``annulled``; None if it is not settled.

    Examples
    --------
    >>> from forecasting.classroom.room import room
    >>> from forecasting.file.case import load
    >>> bridge = room(load("priors/first_case.yaml"))
    >>> outcome(
    ...     bridge, [Resolution(question="village-bridge/bridge_closed@2026-03-20", outcome="no")]
    ... )
    False
    """
    own, whole = (f"{room.case}/{one}@{room.by}" for one in (room.event, event_of(room.event)))
    found = None
    for one in resolutions:
        if one.question not in (own, whole):
            continue
        if one.outcome in UNANSWERED:
            found = one.outcome
        elif one.outcome in ("yes", "no"):
            found = one.outcome == "yes"
        elif room.holds:  # it came out as a state; an amount tells nothing of a cut here
            found = one.outcome in room.holds
    return found


def notebook(
    found: Gathered, refused: Sequence[Problem] = (), came: bool | str | None = None
) -> NotebookNode:
    """Make the page, for :func:`forecasting.report.publish.write` to write.

    Parameters
    ----------
    found : Gathered
    refused : sequence of Problem
        What was handed in and does not count.
    came : bool, str or None
        As :func:`outcome` gives it.

    Raises
    ------
    InputError
        If nothing was handed in that counts; it names what was refused.
    """
    from forecasting.report import exporter

    if not found.handed:
        raise InputError([*refused] or Problem("nothing was handed in here"))
    told = tuple((Stated(sentence(one)),) for one in refused)
    parts = {
        "opening": ("", _opening(found, refused)),
        "dots": ("Who differs on what", _dots(found)),
        "scores": ("Scores", _scores(found, came)),
        "refused": ("Not counted", [Listing(told)] if told else []),
    }
    made = {name: (title, [*filter(None, items)]) for name, (title, items) in parts.items()}
    shown = [(name, title, Section(tuple(items))) for name, (title, items) in made.items() if items]
    return exporter.assembled(f"The class: {found.room.title}", found.room.days, shown)


# --- the parts ------------------------------------------------------------------------------------


def _opening(found: Gathered, refused: Sequence[Problem]) -> Iterator[Item]:
    room = found.room
    yield from asked(room)
    many = counted(len(found.handed), "student")
    less = f"; {counted(len(refused), 'hand-in')} not counted (below)" if refused else ""
    yield Paragraph((f"{many} handed in{less}. Whoever gave no name stands by a mark.",))
    before, after = (found.said(what) for what in (FIRST, SECOND))
    yield Paragraph((f"Before: {_where(before)}.",))
    if after:
        yield Paragraph((f"After: {_where(after)}. {_moved(before, after)}",))
    yield Paragraph((
        f"The case: {percent(room.prior)} before its evidence, ",
        Strong(f"{percent(room.posterior)} with it"), ".",
    ))  # fmt: skip


def _where(held: Mapping[str, float]) -> str:
    low, lower, median, upper, high = np.quantile([*held.values()], [0, 0.25, 0.5, 0.75, 1])
    half = f"half of you from {between(lower, upper)}" if len(held) > 3 else ""
    ends = f"all from {between(low, high)}"
    return ", ".join(filter(None, [f"median {percent(median)}", half, ends]))


def _moved(before: Mapping[str, float], after: Mapping[str, float]) -> str:
    both = [(before[who], p) for who, p in after.items() if who in before]
    ways = Counter(np.sign(round(p - q, 9)) for q, p in both)
    told = f"{ways[1.0]} went up, {ways[-1.0]} went down, {ways[0.0]} stayed"
    was, now = (np.subtract(*np.quantile(one, [0.75, 0.25])) for one in zip(*both, strict=True))
    width = "closer together" if now < was else "further apart"
    return f"{told}; you are {width}." if now != was else f"{told}."


def _dots(found: Gathered) -> Iterator[Item | None]:
    guesses, weighed = {FIRST, BASE, SECOND}, {*found.room.items}
    for some, title in ((guesses, "Before and after"), (weighed, "Each card alone")):
        rows, pools = [], []
        for what, (name, case) in found.asked.items():
            held = found.said(what) if what in some else {}
            if len(held) < 2:
                continue
            held = {AS_IT_STANDS: case, **held}
            rows += [AnalystRow(what, name, who, math.nan, p, "") for who, p in held.items()]
            pools += _pools(what, name, held) if what in (FIRST, SECOND) else []
        if rows:
            about = {"pools": pools, "title": title, "who": "student"}
            yield reasons.drawn(figures.analysts, rows, **about)
    yield _asked(found)
    yield _drivers(found)


def _pools(what: str, name: str, held: Mapping[str, float]) -> list[PoolRow]:
    own = [p for who, p in held.items() if who != AS_IT_STANDS]
    return [PoolRow(what, name, method, "", pool(own, method)) for method in POOLS]


def _asked(found: Gathered) -> Item | None:
    """Tabulate what was asked: where the room stands, its pools, and the case."""
    records = []
    for what, (name, case) in found.asked.items():
        if held := found.said(what):
            row = asdict(spread(what, name, case, held))
            row |= {"half": (row["lower"], row["upper"]), "all": (row["lowest"], row["highest"])}
            row |= {one.pool: one.probability for one in _pools(what, name, held)}
            records.append(row)
    shown = (
        stated("title", "Asked"),
        figure("median", "Median", percent),
        figure("half", "Middle half", lambda ends: between(*ends)),
        figure("all", "From – to", lambda ends: between(*ends)),
        *(figure(method, f"{method} pool", percent) for method in POOLS),
        figure("stands", "The case", percent),
        stated("furthest", "Furthest out"),
    )
    note = (
        "Linear pool: the mean. Log-odds pool: the geometric mean of the odds. Extremized: that, "
        "moved away from an even chance. A card: what it alone makes of the base rate of the case. "
        "Furthest out: from the median."
    )
    return table("asked", "What was asked, and what you said", shown, records, "event", note)


def _drivers(found: Gathered) -> Item | None:
    letters = dict(zip(LETTERS, found.room.items, strict=False)) | {BASE: BASE}
    named = Counter(letters.get(i) for one in found.handed.values() for i in {*one.drivers})
    rows = [{"item": item, "title": found.asked[item][0], "many": many}
            for item, many in named.most_common() if item in found.asked]  # fmt: skip
    shown = (stated("title", "Named as weighing most"), figure("many", "by so many"))
    return table("drivers", "What weighs most for you", shown, rows, "item")


def _scores(found: Gathered, came: bool | str | None) -> Iterator[Item | None]:
    if came is None:
        return
    if isinstance(came, str):
        yield Paragraph((f"It was settled as {came}: nobody has a score.",))
        return
    room, said = found.room, [found.said(what) for what in (FIRST, SECOND)]
    last = said[0] | said[1]
    own = sorted(last, key=lambda who: (float(brier(last[who], came)), who))
    fixed = {"the case": room.posterior, "the base rate alone": room.prior, "one half": 0.5}
    pooled = {how: [pool([*one.values()], how) for one in said if one] for how in POOLS}
    rows = [(f"you all, {how} pool", *ps) for how, ps in pooled.items()]
    rows += [(who, p, p) for who, p in fixed.items()]
    rows += [(who, *(one[who] for one in said if who in one)) for who in own]
    records = [
        {"row": str(i), "who": who, "before": _brier(before, came)}
        | {"after": "".join(_brier(p, came) for p in after)}
        | {"so": _side(last[who], came) if who in last else ""}
        for i, (who, before, *after) in enumerate(rows)
    ]
    shown = (
        stated("who", "Who"), figure("before", "first"), figure("after", "second"),
        Column("so", "So it was"),
    )  # fmt: skip
    yield Paragraph((Strong(f"It came out {'yes' if came else 'no'}."), f" {verdict(last, came)}"))
    yield Paragraph((ONE_QUESTION,), "note")
    note = "0 is perfect, 0.25 is what one half earns, 1 is the worst."
    yield table("brier", "Brier scores", shown, records, "row", note)


def verdict(said: Mapping[str, float], came: bool) -> str:
    """Say whether a room was surer than right, on one question.

    What it expected to lose, if what it said was right, is held against what it lost.

    Examples
    --------
    >>> verdict({"Ann": 0.9, "Bob": 0.8}, False)
    'You were surer than right: you had reason to expect a Brier score of 0.125, and earned 0.725. 2
    of 2 stood on the wrong side of one half.'
    """
    p = np.array([*said.values()])
    expected, earned = float(np.mean(p * (1 - p))), float(np.mean(brier(p, came)))
    wrong = int(np.sum((p > 0.5) != came))
    so = "surer than right" if earned > expected else "more right than sure"
    return (
        f"You were {so}: you had reason to expect a Brier score of {expected:.3f}, and earned "
        f"{earned:.3f}. {wrong} of {len(p)} stood on the wrong side of one half."
    )


def _brier(p: float, came: bool) -> str:
    return f"{float(brier(p, came)):.3f}"


def _side(p: float, came: bool) -> str:
    if p == 0.5:
        return "undecided"
    return "on the right side" if (p > 0.5) == came else "surer than right"


def sentence(one: Problem) -> str:
    """Say in one sentence what was refused, and why.

    Examples
    --------
    >>> sentence(Problem("is for another case", "lines.txt", 3, found="rain"))
    'lines.txt, line 3: is for another case (rain).'
    """
    at = f"{one.file}, line {one.line}" if one.line else one.file
    return f"{echo(at)}: {one.problem}{f' ({one.found})' if one.found else ''}."
