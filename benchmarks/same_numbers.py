"""Hold the numbers of yes/no cases, and the time they take, against those of an older checkout.

``python benchmarks/same_numbers.py OLD`` asks both checkouts, each in a process of its own, for all
numbers of ``priors/first_case.yaml`` and of random cases, and counts those that differ in any bit.
With ``--times CASE`` it times each kind of answer to that case in turns, old and new, by the time
of the processor. Exit 1 if a number differs or an answer takes a tenth more time. ``--keep`` writes
the old numbers of some of the cases to ``tests/numbers_of_before.json``.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

import forecasting
from forecasting.answer import explain, sensitivity, watch
from forecasting.engine.draws import band
from forecasting.engine.inputs import inputs
from forecasting.engine.slopes import slopes
from forecasting.file.propositions import every

ROOT = Path(__file__).resolve().parents[1]
FIRST = ROOT / "priors" / "first_case.yaml"
KEPT = ROOT / "tests" / "numbers_of_before.json"
CASES, KEEP = 40, 10  # random ones: compared, kept
DRAWS = 128
TURNS = 15
MOST = 1.1  # of the time that the old one takes


def numbers(text: str) -> dict[str, list[float]]:
    """Compute what a yes/no case is asked for.

    Parameters
    ----------
    text : str
        The case file.

    Returns
    -------
    dict of kind of answer to its numbers, in the order of the file

    Examples
    --------
    >>> numbers("{case: c, events: {rain: {role: outcome, base_rate: 25%}}}")["posterior"]
    [0.25]
    """
    case = forecasting.read(text)
    network = forecasting.Network(case)
    drawn = band(network, DRAWS)
    outcome = next(reversed(case.events))
    weights = explain.weight_of_evidence(network, [outcome])
    tornado = sensitivity.tornado(network, outcome)
    moves = [{one.path: one.at(one.centre + 0.7, one.spread)} for one in inputs(network)]
    return {
        "prior": [*network.prior().values()],
        "posterior": [*network.posterior().values()],
        "facts": [*network.facts().values(), *network.soundness().values()],
        "evidence": [network.log_evidence()],
        "band": [*drawn.low.values(), *drawn.high.values()],
        "weights": [row.decibans for row in weights],
        "moves": network.moved(moves, events=[outcome]).of(outcome).tolist(),
        "slopes": [*slopes(network, outcome).values()],
        "tornado": [value for row in tornado for value in (row.at_low, row.at_high)],
    }


def written(cases: int) -> dict[str, str]:
    """Give the text of the first case, and of so many random ones."""
    sys.path.insert(0, str(ROOT))
    from tests.random_cases import as_text, random_case

    made = {f"random {seed}": as_text(random_case(seed)) for seed in range(cases)}
    return {FIRST.name: FIRST.read_text("utf-8")} | made


def digest(text: str) -> str:
    """Tell one case from another."""
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def timed(network: forecasting.Network, outcome: str) -> dict:
    """Name what is timed of a network: kind of answer to a function of nothing."""
    return {
        "posterior": lambda: [network.posterior() for _ in range(40)],
        "network": lambda: forecasting.Network(network.case),
        "band": lambda: band(network),
        "weights": lambda: explain.weight_of_evidence(network, [outcome]),
        "leaning": lambda: explain.prior_or_evidence(network),
        "slopes": lambda: slopes(network, outcome),
        "tornado": lambda: sensitivity.tornado(network, outcome),
        "watch": lambda: watch.indicators(network, [outcome]),
    }


def answer() -> None:
    """Answer requests of the other process, a line each: ``numbers``, ``load`` or ``time``."""
    kinds = {}
    for line in sys.stdin:
        asked, what = json.loads(line)
        if asked == "load":
            case = forecasting.load(what)
            outcomes = (name for name in every(case, "outcome") if name in case.events)
            outcome = next(outcomes)
            kinds = timed(forecasting.Network(case), outcome)
            told = [*kinds]
        elif asked == "time":
            start = time.process_time()
            kinds[what]()
            told = 1000 * (time.process_time() - start)
        else:
            told = {kind: [x.hex() for x in some] for kind, some in numbers(what).items()}
        print(json.dumps(told), flush=True)


class Checkout:
    """A process that runs the package of one checkout."""

    def __init__(self, folder: Path) -> None:
        if not (folder / "forecasting" / "__init__.py").exists():
            sys.exit(f"{folder} is no checkout of this project")
        self.process = subprocess.Popen(
            [sys.executable, Path(__file__), "--answer"],
            env={**os.environ, "PYTHONPATH": str(folder), "OMP_NUM_THREADS": "1"},
            cwd=folder,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def ask(self, asked: str, what: str):
        """Ask and wait for the answer."""
        self.process.stdin.write(json.dumps([asked, what]) + "\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        if not line:
            sys.exit(f"no answer to {asked} {what[:200]}")
        return json.loads(line)


def differing(old: Checkout, new: Checkout, cases: int) -> int:
    """Print how many numbers of each kind there are, and differ; give the sum of those."""
    texts = written(cases)
    count: dict[str, list[int]] = {}
    for text in texts.values():
        before, after = (one.ask("numbers", text) for one in (old, new))
        for kind, some in before.items():
            own = count.setdefault(kind, [0, 0])
            own[0] += len(some)
            own[1] += sum(a != b for a, b in zip(some, after[kind], strict=True))
    print(f"{len(texts)} cases{'numbers':>17}{'differ':>9}")
    for kind, (all_, differ) in count.items():
        print(f"{kind:16}{all_:>10}{differ:>9}")
    return sum(differ for _, differ in count.values())


def keep(old: Checkout) -> None:
    """Write the numbers of the old checkout for a test to hold against."""
    told = {}
    for name, text in written(KEEP).items():
        found = old.ask("numbers", text)
        found = {kind: [float.fromhex(x) for x in some] for kind, some in found.items()}
        told[name] = {"digest": digest(text), **found}
    lines = (f"{json.dumps(name)}: {json.dumps(one)}" for name, one in told.items())
    KEPT.write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")


def slower(old: Checkout, new: Checkout, case: Path, turns: int) -> list[str]:
    """Print the time of each kind of answer, in turns; list the kinds that take a tenth more."""
    kinds = [one.ask("load", str(case.resolve())) for one in (old, new)][1]
    print(f"{'ms of processor':16}{'old':>10}{'new':>9}{'new / old':>11}")
    found = []
    for kind in kinds:
        pairs = [[one.ask("time", kind) for one in (old, new)] for _ in range(turns + 1)][1:]
        before, after = (statistics.median(times) for times in zip(*pairs, strict=True))
        ratio = statistics.median(b / a for a, b in pairs)
        print(f"{kind:16}{before:>10.2f}{after:>9.2f}{ratio:>11.2f}")
        if ratio > MOST:
            found.append(kind)
    return found


def main() -> int:
    """Print both tables; give 1 if a number differs or an answer got slower."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("old", type=Path, nargs="?", help="folder of the older checkout")
    parser.add_argument("--cases", type=int, default=CASES, help="how many random cases")
    parser.add_argument("--times", type=Path, help="a case that both can read")
    parser.add_argument("--turns", type=int, default=TURNS)
    parser.add_argument("--keep", action="store_true", help="write the old numbers, for the tests")
    parser.add_argument("--answer", action="store_true", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.answer:
        answer()
        return 0
    if asked.old is None:
        parser.error("name the folder of an older checkout")
    old, new = Checkout(asked.old.resolve()), Checkout(ROOT)
    if asked.keep:
        keep(old)
    missed = differing(old, new, asked.cases) > 0
    if asked.times:
        missed |= bool(slower(old, new, asked.times, asked.turns))
    for one in (old, new):
        one.process.stdin.close()
        one.process.wait()
    return int(missed)


if __name__ == "__main__":
    sys.exit(main())
