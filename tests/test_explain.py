"""Weights add up, cost what grades cost, and tell what leans on what."""

import numpy as np
import pytest
from scipy.spatial.distance import jensenshannon

import forecasting
from forecasting.answer.explain import WeightRow, prior_or_evidence, weight_of_evidence
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
    rows = weight_of_evidence(start, start.names)
    for event in start.names:  # each yes/no event, each state and each cut
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
    """Sound with r, and then never wrong: the fact's odds grow by ((r/p0) + 1 - r) / (1 - r).

    A report of digit 5 speaks against its fact, so its ceiling is that of a perfect denial.
    """
    text = (
        "{{case: rain, events: {{rain: {{base_rate: 20%}}}}, sources: {{aunt: {{}}}}, evidence:"
        " {{wet: {{bears_on: rain, if_yes: 60%, if_no: 10%,"
        " reports: [{{source: aunt, grade: {}}}]}}}}}}"
    )
    r = {"A": 0.95, "B": 0.85, "C": 0.70, "D": 0.50, "E": 0.30, "F": 0.50}[letter]
    p0 = 0.2 * 0.6 + 0.8 * 0.1
    for digit in "123456":
        (row,) = weight_of_evidence(network(text.format(letter + digit)))
        yes, no = (1 - r, r / (1 - p0) + 1 - r) if digit == "5" else (r / p0 + 1 - r, 1 - r)
        factor = (0.6 * yes + 0.4 * no) / (0.1 * yes + 0.9 * no)
        assert row.ceiling == pytest.approx(10 * np.log10(factor))
        assert abs(row.alone) < abs(row.ceiling) < abs(row.certain)


def test_a_fact_affirmed_and_denied_points_one_way():
    """Two sources, A1 for and B3 against: both perfect, both for, is the most it could be."""
    (row,) = weight_of_evidence(network(
        "{case: rain, events: {rain: {base_rate: 20%}}, sources: {aunt: {}, uncle: {}}, evidence:"
        " {wet: {bears_on: rain, if_yes: 60%, if_no: 10%, reports: [{source: aunt, grade: A1},"
        " {source: uncle, grade: B3, says: no}]}}}"
    ))  # fmt: skip
    p0 = 0.2 * 0.6 + 0.8 * 0.1
    yes = np.prod([r / p0 + 1 - r for r in (0.95, 0.85)])
    no = np.prod([1 - r for r in (0.95, 0.85)])
    factor = (0.6 * yes + 0.4 * no) / (0.1 * yes + 0.9 * no)
    assert row.ceiling == pytest.approx(10 * np.log10(factor))
    assert 0 < row.alone < row.ceiling


def test_costs_have_the_sign_of_a_loss_whichever_way_a_fact_pushes():
    text = (
        "{{case: rain, events: {{rain: {{base_rate: 40%}}}}, sources: {{aunt: {{}}}}, evidence:"
        " {{wet: {{bears_on: rain, if_yes: {}, if_no: {},"
        " reports: [{{source: aunt, grade: D3}}]}}}}}}"
    )
    (up,) = weight_of_evidence(network(text.format("60%", "20%")))
    (down,) = weight_of_evidence(network(text.format("20%", "60%")))
    assert up.decibans > 0 > down.decibans
    assert up.grade_cost > 0
    assert down.grade_cost > 0


def test_an_item_counts_from_the_day_its_last_report_was_made():
    rows = weight_of_evidence(network(
        "{case: rain, as_of: 2021-06-01, resolve_by: 2022-01-01,"
        " events: {rain: {base_rate: 20%}}, sources: {aunt: {}, uncle: {}}, evidence:"
        " {wet: {bears_on: rain, date: 2021-01-01, if_yes: 60%, if_no: 10%, reports:"
        " [{source: aunt, grade: D3}, {source: uncle, grade: A1, date: 2021-05-01}]},"
        " dark: {bears_on: rain, date: 2021-03-01, if_yes: 60%, if_no: 10%, status: confirmed}}}"
    ))  # fmt: skip
    assert [(row.item, str(row.known)) for row in rows] == [
        ("dark", "2021-03-01"),
        ("wet", "2021-05-01"),
    ]


def test_many_facts_that_leave_no_doubt_still_weigh_what_they_weigh():
    """Eight facts of 999 to 1: each is worth 30 decibans, the eighth as the first."""
    facts = ", ".join(
        f"f{i}: {{bears_on: rain, if_yes: 99.9%, if_no: 0.1%, status: confirmed}}" for i in range(8)
    )
    rows = weight_of_evidence(
        network(f"{{case: rain, events: {{rain: {{base_rate: 20%}}}}, evidence: {{{facts}}}}}")
    )
    for row in rows:
        assert row.decibans == pytest.approx(10 * np.log10(999))
        assert row.leave_one_out == pytest.approx(10 * np.log10(999))


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


