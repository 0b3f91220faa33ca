"""The library of base rates: every count again in SQL, nothing later than it says, no hindsight."""

import csv
import random
import re
import sqlite3
from collections import Counter
from contextlib import closing
from datetime import date
from pathlib import Path

import pandas as pd
import pytest

from benchmarks import base_rates, derive_data
from forecasting.answer.reference_classes import counted, decades, groups, search
from forecasting.file import tables

DATA = tables.shipped("data")
NAMES = tables.names()
COUNTED = [one.name for one in search()]

# Counted in SQL from the publishers' own files, by a program that shares no line with this one.
TOTALS = {
    "civil_conflict_next_year.quiet": (466, 2431),
    "civil_conflict_next_year.war": (526, 2431),
    "civil_conflict_two_years.both_quiet": (362, 2374),
    "civil_conflict_decided.rebel_victory": (19, 2215),
    "civil_conflict_decided.government_victory": (37, 2215),
    "civil_conflict_decided.peace_agreement": (56, 2215),
    "civil_conflict_decided.ceasefire": (40, 2215),
    "foreign_troops_next_year.troops": (47, 1966),
    "conflict_recurrence.within_two": (89, 426),
    "conflict_recurrence.within_five": (181, 426),
    "conflict_onsets.conflict": (1683, 10107),
    "interstate_conflict_next_year.quiet": (72, 143),
    "peace_deal_next_year.signed": (157, 1856),
    "peace_agreements_first_year.within_30": (14, 335),
    "peace_agreements_first_year.within_180": (56, 335),
    "peace_agreements_first_year.within_365": (77, 335),
    "deaths_by_half_year.half_more": (923, 3389),
    "deaths_by_half_year.half_less": (1180, 3389),
    "coup_attempts.attempt": (276, 9985),
    "coup_attempts.coup": (144, 9985),
    "coup_success.succeeded": (246, 493),
    "coup_again.two_years": (134, 421),
    "leaders_leave.left": (1425, 8966),
    "leaders_irregular_exit.ousted": (281, 9232),
    "leaders_irregular_exit.died": (103, 9232),
    "incumbent_wins.won": (1403, 2177),
    "incumbent_wins.changed": (968, 2177),
    "elections_not_held.put_off": (129, 2541),
    "elections_not_held.not_held": (167, 2541),
    "disputes.deaths": (403, 1502),
    "disputes.war": (40, 1502),
    "rivals_clash_first_year.again": (434, 1656),
    "fed_decisions.changed": (75, 238),
    "forecast_questions.yes": (78, 301),
    "forecast_questions_2026.yes": (270, 1058),
}


def database(files):
    """Load CSV files into SQL, each as a table of its name; empty cells are null."""
    found = sqlite3.connect(":memory:")
    for name, path in files.items():
        with path.open(encoding="utf-8") as stream:
            header, *rows = csv.reader(stream)
        found.execute(
            f"create table {name} ({', '.join(f'[{column}] numeric' for column in header)})"
        )
        marks = ", ".join("?" * len(header))
        found.executemany(
            f"insert into {name} values ({marks})", [[one or None for one in row] for row in rows]
        )
    return found


@pytest.fixture(scope="module")
def library():
    with closing(database({name: DATA / f"{name}.csv" for name in NAMES})) as found:
        yield found


def in_sql(library, name, by=(), where="1"):
    """Count the cases of each group of a shipped table."""
    table, column = name.split(".")
    has_of = "of" in tables.load(table).columns
    sums = f"sum([{column}]), {'sum([of])' if has_of else 'count(*)'}"
    if months := re.fullmatch(r"within_(\d+)_months", column):  # of a table of times
        way = "(julianday({}) - julianday(start)) / (365.25 / 12)"
        first, last = map(way.format, ("event_from", "event_to"))
        sums = f"sum(event_to is not null and ({first} + {last}) / 2 <= {months[1]}), count(*)"
        last = tables.load(table).observed_until
        where += f" and date(start, '+{months[1]} months') <= '{last}'"
    keys = "".join(f"[{one}], " for one in by)
    grouped = f" group by {keys[:-2]}" if by else ""
    rows = library.execute(f"select {keys}{sums} from {table} where {where}{grouped}")
    return {", ".join(map(str, row[:-2])) or "all": row[-2:] for row in rows}


