"""A case file and a file name go in; its report comes out, or what differs from an earlier one.

The ending of the name says what is written: a page (``.html``), a page to print (``.pdf``), slides
(``.slides.html``), Markdown (``.md``), the notebook itself (``.ipynb``), or the first page alone,
as text for a mail (``.txt``) or as data (``.json``).
"""

from __future__ import annotations

import base64
import json
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

from forecasting.errors import refusal
from forecasting.extras import EXTRAS, require
from forecasting.file.case import load, write_bytes, write_text
from forecasting.file.shipped import home
from forecasting.fit import audit
from forecasting.report import key_judgements, provenance
from forecasting.report import notebook as notebooks
from forecasting.report.sections import SETTINGS, Report, prepare

if TYPE_CHECKING:
    from nbformat import NotebookNode

ENDINGS = (".html", ".pdf", ".slides.html", ".md", ".ipynb", ".txt", ".json")

# Names a browser that prints; without it, the usual names are looked for.
BROWSER_VARIABLE = "FORECASTING_BROWSER"
BROWSERS = (
    "chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome",
    "microsoft-edge", "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
)  # fmt: skip
PRINT_SECONDS = 120

# Chromium stamps a PDF with the time; every report gets this one, of the same length.
PDF_DATE = re.compile(rb"/(CreationDate|ModDate) \(D:\d{14}([^)]*)\)")
NO_DATE = b"19800101000000"

# It names parts of the page by numbers that depend on how soon it met each of them.
PDF_NODE = re.compile(rb"\(node\d{8}\)")

TOLD = re.compile(r'<details( class="told") name="[^"]*"(?: open)?>')
PICTURE = re.compile(r"\(data:image/svg\+xml;base64,([A-Za-z0-9+/=]+)\)")
SECTION = re.compile(r'<section id="([^"]+)">(.*?)</section>', re.DOTALL)


@dataclass(frozen=True)
class Request:
    """What a report is to be made of.

    Attributes
    ----------
    case : Path
    overlays : tuple of Path
    as_of, by, today : ISO date or None
    audience : str
    outcomes : tuple of str
    notebook : Path or None
        A notebook of one's own in place of the shipped one.
    parameters : dict of str to plain value
        Further parameters of that notebook, by name.
    """

    case: Path
    overlays: tuple[Path, ...] = ()
    as_of: str | None = None
    by: str | None = None
    today: str | None = None
    audience: str = "analyst"
    outcomes: tuple[str, ...] = ()
    notebook: Path | None = None
    parameters: Mapping[str, object] = field(default_factory=dict)

    def read(self) -> Report:
        """Read the files; what is wrong with them is said at once."""
        settings = {name: getattr(self, name) for name in SETTINGS}
        return prepare(self.case, overlays=self.overlays, **settings)


def publish(request: Request, path: Path, *, unfold: bool = False) -> None:
    """Write a report in the form that the ending of a file name asks for.

    ``unfold``: a PDF also prints what the page keeps closed. Refused are another ending, what a
    report cannot be made of, and a PDF without a browser to print it.
    """
    ending = ending_of(path)
    if not path.parent.is_dir():  # before anything takes time
        raise refusal("there is no such folder", str(path.parent), hint="make it first")
    if ending in (".txt", ".json"):
        report = request.read().tried()
        if ending == ".txt":
            text = key_judgements.as_text(report)
        else:
            data = key_judgements.as_json(report)
            text = json.dumps(data, ensure_ascii=False, indent=1) + "\n"
        write_text(path, text)
        return
    if ending == ".pdf":
        find_browser()  # before anything takes time
    write(build(request), path, unfold=unfold)


def build(request: Request) -> NotebookNode:
    """Run the notebook of the report.

    Parameters
    ----------
    request : Request

    Returns
    -------
    NotebookNode
        Executed, without anything that depends on when and where it ran.

    Raises
    ------
    InputError
        If a file, a date, a name or a parameter is not accepted, or a cell fails.
    """
    require("to write a report", *EXTRAS["report"])
    report = request.read().tried()
    values = {"CASE": report.path.name, "OVERLAYS": list(report.texts)}
    values |= {name.upper(): value for name, value in report.settings.items()}
    source = notebooks.read(request.notebook or home() / "notebooks/report.ipynb")
    notebook = notebooks.parameterised(source, values | dict(request.parameters))
    return notebooks.executed(notebook, request.case.resolve().parent)


