"""A case is made and changed by what the page asks, and its file follows, without a browser."""

import errno
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from scipy import stats

import forecasting
from forecasting.engine.network import Network
from forecasting.errors import InputError
from forecasting.explorer import desk as module
from forecasting.explorer import storage
from forecasting.explorer.desk import Desk, desk
from forecasting.explorer.model import compiled
from forecasting.explorer.widget import LIVE, NOTHING, Explorer
from forecasting.file.case import load, read
from forecasting.ledger.ledger import Ledger

ROOT = Path(__file__).resolve().parents[1]

BRIDGE = """\
# The bridge, for the village council.
case: bridge
title: The bridge
as_of: 2025-11-20
resolve_by: 2026-04-30

events:
  closed:              # what the council asks
    role: outcome
    question: Will the bridge be closed?
    base_rate: 20%     # six winters of thirty
  high_water:
    role: driver
    base_rate: 30%
    now: 60%           # the river stands high

links:
  - {from: high_water, to: closed, raises: 3}

sources:
  ferryman: {title: The ferryman}

evidence:
  cracks:
    claim: Cracks in the pier.
    date: 2025-11-10
    bears_on: closed
    if_yes: 50%
    if_no: 25%
    reports: [{source: ferryman, grade: C3}]
"""

FACT = {
    "claim": "It creaks.",
    "date": "2025-11-19",
    "bears_on": "closed",
    "if_yes": "60%",
    "if_no": "20%",
    "status": "confirmed",
}
ADD = {"add": "evidence", "name": None, "words": "It creaks.", "entry": FACT}
RATE = "events.closed.base_rate"


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "bridge.yaml"
    path.write_text(BRIDGE, encoding="utf-8")
    return path


@pytest.fixture
def bridge(path):
    return Desk(path)


def ask(explorer, do, **asked):
    """Ask as the page does, with its state, and give the answer."""
    state = {"base": explorer.shape, "settings": dict(explorer.settings)}
    asked = {"n": f"{do} {time.monotonic_ns()}", "do": do, **state, **asked}
    explorer.set_state({"asked": asked, "told": explorer.heard + 1})
    assert explorer.answered["n"] == asked["n"]
    json.dumps(explorer.get_state(), allow_nan=False, default=str)  # it can be sent
    return {key: value for key, value in explorer.answered.items() if key != "n"}


def edit(explorer, *edits, **asked):
    return ask(explorer, "edit", edits=list(edits), **asked)


def move(explorer, **overrides):
    settings = explorer.settings | {"overrides": explorer.settings["overrides"] | overrides}
    explorer.set_state({"settings": settings, "told": explorer.heard + 1})


def odds(p):
    return p / (1 - p)


def posterior(explorer, event="closed"):
    return explorer.run(draws=2).network.posterior()[event]


