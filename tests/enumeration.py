"""The numbers of a case by adding up every possible world: YAML text in, probabilities out.

This is the mathematics of the toolkit stated a second time, for a reader who wants to check the
first. It shares nothing with the package: no elimination, no cleverness, no error messages for
files that are not well formed. A world says yes or no to every event, every fact and the
soundness of every source; with n of them there are 2**n worlds, each with a weight, and every
answer is a sum of weights. About 16 yes/no things is as far as it goes.

Reading order: how a number is read, how a case becomes tables, how the worlds are weighed.
"""

import calendar
import math
from datetime import date
from functools import cache
from itertools import product
from typing import NamedTuple

import numpy as np
import yaml
from scipy.optimize import brentq
from scipy.special import expit, log_expit, logit

Z90 = 1.6448536269514722  # a central 90% interval is this many standard deviations either way
RELIABILITY = {"A": 0.95, "B": 0.85, "C": 0.70, "D": 0.50, "E": 0.30, "F": 0.50}
CREDIBILITY = {"1": 0.97, "2": 0.85, "3": 0.65, "4": 0.40, "5": 0.15}
WORDS = {  # a few
    "very unlikely": {"low": "5%", "high": "20%"},
    "unlikely": {"low": "20%", "high": "45%"},
    "likely": {"low": "55%", "high": "80%"},
}
STRENGTH = {"slight": 1.5, "moderate": 3.0, "strong": 6.0, "decisive": 15.0}

# Every scalar is a string. In C, if PyYAML has it: a hundred cases in a second, not in ten.
LOADER = getattr(yaml, "CBaseLoader", yaml.BaseLoader)

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


# How a case becomes tables.


class Node(NamedTuple):
    """P(yes | parents): one row for every combination of the parents, counted in binary.

    A row is `shift` plus signed judgements, on log-odds; None is a row of probability 0.
    """

    parents: list
    rows: list
    shift: float = 0.0


class Report(NamedTuple):
    """What one source says of one fact, if sound: likelihoods of the fact and of its absence."""

    source: str
    fact: str
    digit: str
    says: str
    hit: int | None
    false: int | None


