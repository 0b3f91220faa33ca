"""Words of a question go in; tables at hand that count such cases, and their groups, come out.

A *class* is the rows of a table that are like the case in question. What is taken of it is a count,
``{seen: n, of: N, within: ...}``, with a reason and a reference by which a stranger can make it
again; or the model that pools its groups. How far a share moves is shown beside it: by decade, and
learned on the earlier cases against what came of the later ones.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import cached_property
from itertools import repeat
from pathlib import Path

import numpy as np

from forecasting.answer.rows import objects
from forecasting.errors import InputError, nearest, refusal
from forecasting.file import models, tables
from forecasting.file.models import ALL, counts
from forecasting.file.naming import plain_letters
from forecasting.file.tables import Table
from forecasting.judgement import months_later
from forecasting.lexicon import Chance

# Words of a question that say nothing of what it is about; those of two letters neither.
EMPTY_WORDS = {"and", "are", "for", "how", "often", "that", "the", "there", "this", "what", "will"}

# A column makes groups if it has so many values at most, and not a new one in every row or two.
MOST_GROUPS = 12

# The interval of a share: its 5 and 95% points, as for every judgement.
ENDS = (0.05, 0.95)

# A group's share is drawn towards that of all by so many cases: the median that the model of a
# reference class starts from.
DRAWN_BY = 8

# Months for which a median is looked for.
LONGEST = 1200

# Of the cases, so many come before a holdout; and it tells nothing with fewer on one side.
EARLIER, FEWEST = 2 / 3, 20


@dataclass(frozen=True)
class Counted:
    """A column of a table that says how each case came out.

    Attributes
    ----------
    table : Table
        Its rows as known on the day of the forecast.
    outcome : str
        The column.
    times : Table, optional
        Of a table of times its rows as they are: ``table`` holds those that were followed for as
        long as the column asks.
    """

    table: Table
    outcome: str
    times: Table | None = None

    @property
    def name(self) -> str:
        """The table and the column, joined by a point."""
        return f"{self.table.name}.{self.outcome}"

    @property
    def by(self) -> tuple[str, ...]:
        """Columns that make groups of the cases."""
        side, rows = self.table.sidecar, self.table.rows
        if side.groups:
            return side.groups
        others = {self.outcome, side.dated, "of", *side.outcomes}
        values = {one: {row[one] for row in rows} for one in self.table.columns}
        most = min(MOST_GROUPS, len(rows) // 2)
        return tuple(
            one
            for one in self.table.columns
            if one not in others and 1 < len(values[one]) <= most and not _outcome(self.table, one)
        )

    @cached_property
    def sums(self) -> tuple[int, int]:
        """How many settled cases came out yes, and of how many: a row may stand for several."""
        return counts(self.table, self.outcome).get(ALL, (0, 0))

    @property
    def last(self) -> str:
        """The last day it speaks of."""
        return self.table.observed_until.isoformat()

    @property
    def question(self) -> str:
        """What the column says of a case, in words."""
        side = self.table.sidecar
        if asked := side.question.get(self.outcome):
            return asked
        told = side.columns[self.outcome]
        return re.sub(r"^1 if ", "whether ", told)

    def told(self) -> dict:
        """Tell what the table counts, in plain values."""
        side = self.table.sidecar
        return {
            "table": self.name,
            "title": side.title,
            "question": self.question,
            "cases": self.sums[1],
            "last": self.last,
            "source": side.source,
            "by": list(self.by),
        }


@dataclass(frozen=True)
class Group:
    """Cases of one group: ``seen`` of ``of`` came out yes.

    Attributes
    ----------
    group : str
        What its cases have in common; the last group is all.
    seen, of : int
        Cases that came out yes, and cases that are settled.
    low, high : float
        5 and 95% points of the share, with Jeffreys' prior.
    """

    group: str
    seen: int
    of: int
    low: Chance
    high: Chance
    derived = ("share",)

    @property
    def share(self) -> Chance:
        """The part of the cases that came out yes."""
        return self.seen / self.of if self.of else math.nan

    def overlaps(self, other: Group) -> bool:
        """Tell whether the intervals of two shares have a point in common."""
        return self.low <= other.high and other.low <= self.high


@dataclass(frozen=True)
class Wait(Group):
    """Cases of one group of a table of times.

    Attributes
    ----------
    kaplan_meier : float
        Share that came about by then, with the cases that were not followed for so long.
    median : float or None
        Months by which half of them came about; None if fewer did while they were followed.
    """

    kaplan_meier: Chance = math.nan
    median: float | None = None


@dataclass(frozen=True)
class Holdout:
    """Shares learned on the earlier cases, and scored on the later ones.

    Attributes
    ----------
    earlier, later : Group
        All cases known before the first of January of a year, and from then on.
    year : int
    brier : float
        Mean squared error of the later cases under the shares of the groups, lower is better.
    brier_of_one : float
        The same under the one share of all earlier cases.
    """

    earlier: Group
    later: Group
    year: int
    brier: float
    brier_of_one: float

    @property
    def drifts(self) -> bool:
        """Whether the two shares differ by more than chance: their intervals lie apart."""
        return not self.earlier.overlaps(self.later)

    @property
    def skill(self) -> float:
        """How much the groups take off the error of one share for all; below 0 they add to it."""
        return 1 - self.brier / self.brier_of_one if self.brier_of_one else 0.0


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
    >>> [one.name for one in search("deal lasted twelve")][:2]
    ['ttp_deals.twelve_months', 'ttp_deals.six_months']
    """
    wanted = {one for one in re.findall(r"\w+", plain_letters(words)) if len(one) > 2} - EMPTY_WORDS
    found = []
    for one in _all(beside, as_of):
        side = one.table.sidecar
        text = f"{one.table.name} {one.outcome} {side.title} {side.columns[one.outcome]}"
        text = " ".join((text, one.question, *side.topics))
        told = " ".join(re.findall(r"[^\W_]+", plain_letters(text)))
        hits = sum(re.search(rf"\b{re.escape(word)}", told) is not None for word in wanted)
        if hits or not words.strip():
            found.append((-hits, one))
    return tuple(one for _, one in sorted(found, key=lambda pair: pair[0]))


