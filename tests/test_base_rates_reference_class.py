"""The reference class agrees with quadrature, recovers what was simulated, and pools in part."""

import numpy as np
import pytest
from scipy import integrate, stats

from forecasting.file import tables
from forecasting.fit import reference_class
from forecasting.fit.reference_class import KAPPA_MEDIAN, KAPPA_SD

SHORT = {"draws": 500, "tune": 500, "chains": 4}


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


@pytest.fixture(scope="module")
def fitted():
    data = table({"few": (2, 5), "many": (30, 200)})
    settings = {"outcome": "yes", "by": ["group"], "group": "few"}
    return reference_class.fit(data, settings, seed=3, **SHORT)


def test_one_group_agrees_with_quadrature():
    data = table({"only": (7, 20)})
    _, estimate = reference_class.fit(data, {"outcome": "yes"}, seed=1, **SHORT)
    assert estimate.mean == pytest.approx(joint_mean([7], [20]), abs=0.006)


def test_two_groups_agree_with_quadrature(fitted):
    _, estimate = fitted
    assert estimate.mean == pytest.approx(joint_mean([2, 30], [5, 200]), abs=0.01)


def test_a_small_group_is_drawn_towards_the_others(fitted):
    _, estimate = fitted
    assert 30 / 200 < estimate.mean < 2 / 5


def test_given_the_hyperparameters_a_share_has_its_beta(fitted):
    """The uniform transform of exact draws is uniform: Kolmogorov and Smirnov do not object."""
    tree, _ = fitted
    posterior = tree["posterior"].dataset
    share, kappa = posterior["share"].values, posterior["kappa"].values
    own = posterior["group_share"].sel(group="few").values
    u = stats.beta.cdf(own, share * kappa + 2, (1 - share) * kappa + 3)
    assert stats.kstest(u.ravel(), "uniform").pvalue > 0.001


def test_mean_and_spread_are_those_of_the_draws(fitted):
    _, estimate = fitted
    (window,) = estimate.windows
    assert window.probability.mean == pytest.approx(estimate.draws.mean(), abs=1e-9)
    assert window.probability.sd == pytest.approx(estimate.draws.std(), rel=1e-8)
    assert estimate.spread == window.sd


def test_a_group_not_seen_is_less_sure_than_any_seen():
    data = table({"a": (3, 30), "b": (20, 40)})
    settings = {"outcome": "yes", "by": ["group"]}
    new = reference_class.fit(data, settings, seed=5, **SHORT)[1]
    seen = reference_class.fit(data, {**settings, "group": "a"}, seed=5, **SHORT)[1]
    assert new.spread > seen.spread


def test_what_was_simulated_is_recovered():
    rng = np.random.default_rng(11)
    shares = rng.beta(0.3 * 6, 0.7 * 6, size=12)
    of = rng.integers(20, 200, size=12)
    seen = rng.binomial(of, shares)
    data = table({f"g{i:02}": (s, n) for i, (s, n) in enumerate(zip(seen, of, strict=True))})
    tree, _ = reference_class.fit(
        data, {"outcome": "yes", "by": ["group"], "group": "g00"}, seed=2, **SHORT
    )
    own = tree["posterior"].dataset["group_share"].values.reshape(-1, 12)
    low, high = np.quantile(own, [0.01, 0.99], axis=0)
    assert ((low < shares) & (shares < high)).all()


def test_rows_known_later_are_refused():
    with pytest.raises(ValueError, match="hindsight: a row of rebel_victories is dated 2005-12-31"):
        reference_class.fit(
            tables.load("rebel_victories"),
            {"outcome": "war", "as_of": tables.parse_day("2005-06-30").last},
            seed=1,
        )
