"""What the page writes and reads, in V8: the file of its moves, and numbers that are typed."""

import json

import pytest
from py_mini_racer import MiniRacer

from forecasting.engine.network import Network
from forecasting.explorer import live
from forecasting.explorer.live import LAST, scopes
from forecasting.explorer.widget import NOTHING, Explorer
from forecasting.file.case import read
from forecasting.file.overlay import apply, load_overlay
from forecasting.lexicon import percent
from tests.test_explorer_widget import CASE, FACT, HOSTILE, RATE


@pytest.fixture(scope="module")
def page():
    """Call a function of a module of the page with arguments; give its value."""
    with MiniRacer() as v8:
        v8.eval(scopes(LAST))

        def call(function, *arguments):
            written = ", ".join(json.dumps(argument) for argument in arguments)
            return json.loads(v8.eval(f"JSON.stringify({function}({written}))"))

        yield call


def saved(page, explorer, path):
    """The file that the page offers, and the forecast that Python makes of it."""
    kept = {name: explorer.compiled[name] for name in ("case", "added", "analyst")}
    path.write_text(page("overlay_js.overlayText", kept, explorer.settings), "utf-8")
    return Network(apply(explorer.origin, path)).posterior()


def test_the_file_of_the_page_is_the_overlay_that_python_writes(page, tmp_path):
    explorer = Explorer(CASE, analyst="Ada: who else?")
    explorer.set(RATE, {"low": "20%", "best": "30%", "high": "40%", "within": "8 months"})
    explorer.set("links.high_water.bridge_closed.raises", 2.5)
    explorer.set("evidence.cracks_in_the_pier.reports.0.grade", "C5")
    explorer.set("evidence.barriers", FACT | {"claim": f"{HOSTILE}\u0085\u2028: # \\ 'x'\nend"})
    explorer.set("evidence.barriers.if_yes", 1e-7)
    explorer.settings = explorer.settings | {"given": {"high_water": True}}
    file, own = tmp_path / "page.yaml", tmp_path / "python.yaml"
    assert saved(page, explorer, file) == pytest.approx(
        Network(explorer.changed).posterior(), abs=1e-12
    )
    explorer.save(own)
    again = [Explorer.load(CASE, path) for path in (file, own)]
    assert again[0].overrides == again[1].overrides == explorer.overrides
    assert load_overlay(file).analyst == "Ada: who else?"
    first = file.read_text("utf-8").splitlines()[0]
    assert first == '# Only supposed, and no part of an overlay: given {"high_water":true}'


def test_a_row_of_a_table_and_a_fact_left_out_are_kept_too(page, tmp_path):
    case = read("""
        case: rain
        events:
          cloud: {role: driver, base_rate: 40%}
          wind: {role: driver, base_rate: 30%}
          rain:
            parents: [cloud, wind]
            table: {"no, no": 5%, "no, yes": 10%, "yes, no": 30%, "yes, yes": 60%}
        sources: {s: {}}
        evidence:
          f: {claim: It drips., bears_on: rain, if_yes: 90%, if_no: 10%,
              reports: [{source: s, grade: B2}]}
    """)
    explorer = Explorer(case)
    moves = {"events.rain.table.yes, no": 0.42, "evidence.f.status": "pending"}
    explorer.settings = NOTHING | {"overrides": moves | {"evidence.f.reports": []}}
    # By hand: 0.42 where only the clouds are there, and no fact.
    rain = 0.6 * (0.7 * 0.05 + 0.3 * 0.1) + 0.4 * (0.7 * 0.42 + 0.3 * 0.6)
    assert saved(page, explorer, tmp_path / "page.yaml")["rain"] == pytest.approx(rain, abs=1e-12)


def test_a_file_without_moves_is_an_overlay(page, tmp_path):
    file = tmp_path / "page.yaml"
    assert saved(page, Explorer(CASE), file) == Network(CASE).posterior()
    assert file.read_text("utf-8").splitlines() == [
        'analyst: "analyst"',
        "case: village-bridge",
        "overrides: {}",
    ]


@pytest.mark.parametrize(
    ("typed", "asked"),
    [
        ("0.6", "60% or 0.6%? Write it with the percent sign"),
        (" ,07 ", "7% or 0.07%? Write it with the percent sign"),
        *((text, None) for text in ("0.6%", "1", "1.5", "60", "abc", "")),
    ],
)
def test_a_share_typed_for_a_percentage_is_asked_back(page, typed, asked):
    assert page("numbers_js.scaleOf({kind: 'probability'}).doubt", typed) == asked


def test_percentages_and_points_are_rounded_as_in_python(page):
    """Halves too: 20.5% of a file is 20% on the page and beside it."""
    shares = [k / 4000 for k in range(4001)]
    assert page("((all) => all.map(numbers_js.percent))", shares) == [*map(percent, shares)]
    moved = [page("numbers_js.points", p) for p in (0.00125, 0.0325, 0.0375, 0.205, -0.0825)]
    assert [one.replace("\u2212", "-") for one in moved] == ["+0.1", "+3.2", "+3.8", "+20", "-8.2"]


