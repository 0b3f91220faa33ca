"""Edits of a text say what the same edits of plain data say, and keep every comment."""

import difflib
import re
import time
from collections import Counter
from functools import cache
from pathlib import Path

import numpy as np
import pytest
import yaml

from forecasting.errors import InputError
from forecasting.file import document, edits
from forecasting.file.case import read
from tests.random_cases import random_case
from tests.random_edits import Editor, added, deleted
from tests.random_states import random_states

ROOT = Path(__file__).resolve().parents[1]
SHIPPED = ("first_case", "second_case", "pakistan_taliban_2021")
LOADER = getattr(yaml, "CBaseLoader", yaml.BaseLoader)  # all scalars as the text they are


class WrittenOut(yaml.SafeDumper):
    """Writes YAML without aliases."""

    def ignore_aliases(self, data):
        return True


WRITTEN = """\
# head

case: written   # the name
title: 'Single ''quotes'' here'
about: >-       # folded
  Several lines
  of text, with a # in it.
as_of: 2024-01-01


events:         # all of them

    rain:       # four columns deep
        # within
        role: driver
        base_rate:        # in lines
            low: 1.10%    # as measured

            high: 20.0%
        # before the reason
        why: |
            One
              two  # text

            three

    flood:
        base_rate: {low: 5%,   # between
                    high: 10%  # brackets
                    }
        given: "rain.yes"
        reference: [book,      # the first
                    'film']
        why: |+
            Kept


    war: {base_rate: 1%, title: War}   # on one line
    # after the last

links:
- from: rain   # at the margin
  to: flood
  raises: 2
# between links
-   # behind the dash
  from: rain
  to: "war"
  lowers:      # nothing in front
    2

sources: {gauge: {title: The gauge}, press: {}}   # in brackets
evidence:
  wet:
    bears_on:
      rain: {raises: 2}   # more
      flood.no: {lowers: 2}
    chance: 40%
    reports:
      # the best one
      - source: gauge   # the gauge
        grade: A1
      - {source: press, grade: C3}
    why: Wet.
  dry: {bears_on: rain, if_yes: 1%, if_no: 50%, reports: [{source: press, grade: C3}]}

scenarios:
  both:
    when:
      rain: yes   # first
      flood: yes
  no_war: {when: {war: no}}
# nothing is left over
references:
  book: {title: A book}
  film:
    title: A film # tail
    note: >
      Folded,
      at the end
"""


# --- texts ----------------------------------------------------------------------------------------


def comments(text):
    """Every comment of a text, found with the scanner of PyYAML."""
    found, done = [], 0
    for token in yaml.scan(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader)):
        found += re.findall(r"#[^\n\r\x85\u2028\u2029]*", text[done : token.start_mark.index])
        done = max(done, token.end_mark.index)
        if isinstance(token, yaml.ScalarToken) and token.style in ("|", ">"):
            header = text[token.start_mark.index : token.end_mark.index].splitlines()[0]
            found += re.findall(r"#.*", header)
    found += re.findall(r"#[^\n\r]*", text[done:])
    return Counter(comment.strip() for comment in found)


def sprinkled(text, seed):
    """A text without values over several lines, with comments beside and between its lines."""
    rng = np.random.default_rng([seed, 5])
    lines = []
    for i, line in enumerate(text.splitlines()):
        if rng.random() < 0.2:
            lines.append(" " * rng.integers(0, 8) + f"# over {i}: it's [one")
        if rng.random() < 0.1:
            lines.append("")
        lines.append(line + (f'   # beside {i}, "one' if rng.random() < 0.3 else ""))
    return "\n".join(lines) + "\n"


@cache
def plain_case(number):
    return random_case(number) if number % 2 else random_states(number)[0]


