"""What a person asks of a ledger: to record, resolve, score, seal, and take it elsewhere."""

import csv
import json
import sqlite3
import time
from datetime import UTC, date, datetime

import pytest

import forecasting
from forecasting.cli import main
from forecasting.errors import InputError
from forecasting.file.case import read
from forecasting.ledger import tables
from forecasting.ledger.entries import Forecast, Question, Resolution, Seal
from forecasting.ledger.ledger import Ledger, exported, opened, sealed

SKY = """
case: sky
as_of: 2025-01-01
resolve_by: 2026-01-01
events:
  rain: {base_rate: 30%}
  snow: {base_rate: 10%}
evidence:
  clouds: {claim: Clouds., status: confirmed, bears_on: rain, likelihood_ratio: 2}
"""
RAIN, DAY = "sky/rain@2026-01-01", date(2026, 1, 1)


@pytest.fixture
def ledger(tmp_path):
    made = Ledger(tmp_path / "ledger.db")
    made.record(read(SKY), by="Ann")
    return made


def test_a_forecast_is_recorded_resolved_and_scored(ledger):
    """Odds of 3 to 7 doubled are 6 to 7; the score of 6/13 for a yes is 49/169."""
    ledger.resolve(RAIN, "yes", by="Zoe", happened_on="2025-06-01", known_on=date(2025, 6, 2))
    table = ledger.scores("2026-01-01").set_index(["question", "role"])
    assert table.loc[(RAIN, "headline"), "p"] == pytest.approx(6 / 13)
    assert table.loc[(RAIN, "headline"), "brier"] == pytest.approx(49 / 169)
    assert table.loc[(RAIN, "prior"), "brier"] == pytest.approx(0.49)
    assert [one.status for one in ledger.status("2026-01-01")] == ["scored", "overdue"]
    assert [one.status for one in ledger.status("2025-07-01")] == ["early", "open"]
    assert [*table.reset_index().columns] == [
        "question", "role", "version", "by", "made_at", "lead_months", "p", "outcome", "status",
        "brier", "log", "cluster", "late", "crps", "entered_late",
    ]  # fmt: skip


def test_the_same_case_recorded_again_adds_forecasts_and_no_questions(ledger):
    before = len(ledger.entries())
    ledger.record(forecasting.run(read(SKY)), by="Ann")
    kinds = [type(entry.body) for entry in ledger.entries()[before:]]
    assert kinds == [Forecast] * 4


@pytest.mark.parametrize("supposed", [{"given": {"snow": "yes"}}, {"do": {"snow": "yes"}}])
def test_what_supposes_something_is_not_recorded(ledger, supposed):
    before = list(ledger.lines())
    with pytest.raises(InputError, match="supposes something cannot be settled"):
        ledger.record(forecasting.run(read(SKY), **supposed), by="Ann")
    assert list(ledger.lines()) == before


@pytest.mark.parametrize(
    ("about", "problem"),
    [
        ({"outcome": "maybe"}, "is no answer to this question"),
        ({"question": "sky/hail@2026-01-01"}, "this question is not in the ledger"),
        ({"known_on": "soon"}, "known_on is wrong"),
        ({"confidence": "so-so"}, "so-so is not known"),
        ({"happened_on": "2025-02-01", "known_on": "2025-01-01"}, "before it came about"),
    ],
)
def test_a_resolution_that_does_not_fit_is_refused(ledger, about, problem):
    with pytest.raises(InputError, match=problem):
        ledger.resolve(**{"question": RAIN, "outcome": "yes", "by": "Zoe"} | about)


def test_the_ledger_never_writes_into_a_case(tmp_path, capsys):
    path = tmp_path / "sky.yaml"
    path.write_text(SKY, encoding="utf-8")
    book = ["--ledger", str(tmp_path / "ledger.db")]
    assert main(["record", str(path), *book]) == 0
    assert main(["resolve", RAIN, "yes", *book]) == 0
    assert main(["resolve", "--case", str(path), *book]) == 0
    assert path.read_text(encoding="utf-8") == SKY
    assert "head: " in capsys.readouterr().out


