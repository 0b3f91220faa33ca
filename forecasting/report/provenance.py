"""A forecast and the files behind it go in; what anyone needs to rebuild and check it comes out.

Nothing here reads the clock, the name of the machine or a folder: the same files on the same
versions give the same record.
"""

from __future__ import annotations

import hashlib
import json
import platform
import re
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from importlib import metadata
from pathlib import Path

import forecasting
from forecasting.answer.forecast import Forecast
from forecasting.engine.draws import DRAWS, SEED
from forecasting.engine.network import Network
from forecasting.errors import InputError, Problem
from forecasting.file import fits, tables
from forecasting.file.case import Case
from forecasting.file.models import CLASS_TABLES, COUNTS
from forecasting.fit import audit
from forecasting.lexicon import counted

# What could change a number or a picture of a report. Fits state the versions they were made with.
PACKAGES = ("numpy", "pandas", "matplotlib", "nbconvert")
FIT_PACKAGES = ("pymc", "nutpie", "arviz")

ISLAND = re.compile(r'<script type="application/json" id="forecast-report">(.*?)</script>', re.S)

# Raised when what a report carries changes its form.
FORMAT = 1
CARRIED = {"case", "overlays", "settings", "provenance", "audit", "outcomes"}

# A table that ends more than this many days before the forecast leaves out news of a year.
STALE_DAYS = 366


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the record: a name for it, what it is, and its value."""

    name: str
    what: str
    value: str


def entries(
    case_file: str, overlays: Mapping[str, str], forecast: Forecast, command: str
) -> tuple[Entry, ...]:
    """List what a forecast of a case with overlays, texts by file name, was made from.

    ``command`` rebuilds the report.
    """
    case, network = forecast.case, forecast.network
    found = [
        Entry("case", f"Case file {case_file}", _digest(case.text)),
        Entry("content", "Case as forecast, with its overlays", case.digest),
    ]
    for i, (name, text) in enumerate(overlays.items(), 1):
        found.append(Entry(f"overlay-{i}", f"Overlay {name}", _digest(text)))
    for name, table in sorted(used_tables(case).items()):
        rows = json.dumps([dict(row) for row in table.rows], sort_keys=True)
        found.append(Entry(f"data-{name}", f"Data {name}", _digest(rows)))
    for event, (spec, start) in fits.wanted(case, network.as_of).items():
        fit = fits.find(spec, start)
        stated = {name: fit.diagnosis.get(f"{name}_version") for name in FIT_PACKAGES}
        made = ", ".join(f"{name} {version}" for name, version in stated.items() if version)
        made = made or fit.solved
        if still_open := fit.diagnosis.get("open"):
            made += f"; {counted(still_open, 'row')} left out, open still"
        found.append(Entry(f"fit-{event}", f"Fit for {event} ({made})", fit.digest))
    versions = [f"scenario-forecasting {forecasting.__version__}"]
    versions += [f"Python {platform.python_version()}"]
    versions += [f"{package} {metadata.version(package)}" for package in PACKAGES]
    draws = f"{forecast.draws:,} ({DRAWS:,} asked)" if forecast.draws else "none are needed"
    return (
        *found,
        Entry("versions", "Versions", ", ".join(versions)),
        Entry("seed", "Seed of the draws behind the bands", str(SEED)),
        Entry("draws", "Draws behind the bands", draws),
        Entry("command", "Command to rebuild, in the folder of the case", command),
        Entry("audit", "Audit by PyMC", audited(network)),
    )


def command(case_file: str, overlays: Sequence[str], settings: Mapping[str, object]) -> str:
    """Write the command that rebuilds a report.

    Examples
    --------
    >>> command("rain.yaml", ["ann.yaml"], {"as_of": "2021-03-01", "audience": "analyst"})
    'forecasting report rain.yaml --overlay ann.yaml --as-of 2021-03-01 -o rain.html'
    """
    words = ["forecasting", "report", case_file]
    for overlay in overlays:
        words += ["--overlay", overlay]
    for name in ("as_of", "by", "today"):
        if settings.get(name):
            words += [f"--{name.replace('_', '-')}", str(settings[name])]
    for event in settings.get("outcomes", ()):
        words += ["--outcome", event]
    if settings.get("audience", "analyst") != "analyst":
        words += ["--audience", str(settings["audience"])]
    return shlex.join([*words, "-o", f"{Path(case_file).stem}.html"])


def audited(network: Network) -> str:
    """Say what the kept audit of a case found, or that none was kept."""
    kept = audit.kept(network.case)
    if kept is None:
        return "none was kept (forecasting audit CASE --keep makes one)"
    if not audit.fits_to(kept, network):
        return f"of {kept['made']}, but of another state of the case: it says nothing of this one"
    found = f"of {kept['made']}, {kept['draws']:,} draws, seed {kept['seed']}: {kept['verdict']}"
    return f"{found} {kept['stand_ins']['says']}" if kept.get("stand_ins") else found


def warnings(forecast: Forecast, today: date | None = None) -> tuple[str, ...]:
    """List what must stand at the top of a report.

    ``today`` is the day of reading, if it is stated; the clock is never asked.
    """
    network = forecast.network
    as_of, until, kept = network.as_of, network.resolve_by, audit.kept(forecast.case)
    found = [
        f"The base rate of {name} rests on a fit that did not converge and was kept by force: "
        f"{'; '.join(fit.refused)}."
        for name, fit in network.unconverged().items()
    ]
    found += [forecast.rough_bands] if forecast.rough else []
    if kept is not None and not audit.fits_to(kept, network):
        found.append(
            f"The audit of {kept['made']} is stale: the case, its dates or its fits have changed "
            "since."
        )
    elif kept is not None:
        if not kept["agrees"]:
            found.append(f"The audit of {kept['made']} does not agree: {kept['verdict']}")
        if (kept.get("stand_ins") or {}).get("moved"):
            found.append(f"The audit of {kept['made']}: {kept['stand_ins']['says']}")
    if today is not None and until and until < today:
        found.append(
            f"Read on {today}, the day it asks about has passed ({until}): the questions should be "
            "settled by now, and are not settled here."
        )
    elif today is not None and as_of and as_of < today:
        days = (today - as_of).days
        found.append(f"Read on {today}, it knows nothing of the {days:,} days since {as_of}.")
    for name, table in sorted(used_tables(forecast.case).items()):
        if as_of and (as_of - table.observed_until).days > STALE_DAYS:
            found.append(
                f"The table {name} ends on {table.observed_until}, more than a year before the day "
                "of the forecast."
            )
    return tuple(found)


def used_tables(case: Case) -> dict[str, tables.Table]:
    """Find the tables of figures that the base rates of a case are estimated from."""
    rates = [event.base_rate.model for event in case.events.values() if event.base_rate]
    models = [spec for spec in rates if spec is not None]
    of_class = CLASS_TABLES if COUNTS in {spec.model for spec in models} else ()
    return {t.name: t for t in (*(spec.table for spec in models), *map(tables.load, of_class))}


def carried_by(path: Path) -> dict:
    """Read what an HTML report carries: its case, overlays, settings, and what it was made from.

    Another file is refused.
    """
    try:
        return island(path.read_text(encoding="utf-8"))
    except (UnicodeDecodeError, ValueError):
        hint = "a page written by forecasting report CASE -o FILE.html"
        raise InputError(Problem("is not a report", str(path), accepted=hint)) from None


def island(html: str) -> dict:
    """Find what a page carries; a ValueError says that it is nothing, or not what it should."""
    found = ISLAND.search(html)
    content = json.loads(found[1]) if found else None
    if not isinstance(content, dict) or content.get("format") != FORMAT:
        raise ValueError("carries no case in a form that is known")
    if lacking := CARRIED - content.keys():
        raise ValueError(f"carries no {', '.join(sorted(lacking))}")
    return content


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
