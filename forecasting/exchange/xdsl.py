"""The text of an XDSL file goes in, the variables of its network come out; and the other way round.

XDSL is what GeNIe and SMILE save: XML, with nodes that have tables (``cpt``) or say which state
follows from each row (``deterministic``), and titles among what GeNIe adds. Other nodes are refused
by their name, and so is whatever may stand for something else: document types and entities.

pyAgrum writes the rows of a table in another order than GeNIe, and says so by its name.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import batched, product
from xml.parsers import expat
from xml.sax.saxutils import escape, quoteattr

from forecasting.errors import InputError, echo, refusal, visible
from forecasting.exchange.variables import Declared, Variable, one_line
from forecasting.file.document import MAX_BYTES

MAX_DEPTH = 32
MAX_ELEMENTS = 100_000

# Nodes that have no table to read: what each is.
OTHERS = {
    "noisymax": "a noisy MAX, a table told by a few parameters",
    "noisyadder": "a noisy adder, a table told by a few parameters",
    "decision": "a decision, which has no probabilities",
    "utility": "a utility, which has no probabilities",
    "mau": "a utility of several, which has no probabilities",
    "equation": "an equation of continuous amounts",
}
CHANGE = "in GeNIe, change its type to General, or leave it out, and save again"

# What GeNIe calls states where nobody gave them a label.
FAULT = re.compile(r"F\d+")

# Up to here pyAgrum has let the first parent change fastest; a later one may have learned better.
AGRUM = re.compile(r"aGrUM ([0-9]{1,4})\.([0-9]{1,4})")
LAST_AGRUM = 3, 3
SAVE = "save it as BIF in pyAgrum: pyagrum.saveBN(bn, 'FILE.bif', True)"


@dataclass(slots=True)
class _Element:
    name: str
    line: int
    about: Mapping[str, str]
    pieces: list[str] = field(default_factory=list)
    inside: list[_Element] = field(default_factory=list)

    @property
    def text(self) -> str:
        return "".join(self.pieces)

    def all(self, name: str) -> list[_Element]:
        return [one for one in self.inside if one.name == name]

    def words(self, name: str) -> list[tuple[str, int]]:
        """List the words of the elements of a name, each with its line."""
        return [(word, one.line) for one in self.all(name) for word in one.text.split()]


NOTHING = _Element("", 0, {})


def read(text: str | bytes, file: str) -> tuple[Variable, ...]:
    """Read the variables of a network, in the order in which they are declared.

    Parameters
    ----------
    text : str or bytes
        Bytes are read in the encoding that they name.
    file : str
        Name to show in messages.

    Raises
    ------
    InputError
        If the text is not XDSL, has nodes that are not probabilities of states, or a table that
        does not fit its variables; it names the first mistake.

    References
    ----------
    BayesFusion (2024), GeNIe Modeler User Manual, "XDSL file format".

    Examples
    --------
    >>> node = '<cpt id="rain"><state id="heavy"/><state id="none"/>'
    >>> node += "<probabilities>0.25 0.75</probabilities></cpt>"
    >>> read(f"<smile><nodes>{node}</nodes></smile>", "rain.xdsl")
    (Variable(name='rain', states=('heavy', 'none'), parents=(), rows={(): (0.25, 0.75)}),)
    """
    return _Reader(_tree(text, file), file).variables()


class _Reader:
    """Reads the nodes of a network, and what a program added about them."""

    def __init__(self, root: _Element, file: str) -> None:
        self._file, self._declared = file, Declared(self._wrong)
        if root.name != "smile":
            problem, found = "not a network of GeNIe (XDSL)", f"<{root.name}>"
            raise self._wrong(problem, found, "<smile>", None, root.line)
        self._nodes = [one for part in root.all("nodes") for one in part.inside]
        added = [one for part in root.all("extensions") for one in _below(part)]
        self._about = {one.about.get("id"): one for one in added if one.name == "node"}
        programs = [one for one in added if one.name == "genie" and "app" in one.about]
        self._programs = {one.about["app"]: one.line for one in programs}

    def _wrong(self, problem, found=None, accepted=None, hint=None, line=None) -> InputError:
        return refusal(problem, self._file, line, "", found, accepted, hint)

    def variables(self) -> tuple[Variable, ...]:
        for node in self._nodes:
            if node.name not in ("cpt", "deterministic"):
                problem, accepted = f"{echo(node.name)} is not read", "cpt or deterministic"
                what = OTHERS.get(node.name, "a node of another kind")
                found = f"{echo(node.about.get('id', ''))}: {what}"
                raise self._wrong(problem, found, accepted, CHANGE, node.line)
            states = tuple(self._id(state) for state in node.all("state"))
            self._declared.declare(self._id(node), states, node.line, node.line)
        if not self._nodes:
            accepted = '<cpt id="NAME"> among <nodes>'
            raise self._wrong("no variable is declared", None, accepted, None, 1)
        step = -1 if self._first_is_fastest() else 1
        return tuple(self._variable(node, step) for node in self._nodes)

    def _id(self, element: _Element) -> str:
        found = element.about.get("id", "").strip()
        if not found:
            problem, accepted = f"a {element.name} without a name", f'<{element.name} id="NAME">'
            raise self._wrong(problem, None, accepted, None, element.line)
        return found

    def _first_is_fastest(self) -> bool:
        """Tell whether rows stand as pyAgrum has them; refuse a file that leaves it open."""
        agrum = {app: AGRUM.match(app) for app in self._programs if app.startswith("aGrUM")}
        known = [one for one in agrum.values() if one and (int(one[1]), int(one[2])) <= LAST_AGRUM]
        clear = len(known) == len(agrum) and (not agrum or len(self._programs) == 1)
        if not clear and any(len(node.words("parents")) > 1 for node in self._nodes):
            problem, accepted = "unclear in which order the rows of tables stand", "a file of GeNIe"
            found, line = ", ".join(self._programs), min(self._programs.values())
            raise self._wrong(problem, found, accepted, SAVE, line)
        return bool(known)

    def _variable(self, node: _Element, step: int) -> Variable:
        name, declared = self._id(node), self._declared
        own, parents = declared.states[name], tuple(word for word, _ in node.words("parents"))
        due = declared.keys(name, parents, node.line)
        if node.name == "cpt":
            # The states of the variable are the fastest, then those of its last parent.
            texts = node.words("probabilities")
            line = texts[0][1] if texts else node.line
            cells = declared.numbers(texts, len(due) * len(own), line)
            rows = [declared.summed(row, line) for row in batched(cells, len(own))]
        else:
            words = [declared.state(name, *word) for word in node.words("resultingstates")]
            if len(words) != len(due):
                problem, found = "not as many states as are due", f"{len(words):,} states"
                accepted = f"{len(due):,}, one for each row"
                raise self._wrong(problem, found, accepted, None, node.line)
            rows = [tuple(float(state == word) for state in own) for word in words]
        written = product(*(declared.states[parent] for parent in parents[::step]))
        table = dict(zip((row[::step] for row in written), rows, strict=True))
        labels = {self._id(one): one_line(one.about.get("label", "")) for one in node.all("state")}
        title = one_line("".join(one.text for one in self._about.get(name, NOTHING).all("name")))
        if self._programs:
            labels = {one: label for one, label in labels.items() if not FAULT.fullmatch(label)}
        else:
            title = title.removesuffix(f" ({name})")  # which told it from another, see write
        rows = {row: table[row] for row in due}
        return declared.variable(name, parents, rows, title, labels)


def _below(element: _Element) -> Iterable[_Element]:
    for one in element.inside:
        yield one
        yield from _below(one)


def _tree(text: str | bytes, file: str) -> _Element:
    """Read XML into elements; what could stand for other text, or grow without end, is refused."""
    if len(text) > MAX_BYTES:
        found, accepted = f"{len(text):,}", f"at most {MAX_BYTES:,}"
        raise refusal("the text is too long", file, found=found, accepted=accepted)
    parser = expat.ParserCreate()
    parser.buffer_text = True
    root = _Element("", 0, {})
    above, count = [root], 0

    def wrong(problem, found=None, accepted=None, hint=None) -> InputError:
        return refusal(problem, file, parser.CurrentLineNumber, "", found, accepted, hint)

    def start(name, about):
        nonlocal count
        count += 1
        if len(above) > MAX_DEPTH or count > MAX_ELEMENTS:
            accepted = f"at most {MAX_ELEMENTS:,} elements, {MAX_DEPTH} within each other"
            raise wrong("the file is too large or too deep", None, accepted)
        above.append(_Element(name, parser.CurrentLineNumber, about))
        above[-2].inside.append(above[-1])

    def end(_name):
        above.pop()

    def characters(found):
        above[-1].pieces.append(found)

    def refused(*about):
        found = next((one for one in about if isinstance(one, str)), None)
        hint = "a network needs none: delete <!DOCTYPE ...>"
        raise wrong("document types and entities are refused", found, None, hint)

    parser.StartElementHandler, parser.EndElementHandler = start, end
    parser.CharacterDataHandler = characters
    parser.StartDoctypeDeclHandler = parser.EntityDeclHandler = refused
    parser.ExternalEntityRefHandler = parser.SkippedEntityHandler = refused
    parser.SetParamEntityParsing(expat.XML_PARAM_ENTITY_PARSING_NEVER)
    try:
        parser.Parse(text, True)
    except expat.ExpatError as error:
        found, accepted = expat.ErrorString(error.code), "a file saved by GeNIe"
        # pyAgrum writes the signs < and & of a label as they are.
        hint = SAVE if ("aGrUM" if isinstance(text, str) else b"aGrUM") in text else None
        raise refusal("not XML", file, error.lineno, "", found, accepted, hint) from None
    except (LookupError, ValueError) as error:
        if isinstance(error, InputError):
            raise
        accepted = "UTF-8 or another of one byte a letter"
        raise refusal("an encoding that is not known", file, 1, "", str(error), accepted) from None
    return root.inside[0]


def write(variables: Iterable[Variable], name: str, notes: Iterable[str] = ()) -> str:
    """Write variables as XDSL: numbers to the last bit, titles and labels where GeNIe keeps them.

    Parameters
    ----------
    variables : iterable of Variable
        Parents before their children. Names and states are made of letters, digits and ``_``.
    name : str
        Of the network.
    notes : iterable of str
        Written as a comment.

    Examples
    --------
    >>> rain = Variable("rain", ("heavy", "none"), (), {(): (0.25, 0.75)})
    >>> read(write([rain], "weather"), "weather.xdsl") == (rain,)
    True
    """
    variables = list(variables)
    lines = ['<?xml version="1.0" encoding="UTF-8"?>']
    # Two hyphens would end the comment.
    lines += [f"<!-- {re.sub('-(?=-)', '- ', visible(note))} -->" for note in notes]
    lines += [f'<smile version="1.0" id={quoteattr(name)} numsamples="10000">', "  <nodes>"]
    for one in variables:
        lines.append(f"    <cpt id={quoteattr(one.name)}>")
        for state in one.states:
            label = one_line(one.labels.get(state, ""))
            label = f" label={quoteattr(label)}" if label else ""
            lines.append(f"      <state id={quoteattr(state)}{label} />")
        if one.parents:
            lines.append(f"      <parents>{' '.join(one.parents)}</parents>")
        cells = " ".join(repr(p) for row in one.rows.values() for p in row)
        lines.append(f"      <probabilities>{cells}</probabilities>")
        lines.append("    </cpt>")
    lines += ["  </nodes>", "  <extensions>", f'    <genie version="1.0" name={quoteattr(name)}>']
    # pyAgrum takes titles for names: none may stand twice.
    titles = [one_line(one.title) or one.name for one in variables]
    often = Counter(titles)
    for at, (one, title) in enumerate(zip(variables, titles, strict=True)):
        own = f" ({one.name})"
        title = escape(title + own if often[title] > 1 or title.endswith(own) else title)
        left, top = 40 + at % 8 * 160, 40 + at // 8 * 100
        place = f"<position>{left} {top} {left + 120} {top + 60}</position>"
        lines.append(f"      <node id={quoteattr(one.name)}><name>{title}</name>{place}</node>")
    return "\n".join([*lines, "    </genie>", "  </extensions>", "</smile>", ""])
