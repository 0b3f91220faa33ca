"""Random cases from a seed: well-formed files that use every feature the numbers depend on."""

import os
from datetime import date, timedelta

import numpy as np
import yaml
from scipy.special import expit, logit

from tests.enumeration import Enumeration

LETTERS, DIGITS = "ABCDEF", "123456"
DUMPER = getattr(yaml, "CSafeDumper", yaml.SafeDumper)  # in C, if PyYAML has it


def how_many(usual):
    """So many cases, settings or examples; or as many as FORECASTING_CASES says."""
    return int(os.environ.get("FORECASTING_CASES", usual))


def random_case(seed, *, events=(3, 6), facts=(1, 5), sources=(1, 3), ranges=True, extreme=False):
    """A case as plain data, its evidence not impossible.

    Parameters
    ----------
    seed : int
        Fixes everything.
    events, facts, sources : (int, int)
        At least and at most so many.
    ranges : bool
        Whether judgements may have a spread.
    extreme : bool
        Whether base rates may be all but certain, stated for windows a hundred times shorter than
        the one asked about, or counted from cases among which there was none.

    Returns
    -------
    dict, ready for `as_text`
    """
    rng = np.random.default_rng(seed)
    while True:
        case = Author(rng, events, facts, sources, ranges, extreme).case
        try:
            oracle = Enumeration(as_text(case))
        except ValueError:  # a base rate as good as certain, which only extreme ones are
            continue
        if extreme and min(*oracle.prior().values(), *oracle.prior_no().values()) < 1e-290:
            continue
        if oracle.evidence()[0].sum() > 0:
            return case


def as_text(case):
    """The case as a YAML file."""
    return yaml.dump(case, Dumper=DUMPER, sort_keys=False)


def parents_of(case, event):
    """Events that point at `event`, however the file says so."""
    record = case["events"][event]
    linked = [link["from"] for link in case.get("links", []) if link["to"] == event]
    return [*record.get("parents", []), *([record["given"]] if "given" in record else []), *linked]


