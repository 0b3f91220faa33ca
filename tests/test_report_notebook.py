"""A misspelt parameter is refused, and nothing of when and where a notebook ran stays in it."""

import json
import subprocess
import sys

import nbformat
import pytest

from forecasting.errors import InputError
from forecasting.report import notebook
from forecasting.report.notebook import parameterised, parameters, parts


def code(source, tags=(), outputs=(), **kw):
    metadata = {"tags": list(tags)} if tags else {}
    return nbformat.v4.new_code_cell(source, metadata=metadata, outputs=list(outputs), **kw)


def prose(source, **kw):
    return nbformat.v4.new_markdown_cell(source, **kw)


def book(*cells):
    return nbformat.v4.new_notebook(cells=list(cells))


def html(text, **metadata):
    return nbformat.v4.new_output("display_data", data={"text/html": text}, metadata=metadata)


GROWTH = code("GROWTH = 0.2  # a year\nNAMES = ['a']\nDAY = None", ["parameters"])


# --- parameters -----------------------------------------------------------------------------------


def test_parameters_are_the_names_of_the_tagged_cell_with_their_values():
    assert parameters(book(GROWTH)) == {"GROWTH": 0.2, "NAMES": ["a"], "DAY": None}


def test_the_shipped_report_has_the_parameters_it_is_told():
    names = ["CASE", "OVERLAYS", "AS_OF", "BY", "AUDIENCE", "OUTCOMES", "TODAY"]
    assert list(parameters(notebook.read("notebooks/report.ipynb"))) == names


def test_a_misspelt_parameter_is_an_error_that_lists_the_valid_ones():
    with pytest.raises(InputError) as raised:
        parameterised(book(GROWTH), {"GRWTH": 0.3})
    assert str(raised.value).splitlines() == [
        "parameters: the notebook has no such parameter",
        "    found:    GRWTH",
        "    accepted: GROWTH, NAMES, DAY",
        "    try:      did you mean GROWTH?",
    ]


def test_values_are_set_right_below_and_the_given_notebook_stays_as_it_was():
    before = book(prose("# T"), GROWTH, code("print(GROWTH)"))
    after = parameterised(parameterised(before, {"GROWTH": 0.3}), {"GROWTH": 0.4, "DAY": "2021"})
    assert [cell.source for cell in after.cells] == [
        "# T",
        GROWTH.source,
        "GROWTH = 0.4\nDAY = '2021'",
        "print(GROWTH)",
    ]
    assert after.cells[2].id == "injected-parameters"
    assert len(before.cells) == 3


def test_a_notebook_without_parameters_or_with_one_that_is_no_value_is_refused():
    with pytest.raises(InputError, match="no cell tagged parameters"):
        parameters(book(code("A = 1")))
    with pytest.raises(InputError, match="no plain value"):
        parameters(book(code("A = open('x')", ["parameters"])))


def test_a_file_that_is_no_notebook_is_refused(tmp_path):
    path = tmp_path / "x.ipynb"
    path.write_text("{}", encoding="utf-8")
    with pytest.raises(InputError, match="is not a notebook"):
        notebook.read(path)
    path.write_text("no", encoding="utf-8")
    with pytest.raises(InputError, match="is not a notebook"):
        notebook.read(path)


# --- running --------------------------------------------------------------------------------------


def test_it_runs_in_the_folder_and_keeps_no_time_no_counter_of_widgets_and_no_version(tmp_path):
    (tmp_path / "here.txt").write_text("found", encoding="utf-8")
    cells = code("from pathlib import Path\nprint(Path('here.txt').read_text())", id="one")
    ran = notebook.executed(book(cells), tmp_path)
    (cell,) = ran.cells
    assert cell.outputs[0].text == "found\n"
    assert "execution" not in cell.metadata
    assert ran.metadata.get("language_info") in (None, {"name": "python"})
    assert "widgets" not in ran.metadata


def test_a_cell_that_fails_is_told_in_one_message(tmp_path):
    with pytest.raises(InputError, match="cell of the notebook failed") as raised:
        notebook.executed(book(code("raise KeyError('lost')")), tmp_path)
    assert "KeyError: 'lost'" in str(raised.value)


def test_a_kernel_that_dies_is_told_in_one_message(tmp_path):
    """As when the machine's memory runs out: it ended in a traceback."""
    dies = book(code("import os, signal; os.kill(os.getpid(), signal.SIGKILL)"))
    with pytest.raises(InputError, match="kernel of the notebook was stopped"):
        notebook.executed(dies, tmp_path)


