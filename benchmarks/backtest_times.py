"""World backtest of the times until conflicts come back: each year asks of each quiet one.

    python benchmarks/backtest_times.py --covariates earlier how

At the end of each year the model sees what was known then, and says of every ended conflict that is
still quiet how likely it is to be back within 12 and 24 months. The baseline is the share of all
earlier such questions that came true. What was chosen (the spreads of the priors, the covariates)
was chosen on answers known to 2017; later ones are the test. Intervals are of 90%, from countries
drawn anew. What comes out is kept in benchmarks/backtest/times.txt.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np

from forecasting.file import tables
from forecasting.file.tables import Table
from forecasting.fit import time_to_event as model

OUT = Path(__file__).parent / "backtest" / "times.txt"
FIRST, CHOSEN_TO = 1995, 2017
HORIZONS = (1, 2)  # years
REDRAWN = 1000


@dataclass(frozen=True)
class Question:
    """Whether a conflict that is quiet at the end of a year will be back within so many years."""

    year: int
    horizon: int
    country: str
    said: float
    baseline: float
    came: bool


def questions(table: Table, covariates: list[str], draws: int) -> Iterator[Question]:
    """Ask at the end of each year of every quiet conflict, where the table has the answer."""
    last = table.observed_until.year
    ended = np.array([int(row["start"][:4]) for row in table.rows])  # the first quiet year
    back = np.array([int(row["event_from"][:4] or 9999) for row in table.rows])
    for year in range(FIRST, last):
        known = table.until(date(year, 12, 31))
        after, before = model.times(known)
        settings = {"covariates": {one: known.rows[0][one] for one in covariates}}
        cases, _ = model.traits(known, settings)
        periods = model.told_apart(after, before)
        distinct, counts = np.unique(np.c_[after, before, cases], axis=0, return_counts=True)
        drawn = model.draw(distinct, counts, periods, year, draws=draws)
        quiet = np.flatnonzero((ended <= year) & (back > year))
        # Rows known by then keep their order, and so the quiet ones theirs.
        open_ = np.flatnonzero(np.isinf(before))
        assert len(open_) == len(quiet)
        for elapsed in np.unique(after[open_]):
            among = after[open_] == elapsed
            kinds, kind = np.unique(cases[open_[among]], axis=0, return_inverse=True)
            chances, _ = drawn.moments(
                model.chances(drawn.z, kinds, periods=periods, elapsed=elapsed)
            )
            for at, own in zip(quiet[among], chances[kind.ravel()], strict=True):
                for horizon in HORIZONS:
                    if year + horizon <= last:
                        came, base = (
                            back[at] <= year + horizon,
                            baseline(ended, back, year, horizon),
                        )
                        country = table.rows[at]["country"]
                        said = own[12 * horizon - 1]
                        yield Question(year, horizon, country, said, base, came)


def baseline(ended, back, year: int, horizon: int) -> float:
    """Give the share of earlier such questions, answered by the end of a year, that came true."""
    asked = np.arange(ended.min(), year - horizon + 1)[:, None]
    open_ = (ended <= asked) & (back > asked)
    came = open_ & (back <= asked + horizon)
    return (came.sum() + 0.5) / (open_.sum() + 1)


def told(found: list[Question], rng: np.random.Generator) -> str:
    """Score questions: Brier, skill over the baseline with its interval, mean said and came."""
    said, base, came = (
        np.array([getattr(one, name) for one in found], float)
        for name in ("said", "baseline", "came")
    )
    losses = np.c_[(said - came) ** 2, (base - came) ** 2, np.ones(len(found))]
    countries, index = np.unique([one.country for one in found], return_inverse=True)
    sums = np.zeros((countries.size, 3))
    np.add.at(sums, index, losses)
    drawn = sums[rng.integers(0, countries.size, (REDRAWN, countries.size))].sum(axis=1)
    low, high = np.quantile(1 - drawn[:, 0] / drawn[:, 1], [0.05, 0.95])
    skill = 1 - losses[:, 0].mean() / losses[:, 1].mean()
    return (
        f"{len(found):5} questions, Brier {losses[:, 0].mean():.4f}, skill {skill:+.1%} "
        f"({low:+.1%} to {high:+.1%}), said {said.mean():.1%}, came {came.mean():.1%}"
    )


def main() -> None:
    """Run the backtest and keep what came out."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--table", default="conflict_recurrence_times")
    parser.add_argument("--beside", type=Path, help="folder of a case, whose data come first")
    parser.add_argument("--covariates", nargs="*", default=[])
    parser.add_argument("--draws", type=int, default=512)
    parser.add_argument("--out", type=Path, default=OUT)
    options = parser.parse_args()
    began, table = time.process_time(), tables.load(options.table, options.beside)
    lines = [f"{options.table}, covariates: {', '.join(options.covariates) or 'none'}"]
    found = list(questions(table, options.covariates, options.draws))
    spans = {
        f"to {CHOSEN_TO}": lambda end: end <= CHOSEN_TO,
        f"from {CHOSEN_TO + 1}": lambda end: end > CHOSEN_TO,
        "all": lambda end: True,
    }
    for horizon in HORIZONS:
        own = [one for one in found if one.horizon == horizon]
        for label, holds in spans.items():
            kept = [one for one in own if holds(one.year + one.horizon)]
            scored = told(kept, np.random.default_rng(1))
            lines.append(f"  {12 * horizon} months, answers {label:9}: {scored}")
    lines.append(f"  {time.process_time() - began:.1f} s of CPU")
    print(*lines, sep="\n")
    with options.out.open("a", encoding="utf-8") as file:
        print(*lines, sep="\n", file=file)


if __name__ == "__main__":
    main()
