"""Answers to plain questions go in; a case file, and what each answer did to it, come out."""

from __future__ import annotations

import math
import re
import textwrap
from collections.abc import Callable, Mapping
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple

from forecasting.engine.network import Network
from forecasting.errors import UNSEEN, InputError, refusal
from forecasting.file.case import read, write_text
from forecasting.file.document import flow
from forecasting.file.naming import new_id, plain_letters
from forecasting.file.values import ID, MAX_TEXT, parse_day
from forecasting.lexicon import CREDIBILITY, RELIABILITY, icd_203

# Longest label of a row: what tables, sliders and the graph show whole. A question no longer than
# this is its own label.
LABEL = 42

# Longest name made from words; the format allows 64, and one that is taken gets a number.
ID_LENGTH = 40

# Words that tell nothing in a name, and that no label should end on.
SMALL = {"will", "is", "are", "the", "a", "an", "be", "of", "in", "to", "by", "on"}
SMALL |= {"and", "or", "for", "with", "from", "than", "that"}

# What Python makes of bytes that are no text in the terminal's encoding.
UNDECODED = re.compile("[\ud800-\udfff]")

# Columns of the narrowest terminal.
WIDTH = 80

YES_NO = "(yes or no)"

# What people answer where they are told to say "myself".
MYSELF = frozenset({"myself", "me", "i", "we", "ourselves"})


class Kind(NamedTuple):
    """What makes an answer yes, in the words of the conversation."""

    kind: str
    when: str
    such: str  # of 100 such years or days
    happens: str
    that_day: str


KINDS = {
    "1": Kind("occurs", "it happens at least once by the date", "years", "does it happen", "by"),
    "2": Kind("lasts", "it stays so until the date", "years", "does it stay so all along", "until"),
    "3": Kind("state", "it is so on the date", "days", "is it so", "on"),
}

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
    as_of = today or date.today()
    text = TEMPLATE.format(path=path, name=name, as_of=as_of, by=_year_after(as_of))
    write_text(path, _schema_line(path) + text)


