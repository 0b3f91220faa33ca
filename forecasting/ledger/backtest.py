r"""What is to be forecast again goes in; scores of every model, with their intervals, come out.

Cases of one unit, such as a country, hang together over the years. An interval is that of means
over units drawn anew with replacement: its 5 and 95% points. Skill is :math:`1 - S/S_{ref}`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from forecasting.fit.workers import workers
from forecasting.ledger.rolling import BITS, BRIER, CRPS, ENDS, SAID, SEED, Answers, Task, plan
from forecasting.ledger.scores import FEW_CLUSTERS, TOO_FEW, Calibration, calibrated
from forecasting.ledger.tables import WORDS
from forecasting.lexicon import counted, percent
from forecasting.tell.table import Column, Table, figure
from forecasting.tell.terminal import Block, Line

RESAMPLED = 2000
LOSSES = (CRPS, BITS, BRIER)

VINTAGE = (
    "At each origin models saw only what the table holds up to that day. But the table is today's "
    "edition: what was corrected or added later was not known then, so that real forecasts may "
    "have done worse, and the baseline too."
)
PARTS = (
    "event_counts adds up three forecasts, which also stand alone below: the months of the last "
    "year at a level that drifts, what came after cases alike, and the series' own level as it "
    "goes on."
)
NOTE = (
    "CRPS: how far off, in the unit of the count. Ignorance: bits. Brier: 0 is perfect, 0.25 what "
    "one half earns. Cover: share within the central 90%. Said: mean probability. Skill: share of "
    "the baseline's score that is saved; below 0 the baseline was better. In brackets: 90%."
)


@dataclass(frozen=True)
class BacktestRow:
    """A mean score of one model on one question, with 90% intervals over units.

    Attributes
    ----------
    question : str
        What is forecast, such as a time within so many months.
    model : str
        The model, or the baseline.
    score : str
        ``CRPS`` (in the unit of the count), ``ignorance`` (bits), ``Brier``, ``cover`` (share
        within the central 90%) or ``said`` (mean probability).
    cases, units : int
        Forecasts that were scored, and the countries, or other units, that they are of.
    mean, low, high : float
        The mean score, and the ends of its 90% interval.
    skill, skill_low, skill_high : float or None
        Skill over the baseline of the question, and the ends of its 90% interval; None of ``cover``
        and ``said``, of the baseline itself, and where that is perfect.
    """

    question: str
    model: str
    score: str
    cases: int
    units: int
    mean: float
    low: float
    high: float
    skill: float | None = None
    skill_low: float | None = None
    skill_high: float | None = None


def run(task: Task, scheduler: str | None = None) -> tuple[Answers, ...]:
    """Forecast again from every origin of a task, and score what was said.

    Parameters
    ----------
    task : Task
    scheduler : str, optional
        Address of a Dask scheduler, whose machines do the origins; without one they are done here.

    Returns
    -------
    tuple of Answers, one a question

    Raises
    ------
    InputError
        As :func:`forecasting.ledger.rolling.plan` and :func:`forecasting.fit.workers.workers` do.
    """
    from joblib import Parallel, delayed

    jobs = plan(task)
    with workers(scheduler):
        done = Parallel()(delayed(job)() for job in jobs)
    apart: dict[str, list[Answers]] = {}
    for one in (one for found in done for one in found):
        apart.setdefault(one.question, []).append(one)
    return tuple(map(_together, apart.values()))


def _together(some: Sequence[Answers]) -> Answers:
    """Put the origins of one question one after the other."""
    scores = {
        score: {name: np.concatenate([one.scores[score][name] for one in some]) for name in models}
        for score, models in some[0].scores.items()
    }
    unit, came = (np.concatenate([getattr(one, name) for one in some]) for name in ("unit", "came"))
    return replace(some[0], unit=unit, came=came, scores=scores)


def rows(found: Iterable[Answers]) -> tuple[BacktestRow, ...]:
    """Average the scores of each model, with intervals; of a question the best model first."""
    result = []
    for one in found:
        names, which = np.unique(one.unit, return_inverse=True)
        many, headline = len(names), next(iter(one.scores.values()))
        rng = np.random.default_rng(SEED)
        often = rng.multinomial(many, np.full(many, 1 / many), size=RESAMPLED)
        size = often @ np.bincount(which)
        for model in sorted(headline, key=lambda name: headline[name].mean()):
            for score, models in one.scores.items():
                sums = np.bincount(which, models[model])
                low, high = np.quantile(often @ sums / size, ENDS).tolist()
                about = (one.question, model, score, which.size, many)
                over = ()
                if score in LOSSES and model != one.baseline:
                    over = skill(sums, np.bincount(which, models[one.baseline]), often)
                mean = float(models[model].mean())
                result.append(BacktestRow(*about, mean, low, high, *over))
    return tuple(result)


def skill(ours, reference, often) -> tuple[float | None, float | None, float | None]:
    """Give 1 - S/S_ref with its 90% interval; None where the reference is perfect.

    Parameters
    ----------
    ours, reference : array, shape (units,)
        Sums of scores.
    often : array, shape (samples, units)
        How often each unit counts in each sample; those with a perfect reference are left out.

    Examples
    --------
    >>> skill(np.array([3.0, 3.0]), np.array([4.0, 4.0]), np.array([[1, 1], [2, 0]]))
    (0.25, 0.25, 0.25)
    """
    often = often[often @ reference > 0]
    if not often.size:
        return None, None, None
    low, high = np.quantile(1 - (often @ ours) / (often @ reference), ENDS).tolist()
    return float(1 - ours.sum() / reference.sum()), low, high


def calibration(one: Answers) -> Calibration:
    """Hold what the model said of a question of yes or no against how often yes came."""
    said = next(iter(one.scores[SAID].values()))
    return calibrated(said, one.came, one.came.size, len({*one.unit.tolist()}))


def opening(task: Task) -> Iterator[str]:
    """Say what was forecast again, from which table, and what that does not show."""
    side = task.table.sidecar
    yield f"{task.model} on {side.title}, origins {task.first} to {task.last}."
    yield VINTAGE
    if task.model == "event_counts":
        yield PARTS
    yield f"Source: {side.source}. Cite: {side.citation}. Terms: {side.licence}."
    yield from filter(None, [side.beware])


def told(task: Task, found: Iterable[Answers]) -> Iterator[tuple[str, str, Table]]:
    """Tell of each question what came, and the scores of the models: title, sentence, table."""
    every = rows(found)
    for i, one in enumerate(found, 1):
        own = [row for row in every if row.question == one.question]
        many = counted(own[0].units, "unit")
        whose = f"{many} ({task.unit or 'origin'})"
        if own[0].units < FEW_CLUSTERS:
            whose += f", {TOO_FEW}"
        mean = one.came.mean()
        came = f"{percent(mean)} came true" if SAID in one.scores else f"mean {mean:,.4g}"
        records = []
        for row in own:
            if row.score == next(iter(one.scores)):
                over = row.skill, row.skill_low, row.skill_high
                records.append({"model": row.model, "skill": _bracketed(*over, "+.1%")})
            ends = row.mean, row.low, row.high
            records[-1][row.score] = _bracketed(*ends, ".3f" if row.mean < 2 else ",.2f")
        shown = [figure(score, score) for score in one.scores]
        shown.insert(1, figure("skill", f"skill over {one.baseline}"))
        table = Table(
            (Column("model", "Model", whole=True), *shown), tuple(records), f"scores-{i}", "Scores",
            "model", NOTE,
        )  # fmt: skip
        yield one.question, f"{own[0].cases:,} cases, {whose}; {came}.", table


def _bracketed(mean: float | None, low: float, high: float, form: str) -> str:
    return "" if mean is None else f"{mean:{form}} [{low:{form}}, {high:{form}}]"


def blocks(task: Task, found: Iterable[Answers]) -> Iterator[Block]:
    """Tell all of it in a terminal."""
    found = tuple(found)
    yield tuple(opening(task))
    for one, (title, sentence, table) in zip(found, told(task, found), strict=True):
        said = ()
        if SAID in one.scores:
            model, words = next(iter(one.scores[SAID])), calibration(one).words
            said = (f"What {model} said, and how often it came:", Table(WORDS, words))
        yield (Line(title, "bold"), sentence, table, *said)
    yield (Line(NOTE, "dim"),)
