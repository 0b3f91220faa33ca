"""Score forecasts of monthly deaths, from rolling origins, over the countries of the world.

    python benchmarks/backtest_counts.py PANEL.csv.gz            targets of 2018 to 2024
    python benchmarks/backtest_counts.py PANEL.csv.gz --choose   weights, on targets to 2017

PANEL has the columns ``country``, ``month`` (2017-10) and ``best`` (deaths), one row a country and
month without a gap: a sum of UCDP's georeferenced events, in which each country had at least one.

Windows are those of the VIEWS challenge: data to October, the twelve months of the next year. Each
model sees only months before its origin, cases whose outcome was known by then, and shares of
settings estimated from both; what was chosen (weights, the form of the steps, how alike cases are)
was chosen on targets to 2017. The panel is today's edition: not what was known on the day.

Scores are means over country-months: CRPS, ignorance in VIEWS' bins, the share within the central
90%. For countries with 25 deaths or more in the twelve months before, Brier scores of "deaths of
the year rise by half" and "fall by half" against those twelve months. Intervals: 90%, countries
drawn with replacement.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np

from forecasting.file.models import YEAR
from forecasting.fit.count_pool import WEIGHTS, cases, last_year_again, pooled, sources
from forecasting.fit.local_level import Setting, futures, posterior, shares, sweep
from forecasting.ledger.formulas import brier, crps_of_samples, ignorance

CHOOSE, TEST = range(2008, 2018), range(2018, 2025)
GAP = 2  # November and December, between the last month seen and the year asked for
MONTHS = GAP + YEAR
DRAWS, DRAWS_TO_CHOOSE, RESAMPLED = 1000, 600, 2000
LEAST = 25  # deaths of a year from which rises and falls are asked
BASELINE, POOL = "last year again", "pool"
DRIFTS_TRIED, OFF = (0.0, 0.06, 0.1, 0.14, 0.18), 0.03  # and how far the mean said may be off
PARTS = 6  # weights are tried in sixths
SEED = 20171031

# What event_counts assumes up to its version 1: steps of one size, its priors on a grid.
DRIFTS = np.array([0.05, 0.1, 0.16, 0.25, 0.36, 0.5, 0.7, 1.0])
SCATTERS = np.array([0.15, 0.4, 0.7, 1.1, 1.6, 2.3, 3.3])
STEPS_OF_ONE_SIZE = tuple(Setting(1.0, 1.0, *pair) for pair in product(DRIFTS, SCATTERS))


@dataclass(frozen=True)
class Panel:
    """Monthly deaths of countries.

    Attributes
    ----------
    months, countries : list of str
    counts : array, shape (months, countries)
    """

    months: list[str]
    countries: list[str]
    counts: np.ndarray

    def until(self, month: str) -> Panel:
        """Give the panel as if it ended with this month."""
        end = self.months.index(month) + 1
        return Panel(self.months[:end], self.countries, self.counts[:end])


@dataclass(frozen=True)
class Scored:
    """Scores of one model for one year.

    Attributes
    ----------
    crps, ignorance, cover : array, shape (countries,)
        Means over the twelve months.
    rise, fall : array, shape (countries,)
        Probabilities; not a number for a country that is not asked.
    """

    crps: np.ndarray
    ignorance: np.ndarray
    cover: np.ndarray
    rise: np.ndarray
    fall: np.ndarray


def read(path: str) -> Panel:
    """Read a panel.

    Raises
    ------
    ValueError
        If a country lacks a month.
    """
    with gzip.open(path, "rt", encoding="utf-8") as file:
        found = {(row["month"], row["country"]): float(row["best"]) for row in csv.DictReader(file)}
    months, countries = (sorted({*part}) for part in zip(*found, strict=True))
    if lacking := [pair for pair in product(months, countries) if pair not in found]:
        raise ValueError(f"{path} has no row for {' '.join(lacking[0])}")
    return Panel(months, countries, np.array([[found[m, c] for c in countries] for m in months]))


def drawn(panel: Panel, years: Sequence[int], draws: int) -> Iterator[tuple[int, dict]]:
    """Let each model draw what comes after October, year by year.

    Yields
    ------
    year : int
    dict of str to array, shape (countries, draws, MONTHS)
    """
    origins = {year: panel.months.index(f"{year - 1}-10") for year in years}
    seen = panel.counts[: max(origins.values()) + 1]
    ours = sweep(seen, set(origins.values()))
    theirs = sweep(seen, set(origins.values()), settings=STEPS_OF_ONE_SIZE)
    half_normal = np.exp(-0.5 * (DRIFTS / 0.3) ** 2) * np.gradient(DRIFTS)
    half_normal = np.outer(half_normal, np.exp(-0.5 * SCATTERS**2) * np.gradient(SCATTERS)).ravel()
    for year, origin in origins.items():
        rng = np.random.default_rng([SEED, year])
        past, filtered, old = panel.counts[: origin + 1], ours[origin], theirs[origin]
        weights = posterior(filtered.log_likelihood, shares(filtered.log_likelihood))
        found = sources(rng, past, filtered, weights, *cases(past, MONTHS), draws)
        found["event_counts 1"] = futures(
            rng, old, posterior(old.log_likelihood, half_normal), MONTHS, draws,
            settings=STEPS_OF_ONE_SIZE,
        )  # fmt: skip
        found[BASELINE] = last_year_again(rng, past, MONTHS, draws)
        which = rng.integers(2 * YEAR, size=(len(panel.countries), draws, MONTHS))
        found["last two years again"] = np.take_along_axis(past[-24:].T[:, None], which, axis=2)
        found["none"] = np.zeros_like(which)
        yield year, found


def asked(panel: Panel, year: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Give what came in the months of a year, the totals before, and who is asked of those.

    Returns
    -------
    observed : array, shape (countries, 12)
    before : array, shape (countries,)
    asked : array of bool, shape (countries,)
    """
    origin = panel.months.index(f"{year - 1}-10")
    before = panel.counts[origin + 1 - YEAR : origin + 1].sum(axis=0)
    observed = panel.counts[origin + 1 + GAP : origin + 1 + MONTHS].T
    return observed, before, before >= LEAST


