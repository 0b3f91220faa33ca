"""The page of a ledger says first what is counted, then how it came out; text stays text."""

import html
import re
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from datetime import UTC, date, datetime

import pytest

from forecasting.cli import main
from forecasting.file.case import read
from forecasting.ledger.entries import Forecast, Question, Resolution, Seal, Withdrawal
from forecasting.ledger.ledger import Ledger
from forecasting.ledger.tables import HINDSIGHT
from forecasting.report import exporter, publish, track_record
from tests import browser

DUE = date(2026, 1, 1)
HOSTILE = "</script><img src=x onerror=alert(1)>\"'</style> *b* [a](javascript:alert(1)) \u202e=1+1"

# Rain 10%, mud three times of ten of it: together 3 in 100.
WEATHER = """
case: weather
as_of: 2025-01-01
resolve_by: 2026-01-01
events: {rain: {base_rate: 10%}, mud: {given: rain, base_rate: 30%}}
"""


@pytest.fixture
def ledger(tmp_path):
    return Ledger(tmp_path / "ledger.db")


def asked(name, *said, came="", by="Ann", made=date(2025, 1, 1), due=DUE, cluster="", **about):
    """Give a question, forecasts of (role, probability), and what came."""
    about, given = {"title": name.title(), "resolve_by": due, "cluster": cluster} | about, came
    result = about.pop("resolution", {})
    yield by, Question(id=name, **about)
    for role, p in said:
        yield by, Forecast(question=name, made_at=made, p=p, role=role)
    if given:
        held = {"known_on": due} | result
        yield "Judge", Resolution(question=name, outcome=given, **held)


def told(ledger, day=DUE):
    """Give the page as text."""
    return html.unescape(exporter.markdown(track_record.notebook(ledger, day)))


def page(ledger, day=DUE):
    return publish.page(track_record.notebook(ledger, day))


def part(text, title):
    """Give what stands under a title."""
    found = re.search(rf"^## {title}\n(.*?)(?=^## |\Z)", text, re.S | re.M)
    return found[1] if found else ""


def rows(text, caption):
    """Give the cells of a table, by row."""
    (found,) = re.findall(rf"^\*\*{re.escape(caption)}\*\*\n\n((?:\|.*\n?)+)", text, re.M)
    lines = [line.strip("| \n").split(" | ") for line in found.splitlines()]
    return [[cell.strip() for cell in line] for line in lines[2:]]


def test_the_denominators_come_first_and_every_page_warns_of_hindsight(ledger):
    ledger.append(asked("won", ("headline", 0.8), came="yes"))
    ledger.append(asked("void", ("headline", 0.8), came="annulled"))
    ledger.append(asked("dark", ("headline", 0.8), came="ambiguous"))
    ledger.append(asked("late", ("headline", 0.8)))
    ledger.append(asked("next", ("headline", 0.8), due=date(2027, 1, 1)))
    ledger.append(
        asked("soon", ("headline", 0.8), came="yes", due=date(2027, 1, 1),
              resolution={"known_on": date(2025, 6, 1)})
    )  # fmt: skip
    lines = [line for line in told(ledger).splitlines() if line]
    assert lines[:4] == [
        "# Track record",
        "As of 1 January 2026",
        "**6 registered, 4 mature, 1 scored, 1 annulled, 1 ambiguous, 1 overdue; "
        "1 early, not counted yet.**",
        HINDSIGHT,
    ]


def test_a_page_on_which_nothing_is_scored_says_so_and_warns_too(ledger):
    ledger.append([("Ann", Seal(digest="0" * 64))])
    text = told(ledger)
    assert "No forecast is scored." in text and HINDSIGHT in text
    assert "## Scores" not in text and "## Overdue" not in text


def test_amounts_alone_are_not_called_unscored(ledger):
    asked_of = Question(id="deaths", type="quantity", unit="people", resolve_by=DUE)
    about = {"question": "deaths", "made_at": date(2025, 1, 1)}
    noted = [asked_of, Forecast(quantiles={"0.25": 10, "0.5": 20, "0.75": 40}, **about)]
    noted += [Resolution(question="deaths", outcome="30", known_on=DUE)]
    ledger.append(("Ann", body) for body in noted)
    text = told(ledger)
    assert "No forecast is scored" not in text and "what is scored stands below" in text
    assert "CRPS" in text and "from five quantiles" in text


