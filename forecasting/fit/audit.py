r"""A case goes in; PyMC's answer beside the exact one, event by event, and a verdict come out.

`build` writes the whole network the obvious way, as a plain `pymc.Model`:

- every event, every fact and the soundness of every source is a Bernoulli variable with `logit_p`;
- every uncertain number is a Normal variable on the log-odds scale, and stays random;
- what has happened, and facts that are confirmed or absent, are observed;
- what is held now, and the reports of each source, are potentials: log-likelihoods.

`audit` samples that model (see `forecasting.fit.importance`) and holds it against the exact engine.

It answers twice. A count is a Beta distribution, and a probability carried over to another window
is neither a Beta nor a logit-normal; in the engine, and in the model above, the logit-normal with
the same mean and the same standard deviation stands in for either. A second model
(``build(case, stated=True)``) draws what was stated itself: the Beta, and what is carried over,
draw by draw. Beside the verdict stands how far that moves each event. It tells what the stand-ins
cost, not whether the engine is right, so a large move is a warning and no failure.

Only links make a difference. The exact answer needs the mean of every cell of every table, and
where nothing but one uncertain number is in a cell, its mean is all that counts, which the stand-in
has: so it is for an event without links, for the rows of a table, for `if_yes` and `if_no`, for
letters. A link shifts the log-odds of what was stated, and the mean of what is shifted depends on
the whole distribution. Where no stand-in is shifted there is no second run. (Of a fit, mean and
standard deviation are kept and not the draws: its logit-normal counts as what was stated.)

What the two share, and the audit so cannot find wrong: the reading of the file into judgements
(`forecasting.judgement`: a median and a spread, and in the first answer the stand-ins), how long
the window is beside the one stated (`Network.stated_rate`), and the constants that the design
derives from mean judgements: the intercept of each node, the prior probability of each event and
fact (on which `now` and reports rest), and kappa, the probability of each source's reports if it is
sound. Those have brute-force tests of their own. In the second answer they are those of what was
stated, for which intercepts are solved here, by quadrature: with the engine's a base rate would not
stay what it is, and that would pass for a move. No code of inference is shared: which evidence
counts on a day, the tables, the expectation over uncertain numbers and the elimination are done
anew here.

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
from dataclasses import asdict, dataclass, fields
from datetime import date
from functools import partial
from graphlib import TopologicalSorter
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from forecasting.engine.inputs import title_of
from forecasting.engine.network import Network
from forecasting.errors import InputError, Problem
from forecasting.file import fits
from forecasting.file.case import Case, Evidence, Report, as_date, write_text
from forecasting.judgement import CERTAIN, Odds, Probability, logit, sigmoid

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

# What was stated is laid out as so many equally likely values to solve for an intercept: a mean is
# right to 0.05 points even where all of it lies at 0 and 1.
VALUES = 1_000

# Agreement is a difference of at most this many standard errors, of which none may be larger than
# this.
LIMIT = 4.0
LARGEST_ERROR = 0.005

# The same for the logarithm of the probability of the evidence.
LARGEST_LOG_ERROR = 0.05

# With fewer effective draws, or a heavier tail of weights, the standard errors mean nothing.
FEWEST_EFFECTIVE = 1_000
HEAVIEST_TAIL = 0.7

# Fewer draws than this, effectively, that show the rarer state of an event do not show how much
# their number varies.
RARE = 25

# An error of this many standard errors exceeds the limit with probability 97.7%.
SHOWS = LIMIT + 2.0

# Probabilities nearer to 0 or 1 than this are certainties up to rounding.
ROUNDING = 1e-9

AGREES, DIFFERS, UNDECIDED = "agrees", "differs", "not enough draws"

# Names that ArviZ gives to the axes of a sample.
AXES = ("chain", "draw", "sample")


@dataclass(frozen=True, slots=True)
class Comparison:
    """One quantity, exact and sampled.

    Attributes
    ----------
    name : str
        The event, or ``log_evidence``: the natural log of the probability of the evidence.
    exact, sampled : float
    error : float
        Monte Carlo standard error of ``sampled``. For an event so rare, or so nearly certain, that
        few draws can show it otherwise, it is at least what the exact probability would have with
        so many effective draws: one that no draw happened to show is not impossible. It is 0 where
        the exact answer is certain.
    difference : float
        Sampled less exact, in standard errors.
    verdict : str
        ``agrees``, ``differs`` or ``not enough draws``.
    """

    name: str
    exact: float
    sampled: float
    error: float
    difference: float
    verdict: str


@dataclass(frozen=True, slots=True)
class Move:
    """How far an event moves if what was stated is drawn, and not what stands in for it.

    Attributes
    ----------
    name, title : str
    sampled : float
        Its probability then.
    error : float
        Monte Carlo standard error of ``sampled``.
    moved : float
        ``sampled`` less the exact answer.
    """

    name: str
    title: str
    sampled: float
    error: float
    moved: float

    def __str__(self) -> str:
        moved, error = 100 * self.moved, 100 * self.error
        return f"{self.title} by {moved:+.1f} points (standard error {error:.1f})"


@dataclass(frozen=True)
class StandIns:
    """The second answer of an audit: what the logit-normals that stand in for others cost.

    Attributes
    ----------
    rows : tuple of Move
        One for each event, in the order of the file.
    draws : int
    effective_draws : float
    pareto_k : float
    """

    rows: tuple[Move, ...]
    draws: int
    effective_draws: float
    pareto_k: float

    @property
    def enough(self) -> bool:
        """Whether there were draws enough to tell a move of a point."""
        worst = max(row.error for row in self.rows)
        return _trusted(self) and worst <= LARGEST_MOVE / 4

    @property
    def moved(self) -> tuple[Move, ...]:
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
                f"{', '.join(map(str, self.moved))}. The forecast takes logit-normals of the same "
                "mean and standard deviation in their place."
            )
        most = max(self.rows, key=lambda row: abs(row.moved))
        chance = abs(most.moved) <= LIMIT * most.error
        return (
            "Drawn as they were stated, counts and rescaled probabilities move no event by more "
            f"than a point{', nor by more than chance would' if chance else ''}. The largest move: "
            f"{most}."
        )

    def as_json(self) -> dict:
        """Give what is printed and kept of it."""
        return {
            "says": self.says,
            "moved": [row.name for row in self.moved],
            "draws": self.draws,
            "effective_draws": self.effective_draws,
            "pareto_k": _finite(self.pareto_k),
            "events": {
                row.name: {key: _finite(getattr(row, key)) for key in ("sampled", "error", "moved")}
                for row in self.rows
            },
        }


def _trusted(found) -> bool:
    """Tell whether the weights of draws are such that standard errors mean something."""
    return found.effective_draws >= FEWEST_EFFECTIVE and found.pareto_k <= HEAVIEST_TAIL


@dataclass(frozen=True)
class Audit:
    """The exact answer beside PyMC's.

    Attributes
    ----------
    case : Case
    as_of, resolve_by : date or None
    rows : tuple of Comparison
        One for each event, in the order of the file.
    log_evidence : Comparison
    draws : int
    effective_draws : float
    pareto_k : float
        Shape of the tail of the weights; errors are to be trusted up to 0.7.
    seed : int
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
    draws: int
    effective_draws: float
    pareto_k: float
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
        if count[DIFFERS] or self.log_evidence.verdict == DIFFERS:
            return (
                f"{count[DIFFERS]} of {len(self.rows)} events differ from the exact answer by more "
                f"than {LIMIT:g} standard errors; the probability of the evidence "
                f"{self.log_evidence.verdict}."
            )
        if self.agrees:
            return (
                f"{count[AGREES]} of {len(self.rows)} events agree within {LIMIT:g} standard "
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
        if self.effective_draws < FEWEST_EFFECTIVE:
            reason = (
                f"only {self.effective_draws:,.0f} of {self.draws:,} draws count effectively, "
                "because few worlds fit the evidence."
            )
        elif not self.pareto_k <= HEAVIEST_TAIL:
            reason = (
                f"a few draws carry most of the weight (Pareto k {self.pareto_k:.2f}, above "
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
        """Table of events: name, exact, sampled, error, difference, verdict."""
        import pandas as pd

        columns = [field.name for field in fields(Comparison)]
        return pd.DataFrame([asdict(row) for row in self.rows], columns=columns)

    def as_json(self) -> dict:
        """Give the audit as ``forecasting audit --format json`` prints it."""

        def record(row: Comparison) -> dict:
            return {key: _finite(value) for key, value in asdict(row).items() if key != "name"}

        return {
            "case": self.case.case,
            "digest": self.case.digest,
            "as_of": self.as_of and self.as_of.isoformat(),
            "resolve_by": self.resolve_by and self.resolve_by.isoformat(),
            "agrees": self.agrees,
            "verdict": self.verdict,
            "limit": LIMIT,
            "draws": self.draws,
            "effective_draws": self.effective_draws,
            "pareto_k": _finite(self.pareto_k),
            "seed": self.seed,
            "seconds": self.seconds,
            "log_evidence": record(self.log_evidence),
            "events": {row.name: record(row) for row in self.rows},
            "stand_ins": self.stand_ins and self.stand_ins.as_json(),
        }


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
    from forecasting.fit.importance import sample

    if draws < 1:
        raise InputError(Problem("too few draws", "draws", None, "", str(draws), "1 or more"))
    network = Network(case, as_date(as_of), as_date(by))
    posterior = network.posterior()  # refuses evidence that is impossible
    start = time.perf_counter()
    stated = _Stated(case, network.as_of, network.resolve_by) if model is None else None
    fewer = min(draws, max(STATED_DRAWS, draws // 3)) if stated and stated.shaped else 0
    if model is None:
        model = _written(case, network)
    names = [variables(case)[event] for event in posterior]
    first = draws / (draws + fewer)
    found = sample(model, names, draws=draws, seed=seed, progress=_part(progress, 0, first))
    sound = _trusted(found)
    rows = []
    for i, (event, exact) in enumerate(posterior.items()):
        error = _error(float(found.error[i]), exact, found)
        rows.append(
            _compared(event, exact, float(found.mean[i]), error, sound and error <= LARGEST_ERROR)
        )
    error = found.log_evidence_error
    log_evidence = _compared(
        "log_evidence",
        network.log_evidence(),
        found.log_evidence,
        error,
        sound and error <= LARGEST_LOG_ERROR,
    )
    stand_ins = None
    if fewer:
        again = sample(
            _written(case, stated),
            names,
            draws=fewer,
            seed=seed,
            progress=_part(progress, first, 1),
        )
        moves = []
        for i, (event, exact) in enumerate(posterior.items()):
            mean = float(again.mean[i])
            error = _error(float(again.error[i]), mean, again)
            moves.append(Move(event, title_of(case, event), mean, error, mean - exact))
        stand_ins = StandIns(tuple(moves), again.draws, again.effective_draws, again.pareto_k)
    return Audit(
        case,
        network.as_of,
        network.resolve_by,
        tuple(rows),
        log_evidence,
        found.draws,
        found.effective_draws,
        found.pareto_k,
        seed,
        time.perf_counter() - start,
        stand_ins,
    )


def _part(progress: Callable[[float], object] | None, low: float, high: float):
    """Report the progress of a part as that of the whole."""
    return progress and (lambda share: progress(low + share * (high - low)))


def _error(error: float, probability: float, found) -> float:
    """Give a standard error, where few or no draws show the rarer state too."""
    variance = probability * (1 - probability)
    if variance < ROUNDING:
        return 0.0
    if _trusted(found) and variance * found.effective_draws < RARE:
        return max(error, math.sqrt(variance / found.effective_draws))
    return error


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


def _compared(name: str, exact: float, sampled: float, error: float, enough: bool) -> Comparison:
    gap = sampled - exact
    if abs(gap) <= ROUNDING:
        difference = 0.0
    else:
        difference = gap / error if error else math.copysign(math.inf, gap)
    verdict = AGREES if abs(difference) <= LIMIT else DIFFERS
    return Comparison(name, exact, sampled, error, difference, verdict if enough else UNDECIDED)


def _finite(value):
    return None if isinstance(value, float) and not math.isfinite(value) else value


# The model.


def build(
    case: Case,
    as_of: date | str | None = None,
    resolve_by: date | str | None = None,
    *,
    stated: bool = False,
) -> pm.Model:
    """Write the network of a case as a plain PyMC model.

    Extend it as any PyMC model, draw it with `pymc.model_to_mermaid` (text that notebooks
    show as a graph) or `pymc.model_to_graphviz` (needs Graphviz), or sample it with `pymc.sample`:
    that gives the uncertain numbers NUTS and flips events, facts and sources one at
    a time, so look at R-hat and the effective sample size before you believe it.

    Parameters
    ----------
    case : Case
    as_of, resolve_by : date or ISO text, optional
        Instead of the case's own dates.
    stated : bool
        Draw counts, and base rates for another window, as they were stated, not the logit-normals
        that stand in for them.

    Returns
    -------
    pymc.Model
        Its variables are named after the case. Bernoulli: ``EVENT``, ``FACT``, ``SOURCE__sound``.
        Normal, on the log-odds scale: ``EVENT__base``, ``EVENT__if_yes_no`` (a row of a table),
        ``FROM__TO`` (a link, or how an event moves a fact), ``FACT__if_yes``, ``FACT__if_no``,
        ``FACT__ratio``, ``FACT__chance``, ``SOURCE__reliability``, ``FACT__SOURCE__hit`` and
        ``FACT__SOURCE__false``. Potentials: ``EVENT__now`` and ``SOURCE__reports``. Numbers without
        a range are constants. A name already taken, or that ArviZ uses itself, gets a number; see
        `variables`. What is drawn as stated is on its own scale: a count, ``EVENT__base`` or
        ``FACT__chance``, is a Beta.

    Raises
    ------
    InputError
        If a date does not fit the case, or PyMC is not installed.

    Examples
    --------
    >>> from forecasting.file.case import load
    >>> model = build(load("priors/first_case.yaml"))
    >>> [name for name in model.named_vars if name.startswith("bridge_closed")]
    ['bridge_closed__base', 'bridge_closed']
    """
    network = _Stated if stated else Network
    return _written(case, network(case, as_date(as_of), as_date(resolve_by)))


def variables(case: Case) -> dict[str, str]:
    """Give the name of every event's variable in the model.

    Examples
    --------
    >>> from forecasting.file.case import read
    >>> variables(read("{case: x, events: {draw: {base_rate: 1%}, rain: {base_rate: 1%}}}"))
    {'draw': 'draw_2', 'rain': 'rain'}
    """
    return _Names(case.events).events


class _Names:
    """Gives out names that no other variable has and that PyMC and xarray accept."""

    def __init__(self, events) -> None:
        self._taken = set(AXES)
        self.events = {event: self(event) for event in events}

    def __call__(self, wanted: str) -> str:
        wanted = wanted.replace("/", "_").replace(":", "_")
        name, count = wanted, 2
        while name in self._taken:
            name, count = f"{wanted}_{count}", count + 1
        self._taken.add(name)
        return name


def _written(case: Case, network: Network) -> pm.Model:
    """Write the model; of the network only constants of the mean judgements are used."""
    fits.require_pymc("to audit a case")
    import pymc as pm

    names = _Names(case.events)
    number = partial(_number, names)
    stated = network if isinstance(network, _Stated) else None

    def base(node: str, kind: str, judgement: Probability, intercept: float):
        if stated and node in stated.rates:
            # Alone, what was stated needs no shift.
            shift = intercept if node in stated.shaped else 0.0
            return shift + _drawn(names(f"{node}__{kind}"), *stated.rates[node])
        return number(f"{node}__{kind}", judgement, intercept)

    known = partial(_known, network.as_of)
    event_intercept, fact_intercept = network.intercepts()
    with pm.Model() as model:
        reports = {name: _counted(fact, known) for name, fact in case.evidence.items()}
        sound = {}
        for source in dict.fromkeys(source for counted in reports.values() for source in counted):
            letter = case.scales.reliability[case.letter(source)]
            log_odds = number(f"{source}__reliability", letter)
            sound[source] = pm.Bernoulli(names(f"{source}__sound"), logit_p=log_odds)

        yes = {}
        for name in _parents_first(case):
            event = case.events[name]
            settled = as_date(event.happened or event.ruled_out)
            seen = bool(event.happened) if settled and known(settled) else None
            yes[name] = pm.Bernoulli(
                names.events[name],
                logit_p=_event_log_odds(
                    case, name, event_intercept[name], network.base_rate(name), yes, number, base
                ),
                observed=seen,
            )
            if event.now is not None and seen is None:
                p_no, p_yes = network.chances(event=name)
                held = _log_either(
                    yes[name], float(event.now.mean) / p_yes, float(event.now.complement) / p_no
                )
                pm.Potential(names(f"{name}__now"), held)

        said: dict[str, list] = {source: [] for source in sound}
        for name, fact in case.evidence.items():
            has_come = known(as_date(fact.date))
            if not has_come and not reports[name]:
                continue
            seen = {"confirmed": True, "absent": False}.get(fact.status) if has_come else None
            log_odds = _fact_log_odds(name, fact, fact_intercept[name], yes, number, base)
            variable = pm.Bernoulli(names(name), logit_p=log_odds, observed=seen)
            for source, report in reports[name].items():
                chances = network.chances(fact=name)
                said[source].append(
                    _report(case, f"{name}__{source}", report, variable, chances, number)
                )
        for source, bundle in said.items():
            with np.errstate(divide="ignore"):
                whatever_the_world = np.log(network.kappa()[source])
            pm.Potential(
                names(f"{source}__reports"),
                pm.math.switch(sound[source], sum(bundle), whatever_the_world),
            )
    return model


def _parents_first(case: Case):
    above = {
        name: (*case.parents(name), *((event.given,) if event.given else ()))
        for name, event in case.events.items()
    }
    return TopologicalSorter(above).static_order()


def _number(names: _Names, name: str, judgement: Probability | Odds, centre: float | None = None):
    """Write an uncertain number as a Normal variable, an exact one as a constant."""
    import pymc as pm

    if isinstance(judgement, Odds):
        median, spread = judgement.log_median, judgement.log_sd
    else:
        median, spread = judgement.logit_median, judgement.logit_sd
    median = float(median if centre is None else centre)
    return pm.Normal(names(name), median, spread) if spread else median


def _drawn(name: str, judgement: Probability, ratio: float, lasts: bool):
    """Draw a base rate as it was stated, and carry it over; log-odds."""
    import pymc as pm

    if judgement.counts:
        share = pm.Beta(name, *judgement.counts)
    else:
        share = pm.math.sigmoid(pm.Normal(name, judgement.logit_median, judgement.logit_sd))
    return pm.math.logit(_carried(share, ratio, lasts))


def _carried(share, ratio: float, lasts: bool):
    """Carry a probability over to a window ``ratio`` times as long, at a constant hazard."""
    if ratio == 1:
        return share
    return share**ratio if lasts else 1 - (1 - share) ** ratio


class _Stated(Network):
    """The network of what was stated, for its constants: intercepts, prior probabilities, kappa.

    Attributes
    ----------
    rates : dict of str to (Probability, float, bool)
        What a logit-normal stands in for elsewhere: as stated, the ratio of the windows, and
        whether the complement is carried over. By event, or by fact that has a chance.
    shaped : set of str
        Those that links shift, so that more than their mean counts.
    """

    def shapes(self) -> dict[int, np.ndarray]:
        """Give what was stated in equally likely values, for nodes with links."""
        from scipy import stats

        rates = {name: self.stated_rate(name) for name in self.case.events}
        rates |= {
            name: (fact.chance, 1.0, False)
            for name, fact in self.case.evidence.items()
            if fact.chance is not None
        }
        self.rates = {
            name: rate
            for name, rate in rates.items()
            if rate and rate[0].logit_sd and (rate[0].counts or rate[1] != 1)
        }
        below, values = (np.arange(VALUES) + 0.5) / VALUES, {}
        for name, (judgement, ratio, lasts) in self.rates.items():
            if judgement.counts:
                share = stats.beta.ppf(below, *judgement.counts)
            else:
                share = sigmoid(stats.norm.ppf(below, judgement.logit_median, judgement.logit_sd))
            # A share of 0 or 1, to sixteen digits, stays so wherever links shift it.
            values[name] = np.clip(logit(_carried(share, ratio, lasts)), -700, 700)
        nodes = zip((*self.event_names, *self.fact_names), self.program.nodes, strict=True)
        shapes = {
            name: (k, values[name])
            for k, (name, node) in enumerate(nodes)
            if name in values and len(node.rows.params) > 1
        }
        self.shaped = set(shapes)
        return dict(shapes.values())


def _event_log_odds(case: Case, name: str, intercept: float, rate, yes: Mapping, number, base):
    import pymc as pm

    event = case.events[name]
    if event.table is not None:
        rows = {
            tuple(row.split(", ") if row else ()): number(
                f"{name}__if_{row.replace(', ', '_')}", judgement
            )
            for row, judgement in event.table.items()
        }
        log_odds = _row(rows, [yes[parent] for parent in event.parents or ()])
    else:
        log_odds = base(name, "base", rate, intercept)
        for link in case.links:
            if link.target == name:
                log_odds += number(f"{link.source}__{name}", link.odds) * yes[link.source]
    if event.given:
        log_odds = pm.math.switch(yes[event.given], log_odds, -np.inf)
    return log_odds


def _row(rows: Mapping[tuple[str, ...], object], parents: list):
    """Pick the row of a table that the states of its parents name."""
    import pymc as pm

    if not parents:
        return rows[()]
    first, *others = parents
    if_yes, if_no = (
        _row({key[1:]: row for key, row in rows.items() if key[0] == state}, others)
        for state in ("yes", "no")
    )
    return pm.math.switch(first, if_yes, if_no)


def _fact_log_odds(name: str, fact: Evidence, intercept: float, yes: Mapping, number, base):
    import pymc as pm

    if fact.chance is not None:
        log_odds = base(name, "chance", fact.chance, intercept)
        for event, push in fact.bears_on.items():
            log_odds += number(f"{event}__{name}", push.odds) * yes[event]
        return log_odds
    event = yes[fact.bears_on]
    if fact.likelihood_ratio is not None:
        # if_yes is L/(1+L), so its log-odds are ln L; if_no is 1/(1+L), and they are -ln L.
        ratio = number(f"{name}__ratio", fact.likelihood_ratio)
        return pm.math.switch(event, ratio, -ratio)
    if_yes, if_no = number(f"{name}__if_yes", fact.if_yes), number(f"{name}__if_no", fact.if_no)
    return pm.math.switch(event, if_yes, if_no)


def _report(case: Case, name: str, report: Report, fact, chances: tuple[float, float], number):
    """Give the log-likelihood of what a sound source reports of a fact, its prior mean 1."""
    import pymc as pm

    p_no, p_yes = chances
    if report.hit is not None:
        hit, false = number(f"{name}__hit", report.hit), number(f"{name}__false", report.false)
        if_yes, if_no = float(report.hit.mean), float(report.false.mean)
        sign = 1 if report.says else -1
        if not report.says:
            if_yes, if_no = float(report.hit.complement), float(report.false.complement)
        mean = p_yes * if_yes + p_no * if_no
        if mean == 0:
            return -np.inf
        # The log of the probability itself; its complement has minus its log-odds.
        return -pm.math.log1pexp(-sign * pm.math.switch(fact, hit, false)) - math.log(mean)
    strength = _strength(case, report.grade.digit, chances)
    if_yes, if_no = (strength, 1.0) if report.says else (1.0, strength)
    mean = p_yes * if_yes + p_no * if_no
    return _log_either(fact, if_yes / mean, if_no / mean)


def _strength(case: Case, digit: str, chances: tuple[float, float]) -> float:
    """How many times likelier a sound report of this digit is if what it says is so."""
    if digit == "6" or min(chances) < CERTAIN:
        return 1.0
    odds = math.exp(case.scales.credibility[digit].logit_median)
    strength = odds * max(chances) / min(chances)
    return min(strength, 1.0) if digit in "45" else strength


def _log_either(yes, if_yes: float, if_no: float):
    import pymc as pm

    with np.errstate(divide="ignore"):  # a likelihood of 0 is meant
        return pm.math.switch(yes, np.log(if_yes), np.log(if_no))


def _known(as_of: date | None, day: date | None) -> bool:
    return as_of is None or day is None or day <= as_of


def _counted(fact: Evidence, known: Callable[[date | None], bool]) -> dict[str, Report]:
    """Find the latest report of each source; file order breaks ties, a contradiction counts not."""
    latest: dict[str, tuple] = {}
    says: dict[tuple, set[bool]] = {}
    for order, report in enumerate(fact.reports):
        day = as_date(report.date or fact.date)
        if known(day):
            turn = (day or date.min, order, report)
            latest[report.source] = max(latest.get(report.source, turn), turn)
            says.setdefault((report.source, turn[0]), set()).add(report.says)
    return {
        source: report for source, (day, _, report) in latest.items() if len(says[source, day]) == 1
    }