def test_a_command_that_writes_tells_how_many_entries_came_and_the_end_of_the_chain(
    tmp_path, capsys
):
    """Two questions, each with a headline and a prior; again, only the four forecasts."""
    path = tmp_path / "sky.yaml"
    path.write_text(SKY, encoding="utf-8")
    book = ["--ledger", str(tmp_path / "ledger.db")]
    for many in ("6 entries", "4 entries"):
        assert main(["record", str(path), *book]) == 0
        told = capsys.readouterr().out
        assert f"new in {book[1]}: {many}\n" in told and "head: " in told
    assert main(["resolve", RAIN, "yes", *book]) == 0
    assert f"new in {book[1]}: 1 entry\n" in capsys.readouterr().out


def test_a_disk_without_a_log_beside_the_ledger_is_told_and_loses_nothing(
    tmp_path, capsys, monkeypatch
):
    """Locks of dot files, as some network drives need them, grant no WAL."""
    path = tmp_path / "sky.yaml"
    path.write_text(SKY, encoding="utf-8")
    book = ["--ledger", str(tmp_path / "ledger.db")]
    assert main(["record", str(path), *book]) == 0
    assert "WAL" not in capsys.readouterr().out
    book = ["--ledger", str(tmp_path / "drive.db")]
    connect = sqlite3.connect
    monkeypatch.setattr(
        sqlite3, "connect", lambda at, **how: connect(f"{at}&vfs=unix-dotfile", **how)
    )
    assert main(["record", str(path), *book]) == 0
    told = capsys.readouterr().out
    assert "grants no log" in told and "nothing is lost" in told
    assert len(Ledger(book[1]).entries()) == 6


def test_scores_say_which_forecasts_they_are_of(ledger, capsys):
    for take, said in [("first", "the first forecast"), ("last", "the last"), ("all", "all")]:
        assert main(["score", "--take", take, "--ledger", str(ledger.path)]) == 0
        assert f", of {said}" in " ".join(capsys.readouterr().out.split())


def test_scores_on_a_terminal_say_what_hindsight_is_worth(ledger, capsys):
    ledger.resolve(RAIN, "yes", by="Zoe", known_on="2025-06-02")
    assert main(["score", "--ledger", str(ledger.path)]) == 0
    told = " ".join(capsys.readouterr().out.split())
    assert told.endswith("tests nothing, however carefully hindsight was kept out.")


def test_a_table_of_scores_without_rows_says_what_is_missing(tmp_path, ledger, capsys):
    """The questions have no tags; on the day itself no forecast counts."""
    ledger.resolve(RAIN, "yes", by="Zoe", known_on="2025-06-02")
    book = ["--ledger", str(ledger.path)]
    assert main(["score", "--by", "tag", "--as-of", "2026-01-01", *book]) == 0
    assert "No question that is scored has a tag." in capsys.readouterr().out
    assert main(["score", "--as-of", "2025-01-01", *book]) == 0
    assert "No forecast is scored." in capsys.readouterr().out


def test_what_is_entered_after_the_answer_is_marked_and_warned_of(tmp_path, ledger, capsys):
    """However early a day it names, it takes the place of nothing that was entered before."""
    case = tmp_path / "sky.yaml"
    case.write_text(SKY, encoding="utf-8")
    record = ["record", str(case), "--as-of", "2024-12-01", "--set", "events.rain.base_rate=95%"]
    book = ["--ledger", str(ledger.path)]
    assert main([*record, "--by", "Ann", *book]) == 0
    assert "warning" not in capsys.readouterr().err
    ledger.resolve(RAIN, "yes", by="Zoe", known_on="2026-01-02")
    for who in ("Ann", "Bob"):
        assert main([*record, "--as-of", "2024-11-01", "--by", who, *book]) == 0
        told = capsys.readouterr().err
        assert f"warning: answered already: {RAIN}; " in told and "marked late" in told
    score = ["score", "--as-of", "2026-02-01", *book]
    assert main([*score, "--format", "csv"]) == 0
    rows = [row for row in csv.DictReader(capsys.readouterr().out.splitlines())
            if (row["question"], row["role"]) == (RAIN, "headline")]  # fmt: skip
    assert [(row["by"], row["made_at"], row["entered_late"]) for row in rows] == [
        ("Ann", "2024-12-01", "False"), ("Bob", "2024-11-01", "True"),
    ]  # fmt: skip
    assert main(score) == 0
    said = " ".join(capsys.readouterr().out.split())
    assert f"counted for want of an earlier one: Bob on {RAIN}" in said and "Ann on" not in said


