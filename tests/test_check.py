"""Each warning appears for a case that deserves it, and not for the same case mended."""

import math
from typing import NamedTuple

import numpy as np
import pytest
from scipy.optimize import root
from scipy.special import expit, logit

from forecasting import Network
from forecasting.answer.check import check, todo, together
from forecasting.answer.interview import write_template
from forecasting.errors import InputError
from forecasting.file import fits
from forecasting.file.case import as_date, read


class Pair(NamedTuple):
    """A case, what to mend in it (all, if `old` is empty), and its warning unmended."""

    text: str
    old: str
    new: str
    line: int
    place: str
    says: str


RIVER = """\
case: river
as_of: 2021-03-01
resolve_by: 2022-03-01
references: {late: {title: Late, date: 2021-06}, early: {title: Early, date: 2021-01}}
events:
  rain: {role: driver, kind: state, base_rate: 30%, now: 60%}
  flood: {base_rate: {low: 5%, high: 25%, within: 12 months}, question: Will it flood?}
links:
  - {from: rain, to: flood, raises: 3}
sources: {gauge: {title: The gauge}}
evidence:
  high: {date: 2021-02-01, bears_on: flood, if_yes: 60%, if_no: 30%,
    reports: [{source: gauge, grade: B2}]}
"""


def heavy(each, count):
    """Facts on one event, each of so many decibans: a likelihood ratio of 10^(d/10)."""
    ratio = 10 ** (each / 10)
    facts = "".join(
        f"  f{i}: {{bears_on: rain, likelihood_ratio: {ratio!r}, status: confirmed}}\n"
        for i in range(count)
    )
    return f"case: heavy\nevents:\n  rain: {{base_rate: 50%}}\nevidence:\n{facts}"


