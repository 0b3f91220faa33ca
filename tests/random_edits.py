"""Random edits of a case from a seed, and what each makes of the same case as plain data."""

import copy

import numpy as np

from forecasting.file import edits

# Text that needs quotes, or looks as if it did.
HOSTILE = (
    "It's so: yes", "# no comment", "a #b # c", "- dash", "*star", '"quoted"', "Grüße 漢字 😀",
    "two\nlines\n", " in front", "behind ", "null", "~", "yes", "{a: b}", "[b", "a, b", "%x", "@",
    "tab\there", "a\u2028b", "a\x85b", "\u00a0b", "ends:", "|", ">= 3", "? q", "!tag", "&a b", "",
    "0.10", "1e3", "2021-01-02", "<script>alert(1)</script>", "a\\b", "---", "x: |", "<<",
)  # fmt: skip

# --- edits of plain data, written a second time ---------------------------------------------------


def referring(case, section, name):
    """Every place that refers to an entry: its container, the key there, whether that is a key."""

    def speaks(text):
        return isinstance(text, str) and text.partition(".")[0] == name

    found = []
    if section == "events":
        for event in case.get("events", {}).values():
            if speaks(event.get("given")):
                found.append((event, "given", False))
            parents = event.get("parents", [])
            found += [(parents, i, False) for i, one in enumerate(parents) if speaks(one)]
        for link in case.get("links", []):
            found += [(link, end, False) for end in ("from", "to") if speaks(link.get(end))]
        for fact in case.get("evidence", {}).values():
            if isinstance(fact["bears_on"], dict):
                found += [(fact["bears_on"], one, True) for one in fact["bears_on"] if speaks(one)]
            elif speaks(fact["bears_on"]):
                found.append((fact, "bears_on", False))
        for scenario in case.get("scenarios", {}).values():
            found += [(scenario["when"], one, True) for one in scenario["when"] if speaks(one)]
        for view in case.get("views", {}).values():
            found += [(view, one, True) for one in view if speaks(one)]
    if section == "sources":
        for fact in case.get("evidence", {}).values():
            reports = fact.get("reports", [])
            found += [(report, "source", False) for report in reports if speaks(report["source"])]
    if section == "references":

        def look(node):
            for key, one in node.items() if isinstance(node, dict) else enumerate(node):
                if key == "reference" and isinstance(one, str):
                    found.extend([(node, key, False)] if speaks(one) else [])
                elif key == "reference":
                    found.extend((one, i, False) for i, text in enumerate(one) if speaks(text))
                elif isinstance(one, dict | list):
                    look(one)

        look({key: one for key, one in case.items() if key != "references"})
    return found


def renamed(case, section, old, new):
    case = copy.deepcopy(case)
    for holder, key, is_key in referring(case, section, old):
        text = new + (key if is_key else holder[key])[len(old) :]
        if is_key:
            holder[text] = holder.pop(key)
        else:
            holder[key] = text
    case[section][new] = case[section].pop(old)
    return case


class TableLeft(Exception):
    """A table depends on what is to be deleted."""


def deleted(case, section, name):
    before, case = case, copy.deepcopy(case)
    if section == "links":
        ends = [f"{link['from']}->{link['to']}" for link in case["links"]]
        del case["links"][ends.index(name)]
    else:
        del case[section][name]
        found = referring(case, section, name)
        if any(isinstance(holder, list) and section == "events" for holder, _, _ in found):
            raise TableLeft
        lost = object()
        for holder, key, _ in found:
            holder[key] = lost
        strip(case, lost)
    return {key: one for key, one in case.items() if one not in ({}, []) or before.get(key) == one}


