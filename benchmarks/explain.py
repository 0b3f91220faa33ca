"""Time the explanations of a forecast against the size of the case; exit 1 if a goal is missed.

**Cases.** The Pakistan case, and made-up ones of growing size: a tree of events, each linked to one
before it, or a chain; the last event is the outcome. Every event has one reported fact, every third
one an indicator not seen yet; three sources share the reports. All numbers have ranges.

**Ratios.** Each explanation is timed in turns with one evaluation of all posteriors of the same
network (new tables in, all probabilities out), and counted in such evaluations; medians of the
turns. Networks are built beforehand. A tornado moves every input four times and a tipping point is
searched for along every input, so their cost grows with the inputs times the nodes.

**Processes**: wall time of a new Python process, best of three.
"""

from __future__ import annotations

import subprocess
import sys
import time
from importlib.metadata import version
from pathlib import Path

import numpy as np
import yaml

import forecasting
from forecasting.answer import explain, sensitivity, watch
from forecasting.engine import circuit, slopes
from forecasting.engine.inputs import inputs

ROOT = Path(__file__).resolve().parents[1]
CASE = "priors/pakistan_taliban_2021.yaml"
OUTCOME = "taliban_curb_ttp"
EVENTS = (8, 20, 50)
TURNS = 3
SEED = 20210915

# Whole processes may take so long.
SECONDS = 2.0

# What is timed, for one outcome.
EXPLANATIONS = {
    "weights": lambda network, outcome: explain.weight_of_evidence(network, [outcome]),
    "leaning": lambda network, outcome: explain.prior_or_evidence(network, [outcome]),
    "slopes": slopes.slopes,
    "tornado": sensitivity.tornado,
    "tipping": sensitivity.tipping,
    "watch": lambda network, outcome: watch.indicators(network, [outcome]),
}


def made_up(events: int, shape: str) -> forecasting.Case:
    """Make a case of so many events, each linked to one before it.

    Parameters
    ----------
    events : int
    shape : {"chain", "tree"}
        Linked to the event just before, or to any.
    """
    rng = np.random.default_rng([SEED, events])

    def probability(low: float, high: float) -> dict:
        middle = rng.uniform(low, high)
        return {"low": round(middle * 0.7, 4), "high": round(min(middle * 1.4, 0.97), 4)}

    case: dict = {
        "case": f"{shape}-{events}",
        "events": {},
        "links": [],
        "sources": {f"source_{i}": {"title": f"Source {i}"} for i in range(3)},
        "evidence": {},
    }
    for i in range(events):
        role = "outcome" if i == events - 1 else "driver"
        case["events"][f"e{i}"] = {"role": role, "base_rate": probability(0.1, 0.6)}
        if i:
            parent = i - 1 if shape == "chain" else int(rng.integers(i))
            raises = {"low": 1.5, "high": 5.0}
            case["links"].append({"from": f"e{parent}", "to": f"e{i}", "raises": raises})
        fact = {
            "bears_on": f"e{i}",
            "if_yes": probability(0.4, 0.65),
            "if_no": probability(0.1, 0.4),
        }
        source = f"source_{int(rng.integers(3))}"
        case["evidence"][f"f{i}"] = fact | {"reports": [{"source": source, "grade": "B2"}]}
        if i % 3 == 0:
            case["evidence"][f"w{i}"] = fact | {"status": "pending"}
    return forecasting.read(yaml.safe_dump(case, sort_keys=False))


def timed(call) -> float:
    """Give the seconds that one call takes."""
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


def costs(network: forecasting.Network, outcome: str) -> tuple[float, dict[str, float]]:
    """Give the seconds of one evaluation, and what each explanation costs in evaluations."""
    tables = network.tables({}, {})

    def evaluate() -> float:
        return min(timed(lambda: circuit.evaluate(network.plan, tables)) for _ in range(5))

    for run in EXPLANATIONS.values():  # plans are compiled once, and kept
        run(network, outcome)
    seconds = {name: [] for name in EXPLANATIONS}
    ones = []
    for _ in range(TURNS):
        ones.append(evaluate())
        for name, run in EXPLANATIONS.items():
            seconds[name].append(timed(lambda run=run: run(network, outcome)))
    one = float(np.median(ones))
    return one, {name: float(np.median(times)) / one for name, times in seconds.items()}


def processes() -> dict[str, float]:
    """Print and give the seconds that each command takes on the Pakistan case."""
    commands = {
        "explain": [CASE],
        "explain --event": [CASE, "--event", OUTCOME],
        "tip": [CASE, "--event", OUTCOME],
        "watch": [CASE],
    }
    best = {}
    for name, words in commands.items():
        command = [sys.executable, "-m", "forecasting.cli", name.split()[0], *words]
        best[name] = min(
            timed(lambda c=command: subprocess.run(c, cwd=ROOT, check=True, capture_output=True))
            for _ in range(3)
        )
        print(f"Process: forecasting {name:<16}{best[name]:5.2f} s")
    return best


def main() -> int:
    """Print what each explanation costs.

    Returns
    -------
    int
        0 if every command is fast enough, else 1.
    """
    cases = [("main case", forecasting.load(CASE), OUTCOME)]
    cases += [
        (f"{shape} {events}", made_up(events, shape), f"e{events - 1}")
        for shape in ("chain", "tree")
        for events in EVENTS
    ]
    print(f"Python {sys.version.split()[0]}, numpy {version('numpy')}.\n")
    print("                                  one         each explanation of one outcome,")
    print("                                  evaluation  in evaluations")
    print("case       nodes  items  inputs   ms       " + "".join(f"{n:>9}" for n in EXPLANATIONS))
    for name, case, outcome in cases:
        network = forecasting.Network(case)
        one, ratios = costs(network, outcome)
        nodes = network.plan.variables
        items = len(explain.weight_of_evidence(network, [outcome]))
        print(
            f"{name:<11}{nodes:>5}{items:>7}{len(inputs(network)):>8}   {1e3 * one:<9.2f}"
            + "".join(f"{ratios[each]:>9.0f}" for each in EXPLANATIONS)
        )
    print()
    missed = [
        f"forecasting {name} takes {seconds:.2f} s, not under {SECONDS} s"
        for name, seconds in processes().items()
        if seconds >= SECONDS
    ]
    for line in missed:
        print(f"missed: {line}", file=sys.stderr)
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
