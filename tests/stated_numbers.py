"""What the numbers of a case file mean: text in, Normals, expectations and shifts out.

The half of the second statement of the mathematics that knows nothing of worlds; how a case is
weighed is in `tests/enumeration.py`. It shares nothing with the package. Everything is on log-odds;
integrals are sums over fine grids, and what has to be solved is left to SciPy's root finders.

Reading order: one probability or multiplier, dates and windows, several states, amounts.
"""

import calendar
import math
import re
from datetime import date
from functools import cache
from itertools import pairwise, product
from typing import NamedTuple

import numpy as np
from scipy.interpolate import PchipInterpolator
from scipy.optimize import brentq, root
from scipy.special import expit, log_expit, logit, ndtr, ndtri, polygamma

Z90 = 1.6448536269514722  # a central 90% interval is this many standard deviations either way
RELIABILITY = {"A": 0.95, "B": 0.85, "C": 0.70, "D": 0.50, "E": 0.30, "F": 0.50}
CREDIBILITY = {"1": 0.97, "2": 0.85, "3": 0.65, "4": 0.40, "5": 0.15}
WORDS = {  # a few
    "very unlikely": {"low": "5%", "high": "20%"},
    "unlikely": {"low": "20%", "high": "45%"},
    "likely": {"low": "55%", "high": "80%"},
}
STRENGTH = {"slight": 1.5, "moderate": 3.0, "strong": 6.0, "decisive": 15.0}

# The trapezium rule on a smooth bell is exact to rounding once the step is small.
GRID = np.linspace(-9, 9, 577)
BELL = np.exp(-(GRID**2) / 2) / np.exp(-(GRID**2) / 2).sum()
# Rare things happen in the tails: (1 - p)**100 lives far below the bulk of p, p squared far above.
WIDE = np.linspace(-40, 40, 2001)
LOG_BELL = -(WIDE**2) / 2 - np.log(np.sum(np.exp(-(WIDE**2) / 2)))


# How a number is read.


class Normal(NamedTuple):
    """A judgement on the log-odds (or log-multiplier) scale."""

    m: float
    s: float


def expected(m, s):
    """E[sigma(Normal(m, s))]."""
    if s and m < -5:
        return math.exp(log_sum(log_expit(m + s * WIDE) + LOG_BELL))
    return float(expit(m + s * GRID) @ BELL) if s else float(expit(m))


def log_sum(logs):
    """Sum exponentials and give the ln; SciPy's takes six times as long over so few."""
    most = np.max(logs)
    return most + np.log(np.sum(np.exp(logs - most)))


def number(text):
    text = str(text).strip()
    return float(text[:-1]) / 100 if text.endswith("%") else float(text)


def interval(low, best, high):
    """Normal with 5% and 95% points `low` and `high`, and median `best` (or half-way)."""
    return Normal((low + high) / 2 if best is None else best, (high - low) / (2 * Z90))


def probability(judgement):
    """A probability in any of the ways a file may state it, as a Normal of its log-odds."""
    if isinstance(judgement, dict) and "word" in judgement:
        judgement = judgement["word"]
    if not isinstance(judgement, dict):
        judgement = WORDS.get(judgement, judgement)
    if not isinstance(judgement, dict):
        with np.errstate(divide="ignore"):  # 0 and 1 are minus and plus infinity
            return Normal(float(logit(number(judgement))), 0.0)
    if "low" in judgement:
        best = float(logit(number(judgement["best"]))) if "best" in judgement else None
        return interval(logit(number(judgement["low"])), best, logit(number(judgement["high"])))
    if counted := counts(judgement):
        a, b = counted
        mean, rest = a / (a + b), b / (a + b)
        return stand_in(math.log(mean), math.log(rest), math.log(mean * rest / (a + b + 1)))
    return probability(judgement["best"])


def counts(judgement):
    """The two numbers of a Beta, if the judgement is one."""
    if isinstance(judgement, dict) and "beta" in judgement:
        return tuple(map(number, judgement["beta"]))
    if isinstance(judgement, dict) and "seen" in judgement:
        seen, of = number(judgement["seen"]), number(judgement["of"])
        return seen + 0.5, of - seen + 0.5
    return None


