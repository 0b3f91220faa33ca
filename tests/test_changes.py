"""What differs between two cases is found, and can be made one by one."""

import pytest

import forecasting
from forecasting.answer.changes import changes, mixed
from tests import several
from tests.enumeration import Enumeration

CASE = """
case: river
as_of: 2021-03-01
resolve_by: 2022-03-01
events:
  rain: {role: driver, kind: state, title: Rain, base_rate: 20%, now: 30%}
  dam: {role: driver, kind: state, base_rate: 40%}
  flood: {base_rate: {best: 20%, within: 6 months}}
  sirens: {parents: [flood], table: {"yes": 0.9, "no": 0.1}}
links:
  - {from: rain, to: flood, raises: 4}
  - {from: dam, to: flood, lowers: 2}
sources: {aunt: {}, uncle: {}}
evidence:
  wet: {bears_on: rain, if_yes: 90%, if_no: 10%, reports: [{source: aunt, grade: C3}]}
  frogs: {bears_on: rain, likelihood_ratio: 3, status: confirmed}
  clouds:
    bears_on: {rain: {raises: 3}, flood: {raises: 2}}
    chance: 40%
    reports: [{source: aunt, grade: C2}, {source: uncle, hit: 70%, false: 20%, grade: B}]
"""

# A change of every kind: what to write in the case for what, and the path it is found by.
EVERY = {
    "events.rain.base_rate": ("base_rate: 20%, now", "base_rate: {low: 30%, high: 50%}, now"),
    "events.rain.now": ("now: 30%", "now: 80%"),
    "events.dam.now": ("base_rate: 40%}", "base_rate: 40%, now: 70%}"),
    "events.dam.happened": ("base_rate: 40%}", "base_rate: 40%, happened: 2021-02-01}"),
    "events.dam": ("kind: state, base_rate: 40%}", "base_rate: 40%}"),
    "events.flood.base_rate": ("within: 6 months", "within: 24 months"),
    "events.sirens.table.yes": ('"yes": 0.9', '"yes": 0.6'),
    "links.rain.flood.raises": ("to: flood, raises: 4", "to: flood, raises: {low: 1, high: 4}"),
    "links.rain.flood.lowers": ("to: flood, raises: 4", "to: flood, lowers: 2"),
    "links.rain.flood.odds": ("to: flood, raises: 4", "to: flood, if_yes: 80%, if_no: 30%"),
    "links.dam.flood": ("  - {from: dam, to: flood, lowers: 2}\n", ""),
    "links.dam.rain": ("links:\n", "links:\n  - {from: dam, to: rain, raises: 3}\n"),
    "evidence.wet.if_yes": ("if_yes: 90%", "if_yes: 40%"),
    "evidence.wet.bears_on": ("if_yes: 90%, if_no: 10%", "likelihood_ratio: 3"),
    "evidence.wet": (
        "  wet: {bears_on: rain, if_yes: 90%, if_no: 10%, reports: [{source: aunt, grade: C3}]}\n",
        "",
    ),
    "evidence.toads": (
        "evidence:\n",
        "evidence:\n  toads: {bears_on: flood, if_yes: 60%, if_no: 30%, "
        "reports: [{source: uncle, grade: B2}]}\n",
    ),
    "evidence.frogs.likelihood_ratio": ("likelihood_ratio: 3", "likelihood_ratio: 7"),
    "evidence.frogs.status": ("status: confirmed", "status: absent"),
    "evidence.frogs.date": ("status: confirmed", "status: confirmed, date: 2021-05-01"),
    "evidence.clouds.chance": ("chance: 40%", "chance: 15%"),
    "evidence.clouds.bears_on.flood.raises": ("flood: {raises: 2}", "flood: {raises: 5}"),
    "evidence.clouds.reports": (", {source: uncle, hit: 70%, false: 20%, grade: B}", ""),
    "evidence.clouds.reports.0.grade": ("grade: C2", "grade: C5"),
    "evidence.clouds.reports.0.says": ("grade: C2", "grade: C2, says: no"),
    "evidence.clouds.reports.1.hit": ("hit: 70%", "hit: 90%"),
    "scales.reliability.C": ("sources:", "scales: {reliability: {C: 20%}}\nsources:"),
    "scales.credibility.2": ("sources:", "scales: {credibility: {2: 60%}}\nsources:"),
    "resolve_by": ("resolve_by: 2022-03-01", "resolve_by: 2021-09-01"),
}


def changed(old, new, text=CASE):
    assert text.count(old) >= 1
    return text.replace(old, new, 1)


@pytest.mark.parametrize("path", EVERY)
def test_one_change_is_found_by_its_path_and_makes_the_second_case(path):
    text = changed(*EVERY[path])
    first, second = forecasting.read(CASE), forecasting.read(text)
    (one,) = changes(first, second)
    assert one.path == path == one.paths[0]
    assert one.before != one.after
    got = forecasting.Network(mixed(first, second, [one])).posterior()
    assert got == pytest.approx(Enumeration(text).posterior(), abs=1e-12)
    nothing = forecasting.Network(mixed(first, second, [])).posterior()
    assert nothing == pytest.approx(Enumeration(CASE).posterior(), abs=1e-12)
    (back,) = changes(second, first)
    got = forecasting.Network(mixed(second, first, [back])).posterior()
    assert got == pytest.approx(Enumeration(CASE).posterior(), abs=1e-12)


def test_texts_references_and_confidence_do_not_count():
    text = changed("base_rate: 40%}", "base_rate: 40%, why: So., question: Is it?}")
    text = changed("raises: 4}", "raises: 4, why: It does.}", text)
    text = changed("if_yes: 90%", "claim: Streets are wet., if_yes: 90%", text)
    text = changed("grade: C3", "grade: C3, why: She saw it.", text)
    text = changed("now: 30%", "now: {best: 30%, confidence: low}", text)
    assert changes(forecasting.read(CASE), forecasting.read(text)) == ()


