"""Choose the weights of the pool of counts on forecasts of 2008 to 2017.

    python -m benchmarks.backtest_counts TABLE.csv

TABLE is ``deaths_by_month.csv`` as benchmarks/backtest.py makes it. All weights in sixths are
scored by the mean of four scores, each in units of its baseline's.
"""

from __future__ import annotations

import sys
import time

import numpy as np

from forecasting.file import tables
from forecasting.file.models import YEAR
from forecasting.fit.count_pool import WEIGHTS, cases, pooled, sources
from forecasting.fit.local_level import posterior, shares, sweep
from forecasting.ledger.rolling import (
    BITS,
    BRIER,
    CRPS,
    LAST_YEAR,
    MONTHS,
    PAST,
    scored_counts,
    series,
)

YEARS = range(2008, 2018)
DRAWS = 600
PARTS = 6  # weights are tried in sixths
SEED = 20171031


def weighed(path: str) -> list[str]:
    """Score all weights, the best first."""
    months, names, counts = series(tables.load(path), "deaths", ["country"])
    origins = [months.index(f"{year - 1}-10") for year in YEARS]
    filtered = sweep(counts[: origins[-1] + 1], {*origins})
    tried = [
        dict(zip(WEIGHTS, np.array([a, b, PARTS - a - b]) / PARTS, strict=True))
        for a in range(PARTS + 1)
        for b in range(PARTS + 1 - a)
    ]
    found = []
    for origin in origins:
        past, known = counts[: origin + 1], cases(counts[: origin + 1], MONTHS)
        rng = np.random.default_rng([SEED, origin])
        weights = posterior(
            filtered[origin].log_likelihood, shares(filtered[origin].log_likelihood)
        )
        drawn = sources(rng, past, filtered[origin], weights, *known, DRAWS)
        pools = {str(i): pooled(drawn, one) for i, one in enumerate(tried)}
        came = counts[origin + 1 + MONTHS - YEAR : origin + 1 + MONTHS].T
        now = past[-YEAR:].sum(axis=0)
        found.append(scored_counts("deaths", names, now, came, drawn | pools, known))

    def mean(question: int, score: str, model: str) -> float:
        return np.concatenate([one[question].scores[score][model] for one in found]).mean()

    measured = ((0, CRPS, LAST_YEAR), (0, BITS, LAST_YEAR), (1, BRIER, PAST), (2, BRIER, PAST))
    rows = []
    for i, one in enumerate(tried):
        four = [mean(q, score, str(i)) / mean(q, score, of) for q, score, of in measured]
        rows.append((np.mean(four), four, tuple(one.values())))
    lines = [
        f"{YEARS[0]} to {YEARS[-1]}: scores in units of the baseline's, the best mean first",
        "",
        f"{', '.join(WEIGHTS):50s}   mean   CRPS   bits   rise   fall",
    ]
    for value, four, weights in sorted(rows):
        shown = ", ".join(f"{weight:.3f}" for weight in weights)
        lines.append(f"{shown:50s}  {value:.3f}  " + "  ".join(f"{part:.3f}" for part in four))
    return lines


if __name__ == "__main__":
    began = time.process_time()
    print(*weighed(sys.argv[1]), sep="\n")
    print(f"\n{time.process_time() - began:.0f} s of processor time")
