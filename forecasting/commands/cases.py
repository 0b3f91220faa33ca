"""What is typed of a case goes in; the case as changed and fitted, or its network, comes out."""

from __future__ import annotations

import sys
from dataclasses import replace
from functools import reduce

import forecasting
from forecasting.errors import InputError, Problem
from forecasting.lexicon import counted


def case_of(options):
    """Load the case that the options name, and apply their changes."""
    case = forecasting.load(options.case)
    if options.overlay:
        from forecasting.file.overlay import apply

        case = reduce(apply, options.overlay, case)
    if settings := getattr(options, "settings", ()):
        case = forecasting.override(case, once(settings, "--set"), by="--set")
    return replace(case, lexicon=options.lexicon) if "lexicon" in options else case


def network_of(options):
    """Make the network of a case as the options have it, and fit what it lacks."""
    case = case_of(options)
    fit_missing(case, options.as_of, options.by)
    return forecasting.Network(case, options.as_of, options.by)


def fit_missing(case, as_of=None, by=None) -> None:
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


def once(pairs: list[tuple[str, str]], option: str) -> dict[str, str]:
    """Put pairs of one option into a mapping; refuse two values for one name."""
    result: dict[str, str] = {}
    for name, value in pairs:
        if result.setdefault(name, value) != value:
            raise InputError(
                Problem("is set to two things", option, None, name, f"{result[name]} and {value}")
            )
    return result
