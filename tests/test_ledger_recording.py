"""What a case says of each outcome, on each of its days, is noted as questions and forecasts."""

from collections import Counter
from datetime import date

import pytest

import forecasting
from forecasting.errors import InputError
from forecasting.file.case import read
from forecasting.ledger.entries import Forecast, Question, kind_of
from forecasting.ledger.recording import horizons, read_resolutions, record, settled

HARBOUR = """
case: harbour
as_of: 2025-01-01
resolve_by: 2026-01-01
horizons: [2025-07-01, 2026-01-01]
events:
  calm: {role: driver, base_rate: 50%}
  strike:
    title: A strike
    question: Will there be a strike?
    resolution: {criterion: One day., source: The union}
    base_rate: {low: 10%, high: 30%, within: 12 months}
    cluster: Labour
    tags: [work, pay]
  closure: {states: {open: Open, part: Part, shut: Shut}, ordered: yes,
            base_rate: {open: 60%, part: 30%, shut: rest}, cuts: {hit: ">= part"}}
  ships: {quantity: {unit: ships}, base_rate: {quantiles: {5%: 100, 50%: 200, 95%: 300}},
          cuts: {many: ">= 250"}}
  fine: {given: strike, base_rate: 40%}
links:
  - {from: calm, to: strike, lowers: 3}
views:
  bob: {strike: 60%, closure.shut: 20%}
evidence:
  talks: {claim: Talks ended., status: confirmed, bears_on: strike, likelihood_ratio: 3}
"""
HALF, YEAR = date(2025, 7, 1), date(2026, 1, 1)


@pytest.fixture(scope="module")
def harbour():
    return read(HARBOUR)


@pytest.fixture(scope="module")
def noted(harbour):
    return record(harbour, "Ann", note="by hand")[0]


def bodies(noted, kind):
    return [body for _, body in noted if isinstance(body, kind)]


def test_each_outcome_is_a_question_on_each_day(noted):
    """An amount speaks of its own period only; a state that somebody has a view of is asked too."""
    names = [one.id.removeprefix("harbour/") for one in bodies(noted, Question)]
    several = ["strike", "closure", "closure.shut", "closure.hit", "fine"]
    assert sorted(names) == sorted(
        [f"{name}@2025-07-01" for name in several]
        + [f"{name}@2026-01-01" for name in (*several, "ships", "ships.many")]
    )


def test_an_amount_without_cuts_is_asked_on_its_own_day_alone():
    amount = "{quantity: {unit: t}, base_rate: {low: 1, high: 10}}"
    days = "as_of: 2026-01-10, resolve_by: 2027-01-10, horizons: [2026-06-01]"
    noted = record(read(f"{{case: x, {days}, events: {{a: {amount}}}}}"), "Ann")[0]
    assert [one.id for one in bodies(noted, Question)] == ["x/a@2027-01-10"]


def test_a_question_says_how_it_will_be_settled(noted):
    one = next(one for one in bodies(noted, Question) if one.id == "harbour/strike@2025-07-01")
    assert one == Question(
        id="harbour/strike@2025-07-01", title="A strike", question="Will there be a strike?",
        criterion="One day.", source="The union", type="yes_no", kind="occurs",
        opens=date(2025, 1, 1), resolve_by=HALF, cluster="Labour", tags=("work", "pay"),
    )  # fmt: skip
    kinds = {one.id.partition("@")[0].removeprefix("harbour/"): one
             for one in bodies(noted, Question)}  # fmt: skip
    assert (kinds["closure"].type, kinds["closure"].states) == ("states", ("open", "part", "shut"))
    assert kinds["closure"].ordered
    assert (kinds["ships"].type, kinds["ships"].unit) == ("quantity", "ships")
    assert kinds["closure.hit"].type == kinds["ships.many"].type == "yes_no"
    # Linked to the strike by its condition.
    assert kinds["fine"].cluster == "Labour"


