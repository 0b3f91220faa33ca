"""Install the wheel outside the checkout, for real, and do there what the README says.

``python -m benchmarks.installed`` builds the wheel and lets pip install it into bare environments:
the core; all extras; and JupyterLab with its own server for assistants. In an empty folder each
command is then a process of its own, as one types it, every copied notebook is run and each server
is asked. pip asks the registry that it is set up to ask, and takes the versions of
requirements.lock; with ``--newest`` the newest that pyproject.toml admits, as it does for anybody
else. A PDF needs Chromium or Chrome.

A table says of each step how it went and how long it took. Exit 1 if a step failed; what it said
stands below the table.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import platform
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from forecasting.extras import PROJECT
from forecasting.report.publish import ENDINGS
from tests.test_assistant import ASKED, Assistant
from tests.test_installed import BIF, CORE, NEEDING, SITECUSTOMIZE
from tests.test_readme import blocks

ROOT = Path(__file__).resolve().parents[1]
LOCK = ROOT / "requirements.lock"
HOST = "127.0.0.1"
NO_HOST = "127.0.0.2"  # what listens to more than this machine's own address answers here as well
SECONDS = 1800  # for one step
SHOWN = 30  # lines of what a failed step said
WIDTH = 76

MAIN = "pakistan_taliban_2021"
COPIED = "priors/first_case.yaml"
EDIT = {"put": ["events", "bridge_closed", "base_rate"], "value": "40%"}
SERVING = ("lab", "desk", "mcp")  # they go on until they are ended
DESK = f"forecasting desk {COPIED} --no-browser --port PORT"
LAB = (
    "forecasting lab --no-browser --port=PORT --ServerApp.port_retries=0 --IdentityProvider.token="
)
LAB += " --allow-root" * (os.geteuid() == 0)  # as JupyterLab asks of root

# A client of JupyterLab's server for assistants: which tools there are, and what each answers.
CLIENT = """
import asyncio, json, sys
from fastmcp import Client

async def answers(address, asked):
    async with Client(address) as client:
        told = {one.name: None for one in await client.list_tools()}
        for name, arguments in asked.items():
            answer = await client.call_tool(name, arguments, raise_on_error=False)
            said = [one.text for one in answer.content]
            told[name] = said if answer.is_error else answer.structured_content
        return told

json.dump(asyncio.run(answers(sys.argv[1], json.loads(sys.argv[2]))), sys.stdout)
"""


class Failed(Exception):
    """A step did not do what it should; the words say what it did."""


@dataclass(frozen=True)
class Place:
    """An environment with the wheel in it, and an empty folder in which one types."""

    environment: Path
    folder: Path

    def start(self, command: Sequence, inside: str = "", more: Mapping = {}, **how):
        """Start a program in the folder, or in one inside it, with nothing of this environment."""
        path = os.pathsep.join([str(self.environment / "bin"), os.environ["PATH"]])
        home = {"PATH": path, "HOME": str(self.environment.parent), "LANG": "C.UTF-8"}
        pipes = dict.fromkeys(("stdout", "stderr"), subprocess.PIPE)
        how = {"stdin": subprocess.DEVNULL, "encoding": "utf-8", **pipes, **how}
        return subprocess.Popen(command, cwd=self.folder / inside, env={**home, **more}, **how)

    def run(self, command: Sequence, inside: str = "", **more: str) -> tuple[int, str, str]:
        """Run a program to its end; give its status, what it printed, and what it told."""
        with self.start(command, inside, more) as process:
            try:
                out, err = process.communicate(timeout=SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                raise
        return process.returncode, out, err


def works(place: Place, line: str, inside: str = "") -> None:
    """Run a line as a shell does; refuse what fails, says nothing or tells of a traceback."""
    status, out, err = place.run(["sh", "-c", line], inside)
    if status or "Traceback" in err or not out.strip():
        raise Failed(f"status {status}\n{out}{err}")


def is_refused(place: Place, words: str, extra: str) -> None:
    """Run a command whose extra is not here: it says so in one line, with what installs it."""
    status, out, err = place.run(["forecasting", *words.split()])
    told = err.endswith(f'not installed: pip install "{PROJECT}[{extra}]"\n')
    if (status, out, err.count("\n"), told) != (1, "", 1, True):
        raise Failed(f"status {status}\n{out}{err}")


def python_works(place: Place) -> None:
    """Run the README's lines of Python."""
    (example,) = blocks("python")
    status, out, err = place.run(["python", "-c", example])
    if status or err or "bridge_closed" not in out:
        raise Failed(f"status {status}\n{out}{err}")