def test_one_multiplier_stated_in_two_ways_is_no_change():
    text = changed("lowers: 2", "odds: 0.5")
    assert changes(forecasting.read(CASE), forecasting.read(text)) == ()


def test_a_letter_changes_on_all_reports_of_a_source_at_once():
    text = CASE.replace("grade: C", "grade: A")
    first, second = forecasting.read(CASE), forecasting.read(text)
    (one,) = changes(first, second)
    assert one.paths == ("evidence.wet.reports.0.grade", "evidence.clouds.reports.0.grade")
    assert (one.sort, one.of, one.before, one.after) == ("report", "aunt", "C3, C2", "A3, A2")


def test_a_letter_and_a_new_report_of_the_source_change_together():
    text = changed(*EVERY["evidence.toads"]).replace("grade: B", "grade: D")
    text = text.replace("source: uncle, grade: D2", "source: aunt, grade: E2")
    text = text.replace("grade: C", "grade: E")
    (together, *others) = changes(forecasting.read(CASE), forecasting.read(text))
    assert {"evidence.toads", "evidence.wet.reports.0.grade"} < set(together.paths)
    assert [one.of for one in others] == ["uncle"]


@pytest.mark.parametrize(
    "sources", ["sources: {aunt: {}, uncle: {}}", "sources: {uncle: {}, aunt: {}}"]
)
def test_letters_of_two_sources_that_a_new_fact_ties_together_are_told_once(sources):
    old, new = EVERY["evidence.toads"]
    text = changed(old, new.replace("grade: B2}", "grade: D2}, {source: aunt, grade: E2}"))
    text = text.replace("grade: B}", "grade: D}").replace("grade: C", "grade: E")
    cases = (one.replace("sources: {aunt: {}, uncle: {}}", sources) for one in (CASE, text))
    (one,) = changes(*map(forecasting.read, cases))
    assert one.title == "grade of the report of aunt: “wet”, and what changes with it"
    assert (one.of, one.before, one.after) == ("wet", "C3", "E3")


def test_a_fact_switched_off_is_one_change():
    case = forecasting.read(CASE)
    off = {"evidence.wet.status": "pending", "evidence.wet.reports": "[]"}
    (one,) = changes(case, forecasting.override(case, off))
    assert one.paths == ("evidence.wet.status", "evidence.wet.reports")
    assert (one.sort, one.before, one.after) == ("evidence", "aunt C3", "pending")


def test_links_that_would_close_a_circle_change_together():
    turned = "{from: flood, to: dam, lowers: 2}"
    text = changed("{from: dam, to: flood, lowers: 2}", turned)
    (one,) = changes(forecasting.read(CASE), forecasting.read(text))
    assert one.paths == ("links.dam.flood", "links.flood.dam")


def test_both_dates_change_together():
    text = CASE.replace("2022-03-01", "2020-06-01").replace("2021-03-01", "2020-01-01")
    first, second = forecasting.read(CASE), forecasting.read(text)
    (one,) = changes(first, second)
    assert one.paths == ("as_of", "resolve_by")


def test_cases_about_different_events_are_refused():
    text = changed("  dam: {", "  quake: {base_rate: 1%}\n  dam: {")
    with pytest.raises(forecasting.InputError, match="different events") as error:
        changes(forecasting.read(CASE), forecasting.read(text))
    assert "quake" in str(error.value)


@pytest.mark.parametrize(
    ("old", "new", "before", "after"),
    [
        (">= 348", ">= 500", "rises_by_half >= 348", "rises_by_half >= 500"),
        (', middling: "117 .. 347"', "", "middling 117 .. 347", "nothing"),
        ("cuts: {rises", 'cuts: {few: "< 90", rises', "nothing", "few < 90"),
        (
            "new: [inclusive, other]",
            "new: [inclusive]",
            "new [inclusive, other]",
            "new [inclusive]",
        ),
    ],
)
def test_a_cut_that_moved_or_is_new_or_gone_is_told_with_its_level(old, new, before, after):
    text = several.TEXT.replace(old, new)
    (one,) = changes(forecasting.read(several.TEXT), forecasting.read(text))
    event = "cabinet" if "inclusive" in before else "deaths"
    assert (one.path, one.sort, one.of) == (f"events.{event}.cuts", "structure", event)
    assert (one.before, one.after) == (before, after)


def test_a_cut_changes_together_with_what_speaks_of_it():
    """A fact, a link or a table cannot have a cut without the case having it."""
    first = several.TEXT
    second = first.replace('rises_by_half: ">=', 'up: ">=').replace("rises_by_half", "up")
    second += "links:\n  - {from: deaths.up, to: strike, raises: 2}\n"
    second += "  - {from: cabinet.other, to: strike, raises: 3}\n"
    one, other = changes(forecasting.read(first), forecasting.read(second))
    assert one.paths[0] == "events.deaths.cuts"
    assert {path.split(".")[0] for path in one.paths} == {"events", "evidence", "links"}
    assert other.path == "links.cabinet.other.strike"
    back = mixed(forecasting.read(first), forecasting.read(second), [one, other])
    assert back.events["deaths"].cuts == forecasting.read(second).events["deaths"].cuts


def test_points_that_changed_are_told():
    text = several.TEXT.replace("best: 240, high: 900", "best: 300, high: 950, unsure: 2")
    (one,) = changes(forecasting.read(several.TEXT), forecasting.read(text))
    assert (one.before, one.after) == ("100 – 240 – 900", "100 – 300 – 950, unsure by 2")