PAIRS = {
    "a driver nobody knows anything of": Pair(
        RIVER.replace(", now: 60%}", "}"),
        "30%}",
        "30%, now: 60%}",
        6,
        "events.rain",
        "neither evidence nor 'now'",
    ),
    "a driver with an indicator that has not been seen": Pair(
        RIVER.replace(", now: 60%}", "}")
        + "  cloud: {bears_on: rain, if_yes: 60%, if_no: 30%, status: pending}\n",
        "status: pending",
        "status: absent",
        6,
        "events.rain",
        "cannot move the forecast",
    ),
    "an event that nothing can change": Pair(
        RIVER.replace("links:", "  fog: {base_rate: 20%}\nlinks:"),
        "fog: {base_rate: 20%}",
        "fog: {base_rate: 20%, now: 30%}",
        8,
        "events.fog",
        "nothing can change this event",
    ),
    "a source nobody reports from": Pair(
        RIVER.replace("{title: The gauge}}", "{title: The gauge}, miller: {title: A miller}}"),
        "{source: gauge, grade: B2}",
        "{source: gauge, grade: B2}, {source: miller, grade: C3}",
        10,
        "sources.miller",
        "no report comes from this source",
    ),
    "a report whose reference is later than its fact": Pair(
        RIVER.replace("grade: B2}", "grade: B2, reference: late}"),
        "grade: B2,",
        "grade: B2, date: 2021-02-28,",
        13,
        "evidence.high.reports.0",
        "counts from 2021-02-01, but its reference is of 2021-06",
    ),
    "a report of a fact whose reference is later": Pair(
        RIVER.replace("if_no: 30%,", "if_no: 30%, reference: late,"),
        "reference: late",
        "reference: early",
        13,
        "evidence.high.reports.0",
        "this report has no date",
    ),
    "five heavy facts on one event": Pair(
        heavy(4.1, 5), "", heavy(4.0, 5), 3, "events.rain", "5 facts weigh +20 decibans together"
    ),
    "many facts against one event": Pair(
        heavy(-3, 8), "", heavy(-7, 4), 3, "events.rain", "8 facts weigh -24 decibans together"
    ),
    "a state with a period": Pair(
        RIVER.replace("Will it flood?", "Will the river still be high on that day?"),
        "still be high on that day",
        "rise above 5 m",
        7,
        "events.flood",
        "reads like a state ('still')",
    ),
    "raising by less than one": Pair(
        RIVER.replace("raises: 3", "raises: 0.5"),
        "raises: 0.5",
        "lowers: 2",
        9,
        "links.0",
        "'raises' by less than 1 does the opposite",
    ),
    "a pair above what holds over all": Pair(
        RIVER.replace("raises: 3", "if_yes: 35%, if_no: 62%").replace(
            "{low: 5%, high: 25%, within: 12 months}", "9.5%"
        ),
        "35%, if_no: 62%",
        "35%, if_no: 9%",
        9,
        "links.0",
        "35% where “rain” holds and 62% where not cannot both be, as “flood” has 10% over all",
    ),
    # Odds of 1 to 1.5 are 40%.
    "a pair below what holds over all, by more than a little": Pair(
        RIVER.replace("raises: 3", "if_yes: 38%, if_no: 21%").replace(
            "{low: 5%, high: 25%, within: 12 months}", "50%"
        ),
        "38%",
        "41%",
        9,
        "links.0",
        "only the ratio of their odds counts",
    ),
    "a count that may be below none": Pair(
        RIVER.replace(
            "links:",
            "  boats: {settled: {value: 3, date: 2021-01-01}, quantity: {whole: yes},\n"
            "    base_rate: {low: -5, best: 40, high: 120}}\nlinks:",
        ),
        "low: -5",
        "low: 5",
        8,
        "events.boats",
        "it comes in whole numbers, and may be -5: how many there are is never below 0",
    ),
    "a fact as likely either way": Pair(
        RIVER + "  dry: {bears_on: rain, if_yes: 20%, if_no: 20%, status: absent}\n",
        "if_no: 20%",
        "if_no: 25%",
        14,
        "evidence.dry",
        "as likely if yes as if no: it moves nothing",
    ),
    "a fact that nothing brings about": Pair(
        RIVER + "  dry: {bears_on: rain, if_yes: 0%, if_no: 0%, status: absent}\n",
        "if_no: 0%",
        "if_no: 5%",
        14,
        "evidence.dry",
        "0% if yes and 0% if no: it could never come about",
    ),
    "lowering a fact by less than one": Pair(
        RIVER + "  dry: {bears_on: {rain: {lowers: 0.5}}, chance: 20%, status: absent}\n",
        "{lowers: 0.5}",
        "{odds: 2}",
        14,
        "evidence.dry.bears_on.rain",
        "'lowers' by less than 1 does the opposite",
    ),
    "a scenario that cannot be": Pair(
        RIVER.replace("links:", "  repair: {given: flood, base_rate: 70%}\nlinks:")
        + "scenarios: {odd: {when: {repair: yes, flood: no}}}\n",
        "flood: no}}",
        "flood: yes}}",
        15,
        "scenarios.odd",
        "repair cannot happen without flood",
    ),
    "an event that settles too late": Pair(
        RIVER.replace("Will it flood?", "Will it flood?, happened: 2022-03-02"),
        "2022-03-02",
        "2021-02",
        7,
        "events.flood",
        "after the case resolves on 2022-03-01",
    ),
    # With rain, which is all but sure in the longer window, a flood is all but impossible.
    "an event less probable by a later date": Pair(
        RIVER.replace("resolve_by: 2022-03-01\n", "resolve_by: 2022-03-01\nhorizons: [2031-03]\n")
        .replace("kind: state, base_rate: 30%, now: 60%", "base_rate: {best: 30%, within: 1 year}")
        .replace("raises: 3", "lowers: 1000")
        .replace("low: 5%, high: 25%, within: 12 months", "best: 5%")
        .replace("bears_on: flood", "bears_on: rain"),
        "horizons: [2031-03]",
        "horizons: []",
        8,
        "events.flood",
        "comes out less probable by 2031-03-31",
    ),
}

# Events of every type, each with something to move it: what is right with them needs no word.
COUNTRY = """\
case: country
as_of: 2021-03-01
resolve_by: 2022-03-01
events:
  cabinet:
    states: [stays, opens, falls]
    base_rate: {stays: {low: 50%, high: 70%}, opens: 10%, falls: rest}
  tension:
    role: driver
    states: [calm, clashes, war]
    ordered: yes
    kind: occurs
    cuts: {serious: ">= clashes", unused: "<= clashes"}
    base_rate: {calm: 60%, clashes: 30%, war: rest, within: 12 months}
    now: {war: 20%}
  leaves:
    kind: first
    states: [minister, judge, nobody]
    base_rate: {minister: 20%, judge: 10%, nobody: rest, within: 12 months}
  deaths: {quantity: {unit: deaths}, base_rate: {low: 100, high: 900}, cuts: {many: ">= 500"}}
links:
  - {from: tension.war, to: cabinet.falls, raises: 3}
  - {from: tension.serious, to: leaves.minister, raises: 2}
  - {from: tension.serious, to: deaths, raises: 4}
evidence:
  shots: {bears_on: tension.war, if_yes: 70%, if_no: 40%, status: pending}
"""


