"""Rows of an explanation go in; what an analyst would say of them, for a terminal, comes out.

Each function takes a network and gives paragraphs and tables in reading order. A number is shown
with what it is; what a column means stands below the table.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from forecasting.answer.explain import LeaningRow, WeightRow, prior_or_evidence, weight_of_evidence
from forecasting.answer.sensitivity import (
    TippingRow,
    TornadoRow,
    next_words,
    target_of,
    tipping,
    tornado,
)
from forecasting.answer.watch import FindingRow, indicators, learnable, pairs
from forecasting.engine.inputs import claim_of, title_of
from forecasting.engine.network import Network
from forecasting.lexicon import LEXICONS, counted, decibans, percent

# How many pushes each way, and how many ways to tip a forecast, an analyst would name.
STRONGEST = 3

# How many bars of a tornado are read before the eye tires.
MOST_BARS = 5

# How many rows a long table shows; the other formats give all.
MOST_ROWS = 12

# Tipping points for a summary are looked for among so many inputs; `tip` tries them all.
LONGEST_BARS = 30

# A claim is shown up to this length.
LONGEST = 120

# An answer this near to a target stands at it.
EDGE = 1e-9

# A push of less than this is no reason: it moves an even chance by 0.3 percentage points.
NO_PUSH = 0.05

# Below this many bits an indicator tells nothing that anybody would act on.
NO_NEWS = 0.0005


@dataclass(frozen=True, slots=True)
class Grid:
    """A table for a terminal: columns with a ``>`` before their name are set to the right."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


Part = str | Grid

WEIGHT_NOTE = (
    "then: the answer with this item and all before it; what is held now comes first, then what "
    "has a date. decibans: ten times the common logarithm of the factor on the odds (3 double "
    "them, 10 multiply them by ten); they add up. without it: what the answer would lose if this "
    "item alone were missing; these do not add up. graded: weight lost, of what the fact would "
    "have if it had been seen, because it is known through reports of these grades. shared: weight "
    "lost, or if negative gained, because its sources have other reports, with which they stand or "
    "fall. alone, ceiling: its weight as if it were all the evidence, and what that would be if "
    "its sources, where they are sound, could not be wrong."
)


BAR_NOTE = (
    "answer from, answer to: the forecast if the number were known to be at the lower or the upper "
    "end of its 90% range (from, to). odds ÷1.1, odds ×1.1: with its odds, or the factor, a tenth "
    "up and as much down. if so, if not: the answer if this were learned. bits: what that is "
    "expected to tell, of the one bit that an even question holds."
)

TIP_NOTE = (
    "would have to be: the forecast reaches it if the number is known to be this, all else as it "
    "is; looked for among probabilities from 0.1% to 99.9% and factors from 0.01 to 100, or twice "
    "as far as its range. steps: how far away that is, in halves of its own 90% range (1 is the "
    "end of the range)."
)

LEANING_NOTE = (
    "sensitivity: how far the answer moves (Jensen-Shannon distance) for a doubling of the power "
    "to which all base rates are raised; above 0.05 they count, and evidence from 3 decibans."
)


def overview(network: Network) -> Iterator[Part]:
    """Say of each outcome where it came from and what drives it, a line each."""
    weights: dict[str, list[WeightRow]] = {}
    for row in weight_of_evidence(network):
        weights.setdefault(row.outcome, []).append(row)
    rows = []
    for leaning in prior_or_evidence(network):
        up, down = _pushes(weights.get(leaning.outcome, ()))
        rows.append(
            (
                title_of(network.case, leaning.outcome),
                percent(leaning.prior),
                percent(leaning.posterior),
                _push(up[0]) if up else "",
                _push(down[0]) if down else "",
                leaning.verdict,
            )
        )
    yield Grid(("Outcome", ">prior", ">posterior", "most up", "most down", "it is"), tuple(rows))
    yield (
        "most up, most down: the item of evidence with the most decibans either way (3 decibans "
        "double the odds). it is: prior-driven if the evidence did next to nothing, or if the "
        "answer moves when all base rates are given more weight and the evidence does not double "
        "or halve its odds; evidence-driven if the other way round; in conflict if both, in "
        "opposite directions. `explain --event NAME` tells one of them in full."
    )


