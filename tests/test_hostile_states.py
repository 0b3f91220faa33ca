"""A wrong file of states or amounts is refused in one message that helps to mend it.

One sound case, spoiled in one thing at a time, as in ``test_hostile_files.py``.
"""

import pytest

from forecasting.engine.network import Network
from forecasting.errors import InputError
from forecasting.file import case as cases
from tests.test_hostile_files import cells

SOUND = """\
case: kabul
as_of: 2021-09-15
resolve_by: 2022-09-15
events:
  unrest: {role: driver, kind: state, base_rate: 30%}
  cabinet:
    states: {caretaker: The caretaker stays, inclusive: An inclusive one, other: Else}
    base_rate: {caretaker: 60%, inclusive: {low: 5%, high: 20%}, other: rest}
    cuts: {changed: [inclusive, other]}
    now: {inclusive: 30%}
  tension:
    states: [calm, incidents, fighting, war]
    ordered: yes
    base_rate: {calm: 30%, incidents: 45%, fighting: 20%, war: 5%, unsure: 2}
    cuts: {serious: ">= fighting", middle: incidents .. fighting}
  deaths:
    quantity: {unit: deaths, whole: yes}
    base_rate: {low: 100, best: 240, high: 900}
    cuts: {halved: "<= 116", between: 117 .. 347, more: ">= 348"}
  leaver:
    kind: first
    states: [north, south, nobody]
    none: nobody
    base_rate: {north: 20%, south: 10%, nobody: rest, within: 12 months}
  winner:
    states: [red, blue, green]
    base_rate: {seen: {red: 3, blue: 5, green: 2}}
    settled: {state: blue, date: 2021-12-01}
  toll:
    quantity: {}
    base_rate: {quantiles: {5%: 1, 50%: 4, 95%: 9}}
    settled: {value: 7, date: 2021-12-01}
  strike: {given: tension.serious, base_rate: 20%}
  mood:
    states: [good, fair, bad]
    parents: [tension, unrest]
    table:
      "calm, yes": [60%, 30%, 10%]
      "calm, no": {good: 60%, otherwise: 40%}
      "incidents, yes": {good: {low: 10%, high: 20%}, fair: 50%, bad: rest}
      "incidents, no": [60%, 30%, 10%]
      "fighting, yes": [60%, 30%, 10%]
      "fighting, no": [60%, 30%, 10%]
      "war, yes": [60%, 30%, 10%]
      "war, no": [60%, 30%, 10%]
links:
  - {from: tension.war, to: cabinet.other, raises: 3}
  - {from: unrest, to: tension, raises: 2}
  - {from: unrest, to: deaths, lowers: 2}
  - {from: deaths.more, to: strike, raises: 4}
sources: {afp: {}}
evidence:
  hundred: {bears_on: deaths, if: {halved: 5%, more: 60%, otherwise: 20%}, status: confirmed}
  shura:
    bears_on: cabinet.inclusive
    if_yes: 70%
    if_no: 10%
    reports: [{source: afp, grade: B2}]
  wide: {bears_on: {tension.war: {raises: 2}, unrest: {odds: 3}}, chance: 40%, status: absent}
scenarios:
  mixed: {when: {cabinet: inclusive}}
  war: {when: {cabinet: [caretaker, other], tension.serious: yes}}
views: {paper: {cabinet.inclusive: likely}}
"""

