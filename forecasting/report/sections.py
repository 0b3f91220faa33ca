"""A case file, overlays and dates go in; the sections of a report, for a notebook, come out.

The notebook ``report.ipynb`` holds the order of the sections; this module says what stands in each.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

from forecasting.answer import compare
from forecasting.answer.check import check, together, uncounted
from forecasting.answer.explain import weight_of_evidence
from forecasting.answer.forecast import Forecast, run
from forecasting.answer.sensitivity import tornado
from forecasting.errors import InputError, Problem, nearest
from forecasting.explorer import fragment
from forecasting.file import document
from forecasting.file.case import Case, as_date, load
from forecasting.file.overlay import Overlay, apply, load_overlay, override
from forecasting.file.propositions import event_of, every, label_of, title_of
from forecasting.file.values import parse_day
from forecasting.fit import audit
from forecasting.report import exhibits, grounds, prose, provenance, reasons
from forecasting.tell import figures
from forecasting.tell.markup import (
    Fold,
    Heading,
    Item,
    Listing,
    Markup,
    Paragraph,
    Section,
    address,
    joined,
)
from forecasting.tell.table import Stated, Strong, Table

# analyst: everything. reader: no diagnostics and no tipping points. class: everything, with
# probabilities also as frequencies, and the meaning of the words open.
AUDIENCES = ("analyst", "reader", "class")

# So many outcomes are told in full unless they are named: what a reader takes in in ten minutes.
HEADLINES = 8

# What a scenario, a view or a fitted base rate counts in choosing them, in links and facts.
NAMED = 3

# A judgement that makes less of a difference than this, in probability, is not listed.
SLIGHT = 0.001

NO_PAGE = "Sliders for every judgement stand here in the HTML report."

YES_OR_NO = "Every event is a yes or a no"
SEVERAL = "Every event is a yes or a no, one of the states that are named, or an amount"
CAVEATS = (
    "{}, and every number is somebody's judgement or an estimate from "
    "past cases. A class of past cases that does not fit this one misleads, however well it was "
    "counted.",
    "Facts on one event are taken as independent once the event is given, unless a driver stands "
    "between them.",
    "What Admiralty grades and words mean in numbers is assumed; the sections on evidence and on "
    "the answer show the assumptions.",
)
BAND_CAVEAT = (
    "The band allows for the uncertain numbers of this case, not for an event, a link or a fact "
    "that it leaves out."
)


@dataclass(frozen=True)
class Report:
    """A case on a day, and the sections of its report.

    Attributes
    ----------
    path : Path
        The case file.
    base, case : Case
        As in the file, and with the overlays in their order.
    overlays : dict of file name to Overlay
        Names are relative to the folder of the case.
    texts : dict of file name to str
        The overlays as written.
    settings : dict
        ``as_of``, ``by``, ``today`` (ISO dates or None), ``audience`` and ``outcomes``.
    """

    path: Path
    base: Case
    case: Case
    overlays: Mapping[str, Overlay]
    texts: Mapping[str, str]
    settings: Mapping[str, object]

    @cached_property
    def forecast(self) -> Forecast:
        """The forecast that the report tells of."""
        return run(self.case, as_of=self.settings["as_of"], by=self.settings["by"])

    def tried(self) -> Report:
        """Make the forecast now, so that what is wrong with the input is said at once."""
        _ = self.forecast
        return self

    @cached_property
    def headlines(self) -> tuple[str, ...]:
        """The outcomes that the answer speaks of."""
        return tuple(self.settings["outcomes"]) or _headlines(self.case)

    @cached_property
    def asked(self) -> tuple[str, ...]:
        """The events of the headlines."""
        return tuple(dict.fromkeys(map(event_of, self.headlines)))

    @cached_property
    def explained(self) -> dict[str, list[str]]:
        """For each headline the propositions by which it is explained."""
        network = self.forecast.network
        return {name: reasons.explained(network, name) for name in self.headlines}

    @cached_property
    def all_explained(self) -> list[str]:
        """All of them, each once."""
        return list(dict.fromkeys(one for some in self.explained.values() for one in some))

    @cached_property
    def pictured(self) -> set[str]:
        """The first for each headline; of the others there are words and tables, but no figures."""
        return {some[0] for some in self.explained.values() if some}

    @cached_property
    def amounts(self) -> Table | None:
        """The points of the quantities among outcomes and headlines."""
        return exhibits.amounts(self.forecast, "outcome", self.headlines)

    @cached_property
    def outcomes(self) -> Table:
        """The table that most sentences are read from; it holds the headlines, whatever they are.

        An event that is named although it is a driver is told like an outcome.
        """
        audience = str(self.settings["audience"])
        return exhibits.events(self.forecast, "outcome", audience, self.headlines)

    @cached_property
    def leanings(self) -> Table:
        """Whether each headline leans on base rates or on evidence."""
        return reasons.leanings(self.forecast.network, self.all_explained)

    @cached_property
    def record(self) -> tuple[provenance.Entry, ...]:
        """What the report was made from."""
        again = provenance.command(self.path.name, list(self.texts), self.settings)
        return provenance.entries(self.path.name, self.texts, self.forecast, again)

    def carried(self) -> dict:
        """Give what the report carries to be compared and rebuilt from itself alone."""
        return {
            "format": provenance.FORMAT,
            "case": {"file": self.path.name, "text": self.base.text},
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
        analysts = ", ".join(overlay.analyst for overlay in self.overlays.values())
        by = (", with the judgements of ", Stated(analysts)) if analysts else ()
        items: list[Item] = [Paragraph((f"A forecast {when}", *by, "."), "dates")]
        today = as_date(self.settings["today"])
        told = provenance.warnings(self.forecast, today)
        items += [Paragraph((text,), "warning") for text in told]
        items += [Paragraph((Stated(self.case.about),))] if self.case.about else []
        about = {
            "title": self.case.title or self.case.case,
            "date": prose.day(network.as_of) if network.as_of else "",
            "carried": self.carried(),
        }
        return Section(tuple(items), about)

    def answer(self) -> Section:
        """Answer in a paragraph, or one for each headline; draw it; say how good its basis is."""
        setting, basis = exhibits.setting(self.forecast), exhibits.basis(self.forecast)
        scenarios = exhibits.scenarios(self.forecast)
        told = prose.answer(self.outcomes, setting, scenarios, self.headlines, self.amounts)
        drawn = reasons.drawn(
            figures.forecast, self.forecast, role=None, events=self.asked, title="The headlines"
        )
        items: list[Item] = [prose.paragraph(told, "answer"), drawn]
        if any("word" not in self.outcomes.record(name) for name in self.headlines):
            first = prose.opening(setting)  # too much in one paragraph: one for each headline
            spoken = [prose.spoken(self.outcomes, [n], self.amounts) for n in self.headlines]
            after = told[len(first) + sum(map(len, spoken)) :]
            parts = filter(None, (first, *spoken, after))
            items = [*(prose.paragraph(part, "answer") for part in parts), drawn]
        if basis and set(self.asked) <= {row["event"] for row in basis.records}:
            sure = prose.confidence(self.outcomes, basis, self.asked)
            items += [prose.paragraph(sure), Fold(("The count behind this",), (basis,))]
        words = exhibits.meanings()
        items += words if self._for("class") else [Fold(("What these words mean",), words)]
        return Section((*items, Fold(("The forecast at a glance",), (setting,))))

    def forecasts(self) -> Section:
        """Tabulate all outcomes with their bands; drivers; what others hold."""
        drivers = exhibits.events(self.forecast, "driver", str(self.settings["audience"]))
        views = tuple(exhibits.views(self.forecast))
        more = exhibits.amounts(self.forecast, "driver")
        return _section(
            self.outcomes,
            self.amounts,
            drivers and Fold((drivers.caption,), (drivers, *([more] if more else ()))),
            views and Fold(("What others hold (shown, never used)",), views),
        )

    def scenarios(self) -> Section:
        """Show the named scenarios."""
        table = exhibits.scenarios(self.forecast)
        rows = self.forecast.scenario_rows
        return _section(table and reasons.drawn(figures.scenarios, rows), table)

    def explorer(self) -> Section:
        """Let the reader move every judgement and watch the forecast follow."""
        told = "Move a judgement and the whole forecast follows at once, exact as above."
        name = f"fc-{self.case.digest[:8]}"
        live = fragment(
            self.forecast.network, outcome=next(iter(self.all_explained), None), name=name
        )
        source = f'<div class="live">\n<p>{told}</p>\n{live}</div>'
        return Section((Markup(source, NO_PAGE),))

    def question(self) -> Section:
        """Say what is asked, and how it will be settled."""
        events = self.case.events
        others = [
            name for name in events
            if events[name].role == "outcome" and name not in self.asked
        ]  # fmt: skip
        asked = tuple((Stated(q),) for name in self.asked if (q := events[name].question))
        settled = exhibits.questions(self.case, "questions", "Questions", self.asked)
        more = exhibits.questions(self.case, "more-questions", "The other questions", others)
        return _section(
            Listing(asked) if asked else None,
            settled and Fold(("How each will be settled",), (settled,)),
            more and Fold((f"The other questions ({len(others)})",), (more,)),
        )

    def got_there(self) -> Section:
        """Tell for each headline how it came from its base rate to the forecast."""
        items: list[Item] = []
        rows = weight_of_evidence(self.forecast.network, self.all_explained)
        for name in self.headlines:
            title = self._title(name)
            items.append(Heading((Stated(title),)))
            if self.case.events[event_of(name)].quantity and name in self.asked:
                items.append(prose.paragraph((prose.amount(self.amounts, name, title),)))
                items.append(reasons.drawn(figures.amounts, self.forecast, event=name))
            for event in self.explained[name]:
                own = [row for row in rows if row.outcome == event]
                table = reasons.weights(self.forecast.network, event, own)
                label = label_of(self.case, event)
                told = [] if event == name else [prose.through(self.outcomes, name, label)]
                told += prose.way(self.outcomes, self.leanings, event)
                told += prose.pushes(table, self._title(event))
                items.append(prose.paragraph(told))
                if own and event in self.pictured:
                    items.append(self._drawn(figures.weight_of_evidence, own, event))
                items.append(Fold(("Item by item",), (table,)))
        return Section(tuple(items))

    def hangs_on(self) -> Section:
        """Tell for each headline which judgements, and which unknowns, could move it."""
        network, items = self.forecast.network, [self.leanings]
        for event in self.all_explained:
            rows = [row for row in tornado(network, event) if row.swing > 0]
            bars, learned = reasons.bars(network, event, rows), reasons.learned(network, event)
            told = prose.assumption(bars, self._title(event))
            items += [Heading((Stated(self._title(event)),)), prose.paragraph(told)]
            if rows and event in self.pictured:
                most = {"most": reasons.MOST_BARS, "now": network.posterior()[event]}
                items.append(self._drawn(figures.tornado, rows, event, **most))
            inside = [table for table in (bars if rows else None, learned) if table]
            if inside and not self._for("reader"):
                items.append(Fold(("In numbers, and what could be learned",), tuple(inside)))
        return Section(tuple(items))

    def tipping_points(self) -> Section:
        """Tell for each headline which single number would change its word."""
        told, tables = [], []
        for event in () if self._for("reader") else self.all_explained:
            tips = reasons.tips(self.forecast.network, event)
            title = self._title(event)
            told.append(prose.tip(tips, title).parts)
            tables += [tips] if tips else []
        fold = Fold(("All of them, in numbers",), tuple(tables)) if tables else None
        return _section(Listing(tuple(told)) if told else None, fold)

    def watch(self) -> Section:
        """Tell what to look out for, and what it would tell."""
        watched = reasons.watched(self.forecast.network, self.all_explained)
        return _section(watched and prose.paragraph(prose.news(watched)), watched)

    def base_rates(self) -> Section:
        """Say where the numbers before the evidence come from."""
        drivers = grounds.base_rates(self.forecast, "driver")
        return _section(
            grounds.base_rates(self.forecast, "outcome"),
            drivers and Fold((drivers.caption,), (drivers,)),
            grounds.fitted(self.forecast, str(self.settings["audience"])),
            grounds.data(self.forecast),
        )

    def evidence(self) -> Section:
        """Tabulate every fact, what it is worth, and who reported it with which grade."""
        sources = exhibits.sources(self.forecast)
        grades = Fold(("What the grades mean",), exhibits.grades(self.case))
        return _section(exhibits.evidence(self.forecast), sources, sources and grades)

    def analysts(self) -> Section:
        """Say who changed which judgement, and what each change makes, where there are overlays."""
        if not self.overlays:
            return Section(())
        named = {
            name if [o.analyst for o in self.overlays.values()].count(name) == 1 else file: overlay
            for file, overlay in self.overlays.items()
            for name in [overlay.analyst]
        }
        network = self.forecast.network
        days = {"as_of": network.as_of, "resolve_by": network.resolve_by}
        days = {field: day and parse_day(day.isoformat()) for field, day in days.items()}
        base = replace(self.base, **days)
        cases = {
            name: replace(override(self.base, o.overrides, by=name), **days)
            for name, o in named.items()
        }
        outcomes = self.all_explained
        rows = compare.side_by_side({compare.AS_IT_STANDS: base, **cases}, outcomes)
        together = {row.event: row.posterior for row in self.forecast.event_rows}
        shares = [
            exhibits.shares(
                compare.split(base, case, names=(compare.AS_IT_STANDS, name), events=outcomes),
                f"shares-{i}",
                SLIGHT,
            )
            for i, (name, case) in enumerate(cases.items(), 1)
        ]
        folded = [Fold((Stated(table.caption),), (table,)) for table in shares if table]
        drawn = reasons.drawn(figures.analysts, rows)
        alone = exhibits.alone(rows, together)
        return _section(drawn, alone, *folded, exhibits.judgements(self.overlays))

    def limits(self) -> Section:
        """Say what the forecast cannot know."""
        network = self.forecast.network
        simple = all(event.is_yes_no for event in self.case.events.values())
        first = CAVEATS[0].format(YES_OR_NO if simple else SEVERAL)
        rows = [
            (text,)
            for text in (first, *CAVEATS[1:], *([BAND_CAVEAT] if self.forecast.draws else ()))
        ]
        if idle := exhibits.unheard_of(self.case):
            rows.append(("Nothing is known of these drivers but their base rate: ", *idle, "."))
        if network.as_of:
            day = prose.day(network.as_of)
            late = " The remarks below name what is left out." if uncounted(network) else ""
            rows.append((f"Nothing that became known after {day} is used.{late}",))
        remarks = together(check(self.case, network))
        listed = Listing(tuple((Stated(f"{one.place}: {one.text}"),) for one in remarks))
        fold = Fold((f"What the check of the case remarks ({len(remarks)})",), (listed,))
        corrections = exhibits.corrections(self.case)
        return _section(Listing(tuple(rows)), corrections, fold if remarks else None)

    def references(self) -> Section:
        """List where figures and claims come from."""
        rows = []
        for name, one in self.case.references.items():
            made = ", ".join(str(part) for part in (one.author, one.publisher, one.date) if part)
            told = [(Strong(name), ": ", Stated(one.title))]
            told += [(Stated(made),)] if made else []
            read = f" (read {one.accessed})" if one.accessed else ""
            told += [(address(one.url), read)] if one.url else []
            told += [(Stated(one.note),)] if one.note else []
            rows.append((*joined(told, ". "), "" if one.note else "."))
        names = tuple(f"ref-{name}" for name in self.case.references)
        return _section(Listing(tuple(rows), names) if rows else None)

    def provenance(self) -> Section:
        """Say what the report was made from, and how to make it again."""
        return _section(exhibits.record(self.record))

    def _for(self, audience: str) -> bool:
        return self.settings["audience"] == audience

    def _title(self, event: str) -> str:
        return title_of(self.case, event)

    def _drawn(self, draw, rows, event: str, **settings):
        names = figures.names_of(self.case)
        return reasons.drawn(draw, rows, outcome=event, names=names, **settings)


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
    """Read what a report is to be made of.

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
        The events the answer speaks of. By default the outcomes that the case says most of, up to
        eight.
    today : ISO date, optional
        The day of reading, for a warning that the forecast is old. The clock is never asked.

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
    _refuse_unknown("audience", [audience], AUDIENCES)
    base = changed = load(path)
    _refuse_unknown("outcomes", outcomes, {**base.events, **every(base)})
    read, texts = {}, {}
    for file in map(Path, overlays):
        overlay = load_overlay(file)
        changed = apply(changed, overlay)
        # Named as seen from the folder of the case, so that no report names a machine's disk.
        name = file.resolve().relative_to(path.resolve().parent, walk_up=True).as_posix()
        read[name], texts[name] = overlay, document.read_file(file)[0]
    settings = {
        "as_of": _iso(as_of, "as_of"),
        "by": _iso(by, "by"),
        "audience": audience,
        "outcomes": list(outcomes),
        "today": _iso(today, "today"),
    }
    return Report(path, base, changed, read, texts, settings)


