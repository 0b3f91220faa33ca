"""A thousand cases in whole numbers: they add up, and say what the network says."""

import json
import re
from itertools import product

import numpy as np
import pytest
from py_mini_racer import MiniRacer

from forecasting.answer.frequencies import SIZES, Frequencies, Split, facts_on, frequencies
from forecasting.cli import main
from forecasting.engine.network import Network
from forecasting.errors import InputError
from forecasting.explorer import page as live_page
from forecasting.explorer.live import scopes
from forecasting.explorer.model import compiled
from forecasting.file.case import load, read
from forecasting.tell import frequencies as told
from forecasting.tell.markup import html, markdown
from tests.browser import accessibility
from tests.enumeration import Enumeration, fact
from tests.random_cases import as_text, how_many, random_case
from tests.random_states import random_states


def random_tree(seed):
    """A random case, an outcome of it, and one or two of its facts."""
    size = {"events": (2, 3), "facts": (1, 3), "sources": (1, 2), "ranges": seed % 8 == 0}
    case = random_states(seed, **size)[0] if seed % 10 == 1 else random_case(seed, **size)
    rng = np.random.default_rng(seed)
    facts = [*case["evidence"]]
    some = [str(one) for one in rng.permutation(facts)[: rng.integers(1, 3)]]
    network = Network(read(as_text(case)))
    return case, network, str(rng.choice(network.names)), some


def by_enumeration(case, found):
    """The chances of all combinations, by adding up worlds of the case without what is known."""
    bare = {**case, "evidence": {name: dict(one) for name, one in case["evidence"].items()}}
    for name in (split.name for split in found.splits[1:]):
        bare["evidence"][name].pop("reports", None)
        bare["evidence"][name]["status"] = "pending"
    oracle = Enumeration(as_text(bare))
    weight, names = oracle.evidence()
    states = oracle._worlds(names)
    outcome, *facts = found.splits
    if outcome.parts == ("yes", "no"):
        ((event, mask),) = oracle.conditions({outcome.name: "yes"}).items()
        parts = [mask, ~np.asarray(mask, dtype=bool)]
    else:
        event, parts = outcome.name, np.eye(len(outcome.parts), dtype=bool)
    sides = [np.asarray(part, dtype=bool)[states[:, names.index(event)]] for part in parts]
    columns = [states[:, names.index(fact(one.name))] for one in facts]
    chances = [
        weight[0] @ np.all([side, *(c == s for c, s in zip(columns, seen, strict=True))], axis=0)
        for side in sides
        for seen in product((1, 0), repeat=len(facts))
    ]
    return np.array(chances) / weight.sum()


@pytest.fixture(scope="module")
def v8():
    page = MiniRacer()
    page.eval(scopes("view/view.js"))  # all modules
    yield page
    page.close()


def test_trees_of_random_networks_are_whole_add_up_and_tell_of_rounding():
    moved = rare = 0
    for seed in range(how_many(200)):
        case, network, outcome, facts = random_tree(seed)
        found = frequencies(network, outcome, facts)
        exact = by_enumeration(case, found)
        np.testing.assert_allclose(found.chances.ravel(), exact, atol=1e-9)
        assert found.counts.dtype == int
        assert found.counts.min() >= 0
        assert found.counts.sum() == found.cases in SIZES
        counts, chances = found.counts, exact.reshape(found.counts.shape)
        for depth in range(1, counts.ndim + 1):  # at every level a case up or down, and no more
            rest = tuple(range(depth, counts.ndim))
            quotas = chances.sum(axis=rest) * found.cases
            assert np.abs(counts.sum(axis=rest) - quotas).max() < 1
        seen = (slice(None), *found.facts)
        asked = found.splits[0].seen
        answer = chances[seen][asked] / chances[seen].sum() if chances[seen].sum() else np.nan
        whole = counts[seen][asked] / counts[seen].sum() if counts[seen].sum() else np.nan
        is_moved = not abs(answer - whole) <= 0.01
        assert any("over a point" in text for text in told.words(found)) == is_moved
        moved, rare = moved + is_moved, rare + (found.cases > 1000)
    assert moved
    assert rare


