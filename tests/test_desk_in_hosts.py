"""The desk in JupyterLab, marimo, Voila (the command's page) and exported: one script drives all.

It outlives what ends there: a kernel killed in the middle of an edit, and Ctrl-C.
"""

import contextlib
import os
import signal
import sys

import psutil
import pytest

from forecasting.engine.network import Network
from forecasting.explorer import page as live_page
from forecasting.file.case import load
from forecasting.file.overlay import apply, override
from tests import browser
from tests.desk_script import Mouse, make_pond, move_pond, probabilities, type_rate

# What the script makes, and one more condition.
POND = """\
case: pond                      # behind the mill
as_of: 2025-11-20
resolve_by: 2026-03-01

events:
  pond_freeze:
    role: outcome
    title: Will the pond freeze?
    question: Will the pond freeze?
    base_rate: 30%              # three winters of ten
  clear_night:
    role: driver
    title: A clear night
    base_rate: 40%

links:
  - {from: clear_night, to: pond_freeze, if_yes: 60%, if_no: 20%}
"""
# What the script moves then.
MOVES = {"events.pond_freeze.base_rate": 0.45, "events.clear_night.base_rate": 0.25}
CELL = "from forecasting import desk\ndesk('pond.yaml')"
MARIMO = """\
import marimo

app = marimo.App()


@app.cell
def _():
    import marimo as mo

    from forecasting import desk

    mo.ui.anywidget(desk("pond.yaml"))
    return
"""


def connected(page):
    """Wait until Python has heard the page; give a person at its desk."""
    page.wait_for_selector(".fc-add:not([aria-disabled])")
    page.set_default_timeout(15_000)
    return Mouse(page)


def shown(person):
    return probabilities(person.root)["pond_freeze"]


def forecast(case):
    return pytest.approx(Network(case).posterior()["pond_freeze"], abs=1e-12)


def told(path, words, page):
    """Wait until the file says what was done a moment ago; give its text."""
    for _ in range(600):
        if path.exists() and words in (text := path.read_text("utf-8")):
            return text
        page.wait_for_timeout(20)
    raise AssertionError(f"{path} does not say {words!r}")


def makes_and_moves(person, path):
    """Make the pond, move it; hold both against Bayes' theorem and against the file."""
    make_pond(person)
    told(path, "no_cloud_at_dusk", person.page)
    made = load(path)
    assert made.evidence["no_cloud_at_dusk"].claim == "No cloud at dusk"
    night = 0.4 * 0.8 / (0.4 * 0.8 + 0.6 * 0.2)
    assert probabilities(person.root)["clear_night"] == pytest.approx(night, abs=1e-9)
    moves(person, made)
    told(path, "25%", person.page)
    assert probabilities(person.root) == pytest.approx(Network(load(path)).posterior(), abs=1e-12)
    return made


def moves(person, made):
    """Move the pond, and hold each step against the case as it then is."""
    overrides = [dict([*MOVES.items()][:count]) for count in range(3)]
    for told, moved in zip(move_pond(person), overrides, strict=True):
        afresh = Network(override(made, moved)).posterior()
        assert told == pytest.approx(afresh, abs=1e-12), moved


def saved(person, button, folder, *, count):
    """Press a button that saves files; where they are."""
    files = []
    person.page.on("download", lambda one: files.append(one))
    button.click()
    for _ in range(600):
        if len(files) >= count:
            break
        person.page.wait_for_timeout(20)
    for one in files:
        one.save_as(folder / one.suggested_filename)
    assert len(files) == count
    return [folder / one.suggested_filename for one in files]


TYPED = "textarea, input:not([type=range])"


def typed(person, *fields):
    """What stands in fields of the card."""
    return [person.field(one).locator(TYPED).first.input_value() for one in fields]


def moves_without_python(person, folder):
    """Move a number, and save it; hold what is shown against the files."""
    before = shown(person)
    type_rate(person, "pond_freeze", "55%")
    notice = person.root.locator(".fc-notice")
    notice.get_by_text("Not connected").wait_for(timeout=15_000)
    assert shown(person) != before
    button = notice.get_by_role("button", name="Save as file")
    saved(person, button, folder, count=2)  # the case as Python knew it, and the moves since
    case = load(folder / "pond.yaml")
    assert shown(person) == forecast(apply(case, folder / "pond-moves.yaml"))