# "-": what stands in the sound case; "+": what is put there, and the line that the message names if
# that is another one; then place, problem, found and remedy. A ¶ is a line break, a · a space.
SPOILED = {
    "states": """
- [calm, incidents, fighting, war]
+ [calm]
    events.tension.states | fewer than two states | [calm] | two or more, such as [few, some, many]
+ [yes, no]
    events.tension.states | yes and no are what an event without states h | [yes, no | leave states:
+ [no, yes]
    events.tension.states | yes and no are what an event without states h | [no, yes | leave states:
+ [calm, incidents, calm, war]
    events.tension.states | a state is named twice | calm | each state once
+ [calm, in.cidents, fighting, war]
    events.tension.states.1 | not a name | in.cidents | a letter from a to z, then letters, digits,
+ [calm, incidents, fighting, rest]
    events.tension.states.rest | this word has a meaning of its own | rest | a name other than withi
- {caretaker: The caretaker stays,
+ {otherwise: The caretaker stays,
    events.cabinet.states.otherwise | this word has a meaning of its own | otherwis | a name other t
+ {within: The caretaker stays,
    events.cabinet.states.within | this word has a meaning of its own | within | a name other than w
- {caretaker: The caretaker stays, inclusive: An inclusive one, other: Else}
+ {caretaker: Else, inclusive: An inclusive one, other: Else}
    events.cabinet.states.other | two states have one label: which is | Else | a label of its own
""",
    "base rate": """
- other: rest}
+ others: rest}
    events.cabinet.base_rate.others | the event has no state and no cut of | others | did you mean o
- , other: rest}
+ }
    events.cabinet.base_rate | other is missing | {caretaker, inclusive} | a value for each state
- inclusive: {low: 5%, high: 20%}, other: rest
+ inclusive: {low: 5%, high: 20%}, other: 30%
    events.cabinet.base_rate | ranges do not sum to 1 by themselves | caretaker 0.6 | rest for one s
+ inclusive: rest, other: rest
    events.cabinet.base_rate | rest stands twice | inclusive, other | rest for one state only
- {caretaker: 60%, inclusive: {low: 5%, high: 20%}, other: rest}
+ {caretaker: 60%, inclusive: 20%, other: 30%}
    events.cabinet.base_rate | the shares do not sum to 1 | caretaker 0.6, inclusiv | shares that do
+ {caretaker: 60%, inclusive: 40%, other: rest}
    events.cabinet.base_rate | nothing is left for other | caretaker 0.6, inclusive | or drop rest,
+ {caretaker: 60%, inclusive: 50%, other: rest}
    events.cabinet.base_rate | nothing is left for other | caretaker 0.6, inclusive | means that sum
+ {caretaker: 60%, inclusive: 20%, other: 20%, rest: 0}
    events.cabinet.base_rate.rest | rest is the share of a state, and no state | 0 | drop rest
+ 60%
    events.cabinet.base_rate | an event with states has a share for each of t | 60% | a share for ea
+ {caretaker: 0, inclusive: {low: 5%, high: 20%}, other: rest}
    events.cabinet.base_rate.caretaker | a probability of exactly 0 leaves noth | 0 | for what is kn
- other: rest}
+ other: rest, unsure: 2}
    events.cabinet.base_rate.unsure | only ordered states are unsure as a whole | 2 | ranges on sing
+ other: rest, within: 12 months}
    events.cabinet.base_rate.within | a state is true on one day; it has | 12 month | or kind: first
+ other: rest, model: event_counts}
    events.cabinet.base_rate.model | no model estimates the shares of st | event_co | a share for ea
- {caretaker: 60%, inclusive: {low: 5%, high: 20%}, other: rest}
+ {seen: 3, of: 12}
    events.cabinet.base_rate.seen | counts take the place of | 3 | {seen: {caretaker: 3,
- {red: 3, blue: 5, green: 2}
+ {red: 3, blue: 5}
    events.winner.base_rate.seen | green is missing | {red, blue} | a value for each state
+ {red: 3, blue: 5, grene: 2}
    events.winner.base_rate.seen.grene | the event has no state and no cut | grene | did you mean g
+ {red: 3, blue: -5, green: 2}
    events.winner.base_rate.seen.blue | not a count | -5 | a count from 0 to 1,000,000,000
- {seen: {red: 3, blue: 5, green: 2}}
+ {seen: {red: 3, blue: 5, green: 2}, red: 30%}
    events.winner.base_rate.seen | counts take the place of | {red, bl | {seen: {red: 3, blue: 5,
+ {seen: {red: 3, blue: 5, green: 2}, unsure: 2}
    events.winner.base_rate.unsure | only ordered states are unsure as a whole | 2 | ranges on singl
- fighting: 20%, war
+ fighting: {low: 10%, high: 30%}, war
    events.tension.base_rate.fighting | the steps of ordered states have | {low, hi | points, with u
- unsure: 2
+ unsure: 0.5
    events.tension.base_rate.unsure | not a factor of at least 1 | 0.5 | a factor from 1 to 1,000, s
- unsure: 2}
+ within: 12 months, unsure: 2}¶    kind: occurs
    events.tension.base_rate.unsure | unsure cannot be carried over to another | 2 | points for eac
- {calm: 30%, incidents: 45%, fighting: 20%, war: 5%, unsure: 2}
+ {seen: {calm: 1, incidents: 2, fighting: 3, war: 1}, within: 1 year}¶    kind: occurs
    events.tension.base_rate.seen | seen cannot be carried over to anoth | {calm, i | points for eac
""",
    "cut": """
- ">= fighting"
+ ">= fightng"
    events.tension.cuts.serious | there is no state of this name | fightng | did you mean fighting?
+ ">= calm"
    events.tension.cuts.serious | this cut holds all states | >= calm | a cut that may be true and m
+ "> war"
    events.tension.cuts.serious | this cut holds no state | > war | a cut that may be true and may b
+ "fighting and more"
    events.tension.cuts.serious | not a cut | fighting and more | ">= incidents", "<= inci
- incidents .. fighting
+ fighting .. incidents
    events.tension.cuts.middle | this cut holds no state | fighting .. incidents | a cut that may be
- middle: inc
+ war: inc
    events.tension.cuts.war | a state and a cut have one name | war | a name that no state has
+ otherwise: inc
    events.tension.cuts.otherwise | this word has a meaning of its own | otherwise | a name other th
- [inclusive, other]}
+ ">= inclusive"}
    events.cabinet.cuts.changed | a cut of states without an order lists | >= inclu | a list of stat
+ [inclusive, othr]}
    events.cabinet.cuts.changed | there is no state of this name | othr | did you mean other?
+ [caretaker, inclusive, other]}
    events.cabinet.cuts.changed | this cut holds all states | [caretaker, inclusive | a cut that may
- "<= 116"
+ "<= 1e-5"
    events.deaths.cuts.halved | before any evidence this cut is all but n | <= 1e-5, | a probability
+ ">= 1e9"
    events.deaths.cuts.halved | before any evidence this cut is all but ne | >= 1e9, | a probability
+ "fewer than 116"
    events.deaths.cuts.halved | not a cut | fewer than 116 | ">= 240", "<= 240", "> 240", "< 240" or
+ "<= x"
    events.deaths.cuts.halved | not an amount | x | a number
+ 347 .. 117
    events.deaths.cuts.halved | this cut holds no amount | 347 .. 117 | the lower amount first: 117
- halved: "<= 116"
+ halved: [a, b]
    events.deaths.cuts.halved | not a cut | [a, b] | ">= 240", "<= 240", "> 240", "< 240" or "100 ..
- quantity: {}
+ quantity: {scale: linear}¶    cuts: {a: "<= 2", a.b: "<= 3"} | cuts: {a: "<= 2", a.b: "<= 3"}
    events.toll.cuts.a.b | not a name | a.b | a letter from a to z, then letters, digits, _ or -, at
- base_rate: 30%}
+ base_rate: 30%, cuts: {a: "> 3"}}
    events.unrest.cuts | this is not for a yes/no event | {a} | states: or quantity: beside them
""",
    "amount": """
- {unit: deaths, whole: yes}
+ {unit: deaths, scale: logs}
    events.deaths.quantity.scale | not one of the words due here | logs | did you mean log?
+ {units: deaths}
    events.deaths.quantity.units | this key is not known | units | did you mean unit?
- {low: 100, best: 240, high: 900}
+ 240
    events.deaths.base_rate | an amount has a range | 240 | {low: 10, best: 20, high: 40}, its 5,
+ {low: 100, best: 2400, high: 900}
    events.deaths.base_rate | amounts must rise | {low: 100, best: 2400, high: 900} | low, best and
+ {best: 240}
    events.deaths.base_rate | these keys do not make an amount | {best} | {low: 10, best: 20, high:
+ {low: 100, best: 240, high: 900, within: 12 months}
    events.deaths.base_rate.within | an amount speaks of its own period | 12 months | no such key
+ {low: 100, hihg: 900}
    events.deaths.base_rate.hihg | this key is not known | hihg | did you mean high?
+ {low: 10%, high: 900}
    events.deaths.base_rate.low | not an amount | 10% | a number
+ {low: 100, high: 900, unsure: 0}
    events.deaths.base_rate.unsure | not a factor of at least 1 | 0 | a factor from 1 to 1,000, such
+ {model: reference_class, data: rebel_victories, outcome: war}
    events.deaths.base_rate.model | reference_class estimates a probabilit | referenc | event_counts
+ {model: event_counts, data: ucdp_ttp, count: deaths, at_least: 2}
    events.deaths.base_rate.at_least | not a setting of event_counts | at_least | of an amount, ask
+ {low: 100, best: 240, high: 900}¶    states: [a, b] | quantity: {unit: deaths, whole
    events.deaths.quantity | an event has states or is an amount | {unit, whole} | one of the two
- {5%: 1, 50%: 4, 95%: 9}
+ {5%: 1, 50%: 14, 95%: 9}
    events.toll.base_rate.quantiles | amounts must rise | {5%: 1, 50%: 14, 95%: 9} | levels with amo
+ {5%: 1, 0.05: 4, 95%: 9}
    events.toll.base_rate.quantiles | a level stands twice | {5%, 0.05, 95%} | each level once
+ {5: 1, 50%: 4, 95%: 9}
    events.toll.base_rate.quantiles.5 | not a level | 5 | a percentage above 0% and below 100%, such
+ {5%: 1}
    events.toll.base_rate.quantiles | too few quantiles | {5%} | two or more, such as {5%: 10, 95%:
+ [1, 4, 9]
    events.toll.base_rate.quantiles | quantiles are due here | [1, 4, 9] | levels with their amounts
- quantity: {}
+ quantity: {scale: log}¶    cuts: {none: "<= 0"}
    events.toll.quantity.scale | a log scale has no place for 0 | log | scale: linear, or amounts ab
""",
    "kind": """
- ordered: yes
+ ordered: maybe
    events.tension.ordered | neither yes nor no | maybe | yes or no
- [calm, incidents, fighting, war]
+ [calm, incidents, fighting, war]¶    kind: first
    events.tension.kind | this kind is not for an event with ordered states | first | kind: occurs
+ [calm, incidents, fighting, war]¶    kind: lasts
    events.tension.kind | this kind is not for an event with ordered states | lasts | kind: occurs
- other: Else}
+ other: Else}¶    kind: occurs
    events.cabinet.kind | this kind is not for an event with states | occurs | which comes about fir
+ other: Else}¶    none: other
    events.cabinet.none | only kind: first has a state in which none comes abo | other | kind: first
- none: nobody
+ none: noboby
    events.leaver.none | there is no state of this name | noboby | did you mean nobody?
- {low: 100, best: 240, high: 900}
+ {low: 100, best: 240, high: 900}¶    kind: state
    events.deaths.kind | this is not for an amount | state | no such key: an amount speaks of its ow
- base_rate: 30%}
+ base_rate: 30%, ordered: yes}
    events.unrest.ordered | this is not for a yes/no event | yes | states: from low to high beside i
- kind: state, base_rate: 30%}
+ kind: first, base_rate: 30%}
    events.unrest.kind | this kind is not for a yes/no event | first | for a yes/no event: occurs or
- none: nobody
+ none: nobody¶    resolve_by: 2021-09-01
    events.leaver.resolve_by | must be later than as_of | 2021-09-01 | a date after 2021-09-15
""",
    "settled": """
- value: 7
+ state: red
    events.toll.settled | an amount is settled by its value | {state: red, date: 20 | settled: {valu
+ value: -7
    events.toll.settled.value | a log scale has no place for -7 | -7 | an amount above 0
+ value: seven
    events.toll.settled.value | not an amount | seven | a number
- state: blue
+ state: blu
    events.winner.settled.state | there is no state of this name | blu | did you mean blue?
+ value: 7
    events.winner.settled | an event with states is settled by its state | {value: | settled: {stat
- state: blue, date: 2021-12-01
+ state: blue
    events.winner.settled | the key 'date' is missing | {state} | the date on which it was settled
- base_rate: {seen: {red: 3
+ happened: 2021-12-01¶    base_rate: {seen: {red: 3
    events.winner.happened | this is not for an event with states | 2021-12-01 | settled: {state: ST
- base_rate: 30%}
+ base_rate: 30%, settled: {state: yes, date: 2021-12}}
    events.unrest.settled | this is not for a yes/no event | {state, date} | happened: DATE, or rule
""",
    "now": """
- now: {inclusive: 30%}
+ now: 30%
    events.cabinet.now | values by state or cut are due here | 30% | a name with its value, such as
+ now: {inclusiv: 30%}
    events.cabinet.now.inclusiv | the event has no state and no cut of t | inclusiv | did you mean i
+ now: {inclusive: 30%, changed: 40%}
    events.cabinet.now | two of the names overlap | inclusive and changed: both hol | states and cut
+ now: {inclusive: 30%, changed.b: 40%}
    events.cabinet.now.changed.b | the event has no state and no cut of | changed. | did you mean c
+ now: {inclusive: 30%, caretaker: 80%}
    events.cabinet.now | nothing is left for what is not named | {inclusive: 30%, c | values below 1
+ now: {changed: 30%, caretaker: 60%}
    events.cabinet.now | the values do not sum to 1 | {changed: 30%, caretaker: 60% | values that do
+ now: {inclusive: 30%, otherwise: 60%}
    events.cabinet.now | the values do not sum to 1 | {inclusive: 30%, otherwise: 6 | values that do
+ now: {changed: 30%, caretaker: 30%, otherwise: 40%}
    events.cabinet.now.otherwise | otherwise has nothing left: every state is na | 40% | no such key
""",
    "condition": """
- given: tension.serious
+ given: tension
    events.strike.given | tension has states: which part of it is meant? | tension | tension.calm or
+ given: tension.sirious
    events.strike.given | tension has no state and no cut of this name | sirious | did you mean seri
+ given: tensoin.serious
    events.strike.given | there is no event of this name | tensoin.serious | did you mean tension?
+ given: cabinet.otherwise
    events.strike.given | cabinet has no state and no cut of this name | otherwise | did you mean ot
- now: {inclusive
+ given: unrest¶    now: {inclusive
    events.cabinet.given | this is not for an event with states | unrest | given: for an event that
""",
    "table": """
- {low: 100, best: 240, high: 900}
+ {low: 100, best: 240, high: 900}¶    parents: [unrest]
    events.deaths.parents | this is not for an amount | [unrest] | links, under links:
- [tension, unrest]
+ [tension, unrest, deaths]
    events.mood.parents | deaths is an amount: which part of it is meant? | deaths | deaths.halved o
+ [tension, tension]
    events.mood.parents | a parent is named twice | [tension, tension] | each parent once
+ [tension, unrst]
    events.mood.parents | there is no event of this name | unrst | did you mean unrest?
+ [tension.war, unrest] | "calm, yes": [60%, 30%, 10%]
    events.mood.table.calm, yes | not a row of a table | calm, yes | yes or no for each parent, such
+ [] | "calm, yes": [60%, 30%, 10%]
    events.mood.table.calm, yes | the event has no state and no cut of t | calm, ye | good, fair, ba
- "calm, yes": [60%, 30%, 10%]
+ "clam, yes": [60%, 30%, 10%]
    events.mood.table.clam, yes | tension has no state and no cut of this na | clam | did you mean c
+ "calm": [60%, 30%, 10%]
    events.mood.table.calm | not a row for 2 parents | calm | one of "calm, no"; "calm, yes"; "fight
+ "calm, yes": [60%, 30%, 10%]¶      "calm , YES": [60%, 30%, 10%]
    events.mood.table.calm , YES | this row is written twice | calm , YES | each row once (the first
- ······"calm, yes": [60%, 30%, 10%]¶
+
    events.mood.table | rows are missing | 7 of 8 rows | also "calm, yes"
- "calm, yes": [60%, 30%, 10%]
+ "calm, yes": [60%, 30%, 11%]
    events.mood.table.calm, yes | the shares do not sum to 1 | good 0.6, fair 0.3, | shares that do
+ "calm, yes": [60%, 30%]
    events.mood.table.calm, yes | a row has a share for each state | [60%, 30%] | 3 shares, in the o
+ "calm, yes": 60%
    events.mood.table.calm, yes | a row has a share | 60% | a list of them, {good: 60%,
+ "calm, yes": {good: 60%}
    events.mood.table.calm, yes | not every state is named | good | otherwise: for fair, bad
+ "calm, yes": {good: 60%, fair: 30%, bad: 10%, otherwise: 0}
    events.mood.table.calm, yes.otherwise | otherwise has nothing left: every stat | 0 | no such key
+ "calm, yes": {good: 60%, fare: 30%, bad: 10%}
    events.mood.table.calm, yes.fare | the event has no state and no cut of | fare | did you mean f
+ "calm, yes": [60%, rest, rest]
    events.mood.table.calm, yes | rest stands twice | fair, bad | rest for one state only
+ "calm, yes": [{low: 5%, high: 20%}, 30%, 55%]
    events.mood.table.calm, yes | ranges do not sum to 1 by themselves | good 0.111 | rest for one s
+ "calm, yes": [60%, 70%, rest]
    events.mood.table.calm, yes | nothing is left for bad | good 0.6, fair 0.7: tog | means that sum
+ "calm, yes": {good: {low: 5%, high: 20%}, otherwise: 88%}
    events.mood.table.calm, yes | ranges do not sum to 1 by themselves | good 0.111 | rest for one s
""",
    "link": """
- to: cabinet.other
+ to: tension | states: [calm, incidents, figh
    events.tension | events move each other in a circle | tension -> tension | links, parents and co
- from: tension.war
+ from: tension
    links.0.from | tension has states: which part of it is meant? | tension | tension.calm or tensio
- from: deaths.more
+ from: deaths
    links.3.from | deaths is an amount: which part of it is meant? | deaths | deaths.halved or death
+ from: deaths.moar
    links.3.from | deaths has no state and no cut of this name | moar | did you mean more?
- from: tension.war
+ from: tensoin.war
    links.0.from | there is no event of this name | tensoin.war | did you mean tension?
- to: cabinet.other
+ to: cabinet
    links.0.to | which state does this link move? | cabinet | cabinet.caretaker or cabinet.inclusive
+ to: cabinet.changed
    links.0.to | which state does this link move? | cabinet.changed | cabinet.caretaker or cabinet.i
+ to: cabinet.othr
    links.0.to | cabinet has no state and no cut of this name | othr | did you mean other?
- to: strike, raises: 4
+ to: strike.yes, raises: 4
    links.3.to | a link moves the event itself | strike.yes | strike
- to: deaths,
+ to: deaths.between,
    links.2.to | a link cannot move a part that has an end on both sides | deaths.b | deaths, or a c
- to: tension,
+ to: tension.war,
    links.1.to | a link moves all steps of it together | tension.war | tension, or a cut of it with
+ to: tension.middle,
    links.1.to | a link cannot move a part that has an end on both sides | tension.m | tension, or a
+ to: mood.good,
    links.1 | leads to an event that has a table | {from, to, raises} | add unrest to the parents of
- from: deaths.more
+ from: tension.calm
    links.3 | tension.calm is already the condition of strike | {from, to, raises} | remove the link
+ from: tension.serious
    links.3 | tension.serious is already the condition of strike | {from, to, raise | remove the lin
- - {from: deaths.more, to: strike, raises: 4}
+ - {from: deaths.more, to: strike, raises: 4}¶  - {from: deaths.more, to: strike, lowers: 4}
    links.4 | this link is written twice | deaths.more -> strike | one link from one event to anothe
""",
    "evidence": """
- "<= 116"
+ ">= -5" | hundred: {bears_on: deaths, if
    evidence.hundred.if | two of the names overlap | halved and more: both hold 348 | states and cut
- bears_on: deaths,
+ bears_on: deaths.more,
    evidence.hundred.bears_on | if goes with the whole event, of which it names | deaths.m | deaths
+ bears_on: unrest,
    evidence.hundred.if | if is for an event with states, or an amount | {halved, m | if_yes: 60% an
+ bears_on: daeths,
    evidence.hundred.bears_on | there is no event of this name | daeths | did you mean deaths?
- if: {halved: 5%, more: 60%, otherwise: 20%}
+ if_yes: 5%, if_no: 20%
    evidence.hundred | deaths is no yes or no: say how likely the fact i | bears_on | if: {STATE: 60
+ likelihood_ratio: 3
    evidence.hundred | deaths is no yes or no: say how likely the fact i | bears_on | if: {STATE: 60
+ if: {halved: 5%, more: 60%, otherwise: 20%}, likelihood_ratio: 3
    evidence.hundred | if takes the place of the other ways | bears_on, if, likelihood_ra | if alone
+ if: {halved: 5%, more: 60%}
    evidence.hundred.if | not every state is named | halved, more | otherwise: for 117..347
+ if: {halved: 5%, between: 5%, more: 60%, otherwise: 20%}
    evidence.hundred.if.otherwise | otherwise has nothing left: every state is n | 20% | no such key
+ if: {halvd: 5%, more: 60%, otherwise: 20%}
    evidence.hundred.if.halvd | the event has no state and no cut of this n | halvd | did you mean h
+ if: {halved: 5%, more: 160%, otherwise: 20%}
    evidence.hundred.if.more | a probability must lie between 0 and 1 | 160% | a number from 0 to 1,
+ if: 5%
    evidence.hundred.if | values by state or cut are due here | 5% | a name with its value, such as
+ chance: 5%
    evidence.hundred | chance is for a fact that bears on several events | {bears_o | if_yes and if_
- "<= 116"
+ "<= 416" | hundred: {bears_on: deaths, if
    evidence.hundred.if | two of the names overlap | halved and more: both hold 348 | states and cut
- source: afp,
+ source: afp.x,
    evidence.shura.reports.0.source | not a name | afp.x | a letter from a to z, then letters, digi
- {role: driver, kind: state, base_rate: 30%}
+ {role: driver, kind: state, base_rate: 30%, reference: kug.x}
    events.unrest.reference | not a name | kug.x | a letter from a to z, then letters, digits, _ or
- bears_on: cabinet.inclusive
+ bears_on: cabinet
    evidence.shura | cabinet is no yes or no: say how likely the fact is | bears_on | if: {STATE: 60
+ bears_on: cabinet.inclusiv
    evidence.shura.bears_on | cabinet has no state and no cut of this na | inclusiv | did you mean i
- {tension.war: {raises: 2}
+ {tension: {raises: 2}
    evidence.wide.bears_on.tension | tension has states: which part of it | tension | tension.calm o
+ {tension.wra: {raises: 2}
    evidence.wide.bears_on.tension.wra | tension has no state and no cut of t | wra | did you mean w
- chance: 40%, status
+ chance: 40%, if: {war: 2%, otherwise: 3%}, status
    evidence.wide | bears on several events, so each takes its own multi | bears_on | chance: 40% an
""",
    "scenario, view": """
- {cabinet: inclusive}
+ {cabinet: inclusiv}
    scenarios.mixed.when.cabinet | cabinet has no state and no cut of th | inclusiv | did you mean i
+ {cabinet: yes}
    scenarios.mixed.when.cabinet | cabinet has states: which part of it i | cabinet | cabinet.careta
+ {cabinet.inclusive: other}
    scenarios.mixed.when.cabinet.inclusive | neither yes nor no | other | yes or no
+ {cabinet: [inclusive, othr]}
    scenarios.mixed.when.cabinet | cabinet has no state and no cut of this n | othr | did you mean o
+ {zz: 3}
    scenarios.mixed.when.zz | there is no event of this name | zz | add it under events:
+ {cabinet: 3}
    scenarios.mixed.when.cabinet | neither yes nor no | 3 | yes or no
+ {cabinet: []}
    scenarios.mixed.when.cabinet | names no state | a list of 0 | one state or more
+ {cabinet: [inclusive, caretaker]} | war: {when: {cabinet: [caretak
    scenarios.war.when | can come true together with the scenario 'mixed | {cabinet | scenarios that
+ {unrest: [yes, no]}
    scenarios.mixed.when.unrest | neither yes nor no | [yes, no] | yes or no
+ {unrest: perhaps}
    scenarios.mixed.when.unrest | neither yes nor no | perhaps | yes or no
- {cabinet.inclusive: likely}
+ {cabinet: likely}
    views.paper.cabinet | cabinet has states: which part of it is meant? | cabinet | cabinet.caretak
+ {cabinet.inclusie: likely}
    views.paper.cabinet.inclusie | cabinet has no state and no cut of th | inclusie | did you mean i
+ {cabinet.inclusive: {other: 20%}}
    views.paper.cabinet.inclusive.other | this key is not known | other | best, beta, confidence, hi
""",
}


