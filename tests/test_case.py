"""A case file becomes records that say what it says; its digest and its schema follow it."""

import json
import math
import os
import re
from datetime import date
from pathlib import Path

import jsonschema
import pytest
import yaml

from forecasting.cli import main
from forecasting.errors import InputError
from forecasting.file import case as cases
from forecasting.file.case import load, read
from forecasting.file.models import MODELS
from forecasting.file.records import keys
from forecasting.file.values import Choice, parse_day
from tests.random_cases import as_text, random_case

ROOT = Path(__file__).resolve().parents[1]
SHIPPED = sorted((ROOT / "priors").glob("*.yaml"))

SMALL = """\
# The smallest case that uses nearly everything.
case: flood
title: A flood
as_of: 2021-03
resolve_by: 2022-03-01
references: {survey: {title: A survey, date: 2012}}
events:
  rain: {role: driver, kind: state, base_rate: 0.3, reference: survey}
  thaw: {role: driver, kind: state, base_rate: unlikely, now: {low: 20%, high: 40%}}
  flood: {base_rate: {seen: 3, of: 12, within: 2 years}, reference: [survey]}
  repair: {given: flood, kind: lasts, base_rate: {best: 70%, confidence: low}}
  sirens: {parents: [thaw, rain], table: {"yes, yes": 1, "Yes,no": 60%, "no, yes": 0.5, "no,no": 0}}
links:
  - {from: thaw, to: flood, lowers: 4}
  - {from: rain, to: flood, raises: {low: 2, high: 8}}
  - {from: rain, to: repair, if_yes: 30%, if_no: 10%}
sources: {gauge: {title: The gauge}, miller: {interest: He sells boats.}}
evidence:
  high_water:
    date: 2021-02
    bears_on: flood
    likelihood_ratio: strong
    reports:
      - {source: gauge, grade: a2}
      - {source: miller, grade: C, says: no, hit: 70%, false: 0, date: 2021-02-20}
  dry_barn:
    bears_on: {rain: {lowers: 2}, thaw: {odds: 0.5}}
    chance: 40%
    status: absent
scenarios: {wet: {when: {repair: Yes, rain: no}}}
views: {paper: {flood: likely}}
"""


@pytest.fixture(scope="module")
def small():
    return read(SMALL)


# --- records --------------------------------------------------------------------------------------


def test_what_is_left_out_takes_its_usual_value(small):
    flood = small.events["flood"]
    assert (flood.role, flood.kind, flood.given, flood.now) == ("outcome", "occurs", None, None)
    assert small.horizons == ()
    assert small.evidence["high_water"].reports[0].says is True
    assert read("{case: rain, events: {rain: {base_rate: 20%}}}").sources == {}


def test_probabilities_are_read_in_every_form(small):
    def median(p):
        return math.log(p / (1 - p))

    events = small.events
    assert events["rain"].base_rate.probability.logit_median == pytest.approx(median(0.3))
    assert events["repair"].base_rate.probability.logit_median == pytest.approx(median(0.7))
    assert events["repair"].base_rate.probability.confidence == "low"
    # Jeffreys: Beta(3.5, 9.5).
    assert float(events["flood"].base_rate.probability.mean) == pytest.approx(3.5 / 13, abs=1e-12)
    assert events["flood"].base_rate.within == 24
    # "unlikely" is 20% to 45% in ICD 203.
    assert events["thaw"].base_rate.probability.interval == pytest.approx((0.20, 0.45))
    assert events["thaw"].now.interval == pytest.approx((0.2, 0.4))
    table = {row: float(p.mean) for row, p in events["sirens"].table.items()}
    wanted = {"yes, yes": 1, "yes, no": 0.6, "no, yes": 0.5, "no, no": 0}
    assert table == pytest.approx(wanted)


