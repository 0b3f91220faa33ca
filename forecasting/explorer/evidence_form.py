"""An explorer goes in; a form for a new fact, of stock ipywidgets, comes out.

What is entered is checked by the records of the case file itself. It goes into the explorer's
case, and into its overlay if it has one.
"""

from __future__ import annotations

import itertools
import re
from datetime import date

import ipywidgets as widgets

from forecasting.errors import InputError
from forecasting.lexicon import CREDIBILITY, RELIABILITY

SEEN_OURSELVES = "nobody: we saw it ourselves"

PROBLEM = "#c24a00"

# A range as people type it: 50-75%, 50% to 75%, 50 – 75.
_RANGE = re.compile(r"([\d.,]+)\s*%?\s*(?:-|–|to)\s*([\d.,]+)\s*%?")

_ASKED = {
    "if_yes": "If {title} is coming: how likely was it that we would see this?",
    "if_no": "If it is not: how likely was it that we would see this?",
}


class EvidenceForm(widgets.VBox):
    """A form for a new fact.

    Parameters
    ----------
    explorer : forecasting.explorer.Explorer
        It tells its case, and takes the fact.
    event : str
        The event it bears on at first.
    """

    def __init__(self, explorer, event: str) -> None:
        self.explorer = explorer
        case = explorer.case
        titles = [(one.title or name.replace("_", " "), name) for name, one in case.events.items()]
        self.claim = _wide(widgets.Textarea(placeholder="One sentence: what is the case?", rows=2))
        self.date = widgets.DatePicker()
        self.bears_on = _wide(widgets.Dropdown(options=titles, value=event))
        self.if_yes = widgets.Text(placeholder="60% or 50-75%")
        self.if_no = widgets.Text(placeholder="20% or 10-30%")
        known = [(one.title or name, name) for name, one in case.sources.items()]
        self.source = widgets.Dropdown(
            options=[*known, ("somebody new", ""), (SEEN_OURSELVES, SEEN_OURSELVES)], value=None
        )
        self.new_source = widgets.Text(placeholder="name of the new source")
        self.letter = widgets.Dropdown(options=[(f"{k}: {v}", k) for k, v in RELIABILITY.items()])
        self.digit = widgets.Dropdown(options=[(f"{k}: {v}", k) for k, v in CREDIBILITY.items()])
        self.letter.value, self.digit.value = "B", "2"
        self.problems = {
            key: widgets.Label(layout={"display": "none"})
            for key in ("claim", "date", "if_yes", "if_no", "source", "reports", "")
        }
        self.button = widgets.Button(description="Add this fact", button_style="primary")
        self.said = widgets.Label()
        self.button.on_click(lambda _: self.add())
        self.bears_on.observe(lambda _: self._ask(), "value")
        self.source.observe(lambda _: self._known_source(), "value")
        super().__init__(
            [
                self._row("What is the fact?", self.claim, "claim"),
                self._row("Since when?", self.date, "date"),
                self._row("What does it bear on?", self.bears_on),
                self._row("", self.if_yes, "if_yes"),
                self._row("", self.if_no, "if_no"),
                self._row("Who reports it?", self.source, "source", self.new_source),
                self._row("How reliable is the source?", self.letter),
                self._row("How credible is the report?", self.digit, "reports"),
                widgets.HBox([self.button, self.said, self.problems[""]]),
            ]
        )
        self._ask()
        self._known_source()
        self.new_source.description = "If somebody new: who?"
        self.add_class("fc-form")

    def _row(self, words: str, control, key: str | None = None, *more) -> widgets.VBox:
        control.description = words  # stands above it, and is its name for a screen reader
        beside = widgets.HBox([control, *more]) if more else control
        return widgets.VBox([beside, *([self.problems[key]] if key is not None else [])])

    def _ask(self) -> None:
        """Ask both likelihoods in the words that fit the event."""
        title = f"“{self.bears_on.label}”"
        for key, words in _ASKED.items():
            getattr(self, key).description = words.format(title=title)

    def _known_source(self) -> None:
        """Show what the chosen source still needs: one source has one letter in a case."""
        new = self.source.value == ""
        reported = new or self.source.value not in (None, SEEN_OURSELVES)
        letter = self.explorer.case.letter(self.source.value) if reported and not new else None
        if letter:
            self.letter.value = letter
        self.letter.disabled = bool(letter) or not reported
        self.digit.disabled = not reported
        self.new_source.disabled = not new

    def changes(self) -> dict[str, dict]:
        """Give what was entered as overrides: the fact, and its source if that is new."""
        case = self.explorer.case
        name = _name(self.claim.value, {*case.evidence, *case.events}, "fact")
        fact = {
            "claim": self.claim.value.strip(),
            "bears_on": self.bears_on.value,
            "if_yes": _share(self.if_yes.value),
            "if_no": _share(self.if_no.value),
        }
        if self.date.value:
            fact["date"] = self.date.value.isoformat()
        if self.source.value == SEEN_OURSELVES:
            return {f"evidence.{name}": fact | {"status": "confirmed"}}
        source, more = self.source.value, {}
        if not source:
            source = _name(self.new_source.value, case.sources, "source")
            more = {f"sources.{source}": {"title": self.new_source.value.strip()}}
        report = {"source": source, "grade": f"{self.letter.value}{self.digit.value}"}
        return more | {f"evidence.{name}": fact | {"reports": [report]}}

    def add(self) -> None:
        """Add the fact, or say beside each field what is wrong with it; nothing typed is lost."""
        for label in self.problems.values():
            label.value, label.layout.display = "", "none"
        self.said.value = ""
        event = self.bears_on.value
        if wrong := self._wrong():
            for key, words in wrong.items():
                self._say(key, words)
            return
        try:
            before = self.explorer.run(draws=2).network.posterior()[event]
            self.explorer.add(self.changes())
            after = self.explorer.run(draws=2).network.posterior()[event]
        except InputError as error:
            for problem in error.problems:
                self._complain(problem)
            return
        self.said.value = f"Added. {self.bears_on.label}: {before:.1%} before, {after:.1%} now."
        for field in (self.claim, self.if_yes, self.if_no, self.new_source):
            field.value = ""
        self.source.value = self.date.value = None

    def _wrong(self) -> dict[str, str]:
        """Find what the records of a case file cannot: by field, what is asked of whoever typed."""
        wrong = {key: words for key in _ASKED if (words := _doubt(getattr(self, key).value))}
        if not self.claim.value.strip():
            wrong["claim"] = "Write in one sentence what is the case."
        last = self.explorer.case.as_of.last if self.explorer.case.as_of else date.today()
        if self.date.value and self.date.value > last:
            wrong["date"] = f"This is later than the day of the forecast, {last:%Y-%m-%d}."
        if self.source.value is None:
            wrong["source"] = "Choose who reports it."
        elif not self.source.value and not self.new_source.value.strip():
            wrong["source"] = "Write the name of the new source."
        return wrong

    def _complain(self, problem) -> None:
        keys = problem.place.split(".")
        if keys[0] == "sources":
            keys = ["", "", "source"]
        key = next((key for key in keys[2:] if key in self.problems), "")
        accepted = getattr(self, key).placeholder if key in _ASKED else problem.accepted
        wanted = f" Accepted: {accepted}." if accepted else ""
        self._say(key, f"{problem.problem[0].upper()}{problem.problem[1:]}.{wanted}")

    def _say(self, key: str, words: str) -> None:
        label = self.problems[key]
        label.value, label.layout.display = words, ""
        label.style.text_color = PROBLEM