def weighty(bears_on, each, count):
    """Facts on a part of an event, each of so many decibans."""
    ratio = 10 ** (each / 10)
    return COUNTRY + "".join(
        f"  f{i}: {{bears_on: {bears_on}, likelihood_ratio: {ratio!r}, status: confirmed}}\n"
        for i in range(count)
    )


PAIRS |= {
    "a driver of several states nobody knows anything of": Pair(
        COUNTRY.replace("    now: {war: 20%}\n", "")
        + "  speech: {bears_on: cabinet.opens, if_yes: 70%, if_no: 40%, status: confirmed}\n",
        "status: pending",
        "status: absent",
        8,
        "events.tension",
        "neither evidence nor 'now'",
    ),
    "an amount that nothing can change": Pair(
        COUNTRY.replace("to: deaths,", "to: leaves.judge,"),
        "tension.serious, to: leaves.judge",
        "deaths.many, to: leaves.judge",
        20,
        "events.deaths",
        "nothing can change this event",
    ),
    "what comes about first, worded as a state": Pair(
        COUNTRY.replace("    kind: first\n", "    kind: first\n    question: Who remains?\n"),
        "Who remains?",
        "Who leaves first?",
        16,
        "events.leaves",
        "reads like a state ('remains'), yet its base rate grows with the window; is it kind: "
        "state?",
    ),
    "a point beside a range": Pair(
        COUNTRY.replace(
            "{low: 50%, high: 70%}, opens: 10%,", "60%, opens: {low: 5%, high: 20%},"
        ),
        "stays: 60%, opens: {low: 5%, high: 20%}, falls: rest",
        "stays: rest, opens: {low: 5%, high: 20%}, falls: 29%",
        7,
        "events.cabinet.base_rate",
        "90% of the draws of stays lie from 54% to 64%, and it is stated as 60%; put 'rest'",
    ),
    "two wide ranges": Pair(
        COUNTRY.replace(
            "{low: 50%, high: 70%}, opens: 10%,",
            "{low: 10%, high: 80%}, opens: {low: 10%, high: 50%},",
        ),
        "{low: 10%, high: 80%}",
        "{low: 20%, high: 60%}",
        7,
        "events.cabinet.base_rate",
        "90% of the draws of opens lie from 6% to 56%, and it is stated as 10% to 50%",
    ),
    "a row of a table with a point beside a range": Pair(
        COUNTRY.replace("    base_rate: {stays: {low: 50%, high: 70%}, opens: 10%, falls: rest}\n",
            "    parents: tension.war\n    table:\n      \"yes\": [50%, 20%, 30%]\n"
            "      \"no\": {stays: 60%, opens: {low: 5%, high: 20%}, falls: rest}\n",
        ).replace("tension.war, to: cabinet.falls,", "tension.war, to: leaves.judge,"),
        "opens: {low: 5%, high: 20%}",
        "opens: 10%",
        10,
        "events.cabinet.table.no",
        "90% of the draws of stays lie from 54% to 64%",
    ),
    "five heavy facts on one state": Pair(
        weighty("cabinet.opens", 4.1, 5),
        "",
        weighty("cabinet.opens", 4.0, 5),
        5,
        "events.cabinet.opens",
        "5 facts weigh +20 decibans together; are they independent? A driver between them and "
        "cabinet would say",
    ),
    "five heavy facts against more of an amount": Pair(
        weighty("deaths.many", -4.1, 5),
        "",
        weighty("deaths.many", -4.0, 5),
        20,
        "events.deaths.many",
        "5 facts weigh -20 decibans together",
    ),
    "a scenario in which a condition fails": Pair(
        COUNTRY.replace("links:", "  exile: {given: cabinet.falls, base_rate: 70%}\nlinks:")
        + "scenarios: {odd: {when: {exile: yes, cabinet: [stays, opens]}}}\n",
        "[stays, opens]",
        "falls",
        28,
        "scenarios.odd",
        "exile cannot happen without cabinet.falls, so this scenario has probability 0",
    ),
    "a scenario that leaves no state": Pair(
        COUNTRY + "scenarios: {odd: {when: {tension: calm, tension.serious: yes}}}\n",
        "tension: calm",
        "tension: war",
        27,
        "scenarios.odd",
        "it leaves no state of tension, so this scenario has probability 0",
    ),
    "a state that settles too late": Pair(
        COUNTRY.replace(
            "    states: [stays",
            "    settled: {state: opens, date: 2022-03-02}\n    states: [stays",
        ),
        "2022-03-02",
        "2021-02",
        5,
        "events.cabinet",
        "settled on 2022-03-02, after the case resolves on 2022-03-01: it never counts",
    ),
    "an amount that settles after its own day": Pair(
        COUNTRY.replace(
            "base_rate: {low: 100",
            "resolve_by: 2021-08, settled: {value: 90, date: 2021-10}, base_rate: {low: 100",
        ),
        "2021-10",
        "2021-02",
        20,
        "events.deaths",
        "settled on 2021-10, after it resolves on 2021-08: it never counts",
    ),
}  # fmt: skip


