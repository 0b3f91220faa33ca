"""Modules use only those below them, and importing the package costs next to nothing."""

import ast
import collections
import importlib
import re
import subprocess
import sys
from pathlib import Path

import pytest

import forecasting

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "forecasting"

# CONTRIBUTING's map: a room a line, its modules in reading order.
ROOMS = [
    (room.removeprefix("forecasting/").rstrip("/"), re.findall(r"\w+", modules))
    for room, modules in re.findall(
        r"^\| `([a-z]+/)` \| ((?:`\w+` ?)+)\|",
        (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8"),
        re.M,
    )
]
ORDER = [f"{room}.{module}".lstrip(".") for room, modules in ROOMS for module in modules]

# The chain that the design sets, lowest first.
ABOVE_THE_GROUND = (
    "file",
    "engine",
    "fit",
    "answer",
    "tell",
    "ledger",
    "exchange",
    "explorer",
    "report",
    "classroom",
)
CHAIN = ["", *ABOVE_THE_GROUND, "commands", ""]

HEAVY = ["pymc", "pytensor", "arviz", "matplotlib", "numpy", "pandas", "scipy", "rich", "yaml"]


def path_of(module):
    return PACKAGE / (module.replace(".", "/") + ".py")


def used(module):
    """Other modules of the package that a module imports, anywhere in its text."""
    for node in ast.walk(ast.parse(path_of(module).read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        else:
            continue
        for name in names:
            package, *parts = name.split(".")
            if package != "forecasting" or not parts:
                continue
            # A name taken from a room itself (forecasting.report.build) is told by its __init__.
            found = [".".join(parts[:n]) for n in (2, 1) if path_of(".".join(parts[:n])).exists()]
            yield from (name for name in found[:1] if name != module)
            if not found and (PACKAGE / parts[0] / "__init__.py").exists():
                yield from rooms_names(parts[0])[parts[1:2] and parts[1]]


def rooms_names(room):
    """Where the names are that a room gives by its own ``__init__``."""
    home = getattr(importlib.import_module(f"forecasting.{room}"), "_HOME", {})
    return collections.defaultdict(list, {k: [f"{room}.{v}"] for k, v in home.items()})


def test_the_map_for_contributors_lists_every_module_once():
    files = {path.relative_to(PACKAGE).with_suffix("") for path in PACKAGE.rglob("*.py")}
    modules = {".".join(file.parts) for file in files if file.name != "__init__"}
    assert sorted(ORDER) == sorted(modules)


def test_the_rooms_are_in_the_order_designed():
    assert [room for room, _ in ROOMS] == CHAIN


@pytest.mark.parametrize("module", ORDER)
def test_a_module_uses_only_those_above_it_in_the_map(module):
    assert set(used(module)) <= set(ORDER[: ORDER.index(module)])


def test_the_test_above_sees_imports():
    assert {"file.case", "engine.circuit", "errors", "judgement"} <= set(used("engine.network"))
    assert {"explorer.local_page", "report.publish"} <= set(used("commands.making"))  # in functions


# --- public names ---------------------------------------------------------------------------------


def test_every_public_name_can_be_had():
    for name in forecasting.__all__:
        home = getattr(forecasting, name).__module__
        assert home == f"forecasting.{forecasting._HOME[name]}"
    assert sorted(forecasting._HOME) == sorted(forecasting.__all__) == list(forecasting.__all__)
    assert set(forecasting.__all__) < set(dir(forecasting))


def test_type_checkers_see_the_same_names():
    tree = ast.parse((PACKAGE / "__init__.py").read_text(encoding="utf-8"))
    (block,) = (node for node in tree.body if isinstance(node, ast.If))
    seen = {alias.name: node.module for node in block.body for alias in node.names}
    assert seen == {name: f"forecasting.{home}" for name, home in forecasting._HOME.items()}


def test_a_name_that_is_not_there_is_refused_as_usual():
    with pytest.raises(AttributeError, match="no attribute 'forecasted'"):
        _ = forecasting.forecasted


# --- what importing costs -------------------------------------------------------------------------


def in_a_fresh_process(code):
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
        timeout=300,
    )
    return done.stdout.splitlines()


def test_importing_the_package_loads_nothing_heavy():
    code = "import forecasting, sys; print(*sys.modules, sep='\\n')"
    loaded = {name.partition(".")[0] for name in in_a_fresh_process(code)}
    assert "forecasting" in loaded
    assert not loaded & set(HEAVY)


def test_importing_the_package_takes_less_than_a_tenth_of_a_second():
    """Time of the processor, the best of several: other programs do not count."""
    code = """
import time
start = time.process_time()
import forecasting
print(time.process_time() - start)
"""
    assert min(float(in_a_fresh_process(code)[0]) for _ in range(5)) < 0.1


def test_a_forecast_needs_no_sampler_no_figures_and_no_tables():
    code = """
import sys, forecasting
forecasting.run(forecasting.load("priors/first_case.yaml"))
print(*sys.modules, sep="\\n")
"""
    loaded = {name.partition(".")[0] for name in in_a_fresh_process(code)}
    assert "numpy" in loaded
    assert not loaded & {"pymc", "pytensor", "arviz", "matplotlib", "pandas", "rich"}


FAR = {"pymc", "pytensor", "arviz", "matplotlib", "pandas", "scipy", "jinja2"}
CASE, NETWORK, EDITS = (
    f"forecasting.{one}" for one in ("file.case", "engine.network", "file.edits")
)


@pytest.mark.parametrize(
    ("words", "absent"),
    [
        ("--help", {"numpy", "yaml", "rich", CASE}),
        ("rates ttp_deals", {CASE, NETWORK}),
        ("ledger list --ledger none.db", {"rich", NETWORK}),
        ("check priors/first_case.yaml", {"rich", "numpy.random", EDITS}),
        ("run priors/first_case.yaml", {"forecasting.answer.interview", EDITS}),
        ("run priors/first_case.yaml --format json", {"rich", "forecasting.answer.check"}),
    ],
)
def test_a_command_loads_only_what_it_needs(words, absent):
    code = f"""
import contextlib, io, sys
from forecasting.cli import main
with contextlib.redirect_stdout(io.StringIO()), contextlib.suppress(SystemExit):
    main({words.split()!r})
print(*sys.modules, sep="\\n")
"""
    loaded = set(in_a_fresh_process(code))
    assert "forecasting.cli" in loaded
    assert not loaded & (absent | FAR)
