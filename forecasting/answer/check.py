"""A sound case goes in; what its author would want to know before others read it comes out."""

from __future__ import annotations

import math
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cache
from itertools import pairwise

import numpy as np

from forecasting.answer.forecast import refuse_overlaps
from forecasting.answer.template import TEMPLATE
from forecasting.answer.times import curve_of, reaches
from forecasting.engine.draws import SEED, interval, softmax
from forecasting.engine.network import Network
from forecasting.engine.sobol import as_normal, uniform_draws
from forecasting.file import document, fits, stated
from forecasting.file.case import Case, Event, Evidence, Report
from forecasting.file.document import Node
from forecasting.file.propositions import event_of, parts_of, states_of, title_of
from forecasting.file.records import entries
from forecasting.file.states import rows_of
from forecasting.file.values import Day
from forecasting.judgement import sigmoid
from forecasting.lexicon import counted, percent
from forecasting.shares import calibrated

# Evidence heavier than this on one event (odds of 100 to 1), from this many facts or more, is
# seldom as independent as it is counted.
HEAVY_DECIBANS = 20.0
MANY_FACTS = 5

# Words that ask for a state on a day, not for something that happens by then.
STATE_WORDS = re.compile(
    r"\b(still|remains?|be in (?:place|power|office|force)|at the horizon|"
    r"(?:on|at) (?:the|that) (?:day|date|time))\b",
    re.IGNORECASE,
)

# One warning for people names all places that it holds for up to so many; of more the first few,
# and the number.
FEW, NAMED = 5, 3

# Keys under which a template holds sentences to put one's own in place of.
SENTENCES = {"title", "question", "criterion", "source", "interest", "claim", "why"}

# The states of an event share one whole. Where the 90% interval of one, drawn so many times with
# the others, has an end this far from that of its own judgement, the judgement is not what counts.
DRAWS, AMISS = 4096, 0.05

# A base rate carried over by more than this factor is a guess about how the risk runs on, and one
# whose table ends so many years before the forecast about what has changed since.
FAR, STALE_YEARS = 3.0, 5

# Periods that differ by less than this share are the same: months and years are not equally long.
SAME_PERIOD = 0.03

# The two numbers of a link lie around what holds over all, or by this factor in odds beside it.
BESIDE = 1.5

# A later horizon may lower a probability by rounding alone; that is not worth a word.
ROUNDING = 1e-9


@dataclass(frozen=True, slots=True)
class Warning:
    """Something that is allowed, and is probably not meant.

    Attributes
    ----------
    place : str
        Key path in the case, with what stands there where that is the matter.
    text : str
        What is likely wrong with it.
    line : int or None
        Of the case file.
    refused : bool
        It makes the file no case of anybody's: the template's own words.
    """

    place: str
    text: str
    line: int | None = None
    refused: bool = False

    def __str__(self) -> str:
        return f"{f'line {self.line}: ' if self.line else ''}{self.place}: {self.text}"


def check(case: Case, network: Network | None = None) -> tuple[Warning, ...]:
    """Look for what is allowed in a case and probably not meant.

    Parameters
    ----------
    case : Case
    network : Network, optional
        The case on the dates to look at; by default its own.

    Returns
    -------
    tuple of Warning, one kind after the other

    Examples
    --------
    >>> from forecasting.file.case import read
    >>> for warning in check(read("{case: rain, events: {rain: {base_rate: 20%}}}")):
    ...     print(warning)
    line 1: events.rain: nothing can change this event: it has no links, no evidence and no 'now'
    """
    network = network or Network(case)
    network.posterior()  # refuses evidence that is impossible
    refuse_overlaps(network)
    return (
        *uncounted(network),
        *_placeholders(case),
        *_idle_events(case),
        *_states_with_periods(case),
        *_drawn_amiss(case),
        *_shared_fits(case),
        *_unconverged_fits(case, network),
        *_parted_curves(case, network),
        *_stale_tables(case, network),
        *_rescaled(case, network),
        *_idle_facts(case),
        *_multipliers_the_wrong_way(case),
        *_pairs_off_base(case, network),
        *_counts_below_none(case),
        *_unused_sources(case),
        *_undated_reports(case),
        *_heavy_evidence(case, network),
        *_impossible_scenarios(case),
        *_late_settling(case),
        *_shrinking_horizons(case, network),
    )