class Interview:
    """A conversation that writes a case, saved after every entry.

    It is a function of the answers so far: ``back`` drops the last of them, and the conversation is
    played again, silently, up to the question that is then open. What was dropped is offered again.

    Parameters
    ----------
    ask : callable, str to str
        Shows a prompt and gives the answer, as ``input`` does.
    say : callable, str to None
    today : date, optional
        First offer for the day of the forecast.
    """

    def __init__(
        self, ask: Callable[[str], str], say: Callable[[str], None], today: date | None = None
    ) -> None:
        self._ask, self._say, self._today = ask, say, today or date.today()
        self._content: dict = {}
        self._path = Path()
        self._answers: list[tuple[str, str]] = []  # questions, and what was typed
        self._dropped: list[tuple[str, str]] = []  # by `back`, the latest last
        self._played = self._kept = 0  # answers used in this playing, and those that are saved
        self._size = 0  # entries of the file
        self._stopped = False
        self._forecasts: dict[str, float] = {}  # by the text of the case

    def start(self, path: Path, name: str) -> None:
        """Ask from the question to the last fact; stopping early keeps what was entered.

        Raises
        ------
        InputError
            If the name is not a name, or the file is there already.
        """
        _refuse(path, name)
        self._path = path
        self._say(
            "Type back to go to the question before; Ctrl-C stops and keeps what is complete."
        )
        while True:
            self._content, self._played, self._kept = {"case": name}, 0, 0
            try:
                self._converse()
            except _Back:
                self._dropped.append(self._answers.pop())
                continue
            except (EOFError, KeyboardInterrupt):
                self._stopped = True
            break
        self._close()

    def _converse(self) -> None:
        self._outcome()
        driver = "Is there {} condition that makes it more or less likely (a driver)?"
        fact = "Have you seen or heard {} that bears on it (a fact)?"
        for question, more, other, talk in (
            (driver, "a", "another", self._driver),
            (fact, "something", "something else", self._fact),
        ):
            while "events" in self._content and self._yes(question.format(more)):
                talk()
                more = other

    def _close(self) -> None:
        lost = [said for asked, said in self._answers[self._kept :] if YES_NO not in asked]
        kept = "events" in self._content and self._save(finished=not self._stopped)
        if not kept and self._path.exists():
            self._say(f"{self._path} stays as it was before you went back")
            return
        if lost:
            self._say(f"lost, as not all of its questions were answered: {'; '.join(lost)}")
        if kept:
            self._say(f"written: {self._path}\nnext: forecasting run {self._path}")
        else:
            self._say("nothing is written: a case needs the answers up to its first number")

    def _outcome(self) -> None:
        question = self._text("What do you want to know? One question that starts with Will or Is")
        title = self._label(question)
        kind = KINDS[self._choose("When is the answer yes?", {k: KINDS[k].when for k in KINDS})]
        start = self._day("Day of the forecast", self._today)
        first = parse_day(start).last
        end = self._day("By when will it be settled?", _year_after(first), after=first)
        self._content |= {"title": title, "as_of": start, "resolve_by": end}
        self._outcome_name = self._name(question, "outcome")
        asked = f"of 100 such {kind.such}, in how many {kind.happens}?"
        share = self._share(f"Before anything special to this case: {asked}")
        base_rate = share if kind.kind == "state" else _within_a_year(share)
        event = {"role": "outcome", "kind": kind.kind, "title": title, "question": question}
        after = self._keep({"events": {self._outcome_name: event | {"base_rate": base_rate}}})
        if after is not None:
            rescaled = share != base_rate and parse_day(end).last != _year_after(first)
            why = ": your number is for a year, and this for your dates" if rescaled else ""
            self._tell(f"  the forecast starts at {_percent(after)} {kind.that_day} that day{why}")

    def _driver(self) -> None:
        words = self._text("Which condition? A few words, such as: a winter of high water")
        title = self._label(words)
        name = self._name(words, "condition")
        base_rate = self._share("Of 100 such cases, in how many does this condition hold?")
        now = self._share("And in this case: out of 100, how sure are you that it holds now?")
        more = self._choose(
            "Where it holds, is a yes more likely or less?", {"more likely": "", "less likely": ""}
        )
        does = "raises" if more == "more likely" else "lowers"
        times = self._times(
            "How many times as high (or as low) are the odds of a yes then? 3 turns 10% into 25%,"
            " or 25% into 10%. (a number, or from-to: 2-6)"
        )
        event = {"role": "driver", "kind": "state", "title": title}
        event |= {"question": words} if title != words else {}
        event |= {"base_rate": base_rate, "now": now}
        link = {"from": name, "to": self._outcome_name, does: times}
        self._keep({"events": {name: event}, "links": [link]})

    def _fact(self) -> None:
        claim = self._text("What was seen? One sentence")
        name = self._name(claim, "fact")
        if_yes = self._share(
            "If the answer is going to be yes: of 100 such cases, in how many would you see this?",
            closed=True,
        )
        if_no = self._share(
            "If it is going to be no: of 100 such cases, in how many would you see it all the"
            " same?",
            closed=True,
        )
        fact = {"claim": claim, "bears_on": self._outcome_name, "if_yes": if_yes, "if_no": if_no}
        source = self._text('Who reported it? A name, or "myself" if you saw it yourself')
        more = {"evidence": {name: fact}}
        if source.lower() in MYSELF:
            fact["status"] = "confirmed"
        else:
            known = self._content.get("sources", {})
            titles = {entry["title"].casefold(): key for key, entry in known.items()}
            key = titles.get(source.casefold()) or self._name(source, "source", known)
            letter = self._letter(key)
            digit = self._choose("How credible is what it says?", CREDIBILITY)
            more["sources"] = {key: known.get(key, {"title": source})}
            fact["reports"] = [{"source": key, "grade": f"{letter}{digit}"}]
        if self._keep(more) is not None and self._at_the_end:
            case = read(_as_yaml(self._content), str(self._path))
            weight = Network(case).weights_alone()[name, self._outcome_name]
            does = "multiplies" if weight >= 0 else "divides"
            told = f"{does} the odds by {10 ** (abs(weight) / 10):.2g}"
            self._tell(f"  (alone, it {'settles the question' if math.isinf(weight) else told})")

    def _letter(self, source: str) -> str:
        """Ask for a source's reliability once: it has one letter in a case."""
        for fact in self._content.get("evidence", {}).values():
            for report in fact.get("reports", ()):
                if report["source"] == source:
                    return report["grade"][0]
        return self._choose("How reliable is this source?", RELIABILITY)

    # Asking until the answer is one that can be used.

    def _until(self, question: str, parse: Callable[[str], Any], *, default: str | None = None):
        """Take the answer already given, or ask until there is one that can be read."""
        if not self._at_the_end:
            self._played += 1
            return parse(self._answers[self._played - 1][1])
        again = self._offer_again(question, parse)
        default = again or default
        offer = [f"  Enter accepts: {default}"] if default else []
        for line in ["", *question.splitlines(), *offer]:
            self._tell(textwrap.fill(line, WIDTH, break_on_hyphens=False))
        while True:
            answer = self._typed(again) or default
            try:
                if answer is None:
                    raise ValueError("an answer is needed here")
                if answer.casefold() == "back":
                    if self._answers:
                        self._dropped += [(question, again)] if again else []
                        raise _Back
                    raise ValueError("this is the first question")
                if UNSEEN.search(answer) or UNDECODED.search(answer):
                    raise ValueError("it holds a sign that cannot be shown, as from an arrow key")
                result = parse(answer)
            except ValueError as error:
                self._say(f"  {error}; please once more")
                continue
            self._answers.append((question, answer))
            self._played += 1
            return result

    @property
    def _at_the_end(self) -> bool:
        return self._played == len(self._answers)

    def _offer_again(self, question: str, parse: Callable[[str], Any]) -> str | None:
        """Find what was answered to this question before ``back``, if it can still be used."""
        places = [i for i, (asked, _) in enumerate(self._dropped) if asked == question]
        if not places:
            return None
        answer = self._dropped[places[-1]][1]
        del self._dropped[places[-1] :]
        try:
            parse(answer)
        except ValueError:
            return None
        return answer

    def _typed(self, again: str | None) -> str:
        """Ask; after the end of input, accept only what had been answered before ``back``."""
        if not self._stopped:
            try:
                return " ".join(self._ask("> ").split())
            except (EOFError, KeyboardInterrupt):
                self._tell("\nstopped")
                self._stopped = True
        if again is None:
            raise EOFError
        return again

    def _text(self, question: str) -> str:
        def parse(text):
            if not any(c.isalpha() for c in text):
                raise ValueError("words are due here")
            if len(text) > MAX_TEXT:
                raise ValueError(f"it is too long: at most {MAX_TEXT:,} characters")
            return text

        return self._until(question, parse)

    def _label(self, text: str) -> str:
        """Give the label of a row: the words themselves, or if they are long, what is chosen."""

        def parse(label):
            if len(label) > LABEL:
                raise ValueError(f"it has {len(label)} characters; at most {LABEL}")
            return label

        if len(text) <= LABEL:
            return text
        words = text.rstrip(" ?.!").split()
        start = next((i for i, word in enumerate(words) if word.lower() not in SMALL), 0)
        offered = _whole_words(words[start:], LABEL, " ")
        offered = offered[0].upper() + offered[1:]
        return self._until(
            f"A short label for it in tables, at most {LABEL} characters", parse, default=offered
        )

    def _day(self, question: str, offered: date, *, after: date | None = None) -> str:
        """Ask for a date; one that is refused is answered by one that is not."""

        def parse(text):
            try:
                day = parse_day(text).last
                _year_after(day)
            except ValueError:
                raise ValueError(f"not a date of the calendar. {example}") from None
            if after and day <= after:
                raise ValueError(f"it must be later than {after}. {example}")
            return text

        example = f"Such as {offered}, or a month: {offered:%Y-%m}"
        return self._until(question, parse, default=f"{offered}")

    def _yes(self, question: str) -> bool:
        return self._choose(question, {"yes": "", "no": ""}) == "yes"

    def _choose(self, question: str, choices: Mapping[str, str]) -> str:
        """Ask for one of the choices, short names with their words; give its short name."""
        rows = "".join(f"\n  {name}  {words}" for name, words in choices.items())
        if not any(choices.values()):
            rows = f" ({' or '.join(choices)})"
        return self._until(f"{question}{rows}", lambda text: chosen(text, choices))

    def _share(self, question: str, *, closed: bool = False):
        """Ask for a number out of 100, or a range; give it as a case file states it."""

        def parse(text):
            ends = _ends(text)
            whole = closed and len(ends) == 1
            if not all(0 <= end <= 100 if whole else 0 < end < 100 for end in ends):
                edges = "from 0 to 100" if closed else "above 0 and below 100"
                raise ValueError(f"a number {edges}, or a range between them")
            return ends, "%" in text

        ends, sure = self._until(f"{question} (a number, or from-to: 5-30)", parse)
        if not sure and 0 < max(ends) < 1:
            as_share = [float(f"{100 * end:.12g}") for end in ends]
            meant = {_as_percent(way): way for way in (ends, as_share)}
            ends = meant[self._choose("Which do you mean?", dict.fromkeys(meant, ""))]
        return _stated([f"{end!r}%".replace(".0%", "%") for end in ends])

    def _times(self, question: str):
        def parse(text):
            ends = _ends(text)
            if "%" in text or min(ends) < 1:
                raise ValueError("a number from 1 on, such as 3, or from-to: 2-6")
            return ends

        return _stated(self._until(question, parse))

    def _name(self, text: str, otherwise: str, taken: dict | None = None) -> str:
        """Make a short name of whole words, unlike those already taken."""
        if taken is None:
            taken = {**self._content.get("events", {}), **self._content.get("evidence", {})}
        found = re.findall(r"[a-z0-9]+", plain_letters(text))
        words = [word for word in found if word not in SMALL]
        return new_id(_whole_words(words[:4] or [otherwise], ID_LENGTH, "_"), taken)

    # Keeping what was said.

    def _tell(self, text: str) -> None:
        """Say it, unless the conversation is being played again or is over."""
        if self._at_the_end and not self._stopped:
            self._say(text)

    def _keep(self, more: dict) -> float | None:
        """Add entries, save the case and say what they did; refuse those that cannot be."""
        self._kept = self._played
        content = dict(self._content)
        for section, new in more.items():
            old = content.get(section, type(new)())
            content[section] = old + new if isinstance(new, list) else old | new
        try:
            after = self._forecast(content)
        except InputError as error:
            problem = error.problems[0]
            self._tell(f"  not kept: {problem.problem} ({problem.found})")
            return None
        if "events" in self._content:
            before = self._forecast(self._content)
            self._tell(f"  the forecast moves from {_percent(before)} to {_percent(after)}")
        self._content = content
        if self._at_the_end:
            self._save()
        return after

    def _save(self, *, finished: bool = False) -> bool:
        """Write the case; while someone is on the way back, not with less than is there."""
        size = sum(len(self._content.get(section, ())) for section in ("events", "evidence"))
        if size < self._size and not finished:
            return False
        self._size = size
        write_text(self._path, _schema_line(self._path) + _as_yaml(self._content))
        return True

    def _forecast(self, content: dict) -> float:
        text = _as_yaml(content)
        if text not in self._forecasts:
            network = Network(read(text, str(self._path)))
            self._forecasts[text] = network.posterior()[self._outcome_name]
        return self._forecasts[text]


