"""What Python sets of states and amounts reaches the page in a form that it computes with."""

import pytest

from forecasting.errors import InputError
from forecasting.explorer.widget import Explorer
from forecasting.file.case import read
from tests.test_explorer_engine import Page, python
from tests.test_explorer_engine_states import KABUL, SETTLED

CASE = read(KABUL)


@pytest.fixture(scope="module")
def page():
    with Page(CASE) as page:
        yield page


RANGE = {"low": "10%", "high": "30%"}
CHANGES = [
    ({"events.cabinet.base_rate.caretaker": "40%"}, "events.cabinet.base_rate.caretaker"),
    ({"events.cabinet.base_rate.inclusive": RANGE}, "events.cabinet.base_rate.inclusive"),
    (
        {"events.cabinet.base_rate.other": "5%", "events.cabinet.base_rate.caretaker": "40%"},
        "events.cabinet.base_rate",
    ),
    (
        {"events.cabinet.base_rate": {"caretaker": RANGE, "inclusive": "2%", "other": "rest"}},
        "events.cabinet.base_rate",
    ),
    ({"events.tension.base_rate.at_least.war": "9%"}, "events.tension.base_rate.at_least.war"),
    ({"events.tension.base_rate.war": "9%"}, "events.tension.base_rate"),
    ({"events.tension.base_rate.unsure": 3}, "events.tension.base_rate.unsure"),
    ({"events.first_out.base_rate.east": "30%"}, "events.first_out.base_rate"),
    ({"events.reached.base_rate.at_least.treaty": "5%"}, "events.reached.base_rate"),
    ({"events.deaths.base_rate.best": 480}, "events.deaths.base_rate.best"),
    ({"events.deaths.base_rate": {"low": 90, "best": 250, "high": 950}}, "events.deaths.base_rate"),
    ({"events.rain.base_rate.quantiles.25%": 2.5}, "events.rain.base_rate.quantiles.25%"),
    ({"events.cabinet.now.inclusive": "35%"}, "events.cabinet.now.inclusive"),
    ({"events.weather.table.no, yes.dry": "70%"}, "events.weather.table.no, yes.dry"),
    ({"events.weather.table.no, yes": ["20%", "30%", "50%"]}, "events.weather.table.no, yes"),
    ({"events.weather.table.no, yes": [0.2, 0.3, 0.5]}, "events.weather.table.no, yes"),
    (
        {"events.weather.table.no, yes": {"wet": 0.2, "otherwise": 0.8}},
        "events.weather.table.no, yes",
    ),
    ({"links.tension.war.cabinet.other.raises": 5}, "links.tension.war.cabinet.other.raises"),
    ({"evidence.hundred_in_a_month.if.rises": "70%"}, "evidence.hundred_in_a_month.if.rises"),
]


@pytest.mark.parametrize(("changes", "path"), CHANGES)
@pytest.mark.parametrize("by", [None, "2024-09-15"])
def test_what_is_set_in_python_gives_the_same_on_the_page(page, changes, path, by):
    explorer = Explorer(CASE, {"overrides": changes, "by": by})
    assert explorer.added == {} and list(explorer.settings["overrides"]) == [path]
    _, expected = python(CASE, {**explorer.settings, "overrides": changes})
    found = page.solve(**explorer.settings)
    for name, posterior in expected["posterior"].items():
        assert found["posterior"][name] == pytest.approx(posterior, abs=1e-9), name
        assert found["prior"][name] == pytest.approx(expected["prior"][name], abs=1e-9), name


def test_counts_make_another_case_and_a_share_of_counts_is_told_why():
    explorer = Explorer(read(SETTLED))
    explorer.set("events.cabinet.base_rate", {"seen": {"a": 1, "b": 5, "c": 2}})
    assert list(explorer.added) == ["events.cabinet.base_rate"]
    with pytest.raises(InputError, match="one by one"):
        explorer.set("events.cabinet.base_rate.a", "30%")


def test_a_state_can_be_shown_first_and_an_amount_without_a_cut():
    explorer = Explorer(CASE, outcome="cabinet.other")
    assert explorer._told(explorer.run()).startswith("cabinet: Anything else: ")
    explorer.outcome = "cabinet"
    assert explorer._told(explorer.run()).startswith("cabinet: An inclusive one: ")
    explorer.outcome = "deaths"
    assert (
        explorer._told(explorer.run()) == "deaths: 377 deaths, 90% range 129 to 1,100; before 240"
    )
    with pytest.raises(InputError, match="no event of this name"):
        explorer.outcome = "cabinet.othr"


def test_what_is_supposed_is_written_as_the_page_knows_it(page):
    explorer = Explorer(CASE)
    explorer.settings = explorer.settings | {"given": {"cabinet": "inclusive", "deaths": 200}}
    assert explorer.settings["given"] == {"cabinet.inclusive": True, "deaths": 200}
    found = page.solve(**explorer.settings)
    _, expected = python(CASE, explorer.settings)
    assert found["posterior"] == pytest.approx(expected["posterior"], abs=1e-9)
