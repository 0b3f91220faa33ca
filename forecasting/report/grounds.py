"""A forecast goes in; tables of what it starts from, base rates, fits and data, come out."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from forecasting.answer import times
from forecasting.answer.forecast import Forecast
from forecasting.engine.draws import base_rate_bands
from forecasting.file import document, fits
from forecasting.file.case import Case
from forecasting.file.case import Link as Moves
from forecasting.file.propositions import settled_in_words, title_of
from forecasting.lexicon import percent, points
from forecasting.report import provenance
from forecasting.report.exhibits import (
    INDENT,
    band,
    by_part,
    judged,
    link_row,
    references,
    stated,
    table,
    to_base_rate,
)
from forecasting.tell.groups import row_label
from forecasting.tell.markup import address, joined
from forecasting.tell.table import Column, Link, Part, Stated, Table, figure, plain

# What a link says besides how far it moves.
NOT_MOVED = ("from", "to", "why", "reference")


def base_rates(forecast: Forecast, role: str) -> Table | None:
    """Tabulate where the numbers before the evidence come from."""
    case, network, records = forecast.case, forecast.network, []
    prior = network.prior()
    for name, event in case.events.items():
        if event.role != role:
            continue
        rate = network.base_rate(name) if event.is_yes_no else None
        told: tuple[Part, ...] = ("a table of what moves it",)
        if event.base_rate is not None:
            told = (Stated(stated_rate(case, name)),)
            if event.base_rate.model is not None:
                told = ("estimated: ", Link(event.base_rate.model.label, f"fits.{name}"))
        rows = [told]
        if event.now is not None:
            rows.append(("held now: ", Stated(by_part(case, name, "events", name, "now"))))
        if event.settled is not None:
            rows.append((f"settled on {event.settled.date}: ", Stated(settled_in_words(event))))
        if event.why:
            rows.append((Stated(event.why),))
        records.append(
            {
                "event": name,
                "title": title_of(case, name),
                "stated": joined([row for row in rows if plain(row)]),
                "mean": (float(rate.mean) if rate else prior[name]) if event.is_yes_no else None,
                "range": rate.interval if rate and rate.logit_sd else None,
                "reference": event.reference,
            }
        )
        records += _by_state(forecast, name)
    shown = (
        stated("title", "Event"),
        figure("mean", "For this window", percent),
        figure("range", "90% range", band),
        Column("stated", "As the case states it, and why"),
        Column("reference", "Source", references),
    )
    note = (
        "For this window: the mean, rescaled to the time between the two dates where it was stated "
        "for another period. Held now: what is held of it in this case, without evidence listed."
    )
    suffix = "" if role == "outcome" else "-drivers"
    caption = f"Base rates of the {role}s"
    return table(f"base-rates{suffix}", caption, shown, records, "event", note)


def _by_state(forecast: Forecast, name: str) -> Iterator[dict]:
    """Give a row for the base rate of each state, or of each cut of a quantity."""
    case, event, network = forecast.case, forecast.case.events[name], forecast.network
    if event.is_yes_no:
        return
    prior, shares = network.prior(), network.shares(name) or {}
    bands, rate = base_rate_bands(network, name), event.base_rate
    # The reason stands once, in the row of the event.
    why: tuple[Part, ...] = ("why: see ", to_base_rate(case, name)) if event.why else ()
    for part in event.parts:
        judged = rate and (rate.shares or {}).get(part)
        stated_so = judged and rate.within is None and judged.logit_sd
        yield {
            "event": f"{name}.{part}",
            "title": f"{INDENT}{row_label(case, f'{name}.{part}')}",
            "mean": shares[part]["mean"] if part in shares else prior[f"{name}.{part}"],
            "range": judged.interval if stated_so else bands.get(f"{name}.{part}"),
            "stated": joined([row for row in ((_of_part(case, name, part),), why) if plain(row)]),
            "reference": event.reference,
        }


def _of_part(case: Case, name: str, part: str) -> Part:
    """Say where the base rate of a state or a cut comes from.

    A state has a share or was seen so often, if no table says it; a cut follows from these, or from
    the amounts.
    """
    event, rate = case.events[name], case.events[name].base_rate
    if part in event.cuts:
        return f"follows from {'the amounts' if event.quantity else 'the states'}"
    if rate is None:
        return "follows from the table"
    if rate.seen:
        count = rate.seen[part]
        return f"seen {count:g} time{'s' * (count != 1)}"
    if rate.shares[part] is None:
        return "what the others leave"
    return Stated(judged(document.at(case.node, ("events", name, "base_rate", part))))


def stated_rate(case: Case, name: str) -> str:
    """Give a base rate as the case states it; of several states only what is not said of each."""
    rate = case.events[name].base_rate
    if not (rate.shares or rate.seen):
        return judged(document.at(case.node, ("events", name, "base_rate")))
    told = [f"within {rate.within:g} months"] if rate.within else []
    told += [f"within a factor of {rate.unsure:g} either way"] if rate.unsure else []
    return ", ".join(told)


def links(case: Case) -> Table | None:
    """Tabulate how events move each other, how far, and why."""
    records = [
        {
            "row": link_row(link),
            "name": link_row(link).removeprefix("links."),
            "from": to_base_rate(case, link.source),
            "to": to_base_rate(case, link.target),
            "stated": joined([(Stated(one),) for one in (_moved(link), link.why) if one]),
            "reference": link.reference,
        }
        for link in case.links
    ]
    shown = (
        Column("from", "If this is so"),
        Column("to", "it moves"),
        Column("stated", "As the case states it, and why"),
        Column("reference", "Source", references),
    )
    return table("links", "How events move each other", shown, records, "name")


def _moved(link: Moves) -> str:
    """Write how far a link moves the odds, as it is stated."""
    said = {name: one for name, one in link.node.value.items() if name not in NOT_MOVED}
    return judged(replace(link.node, value=said))


def fitted(forecast: Forecast, audience: str = "analyst") -> Table | None:
    """Tabulate the models behind base rates and how their sampling went."""
    case, records = forecast.case, []
    for event, (spec, start) in fits.wanted(case, forecast.network.as_of).items():
        fit = fits.find(spec, start)
        curve = times.curve_of(forecast.network, event)
        leans_on = fit.diagnosis.get("leans_on")
        told = {
            "event": event,
            "title": title_of(case, event),
            "model": spec.model.replace("_", " "),
            "table": Link(spec.table.name, f"data.{spec.table.name}"),
            "verdict": "; ".join(fit.refused)
            or (f"It leans on {leans_on}" if leans_on else "passed its checks"),
            "solved": fit.solved,
            "counted": fit.counted,
            "curve": curve and curve.told,
        }
        records.append(fit.diagnosis | told)
    shown = [
        stated("title", "Event"),
        Column("model", "Model"),
        Column("table", "Data"),
        figure("rows", "Rows"),
        figure("counted", "Came true"),
        Column("observed_until", "Known until"),
        Column("verdict", "Fit"),
        Column("curve", "Curve and count"),
    ]
    note = ""
    if audience != "reader":
        shown += [
            Column("solved", "Solved"),
            figure("prior_halved", "Prior ½", points),
            figure("prior_doubled", "Prior ×2", points),
        ]
        note = (
            "Solved: by quadrature, without sampling; by weighted draws, of which 400 or more "
            "must count; or by chains, with R-hat (1.01 or less is asked) and effective sample "
            "size (400 or more) the worst of all parameters. Prior ½, ×2: how far the base rate "
            "moves, in points, if its prior counts half or double."
        )
    return table("fits", "Base rates estimated from data", shown, records, "event", note)


def data(forecast: Forecast) -> Table | None:
    """Tabulate the tables of figures behind base rates, with where they come from."""
    records = []
    for name, used in sorted(provenance.used_tables(forecast.case).items()):
        side = used.sidecar
        told = {"": side.source, "Cite: ": side.citation, "Terms: ": side.licence}
        source = [(words, Stated(text)) for words, text in told.items()]
        source += [(address(side.url),)] if side.url else []
        records.append(
            {
                "name": name,
                "rows": len(used.until(forecast.network.as_of).rows),
                "rule": f"{side.title}. {side.rule}",
                "source": joined(source),
                "note": side.beware or None,
            }
        )
    shown = (
        Column("name", "Table"),
        figure("rows", "Rows"),
        stated("rule", "What a row is, and how it was made"),
        Column("source", "Where from"),
        stated("note", "Beware"),
    )
    return table("data", "The data behind them", shown, records, "name")