def test_equal_chances_of_three_states_are_not_called_one_half(ledger):
    """Of three, a third each earns half of 4/9 + 1/9 + 1/9."""
    states = {"type": "states", "states": ("low", "mid", "high")}
    asked_of = Question(id="size", resolve_by=DUE, **states)
    shares = {"low": 0.5, "mid": 0.25, "high": 0.25}
    noted = [asked_of, Forecast(question="size", made_at=date(2025, 1, 1), probs=shares)]
    noted += [Resolution(question="size", outcome="low", known_on=DUE)]
    ledger.append(("Ann", body) for body in noted)
    text = told(ledger)
    assert "Equal chances earn 0.333." in text and "One half earns" not in text


def test_those_who_share_no_question_are_not_evened(ledger):
    ledger.append(asked("rain", ("headline", 0.3), came="yes"))
    ledger.append(asked("snow", ("headline", 0.3), came="no", by="Bo"))
    assert "As if everybody" not in told(ledger)


def test_scores_stand_against_prior_half_and_the_rate_of_the_others(ledger):
    ledger.append(asked("a", ("headline", 0.8), ("prior", 0.6), came="yes"))
    ledger.append(asked("b", ("headline", 0.1), ("prior", 0.3), came="no"))
    ann, _ = rows(told(ledger), "Mean scores by forecaster")
    # Brier (0.04 + 0.01) / 2; before (0.16 + 0.09) / 2; each rate is the wrong answer's.
    assert ann == ["Ann", "2", "2", "0.025", "-0.164", "0.800", "0.900", "0.975"]


def test_a_story_is_one_line_and_few_stories_tell_nothing(ledger):
    for i in range(12):
        said = (("headline", 0.9), ("prior", 0.5))
        ledger.append(asked(f"q{i}", *said, came="yes", cluster=f"story {i % 3}"))
    text = told(ledger)
    assert rows(text, "Mean scores by story")[0] == ["story 0", "4", "0.010", "0.250", "-0.240"]
    assert "too few separate stories to tell" in part(text, "Story by story")
    for i in range(12, 24):
        said = (("headline", 0.9), ("prior", 0.5))
        ledger.append(asked(f"q{i}", *said, came="yes", cluster=f"story {i}"))
    assert "too few separate stories to tell" not in told(ledger)


def test_a_case_earns_one_number_and_is_held_against_its_own_expectation(ledger):
    ledger.record(read(WEATHER), by="Ann")
    for name in ("rain", "mud"):
        ledger.resolve(f"weather/{name}@2026-01-01", "yes", known_on=DUE, by="Judge")
    text = told(ledger)
    (line,) = rows(text, "All that came about, as one forecast")
    assert line[0] == "weather, 1 January 2025 to 1 January 2026"
    # ln 0.03 together; ln 0.1 + ln 0.03 one by one.
    assert line[1:] == ["Ann", "2", "-3.507", "-3.507", "-5.809"]
    (case, *_), brier, log, yes = rows(text, "What a case expected of itself")
    assert case == line[0]
    # Brier (0.1 x 0.9 + 0.03 x 0.97) / 2; it came (0.81 + 0.9409) / 2. Of 0.13 yes two came.
    assert brier[:2] + brier[3:] == [
        "Brier score", "0.060", "0.875", "100%", "worse than it expected",
    ]  # fmt: skip
    assert (log[0], log[3], log[5]) == ("log score", "-2.905", "worse than it expected")
    assert yes == ["answers yes", "0.1", "0 to 1", "2", "100%", "more than it expected"]


UNFITTED = """
case: dam
as_of: 2025-01-01
resolve_by: 2026-01-01
events:
  breaks: {base_rate: {model: reference_class, data: ttp_deals, outcome: twelve_months}}
"""


