"""Words typed on a terminal go in; a table, JSON or CSV comes out, and an exit status.

Exit status: 0 good, 1 the input is wrong (one message on standard error) or an audit does not
agree, 2 wrong usage.
"""

from __future__ import annotations

import argparse
import io
import os
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from forecasting.errors import InputError, Problem
from forecasting.lexicon import counted

INPUT_WRONG, INTERRUPTED = 1, 130

# Width of a table that does not go to a terminal: wide enough for the longest word and label.
PIPED_WIDTH = 130

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
        return status
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

    check = commands.add_parser("check", help="find errors and likely mistakes in case files")
    check.add_argument("cases", nargs="+", metavar="CASE", help="case file")
    check.set_defaults(command=_check)

    run = commands.add_parser("run", help="print the forecast of a case")
    _add_case(run)
    run.add_argument(
        "--given",
        action="append",
        default=[],
        type=_pair,
        metavar="E=yes",
        help="suppose we learned that event E is so, or not (E=no)",
    )
    run.add_argument(
        "--do",
        action="append",
        default=[],
        type=_pair,
        metavar="E=yes",
        help="suppose event E were made so, or not (E=no)",
    )
    run.set_defaults(command=_run)

    explain = commands.add_parser(
        "explain", help="say how each outcome got from its prior to its posterior"
    )
    _add_case(explain)
    _add_events(explain, "an outcome to explain in full (again for more)")
    explain.set_defaults(command=_explain)

    tip = commands.add_parser("tip", help="find what would bring an outcome to another word")
    _add_case(tip)
    tip.add_argument(
        "--event", required=True, metavar="E", help="the outcome, by its name in the case file"
    )
    tip.add_argument(
        "--to",
        action="append",
        metavar="P",
        help="a probability such as 80%%, or up or down: the next likelihood word (default both)",
    )
    tip.set_defaults(command=_tip)

    watch = commands.add_parser("watch", help="rank what to look out for")
    _add_case(watch)
    _add_events(watch, "an outcome it should tell of (again for more; default all)")
    watch.add_argument("--pairs", action="store_true", help="two indicators at a time")
    watch.set_defaults(command=_watch)

    replay = commands.add_parser("replay", help="print the forecast on each day of new reports")
    replay.add_argument("case", metavar="CASE", help="case file")
    replay.add_argument(
        "--since", type=_day, metavar="D", help="first day (default: a month before the forecast)"
    )
    replay.add_argument(
        "--until", type=_day, metavar="D", help="last day (default: the day of the forecast)"
    )
    replay.add_argument(
        "--overlay", action="append", default=[], metavar="FILE", help="apply an analyst's overlay"
    )
    replay.set_defaults(command=_replay)

    compare = commands.add_parser(
        "compare", help="put analysts side by side: who differs on what, and what that makes"
    )
    compare.add_argument("case", metavar="CASE", help="case file")
    compare.add_argument("overlays", nargs="+", metavar="OVERLAY", help="an analyst's overlay")
    compare.set_defaults(command=_compare)
    for command in (replay, compare):
        command.add_argument(
            "--event", action="append", metavar="E", help="this event only (default: outcomes)"
        )
        command.add_argument(
            "--lexicon", choices=("icd-203", "phia"), default="icd-203", help="whose words to use"
        )
        command.add_argument(
            "--format", choices=("table", "json", "csv"), default="table", help="what to print"
        )

    diff = commands.add_parser(
        "diff", help="say what two cases, overlays or reports differ on, and what that makes"
    )
    for end in ("first", "second"):
        diff.add_argument(end, metavar=end.upper(), help="case, overlay or HTML report")
    diff.add_argument("--case", metavar="CASE", help="the case that overlays belong to")
    diff.add_argument(
        "--event", action="append", metavar="E", help="this event only (default: outcomes)"
    )
    diff.add_argument(
        "--format", choices=("table", "json", "csv"), default="table", help="what to print"
    )
    diff.set_defaults(command=_diff)

    fit = commands.add_parser("fit", help="fit the base rates that models estimate from data")
    fit.add_argument("case", metavar="CASE", help="case file")
    fit.add_argument(
        "--as-of", type=_day, metavar="D", help="fit what was known on that day, such as 2021-09-03"
    )
    fit.add_argument(
        "--force",
        action="store_true",
        help="keep fits that did not converge, and mark their use",
    )
    fit.add_argument("--again", action="store_true", help="fit anew, whatever is kept")
    fit.add_argument("--into", type=Path, metavar="FOLDER", help="keep the summaries in FOLDER")
    fit.set_defaults(command=_fit)

    audit = commands.add_parser(
        "audit", help="compare the exact forecast of a case with PyMC sampling its whole network"
    )
    audit.add_argument("case", metavar="CASE", help="case file")
    audit.add_argument(
        "--as-of", type=_day, metavar="D", help="day of the forecast, such as 2021-09-15"
    )
    audit.add_argument("--by", type=_day, metavar="D", help="day the forecast is for")
    audit.add_argument("--draws", type=_count, metavar="N", help="draws to make (default 400000)")
    audit.add_argument("--seed", type=_seed, metavar="N", help="seed of the draws")
    audit.add_argument("--format", choices=("table", "json"), default="table", help="what to print")
    audit.set_defaults(command=_audit)

    audit.add_argument(
        "--keep",
        action="store_true",
        help="keep the result in the folder audits beside the case, where reports find it",
    )

    _add_report(commands)

    new = commands.add_parser("new", help="start a case of your own, by questions and answers")
    new.add_argument("name", metavar="NAME", help="name of the case, such as bridge-2026")
    new.add_argument(
        "--template", action="store_true", help="write a commented file to fill in, without asking"
    )
    new.set_defaults(command=_new)

    lab = commands.add_parser(
        "lab",
        help="open the notebooks in JupyterLab",
        usage="forecasting lab [-h] [OPTION OF JUPYTERLAB ...]",
        epilog="Options of JupyterLab are passed on, such as --no-browser or --port=8890.",
        allow_abbrev=False,
    )
    lab.set_defaults(command=_lab)
    return parser


