"""What a person types of events goes in; what is given or made so, and what it leaves, come out.

Of a proposition yes or no is supposed; of an event with states one of them, which is the same as
yes to it; of a quantity an amount.
"""

from __future__ import annotations

from collections.abc import Mapping

from forecasting.errors import InputError, Problem, nearest
from forecasting.file.case import Case
from forecasting.file.document import NUMBER
from forecasting.file.propositions import event_of, every, find, mask
from forecasting.file.stated import scale
from forecasting.file.values import BAD, YesNo

Setting = Mapping[str, "bool | str | float"]

# As read: of a proposition whether it holds, of a quantity its amount.
Answers = dict[str, "bool | float"]


def read(case: Case, setting: Setting | None, option: str) -> Answers:
    """Read what is supposed.

    Parameters
    ----------
    case : Case
    setting : dict of event or proposition to yes or no, a state, or an amount
    option : str
        Where it was typed, for messages.

    Raises
    ------
    InputError
        If there is no such event, state or cut, or what is supposed of it is none of these.

    Examples
    --------
    >>> from forecasting.file.case import read as case_of
    >>> case = case_of("{case: sky, events: {sky: {states: [a, b], base_rate: {a: 30%, b: rest}}}}")
    >>> read(case, {"sky": "b"}, "given"), read(case, {"sky.a": "no"}, "given")
    ({'sky.b': True}, {'sky.a': False})
    """
    result, problems = {}, []
    for name, value in (setting or {}).items():
        found = _one(case, str(name), value, option)
        if isinstance(found, Problem):
            problems.append(found)
        else:
            result |= found
    if problems:
        raise InputError(problems)
    return result


def made(case: Case, do: Answers) -> Answers:
    """Refuse what cannot be made so, and give the rest as it is.

    Raises
    ------
    InputError
        If more than one state would do, or what an event hangs on is not made so too.
    """
    left: dict[str, tuple[int, ...]] = {}
    problems = []
    for name, holds in do.items():
        if event_of(name) in left:
            said = ", ".join(told(*one) for one in do.items() if event_of(one[0]) == event_of(name))
            problems.append(Problem("is made so twice", "do", None, "", said, "one of them"))
        left[event_of(name)] = states(case, name, holds)
    for name, holds in do.items():
        event = case.events[event_of(name)]
        if len(left[event_of(name)]) != 1 or name.partition(".")[2] in event.cuts:
            accepted = f"{event_of(name)}={_answers(event)}"
            what = "can be made so in more than one way"
            problems.append(Problem(what, "do", None, "", told(name, holds), accepted))
        elif event.given:
            condition = find(case, event.given)
            if condition.event not in left:
                hint = f"add {event.given}=yes" if event.given == condition.event else None
                what = f"cannot be made so unless {condition.event} is set too"
                problems.append(Problem(what, "do", None, "", name, None, hint))
            elif left[event_of(name)] == (1,) and not {*left[condition.event]} <= {
                *condition.states
            }:
                what = f"cannot happen without {event.given}"
                problems.append(Problem(what, "do", None, "", name))
    if problems:
        raise InputError(problems)
    return do


def states(case: Case, name: str, holds: bool | float) -> tuple[int, ...]:
    """Find the states left of an event once a proposition holds or not, or its amount is known.

    Examples
    --------
    >>> from forecasting.file.case import read as case_of
    >>> case = case_of("{case: sky, events: {sky: {states: [a, b], base_rate: {a: 30%, b: rest}}}}")
    >>> states(case, "sky.b", False)
    (0,)
    """
    return tuple(sorted(mask(case, name, holds)[1]))


def told(name: str, holds: bool | float) -> str:
    """Write what is supposed as it may be typed."""
    return f"{name}={('no', 'yes')[holds] if isinstance(holds, bool) else f'{holds:g}'}"


def _answers(event) -> str:
    return " or ".join(event.states) if event.states else "an amount"


def _one(case: Case, name: str, value, option: str) -> Answers | Problem:
    word, text = str(value).lower(), str(value)
    if find(case, name):
        if (holds := YesNo().parse(word)) is not BAD:
            return {name: holds}
        return Problem("neither yes nor no", option, None, name, word, "yes or no")
    event = case.events.get(event_of(name))
    if name not in case.events:
        hint = nearest(name, [*case.events, *every(case)])
        what = f"there is no such state or cut of {event_of(name)}" if event else None
        what = what or "there is no event of this name"
        return Problem(what, option, None, "", name, None, hint)
    if event.quantity is None:
        if text in event.states:
            return {f"{name}.{text}": True}
        hint = nearest(text, event.states)
        what = "not a state of this event"
        return Problem(what, option, None, name, text, _answers(event), hint)
    if not NUMBER.fullmatch(text.strip()):
        cuts = ", ".join(f"{name}.{cut}=yes" for cut in event.cuts)
        accepted = f"a number, without commas{f', or {cuts}' if cuts else ''}"
        return Problem("not an amount", option, None, name, text, accepted)
    amount = float(text)
    try:
        scale(event).place(amount)
    except ValueError as error:
        return Problem(str(error), option, None, name, text, "an amount on its scale")
    if event.quantity.whole and amount != round(amount):
        return Problem("not a whole amount", option, None, name, text, "a whole number")
    return {name: amount}
