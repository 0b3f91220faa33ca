"""Answers to plain questions go in; a case file, and what each answer did to it, come out."""

from __future__ import annotations

import re
from collections.abc import Callable
from copy import copy
from datetime import date
from pathlib import Path

from forecasting.case import Case, read, write_text
from forecasting.document import flow
from forecasting.errors import InputError, Problem
from forecasting.format import ID, parse_day
from forecasting.lexicon import CREDIBILITY, RELIABILITY, icd_203
from forecasting.network import Network

# A question no longer than this serves as the label of its row.
LABEL = 48

SCHEMA = "case.schema.json"

TEMPLATE = """\
# A case to fill in. A line that starts with # is a comment; the program skips it.
# Every number below is an example: put yours in its place, then run
#   forecasting check {path}
#   forecasting run {path}

case: {name}
title: What this case is about
as_of: {as_of}        # the day of the forecast: what is dated later is not known yet
resolve_by: {by}   # the day by which the question will be settled

events:

  it_happens:
    role: outcome           # what you want to know
    kind: occurs            # occurs: by the date; lasts: all along; state: on the day
    title: It happens
    question: Will it happen at least once by the date?
    resolution:
      criterion: The rule by which anyone could tell, fixed now.
      source: Whose word settles it
    # Before you think of this case: of 100 such years, in how many does it happen? Write what
    # you are 90% sure of. The period it is stated for is rescaled to your dates.
    base_rate: {{low: 10%, high: 30%, within: 12 months}}
    why: Where this number comes from.

  things_are_tense:
    role: driver            # a condition that moves the outcome
    kind: state
    title: Things are tense
    question: Are things tense?
    base_rate: {{low: 20%, high: 50%}}  # how common that is in such years
    now: 60%                          # what you hold of it today, without the evidence below
    why: Where these numbers come from.

links:
  # How many times higher are the odds of the outcome where the driver holds? (or lowers:)
  - {{from: things_are_tense, to: it_happens, raises: {{low: 1.5, high: 5}}, why: The reason.}}

sources:
  local-paper: {{title: The local paper, interest: What it may want us to believe}}

evidence:

  something_seen:
    claim: What was seen, in one sentence.
    date: {as_of}
    bears_on: it_happens
    if_yes: 50%     # if it is going to happen: how likely was it that we would see this?
    if_no: 20%      # if it is not: how likely was it all the same?
    # The grade: the source, A (reliable) to E (unreliable) or F (cannot be judged); then the
    # item, 1 (confirmed) to 5 (improbable) or 6 (cannot be judged).
    reports:
      - {{source: local-paper, grade: B3}}
    why: The reason for the two numbers.
"""


def write_template(path: Path, name: str, *, today: date | None = None) -> None:
    """Write a commented case to fill in.

    Raises
    ------
    InputError
        If the name is not a name, or the file is there already.
    """
    _refuse(path, name)
    as_of, by = _dates(today)
    text = TEMPLATE.format(path=path, name=name, as_of=as_of, by=by)
    write_text(path, _schema_line(path) + text)


