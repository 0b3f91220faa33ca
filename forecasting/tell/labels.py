"""Rows of an answer go in; what a figure calls them, and its words for them, come out."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from forecasting.file.case import Case
from forecasting.file.propositions import every, title_of
from forecasting.file.quantities import claim_of
from forecasting.lexicon import decibans, percent
from forecasting.tell.briefing import NO_PUSH
from forecasting.tell.sheet import decibans_of, plain

Names = Mapping[str, str] | None


def names_of(case: Case) -> dict[str, str]:
    """Give the titles of a case's events and the claims of its facts, for the names of figures.

    Examples
    --------
    >>> from forecasting.file.case import load
    >>> names_of(load("priors/first_case.yaml"))["cracks_in_the_pier"]
    'There are new cracks in the middle pier.'
    """
    titles = {name: title_of(case, name) for name in (*case.events, *every(case))}
    return titles | {name: claim_of(case, name) for name in case.evidence}


def records(table: Any) -> list:
    """Give the rows of a table: records as they are, those of a DataFrame by the same names."""
    if hasattr(table, "itertuples"):
        return list(table.itertuples(index=False, name="Row"))
    return list(table)


def of_one(rows: list, column: str, name: str | None) -> tuple[list, str]:
    """Take the rows of one outcome or event."""
    names = list(dict.fromkeys(getattr(row, column) for row in rows))
    if name is None and len(names) > 1:
        raise ValueError(f"the table has {len(names)} of them: choose one by {column}=, such as "
                         f"{names[0]!r}")  # fmt: skip
    if name is not None and names and name not in names:
        raise ValueError(f"the table has no {column} {name!r}, only {', '.join(names)}")
    name = name or (names[0] if names else "")
    return [row for row in rows if getattr(row, column) == name], name


def label(row, names: Names) -> tuple[str, str]:
    """Name a judgement: what it is; or the fact it is on, and below it what it is."""
    if row.sort in ("evidence", "report"):
        return words(row.of, names), row.title
    return row.title, ""


def judgement(row, names: Names) -> str:
    """Name a judgement in one line."""
    return ": ".join(part.rstrip(".") for part in label(row, names) if part)


def if_so(row) -> str:
    """Say what an outcome would be if a finding is so, and if not."""
    return f"{plain(row.title)}: if so {percent(row.if_yes)}, if not {percent(row.if_no)}"


def or_unknown(p: float | None) -> str:
    """Show a probability, where there is one."""
    return "unknown" if p is None else percent(p)


def rest(rows, shown, what: str) -> str:
    """Count the rows that are not drawn."""
    return f" {len(rows) - len(shown)} more {what}." if len(rows) > len(shown) else ""


def signed(value: float) -> str:
    """Show a weight in decibans; what is impossible has none."""
    return "impossible" if math.isnan(value) else decibans(value).replace("-", "−")


def alt(what: str, parts: Iterable[str], joint: str = "; ") -> str:
    """Put an alt text together; without parts, the words that would introduce them are left out."""
    parts = [plain(part).rstrip(".") for part in parts]
    if not parts:
        return f"{what.partition('. ')[0]}."
    return f"{what}{': ' if '. ' in what else '. '}{joint.join(parts)}."


def words(name: str, names: Names = None) -> str:
    """Call an event or a fact by its title, or its name in words."""
    return plain((names or {}).get(name, name.replace("_", " ")))


def quoted(name: str, names: Names = None) -> str:
    """Call it so, in quotation marks."""
    return f"“{words(name, names)}”" if name else "an outcome"


def of_path(path: str, names: Names) -> str:
    """Name the fact or event that a key path such as ``evidence.wet.reports.0`` is about."""
    _, _, rest = path.partition(".")
    return words(rest.split(".")[0] or path, names).rstrip(".")


def day(value: Any) -> str:
    """Write a day, from a record or from a DataFrame."""
    return str(value)[:10]


def missing(value: Any) -> bool:
    """Tell whether a cell is empty: None, or NaN in a DataFrame."""
    return value is None or value != value


@dataclass(frozen=True)
class Step:
    """One row of a waterfall: an end of it, an item, or several of little weight; in decibans."""

    label: str
    minor: str
    right: str
    start: float
    end: float


def steps_of(rows: Sequence) -> Iterator[Step]:
    """Go from the prior to the posterior; items of little weight in a row are one step."""
    if not rows:
        return
    here = decibans_of(rows[0].before)
    yield Step("Before the evidence", "", percent(rows[0].before), here, here)
    for small, group in groupby(rows, key=lambda row: abs(row.decibans) < NO_PUSH):
        mine = list(group)
        for joint in [mine] if small else [[row] for row in mine]:
            row, start, here = joint[-1], here, decibans_of(joint[-1].after)
            when = "held now" if row.kind == "now" else "" if row.kind == "fact" else row.kind
            known = "" if missing(row.known) else day(row.known)
            minor = ", ".join(one for one in (when, known, row.grades) if one)
            name = (row.title, minor)
            if len(joint) > 1:
                name = (f"{len(joint)} items of less weight", "")
            yield Step(*name, signed(sum(row.decibans for row in joint)), start, here)
    yield Step("With all of it", "", percent(rows[-1].after), here, here)


def posterior(rows) -> float | None:
    """Give the outcome's probability now: the mean of what it would be, if so and if not."""
    for row in rows:
        if row.kind != "pair":
            return row.probability * row.if_yes + (1 - row.probability) * row.if_no
    return None