def write(notebook: NotebookNode, path: Path, *, unfold: bool = False) -> None:
    """Write an executed notebook in the form that the ending of a file name asks for.

    Parameters
    ----------
    notebook : NotebookNode
    path : Path
    unfold : bool
        Print what the page keeps closed, too; for a PDF.

    Raises
    ------
    InputError
        If the ending is none of those known, or there is no browser to print a PDF.
    """
    from forecasting.report import exporter

    ending = ending_of(path)
    if ending == ".ipynb":
        import nbformat

        write_text(path, nbformat.writes(notebook) + "\n")
    elif ending == ".md":
        _write_markdown(exporter.markdown(notebook), path)
    elif ending == ".slides.html":
        write_text(path, exporter.SlidesExporter().from_notebook_node(notebook)[0])
    elif ending == ".pdf":
        write_bytes(path, printed(page(notebook), unfold=unfold))
    else:
        write_text(path, page(notebook))


def page(notebook: NotebookNode) -> str:
    """Give an executed notebook as one HTML page."""
    from forecasting.report import exporter

    return exporter.ReportExporter().from_notebook_node(notebook)[0]


def ending_of(path: Path) -> str:
    """Find which form a file name asks for; one of none is refused.

    Examples
    --------
    >>> ending_of(Path("war.slides.html")), ending_of(Path("war.html"))
    ('.slides.html', '.html')
    """
    fitting = [ending for ending in ENDINGS if path.name.lower().endswith(ending)]
    if not fitting:
        known = ", ".join(ENDINGS)
        raise refusal("not a form a report can have", "-o", found=path.name, accepted=known)
    return max(fitting, key=len)


def printed(html: str, *, unfold: bool = False) -> bytes:
    """Print a page to PDF by Chromium, or a browser made from it; ``unfold``: what is closed, too.

    What is told is printed whole in any case.
    """
    browser = find_browser()
    with tempfile.TemporaryDirectory() as folder:
        source, target = Path(folder, "report.html"), Path(folder, "report.pdf")
        # On paper nothing can be opened; of a group a browser keeps but one open.
        html = TOLD.sub(r"<details\1 open>", html)
        html = html.replace("<details>", "<details open>") if unfold else html
        source.write_text(html, encoding="utf-8")
        command = [
            browser,
            "--headless=new",
            "--disable-gpu",
            "--no-first-run",
            "--disable-background-networking",
            "--host-resolver-rules=MAP * ~NOTFOUND",
            "--no-pdf-header-footer",
            "--generate-pdf-document-outline",
            f"--user-data-dir={folder}/profile",
            f"--print-to-pdf={target}",
            source.as_uri(),
        ]
        if hasattr(os, "geteuid") and os.geteuid() == 0:
            command.insert(1, "--no-sandbox")  # Chromium refuses to start as root otherwise
        try:
            done = subprocess.run(command, capture_output=True, timeout=PRINT_SECONDS, check=False)
            said = done.stderr.decode(errors="replace").strip().splitlines()
        except (subprocess.TimeoutExpired, OSError) as error:
            said = [str(error)]
        if not target.is_file():
            found = said[-1] if said else "nothing was written"
            raise refusal("the browser did not print the report", browser, found=found)
        return _steady(target.read_bytes())


def _steady(pdf: bytes) -> bytes:
    """Take out of a PDF what differs from one printing to the next; no byte moves."""
    numbers: dict[bytes, bytes] = {}
    pdf = PDF_NODE.sub(
        lambda node: numbers.setdefault(node[0], b"(node%08d)" % (len(numbers) + 1)), pdf
    )
    return PDF_DATE.sub(rb"/\1 (D:" + NO_DATE + rb"\2)", pdf)


def find_browser() -> str:
    """Find a browser that prints to PDF; without one an error says what to install."""
    named = os.environ.get(BROWSER_VARIABLE)
    for name in [named] if named else BROWSERS:
        if found := shutil.which(name):
            return found
    hint = f"install one, or name it in {BROWSER_VARIABLE}; or write -o report.html and print that "
    hint += "from any browser"
    problem = "no Chromium or Chrome was found, which a PDF needs"
    raise refusal(problem, "-o", found=named, hint=hint)


