"""Rows of an explanation go in; what an analyst would say of them, for a terminal, comes out.

Each function takes a network and gives sentences and tables in reading order, in blocks. A number
is shown with what it is; what a column means stands in the last block.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict

from forecasting.amounts import Measure
from forecasting.amounts import shown as amount
from forecasting.answer.explain import (
    LeaningRow,
    WeightRow,
    foremost,
    prior_or_evidence,
    weight_of_evidence,
)
from forecasting.answer.rows import names
from forecasting.answer.sensitivity import (
    TippingRow,
    TornadoRow,
    next_words,
    target_of,
    tipping,
    tornado,
)
from forecasting.answer.times import curve_of
from forecasting.answer.watch import FindingRow, indicators, learnable, pairs
from forecasting.answer.when import WhenRow, when
from forecasting.engine.network import Network
from forecasting.file.propositions import event_of, title_of
from forecasting.file.quantities import MULTIPLIERS, claim_of, place_of, told_of
from forecasting.lexicon import LEXICONS, counted, decibans, percent
from forecasting.tell.groups import below_heads, by
from forecasting.tell.table import Column, Table, columns, figure
from forecasting.tell.terminal import Block, Line

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

OVERVIEW_NOTE = (
    "most up, most down: the item of evidence with the most decibans either way (3 decibans "
    "double the odds). it is: prior-driven if the evidence did next to nothing, or if the "
    "answer moves when all base rates are given more weight and the evidence does not double "
    "or halve its odds; evidence-driven if the other way round; in conflict if both, in "
    "opposite directions. `explain --event NAME` tells one of them in full."
)

LEANINGS = (
    Column("title", "Outcome"),
    *columns(LeaningRow, prior="prior", posterior="posterior"),
    Column("up", "most up"),
    Column("down", "most down"),
    Column("verdict", "it is"),
)

PUSHES = (*columns(WeightRow, decibans=""), Column("item", ""))

WEIGHTS = columns(
    WeightRow, known="Known", title="Item by item", grades="reports", after="then",
    decibans="decibans", leave_one_out="without it", grade_cost="graded", sharing_cost="shared",
    alone="alone", ceiling="ceiling",
)  # fmt: skip

# What only a fact has of these.
OF_FACTS = ("grade_cost", "sharing_cost", "alone", "ceiling")

BARS = columns(
    TornadoRow, title="Number", low="from", high="to", at_low="answer from", at_high="answer to",
    at_less="odds ÷1.1", at_more="odds ×1.1",
)  # fmt: skip

FINDINGS = columns(
    FindingRow, title="If this is so, or not", kind="", probability="now", if_yes="if so",
    if_no="if not", bits="bits",
)  # fmt: skip

WATCHED = (
    Column("about", "Outcome"),
    *columns(FindingRow, title="Look out for", watch_until="until", probability="seen with"),
    figure("now", "now", percent),
    *columns(FindingRow, if_yes="if seen", if_no="if not", bits="bits"),
    *columns(FindingRow, word_changes="word changes"),
)

REACHED = columns(TippingRow, value="would have to be", distance="steps")

MINDS = (*columns(TippingRow, title="", best="now"), *REACHED)

TIPS = (
    *columns(TippingRow, title="Number", best="now"),
    figure("range", "90% range"),
    *REACHED,
    Column("others", "also at"),
)


def overview(network: Network, outcomes: Sequence[str] | None = None) -> Iterator[Block]:
    """Say of each outcome where it came from and what drives it, a line each."""
    weights = by(lambda row: row.outcome, weight_of_evidence(network, outcomes))
    records = []
    for row in prior_or_evidence(network, outcomes):
        told = {"title": title_of(network.case, row.outcome)}
        for side, pushes in zip(("up", "down"), _pushes(weights.get(row.outcome, ())), strict=True):
            if pushes:
                told[side] = f"{decibans(pushes[0].decibans)} {_item(pushes[0])}"
        records.append((row.outcome, asdict(row) | told))
    yield (Table(LEANINGS, tuple(below_heads(network.case, records))),)
    yield (Line(OVERVIEW_NOTE, "dim"),)
    yield ()


def explanations(network: Network, names: Sequence[str]) -> Iterator[Block]:
    """Explain each event or proposition: one in full, and what else an event may be in a line each.

    An event with states is explained by the likeliest, a quantity by the first of its cuts.
    """
    for name in dict.fromkeys(names):
        parts = network.told_of(name, "event")
        full = parts[0] if len(parts) == 1 else foremost(network, name)
        yield from explanation(network, full)
        others = [part for part in parts if part != full]
        yield from overview(network, others) if others else [()]


def explanation(network: Network, event: str) -> Iterator[Block]:
    """Tell in full how one event got from its prior to its posterior, and what would change it."""
    (leaning,) = prior_or_evidence(network, [event])
    weights = weight_of_evidence(network, [event])
    yield (Line(title_of(network.case, event), "bold"),)
    yield (_answer(network, leaning),)
    up, down = _pushes(weights)
    yield _pushed("Pushes it up", up)
    yield _pushed("Pushes it down", down)
    yield (f"Prior or evidence: {_verdict(leaning)}",)
    if days := when(network, [event]):
        yield (f"By when: {_days(days)}",)
    bars = tornado(network, event)
    yield from _assumptions(network, event, bars)
    news = [row for row in indicators(network, [event]) if row.bits > NO_NEWS]
    told = _news(news[0]) if news else "no fact to watch tells much of it."
    yield (f"Next indicator: {told}",)
    yield from _mind(network, event, bars)
    longest = tuple(valued(network, row) for row in bars[:MOST_BARS])
    yield ("What its numbers could do, one at a time:", Table(BARS, longest))
    things = (*indicators(network, [event]), *learnable(network, [event]))
    telling = sorted(things, key=lambda row: -row.bits)[:MOST_BARS]
    yield ("What could be learned, one thing at a time:", Table(FINDINGS, tuple(telling)))
    yield (_weight_table(weights),)
    yield (Line(f"{LEANING_NOTE} {BAR_NOTE} {TIP_NOTE} {WEIGHT_NOTE}", "dim"),)


def tips(network: Network, event: str, targets: Sequence[float | str]) -> Iterator[Block]:
    """List, for each target, what would have to be true of one number for it to be reached."""
    p, lexicon = network.posterior()[event], network.case.lexicon
    now = f"{title_of(network.case, event)}: {percent(p)} now ({LEXICONS[lexicon](p)})"
    yield (Line(now, "bold"),)
    goals = dict.fromkeys(target_of(p, target, lexicon) for target in targets)
    rows = tipping(network, event, *goals)
    for target in goals:
        mine = [row for row in rows if row.target == target]
        reached = [row for row in mine if row.value is not None]
        if abs(target - p) < EDGE:
            yield (f"It stands at {percent(target)} already.",)
            continue
        if reached:
            table = Table(TIPS, tuple(valued(network, row) for row in reached[:MOST_ROWS]))
            yield (f"To reach {percent(target)}, by one number alone:", table)
        else:
            yield (f"No number alone brings it to {percent(target)}.",)
        if len(reached) > MOST_ROWS:
            yield (f"and {len(reached) - MOST_ROWS} more",)
        if failing := [row for row in mine if row.value is None]:
            best = failing[0]
            yield (
                f"{counted(len(failing), 'number')} cannot reach it alone; the furthest-reaching "
                f"is {about(network, best)}, which gets it to {percent(best.furthest)} at "
                f"{number(best, best.furthest_at)}.",
            )
    yield (Line(TIP_NOTE, "dim"),)
    yield ()


def watchlist(
    network: Network, events: Sequence[str] | None, *, both: bool = False
) -> Iterator[Block]:
    """Rank what to look out for, by how much it is likely to tell of each event."""
    rows = (pairs if both else indicators)(network, events)
    if not rows:
        yield (Line("No fact of this case is waiting to be seen (status: pending).", "dim"),)
        yield ()
        return
    # Unless outcomes were named, each is shown the one indicator that tells most of it.
    most = 1 if events is None else MOST_ROWS
    now = network.posterior()
    records, silent, cut = [], [], 0
    for outcome in dict.fromkeys(row.outcome for row in rows):
        title = title_of(network.case, outcome)
        telling = [row for row in rows if row.outcome == outcome and row.bits > NO_NEWS]
        silent += [] if telling else [title]
        cut += len(telling[most:])
        for row in telling[:most]:
            about = {"about": title, "now": now[outcome], "title": short(row.title)}
            about["watch_until"] = f"{row.watch_until or ''}{' (overdue)' * row.overdue}"
            records.append((outcome, asdict(row) | about))
    if records:
        yield (Table(WATCHED, tuple(below_heads(network.case, records, "about"))),)
    if silent:
        yield (f"Nothing to look out for tells much of: {'; '.join(silent)}.",)
    if cut:
        yield (f"{counted(cut, 'less telling row')} left out; --format csv shows all.",)
    what = "both are seen, or neither" if both else "it is seen, or is not: that is evidence too"
    note = (
        "seen with: its probability given all evidence so far. if seen, if not: the outcome if "
        f"{what}. bits: what it is expected to tell of the outcome, of the one bit that an even "
        "question holds. word changes: probability that the likelihood word becomes another."
    )
    yield (Line(note, "dim"),)
    yield ()


def valued(network: Network, row: TippingRow | TornadoRow) -> dict:
    """Give a row with what its number is about, and each value of it as people write it."""
    held = asdict(row) | {"title": about(network, row)}
    for name in {"low", "best", "high", "value"} & held.keys():
        held[name] = None if held[name] is None else number(row, held[name])
    held["range"] = f"{held['low']} – {held['high']}" if row.low != row.high else "exact"
    held["others"] = ", ".join(number(row, value) for value in held.get("others", ()))
    return held


def about(network: Network, row: TippingRow | TornadoRow) -> str:
    """Name the number that moves; of a number on a fact, with the fact's claim."""
    if row.sort not in ("evidence", "report"):
        return row.title
    case, claim = network.case, short(claim_of(network.case, row.of)).rstrip(".")
    return told_of(case, place_of(case, row.path), f"“{claim}”")[2]