FACT = "  dam: {date: DAY, bears_on: flood, if_yes: 60%, if_no: 30%, status: confirmed}\n"


@pytest.mark.parametrize(
    ("text", "day", "line", "place"),
    [
        (RIVER + FACT, "2021-03", 14, "evidence.dam (2021-03, taken to be 2021-03-31)"),
        (RIVER + FACT, "2021", 14, "evidence.dam (2021, taken to be 2021-12-31)"),
        (RIVER + FACT, "2052-01-03", 14, "evidence.dam (2052-01-03)"),
        (
            RIVER + FACT.replace("confirmed", "absent"),
            "2021-03-02",
            14,
            "evidence.dam (2021-03-02)",
        ),
        (
            RIVER.replace("base_rate: 30%", "happened: DAY, base_rate: 30%"),
            "2021-03",
            6,
            "events.rain.happened (2021-03, taken to be 2021-03-31)",
        ),
        (
            RIVER.replace("base_rate: 30%", "ruled_out: DAY, base_rate: 30%"),
            "2021-12-01",
            6,
            "events.rain.ruled_out (2021-12-01)",
        ),
        (
            RIVER.replace("grade: B2", "grade: B2, date: DAY"),
            "2021-03",
            13,
            "evidence.high.reports.0 (2021-03, taken to be 2021-03-31)",
        ),
        (RIVER.replace("2021-02-01", "DAY"), "2031-02-01", 12, "evidence.high (2031-02-01)"),
    ],
)
def test_what_is_dated_after_the_forecast_is_named_with_the_day_it_was_taken_to_be(
    text, day, line, place
):
    """The forecast is of 1 March 2021; the same thing dated in February counts, without a word."""
    (warning,) = check(read(text.replace("DAY", day)))
    assert (warning.place, warning.line) == (place, line)
    assert (
        warning.text == "dated after 2021-03-01, the day of the forecast, and so it does not count"
    )
    assert check(read(text.replace("DAY", "2021-02"))) == ()


def test_of_a_fact_that_counts_in_part_only_what_is_late_is_named():
    """Seen and reported in March, reported in full on the 1st: the fact itself is not known yet."""
    seen = FACT.replace("DAY", "2021-03").replace(
        "confirmed",
        "confirmed, reports: [{source: gauge, grade: B2, date: 2021-03-01}, "
        "{source: gauge, grade: B1}]",
    )
    (warning,) = together(check(read(RIVER + seen)))
    assert warning.place == (
        "evidence.dam (2021-03, taken to be 2021-03-31) and evidence.dam.reports.1 "
        "(2021-03, taken to be 2021-03-31), each"
    )


def test_many_late_dates_are_one_warning_that_names_likely_slips_first():
    """A month that has begun, then the farthest years; a replay of an early day is not drowned."""
    days = [f"2021-0{month}-15" for month in range(4, 10)] + ["2021-03", "2112-01-01"]
    facts = "".join(
        FACT.replace("dam", f"dam{i}").replace("DAY", day) for i, day in enumerate(days)
    )
    warnings = check(read(RIVER + facts))
    assert len(warnings) == 8
    (warning,) = together(warnings)
    assert warning.place == (
        "evidence.dam6 (2021-03, taken to be 2021-03-31), evidence.dam7 (2112-01-01), "
        "evidence.dam5 (2021-09-15) and 5 more, 8 in all, each"
    )


def test_a_pending_indicator_and_a_case_without_dates_leave_nothing_out():
    assert check(read(RIVER + FACT.replace("DAY", "2021-06").replace("confirmed", "pending"))) == ()
    undated = RIVER.replace("as_of: 2021-03-01\nresolve_by: 2022-03-01\n", "")
    undated = undated.replace(", within: 12 months", "")
    assert check(read(undated + FACT.replace("DAY", "2052-01-03"))) == ()


