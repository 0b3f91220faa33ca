"""A wrong or hostile case file is refused at once, in one message that helps to mend it.

Most tests take one sound case and spoil one thing. The message must name the file, the line and the
key path, show what was found, and say what is accepted or worth a try; and there must be only one.
"""

import os
import re
import subprocess
import sys
import time
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest

from forecasting import Network, cli, load

ROOT = Path(__file__).resolve().parents[1]

# No file may keep a person waiting for longer than this. What is measured is the processor's time,
# so that other programs on the same machine do not count.
SECONDS = 2.0

SOUND = """\
# A case for tests.
case: flood
title: A flood
as_of: 2021-03-01
resolve_by: 2022-03-01
horizons: [2022-03-01, 2023-03-01]
references:
  survey: {title: A survey, date: 2021-02}
events:
  rain:
    role: driver
    kind: state
    question: Will it be raining?
    base_rate: {low: 20%, high: 45%}
    now: 60%
    reference: survey
  thaw:
    role: driver
    kind: state
    base_rate: {seen: 3, of: 12}
  flood:
    role: outcome
    question: Will the river flood?
    resolution:
      criterion: The gauge passes 5 m.
    base_rate: {low: 5%, best: 12%, high: 25%, within: 12 months}
  repair:
    given: flood
    base_rate: 0.7
  sirens:
    parents: [rain, thaw]
    table:
      "yes, yes": 0.9
      "yes, no": 60%
      "no, yes": 0.5
      "no, no": 0
links:
  - from: rain
    to: flood
    raises: {low: 2, high: 6}
    why: Rain fills the river.
  - {from: thaw, to: flood, if_yes: 30%, if_no: 10%}
sources:
  gauge: {title: The gauge}
  miller: {title: The miller, interest: He sells boats.}
evidence:
  high_water:
    claim: The water is high.
    date: 2021-02-20
    bears_on: flood
    if_yes: {low: 50%, high: 80%}
    if_no: 20%
    reports:
      - source: gauge
        grade: A1
        date: 2021-02-21
        reference: survey
      - {source: miller, grade: C3}
  wet_feet:
    bears_on: flood
    likelihood_ratio: {low: 1.5, high: 4}
    status: confirmed
  dry_barn:
    bears_on:
      rain: {lowers: 2}
      thaw: {if_yes: 30%, if_no: 50%}
    chance: 40%
    reports:
      - {source: miller, grade: C, hit: 70%, false: 20%}
  swallows_low:
    bears_on: rain
    if_yes: 30%
    if_no: 20%
    status: pending
    watch_until: 2021-06
corrections:
  - {said: The gauge stands at 3 m., found: It stands at 4 m., reference: survey}
scenarios:
  wet: {when: {flood: yes, rain: yes}}
  snowy: {when: {flood: yes, rain: no}}
views:
  paper: {flood: likely}
"""


class Shown(NamedTuple):
    """One problem as the terminal shows it."""

    head: str
    found: str | None
    remedy: str


def shown(err, folder):
    """Take standard error apart into problems; anything else on it is a failure."""
    problems = []
    for block in re.split(r"\n(?! {4})", err.removesuffix("\n")):
        head, *rows = block.split("\n")
        parts = dict(re.fullmatch(r" {4}(found|accepted|try): +(.*)", row).groups() for row in rows)
        remedy = "; ".join(parts[key] for key in ("accepted", "try") if key in parts)
        problems.append(Shown(head.removeprefix(f"{folder}/"), parts.get("found"), remedy))
    return problems


@pytest.fixture
def refused(tmp_path, capsys):
    """Check a file with the command: refused in time, and nothing but problems is printed."""

    def refused(data, command="check"):
        path = tmp_path / "flood.yaml"
        path.write_bytes(data if isinstance(data, bytes) else data.encode())
        start = time.process_time()
        status = cli.main([command, str(path)])
        assert time.process_time() - start < SECONDS
        out, err = capsys.readouterr()
        assert (status, out) == (1, "")
        return shown(err, tmp_path)

    return refused


@pytest.fixture
def accepted(tmp_path, capsys):
    """Check a file with the command: it is a case, and nothing is said against it."""

    def accepted(data):
        path = tmp_path / "flood.yaml"
        path.write_bytes(data if isinstance(data, bytes) else data.encode())
        assert cli.main(["check", str(path)]) == 0
        assert capsys.readouterr() == (f"{path}: good\n", "")

    return accepted


def test_the_case_that_is_spoiled_below_is_sound(accepted):
    accepted(SOUND)


# --- one thing spoiled ----------------------------------------------------------------------------


class Spoiled(NamedTuple):
    """What stands in the sound case and what is put there; then what the message says."""

    old: str
    new: str
    on: str  # ends on the line that the message names; if empty, that is the line of the change
    place: str
    problem: str
    found: str
    remedy: str

    @property
    def text(self):
        assert SOUND.count(self.old) == 1, self.old
        return SOUND.replace(self.old, self.new)

    @property
    def line(self):
        if self.on:
            assert self.text.count(self.on) == 1, self.on
            where = self.text.index(self.on) + len(self.on)
        else:
            pairs = zip(SOUND, self.text, strict=False)
            where = next(i for i, (before, after) in enumerate(pairs) if before != after)
        return self.text.count("\n", 0, where) + 1


def cells(line, count):
    """Split a line of a table: | between cells, ¶ for a line break, · for a leading space."""
    found = [cell.strip(" ").replace("¶", "\n").replace("·", " ") for cell in line.split(" | ")]
    return found + [""] * (count - len(found))


def entries(table):
    """Read entries of two lines: old | new | on, then place | problem | found | remedy."""
    lines = table.strip("\n").splitlines()
    return [
        Spoiled(*cells(change, 3), *cells(message, 4))
        for change, message in zip(lines[::2], lines[1::2], strict=True)
    ]


def values(old, key, place, table):
    """Read entries of one line, new | problem | found | remedy, that all change the same value."""
    rows = [cells(line, 4) for line in table.strip("\n").splitlines()]
    return [
        Spoiled(old, f"{key}: {new}", "", place, problem, found.replace("=", new), remedy)
        for new, problem, found, remedy in rows
    ]


