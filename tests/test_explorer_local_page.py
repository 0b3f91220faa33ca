"""The desk as a page on this machine: started, shown by its own server, and ended."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
import webbrowser
from pathlib import Path

import pytest

from forecasting import cli, extras
from forecasting.errors import InputError
from forecasting.explorer import local_page
from tests import browser

ROOT = Path(__file__).resolve().parents[1]

CASE = "case: rain\nevents: {rain: {question: Will it rain?, base_rate: 20%}}\n"


@pytest.mark.parametrize("home", ["own", "of others"])
def test_it_serves_one_page_to_this_machine_until_it_is_told_to_end(home, tmp_path):
    """Also where no folder may be made at home, or others' settings and kernel are set up."""
    pytest.importorskip("voila")
    (tmp_path / "rain.yaml").write_text(CASE)
    command = [sys.executable, "-m", "forecasting.cli", "desk", "rain", "--no-browser"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "TMPDIR": str(tmp_path)}
    if home == "of others":
        settings = tmp_path / ".jupyter/voila.json"
        settings.parent.mkdir()
        settings.write_text('{"Voila": {"base_url": "/elsewhere/"}}')
        (tmp_path / ".local").touch()
        environment = {k: v for k, v in environment.items() if not k.startswith("JUPYTER_")}
        environment |= {"HOME": str(tmp_path), "JUPYTER_PATH": str(tmp_path)}
        kernel = tmp_path / "kernels/python3/kernel.json"
        kernel.parent.mkdir(parents=True)
        kernel.write_text('{"argv": ["false"], "display_name": "x", "language": "python"}')
    with subprocess.Popen(
        command, cwd=tmp_path, env=environment, stdout=subprocess.PIPE, text=True
    ) as server:
        try:
            line = server.stdout.readline()
            address = re.fullmatch(r"rain: (http://127\.0\.0\.1:\d+/)   \(Ctrl-C ends\)\n", line)[1]
            page, policy = _fetched(address, server)
        finally:
            server.send_signal(signal.SIGINT)
            assert server.wait(browser.PATIENCE) == 0
    assert "Will it rain?" in page
    assert "default-src 'self'" in policy
    assert [one.name for one in tmp_path.glob("desk-*")] == []  # the notebook goes with it
    with pytest.raises(urllib.error.URLError):
        urllib.request.urlopen(address, timeout=2)


def _fetched(address, server):
    """Wait for the server to answer; give the page and its policy."""
    until = time.monotonic() + browser.PATIENCE
    while time.monotonic() < until:
        assert server.poll() is None
        try:
            with urllib.request.urlopen(address, timeout=60) as answer:
                return answer.read().decode(), answer.headers["Content-Security-Policy"]
        except urllib.error.URLError:
            time.sleep(0.2)
    raise AssertionError("the server does not answer")


def test_the_policy_is_that_of_the_makefile():
    make = (ROOT / "Makefile").read_text(encoding="utf-8")
    assert re.search(r"^SELF_ONLY := (.*)$", make, re.M)[1] == local_page.SELF_ONLY


def test_the_notebook_opens_the_desk_of_any_path_and_can_be_read():
    nbformat = pytest.importorskip("nbformat")
    path = Path("/a 'b' \"c\"/rain.yaml")
    made = nbformat.reads(json.dumps(local_page.notebook(path)), as_version=4)
    nbformat.validate(made)
    (cell,) = made.cells
    assert eval(cell.source.partition("desk(")[2][:-1]) == str(path)


def test_a_server_that_fails_says_why(tmp_path, monkeypatch):
    said = []
    monkeypatch.setattr(local_page, "sys", type("", (), {"executable": sys.executable}))
    monkeypatch.setattr(
        local_page, "_until_ended", lambda command, log, folder: log.write(b"no port\n") and 7
    )
    status = local_page.serve(
        tmp_path / "rain.yaml", browser=False, port=9, say=lambda words, **_: said.append(words)
    )
    assert status == 7
    assert said == [
        f"{tmp_path / 'rain.yaml'} is not there yet: it is written with its first question",
        "rain: http://127.0.0.1:9/   (Ctrl-C ends)",
        "no port",
    ]


def test_a_port_that_is_taken_is_refused_and_no_other_is_taken_in_silence(tmp_path):
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(InputError, match=f"--port {port}: cannot be listened on: address"):
            local_page.serve(tmp_path / "rain.yaml", browser=False, port=port)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("none/rain", "none: there is no such folder"),
        ("none/rain.yaml", "none: there is no such folder"),
        ("folder.yaml", "folder.yaml: cannot be read: is a directory"),
        ("my case", "my case.yaml: not a name for a case"),
        ("text", "text.yaml:1: not a case"),
        ("bytes", "bytes.yaml:1: not UTF-8 text"),
    ],
)
def test_what_cannot_be_opened_is_said_before_anything_is_started(
    name, said, tmp_path, monkeypatch, capsys
):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(local_page, "serve", lambda *_, **__: pytest.fail("started"))
    (tmp_path / "folder.yaml").mkdir()
    (tmp_path / "text.yaml").write_text("hello")
    (tmp_path / "bytes.yaml").write_bytes(b"\xff")
    assert cli.main(["desk", name]) == 1
    assert capsys.readouterr().err.splitlines()[0] == said


def test_a_port_that_is_none_is_refused(capsys):
    with pytest.raises(SystemExit):
        cli.main(["desk", "rain", "--port", "65536"])
    assert "not a whole number from 1 to 65,535" in capsys.readouterr().err


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_it_ends_its_server_however_it_is_told_to_end(number, tmp_path):
    """As Ctrl-C does, `kill`, and a terminal that is closed."""
    before = signal.getsignal(number)
    log = (tmp_path / "log").open("wb")
    code = f"import os, time; os.kill(os.getppid(), {number}); time.sleep(600)"
    with log:
        assert local_page._until_ended([sys.executable, "-c", code], log, tmp_path) == 0
    assert signal.getsignal(number) == before


def test_it_serves_where_no_signal_tells_of_a_closed_terminal(tmp_path, monkeypatch):
    """As on Windows."""
    monkeypatch.delattr(signal, "SIGHUP")
    with (tmp_path / "log").open("wb") as log:
        assert local_page._until_ended([sys.executable, "-c", "exit(3)"], log, tmp_path) == 3


def test_without_voila_the_command_that_installs_it_is_named(tmp_path, monkeypatch):
    monkeypatch.setattr(extras, "find_spec", lambda _: None)
    with pytest.raises(InputError, match=r'pip install "scenario-forecasting\[lab\]"$'):
        local_page.serve(tmp_path / "rain.yaml")


def test_a_browser_of_a_terminal_is_none(monkeypatch):
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "BROWSER"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(webbrowser, "get", lambda: "w3m")
    monkeypatch.setattr(sys, "platform", "linux")
    assert not local_page.at_hand()
    monkeypatch.setenv("DISPLAY", ":0")
    assert local_page.at_hand()

    def none():
        raise webbrowser.Error

    monkeypatch.setattr(webbrowser, "get", none)
    assert not local_page.at_hand()
