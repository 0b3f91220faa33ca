"""A network goes in; the questions to answer first, and which of them belong together, come out.

A case may say which are its headlines. Otherwise they are the outcomes that the evidence moved
most, and no two of one cluster come before every cluster had its turn: five outcomes that follow
one driver would tell one story five times.
"""

from __future__ import annotations

from forecasting.answer.explain import ROUNDING, gap
from forecasting.engine.network import DECIBANS, Network
from forecasting.file.propositions import parts_of

# What stands on one page, each with its reasons.
MOST = 5


def headlines(network: Network, most: int = MOST) -> tuple[str, ...]:
    """Choose the outcomes that a reader is told of first, in order.

    Parameters
    ----------
    network : Network
    most : int
        How many, unless the case names its own; then all of those.

    Examples
    --------
    >>> from forecasting.file.case import read
    >>> case = read('''
    ... case: weather
    ... events:
    ...   rain: {base_rate: 30%}
    ...   hail: {base_rate: 5%, headline: 1}
    ... ''')
    >>> headlines(Network(case))
    ('hail',)
    """
    events = network.case.events
    named = [name for name, event in events.items() if event.headline is not None]
    if named:
        return tuple(sorted(named, key=lambda name: events[name].headline))
    asked = network.case.outcomes
    each = ways(network)
    far = {
        name: max((each[one] for one in parts_of(network.case, name)), default=0.0)
        for name in asked
    }
    moved = sorted(asked, key=lambda name: -far[name])
    cluster = {name: i for i, some in enumerate(clusters(network)) for name in some}
    first = {cluster[name]: name for name in reversed(moved)}  # of each cluster what moved most
    return tuple(sorted(moved, key=lambda name: first[cluster[name]] != name))[:most]


def clusters(network: Network) -> tuple[tuple[str, ...], ...]:
    """Put outcomes together that move with each other.

    Two are in one cluster if links, tables or conditions connect them by whatever way, once the
    drivers of which something is held now are taken out: what is known of those no longer makes
    their outcomes move together. Those are in one cluster too of which the case says so by a name:
    a name joins, and never parts what is connected.

    Returns
    -------
    tuple of tuple of str
        Outcomes, in the order of the file.

    Examples
    --------
    >>> from forecasting.file.case import read
    >>> case = read('''
    ... case: weather
    ... events:
    ...   cold: {role: driver, kind: state, base_rate: 50%}
    ...   snow: {base_rate: 10%}
    ...   ice: {base_rate: 20%}
    ...   wind: {base_rate: 30%}
    ... links:
    ... - {from: cold, to: snow, raises: 3}
    ... - {from: cold, to: ice, raises: 3}
    ... ''')
    >>> clusters(Network(case))
    (('snow', 'ice'), ('wind',))
    """
    case = network.case
    kept = [n for n, e in case.events.items() if e.role == "outcome" or e.now is None]
    group = {name: {name} for name in kept}
    first: dict[str, str] = {}
    for name in kept:
        event = case.events[name]
        above = {*case.above(name)}
        if event.cluster:
            # The first of that name is enough: all others join it too.
            above |= {first.setdefault(event.cluster, name)}
        for other in above & group.keys():
            whole = group[name] | group[other]
            group |= dict.fromkeys(whole, whole)
    found: dict[frozenset[str], list[str]] = {}
    for name in (name for name in kept if case.events[name].role == "outcome"):
        found.setdefault(frozenset(group[name]), []).append(name)
    return tuple(map(tuple, found.values()))


def cluster_names(network: Network) -> dict[str, str]:
    """Name the cluster of each outcome: as the case calls it, or after its first outcome.

    Where outcomes that are connected have two names, the first in the file stands for both.

    Examples
    --------
    >>> from forecasting.file.case import read
    >>> case = read('''
    ... case: weather
    ... events:
    ...   snow: {base_rate: 10%}
    ...   ice: {base_rate: 20%, cluster: Winter}
    ...   wind: {base_rate: 30%}
    ... links:
    ... - {from: snow, to: ice, raises: 3}
    ... ''')
    >>> cluster_names(Network(case))
    {'snow': 'Winter', 'ice': 'Winter', 'wind': 'wind'}
    """
    events, found = network.case.events, {}
    for some in clusters(network):
        called = (events[name].cluster for name in some)
        found |= dict.fromkeys(some, next(filter(None, called), some[0]))
    return {name: found[name] for name in events if name in found}


def foremost_move(network: Network, event: str) -> str | None:
    """Find what of an event the evidence moved most: itself, or a state or cut of it."""
    return max(parts_of(network.case, event), key=ways(network).get, default=None)


def ways(network: Network) -> dict[str, float]:
    """Measure how far the evidence moved each proposition, in decibans."""
    odds = network.log_odds()
    found = {name: abs(gap(after, before)) * DECIBANS for name, (before, after) in odds.items()}
    return {name: far if far > ROUNDING else 0.0 for name, far in found.items()}