def score(panel: Panel, year: int, draws) -> Scored:
    """Score draws of one model, shape (countries, draws, MONTHS), for one year."""
    observed, before, who = asked(panel, year)
    monthly = draws[..., GAP:].transpose(0, 2, 1)
    # Where in the distribution a count lies, spread evenly over the share of draws equal to it.
    low = (monthly < observed[..., None]).mean(axis=-1)
    equal = (monthly == observed[..., None]).mean(axis=-1)
    place = low + equal * np.random.default_rng([SEED, year]).random(observed.shape)
    total = monthly.sum(axis=1)
    rise, fall = (total >= 1.5 * before[:, None]), (total <= 0.5 * before[:, None])
    return Scored(
        crps_of_samples(observed, monthly).mean(axis=1),
        ignorance(observed, monthly).mean(axis=1),
        ((place > 0.05) & (place < 0.95)).mean(axis=1),
        np.where(who, rise.mean(axis=1), np.nan),
        np.where(who, fall.mean(axis=1), np.nan),
    )


def came(panel: Panel, years: Sequence[int]) -> dict[str, np.ndarray]:
    """Say whether deaths rose and fell by half: bool, shape (years, countries), no if not asked."""
    result = {"rise": [], "fall": []}
    for year in years:
        observed, before, who = asked(panel, year)
        total = observed.sum(axis=1)
        result["rise"].append(who & (total >= 1.5 * before))
        result["fall"].append(who & (total <= 0.5 * before))
    return {key: np.array(value) for key, value in result.items()}


def rates(panel: Panel, years: Sequence[int]) -> dict[str, np.ndarray]:
    """Give how often deaths had risen and fallen by half, of all cases known by each October."""
    result = {"rise": [], "fall": []}
    for year in years:
        origin = panel.months.index(f"{year - 1}-10")
        before, after = cases(panel.counts[: origin + 1], MONTHS)
        before, after = before[:, 0], after[:, GAP:].sum(axis=1)
        who = before >= LEAST
        for key, hit in (("rise", after >= 1.5 * before), ("fall", after <= 0.5 * before)):
            result[key].append((hit[who].sum() + 0.5) / (who.sum() + 1))
    return {key: np.array(value)[:, None] for key, value in result.items()}


def stacked(scored: Sequence[Scored]) -> dict[str, np.ndarray]:
    """Put the years of one model together: arrays, shape (years, countries)."""
    return {key: np.array([getattr(one, key) for one in scored]) for key in vars(scored[0])}


def resampled(countries: int) -> np.ndarray:
    """Draw how often each country counts: array, shape (RESAMPLED, countries)."""
    rng = np.random.default_rng(SEED)
    return rng.multinomial(countries, np.full(countries, 1 / countries), size=RESAMPLED)


def skill(ours, reference, often) -> tuple[float, float, float]:
    """Give 1 - S/S_ref of scores of shape (years, countries), with its 90% interval.

    Scores that are not a number count in neither; nor do samples in which the reference is perfect.
    """
    ours, reference = np.nansum(ours, axis=0), np.nansum(reference, axis=0)
    often = often[often @ reference > 0]
    low, high = np.quantile(1 - (often @ ours) / (often @ reference), [0.05, 0.95])
    return float(1 - ours.sum() / reference.sum()), float(low), float(high)


