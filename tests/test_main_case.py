"""The case of Pakistan and the Taliban covers its article, and says nothing learned later."""

import dataclasses
import re
from datetime import date
from pathlib import Path

import pytest

import forecasting
from forecasting import Network
from forecasting.answer.check import check

README = Path("priors/README.md").read_text(encoding="utf-8")
COVERAGE = README[README.index("## Where each claim of the article stands") :]


@pytest.fixture(scope="module")
def case():
    return forecasting.load("priors/pakistan_taliban_2021.yaml")


def test_every_name_in_the_coverage_table_stands_in_the_case_and_the_other_way_round(case):
    named = set(re.findall(r"`([a-z][a-z0-9_]+)`", COVERAGE))
    known = {*case.events, *case.evidence, *case.scenarios}
    assert named == known


@pytest.mark.parametrize(("heading", "count"), [("### Claims", 18), ("### Drivers", 19)])
def test_all_claims_and_drivers_of_the_article_are_listed(heading, count):
    section = COVERAGE[COVERAGE.index(heading) + len(heading) :].split("###")[0]
    assert [int(n) for n in re.findall(r"^\| (\d+) \|", section, re.MULTILINE)] == [
        *range(1, count + 1)
    ]


def test_it_gives_no_warning_but_of_a_count_that_came_out_later(case):
    (warning,) = check(case)
    assert warning.place == "evidence.ttp_32_attacks_august.reports.1 (2022-01-01)"
    assert "dated after 2021-09-15" in warning.text


def test_seen_from_an_earlier_day_it_says_in_one_line_what_is_not_known_yet(case):
    (warning,) = check(case, Network(case, as_of=date(2021, 9, 7)))
    assert warning.place.endswith("and 5 more, 10 in all, each")


def test_every_number_has_a_reason_and_a_reference(case):
    for item in (*case.events.values(), *case.links, *case.evidence.values()):
        assert item.why
        assert item.reference
    outcomes = [event for event in case.events.values() if event.role == "outcome"]
    assert all(event.question and event.resolution for event in outcomes)


def test_pending_indicators_cover_the_headline_questions_and_move_nothing(case):
    """Truce, curbing, violence, war, China, India, border, recognition, mediation, relations."""
    pending = {name: fact for name, fact in case.evidence.items() if fact.status == "pending"}
    assert 10 <= len(pending) <= 15
    assert {
        "ttp_truce_announced", "taliban_curb_ttp", "ttp_violence_rises", "renewed_war",
        "chinese_contract", "chinese_investment", "indian_mission_open", "fatal_border_clash",
        "lethal_strike", "recognised", "pakistan_mediates", "relationship_stronger",
    } <= {fact.bears_on for fact in pending.values()}  # fmt: skip
    for fact in pending.values():
        assert case.as_of.last < fact.watch_until.last <= case.resolve_by.last
    rest = {name: fact for name, fact in case.evidence.items() if name not in pending}
    without = Network(dataclasses.replace(case, evidence=rest)).posterior()
    assert Network(case).posterior() == pytest.approx(without, abs=1e-12)


def test_no_report_made_after_the_day_of_the_forecast_counts(case):
    network = Network(case)
    for name, fact in case.evidence.items():
        for report in network.reports(name).values():
            assert (report.date or fact.date).last <= date(2021, 9, 15)


def test_one_speaker_is_one_source(case):
    """Everything the spokesman said stands or falls together."""
    said = [name for name in case.evidence if name.startswith("mujahid_")]
    sources = {report.source for name in said for report in case.evidence[name].reports}
    assert len(said) >= 4
    assert sources == {"mujahid"}
