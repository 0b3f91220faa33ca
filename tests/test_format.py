"""Every form of every value is taken, or refused, by the reader and by an editor alike."""

import jsonschema
import pytest
import yaml

from forecasting.errors import InputError
from forecasting.file import case as cases
from forecasting.file import document
from forecasting.file.case import BearsOn, Case, GradeReader, PlainShare
from forecasting.file.models import FACTOR, MODELS, PRIOR, BaseRateReader
from forecasting.file.records import ListOf, MapOf, Record, keys
from forecasting.file.states import (
    AmountsReader,
    ByProposition,
    ByType,
    Cuts,
    Holds,
    Row,
    RowReader,
    Share,
    SharesReader,
    States,
    TableReader,
)
from forecasting.file.values import (
    BAD,
    Choice,
    DayReader,
    Judgement,
    Months,
    Multiplier,
    Name,
    Names,
    Reading,
    Text,
    Word,
    YesNo,
)
from tests.test_case import EditorLoader, as_json

# Of a value: what is taken, what is refused, and what only the reader can refuse, since a schema
# knows no scale, no leap year, no order of two numbers, and no limit of a number that is text.
POINTS = """
    0.2 | .2 | 2e-1 | +0.2 | 5e-324 | 20% | 20 % | ' 20% ' | +20% | 99.99% | .5% | 5.% | 007%
    1e1% | 5e-1% | 1e-2 % | '0.2' | ' 0.2' | '2e-1' | likely | very unlikely | 'unlikely '
    {best: 20%} | {word: likely} | {word: ' likely '} | {word: 20%} | {word: 0.2}
    {best: 20%, confidence: low}"""
RANGES = """
    {low: 5%, high: 30%} | {low: 5%, best: 10%, high: 30%} | {high: 0.3, low: '0.05'}
    {low: 5%, high: 30%, confidence: moderate} | {seen: 3, of: 12} | {seen: '3', of: 12}
    {seen: 0, of: 0} | {seen: 3.5, of: 12} | {beta: [2, 8]} | {beta: ['2', 0.01]}
    {word: likely, confidence: high}"""
NO_SHARES = """
    -0.1 | 1.2 | 30 | 120% | -5% | 20%% | 100.5% | 0.5e | 1_000 | yes | No | true | on | 'Off'
    .inf | .nan | '' | ~ | [] | [0.3] | {} | {low: 5%} | {high: 5%} | {low: 5%, best: 10%}
    {best: 10%, high: 20%} | {seen: 3} | {of: 3} | {seen: -1, of: 3} | {seen: 3, of: 1e10}
    {seen: yes, of: 3} | {beta: [2]} | {beta: [2, 8, 9]} | {beta: 2} | {beta: [0.001, 8]}
    {beta: [x, 8]} | {word: yes} | {word: [likely]} | {word: 20%%} | {confidence: low}
    {low: 5%, high: 30%, confidence: lo} | {low: 5%, high: 30%, seen: 3, of: 12}
    {best: 20%, word: likely} | {beta: [2, 8], low: 5%} | {best: likely}
    {low: unlikely, high: likely} | {low: 5%, high: 30%, x: 1} | {low: 0, high: 30%}
    {low: 20%, high: 100%} | {low: , high: 3%} | {best: {best: 20%}}"""
UNTOLD = (
    "sure | Likely | nan | {low: 30%, high: 5%} | {seen: 4, of: 3} | {word: sure} | 1e3% | '1e3'"
)
CERTAIN = "0 | 1 | 0% | 100% | 100.0% | 000% | '0' | '1.0' | {best: 0} | {best: 100%} | {word: 1}"
PERIODS = (
    "12 months | 1 month | 2 years | 1.5 years | 12months | ' 12 months ' | 012 months | 1000 years"
)
NO_PERIODS = (
    "12 | 0 months | 0.0 years | 12 weeks | 12 MONTHS | 1e2 months | .5 years | '' | [1] | ~"
)
LONG = "12001 months | 1001 years"
NAMES = f"a | a_b-1 | A1 | a1e5 | yes | 'no' | true | on | nan | {'a' * 64}"
NO_NAMES = f"1a | _a | a b | a.b | 'a ' | дождь | 2021 | '' | ~ | null | {{a: b}} | {'a' * 65}"
DOTTED = f"{NAMES} | a.b | rain.no | war.at-least_2"
NO_DOTTED = NO_NAMES.replace("a.b |", "a. | .b | a.b.c | a.1 | a..b |")
MULTIPLIERS = """
    3 | 0.5 | +3 | 1e3 | 3. | '3' | ' 3 ' | strong | ' strong ' | {best: 3} | {best: strong}
    {word: strong} | {word: 3} | {word: '3'} | {low: 2, high: 6} | {low: 2, best: 3, high: 6}
    {low: '2', high: ' 6'} | {low: 2, high: 6, confidence: low} | {best: 3, confidence: low}
    {word: strong, confidence: high}"""
