"""Yes/no cases give the numbers that they gave before there were events of other types.

They were written down by ``benchmarks/same_numbers.py --keep``, by the last commit before; run
without it on that checkout, the script says whether they are the same in every bit on one machine.
Here they may differ by what another processor, or another numpy, makes of exponentials.
"""

import json

import numpy as np
import pytest

from benchmarks.same_numbers import KEPT, digest, numbers, written

BEFORE = json.loads(KEPT.read_text(encoding="utf-8"))

# Units in the last place of the number, or of 1; logs err by as much as probabilities do, over
# what is left of them. Between two sorts of processor were found 3, and 13.
ULP = {"evidence": 32, "weights": 32}


@pytest.fixture(scope="module")
def cases():
    return written(len(BEFORE) - 1)


@pytest.mark.parametrize("name", BEFORE)
def test_the_numbers_are_those_of_before(cases, name):
    assert BEFORE[name]["digest"] == digest(cases[name]), "it is another case"
    found = numbers(cases[name])
    assert found.keys() | {"digest"} == BEFORE[name].keys()
    for kind, some in found.items():
        wanted = np.array(BEFORE[name][kind])
        assert len(some) == len(wanted)
        off = np.abs(np.array(some) - wanted) / np.spacing(np.maximum(np.abs(wanted), 1.0))
        assert (off <= ULP.get(kind, 4)).all(), kind
