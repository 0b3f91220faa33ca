"""A table that a spreadsheet saved is read right where it leaves no doubt, and refused by line."""

import codecs
import csv
from datetime import date
from pathlib import Path

import pytest

from forecasting.cli import main
from forecasting.errors import InputError
from forecasting.file import case, tables
from forecasting.fit import reference_class

SIDECAR = """
title: strikes
source: own
licence: own
citation: own
rule: own
dated: known
every: year
cut: 2024
columns: {place: where, region: which, strike: whether, known: when}
"""
ROWS = [
    ("place", "region", "strike", "known"),
    ("Besançon", "north", "1", "2001"),
    ("Ürümqi", "south", "0", "2002"),
    ("Kinshasa", "Congo, DRC", "1", "2003"),
]
TEXT = "place,region,strike,known\nBesançon,north,1,2001\nÜrümqi,south,0,2002\n"
TEXT += 'Kinshasa,"Congo, DRC",1,2003\n'


@pytest.fixture
def beside(tmp_path):
    """Write a table beside a case; give the case file, whose base rate asks for it."""
    (tmp_path / "data").mkdir()

    def write(data, sidecar=SIDECAR, base_rate="outcome: strike, by: region"):
        raw = data if isinstance(data, bytes) else data.encode("utf-8")
        (tmp_path / "data/own.csv").write_bytes(raw)
        raw = sidecar if isinstance(sidecar, bytes) else sidecar.encode("utf-8")
        (tmp_path / "data/own.yaml").write_bytes(raw)
        path = tmp_path / "own-case.yaml"
        path.write_text(
            "{case: own, as_of: 2024-12-31, resolve_by: 2025-12-31, events: {strike: {base_rate: "
            f"{{model: reference_class, data: own, {base_rate}, within: 12 months}}}}}}}}",
            encoding="utf-8",
        )
        return path

    return write


def table(path):
    return case.load(path).events["strike"].base_rate.model.table


def refused(path):
    """The one problem that the table gives."""
    with pytest.raises(InputError) as caught:
        case.load(path)
    (problem,) = caught.value.problems
    return problem


# --- how spreadsheets save ------------------------------------------------------------------------


