r"""A case goes in; PyMC's answer beside the exact one, event by event, and a verdict come out.

`build` writes the whole network the obvious way, as a plain `pymc.Model` (see
`forecasting.fit.joint_model`). `audit` samples it (see `forecasting.fit.importance`) and holds it
against the exact engine.

It answers twice. A count is a Beta distribution, counts of several states are a Dirichlet, and a
probability carried over to another window is neither a Beta nor a logit-normal; in the engine, and
in the model above, the logit-normal with the same mean and the same standard deviation stands in
for each. A second model (``build(case, stated=True)``) draws what was stated itself: the Beta, the
Dirichlet, and what is carried over, draw by draw. Beside the verdict stands how far that moves each
event. It tells what the stand-ins cost, not whether the engine is right, so a large move is a
warning and no failure.

Only links make a difference. The exact answer needs the mean of every cell of every table, and
where nothing but one uncertain number is in a cell, its mean is all that counts, which the stand-in
has: so it is for an event without links, for the rows of a table, for `if_yes` and `if_no`, for
letters. A link shifts the log-odds of what was stated, and the mean of what is shifted depends on
the whole distribution. Where no stand-in is shifted there is no second run. (Of a fit, mean and
standard deviation are kept and not the draws: its logit-normal counts as what was stated.)

What the two share, and the audit so cannot find wrong: the reading of the file into judgements
(`forecasting.judgement`: a median and a spread, and in the first answer the stand-ins), how long
the window is beside the one stated (`Network.stated_rate`), and the constants that the design
derives from mean judgements: the intercepts of each node (what solves for them is
`forecasting.shares` where several states have rows of their own; in those of an amount is also how
its distribution lies about its cuts), the prior probability of each state and fact (on which `now`
and reports rest), and kappa, the probability of each source's reports if it is sound. Those have
brute-force tests of their own. In the second answer they are those of what was stated. With the
engine's intercepts a base rate would not stay what it is, and that would pass for a move; so they
are solved here, by quadrature, and the rest is asked of a network whose tables are what comes of
it. No code of inference is shared: which evidence counts on a day, the tables, the expectation over
uncertain numbers and the elimination are done anew here.

On many comparisons: if both programs are right, an event's difference exceeds 4 standard errors
with probability 0.00006. The bound of Bonferroni, which does not need the events independent, makes
that at most 0.3% for 50 events: one false alarm in some 300 audits. A real error shows when it is
larger than about 6 standard errors; the last line of the table says what that is in points.

Standard errors come from the effective sample size of the weighted draws. They must be small
(`LARGEST_ERROR`): wide errors are "not enough draws", never agreement.
"""

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from forecasting.engine.network import Network
from forecasting.errors import refusal
from forecasting.file import fits
from forecasting.file.case import Case, as_date, write_text
from forecasting.file.propositions import title_of
from forecasting.fit.importance import FEWEST_EFFECTIVE, HEAVIEST_TAIL, Weighted, sample
from forecasting.fit.joint_model import build, shifts, variables, written

__all__ = ["Audit", "Comparison", "StandIns", "audit", "build", "keep", "kept", "variables"]

if TYPE_CHECKING:
    import pandas as pd
    import pymc as pm

DRAWS = 400_000
SEED = 20210915

# Draws of what was stated itself: this many, or a third of those above if that is more, but never
# more than those. In the main case they give standard errors of up to 0.2 points.
STATED_DRAWS = 150_000

# An event that a stand-in moves by more than this is warned of; standard errors must be at most a
# quarter of it.
LARGEST_MOVE = 0.01

# Agreement is a difference of at most this many standard errors, of which none may be larger than
# this.
LIMIT = 4.0
LARGEST_ERROR = 0.005

# The same for the logarithm of the probability of the evidence.
LARGEST_LOG_ERROR = 0.05

# Fewer draws than this, effectively, that show the rarer state of an event do not show how much
# their number varies.
RARE = 25

# An error of this many standard errors exceeds the limit with probability 97.7%.
SHOWS = LIMIT + 2.0

# Probabilities nearer to 0 or 1 than this are certainties up to rounding.
ROUNDING = 1e-9

AGREES, DIFFERS, UNDECIDED = "agrees", "differs", "not enough draws"


