"""A question of the page goes in; its answer, or what is wrong beside which field, comes out.

Each question is a dict: ``do`` says what is asked, ``base`` and ``settings`` the state of the page
that it belongs to. No case is changed but by ``edit`` and ``conflict``.
"""

from __future__ import annotations

import html
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar
from urllib.parse import quote

from forecasting.answer import reference_classes
from forecasting.engine.network import Network
from forecasting.errors import InputError, refusal
from forecasting.explorer.replies import beside, unfinished
from forecasting.file import document, edits, overlay
from forecasting.file.case import as_date, read
from forecasting.file.naming import label_of
from forecasting.file.propositions import title_of
from forecasting.judgement import logit
from forecasting.ledger import USUAL
from forecasting.ledger.ledger import Ledger

# So many outcomes tell what an edit would move.
MOST_MOVES = 3

# A probability that moves by less has not moved.
STILL = 1e-9


def answer(explorer, asked: Mapping) -> dict:
    """Answer one question.

    Parameters
    ----------
    explorer : Explorer
    asked : dict
        ``do`` is one of ``edit``, ``try``, ``read``, ``label``, ``losses``, ``text``,
        ``tables``, ``rates``, ``conflict``, ``report`` and ``record``.

    Returns
    -------
    dict
        ``problems``, each with ``field``, ``words`` and ``place``, if it cannot be done.
    """
    draft = None
    try:
        if asked.get("do") not in ANSWERS:
            raise refusal("this page asks what this Python does not know; restart Python")
        draft = explorer.drafted(asked.get("base", explorer.shape))
        if draft is None:
            raise refusal("Python no longer knows this state of the case; run the cell again")
        settings = {**explorer.settings, **asked.get("settings", {})}
        return ANSWERS[asked["do"]](explorer, draft, settings, asked)
    except InputError as error:
        changes = asked.get("edits", ())
        told = beside(error.problems, _made(changes, error, draft), _told(draft))
        # What is wrong with a new name is told of the name itself, or of where names stand.
        names = {
            (section, one) for section, name in renamed(changes).values() for one in ("", name)
        }
        for one in told:
            if not one["field"] and tuple(one["place"]) in names:
                one["field"] = "name"
        # What others say of a part that is gone is told where it stood.
        if part := _part_gone(changes, draft):
            for one in told:
                one["field"] = one["field"] or part
        return {"problems": told}


def _edit(explorer, draft, settings, asked) -> dict:
    draft, settings, made = _edited(explorer, draft, settings, asked["edits"])
    explorer.take(draft, settings)
    return {"made": [list(one) for one in made], "shape": explorer.shape}


def _try(explorer, draft, settings, asked) -> dict:
    """Tell what an edit would move, the outcome that moves most first."""
    after, kept, _ = _edited(explorer, draft, settings, asked["edits"])
    if draft.case is None or after.case is None:
        return {"moves": []}
    before, now = _chances(explorer, draft, settings), _chances(explorer, after, kept)
    moves = [
        {"name": name, "title": title_of(after.case, name), "before": p, "after": now[name]}
        for name, p in before.items()
        if name in now and abs(now[name] - p) > STILL
    ]
    moves.sort(key=lambda one: -abs(logit(one["after"]) - logit(one["before"])))
    return {"moves": moves[:MOST_MOVES]}


def _read(explorer, draft, settings, asked) -> dict:
    text = explorer.text(draft, settings)
    return {"entry": edits.entry(text, asked["section"], asked.get("name") or "")}


def _label(explorer, draft, settings, asked) -> dict:
    """Offer a short label for a question or a condition."""
    return {"label": label_of(asked.get("words") or "")}


def _text(explorer, draft, settings, asked) -> dict:
    """Give the file as it would be written."""
    return {"text": explorer.text(draft, settings)}


def _losses(explorer, draft, settings, asked) -> dict:
    return {"also": list(edits.losses(draft.text, asked["section"], asked["name"]))}


