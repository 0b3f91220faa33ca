"""The command answers of states, ordered states and amounts as it does of yes/no events."""

import csv
import io
import math

import pytest

import forecasting
from tests import test_cli

# The command run in this process, and the events of a forecast as JSON.
run, events = test_cli.run, test_cli.events

KABUL = """\
case: kabul
as_of: 2021-09-15
resolve_by: 2022-09-15
events:
  cabinet:
    states: {stays: It stays, opens: It opens, other: Anything else}
    base_rate: {stays: 60%, opens: 10%, other: rest}
  tension:
    role: driver
    states: [calm, clash, war]
    ordered: yes
    cuts: {serious: ">= clash"}
    base_rate: {calm: 50%, clash: 30%, war: rest}
    now: {war: 40%}
  deaths:
    quantity: {unit: deaths, whole: yes}
    base_rate: {low: 100, best: 240, high: 900}
    cuts: {many: ">= 348"}
  strike: {base_rate: 10%}
links:
  - {from: tension.war, to: cabinet.other, raises: 3}
  - {from: deaths.many, to: strike, raises: 4}
evidence:
  shura: {bears_on: cabinet.opens, if_yes: 70%, if_no: 10%, status: confirmed}
"""

WAR_TO_CABINET = "  - {from: tension.war, to: cabinet.other, raises: 3}\n"


@pytest.fixture
def kabul(tmp_path):
    path = tmp_path / "kabul.yaml"
    path.write_text(KABUL, encoding="utf-8")
    return path


def test_json_of_states_and_amounts_has_the_promised_keys_and_no_others(events, kabul):
    found = events(kabul)
    chances = {"prior", "posterior", "low", "high", "word"}
    levels = ["5%", "25%", "50%", "75%", "95%"]
    assert set(found["cabinet"]) == {"role", "states", "cuts", "base_rate"}
    assert set(found["deaths"]) == {"role", "cuts", "quantiles", "base_rate"}
    assert list(found["tension"]["states"]) == ["calm", "clash", "war"]
    assert list(found["tension"]["cuts"]) == ["serious"]
    assert all(set(one) == chances for one in found["cabinet"]["states"].values())
    assert all(set(one) == chances for one in found["deaths"]["cuts"].values())
    assert set(found["deaths"]["quantiles"]) == {"prior", "posterior", "low", "high"}
    assert all(list(points) == levels for points in found["deaths"]["quantiles"].values())
    assert found["deaths"]["base_rate"] is None
    assert all(set(one) == {"mean", "spread"} for one in found["cabinet"]["base_rate"].values())
    assert found["cabinet"]["base_rate"]["stays"]["mean"] == pytest.approx(0.6, abs=1e-12)


@pytest.mark.parametrize(
    ("asked", "event", "part", "chance"),
    [
        (["--given", "cabinet=opens"], "cabinet", "opens", 1.0),
        (["--given", "tension.serious=no"], "tension", "calm", 1.0),
        # 40% are held for war; of the other 60%, clash has 3/8.
        (["--given", "tension.serious=yes"], "tension", "war", 0.4 / (0.4 + 0.6 * 3 / 8)),
        (["--do", "tension=war"], "tension", "war", 1.0),
        (["--do", "tension.war=yes"], "tension", "war", 1.0),
        # 70% to 10%, of the 20% that --set gives it.
        (["--set", "events.cabinet.base_rate.opens=20%", "--do", "tension=calm"], "cabinet",
         "opens", None),
        (["--set", "events.tension.now.war=10%"], "tension", "war", 0.1),
    ],
)  # fmt: skip
def test_states_can_be_given_made_so_and_set(events, kabul, asked, event, part, chance):
    if "cabinet.base_rate" in " ".join(asked):  # without its link, by Bayes
        kabul.write_text(KABUL.replace(WAR_TO_CABINET, ""))
        chance = 0.2 * 0.7 / (0.2 * 0.7 + 0.8 * 0.1)
    if event == "tension":  # what is learned of the cabinet tells of it too, but for this test
        kabul.write_text(KABUL.replace("status: confirmed", "status: pending"))
    found = events(kabul, *asked)[event]["states"]
    assert found[part]["posterior"] == pytest.approx(chance, abs=1e-12)
    assert math.fsum(one["posterior"] for one in found.values()) == pytest.approx(1, abs=1e-12)


def test_an_amount_can_be_given(events, kabul):
    found = events(kabul, "--given", "deaths=400")["deaths"]
    assert found["cuts"]["many"]["posterior"] == 1
    assert set(found["quantiles"]["posterior"].values()) == {400.0}
    assert found["quantiles"]["prior"]["50%"] == pytest.approx(240, rel=1e-9)


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        (["--do", "tension.serious=yes"], "more than one way"),
        (["--do", "deaths.manny=yes"], "no such state or cut of deaths"),
        (["--given", "cabinet=opns"], "not a state of this event"),
        (["--set", "events.cabinet.base_rate.opens=100%"], "strictly between 0 and 1"),
        (["--set", "events.tension.base_rate.at_least.war=60%"], "must lie between"),
    ],
)
def test_what_states_cannot_be_is_refused_with_status_1(run, kabul, asked, says):
    status, out, err = run("run", kabul, *asked)
    assert (status, out) == (1, "")
    assert says in err


def test_csv_has_a_row_for_each_state_and_cut(run, kabul):
    status, out, _ = run("run", kabul, "--format", "csv")
    assert status == 0
    rows = {row["event"]: row for row in csv.DictReader(io.StringIO(out))}
    assert [name for name in rows if name.startswith("tension")] == [
        "tension.calm", "tension.clash", "tension.war", "tension.serious",
    ]  # fmt: skip
    assert {"cabinet.opens", "deaths.many", "strike"} <= set(rows)
    found = forecasting.run(forecasting.load(kabul)).event_rows
    assert {row.event: row.posterior for row in found} == {
        name: float(row["posterior"])
        for name, row in rows.items()
        if row["role"] not in ("point", "scenario")
    }