@pytest.mark.parametrize(
    "text, why",
    [
        (UNFITTED, "this base rate has not been fitted yet (events.breaks.base_rate)"),
        (UNFITTED.replace("ttp_deals", "nowhere"), "there is no table of this name"),
        (WEATHER, "there is no event of this name"),
        ("{case: dam", "not valid YAML"),
        ("", "the ledger does not keep its text"),
    ],
)
def test_a_case_that_cannot_be_rebuilt_is_told_in_one_sentence(ledger, text, why):
    digest = "ab" * 32
    said = Forecast(question="dam/breaks@x", made_at=date(2025, 1, 1), p=0.3, case_digest=digest)
    noted = [*asked("dam/breaks@x", came="yes"), ("Ann", said)]
    ledger.append([noted[0], noted[2], noted[1]], {digest: text} if text else {})
    (sentence,) = part(told(ledger), "Each case as one forecast").split("\n- ")[1:]
    start = "The case dam cannot be computed again here, so it has no joint score: "
    assert sentence.startswith(f"{start}{why}") and len(sentence.strip().splitlines()) == 1


def noted_answers(many, stories):
    """Give answers whose probability is 0.2 or 0.8, and of each four fifths as was likelier."""
    for i in range(many):
        p, right = (0.2, 0.8)[i % 2], i // 2 % 5 > 0
        came = "yes" if (p > 0.5) == right else "no"
        yield from asked(f"q{i}", ("headline", p), came=came, cluster=f"s{i % stories}")


@pytest.mark.parametrize("many, stories", [(49, 20), (60, 9)])
def test_few_answers_or_stories_have_no_calibration_picture(ledger, many, stories):
    ledger.append(noted_answers(many, stories))
    text = part(told(ledger), "Calibration")
    assert f"here: {many} answers in {stories}" in text and "data:image" not in text
    assert "<figure>" not in page(ledger)


def test_fifty_answers_in_ten_stories_have_a_picture_in_words_too(ledger):
    ledger.append(noted_answers(50, 10))
    text = part(told(ledger), "Calibration")
    assert rows(text, "What was said, and how often it came") == [
        ["unlikely", "25", "20%", "20%"],
        ["likely", "25", "80%", "80%"],
    ]
    assert "Calibration of 50 answers. 20% said, 20% came; 80% said, 80% came." in text
    # 0.000 miscalibration; 0.25 less the 0.16 that is left is what was told apart.
    assert "0.000 is miscalibration" in text and "gained 0.090 of the 0.250" in text
    assert page(ledger).count("<svg role") == 2  # for a window and for a phone


def test_what_cost_most_is_split_into_base_rate_and_evidence(ledger):
    for i, p in enumerate((0.02, 0.9, 0.8, 0.7, 0.6, 0.5, 0.4)):
        ledger.append(asked(f"q{i}", ("headline", p), ("prior", 0.5), came="yes"))
    found = rows(told(ledger), "The 5 that cost most")
    # ln 0.5 by the base rate, the rest of ln 0.02 by the evidence.
    assert found[0] == [
        "Q0", "2026-01-01", "yes", "50%", "2.0%", "3.912", "0.693", "+3.219", "evidence"
    ]  # fmt: skip
    assert [row[0] for row in found] == ["Q0", "Q6", "Q5", "Q4", "Q3"]
    assert found[2][-2:] == ["+0.000", "base rate"]


def test_overdue_early_and_open_questions_are_listed_apart_and_early_ones_not_scored(ledger):
    far = date(2027, 1, 1)
    ledger.append(asked("due", ("headline", 0.3)))
    ledger.append(asked("far", ("headline", 0.4), due=far))
    known = {"known_on": date(2025, 6, 1)}
    ledger.append(asked("soon", ("headline", 0.9), came="yes", due=far, resolution=known))
    text = told(ledger)
    overdue, early = part(text, "Overdue"), part(text, "Settled before their day")
    assert rows(overdue, "Asked, due, and not settled") == [["Due", "2026-01-01", "30%", "due"]]
    (row,) = rows(early, "Settled, and not due yet")
    assert row == ["Soon", "2027-01-01", "90%", "yes", "2025-06-01", "soon"]
    assert rows(text, "Asked, and not due yet") == [["Far", "2027-01-01", "40%", "far"]]
    assert "No forecast is scored." in text and "Soon" not in part(text, "What came of it")