TOLL = """
case: toll
as_of: 2025-01-01
resolve_by: 2026-01-01
events:
  deaths: {quantity: {unit: deaths, whole: yes}, base_rate: {low: 100, high: 900},
           cuts: {poor: "< 200", rich: ">= 400"}}
  rain: {quantity: {unit: mm}, base_rate: {low: 1, high: 9}, cuts: {dry: "< 2"}}
  side: {states: {a: A, b: B, c: C}, base_rate: {a: 30%, b: 30%, c: rest}}
views: {bob: {side.a: 20%, side.b: 20%}}
"""


@pytest.fixture
def toll(tmp_path):
    made = Ledger(tmp_path / "toll.db")
    made.record(read(TOLL), by="Ann")
    return made


def answer(ledger, name, outcome, **about):
    ledger.resolve(f"toll/{name}@2026-01-01", outcome, by="Zoe", **about)


def answers(ledger, event):
    """How the questions of an event came out."""
    return {one.question.id[len("toll/") : -len("@2026-01-01")]: tables.came(one)
            for one in ledger.status("2026-12-01") if f"/{event}" in one.question.id}  # fmt: skip


def test_an_amount_and_a_state_answer_their_cuts_that_are_open(toll):
    """Below 200, or 400 and more: 310 is neither, 500 the second."""
    answer(toll, "deaths.poor", "no", why="counted")
    answer(toll, "deaths", "310", known_on="2026-01-02")
    assert answers(toll, "deaths") == {"deaths": "310", "deaths.poor": "no", "deaths.rich": "no"}
    rich = toll.entries()[-1].body
    assert (rich.why, rich.known_on) == ("follows from toll/deaths@2026-01-01", date(2026, 1, 2))
    answer(toll, "deaths", "500")
    assert answers(toll, "deaths") == {"deaths": "500", "deaths.poor": "no", "deaths.rich": "yes"}
    answer(toll, "side", "b")
    assert answers(toll, "side") == {"side": "b", "side.a": "no", "side.b": "yes"}


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (("deaths.poor", "yes"), ("deaths", "310")),
        (("deaths", "310"), ("deaths.rich", "yes")),
        (("deaths.poor", "yes"), ("deaths.rich", "yes")),
        (("side.a", "no"), ("side", "a")),
        (("side", "c"), ("side.b", "yes")),
    ],
)
def test_an_answer_that_contradicts_another_is_refused_and_both_are_named(toll, first, second):
    answer(toll, *first)
    before = len(toll.entries())
    with pytest.raises(InputError, match=f"(?s){second[0]}@.*contradicts.*{first[0]}@2026-01-01 "):
        answer(toll, *second)
    assert len(toll.entries()) == before
    anew = {first[0]: "annulled", second[0]: second[1]}  # in one table
    named = {f"toll/{name}@2026-01-01": outcome for name, outcome in anew.items()}
    toll.settle([Resolution(question=name, outcome=named[name]) for name in named], by="Zoe")
    assert anew.items() <= answers(toll, second[0].partition(".")[0]).items()


@pytest.mark.parametrize(
    ("name", "amount", "accepted"),
    [
        ("deaths", "-5", "a whole number from 0 up"),
        ("deaths", "0.5", "a whole number from 0 up"),
        ("rain", "0", "a number above 0"),
        ("rain", "-2.5", "a number above 0"),
    ],
)
def test_an_amount_that_cannot_be_is_refused_at_once(toll, name, amount, accepted):
    with pytest.raises(InputError, match=accepted):
        answer(toll, name, amount)
    answer(toll, name, "0" if name == "deaths" else "0.5")


