"""Weights add up, cost what grades cost, and tell what leans on what."""

import numpy as np
import pytest
from scipy.spatial.distance import jensenshannon

import forecasting
from forecasting.explain import evidence_raised, prior_or_evidence, weight_of_evidence
from forecasting.judgement import logit
from tests.enumeration import Enumeration
from tests.random_cases import as_text, random_case

MAIN = "priors/pakistan_taliban_2021.yaml"
DECIBANS = 10 / np.log(10)


def network(text):
    return forecasting.Network(forecasting.read(text))


def main_case():
    return forecasting.Network(forecasting.load(MAIN))


def of(rows, outcome):
    return {row.item: row for row in rows if row.outcome == outcome}


def check_sums(start):
    prior, posterior = start.prior(), start.posterior()
    rows = weight_of_evidence(start, start.event_names)
    for event in start.event_names:
        if 0 < posterior[event] < 1 and 0 < prior[event] < 1:
            total = sum(row.decibans for row in rows if row.outcome == event)
            way = (logit(posterior[event]) - logit(prior[event])) * DECIBANS
            assert total == pytest.approx(float(way), abs=1e-9)


@pytest.mark.parametrize("seed", range(60))
def test_weights_in_order_of_date_sum_to_the_whole_way(seed):
    check_sums(network(as_text(random_case(seed))))


def test_they_do_so_in_the_main_case():
    check_sums(main_case())


def test_items_come_in_the_order_of_their_dates():
    rows = of(weight_of_evidence(main_case(), ["renewed_war"]), "renewed_war").values()
    days = [row.known for row in rows]
    dated = [day for day in days if day is not None]
    assert days[: len(days) - len(dated)] == [None] * (len(days) - len(dated))
    assert dated == sorted(dated)


def test_the_witness_of_the_cab_problem_is_worth_six_decibans():
    """A witness right 4 times in 5 takes 15% to 41%.

    References
    ----------
    Tversky & Kahneman (1982), Evidential impact of base rates, in Judgment under Uncertainty,
    Cambridge University Press (the answer .41). Good (1985), Weight of evidence: a brief survey,
    Bayesian Statistics 2 (a factor of 4 is about 6 decibans).
    """
    (row,) = weight_of_evidence(network(
        "{case: cab, events: {blue_cab: {base_rate: 15%}}, evidence: {witness_says_blue:"
        " {bears_on: blue_cab, if_yes: 80%, if_no: 20%, status: confirmed}}}"
    ))  # fmt: skip
    assert row.after == pytest.approx(0.41, abs=0.005)
    assert row.decibans == pytest.approx(10 * np.log10(4))
    same = row.leave_one_out, row.alone, row.certain, row.unshared, row.ceiling
    assert same == pytest.approx((row.decibans,) * 5)


TWO_FROM_ONE = """
case: rain
events: {rain: {base_rate: 20%}}
sources: {aunt: {}, uncle: {}}
evidence:
  wet: {bears_on: rain, if_yes: 90%, if_no: 5%, reports: [{source: aunt, grade: E2}]}
  umbrella: {bears_on: rain, if_yes: 90%, if_no: 5%, reports: [{source: aunt, grade: E2}]}
"""


def test_what_sharing_a_source_costs_is_what_another_source_would_add():
    shared = network(TWO_FROM_ONE)
    row = of(weight_of_evidence(shared), "rain")["umbrella"]
    separate = TWO_FROM_ONE.replace(
        "umbrella: {bears_on: rain, if_yes: 90%, if_no: 5%, reports: [{source: aunt",
        "umbrella: {bears_on: rain, if_yes: 90%, if_no: 5%, reports: [{source: uncle",
    )
    without = TWO_FROM_ONE[: TWO_FROM_ONE.index("  umbrella")]
    seen = without + "  umbrella: {bears_on: rain, if_yes: 90%, if_no: 5%, status: confirmed}\n"
    p = {name: Enumeration(text).posterior()["rain"] for name, text in (
        ("as it is", TWO_FROM_ONE), ("separate", separate), ("without", without), ("seen", seen),
    )}  # fmt: skip
    gap = {name: float(logit(q) - logit(p["without"])) * DECIBANS for name, q in p.items()}
    assert row.leave_one_out == pytest.approx(gap["as it is"], abs=1e-9)
    assert row.unshared == pytest.approx(gap["separate"], abs=1e-9)
    assert row.certain == pytest.approx(gap["seen"], abs=1e-9)
    assert row.sharing_cost == pytest.approx(gap["separate"] - gap["as it is"], abs=1e-9)
    assert row.grade_cost > row.sharing_cost > 0


@pytest.mark.parametrize("letter", "ABCDEF")
def test_the_ceiling_is_what_a_perfect_item_from_that_source_is_worth(letter):
    """Sound with r, and then never wrong: the fact's odds grow by ((r/p0) + 1 - r) / (1 - r)."""
    text = (
        "{{case: rain, events: {{rain: {{base_rate: 20%}}}}, sources: {{aunt: {{}}}}, evidence:"
        " {{wet: {{bears_on: rain, if_yes: 60%, if_no: 10%,"
        " reports: [{{source: aunt, grade: {}}}]}}}}}}"
    )
    r = {"A": 0.95, "B": 0.85, "C": 0.70, "D": 0.50, "E": 0.30, "F": 0.50}[letter]
    p0 = 0.2 * 0.6 + 0.8 * 0.1
    yes, no = r / p0 + 1 - r, 1 - r
    factor = (0.6 * yes + 0.4 * no) / (0.1 * yes + 0.9 * no)
    for digit in "123456":
        (row,) = weight_of_evidence(network(text.format(letter + digit)))
        assert row.ceiling == pytest.approx(10 * np.log10(factor))
        assert row.decibans < row.ceiling < row.certain