def check(path: Path, request: Request | None = None) -> list[str]:
    """Build a report again and say what differs.

    Parameters
    ----------
    path : Path
        An HTML report.
    request : Request, optional
        Without it, the report is rebuilt from what it carries.

    Returns
    -------
    list of str
        One line for each difference; empty if every byte is the same.
    """
    earlier = path.read_text(encoding="utf-8")
    carried = provenance.carried_by(path)
    with tempfile.TemporaryDirectory() as folder:
        if request is None:
            request = _unpacked(carried, Path(folder), str(path))
        later = page(build(request))
    if later == earlier:
        return []
    again = provenance.island(later)
    lines = [*_differences(carried, again), *_changed_sections(earlier, later)]
    return lines or ["the page differs, though nothing that it states does"]


def build_all(folder: Path, into: Path, tell=lambda _: None) -> list[Path]:
    """Build a page for every case in a folder, and an index of them.

    Parameters
    ----------
    folder : Path
        Its YAML files that are cases.
    into : Path
        Where the pages go.
    tell : callable
        Called with the path of each case before it is built.

    Returns
    -------
    list of Path
        The pages, the index last.

    Raises
    ------
    InputError
        If there is no case, or one is not right.
    """
    from forecasting.report import exporter

    paths = sorted(folder.glob("*.yaml"))
    if not paths:
        raise refusal("there is no case file here", str(folder))
    into.mkdir(parents=True, exist_ok=True)
    written, rows = [], []
    for path in paths:
        tell(path)
        target = into / f"{path.stem}.html"
        write(build(Request(path)), target)
        written.append(target)
        rows.append((load(path), target.name))
    index = into / "index.html"
    write_text(index, exporter.index(rows))
    return [*written, index]


def _write_markdown(text: str, path: Path) -> None:
    """Write Markdown with its pictures as files beside it, for few readers show them inline."""
    names = {}
    for i, picture in enumerate(dict.fromkeys(PICTURE.findall(text)), 1):
        target = path.with_name(f"{path.stem}_files") / f"figure-{i}.svg"
        names[picture] = quote(f"{target.parent.name}/{target.name}")  # a space would end the link
        target.parent.mkdir(exist_ok=True)
        write_bytes(target, base64.b64decode(picture))
    write_text(path, PICTURE.sub(lambda found: f"({names[found[1]]})", text))


def _unpacked(carried: Mapping, folder: Path, file: str) -> Request:
    """Write what a report carries into a folder, each file under its own name."""
    # Overlays may have lain in folders above the case; none may leave this one.
    deep = max((o["file"].split("/").count("..") for o in carried["overlays"]), default=0)
    home = folder.resolve().joinpath(*["case"] * (deep + 1))
    overlays = []
    for overlay in carried["overlays"]:
        target = (home / overlay["file"]).resolve()
        if not target.is_relative_to(folder.resolve()):
            raise refusal("names a file outside its folder", file, found=overlay["file"])
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(overlay["text"], encoding="utf-8", newline="")
        overlays.append(target)
    home.mkdir(parents=True, exist_ok=True)
    case = home / Path(carried["case"]["file"]).name
    case.write_text(carried["case"]["text"], encoding="utf-8", newline="")
    if carried["audit"]:
        audit.keep_again(carried["audit"], load(case))
    return Request(case, tuple(overlays), **{name: carried["settings"][name] for name in SETTINGS})


def _differences(earlier: Mapping, later: Mapping) -> list[str]:
    """Compare what two reports state of themselves."""
    parts = {"settings": "settings", "provenance": "provenance", "outcomes": "forecast"}
    return [
        f"{what}, {name}: {before.get(name, 'absent')} in the report, "
        f"{after.get(name, 'absent')} now"
        for part, what in parts.items()
        for before, after in [(earlier[part], later[part])]
        for name in {**before, **after}
        if before.get(name) != after.get(name)
    ]


def _changed_sections(earlier: str, later: str) -> Sequence[str]:
    before, after = (dict(SECTION.findall(text)) for text in (earlier, later))
    return [
        f"section {name}: "
        + ("is new" if name not in before else "is gone" if name not in after else "differs")
        for name in {**before, **after}
        if before.get(name) != after.get(name)
    ]
