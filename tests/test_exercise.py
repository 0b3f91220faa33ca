"""Exercises: right as published, and as all worlds add up; typical errors met by their names."""

import base64
import csv
import json
import re
from pathlib import Path

import numpy as np
import pytest
import yaml
from py_mini_racer import MiniRacer

import forecasting
from forecasting.classroom import exercise_page
from forecasting.classroom.exercise import LEVELS, TOPICS, reckon, solution, task, tasks
from forecasting.cli import main
from forecasting.engine.network import Network
from forecasting.errors import InputError
from forecasting.explorer.live import scopes, style
from forecasting.file.case import read
from forecasting.lexicon import percent
from tests.browser import accessibility
from tests.enumeration import Enumeration, fact
from tests.strict_host import HOST

TASKS = {one.exercise: one for one in tasks()}

# What the publications say, or what follows from their numbers in a line; those of the library are
# counted in its tables, by hand.
PUBLISHED = {
    "alarm": (0.1 * 0.95 + 0.9 * 0.9) / (0.1 * 0.95 + 0.9 * 0.9 + 9 * (0.1 * 0.6 + 0.9 * 0.01)),
    "at_least_once": 0.52,
    "barometer": 0.2,
    "bookbag": 0.97,
    "boy_met": 1 / 2,
    "cab": 0.41,
    "coup_sign": 276 * 0.6 / (276 * 0.6 + 9709 * 0.1),
    "echo": 0.3 * 0.8 / (0.3 * 0.8 + 0.7 * 0.2),
    "engineers": 0.3,
    "forged_order": 5 / 14,  # 50 of 100 days with an attack, 90 of 900 without
    "frozen_road": 6 / 15,
    "hiv_test": 0.5,
    "kidney_stones": 343 / 700 * 192 / 263 + 357 / 700 * 81 / 87,  # stones large and small
    "linda": 0.05 * 0.6,
    "lookout_twice": 0.3 * 0.748 / (0.3 * 0.748 + 0.7 * 0.328),  # 0.7 * 0.64 + 0.3, and so on
    "mammography": 0.078,
    "monty_hall": 2 / 3,
    "one_in_a_thousand": 0.02,
    "polygraph": 8 / 1606,
    "right_class": 17 / 97,
    "said_seventy": 1 - 0.343,
    "salt_order": 0.9 * 0.05 + 0.1 * 0.25,
    "seen_yourself": 0.2 * 0.75 / (0.2 * 0.75 + 0.8 * 0.1),
    "seven_in_a_row": 0.48,
    "shaky_report": 1 / (1 + 9 * (0.01 * 0.9 + 0.05) / (0.9 * 0.9 + 0.05)),
    "storm_outside": 0.095 / (0.095 + 0.9 * 0.6),
    "surer_than_right": 0.7,  # 0.7 * 0.01 + 0.3 * 0.81 is 0.25
    "ten_bands": 0.349,
    "three_cards": 2 / 3,
    "three_prisoners": 1 / 3,
    "three_years": 1 - (1 - 1425 / 8966) ** 3,
    "two_children": 1 / 3,
    "two_lookouts": 48 / 55,  # odds of 3 to 7, times 4 twice
}


def test_exercises_come_by_lesson_the_easier_first(capsys):
    places = [(TOPICS.index(one.topic), LEVELS.index(one.level)) for one in TASKS.values()]
    assert places == sorted(places)
    for lesson, topic in enumerate(TOPICS, 1):
        (page,) = Path("teacher").glob(f"{lesson}-*.md")
        named = re.findall(r"forecasting exercise (\w+) --answer", page.read_text("utf-8"))
        assert [TASKS[name].topic for name in named] == [topic] * 3
    assert main(["exercise"]) == 0
    listed = capsys.readouterr().out.splitlines()
    assert "base rates, lesson 2" in listed
    assert "  cab                 easy     The cab at night" in listed
    assert len(listed) == len(TASKS) + len(TOPICS)


def loaded(path):
    return yaml.load(Path(path).read_text("utf-8"), Loader=yaml.BaseLoader)


def counted(name, *where):
    """A share of a shipped table, counted in its rows."""
    rows = list(csv.DictReader(Path(f"priors/data/{name}.csv").read_text("utf-8").splitlines()))
    column = next(iter(loaded(f"priors/data/{name}.yaml")["question"]))
    for one in where:
        key, _, value = one.partition("=")
        rows = [row for row in rows if row[key.strip()] == value.strip()]
    rows = [row for row in rows if row[column]]
    return sum(int(row[column]) for row in rows) / sum(int(row.get("of", 1)) for row in rows)


