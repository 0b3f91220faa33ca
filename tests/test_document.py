"""A tree of a YAML file keeps its text, its lines and its places, and guesses nothing."""

import math
import re
from dataclasses import replace
from pathlib import Path

import pytest
import yaml
from hypothesis import example, given, settings
from hypothesis import strategies as st

from forecasting.errors import InputError
from forecasting.file import document
from forecasting.file.document import (
    Node,
    as_written,
    at,
    digest,
    flow,
    number,
    plain,
    put,
    read,
    read_file,
)
from forecasting.file.splice import rewritten

ROOT = Path(__file__).resolve().parents[1]
SHIPPED = sorted((ROOT / "priors").glob("**/*.yaml"))
check = settings(derandomize=True, deadline=None, max_examples=300)

BLOCK = """\
# Ünïcode before everything, so that bytes and characters differ 🌊
rain:   # the event
  question: Will it rain?   # really
  base_rate: {low: 5%, high: "30%"}
  reference:
    - survey
    - 'a map'
  why: >-
    Because it is
    raining.

  # a remark
  now: 40%
last: [1, 2]
"""


def nodes(node):
    yield node
    children = node.value.values() if node.is_map else node.value if node.is_list else ()
    for child in children:
        yield from nodes(child)


# --- reading --------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", ["no", "1e-3", "12:30", "0123", "2021-09-15", "true", "~", "0x1"])
def test_what_is_written_stays_text(text):
    node = read(f"a: {text}", "x").value["a"]
    assert (node.value, node.plain) == (text, True)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("3", 3.0),
        ("-0.25", -0.25),
        ("+.5", 0.5),
        ("2.", 2.0),
        ("1e-3", 0.001),
        ("6.02E23", 6.02e23),
        ("0123", 123.0),
        ("1e400", math.inf),
        ("1e-400", 0.0),
        ('"7"', 7.0),
        ("nan", None),
        (".inf", None),
        ("1_000", None),
        ("0x1", None),
        ("1,5", None),
        ("12:30", None),
        ("20%", None),
        ("1e", None),
        ("''", None),
        ("[1]", None),
    ],
)
def test_a_number_is_digits_with_point_and_exponent_and_nothing_else(text, value):
    assert number(read(f"a: {text}", "x").value["a"]) == value


def test_every_value_knows_its_line_and_its_place_in_the_text():
    tree = read(BLOCK, "x")
    lines = {path: at(tree, path.split(".")).line for path in ("rain.question", "rain.now", "last")}
    assert lines == {"rain.question": 3, "rain.now": 13, "last": 14}
    assert {name: key.line for name, key in tree.value["rain"].keys.items()} == {
        "question": 3,
        "base_rate": 4,
        "reference": 5,
        "why": 8,
        "now": 13,
    }
    pieces = {
        "rain.question": "Will it rain?",
        "rain.base_rate": '{low: 5%, high: "30%"}',
        "rain.base_rate.high": '"30%"',
        "rain.reference.1": "'a map'",
        "rain.now": "40%",
        "last": "[1, 2]",
        "last.1": "2",
    }
    for path, piece in pieces.items():
        node = at(tree, path.split("."))
        assert BLOCK[node.start : node.end] == piece
    for name, key in tree.value["rain"].keys.items():
        assert BLOCK[key.start : key.end] == name


def test_the_text_of_a_block_ends_with_its_last_value_not_with_the_remarks_after_it():
    tree = read(BLOCK, "x")
    assert BLOCK[: tree.value["rain"].end].endswith("now: 40%")
    assert BLOCK[: at(tree, ("rain", "reference")).end].endswith("'a map'")


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.name)
def test_plain_text_of_a_shipped_file_stands_where_its_node_says(path):
    text, tree = read_file(path)
    for node in nodes(tree):
        if node.is_text and node.plain and "\n" not in text[node.start : node.end]:
            assert text[node.start : node.end] == node.value
            assert text.count("\n", 0, node.start) + 1 == node.line


