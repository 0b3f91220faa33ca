"""The text of an XDSL file goes in, the variables of its network come out; and the other way round.

XDSL is what GeNIe and SMILE save: XML, with nodes that have tables (``cpt``) or say which state
follows from each row (``deterministic``), and titles among what GeNIe adds. Other nodes are refused
by their name, and so is whatever may stand for something else: document types and entities.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from itertools import batched, product
from xml.parsers import expat
from xml.sax.saxutils import escape, quoteattr

from forecasting.errors import InputError, echo, nearest, refusal, visible
from forecasting.exchange.variables import Limits, Variable
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
    root = _tree(text, file)

    def wrong(problem, found=None, accepted=None, hint=None, line=None) -> InputError:
        return refusal(problem, file, line, "", found, accepted, hint)

    if root.name != "smile":
        raise wrong("not a network of GeNIe (XDSL)", f"<{root.name}>", "<smile>", None, root.line)
    held, nodes = Limits(wrong), [one for part in root.all("nodes") for one in part.inside]
    states: dict[str, tuple[str, ...]] = {}
    for node in nodes:
        if node.name not in ("cpt", "deterministic"):
            what = OTHERS.get(node.name, "a node of another kind")
            found, accepted = f"{echo(node.about.get('id', ''))}: {what}", "cpt or deterministic"
            problem = f"{echo(node.name)} is not read"
            raise wrong(problem, found, accepted, CHANGE, node.line)
        name = _id(node, wrong)
        if name in states:
            raise wrong("this variable is declared twice", name, None, None, node.line)
        states[name] = tuple(_id(state, wrong) for state in node.all("state"))
        held.states(name, states[name], node.line)
        held.variables(states, node.line)
    if not states:
        raise wrong("no variable is declared", None, '<cpt id="NAME"> among <nodes>', None, 1)
    found = [_variable(node, states, held, wrong) for node in nodes]
    titles = {}
    for one in (inner for part in root.all("extensions") for inner in _below(part)):
        if one.about.get("app", "").startswith("aGrUM") and any(v.parents[1:] for v in found):
            problem, hint = "pyAgrum puts the rows of tables in another order", "save it as BIF"
            raise wrong(problem, one.about["app"], "a file saved by GeNIe", hint, one.line)
        if one.name == "node":
            title = "".join(name.text for name in one.all("name"))
            titles[one.about.get("id")] = " ".join(visible(title).split())
    named = ((one, titles.get(one.name)) for one in found)
    return tuple(
        replace(one, title=title) if title and title != one.name else one for one, title in named
    )


def _below(element: _Element) -> Iterable[_Element]:
    for one in element.inside:
        yield one
        yield from _below(one)


def _id(element: _Element, wrong) -> str:
    found = element.about.get("id", "").strip()
    if not found:
        problem, accepted = f"a {element.name} without a name", f'<{element.name} id="NAME">'
        raise wrong(problem, None, accepted, None, element.line)
    return found


def _variable(
    node: _Element, states: Mapping[str, tuple[str, ...]], held: Limits, wrong
) -> Variable:
    name, own = _id(node, wrong), states[_id(node, wrong)]
    parents = tuple(word for word, _ in node.words("parents"))
    held.parents(name, parents, states, node.line)
    keys = list(product(*(states[parent] for parent in parents)))
    if node.name == "cpt":
        # The states of the variable are the fastest, then those of its last parent.
        texts = node.words("probabilities")
        line = texts[0][1] if texts else node.line
        cells = held.numbers(texts, len(keys) * len(own), line)
        rows = [held.summed(row, line) for row in batched(cells, len(own), strict=True)]
    else:
        words = node.words("resultingstates")
        for word, line in words:
            if word not in own:
                accepted = ", ".join(own)
                raise wrong(
                    f"{echo(name)} has no such state", word, accepted, nearest(word, own), line
                )
        if len(words) != len(keys):
            found, accepted = f"{len(words):,} states", f"{len(keys):,}, one for each row"
            raise wrong("not as many states as are due", found, accepted, None, node.line)
        rows = [tuple(float(state == word) for state in own) for word, _ in words]
    return Variable(name, own, parents, dict(zip(keys, rows, strict=True)))


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
        found = expat.ErrorString(error.code)
        raise refusal("not XML", file, error.lineno, "", found, "a file saved by GeNIe") from None
    except (LookupError, ValueError) as error:
        if isinstance(error, InputError):
            raise
        accepted = "UTF-8 or another of one byte a letter"
        raise refusal("an encoding that is not known", file, 1, "", str(error), accepted) from None
    return root.inside[0]


def write(variables: Iterable[Variable], name: str, notes: Iterable[str] = ()) -> str:
    """Write variables as XDSL: their numbers to the last bit, titles where GeNIe keeps them.

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
        lines += [f"      <state id={quoteattr(state)} />" for state in one.states]
        if one.parents:
            lines.append(f"      <parents>{' '.join(one.parents)}</parents>")
        cells = " ".join(repr(p) for row in one.rows.values() for p in row)
        lines.append(f"      <probabilities>{cells}</probabilities>")
        lines.append("    </cpt>")
    lines += ["  </nodes>", "  <extensions>", f'    <genie version="1.0" name={quoteattr(name)}>']
    # pyAgrum takes titles for names: none may stand twice.
    often = Counter(one.title or one.name for one in variables)
    for at, one in enumerate(variables):
        title = one.title or one.name
        title = escape(visible(title if often[title] == 1 else f"{title} ({one.name})"))
        left, top = 40 + at % 8 * 160, 40 + at // 8 * 100
        place = f"<position>{left} {top} {left + 120} {top + 60}</position>"
        lines.append(f"      <node id={quoteattr(one.name)}><name>{title}</name>{place}</node>")
    return "\n".join([*lines, "    </genie>", "  </extensions>", "</smile>", ""])