def test_proxies_doubts_and_what_was_settled_before_are_told(ledger):
    doubt = {"proxy": "press, not ministry", "confidence": "low", "source": "https://a.example/x"}
    ledger.append(asked("a", ("headline", 0.3), came="yes", resolution=doubt))
    ledger.append(asked("b", ("headline", 0.3), came="yes"))
    ledger.resolve("b", "no", by="Judge", known_on=DUE, why="a slip", source="javascript:alert(1)")
    text = part(told(ledger), "What came of it")
    (first,) = rows(text, "By proxy, or less than sure")
    assert first == [
        "A", "2026-01-01", "yes", "2026-01-01", "low", "press, not ministry", "https://a.example/x",
    ]  # fmt: skip
    (second,) = rows(text, "All others")
    assert second == [
        "B", "2026-01-01", "no", "2026-01-01", "high", "a slip", "javascript:alert(1)", "yes",
    ]  # fmt: skip
    assert re.findall(r'href="(?!#)([^"]*)"', page(ledger)) == ["https://a.example/x"]


def test_forecasts_made_in_hindsight_are_counted_and_not_scored(ledger):
    known = {"happened_on": date(2025, 3, 1), "known_on": date(2025, 3, 1)}
    after = date(2025, 4, 1)
    ledger.append(asked("a", ("headline", 1.0), came="yes", made=after, resolution=known))
    assert "1 forecast made when the answer was there, or could be, counts in no score." in (
        told(ledger)
    )
    assert "No forecast is scored." in told(ledger)


def test_forecasts_of_an_earlier_day_entered_when_the_answer_was_there_are_counted(ledger):
    """Their day is what their author says; that of the entry is the clock's."""
    noted = list(asked("rain", ("headline", 0.3), came="yes"))
    ledger.append(noted, now=lambda: datetime(2025, 1, 2, tzinfo=UTC))
    assert "entered when the answer was there" not in told(ledger)
    noted = list(asked("snow", ("headline", 0.9), came="yes"))
    ledger.append(noted, now=lambda: datetime(2026, 1, 2, tzinfo=UTC))
    text = told(ledger)
    assert "1 forecast of an earlier day was entered when the answer was there" in text


def test_forecasts_entered_after_the_answer_are_named(ledger):
    ledger.append(asked("rain", ("headline", 0.3), came="yes"))
    assert "entered after the answer" not in told(ledger)
    ledger.append([("Bob", Forecast(question="rain", made_at=date(2024, 1, 1), p=0.9))])
    text = told(ledger)
    assert "entered after the answer, and counted for want of an earlier one: Bob on rain." in text


def test_private_questions_are_left_out(ledger):
    ledger.append(asked("shown", ("headline", 0.8), came="yes"))
    ledger.append(asked("secret", ("headline", 0.8), came="no", private=True, by="Spy"))
    ledger.append([("Spy", Withdrawal(question="secret", made_at=date(2025, 5, 1)))])
    text = told(ledger)
    assert "**1 registered, 1 mature, 1 scored" in text
    assert "secret" not in text.lower() and "Spy" not in text
    assert "secret" not in page(ledger).lower()


def test_what_was_forecast_or_known_later_does_not_count(ledger):
    ledger.append(asked("a", ("headline", 0.8), came="yes", resolution={"known_on": DUE}))
    assert "1 registered, 0 mature, 0 scored" in told(ledger, date(2025, 12, 31))


def test_faults_of_the_ledger_stand_at_the_top_and_its_head_at_the_end(ledger):
    ledger.append(asked("a", ("headline", 0.8), came="yes"))
    (head,) = ledger.verify().heads
    assert str(head) in part(told(ledger), "The ledger itself")
    with closing(sqlite3.connect(ledger.path, isolation_level=None)) as db:
        db.execute("DROP TRIGGER no_update")
        db.execute("UPDATE entry SET body = replace(body, '0.8', '0.9') WHERE kind = 'forecast'")
    text = told(ledger)
    fault = f"entry 2 of chain {head.chain} was changed after it was written"
    assert text.index(fault) < text.index("1 registered")
    assert "not every one follows" in part(text, "The ledger itself")