def test_a_source_that_affirms_and_denies_a_fact_on_one_day_is_named():
    twice = RIVER.replace("grade: B2}", "grade: B2}, {source: gauge, grade: B1, says: no, DATE}")
    (warning,) = check(read(twice.replace("DATE", "date: 2021-02-01")))
    assert (warning.place, warning.line) == ("evidence.high.reports.0", 13)
    assert "gauge affirms and denies this on one day, 2021-02-01, so neither counts" in warning.text
    assert check(read(twice.replace("DATE", "date: 2021-02-02"))) == ()
    assert check(read(twice.replace("no, DATE", "yes"))) == ()


def many_drivers(count, more=""):
    roots = "".join(f"  r{i}: {{role: driver, base_rate: 30%}}\n" for i in range(count))
    leaves = "".join(
        f'  c{i}: {{parents: [r{i}], table: {{"yes": 70%, "no": 20%}}}}\n' for i in range(count)
    )
    return read(f"case: many\nevents:\n{roots}{leaves}{more}")


SEEN = "evidence:\n  wet: {bears_on: c0, if_yes: 60%, if_no: 30%, status: confirmed}\n"


def test_what_holds_for_many_is_said_once():
    warnings = check(many_drivers(9, SEEN))
    assert [warning.place for warning in warnings] == [f"events.r{i}" for i in range(9)]
    (warning,) = together(warnings)
    assert str(warning).startswith(
        "line 3: events.r0, events.r1, events.r2 and 6 more, 9 in all, each: this driver has links"
    )
    (warning,) = together(check(many_drivers(5, SEEN)))
    assert str(warning).startswith(
        "line 3: events.r0, events.r1, events.r2, events.r3 and events.r4, each: this driver"
    )


@pytest.mark.parametrize("more", ["", SEEN.replace("confirmed", "pending")])
def test_a_case_that_knows_nothing_is_told_how_to_ask_it(more):
    """So it is with a network as it is published: tables, and evidence on none."""
    (warning,) = check(many_drivers(9, more))
    assert warning.place == "evidence"
    assert "(forecasting run --given r0=yes)" in warning.text
    sky = "sky: {role: driver, states: [clear, grey], parents: [], table: [60%, 40%]}"
    rain = "rain: {parents: [sky], table: {clear: 10%, grey: 50%}}"
    (warning,) = check(read(f"case: rain\nevents:\n  {sky}\n  {rain}"))
    assert "(forecasting run --given sky.clear=yes)" in warning.text


def test_the_words_of_the_template_are_not_ones_own():
    ready = RIVER.replace("Will it flood?", "Will it flood?, why: Where this number comes from.")
    (warning,) = check(read(ready))
    assert (warning.place, warning.line) == ("events.flood.why", 7)
    assert "still says what the template says" in warning.text and warning.refused


def test_the_names_of_the_template_are_anybodys():
    """A report names its source, as the template's does."""
    text = RIVER.replace("{gauge: {title: The gauge}}", "{a-source: {title: The gauge}}")
    text = text.replace("source: gauge", "source: a-source")
    assert not any(warning.refused for warning in check(read(text)))


class TestToDo:
    def test_what_a_case_to_publish_lacks_is_counted_by_kind(self):
        case = read("""
            case: rain
            title: Rain
            as_of: 2025-11-20
            events:
              rain: {question: Will it rain?, base_rate: 20%, why: One day of five.}
              snow: {question: Will it snow?, base_rate: 5%}
              hail: {base_rate: 1%, resolution: {criterion: Seen., source: The gauge}}
              cold: {role: driver, base_rate: 50%}
            links: [{from: cold, to: rain, lowers: 2}, {from: cold, to: snow, raises: 2, why: Ice.}]
            evidence:
              a: {bears_on: rain, if_yes: 50%, if_no: 20%, status: confirmed, why: Seen.}
              b: {bears_on: rain, if_yes: 50%, if_no: 20%, status: pending, date: 2025-12-01}
        """)
        assert [(lack.words, lack.section, lack.name) for lack in todo(case)] == [
            ("the case without a last day", "case", ""),
            ("1 outcome without a question", "events", "hail"),
            ("2 questions without a rule", "events", "rain"),
            ("1 fact without a day", "evidence", "a"),
            ("3 numbers without a reason", "events", "snow"),
            ("1 link without a reason", "links", "cold->rain"),
            ("1 fact without a reason", "evidence", "b"),
        ]

    def test_the_words_of_the_template_come_first(self, tmp_path):
        write_template(tmp_path / "dam.yaml", "dam")
        text = (tmp_path / "dam.yaml").read_text()
        first, *others = todo(read(text))
        assert (first.section, first.name) == ("case", "") and not others
        assert first.words == "14 sentences of the template"
        text = text.replace("title: What this case is about", "title: The dam")
        assert todo(read(text))[0].section == "events"
        link = "{case: dam, events: {a: {base_rate: 5%}, b: {base_rate: 5%}}, "
        link += "links: [{from: a, to: b, raises: 2, why: Its reason.}]}"
        assert todo(read(link))[0].name == "a->b"


