"""Changed judgements take effect where their path says, and are written among the rest."""

import difflib
import math
import re
from dataclasses import replace
from pathlib import Path

import pytest
from scipy import special, stats

from forecasting import Network, read, save, save_overlay
from forecasting.errors import InputError
from forecasting.file import overlay, splice, stated
from forecasting.file.case import load
from forecasting.file.overlay import apply, load_overlay, override, written
from forecasting.file.quantities import get, numbers, place_of, put
from forecasting.file.stated import Point
from forecasting.file.values import BaseRate
from forecasting.judgement import Z90, Odds, Probability
from tests.test_hostile_states import SOUND

ROOT = Path(__file__).resolve().parents[1]
FIRST = ROOT / "priors" / "first_case.yaml"
CASES = sorted((ROOT / "priors").glob("*.yaml"))

CASE = """\
case: flood   # a case for tests
as_of: 2021-03-01
resolve_by: 2022-03-01
events:
  rain:
    role: driver
    kind: state
    base_rate: {low: 20%, high: 45%}   # from the almanac
    now: 60%
  thaw: {role: driver, kind: state, base_rate: 30%}
  flood:
    # counted over winters
    base_rate: {seen: 3, of: 12, within: 12 months}
    why: >-
      Three of twelve
      winters.
  sirens:
    parents: [rain, thaw]
    table: {"yes, yes": 0.9, "yes, no": 60%, "no, yes": 0.5, "no, no": 0}
links:
  # the river
  - from: rain
    to: flood
    raises: {low: 2, high: 6}   # guessed
    why: Rain fills it.
  - {from: thaw, to: flood, if_yes: 30%, if_no: 10%}
sources:
  gauge: {title: The gauge}
evidence:
  high_water:
    date: 2021-02-20
    bears_on: flood
    if_yes: {low: 50%, high: 80%}
    if_no: 20%   # in other winters
    reports:
      - {source: gauge, grade: A1}
  dry_barn:
    bears_on: {rain: {lowers: 2}, thaw: {odds: 0.5}}
    chance: 40%
    status: confirmed   # seen
"""


@pytest.fixture(scope="module")
def case():
    return read(CASE)


# --- paths ----------------------------------------------------------------------------------------


def mean(judgement):
    return float(judgement.mean)


def rate(case, event):
    return mean(case.events[event].base_rate.probability)


def times(odds):
    return round(math.exp(odds.log_median), 12)


@pytest.mark.parametrize(
    ("path", "value", "reached", "wanted"),
    [
        ("events.thaw.base_rate", "20%", lambda c: rate(c, "thaw"), 0.2),
        ("events.rain.base_rate.high", 0.201, lambda c: rate(c, "rain"), pytest.approx(0.2, 0.01)),
        ("events.rain.now", 0.7, lambda c: mean(c.events["rain"].now), 0.7),
        ("events.thaw.now", "25%", lambda c: mean(c.events["thaw"].now), 0.25),
        ("events.sirens.table.no, no", "1%", lambda c: mean(
            c.events["sirens"].table["no, no"]), 0.01),
        ("links.rain.flood.raises", 4, lambda c: times(c.links[0].odds), 4),
        ("links.rain->flood.raises", 4, lambda c: times(c.links[0].odds), 4),
        ("links.0.raises", "strong", lambda c: times(c.links[0].odds), 6),
        ("links.rain.flood.lowers", 4, lambda c: times(c.links[0].odds), 1 / 4),
        ("links.thaw.flood.odds", 1.5, lambda c: times(c.links[1].odds), 1.5),
        ("links.thaw.flood.if_yes", "40%", lambda c: times(c.links[1].odds), (4 / 6) / (1 / 9)),
        ("evidence.high_water.if_no", "5%", lambda c: mean(c.evidence["high_water"].if_no), 0.05),
        ("evidence.high_water.likelihood_ratio", 3, lambda c: times(
            c.evidence["high_water"].likelihood_ratio), 3),
        ("evidence.dry_barn.chance", 0.1, lambda c: mean(c.evidence["dry_barn"].chance), 0.1),
        ("evidence.dry_barn.bears_on.rain.lowers", 5, lambda c: times(
            c.evidence["dry_barn"].bears_on["rain"].odds), 1 / 5),
        ("evidence.dry_barn.status", "absent", lambda c: c.evidence["dry_barn"].status, "absent"),
        ("evidence.high_water.reports.0.grade", "B3", lambda c: c.letter("gauge"), "B"),
        ("scales.reliability.A", 0.9, lambda c: mean(c.scales.reliability["A"]), 0.9),
        ("events.flood.happened", "2021-02", lambda c: str(c.events["flood"].happened), "2021-02"),
    ],
)  # fmt: skip
def test_a_path_reaches_its_judgement(case, path, value, reached, wanted):
    changed = override(case, {path: value})
    assert reached(changed) == (pytest.approx(wanted) if isinstance(wanted, float) else wanted)
    assert changed.digest != case.digest


def test_the_case_that_is_changed_stays_as_it_was(case):
    before = case.digest, case.text
    changed = override(override(case, {"events.rain.now": "70%"}), {"events.thaw.now": "20%"})
    assert (case.digest, case.text) == before
    assert changed.text == case.text
    assert [mean(changed.events[name].now) for name in ("rain", "thaw")] == [
        pytest.approx(0.7),
        pytest.approx(0.2),
    ]