NO_MULTIPLIERS = """
    0 | -1 | '-3' | 3x | 3 times | '3,5' | 20% | yes | .inf | '' | ~ | [3] | {} | {low: 2}
    {low: 2, best: 3} | {best: 0} | {low: 0, high: 2} | {low: 2, high: .inf}
    {best: 3, word: strong} | {word: yes} | {word: [strong]} | {low: slight, high: strong}
    {low: 2, high: 6, x: 1} | {best: {best: 3}} | {confidence: low}"""


def within(periods):
    """Base rates for these periods."""
    return " | ".join(f"{{best: 20%, within: {one}}}" for one in periods.split(" | "))


FORMS = {
    Judgement(): (f"{POINTS} | {RANGES}", f"{NO_SHARES} | {CERTAIN} | {within('1 year')}", UNTOLD),
    Judgement(closed=True): (f"{POINTS} | {RANGES} | {CERTAIN}", NO_SHARES, UNTOLD),
    PlainShare(): (
        "0.2 | 20% | 1e1% | '0.2' | even | ' even ' | {best: 20%} | {word: even} | {word: 20%}",
        f"{NO_SHARES} | {CERTAIN}",
        f"likely | {RANGES}",
    ),
    BaseRateReader(): (
        f"{POINTS} | {RANGES} | {within(PERIODS)}",
        f"{NO_SHARES} | {CERTAIN} | {within(NO_PERIODS)} | {{within: 1 year}} | {{model: x}}",
        f"{UNTOLD} | {within(LONG)} | {{model: reference_class, data: nowhere, outcome: x}}",
    ),
    Multiplier(): (MULTIPLIERS, NO_MULTIPLIERS, "1e400 | Strong | nan | {low: 6, high: 2} | '0'"),
    DayReader(): (
        "2021 | '2021' | 2021-09 | 2021-09-15 | '2021-09-15' | 2024-02-29 | 0001-01-01 | 9998-12",
        """2021-9-1 | 2021-13 | 2021-00 | 2021-09-00 | 2021-09-32 | 2021-02-30 | 2021-04-31 | 9999
        9999-12 | '0000-01-01' | 2021-09-15T00:00 | March 2021 | '2021-09-15 ' | 20210915
        yes | '' | ~ | [2021]""",
        "2023-02-29 | 1900-02-29 | 21",
    ),
    Text(): (
        "hello | 2021 | 1.5 | yes | true | ' ' | '' | '~' | 2021-09-15",
        "~ | null | [a] | {a: b}",
        "",
    ),
    Name(): (NAMES, f"{NO_NAMES} | [a]", ""),
    Names(): (
        f"{NAMES} | [a, b] | [] | [yes, true]",
        f"{NO_NAMES} | [a, 1] | [a, ''] | [a, [b]]",
        "",
    ),
    BearsOn(): (
        f"{DOTTED} | {{a: {{raises: 2}}}} | {{a.c: {{if_yes: 1%, if_no: 2%}}, b: {{odds: 0.5}}}}",
        f"{NO_DOTTED} | [a] | {{a: 2}} | {{a: {{raise: 2}}}}",
        "",
    ),
    YesNo(): (
        "yes | no | Yes | NO | 'yes' | yEs | true | FALSE | 'true' | 'False' | tRue",
        "on | off | y | n | 1 | 0 | maybe | 'yes ' | '' | ~ | [yes]",
        "",
    ),
    GradeReader(): (
        "B2 | b2 | ' B2 ' | F6 | B | e | 'e1'",
        "G1 | B7 | A0 | B22 | 2B | B 2 | '' | ~ | [B2]",
        "",
    ),
    Choice(("outcome", "driver")): (
        "outcome | 'driver'",
        "Outcome | ' driver' | '' | ~ | [driver]",
        "",
    ),
    Months(): (PERIODS, NO_PERIODS, LONG),
    FACTOR: ("2 | 0.5 | 100 | '2' | ' 2' | +2 | 1e1", "0 | -1 | 101 | x | '' | [2] | ~", "'101'"),
    PRIOR: (
        "[1, 1] | ['1', 0.5] | [1000, 1000]",
        "1 | [1] | [1, 1, 1] | [0, 1] | [1001, 1] | [x, 1]",
        "",
    ),
    ListOf(DayReader(), most=2): (
        "[] | [2021, 2021-02]",
        "2021 | {a: 1} | ~ | [2021, x] | [2021, 2022, 2023]",
        "",
    ),
    MapOf(YesNo(), most=2): (
        "{} | {a: yes, b: no}",
        "yes | [a] | {a: 2} | {1a: yes} | {a: yes, b: no, c: no}",
        "",
    ),
    MapOf(YesNo(), names=Word()): (
        "{likely: yes, a-b c: no, вероятно: no, '(so)': no}",
        "{20%: yes} | {3 stars: yes} | {yes: yes} | {'Off': yes} | {' ': yes} | {+a: yes}",
        "",
    ),
    Share(): (f"{POINTS} | {RANGES} | rest", f"{NO_SHARES} | {CERTAIN}", UNTOLD),
    States(): (
        "[a, b] | [calm, unsure, low] | {a: Calm, b: 2021} | {low: Low water, high: High water}",
        """a | [a] | [] | {} | {a: A} | [a, 1b] | [a, b.c] | {a: A, b.c: B} | {a: A, b: [B]} | ~
        [a, rest] | {a: A, otherwise: B} | [yes, no] | {'yes': Yes, 'no': No} | [a, within]""",
        "[a, a, b]",
    ),
    Cuts(): (
        """{} | {serious: '>= war'} | {half: '<= 116', more: '117 .. 347'} | {peace: [calm, tense]}
        {dry: 5, wet: '> 0.5'}""",
        "'>= 5' | [a] | {a.b: '>= 5'} | {rest: '>= 5'} | {seen: [a]} | {a: {b: c}} | {a: [1b]}",
        "",
    ),
    SharesReader(("calm", "tense", "war")): (
        """{calm: 30%, tense: 0.2, war: rest} | {calm: {low: 5%, high: 20%}, tense: even, war: rest}
        {calm: 1%, tense: 2%, war: 97%, within: 1 year, confidence: low}
        {calm: 1%, tense: 2%, war: 97%, unsure: 2} | {seen: {calm: 3, tense: 0, war: 2.5}}
        {seen: {calm: 3, tense: 0, war: 2}, unsure: 2, within: 2 years, confidence: high}""",
        """20% | likely | [20%, 30%, 50%] | {calm: 0, tense: 20%, war: rest} | ~ | {seen: 3}
        {calm: 1%, tense: 2%, war: 120%} | {calm: 1%, tense: 2%, war: 97%, within: 12}
        {calm: 1%, tense: 2%, war: 97%, unsure: 0} | {calm: 1%, tense: 2%, war: 97%, model: x}
        {seen: {calm: 3, tense: -1, war: 2}} | {seen: {calm: 3, tense: 1, war: 2}, calm: 2%}
        {seen: {calm: 3, tense: 1, war: 2}, of: 12} | {calm: 1%, tense: 2%, war: 7%, no: 1%}
        {calm: 1%, tense: 2%, war: rest, confidence: lo} | {seen: {}} | {seen: [1, 2, 3]}""",
        """{} | {calm: 30%, tense: 20%} | {calm: 30%, tense: 20%, wra: rest}
        {seen: {calm: 1, war: 2}} | {calm: 1%, tense: 2%, war: 97%, unsure: 0.5}""",
    ),
    AmountsReader(): (
        """{low: 100, high: 900} | {low: 100, best: 240, high: 900} | {low: -5, high: '5'}
        {quantiles: {5%: 90, 25%: 160, 95%: 900}} | {quantiles: {0.5: 1e3, '.975': 2e3}}
        {low: 1, high: 2, unsure: 2, confidence: low}
        {quantiles: {5%: 90, 95%: 900}, unsure: 1}""",
        """240 | 20% | {best: 240} | {low: 100} | {low: a, high: b} | {low: 20%, high: 90%} | {}
        {low: 1, high: 2, within: 1 year} | {low: 1, high: 2, unsure: 0} | {quantiles: [1, 2]}
        {quantiles: {5%: 90}} | {quantiles: {5: 90, 95: 900}} | {quantiles: {5%: x, 95%: 900}}
        {low: 1, high: 2, quantiles: {5%: 1, 95%: 2}}
        {model: reference_class, data: x, outcome: y} | {low: 1, high: 1e101}
        {low: 1, high: 2, x: 3} | {low: 1, high: .inf} | {model: event_counts, data: nowhere}
        {model: event_counts, data: x, count: y, at_least: 2} | ~ | [1, 2]""",
        """{low: 900, high: 100} | {low: 1, best: 3, high: 2} | {quantiles: {5%: 9, 95%: 9}}
        {quantiles: {5%: 90, 0.05: 91, 95%: 900}} | {quantiles: {0%: 9, 95%: 90}}
        {model: event_counts, data: nowhere, count: deaths}""",
    ),
    ByProposition(Judgement(closed=True), ("calm", "war")): (
        "{calm: 0} | {calm: 30%, otherwise: {low: 5%, high: 10%}} | {war: likely} | {war: 1}",
        "{} | 30% | [30%] | {calm: 130%} | {calm: yes} | {calm.b: 30%} | ~",
        "{peace: 30%} | {seen: 30%} | {calm: rest}",
    ),
    RowReader(ByProposition(Share(closed=True), ("calm", "war")), ("calm", "war")): (
        "[60%, 40%] | [1, 0] | [{low: 5%, high: 20%}, rest] | {calm: 60%, otherwise: rest}",
        "60% | likely | [] | [60%, 140%] | {} | {calm: 2} | [60%, yes] | ~ | [60%]",
        "[60%, 20%, 20%] | {clam: 2%} | {peace: 60%, otherwise: 40%}",
    ),
    Holds(): (
        "yes | no | TRUE | calm | [calm, war] | [calm] | 'calm' | 'no'",
        "1 | a b | a.b | [] | [1] | {a: b} | '' | ~",
        "",
    ),
    MapOf(YesNo(), names=Row()): (
        """{yes: no} | {'yes, no': no} | {'Yes,NO': no} | {' yes , no ': no} | {'': no}
        {maybe: no} | {'war, yes,calm_1': no} | {trueish: no}""",
        """{'yes,,no': no} | {'yes, ': no} | {'yes; no': no} | {true: no} | {'a, FALSE': no}
        {'1, no': no} | {a.b: no}""",
        "",
    ),
}