@pytest.mark.parametrize("name", PAIRS)
def test_a_warning_appears_where_it_is_deserved_and_not_where_it_is_mended(name):
    pair = PAIRS[name]
    (warning,) = check(read(pair.text))
    assert (warning.place, warning.line) == (pair.place, pair.line)
    assert pair.says in warning.text
    assert str(warning) == f"line {pair.line}: {pair.place}: {warning.text}"
    assert pair.text.count(pair.old) == 1 or not pair.old
    assert check(read(pair.text.replace(pair.old, pair.new) if pair.old else pair.new)) == ()


@pytest.mark.parametrize("text", [RIVER, COUNTRY])
def test_a_sound_case_gives_no_warning(text):
    assert check(read(text)) == ()


def test_a_later_horizon_changes_no_state_that_is_asked_for_on_a_day():
    """Nor an amount; what comes about first takes from nobody, and levels only rise."""
    text = COUNTRY.replace("by: 2022-03-01\n", "by: 2022-03-01\nhorizons: [2023-03, 2031-03]\n")
    assert check(read(text)) == ()
    assert check(read(text), Network(read(text), as_of=as_date("2020-03-01"))) == ()


def with_a_pact(old, new, link):
    """A pact keeps something from coming about, and by a later date is all but sure.

    Evidence makes it surer; and where it is all but sure, makes what is left without it rarer by
    as much.
    """
    text = COUNTRY.replace("by: 2022-03-01\n", "by: 2022-03-01\nhorizons: [2031-03]\n")
    pact = "  pact: {base_rate: {best: 30%, within: 1 year}}\n"
    assert old in text
    return (
        text.replace(old, new)
        .replace("  cabinet:\n", f"{pact}  cabinet:\n")
        .replace("links:\n", f"links:\n  - {{from: pact, {link}}}\n")
        .replace("bears_on: tension.war", "bears_on: pact")
        .replace("pending", "confirmed")
    )


def test_a_level_reached_less_often_by_a_later_date_is_named():
    text = with_a_pact(
        "calm: 60%, clashes: 30%, war: rest, within: 12 months}\n    now: {war: 20%}",
        "calm: 95%, clashes: 4%, war: rest}",
        "to: tension, lowers: 1000",
    ).replace("    role: driver\n", "")
    found = {warning.place: warning.text for warning in check(read(text))}
    assert set(found) == {"events.tension.clashes", "events.tension.war"}
    networks = [Network(read(text)), Network(read(text)).at(resolve_by=as_date("2031-03-31"))]
    least = [1 - network.posterior()["tension.calm"] for network in networks]
    assert found["events.tension.clashes"].startswith(
        f"at least this comes out less probable by 2031-03-31 ({least[1]:.1%}) than by "
        f"2022-03-01 ({least[0]:.1%}), which cannot be"
    )
    fixed = text.replace("    kind: occurs\n", "    kind: occurs\n    resolve_by: 2022-03-01\n")
    assert check(read(fixed)) == ()


def test_a_state_that_is_first_less_often_by_a_later_date_is_named():
    text = with_a_pact(
        "minister: 20%, judge: 10%, nobody: rest, within: 12 months}",
        "minister: 3%, judge: 2%, nobody: rest}",
        "to: leaves.nobody, raises: 999",
    )
    found = {warning.place: warning.text for warning in check(read(text))}
    assert set(found) == {"events.leaves.minister", "events.leaves.judge", "events.leaves.nobody"}
    assert found["events.leaves.judge"].startswith("comes out less probable by 2031-03-31 (")
    assert found["events.leaves.nobody"].startswith("comes out more probable by 2031-03-31 (")
    fixed = text.replace("    kind: first\n", "    kind: first\n    resolve_by: 2022-03-01\n")
    assert check(read(fixed)) == ()


