"""The numbers of a case by adding up every possible world: YAML text in, probabilities out.

This is the mathematics of the toolkit stated a second time, for a reader who wants to check the
first. It shares nothing with the package: no elimination, no cleverness, no error messages for
files that are not well formed. A world gives every event one of its states, and says yes or no to
every fact and to the soundness of every source; each has a weight, and every answer is a sum of
weights. A yes/no event has the states no and yes; a quantity has one for each cell between its
cuts. About 100,000 worlds are as far as it goes.

What the numbers of a file mean is in `tests/stated_numbers.py`; how likely amounts are within a
cell, in `tests/enumeration_of_amounts.py`. Reading order here: propositions, how a case becomes
tables, how the worlds are weighed, the answers.
"""

import math
from datetime import date
from functools import cache
from itertools import product
from typing import NamedTuple

import numpy as np
import yaml
from scipy.special import expit

from tests.stated_numbers import (
    CREDIBILITY,
    RELIABILITY,
    Amounts,
    Normal,
    cells,
    counts,
    day,
    effect,
    expected,
    months_between,
    multiplier,
    number,
    probability,
    propositions,
    rescaled,
    row_by_state,
    row_of_states,
    softmax,
    softmax_shifts,
    solve_shift,
    state_rates,
)

# Every scalar is a string. In C, if PyYAML has it: a hundred cases in a second, not in ten.
LOADER = getattr(yaml, "CBaseLoader", yaml.BaseLoader)


class Term(NamedTuple):
    """A judgement in a sum on log-odds: of the one step of all, or of one state of several."""

    sign: int
    judgement: int
    state: int | None = None


