"""An executed notebook goes in; a page that loads nothing, slides or Markdown come out.

Works for any executed notebook: ``jupyter nbconvert --to forecast-report NOTEBOOK``. What the cells
showed stands in sections, the code one click away. The page forbids itself, by its policy, to load
anything or to run any script but the explorer's, and that of slides, which turns them.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Iterable
from pathlib import Path
from textwrap import indent

import mistune
import nbformat
from markupsafe import Markup
from nbconvert.exporters.exporter import FilenameExtension
from nbconvert.exporters.templateexporter import TemplateExporter
from traitlets import List, Unicode

from forecasting.errors import visible
from forecasting.report import notebook as notebooks
from forecasting.tell.markup import Section, escape_markdown
from forecasting.tell.table import Column, Link, Table

TEMPLATES = Path(__file__).with_name("templates")

# Cells with this tag show the explorer, whose script may run.
LIVE = "live"

SCRIPT = re.compile(r'<script type="module">(.*?)</script>', re.DOTALL)

_markdown = mistune.create_markdown(escape=True, plugins=["table"])


class ReportExporter(TemplateExporter):
    """Export a notebook as one self-contained page."""

    export_from_notebook = "Forecast report"
    output_mimetype = "text/html"
    file_extension = FilenameExtension(".html").tag(config=True)
    template_name = Unicode("forecast-report").tag(config=True, affects_template=True)
    extra_template_basedirs = List([str(TEMPLATES)]).tag(config=True, affects_environment=True)

    def _create_environment(self):
        environment = super()._create_environment()
        environment.autoescape = True
        environment.filters |= {"prose": prose, "css_string": css_string, "base64": _base64}
        return environment

    def from_notebook_node(self, nb, resources=None, **kw):
        """Turn a notebook into a page."""
        resources = {**(resources or {}), "report": self._report(nb)}
        return super().from_notebook_node(nb, resources, **kw)

    def _report(self, nb) -> dict[str, object]:
        """Give what the template shows."""
        told = notebooks.about(nb)
        return {
            "title": visible(told.get("title") or _first_title(nb) or "Report"),
            "date": told.get("date", ""),
            "sections": [
                notebooks.Part(part.name, part.title, tuple(_shown(part.cells)))
                for part in notebooks.parts(nb)
            ],
            "policy": policy(nb),
            "carried": json_island(told["carried"]) if "carried" in told else "",
        }


class SlidesExporter(ReportExporter):
    """Export a notebook as slides that turn by keys.

    They are what cells tagged ``slides`` show; without any, each section is one.
    """

    export_from_notebook = "Forecast slides"
    file_extension = FilenameExtension(".slides.html").tag(config=True)
    template_file = Unicode("slides.html.j2").tag(config=True, affects_template=True)

    def _report(self, nb) -> dict[str, object]:
        script = (TEMPLATES / "forecast-report" / "slides.js").read_text(encoding="utf-8")
        own = [
            output
            for cell in nb.cells
            if notebooks.SLIDES in notebooks.tags(cell)
            for output in cell.get("outputs", ())
            if output.get("data", {}).get("text/html")
        ]
        turned = {"slides": own, "script": script, "policy": policy(nb, script)}
        return super()._report(nb) | turned


def markdown(notebook) -> str:
    """Give a notebook as Markdown: what the cells showed, without their code."""
    told = notebooks.about(notebook)
    lines = [f"# {escape_markdown(told.get('title') or _first_title(notebook) or 'Report')}"]
    for part in notebooks.parts(notebook):
        lines += [f"## {part.title}"] if part.title else []
        for cell in _shown(part.cells):
            if cell.cell_type == "markdown":
                lines.append(cell.source.strip())
            for output in cell.get("outputs", ()):
                data = output.get("data", {})
                text = output.get("text") or data.get("text/plain", "")
                lines.append(data.get("text/markdown") or indent(text, "    "))
    return "\n\n".join(line for line in lines if line.strip()) + "\n"


def index(cases) -> str:
    """Make a page that lists reports.

    Parameters
    ----------
    cases : sequence of (Case, file name of its report)
    """
    records = [
        {name: getattr(case, name) for name in ("case", "as_of", "resolve_by", "about")}
        | {"title": Link(case.title or case.case, file, file=True)}
        | {"outcomes": sum(event.role == "outcome" for event in case.events.values())}
        for case, file in cases
    ]
    columns = (
        Column("title", "Case"),
        Column("as_of", "As of"),
        Column("resolve_by", "Looks to"),
        Column("outcomes", "Outcomes", number=True),
        Column("about", "About", stated=True),
    )
    table = Table(columns, tuple(records), "cases", "Reports", "case")
    made = assembled("Forecasts", "", [("opening", "", Section((table,)))])
    return ReportExporter().from_notebook_node(made)[0]


def assembled(
    title: str, date: str, parts: Iterable[tuple[str, str, Section]]
) -> nbformat.NotebookNode:
    """Put sections together as a notebook that ran would hold them.

    A sheet of paper has ``title`` and ``date`` at its top and its bottom. ``parts`` are names,
    titles and sections; the first has no title.
    """
    cells = []
    for name, heading, section in parts:
        if heading:
            cells.append(nbformat.v4.new_markdown_cell(f"## {heading}", id=name))
        about = {"forecast-report": {"title": title, "date": date}} if not cells else {}
        data, _ = section._repr_mimebundle_()
        shown = nbformat.v4.new_output("display_data", data=data, metadata=about)
        cells.append(nbformat.v4.new_code_cell("", outputs=[shown], id=f"{name}-shown"))
    return nbformat.v4.new_notebook(cells=cells)


def policy(notebook, *own: str) -> str:
    """Write the page's content security policy: nothing is loaded, only known scripts run."""
    live = (
        script
        for cell in notebook.cells
        if LIVE in notebooks.tags(cell)
        for output in cell.get("outputs", ())
        for script in SCRIPT.findall(output.get("data", {}).get("text/html", ""))
    )
    scripts = [
        f"'sha256-{_base64(hashlib.sha256(script.encode()).digest())}'" for script in (*live, *own)
    ]
    rules = [
        "default-src 'none'",
        "style-src 'unsafe-inline'",
        "img-src data:",
        f"script-src {' '.join(scripts) or "'none'"}",
        "base-uri 'none'",
        "form-action 'none'",
    ]
    return "; ".join(rules)