def some_text(seed):
    """A text in one of many styles, from a seed."""
    rng = np.random.default_rng([seed, 3])
    if seed % 50 == 0:
        text = (ROOT / "priors" / f"{SHIPPED[2]}.yaml").read_text()
    elif seed % 3 == 0:
        text = (ROOT / "priors" / f"{SHIPPED[seed % 2]}.yaml").read_text()
    elif seed % 3 == 1:
        text = WRITTEN
    else:
        flow = (False, False, None, True)[rng.integers(4)]
        content = plain_case(int(rng.integers(24)))
        look = {"default_flow_style": flow, "width": 10**6, "indent": 2 + seed % 3}
        text = yaml.dump(content, Dumper=WrittenOut, sort_keys=False, **look)
        text = sprinkled(text, seed)
    if rng.random() < 0.25:
        text = text.replace("\n", "\r\n")
    if rng.random() < 0.2:
        text = text.rstrip("\r\n")
    return text


def tree(text):
    return yaml.load(text, Loader=LOADER)


@pytest.mark.parametrize("seed", range(300))
def test_a_text_reads_as_plain_data_that_was_edited_alike_and_keeps_every_comment(seed):
    text, editor = some_text(seed), Editor(seed)
    case, kept = tree(text), comments(text)
    for _ in range(5):
        edit, expected = editor.edit(case)
        if expected is None:
            with pytest.raises(InputError, match="is a parent of the table of"):
                edits.apply(text, [edit])
            continue
        before = text
        text = edits.apply(text, [edit]).text
        assert tree(text) == expected, (edit, "".join(difflib.ndiff(
            before.splitlines(True), text.splitlines(True))))  # fmt: skip
        assert comments(text) == kept, edit
        document.read(text, "")
        assert ("\r\n" in text) == ("\r\n" in before)
        case = expected


@pytest.mark.parametrize("seed", range(60))
def test_several_edits_at_once_make_what_they_make_one_by_one(seed):
    text, editor = some_text(seed + 1000), Editor(seed + 1000)
    case, several = tree(text), []
    for _ in range(6):
        edit, expected = editor.edit(case)
        if expected is not None:
            several.append(edit)
            case = expected
    after = edits.apply(text, several).text
    assert tree(after) == case
    assert comments(after) == comments(text)


def test_the_edits_above_are_of_every_way_and_meet_every_style():
    """The test above would pass over a generator that never deletes."""
    ways, texts = Counter(), [some_text(seed) for seed in range(1, 40)]
    for seed, text in enumerate(texts):
        case, editor = tree(text), Editor(seed)
        for _ in range(20):
            edit, _ = editor.edit(case)
            ways[next(iter(edit))] += 1
    assert min(ways[way] for way in edits.WAYS) > 50
    assert any("\r\n" in text for text in texts)
    assert any(not text.endswith("\n") for text in texts)
    assert any(text.lstrip().startswith("{") for text in texts)


# --- one by one -----------------------------------------------------------------------------------

SMALL = """\
case: small
events:
  rain: {base_rate: 20%}
  flood:
    title: It floods   # in the valley
    base_rate: {low: 5%, high: 10%}
    why: >-
      Once in
      ten years.
links:
  - from: rain
    to: flood
    raises: 2
"""


def lines(before, after):
    """What a diff shows: lines out, lines in."""
    told = [*difflib.ndiff(before.splitlines(), after.splitlines())]
    return [one for one in told if one[0] in "-+"]


