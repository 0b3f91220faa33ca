"""Forecasts and outcomes go in; a ledger that only grows keeps them, and their scores come out."""

from __future__ import annotations

import sys
from datetime import UTC, date, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import forecasting
from forecasting.commands.cases import case_of, fit_missing
from forecasting.commands.printing import as_text, give, width
from forecasting.commands.words import (
    AS_OF,
    CASE,
    FORMAT,
    INPUT_WRONG,
    OVERLAY,
    SET,
    command,
    option,
    up_to,
)
from forecasting.errors import refusal
from forecasting.ledger import USUAL
from forecasting.lexicon import counted

if TYPE_CHECKING:
    from forecasting.ledger.ledger import Ledger
    from forecasting.ledger.store import Head

# The export of some million entries.
MOST_BYTES = 2**30

LEDGER = option("--ledger F", f"the ledger (default {USUAL})", default=USUAL)
WHO = option("--by NAME", "whose forecast, or whose word, it is")
ON = option("--as-of D", "the day on which it is looked at (default today)")
LEDGER_DOES = ("list", "overdue", "show", "verify", "export", "import", "seal", "reveal")
AS_ROWS = ("list", "overdue", "show")
TAKES = ("first", "last", "all")


@command(
    "keep in a ledger what a case says of each outcome",
    CASE,
    LEDGER,
    WHO,
    AS_OF,
    option(
        "--by-date D ...", "record it for this day (default: all days of the case)", dest="until"
    ),
    SET,
    OVERLAY,
    option("--note T", "a remark", default=""),
    option("--private", "keep its questions out of pages and exports"),
)
def _record(options) -> None:
    from forecasting.ledger.entries import UNANSWERED, Forecast

    case, ledger = case_of(options), _open(options)
    fit_missing(case, options.as_of)
    how = {name: getattr(options, name) for name in ("as_of", "until", "note", "private")}
    answered = {key for key, came in _answers(ledger).items() if came not in UNANSWERED}
    head = ledger.record(case, by=options.by or case.case, **how)
    new = (one for one in ledger.written if isinstance(one, Forecast))
    said = {(one.question, one.version) for one in new}
    if late := sorted(name for name, _ in said & answered):
        print(
            f"warning: answered already: {', '.join(late)}; what is recorded now is marked late, "
            "and counts only for whoever has no forecast entered before the answer",
            file=sys.stderr,
        )
    print(f"recorded in {ledger.path}: {case.title or case.case}")
    _tell_end(ledger, head)


@command(
    "note in a ledger how a question came out",
    option("ID", "the question, as `forecasting ledger list` names it", nargs="?"),
    option("OUTCOME", "yes, no, a state, an amount, annulled or ambiguous", nargs="?"),
    LEDGER,
    WHO,
    option("--on D", "the day on which it came about"),
    option("--known D", "the day from which one could know"),
    option("--source URL", "whose word it is", default=""),
    option("--confidence", "how sure that is", choices=("high", "medium", "low"), default="high"),
    option("--proxy T", "how what was looked at differs from the rule", default=""),
    option("--why T", "why so", default=""),
    option("--from FILE.csv", "outcomes of many questions, one a row", dest="file"),
    option("--case CASE", "outcomes that a case holds: happened, ruled_out, settled"),
)
def _resolve(options) -> None:
    from forecasting.ledger import recording
    from forecasting.ledger.entries import Question

    ways = [options.id is not None, bool(options.file), bool(options.case)]
    if ways.count(True) != 1 or (options.id is None) != (options.outcome is None):
        options.usage("say a question and its outcome, or --from FILE.csv, or --case CASE")
    ledger, by = _open(options), options.by or "resolver"
    if options.id is not None:
        names = ("source", "confidence", "proxy", "why")
        about = {name: getattr(options, name) for name in names}
        days = {"happened_on": options.on, "known_on": options.known}
        settle = partial(ledger.resolve, options.id, options.outcome, **days, **about)
    else:
        ledger.refuse_none()
        if options.file:
            found = recording.read_resolutions(_text(options.file), options.file)
        else:
            asked = [e.body for e in ledger.entries() if isinstance(e.body, Question)]
            found = recording.settled(forecasting.load(options.case), asked)
        settle = partial(ledger.settle, found)
    before = _answers(ledger)
    head = settle(by=by)
    print(f"resolved in {ledger.path}: {counted(ledger.added, 'question')}")
    for one in ledger.written:
        told = one.why if one.why.startswith("follows from ") else ""
        if (earlier := before.get((one.question, one.version))) and earlier != one.outcome:
            told = f"{told}; " * bool(told) + f"replaces the answer {earlier}; both are kept"
        if told:
            print(f"{one.question} came out {one.outcome}: {told}")
        # A ledger's clock is that of UTC, west of which today may not be there yet.
        known = one.known_on or one.happened_on or datetime.now(UTC).date()
        if known > date.today():
            late = "which is still to come; until then the answer does not count"
            print(f"warning: {one.question}: known from {known} on, {late}", file=sys.stderr)
    _tell_end(ledger, head)


