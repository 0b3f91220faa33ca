"""Networks of the bnlearn repository, read as cases, answer as another engine does.

The files come with pgmpy, which reads and answers them by code of its own.

References
----------
Scutari, Bayesian Network Repository, https://www.bnlearn.com/bnrepository. The networks:

- survey: Scutari & Denis (2021), Bayesian Networks with Examples in R, ISBN 978-0-367-36651-3
- sachs: Sachs et al. (2005), Science 308, 523-529, doi:10.1126/science.1105809
- child: Spiegelhalter & Cowell (1992), in Bayesian Statistics 4, ISBN 978-0-19-852266-9
- alarm: Beinlich et al. (1989), Proc. 2nd European Conference on AI in Medicine, 247-256
- insurance: Binder et al. (1997), Machine Learning 29, 213-244, doi:10.1023/A:1007421730016
- hailfinder: Abramson et al. (1996), International Journal of Forecasting 12, 57-71,
  doi:10.1016/0169-2070(95)00664-8
"""

import gzip
from functools import cache
from importlib.resources import files

import numpy as np
import pytest

import forecasting
from forecasting.exchange import bif, variables

NETWORKS = ["survey", "sachs", "child", "alarm", "insurance", "hailfinder"]
FINDINGS = 20

pytest.importorskip("pgmpy")


def published(name):
    packed = files("pgmpy") / "utils" / "example_models" / f"{name}.bif.gz"
    return gzip.decompress(packed.read_bytes()).decode()


# Adapters: the only lines that know how the package and pgmpy are called.


@cache
def package(name):
    """(the network of the case, how its variables and states are named there)."""
    read = bif.read(published(name), f"{name}.bif")
    text, _ = variables.case_text(read, name)
    return forecasting.Network(forecasting.read(text)), variables.names(read)


def posterior(name, seen):
    """P(state | what was seen) of every state of every variable that was not seen."""
    network, named = package(name)
    given = {named[v].event: named[v].states[state] for v, state in seen.items()}
    found = network.posterior(given=given)

    def probability(event, state):
        if state in ("yes", "no"):
            return found[event] if state == "yes" else 1 - found[event]
        return found[f"{event}.{state}"]

    return {
        (variable, state): probability(named[variable].event, own)
        for variable in named
        if variable not in seen
        for state, own in named[variable].states.items()
    }


@cache
def reference(name):
    """(pgmpy's network, its engine); its tables are divided by their sums too."""
    from pgmpy.inference import VariableElimination
    from pgmpy.readwrite import BIFReader

    model = BIFReader(string=published(name)).get_model()
    for table in model.get_cpds():
        table.normalize()
    return model, VariableElimination(model)


def wanted(name, seen):
    model, engine = reference(name)
    result = {}
    for variable in model.nodes:
        if variable not in seen:
            found = engine.query([variable], evidence=seen, show_progress=False)
            states = found.state_names[variable]
            result |= {(variable, state): p for state, p in zip(states, found.values, strict=True)}
    return result


def world(name, rng):
    """Draw a state of every variable from pgmpy's tables, so that it is possible."""
    import networkx

    model, _ = reference(name)
    drawn = {}
    for variable in networkx.topological_sort(model):
        table = model.get_cpds(variable)
        row = {parent: drawn[parent] for parent in table.variables[1:]}
        if row:
            table = table.reduce(list(row.items()), inplace=False)
        drawn[variable] = str(rng.choice(table.state_names[variable], p=table.values))
    return drawn


@pytest.mark.parametrize("name", NETWORKS)
def test_the_prior_is_that_of_pgmpy(name):
    assert posterior(name, {}) == pytest.approx(wanted(name, {}), rel=0, abs=1e-9)


@pytest.mark.parametrize("name", NETWORKS)
def test_what_was_found_tells_as_much_of_the_rest_as_in_pgmpy(name):
    rng = np.random.default_rng(NETWORKS.index(name))
    for at in range(FINDINGS):
        drawn = world(name, rng)
        seen = rng.permutation(list(drawn))[: rng.integers(1, max(len(drawn) // 3, 2) + 1)]
        seen = {str(variable): drawn[variable] for variable in seen}
        found = posterior(name, seen)
        assert found == pytest.approx(wanted(name, seen), rel=0, abs=1e-9), (at, seen)
