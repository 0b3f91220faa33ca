"""Notebooks run in a real JupyterLab, and a control moved by hand moves what the kernel holds."""

import ast
import re
import shutil
from pathlib import Path

import nbclient
import nbformat
import pytest

from tests import browser
from tests.test_notebooks import claims

NOTEBOOKS = sorted(path.name for path in Path("notebooks").glob("*.ipynb"))

# A slider whose twin in the page is computed by the kernel.
DIAL = '''\
import anywidget
import traitlets


class Dial(anywidget.AnyWidget):
    _esm = """
    export default {
      render({ model, el }) {
        const input = document.createElement("input");
        Object.assign(input, { type: "range", min: 0, max: 100, step: 1, ariaLabel: "Share" });
        input.style.width = "400px";
        input.addEventListener("keydown", (event) => event.stopPropagation()); // not JupyterLab's
        const shown = document.createElement("output");
        const show = () => {
          input.value = model.get("value");
          shown.textContent = `twice ${model.get("value")} is ${model.get("double")}`;
        };
        input.addEventListener("input", () => {
          model.set("value", input.valueAsNumber);
          model.save_changes();
        });
        model.on("change", show);
        show();
        el.append(input, shown);
      },
    };
    """
    value = traitlets.Int(20).tag(sync=True)
    double = traitlets.Int(40).tag(sync=True)

    @traitlets.observe("value")
    def _value_changed(self, change):
        self.double = 2 * change.new
'''


@pytest.fixture(scope="module")
def dial(lab):
    return lab.write("dial.ipynb", DIAL, "dial = Dial()\ndial")


@pytest.fixture(scope="module")
def dial_notebook(share_notebook, dial):
    """The dial's notebook, open; run, it shows a new dial."""
    return share_notebook(dial)


def begun(name, folder):
    """Begin the case of a notebook that makes one of one's own; whether it is such a notebook."""
    cells = nbformat.read(Path("notebooks") / name, as_version=4).cells
    own = re.search(r'^NAME = "(.*)"', "\n".join(cell.source for cell in cells), re.M)
    if own:
        shutil.copy("priors/first_case.yaml", folder / f"{own[1]}.yaml")
    return bool(own)


def in_jupyterlab(open_notebook, screenshot, name):
    """Run a notebook as a person does; give its cells, and keep a picture."""
    notebook = open_notebook(f"notebooks/{name}")
    notebook.run_all()
    cells = notebook.cells()
    notebook.fit()
    screenshot(notebook.page, f"lab-{Path(name).stem}")
    for claim in map(ast.unparse, claims(name)):
        try:
            notebook.execute(claim)
        except browser.CellError as error:
            raise AssertionError(f"{name} says what is not so: {claim}") from error
    return cells


def without_a_browser(name, monkeypatch, tmp_path):
    """Run a notebook in a kernel only; give its cells."""
    monkeypatch.setenv("PYTHONPATH", str(Path.cwd()))
    own = begun(name, tmp_path)
    where = {"metadata": {"path": str(tmp_path) if own else "notebooks"}}
    notebook = nbformat.read(Path("notebooks") / name, as_version=4)
    notebook.cells.append(nbformat.v4.new_code_cell("\n".join(map(ast.unparse, claims(name)))))
    client = nbclient.NotebookClient(notebook, timeout=300, kernel_name="python3", resources=where)
    client.execute()
    return notebook.cells[:-1]


