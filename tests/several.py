"""A case with an event of each type, whose answers can be worked out by hand.

Every number is exact and nothing is linked, so each fact moves one event by Bayes' rule:

- cabinet: 60, 15 and 25%; a fact that is seen with 60% under "inclusive" and else with 20% makes
  them 12, 9 and 5 of 26.
- tension: nothing is known of it.
- deaths: ln(q + 1/2) is a split normal through ln 100.5, ln 240.5 and ln 900.5. Above 347.5 lies
  32.3%; a fact seen with 60% there and else with 20% makes that 58.8%.
- strike: a yes or a no, 10%.
"""

TEXT = """
case: kabul
as_of: 2021-09-15
resolve_by: 2022-09-15
events:
  cabinet:
    title: Cabinet
    question: Which cabinet governs in Kabul on the date?
    states: {caretaker: The caretaker cabinet stays, inclusive: An inclusive one, other: Another}
    cuts: {new: [inclusive, other]}
    base_rate: {caretaker: 60%, inclusive: 15%, other: rest}
  tension:
    states: [calm, incidents, fighting, war]
    ordered: yes
    cuts: {serious: ">= fighting"}
    base_rate: {calm: 30%, incidents: 45%, fighting: 20%, war: rest}
  deaths:
    title: Deaths in a year
    question: How many battle deaths will there be?
    quantity: {unit: deaths, scale: log, whole: yes}
    base_rate: {low: 100, best: 240, high: 900}
    cuts: {rises_by_half: ">= 348", middling: "117 .. 347"}
  strike: {title: A strike, base_rate: 10%}
sources: {afp: {}}
evidence:
  shura:
    {claim: A shura is named., bears_on: cabinet.inclusive, if_yes: 60%, if_no: 20%,
     status: confirmed}
  hundred:
    claim: A hundred died in a month.
    bears_on: deaths
    if: {rises_by_half: 60%, otherwise: 20%}
    status: confirmed
"""

# Names and claims that look like markup of a terminal, and are text.
RIVER = """
case: river
title: "A [red]river[/red]"
as_of: 2021-03-15
resolve_by: 2022-03-01
events:
  rain: {role: driver, kind: state, title: Rain, base_rate: 20%}
  flood: {title: "A [b]flood[/b]", base_rate: {best: 30%, within: 12 months}}
links: [{from: rain, to: flood, raises: 4}]
sources: {"aunt": {}}
evidence:
  wet:
    claim: "The [link=x]street[/link] is wet"
    bears_on: rain
    date: 2021-03-02
    if_yes: 90%
    if_no: 10%
    reports: [{source: aunt, grade: C3, says: no}]
"""