MISTYPED = entries("""
as_of: | as_off:
    as_off | this key is not known | as_off | did you mean as_of?
events: | evnts:
    evnts | this key is not known | evnts | did you mean events?
sources: | sorces:
    sorces | this key is not known | sorces | did you mean sources?
references: | referencs:
    referencs | this key is not known | referencs | did you mean references?
now: 60% | nwo: 60%
    events.rain.nwo | this key is not known | nwo | did you mean now?
raises: | rises:
    links.0.rises | this key is not known | rises | did you mean raises?
- from: | - form:
    links.0.form | this key is not known | form | did you mean from?
bears_on: rain | bear_on: rain
    evidence.swallows_low.bear_on | this key is not known | bear_on | did you mean bears_on?
grade: A1 | grad: A1
    evidence.high_water.reports.0.grad | this key is not known | grad | did you mean grade?
{low: 20%, high | {low: 20%, hihg
    events.rain.base_rate.hihg | this key is not known | hihg | did you mean high?
role: outcome | role: outcom
    events.flood.role | not one of the words due here | outcom | did you mean outcome?
kind: state¶    question | kind: stat¶    question
    events.rain.kind | not one of the words due here | stat | did you mean state?
status: confirmed | status: confirm
    evidence.wet_feet.status | not one of the words due here | confirm | did you mean confirmed?
flood: likely | flood: likley
    views.paper.flood | not a probability | likley | did you mean likely?
raises: {low: 2, high: 6} | raises: strog
    links.0.raises | not a multiplier on odds | strog | did you mean strong?
high: 45%} | high: 45%, confidence: sure}
    events.rain.base_rate.confidence | not one of the words | sure | low or moderate or high
views: | scales: {reliability: {G: 20%}}¶views:
    scales.reliability.G | not one of the words due here | G | A or B or C or D or E or F
views: | scales: {credibility: {2: {low: 20%, high: 40%}}}¶views:
    scales.credibility.2 | one number, without a range | {low, high} | such as 85%
views: | scales: {odds: {huge: 0}}¶views:
    scales.odds.huge | must be finite and above 0 | 0 | a number above 0
case: flood | case: a flood
    case | not a name | a flood | a letter from a to z, then letters, digits
case: flood | case: 2021-flood
    case | not a name | 2021-flood | a letter from a to z, then letters, digits
repair: | road repair:
    events.road repair | not a name | road repair | a letter from a to z, then letters
case: flood¶ | title: A flood¶ | as_of:
    title | this key is written twice | title | the first is on line 2
""")
MISTYPED[-1:] = entries("""
case: flood¶title: | title:
    · | the key 'case' is missing | {title, as_of, | a short name, unique among cases
criterion: | source:
    events.flood.resolution | the key 'criterion' is missing | {source} | the rule, fixed in advance
""")

DANGLING = entries("""
given: flood | given: flod
    events.repair.given | there is no event of this name | flod | did you mean flood?
parents: [rain, thaw] | parents: [rain, thw]
    events.sirens.parents | there is no event of this name | thw | did you mean thaw?
from: thaw | from: thow
    links.1.from | there is no event of this name | thow | did you mean thaw?
thaw, to: flood | thaw, to: flod
    links.1.to | there is no event of this name | flod | did you mean flood?
bears_on: rain | bears_on: ruin
    evidence.swallows_low.bears_on | there is no event of this name | ruin | did you mean rain?
rain: {lowers: 2} | rian: {lowers: 2}
    evidence.dry_barn.bears_on.rian | there is no event of this name | rian | did you mean rain?
rain: no} | ran: no}
    scenarios.snowy.when.ran | there is no event of this name | ran | did you mean rain?
flood: likely | flod: likely
    views.paper.flod | there is no event of this name | flod | did you mean flood?
source: gauge | source: guage
    evidence.high_water.reports.0.source | there is no source of this name | guage | gauge?
{source: miller, grade: C, | {source: xyz, grade: C,
    evidence.dry_barn.reports.0.source | no source of this name | xyz | add it under sources:
reference: survey¶  thaw | reference: [survey, map]¶  thaw
    events.rain.reference | there is no reference of this name | map | add it under references:
reference: survey¶      - | reference: survy¶      -
    evidence.high_water.reports.0.reference | no reference of this name | survy | survey?
4 m., reference: survey | 4 m., reference: surveys
    corrections.0.reference | there is no reference of this name | surveys | did you mean survey?
""")

# In the found column, = stands for what was put there.
NOT_PROBABILITIES = values(
    "now: 60%",
    "now",
    "events.rain.now",
    """
nan | not a probability | = | 0.2 or 20%
.nan | not a probability | = | 0.2 or 20%
inf | not a probability | = | 0.2 or 20%
-.inf | not a probability | = | 0.2 or 20%
1e400 | a probability must lie between 0 and 1 | = | strictly between 0 and 1
1e-400 | a probability of exactly 0 leaves nothing to learn | = | strictly between 0 and 1
-0.2 | a probability must lie between 0 and 1 | = | strictly between 0 and 1
-20% | a probability must lie between 0 and 1 | = | strictly between 0 and 1
120% | a probability must lie between 0 and 1 | = | strictly between 0 and 1
1e400% | a probability must lie between 0 and 1 | = | strictly between 0 and 1
60 | a probability must lie between 0 and 1 | = | write 60% or 0.6
20%% | not a probability | = | 0.2 or 20%
2%0 | not a probability | = | 0.2 or 20%
'%20' | not a probability | %20 | 0.2 or 20%
60 percent | not a probability | = | 0.2 or 20%
0,6 | not a probability | = | 0.2 or 20%
3/4 | not a probability | = | 0.2 or 20%
12:30 | not a probability | = | 0.2 or 20%
0x1 | not a probability | = | 0.2 or 20%
0.6_0 | not a probability | = | 0.2 or 20%
yes | a yes or no stands where a probability is due | = | use happened, ruled_out or status
No | a yes or no stands where a probability is due | = | use happened, ruled_out or status
true | a yes or no stands where a probability is due | = | use happened, ruled_out or status
off | a yes or no stands where a probability is due | = | use happened, ruled_out or status
· | not a probability | nothing | 0.2 or 20%
~ | not a probability | nothing | 0.2 or 20%
[60%] | not a probability | = | 0.2 or 20%
{} | these keys do not make a probability | an empty mapping | 0.2 or 20%
{low: 60%} | these keys do not make a probability | {low} | 0.2 or 20%
{low: 60%, seen: 3} | these keys do not make a probability | {low, seen} | 0.2 or 20%
0 | a probability of exactly 0 leaves nothing to learn | = | use happened, ruled_out or status
100% | a probability of exactly 1 leaves nothing to learn | = | use happened, ruled_out or status
""",
)

