"""A notebook or page goes in; what a person sees in a browser, and what its kernel holds, come out.

Nothing here sleeps in the hope that something has happened meanwhile. JupyterLab is asked through
its own application object, which the server is told to expose: what the page shows of a kernel
("idle") is true a moment before there is one, and a command given in that moment is lost.
"""

from __future__ import annotations

import ast
import contextlib
import json
import os
import secrets
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from pathlib import Path
from urllib.parse import urlsplit

import nbformat

ROOT = Path(__file__).resolve().parents[1]

INSTALL = (
    "install one (on Debian and Ubuntu: apt-get install chromium), "
    "or name its program in FORECASTING_CHROMIUM"
)

# Names of the program on Linux and macOS, in the order tried.
PROGRAMS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")

# What the browser does without. A window of a person has two more pages behind its address bar:
# most of the processor time of opening it, some 250 times. Of several such lists the last counts,
# so what Playwright switches off stands here again.
WITHOUT = (
    *("WebUIOmniboxPopup", "WebUIOmniboxAimPopup", "WebUIOmniboxFullPopup"),
    *("AimEnabled", "AvoidCorsURLLoaderRestartOnRedirect", "AvoidUnnecessaryBeforeUnloadCheckSync"),
    *("DestroyProfileOnBrowserClose", "HttpsFirstBalancedModeAutoEnable", "HttpsUpgrades"),
    *("LensOverlay", "MediaRouter", "NetworkTimeServiceQuerying", "OptimizationHints"),
    *("PaintHolding", "PreconnectToSearch", "ThirdPartyStoragePartitioning"),
)

# The browser finds no host but this machine, and says nothing to its maker.
FLAGS = (
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
    "--disable-background-networking",
    "--disable-component-update",
    f"--disable-features={','.join(WITHOUT)}",
    "--disable-gpu",
    "--disable-quic",
    "--disable-sync",
    "--no-first-run",
)

# A kernel that imports everything starts in a tenth of this, on a busy machine in half of it.
PATIENCE = 180.0  # seconds

LIGHT = "JupyterLab Light"

# No news, no update check, no autosave; all cells stand in the page, also those out of sight.
LAB_SETTINGS = {
    "@jupyterlab/apputils-extension/notification": {"fetchNews": "false", "checkForUpdates": False},
    "@jupyterlab/docmanager-extension/plugin": {"autosave": False},
    "@jupyterlab/notebook-extension/tracker": {"windowingMode": "none"},
}


def find_chromium() -> str | None:
    """Path of a Chromium or Chrome: the one named in FORECASTING_CHROMIUM, or one on PATH."""
    named = os.environ.get("FORECASTING_CHROMIUM")
    return shutil.which(named) if named else next(filter(None, map(shutil.which, PROGRAMS)), None)


@contextlib.contextmanager
def launched(program: str) -> Iterator:
    """Start the browser `program` with a profile of its own; give Playwright's ``Browser``."""
    from playwright.sync_api import expect, sync_playwright

    expect.set_options(timeout=1000 * PATIENCE)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=FLAGS)
        try:
            yield browser
        finally:
            browser.close()


# --- what a page did that it should not -----------------------------------------------------------


@dataclass
class Watch:
    """What a browser context asked of the outside, and what went wrong in its pages.

    Attributes
    ----------
    requests : list of str
        Addresses asked for outside this machine, whether or not they were had. What a page's own
        policy forbade is not among them (the browser never asks), but among the errors.
    errors : list of str
        Exceptions nobody caught, errors on the console, and dialogs (each is dismissed).
    """

    requests: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)

    @classmethod
    def over(cls, context) -> Watch:
        """Watch all pages of a Playwright ``BrowserContext`` from now on."""
        watch = cls()
        context.on("request", lambda request: watch._asked(request.url))
        context.on("requestfailed", watch._forbidden)
        context.on("weberror", lambda error: watch.errors.append(f"exception: {error.error}"))
        context.on("console", watch._said)
        context.on("dialog", watch._opened)
        context.on("page", lambda page: page.on("websocket", lambda ws: watch._asked(ws.url)))
        return watch

    def _asked(self, url: str) -> None:
        parts = urlsplit(url)
        if parts.scheme in ("http", "https", "ws", "wss") and parts.hostname != "127.0.0.1":
            self.requests.append(url)

    def _forbidden(self, request) -> None:
        if request.failure == "csp" and request.url in self.requests:
            self.requests.remove(request.url)

    def _said(self, message) -> None:
        if message.type == "error":
            self.errors.append(f"console: {message.text}")

    def _opened(self, dialog) -> None:
        self.errors.append(f"dialog: {dialog.message}")
        dialog.dismiss()


