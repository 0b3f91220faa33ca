r"""A table, a model and past days go in; scores of what would have been said on each come out.

At each *origin*, a day of the past, a model and what it is held against see the table as it was
known by then: later rows are gone, and what came about later is open.

- ``event_counts``: every twelve months. Two months are skipped, and the twelve that follow are
  asked for, as in the VIEWS challenge: data to October, the months of the next year.
- ``reference_class``: a case is asked about as long before its outcome was known as the sidecar
  says that cases were followed (``within``), or else one month or year before.
- ``time_to_event``: every twelve months, of each case still open, whether it comes within a time.

The table is today's edition: figures that were corrected later are seen corrected.

**References.** Tashman (2000), doi:10.1016/S0169-2070(00)00065-0, of rolling origins; Hegre et al.
(2025), doi:10.1177/00223433241300862, of the windows.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import partial

import numpy as np

from forecasting.errors import nearest, refusal
from forecasting.file.fits import SEED
from forecasting.file.models import MODELS, REACH, YEAR, groups
from forecasting.file.tables import Table
from forecasting.judgement import months_later
from forecasting.ledger.formulas import brier, crps_of_samples, ignorance

GAP = 2  # months that are skipped after the last one seen
MONTHS = GAP + YEAR
DRAWS = 1000
LEAST = 25  # a total of twelve months from which it is asked whether it rises or falls by half
ENDS = (0.05, 0.95)
POOL, LAST_YEAR, PAST = "event_counts", "last year again", "rate of the past"
WAITED = (1, 2, 3, 5, 8, 12, 20, 35)  # where the classes of years waited begin
DAYS_A_YEAR = 365.25

# Of the first three less is better; the last two are the share of counts within the central 90%
# and the mean probability of yes.
CRPS, BITS, BRIER, COVER, SAID = "CRPS", "ignorance", "Brier", "cover", "said"


@dataclass(frozen=True)
class Task:
    """What is to be forecast again.

    Attributes
    ----------
    model : str
    table : Table
    outcome : str
        The column of outcomes, or of counts; empty for a time to an event.
    by : tuple of str
        Columns that make groups; of counts those that name a series.
    first, last : date
        The first origin and the last.
    within : tuple of int
        Months, for a time to an event.
    follow : int, optional
        Months for which its model follows each case.
    covariates : tuple of str
        Columns that tell its cases apart.
    half_life : int, optional
        Months after which a case of a reference class counts half.
    unit : str
        The column that says whose case it is; without it, cases of one origin belong together.
    """

    model: str
    table: Table
    outcome: str
    by: tuple[str, ...]
    first: date
    last: date
    within: tuple[int, ...] = (YEAR,)
    follow: int | None = None
    covariates: tuple[str, ...] = ()
    half_life: int | None = None
    unit: str = ""


@dataclass(frozen=True)
class Answers:
    """Cases of one question, with the scores of every model.

    Attributes
    ----------
    question : str
    baseline : str
        The model that skill is measured against.
    unit : array of str, shape (cases,)
    came : array, shape (cases,)
        Whether yes came, or the mean of a count.
    scores : dict of str to dict of str to array, shape (cases,)
        By score, then by model: the headline first.
    """

    question: str
    baseline: str
    unit: np.ndarray
    came: np.ndarray
    scores: Mapping[str, Mapping[str, np.ndarray]]


def plan(task: Task) -> list[Callable[[], list[Answers]]]:
    """Give a job for each origin, to be done here or on another machine.

    Raises
    ------
    InputError
        If there is no such model or column, or if nothing is known before an origin, or not yet
        what came after it.
    """
    if task.model not in PLANS:
        hint = nearest(task.model, PLANS)
        raise refusal("not a model", "", None, "MODEL", task.model, ", ".join(PLANS), hint)
    columns, name = task.table.columns, task.table.name
    stated = [("--by", one) for one in task.by] + [("--unit", one) for one in [task.unit] if one]
    stated += [("--covariate", one) for one in task.covariates]
    if task.model != "time_to_event":
        stated.insert(0, ("--outcome", task.outcome))
    for place, column in stated:
        if column not in columns:
            hint, known = nearest(column, columns), ", ".join(columns)
            raise refusal(f"{name} has no such column", "", None, place, column, known, hint)
    if lacking := [one for one in MODELS[task.model].columns if one not in columns]:
        accepted = f"a table with {', '.join(lacking)}"
        raise refusal(f"lacks what {task.model} needs", "", None, "--table", name, accepted)
    return PLANS[task.model](task) or _outside(task, "no case was open at any of them")


def _outside(task: Task, why: str, accepted: str | None = None):
    span = f"{task.first}..{task.last}"
    raise refusal(why, task.table.file or task.table.name, None, "--origins", span, accepted)


def _yearly(task: Task) -> list[date]:
    years = range(max(task.last.year - task.first.year + 1, 0))
    days = (months_later(task.first, YEAR * n) for n in years)
    return [day for day in days if day <= task.last]


def _end(day: date, months: int) -> date:
    """Find the last day of so many months after a day, or before it if they are negative."""
    return months_later(day + timedelta(days=1), months) - timedelta(days=1)


def _yes_or_no(question: str, unit: Sequence[str], came, said: Mapping) -> Answers:
    scores = {BRIER: {name: brier(p, came) for name, p in said.items()}, SAID: said}
    return Answers(question, PAST, np.array(unit, str), np.array(came, bool), scores)


# --- Counts. --------------------------------------------------------------------------------------


def series(table: Table, count: str, by: Sequence[str]) -> tuple[list[str], list[str], np.ndarray]:
    """Read a table as series of monthly counts.

    Returns
    -------
    months, names : list of str
        Without ``by`` the only series has the name of the table.
    counts : array, shape (months, series)

    Raises
    ------
    InputError
        If a series lacks a month that another has, or a cell is not a count.
    """
    labels = groups(table.rows, by) if by else [table.name] * len(table.rows)
    apart: dict[str, list[int]] = {}
    for at, label in enumerate(labels):
        apart.setdefault(label, []).append(at)
    names, found = sorted(apart), {}
    for name in names:
        rows, lines = zip(*((table.rows[at], table.lines[at]) for at in apart[name]), strict=True)
        days, found[name] = replace(table, rows=rows, lines=lines).months(count)
        months = [f"{day:%Y-%m}" for day in days]
        if name == names[0]:
            due = months
        elif months != due:
            problem, accepted = f"{name} lacks months, or has more", f"{due[0]} to {due[-1]}"
            raise refusal(problem, table.file, None, table.sidecar.dated, None, accepted)
    return due, names, np.array([*found.values()], float).T


def _plan_counts(task: Task) -> list[Callable]:
    from forecasting.fit.local_level import sweep

    months, names, counts = series(task.table, task.outcome, task.by)
    place = {month: at for at, month in enumerate(months)}
    origins = [place.get(f"{day:%Y-%m}", -1) for day in _yearly(task)]
    least, most = MONTHS + YEAR - 1, len(months) - MONTHS - 1
    if not origins or not all(least <= at <= most for at in origins):
        accepted = f"{months[least]} to {months[most]}" if least <= most else "a longer table"
        _outside(task, f"needs {least + 1} months up to an origin and {MONTHS} after it", accepted)
    filtered = sweep(counts[: origins[-1] + 1], {*origins})
    return [
        partial(_counts, task.outcome, months[at], names, counts[: at + 1 + MONTHS], filtered[at])
        for at in origins
    ]


def _counts(question, origin, names, counts, filtered) -> list[Answers]:
    """Let every model draw what comes; the last months of ``counts`` are what came."""
    from forecasting.fit import count_class
    from forecasting.fit.count_pool import WEIGHTS, cases, last_year_again, pooled, sources
    from forecasting.fit.local_level import posterior, shares

    past, came = counts[:-MONTHS], counts[-YEAR:].T
    year, month = map(int, origin.split("-"))
    rng = np.random.default_rng([SEED, year, month])
    known = alike = cases(past, MONTHS)
    # Many series are each other's class; one alone leans on that of event_counts.
    if len(names) > 1:
        prior = shares(filtered.log_likelihood)
    else:
        names = [origin]  # the years of one series stand alone
        of = count_class.known(_end(date(year, month, 1) - timedelta(days=1), 1))
        others, prior = cases(of.counts, MONTHS), of.shares
        alike = others if len(others[1]) else known
    weights = posterior(filtered.log_likelihood, prior)
    found = sources(rng, past, filtered, weights, *alike, dict.fromkeys(WEIGHTS, DRAWS))
    found = {POOL: pooled(found, WEIGHTS)} | found
    found[LAST_YEAR] = last_year_again(rng, past, MONTHS, DRAWS)
    return scored_counts(question, names, past[-YEAR:].sum(axis=0), came, found, known)


def scored_counts(question: str, names, now, came, draws: Mapping, known) -> list[Answers]:
    """Score draws of counts: month by month, and of whether the year rises or falls by half.

    Parameters
    ----------
    question : str
    names : sequence of str
        Of the series.
    now : array, shape (series,)
        Totals of the last twelve months seen.
    came : array, shape (series, 12)
    draws : dict of str to array, shape (series, draws, MONTHS)
        By model, ``last year again`` among them.
    known : tuple of array
        Earlier cases, as :func:`forecasting.fit.count_pool.cases` gives them.
    """
    unit = np.array(names, str)
    found = {name: one[..., GAP:].transpose(0, 2, 1) for name, one in draws.items()}
    scores: dict[str, dict] = {CRPS: {}, BITS: {}, COVER: {}}
    for name, drawn in found.items():
        scores[CRPS][name] = crps_of_samples(came, drawn).mean(axis=1)
        scores[BITS][name] = ignorance(came, drawn).mean(axis=1)
        # Where in the distribution a count lies, spread evenly over the share of draws equal to it.
        low, equal = (holds(drawn, came[..., None]).mean(axis=-1) for holds in (np.less, np.equal))
        lies = low + equal * np.random.default_rng(SEED).random(came.shape)
        scores[COVER][name] = ((lies > ENDS[0]) & (lies < ENDS[1])).mean(axis=1)
    result = [Answers(f"{question} by month", LAST_YEAR, unit, came.mean(axis=1), scores)]
    before, after = known[0][:, 0], known[1][:, GAP:].sum(axis=1)
    who, then = now >= LEAST, before >= LEAST
    for kind, meets in (
        ("rises", lambda total, before: total >= 1.5 * before),
        ("falls", lambda total, before: total <= 0.5 * before),
    ):
        hit = meets(after[then], before[then])
        said = {
            name: meets(drawn[who].sum(axis=1), now[who, None]).mean(axis=1)
            for name, drawn in found.items()
        } | {PAST: np.full(who.sum(), (hit.sum() + 0.5) / (hit.size + 1))}
        hit = meets(came[who].sum(axis=1), now[who])
        result.append(_yes_or_no(f"{question} of a year {kind} by half", unit[who], hit, said))
    return result


# --- Shares of cases. -----------------------------------------------------------------------------


def _plan_classes(task: Task) -> list[Callable]:
    side, settled = task.table.sidecar, task.table.settled(task.outcome, "of")
    within = math.ceil(side.within.get(task.outcome, 1 if side.every == "month" else YEAR))
    asked: dict[date, list[int]] = {}
    for at, row in enumerate(settled.rows):
        asked.setdefault(_end(settled.known(row), -within), []).append(at)
    jobs = []
    for day in sorted(day for day in asked if task.first <= day <= task.last):
        known = task.table.until(day).settled(task.outcome, "of")
        if not known.rows:
            _outside(task, "no outcome was known by the first of them, to take a rate from")
        rows, lines = zip(
            *((settled.rows[at], settled.lines[at]) for at in asked[day]), strict=True
        )
        jobs.append(partial(_shares, task, day, known, replace(settled, rows=rows, lines=lines)))
    return jobs


def _shares(task: Task, day: date, known: Table, asked: Table) -> list[Answers]:
    """Let the model and the rates say how likely each case of ``asked`` is."""
    from forecasting.fit import reference_class

    settings = {"outcome": task.outcome, "by": task.by}
    labels, seen, of = reference_class.counts(known, settings)
    shares, _ = reference_class.fit(known, settings | {"half_life": task.half_life}, seed=SEED)
    own = [shares.moments(at)[0] for at in range(len(labels))]
    rate = (seen.sum() + 0.5) / (of.sum() + 1)
    # Of the last of each, a group that is new.
    model = dict(zip(labels, own, strict=True)), shares.moments(None)[0]
    bare = dict(zip(labels, (seen + 0.5) / (of + 1), strict=True)), rate
    label, unit, came = [], [], []
    for group, row, (yes, all_) in zip(
        groups(asked.rows, task.by), asked.rows, asked.cases(task.outcome), strict=True
    ):
        label += [group] * all_
        unit += [row[task.unit] if task.unit else str(day)] * all_
        came += [True] * yes + [False] * (all_ - yes)
    said = {
        name: np.array([share.get(one, new) for one in label])
        for name, (share, new) in {
            "reference_class": model, "rate of the group": bare, PAST: ({}, rate),
            "one half": ({}, 0.5),
        }.items()
    }  # fmt: skip
    question = task.table.sidecar.question.get(task.outcome, task.outcome)
    return [_yes_or_no(question, unit, came, said)]


# --- Times. ---------------------------------------------------------------------------------------


def _plan_times(task: Task) -> list[Callable]:
    jobs, most = [], max(task.within)
    for day in _yearly(task):
        known = task.table.until(day)
        if _end(day, most) > task.table.observed_until:
            last = _end(task.table.observed_until, -most)
            _outside(task, f"what comes within {most} months must be known", f"up to {last}")
        if not known.rows:
            _outside(task, "no case had begun by the first of them, to take a rate from")
        jobs.append(partial(_times, task, day, known))
    return jobs


def _waiting(table: Table, day: date, months: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Say which cases were open on a day, for how many years, and which came within the time."""
    ends = [(start, last or date.max) for start, _, last in table.spans()]
    start, last = np.array([[day.toordinal() for day in one] for one in ends]).T
    now = day.toordinal()
    here = np.flatnonzero((start <= now) & (last > now))
    return here, (now - start[here]) / DAYS_A_YEAR, last[here] <= _end(day, months).toordinal()


