"""The command does what was typed, prints what was promised, and its exit status says how."""

import csv
import io
import json
import math
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

import forecasting
from forecasting import cli, extras
from forecasting.commands.printing import PIPED_WIDTH
from forecasting.explorer import local_page
from forecasting.file import shipped
from tests import browser

ROOT = Path(__file__).resolve().parents[1]
FIRST = "priors/first_case.yaml"

CASE = """\
case: river
title: A river
as_of: 2021-03-01
resolve_by: 2022-03-01
events:
  rain: {role: driver, kind: state, title: "=HYPERLINK(1)", base_rate: 20%}
  flood: {title: A flood, base_rate: {best: 20%, within: 12 months}}
  sirens: {title: -2+3, parents: flood, table: {"yes": 0.9, "no": 0.1}}
  repair: {given: flood, title: +1, base_rate: 50%}
links: [{from: rain, to: flood, raises: 4}]
evidence:
  wet: {bears_on: rain, if_yes: 90%, if_no: 10%, status: confirmed}
  dry: {bears_on: flood, if_yes: 30%, if_no: 60%, status: confirmed, date: 2021-06-01}
scenarios:
  mended: {title: "@once", when: {repair: yes}}
  dry_year: {when: {flood: no}}
views: {paper: {flood: likely}}
"""

# Rain multiplies the odds of a flood, o, by four, and the base rate of a flood is kept at 20%:
# 0.2 * 4o / (1 + 4o) + 0.8 * o / (1 + o) = 0.2, which is 3.2 o^2 + 0.6 o - 0.2 = 0.
ODDS = (-0.6 + math.sqrt(0.6**2 + 4 * 3.2 * 0.2)) / 6.4
IF_RAIN, IF_NOT = 4 * ODDS / (1 + 4 * ODDS), ODDS / (1 + ODDS)
# Wet streets: 0.2 * 0.9 = 0.18 against 0.8 * 0.1 = 0.08.
RAIN = 0.18 / 0.26
FLOOD = RAIN * IF_RAIN + (1 - RAIN) * IF_NOT


@pytest.fixture
def river(tmp_path):
    path = tmp_path / "river.yaml"
    path.write_text(CASE, encoding="utf-8")
    return path


@pytest.fixture
def run(capsys):
    """Run a command in this process: its status and what it printed."""

    def run(*arguments):
        try:
            status = cli.main([str(argument) for argument in arguments])
        except SystemExit as stop:
            status = stop.code
        return status, *capsys.readouterr()

    return run


@pytest.fixture
def events(run):
    """Forecast a case as JSON; give its events."""

    def events(*arguments):
        status, out, err = run("run", *arguments, "--format", "json")
        assert (status, err) == (0, "")
        return json.loads(out)["events"]

    return events


def posterior(events):
    return {name: event["posterior"] for name, event in events.items()}


# --- what is promised for programs ----------------------------------------------------------------


def test_json_has_the_promised_keys_and_no_others(run, river):
    status, out, err = run("run", river, "--format", "json")
    assert (status, err) == (0, "")
    forecast = json.loads(out)
    assert list(forecast) == [
        "case",
        "digest",
        "as_of",
        "resolve_by",
        "log_evidence",
        "events",
        "scenarios",
    ]
    assert forecast["case"] == "river"
    assert forecast["digest"] == forecasting.load(river).digest
    assert (forecast["as_of"], forecast["resolve_by"]) == ("2021-03-01", "2022-03-01")
    assert list(forecast["events"]) == ["rain", "flood", "sirens", "repair"]
    for event in forecast["events"].values():
        assert list(event) == ["role", "prior", "posterior", "low", "high", "word", "base_rate"]
    assert forecast["events"]["sirens"]["base_rate"] is None  # it has a table
    assert list(forecast["events"]["rain"]["base_rate"]) == ["mean", "logit_median", "logit_sd"]
    assert list(forecast["scenarios"]) == ["mended", "dry_year", "something else"]


def test_json_gives_the_numbers_of_the_closed_forms(run, river):
    forecast = json.loads(run("run", river, "--format", "json")[1])
    events = forecast["events"]
    assert posterior(events) == pytest.approx(
        {"rain": RAIN, "flood": FLOOD, "sirens": 0.1 + 0.8 * FLOOD, "repair": FLOOD / 2}, abs=1e-12
    )
    priors = {name: event["prior"] for name, event in events.items()}
    wanted = {"rain": 0.2, "flood": 0.2, "sirens": 0.26, "repair": 0.1}
    assert priors == pytest.approx(wanted, abs=1e-12)
    assert forecast["log_evidence"] == pytest.approx(math.log(0.26), abs=1e-12)
    assert forecast["scenarios"] == pytest.approx(
        {"mended": FLOOD / 2, "dry_year": 1 - FLOOD, "something else": FLOOD / 2}, abs=1e-12
    )
    assert events["flood"]["base_rate"] == pytest.approx(
        {"mean": 0.2, "logit_median": math.log(0.25), "logit_sd": 0}, abs=1e-12
    )
    # Without ranges the band has no width. 33% is "unlikely" in ICD 203.
    assert events["flood"]["low"] == pytest.approx(FLOOD) == events["flood"]["high"]
    assert {name: event["role"] for name, event in events.items()} == {
        "rain": "driver",
        "flood": "outcome",
        "sirens": "outcome",
        "repair": "outcome",
    }
    assert events["flood"]["word"] == "unlikely"


def test_json_loses_no_digit(run):
    """Every number comes back as the very float that the package computed."""
    out = json.loads(run("run", FIRST, "--format", "json")[1])
    forecast = forecasting.run(forecasting.load(ROOT / FIRST))
    for row in forecast.event_rows:
        event = out["events"][row.event]
        assert (event["prior"], event["posterior"]) == (row.prior, row.posterior)
        assert (event["low"], event["high"]) == (row.low, row.high)
    assert out["log_evidence"] == forecast.log_evidence
    assert out["scenarios"] == {row.scenario: row.posterior for row in forecast.scenario_rows}