def test_yes_is_not_said_of_what_came_about_after_the_day(ledger):
    with pytest.raises(InputError, match="a day up to 2026-01-01, or the answer no"):
        ledger.resolve(RAIN, "yes", by="Zoe", happened_on="2026-01-02")
    ledger.resolve(RAIN, "no", by="Zoe", happened_on="2026-01-02")
    ledger.resolve(RAIN, "yes", by="Zoe", happened_on="2026-01-01")


@pytest.mark.skipif(not hasattr(time, "tzset"), reason="needs a time zone that can be set")
def test_resolve_tells_in_the_west_that_an_answer_of_today_counts_from_tomorrow_on(
    toll, capsys, monkeypatch
):
    """A ledger's clock is that of UTC: in the evening `score` said overdue, and nothing why."""
    with monkeypatch.context() as patched:
        patched.setenv("TZ", "WEST+24")
        time.tzset()
        told = main(["resolve", "toll/deaths@2026-01-01", "310", "--ledger", str(toll.path)])
    time.tzset()
    tomorrow = datetime.now(UTC).date()
    assert told == 0
    assert f"known from {tomorrow} on, which is still to come" in capsys.readouterr().err


def test_resolve_tells_what_it_replaces_what_follows_and_what_is_still_to_come(toll, capsys):
    book = ["--ledger", str(toll.path)]
    question = "toll/deaths@2026-01-01"
    assert main(["resolve", question, "310", *book]) == 0
    told = capsys.readouterr()
    assert "3 questions" in told.out and "replaces" not in told.out and not told.err
    assert f"toll/deaths.rich@2026-01-01 came out no: follows from {question}" in told.out
    assert main(["resolve", question, "500", "--known", "2999-01-01", *book]) == 0
    told = capsys.readouterr()
    assert f"{question} came out 500: replaces the answer 310; both are kept" in told.out
    assert f"{question}: known from 2999-01-01 on, which is still to come" in told.err


def test_what_is_asked_for_as_data_comes_as_data_or_is_refused(ledger, capsys):
    """Of two answers the second holds; a lead of a year, a Brier score of 49/169."""
    for outcome in ("no", "yes"):
        ledger.resolve(RAIN, outcome, by="Zoe", known_on="2026-01-02")
    book = ["--ledger", str(ledger.path), "--format"]
    assert main(["ledger", "show", RAIN, *book, "json"]) == 0
    told = [(row["what"], row["said"]) for row in json.loads(capsys.readouterr().out)]
    assert told[2:] == [("came out, replaced", "no"), ("came out, holds", "yes")]
    assert main(["ledger", "show", RAIN, *book, "csv"]) == 0
    assert capsys.readouterr().out.startswith("day,by,what,said,note\n2025-01-01,Ann,headline,46%,")
    assert main(["score", "--by", "lead", "--against", "half", *book, "csv"]) == 0
    (row,) = csv.DictReader(capsys.readouterr().out.splitlines())
    assert (row["group"], row["against"], row["reference"]) == ("up to 12 months", "half", "0.25")
    assert float(row["brier"]) == pytest.approx(49 / 169)
    with pytest.raises(SystemExit):
        main(["ledger", "verify", *book, "json"])
    assert "--format json is for list, overdue, show" in capsys.readouterr().err


def test_options_may_stand_before_the_last_word(tmp_path, ledger, capsys):
    book = ["--ledger", str(ledger.path)]
    assert main(["ledger", "show", *book, RAIN]) == 0
    assert "headline" in capsys.readouterr().out
    assert main(["resolve", RAIN, *book, "yes", "--known", "2026-01-02"]) == 0
    table = tmp_path / "others.csv"
    table.write_text(
        "question,forecaster,time,probability,outcome,resolve_by\nHail?,Bo,2025-01-01,30%,,2026-01-01",
        encoding="utf-8",
    )
    assert main(["ledger", "import", *book, str(table)]) == 0
    for words in (["ledger", "show", RAIN, *book, "more"], ["ledger", "show", *book, "-q"]):
        with pytest.raises(SystemExit):
            main(words)
        assert "unrecognized arguments" in capsys.readouterr().err


