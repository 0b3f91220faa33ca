"""The name of a case in the working folder goes in; what a command prints as JSON comes out.

Plain functions for programs that help a person, such as an assistant in JupyterLab. They read cases
of the working folder, those that come with the package and fits kept for this user; they write
nothing, fit nothing and ask no language model. What a file says comes back as data.
"""

from __future__ import annotations

import difflib
import json
import os
import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import date
from functools import wraps
from itertools import chain
from pathlib import Path

import forecasting
from forecasting.answer.rows import objects
from forecasting.commands.asking import explained, warned
from forecasting.errors import InputError, echo, refusal
from forecasting.extras import require
from forecasting.file import document
from forecasting.file.shipped import NEAR, case_named, home, shipped

# The entry point of the group jupyter_server_mcp.tools names this list.
NAMES = ("check", "run", "explain", "tip", "watch", "propose")
TOOLS = [f"{__name__}:{name}" for name in NAMES]

# A proposal's effect is split over so many changes at most, so that it is told within a second.
PARTS = 4

# Of each way to edit, a part that it needs.
NEEDS = {"put": "value", "add": "entry", "replace": "entry", "rename": "to", "delete": "delete"}

Text = str | None
Names = list[str] | None
Values = dict[str, str] | None


def check(case: str) -> list[dict]:
    """Find errors and likely mistakes in a case, as ``forecasting check --format json`` does.

    Parameters
    ----------
    case : str
        A file in the working folder; or the name of a case there or of one that is shipped.

    Raises
    ------
    InputError
        If the case lies elsewhere, or has errors: then with the line of each.

    Examples
    --------
    >>> check("first_case")
    [{'case': 'priors/first_case.yaml', 'warnings': []}]
    """
    from forecasting.answer.check import check

    path, loaded = _load(case)
    return [warned(path, check(loaded))]


def run(
    case: str,
    as_of: Text = None,
    by: Text = None,
    given: Values = None,
    do: Values = None,
    settings: Values = None,
) -> dict:
    """Forecast a case, as ``forecasting run --format json`` does, with each event's 90% range.

    Parameters
    ----------
    case : str
        As for ``check``.
    as_of, by : str, optional
        Day of the forecast, and day it is for, such as 2021-09-15; by default those of the case.
    given, do : dict, optional
        Events supposed to be learned, or made so: ``{"high_water": "yes"}``.
    settings : dict, optional
        Judgements to change for this answer only: ``{"events.rain.base_rate": "30%"}``.

    Raises
    ------
    InputError
        As ``check``; if a word is not understood, or a base rate was not fitted yet.

    Examples
    --------
    >>> run("first_case", given={"high_water": "yes"})["events"]["bridge_closed"]["word"]
    'unlikely'
    """
    changed = forecasting.override(_load(case)[1], settings or {}, by="settings")
    days = {"as_of": _day("as_of", as_of), "by": _day("by", by)}
    return forecasting.run(changed, **days, given=given or {}, do=do or {}).as_json()


def explain(case: str, events: Names = None, as_of: Text = None, by: Text = None) -> dict:
    """Say how outcomes got from prior to posterior, as ``forecasting explain --format json`` does.

    Parameters
    ----------
    case, as_of, by
        As for ``run``, also in what is refused.
    events : list of str, optional
        Outcomes to explain in full, by their names in the case file.

    Examples
    --------
    >>> explain("first_case")["weights"][0]["item"]
    'repairs_done'
    """
    network = _network(case, as_of, by)
    chosen = forecasting.explain.outcomes_of(network, events) if events else None
    return explained(network, chosen)


def tip(case: str, event: str, to: Names = None, as_of: Text = None, by: Text = None) -> list[dict]:
    """Find what brings an outcome to another word, as ``forecasting tip --format json`` does.

    Parameters
    ----------
    case, as_of, by
        As for ``run``, also in what is refused.
    event : str
        The outcome, by its name in the case file.
    to : list of str, optional
        Probabilities such as 80%, or up and down: the next likelihood word; by default both.

    Examples
    --------
    >>> {row["outcome"] for row in tip("first_case", "bridge_closed", ["80%"])}
    {'bridge_closed'}
    """
    network, sensitivity = _network(case, as_of, by), forecasting.sensitivity
    name = forecasting.explain.outcome_of(network, event, "event")
    targets = to or sensitivity.next_words(network.posterior()[name], network.case.lexicon)
    return objects(sensitivity.tipping(network, name, *targets))


def watch(case: str, events: Names = None, as_of: Text = None, by: Text = None) -> list[dict]:
    """Rank what to look out for, as ``forecasting watch --format json`` does.

    Parameters
    ----------
    case, as_of, by
        As for ``run``, also in what is refused.
    events : list of str, optional
        Outcomes it should tell of, by their names in the case file; by default all.

    Examples
    --------
    >>> watch("first_case", ["bridge_closed"])
    []
    """
    network = _network(case, as_of, by)
    return objects(forecasting.watch.indicators(network, events or None))