class Worlds:
    """A network of an exercise, and the value of a formula by adding up its worlds."""

    def __init__(self, task):
        network = loaded(task.node.file)["network"]
        text = json.dumps({"case": "exercise", **network})
        self.oracle = Enumeration(re.sub(r'"rate\(([^)]*)\)"', self.rate, text))
        nodes = [*self.oracle.nodes]
        weights = {"": (self.oracle._weights(nodes), nodes), "evidence": self.oracle.evidence()}
        self.weights = {
            what: (weight[0], names, self.oracle._worlds(names))
            for what, (weight, names) in weights.items()
        }

    def rate(self, found):
        return repr(counted(*(one.strip() for one in found[1].split(","))))

    def holds(self, text, names, states):
        mask = np.ones(len(states), dtype=bool)
        for one in filter(None, map(str.strip, text.split(","))):
            name = one.removeprefix("not ")
            if fact(name) in names:
                true = states[:, names.index(fact(name))] == 1
            else:
                ((event, which),) = self.oracle.conditions({name: "yes"}).items()
                true = np.asarray(which, dtype=bool)[states[:, names.index(event)]]
            mask &= true if name == one else ~true
        return mask

    def chance(self, found):
        of, _, given = found[1].partition("|")
        known = "evidence" if "evidence" in given else ""
        weight, *worlds = self.weights[known]
        condition = self.holds(given.replace("evidence", ""), *worlds)
        both = self.holds(of, *worlds) & condition
        return repr(float((weight @ both) / (weight @ condition)))

    def value(self, formula):
        text = re.sub(r"\brate\(([^()]*)\)", self.rate, formula)
        text = re.sub(r"\bP\(([^()]*)\)", self.chance, text)
        odds = {"odds": lambda p: p / (1 - p), "chance": lambda o: o / (1 + o)}
        return eval(text, {"__builtins__": {}}, odds)


@pytest.fixture(scope="module")
def v8():
    page = MiniRacer()
    page.eval(scopes("view/exercise.js"))
    yield page
    page.close()


def met(v8, later, said):
    """What the page says to an answer: the name it is met by, and the words."""
    code = """(() => {
        const [later, said] = JSON.parse(TEXT);
        const met = exercise_js.meet(later, said);
        return JSON.stringify([met, exercise_js.reply(later, { said, met })]);
    })()"""
    return json.loads(v8.eval(code.replace("TEXT", json.dumps(json.dumps([later, said])))))


def sealed(told):
    return json.loads(base64.b64decode(told["sealed"]))


def test_there_are_as_many_as_the_readme_says():
    assert sorted(TASKS) == sorted(PUBLISHED)
    assert len(TASKS) == 33
    assert "lists thirty-three exercises" in Path("README.md").read_text("utf-8")


@pytest.mark.parametrize("name", PUBLISHED)
def test_an_exercise_is_right_as_published_and_as_its_worlds_add_up(name):
    one, worlds = TASKS[name], Worlds(TASKS[name])
    assert one.right == pytest.approx(PUBLISHED[name], abs=0.005)
    assert one.right == pytest.approx(worlds.value(one.answer), abs=1e-9)
    for error, value in one.errors.items():
        assert value == pytest.approx(worlds.value(one.wrong[error].formula), abs=1e-9), error


@pytest.mark.parametrize("name", PUBLISHED)
def test_an_exercise_is_solved_and_its_errors_are_met(name, v8):
    one = TASKS[name]
    told = exercise_page.told(one)
    later = sealed(told)
    assert met(v8, later, round(one.right, 4)) == [
        "right",
        [f"Right: {percent(one.right)}.", one.after],
    ]
    assert len(one.errors) >= 2
    for error, value in one.errors.items():
        words = error.replace("_", " ").capitalize() + "."
        assert met(v8, later, round(value, 4)) == [error, [words, one.wrong[error].reply]]
    every = [one.right, *one.errors.values()]
    odd = max(np.linspace(0.005, 0.995, 100), key=lambda p: min(abs(p - q) for q in every))
    assert met(v8, later, float(odd))[0] == "other"


