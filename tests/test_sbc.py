"""The calibration finds nothing in the models, in a short version, and finds a planted fault."""

import dataclasses
import json

import numpy as np
import pytest

from benchmarks import sbc
from forecasting.file.models import MODELS

PARTS = 24


def smallest_p(name):
    found = sbc.ranks(name, list(range(PARTS)))
    return min(
        min(sbc.p_values(np.array([one[quantity] for one in found])).values())
        for quantity in sbc.DESIGNS[name].names
    )


@pytest.mark.parametrize("name", ["reference_class", "time_to_event"])
def test_ranks_of_the_true_values_are_even(name):
    assert smallest_p(name) > 0.001


def test_the_long_run_that_is_kept_covers_every_model_and_passed():
    kept = json.loads((sbc.OUT / "results.json").read_text(encoding="utf-8"))
    assert kept["models"].keys() == sbc.DESIGNS.keys()
    for name, one in kept["models"].items():
        assert one["version"] == MODELS[name].version  # a changed model is calibrated anew
        assert one["simulations"] >= 200
        for quantity, found in one["ranks"].items():
            tests = sbc.p_values(np.array(found))
            assert tests == pytest.approx(one["p_values"][quantity])
            assert min(tests.values()) > kept["limit"]


def test_a_prior_that_is_off_by_two_deviations_is_found(monkeypatch):
    design = sbc.DESIGNS["reference_class"]

    def draw(rng):
        share, kappa = rng.beta(1, 1), 8 * np.exp(2.4 + rng.normal())
        groups = rng.beta(share * kappa, (1 - share) * kappa, sbc.CASES.size)
        return {"share": share, "kappa": kappa, "group": groups[0], "groups": groups}

    shifted = dataclasses.replace(design, draw=draw)
    monkeypatch.setitem(sbc.DESIGNS, "reference_class", shifted)
    assert smallest_p("reference_class") < 0.001


def test_even_ranks_pass_and_uneven_ones_do_not():
    even = np.arange(200) % 100
    assert min(sbc.p_values(even).values()) > 0.5
    assert max(sbc.p_values(even // 2).values()) < 1e-6
