"""Rows of an explanation go in; what an analyst would say of them, for a terminal, comes out.

Each function takes a network and gives paragraphs and tables in reading order. A number is shown
with what it is; what a column means stands below the table.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from forecasting.explain import LeaningRow, WeightRow, prior_or_evidence, weight_of_evidence
from forecasting.inputs import claim_of, title_of
from forecasting.lexicon import LEXICONS, percent
from forecasting.network import Network
from forecasting.sensitivity import TippingRow, TornadoRow, next_words, tipping, tornado
from forecasting.watch import FindingRow, indicators, pairs

# How many pushes each way, and how many ways to tip a forecast, an analyst would name.
STRONGEST = 3

# How many rows a long table shows; the other formats give all.
MOST_ROWS = 12

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
    "decibans: ten times the common logarithm of the factor on the odds (3 double them, 10 "
    "multiply them by ten), item by item, what is held now first, then by date; they add up. "
    "without it: what the answer would lose if this item alone were missing; these do not add up. "
    "graded: what is lost because the fact is known through reports of this grade. shared: what is "
    "lost because its sources have other reports, with which they stand or fall. ceiling: the most "
    "that sources of these letters could make this fact worth as all the evidence, however good "
    "the item."
)


def overview(network: Network) -> Iterator[Part]:
    """Say of each outcome where it came from and what it leans on, a line each."""
    leanings = prior_or_evidence(network)
    weights = weight_of_evidence(network)
    rows = []
    for leaning in leanings:
        mine = [row for row in weights if row.outcome == leaning.outcome]
        up, down = _pushes(mine)
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
    yield Grid(("Outcome", ">prior", ">posterior", "most up", "most down", "leans on"), tuple(rows))
    yield (
        "most up, most down: the item of evidence with the most decibans either way (3 decibans "
        "double the odds). leans on: whether the posterior moves when all base rates, or all "
        "evidence, are given more weight. `explain --event NAME` tells one of them in full."
    )


def explanation(network: Network, event: str, lexicon: str = "icd-203") -> Iterator[Part]:
    """Tell in full how one event got from its prior to its posterior, and what would change it."""
    (leaning,) = prior_or_evidence(network, [event])
    weights = weight_of_evidence(network, [event])
    yield title_of(network.case, event)
    yield _answer(network, leaning, lexicon)
    up, down = _pushes(weights)
    yield from _pushed("Pushes it up", up)
    yield from _pushed("Pushes it down", down)
    yield f"Prior or evidence: {_verdict(leaning)}"
    bars = tornado(network, event)
    if bars and bars[0].swing > 0:
        yield f"Key assumption: {_assumption(network, bars[0])}"
    news = [row for row in indicators(network, [event], lexicon=lexicon) if row.bits > NO_NEWS]
    yield "Next indicator: " + (_news(news[0]) if news else "no fact to watch tells much of it.")
    yield from _mind(network, event, lexicon)
    yield _weight_grid(weights)
    yield WEIGHT_NOTE


def tips(
    network: Network, event: str, targets: Sequence[float | str], lexicon: str = "icd-203"
) -> Iterator[Part]:
    """List, for each target, what would have to be true of one number for it to be reached."""
    p = network.posterior()[event]
    word = LEXICONS[lexicon](p)
    yield f"{title_of(network.case, event)}: {percent(p)} now ({word})"
    rows = tipping(network, event, *targets, lexicon=lexicon)
    for target in dict.fromkeys(row.target for row in rows):
        mine = [row for row in rows if row.target == target]
        reached = [row for row in mine if row.value is not None]
        yield f"To reach {percent(target)}, by one number alone:"
        if reached:
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
                f"{len(short)} others cannot reach it alone; the furthest-reaching is "
                f"{about(network, best)}, which gets it to {percent(best.furthest)} at "
                f"{number(best, best.furthest_at)}."
            )
    yield (
        "would have to be: the forecast if the number were known to be this, all else as it is, "
        "found on the exact network for probabilities from 0.1% to 99.9% and multipliers from 0.01 "
        "to 100. steps: how far away that is, in halves of its own 90% range (1 is the end of the "
        "range)."
    )


def watchlist(
    network: Network, events: Sequence[str] | None, *, both: bool = False, lexicon: str = "icd-203"
) -> Iterator[Part]:
    """Rank what to look out for, by how much it is likely to tell of each event."""
    rows = (pairs if both else indicators)(network, events, lexicon=lexicon)
    rows = tuple(row for row in rows if row.bits > NO_NEWS)
    if events is None:
        # Of every outcome the one most telling indicator; the rest on request.
        rows = tuple({row.outcome: row for row in reversed(rows)}.values())[::-1]
    now = network.posterior()
    yield Grid(
        ("Outcome", "Look out for", "until", ">seen with", ">now", ">if seen", ">if not", ">bits",
         ">word changes"),
        tuple(
            (
                title_of(network.case, row.outcome),
                row.title,
                f"{row.watch_until or ''}{' (overdue)' if row.overdue else ''}",
                percent(row.probability),
                percent(now[row.outcome]),
                percent(row.if_yes),
                percent(row.if_no),
                f"{row.bits:.3f}",
                percent(row.word_changes),
            )
            for row in rows[: None if events is None else MOST_ROWS * len(events)]
        ),
    )  # fmt: skip
    what = "both are seen, or neither" if both else "it is seen, or is not: that is evidence too"
    yield (
        "seen with: its probability given all evidence so far. if seen, if not: the outcome if "
        f"{what}. bits: what it is expected to tell of the outcome, of the one bit that an even "
        "question holds. word changes: probability that the likelihood word becomes another."
    )


def about(network: Network, row: TippingRow | TornadoRow) -> str:
    """Name the number that moves; of a number on a fact, with the fact's claim."""
    if row.sort in ("evidence", "report"):
        return f"{row.title}: “{claim_of(network.case, row.of)}”"
    return row.title


