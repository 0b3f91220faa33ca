"""A network goes in; the numbers of its case that a slider can move come out."""

from __future__ import annotations

from dataclasses import replace

from forecasting.engine.network import Network
from forecasting.file.quantities import Quantity, quantities
from forecasting.judgement import Probability


def inputs(network: Network) -> tuple[Quantity, ...]:
    """List the numbers of a case that can be moved, in the order of its file.

    Base rates are those for the window of the network, fitted ones included. Letters and digits
    that no counted report uses are left out, and rows of tables whose words exclude each other.

    Examples
    --------
    >>> from forecasting.file.case import read
    >>> case = read('''
    ... case: rain
    ... events: {rain: {base_rate: 20%}, flood: {base_rate: {low: 1%, high: 9%}}}
    ... links: [{from: rain, to: flood, raises: 5}]
    ... ''')
    >>> [one.path for one in inputs(Network(case))]
    ['events.rain.base_rate', 'events.flood.base_rate', 'links.rain.flood.raises']
    """
    case, reports = network.case, network.counted
    rates = {n: network.base_rate(n) for n, one in case.events.items() if one.base_rate is not None}
    program, x = network.program, network.ground.x[:, :, 0]
    carried = {}  # the file has them for a period of another length
    for k, ratio in network.window.ratios.items():
        there = {
            program.paths[at]: Probability(*x[:, at].tolist()) for at in program.nodes[k].bases
        }
        rates |= there
        carried |= there if ratio != 1 else {}
    letters = {network.case.letter(source) for _, source in reports}
    digits = {report.grade.digit for report in reports.values() if report.hit is None}
    return tuple(
        replace(one, title=f"{one.title}, over this window") if one.path in carried else one
        for one in quantities(case, rates)
        if one.path in program.place and (one.sort != "scale" or one.of in letters | digits)
    )