class Node(NamedTuple):
    """P(state | parents): one row for every combination of the parents' states, the last fastest.

    A row is a list of terms; None is a row that is surely the first state. With `softmax` a state
    has the log-weight shift[state] + its terms; else P(step t or more) has the log-odds
    shift[t - 1] + all terms. `means` are expected rows that are stated rather than worked out,
    whose shifts are then one row each. `joint` is how probable each row was.
    """

    parents: list
    size: int
    rows: list
    shift: np.ndarray
    softmax: bool = False
    means: np.ndarray | None = None
    joint: np.ndarray | None = None


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
    do : dict, optional
        What is made so: event to "yes" or "no", to a state, or to an amount.
    """

    def __init__(self, text, *, as_of=None, by=None, do=None):
        self.case = yaml.load(text, Loader=LOADER)
        self.as_of = as_of or day(self.case.get("as_of"))
        self.by = by or day(self.case.get("resolve_by"))
        self.judgements, self.rates, self.means = [], {}, {}
        self.nodes, self._tables = {}, {}
        scales = self.case.get("scales") or {}
        self.reliability = {**RELIABILITY, **scales.get("reliability", {})}
        credibility = {**CREDIBILITY, **scales.get("credibility", {})}
        self.credibility = {digit: number(c) for digit, c in credibility.items()}
        self.amounts, self.masks = {}, {}
        for name, event in self.case["events"].items():
            if "quantity" in event:
                self.amounts[name] = Amounts(event)
            self.masks[name] = propositions(event)
        self.do = self.conditions(do)
        self._read_events()
        self._read_facts()
        names = list(self.nodes)
        self._p0 = self._marginals(self._weights(names), names)
        self._read_evidence(do or {})

    @property
    def events(self):
        """Ids of the events, in file order."""
        return list(self.case["events"])

    def known(self, when):
        """Whether something of that date is known on the case's date."""
        return when is None or self.as_of is None or when <= self.as_of

    # Propositions: sets of the states of one event.

    def size(self, name):
        """How many states an event, a fact or the soundness of a source has."""
        if name in self.amounts:
            return len(self.amounts[name].ends) + 1
        return len(next(iter(self.masks[name].values()))) if name in self.masks else 2

    def proposition(self, text):
        """`EVENT`, `EVENT.STATE` or `EVENT.CUT`: the event, and which of its states are meant."""
        event, _, what = text.partition(".")
        return event, self.masks[event][what or "yes"]

    def conditions(self, setting):
        """A setting as states allowed: event -> one truth value for each state."""
        found = {}
        for text, value in (setting or {}).items():
            event, dot, _ = text.partition(".")
            if dot:
                mask = self.proposition(text)[1] == (str(value) == "yes")
            elif event in self.amounts:
                cell = self.amounts[event].cell(number(value))
                mask = np.arange(self.size(event)) == cell
            else:
                some = value if isinstance(value, list) else [value]
                mask = np.any([self.masks[event][str(state)] for state in some], axis=0)
            found[event] = found.get(event, True) & mask
        return found

    def _answer(self, state_chances):
        """Spread the probability of states out over the propositions people ask for."""
        found = {}
        for name, masks in self.masks.items():
            p = state_chances[name]
            if self._yes_no(name):
                found[name] = p[..., 1]
            else:
                for what, mask in masks.items():
                    found[f"{name}.{what}"] = p[..., mask].sum(axis=-1)
        return {key: p if p.ndim else float(p) for key, p in found.items()}

    def _yes_no(self, name):
        event = self.case["events"].get(name)
        return event is None or not ("states" in event or "quantity" in event)

    # How a case becomes tables.

    def _judge(self, judgement):
        """File one uncertain number away; it is drawn once per draw, wherever it is used."""
        self.judgements.append(judgement)
        return len(self.judgements) - 1

    def _ratio(self, event):
        """The event's remaining window over the period its base rate is stated for."""
        rate = event["base_rate"]
        if not isinstance(rate, dict) or "within" not in rate:
            return 1
        start = self.as_of
        settled = (event.get("settled") or {}).get("date")
        for when in (event.get("happened"), event.get("ruled_out"), settled):
            if when and self.known(day(when)):
                start = day(when)
        count, unit = rate["within"].split()
        within = float(count) * (12 if unit.startswith("year") else 1)
        return months_between(start, day(event.get("resolve_by")) or self.by) / within

    def _base_rate(self, event):
        rate, kind = event["base_rate"], event.get("kind", "occurs")
        ratio = self._ratio(event)
        judgement = probability(rate)
        return judgement if ratio == 1 else rescaled(judgement, ratio, kind, counts(rate))

    def _read_events(self):
        links = self.case.get("links") or []
        waiting = self.events
        while waiting:  # parents first
            name = waiting.pop(0)
            event = self.case["events"][name]
            into = [link for link in links if link["to"].split(".")[0] == name]
            asked = [link["from"] for link in into]
            asked = [*([event["given"]] if "given" in event else []), *asked]
            asked = event["parents"] if "table" in event else asked
            if not {text.split(".")[0] for text in asked} <= set(self.nodes):
                waiting.append(name)
            elif "table" in event:
                self._read_table(name, event)
            elif self._yes_no(name):
                self.rates[name] = self._base_rate(event)
                self._yes_no_node(name, self.rates[name], self._moves(into), event.get("given"))
            else:
                self._node_of_states(name, event, self._moves(into))

    def _moves(self, links):
        """Each link as (event, states that switch it on, terms)."""
        moves = []
        for link in links:
            parent, mask = self.proposition(link["from"])
            child, _, what = link.get("to", "").partition(".")
            state, turn = None, 1
            if what and child in self.amounts:
                turn = 1 if self.amounts[child].cuts[what][-1] else -1  # more odds of less?
            elif what:
                state = int(np.flatnonzero(self.masks[child][what])[0])
            terms = [Term(turn * sign, self._judge(j), state) for sign, j in effect(link)]
            moves.append((parent, mask, terms))
        return moves

    def _rows(self, moves, base, other=None):
        """Parents, rows and how probable each row is, where the moves (and `other`) say so."""
        conditional = [self.proposition(other)] if other else []
        parents = list(dict.fromkeys(one[0] for one in [*conditional, *moves]))
        rows, possible = [], []
        for states in product(*(range(self.size(p)) for p in parents)):
            world = dict(zip(parents, states, strict=True))
            possible.append(all(mask[world[p]] for p, mask in conditional))
            on = [term for p, mask, terms in moves if mask[world[p]] for term in terms]
            rows.append([*base, *on] if possible[-1] else None)
        so_far = [name for name in self.nodes if name in self.masks]
        weight = self._weights(so_far)[0]
        joint = np.bincount(self._row_number(so_far, parents), weight, minlength=len(rows))
        joint = joint * possible
        return parents, rows, joint / joint.sum()

    def _normals(self, rows, joint):
        """Rows that are not None, as (m, s, how probable)."""
        for row, w in zip(rows, joint, strict=True):
            if row is not None:
                m = sum(term.sign * self.judgements[term.judgement].m for term in row)
                yield m, math.sqrt(sum(self.judgements[t.judgement].s ** 2 for t in row)), w

    def _yes_no_node(self, name, rate, moves, other=None):
        """Add a node whose prior marginal (given `other`) is the mean of `rate`, links or no."""
        parents, rows, joint = self._rows(moves, [Term(+1, self._judge(rate))], other)
        yes, no = expected(rate.m, rate.s), expected(-rate.m, rate.s)
        if min(yes, no) < 1e-300:
            raise ValueError(f"{name} is as good as certain: beyond what these sums can tell")
        shift = solve_shift(tuple(self._normals(rows, joint)), yes, no) if moves else 0.0
        self.nodes[name] = Node(parents, 2, rows, np.array([shift]), joint=joint)

    def _node_of_states(self, name, event, moves):
        """Add a node of several states, ordered states or amounts, with its prior marginals."""
        if name in self.amounts:
            amounts = self.amounts[name]
            spreads, steps = [amounts.spread], [amounts.above(end) for end in amounts.ends]
            steps = tuple(zip(*steps, strict=True)) or ((), ())
        else:
            self.means[name], spreads, steps = state_rates(event, self._ratio(event))
        if isinstance(steps, tuple):
            base = [Term(+1, self._judge(Normal(0.0, spreads[0])))]
            parents, rows, joint = self._rows(moves, base)
            normals = tuple(self._normals(rows, joint))
            shift = [solve_shift(normals, p, q) for p, q in zip(*steps, strict=True)]
            self.nodes[name] = Node(
                parents, self.size(name), rows, np.array(shift), False, None, joint
            )
            return
        base = [Term(+1, self._judge(Normal(0.0, s)), state) for state, s in enumerate(spreads)]
        parents, rows, joint = self._rows(moves, base)
        distinct = {}
        for row, w in zip(rows, joint, strict=True):
            distinct[tuple(row)] = distinct.get(tuple(row), 0.0) + w
        inputs = [(*self._vectors(row, len(spreads)), w) for row, w in distinct.items()]
        shift = softmax_shifts(inputs, self.means[name], steps)
        self.nodes[name] = Node(parents, len(spreads), rows, shift, True, None, joint)

    def _vectors(self, row, size):
        """Median and spread of every state's log-weight, before its shift."""
        m, variance = np.zeros(size), np.zeros(size)
        for sign, j, state in row:
            m[state] += sign * self.judgements[j].m
            variance[state] += self.judgements[j].s ** 2
        return m, np.sqrt(variance)

    def _read_table(self, name, event):
        """Add a node whose rows the file states."""
        asked = [(text.split(".")[0], "." in text, text) for text in event["parents"]]
        parents = list(dict.fromkeys(parent for parent, _, _ in asked))
        table = event["table"]
        if not parents:
            table = {"": table}
        stated = {tuple(key.replace(",", " ").split()): row for key, row in table.items()}
        rows, means, shifts, size = [], [], [], self.size(name)
        filed = {}  # a row is one judgement however many worlds of its parents it covers
        for states in product(*(range(self.size(p)) for p in parents)):
            world = dict(zip(parents, states, strict=True))
            key = []
            for parent, is_proposition, text in asked:
                if is_proposition:
                    key.append("yes" if self.proposition(text)[1][world[parent]] else "no")
                else:
                    ids = list(self.case["events"][parent].get("states", ("no", "yes")))
                    key.append(ids[world[parent]])
            key = tuple(key)
            if key not in filed:  # one left out never comes about
                never = "0" if self._yes_no(name) else ["1", *["0"] * (size - 1)]
                filed[key] = self._table_row(name, stated.get(key, never), size)
            row, mean, shift = filed[key]
            rows.append(row)
            means.append(mean)
            shifts.append(shift)
        shift, softmaxed = (np.zeros(1), False) if self._yes_no(name) else (np.array(shifts), True)
        self.nodes[name] = Node(parents, size, rows, shift, softmaxed, np.array(means))

    def _table_row(self, name, row, size):
        """(terms, means, shifts) of one row of a table."""
        if self._yes_no(name):
            judgement = probability(row)
            mean = [expected(side * judgement.m, judgement.s) for side in (-1, 1)]
            return [Term(+1, self._judge(judgement))], mean, None
        if isinstance(row, dict):
            row = row_by_state(row, self.masks[name])
        means, spreads, shift = row_of_states(row)
        terms = [Term(+1, self._judge(Normal(0.0, s)), state) for state, s in enumerate(spreads)]
        return terms, means, shift

    def _read_facts(self):
        for name, item in (self.case.get("evidence") or {}).items():
            bears_on = item["bears_on"]
            if isinstance(bears_on, dict):
                links = [{"from": text, **link} for text, link in bears_on.items()]
                self._yes_no_node(fact(name), probability(item["chance"]), self._moves(links))
                continue
            if "if" in item:
                event = bears_on
                filed = {w: self._judge(probability(p)) for w, p in item["if"].items()}
                meant = [filed.get("otherwise")] * self.size(event)
                for what, j in filed.items():
                    if what != "otherwise":
                        for state in np.flatnonzero(self.masks[event][what]):
                            meant[state] = j
                rows = [[Term(+1, j)] for j in meant]
            else:
                event, mask = self.proposition(bears_on)
                if "likelihood_ratio" in item:
                    ratio = self._judge(multiplier(item["likelihood_ratio"]))
                    no, yes = Term(-1, ratio), Term(+1, ratio)
                else:
                    no, yes = (
                        Term(+1, self._judge(probability(item[key]))) for key in ("if_no", "if_yes")
                    )
                rows = [[yes if holds else no] for holds in mask]
            self.nodes[fact(name)] = Node([event], 2, rows, np.zeros(1))

    def _table(self, name, values=None):
        """P(state | row): expected, or for each draw of the judgements; shape (.., rows, K)."""
        if values is None:
            if name not in self._tables:
                node = self.nodes[name]
                found = node.means if node.means is not None else self._expected_rows(node)
                self._tables[name] = np.asarray(found, float)[None]
            return self._tables[name]
        node, rows = self.nodes[name], []
        for i, row in enumerate(node.rows):
            if row is None:
                rows.append(np.eye(node.size)[[0] * len(values)])
            elif node.softmax:
                shift = node.shift if node.means is None else node.shift[i]
                x = np.tile(shift, (len(values), 1))
                for sign, j, state in row:
                    x[:, state] += sign * values[:, j]
                x = np.exp(x - x.max(axis=1, keepdims=True))
                rows.append(x / x.sum(axis=1, keepdims=True))
            else:
                x = sum(sign * values[:, j] for sign, j, _ in row)[:, None] + node.shift
                rows.append(cells(expit(x), expit(-x)))
        return np.stack(rows, axis=1)

    def _expected_rows(self, node):
        """The expectation of every row, each distinct one worked out once."""
        known = {}
        for row in node.rows:
            key = None if row is None else tuple(row)
            if key in known:
                continue
            if row is None:
                known[key] = np.eye(node.size)[0]
            elif node.softmax:
                m, s = self._vectors(row, node.size)
                known[key] = softmax(node.shift + m, s)[0]
            else:
                ((m, s, _),) = self._normals([row], [1.0])
                more = np.array([expected(c + m, s) for c in node.shift])
                known[key] = cells(more, np.array([expected(-c - m, s) for c in node.shift]))
        return [known[None if row is None else tuple(row)] for row in node.rows]

    def _read_evidence(self, do):
        """Collect what is known on the date: observations, statements, reports, sources."""
        cut = self._descendants(self.do)
        self.observed, self.stated, self.reports, self.letters = {}, {}, [], {}
        self.values = {name: number(q) for name, q in do.items() if name in self.amounts}
        for name, event in self.case["events"].items():
            if name in cut:
                continue
            for key, state in (("happened", "yes"), ("ruled_out", "no")):
                if key in event and self.known(day(event[key])):
                    self.observed |= self.conditions({name: state})
            settled = event.get("settled")
            if settled and self.known(day(settled.get("date"))):
                self.observed |= self.conditions({name: settled.get("state", settled.get("value"))})
                if "value" in settled:
                    self.values[name] = number(settled["value"])
            if "now" in event and name not in self.observed:
                self.stated[name] = self._statement(name, event["now"])
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
                self.observed[fact(name)] = np.array([True, False]) ^ (item["status"] != "absent")
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

    def _statement(self, name, now):
        """The likelihood of every state in what is held now: c / p0 of its proposition."""
        p0 = self._p0[name]
        if p0.min() < 1e-300:
            raise ValueError(f"{name} is as good as certain: nothing can be held of it")
        if self._yes_no(name):
            m, s = probability(now)
            return np.array([expected(-m, s), expected(m, s)]) / p0
        likelihood, left, unnamed = np.zeros(len(p0)), 1.0, np.ones(len(p0), dtype=bool)
        for what, judgement in now.items():
            if what != "otherwise":
                mask, c = self.masks[name][what], expected(*probability(judgement))
                likelihood[mask] = c / p0[mask].sum()
                left, unnamed = left - c, unnamed & ~mask
        if "otherwise" in now:
            left = expected(*probability(now["otherwise"]))
        if unnamed.any():
            likelihood[unnamed] = left / p0[unnamed].sum()
        return likelihood

    def _descendants(self, names):
        """The named events and everything downstream of them."""
        found = set(names)
        for _ in self.events:
            found |= {e for e in self.events if found & set(self.nodes[e].parents)}
        return found

    def _likelihood(self, report, values=None):
        """Likelihood of a sound report if its fact is (no, yes), of prior mean 1; shape (.., 2)."""
        q0, p0 = self._p0[report.fact]
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
        states = self._worlds(names)
        bundle = np.ones((1, len(states)))
        for report in self.reports:
            if report.source == source:
                state = states[:, names.index(report.fact)]
                bundle = bundle * self._likelihood(report, values)[:, state]
        return bundle

    # How the worlds are weighed.

    def _worlds(self, names):
        return worlds(tuple(map(self.size, names)))

    def _row_number(self, names, parents):
        """For every world of `names`, the row its states select in a table over `parents`."""
        states = self._worlds(names)
        row = np.zeros(len(states), dtype=int)
        for parent in parents:
            row = self.size(parent) * row + states[:, names.index(parent)]
        return row

    def _weights(self, names, values=None, *, cut=()):
        """Prior weight of every world of `names`: shape (draws or 1, worlds); `cut` made so."""
        states = self._worlds(names)
        weight = np.ones((1, len(states)))
        for column, name in enumerate(names):
            if name in cut:
                weight = weight * cut[name][states[:, column]]
            else:
                row = self._row_number(names, self.nodes[name].parents)
                weight = weight * self._table(name, values)[:, row, states[:, column]]
        return weight

    def evidence(self, given=None, values=None):
        """Weight of every world of events, facts and sources, everything known multiplied in."""
        names = [*self.nodes, *map(source_of, self.letters)]
        states = self._worlds(names)
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
            weight = weight * likelihood[states[:, names.index(name)]]
        for name, mask in [*self.observed.items(), *self.conditions(given).items()]:
            weight = weight * mask[states[:, names.index(name)]]
        return weight, names

    def _marginals(self, weight, names):
        """The probability of every state of every name."""
        states, found = self._worlds(names), {}
        for column, name in enumerate(names):
            which = states[:, column, None] == np.arange(self.size(name))
            found[name] = weight @ which / weight.sum(axis=1, keepdims=True)
        return {name: p[0] if len(p) == 1 else p for name, p in found.items()}

    # The answers.

    def prior(self):
        """Prior probability of every yes/no event, state and cut."""
        return self._answer(self._p0)

    def prior_no(self):
        """Prior probability that each yes/no event is a no, with its digits where it is tiny."""
        return {event: self._p0[event][0] for event in self.events if self._yes_no(event)}

    def everything(self, given=None):
        """(events, facts, sources): the posterior of each, and of each source's soundness."""
        marginals = self._marginals(*self.evidence(given))
        facts, sources = (
            {n[len(kind) :]: p[1] for n, p in marginals.items() if n.startswith(kind)}
            for kind in ("fact ", "source ")
        )
        return self._answer(marginals), facts, sources

    def posterior(self, given=None):
        """Posterior of every yes/no event, state and cut."""
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
        states = self._worlds(names)
        match = np.ones(len(states), dtype=bool)
        for name, mask in self.conditions(when).items():
            match &= mask[states[:, names.index(name)]]
        return float((weight * match).sum() / weight.sum())

    def uncertain(self):
        """Indices of the judgements that have a spread."""
        return [j for j, judgement in enumerate(self.judgements) if judgement.s > 0]

    def settings(self, z):
        """Every judgement at its median plus z of its spreads, for `at`."""
        values = np.tile([judgement.m for judgement in self.judgements], (len(z), 1))
        spread = [self.judgements[j].s for j in self.uncertain()]
        values[:, self.uncertain()] += z * spread
        return values

    def at(self, z, given=None):
        """Posterior at fixed settings of all uncertain numbers.

        Parameters
        ----------
        z : array, shape (D, number of uncertain judgements), standard deviations
            Where each judgement is set: at its median plus z times its spread.

        Returns
        -------
        (dict of event, state or cut to array of shape (D,), array of shape (D,))
            P(event | evidence, setting) and P(evidence | setting).
        """
        weight, names = self.evidence(given, self.settings(z))
        return self._answer(self._marginals(weight, names)), weight.sum(axis=1)

    def draws(self, size, rng, given=None):
        """`at` for plain random settings, a few at a time to spare memory."""
        names = [*self.nodes, *map(source_of, self.letters)]
        step = max(1, 2**22 // math.prod(map(self.size, names)))
        z = rng.standard_normal((size, len(self.uncertain())))
        parts = [self.at(z[start : start + step], given) for start in range(0, size, step)]
        posterior = {
            key: np.concatenate([np.broadcast_to(part[0][key], part[1].shape) for part in parts])
            for key in parts[0][0]
        }
        return posterior, np.concatenate([part[1] for part in parts])


def fact(name):
    """The name of a fact among the names of all things."""
    return f"fact {name}"


def source_of(name):
    """The name of a source's soundness among the names of all things."""
    return f"source {name}"


@cache
def worlds(sizes):
    """Every combination of things with so many states each: shape (worlds, things), from 0."""
    count = math.prod(sizes)
    return (
        np.stack(np.unravel_index(np.arange(count), sizes), axis=1)
        if sizes
        else np.zeros((1, 0), int)
    )


def weighted_quantile(values, weights, share):
    """The value below which `share` of the weight lies."""
    order = np.argsort(values)
    mass = np.cumsum(weights[order])
    return float(values[order][np.searchsorted(mass, share * mass[-1])])
