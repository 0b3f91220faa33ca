"""The questions a reader is told of first: those the case names, or those that moved most."""

import pytest

from forecasting.answer.headlines import cluster_names, clusters, foremost_move, headlines, ways
from forecasting.engine.network import Network
from forecasting.errors import InputError
from forecasting.file.case import read

RAIN = """
case: rain
events:
  drizzle: {base_rate: 20%}
  flood: {base_rate: 20%}
  storm: {base_rate: 20%}
links:
  - {from: storm, to: flood, raises: 3}
evidence:
  clouds: {claim: Clouds., status: confirmed, bears_on: drizzle, likelihood_ratio: 2}
  wind: {claim: Wind., status: confirmed, bears_on: storm, likelihood_ratio: 8}
"""


def test_what_moved_most_comes_first_and_no_second_of_its_cluster_before_the_others():
    """The storm by a factor 8 on its odds, the flood by less, the drizzle by a factor 2."""
    network = Network(read(RAIN))
    assert ways(network)["storm"] == pytest.approx(9.0309, abs=1e-4)  # 10 log10 8
    assert ways(network)["drizzle"] == pytest.approx(3.0103, abs=1e-4)
    assert headlines(network) == ("storm", "drizzle", "flood")
    assert headlines(network, 2) == ("storm", "drizzle")


def test_headlines_that_the_case_names_come_in_its_order_and_no_others():
    text = RAIN.replace("flood: {", "flood: {headline: 1, ").replace(
        "drizzle: {", "drizzle: {headline: 2, "
    )
    assert headlines(Network(read(text)), 1) == ("flood", "drizzle")


@pytest.mark.parametrize("place", ["0", "first", "-1", "100"])
def test_a_place_that_is_no_place_is_refused(place):
    with pytest.raises(Exception, match=r"events\.flood\.headline: not a place in an order"):
        read(RAIN.replace("flood: {", f"flood: {{headline: {place}, "))


@pytest.mark.parametrize(
    ("now", "expected"),
    [("", (("snow", "ice"), ("wind",))), (", now: 90%", (("snow",), ("ice",), ("wind",)))],
)
def test_a_driver_of_which_something_is_held_now_binds_nothing(now, expected):
    text = f"""
case: cold
events:
  cold: {{role: driver, kind: state, base_rate: 50%{now}}}
  snow: {{base_rate: 10%}}
  ice: {{base_rate: 20%}}
  wind: {{base_rate: 30%}}
links:
  - {{from: cold, to: snow, raises: 3}}
  - {{from: cold, to: ice, raises: 3}}
"""
    assert clusters(Network(read(text))) == expected


def test_a_table_and_a_condition_bind_as_links_do():
    text = """
case: bound
events:
  war: {base_rate: 10%}
  siege: {base_rate: 30%, given: war}
  famine: {parents: [siege], table: {"yes": 60%, "no": 5%}}
  frost: {base_rate: 30%}
"""
    assert clusters(Network(read(text))) == (("war", "siege", "famine"), ("frost",))


NAMED = """
case: winter
events:
  snow: {base_rate: 10%}
  ice: {base_rate: 20%, cluster: Cold}
  frost: {base_rate: 30%, cluster: Frost}
  thaw: {base_rate: 40%, cluster: Cold}
  wind: {base_rate: 50%}
links:
  - {from: snow, to: ice, raises: 3}
  - {from: ice, to: frost, raises: 3}
"""


def test_a_name_joins_outcomes_and_never_parts_what_is_connected():
    """Snow, ice and frost are linked; ice and thaw share a name, whatever frost is called."""
    network = Network(read(NAMED))
    assert clusters(network) == (("snow", "ice", "frost", "thaw"), ("wind",))
    assert cluster_names(network) == {
        **dict.fromkeys(("snow", "ice", "frost", "thaw"), "Cold"),
        "wind": "wind",
    }
    parted = Network(read(NAMED.replace("cluster: Cold}\n  wind", "cluster: Warm}\n  wind")))
    assert clusters(parted) == (("snow", "ice", "frost"), ("thaw",), ("wind",))
    assert cluster_names(parted)["thaw"] == "Warm"


@pytest.mark.parametrize(
    ("tags", "expected"), [("cold", ("cold",)), ("[cold, 2021]", ("cold", "2021"))]
)
def test_tags_are_one_text_or_several(tags, expected):
    case = read(f"{{case: sky, events: {{rain: {{base_rate: 20%, tags: {tags}}}}}}}")
    assert case.events["rain"].tags == expected


@pytest.mark.parametrize("what", ["cluster: [a, b]", "tags: {a: b}"])
def test_a_cluster_or_tag_that_is_no_text_is_refused_in_its_place(what):
    name = what.partition(":")[0]
    with pytest.raises(InputError, match=rf"events\.rain\.{name}: text is due here"):
        read(f"{{case: sky, events: {{rain: {{base_rate: 20%, {what}}}}}}}")


def test_of_an_event_with_states_the_one_that_moved_most_counts():
    text = """
case: sky
events:
  sky: {states: [blue, grey, black], base_rate: {blue: 60%, grey: 30%, black: rest}}
evidence:
  thunder: {claim: Thunder., status: confirmed, bears_on: sky,
            if: {blue: 5%, grey: 5%, black: 50%}}
"""
    network = Network(read(text))
    assert foremost_move(network, "sky") == "sky.black"
    # 10% before; 0.05 / (0.045 + 0.05) after.
    assert network.posterior()["sky.black"] == pytest.approx(0.05 / 0.095)
