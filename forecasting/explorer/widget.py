"""A case goes in; an explorer for a notebook comes out, whose settings Python can read and write.

The page computes with `engine.js`; Python computes the same with the network, when it is asked.
"""

from __future__ import annotations

import re
import secrets
import time
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import anywidget
import numpy as np
import traitlets

from forecasting.answer.forecast import Forecast, run
from forecasting.engine.network import Network
from forecasting.errors import InputError, Problem, nearest
from forecasting.explorer.evidence_form import EvidenceForm
from forecasting.explorer.live import fragment, module, style
from forecasting.explorer.model import compiled
from forecasting.explorer.picture import picture
from forecasting.file import document, overlay, stated
from forecasting.file.case import Case
from forecasting.file.propositions import event_of, every
from forecasting.file.quantities import get, place_of
from forecasting.file.values import BaseRate
from forecasting.judgement import Z90, Odds, Probability, sigmoid
from forecasting.lexicon import percent
from forecasting.tell.groups import groups

if TYPE_CHECKING:
    import pandas as pd

NOTHING = {"overrides": {}, "given": {}, "do": {}, "as_of": None, "by": None}

VIEW, LIVE, PICTURE = "application/vnd.jupyter.widget-view+json", "text/html", "image/svg+xml"

# Overrides that the page can compute with; any other makes a new compiled case.
_MOVE = re.compile(
    r"events\.[^.]+\.(base_rate(\..+)?|now(\.[^.]+)?|table\..*)"
    r"|links\.[^.]+(\.[^.]+){1,3}\.(raises|lowers|odds)"
    r"|evidence\.[^.]+\.(if_yes|if_no|if\.[^.]+|likelihood_ratio|chance|status"
    r"|reports\.\d+\.(hit|false|grade)|bears_on\.[^.]+(\.[^.]+)?\.(raises|lowers|odds))"
    r"|scales\.(reliability|credibility)\.[A-F1-6]"
)


