"""The files of the set-up agree with one another, and name no machine and no registry."""

import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

ROOT = Path(__file__).resolve().parents[1]
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
PROJECT = PYPROJECT["project"]


def requirements(*lists):
    """Map each package named in `lists` to the versions admitted, as packaging reads them."""
    parsed = [Requirement(text) for texts in lists for text in texts]
    return {canonicalize_name(item.name): item.specifier for item in parsed}


def lock_lines():
    return (ROOT / "requirements.lock").read_text(encoding="utf-8").splitlines()


# --- pyproject.toml, environment.yml, requirements.lock -------------------------------------------


EXTRAS = PROJECT["optional-dependencies"]

# What a checkout installs: the core, all that the extra `all` brings, and what tests need.
EVERYTHING = [
    PROJECT["dependencies"],
    *(texts for extra, texts in EXTRAS.items() if extra != "all"),
]


def test_the_dev_group_and_the_test_extra_are_one_list():
    assert PYPROJECT["dependency-groups"]["dev"] == EXTRAS["test"]


def conda_and_pip():
    """What environment.yml takes from conda-forge, and what through pip."""
    environment = yaml.safe_load((ROOT / "environment.yml").read_text(encoding="utf-8"))
    assert environment["channels"] == ["conda-forge"]
    *conda, through_pip = environment["dependencies"]
    conda.remove("pip")
    return conda, through_pip["pip"]


def test_conda_users_get_the_same_packages_and_floors():
    conda, pip = conda_and_pip()
    pip.remove("-e .")  # the project itself
    python = f"python{PROJECT['requires-python']}"
    expected = requirements(*EVERYTHING, [python])
    assert requirements(conda, pip) == expected


def test_pip_adds_to_the_conda_environment_only_the_project_and_tools_of_its_tests():
    conda, pip = conda_and_pip()
    pip.remove("-e .")
    assert set(requirements(pip)) <= set(requirements(EXTRAS["test"]))
    assert not set(requirements(pip)) & set(requirements(conda))


def test_the_lock_holds_only_plain_pins_each_once_and_sorted():
    lines = lock_lines()
    names = [line.partition("==")[0] for line in lines]
    assert [line for line in lines if not re.fullmatch(r"[a-z0-9-]+==[0-9][\w.]*", line)] == []
    assert names == [canonicalize_name(name) for name in names]
    assert names == sorted(set(names))


def test_the_lock_covers_every_dependency_at_an_admissible_version():
    pins = {line.partition("==")[0]: Version(line.partition("==")[2]) for line in lock_lines()}
    needed = requirements(
        *EVERYTHING,
        PYPROJECT["build-system"]["requires"],
        ["editables"],  # hatchling asks for it to make the editable install
    )
    uncovered = [
        f"{name}{admitted} (locked: {pins.get(name)})"
        for name, admitted in needed.items()
        if name not in pins or not admitted.contains(pins[name])
    ]
    assert uncovered == []


def test_the_lock_stays_light():
    heavy = ("torch", "tensorflow", "jax", "nvidia", "triton", "cuda")
    assert [line for line in lock_lines() if line.startswith(heavy)] == []


# --- the version, and what is shipped -------------------------------------------------------------


def test_the_citation_and_the_changelog_give_the_version_of_the_package():
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    top = re.search(r"^## \[(\d[^\]]*)\] - (\S+)$", changelog, flags=re.MULTILINE)
    assert top is not None
    assert citation["version"] == top[1] == PROJECT["version"]
    assert str(citation["date-released"]) == top[2]