@dataclass(frozen=True, slots=True)
class Lack:
    """Something that a case to publish should say and does not.

    Attributes
    ----------
    words : str
        How many of what lack it.
    section, name : str
        The first entry that does; section ``case`` for the case itself.
    """

    words: str
    section: str
    name: str


def todo(case: Case) -> tuple[Lack, ...]:
    """Count what a case to publish lacks, each kind in one line.

    Parameters
    ----------
    case : Case

    Returns
    -------
    tuple of Lack, the gravest first

    Examples
    --------
    >>> from forecasting.file.case import read
    >>> case = read("{case: rain, events: {rain: {question: Will it rain?, base_rate: 20%}}}")
    >>> [lack.words for lack in todo(case)][2:]
    ['the case without a last day', '1 question without a rule', '1 number without a reason']
    """
    own = {name: event for name, event in case.events.items() if event.role == "outcome"}
    dated = {name: fact for name, fact in case.evidence.items() if fact.status != "pending"}
    links = {f"{link.source}->{link.target}": link for link in case.links}
    copied = [place for place, _ in _copied(case)]
    kinds = [
        ("events", "outcome", "without a question", own, lambda one: one.question),
        ("events", "question", "without a rule", own, lambda one: one.resolution),
        ("evidence", "draft", "waiting for its numbers", case.drafts, lambda _: False),
        ("evidence", "fact", "without a day", dated, lambda one: one.date),
        ("events", "number", "without a reason", case.events, lambda one: one.why),
        ("links", "link", "without a reason", links, lambda one: one.why),
        ("evidence", "fact", "without a reason", case.evidence, lambda one: one.why),
    ]
    parts = {"title": "a title", "as_of": "the day of the forecast", "resolve_by": "a last day"}
    result = [
        Lack(f"the case without {what}", "case", "")
        for key, what in parts.items()
        if not getattr(case, key)
    ]
    for section, what, lacks, among, said in kinds:
        if missing := [name for name, one in among.items() if not said(one)]:
            result.append(Lack(f"{counted(len(missing), what)} {lacks}", section, missing[0]))
    if copied:
        words = f"{counted(len(copied), 'sentence')} of the template"
        section, name, *_ = copied[0].split(".") if "." in copied[0] else ("case", "")
        name = [*links][int(name)] if section == "links" else name
        result.insert(0, Lack(words, section, name))
    return tuple(result)


def uncounted(network: Network) -> tuple[Warning, ...]:
    """Name what a case says and its forecast leaves out.

    That is what is dated after the day of the forecast (a month counts from its last day), what a
    source both affirms and denies on one day, and drafts.

    Examples
    --------
    >>> from forecasting.file.case import read
    >>> case = read('''
    ... {case: rain, as_of: 2025-02-15, events: {rain: {base_rate: 20%, happened: 2025-02}}}
    ... ''')
    >>> print(uncounted(Network(case))[0].place)
    events.rain.happened (2025-02, taken to be 2025-02-28)
    """
    # Likely slips first: a date that would count if it began on its first day, then the latest.
    late = sorted(
        _late(network), key=lambda item: (item[1].first > network.as_of, -item[1].last.toordinal())
    )
    text = f"dated after {network.as_of}, the day of the forecast, and so it does not count"
    warnings = []
    for place, day, line in late:
        taken = "" if day.first == day.last else f", taken to be {day.last}"
        warnings.append(Warning(f"{place} ({day}{taken})", text, line))
    return (*warnings, *_contradicted_reports(network.case), *_drafts(network.case))


def together(warnings: Iterable[Warning]) -> tuple[Warning, ...]:
    """Make one warning, for people, of all that say the same.

    It stands at the line of the first, and names each place, or the first few of many. They come in
    the order of the file.

    Examples
    --------
    >>> for warning in together(Warning(f"events.e{i}", "is idle", i) for i in range(1, 8)):
    ...     print(warning)
    line 1: events.e1, events.e2, events.e3 and 4 more, 7 in all, each: is idle
    """
    alike: defaultdict[str, list[Warning]] = defaultdict(list)
    for warning in warnings:
        alike[warning.text].append(warning)
    result = []
    for first, *others in alike.values():
        places = [first.place, *(other.place for other in others)]
        if len(places) > FEW:
            places[NAMED:] = [f"{len(places) - NAMED} more, {len(places)} in all"]
        if others:
            places = [f"{', '.join(places[:-1])} and {places[-1]}, each"]
        result.append(replace(first, place=places[0]))
    return tuple(sorted(result, key=lambda warning: warning.line or 0))