@pytest.mark.parametrize("name", COUNTED)
def test_each_count_is_that_of_sql(library, name):
    found = counted(name)
    for by in [(), *((one,) for one in found.by), found.by[:2]]:
        _, (every, *own) = groups(name, by)
        expected = in_sql(library, name, by)
        assert {one.group: (one.seen, one.of) for one in own or [every]} == expected
    dated = found.table.sidecar.dated
    rows = in_sql(library, name, where=f"substr([{dated}], 1, 4) between '2000' and '2009'")
    noughts = {one.group: (one.seen, one.of) for one in decades(found)}.get("2000s", (None, 0))
    assert noughts[1] == (rows["all"][1] or 0)
    assert sum(one.of for one in decades(found)) == found.sums[1]


def test_earlier_endings_are_those_that_the_conflict_had_before():
    """The numbers of its episodes, less one, in UCDP's own list of them."""
    earlier = Counter(int(row["earlier"]) for row in tables.load("conflict_recurrence_times").rows)
    assert earlier == {0: 199, 1: 97, 2: 63, 3: 33, 4: 18, 5: 10, 6: 5, 7: 1}


def test_the_library_holds_what_the_publishers_files_say():
    assert {name: counted(name).sums for name in TOTALS} == TOTALS


def test_rows_of_recent_years_are_those_of_sql(library):
    for name in ("coup_attempts.attempt", "elections_not_held.put_off", "disputes.deaths"):
        assert counted(name, where=["year>=1990", "year<2000"]).sums == in_sql(
            library, name, where="year >= 1990 and year < 2000"
        )["all"]  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_nothing_is_later_than_the_last_day_a_table_states(name):
    table = tables.load(name)
    table.refuse_later(table.observed_until)
    assert table.until(None) == table


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("day", [date(1995, 6, 30), date(2021, 9, 15)])
def test_a_case_of_a_day_cannot_read_what_was_known_later(name, day):
    table = tables.load(name)
    table.until(day).refuse_later(day)
    if any(table.known(row) > day for row in table.rows):
        with pytest.raises(ValueError, match="hindsight"):
            table.refuse_later(day)


def test_a_search_on_a_day_counts_only_what_was_known():
    for one in search(as_of=date(2021, 9, 15)):
        one.table.refuse_later(date(2021, 9, 15))
    _, (every,) = groups("coup_attempts.attempt", as_of=date(2021, 9, 15))
    assert every.of == counted("coup_attempts.attempt", where=["known<=2020"]).sums[1]


def test_every_question_has_its_topics_groups_and_limits():
    for make in base_rates.TABLES:
        side = tables.load(make.__name__).sidecar
        assert side.topics, make
        assert side.groups, make
        assert side.limits, make
        assert "derive_data.py" in side.rule, make
        assert side.question or "event_to" in side.columns, make
        unclear = "nclear" in side.licence
        assert not unclear or "of" in side.columns, f"{make}: ship counts, not a list of cases"


# --- the rules, on made-up files, against SQL that shares no code ---------------------------------

YEARS = range(1990, 2011)


