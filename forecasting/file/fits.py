"""A model, a table and a day go in; the summary of the fit, kept in a small file, comes out.

Fitting takes seconds; a forecast needs only a mean and a spread. So each fit is summed up in a JSON
file, found again by a digest of what it answers: the model and its version, the settings, the rows
known on the day, the seed. A summary whose digest differs is never used, but where a record is run
again (:func:`as_recorded`). Where chains were run, the versions of PyMC, nutpie and ArviZ are
noted; they are not part of the digest, and reading needs none of the three.

What is handed over for a window is the mean and the standard deviation of the draws, which are
probabilities; the logit-normal with both stands for them. Of an amount it is the points of its
predictive distribution.
"""

from __future__ import annotations

import hashlib
import json
import math
import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from functools import lru_cache, partial
from itertools import pairwise
from pathlib import Path

from forecasting.amounts import Scale
from forecasting.errors import InputError, Problem
from forecasting.file.case import Case, as_date, write_text
from forecasting.file.models import CLASS_TABLES, COUNTS, LEVELS, MODELS, Spec, window_starts
from forecasting.file.periods import period
from forecasting.file.shipped import shipped
from forecasting.judgement import Probability, logit, months_between, sigmoid

SEED = 20210915

# What a summary holds. Part of what it is found by, so that none of another form is misread:
# those of form 1 had the standard deviation of the log-odds. (Points of amounts need no form of
# their own: only what asks for an amount finds them.)
FORM = 2

# Names the folder for fits that do not come with the package.
FOLDER_VARIABLE = "FORECASTING_FITS"

# Fits made in this run, for a machine on which none can be kept.
_made: dict[str, Fit] = {}

# Those that a record rests on, by label, while its case is run again.
_then: dict[str, Fit] = {}


@dataclass(frozen=True)
class Window:
    """A probability for a window, as a mean and a spread.

    Attributes
    ----------
    months : float or None
        Length; None for a model that gives one probability for a stated period.
    mean : float in (0, 1)
    sd : float
        Standard deviation over the draws, as a probability.
    """

    months: float | None
    mean: float
    sd: float

    @property
    def probability(self) -> Probability:
        """The logit-normal with this mean and this standard deviation."""
        return Probability.matched(self.mean, self.sd)

    @property
    def share(self) -> float:
        """Variance, as a share of the most that a probability with this mean can have."""
        return self.sd**2 / (self.mean * (1 - self.mean))


@dataclass(frozen=True)
class Amounts:
    """What a model says of an amount over a window.

    Attributes
    ----------
    months : float
        Length.
    points : tuple of float
        Its points, ascending: so much lies below them as ``LEVELS`` of ``file.models`` says.
    """

    months: float
    points: tuple[float, ...]


@dataclass(frozen=True)
class Fit:
    """The summary of a fitted model.

    Attributes
    ----------
    label : str
    digest : str
    windows : tuple of Window
        None of a model that is asked for an amount.
    refused : tuple of str
        Why its sampling should not be trusted; empty if it may be.
    diagnosis : dict of str to number or text
    amounts : tuple of Amounts
        Of windows of 1, 2, ... months, of a model that is asked for one.
    """

    label: str
    digest: str
    windows: tuple[Window, ...]
    refused: tuple[str, ...]
    diagnosis: Mapping[str, object]
    amounts: tuple[Amounts, ...] = ()

    @property
    def converged(self) -> bool:
        """Whether the fit passed every gate."""
        return not self.refused

    @property
    def counted(self) -> str | None:
        """Say how many of how many cases it counts: parts of cases, if by age they count less.

        Examples
        --------
        >>> Fit("", "", (), (), {"seen": 7.0, "of": 19.0}).counted
        '7 of 19'
        """
        ends = [self.diagnosis.get(one) for one in ("seen", "of")]
        if None in ends:
            return None
        return " of ".join(f"{one:,.{int(one != round(one))}f}" for one in ends)

    @property
    def solved(self) -> str:
        """Say how it was solved, and how well."""
        told = self.diagnosis.get
        if "effective" in self.diagnosis:
            return f"{told('effective'):,.0f} of {told('draws'):,} draws count"
        if "leans_on" in self.diagnosis:
            return "on a grid"
        if "rhat" not in self.diagnosis:
            return "by quadrature"
        ess = min(told("ess_bulk"), told("ess_tail"))
        return f"R-hat {told('rhat'):.3f}, ESS {ess:,.0f}, {told('divergences')} divergences"

    def nearest(self, months: float) -> tuple[Probability, float]:
        """Give what was fitted for a window, and how many times as long the one asked for is.

        From one month on it is the window itself; below, the risk is spread evenly over the first.
        Between whole months the log-odds of the mean move evenly, and so does the variance as a
        share of the most that a probability with that mean can have: what is found between is a
        probability again, and at whole months it is what was fitted.
        """
        first = self.windows[0]
        if months <= first.months:
            return first.probability, months / first.months
        for left, right in pairwise(self.windows):
            if months <= right.months:
                if months == right.months:
                    return right.probability, 1.0
                way = (months - left.months) / (right.months - left.months)
                a, b = float(logit(left.mean)), float(logit(right.mean))
                mean = float(sigmoid(a + way * (b - a)))
                share = left.share + way * (right.share - left.share)
                return Probability.matched(mean, math.sqrt(share * mean * (1 - mean))), 1.0
        raise ValueError(f"{months:g} months are more than the {self.windows[-1].months:g} fitted")

    def places(self, months: float, scale: Scale) -> tuple[float, ...]:
        """Give the points of an amount, on its scale; between whole months they move evenly.

        Examples
        --------
        >>> fit = Fit("", "", (), (), {}, (Amounts(1.0, (1.0, 2.0)), Amounts(2.0, (3.0, 6.0))))
        >>> fit.places(1.5, Scale(log=False, whole=True))
        (2.0, 4.0)
        """
        of = {one.months: scale.place(one.points) for one in self.amounts}
        left, right = math.floor(months), math.ceil(months)
        return tuple((of[left] + (months - left) * (of[right] - of[left])).tolist())


