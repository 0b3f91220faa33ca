"""A day goes in; what monthly deaths of the world's countries had been like by then comes out.

Two tables are read, each only as far as it was known: ``country_deaths_monthly``, from which past
cases alike are taken, and ``country_deaths_steps``, which says how often each setting of
:mod:`forecasting.fit.local_level` held among the countries. A country counts from its first death
on, with all its months. ``benchmarks/derive_data.py`` makes both.

**It assumes** that the series asked about is like those of deaths in organised violence by country.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

import numpy as np

from forecasting.file import tables
from forecasting.file.models import CLASS_TABLES, YEAR
from forecasting.fit.local_level import SETTINGS

MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
SETTING = ("small", "rare", "large", "scatter")


@dataclass(frozen=True)
class CountClass:
    """What a class of series had been like by a day.

    Attributes
    ----------
    counts : array, shape (months, series)
        Without rows where nothing was known.
    shares : array, shape (settings,)
        How often each of ``SETTINGS`` held; evenly where nothing was known.
    last : int or None
        Last year known.
    """

    counts: np.ndarray
    shares: np.ndarray
    last: int | None


def known(day: date | None) -> CountClass:
    """Read the class as of a day.

    Parameters
    ----------
    day : date or None
        Only years that had ended by then count; all if None.

    Returns
    -------
    CountClass

    Examples
    --------
    >>> found = known(date(2021, 9, 15))
    >>> found.last, len(found.counts) / 12
    (2020, 32.0)
    """
    deaths, steps = (tables.load(name).until(day).rows for name in CLASS_TABLES)
    last = max((int(row["year"]) for row in steps), default=None)
    held = {
        tuple(float(row[name]) for name in SETTING): float(row["share"])
        for row in steps
        if int(row["year"]) == last
    }
    shares = np.array([held.get((*one.steps, one.scatter), 0.0) for one in SETTINGS])
    if last is None:
        shares[:] = 1
    return CountClass(counts(deaths), shares / shares.sum(), last)


def counts(rows: Iterable[Mapping[str, str]]) -> np.ndarray:
    """Lay out rows of a country and a year as months by countries; years without a row hold 0.

    Returns
    -------
    array, shape (months, countries)
    """
    rows = list(rows)
    years = [int(row["year"]) for row in rows]
    countries = sorted({row["country"] for row in rows})
    number = {country: i for i, country in enumerate(countries)}
    span = max(years) - min(years) + 1 if rows else 0
    result = np.zeros((span, YEAR, len(countries)))
    for row, year in zip(rows, years, strict=True):
        place = year - min(years), slice(None), number[row["country"]]
        result[place] = [int(row[month]) for month in MONTHS]
    return result.reshape(span * YEAR, -1) if rows else np.zeros((0, 0))
