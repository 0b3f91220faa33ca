"""Amounts mean what SciPy's distributions, its interpolation and direct quadrature say."""

import json
import math

import numpy as np
import pytest
from numpy.testing import assert_allclose
from py_mini_racer import MiniRacer
from scipy import interpolate, optimize, special, stats

from forecasting.amounts import (
    Answered,
    Prior,
    Scale,
    border,
    log_odds_above,
    normal_score,
    place,
    score,
    shown,
    unsure_spread,
)
from forecasting.explorer.live import scopes

Z90 = 1.6448536269514722
LEVELS = (0.05, 0.5, 0.95)
DEATHS = (math.log(100.5), math.log(240.5), math.log(900.5))
COUNTS = (0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99)
SKEWED = (-2.0, 0.1, 0.2, 1.7, 1.75, 2.0, 9.0)

# --- scales ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("scale", "amounts", "places"),
    [
        (Scale(log=True, whole=False), [0.2, 1.0, 900.0], np.log([0.2, 1.0, 900.0])),
        (Scale(log=True, whole=True), [0, 116.5, 900], np.log([0.5, 117.0, 900.5])),
        (Scale(log=False, whole=True), [-3, 0, 7], [-3.0, 0.0, 7.0]),
        (Scale(log=False, whole=False), [-0.3, 0.0], [-0.3, 0.0]),
    ],
)
def test_an_amount_has_a_place_and_comes_back(scale, amounts, places):
    assert_allclose(scale.place(amounts), places, rtol=1e-15)
    assert_allclose(scale.amount(places), amounts, rtol=1e-14, atol=1e-15)


@pytest.mark.parametrize(
    ("scale", "amount", "says"),
    [
        (Scale(log=True, whole=False), [3.0, 0.0], "^0 has no place.*above 0"),
        (Scale(log=True, whole=True), -0.5, "^-0.5 has no place.*above -0.5"),
        (Scale(log=False, whole=False), [1.0, math.inf], "^inf has no place.*finite"),
        (Scale(log=False, whole=True), math.nan, "^nan has no place"),
    ],
)
def test_an_amount_without_a_place_is_refused(scale, amount, says):
    with pytest.raises(ValueError, match=says):
        scale.place(amount)


@pytest.mark.parametrize("amount", [117, 116.2, 116.0, -3, 0])
@pytest.mark.parametrize("sign", [">=", ">", "<=", "<"])
def test_a_cut_parts_the_whole_numbers_that_it_speaks_of_from_the_others(sign, amount):
    among = {">=": np.greater_equal, ">": np.greater, "<=": np.less_equal, "<": np.less}[sign]
    counts = np.arange(-10, 300)
    at = border(sign, amount, whole=True)
    assert at % 1 == 0.5
    assert (among(counts, amount) == ((counts > at) if ">" in sign else (counts < at))).all()
    assert border(sign, amount, whole=False) == amount


@pytest.mark.parametrize(
    ("amount", "whole", "text"),
    [
        (240.4, True, "240"),
        (1203.0, True, "1,200"),
        (999.6, True, "1,000"),
        (9.6, True, "10"),
        (0.2, True, "0"),
        (-0.4, True, "0"),
        (0.35, False, "0.35"),
        (0.09996, False, "0.1"),
        (12.34, False, "12.3"),
        (1234567.0, False, "1,230,000"),
        (-1234.0, False, "-1,230"),
        (0.0, False, "0"),
        (2.5e-9, False, "2.5e-09"),
        (4.567e18, False, "4.57e+18"),
    ],
)
def test_an_amount_is_written_with_three_digits(amount, whole, text):
    assert shown(amount, whole=whole) == text


def test_a_factor_either_way_is_the_central_90_percent_of_the_odds():
    spread = unsure_spread(2.5)
    assert_allclose(np.exp(stats.norm(0, spread).ppf([0.05, 0.95])), [0.4, 2.5], rtol=1e-12)
    assert unsure_spread(1.0) == 0
    for factor in (0.9, math.nan, math.inf):
        with pytest.raises(ValueError, match="at least 1"):
            unsure_spread(factor)


