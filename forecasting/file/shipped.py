"""The name of a case or folder goes in; where it is, here or in the package, comes out.

The wheel holds the folders of ``PARTS`` as a checkout has them, inside the package.
"""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path

from forecasting.errors import refusal

PACKAGE = Path(__file__).parents[1]

# What a person reads, runs or changes is copied; tables, scales and fits are found where they are.
PARTS = ("priors", "notebooks", "teacher")
STAY = ("data", "scales", "fits")
KINDS = (".yaml", ".json", ".jsonl", ".csv", ".md", ".ipynb")

# Where a case is looked for by its name.
NEAR = ("", "priors", "../priors")


def home() -> Path:
    """Find the folder that holds ``priors`` and ``notebooks``: the checkout, or the package."""
    return PACKAGE if (PACKAGE / "priors").is_dir() else PACKAGE.parent


def shipped(folder: str) -> Path:
    """Find a folder of ``priors``, such as ``data``."""
    return home() / "priors" / folder


def case_named(name: str, near: Sequence[str] = NEAR) -> str:
    """Find the file of a case by what a person calls it.

    Parameters
    ----------
    name : str
        A path; or a name, looked for here, in ``priors`` here and one folder up, and then among
        the cases that come with the package.
    near : sequence of str, optional
        The folders to look in first.

    Returns
    -------
    str
        The path. What is found nowhere is given back as it is.

    Examples
    --------
    >>> case_named("first_case"), case_named("no_such_case")
    ('priors/first_case.yaml', 'no_such_case')
    """
    if Path(name).suffix:
        return name
    places = [Path(folder, f"{name}.yaml") for folder in (*near, home() / "priors")]
    try:
        if Path(name).exists():
            return name
        return str(next((place for place in places if place.is_file()), name))
    except OSError:  # no file has so long a name
        return name


def cases(*folders: str | Path) -> list[str]:
    """List the names of the cases in some folders.

    Examples
    --------
    >>> cases("priors")
    ['first_case', 'pakistan_taliban_2021', 'second_case']
    """
    return sorted({path.stem for folder in folders for path in Path(folder).glob("*.yaml")})


def copy_to(folder: Path) -> list[Path]:
    """Copy cases, notebooks, the pages for teachers, the guide and the schemas into a folder.

    Parameters
    ----------
    folder : path
        Made if it is not there.

    Returns
    -------
    list of path
        What was written, sorted.

    Raises
    ------
    InputError
        If one of the files is there already; then nothing is written.
    """
    root = home()
    wanted = {}
    for part in PARTS:
        for file in (root / part).rglob("*"):
            place = file.relative_to(root)
            hidden = any(one.startswith(".") for one in place.parts)
            if file.suffix in KINDS and place.parts[1] not in STAY and not hidden:
                wanted[folder / place] = file
    if there := [target for target in sorted(wanted) if target.exists()]:
        hint = "name a new folder: forecasting start FOLDER"
        raise refusal("is there already; nothing was written", str(there[0]), hint=hint)
    for target, file in wanted.items():
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(file, target)
    return sorted(wanted)