def counted(
    name: str,
    by: Sequence[str] = (),
    where: Sequence[str] = (),
    *,
    beside: Path | None = None,
    as_of: date | None = None,
) -> Counted:
    """Find the cases of a table that meet all conditions.

    Parameters
    ----------
    name : str
        Table and column, as :func:`search` gives them; of a table alone its first outcome.
    by : sequence of str
        Columns that are to make groups; refused here if they cannot.
    where : sequence of str
        Conditions on rows, such as ``year>=1990``.
    beside : path, optional
        Folder of the case: its own ``data`` comes first.
    as_of : datetime.date, optional
        What was known later is left out.

    Raises
    ------
    InputError
        If there is no such table or column, or no row that meets the conditions.

    Examples
    --------
    >>> counted("ttp_deals", where=["kind=Swat"]).sums
    (0, 2)
    """
    own = is_name(name, beside) and _outcomes(tables.load(name.partition(".")[0], beside), as_of)
    found = next((one for one in own or () if name in (one.name, one.table.name)), None)
    if found is None:
        known = {one.name for one in own or _all(beside, as_of)}
        raise refusal("there is no table of this name", "", None, "table", name, None,
                      nearest(name, known))  # fmt: skip
    if unknown := [one for one in by if one not in found.by]:
        accepted = ", ".join(found.by) or "no column"
        raise refusal("not a column that makes groups", "", None, "by", unknown[0], accepted)
    kept = replace(
        found, table=found.table.where(where), times=found.times and found.times.where(where)
    )
    if not kept.table.rows:
        raise refusal("no row is so", "", None, "where", ", ".join(where), _present(found, where))
    return kept


def is_name(text: str, beside: Path | None = None) -> bool:
    """Tell whether a text names a table at hand, or one of its columns."""
    return text.partition(".")[0] in tables.names(beside)


def as_json(
    found: Counted, classes: Sequence[Group], by: Sequence[str] = (), where: Sequence[str] = ()
) -> dict:
    """Tell the counts of a table in plain values, with decades and holdout."""
    held = holdout(found, by)
    told = found.told() | {"groups": objects(classes), "decades": objects(decades(found))}
    told["holdout"] = held and {
        "earlier": objects([held.earlier])[0],
        "later": objects([held.later])[0],
        "drifts": held.drifts,
        "brier": held.brier,
        "skill": held.skill,
    }
    return told | {"paste": pasted(found, classes[-1].group, by, where)}