def test_two_sources_on_one_fact_share_its_certainty():
    rows = weight_of_evidence(main_case())
    for row in rows:
        if row.kind == "fact" and row.certain > 0.5:
            assert row.leave_one_out <= row.certain + 1e-9


def test_a_settled_event_weighs_without_limit():
    (row,) = weight_of_evidence(network(
        "{case: rain, as_of: 2021-01-01, resolve_by: 2022-01-01,"
        " events: {rain: {base_rate: 20%, happened: 2020-12-01}}}"
    ))  # fmt: skip
    assert (row.kind, row.decibans, row.after) == ("happened", np.inf, 1.0)


# --- is it my prior or the evidence? --------------------------------------------------------------


@pytest.mark.parametrize("seed", range(60))
def test_evidence_to_the_power_of_one_is_the_posterior_and_of_nought_the_prior(seed):
    start = network(as_text(random_case(seed)))
    found = evidence_raised(start, [1.0])
    assert found[:, 0] == pytest.approx(list(start.posterior().values()), abs=1e-10)
    none_impossible = all(0 < p < 1 for p in start.prior_facts().values())
    settled = any(record.happened or record.ruled_out for record in start.case.events.values())
    if none_impossible and not settled:
        nothing = evidence_raised(start, [0.0])[:, 0]
        assert nothing == pytest.approx(list(start.prior().values()), abs=1e-10)


def test_evidence_squared_counts_each_fact_twice():
    one = "{bears_on: rain, if_yes: 70%, if_no: 30%, status: confirmed}"
    once = network(f"{{case: rain, events: {{rain: {{base_rate: 20%}}}}, evidence: {{a: {one}}}}}")
    twice = (
        f"{{case: rain, events: {{rain: {{base_rate: 20%}}}}, evidence: {{a: {one}, b: {one}}}}}"
    )
    wanted = Enumeration(twice).posterior()["rain"]
    assert evidence_raised(once, [2.0])[0, 0] == pytest.approx(wanted, abs=1e-12)


def test_a_report_that_says_nothing_still_says_nothing_when_raised():
    start = network(
        "{case: rain, events: {rain: {base_rate: 20%}}, sources: {aunt: {}}, evidence: {wet:"
        " {bears_on: rain, if_yes: 90%, if_no: 5%, reports: [{source: aunt, grade: C6}]}}}"
    )
    assert evidence_raised(start, [0.5, 3.0])[0] == pytest.approx([0.2, 0.2], abs=1e-12)


def test_sensitivity_is_the_distance_moved_for_a_doubling():
    """Near 1, against SciPy's distance of the two scaled posteriors in closed form."""
    start = network(
        "{case: rain, events: {rain: {base_rate: 20%}}, evidence: {wet:"
        " {bears_on: rain, if_yes: 90%, if_no: 15%, status: confirmed}}}"
    )
    (row,) = prior_or_evidence(start)

    def posterior(by_rate, by_evidence):
        return 1 / (1 + 4.0**by_rate / 6.0**by_evidence)

    def moved(*powers):
        p, q = posterior(1, 1), posterior(*powers)
        return jensenshannon([p, 1 - p], [q, 1 - q], base=2)

    doubling = 2 * np.log2(1 / 0.99)
    wanted = (moved(0.99, 1) + moved(1 / 0.99, 1)) / doubling
    assert row.base_rates == pytest.approx(wanted, rel=1e-6)
    assert row.evidence == pytest.approx((moved(1, 0.99) + moved(1, 1 / 0.99)) / doubling, rel=1e-6)
    assert (row.base_rates_pull, row.evidence_pull) == (-1, 1)
    assert row.verdict == "base rates and evidence in conflict"


def test_yes_and_no_can_change_places():
    """The same question asked the other way round leans on the same."""
    there, back = (
        network(
            f"{{case: rain, events: {{rain: {{base_rate: {p}}}}}, evidence: {{wet:"
            f" {{bears_on: rain, if_yes: {yes}, if_no: {no}, status: confirmed}}}}}}"
        )
        for p, yes, no in ((0.9, 0.3, 0.5), (0.1, 0.5, 0.3))
    )
    (first,), (second,) = prior_or_evidence(there), prior_or_evidence(back)
    assert first.base_rates == pytest.approx(second.base_rates)
    assert first.evidence == pytest.approx(second.evidence)
    assert first.verdict == second.verdict


@pytest.mark.parametrize(
    ("rate", "yes", "no", "verdict"),
    [
        (0.5, 0.9, 0.2, "leans on evidence"),
        (0.1, 0.5, 0.48, "leans on base rates"),
        (0.5, 0.5, 0.49, "leans on neither alone"),
        (0.2, 0.3, 0.8, "base rates and evidence agree"),
    ],
)
def test_the_verdict_in_words(rate, yes, no, verdict):
    start = network(
        f"{{case: rain, events: {{rain: {{base_rate: {rate}}}}}, evidence: {{wet:"
        f" {{bears_on: rain, if_yes: {yes}, if_no: {no}, status: confirmed}}}}}}"
    )
    assert prior_or_evidence(start)[0].verdict == verdict