def test_both_parsers_of_pyyaml_give_the_same_tree(monkeypatch):
    """The fast one is not everywhere installed."""
    text = (ROOT / "priors" / "first_case.yaml").read_text(encoding="utf-8")
    fast = read(text, "x"), read(BLOCK, "x")
    monkeypatch.setattr(document, "_LOADER", yaml.SafeLoader)
    assert (read(text, "x"), read(BLOCK, "x")) == fast


@pytest.mark.parametrize(
    ("text", "line"),
    [("a: [b\n", 2), ("a: 'b\n", 2), ("ü: 1\n\nb: \x00\n", 3), ("a: %2\n", 1), ("[" * 5000, 1)],
)
def test_both_parsers_of_pyyaml_find_the_same_line_wrong(monkeypatch, text, line):
    for loader in (document._LOADER, yaml.SafeLoader):
        monkeypatch.setattr(document, "_LOADER", loader)
        with pytest.raises(InputError) as caught:
            read(text, "x")
        assert [problem.line for problem in caught.value.problems] == [line]


def test_repeated_keys_are_collected_where_the_caller_has_more_to_report():
    problems = []
    tree = read("a: 1\nb: {c: 2, c: 3}\na: 4\n", "x", problems=problems)
    assert plain(tree) == {"a": 1.0, "b": {"c": 2.0}}
    assert [(problem.line, problem.place) for problem in problems] == [(2, "b.c"), (3, "a")]
    with pytest.raises(InputError, match=r"x:2: b\.c: this key is written twice"):
        read("a: 1\nb: {c: 2, c: 3}\n", "x")


def test_an_alias_is_a_copy_that_stands_where_it_is_written():
    text = "a: &one {p: 20%}\nb: *one\n"
    tree = read(text, "x")
    assert plain(tree) == {"a": {"p": "20%"}, "b": {"p": "20%"}}
    alias = tree.value["b"]
    assert text[alias.start : alias.end] == "*one"


@pytest.mark.parametrize("text", ["a:\n", "a: ~", "a: null", "a: Null"])
def test_nothing_is_empty_and_quoted_nothing_is_not(text):
    assert read(text, "x").value["a"].is_empty
    assert not read("a: ''", "x").value["a"].is_empty
    assert not read("a: 'null'", "x").value["a"].is_empty


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("{a: 1, b: 2}", "{a, b}"),
        ("{}", "an empty mapping"),
        ("[a, 2, ~]", "[a, 2, nothing]"),
        ("[]", "a list of 0"),
        ("[{a: 1}]", "a list of 1"),
        ("[1, 2, 3, 4, 5, 6, 7]", "a list of 7"),
        ("'no'", "no"),
        ("~", "nothing"),
    ],
)
def test_what_was_found_is_shown_in_few_words(text, found):
    assert read(text, "x").describe() == found


# --- limits ---------------------------------------------------------------------------------------


def test_limits_are_reached_before_they_are_passed():
    deepest = document.MAX_DEPTH
    read("[" * deepest + "]" * deepest, "x")
    with pytest.raises(InputError, match="nested too deeply"):
        read("[" * (deepest + 1) + "]" * (deepest + 1), "x")
    most = document.MAX_NODES
    read("[" + "a," * (most - 1) + "]", "x")
    with pytest.raises(InputError, match="too many values"):
        read("[" + "a," * most + "]", "x")


def test_a_file_may_be_as_long_as_the_limit_and_no_longer(tmp_path):
    path = tmp_path / "x.yaml"
    path.write_bytes(b"a: 1\n" + b"#" * (document.MAX_BYTES - 5))
    assert plain(read_file(path)[1]) == {"a": 1.0}
    path.write_bytes(b"a: 1\n" + b"#" * (document.MAX_BYTES - 4))
    with pytest.raises(InputError, match="too large"):
        read_file(path)


# --- changing a tree ------------------------------------------------------------------------------