def test_the_drawn_interval_is_that_of_shares_drawn_together():
    """Against a hundred thousand plain draws about intercepts found by brute force."""
    spread = (logit(0.2) - logit(0.05)) / (2 * 1.6448536269514722)
    z = np.random.default_rng(5).standard_normal(100_000)
    mean = np.mean(expit((logit(0.2) + logit(0.05)) / 2 + spread * z))

    def drawn(b):
        logs = np.exp(np.array([b[0] + 0 * z, b[1] + spread * z, 0 * z]))
        return logs / logs.sum(axis=0)

    def miss(b):
        return drawn(b).mean(axis=1)[:2] - (0.6, mean)

    shares = drawn(root(miss, (0.5, -1.0)).x)
    low, high = np.quantile(shares[0], (0.05, 0.95))
    (warning,) = check(read(PAIRS["a point beside a range"].text))
    assert f"stays lie from {low:.0%} to {high:.0%}," in warning.text


def test_of_states_that_the_same_facts_move_the_most_moved_is_named():
    """They weigh -22 decibans on the cabinet that stays, and +25 on one that opens, of 10%."""
    fact = "{bears_on: cabinet, if: {stays: 9%, opens: 40%, falls: 20%}, status: confirmed}"
    case = read(COUNTRY + "".join(f"  f{i}: {fact}\n" for i in range(5)))
    (warning,) = check(case)
    stays = Network(case).prior()["cabinet.stays"]
    others = (0.09 * stays + 0.2 * (0.9 - stays)) / 0.9
    wanted = 5 * 10 * math.log10(0.4 / others)
    assert (warning.place, warning.line) == ("events.cabinet.opens", 5)
    assert warning.text.startswith(f"5 facts weigh {wanted:+.0f} decibans together")


@pytest.mark.parametrize(
    ("event", "day", "place"),
    [
        ("cabinet", "{state: opens, date: 2021-03}", "(2021-03, taken to be 2021-03-31)"),
        ("tension", "{state: war, date: 2021-07-01}", "(2021-07-01)"),
    ],
)
def test_what_settles_later_than_the_forecast_is_named(event, day, place):
    text = COUNTRY.replace(f"  {event}:\n", f"  {event}:\n    settled: {day}\n")
    (warning,) = check(read(text))
    assert warning.place == f"events.{event}.settled {place}"
    assert (
        check(
            read(text.replace("2021-0", "2020-0").replace("as_of: 2020-03-01", "as_of: 2021-03-01"))
        )
        == ()
    )


def test_a_fact_about_a_part_saves_the_whole_from_being_idle():
    for part in ("cabinet.opens", "cabinet"):
        how = "if_yes: 60%, if_no: 30%" if "." in part else "if: {opens: 60%, otherwise: 30%}"
        text = COUNTRY.replace("  - {from: tension.war, to: cabinet.falls, raises: 3}\n", "")
        (warning,) = check(read(text))
        assert (warning.place, warning.line) == ("events.cabinet", 5)
        assert (
            check(read(f"{text}  rumour: {{bears_on: {part}, {how}, status: confirmed}}\n")) == ()
        )


def test_an_indicator_that_is_only_watched_saves_an_event_from_being_idle():
    fog = RIVER.replace("links:", "  fog: {base_rate: 20%}\nlinks:")
    watched = "  haze: {bears_on: fog, if_yes: 60%, if_no: 30%, status: pending}\n"
    assert check(read(fog + watched)) == ()


def test_warnings_come_in_the_order_of_the_file():
    sick = (
        RIVER.replace(", now: 60%}", "}")
        .replace("raises: 3", "raises: 0.5")
        .replace("links:", "  fog: {base_rate: 20%}\nlinks:")
        .replace("{title: The gauge}}", "{title: The gauge}, miller: {title: A miller}}")
    )
    assert [warning.place for warning in check(read(sick))] == [
        "events.rain",
        "events.fog",
        "links.0",
        "sources.miller",
    ]


def test_what_lasts_may_only_become_less_probable():
    """Peace over ten years is less probable than over one; the reverse is the mistake."""
    text = """\
case: peace
as_of: 2021-01-01
resolve_by: 2022-01-01
horizons: [2031-01-01]
events:
  peace: {kind: lasts, base_rate: {best: 80%, within: 12 months}}
evidence: {calm: {bears_on: peace, likelihood_ratio: 2, status: confirmed}}
"""
    case = read(text)
    assert check(case) == ()
    odds = [2 * p / (1 - p) for p in (0.8, 0.8**10)]
    years = [Network(case), Network(case).at(resolve_by=case.horizons[0].last)]
    assert [network.posterior()["peace"] for network in years] == pytest.approx(
        [o / (1 + o) for o in odds]
    )


