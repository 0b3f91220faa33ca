"""The picture of a class says where it stands, who differs on what, and how it came out."""

import math
from pathlib import Path

import pytest

from forecasting.classroom import gathered
from forecasting.classroom.gathered import gather, outcome
from forecasting.classroom.hand_in import HandIn
from forecasting.classroom.room import room
from forecasting.cli import main
from forecasting.errors import InputError, Problem
from forecasting.file import case as cases
from forecasting.ledger.entries import Resolution
from forecasting.report import exporter
from tests.test_classroom_hand_in import hashed

ASKED = "village-bridge/bridge_closed@2026-03-20"
HOSTILE = "<img src=x onerror=alert(1)>"


@pytest.fixture(scope="module")
def bridge():
    return room(cases.load("priors/first_case.yaml"))


def student(bridge, page, first, second, *, base=20, cards=(20, 20, 20, 20), **about):
    return HandIn(bridge.key, page, first, base, second, cards, **about)


@pytest.fixture(scope="module")
def five(bridge):
    said = [(10, 20), (20, 20), (30, 25), (40, 30), (90, 80)]
    names = {"name": HOSTILE, "drivers": "az"}
    return gather(
        bridge,
        [
            student(bridge, f"p{i:03}", *both, **names if i == 4 else {})
            for i, both in enumerate(said)
        ],
    )


def told(found, refused=(), came=None):
    return exporter.markdown(gathered.notebook(found, refused, came))


def test_students_are_called_by_their_marks_unless_they_gave_a_name(bridge):
    some = [student(bridge, page, 30, 30, name=name) for page, name in
            (("b", "Ann"), ("a", ""), ("c", "Ann"), ("d", "the case as it stands"))]  # fmt: skip
    assert [*gather(bridge, some).handed] == ["a", "Ann", "Ann (2)", "d"]


def test_no_student_is_lost_by_a_name_like_that_of_a_namesake(bridge):
    some = [student(bridge, page, 30, 30, name=name) for page, name in
            (("a1a1", "Ann"), ("b1b1", "Ann (3)"), ("c1c1", "Ann"), ("d1d1", "Ann"),
             ("e1e1", "Ann (2)"))]  # fmt: skip
    called = {who: one.id for who, one in gather(bridge, some).handed.items()}
    assert sorted(called.values()) == ["a1a1", "b1b1", "c1c1", "d1d1", "e1e1"]
    assert (called["Ann"], called["Ann (3)"], called["Ann (2)"]) == ("a1a1", "b1b1", "c1c1")


def test_the_page_tells_where_the_class_stands_before_and_after(five):
    page = told(five)
    assert "Before: median 30%, half of you from 20 to 40%, all from 10 to 90%." in page
    assert "After: median 25%, half of you from 20 to 30%, all from 20 to 80%." in page
    assert "1 went up, 3 went down, 1 stayed; you are closer together." in page
    # The mean of what was said first, and the geometric mean of its odds.
    odds = math.prod(p / (1 - p) for p in (0.1, 0.2, 0.3, 0.4, 0.9)) ** 0.2
    assert f"| First guess | 30% | 20 to 40% | 10 to 90% | 38% | {odds / (1 + odds):.0%} |" in page


def test_who_stands_furthest_is_named_as_text(five):
    page = told(five)
    furthest = next(line for line in page.splitlines() if line.startswith("| Second guess"))
    assert furthest.split("|")[-2].strip() == "&#60;img src=x onerror=alert(1)&#62;"
    assert "| Base rate | 1 |" in page
    assert HOSTILE not in page


def test_scores_are_those_of_brier(five):
    page = told(five, came=False)
    assert "It came out no." in page
    for row in ("| p000 | 0.010 | 0.040 | on the right side |", "0.810 | 0.640 | surer than"):
        assert row in page
    # Expected of 20, 20, 25, 30 and 80%: the mean of p (1 - p). Earned: the mean of p squared.
    expected = (3 * 0.16 + 0.1875 + 0.21) / 5
    earned = (2 * 0.04 + 0.0625 + 0.09 + 0.64) / 5
    assert f"a Brier score of {expected:.3f}, and earned {earned:.3f}. 1 of 5 stood" in page
    assert "more right than sure" in page
    assert "surer than right: you had" in told(five, came=True)
    assert "settled as annulled" in told(five, came="annulled")