@pytest.mark.browser
@pytest.mark.parametrize("name", NOTEBOOKS)
def test_a_notebook_runs_from_top_to_bottom(request, name):
    """In JupyterLab; where no browser is, in a kernel alone."""
    if browser.find_chromium():
        begun(name, request.getfixturevalue("lab").root / "priors")
        cells = in_jupyterlab(*map(request.getfixturevalue, ("open_notebook", "screenshot")), name)
    else:
        cells = without_a_browser(name, *map(request.getfixturevalue, ("monkeypatch", "tmp_path")))
    code = [cell for cell in cells if cell["cell_type"] == "code"]
    assert all(cell["execution_count"] for cell in code)
    outputs = [(cell["id"], out) for cell in code for out in cell["outputs"]]
    assert [(cell, out) for cell, out in outputs if out.get("name") == "stderr"] == []
    kinds = {kind for _, out in outputs for kind in out.get("data", ())}
    pictures = [out for _, out in outputs if "<svg" in out.get("data", {}).get("text/html", "")]
    assert pictures or kinds & {"image/png", "image/svg+xml"}
    drawn = {
        cell for cell, out in outputs if {"image/png", "image/svg+xml"} & {*out.get("data", ())}
    }
    figures = {cell["id"] for cell in code if "\nfigures." in "".join(cell["source"])}
    assert figures <= drawn
    # What a reader sees is sentences, tables and pictures, not what a programmer prints.
    assert [cell for cell, out in outputs if out.get("name") == "stdout"] == []
    assert [
        cell for cell, out in outputs if "data" in out and {*out["data"]} == {"text/plain"}
    ] == []
    assert [cell for cell, out in outputs if 'class="dataframe"' in str(out)] == []
    # Who has no kernel sees the live page, and who has no scripts the picture.
    assert "application/vnd.jupyter.widget-view+json" not in kinds or "image/svg+xml" in kinds


def moved_by_keyboard_and_mouse(page):
    """Move the dial as a person does; the page shows each time what the kernel made of it."""
    slider = page.get_by_role("slider", name="Share")
    shown = page.locator("output")
    shown.get_by_text("twice 20 is 40").wait_for()
    slider.focus()
    for _ in range(3):
        slider.press("ArrowRight")
    shown.get_by_text("twice 23 is 46").wait_for()
    slider.press("End")
    shown.get_by_text("twice 100 is 200").wait_for()
    slider.press("Home")
    shown.get_by_text("twice 0 is 0", exact=True).wait_for()
    box = slider.bounding_box()
    page.mouse.move(box["x"] + 8, box["y"] + box["height"] / 2)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2, steps=8)
    page.mouse.up()
    shown.get_by_text("twice 50 is 100").wait_for()


def test_a_control_moves_the_kernel_and_the_page(dial_notebook, screenshot):
    notebook = dial_notebook
    notebook.run_all()
    moved_by_keyboard_and_mouse(notebook.page)
    assert notebook.until("dial.value == 50")
    assert notebook.value("[dial.value, dial.double]") == [50, 100]
    notebook.execute("dial.value = 7")
    notebook.page.get_by_text("twice 7 is 14").wait_for()
    screenshot(notebook.page, "lab-dial")


def test_a_control_moves_the_kernel_and_the_page_of_voila(open_voila, screenshot, dial):
    page = open_voila(dial)
    moved_by_keyboard_and_mouse(page)
    assert page.get_by_text("import anywidget").count() == 0  # no code is shown
    screenshot(page, "voila-dial")


def test_after_a_restart_the_cells_run_again(dial_notebook):
    notebook = dial_notebook
    notebook.run_all()
    notebook.execute("dial.value = 7")
    notebook.restart()
    assert notebook.value("'dial' in globals()") is False
    notebook.run_all()
    assert notebook.value("dial.value") == 20


def test_a_cell_that_fails_is_named(open_notebook, lab):
    notebook = open_notebook(lab.write("fails.ipynb", "1 + 1", "1 / 0", "2 + 2"))
    with pytest.raises(browser.CellError, match=r"fails.ipynb, cell 1: ZeroDivisionError"):
        notebook.run_all()
    with pytest.raises(browser.CellError, match="KeyError: 'no'"):
        notebook.execute("{}['no']")
    with pytest.raises(browser.CellError, match="nothing: NameError"):
        notebook.value("nothing")


def test_the_dark_theme_can_be_looked_at(dial_notebook, screenshot):
    notebook = dial_notebook
    notebook.page.set_viewport_size({"width": 900, "height": 900})
    notebook.run_all()
    notebook.theme("JupyterLab Dark")
    screenshot(notebook.page, "lab-dial-dark")
    dark = "getComputedStyle(document.querySelector('.jp-Notebook')).backgroundColor"
    assert sum(map(int, re.findall(r"\d+", notebook.page.evaluate(dark)))) < 3 * 64


def test_a_number_comes_from_the_kernel_exactly(dial_notebook):
    assert dial_notebook.value("[0.1 + 0.2, 1 / 3, 5e-324, 'a\"b\\'c\\n']") == [
        0.1 + 0.2,
        1 / 3,
        5e-324,
        "a\"b'c\n",
    ]
