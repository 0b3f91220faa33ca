"""The reference class agrees with SciPy's quadrature and with PyMC, and pools in part."""

from dataclasses import replace

import numpy as np
import pytest
from scipy import integrate, special, stats

from forecasting.file import tables
from forecasting.fit import reference_class
from forecasting.fit.reference_class import KAPPA_MEDIAN, KAPPA_SD
from forecasting.fit.sampling import gate, sample


def table(groups, as_of="2020-12-31"):
    """A table with one row per group, of ``seen`` and ``of``."""
    rows = tuple(
        {"group": name, "yes": str(seen), "of": str(of), "known": "2019"}
        for name, (seen, of) in groups.items()
    )
    sidecar = tables.load("ttp_deals").sidecar
    return tables.Table("made up", rows, sidecar, tables.parse_day(as_of).last)


def joint_mean(seen, of, group=0):
    """Mean share of a group, by quadrature over share and ln kappa, with no sampling."""
    seen, of = np.asarray(seen), np.asarray(of)

    def weight(share, log_kappa):
        kappa = np.exp(log_kappa)
        a, b = share * kappa, (1 - share) * kappa
        cases = np.prod(stats.betabinom.pmf(seen, of, a, b))
        return cases * stats.norm.pdf(log_kappa, np.log(KAPPA_MEDIAN), KAPPA_SD)

    def value(share, log_kappa):
        kappa = np.exp(log_kappa)
        mean = (share * kappa + seen[group]) / (kappa + of[group])
        return mean * weight(share, log_kappa)

    span = (-3.0, 7.0, 1e-6, 1 - 1e-6)
    options = {"epsabs": 1e-12, "epsrel": 1e-5}
    return (
        integrate.dblquad(value, *span, **options)[0]
        / integrate.dblquad(weight, *span, **options)[0]
    )


def fitted(groups, group=None, **settings):
    asked = {"outcome": "yes", "by": ["group"], **({"group": group} if group else {})}
    return reference_class.fit(table(groups), asked | settings, seed=3)[1]


@pytest.mark.parametrize(
    "groups", [{"a": (7, 20)}, {"a": (2, 5), "b": (30, 200)}], ids=["one group", "two groups"]
)
def test_the_grid_agrees_with_the_quadrature_of_scipy(groups):
    seen, of = np.array([*groups.values()]).T
    assert fitted(groups, "a").mean == pytest.approx(joint_mean(seen, of), abs=2e-5)


def test_one_group_that_is_all_but_certain_of_kappa_is_a_beta_binomial():
    """With the prior alone the share has its Beta: mean and spread of Beta(2, 6)."""
    found = reference_class.shares(np.array([0]), np.array([0]), (2, 6))
    assert found.weights @ found.share == pytest.approx(0.25, abs=1e-7)
    assert found.weights @ found.share**2 == pytest.approx(0.25**2 + 3 / 16 / 9, abs=1e-7)
    assert found.weights @ np.log(found.kappa) == pytest.approx(np.log(KAPPA_MEDIAN), abs=1e-7)


@pytest.mark.parametrize("size", [(61, 61), (301, 201)])
def test_a_finer_grid_gives_the_same(monkeypatch, size):
    """Eight groups of up to 9,000 cases, some without one yes."""
    groups = dict(zip("abcdefgh", [(0, 40), (1, 9000), (3, 7), (0, 2), (9, 9), (400, 2000),
                                   (12, 300), (5, 60)], strict=True))  # fmt: skip
    usual = fitted(groups, "a")
    monkeypatch.setattr(reference_class, "FINE", size)
    other = fitted(groups, "a")
    assert other.mean == pytest.approx(usual.mean, abs=1e-6)
    assert other.spread == pytest.approx(usual.spread, abs=1e-6)


@pytest.mark.parametrize(
    ("seen", "of", "ends"), [(860, 2000, (0.4, 0.46)), (140, 2000, (0.05, 0.09))]
)
def test_many_large_groups_that_are_alike_are_as_sure_as_they_should_be(seen, of, ends):
    """A hundred of them, by a sum over a close and even grid of share and ln kappa."""
    share = np.linspace(*ends, 1501)[1:-1, None]
    log_kappa = np.linspace(2.0, 11.5, 501)
    kappa = np.exp(log_kappa)
    a, b = share * kappa, (1 - share) * kappa
    weight = 100 * (special.betaln(a + seen, b + of - seen) - special.betaln(a, b))
    weight = np.exp(weight - weight.max())
    weight *= stats.norm.pdf(log_kappa, np.log(KAPPA_MEDIAN), KAPPA_SD)
    weight /= weight.sum()
    found = reference_class.shares(np.full(100, seen), np.full(100, of))
    for group, n in ((0, (seen, of)), (None, (0, 0))):
        one, two = a + n[0], a + b + n[1]
        mean = (weight * one / two).sum()
        sd = np.sqrt((weight * one * (one + 1) / (two * (two + 1))).sum() - mean**2)
        assert found.moments(group) == pytest.approx((mean, sd), rel=1e-3)