@cache
def stand_in(log_yes, log_no, log_variance):
    """The Normal of log-odds whose probability has this mean (and rest) and this variance.

    For each spread the median that gives the mean, and among the spreads the one that gives the
    variance: two root finders, one in the other, on the rarer of yes and no.
    """
    log_mean = min(log_yes, log_no)

    def logs(m, s):
        return log_expit(m + s * WIDE)

    def median(s):
        return brentq(
            lambda m: log_sum(logs(m, s) + LOG_BELL) - log_mean, log_mean - s * s, 60, xtol=1e-12
        )

    def miss(log_s):
        s = math.exp(log_s)
        with np.errstate(divide="ignore"):
            off = log_gap(logs(median(s), s) - log_mean)
        return log_sum(2 * off + LOG_BELL) + 2 * log_mean - log_variance

    widest = 10.0  # beyond it a distribution is all but two points, at 0 and at 1
    s = widest
    if miss(math.log(widest)) > 0:
        s = math.exp(brentq(miss, math.log(1e-7), math.log(widest), xtol=1e-13))
    return Normal(median(s) if log_yes <= log_no else -median(s), s)


def multiplier(judgement):
    """`3`, a strength word, {low, high} or {low, best, high}, as a Normal of its logarithm."""
    if not isinstance(judgement, dict):
        return Normal(math.log(STRENGTH.get(judgement) or number(judgement)), 0.0)
    low, high = (math.log(number(judgement[key])) for key in ("low", "high"))
    return interval(low, math.log(number(judgement["best"])) if "best" in judgement else None, high)


def effect(link):
    """A link as signed Normals whose sum is the log of its odds multiplier."""
    if "raises" in link:
        return [(+1, multiplier(link["raises"]))]
    if "lowers" in link:
        return [(-1, multiplier(link["lowers"]))]
    if "odds" in link:
        return [(+1, multiplier(link["odds"]))]
    return [(+1, probability(link["if_yes"])), (-1, probability(link["if_no"]))]


def day(text):
    """A date; `2012` and `2012-01` are their last day."""
    if text is None or isinstance(text, date):
        return text
    parts = [int(part) for part in str(text).split("-")]
    year, month = parts[0], parts[1] if len(parts) > 1 else 12
    return date(year, month, parts[2] if len(parts) > 2 else calendar.monthrange(year, month)[1])


def anniversary(start, months):
    """The same day of the month so many months later, or the month's last day."""
    year, month = divmod(start.year * 12 + start.month - 1 + months, 12)
    return date(year, month + 1, min(start.day, calendar.monthrange(year, month + 1)[1]))


def months_between(start, end):
    """Whole months, then the remaining days as a share of the month they fall in."""
    whole = 0
    while anniversary(start, whole + 1) <= end:
        whole += 1
    here, there = anniversary(start, whole), anniversary(start, whole + 1)
    return whole + (end - here) / (there - here)


def rescaled(judgement, ratio, kind, counted=None):
    """The judgement for a window `ratio` times as long, under a constant hazard.

    Its mean and variance are those of p**ratio (`lasts`) or of 1 - (1-p)**ratio, p as stated.
    """
    m, s = (judgement.m, judgement.s) if kind == "lasts" else (-judgement.m, judgement.s)
    if s == 0:
        unchanged = ratio * log_expit(m)
        m = float(unchanged - log1mexp(unchanged))
        return Normal(m if kind == "lasts" else -m, 0.0)
    x, log_density = m + s * WIDE, LOG_BELL
    if counted:
        a, b = counted if kind == "lasts" else counted[::-1]
        # Half a unit of a and b or more: nothing is left at log-odds of 100.
        x = np.linspace(-100, 100, 10_001)
        log_density = a * log_expit(x) + b * log_expit(-x)
        log_density -= log_sum(log_density)
    powers = ratio * log_expit(x)
    first = float(log_sum(powers + log_density))
    log_rest = float(log_sum(log1mexp(powers) + log_density))
    with np.errstate(divide="ignore"):
        if first < log_rest:
            off = first + log_gap(powers - first)
        else:
            off = log_rest + log_gap(log1mexp(powers) - log_rest)
    log_variance = float(log_sum(2 * off + log_density))
    if kind == "lasts":
        return stand_in(first, log_rest, log_variance)
    return stand_in(log_rest, first, log_variance)


