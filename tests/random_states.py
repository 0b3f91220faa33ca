"""Random cases with events of every type from a seed: well-formed files, small enough to add up."""

import math
from datetime import timedelta

import numpy as np
import yaml
from scipy.special import expit, ndtri

from tests.enumeration import LOADER, Enumeration
from tests.random_cases import LETTERS, Author, as_text
from tests.stated_numbers import Amounts, expected, probability, propositions

MOST_WORLDS = 20_000


def random_states(seed, *, events=(2, 5), facts=(1, 4), sources=(1, 2), ranges=True, extreme=False):
    """A case as plain data with at least one event of states or amounts, its evidence possible.

    Parameters
    ----------
    seed : int
        Fixes everything.
    events, facts, sources : (int, int)
        At least and at most so many.
    ranges : bool
        Whether judgements may have a spread.
    extreme : bool
        Whether base rates may be all but certain, or so wide that they say nothing, and links
        a hundred to one.

    Returns
    -------
    (dict, Enumeration)
        The case, ready for `as_text`, and the sums over its worlds.
    """
    rng = np.random.default_rng([seed, 13])
    while True:
        author = StatesAuthor(rng, events, facts, sources, ranges, extreme)
        if author.worlds() > MOST_WORLDS:
            continue
        try:
            oracle = Enumeration(as_text(author.case))
        except ValueError:  # something is held of what cannot be
            continue
        if oracle.evidence()[0].sum() > 1e-9:
            return author.case, oracle


def random_setting(case, oracle, seed, *, make=False):
    """One or two events to see or to `make` so; a conditional one only together with its OTHER."""
    rng = np.random.default_rng([seed, 7])
    names = list(case["events"])
    while True:
        allowed = {}
        waiting = [names[i] for i in rng.permutation(len(names))[: rng.integers(1, 3)]]
        while waiting:
            name = waiting.pop()
            size = len(next(iter(oracle.masks[name].values())))
            allowed.setdefault(name, np.full(size, True))
            if "given" in case["events"][name]:
                other, mask = oracle.proposition(case["events"][name]["given"])
                allowed[other] = allowed.get(other, True) & mask
                waiting.append(other)
        if all(mask.any() for mask in allowed.values()):
            return dict(_put(rng, oracle, name, mask, make) for name, mask in allowed.items())


def _put(rng, oracle, name, mask, make):
    """One event with one of its states `mask` allows, in one of the ways to say so."""
    if not make and mask.all() and not oracle._yes_no(name) and rng.random() < 0.5:
        return f"{name}.{rng.choice(list(oracle.masks[name]))}", str(rng.choice(["yes", "no"]))
    state = rng.choice(np.flatnonzero(mask))
    if name not in oracle.amounts:
        ids = oracle.case["events"][name].get("states", ("no", "yes"))
        return name, list(ids)[state]
    amounts = oracle.amounts[name]
    marks = [amounts.ends[0] - 10, *amounts.ends, amounts.ends[-1] + 10]
    middle = (marks[state] + marks[state + 1]) / 2
    if amounts.log and middle <= 0:
        middle = amounts.ends[0] / 2
    whole = math.ceil(middle) if state else math.floor(middle)
    return name, whole if amounts.whole else round(float(middle), 9)