class _Back(Exception):
    """The question before is to be asked again."""


def chosen(text: str, choices: Mapping[str, str]) -> str:
    """Find which choice an answer means: by its name, its words, their beginning or a part of them.

    Parameters
    ----------
    text : str
    choices : dict of name to words

    Raises
    ------
    ValueError
        If it means none of them, or more than one.

    Examples
    --------
    >>> chosen("Usually", RELIABILITY), chosen("cannot be judged", RELIABILITY)
    ('B', 'F')
    >>> chosen("reliable", RELIABILITY), chosen("a", RELIABILITY)
    ('A', 'A')
    """
    said = _plain(text)
    forms = {
        name: [_plain(form) for form in (name, words, f"{name} {words}") if form]
        for name, words in choices.items()
    }
    fitting = [lambda form: form == said]
    # The beginning of a number is another number, and a yes or a no begins no words.
    if said[:1].isalpha() and said not in ("yes", "no"):
        fitting += [lambda form: form.startswith(said), lambda form: f" {said} " in f" {form} "]
    for fits in fitting:
        found = [name for name, own in forms.items() if any(fits(form) for form in own)]
        if len(found) == 1:
            return found[0]
    if found:
        raise ValueError(f"that could be {' or '.join(found)}")
    *most, last = choices
    beside = ", or the words beside them" if any(choices.values()) else ""
    raise ValueError(f"the answers are {', '.join(most)} and {last}{beside}")