def log_gap(x):
    """ln|e**x - 1|."""
    return np.where(x > 40, x, np.log(np.abs(np.expm1(np.minimum(x, 40)))))


def log1mexp(x):
    """ln(1 - e**x) for x < 0, also where e**x is all but 1 or all but 0."""
    x = np.minimum(x, -5e-324)
    return np.where(x > -0.7, np.log(-np.expm1(x)), np.log1p(-np.exp(np.minimum(x, -0.7))))[()]


@cache
def solve_shift(rows, p, q):
    """Find the c with sum of w * E[sigma(c + Normal(m, s))] = p over rows (m, s, w); q is 1 - p."""
    side, target = (1, p) if p < q else (-1, q)  # on the rarer of yes and no
    weights = {}
    for m, s, w in rows:
        weights[m, s] = weights.get((m, s), 0.0) + w

    def miss(c):
        reached = sum(w * expected(side * (c + m), s) for (m, s), w in weights.items() if w)
        return math.log(reached) - math.log(target)

    return brentq(miss, -500, 500, xtol=1e-14, maxiter=500)


# Several states.


def softmax(m, s):
    """E[p] and E[p p'] of p = softmax(m + s z), z standard normal: shapes (K,) and (K, K).

    A product rule over the states with a spread while it has few enough nodes, and else the race.
    """
    spreads = [s_t for s_t in s if s_t > 0]
    nodes = math.prod(len(bell(s_t)[0]) for s_t in spreads)
    plain = len(spreads) <= 3 and nodes <= 60_000
    return (by_product_rule if plain else by_race)(np.asarray(m, float), np.asarray(s, float))


def bell(s, step=0.6, finest=0.5):
    """Nodes and weights of the trapezium rule for a smooth function of s * z."""
    count = math.ceil(8.6 / min(step, finest / s))
    z = np.linspace(-8.6, 8.6, 2 * count + 1)
    weights = np.exp(-(z**2) / 2)
    return z, weights / weights.sum()


def by_product_rule(m, s):
    """`softmax` by summing over a grid with one axis for each spread."""
    free = np.flatnonzero(s)
    rules = [bell(s[t]) for t in free]
    z = np.array(list(map(np.ravel, np.meshgrid(*(z for z, _ in rules), indexing="ij"))))
    weight = np.ones(1)
    for _, more in rules:
        weight = np.multiply.outer(weight, more).ravel()
    x = np.repeat(m[:, None], len(weight), axis=1)
    if len(free):
        x[free] += s[free, None] * z
    p = np.exp(x - x.max(axis=0))
    p /= p.sum(axis=0)
    return p @ weight, (p * weight) @ p.T


def by_race(m, s):
    """`softmax` for any number of spreads.

    1 / S is the integral of exp(-S t) over t > 0; with t = exp(x) the states part into factors:
    E[p_s] is the integral over x of D_s times the G_t of the others, with v = exp(x + m + s z),
    G = E[exp(-v)] and D = E[v exp(-v)]; E[p_s**2] has E[v**2 exp(-v)] in place of D_s, and
    E[p_s p_t] has D_s D_t and the G of the rest.
    """
    low, high = -np.max(m + 9 * s) - 40, -np.max(m - 9 * s) + 6
    x = np.linspace(low, high, math.ceil((high - low) / 0.2) + 1)
    g, d, d2 = [], [], []
    for m_t, s_t in zip(m, s, strict=True):
        z, weight = bell(s_t, 0.5, 0.2) if s_t else (np.zeros(1), np.ones(1))
        v = np.exp(np.minimum(x[:, None] + m_t + s_t * z, 7.0))  # exp(-exp(7)) is 0
        stay = np.exp(-v)
        g.append(stay @ weight)
        d.append((v * stay) @ weight)
        d2.append((v * v * stay) @ weight)
    step, count = x[1] - x[0], len(m)

    def area(*factors):
        return step * np.sum(np.prod(factors, axis=0))

    def others(*gone):
        return [g[t] for t in range(count) if t not in gone]

    mean = [area(d[t], *others(t)) for t in range(count)]
    square = np.empty((count, count))
    for t, u in product(range(count), repeat=2):
        square[t, u] = area(*([d2[t]] if t == u else [d[t], d[u]]), *others(t, u))
    return np.array(mean), square


