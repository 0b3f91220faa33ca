"""Simulation-based calibration of the base-rate models.

    python benchmarks/sbc.py --simulations 1000 --models reference_class time_to_event

Parameters are drawn from the prior, data are simulated from them, and the model is fitted to the
data. If model and method are right, the rank of the true value among draws of the posterior is
uniform (Talts and others, 2018, arXiv:1804.06788). Two tests look at each quantity: chi-square of
the ranks in 20 bins, and Kolmogorov-Smirnov of the ranks spread evenly over their width. All
p-values should stay above 0.01 divided by their number.

Simulations run in parallel through joblib, on this machine or on a Dask cluster whose machines have
this project and its environment, with the same ranks for the same seed:

    pip install distributed
    dask scheduler --port 8786
    dask worker tcp://HOST:8786 --nworkers 4 --nthreads 1      (on each machine, in this folder,
                                                               with PYTHONPATH=.)
    python benchmarks/sbc.py --simulations 1000 --scheduler tcp://HOST:8786

No model needs chains: draws are independent. Of a quantity with few values, the rank among draws
equal to the true one is left to chance.

Results go to benchmarks/sbc/, or to another folder for a trial run (``--out``): the ranks and
p-values (JSON) and a plot of the ranks (SVG). Of models not run, those kept there stay.
"""

from __future__ import annotations

import argparse
import json
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from joblib import Parallel, delayed
from scipy import stats

from forecasting.file import fits
from forecasting.file.models import MODELS
from forecasting.fit import local_level, reference_class, time_to_event
from forecasting.fit.workers import workers

OUT = Path(__file__).parent / "sbc"
RANKS, BINS = 99, 20
ALPHA = 0.01


@dataclass(frozen=True)
class Design:
    """One model: how to draw its parameters, to simulate data, and to solve it.

    ``posterior`` gives independent draws of every quantity, by the model's own method.
    """

    names: tuple[str, ...]
    draw: callable
    simulate: callable
    posterior: callable


def _draw_reference_class(rng):
    kappa = reference_class.KAPPA_MEDIAN * np.exp(reference_class.KAPPA_SD * rng.standard_normal())
    share = rng.beta(1, 1)
    groups = np.clip(rng.beta(share * kappa, (1 - share) * kappa, CASES.size), 0, 1)
    return {"share": share, "kappa": kappa, "group": groups[0], "groups": groups}


CASES = np.array([21, 32, 19, 6, 7, 12, 60, 125])  # group sizes as in the shipped tables


def _simulate_reference_class(rng, theta):
    return {"seen": rng.binomial(CASES, theta["groups"]), "of": CASES}


def _posterior_reference_class(rng, seen, of):
    drawn = reference_class.shares(seen, of).draw(0, RANKS, rng)
    return dict(zip(("share", "kappa", "group"), drawn, strict=True))


def _draw_time_to_event(rng):
    return _quantities(rng.standard_normal((1, 2 + YEARS.size + 3)))


def _quantities(z):
    """Give level, shape, a period, a group, and the chance of that group in months 6 to 30."""
    log_scale, shape, steps, shifts = time_to_event.parameters(z, YEARS.size)
    sums = time_to_event.risk(np.array([6.0, 30.0]), log_scale, shape, steps, YEARS)
    chance = -np.expm1(-(sums[:, 1] - sums[:, 0]) * np.exp(shifts[:, 0]))
    found = {"level": z[:, 0], "shape": shape, "period": steps[:, 1], "group": shifts[:, 0]}
    return found | {"chance": chance, "z": z}


GROUP = np.repeat([0, 1, 2], 17)  # 51 cases, as in the shipped table, in three groups
FOLLOWED = np.linspace(12, 600, GROUP.size)
YEARS = time_to_event.told_apart(np.zeros(1), np.full(1, 12.0))  # the periods of such times


