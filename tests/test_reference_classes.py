"""Tables that count cases are found by words, and their groups counted as by hand."""

from datetime import date

import pytest
from scipy import integrate, stats

from forecasting.answer.reference_classes import (
    counted,
    decades,
    group,
    groups,
    holdout,
    pasted,
    search,
    taken,
)
from forecasting.errors import InputError
from forecasting.file import case, fits, models

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


def test_of_a_time_only_those_count_that_could_be_followed_for_so_long(tmp_path):
    """Two truces of 2018 and 2019, one broken; of three of 2020 the one that broke would be all."""
    (tmp_path / "data").mkdir()
    side = SIDECAR.partition("dated: known")[0] + (
        "dated: start\nevery: year\ncut: 2020\n"
        "columns: {start: day, event_from: first day, event_to: last day}\n"
        "within: {event_to: 12 months}\n"
    )
    rows = ["2018-03-01,2018-06-01,2018-06-01", "2019-12-31,,", "2020-03-01,2020-05-01,2020-05-01",
            "2020-03-01,,", "2020-06-01,,"]  # fmt: skip
    (tmp_path / "data" / "truces.yaml").write_text(side)
    (tmp_path / "data" / "truces.csv").write_text("\n".join(["start,event_from,event_to", *rows]))
    assert counted("truces", beside=tmp_path).sums == (1, 2)