class Interview:
    """A conversation that writes a case, saved after every answer.

    Parameters
    ----------
    ask : callable, str to str
        Shows a question and gives the answer, as ``input`` does.
    say : callable, str to None
    today : date, optional
        First offer for the day of the forecast.
    """

    def __init__(
        self, ask: Callable[[str], str], say: Callable[[str], None], today: date | None = None
    ) -> None:
        self._ask, self._say, self._today = ask, say, today
        self._content: dict = {}
        self._path = Path()

    def start(self, path: Path, name: str) -> None:
        """Ask from the question to the last fact; stopping early keeps what was entered.

        Raises
        ------
        InputError
            If the name is not a name, or the file is there already.
        """
        _refuse(path, name)
        self._path, self._content = path, {"case": name}
        try:
            self._outcome()
            while "events" in self._content and self._yes(
                "Is there a condition that would move it (a driver)?"
            ):
                self._driver()
            while "events" in self._content and self._yes(
                "Have you seen or heard something that bears on it (a fact)?"
            ):
                self._fact()
        except (EOFError, KeyboardInterrupt):
            self._say("\nstopped")
        if "events" in self._content:
            self._say(f"written: {path}\nnext: forecasting run {path}")
        else:
            self._say("nothing was entered, so nothing is written")

    def _outcome(self) -> None:
        question = self._text("What do you want to know? One question that starts with Will or Is")
        state = self._choose(
            "Is it yes once it has happened by then, or must it be true on the day itself? (by/on)",
            {"by": "occurs", "on": "state"},
        )
        as_of, by = _dates(self._today)
        start = self._until(f"Day of the forecast (Enter for {as_of})", parse_day, default=as_of)
        first = parse_day(start).last

        def later(text):
            if parse_day(text).last <= first:
                raise ValueError(f"it must be later than {first}")

        by = by if parse_day(by).last > first else _year_after(first).isoformat()
        end = self._until(f"By when will it be settled (Enter for {by})", later, default=by)
        self._content |= {"title": question, "as_of": start, "resolve_by": end}
        self._outcome_name = self._name(question)
        such = "such years" if state == "occurs" else "such days"
        share = self._share(
            f"Before anything special to this case: of 100 {such}, in how many is it yes?\n"
            "A number, or from-to, such as 5-30"
        )
        period = {"within": "12 months"} if state == "occurs" else {}
        base_rate = share if isinstance(share, str) and not period else _with(share, period)
        event = {"role": "outcome", "kind": state, "question": question, "base_rate": base_rate}
        if len(question) <= LABEL:
            event["title"] = question
        after = self._keep({"events": {self._outcome_name: event}})
        if after is not None:
            word = "by that day" if state == "occurs" else "on that day"
            self._say(f"  = {_percent(after)} {word}")

    def _driver(self) -> None:
        title = self._text("Which condition? A few words, such as: a winter of high water")
        name = self._name(title)
        base_rate = self._share("Of 100 such cases, in how many does this condition hold?")
        now = self._share("And in this case: out of 100, how sure are you that it holds now?")
        more = self._choose(
            "Where it holds, is the outcome more likely or less? (more/less)",
            {"more": "raises", "less": "lowers"},
        )
        times = self._times("How many times as high (or as low) are its odds then? 3, or 2-6")
        event = {"role": "driver", "kind": "state", "title": title}
        event |= {"base_rate": base_rate, "now": now}
        link = {"from": name, "to": self._outcome_name, more: times}
        self._keep({"events": {name: event}, "links": [link]})

    def _fact(self) -> None:
        claim = self._text("What was seen? One sentence")
        name = self._name(claim)
        if_yes = self._share(
            "If it were coming true: of 100 such cases, in how many would you see this?",
            closed=True,
        )
        if_no = self._share(
            "If it were not: of 100 such cases, in how many would you see it all the same?",
            closed=True,
        )
        fact = {"claim": claim, "bears_on": self._outcome_name, "if_yes": if_yes, "if_no": if_no}
        source = self._ask("Who reported it? (Enter if you saw it yourself) ").strip()
        more = {"evidence": {name: fact}}
        if source:
            known = self._content.get("sources", {})
            titles = {entry["title"]: key for key, entry in known.items()}
            key = titles.get(source) or self._name(source, known)
            letter = self._letter(key)
            digits = "; ".join(f"{digit} {word}" for digit, word in CREDIBILITY.items())
            digit = self._choose(
                f"How credible is what it says? {digits}", {d: d for d in CREDIBILITY}
            )
            more["sources"] = {key: {"title": source}}
            fact["reports"] = [{"source": key, "grade": f"{letter}{digit}"}]
        else:
            fact["status"] = "confirmed"
        if self._keep(more) is not None:
            weight = Network(self._case(self._content)).weights_alone()[name, self._outcome_name]
            odds = f"{10 ** (abs(weight) / 10):.2g}"
            does = "multiplies" if weight >= 0 else "divides"
            self._say(f"  (alone, it {does} the odds by {odds})")

    def _letter(self, source: str) -> str:
        """Ask for a source's reliability once: it has one letter in a case."""
        for fact in self._content.get("evidence", {}).values():
            for report in fact.get("reports", ()):
                if report["source"] == source:
                    return report["grade"][0]
        letters = "; ".join(f"{letter} {word}" for letter, word in RELIABILITY.items())
        return self._choose(f"How reliable is this source? {letters}", {x: x for x in RELIABILITY})

    # Asking until the answer is one that can be used.

    def _until(self, question: str, parse: Callable[[str], object], *, default: str | None = None):
        while True:
            answer = self._ask(f"{question}: ").strip() or default
            if answer is None:
                continue
            try:
                parse(answer)
            except ValueError as error:
                self._say(f"  {error}; please once more")
                continue
            return answer

    def _text(self, question: str) -> str:
        return self._until(question, lambda text: text)

    def _yes(self, question: str) -> bool:
        return self._choose(f"{question} (yes/no)", {"yes": True, "no": False})

    def _choose(self, question: str, words: dict):
        lower = {word.lower(): value for word, value in words.items()}

        def parse(text):
            if text.lower() not in lower:
                raise ValueError(f"the answers are {' and '.join(words)}")

        return lower[self._until(question, parse).lower()]

    def _share(self, question: str, *, closed: bool = False):
        """Ask for a number out of 100, or a range; give it as a case file states it."""

        def parse(text):
            ends = _ends(text)
            inside = all(
                0 <= end <= 100 if closed and len(ends) == 1 else 0 < end < 100 for end in ends
            )
            if not inside:
                edges = "from 0 to 100" if closed else "above 0 and below 100"
                raise ValueError(f"a number {edges}, or a range between them")

        ends = [f"{end:.12g}%" for end in _ends(self._until(question, parse))]
        return ends[0] if len(ends) == 1 else {"low": ends[0], "high": ends[1]}

    def _times(self, question: str):
        def parse(text):
            if not all(end >= 1 for end in _ends(text)):
                raise ValueError("a number from 1 on")

        ends = _ends(self._until(question, parse))
        return ends[0] if len(ends) == 1 else {"low": ends[0], "high": ends[1]}

    def _name(self, text: str, taken: dict | None = None) -> str:
        """Make a short name from words, unlike those already taken."""
        if taken is None:
            taken = {**self._content.get("events", {}), **self._content.get("evidence", {})}
        words = re.findall(r"[a-z0-9]+", text.lower())
        small = {"will", "is", "are", "the", "a", "an", "be", "of", "in", "to", "by", "on"}
        words = [word for word in words if word not in small] or ["item"]
        name = "_".join(words[:4])[:40]
        name = name if name[0].isalpha() else f"n_{name}"
        count, result = 2, name
        while result in taken:
            result, count = f"{name}_{count}", count + 1
        return result

    # Keeping what was said.

    def _keep(self, more: dict) -> float | None:
        """Add entries, save the case and say what they did; refuse those that cannot be."""
        content = {section: copy(entries) for section, entries in self._content.items()}
        for section, entries in more.items():
            if isinstance(entries, list):
                content[section] = [*content.get(section, []), *entries]
            else:
                content[section] = {**content.get(section, {}), **entries}
        try:
            after = self._forecast(content)
        except InputError as error:
            problem = error.problems[0]
            self._say(f"  not kept: {problem.problem} ({problem.found})")
            return None
        if "events" in self._content:
            before = self._forecast(self._content)
            self._say(f"  the forecast moves from {_percent(before)} to {_percent(after)}")
        self._content = content
        write_text(self._path, _schema_line(self._path) + _as_yaml(content))
        return after

    def _case(self, content: dict) -> Case:
        return read(_as_yaml(content), str(self._path))

    def _forecast(self, content: dict) -> float:
        return Network(self._case(content)).posterior()[self._outcome_name]