def test_a_new_fact_and_its_source_can_be_added(case):
    changed = override(
        case,
        {
            "sources.miller": {"title": "The miller"},
            "evidence.wet_feet": "{bears_on: flood, likelihood_ratio: 2, "
            "reports: [{source: miller, grade: C3}]}",
        },
    )
    assert changed.evidence["wet_feet"].reports[0].source == "miller"
    assert Network(changed).posterior()["flood"] > Network(case).posterior()["flood"]


@pytest.mark.parametrize(
    ("path", "value", "gone"),
    [
        ("links.0.lowers", 3, "raises"),
        ("links.0.odds", 3, "raises"),
        ("links.1.raises", 3, "if_yes if_no"),
        ("evidence.high_water.likelihood_ratio", 3, "if_yes if_no"),
        ("evidence.dry_barn.bears_on.thaw.lowers", 3, "odds"),
    ],
)
def test_setting_one_way_to_state_a_thing_takes_the_place_of_the_others(case, path, value, gone):
    changed = override(case, {path: value})
    *place, key = path.split(".")
    node = changed.node
    for step in place:
        node = node.value[int(step) if node.is_list else step]
    assert key in node.value
    assert not set(gone.split()) & set(node.value)


def test_both_halves_of_a_pair_can_be_set_where_a_multiplier_stood(case):
    changed = override(case, {"links.0.if_yes": "30%", "links.0.if_no": "10%"})
    assert times(changed.links[0].odds) == pytest.approx(27 / 7)


@pytest.mark.parametrize(
    ("path", "problem", "hint"),
    [
        ("events.rian.now", "there is no such name", "did you mean rain?"),
        ("event.rain.now", "this path names no judgement", "did you mean events?"),
        ("events.rain.nwo", "this path names no judgement", "did you mean now?"),
        ("events.rain.role", "this path names no judgement", None),
        ("events.rain", "this path names no judgement", None),
        ("events", "there is no such name", None),
        ("title", "this path names no judgement", None),
        ("", "this path names no judgement", None),
        ("links.rain.thaw.raises", "there is no such link", "did you mean links.rain.flood?"),
        ("links.flood.rain.raises", "there is no such link", "did you mean links."),
        ("links.7.raises", "there is no such link", None),
        ("links.rain.flood.rises", "this path names no judgement", "did you mean raises?"),
        ("links.rain.flood", "this path names no judgement", None),
        ("evidence.high_watre.status", "there is no such name", "did you mean high_water?"),
        ("evidence.high_water.claim", "this path names no judgement", None),
        ("evidence.high_water.reports.1.grade", "this path names no judgement", None),
        ("evidence.high_water.reports.1", "this path names no judgement", None),
        ("evidence.high_water.reports.x", "this path names no judgement", None),
        ("sources.gauge.title", "this path names no judgement", None),
        ("events.thaw.base_rate.low", "this path names no judgement", "set events.thaw.base_rate"),
        ("events.rain.now.low", "this path names no judgement", "set events.rain.now as a whole"),
    ],
)
def test_a_path_that_leads_nowhere_is_refused_with_the_nearest_name(case, path, problem, hint):
    with pytest.raises(InputError) as caught:
        override(case, {path: "50%"}, by="--set")
    (found,) = caught.value.problems
    assert (found.file, found.place, found.problem) == ("--set", path, problem)
    assert found.accepted
    assert (hint or "") in (found.hint or "")


def test_all_wrong_paths_are_reported_together(case):
    with pytest.raises(InputError) as caught:
        override(case, {"events.rian.now": 0.5, "events.rain.now": 0.5, "link.0.raises": 2})
    assert [problem.place for problem in caught.value.problems] == [
        "events.rian.now",
        "link.0.raises",
    ]


@pytest.mark.parametrize(
    "value", ["200%", "yes", "nan", "[1", "!!float 0.5", "{low: 20%}", "", "~"]
)
def test_a_value_that_is_not_accepted_there_is_refused(case, value):
    with pytest.raises(InputError):
        override(case, {"events.rain.now": value})


def test_a_change_that_breaks_the_case_as_a_whole_is_refused(case):
    with pytest.raises(InputError, match=r"links\.0: a link needs both if_yes and if_no"):
        override(case, {"links.rain.flood.if_yes": "30%"})
    with pytest.raises(InputError, match="evidence needs reports or a status"):
        override(case, {"evidence.high_water.reports": "[]"})


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("links.rain.flood.raises", "links.0.raises"),
        ("links.rain.flood.raises", "links.rain.flood.lowers"),
        ("evidence.high_water.if_yes", "evidence.high_water.likelihood_ratio"),
    ],
)
def test_one_thing_cannot_be_changed_in_two_ways_at_once(case, one, other):
    with pytest.raises(InputError, match="is changed twice"):
        override(case, {one: 0.5, other: 0.3})


# --- overlays -------------------------------------------------------------------------------------

OVERLAY = """\
analyst: Ann
case: flood
date: 2021-03-02
why: I live there.
overrides:
  events.rain.base_rate: {low: 30%, high: 60%}
  links.rain.flood.lowers: 2
  events.sirens.table.no, no: 1%
"""