@dataclass(frozen=True, slots=True)
class Comparison:
    """One quantity, exact and sampled.

    Attributes
    ----------
    name : str
        The event, or a state or cut of one, ``cabinet.inclusive``; or ``log_evidence``: the natural
        log of the probability of the evidence.
    exact, sampled : float
        By the engine, and by PyMC.
    error : float
        Monte Carlo standard error of ``sampled``. For an event so rare, or so nearly certain, that
        few draws can show it otherwise, it is at least what its probability would have with so many
        effective draws: one that no draw happened to show is not impossible. It is 0 where the
        answer is certain.
    enough : bool
        Whether the error is small, and to be trusted.
    """

    name: str
    exact: float
    sampled: float
    error: float
    enough: bool

    @property
    def moved(self) -> float:
        """Sampled less exact."""
        return self.sampled - self.exact

    @property
    def difference(self) -> float:
        """Sampled less exact, in standard errors."""
        if abs(self.moved) <= ROUNDING:
            return 0.0
        return self.moved / self.error if self.error else math.copysign(math.inf, self.moved)

    @property
    def verdict(self) -> str:
        """``agrees``, ``differs`` or ``not enough draws``."""
        if not self.enough:
            return UNDECIDED
        return AGREES if abs(self.difference) <= LIMIT else DIFFERS

    def record(self, *names: str) -> dict:
        """Give some of it for JSON, which has no infinities."""
        return {name: _finite(getattr(self, name)) for name in names}


COMPARED = ("exact", "sampled", "error", "difference", "verdict")


@dataclass(frozen=True)
class StandIns:
    """The second answer of an audit: what the logit-normals that stand in for others cost.

    Attributes
    ----------
    case : Case
    rows : tuple of Comparison
        One for each event, state and cut, in the order of the file: how far it moves if what was
        stated is drawn, and not what stands in for it.
    drawn : Weighted
        What the draws say, how many they were and how many of them count effectively.
    """

    case: Case
    rows: tuple[Comparison, ...]
    drawn: Weighted

    @property
    def enough(self) -> bool:
        """Whether there were draws enough to tell a move of a point."""
        return all(row.enough for row in self.rows)

    @property
    def moved(self) -> tuple[Comparison, ...]:
        """Events that move by more than a point, the one that moves most first."""
        far = [row for row in self.rows if abs(row.moved) > LARGEST_MOVE]
        return tuple(sorted(far, key=lambda row: -abs(row.moved))) if self.enough else ()

    @property
    def says(self) -> str:
        """The outcome in a sentence."""
        if not self.enough:
            return (
                "Too few draws to tell whether counts and rescaled probabilities, drawn as they "
                "were stated, move an event by a point. Try more (--draws)."
            )
        if self.moved:
            return (
                "Warning: drawn as they were stated, counts and rescaled probabilities move "
                f"{', '.join(map(self._move, self.moved))}. The forecast takes logit-normals of "
                "the same mean and standard deviation in their place."
            )
        most = max(self.rows, key=lambda row: abs(row.moved))
        chance = abs(most.moved) <= LIMIT * most.error
        return (
            "Drawn as they were stated, counts and rescaled probabilities move no event by more "
            f"than a point{', nor by more than chance would' if chance else ''}. The largest move: "
            f"{self._move(most)}."
        )

    def _move(self, row: Comparison) -> str:
        moved, error = 100 * row.moved, 100 * row.error
        title = title_of(self.case, row.name)
        return f"{title} by {moved:+.1f} points (standard error {error:.1f})"

    def as_json(self) -> dict:
        """Give what is printed and kept of it."""
        return {
            "says": self.says,
            "moved": [row.name for row in self.moved],
            **_counts(self.drawn),
            "events": {row.name: row.record("sampled", "error", "moved") for row in self.rows},
        }