def strip(case, lost):
    """Take out what cannot stay with something lost in it."""
    for event in case.get("events", {}).values():
        if event.get("given") is lost:
            del event["given"]
    case["links"] = [one for one in case.get("links", []) if lost not in (one["from"], one["to"])]
    for name, fact in [*case.get("evidence", {}).items()]:
        had = "reports" in fact
        reports = [one for one in fact.get("reports", []) if one["source"] is not lost]
        fact["reports"] = reports
        if not reports:
            del fact["reports"]
            if had and "status" not in fact:
                fact["status"] = "pending"
        if isinstance(fact["bears_on"], dict):
            fact["bears_on"] = {k: one for k, one in fact["bears_on"].items() if one is not lost}
        if fact["bears_on"] in (lost, {}):
            del case["evidence"][name]
    for section, key in (("scenarios", "when"), ("views", None)):
        for name, one in [*case.get(section, {}).items()]:
            inner = one[key] if key else one
            had = bool(inner)
            for left in [k for k, value in inner.items() if value is lost]:
                del inner[left]
            if had and not inner:
                del case[section][name]

    def look(node):
        for key, one in [*(node.items() if isinstance(node, dict) else enumerate(node))]:
            if key == "reference":
                left = [] if one is lost else [text for text in one if text is not lost]
                node[key] = one if isinstance(one, str) else left
                if not left:
                    del node[key]
            elif isinstance(one, dict | list):
                look(one)

    look(case)


def put(case, path, value):
    case = copy.deepcopy(case)

    def step(node, key):
        return node[int(key)] if isinstance(node, list) else node[key]

    chain = [case]
    for key in path[:-1]:
        if isinstance(chain[-1], dict):
            chain[-1].setdefault(key, {})
        chain.append(step(chain[-1], key))
    key = int(path[-1]) if isinstance(chain[-1], list) else path[-1]
    if value is not None:
        if isinstance(chain[-1], list) and key == len(chain[-1]):
            chain[-1].append(value)
        else:
            chain[-1][key] = value
        return case
    del chain[-1][key]
    for depth in range(len(chain) - 1, 0, -1):  # an entry may stay empty; what it holds may not
        if chain[depth] or depth == 2:
            break
        above, name = chain[depth - 1], path[depth - 1]
        del above[int(name) if isinstance(above, list) else name]
    return case


def added(case, section, name, entry):
    case = copy.deepcopy(case)
    if section == "links":
        case.setdefault("links", []).append(entry)
    else:
        case.setdefault(section, {})[name] = entry
    return case


# --- random edits ---------------------------------------------------------------------------------