def _times(task: Task, day: date, known: Table) -> list[Answers]:
    """Let the model and the rates say how likely each open case is to come about."""
    first = min(start for start, *_ in known.spans())
    result, ahead = [], None
    for months in task.within:
        here, years, came = _waiting(task.table, day, months)
        rows = [task.table.rows[at] for at in here]
        ahead = _ahead(task, known, rows, YEAR * years) if ahead is None else ahead
        earlier = [months_later(day, -YEAR * n) for n in range(1, day.year - first.year + 1)]
        past = [_waiting(known, one, months) for one in earlier if _end(one, months) <= day]
        if not sum(len(one) for one, *_ in past):
            _outside(task, "no case was open long enough by the first of them, to take a rate from")
        waited, hit = (np.concatenate([one[part] for one in past]) for part in (1, 2))
        waited, now = np.digitize(waited, WAITED), np.digitize(years, WAITED)
        seen, of = (np.bincount(waited, w, len(WAITED) + 1) for w in (hit, np.ones(hit.size)))
        said = {
            "time_to_event": ahead[:, months - 1],
            "rate by years waited": ((seen + 0.5) / (of + 1))[now],
            PAST: np.full(here.size, (hit.sum() + 0.5) / (hit.size + 1)),
            "one half": np.full(here.size, 0.5),
        }
        unit = [row[task.unit] if task.unit else str(day) for row in rows]
        question = f"{task.table.sidecar.title}: within {months} months"
        result.append(_yes_or_no(question, unit, came, said))
    return result


