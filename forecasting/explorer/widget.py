"""A case goes in; an explorer for a notebook comes out, whose settings Python can read and write.

The page computes with `engine.js`; Python computes the same with the network, when it is asked.
What the hand moves are *settings*. What gives the case another structure makes another *draft* of
it, known by its *shape*; the page has the history of both, and Python every draft of the session.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import anywidget
import traitlets

from forecasting.answer.forecast import Forecast, run
from forecasting.engine.network import Network
from forecasting.errors import InputError, nearest, refusal
from forecasting.explorer import asked as questions
from forecasting.explorer.live import fragment, module, moved, style
from forecasting.explorer.model import compiled, outline, parts, shape
from forecasting.explorer.moves import as_numbers, as_percent, in_whole, is_move, parted
from forecasting.explorer.picture import picture
from forecasting.explorer.storage import Storage
from forecasting.file import document, edits, overlay
from forecasting.file.case import Case
from forecasting.file.document import Node
from forecasting.file.propositions import event_of, every
from forecasting.lexicon import percent
from forecasting.tell.groups import groups

if TYPE_CHECKING:
    import pandas as pd

NOTHING = {"overrides": {}, "given": {}, "do": {}, "as_of": None, "by": None}

VIEW, LIVE, PICTURE = "application/vnd.jupyter.widget-view+json", "text/html", "image/svg+xml"

# Moves that follow each other within so many seconds are one drag, and one step back.
DRAG = 0.8

# Compiled cases that are kept for a step back; an earlier one is compiled anew.
KEPT = 8

# What an analyst adds to another's case: her overlay holds it.
ADDED = ("evidence", "sources")


@dataclass(frozen=True)
class Draft:
    """A case between two changes of its structure.

    Attributes
    ----------
    text : str
        Of its file, with what was added.
    case : Case or None
        None as long as it has no event, which is not yet a case.
    node : Node
        The tree of the text.
    added : dict of str to value
        Overrides that an overlay holds beside moved numbers.
    blank : Case or None
        Of a case without events, what else it says.
    """

    text: str
    case: Case | None
    node: Node = field(repr=False)
    added: Mapping[str, object] = field(default_factory=dict)
    blank: Case | None = field(default=None, repr=False)

    @cached_property
    def shape(self) -> str:
        """Its name, made from its text."""
        return shape(self.text)

    @cached_property
    def network(self) -> Network:
        """The network on its own dates."""
        return Network(self.case)


class Explorer(anywidget.AnyWidget):
    """An explorer of a case: sliders, cards, and a forecast that moves with the hand.

    Parameters
    ----------
    case : Case
    settings : dict, optional
        What is moved at the start: ``overrides`` (path: value, as in an overlay), ``given`` and
        ``do`` (event: bool), ``as_of`` and ``by`` (ISO dates).
    outcome : str, optional
        The event, state or cut to show first.
    path : path, optional
        An overlay file; every change is kept there at once.
    analyst : str
        Whose judgements the overlay holds.
    blind : bool
        Show nothing of the forecast until a number is committed; ``committed`` then holds it.

    Raises
    ------
    InputError
        If the settings do not fit the case.

    Examples
    --------
    >>> from forecasting.file.case import load
    >>> explorer = Explorer(load("priors/first_case.yaml"))
    >>> explorer.set("events.bridge_closed.base_rate", "30%")
    >>> explorer.settings["overrides"]
    {'events.bridge_closed.base_rate': 0.3}
    """

    _esm = module()
    _css = style()

    compiled = traitlets.Dict().tag(sync=True)
    settings = traitlets.Dict().tag(sync=True)
    shape = traitlets.Unicode().tag(sync=True)  # of the draft that the settings belong to
    outcome = traitlets.Unicode().tag(sync=True)
    asked = traitlets.Dict().tag(sync=True)  # a question of the page, and
    answered = traitlets.Dict().tag(sync=True)  # the answer, with its number
    file = traitlets.Dict().tag(sync=True)  # what becomes of the file that is kept
    told = traitlets.Int().tag(sync=True)  # messages of the page, counted by it
    heard = traitlets.Int().tag(sync=True)  # the latest that Python has taken in
    key = traitlets.Unicode().tag(sync=True)
    blind = traitlets.Bool().tag(sync=True)  # nothing is shown until a number is
    committed = traitlets.Dict().tag(sync=True)  # as the page writes it into a file

    KIND = "overlay"
    CAN: tuple[str, ...] = ADDED  # sections that the page may change

    def __init__(
        self,
        case: Case,
        settings: Mapping | None = None,
        outcome: str | None = None,
        path: str | Path | None = None,
        analyst: str = "analyst",
        blind: bool = False,
    ) -> None:
        self.analyst, self.origin = analyst, case
        storage = Storage(path, self.KIND)
        settings = NOTHING | dict(settings or {})
        overrides = dict(settings["overrides"])
        if (text := storage.read()) is not None:  # go on where an earlier session stopped
            overrides = self._overrides(text, str(storage.path)) | overrides
        moves, added = parted(case, overrides)
        first = self._with({})
        draft = self._with(added) if added else first
        self._open(first, draft, storage, settings | {"overrides": moves}, outcome)
        self.blind = blind

    def _open(self, first: Draft, draft: Draft, storage: Storage, settings, outcome=None) -> None:
        """Show a draft; ``first`` is the one that a reset goes back to."""
        self._first, self._storage, self._drafts = first, storage, {first.shape: first}
        self._drafts[draft.shape] = draft
        self._past, self._moving, self._moved = [], False, 0.0
        self._now = None  # shape and settings at the latest step
        self._compiled: dict[str, dict] = {}
        self._drawn = ""  # the shape that a live page beside the widget shows, once there is one
        super().__init__(
            compiled=self._compile(draft),
            settings=settings,
            shape=draft.shape,
            outcome=outcome or _first_outcome(draft),
            file=storage.told(),
            key=secrets.token_hex(6),
        )
        self.on_msg(self._told_again)

    # Settings.

    @traitlets.validate("settings")
    def _accept(self, proposal):
        """Refuse what does not fit, and write numbers as the page reads them."""
        if self._moving:  # it comes from the page, which offers only what fits
            return NOTHING | dict(proposal["value"])
        settings = dict(proposal["value"])
        if unknown := [name for name in settings if name not in NOTHING]:
            hint = nearest(unknown[0], NOTHING)
            accepted = ", ".join(NOTHING)
            raise refusal("not a setting", "settings", None, "", unknown[0], accepted, hint=hint)
        settings = NOTHING | settings
        if self.case is None:
            return dict(NOTHING)
        for path, value in settings["overrides"].items():
            if not is_move(self.case, path, value):
                overlay.override(self.case, {path: value})
                hint = f'use explorer.set("{path}", ...)'
                raise refusal("is more than a number", "settings", None, path, hint=hint)
        changed = overlay.override(self.case, settings["overrides"])
        network = Network(changed, settings["as_of"], settings["by"])
        settings["given"] = network.setting(settings["given"], "given")
        settings["do"] = network.setting(settings["do"], "do")
        overrides = in_whole(changed, settings["overrides"])
        settings["overrides"] = {
            path: as_numbers(changed, path, value) for path, value in overrides.items()
        }
        return settings

    @traitlets.validate("shape")
    def _drafted(self, proposal):
        """Stay with the present draft where the page names one that was never made here."""
        return proposal["value"] if proposal["value"] in self._drafts else self._now[0]

    @traitlets.validate("outcome")
    def _known(self, proposal):
        name = proposal["value"]
        if self.case is None:
            return ""
        if not self._asks(name):
            if self._moving:
                return _first_outcome(self.draft)
            hint = nearest(name, self.case.events)
            raise refusal("there is no event of this name", "outcome", found=name, hint=hint)
        return name

    @traitlets.observe("settings", "shape")
    def _keep(self, change) -> None:
        """Keep a way back, and the file; what changes together is one step."""
        before, self._now = self._now, (self.shape, self.settings)
        if before in (None, self._now):  # the start, or the other half of a step
            return
        reshaped = self.shape != before[0]
        if reshaped:
            self.compiled = self._compile(self.draft)
            if not self._asks(self.outcome):
                self.outcome = _first_outcome(self.draft)
        now = time.monotonic()
        if reshaped or not self._moving or now - self._moved > DRAG:
            self._past.append(before)
        self._moved = now if self._moving and not reshaped else 0.0
        self._store()
        if self._drawn:
            self._show_moved(update=True)

    def _asks(self, name: str) -> bool:
        """Tell whether the case has an event, state or cut of this name."""
        return self.case is not None and name in {*self.case.events, *every(self.case)}

    def set_state(self, sync_data) -> None:
        """Take over what the page changed."""
        self._moving = True
        try:
            super().set_state(sync_data)
        finally:
            self._moving = False

    def _told_again(self, _, content: dict, buffers) -> None:
        """Take in a message that was lost on the way; what was heard may have changed since."""
        if content["told"] > self.heard:
            self.set_state(content)
        elif content.get("asked") == self.asked:  # what Python said was lost
            self.send_state(["heard", "answered"])

    @traitlets.observe("told")
    def _heed(self, change) -> None:
        self.heard = change["new"]

    @traitlets.observe("asked")
    def _answer(self, change) -> None:
        """Answer a question of the page, whatever becomes of it."""
        asked = change["new"]
        try:
            reply = questions.answer(self, asked)
        except Exception as error:
            words = f"Python could not do this ({type(error).__name__})."
            self.answered = {"n": asked.get("n"), "problems": [{"field": "", "words": words}]}
            raise
        self.answered = {"n": asked.get("n"), **reply}

    @property
    def draft(self) -> Draft:
        """The case as its structure is now."""
        return self._drafts.get(self.shape) or self._drafts[self._now[0]]

    @property
    def case(self) -> Case | None:
        """The case with what was added to it; None as long as it asks nothing."""
        return self.draft.case

    @property
    def path(self) -> Path | None:
        """The file that is kept."""
        return self._storage.path

    @property
    def added(self) -> dict:
        """What an overlay holds beside moved numbers, by key path."""
        return dict(self.draft.added)

    @property
    def overrides(self) -> dict:
        """Everything that differs from the case, by key path, as an overlay holds it."""
        return {**self.added, **self.settings["overrides"]}

    def drafted(self, name: str) -> Draft | None:
        """Find a draft of this session by its shape."""
        return self._drafts.get(name)

    def _with(self, added: Mapping[str, object]) -> Draft:
        """Make the draft of the case with additions."""
        case = overlay.override(self.origin, added) if added else self.origin
        return Draft(overlay.written(case), case, case.node, added)

    def _compile(self, draft: Draft) -> dict:
        """Compile a draft for the page, unless that was done a moment ago."""
        if draft.shape not in self._compiled:
            told = outline(draft.case or draft.blank, events=draft.case is not None)
            told |= {"can": list(self.CAN), "todo": self._todo(draft)}
            told |= {"text": draft.text} if self.KIND == "case" else {}
            case = compiled(draft.network) if draft.case else self._empty(draft)
            more = {"added": dict(draft.added), "analyst": self.analyst, "desk": told}
            self._compiled[draft.shape] = case | more | {"shape": draft.shape}
            for old in [*self._compiled][:-KEPT]:
                del self._compiled[old]
        return self._compiled[draft.shape]

    def _todo(self, draft: Draft) -> list[dict]:
        """List what the case lacks; another's case is not for an analyst to finish."""
        return []

    def set(self, path: str, value) -> None:
        """Change one judgement, or add a fact or a source (``evidence.NAME``, ``sources.NAME``).

        Raises
        ------
        InputError
            If the path names nothing in the case, or the value is not accepted there; nothing is
            changed then.
        """
        if self.case is not None and is_move(self.case, path, value):
            overrides = self.settings["overrides"] | {path: value}
            self.settings = self.settings | {"overrides": overrides}
        else:
            self.add({path: value})

    def add(self, changes: Mapping[str, object]) -> None:
        """Make changes that give the case another shape, together.

        Raises
        ------
        InputError
            As for :meth:`set`.
        """
        self.take(self._with({**self.added, **changes}), self.settings)

    def take(self, draft: Draft, settings: Mapping) -> None:
        """Take over a draft and settings together, or refuse both."""
        if settings["overrides"]:
            Network(overlay.override(draft.case, settings["overrides"]))
        self._drafts.setdefault(draft.shape, draft)
        told = self._compile(self._drafts[draft.shape])
        with self.hold_sync(), self.hold_trait_notifications():
            self.compiled, self.shape, self.settings = told, draft.shape, dict(settings)

    def edited(
        self, draft: Draft, settings: Mapping, changes: Sequence[Mapping]
    ) -> tuple[Draft, dict, list]:
        """Edit a draft, and leave everything as it is.

        Parameters
        ----------
        draft : Draft
        settings : dict
            What is moved of it.
        changes : sequence of edits, as :func:`forecasting.file.edits.apply` takes them

        Returns
        -------
        draft : Draft
        settings : dict
            What is then still moved.
        made : list of (section, name)

        Raises
        ------
        InputError
            If that would not be a case.
        """
        done = edits.apply(draft.text, changes, file=self.origin.node.file)
        node = document.read(done.text, self.origin.node.file)
        result = self._with(_additions(self.origin.node, node))
        gone = tuple(f"{section}.{name}." for section, name in questions.named(changes))
        kept = {p: one for p, one in settings["overrides"].items() if not p.startswith(gone)}
        return result, settings | {"overrides": kept}, done.made

    def reset(self, path: str | None = None) -> None:
        """Take back one change, or all of them."""
        if path is None:
            self.take(self._first, NOTHING)
        elif path in self.added:
            kept = {p: v for p, v in self.added.items() if p != path}
            self.take(self._with(kept), self.settings)
        else:
            kept = {p: v for p, v in self.settings["overrides"].items() if p != path}
            self.settings = self.settings | {"overrides": kept}

    def undo(self) -> None:
        """Take back the latest change."""
        if not self._past:
            return
        name, settings = self._past.pop()
        kept = len(self._past)
        self.take(self._drafts[name], settings)
        del self._past[kept:]

    # Answers, by Python.

    @property
    def changed(self) -> Case:
        """The case with everything that was moved."""
        if self.case is None:
            raise refusal("the case asks nothing yet: add a question to it first")
        return overlay.override(self.case, self.settings["overrides"])

    def run(self, **options) -> Forecast:
        """Forecast with the present settings, as :func:`forecasting.run` does.

        Raises
        ------
        InputError
            If the settings contradict each other.
        """
        settings = {name: self.settings[name] for name in ("as_of", "by", "given", "do")}
        return run(self.changed, **settings, **options)

    @property
    def forecast(self) -> pd.DataFrame:
        """Table of events under the present settings: prior, posterior, low, high, word."""
        return self.run().events

    # Files.

    def text(self, draft: Draft, settings: Mapping) -> str:
        """Give the text of a draft with its moves written in: comments and order stay."""
        if not settings["overrides"]:
            return draft.text
        moves = settings["overrides"]
        told = {path: as_percent(draft.case, path, value) for path, value in moves.items()}
        return overlay.written(overlay.override(draft.case, told))

    def _to_store(self) -> str | None:
        """Give the text of the file that is kept."""
        overlay.override(self.case, self.settings["overrides"])
        return overlay.overlay_text(self.analyst, self.origin.case, self.overrides)

    def _store(self, *, over: bool = False) -> None:
        """Keep the present state in its file; what stands in the way is told."""
        if self.path is None:
            return
        try:
            if (text := self._to_store()) is not None:
                self._storage.write(text, over=over)
        except InputError as error:
            self._storage.problem = f"This is not written: {error.problems[0].problem}."
        self.file = self._storage.told()

    def settle(self, keep: str) -> None:
        """End a conflict with whoever else writes the file: ``mine`` counts, or the ``file``.

        Raises
        ------
        InputError
            If the file is to count, and cannot be read.
        """
        if keep == "mine":
            self._store(over=True)
            return
        if self._storage.theirs is None:
            return
        found = document.read_text(self.path)  # as it is now, not as it was told
        self.take(*self._read(found))  # as long as whose text counts is open, nothing is written
        self._storage.accept(found)
        self.file = self._storage.told()

    def _read(self, text: str) -> tuple[Draft, dict]:
        """Read what another wrote into the file, as a draft and settings."""
        overrides = self._overrides(text, str(self.path))
        moves, added = parted(self.origin, overrides)
        return self._with(added), self.settings | {"overrides": moves}

    def _overrides(self, text: str, file: str) -> dict:
        """Read the overrides of an overlay that belongs to the case."""
        return _held(self.origin, overlay.read_overlay(text, file))

    def save(self, path: str | Path, *, why: str | None = None) -> None:
        """Write what was changed as an overlay, in one step that cannot leave half a file."""
        overlay.save_overlay(path, self.analyst, self.origin, self.overrides, why=why)

    def report(self) -> questions.Report:
        """Write the report beside the case, as a page, and tell where it is."""
        return questions.report(self)

    @classmethod
    def load(cls, case: Case, path: str | Path, **options) -> Explorer:
        """Show a case with the changes of an overlay file.

        Raises
        ------
        InputError
            If the file is no overlay, or belongs to another case.
        """
        found = overlay.load_overlay(path)
        options.setdefault("analyst", found.analyst)
        return cls(case, {"overrides": _held(case, found)}, **options)

    # What a notebook shows.

    def _repr_mimebundle_(self, **options):
        """Give the widget, a live page without a kernel, a picture, and a line of text."""
        bundle, metadata = super()._repr_mimebundle_(**options) or ({}, {})
        title, blind = self.compiled["title"], self.blind and not self.committed
        still = {}
        if self.case is None:
            page, told = fragment(self.compiled, key=self.key), f"{title}: nothing is asked yet"
        else:
            about = {"outcome": self.outcome, "key": self.key, "blind": blind}
            page = fragment(self.case, self.settings, **about)
            told = f"{title}: the forecast is shown when a number is committed"
        if self.case is not None and not blind:
            forecast = self.run()
            still, told = {PICTURE: picture(forecast)}, self._told(forecast)
        return {**bundle, LIVE: page, **still, "text/plain": told}, metadata

    def _told(self, forecast: Forecast) -> str:
        """Tell of the outcome in a line: of an event of several states the likeliest."""
        event = event_of(self.outcome)
        group = next(one for one in groups(forecast) if one.event == event)
        named = [row for row in group.rows if row.event == self.outcome]
        if group.points and not named:
            return f"{group.title}: {group.amount}"
        states = group.rows[: len(group.record.states or ()) or 1]
        row = max(named or states, key=lambda one: one.posterior)
        return f"{row.title}: {percent(row.posterior)}, {row.word}"

    def _ipython_display_(self) -> None:
        """Show the widget, the live page, and what is moved of it, as outputs of their own.

        Stock nbconvert prefers the view of a widget to anything beside it, and then shows nothing
        without a network. As an output of its own the live page is shown, and hides where the
        widget is drawn. The last is small, and follows the hand: it is what a notebook that was
        saved shows of the moves when it is opened again.
        """
        from IPython.display import display

        bundle, metadata = self._repr_mimebundle_()
        text = {"text/plain": bundle["text/plain"]}
        display(
            {VIEW: bundle[VIEW], **text} if VIEW in bundle else text, metadata=metadata, raw=True
        )
        display({name: bundle[name] for name in (LIVE, PICTURE) if name in bundle}, raw=True)
        self._drawn = self.shape
        self._show_moved(update=False)

    def _show_moved(self, *, update: bool) -> None:
        """Put what is moved now into the output that keeps it."""
        from IPython.display import display

        state = parts(self, "shape", "settings", "outcome", "committed")
        if self.shape != self._drawn:  # the live page has another case
            told = {name: one for name, one in self.compiled.items() if name != "desk"}
            state |= {"compiled": told}
        display({LIVE: moved(self.key, state)}, raw=True, display_id=self.key, update=update)

    def __repr__(self) -> str:
        return f"Explorer({self.origin.case!r}, {len(self.overrides)} changes)"


def _held(case: Case, found: overlay.Overlay) -> dict:
    """Give the overrides of an overlay that belongs to the case, as plain values."""
    overlay.apply(case, found)
    return {name: document.plain(node) for name, node in found.overrides.items()}


def _first_outcome(draft: Draft) -> str:
    """Find what to show first: the first outcome, else the first event."""
    case = draft.case
    return next(iter((*case.outcomes, *case.events)), "") if case else ""


def _additions(own: Node, new: Node) -> dict[str, object]:
    """Find what an overlay has to hold so that one tree becomes the other.

    Raises
    ------
    InputError
        If no overlay can say it: it adds facts and sources, and changes them, but takes none away.
    """
    added = {}
    for section in ADDED:
        before, after = (one.value.get(section) for one in (own, new))
        before, after = ((one.value if one is not None else {}) or {} for one in (before, after))
        if gone := [name for name in before if name not in after]:
            hint = "leave it out by its switch"
            raise refusal("belongs to the case, and stays", "", None, f"{section}.{gone[0]}",
                          hint=hint)  # fmt: skip
        for name, entry in after.items():
            if name not in before or document.digest(before[name]) != document.digest(entry):
                added[f"{section}.{name}"] = document.plain(entry)
    return added
