"""Score the base-rate models on past days, and keep what comes out.

    python -m benchmarks.backtest FOLDER           the published tables: targets of 2018 to 2024
    python -m benchmarks.backtest FOLDER --choose  the same on targets to 2017, by which was chosen

FOLDER holds, as for derive_data.py, ``country-month*.csv`` and ``battledeaths*.csv`` (plain, or in
a ZIP). Two tables are made of these in build/backtest, each with its sidecar from
benchmarks/backtest, and are too large to ship; the third is shipped. Each is then a call of
``forecasting backtest``, printed above what it gave.
"""

from __future__ import annotations

import argparse
import io
import shutil
import time
from contextlib import redirect_stdout
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks import publishers
from forecasting import cli

KEPT = Path(__file__).parent / "backtest"
MADE = Path("build/backtest")
DEATHS = [0, 50, 150, 500, 1000]  # where classes of a year's deaths begin; 25 are the least
YEARS = [0, 2, 4, 10]  # where classes of years on end begin
FACTORS = [np.exp(-0.4), np.exp(0.4)]  # of deaths against the year before
TREND = ["fell", "much as before", "rose"]
LAST_MONTH = "2024-12"  # what comes later in the panel is provisional


def dyad_years(deaths: pd.DataFrame) -> pd.DataFrame:
    """Say of each year of a dyad, but the last of all, what the next one brought.

    A dyad is listed in years of 25 deaths or more; none to list is the end of the conflict.
    """
    died = {(one.dyad_id, one.year): one.bd_best for one in deaths.itertuples()}
    last, rows = deaths["year"].max(), []
    for (dyad, year), now in sorted(died.items()):
        if year == last:
            continue
        run = 1
        while (dyad, year - run) in died:
            run += 1
        after = died.get((dyad, year + 1), 0)
        level, age = (int(np.searchsorted(*pair, side="right")) - 1
                      for pair in ((DEATHS, now), (YEARS, run)))  # fmt: skip
        before = died.get((dyad, year - 1))
        trend = "new" if not before else TREND[np.searchsorted(FACTORS, now / before, "right")]
        rows.append((dyad, year, DEATHS[level] or 25, YEARS[age] or 1, trend, int(after < 25),
                     int(after <= 0.5 * now), year + 1))  # fmt: skip
    columns = ["dyad", "year", "deaths_from", "years_from", "trend", "ends", "halves", "known"]
    return pd.DataFrame(rows, columns=columns)


def deaths_by_month(panel: pd.DataFrame) -> pd.DataFrame:
    """Keep the months that are final."""
    return panel.loc[panel["month"] <= LAST_MONTH, ["country", "month", "best"]].rename(
        columns={"best": "deaths"}
    )


def commands(choose: bool) -> dict[str, list[str]]:
    """Give the words after ``forecasting backtest``, by the name of what is kept."""
    months, years, waits = (
        ("2007-10..2016-10", "2003..2016", "1995..2015")
        if choose
        else ("2017-10..2023-10", "2017..2022", "2017..2022")
    )
    panel, dyads = (f"{MADE}/{name}.csv" for name in ("deaths_by_month", "dyad_years"))
    classes = ["--by", "deaths_from,years_from", "--unit", "dyad", "--origins", years]
    return {
        "deaths": ["event_counts", "--table", panel, "--outcome", "deaths", "--by", "country",
                   "--origins", months],
        "ends": ["reference_class", "--table", dyads, "--outcome", "ends", *classes,
                 "--half-life", "120"],
        "halves": ["reference_class", "--table", dyads, "--outcome", "halves", *classes,
                   "--half-life", "60"],
        "recurs": ["time_to_event", "--table", "conflict_recurrence_times",
                   "--covariate", "earlier", "--covariate", "how",
                   "--within", "12", "--within", "24", "--origins", waits],
    }  # fmt: skip


def main() -> None:
    """Make the tables, run the commands, and keep what they print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--choose", action="store_true", help="targets to 2017")
    parser.add_argument("--only", nargs="+", help="of deaths, ends, halves, recurs")
    options = parser.parse_args()
    MADE.mkdir(parents=True, exist_ok=True)
    for start, make in (("battledeaths", dyad_years), ("country-month", deaths_by_month)):
        (path,) = options.folder.glob(f"{start}*")
        read = publishers.battle_deaths if make is dyad_years else pd.read_csv
        make(read(path)).to_csv(MADE / f"{make.__name__}.csv", index=False, lineterminator="\n")
        shutil.copy(KEPT / f"{make.__name__}.yaml", MADE)
    for name, words in commands(options.choose).items():
        if options.only and name not in options.only:
            continue
        began, printed = time.process_time(), io.StringIO()
        with redirect_stdout(printed):
            wrong = cli.main(["backtest", *words])
        if wrong:
            raise SystemExit(wrong)
        line = f"forecasting backtest {' '.join(words)}"
        text = f"{line}\n\n{printed.getvalue()}"
        (KEPT / f"{name}{'-choice' if options.choose else ''}.txt").write_text(text, "utf-8")
        print(f"{text}\n{time.process_time() - began:.0f} s of processor time\n", flush=True)


if __name__ == "__main__":
    main()
