"""A case file, overlays and dates go in; the sections of a report, for a notebook, come out.

The notebook ``report.ipynb`` holds the order of the sections; this module says what stands in each.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from pathlib import Path

from forecasting.answer import frequencies
from forecasting.answer.check import check, together, uncounted
from forecasting.errors import InputError, Problem, nearest, refusal
from forecasting.explorer import fragment
from forecasting.file import document
from forecasting.file.case import as_date, load
from forecasting.file.overlay import apply, load_overlay
from forecasting.file.propositions import event_of, every, label_of, title_of
from forecasting.fit import audit
from forecasting.report import (
    analysts,
    exhibits,
    grounds,
    key_judgements,
    prose,
    provenance,
    reasons,
)
from forecasting.report import slides as deck
from forecasting.report.findings import Findings
from forecasting.report.key_judgements import FirstPage
from forecasting.tell import figures
from forecasting.tell import frequencies as counts
from forecasting.tell.markup import (
    Fold,
    Item,
    Listing,
    Markup,
    Paragraph,
    Section,
    address,
    joined,
)
from forecasting.tell.table import Stated, Strong

# analyst: everything. reader: the first page, why, and what to watch, with the tables that they are
# read from. class: everything, with probabilities also as frequencies, and the meaning of the words
# open.
AUDIENCES = ("analyst", "reader", "class")

# What a report is asked for, beside its case and overlays.
SETTINGS = ("as_of", "by", "audience", "outcomes", "today")

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


class Report(Findings):
    """What is found of a case, and the sections that tell of it."""

    @cached_property
    def first_page(self) -> FirstPage:
        """What stands on the first page."""
        return key_judgements.first_page(self)

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
        """Answer on one page: what, how sure, why, what would change it, when to look again."""
        network, page = self.forecast.network, self.first_page
        whose = analysts.named(self.overlays.values())
        by = (", with the judgements of ", whose) if self.overlays else ()
        items: list[Item] = [Paragraph((self.days, *by, "."), "dates")]
        items += [Paragraph((text,), "warning") for text in self.warnings]
        items += [prose.paragraph(page.sentence, "lead"), key_judgements.table(page)]
        items += [key_judgements.outlook(page)]
        about = {
            "title": self.case.title or self.case.case,
            "date": prose.day(network.as_of) if network.as_of else "",
            "carried": self.carried(),
        }
        return Section(tuple(items), about)

    def why(self) -> Section:
        """Tell for each headline what is asked, how it got there, and what it hangs on."""
        first = self.headlines[:1]
        return Section(
            tuple(
                Fold((Stated(title_of(self.case, name)),), self._why(name), f"why-{name}",
                     group="why", open=name in first)
                for name in self.headlines
            )
        )  # fmt: skip

    def _why(self, headline: str) -> tuple[Item, ...]:
        case = self.case
        asked = case.events[event_of(headline)]
        items: list[Item] = [Paragraph((Stated(asked.question),))] if asked.question else []
        told = prose.spoken(self.outcomes, [headline], self.amounts)
        items += [prose.paragraph(told, "answer")]
        if self.is_amount(headline):
            items.append(reasons.drawn(figures.amounts, self.forecast, event=headline))
        explained = [self.told[headline]] if self.brief else self.explained[headline]
        for name in filter(None, explained):
            rows, record = self.weights[name], self.outcomes.record(name)
            own = [] if name == headline else [
                prose.through(self.outcomes, headline, label_of(case, name))
            ]  # fmt: skip
            own += prose.way(self.outcomes, self.leanings, name)
            items.append(prose.paragraph(own))
            items += filter(None, [reasons.way(case, name, record, rows)])
            last = [*prose.assumption(self.bars[name], title_of(case, name))]
            if not self.brief:
                last += [prose.tip(self.tips[name], title_of(case, name))]
            items.append(prose.paragraph(last))
            items += [] if self.brief else self._counted(name)
        sure = prose.confidence(self.outcomes, self.basis, event_of(headline))
        return (*items, prose.paragraph(sure))

    def _counted(self, name: str) -> Iterator[Item]:
        """Count 1,000 cases, where one or two facts are all that bears on what is asked."""
        network = self.forecast.network
        facts = frequencies.facts_on(network, name)
        if not 1 <= len(facts) <= frequencies.MOST_FACTS:
            return
        found = frequencies.frequencies(network, name, facts)
        shown = (*counts.shown(found), counts.markup(found), counts.table(found))
        name = f"Of {found.cases:,} cases like this one"
        yield from shown if self._for("class") else (Fold((name,), shown),)

    def scenarios(self) -> Section:
        """Show the named scenarios."""
        return self._unless_brief(self.scenario_table)

    def explorer(self) -> Section:
        """Let the reader move every judgement and watch the forecast follow."""
        if self.brief:
            return Section(())
        told = "Move a judgement and the whole forecast follows at once, exact as above."
        name = f"fc-{self.case.digest[:8]}"
        outcome = next(iter(self.all_explained), None)
        live = fragment(self.forecast.network, outcome=outcome, name=name)
        source = f'<div class="live">\n<p>{told}</p>\n{live}</div>'
        return Section((Markup(source, NO_PAGE),))

    def watch(self) -> Section:
        """Tell what to look out for, and what it would tell."""
        return _section(self.watched and prose.paragraph(prose.news(self.watched)), self.watched)

    def evidence(self) -> Section:
        """Tabulate every fact, how it bears on what, and who reported it with which grade."""
        return self._unless_brief(exhibits.evidence(self.forecast), exhibits.sources(self.forecast))

    def method(self) -> Section:
        """Say how the forecast is made, what its words mean, and what it cannot know."""
        if self.brief:
            return Section(())
        network = self.forecast.network
        simple = all(event.is_yes_no for event in self.case.events.values())
        first = CAVEATS[0].format(YES_OR_NO if simple else SEVERAL)
        rows = [(text,) for text in (first, *CAVEATS[1:])]
        rows += [(BAND_CAVEAT,)] if self.forecast.draws else []
        if idle := exhibits.unheard_of(network):
            rows.append(("Nothing is known of these drivers but their base rate: ", *idle, "."))
        if network.as_of:
            day = prose.day(network.as_of)
            late = " The annex names what is left out." if uncounted(network) else ""
            rows.append((f"Nothing that became known after {day} is used.{late}",))
        words = exhibits.meanings()
        return _section(
            Paragraph((Stated(self.case.about),)) if self.case.about else None,
            Listing(tuple(rows)),
            exhibits.corrections(self.case),
            *(words if self._for("class") else [Fold(("What these words mean",), words)]),
        )

    def annex(self) -> Section:
        """Keep every table behind the report, closed until it is asked for."""
        folds = [(title, tuple(filter(None, items))) for title, items in self._annexed()]
        closed = tuple(Fold((title,), items) for title, items in folds if items)
        if self.brief:
            closed = (Fold(("Every table behind this report, and its sources",), closed),)
        return Section(closed)

    def _annexed(self) -> Iterator[tuple[str, tuple[Item | None, ...]]]:
        case, network, brief = self.case, self.forecast.network, self.brief
        others = [
            name for name, event in case.events.items()
            if event.role == "outcome" and name not in self.asked
        ]  # fmt: skip
        asked = exhibits.questions(case, "questions", "The headlines", self.asked)
        more = exhibits.questions(case, "more-questions", "The other questions", others)
        yield "How each question will be settled", (asked, more)
        amounts = exhibits.amounts(self.forecast, "driver")
        yield "All outcomes and drivers", (self.outcomes, self.amounts, self.drivers, amounts)
        yield "What others hold (shown, never used)", tuple(exhibits.views(self.forecast))
        if brief:
            yield "Scenarios", (self.scenario_table,)
            yield "Evidence and its sources", (
                exhibits.evidence(self.forecast), exhibits.sources(self.forecast),
            )  # fmt: skip
        for name in () if brief else self.all_explained:
            weights = reasons.weights(network, name, self.weights[name])
            tables = (weights, self.bars[name], self.tips[name], self.learned[name])
            yield f"In numbers: {title_of(case, name)}", tables
        yield "Base rates", (
            grounds.base_rates(self.forecast, "outcome"),
            grounds.base_rates(self.forecast, "driver"),
            grounds.links(case),
            grounds.fitted(self.forecast, str(self.settings["audience"])),
            grounds.data(self.forecast),
        )  # fmt: skip
        sums = (self.setting, self.basis, self.leanings)
        yield "What the forecast rests on", sums if not brief else sums[:2]
        if not brief:
            yield "What the Admiralty grades mean", exhibits.grades(case)
        remarks = () if brief else together(check(case, network))
        listed = Listing(tuple((Stated(f"{one.place}: {one.text}"),) for one in remarks))
        yield f"What the check of the case remarks ({len(remarks)})", (listed,) if remarks else ()
        yield "References", (self._references(),)
        yield "Provenance", (exhibits.record(self.record),)

    def slides(self) -> Section:
        """Tell it on at most ten slides."""
        return deck.slides(self, self.first_page)

    def analysts(self) -> Section:
        """Say who changed which judgement, and what each change makes, where there are overlays."""
        told = self.base, self.overlays, self.forecast, self.all_explained
        return Section(analysts.told(*told) if self.overlays else ())

    def _references(self) -> Listing | None:
        """List where figures and claims come from."""
        rows = {}
        for name, one in self.case.references.items():
            made = ", ".join(str(part) for part in (one.author, one.publisher, one.date) if part)
            told = [(Strong(name), ": ", Stated(one.title))]
            told += [(Stated(made),)] if made else []
            read = f" (read {one.accessed})" if one.accessed else ""
            told += [(address(one.url), read)] if one.url else []
            told += [(Stated(one.note),)] if one.note else []
            rows[f"ref-{name}"] = (*joined(told, ". "), "" if one.note else ".")
        return Listing((*rows.values(),), (*rows,)) if rows else None

    def _unless_brief(self, *items: Item | None) -> Section:
        return Section(()) if self.brief else _section(*items)

    def _for(self, audience: str) -> bool:
        return self.settings["audience"] == audience


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
        The events the answer speaks of. By default those that the case calls its headlines, or the
        five that the evidence moved most.
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


def _refuse_unknown(what: str, names: Iterable[str], known) -> None:
    accepted = ", ".join(known)
    problems = [
        Problem("is not known", what, found=name, accepted=accepted, hint=nearest(name, known))
        for name in map(str, names)
        if name not in known
    ]
    if problems:
        raise InputError(problems)


def _iso(text: str | None, what: str) -> str | None:
    try:
        day = as_date(text)
    except ValueError:
        accepted = "a date such as 2021-09-15"
        raise refusal("is not a date", what, found=str(text), accepted=accepted) from None
    return day.isoformat() if day else None