def number(row: TippingRow | TornadoRow, value: float) -> str:
    """Show a probability as a percentage, and a multiplier as a plain number."""
    multiplies = row.path.rsplit(".", 1)[-1] in ("raises", "lowers", "odds", "likelihood_ratio")
    return f"{value:.3g}" if multiplies else percent(value)


def _answer(network: Network, leaning: LeaningRow, lexicon: str) -> str:
    word = LEXICONS[lexicon](leaning.posterior)
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
    return f"{row.decibans:+.1f} {_item(row)}"


def _item(row: WeightRow) -> str:
    said = {"now": "held now: ", "happened": "happened: ", "ruled out": "ruled out: "}
    return said.get(row.kind, "") + row.title


def _pushed(title: str, rows: Sequence[WeightRow]) -> Iterator[Part]:
    if not rows:
        yield f"{title}: nothing of weight."
        return
    yield f"{title}, in decibans:"
    yield Grid(
        (">", ""),
        tuple(
            (f"{row.decibans:+.1f}", _item(row) + (f" [{row.grades}]" if row.grades else ""))
            for row in rows[:STRONGEST]
        ),
    )


def _verdict(row: LeaningRow) -> str:
    reasons = {
        "leans on base rates": "it leans on base rates; more or less weight on all evidence would "
        "hardly move it",
        "leans on evidence": "it leans on evidence; more or less weight on all base rates would "
        "hardly move it",
        "leans on neither alone": "neither more weight on all base rates nor on all evidence would "
        "move it much",
        "base rates and evidence agree": "base rates and evidence pull the same way",
        "base rates and evidence in conflict": "base rates and evidence pull in opposite "
        "directions, and the answer is a compromise",
    }
    return (
        f"{reasons[row.verdict]} (sensitivity to base rates {row.base_rates:.2f}, to evidence "
        f"{row.evidence:.2f}; above 0.05 counts)."
    )


def _assumption(network: Network, row: TornadoRow) -> str:
    return (
        f"{about(network, row)}, put at {number(row, row.best)} "
        f"({number(row, row.low)} – {number(row, row.high)}). At {number(row, row.low)} the answer "
        f"would be {percent(row.at_low)}, at {number(row, row.high)} {percent(row.at_high)}."
    )


def _news(row: FindingRow) -> str:
    until = f", to be watched until {row.watch_until}" if row.watch_until else ""
    return (
        f"“{row.title}”{until}. It will be seen with probability {percent(row.probability)}; then "
        f"the answer becomes {percent(row.if_yes)} ({row.word_if_yes}), if not "
        f"{percent(row.if_no)} ({row.word_if_no})."
    )


def _mind(network: Network, event: str, lexicon: str) -> Iterator[Part]:
    """Say which single numbers would bring the next word up, and the next word down."""
    p = network.posterior()[event]
    targets = next_words(p, lexicon)
    rows = tipping(network, event, *targets)
    for target in targets:
        reached = [row for row in rows if row.target == target and row.distance is not None]
        beyond = LEXICONS[lexicon](target + (1e-6 if target > p else -1e-6))
        yield f"What would change our mind, to {beyond} ({percent(target)}):" + (
            "" if reached else " no number with a range reaches it alone."
        )
        if reached:
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
    shown = [row for row in rows if max(abs(row.decibans), abs(row.certain)) >= NO_PUSH]
    lines = [
        (
            str(row.known or "") if row.kind != "now" else "now",
            _item(row),
            row.grades,
            percent(row.after),
            f"{row.decibans:+.1f}",
            f"{row.leave_one_out:+.1f}",
            *(
                (f"{row.grade_cost:+.1f}", f"{row.sharing_cost:+.1f}", f"{row.ceiling:+.1f}")
                if row.kind == "fact"
                else ("", "", "")
            ),
        )
        for row in shown
    ]
    rest = [row.decibans for row in rows if row not in shown]
    if rest:
        lines.append(
            ("", f"{len(rest)} items of less weight, together", "", "", f"{sum(rest):+.1f}",
             "", "", "", "")
        )  # fmt: skip
    total = sum(row.decibans for row in rows)
    lines.append(("", "from prior to posterior", "", "", f"{total:+.1f}", "", "", "", ""))
    columns = ("Known", "Item by item", "reports", ">then", ">decibans", ">without it", ">graded",
               ">shared", ">ceiling")  # fmt: skip
    return Grid(columns, tuple(lines))


def as_written(value) -> object:
    """Turn a cell into what JSON and CSV can hold: dates as text, infinities as nothing."""
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, float) and not abs(value) < float("inf"):
        return None
    return list(value) if isinstance(value, tuple) else value