def _plain(text: str) -> str:
    """Leave out capitals, and signs other than a decimal point."""
    return re.sub(r"[^\w.]+", " ", text.casefold()).strip(" .")


def _whole_words(words: list[str], most: int, joint: str) -> str:
    """Join as many words as fit, the last one not a small one; a word is cut only if it is alone.

    Examples
    --------
    >>> _whole_words("Rivers of the north rise".split(), 16, " ")
    'Rivers'
    """
    while len(words) > 1 and (len(joint.join(words)) > most or words[-1].lower() in SMALL):
        words = words[:-1]
    return joint.join(words)[:most]


def _ends(text: str) -> list[float]:
    """Read 20 or 5-30 (also: 5 to 30, 5% - 30%)."""
    match = re.fullmatch(r"(\d+(?:\.\d+)?)\s*%?(?:\s*(?:-|–|to)\s*(\d+(?:\.\d+)?)\s*%?)?", text)
    if not match:
        raise ValueError("a number, or from-to, such as 5-30")
    ends = [float(end) for end in match.groups() if end is not None]
    if ends != sorted(ends):
        raise ValueError("the smaller number comes first")
    return sorted(set(ends))


def _stated(ends: list):
    """State a number, or a range, as a case file does."""
    return ends[0] if len(ends) == 1 else {"low": ends[0], "high": ends[1]}


def _as_percent(ends: list[float]) -> str:
    return f"{'-'.join(f'{end:.12f}'.rstrip('0').rstrip('.') for end in ends)}%"


def _within_a_year(share) -> dict:
    return {**(share if isinstance(share, dict) else {"best": share}), "within": "12 months"}


def _percent(p: float) -> str:
    """Write a probability with its word; the scale has none for the ends, and says so."""
    word = icd_203(p).word
    return f"{p:.1%}" if "scale" in word else f"{p:.1%} ({word})"


def _year_after(day: date) -> date:
    """Find the same day a year on; 29 February has no anniversary in most years."""
    leap_day = (day.month, day.day) == (2, 29)
    return day.replace(year=day.year + 1, day=28 if leap_day else day.day)


def _refuse(path: Path, name: str) -> None:
    if not ID.fullmatch(name):
        accepted = "a letter, then letters, digits, _ or -, at most 64 in all"
        raise refusal("not a name for a case", "new", None, "NAME", name, accepted)
    if path.exists():
        hint = "choose another name"
        raise refusal("is there already; nothing was changed", str(path), hint=hint)


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