def test_what_hangs_on_a_condition_is_recorded_as_coming_about_at_all(noted):
    """So it is settled whatever became of the condition, and nothing is annulled by it."""
    said = {(f.question, f.role): f.p for f in bodies(noted, Forecast)}
    assert not any(one.given for one in bodies(noted, Question))
    for role in ("headline", "prior"):
        fine, strike = (said[f"harbour/{n}@2026-01-01", role] for n in ("fine", "strike"))
        assert fine == pytest.approx(0.4 * strike)


def test_posterior_prior_and_views_are_those_of_the_forecast(harbour, noted):
    said = {(by, f.question, f.role): f for by, f in noted if isinstance(f, Forecast)}
    for day in (HALF, YEAR):
        found = forecasting.run(harbour, by=day)
        rows = {row.event: row for row in found.event_rows}
        for name in ("strike", "fine", "closure.hit"):
            key, row = f"harbour/{name}@{day}", rows[name]
            after, before = said["Ann", key, "headline"], said["Ann", key, "prior"]
            assert (after.p, after.low, after.high) == (row.posterior, row.low, row.high)
            assert before.p == row.prior
        states = said["Ann", f"harbour/closure@{day}", "headline"].probs
        assert states == {s: rows[f"closure.{s}"].posterior for s in ("open", "part", "shut")}
        assert said["bob", f"harbour/closure.shut@{day}", "view"].p == pytest.approx(0.2)
    ships = said["Ann", "harbour/ships@2026-01-01", "prior"].quantiles
    assert ships["0.05"] == pytest.approx(100)
    assert ships["0.5"] == pytest.approx(200)
    assert Counter(f.role for f in bodies(noted, Forecast)) == {
        "headline": 12, "prior": 12, "view": 4,
    }  # fmt: skip


def test_every_number_can_be_made_again_from_what_is_kept_beside_it(harbour):
    changed = forecasting.override(harbour, {"events.fine.base_rate": "55%"})
    noted, sources = record(changed, "Ann", until=[YEAR], note="moved")
    ((digest, text),) = sources.items()
    forecasts = bodies(noted, Forecast)
    assert {f.case_digest for f in forecasts} == {digest}
    assert {f.note for f in forecasts} == {"moved"}
    assert {f.method for f in forecasts} == {"case"}
    assert all(f.versions["forecasting"] == forecasting.__version__ for f in forecasts)
    again, _ = record(read(text), "Ann", until=[YEAR], note="moved")
    assert again == noted


def test_days_are_those_asked_for_or_those_of_the_case(harbour):
    assert horizons(harbour) == (HALF, YEAR)
    assert horizons(harbour, [YEAR]) == (YEAR,)
    own = read(HARBOUR.replace("fine: {", "fine: {resolve_by: 2025-03-01, "))
    found = {q.id for q in bodies(record(own, "Ann")[0], Question)}
    assert "harbour/fine@2025-03-01" in found
    assert not {"harbour/fine@2025-07-01", "harbour/fine@2026-01-01"} & found
    # Its day is no day of the others.
    assert "harbour/strike@2025-03-01" not in found


@pytest.mark.parametrize(
    ("line", "problem"),
    [("as_of: 2025-01-01", "no day of the forecast"), ("resolve_by: 2026-01-01", "has no day by")],
)
def test_a_case_without_a_day_cannot_be_recorded(line, problem):
    text = "case: sky\nas_of: 2025-01-01\nresolve_by: 2026-01-01\nevents: {rain: {base_rate: 20%}}"
    with pytest.raises(InputError, match=problem):
        record(read(text.replace(line, "")), "Ann")


def test_private_and_other_days_of_forecast_are_noted(harbour):
    noted, _ = record(harbour, "Ann", as_of=date(2025, 2, 1), until=[YEAR], private=True)
    assert all(q.private and q.opens == date(2025, 2, 1) for q in bodies(noted, Question))
    assert {f.made_at for f in bodies(noted, Forecast)} == {date(2025, 2, 1)}