class Enumeration:
    """A case on a date, and the sums over its worlds.

    Parameters
    ----------
    text : str
        A well-formed case file.
    as_of, by : date, optional
        In place of the case's `as_of` and `resolve_by`.
    do : dict of event to "yes" or "no", optional
        Events made so.
    """

    def __init__(self, text, *, as_of=None, by=None, do=None):
        self.case = yaml.load(text, Loader=LOADER)
        self.as_of = as_of or day(self.case.get("as_of"))
        self.by = by or day(self.case.get("resolve_by"))
        self.do = do or {}
        self.judgements, self.rates = [], {}
        self.nodes = {}
        scales = self.case.get("scales") or {}
        self.reliability = {**RELIABILITY, **scales.get("reliability", {})}
        credibility = {**CREDIBILITY, **scales.get("credibility", {})}
        self.credibility = {digit: number(c) for digit, c in credibility.items()}
        self._read_events()
        self._read_facts()
        names = list(self.nodes)
        weights = self._weights(names)
        self._p0, self._q0 = (self._marginals(weights, names, state) for state in (1, 0))
        self._read_evidence()

    @property
    def events(self):
        """Ids of the events, in file order."""
        return list(self.case["events"])

    def known(self, when):
        """Whether something of that date is known on the case's date."""
        return when is None or self.as_of is None or when <= self.as_of

    def _judge(self, judgement):
        """File one uncertain number away; it is drawn once per draw, wherever it is used."""
        self.judgements.append(judgement)
        return len(self.judgements) - 1

    def _base_rate(self, event):
        rate, kind = event["base_rate"], event.get("kind", "occurs")
        judgement = probability(rate)
        if not isinstance(rate, dict) or "within" not in rate:
            return judgement
        start = self.as_of
        for key in ("happened", "ruled_out"):
            if key in event and self.known(day(event[key])):
                start = day(event[key])
        count, unit = rate["within"].split()
        within = float(count) * (12 if unit.startswith("year") else 1)
        ratio = months_between(start, self.by) / within
        return judgement if ratio == 1 else rescaled(judgement, ratio, kind, counts(rate))

    def _read_events(self):
        links = self.case.get("links") or []
        waiting = self.events
        while waiting:  # parents first
            name = waiting.pop(0)
            event = self.case["events"][name]
            into = {link["from"]: effect(link) for link in links if link["to"] == name}
            parents = [*([event["given"]] if "given" in event else []), *into]
            if "table" in event:
                parents = event["parents"]
            if not set(parents) <= set(self.nodes):
                waiting.append(name)
            elif "table" in event:
                rows = {tuple(k.replace(",", " ").split()): v for k, v in event["table"].items()}
                order = product(("no", "yes"), repeat=len(parents))
                judged = [[(+1, self._judge(probability(rows[row])))] for row in order]
                self.nodes[name] = Node(parents, judged)
            else:
                self.rates[name] = self._base_rate(event)
                self._calibrate(name, self.rates[name], into, event.get("given"))

    def _read_facts(self):
        for name, item in (self.case.get("evidence") or {}).items():
            bears_on = item["bears_on"]
            if isinstance(bears_on, dict):
                into = {event: effect(link) for event, link in bears_on.items()}
                self._calibrate(fact(name), probability(item["chance"]), into)
            elif "likelihood_ratio" in item:
                ratio = self._judge(multiplier(item["likelihood_ratio"]))
                self.nodes[fact(name)] = Node([bears_on], [[(-1, ratio)], [(+1, ratio)]])
            else:
                rows = [[(+1, self._judge(probability(item[key])))] for key in ("if_no", "if_yes")]
                self.nodes[fact(name)] = Node([bears_on], rows)

    def _calibrate(self, name, rate, into, other=None):
        """Add a node whose prior marginal (given `other`) is the mean of `rate`, links or no."""
        base = self._judge(rate)
        terms = {p: [(sign, self._judge(j)) for sign, j in effects] for p, effects in into.items()}
        parents = [*([other] if other else []), *into]
        rows = []
        for row in product((0, 1), repeat=len(parents)):
            states = dict(zip(parents, row, strict=True))
            impossible = other and not states[other]
            moved = [term for p in into if states[p] for term in terms[p]]
            rows.append(None if impossible else [(+1, base), *moved])
        # The parents' joint prior, from the network as it stands so far.
        so_far = list(self.nodes)
        weight = self._weights(so_far)[0]
        if other:
            weight = weight * worlds(len(so_far))[:, so_far.index(other)]
        joint = np.bincount(row_number(so_far, parents), weight, minlength=len(rows))
        joint = joint / joint.sum()

        sign = 1 if rate.m < 0 else -1  # solve on the rarer of yes and no

        if expected(sign * rate.m, rate.s) < 1e-300:
            raise ValueError(f"{name} is as good as certain: beyond what these sums can tell")

        def miss(shift):
            reached = joint @ self._table(Node(parents, rows, shift), yes=sign > 0)[0]
            return math.log(reached) - math.log(expected(sign * rate.m, rate.s))

        shift = brentq(miss, -500, 500, xtol=1e-14, maxiter=500) if into else 0.0
        self.nodes[name] = Node(parents, rows, shift)

    def _table(self, node, values=None, yes=True):
        """P(yes or no | row): expected (one line), or one line for each draw of the judgements."""
        columns, side = [], 1 if yes else -1
        for row in node.rows:
            if row is None:
                columns.append(np.full(1 if values is None else len(values), float(not yes)))
            elif values is None:
                m = node.shift + sum(sign * self.judgements[j].m for sign, j in row)
                s = math.sqrt(sum(self.judgements[j].s ** 2 for _, j in row))
                columns.append(np.array([expected(side * m, s)]))
            else:
                x = node.shift + sum(sign * values[:, j] for sign, j in row)
                columns.append(expit(side * x))
        return np.stack(columns, axis=1)

    def _read_evidence(self):
        """Collect what is known on the date: observations, statements, reports, sources."""
        cut = self._descendants(self.do)
        self.observed, self.stated, self.reports, self.letters = {}, {}, [], {}
        for name, event in self.case["events"].items():
            if name in cut:
                continue
            for key, state in (("happened", 1), ("ruled_out", 0)):
                if key in event and self.known(day(event[key])):
                    self.observed[name] = state
            if "now" in event:
                m, s = probability(event["now"])
                no, yes = expected(-m, s), expected(m, s)
                self.stated[name] = (no / self._q0[name], yes / self._p0[name])
        for name, item in (self.case.get("evidence") or {}).items():
            when, told = day(item.get("date")), {}
            for report in item.get("reports") or []:
                letter = report["grade"][0]
                if report["source"] not in self.letters:
                    self.letters[report["source"]] = self._judge(
                        probability(self.reliability[letter])
                    )
                heard = day(report.get("date")) or when
                if self.known(heard):
                    by_day = told.setdefault(report["source"], {})
                    by_day.setdefault(heard or date.min, []).append(report)
            if cut & set(self.nodes[fact(name)].parents):
                continue
            if item.get("status") in ("confirmed", "absent") and self.known(when):
                self.observed[fact(name)] = int(item["status"] == "confirmed")
            for source, by_day in told.items():
                *others, report = by_day[max(by_day)]  # of its latest day, in the order of the file
                says = report.get("says", "yes")
                if any(other.get("says", "yes") != says for other in others):
                    continue  # it contradicts itself, and so says nothing
                h, f = (
                    self._judge(probability(report[key])) if key in report else None
                    for key in ("hit", "false")
                )
                self.reports.append(Report(source, fact(name), report["grade"][1:], says, h, f))
        self.kappa = {source: self._kappa(source) for source in self.letters}

    def _descendants(self, names):
        """The named events and everything downstream of them."""
        found = set(names)
        for _ in self.events:
            found |= {e for e in self.events if found & set(self.nodes[e].parents)}
        return found

    def _likelihood(self, report, values=None):
        """Likelihood of a sound report if its fact is (no, yes), of prior mean 1; shape (.., 2)."""
        p0, q0 = self._p0[report.fact], self._q0[report.fact]
        if report.hit is not None:
            side = 1 if report.says == "yes" else -1
            judged = [self.judgements[j] for j in (report.hit, report.false)]
            mean_yes, mean_no = (expected(side * m, s) for m, s in judged)
            if values is None:
                yes, no = np.array([mean_yes]), np.array([mean_no])
            else:
                yes, no = (expit(side * values[:, j]) for j in (report.hit, report.false))
        else:
            strength = self._strength(report.digit, p0, q0)
            mean_yes, mean_no = (strength, 1.0) if report.says == "yes" else (1.0, strength)
            yes, no = np.array([mean_yes]), np.array([mean_no])
        return np.stack([no, yes], axis=1) / (p0 * mean_yes + q0 * mean_no)

    def _strength(self, digit, p0, q0):
        if digit == "6" or min(p0, q0) < 1e-300:
            return 1.0
        c = self.credibility[digit]
        strength = c / (1 - c) / (min(p0, q0) / max(p0, q0))
        return min(strength, 1.0) if digit in "45" else strength

    def _kappa(self, source):
        """P(the source's bundle | sound) in the prior network, with no other evidence."""
        names = list(self.nodes)
        bundle = self._weights(names) * self._sound(source, names)
        return float(bundle.sum())

    def _sound(self, source, names, values=None):
        """Likelihood of the whole bundle of a sound source in every world."""
        bundle = np.ones((1, 2 ** len(names)))
        for report in self.reports:
            if report.source == source:
                state = worlds(len(names))[:, names.index(report.fact)]
                bundle = bundle * self._likelihood(report, values)[:, state]
        return bundle

    # How the worlds are weighed.

    def _weights(self, names, values=None, *, cut=()):
        """Prior weight of every world of `names`: shape (draws or 1, 2**n); `cut` made so."""
        states = worlds(len(names))
        weight = np.ones((1, len(states)))
        for column, name in enumerate(names):
            if name in cut:
                yes = np.full((1, len(states)), float(cut[name] == "yes"))
                no = 1 - yes
            else:
                node = self.nodes[name]
                row = row_number(names, node.parents)
                no, yes = (self._table(node, values, yes=one)[:, row] for one in (False, True))
            weight = weight * np.where(states[:, column], yes, no)
        return weight

    def evidence(self, given=None, values=None):
        """Weight of every world of events, facts and sources, everything known multiplied in."""
        names = [*self.nodes, *map(source_of, self.letters)]
        states = worlds(len(names))
        things = len(self.nodes)
        inner = self._weights(list(self.nodes), values, cut=self.do)
        repeat = np.arange(len(states)) >> len(self.letters)  # the world without its sources
        weight = inner[:, repeat]
        for source, j in self.letters.items():
            sound = self._sound(source, list(self.nodes), values)[:, repeat]
            m, s = self.judgements[j]
            unsound, letter = np.array([[expected(-m, s)], [expected(m, s)]])[..., None]
            if values is not None:
                unsound, letter = expit(-values[:, j])[:, None], expit(values[:, j])[:, None]
            is_sound = states[:, things + list(self.letters).index(source)]
            weight = weight * np.where(is_sound, letter * sound, unsound * self.kappa[source])
        for name, likelihood in self.stated.items():
            weight = weight * np.array(likelihood)[states[:, names.index(name)]]
        conditions = {event: int(state == "yes") for event, state in (given or {}).items()}
        for name, state in [*self.observed.items(), *conditions.items()]:
            weight = weight * (states[:, names.index(name)] == state)
        return weight, names

    def _marginals(self, weight, names, state=1):
        total = weight.sum()
        match = worlds(len(names)) == state
        return {n: float((weight * match[:, i]).sum() / total) for i, n in enumerate(names)}

    # The answers.

    def prior(self):
        """Prior marginal of every event."""
        return {event: self._p0[event] for event in self.events}

    def prior_no(self):
        """Prior probability that each event is a no, with its digits where it is tiny."""
        return {event: self._q0[event] for event in self.events}

    def fact_priors(self):
        """Prior marginal p0 of every fact."""
        return {n[len("fact ") :]: p for n, p in self._p0.items() if n.startswith("fact ")}

    def everything(self, given=None):
        """(events, facts, sources): the posterior of each, and of each source's soundness."""
        marginals = self._marginals(*self.evidence(given))
        by_kind = {"event": {}, "fact": {}, "source": {}}
        for name, p in marginals.items():
            kind, _, plain = name.rpartition(" ")
            by_kind[kind or "event"][plain] = p
        return tuple(by_kind.values())

    def posterior(self, given=None):
        """Posterior of every event."""
        return self.everything(given)[0]

    def facts(self, given=None):
        """Posterior of every fact."""
        return self.everything(given)[1]

    def soundness(self, given=None):
        """Posterior probability that each source is sound."""
        return self.everything(given)[2]

    def log_evidence(self, given=None):
        """Natural log of P(everything known, and `given`)."""
        return math.log(self.evidence(given)[0].sum())

    def joint(self, when, given=None):
        """P(this conjunction | everything known, and `given`)."""
        weight, names = self.evidence(given)
        states = worlds(len(names))
        match = np.ones(len(states), dtype=bool)
        for name, state in when.items():
            match &= states[:, names.index(name)] == (state == "yes")
        return float((weight * match).sum() / weight.sum())

    def uncertain(self):
        """Indices of the judgements that have a spread."""
        return [j for j, judgement in enumerate(self.judgements) if judgement.s > 0]

    def at(self, z, given=None):
        """Posterior at fixed settings of all uncertain numbers.

        Parameters
        ----------
        z : array, shape (D, number of uncertain judgements), standard deviations
            Where each judgement is set: at its median plus z times its spread.

        Returns
        -------
        (dict of event to array of shape (D,), array of shape (D,))
            P(event | evidence, setting) and P(evidence | setting).
        """
        values = np.tile([judgement.m for judgement in self.judgements], (len(z), 1))
        spread = [self.judgements[j].s for j in self.uncertain()]
        values[:, self.uncertain()] += z * spread
        weight, names = self.evidence(given, values)
        states = worlds(len(names))
        chance = weight.sum(axis=1)
        return {e: weight @ states[:, names.index(e)] / chance for e in self.events}, chance

    def draws(self, size, rng, given=None):
        """`at` for plain random settings, a few at a time to spare memory."""
        step = max(1, 2**22 // 2 ** (len(self.nodes) + len(self.letters)))
        z = rng.standard_normal((size, len(self.uncertain())))
        parts = [self.at(z[start : start + step], given) for start in range(0, size, step)]
        posterior = {e: np.concatenate([part[0][e] for part in parts]) for e in self.events}
        return posterior, np.concatenate([np.broadcast_to(p[1], len(p[1])) for p in parts])


def fact(name):
    """The name of a fact among the names of all yes/no things."""
    return f"fact {name}"


def source_of(name):
    """The name of a source's soundness among the names of all yes/no things."""
    return f"source {name}"


@cache
def worlds(n):
    """Every combination of n yes/no things, counted in binary: shape (2**n, n), 0 or 1."""
    return (np.arange(2**n)[:, None] >> np.arange(n)[::-1]) & 1


def row_number(names, parents):
    """For every world of `names`, the row its states select in a table over `parents`."""
    states = worlds(len(names))
    row = np.zeros(len(states), dtype=int)
    for parent in parents:
        row = 2 * row + states[:, names.index(parent)]
    return row


def weighted_quantile(values, weights, share):
    """The value below which `share` of the weight lies."""
    order = np.argsort(values)
    mass = np.cumsum(weights[order])
    return float(values[order][np.searchsorted(mass, share * mass[-1])])