EXAMPLES = [
    (kind, reader, text.strip())
    for reader, kinds in FORMS.items()
    for kind, texts in zip(("taken", "refused", "untold"), kinds, strict=True)
    for text in texts.replace("\n", " | ").split(" | ")
    if text.strip()
]


def read_by(reader, text):
    """What the reader and an editor say of a value: whether each takes it."""
    node = document.read(f"x: {text}", "x").value["x"]
    scales = cases.default_scales()
    even = Judgement().read(document.read("50%", "x"), "", Reading([]))
    reading = Reading([], scales.updated(cases.Scales(probability={"even": even})))
    taken = reader.read(node, "x", reading) is not BAD and not reading.problems
    value = as_json(yaml.load(f"x: {text}", Loader=EditorLoader))["x"]
    return taken, jsonschema.Draft202012Validator(reader.schema()).is_valid(value)


@pytest.mark.parametrize(
    ("kind", "reader", "text"),
    EXAMPLES,
    ids=[f"{type(reader).__name__}: {text}" for _, reader, text in EXAMPLES],
)
def test_the_reader_and_an_editor_take_and_refuse_the_same_forms(kind, reader, text):
    wanted = {"taken": (True, True), "refused": (False, False), "untold": (False, True)}
    assert read_by(reader, text) == wanted[kind]


