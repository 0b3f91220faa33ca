"""A case goes in; the base rates that models estimate from data come out, fitted and checked.

Each model is one module with one contract, ``fit(table, settings, *, seed) -> (draws, Estimate)``,
and a docstring that states it in formulas. PyMC loads where chains are run.
"""

from __future__ import annotations

import importlib
import time
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from forecasting.errors import InputError, Problem, refusal
from forecasting.file import fits
from forecasting.file.case import Case, as_date
from forecasting.file.fits import SEED, Fit
from forecasting.file.models import Spec
from forecasting.fit.progress import progress


@dataclass(frozen=True)
class Fitted:
    """One base rate of a case, and the fit behind it.

    Attributes
    ----------
    event : str
    spec : Spec
    fit : Fit
    new : bool
        It was fitted now, not found.
    """

    event: str
    spec: Spec
    fit: Fit
    new: bool


def fit(spec: Spec, as_of: date | None, seed: int = SEED) -> Fit:
    """Fit one model to what was known on a day, and sum it up.

    Parameters
    ----------
    spec : Spec
    as_of : date or None
    seed : int

    Returns
    -------
    Fit
        With the reasons in ``refused`` if the sampling did not pass the gates.

    Raises
    ------
    InputError
        If the table holds too little by that day.
    """
    table, still_open = spec.known(as_of)
    if not table.rows:
        problem = "no row of this table was known on the day"
        problem += f" ({still_open} were open still)" if still_open else ""
        raise refusal(problem, table.file or table.name, found=str(as_of))
    module = importlib.import_module(f"forecasting.fit.{spec.model}")
    began = time.perf_counter()
    settings = spec.resolved(as_of)
    _, estimate = module.fit(table, settings, seed=seed)
    if estimate.refused:
        # Once more by chains with small steps, before a person is troubled.
        _, estimate = module.fit(table, settings, seed=seed, tune=2000, target_accept=0.99)
    diagnosis = {
        **estimate.diagnosis,
        "seconds": round(time.perf_counter() - began, 1),
        "rows": len(table.rows),
        **({"open": still_open} if still_open else {}),
        "observed_until": table.observed_until.isoformat(),
    }
    if "sampler" in diagnosis:
        diagnosis |= {f"{name}_version": one for name, one in fits.versions().items()}
    found = fits.digest(spec, as_of, seed)
    return Fit(spec.label, found, estimate.windows, estimate.refused, diagnosis, estimate.amounts)


def fit_case(
    case: Case,
    as_of: date | None = None,
    *,
    force: bool = False,
    again: bool = False,
    events: Iterable[str] | None = None,
    into=None,
) -> list[Fitted]:
    """Find or fit every base rate of a case that a model estimates.

    A bar shows how far it is, on a terminal or in a notebook.

    Parameters
    ----------
    case : Case
    as_of : date, optional
        Instead of the case's own.
    force : bool
        Keep a fit that did not pass the gates; what rests on it is marked.
    again : bool
        Fit anew, whatever is kept.
    events : iterable of str, optional
        Only these.
    into : pathlib.Path, optional
        Folder to keep summaries in, instead of this user's.

    Returns
    -------
    list of Fitted, in the order of the case

    Raises
    ------
    InputError
        If a model does not speak of the window of the case: nothing is fitted then. If a fit does
        not pass the gates, with the reasons; those before it are kept.
    """
    fits.refuse_windows(case, as_date(as_of))
    wanted = fits.wanted(case, as_date(as_of))
    chosen = {name: wanted[name] for name in wanted if events is None or name in set(events)}
    result: list[Fitted] = []
    problems: list[Problem] = []
    with progress("fitting base rates") as report:
        for number, (event, (spec, start)) in enumerate(chosen.items()):
            found = None if again else fits.find(spec, start)
            if found is not None and (found.converged or force):
                if into is not None:
                    fits.save(found, spec, into)
                result.append(Fitted(event, spec, found, False))
                continue
            report(number / len(chosen), event)
            made = fit(spec, start)
            if made.converged or force:
                fits.save(made, spec, into)
                result.append(Fitted(event, spec, made, True))
            else:
                what = f"this fit cannot be trusted: {'; '.join(made.refused)}"
                hint = "state a range, or keep the fit, marked, with: forecasting fit CASE --force"
                problems.append(fits.problem(case, event, what, hint))
    if problems:
        raise InputError(problems)
    return result