def test_a_kernel_that_does_not_start_is_told_in_one_message(tmp_path, monkeypatch):
    """As by what a user has IPython do at its start: it ended in two tracebacks."""
    startup = tmp_path / "profile_default/startup/ends.py"
    startup.parent.mkdir(parents=True)
    startup.write_text("import os; os._exit(3)", encoding="utf-8")
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path))
    with pytest.raises(InputError, match="kernel of the notebook was stopped"):
        notebook.executed(book(code("1")), tmp_path)


def test_the_kernel_is_of_the_python_that_asks_for_it(tmp_path, monkeypatch):
    """Another environment may have put its own in the place of that name."""
    other = tmp_path / "kernels/python3/kernel.json"
    other.parent.mkdir(parents=True)
    told = {"argv": ["false"], "display_name": "Another", "language": "python"}
    other.write_text(json.dumps(told), encoding="utf-8")
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path))
    ran = notebook.executed(book(code("import sys; sys.executable")), tmp_path)
    assert ran.cells[0].outputs[0].data["text/plain"] == repr(sys.executable)


def test_a_module_beside_the_case_takes_the_place_of_no_package(tmp_path):
    """As of an analyst's own yaml.py or forecasting.py; what has a name of its own is found."""
    for name in ("yaml", "own"):
        (tmp_path / f"{name}.py").write_text("HERE = True", encoding="utf-8")
    ran = notebook.executed(
        book(code("import own, yaml; own.HERE, hasattr(yaml, 'HERE')")), tmp_path
    )
    assert ran.cells[0].outputs[0].data["text/plain"] == "(True, False)"


def test_warnings_that_are_errors_elsewhere_do_not_end_the_kernel(tmp_path, monkeypatch):
    monkeypatch.setenv("PYTHONWARNINGS", "error")
    ran = notebook.executed(book(code("6 * 7")), tmp_path)
    assert ran.cells[0].outputs[0].data["text/plain"] == "42"


def test_a_cell_that_takes_too_long_is_told_in_one_message(tmp_path, monkeypatch):
    monkeypatch.setattr(notebook, "TIMEOUT", 1)
    with pytest.raises(InputError, match="takes too long"):
        notebook.executed(book(code("import time; time.sleep(60)")), tmp_path)


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM"])
def test_a_command_that_is_ended_says_so_in_one_word(name, tmp_path):
    """Its notebook asks for that itself, so that it comes while a cell runs.

    Ctrl-C ended in a traceback, or in advice to have more memory.
    """
    path = tmp_path / "ends.ipynb"
    source = "import os, signal, time; os.kill(os.getppid(), signal.NAME); time.sleep(60)"
    source = source.replace("NAME", name)
    names = ("CASE", "OVERLAYS", "AS_OF", "BY", "AUDIENCE", "OUTCOMES", "TODAY")
    due = code("\n".join(f"{name} = None" for name in names), ["parameters"])
    nbformat.write(book(due, code(source)), path)
    case = tmp_path / "one.yaml"
    case.write_text("{case: one, events: {rain: {base_rate: 30%}}}", encoding="utf-8")
    page = tmp_path / "x.html"
    run = [sys.executable, "-m", "forecasting.cli", "report", case, "--notebook", path, "-o", page]
    ended = subprocess.run(run, capture_output=True, text=True, timeout=300, check=False)
    assert (ended.returncode, ended.stderr) == (130, "stopped\n")
    assert not page.exists()


def test_a_widget_leaves_what_it_shows_without_its_kernel():
    output = html("<p>still</p>")
    output.data["application/vnd.jupyter.widget-view+json"] = {"model_id": "f00"}
    ran = book(code("w", outputs=[output]))
    ran.metadata["widgets"] = {"state": {}}
    after = notebook.normalised(ran)
    assert list(after.cells[0].outputs[0].data) == ["text/html"]
    assert "widgets" not in after.metadata


# --- parts ----------------------------------------------------------------------------------------


def test_titles_of_the_second_level_begin_parts_and_empty_ones_are_left_out():
    nb = book(
        prose("# All"),
        prose("## One", id="one"),
        code("x", outputs=[html("<p>1</p>")]),
        prose("## Empty", id="empty"),
        code("y", outputs=[html("")]),
        prose("## Prose only\n\nwords", id="only"),
    )
    assert [(part.name, part.title, len(part.cells)) for part in parts(nb)] == [
        ("opening", "", 1),
        ("one", "One", 2),
        ("only", "Prose only", 1),
    ]
    assert "empty" not in [cell.id for cell in notebook.normalised(nb).cells]


def test_what_a_report_says_of_itself_is_found_in_its_outputs():
    told = {"title": "T", "date": "today"}
    shown = html("x", **{"forecast-report": told})
    assert notebook.about(book(code("a"), code("b", outputs=[shown]))) == told
    assert notebook.about(book(code("a"))) == {}