def _ahead(task: Task, known: Table, rows: Sequence[Mapping], elapsed) -> np.ndarray:
    """Give the mean chance of open cases within 1 to 60 months, by what is known of each."""
    from forecasting.fit import time_to_event as model

    periods = model.told_apart(*model.times(known, task.follow))
    apart: dict[tuple, list[int]] = {}
    for at, (row, group) in enumerate(zip(rows, groups(rows, task.by), strict=True)):
        own = (group, *(row[column] for column in task.covariates), float(elapsed[at]))
        apart.setdefault(own, []).append(at)
    fits, result = {}, np.empty((len(rows), REACH))
    for (group, *values, so_far), places in apart.items():
        held = dict(zip(task.covariates, values, strict=True))
        asked = {"by": task.by, "group": group, "covariates": held, "follow": task.follow}
        cases, own = model.traits(known, asked)
        # A value that no case had before has a column of its own, and where that stands differs.
        if (same := cases.tobytes()) not in fits:
            fits[same], estimate = model.fit(known, asked, seed=SEED)
            if estimate.refused:  # by chains then, as where a base rate is fitted
                fits[same], _ = model.fit(known, asked, seed=SEED, tune=2000, target_accept=0.99)
        drawn = fits[same]
        result[places] = drawn.moments(model.chances(drawn.z, own[None], periods, so_far)[0])[0]
    return result


PLANS = {
    "event_counts": _plan_counts,
    "reference_class": _plan_classes,
    "time_to_event": _plan_times,
}
