"""Every notebook runs from top to bottom, quietly, and is kept without outputs."""

import re
from pathlib import Path

import nbclient
import nbformat
import pytest

NOTEBOOKS = sorted(Path("notebooks").glob("*.ipynb"))


@pytest.fixture(params=NOTEBOOKS, ids=lambda path: path.stem)
def notebook(request):
    return nbformat.read(request.param, as_version=4)


@pytest.mark.slow
def test_it_runs_and_nothing_is_left_on_the_error_stream(notebook, tmp_path, monkeypatch):
    monkeypatch.setenv("PYTHONPATH", str(Path.cwd()))
    monkeypatch.setenv("FORECASTING_FITS", str(tmp_path))
    client = nbclient.NotebookClient(
        notebook, timeout=300, kernel_name="python3", resources={"metadata": {"path": "notebooks"}}
    )
    client.execute()
    outputs = [(cell.id, out) for cell in notebook.cells for out in cell.get("outputs", ())]
    assert [cell for cell, out in outputs if out.get("name") == "stderr"] == []
    kinds = {kind for _, out in outputs for kind in out.get("data", ())}
    pictures = [out for _, out in outputs if "<svg" in out.get("data", {}).get("text/html", "")]
    assert pictures or kinds & {"image/png", "image/svg+xml"}
    drawn = {
        cell for cell, out in outputs if {"image/png", "image/svg+xml"} & {*out.get("data", ())}
    }
    figures = {cell.id for cell in notebook.cells if cell.source.startswith("figures.")}
    assert figures <= drawn
    # Who has no kernel sees the live page, and who has no scripts the picture.
    assert "application/vnd.jupyter.widget-view+json" not in kinds or "image/svg+xml" in kinds


def test_it_is_kept_without_outputs_and_with_names_for_its_cells(notebook):
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert all(not cell.outputs and cell.execution_count is None for cell in code)
    assert all(re.fullmatch(r"[a-z][a-z0-9-]{2,}", cell.id) for cell in notebook.cells)
    assert code[0].metadata.get("tags") == ["parameters"]


def test_it_opens_with_its_one_title(notebook):
    titles = [
        line for cell in notebook.cells if cell.cell_type == "markdown"
        for line in cell.source.splitlines() if line.startswith("# ")
    ]  # fmt: skip
    assert len(titles) == 1
    assert notebook.cells[0].source.startswith("# ")