# --- the base distribution ------------------------------------------------------------------------


def test_a_split_normal_has_a_half_of_its_own_on_either_side():
    low, best, high = DEATHS
    z = np.array([-40.0, -3.0, -0.2, 0.0, 0.3, 2.0, 40.0])
    expected = np.where(z > 0, best + z * (high - best) / Z90, best + z * (best - low) / Z90)
    assert_allclose(place(LEVELS, DEATHS, True, z), expected, rtol=1e-14)
    assert_allclose(score(LEVELS, DEATHS, True, expected), z, rtol=1e-13, atol=1e-15)


def test_without_a_best_the_middle_is_the_median():
    z = np.linspace(-4, 4, 9)
    bare = place((0.05, 0.95), (1.0, 4.0), True, z)
    assert_allclose(bare, 2.5 + z * 1.5 / Z90, rtol=1e-14)


@pytest.mark.parametrize(
    ("levels", "points"),
    [
        (COUNTS, SKEWED),
        ((0.05, 0.25, 0.3, 0.9), (-1.0, 0.5, 4.0, 4.1)),
        ((0.2, 0.5, 0.9), (0.0, 1e-6, 5.0)),
        ((0.2, 0.9), (1.0, 5.0)),
    ],
)
def test_quantiles_are_joined_by_scipys_monotone_cubic_and_chords_beyond(levels, points):
    knots = stats.norm.ppf(levels)
    z = np.linspace(knots[0], knots[-1], 501)
    if len(levels) == 2:
        curve = interpolate.interp1d(knots, points)
    else:
        curve = interpolate.PchipInterpolator(knots, points)
    assert_allclose(place(levels, points, False, z), curve(z), atol=1e-12)
    for end, inner, beyond in ((0, 1, -9.0), (-1, -2, 7.0)):
        chord = (points[end] - points[inner]) / (knots[end] - knots[inner])
        expected = points[end] + chord * (beyond - knots[end])
        assert_allclose(place(levels, points, False, beyond), expected, rtol=1e-13)
        assert_allclose(score(levels, points, False, expected), beyond, rtol=1e-12)


@pytest.mark.parametrize("seed", range(20))
def test_scores_are_the_inverse_of_places(seed):
    """Also where a piece rises from a slope of 0, as the ends of some do."""
    rng = np.random.default_rng(seed)
    levels = np.sort(rng.random(rng.integers(2, 22)))
    points = np.cumsum(rng.lognormal(0, 2.5, levels.size)) - 5
    x = np.sort(rng.uniform(points[0] - 3, points[-1] + 3, 400))
    z = score(levels, points, False, x)
    assert (np.diff(z) > 0).all()
    assert_allclose(place(levels, points, False, z), x, atol=1e-12 * np.ptp(points))
    assert_allclose(score(levels, points, False, points), stats.norm.ppf(levels), atol=1e-13)


def test_log_odds_keep_their_digits_in_both_tails():
    z = np.array([-36.0, -20.0, -8.5, -1.0, -1e-9, 0.0, 0.4, 6.0, 15.0, 36.9])
    x = place(LEVELS, (-Z90, 0.0, Z90), True, z)
    found = log_odds_above(LEVELS, (-Z90, 0.0, Z90), True, x)
    assert_allclose(found, special.log_ndtr(-z) - special.log_ndtr(z), rtol=1e-13, atol=1e-15)
    far = log_odds_above(LEVELS, (-Z90, 0.0, Z90), True, [-1e9, 1e9])
    assert_allclose(far, special.log_ndtr(-37) * np.array([-1, 1]), rtol=1e-13)


def test_the_normal_score_of_a_level_is_scipys():
    levels = [1e-12, 0.05, 0.3, 0.5, 0.975]
    assert_allclose([normal_score(one) for one in levels], stats.norm.ppf(levels), rtol=1e-14)