class TestEdits:
    def test_an_added_fact_is_compiled_written_and_told_at_once(self, bridge, path):
        before = posterior(bridge)
        answer = edit(bridge, ADD)
        assert answer == {"made": [["evidence", "it_creaks"]], "shape": bridge.shape}
        assert bridge.compiled["shape"] == bridge.shape
        assert bridge.compiled["desk"]["entries"]["evidence"] == ["cracks", "it_creaks"]
        assert odds(posterior(bridge)) == pytest.approx(3 * odds(before), rel=1e-9)
        assert load(path).evidence["it_creaks"].claim == "It creaks."
        assert bridge.file["kind"] == "case" and re.fullmatch(r"\d\d:\d\d", bridge.file["saved"])

    def test_comments_and_all_other_lines_stay(self, bridge, path):
        edit(bridge, ADD)
        assert set(BRIDGE.splitlines()) <= set(path.read_text().splitlines())

    def test_a_move_is_a_line_of_the_file_in_percent(self, bridge, path):
        move(bridge, **{RATE: 0.31, "events.high_water.now": {"low": 0.5, "high": 0.7}})
        changed = path.read_text().splitlines()
        old = [line for line in BRIDGE.splitlines() if line not in changed]
        new = [line for line in changed if line not in BRIDGE.splitlines()]
        assert len(changed) == len(BRIDGE.splitlines()) and len(old) == 2
        assert new == [
            "    base_rate: 31%     # six winters of thirty",
            "    now: {low: 50%, high: 70%}           # the river stands high",
        ]

    def test_what_was_moved_is_in_the_text_of_an_edit_and_its_numbers_are_the_same(self, bridge):
        move(bridge, **{RATE: 0.31})
        moved = posterior(bridge)
        edit(bridge, {"put": ["case"], "value": "bridge-2"})
        assert bridge.overrides == {}
        assert posterior(bridge) == pytest.approx(moved, abs=1e-15)

    def test_the_file_loaded_afresh_gives_the_numbers_of_the_page(self, bridge, path):
        edit(bridge, ADD)
        move(bridge, **{RATE: 1 / 3, "evidence.it_creaks.if_yes": 0.123456789012345678})
        assert Network(load(path)).posterior() == pytest.approx(
            bridge.run(draws=2).network.posterior(), abs=1e-14
        )

    def test_python_edits_as_the_page_does(self, bridge, path):
        assert bridge.edit(ADD) == [("evidence", "it_creaks")]
        bridge.set(RATE, "31%")
        bridge.set("sources.mason", {"title": "The mason"})
        assert load(path).sources["mason"].title == "The mason"
        with pytest.raises(InputError, match="not a probability"):
            bridge.edit({"put": RATE.split("."), "value": "often"})
        assert "31%" in path.read_text()

    def test_undo_and_reset_go_back_in_the_file_too(self, bridge, path):
        move(bridge, **{RATE: 0.31})
        with_move = path.read_text()
        edit(bridge, ADD)
        bridge.undo()
        assert path.read_text() == with_move and bridge.overrides == {RATE: 0.31}
        bridge.undo()
        assert path.read_text() == BRIDGE
        edit(bridge, ADD)
        bridge.reset()
        assert path.read_text() == BRIDGE

    def test_the_page_goes_back_by_shape_and_settings(self, bridge, path):
        start = bridge.shape
        edit(bridge, ADD)
        bridge.set_state({"shape": start, "settings": NOTHING | {"overrides": {RATE: 0.4}}})
        assert bridge.compiled["shape"] == start
        assert "base_rate: 40%" in path.read_text() and "creaks" not in path.read_text()

    def test_a_shape_that_nobody_knows_changes_nothing(self, bridge, path):
        start = bridge.shape
        bridge.set_state({"shape": "0" * 12, "settings": NOTHING})
        assert bridge.shape == start
        (problem,) = edit(bridge, ADD, base="0" * 12)["problems"]
        assert "no longer knows" in problem["words"]
        assert path.read_text() == BRIDGE

    def test_what_is_supposed_follows_a_new_name_and_goes_with_its_event(self, bridge):
        bridge.set_state({"settings": NOTHING | {"given": {"high_water": True}}})
        edit(bridge, {"rename": ["events", "high_water"], "to": "flood"})
        assert bridge.settings["given"] == {"flood": True}
        edit(bridge, {"delete": ["events", "flood"]})
        assert bridge.settings["given"] == {} and "links" not in bridge.case.node.value

    def test_the_outcome_that_goes_is_shown_no_more(self, bridge):
        more = {"role": "outcome", "question": "Will it fall?", "base_rate": "1%"}
        edit(bridge, {"add": "events", "words": "fall", "entry": more})
        edit(bridge, {"delete": ["events", "closed"]})
        assert bridge.outcome == "fall"

    def test_an_edit_is_all_or_nothing(self, bridge, path):
        wrong = {"add": "links", "entry": {"from": "high_water", "to": "nowhere", "raises": 2}}
        assert edit(bridge, ADD, wrong)["problems"]
        assert path.read_text() == BRIDGE and "it_creaks" not in bridge.case.evidence