def test_putting_a_value_leaves_the_old_tree_alone():
    tree, new = read("{a: {b: 1, c: 2}, d: [1, {e: 2}]}", "x"), read("9", "y")
    before = plain(tree)
    assert plain(put(tree, ("a", "b"), new)) == {"a": {"b": 9, "c": 2}, "d": [1, {"e": 2}]}
    assert plain(put(tree, ("d", "1", "e"), new)) == {"a": {"b": 1, "c": 2}, "d": [1, {"e": 9}]}
    assert plain(put(tree, ("d", "0"), new)) == {"a": {"b": 1, "c": 2}, "d": [9, {"e": 2}]}
    assert plain(tree) == before


def test_putting_a_value_makes_the_mappings_on_its_way_and_takes_the_place_of_its_rivals():
    tree, new = read("{a: {b: 1, c: 2}}", "x"), read("9", "y")
    assert plain(put(tree, ("z", "y", "x"), new)) == {"a": {"b": 1, "c": 2}, "z": {"y": {"x": 9}}}
    assert plain(put(tree, ("a", "d"), new, instead_of=("b", "x"))) == {"a": {"c": 2, "d": 9}}


def test_a_path_that_leads_nowhere_finds_nothing():
    tree = read("{a: [1, {b: 2}]}", "x")
    assert at(tree, ("a", "1", "b")).value == "2"
    for path in [("b",), ("a", "2"), ("a", "x"), ("a", "-1"), ("a", "0", "b")]:
        assert at(tree, path) is None


# --- changing a text ------------------------------------------------------------------------------

# A mapping `m` in many layouts; its first key is `one`.
LAYOUTS = [
    "m:\n  one: 1\n  two: 2\n",
    "m:\n  one: 1   # why\n  # a remark\n\n  two: 2",
    "m:\n  one: 1",
    "m:\r\n  one: 1\r\n  two: 2\r\n",
    "m:   # why\n      one: 1\n",
    "m: {one: 1, two: 2}   # why\n",
    "m: {one: 1}",
    "m: {   one: 1,   # why\n    two: 2}\nn: 3\n",
    "m:\n  one: >-\n    long\n    text\n\n  # a remark\n  two: 2\n",
    "m:\n  one: |\n    long\n\n    text\nn: 3\n",
    "m:\n  one:\n    deep: {x: 1}\n    deeper: 2   # why\n  two: 2\n",
    "m:\n  one:\n  - a\n  - b   # why\n  two: 2\n",
    "m:\n  one: 'quoted # not a remark'   # a remark: yes\n  two: 2\n",
    "m:\n  one: text over\n    two lines\n  two: 2\n",
    "m:\n  'one': 1\n  two: 2\n",
    "m:\n  one: [1,\n    2]   # why\n  two: 2\n",
    "l:\n  - m:\n      one: 1\n      two: 2\nm: {one: 1}\n",
    "ü: 🌊\nm:\n  one: 1\n  two: 2\n",
]


@pytest.mark.parametrize("text", LAYOUTS)
def test_a_key_can_be_added_to_a_mapping_in_any_layout(text):
    tree = read(text, "x")
    longer = rewritten(text, put(tree, ("m", "new"), read("{low: 5%, why: x}", "x")))
    wanted = plain(tree)
    wanted["m"]["new"] = {"low": "5%", "why": "x"}
    assert plain(read(longer, "x")) == wanted
    assert without(longer, text) == 1
    assert longer.count("\r\n") in (0, longer.count("\n"))


def remarks(text):
    return re.findall(r"# (?:why|a remark)", text)


def without(longer, text):
    """Count the runs of characters to take out of the longer text to get the shorter one."""
    start = next((i for i, c in enumerate(text) if longer[i] != c), len(text))
    return 1 if longer.endswith(text[start:]) else 2


@pytest.mark.parametrize("text", LAYOUTS)
def test_a_value_can_be_replaced_in_any_layout(text):
    tree = read(text, "x")
    one = tree.value["m"].value["one"]
    changed = rewritten(text, put(tree, ("m", "one"), read("9", "x")))
    wanted = plain(tree)
    wanted["m"]["one"] = 9.0
    assert plain(read(changed, "x")) == wanted
    end = one.start + len(text[one.start : one.end].rstrip())
    assert changed == f"{text[: one.start].rstrip()} 9{text[end:]}"


