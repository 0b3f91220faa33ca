"""Scenario forecasting: a case file goes in, exact and explained probabilities come out.

Names load on first use, so importing the package costs next to nothing.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

__version__ = "0.1.0"

_HOME = {
    "InputError": "errors",
    "Case": "case",
    "load": "case",
    "read": "case",
    "override": "overlay",
    "save": "overlay",
    "save_overlay": "overlay",
    "Network": "network",
    "Band": "draws",
    "Forecast": "forecast",
    "run": "forecast",
    "fit_case": "base_rates",
}

__all__ = [
    "Band",
    "Case",
    "Forecast",
    "InputError",
    "Network",
    "fit_case",
    "load",
    "override",
    "read",
    "run",
    "save",
    "save_overlay",
]

if TYPE_CHECKING:
    from forecasting.base_rates import fit_case
    from forecasting.case import Case, load, read
    from forecasting.draws import Band
    from forecasting.errors import InputError
    from forecasting.forecast import Forecast, run
    from forecasting.network import Network
    from forecasting.overlay import override, save, save_overlay


# Modules that are used by name, as in forecasting.audit.build.
_MODULES = (
    "audit",
    "compare",
    "explain",
    "explorer",
    "figures",
    "replay",
    "report",
    "sensitivity",
    "watch",
)


def __getattr__(name: str):
    if name in _MODULES:
        return importlib.import_module(f"forecasting.{name}")
    if name not in _HOME:
        raise AttributeError(f"module 'forecasting' has no attribute {name!r}")
    return getattr(importlib.import_module(f"forecasting.{_HOME[name]}"), name)


def __dir__() -> list[str]:
    return sorted([*__all__, *_MODULES, "__version__"])
