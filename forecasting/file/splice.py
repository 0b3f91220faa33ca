"""A text and what its tree shall say go in; the text that says it comes out, the rest untouched.

Every comment, blank line, quote and line end stays where the two agree. A new value is written
between brackets, on one line, unless its node asks for lines.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from difflib import SequenceMatcher
from functools import cached_property
from itertools import groupby
from typing import NamedTuple

from forecasting.errors import refusal
from forecasting.file import document
from forecasting.file.document import Node, as_written, flow, number

# What ends a line for YAML, and so for a comment.
BREAKS = "\n\r\x85\u2028\u2029"
SPACES = " \t" + BREAKS
BREAK = re.compile(f"\r\n|[{BREAKS}]")
COMMENT = re.compile(f"#[^{BREAKS}]*")
BLANK = re.compile(rf"[ \t]*(?:\r\n|[{BREAKS}])")

# A comment, the next after blank lines.
BELOW = re.compile(rf"(?:{BLANK.pattern})*[ \t]*({COMMENT.pattern})")

# Before an item of a list in lines: comments, spaces and its dash.
DASH = re.compile(f"(?:\\s|#[^{BREAKS}]*)*-")

# The sign that opens a block of text, and what says which blank lines behind it are its own.
OPENS = re.compile(r"[|>][1-9]?([-+]?)")

ANCHOR = re.compile(r"&([\w-]+)\s*", re.ASCII)


def rewritten(text: str, new: Node, old: Node | None = None, *, in_place: bool = True) -> str:
    """Write into a text what a tree says otherwise; comments, order and layout stay.

    A value that differs is written in its place. A new key stands behind the one that it follows
    in the tree. The comments beside what is gone are kept, each in a line of its own.

    Parameters
    ----------
    text : str
    new : Node
        A key with the place in the text of one that is gone is that one, renamed.
    old : Node, optional
        What the text says, where it has been read already. Nodes of it in ``new`` are the same
        without a look.
    in_place : bool
        A new key takes the place of one that is gone, with the comments beside it.

    Raises
    ------
    InputError
        If a key to be taken out shares its line with a sign of another.

    Examples
    --------
    >>> source = "rain:  # the event" + chr(10) + "  raises: 2  # a guess" + chr(10) + "  why: x"
    >>> print(rewritten(source, document.read("rain: {why: x, lowers: 3, now: 40%}", "x")))
    rain:  # the event
      lowers: 3  # a guess
      now: 40%
      why: x
    """
    sheet = Sheet(text, document.read(text, new.file) if old is None else old, in_place)
    pieces = sorted(sheet.pieces(new), key=lambda piece: piece[:2])
    done, result = 0, []
    for piece in pieces:
        result += [text[done : piece.start], piece.new]
        done = piece.end
    return "".join([*result, text[done:]])


class Piece(NamedTuple):
    """Text to write in place of what stands from ``start`` to ``end``."""

    start: int
    end: int
    new: str


class Child(NamedTuple):
    """One value of a mapping or a list: its key or number, where it begins, and its node."""

    name: str
    start: int  # of the key, or of the dash
    node: Node


@dataclass(frozen=True)
class Sheet:
    """A text and the tree that was read from it."""

    text: str
    tree: Node
    in_place: bool
    # What the lists and mappings shall say whose parts are changed in their place.
    _changed: dict[int, Node] = field(default_factory=dict, init=False, repr=False)

    def pieces(self, new: Node) -> list[Piece]:
        """Find what to write where, so that the text says what another tree says.

        The pieces do not overlap; those that start alike are in their order.
        """
        whole = Child("", self.tree.start, self.tree)
        pieces = [*self._differ(whole, new, False, self.tree.start)]
        longer = any(piece.start == len(self.text) for piece in pieces) and not self._ended
        opens = self._opens(self.tree) if longer else None
        if opens and not any(piece.start <= opens.start() < piece.end for piece in pieces):
            # A block of text must not take the end that its last line gets for its own.
            pieces.append(Piece(*opens.span(1), "-"))
        return pieces

    # --- places ----------------------------------------------------------------------------------

    @cached_property
    def _newline(self) -> str:
        return "\r\n" if "\r\n" in self.text else "\n"

    @cached_property
    def _ended(self) -> bool:
        """Whether the last line has an end."""
        return self.text.endswith(tuple(BREAKS))

    def _line_start(self, at: int) -> int:
        return max(self.text.rfind(sign, 0, at) for sign in BREAKS) + 1

    def _line_end(self, at: int) -> int:
        return found.start() if (found := BREAK.search(self.text, at)) else len(self.text)

    def _next_line(self, at: int) -> int:
        return found.end() if (found := BREAK.search(self.text, at)) else len(self.text)

    def _column(self, at: int) -> int:
        return at - self._line_start(at)

    def _body(self, node: Node) -> int:
        """Find where a value begins, after its anchor."""
        anchor = ANCHOR.match(self.text, node.start, max(node.start, node.end))
        return anchor.end() if anchor else node.start

    def _end(self, node: Node) -> int:
        """Find where a value ends, without the blank lines behind it."""
        return node.start + len(self.text[node.start : node.end].rstrip(SPACES))

    def _opens(self, node: Node) -> re.Match | None:
        """Find the sign that opens the block of text in which a value ends, if it does."""
        while node.in_lines and node.value and not self._is_alias(node):
            node = [*node.children][-1]
        start = self._body(node)
        return OPENS.match(self.text, start, max(start, node.end)) if node.is_text else None

    def _below(self, node: Node) -> int:
        """Find the line below a value; the blank lines of a text that keeps them are its own."""
        return node.end if self._keeps(node) else self._next_line(self._end(node))

    def _keeps(self, node: Node) -> bool:
        """Tell whether it ends in a block of text to which the blank lines behind it belong."""
        opens = self._opens(node)
        return bool(opens and opens[1] == "+")

    def _is_alias(self, node: Node) -> bool:
        """Tell whether a value is only named here, and stands elsewhere."""
        return node.end > node.start and self.text[node.start] == "*"

    def _children(self, node: Node) -> list[Child]:
        """List what stands directly in a list or a mapping."""
        if node.is_map:
            return [Child(name, node.keys[name].start, child) for name, child in node.value.items()]
        found, done = [], self._body(node)
        for i, item in enumerate(node.value):
            at = DASH.match(self.text, done).end() - 1 if node.in_lines else item.start
            found.append(Child(str(i), at, item))
            done = max(self._end(item), at + 1)
        return found

    # --- comments --------------------------------------------------------------------------------

    def _scalars(self, node: Node) -> Iterator[tuple[int, int]]:
        """List where text, numbers and aliases stand: what looks like a comment there is none."""
        if node.is_text or self._is_alias(node):
            yield node.start, node.end
            return
        for name, child in node.value.items() if node.is_map else enumerate(node.value):
            if node.is_map:
                yield node.keys[name].start, node.keys[name].end
            yield from self._scalars(child)

    def _comments(self, start: int, end: int, nodes: Iterable[Node]) -> list[str]:
        """List the comments from one position to another, between which ``nodes`` stand."""
        found, done = [], start
        for first, last in [*(part for node in nodes for part in self._scalars(node)), (end, end)]:
            found += COMMENT.finditer(self.text, done, max(done, first))
            anchor = ANCHOR.match(self.text, first, last)
            at = anchor.end() if anchor else first
            if self.text[at : at + 1] in ("|", ">") and at < last:
                header = COMMENT.search(self.text, at, min(last, self._line_end(at)))
                found += [header] if header else []
            done = max(done, last)
        return [match[0].rstrip() for match in found]

    def _inline(self, comments: Iterable[str], at: int) -> str:
        """Write comments between brackets, each of which ends its line."""
        return "".join(f"  {one}{self._newline}{' ' * self._column(at)}" for one in comments)

    def _lines(self, at: int, column: int, lines: Iterable[str]) -> Piece:
        """Write whole lines where one begins, or at the end of the text."""
        lines = [" " * column + line if line else "" for line in lines]
        if at == len(self.text) and not self._ended:
            return Piece(at, at, "".join(self._newline + line for line in lines))
        return Piece(at, at, "".join(line + self._newline for line in lines))

    # --- changing --------------------------------------------------------------------------------

    def _differ(self, child: Child, new: Node, inline: bool, gap: int) -> Iterator[Piece]:
        """Write what differs of a value, which stands ``inline``, between brackets, or not.

        ``gap`` is where the spaces before it begin, behind a colon or a dash; -1 without either.
        """
        old = child.node
        if same(old, new):
            return
        if self._is_alias(old):
            meant = self._changed.get(id(old.value))
            if meant is not None and same(meant, new):
                return
        elif old.value and new.value:
            if old.is_map and new.is_map:
                renamed = _paired(old, new, self.in_place)
                if renamed or old.value.keys() & new.value.keys():
                    self._changed[id(old.value)] = new
                    yield from self._differ_in_keys(old, new, renamed)
                    return
            elif old.is_list and new.is_list:
                self._changed[id(old.value)] = new
                yield from self._differ_in_items(old, new)
                return
        yield from self._change(child, new, inline, gap)

    def _change(self, child: Child, new: Node, inline: bool, gap: int) -> Iterator[Piece]:
        """Write another value; the comments in it go beside it and below."""
        old = child.node
        head, more = self._scalar(old, new, inline), []
        if new.in_lines and new.value and not inline:
            head, more = "", [f"  {line}" for line in lines_of(new)]
        start, end = old.start, self._end(old)
        if old.in_lines and not self._is_alias(old):
            start, head = gap, head and f" {head}"
        elif old.end == old.start and head:
            head = f": {head}" if gap < 0 else f" {head}"
        comments = self._comments(start, end, [old])
        if inline:
            yield Piece(start, end, head + self._inline(comments, start))
            return
        if comments:
            end = self._line_end(end)
            comments = self._comments(start, end, [old])
        if not head:
            start = len(self.text[:start].rstrip(" "))
        yield Piece(start, end, head + "".join(f"  {one}" for one in comments[:1]))
        if comments[1:] or more:
            lines = [*comments[1:], *more]
            yield self._lines(self._next_line(end), self._column(child.start), lines)

    def _scalar(self, old: Node, new: Node, inline: bool) -> str:
        """Write a value on one line; text stays in the quotes in which other text stood."""
        quote = self.text[self._body(old) : self._end(old)][:1]
        if old.is_text and new.is_text and quote in ("'", '"') and not new.plain:
            return f"{quote}{new.value}{quote}" if flow(new.value) == new.value else flow(new.value)
        return as_written(new) if inline else written(new)

    def _differ_in_keys(self, old: Node, new: Node, renamed: dict[str, str]) -> Iterator[Piece]:
        children, inline = self._children(old), not old.in_lines
        for child in children:
            key, name = old.keys[child.name], renamed.get(child.name, child.name)
            if name not in new.value:
                continue
            if name != child.name:
                told = self._scalar(key, new.keys[name], inline=True)
                yield Piece(self._body(key), self._end(key), told)
            colon = self.text.find(":", key.end, max(key.end, child.node.start))
            gap = colon + 1 if colon >= 0 else -1
            yield from self._differ(child, new.value[name], inline, gap)
        called = {renamed.get(child.name, child.name): child for child in children}
        first = next(child for name, child in called.items() if name in new.value)
        after = None
        for name, value in new.value.items():
            if name in called:
                after = called[name]
            else:
                yield self._insert(old, after, name, value, first)
        gone = {child.name for name, child in called.items() if name not in new.value}
        yield from self._without(old, gone)

    def _differ_in_items(self, old: Node, new: Node) -> Iterator[Piece]:
        children, gone, inline = self._children(old), set(), not old.in_lines
        said = [[repr(document.plain(one)) for one in node.value] for node in (old, new)]
        for _, i, j, k, m in SequenceMatcher(None, *said, autojunk=False).get_opcodes():
            both = min(j - i, m - k)
            for child, one in zip(children[i : i + both], new.value[k:m], strict=False):
                gap = child.start if inline else child.start + 1
                yield from self._differ(child, one, inline, gap)
            gone |= {str(at) for at in range(i + both, j)}
            after = children[i + both - 1] if i + both else None
            for one in new.value[k + both : m]:
                yield self._insert(old, after, None, one, children[0])
        yield from self._without(old, gone)

    # --- putting in ------------------------------------------------------------------------------

    def _insert(
        self, parent: Node, after: Child | None, name: str | None, new: Node, follows: Child
    ) -> Piece:
        """Write a new value behind another, or before the first one that stays."""
        children, at_top = self._children(parent), parent is self.tree
        head = "" if name is None else f"{flow(name)}: "
        first = children[0]
        if not parent.in_lines:
            if after is None:
                return Piece(follows.start, follows.start, f"{head}{as_written(new)}, ")
            end = self._end(after.node)
            return Piece(end, end, f", {head}{as_written(new)}")
        if self.text[self._line_start(first.start) : first.start].strip(" -"):
            problem, node = "nothing can be written beside it in lines", first.node
            raise refusal(problem, node.file, node.line, first.name)
        last, column = children[-1].node, self._column(first.start)
        parted = at_top or (new.is_map and self._parted(children))
        parted = parted and new.in_lines and new.value
        if new.is_map and last.is_map and last.value and not (last.in_lines or at_top):
            new = replace(new, in_lines=False)  # as its neighbour
        step = self._step(children[-1]) if new.is_map else 2
        lines = item(new) if name is None else lines_with(name, new, step)
        if after is None:
            told = "".join(f"{line}{self._newline}{' ' * column}" for line in lines)
            return Piece(follows.start, follows.start, told)
        at = self._below(after.node)
        if parted:
            at = self._behind_comments(at) if at_top else at
            if not (at == self._below(after.node) and self._keeps(after.node)):
                lines = ["", *lines]
        return self._lines(at, column, lines)

    def _step(self, last: Child) -> int:
        """Count the columns by which the values in an entry stand deeper than its name."""
        if not last.node.is_map or not last.node.value or self._is_alias(last.node):
            return 2
        inner = min(key.start for key in last.node.keys.values())
        return max(1, self._column(inner) - self._column(last.start))

    def _parted(self, children: list[Child]) -> bool:
        """Tell whether blank lines part the last two values."""
        if not children[1:]:
            return False
        start = self._next_line(self._end(children[-2].node))
        gap = self.text[start : self._line_start(children[-1].start)]
        return any(not line.strip() for line in gap.splitlines())

    def _behind_comments(self, start: int) -> int:
        """Pass comments that stand right below a section, if a blank line sets them off."""
        end = start
        while self.text[end : self._line_end(end)].lstrip().startswith("#"):
            end = self._next_line(end)
        return end if not self.text[end : self._line_end(end)].strip() else start

    # --- taking out ------------------------------------------------------------------------------

    def _without(self, parent: Node, gone: set[str]) -> Iterator[Piece]:
        """Take some values, not all, out of a list or a mapping; their comments stay."""
        children = self._children(parent) if gone else []
        runs = groupby(enumerate(children), lambda pair: pair[1].name in gone)
        for run in (list(pairs) for out, pairs in runs if out):
            first, last = run[0][0], run[-1][0]
            start, nodes = children[first].start, []
            for _, child in run:
                nodes += [parent.keys[child.name], child.node] if parent.is_map else [child.node]
            before = children[first - 1].node if first else None
            following = children[last + 1].start if last + 1 < len(children) else None
            if parent.in_lines:
                yield self._without_lines(start, before, following, nodes)
                continue
            end = max(map(self._end, nodes)) if following is None else following
            start = self._end(before) if following is None else start
            comments = self._comments(start, end, nodes)
            yield Piece(start, end, self._inline(comments, start))

    def _without_lines(self, at, before, following, nodes) -> Piece:
        start, stop = self._line_start(at), self._end(nodes[-1])
        indent = self.text[start:at]
        if indent.strip(" "):  # it stands behind the dash of a list
            if following is None or indent.strip(" -"):
                problem = "cannot be taken out of its line"
                raise refusal(problem, nodes[0].file, nodes[0].line, "")
            comments = self._comments(at, following, nodes)
            pad = self._newline + " " * self._column(following)
            return Piece(at, following, "".join(comment + pad for comment in comments))
        comments = self._comments(at, self._line_end(stop), nodes)
        end = self._below(nodes[-1])
        # Where blank lines stand on both sides, those on one side are enough.
        above = self.text[:start].rstrip(SPACES)
        blank = len(BREAK.findall(self.text, len(above), start)) - 1
        opens = before and self._opens(before)
        if opens and opens[1] == "+" and before.end == start:
            blank = len(self.text)
        elif end == len(self.text) and not comments and blank > 0:
            return Piece(self._next_line(len(above)), end, "")
        while opens and (found := BELOW.match(self.text, end)):  # deeper, it would be of the text
            end, comments = self._next_line(found.end()), [*comments, found[1].rstrip()]
        while not comments and blank > 0 and (found := BLANK.match(self.text, end)):
            end, blank = found.end(), blank - 1
        return Piece(start, end, "".join(indent + one + self._newline for one in comments))


def _paired(old: Node, new: Node, in_place: bool) -> dict[str, str]:
    """Pair keys that are gone with those that stand in their place.

    Those with one place in the text are one key, renamed. A value that asks for lines takes no
    other place.
    """
    gone = {old.keys[name].start: name for name in old.value if name not in new.value}
    added = {name: new.keys[name] for name in new.value if name not in old.value}
    pairs = {
        gone.pop(key.start): name for name, key in added.items() if key.end and key.start in gone
    }
    others = [name for name in added if not (name in pairs.values() or new.value[name].in_lines)]
    count = min(len(gone), len(others)) if in_place else 0
    return pairs | dict(zip([*gone.values()][len(gone) - count :], others[:count], strict=True))


# --- writing -------------------------------------------------------------------------------------


def same(old: Node, new: Node) -> bool:
    """Tell whether two values say the same: numbers are equal, text is alike."""
    if old is new:
        return True
    if old.is_map and new.is_map:
        return old.value.keys() == new.value.keys() and all(
            same(child, new.value[key]) for key, child in old.value.items()
        )
    if old.is_list and new.is_list:
        return len(old.value) == len(new.value) and all(map(same, old.value, new.value))
    if not (old.is_text and new.is_text):
        return old.is_empty and not new.is_text and not new.value
    if old.value == new.value:
        return old.is_empty == new.is_empty
    return new.plain and number(old) is not None and number(old) == number(new)


def written(node: Node) -> str:
    """Write a value on one line behind a key or a dash, without quotes where none are due."""
    bare = (
        node.is_text
        and node.value[:1].isalnum()
        and node.value.isprintable()
        and not re.search(r":\s|\s#|[: ]$", node.value)
        and node.value.lower() != "null"
    )
    return node.value if bare else as_written(node)


def lines_of(node: Node) -> list[str]:
    """Write what is in a list or a mapping in lines.

    Examples
    --------
    >>> lines_of(document.read("- {a: 1}" + chr(10) + "- b: 2" + chr(10) + "  c: 'x'", ""))
    ['- {a: 1}', '- b: 2', '  c: x']
    """
    if node.is_map:
        return [line for key, one in node.value.items() for line in lines_with(key, one)]
    return [line for one in node.value for line in item(one)]


def lines_with(key: str, value: Node, step: int = 2) -> list[str]:
    """Write a key with its value; what is in it stands ``step`` columns deeper."""
    if value.in_lines and value.value:
        return [f"{flow(key)}:", *(" " * step + line for line in lines_of(value))]
    return [f"{flow(key)}: {written(value)}"]


def item(value: Node) -> list[str]:
    """Write an item of a list, behind its dash."""
    lines = lines_of(value) if value.in_lines and value.value else [written(value)]
    return [("  " if i else "- ") + line for i, line in enumerate(lines)]