def _late(network: Network) -> Iterator[tuple[str, Day, int | None]]:
    """Find what is dated after the day of the forecast: its place, date and line."""
    case = network.case
    for name, event in case.events.items():
        # One after the last day of the case has a warning of its own.
        for key, day in _settled(event):
            if not network.has_come(day) and not _too_late(case, event, day):
                yield f"events.{name}.{key}", day, event.node.value[key].line
    for name, fact in case.evidence.items():
        yield from _late_parts(network, f"evidence.{name}", fact)


def _late_parts(network: Network, place: str, fact: Evidence):
    parts = [(place, fact.date, fact.node)] if fact.status in ("confirmed", "absent") else []
    parts += [
        (f"{place}.reports.{i}", report.date or fact.date, report.node)
        for i, report in enumerate(fact.reports)
    ]
    late = [part for part in parts if not network.has_come(part[1])]
    if late and late == parts and not network.has_come(fact.date):
        late = [(place, fact.date, fact.node)]  # all of it
    return [(where, day, node.line) for where, day, node in late]


def _settled(event: Event) -> Iterator[tuple[str, Day]]:
    """Find the day on which an event was settled, and the key that says so."""
    days = {"happened": event.happened, "ruled_out": event.ruled_out}
    days["settled"] = event.settled and event.settled.date
    yield from ((key, day) for key, day in days.items() if day)


def _too_late(case: Case, event: Event, day: Day) -> bool:
    end = event.resolve_by or case.resolve_by
    return bool(end and day.first > end.last)


def _reports(case: Case) -> Iterator[tuple[Evidence, str, Report]]:
    """Go through all reports: the fact, the place, and the report."""
    for name, fact in case.evidence.items():
        for i, report in enumerate(fact.reports):
            yield fact, f"evidence.{name}.reports.{i}", report


def _contradicted_reports(case: Case):
    told: dict[tuple, list[tuple[str, Report]]] = {}
    for fact, place, report in _reports(case):
        day = report.date or fact.date
        told.setdefault((id(fact), report.source, day and day.last), []).append((place, report))
    for (_, source, day), reports in told.items():
        if len({report.says for _, report in reports}) > 1:
            place, first = reports[0]
            text = (
                f"{source} affirms and denies this on one day{f', {day}' if day else ''}, so "
                "neither counts; whichever it said last needs a later date"
            )
            yield Warning(place, text, first.node.line)


@cache
def _template() -> frozenset[tuple[str, str]]:
    """List the sentences that a case begins with, each with its key."""
    written = TEMPLATE.format_map(defaultdict(lambda: "2000-01-01"))
    sentences = _sentences(document.read(written, "template"))
    return frozenset((key, node.value) for key, _, node in sentences)


def _sentences(node: Node, place: str = "") -> Iterator[tuple[str, str, Node]]:
    """Find the text under keys that hold sentences: the key, the place and the text."""
    for key, child, inner in entries(node, place):
        named = ".reports." in inner  # a report names its source, and says nothing of it
        if child.is_text and key is not None and key.value in SENTENCES and not named:
            yield key.value, inner, child
        yield from _sentences(child, inner)


def _copied(case: Case) -> Iterator[tuple[str, Node]]:
    found = _sentences(case.node)
    return ((place, node) for key, place, node in found if (key, node.value) in _template())


def _placeholders(case: Case):
    for place, node in _copied(case):
        text = "still says what the template says; put your own words in its place"
        yield Warning(place, text, node.line, refused=True)


def _event_warning(case: Case, name: str, text: str) -> Warning:
    return Warning(f"events.{name}", text, case.node.value["events"].keys[event_of(name)].line)


