"""Lessons run, ask three questions each, and speak to people who never program."""

import ast
import re
import shlex
from pathlib import Path

import nbformat
import pytest

import forecasting
from forecasting.classroom.exercise import task
from forecasting.cli import main

FOLDER = Path("notebooks/lessons")
LESSONS = sorted(FOLDER.glob("*.ipynb"))
TEACHER = Path("teacher")

# What asks a reader to use a cell: there is none on a page of Voila.
OF_CELLS = re.compile(r"\bcells?\b|Shift|Run All|\bimport\b|\bcode\b|`", re.IGNORECASE)

FOLDED = {
    **{"jupyter": {"source_hidden": True}, "tags": ["hide-input"]},
    "transient": {"remove_source": True},  # as nbconvert hides it without being told
}


@pytest.fixture(params=LESSONS, ids=lambda path: path.stem)
def lesson(request):
    return nbformat.read(request.param, as_version=4)


def code(lesson):
    return [cell for cell in lesson.cells if cell.cell_type == "code"]


def answers(lesson):
    """What a grader reads: the cells under the tag, each a name and a plain value."""
    found = {}
    for cell in code(lesson):
        if "answer" in cell.metadata.get("tags", ()):
            (line,) = ast.parse(cell.source).body
            found[line.targets[0].id] = ast.literal_eval(line.value)
    return found


def exercises(lesson):
    return [
        re.fullmatch(r'# The exercise\nforecasting\.Exercise\("(.*)"\)', cell.source)[1]
        for cell in code(lesson)
        if "Exercise(" in cell.source
    ]


def test_there_are_eight_and_a_capstone():
    assert [path.stem[0] for path in LESSONS] == [*"123456789"]


def test_it_is_kept_without_outputs_and_a_reader_sees_no_code(lesson):
    start, *others = code(lesson)
    assert start.source.startswith("# In JupyterLab choose Run All Cells")
    assert all(not cell.outputs and cell.execution_count is None for cell in code(lesson))
    assert all(re.fullmatch(r"[a-z][a-z0-9-]{2,}", cell.id) for cell in lesson.cells)
    folded = [cell for cell in others if "answer" not in cell.metadata.tags]
    assert all(cell.metadata == FOLDED for cell in folded)
    assert all(re.match(r"# [TW][a-z ]+\n", cell.source) for cell in folded)  # shown when folded
    assert not any(re.search(r"\b(assert|def|print)\b", cell.source) for cell in folded)


def test_it_opens_with_a_goal_and_names_one_trap(lesson):
    told = [cell.source for cell in lesson.cells if cell.cell_type == "markdown"]
    assert re.match(r"# .*\n\n\*\*Goal\.\*\* You can [^.]*\.\n", told[0])
    text = "\n".join(told)
    assert len(re.findall(r"^# ", text, re.M)) == 1
    assert len(re.findall(r"^## The trap: ", text, re.M)) == 1
    assert not OF_CELLS.search(text)
    assert [cell.cell_type for cell in lesson.cells[:3]] == ["markdown", "code", "markdown"]


def test_it_asks_three_exercises_whose_answers_a_grader_reads(lesson):
    names = [Path(name).stem for name in exercises(lesson)]
    assert len(names) == 3
    kept = answers(lesson)
    assert [name for name in kept if name != "strike"] == names
    assert set(kept.values()) == {None}
    # A student writes a number in place of None.
    for cell in code(lesson):
        cell.source = cell.source.replace("= None ", "= 41.5 ")
    assert set(answers(lesson).values()) == {41.5}


def test_no_exercise_stands_in_two_lessons():
    names = [name for path in LESSONS for name in exercises(nbformat.read(path, as_version=4))]
    assert len(names) == len(set(names)) == 27


def test_it_runs_and_what_a_cell_ends_on_can_be_shown(lesson, monkeypatch):
    """In this process: a kernel would take ten times as long."""
    from matplotlib import pyplot

    monkeypatch.chdir(FOLDER)
    monkeypatch.setattr(pyplot, "show", lambda: pyplot.close("all"))
    names, shown = {}, []
    for cell in code(lesson):
        *lines, last = ast.parse(cell.source).body or ast.parse("None").body
        if not isinstance(last, ast.Expr):
            lines, last = [*lines, last], None
        exec(compile(ast.Module(lines, []), cell.id, "exec"), names)
        value = last and eval(compile(ast.Expression(last.value), cell.id, "eval"), names)
        if value is not None:
            assert value._repr_mimebundle_(), cell.id
            shown.append(value)
    asked = [one for one in shown if isinstance(one, forecasting.Exercise)]
    assert len(asked) == 3
    assert not any(one.solved for one in asked)


# --- what the lessons say of their cases ----------------------------------------------------------


def test_a_fact_as_likely_either_way_moves_nothing():
    """As lesson 3 has its readers find out with the cracks."""
    case = forecasting.load("priors/first_case.yaml")
    without = {"evidence.cracks_in_the_pier.status": "pending"}
    without["evidence.cracks_in_the_pier.reports"] = []
    even = {"evidence.cracks_in_the_pier.if_yes": "10%"}
    found = [
        forecasting.Network(forecasting.override(case, one)).posterior()["bridge_closed"]
        for one in (without, even, {})
    ]
    assert found[0] == pytest.approx(found[1], abs=2e-4)
    assert found[2] > found[0] + 0.05


