"""Kinds of rows go in; a JSON Schema of what each command gives as JSON comes out.

The shape of an answer is written as Python writes it: a dictionary has just these keys (one that
ends in ``?`` may be missing), ``{str: X}`` any keys, ``[X]`` is a list, a record has its columns,
and a type is its values. What a field of a record is, and what it means, stands on the record;
what no record has is told here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import is_dataclass
from datetime import date
from types import NoneType, UnionType
from typing import Annotated, NamedTuple, Union, get_args, get_origin

from forecasting.answer import compare, explain, frequencies, replay, sensitivity, split, watch
from forecasting.answer.changes import Change
from forecasting.answer.check import Warning
from forecasting.answer.forecast import AmountRow, EventRow, Forecast
from forecasting.answer.reference_classes import Counted, Group, Holdout, Wait
from forecasting.answer.rows import kinds, meanings, names
from forecasting.answer.spread import SpreadRow
from forecasting.file.case import Case
from forecasting.fit import audit
from forecasting.fit.importance import Weighted
from forecasting.ledger import tables
from forecasting.ledger.backtest import BacktestRow
from forecasting.ledger.scores import GroupRow, ScoreRow
from forecasting.lexicon import Chance
from forecasting.report.key_judgements import FirstPage, Judgement, Reason

# What is not known is null, and what has no end a text.
NUMBERS = {
    "number": {"anyOf": [{"type": ["number", "null"]}, {"enum": ["inf", "-inf"]}]},
    "share": {"type": ["number", "null"], "minimum": 0, "maximum": 1},
}
PLAIN = {
    str: {"type": "string"},
    bool: {"type": "boolean"},
    int: {"type": "integer"},
    float: {"$ref": "#/$defs/number"},
    date: {"type": "string", "format": "date"},
    NoneType: {"type": "null"},
    Chance: {"$ref": "#/$defs/share"},
}


class Told(NamedTuple):
    """A kind of value, and what it means."""

    kind: object
    meaning: str


def of(record: type, shape: Mapping[str, object], **called: str) -> dict[str, Told]:
    """Say what some fields of a record mean, as the record does, though it calls some otherwise."""
    meant, plain = meanings(record), {name: name.removesuffix("?") for name in shape}
    told = {name: meant.get(called.get(one, one), "") for name, one in plain.items()}
    return {name: Told(kind, told[name]) for name, kind in shape.items()}


SIDES = ("prior", "posterior", "low", "high")
EACH = "Each event, state or cut by its name."


def shapes() -> dict[str, object]:
    """Give the shape of what each command prints, by its name."""
    case = of(Case, {"case": str, "digest": str})
    days = of(Case, {"as_of": date | None, "resolve_by": date | None})
    counted = {"table": str, "question": str, "last": date, "by": [str]}
    counted = of(Counted, counted, table="name") | {
        "cases": Told(int, "Settled cases."),
        "title": Told(str, "What the table holds."),
        "source": Told(str, "Whose data they are."),
    }
    holdout = {"earlier": Group, "later": Group, "drifts": bool, "brier": float, "skill": float}
    change = of(Change, dict.fromkeys(("path", "sort", "before", "after"), str))
    return {
        "check": [{
            "case": Told(str, "The file."),
            "warnings": Told([Warning], "What is probably not meant."),
        }],
        "run": case | days | of(Forecast, {"log_evidence": float}) | {
            "events": Told({str: _event()}, "Each event by its name."),
            "scenarios": Told({str: Chance}, "The probability of each scenario, by its name."),
            "unconverged?": Told([str], "Events with a base rate of a fit that did not converge."),
        },
        "explain": ({
            "weights": Told([explain.WeightRow], "What each item of evidence does."),
            "leanings": Told([explain.LeaningRow], "What drives each outcome."),
            "tornado?": Told([sensitivity.TornadoRow], "What each judgement moves."),
            "findings?": Told([watch.FindingRow], "What could be learned."),
        }, of(frequencies.Frequencies, {
            "splits": [frequencies.Split], "counts": [int], "chances": [Chance], "cases": int,
            "forecast": Chance, "answer": Chance,
        })),
        "tip": [sensitivity.TippingRow],
        "watch": [watch.FindingRow],
        "replay": case | of(Case, {"resolve_by": date | None}) | {
            "rows": Told([replay.ReplayRow], "Each event on each day of new reports."),
        },
        "compare": case | days | _comparison(),
        "diff": of(split.Split, {
            "first": str, "second": str, "amounts": [split.PointRow], "shares": [split.ShareRow],
            "changes": [change],
        }, amounts="point_rows", shares="rows") | {
            "events": Told({str: of(split.Split, {"before": Chance, "after": Chance})}, EACH),
        },
        "rates": (
            [counted | {"seen": Told(int, "Those that came out yes.")}],
            counted | {
                "groups": Told([(Wait, Group)], "The groups, all cases last."),
                "decades": Told([Group], "The cases by decade."),
                "paste": Told(str, "A base rate to paste into a case."),
                "holdout": Told(
                    (of(Holdout, holdout), None),
                    "What the earlier cases say of the later ones; null if they are too few.",
                ),
            },
        ),
        "audit": case | days | _audit(),
        "report": case | days | _page(),
        "score": ([ScoreRow], [GroupRow]),
        "backtest": [BacktestRow],
        "ledger": (
            [{one.name: Told((str, int), LEDGER[one.name]) for one in tables.ASKED}],
            [{one.name: Told(str, NOTED[one.name]) for one in tables.NOTED}],
        ),
    }  # fmt: skip


LEDGER = {
    "id": "The question, with its version if there are several.",
    "title": "The question in words.",
    "status": (
        "Open, early, scored, unscored (answered, and no forecast was in time), annulled, "
        "ambiguous or overdue."
    ),
    "came": "How it came out; empty if nobody knows (yet).",
    "said": "The probability of the first headline forecast, in percent; empty if there is none.",
    "forecasts": "How many headline forecasts it has; empty if there is none.",
}

NOTED = {
    "day": "Of a forecast, or from which an answer was known; empty if that is not said.",
    "by": "Whose forecast or word it is.",
    "what": "The role of a forecast; or withdrawn, or came out, and whether that holds.",
    "said": "What was forecast, or how it came out.",
    "note": "A remark, and whose word it is.",
}


def _event() -> dict[str, object]:
    """Give the shape of an event of any type in a forecast."""
    told = of(EventRow, kinds(EventRow, (*SIDES, "word")))
    sides = of(AmountRow, {side: {str: float} for side in SIDES})
    mean, spread = Told(float, "Expected probability."), Told(float, "Deviation in log-odds.")
    judged = {"mean": mean, "logit_median": Told(float, "Median in log-odds."), "logit_sd": spread}
    rate = (judged, {str: {"mean": mean, "spread": spread}}, None)
    return of(EventRow, {"role": str}) | {
        **{f"{name}?": one for name, one in told.items()},  # of a question answered yes or no
        "states?": Told({str: told}, "Of an event with states: each by its name."),
        "cuts?": Told({str: told}, "Of states or an amount: each cut by its name."),
        "quantiles?": Told(sides, "Of an amount: its points, such as 5%, in its unit."),
        "base_rate": Told(rate, "As it is used, by state if there are several; null for others."),
    }


def _comparison() -> dict[str, object]:
    """Give the shape of a comparison, beside its case and its days."""
    held = ("stands", "lowest", "lower", "median", "upper", "highest")
    # Of an amount they are in its unit.
    spread = of(SpreadRow, kinds(SpreadRow, names(SpreadRow)) | dict.fromkeys(held, float))
    rows = {
        "analysts": [str], "forecasts": [compare.AnalystRow], "amounts": [split.PointRow],
        "spread": [spread], "pools": [compare.PoolRow], "extremizing": float,
    }  # fmt: skip
    called = {"forecasts": "analyst_rows", "amounts": "point_rows", "spread": "spread_rows"}
    called |= {"pools": "pool_rows", "extremizing": "factor"}
    shares = {"shares": [split.ShareRow], "by_sort": [split.ShareRow]}
    return of(compare.Comparison, rows, **called) | of(
        split.Split, shares, shares="rows", by_sort="sort_rows"
    )


def _audit() -> dict[str, object]:
    """Give the shape of an audit, beside its case and its days."""
    drawn = of(Weighted, {"draws": int, "effective_draws": float, "pareto_k": float})
    verdicts = (audit.AGREES, audit.DIFFERS, audit.UNDECIDED)
    numbers = dict.fromkeys(audit.COMPARED[:4], float) | {"verdict": verdicts}
    compared = of(audit.Comparison, numbers)
    moved = of(audit.Comparison, dict.fromkeys(("sampled", "error", "moved"), float))
    stand_ins = drawn | of(audit.StandIns, {"says": str, "moved": [str]})
    stand_ins |= {"events": Told({str: moved}, EACH)}
    whole = {
        "agrees": bool, "verdict": str, "seed": int, "seconds": float,
        "log_evidence": compared, "stand_ins": (stand_ins, None),
    }  # fmt: skip
    return drawn | of(audit.Audit, whole) | {
        "limit": Told(float, "Standard errors by which a number may be off and still agree."),
        "events": Told({str: compared}, EACH),
    }  # fmt: skip


def _page() -> dict[str, object]:
    """Give the shape of the first page of a report, beside its case and its days."""
    because = of(Reason, {"text": str, "push": str}, text="told")
    asked = {"event": str, "title": str, "answer": str, "because": [because], "basis": str}
    asked = of(Judgement, asked | {"of?": str}, event="headline", of="told")
    numbers = {"word?": str} | dict.fromkeys(("probability?", "before?", "low?", "high?"), Chance)
    told = of(EventRow, numbers, probability="posterior", before="prior")
    points = {"before": "median before the evidence", "median": "median", "low": "5% point"}
    points = {name: Told(float, f"Its {one}.") for name, one in points.items()}
    points |= {"unit": Told(str, "What is counted."), "high": Told(float, "Its 95% point.")}
    judgement = asked | told | {
        "question": Told(str | None, "As the case asks it."),
        "states?": Told({str: Chance}, "The probability of each state, by its name."),
        "amount?": Told(points, "Points of an amount."),
    }  # fmt: skip
    words = {"sentence": str, "judgements": [judgement], "what_would_change_it": [str]}
    words |= {"watch": [str], "look_again": str, "basis": str}
    return of(FirstPage, words, what_would_change_it="changes", look_again="again") | {
        "title": Told(str, "Of the case."),
        "warnings": Told([str], "What to know before reading on."),
    }  # fmt: skip


def schema() -> dict:
    """Make one JSON Schema, which holds under ``$defs`` that of each command.

    Examples
    --------
    >>> schema()["$defs"]["tip"]
    {'type': 'array', 'items': {'$ref': '#/$defs/TippingRow'}}
    """
    rows: dict[str, dict] = {}
    made = {name: _schema(shape, rows) for name, shape in shapes().items()}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "What the commands of scenario-forecasting give as JSON",
        "description": "Refer to #/$defs/COMMAND. A number that is not known is null.",
        "$defs": made | NUMBERS | dict(sorted(rows.items())),
    }


def _schema(shape: object, rows: dict[str, dict]) -> dict:
    """Make the schema of a shape; those of records are put into `rows`."""
    if isinstance(shape, Told):
        said = {"description": shape.meaning} if shape.meaning else {}  # not under python -OO
        return _schema(shape.kind, rows) | said
    if isinstance(shape, str):
        return {"const": shape}
    if isinstance(shape, Mapping):
        if str in shape:
            return {"type": "object", "additionalProperties": _schema(shape[str], rows)}
        held = {name.removesuffix("?"): _schema(kind, rows) for name, kind in shape.items()}
        due = [name for name in shape if not name.endswith("?")]
        exact = {"required": due, "additionalProperties": False}
        return {"type": "object", "properties": held} | exact
    if isinstance(shape, list):
        return {"type": "array", "items": _schema(shape[0], rows)}
    if isinstance(shape, tuple):
        return {"anyOf": [_schema(one, rows) for one in shape]}
    if (kind := NoneType if shape is None else shape) in PLAIN:
        return PLAIN[kind]
    if is_dataclass(shape):
        if shape.__name__ not in rows:
            rows[shape.__name__] = _schema(of(shape, kinds(shape, names(shape))), rows)
        return {"$ref": f"#/$defs/{shape.__name__}"}
    origin, parts = get_origin(shape), get_args(shape)
    if origin in (Union, UnionType):
        return _schema(parts, rows)
    if origin is tuple:
        return _schema([parts[0]], rows)
    if origin is Annotated:
        return _schema(parts[0], rows)
    raise TypeError(f"no JSON Schema is known of {shape!r}")