def test_the_page_counts_and_says_the_same(v8):
    for seed in range(20):
        _, network, outcome, facts = random_tree(seed)
        found = frequencies(network, outcome, facts)
        first = found.splits[0]
        states = network.case.events.get(first.name)
        parts = [(first.name, True), (first.name, False)]
        if first.parts != ("yes", "no"):
            parts = [(f"{first.name}.{state}", True) for state in states.states]
        asked = [[{"name": name, "holds": holds} for name, holds in parts]]
        asked += [[{"name": name, "holds": holds} for holds in (True, False)] for name in facts]
        page = {"compiled": compiled(network), "splits": found.as_json()["splits"], "asked": asked}
        page = {**page, "forecast": found.forecast}
        code = """(() => {
            const { compiled, splits, asked, forecast } = JSON.parse(TEXT);
            const chances = engine_js.engine(compiled).divided({}, asked);
            const found = frequencies_js.frequencies(splits, chances, forecast);
            return JSON.stringify([found, frequencies_js.words(found)]);
        })()"""
        same, words = json.loads(v8.eval(code.replace("TEXT", json.dumps(json.dumps(page)))))
        np.testing.assert_allclose(same["chances"], found.chances.ravel(), atol=1e-12)
        assert (same["cases"], same["counts"]) == (found.cases, found.counts.ravel().tolist())
        assert words == told.words(found)


# One in a hundred has it; the test finds 80% of those, and 9.6% of the others: Eddy (1982),
# doi:10.1017/CBO9780511809477.019, as Gigerenzer and Hoffrage count it.
SCREEN = """
case: screen
events: {ill: {title: Ill, base_rate: 1%}}
evidence: {positive: {claim: Positive., bears_on: ill, if_yes: 80%, if_no: 9.6%, status: pending}}
"""


def test_a_screening_is_counted_as_published():
    found = frequencies(Network(read(SCREEN)), "ill", ["positive"])
    assert found.counts.tolist() == [[8, 2], [95, 895]]
    assert told.words(found) == [
        "Of 1,000 cases like this one, “Ill” is so in 10 and not in 990.",
        "“Positive” holds in 8 of the 10 and in 95 of the 990.",
        "That leaves 103 cases, and “Ill” is so in 8 of them: 7.8%.",
        "The forecast is 1.0%: it counts the facts as they are known, not as if they had been "
        "seen.",
    ]
    assert told.tree(found) == [
        "├─ 10 yes: Ill",
        "│  ├─ 8 yes: Positive  ←",
        "│  └─ 2 no",
        "└─ 990 no",
        "   ├─ 95 yes: Positive  ←",
        "   └─ 895 no",
    ]
    table = markdown(told.table(found)).splitlines()
    assert table[4:] == [
        "| yes: Positive | 8 | 95 | 103 |",
        "| no: Positive | 2 | 895 | 897 |",
        "| all cases | 10 | 990 | 1,000 |",
    ]


def test_what_is_rarer_than_one_in_a_thousand_has_more_cases():
    found = frequencies(Network(read(SCREEN.replace(" 1%", " 0.03%"))), "ill", ["positive"])
    assert (found.cases, found.total(0), found.total(0, 0)) == (10_000, 3, 2)
    assert "There are 10,000 cases, as in 1,000 something so rare had none." in told.words(found)


def test_a_fact_known_not_to_be_so_is_asked_about_as_such():
    network = Network(read(SCREEN.replace("pending", "absent")))
    found = frequencies(network, "ill", ["positive"])
    assert found.answer == pytest.approx(0.01 * 0.2 / (0.01 * 0.2 + 0.99 * 0.904))
    assert found.answer == pytest.approx(found.forecast)
    assert facts_on(network, "ill") == ["positive"]
    assert facts_on(Network(read(SCREEN)), "ill") == []