@pytest.mark.parametrize(
    ("levels", "points", "split", "says"),
    [
        (LEVELS, (1.0, 1.0, 2.0), True, "no two of them equal"),
        ((0.05, 0.95), (2.0, 1.0), True, "ascend"),
        ((0.1, 0.9), (1.0, 2.0), True, "5%, 50% and 95%"),
        (COUNTS, (*SKEWED[:3], SKEWED[2], *SKEWED[4:]), False, "no two of them equal"),
        ((0.5, 0.2), (1.0, 2.0), False, "ascend"),
        ((0.0, 0.2), (1.0, 2.0), False, "between 0 and 1"),
        ((0.2,), (1.0,), False, "at least two"),
        ((0.2, 0.8), (1.0, 2.0, 3.0), False, "each level"),
        ((0.2, 0.8), (1.0, math.inf), False, "finite"),
    ],
)
def test_points_that_are_no_distribution_are_refused(levels, points, split, says):
    with pytest.raises(ValueError, match=says):
        place(levels, points, split, 0.0)


# --- what evidence makes of it --------------------------------------------------------------------


# A normal distribution in 6,001 even parts: the mean of an analytic function is exact to rounding.
Z = np.linspace(-12, 12, 6001)
SHARE = stats.norm.pdf(Z) / stats.norm.pdf(Z).sum()


def mean(m, s):
    """E[sigma(Normal(m, s))]."""
    return SHARE @ special.expit(m + s * Z)


class Table:
    """A quantity with rows, asked by plain formulas: one root search a place, sums over cells."""

    def __init__(self, seed, levels=LEVELS, points=DEATHS, split=True, rows=4, cuts=(0.3, 0.8)):
        rng = np.random.default_rng(seed)
        self.base = levels, points, split
        self.weights = rng.dirichlet(np.ones(rows))
        self.offsets = rng.normal(0, 1.2, rows)
        self.spreads = rng.uniform(0, 1.2, rows) * (rng.random(rows) < 0.7)
        self.prior = Prior(*self.base, self.weights, self.offsets, self.spreads)
        self.cuts = place(*self.base, stats.norm.ppf(cuts))
        borders = [self.rows_below(x) for x in self.cuts]
        self.below = np.array([np.zeros(rows), *borders, np.ones(rows)]).T
        self.nothing = self.weights[:, None] * np.diff(self.below)
        self.joint = self.nothing * rng.uniform(0.05, 1, self.nothing.shape)
        self.joint /= self.joint.sum()

    def answered(self, *joints):
        joint = np.stack(joints or (self.nothing, self.joint), axis=-1)
        return Answered.of_means(self.prior, self.prior.intercepts(self.cuts), joint)

    def rows_below(self, x):
        above = stats.norm.sf(score(*self.base, x))

        def gap(c):
            rows = zip(self.weights, self.offsets, self.spreads, strict=True)
            return sum(w * mean(c + o, s) for w, o, s in rows) - above

        c = optimize.brentq(gap, -60, 60, xtol=1e-14, rtol=1e-14)
        rows = zip(self.offsets, self.spreads, strict=True)
        return [1 - mean(c + o, s) for o, s in rows]

    def chance_below(self, x):
        cell = int(np.searchsorted(self.cuts, x))
        low, high = self.below[:, cell], self.below[:, cell + 1]
        share = (np.array(self.rows_below(x)) - low) / (high - low)
        return self.joint[:, :cell].sum() + self.joint[:, cell] @ share


KINDS = [{}, {"levels": COUNTS, "points": SKEWED, "split": False}]


