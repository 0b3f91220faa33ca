"""A text that is changed to say what a tree says keeps its comments, its line ends, all else."""

import numpy as np
import pytest
import yaml

from forecasting.file.document import plain, read
from forecasting.file.splice import rewritten
from tests.test_edits import LOADER, WrittenOut, comments

TEXTS = ("1", "2.5", "x", "30%", "a b", "it's", "two\nlines\n", "keeps\n\n", "# none", "'q'",
         "", "null", "y: z", "[b")  # fmt: skip


class Author:
    """Makes random values, other ones of them, and texts that say them in any style."""

    def __init__(self, seed):
        self.rng = np.random.default_rng([seed, 7])

    def one_of(self, choices):
        return choices[self.rng.integers(len(choices))]

    def value(self, depth=3):
        draw, count = self.rng.random(), self.rng.integers(5)
        if depth <= 0 or draw < 0.4:
            return self.one_of(TEXTS)
        if draw < 0.75:
            return {self.one_of("abcdefgh"): self.value(depth - 1) for _ in range(count)}
        return [self.value(depth - 1) for _ in range(count)]

    def another(self, value):
        """A value of which some parts are gone, some are new, some are others."""
        if self.rng.random() < 0.15:
            return self.value()
        if isinstance(value, str):
            return value if self.rng.random() < 0.7 else self.one_of(TEXTS)
        made = []
        for name, one in value.items() if isinstance(value, dict) else enumerate(value):
            draw = self.rng.random()
            if draw > 0.2:
                made.append((name, self.another(one) if draw < 0.7 else one))
            if draw > 0.85:
                made.append((self.one_of("abcdefghijkl"), self.value(2)))
        if isinstance(value, list):
            return [one for _, one in made]
        if self.rng.random() < 0.2:
            self.rng.shuffle(made)
        return dict(made)

    def text(self, content):
        rng = self.rng

        class Written(WrittenOut):
            def represent_str(self, data):
                styles = "|>" if "\n" in data else "'\""
                style = styles[rng.integers(2)] if rng.random() < 0.3 or "\n" in data else None
                return self.represent_scalar("tag:yaml.org,2002:str", data, style)

            def represent_sequence(self, tag, sequence, flow_style=None):
                return super().represent_sequence(tag, sequence, bool(rng.random() < 0.3))

            def represent_mapping(self, tag, mapping, flow_style=None):
                return super().represent_mapping(tag, [*mapping.items()], bool(rng.random() < 0.3))

        Written.add_representer(str, Written.represent_str)
        look = {"sort_keys": False, "width": 10**6, "indent": int(rng.integers(2, 5))}
        return yaml.dump(content, Dumper=Written, **look)

    def strewn(self, text):
        """The text with comments and blank lines wherever they change nothing."""
        content, done, lines = yaml.load(text, LOADER), [], text.splitlines()
        for i, line in enumerate(lines):
            way = self.rng.integers(8)
            beside, above = [f"{line}   # beside {i}"], [" " * way + f"# above {i}", line]
            tried = [beside, above, ["", line]][way] if way < 3 else [line]
            try:
                fits = yaml.load("\n".join([*done, *tried, *lines[i + 1 :], ""]), LOADER) == content
            except yaml.YAMLError:
                fits = False
            done += tried if fits else [line]
        return "\n".join([*done, ""])


@pytest.mark.parametrize("start", range(0, 400, 20))
def test_any_text_can_be_made_to_say_anything_else_and_keeps_every_comment(start):
    for seed in range(start, start + 20):
        author = Author(seed)
        content = {name: author.value() for name in "abcd"}
        text = author.text(content)
        text = author.strewn(text)
        text = text.rstrip("\n") if seed % 4 == 0 else text
        text = text.replace("\n", "\r\n") if seed % 5 == 0 else text
        wanted = {name: author.another(one) for name, one in content.items()} | {"e": "new"}
        after = rewritten(text, read(author.text(wanted), ""))
        assert plain(read(after, "")) == plain(read(author.text(wanted), "")), seed
        assert comments(after) == comments(text), seed
        assert after.count("\r\n") == ("\r\n" in text) * after.count("\n"), seed


def test_an_alias_of_what_is_changed_stays_where_it_means_the_change():
    text = "a: &p\n  x: 1   # one\nb: *p\nc: [*p, 2]\n"
    for new, wanted in (
        ("{a: {x: 3}, b: {x: 3}, c: [{x: 3}, 2]}", text.replace("x: 1", "x: 3")),
        ("{a: {x: 1}, b: {x: 4}, c: [{x: 1}, 2]}", text.replace("b: *p", "b: {x: 4}")),
    ):
        assert rewritten(text, read(new, "")) == wanted


def test_a_comment_is_not_read_as_part_of_the_text_above_what_went():
    text = "a:\n  b: >+\n    text\n\n  c: 1\n\n    # deep\nd: 2\n"
    after = rewritten(text, read('{a: {b: "text\\n\\n"}, d: 2}', ""))
    assert after == "a:\n  b: >+\n    text\n\n  # deep\nd: 2\n"


def test_a_new_key_takes_the_place_of_one_that_is_gone_only_where_that_is_wanted():
    text = "low: 1   # the least\nhigh: 3\n"
    new = read("{high: 3, most: 5}", "")
    assert rewritten(text, new) == "most: 5   # the least\nhigh: 3\n"
    assert rewritten(text, new, in_place=False) == "# the least\nhigh: 3\nmost: 5\n"
