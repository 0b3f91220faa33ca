"""Modules use only those below them, and importing the package costs next to nothing."""

import ast
import re
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import pytest

import forecasting

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "forecasting"

# CONTRIBUTING: "read the modules in the order below: each uses only those above it".
ORDER = re.findall(
    r"^\| `forecasting/(\w+)(?:\.py|/)`",
    (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8"),
    re.M,
)

# The chain that the design sets, lowest first.
CHAIN = ["errors", "judgement", "case", "circuit", "network", "forecast", "cli"]

HEAVY = ["pymc", "pytensor", "arviz", "matplotlib", "numpy", "pandas", "scipy", "rich", "yaml"]


def sources(module):
    """The files of a module, or of a subpackage."""
    one = PACKAGE / f"{module}.py"
    return [one] if one.exists() else sorted((PACKAGE / module).glob("*.py"))


def used(module):
    """Other modules of the package that a module imports, anywhere in its text."""
    for source in sources(module):
        for node in ast.walk(ast.parse(source.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom):
                names = [f"{node.module}.{alias.name}" for alias in node.names]
            else:
                continue
            for name in names:
                package, _, rest = name.partition(".")
                first = rest.partition(".")[0]
                if package == "forecasting" and first and first != module and sources(first):
                    yield first


def test_the_map_for_contributors_lists_every_module_once():
    modules = {path.stem for path in PACKAGE.glob("*.py")} - {"__init__"}
    modules |= {path.parent.name for path in PACKAGE.glob("*/__init__.py")}
    assert sorted(ORDER) == sorted(modules)


def test_the_order_for_contributors_is_the_one_designed():
    places = [ORDER.index(module) for module in CHAIN]
    assert all(lower < higher for lower, higher in pairwise(places))


@pytest.mark.parametrize("module", ORDER)
def test_a_module_uses_only_those_above_it_in_the_map(module):
    assert set(used(module)) <= set(ORDER[: ORDER.index(module)])


def test_the_test_above_sees_imports():
    assert {"case", "circuit", "errors", "judgement"} <= set(used("network"))
    assert "overlay" in set(used("cli"))  # inside a function


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
        timeout=60,
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