# --- Resolutions ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("known", "expected"),
    [
        ("happened: 2025-09-01", {"strike@2025-07-01": "no", "strike@2026-01-01": "yes"}),
        ("happened: 2025-03-01", {"strike@2025-07-01": "yes", "strike@2026-01-01": "yes"}),
        ("ruled_out: 2025-03-01", {"strike@2025-07-01": "no", "strike@2026-01-01": "no"}),
    ],
)
def test_a_case_that_came_true_settles_its_questions(noted, known, expected):
    """What came about in September had not by July."""
    case = read(HARBOUR.replace("    title: A strike", f"    title: A strike\n    {known}"))
    found = settled(case, bodies(noted, Question))
    told = {one.question.removeprefix("harbour/"): one.outcome for one in found}
    assert told == expected


@pytest.mark.parametrize(
    ("kind", "known", "expected"),
    [
        ("lasts", "ruled_out", "yes"),  # it lasted beyond July
        ("lasts", "happened", "yes"),
        ("occurs", "ruled_out", "no"),
        ("state", "ruled_out", None),
        ("state", "happened", None),
    ],
)
def test_of_an_earlier_day_is_told_only_what_follows(kind, known, expected):
    rate = "{best: 50%, within: 12 months}" if kind != "state" else "50%"
    text = (
        "{case: a, as_of: 2024-01-01, resolve_by: 2026-01-01, horizons: [2024-07-01], "
        f"events: {{truce: {{kind: {kind}, base_rate: {rate}SETTLED}}}}}}"
    )
    noted, _ = record(read(text.replace("SETTLED", "")), "Ann")
    case = read(text.replace("SETTLED", f", {known}: 2025-09-01"))
    told = {one.question: one.outcome for one in settled(case, bodies(noted, Question))}
    assert told.get("a/truce@2024-07-01") == expected
    assert told["a/truce@2026-01-01"] == ("yes" if known == "happened" else "no")


def test_states_and_amounts_settle_their_cuts_too(noted):
    text = HARBOUR.replace("closure: {", "closure: {settled: {state: part, date: 2025-08-01}, ")
    text = text.replace("ships: {", "ships: {settled: {value: 260, date: 2025-12-31}, ")
    found = settled(read(text), bodies(noted, Question))
    told = {one.question.removeprefix("harbour/"): one.outcome for one in found}
    assert told["closure@2026-01-01"] == "part"
    assert told["closure.hit@2026-01-01"] == "yes"
    assert told["closure.shut@2026-01-01"] == "no"
    assert told["ships@2026-01-01"] == "260"
    assert told["ships.many@2026-01-01"] == "yes"
    assert "closure@2025-07-01" not in told  # how it stood in July is not said


def test_questions_of_another_case_are_left_alone(noted):
    case = read("{case: other, as_of: 2025-01-01, resolve_by: 2026-01-01, "
                "events: {strike: {base_rate: 20%, happened: 2024-01-01}}}")  # fmt: skip
    assert settled(case, bodies(noted, Question)) == []


def test_a_table_of_resolutions_is_read_row_by_row():
    text = (
        "\ufeffquestion,outcome,known_on,version,proxy,remark\r\n"
        'a/b@2026-01-01,yes,2026-01-02,2,"hail, not\nrain",kept out\r\n'
        "c,no,,,,\r\n"
    )
    first, second = read_resolutions(text, "came.csv")
    assert (first.question, first.version, first.outcome) == ("a/b@2026-01-01", 2, "yes")
    assert (first.known_on, first.proxy) == (date(2026, 1, 2), "hail, not\nrain")
    assert (second.outcome, second.known_on, second.version) == ("no", None, 0)
    assert kind_of(first) == "resolution"


def test_each_row_that_cannot_be_read_is_named():
    text = "question,outcome,known_on\na,yes,soon\nb,no,2026-01-01\nc,,\n"
    with pytest.raises(InputError) as told:
        read_resolutions(text, "came.csv")
    assert [(one.file, one.line, one.problem) for one in told.value.problems] == [
        ("came.csv", 2, "known_on is wrong"), ("came.csv", 4, "outcome is missing"),
    ]  # fmt: skip
    with pytest.raises(InputError, match=r"came\.csv:1: lacks the column outcome"):
        read_resolutions("question\na\n", "came.csv")
    with pytest.raises(InputError, match=r"came\.csv"):
        read_resolutions("question,outcome\na," + "x" * 200_000 + "\n", "came.csv")