def test_json_of_a_case_without_dates_has_none(run, tmp_path):
    path = tmp_path / "rain.yaml"
    path.write_text("{case: rain, events: {rain: {base_rate: 20%}}}", encoding="utf-8")
    forecast = json.loads(run("run", path, "--format", "json")[1])
    assert (forecast["as_of"], forecast["resolve_by"], forecast["scenarios"]) == (None, None, {})
    assert forecast["log_evidence"] == 0


def test_csv_has_one_row_for_each_event_and_scenario_at_full_precision(run, river):
    status, out, err = run("run", river, "--format", "csv")
    assert (status, err) == (0, "")
    rows = list(csv.DictReader(io.StringIO(out)))
    assert list(rows[0]) == ["event", "role", "title", "prior", "posterior", "low", "high", "word"]
    assert [(row["event"], row["role"]) for row in rows] == [
        ("rain", "driver"),
        ("flood", "outcome"),
        ("sirens", "outcome"),
        ("repair", "outcome"),
        ("mended", "scenario"),
        ("dry_year", "scenario"),
        ("something else", "scenario"),
    ]
    forecast = json.loads(run("run", river, "--format", "json")[1])
    for row in rows[:4]:
        assert float(row["posterior"]) == forecast["events"][row["event"]]["posterior"]
    for row in rows[4:]:
        assert float(row["posterior"]) == forecast["scenarios"][row["event"]]


def test_a_spreadsheet_takes_no_title_for_a_formula(run, river):
    rows = csv.DictReader(io.StringIO(run("run", river, "--format", "csv")[1]))
    titles = {row["event"]: row["title"] for row in rows}
    assert titles == {
        "rain": "'=HYPERLINK(1)",
        "flood": "A flood",
        "sirens": "'-2+3",
        "repair": "'+1",
        "mended": "'@once",
        "dry_year": "dry year",
        "something else": "something else",
    }


# --- what is shown to people ----------------------------------------------------------------------


def test_the_table_shows_titles_numbers_words_and_where_they_come_from(run, river):
    status, out, err = run("run", river)
    assert status == 0
    lines = [re.split(r" {2,}", line.strip()) for line in out.splitlines()]
    assert lines[0] == ["A river"]
    assert lines[1] == ["as of 2021-03-01, by 2022-03-01"]
    assert ["A flood", "20%", "33%", "unlikely"] in lines  # and no band: no number has a range
    assert ["=HYPERLINK(1)", "20%", "69%", "likely"] in lines
    assert ["something else", "10%", "16%"] in lines
    assert ["A flood", "likely", "33%"] in lines  # what the paper holds, beside the forecast
    assert f"case river, digest {forecasting.load(river).digest[:12]}" in out
    assert "\x1b" not in out  # no colours where it does not go to a terminal
    assert err.startswith("warning: line 13: evidence.dry (2021-06-01): dated after 2021-03-01")
    assert err.count("\n") == 1


def test_the_table_says_what_was_supposed(run, river):
    out = run("run", river, "--given", "rain=no", "--do", "flood=yes", "--do", "repair=no")[1]
    assert "given rain = no\n" in out
    assert "do flood = yes\ndo repair = no\n" in out


def test_the_table_says_what_was_changed(run, river):
    """A what-if that is kept is not to be taken for the forecast."""
    out = run("run", river, "--set", "events.rain.base_rate=40%")[1]
    assert "set events.rain.base_rate = 40%\n" in out


def test_the_table_has_a_column_for_each_other_horizon(run, tmp_path):
    path = tmp_path / "river.yaml"
    text = CASE.replace("2022-03-01\n", "2022-03-01\nhorizons: [2022-03-01, 2023-03-01]\n")
    path.write_text(text.replace("raises: 4", "raises: 1"), encoding="utf-8")
    out = run("run", path)[1]
    (row,) = (
        line for line in out.splitlines() if line.startswith("A flood  ") and "unlikely" in line
    )
    assert row.endswith("36%")  # 1 - 0.8^2
    assert "2023-03-01" in out


def test_warnings_go_beside_the_table_and_not_into_it(run, tmp_path):
    path = tmp_path / "rain.yaml"
    path.write_text("{case: rain, events: {rain: {base_rate: 20%}}}", encoding="utf-8")
    status, out, err = run("run", path)
    assert status == 0
    assert err.startswith("warning: line 1: events.rain: nothing can change this event")
    assert "warning" not in out
    assert run("run", path, "--format", "json")[2] == ""


@pytest.mark.parametrize("command", [["run"], ["explain"], ["explain", "--event", "rain"]])
def test_what_does_not_count_is_said_beside_the_answer(run, tmp_path, command):
    """A month counts from its last day; a digit too many in the year puts a fact out of sight."""
    path = tmp_path / "late.yaml"
    path.write_text(
        """
case: late
as_of: 2025-02-15
resolve_by: 2026-02-15
events: {rain: {base_rate: 30%, happened: 2025-02}}
evidence: {wet: {date: 2052-01-03, bears_on: rain, if_yes: 80%, if_no: 10%, status: confirmed}}
""",
        encoding="utf-8",
    )
    name, *options = command
    status, out, err = run(name, path, *options)
    assert status == 0
    assert "happened (2025-02, taken to be 2025-02-28) and evidence.wet (2052-01-03), each" in err
    assert "does not count" not in out
    assert run(name, path, *options, "--format", "json")[2] == ""
    assert run(name, path, *options, "--format", "csv")[2] == ""


def test_what_does_not_count_is_said_also_where_evidence_is_cut_away(run, tmp_path):
    path = tmp_path / "cut.yaml"
    path.write_text(
        """
case: cut
as_of: 2025-02-15
resolve_by: 2026-02-15
events: {rain: {base_rate: 30%}, wind: {base_rate: 30%, happened: 2025-12}}
evidence: {wet: {bears_on: rain, if_yes: 0, if_no: 0, status: confirmed}}
""",
        encoding="utf-8",
    )
    assert "events.wind.happened (2025-12, " in run("run", path, "--do", "rain=yes")[2]