def test_a_question_on_which_nobody_is_scored_counts_as_none_that_is(ledger, capsys):
    """It rained before the first forecast of 1 January 2025 was made."""
    ledger.resolve(RAIN, "yes", by="Zoe", happened_on="2024-12-01")
    book = ["--ledger", str(ledger.path), "--as-of", "2026-02-01"]
    for words in (["score"], ["ledger", "list"]):
        assert main([*words, *book]) == 0
        said = " ".join(capsys.readouterr().out.split())
        assert "2 mature, 0 scored, 0 ambiguous, 1 overdue, 1 answered without a forecast" in said
    assert "unscored" in said
    assert main(["ledger", "overdue", *book]) == 0
    assert "1 mature, 0 scored, 0 ambiguous, 1 overdue" in capsys.readouterr().out


def test_a_resolution_begins_no_ledger(tmp_path, capsys):
    """A name of a ledger that is mistyped leaves no file."""
    table = tmp_path / "came.csv"
    table.write_text(f"question,outcome\n{RAIN},yes\n", encoding="utf-8")
    path = tmp_path / "legder.db"
    for words in ([RAIN, "yes"], ["--from", str(table)]):
        assert main(["resolve", *words, "--ledger", str(path)]) == 1
        assert "there is no ledger here" in capsys.readouterr().err
        assert not path.exists()


@pytest.mark.parametrize("command", [["resolve", "--from"], ["ledger", "import"]])
def test_a_table_with_semicolons_is_told_how_to_be_saved(tmp_path, ledger, capsys, command):
    """As a spreadsheet saves it where the comma is for decimals."""
    table = tmp_path / "came.csv"
    table.write_text(f"question;outcome\n{RAIN};yes\n", encoding="utf-8")
    assert main([*command, str(table), "--ledger", str(ledger.path)]) == 1
    assert "save it with commas" in capsys.readouterr().err
    table.write_text(f"question,outcome\n{RAIN} , yes\n", encoding="utf-8")
    assert main(["resolve", "--from", str(table), "--ledger", str(ledger.path)]) == 0


def test_whoever_mistypes_a_question_is_told_where_its_name_is(ledger, capsys):
    book = ["--ledger", str(ledger.path)]
    for words in (["resolve", "sky/rian@2026-01-01", "yes"], ["ledger", "show", "sky/rian"]):
        assert main([*words, *book]) == 1
        assert "forecasting ledger list" in capsys.readouterr().err


# --- Seals ----------------------------------------------------------------------------------------


def test_a_seal_tells_nothing_until_it_is_revealed(tmp_path, ledger):
    noted = [("Bob", Question(id="merger", resolve_by=DAY)),
             ("Bob", Forecast(question="merger", made_at=date(2025, 1, 1), p=0.8))]  # fmt: skip
    seal, text = sealed(noted, "0f" * 16)
    ledger.append([("Bob", seal)])
    assert not any("merger" in line for line in ledger.lines())
    # The same forecast under another salt has another digest: it cannot be guessed by trying.
    assert sealed(noted, "1f" * 16)[0].digest != seal.digest
    with pytest.raises(InputError, match="it was changed, or never sealed here"):
        ledger.reveal(text.replace("0.8", "0.9"))
    assert not any("merger" in line for line in ledger.lines())
    ledger.reveal(text)
    assert [
        e.body.p for e in ledger.entries() if e.by == "Bob" and isinstance(e.body, Forecast)
    ] == [0.8]


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '{"entries": [{}]}', '{"entries": [{"by": "a", "kind": "x"}]}',
             "[" * 100_000, '{"entries": [{"by": "a", "kind": "wish", "body": {}}]}'],
)  # fmt: skip
def test_what_is_no_seal_is_refused(text):
    with pytest.raises(InputError, match="is no sealed forecast"):
        opened(text)


