"""The oracle itself: printed numbers, closed forms, and sums done by hand."""

import math
from datetime import date

import numpy as np
import pytest
import yaml
from scipy.integrate import quad
from scipy.special import expit, logit
from scipy.stats import beta, norm

from tests.enumeration import Enumeration, weighted_quantile, worlds
from tests.stated_numbers import expected, months_between, probability, rescaled


def case(evidence, *, base_rate="20%", **more):
    """One outcome and its evidence, as the text of a case."""
    events = {"outcome": {"role": "outcome", "base_rate": base_rate}}
    return yaml.safe_dump({"events": events, "evidence": evidence, **more})


def fact(if_yes, if_no, *reports, **more):
    told = [{"source": source, "grade": grade} for source, grade in reports]
    return {"bears_on": "outcome", "if_yes": if_yes, "if_no": if_no, "reports": told, **more}


def outcome(*facts, **more):
    text = case({f"fact_{i}": one for i, one in enumerate(facts)}, **more)
    return Enumeration(text).posterior()["outcome"]


@pytest.mark.parametrize(
    ("grade", "number"),
    [("A1", 0.5657), ("B2", 0.4762), ("B3", 0.39125), ("B5", 0.1788), ("E3", 0.2675), ("F6", 0.2)],
)
def test_one_report_moves_an_outcome_at_20_percent_to_the_number_in_the_design(grade, number):
    assert outcome(fact("60%", "10%", ("one", grade))) == pytest.approx(number, abs=5e-5)


def test_a_confirmed_fact_is_the_textbook_rule():
    # 0.2 * 0.6 / (0.2 * 0.6 + 0.8 * 0.1)
    assert outcome(fact("60%", "10%", status="confirmed")) == pytest.approx(0.6, abs=1e-14)


def test_an_absent_fact_is_the_textbook_rule():
    want = 0.2 * 0.4 / (0.2 * 0.4 + 0.8 * 0.9)
    assert outcome(fact("60%", "10%", status="absent")) == pytest.approx(want, abs=1e-14)


def test_a_rare_fact_weighs_nearly_as_much_as_a_common_one():
    assert outcome(fact("6%", "1%", ("one", "B2"))) == pytest.approx(0.4880, abs=5e-5)


def test_two_sources_corroborate_the_fact_and_each_other():
    text = case({"shared": fact("60%", "10%", ("one", "B2"), ("two", "B2"))})
    events, _, sources = Enumeration(text).everything()
    assert events["outcome"] == pytest.approx(0.5868, abs=5e-5)
    assert sources == pytest.approx({"one": 0.948, "two": 0.948}, abs=5e-4)


def test_an_affirmation_and_a_denial_by_two_equal_sources():
    both = fact("60%", "10%", ("one", "B2"), ("two", "B2"))
    both["reports"][1]["says"] = "no"
    assert outcome(both) == pytest.approx(0.2660, abs=5e-5)


def test_three_facts_from_one_weak_source_and_from_three():
    one = [fact("90%", "5%", ("one", "E2")) for _ in range(3)]
    three = [fact("90%", "5%", (name, "E2")) for name in ("one", "two", "three")]
    assert outcome(*one) == pytest.approx(0.4385, abs=5e-5)
    assert outcome(*three) == pytest.approx(0.7136, abs=5e-5)


def test_the_rule_for_a_digit_by_hand():
    """A1 on a fact of 60%/10%: p0 is 0.2, L makes an even-handed reader believe it to 97%."""
    p0 = 0.2 * 0.6 + 0.8 * 0.1
    ratio = (0.97 / 0.03) / (p0 / (1 - p0))
    q = p0 * ratio + 1 - p0
    sound = {True: (0.6 * ratio + 0.4) / q, False: (0.1 * ratio + 0.9) / q}
    yes, no = (0.95 * sound[state] + 0.05 for state in (True, False))
    want = 0.2 * yes / (0.2 * yes + 0.8 * no)
    assert outcome(fact("60%", "10%", ("one", "A1"))) == pytest.approx(want, abs=1e-12)