def test_every_value_of_a_case_is_among_those_forms():
    def inside(reader):
        yield reader
        if isinstance(reader, Record):
            for one in keys(reader.cls).values():
                yield from inside(one.reader)
        for part in ("reader", "names", "one", "several", "amount"):
            if hasattr(reader, part):
                yield from inside(getattr(reader, part))

    settings = [one.reader for model in MODELS.values() for one in model.settings.values()]
    needed = {type(one) for reader in (Record(Case), *settings) for one in inside(reader)}
    tested = {type(one) for reader in FORMS for one in inside(reader)}
    assert needed - {Record, ByType, TableReader} <= tested  # these choose one of the others


# --- what a record must state ---------------------------------------------------------------------

WHOLE = """\
case: whole
events:
  rain: {base_rate: 30%}
  wind: {base_rate: 30%}
  flood: {EVENT}
links: [{from: rain, to: flood, LINK}]
sources: {gauge: }
evidence: {high: {EVIDENCE}}
"""
SOUND = {
    "EVENT": "base_rate: 20%",
    "LINK": "raises: 2",
    "EVIDENCE": "bears_on: rain, if_yes: 60%, if_no: 30%, status: confirmed",
}
ONE = "bears_on: rain, status: absent"
TWO = "bears_on: {rain: {raises: 2}, wind: {odds: 3}}, status: absent"
TOLD = "bears_on: rain, likelihood_ratio: 2, reports"
RECORDS = [
    ("EVENT", "base_rate: 20%, happened: 2021", "base_rate: 20%, happened: 2021, ruled_out: 2021"),
    ("EVENT", "base_rate: 20%, ruled_out: 2021", "base_rate: 20%, table: {'': 20%}"),
    ("EVENT", "base_rate: 20%", "base_rate: 20%, parents: [rain]"),
    ("EVENT", "base_rate: 20%", "role: driver"),
    *[("LINK", one, f"{one}, {other}") for one, other in
      [("raises: 2", "lowers: 2"), ("lowers: 2", "odds: 2"), ("odds: strong", "if_yes: 20%"),
       ("if_yes: 20%, if_no: 30%", "raises: 2")]],
    ("LINK", "if_yes: 20%, if_no: 30%", "if_yes: 20%"),
    ("LINK", "odds: {best: 3}", "why: because"),
    ("EVIDENCE", f"{ONE}, likelihood_ratio: 2", ONE),
    ("EVIDENCE", f"{ONE}, likelihood_ratio: 2", f"{ONE}, likelihood_ratio: 2, if_yes: 20%"),
    ("EVIDENCE", f"{ONE}, if_yes: 20%, if_no: 1", f"{ONE}, if_yes: 20%"),
    ("EVIDENCE", f"{ONE}, if_yes: 20%, if_no: 1", f"{ONE}, if_yes: 20%, if_no: 1, chance: 20%"),
    ("EVIDENCE", f"{TWO}, chance: 20%", TWO),
    ("EVIDENCE", f"{TWO}, chance: 20%", f"{ONE}, chance: 20%"),
    ("EVIDENCE", f"{TWO}, chance: 20%", f"{TWO}, if_yes: 20%, if_no: 1"),
    ("EVIDENCE", f"{TWO}, chance: 20%", f"{TWO}, chance: 20%, likelihood_ratio: 2"),
    ("EVIDENCE", f"{TWO}, chance: 20%", f"{TWO}, chance: 20%".replace("{raises: 2}", "")),
    ("EVIDENCE", f"{TWO}, chance: 20%", "bears_on: {}, status: absent, chance: 20%"),
    ("EVIDENCE", f"{TOLD}: [], status: absent", f"{TOLD}: []"),
    *[("EVIDENCE", f"{TOLD}: [{{source: gauge, {good}}}]", f"{TOLD}: [{{source: gauge, {bad}}}]")
      for good, bad in
      [("grade: B2", "grade: B"), ("grade: B, hit: 1, false: 0", "grade: B2, hit: 1, false: 0"),
       ("grade: B, hit: 90%, false: 5%", "grade: B, hit: 90%"), ("grade: f6", "why: so")]],
]  # fmt: skip


