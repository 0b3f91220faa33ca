"""A publisher's own download goes in; tidy counts by month, year or episode come out.

Files are read as their publishers offer them, so a newer release can take the place of an older
one. These layouts were checked; another version is read if it has the columns needed, and refused
with the one it lacks if not:

=========================================  ==============================  =================
Publisher's file                           Layout checked                  Function
=========================================  ==============================  =================
UCDP GED, global                           its 49 columns (22.1 to 25.1)   `events_by_month`
UCDP GED, country extract of HDX           22.1, with its row of tags      `events_by_month`
UCDP/PRIO Armed Conflict                   25.1                            `conflict_years`
UCDP Battle-Related Deaths, dyadic         24.1                            `battle_deaths`
UCDP Conflict Termination, dyad level      3-2021                          `rebel_victories`
AidData GCDF, its data sheet saved as CSV  3.0                             `chinese_finance`
=========================================  ==============================  =================

A file may be plain CSV or a ZIP with one CSV in it, with commas or semicolons between values, in
UTF-8 or in the Western European encoding of Windows. Only the columns needed are read.
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

WORKBOOKS = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")  # how .xlsx and .xls begin


def events_by_month(path: str | Path, dyad: int, country: str) -> pd.DataFrame:
    """Count the lethal events and deaths of one pair of enemies in one country, by month.

    Parameters
    ----------
    path : str or Path
        UCDP GED; a country extract of HDX will do, with its row of HXL tags.
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

    events = read(path, ("dyad_new_id", "country", "date_start", "best"))
    # The row of tags leaves this column empty, or holds a tag there.
    events = events.assign(dyad=pd.to_numeric(events["dyad_new_id"], errors="coerce"))
    events = events.dropna(subset="dyad")
    month = events["date_start"].astype(str).str.slice(0, 7)
    every = pd.period_range(month.min(), month.max(), freq="M").astype(str)
    chosen = (events["dyad"] == dyad) & (events["country"] == country)
    deaths = pd.to_numeric(events.loc[chosen, "best"]).groupby(month[chosen]).agg(["size", "sum"])
    table = deaths.reindex(every, fill_value=0).astype(int).rename_axis("month").reset_index()
    return table.rename(columns={"size": "events", "sum": "deaths"})


def conflict_years(path: str | Path) -> pd.DataFrame:
    """Read the years of conflict within states from the UCDP/PRIO Armed Conflict Dataset.

    Returns
    -------
    DataFrame with conflict_id, gwno_loc, location, year, intensity_level
    """
    columns = ("conflict_id", "location", "gwno_loc", "year", "intensity_level", "type_of_conflict")
    years = read(path, columns)
    years = years[years["type_of_conflict"].isin(INTRASTATE)]
    return years[list(columns[:-1])].assign(gwno_loc=years["gwno_loc"].astype(str))


def battle_deaths(path: str | Path) -> pd.DataFrame:
    """Read deaths by pair of enemies and year from UCDP Battle-Related Deaths (dyadic).

    Returns
    -------
    DataFrame with dyad_id, year, bd_best; rebels against governments only
    """
    columns = ("dyad_id", "year", "bd_best", "type_of_conflict")
    years = read(path, columns)
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
    rows = read(path, columns)
    within = rows[rows["type_of_conflict"].isin(INTRASTATE)]
    fought = within.groupby(["gwno_loc", "year"])["dyad_id"].nunique()
    first = within.groupby(["dyad_id", "dyadepisode"])["year"].min().rename("start_year")
    won = within[
        (pd.to_numeric(within["dyadterm"], errors="coerce") == 1)
        & (pd.to_numeric(within["outcome"], errors="coerce") == REBEL_VICTORY)
        & (within["incompatibility"] == ABOUT_GOVERNMENT)
    ].join(first, on=["dyad_id", "dyadepisode"])
    end = [short_date(text, year) for text, year in zip(won["ependdate"], won["year"], strict=True)]
    begin = [
        short_date(text, year)
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
    records = read(path, columns)
    records = records[records["recommended_for_aggregates"].astype(str).str.lower() == "yes"]
    total = records.groupby(["recipient_iso_3", "commitment_year"])[columns[-1]].sum()
    return total.reset_index().set_axis(["iso3", "year", "usd"], axis=1)


def read(path: str | Path, columns: Iterable[str]) -> pd.DataFrame:
    """Read some columns of a file whose headings may differ in case, spaces and punctuation."""
    import pandas as pd

    path, columns = Path(path), tuple(columns)
    if not path.is_file():
        raise InputError(Problem("there is no such file", str(path)))
    with path.open("rb") as stream:
        start = stream.read(4)
    if start in WORKBOOKS and path.suffix.lower() != ".zip":
        hint = "open it, and save its data sheet as CSV"
        raise InputError(Problem("this is a workbook, not a CSV file", str(path), hint=hint))
    for encoding in ("utf-8-sig", "cp1252"):
        try:
            separator = ","
            headings = pd.read_csv(path, nrows=0, encoding=encoding).columns
            if len(headings) == 1 and ";" in headings[0]:
                separator = ";"
                headings = headings[0].split(";")
            named = {_plain(heading): heading for heading in headings}
            if missing := [column for column in columns if column not in named]:
                raise InputError(
                    Problem(
                        f"this is not the file expected: it has no column {missing[0]}",
                        str(path),
                        found=", ".join(list(named)[:12]),
                        accepted=f"a file with {', '.join(columns)}",
                    )
                )
            table = pd.read_csv(
                path, sep=separator, encoding=encoding, low_memory=False,
                usecols=[named[column] for column in columns],
            )  # fmt: skip
            return table.rename(columns=_plain)
        except UnicodeDecodeError:
            continue
        except (pd.errors.EmptyDataError, pd.errors.ParserError) as error:
            raise InputError(
                Problem("this is not a CSV file", str(path), found=str(error))
            ) from None
    raise InputError(Problem("the encoding of this file is not known", str(path)))


def _plain(heading: str) -> str:
    return re.sub(r"[^a-z0-9]+", "_", str(heading).lower()).strip("_")


def short_date(text: str, year: int):
    """Read month/day/two-digit year; the century is that of the row's own year."""
    from datetime import date

    month, day, short = (int(part) for part in str(text).split("/"))
    full = min(
        (short % 100 + century for century in (1800, 1900, 2000)), key=lambda y: abs(y - year)
    )
    return date(full, month, day)