def outcomes(found: Counted) -> tuple[str, ...]:
    """Name all outcomes of the same table."""
    table = found.table
    return tuple(f"{table.name}.{one}" for one in table.sidecar.outcomes or (found.outcome,))


def _present(found: Counted, where: Sequence[str]) -> str:
    """List the values of the columns that conditions name, or how far they go."""
    told = []
    for column in found.table.columns:
        if any(re.match(rf"\s*{re.escape(column)}\s*[<>=!]", one) for one in where):
            values = sorted({row[column] for row in found.table.rows})
            few = len(values) <= MOST_GROUPS
            told.append(f"{column}: {', '.join(values) if few else f'{values[0]} to {values[-1]}'}")
    return "; ".join(told)


def groups(
    name: str,
    by: Sequence[str] = (),
    where: Sequence[str] = (),
    *,
    beside: Path | None = None,
    as_of: date | None = None,
) -> tuple[Counted, tuple[Group, ...]]:
    """Count the cases of each group, and of all of them; see :func:`counted` for what goes in.

    Examples
    --------
    >>> _, (every, *kinds) = groups("ttp_deals.six_months", ["kind"])
    >>> every.seen, every.of, [(one.group, one.seen, one.of) for one in kinds]
    (1, 6, [('Swat', 0, 2), ('national talks', 0, 1), ('tribal areas', 1, 3)])
    """
    found = counted(name, by, where, beside=beside, as_of=as_of)
    sums = counts(found.table, found.outcome)
    own = counts(found.table, found.outcome, by) if by else {}
    classes = tuple(group(one, *n) for sum_ in (sums, own) for one, n in sum_.items())
    return found, _waits(found, classes, by) if found.times else classes


def _waits(found: Counted, classes: Sequence[Group], by: Sequence[str]) -> tuple[Wait, ...]:
    """Add what Kaplan and Meier count of each group, and by when half of it came about."""
    from forecasting.fit.time_to_event import kaplan_meier, times

    after, before = times(found.times)
    own = np.array(models.groups(found.times.rows, by))
    months = round(found.table.sidecar.within[found.outcome])
    waits = []
    for one in classes:
        among = np.full(own.size, True) if one is classes[0] else own == one.group
        shares = kaplan_meier(after[among], before[among], months=LONGEST)[:, 0]
        half = np.flatnonzero(shares >= 0.5)
        share = float(shares[months - 1]) if months <= shares.size else math.nan
        waits.append(
            Wait(**vars(one), kaplan_meier=share, median=int(half[0]) + 1 if half.size else None)
        )
    return tuple(waits)


def _followed(table: Table) -> Counted:
    """Count in a table of times what came about within the months that its sidecar names, or 12."""
    from forecasting.fit.time_to_event import times

    side, column = table.sidecar, "event_to"
    months = side.within.get(column, models.YEAR)
    outcome = f"within_{months:g}_months"
    asked = side.question.get(column, f"{side.title}: will it come about?")
    part = timedelta(days=months % 1 * models.DAYS_A_MONTH)
    rows, lines = [], []
    spans = zip(table.rows, table.lines or repeat(0), table.spans(), *times(table), strict=False)
    for row, line, (start, *_), after, before in spans:
        # One that began too late to be followed for so long counts not at all, not even where it
        # came about: its likes that did not would be missing.
        if months_later(start, int(months)) + part <= table.observed_until:
            # A case seen between two days counts by the day midway.
            came = math.isfinite(before) and (after + before) / 2 <= months
            rows.append({**row, outcome: str(int(came))})
            lines.append(line)
    side = replace(
        side,
        columns={**side.columns, outcome: "1 if it came about by then"},
        question={outcome: f"{asked.rstrip('?')} within {months:g} months?"},
        within={outcome: months},
    )
    counted = replace(table, rows=tuple(rows), lines=tuple(lines), sidecar=side)
    return Counted(counted, outcome, table)


