"""The text of a BIF file goes in, the variables of its network come out; and the other way round.

BIF is the interchange format in which networks are published. Read here is its version 0.15 as it
is written today: commas and bars count as spaces, names may stand between quotes, comments are
those of C, and of properties only titles and labels are read.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from forecasting.errors import InputError, echo, nearest, refusal
from forecasting.exchange.variables import Declared, Variable, one_line
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

# Signs that would end a property or begin a comment for some reader stand in it as in JSON.
SIGNS = re.compile(r'[";{}/\\]')
WRITTEN = re.compile(r"\\u(0022|003b|007b|007d|002f|005c)")

BLOCKS = ("network", "variable", "probability")
KNOWN = "network, variable or probability"

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
    """Write variables as BIF: their numbers to the last bit, titles and labels as properties.

    Parameters
    ----------
    variables : iterable of Variable
        Their names and states are those of a programming language: letters, digits, ``_``.
    name : str
        Of the network.
    notes : iterable of str
        Written as comments.

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
        states = f"[ {len(one.states)} ] {{ {', '.join(one.states)} }}"
        lines += [f"variable {one.name} {{", f"  type discrete {states};"]
        said = {"title": one.title} if one.title else {}
        said |= {f"label_{state}": label for state, label in one.labels.items()}
        for what, text in said.items():
            text = SIGNS.sub(lambda sign: f"\\u{ord(sign[0]):04x}", one_line(text))
            lines.append(f'  property {what} = "{text}" ;')
        lines.append("}")
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
    apart: bool  # more than spaces stands before it


class _Block(NamedTuple):
    """What stands in a probability block."""

    line: int
    parents: tuple[str, ...]
    rows: list[tuple[_Token, list[_Token], list[_Token]]]  # how it begins, its words, its numbers