class StatesAuthor(Author):
    """Writes one case, feature by feature."""

    def worlds(self):
        """How many worlds the case has."""
        states = math.prod(len(next(iter(masks.values()))) for masks in self.masks.values())
        return states * 2 ** (len(self.case["evidence"]) + len(self.case["sources"]))

    # Events.

    def add_events(self, count):
        self.masks = {}
        kinds = [self.one_of("yes/no", "yes/no", "which", "order", "amount") for _ in range(count)]
        if set(kinds) == {"yes/no"}:
            kinds[self.between(0, count - 1)] = self.one_of("which", "order", "amount")
        for i, kind in enumerate(kinds):
            name = f"event_{i}"
            role = self.one_of("driver", "outcome")
            record = {"role": role, "question": f"What about {i}?"}
            record |= self.states(kind, i)
            parents = self.some_of(self.askable(), 3)
            table = kind != "amount" and parents and self.chance(0.3)
            if table:
                self.add_table(name, kind, record)
            else:
                record |= self.rate(kind, record)
                if kind == "yes/no" and parents and self.chance(0.25):
                    record["given"] = parents.pop()
            plain = yaml.load(as_text(record), Loader=LOADER)
            self.masks[name] = propositions(plain)
            if not table:
                self.add_links(name, kind, record, parents)
            self.case["events"][name] = record
            self.add_what_is_known(name, kind, record)

    def askable(self, *, both=True):
        """Every proposition of the events so far, as `from:` may name it."""
        found = []
        for name, masks in self.masks.items():
            event = self.case["events"][name]
            if "states" in event or "quantity" in event:
                found += [f"{name}.{what}" for what in masks]
            else:
                found += [name, name, self.one_of(name, f"{name}.yes", f"{name}.no")]
        return list(dict.fromkeys(found)) if both else found

    def held(self, text):
        """(event, states in which a proposition holds)."""
        event, _, what = text.partition(".")
        return event, self.masks[event][what or "yes"]

    def states(self, kind, i):
        """The states or the quantity of a new event, its cuts among them."""
        if kind == "yes/no":
            return {}
        if kind == "amount":
            whole = self.chance(0.5)
            quantity = {"unit": "deaths"}
            if whole:
                quantity["whole"] = True
            if self.chance(0.4):
                quantity["scale"] = self.one_of("log", "linear")
            return {"quantity": quantity}
        ids = [f"s{i}{letter}" for letter in "abcde"[: self.between(2, 5)]]
        record = {"states": {one: f"State {one}" for one in ids} if self.chance(0.5) else ids}
        if kind == "order":
            record["ordered"] = True
            if len(ids) > 2 and self.chance(0.6):
                at = ids[self.between(1, len(ids) - 2)]
                sign = self.one_of(">=", "<=", "<", ">")
                record["cuts"] = {f"c{i}": f"{sign} {at}"}
                if self.chance(0.3):
                    record["cuts"][f"d{i}"] = f"{ids[0]} .. {at}"
        elif len(ids) > 2 and self.chance(0.6):
            some = [ids[j] for j in self.rng.permutation(len(ids))[: self.between(2, len(ids) - 1)]]
            record["cuts"] = {f"c{i}": some}
        return record

    def shares(self, count):
        """Round probabilities that sum to 1, the smallest 3%."""
        p = self.rng.dirichlet(np.full(count, 2.0)) * (1 - 0.03 * count) + 0.03
        p = np.round(p, 4)
        p[-1] = round(1 - p[:-1].sum(), 4)
        return [float(x) for x in p]

    def row(self, ids, *, ranges):
        """A judgement of every state, one of them perhaps `rest`."""
        p = self.shares(len(ids))
        if self.extreme and self.chance(0.6):
            return self.extreme_row(ids, ranges)
        if not ranges:
            row = dict(zip(ids, p, strict=True))
            if self.chance(0.5):
                row[self.one_of(*ids)] = "rest"
            return row
        rest, row = self.between(0, len(ids) - 1), {}
        for j, state in enumerate(ids):
            if j == rest:
                row[state] = "rest"
            elif self.chance(0.6):
                width = self.rng.uniform(0.1, 1.2)
                row[state] = self.spread(math.log(p[j] / (1 - p[j])), width, expit, self.percent)
            elif 0.07 < p[j] < 0.25 and self.chance(0.3):
                row[state] = "very unlikely"
            elif self.chance(0.2):
                row[state] = {"seen": self.between(0, 3), "of": self.between(12, 30)}
            else:
                row[state] = self.percent(p[j])
        judged = [probability(one) for one in row.values() if one != "rest"]
        return row if sum(expected(*one) for one in judged) < 0.97 else self.row(ids, ranges=True)

    def extreme_row(self, ids, ranges):
        """Rare, wide or both; `rest` on any state, a likely or an unlikely one."""
        row = {}
        for state in ids:
            if ranges and self.chance(0.5):
                low, high = self.one_of((1e-3, 0.4), (1e-6, 1e-2), (0.02, 0.3), (1e-9, 0.1))
                row[state] = {"low": low, "high": high}
            else:
                row[state] = self.one_of(1e-9, 1e-6, 1e-3, 0.1)
        row[self.one_of(*ids)] = "rest"
        if self.chance(0.3):
            likely = next(state for state in ids if row[state] != "rest")
            row[likely] = {"low": 0.6, "high": 0.99} if ranges else 0.99
        means = [expected(*probability(one)) for one in row.values() if one != "rest"]
        return row if sum(means) < 1 - 1e-9 else self.extreme_row(ids, ranges)

    def multiplier(self):
        """As it is; in extreme cases now and then a hundred or so to one."""
        if self.extreme and self.chance(0.3):
            return self.one_of(150, {"low": 5, "high": 400}, {"low": 0.01, "high": 20})
        return super().multiplier()

    def rate(self, kind, record):
        """Base rate (and kind) of a new event."""
        if kind == "yes/no":
            return self.own_date(self.base_rate())
        if kind == "amount":
            return self.amount_rate(record["quantity"])
        ids = list(record["states"])
        if self.chance(0.25):
            rate = {"seen": {one: self.between(0, 9) for one in ids}}
        else:
            rate = self.row(ids, ranges=kind == "which" and self.ranges and self.chance(0.7))
        more = {}
        if kind == "order":
            if self.as_of and "seen" not in rate and self.chance(0.5):
                more["kind"] = "occurs"
                rate["within"] = self.period()
            elif self.ranges and self.chance(0.5):
                rate["unsure"] = self.one_of(1, 1.5, 2, 4)
            elif not self.ranges and "seen" in rate:
                rate["unsure"] = 1
        elif self.as_of and self.chance(0.4):
            more["kind"] = "first"
            if self.chance(0.6):
                more["none"] = self.one_of(*ids)
            if self.chance(0.8):
                rate["within"] = self.period()
        elif self.chance(0.3):
            more["kind"] = "state"
        return self.own_date({**more, "base_rate": rate})

    def period(self):
        return self.one_of(f"{self.between(3, 36)} months", "1 year", "2.5 years")

    def own_date(self, record):
        """Sometimes a date of the event's own."""
        if self.as_of and self.chance(0.2):
            record["resolve_by"] = self.written(self.as_of + timedelta(days=self.between(30, 900)))
        return record

    def amount_rate(self, quantity):
        """Base distribution and cuts of a quantity."""
        whole, scale = quantity.get("whole", False), quantity.get("scale")
        linear = scale == "linear" or (scale is None and self.chance(0.3))
        middle, width = self.rng.uniform(1.5, 6), self.rng.uniform(0.3, 1.6)

        def amount(z):
            x = middle + z * width
            if linear:
                return round(40 * x) - 100 if whole else round(40 * x - 100, 3)
            return round(math.exp(x)) + z_rank(z) if whole else round(math.exp(x), 4)

        def z_rank(z):  # small whole amounts stay apart
            return round(4 * (z + 3))

        if self.chance(0.3):
            levels = self.one_of((5, 50, 95), (5, 25, 50, 75, 95), (10, 90), (1, 20, 60, 99))
            jitter = {level: float(ndtri(level / 100)) * 1.2 for level in levels}
            rate = {"quantiles": {f"{level}%": amount(z) for level, z in jitter.items()}}
        else:
            rate = {"low": amount(-1.5), "high": amount(1.7)}
            if self.chance(0.6):
                rate["best"] = amount(self.rng.uniform(-0.4, 0.5))
        if self.ranges and self.chance(0.4):
            rate["unsure"] = self.one_of(1.2, 2, 3)
        plain = {"quantity": {k: str(v).lower() for k, v in quantity.items()}, "base_rate": rate}
        base = Amounts(plain)
        cuts = {}
        for j in range(self.between(1, 3)):
            q = [base.quantile(self.rng.uniform(0.05, 0.9)) for _ in range(2)]
            low, high = sorted(round(x) if whole else round(x, 3) for x in q)
            cut = self.one_of(f">= {low}", f"<= {low}", f"> {low}", f"< {low}", "range")
            cuts[f"cut{j}"] = f"{low} .. {high + 1}" if cut == "range" else cut
        if self.chance(0.2):  # two that meet
            cuts["meets"] = self.one_of(f"<= {low}", f">= {low}", f"< {low}", f"> {low}")
        record = {"base_rate": rate, "cuts": cuts}
        known = Amounts({**plain, **record})
        shares = [known.above(end) for end in known.ends]
        if min(min(pair) for pair in shares) < 1e-3 or known.log != base.log:
            return self.amount_rate(quantity)
        return record

    def add_table(self, name, kind, record):
        """`parents` (events or propositions) and one row for each of their combinations."""
        asked, axes = [], []
        some = self.some_of(self.askable(), 2)
        if some and self.chance(0.3):  # two propositions of one event
            event = some[0].split(".")[0]
            some = [*some[:1], *[text for text in self.askable() if text.startswith(event)][:1]]
        for text in some:
            event = text.split(".")[0]
            states = list(self.case["events"][event].get("states", ()))
            if states and self.chance(0.5):
                text, axis = event, states
            else:
                axis = ["yes", "no"]
            if text not in asked:
                asked.append(text)
                axes.append(axis)
        rows = [()]
        for axis in axes:
            rows = [(*row, state) for row in rows for state in axis]
        if self.chance(0.5):
            rows = [row for row in rows if self.possible(asked, row)]
        ids = list(record.get("states", ()))
        told = {", ".join(row): self.table_row(kind, ids, record) for row in rows}
        record |= {"parents": asked, "table": told if asked else told[""]}

    def possible(self, asked, row):
        """Whether propositions of one event do not contradict each other."""
        held = {}
        for text, value in zip(asked, row, strict=True):
            event, mask = self.held(text if value in ("yes", "no") else f"{text}.{value}")
            held[event] = held.get(event, True) & (~mask if value == "no" else mask)
        return all(mask.any() for mask in held.values())

    def table_row(self, kind, ids, record):
        if kind == "yes/no":
            return self.edge()
        form = self.one_of("list", "states", "sets", "ranges")
        if form == "sets" and len(ids) > 2:
            first = self.one_of(*ids)
            p = round(float(self.rng.uniform(0, 1)), 3)
            return {first: p, "otherwise": round(1 - p, 3)}
        row = self.row(ids, ranges=form == "ranges" and self.ranges)
        if form == "list":
            return list(row.values())
        return row

    def add_links(self, name, kind, record, parents):
        seen = set()
        conditional = self.held(record["given"]) if "given" in record else (None, None)
        for text in parents:
            event, mask = self.held(text)
            if event == conditional[0] and len(set(mask[conditional[1]])) == 1:
                continue
            to, link = name, self.effect()
            if kind == "which":
                to = f"{name}.{self.one_of(*record['states'])}"
            elif kind == "amount" and "if_yes" in link and self.chance(0.8):
                whole = [what for what, cut in record["cuts"].items() if ".." not in cut]
                to = f"{name}.{self.one_of(*whole)}" if whole else name
            if (text, to) not in seen:
                seen.add((text, to))
                self.case["links"].append({"from": text, "to": to, **link})

    def add_what_is_held(self):
        """Nothing more: it is written event by event."""

    def add_what_is_known(self, name, kind, record):
        """`happened`, `settled` or `now`."""
        if self.as_of and self.chance(0.12):
            when = self.some_day(self.as_of - timedelta(days=300), self.as_of)
            if self.chance(0.2):
                when = self.some_day(self.as_of + timedelta(days=1), self.end)
            when = self.written(when, partial=True)
            if kind == "yes/no":
                record[self.one_of("happened", "ruled_out")] = when
            elif kind == "amount":
                plain = yaml.load(as_text(record), Loader=LOADER)
                base = Amounts(plain)
                value = base.quantile(self.rng.uniform(0.1, 0.9))
                if not base.whole and self.chance(0.4):
                    value = self.one_of(*base.ends)  # where a cell ends
                value = round(value) if base.whole else round(value, 4)
                record["settled"] = {"value": value, "date": when}
            else:
                record["settled"] = {"state": self.one_of(*record["states"]), "date": when}
        elif record["role"] == "driver" and self.chance(0.45):
            record["now"] = self.probability() if kind == "yes/no" else self.statement(name)

    def exclusive(self, name):
        """Some exclusive propositions of an event, and whether they leave anything over."""
        masks = self.masks[name]
        chosen, taken = [], np.zeros(len(next(iter(masks.values()))), dtype=bool)
        for what in self.some_of(list(masks), 3) or [self.one_of(*masks)]:
            if not (masks[what] & taken).any() and masks[what].any():
                chosen.append(what)
                taken |= masks[what]
        return chosen, not taken.all()

    def statement(self, name):
        chosen, over = self.exclusive(name)
        p = self.shares(len(chosen) + over) if len(chosen) + over > 1 else [1.0]
        now = dict(zip(chosen, p, strict=False))
        if over and self.chance(0.4):
            now["otherwise"] = p[-1]
        elif over and self.ranges and len(chosen) == 1 and self.chance(0.6):
            now[chosen[0]] = self.probability(0.2, 0.8, must_range=True)
        return now

    # Evidence.

    def fact(self, letters):
        """A fact as in a yes/no case, about propositions, or one judgement a proposition."""
        item = super().fact(letters)
        asked = self.askable()
        if "chance" in item:
            about = self.some_of(asked, 3) or asked[:1]
            item["bears_on"] = {text: self.effect() for text in about}
            return item
        item["bears_on"] = self.one_of(*asked)
        event = item["bears_on"].split(".")[0]
        record = self.case["events"][event]
        if "if_yes" in item and ("states" in record or "quantity" in record) and self.chance(0.6):
            chosen, over = self.exclusive(event)
            item["bears_on"] = event
            item["if"] = {what: self.edge() for what in chosen}
            if over:
                item["if"]["otherwise"] = self.edge()
            del item["if_yes"], item["if_no"]
        return item

    # The rest of the file.

    def add_scenarios(self):
        """Two or three that exclude each other on one event, put in every way a file may."""
        names = list(self.case["events"])
        first, second = (names[i] for i in self.rng.permutation(len(names))[:2])
        event = self.case["events"][first]
        if "states" in event:
            one, *others = event["states"]
            yes, no = {first: one}, {first: others if self.chance(0.5) else [others[0]]}
        elif "quantity" in event:
            cut = f"{first}.{self.one_of(*self.masks[first])}"
            yes, no = {cut: "yes"}, {cut: "no"}
        else:
            yes, no = {first: "yes"}, {first: "no"}
        masks, event = self.masks[second], self.case["events"][second]
        more = {second: "yes"}
        if "states" in event or "quantity" in event:
            more = {f"{second}.{self.one_of(*masks)}": self.one_of("yes", "no")}
        self.case["scenarios"] = {
            "both": {"title": "Both", "when": {**yes, **more}},
            "other": {"title": "Another", "when": no},
        }

    def add_scales(self):
        if self.chance(0.25):
            letters = {letter: self.probability(0.2, 0.95) for letter in self.some_of(LETTERS, 6)}
            self.case["scales"] = {"reliability": letters}