@pytest.mark.parametrize(
    ("keys", "value", "shown"),
    [
        (["events", "flood", "title"], "Water",
         ["-     title: It floods   # in the valley", "+     title: Water   # in the valley"]),
        (["events", "flood", "base_rate", "high"], "12.50%",
         ["-     base_rate: {low: 5%, high: 10%}", "+     base_rate: {low: 5%, high: 12.50%}"]),
        (["events", "flood", "now"], 0.3, ["+     now: 0.3"]),
        (["events", "rain", "why"], "x: y",
         ["-   rain: {base_rate: 20%}", '+   rain: {base_rate: 20%, why: "x: y"}']),
        (["links", "rain->flood", "why"], "It is wet.", ["+     why: It is wet."]),
        (["title"], "Small", ["+ title: Small"]),
        (["events", "flood", "title"], None,
         ["-     title: It floods   # in the valley", "+     # in the valley"]),
        (["events", "flood", "why"], "It's so, twice",
         ["-     why: >-", "-       Once in", "-       ten years.", "+     why: It's so, twice"]),
        (["scales", "reliability", "B"], "70%", ["+ scales: {reliability: {B: 70%}}"]),
    ],
)  # fmt: skip
def test_a_changed_field_is_a_line_of_diff(keys, value, shown):
    told = lines(SMALL, edits.apply(SMALL, [{"put": keys, "value": value}]).text)
    assert sorted(told) == sorted(shown)


@pytest.mark.parametrize("case", SHIPPED)
def test_an_entry_that_is_put_back_as_it_was_read_changes_nothing(case):
    text = (ROOT / "priors" / f"{case}.yaml").read_text()
    said = tree(text)
    for section in ("events", "sources", "evidence", "scenarios"):
        for name in [*said[section]][:3]:
            entry = edits.entry(text, section, name)
            assert entry == said[section][name]
            assert edits.apply(text, [{"replace": [section, name], "entry": entry}]).text == text
    link = "{from}->{to}".format(**said["links"][1])
    assert edits.entry(text, "links", link) == said["links"][1]
    top = edits.entry(text, "case", None)
    assert top["title"] == said["title"]
    assert edits.apply(text, [{"replace": ["case", None], "entry": top}]).text == text


def test_a_case_grows_from_a_name_alone():
    text = "case: new\nas_of: 2024-01-01  # today\nresolve_by: 2025-01-01\n"
    rate = {"low": "5%", "high": "20%"}
    made = edits.apply(
        text,
        [
            {"add": "events", "words": "Will the dam break?", "entry": {"base_rate": rate}},
            {"add": "events", "words": "Will the dam break?", "entry": {
                "states": {"low": "low water", "high": "high water"},
                "base_rate": {"low": "70%", "high": "rest"}}},
            {"add": "links", "entry": {
                "from": "$2.high", "to": "$1", "raises": {"low": 2, "high": 4}}},
        ],
    )  # fmt: skip
    assert made.made == (
        ("events", "dam_break"),
        ("events", "dam_break_2"),
        ("links", "dam_break_2.high->dam_break"),
    )
    more = edits.apply(
        made.text,
        [
            {"add": "sources", "words": "The guard of the dam", "entry": {"title": "The guard"}},
            {"add": "evidence", "words": "漢字", "entry": {
                "claim": "$1", "date": "2023-12-01", "why": None,
                "bears_on": {"dam_break": {"raises": 2}}, "chance": 0.4,
                "reports": [{"source": "$1", "grade": "B2"}]}},
            {"add": "scenarios", "words": "worst", "entry": {"when": {"dam_break": True}}},
        ],
    )  # fmt: skip
    assert (
        more.text
        == """\
case: new
as_of: 2024-01-01  # today
resolve_by: 2025-01-01

events:
  dam_break:
    base_rate: {low: 5%, high: 20%}
  dam_break_2:
    states: {low: low water, high: high water}
    base_rate: {low: 70%, high: rest}

links:
  - from: dam_break_2.high
    to: dam_break
    raises: {low: 2, high: 4}

sources:
  guard_dam:
    title: The guard

evidence:
  fact:
    claim: "$1"
    date: 2023-12-01
    bears_on: {dam_break: {raises: 2}}
    chance: 0.4
    reports:
      - {source: guard_dam, grade: B2}

scenarios:
  worst:
    when: {dam_break: yes}
"""
    )
    case = read(more.text)
    assert case.closed({"dam_break": True}) == {"dam_break": frozenset({1})}
    said = tree(more.text)
    assert edits.as_text({key: said[key] for key in reversed(said)}) == more.text.replace(
        "  # today", ""
    )


