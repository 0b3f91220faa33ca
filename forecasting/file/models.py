"""A base rate of a file goes in; the judgement, or the model that is to estimate it, comes out.

``{model: reference_class, data: rebel_victories, ...}`` names a model, a table of figures and the
settings of the model. What each model does stands in its own module under ``fit``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from forecasting.errors import InputError, nearest
from forecasting.file import tables
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
)
from forecasting.judgement import months_between

# Fits look this many months ahead.
REACH = 60

# Months whose count is compared with that of as many months before.
YEAR = 12


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
    """

    version: int
    settings: Mapping[str, Setting]
    windows: bool


MODELS: Mapping[str, Model] = {
    "reference_class": Model(
        1,
        {
            "outcome": Setting(Text(), "column with the cases in which it came about", True),
            "by": Setting(Names(Text()), "columns that split the cases into groups"),
            "group": Setting(Text(), "the one asked for; without it, one not seen", asks=True),
            "prior": Setting(PRIOR, "Beta prior of the share over all groups; [1, 1]"),
        },
        windows=False,
    ),
    "event_counts": Model(
        1,
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
        1,
        {
            "since": Setting(DayReader(), "when the time began to run", True, asks=True),
            "follow": Setting(Months(), "how long each case is followed; to the end of the data"),
            "by": Setting(Names(Text()), "columns that split the cases into groups"),
            "group": Setting(Text(), "the one asked for; without it, one not seen", asks=True),
        },
        windows=True,
    ),
}

# Columns a table must have, whatever the settings say.
COLUMNS = {
    "reference_class": (),
    "event_counts": (),
    "time_to_event": ("start", "event_from", "event_to"),
}


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
        changing = [(k, str(v)) for k, v in self.settings.items() if not known[k].asks]
        return self.model, self.table.name, tuple(sorted(changing))

    @property
    def reach(self) -> tuple[float, float]:
        """Shortest and longest window, in months, that the model speaks of."""
        return (YEAR if "at_most" in self.settings else 0), REACH

    def known(self, as_of: date | None) -> tuple[Table, int]:
        """Give the rows that count on a day, and how many are left out since they are open."""
        table = self.table.until(as_of)
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
    return [", ".join(row[column] for column in by) for row in rows]


class BaseRateReader:
    """A probability with or without a period, or a model that estimates it from data."""

    stated = Judgement(period=True)

    def read(self, node, place, reading):
        if not (node.is_map and "model" in node.value):
            return self.stated.read(node, place, reading)
        name = node.value["model"]
        if not name.is_text or name.value not in MODELS:
            hint = nearest(name.value, MODELS) if name.is_text else None
            accepted = ", ".join(MODELS)
            return reading.reject(name, f"{place}.model", "not a model", accepted, hint)
        model = MODELS[name.value]
        known = {"model", "data", *model.settings} | (set() if model.windows else {"within"})
        for key_, key_node in node.keys.items():
            if key_ not in known:
                hint = nearest(key_, known)
                if key_ == "within":
                    hint = f"{name.value} predicts the window of the case by itself"
                return reading.reject(
                    key_node,
                    f"{place}.{key_}",
                    f"not a setting of {name.value}",
                    ", ".join(sorted(known)),
                    hint,
                )
        due = [k for k, setting in model.settings.items() if setting.required]
        for key_ in ("data", *due):
            if key_ not in node.value:
                doc = model.settings[key_].doc if key_ in model.settings else "name of a table"
                return reading.reject(node, place, f"the key '{key_}' is missing", f"{key_}: {doc}")
        within = None
        if "within" in node.value:
            within = Months().read(node.value["within"], f"{place}.within", reading)
        settings = {
            k: setting.reader.read(node.value[k], f"{place}.{k}", reading)
            for k, setting in model.settings.items()
            if k in node.value
        }
        if within is BAD or BAD in settings.values():
            return BAD
        table = self._table(node, place, reading)
        if table is BAD:
            return BAD
        spec = Spec(name.value, table, settings)
        if not _fits_together(spec, node, place, reading):
            return BAD
        return BaseRate(None, within, spec)

    def _table(self, node, place, reading):
        data = node.value["data"]
        known = tables.names(reading.folder)
        if not data.is_text or data.value not in known:
            hint = nearest(data.value, known) if data.is_text else None
            return reading.reject(
                data, f"{place}.data", "there is no table of this name", ", ".join(known), hint
            )
        try:
            return tables.load(data.value, reading.folder)
        except InputError as error:
            reading.problems.extend(error.problems)
            return BAD

    def schema(self):
        schemas = [self.stated.schema()]
        for name, model in MODELS.items():
            properties = {"model": {"const": name}, "data": {"type": "string"}}
            properties |= {
                k: {**setting.reader.schema(), "description": setting.doc}
                for k, setting in model.settings.items()
            }
            if not model.windows:
                properties["within"] = Months().schema()
            required = [k for k, setting in model.settings.items() if setting.required]
            schemas.append(
                {
                    "type": "object",
                    "properties": properties,
                    "required": ["model", "data", *required],
                    "additionalProperties": False,
                }
            )
        return {"anyOf": schemas}


def _fits_together(spec: Spec, node, place: str, reading) -> bool:
    """Check that settings and table go together; note the first problem."""
    settings, columns = spec.settings, spec.table.columns
    named = [("outcome", settings.get("outcome")), ("count", settings.get("count"))]
    named += [("by", column) for column in settings.get("by", ())]
    for key_, column in named:
        if column is not None and column not in columns:
            reading.reject(
                node.value[key_],
                f"{place}.{key_}",
                f"{spec.table.name} has no such column",
                ", ".join(columns),
                nearest(column, columns),
                found=column,
            )
            return False
    if lacking := [c for c in COLUMNS[spec.model] if c not in columns]:
        reading.reject(
            node.value["data"],
            f"{place}.data",
            f"{spec.model} needs columns that it lacks",
            f"a table with {', '.join(lacking)}",
        )
        return False
    if spec.model == "event_counts":
        if ("at_least" in settings) == ("at_most" in settings):
            reading.reject(
                node,
                place,
                "needs one of at_least and at_most",
                "at_least: 1.5 (times the twelve months before), or at_most: 0.5",
                found=", ".join(node.value),
            )
            return False
        if spec.table.sidecar.every != "month":
            reading.reject(node.value["data"], f"{place}.data", "not a table of monthly counts")
            return False
    if "group" in settings:
        present = sorted(set(groups(spec.table.rows, settings.get("by", ()))))
        if "by" not in settings or settings["group"] not in present:
            reading.reject(
                node.value["group"],
                f"{place}.group",
                "there is no group of this name",
                "; ".join(present) if "by" in settings else "by: the columns that make groups",
                nearest(settings["group"], present),
            )
            return False
    try:
        spec.read_cells()
    except InputError as error:
        reading.problems.extend(error.problems)
        return False
    return True


def _plain(value):
    if hasattr(value, "last"):
        return value.last.isoformat()
    return list(value) if isinstance(value, tuple) else value


def _shown(value) -> str:
    return " and ".join(map(str, value)) if isinstance(value, tuple) else str(value)
