"""A network and what cannot be goes in; the message for the person who must mend it comes out."""

from __future__ import annotations

import numpy as np

from forecasting.engine import circuit, run, supposed, window
from forecasting.engine.supposed import Answers
from forecasting.errors import InputError, refusal
from forecasting.file.propositions import part_states, states_of
from forecasting.judgement import CERTAIN


def contradiction(network, given: Answers, do: Answers) -> InputError:
    """Name items that cannot all hold, though without any one of them the others could."""
    found = network.evidence(do)
    counts = {*found.settled, *found.now}
    reporting = {network.program.reports[i].source for i in found.reports}
    items = [("event", name) for name in network.event_names if network.node(event=name) in counts]
    items += [("fact", name) for name in network.fact_names if network.node(fact=name) in counts]
    items += [("source", name) for s, name in enumerate(network.source_names) if s in reporting]
    items += [("given", name) for name in given]
    without: frozenset = frozenset()
    for item in items:
        fewer = without | {item}
        tables = network.tables(given, do, without=fewer)
        if np.isneginf(circuit.evaluate(network.plan, tables).log_z):
            without = fewer
    words, never = [], False
    for kind, name in (item for item in items if item not in without):
        if kind == "event":
            event = network.case.events[name]
            said = window.said_of(event) if network.settled(event) else "now"
            words.append(f"events.{name} ({said}{_on_line(event.node)})")
        elif kind == "fact":
            fact = network.case.evidence[name]
            words.append(f"evidence.{name} ({fact.status}{_on_line(fact.node)})")
            never = fact.if_yes is not None and fact.if_yes == fact.if_no
        elif kind == "source":
            words.append(f"the reports of {name}")
        else:
            words.append(f"given {supposed.told(name, given[name])}")
    words += [f"do {supposed.told(name, holds)}" for name, holds in do.items()]
    what, hint = "these contradict each other", "drop or soften one of them"
    if len(words) == 1:
        what, hint = "this cannot be", "drop or soften it"
        if never:
            what, hint = "this is 0% if yes and 0% if no", "make one of the two more than 0%"
    problem = f"the evidence is impossible: {what}"
    file, told = network.case.node.file, "; ".join(words)
    return refusal(problem, file, found=told, hint=hint, in_full=True)


def now_of_certain(network, certain: run.Certain) -> InputError:
    """Say that something is held now of what could not go either way."""
    name = network.event_names[certain.node]
    event = network.case.events[name]
    now, whose = event.node.value["now"], "its probability"
    if not event.is_yes_no:
        named = [part for part in event.parts if part_states(event, part) == certain.states]
        told = named[:1] or [states_of(event)[k] for k in certain.states]
        whose = "the probability of " + " or ".join(f"{name}.{part}" for part in told)
    near = "" if certain.exactly else f" to within {CERTAIN:g}"
    problem = f"the network makes {whose} exactly {round(certain.chance)}{near}, "
    problem += "whatever is held of it now"
    place, accepted = f"events.{name}.now", "now on an event that could go either way"
    return refusal(problem, event.node.file, now.line, place, now.describe(), accepted)


def dead_condition(network, k: int) -> InputError:
    """Say that the condition of an event cannot come about."""
    name = network.event_names[k]
    given = network.case.events[name].node.value["given"]
    problem = f"its condition {given.value} has probability 0"
    accepted = "a condition that can come about"
    place = f"events.{name}.given"
    return refusal(problem, given.file, given.line, place, given.value, accepted)


def _on_line(node) -> str:
    return f", line {node.line}" if node.line else ""