@pytest.fixture(scope="module")
def made_up(tmp_path_factory):
    """Write files in the publishers' layout, filled by chance, and load them into SQL."""
    rng, folder = random.Random(20261129), tmp_path_factory.mktemp("publishers")
    acd, term, pad, months, coups, vdem = [], [], [], [], [], []
    for conflict in range(1, 41):
        active = [y for y in YEARS if rng.random() < 0.6] or [1999]
        state = f"{10 + conflict % 6}" + (", 10" if conflict % 7 == 0 else "")
        within = conflict % 5
        for year in active:
            kind = rng.choice((3, 4)) if within else 2
            acd.append((conflict, f"Land {conflict}", state, year, rng.choice((1, 1, 2)), kind))
        ends = [y for y in active if y + 1 not in active and y < 2010]
        begun = active[0]
        for episode, year in enumerate(ends):
            for y in {begun, year}:
                end = y == year
                term.append(
                    (conflict, f"{conflict}_{episode}", int(end), f"6/1/{year % 100:02}" * end,
                     rng.randint(1, 6) if end else "", conflict, y, 3 if within else 2)
                )  # fmt: skip
            begun = next((y for y in active if y > year), None)
        for _ in range(rng.randint(0, 3)):
            year, days = rng.choice(YEARS), rng.randint(1, 700)
            ended = rng.random() < 0.6
            last = f"{date.fromordinal(date(year, 3, 1).toordinal() + days)}" if ended else ""
            if ended and rng.random() < 0.1:
                last = ""
            pad.append((conflict, f"Deal {conflict}", f"{year}-03-01", int(ended), last,
                        rng.randint(0, 1), rng.randint(1, 3), rng.randint(1, 3)))  # fmt: skip
    for state in range(10, 16):
        for year in range(1965, 2013):
            tried = rng.random() < 0.15
            coups.append((state, year, int(tried and rng.random() < 0.5), int(tried)))
            ratings = [round(rng.random() / 3, 3) for _ in range(4)]
            vdem.append((state, year, *ratings))
        months += [(f"Land {state}", f"{y}-{m:02}", rng.choice((0, 0, 1, 5, 40, 600)))
                   for y in YEARS for m in (1, 5, 9)]  # fmt: skip
    states = [(10 + n, "1950-01-01", "1999-06-30" if n == 3 else "2017-12-31") for n in range(6)]
    tables_ = {
        "acd": ("conflict_id location gwno_loc year intensity_level type_of_conflict", acd),
        "term": ("dyad_id dyadepisode dyadterm ependdate outcome conflict_id year "
                 "type_of_conflict", term),
        "pad": ("conflict_id pa_name pa_date ended duration cease pa_type incompatibility", pad),
        "months": ("country month best", months),
        "coups": ("gwcode year pt_coup_num pt_failed_num", coups),
        "states": ("gwcode startdate enddate", states),
        "vdem": ("gwcode year v2x_freexp_altinf v2x_veracc_osp v2xcs_ccsi v2xcl_rol", vdem),
    }  # fmt: skip
    files = {}
    for name, (columns, rows) in tables_.items():
        files[name] = folder / f"{name}.csv"
        pd.DataFrame(rows, columns=columns.split()).to_csv(files[name], index=False)
    found = database(files)
    found.execute(
        "create table cy as select conflict_id c, year y, max(intensity_level) lvl, "
        "max(type_of_conflict) t from acd where type_of_conflict > 2 group by 1, 2"
    )
    found.execute(
        "create table half as select country, substr(month, 1, 4) * 2 "
        "+ (substr(month, 6, 2) > '06') h, sum(best) b from months group by 1, 2"
    )
    found.execute(
        "create table cp as select gwcode g, year y, pt_coup_num c, "
        "pt_coup_num + pt_failed_num n from coups where year < 2012"
    )
    with closing(found):
        yield files, found


