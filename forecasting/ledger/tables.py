"""What a ledger holds, and its scores, go in; the blocks that a command prints come out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date

from forecasting.errors import echo
from forecasting.ledger import scores
from forecasting.ledger.entries import Entry, Forecast, Resolution
from forecasting.ledger.scores import Difference, GroupRow
from forecasting.ledger.status import Scored, Standing
from forecasting.ledger.store import Verified
from forecasting.lexicon import counted, percent
from forecasting.tell.table import Column, Table, figure
from forecasting.tell.terminal import Block, Line

# What is asked of a ledger most is asked once.
HINDSIGHT = (
    "A forecast of a case that was written after its questions were settled tests nothing, "
    "however carefully hindsight was kept out."
)

# So many late forecasts are named; JSON and CSV mark each.
MOST_NAMED = 8

ASKED = (
    Column("id", "Question", whole=True),
    Column("title", "", stated=True),
    Column("status", "status"),
    Column("came", "came out"),
    figure("said", "first said"),
    figure("forecasts", "forecasts"),
)

NOTED = (
    Column("day", "Day"),
    Column("by", "by", stated=True),
    Column("what", ""),
    Column("said", "said", whole=True),
    Column("note", "", stated=True),
)

OVER_TIME = (
    Column("question", "Kept alive", stated=True),
    Column("forecaster", "by", stated=True),
    figure("forecasts", "forecasts"),
    *(figure(name, name, "{:.3f}".format) for name in ("brier", "log")),
    figure("coverage", "coverage", percent),
)
OVER_TIME_NOTE = (
    "Kept alive: each score weighs as many of the scheduled days as it stood, none after the close "
    "or a withdrawal; coverage is the share of those days, and a score is read beside it."
)

# How often yes came, by the word that was said.
WORDS = (
    Column("word", "In words"),
    figure("answers", "answers"),
    figure("said", "said, in the mean", percent),
    figure("came", "came", percent),
)


def questions(standings: Sequence[Standing], rows: Sequence[Scored], day: date) -> Iterator[Block]:
    """Tell how each question stands on a day."""
    yield (Line(scores.denominators(scores.statuses(standings, rows)), "bold"), f"on {day}")
    if records := listed(standings, rows):
        yield (Table(ASKED, tuple(records)),)


def listed(standings: Sequence[Standing], rows: Sequence[Scored]) -> list[dict[str, object]]:
    """Put each question beside what was said of it first, and what came."""
    first: dict[tuple, list[Scored]] = {}
    for row in rows:
        if row.role == "headline":
            first.setdefault((row.question, row.version), []).append(row)
    records = []
    for one, status in zip(standings, scores.statuses(standings, rows), strict=True):
        asked = one.question
        said = first.get((asked.id, asked.version), ())
        records.append(
            {
                "id": asked.id if asked.version == 1 else f"{asked.id} (version {asked.version})",
                "title": asked.title,
                "status": status,
                "came": came(one),
                "said": percent(said[0].p) if said and said[0].p is not None else "",
                "forecasts": len(said) or "",
            }
        )
    return records


def came(one: Standing) -> str:
    """Say in a word how a question came out.

    Examples
    --------
    >>> from forecasting.ledger.entries import Question
    >>> came(Standing(Question(id="rain", resolve_by=date(2026, 1, 1)), "scored", True))
    'yes'
    """
    if one.outcome is None:
        return one.status if one.status in ("annulled", "ambiguous") else ""
    if isinstance(one.outcome, bool):
        return "yes" if one.outcome else "no"
    return f"{one.outcome:g}" if isinstance(one.outcome, float) else one.outcome


def story(one: Standing, noted: Sequence[Entry]) -> Iterator[Block]:
    """Tell all that was noted of a question."""
    asked = one.question
    yield (Line(echo(asked.title or asked.id), "bold"), echo(asked.question, 400) or asked.id)
    rule = [("Settled by", asked.criterion), ("Whose word", asked.source), ("Story", asked.cluster)]
    about = [f"{what}: {echo(text, 400)}" for what, text in rule if text]
    yield (*about, f"Asked until {asked.resolve_by}; {one.status}")
    if records := told(one, noted):
        yield (Table(NOTED, tuple(records)).filled(),)


def told(one: Standing, noted: Sequence[Entry]) -> list[dict[str, str]]:
    """List what was noted of a question, and which of its answers holds."""
    records = []
    for entry in noted:
        body = entry.body
        if getattr(body, "question", None) != one.question.id:
            continue
        if isinstance(body, Forecast):
            about = {"day": str(body.made_at), "what": body.role, "said": _said(body)}
        elif isinstance(body, Resolution):
            holds = ", holds" if body is one.resolution else ""
            what = ", replaced" if any(body is x for x in one.history[:-1]) else holds
            about = {"day": str(body.known_on or ""), "what": f"came out{what}"}
            about["said"] = body.outcome
            about["note"] = " ".join(filter(None, (body.proxy, body.why, body.source)))
        else:
            about = {"day": str(body.made_at), "what": "withdrawn", "said": "", "note": body.why}
        records.append({"by": entry.by, "note": getattr(body, "note", ""), **about})
    return [{column.name: row[column.name] for column in NOTED} for row in records]


def _said(body: Forecast) -> str:
    """Write a forecast in a line."""
    if body.p is not None:
        return percent(body.p)
    if body.probs:
        return ", ".join(f"{state} {percent(p)}" for state, p in body.probs.items())
    return ", ".join(f"{level:.0%} below {value:g}" for level, value in body.amounts.items())


def scored(
    standings: Sequence[Standing],
    rows: Sequence[Scored],
    day: date,
    by: str = "forecaster",
    against: str = "prior",
    take: str = "first",
) -> Iterator[Block]:
    """Tell the scores of a ledger on a day, in groups and against a reference."""
    taken = "all forecasts" if take == "all" else f"the {take} forecast"
    yield (
        Line(scores.denominators(scores.statuses(standings, rows)), "bold"),
        f"Scores on {day}, of {taken} of each forecaster on each question",
        *filter(None, [entered_late(rows)]),
    )
    found = scores.groups(rows, by, against)
    if not found:
        if by == "tag" and scores.groups(rows):
            yield ("No question that is scored has a tag.",)
        elif any(map(scores.counts, rows)):
            yield (
                "Only amounts, or no headline forecasts, are scored: --format csv has them all.",
            )
        else:
            yield ("No forecast is scored.",)
        return
    yield (Table(_group_columns(by, against), found).filled(),)
    if take == "all":
        asked = [one.question for one in standings]
        opens = {(one.id, one.version): one.opens for one in asked if one.opens}
        if alive := scores.over_time(rows, opens):
            yield (Table(OVER_TIME, alive), Line(OVER_TIME_NOTE, "dim"))
    lines = [
        "Brier: 0 is perfect, 0.25 what one half earns, 1 the worst. log: nats, 0 is perfect. "
        "skill: share of the reference's Brier score that is saved, on common questions.",
    ]
    for name in dict.fromkeys(row.forecaster for row in found):
        if name != against and not name.endswith("(prior)"):
            one = scores.compare(rows, name, against)
            lines += [f"{name} less {against}: {difference(one)}"] * (one.questions > 0)
    yield tuple(Line(line, "dim") for line in [*lines, HINDSIGHT])


def entered_late(rows: Sequence[Scored]) -> str:
    """Name the forecasts that count though they were entered after the answer; none, no words."""
    late = (row for row in rows if row.entered_late and scores.counts(row))
    named = [*dict.fromkeys(f"{echo(row.by)} on {echo(row.question)}" for row in late)]
    if len(named) > MOST_NAMED:
        named[MOST_NAMED:] = [f"{len(named) - MOST_NAMED} more"]
    told = "Late, entered after the answer, and counted for want of an earlier one: "
    return told + ", ".join(named) if named else ""


def answered(one: Difference | GroupRow) -> str:
    """Say on how many questions something rests, and in how many stories."""
    return f"{counted(one.questions, 'question')} in {counted(one.clusters, 'story', 'stories')}"


def difference(one: Difference) -> str:
    """Say how large a difference of Brier scores is, and what chance would make of it.

    Examples
    --------
    >>> difference(scores.by_cluster([-0.1, -0.3, 0.1], ["war", "war", "vote"]))
    'Brier -0.100 (-0.942 to +0.742) over 3 questions in 2 stories; chance alone: 1.00; too few \
separate stories to tell'
    """
    ends = f" ({one.low:+.3f} to {one.high:+.3f})" if one.low == one.low else ""
    chance = f"chance alone: {one.p:.2f}" if one.p == one.p else ""
    told = f"Brier {one.mean:+.3f}{ends} over {answered(one)}"
    return "; ".join(filter(None, [told, chance, one.verdict]))


def _group_columns(by: str, against: str) -> tuple[Column, ...]:
    numbers = {"brier": "Brier", "log": "log", "reference": against}
    numbers |= {"skill": f"skill over {against}"}
    return (
        Column("forecaster", "Forecaster", stated=True),
        *([Column("group", by, stated=True)] if by != "forecaster" else []),
        figure("questions", "questions"),
        figure("clusters", "stories"),
        *(figure(name, heading, _number) for name, heading in numbers.items()),
    )


def _number(value: float) -> str:
    return "" if value != value else f"{value:.3f}"


def verified(found: Verified) -> Iterator[Block]:
    """Tell whether a ledger is whole."""
    withheld = f", {found.withheld} of them withheld" if found.withheld else ""
    yield (f"{counted(found.entries, 'entry', 'entries')}{withheld}",)
    yield tuple(f"head {head}" for head in found.heads)
    told = [Line(fault, "bold red") for fault in found.faults]
    yield (*(told or ["every entry follows the one before"]), *found.remarks)
