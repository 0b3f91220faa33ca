"""Rebuild the tables of priors/data from the publishers' own downloads.

    python benchmarks/derive_data.py FOLDER

FOLDER holds, as downloaded (other versions will do; the sidecars say which ones were used):

    ged*.csv            UCDP GED, or its extract for Pakistan (events; CSV)
    ucdp-term-dyad*.csv UCDP Conflict Termination, dyad level
    ucdpprioconflict*.csv   UCDP/PRIO Armed Conflict
    battledeaths*.csv   UCDP Battle-Related Deaths, dyadic
    aiddata*.csv        AidData GCDF, its first sheet saved as CSV

A table whose file is missing is left alone. The rules stand here and, in words, in the sidecars.
ttp_deals.csv is coded by hand and has no rule.
"""

from __future__ import annotations

import sys
from datetime import date
from pathlib import Path

import pandas as pd

from forecasting import publishers

OUT = Path(__file__).parent.parent / "priors" / "data"
LAST_YEAR = 2020  # the last year known in full on 15 September 2021
LAST_MONTH = "2021-08"
TTP, FIRST_MONTH = 857, "2007-07"

# Recipients: name, ISO code, Gleditsch-Ward number. Afghanistan, its neighbours but China, and
# every country with five or more years of war at home in 2000-2020; a rule below checks the latter.
NEIGHBOURS = {"Afghanistan", "Iran", "Pakistan", "Tajikistan", "Turkmenistan", "Uzbekistan"}
RECIPIENTS = [
    ("Afghanistan", "AFG", "700"), ("Colombia", "COL", "100"), ("India", "IND", "750"),
    ("Iran", "IRN", "630"), ("Iraq", "IRQ", "645"), ("Nigeria", "NGA", "475"),
    ("Pakistan", "PAK", "770"), ("Somalia", "SOM", "520"), ("Sri Lanka", "LKA", "780"),
    ("Sudan", "SDN", "625"), ("Syria", "SYR", "652"), ("Tajikistan", "TJK", "702"),
    ("Turkmenistan", "TKM", "701"), ("Uzbekistan", "UZB", "704"),
]  # fmt: skip
LEFT_OUT = {"678"}  # Yemen: no record in the aggregate we held, so its zeros would not be real
YEARS_OF_WAR = 5
LARGE_USD = 100e6


def ttp_deaths_monthly(months: pd.DataFrame) -> pd.DataFrame:
    """Keep the months from the TTP's first event to the cut."""
    return months[(months["month"] >= FIRST_MONTH) & (months["month"] <= LAST_MONTH)]


def rebel_victories(victories: pd.DataFrame, years: pd.DataFrame) -> pd.DataFrame:
    """Say of each victory whether fighting or war followed in the next year."""
    years = years[years["year"] <= LAST_YEAR]
    level = years.groupby(["gwno_loc", "year"])["intensity_level"].max()
    wars = set(years.loc[years["intensity_level"] == publishers.WAR, ["conflict_id", "year"]]
               .itertuples(index=False, name=None))  # fmt: skip
    rows = []
    for v in victories[victories["end_year"] < LAST_YEAR].itertuples():
        following = level.get((v.gwno_loc, v.end_year + 1), 0)
        length = (
            "under a month" if v.days <= 30 else "under a year" if v.days <= 365 else "over a year"
        )
        at_war = any((v.conflict_id, y) in wars for y in range(v.start_year, v.end_year + 1))
        rows.append(
            {
                "country": v.location, "year": v.end_year, "length": length,
                "others": _yes(v.others > 0), "was_war": _yes(at_war),
                "fighting": int(following > 0), "war": int(following >= publishers.WAR),
                "known": v.end_year + 1,
            }
        )  # fmt: skip
    return pd.DataFrame(rows)


def peace_after_rebel_victory(victories: pd.DataFrame, years: pd.DataFrame) -> pd.DataFrame:
    """Say of each victory in which later year fighting within the country began again."""
    active = years[years["year"] <= LAST_YEAR].groupby("gwno_loc")["year"].apply(set)
    rows = []
    for v in victories[victories["end_year"] <= LAST_YEAR].itertuples():
        later = [y for y in active.get(v.gwno_loc, ()) if y > v.end_year]
        year = min(later, default=None)
        rows.append(
            {
                "country": v.location, "start": v.end_date.isoformat(),
                "others": _yes(v.others > 0),
                "event_from": _may_begin(v, year).isoformat() if year else "",
                "event_to": date(year, 12, 31).isoformat() if year else "",
            }
        )  # fmt: skip
    return pd.DataFrame(rows)


