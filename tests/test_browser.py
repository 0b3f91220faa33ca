"""The browser tests see what they claim to see, and nobody overlooks that they did not run."""

import os
import subprocess
import sys

import pytest

from tests import browser

QUIET = """<!doctype html><html lang="en"><title>Quiet</title><main><h1>Quiet</h1>
<label>Share <input type="range"></label> <img alt="a dot" src="data:image/gif;base64,\
R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7"></main></html>"""


@pytest.fixture
def watch(watched, tmp_path):
    """Open a page made of a body of HTML without a network; give the page and the Watch over it."""

    def watch(body):
        path = tmp_path / "a page.html"
        path.write_text(f"<!doctype html><html lang='en'><title>A page</title>{body}", "utf-8")
        context, seen = watched()
        return browser.open_offline(context, path, seen), seen

    return watch


def test_a_quiet_page_opens_from_disk_and_passes(offline_page, tmp_path):
    path = tmp_path / "quiet.html"
    path.write_text(QUIET, "utf-8")
    page = offline_page(path)
    assert page.get_by_role("slider", name="Share").is_visible()
    assert page.evaluate("document.images[0].naturalWidth") == 1
    assert browser.accessibility(page) == []


@pytest.mark.parametrize(
    ("body", "address"),
    [
        ("<img src='https://example.org/a.png'>", "https://example.org/a.png"),
        ("<link rel='stylesheet' href='http://example.org/a.css'>", "http://example.org/a.css"),
        ("<script>fetch('https://example.org/b').catch(() => 0)</script>", "https://example.org/b"),
        ("<script>navigator.sendBeacon('https://example.org/c')</script>", "https://example.org/c"),
        ("<script>new WebSocket('ws://example.org/d')</script>", "ws://example.org/d"),
        ("<script>import('https://example.org/e.js').catch(() => 0)</script>", "/e.js"),
        ("<style>@import 'https://example.org/f.css';</style>", "https://example.org/f.css"),
        ("<script>fetch('http://127.0.0.1:9/g').catch(() => 0)</script>", "http://127.0.0.1:9/g"),
    ],
)
def test_a_page_from_disk_that_asks_for_something_is_found_out(watch, body, address):
    _, seen = watch(body)
    assert any(request.endswith(address) for request in seen.requests)


def test_a_request_that_the_page_itself_forbids_is_an_error(watch):
    policy = "<meta http-equiv='Content-Security-Policy' content=\"img-src 'none'\">"
    _, seen = watch(f"{policy}<img src='https://example.org/a.png'>")
    assert seen.requests == []
    assert any("example.org/a.png" in error for error in seen.errors)


def test_a_file_beside_the_page_is_refused_too(watch, tmp_path):
    (tmp_path / "beside.js").write_text("window.loaded = true", "utf-8")
    page, seen = watch("<script src='beside.js'></script>")
    assert [request.rpartition("/")[2] for request in seen.requests] == ["beside.js"]
    assert page.evaluate("window.loaded") is None


@pytest.mark.parametrize(
    ("script", "error"),
    [
        ("throw new Error('lost')", "exception: lost"),
        ("Promise.reject(new Error('late'))", "exception: late"),
        ("console.error('odd')", "console: odd"),
        ("alert('hello')", "dialog: hello"),
    ],
)
def test_what_goes_wrong_in_a_page_is_kept(watch, script, error):
    page, seen = watch(f"<script>{script}</script>")
    page.wait_for_function("1")  # what was on its way has come
    assert any(error in kept for kept in seen.errors)


def test_a_control_without_a_name_is_a_serious_finding(watch):
    page, _ = watch("<main><h1>A page</h1><input type='range'><p>text</p></main>")
    (found,) = browser.accessibility(page)
    assert "(label) at input" in found
    assert browser.accessibility(page, "p") == []


# --- without a browser ----------------------------------------------------------------------------


def test_the_browser_is_the_one_named_or_the_first_on_the_path(monkeypatch, tmp_path):
    for name in ("google-chrome", "chromium-browser", "mine"):
        (tmp_path / name).write_text("#!/bin/sh\n", "utf-8")
        (tmp_path / name).chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("FORECASTING_CHROMIUM", raising=False)
    assert browser.find_chromium() == str(tmp_path / "chromium-browser")
    monkeypatch.setenv("FORECASTING_CHROMIUM", str(tmp_path / "mine"))
    assert browser.find_chromium() == str(tmp_path / "mine")
    monkeypatch.setenv("FORECASTING_CHROMIUM", str(tmp_path / "not there"))
    assert browser.find_chromium() is None


def test_without_a_browser_the_summary_counts_what_did_not_run():
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"]
    done = subprocess.run(
        [*command, "tests/test_browser.py", "-k", "quiet or named"],
        cwd=browser.ROOT,
        env={**os.environ, "FORECASTING_CHROMIUM": "/nowhere/chromium"},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stdout
    assert "1 browser tests did NOT run: no Chromium or Chrome was found." in done.stdout
    assert "FORECASTING_CHROMIUM" in done.stdout