def test_sensitivity_is_the_distance_moved_for_a_doubling():
    """Near 1, against SciPy's distance of the two scaled posteriors in closed form."""
    start = network(
        "{case: rain, events: {rain: {base_rate: 20%}}, evidence: {wet:"
        " {bears_on: rain, if_yes: 90%, if_no: 15%, status: confirmed}}}"
    )
    (row,) = prior_or_evidence(start)

    def moved(power):
        p, q = (1 / (1 + 4.0**x / 6.0) for x in (1, power))
        return jensenshannon([p, 1 - p], [q, 1 - q], base=2)

    doubling = 2 * np.log2(1 / 0.99)
    wanted = (moved(0.99) + moved(1 / 0.99)) / doubling
    assert row.base_rates == pytest.approx(wanted, rel=1e-6)
    assert row.verdict == "in conflict"
    assert row.decibans == pytest.approx(10 * np.log10(6))


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
    assert first.decibans == pytest.approx(-second.decibans)
    assert first.verdict == second.verdict


@pytest.mark.parametrize(
    ("rate", "yes", "no", "verdict"),
    [
        (0.5, 0.9, 0.2, "evidence-driven"),
        (0.1, 0.5, 0.48, "prior-driven"),
        (0.5, 0.5, 0.49, "prior-driven"),  # powers leave an even chance as it is
        (0.5, 0.52, 0.4, "driven by neither alone"),
        (0.2, 0.3, 0.8, "prior and evidence agree"),
        (0.2, 0.9, 0.15, "in conflict"),
        (0.2, 0.402, 0.2, "in conflict"),
        (0.2, 0.398, 0.2, "prior-driven"),  # not quite twice the odds
    ],
)
def test_the_verdict_in_words(rate, yes, no, verdict):
    start = network(
        f"{{case: rain, events: {{rain: {{base_rate: {rate}}}}}, evidence: {{wet:"
        f" {{bears_on: rain, if_yes: {yes}, if_no: {no}, status: confirmed}}}}}}"
    )
    assert prior_or_evidence(start)[0].verdict == verdict


def test_without_evidence_a_forecast_is_prior_driven_whatever_its_base_rate():
    for rate in ("50%", "45%", "0.02%", "{low: 1%, high: 99%}"):
        start = network(f"{{case: rain, events: {{rain: {{base_rate: {rate}}}}}}}")
        assert prior_or_evidence(start)[0].verdict == "prior-driven"


def test_an_event_that_has_happened_counts_as_evidence():
    rows = prior_or_evidence(network(
        "{case: rain, as_of: 2021-06-01, resolve_by: 2022-01-01, events: {clouds: {role: driver,"
        " base_rate: 50%, happened: 2021-05-01}, rain: {base_rate: 30%}},"
        " links: [{from: clouds, to: rain, raises: 30}]}"
    ))  # fmt: skip
    rain = rows[-1]
    assert (rain.outcome, rain.decibans > 3) == ("rain", True)
    assert rain.verdict in ("evidence-driven", "in conflict")


@pytest.mark.parametrize("rate", ["90%", "95%", "97%"])
def test_evidence_on_what_is_all_but_certain_is_told_with_one_weight(rate):
    """1% against 50% is a factor of 50 in the odds, in the rows and in the verdict alike."""
    network = forecasting.Network(
        forecasting.read(f"""
case: sure
as_of: 2021-01-01
resolve_by: 2022-01-01
events: {{strike: {{base_rate: {{best: {rate}, within: 1 month}}}}}}
evidence: {{talks: {{bears_on: strike, if_yes: 1%, if_no: 50%, status: confirmed}}}}
""")
    )
    (item,) = weight_of_evidence(network, ["strike"])
    (verdict,) = prior_or_evidence(network, ["strike"])
    assert item.decibans == pytest.approx(-10 * np.log10(50), rel=1e-9)
    assert verdict.decibans == pytest.approx(item.decibans, rel=1e-9)


@pytest.mark.parametrize("noise", [-1e-15, 0.0, 1e-15])
def test_a_weight_that_sharing_alone_makes_is_gained_whatever_the_rounding(noise):
    """Seen, the fact would say nothing; its source's other reports make it say a little."""
    row = WeightRow(
        "flood", "fact", "wet", "Wet", None, "B2", 0.4, 0.41,
        decibans=0.2, leave_one_out=0.2, certain=noise, unshared=0.0, alone=0.0, ceiling=0.0,
    )  # fmt: skip
    assert row.sharing_cost == -0.2
