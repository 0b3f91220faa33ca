"""A publisher's own download goes in; tidy counts by month, year or episode come out.

Files are read as their publishers offer them: UCDP's event data (GED), conflict terminations,
battle-related deaths and conflict-years, as CSV, and AidData's Chinese finance, saved as CSV from
its workbook. So a newer release can take the place of an older one.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from forecasting.errors import InputError, Problem

if TYPE_CHECKING:
    import pandas as pd

INTRASTATE = (3, 4)  # UCDP: within a state, and within a state with outside troops
REBEL_VICTORY = 4
ABOUT_GOVERNMENT = 2  # UCDP incompatibility: 1 territory, 2 government, 3 both
WAR = 2  # UCDP intensity: 1,000 battle deaths or more in the year


def events_by_month(path: str | Path, dyad: int, country: str) -> pd.DataFrame:
    """Count the lethal events and deaths of one pair of enemies in one country, by month.

    Parameters
    ----------
    path : str or Path
        UCDP GED as CSV; a country extract will do, with or without its row of HXL tags.
    dyad : int
        UCDP's ``dyad_new_id``.
    country : str

    Returns
    -------
    DataFrame with month (YYYY-MM), events, deaths (best estimate)
        From the first to the last month of the file; months without events hold 0. An event counts
        in the month in which it began.
    """
    import pandas as pd

    events = _read(path, ("dyad_new_id", "country", "date_start", "best"))
    events = events[events["dyad_new_id"].astype(str).str.fullmatch(r"\d+")]
    month = events["date_start"].astype(str).str.slice(0, 7)
    every = pd.period_range(month.min(), month.max(), freq="M").astype(str)
    chosen = (events["dyad_new_id"].astype(int) == dyad) & (events["country"] == country)
    deaths = events.loc[chosen, "best"].astype(int).groupby(month[chosen]).agg(["size", "sum"])
    table = deaths.reindex(every, fill_value=0).rename_axis("month").reset_index()
    return table.rename(columns={"size": "events", "sum": "deaths"})


def conflict_years(path: str | Path) -> pd.DataFrame:
    """Read the years of conflict within states from the UCDP/PRIO Armed Conflict Dataset.

    Returns
    -------
    DataFrame with conflict_id, gwno_loc, location, year, intensity_level
    """
    columns = ("conflict_id", "location", "gwno_loc", "year", "intensity_level", "type_of_conflict")
    years = _read(path, columns)
    years = years[years["type_of_conflict"].isin(INTRASTATE)]
    return years[list(columns[:-1])].assign(gwno_loc=years["gwno_loc"].astype(str))


def battle_deaths(path: str | Path) -> pd.DataFrame:
    """Read deaths by pair of enemies and year from UCDP Battle-Related Deaths (dyadic).

    Returns
    -------
    DataFrame with dyad_id, year, bd_best; rebels against governments only
    """
    columns = ("dyad_id", "year", "bd_best", "type_of_conflict")
    years = _read(path, columns)
    return years.loc[years["type_of_conflict"].isin(INTRASTATE), list(columns[:-1])]


def rebel_victories(path: str | Path) -> pd.DataFrame:
    """Read the rebel victories over a government from UCDP Conflict Termination (dyad level).

    Two-digit years, as UCDP writes them there, are read as the year of the row.

    Returns
    -------
    DataFrame with location, gwno_loc, conflict_id, start_year, end_date, end_year, days, others
        One row a country and year, the last victory of the year. ``days`` the fight had lasted;
        ``others``: how many other groups fought the same government in that year.
    """
    import pandas as pd

    columns = (
        "dyad_id", "dyadepisode", "dyadterm", "ependdate", "outcome", "conflict_id", "year",
        "location", "incompatibility", "type_of_conflict", "start_date2", "gwno_loc",
    )  # fmt: skip
    rows = _read(path, columns)
    within = rows[rows["type_of_conflict"].isin(INTRASTATE)]
    fought = within.groupby(["gwno_loc", "year"])["dyad_id"].nunique()
    first = within.groupby(["dyad_id", "dyadepisode"])["year"].min().rename("start_year")
    won = within[
        (within["dyadterm"] == 1)
        & (within["outcome"].astype(str).str.rstrip(".0") == str(REBEL_VICTORY))
        & (within["incompatibility"] == ABOUT_GOVERNMENT)
    ].join(first, on=["dyad_id", "dyadepisode"])
    end = [
        _short_date(text, year) for text, year in zip(won["ependdate"], won["year"], strict=True)
    ]
    begin = [
        _short_date(text, year)
        for text, year in zip(won["start_date2"], won["start_year"], strict=True)
    ]
    others = [fought[key] - 1 for key in zip(won["gwno_loc"], won["year"], strict=True)]
    result = won.assign(
        end_date=end, end_year=won["year"], others=others,
        days=[max((e - b).days, 0) for e, b in zip(end, begin, strict=True)],
        gwno_loc=won["gwno_loc"].astype(str),
    )  # fmt: skip
    result = result.sort_values("end_date").drop_duplicates(["gwno_loc", "end_year"], keep="last")
    kept = ["location", "gwno_loc", "conflict_id", "start_year", "end_date", "end_year", "days"]
    return pd.DataFrame(result[[*kept, "others"]]).reset_index(drop=True)


def chinese_finance(path: str | Path) -> pd.DataFrame:
    """Sum China's official commitments by recipient and year, from AidData's GCDF.

    Adjusted amounts, in constant US dollars of 2021, of the records recommended for aggregates.

    Returns
    -------
    DataFrame with iso3, year, usd
    """
    columns = (
        "recipient_iso_3", "commitment_year", "recommended_for_aggregates",
        "adjusted_amount_constant_usd_2021",
    )  # fmt: skip
    records = _read(path, columns)
    records = records[records["recommended_for_aggregates"].astype(str).str.lower() == "yes"]
    total = records.groupby(["recipient_iso_3", "commitment_year"])[columns[-1]].sum()
    return total.reset_index().set_axis(["iso3", "year", "usd"], axis=1)


def _read(path: str | Path, columns: Iterable[str]) -> pd.DataFrame:
    """Read a CSV file whose headings may differ in case, spaces and punctuation."""
    import pandas as pd

    table = pd.read_csv(path, low_memory=False)
    table.columns = [re.sub(r"[^a-z0-9]+", "_", str(c).lower()).strip("_") for c in table.columns]
    if missing := [column for column in columns if column not in table.columns]:
        raise InputError(
            Problem(
                f"this is not the file expected: it has no column {missing[0]}",
                str(path),
                found=", ".join(table.columns[:12]),
                accepted=f"a file with {', '.join(columns)}",
            )
        )
    return table


def _short_date(text: str, year: int):
    """Read month/day/two-digit year; the century is that of the row's own year."""
    from datetime import date

    month, day, short = (int(part) for part in str(text).split("/"))
    full = min(
        (short % 100 + century for century in (1800, 1900, 2000)), key=lambda y: abs(y - year)
    )
    return date(full, month, day)
