"""Scenario forecasting: a case file goes in, exact and explained probabilities come out.

Names load on first use, so importing the package costs next to nothing.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

__version__ = "0.1.0"

_HOME = {
    "InputError": "errors",
    "Case": "file.case",
    "load": "file.case",
    "read": "file.case",
    "override": "file.overlay",
    "save": "file.overlay",
    "save_overlay": "file.overlay",
    "Network": "engine.network",
    "Band": "engine.draws",
    "Forecast": "answer.forecast",
    "run": "answer.forecast",
    "fit_case": "fit.base_rates",
    "Ledger": "ledger.ledger",
    "desk": "explorer.desk",
    "Exercise": "classroom.exercise_page",
}

__all__ = sorted(_HOME)

if TYPE_CHECKING:
    from forecasting.answer.forecast import Forecast, run
    from forecasting.classroom.exercise_page import Exercise
    from forecasting.engine.draws import Band
    from forecasting.engine.network import Network
    from forecasting.errors import InputError
    from forecasting.explorer.desk import desk
    from forecasting.file.case import Case, load, read
    from forecasting.file.overlay import override, save, save_overlay
    from forecasting.fit.base_rates import fit_case
    from forecasting.ledger.ledger import Ledger


# Modules that are used by name, as in forecasting.audit.build.
_MODULES = {
    "audit": "fit.audit",
    "compare": "answer.compare",
    "explain": "answer.explain",
    "explorer": "explorer",
    "figures": "tell.figures",
    "replay": "answer.replay",
    "report": "report",
    "sensitivity": "answer.sensitivity",
    "watch": "answer.watch",
}


def __getattr__(name: str):
    if name in _MODULES:
        return importlib.import_module(f"forecasting.{_MODULES[name]}")
    if name not in _HOME:
        raise AttributeError(f"module 'forecasting' has no attribute {name!r}")
    return getattr(importlib.import_module(f"forecasting.{_HOME[name]}"), name)


def __dir__() -> list[str]:
    return sorted([*__all__, *_MODULES, "__version__"])
