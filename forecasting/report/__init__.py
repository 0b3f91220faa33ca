"""A case goes in; a report that anyone can open, check and build again comes out.

Read in this order. What the report says: ``prose`` (sentences whose numbers come from tables),
``provenance`` (what it was made from), ``versions`` (several analysts' cases), ``exhibits`` and
``reasons`` (the tables), ``sections`` (what stands where). How it is made: ``notebook`` (run with
strict parameters), ``exporter`` (to a page, slides or Markdown), ``publish`` (to a file, checked).
``track_record`` makes a page of a ledger of the same pieces.
The names below load on first use.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

_HOME = {
    "Request": "publish",
    "build": "publish",
    "build_all": "publish",
    "check": "publish",
    "prepare": "sections",
    "write": "publish",
}

__all__ = ["Request", "build", "build_all", "check", "prepare", "write"]

if TYPE_CHECKING:
    from forecasting.report.publish import Request, build, build_all, check, write
    from forecasting.report.sections import prepare


def __getattr__(name: str):
    if name not in _HOME:
        raise AttributeError(f"module 'forecasting.report' has no attribute {name!r}")
    return getattr(importlib.import_module(f"forecasting.report.{_HOME[name]}"), name)
