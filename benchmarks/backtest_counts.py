"""Choose the weights and the drift of the pool of counts on forecasts of 2008 to 2017.

    python -m benchmarks.backtest_counts TABLE.csv

TABLE is ``deaths_by_month.csv`` as benchmarks/backtest.py makes it. All weights in sixths and some
drifts are scored by the mean of four scores, each in units of its baseline's. Chosen is the best of
those that say a rise by half as often as it comes, but for ``OFF``.
"""

from __future__ import annotations

import sys
import time

import numpy as np

from forecasting.file import tables
from forecasting.file.models import YEAR
from forecasting.fit.count_pool import WEIGHTS, cases, last_year_again, pooled, sources
from forecasting.fit.local_level import posterior, shares, sweep
from forecasting.ledger.rolling import (
    BITS,
    BRIER,
    CRPS,
    LAST_YEAR,
    MONTHS,
    PAST,
    SAID,
    scored_counts,
    series,
)

YEARS = range(2008, 2018)
DRAWS = 600
DRIFTS, OFF = (0.0, 0.06, 0.1, 0.14, 0.18), 0.03  # and how far the mean said may be off
PARTS = 6  # weights are tried in sixths
SEED = 20171031


def weighed(path: str) -> list[str]:
    """Score all weights and drifts, the best first."""
    months, names, counts = series(tables.load(path), "deaths", ["country"])
    origins = [months.index(f"{year - 1}-10") for year in YEARS]
    filtered = sweep(counts[: origins[-1] + 1], {*origins})
    drifting = next(iter(WEIGHTS))
    tried = [
        (drift, dict(zip(WEIGHTS, np.array([a, b, PARTS - a - b]) / PARTS, strict=True)))
        for drift in DRIFTS
        for a in range(PARTS + 1)
        for b in range(PARTS + 1 - a)
        if a or not drift
    ]
    found = []
    for at in origins:
        past, known = counts[: at + 1], cases(counts[: at + 1], MONTHS)
        rng = np.random.default_rng([SEED, at])
        weights = posterior(filtered[at].log_likelihood, shares(filtered[at].log_likelihood))
        each = dict.fromkeys(WEIGHTS, DRAWS)
        drawn = sources(rng, past, filtered[at], weights, *known, each)
        again = {drift: last_year_again(rng, past, MONTHS, DRAWS, drift) for drift in DRIFTS}
        pools = {
            str(i): pooled(drawn | {drifting: again[drift]}, one)
            for i, (drift, one) in enumerate(tried)
        }
        came = counts[at + 1 + MONTHS - YEAR : at + 1 + MONTHS].T
        now, pools[LAST_YEAR] = past[-YEAR:].sum(axis=0), again[0.0]
        found.append(scored_counts("deaths", names, now, came, pools, known))

    def mean(question: int, score: str, model: str) -> float:
        return np.concatenate([one[question].scores[score][model] for one in found]).mean()

    rises = np.concatenate([one[1].came for one in found]).mean()
    measured = ((0, CRPS, LAST_YEAR), (0, BITS, LAST_YEAR), (1, BRIER, PAST), (2, BRIER, PAST))
    rows = []
    for i, (drift, one) in enumerate(tried):
        four = [mean(q, score, str(i)) / mean(q, score, of) for q, score, of in measured]
        off = mean(1, SAID, str(i)) - rises
        rows.append((abs(off) > OFF, np.mean(four), four, off, drift, tuple(one.values())))
    lines = [
        f"{YEARS[0]} to {YEARS[-1]}: scores in units of the baseline's, the best mean first",
        f"off: mean said less how often deaths rose by half; first those within {OFF}",
        "",
        f"{', '.join(WEIGHTS):50s}  drift   mean   CRPS   bits   rise   fall    off",
    ]
    for _, value, four, off, drift, weights in sorted(rows):
        shown = f"{', '.join(f'{one:.3f}' for one in weights):50s}  {drift:5.2f}  {value:.3f}  "
        lines.append(shown + "  ".join(f"{part:.3f}" for part in four) + f"  {off:+.3f}")
    return lines


if __name__ == "__main__":
    began = time.process_time()
    print(*weighed(sys.argv[1]), sep="\n")
    print(f"\n{time.process_time() - began:.0f} s of processor time")