def _wide(widget):
    widget.layout.width = "min(44em, 100%)"
    return widget


def _ends(text: str) -> list[str]:
    """Give both ends of a range, or the one number."""
    match = _RANGE.fullmatch(text.strip())
    return list(match.groups()) if match else [text.strip()]


def _share(text: str):
    """Read 60, 60%, or 50-75% in the form of a case file."""
    ends = [_percent(end) for end in _ends(text)]
    return dict(zip(("low", "high"), ends, strict=True)) if len(ends) == 2 else ends[0]


def _doubt(text: str) -> str | None:
    """Ask back where shares of one may have been meant: 0.6, or 0.5 to 0.75."""
    ends = [end.replace(",", ".") for end in _ends(text)]
    if "%" in text or not all(re.fullmatch(r"[01]|[01]?\.\d+", end) for end in ends):
        return None
    shares = [float(end) for end in ends]
    if max(shares) > 1 or not any(0 < share < 1 for share in shares):
        return None
    small, large = (" to ".join(f"{k * share:.12g}" for share in shares) for k in (1, 100))
    return f"{small}% or {large}%? Write it with the percent sign."


def _percent(text: str) -> str:
    text = text.replace(",", ".")
    return f"{text}%" if re.fullmatch(r"[\d.]+", text) else text


def _name(text: str, taken, otherwise: str) -> str:
    """Make a short name from words, unlike those already taken."""
    name = "_".join(re.findall(r"[a-z0-9]+", text.lower())[:5])[:40] or otherwise
    name = name if name[0].isalpha() else f"n_{name}"
    again = (f"{name}_{count}" for count in itertools.count(2))
    return next(one for one in itertools.chain([name], again) if one not in taken)
