r"""A case goes in; its whole network as a plain `pymc.Model`, written the obvious way, comes out.

- Every event, every fact and the soundness of every source is a Bernoulli variable with `logit_p`;
- every uncertain number is a Normal variable on the log-odds scale, and stays random;
- what has happened, and facts that are confirmed or absent, are observed;
- what is held now, and the reports of each source, are potentials: log-likelihoods.

Of a count, and of a base rate for another window, the engine takes the logit-normal with the same
mean and the same standard deviation, and so does the model; or, with ``stated=True``, it draws what
was stated itself: a Beta, carried over draw by draw. Links would then move its mean. So it is
shifted on the log-odds scale, by the b that keeps the mean,

.. math:: \sum_r w_r\, E[\sigma(b + X + m_r + s_r Z)] = E[\sigma(X)], \quad
          Z \sim \mathrm{Normal}(0, 1),

where X has the distribution that was stated, the links add a median m and a spread s in row r of
the table, and w is the prior of the rows.

Of the engine's network only constants of the mean judgements are used: base rates for the window,
intercepts, prior probabilities, and kappa. To a network, what was shifted is a node with a table,
the mean of every row; so such a network gives the constants that come of it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from graphlib import TopologicalSorter
from itertools import product
from typing import TYPE_CHECKING

import numpy as np

from forecasting.engine.network import Network
from forecasting.file import fits
from forecasting.file.case import Case, Event, Evidence, Report, as_date
from forecasting.judgement import CERTAIN, Odds, Probability, expected, logit, sigmoid

if TYPE_CHECKING:
    import pymc as pm

# What was stated is laid out as so many equally likely values to solve for its shift: a mean is
# right to 0.05 points even where all of it lies at 0 and 1.
VALUES = 1_000

# Names that ArviZ gives to the axes of a sample.
AXES = ("chain", "draw", "sample")


def build(
    case: Case,
    as_of: date | str | None = None,
    resolve_by: date | str | None = None,
    *,
    stated: bool = False,
) -> pm.Model:
    """Write the network of a case as a plain PyMC model.

    Extend it as any PyMC model, draw it with `pymc.model_to_mermaid` (text that notebooks
    show as a graph) or `pymc.model_to_graphviz` (needs Graphviz), or sample it with `pymc.sample`:
    that gives the uncertain numbers NUTS and flips events, facts and sources one at
    a time, so look at R-hat and the effective sample size before you believe it.

    Parameters
    ----------
    case : Case
    as_of, resolve_by : date or ISO text, optional
        Instead of the case's own dates.
    stated : bool
        Draw counts, and base rates for another window, as they were stated, not the logit-normals
        that stand in for them.

    Returns
    -------
    pymc.Model
        Its variables are named after the case. Bernoulli: ``EVENT``, ``FACT``, ``SOURCE__sound``.
        Normal, on the log-odds scale: ``EVENT__base``, ``EVENT__if_yes_no`` (a row of a table),
        ``FROM__TO`` (a link, or how an event moves a fact), ``FACT__if_yes``, ``FACT__if_no``,
        ``FACT__ratio``, ``FACT__chance``, ``SOURCE__reliability``, ``FACT__SOURCE__hit`` and
        ``FACT__SOURCE__false``. Potentials: ``EVENT__now`` and ``SOURCE__reports``. Numbers without
        a range are constants. A name already taken, or that ArviZ uses itself, gets a number; see
        `variables`. What is drawn as stated is on its own scale: a count, ``EVENT__base`` or
        ``FACT__chance``, is a Beta.

    Raises
    ------
    InputError
        If a date does not fit the case, or PyMC is not installed.

    Examples
    --------
    >>> from forecasting.file.case import load
    >>> model = build(load("priors/first_case.yaml"))
    >>> [name for name in model.named_vars if name.startswith("bridge_closed")]
    ['bridge_closed__base', 'bridge_closed']
    """
    network = Network(case, as_date(as_of), as_date(resolve_by))
    return written(network, stated=stated)


def variables(case: Case) -> dict[str, str]:
    """Give the name of every event's variable in the model.

    Examples
    --------
    >>> from forecasting.file.case import read
    >>> variables(read("{case: x, events: {draw: {base_rate: 1%}, rain: {base_rate: 1%}}}"))
    {'draw': 'draw_2', 'rain': 'rain'}
    """
    return _Names(case.events).events


def written(network: Network, *, stated: bool = False) -> pm.Model:
    """Write the model of a network, as :func:`build` does."""
    fits.require_pymc("to audit a case")
    import pymc as pm

    with pm.Model() as model:
        _Writing(network, stated).write()
    return model


def shifts(network: Network) -> bool:
    """Tell whether links move a rate for which something else stands in.

    Only then can it make a difference to draw rates as they were stated.
    """
    facts = network.case.evidence.values()
    rates = [network.stated_rate(event) for event in {link.target for link in network.case.links}]
    rates += [(fact.chance, 1.0, False) for fact in facts if fact.chance is not None]
    return any(_replaced(*rate) for rate in rates)


def _replaced(judgement: Probability, ratio: float, lasts: bool) -> bool:
    """Tell whether a logit-normal stands in for what was stated."""
    return judgement.logit_sd > 0 and (judgement.counts is not None or ratio != 1)


class _Names:
    """Gives out names that no other variable has and that PyMC and xarray accept."""

    def __init__(self, events) -> None:
        self._taken = set(AXES)
        self.events = {event: self(event) for event in events}

    def __call__(self, wanted: str) -> str:
        wanted = wanted.replace("/", "_").replace(":", "_")
        name, count = wanted, 2
        while name in self._taken:
            name, count = f"{wanted}_{count}", count + 1
        self._taken.add(name)
        return name


class _Writing:
    """Writes a network into the PyMC model that is open.

    Attributes
    ----------
    solved : Network
        What constants are those of: the network itself, or one with a table for every node that was
        shifted so far. What is written next hangs on those only.
    yes : dict of str to variable
        Events written so far.
    """

    def __init__(self, network: Network, stated: bool) -> None:
        self.network, self.case, self.stated = network, network.case, stated
        self.solved = network
        self.names = _Names(self.case.events)
        self.yes: dict = {}

    def write(self) -> None:
        """Write sources, events, facts and reports, in this order, on which draws depend."""
        import pymc as pm

        case, sound = self.case, {}
        counted = {name: _counted(fact, self.known) for name, fact in case.evidence.items()}
        for source in dict.fromkeys(source for reports in counted.values() for source in reports):
            letter = case.scales.reliability[case.letter(source)]
            log_odds = self.number(f"{source}__reliability", letter)
            sound[source] = pm.Bernoulli(self.names(f"{source}__sound"), logit_p=log_odds)
        above = {
            name: (*case.parents(name), *((event.given,) if event.given else ()))
            for name, event in case.events.items()
        }
        for name in TopologicalSorter(above).static_order():
            self.event(name)
        said: dict[str, list] = {source: [] for source in sound}
        for name, reports in counted.items():
            for source, heard in self.fact(name, reports):
                said[source].append(heard)
        kappa = self.solved.kappa()
        for source, bundle in said.items():
            with np.errstate(divide="ignore"):
                whatever_the_world = np.log(kappa[source])
            heard = pm.math.switch(sound[source], sum(bundle), whatever_the_world)
            pm.Potential(self.names(f"{source}__reports"), heard)

    def event(self, name: str) -> None:
        """Write whether an event is so, and what is held of it now."""
        import pymc as pm

        event = self.case.events[name]
        if event.table is not None:
            log_odds = self.row(name, event.table, event.parents or ())
        else:
            odds = {link.source: link.odds for link in self.case.links if link.target == name}
            rate, stated = self.network.base_rate(name), self.network.stated_rate(name)
            log_odds = self.pushed("events", name, rate, stated, odds)
        if event.given:
            log_odds = pm.math.switch(self.yes[event.given], log_odds, -np.inf)
        settled = as_date(event.happened or event.ruled_out)
        seen = bool(event.happened) if settled and self.known(settled) else None
        variable = pm.Bernoulli(self.names.events[name], logit_p=log_odds, observed=seen)
        self.yes[name] = variable
        if event.now is not None and seen is None:
            p_no, p_yes = self.solved.chances(event=name)
            held = float(event.now.mean) / p_yes, float(event.now.complement) / p_no
            pm.Potential(self.names(f"{name}__now"), _log_either(variable, *held))

    def fact(self, name: str, reports: Mapping[str, Report]) -> Iterator[tuple[str, object]]:
        """Write whether a fact is so; give each source with how likely its report then is."""
        import pymc as pm

        fact = self.case.evidence[name]
        has_come = self.known(as_date(fact.date))
        if not has_come and not reports:
            return
        if fact.chance is not None:
            odds = {event: push.odds for event, push in fact.bears_on.items()}
            log_odds = self.pushed("evidence", name, fact.chance, (fact.chance, 1.0, False), odds)
        elif fact.likelihood_ratio is not None:
            # if_yes is L/(1+L), so its log-odds are ln L; if_no is 1/(1+L), and they are -ln L.
            ratio = self.number(f"{name}__ratio", fact.likelihood_ratio)
            log_odds = pm.math.switch(self.yes[fact.bears_on], ratio, -ratio)
        else:
            log_odds = self.row(name, {"yes": fact.if_yes, "no": fact.if_no}, fact.events)
        seen = {"confirmed": True, "absent": False}.get(fact.status) if has_come else None
        variable = pm.Bernoulli(self.names(name), logit_p=log_odds, observed=seen)
        for source, report in reports.items():
            yield source, self.report(name, source, report, variable)

    def row(self, name: str, rows: Mapping[str, Probability], parents: Sequence[str]):
        """Give the log-odds of the row that the states of the parents name."""
        numbers = {
            row: self.number(f"{name}__if_{row.replace(', ', '_')}", judgement)
            for row, judgement in rows.items()
        }
        return _row(numbers, [self.yes[parent] for parent in parents])

    def pushed(
        self,
        part: str,
        name: str,
        rate: Probability,
        stated: tuple[Probability, float, bool],
        odds: Mapping[str, Odds],
    ):
        """Give the log-odds of a rate and of what events do to them.

        Parameters
        ----------
        part : str
            ``events`` or ``evidence``, where `name` is to be found in the file.
        rate : Probability
            For the window; a logit-normal.
        stated : (Probability, float, bool)
            As stated, the ratio of the windows, and whether the complement is carried over.
        odds : dict of event to Odds
        """
        import pymc as pm

        judgement, ratio, lasts = stated
        own = f"{name}__{'base' if part == 'events' else 'chance'}"
        if self.stated and _replaced(*stated):
            # Alone, what was stated needs no shift.
            shift = self.shift(part, name, rate.mean, stated, odds) if odds else 0.0
            if judgement.counts:
                share = pm.Beta(self.names(own), *judgement.counts)
            else:
                share = pm.math.sigmoid(self.number(own, judgement))
            log_odds = shift + pm.math.logit(_carried(share, ratio, lasts))
        else:
            intercept = self.solved.intercepts()[part == "evidence"][name]
            log_odds = self.number(own, rate, intercept)
        for parent, multiplier in odds.items():
            log_odds += self.number(f"{parent}__{name}", multiplier) * self.yes[parent]
        return log_odds

    def shift(self, part: str, name: str, goal: float, stated, odds: Mapping[str, Odds]) -> float:
        """Solve for the shift that keeps the mean of a rate; from then on it counts as a table."""
        from scipy.optimize import brentq

        given = self.case.events[name].given if part == "events" else None
        rows = list(product(("yes", "no"), repeat=len(odds)))
        when = {given: "yes"} if given else {}
        settings = {", ".join(row): when | dict(zip(odds, row, strict=True)) for row in rows}
        joint = np.array([*self.solved.joints(settings, prior=True).values()])
        weight, pushed, values = joint / joint.sum(), np.array(rows) == "yes", _values(*stated)
        median = pushed @ np.array([multiplier.log_median for multiplier in odds.values()])
        spread = np.sqrt(pushed @ np.array([multiplier.log_sd**2 for multiplier in odds.values()]))

        def means(shift: float) -> list[float]:
            by_row = zip(median, spread, strict=True)
            return [float(expected(shift + m + values, s).mean()) for m, s in by_row]

        far = 50 + float(np.abs(median).max())
        shift = brentq(lambda b: float(weight @ means(b)) - goal, -far, far, xtol=1e-9)
        table = dict(zip(settings, map(Probability.exactly, means(shift)), strict=True))
        tabled = _tabled(self.solved.case, part, name, tuple(odds), table)
        self.solved = Network(tabled, self.network.as_of, self.network.resolve_by)
        return shift

    def report(self, name: str, source: str, report: Report, fact):
        """Give the log-likelihood of what a sound source reports of a fact, its prior mean 1."""
        import pymc as pm

        p_no, p_yes = self.solved.chances(fact=name)
        if report.hit is None:
            strength = _strength(self.case, report.grade.digit, p_no, p_yes)
            if_yes, if_no = (strength, 1.0) if report.says else (1.0, strength)
            mean = p_yes * if_yes + p_no * if_no
            return _log_either(fact, if_yes / mean, if_no / mean)
        hit = self.number(f"{name}__{source}__hit", report.hit)
        false = self.number(f"{name}__{source}__false", report.false)
        means = "mean" if report.says else "complement"
        if_yes, if_no = (float(getattr(one, means)) for one in (report.hit, report.false))
        mean = p_yes * if_yes + p_no * if_no
        if mean == 0:
            return -np.inf
        sign = 1 if report.says else -1
        # The log of the probability itself; its complement has minus its log-odds.
        return -pm.math.log1pexp(-sign * pm.math.switch(fact, hit, false)) - math.log(mean)

    def number(self, name: str, judgement: Probability | Odds, centre: float | None = None):
        """Write an uncertain number as a Normal variable, an exact one as a constant."""
        import pymc as pm

        if isinstance(judgement, Odds):
            median, spread = judgement.log_median, judgement.log_sd
        else:
            median, spread = judgement.logit_median, judgement.logit_sd
        median = float(median if centre is None else centre)
        return pm.Normal(self.names(name), median, spread) if spread else median

    def known(self, day: date | None) -> bool:
        """Tell whether something of a day counts."""
        return self.network.as_of is None or day is None or day <= self.network.as_of


def _row(rows: Mapping[str, object], parents: list):
    """Pick the row of a table that the states of its parents name."""
    import pymc as pm

    if not parents:
        return rows[""]
    first, *others = parents
    under: dict[str, dict] = {"yes": {}, "no": {}}
    for states, row in rows.items():
        state, _, left = states.partition(", ")
        under[state][left] = row
    return pm.math.switch(first, _row(under["yes"], others), _row(under["no"], others))


def _log_either(yes, if_yes: float, if_no: float):
    import pymc as pm

    with np.errstate(divide="ignore"):  # a likelihood of 0 is meant
        return pm.math.switch(yes, np.log(if_yes), np.log(if_no))


def _strength(case: Case, digit: str, p_no: float, p_yes: float) -> float:
    """How many times likelier a sound report of this digit is if what it says is so."""
    if digit == "6" or min(p_no, p_yes) < CERTAIN:
        return 1.0
    odds = math.exp(case.scales.credibility[digit].logit_median)
    strength = odds * max(p_no, p_yes) / min(p_no, p_yes)
    return min(strength, 1.0) if digit in "45" else strength


def _counted(fact: Evidence, known: Callable[[date | None], bool]) -> dict[str, Report]:
    """Find the latest report of each source; file order breaks ties, a contradiction counts not."""
    latest: dict[str, tuple] = {}
    says: dict[tuple, set[bool]] = {}
    for order, report in enumerate(fact.reports):
        day = as_date(report.date or fact.date)
        if known(day):
            turn = (day or date.min, order, report)
            latest[report.source] = max(latest.get(report.source, turn), turn)
            says.setdefault((report.source, turn[0]), set()).add(report.says)
    return {
        source: report for source, (day, _, report) in latest.items() if len(says[source, day]) == 1
    }


def _values(judgement: Probability, ratio: float, lasts: bool) -> np.ndarray:
    """Lay out what was stated, carried over, as equally likely log-odds."""
    from scipy import stats

    below = (np.arange(VALUES) + 0.5) / VALUES
    if judgement.counts:
        share = stats.beta.ppf(below, *judgement.counts)
    else:
        share = sigmoid(stats.norm.ppf(below, judgement.logit_median, judgement.logit_sd))
    return logit(_carried(share, ratio, lasts))


def _carried(share, ratio: float, lasts: bool):
    """Carry a probability over to a window ``ratio`` times as long, at a constant hazard."""
    if ratio == 1:
        return share
    return share**ratio if lasts else 1 - (1 - share) ** ratio


def _tabled(case: Case, part: str, name: str, parents: tuple[str, ...], table: Mapping) -> Case:
    """Give a case in which an event has a table; a fact becomes one, and is seen if that is so."""
    tabled = {"base_rate": None, "parents": parents, "table": table}
    if part == "events":
        links = tuple(link for link in case.links if link.target != name)
        events = {**case.events, name: replace(case.events[name], **tabled)}
        return replace(case, events=events, links=links)
    event = f"evidence.{name}"  # no name of an event has a dot
    certain = {"if_yes": Probability.exactly(1.0), "if_no": Probability.exactly(0.0)}
    fact = replace(case.evidence[name], bears_on=event, chance=None, **certain)
    evidence = {**case.evidence, name: fact}
    return replace(case, events={**case.events, event: Event(**tabled)}, evidence=evidence)
