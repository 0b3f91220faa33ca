"""A case file, or a folder, goes in; its desk as a page, or JupyterLab, on this machine comes out.

The page is one for people who never open a notebook: Voila shows a notebook of one cell, made in a
temporary folder. It listens to this machine alone, and asks no other.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import webbrowser
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import IO

from forecasting.errors import refusal
from forecasting.extras import require
from forecasting.file import shipped

HOST = "127.0.0.1"

# The browser is told to ask this server only: see the Makefile.
SELF_ONLY = (
    "default-src 'self' 'unsafe-inline' 'unsafe-eval' data: blob:; connect-src 'self' ws: wss:"
)

# Of what a server said before it failed, so many characters.
SHOWN = 2_000

# This Python; what is installed as python3 may be another, with another version of this.
KERNEL = {"name": "desk", "display_name": "Python 3", "language": "python"}

OFFER = "There are no notebooks here. Copy the project's, with its cases, to this folder? [y/n] "

# Seconds that the server gets to end its kernels.
ENDING = 10

# Seconds without a page after which a kernel ends: longer than one takes to load, or to come back
# where its line was cut. They are looked at in shorter steps.
LEFT, LOOK = 60, 15


def serve(path: Path, *, browser: bool = True, port: int = 0, say: Callable = print) -> int:
    """Show the desk of a case until Ctrl-C.

    Parameters
    ----------
    path : path
        A case file, or where a new one is to be.
    browser : bool
        Open it in the browser of this machine.
    port : int
        Where to listen; 0 for any that is free.
    say : callable, str to None

    Returns
    -------
    int
        0, or the exit status of a server that ended by itself.

    Raises
    ------
    InputError
        If Voila is not installed, or the port is not to be had.
    """
    require("to open a case on a page", "voila")
    from ipykernel.kernelspec import make_ipkernel_cmd

    port = _free(port)
    if not path.exists():
        say(f"{path} is not there yet: it is written with its first question")
    if browser and not at_hand():
        browser = False
        say("no browser was found here; open this address in one on this machine:")
    say(f"{path.stem}: http://{HOST}:{port}/   (Ctrl-C ends)", flush=True)
    with tempfile.TemporaryDirectory(prefix="desk-") as folder:
        page, config, log = (
            Path(folder, one) for one in (f"{path.stem}.ipynb", "voila.json", "log")
        )
        page.write_text(json.dumps(notebook(path.resolve())), encoding="utf-8")
        settings = {
            "ip": HOST,
            "port": port,
            "port_retries": 0,  # nowhere else than was said
            "open_browser": browser,
            "tornado_settings": {"headers": {"Content-Security-Policy": SELF_ONLY}},
        }
        # Each load of the page starts a kernel; one that a page listens to stays, however idle.
        kernels = {"cull_idle_timeout": LEFT, "cull_interval": LOOK, "cull_connected": False}
        # Voila reads its settings in the folder it starts in.
        told = {"Voila": settings, "MappingKernelManager": kernels}
        config.write_text(json.dumps(told), encoding="utf-8")
        kernel = Path(folder, "kernels", KERNEL["name"], "kernel.json")
        kernel.parent.mkdir(parents=True)
        kernel.write_text(json.dumps(KERNEL | {"argv": make_ipkernel_cmd()}), encoding="utf-8")
        command = [sys.executable, "-m", "voila", str(page)]
        with log.open("wb") as stream:  # what a server tells is for nobody, as long as it serves
            status = _until_ended(command, stream, Path(folder))
        if status:
            say(log.read_text(encoding="utf-8", errors="replace")[-SHOWN:].strip())
        else:
            say(f"ended; the case is in {path}" if path.exists() else "ended; nothing was written")
        return status


def notebook(path: Path) -> dict:
    r"""Make the notebook that the page shows: one cell, the desk of a case.

    Examples
    --------
    >>> notebook(Path("/cases/rain.yaml"))["cells"][0]["source"]
    "import forecasting\n\nforecasting.desk('/cases/rain.yaml')"
    """
    cell = {
        "cell_type": "code",
        "execution_count": None,
        "id": "desk",
        "metadata": {},
        "outputs": [],
        "source": f"import forecasting\n\nforecasting.desk({str(path)!r})",
    }
    return {"cells": [cell], "metadata": {"kernelspec": KERNEL}, "nbformat": 4, "nbformat_minor": 5}


def at_hand() -> bool:
    """Tell whether there is a browser that can be opened here."""
    screens = ("DISPLAY", "WAYLAND_DISPLAY", "BROWSER")
    if sys.platform.startswith("linux") and not any(map(os.environ.get, screens)):
        return False  # what is found then are browsers of a terminal, which show no such page
    try:
        webbrowser.get()
    except webbrowser.Error:
        return False
    return True


def _until_ended(command: list[str], log: IO[bytes], folder: Path) -> int:
    """Run a server until it ends, or this process is told to."""

    def end(*_) -> None:
        raise KeyboardInterrupt

    names = "SIGTERM", "SIGHUP"  # the latter where a terminal is closed; Windows has none
    ends = [getattr(signal, name) for name in names if hasattr(signal, name)]
    before = [signal.signal(one, end) for one in ends]
    # What a user has set up for other notebooks does not hold here, and no home is needed.
    own = {f"JUPYTER_{kind}_DIR": str(folder) for kind in ("CONFIG", "DATA", "RUNTIME")}
    server = subprocess.Popen(command, stdout=log, stderr=log, cwd=folder, env=os.environ | own)
    try:
        return server.wait()
    except KeyboardInterrupt:
        if os.name == "posix":  # elsewhere nothing but Ctrl-C says so, and that it has heard
            server.send_signal(signal.SIGINT)
        with contextlib.suppress(subprocess.TimeoutExpired):
            server.wait(ENDING)
        return 0
    finally:
        if server.poll() is None:
            server.kill()
            server.wait()
        for one, act in zip(ends, before, strict=True):
            signal.signal(one, act)


def _free(port: int) -> int:
    """Give a port on which nobody listens: this one, or for 0 any."""
    with socket.socket() as one:
        one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as the server does
        try:
            one.bind((HOST, port))
        except OSError as error:
            hint = "another port, or none: then one that is free is found"
            reason = (error.strerror or str(error)).lower()
            raise refusal(f"cannot be listened on: {reason}", f"--port {port}", hint=hint) from None
        return one.getsockname()[1]


def notebooks(options: Sequence[str] = (), ask: Callable[[str], str] | None = None) -> None:
    """Open the notebooks in JupyterLab, which takes the place of this process.

    They are the checkout's, those of the folder we are in, or else that folder. What lies beside
    them, such as priors/, stays in reach: it is what the notebooks read and write.

    Parameters
    ----------
    options : sequence of str
        Passed on to JupyterLab.
    ask : callable, str to str, optional
        Asks whether to copy them where there are none.

    Raises
    ------
    InputError
        If JupyterLab is not installed, or a file is in the way of a copy.
    """
    require("to open the notebooks", "jupyterlab")
    root = Path.cwd() if shipped.home() == shipped.PACKAGE else shipped.home()
    folder = root / "notebooks"
    if not folder.is_dir():
        if ask and ask(OFFER).strip().lower() in ("y", "yes"):
            shipped.copy_to(root)
        else:
            print("there are no notebooks here; to copy the project's: forecasting start FOLDER")
            folder = root
    roots = [f"--ServerApp.root_dir={root}", f"--ServerApp.preferred_dir={folder}"]
    sys.stdout.flush()
    # A signal to stop reaches it, as there is no other process.
    os.execv(sys.executable, [sys.executable, "-m", "jupyterlab", *roots, *options])
