"""Overrides of a case go in; those that the page computes with, written in numbers, come out."""

from __future__ import annotations

import re
from collections.abc import Mapping

import numpy as np

from forecasting.file import stated
from forecasting.file.case import Case
from forecasting.file.quantities import get, place_of
from forecasting.file.values import BaseRate
from forecasting.judgement import Z90, Odds, Probability, sigmoid

# Overrides that the page can compute with; any other makes a new compiled case.
_MOVE = re.compile(
    r"events\.[^.]+\.(base_rate(\..+)?|now(\.[^.]+)?|table\..*)"
    r"|links\.[^.]+(\.[^.]+){1,3}\.(raises|lowers|odds)"
    r"|evidence\.[^.]+\.(if_yes|if_no|if\.[^.]+|likelihood_ratio|chance|status"
    r"|reports\.\d+\.(hit|false|grade)|bears_on\.[^.]+(\.[^.]+)?\.(raises|lowers|odds))"
    r"|scales\.(reliability|credibility)\.[A-F1-6]"
)


def is_move(case: Case, path: str, value) -> bool:
    """Tell a number that the page can move from a change that makes another case."""
    place = place_of(case, path)
    event = case.events.get("".join(place[1:2]))
    if event and place[2:3] == ("now",) and not event.is_yes_no and get(case, place) is None:
        return False
    if path.endswith(".reports"):
        return value == []  # how the page leaves a fact out
    # Of several states the page knows shares, and no counts.
    counts = isinstance(value, Mapping) and "seen" in value and "of" not in value
    fitted = isinstance(value, Mapping) and "model" in value
    return bool(_MOVE.fullmatch(path.replace("->", "."))) and not fitted and not counts


def parted(case: Case, overrides: Mapping) -> tuple[dict, dict]:
    """Part overrides into those that the page moves, and those that make another case."""
    moves = {path: value for path, value in overrides.items() if is_move(case, path, value)}
    added = {path: value for path, value in overrides.items() if path not in moves}
    return {path.replace("->", "."): value for path, value in moves.items()}, added


def in_whole(case: Case, overrides: Mapping) -> dict:
    """Put overrides of single shares, steps or points together, where the page cannot take them.

    It takes one of an event, as its only one, and not one that is for another period.
    """
    parts: dict[str, list[str]] = {}
    for path in overrides:
        place = place_of(case, path)
        if place[:1] == ("events",) and place[2:3] == ("base_rate",):
            event = case.events[place[1]]
            if not event.is_yes_no and event.base_rate is not None:
                parts.setdefault(place[1], []).append(path)
    result = dict(overrides)
    for name, paths in parts.items():
        rate, place = case.events[name].base_rate, place_of(case, paths[0])
        alone = len(paths) == 1 and place[3:] in stated.numbers(case.events[name])
        if not alone or rate.within is not None or rate.seen is not None:
            for path in paths:
                del result[path]
            result[f"events.{name}.base_rate"] = "as it is now"
    return result


def as_numbers(case: Case, path: str, value):
    """Write an override in numbers: the page knows neither words nor percent signs.

    What is in numbers already stays as it is, to the last digit, and a count stays a count.
    """
    judgement = judgement_at(case, path)
    told = _in_numbers(value)
    if isinstance(judgement, Mapping):  # a row of a table: it may be a list, or name sets of states
        told = told and isinstance(value, Mapping) and value.keys() == judgement.keys()
    return value if judgement is None or told else _numbers(judgement)


def as_percent(case: Case, path: str, value):
    """Write a moved probability as a case file does, 30% and not 0.3; anything else stays.

    Examples
    --------
    >>> from forecasting.file.case import read
    >>> case = read("{case: rain, events: {rain: {base_rate: 20%}}}")
    >>> as_percent(case, "events.rain.base_rate", {"low": 0.07, "high": 0.3})
    {'low': '7%', 'high': '30%'}
    """
    judgement = judgement_at(case, path)
    if isinstance(judgement, BaseRate):
        judgement = judgement.probability
    return _percents(value) if isinstance(judgement, Probability) else value


def _percents(value):
    if isinstance(value, Mapping):
        shares = ("low", "best", "high")
        return {name: _percents(one) if name in shares else one for name, one in value.items()}
    # More digits than a percentage has would be lost.
    told = f"{100 * value:.15g}%" if isinstance(value, int | float) else value
    return told if told == value or float(told[:-1]) / 100 == value else value


def _numbers(judgement):
    """Write a judgement, or several that hang together, in numbers."""
    if judgement is None:
        return "rest"
    if isinstance(judgement, Mapping):
        return {name: _numbers(one) for name, one in judgement.items()}
    within = {}
    if isinstance(judgement, BaseRate):
        if judgement.within is not None:
            within = {"within": f"{judgement.within:.15g} months"}
        if judgement.probability is None:
            return _several(judgement) | within
        judgement = judgement.probability
    middle, spread = judgement.normal
    shown = sigmoid if isinstance(judgement, Probability) else np.exp
    points = {"low": middle - Z90 * spread, "best": middle, "high": middle + Z90 * spread}
    numbers = {name: float(f"{shown(x):.15g}") for name, x in points.items()}
    if not spread:
        return {"best": numbers["best"], **within} if within else numbers["best"]
    return numbers | within


def _several(rate: BaseRate) -> dict:
    """Write the base rate of several states, or of an amount, in numbers."""
    found: dict = {state: _numbers(one) for state, one in (rate.shares or {}).items()}
    for level, amount in (rate.amounts or {}).items():
        *above, key = stated.keys_of(rate, level)
        (found.setdefault(above[0], {}) if above else found)[key] = float(f"{amount:.15g}")
    return found | ({"unsure": float(rate.unsure)} if rate.unsure is not None else {})


def _in_numbers(value) -> bool:
    if isinstance(value, Mapping):
        told = ((name, part) for name, part in value.items() if name != "within")
        return all(part == "rest" or _in_numbers(part) for _, part in told)
    if isinstance(value, list):
        return all(map(_in_numbers, value))
    return isinstance(value, int | float)


def judgement_at(case: Case, path: str):
    """Find the judgement of a case at a path; None where there is no number (status, grade)."""
    place = place_of(case, path)
    value = get(case, place)
    if place[0] == "events" and place[2:3] == ("base_rate",) and len(place) > 3:
        value = stated.numbers(case.events[place[1]]).get(place[3:])
        if isinstance(value, stated.Point):
            scale = stated.scale(case.events[place[1]])
            return Odds.exactly(float(scale.amount(value.place)))  # written as a plain number
    rows = place[2:3] == ("table",) and isinstance(value, Mapping)
    return value if rows or isinstance(value, Probability | Odds | BaseRate) else None
