"""The case of Pakistan and the Taliban covers its article, and says nothing learned later."""

import collections
import dataclasses
import re
from datetime import date
from pathlib import Path

import pytest

import forecasting
from forecasting import Network
from forecasting.answer.check import check, together
from forecasting.answer.headlines import cluster_names, clusters
from forecasting.engine.distribution import distribution
from forecasting.file import tables
from forecasting.fit import event_counts, reference_class
from forecasting.judgement import Probability

README = Path("priors/README.md").read_text(encoding="utf-8")
COVERAGE = README[README.index("## Where each claim of the article stands") :]
CHINA = {"outcome": "large", "by": ["country"], "group": "Afghanistan", "as_of": date(2021, 9, 15)}


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


def test_it_warns_of_a_count_that_came_out_later_and_of_five_years_as_one(case):
    warning, rescaled = check(case)
    assert rescaled.place == "events.lethal_strike"
    assert "60 months and carried over to 12, 5 times as short" in rescaled.text
    assert warning.place == "evidence.ttp_32_attacks_august.reports.1 (2022-01-01)"
    assert "dated after 2021-09-15" in warning.text


def test_seen_from_an_earlier_day_it_says_in_one_line_what_is_not_known_yet(case):
    _, warning = together(check(case, Network(case, as_of=date(2021, 9, 7))))
    assert warning.place.endswith("and 7 more, 10 in all, each")


def test_its_outcomes_tell_six_stories(case):
    """Names only join: dropped, links and tables still connect what they did, in ten parts."""
    network = Network(case)
    told = cluster_names(network)
    assert [len(part) for part in clusters(network)] == [14, 1, 10, 2, 1, 1]
    assert collections.Counter(told.values()) == {
        "The TTP and relations with Kabul": 14,
        "War, factions and money in Afghanistan": 10,
        "Standing abroad": 2,
        **dict.fromkeys(("The border line", "India", "Russia"), 1),
    }
    bare = {k: dataclasses.replace(event, cluster=None) for k, event in case.events.items()}
    parts = clusters(Network(dataclasses.replace(case, events=bare)))
    assert [len(part) for part in parts] == [13, 1, 8, *[1] * 7]
    assert all(len({told[name] for name in part}) == 1 for part in parts)


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
        "ttp_truce_announced", "taliban_curb_ttp", "ttp_deaths", "renewed_war",
        "chinese_money.begun", "chinese_money.spent", "india_in_kabul", "fatal_border_clash",
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


def test_a_fall_by_half_and_a_rise_by_half_are_parts_of_one_amount(case):
    """Half, and one and a half times, the deaths of the twelve months before; never both."""
    _, deaths = event_counts.series(tables.load("ttp_deaths_monthly"), "deaths")
    before = int(deaths[-12:].sum())
    assert before == 232
    cuts = case.events["ttp_deaths"].cuts
    assert cuts["falls_by_half"].text == f"<= {before // 2}"
    assert cuts["rises_by_half"].text == f">= {before * 3 // 2}"
    both = {"ttp_deaths.falls_by_half": True, "ttp_deaths.rises_by_half": True}
    assert Network(case).joints({"both": both})["both"] == 0


def test_what_is_said_of_a_year_of_ttp_deaths_is_what_its_fit_says(case):
    """The points and chances in the reason, and how far the draws of the fit differ."""
    why = case.events["ttp_deaths"].why
    prior = Network(case).prior()
    points = distribution(Network(case), "ttp_deaths").quantiles((0.05, 0.5, 0.95))[:, 0]
    (told,) = re.findall(r"([\d,]+) in the middle, ([\d,]+) to ([\d,]+)", why)
    low, middle, high = (int(number.replace(",", "")) for number in told)
    assert points == pytest.approx([middle, low, high], rel=0.005)
    rise, fall = re.findall(r"(\d+)% for a rise by half and (\d+)% for a fall", why)[0]
    assert f"{prior['ttp_deaths.rises_by_half']:.0%}" == f"{rise}%"
    assert f"{prior['ttp_deaths.falls_by_half']:.0%}" == f"{fall}%"


def test_counts_of_china_s_commitments_are_those_of_the_table(case):
    why = case.events["chinese_money"].why
    table = tables.load("chinese_commitments").until(date(2021, 9, 15))
    names, seen, of = reference_class.counts(table, CHINA)
    own = names.index("Afghanistan")
    assert f"reached $100m in one of Afghanistan's {of[own]} years" in why
    assert seen[own] == 1
    assert f"in {seen.sum()} of {of.sum()} years in all, with its neighbours" in why


def test_a_chinese_contract_has_the_chance_that_a_fit_to_the_table_gives(case):
    """7.7%, of which 0.6 points are with money spent; 3.4% is the mean of 0.5 to 10%."""
    table = tables.load("chinese_commitments").until(date(2021, 9, 15))
    _, found = reference_class.fit(table, CHINA, seed=1)
    assert not found.refused
    shares = case.events["chinese_money"].base_rate.shares
    assert found.mean == pytest.approx(shares["contract"].mean + 0.006, abs=0.01)
    assert Probability.between(0.005, 0.10).mean == pytest.approx(shares["spent"].mean, abs=0.0005)


def test_indias_steps_are_the_two_ranges_of_its_reason(case):
    """Some mission with 12 to 45%, and an embassy with 8 to 40% of those."""
    shares = case.events["india_in_kabul"].base_rate.shares
    some, full = Probability.between(0.12, 0.45).mean, Probability.between(0.08, 0.40).mean
    assert shares["embassy"].mean == pytest.approx(some * full, abs=0.001)
    assert shares["mission"].mean == pytest.approx(some * (1 - full), abs=0.001)