@pytest.mark.parametrize("separator", [",", ";", "\t"], ids=["comma", "semicolon", "tab"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"], ids=["LF", "CRLF", "CR"])
@pytest.mark.parametrize(
    ("encoding", "mark"),
    [
        ("utf-8", b""),
        ("utf-8", codecs.BOM_UTF8),
        ("utf-16-le", codecs.BOM_UTF16_LE),
        ("utf-16-be", codecs.BOM_UTF16_BE),
    ],
    ids=["UTF-8", "UTF-8 with BOM", "UTF-16", "UTF-16 big endian"],
)
def test_every_way_of_saving_that_leaves_no_doubt_gives_the_same_rows(
    beside, separator, end, encoding, mark
):
    import io

    stream = io.StringIO(newline="")
    csv.writer(stream, delimiter=separator, lineterminator=end).writerows(ROWS)
    found = table(beside(mark + stream.getvalue().encode(encoding)))
    assert [tuple(row.values()) for row in found.rows] == ROWS[1:]
    assert found.lines == (2, 3, 4)


def test_rows_without_any_value_at_the_end_are_nothing(beside):
    assert len(table(beside(TEXT + ",,,\n\n,,,\n")).rows) == 3


def test_lines_are_those_of_the_file_also_after_a_cell_of_several_lines(beside):
    text = 'place,region,strike,known\n"a\nb",x,1,2001\n\nc,x,maybe,2002\n'
    assert refused(beside(text)).place == "line 5: strike"


@pytest.mark.parametrize(
    ("data", "place", "byte"),
    [
        (TEXT.encode("cp1252"), "line 2: place", "byte 0xe7"),
        (
            TEXT.replace("north", "nörd").replace("ç", "c").encode("cp1252"),
            "line 2: region",
            "0xf6",
        ),
        (TEXT.encode() + "Orléans,north,1,2004".encode("cp1252"), "line 5: place", "byte 0xe9"),
        (TEXT.replace(",", ";").encode("cp1252"), "line 2: place", "byte 0xe7"),
        (TEXT.encode("ascii", "replace").decode().encode("utf-16-le"), "line 1: place", "0x00"),
        (codecs.BOM_UTF16_LE + TEXT.encode("utf-16-le")[:-1], "line 4: known", "byte 0x0a"),
        (codecs.BOM_UTF32_LE + TEXT.encode("utf-32-le"), "line 1: place", "byte 0x00"),
    ],
    ids=["cp1252", "a later column", "mixed", "semicolons", "no mark", "cut off", "UTF-32"],
)
def test_an_encoding_in_doubt_is_refused_by_line_and_column(beside, data, place, byte):
    problem = refused(beside(data))
    assert problem.problem == "not UTF-8 text"
    assert problem.file.endswith("data/own.csv")
    assert problem.place == place
    assert byte in problem.found
    assert problem.accepted.startswith("a text file saved as UTF-8")


def test_a_table_of_western_windows_is_read_where_its_sidecar_says_so(beside):
    found = table(beside(TEXT.encode("cp1252"), f"{SIDECAR}encoding: cp1252\n"))
    assert [tuple(row.values()) for row in found.rows] == ROWS[1:]
    # A mark of the encoding says more than the sidecar.
    wide = table(beside(TEXT.encode("utf-16"), f"{SIDECAR}encoding: cp1252\n"))
    assert wide.rows == found.rows


def test_decimal_commas_are_compared_where_commas_do_not_separate(beside):
    text = "place;region;strike;known\na;0,5;1;2001\nb;0,25;0;2001\nc;12;1;2001\n"
    kept = table(beside(text)).where(["region>=0,5"])
    assert [row["place"] for row in kept.rows] == ["a", "c"]
    with pytest.raises(InputError):
        table(beside(text.replace(",", ".").replace(";", ","))).where(["region>=0,5"])


@pytest.mark.parametrize("command", ["check", "run", "fit", "report"])
def test_every_command_refuses_in_the_same_words(beside, command, capsys, tmp_path):
    path = str(beside(TEXT.encode("cp1252")))
    more = ["-o", str(tmp_path / "x.html")] if command == "report" else []
    assert main([command, path, *more]) == 1
    told = capsys.readouterr().err
    assert "own.csv: line 2: place: not UTF-8 text\n    found:    byte 0xe7\n" in told


@pytest.mark.parametrize(
    "sidecar", [SIDECAR.encode("utf-8-sig"), SIDECAR.encode("utf-16")], ids=["UTF-8", "UTF-16"]
)
def test_a_sidecar_with_a_mark_is_read(beside, sidecar):
    assert table(beside(TEXT, sidecar)).sidecar.title == "strikes"


def test_a_sidecar_in_doubt_is_refused(beside):
    problem = refused(beside(TEXT, SIDECAR.replace("own", "Besançon", 1).encode("cp1252")))
    assert (problem.problem, problem.place) == ("not UTF-8 text", "line 3")
    assert problem.file.endswith("own.yaml")


@pytest.mark.parametrize(
    ("text", "place", "says"),
    [
        (TEXT.replace("north", "n" * 200_000), "line 2: region", "the text is too long"),
        (TEXT.replace("north", '"north'), "line 2", "not a row of values"),
        (TEXT.replace("north", '"north"ern'), "line 2", "not a row of values"),
        (TEXT.replace("Besançon,north", "Besançon;north"), "", "line 2 has more or fewer values"),
        (TEXT.replace("2001", "01.07.2001"), "line 2", "known is '01.07.2001', not a date"),
        (TEXT.replace("2001", "NA"), "line 2", "known is 'NA', not a date"),
        (TEXT.replace("2001", "2025"), "line 2", "known 2025 is later than the cut, 2024"),
        ("", "", "a table has 1 to 100,000 rows, this one 0"),
    ],
)
def test_what_is_not_a_table_is_refused_by_line(beside, text, place, says):
    problem = refused(beside(text))
    assert problem.file.endswith("own.csv")
    assert problem.place == place
    assert problem.problem.startswith(says)


def test_a_file_that_is_too_large_is_not_read(beside, monkeypatch):
    monkeypatch.setattr(tables, "MAX_BYTES", 100)
    assert refused(beside(TEXT)).problem == "the file is too large"


def test_a_changed_sidecar_is_read_again(beside):
    found = table(beside(TEXT))
    Path(found.file).with_suffix(".yaml").write_text(SIDECAR.replace("strikes", "walkouts"))
    assert tables.load("own", Path(found.file).parents[1]).sidecar.title == "walkouts"


# --- outcomes -------------------------------------------------------------------------------------


def outcomes(*cells, separator=","):
    rows = [f"p{separator}x{separator}{cell}{separator}2001" for cell in cells]
    return "\n".join([separator.join(ROWS[0]), *rows]) + "\n"


@pytest.mark.parametrize("yes", ["yes", "Yes", "TRUE", "True", "1", "1.0", "1.00", " 1 "])
@pytest.mark.parametrize("no", ["no", "NO", "FALSE", "false", "0", "0.0", "0.00"])
def test_outcomes_are_understood_in_every_usual_spelling(beside, yes, no):
    found = table(beside(outcomes(yes, no, no, yes, yes)))
    assert reference_class.counts(found, {"outcome": "strike"})[1:] == ([3], [5])


@pytest.mark.parametrize("separator", [";", "\t"])
def test_a_decimal_comma_is_read_where_the_comma_separates_nothing(beside, separator):
    found = table(beside(outcomes("1,0", "0,00", "1", separator=separator)))
    assert found.cases("strike") == [(1, 1), (0, 1), (1, 1)]


@pytest.mark.parametrize(
    "cell", ["2", "-1", "0.5", "1.000", '"1,000"', "maybe", "y", "1_0", "1e0", '"1,0"', "WAHR", "?"]
)
def test_an_outcome_in_doubt_is_refused_by_line(beside, cell):
    problem = refused(beside(outcomes("1", cell, "0")))
    assert (problem.place, problem.problem) == ("line 3: strike", "neither yes nor no")
    assert problem.found == cell.strip('"')
    assert problem.accepted == "1 or 0, yes or no, true or false"


@pytest.mark.parametrize("cell", ["1,000", "1.000"])
def test_a_separator_of_thousands_is_refused_where_commas_may_be_decimal(beside, cell):
    assert refused(beside(outcomes("1", cell, separator=";"))).place == "line 3: strike"


@pytest.mark.parametrize("blank", ["", " ", "NA", "na", "NaN", "n.a.", "N/A"])
def test_an_outcome_that_is_not_known_is_refused_with_how_to_mark_it(beside, blank):
    problem = refused(beside(outcomes("1", blank, "0", "NA")))
    assert problem.place == "line 3: strike"
    assert problem.problem == "nothing is stated here, nor in 1 other row"
    assert problem.found.strip() == (blank.strip() or "an empty cell")
    assert "open: strike" in problem.hint


def test_counts_of_cases_have_no_words(beside):
    side = SIDECAR.replace("known: when", "known: when, of: how many")
    text = "place,region,strike,known,of\np,x,{},2001,{}\n"
    assert table(beside(text.format("3.0", 7), side)).cases("strike") == [(3, 7)]
    for yes, of, place, accepted in (
        ("yes", 7, "strike", "0 to 7"),
        ("8", 7, "strike", "0 to 7"),
        ("0", "NA", "of", "a whole number from 0 on, such as 12"),
    ):
        problem = refused(beside(text.format(yes, of), side))
        assert (problem.place, problem.accepted) == (f"line 2: {place}", accepted)


def test_open_cases_are_left_out_and_counted(beside):
    path = beside(outcomes("1", "NA", "0", "", "0"), SIDECAR + "open: strike\n")
    known, left_out = case.load(path).events["strike"].base_rate.model.known(date(2024, 12, 31))
    assert known.cases("strike") == [(1, 1), (0, 1), (0, 1)]
    assert known.lines == (2, 4, 6)
    assert left_out == 2


def test_an_open_column_that_is_none_is_refused(beside):
    problem = refused(beside(TEXT, SIDECAR + "open: [strike, lockout]\n"))
    assert problem.problem == "the sidecar calls lockout open, which is no column"


@pytest.mark.parametrize("mark", ["NA", "nan", ""])
def test_a_model_of_times_takes_marked_cells_as_open(tmp_path, mark):
    side = SIDECAR.replace("region: which, strike: whether, known: when", "start: a, event_from: b")
    side = side.replace("event_from: b", "event_from: b, event_to: c").replace("known", "start")
    (tmp_path / "data").mkdir()
    (tmp_path / "data/own.yaml").write_text(side + "open: [event_from, event_to]\n")
    (tmp_path / "data/own.csv").write_text(
        f"place,start,event_from,event_to\nx,2001-02-03,{mark},{mark}\ny,2001,2002,2003-04\n"
    )
    assert tables.load("own", tmp_path).spans() == [
        (date(2001, 2, 3), None, None),
        (date(2001, 1, 1), date(2002, 1, 1), date(2003, 4, 30)),
    ]


# --- the calendar ---------------------------------------------------------------------------------


@pytest.mark.parametrize("day", [date(1, 1, 1), date(1, 1, 30), date(1, 12, 30)])
def test_before_the_first_whole_year_nothing_was_known(day):
    assert tables.load("rebel_victories").until(day).rows == ()