def test_a_common_fact_is_weighed_by_its_absence():
    """A fact at 80% beforehand: its absence is the surprising one, so L = odds(c) / odds(0.2)."""
    p0, ratio = 0.2 * 0.88 + 0.8 * 0.78, (0.85 / 0.15) / 0.25
    assert p0 == pytest.approx(0.8)
    q = p0 * ratio + 1 - p0
    yes, no = (0.7 * (p * ratio + 1 - p) / q + 0.3 for p in (0.88, 0.78))
    want = 0.2 * yes / (0.2 * yes + 0.8 * no)
    assert outcome(fact("88%", "78%", ("one", "C2"))) == pytest.approx(want, abs=1e-12)


def test_a_doubtful_report_never_supports():
    """A digit of 4 on a fact at 2%: 40% would be a rise, so the report says nothing."""
    assert outcome(fact("6%", "1%", ("one", "A4"))) == pytest.approx(0.2, abs=1e-14)


def test_hit_and_false_by_hand():
    """A source sound with 70%, with P(report | fact) 0.8 and P(report | no fact) 0.3."""
    told = fact("60%", "10%")
    told["reports"] = [{"source": "one", "grade": "C", "hit": "80%", "false": 0.3}]
    p0 = 0.2
    mean = p0 * 0.8 + (1 - p0) * 0.3
    yes = 0.7 * (0.6 * 0.8 + 0.4 * 0.3) / mean + 0.3
    no = 0.7 * (0.1 * 0.8 + 0.9 * 0.3) / mean + 0.3
    assert outcome(told) == pytest.approx(0.2 * yes / (0.2 * yes + 0.8 * no), abs=1e-12)


@pytest.mark.parametrize(("m", "s"), [(-1.3, 0.4), (2.2, 1.7), (-4.0, 3.0), (0.7, 0.0)])
def test_the_expected_probability_is_the_integral(m, s):
    area, _ = quad(lambda z: expit(m + s * z) * norm.pdf(z), -12, 12, epsabs=1e-13, limit=200)
    assert expected(m, s) == pytest.approx(area, abs=1e-11)


def test_an_interval_holds_90_percent():
    judgement = probability({"low": "5%", "high": "30%"})
    assert norm(*judgement).cdf(logit([0.05, 0.30])) == pytest.approx([0.05, 0.95])


def test_a_best_is_the_median():
    judgement = probability({"low": 0.05, "best": 0.1, "high": "30%"})
    assert judgement.m == pytest.approx(math.log(1 / 9))
    assert judgement.s == pytest.approx(probability({"low": 0.05, "high": 0.3}).s)


def test_a_beta_keeps_its_mean_and_its_standard_deviation():
    m, s = probability({"beta": [2, 7]})
    square = quad(lambda z: expit(m + s * z) ** 2 * norm.pdf(z), -12, 12)[0]
    assert expected(m, s) == pytest.approx(2 / 9, abs=1e-12)
    assert square - (2 / 9) ** 2 == pytest.approx(beta(2, 7).var(), rel=1e-9)


@pytest.mark.parametrize(
    ("seen", "of", "m", "s"),
    [(0, 5, -3.053868, 1.339106), (10, 10, 3.670720, 1.217373), (6, 30, -1.381830, 0.441854)],
)
def test_counts_are_the_numbers_of_the_design(seen, of, m, s):
    assert probability({"seen": seen, "of": of}) == pytest.approx((m, s), abs=1e-6)


def test_counts_are_jeffreys():
    assert probability({"seen": 3, "of": 11}) == probability({"beta": [3.5, 8.5]})


@pytest.mark.parametrize(
    ("start", "end", "months"),
    [
        (date(2021, 9, 15), date(2022, 9, 15), 12),
        (date(2021, 9, 15), date(2021, 12, 1), 2 + 16 / 30),
        (date(2024, 1, 31), date(2024, 2, 29), 1),
        (date(2023, 1, 31), date(2023, 3, 1), 1 + 1 / 31),
        (date(2021, 9, 15), date(2021, 9, 20), 5 / 30),
    ],
)
def test_a_window_counts_whole_months_and_then_days(start, end, months):
    assert months_between(start, end) == pytest.approx(months, abs=1e-12)