def test_an_overlay_changes_what_it_names(tmp_path, case):
    path = tmp_path / "ann.yaml"
    path.write_text(OVERLAY, encoding="utf-8")
    changed = apply(case, path)
    assert changed.events["rain"].base_rate.probability.interval == pytest.approx((0.3, 0.6))
    assert times(changed.links[0].odds) == pytest.approx(0.5)
    assert mean(changed.events["sirens"].table["no, no"]) == pytest.approx(0.01)
    assert changed.events["flood"] == case.events["flood"]
    assert load_overlay(path).analyst == "Ann"


def test_of_several_overlays_the_last_word_counts(tmp_path, case):
    changed = case
    for name, lines in {
        "ann": "events.rain.now: 70%\n  links.rain.flood.raises: 3",
        "bob": "events.rain.now: 20%\n  events.thaw.now: 40%",
        "cyd": "links.rain.flood.lowers: 2",
    }.items():
        path = tmp_path / f"{name}.yaml"
        path.write_text(f"analyst: {name}\noverrides:\n  {lines}\n", encoding="utf-8")
        changed = apply(changed, path)
    assert mean(changed.events["rain"].now) == pytest.approx(0.2)
    assert mean(changed.events["thaw"].now) == pytest.approx(0.4)
    assert times(changed.links[0].odds) == pytest.approx(0.5)


@pytest.mark.parametrize(
    ("old", "new", "line", "problem"),
    [
        ("case: flood", "case: storm", None, "belongs to another case"),
        ("analyst: Ann", "analist: Ann", 1, "this key is not known"),
        ("analyst: Ann\n", "", 1, "the key 'analyst' is missing"),
        ("date: 2021-03-02", "date: yesterday", 3, "not a date of the calendar"),
        ("events.rain.base_rate", "events.rian.base_rate", 6, "there is no such name"),
        ("lowers: 2", "lowers: -2", 7, "finite and above 0"),
        ("overrides:\n", "overrides: []\nx:\n", 5, "names with values are due here"),
    ],
)
def test_an_overlay_that_does_not_fit_is_refused_with_its_line(
    tmp_path, case, old, new, line, problem
):
    path = tmp_path / "ann.yaml"
    assert OVERLAY.count(old) == 1
    path.write_text(OVERLAY.replace(old, new), encoding="utf-8")
    with pytest.raises(InputError) as caught:
        apply(case, path)
    found = {(one.file, one.line, one.problem) for one in caught.value.problems}
    assert any((file, at) == (str(path), line) and problem in said for file, at, said in found), (
        found
    )


def test_a_saved_overlay_comes_back_as_it_was_meant(tmp_path, case):
    changes = {
        "events.rain.base_rate": {"low": 0.1, "high": "30%"},
        "events.sirens.table.no, no": 0.02,
        "links.rain.flood.raises": "{low: 2, high: 3}",
        "evidence.high_water.likelihood_ratio": 1e-3,
        "evidence.wet_feet": {"bears_on": "rain", "likelihood_ratio": 2, "status": "confirmed",
                              "claim": 'Wet: "really", she said # twice'},
    }  # fmt: skip
    path = tmp_path / "ann.yaml"
    save_overlay(path, "Ann: of #3", case, changes, why="yes: and no")
    assert apply(case, path).digest == override(case, changes).digest
    written = load_overlay(path)
    assert (written.analyst, written.case, written.why) == ("Ann: of #3", "flood", "yes: and no")
    lines = path.read_text(encoding="utf-8").splitlines()
    assert lines[4:] == sorted(
        lines[4:], key=lambda line: line.strip(' "')
    )  # by path: easy to compare


def test_an_overlay_without_changes_is_one(tmp_path, case):
    save_overlay(tmp_path / "ann.yaml", "Ann", case, {})
    assert apply(case, tmp_path / "ann.yaml").digest == case.digest


def test_an_overlay_that_does_not_fit_is_not_written(tmp_path, case):
    with pytest.raises(InputError, match="must lie between 0 and 1"):
        save_overlay(tmp_path / "ann.yaml", "Ann", case, {"events.rain.now": 2})
    assert list(tmp_path.iterdir()) == []


# --- saving the case itself -----------------------------------------------------------------------


def changed_lines(before, after):
    """Lines taken out and lines put in."""
    marks = difflib.ndiff(before.splitlines(), after.splitlines())
    marks = [mark for mark in marks if mark[0] in "+-"]
    return [m[2:] for m in marks if m[0] == "-"], [m[2:] for m in marks if m[0] == "+"]