def short(text: str) -> str:
    """Cut a claim to what a line of a table can hold; the case file has all of it."""
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1].rstrip()}…"


def number(row: TippingRow | TornadoRow, value: float) -> str:
    """Show a probability as a percentage, a multiplier or an amount as a plain number."""
    if isinstance(value, Measure):
        return amount(value)
    multiplies = row.path.rsplit(".", 1)[-1] in (*MULTIPLIERS, "likelihood_ratio", "unsure")
    return f"{value:.3g}" if multiplies else percent(value)


def _answer(network: Network, leaning: LeaningRow) -> str:
    word = LEXICONS[network.case.lexicon](leaning.posterior)
    by = network.due(event_of(leaning.outcome))
    dates = f"as of {network.as_of}, by {by}: " if by else ""
    return (
        f"{dates}{percent(leaning.prior)} before any evidence of this case, "
        f"{percent(leaning.posterior)} with it ({word})"
    )


def _days(rows: Sequence[WhenRow]) -> str:
    """Tell by which days an event is how probable, and how probable it is not by the last."""
    told = [f"{percent(row.level)} by {row.by}" for row in rows if row.by]
    left = [percent(row.level) for row in rows if not row.by]
    told += [f"{' and '.join(left)} not by {rows[0].until}"] if left else []
    return f"{', '.join(told)}."