def softmax_shifts(rows, means, pinned):
    """Find the b, b[pinned] = 0, for which the rows (m, s, w) average to the means.

    The sum over rows of w * E[softmax(b + m + s z)] is solved for on the log scale.
    """
    rows = tuple((tuple(map(float, m)), tuple(map(float, s)), float(w)) for m, s, w in rows)
    return _softmax_shifts(rows, tuple(map(float, means)), pinned).copy()


@cache
def _softmax_shifts(rows, means, pinned):
    rows = [(np.array(m), np.array(s), w) for m, s, w in rows]
    means = np.array(means)
    free = [t for t in range(len(means)) if t != pinned]
    start = np.log(means) - math.log(means[pinned])

    def gap(shift):
        b = np.zeros(len(means))
        b[free] = shift
        p, slope = np.zeros(len(means)), np.zeros((len(means), len(means)))
        for m, s, w in rows:
            mean, square = softmax(b + m, s)
            p += w * mean
            slope += w * (np.diag(mean) - square)
        p = np.maximum(p, 1e-300)
        return np.log(p[free] / means[free]), (slope / p[:, None])[np.ix_(free, free)]

    for method in ("hybr", "lm"):
        found = root(gap, start[free], jac=True, method=method, tol=1e-14)
        miss, slope = gap(found.x)
        shift = found.x - np.linalg.solve(slope, miss)
        if np.abs(gap(shift)[0]).max() < 1e-11:
            b = np.zeros(len(means))
            b[free] = shift
            return b
    raise ValueError(f"no shifts for {means}: missed by {miss}")


@cache
def dirichlet(counts):
    """Means and spreads of states counted so often: Jeffreys, and the variances of a Dirichlet."""
    a = np.array(counts) + 0.5
    mean, shape = a / a.sum(), np.sqrt(polygamma(1, a))
    variance = np.sum(mean * (1 - mean)) / (a.sum() + 1)

    def miss(log_f):
        s = math.exp(log_f) * shape
        b = softmax_shifts([(np.zeros(len(a)), s, 1.0)], mean, len(a) - 1)
        square = softmax(b, s)[1]
        return math.log(np.trace(square) - mean @ mean) - math.log(variance)

    return mean, math.exp(brentq(miss, math.log(0.05), math.log(3), xtol=1e-13)) * shape


def unsure(judgement):
    """The spread of "within a factor so much either way, 90%"."""
    return math.log(number(judgement)) / Z90


def step_spread(counts):
    """The one spread of ordered counts: that of the Beta at the step nearest one half."""
    a = np.array(counts) + 0.5
    above = np.cumsum(a[::-1])[::-1][1:] / a.sum()
    off = np.abs(above - 0.5)
    step = 1 + int(np.flatnonzero(off < off.min() + 1e-12)[0])
    more, less = sum(counts[step:]) + 0.5, sum(counts[:step]) + 0.5
    return probability({"beta": [more, less]}).s


