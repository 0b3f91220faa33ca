"""Cases, views and outcomes go in; how questions stand, and the scores of forecasts, come out.

What a person asks of a ledger: to record, to resolve, to seal and to score. The file itself is
:mod:`forecasting.ledger.store`.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from functools import cache
from typing import TYPE_CHECKING

from forecasting.answer.rows import tidy
from forecasting.errors import refusal
from forecasting.file.case import Case, as_date, read
from forecasting.ledger import entries, scores, status
from forecasting.ledger.entries import Body, Entry, Question, Resolution, Seal
from forecasting.ledger.status import Scored, Standing
from forecasting.ledger.store import Head, Store, canonical, digest_of

if TYPE_CHECKING:
    import pandas as pd

    from forecasting.answer.forecast import Forecast


class Ledger(Store):
    """A file of forecasts and of what came of them, that only grows.

    Parameters
    ----------
    path : path
        It need not be there: what is recorded first makes it.

    Examples
    --------
    >>> import tempfile
    >>> from forecasting.file.case import read
    >>> case = read('''
    ... case: weather
    ... as_of: 2025-01-01
    ... resolve_by: 2026-01-01
    ... events: {rain: {base_rate: 30%}}
    ... ''')
    >>> ledger = Ledger(tempfile.mkdtemp() + "/ledger.db")
    >>> head = ledger.record(case, by="Ann")
    >>> head = ledger.resolve("weather/rain@2026-01-01", "yes", known_on="2025-06-01", by="Ann")
    >>> table = ledger.scores("2026-01-01")
    >>> table[["by", "role", "p", "outcome", "brier"]].round(2).values.tolist()
    [['Ann', 'headline', 0.3, True, 0.49], ['Ann', 'prior', 0.3, True, 0.49]]
    """

    def record(
        self,
        said: Case | Forecast,
        *,
        by: str,
        as_of: date | str | None = None,
        until: Sequence[date | str] = (),
        note: str = "",
        private: bool = False,
    ) -> Head:
        """Record what a case says of each outcome, on each of its days, all or nothing.

        Parameters
        ----------
        said : Case or Forecast
        by : str
            Who forecasts.
        as_of, until, note, private
            As for :func:`forecasting.ledger.recording.record`.

        Returns
        -------
        Head
            The end of the chain: keep it elsewhere too.

        Raises
        ------
        InputError
            If the case has no day, the file cannot be written, or the forecast supposes something
            (``given``, ``do``), which nobody can settle.
        """
        from forecasting.answer.forecast import Forecast
        from forecasting.ledger import recording

        if isinstance(said, Forecast):
            if said.given or said.do:
                raise refusal("a forecast that supposes something cannot be settled")
            as_of, said = as_of or said.network.as_of, said.case
        days = [as_date(day) for day in until]
        how = {"as_of": as_date(as_of), "until": days, "note": note, "private": private}
        return self.append(*recording.record(said, by, **how))

    def resolve(self, question: str, outcome: str, *, by: str, **about) -> Head:
        """Record how a question came out, and its cuts, of an amount or of states, with it.

        Parameters
        ----------
        question : str
            Its ``id``.
        outcome : str
            ``yes``, ``no``, a state, an amount, ``annulled`` or ``ambiguous``.
        by : str
            Who says so.
        **about
            ``happened_on``, ``known_on``, ``source``, ``confidence``, ``proxy``, ``why`` and
            ``version``, as :class:`forecasting.ledger.entries.Resolution` has them.

        Raises
        ------
        InputError
            If there is no such question, or that is no answer to it or contradicts another.
        """
        days = {name: day and str(day) for name, day in about.items() if name.endswith("_on")}
        held = {"question": question, "outcome": outcome, **about, **days}
        return self.settle([entries.checked(entries.read("resolution", held, question))], by=by)

    def settle(self, answers: Iterable[Resolution], *, by: str) -> Head:
        """Record how questions came out, and what follows, all or nothing.

        Raises
        ------
        InputError
            As :meth:`resolve`, and :func:`forecasting.ledger.recording.agreed`.
        """
        from forecasting.ledger import recording

        found = recording.agreed(self.entries(), cache(self.case), answers)
        return self.append((by, one) for one in found)

    def case(self, digest: str) -> Case:
        """Read a case that forecasts were made from; its tables are looked for beside the ledger.

        Raises
        ------
        InputError
            If it is not here, or cannot be read.
        """
        if (text := self.source(digest)) is None:
            raise refusal("the ledger does not keep its text")
        return read(text, str(self.path.with_suffix(".yaml")))

    def withdraw(self, question: str, *, by: str, made_at: date | str, why: str = "") -> Head:
        """Record that somebody no longer stands by a forecast, from a day on.

        What was said before still counts as what was said first; as the last, or for the days
        that follow, it does not.
        """
        held = {"question": question, "made_at": str(made_at), "why": why}
        return self.append([(by, entries.read("withdrawal", held, question))])

    def status(self, day: date | str) -> list[Standing]:
        """Tell how each question stands on a day."""
        return [*status.standings(self.entries(), as_date(day)).values()]

    def rows(self, day: date | str, take: str = "first") -> list[Scored]:
        """Put each forecast beside its question and what came of it: see :func:`status.rows`."""
        return self.look(day, take)[1]

    def look(self, day: date | str, take: str = "first") -> tuple[list[Standing], list[Scored]]:
        """Give :meth:`status` and :meth:`rows` of one reading of the file."""
        noted, day = self.entries(), as_date(day)
        return [*status.standings(noted, day).values()], status.rows(noted, day, take)

    def scores(self, day: date | str, take: str = "first") -> pd.DataFrame:
        """Give a table of forecasts and their scores.

        Columns question, version, by, role, made_at, lead_months, p, outcome, status, brier, log,
        cluster, late, crps and entered_late.
        """
        return tidy(scores.ScoreRow, scores.scored(self.rows(day, take)))

    def reveal(self, text: str, file: str = "sealed.json") -> Head:
        """Take in forecasts that were sealed before.

        Raises
        ------
        InputError
            If no such seal is in the ledger, or the text was changed.
        """
        noted, sources = opened(text, file)
        here = self.entries()
        seals = [entry for entry in here if isinstance(entry.body, Seal)]
        if all(entry.body.digest != digest_of(text) for entry in seals):
            problem = "no seal of this ledger is of this text: it was changed, or never sealed here"
            raise refusal(problem, file)
        return self.add_new(noted, sources)

    def add_new(
        self, noted: Iterable[tuple[str, Body]], sources: Mapping[str, str] | None = None
    ) -> Head:
        """Add what was written elsewhere, but for what stands here already.

        An export of another site, or a disclosed seal, is read again without adding anything twice.

        Parameters
        ----------
        noted, sources
            As for :meth:`forecasting.ledger.store.Store.append`.
        """
        noted_here = self.entries() if self.begun() else ()
        here = {_said(e.by, e.body) for e in noted_here if not isinstance(e.body, Question | dict)}
        # What a question asks may change and change back: that is told by its versions.
        fresh = (one for one in noted if isinstance(one[1], Question) or _said(*one) not in here)
        return self.append(fresh, sources)


def exported(
    ledger: Ledger, day: date, *, private: bool = False, anonymous: bool = False
) -> list[Scored]:
    """List all forecasts for other tools.

    Parameters
    ----------
    ledger : Ledger
    day : date
    private : bool
        With those on private questions.
    anonymous : bool
        Forecasters are numbered, and days of forecasts left out; so are the months that a
        forecast was ahead, from which its day could be counted back.
    """
    noted = ledger.entries()
    shown = public(noted)
    rows = status.rows(noted, day, "all")
    kept = [row for row in rows if private or shown(row.question)]
    if not anonymous:
        return kept
    number: dict[str, str] = {}
    for row in kept:
        number.setdefault(row.by, f"forecaster {len(number) + 1}")
    return [replace(row, by=number[row.by], made_at=None, lead_months=math.nan) for row in kept]


def public(noted: Iterable[Entry]) -> Callable[[str], bool]:
    """Make what tells whether a question, by its ``id``, may be shown: it was never private."""
    secret = {e.body.id for e in noted if isinstance(e.body, Question) and e.body.private}
    return lambda question: question not in secret


def _said(by: str, body: Body) -> str:
    """Write who says what, whatever version of a question it fell to."""
    return canonical([by, entries.kind_of(body), entries.plain(body) | {"version": 0}])


def sealed(
    noted: Iterable[tuple[str, Body]],
    salt: str,
    note: str = "",
    sources: Mapping[str, str] | None = None,
) -> tuple[Seal, str]:
    """Seal forecasts: give what may be published now, and what is kept back until later.

    Parameters
    ----------
    noted : iterable of (str, entry)
    salt : str
        Random, or the few probabilities there are could be tried out.
    note : str
        To be published.
    sources : dict of digest to text, optional
        Cases that forecasts were made from, without which they could not be rebuilt.

    Examples
    --------
    >>> seal, text = sealed([("Ann", entries.Resolution(question="rain", outcome="yes"))], "93a1")
    >>> seal.digest == digest_of(text), opened(text)[0][0][1].outcome
    (True, 'yes')
    """
    plain = [
        {"by": by, "kind": entries.kind_of(body), "body": entries.plain(body)} for by, body in noted
    ]
    text = canonical({"salt": salt, "entries": plain, "sources": dict(sources or {})})
    return Seal(digest=digest_of(text), note=note), text


def opened(text: str, file: str = "sealed.json") -> tuple[list[tuple[str, Body]], dict[str, str]]:
    """Read what was kept back under a seal: entries, and the cases they were made from."""
    try:
        held = json.loads(text)
        noted = [
            (one["by"], entries.read(one["kind"], one["body"], file)) for one in held["entries"]
        ]
        sources = dict(held.get("sources", {}))
        if any(digest_of(content) != digest for digest, content in sources.items()):
            raise ValueError
        return noted, sources
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise refusal("is no sealed forecast", file) from None