def test_multipliers_are_logarithms_of_odds(small):
    """Lowering is the inverse; 30% against 10% multiplies the odds by (3/7) / (1/9) = 27/7."""
    thaw, rain, repair = (link.odds for link in small.links)
    assert thaw.log_median == pytest.approx(-math.log(4))
    assert rain.log_median == pytest.approx(math.log(4))
    assert math.exp(rain.log_median + 1.6448536269514722 * rain.log_sd) == pytest.approx(8)
    assert repair.log_median == pytest.approx(math.log(27 / 7))
    pushes = small.evidence["dry_barn"].bears_on
    assert {name: math.exp(push.odds.log_median) for name, push in pushes.items()} == pytest.approx(
        {"rain": 0.5, "thaw": 0.5}
    )
    # "strong" is 6.
    ratio = small.evidence["high_water"].likelihood_ratio
    assert math.exp(ratio.log_median) == pytest.approx(6)


def test_one_name_may_stand_for_a_list_of_one(small):
    assert small.events["rain"].reference == small.events["flood"].reference == ("survey",)


def test_reports_keep_their_grade_side_and_day(small):
    gauge, miller = small.evidence["high_water"].reports
    assert (gauge.grade.letter, gauge.grade.digit) == ("A", "2")
    assert (miller.grade.letter, miller.grade.digit) == ("C", None)
    assert (gauge.says, miller.says) == (True, False)
    assert (gauge.date, miller.date.last) == (None, date(2021, 2, 20))
    assert float(miller.false.mean) == 0


def test_a_source_has_the_letter_of_its_reports(small):
    assert (small.letter("gauge"), small.letter("miller")) == ("A", "C")


def test_parents_come_in_the_order_of_the_table_or_of_the_links(small):
    assert small.parents("sirens") == ("thaw", "rain")
    assert small.parents("flood") == ("thaw", "rain")
    assert small.parents("repair") == ("rain",)  # its condition is no parent
    assert small.parents("rain") == ()


def test_a_fact_tells_which_events_it_bears_on(small):
    assert small.evidence["high_water"].events == ("flood",)
    assert small.evidence["dry_barn"].events == ("rain", "thaw")


def test_a_combination_that_holds_an_event_holds_its_condition(small):
    assert small.closed({"repair": True}) == {"repair": {1}, "flood": {1}}
    assert small.closed({"repair": False}) == {"repair": {0}}
    assert small.closed({"repair": True, "flood": False}) == {"repair": {1}, "flood": set()}
    chain = read("{case: c, events: {a: {base_rate: 0.3}, b: {given: a, base_rate: 0.3}, "
                 "c: {given: b, base_rate: 0.3}}}")  # fmt: skip
    assert chain.closed({"c": True}) == {"c": {1}, "b": {1}, "a": {1}}


def test_records_cannot_be_changed(small):
    with pytest.raises(AttributeError):
        small.title = "Another"
    with pytest.raises(AttributeError):
        small.events["rain"].role = "outcome"


# --- dates ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("2021-09-15", date(2021, 9, 15), date(2021, 9, 15)),
        ("2012-01", date(2012, 1, 1), date(2012, 1, 31)),
        ("2012-02", date(2012, 2, 1), date(2012, 2, 29)),
        ("2100-02", date(2100, 2, 1), date(2100, 2, 28)),  # no leap year
        ("2012-12", date(2012, 12, 1), date(2012, 12, 31)),
        ("2012", date(2012, 1, 1), date(2012, 12, 31)),
        ("0001-01-01", date(1, 1, 1), date(1, 1, 1)),
        ("9998", date(9998, 1, 1), date(9998, 12, 31)),
    ],
)
def test_a_partial_date_may_mean_any_of_its_days_and_counts_from_the_last(text, first, last):
    day = parse_day(text)
    assert (day.first, day.last, str(day)) == (first, last, text)


@pytest.mark.parametrize(
    "text",
    [
        "2021-02-29",
        "2021-00-01",
        "2021-00",
        "2021-09-00",
        "2021-13",
        "21-09-15",
        "2021-9-15",
        "15.9.2021",
        "2021-09-15T00:00",
        "0000-01-01",
        "2021-",
        "9999",
        "9999-12-31",  # the month after it must exist too
        "now",
        "",
    ],
)
def test_what_is_no_date_of_the_calendar_is_refused(text):
    with pytest.raises(ValueError):
        parse_day(text)