@pytest.fixture(scope="module")
def lab_notebook(lab, share_notebook):
    """A notebook whose cell opens the desk of pond.yaml beside it; its file."""
    # JupyterLab does not catch it where a kernel dies that it has just asked.
    killed = ("exception: Canceled future",)
    path = lab.write("pond.ipynb", CELL)
    notebook = share_notebook(path, width=1800, height=1100, forgiven=killed)
    return notebook, lab.root / "notebooks" / "pond.yaml"


@pytest.mark.slow
def test_the_same_script_drives_jupyterlab_marimo_and_the_exported_page(
    lab_notebook, offline_page, watched, tmp_path, screenshot
):
    notebook, path = lab_notebook
    path.unlink(missing_ok=True)
    notebook.run_all()
    person = connected(notebook.page)
    made = makes_and_moves(person, path)
    screenshot(notebook.page, "desk-pond-lab")

    exported = tmp_path / "pond.html"
    exported.write_text(live_page(made), "utf-8")
    person = Mouse(offline_page(exported, width=1440, height=1000))
    person.page.set_default_timeout(15_000)
    moves(person, made)
    button = person.root.get_by_role("button", name="Save as file").first
    (overlay,) = saved(person, button, tmp_path, count=1)
    assert shown(person) == forecast(apply(made, overlay))
    screenshot(person.page, "desk-pond-exported")

    app = tmp_path / "pond.py"
    app.write_text(MARIMO, "utf-8")
    with browser.marimo(tmp_path, app) as address:
        context, watch = watched(viewport={"width": 1440, "height": 1000})
        page = context.new_page()
        page.goto(address)
        makes_and_moves(connected(page), tmp_path / "pond.yaml")
        screenshot(page, "desk-pond-marimo")
        assert (watch.requests, watch.errors) == ([], [])


# The kernel comes to rest where the new text is in a file beside, or where it has replaced the old.
HALT = """
import pathlib, time
whole = pathlib.Path.replace
def halt(self, target):
    if {after}: whole(self, target)
    pathlib.Path("halted").touch()
    time.sleep(600)
pathlib.Path.replace = halt
"""


@pytest.mark.slow
def test_a_kernel_killed_in_the_middle_of_an_edit_costs_neither_file_nor_what_was_typed(
    lab_notebook, tmp_path, screenshot
):
    notebook, path = lab_notebook
    page, halted = notebook.page, path.parent / "halted"
    path.write_text(POND, "utf-8")
    for after in (False, True):
        before = path.read_text("utf-8")
        notebook.run_all()
        person = connected(page)
        assert shown(person) == forecast(load(path))
        person.press("+ Fact")
        person.fill({"claim": "Frost on the reeds", "if_yes": "70"})
        person.press("+ Condition")
        person.fill({"question": "Deep snow", "base_rate": "10"})
        process = notebook.value("__import__('os').getpid()")
        notebook.execute(HALT.format(after=after))
        person.press("Add")
        told(halted, "", page)
        os.kill(process, signal.SIGKILL)
        halted.unlink()
        page.get_by_role("button", name="Ok", exact=True).click()  # JupyterLab says so too

        text = path.read_text("utf-8")
        assert ("Deep snow" in text) == after and (text == before) != after
        load(path)  # whole
        person.root.locator(".fc-notice").wait_for(timeout=15_000)
        assert typed(person, "question", "base_rate") == ["Deep snow", "10"]
        person.field("question").locator(TYPED).press("Escape")
        moves_without_python(person, tmp_path)
        person.press("+ Fact")
        assert typed(person, "claim", "if_yes") == ["Frost on the reeds", "70"]
        person.press("Reconnect")
        person.root.get_by_text("run the cell or reload").wait_for()
        screenshot(page, f"desk-lab-kernel-died-{'after' if after else 'before'}")
        assert path.read_text("utf-8") == text

    notebook.run_all()  # in the kernel that was started anew
    person = connected(page)
    assert shown(person) == forecast(load(path))
    type_rate(person, "pond_freeze", "55%")
    told(path, "55%", page)
    assert shown(person) == forecast(load(path))