def group(label: str, seen: int, of: int) -> Group:
    r"""Give a count its interval: that of a Beta distribution, with Jeffreys' prior.

    .. math:: p \sim \mathrm{Beta}(n + \tfrac12, N - n + \tfrac12)

    References
    ----------
    Brown, Cai & DasGupta (2001), Statistical Science 16(2), section 3

    Examples
    --------
    >>> one = group("all", 19, 22)
    >>> round(one.low, 4), round(one.high, 4)
    (0.7118, 0.949)
    """
    low, high = (_beta_point(end, seen + 0.5, of - seen + 0.5) for end in ENDS)
    return Group(label, seen, of, low, high)


def decades(found: Counted) -> tuple[Group, ...]:
    """Count the cases of each decade, by the year in which a row was known.

    Examples
    --------
    >>> [(one.group, one.seen, one.of) for one in decades(counted("ttp_deals"))]
    [('2000s', 1, 4), ('2010s', 0, 2)]
    """
    year, yes, of, _ = _dated(found)
    tens, which = np.unique(year // 10, return_inverse=True)
    sums = (np.bincount(which, some).astype(int).tolist() for some in (yes, of))
    return tuple(group(f"{ten}0s", *n) for ten, *n in zip(tens, *sums, strict=True))


def holdout(found: Counted, by: Sequence[str] = ()) -> Holdout | None:
    r"""Learn the share of each group on the earlier cases, and score it on the later ones.

    The later cases are those known from a year on, such that two thirds or more were known before.
    With :math:`n_g` of :math:`N_g` earlier cases of a group, and the share :math:`p` of all,

    .. math:: p_g = \frac{n_g + 8 p}{N_g + 8}

    Parameters
    ----------
    found : Counted
    by : sequence of str

    Returns
    -------
    Holdout, or None
        None if fewer than 20 cases lie on one side.

    Examples
    --------
    >>> found = holdout(counted("rebel_conflict_years.active_again"))
    >>> found.year, found.earlier.of, found.later.of, found.drifts
    (2011, 222, 108, False)
    """
    year, yes, of, label = _dated(found, by)
    years, which = np.unique(year, return_inverse=True)
    known = np.bincount(which, of)
    before = known.cumsum() - known  # cases known before each year
    if not (enough := before >= EARLIER * of.sum()).any():
        return None
    split = int(years[enough][0])
    first, after = year < split, year >= split
    if min(of[first].sum(), of[after].sum()) < FEWEST:
        return None
    earlier, later = (
        group(name, int(yes[side].sum()), int(of[side].sum()))
        for name, side in ((f"to {split - 1}", first), (f"from {split}", after))
    )
    names, which = np.unique(label, return_inverse=True)
    own, size = (np.bincount(which[first], some[first], len(names)) for some in (yes, of))

    def brier(share: np.ndarray) -> float:
        errors = yes * (1 - share) ** 2 + (of - yes) * share**2
        return math.fsum(errors[after]) / later.of

    one = brier(np.full(year.size, earlier.share))
    shares = (own + DRAWN_BY * earlier.share) / (size + DRAWN_BY)
    return Holdout(earlier, later, split, brier(shares[which]) if by else one, one)


def _dated(found: Counted, by: Sequence[str] = ()) -> tuple[np.ndarray, ...]:
    """Give for each row the year it was known, the cases that came out yes, all, and its group."""
    table = found.table
    years = np.array([table.known(row).year for row in table.rows])
    return years, *np.array(table.cases(found.outcome)).T, np.array(models.groups(table.rows, by))


def pasted(
    found: Counted, group: str = ALL, by: Sequence[str] = (), where: Sequence[str] = ()
) -> str:
    """Write the lines of a case that ask the model of a reference class for a group.

    Examples
    --------
    >>> print(pasted(counted("rebel_victories.war"), "yes", ["others"], ["year>=1970"]))
    base_rate:
      model: reference_class
      data: rebel_victories
      outcome: war
      by: others
      group: yes
      where: year>=1970
      within: 12 months
    """
    model = "time_to_event" if found.times else "reference_class"
    lines = ["base_rate:", f"  model: {model}", f"  data: {found.table.name}"]
    # Of a time: when it began to run, to be put right.
    asked = f"since: {found.last}" if found.times else f"outcome: {_quoted(found.outcome)}"
    lines.append(f"  {asked}")
    if by:
        lines += [f"  by: {_listed(by)}", f"  group: {_quoted(group)}"]
    if where:
        lines.append(f"  where: {_listed(where)}")
    months = found.table.sidecar.within.get(found.outcome)
    if months and not found.times:
        lines.append(f"  within: {months:.15g} months")
    return "\n".join(lines)


def _listed(items: Sequence[str]) -> str:
    written = [_quoted(one) for one in items]
    return written[0] if len(written) == 1 else f"[{', '.join(written)}]"


def _quoted(text: str) -> str:
    """Quote what a case file would read as something else than this text."""
    return text if re.fullmatch(r"[A-Za-z][\w<>=. -]*", text) else f'"{text}"'


def _beta_point(below: float, a: float, b: float) -> float:
    """Find the point of a Beta distribution with so much below it, by Newton's steps."""
    # SciPy has it; to import it takes longer than to read all tables.
    low, high, x = 0.0, 1.0, a / (a + b)
    log_scale = math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b)
    for _ in range(200):
        part = _beta_part(x, a, b)
        low, high = (x, high) if part < below else (low, x)
        slope = math.exp(log_scale + (a - 1) * math.log(x) + (b - 1) * math.log1p(-x))
        step = x - (part - below) / slope if slope else -1.0
        after = step if low < step < high else (low + high) / 2
        if abs(after - x) <= 1e-15 * x:
            break
        x = after
    return x


