"""A question to cases goes in; its answer is printed: what they say, why, what would change it."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable
from dataclasses import asdict, replace
from functools import partial
from itertools import chain
from pathlib import Path

import forecasting
from forecasting.commands.cases import case_of, fit_missing, network_of, once
from forecasting.commands.printing import give, warn
from forecasting.commands.words import (
    CASE,
    FORECAST,
    FORMAT,
    INPUT_WRONG,
    ONLY,
    OVERLAY,
    SIDE_BY_SIDE,
    command,
    option,
    these_events,
)
from forecasting.errors import InputError, refusal
from forecasting.lexicon import counted


@command(
    "find errors and likely mistakes in case files",
    option("CASE", "case file", nargs="+"),
    option("--format", "what to print", choices=("table", "json"), default="table"),
)
def _check(options) -> int | None:
    from forecasting.answer.check import check, together

    wrong, found = False, []
    for path in options.case:
        try:
            case = forecasting.load(path)
            fit_missing(case)
            warnings = check(case)
        except InputError as error:
            wrong = True
            print(error, file=sys.stderr)
            continue
        found.append(warned(path, warnings))
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


def warned(path: str, warnings: Iterable) -> dict:
    """Give the warnings about a case as ``check`` prints them as JSON."""
    return {"case": path, "warnings": [asdict(warning) for warning in warnings]}


@command(
    "print the forecast of a case",
    *FORECAST,
    option("--given E=yes ...", "suppose we learned that event E is so, or not (E=no)"),
    option("--do E=yes ...", "suppose event E were made so, or not (E=no)"),
)
def _run(options) -> None:
    from forecasting.answer.forecast import EventRow
    from forecasting.tell import tables

    case = case_of(options)
    fit_missing(case, options.as_of, options.by)
    forecast = forecasting.run(
        case,
        as_of=options.as_of,
        by=options.by,
        given=once(options.given, "--given"),
        do=once(options.do, "--do"),
    )
    changes = [f"overlay {path}" for path in options.overlay]
    changes += [f"set {path} = {value}" for path, value in options.settings]
    blocks = tables.forecast(forecast, changes=changes)
    give(options, blocks, EventRow, lambda: forecast.rows, forecast.as_json)
    if options.format == "table":
        from forecasting.answer.check import check, uncounted

        try:
            warnings = check(case, forecast.network)
        except InputError:  # evidence that is impossible, and was cut away by what is made so
            warnings = uncounted(forecast.network)
        # Where something is supposed, it is no news that nothing is known.
        known = not (options.given or options.do)
        warn(one for one in warnings if known or one.place != "evidence")


@command(
    "say how each outcome got from its prior to its posterior",
    *FORECAST,
    these_events("an outcome to explain in full (again for more)"),
    option("--tree FACT ...", "divide 1,000 cases by the outcome and by one or two facts"),
)
def _explain(options) -> None:
    from forecasting.answer.check import uncounted
    from forecasting.tell import briefing

    network, explain = network_of(options), forecasting.explain
    if options.tree:
        return _tree(options, network)
    events = options.events and explain.outcomes_of(network, options.events)
    weights = partial(explain.weight_of_evidence, network, events)
    blocks = (
        briefing.explanations(network, options.events) if events else briefing.overview(network)
    )
    give(options, blocks, explain.WeightRow, weights, partial(explained, network, events))
    if options.format == "table":
        warn(uncounted(network))
    return None


def explained(network, events=None) -> dict:
    """Give what ``explain`` prints as JSON: of chosen events also what they lean on and await."""
    from forecasting.answer.rows import objects

    explain = forecasting.explain
    told = {
        "weights": explain.weight_of_evidence(network, events),
        "leanings": explain.prior_or_evidence(network, events),
    }
    if events:
        bars = (forecasting.sensitivity.tornado(network, event) for event in events)
        told["tornado"] = tuple(chain.from_iterable(bars))
        told["findings"] = forecasting.watch.learnable(network, events)
    return {name: objects(rows) for name, rows in told.items()}


def _tree(options, network) -> None:
    from forecasting.answer import frequencies
    from forecasting.tell import frequencies as told

    record = network.case.evidence.get(options.tree[0])
    outcome, *others = options.events or (record.events[:1] if record else ("",))
    if others:
        options.usage("a tree is of one outcome: give --event once")
    if not outcome:
        options.usage("say of which outcome: --event E")
    found = frequencies.frequencies(network, outcome, options.tree)
    give(options, told.blocks(found), [*found.rows[0]], lambda: found.rows, found.as_json)


@command(
    "find what would bring an outcome to another word",
    *FORECAST,
    option("--event E", "the outcome, by its name in the case file", required=True),
    option(
        "--to P ...",
        "a probability such as 80%%, or up or down: the next likelihood word (default both)",
    ),
)
def _tip(options) -> None:
    from forecasting.tell import briefing

    network, sensitivity = network_of(options), forecasting.sensitivity
    event = forecasting.explain.outcome_of(network, options.event, "--event")
    lexicon = network.case.lexicon
    targets = options.to or sensitivity.next_words(network.posterior()[event], lexicon)
    blocks = briefing.tips(network, event, targets)
    rows = partial(sensitivity.tipping, network, event, *targets)
    give(options, blocks, sensitivity.TippingRow, rows)


@command(
    "rank what to look out for",
    *FORECAST,
    these_events("an outcome it should tell of (again for more; default all)"),
    option("--pairs", "two indicators at a time"),
)
def _watch(options) -> None:
    from forecasting.tell import briefing

    network, watch = network_of(options), forecasting.watch
    blocks = briefing.watchlist(network, options.events, both=options.pairs)
    rows = partial(watch.pairs if options.pairs else watch.indicators, network, options.events)
    give(options, blocks, watch.FindingRow, rows)


@command(
    "print the forecast on each day of new reports",
    CASE,
    option("--since D", "first day (default: a month before the forecast)"),
    option("--until D", "last day (default: the day of the forecast)"),
    OVERLAY,
    *SIDE_BY_SIDE,
)
def _replay(options) -> None:
    from forecasting.tell import tables

    replay = forecasting.replay
    case, days = case_of(options), {"since": options.since, "until": options.until}
    for day in replay.days(case, **days):
        fit_missing(replace(case, horizons=()), day)  # a replay looks only to its own date
    rows = replay.replay(case, **days, events=options.events)
    blocks = tables.replay(case, rows)
    give(options, blocks, replay.ReplayRow, lambda: rows, lambda: replay.as_json(case, rows))


@command(
    "put analysts side by side: who differs on what, and what that makes",
    CASE,
    option("OVERLAY", "an analyst's overlay", nargs="+"),
    *SIDE_BY_SIDE,
)
def _compare(options) -> None:
    from forecasting.tell.compare import comparison

    compare = forecasting.compare
    case = replace(forecasting.load(options.case), lexicon=options.lexicon)
    analysts = compare.analysts_of(case, options.overlay)
    for one in (case, *analysts.values()):
        fit_missing(one)
    found = compare.compare(case, analysts, events=options.events)
    blocks = comparison(found, every=options.events is not None)
    give(options, blocks, compare.COMPARED, lambda: found.rows, found.as_json)


@command(
    "say what two cases, overlays or reports differ on, and what that makes",
    option("FIRST", "case, overlay or HTML report"),
    option("SECOND", "case, overlay or HTML report"),
    option("--case CASE", "the case that overlays belong to"),
    ONLY,
    FORMAT,
)
def _diff(options) -> None:
    from forecasting.report.versions import version
    from forecasting.tell.compare import split

    paths = options.first, options.second
    first, second = (version(path, options.case) for path in paths)
    for one in (first, second):
        fit_missing(one)
    # Two files of one name, in two folders, are told apart by their whole paths.
    short = [Path(path).name for path in paths]
    names = tuple(short if short[0] != short[1] else paths)
    found = forecasting.compare.split(first, second, names=names, events=options.events)
    blocks = split(found, every=options.events is not None)
    rows = (*found.points, *found.rows)
    give(options, blocks, forecasting.compare.ShareRow, lambda: rows, found.as_json)


@command(
    "find base rates: how often such things came about, by group",
    option("WORDS", "words to look for, or the name of a table", nargs="*"),
    option("--by COLUMN ...", "a column of the table that makes groups (again for more)"),
    option("--where COND ...", "only rows that are so, such as 'year>=1990' or intensity=war"),
    option("--case CASE", "a case whose own tables count too"),
    option("--as-of D", "only what was known on a day, such as 2021-09-15"),
    FORMAT,
    epilog="Words list the tables that have them; the name of one, such as coup_success or "
    "civil_conflict_next_year.war, counts its cases.",
)
def _rates(options) -> None:
    from forecasting.answer import reference_classes
    from forecasting.tell import rates

    at_hand = {"beside": options.case and Path(options.case).parent, "as_of": options.as_of}
    words, asked = " ".join(options.words), options.by or options.where
    if not asked and not reference_classes.is_name(words, at_hand["beside"]):
        found = reference_classes.search(words, **at_hand)
        if not found:
            raise refusal("no table has these words", "", None, "", words, None,
                          "'forecasting rates' alone lists all")  # fmt: skip
        rows = [one.told() | {"seen": one.sums[0]} for one in found]
        names = ("table", "question", "seen", "cases", "last", "source")
        give(options, rates.listed(found), names, lambda: rows, lambda: rows)
        return
    by = [column for text in options.by for column in text.split(",")]
    found, classes = reference_classes.groups(words, by, options.where, **at_hand)
    give(
        options,
        rates.told(found, classes, by, options.where),
        type(classes[0]),
        lambda: classes,
        lambda: reference_classes.as_json(found, classes, by, options.where),
    )