@dataclass(frozen=True)
class Audit:
    """The exact answer beside PyMC's.

    Attributes
    ----------
    case : Case
    as_of, resolve_by : date or None
    rows : tuple of Comparison
        One for each yes/no event, and for each state and cut of others, in the order of the file.
    log_evidence : Comparison
        The natural log of the probability of the evidence.
    drawn : Weighted
        What the draws say, how many they were and how many of them count effectively.
    seed : int
        Of the draws.
    seconds : float
        Time that sampling took, compiling included.
    stand_ins : StandIns or None
        The second answer; None where no stand-in can make a difference.
    """

    case: Case
    as_of: date | None
    resolve_by: date | None
    rows: tuple[Comparison, ...]
    log_evidence: Comparison
    drawn: Weighted
    seed: int
    seconds: float
    stand_ins: StandIns | None = None

    @property
    def agrees(self) -> bool:
        """Whether all events and the probability of the evidence agree."""
        return all(row.verdict == AGREES for row in (*self.rows, self.log_evidence))

    @property
    def verdict(self) -> str:
        """The outcome in a sentence."""
        count = {word: sum(row.verdict == word for row in self.rows) for word in (AGREES, DIFFERS)}
        several = any("." in row.name for row in self.rows)
        compared = f"{len(self.rows)} {'events, states and cuts' if several else 'events'}"
        if count[DIFFERS] or self.log_evidence.verdict == DIFFERS:
            return (
                f"{count[DIFFERS]} of {compared} differ from the exact answer by more "
                f"than {LIMIT:g} standard errors; the probability of the evidence "
                f"{self.log_evidence.verdict}."
            )
        if self.agrees:
            return (
                f"{count[AGREES]} of {compared} agree within {LIMIT:g} standard "
                "errors, and so does the probability of the evidence."
            )
        return f"Not enough draws to decide: {self.why_undecided}"

    @property
    def false_alarm(self) -> float:
        """Largest probability that something differs though both programs are right."""
        return (len(self.rows) + 1) * math.erfc(LIMIT / math.sqrt(2))

    @property
    def why_undecided(self) -> str:
        """What is wrong with the draws, and what may help."""
        drawn = self.drawn
        if drawn.effective_draws < FEWEST_EFFECTIVE:
            reason = (
                f"only {drawn.effective_draws:,.0f} of {drawn.draws:,} draws count effectively, "
                "because few worlds fit the evidence."
            )
        elif not drawn.pareto_k <= HEAVIEST_TAIL:
            reason = (
                f"a few draws carry most of the weight (Pareto k {drawn.pareto_k:.2f}, above "
                f"{HEAVIEST_TAIL}), so the standard errors cannot be trusted."
            )
        else:
            worst = max(self.rows, key=lambda row: row.error, default=self.log_evidence)
            reason = (
                f"the standard error of {worst.name} is {worst.error:.4f}, and it must be "
                f"{LARGEST_ERROR} or less."
            )
        return f"{reason} Try more (--draws)."

    @property
    def events(self) -> pd.DataFrame:
        """Table of events, states and cuts: name, exact, sampled, error, difference, verdict."""
        import pandas as pd

        columns = ("name", *COMPARED)
        rows = [[getattr(row, column) for column in columns] for row in self.rows]
        return pd.DataFrame(rows, columns=columns)

    def as_json(self) -> dict:
        """Give the audit as ``forecasting audit --format json`` prints it."""
        return {
            "case": self.case.case,
            "digest": self.case.digest,
            "as_of": self.as_of and self.as_of.isoformat(),
            "resolve_by": self.resolve_by and self.resolve_by.isoformat(),
            "agrees": self.agrees,
            "verdict": self.verdict,
            "limit": LIMIT,
            **_counts(self.drawn),
            "seed": self.seed,
            "seconds": self.seconds,
            "log_evidence": self.log_evidence.record(*COMPARED),
            "events": {row.name: row.record(*COMPARED) for row in self.rows},
            "stand_ins": self.stand_ins and self.stand_ins.as_json(),
        }


def _counts(drawn: Weighted) -> dict:
    return {
        "draws": drawn.draws,
        "effective_draws": drawn.effective_draws,
        "pareto_k": _finite(drawn.pareto_k),
    }


def _finite(value):
    return None if isinstance(value, float) and not math.isfinite(value) else value