def _simulate_time_to_event(rng, theta):
    """Draw times known to within a calendar year, and open where the follow-up ends first."""
    log_scale, shape, steps, shifts = time_to_event.parameters(theta["z"], YEARS.size)
    ends = np.arange(0.0, 613.0, 12.0)
    sums = time_to_event.risk(ends, log_scale, shape, steps, YEARS)[0]
    due = rng.exponential(size=GROUP.size) / np.exp(shifts[0, GROUP])
    year = ends[np.minimum(np.searchsorted(sums, due) - 1, ends.size - 1)]
    seen = year + 12 <= FOLLOWED
    last = np.floor(FOLLOWED / 12) * 12
    return {"after": np.where(seen, year, last), "before": np.where(seen, year + 12, np.inf)}


def _posterior_time_to_event(rng, after, before):
    distinct = np.c_[after, before, np.eye(3)[GROUP]]
    ones, seed = np.ones(GROUP.size), int(rng.integers(2**31))
    drawn = time_to_event.draw(distinct, ones, YEARS, seed, draws=1024)
    return _quantities(drawn.z[rng.choice(len(drawn.z), RANKS, p=drawn.weights)])


MONTHS, AHEAD = 48, 12
SETTINGS, LEVELS = local_level.SETTINGS, local_level.LEVELS


def _draw_event_counts(rng):
    """Draw a setting, and the level of every month: not on the grid, but within it."""
    one = SETTINGS[rng.integers(len(SETTINGS))]
    level = np.full(MONTHS + AHEAD, np.inf)
    while not LEVELS[0] < level[0] < LEVELS[-1]:
        first = local_level.FIRST_SD * rng.standard_normal()
        level[0] = np.log(local_level.FIRST_MEDIAN) + first
    for month in range(1, level.size):
        step = rng.standard_normal()
        small = one.small * step - one.small**2 / 2
        moved = level[month - 1] + (one.large * step if rng.random() < one.rare else small)
        level[month] = np.clip(moved, LEVELS[0], LEVELS[-1])
    counts = local_level.draw_counts(rng, level, one.scatter)
    found = {"small": one.small, "rare": one.rare, "scatter": one.scatter, "counts": counts}
    return found | {"level": level[MONTHS - 1], "total": counts[MONTHS:].sum()}


def _simulate_event_counts(_rng, theta):
    return {"counts": theta["counts"][:MONTHS]}


def _posterior_event_counts(rng, counts):
    found = local_level.sweep(counts[:, None], {MONTHS - 1})[MONTHS - 1]
    weights = local_level.posterior(found.log_likelihood, np.full(len(SETTINGS), 1 / len(SETTINGS)))
    ahead = local_level.futures(rng, found, weights, AHEAD, RANKS)[0].sum(axis=-1)
    at = rng.choice(len(SETTINGS), RANKS, p=weights[:, 0])
    drawn = {
        name: np.array([getattr(one, name) for one in SETTINGS])[at]
        for name in ("small", "rare", "scatter")
    }
    level = weights[:, 0] @ found.level[:, 0]
    within = (rng.random(RANKS) - 0.5) * (LEVELS[1] - LEVELS[0])
    drawn["level"] = rng.choice(LEVELS, RANKS, p=level / level.sum()) + within
    return drawn | {"total": ahead}


DESIGNS = {
    "reference_class": Design(
        ("share", "kappa", "group"),
        _draw_reference_class,
        _simulate_reference_class,
        _posterior_reference_class,
    ),
    "time_to_event": Design(
        ("level", "shape", "period", "group", "chance"),
        _draw_time_to_event,
        _simulate_time_to_event,
        _posterior_time_to_event,
    ),
    "event_counts": Design(
        ("small", "rare", "scatter", "level", "total"),
        _draw_event_counts,
        _simulate_event_counts,
        _posterior_event_counts,
    ),
}


def ranks(name: str, seeds: list[int]) -> list[dict[str, int]]:
    """Simulate and solve once for each seed; among draws that equal the true value luck decides."""
    design, result = DESIGNS[name], []
    for seed in seeds:
        rng = np.random.default_rng(seed)
        theta = design.draw(rng)
        drawn = design.posterior(rng, **design.simulate(rng, theta))
        below = {one: int((drawn[one] < theta[one]).sum()) for one in design.names}
        equal = {one: int((drawn[one] == theta[one]).sum()) for one in design.names}
        result.append({one: int(rng.integers(n, n + equal[one] + 1)) for one, n in below.items()})
    return result


