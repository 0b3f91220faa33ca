"""Words typed on a terminal go in; a table, JSON or CSV comes out, and an exit status.

Exit status: 0 good, 1 the input is wrong (one message on standard error) or an audit does not
agree, 2 wrong usage.
"""

from __future__ import annotations

import argparse
import io
import json
import os
import shutil
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, replace
from datetime import date
from functools import partial
from itertools import chain
from pathlib import Path

import forecasting
from forecasting.errors import InputError, Problem
from forecasting.lexicon import counted

INPUT_WRONG, INTERRUPTED = 1, 130

# Width of a table that does not go to a terminal: wide enough for the longest word and label.
PIPED_WIDTH = 130

FORMATS = ("table", "json", "csv")

# Draws of an audit beyond which its memory runs out before its standard errors matter.
MOST_DRAWS = 10_000_000


def entry() -> None:
    """Run as the command ``forecasting``."""
    if sys.stdout is None:  # closed from the start, as by a job scheduler
        sys.stdout = io.StringIO()
    sys.exit(main(sys.argv[1:]))


def main(arguments: Sequence[str]) -> int:
    """Run one command.

    Parameters
    ----------
    arguments : sequence of str
        What follows ``forecasting`` on the command line.

    Returns
    -------
    int
        0 good, 1 the input is wrong or an audit does not agree. Wrong usage exits with 2 at once,
        as is usual.

    Examples
    --------
    >>> main(["check", "priors/first_case.yaml"])
    priors/first_case.yaml: good
    0
    """
    parser = _parser()
    options, others = parser.parse_known_args(arguments)
    if options.command is _lab:
        options.others = others
    elif others:
        parser.error(f"unrecognized arguments: {' '.join(others)}")
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")  # a terminal that lacks a letter shows ? for it
    try:
        status = options.command(options)
        sys.stdout.flush()
        return status or 0
    except InputError as error:
        print(error, file=sys.stderr)
        return INPUT_WRONG
    except BrokenPipeError:  # the reader, such as head, has seen enough
        _drop_output()
        return 0
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        where = f"{error.filename}: " if error.filename else ""
        print(f"{where}{reason}", file=sys.stderr)
        _drop_output()
        return INPUT_WRONG
    except KeyboardInterrupt:
        print("stopped", file=sys.stderr)
        return INTERRUPTED


