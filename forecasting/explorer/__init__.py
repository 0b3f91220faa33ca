"""A case goes in; an explorer that answers to the hand comes out, in a notebook or a page.

The names load on first use: `fragment` and `page` need no Jupyter.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

_HOME = {
    "Desk": "desk",
    "Explorer": "widget",
    "compiled": "model",
    "desk": "desk",
    "fragment": "live",
    "page": "live",
}

__all__ = ["Desk", "Explorer", "compiled", "desk", "fragment", "page"]

if TYPE_CHECKING:
    from forecasting.explorer.desk import Desk, desk
    from forecasting.explorer.live import fragment, page
    from forecasting.explorer.model import compiled
    from forecasting.explorer.widget import Explorer


def __getattr__(name: str):
    if name not in _HOME:
        raise AttributeError(f"module 'forecasting.explorer' has no attribute {name!r}")
    return getattr(importlib.import_module(f"forecasting.explorer.{_HOME[name]}"), name)