@pytest.mark.parametrize(
    ("name", "said", "words"),
    [
        ("cab", 0.40, "40% is close, but not it."),  # 41.4%
        ("cab", 0.43, "43% is close, but not it."),
        ("cab", 0.45, "45% is not it, and no error that we know of leads there."),
        ("cab", 0.41, "Right: 41%."),
        ("polygraph", 0.02, "2.0% is not it, and no error that we know of leads there."),  # 0.5%
    ],
)
def test_what_is_close_is_told_so(name, said, words, v8):
    later = sealed(exercise_page.told(TASKS[name]))
    assert met(v8, later, said)[1][0] == words


@pytest.mark.parametrize("name", PUBLISHED)
def test_the_answer_does_not_stand_in_the_page(name):
    one = TASKS[name]
    text = exercise_page.page(one)
    told = text.partition('id="exercise-told">')[2].partition("</script>")[0]
    for words in (one.after, *(wrong.reply for wrong in one.wrong.values())):
        assert words[:40] not in text
    assert f"{one.right:.4f}"[:6] not in told
    if f"{100 * one.right:.0f}%" not in one.statement:
        assert f"{100 * one.right:.0f}%" not in told


@pytest.mark.parametrize("name", ["coup_sign", "right_class", "three_years"])
def test_what_is_counted_in_the_library_is_told_to_whoever_has_only_the_page(name):
    rates = re.findall(r"rate\(([^)]*)\)", Path(TASKS[name].node.file).read_text("utf-8"))
    assert rates
    said = TASKS[name].statement.replace(",", "")
    told = {int(part) / int(whole) for part, whole in re.findall(r"(\d+) of (\d+)", said)}
    for one in rates:
        assert counted(*(part.strip() for part in one.split(","))) in told


def test_a_tree_ends_on_the_answer_where_that_is_asked():
    concluding = {
        n
        for n, one in TASKS.items()
        if one.cases and sealed(exercise_page.told(one))["cases"]["concludes"]
    }
    assert set(TASKS) - concluding == {
        "at_least_once", "barometer", "bookbag", "kidney_stones", "linda", "right_class",
        "said_seventy", "seven_in_a_row", "shaky_report", "surer_than_right", "ten_bands",
        "three_years",
    }  # fmt: skip


@pytest.mark.parametrize("name", [name for name, one in TASKS.items() if one.cases])
def test_a_teacher_is_told_of_no_other_end_than_the_answer(name):
    said = [line for block in solution(TASKS[name]) for line in block if isinstance(line, str)]
    ends = [line for line in said if line.startswith(("That leaves", "Whole cases round"))]
    one = TASKS[name]
    assert bool(ends) == (abs(one.cases.answer - one.right) <= one.tolerance)


MADE = """
exercise: made
title: Made
statement: It rains on 20% of days.
question: How likely is rain?
network: {events: {rain: {base_rate: 20%}}}
answer: P(rain)
wrong: {other_way: {is: 1 - P(rain), reply: No.}}
hint: Look.
after: So.
source: None
"""


def made(tmp_path, old="", new=""):
    path = tmp_path / "made.yaml"
    path.write_text(MADE.replace(old, new), encoding="utf-8")
    return task(str(path))


def test_an_exercise_may_speak_of_a_case(tmp_path):
    (tmp_path / "rain.yaml").write_text("{case: rain, events: {rain: {base_rate: 30%}}}")
    assert made(tmp_path, "{events: {rain: {base_rate: 20%}}}", "rain.yaml").right == pytest.approx(
        0.3
    )


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("is: 1 - P(rain)", "is: P(rain) + 0.01", "made.yaml:8: wrong.other_way: cannot be told"),
        ("answer: P(rain)", "answer: P(rian)", "made.yaml:7: answer: nothing of the network"),
        ("answer: P(rain)", "answer: __import__('os')", "made.yaml:7: answer: not a formula"),
        ("answer: P(rain)", "answer: P(rain) / 0", "made.yaml:7: answer: not a formula"),
        ("answer: P(rain)", "answer: 7 * P(rain)", "made.yaml:7: answer: is no probability"),
        ("base_rate: 20%", "base_rate: 120%", "made.yaml:6: events.rain.base_rate"),
        ("hint: Look.", "hnt: Look.", "did you mean hint?"),
    ],
)
def test_what_is_wrong_in_a_file_is_said_with_its_place(tmp_path, old, new, words):
    with pytest.raises(InputError, match=re.escape(words)):
        made(tmp_path, old, new)