def test_a_day_is_a_date_however_it_is_given(small):
    assert cases.as_date(small.as_of) == date(2021, 3, 31)
    assert cases.as_date("2021-03") == date(2021, 3, 31)
    assert cases.as_date(date(2021, 3, 1)) == date(2021, 3, 1)
    assert cases.as_date(None) is None


# --- scales ---------------------------------------------------------------------------------------


def test_the_shipped_scales_are_those_of_the_standards_and_ours(small):
    """Letters and digits: our assumptions. Words: the bands of ICD 203 (2015)."""
    scales = small.scales
    letters = {letter: float(p.mean) for letter, p in scales.reliability.items()}
    assert letters == pytest.approx({"A": 0.95, "B": 0.85, "C": 0.7, "D": 0.5, "E": 0.3, "F": 0.5})
    digits = {digit: float(p.mean) for digit, p in scales.credibility.items()}
    assert digits == pytest.approx({"1": 0.97, "2": 0.85, "3": 0.65, "4": 0.4, "5": 0.15})
    strengths = {word: math.exp(odds.log_median) for word, odds in scales.odds.items()}
    wanted = {"slight": 1.5, "moderate": 3, "strong": 6, "decisive": 15}
    assert strengths == pytest.approx(wanted)
    bands = {"almost no chance": (0.01, 0.05), "very likely": (0.80, 0.95), "probable": (0.55, 0.8)}
    for word, band in bands.items():
        assert scales.probability[word].interval == pytest.approx(band)


def test_a_case_may_replace_some_of_the_scales():
    case = read("""
case: own
events: {rain: {base_rate: perhaps}}
scales: {probability: {perhaps: {low: 30%, high: 50%}}, reliability: {B: 60%}, odds: {strong: 9}}
""")
    assert case.events["rain"].base_rate.probability.interval == pytest.approx((0.3, 0.5))
    assert float(case.scales.reliability["B"].mean) == pytest.approx(0.6)
    assert float(case.scales.reliability["A"].mean) == pytest.approx(0.95)
    assert math.exp(case.scales.odds["strong"].log_median) == pytest.approx(9)


# --- loading --------------------------------------------------------------------------------------


def test_loading_a_file_is_reading_its_text(tmp_path, small):
    path = tmp_path / "flood.yaml"
    path.write_text(SMALL, encoding="utf-8")
    loaded = load(path)
    assert loaded == small == load(str(path))
    assert loaded.text == SMALL
    assert loaded.node.file == str(path)


def test_text_that_is_no_case_is_refused_by_the_name_it_was_given():
    with pytest.raises(InputError, match=r"^my_case:1: events\.rain: an event needs"):
        read("{case: rain, events: {rain: {}}}", "my_case")


# --- the digest -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("# The smallest", "# Nearly the smallest"),
        ("title: A flood", "title: 'A flood'   # in quotes"),
        ("0.3, reference", "0.30, reference"),
        ("0.3, reference", '"0.3", reference'),
        ("0.3, reference", "3e-1, reference"),
        ("lowers: 4", "lowers: 4.0"),
        (
            "{role: driver, kind: state, base_rate: 0.3",
            "{base_rate: 0.3, kind: state, role: driver",
        ),
        ("from: thaw, to: flood", "to: flood, from: thaw"),
        ("case: flood\ntitle: A flood\n", "title: A flood\n\n\ncase:   flood\n"),
        (
            "{seen: 3, of: 12, within: 2 years}",
            "{seen: 3,\n    of: 12,\n    within:   2 years}",
        ),
        ("\n", "\r\n"),
    ],
)
def test_the_digest_does_not_depend_on_how_the_case_is_written(small, old, new):
    assert old in SMALL
    assert read(SMALL.replace(old, new)).digest == small.digest


def test_the_digest_does_not_depend_on_the_order_of_sections(small):
    sections = re.split(r"\n(?=\w)", SMALL.rstrip("\n"))
    assert read("\n".join(reversed(sections))).digest == small.digest


