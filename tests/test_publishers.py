"""The publishers' own files, in their own layout, become the tables of priors/data."""

import pytest

from benchmarks import derive_data
from forecasting import publishers
from forecasting.errors import InputError

# Headings as published; rows made up, but for the two victories, which are real.
GED = """id,country,date_start,best,dyad_new_id,dyad_name
#meta+id,#country+name,#date+start,#affected+killed,#dyad+id,#dyad+name
1,Pakistan,2020-12-30,4,857,Government of Pakistan - TTP
2,Pakistan,2021-02-03 00:00:00.000,2,857,Government of Pakistan - TTP
3,Pakistan,2021-02-09,5,857,Government of Pakistan - TTP
4,Afghanistan,2021-02-09,50,857,Government of Pakistan - TTP
5,Pakistan,2021-01-09,9,900,Government of Pakistan - BLA
"""
TERMINATION = """dyadep_id,dyadepisode,dyadterm,ependdate,outcome,conflict_id,dyad_id,year,\
location,incompatibility,type_of_conflict,start_date2,gwno_loc
1,1,0,,,333,736,1995,Afghanistan,2,3,3/11/95,700
1,1,1,9/26/96,4,333,736,1996,Afghanistan,2,3,3/11/95,700
2,1,1,12/31/96,5,333,737,1996,Afghanistan,2,3,1/1/96,700
3,1,1,4/17/75,4,300,600,1975,Cambodia,2,3,5/31/67,811
4,1,1,6/1/80,3,301,601,1980,Peru,2,3,6/1/80,135
"""
CONFLICTS = """conflict_id,location,side_a,gwno_loc,year,intensity_level,type_of_conflict
333,Afghanistan,Government of Afghanistan,700,1995,2,3
333,Afghanistan,Government of Afghanistan,700,1996,2,3
333,Afghanistan,Government of Afghanistan,700,1997,2,4
400,India,Government of India,750,1997,1,2
300,Cambodia,Government of Cambodia,811,1978,1,3
"""
AIDDATA = """Recipient,Recipient ISO-3,Commitment Year,Recommended For Aggregates,\
Adjusted Amount (Constant USD 2021)
Afghanistan,AFG,2008,Yes,150000000
Afghanistan,AFG,2008,No,900000000
Afghanistan,AFG,2009,Yes,
"""


@pytest.fixture
def file(tmp_path):
    def write(text):
        path = tmp_path / "download.csv"
        path.write_text(text, encoding="utf-8")
        return path

    return write


def test_events_are_counted_by_month_with_zeros_between(file):
    months = publishers.events_by_month(file(GED), 857, "Pakistan")
    assert months.to_dict("list") == {
        "month": ["2020-12", "2021-01", "2021-02"],
        "events": [1, 0, 2],
        "deaths": [4, 0, 7],
    }


def test_rebel_victories_and_what_followed(file, tmp_path):
    victories = publishers.rebel_victories(file(TERMINATION))
    years = publishers.conflict_years(file(CONFLICTS))
    table = derive_data.rebel_victories(victories, years)
    columns = ["country", "year", "length", "others", "was_war", "fighting", "war"]
    assert table[columns].to_numpy().tolist() == [
        ["Cambodia", 1975, "over a year", "no", "no", 0, 0],
        ["Afghanistan", 1996, "over a year", "yes", "yes", 1, 1],
    ]
    spells = derive_data.peace_after_rebel_victory(victories, years)
    assert spells[["start", "event_from", "event_to"]].to_numpy().tolist() == [
        ["1975-04-17", "1978-01-01", "1978-12-31"],
        ["1996-09-26", "1996-09-26", "1997-12-31"],
    ]


def test_only_records_recommended_for_aggregates_are_summed(file):
    finance = publishers.chinese_finance(file(AIDDATA))
    assert finance.to_numpy().tolist() == [["AFG", 2008, 150e6], ["AFG", 2009, 0.0]]


def test_another_file_is_refused_with_the_column_it_lacks(file):
    with pytest.raises(InputError, match="it has no column dyad_new_id"):
        publishers.events_by_month(file(AIDDATA), 857, "Pakistan")