# Of a range from 20% to 45%, a third of the way in log-odds (-1.386294 to -0.200671) is 27.07%, the
# middle 31.15% and two thirds 35.54%.
BASE_RATES = values(
    "base_rate: {seen: 3, of: 12}",
    "base_rate",
    "events.thaw.base_rate",
    """
0 | a probability of exactly 0 leaves nothing to learn | = | strictly between 0 and 1
1.0 | a probability of exactly 1 leaves nothing to learn | = | strictly between 0 and 1
{low: 45%, high: 20%} | 'low' is above 'high' | = | low, best and high in this order
{low: 20%, best: 60%, high: 45%} | 'best' must lie between 'low' and 'high' | = | in this order
{low: 20%, best: 25%, high: 45%} | from 0.271 to 0.355 would fit (the middle is 0.311) | = | order
{low: 20%, best: 40%, high: 45%} | from 0.271 to 0.355 would fit (the middle is 0.311) | = | order
{seen: 13, of: 12} | 'seen' is more than 'of' | = | seen: how often it happened
{seen: 3} | these keys do not make a probability | {seen} | {seen: 3, of: 12}
[20%, 45%] | not a probability | = | {low: 5%, high: 30%}
""",
) + entries("""
base_rate: {seen: 3, of: 12} | base_rate: {low: 0, high: 45%}
    events.thaw.base_rate.low | exactly 0 | 0 | strictly between 0 and 1
seen: 3, | seen: -1,
    events.thaw.base_rate.seen | not a count | -1 | a count from 0 to 1,000,000,000
of: 12} | of: 1e12}
    events.thaw.base_rate.of | not a count | 1e12 | a count from 0 to 1,000,000,000
{seen: 3, of: 12} | {beta: [0, 3]}
    events.thaw.base_rate.beta | not the two numbers of a Beta | [0, 3] | such as [2, 8]
{seen: 3, of: 12} | {beta: [2, nan]}
    events.thaw.base_rate.beta | not the two numbers of a Beta | [2, nan] | such as [2, 8]
{seen: 3, of: 12} | {beta: [2, 3, 4]}
    events.thaw.base_rate.beta | not the two numbers of a Beta | [2, 3, 4] | such as [2, 8]
{seen: 3, of: 12} | {beta: 2}
    events.thaw.base_rate.beta | not the two numbers of a Beta | 2 | such as [2, 8]
{seen: 3, of: 12} | {beta: [1e-300, 3]}
    events.thaw.base_rate.beta | not the two numbers of a Beta | [1e-300, 3] | from 0.01 to
{seen: 3, of: 12} | {low: 5%, high: 9%, within: 12 months}
    events.thaw.base_rate.within | a state is true on one day | 12 months | kind: occurs
now: 60% | now: {low: 5%, high: 9%, within: 1 year}
    events.rain.now.within | this key is not known | within | only a base rate is stated for a
within: 12 months | within: 12
    events.flood.base_rate.within | not a period | 12 | 12 months or 2 years
within: 12 months | within: 52 weeks
    events.flood.base_rate.within | not a period | 52 weeks | 12 months or 2 years
within: 12 months | within: 0 months
    events.flood.base_rate.within | not a period | 0 months | 12 months or 2 years
within: 12 months | within: 1001 years
    events.flood.base_rate.within | not a period | 1001 years | at most 12,000 months
""")

MULTIPLIERS = values(
    "raises: {low: 2, high: 6}",
    "raises",
    "links.0.raises",
    """
0 | a multiplier on odds must be finite and above 0 | = | a number above 0
-2 | a multiplier on odds must be finite and above 0 | = | a number above 0
1e400 | a multiplier on odds must be finite and above 0 | = | a number above 0
1e-400 | a multiplier on odds must be finite and above 0 | = | a number above 0
nan | not a multiplier on odds | = | a number above 0
30% | not a multiplier on odds | = | a number above 0
yes | not a multiplier on odds | = | a number above 0
[2, 6] | not a multiplier on odds | = | a number above 0
{low: 2} | not a multiplier on odds | {low} | a number above 0
{low: 6, high: 2} | 'low' is above 'high' | = | low, best and high in this order
{low: 1, best: 9, high: 10} | from 2.15 to 4.64 would fit (the middle is 3.16) | = | order
""",
) + entries("""
raises: {low: 2, high: 6} | raises: {low: 0, high: 6}
    links.0.raises.low | must be finite and above 0 | 0 | a number above 0
likelihood_ratio: {low: 1.5, high: 4} | likelihood_ratio: 0
    evidence.wet_feet.likelihood_ratio | must be finite and above 0 | 0 | a number above 0
""")

DATES = values(
    "as_of: 2021-03-01",
    "as_of",
    "as_of",
    """
2021-02-30 | not a date of the calendar | = | 2021-09-15, 2021-09 or 2021
2021-13 | not a date of the calendar | = | 2021-09-15, 2021-09 or 2021
03/01/2021 | not a date of the calendar | = | 2021-09-15, 2021-09 or 2021
0000-03-01 | not a date of the calendar | = | 2021-09-15, 2021-09 or 2021
9999-12-31 | not a date of the calendar | = | 2021-09-15, 2021-09 or 2021
1 March 2021 | not a date of the calendar | = | 2021-09-15, 2021-09 or 2021
[2021, 3, 1] | a date is due here | = | 2021-09-15, 2021-09 or 2021
""",
) + entries("""
resolve_by: 2022-03-01 | resolve_by: 2021-03-01
    resolve_by | must be later than as_of | 2021-03-01 | a date after 2021-03-01
[2022-03-01, 2023 | [2021-03-01, 2023
    horizons.0 | must be later than as_of | 2021-03-01 | a date after 2021-03-01
as_of: 2021-03-01¶ | about: a river¶ | within: 12 months
    events.flood.base_rate.within | a period needs as_of and resolve_by | 12 months | both dates
resolve_by: 2022-03-01¶ | about: a river¶ | within: 12 months
    events.flood.base_rate.within | a period needs as_of and resolve_by | 12 months | both dates
date: 2021-02-21 | date: 2020-12
    evidence.high_water.reports.0.date | before it came about | 2020-12 | 2021-02-20 or later
""")

EVENTS = entries("""
base_rate: 0.7 | why: Who knows? | given: flood
    events.repair | needs a base_rate or a table | {given, why} | base_rate: {low: 10%,
base_rate: 0.7 | base_rate: 0.7¶    happened: 2021¶    ruled_out: 2021 | ruled_out
    events.repair.ruled_out | cannot have happened and be ruled out | 2021 | one of the two
base_rate: 0.7 | base_rate: 0.7¶    parents: rain | parents: rain
    events.repair.parents | parents go with a table | rain | write it under links:
0.5¶      "no, no": 0 | 0.5 | "yes, yes"
    events.sirens.table | rows are missing | 3 of 4 rows | also "no, no"
"no, no": 0 | "no": 0
    events.sirens.table.no | not a row for 2 parents | no | "no, no"; "no, yes"; "yes, no"; "yes
"no, no": 0 | "no, no": 0¶      "no, no, no": 0 | no, no, no
    events.sirens.table.no, no, no | not a row for 2 parents | no, no, no | "no, no"; "no, yes"
"no, no": 0 | "no, never": 0
    events.sirens.table.no, never | not a row of a table | no, never | yes or no for each parent
"no, no": 0 | "no, no": 0¶      "No,NO": 0.1 | No,NO
    events.sirens.table.No,NO | this row is written twice | No,NO | the first is on line 36
"no, no": 0 | "no, no": 1.5
    events.sirens.table.no, no | must lie between 0 and 1 | 1.5 | a number from 0 to 1
parents: [rain, thaw]¶ | why: alarm¶
    events.sirens | a table needs parents | {why, table} | parents: [first_event, second_event]
parents: [rain, thaw] | parents: [rain, rain]
    events.sirens.parents | a parent is named twice | [rain, rain] | each parent once
parents: [rain, thaw] | parents: [rain, thaw]¶    base_rate: 20% | "yes, yes"
    events.sirens.table | takes the place of a base rate | {yes, yes, yes, no, | not both
""")