def test_a_constant_hazard_over_twice_the_window():
    twice = rescaled(probability("20%"), 2, "occurs")
    assert expit(twice.m) == pytest.approx(1 - 0.8**2)
    lasting = rescaled(probability("20%"), 2, "lasts")
    assert expit(lasting.m) == pytest.approx(0.2**2)


@pytest.mark.parametrize("kind", ["occurs", "lasts"])
def test_rescaling_keeps_mean_and_standard_deviation(kind):
    stated = probability({"low": "5%", "high": "30%"})
    m, s = rescaled(stated, 0.5, kind)

    def moved(z):
        p = expit(stated.m + stated.s * z)
        return np.sqrt(p) if kind == "lasts" else 1 - np.sqrt(1 - p)

    for power in (1, 2):
        wanted = quad(lambda z, k=power: moved(z) ** k * norm.pdf(z), -12, 12)[0]
        found = quad(lambda z, k=power: expit(m + s * z) ** k * norm.pdf(z), -12, 12)[0]
        assert found == pytest.approx(wanted, rel=1e-9)


def test_counts_over_another_window_are_the_numbers_of_the_design():
    counted = {"seen": 3, "of": 36}
    moved = rescaled(probability(counted), 24, "occurs", (3.5, 33.5))
    assert moved == pytest.approx((2.107259, 1.234432), abs=2e-5)


def test_a_window_is_frozen_on_the_day_the_event_happens():
    event = {"base_rate": {"low": 0.2, "high": 0.2, "within": "12 months"}}
    event["happened"] = "2021-06"
    text = yaml.safe_dump(
        {"as_of": "2021-10-30", "resolve_by": "2022-06-30", "events": {"war": event}}
    )
    seen = Enumeration(text)
    assert seen.prior()["war"] == pytest.approx(0.2)
    assert seen.posterior()["war"] == 1
    unseen = Enumeration(text, as_of=date(2021, 5, 30))
    assert unseen.posterior()["war"] == pytest.approx(1 - 0.8 ** (13 / 12))


@pytest.mark.parametrize(
    "link", [{"raises": 4}, {"odds": "4"}, {"lowers": 0.25}, {"if_yes": 0.5, "if_no": "20%"}]
)
def test_now_alone_is_the_probability_now_and_follows_the_link(link):
    text = yaml.safe_dump(
        {
            "events": {"driver": {"base_rate": 0.3, "now": 0.9}, "outcome": {"base_rate": "20%"}},
            "links": [{"from": "driver", "to": "outcome", **link}],
        }
    )
    worked = Enumeration(text)
    assert worked.prior() == pytest.approx({"driver": 0.3, "outcome": 0.2})
    assert worked.posterior()["driver"] == pytest.approx(0.9)
    # By hand: 0.3 sigma(b + ln 4) + 0.7 sigma(b) = 0.2 is a quadratic in t = exp(b),
    # 3.2 t**2 + 0.9 t - 0.2 = 0.
    t = (-0.9 + math.sqrt(0.81 + 4 * 3.2 * 0.2)) / 6.4
    want = 0.9 * 4 * t / (1 + 4 * t) + 0.1 * t / (1 + t)
    assert worked.posterior()["outcome"] == pytest.approx(want)


def test_a_conditional_event_has_its_base_rate_if_the_other_happens():
    text = yaml.safe_dump(
        {
            "events": {
                "inside": {"given": "opened", "base_rate": 0.25},
                "opened": {"base_rate": 0.4},
                "friendly": {"base_rate": 0.3},
            },
            "links": [
                {"from": "friendly", "to": "opened", "if_yes": 0.8, "if_no": 0.3},
                {"from": "friendly", "to": "inside", "odds": 5},
            ],
        }
    )
    worked = Enumeration(text)
    assert worked.prior()["inside"] == pytest.approx(0.1)
    assert worked.joint({"inside": "yes"}, {"opened": "yes"}) == pytest.approx(0.25)
    assert worked.joint({"inside": "yes"}, {"opened": "no"}) == 0


