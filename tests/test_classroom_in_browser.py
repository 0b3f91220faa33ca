"""Thirty students go through the real page without a network, and are gathered into one picture."""

import json
import re
import time

import numpy as np
import pytest

import forecasting
from forecasting.classroom.room import room, write
from forecasting.cli import main
from forecasting.explorer import page as explorer_page
from tests import browser

STUDENTS = 30
HOSTILE = "<img src=x onerror=alert(1)>"

# What a student does, told to the page at once: thirty times as many single clicks cost minutes.
WALK = """
(said) => {
  const all = () => [...document.querySelectorAll("#room button")];
  const find = (words) => all().find((one) => one.textContent === words);
  const press = (words) => find(words).click();
  const say = (n) => {
    const forms = document.querySelectorAll("#room form");
    if (forms.length !== 1) throw Error("one number at a time");
    forms[0].querySelector(".number").value = String(n);
    forms[0].requestSubmit();
  };
  if (!document.querySelector("#room form")) {
    press("Start again");
    press("Forget all that was said here? Press once more");
  }
  const [first, base, ...cards] = said.before;
  say(first);
  say(base);
  press("First card");
  cards.forEach((n, i) => {
    say(n);
    if (document.activeElement.textContent !== "What it does") throw Error("jumped off");
    press(i + 1 < cards.length ? "Next card" : "To the talk");
  });
  press("We have talked");
  for (const i of said.drivers) document.querySelectorAll(".pick input")[i].click();
  const name = document.querySelector("#room form").closest("section").querySelector("input.wide");
  if (name) name.value = said.name;
  say(said.second);
  return document.querySelector(".line").value;
}
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    path = tmp_path_factory.mktemp("class")
    write(room(forecasting.load("priors/first_case.yaml"), names=True), path)
    return path


def students():
    rng = np.random.default_rng(1)
    for i in range(STUDENTS):
        first, base, *cards, second = rng.integers(2, 80, size=7).tolist()
        name = HOSTILE if i == 7 else ""
        yield {"before": [first, base, *cards], "second": second, "drivers": [0, 2], "name": name}


@pytest.mark.browser
def test_thirty_students_hand_in_and_are_gathered(folder, offline_page, screenshot, tmp_path):
    page = offline_page(folder / "room.html", width=390)
    handed, lines = tmp_path / "handed", []
    handed.mkdir()
    for i, said in enumerate(students()):
        lines.append(page.evaluate(WALK, said))
        with page.expect_download() as saved:
            page.get_by_role("button", name="Save the file").click()
        saved.value.save_as(handed / f"{i}.json")
    assert max(map(len, lines)) <= 60
    assert f"Your mark is {lines[-1].split('-')[2]}." in page.locator("#room").inner_text()
    assert len({*lines}) == STUDENTS
    page.get_by_role("button", name="Show the forecast").click()
    told = page.locator("#room").inner_text()
    assert "27% unlikely" in " ".join(told.split())
    assert "What you did beyond the cards: your base rate and your cards" in told
    assert "points above the case" in told or "points below the case" in told
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert browser.accessibility(page, "#room") == []
    screenshot(page, "class-room", full_page=True)

    # One of another case, and one whose digest was edited.
    one = json.loads((handed / "0.json").read_text("utf-8"))
    (handed / "edited.json").write_text(json.dumps(one | {"digest": "0" * 64}))
    (tmp_path / "lines.txt").write_text("\n".join(f"[12:03] Ann: {line}" for line in lines))
    said = {}
    for what in (handed, tmp_path / "lines.txt"):
        start = time.process_time()
        out = tmp_path / f"{what.stem}.md"
        assert main(["class", str(what), "--room", str(folder), "-o", str(out)]) == 0
        assert time.process_time() - start < 5
        said[what.stem] = out.read_text("utf-8")
        assert "30 students" in said[what.stem]
    assert "edited.json: was changed after it was handed in" in said["handed"]
    tables = [text[text.index("**What was asked") :].partition("## ")[0] for text in said.values()]
    assert tables[0].strip() == tables[1].strip()  # the same from files and from lines

    out = tmp_path / "class.html"
    assert main(["class", str(handed), "--room", str(folder), "-o", str(out)]) == 0
    page = offline_page(out, width=390)
    assert HOSTILE[:10] in page.locator("body").inner_text()
    assert page.locator("img[src=x]").count() == 0
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert browser.accessibility(page, "main") == []
    screenshot(page, "class-gathered", full_page=True)


@pytest.mark.browser
def test_the_class_is_held_at_what_a_card_does(offline_page, tmp_path, screenshot):
    write(room(forecasting.load("priors/second_case.yaml"), "harvest.rich"), tmp_path)
    page = offline_page(tmp_path / "room.html", width=390, height=844)

    def say(number):
        asked = page.locator("form").inner_text()
        assert "it so: Apples picked: at least 400 tonnes (rich)?" in asked
        page.locator(".number").fill(number)
        page.keyboard.press("Enter")

    say("20")
    say("20")
    told = " ".join(page.locator("#room").inner_text().split())
    assert "What was counted" not in told
    assert "What the case starts from" in told
    assert "an estimate: it follows from 170 to 450, best 300 tonnes." in told
    page.get_by_role("button", name="First card").click()
    while not page.locator(".fc-cases").count():  # a card of several states divides no cases
        say("20")
        assert page.evaluate("document.activeElement.textContent") == "What it does"
        if not page.locator(".fc-cases").count():
            page.get_by_role("button", name="Next card").click()
    for seen in (page.get_by_role("heading", name="What it does").last, page.locator(".fc-told")):
        box = seen.bounding_box()
        assert box["y"] >= 0
        assert box["y"] + 60 < 844
    screenshot(page, "class-card")
    assert page.locator("form").count() == 0
    assert browser.accessibility(page, "#room") == []


@pytest.mark.browser
def test_a_blind_explorer_tells_nothing_before_a_number(offline_page, tmp_path, screenshot):
    path = tmp_path / "blind.html"
    case = forecasting.load("priors/first_case.yaml")
    path.write_text(explorer_page(case, blind=True), "utf-8")
    page = offline_page(path)
    seen = page.locator("main").inner_text()
    assert "The forecast is shown when you have said yours." in seen
    assert not any(word in seen for word in ("27%", "21%", "unlikely", "90% band", "How it got"))
    page.get_by_label("Of 100 such cases").fill("0.6")
    page.get_by_role("button", name="Commit").click()
    assert "Did you mean 60 of 100?" in page.locator(".fc-veil").inner_text()
    page.get_by_text("What is known; tick").click()
    page.get_by_label("The river stands half").check()
    assert browser.accessibility(page, ".fc") == []
    page.get_by_label("Of 100 such cases").fill("40")
    page.get_by_role("button", name="Commit").click()
    told = page.locator(".fc-gap").inner_text()
    assert "You committed 40%" in told
    assert "You are 13 points above its 27%." in told
    assert "How it got there" in page.locator("main").inner_text()
    with page.expect_download() as saved:
        page.get_by_role("button", name="Save what you committed").click()
    held = json.loads(saved.value.path().read_text("utf-8"))
    assert (held["digest"], held["number"]) == (case.digest, 40)
    assert held["drivers"] == ["river_high_in_november"]
    # It explains the gap by what would close it, which Python finds too.
    rate = float(told.split("needs a base rate of ")[1].split("%")[0]) / 100
    moved = forecasting.override(case, {"events.bridge_closed.base_rate": rate})
    found = forecasting.run(moved).events
    p = found.loc[found["event"] == "bridge_closed", "posterior"].iloc[0]
    assert p == pytest.approx(0.40, abs=0.01)
    screenshot(page, "blind-explorer")


@pytest.mark.browser
def test_practice_gives_feedback_after_ten_answers_and_keeps_them(offline_page, tmp_path):
    path = tmp_path / "practice.html"
    assert main(["practice", "--seed", "7", "-o", str(path)]) == 0
    page = offline_page(path, width=390)
    for said in ["0.6"] + ["80"] * 10:  # the first is asked back
        seen = page.locator("#practice").inner_text()
        assert "came out as you said" not in seen
        (over,) = re.findall(r"were more than (\d+%) answered yes", seen)
        assert f"How likely is it that more than {over} were?" in seen
        page.locator(".number").fill(said)
        page.get_by_role("button", name="Next").click()
    assert "of 10 came out as you said; you claimed 80%." in page.locator("#practice").inner_text()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert browser.accessibility(page, "#practice") == []
    with page.expect_download() as saved:
        page.get_by_role("button", name="Save my answers").click()
    saved.value.save_as(tmp_path / "answers.csv")
    kept = ["--ledger", str(tmp_path / "own.db")]
    assert main(["ledger", "import", str(tmp_path / "answers.csv"), *kept]) == 0
    page.reload()
    assert "After 10 answers" in page.locator("#practice").inner_text()
