"""Rebuild the tables of priors/data from the publishers' own downloads.

    python benchmarks/derive_data.py FOLDER

FOLDER holds, as downloaded, CSV files or ZIPs with one in each (other versions will do; the
sidecars say which ones were used):

    ged*.csv            UCDP GED, or its extract for Pakistan (events; CSV)
    ucdp-term-dyad*.csv UCDP Conflict Termination, dyad level
    ucdpprioconflict*.csv   UCDP/PRIO Armed Conflict
    battledeaths*.csv   UCDP Battle-Related Deaths, dyadic
    aiddata*.csv        AidData GCDF, its first sheet saved as CSV

and those of benchmarks/base_rates.py, of which most tables count how often something comes about:

    ucdp-peace*.csv     UCDP Peace Agreements, its sheet saved as CSV
    country-month*.csv  UCDP GED summed by country and month (country, month, best)
    gwstates*.csv       states after Gleditsch and Ward (gwcode, startdate, enddate)
    ptcoups*.csv        coups of Powell and Thyne by state and year, as demspaces carries them
    archigos*.csv       Archigos (gwcode, startdate, enddate, entry, exit; ISO dates)
    leaderlist*.csv electionlist*.csv regime_list*.csv   REIGN
    gml_mid_disps*.csv gml_dirdisp*.csv tss_rivalries*.csv   as peacesciencer carries them
    vdem*.csv           V-Dem by Gleditsch-Ward number (gwcode, year, four indices)
    dfedtar*.csv fomc*.csv   the Federal Reserve's target (date, target) and meetings (date)
    ifps*.csv           questions of the Good Judgment Project
    forecastbench*.csv  resolved questions of ForecastBench (source, question, asked, yes, known)

None of these is shipped: they are large, and the licence of some is unclear. A table whose file is
missing is left alone. The rules stand here and, in words, in the sidecars. ttp_deals.csv is coded
by hand and has no rule; ttp_years.csv follows from it.
"""

from __future__ import annotations

import inspect
import sys
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks import base_rates, publishers
from forecasting.fit import count_class
from forecasting.fit.local_level import SETTINGS, shares, sweep

OUT = Path(__file__).parent.parent / "priors" / "data"
LAST_YEAR = 2020  # the last year known in full on 15 September 2021
LAST_MONTH = "2021-08"
TTP, FIRST_MONTH = 857, "2007-07"

# Recipients: name, ISO code, Gleditsch-Ward number. Afghanistan, its neighbours but China, and
# every country with five or more years of war at home, or of UN sanctions, in 2000-2020.
NEIGHBOURS = {"Afghanistan", "Iran", "Pakistan", "Tajikistan", "Turkmenistan", "Uzbekistan"}
RECIPIENTS = [
    ("Afghanistan", "AFG", "700"), ("Central African Republic", "CAF", "482"),
    ("Colombia", "COL", "100"), ("DR Congo", "COD", "490"), ("Eritrea", "ERI", "531"),
    ("Guinea-Bissau", "GNB", "404"), ("India", "IND", "750"), ("Iran", "IRN", "630"),
    ("Iraq", "IRQ", "645"), ("Ivory Coast", "CIV", "437"), ("Lebanon", "LBN", "660"),
    ("Liberia", "LBR", "450"), ("Libya", "LBY", "620"), ("Nigeria", "NGA", "475"),
    ("North Korea", "PRK", "731"), ("Pakistan", "PAK", "770"), ("Rwanda", "RWA", "517"),
    ("Sierra Leone", "SLE", "451"), ("Somalia", "SOM", "520"), ("South Sudan", "SSD", "626"),
    ("Sri Lanka", "LKA", "780"), ("Sudan", "SDN", "625"), ("Syria", "SYR", "652"),
    ("Tajikistan", "TJK", "702"), ("Turkmenistan", "TKM", "701"), ("Uzbekistan", "UZB", "704"),
]  # fmt: skip
LEFT_OUT = {"678"}  # Yemen: no record in the aggregate we held, so its zeros would not be real
FOUNDED = {"South Sudan": 2011}  # no state, and so no recipient, before

