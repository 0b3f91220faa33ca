"""Edits, moves, steps back and forth, at random: page, Python and file stay alike."""

import json

import numpy as np
import pytest
import yaml
from py_mini_racer import MiniRacer

from forecasting.engine.network import Network
from forecasting.errors import InputError
from forecasting.explorer.desk import Desk
from forecasting.explorer.live import scopes
from forecasting.file.case import load
from tests.desk_script import COMMENT, FIRST, HARBOUR, LOADER, Mouse, is_of_file, opened
from tests.random_cases import how_many
from tests.random_edits import Editor
from tests.test_explorer_desk import BRIDGE


class Steps:
    """The history that a page keeps, with the text of the file at each step."""

    def __init__(self, desk):
        self.desk = desk
        self.past, self.future, self.now = [], [], self.state()

    def state(self):
        return self.desk.shape, dict(self.desk.settings), self.desk.path.read_text("utf-8")

    def made(self):
        """A step was made; the same state again is none."""
        if self.state() != self.now:
            self.past.append(self.now)
            self.future, self.now = [], self.state()

    def tell(self, **said):
        self.desk.set_state({**said, "told": self.desk.heard + 1})

    def step(self, there, back):
        if not there:
            return
        back.append(self.now)
        self.now = there.pop()
        shape, settings, _ = self.now
        self.tell(shape=shape, settings=settings)
        assert self.state() == self.now


# Numbers of the case that a hand can move.
MOVES = ("base_rate", "now", "if_yes", "if_no")


def movable(case):
    return [
        f"{section}.{name}.{key}"
        for section in ("events", "evidence")
        for name, entry in (case.get(section) or {}).items()
        for key in MOVES
        if isinstance(entry.get(key), str) and "$" not in name
    ]


@pytest.mark.slow
def test_200_random_sequences_keep_every_comment_and_the_numbers_of_the_file(tmp_path):
    path = tmp_path / "case.yaml"
    edited = refused = 0
    with MiniRacer() as v8:
        v8.eval(scopes("engine/engine.js"))
        for seed in range(how_many(200)):
            rng, editor = np.random.default_rng(seed), Editor(seed)
            first = BRIDGE if seed % 10 else HARBOUR
            comments = COMMENT.findall(first)
            path.write_text(first, "utf-8")
            desk = Desk(path)
            steps = Steps(desk)
            for _ in range(6):
                what = rng.choice(["edit", "move", "undo", "redo"], p=[0.5, 0.2, 0.2, 0.1])
                plain = yaml.load(desk.path.read_text("utf-8"), Loader=LOADER)
                if what == "edit":
                    edit, _ = editor.edit(plain)
                    try:
                        desk.edit(edit)
                        edited += 1
                    except InputError:
                        refused += 1
                        assert steps.state() == steps.now
                    steps.made()
                elif what == "move":
                    at = movable(plain)
                    low, high = sorted(rng.choice(np.arange(1, 1000), 2, replace=False) / 1000)
                    form = {"low": low, "high": high} if rng.random() < 0.3 else low
                    overrides = {**desk.settings["overrides"], rng.choice(at): form}
                    steps.tell(settings={**desk.settings, "overrides": overrides})
                    steps.made()
                elif what == "undo":
                    steps.step(steps.past, steps.future)
                else:
                    steps.step(steps.future, steps.past)
                kept = COMMENT.findall(path.read_text("utf-8"))
                assert all(kept.count(one) >= comments.count(one) for one in comments), seed
            if desk.case is None:
                continue  # nothing is asked any more
            compiled, settings = json.dumps(desk.compiled), json.dumps(dict(desk.settings))
            solved = v8.eval(
                f"JSON.stringify(engine_js.engine({compiled}).solve({settings}).posterior ?? null)"
            )
            afresh = Network(load(path)).posterior()
            for event, p in json.loads(solved).items():
                assert p == pytest.approx(afresh[event], abs=1e-12), (seed, event)
    assert edited > refused


def step(person, rng, what, number):
    """Make one step of a random walk as a person does; whether there was one to make."""
    page, button = person.page, person.button(what.capitalize())
    if what in ("undo", "redo"):
        if button.get_attribute("aria-disabled"):
            return False
        button.press("Enter")
    elif what == "move":
        event = rng.choice([FIRST, "ferry_line_sold"])
        page.locator(f'.fc-row[data-event="{event}"]').press("Enter")
        field = page.locator(f'[data-path="events.{event}.base_rate"] .fc-field').first
        field.fill(f"{rng.integers(1, 99)}%")
        field.press("Enter")
    elif what == "fact":
        person.press("+ Fact")
        person.set(claim=f"Seen: no. {number} #1", if_yes=str(rng.integers(50, 99)), if_no="30")
        person.set(reports__0__source="we saw it ourselves")
        choices = person.field("bears_on").locator("option").all_text_contents()[1:]
        person.set(bears_on=str(rng.choice([one for one in choices if "each answer" not in one])))
        person.add()
    elif what == "condition":
        person.press("+ Condition")
        person.set(question=f"Condition no. {number}", base_rate=str(rng.integers(1, 99)))
        person.set(**{f"does__{FIRST}__if_yes": "40", f"does__{FIRST}__if_no": "25-35"})
        person.add()
    else:
        kind = {"rename": "events", "cut": "evidence", "unlink": "links"}[what]
        keys = page.locator(f".fc-outline [data-keep^='{kind} ']").evaluate_all(
            "all => all.map((one) => one.dataset.keep)"
        )
        if not keys:
            return False
        main = opened(page, rng.choice(keys))
        if what == "rename":
            person.set(title=f"Title no. {number}: new")
            main.press("Enter")
        else:
            person.root.locator(".fc-form").get_by_role("button", name="Delete this").press("Enter")
            person.button("Delete").press("Enter")
        person.root.locator(".fc-form").wait_for(state="detached")
    return True


KINDS = ["fact", "condition", "rename", "cut", "unlink", "move", "undo", "redo"]
OFTEN = [0.1, 0.06, 0.1, 0.08, 0.06, 0.26, 0.22, 0.12]


@pytest.mark.slow
def test_ten_random_walks_on_a_page_leave_page_python_and_file_alike(open_desk):
    desk, page = open_desk(HARBOUR)
    person, comments, made = Mouse(page), COMMENT.findall(HARBOUR), dict.fromkeys(KINDS, 0)
    page.clock.install()
    for seed in range(10):
        rng = np.random.default_rng(seed)
        for number in range(6):
            what = str(rng.choice(KINDS, p=OFTEN))
            made[what] += step(person, rng, what, number)
            page.clock.run_for(300)  # in which what was moved is told
            page.evaluate("passed()")
            told = page.locator(".fc").evaluate("one => [one.dataset.shape, one.dataset.settings]")
            assert [desk.shape, desk.settings] == [told[0], json.loads(told[1])], (seed, number)
            is_of_file(page, desk.path)
            text = desk.path.read_text("utf-8")
            assert all(comment in text for comment in comments), (seed, number, what)
        if not person.button("Reset all").get_attribute("aria-disabled"):
            person.press("Reset all")
        page.clock.run_for(300)
        page.evaluate("passed()")
        assert desk.path.read_text("utf-8") == HARBOUR
    assert min(made.values()) > 0
