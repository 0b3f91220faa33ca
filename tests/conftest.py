"""Tests keep their fits to themselves; those in a browser share one browser and one JupyterLab."""

import gc
import os
import re
from contextlib import ExitStack, closing, contextmanager
from functools import cache
from pathlib import Path

import pytest

from forecasting.report import publish
from tests import browser


@pytest.fixture(scope="session", autouse=True)
def own_fits(tmp_path_factory):
    """Fits made by tests neither come from this user's folder nor go there."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FORECASTING_FITS", str(tmp_path_factory.mktemp("fits")))
        yield


# --- reports, each built once for all tests -------------------------------------------------------


@pytest.fixture(scope="session")
def first():
    """Give the report of the first case: the executed notebook and its page."""
    notebook = publish.build(publish.Request(Path("priors/first_case.yaml")))
    return notebook, publish.page(notebook)


@pytest.fixture(scope="session")
def main_page(tmp_path_factory):
    """Give the page of the main case as a file, its notebook beside it, and its processor time."""
    path = tmp_path_factory.mktemp("main") / "main.html"
    start = os.times()
    notebook = publish.build(publish.Request(Path("priors/pakistan_taliban_2021.yaml")))
    publish.write(notebook, path)
    end = os.times()
    publish.write(notebook, path.with_suffix(".ipynb"))
    # Of this process and the kernel it started; other programs do not count.
    return path, sum(end[:4]) - sum(start[:4])


# --- tests in a browser ---------------------------------------------------------------------------


# Holds the browser from the first test that wants it to the end of the last (see below).
# Statements about notebooks, run in their kernels by test_notebooks.py.
collect_ignore = ["claims"]

BROWSER = pytest.StashKey[ExitStack]()


@pytest.fixture(scope="session")
def chromium(request):
    """Give a real browser, as Playwright's Browser; without one the test is skipped and counted."""
    program = browser.find_chromium()
    if program is None:
        pytest.skip(f"no Chromium or Chrome was found: {browser.INSTALL}")
    running = request.config.stash[BROWSER] = ExitStack()
    with running:
        yield running.enter_context(browser.launched(program))


@pytest.fixture(scope="session")
def lab(chromium, tmp_path_factory):
    """Give a running JupyterLab, as browser.Server, with a copy of the notebooks and of priors/."""
    with browser.jupyterlab(tmp_path_factory.mktemp("jupyter")) as server:
        yield server


@contextmanager
def watching(chromium, **options):
    """Make a browser context until the block ends, and the Watch over it."""
    with closing(chromium.new_context(**options)) as context:
        context.set_default_timeout(1000 * browser.PATIENCE)
        yield context, browser.Watch.over(context)


@pytest.fixture
def watched(chromium):
    """Make a browser context that is closed after the test, and the Watch over it."""
    with ExitStack() as after:
        yield lambda **options: after.enter_context(watching(chromium, **options))


@contextmanager
def opened(chromium, lab, path, *, width=1280, height=900, forgiven=()):
    """Open a notebook in JupyterLab until the block ends.

    It ends with an error if the page asked for anything outside this machine or an exception was
    not caught, but for one that begins as one of `forgiven`.
    """
    viewport = {"width": width, "height": height}
    with watching(chromium, viewport=viewport) as (context, watch):
        notebook = browser.Notebook(context.new_page(), lab, path)
        yield notebook
        notebook.close()
        assert watch.requests == []
        known = ("console", *forgiven)
        assert [error for error in watch.errors if not error.startswith(known)] == []


@pytest.fixture
def open_notebook(chromium, lab):
    """Open a notebook for one test: ``open_notebook(path, width=1280, height=900)``."""
    with ExitStack() as after:
        yield lambda path, **size: after.enter_context(opened(chromium, lab, path, **size))


@pytest.fixture(scope="module")
def share_notebook(chromium, lab):
    """Open a notebook for all tests of a file: ``share_notebook(path, width=1280, height=900)``."""
    with ExitStack() as after:
        yield lambda path, **size: after.enter_context(opened(chromium, lab, path, **size))


@pytest.fixture(scope="session")
def voila(lab, tmp_path_factory):
    """Give a Voila over the folder of `lab`, as browser.Server, started as ``make voila`` does."""
    with browser.voila(tmp_path_factory.mktemp("voila"), lab.root) as server:
        yield server


@pytest.fixture
def open_voila(voila, watched):
    """Open a notebook as a page of Voila: ``open_voila(path, width=1280, height=900)``.

    The test fails if anything was had from outside this machine or an exception is not caught.
    """
    watches = []

    def open_voila(path, *, width=1280, height=900):
        context, watch = watched(viewport={"width": width, "height": height})
        watches.append(watch)
        page = context.new_page()
        page.goto(voila.url(f"voila/render/{path}"))
        page.locator("#rendered_cells").wait_for()
        return page

    yield open_voila
    for watch in watches:
        assert watch.requests == []
        assert [error for error in watch.errors if not error.startswith("console")] == []