# First and last year of 2000-2020 in which a sanctions committee of the UN Security Council stood
# for the country. The resolutions that set it up and ended it: Repertoire of the Practice of the
# Security Council, part IX. Shorter ones, such as Angola's (864; to 2002), Mali's (2374; from 2017)
# and Ethiopia's (1298; to 2001), do not reach five years. Afghanistan, the class's own case, had
# one throughout (1267).
SANCTIONED = {
    "Central African Republic": [(2013, 2020)],  # 2127
    "DR Congo": [(2004, 2020)],  # 1533
    "Eritrea": [(2000, 2001), (2009, 2018)],  # 1298; 751 and 1907, ended by 2444
    "Guinea-Bissau": [(2012, 2020)],  # 2048
    "Iran": [(2006, 2016)],  # 1737, ended by 2231
    "Iraq": [(2000, 2020)],  # 661, then 1518
    "Ivory Coast": [(2004, 2016)],  # 1572, ended by 2283
    "Lebanon": [(2005, 2020)],  # 1636
    "Liberia": [(2000, 2016)],  # 985, 1343, 1521; ended by 2288
    "Libya": [(2000, 2003), (2011, 2020)],  # 748, ended by 1506; 1970
    "North Korea": [(2006, 2020)],  # 1718
    "Rwanda": [(2000, 2008)],  # 918, ended by 1823
    "Sierra Leone": [(2000, 2010)],  # 1132, ended by 1940
    "Somalia": [(2000, 2020)],  # 751
    "South Sudan": [(2015, 2020)],  # 2206
    "Sudan": [(2005, 2020)],  # 1591
}
YEARS_OF_WAR = YEARS_OF_SANCTIONS = 5
LAST_OF_DEATHS = 2024  # of GED 25.1; what came later is not final
LEAST_YEARS = 2  # before a class has anything to say of its steps
LARGE_USD = 100e6


def ttp_deaths_monthly(months: pd.DataFrame) -> pd.DataFrame:
    """Keep the months from the TTP's first event to the cut."""
    return months[(months["month"] >= FIRST_MONTH) & (months["month"] <= LAST_MONTH)]


