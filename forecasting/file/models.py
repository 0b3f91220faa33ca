"""A base rate of a file goes in; the judgement, or the model that is to estimate it, comes out.

``{model: reference_class, data: rebel_victories, ...}`` names a model, a table of figures and the
settings of the model. What each model does stands in its own module under ``fit``.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from forecasting.errors import InputError, nearest
from forecasting.file import tables
from forecasting.file.records import MapOf
from forecasting.file.tables import Table
from forecasting.file.values import (
    BAD,
    NO_BETA,
    BaseRate,
    DayReader,
    Judgement,
    Months,
    Names,
    Number,
    Pair,
    Text,
    below,
    read_keys,
)
from forecasting.judgement import months_between

# Fits look this many months ahead.
REACH = 60

# The group of all cases.
ALL = "all"

# On average.
DAYS_A_MONTH = 365.25 / 12

# Months whose count is compared with that of as many months before.
YEAR = 12


# Of an amount a fit keeps the points with so much of its distribution below them.
LEVELS = (0.01, *(k / 20 for k in range(1, 20)), 0.99)

FACTOR = Number("not a factor", "a number above 0, up to 100", 100)
PRIOR = Pair(Number(NO_BETA, "two numbers above 0, such as [1, 1]", 1000))


@dataclass(frozen=True)
class Setting:
    """One setting of a model: how to read it, what it means.

    Attributes
    ----------
    reader, doc
    required : bool
    asks : bool
        It asks something of the fitted model and does not change the model itself.
    """

    reader: Any
    doc: str
    required: bool = False
    asks: bool = False


@dataclass(frozen=True)
class Model:
    """What a case file may say of a base-rate model.

    Attributes
    ----------
    version : int
        Raised when the model changes, so that older fits no longer count.
    settings : dict of str to Setting
    windows : bool
        It predicts windows directly; else it gives one probability for a stated period.
    columns : tuple of str
        What a table must have, whatever the settings say.
    """

    version: int
    settings: Mapping[str, Setting]
    windows: bool
    columns: tuple[str, ...] = ()

    @property
    def readers(self) -> dict[str, Any]:
        """What reads each key that may stand beside the name of the model and of the table."""
        period = {} if self.windows else {"within": Months()}
        return period | {k: setting.reader for k, setting in self.settings.items()}


WHERE = Setting(Names(Text()), "conditions that rows must meet, such as year>=1990")
BY = Setting(Names(Text()), "columns that split the cases into groups")
GROUP = Setting(Text(), "the one asked for; without it, one not seen", asks=True)

MODELS: Mapping[str, Model] = {
    "reference_class": Model(
        2,
        {
            "outcome": Setting(Text(), "column with the cases in which it came about", True),
            "by": BY,
            "group": GROUP,
            "where": WHERE,
            "half_life": Setting(
                Months(), "how long until a case counts half; they all count whole"
            ),
            "prior": Setting(PRIOR, "Beta prior of the share over all groups; [1, 1]"),
        },
        windows=False,
    ),
    "event_counts": Model(
        2,
        {
            "count": Setting(Text(), "column with the monthly counts", True),
            "at_least": Setting(FACTOR, "asks for this many times the year before", asks=True),
            "at_most": Setting(FACTOR, "asks for this share of the year before", asks=True),
            "since": Setting(
                DayReader(), "when the window begins; the day of the forecast", asks=True
            ),
        },
        windows=True,
    ),
    "time_to_event": Model(
        2,
        {
            "since": Setting(DayReader(), "when the time began to run", True, asks=True),
            "follow": Setting(Months(), "how long each case is followed; to the end of the data"),
            "where": WHERE,
            "by": BY,
            "group": GROUP,
            "covariates": Setting(
                MapOf(Text(), names=Text()), "columns, each with its value in the case at hand"
            ),
        },
        windows=True,
        columns=("start", "event_from", "event_to"),
    ),
}


# The one that estimates amounts, and what it is asked where it estimates a probability.
COUNTS, SHARES_OF_A_YEAR = "event_counts", ("at_least", "at_most")

# What it knows of other series: their counts, and how often each setting of its level holds.
CLASS_TABLES = "country_deaths_monthly", "country_deaths_steps"


@dataclass(frozen=True)
class Spec:
    """A model, a table and settings, as a base rate states them.

    Attributes
    ----------
    model : str
    table : Table
    settings : dict of str to value
        Only what was stated.
    """

    model: str
    table: Table
    settings: Mapping[str, Any] = field(hash=False)

    @property
    def label(self) -> str:
        """A line that a person recognises."""
        words = [self.model.replace("_", " "), self.table.name]
        return " · ".join([*words, *(f"{k} {_shown(v)}" for k, v in self.settings.items())])

    @property
    def same_fit(self) -> tuple:
        """What two base rates have in common if they come from one fitted model."""
        known = MODELS[self.model].settings
        # Of covariates the columns change the model; their values ask something of it.
        changing = [
            (k, str(sorted(v) if isinstance(v, Mapping) else v))
            for k, v in self.settings.items()
            if not known[k].asks
        ]
        return self.model, self.table.name, tuple(sorted(changing))

    @property
    def amounts(self) -> bool:
        """Whether it is asked for an amount, not for a probability."""
        return self.model == COUNTS and not {*SHARES_OF_A_YEAR} & {*self.settings}

    @property
    def reach(self) -> tuple[float, float]:
        """Shortest and longest window, in months, that the model speaks of."""
        shortest = YEAR if "at_most" in self.settings else int(self.amounts)
        return shortest, REACH

    def known(self, as_of: date | None) -> tuple[Table, int]:
        """Give the rows that count on a day, and how many are left out since they are open."""
        table = self.table.until(as_of).where(self.settings.get("where", ()))
        settled = table.settled(*(self.settings.get(k, "") for k in ("outcome", "count")), "of")
        return settled, len(table.rows) - len(settled.rows)

    def read_cells(self) -> None:
        """Read every cell that the model needs, before it is needed.

        Raises
        ------
        InputError
            If one leaves in doubt what it says, with its line.
        """
        table, _ = self.known(None)
        if self.model == "reference_class":
            table.cases(self.settings["outcome"])
        elif self.model == "event_counts":
            table.months(self.settings["count"])
        else:
            table.spans()

    def resolved(self, as_of: date | None) -> dict[str, Any]:
        """Give the settings as plain values, with what follows from the day of the forecast.

        Returns
        -------
        dict
            ``since`` is an ISO date; ``elapsed``, for a time to an event, the months from then
            to the day of the forecast.
        """
        plain = {k: _plain(v) for k, v in sorted(self.settings.items())}
        if self.model == "event_counts":
            plain.setdefault("since", as_of.isoformat())
        if self.model == "time_to_event":
            since = date.fromisoformat(plain["since"])
            plain["elapsed"] = months_between(since, as_of) if as_of > since else 0.0
        return plain


def window_starts(spec: Spec, as_of: date) -> date:
    """Find the day from which a fitted model counts the months of its window.

    Counts are compared over the window itself, so it stays where it is as days pass; a time to an
    event runs on from the day of the forecast, but not before it has begun.
    """
    since = spec.settings.get("since")
    if since is None:
        return as_of
    return since.last if spec.model == "event_counts" else max(as_of, since.last)


def groups(rows, by) -> list[str]:
    """Name the group of each row: its values in the columns ``by``, joined by commas."""
    return [", ".join(row[column] for column in by) or ALL for row in rows]


def counts(
    table: Table, outcome: str, by: Sequence[str] = (), weights: Sequence[float] | None = None
) -> dict[str, tuple[float, float]]:
    """Add up the cases of each group, by name: how many came out yes, and of how many.

    Each row counts once, or by its weight.

    Examples
    --------
    >>> counts(tables.load("ttp_deals"), "six_months", ["kind"])
    {'Swat': (0, 2), 'national talks': (0, 1), 'tribal areas': (1, 3)}
    """
    sums: dict[str, tuple[float, float]] = {}
    weights = [1] * len(table.rows) if weights is None else weights
    cases = zip(groups(table.rows, by), table.cases(outcome), weights, strict=True)
    for label, (seen, of), weight in cases:
        before = sums.get(label, (0, 0))
        sums[label] = before[0] + weight * seen, before[1] + weight * of
    return dict(sorted(sums.items()))


@dataclass(frozen=True)
class BaseRateReader:
    """A probability with or without a period, or a model that estimates it from data.

    ``amounts`` reads a model of an amount, which is asked for no share of the year before.
    """

    amounts: bool = False

    stated = Judgement(period=True)

    def read(self, node, place, reading):
        if not (node.is_map and "model" in node.value):
            return self.stated.read(node, place, reading)
        wrong = reading.about(node, place)
        name = node.value["model"].value
        if not isinstance(name, str) or name not in MODELS:
            hint = nearest(name, MODELS) if isinstance(name, str) else None
            return wrong("model", "not a model", ", ".join(MODELS), hint)
        if self.amounts and name != COUNTS:
            return wrong("model", f"{name} estimates a probability, not an amount", COUNTS)
        model, readers = MODELS[name], self._readers(MODELS[name])
        known = {"model", "data", *readers}
        for stranger in (k for k in node.value if k not in known):
            hint, accepted = nearest(stranger, known), ", ".join(sorted(known))
            if stranger == "within":
                hint = f"{name} predicts the window of the case by itself"
            if stranger in SHARES_OF_A_YEAR:
                hint = "of an amount, ask it by a cut"
            inner, problem = below(place, stranger), f"not a setting of {name}"
            return reading.reject(node.keys[stranger], inner, problem, accepted, hint)
        docs = {"data": "name of a table"}
        docs |= {k: setting.doc for k, setting in model.settings.items() if setting.required}
        for missing in (k for k in docs if k not in node.value):
            return wrong("", f"the key '{missing}' is missing", f"{missing}: {docs[missing]}")
        stated = read_keys(readers, node, place, reading)
        if BAD in stated.values():
            return BAD
        within = stated.pop("within", None)
        try:
            spec = self._spec(name, stated, node.value, reading, wrong)
        except InputError as error:
            reading.problems.extend(error.problems)
            return BAD
        return BAD if spec is BAD else BaseRate(None, within, spec)

    def _readers(self, model):
        """List what reads the keys of a model, without what is not asked of an amount."""
        left_out = SHARES_OF_A_YEAR if self.amounts else ()
        return {k: reader for k, reader in model.readers.items() if k not in left_out}

    def _spec(self, name, settings, written, reading, wrong):
        """Load the table, and check that the settings go with it; note the first problem."""
        data, known = written["data"], tables.names(reading.folder)
        if not data.is_text or data.value not in known:
            hint = nearest(data.value, known) if data.is_text else None
            return wrong("data", "there is no table of this name", ", ".join(known), hint)
        spec = Spec(name, tables.load(data.value, reading.folder), settings)
        for misfit in _misfits(spec, ", ".join(written), self.amounts):
            return wrong(*misfit)
        spec.read_cells()
        return spec

    def schema(self):
        if self.amounts:
            return self._schema(COUNTS)
        return {"anyOf": [self.stated.schema(), *map(self._schema, MODELS)]}

    def _schema(self, name):
        model = MODELS[name]
        properties = {"model": {"const": name}, "data": {"type": "string"}}
        for k, setting in model.settings.items():
            if k not in self._readers(model):
                continue
            properties[k] = {**setting.reader.schema(), "description": setting.doc}
        if not model.windows:
            properties["within"] = Months().schema()
        required = [k for k, setting in model.settings.items() if setting.required]
        return {
            "type": "object",
            "properties": properties,
            "required": ["model", "data", *required],
            "additionalProperties": False,
        }


def _misfits(spec: Spec, keys: str, amounts: bool) -> Iterator[tuple]:
    """Say what does not fit a table in the settings: path, problem, accepted, hint and found."""
    settings, columns, name = spec.settings, spec.table.columns, spec.table.name
    named = [(k, settings[k]) for k in ("outcome", "count") if k in settings]
    named += [(k, column) for k in ("by", "covariates") for column in settings.get(k, ())]
    for setting, column in named:
        if column not in columns:
            hint = nearest(column, columns)
            yield setting, f"{name} has no such column", ", ".join(columns), hint, column
    if lacking := [one for one in MODELS[spec.model].columns if one not in columns]:
        accepted = f"a table with {', '.join(lacking)}"
        yield "data", f"{spec.model} needs columns that it lacks", accepted
    if spec.model == "event_counts":
        if not amounts and ("at_least" in settings) == ("at_most" in settings):
            accepted = "at_least: 1.5 (times the twelve months before), or at_most: 0.5"
            yield "", "needs one of at_least and at_most", accepted, None, keys
        if spec.table.sidecar.every != "month":
            yield "data", "not a table of monthly counts"
    try:
        rows = spec.table.where(settings.get("where", ())).rows
    except InputError as error:
        wrong = error.problems[0]
        yield "where", wrong.problem, wrong.accepted, None, wrong.found
        return
    if not rows:
        yield "where", f"no row of {name} is so", "conditions that some rows meet"
    for column, value in settings.get("covariates", {}).items():
        cells = {row[column] for row in rows} if column in columns else {value}
        if value not in cells and not all(map(is_number, (value, *cells))):
            accepted = "; ".join(sorted(cells)) if len(cells) <= 20 else "what stands in some row"
            hint = nearest(value, cells)
            yield f"covariates.{column}", "no case of the table is so", accepted, hint, value
    if "group" in settings:
        present = sorted({*groups(rows, settings.get("by", ()))})
        if "by" not in settings or settings["group"] not in present:
            accepted = (
                "; ".join(present) if "by" in settings else "by: the columns that make groups"
            )
            hint = nearest(settings["group"], present)
            yield "group", "there is no group of this name", accepted, hint


def is_number(text: str) -> bool:
    """Tell whether a cell holds a number.

    Examples
    --------
    >>> is_number("2"), is_number("1-4")
    (True, False)
    """
    try:
        return math.isfinite(float(text))
    except ValueError:
        return False


def _plain(value):
    if hasattr(value, "last"):
        return value.last.isoformat()
    return list(value) if isinstance(value, tuple) else value


def _shown(value) -> str:
    if isinstance(value, Mapping):
        return " and ".join(f"{k} {v}" for k, v in value.items())
    return " and ".join(map(str, value)) if isinstance(value, tuple) else str(value)
