"""Every number of a case is listed, read and put by its key path."""

import pytest

import forecasting
from forecasting.file.quantities import get, numbers, put
from forecasting.judgement import Odds, Probability
from tests.random_cases import as_text, random_case

CASE = forecasting.read("""
case: river
events:
  rain: {role: driver, base_rate: 20%, now: 30%}
  flood: {base_rate: 10%}
  sirens: {parents: [flood], table: {"yes": 0.9, "no": 0.1}}
links: [{from: rain, to: flood, if_yes: 80%, if_no: 30%}]
sources: {aunt: {}}
evidence:
  wet: {bears_on: rain, likelihood_ratio: 3, status: confirmed}
  mud:
    bears_on: {rain: {lowers: 3}, flood: {odds: 2}}
    chance: 40%
    reports: [{source: aunt, hit: 70%, false: 20%}, {source: aunt, grade: C2}]
""")


def test_the_numbers_of_a_case_are_listed_by_their_paths():
    paths = [".".join(place) for place, _ in numbers(CASE)]
    own = [path for path in paths if not path.startswith("scales.")]
    assert own == [
        "events.rain.base_rate",
        "events.rain.now",
        "events.flood.base_rate",
        "events.sirens.table.yes",
        "events.sirens.table.no",
        "links.rain.flood.odds",
        "evidence.wet.likelihood_ratio",
        "evidence.mud.chance",
        "evidence.mud.bears_on.rain.lowers",
        "evidence.mud.bears_on.flood.odds",
        "evidence.mud.reports.0.hit",
        "evidence.mud.reports.0.false",
    ]
    assert paths[len(own) :] == [
        *(f"scales.reliability.{letter}" for letter in "ABCDEF"),
        *(f"scales.credibility.{digit}" for digit in "12345"),
    ]


@pytest.mark.parametrize("seed", range(20))
def test_what_is_put_is_found_there_and_all_else_stays(seed):
    case = forecasting.read(as_text(random_case(seed)))
    before = dict(numbers(case))
    for place, number in before.items():
        other = Odds(0.7, 0.1) if isinstance(number, Odds) else Probability(0.7, 0.1)
        after = dict(numbers(put(case, place, other)))
        rate = place[-1] == "base_rate"
        assert (after[place].probability if rate else after[place]) == other
        assert {**after, place: number} == before
    assert dict(numbers(case)) == before


@pytest.mark.parametrize(
    "path",
    [
        "events.rain.happened",
        "events.snow.now",
        "links.flood.rain.odds",
        "links.7",
        "evidence.wet.if_yes",
        "evidence.mud.reports.2.hit",
        "evidence.wet.bears_on.rain.raises",
        "views.aunt.rain",
        "nothing",
    ],
)
def test_nothing_is_found_where_nothing_stands(path):
    assert get(CASE, tuple(path.split("."))) is None


def test_a_link_is_found_by_its_events_and_by_its_number():
    assert get(CASE, ("links", "rain", "flood")) is get(CASE, ("links", "0")) is CASE.links[0]


def test_an_item_is_added_and_taken_away():
    link = CASE.links[0]
    without = put(CASE, ("links", "rain", "flood"), None)
    assert without.links == ()
    assert put(without, ("links", "rain", "flood"), link).links == (link,)
    fact = CASE.evidence["wet"]
    dry = put(CASE, ("evidence", "wet"), None)
    assert list(dry.evidence) == ["mud"]
    assert list(put(dry, ("evidence", "wet"), fact).evidence) == ["mud", "wet"]


def test_one_way_to_state_a_thing_takes_the_place_of_the_others():
    link = put(CASE, ("links", "rain", "flood", "lowers"), Odds.exactly(3)).links[0]
    assert (link.lowers, link.if_yes, link.if_no) == (Odds.exactly(3), None, None)
    fact = put(CASE, ("evidence", "wet", "if_yes"), Probability.exactly(0.3)).evidence["wet"]
    assert (fact.if_yes, fact.likelihood_ratio) == (Probability.exactly(0.3), None)
