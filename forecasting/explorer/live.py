"""A case goes in; a live explorer as HTML comes out, which needs no kernel and no network."""

from __future__ import annotations

import html
import json
import re
import secrets
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from forecasting.answer.forecast import Forecast, run
from forecasting.engine.network import Network
from forecasting.explorer.model import compiled
from forecasting.explorer.picture import picture
from forecasting.file.case import Case
from forecasting.file.overlay import override

SCRIPTS = Path(__file__).parent / "js"

# The last one: it shows the explorer, and uses all others.
LAST = "view/view.js"
STYLE = "view/explorer.css"

_IMPORT = re.compile(r'^import \{([^}]*)\} from "([./\w]+?(\w+)\.js)";$', re.M)
_EXPORT = re.compile(r"^export (?=(?:async )?(?:function\*?|class|const) (\w+))", re.M)
_DEFAULT = re.compile(r"^export default (\{.*\});$", re.M)

# Comments on lines of their own, and indentation beyond the first space, by which a line inside a
# function is still told from one of its module: a page carries what is run, and no more.
_BESIDE = re.compile(r"^\s*/\*\*(?s:.*?)\*/\n|^ *// .*\n|(?<=^ ) +|^\n", re.M)

# What the page runs: show the explorer in place of the picture. Where a notebook draws its own
# widget of the same forecast, that one is followed by the kernel, and this one stays hidden.
_START = """\
const place = document.getElementById("{id}");
const start = () => {{
  place.hidden = Boolean(globalThis.fcLive?.has("{key}"));
  if (place.hidden) return;
  const read = (one) => JSON.parse(one?.textContent ?? "{{}}");
  const island = read(document.getElementById("{id}-case"));
  // What was moved in a notebook stands in an output of its own, the latest last.
  const moved = read([...document.querySelectorAll('[data-fc-moved="{key}"]')].at(-1));
  const fits = moved.compiled || moved.shape === island.compiled.shape;
  mount(place, fits ? {{ ...island, ...moved }} : island);
}};
place.hidden = document.readyState === "complete";
if (place.hidden) setTimeout(start, {patience});
else start();
"""

# A notebook that is open already gets so many milliseconds to draw its widget first.
PATIENCE = 1500

_PAGE = """\
<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; \
script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data:">
<title>{title}</title>
<style>:root {{ color-scheme: light dark; }} body {{ margin: 12px; }}</style>
</head>
<body>
<main>
{fragment}
</main>
</body>
</html>
"""


# Beside a live page of a notebook: what was moved since it was drawn.
_MOVED = '<script type="application/json" data-fc-moved="{key}">{state}</script>'


def moved(key: str, state: Mapping) -> str:
    """Tell the live page of a widget what was moved, for when it is all that is left.

    Parameters
    ----------
    key : str
        Of the widget.
    state : dict
        ``shape``, ``settings`` and ``outcome``; ``compiled`` too, if its case is another one.

    Examples
    --------
    >>> moved("5f3a", {"settings": {}})
    '<script type="application/json" data-fc-moved="5f3a">{"settings":{}}</script>'
    """
    return _MOVED.format(key=key, state=as_json(state))


def fragment(
    case: Case | Network | Mapping,
    settings: Mapping | None = None,
    *,
    outcome: str | None = None,
    key: str = "",
    name: str = "",
    blind: bool = False,
) -> str:
    """Make a live explorer to put into any HTML page.

    Whatever the case says arrives as JSON and is shown as text: nothing of it can become markup.

    Parameters
    ----------
    case : Case, Network or dict
        The dates are those of the network. A case as the page has it, compiled, has no picture.
    settings : dict, optional
        What was moved: ``overrides``, ``given``, ``do``, ``as_of``, ``by``.
    outcome : str, optional
        The event to show first.
    key : str
        Names the widget of a notebook that shows the same; where it is drawn, this is not.
    name : str
        The id of its element, for a page that must be the same each time; else one at random.
    blind : bool
        Show nothing of the forecast until a number is committed.

    Returns
    -------
    str
        Style, picture, data and one script.

    Examples
    --------
    >>> from forecasting.file.case import read
    >>> html = fragment(read("{case: rain, title: </script>, events: {rain: {base_rate: 20%}}}"))
    >>> html.count("</script>")
    2
    """
    name = name or f"fc-{secrets.token_hex(4)}"
    if isinstance(case, Mapping):
        told, still = dict(case), ""
    else:
        network = case if isinstance(case, Network) else Network(case)
        told = compiled(network)
        still = "" if blind else picture(_forecast(network, settings or {}))
    island = {
        "compiled": told,
        "settings": settings and dict(settings),
        "outcome": outcome,
    } | ({"blind": True} if blind else {})
    start = _START.format(id=name, key=key, patience=PATIENCE)
    return (
        f"<style>{style()}</style>\n"
        f'<div class="fc-page" id="{name}" data-fc-key="{key}">{still}</div>\n'
        f'<script type="application/json" id="{name}-case">{as_json(island)}</script>\n'
        f'<script type="module">\n{joined()}{start}</script>\n'
    )