def _idle_events(case: Case):
    """Drivers that cannot move the forecast, and events that nothing can change."""
    above = {name: case.above(name) for name in case.events}
    told = {name for name, event in case.events.items() if event.now or any(_settled(event))}
    facts = case.evidence.values()
    told |= {event_of(e) for fact in facts if fact.status != "pending" for e in fact.events}
    watched = {event_of(e) for fact in facts for e in fact.events}
    below = {parent for parents in above.values() for parent in parents}
    moves = [name for name in case.events if name in below]
    if moves and not told:
        learned = next((f"{one}=yes" for name in moves for one in parts_of(case, name)), "E=yes")
        text = (
            "no fact is known, and nothing is held now or settled, so that each posterior is the "
            f"prior; learn something (forecasting run --given {learned}), or list facts"
        )
        yield Warning("evidence", text)
    for name, event in case.events.items():
        if not above[name] and name not in below | told | watched:
            text = "nothing can change this event: it has no links, no evidence and no 'now'"
            yield _event_warning(case, name, text)
        elif told and event.role == "driver" and name in moves and name not in told:
            text = (
                "this driver has links but neither evidence nor 'now' of its own: by itself it "
                "cannot move the forecast"
            )
            yield _event_warning(case, name, text)


def _states_with_periods(case: Case):
    for name, event in case.events.items():
        match = STATE_WORDS.search(event.question or "")
        grows = event.kind in ("occurs", "first")
        if match and grows and event.base_rate and event.base_rate.within:
            kinds = "kind: state or kind: lasts" if event.is_yes_no else "kind: state"
            text = (
                f"the question reads like a state ({match[0]!r}), yet its base rate grows with "
                f"the window; is it {kinds}?"
            )
            yield _event_warning(case, name, text)


def _drawn_amiss(case: Case):
    """States whose own judgement is not what is drawn, since all of them share one whole."""
    for name, event in case.events.items():
        if event.states is None or event.base_rate is None:
            paths = rows_of(event.node) if event.states else {}
            rows = {".".join(path): event.table[row] for row, path in paths.items()}
        else:
            rows = {"base_rate": {} if event.ordered else event.base_rate.shares or {}}
        for path, shares in rows.items():
            if told := list(_drawn_elsewhere(shares)):
                text = (
                    f"the states share one whole: 90% of the draws of {'; of '.join(told)}; put "
                    "'rest' on the state you know least about"
                )
                line = document.at(event.node, tuple(path.split(".", 1))).line
                yield Warning(f"events.{name}.{path}", text, line)


def _drawn_elsewhere(shares) -> Iterator[str]:
    """Tell of each state that is drawn elsewhere than its judgement says, without any links."""
    judged = stated.with_rest(shares)
    spreads = np.array([one.logit_sd for one in judged.values()])
    if not spreads.any():
        return
    means = np.array([float(one.mean) for one in judged.values()])
    alone = np.zeros((1, len(means)))
    medians = calibrated(means / means.sum(), np.ones(1), alone, spreads[None])
    z = as_normal(uniform_draws(DRAWS, len(means), SEED))
    drawn = softmax((medians[:, None] + spreads[:, None] * z)[None])[:, 0]
    ends = interval(drawn).T
    for (state, one), (low, high) in zip(shares.items(), ends.tolist(), strict=True):
        if one is None:  # the rest has no interval of its own
            continue
        said = one.interval
        if max(abs(low - said[0]), abs(high - said[1])) > AMISS:
            wanted = f"{said[0]:.0%} to {said[1]:.0%}" if one.logit_sd else f"{said[0]:.0%}"
            yield f"{state} lie from {low:.0%} to {high:.0%}, and it is stated as {wanted}"


def _shared_fits(case: Case):
    """Events whose base rates come from one fit: where it is wrong, it is wrong for all."""
    first: dict[tuple, str] = {}
    for name, event in case.events.items():
        if event.base_rate is None or event.base_rate.model is None:
            continue
        other = first.setdefault(event.base_rate.model.same_fit, name)
        if other != name:
            text = (
                f"takes its base rate from the same fit as {other}; the two are uncertain "
                "together, and are counted as if each were so by itself"
            )
            yield _event_warning(case, name, text)


def _unconverged_fits(case: Case, network: Network):
    for name, fit in network.unconverged().items():
        text = f"its base rate was kept by force, unconverged: {'; '.join(fit.refused)}"
        yield _event_warning(case, name, text)


def _parted_curves(case: Case, network: Network):
    for name in fits.wanted(case, network.as_of):
        found = curve_of(network, name)
        if found and found.parts:
            yield _event_warning(case, name, f"{found.told}; ask for fewer cases (where, follow)")
        elif told := reaches(network, name):
            yield _event_warning(case, name, told)


