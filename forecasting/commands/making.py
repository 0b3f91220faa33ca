"""A case goes in; what is made of it comes out: fits, audits, reports, pages, new cases."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from datetime import date
from pathlib import Path

import forecasting
from forecasting.commands.cases import fit_missing, network_of
from forecasting.commands.printing import give, width
from forecasting.commands.words import (
    AS_OF,
    BY,
    CASE,
    FORMATS,
    INPUT_WRONG,
    MOST_DRAWS,
    OVERLAY,
    SET,
    command,
    option,
    seed,
    up_to,
)
from forecasting.errors import InputError, Problem
from forecasting.file.shipped import PACKAGE, copy_to
from forecasting.lexicon import counted


@command(
    "fit the base rates that models estimate from data",
    CASE,
    option("--as-of D", "fit what was known on that day, such as 2021-09-03"),
    option("--force", "keep fits that did not converge, and mark their use"),
    option("--again", "fit anew, whatever is kept"),
    option("--into FOLDER", "keep the summaries in FOLDER"),
)
def _fit(options) -> None:
    from forecasting.tell import tables, terminal

    how = {"force": options.force, "again": options.again, "into": options.into}
    if fitted := forecasting.fit_case(forecasting.load(options.case), options.as_of, **how):
        terminal.show(tables.fitted(fitted), width())
    else:
        print("no base rate of this case is estimated by a model")


@command(
    "compare the exact forecast of a case with PyMC sampling its whole network",
    CASE,
    AS_OF,
    BY,
    option("--draws N", "draws to make (default 400000)", type=up_to(MOST_DRAWS)),
    option("--seed N", "seed of the draws", type=seed),
    option("--format", "what to print", choices=FORMATS[:2], default="table"),
    option("--keep", "keep the result in the folder audits beside the case, where reports find it"),
)
def _audit(options) -> int:
    from forecasting.fit.progress import progress
    from forecasting.tell import tables

    if options.keep and Path(options.case).is_relative_to(PACKAGE):
        options.usage("keep that of a case of your own: forecasting start FOLDER copies this one")
    case, audit = forecasting.load(options.case), forecasting.audit
    fit_missing(case, options.as_of, options.by)
    with progress("PyMC samples the network") as report:
        result = audit.audit(
            case,
            as_of=options.as_of,
            by=options.by,
            draws=options.draws or audit.DRAWS,
            seed=audit.SEED if options.seed is None else options.seed,
            progress=report,
        )
    give(options, tables.audit(result), content=result.as_json)
    if options.keep:
        print(f"kept: {audit.keep(result, date.today())}", file=sys.stderr)
    return 0 if result.agrees else 1


@command(
    "write the report of a case: HTML, PDF, slides, Markdown or a notebook",
    option("CASE", "case file", nargs="?"),
    option(
        "-o --output FILE",
        "FILE.html, .pdf, .slides.html, .md, .ipynb; first page: .txt, .json; --all: a folder",
        type=Path,
    ),
    OVERLAY,
    AS_OF,
    BY,
    option("--audience WHO", "analyst (default), reader or class", default="analyst"),
    option("--outcome E ...", "speak of event E in the answer"),
    option("--today D", "the day of reading, to warn of an old forecast"),
    option("--notebook FILE", "a notebook of your own for the report", type=Path),
    option("-p --parameter NAME=VALUE ...", "set a parameter of that notebook"),
    option("--unfold", "print also what the page keeps closed, such as the annex; for a PDF"),
    option("--check FILE.html", "build that report again; say what differs", type=Path),
    option("--all", "report on every case in priors/, with an index"),
    option("--ledger F", "how the forecasts of a ledger came out, in place of a case"),
)
def _report(options) -> int | None:
    from forecasting.report import publish

    if options.ledger:
        return _track_record(options)
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
        fit_missing(request.read().case, options.as_of, options.by)
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


def _track_record(options) -> None:
    from forecasting.ledger.ledger import Ledger
    from forecasting.report import publish, track_record

    if options.case or options.check or options.all:
        options.usage("--ledger takes no case, no --check and no --all")
    output = options.output or Path("track-record.html")
    if (ending := publish.ending_of(output)) not in (".html", ".pdf", ".md"):
        options.usage(f"a track record is written as .html, .pdf or .md, and not as {ending}")
    day = options.as_of or date.today()
    made = track_record.notebook(Ledger(options.ledger), day)
    publish.write(made, output, unfold=options.unfold)
    print(f"written: {output}")


def _plain_value(text: str) -> object:
    """Read a number, a list or the like as Python writes it; anything else is text."""
    import ast

    try:
        return ast.literal_eval(text)
    except (ValueError, SyntaxError):
        return text


@command(
    "start a case of your own: the first question here, the rest on a page",
    option("NAME", "name of the case, such as bridge-2026"),
    option("--terminal", "ask everything here, one question after the other"),
    option("--template", "write a commented file to fill in, without asking"),
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


@command(
    "open a case on a page of this machine, to make it and to change it",
    option("CASE", "case file, or the name of a case; begun where there is none", type=str),
    option("--no-browser", "only say the address"),
    option("--port N", "where to listen (default: any that is free)", type=up_to(65_535)),
)
def _desk(options) -> int:
    from forecasting.explorer import local_page
    from forecasting.explorer.desk import desk

    opened = desk(options.case)  # what is no name is refused here, as what is no case
    path = opened.path
    if opened.case is not None:
        fit_missing(opened.case)
    return local_page.serve(path, browser=not options.no_browser, port=options.port or 0)


@command(
    "make a case of what another program wrote: a network, an ACH matrix, questions, claims",
    option(
        "FILE",
        "network in BIF or XDSL, ACH matrix or Fatebook in CSV, questions in JSON",
        type=Path,
    ),
    option("-o --output FILE.yaml", "what to write (default: FILE.yaml beside it)", type=Path),
    option("--into CASE", "write the claims of FILE.json into CASE, as drafts", type=Path),
)
def _import(options) -> None:
    from forecasting.exchange import claims, formats
    from forecasting.file import case, document

    source = options.file
    if options.into:
        path = options.into
        text, notes = claims.with_drafts(document.read_text(path), source, str(path))
        read = str(path)
    else:
        path = options.output or source.with_suffix(".yaml")
        _refuse_over(path, "FILE.yaml")
        if claims.is_claims(source):
            hint = f"forecasting import {source} --into CASE"
            raise InputError(Problem("claims go into a case", str(source), hint=hint))
        text, notes = formats.case_text(source, path.stem)
        read = str(source)
    try:
        case.read(text, read)
    except InputError as error:  # its lines are those of a text that nobody has
        raise InputError(replace(problem, line=None) for problem in error.problems) from None
    case.write_text(path, text)
    _say(notes, path)


@command(
    "write a case as a network for other programs: XDSL for GeNIe, or BIF",
    CASE,
    option("-o --output FILE", "FILE.xdsl or FILE.bif", type=Path),
    AS_OF,
    BY,
    SET,
    OVERLAY,
)
def _export(options) -> None:
    from forecasting.exchange import formats

    if options.output is None:
        options.usage("say what to write: -o FILE.xdsl or FILE.bif")
    _refuse_over(options.output, "FILE.xdsl")
    _say(formats.write(network_of(options), options.output), options.output)


def _refuse_over(path: Path, named: str) -> None:
    if path.exists():
        hint = f"choose another name: -o {named}"
        raise InputError(Problem("is there already; nothing was changed", str(path), hint=hint))


def _say(notes, path: Path) -> None:
    print(*notes, sep="\n", end="\n" * bool(notes), file=sys.stderr)
    print(f"written: {path}")


@command(
    "open the notebooks in JupyterLab",
    usage="forecasting lab [-h] [OPTION OF JUPYTERLAB ...]",
    epilog="Options of JupyterLab are passed on, such as --no-browser or --port=8890.",
    allow_abbrev=False,
)
def _lab(options) -> None:
    from forecasting.explorer import local_page

    local_page.notebooks(options.others, input if sys.stdin.isatty() else None)


@command(
    "serve assistants over stdio: check, run, explain, tip, watch, propose; nothing is written",
    option("FOLDER", "the only folder whose cases it reads (default: this one)", nargs="?"),
)
def _mcp(options) -> None:
    from forecasting.commands import assistant

    assistant.serve(options.folder)


@command(
    "print the JSON Schema of what commands give as JSON, or of a case file",
    option("--case", "of a case file, not of the answers"),
    option("-o --output FILE", "write it to FILE", type=Path),
)
def _schema(options) -> None:
    from forecasting.commands import schema
    from forecasting.file import case

    made = case.schema() if options.case else schema.schema()
    text = json.dumps(made, indent=1, ensure_ascii=False) + "\n"
    if options.output is None:
        return print(text, end="")
    case.write_text(options.output, text)
    return print(f"written: {options.output}")


@command(
    "copy the cases, notebooks, pages for teachers, guide and schemas into a folder",
    option("FOLDER", "folder to copy to, such as forecasts; made if it is not there"),
)
def _start(options) -> None:
    written = copy_to(options.folder)
    print(f"written: {counted(len(written), 'file')} in {options.folder}")
    there = "" if options.folder == Path() else f"cd {options.folder}; "
    print(f"next: {there}forecasting run priors/first_case.yaml; forecasting lab")
