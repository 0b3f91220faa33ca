"""Whoever waits sees a bar: on a terminal, in a notebook, and not in a report."""

import io
import sys

import nbclient
import nbformat
import pytest

from forecasting.fit import progress

CODE = """
from forecasting.fit.progress import progress
with progress("counting <b>") as report:
    report(0.5, "half & half")
print("done")
"""


class Person(nbclient.NotebookClient):
    """A front end before which somebody sits: it can answer questions."""

    async def async_start_new_kernel_client(self):
        client = await super().async_start_new_kernel_client()
        client.allow_stdin = True
        return client


@pytest.fixture(scope="module")
def run():
    def run(client):
        cell = nbformat.v4.new_code_cell(CODE)
        notebook = nbformat.v4.new_notebook(cells=[cell])
        seen = []
        runner = client(notebook, timeout=300, kernel_name="python3")
        runner.on_cell_executed = None
        original = runner.process_message

        def watch(message, *rest):
            if message["msg_type"] in ("display_data", "update_display_data"):
                seen.append(message["content"]["data"])
            return original(message, *rest)

        runner.process_message = watch
        runner.execute()
        return notebook.cells[0].outputs, seen

    return run


def test_a_report_shows_nothing(run):
    """A report is made by nbclient, which nbconvert and papermill use too."""
    outputs, seen = run(nbclient.NotebookClient)
    assert [output.get("text") for output in outputs] == ["done\n"]
    assert seen == []


def test_a_person_at_a_notebook_sees_a_bar_that_goes_away(run):
    outputs, seen = run(Person)
    assert [data["text/plain"] for data in seen] == ["0% counting <b>", "50% half & half", ""]
    assert "counting &lt;b&gt;" in seen[0]["text/html"]  # text, never markup
    assert "half &amp; half" in seen[1]["text/html"]
    assert not any("widget" in kind for data in seen for kind in data)
    assert outputs[-1]["text"] == "done\n"


class Terminal(io.StringIO):
    def isatty(self):
        return True


def test_a_terminal_shows_a_bar_and_a_pipe_does_not(monkeypatch):
    monkeypatch.setenv("TERM", "xterm")
    for stream, shown in ((Terminal(), True), (io.StringIO(), False)):
        monkeypatch.setattr(sys, "stderr", stream)
        with progress.progress("counting [bold]") as report:
            report(0.5, "half [red]way")
        assert ("half [red]way" in stream.getvalue()) == shown