def _may_begin(victory, year: int) -> date:
    """Find the first day: fighting counted in the next year may have begun at the victory."""
    return victory.end_date if year == victory.end_year + 1 else date(year, 1, 1)


def rebel_conflict_years(deaths: pd.DataFrame) -> pd.DataFrame:
    """Count the conflict-years of 150-499 deaths, those active again, and those half as deadly."""
    died = {(r.dyad_id, r.year): r.bd_best for r in deaths.itertuples()}
    rows = []
    for (dyad, year), count in died.items():
        if year >= LAST_YEAR or not 150 <= count <= 499:
            continue
        run = 1
        while (dyad, year - run) in died:
            run += 1
        label = "1" if run == 1 else "2-4" if run < 5 else "5-9" if run < 10 else "10 or more"
        after = died.get((dyad, year + 1), 0)
        rows.append((year, label, after > 0, after >= 1.5 * count))
    table = pd.DataFrame(rows, columns=["year", "years_on_end", "active_again", "half_more"])
    table = table.groupby(["year", "years_on_end"]).agg(
        of=("active_again", "size"),
        active_again=("active_again", "sum"),
        half_more=("half_more", "sum"),
    )
    table = table.reset_index()
    return table.assign(known=table["year"] + 1)


def chinese_commitments(finance: pd.DataFrame, years: pd.DataFrame) -> pd.DataFrame:
    """Say of each recipient and year whether commitments reached 100 million dollars."""
    span = years[years["year"].between(2000, LAST_YEAR)]
    at_war = span[span["intensity_level"] == publishers.WAR].groupby("gwno_loc")["year"].nunique()
    due = set(at_war[at_war >= YEARS_OF_WAR].index)
    if unknown := due - LEFT_OUT - {number for _, _, number in RECIPIENTS}:
        raise SystemExit(f"add to RECIPIENTS the countries numbered {sorted(unknown)}")
    amounts = {(r.iso3, int(r.year)): r.usd for r in finance.itertuples()}
    rows = []
    for name, iso3, number in RECIPIENTS:
        if name in NEIGHBOURS or number in due:
            for year in range(2000, LAST_YEAR + 1):
                large = int(amounts.get((iso3, year), 0) >= LARGE_USD)
                rows.append({"country": name, "year": year, "large": large})
    return pd.DataFrame(rows)


def _yes(value: bool) -> str:
    return "yes" if value else "no"


def main(folder: Path) -> None:
    """Write every table whose files are there."""
    found = {path.name.lower(): path for path in folder.glob("*.csv")}

    def file(start: str):
        return next((path for name, path in found.items() if name.startswith(start)), None)

    ged, term, acd = file("ged"), file("ucdp-term-dyad"), file("ucdpprioconflict")
    brd, aid = file("battledeaths"), file("aiddata")
    tables = {}
    if ged:
        months = publishers.events_by_month(ged, TTP, "Pakistan")
        tables["ttp_deaths_monthly"] = ttp_deaths_monthly(months)
    if term and acd:
        victories, years = publishers.rebel_victories(term), publishers.conflict_years(acd)
        tables["rebel_victories"] = rebel_victories(victories, years)
        tables["peace_after_rebel_victory"] = peace_after_rebel_victory(victories, years)
    if brd:
        tables["rebel_conflict_years"] = rebel_conflict_years(publishers.battle_deaths(brd))
    if aid and acd:
        tables["chinese_commitments"] = chinese_commitments(
            publishers.chinese_finance(aid), publishers.conflict_years(acd)
        )
    for name, table in tables.items():
        table.to_csv(OUT / f"{name}.csv", index=False, lineterminator="\n")
        print(f"{name}: {len(table)} rows")


if __name__ == "__main__":
    if len(sys.argv) != 2 or not Path(sys.argv[1]).is_dir():
        raise SystemExit(__doc__)
    main(Path(sys.argv[1]))