NEXT = "cy a left join cy b on b.c = a.c and b.y = a.y + 1"
IN_SQL = {
    "civil_conflict_next_year": (
        "acd", ["quiet", "war"],
        f"select sum(b.y is null), sum(b.lvl = 2), count(*) from {NEXT} where a.y < 2010",
    ),
    "civil_conflict_two_years": (
        "acd", ["both_quiet", "one_quiet"],
        "select sum(b.y is null and d.y is null), sum(b.y is null or d.y is null), count(*) "
        f"from {NEXT} left join cy d on d.c = a.c and d.y = a.y + 2 where a.y < 2009",
    ),
    "civil_conflict_decided": (
        "acd term", ["rebel_victory", "ceasefire"],
        "select sum(exists (select 1 from term e where e.conflict_id = a.c and dyadterm = 1 "
        "and e.year = a.y + 1 and outcome = 4 and exists (select 1 from term f where "
        "f.dyadepisode = e.dyadepisode and f.year <= a.y))), sum(exists (select 1 from term e "
        "where e.conflict_id = a.c and dyadterm = 1 and e.year = a.y + 1 and outcome = 2 and "
        "exists (select 1 from term f where f.dyadepisode = e.dyadepisode and f.year <= a.y))), "
        "count(*) from cy a",
    ),
    "foreign_troops_next_year": (
        "acd", ["troops"],
        f"select sum(coalesce(b.t, 0) = 4), count(*) from {NEXT} where a.t = 3 and a.y < 2010",
    ),
    "conflict_recurrence": (
        "acd term", ["within_two", "within_five"],
        "select sum(exists (select 1 from cy where c = a.c and y between a.y + 1 and a.y + 2)), "
        "sum(exists (select 1 from cy where c = a.c and y between a.y + 1 and a.y + 5)), count(*) "
        "from cy a where not exists (select 1 from cy where c = a.c and y = a.y + 1) "
        "and a.y <= 2005",
    ),
    "conflict_onsets": (
        "acd states", ["conflict"],
        "with recursive y(n) as (select 1990 union all select n + 1 from y where n < 2010), "
        "l as (select distinct substr(gwno_loc, 1, 2) + 0 g, year from acd where "
        "type_of_conflict > 2 union select substr(gwno_loc, 5) + 0, year from acd where "
        "type_of_conflict > 2 and gwno_loc like '%,%') select sum(exists (select 1 from l where "
        "g = gwcode and year = n)), count(*) + 30 * 6 from states join y where enddate >= "
        "n || '-01-01'",  # and the thirty years from 1960 before any conflict
    ),
    "interstate_conflict_next_year": (
        "acd", ["quiet"],
        "select sum(b.year is null), count(*) from acd a left join acd b on b.conflict_id = "
        "a.conflict_id and b.year = a.year + 1 where a.type_of_conflict = 2 and a.year < "
        "(select max(year) from acd where type_of_conflict = 2)",
    ),
    "deaths_by_half_year": (
        "months", ["more", "half_more", "half_less"],
        "select sum(b.b > a.b), sum(b.b >= 1.5 * a.b), sum(2 * b.b <= a.b), count(*) from half a "
        "join half b on b.country = a.country and b.h = a.h + 1 where a.b > 0",
    ),
    "peace_deal_next_year": (
        "acd pad", ["signed"],
        "select sum(exists (select 1 from pad where conflict_id = c and pa_date + 0 = y + 1)), "
        "count(*) from cy where y < (select max(pa_date + 0) from pad) and y >= "
        "(select min(pa_date + 0) - 1 from pad)",
    ),
    "peace_agreements_first_year": (
        "pad", ["within_30", "within_365"],
        "select sum(ended and julianday(duration) - julianday(pa_date) <= 30), sum(ended and "
        "julianday(duration) - julianday(pa_date) <= 365), count(*) from pad where not (ended and "
        "duration is null) and date(pa_date, '+365 days') <= (select max(pa_date + 0) from pad) "
        "|| '-12-31'",
    ),
    "coup_attempts": (
        "coups", ["attempt", "coup"],
        "select sum(n > 0), sum(c > 0), count(*) from cp where y >= 1970",
    ),
    "coup_success": ("coups", ["succeeded"], "select sum(c), sum(n) from cp"),
    "coup_again": (
        "coups", ["next_year", "two_years"],
        "select sum(b.n > 0), sum(b.n > 0 or d.n > 0), count(*) from cp a join cp b on b.g = a.g "
        "and b.y = a.y + 1 join cp d on d.g = a.g and d.y = a.y + 2 where a.n > 0",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", IN_SQL)
def test_a_rule_makes_the_counts_that_sql_makes(made_up, name):
    files, found = made_up
    inputs, outcomes, query = IN_SQL[name]
    table = getattr(base_rates, name)(*(files[one] for one in inputs.split()))
    assert list(table.columns) == list(tables.load(name).columns)
    of = int(table["of"].sum()) if "of" in table else len(table)
    assert (*(int(table[one].sum()) for one in outcomes), of) == found.execute(query).fetchone()


MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]


def test_deaths_by_country_are_kept_by_month_for_years_that_had_any(made_up):
    files, found = made_up
    table = derive_data.country_deaths_monthly(files["months"])
    sums = ", ".join(f"sum((substr(month, 6) = '{i:02}') * best)" for i in range(1, 13))
    rows = found.execute(
        f"select substr(month, 1, 4) + 0, country, {sums} from months group by 1, 2 "
        "having sum(best) > 0 order by 1, 2"
    )
    assert list(map(tuple, table.to_numpy().tolist())) == rows.fetchall()
    assert list(table.columns) == list(tables.load("country_deaths_monthly").columns)


def test_the_class_of_event_counts_has_the_half_years_of_the_library(library):
    """Two tables of one file: of its months added up, as many rise and fall by half."""
    halves = " union all ".join(
        f"select country, 2 * year + {later} h, {'+'.join(months)} b from country_deaths_monthly"
        for later, months in enumerate((MONTHS[:6], MONTHS[6:]))
    )
    found = library.execute(
        f"with half as ({halves}) select sum(coalesce(b.b, 0) >= 1.5 * a.b), "
        "sum(2 * coalesce(b.b, 0) <= a.b), count(*) from half a left join half b on b.country = "
        "a.country and b.h = a.h + 1 where a.b > 0 and a.h < 2 * 2024 + 1"
    ).fetchone()
    more, less = (counted(f"deaths_by_half_year.half_{one}").sums for one in ("more", "less"))
    assert found == (more[0], less[0], more[1])


def test_shares_of_settings_add_up_in_each_year(library):
    """Each is rounded to four places, and those that round to nothing are left out."""
    years = library.execute(
        "select year, sum(share), min(share), count(distinct small || ' ' || rare || ' ' || large "
        "|| ' ' || scatter), count(*) from country_deaths_steps group by year"
    ).fetchall()
    assert [year for year, *_ in years] == [*range(1990, 2025)]
    for _, share, least, settings, rows in years:
        assert share == pytest.approx(1, abs=48 * 0.00005)
        assert least > 0 and settings == rows <= 48


def test_a_freedom_falls_by_a_tenth_within_two_years(made_up):
    files, found = made_up
    table = base_rates.freedoms_fall(files["vdem"])
    table = table[table["space"] == "elections"]
    query = (
        "select sum(b.v2x_veracc_osp <= a.v2x_veracc_osp - 0.1), count(*) from vdem a join vdem b "
        "on b.gwcode = a.gwcode and b.year = a.year + 2"
    )
    assert (table["falls"].sum(), table["of"].sum()) == found.execute(query).fetchone()


def write(folder: Path, name: str, text: str) -> Path:
    path = folder / f"{name}.csv"
    path.write_text(text, encoding="utf-8")
    return path


REGIMES = (
    "cowcode,gwf_startdate,gwf_enddate,gwf_regimetype\n"
    "7,1/1/1960,6/30/2001,party-personal\n7,7/1/2001,12/31/2020,presidential\n"
)


def test_a_leader_counts_in_each_year_begun_in_office(tmp_path):
    # In office from May 1998 to March 2003: 1 January of 1999 to 2003, the last of them a leaving.
    text = "ccode,sdate,smonth,syear,eyear\n7,1,5,1998,2003\n225,1,1,1999,1999\n"
    found = base_rates.leaders_leave(
        write(tmp_path, "leaders", text), write(tmp_path, "regimes", REGIMES)
    )
    assert found[["year", "regime", "tenure", "left"]].to_numpy().tolist() == [
        [1999, "party rule", "under 1", 0],
        [2000, "party rule", "1-3", 0],
        [2001, "party rule", "1-3", 0],
        [2002, "presidential", "1-3", 0],
        [2003, "presidential", "4-9", 1],
    ]


def test_a_vote_that_is_put_off_has_missed_its_date_and_so_has_the_next_one(tmp_path):
    text = (
        "ccode,elec_year,elec_month,elec_day,sequence,event,elecnum,type,victory,change,runoff\n"
        "7,2002,5, ,1,Announced,1,X,,,N\n7,2002,6, ,2,Delay Announced,1,X,,,N\n"
        '7,2004,6,1,1,"Vote, As Scheduled",2,X,Y,N,N\n'
        '7,2010,6,1,1,"Vote, As Scheduled",3,X,N,Y,N\n'
        "7,2019,6,1,1,Upcoming,4,X,,,N\n"
    )
    files = write(tmp_path, "elections", text), write(tmp_path, "regimes", REGIMES)
    kept = ["year", "missed_before", "put_off", "not_held", "known"]
    assert base_rates.elections_not_held(*files)[kept].to_numpy().tolist() == [
        [2002, "no", 1, 1, 2002],
        [2004, "yes", 0, 0, 2004],
        [2010, "no", 0, 0, 2010],
    ]
    won = base_rates.incumbent_wins(*files)[["year", "won", "changed"]]
    assert won.to_numpy().tolist() == [[2004, 1, 0], [2010, 0, 1]]


def test_the_next_dispute_between_two_counts_if_it_begins_within_twelve_months(tmp_path):
    pairs = (
        "dispnum,ccode1,ccode2,year,revtype11,revtype12,orig1,orig2,fatality,stmon,endmon,ongo2010\n"
        "1,2,20,1990,1,0,1,1,1,3,5,0\n2,2,20,1991,0,0,1,1,0,5,6,0\n"
        "3,2,20,1992,0,0,1,1,0,7,8,0\n4,2,20,2010,0,0,1,1,0,1,2,0\n"
    )
    rivals = "ccode1,ccode2,start,end\n20,2,1980,1991\n"
    files = write(tmp_path, "pairs", pairs), write(tmp_path, "rivals", rivals)
    found = base_rates.rivals_clash_first_year(*files)
    # From May 1990 to May 1991 it is twelve months; from June 1991 to July 1992, thirteen.
    assert found[["year", "rivals", "territory", "again"]].to_numpy().tolist() == [
        [1990, "yes", "yes", 1], [1991, "yes", "no", 0], [1992, "no", "no", 0],
    ]  # fmt: skip
    ended = "dispnum,styear,fatality,maxdur,hostlev\n1,1990,1,70,4\n2,1991,0,40,3\n3,1992,-9,9,4\n"
    disputes = base_rates.disputes(write(tmp_path, "disputes", ended), *files)
    columns = ["year", "territory", "rivals", "force", "deaths", "war", "known"]
    assert disputes[columns].to_numpy().tolist() == [
        [1990, "yes", "yes", 1, 1, 0, 1991], [1991, "no", "yes", 0, 0, 0, 1992],
    ]  # fmt: skip


def test_a_meeting_is_judged_by_the_rate_before_and_after_it(tmp_path):
    rates = "date,target\n1994-01-01,3.0\n1994-03-23,3.25\n1994-07-01,3.0\n"
    days = "date\n1994-02-04\n1994-03-22\n1994-05-17\n1994-06-30\n"
    found = base_rates.fed_decisions(write(tmp_path, "r", rates), write(tmp_path, "m", days))
    assert found[["last_time", "raised", "cut", "same_again"]].to_numpy().tolist() == [
        ["held", 1, 0, 0], ["raised", 0, 0, 0], ["held", 0, 1, 0],
    ]  # fmt: skip