def test_a_formula_can_ask_after_the_evidence():
    network = Network(
        read("""
case: rain
events: {rain: {base_rate: 20%}}
sources: {herald: {}}
evidence:
  wet:
    bears_on: rain
    if_yes: 90%
    if_no: 10%
    reports: [{source: herald, grade: B, hit: 90%, false: 20%}]
""")
    )
    posterior = network.posterior()["rain"]
    assert reckon("P(rain | evidence)", network) == pytest.approx(posterior)
    assert reckon("P(rain)", network) == pytest.approx(0.2)
    assert posterior > 0.25


def test_a_command_writes_an_exercise(tmp_path, capsys):
    assert main(["exercise", "cab", "-o", str(tmp_path / "cab.html")]) == 0
    assert "The cab at night" in (tmp_path / "cab.html").read_text("utf-8")
    assert main(["exercise", "cap"]) == 1
    assert "did you mean cab?" in capsys.readouterr().err
    with pytest.raises(SystemExit):
        main(["exercise", "cab", "-o", str(tmp_path / "cab.pdf")])
    assert "an exercise is written as .html" in capsys.readouterr().err
    assert not (tmp_path / "cab.pdf").exists()


def test_a_command_tells_a_teacher_the_answer_and_every_error(capsys):
    assert main(["exercise", "mammography", "--answer"]) == 0
    said = " ".join(capsys.readouterr().out.split())
    assert "Right: 7.8%." in said
    assert "80%, inverse: That is how often the test finds cancer" in said
    assert "in 8 of the 10 and in 95 of the 990" in said
    assert "as they are known" not in said  # nothing is known but what is asked
    with pytest.raises(SystemExit):
        main(["exercise", "--answer"])


def test_python_sees_what_was_tried():
    widget = forecasting.Exercise("cab")
    assert not widget.solved
    widget.tries = [{"said": 0.8, "met": "base_rate_left_out"}, {"said": 0.41, "met": "right"}]
    assert widget.solved


def answer(page, text):
    page.get_by_role("textbox").fill(text)
    page.get_by_role("button", name="Check").click()


def test_a_student_solves_it_on_a_phone_without_a_kernel(offline_page, tmp_path, screenshot):
    path = tmp_path / "mammography.html"
    path.write_text(exercise_page.page(TASKS["mammography"]), encoding="utf-8")
    page = offline_page(path, width=360, height=740)
    said = page.get_by_role("status")
    answer(page, "0.8")
    assert said.inner_text() == "Did you mean 80 of 100? Then write 80; else write 0.8%."
    answer(page, "80")
    assert said.inner_text().startswith("Inverse.")
    page.get_by_role("button", name="Hint").click()
    assert "Take 1,000 women" in page.locator(".fc-hint").inner_text()
    assert accessibility(page) == []
    answer(page, "7,8 %")
    assert said.inner_text().startswith("Right: 7.8%.")
    assert "in 8 of the 10 and in 95 of the 990" in page.locator(".fc-told").inner_text()
    assert page.locator(".fc-square rect").count() == 4
    assert page.locator(".fc-tree .fc-known").count() == 2
    assert page.evaluate("document.documentElement.scrollWidth") == 360
    assert accessibility(page) == []
    screenshot(page, "exercise-phone", full_page=True)


def test_a_widget_asks_its_host_for_no_more_than_any_host_has(offline_page, tmp_path):
    path = tmp_path / "host.html"
    script = f"{scopes(exercise_page.SCRIPT)} globalThis.render = exercise_js.render;"
    page = f"<!doctype html><style>{style()}</style><main></main><script>{script}</script>"
    path.write_text(page, encoding="utf-8")
    page = offline_page(path)
    page.evaluate(HOST, {"told": exercise_page.told(TASKS["cab"]), "tries": []})
    answer(page, "12%")
    tried = [{"said": 0.12, "met": "multiplied_only"}]
    assert page.evaluate("sent") == [{"tries": tried}]
    page.evaluate("tries => put({ tries })", [*tried, {"said": 0.41, "met": "right"}])
    assert page.get_by_role("status").inner_text().startswith("Right: 41%.")
    assert page.evaluate("failures") == []
    assert set(page.evaluate("[...used]")) <= {"get", "set", "save_changes", "on", "off"}
