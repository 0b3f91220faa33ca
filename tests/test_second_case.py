"""The orchard teaches every type of question, and says what its comments say."""

import re
from dataclasses import replace
from pathlib import Path

import pytest
import yaml

import forecasting
from forecasting import Network
from forecasting.answer.check import check
from forecasting.engine.distribution import distribution
from forecasting.file.kinds import type_of

FILE = Path("priors/second_case.yaml")
README = Path("priors/README.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def case():
    return forecasting.load(FILE)


def test_it_has_every_type_of_question_and_no_warning(case):
    assert {type_of(event) for event in case.events.values()} == {"states", "ordered", "amount"}
    assert check(case) == ()


def test_the_readme_shows_what_stands_in_the_file():
    chapter = README[README.index("### An event with more answers than two") :]
    shown = yaml.load(re.search(r"```yaml\n(.*?)```", chapter, re.DOTALL)[1], yaml.BaseLoader)
    events = yaml.load(FILE.read_text(encoding="utf-8"), yaml.BaseLoader)["events"]
    assert set(shown) == {"buyer", "frost", "harvest"}
    for name, keys in shown.items():
        assert keys == {key: events[name][key] for key in keys}


def test_what_is_held_of_a_hard_frost_leaves_the_others_two_to_one(case):
    """As its comment says; taken alone, without what else is known of it."""
    alone = replace(case, links=(), evidence={})
    found = Network(alone).posterior()
    assert found["frost.hard"] == pytest.approx(0.2)
    assert found["frost.mild"] == pytest.approx(0.8 * 2 / 3)
    assert found["frost.harmful"] == pytest.approx(0.2 + 0.8 / 3)


def test_the_points_of_the_harvest_and_the_quarters_in_its_reason(case):
    """A split normal on the log scale: z of 25 and 75% is 0.674490, of 5 and 95% 1.644854."""
    points = distribution(Network(case), "harvest").quantiles((0.05, 0.25, 0.5, 0.75, 0.95))[:, 0]
    part = 0.6744897501960817 / 1.6448536269514722
    quarters = [300 * (170 / 300) ** part, 300 * (450 / 300) ** part]
    assert points == pytest.approx([170, quarters[0], 300, quarters[1], 450])
    assert "half of them lie between 240 and 350" in case.events["harvest"].why
    assert quarters == pytest.approx([240, 350], rel=0.02)


def test_a_hard_frost_counts_through_both_cuts(case):
    """Their multipliers multiply, whatever the line that is drawn."""
    exact = {"links.frost.harmful.harvest.lowers": 3, "links.frost.hard.harvest.lowers": 2.5}
    network = Network(replace(forecasting.override(case, exact), evidence={}))
    for cut, sign in (("poor", 1), ("rich", -1)):
        chances = [
            network.posterior(given={f"frost.{state}": True})[f"harvest.{cut}"]
            for state in ("mild", "light", "hard")
        ]
        mild, light, hard = (p / (1 - p) for p in chances)
        assert (light / mild, hard / light) == pytest.approx((3**sign, 2.5**sign))


def test_its_scenarios_leave_nothing_over(case):
    chances = Network(case).joints({name: one.when for name, one in case.scenarios.items()})
    assert sum(chances.values()) == pytest.approx(1)