@pytest.mark.parametrize(
    ("path", "value", "out", "in_"),
    [
        ("events.rain.now", "33%", ["    now: 60%"], ["    now: 33%"]),
        (
            "events.rain.base_rate",
            {"low": 0.1, "high": 0.2},
            ["    base_rate: {low: 20%, high: 45%}   # from the almanac"],
            ["    base_rate: {low: 0.1, high: 0.2}   # from the almanac"],
        ),
        (
            "events.rain.base_rate.low",
            "1%",
            ["    base_rate: {low: 20%, high: 45%}   # from the almanac"],
            ["    base_rate: {low: 1%, high: 45%}   # from the almanac"],
        ),
        (
            "events.thaw.now",
            "33%",
            ["  thaw: {role: driver, kind: state, base_rate: 30%}"],
            ["  thaw: {now: 33%, role: driver, kind: state, base_rate: 30%}"],
        ),
        ("events.flood.now", "33%", [], ["    now: 33%"]),
        (
            "links.rain.flood.lowers",
            3,
            ["    raises: {low: 2, high: 6}   # guessed"],
            ["    lowers: 3   # guessed"],
        ),
        (
            "links.thaw.flood.raises",
            "strong",
            ["  - {from: thaw, to: flood, if_yes: 30%, if_no: 10%}"],
            ["  - {from: thaw, to: flood, raises: strong}"],
        ),
        (
            "evidence.high_water.likelihood_ratio",
            3,
            ["    if_yes: {low: 50%, high: 80%}", "    if_no: 20%   # in other winters"],
            ["    likelihood_ratio: 3   # in other winters"],
        ),
        (
            "evidence.dry_barn.status",
            "absent",
            ["    status: confirmed   # seen"],
            ["    status: absent   # seen"],
        ),
        (
            "evidence.high_water.reports.0.grade",
            "A2",
            ["      - {source: gauge, grade: A1}"],
            ["      - {source: gauge, grade: A2}"],
        ),
        (
            "evidence.wet_feet",
            "{bears_on: rain, likelihood_ratio: 2, status: confirmed, date: 2021-02}",
            [],
            ["  wet_feet: {bears_on: rain, likelihood_ratio: 2, status: confirmed, date: 2021-02}"],
        ),
        ("sources.miller", {"title": "007"}, [], ["  miller: {title: 007}"]),
        ("scales.reliability.B", "50%", [], ["scales: {reliability: {B: 50%}}"]),
    ],
)
def test_saving_changes_the_lines_of_the_judgement_and_no_others(
    tmp_path, case, path, value, out, in_
):
    changed = override(case, {path: value})
    file = tmp_path / "flood.yaml"
    save(changed, file)
    text = file.read_bytes().decode()
    assert changed_lines(CASE, text) == (out, in_)
    assert load(file).digest == changed.digest


@pytest.mark.parametrize("ends", ["\r\n", "\n"])
@pytest.mark.parametrize("last", [True, False])
def test_line_ends_stay_as_they_are(tmp_path, ends, last):
    text = (CASE if last else CASE.rstrip("\n")).replace("\n", ends)
    changed = override(
        read(text), {"events.rain.now": "33%", "events.flood.now": "20%", "links.0.odds": 2}
    )
    save(changed, tmp_path / "flood.yaml")
    written = (tmp_path / "flood.yaml").read_bytes().decode()
    assert written.count("\n") == text.count("\n") + 1
    assert written.count("\r") == (written.count("\n") if ends == "\r\n" else 0)
    assert load(tmp_path / "flood.yaml").digest == changed.digest


def test_a_byte_order_mark_shifts_no_place(tmp_path):
    file = tmp_path / "flood.yaml"
    file.write_text(f"\ufeff{CASE}", encoding="utf-8")
    save(override(load(file), {"events.rain.now": "33%"}), file)
    assert file.read_text(encoding="utf-8") == CASE.replace("now: 60%", "now: 33%")


def test_every_judgement_of_a_shipped_case_can_be_changed_and_saved(tmp_path):
    """All comments stay, and every line that holds no changed judgement."""
    case = load(FIRST)
    text = FIRST.read_text(encoding="utf-8")
    file = tmp_path / "first.yaml"
    changes = {f"events.{name}.now": 0.37 for name in case.events}
    changes |= {f"events.{name}.base_rate": "17%" for name in case.events}
    changes |= {f"links.{i}.odds": 1.7 for i in range(len(case.links))}
    changes |= {f"evidence.{name}.likelihood_ratio": 2.5 for name in case.evidence}
    for path, value in changes.items():
        changed = override(case, {path: value})
        save(changed, file)
        written = file.read_text(encoding="utf-8")
        assert load(file).digest == changed.digest
        assert comments(written) == comments(text)
        out, in_ = changed_lines(text, written)
        assert len([line for line in in_ if not line.lstrip().startswith("#")]) == 1
        assert len(out) <= 2
    everything = override(case, changes)
    save(everything, file)
    assert load(file).digest == everything.digest
    assert load(file) == everything


def comments(text):
    return [one.strip() for one in re.findall(r"(?<=\s)#[^#\n]*", f"\n{text}")]