@pytest.mark.parametrize(
    ("command", "event", "outcomes"),
    [
        ("explain", "cabinet", {"cabinet.stays", "cabinet.opens", "cabinet.other"}),
        ("explain", "cabinet.opens", {"cabinet.opens"}),
        ("watch", "deaths", {"deaths.many"}),
        ("tip", "cabinet.opens", {"cabinet.opens"}),
    ],
)
def test_an_event_or_a_part_of_it_can_be_asked_about(run, kabul, command, event, outcomes):
    kabul.write_text(
        KABUL + "  shots: {bears_on: deaths.many, if_yes: 60%, if_no: 30%, status: pending}\n"
    )
    status, out, _ = run(command, kabul, "--event", event, "--format", "csv")
    assert status == 0
    assert {row["outcome"] for row in csv.DictReader(io.StringIO(out))} == outcomes


def test_tip_asks_which_part_of_an_event_is_meant(run, kabul):
    status, out, err = run("tip", kabul, "--event", "cabinet")
    assert (status, out) == (1, "")
    assert "cabinet.stays or cabinet.opens or cabinet.other" in err


def test_what_a_share_is_called_is_offered_where_the_path_to_it_is_short(run, kabul):
    _, out, err = run("run", kabul, "--set", "events.cabinet.opens=20%")
    assert out == ""
    assert "did you mean events.cabinet.base_rate.opens?" in err


def test_the_base_rate_of_the_rest_is_what_the_others_leave(run, kabul):
    told = " ".join(run("explain", kabul, "--event", "cabinet.other")[1].split())
    assert "Its own base rate: put at 30%. It is what the other states leave." in told
    told = " ".join(run("explain", kabul, "--event", "cabinet.stays")[1].split())
    assert "Its own base rate: put at 60%. It is stated without a range." in told


def test_csv_of_a_run_has_the_points_of_amounts(run, kabul):
    """Nothing moves this amount, so its points are those that its case states."""
    rows = list(csv.DictReader(io.StringIO(run("run", kabul, "--format", "csv")[1])))
    points = {row["event"]: row for row in rows if row["role"] == "point"}
    assert list(points) == [f"deaths.{level}%" for level in (5, 25, 50, 75, 95)]
    for level, amount in (("5%", 100), ("50%", 240), ("95%", 900)):
        row = points[f"deaths.{level}"]
        assert float(row["prior"]) == pytest.approx(amount, rel=1e-9)
        assert float(row["posterior"]) == pytest.approx(amount, rel=1e-9)
        assert (row["title"], row["word"]) == (f"deaths: {level} point", "")


def test_explain_tells_the_likeliest_state_in_full_and_the_others_in_a_line_each(run, kabul):
    """A fact seven times as likely with the second: of 60, 10 and 30% to 6, 7 and 3 of 16."""
    kabul.write_text(KABUL.replace(WAR_TO_CABINET, ""))
    status, out, _ = run("explain", kabul, "--event", "cabinet")
    assert status == 0
    assert out.count("Prior or evidence:") == 1
    assert "cabinet: It opens" in out
    assert "10% before any evidence of this case, 44% with it" in out
    lines = [line.split() for line in out.splitlines()]
    assert any(line[:4] == ["It", "stays", "60%", "38%"] for line in lines)
    assert any(line[:4] == ["Anything", "else", "30%", "19%"] for line in lines)


def test_explain_tells_the_first_cut_of_an_amount_and_a_part_that_is_named_alone(run, kabul):
    kabul.write_text(KABUL.replace('{many: ">= 348"}', '{few: "<= 50", many: ">= 348"}'))
    out = run("explain", kabul, "--event", "deaths")[1]
    assert out.startswith("deaths: at most 50 deaths (few)\n")
    assert out.count("Prior or evidence:") == 1
    assert "at least 348 deaths (many)" in out
    out = run("explain", kabul, "--event", "deaths.many")[1]
    assert out.startswith("deaths: at least 348 deaths (many)\n")
    assert "at most 50" not in out


def test_the_key_assumption_of_ordered_states_is_how_unsure_they_are(run, kabul):
    """Even odds of "serious", off by a factor 3 either way; nothing else has a say in them."""
    text = (
        KABUL.replace("    now: {war: 40%}\n", "")
        .replace(WAR_TO_CABINET, "")
        .replace("war: rest}", "war: rest, unsure: 3}")
    )
    kabul.write_text(text)
    out = run("explain", kabul, "--event", "tension.serious")[1]
    assert (
        "Key assumption: factor by which the odds of a higher state of “tension” may be off" in out
    )
    assert "At 0.333 the answer would be 25%, at 3 75%." in " ".join(out.split())


def test_diff_tells_a_cut_that_moved_and_points_that_changed(run, kabul, tmp_path):
    other = tmp_path / "other.yaml"
    other.write_text(KABUL.replace("best: 240", "best: 300").replace(">= 348", ">= 300"))
    out = run("diff", kabul, other)[1]
    assert "many >= 348" in out
    assert "many >= 300" in out
    assert "240, from 100 to 900" in out
    lines = [line.split() for line in out.splitlines()]
    assert ["kabul.yaml", "100", "240", "900"] in lines
    assert ["other.yaml", "100", "300", "900"] in lines
    rows = csv.DictReader(io.StringIO(run("diff", kabul, other, "--format", "csv")[1]))
    assert ("deaths.50%", "240", "300") in {(r["event"], r["before"], r["after"]) for r in rows}