def p_values(found: np.ndarray) -> dict[str, float]:
    """Test ranks from 0 to RANKS for uniformity, in two ways."""
    counts = np.histogram(found, bins=BINS, range=(0, RANKS + 1))[0]
    spread = (found + np.random.default_rng(1).uniform(size=found.size)) / (RANKS + 1)
    return {
        "chi_square": float(stats.chisquare(counts).pvalue),
        "kolmogorov_smirnov": float(stats.kstest(spread, "uniform").pvalue),
    }


def plot(results: dict, path: Path) -> None:
    """Draw the ranks of every quantity, with the range that chance allows."""
    import matplotlib as mpl
    from matplotlib.figure import Figure

    mpl.rcParams["svg.hashsalt"] = "sbc"
    panels = [(m, q, r) for m, one in results.items() for q, r in one["ranks"].items()]
    figure = Figure(figsize=(9, 2.2 * -(-len(panels) // 3)), layout="constrained")
    axes = figure.subplots(-(-len(panels) // 3), 3, squeeze=False).ravel()
    for ax, (model, quantity, found) in zip(axes, panels, strict=False):
        low, high = stats.binom.interval(0.99, len(found), 1 / BINS)
        ax.axhspan(low, high, color="0.88", lw=0)
        ax.hist(found, bins=BINS, range=(0, RANKS + 1), color="#30638e")
        ax.set_title(f"{model.replace('_', ' ')}: {quantity.replace('_', ' ')}", fontsize=9)
        ax.set_xlabel("rank of the true value", fontsize=8)
        ax.set_ylabel("simulations", fontsize=8)
    for ax in axes[len(panels) :]:
        ax.remove()
    figure.savefig(path, metadata={"Date": None})


def main() -> None:
    """Run the calibration and keep what came out."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--simulations", type=int, default=300)
    parser.add_argument("--models", nargs="+", choices=DESIGNS, default=list(DESIGNS))
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--scheduler", metavar="ADDRESS", help="a Dask scheduler, tcp://host:port")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=Path, default=OUT, help="folder for what comes out")
    options = parser.parse_args()
    options.out.mkdir(exist_ok=True)
    path = options.out / "results.json"
    results = json.loads(path.read_text(encoding="utf-8"))["models"] if path.exists() else {}
    stated = f"--simulations {options.simulations} --seed {options.seed}"
    for name in options.models:
        began = time.perf_counter()
        seeds = np.arange(options.simulations) + options.seed * 1_000_000
        parts = np.array_split(seeds, max(1, min(8, options.simulations // 10)))
        with workers(options.scheduler, options.jobs):
            lists = Parallel()(delayed(ranks)(name, part.tolist()) for part in parts)
        found = [one for part in lists for one in part]
        by_quantity = {q: [one[q] for one in found] for q in DESIGNS[name].names}
        results[name] = {
            "command": f"python benchmarks/sbc.py --models {name} {stated}",
            "version": MODELS[name].version,
            "simulations": len(found),
            "seconds": round(time.perf_counter() - began),
            "p_values": {q: p_values(np.array(r)) for q, r in by_quantity.items()},
            "ranks": by_quantity,
        }
        for quantity, tests in results[name]["p_values"].items():
            shown = ", ".join(f"{test.replace('_', ' ')} p = {p:.3f}" for test, p in tests.items())
            print(f"{name} {quantity}: {shown}", flush=True)
    results = {name: results[name] for name in DESIGNS if name in results}
    every = [
        p for one in results.values() for tests in one["p_values"].values() for p in tests.values()
    ]
    limit = ALPHA / len(every)
    report = {
        "versions": fits.versions(),
        "smallest_p": min(every),
        "limit": limit,
        "passed": min(every) > limit,
        "models": results,
    }
    text = json.dumps(report, indent=1).replace(",\n     ", ", ")
    path.write_text(text + "\n", encoding="utf-8")
    plot(results, options.out / "ranks.svg")
    print("passed" if report["passed"] else f"FAILED: a p-value is below {limit:.5f}")


if __name__ == "__main__":
    main()