def _stale_tables(case: Case, network: Network):
    """Warn of base rates from a table whose last day lies long before the forecast."""
    for name, (spec, start) in fits.wanted(case, network.as_of).items():
        last = spec.table.until(start).observed_until
        if start and (start - last).days > STALE_YEARS * 365.25:
            text = (
                f"the table {spec.table.name} ends on {last}, over {STALE_YEARS} years before the "
                "forecast; has the rate moved since?"
            )
            yield _event_warning(case, name, text)


def _rescaled(case: Case, network: Network):
    """Warn of base rates carried over to a far longer window, or to one that was counted."""
    for name, event in case.events.items():
        rate = network.stated_rate(name) if event.is_yes_no else None
        within = event.base_rate and event.base_rate.within
        if rate is None or not within:
            continue
        ratio, spec = rate.ratio, event.base_rate.model
        periods = spec.table.sidecar.within if spec else {}
        own = [k for k, months in periods.items() if abs(months / within / ratio - 1) < SAME_PERIOD]
        far = not 1 / FAR <= ratio <= FAR
        if not far and (not own or abs(ratio - 1) < SAME_PERIOD):
            continue
        factor = ratio if ratio > 1 else 1 / ratio
        text = (
            f"counted over {within:g} months and carried over to {ratio * within:.3g}, "
            f"{factor:.2g} times as {'long' if ratio > 1 else 'short'}, as if the risk were the "
            "same in every month"
        )
        hint = f"; {spec.table.name} counts that period itself: outcome: {own[0]}" if own else ""
        yield _event_warning(case, name, text + hint)


def _idle_facts(case: Case):
    for name, fact in case.evidence.items():
        if fact.if_yes is not None and fact.if_yes == fact.if_no:
            text = "as likely if yes as if no: it moves nothing"
            if fact.if_yes.logit_median == -math.inf:
                text = "0% if yes and 0% if no: it could never come about"
            yield Warning(f"evidence.{name}", text, fact.node.line)


def _multipliers_the_wrong_way(case: Case):
    stated = [(f"links.{i}", link) for i, link in enumerate(case.links)]
    stated += [
        (f"evidence.{name}.bears_on.{event}", push)
        for name, fact in case.evidence.items()
        if not isinstance(fact.bears_on, str)
        for event, push in fact.bears_on.items()
    ]
    for place, item in stated:
        for word in ("raises", "lowers"):
            odds = getattr(item, word)
            if odds is not None and odds.log_median < 0:
                text = f"'{word}' by less than 1 does the opposite of what it says"
                yield Warning(place, text, item.node.line)


def _pairs_off_base(case: Case, network: Network):
    """Links both of whose numbers are above, or below, the base rate of what they move."""
    prior = network.prior()
    for i, link in enumerate(case.links):
        over_all = prior.get(link.target, 0.0)
        # Of what needs another event, the numbers are for where that holds.
        if not link.if_yes or not 0 < over_all < 1 or case.events[event_of(link.target)].given:
            continue
        ends = [one.logit_median for one in (link.if_yes, link.if_no)]
        at = math.log(over_all / (1 - over_all))
        if max(min(ends) - at, at - max(ends)) > math.log(BESIDE):
            yes, no = (percent(float(sigmoid(one))) for one in ends)
            text = (
                f"{yes} where “{title_of(case, link.source)}” holds and {no} where not cannot both "
                f"be, as “{title_of(case, link.target)}” has {percent(over_all)} over all by its "
                "base rate: only the ratio of their odds counts"
            )
            yield Warning(f"links.{i}", text, link.node.line)


def _counts_below_none(case: Case):
    for name, event in case.events.items():
        amounts = (event.base_rate and event.base_rate.amounts) or {}
        if event.quantity and event.quantity.whole and min(amounts.values(), default=0) < 0:
            text = (
                f"it comes in whole numbers, and may be {min(amounts.values()):g}: how many there "
                "are is never below 0 (of a change that is as it should be)"
            )
            yield _event_warning(case, name, text)


def _unused_sources(case: Case):
    used = {report.source for _, _, report in _reports(case)}
    used |= {report.source for draft in case.drafts.values() for report in draft.reports}
    for name, source in case.sources.items():
        if name not in used:
            yield Warning(f"sources.{name}", "no report comes from this source", source.node.line)