def _add_report(commands) -> None:
    report = commands.add_parser(
        "report", help="write the report of a case: HTML, PDF, slides, Markdown or a notebook"
    )
    report.add_argument("case", nargs="?", metavar="CASE", help="case file")
    report.add_argument(
        "-o",
        "--output",
        type=Path,
        metavar="FILE",
        help="what to write: FILE.html, .pdf, .slides.html, .md or .ipynb; with --all, a folder",
    )
    report.add_argument(
        "--overlay", action="append", default=[], type=Path, metavar="FILE",
        help="apply an analyst's overlay",
    )  # fmt: skip
    report.add_argument(
        "--as-of", type=_day, metavar="D", help="day of the forecast, such as 2021-09-15"
    )
    report.add_argument("--by", type=_day, metavar="D", help="day the forecast is for")
    report.add_argument(
        "--audience", metavar="WHO", default="analyst", help="analyst (default), reader or class"
    )
    report.add_argument(
        "--outcome", action="append", default=[], metavar="E", help="speak of event E in the answer"
    )
    report.add_argument(
        "--today", type=_day, metavar="D", help="the day of reading, to warn of an old forecast"
    )
    report.add_argument(
        "--notebook", type=Path, metavar="FILE", help="a notebook of your own for the report"
    )
    report.add_argument(
        "-p",
        "--parameter",
        action="append",
        default=[],
        type=_pair,
        metavar="NAME=VALUE",
        help="set a parameter of that notebook",
    )
    report.add_argument(
        "--check", type=Path, metavar="FILE.html", help="build that report again; say what differs"
    )
    report.add_argument(
        "--all", action="store_true", help="report on every case in priors/, with an index"
    )
    report.set_defaults(command=_report, usage=report.error)


def _add_case(command: argparse.ArgumentParser) -> None:
    """Add what every command takes that reads a forecast: the case, its changes, the format."""
    command.add_argument("case", metavar="CASE", help="case file")
    command.add_argument(
        "--as-of", type=_day, metavar="D", help="day of the forecast, such as 2021-09-15"
    )
    command.add_argument("--by", type=_day, metavar="D", help="day the forecast is for")
    command.add_argument(
        "--set",
        action="append",
        default=[],
        type=_pair,
        metavar="PATH=VALUE",
        dest="settings",
        help="change a judgement, such as events.rain.base_rate=30%%",
    )
    command.add_argument(
        "--overlay", action="append", default=[], metavar="FILE", help="apply an analyst's overlay"
    )
    command.add_argument(
        "--lexicon",
        choices=("icd-203", "phia"),
        default="icd-203",
        help="whose words to use for probabilities: US ICD 203 (default) or the UK yardstick",
    )
    command.add_argument(
        "--format", choices=("table", "json", "csv"), default="table", help="what to print"
    )