CIRCLES = entries("""
- {from: thaw, | - {from: flood, to: rain, odds: 2}¶  - {from: thaw, | role: outcome
    events.flood | events move each other in a circle | rain -> flood -> rain | never lead back
of: 12} | of: 12}¶    given: sirens | parents:
    events.sirens | events move each other in a circle | thaw -> sirens -> thaw | never lead back
- from: rain | - from: flood | role: outcome
    events.flood | events move each other in a circle | flood -> flood | never lead back
given: flood | given: repair
    events.repair | events move each other in a circle | repair -> repair | never lead back
parents: [rain, thaw] | parents: [rain, sirens]
    events.sirens | events move each other in a circle | sirens -> sirens | never lead back
""")

LINKS = entries("""
from: rain¶    to: flood | from: flood¶    to: repair
    links.0 | flood is already the condition of repair | {from, to, | remove the link
to: flood¶    raises | to: sirens¶    raises | - from:
    links.0 | leads to an event that has a table | {from, | add rain to the parents of sirens
{from: thaw, to: flood | {from: rain, to: flood
    links.1 | this link is written twice | rain -> flood | one link from one event to another
raises: {low: 2, high: 6} | raises: 2¶    lowers: 2 | - from:
    links.0 | exactly one of raises, lowers, odds, or if_yes with if_no | {from, | raises: {low:
raises: {low: 2, high: 6}¶    why | why | - from:
    links.0 | exactly one of raises, lowers, odds, or if_yes with if_no | {from, | raises: {low:
, if_no: 10%} | }
    links.1 | needs both if_yes and if_no | {from, to, if_yes} | such as raises: {low: 2, high: 6}
flood, if_yes: 30% | flood, if_yes: 0
    links.1.if_yes | a probability of exactly 0 | 0 | strictly between 0 and 1
""")

EVIDENCE = entries("""
high: 4}¶    status: confirmed | high: 4} | feet:¶    bears_on: flood
    evidence.wet_feet | evidence needs reports or a status | {bears_on, | status: confirmed
if_no: 20%¶    reports | reports | claim:
    evidence.high_water | needs if_yes and if_no, or a likelihood_ratio | claim, date, | if_yes: 60%
likelihood_ratio: | if_yes: 20%¶    likelihood_ratio: | feet:¶    bears_on: flood
    evidence.wet_feet | needs if_yes and if_no, or a likelihood_ratio alone | bears_on, | if_yes
chance: 40%¶    reports | reports | dry_barn:¶    bears_on
    evidence.dry_barn | needs its chance, as it bears on several | bears_on, | chance: 40%
status: pending | chance: 20%¶    status: pending | bears_on: rain
    evidence.swallows_low | chance is for a fact that bears on several | {bears_on, | if_yes and
bears_on: rain | bears_on: [rain, thaw]
    evidence.swallows_low.bears_on | several events each need a multiplier | [rain, thaw] | {first_
bears_on: rain | bears_on: {rain: {raises: 2}}
    evidence.swallows_low | so each takes its own multiplier | bears_on, if_yes, | chance: 40%
bears_on: rain | bears_on: {}
    evidence.swallows_low.bears_on | on too many events, or on none | an empty | 1 to 12 events
rain: {lowers: 2} | rain: {lowers: 2, raises: 2}
    evidence.dry_barn.bears_on.rain | needs exactly one of raises, | {lowers, raises} | raises: 2
grade: A1 | grade: B7
    evidence.high_water.reports.0.grade | not an Admiralty grade | B7 | such as B2
grade: A1 | grade: 2B
    evidence.high_water.reports.0.grade | not an Admiralty grade | 2B | such as B2
grade: A1 | grade:
    evidence.high_water.reports.0.grade | not an Admiralty grade | nothing | such as B2
grade: A1 | grade: A | - source: gauge
    evidence.high_water.reports.0 | needs a grade with its digit | source, grade, | grade: B2
grade: A1¶        date | date | - source: gauge
    evidence.high_water.reports.0 | needs a grade with its digit | source, date, | grade: B2
grade: A1 | hit: 70%¶        false: 20% | - source: gauge
    evidence.high_water.reports.0.grade | the reliability of this source | no letter | grade: B
miller, grade: C3 | gauge, grade: B3
    evidence.high_water.reports.1.grade | a source has one letter in a case | B3 | A, as at
70%, false: 20%} | 70%}
    evidence.dry_barn.reports.0 | hit and false go together | source, grade, hit | both, or a grade
grade: C, hit | grade: C3, hit
    evidence.dry_barn.reports.0 | take the place of the grade's digit | C3 with hit | grade: C
grade: C3 | grade: C3, says: maybe
    evidence.high_water.reports.1.says | neither yes nor no | maybe | yes or no
""")

SCENARIOS = entries("""
rain: no} | thaw: no}
    scenarios.snowy.when | together with the scenario 'wet' | both with | exclude each
rain: no} | rain: maybe}
    scenarios.snowy.when.rain | neither yes nor no | maybe | yes or no
rain: no} | rain: 0}
    scenarios.snowy.when.rain | neither yes nor no | 0 | yes or no
{flood: yes, rain: no} | {}
    scenarios.snowy.when | names no event | an empty mapping | {event: yes}
{flood: yes, rain: no} | [flood]
    scenarios.snowy.when | names with values are due here | [flood] | name: value
""")

WRONG_TYPES = entries("""
title: A flood | title: [A, flood]
    title | text is due here | [A, flood] | text
title: A flood | title: {A: flood}
    title | text is due here | {A} | text
title: A flood | title:
    title | nothing is written here | nothing | text, or no such key
[2022-03-01, 2023-03-01] | 2022-03-01
    horizons | a list is due here | 2022-03-01 | each item after a dash
survey: {title | - {title
    references | names with values are due here | a list of 1 | name: value
views:¶  paper: {flood: likely} | views: [{viewer: paper, event: flood, probability: likely}]
    views | names with values are due here | a list of 1 | name: {name: value}
repair:¶    given: flood¶    base_rate: 0.7 | repair: 0.7
    events.repair | an event is due here: keys with values | 0.7 | role, kind, title
repair:¶    given: flood¶    base_rate: 0.7 | repair: | repair:
    events.repair | an event needs a base_rate or a table | an empty mapping | base_rate:
resolution:¶      criterion: | resolution:
    events.flood.resolution | a resolution is due here | The gauge passes 5 m. | criterion
- {from: thaw, to: flood, if_yes: 30%, if_no: 10%} | - thaw
    links.1 | a link is due here: keys with values | thaw | from, to, raises
{title: The miller, interest: He sells boats.} | The miller
    sources.miller | a source is due here: keys with values | The miller | title, interest
rain: {lowers: 2} | rain: 2
    evidence.dry_barn.bears_on.rain | is due here: keys with values | 2 | raises, lowers
- {source: miller, grade: C, | {source: miller, grade: C,
    evidence.dry_barn.reports | a list is due here | {source, grade, | each item after a dash
{flood: likely} | likely
    views.paper | names with values are due here | likely | name: value
views: | scales: [odds]¶views:
    scales | is due here: keys with values | [odds] | probability, odds, reliability
given: flood | given: [flood]
    events.repair.given | not a name | [flood] | a letter from a to z, then letters
""")