@pytest.fixture
def offline_page(watched):
    """Open an HTML file from disk: ``offline_page(path, width=1280, height=900, dark=False)``.

    Nothing but the file is to be had. The test fails if the page asks for anything at all, or if
    there was an exception, an error on the console, or a dialog.
    """
    opened = []

    def offline_page(path, *, width=1280, height=900, dark=False):
        context, watch = watched(
            viewport={"width": width, "height": height}, color_scheme="dark" if dark else "light"
        )
        page = browser.open_offline(context, Path(path), watch)
        opened.append((page, watch))
        return page

    yield offline_page
    for page, watch in opened:
        if not page.is_closed():
            page.wait_for_timeout(100)  # what it asked for at the last moment is still on its way
        assert watch.requests == []
        assert watch.errors == []


@pytest.fixture
def open_desk(offline_page, tmp_path):
    """Open a desk of this process in a strict host: ``open_desk(text=None)``; give it, its page."""
    from forecasting.explorer.desk import Desk
    from tests.desk_script import connect
    from tests.strict_host import host_page

    pages = []

    def open_desk(text=None, **options):
        path = tmp_path / "harbour.yaml"
        if text is not None:
            path.write_text(text, "utf-8")
        page = offline_page(host_page(tmp_path), **{"width": 1440, "height": 1000, **options})
        desk = Desk(path)
        page.set_default_timeout(60_000)
        connect(page, desk)
        pages.append(page)
        return desk, page

    yield open_desk
    for page in pages:
        assert page.evaluate("failures") == []


@pytest.fixture(scope="session")
def screenshot():
    """Keep a picture of a page: ``screenshot(page, name)``, in build/screenshots or where told."""
    folder = Path(os.environ.get("FORECASTING_SCREENSHOTS", browser.ROOT / "build/screenshots"))
    folder.mkdir(parents=True, exist_ok=True)

    def screenshot(page, name, **options):
        path = folder / f"{name}.png"
        page.screenshot(path=path, **options)
        return path

    return screenshot


@pytest.hookimpl(wrapper=True)
def pytest_collection():
    """Collect without the garbage collector, which afterwards leaves alone what was collected.

    Tests and libraries are a million objects that stay to the end: to look through them again and
    again took a tenth of the processor time of all tests.
    """
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.set_threshold(20_000, 10, 10)
        gc.enable()


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items):
    """Mark the tests that use a browser; run their files first, then those with slow tests.

    What takes longest comes first, so that several processes end together.
    """
    files = {}
    for item in items:
        if "chromium" in getattr(item, "fixturenames", ()):
            item.add_marker("browser")
        files.setdefault(item.path, []).append(item)

    def rank(item):
        own = files[item.path]
        return not _any([item], "browser"), not _any(own, "browser"), not _any(own, "slow")

    items.sort(key=rank)


@cache
def _opens_a_browser(file):
    path = browser.ROOT / file
    wanted = r"\b(chromium|offline_page|open_desk|open_notebook|share_notebook|open_voila)\b"
    return path.parent.name == "tests" and re.search(wanted, path.read_text("utf-8")) is not None


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config, log):
    """Share out whole files, as their tests share fits and pages; one process gets the browser.

    So all tests in it share one JupyterLab, and a report is built once for those in a browser and
    the others. (A mark for a group of tests does not reach xdist 3.8 under pytest 9.2.)
    """
    from xdist.scheduler import LoadFileScheduling

    class Scheduling(LoadFileScheduling):
        def _split_scope(self, nodeid):
            file = super()._split_scope(nodeid)
            return "browser" if _opens_a_browser(file) else file

    return Scheduling(config, log) if config.getvalue("dist") == "loadfile" else None


def _any(items, name):
    return any(item.get_closest_marker(name) for item in items)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(item, nextitem):
    """Close the browser after the last test in it.

    Playwright keeps an event loop running in this thread until then, and other tests start loops of
    their own.
    """
    try:
        return (yield)
    finally:
        if BROWSER in item.config.stash and (nextitem is None or not _any([nextitem], "browser")):
            item.config.stash[BROWSER].close()


def pytest_terminal_summary(terminalreporter):
    """Say how many browser tests did not run, since a skip is easily overlooked."""
    skipped = sum("browser" in report.keywords for report in terminalreporter.getreports("skipped"))
    if skipped:
        terminalreporter.write_line("")
        terminalreporter.write_line(
            f"{skipped} browser tests did NOT run: no Chromium or Chrome was found. "
            f"To run them, {browser.INSTALL}.",
            red=True,
        )
