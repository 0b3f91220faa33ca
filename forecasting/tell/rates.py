"""Counts of past cases go in; the blocks that ``forecasting rates`` prints come out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from forecasting.answer import reference_classes
from forecasting.answer.reference_classes import Counted, Group, Holdout, Wait
from forecasting.file.models import ALL
from forecasting.lexicon import counted, percent
from forecasting.tell.table import Column, Table, columns
from forecasting.tell.terminal import Block, Line

HOW_TO_ASK = "forecasting rates NAME counts one of them by groups, with --by COLUMN."


def listed(found: Sequence[Counted]) -> Iterator[Block]:
    """Tell what is counted at hand, a line for each question."""
    rows = [
        {name: getattr(one, name) for name in ("question", "last", "name")}
        | {"counted": count(*one.sums), "share": percent(one.sums[0] / one.sums[1])}
        for one in found
    ]
    shown = (
        Column("question", "Question", narrowest=40),
        Column("counted", "came true", number=True, whole=True),
        Column("share", "share", number=True, whole=True),
        Column("last", "known to", whole=True),
        Column("name", "name", whole=True),
    )
    yield (Table(shown, rows),)
    yield (Line(HOW_TO_ASK, "dim"),)


def count(seen: int, of: int) -> str:
    """Write a count.

    Examples
    --------
    >>> count(466, 2431)
    '466 of 2,431'
    """
    return f"{seen:,} of {of:,}"


def told(
    found: Counted, classes: Sequence[Group], by: Sequence[str], where: Sequence[str]
) -> Iterator[Block]:
    """Tell the counts of a table: by group and decade, held out, whence, and what to paste."""
    side = found.table.sidecar
    only = f", only {' and '.join(where)}" if where else ""
    yield (
        Line(found.question, "bold"),
        f"{side.title}; {counted(found.sums[1], 'case')}, known to {found.last}{only}.",
    )
    note = "Share, with the 5 and 95% points that its number of cases leaves it."
    if found.times:
        left = len(found.times.rows) - len(found.table.rows)
        late = (
            f", and {counted(left, 'case')} not followed for so long "
            f"{'counts' if left == 1 else 'count'} too"
        )
        note += (
            " A case known to have come about between two days counts midway; for Kaplan-Meier, "
            f"evenly over them{late if left else ''}. Half by month: empty where fewer did."
        )
    yield (counts(classes, ", ".join(by) or "cases"), Line(note, "dim"))
    yield (counts(reference_classes.decades(found), "known in the"),)
    yield _held_out(reference_classes.holdout(found, by), by)
    yield (f"Source: {side.source}.", f"Cite: {side.citation}.", f"Terms: {side.licence}.")
    yield tuple(f"Beware: {one}" for one in filter(None, (side.note, *side.limits)))
    if others := [one for one in reference_classes.outcomes(found) if one != found.name]:
        yield (f"Of the same table: {', '.join(others)}.",)
    if not by:
        yield (f"It may be grouped by {', '.join(found.by) or 'no column'}.",)
    largest = max(classes[1:], key=lambda one: one.of).group if by else ALL
    words = "To paste into a case" + (" (or the name of another group above):" if by else ":")
    yield (words, *reference_classes.pasted(found, largest, by, where).splitlines())


def counts(classes: Sequence[Group], heading: str) -> Table:
    """Tabulate groups: how many came true of how many, and where the share may lie."""
    shown = (
        *columns(Group, group=heading),
        Column("count", "came true", number=True, whole=True),
        *columns(Group, share="share", low="from", high="to"),
    )
    if isinstance(classes[0], Wait):
        shown += (
            Column("kaplan_meier", "Kaplan-Meier", percent, number=True),
            Column("median", "half by month", number=True),
        )
    names = {column.name for column in shown} - {"count"}
    records = [
        {n: getattr(one, n) for n in names} | {"count": count(one.seen, one.of)} for one in classes
    ]
    return Table(shown, records)


def _share(one: Group) -> str:
    return f"{percent(one.share)} ({count(one.seen, one.of)})"


def _held_out(found: Holdout | None, by: Sequence[str]) -> Block:
    """Say what the share of the earlier cases was worth for the later ones."""
    if found is None:
        return ("Too few cases to learn on the earlier ones and score the later ones.",)
    earlier, later = found.earlier, found.later
    verdict = (
        f"It drifts: take the recent cases, with --where, such as known>={found.year}."
        if found.drifts
        else "No drift beyond chance."
    )
    lines = (
        f"Learned on cases known {earlier.group}: {_share(earlier)}. "
        f"Came {later.group} on: {_share(later)}. {verdict}",
        f"Brier score of the later cases: {found.brier:.4f}",
    )
    if not by:
        return lines
    helps = "the groups help" if found.skill > 0 else "the groups do not help"
    one = f"{found.brier_of_one:.4f} with one share for all: {helps} ({found.skill:+.1%})."
    return (*lines[:1], f"{lines[1]} with the groups, {one}")
