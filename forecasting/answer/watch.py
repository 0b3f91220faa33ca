"""A network goes in; what there is to learn, and what each finding would do to an outcome, out.

An indicator is a fact that has not been seen yet (``status: pending``). Seen or not, it would move
the forecast; before it is, the expected move is zero, and what can be said is how much it is likely
to tell. Events can be learned too: what if this driver turned out true?
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import chain, combinations

import numpy as np

from forecasting.answer.explain import outcomes_of
from forecasting.engine.network import Network
from forecasting.file.case import as_date
from forecasting.file.propositions import event_of, title_of
from forecasting.file.quantities import claim_of
from forecasting.judgement import sigmoid
from forecasting.lexicon import LEXICONS, Bits, Chance


@dataclass(frozen=True, slots=True)
class FindingRow:
    """Something that could be learned, and what it would do to an outcome.

    Attributes
    ----------
    outcome : str
        An event, or a state or cut of one, that the finding tells of.
    kind : {"indicator", "driver", "outcome", "pair"}
        A fact not seen yet, another event (or a state or cut of one), or two indicators watched
        together.
    finding : str
        The fact or the event; of a pair, both, joined by " + ".
    title : str
        The same in words.
    probability : float
        That it will be seen, or is true, given all evidence so far; of a pair, that both are.
    if_yes, if_no : float
        Posterior of the outcome if so, and if not; of a pair, if both, and if neither.
    bits : float
        Mutual information with the outcome's event: expected fall of its entropy.
    brier_gain : float
        Expected fall of the Brier score (0 to 1) of the forecast: the variance of its next value.
    word_changes : float
        Probability that the outcome's likelihood word changes.
    word_if_yes, word_if_no : str
        The words it would have.
    watch_until : date or None
        The day until which to look out for the fact.
    overdue : bool
        It was to be watched until a day before the forecast: say whether it was seen or not.
    """

    outcome: str
    kind: str
    finding: str
    title: str
    probability: Chance
    if_yes: Chance
    if_no: Chance
    bits: Bits
    brier_gain: float
    word_changes: Chance
    word_if_yes: str
    word_if_no: str
    watch_until: date | None
    overdue: bool


def indicators(network: Network, outcomes: Sequence[str] | None = None) -> tuple[FindingRow, ...]:
    r"""Rank the indicators by what they can be expected to tell about each outcome.

    .. math:: I(F; O) = \sum_{f, o} P(f, o) \log_2 \frac{P(f, o)}{P(f)\,P(o)}

    with everything given the evidence so far.

    Parameters
    ----------
    network : Network
    outcomes : sequence of str, optional
        Any events; all outcomes of the case if not given.

    Returns
    -------
    tuple of FindingRow
        By outcome, the most telling first.

    References
    ----------
    Howard (1966), doi:10.1109/TSSC.1966.300074 (information before it is known); Cover & Thomas,
    Elements of Information Theory (mutual information).

    Examples
    --------
    A fact that is certain if the event comes true, and impossible if not, tells all there is:

    >>> from forecasting.file.case import read
    >>> network = Network(
    ...     read('''
    ... case: rain
    ... events: {rain: {base_rate: 50%}}
    ... evidence: {wet: {bears_on: rain, if_yes: 1, if_no: 0, status: pending}}
    ... ''')
    ... )
    >>> (row,) = indicators(network)
    >>> row.bits, row.brier_gain, row.word_changes
    (1.0, 0.25, 1.0)
    """
    names = pending(network)
    return _ranked(network, [(("fact", name),) for name in names], outcomes)


def pairs(network: Network, outcomes: Sequence[str] | None = None) -> tuple[FindingRow, ...]:
    """Rank all pairs of indicators: two that say the same are worth little more than one.

    Parameters and result as for :func:`indicators`.
    """
    both = [(("fact", a), ("fact", b)) for a, b in combinations(pending(network), 2)]
    return _ranked(network, both, outcomes)


def learnable(network: Network, outcomes: Sequence[str] | None = None) -> tuple[FindingRow, ...]:
    """Rank the other events by what knowing them would tell about each outcome.

    Parameters and result as for :func:`indicators`. This is the second kind of tornado: something
    is learned, where :func:`forecasting.answer.sensitivity.tornado` moves a judgement.
    """
    return _ranked(network, [(("event", n),) for n in network.names], outcomes)


def pending(network: Network) -> tuple[str, ...]:
    """List the facts that are not seen yet and that nobody has reported."""
    reported = {fact for fact, _ in network.counted}
    return tuple(
        name
        for name, fact in network.case.evidence.items()
        if fact.status == "pending" and name not in reported
    )


def _ranked(network: Network, findings: list[tuple], outcomes) -> tuple[FindingRow, ...]:
    """Solve all findings in one batch, and sum each up for each outcome."""
    if not network.names:  # an amount without cuts has no proposition that could be told of
        return ()
    now = network.posterior()
    words = LEXICONS[network.case.lexicon]
    evidence = network.tables({}, {})

    def columns() -> Iterator[np.ndarray]:
        for finding in findings:
            for states in np.ndindex(*(2,) * len(finding)):
                tables = evidence.copy()
                for (kind, name), yes in zip(finding, states, strict=True):
                    if kind == "fact":
                        tables[network.finding_cells(name)] *= (not yes, yes)
                    else:
                        tables[network.excluded(name, bool(yes))] = 0.0
                yield tables

    log_z, log_odds, shares = network.solved(chain([evidence], columns()))
    whole, log_z, log_odds, shares = shares[:, 0], log_z[1:], log_odds[:, 1:], shares[:, 1:]
    states = 2 ** len(findings[0]) if findings else 1  # of each finding, one column after the other
    chance = np.exp(log_z - network.log_evidence()).reshape(-1, states)
    after = sigmoid(log_odds).reshape(len(log_odds), -1, states)
    shares = shares.reshape(len(shares), -1, states)
    rows = []
    for outcome in outcomes_of(network, outcomes):
        p = now[outcome]
        v, event = network.row(outcome), event_of(outcome)
        own = network.states(event)
        found = []
        for i, finding in enumerate(findings):
            if any(kind == "event" and event_of(name) == event for kind, name in finding):
                continue
            share, then = chance[i], np.where(chance[i] > 0, after[v, i], p)
            if event == outcome:
                before, left = _entropy([1 - p, p]), _entropy([1 - then, then])
            else:  # of the event as a whole: which of its states
                before, left = _entropy(whole[own]), _entropy(shares[own, i])
            changed = [str(words(float(q))) != str(words(p)) for q in then]
            kinds = [_kind(network, *one) for one in finding]
            until = [day for *_, day in kinds if day]
            row = FindingRow(
                outcome,
                kinds[0][0] if len(kinds) == 1 else "pair",
                " + ".join(name for _, name in finding),
                " + ".join(title for _, title, _ in kinds),
                float(share[-1]),
                float(then[-1]),
                float(then[0]),
                max(0.0, float(before - share @ left)),
                max(0.0, float(share @ (then - p) ** 2)),
                1.0 if all(changed) else float(share[changed].sum()),  # certain is not nearly so
                str(words(float(then[-1]))),
                str(words(float(then[0]))),
                min(until, default=None),
                any(network.as_of and day < network.as_of for day in until),
            )
            found.append(row)
        rows += sorted(found, key=lambda row: (-row.bits, row.finding))
    return tuple(rows)


def _kind(network: Network, kind: str, name: str) -> tuple[str, str, date | None]:
    if kind == "event":
        return network.case.events[event_of(name)].role, title_of(network.case, name), None
    fact = network.case.evidence[name]
    return "indicator", claim_of(network.case, name), as_date(fact.watch_until)


def _entropy(shares):
    """Give the entropy of the states, in bits; nothing is uncertain at 0 and 1."""
    p = np.asarray(shares, float)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(p > 0, -p * np.log2(p), 0.0).sum(axis=0)