def test_horizons_of_a_case_with_states_and_amounts_are_looked_at_for_its_yes_no_events():
    text = """\
case: weather
as_of: 2021-01-01
resolve_by: 2022-01-01
horizons: [2031-01-01]
events:
  sky: {states: [clear, grey], base_rate: {clear: 30%, grey: rest}}
  rain: {quantity: {unit: mm}, base_rate: {low: 1, high: 9}, cuts: {dry: "< 2"}}
  flood: {kind: lasts, base_rate: {best: 20%, within: 12 months}}
"""
    assert [one for one in check(read(text)) if "cannot be" in one.text] == []


def test_the_weight_of_facts_is_counted_in_decibans():
    """A likelihood ratio of 10^0.41 is 4.1 decibans, whatever the base rate."""
    weights = Network(read(heavy(4.1, 5))).weights_alone()
    assert list(weights.values()) == pytest.approx([4.1] * 5, abs=1e-9)
    assert math.isclose(sum(weights.values()), 20.5, abs_tol=1e-8)


def test_a_case_is_looked_at_on_the_dates_asked_for():
    """The report is known from March on; a network of February has less weight to warn of."""
    case = read(heavy(4.1, 5).replace("case: heavy\n", "case: heavy\nas_of: 2021-03-01\n")
                .replace("f0: {", "f0: {date: 2021-02-20, "))  # fmt: skip
    (heavy_one,) = check(case)
    assert "decibans" in heavy_one.text
    (late,) = check(case, Network(case, as_of="2021-02-10"))
    assert (late.place, late.line) == ("evidence.f0 (2021-02-20)", 6)
    assert late.text.startswith("dated after 2021-02-10")


def test_evidence_that_cannot_be_is_refused_also_without_dates():
    text = heavy(3, 1).replace("likelihood_ratio: 1.9952623149688795", "if_yes: 0, if_no: 0")
    with pytest.raises(InputError, match="the evidence is impossible: this is 0% if yes"):
        check(read(text))


# --- base rates from tables -----------------------------------------------------------------------


def warned(base_rate, by="2025-09-15", as_of="2024-09-15"):
    """Give what is said of a base rate."""
    text = (
        f"{{case: a, as_of: {as_of}, resolve_by: {by}, events: {{x: {{base_rate: {base_rate}}}}}}}"
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(fits, "find", lambda *_: fits.Fit("", "", WINDOWS, (), {}))
        return " ".join(one.text for one in check(read(text)))


WINDOWS = (fits.Window(None, 0.3, 0.1),)
BACK = "{{model: reference_class, data: conflict_recurrence, outcome: {}, within: {}}}"


@pytest.mark.parametrize(
    ("within", "says"),
    [
        ("5 years", "counted over 60 months and carried over to 12, 5 times as short"),
        ("4 months", None),  # three times as long
        ("3 months", "counted over 3 months and carried over to 12, 4 times as long"),
    ],
)
def test_a_base_rate_carried_over_to_far_more_or_less_time_is_warned_of(within, says):
    found = warned(f"{{low: 5%, high: 20%, within: {within}}}")
    assert says in found if says else "carried over" not in found


def test_a_period_that_the_table_counts_itself_is_named():
    """Two years are asked: it counts them, so neither five years nor three are carried over."""
    for outcome, within in (("within_five", "5 years"), ("within_three", "3 years")):
        found = warned(BACK.format(outcome, within), by="2026-09-15")
        assert "conflict_recurrence counts that period itself: outcome: within_two" in found
    assert "carried over" not in warned(BACK.format("within_two", "2 years"), by="2026-09-15")
    # Nothing of four years is counted, and they are not far.
    assert "carried over" not in warned(BACK.format("within_five", "5 years"), by="2028-09-15")


def test_a_table_that_ended_long_before_the_forecast_is_warned_of():
    """Disputes end in 2010; the forecast of 2015 still comes soon enough."""
    rate = "{model: reference_class, data: disputes, outcome: war}"
    assert "disputes ends on 2010-12-31, over 5 years before" in warned(rate)
    assert "ends on" not in warned(rate, as_of="2015-12-01", by="2016-12-01")
