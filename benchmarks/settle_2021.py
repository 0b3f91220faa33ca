"""Make priors/ledger/pakistan_taliban_2021.jsonl: a case and a table of outcomes in, lines out.

The case is the one that was recorded, which the ledger keeps, with the fits of its day, which stand
beside it. The case in priors has gone on since; a record is not written anew.

A ledger has a random name and the times of a clock, so two that are made one after the other differ
in every hash. Name and time are given here, and the same words make the same bytes:

    python benchmarks/settle_2021.py 4c5a60d9e7b1 2026-11-29T09:05:00+00:00 -o ledger.jsonl

Without them those of the ledger that is kept are taken.
"""

from __future__ import annotations

import argparse
import json
import sqlite3
import tempfile
from contextlib import closing
from datetime import datetime
from pathlib import Path

import forecasting
from forecasting.file import fits
from forecasting.ledger import recording
from forecasting.ledger.entries import Forecast
from forecasting.ledger.ledger import Ledger
from forecasting.ledger.store import TABLES

ROOT = Path(__file__).resolve().parents[1]
KEPT = ROOT / "priors/ledger/pakistan_taliban_2021.jsonl"
FITS = ROOT / "priors/ledger/fits"
OUTCOMES = ROOT / "priors/ledger/pakistan_taliban_2021_outcomes.csv"
RESOLVER = "resolver"
NOTE = "Written after the fact, whatever its care: no out-of-sample test."


def settle(case: forecasting.Case, outcomes: str, chain: str, clock: datetime) -> str:
    """Record a case, resolve its questions, and give the lines of the ledger.

    Parameters
    ----------
    case : Case
    outcomes : str
        A table as of :func:`forecasting.ledger.recording.read_resolutions`.
    chain : str
        The name of the ledger, 12 hexadecimal digits.
    clock : datetime
        When all of it is recorded.
    """
    with tempfile.TemporaryDirectory() as folder:
        ledger = Ledger(Path(folder) / "ledger.db")
        with closing(sqlite3.connect(ledger.path)) as db, db:
            db.executescript(TABLES)
            db.execute("INSERT INTO own VALUES (?)", [chain])
        ledger.append(*recording.record(case, case.case, note=NOTE), now=lambda: clock)
        found = recording.read_resolutions(outcomes, OUTCOMES.name)
        ledger.append([(RESOLVER, one) for one in found], now=lambda: clock)
        return "".join(f"{line}\n" for line in ledger.lines())


def recorded() -> forecasting.Case:
    """Read the case as the ledger keeps it."""
    with tempfile.TemporaryDirectory() as folder:
        ledger = Ledger(Path(folder) / "ledger.db")
        ledger.absorb(KEPT.read_text(encoding="utf-8").splitlines(), KEPT.name)
        said = [one.body for one in ledger.entries() if isinstance(one.body, Forecast)]
        (digest,) = {one.case_digest for one in said}
        return forecasting.read(ledger.source(digest))


def main() -> None:
    """Write the ledger."""
    words = argparse.ArgumentParser(description="record and settle the case of 2021")
    words.add_argument("chain", nargs="?", help="the name of the ledger")
    words.add_argument("clock", nargs="?", type=datetime.fromisoformat, help="when it is recorded")
    words.add_argument("-o", "--output", type=Path, default=KEPT)
    said = words.parse_args()
    chain, clock = said.chain, said.clock
    if clock is None:
        first = json.loads(KEPT.read_text(encoding="utf-8").partition("\n")[0])
        chain, clock = first["chain"], datetime.fromisoformat(first["recorded_at"])
    with fits.as_recorded(FITS):
        text = settle(recorded(), OUTCOMES.read_text(encoding="utf-8"), chain, clock)
    said.output.write_text(text, encoding="utf-8")
    print(f"written: {said.output}")


if __name__ == "__main__":
    main()