# Moves that follow each other within so many seconds are one drag, and one step back.
DRAG = 0.8


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
    added = traitlets.Dict().tag(sync=True)  # overrides that give the case another shape
    outcome = traitlets.Unicode().tag(sync=True)
    told = traitlets.Int().tag(sync=True)  # messages of the page, counted by it
    heard = traitlets.Int().tag(sync=True)  # the latest that Python has taken in
    key = traitlets.Unicode().tag(sync=True)

    def __init__(
        self,
        case: Case,
        settings: Mapping | None = None,
        outcome: str | None = None,
        path: str | Path | None = None,
        analyst: str = "analyst",
    ) -> None:
        self.path, self.analyst = path and Path(path), analyst
        self._own, self._past, self._moving, self._moved = case, [], False, 0.0
        self._now = None  # settings and additions at the latest step
        settings = NOTHING | dict(settings or {})
        overrides = dict(settings["overrides"])
        if self.path and self.path.exists():  # go on where an earlier session stopped
            overrides = _written(case, self.path) | overrides
        moves = {p.replace("->", "."): v for p, v in overrides.items() if _is_move(case, p, v)}
        added = {p: v for p, v in overrides.items() if not _is_move(case, p, v)}
        self._shaped = None
        shown = outcome or next(
            (name for name, event in case.events.items() if event.role == "outcome"),
            next(iter(case.events)),
        )
        super().__init__(
            compiled=self._compile(self._shape(added), added),
            settings=settings | {"overrides": moves},
            added=added,
            outcome=shown,
            key=secrets.token_hex(6),
        )
        self.on_msg(self._told_again)

    # Settings.

    @traitlets.validate("settings")
    def _accept(self, proposal):
        """Refuse what does not fit, and write numbers as the page reads them."""
        if self._moving:  # it comes from the page, which offers only what fits
            return proposal["value"]
        settings = dict(proposal["value"])
        if unknown := [name for name in settings if name not in NOTHING]:
            hint = nearest(unknown[0], NOTHING)
            accepted = ", ".join(NOTHING)
            raise InputError(
                Problem("not a setting", "settings", None, "", unknown[0], accepted, hint)
            )
        settings = NOTHING | settings
        for path, value in settings["overrides"].items():
            if not _is_move(self.case, path, value):
                overlay.override(self.case, {path: value})
                hint = f'use explorer.set("{path}", ...)'
                raise InputError(
                    Problem("is more than a number", "settings", None, path, hint=hint)
                )
        changed = overlay.override(self.case, settings["overrides"])
        network = Network(changed, settings["as_of"], settings["by"])
        settings["given"] = network.setting(settings["given"], "given")
        settings["do"] = network.setting(settings["do"], "do")
        overrides = _in_whole(changed, settings["overrides"])
        settings["overrides"] = {
            path: _as_numbers(changed, path, value) for path, value in overrides.items()
        }
        return settings

    @traitlets.validate("outcome")
    def _known(self, proposal):
        name = proposal["value"]
        if name not in self.case.events and name not in every(self.case):
            hint = nearest(name, self.case.events)
            raise InputError(
                Problem("there is no event of this name", "outcome", None, "", name, None, hint)
            )
        return name

    @traitlets.observe("settings", "added")
    def _keep(self, change) -> None:
        """Keep a way back, and the file; what changes together is one step."""
        before, self._now = self._now, (self.settings, self.added)
        if before in (None, self._now):  # the start, or the other half of a step
            return
        reshaped = self.added != before[1]
        if reshaped:
            self.compiled = self._compile(self.case, self.added)
        now = time.monotonic()
        if reshaped or not self._moving or now - self._moved > DRAG:
            self._past.append(before)
        self._moved = now if self._moving and not reshaped else 0.0
        if self.path is not None:
            self.save(self.path)

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

    @traitlets.observe("told")
    def _answer(self, change) -> None:
        self.heard = change["new"]

    @property
    def overrides(self) -> dict:
        """Everything that differs from the case, by key path, as an overlay holds it."""
        return {**self.added, **self.settings["overrides"]}

    @property
    def case(self) -> Case:
        """The case with what was added to it."""
        return self._shape(self.added)

    def _shape(self, added: dict) -> Case:
        """Give the case with additions; that of the latest ones is kept."""
        if self._shaped is None or self._shaped[0] != added:
            self._shaped = added, overlay.override(self._own, added) if added else self._own
        return self._shaped[1]

    def _compile(self, case: Case, added: dict) -> dict:
        """Compile a case for the page, which tells by the additions whether it has it already."""
        return compiled(Network(case)) | {"added": added, "analyst": self.analyst}

    def set(self, path: str, value) -> None:
        """Change one judgement, or add a fact or a source (``evidence.NAME``, ``sources.NAME``).

        Raises
        ------
        InputError
            If the path names nothing in the case, or the value is not accepted there; nothing is
            changed then.
        """
        if _is_move(self.case, path, value):
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
        self._take(self.settings, {**self.added, **changes})

    def _take(self, settings: dict, added: dict) -> None:
        """Take over settings and additions together, or refuse both."""
        Network(overlay.override(self._shape(added), settings["overrides"]))
        with self.hold_sync(), self.hold_trait_notifications():
            self.added, self.settings = added, settings

    def reset(self, path: str | None = None) -> None:
        """Take back one change, or all of them."""
        if path is None:
            self._take(dict(NOTHING), {})
        elif path in self.added:
            self._take(self.settings, {p: v for p, v in self.added.items() if p != path})
        else:
            kept = {p: v for p, v in self.settings["overrides"].items() if p != path}
            self.settings = self.settings | {"overrides": kept}

    def undo(self) -> None:
        """Take back the latest change."""
        if not self._past:
            return
        before = self._past.pop()
        kept = len(self._past)
        self._take(*before)
        del self._past[kept:]

    # Answers, by Python.

    @property
    def changed(self) -> Case:
        """The case with everything that was moved."""
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

    def save(self, path: str | Path, *, why: str | None = None) -> None:
        """Write what was changed as an overlay, in one step that cannot leave half a file."""
        overlay.save_overlay(path, self.analyst, self._own, self.overrides, why=why)

    @classmethod
    def load(cls, case: Case, path: str | Path, **options) -> Explorer:
        """Show a case with the changes of an overlay file.

        Raises
        ------
        InputError
            If the file is no overlay, or belongs to another case.
        """
        options.setdefault("analyst", overlay.load_overlay(path).analyst)
        return cls(case, {"overrides": _written(case, path)}, **options)

    def add_evidence(self, event: str | None = None) -> EvidenceForm:
        """Show a form for a new fact, made of stock ipywidgets."""
        return EvidenceForm(self, event or self.outcome)

    # What a notebook shows.

    def _repr_mimebundle_(self, **options):
        """Give the widget, a live page without a kernel, a picture, and a line of text."""
        bundle, metadata = super()._repr_mimebundle_(**options) or ({}, {})
        forecast = self.run()
        return {
            **bundle,
            LIVE: fragment(self.case, self.settings, outcome=self.outcome, key=self.key),
            PICTURE: picture(forecast),
            "text/plain": self._told(forecast),
        }, metadata

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
        """Show the widget and the live page as two outputs.

        Stock nbconvert prefers the view of a widget to anything beside it, and then shows nothing
        without a network. As an output of its own the live page is shown, and hides where the
        widget is drawn.
        """
        from IPython.display import display

        bundle, metadata = self._repr_mimebundle_()
        text = {"text/plain": bundle["text/plain"]}
        display(
            {VIEW: bundle[VIEW], **text} if VIEW in bundle else text, metadata=metadata, raw=True
        )
        display({name: bundle[name] for name in (LIVE, PICTURE)}, raw=True)

    def __repr__(self) -> str:
        return f"Explorer({self.case.case!r}, {len(self.overrides)} changes)"


