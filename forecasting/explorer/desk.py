"""The name of a case goes in; a page comes out on which it is made, and kept in its file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from forecasting.answer import check
from forecasting.answer.interview import beginning, case_file
from forecasting.errors import Problem, refusal
from forecasting.explorer import asked as questions
from forecasting.explorer.model import parts
from forecasting.explorer.replies import ENTRIES
from forecasting.explorer.storage import Storage
from forecasting.explorer.widget import NOTHING, Draft, Explorer
from forecasting.file import document, edits, overlay
from forecasting.file.case import as_date, assemble
from forecasting.file.propositions import event_of

# Stands in for the events of a case that has none yet, so that all else of it is checked.
STAND_IN = "{nothing_yet: {base_rate: 50%}}"

SECTIONS = (*ENTRIES, "case")


class Desk(Explorer):
    """An explorer that edits the file of a case itself: questions, conditions, facts and links.

    Every change is written into the text by its place, so that comments and order stay; the file is
    never half written.

    Parameters
    ----------
    path : path
        A case file; where there is none, an empty case of that name is begun. It is written with
        its first question.
    outcome : str, optional
        The event, state or cut to show first.

    Raises
    ------
    InputError
        If the file is not a case, or the name no name.
    """

    KIND, CAN = "case", SECTIONS

    def __init__(self, path: str | Path, outcome: str | None = None) -> None:
        path = Path(path)
        self.analyst = "analyst"
        storage = Storage(path, self.KIND)
        text = storage.read()
        first = self._drafted_as(text if text is not None else beginning(path), str(path))
        self.origin = first.case or first.blank
        self._open(first, first, storage, dict(NOTHING), outcome)

    def _drafted_as(self, text: str, file: str) -> Draft:
        """Read a text as a draft; one without events is no case yet."""
        problems: list[Problem] = []
        node = document.read(text, file, problems=problems)
        events = node.value.get("events") if node.is_map else None
        if not node.is_map or (events is not None and not events.is_empty and events.value):
            return Draft(text, assemble(node, text, problems), node)
        stand_in = document.unnumbered(document.read(STAND_IN, file))
        whole = document.put(node, ("events",), stand_in)
        return Draft(text, None, node, blank=assemble(whole, text, problems))

    def _empty(self, draft: Draft) -> dict:
        """Give the page a case that asks nothing yet."""
        case = draft.blank
        days = {key: as_date(getattr(case, key)) for key in ("as_of", "resolve_by")}
        return {
            "case": case.case,
            "title": case.title or case.case,
            **{key: day and day.isoformat() for key, day in days.items()},
            "empty": True,
        }

    def _todo(self, draft: Draft) -> list[dict]:
        """List what a case to publish lacks."""
        lacking = check.todo(draft.case) if draft.case else ()
        return [parts(one, "words", "section", "name") for one in lacking]

    def add(self, changes: Mapping[str, object]) -> None:
        """Make changes that give the case another shape, together.

        Raises
        ------
        InputError
            As for :meth:`set`.
        """
        file = str(self.path)
        now = self._drafted_as(self.text(self.draft, self.settings), file)
        if now.case is None:
            raise refusal("the case asks nothing yet: add a question to it first")
        case = overlay.override(now.case, changes)
        self.take(self._drafted_as(overlay.written(case), file), self._kept())

    def edit(self, *changes: Mapping) -> list[tuple[str, str]]:
        """Edit the case, as the page does: all of the edits, or none.

        Parameters
        ----------
        *changes : dict
            As :func:`forecasting.file.edits.apply` takes them.

        Returns
        -------
        list of (section, name)
            What each edit made or changed.

        Raises
        ------
        InputError
            If that would not be a case.
        """
        draft, settings, made = self.edited(self.draft, self.settings, changes)
        self.take(draft, settings)
        return made

    def edited(
        self, draft: Draft, settings: Mapping, changes: Sequence[Mapping]
    ) -> tuple[Draft, dict, list]:
        """Edit a draft, and leave everything as it is; what was moved is in its text then."""
        file = str(self.path)
        done = edits.apply(self.text(draft, settings), changes, file=file)
        result = self._drafted_as(done.text, file)
        facts = result.case.evidence if result.case else {}
        new: dict[str, dict[str, str]] = {"events": {}, "evidence": {}}
        for (section, old), (_, name) in questions.renamed(changes).items():
            new.setdefault(section, {})[old] = name
        aside = {}
        for path in left_out(settings["overrides"]):
            _, name, key = path.split(".", 2)
            name = new["evidence"].get(name, name)
            if name in facts:
                aside[f"evidence.{name}.{key}"] = settings["overrides"][path]
        supposed = {how: _still(settings[how], new["events"], result) for how in ("given", "do")}
        return result, {**settings, "overrides": aside, **supposed}, list(done.made)

    def _kept(self) -> dict:
        return {**self.settings, "overrides": {}}

    def text(self, draft: Draft, settings: Mapping) -> str:
        """Give the text of a draft with its moves written in: comments and order stay.

        A fact that is left out on the page keeps its reports in the file, and so counts there.
        """
        moves = settings["overrides"]
        aside = set(left_out(moves))
        kept = {path: value for path, value in moves.items() if path not in aside}
        return super().text(draft, {**settings, "overrides": kept})

    def _to_store(self) -> str | None:
        """Give the text of the file; it is begun with the first question."""
        begun = self.case is not None or self._storage.known is not None
        return self.text(self.draft, self.settings) if begun else None

    def _read(self, text: str) -> tuple[Draft, dict]:
        """Read what another wrote into the file, as a draft without moves."""
        draft = self._drafted_as(text, str(self.path))
        supposed = {how: _still(self.settings[how], {}, draft) for how in ("given", "do")}
        return draft, {**self._kept(), **supposed}

    def __repr__(self) -> str:
        return f"Desk({str(self.path)!r})"


def left_out(moves: Mapping) -> list[str]:
    """Name the moves by which the page leaves facts out that somebody reports.

    Written into a case they would take the reports away, and no hand could bring them back.

    Examples
    --------
    >>> left_out({"evidence.wet.status": "pending", "evidence.wet.reports": [], "evidence.a.if": 1})
    ['evidence.wet.reports', 'evidence.wet.status']
    """
    facts = [path.removesuffix(".reports") for path in moves if path.endswith(".reports")]
    return [f"{fact}.{key}" for fact in facts for key in ("reports", "status")]


def _still(supposed: Mapping, names: Mapping[str, str], draft: Draft) -> dict:
    """Keep of what is supposed that of events that are still there, under their new names."""
    events = draft.case.events if draft.case else {}
    result = {}
    for name, value in supposed.items():
        event = event_of(name)
        new = names.get(event, event)
        if new in events:
            result[new + name[len(event) :]] = value
    return result


def desk(name: str | Path) -> Desk:
    """Open a case to make or change it on a page, in a notebook.

    Parameters
    ----------
    name : str or path
        The name of a case, such as ``winter-bridge``: its file lies here, or in the folder
        ``priors`` here or one folder up; if it is nowhere, a new case is begun. Or a path that ends
        in ``.yaml``.

    Raises
    ------
    InputError
        If the file is not a case, or the name no name.

    Examples
    --------
    >>> desk("priors/first_case.yaml").case.title
    'The village bridge in winter'
    """
    return Desk(case_file(name))
