"""What each command gives as JSON is what the schema says, and that follows from the records."""

import json
from pathlib import Path

import jsonschema
import pytest

from forecasting.answer.explain import WeightRow
from forecasting.cli import main
from forecasting.commands import schema
from forecasting.commands.words import COMMANDS
from forecasting.file.case import Case
from forecasting.file.records import keys

ROOT = Path(__file__).resolve().parents[1]
FIRST, SECOND = "priors/first_case.yaml", "priors/second_case.yaml"
ORCHARD = sorted(map(str, (ROOT / "priors/analysts/orchard").glob("*.yaml")))
MADE = schema.schema()

# Each command, in all the forms its answer has.
ASKED = {
    "check": ["check", FIRST, SECOND],
    "run": ["run", SECOND],
    "run of yes and no": ["run", FIRST],
    "explain": ["explain", SECOND],
    "explain one": ["explain", FIRST, "--event", "bridge_closed"],
    "explain a tree": ["explain", FIRST, "--tree", "cracks_in_the_pier"],
    "tip": ["tip", FIRST, "--event", "bridge_closed"],
    "watch": ["watch", SECOND],
    "watch pairs": ["watch", SECOND, "--pairs"],
    "replay": ["replay", FIRST],
    "compare": ["compare", SECOND, *ORCHARD],
    "diff": ["diff", SECOND, ORCHARD[0], "--case", SECOND],
    "rates": ["rates", "coup"],
    "rates of a table": ["rates", "coup_attempts", "--by", "last_attempt"],
    "rates of times": ["rates", "conflict_recurrence_times"],
    "score": ["score", "--ledger", "LEDGER"],
    "score in groups": ["score", "--by", "lead", "--ledger", "LEDGER"],
    "backtest": [
        "backtest",
        "reference_class",
        "--table",
        "coup_success",
        "--origins",
        "2016..2018",
    ],
    "ledger": ["ledger", "list", "--ledger", "LEDGER"],
    "ledger of one": [
        "ledger",
        "show",
        "village-bridge/bridge_closed@2026-03-20",
        "--ledger",
        "LEDGER",
    ],
}


@pytest.fixture(scope="module")
def ledger(tmp_path_factory):
    """Keep the forecasts of the first case, one of them settled."""
    path = str(tmp_path_factory.mktemp("ledger") / "ledger.db")
    assert main(["record", FIRST, "--ledger", path]) == 0
    settled = ["village-bridge/bridge_closed@2026-03-20", "no", "--known", "2026-03-20"]
    assert main(["resolve", *settled, "--ledger", path]) == 0
    return path


def wrong(command, answer):
    """What is wrong with an answer, by its place in it."""
    validator = jsonschema.Draft202012Validator({**MADE, "$ref": f"#/$defs/{command}"})
    return [f"{list(error.absolute_path)}: {error.message}"
            for error in validator.iter_errors(answer)]  # fmt: skip


@pytest.mark.parametrize("words", ASKED.values(), ids=ASKED)
def test_the_json_of_a_command_is_what_the_schema_says(words, ledger, capsys):
    words = [ledger if word == "LEDGER" else word for word in words]
    capsys.readouterr()
    assert main([*words, "--format", "json"]) == 0
    assert wrong(words[0], json.loads(capsys.readouterr().out)) == []


@pytest.mark.parametrize("name", ["pakistan-taliban-2021", "village-bridge"])
def test_kept_audits_are_what_the_schema_says(name):
    kept = json.loads((ROOT / f"priors/audits/{name}.json").read_text(encoding="utf-8"))
    unsaid = {"seconds": 1.0}  # how long it took is printed, and not kept
    answer = {key: (kept | unsaid)[key] for key in MADE["$defs"]["audit"]["properties"]}
    assert wrong("audit", answer) == []


@pytest.mark.parametrize("case", [FIRST, SECOND])
def test_the_first_page_of_a_report_as_data_is_what_the_schema_says(case, tmp_path):
    page = tmp_path / "page.json"
    assert main(["report", case, "-o", str(page)]) == 0
    assert wrong("report", json.loads(page.read_text(encoding="utf-8"))) == []


def test_every_command_that_prints_json_is_in_the_schema():
    printing = {
        command.__name__.removeprefix("_")
        for command, options, _ in COMMANDS
        if any(names == ["--format"] for names, _ in options)
    }
    assert printing | {"report"} == schema.shapes().keys()


def fields_of(schema, place="#"):
    """Each field of a schema, with its place; records and commands stand below $defs."""
    for key, inner in schema.items() if isinstance(schema, dict) else enumerate(schema):
        if key == "properties":
            yield from ((f"{place}.{name}", one) for name, one in inner.items())
        if isinstance(inner, dict | list):
            yield from fields_of(inner, f"{place}.{key}")


def test_each_field_of_each_command_says_what_it_means():
    found = dict(fields_of(MADE["$defs"]))
    assert len(found) > 250
    unsaid = [place for place, field in found.items() if not field.get("description", "").strip()]
    assert unsaid == []
    assert {place.split(".")[1] for place in found} >= {"check", "run", "audit", "report", "ledger"}


def test_what_a_field_means_is_read_from_its_record():
    """In the docstring of a record, or of its property; of a group of fields it says of which."""
    defs = MADE["$defs"]
    row = defs["WeightRow"]["properties"]
    assert row["leave_one_out"]["description"] == (
        "What the posterior would lose without this item. These do not add up."
    )
    assert row["grade_cost"]["description"] == WeightRow.grade_cost.__doc__
    assert row["before"]["description"].startswith("before, after: Probability of the outcome")
    whole = defs["run"]["properties"]
    assert whole["as_of"]["description"] == keys(Case)["as_of"].doc
    assert whole["digest"]["description"].startswith("SHA-256 of the content")
    assert not any(mark in str(MADE) for mark in ("``", ":data:", ":class:"))


def test_the_schema_sees_what_is_missing_added_or_of_another_kind(capsys):
    assert main(["watch", SECOND, "--format", "json"]) == 0
    (row, *_) = json.loads(capsys.readouterr().out)
    lacking = {name: value for name, value in row.items() if name != "bits"}
    changed = {"probability": 1.2, "watch_until": 3, "overdue": "no", "title": None}
    assert len(wrong("watch", [row | {"new": 1}])) == len(wrong("watch", [lacking])) == 1
    assert all(len(wrong("watch", [row | {name: value}])) == 1 for name, value in changed.items())


def test_the_schema_beside_the_cases_is_the_one_the_records_make(tmp_path, capsys):
    """After a change to the records: forecasting schema -o priors/answers.schema.json."""
    assert main(["schema", "-o", str(tmp_path / "answers.json")]) == 0
    committed = (ROOT / "priors/answers.schema.json").read_bytes()
    assert (tmp_path / "answers.json").read_bytes() == committed
    jsonschema.Draft202012Validator.check_schema(json.loads(committed))
    capsys.readouterr()
    assert main(["schema"]) == 0
    assert capsys.readouterr().out == committed.decode()