def audit(
    case: Case,
    *,
    as_of: date | str | None = None,
    by: date | str | None = None,
    draws: int = DRAWS,
    seed: int = SEED,
    model: pm.Model | None = None,
    progress: Callable[[float], object] | None = None,
) -> Audit:
    """Sample the network of a case with PyMC and compare with the exact answer.

    Where a stand-in can make a difference, a second model draws what was stated itself.

    Parameters
    ----------
    case : Case
    as_of, by : date or ISO text, optional
        Day of the forecast and day it is for, instead of the case's own.
    draws : int, at least 1
        Draws to make; how many of them count effectively depends on the evidence.
    seed : int
    model : pymc.Model, optional
        A model to sample instead of ``build(case, as_of, by)``, with the same names of events;
        there is no second one then.
    progress : callable, optional
        Called with the share of the work done, from 0 to 1.

    Returns
    -------
    Audit

    Raises
    ------
    InputError
        If the evidence contradicts itself, a date does not fit the case, or PyMC is not installed.

    Examples
    --------
    >>> from forecasting.file.case import read
    >>> case = read('''
    ... case: rain
    ... events: {rain: {base_rate: 20%}}
    ... evidence: {wet: {bears_on: rain, if_yes: 90%, if_no: 10%, status: confirmed}}
    ... ''')
    >>> result = audit(case, draws=50_000)
    >>> print(result.verdict)
    1 of 1 events agree within 4 standard errors, and so does the probability of the evidence.
    """
    if draws < 1:
        raise refusal("too few draws", "draws", None, "", str(draws), "1 or more")
    network = Network(case, as_date(as_of), as_date(by))
    posterior = network.posterior()  # refuses evidence that is impossible
    start = time.perf_counter()
    twice = model is None and shifts(network)
    fewer = min(draws, max(STATED_DRAWS, draws // 3)) if twice else 0
    names = [*variables(case).values()]
    whole = draws + fewer

    def answer(model: pm.Model, draws: int, done: int) -> Weighted:
        report = progress and (lambda share: progress((done + share * draws) / whole))
        return sample(model, names, draws=draws, seed=seed, progress=report)

    drawn = answer(written(network) if model is None else model, draws, 0)
    rows = _rows(posterior, drawn, posterior.values(), LARGEST_ERROR)
    error = drawn.log_evidence_error
    enough = drawn.trusted and error <= LARGEST_LOG_ERROR
    log_evidence = Comparison(
        "log_evidence", network.log_evidence(), drawn.log_evidence, error, enough
    )
    stand_ins = None
    if twice:
        again = answer(written(network, stated=True), fewer, draws)
        moves = _rows(posterior, again, again.mean.tolist(), LARGEST_MOVE / 4)
        stand_ins = StandIns(case, moves, again)
    seconds = time.perf_counter() - start
    as_of, resolve_by = network.as_of, network.resolve_by
    return Audit(case, as_of, resolve_by, rows, log_evidence, drawn, seed, seconds, stand_ins)


def _rows(
    posterior: Mapping[str, float], drawn: Weighted, right, largest: float
) -> tuple[Comparison, ...]:
    """Compare all events; ``right`` are the probabilities that standard errors suppose."""
    rows = []
    for (event, exact), sampled, error, supposed in zip(
        posterior.items(), drawn.mean.tolist(), drawn.error.tolist(), right, strict=True
    ):
        variance = supposed * (1 - supposed)
        if variance < ROUNDING:
            error = 0.0
        elif drawn.trusted and variance * drawn.effective_draws < RARE:
            error = max(error, math.sqrt(variance / drawn.effective_draws))
        enough = drawn.trusted and error <= largest
        rows.append(Comparison(event, exact, sampled, error, enough))
    return tuple(rows)


def keep(result: Audit, made: date) -> Path:
    """Keep an audit in the folder ``audits`` beside its case, where reports find it.

    Parameters
    ----------
    result : Audit
    made : date
        When it was made.

    Returns
    -------
    pathlib.Path

    Raises
    ------
    ValueError
        If the case does not come from a file.
    """
    content = result.as_json() | {
        "made": made.isoformat(),
        "fits": _fit_digests(result.case, result.as_of),
    }
    del content["seconds"]  # of no interest later, and never the same twice
    return keep_again(content, result.case)


def keep_again(content: Mapping, case: Case) -> Path:
    """Keep what :func:`kept` gave, beside another copy of the case."""
    path = _kept_in(case)
    if path is None:
        raise ValueError("only the audit of a case from a file can be kept")
    path.parent.mkdir(exist_ok=True)
    write_text(path, json.dumps(content, indent=1, allow_nan=False) + "\n")
    return path


def kept(case: Case) -> dict | None:
    """Find the audit kept beside a case, whatever state of the case it is of."""
    path = _kept_in(case)
    try:
        content = json.loads(path.read_text(encoding="utf-8")) if path else None
    except (OSError, ValueError):
        return None
    needed = {"made", "agrees", "verdict", "draws", "seed"}
    return content if isinstance(content, dict) and needed <= content.keys() else None


def fits_to(kept: Mapping, network: Network) -> bool:
    """Tell whether a kept audit is of this very case, on its dates and with its fits."""
    dates = [day and day.isoformat() for day in (network.as_of, network.resolve_by)]
    return (
        kept.get("digest") == network.case.digest
        and [kept.get("as_of"), kept.get("resolve_by")] == dates
        and kept.get("fits") == _fit_digests(network.case, network.as_of)
    )


def _kept_in(case: Case) -> Path | None:
    file = Path(case.node.file)
    return file.parent / "audits" / f"{case.case}.json" if file.is_file() else None


def _fit_digests(case: Case, as_of: date | None) -> dict[str, str]:
    return {name: fits.digest(*pair) for name, pair in fits.wanted(case, as_of).items()}
