"""The name of a proposition leads to its event and its states."""

import pytest

import forecasting
from forecasting.file import propositions
from forecasting.file.propositions import Proposition, Receiver, find, receiver

CASE = forecasting.read("""
case: kabul
events:
  unrest: {role: driver, title: Unrest in the city, base_rate: 30%}
  cabinet:
    states: {caretaker: The caretaker stays, inclusive: An inclusive one, other: Else}
    base_rate: {caretaker: 60%, inclusive: 20%, other: rest}
    cuts: {not_for_long: [other, inclusive]}
  tension:
    title: Tension
    states: [calm, incidents, fighting, war]
    ordered: yes
    base_rate: {calm: 30%, incidents: 45%, fighting: 20%, war: rest}
    cuts:
      {serious: ">= fighting", quiet: "< fighting", middle: incidents .. fighting,
       ends: [calm, war]}
  deaths:
    quantity: {whole: yes}
    base_rate: {low: 100, high: 900}
    cuts: {halved: "<= 116", between: 117 .. 347, more: "> 347", many: ">= 348"}
  metres:
    quantity: {}
    base_rate: {low: 1, high: 9}
    cuts: {dry: "< 2.5", wet: ">= 2.5", flood: "> 5"}
  strike: {given: tension.serious, base_rate: 20%}
  reply: {given: strike, base_rate: 20%}
""")  # fmt: skip


@pytest.mark.parametrize(
    ("name", "states"),
    [("unrest", (1,)), ("unrest.yes", (1,)), ("unrest.no", (0,)), ("cabinet.inclusive", (1,)),
     ("cabinet.not_for_long", (1, 2)), ("tension.war", (3,)), ("tension.serious", (2, 3)),
     ("tension.quiet", (0, 1)), ("tension.middle", (1, 2)), ("tension.ends", (0, 3)),
     ("deaths.halved", (0,)), ("deaths.between", (1,)), ("deaths.more", (2,)),
     ("deaths.many", (2,)), ("metres.wet", (1, 2)), ("metres.flood", (2,))],
)  # fmt: skip
def test_a_proposition_is_a_set_of_states(name, states):
    assert find(CASE, name) == Proposition(name, name.partition(".")[0], states)


@pytest.mark.parametrize("name", ["cabinet", "deaths", "cabinet.inclusiv", "war", "unrest.maybe",
                                  "deaths.117..347", "unrest.yes.no", ""])  # fmt: skip
def test_what_is_no_proposition_is_not_found(name):
    assert find(CASE, name) is None


def test_cells_of_amounts_are_named_by_what_lies_in_them():
    assert propositions.states_of(CASE.events["deaths"]) == ("..116", "117..347", "348..")
    assert propositions.states_of(CASE.events["metres"]) == ("..2.5", "2.5..5", "5..")
    assert propositions.states_of(CASE.events["unrest"]) == ("no", "yes")


def test_tables_tell_of_events_states_and_cuts_in_the_order_of_the_file():
    assert list(propositions.every(CASE, "driver")) == ["unrest"]
    assert list(propositions.every(CASE))[1:6] == [
        "cabinet.caretaker", "cabinet.inclusive", "cabinet.other", "cabinet.not_for_long",
        "tension.calm",
    ]  # fmt: skip
    assert len(propositions.every(CASE)) == 1 + 4 + 8 + 4 + 3 + 2


@pytest.mark.parametrize(
    ("name", "found"),
    [("unrest", Receiver("unrest")), ("unrest.yes", None), ("cabinet", None),
     ("cabinet.other", Receiver("cabinet", 2)), ("cabinet.not_for_long", None),
     ("tension", Receiver("tension")), ("tension.war", None), ("tension.middle", None),
     ("tension.ends", None), ("tension.serious", Receiver("tension")),
     ("tension.quiet", Receiver("tension", turned=True)), ("deaths", Receiver("deaths")),
     ("deaths.many", Receiver("deaths")), ("deaths.halved", Receiver("deaths", turned=True)),
     ("deaths.between", None), ("nobody", None)],
)  # fmt: skip
def test_a_link_moves_an_event_a_state_or_all_steps(name, found):
    assert receiver(CASE, name) == found


@pytest.mark.parametrize(
    ("name", "title"),
    [("unrest", "Unrest in the city"), ("unrest.no", "Unrest in the city: no"),
     ("cabinet.inclusive", "cabinet: An inclusive one"), ("tension.war", "Tension: war"),
     ("cabinet.not_for_long", "cabinet: An inclusive one or Else (not for long)")],
)  # fmt: skip
def test_a_proposition_has_a_short_label(name, title):
    assert propositions.title_of(CASE, name) == title


@pytest.mark.parametrize(
    ("when", "left"),
    [({"cabinet": ("inclusive", "other")}, {"cabinet": {1, 2}}),
     ({"cabinet.other": False}, {"cabinet": {0, 1}}),
     ({"cabinet.other": False, "cabinet": ("other",)}, {"cabinet": set()}),
     ({"tension": ("quiet", "war"), "tension.middle": True}, {"tension": {1}}),
     ({"strike": True}, {"strike": {1}, "tension": {2, 3}}),
     ({"reply": True, "tension.war": False}, {"reply": {1}, "strike": {1}, "tension": {2}}),
     ({"reply": True, "tension": ("calm",)}, {"reply": {1}, "strike": {1}, "tension": set()}),
     ({"strike": False, "deaths.more": True}, {"strike": {0}, "deaths": {2}})],
)  # fmt: skip
def test_a_combination_leaves_states_and_holds_conditions(when, left):
    assert CASE.closed(when) == left