BLOCKS = """\
# every layout
case: blocks
as_of: 2021-09-15
resolve_by: 2022-09-15
events:
  cabinet:
    states: [stays, shared, other]
    base_rate:   # by judgement
      # the decrees name them
      stays: 60%   # the floor
      shared:
        low: 5%   # of nine such
        high: 20%   # the optimists
      other: rest   # whatever else
      within: 12 months
    kind: first
    now:
      shared: 30%   # the talks
      other: 0.1   # rumours
  tension:
    states:
      - calm
      - tense
      - war
    ordered: yes
    base_rate:
      calm: 0.5   # most years
      tense: 0.3   # often
      war: rest   # seldom
      unsure: 2   # the raters differ
  deaths:
    quantity: {whole: yes}
    cuts: {many: ">= 500"}
    base_rate:
      low: 100   # a quiet year
      best: 240   # the mean
      high: 900   # as in 2014
  rain:
    quantity: {unit: mm}
    cuts: {wet: "> 4"}
    base_rate:
      quantiles:   # of the gauge
        5%: 1   # dry
        50%: 4
        95%: 9   # wet
  mood:
    states: [good, fair, bad]
    parents:
      - tension
    table:
      calm: [50%, 30%, 20%]   # as polled
      tense:   # fewer polls
        good: 20%   # few
        otherwise: 80%
      war: {good: 5%, fair: {low: 10%, high: 30%}, bad: rest}   # a guess
  strike: {parents: [deaths.many], table: {"yes": 40%, "no": 10%}}   # two rows
  truce: {base_rate: {low: 10%, best: 15%, high: 25%,   # held
    within: 1 year}, now: 20%}
  snow: {base_rate: {seen: 3, of: 12}}   # winters
links:
  # one by one
  - from: tension.war
    to: cabinet.other
    raises:   # guessed
      low: 2   # at least
      high: 6   # at most
  - {from: truce, to: deaths, lowers: 2}   # it holds
sources:
  afp: {}
evidence:
  hundred:
    bears_on: deaths
    if:
      many: 60%   # of such years
      otherwise: 20%
    reports:
      - source: afp
        grade: B2   # usual
      - {source: afp, hit: 70%, false: 5%}   # seen by two
  talk: {bears_on: cabinet.shared, if_yes: 70%, if_no: 10%, status: confirmed}   # aired
  both:
    bears_on:
      truce: {raises: 3}   # a lot
      cabinet.shared: {odds: 2}
    chance: 40%   # of any week
    status: absent
"""

NUMBER = re.compile(r"(?<![\w.-])[-+]?[\d.]+(e[-+]?\d+)?%?")

# What one form of a number has and another has not.
FORMS = re.compile("best|seen|beta|rest|otherwise|if_yes")


def moved(number):
    """Another number of the same kind a little lower, and how a person would write it."""
    if isinstance(number, BaseRate):
        other, written = moved(number.probability)
        if number.within:
            written = written if isinstance(written, dict) else {"best": written}
            written |= {"within": f"{number.within:.15g} months"}
        return replace(number, probability=other), written
    if isinstance(number, Point):
        return replace(number, place=number.place - 0.01), None
    if isinstance(number, Odds) and not number.log_median:
        return Odds(0.0, number.log_sd - 0.01), math.exp(Z90 * (number.log_sd - 0.01))
    middle, spread = (
        (number.logit_median, number.logit_sd)
        if isinstance(number, Probability)
        else (number.log_median, number.log_sd)
    )
    shown = special.expit if isinstance(number, Probability) else math.exp
    middle -= 0.01
    low, best, high = (float(shown(middle + way * Z90 * spread)) for way in (-1, 0, 1))
    written = {"low": low, "high": high} if spread else {"best": best}
    sure = {"confidence": number.confidence} if number.confidence else {}
    return type(number)(middle, spread), written | sure if spread or sure else best


def agrees(one, other):
    if isinstance(one, BaseRate):
        return one.within == other.within and agrees(one.probability, other.probability)
    return type(one) is type(other) and all(
        getattr(one, name) == pytest.approx(getattr(other, name), rel=1e-9, abs=1e-9)
        for name in ("logit_median", "logit_sd", "log_median", "log_sd", "place")
        if hasattr(one, name)
    )


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("blocks", BLOCKS),
        ("sound", SOUND),
        *(
            pytest.param(
                path.stem,
                path.read_text(encoding="utf-8"),
                marks=[pytest.mark.slow] if path.stat().st_size > 50_000 else [],
            )
            for path in CASES
        ),
    ],
)
def test_a_new_number_in_the_text_is_that_of_the_record_and_all_else_stays(name, text):
    """For every number of a case; what hangs together with it makes room in both alike."""
    case, tried = read(text), 0
    for place, number in numbers(case):
        path, event = ".".join(place), case.events.get(place[1])
        if place[0] == "scales" or (isinstance(number, BaseRate) and number.model):
            continue
        other, written = moved(number)
        if written is None:
            written = float(stated.scale(event).amount(other.place))
        rate = place[2:3] == ("base_rate",) and event.base_rate
        if rate and rate.seen and place[3] != "unsure":
            with pytest.raises(InputError, match="counts are not set one by one"):
                override(case, {path: written})
            continue
        wanted = put(case, place, other)
        if place[2] == "now" and not event.is_yes_no:
            held = stated.with_statement(event.now, {place[3]: other})
            wanted = put(case, place[:3], held)
        after = splice.rewritten(text, override(case, {path: written}).node)
        due, found = dict(numbers(wanted)), dict(numbers(read(after)))
        assert [*due] == [*found]
        for where, one in found.items():
            assert agrees(one, due[where]), (path, where)
        out, in_ = changed_lines(text, after)
        assert comments(after) == comments(text), path
        assert len(in_) == 1 or name == "blocks", (path, in_)
        alike = NUMBER.sub("", after) == NUMBER.sub("", text)
        assert alike or FORMS.search(" ".join(out)), path
        tried += 1
    assert tried > 10