def _add_events(command: argparse.ArgumentParser, meaning: str) -> None:
    command.add_argument("--event", action="append", metavar="E", dest="events", help=meaning)


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


def _check(options) -> int:
    from forecasting.answer.check import check
    from forecasting.file.case import load

    wrong = False
    for path in options.cases:
        try:
            case = load(path)
            _fit_missing(case)
            warnings = check(case)
        except InputError as error:
            wrong = True
            print(error, file=sys.stderr)
            continue
        if not warnings:
            print(f"{path}: good")
        else:
            print(f"{path}: good, with {counted(len(warnings), 'warning')}")
            for warning in warnings:
                print(f"  {warning}")
    return INPUT_WRONG if wrong else 0


def _changed_case(options):
    """Load the case that the options name, apply their changes, and fit what it lacks."""
    from forecasting.file.case import load
    from forecasting.file.overlay import apply, override

    case = load(options.case)
    for path in options.overlay:
        case = apply(case, path)
    if options.settings:
        case = override(case, _once(options.settings, "--set"), by="--set")
    _fit_missing(case, options.as_of, options.by)
    return replace(case, lexicon=options.lexicon)


def _network(options):
    from forecasting.engine.network import Network

    return Network(_changed_case(options), options.as_of, options.by)


def _explain(options) -> int:
    from forecasting.answer.check import uncounted
    from forecasting.answer.explain import WeightRow, prior_or_evidence, weight_of_evidence
    from forecasting.answer.rows import cells, objects
    from forecasting.tell import briefing, terminal

    network = _network(options)
    events = options.events and list(network.setting(dict.fromkeys(options.events, "yes"), "event"))
    if options.format == "csv":
        _write_csv(cells(WeightRow, weight_of_evidence(network, events)))
    elif options.format == "json":
        from forecasting.answer.sensitivity import tornado
        from forecasting.answer.watch import learnable

        told = {
            "weights": weight_of_evidence(network, events),
            "leanings": prior_or_evidence(network, events),
        }
        if events:
            told["tornado"] = [row for event in events for row in tornado(network, event)]
            told["findings"] = learnable(network, events)
        _print_json({name: objects(rows) for name, rows in told.items()})
    elif events is None:
        terminal.print_briefing(briefing.overview(network), _width())
        _warn(uncounted(network))
    else:
        for event in events:
            told = briefing.explanation(network, event)
            terminal.print_briefing(told, _width())
        _warn(uncounted(network))
    return 0


def _tip(options) -> int:
    from forecasting.answer.sensitivity import TippingRow, next_words, tipping
    from forecasting.tell import briefing, terminal

    network = _network(options)
    (event,) = network.setting({options.event: "yes"}, "--event")
    targets = options.to or next_words(network.posterior()[event], network.case.lexicon)
    if options.format == "table":
        told = briefing.tips(network, event, targets)
        terminal.print_briefing(told, _width())
    else:
        rows = tipping(network, event, *targets)
        _print_rows(TippingRow, rows, options.format)
    return 0


def _watch(options) -> int:
    from forecasting.answer.watch import FindingRow, indicators, pairs
    from forecasting.tell import briefing, terminal

    network = _network(options)
    if options.format == "table":
        parts = briefing.watchlist(network, options.events, both=options.pairs)
        terminal.print_briefing(parts, _width())
    else:
        rank = pairs if options.pairs else indicators
        _print_rows(FindingRow, rank(network, options.events), options.format)
    return 0


def _print_rows(record: type, rows, form: str) -> None:
    """Print records as JSON, a list of objects, or as CSV."""
    from forecasting.answer.rows import cells, objects

    if form == "json":
        _print_json(objects(rows))
    else:
        _write_csv(cells(record, rows))


def _run(options) -> int:
    from forecasting.answer.check import check, uncounted
    from forecasting.answer.forecast import run
    from forecasting.tell import terminal

    case = _changed_case(options)
    forecast = run(
        case,
        as_of=options.as_of,
        by=options.by,
        given=_once(options.given, "--given"),
        do=_once(options.do, "--do"),
    )
    if options.format == "json":
        _print_json(forecast.as_json())
        return 0
    if options.format == "csv":
        _write_csv(terminal.forecast_cells(forecast))
        return 0
    changes = [f"overlay {path}" for path in options.overlay]
    changes += [f"set {path} = {value}" for path, value in options.settings]
    terminal.print_forecast(forecast, _width(), changes=changes)
    try:
        warnings = check(case, forecast.network)
    except InputError:  # evidence that is impossible, and was cut away by what is made so
        warnings = uncounted(forecast.network)
    _warn(warnings)
    return 0


