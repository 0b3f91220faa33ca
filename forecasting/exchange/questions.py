"""Questions kept elsewhere go in (Metaculus, forecasting-tools, Fatebook); a case comes out.

Titles, rules and dates become outcomes, and what others said of them views, which are shown and
never used. A question that asks for a day becomes an amount, of days after the first it allows. A
question brings no base rate: each begins at an even chance, or at the range in which it is asked,
under the template's own reason, so that ``forecasting check`` refuses the case until somebody has
put one there.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from forecasting.errors import InputError, echo, refusal
from forecasting.exchange.variables import Imported, one_line
from forecasting.file import document, edits
from forecasting.file.case import MAX_EVENTS
from forecasting.file.naming import label_of, name_of
from forecasting.file.states import MOST_AMOUNT, RESERVED
from forecasting.ledger.entries import Forecast, Question, Resolution
from forecasting.ledger.imports import COLUMNS, forecasts_of
from forecasting.lexicon import counted

# The template's own words, which ``forecasting check`` asks to have replaced.
WHY = "Where this number comes from."

MOST_TEXT = 20_000
MOST_CUTS = 10


@dataclass(frozen=True)
class Asked:
    """One question: of yes or no, unless it has options or bounds.

    Bounds are days after ``since`` where there is such a day.
    """

    title: str
    criterion: str = ""
    url: str = ""
    resolve_by: date | None = None
    known: date | None = None  # the last day of what was said of it
    options: tuple[str, ...] = ()
    bounds: tuple[float, float] | None = None
    unit: str = ""
    whole: bool = False
    since: date | None = None
    # What each said: the probability of each option; of yes it is called "".
    views: Mapping[str, Mapping[str, float]] = field(default_factory=dict)


def case_text(read: tuple[Sequence[Asked], Sequence[str]], name: str, file: str) -> Imported:
    """Write questions, and what was left out, as the outcomes of a case, and notes on it.

    Raises
    ------
    InputError
        If no question is left, or there are more than a case may have events.

    Examples
    --------
    >>> asked = Asked("Will it rain?", "A gauge says so", resolve_by=date(2027, 1, 1))
    >>> print(case_text(([asked], ()), "weather", "q.json")[0])
    case: weather
    resolve_by: 2027-01-01
    <BLANKLINE>
    events:
      it_rain:
        title: Will it rain?
        question: Will it rain?
        resolution: {criterion: A gauge says so}
        base_rate: 50%
        why: Where this number comes from.
    <BLANKLINE>
    """
    asked, left_out = read
    if not 0 < len(asked) <= MAX_EVENTS:
        found, accepted = counted(len(asked), "question"), f"1 to {MAX_EVENTS:,} that are open"
        hint = "; ".join(left_out) or None
        raise refusal("no question to forecast, or too many", file, None, "", found, accepted, hint)
    days = [one.resolve_by for one in asked if one.resolve_by]
    said = [one.known for one in asked if one.known]
    # What was said last is what is known; a case is made before the first day it is for.
    as_of = max(said) if said and all(max(said) < day for day in days) else None
    last = max(days, default=None)
    events: dict[str, dict] = {}
    views: dict[str, dict] = {}
    for one in asked:
        event = name_of(one.title, "question", events)
        states: dict[str, str] = {}
        for option in one.options:
            states[name_of(option, "option", {*states, *RESERVED})] = option
        events[event] = _event(one, states, last)
        for who, held in one.views.items():
            for state, option in (states or {"": ""}).items():
                if 0 < held.get(option, 0) < 1:
                    told = f"{event}.{state}" if state else event
                    views.setdefault(who, {})[told] = held[option]
    named: dict[str, dict] = {}
    for who, held in views.items():
        named[name_of(who, "forecaster", {*named, *events})] = held
    content = {"case": name_of(name, "questions", ()), "events": events, "views": named}
    content |= {"as_of": as_of and str(as_of), "resolve_by": last and str(last)}
    text = edits.as_text({key: one for key, one in content.items() if one})
    notes = [f"left out: {one}" for one in left_out]
    notes.append("a question brings no base rate: put yours in place of each even chance")
    if any(one.bounds for one in asked):
        notes.append("the range in which an amount is asked stands in for its 90% range")
    return Imported(text, tuple(notes))


def _event(one: Asked, states: Mapping[str, str], last: date | None) -> dict:
    more: dict = {"base_rate": "50%"}
    if states:
        *some, rest = states
        rate = {**dict.fromkeys(some, 1 / len(states)), rest: "rest"}
        more = {"states": states, "kind": "state", "base_rate": rate}
    elif one.bounds:
        low, high = one.bounds
        amount = {"unit": one.unit or None, "whole": one.whole or None}
        more = {"quantity": amount, "base_rate": {"low": low, "high": high}}
        if one.since:
            amount |= {"unit": f"days after {one.since}", "scale": "linear"}
            more["cuts"] = _cuts(one.since, one.since + timedelta(high))
    rule = {"criterion": one.criterion, "source": one.url or None} if one.criterion else None
    return {
        "title": label_of(one.title), "question": one.title, "resolution": rule,
        "resolve_by": str(one.resolve_by) if one.resolve_by and one.resolve_by != last else None,
        **more, "why": WHY,
    }  # fmt: skip


def _cuts(since: date, until: date) -> dict[str, str]:
    """Cut days at new years between two, or at new months if there is none; at a few of them."""
    months = [date(y, m, 1) for y in range(since.year, until.year + 1) for m in range(1, 13)]
    inside = [day for day in months if since < day < until]
    years = [day for day in inside if day.month == 1]
    named = {f"before_{day:%Y}" if years else f"before_{day:%Y_%m}": day for day in years or inside}
    few = [*named][:: len(named) // MOST_CUTS + 1]
    return {name: f"<= {(named[name] - since).days - 1}" for name in few}


def is_export(rows: Sequence[tuple[int, Sequence[str]]]) -> bool:
    """Tell whether the columns of a table are those of an export of forecasts."""
    header = {*rows[0][1]} if rows else set()
    wanted = ("question", "forecaster", "probability")
    return all(header.intersection(COLUMNS[name]) for name in wanted)


def read_csv(
    rows: Sequence[tuple[int, Sequence[str]]], file: str
) -> tuple[list[Asked], tuple[str, ...]]:
    """Read the open questions of such an export; the last word of each forecaster counts."""
    (_, header), *cells = rows
    held = [(line, dict(zip(header, values, strict=False))) for line, values in cells]
    entries = forecasts_of(header, held, file)
    over = {one.question for _, one in entries if isinstance(one, Resolution)}
    said: dict[str, dict[str, Forecast]] = {}
    for by, one in entries:  # in the order in which they were made
        if isinstance(one, Forecast):
            said.setdefault(one.question, {})[by] = one
    asked = []
    for _, one in entries:
        if isinstance(one, Question) and one.id not in over:
            held = said.get(one.id, {})
            asked.append(
                Asked(
                    one_line(one.title or one.id),
                    one_line(one.criterion),
                    resolve_by=one.resolve_by,
                    known=max(f.made_at for f in held.values()) if held else None,
                    views={by: {"": f.p} for by, f in held.items()},
                )
            )
    left = f"{counted(len(over), 'question')} with an answer (forecasting ledger import keeps them)"
    return asked, (left,) if over else ()


def read_json(path: str | Path) -> tuple[list[Asked], tuple[str, ...]]:
    """Read the questions of a file of Metaculus, or one that forecasting-tools wrote."""
    found, file = load_json(path), str(path)
    if isinstance(found, Mapping):
        found = found.get("results", found.get("questions", [found]))
    if not isinstance(found, list):
        raise refusal("no list of questions", file, accepted='[{"title": ...}, ...]')
    asked, left_out = [], []
    for at, one in enumerate(found, 1):
        place = f"question {at}"
        if not isinstance(one, Mapping):
            raise refusal("not a question", file, None, place, echo(repr(one)), "keys with values")
        inner = one.get("question", one.get("group_of_questions"))
        both = {**one, **inner} if isinstance(inner, Mapping) else one
        kind = both.get("question_type", both.get("type", "binary"))
        if kind not in ("binary", "multiple_choice", "numeric", "discrete", "date"):
            left_out.append(f"{place}, of the kind {echo(str(kind))}")
        elif kind == "date" and None in _ends(both):
            left_out.append(f"{place}, of the kind date, as it does not say between which days")
        elif both.get("resolution") or both.get("resolution_string"):
            left_out.append(f"{place}, which has an answer")
        else:
            asked.append(_asked(both, str(kind), Values(file, place)))
    return asked, tuple(left_out)


def load_json(path: str | Path):
    """Read a JSON file of at most 2 MB, in which no key stands twice."""
    file = str(path)

    def once(pairs):
        made = dict(pairs)
        if len(made) < len(pairs):
            (twice, _), *_ = Counter(key for key, _ in pairs).most_common(1)
            raise refusal("a key stands twice", file, found=twice)
        return made

    try:
        text = document.decode(document.read_bytes(path), file)
        found = json.loads(text, object_pairs_hook=once)
        json.dumps(found, ensure_ascii=False).encode()  # half a character has no place in a case
        return found
    except RecursionError:
        raise refusal("too deep", file, accepted="lists within lists, a few levels") from None
    except ValueError as error:  # also a number of thousands of digits
        if isinstance(error, InputError):
            raise
        raise refusal("not JSON", file, getattr(error, "lineno", None), "", str(error)) from None


class Values:
    """Reads the values of a question or a claim, and says where one is amiss."""

    def __init__(self, file: str, place: str) -> None:
        self.file, self.place = file, place

    def wrong(self, key: str, problem: str, found, accepted: str) -> InputError:
        """Make the error of one value."""
        return refusal(problem, self.file, None, f"{self.place}.{key}", echo(repr(found)), accepted)

    def text(self, values: Mapping, *keys: str, needed: bool = False) -> str:
        """Read the first of some keys that is there, as one line."""
        key = self._first(values, keys)
        found = "" if key is None else values[key]
        if needed and key is None:
            accepted = f"a text: {' or '.join(keys)}"
            raise refusal("is missing", self.file, None, f"{self.place}.{keys[0]}", None, accepted)
        if not isinstance(found, str) or len(found) > MOST_TEXT or (needed and not found.strip()):
            accepted = f"a text of 1 to {MOST_TEXT:,} characters"
            raise self.wrong(key or keys[0], "not a text", found, accepted)
        return one_line(found)

    def _first(self, values: Mapping, keys: Sequence[str]) -> str | None:
        return next((key for key in keys if values.get(key) not in (None, "")), None)

    def day(self, values: Mapping, *keys: str) -> date | None:
        """Read a day that a case may hold, perhaps with a time."""
        key = self._first(values, keys) or keys[0]
        day = self.moment(key, text) if (text := self.text(values, key)) else None
        if day and day.year == date.max.year:
            raise self.wrong(key, "is no day of a case", text, "a year before 9999")
        return day

    def moment(self, key: str, found) -> date:
        """Read a day as its text, or as seconds since 1970."""
        text = one_line(found) if isinstance(found, str) else ""
        seconds = None if text else self.number(key, found)
        try:
            if text:
                return datetime.fromisoformat(text.replace("Z", "+00:00")).date()
            return datetime.fromtimestamp(seconds, UTC).date()
        except (ValueError, OverflowError, OSError):
            accepted = "such as 2027-01-31" if text else "seconds since 1970-01-01"
            raise self.wrong(key, "is no day", found, accepted) from None

    def number(self, key: str, found) -> float:
        """Read a number that a case may hold."""
        good = isinstance(found, int | float) and not isinstance(found, bool)
        if not good or not abs(found) <= MOST_AMOUNT:  # also what is not a number
            raise self.wrong(key, "not a number", found, f"a number up to {MOST_AMOUNT:g}")
        return float(found)


def _asked(one: Mapping, kind: str, held: Values) -> Asked:
    title = held.text(one, "question_text", "title", "question", needed=True)
    rule = [held.text(one, "resolution_criteria"), held.text(one, "fine_print")]
    about: dict = {"unit": held.text(one, "unit_of_measure", "unit")}
    if kind == "multiple_choice":
        found = one.get("options")
        if not isinstance(found, list) or not all(isinstance(x, str) and x.strip() for x in found):
            raise held.wrong("options", "not a list of texts", found, '["one", "another"]')
        about["options"] = options = tuple(map(one_line, found))
        if not 2 <= len(options) <= MAX_EVENTS or len({*options}) < len(options):
            raise held.wrong("options", "too few, too many or twice", found, "each option once")
    elif kind != "binary":
        about |= _range(one, kind, held)
    if "bounds" not in about:
        about["views"] = {"community": _community(one, about.get("options", ()), held)}
    return Asked(
        title, " ".join(filter(None, rule)), held.text(one, "page_url", "url"),
        held.day(one, "scheduled_resolution_time", "scheduled_resolve_time", "close_time"),
        held.day(one, "date_accessed"), **about,
    )  # fmt: skip


def _scaling(one: Mapping) -> Mapping:
    return found if isinstance(found := one.get("scaling"), Mapping) else {}


def _ends(one: Mapping) -> tuple:
    """Find the ends of the range in which an amount or a day is asked."""
    scaling = _scaling(one)
    low = one.get("lower_bound", scaling.get("range_min"))
    return low, one.get("upper_bound", scaling.get("range_max"))


def _range(one: Mapping, kind: str, held: Values) -> dict:
    """Read the range of an amount or of a day, and whether it has whole numbers alone."""
    read, ends = held.moment if kind == "date" else held.number, _ends(one)
    low, high = read("lower_bound", ends[0]), read("upper_bound", ends[1])
    if low >= high:
        over = low if kind == "date" else f"{low:g}"
        raise held.wrong("upper_bound", "not above the lower", ends[1], f"over {over}")
    if kind == "date":
        return {"bounds": (0.0, float((high - low).days)), "whole": True, "since": low}
    count = one.get("inbound_outcome_count", _scaling(one).get("inbound_outcome_count"))
    if count == high - low > 1 and low % 1 == 0.5:  # from half below the first number to half above
        return {"bounds": (low + 0.5, high - 0.5), "whole": True}
    return {"bounds": (low, high)}


def _community(one: Mapping, options: Sequence[str], held: Values) -> dict[str, float]:
    """Find what a community holds, wherever a version of the format has it."""
    key = "community_prediction_at_access_time"
    found = one.get(key, one.get("community_prediction"))
    if isinstance(found, Mapping) and isinstance(found.get("full"), Mapping):
        found = found["full"].get("q2")
    values: object = one.get("aggregations")
    for step in ("recency_weighted", "latest", "forecast_values" if options else "centers"):
        values = values.get(step) if isinstance(values, Mapping) else None
    if isinstance(values, list) and len(values) == (len(options) or 1):
        found = dict(zip(options or ("",), values, strict=True))
    each = found if isinstance(found, Mapping) else {} if found is None else {"": found}
    chances = {name: held.number(key, each[name]) for name in options or ("",) if name in each}
    for p in chances.values():
        if not 0 <= p <= 1:
            raise held.wrong(key, "is no probability", p, "a number from 0 to 1")
    return chances
