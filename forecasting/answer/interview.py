"""Answers to plain questions go in; a case file, and what each answer did to it, come out."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from datetime import date
from functools import partial
from pathlib import Path
from typing import NamedTuple

from forecasting.answer.conversation import Conversation
from forecasting.answer.template import TEMPLATE
from forecasting.engine.network import Network
from forecasting.errors import InputError, refusal
from forecasting.file import edits
from forecasting.file.case import read, write_text
from forecasting.file.models import YEAR
from forecasting.file.naming import name_of
from forecasting.file.propositions import every, title_of
from forecasting.file.shipped import NEAR
from forecasting.file.states import RESERVED
from forecasting.file.values import ID, parse_day
from forecasting.judgement import months_later
from forecasting.lexicon import CREDIBILITY, RELIABILITY, icd_203

# What people answer where they are told to say "myself".
MYSELF = frozenset({"myself", "me", "i", "we", "ourselves"})

# What may be answered where there is nothing to say yet, or no more.
LATER, ENOUGH = "later", "enough"

# The smallest move that shows in the numbers that are told.
SEEN = 0.0005


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

WHICH, HOW_MUCH = "4", "5"

SORTS = {sort: kind.when for sort, kind in KINDS.items()} | {
    WHICH: "which of these: one of several answers",
    HOW_MUCH: "how much: an amount",
}

SCHEMA = "case.schema.json"


def case_file(name: str | Path) -> Path:
    """Find the file of a case by its name, or say where a new one belongs.

    Parameters
    ----------
    name : str or path
        A path that ends in ``.yaml``, or a name: looked for here, then in ``priors`` here and one
        folder up. Where it is nowhere, it belongs in the first such folder, else here.

    Examples
    --------
    >>> str(case_file("first_case"))
    'priors/first_case.yaml'
    """
    if str(name).endswith((".yaml", ".yml")):
        return Path(name)
    places = [Path(folder, f"{name}.yaml") for folder in NEAR]
    return next((place for place in places if place.is_file()), new_file(str(name)))


def new_file(name: str) -> Path:
    """Say where a new case of a name belongs: in ``priors`` here or one folder up, else here."""
    folders = (folder for folder in (Path("priors"), Path("../priors")) if folder.is_dir())
    return next(folders, Path()) / f"{name}.yaml"


def beginning(path: Path, *, today: date | None = None) -> str:
    """Write what stands at the beginning of a new case: its name, and a year from today.

    Raises
    ------
    InputError
        If the name of the file is not one that a case can have, or its folder is not there.
    """
    if not path.parent.is_dir():
        raise refusal("there is no such folder", str(path.parent), hint="make it first")
    _refuse(path, path.stem, str(path))
    start = today or date.today()
    days = f"as_of: {start}\nresolve_by: {months_later(start, YEAR)}\n"
    return f"{_schema_line(path)}case: {path.stem}\n{days}"


def write_template(path: Path, name: str, *, today: date | None = None) -> None:
    """Write a commented case to fill in.

    Raises
    ------
    InputError
        If the name is not a name, or the file is there already.
    """
    _refuse(path, name)
    as_of = today or date.today()
    text = TEMPLATE.format(path=path, name=name, as_of=as_of, by=months_later(as_of, YEAR))
    write_text(path, _schema_line(path) + text)


class Told(NamedTuple):
    """The case so far."""

    text: str
    names: tuple[str, ...] = ()  # of what was added last
    network: Network | None = None  # none before the first question
    shares: Mapping[str, float] = {}  # of each event, state and cut


class Interview:
    """A conversation that writes a case, saved after every entry.

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
        self._talk = Conversation(ask, say, self._listed)
        self._today = today or date.today()
        self._path = Path()
        self._now = Told("")
        self._known: dict[tuple, Told] = {}  # what edits make of a text
        self._size = 0  # entries of the file

    def start(self, path: Path, name: str, *, first_only: bool = False) -> bool:
        """Ask from the question to the last fact; stopping early keeps what was entered.

        Parameters
        ----------
        path : path
        name : str
        first_only : bool
            Ask for the first question and its number, and leave the rest to the desk.

        Returns
        -------
        bool
            Whether a case was written.

        Raises
        ------
        InputError
            If the name is not a name, or the file is there already.
        """
        _refuse(path, name)
        self._path = path
        self._talk.say(
            "Type back to go to the question before, list to see what is in the case so far;\n"
            "Ctrl-C stops and keeps what is complete."
        )

        def talk():
            self._now = Told(_schema_line(path) + edits.as_text({"case": name}))
            first = self._outcome()
            if not first_only:
                self._converse(first)

        self._talk.hold(talk)
        return self._close(then="run" if not first_only else "desk")

    def _converse(self, first: str) -> None:
        self._rule(first)
        while self._talk.yes("Is there another question?"):
            self._rule(self._outcome())
        driver = "Is there {} condition that makes it more or less likely (a driver)?"
        fact = "Have you seen or heard {} that bears on it (a fact)?"
        for question, more, other, ask in (
            (driver, "a", "another", self._driver),
            (fact, "something", "something else", self._fact),
        ):
            while self._talk.yes(question.format(more)):
                ask()
                more = other

    def _close(self, then: str) -> bool:
        say, lost = self._talk.say, self._talk.lost
        kept = self._now.network is not None and self._save(finished=not self._talk.stopped)
        if not kept and self._path.exists():
            say(f"{self._path} stays as it was before you went back")
            return True
        if lost:
            say(f"lost, as not all of its questions were answered: {'; '.join(lost)}")
        if kept:
            say(f"written: {self._path}\nnext: forecasting {then} {self._path}")
        else:
            say("nothing is written: a case needs the answers up to its first number")
        return bool(kept)

    def _outcome(self) -> str:
        """Ask for a question, its date and its number; give its name."""
        talk, case = self._talk, self._case
        question = talk.text("What do you want to know? One question, such as: Will the dam hold?")
        title = talk.label(question)
        sort = talk.choose("When is the answer yes, or what is answered?", SORTS)
        top = {}
        if case is None:
            top = {"title": title, "as_of": talk.day("Day of the forecast", self._today)}
        first = parse_day(top["as_of"]).last if top else case.as_of.last
        offered = case.resolve_by.last if case else months_later(first, YEAR)
        by = talk.day("By when will it be settled?", offered, after=first)
        own_day = {}
        if case is None:
            top["resolve_by"] = by
        elif parse_day(by).last != offered:
            own_day = {"resolve_by": by}
        kind, that_day = KINDS.get(sort), ""
        if kind:
            asked = f"of 100 such {kind.such}, in how many {kind.happens}?"
            base_rate = talk.share(f"Before anything special to this case: {asked}")
            that_day = f" {kind.that_day} that day"
            if kind.kind != "state":
                stated = base_rate if isinstance(base_rate, dict) else {"best": base_rate}
                base_rate = {**stated, "within": "12 months"}
                if parse_day(by).last != months_later(first, YEAR):
                    that_day += ": your number is for a year, and this for your dates"
            number = {"base_rate": base_rate}
        else:
            number = self._states() if sort == WHICH else self._amount()
        sorted_as = {"kind": kind.kind} if kind else {}
        words = {"title": title, "question": question}
        entry = {"role": "outcome", **sorted_as, **words, **own_day, **number}
        tops = [{"put": [key], "value": value} for key, value in top.items()]
        self._keep(*tops, {"add": "events", "words": question, "entry": entry}, due=True)
        name = self._now.names[-1]
        for one in self._asked(name):
            start = _percent(self._now.shares[one])
            talk.tell(f"  “{title_of(self._case, one)}” starts at {start}{that_day}")
        return name

    def _states(self) -> dict:
        """Ask for the answers of which one holds, and their shares; the last takes the rest."""
        labels = [self._talk.text("Which answers are there? The first, in a few words")]
        while len(labels) < 2 or labels[-1].casefold() != ENOUGH:
            question = "And which else? Last of all the one of which you know least"
            labels.append(self._talk.text(question, default=ENOUGH if labels[1:] else None))
        states: dict[str, str] = {}
        for label in labels[:-1]:
            states[name_of(label, "answer", {*RESERVED, *states})] = label
        *most, last = states
        asked = "Of 100 such cases, in how many is it “{}”?"
        shares = {name: self._talk.share(asked.format(states[name])) for name in most}
        return {"states": states, "base_rate": shares | {last: "rest"}}

    def _amount(self) -> dict:
        """Ask for three amounts, and for a part of all amounts to speak of."""
        talk = self._talk
        unit = talk.text("In what is it counted? Such as: tonnes")
        low = talk.amount("In 5 of 100 such cases it is below")
        best = talk.amount("In half of such cases it is below", above=low)
        high = talk.amount("In 5 of 100 such cases it is above", above=best)
        cut = talk.line("Which part of the amounts matters most? Such as: at least 400")
        called = name_of(talk.text("A word for it, such as: rich"), "part", RESERVED)
        rate = {"low": low, "best": best, "high": high}
        return {"quantity": {"unit": unit}, "base_rate": rate, "cuts": {called: cut}}

    def _rule(self, name: str) -> None:
        """Ask how a question is settled; it may be left for later."""
        rule = self._talk.text("By what rule could a stranger tell the answer?", default=LATER)
        if rule.casefold() == LATER:
            return
        resolution = {"criterion": rule}
        source = self._talk.text("Who settles it: whose word counts?", default=LATER)
        if source.casefold() != LATER:
            resolution["source"] = source
        self._keep({"put": ["events", name, "resolution"], "value": resolution})

    def _driver(self) -> None:
        talk = self._talk
        words = talk.text("Which condition? A few words, such as: a winter of high water")
        title = talk.label(words)
        base_rate = talk.share("Of 100 such cases, in how many does this condition hold?")
        now = talk.share("And in this case: out of 100, how sure are you that it holds now?")
        event = {"role": "driver", "kind": "state", "title": title}
        event |= {"question": words} if title != words else {}
        event |= {"base_rate": base_rate, "now": now}
        links = []
        for one, of in self._chosen("Which of these does it make more or less likely?"):
            asked = f"of 100 such cases, in how many is the answer{of} yes?"
            pair = {
                "if_yes": talk.share(f"Where this condition holds: {asked}"),
                "if_no": talk.share(f"Where it does not hold: {asked}"),
            }
            links.append({"add": "links", "entry": {"from": "$1", "to": one, **pair}})
        self._keep({"add": "events", "words": words, "entry": event}, *links)

    def _fact(self) -> None:
        talk, case = self._talk, self._case
        claim = talk.text("What was seen? One sentence")
        as_of = case.as_of.last
        day = talk.day("Since which day is it so?", as_of, last=as_of)
        bears = self._chosen("Which of these does it bear on?")
        share, pairs = partial(talk.share, closed=len(bears) == 1), {}
        asked = "of 100 such cases, in how many would you see"
        for one, of in bears:
            pairs[one] = {
                "if_yes": share(f"If the answer{of} is going to be yes: {asked} this?"),
                "if_no": share(f"If it is going to be no: {asked} it all the same?"),
            }
        fact = {"claim": claim, "date": day}
        if len(pairs) == 1:
            fact |= {"bears_on": one, **pairs[one]}
        else:
            common = talk.share("Of 100 such cases, in how many would you see this at all?")
            fact |= {"bears_on": pairs, "chance": common}
        source = talk.text('Who reported it? A name, or "myself" if you saw it yourself')
        new = []
        if source.casefold() in MYSELF:
            fact["status"] = "confirmed"
        else:
            titles = {entry.title.casefold(): name for name, entry in case.sources.items()}
            name = titles.get(source.casefold())
            # A source has one letter in a case: it is asked for once.
            letter = case.letter(name) or talk.choose("How reliable is this source?", RELIABILITY)
            digit = talk.choose("How credible is what it says?", CREDIBILITY)
            if name is None:
                new = [{"add": "sources", "words": source, "entry": {"title": source}}]
            fact["reports"] = [{"source": name or "$1", "grade": f"{letter}{digit}"}]
        if self._keep(*new, {"add": "evidence", "words": claim, "entry": fact}):
            self._tell_weights(self._now.names[-1])

    # What is in the case so far.

    @property
    def _case(self):
        return self._now.network and self._now.network.case

    def _asked(self, event: str | None = None) -> list[str]:
        """List what is asked, of one question or of all: whether, which state, or how much."""
        found = every(self._case, "outcome").items()
        return [name for name, one in found if event in (None, one.event)]

    def _chosen(self, question: str) -> list[tuple[str, str]]:
        """Ask which of what is asked is meant; give each with words that tell it from the rest."""
        titles = {name: title_of(self._case, name) for name in self._asked()}
        chosen = self._talk.several(question, titles)
        return [
            (name, f" to “{titles[name]}”" if titles.keys() > {name} else "") for name in chosen
        ]

    def _listed(self) -> Iterator[str]:
        case = self._case
        if case is None:
            yield "Nothing is in the case so far."
            return
        shares = self._now.shares
        for role, heading in (("outcome", "Questions"), ("driver", "Conditions")):
            found = every(case, role)
            yield from [f"{heading}:"] if found else []
            for name, one in found.items():
                by = case.events[one.event].resolve_by or case.resolve_by
                day = f", by {by}" if role == "outcome" else ""
                yield f"  {title_of(case, name)}{day}: {_percent(shares[name])}"
        said = [f"  {fact.claim}" for fact in case.evidence.values()]
        yield from ["Facts:", *said] if said else []
        known = [f"  {source.title}" for source in case.sources.values()]
        yield from ["Sources:", *known] if known else []

    def _tell_moves(self, before: Mapping[str, float]) -> None:
        """Tell what is asked and was moved, most moved first, three at most."""
        after = self._now.shares
        moves = {name: abs(after[name] - before[name]) for name in self._asked() if name in before}
        for name in sorted(moves, key=moves.get, reverse=True)[:3]:
            ends = f"from {_percent(before[name])} to {_percent(after[name])}"
            if moves[name] >= SEEN:
                self._talk.tell(f"  “{title_of(self._case, name)}” moves {ends}")

    def _tell_weights(self, fact: str) -> None:
        if not self._talk.at_the_end:
            return
        weights = self._now.network.weights_alone()
        bears = self._case.evidence[fact].events
        for name in bears:
            weight = weights[fact, name]
            does = "multiplies" if weight >= 0 else "divides"
            of = f" of “{title_of(self._case, name)}”" if bears[1:] else ""
            told = f"{does} the odds{of} by {10 ** (abs(weight) / 10):.2g}"
            settles = f"settles the question{of}"
            self._talk.tell(f"  (alone, it {settles if math.isinf(weight) else told})")

    def _keep(self, *changes: Mapping, due: bool = False) -> bool:
        """Make edits in the case, save it and say what they did; what is ``due`` is asked again."""
        before, key = self._now.shares, (self._now.text, repr(changes))
        try:
            if key not in self._known:
                made = edits.apply(self._now.text, changes, file=str(self._path))
                network = Network(read(made.text, str(self._path)))
                names = tuple(name for _, name in made.made)
                self._known[key] = Told(made.text, names, network, network.posterior())
        except InputError as error:
            problem = error.problems[0]
            self._talk.tell(f"  not kept: {problem.problem} ({problem.found})")
            if due:
                self._talk.again()
            self._talk.keep()
            return False
        self._talk.keep()
        self._now = self._known[key]
        self._tell_moves(before)
        if self._talk.at_the_end:
            self._save()
        return True

    def _save(self, *, finished: bool = False) -> bool:
        """Write the case; while someone is on the way back, not with less than is there."""
        size = len(self._case.events) + len(self._case.evidence)
        if size < self._size and not finished:
            return False
        self._size = size
        write_text(self._path, self._now.text)
        return True


def _percent(p: float) -> str:
    """Write a probability with its word; the scale has none for the ends, and says so."""
    word = icd_203(p).word
    return f"{p:.1%}" if "scale" in word else f"{p:.1%} ({word})"


def _refuse(path: Path, name: str, place: str = "new: NAME") -> None:
    if not ID.fullmatch(name):
        accepted = "a letter, then letters, digits, _ or -, at most 64 in all"
        raise refusal("not a name for a case", place, None, "", name, accepted)
    if path.exists():
        hint = "choose another name"
        raise refusal("is there already; nothing was changed", str(path), hint=hint)


def _schema_line(path: Path) -> str:
    """Point editors to the schema, where one lies beside the case."""
    beside = (path.parent / SCHEMA).exists()
    return f"# yaml-language-server: $schema={SCHEMA}\n" if beside else ""