def report_is_written(place: Place, ending: str) -> None:
    """Write a report in one form; a page is made again by its check, and is the same."""
    works(place, f"forecasting report first_case -o again{ending}")
    if ending == ".html":
        works(place, f"forecasting report --check again{ending}")


def notebook_runs(place: Place, path: Path) -> None:
    """Run a copied notebook where it lies; a warning among its outputs is a fault."""
    words = "nbconvert --log-level=ERROR --to notebook --execute --stdout"
    status, out, err = place.run(["jupyter", *words.split(), path.name], str(path.parent))
    if status:
        raise Failed(err)
    for cell in json.loads(out)["cells"]:
        for told in cell.get("outputs", ()):
            if told.get("name") == "stderr":
                raise Failed(f"cell {cell['id']} warns: {told['text']}")


@contextlib.contextmanager
def serving(place: Place, line: str) -> Iterator[int]:
    """Start a server where cases were copied, give its port, and end it; only we may reach it."""
    port = free_port()
    with tempfile.TemporaryFile("w+", encoding="utf-8") as log:
        command = line.replace("PORT", str(port)).split()
        server = place.start(command, "mine", stdout=log, stderr=log)
        try:
            until = time.monotonic() + SECONDS
            while not listens(HOST, port) and server.poll() is None and time.monotonic() < until:
                time.sleep(0.2)
            if listens(NO_HOST, port):
                raise Failed("it listens to others than this machine")
            yield port
            server.send_signal(signal.SIGTERM)
            if server.wait(SECONDS):
                raise Failed(f"it ended with status {server.returncode}")
        except Exception as error:
            log.seek(0)
            raise Failed(f"{log.read()}\n{type(error).__name__}: {error}") from None
        finally:
            server.kill()
            server.wait()


def free_port() -> int:
    """Find a port on which nobody listens."""
    with socket.socket() as one:
        one.bind((HOST, 0))
        return one.getsockname()[1]


def listens(host: str, port: int) -> bool:
    """Tell whether somebody answers there."""
    with socket.socket() as one:
        return one.connect_ex((host, port)) == 0


def shows(place: Place, line: str, asked: Mapping[str, str]) -> None:
    """Start a server, and find in each page a text."""
    with serving(place, line) as port:
        for path, text in asked.items():
            with urllib.request.urlopen(f"http://{HOST}:{port}{path}", timeout=SECONDS) as answer:
                if text not in answer.read().decode():
                    raise Failed(f"{path} does not show {text!r}")


def assistants_are_served(place: Place) -> None:
    """Greet the server for assistants over stdio, as they do, and have a case forecast."""
    process = place.start(["forecasting", "mcp", "mine"], stdin=subprocess.PIPE)
    try:
        one = Assistant(process)
        hello = {"protocolVersion": "2025-06-18", "capabilities": {}}
        told = one.ask("initialize", **hello, clientInfo={"name": "script", "version": "1"})
        one.send("notifications/initialized")
        found = one.call("run", case=COPIED)
        _, err = process.communicate(timeout=SECONDS)
    except (AssertionError, KeyError, OSError) as error:
        process.kill()
        raise Failed(f"{process.communicate()[1]}\n{error!r}") from None
    if process.returncode or err or "# For assistants" not in told["instructions"]:
        raise Failed(f"status {process.returncode}\n{err}")
    if "bridge_closed" not in found["events"]:
        raise Failed(f"answered {found}")