def _warn(warnings) -> None:
    for warning in warnings:
        print(f"warning: {warning}", file=sys.stderr)


def _replay(options) -> int:
    from forecasting.answer import replay
    from forecasting.file.case import load
    from forecasting.file.overlay import apply
    from forecasting.tell import terminal

    case = load(options.case)
    for path in options.overlay:
        case = apply(case, path)
    case = replace(case, lexicon=options.lexicon)
    for day in replay.days(case, since=options.since, until=options.until):
        _fit_missing(replace(case, horizons=()), day)  # a replay looks only to its own date
    rows = replay.replay(case, since=options.since, until=options.until, events=options.event)
    if options.format == "json":
        _print_json(replay.as_json(case, rows))
    elif options.format == "csv":
        _write_csv(terminal.replay_cells(rows))
    else:
        terminal.print_replay(case, rows, _width())
    return 0


def _compare(options) -> int:
    from forecasting.answer import compare
    from forecasting.file.case import load
    from forecasting.tell import terminal

    case = replace(load(options.case), lexicon=options.lexicon)
    analysts = compare.analysts_of(case, options.overlays)
    for one in (case, *analysts.values()):
        _fit_missing(one)
    comparison = compare.compare(case, analysts, events=options.event)
    if options.format == "json":
        _print_json(comparison.as_json())
    elif options.format == "csv":
        _write_csv(terminal.comparison_cells(comparison))
    else:
        every = options.event is not None
        terminal.print_comparison(comparison, _width(), every=every)
    return 0


def _diff(options) -> int:
    from forecasting.answer.compare import split
    from forecasting.report.versions import version
    from forecasting.tell import terminal

    paths = options.first, options.second
    first, second = (version(path, options.case) for path in paths)
    for one in (first, second):
        _fit_missing(one)
    # Two files of one name, in two folders, are told apart by their whole paths.
    short = [Path(path).name for path in paths]
    names = tuple(short if short[0] != short[1] else paths)
    found = split(first, second, names=names, events=options.event)
    if options.format == "json":
        _print_json(found.as_json())
    elif options.format == "csv":
        _write_csv(terminal.split_cells(found))
    else:
        terminal.print_split(found, _width(), every=options.event is not None)
    return 0


def _print_json(content) -> None:
    import json

    print(json.dumps(content, indent=2, allow_nan=False))


def _write_csv(rows) -> None:
    import csv

    writer = csv.writer(sys.stdout, lineterminator="\n")
    for row in rows:
        writer.writerow([_cell(value) if isinstance(value, str) else value for value in row])


def _width() -> int | None:
    return None if sys.stdout.isatty() else PIPED_WIDTH


def _fit_missing(case, as_of=None, by=None) -> None:
    """Fit what a case needs and nobody has fitted yet, and say so."""
    from forecasting.file import fits

    wanted = fits.wanted(case, as_of)
    if missing := [name for name, pair in wanted.items() if fits.find(*pair) is None]:
        from forecasting.file.values import parse_day
        from forecasting.fit.base_rates import fit_case

        if by is not None:
            case = replace(case, resolve_by=parse_day(by.isoformat()))
        fits.refuse_windows(case, as_of)
        print(
            f"fitting {counted(len(missing), 'base rate')} first (once; some seconds each)",
            file=sys.stderr,
        )
        fit_case(case, as_of, events=missing)


def _fit(options) -> int:
    from forecasting.file.case import load
    from forecasting.fit.base_rates import fit_case
    from forecasting.tell import terminal

    case = load(options.case)
    fitted = fit_case(
        case, options.as_of, force=options.force, again=options.again, into=options.into
    )
    if not fitted:
        print("no base rate of this case is estimated by a model")
        return 0
    terminal.print_fits(fitted, _width())
    return 0


def _once(pairs: list[tuple[str, str]], option: str) -> dict[str, str]:
    result: dict[str, str] = {}
    for name, value in pairs:
        if result.setdefault(name, value) != value:
            raise InputError(
                Problem("is set to two things", option, None, name, f"{result[name]} and {value}")
            )
    return result