class Author:
    """Writes one case, feature by feature."""

    def __init__(self, rng, events, facts, sources, ranges, extreme):
        self.rng = rng
        self.ranges = ranges
        self.extreme = extreme
        self.as_of = self.end = None
        self.case = {"case": "random", "title": "A random case"}
        if self.chance(0.85):
            self.as_of = date(2020, 1, 1) + timedelta(days=int(self.rng.integers(0, 900)))
            self.end = self.as_of + timedelta(days=int(self.rng.integers(20, 900)))
            if extreme and self.chance(0.7):
                self.end += timedelta(days=int(self.rng.integers(900, 9000)))
            self.case |= {"as_of": self.written(self.as_of), "resolve_by": self.written(self.end)}
        self.case |= {"events": {}, "links": []}
        self.add_events(self.between(*events))
        self.add_evidence(self.between(*facts), self.between(*sources))
        self.add_scenarios()
        self.add_scales()
        self.case["events"] = self.shuffled(self.case["events"])

    # Choices.

    def chance(self, p):
        return bool(self.rng.random() < p)

    def between(self, low, high):
        return int(self.rng.integers(low, high + 1))

    def one_of(self, *choices):
        return choices[self.rng.integers(len(choices))]

    def some_of(self, choices, most):
        count = self.between(0, min(most, len(choices)))
        return [choices[i] for i in self.rng.permutation(len(choices))[:count]]

    def shuffled(self, mapping):
        keys = list(mapping)
        return {keys[i]: mapping[keys[i]] for i in self.rng.permutation(len(keys))}

    # Judgements.

    def percent(self, p):
        return f"{100 * p:.6g}%" if self.chance(0.3) else round(float(p), 8)

    def spread(self, centre, width, to, written):
        """{low, high} or {low, best, high} around `centre` on a log scale."""
        low, high = centre - width, centre + width
        record = {"low": written(to(low)), "high": written(to(high))}
        if self.chance(0.4):
            record["best"] = written(to(low + (high - low) * self.rng.uniform(0.4, 0.6)))
        return record

    def probability(self, low=0.05, high=0.9, *, must_range=False):
        centre = self.rng.uniform(logit(low), logit(high))
        kind = self.rng.random()
        if must_range or (self.ranges and kind < 0.6):
            if kind < 0.1:
                return {"beta": [self.between(1, 5), round(float(self.rng.uniform(1, 9)), 3)]}
            if kind < 0.15:
                return self.word()
            if kind < 0.25:
                seen = self.between(0, 6)
                return {"seen": seen, "of": seen + self.between(1, 20)}
            return self.spread(centre, self.rng.uniform(0.1, 1.5), expit, self.percent)
        return self.percent(expit(centre))

    def word(self):
        return self.one_of("very unlikely", "unlikely", "likely")

    def edge(self, low=0.05, high=0.95):
        """A probability that may also be certain."""
        return self.one_of(0, 1, "100%") if self.chance(0.1) else self.probability(low, high)

    def multiplier(self):
        centre = self.rng.uniform(0.2, 2.5)
        kind = self.rng.random()
        if kind < 0.1:
            return self.one_of("slight", "moderate", "strong", "decisive")
        if self.ranges and kind < 0.6:
            width = self.rng.uniform(0.05, centre * 0.9)
            return self.spread(centre, width, np.exp, lambda x: round(float(x), 8))
        return round(float(np.exp(centre)), 6)

    def effect(self):
        key = self.one_of("raises", "lowers", "odds", "if")
        if key == "if":
            return {"if_yes": self.probability(), "if_no": self.probability()}
        return {key: self.multiplier()}

    # Dates.

    def written(self, when, *, partial=False):
        """As a date or in quotes; `partial` dates are sometimes only a year or a month."""
        if partial and self.chance(0.15):
            return when.isoformat()[: self.one_of(4, 7)]
        return when.isoformat() if self.chance(0.5) else when

    def some_day(self, first, last):
        return first + timedelta(days=int(self.rng.integers(0, (last - first).days + 1)))

    # The file.

    def add_events(self, count):
        rates = {}
        for i in range(count):
            name, before = f"event_{i}", list(self.case["events"])
            parents = self.some_of(before, 3)
            record = {"role": self.one_of("driver", "outcome"), "question": f"Will {i} happen?"}
            kind = self.rng.random()
            if parents and kind < 0.25:
                record |= {"parents": parents, "table": self.table(len(parents))}
            else:
                if parents and kind < 0.5:
                    record["given"] = parents.pop()
                record |= self.base_rate()
                rates[name] = record
                for parent in parents:
                    self.case["links"].append({"from": parent, "to": name, **self.effect()})
            self.case["events"][name] = record
        self.add_what_is_held()

    def table(self, count):
        rows = [[]]
        for _ in range(count):
            rows = [[*row, state] for row in rows for state in ("yes", "no")]
        if self.chance(0.25):  # a logical AND, OR or NOT-ALL
            yes = self.one_of(all, any, lambda states: not all(states))
            return {", ".join(row): int(yes(s == "yes" for s in row)) for row in rows}
        return {", ".join(row): self.edge() for row in rows}

    def base_rate(self):
        kind = self.one_of("occurs", "occurs", "lasts", "state")
        record = {} if kind == "occurs" and self.chance(0.5) else {"kind": kind}
        if self.extreme and self.chance(0.7):
            return self.extreme_rate(record, kind)
        if self.as_of and kind != "state" and self.chance(0.6):
            low, high = (0.05, 0.5) if kind == "occurs" else (0.5, 0.95)
            rate = self.probability(low, high, must_range=self.ranges)
            if not isinstance(rate, dict):
                rate = {"word" if rate in ("very unlikely", "unlikely", "likely") else "best": rate}
            within = self.one_of(f"{self.between(3, 36)} months", "1 year", "2.5 years")
            return record | {"base_rate": rate | {"within": within}}
        return record | {"base_rate": self.probability()}

    def extreme_rate(self, record, kind):
        seen = self.between(0, 2)
        rate = self.one_of(
            {"seen": seen, "of": seen + self.between(0, 60)},
            {"beta": [self.one_of(0.5, 1, 3), self.one_of(0.5, 20, 4000)]},
            {"best": self.one_of(1e-15, 1e-9, 1e-4, 0.3, 0.999, 0.999_999_999, 1 - 1e-15)},
            {"low": "0.1%", "high": "60%"},
            {"low": "40%", "high": "99.9%"},
        )
        if self.as_of and kind != "state" and self.chance(0.8):
            rate |= {"within": self.one_of("1 month", "3 months", "1 year", "400 months")}
        return record | {"base_rate": rate}

    def add_what_is_held(self):
        for record in self.case["events"].values():
            if self.as_of and self.chance(0.12):
                # Some of these days are still to come on the case's date.
                when = self.some_day(self.as_of - timedelta(days=300), self.as_of)
                if self.chance(0.2):
                    when = self.some_day(self.as_of + timedelta(days=1), self.end)
                record[self.one_of("happened", "ruled_out")] = self.written(when, partial=True)
            elif record["role"] == "driver" and self.chance(0.4):
                record["now"] = self.probability()

    def add_evidence(self, facts, sources):
        letters = {f"source_{i}": self.one_of(*LETTERS) for i in range(sources)}
        self.case["sources"] = {name: {"title": f"Source {name}"} for name in letters}
        self.case["evidence"] = {f"fact_{i}": self.fact(letters) for i in range(facts)}

    def fact(self, letters):
        events = list(self.case["events"])
        item = {"claim": "Something was seen."}
        kind = self.rng.random()
        if kind < 0.25:
            about = self.some_of(events, 3) or events[:1]
            item["bears_on"] = {event: self.effect() for event in about}
            item["chance"] = self.probability()
        else:
            item["bears_on"] = self.one_of(*events)
            if kind < 0.45:
                item["likelihood_ratio"] = self.multiplier()
            else:
                item |= {"if_yes": self.edge(), "if_no": self.edge()}
        when = None
        if self.as_of and self.chance(0.8):
            later = self.chance(0.15)
            when = self.some_day(self.as_of - timedelta(days=400), self.as_of)
            when = self.some_day(self.as_of, self.end) if later else when
            item["date"] = self.written(when, partial=True)
        status = self.one_of("confirmed", "absent", "pending", *[None] * 6)
        if status:
            item["status"] = status
        if status == "pending" and self.as_of:
            item["watch_until"] = self.written(self.end)
        if status is None or (status != "pending" and self.chance(0.3)):
            item["reports"] = [self.report(letters, when) for _ in range(self.between(1, 3))]
        return item

    def report(self, letters, when):
        source = self.one_of(*letters)
        record = {"source": source, "grade": letters[source] + self.one_of(*DIGITS)}
        if self.chance(0.2):
            record |= {
                "grade": letters[source],
                "hit": self.probability(0.5, 0.95),
                "false": self.probability(0.02, 0.4),
            }
        if self.chance(0.25):
            record["says"] = "no"
        if when and self.chance(0.4):
            record["date"] = self.written(self.some_day(when, when + timedelta(days=200)))
        return record

    def add_scenarios(self):
        events = list(self.case["events"])
        first, second = (events[i] for i in self.rng.permutation(len(events))[:2])
        self.case["scenarios"] = {
            "both": {"title": "Both", "when": {first: "yes", second: "yes"}},
            "only": {"title": "Only the first", "when": {first: "yes", second: "no"}},
        }
        if self.chance(0.5):
            self.case["scenarios"]["never"] = {"title": "Not the first", "when": {first: "no"}}

    def add_scales(self):
        if self.chance(0.25):
            letters = {letter: self.probability(0.2, 0.95) for letter in self.some_of(LETTERS, 6)}
            numbers = {digit: round(self.rng.uniform(0.1, 0.97), 3) for digit in "135"}
            self.case["scales"] = {"reliability": letters, "credibility": numbers}