def test_tables_with_most_of_the_words_come_first(folder):
    found = search("Bridges that FELL", beside=folder)
    assert found[0].name == "bridges.fell"
    assert found[0].told() == {
        "table": "bridges.fell",
        "title": "Bridges after a flood",
        "question": "whether it fell within the winter",
        "cases": 5,  # that of f is not known yet
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


# --- questions, groups, trends --------------------------------------------------------------------

ASKED = """\
question: {fell: Will the bridge fall within the winter?}
topics: [flood, river]
groups: stone
limits: [Small bridges only., And few.]
"""


def test_a_sidecar_says_what_is_asked_and_by_what_it_is_grouped(folder):
    side = folder / "data" / "bridges.yaml"
    side.write_text(SIDECAR + ASKED)
    (found,) = (one for one in search("a river in flood", beside=folder) if "bridges" in one.name)
    assert (found.question, found.by) == ("Will the bridge fall within the winter?", ("stone",))
    assert counted("bridges", beside=folder).outcome == "fell"
    assert found.table.sidecar.beware == "Small bridges only. And few."
    side.write_text(SIDECAR + ASKED.replace("groups: stone", "groups: [stone, height]"))
    with pytest.raises(InputError, match="what makes groups, which is no column"):
        counted("bridges", beside=folder)
    side.write_text(SIDECAR + ASKED.replace("{fell:", "{falls:"))
    with pytest.raises(InputError, match="what answers a question, which is no column"):
        counted("bridges", beside=folder)


def test_words_that_say_nothing_find_nothing(folder):
    assert search("will there be of the", beside=folder) == ()


@pytest.mark.parametrize(
    ("condition", "kept"),
    [
        ("known>=2003", "cdef"), ("known>2003", "def"), ("known < 2003", "ab"),
        ("known<=2003", "abc"), ("stone=yes", "ad"), ("stone != yes", "bcef"),
        ("known>=2002-06", "cdef"), ("known<=2002-06", "a"), ("known=2004", "d"),
    ],
)  # fmt: skip
def test_conditions_keep_the_rows_that_are_so(folder, condition, kept):
    table = counted("bridges.stone", where=[condition], beside=folder).table
    assert "".join(row["bridge"] for row in table.rows) == kept


@pytest.mark.parametrize(
    ("condition", "message"),
    [
        ("since 1990", "not a condition"),
        ("width>3", "bridges has no such column"),
        ("stone>=yes", "= and != compare words"),
        ("stone=brick", "no row is so(?s:.*)stone: no, yes"),
        ("known>2030", "known: 2001, 2002, 2003"),
    ],
)
def test_conditions_that_cannot_be_met_are_refused(folder, condition, message):
    with pytest.raises(InputError, match=message):
        counted("bridges.stone", where=[condition], beside=folder)


def many(folder, rows):
    """Write a table of (year, group, of, yes)."""
    text = "".join(f'{year},"{kind}",{of},{fell}\n' for year, kind, of, fell in rows)
    (folder / "data/many.csv").write_text("year,kind,of,fell\n" + text)
    columns = "columns: {year: when, kind: which, of: bridges, fell: how many fell}"
    (folder / "data/many.yaml").write_text(
        "{title: t, source: s, licence: l, citation: c, rule: r, dated: year, every: year, "
        f"cut: 2020, question: {{fell: Will it fall?}}, groups: kind, {columns}}}"
    )


def test_shares_of_earlier_cases_are_scored_on_the_later_ones_as_by_hand(folder):
    many(folder, [(1995, "old", 20, 10), (1995, "new", 40, 8), (2004, "old", 10, 6),
                  (2004, "new", 10, 1)])  # fmt: skip
    found = counted("many", beside=folder)
    held = holdout(found, ["kind"])
    assert (held.year, held.earlier.seen, held.earlier.of) == (2004, 18, 60)
    assert (held.later.seen, held.later.of, held.drifts) == (7, 20, False)
    old, new = (10 + 8 * 0.3) / 28, (8 + 8 * 0.3) / 48  # drawn towards 18 of 60 by eight cases
    errors = 6 * (1 - old) ** 2 + 4 * old**2 + (1 - new) ** 2 + 9 * new**2
    assert held.brier == pytest.approx(errors / 20, abs=1e-15)
    assert held.brier_of_one == pytest.approx((7 * 0.7**2 + 13 * 0.3**2) / 20, abs=1e-15)
    assert held.skill == pytest.approx(1 - held.brier / held.brier_of_one)
    assert holdout(found).brier == held.brier_of_one
    assert [(one.group, one.seen, one.of) for one in decades(found)] == [
        ("1990s", 18, 60), ("2000s", 7, 20),
    ]  # fmt: skip


def test_a_share_that_moves_further_than_chance_is_said_to_drift(folder):
    many(folder, [(1995, "old", 100, 10), (2005, "old", 50, 30)])
    assert holdout(counted("many", beside=folder)).drifts
    many(folder, [(1995, "old", 15, 3), (2005, "old", 7, 2)])
    assert holdout(counted("many", beside=folder)) is None


@pytest.mark.parametrize(("seen", "of"), [(0, 1), (1, 1), (0, 30_000), (938, 33_792), (7, 29)])
def test_the_ends_of_the_interval_are_those_of_scipy(seen, of):
    found = group("all", seen, of)
    low, high = stats.beta.ppf((0.05, 0.95), seen + 0.5, of - seen + 0.5)
    assert found.low == pytest.approx(low, rel=1e-8)
    assert 1 - found.high == pytest.approx(1 - high, rel=1e-8)


def test_what_is_pasted_into_a_case_is_read_there(folder):
    many(folder, [(1995, "old, stone", 100, 10), (2005, "no", 50, 30)])
    found = counted("many", beside=folder)
    for chosen in ("old, stone", "no"):
        lines = pasted(found, chosen, ["kind"], ["year>=1990", "year<2010"]).splitlines()
        text = "case: own\nas_of: 2015-01-01\nresolve_by: 2016-01-01\nevents:\n  bridge:\n"
        path = folder / "own.yaml"
        path.write_text(text + "".join(f"    {line}\n" for line in lines))
        spec = case.load(path).events["bridge"].base_rate.model
        assert spec.settings["group"] == chosen
        assert spec.settings["where"] == ("year>=1990", "year<2010")


def test_a_model_learns_only_from_the_rows_that_meet_its_conditions(folder):
    many(folder, [(1995, "old", 100, 10), (2005, "old", 50, 30), (2012, "old", 10, 1)])
    rate = "{model: reference_class, data: many, outcome: fell"
    path = folder / "own.yaml"

    def spec(more):
        path.write_text(f"{{case: a, events: {{x: {{base_rate: {rate}{more}}}}}}}}}")
        return case.load(path).events["x"].base_rate.model

    day = date(2011, 1, 1)
    table, _ = spec(", where: year>=2000").known(day)
    assert models.counts(table, "fell") == {"all": (30, 50)}
    every, since = spec(""), spec(", where: year>=2000")
    assert fits.digest(every, day) != fits.digest(since, day)
    assert every.same_fit != since.same_fit
    for more, message in (
        (", where: age>3", "many has no such column"),
        (", where: year>2015", "no row of many is so"),
        (", where: recent", "not a condition"),
        (", by: kind, group: new, where: year>2000", "there is no group of this name"),
    ):
        with pytest.raises(InputError, match=message):
            spec(more)