def test_deleting_tells_first_what_goes_too():
    text = (ROOT / "priors" / "second_case.yaml").read_text()
    assert edits.losses(text, "events", "harvest") == [
        "3 links",
        "the fact “More fruit has set than in most years.”",
        "the scenario “A poor harvest”",
        "a condition of the scenario “Enough, and most goes abroad”",
        "a condition of the scenario “Enough, and most stays here”",
    ]
    assert edits.losses(text, "sources", "cooperative") == [
        "1 report",
        "the fact “More fruit has set than in most years.” stays, as pending: no report is left",
    ]
    assert edits.losses(text, "scenarios", "poor_year") == []
    assert edits.losses(WRITTEN, "events", "rain") == [
        "the condition of the event “flood”",
        "2 links",
        "what the fact “wet” says of it",
        "the fact “dry”",
        "a condition of the scenario “both”",
    ]


def test_what_goes_is_told_in_the_order_of_the_file():
    views, links = "views: {ann: {b: 5%}}", "links: [{from: a, to: b, raises: 2}]"
    for first, second, told in (
        (views, links, ["the view “ann”", "1 link"]),
        (links, views, ["1 link", "the view “ann”"]),
    ):
        text = f"{{{first}, {second}, events: {{a: {{base_rate: 5%}}, b: {{base_rate: 5%}}}}}}"
        assert edits.losses(text, "events", "b") == told


def test_a_name_changes_wherever_it_is_referred_to_and_nowhere_else():
    after = edits.apply(WRITTEN, [{"rename": ["events", "rain"], "to": "wet_year"}]).text
    told = [one for one in lines(WRITTEN, after) if one[0] == "+"]
    assert told == [
        "+     wet_year:       # four columns deep",
        '+         given: "wet_year.yes"',
        "+ - from: wet_year   # at the margin",
        "+   from: wet_year",
        "+       wet_year: {raises: 2}   # more",
        "+   dry: {bears_on: wet_year, if_yes: 1%, if_no: 50%, reports: "
        "[{source: press, grade: C3}]}",
        "+       wet_year: yes   # first",
    ]
    table = (
        "events: {a: {parents: [b.x, b, c], table: {}}, b: {}, c: {}}\nviews: {ann: {b.x: 5%}}\n"
    )
    assert edits.apply(table, [{"rename": ["events", "b"], "to": "d"}]).text == (
        "events: {a: {parents: [d.x, d, c], table: {}}, d: {}, c: {}}\nviews: {ann: {d.x: 5%}}\n"
    )


def test_a_table_keeps_its_parents():
    text = "events: {a: {parents: [b.x], table: {}}, b: {}}\n"
    for ask in (edits.losses, lambda *which: edits.apply(which[0], [{"delete": [*which[1:]]}])):
        with pytest.raises(InputError) as caught:
            ask(text, "events", "b")
        (problem,) = caught.value.problems
        assert problem.problem == "b is a parent of the table of a, and cannot go without it"
        assert (problem.line, problem.place) == (1, "events.a.parents")
    assert edits.apply(text, [{"delete": ["events", "a"]}]).text == "events: {b: {}}\n"


ALIASED = """\
case: aliased
events:
  rain: &r
    base_rate: &rate {low: 5%, high: 10%}
    title: &name rain
  flood: *r
  war: {base_rate: *rate, why: &why War.}
links: [{from: *name, to: war, raises: 2}]
"""


