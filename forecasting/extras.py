"""The name of a package goes in; the line that says how to get it, if it is missing, comes out.

The core of the toolkit needs few packages. What only some of it needs is imported where it is used,
and comes by an extra of the project: audits by ``fit``, pages and figures by ``report``, notebooks
by ``lab``, tools for assistants by ``agents``.
"""

from __future__ import annotations

from importlib.util import find_spec

from forecasting.errors import refusal

PROJECT = "scenario-forecasting"

# As pyproject.toml has them; a test holds the two together.
EXTRAS = {
    "fit": ("pymc", "arviz", "nutpie", "joblib", "h5netcdf", "h5py"),
    "report": ("nbformat", "nbclient", "ipykernel", "nbconvert", "jinja2", "matplotlib"),
    "lab": ("jupyterlab", "ipywidgets", "voila", "matplotlib"),
    "agents": ("mcp",),
}

# What comes along with one of those, and is imported by us too.
ALONG = {"pytensor": "fit", "xarray": "fit", "arviz_stats": "fit", "mistune": "report"}


def missing(name: str | None, what: str = "for this") -> str | None:
    """Say how to install a package of an extra; None for a package that is of none.

    Examples
    --------
    >>> print(missing("matplotlib", "to draw"))
    to draw, matplotlib is needed and not installed: pip install "scenario-forecasting[report]"
    """
    name = (name or "").partition(".")[0]
    extra = next((one for one, names in EXTRAS.items() if name in names), ALONG.get(name))
    if extra is None:
        return None
    return f'{what}, {name} is needed and not installed: pip install "{PROJECT}[{extra}]"'


def require(what: str, *names: str) -> None:
    """Refuse what packages of an extra are needed for, where one is not installed.

    Raises
    ------
    InputError
        In one line, with the command that installs it.
    """
    for name in names:
        try:
            found = find_spec(name)
        except ModuleNotFoundError:
            found = None
        if found is None:
            raise refusal(missing(name, what))