@pytest.mark.parametrize(("part", "good", "bad"), RECORDS)
def test_the_reader_and_an_editor_ask_the_same_of_a_record(part, good, bad):
    validator = jsonschema.Draft202012Validator(cases.schema())
    for text, sound in ((good, True), (bad, False)):
        whole = WHOLE
        for name, stated in {**SOUND, part: text}.items():
            whole = whole.replace(name, stated, 1)
        value = as_json(yaml.load(whole, Loader=EditorLoader))
        assert validator.is_valid(value) == sound, text
        if sound:
            cases.read(whole)
        else:
            with pytest.raises(InputError):
                cases.read(whole)


@pytest.mark.parametrize(
    ("text", "sound"),
    [("parents: [rain], table: {yes: 1, no: 0}", True), ("table: {'': 20%}", True),
     ("parents: [], table: {'': 20%}", True), ("table: {yes: 1, no: 0}", False),
     ("parents: [], table: 20%", True), ("parents: [], table: {low: 10%, high: 30%}", True),
     ("states: [a, b], parents: [], table: [20%, 80%]", True),
     ("parents: [], table: [20%, 80%]", False), ("parents: [rain], table: 20%", False)],
)  # fmt: skip
def test_a_table_needs_parents_for_its_rows(text, sound):
    whole = f"{{case: table, events: {{rain: {{base_rate: 30%}}, flood: {{{text}}}}}}}"
    value = as_json(yaml.load(whole, Loader=EditorLoader))
    assert jsonschema.Draft202012Validator(cases.schema()).is_valid(value) == sound
    if sound:
        cases.read(whole)
    else:
        with pytest.raises(InputError):
            cases.read(whole)


