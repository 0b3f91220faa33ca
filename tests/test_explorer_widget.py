"""What the explorer does without a browser: its settings, its files, what it displays."""

import json
import re
from html.parser import HTMLParser

import pytest

from forecasting import explorer as package
from forecasting.answer.forecast import run
from forecasting.engine.network import Network
from forecasting.errors import InputError
from forecasting.explorer.live import as_json, fragment, joined, module, page
from forecasting.explorer.picture import picture
from forecasting.explorer.widget import LIVE, NOTHING, PICTURE, VIEW, Explorer
from forecasting.file.case import load, read
from forecasting.file.overlay import apply, override
from tests import several

CASE = load("priors/first_case.yaml")
RATE = "events.bridge_closed.base_rate"
HOSTILE = "</script><script>window.X = 1</script>\"'><img src=x onerror=alert(1)> ${7*7} <!--"

FACT = {
    "claim": "The council orders barriers.",
    "bears_on": "bridge_closed",
    "if_yes": "60%",
    "if_no": "20%",
    "status": "confirmed",
}


@pytest.fixture
def explorer():
    return Explorer(CASE)


def from_page(explorer, **settings):
    """What the page sends when the hand has moved something."""
    explorer.set_state({"settings": NOTHING | settings})


class TestSettings:
    def test_it_starts_with_the_case_as_it_is_and_its_first_outcome(self, explorer):
        assert explorer.settings == NOTHING
        assert explorer.outcome == "bridge_closed"
        assert explorer.overrides == {}

    def test_what_is_held_now_of_a_state_is_added_where_the_page_has_no_slider_for_it(self):
        text = "{case: x, events: {x: {states: [a, b, c], base_rate: {a: 50%, b: 30%, c: rest}}}}"
        explorer = Explorer(read(text))
        explorer.set("events.x.now.c", "36%")
        assert (explorer.added, explorer.settings["overrides"]) == ({"events.x.now.c": "36%"}, {})
        explorer.set("events.x.now.c", 0.2)
        assert explorer.settings["overrides"] == {"events.x.now.c": 0.2}
        found = explorer.forecast.set_index("event")["posterior"]
        assert found.tolist() == pytest.approx([0.5, 0.3, 0.2], abs=1e-9)

    def test_what_python_sets_is_what_the_network_computes(self, explorer):
        explorer.settings = {
            "overrides": {
                RATE: "30%",
                "links.high_water.bridge_closed.raises": {"low": 1, "high": 3},
            },
            "given": {"high_water": "yes"},
        }
        case = override(
            CASE, {RATE: 0.3, "links.high_water.bridge_closed.raises": {"low": 1, "high": 3}}
        )
        expected = Network(case).posterior({"high_water": True})
        table = explorer.forecast.set_index("event")
        assert table["posterior"].to_dict() == pytest.approx(expected, abs=1e-12)

    @pytest.mark.parametrize(
        ("written", "numbers"),
        [
            ("12.5%", 0.125),
            (0.125, 0.125),
            (
                {"low": "10%", "best": "20%", "high": "40%"},
                {"low": 0.0926, "best": 0.2, "high": 0.3798},
            ),
            ({"low": 0.1, "best": 0.2, "high": 0.4}, {"low": 0.1, "best": 0.2, "high": 0.4}),
            ({"seen": 3, "of": 36, "within": "1 month"}, {"seen": 3, "of": 36}),
            ("likely", {"low": 0.55, "best": 0.6886, "high": 0.8}),
            ({"best": "20%", "within": "8 months"}, {"best": 0.2, "within": "8 months"}),
        ],
    )
    def test_numbers_reach_the_page_as_numbers(self, explorer, written, numbers):
        explorer.set(RATE, written)
        sent = explorer.settings["overrides"][RATE]
        if not isinstance(numbers, dict):
            assert sent == numbers
            return
        for name, value in numbers.items():
            assert sent[name] == (
                value if isinstance(value, str) else pytest.approx(value, abs=2e-4)
            )

    def test_numbers_for_the_page_stand_for_the_same_judgement(self, explorer):
        explorer.set("evidence.cracks_in_the_pier.if_yes", {"low": "20%", "high": "45%"})
        stated = override(
            CASE, {"evidence.cracks_in_the_pier.if_yes": {"low": "20%", "high": "45%"}}
        )
        assert explorer.changed.evidence["cracks_in_the_pier"].if_yes.mean == pytest.approx(
            stated.evidence["cracks_in_the_pier"].if_yes.mean, abs=1e-14
        )

    @pytest.mark.parametrize(
        ("path", "value"),
        [
            ("events.bridge_close.base_rate", 0.3),
            (RATE, "130%"),
            (RATE, "often"),
            ("evidence.cracks_in_the_pier.reports.0.grade", "Z9"),
            ("evidence.new_fact", {"claim": "no likelihoods"}),
        ],
    )
    def test_what_does_not_fit_is_one_error_and_changes_nothing(self, explorer, path, value):
        explorer.set("events.repairs_done.now", 0.5)
        settings, compiled = explorer.settings, explorer.compiled
        with pytest.raises(InputError):
            explorer.set(path, value)
        assert explorer.settings == settings
        assert explorer.compiled is compiled

    @pytest.mark.parametrize(
        "settings",
        [
            {"override": {}},
            {"given": {"no_such_event": True}},
            {"do": {"high_water": "perhaps"}},
            {"as_of": "2031-01-01"},
        ],
    )
    def test_settings_that_do_not_fit_are_refused_as_a_whole(self, explorer, settings):
        with pytest.raises(InputError):
            explorer.settings = settings
        assert explorer.settings == NOTHING

    def test_an_unknown_outcome_is_refused_with_the_nearest_name(self, explorer):
        with pytest.raises(InputError, match="did you mean high_water"):
            explorer.outcome = "high_waters"

    def test_one_change_or_all_can_be_taken_back(self, explorer):
        explorer.set(RATE, 0.3)
        explorer.set("events.repairs_done.now", 0.5)
        explorer.set("evidence.barriers", FACT)
        explorer.reset(RATE)
        assert set(explorer.overrides) == {"events.repairs_done.now", "evidence.barriers"}
        explorer.reset()
        assert explorer.overrides == {}
        assert explorer.case == CASE

    def test_undo_takes_back_the_latest_change_whatever_it_was(self, explorer):
        explorer.set(RATE, 0.3)
        explorer.set("evidence.barriers", FACT)
        explorer.set(RATE, 0.4)
        explorer.undo()
        assert explorer.overrides[RATE] == 0.3
        explorer.undo()
        assert set(explorer.overrides) == {RATE}
        explorer.undo()
        explorer.undo()
        assert explorer.overrides == {}

    def test_a_drag_is_one_step_back(self, explorer):
        for p in (0.21, 0.22, 0.23):
            from_page(explorer, overrides={RATE: p})
        explorer.undo()
        assert explorer.overrides == {}

    def test_an_added_fact_and_what_was_moved_of_it_are_taken_back_together(self, explorer):
        explorer.set("evidence.barriers", FACT)
        explorer.set("evidence.barriers.if_yes", 0.7)
        moved = explorer.overrides
        explorer.reset()
        assert explorer.overrides == {}
        assert explorer.case == CASE
        explorer.undo()
        assert explorer.overrides == moved

    def test_the_page_takes_back_a_fact_as_one_step_that_python_can_undo(self, explorer):
        start = explorer.compiled
        explorer.set(RATE, 0.3)
        explorer.set("evidence.barriers", FACT)
        assert explorer.compiled["added"] == {"evidence.barriers": FACT}
        assert explorer.compiled["shape"] == explorer.shape != start["shape"]
        explorer.set_state({"settings": explorer.settings, "shape": start["shape"], "told": 1})
        assert explorer.case == CASE
        assert explorer.compiled == start
        explorer.set_state({"settings": NOTHING, "told": 2})
        explorer.undo()
        assert explorer.overrides == {RATE: 0.3}
        explorer.undo()
        assert set(explorer.overrides) == {RATE, "evidence.barriers"}

    def test_what_the_page_resets_at_once_is_one_step(self, explorer):
        start = explorer.shape
        explorer.set("evidence.barriers", FACT)
        explorer.set("evidence.barriers.if_yes", 0.7)
        explorer.set_state({"settings": NOTHING, "shape": start})
        assert (explorer.overrides, explorer.case) == ({}, CASE)
        explorer.undo()
        assert set(explorer.overrides) == {"evidence.barriers", "evidence.barriers.if_yes"}

    def test_an_outcome_that_the_page_knows_and_python_does_not_is_the_first_one(self, explorer):
        explorer.set_state({"outcome": "gone"})
        assert explorer.outcome == "bridge_closed"

    def test_python_says_what_it_has_heard_and_takes_a_lost_message_once(self, explorer):
        explorer.set_state({"settings": NOTHING | {"overrides": {RATE: 0.3}}, "told": 1})
        assert explorer.heard == 1
        explorer.set(RATE, 0.4)
        again = {"settings": NOTHING | {"overrides": {RATE: 0.3}}, "told": 1}
        explorer._handle_custom_msg(again, [])  # it was heard, and Python has spoken since
        assert explorer.overrides == {RATE: 0.4}
        explorer._handle_custom_msg(again | {"told": 2}, [])
        assert (explorer.overrides, explorer.heard) == ({RATE: 0.3}, 2)

    def test_a_fact_the_page_leaves_out_does_not_count(self, explorer):
        path = "evidence.cracks_in_the_pier"
        from_page(explorer, overrides={f"{path}.status": "pending", f"{path}.reports": []})
        assert explorer.run().network.posterior()["bridge_closed"] == pytest.approx(
            Network(
                override(CASE, {f"{path}.status": "pending", f"{path}.reports": []})
            ).posterior()["bridge_closed"]
        )


