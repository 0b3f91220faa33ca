"""A table shows a field as its record says, whatever the row is made of."""

import pytest

from forecasting.answer.explain import WeightRow
from forecasting.answer.rows import cells, names
from forecasting.answer.sensitivity import TippingRow, TornadoRow
from forecasting.answer.watch import FindingRow
from forecasting.tell import terminal
from forecasting.tell.table import Column, Strong, Table, columns, figure, plain


@pytest.mark.parametrize(
    ("record", "name", "value", "shown"),
    [
        (FindingRow, "if_yes", 0.0312, "3.1%"),
        (FindingRow, "bits", 0.0312, "0.031"),
        (WeightRow, "decibans", 2.04, "+2.0"),
        (WeightRow, "grade_cost", -0.31, "-0.3"),  # a property
        (TippingRow, "distance", 1.26, "1.3"),  # a number or None
        (TippingRow, "distance", None, ""),
        (TornadoRow, "best", "2.5", "2.5"),  # a probability or a multiplier: no form of its own
    ],
)
def test_the_type_of_a_field_says_how_it_is_shown(record, name, value, shown):
    (column,) = columns(record, **{name: "heading"})
    assert column.number and column.whole and column.heading == "heading"
    assert plain(column.cell({name: value})) == shown


def test_text_is_no_number():
    (title, day) = columns(FindingRow, title="what", watch_until="until")
    assert not (title.number or day.number)


def test_a_field_that_a_record_lacks_is_refused():
    with pytest.raises(AttributeError, match="likelihood"):
        columns(FindingRow, likelihood="how likely")


def test_columns_with_nothing_in_them_are_left_out_but_the_first():
    table = Table((Column("a", "A"), Column("b", "B"), Column("c", "C")), ({"c": 1}, {"c": None}))
    assert [column.name for column in table.filled().columns] == ["a", "c"]
    assert table.filled().records == table.records


def test_the_last_row_may_stand_apart_and_a_head_may_be_missing(capsys):
    rows = ({"what": "one", "n": "1"}, {"what": "two", "n": "2"}, {"what": Strong("all"), "n": "3"})
    shown = Column("what", ""), figure("n", "")
    terminal.show([("The sum:", Table(shown, rows, apart=True))], 40)
    lines = [line.rstrip() for line in capsys.readouterr().out.splitlines()]
    assert lines == ["The sum:", "one   1", "two   2", "", "all   3"]


def test_blocks_have_an_empty_line_between_them_and_text_stays_on_its_line(capsys):
    terminal.show([("a\nb", terminal.Line("c[red]", "dim")), ("d",), ()], 40)
    assert capsys.readouterr().out == "a\\nb\nc[red]\n\nd\n\n"


def test_a_csv_has_the_columns_of_its_record_and_those_that_follow_from_them():
    (header,) = cells(WeightRow, ())
    assert header == names(WeightRow)
    assert header[-2:] == ("grade_cost", "sharing_cost")
    assert list(cells(("a", "b"), [{"b": (1, 2), "c": 3}])) == [("a", "b"), ("", "1; 2")]