def open_offline(context, path: Path, watch: Watch):
    """Open the file `path` in a page that may ask for nothing else; whatever it asks is kept."""
    address = path.resolve().as_uri()

    def answer(route, request) -> None:
        if request.url.partition("#")[0] == address:
            route.continue_()
        else:
            watch.requests.append(request.url)
            route.abort()

    context.route("**/*", answer)
    context.set_offline(True)
    page = context.new_page()
    page.goto(address, wait_until="networkidle")  # half a second in which it asks for nothing
    return page


@cache
def _axe() -> str:
    return (resources.files("axe_playwright_python") / "axe.min.js").read_text(encoding="utf-8")


def accessibility(page, selector: str = "html") -> list[str]:
    """Let axe check what stands under `selector`; give its serious and critical findings."""
    page.evaluate(f"() => {{ {_axe()} }}")
    found = page.evaluate(
        "selector => axe.run(selector, {resultTypes: ['violations']})", arg=selector
    )
    return [
        f"{rule['impact']}: {rule['help']} ({rule['id']}) at {' '.join(map(str, node['target']))}"
        for rule in found["violations"]
        if rule["impact"] in ("serious", "critical")
        for node in rule["nodes"]
    ]


def drag(page, handle, target, share: float) -> None:
    """Take the middle of `handle` with the mouse to that `share` of the width of `target`."""
    start, box = handle.bounding_box(), target.bounding_box()
    page.mouse.move(start["x"] + start["width"] / 2, start["y"] + start["height"] / 2)
    page.mouse.down()
    page.mouse.move(box["x"] + share * box["width"], box["y"] + box["height"] / 2, steps=8)
    page.mouse.up()


# --- servers --------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Server:
    """A Jupyter server of our own on this machine.

    Attributes
    ----------
    base : str
        Address, without a slash at the end.
    token : str
    root : Path
        The folder it serves: a copy of ``notebooks/`` and ``priors/``, to write in at will.
    """

    base: str
    token: str
    root: Path

    def url(self, path: str) -> str:
        return f"{self.base}/{path}?token={self.token}"

    def write(self, name: str, *cells: str) -> str:
        """Make a notebook of code cells in ``notebooks/``; give its path under `root`."""
        notebook = nbformat.v4.new_notebook(
            cells=[
                nbformat.v4.new_code_cell(source, id=f"cell-{number}")
                for number, source in enumerate(cells)
            ],
            metadata={"kernelspec": {"name": "python3", "display_name": "Python 3"}},
        )
        path = self.root / "notebooks" / name
        nbformat.write(notebook, path)
        return str(path.relative_to(self.root))


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def isolated(folder: Path) -> dict[str, str]:
    """Environment in which Jupyter neither reads nor writes anything of this user."""
    for plugin, settings in LAB_SETTINGS.items():
        file = folder / "settings" / f"{plugin}.jupyterlab-settings"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(settings), encoding="utf-8")
    own = {
        "JUPYTER_CONFIG_DIR": "config",
        "JUPYTER_DATA_DIR": "data",
        "JUPYTER_RUNTIME_DIR": "runtime",
        "JUPYTERLAB_SETTINGS_DIR": "settings",
        "JUPYTERLAB_WORKSPACES_DIR": "workspaces",
        "IPYTHONDIR": "ipython",
        "MPLCONFIGDIR": "matplotlib",
    }
    inherited = {name: value for name, value in os.environ.items() if name != "JUPYTER_PATH"}
    return {
        **inherited,
        **{name: str(folder / place) for name, place in own.items()},
        "PYTHONPATH": str(ROOT),
        "PYDEVD_DISABLE_FILE_VALIDATION": "1",
    }


def answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:
            return answer.status == 200
    except OSError:
        return False


def _heeding() -> None:
    """Heed Ctrl-C, as in a terminal: whatever runs in the background of a shell ignores it."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


@contextlib.contextmanager
def serving(
    command: Sequence[str], url: str, *, cwd: Path, environment: dict, log: Path, apart=False
) -> Iterator[subprocess.Popen]:
    """Run a server until the block ends; the block starts when `url` answers.

    `apart` gives it a group of its own, to which Ctrl-C can be sent as a terminal sends it.
    """
    with log.open("w", encoding="utf-8") as output:
        process = subprocess.Popen(
            command,
            cwd=cwd,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=apart,
            preexec_fn=_heeding if apart else None,
        )
    try:
        limit = time.monotonic() + PATIENCE
        while not answers(url):
            if process.poll() is not None or time.monotonic() > limit:
                raise RuntimeError(f"no server at {url}:\n{log.read_text()[-3000:]}")
            time.sleep(0.05)  # only paces the questions
        yield process
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


@contextlib.contextmanager
def jupyterlab(folder: Path) -> Iterator[Server]:
    """Serve a copy of ``notebooks/`` and ``priors/`` by JupyterLab, and by Voila beside it."""
    root = folder / "project"
    for name in ("notebooks", "priors"):
        shutil.copytree(ROOT / name, root / name, ignore=shutil.ignore_patterns(".*"))
    port, token = free_port(), secrets.token_hex(8)
    server = Server(f"http://127.0.0.1:{port}", token, root)
    command = [
        *(sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root"),
        "--ServerApp.ip=127.0.0.1",
        f"--ServerApp.port={port}",
        "--ServerApp.port_retries=0",
        f"--ServerApp.root_dir={root}",
        f"--IdentityProvider.token={token}",
        "--LabApp.news_url=None",
        "--LabApp.expose_app_in_browser=True",
    ]
    with serving(
        command,
        server.url("api/status"),
        cwd=root,
        environment=isolated(folder),
        log=folder / "lab.log",
    ):
        yield server


@contextlib.contextmanager
def voila(folder: Path, root: Path) -> Iterator[Server]:
    """Serve the notebooks under `root` by Voila, as ``make voila`` does."""
    told = ["make", "--dry-run", "--always-make", "voila", f"NOTEBOOK={root}"]
    shown = subprocess.run(told, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    (line,) = (line for line in shown.splitlines() if "-m voila" in line)
    port, token = free_port(), secrets.token_hex(8)
    server = Server(f"http://127.0.0.1:{port}", token, root)
    command = [sys.executable, *shlex.split(line)[1:], "--no-browser", f"--port={port}"]
    with serving(
        [*command, "--Voila.ip=127.0.0.1", f"--Voila.token={token}"],
        server.url("voila/tree"),
        cwd=root,
        environment=isolated(folder),
        log=folder / "voila.log",
    ):
        yield server


@contextlib.contextmanager
def marimo(folder: Path, notebook: Path) -> Iterator[str]:
    """Serve a notebook of marimo as a page, as ``marimo run`` does; give its address."""
    port, token = free_port(), secrets.token_hex(8)
    command = [sys.executable, "-m", "marimo", "run", "--headless", f"--port={port}"]
    with serving(
        [*command, f"--token-password={token}", notebook.name],
        f"http://127.0.0.1:{port}/health",
        cwd=notebook.parent,
        environment=isolated(folder),
        log=folder / "marimo.log",
    ):
        yield f"http://127.0.0.1:{port}/?access_token={token}"


# --- a notebook in JupyterLab ---------------------------------------------------------------------


class CellError(AssertionError):
    """A cell, or code sent to the kernel, raised."""


class Notebook:
    """One notebook, open in JupyterLab in a browser, with its kernel running.

    Parameters
    ----------
    page : playwright.sync_api.Page
    server : Server
    path : str
        The notebook, under the folder that is served, such as ``notebooks/02-base-rates.ipynb``.
    """

    def __init__(self, page, server: Server, path: str) -> None:
        self.page = page
        self.path = path
        page.goto(server.url(f"doc/tree/{path}"))
        page.wait_for_selector(".jp-Notebook .jp-Cell", timeout=1000 * PATIENCE)
        page.wait_for_function("() => window.jupyterapp?.shell?.currentWidget?.sessionContext")
        self._ask("await session.ready; await session.session.kernel.info;")

    def _ask(self, body: str, argument=None):
        """Run JavaScript in the page, with `panel` (the notebook) and `session` at hand."""
        return self.page.evaluate(
            "async argument => { const panel = jupyterapp.shell.currentWidget;"
            f" const session = panel.sessionContext; {body} }}",
            argument,
        )

    def run_all(self) -> None:
        """Run all cells and wait for the last; raise CellError if one failed."""
        good = self._ask("return await jupyterapp.commands.execute('notebook:run-all-cells');")
        errors = self.errors()
        if errors or not good:
            raise CellError("\n".join(errors) or f"{self.path}: not all cells ran")

    def errors(self) -> list[str]:
        """Errors that cells of the notebook show."""
        return [
            f"{self.path}, cell {number}: {output['ename']}: {output['evalue']}"
            for number, cell in enumerate(self.cells())
            for output in cell.get("outputs", ())
            if output["output_type"] == "error"
        ]

    def cells(self) -> list[dict]:
        """Cells as they now are, outputs included, in notebook format."""
        return self._ask("return panel.content.model.toJSON().cells;")

    def execute(self, code: str) -> None:
        """Run `code` in the kernel without touching a cell; raise CellError if it raises."""
        self._kernel(code, {})

    def value(self, expression: str):
        """Value in the kernel of a Python expression; whatever JSON can hold comes over exactly."""
        dumped = self._kernel("", {"it": f"__import__('json').dumps({expression})"})["it"]
        if dumped["status"] != "ok":
            raise CellError(f"{expression}: {dumped['ename']}: {dumped['evalue']}")
        return json.loads(ast.literal_eval(dumped["data"]["text/plain"]))

    def until(self, expression: str, timeout: float = PATIENCE):
        """Ask for the value of an expression until it is true; give it.

        What a widget sends is on its way for a moment, and the last of many moves follows when the
        kernel is done with those before.
        """
        limit = time.monotonic() + timeout
        while not (value := self.value(expression)):
            if time.monotonic() > limit:
                raise AssertionError(f"not so within {timeout} seconds: {expression}")
            self.page.wait_for_timeout(20)  # only paces the questions
        return value

    def _kernel(self, code: str, expressions: dict[str, str]) -> dict:
        reply = self._ask(
            "const future = session.session.kernel.requestExecute({code: argument.code,"
            " user_expressions: argument.expressions, silent: true, store_history: false});"
            " return (await future.done).content;",
            {"code": code, "expressions": expressions},
        )
        if reply["status"] != "ok":
            raise CellError(f"{reply['ename']}: {reply['evalue']}")
        return reply["user_expressions"]

    def restart(self) -> None:
        """Restart the kernel and wait until it answers; cells keep what they show."""
        self._ask("await session.session.kernel.restart(); await session.session.kernel.info;")

    def theme(self, name: str) -> None:
        """Change JupyterLab's theme, such as ``JupyterLab Dark``, until the notebook is closed."""
        change = "await jupyterapp.commands.execute('apputils:change-theme', argument);"
        self._ask(change, {"theme": name})
        self.page.wait_for_function("name => document.body.dataset.jpThemeName === name", arg=name)
        self.page.locator("#jupyterlab-splash").wait_for(state="detached")

    def fit(self) -> None:
        """Make the window as high as the notebook, so that a picture shows all of it."""
        bars = self._ask(
            "const outer = panel.content.node.querySelector('.jp-WindowedPanel-outer');"
            " outer.scrollTop = 0; return outer.scrollHeight - outer.clientHeight;"
        )
        size = self.page.viewport_size
        self.page.set_viewport_size({**size, "height": size["height"] + max(0, bars)})

    def close(self) -> None:
        """Stop the kernel, and leave the theme as it was."""
        if self.page.evaluate("document.body.dataset.jpThemeName") != LIGHT:
            self.theme(LIGHT)
        self._ask("await session.shutdown();")
