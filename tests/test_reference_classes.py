"""Tables that count cases are found by words, and their groups counted as by hand."""

from datetime import date

import pytest
from scipy import integrate

from forecasting.answer.reference_classes import groups, search, taken
from forecasting.errors import InputError

SIDECAR = """\
title: Bridges after a flood
source: The council's books
licence: Ours
citation: The council's books
rule: Every bridge, one row a flood.
dated: known
every: year
cut: 2020
url: https://example.org/bridges
columns:
  bridge: its name
  stone: whether it is of stone
  fell: 1 if it fell within the winter
  known: the year of the flood
open: fell
"""

ROWS = """\
bridge,stone,fell,known
a,yes,0,2001
b,no,1,2002
c,no,1,2003
d,yes,0,2004
e,no,0,2005
f,no,,2019
"""


@pytest.fixture
def folder(tmp_path):
    data = tmp_path / "data"
    data.mkdir()
    (data / "bridges.csv").write_text(ROWS)
    (data / "bridges.yaml").write_text(SIDECAR)
    return tmp_path


def test_tables_with_most_of_the_words_come_first(folder):
    found = search("Bridges that FELL", beside=folder)
    assert found[0].name == "bridges.fell"
    assert found[0].told() == {
        "table": "bridges.fell",
        "title": "Bridges after a flood",
        "question": "whether it fell within the winter",
        "rows": 5,  # that of f is not known yet
        "last": "2020-12-31",
        "source": "The council's books",
        "by": [],  # of `stone` nobody said that it is no outcome: it is one as well
    }
    assert search("no such word") == ()
    assert len(search()) > len(found)


def test_a_sidecar_says_which_columns_are_outcomes_and_over_which_period(folder):
    side = folder / "data" / "bridges.yaml"
    side.write_text(SIDECAR + "within: {fell: 6 months}\n")
    (counted,) = (one for one in search("bridges", beside=folder) if one.table.name == "bridges")
    assert (counted.outcome, counted.by) == ("fell", ("stone",))
    _, found = groups("bridges.fell", ["stone"], beside=folder)
    assert [(one.group, one.seen, one.of) for one in found] == [
        ("all", 2, 5), ("no", 2, 3), ("yes", 0, 2),
    ]  # fmt: skip
    one = taken(counted, found[1], ["stone"])
    assert one["base_rate"] == {"seen": 2, "of": 3, "within": "6 months"}
    assert one["why"] == (
        "2 of 3 in the table bridges, column fell (whether it fell within the winter), "
        "stone: no, rows known by 2020-12-31."
    )
    assert one["reference"]["entry"]["url"] == "https://example.org/bridges"
    side.write_text(SIDECAR + "within: {falls: 6 months}\n")
    assert "bridges" not in {one.table.name for one in search(beside=folder)}


def test_the_interval_is_that_of_jeffreys(folder):
    _, (every,) = groups("bridges.fell", beside=folder)

    def density(p):
        return p**1.5 * (1 - p) ** 2.5

    whole, _ = integrate.quad(density, 0, 1)
    for end, below in ((every.low, 0.05), (every.high, 0.95)):
        part, _ = integrate.quad(density, 0, end)
        assert part / whole == pytest.approx(below, abs=1e-9)


def test_what_was_not_known_on_the_day_is_left_out(folder):
    _, (every,) = groups("bridges.fell", beside=folder, as_of=date(2003, 6, 30))
    assert (every.seen, every.of) == (1, 2)


def test_names_that_are_none_are_refused(folder):
    with pytest.raises(InputError, match=r"did you mean bridges\.fell"):
        groups("bridges.fall", beside=folder)
    with pytest.raises(InputError, match="not a column that makes groups"):
        groups("bridges.fell", ["bridge"], beside=folder)