def _pushes(rows: Sequence[WeightRow]) -> tuple[list[WeightRow], list[WeightRow]]:
    """Order the items that push up, and those that push down, the strongest first."""
    strong = [row for row in rows if abs(row.decibans) >= NO_PUSH]
    order = sorted(strong, key=lambda row: -abs(row.decibans))
    return [row for row in order if row.decibans > 0], [row for row in order if row.decibans < 0]


def _item(row: WeightRow) -> str:
    said = "held now" if row.kind == "now" else row.kind
    return f"{'' if row.kind == 'fact' else f'{said}: '}{short(row.title)}"


def _pushed(title: str, rows: Sequence[WeightRow]) -> Block:
    if not rows:
        return (f"{title}: nothing of weight.",)
    records = (
        {"decibans": row.decibans, "item": _item(row) + (f" [{row.grades}]" if row.grades else "")}
        for row in rows[:STRONGEST]
    )
    return (f"{title}, in decibans:", Table(PUSHES, tuple(records)))


def _verdict(row: LeaningRow) -> str:
    little = "and more weight on all base rates would change little"
    reasons = {
        "prior-driven": "and the answer rests on the base rates",
        "evidence-driven": little,
        "driven by neither alone": f"too few to double or halve the odds, {little}",
        "prior and evidence agree": "the way in which the base rates pull too",
        "in conflict": "against the pull of the base rates, and the answer is a compromise",
    }
    return (
        f"{row.verdict}: the evidence makes {decibans(row.decibans)} decibans, "
        f"{reasons[row.verdict]} (sensitivity to base rates {row.base_rates:.3f})."
    )


