"""The publishers' own files, in their own layout, become the tables of priors/data."""

import csv
import io
import zipfile

import pandas as pd
import pytest

from benchmarks import base_rates, derive_data, publishers
from forecasting.errors import InputError
from forecasting.file import tables


def listed(names):
    return names.split()


# Headings as published: every column, in order, of the versions that publishers.py names
# (of AidData's 126 those around what is used). Rows are made up, but for the two victories.
GED = listed(
    "id relid year active_year code_status type_of_violence conflict_dset_id conflict_new_id "
    "conflict_name dyad_dset_id dyad_new_id dyad_name side_a_dset_id side_a_new_id side_a "
    "side_b_dset_id side_b_new_id side_b number_of_sources source_article source_office "
    "source_date source_headline source_original where_prec where_coordinates where_description "
    "adm_1 adm_2 latitude longitude geom_wkt priogrid_gid country country_id region "
    "event_clarity date_prec date_start date_end deaths_a deaths_b deaths_civilians "
    "deaths_unknown best high low gwnoa gwnob"
)
HDX = [*GED[:34], "iso3", *GED[34:]]
TAGS = {  # the second row of an HDX file; most columns have none, the dyad's among them
    "year": "#date+year", "side_a": "#group+name+first", "side_b": "#group+name+second",
    "country": "#country+name", "iso3": "#country+code", "date_start": "#date+start",
    "date_end": "#date+end", "best": "#affected+killed",
}  # fmt: skip
TERMINATION = listed(
    "dyadep_id dyadepisode type_of_conflict2 dyadcount dyadterm ependdate ependprec outcome "
    "cfiredate peagdate recur version conflict_id dyad_id year location side_a side_a_id "
    "side_a_2nd side_b side_b_id side_b_2nd incompatibility territory_name intensity_level "
    "type_of_conflict start_date start_prec start_date2 start_prec2 gwno_loc region"
)
CONFLICTS = listed(
    "conflict_id location side_a side_a_id side_a_2nd side_b side_b_id side_b_2nd "
    "incompatibility territory_name year intensity_level cumulative_intensity type_of_conflict "
    "start_date start_prec start_date2 start_prec2 ep_end ep_end_date ep_end_prec gwno_a "
    "gwno_a_2nd gwno_b gwno_b_2nd gwno_loc region version"
)
DEATHS = listed(
    "conflict_id dyad_id location_inc side_a side_a_id side_a_2nd side_b side_b_id side_b_2nd "
    "incompatibility territory_name year bd_best bd_low bd_high type_of_conflict "
    "battle_location gwno_a gwno_a_2nd gwno_b gwno_b_2nd gwno_loc gwno_battle region version"
)
AIDDATA = [
    "AidData Record ID", "Recommended For Aggregates", "AidData Parent ID", "Umbrella",
    "Financier Country", "Recipient", "Recipient ISO-3", "Recipient Region", "Commitment Year",
    "Title", "Description", "Flow Type Simplified", "Flow Class", "Sector Name",
    "Amount (Constant USD 2021) ", "Adjusted Amount (Constant USD 2021) ",
]  # fmt: skip


def as_csv(headings, rows, **dialect):
    """Write rows that name only what matters; other columns are empty, as they often are."""
    text = io.StringIO()
    writer = csv.DictWriter(text, headings, restval="", lineterminator="\n", **dialect)
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def event(dyad, country, start, best, **more):
    return {
        "type_of_violence": 1, "dyad_new_id": dyad, "country": country, "best": best,
        "date_start": f"{start} 00:00:00.000", "source_headline": 'Five, or six, "killed"',
    } | more  # fmt: skip


EVENTS = [
    event(857, "Pakistan", "2020-12-30", 4),
    event(857, "Pakistan", "2021-02-03", 2),
    event(857, "Pakistan", "2021-02-09", 5, source_article="one line\nand another"),
    event(857, "Afghanistan", "2021-02-09", 50),
    event(900, "Pakistan", "2021-01-09", 9),
]
COUNTED = {"month": ["2020-12", "2021-01", "2021-02"], "events": [1, 0, 2], "deaths": [4, 0, 7]}


def ended(dyad, year, country, **more):
    return {
        "dyadepisode": 1, "dyad_id": dyad, "year": year, "incompatibility": 2,
        "type_of_conflict": 3, "dyadterm": 0,
    } | {"location": country[0], "gwno_loc": country[1]} | more  # fmt: skip


