"""How a question stands on a day, and which forecasts count."""

from collections import Counter
from datetime import date

import pytest

from forecasting.ledger.entries import Entry, Forecast, Question, Resolution, Withdrawal
from forecasting.ledger.status import rows, standings

DAY = date(2026, 1, 1)  # of most questions
BEFORE, AFTER = date(2025, 7, 1), date(2026, 7, 1)


def noted(*bodies):
    """Entries of one person, one a minute, recorded on 1 March 2025."""
    entries = []
    for seq, body in enumerate(bodies, 1):
        by, body = body if isinstance(body, tuple) else ("Ann", body)
        entries.append(Entry("c", seq, f"2025-03-01T00:{seq:02}:00+00:00", by, body))
    return entries


def asked(name="rain", **more):
    return Question(id=name, **{"resolve_by": DAY} | more)


def said(day, p=0.3, name="rain", **more):
    return Forecast(question=name, version=1, made_at=date.fromisoformat(day), p=p, **more)


def came(outcome, known, name="rain", **more):
    day = date.fromisoformat(known)
    return Resolution(question=name, version=1, outcome=outcome, known_on=day, **more)


@pytest.mark.parametrize(
    ("resolutions", "before", "after"),
    [
        ([], "open", "overdue"),
        ([came("yes", "2025-06-01")], "early", "scored"),
        ([came("no", "2026-01-05")], "open", "scored"),
        ([came("annulled", "2025-06-01")], "early", "annulled"),
        ([came("ambiguous", "2026-02-01")], "open", "ambiguous"),
        ([came("yes", "2026-08-01")], "open", "overdue"),
    ],
)
def test_a_question_is_open_early_or_mature(resolutions, before, after):
    entries = noted(asked(), *resolutions)
    assert standings(entries, BEFORE)["rain", 1].status == before
    assert standings(entries, AFTER)["rain", 1].status == after


def test_a_question_is_mature_on_its_very_day():
    entries = noted(asked(), came("yes", "2025-06-01"))
    assert standings(entries, date(2025, 12, 31))["rain", 1].status == "early"
    assert standings(entries, DAY)["rain", 1].status == "scored"


def test_registered_is_open_and_early_and_mature():
    """Five questions, by hand: two have not had their day, one of which has ended."""
    entries = noted(
        asked("a"), asked("b"), asked("c"),
        asked("d", resolve_by=date(2027, 1, 1)), asked("e", resolve_by=date(2027, 1, 1)),
        came("yes", "2025-06-01", "a"), came("ambiguous", "2026-01-02", "b"),
        came("yes", "2025-06-01", "d"),
    )  # fmt: skip
    told = Counter(one.status for one in standings(entries, AFTER).values())
    assert told == {"scored": 1, "ambiguous": 1, "overdue": 1, "early": 1, "open": 1}


def test_a_later_resolution_stands_and_the_earlier_is_told():
    first, second = came("yes", "2026-01-02"), came("no", "2026-03-01", why="It was dew.")
    entries = noted(asked(), first, second)
    one = standings(entries, date(2026, 2, 1))["rain", 1]
    assert (one.outcome, one.history) == (True, (first,))
    one = standings(entries, AFTER)["rain", 1]
    assert (one.outcome, one.resolution, one.history) == (False, second, (first, second))


def test_without_a_day_of_its_own_a_resolution_is_known_when_it_was_recorded():
    entries = noted(asked(), Resolution(question="rain", version=1, outcome="yes"))
    assert standings(entries, date(2025, 2, 28))["rain", 1].status == "open"
    assert standings(entries, date(2025, 3, 1))["rain", 1].status == "early"


def test_each_version_has_its_own_resolution():
    stricter = asked(version=2, criterion="10 mm")
    entries = noted(asked(), stricter, came("yes", "2025-06-01"))
    found = standings(entries, AFTER)
    assert {key: one.status for key, one in found.items()} == {
        ("rain", 1): "scored", ("rain", 2): "overdue",
    }  # fmt: skip


# --- Conditions -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("above", "expected"),
    [("yes", "scored"), ("no", "annulled"), ("annulled", "annulled"), ("ambiguous", "scored")],
)
def test_a_condition_that_came_out_no_annuls_what_hangs_on_it(above, expected):
    entries = noted(
        asked("war"), asked("siege", given="war"), asked("famine", given="siege"),
        came(above, "2025-06-01", "war"), came("yes", "2025-06-01", "siege"),
        came("yes", "2025-06-01", "famine"),
    )  # fmt: skip
    found = standings(entries, AFTER)
    assert found["siege", 1].status == found["famine", 1].status == expected
    assert (found["siege", 1].outcome is None) == (expected == "annulled")


def test_what_a_condition_annuls_waits_for_its_own_day_as_all_others_do():
    """It is not mature before it, so it stands with those that ended early."""
    late = date(2027, 1, 1)
    entries = noted(
        asked("war"), asked("siege", given="war", resolve_by=late), came("no", "2025-06-01", "war")
    )
    assert standings(entries, AFTER)["siege", 1].status == "early"
    assert standings(entries, late)["siege", 1].status == "annulled"


def test_conditions_in_a_circle_or_of_questions_not_there_annul_nothing():
    entries = noted(
        asked("a", given="b"), asked("b", given="a"), asked("c", given="nowhere"),
        *(came("yes", "2025-06-01", name) for name in "abc"),
    )  # fmt: skip
    assert {one.status for one in standings(entries, AFTER).values()} == {"scored"}


# --- Forecasts ------------------------------------------------------------------------------------


