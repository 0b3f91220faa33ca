"""A network in BIF is read to the last bit, and what is wrong with a file is told by its line."""

import gzip
import random
from importlib.resources import files

import pytest

from forecasting.errors import InputError
from forecasting.exchange import bif

DOG = """\
// Charniak's dog, as JavaBayes writes it
network "Dog-Problem" { property "credal-set constant-density-bounded 1.1" ; }
variable "light on" { // a name of two words
  type discrete[2] { "true" "false" };
  property "position = (218, 195)" ;
}
variable dog { type discrete [ 3 ] { in, out, <gone> }; property weight = 2; }
/* the family,
   out or not */
variable family-out { type discrete [ 2 ] { yes, no }; }
probability ( family-out ) { table 0.15, 0.85; }
probability ( "light on" | family-out ) { table 0.6 0.05 0.4 0.95; }
probability ( dog | family-out, "light on" ) {
  default 0.125, 0.625, 0.25;
  (no, true) 1e-3, .999, 0; // and nothing else
  (yes, true) 0.5, 0.25, 0.25;
}
"""


def test_names_comments_properties_and_rows_are_read():
    light, dog, family = bif.read(DOG, "dog.bif")
    assert (light.name, light.states, light.parents) == (
        "light on", ("true", "false"), ("family-out",),
    )  # fmt: skip
    assert dog.states == ("in", "out", "<gone>")
    assert dog.parents == ("family-out", "light on")
    assert family.rows == {(): (0.15, 0.85)}


def test_a_table_lists_the_rows_of_the_first_state_then_of_the_second():
    light = bif.read(DOG, "dog.bif")[0]
    assert light.rows == {("yes",): (0.6, 0.4), ("no",): (0.05, 0.95)}


def test_rows_come_in_the_order_of_the_states_and_the_default_fills_the_rest():
    dog = bif.read(DOG, "dog.bif")[1]
    assert list(dog.rows.items()) == [
        (("yes", "true"), (0.5, 0.25, 0.25)),
        (("yes", "false"), (0.125, 0.625, 0.25)),
        (("no", "true"), (0.001, 0.999, 0.0)),
        (("no", "false"), (0.125, 0.625, 0.25)),
    ]


def test_commas_bars_and_line_ends_count_as_spaces():
    plain = DOG.replace("|", " ").replace(", no", " no").replace("\n", "\r\n")
    assert bif.read(plain, "dog.bif") == bif.read(DOG, "dog.bif")


@pytest.mark.parametrize(
    "name", ["survey", "sachs", "child", "alarm", "insurance", "hailfinder", "hepar2", "andes"]
)
def test_published_networks_are_read_as_pgmpy_reads_them_to_the_last_bit(name):
    readwrite = pytest.importorskip("pgmpy.readwrite")
    packed = files("pgmpy") / "utils" / "example_models" / f"{name}.bif.gz"
    text = gzip.decompress(packed.read_bytes()).decode()
    other = readwrite.BIFReader(string=text)
    found = bif.read(text, f"{name}.bif")
    assert [one.name for one in found] == other.variable_names
    for one in found:
        assert list(one.states) == other.variable_states[one.name]
        assert list(one.parents) == other.variable_parents[one.name]
        # A column is a combination of the parents' states, the last parent fastest.
        columns = other.variable_cpds[one.name].T.tolist()
        assert [list(row) for row in one.rows.values()] == columns


def test_any_number_keeps_its_value_in_double_precision():
    rng = random.Random(5)
    for _ in range(200):
        p = rng.random() * 10.0 ** -rng.randrange(12)
        text = f"variable a {{ type discrete [2] {{ x, y }}; }} probability (a) {{ table {p!r} "
        (variable,) = bif.read(text + f"{1 - p!r}; }}", "a.bif")
        assert variable.rows[()] == (p, 1 - p)


# --- what is refused ------------------------------------------------------------------------------

SEA = """\
network sea {
}
variable wind {
  type discrete [ 3 ] { calm, breeze, storm };
}
variable tide {
  type discrete [ 2 ] { ebb, flood };
}
probability ( wind ) {
  table 0.5, 0.25, 0.25;
}
probability ( tide | wind ) {
  (calm) 0.5, 0.5;
  (breeze) 0.25, 0.75;
  (storm) 0.125, 0.875;
}
"""

CALM = "  (calm) 0.5, 0.5;\n"

