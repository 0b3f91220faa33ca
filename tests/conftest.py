"""Tests keep their fits to themselves; those in a browser share one browser and one JupyterLab."""

import os
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests import browser


@pytest.fixture(scope="session", autouse=True)
def own_fits(tmp_path_factory):
    """Fits made by tests neither come from this user's folder nor go there."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FORECASTING_FITS", str(tmp_path_factory.mktemp("fits")))
        yield


# --- tests in a browser ---------------------------------------------------------------------------


@pytest.fixture(scope="session")
def chromium():
    """Give a real browser, as Playwright's Browser; without one the test is skipped and counted."""
    program = browser.find_chromium()
    if program is None:
        pytest.skip(f"no Chromium or Chrome was found: {browser.INSTALL}")
    with browser.launched(program) as launched:
        yield launched


@pytest.fixture(scope="session")
def lab(chromium, tmp_path_factory):
    """Give a running JupyterLab, as browser.Server, with a copy of the notebooks and of priors/."""
    with browser.jupyterlab(tmp_path_factory.mktemp("jupyter")) as server:
        yield server


@pytest.fixture
def watched(chromium):
    """Make a browser context that is closed after the test, and the Watch over it."""
    with ExitStack() as after:

        def watched(**options):
            context = chromium.new_context(**options)
            after.callback(context.close)
            return context, browser.Watch.over(context)

        yield watched


@pytest.fixture
def open_notebook(lab, watched):
    """Open a notebook in JupyterLab: ``open_notebook(path, width=1280, height=900)``.

    The test fails if its page asks for anything outside this machine or an exception is not caught.
    """
    opened = []

    def open_notebook(path, *, width=1280, height=900):
        context, watch = watched(viewport={"width": width, "height": height})
        notebook = browser.Notebook(context.new_page(), lab, path)
        opened.append((notebook, watch))
        return notebook

    yield open_notebook
    for notebook, watch in opened:
        notebook.close()
        assert watch.requests == []
        assert [error for error in watch.errors if not error.startswith("console")] == []


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


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items):
    """Mark the tests that use a browser, and run them last.

    Playwright keeps an event loop running in this thread from its start to the end of the session,
    so no test may start a loop of its own after it. For the same reason ``make test`` runs them
    apart, in one process, after the others, whose files it shares out.
    """
    for item in items:
        if "chromium" in getattr(item, "fixturenames", ()):
            item.add_marker("browser")
    items.sort(key=lambda item: item.get_closest_marker("browser") is not None)


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
