"""Whole numbers of cases go in; sentences, a tree of lines, a table and a picture of them come out.

The page says and draws the same (``frequencies.js``).
"""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from itertools import product

from forecasting.answer.frequencies import POINT, SIZES, Frequencies, Split
from forecasting.errors import visible
from forecasting.lexicon import percent
from forecasting.tell.markup import Item, Markup, Paragraph, Picture
from forecasting.tell.table import Column, Stated, Table, figure
from forecasting.tell.terminal import Block, Line

# The picture, in its own units: a square of all cases below a line of what they divide into.
WIDE, HIGH, HEAD = 320, 200, 18
BLUE, GREY = "#0072B2", "#767676"

# Opacities of cases with all facts, with the first only, and with none.
SHADES = (0.9, 0.35, 0.08)

# A number inside a part of the picture needs so much room for each of its signs, and in height.
SIGN, LINE = 8, 16


def words(found: Frequencies, *, concludes: bool = True) -> list[str]:
    r"""Say from the trunk to the leaves how the cases divide, and what share is asked about.

    Where the cases end on no answer, as a part of a longer way does, nothing ``concludes``.

    Examples
    --------
    >>> import numpy as np
    >>> from forecasting.answer.frequencies import Split
    >>> splits = Split("rain", "Rain", ("yes", "no"), 0), Split("wet", "Wet", ("yes", "no"), 0)
    >>> counts = np.array([[180, 20], [80, 720]])
    >>> print(*words(Frequencies(1000, splits, counts, counts / 1000, 0.9 / 1.3)), sep="\n")
    Of 1,000 cases like this one, “Rain” is so in 200 and not in 800.
    “Wet” holds in 180 of the 200 and in 80 of the 800.
    That leaves 260 cases, and “Rain” is so in 180 of them: 69%.
    """
    outcome, *facts = found.splits
    sizes = [found.total(i) for i in range(len(outcome.parts))]
    told = [f"Of {found.cases:,} cases like this one, {_divided(outcome, sizes)}."]
    for n, fact in enumerate(facts):
        held = [found.total(i, *found.facts[: n + 1]) for i in range(len(sizes))]
        holds = "does not hold" if fact.seen else "holds"
        these = [f"in {few:,} of the {many:,}" for few, many in zip(held, sizes, strict=True)]
        told.append(f"“{fact.title}” {'also ' * n}{holds} {_listed(these)}.")
        sizes = held
    if facts and concludes:
        asked = f"“{outcome.title}” is {_part(outcome, outcome.seen)}"
        share = percent(found.counted) if sum(sizes) else "no share of none"
        many = f"{sum(sizes):,} case{'s' * (sum(sizes) != 1)}"
        told.append(f"That leaves {many}, and {asked} in {sizes[outcome.seen]:,} of them: {share}.")
    # What whole cases hide: how many there are, rounding, and how the facts are known.
    if found.cases > SIZES[0]:
        told.append(f"There are {found.cases:,} cases, as in 1,000 something so rare had none.")
    if concludes and found.is_moved:
        told.append(f"Whole cases round the answer by over a point: it is {percent(found.answer)}.")
    if len(found.splits) > 1 and abs(found.forecast - found.answer) > POINT:
        told.append(
            f"The forecast is {percent(found.forecast)}: it counts the facts as they are known, "
            "not as if they had been seen."
        )
    return told


def caption(found: Frequencies) -> str:
    """Say what the picture shows."""
    outcome, *facts = found.splits
    dark = ("", ", dark where the fact holds", ", darker with the first, darkest with both")
    asked = f"“{outcome.title}” is {_part(outcome, outcome.seen)}"
    return f"Areas are numbers of cases: blue where {asked}{dark[len(facts)]}."


def shown(found: Frequencies) -> tuple[Item, ...]:
    """Tell it on a page, in words and as a picture with its legend."""
    told = Paragraph((Stated(" ".join(words(found))),))
    return told, picture(found), Paragraph((Stated(caption(found)),), "note")


def blocks(found: Frequencies, *, concludes: bool = True) -> Iterator[Block]:
    """Tell it on a terminal: the tree, the table, and words, as :func:`words` takes them."""
    yield (Line(f"{found.cases:,} cases like this one", "bold"), *tree(found))
    yield (table(found),)
    yield tuple(words(found, concludes=concludes))


def tree(found: Frequencies) -> list[str]:
    """Draw the tree in lines; a branch that is asked about is marked."""
    lines = []

    def grow(path: tuple[int, ...], indent: str) -> None:
        split = found.splits[len(path)]
        for i in range(len(split.parts)):
            last = i == len(split.parts) - 1
            inner = (*path, i)
            known = all(j == one.seen for j, one in zip(inner[1:], found.splits[1:], strict=False))
            mark = "  ←" if known and len(inner) == len(found.splits) > 1 else ""
            branch = f"{found.total(*inner):,} {branch_name(split, i)}"
            lines.append(f"{indent}{'└─ ' if last else '├─ '}{branch}{mark}")
            if len(inner) < len(found.splits):
                grow(inner, indent + ("   " if last else "│  "))

    grow((), "")
    return lines