NOT_YAML = entries("""
now: 60% | now: %20
    · | cannot start any token) | now: %20 | write the percent sign after the number, as in 20%
now: 60% | now: @60
    · | cannot start any token) | now: @60 | put quotes around text that starts with this sign
····now: 60% | \tnow: 60%
    · | cannot start any token) | now: 60% | use spaces, not tabs, before a key
····now: 60% | ···now: 60%
    · | did not find expected key) | now: 60% | check the spaces before this line
title: A flood | title: A flood: wet
    · | not allowed in this context) | title: A flood: wet | text that holds a colon
title: A flood | title: "A flood | "yes, yes"
    · | did not find expected key) | "yes, yes": 0.9 | a quote or bracket left open above it
2023-03-01] | 2023-03-01 | references:
    · | did not find expected ',' or ']') | references: | close the bracket opened on line 6
12 months} | 12 months | repair:
    · | did not find expected ',' or '}') | repair: | close the bracket opened on line 26
now: 60% | now: "60\\d"
    · | found unknown escape character) | now: "60\\d" | use single quotes
now: 60% | now: "\\ud800"
    · | invalid Unicode character escape code) | now: "\\ud800" | use single quotes
now: 60% | now: !!float 0.6
    · | tags are not accepted | tag:yaml.org,2002:float | plain text, numbers, lists and keys
now: 60% | now: !!python/object/apply:os.system [x]
    · | tags are not accepted | tag:yaml.org,2002:python/object/apply:os.system | plain text
now: 60% | now: ! 60%
    · | tags are not accepted | ! | plain text, numbers, lists and keys
# A case | %TAG ! tag:example.org,2000:¶---¶# A case | %TAG
    · | tags are not accepted | %TAG | no such line
given: flood | <<: {given: flood}
    · | merge keys are not accepted | << | write the keys out
now: 60% | ? [a]¶    : 60%
    · | a key must be one word or quoted text | [a] | name: value
title: A flood | title: *a
    · | this alias refers to nothing | *a | *a below &a, or the value written out
title: A flood | title: &a [*a]
    · | this alias refers to itself | *a | *a below &a, or the value written out
now: 60% | now: 60%¶    now: 70% | now: 70%
    events.rain.now | this key is written twice | now | the first is on line 15
case: flood | case: flood¶case: flood | flood¶case: flood
    case | this key is written twice | case | the first is on line 2
paper: {flood: likely} | paper: {flood: likely}¶---¶case: flood | ---
    · | a second document begins here | --- | one document a file
now: 60% | now: "60\\e[31m\\n"
    events.rain.now | not a probability | 60\\x1b[31m\\n | 0.2 or 20%
now: 60% | "now\\n\\e[31m": 60%
    events.rain.now\\n\\x1b[31m | this key is not known | now\\n\\x1b[31m | now, ordered, parents
title: A flood | title: A\x00flood
    · | holds a character that YAML does not allow | '\\x00' | as an escape, between double quotes
title: A flood | title: Überflutung\x07
    · | holds a character that YAML does not allow | '\\x07' | as an escape, between double quotes
""")

TABLES = {
    "mistyped": MISTYPED,
    "dangling": DANGLING,
    "not a probability": NOT_PROBABILITIES,
    "base rate": BASE_RATES,
    "multiplier": MULTIPLIERS,
    "date": DATES,
    "event": EVENTS,
    "circle": CIRCLES,
    "link": LINKS,
    "evidence": EVIDENCE,
    "scenario": SCENARIOS,
    "wrong type": WRONG_TYPES,
    "not YAML": NOT_YAML,
}


@pytest.mark.parametrize(
    "case",
    [
        pytest.param(case, id=f"{name}: {case.new.strip()[:40]}")
        for name, table in TABLES.items()
        for case in table
    ],
)
def test_one_spoiled_thing_gives_one_problem_with_its_place_and_remedy(refused, case):
    (problem,) = refused(case.text)
    place = f"{case.place.strip()}: " if case.place.strip() else ""
    start = f"flood.yaml:{case.line}: {place}"
    assert problem.head.startswith(start)
    assert case.problem in problem.head.removeprefix(start)
    assert problem.found.startswith(case.found.strip())
    assert case.remedy in problem.remedy


# --- several things at once -----------------------------------------------------------------------


def change(text, *pairs):
    for old, new in pairs:
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    return text


def line_of(part, text=SOUND):
    assert text.count(part) == 1, part
    return text.count("\n", 0, text.index(part)) + 1


def test_all_problems_of_a_file_are_reported_together_in_the_order_of_the_file(refused):
    spoiled = change(
        SOUND,
        ("grade: A1", "grade: Z1"),
        ("title: A flood", "title: [A, flood]"),
        ("given: flood", "given: flod"),
        ("now: 60%", "now: 160%"),
        ("views:", "views: {}\nviews:"),
        ("raises: {low: 2, high: 6}", "raises: {low: 6, high: 2}"),
    )
    assert [problem.head.split(": ")[:2] for problem in refused(spoiled)] == [
        [f"flood.yaml:{line_of('title: A flood')}", "title"],
        [f"flood.yaml:{line_of('now: 60%')}", "events.rain.now"],
        [f"flood.yaml:{line_of('given: flood')}", "events.repair.given"],
        [f"flood.yaml:{line_of('raises: {low: 2')}", "links.0.raises"],
        [f"flood.yaml:{line_of('grade: A1')}", "evidence.high_water.reports.0.grade"],
        [f"flood.yaml:{line_of('views:') + 1}", "views"],
    ]


def test_a_mistake_in_the_scales_is_not_repeated_where_its_word_is_used(refused):
    spoiled = change(
        SOUND,
        ("views:", "scales: {probability: {perhaps: 500%}}\nviews:"),
        ("now: 60%", "now: perhaps"),
    )
    (problem,) = refused(spoiled)
    assert problem.head.startswith(f"flood.yaml:{line_of('views:')}: scales.probability.perhaps: ")