@pytest.mark.parametrize("kind", KINDS)
def test_without_evidence_an_amount_is_the_base_distribution(kind):
    table = Table(3, **kind)
    x = place(*table.base, np.linspace(-6, 6, 25))
    found = table.answered().chance_below(x)[:, 0]
    assert_allclose(found, stats.norm.cdf(score(*table.base, x)), atol=1e-12)
    levels = (0.01, 0.05, 0.3, 0.5, 0.77, 0.95)
    assert_allclose(
        table.answered().quantiles(levels)[:, 0], place(*table.base, stats.norm.ppf(levels)),
        atol=1e-11,
    )  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
def test_the_chance_of_an_amount_is_the_sum_over_rows_and_cells(kind):
    table = Table(4, **kind)
    answered = table.answered()
    for z in (-3.0, -0.8, -0.1, 0.5, 0.9, 2.5):
        x = float(place(*table.base, z))
        assert_allclose(answered.chance_below([x])[0, 1], table.chance_below(x), atol=1e-11)


def test_the_chance_of_an_amount_is_that_of_a_cut_placed_there():
    """Evidence that speaks of the first cut only; cells are then parted by a second one."""
    two = Table(5, cuts=(0.3, 0.8))
    one = Table(5, cuts=(0.3,))
    likelihood = np.array([0.2, 0.7])
    coarse = one.nothing * likelihood
    fine = two.nothing * likelihood[[0, 1, 1]]
    answered = one.answered(coarse / coarse.sum())
    expected = fine.sum(axis=0).cumsum()[:2] / fine.sum()
    assert_allclose(answered.chance_below(two.cuts)[:, 0], expected, atol=1e-11)


def test_a_quantile_has_its_level_below_it():
    table = Table(6, rows=6)
    levels = (1e-6, 0.05, 0.25, 0.5, 0.75, 0.95, 1 - 1e-6)
    answered = table.answered()
    for level, (_, x) in zip(levels, answered.quantiles(levels), strict=True):
        assert answered.chance_below([x])[0, 1] == pytest.approx(level, abs=1e-13)
    for level in (0.0, 1.0, math.nan):
        with pytest.raises(ValueError, match="strictly between"):
            answered.quantiles([0.5, level])


def test_on_a_flat_piece_a_quantile_is_its_lower_end():
    """Nothing between the cuts, and half on either side, to rounding on either side."""
    table = Table(7)
    for less in (0.0, 3e-16, -3e-16):
        joint = table.nothing.copy()
        joint[:, 1] = 0
        joint[:, 0] *= (0.5 + less) / joint[:, 0].sum()
        joint[:, 2] *= (0.5 - less) / joint[:, 2].sum()
        found = table.answered(joint).quantiles([0.5])[0, 0]
        assert found == pytest.approx(table.cuts[0], abs=1e-12)
    beyond = table.answered(joint).quantiles([0.5 + 1e-9])[0, 0]
    assert beyond == pytest.approx(table.cuts[1], abs=1e-6)


def test_a_row_that_has_no_part_in_a_cell_says_nothing_of_it():
    """The first is all but certain to lie above the middle cell; the last cannot be at all."""
    nothing = np.zeros(3)
    offsets = np.array([0.0, -1000.0, 3.0])
    prior = Prior(LEVELS, DEATHS, True, np.array([0.6, 0.4, 0.0]), offsets, nothing)
    cuts = prior.intercepts(place(LEVELS, DEATHS, True, [-2.5, -1.5]))
    joint = np.array([[0.0, 0.0, 0.5], [0.0, 0.5, 0.0], [0.0, 0.0, 0.0]])[:, :, None]
    answered = Answered.of_means(prior, cuts, joint)
    found = answered.chance_below(place(LEVELS, DEATHS, True, [-9.0, -2.5, -1.5, 9.0]))[:, 0]
    assert_allclose(found, [0, 0, 0.5, 1], atol=1e-12)
    assert answered.quantiles([0.5])[0, 0] == pytest.approx(
        float(place(LEVELS, DEATHS, True, -1.5)), abs=1e-9
    )