@pytest.mark.parametrize(
    "section", ["references", "sources", "evidence", "scenarios", "views", "scales"]
)
def test_an_empty_section_is_none_to_an_editor_too(section):
    whole = f"case: rain\nevents: {{rain: {{base_rate: 20%}}}}\n{section}:\n"
    cases.read(whole)
    value = as_json(yaml.load(whole, Loader=EditorLoader))
    assert jsonschema.Draft202012Validator(cases.schema()).is_valid(value)


# --- what is said of a slip -----------------------------------------------------------------------


def problems_of(text):
    with pytest.raises(InputError) as refused:
        cases.read(text)
    return refused.value.problems


@pytest.mark.parametrize(
    "text",
    [
        "events: {дождь: {base_rate: 20%}, flood: {given: дождь, base_rate: 20%}}\n"
        "links: [{from: дождь, to: flood, raises: 2}]\n"
        "evidence: {wet: {bears_on: дождь, likelihood_ratio: 2, status: absent},\n"
        "  far: {bears_on: {дождь: {raises: 2}}, chance: 50%, status: absent}}\n"
        "scenarios: {one: {when: {дождь: yes}}}\nviews: {me: {дождь: 20%}}",
        "events: {дождь: {base_rate: 20%}}",
        "events: {flood: {parents: [дождь], table: {yes: 1, no: 0}}, дождь: {base_rate: 20%}}",
    ],
)
def test_a_name_in_another_script_is_one_mistake_wherever_it_stands(text):
    (problem,) = problems_of(f"case: rain\n{text}")
    assert (problem.line, problem.problem, problem.found) == (2, "not a name", "дождь")
    assert problem.accepted.startswith("a letter from a to z, then letters, digits")
    assert "title: may be in any script" in problem.hint


COMMAS = [
    ("title: A, B", "title", "A, B", 'title: "A, B"'),
    ("title: A, B, and C, why: x", "title", "A, B, and C", 'title: "A, B, and C"'),
    ('why: He "said", that', "why", 'He "said", that', r'why: "He \"said\", that"'),
    ("base_rate: {seen: 3, of: 1,000}", "base_rate.of", "1,000", None),
    ("base_rate: {low: 0,05, high: 30%}", "base_rate.low", "0,05", None),
]


@pytest.mark.parametrize(("slip", "place", "found", "hint"), COMMAS)
def test_a_comma_that_cuts_a_value_is_explained(slip, place, found, hint):
    rate = "" if "base_rate" in slip else "base_rate: 20%, "
    (problem,) = problems_of(f"case: rain\nevents:\n  rain: {{{rate}{slip}}}")
    assert (problem.place, problem.line) == (f"events.rain.{place}", 3)
    assert problem.problem == "a comma ends the value"
    assert (problem.found, problem.hint) == (found, hint)


def test_a_key_that_is_not_known_is_not_taken_for_the_rest_of_a_text():
    for text in (
        "{base_rate: 20%, titel: x}",
        "{base_rate: 20%, titel: }",
        "{titel, base_rate: 20%}",
    ):
        (problem,) = problems_of(f"case: rain\nevents: {{rain: {text}}}")
        assert (problem.place, problem.problem) == ("events.rain.titel", "this key is not known")


@pytest.mark.parametrize(
    ("number", "places"),
    [
        ("{low: 2, confidence: lo}", ["", ".confidence"]),
        ("{low: 2, best: x, high: y}", [".best", ".high"]),
    ],
)
def test_all_that_is_wrong_with_a_number_in_braces_is_said_at_once(number, places):
    flood = "{from: rain, to: flood, raises: "
    found = problems_of(
        f"case: rain\nevents: {{rain: {{base_rate: 20%}}, flood: {{base_rate: 20%}}}}\n"
        f"links: [{flood}{number}}}]"
    )
    assert sorted(one.place for one in found) == [f"links.0.raises{place}" for place in places]
    counts = problems_of("case: rain\nevents: {rain: {base_rate: {seen: x, of: y}}}")
    assert [one.place for one in counts] == [
        "events.rain.base_rate.seen",
        "events.rain.base_rate.of",
    ]
