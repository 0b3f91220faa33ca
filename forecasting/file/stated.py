"""An event of several states, or of an amount, goes in; its base rate as judgements comes out.

What a file states in several ways (points, ranges, counts, what the rest leaves) is one judgement a
state here, a probability a step, or a place a point, each with the key it has in a path. Where one
of them is set, the others make room for it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import pairwise

from forecasting.amounts import POINTS, Scale, unsure_spread
from forecasting.file.models import LEVELS
from forecasting.judgement import Z90, Odds, Probability, calibrate, logit
from forecasting.shares import counted, jeffreys, ordered_spread

# The names of the points of a range of amounts, by how much lies below.
NAMES = {level: name for name, level in POINTS.items()}


@dataclass(frozen=True, slots=True)
class Point:
    """A point of the distribution of an amount: how much lies below it, and where it is.

    Attributes
    ----------
    level : float
    place : float or None
        On the scale of the amount; None where a model estimates it.
    """

    level: float
    place: float | None

    @property
    def normal(self) -> tuple[float | None, float]:
        """Where it is, with no spread of its own."""
        return self.place, 0.0


def shares(event) -> dict[str, Probability]:
    """Give a judgement for each state: what is left for the rest has no range.

    Of counts (Dirichlet, Jeffreys) the spreads are matched; means sum to 1.

    Examples
    --------
    >>> from forecasting.file.case import read
    >>> case = read("{case: sky, events: {sky: {states: [a, b], base_rate: {a: 30%, b: rest}}}}")
    >>> [round(float(one.mean), 12) for one in shares(case.events["sky"]).values()]
    [0.3, 0.7]
    """
    rate = event.base_rate
    if rate.seen is None:
        return with_rest(rate.shares)
    means, spreads = counted([*rate.seen.values()])
    return {
        state: moved(Probability(0.0, float(sd)), float(mean))
        for state, mean, sd in zip(rate.seen, means, spreads, strict=True)
    }


def with_rest(stated: Mapping[str, Probability | None]) -> dict[str, Probability]:
    """Give what the others leave to the one that takes the rest."""
    left = 1 - math.fsum(float(one.mean) for one in stated.values() if one is not None)
    return {
        state: Probability.exactly(left) if one is None else one for state, one in stated.items()
    }


def steps(event) -> dict[str, Probability]:
    """Give the probability of at least each state but the first, of states from low to high."""
    states = [*event.states]
    means = [*means_of(event.base_rate).values()]
    found = {}
    for t, state in enumerate(states[1:], start=1):
        below, least = math.fsum(means[:t]), math.fsum(means[t:])
        found[state] = Probability(math.log(least) - math.log(below))
    return found


def unsure(event) -> Odds | None:
    """Give how unsure the steps are, all together, as a factor on their odds; None if they are not.

    Of counts the spread that matches the step nearest one half.
    """
    rate = event.base_rate
    if rate.unsure is not None:
        return Odds(0.0, unsure_spread(rate.unsure))
    return Odds(0.0, ordered_spread([*rate.seen.values()])) if rate.seen else None


def scale(event) -> Scale:
    """Give the scale on which an amount is judged."""
    return Scale(event.quantity.scale == "log", event.quantity.whole)


def points(event) -> dict[str, Point]:
    """Give the points of the distribution of an amount, by their keys, from low to high."""
    rate, on = event.base_rate, scale(event)
    places = dict.fromkeys(LEVELS)  # of a model, none yet
    if rate.model is None:
        places = {level: float(on.place(amount)) for level, amount in rate.amounts.items()}
    return {".".join(keys_of(rate, level)): Point(level, one) for level, one in places.items()}


def keys_of(rate, level: float) -> tuple[str, ...]:
    """Name a point of an amount as its file does: low, best or high, or one of the quantiles."""
    return (NAMES[level],) if rate.split else ("quantiles", f"{100 * level:.15g}%")


def means_of(rate) -> dict[str, float]:
    """Give the expected probability of each state by a base rate.

    Examples
    --------
    >>> from forecasting.file.values import BaseRate
    >>> means_of(BaseRate(seen={"a": 3.0, "b": 0.0}))
    {'a': 0.875, 'b': 0.125}
    """
    if rate.seen is None:
        return {name: float(one.mean) for name, one in with_rest(rate.shares).items()}
    return dict(zip(rate.seen, jeffreys([*rate.seen.values()]).tolist(), strict=True))


def numbers(event) -> dict[tuple[str, ...], Probability | Odds | Point]:
    """List the numbers of a base rate of states, or of an amount, by their keys below it.

    Each state's; of ordered states that of at least each but the first; of an amount its points,
    unless a model estimates them.
    Then, of the latter two, how unsure they are, if they are.

    Examples
    --------
    >>> from forecasting.file.case import read
    >>> rate = "{a: 30%, b: 20%, c: rest, unsure: 2}"
    >>> case = read(
    ...     f"{{case: x, events: {{x: {{states: [a, b, c], ordered: yes, base_rate: {rate}}}}}}}"
    ... )
    >>> [".".join(keys) for keys in numbers(case.events["x"])]
    ['at_least.b', 'at_least.c', 'unsure']
    """
    rate, found = event.base_rate, {}
    if event.quantity is not None:
        stated = (one for one in points(event).values() if one.place is not None)
        found = {keys_of(rate, one.level): one for one in stated}
    elif event.ordered:
        found = {("at_least", state): one for state, one in steps(event).items()}
    else:
        return {(state,): one for state, one in shares(event).items()}
    factor = unsure(event) if event.quantity is None or rate.unsure is not None else None
    return found | ({("unsure",): factor} if factor else {})


# --- one of them set -----------------------------------------------------------------------------


def moved(judgement: Probability, mean: float) -> Probability:
    """Give a judgement another mean; its spread in log-odds stays.

    Examples
    --------
    >>> other = moved(Probability.between(0.05, 0.2), 0.3)
    >>> round(float(other.mean), 12), other.logit_sd == Probability.between(0.05, 0.2).logit_sd
    (0.3, True)
    """
    median = float(logit(mean))
    spread = judgement.logit_sd if math.isfinite(median) else 0.0
    if spread:
        median = float(calibrate(median, [1.0], [0.0], [spread]))
    return replace(judgement, logit_median=median, logit_sd=spread, counts=None)


def with_shares(
    stated: Mapping[str, Probability | None],
    new: Mapping[str, Probability],
    *,
    closed: bool = False,
) -> dict[str, Probability | None]:
    """Set the judgements of some states; the means of the others keep their proportions.

    Their ranges keep their spreads. What the others leave stays the rest, unless it is given a
    range: then a state without a range becomes the rest, which makes no difference to it. Where
    nothing was left for the others, they have what there is now in equal parts.

    Parameters
    ----------
    closed : bool
        Whether shares may be 0 or 1, as in the row of a table.

    Raises
    ------
    ValueError
        If nothing is left for the others, or each of them has a range.

    Examples
    --------
    >>> p = Probability.exactly
    >>> after = with_shares({"a": p(0.6), "b": p(0.3), "c": None}, {"a": p(0.2)})
    >>> round(float(after["b"].mean), 12), after["c"]
    (0.6, None)
    """
    before = {name: float(one.mean) for name, one in with_rest(stated).items()}
    left = 1 - math.fsum(float(one.mean) for one in new.values())
    if len(new) < len(before) and (left < 0 or (left == 0 and not closed)):
        raise ValueError("nothing is left for the other states")
    others = {name: mean for name, mean in before.items() if name not in new}
    after = dict(stated)
    for name, mean in _in_proportion(others, math.fsum(others.values()), left).items():
        if stated[name] is not None:
            after[name] = moved(stated[name], mean)
    for name, one in new.items():
        if stated[name] is not None or one.logit_sd or len(new) == len(stated):
            after[name] = one
    if None not in after.values() and any(one.logit_sd for one in after.values()):
        exact = [name for name, one in after.items() if not one.logit_sd]
        if not exact:
            raise ValueError("all other states have ranges: set the base rate as a whole")
        after[exact[-1]] = None
    return after


def _in_proportion(means: Mapping[str, float], before: float, after: float) -> dict[str, float]:
    """Scale means of a share of the whole to another; what had nothing has it in equal parts."""
    if before <= 0:
        return dict.fromkeys(means, after / max(len(means), 1))
    return {name: mean * after / before for name, mean in means.items()}


def with_statement(
    now: Mapping[str, Probability], new: Mapping[str, Probability]
) -> dict[str, Probability]:
    """Set some of what is held now of an event; the others keep their proportions.

    So does what no name stands for.

    Raises
    ------
    ValueError
        If more than the whole is held.

    Examples
    --------
    >>> p = Probability.exactly
    >>> after = with_statement({"a": p(0.5), "b": p(0.2)}, {"a": p(0.75)})
    >>> round(float(after["b"].mean), 12)
    0.1
    """
    before, after = (1 - math.fsum(float(some[name].mean) for name in new) for some in (now, new))
    if after < 0:
        raise ValueError("nothing is left for the other states")
    others = {name: float(one.mean) for name, one in now.items() if name not in new}
    scaled = _in_proportion(others, before, after)
    return {name: new.get(name) or moved(one, scaled[name]) for name, one in now.items()}


def with_steps(event, new: Mapping[str, float]) -> dict[str, Probability | None]:
    """Set the probabilities of at least some states; what any other step says stays.

    Raises
    ------
    ValueError
        If one is not between those of the steps below and above it, or a state is the lowest.
    """
    rate, names = event.base_rate, [*event.states]
    means = [*means_of(rate).values()]
    if names[0] in new:
        raise ValueError("at least the lowest state is always so")
    before = {name: math.fsum(means[t:]) for t, name in enumerate(names)}
    least = [1.0, *(new.get(name, before[name]) for name in names[1:]), 0.0]
    for t, name in enumerate(names):
        if name in new and not least[t + 1] < least[t] < least[t - 1]:
            ends = f"{least[t + 1]:.4g} and {least[t - 1]:.4g}"
            raise ValueError(f"must lie between {ends}, which the steps beside it say")
    after = dict(rate.shares)
    for (name, other), (p, less) in zip(pairwise([*names, ""]), pairwise(least), strict=True):
        if after[name] is not None and {name, other} & new.keys():
            after[name] = moved(after[name], p - less)
    return after


def with_point(event, keys: tuple[str, ...], amount: float) -> dict[float, float]:
    """Set a point of an amount; when it is the median, all points move as far on the scale.

    Raises
    ------
    ValueError
        If the amount has no such point, or no place on the scale.
    """
    rate, on = event.base_rate, scale(event)
    place = float(on.place(amount))
    levels = [*rate.amounts, *([0.5] if rate.split else [])]
    level = next((one for one in levels if keys_of(rate, one) == keys), None)
    if level is None:
        raise ValueError("no such point is stated")
    if level != 0.5:
        return {**rate.amounts, level: amount}
    before = {one: float(on.place(at)) for one, at in rate.amounts.items()}
    middle = before.get(0.5, math.fsum(before.values()) / len(before))  # of low and high alone
    after = {one: float(on.amount(at + place - middle)) for one, at in before.items()}
    return after | ({0.5: amount} if 0.5 in after else {})


def with_numbers(event, new: Mapping[tuple[str, ...], Probability | Odds | Point]):
    """Set some numbers of a base rate, by their keys below it (see :func:`numbers`).

    Raises
    ------
    ValueError
        If one cannot be set, or they do not go together.
    """
    rate = event.base_rate
    new = dict(new)
    one_by_one = event.quantity is not None or event.ordered
    if one_by_one and (factor := new.pop(("unsure",), None)) is not None:
        rate = replace(rate, unsure=math.exp(Z90 * factor.log_sd))
    if new and rate.seen is not None:
        raise ValueError("counts are not set one by one: set the base rate as a whole")
    named, least = {}, {}
    # The median takes the other points with it, so it comes before those that are set as well.
    for keys in sorted(new, key=lambda keys: keys[-1] not in ("best", "50%")):
        one = new[keys]
        if event.quantity is not None:
            amount = float(scale(event).amount(one.place))
            now = replace(event, base_rate=rate)
            rate = replace(rate, amounts=with_point(now, keys, amount))
        elif one_by_one and keys[0] == "at_least":
            least[keys[1]] = float(one.mean)
        else:
            named[keys[0]] = one
    if least:
        rate = replace(rate, shares=with_steps(replace(event, base_rate=rate), least))
    return replace(rate, shares=with_shares(rate.shares, named)) if named else rate