@pytest.mark.parametrize(
    ("change", "lines"),
    [
        ("events.cabinet.base_rate.stays: 50%", """
      stays: 50%   # the floor
        low: 6.398%   # of nine such
        high: 24.51%   # the optimists"""),
        ("events.cabinet.now.other: 20%", """
      shared: 26.67%   # the talks
      other: 20%   # rumours"""),
        ("events.tension.now.war: 20%", """
    now: {war: 20%}"""),
        ("events.tension.base_rate.at_least.war: 0.1", """
      tense: 0.4   # often"""),
        ("events.tension.base_rate.tense: 10%", """
      calm: 0.6429   # most years
      tense: 10%   # often"""),
        ("events.tension.base_rate.unsure: 3", """
      unsure: 3   # the raters differ"""),
        ("events.deaths.base_rate.low: 90", """
      low: 90   # a quiet year"""),
        ("events.deaths.base_rate.best: 480.5", """
      low: 200.5   # a quiet year
      best: 480.5   # the mean
      high: 1800.5   # as in 2014"""),
        ("events.rain.base_rate.quantiles.95%: 10", """
        95%: 10   # wet"""),
        ("events.mood.table.tense.good: 30%", """
        good: 30%   # few
        otherwise: 70%"""),
        ("events.mood.table.tense.fair: 30%", """
        good: 23.33%   # few
        fair: 30%
        otherwise: 46.67%"""),
        ("events.mood.table.calm.good: 40%", """
      calm: [40%, 36%, 24%]   # as polled"""),
        ("links.tension.war.cabinet.other.raises: {low: 3, high: 6}", """
      low: 3   # at least"""),
        ("links.tension.war.cabinet.other.raises: 4", """
    raises: 4  # guessed
    # at least
    # at most"""),
        ("links.tension.war.cabinet.other.lowers: 4", """
    lowers: 4  # guessed
    # at least
    # at most"""),
        ("evidence.hundred.reports.0.grade: A1", """
        grade: A1   # usual"""),
        ("evidence.hundred.reports.1.false: 9%", """
      - {source: afp, hit: 70%, false: 9%}   # seen by two"""),
        ("evidence.both.status: confirmed", """
    status: confirmed"""),
    ],
)  # fmt: skip
def test_in_blocks_the_lines_of_the_numbers_change_and_no_others(change, lines):
    after = splice.rewritten(BLOCKS, override(read(BLOCKS), dict([change.split(": ", 1)])).node)
    assert comments(after) == comments(BLOCKS)
    rounded = re.sub(r"\d+\.\d{3,}", lambda x: f"{float(x[0]):.4g}", after)
    assert changed_lines(BLOCKS, rounded)[1] == lines.splitlines()[1:]


def test_a_change_that_cannot_be_written_leaves_the_file_alone(tmp_path):
    """The value with the anchor is replaced, so the alias would lead nowhere."""
    text = "case: c\nevents:\n  a: {base_rate: &p 20%}\n  b: {base_rate: *p}\n"
    file = tmp_path / "c.yaml"
    file.write_text(text, encoding="utf-8")
    changed = override(load(file), {"events.b.base_rate": "30%"})
    save(changed, tmp_path / "b.yaml")
    assert (tmp_path / "b.yaml").read_text(encoding="utf-8") == text.replace("*p", "30%")
    with pytest.raises(InputError):
        save(override(load(file), {"events.a.base_rate": "30%"}), file)
    assert file.read_text(encoding="utf-8") == text


def test_a_case_on_one_line_can_be_saved(tmp_path):
    case = read("{case: rain, events: {rain: {base_rate: 20%}}}")
    changed = override(case, {"events.rain.now": "30%", "scales.odds.huge": 30})
    save(changed, tmp_path / "rain.yaml")
    assert load(tmp_path / "rain.yaml").digest == changed.digest


@pytest.mark.parametrize("moment", ["os.fsync", "pathlib.Path.replace"])
def test_a_write_that_fails_leaves_the_old_case(tmp_path, case, monkeypatch, moment):
    file = tmp_path / "flood.yaml"
    file.write_text(CASE, encoding="utf-8")

    def fail(*arguments):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(moment, fail)
    with pytest.raises(OSError, match="No space"):
        save(override(case, {"events.rain.now": "33%"}), file)
    with pytest.raises(OSError, match="No space"):
        save_overlay(file, "Ann", case, {"events.rain.now": "33%"})
    monkeypatch.undo()
    assert file.read_text(encoding="utf-8") == CASE
    assert list(tmp_path.iterdir()) == [file]


def test_every_judgement_an_overlay_may_change_is_a_key_of_its_record():
    from forecasting.file.case import Bearing, Case, Event, Evidence, Link
    from forecasting.file.records import Record

    def keys(record):
        return set(Record(record).schema()["properties"])

    assert set(overlay.JUDGEMENTS["events"]) <= keys(Event)
    assert set(overlay.JUDGEMENTS["links"]) <= keys(Link) & keys(Bearing)
    assert set(overlay.JUDGEMENTS["evidence"]) <= keys(Evidence)
    assert set(overlay.JUDGEMENTS) <= keys(Case)


def test_a_changed_case_speaks_the_words_of_the_case():
    """`compare --lexicon phia` told the case in one scale of words, its analysts in another."""
    case = replace(load("priors/first_case.yaml"), lexicon="phia")
    assert override(case, {"events.high_water.base_rate": "20%"}).lexicon == "phia"


# --- states and amounts ---------------------------------------------------------------------------

