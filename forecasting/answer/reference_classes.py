"""Words of a question go in; tables at hand that count such cases, and their groups, come out.

A *class* is the rows of a table that are like the case in question. What is taken of it is a count,
``{seen: n, of: N, within: ...}``, with a reason and a reference by which a stranger can make it
again.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from forecasting.errors import InputError, nearest, refusal
from forecasting.file import tables
from forecasting.file.naming import plain_letters
from forecasting.file.tables import Table
from forecasting.fit.reference_class import ALL, counts

# A column makes groups if it has so many values at most, and not a new one in every row or two.
MOST_GROUPS = 12

# The interval of a share: its 5 and 95% points, as for every judgement.
ENDS = (0.05, 0.95)


@dataclass(frozen=True)
class Counted:
    """A column of a table that says how each case came out.

    Attributes
    ----------
    table : Table
        Its rows as known on the day of the forecast.
    outcome : str
        The column.
    """

    table: Table
    outcome: str

    @property
    def name(self) -> str:
        """The table and the column, joined by a point."""
        return f"{self.table.name}.{self.outcome}"

    @property
    def by(self) -> tuple[str, ...]:
        """Columns that make groups of the cases."""
        side, rows = self.table.sidecar, self.table.rows
        others = {self.outcome, side.dated, "of", *side.within}
        values = {one: {row[one] for row in rows} for one in self.table.columns}
        most = min(MOST_GROUPS, len(rows) // 2)
        return tuple(
            one
            for one in self.table.columns
            if one not in others and 1 < len(values[one]) <= most and not _outcome(self.table, one)
        )

    @property
    def cases(self) -> int:
        """Count the cases that are settled: a row may stand for several."""
        return sum(of for _, of in self.table.cases(self.outcome))

    @property
    def question(self) -> str:
        """What the column says of a case, in words."""
        told = self.table.sidecar.columns[self.outcome]
        return re.sub(r"^1 if ", "whether ", told)

    def told(self) -> dict:
        """Tell what the table counts, in plain values."""
        side = self.table.sidecar
        return {
            "table": self.name,
            "title": side.title,
            "question": self.question,
            "rows": self.cases,
            "last": self.table.observed_until.isoformat(),
            "source": side.source,
            "by": list(self.by),
        }


@dataclass(frozen=True)
class Group:
    """Cases of one group: ``seen`` of ``of`` came out yes.

    Attributes
    ----------
    low, high : float
        5 and 95% points of the share, with Jeffreys' prior.
    """

    group: str
    seen: int
    of: int
    low: float
    high: float


def search(words: str = "", *, beside: Path | None = None, as_of: date | None = None):
    """Find the counted outcomes of the tables at hand, those that have most of the words first.

    Parameters
    ----------
    words : str
        Each is looked for at the beginning of the words of a table; without any, all are given.
    beside : path, optional
        Folder of the case: its own ``data`` comes first.
    as_of : datetime.date, optional
        What was known later is left out.

    Returns
    -------
    tuple of Counted

    Examples
    --------
    >>> [one.name for one in search("deal lasted twelve")]
    ['ttp_deals.twelve_months', 'ttp_deals.six_months', 'ttp_years.truce']
    """
    wanted = set(re.findall(r"\w+", plain_letters(words)))
    found = []
    for one in _all(beside, as_of):
        side = one.table.sidecar
        text = f"{one.table.name} {one.outcome} {side.title} {side.columns[one.outcome]}"
        told = " ".join(re.findall(r"[^\W_]+", plain_letters(text)))
        hits = sum(re.search(rf"\b{re.escape(word)}", told) is not None for word in wanted)
        if hits or not wanted:
            found.append((-hits, one))
    return tuple(one for _, one in sorted(found, key=lambda pair: pair[0]))


def groups(
    name: str, by: Sequence[str] = (), *, beside: Path | None = None, as_of: date | None = None
) -> tuple[Counted, tuple[Group, ...]]:
    r"""Count the cases of each group, and of all of them.

    The interval is that of a Beta distribution,

    .. math:: p \sim \mathrm{Beta}(n + \tfrac12, N - n + \tfrac12)

    Parameters
    ----------
    name : str
        Table and column, as :func:`search` gives them.
    by : sequence of str
        Columns that make groups.

    Raises
    ------
    InputError
        If there is no such table or column.

    References
    ----------
    Brown, Cai & DasGupta (2001), Statistical Science 16(2), section 3

    Examples
    --------
    >>> _, (every, *kinds) = groups("ttp_deals.six_months", ["kind"])
    >>> every.seen, every.of, [(one.group, one.seen, one.of) for one in kinds]
    (1, 6, [('Swat', 0, 2), ('national talks', 0, 1), ('tribal areas', 1, 3)])
    """
    from scipy.stats import beta

    known = {one.name: one for one in _all(beside, as_of)}
    if name not in known:
        raise refusal("there is no table of this name", "", None, "table", name, None,
                      nearest(name, known))  # fmt: skip
    counted = known[name]
    if unknown := [one for one in by if one not in counted.by]:
        accepted = ", ".join(counted.by) or "no column"
        raise refusal("not a column that makes groups", "", None, "by", unknown[0], accepted)
    found = [*zip(*counts(counted.table, {"outcome": counted.outcome}), strict=True)]
    if by:
        settings = {"outcome": counted.outcome, "by": list(by)}
        found += zip(*counts(counted.table, settings), strict=True)
    result = []
    for group, seen, of in found:
        low, high = beta.ppf(ENDS, seen + 0.5, of - seen + 0.5).tolist()
        result.append(Group(group, int(seen), int(of), low, high))
    return counted, tuple(result)


def taken(counted: Counted, group: Group, by: Sequence[str] = ()) -> dict:
    """Write a group as a case file states it: the count, the reason, and where it comes from.

    Returns
    -------
    dict
        ``base_rate``; ``why``, a sentence that says how to count again; ``reference``, its ``name``
        and its ``entry`` under references.

    Examples
    --------
    >>> counted, (every, *_) = groups("ttp_deals.six_months")
    >>> one = taken(counted, every)
    >>> one["base_rate"], one["reference"]["name"]
    ({'seen': 1, 'of': 6, 'within': '6 months'}, 'ttp-deals')
    """
    table, side = counted.table, counted.table.sidecar
    rate: dict = {"seen": group.seen, "of": group.of}
    if months := side.within.get(counted.outcome):
        rate["within"] = f"{months:.15g} months"
    which = "all cases" if group.group == ALL and not by else f"{', '.join(by)}: {group.group}"
    why = (
        f"{group.seen} of {group.of} in the table {table.name}, column {counted.outcome} "
        f"({counted.question}), {which}, rows known by {table.observed_until}."
    )
    entry = {"title": side.title, "publisher": side.source}
    entry |= {"url": side.url} if side.url else {}
    entry |= {"note": f"Table {table.name}, up to {table.observed_until}. {side.citation}"}
    return {
        "base_rate": rate,
        "why": why,
        "reference": {"name": table.name.replace("_", "-"), "entry": entry},
    }


def _all(beside: Path | None, as_of: date | None) -> Iterator[Counted]:
    """Go through the counted outcomes of all tables that can be read."""
    for name in tables.names(beside):
        try:
            table = tables.load(name, beside).until(as_of)
        except InputError:
            continue  # a table that is being written is no reason to show none
        for column in table.sidecar.within or table.columns:
            if column in table.columns and table.rows and _outcome(table, column):
                yield Counted(table.settled(column), column)


def _outcome(table: Table, column: str) -> bool:
    """Tell whether a column says how many of the cases of each row came out yes."""
    if column in ("of", table.sidecar.dated):
        return False
    if table.sidecar.within:
        return column in table.sidecar.within
    try:
        return bool(table.settled(column).cases(column))
    except InputError:
        return False