def _ends(text: str) -> list[float]:
    """Read 20 or 5-30 (also: 5 to 30, 5% - 30%)."""
    match = re.fullmatch(r"(\d+(?:\.\d+)?)\s*%?(?:\s*(?:-|–|to)\s*(\d+(?:\.\d+)?)\s*%?)?", text)
    if not match:
        raise ValueError("a number, or from-to, such as 5-30")
    ends = [float(end) for end in match.groups() if end is not None]
    if ends != sorted(ends):
        raise ValueError("the smaller number comes first")
    return ends


def _with(share, extra: dict) -> dict:
    return {**(share if isinstance(share, dict) else {"best": share}), **extra}


def _percent(p: float) -> str:
    return f"{p:.1%} ({icd_203(p).word})"


def _dates(today: date | None) -> tuple[str, str]:
    today = today or date.today()
    return today.isoformat(), _year_after(today).isoformat()


def _year_after(day: date) -> date:
    """Find the same day a year on; 29 February has no anniversary in most years."""
    leap_day = (day.month, day.day) == (2, 29)
    return day.replace(year=day.year + 1, day=28 if leap_day else day.day)


def _refuse(path: Path, name: str) -> None:
    if not ID.fullmatch(name):
        accepted = "a letter, then letters, digits, _ or -, at most 64 in all"
        raise InputError(Problem("not a name for a case", "new", None, "NAME", name, accepted))
    if path.exists():
        raise InputError(
            Problem("is there already; nothing was changed", str(path), hint="choose another name")
        )


def _schema_line(path: Path) -> str:
    """Point editors to the schema, where one lies beside the case."""
    beside = (path.parent / SCHEMA).exists()
    return f"# yaml-language-server: $schema={SCHEMA}\n" if beside else ""


def _as_yaml(content: dict) -> str:
    """Write sections and their entries in blocks, values on one line."""
    lines: list[str] = []
    for key, value in content.items():
        if isinstance(value, dict):
            lines += ["", f"{key}:"]
            for name, entry in value.items():
                lines.append(f"  {name}:")
                lines += [f"    {field}: {flow(item)}" for field, item in entry.items()]
        elif isinstance(value, list):
            lines += ["", f"{key}:", *(f"  - {flow(item)}" for item in value)]
        else:
            lines.append(f"{key}: {flow(value)}")
    return "\n".join(lines) + "\n"
