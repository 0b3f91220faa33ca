"""Words typed on a terminal go in; a table, JSON or CSV comes out, and an exit status.

Exit status: 0 good, 1 the input is wrong (one message on standard error) or an audit does not
agree, 2 wrong usage.
"""

from __future__ import annotations

import argparse
import codecs
import gc
import io
import os
import sys
from collections.abc import Sequence

from forecasting.commands import asking, keeping, making, teaching  # noqa: F401  (they declare commands)
from forecasting.commands.words import COMMANDS, INPUT_WRONG
from forecasting.errors import InputError
from forecasting.extras import missing

INTERRUPTED = 130

# What a terminal that lacks our own marks shows for them; a double quote would end a cell of CSV.
PLAIN = dict(zip("–−“”×÷", "--''x/", strict=True))


def entry() -> None:
    """Run as the command ``forecasting``."""
    for name, mode in {"stdin": "r", "stdout": "w", "stderr": "w"}.items():
        if getattr(sys, name) is None:  # closed from the start, as by a job scheduler
            nowhere = os.open(os.devnull, os.O_RDWR)
            setattr(sys, name, os.fdopen(nowhere, mode, encoding="utf-8"))
    # By PYTHONUNBUFFERED, half a write would be lost unsaid.
    if isinstance(getattr(sys.stdout, "buffer", None), io.RawIOBase):
        form, buffer = sys.stdout.encoding, io.BufferedWriter(sys.stdout.detach())
        sys.stdout = io.TextIOWrapper(buffer, form, line_buffering=True)
    # To search for cycles, time and again and once more at the end, takes a tenth of a forecast.
    gc.set_threshold(100_000)
    status = main(sys.argv[1:])
    gc.freeze()
    sys.exit(status)


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
    parser = _parser(arguments)
    options, others = parser.parse_known_args(arguments)
    if options.command is making._lab:
        options.others = others
    elif others := _taken(options, others):
        parser.error(f"unrecognized arguments: {' '.join(others)}")
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            codecs.register_error("plain", _plain)
            stream.reconfigure(errors="plain")
    try:
        status = options.command(options)
        sys.stdout.flush()
        return status or 0
    except InputError as error:
        print(error, file=sys.stderr)
        return INPUT_WRONG
    except ModuleNotFoundError as error:
        if (told := missing(error.name)) is None:
            raise
        print(told, file=sys.stderr)
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


def _plain(error: UnicodeEncodeError) -> tuple[str, int]:
    """Show ? for a letter that a terminal lacks, and a plain mark for a mark of ours."""
    return "".join(PLAIN.get(c, "?") for c in error.object[error.start : error.end]), error.end


def _taken(options: argparse.Namespace, others: Sequence[str]) -> Sequence[str]:
    """Take words that stand behind options, where argparse no longer looks for them; give the rest.

    It takes the second word of ``ledger show --ledger F QUESTION`` for left out.
    """
    (declared,) = (held for command, held, _ in COMMANDS if command is options.command)
    for (name, *_), about in declared:
        left_out = about.get("nargs") == "?" and getattr(options, name) is None
        if left_out and others and (others[0][:1] != "-" or others[0][1:2].isdecimal()):
            setattr(options, name, others[0])
            others = others[1:]
    return others


def _drop_output() -> None:
    """Let what is still to be written to standard output go nowhere, also at exit."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.close(nowhere)


def _parser(arguments: Sequence[str]) -> argparse.ArgumentParser:
    """Make a parser that knows all commands, and the options of those that are named."""
    parser = argparse.ArgumentParser(
        prog="forecasting",
        description="Forecast scenarios from a case file: priors, links and evidence.",
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for command, options, more in COMMANDS:
        name = command.__name__.removeprefix("_")
        one = commands.add_parser(name, **more)
        for names, about in options if name in arguments else ():
            one.add_argument(*names, **about)
        one.set_defaults(command=command, usage=one.error)
    return parser


if __name__ == "__main__":
    entry()