# (what is written, in place of what, the line of the message, its problem, found, accepted)
WRONG = {
    "a parent that is not there": (
        "tide | wind", "tide | winds", 12,
        "a parent of tide is not declared", "winds", None,
    ),
    "a parent named twice": (
        "tide | wind", "tide | wind, wind", 12,
        "a parent is named twice", "wind", "each parent once",
    ),
    "a row too few": (
        CALM, "", 12, "tide lacks rows", "2 of 3 rows", "also (calm)",
    ),
    "no row at all": (
        "table 0.5, 0.25, 0.25;", "", 9, "wind lacks rows", "0 of 1 row",
        "table, with a number for each state",
    ),
    "a row twice": (
        CALM, CALM + CALM, 14, "a row is written twice", "(calm)", None,
    ),
    "a row of a state that is not there": (
        "(calm)", "(clam)", 13, "wind has no such state", "clam", "calm, breeze, storm",
    ),
    "a row of too many words": (
        "(calm)", "(calm, ebb)", 13,
        "not a row of this table", "(calm, ebb)", "one state of each of wind",
    ),
    "too few numbers": (
        "(calm) 0.5, 0.5", "(calm) 1", 13, "not as many numbers as are due", "1 number", "2",
    ),
    "too many numbers": (
        "0.25, 0.25", "0.25, 0.125, 0.125", 10,
        "not as many numbers as are due", "4 numbers", "3",
    ),
    "no number": (
        "(calm) 0.5", "(calm) half", 13, "not a probability", "half", "a number from 0 to 1",
    ),
    "a number that is not finite": (
        "(calm) 0.5", "(calm) nan", 13, "not a probability", "nan", "a number from 0 to 1",
    ),
    "a number below 0": (
        "(calm) 0.5, 0.5", "(calm) -0.5, 1.5", 13,
        "not a probability", "-0.5", "a number from 0 to 1",
    ),
    "a row far from 1": (
        "(calm) 0.5, 0.5", "(calm) 0.5, 0.25", 13,
        "a row does not add up to 1", "0.5, 0.25, in all 0.75",
        "numbers that add up to 1, within 0.01",
    ),
    "a brace that is not closed": (
        "storm };\n}", "storm };\n", 6,
        "a block begins inside another", "variable", "one type, properties or }",
    ),
    "the last brace missing": (
        "0.875;\n}", "0.875;\n", 17, "the file ends inside a block", "the end of the file",
        "table, default, a row such as (a, b) 0.1, 0.9; or }",
    ),
    "a brace too many": (
        "storm };\n}", "storm };\n} }", 5,
        "not a block of a BIF file", "}", "network, variable or probability",
    ),
    "a bracket that is not closed": (
        "(calm)", "(calm", 13, "not what BIF has in such a block", ";", ")",
    ),
    "a property without an end": (
        "storm };\n", "storm };\n property a", 5, "not what BIF has in such a block", "}", ";",
    ),
    "a semicolon missing": (
        "0.5, 0.5;", "0.5, 0.5", 14, "not what BIF has in such a block", "(", ";",
    ),
    "a comment that is not closed": (
        "(calm)", "/* (calm)", 13, "a comment is not closed", "/", None,
    ),
    "a quote that is not closed": ("(storm)", '("storm)', 15, "a quote is not closed", '"', None),
    "another block": (
        "variable tide", "decision tide", 6,
        "not a block of a BIF file", "decision", "network, variable or probability",
    ),
    "a variable that is not discrete": (
        "discrete [ 3 ]", "continuous [ 3 ]", 4,
        "not a discrete variable", "continuous", "type discrete",
    ),
    "a variable without a type": (
        "type discrete [ 2 ] { ebb, flood };", "", 6,
        "a variable without a type", "tide", "type discrete [ 2 ] { one, two };",
    ),
    "states that are not as many": (
        "[ 3 ]", "[ 4 ]", 4, "the states are not as many as is said", "[ 4 ], and 3 names", None,
    ),
    "a single state": (
        "[ 2 ] { ebb, flood }", "[ 1 ] { ebb }", 7,
        "too few or too many states", "tide with 1 state", "2 to 1,000 states",
    ),
    "a state twice": (
        "{ ebb, flood }", "{ ebb, ebb }", 7, "a state is named twice", "ebb", "each state once",
    ),
    "a variable twice": (
        "variable tide", "variable wind", 6, "this variable is declared twice", "wind", None,
    ),
    "a table twice": (
        "( tide | wind )", "( wind )", 12,
        "this variable has two tables", "wind", "each variable once (the first is on line 9)",
    ),
    "a table of nothing": (
        "( tide | wind )", "( )", 12, "a table of no variable", None, "( NAME | PARENT, ... )",
    ),
    "a table of a stranger": (
        "( tide | wind )", "( tides | wind )", 12,
        "a table of a variable that is not declared", "tides", None,
    ),
    "a variable without a table": (
        SEA[SEA.index("probability ( tide") :], "", 6,
        "a variable without a table", "tide", "probability ( tide ) { ... }",
    ),
}  # fmt: skip


