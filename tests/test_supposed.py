"""What a person types of events is read as what it leaves of them, or refused with a hint."""

import pytest

from forecasting import InputError
from forecasting.engine import supposed
from forecasting.file.case import read

CASE = read("""\
case: x
events:
  rain: {base_rate: 20%}
  flood: {given: tension.war, base_rate: 20%}
  tension: {states: [calm, clash, war], ordered: yes, cuts: {serious: ">= clash"},
    base_rate: {calm: 50%, clash: 30%, war: rest}}
  deaths: {quantity: {whole: yes}, base_rate: {low: 10, high: 90}, cuts: {many: ">= 50"}}
""")


@pytest.mark.parametrize(
    ("typed", "read", "states"),
    [
        ({"rain": "yes"}, {"rain": True}, (1,)),
        ({"rain": False}, {"rain": False}, (0,)),
        ({"rain.no": "YES"}, {"rain.no": True}, (0,)),
        ({"tension": "war"}, {"tension.war": True}, (2,)),
        ({"tension.war": "no"}, {"tension.war": False}, (0, 1)),
        ({"tension.serious": "true"}, {"tension.serious": True}, (1, 2)),
        ({"deaths": "49"}, {"deaths": 49.0}, (0,)),
        ({"deaths": 50}, {"deaths": 50.0}, (1,)),
        ({"deaths.many": "no"}, {"deaths.many": False}, (0,)),
    ],
)
def test_what_is_typed_is_read_and_leaves_states(typed, read, states):
    found = supposed.read(CASE, typed, "given")
    assert found == read
    ((name, holds),) = found.items()
    assert supposed.states(CASE, name, holds) == states


@pytest.mark.parametrize(
    ("typed", "says", "hint"),
    [
        ({"rian": "yes"}, "there is no event of this name", "did you mean rain?"),
        ({"tension.wor": "yes"}, "no such state or cut of tension", "did you mean tension.war?"),
        ({"rain": "war"}, "neither yes nor no", "yes or no"),
        ({"tension": "yes"}, "not a state of this event", "calm or clash or war"),
        ({"tension": "wor"}, "not a state of this event", "did you mean war?"),
        ({"deaths": "nan"}, "not an amount", "an amount"),
        ({"deaths": "-5"}, "has no place on the scale", "an amount on its scale"),
        ({"deaths": "49.5"}, "not a whole amount", "a whole number"),
        ({"deaths": "many"}, "not an amount", "a number, without commas, or deaths.many=yes"),
        ({"tension.war": "calm"}, "neither yes nor no", "yes or no"),
    ],
)
def test_what_cannot_be_read_is_refused_with_what_is_meant(typed, says, hint):
    with pytest.raises(InputError, match=says) as error:
        supposed.read(CASE, typed, "given")
    assert hint in str(error.value)


@pytest.mark.parametrize(
    ("do", "says"),
    [
        ({"tension.serious": "yes"}, "tension.serious=yes.*more than one way"),
        ({"tension.war": "no"}, "more than one way"),
        ({"deaths.many": "yes"}, "deaths.many=yes.*more than one way"),
        ({"tension": "war", "tension.calm": "yes"}, "made so twice"),
        ({"flood": "yes"}, "cannot be made so unless tension is set too"),
        ({"flood": "yes", "tension": "calm"}, "cannot happen without tension.war"),
    ],
)
def test_what_cannot_be_made_so_is_refused(do, says):
    with pytest.raises(InputError) as error:
        supposed.made(CASE, supposed.read(CASE, do, "do"))
    assert all(part in str(error.value).replace("\n", " ") for part in says.split(".*"))


@pytest.mark.parametrize(
    "do",
    [
        {"tension": "war", "flood": "yes"},
        {"tension": "calm", "flood": "no"},
        {"tension.war": "yes"},
        {"deaths": 7},
    ],
)
def test_what_leaves_one_state_can_be_made_so(do):
    read = supposed.read(CASE, do, "do")
    assert supposed.made(CASE, read) is read


@pytest.mark.parametrize(
    ("name", "holds", "words"),
    [
        ("rain", True, "rain=yes"),
        ("tension.war", False, "tension.war=no"),
        ("deaths", 7.5, "deaths=7.5"),
    ],
)
def test_it_is_told_as_it_may_be_typed(name, holds, words):
    assert supposed.told(name, holds) == words
