"""The wheel, in an environment of its own and an empty folder, does what the README says."""

import json
import subprocess
import sys
import sysconfig
import tomllib
from pathlib import Path

import pytest

from forecasting import extras
from forecasting.cli import COMMANDS
from tests.test_assistant import ASKED

ROOT = Path(__file__).resolve().parents[1]
CORE_ONLY = [*{one for names in extras.EXTRAS.values() for one in names}, *extras.ALONG]
# It comes with anywidget, which the core needs.
CORE_ONLY.remove("ipywidgets")

# In place of packages that are not installed, and of a release of PyMC that is not out.
SITECUSTOMIZE = """
import os, sys
from importlib import metadata

class Gone:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in os.environ.get("GONE", "").split():
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)

sys.meta_path.insert(0, Gone())
installed = metadata.version

def version(name):
    if name in os.environ.get("GONE", "").split():
        raise metadata.PackageNotFoundError(name)
    return "7.3.1" if name == "pymc" and "LATER" in os.environ else installed(name)

metadata.version = version
"""

# Runs commands one after the other, each as the terminal would, in one process for speed.
DRIVER = """
import contextlib, io, json, sys, traceback
from forecasting.cli import main
told = []
for words in json.load(sys.stdin):
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            status = main(words)
        except SystemExit as end:
            status = end.code
        except BaseException:
            status = traceback.print_exc() or "traceback"
    told.append((status, out.getvalue(), err.getvalue()))
json.dump(told, sys.__stdout__)
"""

# As jupyter-server-mcp does: what the installed metadata name, then the functions they name.
EXTENSION = """
import importlib, json, sys
from importlib import metadata
asked, told = json.load(sys.stdin), {}
for entry in metadata.entry_points().select(group="jupyter_server_mcp.tools"):
    for named in entry.load():
        module, name = named.rsplit(":", 1)
        tool = getattr(importlib.import_module(module), name)
        told[name] = tool(**asked[name])
json.dump(told, sys.stdout, allow_nan=False)
"""

BIF = """network rain {}
variable rain { type discrete [ 2 ] { yes, no }; }
probability ( rain ) { table 0.2, 0.8; }
"""


@pytest.fixture(scope="module")
def python(tmp_path_factory):
    """Install the wheel without what it needs, and lend it that from this environment."""
    pytest.importorskip("hatchling", reason="make setup installs hatchling")
    folder = tmp_path_factory.mktemp("installed")
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", folder]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True, timeout=300)
    (wheel,) = folder.glob("*.whl")
    environment = folder / "venv"
    make = [sys.executable, "-m", "venv", "--without-pip", "--symlinks", environment]
    subprocess.run(make, check=True, timeout=300)
    python = environment / "bin/python"
    pip = [sys.executable, "-m", "pip", "--python", python, "install", "--no-deps", "--no-index"]
    quiet = ["--quiet", "--disable-pip-version-check", "--no-compile"]
    subprocess.run([*pip, *quiet, wheel], check=True, timeout=300)
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    site = environment / "lib" / version / "site-packages"
    (site / "lent.pth").write_text(sysconfig.get_path("purelib"), encoding="utf-8")
    (site / "sitecustomize.py").write_text(SITECUSTOMIZE, encoding="utf-8")
    return python


def printed_by(command, folder, *, gone=CORE_ONLY, given=None, **more):
    """Run a program of the environment in a folder, without some packages; give what it printed."""
    return subprocess.run(
        command,
        input=given,
        cwd=folder,
        env={"PATH": "", "HOME": str(folder), "GONE": " ".join(gone), **more},
        capture_output=True,
        text=True,
        check=True,
        timeout=300,
    ).stdout


def run(python, folder, *commands, gone=CORE_ONLY, **more):
    """Run commands in a folder; give of each its status, what it printed, and what it told."""
    words = json.dumps([command.split() for command in commands])
    more = {"PATH": str(python.parent), **more}
    return json.loads(printed_by([python, "-c", DRIVER], folder, gone=gone, given=words, **more))


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "rain.bif").write_text(BIF, encoding="utf-8")
    return tmp_path


BRIDGE = "village-bridge/bridge_closed@2026-03-20"
CORE = (
    "check first_case second_case pakistan_taliban_2021",
    "run first_case",
    "run pakistan_taliban_2021 --format json",
    "explain first_case --event bridge_closed",
    "explain first_case --tree cracks_in_the_pier",
    "tip first_case --event bridge_closed",
    "watch second_case",
    "replay first_case",
    "rates",
    "rates coup_attempts --by last_attempt",
    "fit pakistan_taliban_2021",
    "report first_case -o page.txt",
    "report first_case -o page.json",
    "new my-case --template",
    "record first_case",
    f"resolve {BRIDGE} no --known 2026-03-20 --source test",
    "score --as-of 2026-04-01",
    "ledger list",
    f"ledger show {BRIDGE}",
    "ledger verify",
    "ledger export -o mine.jsonl",
    "ledger seal second_case",
    "import rain.bif",
    "run rain",
    "export first_case -o bridge.xdsl",
    "exercise",
    "exercise cab",
    "practice",
    "schema",
    "schema --case -o case.json",
    "start mine",
    "run mine/priors/first_case.yaml",
    "run mine/priors/pakistan_taliban_2021.yaml",
    "compare mine/priors/second_case.yaml mine/priors/analysts/orchard/miller.yaml",
    "diff second_case mine/priors/analysts/orchard/miller.yaml --case second_case",
)


def test_every_command_of_the_core_works_in_an_empty_folder(python, folder):
    for words, (status, out, err) in zip(CORE, run(python, folder, *CORE), strict=True):
        assert (words, status, "Traceback" in err) == (words, 0, False), err
        assert out.strip()
    assert sorted(path.name for path in folder.iterdir() if path.suffix == ".yaml") == [
        "my-case.yaml",
        "rain.yaml",
    ]