def problem_of(text):
    with pytest.raises(InputError) as refused:
        bif.read(text, "sea.bif")
    (problem,) = refused.value.problems
    return problem


@pytest.mark.parametrize("what", WRONG)
def test_what_is_wrong_is_told_by_its_line(what):
    old, new, line, problem, found, accepted = WRONG[what]
    assert old in SEA
    told = problem_of(SEA.replace(old, new, 1))
    assert (told.file, told.line, told.problem) == ("sea.bif", line, problem)
    assert (told.found, told.accepted) == (found, accepted)


def test_a_misspelled_name_gets_the_right_one_for_a_hint():
    assert problem_of(SEA.replace("| wind", "| winds")).hint == "did you mean wind?"
    assert problem_of(SEA.replace("(calm)", "(clam)")).hint == "did you mean calm?"


def test_a_brace_left_open_is_named_by_the_line_that_opened_it():
    assert problem_of(SEA.replace("storm };\n}", "storm };\n")).hint == "close the one of line 3"
    last = problem_of(SEA.rstrip().removesuffix("}"))
    assert last.hint == "close the bracket opened on line 12"


@pytest.mark.parametrize("text", ["", "// nothing\n"])
def test_a_file_of_nothing_is_refused(text):
    assert problem_of(text).problem == "no variable is declared"


def test_a_block_that_bif_does_not_have_is_refused():
    assert problem_of("utility rain { }\n").found == "utility"


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (b"", "the file is empty"),
        (b"\xef\xbb\xbf \n\n", "the file is empty"),
        (gzip.compress(SEA.encode()), "this is a file compressed by gzip, and no BIF"),
        (b"PK\x03\x04\x14\0", "this is a zip archive, and no BIF"),
        (
            b'<?xml version="1.0"?>\n<smile version="1.0">',
            "this is a network of GeNIe (XDSL), and no BIF",
        ),
        (b'<?xml version="1.0"?>\n<BIF VERSION="0.3">', "this is XML, and no BIF"),
        (b'{"nodes": []}', "this is JSON, and no BIF"),
        (b"net\n{\n}\n", "this is a network of Hugin (NET), and no BIF"),
        (b"# made by hand\n# today\n\ncase: rain\n", "this is a case already, and no BIF"),
        (b"\x7fELF\x02\0", "this is not text, and no BIF"),
        (b"# # # # # # # # # # # # # # # # # # # # # # # # #", "not a block of a BIF file"),
        (b"variable caf\xe9 {", "not UTF-8 text"),
    ],
)
def test_another_format_is_refused_in_one_sentence_by_its_name(tmp_path, data, told):
    path = tmp_path / "net.bif"
    path.write_bytes(data)
    with pytest.raises(InputError) as refused:
        bif.read_file(path)
    (problem,) = refused.value.problems
    assert (problem.problem, problem.file) == (told, str(path))


def test_a_network_in_a_file_is_read_as_its_text_is(tmp_path):
    path = tmp_path / "sea.bif"
    path.write_text("\ufeff" + SEA, encoding="utf-8")
    assert bif.read_file(path) == bif.read(SEA, "sea.bif")


def network(parents, states=2, children=1):
    """Children of the same parents, whose rows are all alike."""
    words = " ".join(f"s{i}" for i in range(states))
    above, below = ([f"{of}{i}" for i in range(n)] for of, n in (("a", parents), ("b", children)))
    row = "1 " + "0 " * (states - 1)
    blocks = [f"variable {v} {{ type discrete [{states}] {{ {words} }}; }}" for v in above + below]
    blocks += [f"probability ({v}) {{ table {row}; }}" for v in above]
    blocks += [f"probability ({v} | {' '.join(above)}) {{ default {row}; }}" for v in below]
    return "\n".join(blocks)


def test_a_table_may_hold_100_000_numbers_and_no_more():
    *_, child = bif.read(network(4, 10), "sea.bif")
    assert len(child.rows) == 10_000
    told = problem_of(network(5, 10))
    assert told.problem == "the table of b0 is too large"
    assert (told.found, told.accepted) == ("1,000,000 numbers", "at most 100,000")
    # Of a hundred parents too, before anything is laid out.
    assert problem_of(network(100)).found == f"{2**101:,} numbers"


def test_tables_and_names_have_a_limit_together():
    told = problem_of(network(15, children=20))
    assert told.problem == "the tables are too large together"
    assert told.accepted == "at most 1,000,000 numbers"
    assert problem_of(network(0, children=1001)).problem == "too many variables"
    told = problem_of(network(0, states=1001))
    assert told.found == "b0 with 1,001 states"