def test_what_came_is_found_by_the_question_of_the_ledger(bridge):
    def came(*some, of=bridge):
        return outcome(of, [Resolution(question=asked, outcome=what) for asked, what in some])

    assert came() is None
    assert came((ASKED, "yes"), ("other/bridge_closed@2026-03-20", "no")) is True
    assert came((ASKED, "no"), (ASKED, "yes")) is True  # the newest
    assert came((ASKED, "annulled")) == "annulled"
    state = room(cases.load("priors/pakistan_taliban_2021.yaml"), "india_in_kabul.mission")
    whole = f"pakistan-taliban-2021/india_in_kabul@{state.by}"
    assert came((whole, "mission"), of=state) is True
    assert came((whole, "nothing"), of=state) is False
    cut = room(cases.load("priors/pakistan_taliban_2021.yaml"), "ttp_deaths.rises_by_half")
    amount = f"pakistan-taliban-2021/ttp_deaths@{cut.by}"
    own = f"pakistan-taliban-2021/ttp_deaths.rises_by_half@{cut.by}"
    assert came((own, "yes"), (amount, "494"), of=cut) is True
    assert came((amount, "494"), of=cut) is None


def test_nothing_handed_in_is_refused_with_what_was_refused(bridge):
    with pytest.raises(InputError, match="nothing was handed in here"):
        gathered.notebook(gather(bridge, []))
    with pytest.raises(InputError, match="is no hand-in"):
        gathered.notebook(gather(bridge, []), [Problem("is no hand-in", "a.json")])


def test_the_command_makes_a_class_and_gathers_it(tmp_path, monkeypatch, capsys, bridge):
    case = Path("priors/first_case.yaml").resolve()
    monkeypatch.chdir(tmp_path)
    assert main(["class", str(case), "-o", "class"]) == 0
    assert (tmp_path / "class" / "room.html").exists()
    lines = tmp_path / "lines.txt"
    for page in ("aaaa", "bbbb"):
        stem = f"FC1-{bridge.key}-{page}-302040-20202020-a"
        with lines.open("a") as text:
            text.write(f"{stem}-{hashed(f'{stem} ') % 65536:04x}\nFC1-broken\n")
    (tmp_path / "came.csv").write_text(f"question,outcome\n{ASKED},no\n")
    capsys.readouterr()
    assert main(["class", "lines.txt", "-o", "all.md", "--outcomes", "came.csv"]) == 0
    printed = capsys.readouterr().out
    assert "not counted: lines.txt, line 2: was changed" in printed
    assert "written: all.md, 2 students" in printed
    assert "It came out no." in (tmp_path / "all.md").read_text("utf-8")
    (tmp_path / "came.csv").write_text("question,outcome\nother,no\n")
    assert main(["class", "lines.txt", "-o", "all.md", "--outcomes", "came.csv"]) == 1
    assert f"two lines: question,outcome and {ASKED},yes" in capsys.readouterr().err
    (tmp_path / "came.csv").write_text(f"{ASKED} no\n")
    assert main(["class", "lines.txt", "-o", "all.md", "--outcomes", "came.csv"]) == 1
    assert f"two lines: question,outcome and {ASKED},yes" in capsys.readouterr().err
    assert main(["record", str(case), "--ledger", "own.db"]) == 0
    capsys.readouterr()
    assert main(["class", "lines.txt", "-o", "all.md", "--ledger", "own.db"]) == 1
    assert "forecasting resolve QUESTION ANSWER --ledger own.db" in capsys.readouterr().err
    assert main(["class", "class", "-o", "all.md"]) == 1
    told = " ".join(capsys.readouterr().err.split())
    assert "class: nothing was handed in here" in told
    assert "files that the page saved (.json), or a text of lines (.txt)" in told
    assert main(["class", "lines.txt", "--room", "nowhere"]) == 1
    assert "there is no class.json of the class beside it" in capsys.readouterr().err