def _drop_output() -> None:
    """Let what is still to be written to standard output go nowhere, also at exit."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.close(nowhere)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="forecasting",
        description="Forecast scenarios from a case file: priors, links and evidence.",
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for command, options, more in COMMANDS:
        one = commands.add_parser(command.__name__.removeprefix("_"), **more)
        for names, about in options:
            one.add_argument(*names, **about)
        one.set_defaults(command=command, usage=one.error)
    return parser


def _day(text: str):
    from forecasting.file.values import parse_day

    try:
        return parse_day(text).last
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not a date such as 2021-09-15") from None


def _count(text: str) -> int:
    if not text.isdecimal() or not 0 < int(text) <= MOST_DRAWS:
        raise argparse.ArgumentTypeError(
            f"{text!r} is not a whole number from 1 to {MOST_DRAWS:,} (written without commas)"
        )
    return int(text)


def _seed(text: str) -> int:
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number, 0 or more")
    return int(text)


def _pair(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals or not name.strip() or not value.strip():
        raise argparse.ArgumentTypeError(f"{text!r} is not of the form NAME=VALUE")
    return name.strip(), value.strip()


# Each command: its function, its options, and what else argparse is to know of it.
COMMANDS: list[tuple[Callable, tuple, dict]] = []

# What is read for each word that stands for a value; text for any other.
READS = {"D": _day, "E=yes": _pair, "PATH=VALUE": _pair, "NAME=VALUE": _pair, "FOLDER": Path}


def _command(help: str, *options: tuple, **more) -> Callable:
    """Make a function of the options given a command, whose name is that of the function."""

    def declare(function: Callable) -> Callable:
        COMMANDS.append((function, options, {"help": help, **more}))
        return function

    return declare


def _option(usage: str, help: str, **more) -> tuple[list[str], dict]:
    """Declare an argument by how it is written; ``...`` says that it may be given again.

    Examples
    --------
    >>> _option("CASE", "case file")
    (['case'], {'metavar': 'CASE', 'help': 'case file'})
    >>> _option("--overlay FILE ...", "apply it")
    (['--overlay'], {'metavar': 'FILE', 'action': 'append', 'default': [], 'help': 'apply it'})
    >>> _option("--pairs", "two at a time")
    (['--pairs'], {'action': 'store_true', 'help': 'two at a time'})
    """
    *names, last = usage.removesuffix(" ...").split()
    if last.startswith("-"):
        about = {} if "choices" in more else {"action": "store_true"}
        names.append(last)
    else:
        about = {"metavar": last} | ({"type": READS[last]} if last in READS else {})
    if usage.endswith(" ..."):
        about |= {"action": "append", "default": []}
    return names or [last.lower()], about | {"help": help} | more


def _lexicon(help: str) -> tuple[list[str], dict]:
    return _option("--lexicon", help, choices=("icd-203", "phia"), default="icd-203")


def _events(help: str) -> tuple[list[str], dict]:
    return _option("--event E ...", help, dest="events", default=None)


CASE = _option("CASE", "case file")
AS_OF = _option("--as-of D", "day of the forecast, such as 2021-09-15")
BY = _option("--by D", "day the forecast is for")
SET = _option(
    "--set PATH=VALUE ...",
    "change a judgement, such as events.rain.base_rate=30%%",
    dest="settings",
)
OVERLAY = _option("--overlay FILE ...", "apply an analyst's overlay")
LEXICON = _lexicon("whose words to use for probabilities: US ICD 203 (default) or the UK yardstick")
FORMAT = _option("--format", "what to print", choices=FORMATS, default="table")
ONLY = _events("this event only (default: outcomes)")

# What every command takes that reads a forecast, and every one that puts some side by side.
FORECAST = (CASE, AS_OF, BY, SET, OVERLAY, LEXICON, FORMAT)
SIDE_BY_SIDE = (ONLY, _lexicon("whose words to use"), FORMAT)


@_command(
    "find errors and likely mistakes in case files",
    _option("CASE", "case file", nargs="+"),
    _option("--format", "what to print", choices=("table", "json"), default="table"),
)
def _check(options) -> int | None:
    from forecasting.answer.check import check, together

    wrong, found = False, []
    for path in options.case:
        try:
            case = forecasting.load(path)
            _fit_missing(case)
            warnings = check(case)
        except InputError as error:
            wrong = True
            print(error, file=sys.stderr)
            continue
        found.append({"case": path, "warnings": [asdict(warning) for warning in warnings]})
        refused = any(warning.refused for warning in warnings)
        wrong = wrong or refused
        if options.format == "table":
            told = together(warnings)
            words = "not yet a case of your own" if refused else "good"
            words += f", with {counted(len(told), 'warning')}" if told else ""
            print(f"{path}: {words}", *told, sep="\n  ", file=sys.stderr if refused else None)
    if options.format == "json":
        print(json.dumps(found, indent=2))
    return INPUT_WRONG if wrong else None


@_command(
    "print the forecast of a case",
    *FORECAST,
    _option("--given E=yes ...", "suppose we learned that event E is so, or not (E=no)"),
    _option("--do E=yes ...", "suppose event E were made so, or not (E=no)"),
)
def _run(options) -> None:
    from forecasting.answer.check import check, uncounted
    from forecasting.answer.forecast import EventRow
    from forecasting.tell import tables

    case = _case(options)
    _fit_missing(case, options.as_of, options.by)
    forecast = forecasting.run(
        case,
        as_of=options.as_of,
        by=options.by,
        given=_once(options.given, "--given"),
        do=_once(options.do, "--do"),
    )
    changes = [f"overlay {path}" for path in options.overlay]
    changes += [f"set {path} = {value}" for path, value in options.settings]
    blocks = tables.forecast(forecast, changes=changes)
    _give(options, blocks, EventRow, lambda: forecast.rows, forecast.as_json)
    if options.format == "table":
        try:
            warnings = check(case, forecast.network)
        except InputError:  # evidence that is impossible, and was cut away by what is made so
            warnings = uncounted(forecast.network)
        _warn(warnings)


@_command(
    "say how each outcome got from its prior to its posterior",
    *FORECAST,
    _events("an outcome to explain in full (again for more)"),
)
def _explain(options) -> None:
    from forecasting.answer.check import uncounted
    from forecasting.answer.rows import objects
    from forecasting.tell import briefing

    network, explain = _network(options), forecasting.explain
    events = options.events and explain.outcomes_of(network, options.events)
    weights = partial(explain.weight_of_evidence, network, events)

    def content() -> dict:
        told = {"weights": weights(), "leanings": explain.prior_or_evidence(network, events)}
        if events:
            bars = (forecasting.sensitivity.tornado(network, event) for event in events)
            told["tornado"] = tuple(chain.from_iterable(bars))
            told["findings"] = forecasting.watch.learnable(network, events)
        return {name: objects(rows) for name, rows in told.items()}

    blocks = (
        briefing.explanations(network, options.events) if events else briefing.overview(network)
    )
    _give(options, blocks, explain.WeightRow, weights, content)
    if options.format == "table":
        _warn(uncounted(network))


@_command(
    "find what would bring an outcome to another word",
    *FORECAST,
    _option("--event E", "the outcome, by its name in the case file", required=True),
    _option(
        "--to P ...",
        "a probability such as 80%%, or up or down: the next likelihood word (default both)",
    ),
)
def _tip(options) -> None:
    from forecasting.tell import briefing

    network, sensitivity = _network(options), forecasting.sensitivity
    event = forecasting.explain.outcome_of(network, options.event, "--event")
    lexicon = network.case.lexicon
    targets = options.to or sensitivity.next_words(network.posterior()[event], lexicon)
    blocks = briefing.tips(network, event, targets)
    rows = partial(sensitivity.tipping, network, event, *targets)
    _give(options, blocks, sensitivity.TippingRow, rows)


@_command(
    "rank what to look out for",
    *FORECAST,
    _events("an outcome it should tell of (again for more; default all)"),
    _option("--pairs", "two indicators at a time"),
)
def _watch(options) -> None:
    from forecasting.tell import briefing

    network, watch = _network(options), forecasting.watch
    blocks = briefing.watchlist(network, options.events, both=options.pairs)
    rows = partial(watch.pairs if options.pairs else watch.indicators, network, options.events)
    _give(options, blocks, watch.FindingRow, rows)


@_command(
    "print the forecast on each day of new reports",
    CASE,
    _option("--since D", "first day (default: a month before the forecast)"),
    _option("--until D", "last day (default: the day of the forecast)"),
    OVERLAY,
    *SIDE_BY_SIDE,
)
def _replay(options) -> None:
    from forecasting.tell import tables

    replay = forecasting.replay
    case, days = _case(options), {"since": options.since, "until": options.until}
    for day in replay.days(case, **days):
        _fit_missing(replace(case, horizons=()), day)  # a replay looks only to its own date
    rows = replay.replay(case, **days, events=options.events)
    blocks = tables.replay(case, rows, _width())
    _give(options, blocks, replay.ReplayRow, lambda: rows, lambda: replay.as_json(case, rows))


@_command(
    "put analysts side by side: who differs on what, and what that makes",
    CASE,
    _option("OVERLAY", "an analyst's overlay", nargs="+"),
    *SIDE_BY_SIDE,
)
def _compare(options) -> None:
    from forecasting.tell import tables

    compare = forecasting.compare
    case = replace(forecasting.load(options.case), lexicon=options.lexicon)
    analysts = compare.analysts_of(case, options.overlay)
    for one in (case, *analysts.values()):
        _fit_missing(one)
    found = compare.compare(case, analysts, events=options.events)
    blocks = tables.comparison(found, every=options.events is not None)
    _give(options, blocks, compare.COMPARED, lambda: found.rows, found.as_json)


@_command(
    "say what two cases, overlays or reports differ on, and what that makes",
    _option("FIRST", "case, overlay or HTML report"),
    _option("SECOND", "case, overlay or HTML report"),
    _option("--case CASE", "the case that overlays belong to"),
    ONLY,
    FORMAT,
)
def _diff(options) -> None:
    from forecasting.report.versions import version
    from forecasting.tell import tables

    paths = options.first, options.second
    first, second = (version(path, options.case) for path in paths)
    for one in (first, second):
        _fit_missing(one)
    # Two files of one name, in two folders, are told apart by their whole paths.
    short = [Path(path).name for path in paths]
    names = tuple(short if short[0] != short[1] else paths)
    found = forecasting.compare.split(first, second, names=names, events=options.events)
    blocks = tables.split(found, every=options.events is not None)
    rows = (*found.points, *found.rows)
    _give(options, blocks, forecasting.compare.ShareRow, lambda: rows, found.as_json)


@_command(
    "fit the base rates that models estimate from data",
    CASE,
    _option("--as-of D", "fit what was known on that day, such as 2021-09-03"),
    _option("--force", "keep fits that did not converge, and mark their use"),
    _option("--again", "fit anew, whatever is kept"),
    _option("--into FOLDER", "keep the summaries in FOLDER"),
)
def _fit(options) -> None:
    from forecasting.tell import tables, terminal

    how = {"force": options.force, "again": options.again, "into": options.into}
    if fitted := forecasting.fit_case(forecasting.load(options.case), options.as_of, **how):
        terminal.show(tables.fitted(fitted), _width())
    else:
        print("no base rate of this case is estimated by a model")


@_command(
    "compare the exact forecast of a case with PyMC sampling its whole network",
    CASE,
    AS_OF,
    BY,
    _option("--draws N", "draws to make (default 400000)", type=_count),
    _option("--seed N", "seed of the draws", type=_seed),
    _option("--format", "what to print", choices=FORMATS[:2], default="table"),
    _option(
        "--keep", "keep the result in the folder audits beside the case, where reports find it"
    ),
)
def _audit(options) -> int:
    from forecasting.fit.progress import progress
    from forecasting.tell import tables

    case, audit = forecasting.load(options.case), forecasting.audit
    _fit_missing(case, options.as_of, options.by)
    with progress("PyMC samples the network") as report:
        result = audit.audit(
            case,
            as_of=options.as_of,
            by=options.by,
            draws=options.draws or audit.DRAWS,
            seed=audit.SEED if options.seed is None else options.seed,
            progress=report,
        )
    _give(options, tables.audit(result), content=result.as_json)
    if options.keep:
        print(f"kept: {audit.keep(result, date.today())}", file=sys.stderr)
    return 0 if result.agrees else 1


@_command(
    "write the report of a case: HTML, PDF, slides, Markdown or a notebook",
    _option("CASE", "case file", nargs="?"),
    _option(
        "-o --output FILE",
        "FILE.html, .pdf, .slides.html, .md, .ipynb; first page: .txt, .json; --all: a folder",
        type=Path,
    ),
    OVERLAY,
    AS_OF,
    BY,
    _option("--audience WHO", "analyst (default), reader or class", default="analyst"),
    _option("--outcome E ...", "speak of event E in the answer"),
    _option("--today D", "the day of reading, to warn of an old forecast"),
    _option("--notebook FILE", "a notebook of your own for the report", type=Path),
    _option("-p --parameter NAME=VALUE ...", "set a parameter of that notebook"),
    _option("--unfold", "print also what the page keeps closed, such as the annex; for a PDF"),
    _option("--check FILE.html", "build that report again; say what differs", type=Path),
    _option("--all", "report on every case in priors/, with an index"),
)
def _report(options) -> int | None:
    from forecasting.report import publish

    if options.all:
        if options.case or options.check:
            options.usage("--all takes no case and no --check")
        into = options.output or Path("reports")
        pages = publish.build_all(
            Path("priors"), into, lambda path: print(f"building {path}", file=sys.stderr)
        )
        print(f"written: {counted(len(pages) - 1, 'report')}, and {pages[-1]}")
        return None
    if options.case is None and options.check is None:
        options.usage("a case is needed, or --all, or --check")
    request = None
    if options.case is not None:
        request = publish.Request(
            Path(options.case),
            tuple(map(Path, options.overlay)),
            *(day and str(day) for day in (options.as_of, options.by, options.today)),
            options.audience,
            tuple(options.outcome),
            options.notebook,
            {name: _plain_value(text) for name, text in options.parameter},
        )
        _fit_missing(request.read().case, options.as_of, options.by)
    if options.check is not None:
        differences = publish.check(options.check, request)
        found = "differs" if differences else "the same, byte for byte"
        print(f"{options.check}: {found}", *differences, sep="\n  ")
        return INPUT_WRONG if differences else None
    if options.output is None:
        options.usage("say what to write: -o FILE.html, .pdf, .slides.html, .md, .txt, ...")
    if options.unfold and publish.ending_of(options.output) != ".pdf":
        options.usage("--unfold is for a PDF; in a page everything opens by a click")
    publish.publish(request, options.output, unfold=options.unfold)
    print(f"written: {options.output}")
    return None


def _plain_value(text: str) -> object:
    """Read a number, a list or the like as Python writes it; anything else is text."""
    import ast

    try:
        return ast.literal_eval(text)
    except (ValueError, SyntaxError):
        return text


@_command(
    "start a case of your own: the first question here, the rest on a page",
    _option("NAME", "name of the case, such as bridge-2026"),
    _option("--terminal", "ask everything here, one question after the other"),
    _option("--template", "write a commented file to fill in, without asking"),
)
def _new(options) -> int | None:
    from forecasting.answer import interview
    from forecasting.explorer import local_page

    path = interview.new_file(options.name)
    if options.template or not sys.stdin.isatty():
        interview.write_template(path, options.name)
        why = "" if options.template else "there is no terminal to ask on, and so no question\n"
        return print(f"{why}written: {path}\nfill it in, then: forecasting check {path}")
    on_page = not options.terminal and local_page.at_hand()
    if not (options.terminal or on_page):
        print("There is no browser here to open a page in, so all is asked in this terminal.")
    written = interview.Interview(input, print).start(path, options.name, first_only=on_page)
    return local_page.serve(path) if written and on_page else None


@_command(
    "open a case on a page of this machine, to make it and to change it",
    _option("CASE", "case file, or the name of a case, which is begun where there is none"),
    _option("--no-browser", "only say the address"),
    _option("--port N", "where to listen (default: any that is free)", type=_count),
)
def _desk(options) -> int:
    from forecasting.explorer import local_page
    from forecasting.explorer.desk import desk

    opened = desk(options.case)  # what is no name is refused here, as what is no case
    path = opened.path
    if opened.case is not None:
        _fit_missing(opened.case)
    return local_page.serve(path, browser=not options.no_browser, port=options.port or 0)


@_command(
    "make a case of a network that another program wrote",
    _option("MODEL", "network in BIF, such as MODEL.bif", type=Path),
    _option(
        "-o --output FILE.yaml", "what to write (default: MODEL.yaml beside the model)", type=Path
    ),
)
def _import(options) -> None:
    from forecasting.exchange import bif, variables
    from forecasting.file import case

    model = str(options.model)
    path = options.output or options.model.with_suffix(".yaml")
    if path.exists():
        hint = "choose another name: -o FILE.yaml"
        raise InputError(Problem("is there already; nothing was changed", str(path), hint=hint))
    network = bif.read_file(options.model)
    text, notes = variables.case_text(network, path.stem)
    try:
        case.read(text, model)
    except InputError as error:  # its lines are those of a text that nobody has
        raise InputError(replace(problem, line=None) for problem in error.problems) from None
    case.write_text(path, text)
    print(*notes, sep="\n", end="\n" * bool(notes), file=sys.stderr)
    print(f"written: {path}")


@_command(
    "open the notebooks in JupyterLab",
    usage="forecasting lab [-h] [OPTION OF JUPYTERLAB ...]",
    epilog="Options of JupyterLab are passed on, such as --no-browser or --port=8890.",
    allow_abbrev=False,
)
def _lab(options) -> None:
    from forecasting.explorer import local_page

    local_page.notebooks(options.others)


def _give(
    options, blocks: Iterable, columns=(), rows: Callable = tuple, content: Callable | None = None
) -> None:
    """Print an answer as tables, as JSON or as CSV; only what is asked for is computed.

    Parameters
    ----------
    options : namespace
    blocks : iterable of Block
        The tables.
    columns : type or sequence of str
        The kind of its rows, as :func:`forecasting.answer.rows.cells` takes it.
    rows : callable
        Gives the rows.
    content : callable, optional
        Gives what JSON holds; the rows, if there is none.
    """
    import csv

    from forecasting.answer.rows import cells, objects
    from forecasting.tell import terminal

    if options.format == "table":
        terminal.show(blocks, _width())
    elif options.format == "json":
        print(json.dumps(content() if content else objects(rows()), indent=2, allow_nan=False))
    else:
        writer = csv.writer(sys.stdout, lineterminator="\n")
        for row in cells(columns, rows()):
            writer.writerow([_cell(value) if isinstance(value, str) else value for value in row])


def _cell(text: str) -> str:
    """Keep a spreadsheet from taking text for a formula, and text on its line."""
    from forecasting.errors import escape

    return f"'{escape(text)}" if text.startswith(("=", "+", "-", "@", "\t", "\r")) else escape(text)


def _width() -> int:
    return shutil.get_terminal_size().columns if sys.stdout.isatty() else PIPED_WIDTH


def _warn(warnings: Iterable) -> None:
    from forecasting.answer.check import together

    for warning in together(warnings):
        print(f"warning: {warning}", file=sys.stderr)


def _case(options):
    """Load the case that the options name, and apply their changes."""
    from forecasting.file.overlay import apply

    case = forecasting.load(options.case)
    for path in options.overlay:
        case = apply(case, path)
    if settings := getattr(options, "settings", ()):
        case = forecasting.override(case, _once(settings, "--set"), by="--set")
    return replace(case, lexicon=options.lexicon)


def _network(options):
    """Make the network of a case as the options have it, and fit what it lacks."""
    case = _case(options)
    _fit_missing(case, options.as_of, options.by)
    return forecasting.Network(case, options.as_of, options.by)


def _fit_missing(case, as_of=None, by=None) -> None:
    """Fit what a case needs and nobody has fitted yet, and say so."""
    from forecasting.file import fits

    wanted = fits.wanted(case, as_of)
    if missing := [name for name, pair in wanted.items() if fits.find(*pair) is None]:
        from forecasting.file.values import parse_day

        if by is not None:
            case = replace(case, resolve_by=parse_day(by.isoformat()))
        fits.refuse_windows(case, as_of)
        print(
            f"fitting {counted(len(missing), 'base rate')} first (once; some seconds each)",
            file=sys.stderr,
        )
        forecasting.fit_case(case, as_of, events=missing)


def _once(pairs: list[tuple[str, str]], option: str) -> dict[str, str]:
    result: dict[str, str] = {}
    for name, value in pairs:
        if result.setdefault(name, value) != value:
            raise InputError(
                Problem("is set to two things", option, None, name, f"{result[name]} and {value}")
            )
    return result


if __name__ == "__main__":
    entry()
