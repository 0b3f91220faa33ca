"""What is printed of a replay says what their records say."""

import io

import pytest

import forecasting
from forecasting.answer.replay import ReplayRow, replay
from forecasting.answer.rows import cells
from forecasting.tell import tables, terminal
from forecasting.tell.table import Column, Table, figure
from tests import several


@pytest.fixture(scope="module")
def case():
    return forecasting.read(several.RIVER)


def test_a_replay_shows_each_day_and_what_was_new(case, capsys):
    rows = replay(case)
    terminal.show(tables.replay(case, rows), 100)
    out = " ".join(capsys.readouterr().out.split())
    assert "A [red]river[/red]" in out and "A [b]flood[/b]" in out  # text, never markup
    assert "The [link=x]street[/link] is wet" in out and "aunt (C3), denies it" in out
    first, step, last = (100 * row.posterior for row in rows)
    assert f"from {first:.0f}% on 2021-02-12 to {last:.0f}% on 2021-03-15" in out
    assert f"Its largest step, {step - first:+.1f} points, came on 2021-03-02" in out
    assert "What is held now has no date" in out


@pytest.mark.parametrize(("width", "parts"), [(130, 3), (80, 4)])
def test_a_replay_of_many_days_goes_on_below(case, capsys, width, parts):
    """27 days fit thirteen or seven abreast, beside names of at most 20 characters."""
    rows = []
    for day in range(1, 28):
        rows += replay(case, since=f"2021-02-{day:02d}", until=f"2021-02-{day:02d}")
    terminal.show(tables.replay(case, rows), width)
    out = capsys.readouterr().out
    assert sum(line.startswith("A [b]flood[/b]") for line in out.splitlines()) == parts
    assert max(map(len, out.splitlines())) <= width
    assert sum(line.count("%") for line in out.splitlines() if line.startswith("A [b]")) == 27


def test_cells_of_a_replay_hold_every_day(case):
    header, *rows = cells(ReplayRow, replay(case))
    assert header == ("date", "event", "title", "prior", "posterior", "word", "new")
    assert [row[0] for row in rows] == ["2021-02-12", "2021-03-02", "2021-03-15"]
    assert rows[1][-1] == "evidence.wet.reports.0"


def test_nothing_is_printed_before_all_is_known(case, monkeypatch):
    """A reader who goes away early is met once, by the command, and not by every line."""
    printed = []
    monkeypatch.setattr("sys.stdout", io.StringIO())
    monkeypatch.setattr("builtins.print", lambda *words, **_: printed.append(words))
    terminal.show(tables.replay(case, replay(case)), 100)
    assert len(printed) == 1


def test_a_forecast_tells_states_and_amounts_below_their_event(capsys):
    network = forecasting.read(several.TEXT)
    terminal.show(tables.forecast(forecasting.run(network)), 120)
    told = capsys.readouterr().out
    told = [" ".join(line.split()) for line in told.splitlines()]
    start = told.index("Cabinet")
    assert told[start - 2 : start + 17] == [
        "Outcome prior posterior in words (ICD 203)",
        told[start - 1],  # a line below the head
        "Cabinet",
        "The caretaker cabinet stays 60% 46% roughly even chance",
        "An inclusive one 15% 35% unlikely",
        "Another 25% 19% very unlikely",
        "together, An inclusive one or Another (new) 40% 54% roughly even chance",
        "tension",
        "calm 30% 30% unlikely",
        "incidents 45% 45% roughly even chance",
        "fighting 20% 20% unlikely",
        "war 5.0% 5.0% very unlikely",
        "together, at least fighting (serious) 25% 25% unlikely",
        "Deaths in a year",
        "389 deaths, 90% range 115 to 1,120; before 240",
        "at least 348 deaths (rises by half) 32% 59% likely",
        "117 to 347 deaths (middling) 59% 36% unlikely",
        "A strike 10% 10% very unlikely",
        "",
    ]
    points = told.index("Amount 5% 25% 50% 75% 95%")
    assert told[points + 2 : points + 4] == [
        "Deaths in a year, in deaths",
        "before the evidence 100 168 240 413 900",
    ]
    assert "with the evidence 115" in told[points + 4]


def test_what_is_supposed_of_states_and_amounts_stands_above_the_forecast(capsys):
    found = forecasting.run(
        forecasting.read(several.TEXT), given={"deaths": 300}, do={"cabinet": "other"}
    )
    terminal.show(tables.forecast(found), 120)
    told = capsys.readouterr().out
    assert "given deaths = 300\ndo cabinet.other = yes\n" in told
    assert "300 deaths; before 240" in told


def test_an_amount_has_no_number_by_another_date(capsys):
    case = forecasting.read(several.TEXT + "horizons: [2023-09-15]\n")
    terminal.show(tables.forecast(forecasting.run(case)), 140)
    out = capsys.readouterr().out
    rows = [line.split() for line in out.splitlines()]
    (cut,) = [row for row in rows if row[:3] == ["at", "least", "348"]]
    (state,) = [row for row in rows if row[:2] == ["An", "inclusive"]]
    assert (cut[-1], state[-1]) == ("–", "35%")
    assert "A dash: what has a period of its own speaks of no other date." in " ".join(out.split())


def printed(rows, columns, width, capsys):
    terminal.show([(Table(columns, rows),)], width)
    return capsys.readouterr().out.splitlines()


def test_a_table_that_does_not_fit_goes_on_below_with_its_rows_named(capsys):
    """Five columns of ten, three between each: 62 characters beside a name of one."""
    rows = tuple({"who": who} | {f"c{i}": f"{who}{i}" * 5 for i in range(5)} for who in "ab")
    columns = (Column("who", ""), *(figure(f"c{i}", f"c{i}") for i in range(5)))
    assert len(printed(rows, columns, 66, capsys)) == 4
    out = printed(rows, columns, 65, capsys)
    assert [line.split() for line in out if line.startswith("a")] == [
        ["a", *(f"a{i}" * 5 for i in range(4))],
        ["a", "a4" * 5],
    ]
    assert out[4] == ""


def test_a_table_is_folded_in_words_before_it_goes_on_below(capsys):
    """Of 30 characters 7, 10 and two times 3 are taken: 7 are left, and no word is broken."""
    rows = ({"who": "a", "why": "because of the long rain", "p": "1%"},)
    columns = (Column("who", "Analyst"), Column("why", "reason"), Column("p", "extremized"))
    out = [line.split() for line in printed(rows, columns, 30, capsys)]
    assert out[0] == ["Analyst", "reason", "extremized"]
    assert out[2:] == [["a", "because", "1%"], ["of", "the"], ["long"], ["rain"]]