def read_table(table):
    """Take a table apart: what is changed, and what is said of it."""
    old = ""
    lines = table.strip("\n").splitlines()
    for i, line in enumerate(lines):
        if line.startswith("- "):
            (old,) = cells(line[2:], 1)
        elif line.startswith("+"):
            yield old, *cells(line[2:], 2), *cells(lines[i + 1].strip(), 4)


def problems_of(text):
    with pytest.raises(InputError) as refused:
        cases.read(text)
    return refused.value.problems


def test_the_case_that_is_spoiled_below_is_sound():
    cases.read(SOUND)


@pytest.mark.parametrize(
    ("old", "new", "on", "place", "problem", "found", "remedy"),
    [
        pytest.param(*row, id=f"{name}: {row[1].strip()[:40]}")
        for name, table in SPOILED.items()
        for row in read_table(table)
    ],
)
def test_one_spoiled_thing_gives_one_problem_with_its_place_and_remedy(
    old, new, on, place, problem, found, remedy
):
    assert SOUND.count(old) == 1
    text = SOUND.replace(old, new)
    start = text.index(on) if on else next(i for i, c in enumerate(text) if c != SOUND[i])
    (said,) = problems_of(text)
    assert (said.place, said.line) == (place, text.count("\n", 0, start) + 1)
    assert problem in said.problem
    assert said.found.startswith(found)
    assert remedy in "; ".join(part for part in (said.accepted, said.hint) if part)


