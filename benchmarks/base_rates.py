"""Publishers' files go in; tables come out that count how often events of many kinds came about.

Each function makes one table of ``priors/data``; its name is that of the table, its parameters are
the files it reads (``FILES`` says which). Most rows are counts: of so many cases of a year and a
group, in how many it came about. Lists of cases whose licence is unclear are shipped as such counts
only. The rules stand here and, in words, in the sidecars.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks import publishers
from benchmarks.publishers import INTRASTATE, WAR, read

# How the names of the files begin; their layouts, by the columns read, stand below.
FILES = {
    "acd": "ucdpprioconflict", "endings": "ucdp-term-dyad", "agreements": "ucdp-peace",
    "country_months": "country-month", "states": "gwstates", "coups": "ptcoups",
    "archigos": "archigos", "leaders": "leaderlist", "elections": "electionlist",
    "regimes": "regime_list", "disputes": "gml_mid_disps", "pairs": "gml_dirdisp",
    "rivalries": "tss_rivalries", "vdem": "vdem", "rates": "dfedtar", "meetings": "fomc",
    "gjp": "ifps", "forecastbench": "forecastbench",
}  # fmt: skip

INTERSTATE = 2
LAST_OF_ENDINGS = 2020  # of version 3-2021
LAST_OF_QUESTIONS = "2026-07"  # the last whole month of the copy at hand
FOREIGN_TROOPS = 4  # UCDP type: within a state, with troops of another

ON_END = ((2, 5, 10), ("1", "2-4", "5-9", "10 or more"))
TENURE = ((1, 4, 10), ("under 1", "1-3", "4-9", "10 or more"))
SINCE = ((2, 6, 11), ("last year", "2-5 years ago", "6-10 years ago", "longer ago or never"))
SINCE_COUP = ((6, 11, 21), ("1-5 years ago", "6-10 years ago", "11-20 years ago",
                            "longer ago or never"))  # fmt: skip
DEATHS = ((25, 100, 500, 2000), ("1-24", "25-99", "100-499", "500-1999", "2000 or more"))
DAYS = ((61, 121), ("up to 60 days", "61-120 days", "over 120 days"))
THIRDS = ((1 / 3, 2 / 3), ("low", "middle", "high"))
LONG_AGO = 99

HOW = {
    1: "peace agreement", 2: "ceasefire", 3: "government victory", 4: "rebel victory",
    5: "faded", 6: "actor gone",
}  # fmt: skip


# --- civil conflict -------------------------------------------------------------------------------


def civil_conflict_next_year(acd: Path) -> pd.DataFrame:
    """Say of each year of conflict whether the next one was quiet, or a war."""
    active, rows, had_war = _intensities(acd, INTRASTATE), [], set()
    for (conflict, year), band in _years_on_end(active).items():
        level, after = active[conflict, year], active.get((conflict, year + 1), 0)
        before = _yes(conflict in had_war)
        had_war |= {conflict} if level == WAR else set()
        rows.append((year, _word(level), band, before, after == 0, after == WAR))
    rows = _before(rows, active, 1)
    return _tally(rows, ["year", "intensity", "years_on_end", "war_before"], ["quiet", "war"], 1)


def civil_conflict_two_years(acd: Path) -> pd.DataFrame:
    """Say of each year of conflict whether both of the next two years were quiet, or one was."""
    active, rows = _intensities(acd, INTRASTATE), []
    for (conflict, year), band in _years_on_end(active).items():
        quiet = [(conflict, year + ahead) not in active for ahead in (1, 2)]
        rows.append((year, _word(active[conflict, year]), band, all(quiet), any(quiet)))
    rows = _before(rows, active, 2)
    return _tally(rows, ["year", "intensity", "years_on_end"], ["both_quiet", "one_quiet"], 2)


def civil_conflict_decided(acd: Path, endings: Path) -> pd.DataFrame:
    """Say of each year of conflict how a fight with a group ended in the next one."""
    active, ended = _intensities(acd, INTRASTATE), _endings(endings)
    how = {}
    for one in ended.itertuples():
        how.setdefault((one.conflict_id, one.end), []).append((one.begin, one.how))
    kinds = ("government victory", "rebel victory", "peace agreement", "ceasefire")
    rows = []
    for (conflict, year), band in _years_on_end(active).items():
        if year < LAST_OF_ENDINGS:
            found = {kind for begin, kind in how.get((conflict, year + 1), ()) if begin <= year}
            rows.append((year, _word(active[conflict, year]), band, *(k in found for k in kinds)))
    outcomes = [kind.replace(" ", "_") for kind in kinds]
    return _tally(rows, ["year", "intensity", "years_on_end"], outcomes, 1)


def foreign_troops_next_year(acd: Path) -> pd.DataFrame:
    """Say of each year of conflict without foreign troops whether some fought in the next year."""
    active, kind = _intensities(acd, INTRASTATE), _intensities(acd, INTRASTATE, "type_of_conflict")
    rows = [
        (year, _word(active[conflict, year]), band,
         kind.get((conflict, year + 1)) == FOREIGN_TROOPS)
        for (conflict, year), band in _years_on_end(active).items()
        if kind[conflict, year] != FOREIGN_TROOPS
    ]  # fmt: skip
    rows = _before(rows, active, 1)
    return _tally(rows, ["year", "intensity", "years_on_end"], ["troops"], 1)


def conflict_recurrence(acd: Path, endings: Path) -> pd.DataFrame:
    """Say of each ending of a conflict whether it came back within two, three or five years."""
    spells, last = _spells(acd, endings)
    spells = spells[spells["year"] + 5 <= last]
    gap = spells["again"] - spells["year"]
    within = {name: (gap <= n).astype(int) for n, name in ((2, "within_two"), (3, "within_three"),
                                                           (5, "within_five"))}  # fmt: skip
    spells = spells.assign(**within, known=spells["year"] + 5)
    return spells[["country", "year", "how", "was_war", "length", *within, "known"]]


def conflict_recurrence_times(acd: Path, endings: Path) -> pd.DataFrame:
    """Say of each ending, from the end of its first quiet year on, when the conflict came back."""
    spells, _ = _spells(acd, endings)
    again = spells["again"].map(lambda year: "" if np.isnan(year) else f"{year:.0f}")
    spells = spells.assign(
        start=[f"{year + 1}-12-31" for year in spells["year"]],
        event_from=[year and f"{year}-01-01" for year in again],
        event_to=[year and f"{year}-12-31" for year in again],
    )
    return spells[["country", "start", "how", "was_war", "earlier", "event_from", "event_to"]]


def conflict_onsets(acd: Path, states: Path) -> pd.DataFrame:
    """Say of each state and year since 1960 whether there was conflict, war, or a new conflict."""
    years = read(acd, ("conflict_id", "gwno_loc", "year", "intensity_level", "type_of_conflict"))
    years = years[years["type_of_conflict"].isin(INTRASTATE)]
    first = years.groupby("conflict_id")["year"].min()
    level, new = {}, set()
    for row in years.itertuples():
        for code in str(row.gwno_loc).split(","):
            at = int(float(code)), row.year
            level[at] = max(level.get(at, 0), row.intensity_level)
            new |= {at} if first[row.conflict_id] == row.year else set()
    listed = read(states, ("gwcode", "startdate", "enddate"))
    ends = listed["enddate"].where(listed["enddate"] < listed["enddate"].max(), "9999")
    rows = []
    for year in range(1960, years["year"].max() + 1):
        day = f"{year}-01-01"
        for code in listed.loc[(listed["startdate"] <= day) & (ends >= day), "gwcode"].astype(int):
            gap = next((n for n in range(1, year - 1945) if (code, year - n) in level), LONG_AGO)
            at = code, year
            rows.append((year, _class(gap, SINCE), at in level, level.get(at) == WAR, at in new))
    return _tally(rows, ["year", "last_conflict"], ["conflict", "war", "new_conflict"])


def interstate_conflict_next_year(acd: Path) -> pd.DataFrame:
    """Say of each year of conflict between states whether the next one was quiet, or a war."""
    active, place = _intensities(acd, [INTERSTATE]), _intensities(acd, [INTERSTATE], "location")
    bands, rows = _years_on_end(active), []
    for (conflict, year), band in bands.items():
        level, after = active[conflict, year], active.get((conflict, year + 1), 0)
        states = place[conflict, year].replace(", ", " and ")
        run = "first" if band == "1" else "later"
        rows.append((year, states, _word(level), run, int(after == 0), int(after == WAR), year + 1))
    names = ["year", "states", "intensity", "year_of_run", "quiet", "war", "known"]
    table = pd.DataFrame(_before(rows, active, 1), columns=names).sort_values(["year", "states"])
    return table[["states", "year", *names[2:]]]


def deaths_by_half_year(country_months: Path) -> pd.DataFrame:
    """Say of each country and half-year with deaths whether the next one had more, or half."""
    months = read(country_months, ("country", "month", "best"))
    year, month = (months["month"].str.slice(*part).astype(int) for part in ((0, 4), (5, 7)))
    months["half"] = 2 * year + (month > 6)
    sums = months.pivot_table(index="country", columns="half", values="best", aggfunc="sum")
    halves = range(months["half"].min(), months["half"].max() + 1)
    sums = sums.reindex(columns=halves).fillna(0)
    rows = []
    for half in halves[:-1]:
        for now, after in zip(sums[half], sums[half + 1], strict=True):
            if now > 0:
                moved = after > now, after >= 1.5 * now, after <= 0.5 * now
                rows.append((half, _class(now, DEATHS), *moved))
    table = _tally(rows, ["year", "level"], ["more", "half_more", "half_less"], 1)
    end = {half: f"{half // 2}-{'12' if half % 2 else '06'}" for half in halves}
    table = table.assign(year=table["year"].map(end), known=table["known"].map(end))
    return table.rename(columns={"year": "half"})


# --- peace agreements -----------------------------------------------------------------------------


def peace_deal_next_year(acd: Path, agreements: Path) -> pd.DataFrame:
    """Say of each year of conflict whether a peace agreement was signed in the next one."""
    active, deals = _intensities(acd, INTRASTATE), read(agreements, ("conflict_id", "pa_date"))
    signed = {
        (int(float(conflict)), int(day[:4]))
        for conflicts, day in zip(deals["conflict_id"].astype(str), deals["pa_date"], strict=True)
        for conflict in conflicts.split(",")
    }
    first, last = (choose(year for _, year in signed) for choose in (min, max))
    rows = []
    for (conflict, year), band in _years_on_end(active).items():
        if first - 1 <= year < last:
            before = any((conflict, y) in signed for y in range(year - 4, year + 1))
            row = year, _word(active[conflict, year]), band, _yes(before)
            rows.append((*row, (conflict, year + 1) in signed))
    return _tally(rows, ["year", "intensity", "years_on_end", "deal_before"], ["signed"], 1)


def peace_agreements_first_year(agreements: Path) -> pd.DataFrame:
    """Say of each peace agreement whether it had ended after 30, 180 and 365 days."""
    names = ("pa_name", "pa_date", "ended", "duration", "cease", "pa_type", "incompatibility")
    deals = read(agreements, names)
    ended = deals["ended"] == 1
    deals = deals[~(ended & deals["duration"].isna())]  # ended on a day that nobody knows
    start, end = (pd.to_datetime(deals[name]) for name in ("pa_date", "duration"))
    days = (end.where(ended) - start).dt.days
    about = deals["incompatibility"].astype(str).str.strip()
    table = pd.DataFrame(
        {
            "agreement": deals["pa_name"].str.split().str.join(" "),
            "year": start.dt.year,
            "kind": deals["pa_type"].map({1: "full", 2: "partial", 3: "process"}),
            "ceasefire": (deals["cease"] == 1).map(_yes),
            "about": about.map({"1": "territory", "2": "government"}).fillna("both"),
            **{f"within_{n}": (days <= n).astype(int) for n in (30, 180, 365)},
            "known": (start + pd.Timedelta(days=365)).dt.strftime("%Y-%m-%d"),
        }
    )
    cut = f"{start.dt.year.max()}-12-31"
    return table.assign(start=start)[table["known"] <= cut].sort_values("start").iloc[:, :-1]


# --- coups ----------------------------------------------------------------------------------------


def coup_attempts(coups: Path) -> pd.DataFrame:
    """Say of each state and year since 1970 whether there was an attempt, or a coup."""
    years = _coups(coups)
    tried = years[years["attempts"] > 0].groupby("gwcode")["year"].apply(list)
    rows = []
    for row in years[years["year"] >= 1970].itertuples():
        past = [row.year - year for year in tried.get(row.gwcode, ()) if year < row.year]
        last = _class(min(past, default=LONG_AGO), SINCE_COUP)
        rows.append((row.year, last, row.attempts > 0, row.pt_coup_num > 0))
    return _tally(rows, ["year", "last_attempt"], ["attempt", "coup"])


def coup_success(coups: Path) -> pd.DataFrame:
    """Count attempts and successes by year and part of the world."""
    years = _coups(coups)
    years = years[years["attempts"] > 0]
    by = [years["year"], years["gwcode"].map(_region).rename("region")]
    table = years.groupby(by)[["attempts", "pt_coup_num"]].sum().reset_index()
    table = table.set_axis(["year", "region", "of", "succeeded"], axis=1)
    return table.assign(known=table["year"])


def coup_again(coups: Path) -> pd.DataFrame:
    """Say of each state and year with an attempt whether another came in the next year, or two."""
    years = _coups(coups)
    attempts = years.set_index(["gwcode", "year"])["attempts"].to_dict()
    rows = []
    for row in years[years["attempts"] > 0].itertuples():
        later = [attempts.get((row.gwcode, row.year + ahead)) for ahead in (1, 2)]
        if None not in later:
            after = "success" if row.pt_coup_num else "failure only"
            rows.append((row.year, after, later[0] > 0, max(later) > 0))
    return _tally(rows, ["year", "after"], ["next_year", "two_years"], 2)


# --- leaders and elections ------------------------------------------------------------------------

# Kinds of regime, joined; what is not here is provisional, or none.
REGIMES = {
    "parliamentary": "parliamentary", "presidential": "presidential",
    "personal": "personal rule", "monarchy": "monarchy", "party-based": "party rule",
    "party-personal": "party rule", "party-personal-military": "party rule",
    "party-military": "party rule", "oligarchy": "party rule", "military": "military rule",
    "military personal": "military rule", "indirect military": "military rule",
}  # fmt: skip
PROVISIONAL = "provisional or none"
ELECTED = ("parliamentary", "presidential", PROVISIONAL)
ROTATING = (225, 331)  # Switzerland and San Marino, whose heads change by rule
MISCODED = {533: 553}  # Malawi, in some rows
LAST_OF_REIGN = 2020  # the last whole year of the edition of March 2021
EXECUTIVE, LEGISLATIVE = "X", "L"

# How the list of elections says that a vote was not held.
DELAYED = {"Delay Announced", "Delay", "Deadline Not Met"}
FAILED = {*DELAYED, "Voided", "Voided by Regime Change", "Regime Failure", "Anulled"}


def leaders_leave(leaders: Path, regimes: Path) -> pd.DataFrame:
    """Say of each leader in office on 1 January, since 1970, whether he or she left that year."""
    regime, rows = _Regimes(regimes), []
    listed = read(leaders, ("ccode", "sdate", "smonth", "syear", "eyear"))
    listed = listed[listed["syear"].notna() & ~listed["ccode"].isin(ROTATING)]
    for row in listed.itertuples():
        start = row.syear + ((row.smonth or 1) - 1) / 12 + ((row.sdate or 1) - 1) / 365
        end = LAST_OF_REIGN if np.isnan(row.eyear) else min(LAST_OF_REIGN, int(row.eyear))
        for year in range(max(1970, int(row.syear) + 1), end + 1):
            if kind := regime.on(row.ccode, (year, 1, 1)):
                rows.append((year, kind, _class(year - start, TENURE), row.eyear == year))
    return _tally(rows, ["year", "regime", "tenure"], ["left"])


def leaders_irregular_exit(archigos: Path) -> pd.DataFrame:
    """Say of each leader in office on 1 January, since 1950, who left, was ousted, or died."""
    listed, rows = read(archigos, ("startdate", "enddate", "entry", "exit")), []
    last = int(listed["enddate"].max()[:4]) - 1  # the list ends within a year
    for row in listed.itertuples():
        start, end = (date.fromisoformat(day) for day in (row.startdate, row.enddate))
        entry = "regular" if row.entry == "Regular" else "irregular or imposed"
        for year in range(max(1950, start.year + 1), min(last, end.year) + 1):
            held = year - start.year - (start.timetuple().tm_yday - 1) / 365.25
            how = row.exit if year == end.year and row.exit != "Still in Office" else None
            ways = how is not None, how == "Irregular", how == "Natural Death"
            rows.append((year, entry, _class(held, TENURE), *ways))
    return _tally(rows, ["year", "entry", "tenure"], ["left", "ousted", "died"])


def incumbent_wins(elections: Path, regimes: Path) -> pd.DataFrame:
    """Count national votes since 1950, and those that the side in power won."""
    regime, votes = _Regimes(regimes), _elections(elections)
    votes = votes[(votes["runoff"].astype(str) != "1") & votes["event"].str.startswith("Vote")]
    votes = votes.sort_values(["elecnum", "sequence"])
    votes = votes.groupby(["ccode", "elecnum"]).last().reset_index()
    rows = []
    for row in votes[votes["victory"].notna()].itertuples():
        kind = regime.on(row.ccode, row.day)
        if kind and 1950 <= row.day[0] <= LAST_OF_REIGN:
            kind = kind if kind in ELECTED else "not democratic"
            rows.append((row.day[0], kind, row.kind, row.victory == "Y", row.change == "Y"))
    return _tally(rows, ["year", "regime", "kind"], ["won", "changed"])


def elections_not_held(elections: Path, regimes: Path) -> pd.DataFrame:
    """Count dates of national elections since 1950, and those under which no vote was held."""
    regime, entries = _Regimes(regimes), []
    for (code, kind, _), group in _elections(elections).groupby(["ccode", "kind", "elecnum"]):
        group, events = group.sort_values("sequence"), {*group["event"]}
        held = any(one.startswith("Vote") for one in events)
        to_come = any(one.startswith("Upcoming") for one in events)
        if not to_come and (held or FAILED & events):
            end = int(group["elec_year"].max())
            entries.append((code, kind, group["day"].iloc[0], held, bool(DELAYED & events), end))
    rows, before = [], {}
    for code, kind, day, held, delayed, end in sorted(entries, key=lambda one: one[:3]):
        was_held, then = before.get((code, kind), (True, 0))
        before[code, kind] = held, end
        missed = _yes(not was_held and day[0] - then <= 4)
        rule = regime.on(code, day)
        if rule and day[0] >= 1950 and end <= LAST_OF_REIGN:
            rule = rule if rule in (*ELECTED, "military rule") else "other autocracy"
            rows.append((day[0], end, rule, kind, missed, delayed and not held, not held))
    keys = ["year", "end", "regime", "kind", "missed_before"]
    table = _tally(rows, keys, ["put_off", "not_held"])
    return table.assign(known=table["end"]).drop(columns="end")


# --- disputes between states ----------------------------------------------------------------------

FIRST_OF_DISPUTES = 1946
FORCE, AT_WAR = 4, 5  # levels of hostility
A_BORDER = 1  # what a state wanted to change


def disputes(disputes: Path, pairs: Path, rivalries: Path) -> pd.DataFrame:
    """Count militarised disputes by their first year, and those that turned deadly."""
    found = read(disputes, ("dispnum", "styear", "fatality", "maxdur", "hostlev"))
    found = found[(found["styear"] >= FIRST_OF_DISPUTES) & (found["fatality"] >= 0)]
    found = found[found["hostlev"].notna()]
    between, rival = _pairs(pairs), _Rivals(rivalries)
    border = set(between.loc[between["border"], "dispnum"])
    original = between[(between["orig1"] == 1) & (between["orig2"] == 1)]
    rivals = {
        row.dispnum for row in original.itertuples() if rival.at(row.ccode1, row.ccode2, row.year)
    }
    last, rows = int(between["year"].max()), []
    for row in found.itertuples():
        end = min(int(row.styear + np.ceil(row.maxdur / 365)), last)
        groups = _yes(row.dispnum in border), _yes(row.dispnum in rivals)
        deadly = row.fatality > 0, row.fatality >= 2, row.hostlev == AT_WAR
        rows.append((int(row.styear), end, *groups, row.hostlev >= FORCE, *deadly))
    keys = ["year", "end", "territory", "rivals"]
    table = _tally(rows, keys, ["force", "deaths", "over_25", "war"])
    return table.assign(known=table["end"]).drop(columns="end")


def rivals_clash_first_year(pairs: Path, rivalries: Path) -> pd.DataFrame:
    """Count the ends of disputes, and those after which the two clashed again within a year."""
    between, rival, rows = _pairs(pairs), _Rivals(rivalries), []
    between = between[(between["orig1"] == 1) & (between["orig2"] == 1)].sort_values("year")
    last = int(between["year"].max())
    for (one, other), all_of_pair in between.groupby(["ccode1", "ccode2"]):
        spells = all_of_pair.groupby("dispnum").agg(
            first=("year", "min"), last=("year", "max"), stmon=("stmon", "first"),
            endmon=("endmon", "last"), border=("border", "max"), deaths=("fatality", "max"),
            going_on=("ongo2010", "max"),
        )  # fmt: skip
        begins = sorted(12 * spells["first"] + spells["stmon"])
        for spell in spells.itertuples():
            if spell.going_on == 1 or not 1 <= spell.endmon <= 12 or spell.last >= last:
                continue
            end = 12 * spell.last + spell.endmon
            later = next((month for month in begins if month > end), np.inf)
            groups = rival.at(one, other, spell.last), spell.border, spell.deaths > 0
            rows.append((int(spell.last), *map(_yes, groups), later <= end + 12))
    return _tally(rows, ["year", "rivals", "territory", "deadly"], ["again"], 1)


# --- freedoms, interest rates, questions ----------------------------------------------------------

SPACES = {
    "v2x_freexp_altinf": "expression", "v2x_veracc_osp": "elections",
    "v2xcs_ccsi": "civil society", "v2xcl_rol": "rule of law",
}  # fmt: skip

# The topic of a question is the first of these that has a word in it.
TOPICS = {
    "leader leaves or stays": (
        r"vacate|resign|step down|cease to be|remain (as )?(president|prime|king|in office)|oust"
        r"|lose (a )?(confidence|referendum)|no longer (be|hold)|leave office"
        r"|be (president|prime minister|king|head) .* (on|before|after)|still be"
    ),
    "election or referendum": (
        r"\belect|referendum|win .*(seats|vote|majority)|parliament|coalition|ballot|poll"
    ),
    "violence or war": (
        r"lethal|attack|fatal|deaths?\b|killed|military (force|strike|operation|intervention)"
        r"|invade|air ?strike|\bwars?\b|troops|\bcoup\b|violen|clash|confrontation|explosive"
        r"|missile|detonat|nuclear (test|device|detonation)|insurgen|seize|capture|control of"
    ),
    "talks or diplomacy": (
        r"talks|negotiat|treaty|agreement|\baccords?\b|summit|meet |meeting|visit|ratif|recogni"
        r"|embassy|consulate|ambassador|ceasefire|cease-fire|peace|join|membership|member state"
        r"|extradit|iaea|inspect|resolution|sanction|embargo|united nations|un security|nato|unsc"
    ),
    "economy or market": (
        r"\brates?\b|\bgdp\b|inflation|price|\bbonds?\b|yield|credit|downgrade|default|\beuro\b"
        r"|exchange|currency|\bimf\b|bank|\boil\b|\bgold\b|index|unemployment|growth|debt|bailout"
        r"|budget|trade"
    ),
}


def freedoms_fall(vdem: Path) -> pd.DataFrame:
    """Say of four indices, by country and year, whether they fell or rose by 0.1 in two years."""
    ratings, rows = read(vdem, ("gwcode", "year", *SPACES)), []
    for column, space in SPACES.items():
        value = {(row.gwcode, row.year): getattr(row, column) for row in ratings.itertuples()}
        for (code, year), now in value.items():
            after = value.get((code, year + 2))
            if after is not None and (code, year + 1) in value:
                moved = after <= now - 0.1, after >= now + 0.1
                rows.append((year, space, _class(now, THIRDS), *moved))
    return _tally(rows, ["year", "space", "level"], ["falls", "rises"], 2)


def fed_decisions(rates: Path, meetings: Path) -> pd.DataFrame:
    """Say of each scheduled meeting whether the target was raised or cut."""
    target = read(rates, ("date", "target")).sort_values("date")
    days, levels = (list(target[name]) for name in ("date", "target"))
    rows, last = [], None
    for meeting in read(meetings, ("date",))["date"]:
        day = date.fromisoformat(meeting)
        before, after = (
            levels[bisect_right(days, (day + timedelta(days=ahead)).isoformat()) - 1]
            for ahead in (-1, 2)
        )
        # The target became a range in December 2008, of which this is the upper end.
        move = "held" if abs(after - before) < 0.01 else "raised" if after > before else "cut"
        if last and day.year <= 2023:
            moves = move == "raised", move == "cut", move != "held", move == last
            rows.append((meeting, last, *map(int, moves)))
        last = move
    columns = ["meeting", "last_time", "raised", "cut", "changed", "same_again"]
    return pd.DataFrame(rows, columns=columns)


def forecast_questions(gjp: Path) -> pd.DataFrame:
    """Count the yes-or-no questions of the Good Judgment Project, and those answered yes."""
    names = ("q_type", "q_text", "q_status", "date_start", "date_to_close", "date_closed",
             "outcome", "options")  # fmt: skip
    asked = read(gjp, names)
    plain = asked["options"].str.split().str.join(" ") == "(a) Yes, (b) No"
    closed = (asked["q_status"] == "closed") & asked["outcome"].isin(["a", "b"])
    for_fun = asked["q_text"].str.contains("Just for fun")
    asked = asked[(asked["q_type"] == 0) & closed & plain & ~for_fun]
    start, due, end = (
        pd.to_datetime(asked[name], format="mixed")
        for name in ("date_start", "date_to_close", "date_closed")
    )
    length = [_class(days, DAYS) for days in (due - start).dt.days]
    return _questions(asked["q_text"], length, "length", asked["outcome"] == "a",
                      np.maximum(start, end).dt.strftime("%Y-%m"))  # fmt: skip


def forecast_questions_2026(forecastbench: Path) -> pd.DataFrame:
    """Count the resolved yes-or-no questions of four sites, and those answered yes."""
    asked = read(forecastbench, ("source", "question", "asked", "yes", "known"))
    month = asked["known"].str.slice(0, 7)
    whole = (asked["known"] > asked["asked"]) & (month <= LAST_OF_QUESTIONS)
    asked, month = asked[whole], month[whole]
    return _questions(asked["question"], asked["source"], "source", asked["yes"], month)


def _questions(texts, second, named, yes, month) -> pd.DataFrame:
    topics = [
        next((topic for topic, words in TOPICS.items() if re.search(words, text.lower())), "other")
        for text in texts.astype(str)
    ]
    table = _tally([*zip(month, topics, second, yes, strict=True)], ["year", "topic", named],
                   ["yes"])  # fmt: skip
    return table.drop(columns="known").rename(columns={"year": "known"})


# --- what several tables share --------------------------------------------------------------------


def _tally(rows, keys: list[str], outcomes: list[str], ahead: int = 0) -> pd.DataFrame:
    """Add up cases by year and group; what came of them was known so many years later."""
    frame = pd.DataFrame(rows, columns=[*keys, *outcomes])
    by = frame.astype(dict.fromkeys(outcomes, int)).groupby(keys)
    table = by[outcomes].sum()
    table.insert(0, "of", by.size())
    table = table.reset_index()
    return table.assign(known=table["year"] + ahead if ahead else table["year"])


def _class(value: float, classes: tuple[Sequence[float], Sequence[str]]) -> str:
    edges, labels = classes
    return labels[bisect_right(edges, value)]


def _yes(value: object) -> str:
    return "yes" if value else "no"


def _word(level: int) -> str:
    return "war" if level == WAR else "minor"


def _intensities(acd: Path, types: Iterable[int], column: str = "intensity_level") -> dict:
    """Give the highest value of each conflict and year, in order."""
    names = {"conflict_id", "year", "type_of_conflict", column}
    years = read(acd, sorted(names))
    years = years[years["type_of_conflict"].isin(types)]
    return years.groupby(["conflict_id", "year"])[column].max().to_dict()


def _years_on_end(active: Iterable[tuple[int, int]]) -> dict[tuple[int, int], str]:
    """Say of each conflict and year how long it had been active without a break."""
    run = {}
    for conflict, year in active:
        run[conflict, year] = run.get((conflict, year - 1), 0) + 1
    return {at: _class(years, ON_END) for at, years in run.items()}


def _before(rows, active, ahead: int) -> list:
    """Keep the years after which so many more are known."""
    last = max(year for _, year in active) - ahead
    return [row for row in rows if row[0] <= last]


def _endings(path: Path) -> pd.DataFrame:
    """Read how fights between a government and a group ended, with their first and last year."""
    names = ("dyad_id", "dyadepisode", "dyadterm", "ependdate", "outcome", "conflict_id", "year",
             "type_of_conflict")  # fmt: skip
    rows = read(path, names)
    rows = rows[rows["type_of_conflict"].isin(INTRASTATE)]
    first = rows.groupby(["dyad_id", "dyadepisode"])["year"].min().rename("begin")
    ended = rows[pd.to_numeric(rows["dyadterm"], errors="coerce") == 1]
    ended = ended.join(first, on=["dyad_id", "dyadepisode"])
    how = pd.to_numeric(ended["outcome"], errors="coerce").map(HOW)
    day = [
        publishers.short_date(text, year) if isinstance(text, str) else date(year, 12, 31)
        for text, year in zip(ended["ependdate"], ended["year"], strict=True)
    ]
    return ended.assign(how=how, end=ended["year"], day=day)


def _spells(acd: Path, endings: Path) -> tuple[pd.DataFrame, int]:
    """List the runs of active years that ended, how, and when the conflict was active again."""
    active, place = _intensities(acd, INTRASTATE), _intensities(acd, INTRASTATE, "location")
    ended = _endings(endings).sort_values("day", kind="stable")
    how = {(row.conflict_id, row.end): row.how for row in ended.itertuples() if row.how == row.how}
    last, rows, begun = max(year for _, year in active), [], {}
    earlier: dict[object, int] = {}
    for conflict, year in active:
        if (conflict, year - 1) not in active:
            begun[conflict] = year
            earlier[conflict] = earlier.get(conflict, -1) + 1
        if (conflict, year + 1) in active or (conflict, year) not in how:
            continue
        later = next((y for y in range(year + 1, last + 1) if (conflict, y) in active), np.nan)
        levels = [active[conflict, y] for y in range(begun[conflict], year + 1)]
        length = {"1": "1 year"}.get(_class(len(levels), ON_END))
        length = length or _class(len(levels), ON_END).replace("or more", "years or more")
        length += " years" if length[-1].isdigit() else ""
        ways = how[conflict, year], _yes(max(levels) == WAR), length
        rows.append((place[conflict, year], year, *ways, earlier[conflict], later))
    columns = ["country", "year", "how", "was_war", "length", "earlier", "again"]
    return pd.DataFrame(rows, columns=columns).sort_values(["year", "country"]), last


def _coups(path: Path) -> pd.DataFrame:
    """Read coups and failed attempts by state and year, without the year in progress."""
    years = read(path, ("gwcode", "year", "pt_coup_num", "pt_failed_num"))
    years = years[years["year"] < years["year"].max()]
    return years.assign(attempts=years["pt_coup_num"] + years["pt_failed_num"])


def _region(code: int) -> str:
    """Find the part of the world of a state by its Gleditsch-Ward number."""
    if code in (600, 615, 616, 620) or 630 <= code < 700:
        return "Middle East and North Africa"
    ends = ((200, "Americas"), (400, "Europe"), (630, "Africa south of the Sahara"))
    return next((name for end, name in ends if code < end), "Asia and Pacific")


class _Regimes:
    """Which kind of regime a country had on a day."""

    def __init__(self, path: Path):
        spells = read(path, ("cowcode", "gwf_startdate", "gwf_enddate", "gwf_regimetype"))
        self._spells = {}
        for row in spells.itertuples():
            start, end = map(self._day, (row.gwf_startdate, row.gwf_enddate))
            kind = REGIMES.get(row.gwf_regimetype.strip(), PROVISIONAL)
            self._spells.setdefault(row.cowcode, []).append((start, end, kind))

    @staticmethod
    def _day(text: str) -> tuple[int, int, int]:
        month, day, year = map(int, text.split("/"))
        return year, month, day

    def on(self, code: int, day: tuple[int, int, int]) -> str | None:
        spells = self._spells.get(code, ())
        return next((k for start, end, k in reversed(spells) if start <= day <= end), None)


def _elections(path: Path) -> pd.DataFrame:
    """Read what happened to each date of a national election, in the words of the list."""
    names = ("ccode", "elec_year", "elec_month", "elec_day", "sequence", "event", "elecnum",
             "type", "victory", "change", "runoff")  # fmt: skip
    events = read(path, names)
    events = events[events["type"].isin([EXECUTIVE, LEGISLATIVE])]
    day = pd.to_numeric(events["elec_day"], errors="coerce").fillna(1).astype(int)
    parts = (events["elec_year"].astype(int), events["elec_month"].astype(int), day)
    return events.assign(
        ccode=events["ccode"].replace(MISCODED),
        event=events["event"].str.strip().str.replace("Deadline, ", "Deadline "),
        kind=events["type"].map({EXECUTIVE: "executive", LEGISLATIVE: "legislative"}),
        day=[*zip(*parts, strict=True)],
    )


def _pairs(path: Path) -> pd.DataFrame:
    """Read disputes by pair of states and year, and whether a border was at stake."""
    names = ("dispnum", "ccode1", "ccode2", "year", "revtype11", "revtype12", "orig1", "orig2",
             "fatality", "stmon", "endmon", "ongo2010")  # fmt: skip
    rows = read(path, names)
    rows = rows[(rows["year"] >= FIRST_OF_DISPUTES) & (rows["ccode1"] < rows["ccode2"])]
    return rows.assign(border=(rows["revtype11"] == A_BORDER) | (rows["revtype12"] == A_BORDER))


class _Rivals:
    """Whether two states were strategic rivals in a year."""

    def __init__(self, path: Path):
        self._spells = {}
        for row in read(path, ("ccode1", "ccode2", "start", "end")).itertuples():
            end = np.inf if np.isnan(row.end) else row.end
            pair = frozenset((row.ccode1, row.ccode2))
            self._spells.setdefault(pair, []).append((row.start, end))

    def at(self, one: int, other: int, year: int) -> bool:
        spells = self._spells.get(frozenset((one, other)), ())
        return any(start <= year <= end for start, end in spells)


TABLES = (
    civil_conflict_next_year, civil_conflict_two_years, civil_conflict_decided,
    foreign_troops_next_year, conflict_recurrence, conflict_recurrence_times, conflict_onsets,
    interstate_conflict_next_year, deaths_by_half_year, peace_deal_next_year,
    peace_agreements_first_year, coup_attempts, coup_success, coup_again, leaders_leave,
    leaders_irregular_exit, incumbent_wins, elections_not_held, disputes, rivals_clash_first_year,
    freedoms_fall, fed_decisions, forecast_questions, forecast_questions_2026,
)  # fmt: skip