def state(overrides, **more):
    return NOTHING | {"overrides": overrides} | more


def test_a_move_made_while_an_edit_is_on_its_way_is_moved_on_its_draft_too(page):
    compiled = Explorer(CASE).compiled
    fact = "evidence.cracks_in_the_pier.status"
    carry = "settings_js.carried"
    asked = state({RATE: 0.3, fact: "pending"}, given={"high_water": True})
    moved = state(
        {RATE: 0.3, "events.high_water.base_rate": 0.4, "events.gone.base_rate": 0.5},
        given={"high_water": False},
        as_of="2025-11-30",
    )
    # The edit wrote 0.3 into the text; what was taken back meanwhile stays as it was written.
    expected = state({"events.high_water.base_rate": 0.4}, given={"high_water": False})
    expected["as_of"] = "2025-11-30"
    assert page(carry, asked, moved, state({}, given={"high_water": True}), compiled) == expected
    assert page(carry, asked, asked, NOTHING, compiled) == NOTHING


@pytest.mark.parametrize(
    ("typed", "share"),
    [("25%", 0.25), ("12,5 %", 0.125), ("25", 0.25), ("0.6", 0.006), *((x, None) for x in
     ("0", "100", "20-40", "30 (20-40)", "often", "6 of 30", "", "5%%"))],
)  # fmt: skip
def test_a_slider_and_a_card_read_a_share_alike(page, typed, share):
    assert page("numbers_js.scaleOf({kind: 'probability'}).parse", typed) == share
    if share and typed != "0.6":  # which is asked back
        assert page("typed_js.readShare", typed)["form"] == f"{100 * share:g}%"


@pytest.mark.parametrize(
    ("typed", "closed", "words"),
    [("150%", False, "Above 0 and below 100"), ("0.0", False, "Above 0 and below 100"),
     ("101", True, "A number from 0 to 100"), ("0", True, None), ("12.500", False, None),
     ("0.125%", False, None), ("150", False, "Above 0 and below 100")],
)  # fmt: skip
def test_a_slider_says_why_a_share_cannot_be(page, typed, closed, words):
    assert page("numbers_js.scaleOf({kind: 'probability'}).doubt", typed, closed) == words


@pytest.mark.parametrize(
    ("typed", "asked"),
    [("1.000", "1000 or 1"), ("1.250", "1250 or 1.25"), ("12.345", "12345 or 12.3450"),
     ("-100.500", "-100500 or -100.5")],
)  # fmt: skip
def test_an_amount_whose_dot_may_part_thousands_is_asked_back(page, typed, asked):
    words = f"{asked}? Write one of the two as it stands here"
    assert page("typed_js.doubtAmount", typed) == words
    assert page("typed_js.readAmount", typed) == {"doubt": f"{words}."}
    assert page("typed_js.readSpan", f"0.5 to {typed}") == {"doubt": f"{words}."}
    one, other = asked.split(" or ")
    assert page("typed_js.readAmount", one) == {"form": float(typed.replace(".", ""))}
    assert page("typed_js.readAmount", other) == {"form": float(typed)}


@pytest.mark.parametrize(
    ("typed", "value"),
    [("1,000", 1000), ("1.0000", 1), ("0.125", 0.125), ("1234.567", 1234.567),
     ("1,234.500", 1234.5), ("1,5", 1.5), ("-5", -5)],
)  # fmt: skip
def test_an_amount_that_can_mean_one_thing_only_is_taken(page, typed, value):
    assert page("typed_js.doubtAmount", typed) is None
    assert page("typed_js.readAmount", typed) == {"form": value}
    assert page("typed_js.readSpan", f"-90 to {typed}") == {"form": f"-90 to {value}"}


def test_a_certain_share_is_read_where_one_may_be_certain(page):
    assert page("typed_js.oneShare", "100", True) == 1
    assert page("typed_js.oneShare", "0 %", True) == 0


@pytest.mark.parametrize(
    ("typed", "times"), [("3", 3), ("1,5 times", 1.5), ("×2", 2), ("0", None), ("2-6", None)]
)
def test_a_slider_and_a_card_read_a_factor_alike(page, typed, times):
    assert page("numbers_js.scaleOf({kind: 'odds'}).parse", typed) == times


def test_outcomes_are_grouped_by_what_moves_most_of_them(page):
    causes = {"a": ["x"], "b": ["y", "x"], "c": ["y"], "d": ["y", "z"], "e": [], "f": ["z"]}
    # By hand: y moves three, then x and z only one each of those that are left.
    expected = [["y", ["b", "c", "d"]], [None, ["a", "e", "f"]]]
    assert page("outcomes_js.clusters", [*causes.items()]) == expected
    causes["g"] = ["z", "z"]
    expected = [["y", ["b", "c", "d"]], ["z", ["f", "g"]], [None, ["a", "e"]]]
    assert page("outcomes_js.clusters", [*causes.items()]) == expected
    assert page("outcomes_js.clusters", []) == []


def test_a_page_is_the_same_each_time():
    """Its element had a name at random, so that a page kept in git differed each time."""
    assert live.page(CASE) == live.page(CASE)
