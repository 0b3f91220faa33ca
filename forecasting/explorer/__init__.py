"""A case goes in; a page with sliders, whose forecast moves with the hand, comes out.

`engine.js` computes in the browser what `forecasting.network` computes in Python.
"""

from __future__ import annotations

import importlib

_HOME = {"compiled": "model"}

__all__ = ["compiled"]


def __getattr__(name: str):
    if name not in _HOME:
        raise AttributeError(f"module 'forecasting.explorer' has no attribute {name!r}")
    return getattr(importlib.import_module(f"forecasting.explorer.{_HOME[name]}"), name)


def __dir__() -> list[str]:
    return sorted(__all__)