def _drafts(case: Case):
    for name, draft in case.drafts.items():
        text = (
            "is a draft and counts for nothing; give its likelihoods, and a grade to each of its "
            "reports, then take out draft: yes"
        )
        yield Warning(f"evidence.{name}", text, draft.node.line)


def _undated_reports(case: Case):
    for fact, place, report in _reports(case):
        if report.date is not None:
            continue
        named = (case.references[name].date for name in report.reference or fact.reference)
        late = [day for day in named if day and (fact.date is None or day.first > fact.date.last)]
        hindsight = case.as_of is None or any(day.first > case.as_of.last for day in late)
        if late and (hindsight or report.reference):
            text = (
                f"this report has no date and counts from {fact.date or 'the start'}, but its "
                f"reference is of {max(late, key=lambda day: day.last)}"
            )
            yield Warning(place, text, report.node.line)


def _heavy_evidence(case: Case, network: Network):
    total: defaultdict[str, list[float]] = defaultdict(list)
    for (_, event), weight in network.weights_alone().items():
        total[event].append(weight)
    heavy = {
        name: sum(weights)
        for name, weights in total.items()
        if len(weights) >= MANY_FACTS and abs(sum(weights)) > HEAVY_DECIBANS
    }
    # Of states that the same facts move, the one they move most.
    heaviest = {event_of(one): one for one in sorted(heavy, key=lambda one: abs(heavy[one]))}
    for event, name in heaviest.items():
        text = (
            f"{len(total[name])} facts weigh {heavy[name]:+.0f} decibans together; are they "
            f"independent? A driver between them and {'the event' if name == event else event} "
            "would say what they share"
        )
        yield _event_warning(case, name, text)


def _impossible_scenarios(case: Case):
    for name, scenario in case.scenarios.items():
        full = case.closed(scenario.when)
        found = [
            f"{event} cannot happen without {given}"
            for event, left in full.items()
            if (given := case.events[event].given) and left == {1} and not full[event_of(given)]
        ]
        found = found or [f"it leaves no state of {event}" for event in full if not full[event]]
        if found:
            text = f"{found[0]}, so this scenario has probability 0"
            yield Warning(f"scenarios.{name}", text, scenario.node.line)


def _late_settling(case: Case):
    """Events that settle only after the day they are asked for."""
    for name, event in case.events.items():
        for _, day in _settled(event):
            if _too_late(case, event, day):
                own = "it resolves" if event.resolve_by else "the case resolves"
                after = f"after {own} on {event.resolve_by or case.resolve_by}"
                yield _event_warning(case, name, f"settled on {day}, {after}: it never counts")


def _shrinking_horizons(case: Case, network: Network):
    networks = network.horizons | ({network.resolve_by: network} if network.resolve_by else {})
    days = sorted(networks)
    chances = [_growing(case, networks[day].posterior()) for day in days]
    for (early, late), (before, after) in zip(pairwise(days), pairwise(chances), strict=True):
        for name, (what, sign, chance) in after.items():
            if sign * (before[name][2] - chance) <= ROUNDING:
                continue
            text = (
                f"{what}comes out {'less' if sign > 0 else 'more'} probable by {late} "
                f"({chance:.1%}) than by {early} ({before[name][2]:.1%}), which cannot be; what "
                "moves it grows faster with the window than it does"
            )
            yield _event_warning(case, name, text)


def _growing(case: Case, chances) -> dict[str, tuple[str, int, float]]:
    """List what can only become more probable (1) with a longer window, or less (-1).

    Each with what it is, where its name does not say, its sign and its probability.
    """
    found = {}
    for name, event in case.events.items():
        # One with a day of its own is asked for that day, whatever the horizon.
        if event.resolve_by or event.kind == "state":
            continue
        if event.is_yes_no:
            found[name] = "", 1 if event.kind == "occurs" else -1, chances[name]
            continue
        states = states_of(event)
        for k, state in enumerate(states):
            if event.kind == "first":
                one = f"{name}.{state}"
                found[one] = "", -1 if state == event.none else 1, chances[one]
            elif k:
                least = sum(chances[f"{name}.{one}"] for one in states[k:])
                found[f"{name}.{state}"] = "at least this ", 1, least
    return found