KABUL = """\
case: kabul  # with states
events:
  cabinet:
    states: [caretaker, inclusive, other]
    base_rate:   # by judgement
      caretaker: 60%
      inclusive: {low: 5%, high: 20%, confidence: low}
      other: rest
    now: {inclusive: 30%}
  tension:
    states: [calm, tense, war]
    ordered: yes
    base_rate: {calm: 50%, tense: 30%, war: 20%}
    cuts: {bad: ">= tense"}
  deaths:
    quantity: {whole: yes}
    base_rate: {low: 100, best: 240, high: 900}
  rain: {quantity: {}, base_rate: {quantiles: {5%: 1, 50%: 4, 95%: 9}}, cuts: {wet: "> 4"}}
  winner: {states: [red, blue], ordered: yes, base_rate: {seen: {red: 3, blue: 5}}}
  mood:
    states: [good, bad]
    parents: [tension.bad]
    table: {"yes": [30%, 70%], "no": {good: 80%, otherwise: rest}}
  luck: {states: [good, bad], parents: [], table: [30%, 70%]}
links:
  - {from: tension.war, to: cabinet.other, raises: 3}
  - {from: rain.wet, to: deaths, lowers: 2}
evidence:
  seen: {bears_on: cabinet, if: {inclusive: 40%, otherwise: 20%}, status: confirmed}
  both: {bears_on: {tension.war: {raises: 2}, rain.wet: {odds: 3}}, chance: 40%, status: absent}
"""

WHOLE = [
    ({"events.cabinet.base_rate.caretaker": "60%"}, {}),
    ({"events.cabinet.base_rate.caretaker": "0.6"}, {"caretaker: 60%": "caretaker: 0.6"}),
    ({"events.tension.base_rate.war": "50%"}, {
        "calm: 50%, tense: 30%, war: 20%": "calm: 31.25%, tense: 18.75%, war: 50%"
    }),
    ({"events.tension.base_rate.at_least.war": 0.3}, {
        "tense: 30%, war: 20%": "tense: 20%, war: 30%"
    }),
    ({"events.tension.base_rate.at_least.tense": 0.3}, {
        "calm: 50%, tense: 30%": "calm: 70%, tense: 10%"
    }),
    ({"events.tension.base_rate.unsure": 3}, {"{calm: 50%,": "{unsure: 3, calm: 50%,"}),
    ({"events.deaths.base_rate.low": 50}, {"low: 100, best: 240": "low: 50, best: 240"}),
    ({"events.deaths.base_rate.best": 480.5}, {
        "low: 100, best: 240, high: 900": "low: 200.5, best: 480.5, high: 1800.5"
    }),
    ({"events.rain.base_rate.quantiles.5%": "2.0"}, {"5%: 1,": "5%: 2.0,"}),
    ({"events.rain.base_rate.quantiles.50%": 8}, {
        "5%: 1, 50%: 4, 95%: 9": "5%: 2, 50%: 8, 95%: 18"
    }),
    ({"events.winner.base_rate.unsure": 3}, {"{seen: {red": "{unsure: 3, seen: {red"}),
    ({"events.mood.table.yes.good": "40%"}, {'"yes": [30%, 70%]': '"yes": [40%, 60%]'}),
    ({"events.mood.table.no.good": 0.9}, {"{good: 80%": "{good: 0.9"}),
    ({"events.mood.table.no.bad": 0.3}, {"{good: 80%": "{good: 70%"}),
    ({"events.luck.table..good": "40%"}, {"table: [30%, 70%]}": "table: [40%, 60%]}"}),
]  # fmt: skip


@pytest.mark.parametrize(("change", "edits"), WHOLE)
def test_one_number_of_several_that_hang_together_changes_what_makes_room_and_no_more(
    tmp_path, change, edits
):
    path = tmp_path / "kabul.yaml"
    path.write_text(KABUL)
    changed = override(load(path), change)
    overlay.save(changed, path)
    wanted = KABUL
    for old, new in edits.items():
        assert wanted.count(old) == 1
        wanted = wanted.replace(old, new)
    assert path.read_text() == wanted
    saved = load(path)
    assert (saved.events, saved.digest) == (changed.events, changed.digest)


def test_the_mean_of_a_range_makes_room():
    """Against the mean of the logit-normal by quadrature; 60% and the rest keep their ratio."""
    m = (special.logit(0.05) + special.logit(0.2)) / 2
    s = (special.logit(0.2) - special.logit(0.05)) / 2 / stats.norm.ppf(0.95)
    mean = stats.norm(m, s).expect(special.expit)
    case = override(read(KABUL), {"events.cabinet.base_rate.inclusive": 0.4})
    shares = case.events["cabinet"].base_rate.shares
    assert shares["other"] is None
    assert float(shares["caretaker"].mean) == pytest.approx(0.6 * 0.6 / (1 - mean), abs=1e-9)


@pytest.mark.parametrize("order", [["tense", "war"], ["war", "tense"]])
@pytest.mark.parametrize(
    ("steps", "shares"),
    [
        ({"tense": 0.95, "war": 0.6}, [0.05, 0.35, 0.6]),
        ({"tense": 0.1, "war": 0.05}, [0.9, 0.05, 0.05]),
    ],
)
def test_steps_set_together_hold_in_any_order(order, steps, shares):
    """Each alone may lie beyond what the other was: at least war was 20%, at least tense 50%."""
    changes = {f"events.tension.base_rate.at_least.{state}": steps[state] for state in order}
    found = override(read(KABUL), changes).events["tension"].base_rate.shares
    assert [mean(one) for one in found.values()] == pytest.approx(shares, abs=1e-15)