def _cell(text: str) -> str:
    """Keep a spreadsheet from taking text for a formula, and text on its line."""
    from forecasting.errors import escape

    return f"'{escape(text)}" if text.startswith(("=", "+", "-", "@", "\t", "\r")) else escape(text)


def _audit(options) -> int:
    from forecasting.file.case import load
    from forecasting.fit.audit import DRAWS, SEED, audit
    from forecasting.fit.progress import progress
    from forecasting.tell import terminal

    case = load(options.case)
    _fit_missing(case, options.as_of, options.by)
    with progress("PyMC samples the network") as report:
        result = audit(
            case,
            as_of=options.as_of,
            by=options.by,
            draws=options.draws or DRAWS,
            seed=SEED if options.seed is None else options.seed,
            progress=report,
        )
    if options.format == "json":
        _print_json(result.as_json())
    else:
        terminal.print_audit(result, _width())
    if options.keep:
        from datetime import date

        from forecasting.fit.audit import keep

        print(f"kept: {keep(result, date.today())}", file=sys.stderr)
    return 0 if result.agrees else 1


def _report(options) -> int:
    from forecasting.report import publish

    if options.all:
        if options.case or options.check:
            options.usage("--all takes no case and no --check")
        into = options.output or Path("reports")
        pages = publish.build_all(Path("priors"), into, lambda path: _say(f"building {path}"))
        print(f"written: {counted(len(pages) - 1, 'report')}, and {pages[-1]}")
        return 0
    if options.case is None and options.check is None:
        options.usage("a case is needed, or --all, or --check")
    request = None
    if options.case is not None:
        request = publish.Request(
            Path(options.case),
            tuple(options.overlay),
            options.as_of and options.as_of.isoformat(),
            options.by and options.by.isoformat(),
            options.today and options.today.isoformat(),
            options.audience,
            tuple(options.outcome),
            options.notebook,
            {name: _plain_value(text) for name, text in options.parameter},
        )
        _fit_missing(request.read().case, options.as_of, options.by)
    if options.check is not None:
        differences = publish.check(options.check, request)
        print(f"{options.check}: {'the same, byte for byte' if not differences else 'differs'}")
        for line in differences:
            print(f"  {line}")
        return INPUT_WRONG if differences else 0
    if options.output is None:
        options.usage("say what to write: -o FILE.html, .pdf, .slides.html, .md or .ipynb")
    publish.ending_of(options.output)
    if publish.ending_of(options.output) == ".pdf":
        publish.find_browser()  # before anything takes time
    publish.write(publish.build(request), options.output)
    print(f"written: {options.output}")
    return 0


def _say(text: str) -> None:
    print(text, file=sys.stderr)


def _plain_value(text: str) -> object:
    """Read a number, a list or the like as Python writes it; anything else is text."""
    import ast

    try:
        return ast.literal_eval(text)
    except (ValueError, SyntaxError):
        return text


def _new(options) -> int:
    from forecasting.answer import interview

    folder = Path("priors") if Path("priors").is_dir() else Path()
    path = folder / f"{options.name}.yaml"
    if options.template or not sys.stdin.isatty():
        interview.write_template(path, options.name)
        print(
            f"written: {path}\nfill it in, then: forecasting check {path}; forecasting run {path}"
        )
        return 0
    interview.Interview(input, print).start(path, options.name)
    return 0


def _lab(options) -> int:
    from importlib.util import find_spec

    if find_spec("jupyterlab") is None:
        raise InputError(
            Problem(
                "JupyterLab is not installed for this Python",
                hint=f"{sys.executable} -m pip install jupyterlab",
            )
        )
    # The project's notebooks, those of the folder we are in, or else that folder. Its neighbours,
    # such as priors/, stay in reach: they are what the notebooks read and write.
    beside = Path(__file__).resolve().parents[1]
    homes = [home for home in (beside, Path.cwd()) if (home / "notebooks").is_dir()]
    folder = homes[0] / "notebooks" if homes else Path.cwd()
    root = homes[0] if homes else folder
    places = [f"--ServerApp.root_dir={root}", f"--ServerApp.preferred_dir={folder}"]
    sys.stdout.flush()
    # JupyterLab takes the place of this process, so that a signal to stop reaches it.
    os.execv(sys.executable, [sys.executable, "-m", "jupyterlab", *places, *options.others])


if __name__ == "__main__":
    entry()