def model(seen, of):
    """Write the model down in PyMC, with the shares of the groups integrated out."""
    import pymc as pm
    import pytensor.tensor as pt

    with pm.Model() as result:
        share = pm.Beta("share", 1.0, 1.0)
        kappa = pm.LogNormal("kappa", np.log(KAPPA_MEDIAN), KAPPA_SD)
        a, b = share * kappa, (1 - share) * kappa
        # The likelihood but for the binomial coefficient, so that counts need not be whole.
        cases = pt.gammaln(a + seen) + pt.gammaln(b + (of - seen)) - pt.gammaln(kappa + of)
        alone = pt.gammaln(a) + pt.gammaln(b) - pt.gammaln(kappa)
        pm.Potential("cases", (cases - alone).sum())
    return result


@pytest.mark.slow
def test_chains_of_pymc_say_the_same():
    groups = {"few": (2, 5), "many": (30, 200), "more": (9, 30)}
    exact = fitted(groups, "few", half_life=240.0)
    asked = {"outcome": "yes", "by": ["group"], "half_life": 240.0}
    labels, seen, of = reference_class.counts(table(groups), asked)
    tree = sample(model(seen, of), seed=3, draws=1000, tune=500)
    _, refused = gate(tree, draws=1000, chains=4, names=["share", "kappa"])
    assert not refused
    share, kappa = (tree["posterior"][name].values.ravel() for name in ("share", "kappa"))
    drawn = reference_class.Shares(share, kappa, np.full(share.size, 1 / share.size), seen, of)
    mean, spread = drawn.moments(labels.index("few"))
    assert mean == pytest.approx(exact.mean, abs=0.004)
    assert spread == pytest.approx(exact.spread, abs=0.004)


def test_a_small_group_is_drawn_towards_the_others():
    assert 30 / 200 < fitted({"few": (2, 5), "many": (30, 200)}, "few").mean < 2 / 5


def test_draws_are_those_of_the_mean_and_the_spread():
    found = fitted({"few": (2, 5), "many": (30, 200)}, "few")
    (window,) = found.windows
    assert window.probability.mean == pytest.approx(found.mean, abs=1e-9)
    error = found.spread / found.draws.size**0.5
    assert found.draws.mean() == pytest.approx(found.mean, abs=4 * error)
    assert found.draws.std() == pytest.approx(found.spread, rel=0.08)
    assert (found.diagnosis["seen"], found.diagnosis["of"]) == (2, 5)


def test_a_group_not_seen_is_less_sure_than_any_seen():
    groups = {"a": (3, 30), "b": (20, 40)}
    assert fitted(groups).spread > fitted(groups, "a").spread


def test_a_prior_of_half_and_double_weight_moves_the_mean_by_so_much():
    """One group and Beta(9, 1): at half weight the density of the prior is that of Beta(5, 1)."""
    usual, half, double = (
        reference_class.shares(np.array([7]), np.array([20]), prior, power=power).moments(0)[0]
        for prior, power in (((9, 1), 1.0), ((9, 1), 0.5), ((9, 1), 2.0))
    )
    found = fitted({"a": (7, 20)}, "a", prior=(9, 1)).diagnosis
    assert found["prior_halved"] == pytest.approx(half - usual) and half < usual
    assert found["prior_doubled"] == pytest.approx(double - usual) and double > usual
    flat = fitted({"a": (700, 2000)}, "a").diagnosis
    assert abs(flat["prior_halved"]) < 1e-4


def test_recent_years_count_more_with_a_half_life():
    """Known in 2000 and 2020, with 20 years: a yes counts half, the no whole."""
    rows = ({"yes": "1", "of": "1", "known": "2000"}, {"yes": "0", "of": "1", "known": "2020"})
    data = replace(table({}), rows=rows)
    _, seen, of = reference_class.counts(data, {"outcome": "yes", "half_life": 240.0})
    assert seen[0] == pytest.approx(0.5, abs=1e-3)
    assert of[0] == pytest.approx(1.5, abs=1e-3)
    found = reference_class.fit(data, {"outcome": "yes", "half_life": 240.0}, seed=1)[1]
    assert found.mean < reference_class.fit(data, {"outcome": "yes"}, seed=1)[1].mean
    assert found.diagnosis["effective_cases"] == pytest.approx(1.5, abs=1e-3)


def test_rows_known_later_are_refused():
    with pytest.raises(ValueError, match="hindsight: a row of rebel_victories is dated 2005-12-31"):
        reference_class.fit(
            tables.load("rebel_victories"),
            {"outcome": "war", "as_of": tables.parse_day("2005-06-30").last},
            seed=1,
        )
