"""Problems of a case go in; what a card says beside each of its fields comes out.

The words are for someone who has never seen the file: no keys, braces or line numbers of it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import date

from forecasting.errors import Problem, echo
from forecasting.file.case import Case
from forecasting.file.document import Node
from forecasting.file.propositions import title_of
from forecasting.file.quantities import claim_of
from forecasting.file.values import DayReader, Judgement, Months, Multiplier, parse_day

# What is accepted in a file, and how it is typed into a card.
TYPED = {
    Judgement.ACCEPTED: "a number of 100, such as 30%, or a range, such as 20 to 40%",
    Multiplier.ACCEPTED: "a number above 0, such as 3, or a range, such as 2 to 6",
    DayReader.ACCEPTED: "a day such as 2021-09-15, a month such as 2021-09, or a year",
    Months.ACCEPTED: "a period such as 12 months or 2 years",
    "a number strictly between 0 and 1, or a percentage": "above 0% and below 100%",
    "a number from 0 to 1, or a percentage": "from 0% to 100%",
    "points for each state, or no within": "a number for each answer, or no period",
}

# Sections of a case whose entries have cards.
ENTRIES = ("events", "links", "evidence", "sources", "scenarios", "views")

MISSING = re.compile(r"the key '(\w+)' is missing")

# What must not be empty in an entry of a section, and how it is asked for.
DUE = {
    "events": ("question", "Write the question, or the condition, in one sentence."),
    "evidence": ("claim", "Write in one sentence what is the case."),
    "sources": ("title", "Write the name of the source."),
    "scenarios": ("title", "Write the name of the scenario."),
}

CALLED = {
    "events": "question or condition",
    "evidence": "fact",
    "sources": "source",
    "links": "link",
    "views": "view",
}


def beside(
    problems: Iterable[Problem], made: Sequence[Sequence[str]] = (), case: Case | None = None
) -> list[dict]:
    """Say of each problem beside which field it stands, and what it is.

    Parameters
    ----------
    problems : iterable of Problem
    made : sequence of (section, name)
        The entries that are being edited: a problem elsewhere stands beside no field, and names
        its place.
    case : Case, optional
        Its titles name other places.

    Returns
    -------
    list of dict
        ``field``, empty where it is none; ``words``, one or two sentences; ``place``, the section
        and the name of the entry, or empty.

    Examples
    --------
    >>> wrong = Problem(
    ...     "not a probability", "", 3, "events.rain.base_rate", "often", Judgement.ACCEPTED
    ... )
    >>> (one,) = beside([wrong], [("events", "rain")])
    >>> one["field"], one["words"][:29]
    ('base_rate', '“often” is not a probability.')
    """
    result = []
    edited = {tuple(one) for one in made}
    for problem in problems:
        section, *keys = problem.place.split(".")
        if section not in ENTRIES:
            place = ["case", ""] if section else []
            result.append({"field": section, "words": in_words(problem), "place": place})
            continue
        name = keys[0] if keys else ""
        # A link has no name of its own: its number in the file is in none of the edits.
        links = section == "links" and any(one[0] == "links" for one in edited)
        own = links or (section, name) in edited
        missing = MISSING.fullmatch(problem.problem)
        field = missing[1] if missing else next((key for key in keys[1:] if key), "")
        words = in_words(problem)
        if not own and edited:
            what = CALLED.get(section)
            where = f"{what} “{_title(case, section, name)}”" if what else section
            field, words = "", f"In the {where}: {words}"
        result.append({"field": field, "words": words, "place": [section, name]})
    return list({(one["field"], one["words"]): one for one in result}.values())


def in_words(problem: Problem) -> str:
    """Say a problem in a sentence, and what would be accepted."""
    if MISSING.fullmatch(problem.problem):
        return f"This is due: {problem.accepted}."
    told = problem.problem
    found = problem.found if problem.found and not re.search(r"[{}\[\]]", problem.found) else None
    if told.startswith("not ") and found and found != "nothing":
        told = f"“{echo(found)}” is {told}"
    accepted = TYPED.get(problem.accepted or "", problem.accepted)
    if accepted and not re.search(r"[{}\[\]]|\w:(\s|$)", accepted):
        told += f". Accepted: {accepted}"
    if problem.hint and re.match(r"did you mean|write \d", problem.hint):
        told += f". {problem.hint[0].upper()}{problem.hint[1:]}"
    told = told if told[-1] in ".?!" else f"{told}."
    return f"{told[0].upper()}{told[1:]}"


def unfinished(case: Case | None, made: Iterable[Sequence[str]], node: Node) -> list[Problem]:
    """Find what a file may leave out and a card may not: an empty claim, a day to come.

    Parameters
    ----------
    case : Case or None
        Its day is that of the forecast; without one, today is.
    made : iterable of (section, name)
        The entries that were added or edited.
    node : Node
        The tree of the text that they are in now.
    """
    result = []
    for section, name in dict.fromkeys(tuple(one) for one in made):
        entries = node.value.get(section)
        entry = entries.value.get(name) if entries is not None and entries.is_map else None
        if entry is None or not entry.is_map:
            continue
        if section in DUE:
            key, words = DUE[section]
            told = [entry.value.get(one) for one in dict.fromkeys((key, "title"))]
            if not any(one is not None and one.is_text and one.value.strip() for one in told):
                result.append(Problem(words, place=f"{section}.{name}.{key}"))
        if section == "evidence" and (late := _to_come(case, entry.value)):
            result.append(Problem(late, place=f"{section}.{name}.date"))
    return result


def _to_come(case: Case | None, fact: Mapping) -> str:
    """Say that a fact is of a day after that of the forecast, unless it is one to look out for."""
    day, status = (fact[key].value if key in fact else "" for key in ("date", "status"))
    if not day or status == "pending":
        return ""
    last = case.as_of.last if case and case.as_of else date.today()
    try:
        late = parse_day(day).first > last
    except ValueError:
        return ""  # what is no day is told by itself
    return f"This is later than the day of the forecast, {last}." if late else ""


def _title(case: Case | None, section: str, name: str) -> str:
    if case is not None and section == "events" and name in case.events:
        return title_of(case, name)
    if case is not None and section == "evidence" and name in case.evidence:
        return claim_of(case, name)
    if case is not None and section == "links" and name.isdecimal() and int(name) < len(case.links):
        link = case.links[int(name)]
        return " → ".join(title_of(case, end) for end in (link.source, link.target))
    return name.replace("_", " ")
