"""Every notebook is kept without outputs; that it runs is tested in JupyterLab."""

import re
from pathlib import Path

import nbformat
import pytest

NOTEBOOKS = sorted(Path("notebooks").glob("*.ipynb"))


@pytest.fixture(params=NOTEBOOKS, ids=lambda path: path.stem)
def notebook(request):
    return nbformat.read(request.param, as_version=4)


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
