"""A network and what cannot be goes in; the message for the person who must mend it comes out."""

from __future__ import annotations

import numpy as np

from forecasting.engine import circuit, run, supposed, window
from forecasting.engine.supposed import Answers
from forecasting.errors import InputError, Problem
from forecasting.file.propositions import part_states, states_of
from forecasting.judgement import CERTAIN


def contradiction(network, given: Answers, do: Answers) -> InputError:
    """Name items that cannot all hold, though without any one of them the others could."""
    statements, observed, pairs = network.findings(do)
    items = [("event", name) for name in statements]
    items += [("fact", name) for name in observed]
    items += [("source", name) for name in network.source_names if any(s == name for _, s in pairs)]
    items += [("given", name) for name in given]
    without: frozenset = frozenset()
    for item in items:
        fewer = without | {item}
        tables = network.tables(given, do, without=fewer)
        if np.isneginf(circuit.evaluate(network.plan, tables).log_z):
            without = fewer
    words = []
    for kind, name in (item for item in items if item not in without):
        if kind == "event":
            event = network.case.events[name]
            said = window.said_of(event) if network.settled(event) else "now"
            words.append(f"events.{name} ({said}{_on_line(event.node)})")
        elif kind == "fact":
            fact = network.case.evidence[name]
            words.append(f"evidence.{name} ({fact.status}{_on_line(fact.node)})")
        elif kind == "source":
            words.append(f"the reports of {name}")
        else:
            words.append(f"given {supposed.told(name, given[name])}")
    words += [f"do {supposed.told(name, holds)}" for name, holds in do.items()]
    problem = "the evidence is impossible: " + (
        "these contradict each other" if len(words) > 1 else "this cannot be"
    )
    return InputError(
        Problem(
            problem,
            network.case.node.file,
            found="; ".join(words),
            hint="drop or soften one of them",
            in_full=True,
        )
    )


def now_of_certain(network, certain: run.Certain) -> InputError:
    """Say that something is held now of what could not go either way."""
    name = network.event_names[certain.node]
    event = network.case.events[name]
    node, whose = event.node, "its probability"
    if not event.is_yes_no:
        named = [part for part in event.parts if part_states(event, part) == certain.states]
        told = named[:1] or [states_of(event)[k] for k in certain.states]
        whose = "the probability of " + " or ".join(f"{name}.{part}" for part in told)
    near = "" if certain.exactly else f" to within {CERTAIN:g}"
    return InputError(
        Problem(
            f"the network makes {whose} exactly {round(certain.chance)}{near}, "
            "whatever is held of it now",
            node.file,
            node.value["now"].line,
            f"events.{name}.now",
            found=node.value["now"].describe(),
            accepted="now on an event that could go either way",
        )
    )


def dead_condition(network, k: int) -> InputError:
    """Say that the condition of an event cannot come about."""
    name = network.event_names[k]
    given = network.case.events[name].node.value["given"]
    problem = f"its condition {given.value} has probability 0"
    accepted = "a condition that can come about"
    place = f"events.{name}.given"
    return InputError(Problem(problem, given.file, given.line, place, given.value, accepted))


def _on_line(node) -> str:
    return f", line {node.line}" if node.line else ""