@pytest.mark.parametrize(
    ("text", "key"),
    [
        (text, key)
        for text in LAYOUTS
        for key in read(text, "x").value["m"].value
        if len(read(text, "x").value["m"].value) > 1
    ],
)
def test_a_key_can_be_taken_out_of_a_mapping_in_any_layout(text, key):
    tree = read(text, "x")
    wanted = plain(tree)
    del wanted["m"][key]
    mapping = tree.value["m"]
    left = {name: one for name, one in mapping.value.items() if name != key}
    shorter = rewritten(text, put(tree, ("m",), replace(mapping, value=left)))
    assert plain(read(shorter, "x")) == wanted
    assert remarks(shorter) == remarks(text)
    assert shorter.count("\r\n") in (0, shorter.count("\n"))


COMMENTED = """\
a:   # one
  low: 5%   # two
  # three
  mid: 10%   # four
  high: 20%   # five
b: {low: 1,   # six
    mid: 2, high: 3}   # seven
c: [{x: 1, y: {low: 4, # eight
    high: 5}, z: 6}]
# nine
d: "# no remark"
"""


@pytest.mark.parametrize(
    ("path", "value", "lines"),
    [
        ("a.mid", "11%", ["  mid: 11%   # four"]),
        ("b.mid", "7", ["    mid: 7, high: 3}   # seven"]),
        ("c.0.y.low", "7", ["c: [{x: 1, y: {low: 7, # eight"]),
        ("a", "{low: 5%, high: 20%}", ["  # four"]),
        ("a", "{high: 20%, mid: 10%, best: 5%}", ["  best: 5%   # two"]),
        ("a", "30%", ["a: 30%  # one", "# two", "# three", "# four", "# five"]),
        ("b", "{low: 1}", ["b: {low: 1  # six", "          }   # seven"]),
        ("b", "4", ["b: 4  # six", "# seven"]),
        ("c.0.y", "4", ["c: [{x: 1, y: 4  # eight", "              , z: 6}]"]),
        ("c.0.y", "{high: 5}", ["c: [{x: 1, y: {  # eight", "               high: 5}, z: 6}]"]),
        ("d", "{new: 1}", ["d: {new: 1}"]),
        ("e.f", "1", ["e: {f: 1}"]),
    ],
)
def test_a_change_writes_its_lines_alone_and_keeps_every_comment(path, value, lines):
    before = COMMENTED.splitlines()
    tree = put(read(COMMENTED, "x"), tuple(path.split(".")), read(value, "x"))
    changed = rewritten(COMMENTED, tree)
    assert plain(read(changed, "x")) == plain(tree)
    assert [line for line in changed.splitlines() if line not in before] == lines
    assert re.findall("# (?!no )[a-z]+", changed) == re.findall("# (?!no )[a-z]+", COMMENTED)


def test_the_text_of_an_equal_tree_stays_as_it_is():
    text = "a: {x: 0.30, y: '1'}  # why\nb: [1,\n 2]"
    assert rewritten(text, read("b: [1, 2]\na: {y: 1, x: 0.3}", "x")) == text


def test_keys_that_come_and_go_together_leave_what_the_tree_says():
    for text, new in [
        ("m: {a: 1, b: 2, c: 3}", "m: {a: 1}"),
        ("m: {a: 1, b: 2, c: 3}", "m: {b: 2}"),
        ("m: {a: 1, b: 2, c: 3}", "m: {c: 3, d: 4}"),
        ("m: {a: 1, b: 2, c: 3}", "m: {d: 4, e: 5, f: 6, g: 7, a: 1}"),
        ("m:\n  a: 1\n  b: 2\n  c: 3", "m: {a: 1}"),
        ("m:\n  a: 1\n  b: 2\n  c: 3", "m: {c: 3, d: {x: 1}, e: 5, f: 6}"),
        ("m:\n- a: 1\n  b: 2\n- c: 3\n", "m: [{b: 2}, {c: 4, d: 5}]"),
        ("m:\n- a: 1\n- c: 3\n", "m: [{a: 1}, {c: 4}, 5]"),
        ("m:\nn: 1", "m: 2\nn: 1"),
        ("m:", "m: {a: 1}\nn: {b: 2}"),
        ("m: {a: 1}", "m: {}\nn: {b: 2}"),
        ("m: {}", "m: {a: 1}"),
        ("m: &p {a: 1}\nn: *p\no: [*p, 2]", "m: {a: 1}\nn: {a: 2}\no: [{a: 3, b: 4}, 3]"),
        ("{m: 1}", "{n: 1, m: 2, o: {p: 3}}"),
    ]:
        tree = read(new, "x")
        assert plain(read(rewritten(text, tree), "x")) == plain(tree), text