def _forecast(network: Network, settings: Mapping) -> Forecast:
    moves = settings.get("overrides")
    return run(
        override(network.case, moves) if moves else network.case,
        as_of=settings.get("as_of") or network.as_of,
        by=settings.get("by") or network.resolve_by,
        given=settings.get("given"),
        do=settings.get("do"),
    )


def page(
    case: Case | Network,
    settings: Mapping | None = None,
    *,
    outcome: str | None = None,
    blind: bool = False,
) -> str:
    """Make a whole HTML page of a live explorer; it allows itself no request to anywhere.

    Parameters
    ----------
    case, settings, outcome, blind : as for :func:`fragment`

    Examples
    --------
    >>> from forecasting.file.case import read
    >>> "Content-Security-Policy" in page(read("{case: rain, events: {rain: {base_rate: 20%}}}"))
    True
    """
    network = case if isinstance(case, Network) else Network(case)
    title = network.case.title or network.case.case
    told = fragment(network, settings, outcome=outcome, name="explorer", blind=blind)
    return alone(title, told)


def alone(title: str, fragment: str) -> str:
    """Make a whole page of a fragment; it allows itself no request to anywhere."""
    return _PAGE.format(title=html.escape(title), fragment=fragment)


def sheet(title: str, script: Path, told: Mapping, *, kind: str = "fc-page", css: str = "") -> str:
    """Make a whole page of a script, which exports ``start(root, told)``."""
    name = script.stem
    return alone(
        title,
        f"<style>{style()}{css}</style>\n"
        f'<div id="{name}" class="{kind}"></div>\n'
        f'<script type="application/json" id="{name}-told">{as_json(told)}</script>\n'
        f'<script type="module">\n{scopes(script)}'
        f'{name}_js.start(document.getElementById("{name}"), '
        f'JSON.parse(document.getElementById("{name}-told").textContent));\n</script>',
    )


def as_json(value) -> str:
    r"""Write JSON that a script element can hold: no text in it can end the element.

    Examples
    --------
    >>> as_json({"claim": "</script><!--"})
    '{"claim":"\\u003c/script\\u003e\\u003c!--"}'
    """
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return re.sub("[<>&\u2028\u2029]", lambda match: f"\\u{ord(match[0]):04x}", text)


def module(last: str = LAST) -> str:
    """Give a page as one ES module with the default export that anywidget wants."""
    name = Path(last).stem
    return f"{scopes(last)}const {{ render }} = {name}_js;\nexport default {{ render }};\n"


@cache
def joined() -> str:
    """Join all modules of the explorer into one script, with the names of the last one open."""
    return f"{scopes(LAST)}const {{ mount, render }} = view_js;\n"


def scopes(last: str | Path) -> str:
    """Join a module with all that it uses: what ``engine.js`` exports becomes ``engine_js``."""
    return "".join(_scopes(SCRIPTS / last).values())


def _scopes(file: Path) -> dict[Path, str]:
    """Give modules as functions that are called at once, each after those it imports."""
    text = file.read_text(encoding="utf-8")
    result = {}
    for _, path, _ in _IMPORT.findall(text):
        result |= _scopes((file.parent / path).resolve())
    names = ", ".join(_EXPORT.findall(text))
    text = _IMPORT.sub(r"const {\1} = \3_js;", text)
    text = _BESIDE.sub("", _EXPORT.sub("", _DEFAULT.sub("", text)))
    wrapped = f"const {file.stem}_js = (() => {{\n{text}\nreturn {{ {names} }};\n}})();\n"
    return result | {file.resolve(): wrapped}


@cache
def style() -> str:
    """Give the style sheet."""
    return (SCRIPTS / STYLE).read_text(encoding="utf-8")
