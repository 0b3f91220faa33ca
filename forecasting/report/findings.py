"""A case, overlays and days go in; every table that a report is read from comes out.

Each is made once, when it is first asked for. What is told of them, and in which order, stands in
``key_judgements.py`` and ``sections.py``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Self

from forecasting.answer.explain import WeightRow, foremost, weight_of_evidence
from forecasting.answer.forecast import Forecast, run
from forecasting.answer.headlines import foremost_move, headlines
from forecasting.answer.sensitivity import tornado
from forecasting.file.case import Case, as_date
from forecasting.file.overlay import Overlay
from forecasting.file.propositions import event_of
from forecasting.report import exhibits, prose, provenance, reasons
from forecasting.tell.groups import by
from forecasting.tell.table import Number, Table


@dataclass(frozen=True)
class Findings:
    """A case on a day, and what is found of it.

    ``base`` is as in the file ``path``, ``case`` with the overlays in their order; these, and their
    ``texts`` as written, are by file name relative to the folder of the case. ``settings`` are
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
        """The forecast that is told of."""
        return run(self.case, as_of=self.settings["as_of"], by=self.settings["by"])

    def tried(self) -> Self:
        """Make the forecast now, so that what is wrong with the input is said at once."""
        _ = self.forecast
        return self

    @cached_property
    def headlines(self) -> tuple[str, ...]:
        """The outcomes that are told in full."""
        return tuple(self.settings["outcomes"]) or headlines(self.forecast.network)

    @cached_property
    def asked(self) -> tuple[str, ...]:
        """The events of the headlines."""
        return tuple(dict.fromkeys(map(event_of, self.headlines)))

    @cached_property
    def told(self) -> dict[str, str | None]:
        """For each headline the proposition that the first page speaks of."""
        network = self.forecast.network
        return {
            name: foremost_move(network, name) if self.is_amount(name) else foremost(network, name)
            for name in self.headlines
        }

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
    def days(self) -> str:
        """From when to when it looks, in words."""
        network = self.forecast.network
        days = (("as of", network.as_of), ("looking to", network.resolve_by))
        told = ", ".join(f"{word} {prose.day(date)}" for word, date in days if date)
        return f"{told[:1].upper()}{told[1:]}"

    @cached_property
    def warnings(self) -> tuple[str, ...]:
        """What must be known before the first number."""
        return provenance.warnings(self.forecast, as_date(self.settings["today"]))

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
    def drivers(self) -> Table | None:
        """The same of the drivers."""
        return exhibits.events(self.forecast, "driver", str(self.settings["audience"]))

    @cached_property
    def setting(self) -> Table:
        """The days of the forecast, and what it rests on, in numbers."""
        return exhibits.setting(self.forecast)

    @cached_property
    def basis(self) -> Table:
        """How much evidence stands behind each headline."""
        return exhibits.basis(self.forecast, self.asked)

    @cached_property
    def scenario_table(self) -> Table | None:
        """The named scenarios, and the rest."""
        return exhibits.scenarios(self.forecast)

    @cached_property
    def leanings(self) -> Table:
        """Whether each headline leans on base rates or on evidence."""
        return reasons.leanings(self.forecast.network, self.all_explained)

    @cached_property
    def weights(self) -> dict[str, Sequence[WeightRow]]:
        """What each item did, by what it moved."""
        rows = weight_of_evidence(self.forecast.network, self.all_explained)
        return dict.fromkeys(self.all_explained, ()) | by(lambda row: row.outcome, rows)

    @cached_property
    def bars(self) -> dict[str, Table | None]:
        """The judgements that could move each headline furthest."""
        network = self.forecast.network
        moved = {n: [r for r in tornado(network, n) if r.swing > 0] for n in self.all_explained}
        return {name: reasons.bars(network, name, rows) for name, rows in moved.items()}

    @cached_property
    def tips(self) -> dict[str, Table | None]:
        """The single numbers that would take each headline to another word."""
        return {name: reasons.tips(self.forecast.network, name) for name in self.all_explained}

    @cached_property
    def watched(self) -> Table | None:
        """What to look out for."""
        network, brief = self.forecast.network, self.brief
        return reasons.watched(network, self.all_explained, brief=brief)

    @cached_property
    def learned(self) -> dict[str, Table | None]:
        """What it would tell of each headline to know of another event."""
        return {name: reasons.learned(self.forecast.network, name) for name in self.all_explained}

    def is_amount(self, headline: str) -> bool:
        """Tell whether a headline asks how much; a cut of an amount asks whether."""
        asked = self.case.events.get(headline)
        return asked is not None and asked.quantity is not None

    def held(self, event: str) -> Number | None:
        """Quote the probability of an event now, from the table that it stands in."""
        for table in filter(None, (self.outcomes, self.drivers)):
            if any(
                table.row(record) == event and "posterior" in record for record in table.records
            ):
                return table.number(event, "posterior")
        return None

    @property
    def brief(self) -> bool:
        """Whether it is for a reader, who wants the answer and no more."""
        return self.settings["audience"] == "reader"