def branch_name(split: Split, part: int) -> str:
    """Name a branch: by its state, or by whether something holds, which the first one names."""
    return split.parts[part] if _named(split) or part else f"{split.parts[part]}: {split.title}"


def table(found: Frequencies) -> Table:
    """Tabulate the cases: a row for each combination of facts, a column for each part."""
    outcome, *facts = found.splits
    shown = [Column("what", "")]
    shown += [figure(str(i), branch_name(outcome, i), "{:,}".format)
              for i in range(len(outcome.parts))]  # fmt: skip
    shown.append(figure("all", "all", "{:,}".format))

    def row(what: str, *parts: int | None) -> dict:
        cells = {str(i): found.total(i, *parts) for i in range(len(outcome.parts))}
        return {"what": what, **cells, "all": found.total(None, *parts)}

    combined = product(*(range(len(one.parts)) for one in facts)) if facts else ()
    records = [
        row(
            "; ".join(f"{one.parts[i]}: {one.title}" for one, i in zip(facts, parts, strict=True)),
            *parts,
        )
        for parts in combined
    ]
    records.append(row("all cases"))
    caption = f"{found.cases:,} cases like this one"
    return Table(
        tuple(shown), tuple(records), f"cases-{outcome.name}", caption, apart=len(records) > 1
    )


def markup(found: Frequencies) -> Markup:
    """Give the tree for a page."""
    lines = "\n".join((f"{found.cases:,} cases like this one", *tree(found)))
    return Markup(f'<pre class="tree">{escape(visible(lines))}</pre>')


def picture(found: Frequencies) -> Picture:
    """Draw all cases as one square: sets lie in each other, and areas are numbers of cases.

    A column for each part of the outcome; from below those with all facts, with the first, and the
    rest. What is asked about is blue.
    """
    outcome, facts = found.splits[0], found.facts
    shades = (SHADES[1:2], SHADES[::2], SHADES)[len(facts)]
    left, drawn = 0.0, []
    for i, label in enumerate(outcome.parts):
        inside = [found.total(i, *facts[:n]) for n in range(len(facts), -1, -1)]
        wide, below = WIDE * inside[-1] / found.cases, 0
        color = BLUE if i == outcome.seen else GREY
        for shade, reached in zip(shades, inside, strict=True):
            count, below = reached - below, reached
            high = HIGH * count / max(inside[-1], 1)
            top = HEAD + HIGH * (1 - below / max(inside[-1], 1))
            drawn.append(
                f'<rect x="{left:.2f}" y="{top:.2f}" width="{max(wide - 1, 0.5):.2f}" '
                f'height="{max(high - 1, 0):.2f}" fill="{color}" fill-opacity="{shade}"/>'
            )
            if wide > SIGN * len(f"{count:,}") and high > LINE:
                at = (left + wide / 2, top + high / 2 + 4, "middle")
                drawn.append(_text(*at, f"{count:,}", shade == SHADES[0] and color == BLUE))
        last, named = i == len(outcome.parts) - 1, f"{inside[-1]:,} {label}"
        if i == 0 or last or wide > SIGN * len(named):
            at = (WIDE, 12, "end") if last else (left, 12, "start")
            drawn.append(_text(*at, named))
        left += wide
    alt = " ".join(words(found))
    svg = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDE} {HEAD + HIGH}" '
        f'width="{WIDE}" role="img" aria-label="{escape(visible(alt))}" font-family="sans-serif" '
        f'font-size="12" fill="currentColor" style="max-width:100%">{"".join(drawn)}</svg>'
    )
    return Picture(svg, alt)


def _text(x: float, y: float, anchor: str, words: str, white: bool = False) -> str:
    ink = ' fill="#fff"' if white else ""
    place = f'x="{x:.2f}" y="{y:.2f}" text-anchor="{anchor}"'
    return f"<text {place}{ink}>{escape(visible(words))}</text>"


def _named(split: Split) -> bool:
    return split.parts != ("yes", "no")


def _part(split: Split, part: int) -> str:
    return f"“{split.parts[part]}”" if _named(split) else ("so", "not so")[part]


def _divided(split: Split, sizes: list[int]) -> str:
    if not _named(split):
        return f"“{split.title}” is so in {sizes[0]:,} and not in {sizes[1]:,}"
    these = [f"{_part(split, i)} in {size:,}" for i, size in enumerate(sizes)]
    return f"“{split.title}” is {_listed(these)}"


def _listed(items: list[str]) -> str:
    return f"{', '.join(items[:-1])} and {items[-1]}" if len(items) > 1 else items[0]
