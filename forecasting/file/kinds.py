"""An event whose keys were read one by one goes in; it comes out put together, or its problems do.

Which keys go together depends on its type: yes or no, states, ordered states, or an amount. Shares
are checked to sum to 1, cuts become states or borders, rows of a table are written out by state.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import combinations
from typing import Any

from forecasting.amounts import border, log_odds_above
from forecasting.errors import nearest
from forecasting.file import stated as base_rates
from forecasting.file.document import NUMBER
from forecasting.file.propositions import covered, states_of
from forecasting.file.states import MOST_AMOUNT, Cut, rows_of
from forecasting.file.values import BAD, Reading, written
from forecasting.judgement import Probability, sigmoid

# By so much a sum of points may miss 1: in a base rate, and in a row of a table, which is divided
# by its sum.
EXACT, ROUNDED = 1e-9, 1e-6

# A cut nearer to never or always than this says nothing that can be computed with.
LEAST_CUT = 1e-9

COMPARED = re.compile(r"\s*(>=|<=|>|<)\s*(\S+)\s*")
BETWEEN = re.compile(r"\s*(\S+?)\s*\.\.\s*(\S+)\s*")

# Keys that not every type of event takes: which do, and what to write instead.
TAKEN = (
    ("settled", ("states", "ordered", "amount"), "happened: DATE, or ruled_out: DATE"),
    ("happened", ("yes/no",), "settled: {state: STATE, date: DATE}"),
    ("ruled_out", ("yes/no",), "settled: {state: STATE, date: DATE}"),
    ("given", ("yes/no",), "given: for an event that happens or not"),
    ("ordered", ("states", "ordered"), "states: from low to high beside it"),
    ("none", ("states",), "kind: first and states: beside it"),
    ("cuts", ("states", "ordered", "amount"), "states: or quantity: beside them"),
    ("kind", ("yes/no", "states", "ordered"), "no such key: an amount speaks of its own period"),
    ("table", ("yes/no", "states", "ordered"), "a base_rate: what lies between cuts needs one"),
    ("parents", ("yes/no", "states", "ordered"), "links, under links:"),
)

# What may be asked of each type; the first is the default.
KINDS = {
    "yes/no": ("occurs", "lasts", "state"),
    "states": ("state", "first"),
    "ordered": ("state", "occurs"),
    "amount": ("state",),
}

CALLED = {
    "yes/no": "a yes/no event",
    "states": "an event with states",
    "ordered": "an event with ordered states",
    "amount": "an amount",
}


def schema_by_type(keys: Mapping[str, Any]) -> dict:
    """Make the rules of an event's JSON Schema: which keys go with its type, and how they read.

    Parameters
    ----------
    keys : dict of key to reader
        Those that are read by the type of the event.
    """

    def rules(sort, *others):
        sorts = (sort, *others)
        taken = {name: False for name, those, _ in TAKEN if not {*sorts} & {*those}}
        kinds = dict.fromkeys(kind for one in sorts for kind in KINDS[one])
        read = {name: reader.schema_for(sort) for name, reader in keys.items()}
        properties = {**read, "kind": {"enum": [*kinds]}, **taken}
        if "table" in taken:
            return {"properties": properties}
        table = {"table": properties.pop("table")}
        row = keys["table"].reader.schema_for(sort)
        bare = {"table": {"anyOf": [table["table"], row]}}
        return {
            "properties": properties,
            "if": {
                "properties": {"parents": {"type": "array", "maxItems": 0}},
                "required": ["parents"],
            },
            "then": {"properties": bare},
            "else": {"properties": table},
        }

    states, amount, plain = rules("states", "ordered"), rules("amount"), rules("yes/no")
    states["properties"]["quantity"] = False
    return {
        "if": {"required": ["states"]},
        "then": states,
        "else": {"if": {"required": ["quantity"]}, "then": amount, "else": plain},
    }


def type_of(event) -> str:
    """Name the type of an event: yes/no, states, ordered or amount."""
    if event.states is not None:
        return "ordered" if event.ordered else "states"
    return "yes/no" if event.quantity is None else "amount"


def finished(event, place: str, reading: Reading):
    """Put an event together, its kind and the meaning of its cuts, shares and rows resolved.

    What is wrong with it is noted; then the value that stands for it is given.
    """
    before = len(reading.problems)
    wrong = reading.about(event.node, place)
    made = _checked(event, wrong)
    if len(reading.problems) > before or made is BAD:
        return BAD
    for problem in _unlikely_cuts(made):
        made = wrong(*problem)
    return BAD if made is BAD else _in_order(made)


def _in_order(event):
    """Put what is said of states into their order, the rows of a table written out."""
    rate = event.base_rate
    by_state = {key: getattr(rate, key) for key in ("shares", "seen") if getattr(rate, key, None)}
    if by_state:
        ordered = {k: {name: of[name] for name in event.states} for k, of in by_state.items()}
        event = replace(event, base_rate=replace(rate, **ordered))
    if event.states is None or event.table is None:
        return event
    return replace(event, table={row: spread(event, one) for row, one in event.table.items()})


def _checked(event, wrong):
    sort, stated = type_of(event), event.node.value
    if event.states is not None and event.quantity is not None:
        return wrong("quantity", "an event has states or is an amount", "one of the two")
    for name, sorts, instead in TAKEN:
        if name in stated and sort not in sorts:
            return wrong(name, f"this is not for {CALLED[sort]}", instead)
    kind = event.kind if "kind" in stated else KINDS[sort][0]
    if kind not in KINDS[sort]:
        hint = {"states": "which comes about first: kind: first", "ordered": "kind: occurs"}
        accepted = f"for {CALLED[sort]}: " + " or ".join(KINDS[sort])
        return wrong("kind", f"this kind is not for {CALLED[sort]}", accepted, hint.get(sort))
    event = replace(event, kind=kind)
    if sort == "yes/no":
        return event
    event = _with_cuts(event, wrong)
    if event is BAD or (event.table and BAD in event.table.values()):
        return BAD
    event = _with_none(event, wrong) if sort != "amount" else _with_scale(event, wrong)
    for check in (_check_settled, _check_now, _check_base_rate, _check_table):
        check(event, wrong)
    return event


# --- cuts ----------------------------------------------------------------------------------------


def _with_cuts(event, wrong):
    cuts = {name: _cut(event, name, text, wrong) for name, text in event.cuts.items()}
    if twice := [name for name in cuts if event.states and name in event.states]:
        problem = "a state and a cut have one name"
        return wrong(f"cuts.{twice[0]}", problem, "a name that no state has", found=twice[0])
    return BAD if BAD in cuts.values() else replace(event, cuts=cuts)


def _parsed(text: str) -> tuple[str, list[str]]:
    """Take a cut apart: its sign, empty if it is none, and its ends."""
    if match := COMPARED.fullmatch(text):
        return match[1], [match[2]]
    match = BETWEEN.fullmatch(text)
    return ("..", [*match.groups()]) if match else ("", [])


def _cut(event, name, text, wrong):
    """Read a cut as states or as borders."""
    path = f"cuts.{name}"
    if isinstance(text, tuple) and event.states:
        return _listed(event, path, text, wrong)
    if type_of(event) == "states":
        accepted = f"a list of states: [{', '.join([*event.states][:2])}]; or ordered: yes"
        return wrong(path, "a cut of states without an order lists them", accepted)
    low, one, high = _for_instance(event)
    accepted = f'">= {one}", "<= {one}", "> {one}", "< {one}" or "{low} .. {high}"'
    sign, ends = _parsed(text) if isinstance(text, str) else ("", [])
    if not sign:
        return wrong(path, "not a cut", accepted)
    read = _cut_of_amounts if event.quantity else _cut_of_order
    return read(event, path, text, sign, ends, wrong)


def _for_instance(event) -> tuple[str, str, str]:
    """Give steps, or amounts, of an event to show in a message: a low one, one, and a high one."""
    if event.quantity is None:
        names = [*event.states]
        return names[0], names[1], names[max(len(names) - 2, 1)]
    amounts = event.base_rate and event.base_rate.amounts
    points = sorted(amounts.values()) if amounts else [10, 20, 40]
    return tuple(f"{one:g}" for one in (points[0], points[len(points) // 2], points[-1]))


def _are_states(event, path, names, wrong) -> bool:
    """Say of the first name that no state has, if there is one."""
    unknown = [name for name in names if name not in event.states]
    for name in unknown[:1]:
        hint, accepted = nearest(name, event.states), ", ".join(event.states)
        wrong(path, "there is no state of this name", accepted, hint, found=name)
    return not unknown


def _listed(event, path, names, wrong):
    if not _are_states(event, path, names, wrong):
        return BAD
    states = tuple(k for k, name in enumerate(event.states) if name in names)
    return _some(event, path, Cut(f"[{', '.join(names)}]", states), wrong)


def _cut_of_order(event, path, text, sign, ends, wrong):
    if not _are_states(event, path, ends, wrong):
        return BAD
    names = [*event.states]
    at = [names.index(end) for end in ends]
    low = {">=": at[0], ">": at[0] + 1, "..": at[0]}.get(sign, 0)
    high = {"<=": at[-1], "<": at[-1] - 1, "..": at[-1]}.get(sign, len(names) - 1)
    return _some(event, path, Cut(text, tuple(range(low, high + 1))), wrong)


def _some(event, path, cut, wrong):
    """Refuse a cut that holds no state, or all."""
    if 0 < len(cut.states) < len(event.states):
        return cut
    what = "all states" if cut.states else "no state"
    return wrong(path, f"this cut holds {what}", "a cut that may be true and may be false")


def _cut_of_amounts(event, path, text, sign, ends, wrong):
    if strangers := [end for end in ends if not NUMBER.fullmatch(end)]:
        return wrong(path, "not an amount", "a number", found=strangers[0])
    at = [float(end) for end in ends]
    if max(map(abs, at)) > MOST_AMOUNT:
        return wrong(path, "not an amount", f"a number up to {MOST_AMOUNT:g}")
    signs = (">=", "<=") if sign == ".." else (sign, sign)
    low, high = (
        border(one, amount, whole=event.quantity.whole) if one.startswith(way) else None
        for way, one, amount in zip("><", signs, (at[0], at[-1]), strict=True)
    )
    if low is not None and high is not None and low >= high:
        return wrong(
            path, "this cut holds no amount", f"the lower amount first: {ends[1]} .. {ends[0]}"
        )
    return Cut(text, None, low, high)


def _with_scale(event, wrong):
    """Choose the scale of an amount where the file does not: log if nothing speaks against it."""
    amount = event.quantity
    points = (event.base_rate.amounts if event.base_rate else None) or {}
    named = (float(end) for cut in event.cuts.values() for end in _parsed(cut.text)[1])
    stated = [*points.values(), *named]
    least = min(stated, default=1.0)
    logs = least >= 0 if amount.whole else least > 0
    if amount.scale == "log" and not logs:
        problem = f"a log scale has no place for {least:g}"
        accepted = "scale: linear, or amounts above 0"
        wrong("quantity.scale", problem, f"{accepted} (with whole: yes, 0 is one)")
    scale = amount.scale or ("log" if logs else "linear")
    event = replace(event, quantity=replace(amount, scale=scale))
    # A cut of 0 .. 5 has no lower border where there is nothing below it.
    cuts = {
        name: replace(cut, low=None) if cut.high is not None and _at_bottom(event, cut.low) else cut
        for name, cut in event.cuts.items()
    }
    return replace(event, cuts=cuts)


def _at_bottom(event, end: float | None) -> bool:
    """Tell whether no amount lies below a border."""
    scale = base_rates.scale(event)
    return scale.log and end is not None and end <= scale.amount(-math.inf)


def _unlikely_cuts(event) -> Iterator[tuple]:
    """Find cuts that are all but never, or all but always, true."""
    for name, cut in event.cuts.items():
        p = base_probability(event, cut)
        if p is not None and not LEAST_CUT <= p <= 1 - LEAST_CUT:
            never = "never" if p < 0.5 else "always"
            problem = f"before any evidence this cut is all but {never} true"
            accepted = f"a probability from {LEAST_CUT:g} to 1 - {LEAST_CUT:g}"
            yield f"cuts.{name}", problem, accepted, None, f"{cut.text}, probability {p:.3g}"


def base_probability(event, cut: Cut) -> float | None:
    """Give the probability of a cut by the base rate; None where a table or a model says it."""
    rate = event.base_rate
    if rate is None:
        return None
    if rate.model is not None:
        sure = {_at_bottom(event, cut.low): 1.0, _at_bottom(event, cut.high): 0.0}
        return sure.get(True)
    if cut.states is None:
        return _above(event, cut.low) - (0.0 if cut.high is None else _above(event, cut.high))
    means = [*base_rates.means_of(rate).values()]
    return math.fsum(means[k] for k in cut.states)


def _above(event, amount: float | None) -> float:
    """Give the probability of more than an amount, by the base rate alone."""
    if amount is None or _at_bottom(event, amount):
        return 1.0
    scale, rate = base_rates.scale(event), event.base_rate
    points = scale.place([*rate.amounts.values()])
    x = scale.place(amount)
    return float(sigmoid(log_odds_above([*rate.amounts], points, rate.split, x)))


# --- base rates ----------------------------------------------------------------------------------


def _check_base_rate(event, wrong):
    rate, path = event.base_rate, "base_rate"
    if rate is None:
        return
    sort = type_of(event)
    if sort == "amount":
        if rate.model is not None and not event.cuts:
            accepted = 'cuts: {many: ">= 20"}'
            wrong("", "an amount that a model estimates needs a cut", accepted)
        if rate.model is not None and not event.quantity.whole:
            wrong("quantity", "a model of counts speaks of whole numbers", "whole: yes")
        return
    if rate.unsure is not None and sort == "states":
        accepted = "ranges on single states, or ordered: yes"
        wrong(f"{path}.unsure", "only ordered states are unsure as a whole", accepted)
    if event.kind == "occurs" and rate.within is not None:
        for key, there in (("unsure", rate.unsure), ("seen", rate.seen)):
            if there is not None:
                problem = f"{key} cannot be carried over to another period"
                wrong(f"{path}.{key}", problem, "points for each state, or no within")
    if rate.shares is None:
        return
    if sort == "ordered":
        for name, one in rate.shares.items():
            if one is not None and one.logit_sd:
                problem = "the steps of ordered states have no ranges of their own"
                accepted = "points, with unsure: 2 beside them: within a factor 2 of the odds, 90%"
                return wrong(f"{path}.{name}", problem, accepted)
    _check_sum(rate.shares, path, wrong, EXACT, open_=True)


def _check_sum(shares: Mapping[str, Probability | None], path, wrong, rounding, *, open_):
    """Check that shares sum to 1, what is left for the rest included."""
    means = {name: float(one.mean) for name, one in shares.items() if one is not None}
    total = math.fsum(means.values())
    rests = [name for name, one in shares.items() if one is None]
    ranged = [name for name, one in shares.items() if one is not None and one.logit_sd]
    each = ", ".join(f"{name} {mean:.4g}" for name, mean in means.items())
    if len(rests) > 1:
        wrong(path, "rest stands twice", "rest for one state only", found=", ".join(rests))
    elif rests:
        if 1 - total <= (1e-12 if open_ or ranged else -rounding):
            found, accepted = f"{each}: together {total:.6g}", "means that sum to less than 1"
            full = abs(total - 1) <= rounding
            hint = f"or drop rest, and with it the state {rests[0]}" if full else None
            wrong(path, f"nothing is left for {rests[0]}", accepted, hint, found=found)
    elif ranged:
        accepted = "rest for one state, best the one you know least about"
        wrong(path, "ranges do not sum to 1 by themselves", accepted, found=each)
    elif abs(total - 1) > rounding:
        found = f"{each}: together {total:.10g}"
        wrong(path, "the shares do not sum to 1", "shares that do, or rest for one", found=found)


# --- values by proposition -----------------------------------------------------------------------


def partition(event, stated, path, wrong, *, whole: bool = True):
    """Find the states that each name of ``{PROPOSITION: x, ..., otherwise: y}`` stands for.

    The propositions exclude each other, and ``otherwise`` stands for what none of them names. It is
    due unless they name all, or the values need not be ``whole``.
    """
    sets = covered(event, [*stated, "otherwise"])
    left = sets.pop("otherwise")
    names = states_of(event)
    for (one, first), (other, second) in combinations(sets.items(), 2):
        if both := {*first} & {*second}:
            accepted = "states and cuts that exclude each other"
            found = f"{one} and {other}: both hold {names[min(both)]}"
            return wrong(path, "two of the names overlap", accepted, found=found)
    if "otherwise" in stated:
        if not left:
            problem = "otherwise has nothing left: every state is named"
            path = path if isinstance(path, tuple) else (path,)
            return wrong((*path, "otherwise"), problem, "no such key")
        sets["otherwise"] = left
    elif left and whole:
        rest = ", ".join(names[k] for k in left)
        accepted = f"otherwise: for {rest}"
        return wrong(path, "not every state is named", accepted, found=", ".join(stated))
    return sets


def _check_now(event, wrong):
    if event.now is None:
        return
    sets = partition(event, event.now, "now", wrong, whole=False)
    if sets is BAD:
        return
    total = math.fsum(float(one.mean) for one in event.now.values())
    full = sum(map(len, sets.values())) == len(states_of(event))
    found = f"{written(event.node.value['now'])}: together {total:.6g}"
    if full and abs(total - 1) > ROUNDED:
        wrong("now", "the values do not sum to 1", "values that do, or one name less", found=found)
    elif not full and total >= 1:
        wrong("now", "nothing is left for what is not named", "values below 1", found=found)


def _check_table(event, wrong):
    if event.table is None:
        return
    paths = rows_of(event.node)
    for row, stated in event.table.items():
        path = paths[row]
        if isinstance(stated, tuple):
            stated = dict(zip(event.states, stated, strict=True))
        elif partition(event, stated, path, wrong) is BAD:
            continue
        _check_sum(stated, path, wrong, ROUNDED, open_=False)


def spread(event, stated) -> dict[str, Probability | None]:
    """Write a row of a table out by state; what is said of several states is split equally."""
    names = [*event.states]
    if isinstance(stated, tuple):
        stated = dict(zip(names, stated, strict=True))
    sets = covered(event, stated)
    means = {name: float(one.mean) for name, one in stated.items() if one is not None}
    total = math.fsum(means.values())
    divided = total if len(means) == len(stated) else 1.0
    shares: dict[int, Probability | None] = {}
    for name, one in stated.items():
        states = sets[name]
        if one is None and len(states) > 1:
            one, mean = Probability.exactly(0.5), max(1 - total, 0.0) / len(states)
        elif one is not None:
            mean = means[name] / divided / len(states)
        same = one is None or (len(states) == 1 and divided == 1)
        shares |= dict.fromkeys(states, one if same else base_rates.moved(one, mean))
    return {name: shares[k] for k, name in enumerate(names)}


# --- what came about -----------------------------------------------------------------------------


def _with_none(event, wrong):
    """Name the state in which none comes about, of an event that asks which comes first."""
    if event.kind != "first":
        if event.none is not None:
            wrong("none", "only kind: first has a state in which none comes about", "kind: first")
        return event
    if event.none is not None:
        _are_states(event, "none", [event.none], wrong)
    return replace(event, none=event.none or [*event.states][-1])


def _check_settled(event, wrong):
    if event.settled is None:
        return
    due, other = ("value", "state") if event.quantity else ("state", "value")
    stated = event.node.value["settled"].value
    one = _for_instance(event)[1] if event.quantity else next(iter(event.states))
    example = f"settled: {{{due}: {one}, date: 2021-12-01}}"
    if other in stated or due not in stated:
        problem = f"{CALLED[type_of(event)]} is settled by its {due}"
        wrong("settled", problem, example, found=written(event.node.value["settled"]))
    elif event.quantity:
        value, amount = event.settled.value, event.quantity
        if amount.whole and value != int(value):
            wrong("settled.value", "not a whole number", "a whole number, as quantity says")
        elif amount.scale == "log" and (value < 0 if amount.whole else value <= 0):
            wrong("settled.value", f"a log scale has no place for {value:g}", "an amount above 0")
    else:
        _are_states(event, "settled.state", [event.settled.state], wrong)