def test_every_number_word_and_date_changes_the_digest(small):
    """All digits of the file, one by one; what is then no case has no digest to compare."""
    digests = {small.digest}
    changed = 0
    for match in re.finditer(r"\d", SMALL):
        digit = str((int(match[0]) + 1) % 10)
        try:
            case = read(SMALL[: match.start()] + digit + SMALL[match.end() :])
        except InputError:
            continue
        changed += 1
        digests.add(case.digest)
    assert changed > 40
    assert len(digests) == changed + 1


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("title: A flood", "title: A Flood"),
        ("says: no", "says: yes"),
        ("lowers: 2}", "raises: 2}"),
        ("parents: [thaw, rain]", "parents: [rain, thaw]"),
        ("sources: {gauge: {title: The gauge}", "sources: {gauge: {title: A gauge}"),
    ],
)
def test_a_change_of_meaning_changes_the_digest(small, old, new):
    assert SMALL.count(old) == 1
    assert read(SMALL.replace(old, new)).digest != small.digest


# --- writing --------------------------------------------------------------------------------------


def test_a_file_is_replaced_in_one_step_and_keeps_its_rights(tmp_path):
    path = tmp_path / "flood.yaml"
    path.write_text("old\n", encoding="utf-8")
    path.chmod(0o640)
    cases.write_text(path, "new: ü\r\n")
    assert path.read_bytes() == "new: ü\r\n".encode()
    assert path.stat().st_mode & 0o777 == 0o640
    assert list(tmp_path.iterdir()) == [path]


def test_a_new_file_can_be_read_by_whom_any_new_file_can(tmp_path):
    plain, path = tmp_path / "plain.yaml", tmp_path / "flood.yaml"
    plain.touch()
    cases.write_text(path, "new\n")
    assert path.stat().st_mode == plain.stat().st_mode


def test_a_link_to_a_file_stays_a_link(tmp_path):
    path, link = tmp_path / "flood.yaml", tmp_path / "link.yaml"
    path.write_text("old\n", encoding="utf-8")
    link.symlink_to(path)
    cases.write_text(link, "new\n")
    assert link.is_symlink()
    assert path.read_text(encoding="utf-8") == "new\n"


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes here")
def test_a_named_pipe_is_written_into_and_stays_one(tmp_path):
    pipe = tmp_path / "pipe.json"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    try:
        cases.write_text(pipe, "new: ü\n")
        assert os.read(reader, 100) == "new: ü\n".encode()
    finally:
        os.close(reader)
    assert pipe.is_fifo()
    assert list(tmp_path.iterdir()) == [pipe]


@pytest.mark.parametrize("moment", ["fsync", "replace"])
def test_a_write_that_fails_leaves_the_old_file_and_nothing_else(tmp_path, monkeypatch, moment):
    path = tmp_path / "flood.yaml"
    path.write_text("old\n", encoding="utf-8")

    def fail(*arguments):
        raise OSError(28, "No space left on device")

    if moment == "fsync":
        monkeypatch.setattr("os.fsync", fail)
    else:
        monkeypatch.setattr(Path, "replace", fail)
    with pytest.raises(OSError, match="No space"):
        cases.write_text(path, "new\n")
    monkeypatch.undo()
    assert path.read_text(encoding="utf-8") == "old\n"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("name", ["a" * 251 + ".txt", "ü" * 125 + ".json"])
def test_a_file_may_have_the_longest_name_there_is(tmp_path, name):
    """What is written first had a longer one, of which the message then spoke."""
    cases.write_text(tmp_path / name, "new\n")
    assert [one.name for one in tmp_path.iterdir()] == [name]


def test_a_write_below_a_file_names_what_was_asked_for(tmp_path):
    path = tmp_path / "flood.yaml/report.txt"
    path.parent.touch()
    with pytest.raises(NotADirectoryError) as raised:
        cases.write_text(path, "new\n")
    assert raised.value.filename == str(path)


def test_a_file_that_is_read_only_is_not_replaced(tmp_path, monkeypatch):
    """Its folder may be written to, which is all that a file needs to be replaced."""
    path = tmp_path / "flood.yaml"
    path.write_text("old\n", encoding="utf-8")
    monkeypatch.setattr("os.access", lambda *_: False)  # root may write anything
    with pytest.raises(PermissionError, match="read-only"):
        cases.write_text(path, "new\n")
    assert path.read_text(encoding="utf-8") == "old\n"
    assert list(tmp_path.iterdir()) == [path]


