"""The text of a BIF file goes in, the variables of its network come out; and the other way round.

BIF is the interchange format in which networks are published. Read here is its version 0.15 as it
is written today: commas and bars count as spaces, names may stand between quotes, comments are
those of C, and properties are skipped.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterable, Iterator
from itertools import product
from pathlib import Path
from typing import NamedTuple

from forecasting.errors import InputError, echo, nearest, refusal, visible
from forecasting.exchange.variables import Limits, Variable
from forecasting.file.document import decode, read_bytes
from forecasting.lexicon import counted

TOKEN = re.compile(
    r"""(?P<skipped> [\s,|]+ | //[^\n]* | /\*.*?\*/ )
      | " (?P<quoted> [^"]* ) "
      | (?P<mark> [{}()\[\];] )
      | (?P<word> (?: (?!//|/\*) [^\s,|{}()\[\];"] )+ )
      | (?P<wrong> . )""",
    re.VERBOSE | re.DOTALL,
)

# A comment that gives the title of a variable; a property would be refused by pyAgrum.
TITLES = re.compile(r"^// title of (\w+): (.*\S)", re.MULTILINE)

BLOCKS = "network, variable or probability"

# How files begin that people take for BIF: what each is, and what to do with it.
SAVE = "open it in the program that wrote it, and save the network as BIF"
OTHERS = (
    (rb"\x1f\x8b", "a file compressed by gzip", "unpack it first: gunzip -k {}"),
    (rb"PK\x03\x04", "a zip archive", "unpack it first: unzip {}"),
    (rb"(<\?[^>]*>\s*)?(<!--.*?-->\s*)?<smile\b", "a network of GeNIe (XDSL)", "name it {}.xdsl"),
    (rb"<", "XML", SAVE),
    (rb"[{\[]", "JSON", SAVE),
    (rb"net\b", "a network of Hugin (NET)", SAVE),
    (rb"(#[^\n]*\n\s*)*(case|title|events):", "a case already", "forecasting check {}"),
    (rb"[^\0]*\0", "not text", SAVE),
)


def read_file(path: str | Path) -> tuple[Variable, ...]:
    """Read the variables of a network in a file, as :func:`read` does.

    Raises
    ------
    InputError
        If the file is not BIF; it says what it is instead, where its beginning tells.
    """
    data, file = read_bytes(path), str(path)
    begins = data.removeprefix(codecs.BOM_UTF8).lstrip()
    if not begins:
        raise refusal("the file is empty", file, accepted="a network in BIF")
    for pattern, what, hint in OTHERS:
        if re.match(pattern, begins, re.DOTALL):
            raise refusal(f"this is {what}, and no BIF", file, hint=hint.format(file))
    return read(decode(data, file), file)


def read(text: str, file: str) -> tuple[Variable, ...]:
    """Read the variables of a network, in the order in which they are declared.

    Parameters
    ----------
    text : str
    file : str
        Name to show in messages.

    Raises
    ------
    InputError
        If the text is not BIF, or a table does not fit its variables; it names the first mistake.

    References
    ----------
    Cozman (1998), The Interchange Format for Bayesian Networks, version 0.15.

    Examples
    --------
    >>> rain = "variable rain { type discrete [2] { heavy, none }; }"
    >>> read(rain + " probability (rain) { table 0.25, 0.75; }", "rain.bif")
    (Variable(name='rain', states=('heavy', 'none'), parents=(), rows={(): (0.25, 0.75)}),)
    """
    return _Reader(text, file).variables()


def write(variables: Iterable[Variable], name: str, notes: Iterable[str] = ()) -> str:
    """Write variables as BIF: their numbers to the last bit, titles and notes as comments.

    Parameters
    ----------
    variables : iterable of Variable
        Their names and states are those of a programming language: letters, digits, ``_``.
    name : str
        Of the network.
    notes : iterable of str

    Examples
    --------
    >>> rain = Variable("rain", ("heavy", "none"), (), {(): (0.25, 0.75)})
    >>> print(write([rain], "weather"))
    network weather {
    }
    variable rain {
      type discrete [ 2 ] { heavy, none };
    }
    probability ( rain ) {
      table 0.25, 0.75;
    }
    <BLANKLINE>
    """
    variables = list(variables)
    lines = [f"// {' '.join(note.split())}" for note in notes] + [f"network {name} {{", "}"]
    for one in variables:
        if one.title:
            lines.append(f"// title of {one.name}: {' '.join(one.title.split())}")
        states = f"[ {len(one.states)} ] {{ {', '.join(one.states)} }}"
        lines += [f"variable {one.name} {{", f"  type discrete {states};", "}"]
    for one in variables:
        above = f" | {', '.join(one.parents)}" if one.parents else ""
        lines.append(f"probability ( {one.name}{above} ) {{")
        for words, row in one.rows.items():
            begins = f"({', '.join(words)})" if words else "table"
            lines.append(f"  {begins} {', '.join(map(repr, row))};")
        lines.append("}")
    return "\n".join(lines) + "\n"


class _Token(NamedTuple):
    kind: str  # word, quoted, mark or end
    text: str
    line: int


class _Block(NamedTuple):
    """What stands in a probability block."""

    line: int
    parents: tuple[str, ...]
    rows: list[tuple[_Token, list[str], list[_Token]]]  # how it begins, its words, its numbers


class _Reader:
    """One walk through the text; its place is what a message needs."""

    def __init__(self, text: str, file: str) -> None:
        self._file, self._tokens = file, _tokens(text, file)
        self._states: dict[str, tuple[str, ...]] = {}
        self._lines: dict[str, int] = {}
        self._titles = {name: visible(title) for name, title in TITLES.findall(text)}
        self._blocks: dict[str, _Block] = {}
        self._limits = Limits(self._wrong)
        self._next()

    def variables(self) -> tuple[Variable, ...]:
        while self._token.kind != "end":
            self._block()
        if not self._states:
            raise self._wrong("no variable is declared", accepted="variable NAME { type ... }")
        for name, block in self._blocks.items():
            if name not in self._states:
                raise self._unknown("a table of a variable that is not declared", name, block.line)
        return tuple(self._variable(name) for name in self._states)

    # Walking.

    def _next(self) -> _Token:
        """Take the token that is due, and step to the one behind it."""
        taken = getattr(self, "_token", None)
        self._token = next(self._tokens)
        return taken

    def _wrong(self, problem, found=None, accepted=None, hint=None, line=None) -> InputError:
        at = self._token.line if line is None else line
        return refusal(problem, self._file, at, "", found, accepted, hint)

    def _unknown(self, problem: str, name: str, line: int) -> InputError:
        return self._wrong(problem, name, hint=nearest(name, self._states), line=line)

    def _unexpected(self, accepted: str, opened: int | None = None) -> InputError:
        """Refuse what stands here; inside a block, say where that begins."""
        ends = self._token.kind == "end"
        found = "the end of the file" if ends else self._token.text
        if opened is None:
            return self._wrong("not what BIF has here", found, accepted)
        problem = "the file ends inside a block" if ends else "not what BIF has in such a block"
        hint = f"close the bracket opened on line {opened}" if ends or found == "{" else None
        if found in ("variable", "probability", "network"):
            problem, hint = "a block begins inside another", f"close the one of line {opened}"
        return self._wrong(problem, found, accepted, hint)

    def _is(self, mark: str) -> bool:
        return self._token.kind == "mark" and self._token.text == mark

    def _mark(self, mark: str, opened: int | None = None) -> int:
        """Step over a mark that is due; give its line."""
        if not self._is(mark):
            raise self._unexpected(mark, opened)
        return self._next().line

    def _keyword(self) -> str:
        """Give the word that stands here, unless it is quoted."""
        return self._token.text if self._token.kind == "word" else ""

    def _name(self) -> _Token:
        if self._token.kind not in ("word", "quoted"):
            raise self._unexpected("a name")
        return self._next()

    def _until(self, mark: str, opened: int) -> list[_Token]:
        """Take names or numbers up to a mark, and step over it."""
        taken = []
        while self._token.kind in ("word", "quoted"):
            taken.append(self._next())
        self._mark(mark, opened)
        return taken

    # The blocks.

    def _block(self) -> None:
        what = self._keyword()
        if what == "variable":
            self._declare()
        elif what == "probability":
            self._tabulate()
        elif what == "network":
            self._next()
            while self._token.kind in ("word", "quoted"):
                self._next()
            opened = self._mark("{")
            while not self._is("}"):
                self._property(opened)
            self._next()
        else:
            raise self._wrong("not a block of a BIF file", self._token.text, BLOCKS)

    def _property(self, opened: int, accepted: str = "property or }") -> None:
        """Skip a property."""
        if self._keyword() != "property":
            raise self._unexpected(accepted, opened)
        while not self._is(";"):
            if self._token.kind == "end" or self._is("{") or self._is("}"):
                raise self._unexpected(";", opened)
            self._next()
        self._next()

    def _declare(self) -> None:
        self._next()
        name = self._name()
        if name.text in self._states:
            raise self._wrong("this variable is declared twice", name.text, line=name.line)
        opened, states = self._mark("{"), None
        while not self._is("}"):
            if self._keyword() == "type" and states is None:
                states = self._type(name)
            else:
                self._property(opened, "one type, properties or }")
        self._next()
        if states is None:
            accepted = "type discrete [ 2 ] { one, two };"
            raise self._wrong("a variable without a type", name.text, accepted, line=name.line)
        self._states[name.text], self._lines[name.text] = states, name.line
        self._limits.variables(self._states, name.line)

    def _type(self, name: _Token) -> tuple[str, ...]:
        line = self._next().line
        if (kind := self._name().text) != "discrete":
            raise self._wrong("not a discrete variable", kind, "type discrete", line=line)
        count = " ".join(token.text for token in self._until("]", self._mark("[")))
        states = tuple(token.text for token in self._until("}", self._mark("{")))
        self._mark(";", line)
        self._limits.states(name.text, states, line)
        if count != str(len(states)):
            found = f"[ {count} ], and {len(states)} names"
            hint = "put a name of several words between quotes"
            raise self._wrong("the states are not as many as is said", found, None, hint, line)
        return states

    def _tabulate(self) -> None:
        line = self._next().line
        about = [token.text for token in self._until(")", self._mark("("))]
        if not about:
            raise self._wrong("a table of no variable", accepted="( NAME | PARENT, ... )")
        if about[0] in self._blocks:
            first = f"each variable once (the first is on line {self._blocks[about[0]].line})"
            raise self._wrong("this variable has two tables", about[0], first, line=line)
        opened, rows = self._mark("{"), []
        while not self._is("}"):
            if self._keyword() in ("table", "default") or self._is("("):
                begins, words = self._next(), []
                if begins.kind == "mark":
                    words = [token.text for token in self._until(")", begins.line)]
                rows.append((begins, words, self._until(";", opened)))
            else:
                self._property(opened, "table, default, a row such as (a, b) 0.1, 0.9; or }")
        self._next()
        self._blocks[about[0]] = _Block(line, tuple(about[1:]), rows)

    # Tables.

    def _variable(self, name: str) -> Variable:
        states = self._states[name]
        if name not in self._blocks:
            accepted = f"probability ( {echo(name)} ) {{ ... }}"
            raise self._wrong("a variable without a table", name, accepted, line=self._lines[name])
        block, line = self._blocks[name], self._blocks[name].line
        self._limits.parents(name, block.parents, self._states, line)
        rows = self._rows(name, block, list(product(*(self._states[p] for p in block.parents))))
        return Variable(name, states, block.parents, rows, self._titles.get(name, ""))

    def _rows(self, name: str, block: _Block, due: list[tuple[str, ...]]):
        """Put the rows of a table in order, and check that all are there."""
        wide = len(self._states[name])
        rows: dict[tuple[str, ...], tuple[float, ...]] = {}
        others = None
        for begins, words, tokens in block.rows:
            if begins.text == "table":
                # The first variable is the slowest: all rows of its first state, then its second.
                cells = self._numbers(begins, tokens, len(due) * wide)
                found = {row: cells[at :: len(due)] for at, row in enumerate(due)}
            elif begins.text == "default":
                others = self._limits.summed(self._numbers(begins, tokens, wide), begins.line)
                found = {}
            else:
                row = self._words(begins, words, block.parents)
                found = {row: self._numbers(begins, tokens, wide)}
            for row, cells in found.items():
                if row in rows:
                    what = f"({', '.join(row)})" if row else "table"
                    raise self._wrong("a row is written twice", what, line=begins.line)
                rows[row] = self._limits.summed(cells, begins.line)
        missing = [row for row in due if row not in rows]
        if missing and others is None:
            found = f"{len(rows)} of {counted(len(due), 'row')}"
            accepted = "also " + "; ".join(f"({', '.join(row)})" for row in missing[:8])
            accepted = accepted if block.parents else "table, with a number for each state"
            raise self._wrong(f"{echo(name)} lacks rows", found, accepted, line=block.line)
        return {row: rows.get(row, others) for row in due}

    def _words(self, begins: _Token, words: list[str], parents) -> tuple[str, ...]:
        """Check that a row names a state of each parent."""
        if len(words) != len(parents):
            accepted = f"one state of each of {', '.join(parents) or 'no parents'}"
            found = f"({', '.join(words)})"
            raise self._wrong("not a row of this table", found, accepted, line=begins.line)
        for word, parent in zip(words, parents, strict=True):
            if word not in self._states[parent]:
                problem = f"{echo(parent)} has no such state"
                accepted = ", ".join(self._states[parent])
                hint = nearest(word, self._states[parent])
                raise self._wrong(problem, word, accepted, hint, begins.line)
        return tuple(words)

    def _numbers(self, begins: _Token, tokens: list[_Token], due: int) -> tuple[float, ...]:
        texts = [(token.text, token.line) for token in tokens]
        return self._limits.numbers(texts, due, begins.line)


def _tokens(text: str, file: str) -> Iterator[_Token]:
    """Take a text apart; behind the last token stand ends, as many as are asked for."""
    line = 1
    for match in TOKEN.finditer(text):
        kind, found = match.lastgroup, match[match.lastgroup]
        if kind == "wrong":
            what = "a quote" if found == '"' else "a comment"
            raise refusal(f"{what} is not closed", file, line, "", found)
        if kind != "skipped":
            yield _Token(kind, found, line)
        line += match[0].count("\n")
    while True:
        yield _Token("end", "", line)
