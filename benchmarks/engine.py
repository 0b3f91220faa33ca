"""Time the explorer's engine on the main case, in V8 without a browser.

Each slider is moved back and forth a hundred times, a new place every time, and the whole answer is
read: all priors and posteriors, facts, soundness of sources, scenarios. Then bands of 1,024 draws,
the weights of evidence of one outcome, and the tipping points of one slider. Times are those of the
processor, so that other programs count less; the drawing of the page is not in them.
"""

from __future__ import annotations

import json
import statistics
import time
from pathlib import Path

from py_mini_racer import MiniRacer

from forecasting.engine.inputs import inputs
from forecasting.engine.network import Network
from forecasting.explorer.live import scopes
from forecasting.explorer.model import compiled
from forecasting.file.case import load

CASE = Path(__file__).resolve().parents[1] / "priors" / "pakistan_taliban_2021.yaml"
OUTCOME = "taliban_curb_ttp"
MOVES = 100


def main() -> None:
    """Print a line for each kind of work."""
    network = Network(load(CASE))
    page, sorts = compiled(network), {one.path: one.sort for one in inputs(network)}
    v8 = MiniRacer()
    v8.eval(scopes("engine/engine.js"))
    v8.eval(f"var page = engine_js.engine(JSON.parse({json.dumps(json.dumps(page))})); 0")

    def milliseconds(code: str, times: int) -> float:
        loop = f"for (let i = 0; i < {times}; i++) {{ {code} }} 0"
        v8.eval(loop)  # once, so that V8 has compiled it
        start = time.process_time()
        v8.eval(loop)
        return 1000 * (time.process_time() - start) / times

    by_sort: dict[str, list[float]] = {}
    for one in page["inputs"]:
        place = "0.2 + 0.002 * i" if one["kind"] == "probability" else "1.5 + 0.01 * i"
        move = f"page.solve({{overrides: {{{json.dumps(one['path'])}: {place}}}}})"
        by_sort.setdefault(sorts[one["path"]], []).append(milliseconds(move, MOVES))
    print(f"{'a move of a slider':24}{'sliders':>8}{'median ms':>11}{'worst ms':>10}")
    for sort, times in by_sort.items():
        print(f"{sort:24}{len(times):>8}{statistics.median(times):>11.2f}{max(times):>10.2f}")
    outcome = json.dumps(OUTCOME)
    tip = f"page.tip({{}}, 'events.{OUTCOME}.base_rate', {outcome})"
    for title, code, times in (
        ("bands, 1,024 draws", "page.band({})", 3),
        ("weights of evidence", f"page.weights({{}}, {outcome})", 20),
        ("tipping points", tip, 5),
    ):
        print(f"{title:32}{milliseconds(code, times):>11.2f}")
    v8.close()


if __name__ == "__main__":
    main()