def _is_move(case: Case, path: str, value) -> bool:
    """Tell a number that the page can move from a change that makes another case."""
    place = place_of(case, path)
    event = case.events.get("".join(place[1:2]))
    if event and place[2:3] == ("now",) and not event.is_yes_no and get(case, place) is None:
        return False
    if path.endswith(".reports"):
        return value == []  # how the page leaves a fact out
    # Of several states the page knows shares, and no counts.
    counts = isinstance(value, Mapping) and "seen" in value and "of" not in value
    fitted = isinstance(value, Mapping) and "model" in value
    return bool(_MOVE.fullmatch(path.replace("->", "."))) and not fitted and not counts


def _written(case: Case, path: str | Path) -> dict:
    """Read the overrides of an overlay file that belongs to the case."""
    overlay.apply(case, path)
    return {
        name: document.plain(node) for name, node in overlay.load_overlay(path).overrides.items()
    }


def _in_whole(case: Case, overrides: Mapping) -> dict:
    """Put overrides of single shares, steps or points together, where the page cannot take them.

    It takes one of an event, as its only one, and not one that is for another period.
    """
    parts: dict[str, list[str]] = {}
    for path in overrides:
        place = place_of(case, path)
        if place[:1] == ("events",) and place[2:3] == ("base_rate",):
            event = case.events[place[1]]
            if not event.is_yes_no and event.base_rate is not None:
                parts.setdefault(place[1], []).append(path)
    result = dict(overrides)
    for name, paths in parts.items():
        rate, place = case.events[name].base_rate, place_of(case, paths[0])
        alone = len(paths) == 1 and place[3:] in stated.numbers(case.events[name])
        if not alone or rate.within is not None or rate.seen is not None:
            for path in paths:
                del result[path]
            result[f"events.{name}.base_rate"] = "as it is now"
    return result


def _as_numbers(case: Case, path: str, value):
    """Write an override in numbers: the page knows neither words nor percent signs.

    What is in numbers already stays as it is, to the last digit, and a count stays a count.
    """
    judgement = _judgement(case, path)
    told = _in_numbers(value)
    if isinstance(judgement, Mapping):  # a row of a table: it may be a list, or name sets of states
        told = told and isinstance(value, Mapping) and value.keys() == judgement.keys()
    return value if judgement is None or told else _numbers(judgement)


def _numbers(judgement):
    """Write a judgement, or several that hang together, in numbers."""
    if judgement is None:
        return "rest"
    if isinstance(judgement, Mapping):
        return {name: _numbers(one) for name, one in judgement.items()}
    within = {}
    if isinstance(judgement, BaseRate):
        if judgement.within is not None:
            within = {"within": f"{judgement.within:.15g} months"}
        if judgement.probability is None:
            return _several(judgement) | within
        judgement = judgement.probability
    if isinstance(judgement, Probability):
        middle, spread, shown = judgement.logit_median, judgement.logit_sd, sigmoid
    else:
        middle, spread, shown = judgement.log_median, judgement.log_sd, np.exp
    points = {"low": middle - Z90 * spread, "best": middle, "high": middle + Z90 * spread}
    numbers = {name: float(f"{shown(x):.15g}") for name, x in points.items()}
    if not spread:
        return {"best": numbers["best"], **within} if within else numbers["best"]
    return numbers | within


def _several(rate: BaseRate) -> dict:
    """Write the base rate of several states, or of an amount, in numbers."""
    found: dict = {state: _numbers(one) for state, one in (rate.shares or {}).items()}
    for level, amount in (rate.amounts or {}).items():
        *above, key = stated.keys_of(rate, level)
        (found.setdefault(above[0], {}) if above else found)[key] = float(f"{amount:.15g}")
    return found | ({"unsure": float(rate.unsure)} if rate.unsure is not None else {})


def _in_numbers(value) -> bool:
    if isinstance(value, Mapping):
        told = ((name, part) for name, part in value.items() if name != "within")
        return all(part == "rest" or _in_numbers(part) for _, part in told)
    if isinstance(value, list):
        return all(map(_in_numbers, value))
    return isinstance(value, int | float)


def _judgement(case: Case, path: str):
    """Find the judgement of a case at a path; None where there is no number (status, grade)."""
    place = place_of(case, path)
    value = get(case, place)
    if place[0] == "events" and place[2:3] == ("base_rate",) and len(place) > 3:
        value = stated.numbers(case.events[place[1]]).get(place[3:])
        if isinstance(value, stated.Point):
            scale = stated.scale(case.events[place[1]])
            return Odds.exactly(float(scale.amount(value.place)))  # written as a plain number
    rows = place[2:3] == ("table",) and isinstance(value, Mapping)
    return value if rows or isinstance(value, Probability | Odds | BaseRate) else None