def test_words_of_the_uk_yardstick_can_be_asked_for(events, run, river):
    """33% lies in the band of "unlikely" there, 25% to 35%; 69% in "likely or probable"."""
    words = {name: event["word"] for name, event in events(river, "--lexicon", "phia").items()}
    assert (words["flood"], words["rain"]) == ("unlikely", "likely or probable")
    assert "in words (PHIA)" in run("run", river, "--lexicon", "phia")[1]


# --- options --------------------------------------------------------------------------------------


def test_set_changes_a_judgement(events, river):
    """At even odds of rain, wet streets leave it at 90%."""
    changed = posterior(events(river, "--set", "events.rain.base_rate=50%"))
    assert changed["rain"] == pytest.approx(0.9, abs=1e-12)
    both = events(
        river,
        "--set",
        "events.rain.base_rate = 50%",
        "--set",
        "evidence.wet={bears_on: rain, likelihood_ratio: 1, status: confirmed}",
    )
    assert posterior(both)["rain"] == pytest.approx(0.5, abs=1e-12)


def test_given_is_seeing(events, river):
    """Seeing a flood makes rain more probable."""
    yes, no = 0.18 * IF_RAIN, 0.08 * IF_NOT
    seen = posterior(events(river, "--given", "flood=yes"))
    assert seen["rain"] == pytest.approx(yes / (yes + no), abs=1e-12)
    assert (seen["flood"], seen["repair"]) == pytest.approx((1, 0.5), abs=1e-12)
    none = posterior(events(river, "--given", "flood=no", "--given", "rain=yes"))
    assert (none["rain"], none["repair"]) == pytest.approx((1, 0), abs=1e-12)


def test_do_is_making_it_so(events, river):
    """Making a flood tells nothing of rain; making rain silences the wet streets."""
    made = posterior(events(river, "--do", "flood=yes"))
    assert (made["rain"], made["sirens"]) == pytest.approx((RAIN, 0.9), abs=1e-12)
    dry = posterior(events(river, "--do", "rain=no"))
    assert dry["flood"] == pytest.approx(IF_NOT, abs=1e-12)


def test_as_of_and_by_move_the_window(events, river):
    """At a constant hazard: half a year 1 - 0.8^(1/2), two years 1 - 0.8^2."""
    later = events(river, "--by", "2023-03-01")
    assert later["flood"]["prior"] == pytest.approx(1 - 0.8**2, abs=1e-12)
    assert later["rain"]["prior"] == pytest.approx(0.2, abs=1e-12)
    half = events(river, "--as-of", "2021-09-01")
    assert half["flood"]["prior"] == pytest.approx(1 - 0.8**0.5, abs=1e-12)
    # By then it is known that the fields were dry, which tells against a flood.
    assert half["flood"]["posterior"] < events(river, "--by", "2021-09-01")["flood"]["posterior"]
    assert events(river, "--by", "2022-02-28") == events(river, "--by", "2022-02")
    assert events(river, "--by", "2022-03") == events(river, "--by", "2022-03-31")


def test_overlays_come_in_order_and_set_has_the_last_word(events, river, tmp_path):
    for name, rate in {"ann": "30%", "bob": "40%"}.items():
        lines = f"analyst: {name}\noverrides: {{events.rain.base_rate: {rate}}}\n"
        (tmp_path / f"{name}.yaml").write_text(lines, encoding="utf-8")
    ann, bob = ("--overlay", tmp_path / "ann.yaml"), ("--overlay", tmp_path / "bob.yaml")
    assert events(river, *ann, *bob)["rain"]["prior"] == pytest.approx(0.4, abs=1e-12)
    assert events(river, *bob, *ann)["rain"]["prior"] == pytest.approx(0.3, abs=1e-12)
    last = events(river, *ann, "--set", "events.rain.base_rate=50%")
    assert last["rain"]["prior"] == pytest.approx(0.5, abs=1e-12)


def test_one_option_may_be_repeated_word_for_word(events, river):
    once = events(river, "--given", "rain=yes")
    assert events(river, "--given", "rain=yes", "--given", "rain=yes") == once


# --- exit status 1: the input is wrong ------------------------------------------------------------

WRONG = [
    (["--set", "events.rian.now=20%"], "--set: events.rian.now: there is no such name"),
    (["--set", "events.rain.now=200%"], "--set: events.rain.now: a probability must lie between"),
    (["--set", "events.rain.now=[1"], "--set: events.rain.now: not valid YAML"),
    (
        ["--set", "events.rain.now=20%", "--set", "events.rain.now=30%"],
        "--set: events.rain.now: is set to two things",
    ),
    (["--given", "rian=yes"], "given: there is no event of this name"),
    (["--given", "rain=maybe"], "given: rain: neither yes nor no"),
    (["--given", "rain=yes", "--given", "rain=no"], "--given: rain: is set to two things"),
    (["--do", "repair=yes"], "do: cannot be made so unless flood is set too"),
    (["--do", "repair=yes", "--do", "flood=no"], "do: cannot happen without flood"),
    (["--given", "rain=no", "--do", "rain=yes"], "the evidence is impossible"),
    (["--as-of", "2022-03-01"], "the forecast must be made before the day it is for"),
    (["--by", "2021-03-01"], "the forecast must be made before the day it is for"),
    (["--overlay", "missing.yaml"], "missing.yaml: cannot be read"),
]


@pytest.mark.parametrize("format", ["table", "json", "csv"])
@pytest.mark.parametrize(("options", "says"), WRONG, ids=[" ".join(row[0]) for row in WRONG])
def test_wrong_input_gives_status_1_a_message_and_nothing_on_standard_output(
    run, river, options, says, format
):
    status, out, err = run("run", river, *options, "--format", format)
    assert (status, out) == (1, "")
    assert says in err
    assert "Traceback" not in err
    assert "    found:    " in err or "cannot be read" in err