def test_making_an_event_so_forgets_what_spoke_of_it():
    driver = {"base_rate": 0.3, "now": 0.9}
    told = {"bears_on": "driver", "if_yes": 0.9, "if_no": 0.1, "status": "confirmed"}
    text = yaml.safe_dump(
        {
            "events": {"driver": driver, "outcome": {"base_rate": 0.2}},
            "links": [{"from": "driver", "to": "outcome", "raises": 4}],
            "evidence": {"told": told},
        }
    )
    t = (-0.9 + math.sqrt(0.81 + 4 * 3.2 * 0.2)) / 6.4
    made = Enumeration(text, do={"driver": "no"})
    assert made.posterior() == pytest.approx({"driver": 0, "outcome": t / (1 + t)})
    assert made.log_evidence() == pytest.approx(0, abs=1e-14)
    assert made.facts()["told"] == pytest.approx(0.1)
    assert Enumeration(text, do={"outcome": "yes"}).posterior()["driver"] == pytest.approx(
        Enumeration(text).posterior()["driver"]
    )


def test_evidence_has_prior_mean_one():
    """A report, whatever its grade, is as likely as not to have come: its log evidence is 0."""
    text = case({"one": fact("60%", {"low": "5%", "high": "20%"}, ("one", "B2"))})
    assert Enumeration(text).log_evidence() == pytest.approx(0, abs=1e-12)


def test_at_the_medians_a_setting_is_the_case_without_its_ranges():
    ranged = case({"one": fact({"low": "40%", "high": "70%"}, 0.1, status="confirmed")})
    middle = float(expit(np.mean(logit([0.4, 0.7]))))
    plain = case({"one": fact(middle, 0.1, status="confirmed")})
    posterior, chance = Enumeration(ranged).at(np.zeros((1, 1)))
    assert posterior["outcome"] == pytest.approx(Enumeration(plain).posterior()["outcome"])
    assert np.log(chance) == pytest.approx(Enumeration(plain).log_evidence())


def test_the_latest_report_out_by_the_date_counts_and_the_file_breaks_ties():
    """Three reports of one source on one fact: which one counts, told by its digit."""

    def said(*digits_and_days):
        reports = [
            {"source": "one", "grade": f"C{digit}", **({"date": day} if day else {})}
            for digit, day in digits_and_days
        ]
        item = {**fact("60%", "10%"), "date": "2021-03", "reports": reports}
        text = case({"seen": item}, as_of="2021-06-01")
        (counted,) = Enumeration(text).reports
        return counted.digit

    assert said(("1", "2021-05-01"), ("2", "2021-05-02"), ("3", "2021-06-02")) == "2"
    assert said(("1", "2021-05-01"), ("2", None), ("3", "2021-03-31")) == "1"
    assert said(("1", "2021-03-31"), ("2", None)) == "2"
    assert said(("2", None), ("1", "2021-03-31")) == "1"


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 0, 2)])
def test_a_source_that_affirms_and_denies_a_fact_on_one_day_says_nothing_of_it(order):
    told = [{"says": "yes"}, {"says": "no"}, {"says": "yes", "date": "2021-02-28"}]
    reports = [{"source": "one", "grade": "C2", "date": "2021-03", **told[i]} for i in order]
    assert outcome({**fact("60%", "10%"), "reports": reports}) == pytest.approx(0.2)


def test_a_weighted_quantile():
    assert weighted_quantile(np.array([3.0, 1.0, 2.0]), np.array([1.0, 6.0, 3.0]), 0.7) == 2.0


def test_worlds_count_in_binary():
    assert worlds((2, 2)).tolist() == [[0, 0], [0, 1], [1, 0], [1, 1]]


def test_worlds_count_on_where_things_have_more_states():
    assert worlds((2, 3)).tolist() == [[0, 0], [0, 1], [0, 2], [1, 0], [1, 1], [1, 2]]