def _beta_part(x: float, a: float, b: float) -> float:
    """Find how much of a Beta distribution lies below a point, by a continued fraction."""
    # NIST Digital Library of Mathematical Functions, 8.17.22
    if x > (a + 1) / (a + b + 2):
        return 1 - _beta_part(1 - x, b, a)
    log_front = math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b)
    log_front += a * math.log(x) + b * math.log1p(-x) - math.log(a)
    c, d = 1.0, 1 / (1 - (a + b) * x / (a + 1))
    value = d
    for m in range(1, 100_000):  # it takes some sqrt(max(a, b)) of them
        for step in (
            m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m)),
            -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1)),
        ):
            d, c = 1 / (1 + step * d), 1 + step / c
            value *= c * d
        if abs(c * d - 1) < 1e-15:
            break
    return math.exp(log_front) * value


def taken(found: Counted, group: Group, by: Sequence[str] = ()) -> dict:
    """Write a group as a case file states it: the count, the reason, and where it comes from.

    Returns
    -------
    dict
        ``base_rate``; ``why``, a sentence that says how to count again; ``reference``, its ``name``
        and its ``entry`` under references.

    Examples
    --------
    >>> found, (every, *_) = groups("ttp_deals.six_months")
    >>> one = taken(found, every)
    >>> one["base_rate"], one["reference"]["name"]
    ({'seen': 1, 'of': 6, 'within': '6 months'}, 'ttp-deals')
    """
    table, side = found.table, found.table.sidecar
    rate: dict = {"seen": group.seen, "of": group.of}
    if months := side.within.get(found.outcome):
        rate["within"] = f"{months:.15g} months"
    which = "all cases" if group.group == ALL and not by else f"{', '.join(by)}: {group.group}"
    why = (
        f"{group.seen} of {group.of} in the table {table.name}, column {found.outcome} "
        f"({found.question}), {which}, rows known by {table.observed_until}."
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
            table = tables.load(name, beside)
        except InputError:
            continue  # a table that is being written is no reason to show none
        yield from _outcomes(table, as_of)


def _outcomes(table: Table, as_of: date | None) -> list[Counted]:
    """List the counted outcomes of a table, as known on a day."""
    table = table.until(as_of)
    if "event_to" in table.columns:
        return [_followed(table)] if table.rows else []
    columns = table.sidecar.outcomes or table.columns
    columns = [one for one in columns if one in table.columns and _outcome(table, one)]
    return [Counted(table.settled(one), one) for one in columns if table.rows]


def _outcome(table: Table, column: str) -> bool:
    """Tell whether a column says how many of the cases of each row came out yes."""
    if column in ("of", table.sidecar.dated):
        return False
    if table.sidecar.outcomes:
        return column in table.sidecar.outcomes
    try:
        return bool(table.settled(column).cases(column))
    except InputError:
        return False