def explanation(network: Network, event: str) -> Iterator[Part]:
    """Tell in full how one event got from its prior to its posterior, and what would change it."""
    (leaning,) = prior_or_evidence(network, [event])
    weights = weight_of_evidence(network, [event])
    yield title_of(network.case, event)
    yield _answer(network, leaning)
    up, down = _pushes(weights)
    yield from _pushed("Pushes it up", up)
    yield from _pushed("Pushes it down", down)
    yield f"Prior or evidence: {_verdict(leaning)}"
    bars = tornado(network, event)
    yield from _assumptions(network, event, bars)
    news = [row for row in indicators(network, [event]) if row.bits > NO_NEWS]
    yield "Next indicator: " + (_news(news[0]) if news else "no fact to watch tells much of it.")
    yield from _mind(network, event, bars)
    yield "What its numbers could do, one at a time:"
    yield Grid(
        ("Number", ">from", ">to", ">answer from", ">answer to", ">odds ÷1.1", ">odds ×1.1"),
        tuple(
            (about(network, row), number(row, row.low), number(row, row.high),
             percent(row.at_low), percent(row.at_high), percent(row.at_less), percent(row.at_more))
            for row in bars[:MOST_BARS]
        ),
    )  # fmt: skip
    yield "What could be learned, one thing at a time:"
    things = sorted(
        (*indicators(network, [event]), *learnable(network, [event])), key=lambda row: -row.bits
    )
    yield Grid(
        ("If this is so, or not", "", ">now", ">if so", ">if not", ">bits"),
        tuple(
            (row.title, row.kind, percent(row.probability), percent(row.if_yes),
             percent(row.if_no), f"{row.bits:.3f}")
            for row in things[:MOST_BARS]
        ),
    )  # fmt: skip
    yield _weight_grid(weights)
    yield f"{LEANING_NOTE} {BAR_NOTE} {TIP_NOTE} {WEIGHT_NOTE}"


def tips(network: Network, event: str, targets: Sequence[float | str]) -> Iterator[Part]:
    """List, for each target, what would have to be true of one number for it to be reached."""
    p = network.posterior()[event]
    lexicon = network.case.lexicon
    word = LEXICONS[lexicon](p)
    yield f"{title_of(network.case, event)}: {percent(p)} now ({word})"
    goals = dict.fromkeys(target_of(p, target, lexicon) for target in targets)
    rows = tipping(network, event, *goals)
    for target in goals:
        mine = [row for row in rows if row.target == target]
        reached = [row for row in mine if row.value is not None]
        if abs(target - p) < EDGE:
            yield f"It stands at {percent(target)} already."
            continue
        if not reached:
            yield f"No number alone brings it to {percent(target)}."
        else:
            yield f"To reach {percent(target)}, by one number alone:"
            yield Grid(
                ("Number", ">now", ">90% range", ">would have to be", ">steps", "also at"),
                tuple(
                    (
                        about(network, row),
                        number(row, row.best),
                        f"{number(row, row.low)} – {number(row, row.high)}"
                        if row.low != row.high
                        else "exact",
                        number(row, row.value),
                        "" if row.distance is None else f"{row.distance:.1f}",
                        ", ".join(number(row, value) for value in row.others),
                    )
                    for row in reached[:MOST_ROWS]
                ),
            )
        if len(reached) > MOST_ROWS:
            yield f"and {len(reached) - MOST_ROWS} more"
        short = [row for row in mine if row.value is None]
        if short:
            best = short[0]
            yield (
                f"{counted(len(short), 'number')} cannot reach it alone; the furthest-reaching is "
                f"{about(network, best)}, which gets it to {percent(best.furthest)} at "
                f"{number(best, best.furthest_at)}."
            )
    yield TIP_NOTE