# --- writing --------------------------------------------------------------------------------------

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
numbers = st.floats(allow_nan=False, allow_infinity=False) | st.integers(-(10**20), 10**20)
values = st.recursive(
    texts | numbers,
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(texts.filter(lambda t: t != "<<"), inner)
    ),
    max_leaves=8,
)


def as_read(value):
    """What reading gives back: numbers are floats, also those that text spells."""
    if isinstance(value, dict):
        return {key: as_read(item) for key, item in value.items()}
    if isinstance(value, list):
        return [as_read(item) for item in value]
    if isinstance(value, str):
        node = Node(value, "", 1)
        spelled = number(node)
        return value if spelled is None or math.isinf(spelled) else spelled
    return float(value)


@check
@given(values)
@example("null")
@example("~")
@example("yes")
@example("1e3")
@example("a: b")
@example(" #")
@example("\x7f\x85\u2028\ufeff\U000e0001")
@example({"": "", "a b": "-", "?": "%20"})
@example(5e-324)
def test_what_is_written_on_one_line_reads_the_same(value):
    line = flow(value)
    assert len(line.splitlines()) <= 1
    assert plain(read(f"a: {line}", "x").value["a"]) == as_read(value)
    if isinstance(value, str):
        item = read(f"[{line}]", "x").value[0]
        assert item.value == value
        assert not item.is_empty


@pytest.mark.parametrize("value", [True, None, [False]])
def test_what_a_case_cannot_hold_is_not_written(value):
    with pytest.raises(TypeError, match="no place in a case file"):
        flow(value)


@pytest.mark.parametrize("value", [math.nan, math.inf, {"low": -math.inf}])
def test_what_is_no_finite_number_is_not_written(value):
    with pytest.raises(ValueError, match="no place in a case file"):
        flow(value)


def test_a_value_is_written_as_it_was_whatever_it_looks_like():
    text = "{title: 007, low: 1.10, high: 5%, date: 2021-09, id: 12345678901234567890}"
    assert as_written(read(text, "x")) == text
    block = "why: >-\n  it rained,\n  then stopped\nlist:\n- yes\n- '0.5'\n"
    again = read(as_written(read(block, "x")), "x")
    assert again.value["why"].value == "it rained, then stopped"
    assert [item.value for item in again.value["list"].value] == ["yes", "0.5"]


# --- the digest -----------------------------------------------------------------------------------


def test_the_digest_is_that_of_the_content():
    """SHA-256 of the JSON of the content, keys sorted: fixed, as cases are cited by it."""
    tree = read("b: [x, 0.5]\na: 'ü'\n", "x")
    # printf '{"a":"\\u00fc","b":["x",0.5]}' | sha256sum
    assert digest(tree) == "b42b16eac8c5f7fec098efb0f88d4308704805c0a85e5111e35f15e4039fb188"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("{a: 1}", "{a: 2}"),
        ("{a: 1}", "{b: 1}"),
        ("{a: [1, 2]}", "{a: [2, 1]}"),
        ("{a: 20%}", "{a: 0.2}"),
        ("{a: {}}", "{a: []}"),
        ("{a: ''}", "{a: {}}"),
        ("{a: x}", "{a: X}"),
        ("{a: 1e400}", "{a: 1e401}"),
    ],
)
def test_other_content_has_another_digest(one, other):
    assert digest(read(one, "x")) != digest(read(other, "x"))