@pytest.mark.parametrize(
    ("edit", "problem"),
    [
        ({"put": ["events", "flood", "title"], "value": "x"}, "stands elsewhere"),
        ({"put": ["events", "war", "base_rate", "low"], "value": "1%"}, "stands elsewhere"),
        ({"put": ["events", "war", "base_rate"], "value": "1%"}, "stands elsewhere"),
        ({"put": ["events", "rain", "why"], "value": "x"}, "an alias elsewhere means this too"),
        ({"replace": ["events", "rain"], "entry": {"base_rate": "1%"}}, "an alias elsewhere"),
        ({"delete": ["events", "rain"]}, "an alias elsewhere means this too"),
    ],
)
def test_what_an_alias_stands_for_is_not_edited(edit, problem):
    with pytest.raises(InputError, match=problem):
        edits.apply(ALIASED, [edit])


def test_beside_aliases_all_can_be_edited():
    after = edits.apply(
        ALIASED,
        [
            {"rename": ["events", "rain"], "to": "wet"},
            {"put": ["events", "war", "why"], "value": "Peace."},
            {"delete": ["events", "flood"]},
            {"put": ["events", "wet", "why"], "value": "No alias of it is left."},
        ],
    )
    assert after.text == (
        """\
case: aliased
events:
  wet: &r
    base_rate: &rate {low: 5%, high: 10%}
    title: &name rain
    why: No alias of it is left.
  war: {base_rate: *rate, why: Peace.}
links: [{from: wet, to: war, raises: 2}]
"""
    )


@pytest.mark.parametrize(
    ("edit", "problem"),
    [
        ({"add": "events", "name": "rain", "entry": {}}, "there is an event of this name"),
        ({"add": "events", "name": "two words", "entry": {}}, "not a name"),
        ({"add": "events", "name": "null", "entry": {}}, "not a name"),
        ({"add": "event", "entry": {}}, "there is no such section"),
        ({"add": "sources", "words": "x", "entry": {"title": float("nan")}}, "has no place"),
        ({"add": "sources", "words": "x", "entry": {"title": 10**400}}, "has no place"),
        ({"rename": ["events", "rain"], "to": "flood"}, "there is an event of this name"),
        ({"rename": ["events", "rains"], "to": "x"}, "there is no event of this name"),
        ({"rename": ["links", "rain->flood"], "to": "x"}, "has no name of its own"),
        ({"delete": ["scenarios", "x"]}, "there is no such section"),
        ({"delete": ["links", "flood->rain"]}, "there is no link of this name"),
        ({"put": ["events", "flood", "why", "deep"], "value": "x"}, "has no parts"),
        ({"move": ["events", "rain"]}, "not an edit"),
    ],
)
def test_what_cannot_be_is_refused_and_nothing_is_made(edit, problem):
    with pytest.raises(InputError, match=problem):
        edits.apply(SMALL, [{"put": ["title"], "value": "Small"}, edit])


def test_a_source_that_goes_leaves_its_facts_pending():
    text = (ROOT / "priors" / "first_case.yaml").read_text()
    after = edits.apply(text, [{"delete": ["sources", "ferryman"]}]).text
    case = read(after)
    assert case.evidence["cracks_in_the_pier"].status == "pending"
    assert len(case.evidence["river_high_in_november"].reports) == 1


@pytest.mark.parametrize(
    "text", ["case: x\nabout: |\n  Ends here", "case: x\nabout: >+\n  Ends here"]
)
def test_a_block_of_text_at_the_end_stays_as_it_is(text):
    after = edits.apply(text, [{"add": "events", "name": "rain", "entry": {"base_rate": "5%"}}])
    assert tree(after.text)["about"] == tree(text)["about"] == "Ends here"
    assert tree(after.text)["events"] == {"rain": {"base_rate": "5%"}}


def test_marks_at_the_start_of_a_file_stay():
    text = "\ufeff" + SMALL
    after = edits.apply(text, [{"rename": ["events", "rain"], "to": "wet"}]).text
    assert after == text.replace("rain", "wet")


