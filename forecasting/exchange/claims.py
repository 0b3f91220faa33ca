"""Claims read out of texts go in; the text of a case with them as drafts comes out.

Somebody, or a program, has read a text and says what it claims, in which words and where. Each
claim becomes a fact that waits (``draft: yes``) and counts for nothing until a person has given its
likelihoods and the grades of its reports. Its quote is looked up in the text; one that is not there
is marked. Two sources with one quote are two reports of one fact.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from forecasting.errors import echo, refusal
from forecasting.exchange.questions import Values, load_json
from forecasting.exchange.variables import Imported
from forecasting.file import case, document, edits
from forecasting.file.naming import name_of
from forecasting.file.values import ID
from forecasting.lexicon import counted

MAX_CLAIMS = 500
DIRECTIONS = {"for": "speaks for it", "against": "speaks against it"}
KEYS = ("claim", "quote", "event", "direction", "date", "source", "text", "place")
NOT_THERE = "NOT IN THE TEXT"


def is_claims(path: str | Path) -> bool:
    """Tell whether a file holds claims."""
    found = load_json(path) if Path(path).suffix.lower() == ".json" else None
    return isinstance(found, Mapping) and "claims" in found


def with_drafts(text: str, path: str | Path, file: str = "case") -> Imported:
    """Write the claims of a file into the text of a case, each as a draft; note what to look at.

    Parameters
    ----------
    text : str
        Of the case.
    path : str or pathlib.Path
        Of the claims: JSON with ``claims``, a list of ``claim``, ``quote``, ``event`` (or a state
        or cut of one), ``direction`` (``for`` or ``against``), and perhaps ``date``, ``source``,
        ``text`` (a file in the folder of the claims) and ``place`` (the number of the quote's first
        character in it, from 0). What stands beside ``claims`` holds for all of them.
    file : str
        Name of the case, for messages.

    Raises
    ------
    InputError
        If the claims cannot be read, a text lies outside their folder, or there is no such event.
    """
    known, found = case.read(text, file), load_json(path)
    listed = found.get("claims") if isinstance(found, Mapping) else None
    if not isinstance(listed, list) or not 0 < len(listed) <= MAX_CLAIMS:
        accepted = f'{{"claims": [...]}}, with 1 to {MAX_CLAIMS} of them'
        raise refusal("not a file of claims", str(path), accepted=accepted)
    drafts = _Drafts(known, Path(path))
    for at, one in enumerate(listed, 1):
        if not isinstance(one, Mapping):
            raise refusal("not a claim", str(path), None, f"claim {at}", echo(repr(one)))
        drafts.add({**{key: found[key] for key in KEYS if key in found}, **one}, f"claim {at}")
    made = drafts.edits()
    text = edits.apply(text, made, file=file).text if made else text
    return Imported(text, tuple(drafts.notes))


class _Drafts:
    """Gathers facts that wait, one for each quote."""

    def __init__(self, known: case.Case, path: Path) -> None:
        self.known, self.path, self.notes = known, path, []
        self.texts: dict[str, str] = {}
        self.made: dict[str, case.Source] = {}
        self.facts: dict[str, dict] = {}
        self.put: dict[str, list] = {}
        self.by_quote: dict[str, str] = {}

    def add(self, one: Mapping, place: str) -> None:
        held = Values(str(self.path), place)
        if strangers := [key for key in one if key not in KEYS]:
            raise held.wrong(strangers[0], "no key of a claim", strangers[0], ", ".join(KEYS))
        claim, quote, event = (
            held.text(one, key, needed=True) for key in ("claim", "quote", "event")
        )
        direction = held.text(one, "direction", needed=True)
        if direction not in DIRECTIONS:
            raise held.wrong("direction", "no direction", direction, " or ".join(DIRECTIONS))
        day, source = held.day(one, "date"), held.text(one, "source")
        attached = held.text(one, "text")
        where = self._found(held, quote, attached, one.get("place"))
        if where == NOT_THERE:
            self.notes.append(
                f"{place}: its quote is not in {attached or 'any text'}: {echo(quote)}"
            )
        source = self._source(source or attached or "unknown")
        report = {"source": source, "date": day and str(day)}
        fact = self.by_quote.get(quote) or self._told_already(quote)
        if fact is None:
            why = f"“{quote}” ({attached or 'no text'}, {where}); {DIRECTIONS[direction]}"
            name = name_of(
                claim, "fact",
                {*self.facts, *self.known.events, *self.known.evidence, *self.known.drafts},
            )  # fmt: skip
            self.by_quote[quote] = name
            self.facts[name] = {
                "claim": claim, "draft": True, "date": day and str(day), "bears_on": event,
                "reports": [report], "why": why,
            }  # fmt: skip
        else:
            self._second(fact, report, place)

    def _second(self, fact: str, report: dict, place: str) -> None:
        """Offer what has a quote of a fact as another report of it."""
        if fact in self.known.evidence:
            self.notes.append(
                f"{place}: its quote is that of evidence.{fact}, which counts: if "
                f"{report['source']} says so by itself, add it there as a report, with a grade"
            )
            return
        own = self.known.drafts.get(fact)
        before = self.facts[fact]["reports"] if own is None else self.put.get(fact)
        if before is None:
            before = [{"source": x.source, "date": x.date and str(x.date)} for x in own.reports]
        if report["source"] in (one["source"] for one in before):
            self.notes.append(f"{place}: {report['source']} is quoted with this already: left out")
            return
        self.notes.append(f"{place}: its quote is that of {fact}: a second report, no second fact")
        before.append(report)
        if own is not None:
            self.put[fact] = before

    def _told_already(self, quote: str) -> str | None:
        facts = {**self.known.evidence, **self.known.drafts}
        said = (name for name, fact in facts.items() if f"“{quote}”" in (fact.why or ""))
        return next(said, None)

    def _source(self, title: str) -> str:
        """Find the source of a name or a title, or make it."""
        known = {**self.known.sources, **self.made}
        for name, one in known.items():
            if title in (name, one.title):
                return name
        name = title if ID.fullmatch(title) else name_of(title, "source", known)
        self.made[name] = case.Source(title=title)
        return name

    def _found(self, held: Values, quote: str, attached: str, place) -> str:
        """Look a quote up in its text: where it stands, or that it does not."""
        number = isinstance(place, int) and not isinstance(place, bool)
        if place is not None and not (number and 0 <= place <= document.MAX_BYTES):
            accepted = f"0 to {document.MAX_BYTES:,}"
            raise held.wrong("place", "not the number of a character", place, accepted)
        if not attached:
            return NOT_THERE
        if attached not in self.texts:
            self.texts[attached] = self._read(held, attached)
        text = self.texts[attached]
        # The quote word for word; lines may break elsewhere.
        same = re.compile(r"\s+".join(map(re.escape, quote.split())))
        found = place is not None and same.match(text, place)
        found = found or same.search(text)
        if not found:
            return NOT_THERE
        if place not in (None, found.start()):
            self.notes.append(
                f"{held.place}: its quote begins at character {found.start()}, and not at {place}"
            )
        return f"line {text.count(chr(10), 0, found.start()) + 1}"

    def _read(self, held: Values, attached: str) -> str:
        folder = self.path.resolve().parent
        try:
            inside = (folder / attached).resolve()
            good = not Path(attached).is_absolute() and inside.is_relative_to(folder)
            good = good and inside.is_file()
        except (OSError, ValueError, RuntimeError):  # a null byte, a circle of links, a long name
            good = False
        if not good:
            accepted = "a text file in the folder of the claims, or below it"
            raise held.wrong("text", "no text that may be read", attached, accepted)
        return document.decode(document.read_bytes(inside), attached)

    def edits(self) -> list[dict]:
        """List the edits of the case."""
        adds = [("sources", name, {"title": one.title}) for name, one in self.made.items()]
        adds += [("evidence", *fact) for fact in self.facts.items()]
        made = [{"add": section, "name": name, "entry": one} for section, name, one in adds]
        for name, reports in self.put.items():
            made.append({"put": ["evidence", name, "reports"], "value": reports})
        if self.facts:
            drafts = counted(len(self.facts), "draft")
            self.notes.append(f"{drafts} added, counting for nothing: forecasting check names them")
        return made
