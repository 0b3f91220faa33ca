"""A notebook and its parameters go in; the executed notebook, the same each time, comes out.

Parameters are the names assigned in the cell tagged ``parameters``. A name that is not among them
is an error, for a report made with a misspelt parameter would look right and be wrong.
"""

from __future__ import annotations

import ast
import atexit
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from forecasting.errors import InputError, Problem, nearest, refusal

if TYPE_CHECKING:
    from nbformat import NotebookNode

PARAMETERS, INJECTED, NOTEBOOK_ONLY = "parameters", "injected-parameters", "notebook-only"
SLIDES = "slides"

# A report takes seconds; a kernel that hangs must not hold up a night's work.
TIMEOUT = 600

# Key of the metadata that travels with the first output of a report.
ABOUT = "forecast-report"


@dataclass(frozen=True)
class Part:
    """Cells under one title of the second level; the first part has none."""

    name: str
    title: str
    cells: tuple


def read(path: str | Path) -> NotebookNode:
    """Read a notebook file; what is no notebook is refused."""
    import nbformat

    try:
        return nbformat.read(path, as_version=4)
    except (nbformat.reader.NotJSONError, nbformat.ValidationError, KeyError):
        raise refusal("is not a notebook", str(path)) from None


def parameters(notebook: NotebookNode) -> dict[str, object]:
    """Give the parameters of a notebook with the values they have without being set.

    It is refused if no cell is tagged ``parameters``, or one assigns what is not a plain value.
    """
    cell = notebook.cells[_parameter_cell(notebook)]
    found = {}
    for line in ast.parse(cell.source).body:
        if isinstance(line, ast.Assign) and isinstance(line.targets[0], ast.Name):
            try:
                found[line.targets[0].id] = ast.literal_eval(line.value)
            except ValueError:
                source = ast.get_source_segment(cell.source, line)
                raise refusal("a parameter is no plain value", found=source) from None
    return found


def parameterised(notebook: NotebookNode, values: Mapping[str, object]) -> NotebookNode:
    """Set parameters, in a cell of their own below the one that names them.

    A name that is no parameter is refused; all valid names are listed.
    """
    import nbformat

    known = parameters(notebook)
    problem, accepted = "the notebook has no such parameter", ", ".join(known)
    hints = {name: nearest(name.upper(), known) for name in values if name not in known}
    problems = [
        Problem(problem, "parameters", found=name, accepted=accepted, hint=hint)
        for name, hint in hints.items()
    ]
    if problems:
        raise InputError(problems)
    lines = "\n".join(f"{name} = {value!r}" for name, value in values.items())
    cell = nbformat.v4.new_code_cell(lines, id=INJECTED, metadata={"tags": [INJECTED]})
    after = _parameter_cell(notebook) + 1
    cells = [one for one in notebook.cells if INJECTED not in tags(one)]
    return nbformat.from_dict(notebook | {"cells": [*cells[:after], cell, *cells[after:]]})


def executed(notebook: NotebookNode, folder: str | Path) -> NotebookNode:
    """Run a notebook in a folder, in a kernel of its own.

    A cell that fails is told in its own words; so is a dead kernel, or a cell that takes too long.
    """
    import asyncio

    import nbclient
    import nbformat
    from ipykernel.kernelspec import make_ipkernel_cmd

    result = nbformat.from_dict(notebook)
    client = nbclient.NotebookClient(
        result,
        timeout=TIMEOUT,
        kernel_name="python3",
        record_timing=False,
        extra_arguments=[
            "--log-level=CRITICAL",  # its words on how it talks to us would stand among ours
            # A yaml.py beside a case is not to be taken for the package of that name.
            "--IPKernelApp.ignore_cwd=True",
            "--IPKernelApp.exec_lines=__import__('sys').path.append('')",
        ],
        resources={"metadata": {"path": str(folder)}},
    )
    # What is installed as python3 may be another Python, with another version of this.
    spec = client.create_kernel_manager().kernel_spec
    spec.argv, spec.env = make_ipkernel_cmd(), {}
    # Sets are printed in the order of their hashes, and figures may be stamped with the time.
    fixed = {"PYTHONHASHSEED": "0", "SOURCE_DATE_EPOCH": "0", "MPLBACKEND": "agg"}
    fixed["PYTHONWARNINGS"] = ""  # of Jupyter's own: as errors they would end the kernel
    try:
        client.execute(env=os.environ | fixed)
    except nbclient.exceptions.CellExecutionError as error:
        said = f"{error.ename}: {error.evalue}"
        raise refusal("a cell of the notebook failed", found=said) from None
    except nbclient.exceptions.CellTimeoutError:
        found = f"more than {TIMEOUT} seconds"
        raise refusal("a cell of the notebook takes too long", found=found) from None
    except (RuntimeError, AttributeError, AssertionError, asyncio.CancelledError):
        # The kernel is gone; all but the first are nbclient's own, where a signal took it away.
        atexit.unregister(getattr(client, "_cleanup_kernel", None))
        if hasattr(client, "_async_cleanup_kernel_future"):
            raise KeyboardInterrupt from None
        hint = "nothing was written; run it again, with more memory if that ran out"
        raise refusal("the kernel of the notebook was stopped", hint=hint) from None
    return normalised(result)


def normalised(notebook: NotebookNode) -> NotebookNode:
    """Take out of an executed notebook whatever depends on when and where it ran."""
    import nbformat

    result = nbformat.from_dict(notebook)
    for name in ("widgets", "papermill"):
        result.metadata.pop(name, None)
    if "language_info" in result.metadata:
        result.metadata["language_info"] = {"name": "python"}
    result.cells = [cell for part in parts(result) for cell in part.cells]
    for cell in result.cells:
        cell.metadata.pop("execution", None)
        for output in cell.get("outputs", ()):
            output.pop("transient", None)
            # A widget needs its kernel; what it shows without one is beside it.
            output.get("data", {}).pop("application/vnd.jupyter.widget-view+json", None)
    return result


def parts(notebook: NotebookNode) -> list[Part]:
    """Split a notebook at its titles; a part whose code showed nothing is left out."""
    found = [Part("opening", "", ())]
    for cell in notebook.cells:
        title = ""
        if cell.cell_type == "markdown" and cell.source.startswith("## "):
            title = cell.source.partition("\n")[0].removeprefix("## ").strip()
        if title:
            found.append(Part(cell.get("id") or f"part-{len(found)}", title, (cell,)))
        else:
            last = found.pop()
            found.append(Part(last.name, last.title, (*last.cells, cell)))
    return [part for part in found if not part.title or _shows(part)]


def about(notebook: NotebookNode) -> dict:
    """Give what a report says of itself: ``title``, ``date``, ``carried``; or an empty dict."""
    for cell in notebook.cells:
        for output in cell.get("outputs", ()):
            if ABOUT in output.get("metadata", {}):
                return output.metadata[ABOUT]
    return {}


def tags(cell) -> Sequence[str]:
    """Give the tags of a cell."""
    return cell.metadata.get("tags", ())


def _shows(part: Part) -> bool:
    code = [cell for cell in part.cells if cell.cell_type == "code"]
    outputs = [output for cell in code for output in cell.get("outputs", ())]
    empty = [output for output in outputs if output.get("data", {}).get("text/html") == ""]
    return not code or len(outputs) > len(empty)


def _parameter_cell(notebook: NotebookNode) -> int:
    for i, cell in enumerate(notebook.cells):
        if PARAMETERS in tags(cell):
            return i
    raise refusal(f"the notebook has no cell tagged {PARAMETERS}")