def jupyter_serves_assistants(place: Place) -> None:
    """Ask each tool in a running JupyterLab, which found them; they answer as their commands."""
    asked = {name: {"case": COPIED, **arguments} for name, (arguments, _) in ASKED.items()}
    asked["propose"] = {"case": COPIED, "edits": [EDIT]}
    theirs = free_port()
    with serving(place, f"{LAB} --MCPExtensionApp.mcp_port={theirs}"):
        address = f"http://{HOST}:{theirs}/mcp"
        status, out, err = place.run(["python", "-c", CLIENT, address, json.dumps(asked)])
        if status:
            raise Failed(err)
    told = json.loads(out)
    if set(told) != set(asked) or "base_rate: 40%" not in told["propose"]["patch"]:
        raise Failed(f"it found {sorted(told)}; a proposal is {told.get('propose')}")
    for name, (_, words) in ASKED.items():
        line = ["forecasting", name, COPIED, *words, "--format", "json"]
        printed = json.loads(place.run(line, "mine")[1])
        # What is no object comes wrapped in one.
        if told[name] not in (printed, {"result": printed}):
            raise Failed(f"{name} answers {told[name]}")


def a_later_pymc_changes_nothing(place: Place) -> None:
    """Pretend a release of PyMC that is not out: no number moves, and nothing is fitted anew."""
    (site,) = place.environment.glob("lib/*/site-packages")
    (pretended := site / "sitecustomize.py").write_text(SITECUSTOMIZE, encoding="utf-8")
    try:
        for name in ("run", "explain", "fit"):
            command = ["forecasting", name, MAIN]
            now, later = place.run(command), place.run(command, LATER="yes")
            if now[0] or now != later or "fitting" in later[2]:
                raise Failed(f"{name} says {later}, and without it {now}")
    finally:
        pretended.unlink()


def core_steps(place: Place) -> Iterator[tuple]:
    """Give what needs no extra; of what does, that it is refused."""
    for words in CORE:
        yield words, works, place, f"forecasting {words}"
    for words, extra in NEEDING.items():
        yield f"{words}: refused in one line", is_refused, place, words, extra
    yield "the README's Python", python_works, place


def all_steps(place: Place) -> Iterator[tuple]:
    """Give all of it: the same commands, those of the extras, and what one opens."""
    for words in (*CORE, *NEEDING):
        if words.split()[0] not in SERVING:
            yield words, works, place, f"forecasting {words}"
    for ending in ENDINGS:
        yield f"report first_case as {ending}", report_is_written, place, ending
    yield "the README's Python", python_works, place
    for line in readme_lines():
        yield f"README: {line.partition('#')[0]}", works, place, line, "mine"
    for path in sorted(place.folder.glob("mine/notebooks/**/*.ipynb")):
        name = path.relative_to(place.folder)
        yield f"{name} runs", notebook_runs, place, name
    files = {"/lab": "JupyterLab", "/api/contents/notebooks": "01-first-forecast.ipynb"}
    yield "lab", shows, place, LAB, files
    yield "desk of a copied case", shows, place, DESK, {"/": "Will the bridge be closed to cars"}
    yield "mcp, over stdio", assistants_are_served, place
    yield "with a later PyMC, pretended", a_later_pymc_changes_nothing, place


def jupyter_steps(place: Place) -> Iterator[tuple]:
    """Give what concerns the tools for assistants beside JupyterLab's server for them."""
    yield "start mine", works, place, "forecasting start mine"
    drawn = Path("mine/notebooks/02-base-rates.ipynb")
    yield f"{drawn} runs, with its figures", notebook_runs, place, drawn
    yield "mcp, over stdio", assistants_are_served, place
    yield "jupyter-server-mcp, in lab", jupyter_serves_assistants, place


# Of each environment its extras, what else is in it, and what is done there.
KINDS = {
    "core": ("", (), core_steps),
    "all": ("[all]", (), all_steps),
    "jupyter": ("[lab,agents]", ("jupyter-server-mcp",), jupyter_steps),
}