def test_amounts_out_of_sight_are_certain():
    for seed in range(5):
        found = Table(seed).answered().chance_below([-1e12, 1e12])
        assert_allclose(found, [[0, 0], [1, 1]], atol=1e-15)


def test_a_density_is_that_of_the_chances():
    table = Table(8)
    answered = table.answered()
    places, density = answered.density(40)
    steps = np.diff(places)
    assert_allclose(steps, steps[0], rtol=1e-9)
    assert density.shape == (40, 2)
    ends = answered.quantiles([0.005, 0.995])
    assert_allclose(places[[0, -1]], [ends[0].min(), ends[1].max()], rtol=1e-14)
    expected = table.chance_below(places[21]) - table.chance_below(places[20])
    assert density[20, 1] * steps[0] == pytest.approx(expected, abs=1e-11)
    total = answered.chance_below(places[[0, -1]])
    assert_allclose(density.T @ steps, total[1] - total[0], rtol=1e-12)


def test_draws_are_asked_side_by_side():
    """Each draw has rows of its own under the intercepts of the mean judgements."""
    table = Table(9)
    rng = np.random.default_rng(0)
    draws = 1500
    cuts = table.prior.intercepts(table.cuts)
    offsets = table.offsets[:, None] + table.spreads[:, None] * rng.normal(size=(4, draws))
    above = special.expit(np.array([np.inf, *cuts, -np.inf])[:, None] + offsets[:, None, :])
    joint = table.weights[:, None, None] * -np.diff(above, axis=1)
    joint = joint * rng.uniform(0.05, 1, (3, 1))
    joint /= joint.sum(axis=(0, 1))
    nothing = np.zeros((4, 1))
    levels = (0.05, 0.5, 0.95)
    together = Answered(table.prior, cuts, joint, offsets, nothing).quantiles(levels)
    few = Answered(table.prior, cuts, joint[:, :, :50], offsets[:, :50], nothing)
    exact = few.quantiles(levels)
    assert together.shape == (3, draws)
    assert_allclose(together[:, :50], exact, atol=1e-4)
    for k in (0, 20, 49):
        for level, x in zip(levels, exact[:, k], strict=True):
            (c,) = table.prior.intercepts([x])
            cell = int(np.searchsorted(-cuts, -c))
            low, high = above[:, cell, k], above[:, cell + 1, k]
            share = (low - special.expit(c + offsets[:, k])) / (low - high)
            found = joint[:, :cell, k].sum() + joint[:, cell, k] @ share
            assert found == pytest.approx(level, abs=1e-12)


# --- the page -------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def page():
    """Call a function of the page's module with arguments; give its value."""
    with MiniRacer() as v8:
        v8.eval(scopes("engine/amounts.js"))

        def call(code, *arguments):
            written = ", ".join(json.dumps(argument) for argument in arguments)
            return json.loads(v8.eval(f"JSON.stringify(({code})({written}))"))

        yield call


# The probability that an amount lies below a place.
BELOW = "(one) => one.below(one.prior.intercept(x))"

ANSWERED = """(stated, rows, cuts, joint, code) => {
    const {Prior, Answered, densities} = amounts_js;
    const [weights, offsets, spreads] = rows.map((row) => Float64Array.from(row));
    const prior = new Prior(stated, weights, offsets, spreads);
    const borders = cuts.map((x) => prior.intercept(x));
    const answers = joint.map((one) => new Answered(prior, borders, one));
    return eval(code);
}"""


def asked(page, table, code):
    levels, points, split = table.base
    stated = {"levels": list(levels), "points": list(points), "split": split}
    rows = [list(row) for row in (table.weights, table.offsets, table.spreads)]
    joints = [joint.ravel().tolist() for joint in (table.nothing, table.joint)]
    return page(ANSWERED, stated, rows, table.cuts.tolist(), joints, code)