def test_a_case_that_was_sealed_can_be_rebuilt_once_it_is_revealed(tmp_path, monkeypatch):
    """Asked as of another day than its own, and kept private."""
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "sky.yaml"
    path.write_text(SKY, encoding="utf-8")
    assert main(["ledger", "seal", str(path), "--as-of", "2025-02-01", "--private"]) == 0
    assert main(["ledger", "reveal", "sealed.json"]) == 0
    ledger = Ledger(tmp_path / "ledger.db")
    said = [e.body for e in ledger.entries() if isinstance(e.body, Forecast)]
    assert {one.made_at for one in said} == {date(2025, 2, 1)}
    assert {read(ledger.source(one.case_digest)).case for one in said} == {"sky"}
    assert {one.question.private for one in ledger.status("2026-01-01")} == {True}


def test_what_is_disclosed_or_imported_twice_is_added_once(tmp_path, ledger, capsys):
    """As whoever takes the same export each week does."""
    noted = [("Bob", Question(id="merger", resolve_by=DAY)),
             ("Bob", Forecast(question="merger", made_at=date(2025, 1, 1), p=0.8))]  # fmt: skip
    seal, text = sealed(noted, "0f" * 16)
    ledger.append([("Bob", seal)])
    for many in (2, 0):
        ledger.reveal(text)
        assert ledger.added == many
    path, book = tmp_path / "all.csv", ["--ledger", str(tmp_path / "new.db")]
    head = "question,forecaster,time,probability,outcome,resolve_by,known_on\n"
    rain = "Rain?,Ann,2025-01-01,{},yes,2026-01-01,2025-06-01\n"
    for more, many in [("", "5 entries"), ("", "0 entries"), ("50%", "1 entry")]:
        rows = [rain.format(p) for p in ("30%", "40%", "30.5%", more) if p]
        path.write_text(head + "".join(rows), encoding="utf-8")
        assert main(["ledger", "import", str(path), *book]) == 0
        assert f": {many}\n" in capsys.readouterr().out


# --- Elsewhere ------------------------------------------------------------------------------------

HOSTILE = "=cmd|' /C calc'!A0"


def test_an_export_is_read_again_whatever_stands_in_it(tmp_path, capsys):
    """Some marks end a line for Python and none for JSON."""
    ledger = Ledger(tmp_path / "ledger.db")
    odd = "a\u2028b\u0085c\x1cd\r\ne\u202ef"
    asked = Question(id=f"rain{odd}", title=odd, resolve_by=DAY)
    ledger.append([(odd, asked), (odd, Forecast(question=asked.id, made_at=DAY, p=0.5, note=odd))])
    out = tmp_path / "out.jsonl"
    book = ["--ledger", str(ledger.path)]
    assert main(["ledger", "export", "-o", str(out), *book]) == 0
    other = Ledger(tmp_path / "other.db")
    assert main(["ledger", "import", str(out), "--ledger", str(other.path)]) == 0
    assert "2 entries" in capsys.readouterr().out
    assert list(other.lines()) == list(ledger.lines())
    assert [json.loads(line)["by"] for line in ledger.lines()] == [odd, odd]


def test_cells_that_a_spreadsheet_would_run_are_quoted(tmp_path, ledger):
    ledger.append([(HOSTILE, Forecast(question=RAIN, made_at=date(2025, 1, 1), p=0.5))])
    out = tmp_path / "out.csv"
    assert main(["ledger", "export", "-o", str(out), "--ledger", str(ledger.path)]) == 0
    with out.open(encoding="utf-8", newline="") as file:
        cells = [cell for row in csv.reader(file) for cell in row]
    assert f"'{HOSTILE}" in cells
    assert not any(cell.startswith(("=", "+", "@")) for cell in cells)