@pytest.mark.parametrize("word", ["within", "seen", "model", "confidence", "rest"])
def test_a_word_that_cannot_be_a_state_is_called_so_once(word):
    """What stands in the base rate under that word is not taken for a period, counts or a model."""
    rate = f"{{{word}: 20%, b: 80%}}"
    (said,) = problems_of(f"{{case: x, events: {{x: {{states: [{word}, b], base_rate: {rate}}}}}}}")
    assert (said.place, said.found) == (f"events.x.states.{word}", word)


@pytest.mark.parametrize("rest", ["base_rate: 20%", "parents: [], table: 20%, now: 20%"])
def test_states_of_a_yes_no_event_are_to_be_left_out_and_nothing_else(rest):
    (said,) = problems_of(f"{{case: x, events: {{x: {{states: [no, yes], {rest}}}}}}}")
    assert (said.place, said.hint) == ("events.x.states", "leave states: out")


def test_links_that_read_alike_when_joined_by_a_dot_are_not_told_apart():
    links = "{from: a.yes, to: c, raises: 2}, {from: a, to: yes.c, raises: 3}"
    (said,) = problems_of(
        "{case: x, events: {a: {base_rate: 20%}, c: {base_rate: 30%},"
        f" yes: {{states: [c, d], base_rate: {{c: 20%, d: rest}}}}}}, links: [{links}]}}"
    )
    assert (said.place, said.found) == ("links.1", "a -> yes.c")
    assert said.problem == "its path links.a.yes.c is also that of a.yes -> c"
    assert said.accepted == "another name for one of the events"