def versions() -> dict[str, str]:
    """Give the versions, to the second number, of what a fit is computed with."""
    return {name: _version(name) for name in ("pymc", "nutpie", "arviz")}


def other_versions(fit: Fit) -> str:
    """Say with what a fit was made, where another version is installed here; else nothing.

    Examples
    --------
    >>> other_versions(Fit("", "", (), (), {"pymc_version": "5.0"})).partition(" (here ")[0]
    'pymc 5.0'
    """
    told = {name: str(fit.diagnosis.get(f"{name}_version", "absent")) for name in versions()}
    return ", ".join(
        f"{name} {told[name]} (here {here})"
        for name, here in versions().items()
        if "absent" not in (here, told[name]) and told[name] != here
    )


@lru_cache
def _version(name: str) -> str:
    from importlib import metadata

    try:
        return ".".join(metadata.version(name).split(".")[:2])
    except metadata.PackageNotFoundError:
        return "absent"


@lru_cache(maxsize=256)
def digest(spec: Spec, as_of: date | None, seed: int = SEED) -> str:
    """Hash what a fit made on a day answers.

    Parameters
    ----------
    spec : Spec
    as_of : date or None
        Rows not known by then do not count.
    seed : int

    Returns
    -------
    str, SHA-256 in hexadecimal
    """
    table, _ = spec.known(as_of)
    content = {
        "form": FORM,
        "model": spec.model,
        "version": MODELS[spec.model].version,
        "settings": spec.resolved(as_of),
        "rows": [dict(row) for row in table.rows],
        "observed_until": table.observed_until.isoformat(),
        "seed": seed,
    }
    if spec.model == COUNTS:
        content["class"] = _class_known(table.observed_until)
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def _class_known(day: date) -> list[str]:
    """Hash what a model of counts knows of other series by a day.

    Rows begin with their year. They are not read as tables: it would take longer than a forecast.
    """
    last = (day + timedelta(days=1)).year - 1  # the last whole one
    found = []
    for name in CLASS_TABLES:
        header, *rows = (shipped("data") / f"{name}.csv").read_text("utf-8").splitlines()
        known = [header, *(row for row in rows if int(row.partition(",")[0]) <= last)]
        found.append(hashlib.sha256("\n".join(known).encode()).hexdigest())
    return found


def find(spec: Spec, as_of: date | None) -> Fit | None:
    """Find the summary of a fit, among the shipped ones or those of this user."""
    if spec.label in _then:
        return _then[spec.label]
    wanted = digest(spec, as_of)
    name = _file_name(spec.model, spec.table.name, wanted)
    for place in (partial(shipped, "fits"), cache_folder):
        path = place() / name
        try:
            changed = path.stat().st_mtime_ns
        except OSError:
            continue
        fit = _read(path, changed)
        if fit is not None and fit.digest == wanted:
            return fit
    return _made.get(wanted)


@contextmanager
def as_recorded(folder: Path) -> Iterator[None]:
    """Take fits from a folder for what they are labelled, whatever has changed since.

    A record keeps what was said. To run its case again after a model has got another version, the
    fits of its day are needed: they are kept beside it.

    Parameters
    ----------
    folder : pathlib.Path
        With one summary for each base rate, all of one day.

    Examples
    --------
    >>> with as_recorded(Path("no such folder")):  # nothing is replaced
    ...     _then
    {}
    """
    before = dict(_then)
    found = (_read(path, path.stat().st_mtime_ns) for path in sorted(Path(folder).glob("*.json")))
    _then.update({fit.label: fit for fit in found if fit is not None})
    try:
        yield
    finally:
        _then.clear()
        _then.update(before)