def json_island(content) -> str:
    r"""Write JSON that cannot end the script element it stands in.

    Examples
    --------
    >>> print(json_island({"claim": "</script>"}))
    {"claim": "\u003c/script>"}
    """
    text = json.dumps(content, ensure_ascii=False, sort_keys=True)
    return text.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")


def prose(source: str) -> str:
    """Turn our own Markdown into HTML; HTML inside it is shown as text.

    Examples
    --------
    >>> print(prose("**a** <b>").strip())
    <p><strong>a</strong> &lt;b&gt;</p>
    """
    return Markup(_markdown(source))


def css_string(text: str) -> str:
    r"""Quote text for a style sheet.

    Examples
    --------
    >>> print(css_string('a "b" </style>'))
    "a \22 b\22  \3c /style>"
    """
    unsafe = re.compile(r'[\x00-\x1f\x7f"\\<]')
    return f'"{unsafe.sub(lambda m: f"\\{ord(m[0]):x} ", text)}"'


def _shown(cells):
    """Take out the titles, which the page sets itself, and what is not for a page."""
    for cell in cells:
        if {notebooks.NOTEBOOK_ONLY, notebooks.SLIDES} & set(notebooks.tags(cell)):
            continue
        if cell.cell_type == "markdown" and re.match(r"##? ", cell.source):
            cell = nbformat.from_dict(cell | {"source": cell.source.partition("\n")[2]})
        yield cell


def _first_title(notebook) -> str:
    for cell in notebook.cells:
        if cell.cell_type == "markdown" and cell.source.startswith("# "):
            return cell.source.partition("\n")[0].removeprefix("# ").strip()
    return ""


def _base64(content: str | bytes) -> str:
    return base64.b64encode(content.encode() if isinstance(content, str) else content).decode()