def test_a_case_that_is_wrong_gives_status_1_whatever_is_asked(run, tmp_path):
    path = tmp_path / "rain.yaml"
    path.write_text("{case: rain, events: {rain: {base_rate: 200%}}}", encoding="utf-8")
    for format in ("table", "json", "csv"):
        status, out, err = run("run", path, "--format", format)
        assert (status, out) == (1, "")
        assert err.startswith(f"{path}:1: events.rain.base_rate: a probability must lie")


def test_check_goes_through_all_files_and_tells_of_each(run, river, tmp_path):
    wrong, idle = tmp_path / "wrong.yaml", tmp_path / "idle.yaml"
    wrong.write_text("{case: wrong, events: {rain: {}}}", encoding="utf-8")
    idle.write_text("{case: idle, events: {rain: {base_rate: 20%}}}", encoding="utf-8")
    status, out, err = run("check", FIRST, wrong, idle, tmp_path / "missing.yaml", FIRST)
    assert status == 1
    good, first, warning, again = out.splitlines()
    assert good == again == f"{FIRST}: good"
    assert first == f"{idle}: good, with 1 warning"
    assert warning.startswith("  line 1: events.rain: nothing can change this event")
    assert err.startswith(f"{wrong}:1: events.rain: an event needs a base_rate or a table\n")
    assert err.endswith("missing.yaml: cannot be read: no such file or directory\n")
    assert run("check", river, idle)[0] == 0


def test_nobody_is_told_to_suppose_something_who_does(run, tmp_path):
    path = tmp_path / "rain.yaml"
    wet = "wet: {base_rate: 10%}}, links: [{from: rain, to: wet, if_yes: 80%, if_no: 5%}]"
    path.write_text(f"{{case: a, events: {{rain: {{base_rate: 20%}}, {wet}}}", encoding="utf-8")
    assert "no fact is known" in run("run", path)[2]
    assert run("run", path, "--given", "rain=yes")[2] == ""
    assert run("run", path, "--do", "rain=yes")[2] == ""


def test_a_case_that_no_file_is_named_like_is_guessed_at(run):
    status, out, err = run("run", "frist_case")
    assert (status, out) == (1, "")
    assert err.splitlines() == [
        "there is no case of this name",
        "    found:    frist_case",
        "    accepted: a file, or first_case, pakistan_taliban_2021, second_case",
        "    try:      did you mean first_case?",
    ]


def test_check_names_every_place_in_json(run, tmp_path):
    idle = tmp_path / "idle.yaml"
    events = "".join(f"  e{i}: {{base_rate: 20%}}\n" for i in range(7))
    idle.write_text(f"case: idle\nevents:\n{events}", encoding="utf-8")
    status, out, _ = run("check", FIRST, idle, "--format", "json")
    good, found = json.loads(out)
    assert (status, good) == (0, {"case": FIRST, "warnings": []})
    assert found["case"] == str(idle)
    places = [(one["line"], one["place"]) for one in found["warnings"]]
    assert places == [(i + 3, f"events.e{i}") for i in range(7)]
    assert "events.e2 and 4 more, 7 in all, each: nothing can" in run("check", idle)[1]


def test_making_it_so_can_settle_what_contradicts_itself(run, tmp_path):
    """Evidence that is impossible is cut away with the event it bears on, in every format."""
    path = tmp_path / "rain.yaml"
    path.write_text(
        "{case: rain, as_of: 2021-03-01, resolve_by: 2022-03-01, events: {rain: {base_rate: 20%}},"
        " evidence: {no: {bears_on: rain, if_yes: 0, if_no: 0, status: confirmed}}}",
        encoding="utf-8",
    )
    for format in ("table", "json", "csv"):
        assert run("run", path, "--format", format)[0] == 1
        status, out, _ = run("run", path, "--do", "rain=yes", "--format", format)
        assert status == 0
        assert out


# --- exit status 2: wrong usage -------------------------------------------------------------------


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["forecast"],
        ["run"],
        ["check"],
        ["run", FIRST, FIRST],
        ["run", FIRST, "--format", "xml"],
        ["run", FIRST, "--lexicon", "kent"],
        ["run", FIRST, "--as-of", "2021-02-30"],
        ["run", FIRST, "--by", "soon"],
        ["run", FIRST, "--by", "9999"],
        ["run", FIRST, "--set", "events.rain.now"],
        ["run", FIRST, "--set", "=30%"],
        ["run", FIRST, "--given", "rain"],
        ["run", FIRST, "--do", "rain="],
        ["run", FIRST, "--colour"],
        ["new"],
        ["import"],
    ],
    ids=" ".join,
)
def test_wrong_usage_gives_status_2_and_shows_the_usage(run, arguments):
    status, out, err = run(*arguments)
    assert (status, out) == (2, "")
    assert err.startswith("usage: forecasting")


@pytest.mark.parametrize("arguments", [["--help"], ["run", "--help"], ["check", "-h"]])
def test_help_is_no_mistake(run, arguments):
    status, out, err = run(*arguments)
    assert (status, err) == (0, "")
    assert out.startswith("usage: forecasting")


# --- the world around the command -----------------------------------------------------------------


def process(arguments, **options):
    command = [sys.executable, "-m", "forecasting.cli", *map(str, arguments)]
    return subprocess.run(command, cwd=ROOT, stderr=subprocess.PIPE, timeout=300, **options)


@pytest.mark.parametrize("unbuffered", ["", "1"])
@pytest.mark.parametrize(
    "arguments",
    [["check", FIRST], *(["run", FIRST, "--format", f] for f in ("table", "json", "csv"))],
    ids=lambda arguments: arguments[-1],
)
def test_a_reader_that_has_seen_enough_is_no_mistake(arguments, unbuffered):
    """As with `forecasting run CASE | head -1`."""
    reading, writing = os.pipe()
    os.close(reading)
    try:
        done = process(
            arguments, stdout=writing, env={**os.environ, "PYTHONUNBUFFERED": unbuffered}
        )
    finally:
        os.close(writing)
    assert (done.returncode, done.stderr) == (0, b"")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a disk that is always full")