def _section(*items: Item | None) -> Section:
    return Section(tuple(item for item in items if item))


def _headlines(case: Case) -> tuple[str, ...]:
    """Choose the outcomes that the case says most of.

    A scenario, a view or a fitted base rate that names one counts as much as three links or facts.
    """
    fitted = [name for name, e in case.events.items() if e.base_rate and e.base_rate.model]
    named = [event for one in case.scenarios.values() for event in one.when]
    named += [event for held in case.views.values() for event in held]
    named = [*map(event_of, named)]
    told = [event_of(end) for link in case.links for end in (link.source, link.target)]
    told += [event_of(event) for fact in case.evidence.values() for event in fact.events]
    asked = [name for name, event in case.events.items() if event.role == "outcome"]
    weight = Counter({name: NAMED * count for name, count in Counter(named + fitted).items()})
    weight.update(told)
    most = sorted(asked, key=lambda event: (-weight[event], event not in fitted))[:HEADLINES]
    return tuple(event for event in asked if event in most)


def _refuse_unknown(what: str, names: Iterable[str], known) -> None:
    problems = [
        Problem(
            "is not known",
            what,
            found=str(name),
            accepted=", ".join(known),
            hint=nearest(str(name), known),
        )
        for name in names
        if name not in known
    ]
    if problems:
        raise InputError(problems)


def _iso(text: str | None, what: str) -> str | None:
    try:
        day = as_date(text)
    except ValueError:
        accepted = "a date such as 2021-09-15"
        raise InputError(
            Problem("is not a date", what, found=str(text), accepted=accepted)
        ) from None
    return day.isoformat() if day else None