def report(panel: Panel, years: Sequence[int], found: Mapping[str, list[Scored]]) -> list[str]:
    """Lay out the scores of all models."""
    truth, rate = came(panel, years), rates(panel, years)
    tables = {name: stacked(scored) for name, scored in found.items()}
    base, often = tables[BASELINE], resampled(len(panel.countries))
    who = ~np.isnan(base["rise"])
    of = {key: np.where(who, brier(rate[key], truth[key]), np.nan) for key in truth}
    lines = [
        f"{years[0]} to {years[-1]}: {len(panel.countries)} countries, "
        f"{base['crps'].size * YEAR} country-months; {who.sum()} country-years of {LEAST} deaths",
        "",
        f"{'':22s}   CRPS  skill   90%              bits  cover",
    ]
    for name, table in sorted(tables.items(), key=lambda item: item[1]["crps"].mean()):
        low = "{:+.3f}  [{:+.3f}, {:+.3f}]".format(*skill(table["crps"], base["crps"], often))
        lines.append(
            f"{name:22s} {table['crps'].mean():6.2f} {low}  "
            f"{table['ignorance'].mean():.3f}   {table['cover'].mean():.3f}"
        )
    for key in truth:
        lines += [
            "",
            f"deaths {key} by half: {truth[key][who].mean():.3f} do",
            f"{'':22s}  Brier   said  skill   90%",
            f"{'rate of the past':22s}  {np.nanmean(of[key]):.4f}  "
            f"{np.broadcast_to(rate[key], who.shape)[who].mean():.3f}",
        ]
        for name, table in tables.items():
            ours = brier(table[key], truth[key])
            lines.append(
                f"{name:22s}  {np.nanmean(ours):.4f}  {np.nanmean(table[key]):.3f} "
                + "{:+.3f}  [{:+.3f}, {:+.3f}]".format(*skill(ours, of[key], often))
            )
        said, hit = tables[POOL][key][who], truth[key][who]
        lines += ["", f"{'the pool said':22s}      n   said   came"]
        for low, high in ((0, 0.1), (0.1, 0.2), (0.2, 0.3), (0.3, 0.4), (0.4, 0.6), (0.6, 1.01)):
            inside = (low <= said) & (said < high)
            if inside.any():
                lines.append(
                    f"{low:6.0%} to {min(high, 1):4.0%}          {inside.sum():6d}  "
                    f"{said[inside].mean():.3f}  {hit[inside].mean():.3f}"
                )
    return lines


def weighed(panel: Panel, years: Sequence[int]) -> list[str]:
    """Score all weights in sixths, and drifts, by the mean of four scores in units of a baseline's.

    Chosen is the best of those that say a rise by half as often as it comes, but for ``OFF``.
    """
    drifting = next(iter(WEIGHTS))
    tried = [
        (drift, dict(zip(WEIGHTS, np.array([a, b, PARTS - a - b]) / PARTS, strict=True)))
        for drift in DRIFTS_TRIED
        for a in range(PARTS + 1)
        for b in range(PARTS + 1 - a)
        if a or not drift
    ]
    found, plain = {number: [] for number in range(len(tried))}, []
    for year, models in drawn(panel, years, DRAWS_TO_CHOOSE):
        rng = np.random.default_rng([SEED, year, 1])
        past = panel.until(f"{year - 1}-10").counts
        plain.append(score(panel, year, models[BASELINE]))
        again = {
            drift: last_year_again(rng, past, MONTHS, DRAWS_TO_CHOOSE, drift)
            for drift in DRIFTS_TRIED
        }
        for number, (drift, weights) in enumerate(tried):
            draws = pooled(models | {drifting: again[drift]}, weights)
            found[number].append(score(panel, year, draws))
    truth, rate = came(panel, years), rates(panel, years)
    tables, base = {number: stacked(scored) for number, scored in found.items()}, stacked(plain)
    who = ~np.isnan(base["rise"])
    rows = []
    for number, table in tables.items():
        four = [table[key].mean() / base[key].mean() for key in ("crps", "ignorance")]
        for key in truth:
            of = brier(np.broadcast_to(rate[key], who.shape)[who], truth[key][who]).mean()
            four.append(brier(table[key][who], truth[key][who]).mean() / of)
        off = (table["rise"][who] - truth["rise"][who]).mean()
        drift, weights = tried[number]
        rows.append((abs(off) > OFF, np.mean(four), four, off, drift, tuple(weights.values())))
    lines = [
        f"{years[0]} to {years[-1]}: scores in units of the baseline's, the best mean first",
        f"off: mean said less how often deaths rose by half; first those within {OFF}",
        "",
        f"{', '.join(WEIGHTS):50s}  drift   mean   CRPS   bits   rise   fall    off",
    ]
    for _, mean, four, off, drift, weights in sorted(rows):
        shown = (
            f"{', '.join(f'{weight:.3f}' for weight in weights):50s}  {drift:5.2f}  {mean:.3f}  "
        )
        lines.append(shown + "  ".join(f"{one:.3f}" for one in four) + f"  {off:+.3f}")
    return lines


def main() -> None:
    """Print the scores, or the weights to choose from."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("panel")
    parser.add_argument("--choose", action="store_true", help="weights, on targets to 2017")
    options = parser.parse_args()
    years = CHOOSE if options.choose else TEST
    panel = read(options.panel).until(f"{years[-1]}-12")
    began = time.process_time()
    if options.choose:
        lines = weighed(panel, years)
    else:
        found: dict[str, list[Scored]] = {}
        for year, models in drawn(panel, years, DRAWS):
            for name, draws in ({POOL: pooled(models, WEIGHTS)} | models).items():
                found.setdefault(name, []).append(score(panel, year, draws))
        lines = report(panel, years, found)
    print("\n".join(lines))
    print(f"\n{time.process_time() - began:.0f} s of processor time, all models and scores")


if __name__ == "__main__":
    main()
