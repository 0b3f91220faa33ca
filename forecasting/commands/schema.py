"""Kinds of rows go in; a JSON Schema of what each command gives as JSON comes out.

The shape of an answer is written as Python writes it: a dictionary has just these keys (one that
ends in ``?`` may be missing), ``{str: X}`` any keys, ``[X]`` is a list, a record has its columns,
and a type is its values. What a field of a record is stands on the record.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import is_dataclass
from datetime import date
from types import NoneType, UnionType
from typing import Annotated, Union, get_args, get_origin

from forecasting.answer import compare, explain, frequencies, replay, sensitivity, watch
from forecasting.answer.check import Warning
from forecasting.answer.forecast import EventRow
from forecasting.answer.reference_classes import Group, Wait
from forecasting.answer.rows import kinds, names
from forecasting.answer.split import PointRow, ShareRow
from forecasting.answer.spread import SpreadRow
from forecasting.fit.audit import AGREES, COMPARED, DIFFERS, UNDECIDED
from forecasting.ledger import tables
from forecasting.ledger.backtest import BacktestRow
from forecasting.ledger.scores import ScoreRow
from forecasting.lexicon import Chance

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

CASE = {"case": str, "digest": str}
DAYS = {"as_of": date | None, "resolve_by": date | None}

SIDES = ("prior", "posterior", "low", "high")


def shapes() -> dict[str, object]:
    """Give the shape of what each command prints, by its name."""
    base = {"mean": float, "logit_median": float, "logit_sd": float}
    one = kinds(EventRow, (*SIDES, "word"))
    event = {
        "role": str,
        **{f"{name}?": kind for name, kind in one.items()},  # of a question answered yes or no
        "states?": {str: one},
        "cuts?": {str: one},
        "quantiles?": {side: {str: float} for side in SIDES},
        "base_rate": (base, {str: {"mean": float, "spread": float}}, None),
    }
    drawn = {"draws": int, "effective_draws": float, "pareto_k": float}
    compared = dict.fromkeys(COMPARED[:4], float) | {"verdict": (AGREES, DIFFERS, UNDECIDED)}
    held = ("stands", "lowest", "lower", "median", "upper", "highest")
    # Of an amount they are in its unit.
    spread = kinds(SpreadRow, names(SpreadRow)) | dict.fromkeys(held, float)
    judgement = {
        "event": str, "title": str, "question": str | None, "answer": str, "basis": str,
        "because": [{"text": str, "push": str}], "of?": str, "word?": str,
        **dict.fromkeys(("probability?", "before?", "low?", "high?"), Chance),
        "states?": {str: Chance},
        "amount?": {"unit": str} | dict.fromkeys(("before", "median", "low", "high"), float),
    }  # fmt: skip
    counted = {
        "table": str, "title": str, "question": str, "rows": int, "last": date, "source": str,
        "by": [str],
    }  # fmt: skip
    return {
        "check": [{"case": str, "warnings": [Warning]}],
        "run": CASE | DAYS | {
            "log_evidence": float, "events": {str: event}, "scenarios": {str: Chance},
            "unconverged?": [str],
        },
        "explain": ({
            "weights": [explain.WeightRow], "leanings": [explain.LeaningRow],
            "tornado?": [sensitivity.TornadoRow], "findings?": [watch.FindingRow],
        }, {
            "splits": [frequencies.Split], "counts": [int], "chances": [Chance], "cases": int,
            "forecast": Chance, "answer": Chance,
        }),
        "tip": [sensitivity.TippingRow],
        "watch": [watch.FindingRow],
        "replay": CASE | {"resolve_by": date | None, "rows": [replay.ReplayRow]},
        "compare": CASE | DAYS | {
            "analysts": [str], "forecasts": [compare.AnalystRow], "amounts": [PointRow],
            "spread": [spread], "shares": [ShareRow], "by_sort": [ShareRow],
            "pools": [compare.PoolRow], "extremizing": float,
        },
        "diff": {
            "first": str, "second": str, "amounts": [PointRow], "shares": [ShareRow],
            "changes": [{"path": str, "sort": str, "before": str, "after": str}],
            "events": {str: {"before": Chance, "after": Chance}},
        },
        "rates": (
            [counted | {"seen": int}],
            counted | {
                "groups": [(Wait, Group)], "decades": [Group], "paste": str,
                "holdout": ({
                    "earlier": Group, "later": Group, "drifts": bool, "brier": float,
                    "skill": float,
                }, None),
            },
        ),
        "audit": CASE | DAYS | drawn | {
            "agrees": bool, "verdict": str, "limit": float, "seed": int, "seconds": float,
            "log_evidence": compared, "events": {str: compared},
            "stand_ins": (drawn | {
                "says": str, "moved": [str],
                "events": {str: dict.fromkeys(("sampled", "error", "moved"), float)},
            }, None),
        },
        "report": CASE | DAYS | {
            "title": str, "warnings": [str], "sentence": str, "judgements": [judgement],
            "what_would_change_it": [str], "watch": [str], "look_again": str, "basis": str,
        },
        "score": [ScoreRow],
        "backtest": [BacktestRow],
        "ledger": [{column.name: (str, int) for column in tables.ASKED}],
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
            rows[shape.__name__] = _schema(kinds(shape, names(shape)), rows)
        return {"$ref": f"#/$defs/{shape.__name__}"}
    origin, parts = get_origin(shape), get_args(shape)
    if origin in (Union, UnionType):
        return _schema(parts, rows)
    if origin is tuple:
        return _schema([parts[0]], rows)
    if origin is Annotated:
        return _schema(parts[0], rows)
    raise TypeError(f"no JSON Schema is known of {shape!r}")