class TestFiles:
    def test_what_is_saved_comes_back(self, explorer, tmp_path):
        file = tmp_path / "me.yaml"
        explorer.set(RATE, {"low": "20%", "high": "40%"})
        explorer.set("evidence.barriers", FACT)
        explorer.save(file, why="a wet autumn")
        again = Explorer.load(CASE, file)
        assert again.forecast.equals(explorer.forecast)
        assert again.analyst == "analyst"
        assert Network(apply(CASE, file)).posterior() == pytest.approx(
            dict(zip(again.forecast["event"], again.forecast["posterior"], strict=True)), abs=1e-12
        )

    def test_with_a_path_every_change_is_kept_at_once_and_found_again(self, tmp_path):
        file = tmp_path / "me.yaml"
        explorer = Explorer(CASE, path=file, analyst="Ada")
        assert not file.exists()
        from_page(explorer, overrides={RATE: 0.31})
        assert "0.31" in file.read_text()
        explorer.set("evidence.barriers", FACT)
        del explorer  # the kernel dies
        again = Explorer(CASE, path=file, analyst="Ada")
        assert again.overrides[RATE] == 0.31
        assert "barriers" in again.case.evidence
        assert [entry.name for entry in tmp_path.iterdir()] == ["me.yaml"]

    def test_an_overlay_of_another_case_is_refused(self, tmp_path):
        file = tmp_path / "other.yaml"
        file.write_text("analyst: Ada\ncase: another-case\noverrides: {}\n")
        with pytest.raises(InputError, match="another case"):
            Explorer.load(CASE, file)