def test_those_who_answered_other_questions_are_evened_with_a_caveat(ledger):
    ledger.append(asked("a", ("headline", 0.8), came="yes"))
    ledger.append(asked("a", ("headline", 0.6), by="Bo"))
    assert "As if everybody had answered everything" not in told(ledger)
    ledger.append(asked("b", ("headline", 0.8), came="yes", by="Bo"))
    text = told(ledger)
    assert len(rows(text, "As if everybody had answered everything")) == 2
    assert "as if nobody had chosen the questions that he knew more about" in text


def test_amounts_have_a_score_in_their_own_unit(ledger):
    said = Forecast(question="a", made_at=date(2025, 1, 1), quantiles={"0.5": 10.0})
    asks = Question(id="a", title="A", type="quantity", unit=HOSTILE, resolve_by=DUE)
    came = Resolution(question="a", outcome="14", known_on=DUE)
    ledger.append([("Ann", asks), ("Ann", said), ("Judge", came)])
    (row,) = rows(told(ledger), "Amounts")
    # Twice the pinball loss at the median is how far off it was.
    assert row[:4] == ["A", "Ann", "14", "4"]


def test_the_same_ledger_and_day_give_the_same_bytes(ledger, tmp_path):
    ledger.append(noted_answers(60, 12))
    ledger.record(read(WEATHER), by="Ann")
    ledger.resolve("weather/rain@2026-01-01", "yes", known_on=DUE, by="Judge")
    where = tmp_path / "elsewhere"
    where.mkdir()
    made = [page(ledger).encode()]
    command = [sys.executable, "-m", "forecasting.cli", "report", "--ledger", str(ledger.path)]
    command += ["--as-of", "2026-01-01", "-o", str(where / "track.html")]
    subprocess.run(command, check=True, capture_output=True)
    made.append((where / "track.html").read_bytes())
    assert made[0] == made[1]


def test_the_page_of_the_case_of_2021_tells_what_its_own_page_does(ledger):
    folder = browser.ROOT / "priors" / "ledger"
    ledger.absorb((folder / "pakistan_taliban_2021.jsonl").read_text("utf-8").splitlines())
    beside = (folder / "README.md").read_text("utf-8")
    day = date(2026, 12, 1)
    text, shown_page = told(ledger, day), page(ledger, day)  # with the fits of its day
    wholes = rows(text, "All that came about, as one forecast")
    joint = "; ".join(f"{float(row[3]):.1f}; {float(row[4]):.1f}" for row in wholes)
    (shown,) = re.findall(r"all outcomes together, nats; before the evidence \| (.*) \|", beside)
    assert joint == shown.replace(" | ", "; ")
    assert HINDSIGHT in text and "too few separate stories to tell" in text
    assert "<figure>" not in shown_page and "so it has no joint score" not in text


def test_a_case_whose_models_have_changed_has_no_joint_score_without_the_fits_of_its_day(
    ledger, monkeypatch
):
    folder = browser.ROOT / "priors" / "ledger"
    ledger.absorb((folder / "pakistan_taliban_2021.jsonl").read_text("utf-8").splitlines())
    monkeypatch.setattr(track_record, "shipped", lambda name: ledger.path.parent)
    day = date(2026, 12, 1)
    why = "so it has no joint score: it gives other numbers now than were recorded"
    assert why in told(ledger, day)
    shutil.copytree(folder / "fits", ledger.path.parent / "fits")
    assert why not in told(ledger, day)