def test_a_step_that_contradicts_another_is_refused_in_whatever_order():
    for order in (["tense", "war"], ["war", "tense"]):
        steps = {"tense": 0.3, "war": 0.4}
        changes = {f"events.tension.base_rate.at_least.{state}": steps[state] for state in order}
        with pytest.raises(InputError, match=r"must lie between 0\.4 and 1, which the steps"):
            override(read(KABUL), changes)


def test_what_is_held_now_of_a_state_can_be_set_where_nothing_is_held():
    """What is not named keeps its proportions: of 50% and 30% with 20%, to 40% and 24% with 36%."""
    text = "{case: x, events: {x: {states: [a, b, c], base_rate: {a: 50%, b: 30%, c: rest}}}}"
    found = Network(override(read(text), {"events.x.now.c": "36%"})).posterior()
    assert list(found.values()) == pytest.approx([0.4, 0.24, 0.36], abs=1e-12)
    with pytest.raises(InputError, match="no state and no cut of this name"):
        override(read(KABUL), {"events.tension.now.wra": "36%"})


@pytest.mark.parametrize(
    ("change", "number"),
    [
        ("links.tension.war.cabinet.other.raises", 4),
        ("links.tension.war->cabinet.other.lowers", 4),
        ("links.rain.wet.deaths.lowers", 4),
        ("evidence.seen.if.inclusive", 0.7),
        ("evidence.both.bears_on.tension.war.raises", 4),
        ("events.cabinet.now.inclusive", 0.7),
        ("events.cabinet.now.caretaker", 0.2),
    ],
)
def test_a_path_may_hold_propositions(tmp_path, change, number):
    path = tmp_path / "kabul.yaml"
    path.write_text(KABUL)
    changed = override(load(path), {change: number})
    found = get(changed, place_of(changed, change))
    if isinstance(found, Probability):
        assert float(found.mean) == pytest.approx(number)
    else:
        assert found == Odds.exactly(number)
    overlay.save(changed, path)
    saved = load(path)
    assert (saved.events, saved.links, saved.evidence) == (
        changed.events,
        changed.links,
        changed.evidence,
    )


@pytest.mark.parametrize(
    ("changes", "place", "problem"),
    [
        ({"events.winner.base_rate.red": 0.3}, "events.winner.base_rate.red", "one by one"),
        ({"events.winner.base_rate.seen.red": 3}, "events.winner.base_rate.seen.red", "one by"),
        ({"events.cabinet.base_rate.othr": 0.3}, "events.cabinet.base_rate.othr", "no state"),
        ({"events.cabinet.base_rate.other": 3}, "events.cabinet.base_rate.other", "between 0 and"),
        (
            {"events.cabinet.base_rate.other": 0.6, "events.cabinet.base_rate.caretaker": 0.5},
            "events.cabinet.base_rate.other",
            "nothing is left for the other states",
        ),
        (
            {"events.tension.base_rate.at_least.war": 0.5},
            "events.tension.base_rate.at_least.war",
            "must lie between 0 and 0.5",
        ),
        (
            {"events.tension.base_rate.at_least.calm": 0.5},
            "events.tension.base_rate.at_least.calm",
            "at least the lowest state is always so",
        ),
        (
            {"events.tension.base_rate.war": "{low: 5%, high: 20%}"},
            "events.tension.base_rate.war",
            "no ranges of their own",
        ),
        ({"events.deaths.base_rate.low": 300}, "events.deaths.base_rate", "amounts must rise"),
        ({"events.deaths.base_rate.low": -9}, "events.deaths.base_rate.low", "no place on the"),
        ({"events.rain.base_rate.best": 5}, "events.rain.base_rate.best", "no such point"),
        (
            {
                "events.tension.base_rate": "{calm: 50%, tense: 30%, war: 20%}",
                "events.tension.base_rate.war": 0.3,
            },
            "events.tension.base_rate.war",
            "is changed twice",
        ),
        ({"events.cabinet.now.peace": 0.3}, "events.cabinet.now.peace", "no state and no cut"),
        ({"links.tension.wra.cabinet.other.odds": 2}, None, "there is no such link"),
    ],
)
def test_a_number_that_cannot_be_set_alone_is_refused_in_one_message(changes, place, problem):
    with pytest.raises(InputError) as refused:
        override(read(KABUL), changes)
    (said,) = refused.value.problems
    assert problem in said.problem
    assert said.place == (place or next(iter(changes)))


def test_a_change_inside_another_is_written_into_it():
    """The place of what is inside is that in the new text, not in the old one."""
    text = (
        "case: rain\nevents: {rain: {base_rate: 20%}}\nevidence:\n"
        "  f: {bears_on: rain, if_yes: 50%, if_no: 20%, status: confirmed}  # seen\n"
    )
    fact = {"bears_on": "rain", "if_yes": "60%", "if_no": "7.5%", "status": "pending"}
    once = override(read(text), {"evidence.f": fact})
    twice = override(once, {"evidence.f.if_yes": "5%", "events.rain.base_rate": "123.4e-3"})
    told = read(written(twice))
    assert told.evidence["f"] == twice.evidence["f"] and "# seen" in told.text
    assert "base_rate: 123.4e-3" in told.text