@pytest.mark.parametrize("given", ["given: flod", "given: [flood]"])
def test_a_scenario_with_an_event_whose_condition_cannot_be_read_is_no_second_problem(
    refused, given
):
    spoiled = change(SOUND, ("given: flood", given), ("rain: no}", "repair: yes, rain: no}"))
    (problem,) = refused(spoiled)
    assert problem.head.startswith(f"flood.yaml:{line_of('given: flood')}: events.repair.given: ")


def test_a_grade_that_cannot_be_read_still_counts_as_one_for_its_source(refused):
    spoiled = change(SOUND, ("grade: C3", "grade: C9"), ("grade: C, hit", "hit"))
    (problem,) = refused(spoiled)
    assert problem.head.startswith(
        f"flood.yaml:{line_of('grade: C3')}: evidence.high_water.reports.1.grade: "
    )


def test_a_file_with_more_problems_than_anyone_mends_at_once_shows_the_first_hundred(
    tmp_path, capsys
):
    path = tmp_path / "flood.yaml"
    extra = "".join(f"    unknown_{i}: 1\n" for i in range(40_000))
    path.write_text(change(SOUND, ("    now: 60%\n", extra)), encoding="utf-8")
    start = time.process_time()
    assert cli.main(["check", str(path)]) == 1
    assert time.process_time() - start < SECONDS
    *problems, last = re.split(r"\n(?! {4})", capsys.readouterr().err.removesuffix("\n"))
    assert [one.split(": ")[1] for one in problems] == [
        f"events.rain.unknown_{i}" for i in range(100)
    ]
    assert last == "and more; mend these first"


# --- what only the whole network shows ------------------------------------------------------------


def test_more_parents_than_a_person_can_judge_are_refused(refused):
    events = "".join(f"  e{i}: {{base_rate: 20%}}\n" for i in range(14))
    links = "".join(f"  - {{from: e{i}, to: e13, raises: 2}}\n" for i in range(13))
    (problem,) = refused(f"case: many\nevents:\n{events}links:\n{links}")
    assert problem.head == "flood.yaml:30: links.12: too many links lead to e13"
    assert problem.remedy == "at most 12"

    parents = ", ".join(f"e{i}" for i in range(13))
    table = f"  x:\n    parents: [{parents}]\n    table: {{'yes': 20%}}\n"
    (problem,) = refused(f"case: many\nevents:\n{events}{table}")
    assert problem.head == "flood.yaml:18: events.x.parents: too many parents"
    assert problem.remedy == "at most 12"


def test_a_network_too_dense_for_exact_answers_is_refused(refused):
    """Each event hangs on the eleven before it and one far away: no order keeps tables small."""
    count = 60
    links = [
        f"  - {{from: e{i}, to: e{j}, raises: 2}}\n"
        for j in range(count)
        for i in sorted({*range(max(0, j - 11), j), j * 7 % max(j, 1), j // 2} - {j})[:12]
    ]
    events = "".join(f"  e{i}: {{base_rate: 20%}}\n" for i in range(count))
    (problem,) = refused(f"case: knot\nevents:\n{events}links:\n{''.join(links)}")
    assert re.fullmatch(
        r"flood.yaml: (\d+) events, facts and sources are tied into one knot, whose states combine "
        r"in \S+ ways; exact answers need at most 1,048,576, as 20 yes/no events have",
        problem.head,
    )
    assert problem.remedy == "leave out some links, parents, shared sources or states"


# Sirens sound whenever it rains or thaws, and never otherwise.
CERTAIN = change(
    SOUND,
    ('"yes, yes": 0.9', '"yes, yes": 1'),
    ('"yes, no": 60%', '"yes, no": 1'),
    ('"no, yes": 0.5', '"no, yes": 1'),
)
NEVER = change(
    CERTAIN,
    ('"yes, yes": 1', '"yes, yes": 0'),
    ('"yes, no": 1', '"yes, no": 0'),
    ('"no, yes": 1', '"no, yes": 0'),
)


def test_a_condition_of_probability_zero_is_refused(refused):
    (problem,) = refused(change(NEVER, ("given: flood", "given: sirens")))
    place = f"flood.yaml:{line_of('given: flood')}: events.repair.given"
    assert problem.head == f"{place}: its condition sirens has probability 0"
    assert problem.found == "sirens"


def test_nothing_can_be_held_now_of_an_event_that_the_tables_make_impossible(refused):
    (problem,) = refused(change(NEVER, ("    parents:", "    now: 20%\n    parents:")))
    assert problem.head.startswith(f"flood.yaml:{line_of('parents:')}: events.sirens.now: ")
    assert problem.found == "20%"
    assert problem.remedy == "now on an event that could go either way"


RULED_OUT = {
    "events.rain": ("    now: 60%\n", "    ruled_out: 2021-02-01\n"),
    "events.thaw": ("of: 12}\n", "of: 12}\n    ruled_out: 2021-02-01\n"),
    "events.sirens": ("    parents:", "    happened: 2021-02-02\n    parents:"),
}


@pytest.mark.parametrize("command", ["check", "run"])
@pytest.mark.parametrize("dates", ["with dates", "without dates"])
def test_impossible_evidence_names_the_items_that_contradict_each_other_and_no_more(
    refused, accepted, command, dates
):
    """Sirens cannot have sounded without rain or thaw; the other evidence is not to blame.

    Each item that is named is needed: without it the case is sound.
    """
    text = CERTAIN
    if dates == "without dates":
        text = change(text, (re.search("as_of:.*\n.*\n.*\n", SOUND)[0], ""))
        text = text.replace(", within: 12 months", "")
    (problem,) = refused(change(text, *RULED_OUT.values()), command)
    head = "flood.yaml: the evidence is impossible: these contradict each other"
    assert problem.head == head
    named = re.findall(r"(\S+) \((?:happened|ruled out), line \d+\)", problem.found)
    assert sorted(named) == sorted(RULED_OUT)
    for item in named:
        accepted(change(text, *(pair for name, pair in RULED_OUT.items() if name != item)))


def test_a_fact_that_cannot_be_is_named_alone(refused):
    lines = "    likelihood_ratio: {low: 1.5, high: 4}\n"
    (problem,) = refused(change(SOUND, (lines, "    if_yes: 0\n    if_no: 0\n")))
    told = "flood.yaml: the evidence is impossible: this is 0% if yes and 0% if no"
    assert problem.head == told
    assert problem.found == f"evidence.wet_feet (confirmed, line {line_of('wet_feet:') + 1})"


# --- numbers at the edge of what a computer can hold ----------------------------------------------


@pytest.mark.parametrize(
    "changes",
    [
        [("base_rate: 0.7", "base_rate: 1e-300")],
        [("base_rate: 0.7", "base_rate: 0.9999999999999999")],
        [("base_rate: 0.7", "base_rate: {low: 1e-300, high: 0.9999999999999999}")],
        [("base_rate: {seen: 3, of: 12}", "base_rate: {beta: [0.01, 1000000000]}")],
        [("base_rate: {seen: 3, of: 12}", "base_rate: {beta: [0.01, 3]}")],
        [("base_rate: {seen: 3, of: 12}", "base_rate: {seen: 0, of: 0}")],
        [("raises: {low: 2, high: 6}", "raises: 1e308")],
        [("raises: {low: 2, high: 6}", "raises: {low: 1e-308, high: 1e308}")],
        [("likelihood_ratio: {low: 1.5, high: 4}", "likelihood_ratio: 1e308")],
        [("likelihood_ratio: {low: 1.5, high: 4}", "likelihood_ratio: 1e-308")],
        [("within: 12 months", "within: 0.0000001 months")],
        [
            ("best: 12%, high: 25%, within: 12 months}", "high: 1e-318, within: 50 years}"),
            ("{low: 5%, ", "{low: 1e-322, "),
        ],
        [("as_of: 2021-03-01", "as_of: 2022-02-28"), ("within: 12 months", "within: 600 months")],
    ],
    ids=lambda changes: changes[-1][1],
)
def test_extreme_numbers_give_a_forecast_of_finite_probabilities(tmp_path, capsys, changes):
    path = tmp_path / "flood.yaml"
    path.write_text(change(SOUND, *changes), encoding="utf-8")
    assert cli.main(["run", str(path), "--format", "csv"]) == 0
    out, err = capsys.readouterr()
    assert err == ""
    rows = [line.split(",")[3:7] for line in out.splitlines()[1:]]
    numbers = [float(cell) for row in rows for cell in row if cell]
    assert len(numbers) == 5 * 4 + 3 * 2
    assert all(0 <= number <= 1 for number in numbers)


# --- files built to take time or memory -----------------------------------------------------------

BOMB = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 9)}]\n" for i in range(1, 12)
)

