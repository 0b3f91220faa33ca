"""A case, an overlay or a report goes in; the version of the case that it holds comes out.

What two files have changed between them, and what each change makes of the forecast, is then a
question for :func:`forecasting.answer.compare.split`.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from forecasting.errors import InputError, Problem
from forecasting.file.case import Case, load, read
from forecasting.file.document import read_file
from forecasting.file.overlay import apply, override, read_overlay
from forecasting.file.values import parse_day
from forecasting.report import provenance


def version(path: str | Path, case: str | Path | None = None) -> Case:
    """Read the version of a case that a file holds.

    The file is a case; an overlay, which needs its ``case``; or an HTML report, which carries both.
    Another file, or an overlay alone, is refused.

    Examples
    --------
    >>> version("priors/first_case.yaml").case
    'village-bridge'
    """
    path = Path(path)
    if path.suffix.lower() in (".html", ".htm"):
        return _carried(path)
    problems: list[Problem] = []
    _, node = read_file(path, problems=problems)
    if not problems and node.is_map and "overrides" in node.value and "events" not in node.value:
        if case is None:
            hint = "name its case with --case FILE"
            raise InputError(Problem("an overlay alone makes no forecast", str(path), hint=hint))
        return apply(load(case), path)
    return load(path)


def _carried(path: Path) -> Case:
    """Put the overlays of a report on its case, and ask for its dates, as the report did."""
    carried = provenance.carried_by(path)
    case = read(carried["case"]["text"], f"{path}: {carried['case']['file']}")
    for overlay in carried["overlays"]:
        told = f"{path}: {overlay['file']}"
        case = override(case, read_overlay(overlay["text"], told).overrides, by=told)
    asked = {"as_of": carried["settings"]["as_of"], "resolve_by": carried["settings"]["by"]}
    return replace(case, **{name: parse_day(day) for name, day in asked.items() if day})
