"""What the README shows is what comes out."""

import re
import shlex
from pathlib import Path

import pytest

from forecasting.cli import main

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


def commands():
    """List what the two pages say to type, but for what fits models, or writes or opens a file."""
    lines = [line for block in (*blocks(), *blocks(text=OF_CASES)) for line in block.splitlines()]
    quick = r"forecasting (run|rates)|forecasting \w+ priors/(first|second)_case|.* --case "
    quick = [line for line in lines if re.match(quick, line)]
    return list(dict.fromkeys(quick))


@pytest.mark.parametrize("line", commands())
def test_each_command_works(line, capsys):
    words = shlex.split(line, comments=True)[1:]
    files = {word: sorted(map(str, Path().glob(word))) for word in words if "*" in word}
    assert main([one for word in words for one in files.get(word, [word])]) == 0
    assert capsys.readouterr().out


def test_every_kind_of_supposition_is_shown():
    shown = "\n".join(commands())
    for words in ("--given frost=", "--given harvest.poor=", "--given harvest=", "--do frost=",
                  "--do harvest=", "base_rate.press=", "base_rate.hard=", "base_rate.best=",
                  "compare priors/second_case.yaml"):  # fmt: skip
        assert words in shown