@pytest.mark.parametrize("format", ["table", "json"])
def test_a_full_disk_is_told_in_one_line(format):
    with Path("/dev/full").open("wb") as full:
        done = process(["run", FIRST, "--format", format], stdout=full)
    assert (done.returncode, done.stderr) == (1, b"no space left on device\n")


@pytest.mark.skipif(os.name != "posix", reason="needs a POSIX shell")
def test_a_closed_standard_output_is_no_mistake():
    case = ROOT / FIRST
    assert closed(">&-", "run", case) == (0, "", "")
    status, _, err = closed(">&-", "export", case, "-o", "no-such-folder/x.bif")
    assert (status, err.rpartition("/")[2]) == (1, "x.bif: no such file or directory\n")


@pytest.mark.skipif(os.name != "posix", reason="needs a POSIX shell")
def test_a_closed_standard_input_is_one_without_a_terminal(tmp_path, monkeypatch):
    """It ended in a traceback."""
    monkeypatch.chdir(tmp_path)
    status, out, err = closed("<&-", "new", "bridge")
    assert (status, err) == (0, "")
    assert "there is no terminal to ask on" in out


@pytest.mark.skipif(os.name != "posix", reason="needs a POSIX shell")
def test_what_has_no_standard_error_to_go_to_is_not_printed_among_the_answer():
    """What was wrong stood where JSON was waited for."""
    assert closed("2>&-", "run", "no-such-case.yaml", "--format", "json") == (1, "", "")


def closed(which, *arguments):
    """Run a command with one of its streams closed from the start."""
    line = f'exec "$0" -m forecasting.cli "$@" {which}'
    done = subprocess.run(
        ["sh", "-c", line, sys.executable, *arguments],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=300,
    )
    return done.returncode, done.stdout, done.stderr


def test_it_runs_as_a_module_where_the_command_is_on_no_path():
    command = [sys.executable, "-m", "forecasting", "check", FIRST]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300)
    assert (done.returncode, done.stdout, done.stderr) == (0, f"{FIRST}: good\n", "")


@pytest.mark.skipif(os.name != "posix", reason="needs a limit on the size of a file")
def test_an_answer_cut_off_by_the_disk_is_not_taken_for_whole(tmp_path):
    """With PYTHONUNBUFFERED the rest was lost without a word, and the exit status was 0."""
    import resource

    def limit():
        resource.setrlimit(resource.RLIMIT_FSIZE, (500, 500))

    with (tmp_path / "out.json").open("wb") as out:
        done = process(
            ["run", FIRST, "--format", "json"],
            stdout=out,
            env={**os.environ, "PYTHONUNBUFFERED": "1"},
            preexec_fn=limit,
        )
    assert (done.returncode, done.stderr) == (1, b"file too large\n")


def test_a_terminal_that_lacks_a_letter_shows_a_question_mark(tmp_path):
    path = tmp_path / "river.yaml"
    path.write_text(CASE.replace("A river", "Żółta river"), encoding="utf-8")
    environment = {**os.environ, "PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"}
    done = process(["run", path], stdout=subprocess.PIPE, env=environment)
    assert done.returncode == 0
    assert done.stdout.startswith(b"????ta river\n".replace(b"????", b"???"))
    banded = process(["run", FIRST], stdout=subprocess.PIPE, env=environment).stdout
    assert re.search(rb"\d% - \d+%", banded)


def test_the_dates_of_a_forecast_do_not_depend_on_the_clock_or_the_language(river):
    def forecast(**environment):
        done = process(
            ["run", river, "--format", "json"],
            stdout=subprocess.PIPE,
            env={**os.environ, **environment},
        )
        assert (done.returncode, done.stderr) == (0, b"")
        return done.stdout

    here = forecast()
    assert forecast(TZ="Pacific/Kiritimati", LC_ALL="C") == here
    assert forecast(TZ="America/Los_Angeles", LC_ALL="tr_TR.UTF-8", LANG="de_DE.UTF-8") == here


def test_stopping_it_is_told_in_one_word(run, river, monkeypatch):
    def stop(path):
        raise KeyboardInterrupt

    monkeypatch.setattr("forecasting.file.case.load", stop)
    assert run("run", river) == (130, "", "stopped\n")


# --- starting a case ------------------------------------------------------------------------------


