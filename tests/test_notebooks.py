"""Every notebook is kept without outputs; that it runs is tested in JupyterLab."""

import ast
import re
from pathlib import Path

import nbformat
import pytest

NOTEBOOKS = sorted(Path("notebooks").glob("*.ipynb"))


def claims(name):
    """Give what a notebook says is so, statement by statement: asked of its kernel when it has run.

    A reader sees no asserts; so they stand in a file of its name, with the notebook's own names.
    """
    path = Path("tests/claims") / f"{Path(name).stem}.py"
    return ast.parse(path.read_text("utf-8")).body if path.exists() else []


@pytest.fixture(params=NOTEBOOKS, ids=lambda path: path.stem)
def notebook(request):
    return nbformat.read(request.param, as_version=4)


def test_it_is_kept_without_outputs_and_with_names_for_its_cells(notebook):
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert all(not cell.outputs and cell.execution_count is None for cell in code)
    assert all(re.fullmatch(r"[a-z][a-z0-9-]{2,}", cell.id) for cell in notebook.cells)
    assert code[0].metadata.get("tags") == ["parameters"]


def test_its_code_is_folded_and_a_folded_cell_says_in_words_what_it_does(notebook, request):
    """In JupyterLab a grey line with the first line of the cell; nothing in Voila and nbconvert.

    Open is only what is to be edited: the name of a case of one's own.
    """
    if "report" in request.node.callspec.id:  # read as the page that the command makes of it
        return
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    for cell in code:
        assert re.match(r"# [A-Z][^\n]+\n", cell.source), cell.id
        assert cell.metadata.transient == {"remove_source": True}
        assert not re.search(r"^\s*(print\(|assert )", cell.source, re.M), cell.id
    folded = [cell.metadata.get("jupyter") == {"source_hidden": True} for cell in code]
    assert folded == ["NAME = " not in cell.source for cell in code]


def test_what_needs_a_cell_is_said_in_jupyterlab_only(notebook, request):
    """A page of Voila has no cells to run, and no menu."""
    if "report" in request.node.callspec.id:
        return
    prose = [cell for cell in notebook.cells if cell.cell_type == "markdown"]
    only = [cell for cell in prose if "notebook-only" in cell.metadata.get("tags", ())]
    assert [cell.id for cell in only] == ["in-jupyterlab"]
    assert only[0].metadata.transient == {"remove_source": True}
    cells = r"(?i)\b(this|next|last|grey) cell\b|run all|\bnotebook again|shift\+enter"
    assert re.search(cells, only[0].source)
    assert [cell.id for cell in prose if cell not in only and re.search(cells, cell.source)] == []


def test_it_opens_with_its_one_title(notebook):
    titles = [
        line for cell in notebook.cells if cell.cell_type == "markdown"
        for line in cell.source.splitlines() if line.startswith("# ")
    ]  # fmt: skip
    assert len(titles) == 1
    assert notebook.cells[0].source.startswith("# ")


def test_what_notebooks_say_is_held_where_it_can_be():
    """Each has its claims, but that on a case of one's own, and the report."""
    held = {path.stem for path in Path("tests/claims").iterdir() if path.suffix == ".py"}
    assert held == {path.stem for path in NOTEBOOKS} - {"05-your-own-case", "report"}
    assert all(claims(name) for name in held)