def _tables(explorer, draft, settings, asked) -> dict:
    found = reference_classes.search(asked.get("words") or "", **_at_hand(draft, settings))
    return {"tables": [one.told() for one in found]}


def _rates(explorer, draft, settings, asked) -> dict:
    """Count a table by groups; each can be taken as a base rate."""
    by = asked.get("by") or ()
    by = [by] if isinstance(by, str) else list(by)
    counted, found = reference_classes.groups(asked["table"], by, **_at_hand(draft, settings))
    classes = []
    for index, one in enumerate(found):
        own = by if index else ()  # the first is all of them
        told = {"group": one.group, "seen": one.seen, "of": one.of, "share": one.seen / one.of}
        told |= {"low": one.low, "high": one.high}
        classes.append(told | reference_classes.taken(counted, one, own))
    return {"classes": classes}


def _conflict(explorer, draft, settings, asked) -> dict:
    explorer.settle(asked["keep"])
    return {"shape": explorer.shape}


def _report(explorer, draft, settings, asked) -> dict:
    """Write the report beside the case: in a thread, so that the page goes on meanwhile.

    It takes longer than a page waits for an answer; what goes wrong is told with the file.
    """
    target = Path(explorer.origin.node.file).with_suffix(".html")
    if explorer.case is None:
        raise refusal(Report.NOTHING)

    def write() -> None:
        done = report(explorer)
        if done.path is None:
            explorer.file = explorer.file | {"problem": done.words}

    threading.Thread(target=write, name="report").start()
    return {"path": str(target), "pending": True}


def _record(explorer, draft, settings, asked) -> dict:
    """Keep the forecast, with all that is moved, in the ledger beside the case.

    It is the analyst's, or of a case on its desk the case's own.
    """
    file = Path(explorer.origin.node.file)
    if draft.case is None:
        raise refusal("Nothing is asked yet: add a question to the case first, and then record it")
    if not file.is_file():
        raise refusal("A forecast is recorded beside its case, and this case is saved in no file")
    if settings["given"] or settings["do"]:
        raise refusal("A forecast that supposes something cannot be settled: take that back first")
    # The text that a desk has in its file, so that the ledger's digest is that of the file.
    case = read(explorer.text(draft, settings), str(file))
    until = settings["by"]
    ledger = Ledger(file.with_name(USUAL))
    head = ledger.record(
        case,
        by=explorer.analyst if explorer.KIND == "overlay" else case.case,
        as_of=settings["as_of"],
        until=[until] if until else (),
    )
    return {"path": str(ledger.path), "head": str(head)}


@dataclass(frozen=True)
class Report:
    """A report that was written, or why there is none.

    Attributes
    ----------
    path : path or None
    words : str
    """

    path: Path | None
    words: str

    NOTHING: ClassVar = (
        "Nothing is asked yet: add a question to the case first, and then write the report."
    )

    def __str__(self) -> str:
        return f"{self.words} {self.path or ''}".strip()

    def _repr_html_(self) -> str:
        told = html.escape(self.words)
        if self.path is None:
            return f"<p>{told}</p>"
        name, link = html.escape(self.path.name), quote(self.path.as_posix())
        return f'<p>{told} <a href="{link}" target="_blank">{name}</a></p>'