def test_of_each_forecaster_the_first_the_last_or_all_are_taken():
    entries = noted(
        asked(), said("2025-03-01", 0.3), ("Bob", said("2025-04-01", 0.9)),
        said("2025-05-01", 0.4), said("2025-02-01", 0.2),  # noted later, made before
        said("2025-02-01", 0.1, role="prior"), came("yes", "2025-12-01"),
        said("2025-12-05", 1.0),
    )  # fmt: skip

    def taken(take, day=AFTER):
        return sorted((row.by, row.role, row.p) for row in rows(entries, day, take))

    prior, bob = ("Ann", "prior", 0.1), ("Bob", "headline", 0.9)
    assert taken("first") == [("Ann", "headline", 0.2), prior, bob]
    assert taken("last") == [("Ann", "headline", 0.4), prior, bob]
    assert len(taken("all")) == 6
    assert taken("last", date(2025, 3, 15)) == [("Ann", "headline", 0.3), prior]


@pytest.mark.parametrize(
    ("day", "late"),
    [("2025-05-31", False), ("2025-06-01", True), ("2025-06-02", True)],
)
@pytest.mark.parametrize("which", ["happened_on", "known_on"])
def test_a_forecast_on_the_day_of_the_answer_or_later_is_late(day, late, which):
    end = Resolution(question="rain", version=1, outcome="yes", **{which: date(2025, 6, 1)})
    (row,) = rows(noted(asked(), said(day), end), AFTER)
    assert (row.late, row.status, row.p) == (late, "scored", 0.3)


@pytest.mark.parametrize(("day", "late"), [("2026-01-01", False), ("2026-01-02", True)])
def test_a_forecast_after_the_day_it_is_for_is_late_though_nobody_has_settled_it(day, late):
    (row,) = rows(noted(asked(), said(day)), AFTER)
    assert (row.late, row.status) == (late, "overdue")


def test_of_two_as_of_the_same_day_the_first_is_first_and_the_last_is_last():
    """A case keeps its day while its numbers change."""
    entries = noted(asked(), said("2025-02-01", 0.3), said("2025-02-01", 0.9))
    assert [row.p for row in rows(entries, AFTER)] == [0.3]
    assert [row.p for row in rows(entries, AFTER, "last")] == [0.9]


def test_what_is_entered_after_the_answer_displaces_nothing_from_before():
    """The day it says it was made is its author's word; the order of entries is the ledger's."""
    entries = noted(
        asked(), said("2025-03-01", 0.3), came("ambiguous", "2025-12-01"),
        said("2025-04-01", 0.4), came("yes", "2025-12-01"),
        said("2025-02-01", 0.9), said("2025-05-01", 1.0), ("Bob", said("2025-05-01", 0.8)),
    )  # fmt: skip

    def taken(take):
        return [(row.by, row.p, row.entered_late, row.late) for row in rows(entries, AFTER, take)]

    bob = ("Bob", 0.8, True, False)
    assert taken("first") == [("Ann", 0.3, False, False), bob]
    assert taken("last") == [("Ann", 0.4, False, False), bob]
    late = [("Ann", 0.9, True, True), ("Ann", 1.0, True, True)]
    assert taken("all") == [("Ann", 0.3, False, False), ("Ann", 0.4, False, False), *late, bob]


def test_who_withdrew_is_not_held_to_the_last_and_is_to_the_first():
    gone = Withdrawal(question="rain", made_at=date(2025, 4, 1))
    entries = noted(asked(), said("2025-03-01"), gone, came("yes", "2025-12-01"))
    assert [row.p for row in rows(entries, AFTER, "first")] == [0.3]
    assert rows(entries, AFTER, "last") == []
    assert len(rows(entries, date(2025, 3, 15), "last")) == 1
    *before, end = (e.body for e in entries)
    again = noted(*before, said("2025-05-01", 0.6), end)
    assert [row.p for row in rows(again, AFTER, "last")] == [0.6]


def test_a_row_holds_its_question_and_what_came_of_it():
    question = Question(
        id="sky", version=1, title="Sky", type="states", states=("grey", "blue"), ordered=True,
        resolve_by=DAY, cluster="Weather", tags=("air",),
    )  # fmt: skip
    forecast = Forecast(question="sky", version=1, made_at=date(2025, 1, 1),
                        probs={"blue": 0.7, "grey": 0.3})  # fmt: skip
    end = came("blue", "2026-01-02", "sky", proxy="a photograph", confidence="medium")
    (row,) = rows(noted(question, forecast, end), AFTER)
    assert [*row.probs.items()] == [("grey", 0.3), ("blue", 0.7)]  # in the order of the states
    assert row.lead_months == pytest.approx(12, abs=0.01)
    assert (row.outcome, row.status, row.ordered, row.p) == ("blue", "scored", True, None)
    assert (row.cluster, row.tags, row.proxy, row.confidence) == (
        "Weather", ("air",), "a photograph", "medium",
    )  # fmt: skip


def test_quantiles_come_by_their_levels_and_a_question_is_its_own_cluster():
    question = Question(id="deaths", type="quantity", resolve_by=DAY)
    forecast = Forecast(question="deaths", version=1, made_at=date(2025, 1, 1),
                        quantiles={"0.5": 20.0, "0.05": 1.0})  # fmt: skip
    (row,) = rows(noted(question, forecast, came("30", "2026-01-02", "deaths")), AFTER)
    assert [*row.quantiles.items()] == [(0.05, 1.0), (0.5, 20.0)]
    assert (row.outcome, row.cluster) == (30.0, "deaths")