# What is built, the line of the message (None: the whole file) and what it says.
BUILT = {
    "a billion laughs": (BOMB, 6, "aliases make the file too large"),
    "maps that double": (
        "e0: &e0 {p: 20%}\n"
        + "".join(f"e{i}: &e{i} {{a: *e{i - 1}, b: *e{i - 1}}}\n" for i in range(1, 40)),
        16,
        "aliases make the file too large",
    ),
    "ten megabytes of text": (f"title: {'x' * 10_000_000}\n", None, "the file is too large"),
    "two megabytes of brackets": ("[" * 2_000_000, 1, "nested too deeply"),
    "two megabytes of braces": ("{" * 2_000_000, 1, "nested too deeply"),
    "dashes, each inside the last": ("- " * 1_000_000, 1, "nested too deeply"),
    "keys, each inside the last": (
        "".join(" " * i + "a:\n" for i in range(1_900)),
        32,
        "nested too deeply",
    ),
    "question marks": ("? " * 1_000_000, 1, "nested too deeply"),
    "an open quote": ('title: "' + "x\n " * 600_000, 600_001, "not valid YAML"),
    "colons": ("a: " * 600_000, 1, "not valid YAML"),
    "items": ("-\n" * 900_000, 100_000, "too many values"),
    "anchors": ("".join(f"- &a{i} x\n" for i in range(120_000)), 100_000, "too many values"),
    "tag directives": (
        "".join(f"%TAG !a{i}! x\n" for i in range(100_000)) + "---\na: b\n",
        1,
        "tags are not accepted",
    ),
    "comments": ("#\n" * 1_000_000, 1, "the file is empty"),
    "documents": ("---\n" * 500_000, 2, "a second document begins here"),
}


@pytest.mark.parametrize("name", BUILT)
def test_a_file_built_to_take_time_or_memory_is_refused_at_once(refused, name):
    data, line, says = BUILT[name]
    (problem,) = refused(data)
    at = f"flood.yaml:{line}: " if line else "flood.yaml: "
    assert problem.head.startswith(at + says)
    assert len(problem.head) < 200
    assert len(problem.found or "") < 200


def test_thousands_of_names_that_lead_nowhere_are_compared_in_time(tmp_path, capsys):
    """Twenty thousand references, each nearly the name of ten thousand others."""
    path = tmp_path / "flood.yaml"
    names = "".join(f"  ref_{i}: {{title: t}}\n" for i in range(9_990))
    used = ", ".join(f"rex_{i}" for i in range(20_000))
    path.write_text(
        f"case: names\nreferences:\n{names}events:\n"
        f"  rain: {{base_rate: 20%, reference: [{used}]}}\n",
        encoding="utf-8",
    )
    start = time.process_time()
    assert cli.main(["check", str(path)]) == 1
    assert time.process_time() - start < SECONDS
    assert "rex_0" in capsys.readouterr().err