def state_rates(event, ratio):
    """Mean and spread of every state, and the state whose shift is 0.

    `ratio` is the event's window over the period it is stated for. Of ordered states the first
    spread is that of all steps, and last come P(step or more) and P(less) in place of the state.
    """
    rate, states = event["base_rate"], list(event["states"])
    ordered = event.get("ordered") in ("yes", "true")
    pinned, spreads = len(states) - 1, np.zeros(len(states))
    if "seen" in rate:
        seen = tuple(number(rate["seen"][state]) for state in states)
        means = (np.array(seen) + 0.5) / (sum(seen) + len(seen) / 2)
        if ordered:
            spreads[0] = step_spread(seen)
        else:
            means, spreads = dirichlet(seen)
    else:
        means, spreads, rest = row_of_judgements([rate[state] for state in states])
        pinned = pinned if rest is None else rest
    if ordered:
        if "unsure" in rate:
            spreads[0] = unsure(rate["unsure"])
        less = np.cumsum(means)[:-1] ** ratio
        more = -np.expm1(ratio * np.log1p(-np.cumsum(means[::-1])[::-1][1:]))
        means = np.diff([0, *less, 1])
        return means, spreads, (more, less)
    if ratio != 1:
        none = states.index(event.get("none", states[-1]))
        new = means * -math.expm1(ratio * math.log(means[none])) / (1 - means[none])
        new[none] = means[none] ** ratio
        means = new
    return means, spreads, pinned


def row_of_judgements(judgements):
    """(means, spreads, place of `rest`) of judgements of exclusive states, one of them `rest`."""
    rest = judgements.index("rest") if "rest" in judgements else None
    stated = [None if one == "rest" else probability(one) for one in judgements]
    means = np.array([0.0 if one is None else expected(*one) for one in stated])
    if rest is not None:
        means[rest] = 1 - means.sum()
    return means, np.array([one.s if one else 0.0 for one in stated]), rest


def row_of_states(row):
    """(means, spreads, shifts) of a row of a table: the means are stated, the shifts solved for."""
    means, spreads, rest = row_of_judgements(row)
    means = means / means.sum()
    with np.errstate(divide="ignore"):  # what cannot be has a log of minus infinity
        shift = np.log(means)
    if spreads.any():
        here = np.flatnonzero(means)
        alone = [(np.zeros(len(here)), spreads[here], 1.0)]
        shift[here] = softmax_shifts(alone, means[here], list(here).index(rest))
    return means, spreads, shift


def row_by_state(row, masks):
    """A row by proposition as one entry a state: a set is split equally over its states."""
    entries = [None] * len(next(iter(masks.values())))
    for what, value in row.items():
        if what != "otherwise":
            for state in (held := np.flatnonzero(masks[what])):
                entries[state] = value if len(held) == 1 else str(number(value) / len(held))
    free = [state for state, entry in enumerate(entries) if entry is None]
    for state in free:
        entries[state] = str(number(row["otherwise"]) / len(free))
    return entries


def between(low, high):
    """P(low < amount < high) from (P(more), P(less)) at either, to most digits."""
    (more_low, less_low), (more_high, less_high) = low, high
    return np.where(more_low < less_high, more_low - more_high, less_high - less_low)


def cells(more, less):
    """Probabilities of states from P(step t or more) and P(less): last axis K - 1 to K."""
    edge = np.ones((*more.shape[:-1], 1))
    more = np.concatenate([edge, more, 0 * edge], axis=-1)
    less = np.concatenate([0 * edge, less, edge], axis=-1)
    return between((more[..., :-1], less[..., :-1]), (more[..., 1:], less[..., 1:]))


def propositions(event):
    """Each proposition of an event: id -> which of its states it holds in."""
    if "quantity" in event:
        return Amounts(event).cuts
    states = list(event.get("states", ("no", "yes")))
    masks = {state: np.array([state == one for one in states]) for state in states}
    place = {state: i for i, state in enumerate(states)}
    every = np.arange(len(states))
    for cut, text in (event.get("cuts") or {}).items():
        if isinstance(text, list):
            masks[cut] = np.isin(states, text)
            continue
        if ".." in text:
            low, high = (place[state.strip()] for state in text.split(".."))
        else:
            sign, state = re.fullmatch(r"\s*([<>]=?)\s*(.*)", text).groups()
            low, high = 0, len(states) - 1
            if sign[0] == ">":
                low = place[state] + (sign == ">")
            else:
                high = place[state] - (sign == "<")
        masks[cut] = (low <= every) & (every <= high)
    return masks


# Amounts.


