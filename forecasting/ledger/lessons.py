"""Rows of a ledger go in; what cost a forecaster most, and what whole cases earn, come out.

A forecast starts from a base rate and is moved by evidence, so what it lost splits in two: what the
base rate lost by itself, and what the evidence added to that or took off it.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import ClassVar

from forecasting.engine.network import Network
from forecasting.errors import refusal
from forecasting.file.case import Case
from forecasting.file.propositions import event_of
from forecasting.ledger import scores
from forecasting.ledger.expected import Expectation, JointScore, expected, joint_score
from forecasting.ledger.status import Scored

SAME = 1e-6  # as near as the same numbers come on two machines


@dataclass(frozen=True)
class Loss:
    r"""What one forecast lost, in nats: 0 is perfect, 0.69 what one half loses.

    Attributes
    ----------
    question, version, title, forecaster, cluster
    made_at, resolve_by : date
    outcome : bool or str
    prior, posterior : float
        Probability that was given to what came, before the evidence and after it.
    lost : float
        :math:`-\ln` posterior; infinite is shown as such.
    by_base_rate : float
        :math:`-\ln` prior.
    by_evidence : float
        The rest, :math:`\ln(\text{prior} / \text{posterior})`: below 0 if the evidence helped.
    """

    derived: ClassVar = ("dearer",)

    question: str
    version: int
    title: str
    forecaster: str
    cluster: str
    made_at: date
    resolve_by: date
    outcome: bool | str
    prior: float
    posterior: float
    lost: float
    by_base_rate: float
    by_evidence: float

    @property
    def dearer(self) -> str:
        """What cost more, ``base rate`` or ``evidence``; empty where there is no prior."""
        if math.isnan(self.by_base_rate):
            return ""
        return "evidence" if self.by_evidence > self.by_base_rate else "base rate"


def worst(rows: Iterable[Scored], most: int | None = 5) -> tuple[Loss, ...]:
    """List the headline forecasts that lost most, and whether base rate or evidence cost more.

    Parameters
    ----------
    rows : iterable of Scored
        With the forecasts of role ``prior`` from before the evidence. Amounts, of whose outcome
        there is no probability, are left out.
    most : int or None
        How many; None for all.

    Examples
    --------
    >>> same = dict(question="rain", version=1, title="Rain", by="Ann", lead_months=12.0)
    >>> same |= dict(type="yes_no", ordered=False, probs=None, quantiles=None, cluster="sky")
    >>> same |= dict(outcome=True, status="scored", late=False)
    >>> same |= dict(made_at=date(2025, 1, 1), resolve_by=date(2026, 1, 1))
    >>> (one,) = worst(
    ...     [Scored(role="prior", p=0.5, **same), Scored(role="headline", p=0.2, **same)]
    ... )
    >>> round(one.lost, 3), round(one.by_base_rate, 3), round(one.by_evidence, 3), one.dearer
    (1.609, 0.693, 0.916, 'evidence')
    """
    kept = [row for row in rows if scores.counts(row) and row.type != "quantity"]
    nats = [-one.log for one in scores.scored(kept)]
    before = {_of(row): lost for row, lost in zip(kept, nats, strict=True) if row.role == "prior"}
    found = []
    for row, lost in zip(kept, nats, strict=True):
        if row.role != "headline":
            continue
        start = before.get(_of(row), math.nan)
        # Who never held it possible lost it all by the base rate.
        moved = 0.0 if math.isinf(start) else lost - start
        found.append(
            Loss(
                row.question, row.version, row.title, row.by, row.cluster, row.made_at,
                row.resolve_by, row.outcome, math.exp(-start), math.exp(-lost), lost, start, moved,
            )
        )  # fmt: skip
    return tuple(sorted(found, key=lambda one: (-one.lost, one.question, one.forecaster))[:most])


@dataclass(frozen=True)
class Whole:
    """One case on one of its days as one forecast.

    Attributes
    ----------
    forecaster, case_digest : str
    made_at, resolve_by : date
    outcomes : dict of event or proposition to what came
    joint : JointScore
        An amount or a choice counts once; its cuts follow from it.
    expected : tuple of Expectation
        Of the same questions as the mean scores of the ledger.
    """

    forecaster: str
    case_digest: str
    made_at: date
    resolve_by: date
    outcomes: dict[str, bool | str | float]
    joint: JointScore
    expected: tuple[Expectation, ...]


def wholes(rows: Sequence[Scored], case_of: Callable[[str], Case]) -> tuple[Whole, ...]:
    """Score each case that was recorded as a whole, for each of its days.

    Parameters
    ----------
    rows : sequence of Scored
    case_of : callable
        Gives the case of a digest, as it was when it was recorded.

    Raises
    ------
    InputError
        If a case contradicts itself, is not that of the rows, or gives other numbers now than were
        recorded.
    """
    apart: dict[tuple, dict[str, Scored]] = defaultdict(dict)
    for row in rows:
        if scores.counts(row) and row.role == "headline" and row.case_digest:
            name = row.question.partition("/")[2].partition("@")[0]
            apart[row.by, row.case_digest, row.made_at, row.resolve_by][name] = row
    found = []
    for (by, digest, made_at, resolve_by), said in apart.items():
        outcomes = {name: row.outcome for name, row in said.items()}
        network = Network(case_of(digest), made_at, resolve_by)
        _refuse_others(network, said)
        whole = {
            name: outcome
            for name, outcome in outcomes.items()
            if event_of(name) == name or event_of(name) not in outcomes
        }
        scored = any(not isinstance(value, float) for value in outcomes.values())
        hoped = expected(network, outcomes) if scored else ()
        joint = joint_score(network, whole)
        found.append(Whole(by, digest, made_at, resolve_by, outcomes, joint, hoped))
    return tuple(found)


def _refuse_others(network: Network, said: Mapping[str, Scored]) -> None:
    """Refuse a case that does not say any more what it said, as after a new version of a model."""
    now = network.posterior()
    for name, p in ((name, row.p) for name, row in said.items()):
        if p is not None and name in now and abs(now[name] - p) > SAME:
            problem = "it gives other numbers now than were recorded; its base rates are others"
            hint = "the fits of its day, with forecasting.file.fits.as_recorded(FOLDER)"
            raise refusal(problem, found=f"{name}: {now[name]:.3f}, recorded {p:.3f}", hint=hint)


def _of(row: Scored) -> tuple:
    """Name what a prior and its posterior share."""
    return row.by, row.question, row.version, row.made_at