@pytest.mark.parametrize(
    ("row", "more", "now", "told"),
    [
        ("[0, 0.4, 0.6]", "", "{x: 30%}", "u.x exactly 0"),
        ("[0, 0.4, 0.6]", "", "{y: 30%, x: 30%}", "u.x exactly 0"),
        ("[0, 0.4, 0.6]", "cuts: {some: [y, z]},", "{some: 30%}", "u.some exactly 1"),
        ("[0, 1, 0]", "ordered: yes,", "{y: 30%}", "u.y exactly 1"),
    ],
)
def test_what_is_held_of_a_certain_state_names_it_and_its_probability(row, more, now, told):
    case = cases.read(
        f"{{case: x, events: {{u: {{states: [x, y, z], {more} parents: [], table: {row},"
        f" now: {now}}}}}}}"
    )
    with pytest.raises(InputError) as refused:
        Network(case).posterior()
    (said,) = refused.value.problems
    assert said.place == "events.u.now"
    assert said.problem.startswith(f"the network makes the probability of {told}, whatever")


def test_a_cut_needs_quotes_where_it_begins_as_a_block_of_text_does():
    (said,) = problems_of("case: x\nevents:\n  x:\n    cuts:\n      serious: >= war\n")
    assert (said.line, said.found) == (5, "serious: >= war")
    assert said.hint.startswith("put quotes around text that starts with >")


