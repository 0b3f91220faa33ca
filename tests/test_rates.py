"""`forecasting rates` finds a base rate by words, counts it by groups, and says what to paste."""

import csv
import io
import json
import subprocess
import sys
from pathlib import Path

import pytest

from forecasting.cli import main
from forecasting.file import case


@pytest.fixture
def rates(capsys):
    def run(*words):
        status = main(["rates", *words])
        out, err = capsys.readouterr()
        assert status == (1 if err else 0)
        return out or err

    return run


def on_one_line(text):
    return " ".join(text.split())


def test_words_list_the_questions_that_have_them(rates):
    shown = on_one_line(rates("coup", "succeed"))
    assert "A coup is under way: will it succeed?" in shown
    assert "246 of 493 50% 2024-12-31 coup_success.succeeded" in shown
    assert "Federal Reserve" not in shown
    every = json.loads(rates("--format", "json"))
    assert {"coup_success.succeeded", "rebel_victories.war"} <= {one["table"] for one in every}
    header, *rows = csv.reader(io.StringIO(rates("mayor", "coup", "--format", "csv")))
    assert header == ["table", "question", "seen", "cases", "last", "source"]
    assert ["246", "493", "2024-12-31"] in [row[2:5] for row in rows]


def test_a_table_is_counted_by_groups_with_all_that_goes_with_it(rates):
    shown = rates("coup_attempts", "--by", "last_attempt", "--where", "year>=1990")
    line = next(one for one in shown.splitlines() if one.startswith("1-5 years ago"))
    assert line.split()[3:] == [
        "44",
        "of",
        "500",
        "8.8%",
        "6.9%",
        "11%",
    ]  # Beta(44.5, 456.5): .0689, .1106
    flat = on_one_line(shown)
    for words in (
        "Will there be a coup attempt in the country within twelve months?",
        "known to 2024-12-31, only year>=1990.",
        "2010s 21 of 1,969",
        "Learned on cases known to 2013: 2.0% (91 of 4,597). Came from 2014 on: 1.2% (25 of 2,167)",
        "It drifts: take the recent cases",
        "with one share for all: the groups help",
        "Source: Powell and Thyne",
        "Terms: Unclear",
        "Beware: Foiled plots and rumours",
        "Of the same table: coup_attempts.coup.",
    ):
        assert words in flat


def test_the_lines_to_paste_make_a_case(rates, tmp_path):
    shown = rates("civil_conflict_next_year.war", "--by", "intensity,years_on_end")
    lines = shown[shown.index("base_rate:") :].splitlines()
    assert len(lines) == 7
    path = tmp_path / "own.yaml"
    head = "case: own\nas_of: 2025-01-01\nresolve_by: 2026-01-01\nevents:\n  war:\n"
    path.write_text(head + "".join(f"    {line}\n" for line in lines))
    spec = case.load(path).events["war"].base_rate.model
    assert spec.settings["group"] == "minor, 2-4"  # 519 of the 2,431


def test_one_share_for_all_is_scored_without_groups(rates):
    shown = on_one_line(rates("elections_not_held"))
    assert "It drifts" in shown
    assert "the groups" not in shown
    assert "It may be grouped by missed_before, regime, kind." in shown
    assert "Too few cases" in rates("ttp_deals", "--by", "kind")


def test_the_table_and_its_data_count_the_same_cases(rates):
    """A row of this table stands for all states of a year whose last attempt was as long ago."""
    words = "coup_attempts", "--where", "year>=1990"
    with Path("priors/data/coup_attempts.csv").open(encoding="utf-8", newline="") as file:
        cases = sum(int(row["of"]) for row in csv.DictReader(file) if int(row["year"]) >= 1990)
    assert f"; {cases:,} cases, known to" in on_one_line(rates(*words))
    assert json.loads(rates(*words, "--format", "json"))["cases"] == cases


def test_only_what_was_known_on_a_day_is_counted(rates):
    found = json.loads(rates("coup_attempts", "--as-of", "2021-09-15", "--format", "json"))
    assert found["last"] == "2020-12-31"
    assert found["decades"][-1]["group"] == "2020s"
    assert found["groups"][0]["of"] == found["cases"]
    assert found["holdout"]["later"]["of"] >= 20
    assert "model: reference_class" in found["paste"]


def test_a_table_of_times_is_counted_with_kaplan_and_meier_and_the_time_by_which_half_came(rates):
    """Of 19 peaces with others still fighting 15 broke within two years: Beta(15.5, 4.5)."""
    shown = rates("peace_after_rebel_victory", "--by", "others")
    line = next(one for one in shown.splitlines() if one.startswith("yes"))
    assert line.split() == ["yes", "15", "of", "19", "79%", "61%", "91%", "77%", "14"]
    assert "peace_after_rebel_victory.within_24_months" in on_one_line(rates("rebel", "victory"))
    lines = shown[shown.index("base_rate:") :].splitlines()
    assert "evenly over them. Half by month" in on_one_line(shown)  # all were followed
    assert lines[1:] == [
        "  model: time_to_event",
        "  data: peace_after_rebel_victory",
        "  since: 2020-12-31",
        "  by: others",
        "  group: no",
    ]
    early = json.loads(
        rates("conflict_recurrence_times", "--as-of", "1995-01-01", "--format", "json")
    )
    assert early["table"] == "conflict_recurrence_times.within_12_months"
    # Of 211 nine, endings of 1993, had been quiet for a year only the day before; the 17 that began
    # to count a year before that were followed for twelve months to the day.
    (every,) = early["groups"]
    assert every["of"] == early["cases"] == 202
    assert 0 < every["kaplan_meier"] < 0.3


def test_tables_beside_a_case_count_too(rates, tmp_path):
    (tmp_path / "data").mkdir()
    for end in ("csv", "yaml"):
        text = Path(f"priors/data/ttp_deals.{end}").read_text(encoding="utf-8")
        (tmp_path / f"data/own_deals.{end}").write_text(text, encoding="utf-8")
    own = str(tmp_path / "own.yaml")
    assert "own_deals.six_months" in rates("deals", "--case", own)
    assert "own_deals" not in rates("deals")
    assert "1 of 6" in rates("own_deals", "--case", own)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["quokka"], "no table has these words"),
        (["coup_attempt", "--by", "year"], "did you mean coup_attempts"),
        (["coup_attempts", "--by", "regime"], "accepted: last_attempt"),
        (["coup_attempts.putsch"], "there is no table of this name"),
        (["coup_attempts", "--where", "last_attempt=never"], "longer ago or never"),
        (["--where", "year>1990"], "there is no table of this name"),
    ],
)
def test_what_cannot_be_counted_is_refused(rates, words, message):
    assert message in rates(*words)


def test_a_count_loads_neither_scipy_nor_pandas_nor_pymc():
    script = (
        "import sys; from forecasting.cli import main; "
        "main(['rates', 'coup_success', '--by', 'region']); "
        "assert not {'scipy', 'pandas', 'pymc', 'matplotlib'} & {*sys.modules}"
    )
    subprocess.run([sys.executable, "-c", script], check=True, stdout=subprocess.DEVNULL)
