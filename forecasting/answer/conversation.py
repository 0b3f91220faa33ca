"""Questions and what a person types go in; answers that can be used come out."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Callable, Iterable, Mapping
from datetime import date
from typing import Any, NoReturn

from forecasting.errors import UNSEEN
from forecasting.file.models import YEAR
from forecasting.file.naming import LABEL, label_of
from forecasting.file.values import MAX_TEXT, parse_day
from forecasting.judgement import months_later

# What Python makes of bytes that are no text in the terminal's encoding.
UNDECODED = re.compile("[\ud800-\udfff]")

# Columns of the narrowest terminal.
WIDTH = 80

YES_NO = "(yes or no)"

AMOUNT = re.compile(r"-?(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?")

# Signs of a cut, and the words for them.
SIGNS = {"at least": ">=", "more than": ">", "at most": "<=", "less than": "<"}


class Conversation:
    """Questions that are asked until their answers can be used, and that can be gone back to.

    It is a function of the answers so far: ``back`` drops the last of them, and the conversation is
    held again, silently, up to the question that is then open. What was dropped is offered again.

    Parameters
    ----------
    ask : callable, str to str
        Shows a prompt and gives the answer, as ``input`` does.
    say : callable, str to None
    listed : callable, () to lines
        What ``list`` shows, at any question.

    Attributes
    ----------
    stopped : bool
        The input has ended, or was interrupted.
    """

    def __init__(
        self,
        ask: Callable[[str], str],
        say: Callable[[str], None],
        listed: Callable[[], Iterable[str]],
    ) -> None:
        self._ask, self.say, self._listed = ask, say, listed
        self._answers: list[tuple[str, str]] = []  # questions, and what was typed
        self._dropped: list[tuple[str, str]] = []  # by `back`, the latest last
        self._played = self._kept = 0  # answers used in this playing, and those that are saved
        self.stopped = False

    def hold(self, talk: Callable[[], None]) -> None:
        """Ask all that ``talk`` asks; it begins anew at every step back, with nothing kept."""
        while True:
            self._played = self._kept = 0
            try:
                talk()
            except _Back:
                self._dropped.append(self._answers.pop())
                continue
            except (EOFError, KeyboardInterrupt):
                self.stopped = True
            return

    def keep(self) -> None:
        """Take note that what was answered so far is in the case."""
        self._kept = self._played

    def again(self) -> NoReturn:
        """Go back to the last question, as what was answered up to it cannot be."""
        raise EOFError if self.stopped else _Back

    @property
    def lost(self) -> list[str]:
        """List what was typed and is not in the case."""
        return [said for asked, said in self._answers[self._kept :] if YES_NO not in asked]

    @property
    def at_the_end(self) -> bool:
        """Nobody has heard yet what is said now."""
        return self._played == len(self._answers)

    def tell(self, text: str) -> None:
        """Say it, unless the conversation is being held again or is over."""
        if self.at_the_end and not self.stopped:
            self.say(text)

    def _until(self, question: str, parse: Callable[[str], Any], *, default: str | None = None):
        """Take the answer already given, or ask until there is one that can be read."""
        if not self.at_the_end:
            self._played += 1
            return parse(self._answers[self._played - 1][1])
        again = self._offer_again(question, parse)
        default = again or default
        self._put(question, default)
        while True:
            answer = self._typed(again) or default
            try:
                if answer is None:
                    raise ValueError("an answer is needed here")
                if answer.casefold() == "list":
                    self._put("\n".join(self._listed()))
                    self._put(question, default)
                    continue
                if answer.casefold() == "back":
                    if self._answers:
                        self._dropped += [(question, again)] if again else []
                        raise _Back
                    raise ValueError("this is the first question")
                if UNSEEN.search(answer) or UNDECODED.search(answer):
                    raise ValueError("it holds a sign that cannot be shown, as from an arrow key")
                result = parse(answer)
            except ValueError as error:
                self.say(f"  {error}; please once more")
                continue
            self._answers.append((question, answer))
            self._played += 1
            return result

    def _put(self, text: str, default: str | None = None) -> None:
        offer = [f"  Enter accepts: {default}"] if default else []
        for line in ["", *text.splitlines(), *offer]:
            self.tell(textwrap.fill(line, WIDTH, break_on_hyphens=False))

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
        if not self.stopped:
            try:
                return " ".join(self._ask("> ").split())
            except (EOFError, KeyboardInterrupt):
                self.tell("\nstopped")
                self.stopped = True
        if again is None:
            raise EOFError
        return again

    def text(self, question: str, *, default: str | None = None) -> str:
        """Ask for words."""

        def parse(text):
            if not any(c.isalpha() for c in text):
                raise ValueError("words are due here")
            if len(text) > MAX_TEXT:
                raise ValueError(f"it is too long: at most {MAX_TEXT:,} characters")
            return text

        return self._until(question, parse, default=default)

    def label(self, text: str) -> str:
        """Give the label of a row: the words themselves, or if they are long, what is chosen."""

        def parse(label):
            if len(label) > LABEL:
                raise ValueError(f"it has {len(label)} characters; at most {LABEL}")
            return label

        if len(text) <= LABEL:
            return text
        asked = f"A short label for it in tables, at most {LABEL} characters"
        return self._until(asked, parse, default=label_of(text))

    def day(
        self, question: str, offered: date, *, after: date | None = None, last: date | None = None
    ) -> str:
        """Ask for a date, later than one or up to one; a refusal names one that is accepted."""

        def parse(text):
            try:
                day = parse_day(text).last
                months_later(day, YEAR)  # which a case is offered next
            except ValueError:
                raise ValueError(f"not a date of the calendar. {example}") from None
            if after and day <= after:
                raise ValueError(f"it must be later than {after}. {example}")
            if last and day > last:
                raise ValueError(f"it is later than the day of the forecast, {last}. {example}")
            return text

        month = "" if last else f", or a month: {offered:%Y-%m}"
        example = f"Such as {offered}{month}"
        return self._until(question, parse, default=f"{offered}")

    def yes(self, question: str) -> bool:
        """Ask for a yes or a no."""
        return self.choose(question, {"yes": "", "no": ""}) == "yes"

    def choose(self, question: str, choices: Mapping[str, str]) -> str:
        """Ask for one of the choices, short names with their words; give its short name."""
        rows = "".join(f"\n  {name}  {words}" for name, words in choices.items())
        if not any(choices.values()):
            rows = f" ({' or '.join(choices)})"
        return self._until(f"{question}{rows}", lambda text: chosen(text, choices))

    def several(self, question: str, choices: Mapping[str, str]) -> list[str]:
        """Ask for one or more of a numbered list, names with their words; one alone is taken."""
        numbered = {str(i): words for i, words in enumerate(choices.values(), 1)}

        def parse(text):
            numbers = re.fullmatch(r"\d+(?:(?:\s*[,;]\s*|\s+(?:and\s+)?)\d+)*", text)
            said = {chosen(one, numbered) for one in re.findall(r"\d+", text)} if numbers else None
            said = said or {chosen(text, numbered)}
            return [name for i, name in enumerate(choices, 1) if str(i) in said]

        if len(choices) == 1:
            return [*choices]
        rows = "".join(f"\n  {number}  {words}" for number, words in numbered.items())
        return self._until(f"{question} (a number, or several: 1, 2){rows}", parse)

    def share(self, question: str, *, closed: bool = False):
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
            ends = meant[self.choose("Which do you mean?", dict.fromkeys(meant, ""))]
        stated = [f"{end!r}%".replace(".0%", "%") for end in ends]
        return stated[0] if len(stated) == 1 else {"low": stated[0], "high": stated[1]}

    def amount(self, question: str, *, above: float | None = None) -> float:
        """Ask for an amount, such as 1,200 or 0.5."""

        def parse(text):
            if not AMOUNT.fullmatch(text):
                raise ValueError("an amount is due here, such as 1,200 or 0.5")
            amount = float(text.replace(",", ""))
            if above is not None and amount <= above:
                raise ValueError(f"it must be above {above:,.12g}")
            return amount

        return self._until(question, parse)

    def line(self, question: str) -> str:
        """Ask for a part of the amounts, such as at least 400; give it as a case file does."""

        def parse(text):
            signs = "|".join((*SIGNS, *SIGNS.values()))
            match = re.fullmatch(rf"({signs})\s*({AMOUNT.pattern})", text.casefold())
            if not match:
                raise ValueError(f"{', '.join(SIGNS)}, then an amount: at least 400")
            return f"{SIGNS.get(match[1], match[1])} {match[2].replace(',', '')}"

        return self._until(question, parse)


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
    >>> from forecasting.lexicon import RELIABILITY
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


def _ends(text: str) -> list[float]:
    """Read 20 or 5-30 (also: 5 to 30, 5% - 30%)."""
    match = re.fullmatch(r"(\d+(?:\.\d+)?)\s*%?(?:\s*(?:-|–|to)\s*(\d+(?:\.\d+)?)\s*%?)?", text)
    if not match:
        raise ValueError("a number, or from-to, such as 5-30")
    ends = [float(end) for end in match.groups() if end is not None]
    if ends != sorted(ends):
        raise ValueError("the smaller number comes first")
    return sorted(set(ends))


def _as_percent(ends: list[float]) -> str:
    return f"{'-'.join(f'{end:.12f}'.rstrip('0').rstrip('.') for end in ends)}%"