class Loads(HTMLParser):
    """What an HTML page would load, and the elements it consists of."""

    def __init__(self, text):
        super().__init__()
        self.found, self.tags = [], []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.found += [v for name, v in attrs if name in ("src", "href", "data", "srcset")]


class TestDisplay:
    def test_it_offers_widget_live_page_picture_and_text(self, explorer):
        data, _ = explorer._repr_mimebundle_()
        assert {VIEW, LIVE, PICTURE, "text/plain"} <= data.keys()
        assert re.fullmatch(r"Bridge.*: \d+%, [a-z ]+", data["text/plain"])

    def test_a_notebook_gets_the_widget_the_live_page_and_its_moves_as_outputs(
        self, explorer, monkeypatch
    ):
        shown = []
        monkeypatch.setattr("IPython.display.display", lambda data, **_: shown.append(set(data)))
        explorer._ipython_display_()
        assert shown == [{VIEW, "text/plain"}, {LIVE, PICTURE}, {LIVE}]

    def test_the_live_page_knows_the_widget_it_stands_in_for(self, explorer):
        data, _ = explorer._repr_mimebundle_()
        assert f'data-fc-key="{explorer.key}"' in data[LIVE]

    def test_a_page_loads_nothing(self):
        text = page(CASE)
        assert Loads(text).found == []
        assert not re.search(r"url\(|@import|import\(|fetch\(|XMLHttp", text)

    def test_the_page_of_the_main_case_is_under_a_megabyte(self):
        assert len(page(load("priors/pakistan_taliban_2021.yaml")).encode()) < 1_000_000

    def test_settings_travel_with_the_page(self):
        text = fragment(CASE, NOTHING | {"overrides": {RATE: 0.3}})
        island = re.search(r'<script type="application/json"[^>]*>(.*?)</script>', text)[1]
        assert json.loads(island)["settings"]["overrides"] == {RATE: 0.3}

    def test_text_of_a_case_never_becomes_markup(self):
        quoted = json.dumps(HOSTILE)
        case = read(f"""
            case: hostile
            title: {quoted}
            events: {{rain: {{title: {quoted}, question: {quoted}, why: {quoted}, base_rate: 20%}}}}
            sources: {{s: {{title: {quoted}, interest: {quoted}}}}}
            evidence:
              f:
                {{claim: {quoted}, why: {quoted}, bears_on: rain, if_yes: 90%, if_no: 10%,
                 reports: [{{source: s, grade: B2}}]}}
        """)
        text = page(case)
        assert Loads(text).tags.count("script") == Loads(page(CASE)).tags.count("script")
        assert "img" not in Loads(text).tags
        assert "<img" not in picture(run(case))

    def test_json_in_a_script_element_keeps_its_value(self):
        value = {"claim": HOSTILE + "\u2028\u2029&amp;"}
        assert json.loads(as_json(value)) == value
        assert not re.search(r"[<>&\u2028\u2029]", as_json(value))

    def test_the_picture_tells_its_numbers_to_those_who_cannot_see_it(self):
        drawn = picture(run(CASE))
        assert 'role="img"' in drawn
        assert re.search(r'aria-label="[^"]*\d%', drawn)

    def test_the_picture_names_states_below_their_event_and_tells_an_amount(self):
        drawn = picture(run(read(several.TEXT)))
        texts = re.findall(r"<text[^>]*>([^<]*)</text>", drawn)
        shown = texts[texts.index("Cabinet") :]
        assert shown[:7] == [
            "Cabinet", "The caretaker cabinet stays", "46%", "roughly even chance",
            "An inclusive one", "35%", "unlikely",
        ]  # fmt: skip
        amount = shown.index("Deaths in a year")
        assert shown[amount + 1] == "389 deaths, 90% range 115 to 1,120; before 240"
        assert "Cabinet: The caretaker cabinet stays 46%, An inclusive one 35%" in drawn
        bold = re.findall(r'text-anchor="end" font-weight="600">([^<%]*)</text>', drawn)
        assert bold == ["Cabinet", "tension", "Deaths in a year", "A strike"]