def _assumptions(network: Network, event: str, bars: Sequence[TornadoRow]) -> Iterator[Block]:
    """Name the outcome's own base rate, and the number that matters most apart from it."""
    head, dot, state = event.partition(".")
    own = [bar for bar in bars if bar.path == f"events.{head}.base_rate{dot}{state}"]
    others = [bar for bar in bars if bar not in own and bar.swing > 0]
    key = [("Key assumption", bar) for bar in others[:1]]
    rate = network.case.events[head].base_rate
    is_rest = bool(dot) and rate is not None and (rate.shares or {}).get(state, rate) is None
    for said, row in [*(("Its own base rate", bar) for bar in own[:1]), *key]:
        told = valued(network, row)
        name = "" if row in own else f"{told['title']}, "
        spread, ends = "", "It is stated without a range."
        if row in own and is_rest:
            ends = "It is what the other states leave."
        if row.low != row.high:
            at_low, at_high = percent(row.at_low), percent(row.at_high)
            spread = f" ({told['range']})"
            ends = f"At {told['low']} the answer would be {at_low}, at {told['high']} {at_high}."
        curve = curve_of(network, head) if row in own else None
        checked = f" Of the table, {curve.told}." if curve else ""
        yield (f"{said}: {name}put at {told['best']}{spread}. {ends}{checked}",)


def _news(row: FindingRow) -> str:
    until = f", to be watched until {row.watch_until}" if row.watch_until else ""
    return (
        f"“{short(row.title)}”{until}. It will be seen with probability "
        f"{percent(row.probability)}; then the answer becomes {percent(row.if_yes)} "
        f"({row.word_if_yes}), if not {percent(row.if_no)} ({row.word_if_no})."
    )


def _mind(network: Network, event: str, bars: Sequence[TornadoRow]) -> Iterator[Block]:
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
            yield (f"It stands on the edge of {beyond} ({edge}).",)
        elif not reached:
            yield (f"No number with a range brings it alone to {beyond} ({edge}).",)
        else:
            nearest = tuple(valued(network, row) for row in reached[:STRONGEST])
            yield (f"What would change our mind, to {beyond} ({edge}):", Table(MINDS, nearest))


def _weight_table(rows: Sequence[WeightRow]) -> Table:
    """Make the table of all items in the order of their dates, and of their sum."""
    slight = [row for row in rows if max(abs(row.decibans), abs(row.certain)) < NO_PUSH]
    records = [
        {name: getattr(row, name) for name in names(WeightRow)}
        | {"title": _item(row), "known": "now" if row.kind == "now" else row.known}
        | ({} if row.kind == "fact" else dict.fromkeys(OF_FACTS))
        for row in rows
        if row not in slight
    ]
    if slight:
        told = f"{counted(len(slight), 'item')} of less weight, together"
        records.append({"title": told, "decibans": sum(row.decibans for row in slight)})
    total = sum(row.decibans for row in rows)
    records.append({"title": "from prior to posterior", "decibans": total})
    return Table(WEIGHTS, tuple(records))