def test_new_writes_a_case_to_fill_in_that_is_sound(run, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    status, out, err = run("new", "dam-2030", "--template")
    assert (status, err) == (0, "")
    assert "written: dam-2030.yaml" in out
    status, out, err = run("check", "dam-2030.yaml")
    assert (status, out) == (1, "")
    assert err.startswith("dam-2030.yaml: not yet a case of your own, with 1 warning\n")
    assert "still says what the template says" in err
    assert run("run", "dam-2030.yaml")[0] == 0
    before = Path("dam-2030.yaml").read_text(encoding="utf-8")
    status, out, err = run("new", "dam-2030", "--template")
    assert (status, out) == (1, "")
    assert "is there already" in err
    assert Path("dam-2030.yaml").read_text(encoding="utf-8") == before


def test_new_without_a_terminal_says_so_and_writes_a_file_to_fill_in(run, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sys.stdin", io.StringIO())
    status, out, err = run("new", "dam-2030")
    assert (status, err) == (0, "")
    assert out.startswith(
        "there is no terminal to ask on, and so no question\nwritten: dam-2030.yaml"
    )
    assert forecasting.load("dam-2030.yaml").case == "dam-2030"


DAM = ["Will the dam hold?", "stays so", "2026-01-15", "2027-01-15", "80-95"]


@pytest.fixture
def terminal(tmp_path, monkeypatch):
    """A terminal of somebody who answers the first question; pages shown, with their options."""
    answers, shown = iter([*DAM, "later", "no", "no", "no"]), []
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    monkeypatch.setattr("builtins.input", lambda _: next(answers))
    monkeypatch.setattr(
        "forecasting.explorer.local_page.serve",
        lambda path, **options: shown.append((path, options)) or 0,
    )
    return shown


@pytest.mark.parametrize(
    ("options", "browser", "opens"),
    [([], True, True), ([], False, False), (["--terminal"], True, False)],
)
def test_new_asks_the_first_question_and_leaves_the_rest_to_a_page(
    run, terminal, monkeypatch, options, browser, opens
):
    monkeypatch.setattr("forecasting.explorer.local_page.at_hand", lambda: browser)
    status, out, err = run("new", "dam", *options)
    assert (status, err) == (0, "")
    assert terminal == ([(Path("dam.yaml"), {})] if opens else [])
    assert ("no browser here" in out) == (not browser)
    assert ("Have you seen or heard" in out) == (not opens)
    assert f"next: forecasting {'desk' if opens else 'run'} dam.yaml" in out
    (event,) = forecasting.load("dam.yaml").events.values()
    assert (event.question, event.kind) == ("Will the dam hold?", "lasts")


def test_desk_opens_a_case_by_its_name_or_begins_one(run, terminal, river):
    assert run("desk", river) == (0, "", "")
    assert run("desk", "dam", "--no-browser", "--port", "8899") == (0, "", "")
    assert terminal == [
        (Path(river), {"browser": True, "port": 0}),
        (Path("dam.yaml"), {"browser": False, "port": 8899}),
    ]
    status, out, err = run("desk", "my dam")
    assert (status, out) == (1, "") and "not a name for a case" in err
    Path("torn.yaml").write_text("case: torn\nevents: [", encoding="utf-8")
    status, out, err = run("desk", "torn")
    assert (status, out) == (1, "") and err.startswith("torn.yaml:")
    assert len(terminal) == 2


@pytest.mark.parametrize("name", ["", "2030", "dam 2030", "../dam", "x" * 65])
def test_new_refuses_what_is_no_name(run, tmp_path, monkeypatch, name):
    monkeypatch.chdir(tmp_path)
    status, out, err = run("new", name, "--template")
    assert (status, out) == (1, "")
    assert "not a name for a case" in err
    assert list(tmp_path.iterdir()) == []


def test_new_says_in_one_line_that_it_cannot_write():
    code = """
import sys
from forecasting import cli
from forecasting.answer import interview

def refuse(*arguments):
    raise PermissionError(13, "Permission denied", "dam.yaml")

interview.write_text = refuse
sys.exit(cli.main(["new", "dam", "--template"]))
"""
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=300
    )
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "dam.yaml: permission denied\n"


# --- a network of another program -----------------------------------------------------------------

# Pearl's alarm, with one caller.
ALARM = """\
network alarm { }
variable burglary { type discrete [ 2 ] { True, False }; }
variable alarm { type discrete [ 2 ] { False, True }; }
variable john.calls { type discrete [ 2 ] { True, False }; }
probability ( burglary ) { table 0.001, 0.999; }
probability ( alarm | burglary ) { (True) 0.06, 0.94; (False) 0.999, 0.001; }
probability ( john.calls | alarm ) { table 0.05, 0.9, 0.95, 0.1; }
"""


@pytest.fixture
def alarm(tmp_path):
    path = tmp_path / "alarm.bif"
    path.write_text(ALARM, encoding="utf-8")
    return path


def test_import_writes_a_case_beside_the_model_that_forecasts_as_it_does(run, alarm):
    written = alarm.with_suffix(".yaml")
    changed = (
        "1 name changed, such as john.calls to john_calls; the old ones are kept as labels\n"
        "assumed: what is nobody's parent is an outcome (1), all else a driver\n"
    )
    assert run("import", alarm) == (0, f"written: {written}\n", changed)
    found = forecasting.Network(forecasting.load(written)).posterior(given={"john_calls": "yes"})
    # P(burglary, call) and P(no burglary, call), over the alarm.
    yes = 0.001 * (0.94 * 0.9 + 0.06 * 0.05)
    no = 0.999 * (0.001 * 0.9 + 0.999 * 0.05)
    assert found["burglary"] == pytest.approx(yes / (yes + no), abs=1e-15)


def test_import_writes_where_it_is_told_and_never_over_a_file(run, alarm, tmp_path):
    path = tmp_path / "bell.yaml"
    assert run("import", alarm, "-o", path)[:2] == (0, f"written: {path}\n")
    assert "case: bell\n" in (before := path.read_text(encoding="utf-8"))
    alarm.write_text(ALARM.replace("0.999, 0.001", "0.99, 0.01"), encoding="utf-8")
    status, out, err = run("import", alarm, "--output", path)
    assert (status, out) == (1, "")
    assert err.startswith(f"{path}: is there already; nothing was changed\n")
    assert path.read_text(encoding="utf-8") == before
    status, out, err = run("import", alarm, "-o", alarm)
    assert (status, out) == (1, "")


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("| alarm )", "| alarms )", "alarm.bif:7: a parent of john.calls is not declared\n"),
        (
            "( burglary ) { table",
            "( burglary | alarm ) { default",
            "move each other in a circle\n",
        ),
    ],
)
def test_import_writes_nothing_that_is_no_case(run, alarm, old, new, told):
    alarm.write_text(ALARM.replace(old, new), encoding="utf-8")
    status, out, err = run("import", alarm)
    assert (status, out) == (1, "")
    assert str(alarm) in err
    assert told in err
    assert [path.name for path in alarm.parent.iterdir()] == ["alarm.bif"]


def test_import_says_of_a_file_what_makes_it_none(run, alarm):
    alarm.write_bytes(b"\xff\xfe")
    assert run("import", alarm)[2].startswith(f"{alarm}:1: not UTF-8 text\n")
    assert "no such file" in run("import", alarm.with_name("bell.bif"))[2]


# --- explain, tip and watch -----------------------------------------------------------------------

MAIN = "priors/pakistan_taliban_2021.yaml"
FIRST = "priors/first_case.yaml"