class TestModules:
    def test_they_become_one_module_with_the_export_that_anywidget_wants(self):
        text = module()
        assert not re.search(r"^import ", text, re.M)
        assert re.findall(r"^export .*", text, re.M) == ["export default { render };"]

    def test_the_names_taken_out_of_the_joined_modules_are_there(self):
        names = re.search(r"^const \{ (.*) \} = view_js;$", joined(), re.M)[1].split(", ")
        offered = re.findall(r"^return \{ (.*) \};$", joined(), re.M)[-1].split(", ")
        assert {"mount", "render"} == set(names) <= set(offered)

    def test_every_imported_name_is_exported_by_its_module(self):
        scopes = dict(
            re.findall(r"^const (\w+)_js = \(\(\) => \{\n(.*?)^\}\)\(\);", joined(), re.M | re.S)
        )
        offered = {
            name: re.search(r"^return \{ (.*) \};", text, re.M)[1] for name, text in scopes.items()
        }
        for text in scopes.values():
            for names, source in re.findall(r"^const \{\s*([^}]*?),?\s*\} = (\w+)_js;", text, re.M):
                assert set(re.split(r",\s*", names)) <= set(offered[source].split(", "))

    def test_the_package_names_what_people_use(self):
        assert package.Explorer is Explorer
        assert package.page is page
        with pytest.raises(AttributeError, match="no attribute"):
            package.nothing  # noqa: B018


# --- blind ----------------------------------------------------------------------------------------


def test_a_blind_explorer_shows_no_forecast_until_a_number_is_committed():
    explorer = Explorer(CASE, blind=True)
    bundle, _ = explorer._repr_mimebundle_()
    assert "image/svg+xml" not in bundle
    assert "27%" not in bundle["text/plain"]
    assert '"blind":true' in bundle["text/html"]
    assert "<svg" not in bundle["text/html"].partition("<script")[0]
    explorer.set_state({"committed": {"line": "FC1-...", "number": 40}})
    bundle, _ = explorer._repr_mimebundle_()
    assert "27%" in bundle["text/plain"]
    assert "image/svg+xml" in bundle
