"""A case file, overlays and dates go in; the sections of a report, for a notebook, come out.

The notebook ``report.ipynb`` holds the order of the sections; this module says what stands in each.
Tables are made in :mod:`forecasting.exhibits`, sentences from them in :mod:`forecasting.prose`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from forecasting import audit, document, exhibits, prose, provenance, reasons
from forecasting.case import Case, as_date, load
from forecasting.check import check
from forecasting.errors import InputError, Problem, nearest
from forecasting.forecast import Forecast, run
from forecasting.inputs import title_of
from forecasting.markup import (
    Fold,
    Heading,
    Item,
    Listing,
    Paragraph,
    Part,
    Section,
    Stated,
    Strong,
    Table,
    address,
)
from forecasting.overlay import Overlay, apply_overlay, load_overlay

# analyst: everything. reader: no diagnostics and no tipping points. class: everything, with
# probabilities also as frequencies, and the meaning of the words open.
AUDIENCES = ("analyst", "reader", "class")

# So many outcomes are spoken of in the answer where nothing tells which matter most.
HEADLINES = 5


@dataclass(frozen=True)
class Report:
    """A case on a day, and the sections of its report.

    Attributes
    ----------
    file : str
        Name of the case file.
    base : Case
        As in the file.
    overlays : dict of file name to Overlay
        Names are relative to the folder of the case.
    texts : dict of file name to str
        The overlays as written.
    forecast : Forecast
        Of the case with the overlays, in their order.
    headlines : tuple of str
        The outcomes that the answer speaks of.
    settings : dict
        ``as_of``, ``by``, ``today`` (ISO dates or None), ``audience`` and ``outcomes``.
    """

    file: str
    base: Case
    overlays: Mapping[str, Overlay]
    texts: Mapping[str, str]
    forecast: Forecast
    headlines: tuple[str, ...]
    settings: Mapping[str, object]

    @property
    def case(self) -> Case:
        """The case with the overlays."""
        return self.forecast.case

    @property
    def audience(self) -> str:
        """For whom it is written."""
        return str(self.settings["audience"])

    @cached_property
    def outcomes(self) -> Table:
        """The table that most sentences are read from."""
        return exhibits.events(self.forecast, "outcome", self.audience)

    @cached_property
    def record(self) -> tuple[provenance.Entry, ...]:
        """What the report was made from."""
        again = provenance.command(self.file, list(self.texts), self.settings)
        return provenance.entries(self.file, self.texts, self.forecast, again)

    def carried(self) -> dict:
        """Give what the report carries to be compared and rebuilt from itself alone."""
        return {
            "format": provenance.FORMAT,
            "case": {"file": self.file, "text": self.base.text},
            "overlays": [{"file": name, "text": text} for name, text in self.texts.items()],
            "settings": dict(self.settings),
            "provenance": {entry.name: entry.value for entry in self.record},
            "audit": audit.kept(self.base),
            "outcomes": {row.event: row.posterior for row in self.forecast.event_rows},
        }

    # The sections, in the order of the notebook. An empty one is left out of the report.

    def opening(self) -> Section:
        """Say what it is about, and what must be known before the first number."""
        network = self.forecast.network
        days = (("as of", network.as_of), ("by", network.resolve_by))
        when = ", ".join(f"{word} {prose.day(date)}" for word, date in days if date)
        items: list[Item] = [Paragraph((f"A forecast {when}.",), "dates")] if when else []
        today = as_date(self.settings["today"])
        items += [
            Paragraph((text,), "warning") for text in provenance.warnings(self.forecast, today)
        ]
        if remarks := check(self.case, network):
            listing = Listing(tuple((Stated(f"{one.place}: {one.text}"),) for one in remarks))
            items.append(
                Fold((f"What the check of the case remarks ({len(remarks)})",), (listing,))
            )
        if self.case.about:
            items.append(Paragraph((Stated(self.case.about),)))
        about = {
            "title": self.case.title or self.case.case,
            "date": prose.day(network.as_of) if network.as_of else "",
            "carried": self.carried(),
        }
        return Section(tuple(items), about)

    def question(self) -> Section:
        """Say what is asked, and how it will be settled."""
        asked = [name for name, event in self.case.events.items() if event.role == "outcome"]
        lead = [name for name in self.headlines if name in asked]
        others = [name for name in asked if name not in lead]
        items: list[Item] = []
        if lead:
            items.append(exhibits.questions(self.forecast, "questions", "Questions", lead))
        if others:
            caption = "The other questions" if lead else "Questions"
            table = exhibits.questions(self.forecast, "more-questions", caption, others)
            items.append(Fold((f"{caption} ({len(others)})",), (table,)))
        items.append(exhibits.setting(self.forecast))
        return Section(tuple(items))

    def answer(self) -> Section:
        """Answer in one paragraph; how good its basis is; what its words mean."""
        setting, scenarios = exhibits.setting(self.forecast), exhibits.scenarios(self.forecast)
        basis = exhibits.basis(self.forecast)
        answer = prose.answer(self.outcomes, setting, scenarios, self.headlines)
        items: list[Item] = [
            prose.paragraph(answer, "answer"),
            Heading(("How good the basis is",)),
            prose.paragraph(prose.confidence(self.outcomes, basis, self.headlines)),
            Fold(("The count behind it",), (basis,)),
        ]
        words = exhibits.likelihood_words(), exhibits.confidence_words()
        items += words if self.audience == "class" else [Fold(("What these words mean",), words)]
        return Section(tuple(items))

    def forecasts(self) -> Section:
        """Tabulate all outcomes with their bands; drivers; what others hold."""
        items: list[Item] = [self.outcomes]
        drivers = exhibits.events(self.forecast, "driver", self.audience)
        if drivers.records:
            items.append(Fold((drivers.caption,), (drivers,)))
        if views := exhibits.views(self.forecast):
            items.append(Fold(("What others hold (shown, never used)",), tuple(views)))
        return Section(tuple(items))

    def scenarios(self) -> Section:
        """Tabulate the named scenarios."""
        return _section(exhibits.scenarios(self.forecast))

    def got_there(self) -> Section:
        """Tell for each headline how it came from its base rate to the forecast."""
        items: list[Item] = []
        for event, table in reasons.weights(self.forecast.network, self.headlines).items():
            title = title_of(self.case, event)
            told = (*prose.way(self.outcomes, event), *prose.pushes(table, title))
            items += [Heading((Stated(title),)), prose.paragraph(told), table]
        return Section(tuple(items))

    def hangs_on(self) -> Section:
        """Tell for each headline which judgements, and which unknowns, could move it."""
        network = self.forecast.network
        items: list[Item] = [reasons.leanings(network, self.headlines)]
        for event in self.headlines:
            title, bars = title_of(self.case, event), reasons.bars(network, event)
            items += [Heading((Stated(title),)), prose.paragraph(prose.assumption(bars, title))]
            items += [bars] if bars.records and self.audience != "reader" else []
            learned = reasons.learned(network, event)
            items += [Fold(("What could be learned",), (learned,))] if learned.records else []
        return Section(tuple(items))

    def tipping_points(self) -> Section:
        """Tell for each headline which single number would change its word."""
        if self.audience == "reader":
            return Section(())
        items: list[Item] = []
        for event in self.headlines:
            title, tips = title_of(self.case, event), reasons.tips(self.forecast.network, event)
            items.append(Heading((Stated(title),)))
            if tips is None:
                items.append(Paragraph(("No judgement with a range reaches another word.",)))
            else:
                items += [prose.paragraph(prose.tip(tips, title)), tips]
        return Section(tuple(items))

    def watch(self) -> Section:
        """Tell what to look out for, and what it would tell."""
        watched = reasons.watched(self.forecast.network, self.headlines)
        if watched is None:
            return Section(())
        return Section((prose.paragraph(prose.news(watched)), watched))

    def base_rates(self) -> Section:
        """Say where the numbers before the evidence come from."""
        drivers = exhibits.base_rates(self.forecast, "driver")
        return _section(
            exhibits.base_rates(self.forecast, "outcome"),
            drivers and Fold((drivers.caption,), (drivers,)),
            exhibits.fitted(self.forecast, self.audience),
            exhibits.data(self.forecast),
        )

    def evidence(self) -> Section:
        """Tabulate every fact, what it is worth, and who reported it with which grade."""
        sources = exhibits.sources(self.forecast)
        grades = Fold(("What the grades mean",), exhibits.grades(self.case))
        return _section(exhibits.evidence(self.forecast), sources, sources and grades)

    def analysts(self) -> Section:
        """Tabulate who changed which judgement, where there are overlays."""
        if not self.overlays:
            return Section(())
        alone = exhibits.analysts_alone(self.base, self.overlays, self.forecast, self.headlines)
        return Section((exhibits.analysts(self.overlays), alone))

    def limits(self) -> Section:
        """Say what the forecast cannot know."""
        network = self.forecast.network
        rows: list[tuple[Part, ...]] = [
            (
                "Every event is a yes or a no, and every number is somebody's judgement or an "
                "estimate from past cases. A class of past cases that does not fit this one "
                "misleads, however well it was counted.",
            ),
            (
                "Facts on one event are taken as independent once the event is given, unless a "
                "driver stands between them.",
            ),
            (
                "What Admiralty grades and words mean in numbers is assumed; the sections on "
                "evidence and on the answer show the assumptions.",
            ),
            (
                "The band allows for the uncertain numbers of this case, not for an event, a link "
                "or a fact that it leaves out.",
            ),
        ]
        if idle := exhibits.unheard_of(self.case):
            rows.append(("Nothing is known of these drivers but their base rate: ", *idle, "."))
        if network.as_of:
            day = prose.day(network.as_of)
            rows.append((f"Nothing that became known after {day} is used.",))
        return _section(Listing(tuple(rows)), exhibits.corrections(self.case))

    def references(self) -> Section:
        """List where figures and claims come from."""
        if not self.case.references:
            return Section(())
        rows = []
        for name, one in self.case.references.items():
            made = ", ".join(str(part) for part in (one.author, one.publisher, one.date) if part)
            row: list[Part] = [
                Strong(name),
                ": ",
                Stated(one.title),
                Stated(f". {made}" * bool(made)),
            ]
            row += [". ", address(one.url)] if one.url else []
            row += [f" (read {one.accessed})"] if one.accessed else []
            row += [". ", Stated(one.note)] if one.note else ["."]
            rows.append(tuple(row))
        return Section(
            (Listing(tuple(rows), tuple(f"ref-{name}" for name in self.case.references)),)
        )

    def provenance(self) -> Section:
        """Say what the report was made from, and how to make it again."""
        return Section((exhibits.provenance_table(self.record),))


def prepare(
    case: str | Path,
    *,
    overlays: Sequence[str | Path] = (),
    as_of: str | None = None,
    by: str | None = None,
    audience: str = "analyst",
    outcomes: Sequence[str] = (),
    today: str | None = None,
) -> Report:
    """Make the forecast that a report tells of.

    Parameters
    ----------
    case : path
        The case file.
    overlays : sequence of path
        Applied one after the other.
    as_of, by : ISO date, optional
        Day of the forecast and day it is for, instead of the case's own.
    audience : {"analyst", "reader", "class"}
    outcomes : sequence of str
        The events the answer speaks of. By default the outcomes that a scenario names or a model
        estimates, or else the first five.
    today : ISO date, optional
        The day of reading, for a warning that the forecast is old. The clock is never asked.

    Returns
    -------
    Report

    Raises
    ------
    InputError
        If a file, a date, an event or the audience is not accepted.

    Examples
    --------
    >>> report = prepare("priors/first_case.yaml")
    >>> report.headlines
    ('bridge_closed',)
    """
    path = Path(case)
    _refuse_unknown("audience", audience, AUDIENCES)
    base = changed = load(path)
    for name in outcomes:
        _refuse_unknown("outcomes", name, base.events)
    read, texts = {}, {}
    for file in map(Path, overlays):
        overlay = load_overlay(file)
        changed = apply_overlay(changed, overlay, str(file))
        name = _beside(file, path)
        read[name], texts[name] = overlay, document.read_file(file)[0]
    settings = {
        "as_of": _iso(as_of, "as_of"),
        "by": _iso(by, "by"),
        "today": _iso(today, "today"),
        "audience": audience,
        "outcomes": list(outcomes),
    }
    forecast = run(changed, as_of=settings["as_of"], by=settings["by"])
    headlines = tuple(outcomes) or _headlines(changed)
    return Report(path.name, base, read, texts, forecast, headlines, settings)


def _section(*items: Item | None) -> Section:
    return Section(tuple(item for item in items if item is not None))


def _headlines(case: Case) -> tuple[str, ...]:
    """Choose the outcomes that the answer speaks of."""
    outcomes = [name for name, event in case.events.items() if event.role == "outcome"]
    named = {event for scenario in case.scenarios.values() for event in scenario.when}
    named |= {name for name, e in case.events.items() if e.base_rate and e.base_rate.model}
    return tuple(name for name in outcomes if name in named) or tuple(outcomes[:HEADLINES])


def _beside(file: Path, case: Path) -> str:
    """Name a file as seen from the folder of the case, so that no report names a machine's disk."""
    return file.resolve().relative_to(case.resolve().parent, walk_up=True).as_posix()


def _refuse_unknown(what: str, name: str, known) -> None:
    if name not in known:
        hint, accepted = nearest(str(name), known), ", ".join(known)
        raise InputError(
            Problem("is not known", what, found=str(name), accepted=accepted, hint=hint)
        )


def _iso(text: str | None, what: str) -> str | None:
    try:
        day = as_date(text)
    except ValueError:
        accepted = "a date such as 2021-09-15"
        raise InputError(
            Problem("is not a date", what, found=str(text), accepted=accepted)
        ) from None
    return day.isoformat() if day else None