class Amounts:
    """The base distribution of a quantity, by its scale g, and its cuts as cells."""

    def __init__(self, event):
        quantity, rate = event["quantity"], event["base_rate"]
        cuts = event.get("cuts") or {}
        self.whole = quantity.get("whole") in ("yes", "true")
        points = rate.get("quantiles") or {k: rate[k] for k in ("low", "best", "high") if k in rate}
        told = {name: self._ends(cut) for name, cut in cuts.items()}
        amounts = [number(q) for q in points.values()]
        amounts += [number(q) for cut in cuts.values() for q in re.split(r"[<>=]+|\.\.", cut) if q]
        least = min(amounts)
        plain = "log" if least > 0 or (self.whole and least >= 0) else "linear"
        self.log = quantity.get("scale", plain) == "log"
        self.spread = unsure(rate["unsure"]) if "unsure" in rate else 0.0
        if "quantiles" in rate:
            pairs = sorted((float(ndtri(number(p))), self.g(number(q))) for p, q in points.items())
            self.z, self.x = map(np.array, zip(*pairs, strict=True))
            self.curve = PchipInterpolator(self.z, self.x)
        else:
            low, high = self.g(number(rate["low"])), self.g(number(rate["high"]))
            middle = self.g(number(rate["best"])) if "best" in rate else (low + high) / 2
            self.z, self.x = np.array([-Z90, 0, Z90]), np.array([low, middle, high])
            self.curve = None
        # Where the cells end, and whether that very amount is above (the first listed decides).
        self.sides = {}
        for ends in told.values():
            for amount, above in ends:
                self.sides.setdefault(amount, above)
        self.ends = sorted(self.sides)
        # A cell by an amount within it, to be asked whether it is within a cut.
        marks = [-math.inf, *self.ends, math.inf]
        cells = list(pairwise(marks))
        self.cuts = {}
        for name, cut in cuts.items():
            at = [amount for amount, _ in told[name]]
            low = at[0] if len(at) == 2 or cut.strip()[0] == ">" else -math.inf
            high = at[-1] if len(at) == 2 or cut.strip()[0] == "<" else math.inf
            self.cuts[name] = np.array([low <= a and b <= high for a, b in cells])

    def _ends(self, cut):
        """(amount, whether that amount is above it) for each end of a cut, in order."""
        half = 0.5 if self.whole else 0.0
        if ".." in cut:
            low, high = map(number, cut.split(".."))
            return [(low - half, True), (high + half, False)]
        sign, amount = re.fullmatch(r"\s*([<>]=?)(.*)", cut).groups()
        above = sign in (">=", "<")
        return [(number(amount) - half if above else number(amount) + half, above)]

    def g(self, amount):
        """The scale on which the amounts are spread out."""
        if not self.log:
            return amount
        amount = amount + 0.5 if self.whole else amount
        return math.log(amount) if amount > 0 else -math.inf

    def amount(self, x):
        """The amount of a point of the scale."""
        return (math.exp(x) - (0.5 if self.whole else 0.0)) if self.log else x

    def point(self, z):
        """The point of the scale at a normal score."""
        if self.curve and self.z[0] <= z <= self.z[-1]:
            return float(self.curve(z))
        return self._chord(self.z, self.x, z)

    def score(self, x):
        """The normal score of a point of the scale."""
        if math.isinf(x):
            return x
        if self.curve and self.x[0] <= x <= self.x[-1]:
            return brentq(lambda z: self.curve(z) - x, self.z[0], self.z[-1], xtol=1e-15)
        return self._chord(self.x, self.z, x)

    @staticmethod
    def _chord(start, end, at):
        """On the first or the last chord: of two, the halves of a split normal; else outside."""
        i = 0 if at < start[1] else len(start) - 2
        slope = (end[i + 1] - end[i]) / (start[i + 1] - start[i])
        return float(end[i] + slope * (at - start[i]))

    def above(self, amount):
        """P(more than that) and P(less), with no links and no evidence."""
        z = self.score(self.g(amount))
        return float(ndtr(-z)), float(ndtr(z))

    def cell(self, amount):
        """The cell an amount lies in."""
        return sum(amount > end or (amount == end and self.sides[end]) for end in self.ends)

    def quantile(self, share):
        """The amount at so much of the base distribution."""
        return self.amount(self.point(float(ndtri(share))))