@pytest.mark.parametrize(
    "name",
    [
        "a billion laughs",
        "two megabytes of brackets",
        "tag directives",
        "items",
        "ten megabytes of text",
    ],
)
def test_the_whole_process_refuses_the_worst_files_in_time(tmp_path, name):
    path = tmp_path / "flood.yaml"
    path.write_text(BUILT[name][0], encoding="utf-8")
    start = sum(os.times()[2:4])  # of finished children
    done = subprocess.run(
        [sys.executable, "-m", "forecasting.cli", "check", path],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert sum(os.times()[2:4]) - start < SECONDS
    assert (done.returncode, done.stdout) == (1, "")
    (problem,) = shown(done.stderr, tmp_path)
    assert BUILT[name][2] in problem.head


# --- how the text is stored -----------------------------------------------------------------------


STORED = {
    "Windows line ends": SOUND.replace("\n", "\r\n"),
    "old Macintosh line ends": SOUND.replace("\n", "\r"),
    "no line end at the end": SOUND.rstrip("\n"),
    "a byte order mark": f"\ufeff{SOUND}",
    "document markers": f"---\n{SOUND}...\n",
    "a YAML directive": f"%YAML 1.2\n---\n{SOUND}",
    "letters beyond ASCII": change(SOUND, ("title: A flood", "title: Überflutung 🌊")),
    "tabs between values": change(SOUND, ("{low: 20%, high: 45%}", "{low:\t20%,\thigh: 45%}")),
    "a number with an exponent": change(SOUND, ("now: 60%", "now: 6e-1")),
    "a number in quotes": change(SOUND, ("now: 60%", 'now: "60 %"')),
}


@pytest.mark.parametrize("data", STORED.values(), ids=STORED)
def test_any_way_to_store_the_same_case_is_accepted(accepted, data):
    accepted(data)


@pytest.mark.parametrize(
    ("data", "line", "says", "found"),
    [
        (SOUND.encode("utf-16"), 1, "not UTF-8 text", "byte 0xff"),
        (SOUND.encode("utf-16-be"), 1, "a character that YAML does not allow", "'\\x00'"),
        (
            change(SOUND, ("title: A flood", "title: Überflutung")).encode("latin-1"),
            3,
            "not UTF-8 text",
            "byte 0xdc",
        ),
        (SOUND.replace("A flood", "A \x00").encode(), 3, "YAML does not allow", "'\\x00'"),
        (SOUND.encode().replace(b"A flood", b"\xed\xa0\x80"), 3, "not UTF-8", "byte 0xed"),
    ],
    ids=["UTF-16", "UTF-16 without a mark", "Latin-1", "NUL", "half a surrogate pair"],
)
def test_text_that_is_not_utf_8_is_refused_with_the_line(refused, data, line, says, found):
    (problem,) = refused(data)
    assert problem.head.startswith(f"flood.yaml:{line}: ")
    assert says in problem.head
    assert problem.found == found
    assert problem.remedy


@pytest.mark.parametrize("data", ["", "\n \n", "# only a comment\n"])
def test_an_empty_file_is_refused(refused, data):
    assert [problem.head for problem in refused(data)] == ["flood.yaml:1: the file is empty"]


@pytest.mark.parametrize(
    ("data", "found"),
    [("- case: flood\n", "a list of 1"), ("flood\n", "flood"), ("42", "42"), ("---\n", "nothing")],
)
def test_a_file_that_is_no_mapping_is_refused(refused, data, found):
    (problem,) = refused(data)
    assert problem.head.endswith(": not a case")
    assert (problem.found, problem.remedy) == (found, "case:, events: and so on")


@pytest.mark.parametrize("bare", ["title A flood", "about A flood", "as_of 2021-03-01"])
@pytest.mark.parametrize("below", ["", "resolve_by: 2022-03-01\n", "\n# a day\nwho: we\n"])
def test_a_key_without_its_colon_is_named_though_yaml_stumbles_below_it(refused, bare, below):
    (problem,) = refused(f"case: flood\n{bare}\n{below}")
    key = bare.partition(" ")[0]
    assert "not valid YAML" in problem.head
    assert problem.remedy.startswith(f"put a colon after '{key}' (line 2), or ")


def test_text_over_several_lines_that_holds_a_colon_is_to_be_quoted(refused):
    (problem,) = refused("case: flood\nabout: The river\n  and: the bridge\n")
    assert problem.remedy == "put quotes around text that holds a colon followed by a space"


@pytest.mark.parametrize("end", ['"A flood', "'A flood", "[A flood", "{A: flood"])
def test_what_is_left_open_at_the_end_of_a_file_is_traced_to_where_it_was_opened(refused, end):
    (problem,) = refused(f"{SOUND}about: {end}\n")
    last = SOUND.count("\n") + 1
    assert problem.head.startswith(f"flood.yaml:{last + 1}: not valid YAML (while ")
    assert problem.found == "the end of the file"
    assert problem.remedy.endswith(f" opened on line {last}")


# --- anything at all ------------------------------------------------------------------------------

WORDS = re.compile(r"[^\s{}\[\],:]+")
FOREIGN = """
    0 1 -1 1e-300 1e308 nan yes no {} [] ~ 100% 1e-5 2021-03-01 9998-12-31 0001 flood rain B F6
    " ' - # &a *a !x << % | > é lasts state table {beta:[0.01,1e9]} {seen:0,of:0}
"""
FOREIGN = [*re.findall(r"\S+", FOREIGN), "\x00", "\u2028"]


def disturbed(text, rng):
    """Replace a word, take one from elsewhere, drop or repeat a line, or put in a character."""
    lines, words = text.split("\n"), list(WORDS.finditer(text))
    match rng.integers(5):
        case 0 | 1:
            word = words[rng.integers(len(words))]
            new = [*FOREIGN, words[rng.integers(len(words))][0]][rng.integers(len(FOREIGN) + 1)]
            return text[: word.start()] + new + text[word.end() :]
        case 2:
            del lines[rng.integers(len(lines))]
        case 3:
            lines.insert(rng.integers(len(lines)), lines[rng.integers(len(lines))])
        case 4:
            place = rng.integers(len(text))
            return text[:place] + FOREIGN[rng.integers(len(FOREIGN))] + text[place:]
    return "\n".join(lines)


@pytest.mark.parametrize("seed", range(10))
def test_whatever_happens_to_a_file_it_is_forecast_or_refused(tmp_path, capsys, seed):
    """No other exception, no warning of NumPy, no probability out of range."""
    rng = np.random.default_rng(seed)
    first = (ROOT / "priors" / "first_case.yaml").read_text(encoding="utf-8")
    path, outcomes = tmp_path / "flood.yaml", []
    for _ in range(40):
        text = [SOUND, first][rng.integers(2)]
        for _ in range(rng.integers(1, 4)):
            text = disturbed(text, rng)
        path.write_text(text, encoding="utf-8")
        start = time.process_time()
        outcomes.append(cli.main(["check", str(path)]))
        assert time.process_time() - start < SECONDS
        out, err = capsys.readouterr()
        if outcomes[-1] == 0:
            forecast = Network(load(path)).posterior()
            assert all(0 <= p <= 1 for p in forecast.values())
        else:
            assert out == ""
            assert all(problem.head for problem in shown(err, tmp_path))
    assert {0, 1} == set(outcomes)


@pytest.mark.parametrize("section", ["references", "sources", "evidence", "scenarios", "views"])
def test_an_empty_section_is_as_good_as_none(accepted, section):
    accepted(f"case: rain\nevents: {{rain: {{base_rate: 20%, now: 30%}}}}\n{section}:\n")


# --- files that cannot be read --------------------------------------------------------------------


def test_what_is_no_readable_file_is_refused_by_name(tmp_path, capsys, monkeypatch):
    def refusal(path):
        assert cli.main(["check", str(path)]) == 1
        out, err = capsys.readouterr()
        assert out == ""
        return err.strip()

    missing = tmp_path / "missing.yaml"
    assert refusal(missing) == f"{missing}: cannot be read: no such file or directory"
    assert refusal(tmp_path) == f"{tmp_path}: cannot be read: is a directory"
    long = tmp_path / ("x" * 300)
    assert refusal(long) == f"{long}: cannot be read: file name too long"

    locked = tmp_path / "locked.yaml"
    locked.write_text(SOUND, encoding="utf-8")
    locked.chmod(0)
    if os.access(locked, os.R_OK):  # as root, who may read everything

        def refuse(self, *arguments, **options):
            raise PermissionError(13, "Permission denied", str(self))

        monkeypatch.setattr(Path, "open", refuse)
    assert refusal(locked) == f"{locked}: cannot be read: permission denied"


@pytest.mark.skipif(not Path("/dev/zero").exists(), reason="needs a device that never ends")
def test_a_device_that_never_ends_is_given_up():
    code = """
import resource, sys
from forecasting import cli
resource.setrlimit(resource.RLIMIT_AS, (2**33, 2**33))  # should it fail, then soon
sys.exit(cli.main(["check", "/dev/zero"]))
"""
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 1
    assert done.stderr.startswith("/dev/zero: the file is too large\n")