def test_the_wheel_holds_the_package_its_cases_and_notebooks_and_nothing_else(tmp_path):
    pytest.importorskip("hatchling", reason="make setup installs hatchling")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", tmp_path]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True, timeout=300)
    (wheel,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    folder = ROOT / "forecasting"
    modules = {f"forecasting/{file.relative_to(folder)}" for file in folder.rglob("*.py")}
    beside = {
        f"forecasting/{name}" for name in project_files() if name.startswith(("priors/", "noteb"))
    }
    assert modules | beside <= names
    folders = {name.partition("/")[0] for name in names}
    assert folders == {"forecasting", f"scenario_forecasting-{PROJECT['version']}.dist-info"}


# --- no machine, no registry ----------------------------------------------------------------------

# Built from parts, so that this file does not hold what it forbids.
HOSTS = [
    ".".join(parts)
    for parts in [
        ("pypi", "org"),
        ("pypi", "python", "org"),
        ("files", "pythonhosted"),
        ("registry", "npmjs"),
        ("registry", "yarnpkg"),
        ("conda", "anaconda", "org"),
        ("repo", "anaconda", "com"),
        ("proxy", "golang", "org"),
        ("index", "crates", "io"),
    ]
]
# A path on somebody's disk, not a part of a web address such as example.org/home/.
MACHINE_PATH = r"(?<![\w.~-])/(?:root|home|work|Users)\b(?=/|\W|$)"
FORBIDDEN = re.compile("|".join([MACHINE_PATH, *map(re.escape, HOSTS)]))


def project_files():
    """All files that are, or would be, part of a commit."""
    git = shutil.which("git")
    if git is None or not (ROOT / ".git").exists():
        pytest.skip("needs the git repository to know which files belong to the project")
    # A checkout owned by someone else (a container, a CI runner) may be listed all the same.
    command = [git, "-c", f"safe.directory={ROOT}", "ls-files", "-z", "--cached", "--others"]
    listed = subprocess.run(
        [*command, "--exclude-standard"], cwd=ROOT, check=True, capture_output=True, timeout=300
    )
    names = listed.stdout.decode().split("\0")
    return [name for name in names if name and (ROOT / name).is_file()]


def test_no_file_names_a_machine_path_or_a_registry():
    found = []
    for name in project_files():
        text = (ROOT / name).read_bytes().decode("utf-8", errors="replace")
        found += [
            f"{name}:{number}: {match[0]}"
            for number, line in enumerate(text.splitlines(), start=1)
            for match in FORBIDDEN.finditer(line)
        ]
    assert found == []


@pytest.mark.parametrize("folder", ["root", "home", "work", "Users"])
def test_a_machine_path_is_recognised_and_a_web_address_is_not(folder):
    assert FORBIDDEN.search(f"see file:///{folder}/ann/case.yaml")
    assert FORBIDDEN.search(f'open("/{folder}")')
    assert not FORBIDDEN.search(f"https://example.org/{folder}/page")
    assert not FORBIDDEN.search(f"/{folder}ed")


# --- the Makefile ---------------------------------------------------------------------------------


def make_targets():
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    return set(re.findall(r"^([a-z]+):", makefile, flags=re.MULTILINE))


def test_the_commands_of_the_readme_are_make_targets():
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    # In code only: prose may make sense.
    commands = re.findall(r"(?:`|^ *\$? ?)make ([a-z]+)", readme, flags=re.MULTILINE)
    assert {"forecast", "test"} <= set(commands) <= make_targets()


def test_help_lists_every_target():
    command = ["make", "-C", ROOT]
    shown = subprocess.run(command, check=True, capture_output=True, timeout=300).stdout
    assert set(re.findall(r"make ([a-z]+) ", shown.decode())) == make_targets() - {"help"}


def stub(path, script):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
    path.chmod(0o755)


def run_make(target, folder, **environment):
    """Run the Makefile in a copy of the set-up files, with nothing of this environment."""
    make = shutil.which("make")
    for name in ("Makefile", "pyproject.toml", "requirements.lock", ".python-version"):
        shutil.copy(ROOT / name, folder)
    return subprocess.run(
        [make, "--no-print-directory", target],
        cwd=folder,
        env={"HOME": str(folder), **environment},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=300,
    )


def pretend(version):
    """Script of a Python that works, and takes itself for another version."""
    return f'exec "{sys.executable}" -c "import sys; sys.version_info = {version}; $2"'


@pytest.fixture
def folder(tmp_path):
    """A folder with a space in its name, whose `bin` holds only Pythons that cannot serve."""
    folder = tmp_path / "a project"
    stub(folder / "bin/python3", pretend((3, 11, 9)))
    stub(folder / "bin/python3.14", pretend((3, 15, 0)))
    stub(folder / "bin/python3.13", "echo 'pyenv: python3.13: command not found' >&2; exit 127")
    stub(folder / "bin/python3.12", "exit 0")
    return folder


def test_without_a_usable_python_the_set_up_says_in_one_sentence_what_to_install(folder):
    outcome = run_make("setup", folder, PATH=str(folder / "bin"))
    said = [line for line in outcome.stderr.splitlines() if not line.startswith("make:")]
    assert outcome.returncode != 0
    assert outcome.stdout == ""
    assert len(said) == 1
    assert said[0].startswith("No Python 3.12, 3.13 or 3.14 with venv and pip was found: install")
    assert not (folder / ".venv").exists()


@pytest.mark.parametrize(
    ("place", "environment"),
    [
        ("bin/python3", {}),
        ("bin/python3.13", {}),
        ("bin/python3.12", {}),
        (".pyenv/versions/3.13.5/bin/python", {}),
        (".pyenv/versions/3.12.9/bin/python", {}),
        ("pyenv root/versions/3.14.0/bin/python", {"PYENV_ROOT": "pyenv root"}),
        ("elsewhere/mine", {"PYTHON": "elsewhere/mine"}),
    ],
)
def test_the_set_up_finds_a_usable_python(folder, place, environment):
    stub(folder / place, f'exec "{sys.executable}" "$@"')
    environment = {name: str(folder / path) for name, path in environment.items()}
    outcome = run_make("python", folder, PATH=str(folder / "bin"), **environment)
    assert outcome.returncode == 0, outcome.stderr
    assert Path(outcome.stdout.strip()).samefile(sys._base_executable)


def test_the_python_named_on_the_command_line_comes_before_the_one_on_path(folder):
    stub(folder / "bin/python3", "echo /the/one/on/path")
    stub(folder / "mine", "echo /the/one/named")
    path = str(folder / "bin")
    assert run_make("python", folder, PATH=path).stdout == "/the/one/on/path\n"
    named = run_make("python", folder, PATH=path, PYTHON=str(folder / "mine"))
    assert named.stdout == "/the/one/named\n"
