"""A command's options as they are written go in; what argparse reads them with comes out."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path

from forecasting.file.shipped import case_named

INPUT_WRONG = 1  # exit status

FORMATS = ("table", "json", "csv")

# Draws of an audit beyond which its memory runs out before its standard errors matter.
MOST_DRAWS = 10_000_000


def day(text: str):
    """Read a day, such as 2021-09-15; of a month its last."""
    from forecasting.file.values import parse_day

    try:
        return parse_day(text).last
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not a date such as 2021-09-15") from None


def up_to(most: int) -> Callable[[str], int]:
    """Make a reader of a whole number from 1 to `most`."""

    def count(text: str) -> int:
        if not text.isdecimal() or not 0 < int(text) <= most:
            raise argparse.ArgumentTypeError(
                f"{text!r} is not a whole number from 1 to {most:,} (written without commas)"
            )
        return int(text)

    return count


def seed(text: str) -> int:
    """Read the seed of a random generator."""
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number, 0 or more")
    return int(text)


def days(text: str) -> tuple:
    """Read two days, such as ``2017..2023``; of a month or year its last day."""
    first, dots, last = text.partition("..")
    if not dots:
        raise argparse.ArgumentTypeError(f"{text!r} is not of the form FROM..TO")
    return day(first), day(last)


def pair(text: str) -> tuple[str, str]:
    """Read ``NAME=VALUE``."""
    name, equals, value = text.partition("=")
    if not equals or not name.strip() or not value.strip():
        raise argparse.ArgumentTypeError(f"{text!r} is not of the form NAME=VALUE")
    return name.strip(), value.strip()


# Each command: its function, its options, and what else argparse is to know of it.
COMMANDS: list[tuple[Callable, tuple, dict]] = []

# What is read for each word that stands for a value; text for any other.
READS = {
    "D": day,
    "FROM..TO": days,
    "E=yes": pair,
    "PATH=VALUE": pair,
    "NAME=VALUE": pair,
    "FOLDER": Path,
    **dict.fromkeys(("CASE", "FIRST", "SECOND"), case_named),
}


def command(help: str, *options: tuple, **more) -> Callable:
    """Make a function of the options given a command, whose name is that of the function."""

    def declare(function: Callable) -> Callable:
        COMMANDS.append((function, options, {"help": help, **more}))
        return function

    return declare


def option(usage: str, help: str, **more) -> tuple[list[str], dict]:
    """Declare an argument by how it is written; ``...`` says that it may be given again.

    Examples
    --------
    >>> option("MODEL", "network in BIF")
    (['model'], {'metavar': 'MODEL', 'help': 'network in BIF'})
    >>> option("--overlay FILE ...", "apply it")
    (['--overlay'], {'metavar': 'FILE', 'action': 'append', 'default': [], 'help': 'apply it'})
    >>> option("--pairs", "two at a time")
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


def whose_words(help: str) -> tuple[list[str], dict]:
    """Declare the option for the scale of words."""
    return option("--lexicon", help, choices=("icd-203", "phia"), default="icd-203")


def these_events(help: str) -> tuple[list[str], dict]:
    """Declare the option for events, which may be given again."""
    return option("--event E ...", help, dest="events", default=None)


CASE = option("CASE", "case file, or the name of a case that is here or comes with the package")
AS_OF = option("--as-of D", "day of the forecast, such as 2021-09-15")
BY = option("--by D", "day the forecast is for")
SET = option(
    "--set PATH=VALUE ...",
    "change a judgement, such as events.rain.base_rate=30%%",
    dest="settings",
)
OVERLAY = option("--overlay FILE ...", "apply an analyst's overlay")
LEXICON = whose_words(
    "whose words to use for probabilities: US ICD 203 (default) or the UK yardstick"
)
FORMAT = option("--format", "what to print", choices=FORMATS, default="table")
ONLY = these_events("this event only (default: outcomes)")

# What every command takes that reads a forecast, and every one that puts some side by side.
FORECAST = (CASE, AS_OF, BY, SET, OVERLAY, LEXICON, FORMAT)
SIDE_BY_SIDE = (ONLY, whose_words("whose words to use"), FORMAT)