def watchlist(
    network: Network, events: Sequence[str] | None, *, both: bool = False
) -> Iterator[Part]:
    """Rank what to look out for, by how much it is likely to tell of each event."""
    rows = (pairs if both else indicators)(network, events)
    outcomes = dict.fromkeys(row.outcome for row in rows)
    if not rows:
        yield "No fact of this case is waiting to be seen (status: pending)."
        return
    # Unless outcomes were named, each is shown the one indicator that tells most of it.
    most = 1 if events is None else MOST_ROWS
    now = network.posterior()
    lines, silent, cut = [], [], 0
    for outcome in outcomes:
        mine = [row for row in rows if row.outcome == outcome]
        telling = [row for row in mine if row.bits > NO_NEWS]
        silent += [] if telling else [title_of(network.case, outcome)]
        cut += max(0, len(telling) - most)
        lines += [_watched(network, row, now[outcome]) for row in telling[:most]]
    if lines:
        yield Grid(
            ("Outcome", "Look out for", "until", ">seen with", ">now", ">if seen", ">if not",
             ">bits", ">word changes"),
            tuple(lines),
        )  # fmt: skip
    if silent:
        yield f"Nothing to look out for tells much of: {'; '.join(silent)}."
    if cut:
        yield f"{counted(cut, 'less telling row')} left out; --format csv shows all."
    what = "both are seen, or neither" if both else "it is seen, or is not: that is evidence too"
    yield (
        "seen with: its probability given all evidence so far. if seen, if not: the outcome if "
        f"{what}. bits: what it is expected to tell of the outcome, of the one bit that an even "
        "question holds. word changes: probability that the likelihood word becomes another."
    )


def _watched(network: Network, row: FindingRow, now: float) -> tuple[str, ...]:
    return (
        title_of(network.case, row.outcome),
        short(row.title),
        f"{row.watch_until or ''}{' (overdue)' if row.overdue else ''}",
        percent(row.probability),
        percent(now),
        percent(row.if_yes),
        percent(row.if_no),
        f"{row.bits:.3f}",
        percent(row.word_changes),
    )


def about(network: Network, row: TippingRow | TornadoRow) -> str:
    """Name the number that moves; of a number on a fact, with the fact's claim."""
    if row.sort in ("evidence", "report"):
        return f"{row.title}: “{short(claim_of(network.case, row.of))}”"
    return row.title


def short(text: str) -> str:
    """Cut a claim to what a line of a table can hold; the case file has all of it."""
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1].rstrip()}…"


def number(row: TippingRow | TornadoRow, value: float) -> str:
    """Show a probability as a percentage, and a multiplier as a plain number."""
    multiplies = row.path.rsplit(".", 1)[-1] in ("raises", "lowers", "odds", "likelihood_ratio")
    return f"{value:.3g}" if multiplies else percent(value)


def _answer(network: Network, leaning: LeaningRow) -> str:
    word = LEXICONS[network.case.lexicon](leaning.posterior)
    dates = f"as of {network.as_of}, by {network.resolve_by}: " if network.resolve_by else ""
    return (
        f"{dates}{percent(leaning.prior)} before any evidence of this case, "
        f"{percent(leaning.posterior)} with it ({word})"
    )


def _pushes(rows: Sequence[WeightRow]) -> tuple[list[WeightRow], list[WeightRow]]:
    """Order the items that push up, and those that push down, the strongest first."""
    strong = [row for row in rows if abs(row.decibans) >= NO_PUSH]
    order = sorted(strong, key=lambda row: -abs(row.decibans))
    return [row for row in order if row.decibans > 0], [row for row in order if row.decibans < 0]


def _push(row: WeightRow) -> str:
    return f"{decibans(row.decibans)} {_item(row)}"


def _item(row: WeightRow) -> str:
    said = {"now": "held now: ", "happened": "happened: ", "ruled out": "ruled out: "}
    return said.get(row.kind, "") + short(row.title)


def _pushed(title: str, rows: Sequence[WeightRow]) -> Iterator[Part]:
    if not rows:
        yield f"{title}: nothing of weight."
        return
    yield f"{title}, in decibans:"
    yield Grid(
        (">", ""),
        tuple(
            (decibans(row.decibans), _item(row) + (f" [{row.grades}]" if row.grades else ""))
            for row in rows[:STRONGEST]
        ),
    )