def readme_lines() -> list[str]:
    """List what the README says to type where cases were copied.

    Without what serves, and what gathers the answers of a class: there are none.
    """
    lines = [line for block in blocks() for line in block.splitlines()]
    lines = [line for line in lines if line.startswith("forecasting ")]
    left_out = (*SERVING, "start", "class class/")
    return [line for line in lines if not line.split(" ", 1)[1].startswith(left_out)]


def built(folder: Path) -> Path:
    """Build the wheel, as a release would."""
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", folder]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True, timeout=SECONDS)
    (wheel,) = folder.glob("*.whl")
    return wheel


def installed(top: Path, wanted: Sequence[str], held: Sequence[str]) -> Place:
    """Make a bare environment, and let its own pip install what is wanted into it."""
    place = Place(top / "environment", top / "empty folder")
    place.folder.mkdir(parents=True)
    (place.folder / "rain.bif").write_text(BIF, encoding="utf-8")
    subprocess.run([sys.executable, "-m", "venv", place.environment], check=True)
    pip = [place.environment / "bin/python", "-m", "pip", "install", "--quiet", *held]
    # pip asks the registry that it is set up to ask here.
    ours = {name: told for name, told in os.environ.items() if not name.startswith("PYTHON")}
    done = subprocess.run(
        [*pip, *wanted], cwd=place.folder, env=ours, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise Failed(done.stderr)
    return place


def size(path: Path) -> str:
    """Tell the size of a file, or of all that lies in a folder."""
    files = path.rglob("*") if path.is_dir() else [path]
    return f"{sum(one.lstat().st_size for one in files if not one.is_dir()) / 1e6:.1f} MB"


class Table:
    """Prints a row for each step, and keeps what failed."""

    def __init__(self) -> None:
        self.failed: dict[str, str] = {}
        print(f"{'step':<{WIDTH}}{'status':<8}{'s':>7}")

    def take(self, name: str, do: Callable, *given):
        """Take a step; give what came of it, or None where it failed."""
        start, found, status = time.perf_counter(), None, "good"
        try:
            found = do(*given)
        except Exception as error:  # whatever it is, the next step may tell more
            told = str(error) if isinstance(error, Failed) else repr(error)
            status, self.failed[name] = "FAILED", told
        name = name if len(name) < WIDTH else f"{name[: WIDTH - 4]}..."
        print(f"{name:<{WIDTH}}{status:<8}{time.perf_counter() - start:>7.1f}", flush=True)
        return found


def main() -> int:
    """Take all steps; give 1 if one failed."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--newest", action="store_true", help="not the versions of the lock")
    parser.add_argument("--only", nargs="+", choices=KINDS, default=KINDS, help="environments")
    options = parser.parse_args()
    versions = "the newest versions" if options.newest else f"the versions of {LOCK.name}"
    print(f"Python {platform.python_version()}, {platform.system()}, {versions}\n")
    began, table, sizes = time.perf_counter(), Table(), {}
    with tempfile.TemporaryDirectory(prefix="installed-") as folder:
        top = Path(folder).resolve()
        if wheel := table.take("build the wheel", built, top):
            sizes["wheel"] = size(wheel)
        for kind in options.only if wheel else ():
            extras, more, steps = KINDS[kind]
            wanted = [f"{PROJECT}{extras} @ {wheel.as_uri()}", *more]
            held = [] if options.newest else ["-c", LOCK]
            name = f"pip install {' '.join([PROJECT + extras, *more])}"
            print()
            if place := table.take(name, installed, top / kind, wanted, held):
                sizes[f"environment: {kind}"] = size(place.environment)
                for step in steps(place):
                    table.take(*step)
    print()
    for name, told in (sizes | {"all steps": f"{time.perf_counter() - began:.0f} s"}).items():
        print(f"{name:<{WIDTH}}{told:>15}")
    for name, told in table.failed.items():
        print(f"\nFAILED: {name}", *told.strip().splitlines()[-SHOWN:], sep="\n  ")
    return int(bool(table.failed))


if __name__ == "__main__":
    sys.exit(main())