def test_sections_come_in_the_order_of_the_format():
    edit = {"name": "x", "entry": {"title": "X"}}
    sections = ["references", "views", "evidence", "scenarios", "links", "sources", "events"]
    text = "case: x\nscales: {odds: {strong: 5}}\n"
    for section in sections:
        text = edits.apply(text, [{**edit, "add": section}]).text
    assert [*tree(text)] == ["case", "events", "links", "sources", "evidence", "scenarios",
                             "views", "references", "scales"]  # fmt: skip


def test_an_edit_of_the_largest_case_takes_little_more_than_reading_it():
    """100 ms is what one edit may take; half of that is spent on reading the text once."""
    text = (ROOT / "priors" / "pakistan_taliban_2021.yaml").read_text()

    ways = [
        lambda: document.read(text, ""),
        lambda: edits.apply(text, [{"put": ["events", "renewed_war", "base_rate"], "value": "9%"}]),
        lambda: edits.apply(text, [{"rename": ["events", "lethal_strike"], "to": "strike"}]),
    ]
    times = [[] for _ in ways]
    for _ in range(10):  # in turn, so that whatever else the machine does slows all of them
        for way, spent in zip(ways, times, strict=True):
            start = time.process_time()
            way()
            spent.append(time.process_time() - start)
    reading, *editing = map(min, times)
    assert max(editing) < 2.5 * reading


KEEPING = """\
case: keeping
events:
  rain:
    why: |+
      Kept

  flood: {base_rate: 5%}


sources:
  gauge:
    title: >+
      Folded

views: {ann: {flood: 5%}}
"""


def test_a_text_that_keeps_its_blank_lines_gets_no_other():
    said = tree(KEEPING)
    for edit, expected in (
        ({"delete": ["events", "flood"]}, deleted(said, "events", "flood")),
        ({"add": "events", "name": "x", "entry": {"title": "X"}},
         added(said, "events", "x", {"title": "X"})),
        ({"add": "evidence", "name": "x", "entry": {"claim": "X"}},
         added(said, "evidence", "x", {"claim": "X"})),
        ({"add": "sources", "name": "x", "entry": {"title": "X"}},
         added(said, "sources", "x", {"title": "X"})),
        ({"delete": ["views", "ann"]}, deleted(said, "views", "ann")),
    ):  # fmt: skip
        assert tree(edits.apply(KEEPING, [edit]).text) == expected


def test_a_key_behind_a_question_mark_is_renamed_and_nothing_is_written_beside_it():
    text = "case: x\nevents:\n  ? rain\n  : base_rate: 5%\n"
    after = edits.apply(text, [{"rename": ["events", "rain"], "to": "wet"}]).text
    assert after == text.replace("rain", "wet")
    for edit in ({"delete": ["events", "rain"]}, {"add": "events", "name": "x", "entry": {}}):
        with pytest.raises(InputError, match=r"of its line|in lines"):
            edits.apply(text + "  war: {base_rate: 1%}\n", [edit])


def test_states_and_cuts_that_are_called_by_words_get_names_of_their_own():
    entry = {
        "states": {"$The Town": "The Town", "$Yes": "Yes", "$ Town!": "Town!", "rest_of": "x"},
        "base_rate": {"$The Town": "50%", "$Yes": {"low": "5%", "high": "9%"}, "$ Town!": "rest"},
        "cuts": {"$the whole": "[rest_of]"},
        "question": "$1 or more?",
    }
    text = "case: harbour\nevents:\n  rain: {base_rate: 20%}\n"
    done = edits.apply(text, [{"add": "events", "name": "runs", "entry": entry}])
    runs = edits.entry(done.text, "events", "runs")
    assert runs["states"] == {"town": "The Town", "yes_2": "Yes", "town_2": "Town!", "rest_of": "x"}
    assert runs["base_rate"] == {
        "town": "50%", "yes_2": {"low": "5%", "high": "9%"}, "town_2": "rest",
    }  # fmt: skip
    assert (runs["cuts"], runs["question"]) == ({"whole": "[rest_of]"}, "$1 or more?")