def _verdict(row: LeaningRow) -> str:
    did = f"the evidence makes {decibans(row.decibans)} decibans"
    reasons = {
        "prior-driven": f"prior-driven: {did}, and the answer rests on the base rates",
        "evidence-driven": f"evidence-driven: {did}, and more weight on all base rates would "
        "change little",
        "driven by neither alone": f"driven by neither alone: {did}, too few to double or halve "
        "the odds, and more weight on all base rates would change little",
        "prior and evidence agree": f"prior and evidence agree: {did}, the way in which the base "
        "rates pull too",
        "in conflict": f"in conflict: {did}, against the pull of the base rates, and the answer is "
        "a compromise",
    }
    return f"{reasons[row.verdict]} (sensitivity to base rates {row.base_rates:.3f})."


def _assumptions(network: Network, event: str, bars: Sequence[TornadoRow]) -> Iterator[Part]:
    """Name the outcome's own base rate, and the number that matters most apart from it."""
    own = [bar for bar in bars if bar.path == f"events.{event}.base_rate"]
    others = [bar for bar in bars if bar not in own and bar.swing > 0]
    for said, bar in (("Its own base rate", own[:1]), ("Key assumption", others[:1])):
        for row in bar:
            low, high = number(row, row.low), number(row, row.high)
            name = "" if bar is own[:1] or row in own else f"{about(network, row)}, "
            ends = (
                f"At {low} the answer would be {percent(row.at_low)}, at {high} "
                f"{percent(row.at_high)}."
                if row.low != row.high
                else "It is stated without a range."
            )
            spread = f" ({low} – {high})" if row.low != row.high else ""
            yield f"{said}: {name}put at {number(row, row.best)}{spread}. {ends}"


def _news(row: FindingRow) -> str:
    until = f", to be watched until {row.watch_until}" if row.watch_until else ""
    return (
        f"“{short(row.title)}”{until}. It will be seen with probability "
        f"{percent(row.probability)}; then the answer becomes {percent(row.if_yes)} "
        f"({row.word_if_yes}), if not {percent(row.if_no)} ({row.word_if_no})."
    )


def _mind(network: Network, event: str, bars: Sequence[TornadoRow]) -> Iterator[Part]:
    """Say which single numbers would bring the next word up, and the next word down."""
    p, lexicon = network.posterior()[event], network.case.lexicon
    targets = next_words(p, lexicon)
    # A number that has to move little within its range moves the answer much over its range.
    longest = [bar.path for bar in bars if bar.low != bar.high][:LONGEST_BARS]
    rows = tipping(network, event, *targets, among=longest)
    for target in targets:
        reached = [row for row in rows if row.target == target and row.distance is not None]
        up = target > p or target == max(targets) != min(targets)
        beyond = LEXICONS[lexicon](target + (1e-6 if up else -1e-6))
        edge = f"{'above' if up else 'below'} {percent(target)}"
        if abs(target - p) < EDGE:
            yield f"It stands on the edge of {beyond} ({edge})."
        elif not reached:
            yield f"No number with a range brings it alone to {beyond} ({edge})."
        else:
            yield f"What would change our mind, to {beyond} ({edge}):"
            yield Grid(
                ("", ">now", ">would have to be", ">steps"),
                tuple(
                    (
                        about(network, row),
                        number(row, row.best),
                        number(row, row.value),
                        f"{row.distance:.1f}",
                    )
                    for row in reached[:STRONGEST]
                ),
            )


def _weight_grid(rows: Sequence[WeightRow]) -> Grid:
    shown = [row for row in rows if not max(abs(row.decibans), abs(row.certain)) < NO_PUSH]
    lines = [
        (
            str(row.known or "") if row.kind != "now" else "now",
            _item(row),
            row.grades,
            percent(row.after),
            *map(decibans, (row.decibans, row.leave_one_out)),
            *(
                map(decibans, (row.grade_cost, row.sharing_cost, row.alone, row.ceiling))
                if row.kind == "fact"
                else ("",) * 4
            ),
        )
        for row in shown
    ]
    rest = [row.decibans for row in rows if row not in shown]
    if rest:
        told = f"{counted(len(rest), 'item')} of less weight, together"
        lines.append(("", told, "", "", decibans(sum(rest)), *("",) * 5))
    total = decibans(sum(row.decibans for row in rows))
    lines.append(("", "from prior to posterior", "", "", total, *("",) * 5))
    columns = ("Known", "Item by item", "reports", ">then", ">decibans", ">without it", ">graded",
               ">shared", ">alone", ">ceiling")  # fmt: skip
    return Grid(columns, tuple(lines))