class Editor:
    """Makes random edits, each with what it makes of plain data."""

    def __init__(self, seed):
        self.rng = np.random.default_rng(seed)

    def one_of(self, choices):
        choices = [*choices]
        return choices[self.rng.integers(len(choices))]

    def text(self):
        return self.one_of(HOSTILE) if self.rng.random() < 0.6 else f"words {self.rng.integers(99)}"

    def name(self):
        return f"n{self.rng.integers(10**6)}"

    def number(self):
        return f"{self.rng.integers(1, 99)}%"

    def edit(self, case):
        """One edit, and the case that it makes; None for the case if it must be refused."""
        ways = {"add": 2, "replace": 3, "put": 3, "rename": 2, "delete": 2}
        if not case.get("events"):
            ways = {"add": 1}
        way = self.rng.choice([*ways], p=np.array([*ways.values()]) / sum(ways.values()))
        return getattr(self, f"some_{way}")(case)

    def some_add(self, case):
        sections = ["events", "sources", "references"]
        if case.get("events"):
            sections += ["links", "evidence", "scenarios", "views"]
        section = self.one_of(sections)
        entry = self.entry(case, section)
        name = None if section == "links" else self.name()
        edit = {"add": section, "name": name, "entry": entry}
        return edit, added(case, section, name, entry)

    def entry(self, case, section):
        event = self.one_of(case.get("events") or ["none"])
        report = {"source": self.one_of(case.get("sources") or ["none"]), "grade": "B2"}
        return {
            "events": {"title": self.text(), "base_rate": {"low": "5%", "high": self.number()}},
            "links": {"from": event, "to": f"{event}.no", "raises": "2", "why": self.text()},
            "sources": {"title": self.text()},
            "references": {"title": self.text(), "note": self.text()},
            "evidence": {
                "claim": self.text(),
                "bears_on": self.one_of([event, {event: {"raises": "2"}}]),
                "reports": [report, {**report, "why": self.text()}],
            },
            "scenarios": {"title": self.text(), "when": {event: "yes"}},
            "views": {event: self.number(), f"{event}.no": "1%"},
        }[section]

    def some_entry(self, case):
        sections = ("events", "links", "sources", "evidence", "scenarios", "views", "references")
        section = self.one_of([one for one in sections if case.get(one)])
        if section != "links":
            return section, self.one_of(case[section])
        ends = [(link["from"], link["to"]) for link in case["links"]]
        alone = [i for i, pair in enumerate(ends) if ends.index(pair) == i]
        return section, self.one_of(alone)

    @staticmethod
    def called(case, section, name):
        """As an edit calls it."""
        if section != "links":
            return section, name
        return section, "{from}->{to}".format(**case["links"][name])

    def some_replace(self, case):
        if self.rng.random() < 0.1:
            entry = {"title": self.text(), "about": self.text(), "horizons": ["2030", "2031"]}
            kept = {k: v for k, v in case.items() if k not in ("title", "about", "horizons")}
            kept = {k: v for k, v in kept.items() if k not in ("as_of", "resolve_by")}
            return {"replace": ["case", None], "entry": entry}, {**kept, **entry}
        section, name = self.some_entry(case)
        entry = self.changed(copy.deepcopy(case[section][name]), section)
        made = copy.deepcopy(case)
        made[section][name] = entry
        return {"replace": [*self.called(case, section, name)], "entry": entry}, made

    def changed(self, node, section):
        """A value with something else in it, at some depth; what others refer to stays."""
        if isinstance(node, str):
            return self.text()
        fixed = ("from", "to", "bears_on", "when", "source", "parents", "given")
        if isinstance(node, list):
            if not node or isinstance(node[0], str):
                return (
                    [*node, self.text()] if self.rng.random() < 0.5 else node[1:] or [self.text()]
                )
            at = self.rng.integers(len(node) + 1)
            if self.rng.random() < 0.4 or at == len(node):
                return [*node[:at], {**node[0], "why": self.text()}, *node[at:]]
            if self.rng.random() < 0.3 and len(node) > 1:
                return [*node[:at], *node[at + 1 :]]
            node[at] = self.changed(node[at], section)
            return node
        for key in [*node]:
            draw = self.rng.random()
            if key in fixed or key == "reference":
                continue
            if draw < 0.25 and len(node) > 1:
                del node[key]
            elif draw < 0.6:
                node[key] = self.changed(node[key], section)
            elif draw < 0.7 and section != "views" and key != "reports":
                node[key] = {"low": "1%", "high": self.number()}
        if self.rng.random() < 0.5 and section not in ("views",):
            node["why"] = self.text()
        return node

    def some_put(self, case):
        section, name = self.some_entry(case)
        keys, node = [section, str(name)], case[section][name]
        fixed = ("from", "to", "bears_on", "when", "source", "reports", "parents", "reference")
        while isinstance(node, dict) and (inner := [key for key in node if key not in fixed]):
            keys.append(self.one_of(inner))
            node = node[keys[-1]]
            if self.rng.random() < 0.3:
                break
        value = self.text()
        if len(keys) == 2 or self.rng.random() < 0.2:
            keys = [*keys[:2], *self.one_of([["why"], ["resolution", "source"]])]
            inner = case[section][name].get("resolution", {})
            if section == "views" or not isinstance(inner, dict):
                keys, value = ["about"], self.text()
        elif self.rng.random() < 0.3:
            value = None
        made = put(case, keys, value)
        if section == "links" and keys[0] == "links":
            keys[:2] = self.called(case, section, name)
        return {"put": keys, "value": value}, made

    def some_rename(self, case):
        section = self.one_of([one for one in case if one in edits.CALLED and case[one]])
        if isinstance(case[section], list):
            section = "events"
        old, new = self.one_of(case[section]), self.name()
        return {"rename": [section, old], "to": new}, renamed(case, section, old, new)

    def some_delete(self, case):
        section, name = self.called(case, *self.some_entry(case))
        try:
            made = deleted(case, section, name)
        except TableLeft:
            made = None
        return {"delete": [section, name]}, made