@pytest.mark.slow
def test_the_command_makes_a_case_outlives_its_kernel_and_ends_by_ctrl_c(
    watched, tmp_path, screenshot
):
    path, port, log = tmp_path / "pond.yaml", browser.free_port(), tmp_path / "log"
    command = [*(sys.executable, "-m", "forecasting.cli", "desk", "pond"), "--no-browser"]
    address, environment = f"http://127.0.0.1:{port}/", browser.isolated(tmp_path)
    context, watch = watched(viewport={"width": 1440, "height": 1000})
    with browser.serving(
        [*command, f"--port={port}"],
        address,
        **{"cwd": tmp_path, "environment": environment, "log": log, "apart": True},
    ) as server:
        page = context.new_page()
        page.goto(address)
        person = connected(page)
        makes_and_moves(person, path)
        screenshot(page, "desk-pond-command")

        started = psutil.Process(server.pid).children(recursive=True)
        kernels = [one for one in started if "ipykernel_launcher" in one.cmdline()]
        assert len(kernels) >= 1
        for one in kernels:
            one.kill()
        moves_without_python(person, tmp_path / "saved")
        person.press("Reconnect")
        person.root.get_by_text("run the cell or reload").wait_for()
        screenshot(page, "desk-pond-kernel-died")
        page.reload()
        person = connected(page)
        assert shown(person) == forecast(load(path))
        type_rate(person, "pond_freeze", "55%")
        told(path, "55%", page)
        assert shown(person) == forecast(load(path))

        started = psutil.Process(server.pid).children(recursive=True)
        os.killpg(server.pid, signal.SIGINT)
        assert server.wait(90) == 0  # a loaded machine takes its time
    psutil.wait_procs(started, 5)
    assert [one for one in started if one.is_running()] == []
    assert log.read_text("utf-8").splitlines() == [
        "pond.yaml is not there yet: it is written with its first question",
        f"pond: {address}   (Ctrl-C ends)",
        "ended; the case is in pond.yaml",
    ]
    assert watch.requests == []


# The command, whose kernels end some seconds after their page.
HASTY = """\
import sys
from forecasting import cli
from forecasting.explorer import local_page
local_page.LEFT, local_page.LOOK = 12, 1
sys.exit(cli.main(sys.argv[1:]))
"""


@pytest.mark.slow
def test_who_reloads_the_page_loses_nothing_typed_and_leaves_no_kernel(watched, tmp_path):
    path, port = tmp_path / "pond.yaml", browser.free_port()
    path.write_text(POND, "utf-8")
    command = [sys.executable, "-c", HASTY, "desk", "pond", "--no-browser", f"--port={port}"]
    address, environment = f"http://127.0.0.1:{port}/", browser.isolated(tmp_path)
    context, watch = watched(viewport={"width": 1440, "height": 1000})
    with browser.serving(
        command, address, cwd=tmp_path, environment=environment, log=tmp_path / "log", apart=True
    ) as server:
        page = context.new_page()

        def kernels(wanted):
            """Wait until so many run; give them."""
            for _ in range(1200):
                found = []
                for one in psutil.Process(server.pid).children(recursive=True):
                    with contextlib.suppress(psutil.NoSuchProcess):  # it has just ended
                        found += [one.pid] if "ipykernel_launcher" in one.cmdline() else []
                if len(found) == wanted:
                    return found
                page.wait_for_timeout(100)
            raise AssertionError(f"{len(found)} kernels, not {wanted}")

        page.goto(address)
        person = connected(page)
        person.press("+ Fact")
        person.fill({"claim": "Frost on the reeds"})
        for _ in range(2):
            page.reload()
            person = connected(page)
        person.press("+ Fact")
        assert typed(person, "claim") == ["Frost on the reeds"]
        person.press("Close")
        (last,) = kernels(1)
        page.wait_for_timeout(2_000 + 12_000)  # an open page keeps its kernel, however idle
        assert kernels(1) == [last]
        type_rate(person, "pond_freeze", "65%")
        told(path, "65%", page)
        page.goto("about:blank")
        assert kernels(0) == []
    assert watch.requests == []