def test_a_row_without_parents_needs_a_word_for_that():
    (said,) = problems_of("{case: x, events: {x: {states: [a, b], table: [50%, 50%]}}}")
    assert said.problem == "a table without parents has no rows"
    assert said.accepted.endswith("or parents: [] for a single row")
    (said,) = problems_of(
        "{case: x, events: {y: {base_rate: 20%}, x: {parents: [y], table: [50%, 50%]}}}"
    )
    assert said.problem == "names with values are due here"


def test_an_event_with_a_date_of_its_own_may_have_a_period():
    cases.read("{case: x, as_of: 2021, events: {x: {resolve_by: 2022,"
               " base_rate: {best: 20%, within: 1 year}}}}")  # fmt: skip


MANY = "case: wide\nevents:\n"


def test_parents_are_counted_by_events_and_their_states_multiply():
    """Seven parents of five states each make 78,125 rows, times 2 states."""
    states = "{states: [a, b, c, d, e], base_rate: {a: 20%, b: 20%, c: 20%, d: 20%, e: rest}}"
    events = "".join(f"  p{i}: {states}\n" for i in range(7))
    one = "links:\n" + "".join(f"  - {{from: p{i}.b, to: end, raises: 2}}\n" for i in range(7))
    whole = f"{MANY}{events}  end: {{base_rate: 20%}}\n"
    (said,) = problems_of(whole + one)
    assert (said.place, said.found) == ("events.end", "156,250")
    assert said.accepted == "at most 100,000 cells"
    cases.read(whole + one.replace("  - {from: p6.b, to: end, raises: 2}\n", ""))
    six = "".join(f"  - {{from: p0.{s}, to: end, raises: 2}}\n" for s in "abcde")
    cases.read(whole + "links:\n" + six)