def propose(case: str, edits: list[dict]) -> dict:
    """Propose a change of a case as a diff, and tell what it would do; nothing is written.

    Parameters
    ----------
    case : str
        As for ``check``.
    edits : list of dict
        Made in their order, as :func:`forecasting.file.edits.apply` takes them, such as
        ``{"put": ["events", "rain", "base_rate"], "value": "20%"}``. The guide shows each way.

    Returns
    -------
    dict
        ``patch`` is a unified diff that ``git apply`` or ``patch -p1`` takes in the working folder.
        ``effect`` is what ``forecasting diff --format json`` prints of the case before and after,
        or null if they do not ask about the same events. ``warnings`` is what ``check`` finds in
        the case afterwards.

    Raises
    ------
    InputError
        If the case lies elsewhere, or an edit cannot be made or would make it no sound case.

    Examples
    --------
    >>> edit = {"put": ["events", "bridge_closed", "base_rate"], "value": "40%"}
    >>> found = propose("first_case", [edit])
    >>> [line for line in found["patch"].splitlines() if line.startswith("+")]
    ['+++ b/priors/first_case.yaml', '+    base_rate: 40%']
    """
    from forecasting.answer.check import check
    from forecasting.file.edits import apply

    path, before = _load(case)
    data = document.read_bytes(path)
    document.decode(data, path)
    text = data.decode()  # with its mark in front, if it has one
    changed = apply(text, [_edit(one, i) for i, one in enumerate(edits, start=1)], file=path).text
    after = forecasting.read(changed, path)
    warnings = check(after)  # refuses what no forecast can be made of
    try:
        effect = forecasting.compare.split(before, after, parts=PARTS).as_json()
    except InputError:
        effect = None
    patch = "".join(_patch(text, changed, _within(path) or Path(path).name))
    return {"patch": patch, "effect": effect, "warnings": warned(path, warnings)["warnings"]}


def serve(folder: Path | None = None) -> None:
    """Serve assistants over stdio, from a folder or this one, until they go.

    Raises
    ------
    InputError
        If the extra ``agents`` is not installed.
    """
    require("to serve assistants", "mcp")
    from mcp.server import MCPServer

    if folder is not None:
        os.chdir(folder)
    guide = document.read_text(shipped("ASSISTANTS.md"))
    server = MCPServer("forecasting", instructions=guide, log_level="ERROR")
    for name in NAMES:
        server.add_tool(_told(globals()[name]), structured_output=False)
    server.run("stdio")


def _told(tool: Callable) -> Callable:
    """Make a function answer with one JSON text, and refuse in words that the asker may read."""
    from mcp.server.mcpserver.exceptions import ToolError

    @wraps(tool)
    def told(**asked) -> str:
        try:
            return json.dumps(tool(**asked), allow_nan=False)
        except InputError as error:
            raise ToolError(str(error)) from None

    return told


def _load(name: str):
    path = _place(name)
    return path, forecasting.load(path)


def _network(case: str, as_of: Text, by: Text):
    return forecasting.Network(_load(case)[1], _day("as_of", as_of), _day("by", by))


def _place(name: str) -> str:
    """Find the file of a case; refuse what leads out of the working folder, however it does."""
    is_name = re.fullmatch(r"[\w-]{1,64}", name) is not None
    path = Path(case_named(name, NEAR[:-1]) if is_name else name)
    if is_name and path.parent == home() / "priors":
        return str(path)
    tables = path.parent / "data"  # where a case finds them; a link there may lead out too
    with suppress(OSError):  # such as a name that is too long
        for one in chain((path, tables), tables.glob("*")):
            if _within(one) is None:
                raise refusal("lies outside the working folder and is not read", echo(str(one)))
        if path.is_file():
            return str(path)
    raise refusal("there is no such case file in the working folder", echo(name))


def _within(path: str | Path) -> str | None:
    """Name a place as seen from the working folder; None if it lies elsewhere."""
    try:
        return Path(os.path.realpath(path)).relative_to(Path.cwd().resolve()).as_posix()
    except ValueError:  # that, or a null character
        return None


def _day(name: str, text: Text) -> date | None:
    from forecasting.file.values import parse_day

    try:
        return None if text is None else parse_day(text).last
    except ValueError:
        raise refusal("not a date", name, found=text, accepted="such as 2021-09-15") from None


def _edit(edit: dict, number: int) -> dict:
    """Refuse an edit that lacks a part, or has one of another kind than is due."""
    way = next((one for one in NEEDS if one in edit), "")
    place = [edit[way]] if way == "add" else edit.get(way)
    names = [edit[key] for key in ("name", "words", "to") if edit.get(key) is not None]
    if not (
        NEEDS.get(way) in edit
        and isinstance(place, list)
        and (len(place) == 2 or way == "add" or (way == "put" and place))
        and all(isinstance(one, str) for one in (*place, *names))
        and isinstance(edit.get("entry", {}), dict)
    ):
        form = "put, add, replace, rename or delete, each as the guide for assistants shows it"
        raise refusal("not an edit", "edits", None, f"{number}", json.dumps(edit), form)
    return edit


def _patch(before: str, after: str, name: str) -> Iterator[str]:
    """Write a unified diff; a last line without an end says so."""
    # Only a line feed ends a line here, whatever else Python takes for an end.
    lines = [re.findall(r"[^\n]*\n|[^\n]+", text) for text in (before, after)]
    for line in difflib.unified_diff(*lines, f"a/{name}", f"b/{name}"):
        yield line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n"