@lru_cache(maxsize=256)
def _read(path: Path, _changed: int) -> Fit | None:
    """Read a summary; a file that is not one counts as none."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        windows = tuple(Window(*window) for window in content["windows"])
        if not all(0 < w.mean < 1 and 0 < w.share < 1 for w in windows):
            return None
        amounts = tuple(Amounts(m, tuple(points)) for m, points in content.get("amounts", ()))
        for one in amounts:
            if len(one.points) != len(LEVELS) or any(b <= a for a, b in pairwise(one.points)):
                return None
        if not windows and not amounts:
            return None
        label, found, refused = content["label"], content["digest"], tuple(content["refused"])
        return Fit(label, found, windows, refused, content["diagnosis"], amounts)
    except (OSError, ValueError, KeyError, TypeError):
        return None


def save(fit: Fit, spec: Spec, folder: Path | None = None) -> Path | None:
    """Keep a summary.

    Parameters
    ----------
    fit : Fit
    spec : Spec
    folder : pathlib.Path, optional
        By default the folder of this user.

    Returns
    -------
    pathlib.Path or None
        None if the folder cannot be written to, which is no error: the fit is made again next time.
    """
    _made[fit.digest] = fit
    folder = folder or cache_folder()
    content = asdict(fit)
    for part in ("windows", "amounts"):
        content[part] = [list(one.values()) for one in content[part]]
    if not fit.amounts:
        del content["amounts"]
    text = json.dumps(content, indent=1, ensure_ascii=False) + "\n"
    path = folder / _file_name(spec.model, spec.table.name, fit.digest)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        write_text(path, text)
    except OSError:
        return None
    return path


def _file_name(model: str, table: str, digest_: str) -> str:
    return f"{model}.{table}.{digest_[:16]}.json"


def cache_folder() -> Path:
    """Find the folder for this user's fits; the variable FORECASTING_FITS moves it."""
    if named := os.environ.get(FOLDER_VARIABLE):
        return Path(named)
    home = Path.home()
    if sys.platform == "win32":
        base = Path(os.environ.get("LOCALAPPDATA") or home / "AppData" / "Local")
    elif sys.platform == "darwin":
        base = home / "Library" / "Caches"
    else:
        base = Path(os.environ.get("XDG_CACHE_HOME") or home / ".cache")
    return base / "scenario-forecasting" / "fits"


def wanted(case: Case, as_of: date | None = None) -> dict[str, tuple[Spec, date | None]]:
    """List the events whose base rates are fitted: the model, and the day it looks ahead from."""
    as_of = as_of or as_date(case.as_of)
    return {
        name: (event.base_rate.model, period(case, name, as_of, None)[0])
        for name, event in case.events.items()
        if event.base_rate is not None and event.base_rate.model is not None
    }


def window(case: Case, event: str, as_of: date | None, resolve_by: date | None) -> float | None:
    """Count the months of the window that the model of a base rate is asked about.

    None for a model that gives one probability for a stated period.

    Raises
    ------
    InputError
        If the model does not speak of such a window.
    """
    spec = case.events[event].base_rate.model
    if not MODELS[spec.model].windows:
        return None
    months = months_between(window_starts(spec, as_of), resolve_by)
    shortest, longest = spec.reach
    if months <= 0 or not shortest <= months <= longest:
        what = f"the model speaks of windows from {shortest:g} to {longest:g} months"
        hint = "another date, or a base rate stated outright"
        raise InputError(problem(case, event, f"{what}, and this one has {months:.3g}", hint))
    return months


def refuse_windows(case: Case, as_of: date | None = None) -> None:
    """Refuse the windows that no fit could speak of, before anything is fitted.

    Parameters
    ----------
    case : Case
    as_of : date, optional
        Instead of the case's own.

    Raises
    ------
    InputError
        If the model of a base rate does not speak of the window of the case, or of a horizon.
    """
    as_of = as_of or as_date(case.as_of)
    days = {as_date(case.resolve_by), *(day.last for day in case.horizons)}
    ahead = sorted(day for day in days if day and as_of and day > as_of)
    problems = []
    for event in wanted(case, as_of):
        for asked in dict.fromkeys(period(case, event, as_of, day) for day in ahead):
            try:
                window(case, event, *asked)
            except InputError as error:
                problems.extend(error.problems)
    if problems:
        raise InputError(problems)


def problem(case: Case, event: str, what: str, hint: str) -> Problem:
    """Name what is wrong with a base rate that a model estimates, at its place in the case."""
    event_, place = case.events[event], f"events.{event}.base_rate"
    node = event_.node.value["base_rate"]
    return Problem(what, node.file, node.line, place, event_.base_rate.model.label, None, hint)
