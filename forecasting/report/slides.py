"""A report goes in; its slides, at most ten and each with one message, come out.

They say what the first page says, and show for each headline how it came about. A slide stands
alone: its numbers are those of the report, without the links that lead through it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from forecasting.report import key_judgements, reasons
from forecasting.report.findings import Findings
from forecasting.report.key_judgements import FirstPage, Judgement
from forecasting.report.prose import Sentence
from forecasting.tell import figures
from forecasting.tell.markup import (
    Heading,
    Item,
    Listing,
    Paragraph,
    Picture,
    Section,
    Slide,
    joined,
)
from forecasting.tell.table import Column, Link, Number, Part, Stated, Table

# Inches: a figure on a slide has fewer of them than on a page, so that its letters are larger.
WIDTH = 6.6


def slides(report: Findings, page: FirstPage) -> Section:
    """Make the slides of a report.

    They are the answer; the key judgements; one for each headline; the scenarios; what to watch;
    the basis and what would change it.

    Examples
    --------
    >>> from forecasting.report import prepare
    >>> report = prepare("priors/first_case.yaml")
    >>> len(slides(report, report.first_page).items)
    5
    """
    return Section(tuple(_slides(report, page)))


def _slides(report: Findings, page: FirstPage) -> Iterator[Slide]:
    case = report.case
    answer = (
        Paragraph((report.days, "."), "dates"),
        *(Paragraph((text,), "warning") for text in report.warnings),
        Paragraph(_said(page.sentence), "lead"),
    )
    yield Slide((Stated(case.title or case.case),), answer)
    told = _alone(key_judgements.table(page), "title", "said", "bar")
    yield Slide(("Key judgements",), (told,))
    for one in page.judgements:
        answered = ("; " if part == "\n" else part for part in _bare(one.said))
        yield Slide((Stated(one.title), ": ", *answered), _why(report, one))
    if table := report.scenario_table:
        shown = _alone(table, "title", "bar", "when", "posterior")
        first = max(table.records[:-1], key=lambda record: record["posterior"])
        chance = _bare((table.number(table.row(first), "posterior"),))
        title = ("Of the scenarios “", Stated(first["title"]), "” comes first (", *chance, ")")
        yield Slide(title, (shown,))
    if page.watch:
        watched = Listing(tuple(_bare(one.parts) for one in page.watch))
        yield Slide(_said(page.again), (watched,))
    basis, changes = (
        Listing(tuple(_bare(one.parts) for one in told)) for told in (page.basis, page.changes)
    )
    parts = (basis, Heading(("What would change it",)), changes)
    yield Slide(("How good the basis is, and what would change it",), parts)


def _why(report: Findings, judgement: Judgement) -> tuple[Item, ...]:
    """Show how a headline came about: a figure, or its reasons where there is none."""
    name, case = judgement.headline, report.case
    if report.is_amount(name):
        ax = figures.amounts(report.forecast, event=name)
        ax = figures.redrawn(ax, width=WIDTH, title="")  # which is the slide's own
        return (Picture(figures.svg(ax), figures.alt_text(ax)),)
    told = judgement.told
    way = told and reasons.way(case, told, report.outcomes.record(told), report.weights[told])
    if way:
        return (_alone(way),)
    return (Listing(tuple(_bare(reason.told) for reason in judgement.because)),)


def _said(sentences: Sequence[Sentence]) -> tuple[Part, ...]:
    return _bare(joined([one.parts for one in sentences], " "))


def _bare(parts: Sequence[Part]) -> tuple[Part, ...]:
    """Take the links out of a sentence: a slide shows none of the tables."""
    return tuple(
        part.text if isinstance(part, Number)
        else Stated(part.text) if isinstance(part, Link)
        else part
        for part in parts
    )  # fmt: skip


def _alone(table: Table, *names: str) -> Table:
    """Give a table, or some columns of it, without links."""
    shown = [one for one in table.filled().columns if not names or one.name in names]
    columns = tuple(Column(one.name, one.heading, number=one.number) for one in shown)
    records = tuple(
        {"row": str(i)} | {one.name: _bare(one.cell(record)) for one in shown}
        for i, record in enumerate(table.records, 1)
    )
    return Table(columns, records, f"slide-{table.name}", table.caption, "row", "")