def _answers(ledger: Ledger) -> dict[tuple[str, int], str]:
    """Give how each question came out, as far as anybody says, whenever it is known."""
    here = ledger.status(date.max) if ledger.begun() else []
    held = ((one.question, one.resolution) for one in here if one.resolution)
    return {(asked.id, asked.version): came.outcome for asked, came in held}


@command(
    "score the forecasts of a ledger",
    LEDGER,
    ON,
    option(
        "--by",
        "what to put together: with json or csv a row for each, not for each forecast",
        choices=("forecaster", "cluster", "tag", "lead"),
    ),
    option("--against REFERENCE", "prior (default), half, rate, or a forecaster"),
    option("--take", "of each forecaster on each question", choices=TAKES, default="first"),
    FORMAT,
)
def _score(options) -> None:
    from forecasting.ledger import scores, tables

    ledger, day = _at_hand(options)
    standings, rows = ledger.look(day, options.take)
    by, against = options.by or "forecaster", options.against or "prior"
    blocks = tables.scored(standings, rows, day, by, against, options.take)
    if options.by or options.against:
        give(options, blocks, scores.GroupRow, lambda: scores.groups(rows, by, against))
    else:
        give(options, blocks, scores.ScoreRow, lambda: scores.scored(rows))


@command(
    "score what a model would have said on past days, beside what it has to beat",
    option("MODEL", "event_counts, reference_class or time_to_event"),
    option(
        "--table T",
        "a table at hand, with its column (coup_success.success); or FILE.csv",
        required=True,
    ),
    option(
        "--origins FROM..TO",
        "first and last day to forecast from, such as 2017..2023",
        required=True,
    ),
    option("--outcome COLUMN", "the column with the outcomes, or the counts", default=""),
    option("--by COLUMN ...", "a column that makes groups; of counts, that names the series"),
    option("--unit COLUMN", "whose case it is, for the intervals (default: country, if there)"),
    option(
        "--within M ...", "months in which it comes about; a time (default 12)", type=up_to(600)
    ),
    option("--follow M", "months for which the model follows a time", type=up_to(6000)),
    option("--covariate COLUMN ...", "a column that tells the cases of a time apart"),
    option("--half-life M", "months after which a case of a class counts half", type=up_to(6000)),
    option("--scheduler ADDRESS", "a Dask scheduler whose machines do it, as tcp://host:8786"),
    option("-o --output FILE", "page (.html, .pdf, .md), or numbers (.csv, .json)", type=Path),
    FORMAT,
)
def _backtest(options) -> None:
    from forecasting.file import tables
    from forecasting.file.case import write_text
    from forecasting.ledger import backtest
    from forecasting.ledger.rolling import Task

    whole = options.table.endswith(".csv")
    name, _, column = (options.table, "", "") if whole else options.table.partition(".")
    table = tables.load(name)
    outcomes = (options.outcome, column, *table.sidecar.outcomes, "")
    by = tuple(column for text in options.by for column in text.split(","))
    counts = options.model == "event_counts"
    unit = ",".join(by) if counts else "country" if "country" in table.columns else ""
    more = {name: getattr(options, name) for name in ("follow", "half_life")}
    more |= {"within": tuple(options.within) or (12,), "covariates": tuple(options.covariate)}
    column = next(filter(None, outcomes), "")
    unit = options.unit or unit
    task = Task(options.model, table, column, by, *options.origins, unit=unit, **more)
    found = backtest.run(task, options.scheduler)
    output, rows = options.output, partial(backtest.rows, found)
    if output and output.suffix in (".csv", ".json"):
        write_text(output, as_text(output.suffix[1:], backtest.BacktestRow, rows))
    elif output:
        from forecasting.report import backtest as page
        from forecasting.report import publish

        publish.write(page.notebook(task, found), output)
    if output:
        print(f"written: {output}")
    else:
        give(options, backtest.blocks(task, found), backtest.BacktestRow, rows)


@command(
    "look into a ledger, take it elsewhere, or seal forecasts",
    option("DO", ", ".join(LEDGER_DOES), choices=LEDGER_DOES, metavar="DO"),
    option("WHAT", "show: a question; import, reveal: a file; seal: a case", nargs="?"),
    LEDGER,
    WHO,
    option("--as-of D", "the day on which it is looked at (default today); seal: its forecast's"),
    option("-o --output FILE", "what to write: .jsonl, or .csv for other tools", type=Path),
    option("--head CHAIN:SEQ:HASH", "the end of a chain as it is known elsewhere", dest="head"),
    option("--private", "export private questions too; seal: keep them out of pages later"),
    option("--anonymous", "export to .csv without names, times and remarks"),
    option("--note T", "a remark", default=""),
    FORMAT,
)
def _ledger(options) -> int | None:
    needs = {"show": "a question", "import": "a file", "reveal": "a file", "seal": "a case"}
    if (options.do in needs) != (options.what is not None):
        due = needs.get(options.do)
        options.usage(f"{options.do} needs {due}" if due else f"{options.do} takes no more words")
    if options.format != "table" and options.do not in AS_ROWS:
        options.usage(f"--format {options.format} is for {', '.join(AS_ROWS)}")
    return DOES[options.do](options)