KABUL, PHNOM_PENH = ("Afghanistan", 700), ("Cambodia", 811)
ENDINGS = [
    ended(736, 1995, KABUL, conflict_id=333, start_date2="3/11/95"),
    ended(736, 1996, KABUL, conflict_id=333, start_date2="3/11/95", dyadterm=1, outcome=4,
          ependdate="9/26/96"),
    ended(737, 1996, KABUL, conflict_id=333, start_date2="1/1/96", dyadterm=1, outcome=5,
          ependdate="12/31/96"),
    ended(600, 1975, PHNOM_PENH, conflict_id=300, start_date2="5/31/67", dyadterm=1, outcome=4,
          ependdate="4/17/75"),
    ended(601, 1980, ("Peru", 135), conflict_id=301, start_date2="6/1/80", dyadterm=1, outcome=3,
          ependdate="6/1/80"),
    # As published: no ending known yet, and full stops for missing values.
    ended(411, 2014, ("Philippines", 840), conflict_id=209, start_date2="6/6/99", ependdate=".",
          outcome="."),
    ended(411, 2020, ("Philippines", 840), conflict_id=209, start_date2="6/6/99", dyadterm=""),
    # Between states: two numbers in one cell.
    ended(422, 1999, ("India, Pakistan", "750, 770"), conflict_id=218, type_of_conflict=2),
]  # fmt: skip
YEARS = [
    {"conflict_id": c, "location": place, "gwno_loc": number, "year": year,
     "intensity_level": level, "type_of_conflict": kind}
    for c, place, number, year, level, kind in [
        (333, "Afghanistan", 700, 1995, 2, 3), (333, "Afghanistan", 700, 1996, 2, 3),
        (333, "Afghanistan", 700, 1997, 2, 4), (218, "India, Pakistan", "750, 770", 1980, 1, 2),
        (300, "Cambodia", 811, 1977, 2, 3), (300, "Cambodia", 811, 1978, 1, 3),
    ]
]  # fmt: skip
RECORDS = [
    {"Recipient": "Afghanistan", "Recipient ISO-3": "AFG", "Commitment Year": year,
     "Recommended For Aggregates": counts, "Adjusted Amount (Constant USD 2021) ": amount,
     "Amount (Constant USD 2021) ": 1, "Description": "over\nseveral, \"quoted\" lines"}
    for year, counts, amount in [(2008, "Yes", 150e6), (2008, "No", 900e6), (2009, "Yes", "")]
]  # fmt: skip


@pytest.fixture
def file(tmp_path):
    def write(text, name="download.csv", encoding="utf-8"):
        path = tmp_path / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode(encoding))
        return path

    return write


@pytest.mark.parametrize(
    ("headings", "rows"),
    [
        (GED, EVENTS),
        (HDX, [TAGS, *EVENTS]),
        (HDX, [TAGS | {"dyad_new_id": "#dyad+id"}, *EVENTS]),
    ],
    ids=["global", "HDX, as published", "a tag in every column"],
)
def test_events_are_counted_by_month_with_zeros_between(file, headings, rows):
    months = publishers.events_by_month(file(as_csv(headings, rows)), 857, "Pakistan")
    assert months.to_dict("list") == COUNTED


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252"])
def test_accents_are_read_in_each_encoding_in_use(file, encoding):
    named = [event(1, "Côte d’Ivoire", "2011-03-01", 7)]
    path = file(as_csv(GED, named), encoding=encoding)
    assert publishers.events_by_month(path, 1, "Côte d’Ivoire")["deaths"].tolist() == [7]


def test_a_zip_is_read_as_downloaded(file):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("GEDEvent_v25_1.csv", as_csv(GED, EVENTS))
    path = file(packed.getvalue(), "ged251-csv.zip")
    assert publishers.events_by_month(path, 857, "Pakistan").to_dict("list") == COUNTED


@pytest.mark.parametrize("delimiter", [",", ";"])
def test_rebel_victories_and_what_followed(file, delimiter):
    victories = publishers.rebel_victories(file(as_csv(TERMINATION, ENDINGS, delimiter=delimiter)))
    years = publishers.conflict_years(file(as_csv(CONFLICTS, YEARS, delimiter=delimiter)))
    columns = ["country", "year", "length", "others", "was_war", "fighting", "war", "known"]
    one_year = derive_data.rebel_victories(victories, years)
    assert one_year[columns].to_numpy().tolist() == [
        ["Cambodia", 1975, "over a year", "no", "no", 0, 0, 1976],
        ["Afghanistan", 1996, "over a year", "yes", "yes", 1, 1, 1997],
    ]
    two_years = derive_data.rebel_victories(victories, years, within=2)
    assert two_years[columns[-3:]].to_numpy().tolist() == [[1, 1, 1977], [1, 1, 1998]]
    spells = derive_data.peace_after_rebel_victory(victories, years)
    assert spells[["start", "event_from", "event_to"]].to_numpy().tolist() == [
        ["1975-04-17", "1977-01-01", "1977-12-31"],
        ["1996-09-26", "1996-09-26", "1997-12-31"],
    ]


