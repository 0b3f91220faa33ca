"""The pages of this repository and the docstrings go in; one site that needs no network comes out.

Sphinx reads the repository itself, so that every page stands where it always stood and its links
hold here as they do there: ``make docs``.
"""

import sys
from pathlib import Path

from docutils import nodes
from docutils.utils.math.latex2mathml import tex2mathml
from pygments.lexers.special import TextLexer
from sphinx.ext.napoleon import Config, NumpyDocstring

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))  # the docstrings of this checkout, not of another

project = "Scenario forecasting"
author = "The scenario-forecasting authors"
language = "en"

root_doc = "docs/contents"
include_patterns = [
    "README.md",
    "CONTRIBUTING.md",
    "CHANGELOG.md",
    "priors/*.md",
    "priors/ledger/README.md",
    "teacher/*.md",
    "benchmarks/README.md",
    "benchmarks/backtest/README.md",
    "docs/*.rst",
]
exclude_patterns = [".*", "build"]

extensions = ["myst_parser", "sphinx.ext.autodoc"]
myst_heading_anchors = 4

autodoc_default_options = {"members": True}
autodoc_member_order = "bysource"
# These carry how they are printed; by name, no signature shows the address of a function.
PRINTED = ("Bits", "Chance", "LogOdds", "Points", "Shown", "Steps", "Weight")
autodoc_type_aliases = {name: name for name in PRINTED}

# Fields of a record are told in its docstring, several on a line; a return is told in one line.
NUMPYDOC = Config(
    napoleon_custom_sections=[("Attributes", "params_style")], napoleon_use_rtype=False
)

smartquotes_action = "D"  # dashes only: quotes in docstrings are code as often as prose
html_theme = "furo"
html_title = project
html_additional_pages = {"index": "home.html"}
templates_path = ["."]
html_show_search_summary = False  # it would fetch pages, which a browser refuses to do from disk
html_copy_source = False
html_show_sphinx = False
html_show_copyright = False


def read_docstring(app, what, name, documented, options, lines):
    """Turn the sections of a docstring into fields; a property is told as a method is.

    Left to itself, Napoleon takes what stands before a colon there for a type.
    """
    what = "method" if what in ("attribute", "data", "property") else what
    read = NumpyDocstring(list(lines), NUMPYDOC, app, what, name, documented, options)
    lines[:] = read.lines()


def shorten_signature(app, what, name, documented, options, signature, returns):
    """Write a default that is made anew as ``...``, so that Sphinx can read the signature."""
    return (signature or "").replace("<factory>", "...") or None, returns


def inline_formula(page, node):
    """Write a formula within a line as MathML, which browsers draw without a script."""
    page.body.append(tex2mathml(node.astext()))
    raise nodes.SkipNode


def block_formula(page, node):
    """Write a formula of its own, likewise."""
    page.body.append(f'<div class="math">{tex2mathml(node.astext(), as_block=True)}</div>')
    raise nodes.SkipNode


def setup(app):
    """Let docstrings be numpydoc, formulas MathML, and a table in text be text."""
    app.connect("autodoc-process-docstring", read_docstring)
    app.connect("autodoc-process-signature", shorten_signature)
    app.add_lexer("csv", TextLexer)
    app.add_html_math_renderer("mathml", (inline_formula, None), (block_formula, None))
    app.config.html_math_renderer = "mathml"
