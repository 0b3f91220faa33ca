"""A Program and its tables go in; rows that its case leaves out, and yet can come about, come out.

A table may leave out a row of prior probability 0. Whether it has, the network tells: that of the
case as it stands, with something made so, or with numbers moved.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from forecasting.engine import circuit, run
from forecasting.engine.program import Program
from forecasting.engine.supposed import Answers, told
from forecasting.errors import InputError, refusal
from forecasting.file.propositions import event_of
from forecasting.file.rules import rows_missing


def needed(
    program: Program, plan: circuit.Plan, tables: np.ndarray
) -> Iterator[tuple[int, str, np.ndarray]]:
    """Find rows that are left out and can come about.

    Parameters
    ----------
    plan : circuit.Plan
        The whole one, or that of the nodes' tables alone.
    tables : array, shape (size, columns)
        Before any evidence.

    Returns
    -------
    iterator of (node, row in words, array of bool of shape (columns,))
        The last says in which columns it can.

    Examples
    --------
    >>> from forecasting.engine.compiler import compile
    >>> from forecasting.file.case import read
    >>> case = read('''
    ... case: rain
    ... events:
    ...   rain: {parents: [], table: 100%}
    ...   wet: {parents: [rain], table: {"yes": 90%}}
    ... ''')
    >>> made = compile(case)
    >>> tables = np.ones((made.plan.size, 1))
    >>> [row for _, row, _ in needed(made, made.plan, tables)]
    ['no']
    """
    if not program.left_out:
        return
    belief = circuit.evaluate(plan, tables).belief
    for k, rows in program.left_out.items():
        joint = run.parents_joint(program.nodes[k], belief[program.nodes[k].cells])
        for row, numbers in rows.items():
            if (due := (joint[list(numbers)] > 0).any(axis=0)).any():
                yield k, row, due


def refuse(network, tables: np.ndarray, do: Answers | None = None) -> None:
    """Refuse a case whose tables leave out rows that can come about, as it stands or made so.

    Parameters
    ----------
    network : Network
    tables : array, shape (size,)
    do : dict of event to what is made so, optional

    Raises
    ------
    InputError
        That names each event, its rows and what is accepted.
    """
    case, names = network.case, network.event_names
    made = {event_of(name) for name in do or {}}
    rows: dict[str, list[str]] = {}
    for k, row, _ in needed(network.program, network.plan, tables[:, None]):
        if names[k] not in made:
            rows.setdefault(names[k], []).append(row)
    if not rows:
        return
    if not do:
        raise InputError(rows_missing(case, name, some) for name, some in rows.items())
    found = "; ".join(told(name, holds) for name, holds in do.items())
    what = "needs rows that tables leave out"
    accepted = "; ".join(
        f'in events.{name}.table also "{row}"' for name, some in rows.items() for row in some[:8]
    )
    raise refusal(what, "do", None, "", found, accepted)