def test_explain_gives_every_item_at_full_precision(run):
    code, out, _ = run("explain", FIRST, "--event", "bridge_closed", "--format", "json")
    told = json.loads(out)
    rows = told["weights"]
    assert code == 0
    assert told.keys() == {"weights", "leanings", "tornado", "findings"}
    network = forecasting.Network(forecasting.load(FIRST))
    p, q = network.prior()["bridge_closed"], network.posterior()["bridge_closed"]
    way = 10 * math.log10(q / (1 - q) / (p / (1 - p)))
    assert sum(row["decibans"] for row in rows) == pytest.approx(way, abs=1e-9)
    assert {"item", "known", "grades", "leave_one_out", "ceiling", "grade_cost"} <= rows[0].keys()


def test_csv_has_the_columns_of_the_records(run):
    for command in (["explain"], ["tip", "--event", "renewed_war"], ["watch"]):
        code, out, _ = run(command[0], MAIN, *command[1:], "--format", "csv")
        header, *lines = csv.reader(io.StringIO(out))
        assert code == 0
        assert header[0] == "outcome"
        assert len(lines) > 3
        assert {len(line) for line in lines} == {len(header)}


def test_tip_goes_to_the_next_words_unless_told_where(run):
    _, out, _ = run("tip", MAIN, "--event", "renewed_war", "--format", "json")
    assert {row["target"] for row in json.loads(out)} == {0.45, 0.2}
    _, out, _ = run("tip", MAIN, "--event", "renewed_war", "--to", "80%", "--format", "json")
    assert {row["target"] for row in json.loads(out)} == {0.8}
    code, out, _ = run("tip", MAIN, "--event", "renewed_war", "--to", "80%")
    assert "To reach 80%" in out
    assert code == 0


def test_watch_takes_pairs(run):
    _, out, _ = run("watch", MAIN, "--event", "renewed_war", "--pairs", "--format", "json")
    assert {row["kind"] for row in json.loads(out)} == {"pair"}
    code, out, _ = run("watch", MAIN, "--event", "renewed_war", "--pairs")
    assert " + " in out
    assert code == 0


def test_explain_as_json_uses_the_lexicon_asked_for(run):
    _, out, _ = run("explain", FIRST, "--event", "bridge_closed", "--lexicon", "phia",
                    "--format", "json")  # fmt: skip
    for row in json.loads(out)["findings"]:
        assert row["word_if_yes"] == str(forecasting.lexicon.phia(row["if_yes"]))


def test_explain_tells_of_all_outcomes_or_of_one(run):
    code, out, _ = run("explain", FIRST)
    (line,) = [line for line in out.splitlines() if line.startswith("Bridge closed")]
    assert line.rstrip().endswith("prior-driven")
    assert code == 0
    code, out, _ = run("explain", FIRST, "--event", "bridge_closed", "--set",
                       "events.bridge_closed.base_rate=30%")  # fmt: skip
    assert "30% before any evidence" in out
    assert code == 0


@pytest.mark.parametrize(
    "arguments",
    [
        ["explain", FIRST, "--event", "bridge_close"],
        ["tip", FIRST, "--event", "bridge_close"],
        ["tip", FIRST, "--event", "bridge_closed", "--to", "sideways"],
        ["watch", FIRST, "--event", "bridge_close"],
    ],
)
def test_a_wrong_name_or_target_is_told_with_what_is_accepted(run, arguments):
    code, out, err = run(*arguments)
    assert (code, out) == (1, "")
    assert "bridge_closed" in err or "up, down, or a probability" in err
    assert "Traceback" not in err


def test_tip_without_an_event_is_wrong_usage(run):
    code, _, err = run("tip", FIRST)
    assert code == 2
    assert "--event" in err


# --- JupyterLab -----------------------------------------------------------------------------------


@pytest.fixture
def started(monkeypatch):
    """Take the programs that would replace this process, in place of starting them."""
    programs = []
    monkeypatch.setattr(os, "execv", lambda program, words: programs.append((program, words)))
    return programs


def test_lab_opens_the_notebooks_and_passes_on_what_it_does_not_know(run, started):
    run("lab", "--no-browser", "--port", "8890", "--LabApp.news_url=None")
    ((program, words),) = started
    assert program == words[0] == sys.executable
    assert words[1:] == [
        "-m",
        "jupyterlab",
        f"--ServerApp.root_dir={ROOT}",
        f"--ServerApp.preferred_dir={ROOT / 'notebooks'}",
        "--no-browser",
        "--port",
        "8890",
        "--LabApp.news_url=None",
    ]


@pytest.mark.parametrize("own", [True, False])
def test_away_from_the_project_lab_opens_the_folder_we_are_in(
    run, started, monkeypatch, tmp_path, own
):
    monkeypatch.setattr(shipped, "PACKAGE", ROOT)  # as if all of it were in the package
    monkeypatch.chdir(tmp_path)
    if own:
        (tmp_path / "notebooks").mkdir()
    run("lab")
    ((_, words),) = started
    start = tmp_path / "notebooks" if own else tmp_path
    assert words[3:] == [
        f"--ServerApp.root_dir={tmp_path}",
        f"--ServerApp.preferred_dir={start}",
    ]


@pytest.mark.parametrize("answer", ["y", "n"])
def test_in_an_empty_folder_lab_offers_to_copy_the_notebooks(
    started, monkeypatch, tmp_path, capsys, answer
):
    monkeypatch.setattr(shipped, "PACKAGE", ROOT)  # as if all of it were in the package
    monkeypatch.chdir(tmp_path)
    asked = []
    local_page.notebooks(ask=lambda question: asked.append(question) or answer)
    assert "Copy the project's" in asked[0]
    ((_, words),) = started
    copied = answer == "y"
    assert (tmp_path / "notebooks/01-first-forecast.ipynb").exists() == copied
    assert (tmp_path / "priors/first_case.yaml").exists() == copied
    assert (tmp_path / "teacher/ninety-minutes.md").exists() == copied
    assert words[-1].endswith("notebooks") == copied
    assert ("forecasting start FOLDER" in capsys.readouterr().out) != copied


