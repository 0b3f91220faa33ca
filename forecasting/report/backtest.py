"""A task and the scores of its models go in; the page that tells of them comes out.

It needs no kernel and no script, and is the same for the same table.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from forecasting.ledger import backtest
from forecasting.ledger.rolling import SAID, Answers, Task
from forecasting.report.track_record import calibrated
from forecasting.tell.markup import Heading, Item, Paragraph, Section
from forecasting.tell.table import Stated

if TYPE_CHECKING:
    from nbformat import NotebookNode

TITLE = "Forecast again from past days"


def notebook(task: Task, found: Sequence[Answers]) -> NotebookNode:
    """Make the page of what :func:`forecasting.ledger.backtest.run` gave, for ``publish.write``."""
    from forecasting.report import exporter

    first, *others = (Paragraph((Stated(text),)) for text in backtest.opening(task))
    parts = [("opening", "", Section((Paragraph(first.parts, "lead"), *others)))]
    for i, (one, (title, sentence, table)) in enumerate(
        zip(found, backtest.told(task, found), strict=True), 1
    ):
        items = (Paragraph((Stated(sentence),)), table, *_calibration(one, task, f"words-{i}"))
        parts.append((f"question-{i}", title, Section(tuple(filter(None, items)))))
    return exporter.assembled(TITLE, f"{task.first} to {task.last}", parts)


def _calibration(one: Answers, task: Task, name: str) -> Iterator[Item | None]:
    if SAID not in one.scores:
        return
    model, said = next(iter(one.scores[SAID].items()))
    yield Heading((f"Calibration of {model}",))
    whose = (task.unit, f"units ({task.unit})") if task.unit else ("origin", "origins")
    found = backtest.calibration(one)
    yield from calibrated(name, found, said.tolist(), one.came.tolist(), whose)