def rebel_victories(victories: pd.DataFrame, years: pd.DataFrame, within: int = 1) -> pd.DataFrame:
    """Say of each victory whether fighting or war followed in the next calendar year or years."""
    years = years[years["year"] <= LAST_YEAR]
    level = years.groupby(["gwno_loc", "year"])["intensity_level"].max()
    wars = set(years.loc[years["intensity_level"] == publishers.WAR, ["conflict_id", "year"]]
               .itertuples(index=False, name=None))  # fmt: skip
    rows = []
    for v in victories[victories["end_year"] + within <= LAST_YEAR].itertuples():
        known = v.end_year + within
        after = range(v.end_year + 1, known + 1)
        following = max(level.get((v.gwno_loc, year), 0) for year in after)
        length = (
            "under a month" if v.days <= 30 else "under a year" if v.days <= 365 else "over a year"
        )
        at_war = any((v.conflict_id, y) in wars for y in range(v.start_year, v.end_year + 1))
        rows.append(
            {
                "country": v.location, "year": v.end_year, "length": length,
                "others": _yes(v.others > 0), "was_war": _yes(at_war),
                "fighting": int(following > 0), "war": int(following >= publishers.WAR),
                "known": known,
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
    """Count conflict-years of 150-499 deaths: active again, deadlier by half, half as deadly."""
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
        rows.append((year, label, after > 0, after >= 1.5 * count, after <= 0.5 * count))
    outcomes = ["active_again", "half_more", "half_less"]
    table = pd.DataFrame(rows, columns=["year", "years_on_end", *outcomes])
    table = table.groupby(["year", "years_on_end"]).agg(
        of=("active_again", "size"),
        active_again=("active_again", "sum"),
        half_more=("half_more", "sum"),
        half_less=("half_less", "sum"),
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
        if name in NEIGHBOURS or number in due or _years_of_sanctions(name) >= YEARS_OF_SANCTIONS:
            for year in range(FOUNDED.get(name, 2000), LAST_YEAR + 1):
                large = int(amounts.get((iso3, year), 0) >= LARGE_USD)
                rows.append({"country": name, "year": year, "large": large})
    return pd.DataFrame(rows)


def _years_of_sanctions(country: str) -> int:
    return sum(last - first + 1 for first, last in SANCTIONED.get(country, ()))


def country_deaths_monthly(country_months: Path) -> pd.DataFrame:
    """List deaths by country, year and month, for years with at least one."""
    read = publishers.read(country_months, ("country", "month", "best"))
    read = read.assign(year=read["month"].str[:4].astype(int), month=read["month"].str[5:])
    table = read.pivot_table(
        index=["year", "country"], columns="month", values="best", aggfunc="sum", fill_value=0
    )
    table = table.reindex(columns=[f"{month:02}" for month in range(1, 13)], fill_value=0)
    table = table.astype(int).set_axis(list(count_class.MONTHS), axis=1).reset_index()
    died = table[list(count_class.MONTHS)].sum(axis=1) > 0
    return table[died & (table["year"] <= LAST_OF_DEATHS)]


def country_deaths_steps(deaths: pd.DataFrame) -> pd.DataFrame:
    """Estimate by the end of each year how often each setting of ``local_level`` holds."""
    rows = deaths.astype(str).to_dict("records")
    counts = count_class.counts(rows)
    first = int(deaths["year"].min())
    ends = range(count_class.YEAR * LEAST_YEARS - 1, len(counts), count_class.YEAR)
    filtered, result = sweep(counts, ends), []
    for end in ends:
        known = counts[: end + 1].any(axis=0)  # a country counts once there was a death
        found = shares(filtered[end].log_likelihood[:, known])
        year = first + end // count_class.YEAR
        result += [
            (year, *one.steps, one.scatter, np.round(share, 4))
            for one, share in zip(SETTINGS, found, strict=True)
            if round(share, 4) > 0
        ]
    return pd.DataFrame(result, columns=["year", *count_class.SETTING, "share"])


def ttp_years(deals: pd.DataFrame) -> pd.DataFrame:
    """Say of each year of conflict with the TTP whether a deal was struck, from the coded deals."""
    years = range(2007, LAST_YEAR + 1)
    struck = set(deals["year"])
    return pd.DataFrame({"year": years, "truce": [int(year in struck) for year in years]})


def _yes(value: bool) -> str:
    return "yes" if value else "no"


def main(folder: Path) -> None:
    """Write every table whose files are there."""
    files = sorted(path for path in folder.iterdir() if path.suffix.lower() in (".csv", ".zip"))
    found = {path.name.lower(): path for path in files}

    def file(start: str):
        return next((path for name, path in found.items() if name.startswith(start)), None)

    ged, term, acd = file("ged"), file("ucdp-term-dyad"), file("ucdpprioconflict")
    brd, aid = file("battledeaths"), file("aiddata")
    tables = {"ttp_years": ttp_years(pd.read_csv(OUT / "ttp_deals.csv"))}
    if ged:
        months = publishers.events_by_month(ged, TTP, "Pakistan")
        tables["ttp_deaths_monthly"] = ttp_deaths_monthly(months)
    if term and acd:
        victories, years = publishers.rebel_victories(term), publishers.conflict_years(acd)
        tables["rebel_victories"] = rebel_victories(victories, years)
        tables["rebel_victories_two_years"] = rebel_victories(victories, years, within=2)
        tables["peace_after_rebel_victory"] = peace_after_rebel_victory(victories, years)
    if brd:
        tables["rebel_conflict_years"] = rebel_conflict_years(publishers.battle_deaths(brd))
    if aid and acd:
        tables["chinese_commitments"] = chinese_commitments(
            publishers.chinese_finance(aid), publishers.conflict_years(acd)
        )
    if by_country := file(base_rates.FILES["country_months"]):
        tables["country_deaths_monthly"] = country_deaths_monthly(by_country)
        tables["country_deaths_steps"] = country_deaths_steps(tables["country_deaths_monthly"])
    for make in base_rates.TABLES:
        read = [file(base_rates.FILES[name]) for name in inspect.signature(make).parameters]
        if all(read):
            tables[make.__name__] = make(*read)
    for name, table in tables.items():
        table.to_csv(OUT / f"{name}.csv", index=False, lineterminator="\n")
        print(f"{name}: {len(table)} rows")


if __name__ == "__main__":
    if len(sys.argv) != 2 or not Path(sys.argv[1]).is_dir():
        raise SystemExit(__doc__)
    main(Path(sys.argv[1]))