def report(explorer) -> Report:
    """Write the report of a case beside it, as a page; an analyst's with her overlay.

    It is made by a process of its own: this room knows no reports.
    """
    if explorer.case is None:
        return Report(None, Report.NOTHING)
    case = Path(explorer.origin.node.file)
    if not case.is_file():
        return Report(None, "A report needs a case that is saved in a file.")
    target = case.with_suffix(".html")
    command = [sys.executable, "-m", "forecasting.cli", "report", str(case), "-o", str(target)]
    if explorer.KIND == "overlay" and explorer.path is not None and explorer.path.exists():
        command += ["--overlay", str(explorer.path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        said = done.stderr.strip().splitlines()
        return Report(None, said[-1] if said else "The report could not be written.")
    return Report(target, "The report is written:")


ANSWERS = {
    "edit": _edit,
    "try": _try,
    "read": _read,
    "label": _label,
    "losses": _losses,
    "text": _text,
    "tables": _tables,
    "rates": _rates,
    "conflict": _conflict,
    "report": _report,
    "record": _record,
}


def _edited(explorer, draft, settings, changes: Sequence[Mapping]):
    """Edit a draft; what a file may leave out, but no card, is refused here."""
    for one in changes:
        section = one.get("add") or next(iter(_keys(one)), "")
        if explorer.KIND == "overlay" and section not in explorer.CAN:
            raise refusal(f"{section} are changed in the file of the case, by its author")
    result = explorer.edited(draft, settings, changes)
    new, _, made = result
    called = renamed(changes)
    filled = [
        called.get(one, one)
        for one, edit in zip(made, changes, strict=True)
        if {"add", "replace"} & {*edit}
    ]
    if wrong := unfinished(new.case or new.blank, filled, new.node):
        raise InputError(wrong)
    return result


def named(changes: Sequence[Mapping]) -> list[tuple[str, str]]:
    """List the entries, by section and name, that edits change, rename or take out.

    Examples
    --------
    >>> named([{"delete": ["events", "rain"]}, {"add": "links", "entry": {}}])
    [('events', 'rain')]
    """
    return [(str(keys[0]), str(keys[1])) for one in changes if len(keys := _keys(one)) > 1]


def renamed(changes: Sequence[Mapping]) -> dict[tuple[str, str], tuple[str, str]]:
    """Give the new section and name of every entry that edits rename.

    Examples
    --------
    >>> renamed([{"rename": ["events", "rain"], "to": "wet"}])
    {('events', 'rain'): ('events', 'wet')}
    """
    edits = (one for one in changes if "rename" in one)
    return {tuple(one["rename"]): (one["rename"][0], one["to"]) for one in edits}


def _keys(edit: Mapping) -> Sequence:
    ways = ("replace", "put", "rename", "delete")
    return next((edit[way] for way in ways if way in edit), ())


def _made(changes: Sequence[Mapping], error: InputError, draft) -> list[tuple[str, str]]:
    """List the entries that a problem may concern: those edited, and those not there before."""
    found = [*named(changes), *renamed(changes).values()]
    found += [(section, "") for section, _ in renamed(changes)]
    for problem in error.problems:
        keys = tuple(problem.place.split("."))[:2]
        if draft is not None and document.at(draft.node, keys) is None:
            found.append(keys)
    return found


def _part_gone(changes: Sequence[Mapping], draft) -> str:
    """Name the key under which edits take a state or a cut out of an event; empty if none do."""
    for one in changes:
        if draft is None or one.get("replace", [""])[0] != "events":
            continue
        for key in ("states", "cuts"):
            there = document.at(draft.node, ("events", one["replace"][1], key))
            if there is None:
                continue
            before = {child.value for child in there.value} if there.is_list else {*there.names}
            if before - {*(one["entry"].get(key) or ())}:
                return key
    return ""


def _told(draft):
    return draft and (draft.case or draft.blank)


def _at_hand(draft, settings) -> dict:
    """Say where tables lie, and what day it is in the case."""
    file = Path(draft.node.file)
    day = settings.get("as_of") or _told(draft).as_of
    return {"beside": file.parent if file.parent.is_dir() else None, "as_of": as_date(day)}


def _chances(explorer, draft, settings) -> dict[str, float]:
    """Give the probability of what is asked of each outcome, under what is moved and supposed."""
    moves = settings["overrides"]
    case = overlay.override(draft.case, moves) if moves else draft.case
    network = Network(case, settings["as_of"], settings["by"])
    found = network.posterior(settings["given"], settings["do"])
    return {name: found[name] for name in network.asked_of(case.outcomes) if name in found}
