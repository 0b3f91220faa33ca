"""What the README shows is what comes out."""

import json
import re
import shlex
from pathlib import Path

import pytest

from forecasting.cli import main
from forecasting.file.case import load
from forecasting.file.propositions import states_of
from forecasting.ledger.imports import COLUMNS

README = Path("README.md").read_text(encoding="utf-8")
OF_CASES = Path("priors/README.md").read_text(encoding="utf-8")


def blocks(language="", text=README):
    found = re.findall(r"^```(\w*)\n(.*?)^```", text, flags=re.DOTALL | re.MULTILINE)
    return [block for named, block in found if named == language]


def test_the_table_is_printed_as_shown(capsys):
    assert main(["run", "priors/pakistan_taliban_2021.yaml"]) == 0
    printed = "\n".join(line.rstrip() for line in capsys.readouterr().out.rstrip().splitlines())
    assert printed + "\n" in blocks()


def test_the_example_runs(capsys):
    (example,) = blocks("python")
    exec(example, {})
    out = capsys.readouterr().out
    assert "bridge_closed" in out
    assert 0 < float(out.splitlines()[-1]) < 1


LINES = [line for block in (*blocks(), *blocks(text=OF_CASES)) for line in block.splitlines()]

# What is about a ledger hangs together: each line goes on from those before it.
LEDGER = re.compile(r"forecasting (record|resolve|score|ledger|report --ledger) ")


def commands():
    """List what the two pages say to type, but for what fits models, or writes or opens a file."""
    quick = r"forecasting (run|rates|backtest)|forecasting \w+ priors/(first|second)_case"
    quick += "|.* --case "
    quick = [line for line in LINES if re.match(quick, line) and not LEDGER.match(line)]
    quick = [line for line in quick if not line.startswith("forecasting class ")]
    return list(dict.fromkeys(quick))


@pytest.mark.parametrize("line", commands())
def test_each_command_works(line, capsys):
    words = shlex.split(line, comments=True)[1:]
    files = {word: sorted(map(str, Path().glob(word))) for word in words if "*" in word}
    assert main([one for word in words for one in files.get(word, [word])]) == 0
    assert capsys.readouterr().out


def test_what_is_shown_of_a_ledger_works_one_line_after_the_other(tmp_path, monkeypatch, capsys):
    (tmp_path / "priors").symlink_to(Path("priors").resolve())
    (table,) = blocks("csv", OF_CASES)
    monkeypatch.chdir(tmp_path)
    Path("others.csv").write_text(table, "utf-8")
    shown = [line for line in LINES if LEDGER.match(line)]
    assert len(shown) > 15
    for line in shown:
        assert main(shlex.split(line, comments=True)[1:]) == 0, line
        assert capsys.readouterr().out, line
    assert main(["ledger", "show", "Will the ferry run all winter?"]) == 0
    assert "river" in capsys.readouterr().out


def test_every_column_of_an_import_is_told_with_what_it_is_called_elsewhere():
    told = OF_CASES.partition("**Import.**")[2].partition("**What")[0]
    rows = dict(re.findall(r"^\| `(\w+)` \| [^|]* \| ?([^|]*) ?\|$", told, re.M))
    for name, names in COLUMNS.items():
        others = [one for one in names if one != name]
        assert rows[name].strip() == ", ".join(others)


def test_every_kind_of_supposition_is_shown():
    shown = "\n".join(commands())
    for words in ("--given frost=", "--given harvest.poor=", "--given harvest=", "--do frost=",
                  "--do harvest=", "base_rate.press=", "base_rate.hard=", "base_rate.best=",
                  "compare priors/second_case.yaml"):  # fmt: skip
        assert words in shown


def test_the_questions_that_are_shown_become_a_case(tmp_path, capsys):
    (questions,) = (one for one in blocks("json", OF_CASES) if "close_time" in one)
    (tmp_path / "bridge.json").write_text(questions, "utf-8")
    assert main(["import", str(tmp_path / "bridge.json")]) == 0
    case = load(tmp_path / "bridge.yaml")
    titles = [one["title"] for one in json.loads(questions)]
    assert [event.question for event in case.events.values()] == titles
    assert [len(states_of(event)) for event in case.events.values()][:2] == [2, 2]
    assert [event.quantity is not None for event in case.events.values()] == [False, False, True]