# --- the JSON Schema ------------------------------------------------------------------------------


class EditorLoader(yaml.SafeLoader):
    """Reads YAML as editors do (YAML 1.2): no is a word, a date is text, 1e-3 a number."""

    yaml_implicit_resolvers = {}  # noqa: RUF012 (as in the class it replaces)


for kind, pattern, first in [
    ("bool", r"true|True|TRUE|false|False|FALSE", "tTfF"),
    ("int", r"[-+]?\d+", "-+0123456789"),
    ("float", r"[-+]?(\.\d+|\d+(\.\d*)?)([eE][-+]?\d+)?", "-+0123456789."),
    ("null", r"~|null|Null|NULL|", ["~", "n", "N", ""]),
]:
    EditorLoader.add_implicit_resolver(
        f"tag:yaml.org,2002:{kind}", re.compile(f"^(?:{pattern})$"), list(first)
    )


def as_json(value):
    """Names of keys are text in JSON."""
    if isinstance(value, dict):
        return {
            str(key).lower() if isinstance(key, bool) else str(key): as_json(item)
            for key, item in value.items()
        }
    return [as_json(item) for item in value] if isinstance(value, list) else value


def schema_errors(text):
    value = as_json(yaml.load(text, Loader=EditorLoader))
    validator = jsonschema.Draft202012Validator(cases.schema())
    return [".".join(map(str, error.absolute_path)) for error in validator.iter_errors(value)]


def test_the_schema_beside_the_cases_is_the_one_the_records_make(tmp_path):
    """After a change to the records: forecasting schema --case -o priors/case.schema.json."""
    made = tmp_path / "case.schema.json"
    assert main(["schema", "--case", "-o", str(made)]) == 0
    committed = ROOT / "priors" / "case.schema.json"
    assert committed.read_text(encoding="utf-8") == made.read_text(encoding="utf-8")
    jsonschema.Draft202012Validator.check_schema(json.loads(made.read_text(encoding="utf-8")))


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.name)
def test_an_editor_finds_nothing_wrong_in_a_shipped_case(path):
    assert schema_errors(path.read_text(encoding="utf-8")) == []
    first_line = path.read_text(encoding="utf-8").partition("\n")[0]
    assert first_line == "# yaml-language-server: $schema=case.schema.json"


@pytest.mark.parametrize("seed", range(20))
def test_an_editor_finds_nothing_wrong_in_a_sound_case(seed):
    text = as_text(random_case(seed))
    read(text)
    assert schema_errors(text) == []


def test_an_editor_finds_nothing_wrong_in_any_form_a_case_may_take():
    assert schema_errors(SMALL) == []
    assert schema_errors(SMALL.replace("title: A flood", "title: 2021")) == []
    assert schema_errors(SMALL.replace("as_of: 2021-03\n", "as_of: '2021'\n")) == []
    assert schema_errors(SMALL.replace("now: {low: 20%, high: 40%}", 'now: "0.2"')) == []
    assert schema_errors(SMALL.replace("now: {low: 20%, high: 40%}", "now: .5e-1")) == []