def test_without_jupyterlab_lab_says_how_to_install_it(run, started, monkeypatch):
    monkeypatch.setattr(extras, "find_spec", lambda name: None)
    status, out, err = run("lab")
    assert (status, out, started) == (1, "", [])
    assert err.startswith("to open the notebooks, jupyterlab is needed and not installed: pip ")


def test_only_lab_passes_on_what_it_does_not_know(run):
    status, _, err = run("check", FIRST, "--no-browser")
    assert status == 2
    assert "unrecognized arguments: --no-browser" in err


def test_lab_really_starts_answers_and_stops(tmp_path):
    port = browser.free_port()
    command = [sys.executable, "-m", "forecasting.cli", "lab", "--no-browser", "--allow-root"]
    with browser.serving(
        [*command, f"--port={port}", "--IdentityProvider.token=here"],
        f"http://127.0.0.1:{port}/api/contents/notebooks/02-base-rates.ipynb?content=0&token=here",
        cwd=ROOT,
        environment=browser.isolated(tmp_path),
        log=tmp_path / "lab.log",
    ) as process:
        process.terminate()
        assert process.wait(10) in (0, -signal.SIGTERM)
    assert not browser.answers(f"http://127.0.0.1:{port}/api")


# --- replay and compare ---------------------------------------------------------------------------


@pytest.fixture
def analysts(tmp_path):
    """Two overlays of the river."""
    paths = []
    for name, rate in (("dry", "10%"), ("wet", "50%")):
        path = tmp_path / f"{name}.yaml"
        text = f"analyst: {name}\ncase: river\noverrides: {{events.rain.base_rate: {rate}}}\n"
        path.write_text(text, encoding="utf-8")
        paths.append(path)
    return paths


def test_replay_gives_the_forecast_of_each_day_as_run_does(run, events):
    status, out, err = run("replay", FIRST, "--event", "bridge_closed", "--format", "json")
    assert (status, err) == (0, "")
    content = json.loads(out)
    assert [row["date"] for row in content["rows"]][1:3] == ["2025-11-10", "2025-11-18"]
    for row in content["rows"]:
        alone = events(FIRST, "--as-of", row["date"])["bridge_closed"]
        assert (row["prior"], row["posterior"]) == pytest.approx(
            (alone["prior"], alone["posterior"]), abs=1e-12
        )
    assert content["digest"] == forecasting.load(FIRST).digest


def test_replay_takes_a_span_an_overlay_and_another_lexicon(run, events, river, analysts):
    arguments = ["replay", river, "--since", "2021-02-20", "--until", "2021-02-25"]
    _, out, _ = run(*arguments, "--overlay", analysts[1], "--lexicon", "phia", "--format", "csv")
    rows = list(csv.DictReader(io.StringIO(out)))
    assert {row["date"] for row in rows} == {"2021-02-20", "2021-02-25"}
    assert [row["event"] for row in rows[:3]] == ["flood", "sirens", "repair"]
    assert rows[1]["title"] == "'-2+3"  # no formula for a spreadsheet
    wanted = events(river, "--overlay", analysts[1], "--as-of", "2021-02-20")["flood"]
    assert float(rows[0]["posterior"]) == pytest.approx(wanted["posterior"], abs=1e-12)
    assert rows[0]["word"] == str(forecasting.lexicon.phia(wanted["posterior"]))


def test_compare_prints_what_the_functions_give(run, river, analysts):
    status, out, err = run("compare", river, *analysts, "--event", "flood", "--format", "json")
    assert (status, err) == (0, "")
    content = json.loads(out)
    case = forecasting.load(river)
    wanted = forecasting.answer.compare.compare(
        case, forecasting.answer.compare.analysts_of(case, analysts), events=["flood"]
    )
    assert content == wanted.as_json()
    (share,) = content["shares"]
    assert (share["path"], share["first"], share["second"]) == (
        "events.rain.base_rate",
        "dry",
        "wet",
    )
    p = [row["posterior"] for row in content["forecasts"]]
    assert share["probability"] == pytest.approx(p[2] - p[1], abs=1e-12)


def test_compare_and_replay_print_tables_without_markup(run, river, analysts):
    for arguments in (["compare", river, *analysts], ["replay", river]):
        status, out, err = run(*arguments)
        assert (status, err) == (0, "")
        assert "A flood" in out and "case river, digest" in out
        assert max(map(len, out.splitlines())) <= PIPED_WIDTH


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["replay", FIRST, "--since", "2025-12-24"], "would end before it begins"),
        (["replay", FIRST, "--until", "2026-03-20"], "must be made before the day it is for"),
        (["replay", FIRST, "--event", "bridge"], "did you mean bridge_closed?"),
        (["compare", FIRST, FIRST], "this is a case, not an overlay"),
        (["compare", FIRST, "missing.yaml"], "missing.yaml"),
        (["compare", FIRST, "priors/analysts/sceptic-of-kabul.yaml"], "belongs to another case"),
    ],
)
def test_replay_and_compare_say_what_is_wrong_in_one_message(run, arguments, message):
    status, out, err = run(*arguments)
    assert (status, out) == (1, "")
    assert message in err
    assert "Traceback" not in err


def test_an_analyst_who_names_no_judgement_is_told_the_nearest(run, river, tmp_path):
    path = tmp_path / "odd.yaml"
    path.write_text("analyst: odd\noverrides: {events.rian.now: 10%}\n", encoding="utf-8")
    status, out, err = run("compare", river, path)
    assert (status, out) == (1, "")
    assert "did you mean rain?" in err


def test_a_file_that_cannot_be_written_is_told_by_its_own_name(tmp_path):
    nowhere = tmp_path / "nowhere" / "page.html"
    done = process(["exercise", "cab", "-o", nowhere])
    told = f"{nowhere}: no such file or directory\n"
    assert (done.returncode, done.stderr.decode()) == (1, told)
