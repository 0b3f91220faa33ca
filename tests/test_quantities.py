"""Every number of a case is listed, read and put by its key path."""

import pytest

import forecasting
from forecasting.file.quantities import get, numbers, place_of, put, told_of
from forecasting.judgement import Odds, Probability
from tests.random_cases import as_text, random_case
from tests.test_hostile_states import SOUND

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


# --- states and amounts ---------------------------------------------------------------------------

STATES = forecasting.read(SOUND)


def test_the_numbers_of_states_and_amounts_are_listed_by_their_paths():
    paths = [".".join(place) for place, _ in numbers(STATES)]
    own = [path for path in paths if not path.startswith(("scales.", "events.mood.table."))]
    assert own == [
        "events.unrest.base_rate",
        "events.cabinet.base_rate.caretaker",
        "events.cabinet.base_rate.inclusive",
        "events.cabinet.base_rate.other",
        "events.cabinet.now.inclusive",
        "events.tension.base_rate.at_least.incidents",
        "events.tension.base_rate.at_least.fighting",
        "events.tension.base_rate.at_least.war",
        "events.tension.base_rate.unsure",
        "events.deaths.base_rate.low",
        "events.deaths.base_rate.best",
        "events.deaths.base_rate.high",
        "events.leaver.base_rate.north",
        "events.leaver.base_rate.south",
        "events.leaver.base_rate.nobody",
        "events.winner.base_rate.red",
        "events.winner.base_rate.blue",
        "events.winner.base_rate.green",
        "events.toll.base_rate.quantiles.5%",
        "events.toll.base_rate.quantiles.50%",
        "events.toll.base_rate.quantiles.95%",
        "events.strike.base_rate",
        "links.tension.war.cabinet.other.raises",
        "links.unrest.tension.raises",
        "links.unrest.deaths.lowers",
        "links.deaths.more.strike.raises",
        "evidence.hundred.if.halved",
        "evidence.hundred.if.more",
        "evidence.hundred.if.otherwise",
        "evidence.shura.if_yes",
        "evidence.shura.if_no",
        "evidence.wide.chance",
        "evidence.wide.bears_on.tension.war.raises",
        "evidence.wide.bears_on.unrest.odds",
    ]
    assert sum(path.startswith("events.mood.table.") for path in paths) == 8 * 3
    assert "events.mood.table.calm, no.fair" in paths


def test_a_path_leads_to_the_place_it_was_made_of():
    for place, number in numbers(STATES):
        assert place_of(STATES, ".".join(place)) == place
        assert get(STATES, place) == number


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("events.unrest.base_rate", "base rate of “unrest”"),
        ("events.leaver.base_rate.north", "base rate of “leaver: north”"),
        (
            "events.cabinet.base_rate.other",
            "how common “cabinet: Else” is in the class of past cases",
        ),
        ("events.cabinet.now.inclusive", "what is held now of “cabinet: An inclusive one”"),
        ("events.tension.base_rate.at_least.war", "base rate of “tension: war” or higher"),
        (
            "events.tension.base_rate.unsure",
            "factor by which the odds of a higher state of “tension” may be off",
        ),
        ("events.deaths.base_rate.low", "5% point of “deaths”"),
        ("events.deaths.base_rate.best", "middle of “deaths”"),
        ("events.toll.base_rate.quantiles.95%", "95% point of “toll”"),
        (
            "events.mood.table.calm, no.fair",
            "“mood: fair” where tension: calm, unrest: no",
        ),
        (
            "links.tension.war.cabinet.other.raises",
            "factor by which “tension: war” raises the odds of “cabinet: Else”",
        ),
        (
            "links.unrest.tension.raises",
            "factor by which “unrest” raises the odds of a higher state of “tension”",
        ),
        (
            "links.unrest.deaths.lowers",
            "factor by which “unrest” lowers the odds of more of “deaths”",
        ),
        (
            "evidence.hundred.if.halved",
            "chance of seeing this given that “deaths: at most 116 deaths (halved)” is so",
        ),
        (
            "evidence.hundred.if.otherwise",
            "chance of seeing this given that anything else of “deaths” is so",
        ),
        (
            "evidence.shura.if_no",
            "chance of seeing this given that “cabinet: An inclusive one” is not so",
        ),
    ],
)
def test_a_number_is_told_in_words(path, words):
    assert told_of(STATES, place_of(STATES, path))[2] == words