@pytest.mark.parametrize("ending", ["csv", "jsonl"])
def test_an_export_that_cannot_be_written_leaves_the_one_before(
    tmp_path, ledger, monkeypatch, ending
):
    out = tmp_path / f"out.{ending}"
    out.write_text("before\n", encoding="utf-8")

    def full(*arguments):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    assert main(["ledger", "export", "-o", str(out), "--ledger", str(ledger.path)]) != 0
    assert out.read_text(encoding="utf-8") == "before\n"


def test_a_score_without_an_end_is_a_number_as_the_others_are(ledger, capsys):
    said = Forecast(question=RAIN, made_at=date(2025, 1, 1), p=0.0)
    ledger.append([("-inf=", said)])
    ledger.resolve(RAIN, "yes", by="Zoe", known_on="2026-01-02")
    assert main(["score", "--ledger", str(ledger.path), "--format", "csv"]) == 0
    rows = [*csv.DictReader(capsys.readouterr().out.splitlines())]
    assert [row["log"] for row in rows if row["by"] == "'-inf="] == ["-inf"]


def test_an_anonymous_export_names_nobody_and_no_day_of_a_forecast(tmp_path, ledger):
    about = {"question": RAIN, "made_at": date(2025, 1, 1), "note": "from my office"}
    ledger.append([("Bob", Forecast(p=0.5, **about))])
    out = tmp_path / "out.csv"
    command = ["ledger", "export", "--anonymous", "--ledger", str(ledger.path)]
    assert main([*command, "-o", str(out)]) == 0
    text = out.read_text(encoding="utf-8")
    assert "forecaster 2" in text
    assert not any(word in text for word in ("Ann", "Bob", "2025-01-01", "office"))
    # The id of a question ends with its day: with months ahead, that of the forecast is told.
    assert {row["lead_months"] for row in csv.DictReader(text.splitlines())} == {""}
    with pytest.raises(SystemExit):
        main([*command, "-o", str(tmp_path / "out.jsonl")])


def test_private_questions_are_in_an_export_only_if_asked_for(ledger):
    private = Question(id="merger", resolve_by=DAY, private=True)
    said = Forecast(question="merger", made_at=date(2025, 1, 1), p=0.5)
    ledger.append([("Ann", private), ("Ann", said)])
    assert "merger" not in {row.question for row in exported(ledger, DAY)}
    assert "merger" in {row.question for row in exported(ledger, DAY, private=True)}


def test_a_seal_and_a_resolution_are_kept_as_they_are(ledger):
    ledger.append([("Ann", Seal(digest="0" * 64))])
    ledger.resolve(RAIN, "ambiguous", by="Zoe", why="The gauge broke.", proxy="a bucket")
    last = ledger.entries()[-1].body
    assert isinstance(last, Resolution)
    assert (last.why, last.proxy, last.version) == ("The gauge broke.", "a bucket", 1)


def test_a_question_that_is_kept_alive_is_scored_over_its_days(tmp_path):
    """Two forecasts of a year of 365 days; the second is withdrawn after 100 days of standing."""
    ledger = Ledger(tmp_path / "ledger.db")
    asked = Question(id="rain", opens=date(2025, 1, 1), resolve_by=date(2026, 1, 1))
    said = [Forecast(question="rain", made_at=date(2025, 1, 1), p=0.2)]
    said.append(Forecast(question="rain", made_at=date(2025, 1, 11), p=0.5))
    ledger.append([("Ann", asked), *(("Ann", one) for one in said)])
    ledger.withdraw("rain", by="Ann", made_at="2025-04-21", why="no longer sure")
    ledger.resolve("rain", "no", by="Ann", known_on="2026-01-01")
    rows = ledger.rows("2026-02-01", "all")
    blocks = [*tables.scored(ledger.status("2026-02-01"), rows, date(2026, 2, 1), take="all")]
    shown = [one for block in blocks for one in block if hasattr(one, "records")]
    (alive,) = (one.records for one in shown if one.columns[0].name == "question")
    assert (alive[0].forecasts, alive[0].coverage) == (2, pytest.approx(110 / 365))
    assert alive[0].brier == pytest.approx((10 * 0.04 + 100 * 0.25) / 365)