def test_the_picture_draws_areas_in_proportion_and_text_as_text():
    case = SCREEN.replace("title: Ill", "title: <b>").replace(" 1%", " 40%")
    found = frequencies(Network(read(case)), "ill", ["positive"])
    picture = told.picture(found)
    assert "<b>" not in picture.svg + html(told.markup(found))
    boxes = re.findall(r'width="([\d.]+)" height="([\d.]+)" fill=', picture.svg)
    areas = [(float(wide) + 1) * (float(high) + 1) for wide, high in boxes]
    shares = np.array([320, 80, 58, 542]) / 1000  # with the fact first, then without
    np.testing.assert_allclose(np.array(areas) / sum(areas), shares, atol=2e-4)


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        (["positiv"], "did you mean positive?"),
        (["positive"] * 2, "one fact, or two that differ"),
        (["ill"] * 3, "too much for one tree"),
    ],
)
def test_facts_that_are_none_are_refused(facts, words):
    with pytest.raises(InputError, match=words.replace("?", r"\?")):
        frequencies(Network(read(SCREEN)), "ill", facts)


def test_an_event_can_divide_the_cases_too():
    case = "{case: two, events: {a: {base_rate: 30%}, b: {base_rate: 20%}}}"
    assert frequencies(Network(read(case)), "a", ["b"]).counts.tolist() == [[60, 240], [140, 560]]


def test_all_else_that_is_known_counts():
    wet = "wet: {claim: Wet, bears_on: ill, if_yes: 90%, if_no: 10%, status: confirmed}"
    network = Network(read(SCREEN.replace("{positive", f"{{{wet}, positive")))
    assert frequencies(network, "ill", ["positive"]).total(0) == 83  # 0.9% against 9.9%


def test_a_share_of_no_cases_is_none():
    splits = Split("a", "A", ("yes", "no"), 0), Split("b", "B", ("yes", "no"), 0)
    counts = np.array([[0, 1000], [0, 0]])
    found = Frequencies(1000, splits, counts, counts / 1000, 1.0)
    assert "no share of none" in " ".join(told.words(found))


def test_a_command_prints_tree_table_and_words(capsys):
    tree = ["explain", "priors/first_case.yaml", "--tree", "cracks_in_the_pier"]
    assert main(tree) == 0
    printed = capsys.readouterr().out
    assert "1,000 cases like this one" in printed
    assert "Of 1,000 cases like this one, “Bridge closed for a day or more”" in printed
    assert main([*tree, "--format", "json"]) == 0
    assert sum(json.loads(capsys.readouterr().out)["counts"]) == 1000
    assert main([*tree, "--format", "csv"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "bridge_closed,cracks_in_the_pier,cases,probability"
    assert sum(int(line.split(",")[2]) for line in lines[1:]) == 1000


def test_an_explorer_counts_what_it_is_asked_on_a_phone(offline_page, tmp_path):
    first = load("priors/first_case.yaml")
    path = tmp_path / "bridge.html"
    path.write_text(live_page(first), encoding="utf-8")
    page = offline_page(path, width=360, height=740)
    fold = page.locator("details.fc-frequency:has(select)")
    fold.locator("summary").click()
    facts = ["cracks_in_the_pier", "council_budgets_salt_only"]
    for select, fact_ in zip(fold.locator("select").all(), facts, strict=True):
        select.select_option(fact_)
    found = frequencies(Network(first), "bridge_closed", facts)
    assert fold.locator(".fc-told p").all_inner_texts() == told.words(found)
    boxes = fold.locator(".fc-square rect").all()
    assert len(boxes) == 6  # both facts, the first alone, neither
    assert page.evaluate("document.documentElement.scrollWidth") == 360
    assert accessibility(page) == []
