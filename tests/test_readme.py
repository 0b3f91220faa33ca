"""What the README shows is what comes out."""

import re
from pathlib import Path

import pytest

from forecasting.cli import main

README = Path("README.md").read_text(encoding="utf-8")


def blocks(language=""):
    return re.findall(rf"^```{language}\n(.*?)^```", README, flags=re.DOTALL | re.MULTILINE)


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


@pytest.mark.parametrize(
    "line", [line for line in blocks()[1].splitlines() if line.startswith("forecasting run")]
)
def test_each_command_works(line, capsys):
    assert main(line.split()[1:]) == 0
    assert capsys.readouterr().out