@pytest.mark.parametrize("scale", [Scale(log, whole) for log in (0, 1) for whole in (0, 1)])
def test_the_page_has_the_same_scales(page, scale):
    stated = {"log": bool(scale.log), "whole": bool(scale.whole)}
    for amount in (0.3, 7.0, 1e6):
        found = page("amounts_js.placeOf", amount, stated)
        assert found == pytest.approx(float(scale.place(amount)), rel=1e-15)
        assert page("amounts_js.amountAt", found, stated) == pytest.approx(amount, rel=1e-14)
    refused = "(s) => { try { amounts_js.placeOf(-1, s) } catch (e) { return e.message } }"
    if scale.log:
        assert page(refused, stated) == "-1 has no place on the scale"
    assert page("amounts_js.unsureSpread", 2.5) == pytest.approx(unsure_spread(2.5), rel=1e-15)


@pytest.mark.parametrize(
    ("levels", "points", "split"),
    [
        (LEVELS, DEATHS, True),
        ((0.05, 0.95), (1.0, 4.0), True),
        (COUNTS, SKEWED, False),
        ((0.05, 0.25, 0.3, 0.9), (-1.0, 0.5, 4.0, 4.1), False),
    ],
)
def test_the_page_has_the_same_base_distribution(page, levels, points, split):
    stated = {"levels": levels, "points": points, "split": split}
    z = np.linspace(-39, 39, 2001)
    x = place(levels, points, split, z)
    every = "(stated, x, what) => x.map((one) => new amounts_js.Curve(stated)[what](one))"
    assert_allclose(page(every, stated, z.tolist(), "at"), x, rtol=1e-13, atol=1e-13)
    found = page(every, stated, x.tolist(), "inverse")
    assert_allclose(found, score(levels, points, split, x), rtol=1e-12, atol=1e-12)
    found = page(every, stated, x.tolist(), "logOddsAbove")
    assert_allclose(found, log_odds_above(levels, points, split, x), rtol=1e-12, atol=1e-12)


def test_the_page_refuses_points_that_do_not_ascend(page):
    code = "(s) => { try { new amounts_js.Curve(s) } catch (error) { return error.message } }"
    stated = {"levels": LEVELS, "points": (1.0, 1.0, 2.0), "split": True}
    assert "must both ascend" in page(code, stated)


@pytest.mark.parametrize("seed", range(6))
def test_the_page_answers_as_python_does(page, seed):
    table = Table(
        seed, **KINDS[seed % 2], cuts=[(), (0.4,), (1e-4, 0.2, 0.9)][seed % 3], rows=seed + 1
    )
    answered = table.answered()
    x = place(*table.base, np.linspace(-6, 6, 31))
    found = asked(page, table, f"{x.tolist()}.map((x) => answers.map({BELOW}))")
    assert_allclose(found, answered.chance_below(x), atol=1e-12)
    levels = (1e-5, 0.05, 0.25, 0.5, 0.75, 0.95, 0.999)
    found = asked(page, table, f"answers.map((one) => [...one.quantiles({list(levels)})])")
    assert_allclose(np.transpose(found), answered.quantiles(levels), rtol=1e-12, atol=1e-11)
    found = asked(page, table, "(({places, densities}) => [[...places], densities.map("
                  "(one) => [...one])])(densities(answers, 24))")  # fmt: skip
    places, density = answered.density(24)
    assert_allclose(found[0], places, rtol=1e-12, atol=1e-11)
    assert_allclose(np.transpose(found[1]), density, atol=1e-11)


def test_the_page_knows_amounts_out_of_sight_and_flat_pieces(page):
    table = Table(7)
    far = asked(page, table, f"[-1e12, 1e12].map((x) => ({BELOW})(answers[1]))")
    assert_allclose(far, [0, 1], atol=1e-15)
    table.joint[:, 1] = 0
    for i in (0, 2):
        table.joint[:, i] *= 0.5 / table.joint[:, i].sum()
    found = asked(page, table, "answers[1].quantiles([0.5])")["0"]
    assert found == pytest.approx(table.cuts[0], abs=1e-12)