def hostile(ledger):
    """Put text that would like to be more than text into every field there is."""
    about = dict.fromkeys(("title", "question", "criterion", "source", "cluster"), HOSTILE)
    about |= {"tags": (HOSTILE,), "by": HOSTILE}
    doubt = dict.fromkeys(("source", "proxy", "why"), HOSTILE) | {"known_on": DUE}
    ends = {"came": "yes", "resolution": doubt}
    ledger.append(asked(f"{HOSTILE}1", ("headline", 0.3), ("prior", 0.4), **ends, **about))
    ledger.append(asked(f"{HOSTILE}2", ("view", 0.3), **about))
    ledger.append(asked(f"{HOSTILE}3", ("headline", 0.3), **about | {"due": date(2027, 1, 1)}))
    ask = Question(id=f"{HOSTILE}/4@x", type="states", states=(HOSTILE, "b"), resolve_by=DUE)
    said = {"made_at": date(2025, 1, 1), "note": HOSTILE, "case_digest": HOSTILE}
    said |= {"probs": {HOSTILE: 0.4, "b": 0.6}, "versions": {HOSTILE: HOSTILE}}
    came = Resolution(question=ask.id, outcome=HOSTILE, confidence="low", known_on=DUE)
    noted = [(HOSTILE, ask), (HOSTILE, Forecast(question=ask.id, **said)), (HOSTILE, came)]
    noted.append((HOSTILE, Seal(digest="0" * 64, note=HOSTILE)))
    ledger.append(noted, {HOSTILE: HOSTILE})


def test_hostile_text_in_every_field_is_shown_as_text(ledger, offline_page, tmp_path):
    hostile(ledger)
    file = tmp_path / "track.html"
    file.write_text(page(ledger), encoding="utf-8")
    shown = offline_page(file)
    assert shown.locator("main :is(script, img, style, iframe)").count() == 0
    assert shown.locator("a:not([href^='#'])").count() == 0
    text = shown.locator("body").text_content()
    seen = HOSTILE.replace("\u202e", "")  # it would turn the text around it
    assert text.count("<img src=x onerror=alert(1)>") > 20 and "\u202e" not in text
    assert seen[:30] in text
    assert browser.accessibility(shown) == []


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_the_page_fits_every_window_and_is_accessible(
    ledger, offline_page, tmp_path, screenshot, dark
):
    ledger.append(noted_answers(60, 12))
    ledger.record(read(WEATHER), by="a forecaster with a name that is quite as long as a line is")
    ledger.resolve("weather/rain@2026-01-01", "yes", known_on=DUE, by="Judge", proxy="x" * 90)
    file = tmp_path / "track.html"
    file.write_text(page(ledger), encoding="utf-8")
    for width in (360, 1440):
        shown = offline_page(file, width=width, dark=dark)
        shown.evaluate("document.querySelectorAll('details').forEach((one) => (one.open = true))")
        assert shown.evaluate("document.documentElement.scrollWidth <= innerWidth")
        screenshot(shown, f"track-record-{width}-{'dark' if dark else 'light'}", full_page=True)
        assert browser.accessibility(shown) == []


def test_the_page_loads_nothing_and_runs_nothing(ledger):
    ledger.append(noted_answers(60, 12))
    made = page(ledger)
    assert "script-src &#39;none&#39;" in made and "<script" not in made
    assert not re.findall(r'(?:src|href)="(?!#)', made)


class TestCommand:
    def test_it_writes_the_page_of_a_day(self, ledger, tmp_path, capsys):
        ledger.append(asked("a", ("headline", 0.8), came="yes"))
        for name in ("track.html", "track.md"):
            command = ["report", "--ledger", str(ledger.path), "--as-of", "2026-01-01"]
            assert main([*command, "-o", str(tmp_path / name)]) == 0
            assert f"written: {tmp_path / name}" in capsys.readouterr().out
        assert (tmp_path / "track.html").read_text("utf-8") == page(ledger)
        assert "1 registered" in (tmp_path / "track.md").read_text("utf-8")

    def test_a_ledger_that_is_not_there_is_one_message(self, tmp_path, capsys):
        assert main(["report", "--ledger", str(tmp_path / "no.db"), "-o", "x.html"]) == 1
        assert "there is no ledger here" in capsys.readouterr().err

    @pytest.mark.parametrize("more", [["priors/first_case.yaml"], ["--all"], ["-o", "x.json"]])
    def test_what_does_not_go_with_it_is_refused(self, more, ledger, capsys):
        with pytest.raises(SystemExit) as ended:
            main(["report", "--ledger", str(ledger.path), *more])
        assert ended.value.code == 2
        assert capsys.readouterr().err