def test_a_letter_lowers_the_ceiling_and_a_digit_does_not():
    """As lesson 4 has its readers find out with the ferryman."""
    case = forecasting.load("priors/first_case.yaml")

    def worth(grade):
        place = "evidence.cracks_in_the_pier.reports"
        report = {"source": "ferryman", "grade": grade, "date": "2025-11-19"}
        river = "evidence.river_high_in_november"
        alone = {place: [report], f"{river}.reports": [], f"{river}.status": "pending"}
        network = forecasting.Network(forecasting.override(case, alone))
        rows = forecasting.explain.weight_of_evidence(network, ["bridge_closed"])
        row = next(one for one in rows if one.item == "cracks_in_the_pier")
        return row.alone, row.ceiling

    as_is, sure, weak = worth("C3"), worth("C1"), worth("E3")
    assert sure[0] > as_is[0] > weak[0] > 0
    assert sure[1] == pytest.approx(as_is[1])
    assert weak[1] < as_is[1] - 1


def test_a_storm_takes_back_what_the_alarm_said_of_a_thief():
    """As lesson 6 has its readers find out: 0.0905 / 0.1526 and 0.095 / 0.635, by hand."""
    network = task("alarm").net
    rings = network.posterior({"rings": True})
    both = network.posterior({"rings": True, "storm": True})
    assert rings["thief"] == pytest.approx(0.0905 / 0.1526)
    assert rings["storm"] > 0.1
    assert both["thief"] == pytest.approx(0.095 / 0.635)


def test_to_see_a_patient_opened_tells_of_the_stone_and_to_do_it_does_not():
    """As lesson 7 has its readers find out: 273 of 350 were cured, as published."""
    network = task("kidney_stones").net
    seen, done = network.posterior({"opened": True}), network.posterior(do={"opened": True})
    assert seen["cured"] == pytest.approx(273 / 350, abs=1e-3)
    assert seen["large"] > 0.7
    assert done["large"] == pytest.approx(0.49)
    assert done["cured"] == pytest.approx(0.832, abs=1e-3)


# --- for the teacher ------------------------------------------------------------------------------

PAGES = [TEACHER / f"{path.stem}.md" for path in LESSONS]
MINUTES = re.compile(r"^\| (\d+) to (\d+) \|", re.M)


@pytest.mark.parametrize("path", [*PAGES, TEACHER / "ninety-minutes.md"], ids=lambda one: one.stem)
def test_a_teachers_page_tells_every_minute_and_no_number_of_the_engine(path):
    text = path.read_text("utf-8")
    spans = [tuple(map(int, found)) for found in MINUTES.findall(text)]
    assert [start for start, _ in spans] == [0, *(end for _, end in spans[:-1])]
    assert 20 <= spans[-1][1] <= 40 or (path.stem == "ninety-minutes" and spans[-1][1] == 90)
    assert "## What goes wrong" in text
    assert not re.search(r"\d ?%", text)


@pytest.mark.parametrize("path", LESSONS, ids=lambda one: one.stem)
def test_a_teachers_page_gives_each_answer_by_a_command(path, capsys):
    text = (TEACHER / f"{path.stem}.md").read_text("utf-8")
    lines = re.findall(r"^forecasting exercise .* --answer$", text, re.M)
    names = [shlex.split(line)[2] for line in lines]
    asked = exercises(nbformat.read(path, as_version=4))
    assert [Path(name).stem for name in names] == [Path(name).stem for name in asked]
    for line, name in zip(lines, names, strict=True):
        assert main(shlex.split(line)[1:]) == 0
        assert forecasting.lexicon.percent(task(name).right) in capsys.readouterr().out


def test_every_line_of_the_ninety_minutes_works(tmp_path, monkeypatch, capsys):
    from forecasting.classroom.hand_in import mark_of
    from forecasting.classroom.room import read

    text = (TEACHER / "ninety-minutes.md").read_text("utf-8")
    (tmp_path / "priors").symlink_to(Path("priors").resolve())
    monkeypatch.chdir(tmp_path)
    make, *gather = re.findall(r"^forecasting (class .*)$", text, re.M)
    assert main(shlex.split(make)) == 0
    room = read(Path("class/class.json"))
    stems = [
        f"FC1-{room.key}-{page}-{n}2020-10203040-a" for page, n in (("aaaa", 30), ("bbbb", 40))
    ]
    lines = [f"{stem}-{mark_of(stem, '')}" for stem in stems]
    Path("class/lines.txt").write_text("\n".join(lines), "utf-8")
    row = re.search(
        r"[\w-]+/\w+@\d{4}-\d\d-\d\d,yes", Path("class/teacher.html").read_text("utf-8")
    )
    Path("outcomes.csv").write_text(f"question,outcome\n{row[0]}\n", "utf-8")
    assert len(gather) == 3
    for line in gather:
        assert main(shlex.split(line)) == 0
        assert capsys.readouterr().out.endswith("2 students\n")
    assert "It came out yes." in Path("scored.html").read_text("utf-8")


def test_the_ninety_minutes_call_things_as_the_page_does():
    script = Path("forecasting/classroom/js/room.js").read_text("utf-8")
    text = (TEACHER / "ninety-minutes.md").read_text("utf-8")
    (table,) = re.findall(r"(?:^\|.*\n)+", text, re.M)
    shown = [row.split("|")[3] for row in table.splitlines()[2:]]
    called = re.findall(r"\*+((?:\d )?[A-Z][^*]*)\*+", "".join(shown))
    assert len(called) > 12
    for name in called:
        assert re.sub(r"(Card) \d", r"\1 ", name) in script, name