def test_conflict_years_of_middling_size_are_followed_into_the_next(file):
    counts = [(857, 2018, 200), (857, 2019, 100), (857, 2020, 400), (9, 2018, 150), (8, 2018, 149)]
    rows = [
        {"dyad_id": d, "year": y, "bd_best": n, "type_of_conflict": 3} for d, y, n in counts
    ] + [{"dyad_id": 7, "year": 2018, "bd_best": 300, "type_of_conflict": 2}]
    text = as_csv(DEATHS, rows, quoting=csv.QUOTE_ALL)  # as published
    table = derive_data.rebel_conflict_years(publishers.battle_deaths(file(text)))
    columns = ["year", "years_on_end", "of", "active_again", "half_more", "half_less"]
    assert table[columns].to_numpy().tolist() == [[2018, "1", 2, 1, 0, 2]]


def test_only_records_recommended_for_aggregates_are_summed(file):
    finance = publishers.chinese_finance(file(as_csv(AIDDATA, RECORDS)))
    assert finance.to_numpy().tolist() == [["AFG", 2008, 150e6], ["AFG", 2009, 0.0]]


def test_recipients_are_neighbours_and_those_long_at_war_or_under_sanctions():
    no_war = pd.DataFrame({"gwno_loc": [], "year": [], "intensity_level": []})
    finance = pd.DataFrame({"iso3": ["SSD"], "year": [2012], "usd": [200e6]})
    table = derive_data.chinese_commitments(finance, no_war)
    assert {"Afghanistan", "Tajikistan", "North Korea", "Libya"} <= set(table["country"])
    assert not {"India", "Colombia"} & set(table["country"])  # in the table for their wars alone
    south_sudan = table[table["country"] == "South Sudan"]
    assert south_sudan["year"].min() == 2011
    assert south_sudan["large"].sum() == 1


def test_the_years_with_a_truce_follow_from_the_deals():
    deals = pd.DataFrame([{"year": int(row["year"])} for row in tables.load("ttp_deals").rows])
    years = derive_data.ttp_years(deals)
    shipped = tables.load("ttp_years").rows
    assert [[int(row["year"]), int(row["truce"])] for row in shipped] == years.to_numpy().tolist()
    assert years.loc[years["truce"] == 1, "year"].tolist() == [2008, 2009, 2014]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (as_csv(AIDDATA, RECORDS), "it has no column dyad_new_id"),
        (as_csv([c for c in GED if c != "best"], []), "it has no column best"),
        ("\n".join(as_csv(GED, EVENTS).splitlines()[1:]), "it has no column"),
        (b"PK\x03\x04" + bytes(40), "this is a workbook, not a CSV file"),
        ("", "this is not a CSV file"),
        (bytes([0x81, 0x8D, 0x8F, 0x90]) * 9, "the encoding of this file is not known"),
    ],
    ids=["another file", "a column missing", "no heading", "a workbook", "empty", "not text"],
)
def test_a_file_that_cannot_be_read_is_refused_with_the_reason(file, content, message):
    with pytest.raises(InputError, match=message):
        publishers.events_by_month(file(content), 857, "Pakistan")


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(InputError, match="there is no such file"):
        publishers.battle_deaths(tmp_path / "deaths.csv")


def test_a_folder_of_downloads_becomes_the_tables(tmp_path, monkeypatch, capsys):
    downloads, out = tmp_path / "downloads", tmp_path / "data"
    downloads.mkdir()
    out.mkdir()
    for name, text in {
        "GEDEvent_v25_1.csv": as_csv(GED, EVENTS),
        "ucdp-term-dyad-3-2021.csv": as_csv(TERMINATION, ENDINGS),
        "UcdpPrioConflict_v25_1.csv": as_csv(CONFLICTS, YEARS),
        "BattleDeaths_v24_1.csv": as_csv(
            DEATHS, [{"dyad_id": 857, "year": 2018, "bd_best": 200, "type_of_conflict": 3}]
        ),
        "AidDatasGlobalChineseDevelopmentFinanceDataset_v3.0.csv": as_csv(AIDDATA, RECORDS),
        "country-month.csv": "month,country,best\n"
        + "".join(
            f"{year}-{month:02},{country},{(year * month) % 7}\n"
            for year in range(1989, 2021)
            for month in range(1, 13)
            for country in ("Aland", "Bland")
        ),
    }.items():
        (downloads / name).write_text(text, encoding="utf-8")
    for name in ("ttp_deals.csv", "ttp_deals.yaml"):
        (out / name).write_bytes((derive_data.OUT / name).read_bytes())
    monkeypatch.setattr(derive_data, "OUT", out)
    derive_data.main(downloads)
    assert "ttp_deaths_monthly: 3 rows" in capsys.readouterr().out
    made = {path.stem for path in out.glob("*.csv")}
    library = {make.__name__ for make in base_rates.TABLES}
    assert made - library == {*tables.names()} - library
    assert {"conflict_recurrence", "civil_conflict_decided"} <= made  # of what else is at hand
    for name in made:
        written = (out / f"{name}.csv").read_text(encoding="utf-8").splitlines()[0]
        assert written.split(",") == list(tables.load(name).columns)