def _list(options) -> None:
    from forecasting.ledger import tables

    ledger, day = _at_hand(options)
    standings, rows = ledger.look(day)
    if options.do == "overdue":
        standings = [one for one in standings if one.status == "overdue"]
    records = tables.listed(standings, rows)
    names = [column.name for column in tables.ASKED]
    give(options, tables.questions(standings, rows, day), names, lambda: records, lambda: records)


def _show(options) -> None:
    from forecasting.ledger import status, tables

    ledger, day = _at_hand(options)
    noted = ledger.entries()
    found = [
        one for one in status.standings(noted, day).values() if one.question.id == options.what
    ]
    if not found:
        hint = "take its name from `forecasting ledger list`"
        problem = "this question is not in the ledger"
        raise refusal(problem, options.ledger, None, options.what, hint=hint)
    blocks = (block for one in found for block in tables.story(one, noted))
    records = [record for one in found for record in tables.told(one, noted)]
    names = [column.name for column in tables.NOTED]
    give(options, blocks, names, lambda: records, lambda: records)


def _verify(options) -> int | None:
    from forecasting.ledger import tables
    from forecasting.ledger.store import Head, Store
    from forecasting.tell import terminal

    found = Store(options.ledger).verify(options.head and Head.read(options.head))
    terminal.show(tables.verified(found), width())
    return INPUT_WRONG if found.faults else None


def _export(options) -> None:
    from forecasting.file.case import write_text
    from forecasting.ledger import scores
    from forecasting.ledger.ledger import exported

    output = options.output or Path("ledger.jsonl")
    if output.suffix not in (".jsonl", ".csv"):
        options.usage("say what to write: -o FILE.jsonl, or FILE.csv for other tools")
    if options.anonymous and output.suffix != ".csv":
        options.usage("--anonymous is for a table: -o FILE.csv")
    ledger, day = _at_hand(options)
    if output.suffix == ".jsonl":
        text = "".join(f"{line}\n" for line in ledger.lines(private=options.private))
    else:
        found = exported(ledger, day, private=options.private, anonymous=options.anonymous)
        text = as_text("csv", scores.ScoreRow, lambda: scores.scored(found))
    write_text(output, text)
    print(f"written: {output}")


def _import(options) -> None:
    from forecasting.ledger.imports import read_forecasts

    ledger, text = _open(options), _text(options.what)
    if Path(options.what).suffix == ".csv":
        _tell_end(ledger, ledger.add_new(read_forecasts(text, options.what)))
    else:
        # A note may hold marks that end a line for Python, and none for JSON.
        ledger.absorb(text.split("\n"), options.what)
        _tell_end(ledger)


def _seal(options) -> None:
    from secrets import token_hex

    from forecasting.file.case import write_text
    from forecasting.ledger import recording
    from forecasting.ledger.ledger import sealed

    output = options.output or Path("sealed.json")
    if output.exists():
        raise refusal("is there already; nothing was changed", str(output))
    case = forecasting.load(options.what)
    fit_missing(case, options.as_of)
    about = {"as_of": options.as_of, "private": options.private}
    noted, sources = recording.record(case, options.by or case.case, **about)
    seal, text = sealed(noted, token_hex(16), options.note, sources)
    write_text(output, text)
    ledger = _open(options)
    head = ledger.append([(options.by or case.case, seal)])
    print(f"sealed: keep {output} to yourself, unchanged, until you disclose it")
    _tell_end(ledger, head)


def _reveal(options) -> None:
    ledger = _open(options)
    _tell_end(ledger, ledger.reveal(_text(options.what), options.what))


def _open(options) -> Ledger:
    from forecasting.ledger.ledger import Ledger

    return Ledger(options.ledger)


def _at_hand(options) -> tuple[Ledger, date]:
    """Open the ledger, for a day; say first what is wrong with it."""
    ledger = _open(options)
    for fault in ledger.verify().faults:
        print(f"warning: {ledger.path}: {fault}", file=sys.stderr)
    return ledger, options.as_of or date.today()


def _text(path: str) -> str:
    """Read a file of a ledger, which may be longer than a case."""
    from forecasting.file.document import decode, read_bytes

    return decode(read_bytes(path, MOST_BYTES), path)


def _tell_end(ledger: Ledger, head: Head | None = None) -> None:
    """Tell how many entries came, where the chain ends, and what the disk did not grant."""
    print(f"new in {ledger.path}: {counted(ledger.added, 'entry', 'entries')}")
    if head:
        print(f"head: {head}\nkeep the head elsewhere too: it shows whether the end was cut off")
    if ledger.journal != "wal":
        print(
            f"note: this disk grants no log beside {ledger.path} (SQLite's WAL), so that whoever "
            "reads it waits while somebody writes; nothing is lost by that"
        )


DOES = {
    "list": _list, "overdue": _list, "show": _show, "verify": _verify, "export": _export,
    "import": _import, "seal": _seal, "reveal": _reveal,
}  # fmt: skip