class TestAnswers:
    def test_a_trial_tells_what_moves_and_changes_nothing(self, bridge, path):
        before, shape = posterior(bridge), bridge.shape
        told = ask(bridge, "try", edits=[ADD])
        (moved,) = told["moves"]
        assert (moved["name"], moved["title"]) == ("closed", "closed") and [*told] == ["moves"]
        assert moved["before"] == pytest.approx(before, abs=1e-14)
        assert odds(moved["after"]) == pytest.approx(3 * odds(before), rel=1e-9)
        assert (bridge.shape, path.read_text()) == (shape, BRIDGE)

    def test_a_trial_starts_from_what_was_moved_and_is_supposed(self, bridge):
        settings = NOTHING | {"overrides": {RATE: 0.4}, "given": {"high_water": False}}
        (moved,) = ask(bridge, "try", edits=[ADD], settings=settings)["moves"]
        case = forecasting.override(bridge.case, {RATE: 0.4})
        expected = Network(case).posterior({"high_water": False})["closed"]
        assert moved["before"] == pytest.approx(expected, abs=1e-12)

    def test_an_entry_is_read_as_it_is_now(self, bridge):
        move(bridge, **{RATE: 0.31})
        entry = ask(bridge, "read", section="events", name="closed")["entry"]
        assert entry == {
            "role": "outcome",
            "question": "Will the bridge be closed?",
            "base_rate": "31%",
        }
        assert ask(bridge, "read", section="case", name="")["entry"]["title"] == "The bridge"

    def test_what_else_goes_is_told_beforehand(self, bridge):
        told = ask(bridge, "losses", section="events", name="closed")["also"]
        assert len(told) == 2 and "1 link" in told and "Cracks in the pier." in told[1]

    @pytest.mark.parametrize(
        ("change", "field", "words"),
        [
            ({"if_no": "rarely"}, "if_no", "“rarely” is not a probability. Accepted: a number of"),
            ({"claim": " "}, "claim", "Write in one sentence what is the case."),
            ({"date": "2025-11-21"}, "date", "later than the day of the forecast, 2025-11-20."),
            (
                {"date": "yesterday"},
                "date",
                "“yesterday” is not a date of the calendar. Accepted: a day such",
            ),
            ({"bears_on": "close"}, "bears_on", "Did you mean closed?"),
            ({"if_yes": "130%"}, "if_yes", "between 0 and 1. Accepted: from 0% to 100%."),
        ],
    )
    def test_what_is_wrong_is_told_beside_its_field_in_plain_words(
        self, bridge, path, change, field, words
    ):
        (problem,) = edit(bridge, ADD | {"entry": FACT | change})["problems"]
        assert problem["field"] == field and words in problem["words"]
        assert problem["place"] == ["evidence", "it_creaks"]
        assert not re.search(r"[{}\[\]]|line \d|base_rate", problem["words"])
        assert path.read_text() == BRIDGE

    def test_a_day_to_come_is_right_for_what_is_looked_out_for(self, bridge):
        fact = FACT | {"date": "2026-01-01", "status": "pending"}
        assert "problems" not in edit(bridge, ADD | {"entry": fact})

    def test_an_entry_is_changed_and_renamed_in_one_edit_wherever_it_is_referred_to(
        self, bridge, path
    ):
        entry = ask(bridge, "read", section="events", name="closed")["entry"]
        changed = {"replace": ["events", "closed"], "entry": entry | {"why": "Six of thirty."}}
        rename = {"rename": ["events", "closed"], "to": "shut"}
        assert edit(bridge, changed, rename)["made"] == [["events", "closed"], ["events", "shut"]]
        case = load(path)
        assert case.events["shut"].why == "Six of thirty."
        assert (case.links[0].target, case.evidence["cracks"].bears_on) == ("shut", "shut")
        assert len(re.findall(r"\bshut\b", path.read_text())) == 3  # and once in no comment
        assert "# what the council asks" in path.read_text()

    @pytest.mark.parametrize(
        ("to", "words"),
        [
            ("shut now", "“shut now” is not a name. Accepted: a letter from a to z"),
            ("high_water", "There is an event of this name."),
        ],
    )
    def test_a_name_that_cannot_be_is_refused_beside_its_field(self, bridge, path, to, words):
        (problem,) = edit(bridge, {"rename": ["events", "closed"], "to": to})["problems"]
        assert problem["field"] == "name" and problem["words"].startswith(words)
        assert path.read_text() == BRIDGE

    def test_what_a_card_may_not_leave_out_is_refused_under_the_new_name_too(self, bridge):
        entry = ask(bridge, "read", section="evidence", name="cracks")["entry"]
        changed = {"replace": ["evidence", "cracks"], "entry": entry | {"claim": " "}}
        (problem,) = edit(bridge, changed, {"rename": ["evidence", "cracks"], "to": "gaps"})[
            "problems"
        ]
        assert (problem["field"], problem["place"]) == ("claim", ["evidence", "gaps"])

    def test_a_fact_that_is_left_out_is_so_under_its_new_name(self, bridge):
        move(bridge, **{"evidence.cracks.status": "pending", "evidence.cracks.reports": []})
        edit(bridge, {"rename": ["evidence", "cracks"], "to": "gaps"})
        assert {*bridge.settings["overrides"]} == {"evidence.gaps.status", "evidence.gaps.reports"}
        assert posterior(bridge) == pytest.approx(Network(bridge.changed).posterior()["closed"])

    def test_a_short_label_is_offered_of_the_words_that_tell_something(self, bridge):
        words = "Will the northern footbridge be closed by the end of winter?"
        label = ask(bridge, "label", words=words)["label"]
        assert label == "Northern footbridge closed" and len(label) <= 42
        assert ask(bridge, "label", words=" Will it\nrain? ")["label"] == "Will it rain?"
        assert ask(bridge, "label", words="")["label"] == ""

    def test_a_key_that_is_due_is_told_beside_its_field(self, bridge):
        fact = {key: value for key, value in FACT.items() if key != "bears_on"}
        (problem,) = edit(bridge, ADD | {"entry": fact})["problems"]
        assert problem["field"] == "bears_on" and problem["words"].startswith("This is due: ")

    def test_what_goes_wrong_elsewhere_names_the_place(self, bridge):
        (problem, *_) = edit(bridge, {"put": ["sources", "ferryman"], "value": "the ferryman"})[
            "problems"
        ]
        assert problem["field"] == ""

    @pytest.mark.parametrize("asked", [{}, {"do": "explode"}, {"do": "edit", "edits": [{}]}])
    def test_a_question_that_makes_no_sense_is_answered(self, bridge, asked):
        bridge.set_state({"asked": {"n": "1", **asked}})
        assert bridge.answered["n"] == "1" and bridge.answered["problems"]

    def test_a_fault_of_python_is_answered_and_raised(self, bridge, monkeypatch):
        monkeypatch.setattr(Desk, "edited", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            bridge.set_state({"asked": {"n": "1", "do": "edit", "edits": [ADD]}})
        assert "ZeroDivisionError" in bridge.answered["problems"][0]["words"]

    def test_to_do_counts_what_a_case_to_publish_lacks(self, bridge):
        told = [one["words"] for one in bridge.compiled["desk"]["todo"]]
        assert told[0] == "1 question without a rule"
        assert {"2 numbers without a reason", "1 link without a reason"} <= set(told)
        edit(bridge, ADD | {"entry": {key: FACT[key] for key in FACT if key != "date"}})
        assert {"words": "1 fact without a day", "section": "evidence", "name": "it_creaks"} in (
            bridge.compiled["desk"]["todo"]
        )


class TestBaseRates:
    def test_a_group_of_a_table_is_taken_as_a_base_rate(self, bridge):
        found = ask(bridge, "tables", words="deal lasted six")["tables"]
        assert found[0]["table"] == "ttp_deals.six_months"
        assert (found[0]["cases"], found[0]["by"]) == (6, ["kind"])
        assert found[0]["last"] == "2020-12-31" and "by hand" in found[0]["source"]
        every, *kinds = ask(bridge, "rates", table="ttp_deals.six_months", by="kind")["classes"]
        assert [(one["group"], one["seen"], one["of"]) for one in kinds] == [
            ("Swat", 0, 2), ("national talks", 0, 1), ("tribal areas", 1, 3),
        ]  # fmt: skip
        # 5 and 95% points of Beta(3/2, 11/2), by the other tail's function.
        for end, tail in (("low", 0.95), ("high", 0.05)):
            assert stats.beta.sf(every[end], 1.5, 5.5) == pytest.approx(tail, abs=1e-9)
        name, entry = every["reference"]["name"], every["reference"]["entry"]
        put = {"base_rate": every["base_rate"], "why": every["why"], "reference": [name]}
        edits = [{"put": ["events", "closed", key], "value": one} for key, one in put.items()]
        assert "problems" not in edit(
            bridge, {"add": "references", "name": name, "entry": entry}, *edits
        )
        rate = bridge.case.events["closed"].base_rate
        assert float(rate.probability.mean) == pytest.approx(1.5 / 7, abs=1e-12)
        assert rate.within == 6
        assert "ttp_deals" in bridge.case.events["closed"].why

    def test_only_what_was_known_on_the_day_counts(self, path):
        path.write_text(BRIDGE.replace("as_of: 2025", "as_of: 2008"), encoding="utf-8")
        bridge = Desk(path)
        # By the end of 2007 three deals were known: Shakai, Sararogha, Miranshah.
        (every,) = ask(bridge, "rates", table="ttp_deals.six_months", by=None)["classes"]
        assert (every["seen"], every["of"]) == (1, 3)

    def test_a_table_beside_the_case_is_found_first(self, bridge, path):
        data = path.parent / "data"
        data.mkdir()
        for name in ("ttp_deals.csv", "ttp_deals.yaml"):
            shutil.copy(ROOT / "priors/data" / name, data / name.replace("ttp_", "own_"))
        names = [one["table"] for one in ask(bridge, "tables", words="own six")["tables"]]
        assert names[0] == "own_deals.six_months"

    def test_what_is_not_there_is_told(self, bridge):
        (problem,) = ask(bridge, "rates", table="ttp_deal.six_months", by=None)["problems"]
        assert "Did you mean ttp_deals.six_months?" in problem["words"]
        (problem,) = ask(bridge, "rates", table="ttp_deals.six_months", by=["deal"])["problems"]
        assert problem["field"] == "by"


class TestFile:
    def test_a_new_case_is_empty_and_written_with_its_first_question(self, tmp_path):
        path = tmp_path / "dam.yaml"
        new = Desk(path)
        assert new.compiled["empty"] and new.compiled["case"] == "dam" and not path.exists()
        assert new.file["saved"] == "" and "program" not in new.compiled
        assert new._repr_mimebundle_()[0]["text/plain"] == "dam: nothing is asked yet"
        edit(new, {"put": ["title"], "value": "The dam"})
        assert new.compiled["title"] == "The dam" and not path.exists()
        (problem,) = edit(new, {"put": ["as_of"], "value": "soon"})["problems"]
        assert problem["field"] == "as_of" and "date" in problem["words"]
        question = {"role": "outcome", "question": "Will it hold?", "base_rate": "90%"}
        edit(new, {"add": "events", "words": "hold", "entry": question})
        assert load(path).events["hold"].question == "Will it hold?"
        assert new.outcome == "hold" and "empty" not in new.compiled
        edit(new, {"delete": ["events", "hold"]})
        assert new.compiled["empty"]
        assert "events" not in path.read_text()  # the file says what the page says
        assert Desk(path).case is None
        with pytest.raises(InputError, match="asks nothing yet"):
            new.run()
        new.undo()
        assert new.outcome == "hold"

    def test_a_name_that_is_none_is_refused(self, tmp_path):
        with pytest.raises(InputError, match="not a name for a case"):
            Desk(tmp_path / "my dam.yaml")

    def test_a_case_is_found_by_its_name(self, tmp_path, monkeypatch):
        (tmp_path / "priors").mkdir()
        (tmp_path / "notebooks").mkdir()
        (tmp_path / "priors" / "bridge.yaml").write_text(BRIDGE)
        monkeypatch.chdir(tmp_path)
        assert desk("bridge").path == Path("priors/bridge.yaml")
        assert desk("dam").path == Path("priors/dam.yaml")
        monkeypatch.chdir(tmp_path / "notebooks")
        assert forecasting.desk("bridge").path == Path("../priors/bridge.yaml")
        monkeypatch.chdir(tmp_path / "priors")
        assert desk("bridge").path == Path("bridge.yaml")
        assert desk("dam.yaml").path == Path("dam.yaml")

    def test_a_fact_that_is_left_out_on_the_page_keeps_its_reports_in_the_file(self, bridge, path):
        before = path.read_text()
        off = {"evidence.cracks.status": "pending", "evidence.cracks.reports": []}
        move(bridge, **off)
        assert path.read_text() == before
        assert bridge.run(draws=2).network.posterior()["closed"] < 0.45
        edit(bridge, {"put": ["title"], "value": "The old bridge"})
        assert bridge.settings["overrides"] == off  # it is still left out
        assert "reports: [{source: ferryman, grade: C3}]" in path.read_text()

    def test_what_was_written_since_the_question_was_asked_is_not_lost(self, bridge, path):
        path.write_text(BRIDGE.replace("The bridge\n", "The old bridge\n"))
        move(bridge, **{RATE: 0.31})
        latest = BRIDGE.replace("The bridge\n", "The new bridge\n")
        path.write_text(latest)
        bridge.settle("mine")  # of another text than was shown: asked once more
        assert path.read_text() == latest
        assert any("The new bridge" in line for line in bridge.file["conflict"]["diff"])
        path.write_text(latest + "# a last word\n")
        bridge.settle("file")
        assert path.read_text() == latest + "# a last word\n"
        assert bridge.case.title == "The new bridge"

    def test_a_file_that_is_read_only_is_not_replaced(self, bridge, path, monkeypatch):
        monkeypatch.setattr("os.access", lambda *_: False)  # root may write anything
        move(bridge, **{RATE: 0.31})
        assert path.read_text() == BRIDGE
        assert "read-only" in bridge.file["problem"]

    def test_a_file_changed_by_another_is_asked_about_and_not_written(self, bridge, path):
        theirs = BRIDGE.replace("The bridge\n", "The old bridge\n")
        path.write_text(theirs)
        move(bridge, **{RATE: 0.31})
        assert path.read_text() == theirs
        diff = bridge.file["conflict"]["diff"]
        assert diff == [
            "- title: The bridge",
            "+ title: The old bridge",
            "in events, closed:",
            "-     base_rate: 31%     # six winters of thirty",
            "+     base_rate: 20%     # six winters of thirty",
        ]
        edit(bridge, ADD)  # still nothing is written
        assert path.read_text() == theirs

    def test_a_difference_tells_the_entry_also_of_what_only_the_file_has(self):
        theirs = BRIDGE.replace("    base_rate: 20%", "    now: 25%\n    base_rate: 20%", 1)
        assert storage.difference(BRIDGE, theirs) == ["in events, closed:", "+     now: 25%"]
        assert storage.difference(theirs, BRIDGE) == ["in events, closed:", "-     now: 25%"]

    def test_mine_overwrites_theirs(self, bridge, path):
        path.write_text(BRIDGE + "# theirs\n")
        move(bridge, **{RATE: 0.31})
        ask(bridge, "conflict", keep="mine")
        assert "31%" in path.read_text() and "theirs" not in path.read_text()
        assert bridge.file["conflict"] is None

    def test_the_file_is_taken_as_a_step_that_can_be_undone(self, bridge, path):
        theirs = BRIDGE.replace("The bridge\n", "The old bridge\n")
        path.write_text(theirs)
        move(bridge, **{RATE: 0.31})
        answer = ask(bridge, "conflict", keep="file")
        assert answer == {"shape": bridge.shape}
        assert (bridge.case.title, bridge.overrides) == ("The old bridge", {})
        assert bridge.file["conflict"] is None and path.read_text() == theirs
        bridge.undo()
        assert bridge.overrides == {RATE: 0.31} and "The bridge\n" in path.read_text()

    def test_a_file_that_is_no_case_cannot_be_taken_and_stays(self, bridge, path):
        path.write_text("case: bridge\nevents: [")
        move(bridge, **{RATE: 0.31})
        assert ask(bridge, "conflict", keep="file")["problems"]
        assert bridge.file["conflict"] and path.read_text() == "case: bridge\nevents: ["
        assert bridge.overrides == {RATE: 0.31}

    def test_two_desks_on_one_file_ask_each_other(self, bridge, path):
        other = Desk(path)
        move(other, **{RATE: 0.5})
        move(bridge, **{RATE: 0.31})
        assert "50%" in path.read_text()
        assert "+     base_rate: 50%     # six winters of thirty" in bridge.file["conflict"]["diff"]
        ask(bridge, "conflict", keep="mine")
        move(other, **{RATE: 0.6})
        assert other.file["conflict"] and "31%" in path.read_text()

    def test_what_two_write_alike_is_no_conflict(self, bridge, path):
        other = Desk(path)
        move(other, **{RATE: 0.31})
        move(bridge, **{RATE: 0.31})
        assert bridge.file["conflict"] is None
        move(bridge, **{RATE: 0.32})
        assert "32%" in path.read_text()

    @pytest.mark.parametrize(
        ("number", "words"),
        [(errno.ENOSPC, "no space left on device"), (errno.EROFS, "read-only file system")],
    )
    def test_what_cannot_be_written_is_told_and_written_later(
        self, bridge, path, monkeypatch, number, words
    ):
        def refuse(*_):
            raise OSError(number, errno.errorcode[number] and words.capitalize())

        with monkeypatch.context() as patched:
            patched.setattr(storage, "write_text", refuse)
            answer = edit(bridge, ADD)
            assert "problems" not in answer and "it_creaks" in bridge.case.evidence
            assert bridge.file["problem"].startswith(f"The file cannot be written: {words}. ")
            assert path.read_text() == BRIDGE
        move(bridge, **{RATE: 0.31})
        assert bridge.file["problem"] == "" and "creaks" in path.read_text()

    def test_a_long_difference_is_cut_and_counted(self):
        mine, theirs = ("\n".join(f"{who} {i}" for i in range(40)) for who in ("a", "b"))
        found = storage.difference(mine, theirs)
        assert len(found) == storage.SHOWN + 1
        assert found[-1] == f"and {80 - storage.SHOWN} lines more"

    def test_a_case_that_was_killed_while_it_was_edited_reads_as_a_case(self, path):
        code = f"""
from forecasting.explorer.desk import Desk
desk = Desk({str(path)!r})
fact = {FACT!r}
print("ready", flush=True)
for i in range(10_000):
    desk.edit({{"add": "evidence", "name": f"f{{i}}_{{desk.shape}}", "entry": fact}})
    desk.set("events.closed.base_rate", 0.1 + i / 20_000)
    if i % 20 == 19:
        desk.reset()
    print(i, flush=True)
"""
        for last in (3, 24):
            child = subprocess.Popen(
                [sys.executable, "-c", code], cwd=ROOT, stdout=subprocess.PIPE, text=True
            )
            while child.stdout.readline().strip() != str(last):
                assert child.poll() is None
            time.sleep(last / 2000)  # anywhere in the next step
            child.send_signal(signal.SIGKILL)
            child.communicate()
            case = load(path)
            assert case.evidence["cracks"] and "# six winters of thirty" in path.read_text()

    def test_a_writer_that_is_killed_leaves_the_old_text_or_the_new(self, path):
        longer = BRIDGE + "# more\n" * 20_000
        code = f"""
from forecasting.explorer.storage import Storage
kept = Storage({str(path)!r}, "case")
texts = [{BRIDGE!r}, {BRIDGE!r} + "# more\\n" * 20_000]
print("ready", flush=True)
for i in range(1_000_000):
    kept.write(texts[i % 2], over=True)
"""
        for trial in range(6):
            child = subprocess.Popen(
                [sys.executable, "-c", code], cwd=ROOT, stdout=subprocess.PIPE, text=True
            )
            assert child.stdout.readline() == "ready\n"
            time.sleep(0.02 + 0.0037 * trial)  # anywhere in a writing
            child.send_signal(signal.SIGKILL)
            child.communicate()
            assert path.read_text() in (BRIDGE, longer)


class TestOverlays:
    """The page of another's case: facts and sources are added in an overlay."""

    @pytest.fixture
    def explorer(self, tmp_path):
        return Explorer(read(BRIDGE), path=tmp_path / "me.yaml", analyst="Ada")

    def test_a_fact_and_its_new_source_are_added_together(self, explorer, tmp_path):
        assert explorer.compiled["desk"]["can"] == ["evidence", "sources"]
        move(explorer, **{RATE: 0.31})
        report = [{"source": "$1", "grade": "B2"}]
        fact = {key: FACT[key] for key in FACT if key != "status"} | {"reports": report}
        source = {"add": "sources", "words": "The mason", "entry": {"title": "The mason"}}
        made = edit(explorer, source, ADD | {"entry": fact})["made"]
        assert made == [["sources", "mason"], ["evidence", "it_creaks"]]
        assert explorer.overrides[RATE] == 0.31
        again = Explorer(read(BRIDGE), path=tmp_path / "me.yaml")
        assert again.case.evidence["it_creaks"].reports[0].source == "mason"
        assert posterior(again) == pytest.approx(posterior(explorer), abs=1e-14)
        assert explorer.file["kind"] == "overlay" and explorer.file["name"] == "me.yaml"

    def test_an_edited_fact_says_what_it_now_says(self, explorer):
        edit(explorer, ADD)
        move(explorer, **{"evidence.it_creaks.if_yes": 0.7})
        entry = ask(explorer, "read", section="evidence", name="it_creaks")["entry"]
        assert entry["if_yes"] == "70%"
        entry["if_no"] = "35%"
        edit(explorer, {"replace": ["evidence", "it_creaks"], "entry": entry})
        fact = explorer.changed.evidence["it_creaks"]
        assert (float(fact.if_yes.mean), float(fact.if_no.mean)) == pytest.approx((0.7, 0.35))
        edit(explorer, {"delete": ["evidence", "it_creaks"]})
        assert explorer.overrides == {}

    def test_what_belongs_to_the_case_stays(self, explorer):
        (problem,) = edit(explorer, {"delete": ["evidence", "cracks"]})["problems"]
        assert "Belongs to the case" in problem["words"]
        (problem,) = edit(explorer, {"delete": ["events", "closed"]})["problems"]
        assert "by its author" in problem["words"]
        assert explorer.overrides == {}

    def test_an_overlay_changed_by_another_is_asked_about(self, explorer, tmp_path):
        move(explorer, **{RATE: 0.31})
        file = tmp_path / "me.yaml"
        file.write_text(file.read_text().replace("0.31", "0.5"))
        move(explorer, **{RATE: 0.32})
        assert explorer.file["conflict"]["diff"] == [
            "in overrides:",
            f"-   {RATE}: 0.32",
            f"+   {RATE}: 0.5",
        ]
        theirs = f"# hers\n{file.read_text()}"
        file.write_text(theirs)
        ask(explorer, "conflict", keep="file")
        assert explorer.overrides == {RATE: 0.5}
        assert file.read_text() == theirs and explorer.file["conflict"] is None


class TestNotebook:
    def test_what_is_moved_after_it_was_drawn_stands_in_an_output_of_its_own(
        self, bridge, monkeypatch
    ):
        shown = []
        monkeypatch.setattr(
            "IPython.display.display", lambda data, **how: shown.append((data, how))
        )
        bridge._ipython_display_()
        assert [how.get("update") for _, how in shown] == [None, None, False]
        move(bridge, **{RATE: 0.31})
        data, how = shown[-1]
        assert how["update"] and how["display_id"] == shown[2][1]["display_id"] == bridge.key
        assert f'data-fc-moved="{bridge.key}"' in data[LIVE] and "compiled" not in data[LIVE]
        assert "0.31" in data[LIVE] and len(data[LIVE]) < 400
        edit(bridge, ADD)
        assert '"compiled"' in shown[-1][0][LIVE] and "It creaks." in shown[-1][0][LIVE]

    def test_a_saved_notebook_opened_as_a_page_shows_what_was_moved(self, tmp_path):
        nbformat = pytest.importorskip("nbformat")
        from nbclient import NotebookClient
        from nbconvert import HTMLExporter

        (tmp_path / "bridge.yaml").write_text(BRIDGE)
        source = (
            "import forecasting\none = forecasting.desk('bridge.yaml')\n"
            "from IPython.display import display\ndisplay(one)",
            f"one.set({RATE!r}, 0.3217)",
        )
        cells = [nbformat.v4.new_code_cell(text) for text in source]
        notebook = nbformat.v4.new_notebook(cells=cells)
        client = NotebookClient(notebook, timeout=120, resources={"metadata": {"path": tmp_path}})
        client.execute(env={**os.environ, "PYTHONPATH": str(ROOT)})
        page = HTMLExporter().from_notebook_node(notebook)[0]
        (moved,) = re.findall(r'<script [^>]*data-fc-moved="\w+"[^>]*>(.*?)</script>', page)
        assert json.loads(moved)["settings"]["overrides"] == {RATE: 0.3217}


@pytest.mark.slow
def test_an_edit_of_the_main_case_costs_little_more_than_reading_and_compiling_it(tmp_path):
    """Some 0.2 s for each where this was written; a busy machine takes longer over all."""
    name = "pakistan_taliban_2021.yaml"
    shutil.copy(ROOT / "priors" / name, tmp_path / name)
    main = Desk(tmp_path / name)
    event = next(
        name for name, one in main.case.events.items() if one.role == "outcome" and one.is_yes_no
    )
    fact = FACT | {"bears_on": event, "date": "2021-09-01"}
    times, afresh = {"try": [], "edit": []}, []
    for i in range(4):
        start = time.process_time()
        compiled(Network(load(tmp_path / name)))
        afresh.append(time.process_time() - start)
        for do, spent in times.items():
            start = time.process_time()
            answer = ask(main, do, edits=[{"add": "evidence", "name": f"f{i}", "entry": fact}])
            spent.append(time.process_time() - start)
            assert not answer.get("problems")
    assert all(min(spent) < 1.5 * min(afresh) for spent in times.values()), (times, afresh)


def waited_for(found):
    for _ in range(500):
        if value := found():
            return value
        time.sleep(0.01)
    raise AssertionError("it did not come about")


def test_the_report_is_written_beside_the_case_while_the_page_goes_on(bridge, path, monkeypatch):
    ran, done = [], subprocess.CompletedProcess([], 0, "", "")
    monkeypatch.setattr(
        "forecasting.explorer.asked.subprocess.run",
        lambda command, **_: ran.append(command) or done,
    )
    target = str(path.with_suffix(".html"))
    assert ask(bridge, "report") == {"path": target, "pending": True}
    assert waited_for(lambda: ran)[0][-4:] == ["report", str(path), "-o", target]
    assert str(bridge.report()) == f"The report is written: {target}"
    assert f'href="{target}"' in bridge.report()._repr_html_()
    done.returncode, done.stderr = 1, "bridge.yaml: no\n<b>disk is full</b>\n"
    ask(bridge, "report")
    assert waited_for(lambda: bridge.file["problem"]) == "<b>disk is full</b>"
    assert "&lt;b&gt;disk" in bridge.report()._repr_html_()


def test_a_report_needs_a_question(tmp_path):
    empty = Desk(tmp_path / "dam.yaml")
    (problem,) = ask(empty, "report")["problems"]
    assert problem["words"].startswith("Nothing is asked yet: add a question")
    assert empty.report().path is None and "Nothing is asked yet" in empty.report()._repr_html_()


def test_the_forecast_is_recorded_beside_the_case_as_it_stands_on_the_page(bridge, path):
    move(bridge, **{RATE: 0.31})
    answer = ask(bridge, "record")
    ledger = Ledger(path.with_name("ledger.db"))
    (head,) = ledger.verify().heads
    assert answer == {"path": str(ledger.path), "head": str(head)}
    rows = ledger.rows("2025-11-20")
    assert {row.question for row in rows} == {"bridge/closed@2026-04-30"}
    assert {(row.by, str(row.made_at)) for row in rows} == {("bridge", "2025-11-20")}
    said = {row.role: row.p for row in rows}
    assert said["prior"] == pytest.approx(0.31, abs=1e-9)
    assert said["headline"] == pytest.approx(posterior(bridge), abs=1e-12)
    assert ledger.source(rows[0].case_digest) == path.read_text()


def test_a_forecast_of_another_day_is_recorded_for_that_day_and_an_analysts_as_hers(path):
    explorer = Explorer(load(path), {"as_of": "2025-12-01", "by": "2026-03-01"}, analyst="Ann")
    ask(explorer, "record")
    rows = Ledger(path.with_name("ledger.db")).rows("2026-01-01")
    (told,) = {(row.by, str(row.made_at), str(row.resolve_by)) for row in rows}
    assert told == ("Ann", "2025-12-01", "2026-03-01")


def test_what_cannot_be_settled_is_not_recorded(bridge, path, tmp_path):
    supposed = NOTHING | {"given": {"high_water": True}}
    empty = Desk(tmp_path / "dam.yaml")
    unsaved = Explorer(read(BRIDGE))
    tried = [(bridge, {"settings": supposed}), (empty, {}), (unsaved, {})]
    words = [ask(one, "record", **more)["problems"][0]["words"] for one, more in tried]
    assert "supposes something" in words[0]
    assert "Nothing is asked yet" in words[1] and "saved in no file" in words[2]
    assert not path.with_name("ledger.db").exists()


def test_names_of_the_module_are_those_of_the_package():
    assert forecasting.desk is module.desk