NEEDING = {
    "audit first_case": "fit",
    "report first_case -o report.html": "report",
    "report first_case -o report.md": "report",
    "class first_case": "report",
    "report --ledger ledger.db -o record.html": "report",
    "backtest reference_class --table coup_success --origins 2016..2018": "fit",
    "lab": "lab",
    "desk first_case": "lab",
    "mcp": "agents",
}


def test_no_command_is_left_out():
    tried = {words.partition(" ")[0] for words in (*CORE, *NEEDING)}
    assert tried == {command.__name__.removeprefix("_") for command, *_ in COMMANDS}


def test_what_is_missing_is_said_in_one_line_with_the_command_that_installs_it(python, folder):
    recorded, *told = run(python, folder, "record first_case", *NEEDING)
    assert recorded[0] == 0
    for (words, extra), (status, out, err) in zip(NEEDING.items(), told, strict=True):
        assert (words, status, out) == (words, 1, "")
        assert err.count("\n") == 1
        assert err.endswith(f'not installed: pip install "scenario-forecasting[{extra}]"\n')


def test_jupyterlab_s_server_for_assistants_finds_tools_that_answer_as_their_commands(
    python, folder
):
    """Without the extra `agents`, which only `forecasting mcp` needs."""
    edit = {"put": ["events", "bridge_closed", "base_rate"], "value": "40%"}
    asked = {name: {"case": "first_case", **some} for name, (some, _) in ASKED.items()}
    asked["propose"] = {"case": "first_case", "edits": [edit]}
    told = json.loads(printed_by([python, "-c", EXTENSION], folder, given=json.dumps(asked)))
    assert set(told) == set(asked)
    assert "+    base_rate: 40%\n" in told["propose"]["patch"]
    lines = [f"{name} first_case {' '.join(words)}" for name, (_, words) in ASKED.items()]
    printed = run(python, folder, *(f"{line} --format json" for line in lines))
    assert {name: told[name] for name in ASKED} == dict(
        zip(ASKED, (json.loads(out) for _, out, _ in printed), strict=True)
    )
    assert list(folder.iterdir()) == [folder / "rain.bif"]


def test_what_was_copied_is_what_is_here_and_is_never_overwritten(python, folder):
    assert run(python, folder, "start mine")[0][0] == 0
    copied = sorted(path for path in (folder / "mine").rglob("*") if path.is_file())
    for path in copied:
        assert path.read_bytes() == (ROOT / path.relative_to(folder / "mine")).read_bytes()
    names = {path.relative_to(folder / "mine").as_posix() for path in copied}
    assert {path.relative_to(ROOT).as_posix() for path in ROOT.glob("notebooks/**/*.ipynb")} < names
    assert {f"priors/{one.name}" for one in ROOT.glob("priors/*.*")} < names
    assert {f"teacher/{one.name}" for one in ROOT.glob("teacher/*.md")} < names
    own = folder / "mine/priors/first_case.yaml"
    own.write_text("mine", encoding="utf-8")
    copied[-1].unlink()
    status, _, err = run(python, folder, "start mine")[0]
    assert (status, "is there already; nothing was written" in err) == (1, True)
    assert own.read_text(encoding="utf-8") == "mine"
    assert not copied[-1].exists()


def test_one_s_own_case_comes_before_a_shipped_one_of_the_same_name(python, folder):
    (folder / "priors").mkdir()
    text = "{case: own, events: {rain: {base_rate: 20%}}}"
    (folder / "priors/first_case.yaml").write_text(text, encoding="utf-8")
    ((_, own, _),) = run(python, folder, "run first_case --format json")
    assert json.loads(own)["case"] == "own"


def test_beside_a_shipped_case_nothing_is_kept(python, folder):
    ((status, _, err),) = run(python, folder, "audit first_case --keep")
    assert (status, "keep that of a case of your own" in err) == (2, True)


def test_shipped_fits_are_found_under_a_later_pymc_and_without_any(python, folder):
    """The same numbers to the last digit, nothing fitted; both versions stand beside the fit."""
    (shipped,) = python.parents[1].rglob("priors/fits/reference_class.rebel_victories.*.json")
    fit = json.loads(shipped.read_text(encoding="utf-8"))
    fit["diagnosis"]["pymc_version"] = "6.4"
    shipped.write_text(json.dumps(fit), encoding="utf-8")
    name = "pakistan_taliban_2021"
    words = (f"run {name} --format json", f"fit {name}", f"check {name}", f"explain {name}")
    now = run(python, folder, *words, gone=())
    later = run(python, folder, *words, gone=(), LATER="yes")
    without = run(python, folder, *words)
    for one in (0, 2, 3):
        assert now[one] == later[one] == without[one]
        assert (now[one][0], "fitting" in now[one][2]) == (0, False)
    assert "pymc 6.4 (here 7.3)" in later[1][1]
    assert "(here" not in without[1][1]


def test_the_program_itself_starts_and_the_readme_s_first_command_works(python, folder):
    program = python.with_name("forecasting")
    assert "Bridge closed" in printed_by([program, "run", "first_case"], folder)


def test_the_extras_named_at_run_time_are_those_of_the_project():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    declared = project["optional-dependencies"]
    names = {extra: [one.partition(">")[0] for one in declared[extra]] for extra in extras.EXTRAS}
    assert names == {extra: list(packages) for extra, packages in extras.EXTRAS.items()}
    assert declared["all"] == [f"{project['name']}[{','.join(extras.EXTRAS)}]"]
    assert project["name"] == extras.PROJECT