def test_more_events_than_a_person_can_judge_are_too_many_however_few_propositions():
    events = "".join(f"  p{i}: {{base_rate: 20%}}\n" for i in range(13))
    links = "".join(f"  - {{from: p{i}.no, to: end, raises: 2}}\n" for i in range(13))
    whole = f"{MANY}{events}  end: {{base_rate: 20%}}\nlinks:\n{links}"
    (said,) = problems_of(whole)
    assert said.problem == "too many links lead to end"
    cases.read(whole.replace("from: p12.no", "from: p0"))


@pytest.mark.parametrize(
    ("rows", "sound"),
    [
        # c is calm or not; of d, which happens only if c is not calm, no row is needed where it is.
        ("'calm, no': 10%, 'war, yes': 20%, 'war, no': 30%", True),
        ("'calm, no': 10%, 'war, yes': 20%", False),
        ("'calm, yes': 1, 'calm, no': 10%, 'war, yes': 20%, 'war, no': 30%", True),
    ],
)
def test_a_row_that_wording_excludes_may_be_left_out(rows, sound):
    text = f"""{{case: rows, events: {{
      c: {{states: [calm, war], base_rate: {{calm: 60%, war: rest}}}},
      d: {{given: c.war, base_rate: 40%}}, e: {{parents: [c, d], table: {{{rows}}}}}}}}}"""
    if sound:
        cases.read(text)
    else:
        (said,) = problems_of(text)
        assert (said.place, said.problem) == ("events.e.table", "rows are missing")
        assert said.accepted == 'also "war, no"'
