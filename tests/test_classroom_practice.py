"""Practice asks what tables answer; after ten answers it says how good they were, and how sure."""

import csv
import json
import re
from pathlib import Path

import pytest
from py_mini_racer import MiniRacer
from scipy.stats import beta

from forecasting.classroom import practice
from forecasting.classroom.room import SCRIPTS
from forecasting.cli import main
from forecasting.explorer.live import scopes
from forecasting.ledger.ledger import Ledger


@pytest.fixture(scope="module")
def blocks():
    return practice.questions(7)


@pytest.fixture(scope="module")
def script():
    with MiniRacer() as v8:
        v8.eval(scopes(SCRIPTS / "practice.js"))

        def call(name, *arguments):
            written = ", ".join(map(json.dumps, arguments))
            return json.loads(v8.eval(f"JSON.stringify(practice_js.{name}({written}))"))

        yield call


def test_a_seed_draws_the_same_questions_and_another_other_ones(blocks):
    assert practice.questions(7) == blocks != practice.questions(8)
    assert [{one.over is None for one in block} for block in blocks] == [{False}, {True}] * 2
    assert all(len({one.table for one in block}) == len(block) == 10 for block in blocks)


def test_no_question_asks_what_another_of_the_page_told():
    """The text up to the number asked about names the row: a table, an outcome and a group."""
    for seed in (1, 2, 7):
        rows = [re.split(r"(?:were more than|how many of)", one.text)[0]
                for block in practice.questions(seed) for one in block]  # fmt: skip
        assert len({*rows}) == len(rows) == 40


def test_the_answers_are_what_the_tables_hold(blocks):
    """Counted again from the files, where the question is about all rows of a table."""
    counted = 0
    for one in (one for block in blocks for one in block if " cases, known" in one.text):
        table, _, outcome = one.table.partition(".")
        with Path(f"priors/data/{table}.csv").open(encoding="utf-8") as file:
            lines = csv.DictReader(file)
            if outcome not in lines.fieldnames:  # a table of times, which test_times.py counts
                continue
            rows = [row for row in lines if row[outcome]]
        of = sum(int(row.get("of") or 1) for row in rows)
        assert f"In {of:,} such cases" in one.text
        assert one.share == pytest.approx(sum(int(row[outcome]) for row in rows) / of, abs=1e-12)
        counted += 1
    assert counted > 3


def test_no_question_of_yes_or_no_is_too_close_to_call():
    for seed in (0, 3, 5):  # without the step each of them has one
        asked = [one for block in practice.questions(seed) for one in block if one.over is not None]
        assert all(abs(one.share - one.over) >= 0.005 and 0 < one.over < 1 for one in asked)
        assert 3 < sum(one.share > one.over for one in asked) < len(asked) - 3


def test_the_interval_of_a_hit_rate_is_that_of_its_beta_distribution():
    told = json.loads(re.search(r'"practice-told">(.*?)</script>', practice.page(7))[1])
    low, high = told["rates"]["20"][13]
    assert (low, high) == pytest.approx(beta(13.5, 7.5).ppf([0.05, 0.95]), abs=1e-9)
    assert sorted(map(int, told["rates"])) == [10, 20, 30, 40]


YES_NO, INTERVAL = {"share": 0.3, "over": 0.2}, {"share": 0.3, "over": None}


@pytest.mark.parametrize(
    ("one", "said", "claim", "hit"),
    [
        (YES_NO, 0.8, 0.8, True),
        (YES_NO, 0.3, 0.7, False),
        (INTERVAL, [0.1, 0.3], 0.9, True),
        (INTERVAL, [0.31, 0.5], 0.9, False),
    ],
)
def test_an_answer_claims_the_side_it_took(script, one, said, claim, hit):
    assert script("judged", one, said) == {"claim": pytest.approx(claim), "hit": hit}


@pytest.mark.parametrize(
    ("hits", "words"),
    [(3, "you were surer than right"), (9, "cannot tell you from"), (10, "cannot tell you from")],
)
def test_ten_answers_are_judged_by_what_ten_can_tell(script, hits, words):
    """Of 3 of 10 the rate lies between 12 and 57%: 90% was claimed."""
    found = [{"claim": 0.9, "hit": i < hits} for i in range(10)]
    low, high = beta(hits + 0.5, 10.5 - hits).ppf([0.05, 0.95])
    told = script("verdict", found, {"10": [[0, 0]] * hits + [[low, high]]})
    assert told.startswith(f"{hits} of 10 came out as you said; you claimed 90%.")
    assert words in told


def test_what_is_saved_goes_into_a_ledger_and_is_scored(script, tmp_path, capsys):
    asked = [YES_NO | {"text": '=A "quoted", text', "table": "a.b"}]
    asked += [INTERVAL | {"text": "b", "table": "c"}]
    text = script("table", 7, asked, [0.8, [0.4, 0.5]], "2025-06-01")
    (tmp_path / "answers.csv").write_text(text, "utf-8")
    ledger = tmp_path / "own.db"
    assert main(["ledger", "import", str(tmp_path / "answers.csv"), "--ledger", str(ledger)]) == 0
    rows = Ledger(ledger).scores("2100-01-01")
    assert sorted(round(one, 9) for one in rows["brier"]) == [0.04, 0.81]
    assert {*rows["status"]} == {"scored"}


def test_the_command_writes_the_page(tmp_path, capsys):
    path = tmp_path / "p.html"
    assert main(["practice", "--seed", "3", "-o", str(path)]) == 0
    assert "Calibration practice 3" in path.read_text("utf-8")