class _Reader:
    """One walk through the text; its place is what a message needs."""

    def __init__(self, text: str, file: str) -> None:
        self._file, self._tokens = file, _tokens(text, file)
        self._declared = Declared(self._wrong)
        self._states = self._declared.states
        self._about: dict[str, tuple[int, str, dict[str, str]]] = {}  # line, title and labels
        self._blocks: dict[str, _Block] = {}
        self._next()

    def variables(self) -> tuple[Variable, ...]:
        while self._token.kind != "end":
            self._block()
        if not self._states:
            raise self._wrong("no variable is declared", accepted="variable NAME { type ... }")
        for name, block in self._blocks.items():
            if name not in self._states:
                problem, hint = "a table of a variable that is not declared", self._states
                raise self._wrong(problem, name, None, nearest(name, hint), block.line)
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

    def _unexpected(self, accepted: str, opened: int | None = None) -> InputError:
        """Refuse what stands here; inside a block, say where that begins."""
        ends = self._token.kind == "end"
        found = "the end of the file" if ends else self._token.text
        if opened is None:
            return self._wrong("not what BIF has here", found, accepted)
        problem = "the file ends inside a block" if ends else "not what BIF has in such a block"
        hint = f"close the bracket opened on line {opened}" if ends or found == "{" else None
        if found in BLOCKS:
            problem, hint = "a block begins inside another", f"close the one of line {opened}"
        return self._wrong(problem, found, accepted, hint)

    def _is(self, *texts: str) -> bool:
        """Tell whether one of some marks or words stands here, unquoted."""
        return self._token.kind != "quoted" and self._token.text in texts

    def _mark(self, mark: str, opened: int | None = None) -> int:
        """Step over a mark that is due; give its line."""
        if not self._is(mark):
            raise self._unexpected(mark, opened)
        return self._next().line

    def _names(self) -> list[_Token]:
        """Take the names or numbers that stand here."""
        taken = []
        while self._token.kind in ("word", "quoted"):
            taken.append(self._next())
        return taken

    def _until(self, mark: str, opened: int) -> list[_Token]:
        """Take names or numbers up to a mark, and step over it."""
        taken = self._names()
        self._mark(mark, opened)
        return taken

    # The blocks.

    def _block(self) -> None:
        if not self._is(*BLOCKS):
            raise self._wrong("not a block of a BIF file", self._token.text, KNOWN)
        _, what, line, _ = self._next()
        if what == "variable":
            self._declare()
        elif what == "probability":
            self._tabulate(line)
        else:
            self._names()
            opened = self._mark("{")
            while not self._is("}"):
                self._property(opened)
            self._next()

    def _property(self, opened: int, accepted: str = "property or }") -> list[str]:
        """Step over a property; give its words."""
        if not self._is("property"):
            raise self._unexpected(accepted, opened)
        words = []
        while not self._is(";"):
            if self._token.kind == "end" or self._is("{", "}"):
                raise self._unexpected(";", opened)
            words.append(self._next().text)
        self._next()
        return words[1:]

    def _declare(self) -> None:
        line, named = self._token.line, self._names()
        if not named:
            raise self._unexpected("a name")
        name = " ".join(token.text for token in named)  # of several words, as pgmpy writes it
        opened, states, said = self._mark("{"), None, {}
        while not self._is("}"):
            if self._is("type") and states is None:
                states, typed = self._type()
            else:
                what, *words = (*self._property(opened, "one type, properties or }"), "")
                text = " ".join(words).removeprefix("= ")
                said[what] = one_line(WRITTEN.sub(lambda sign: chr(int(sign[1], 16)), text))
        self._next()
        if states is None:
            accepted = "type discrete [ 2 ] { one, two };"
            raise self._wrong("a variable without a type", name, accepted, line=line)
        self._declared.declare(name, states, line, typed)
        labels = {state: said.get(f"label_{state}", "") for state in states}
        self._about[name] = line, said.get("title", ""), labels

    def _type(self) -> tuple[tuple[str, ...], int]:
        """Read the states, and the line on which they stand."""
        line = self._next().line
        if (kind := self._token.text) != "discrete":
            raise self._wrong("not a discrete variable", kind, "type discrete", line=line)
        self._next()
        count = " ".join(token.text for token in self._until("]", self._mark("[")))
        named = self._until("}", self._mark("{"))
        self._mark(";", line)
        states = tuple(_several(named, count))
        if count != str(len(states)):
            found = f"[ {count} ], and {len(states)} names"
            hint = "put a name of several words between quotes"
            raise self._wrong("the states are not as many as is said", found, None, hint, line)
        return states, line

    def _tabulate(self, line: int) -> None:
        named = self._until(")", self._mark("("))
        if not named:
            raise self._wrong("a table of no variable", accepted="( NAME | PARENT, ... )")
        about, parted = [token.text for token in named], _parted(named)
        if self._states.keys() >= {*parted}:
            about = parted
        if about[0] in self._blocks:
            first = f"each variable once (the first is on line {self._blocks[about[0]].line})"
            raise self._wrong("this variable has two tables", about[0], first, line=line)
        opened, rows = self._mark("{"), []
        while not self._is("}"):
            if self._is("table", "default", "("):
                begins = self._next()
                words = self._until(")", begins.line) if begins.kind == "mark" else []
                rows.append((begins, words, self._until(";", opened)))
            else:
                self._property(opened, "table, default, a row such as (a, b) 0.1, 0.9; or }")
        self._next()
        self._blocks[about[0]] = _Block(line, tuple(about[1:]), rows)

    # Tables.

    def _variable(self, name: str) -> Variable:
        line, title, labels = self._about[name]
        if name not in self._blocks:
            accepted = f"probability ( {echo(name)} ) {{ ... }}"
            raise self._wrong("a variable without a table", name, accepted, line=line)
        block = self._blocks[name]
        due = self._declared.keys(name, block.parents, block.line)
        rows = self._rows(name, block, due)
        return self._declared.variable(name, block.parents, rows, title, labels)

    def _rows(self, name: str, block: _Block, due: list[tuple[str, ...]]):
        """Put the rows of a table in order, and check that all are there."""
        wide = len(self._states[name])
        rows: dict[tuple[str, ...], tuple[float, ...]] = {}
        others = None
        for begins, words, tokens in block.rows:
            texts, line = [(token.text, token.line) for token in tokens], begins.line
            many = wide * len(due) if begins.text == "table" else wide
            cells, found = self._declared.numbers(texts, many, line), {}
            if begins.text == "table":
                # The first variable is the slowest: all rows of its first state, then its second.
                found = {row: cells[at :: len(due)] for at, row in enumerate(due)}
            elif begins.text == "default":
                others = self._declared.summed(cells, line)
            else:
                found = {self._row(line, words, block.parents): cells}
            for row, cells in found.items():
                if row in rows:
                    what = f"({', '.join(row)})" if row else "table"
                    raise self._wrong("a row is written twice", what, line=line)
                rows[row] = self._declared.summed(cells, line)
        missing = [row for row in due if row not in rows]
        if missing and others is None:
            found = f"{len(rows)} of {counted(len(due), 'row')}"
            accepted = "also " + "; ".join(f"({', '.join(row)})" for row in missing[:8])
            accepted = accepted if block.parents else "table, with a number for each state"
            raise self._wrong(f"{echo(name)} lacks rows", found, accepted, line=block.line)
        return {row: rows.get(row, others) for row in due}

    def _row(self, line: int, tokens: list[_Token], parents) -> tuple[str, ...]:
        """Give the words of a row, each a state of a parent."""
        words = _several(tokens, str(len(parents)))
        if len(words) != len(parents):
            accepted = f"one state of each of {', '.join(parents) or 'no parents'}"
            found = f"({', '.join(words)})"
            raise self._wrong("not a row of this table", found, accepted, line=line)
        pairs = zip(parents, words, strict=True)
        return tuple(self._declared.state(parent, word, line) for parent, word in pairs)


def _several(tokens: list[_Token], due: str) -> list[str]:
    """Give names; where they are not as many as are due, those that commas part, if these are."""
    words, parted = [token.text for token in tokens], _parted(tokens)
    return parted if str(len(words)) != due == str(len(parted)) else words


def _parted(tokens: list[_Token]) -> list[str]:
    """Join words that only spaces part, as pgmpy writes names of several words."""
    groups: list[list[str]] = []
    for token in tokens:
        if token.apart or not groups:
            groups.append([])
        groups[-1].append(token.text)
    return [" ".join(group) for group in groups]


def _tokens(text: str, file: str) -> Iterator[_Token]:
    """Take a text apart; behind the last token stand ends, as many as are asked for."""
    line, apart = 1, True
    for match in TOKEN.finditer(text):
        kind, found = match.lastgroup, match[match.lastgroup]
        if kind == "wrong":
            what = "a quote" if found == '"' else "a comment"
            raise refusal(f"{what} is not closed", file, line, "", found)
        if kind == "skipped":
            apart = apart or (found[0] != "/" and not found.isspace())
        else:
            yield _Token(kind, found, line, apart)
            apart = kind == "mark"
        line += match[0].count("\n")
    while True:
        yield _Token("end", "", line, apart)