# A change, and where an editor shows it.
SEEN = [
    ("title: A flood", "titel: A flood", ""),
    ("role: driver, kind: state, base_rate: 0.3", "roll: driver, base_rate: 0.3", "events.rain"),
    ("role: driver, kind: state, base_rate: 0.3", "kind: sate, base_rate: 0.3", "events.rain.kind"),
    ("base_rate: 0.3,", "base_rate: 30,", "events.rain.base_rate"),
    ("base_rate: 0.3,", "base_rate: 0,", "events.rain.base_rate"),
    ("base_rate: 0.3,", "base_rate: 120%,", "events.rain.base_rate"),
    ("base_rate: 0.3,", "base_rate: 20%%,", "events.rain.base_rate"),
    ("base_rate: 0.3,", "base_rate: yes,", "events.rain.base_rate"),
    ("base_rate: 0.3,", "base_rate: true,", "events.rain.base_rate"),
    ("base_rate: 0.3,", "base_rate: [0.3],", "events.rain.base_rate"),
    ("base_rate: 0.3,", "", "events.rain"),
    ("{low: 20%, high: 40%}", "{low: 20%}", "events.thaw.now"),
    ("{low: 20%, high: 40%}", "{low: 20%, hihg: 40%}", "events.thaw.now"),
    ("{low: 20%, high: 40%}", "{low: 20%, high: 40%, within: 1 year}", "events.thaw.now"),
    ("within: 2 years", "within: 2 weeks", "events.flood.base_rate"),
    ("parents: [thaw, rain], ", "", "events.sirens"),
    ('"yes, yes": 1', '"yes; maybe": 1', "events.sirens.table"),
    ("as_of: 2021-03\n", "as_of: March 2021\n", "as_of"),
    ("from: thaw", "form: thaw", "links.0"),
    ("lowers: 4", "lowers: 0", "links.0.lowers"),
    ("lowers: 4", "lowers: 4, raises: 2", "links.0"),
    (", lowers: 4", "", "links.0"),
    ("lowers: 2}", "lowers: 2, odds: 1}", "evidence.dry_barn.bears_on"),
    ("    status: absent\n", "", "evidence.dry_barn"),
    ("grade: a2", "grade: B7", "evidence.high_water.reports.0.grade"),
    ("says: no", "says: maybe", "evidence.high_water.reports.1.says"),
    ("gauge: {title: The gauge}", "the gauge: {title: The gauge}", "sources"),
    ("links:", "links: {}\nlink:", ""),
]


@pytest.mark.parametrize(("old", "new", "place"), SEEN)
def test_an_editor_shows_a_mistake_where_it_is(old, new, place):
    assert SMALL.count(old) == 1
    text = SMALL.replace(old, new)
    assert place in schema_errors(text)
    with pytest.raises(InputError):
        read(text)


def test_an_editor_explains_every_key():
    def keys(schema):
        for name, inner in schema.get("properties", {}).items():
            yield name, inner
            yield from keys(inner)
        for part in ("items", "additionalProperties"):
            if isinstance(schema.get(part), dict):
                yield from keys(schema[part])

    known = {"low", "best", "high", "seen", "of", "beta", "word", "confidence", "within"}
    silent = {name for name, inner in keys(cases.schema()) if "description" not in inner}
    assert silent <= known


def test_the_readme_of_the_cases_explains_every_setting_of_a_model():
    readme = (ROOT / "priors" / "README.md").read_text(encoding="utf-8")
    rows = dict(re.findall(r"^\| `(\w+)` \| [^|]* \| (.*) \|$", readme, re.MULTILINE))
    for name, model in MODELS.items():
        assert model.readers.keys() <= {*re.findall(r"`(\w+)", rows[name])}


@pytest.mark.parametrize(
    ("heading", "records"),
    [
        ("Top of the file", (cases.Case,)),
        ("A reference and a correction", (cases.Reference, cases.Correction)),
        ("An event", (cases.Event,)),
        ("A link", (cases.Link,)),
        ("A source, a report and its grade", (cases.Report,)),
        ("Evidence", (cases.Evidence,)),
        ("A scenario", (cases.Scenario,)),
    ],
)
def test_the_readme_of_the_cases_explains_every_field_and_no_other(heading, records):
    readme = (ROOT / "priors" / "README.md").read_text(encoding="utf-8")
    chapter = re.split(r"\n##", readme.split(f"\n### {heading}\n")[1])[0]
    table = chapter[chapter.index("| Field |") :].split("\n\n")[0]
    rows = [row.split(" | ") for row in table.splitlines()[2:]]
    told = {name: " ".join(row) for row in rows for name in re.findall(r"`(\w+)`", row[0])}
    declared = {name: one.reader for record in records for name, one in keys(record).items()}
    assert told.keys() == declared.keys()
    for name, reader in declared.items():
        if isinstance(reader, Choice):
            assert set(reader.words) <= set(re.findall(r"`(\w+)`", told[name])), name
