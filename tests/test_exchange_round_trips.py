"""Networks go out as BIF and XDSL, and to pgmpy and pyAgrum, and come back as they were."""

import gzip
import random
import sys
from importlib.resources import files
from itertools import product

import numpy as np
import pytest

import forecasting
from forecasting.engine.tabulated import Variable
from forecasting.errors import InputError
from forecasting.exchange import bif, variables, xdsl

gum = pytest.importorskip("pyagrum")
pytest.importorskip("pgmpy")


def drawn(seed):
    """A network of up to eight variables of two to four states, parents first."""
    rng = random.Random(seed)
    made = []
    for k in range(rng.randint(1, 8)):
        states = tuple(f"s{i}" for i in range(rng.randint(2, 4)))
        above = rng.sample(made, rng.randint(0, min(3, k)))
        rows = {}
        for words in product(*(one.states for one in above)):
            row = np.array([rng.random() ** 4 for _ in states])
            rows[words] = tuple((row / row.sum()).tolist())
        title = rng.choice(["", f'Über "v{k}", <so> & so; {{1}} // ]]> --'])
        made.append(Variable(f"v{k}", states, tuple(one.name for one in above), rows, title))
    return tuple(made)


def case_of(read):
    text, notes = variables.case_text(read, "network")
    return forecasting.Network(forecasting.read(text)), notes


@pytest.mark.parametrize("form", [bif, xdsl])
def test_200_random_networks_come_back_to_the_last_bit(form):
    for seed in range(200):
        network = drawn(seed)
        back = form.read(form.write(network, "network", ["a -- b --"]), "network")
        assert back == network


def test_random_networks_answer_as_pyagrum_does_after_a_way_out_and_in(tmp_path):
    for seed in range(0, 200, 10):
        network, _ = case_of(drawn(seed))
        out = network.tabulated()
        again, _ = case_of(xdsl.read(xdsl.write(out.variables, "n"), "n"))
        assert again.prior() == pytest.approx(network.prior(), rel=0, abs=1e-12)
        engine = gum.LazyPropagation(network.to_pyagrum())
        for one in out.variables:
            wanted = [network.prior()[f"{one.name}.{state}"] for state in one.states]
            found = engine.posterior(one.name).tolist()
            assert found == pytest.approx(wanted, rel=0, abs=1e-12)


@pytest.mark.parametrize("name", ["asia", "survey", "child", "insurance", "alarm"])
def test_published_networks_go_out_as_they_came_in(name):
    packed = files("pgmpy") / "utils" / "example_models" / f"{name}.bif.gz"
    network, _ = case_of(bif.read(gzip.decompress(packed.read_bytes()).decode(), name))
    out = network.tabulated()
    prior = network.prior()
    for form in (bif, xdsl):
        again, _ = case_of(form.read(form.write(out.variables, name), name))
        # A hyphen in the name of a state is no letter there.
        found = {key.replace("-", "_"): p for key, p in again.prior().items()}
        wanted = {key.replace("-", "_"): p for key, p in prior.items()}
        assert found == pytest.approx(wanted, rel=0, abs=1e-12)
    made = network.to_pyagrum()
    engine = gum.LazyPropagation(made)
    for event, record in network.case.events.items():
        ours = [prior[p] for p in ([event] if record.is_yes_no else [])] or [
            prior[f"{event}.{state}"] for state in record.states
        ]
        table = engine.posterior(event.replace("-", "_")).tolist()
        assert (table[1:] if record.is_yes_no else table) == pytest.approx(ours, rel=0, abs=1e-12)


# --- cases with links, sources, several states and amounts ----------------------------------------

STORM = """
case: storm
as_of: 2025-01-01
resolve_by: 2026-01-01
events:
  low-pressure: {role: driver, kind: state, base_rate: 30%, now: 45%}
  table: {base_rate: {low: 5%, high: 20%}}
  sky: {states: [clear, half-grey, grey], base_rate: {clear: 50%, half-grey: 30%, grey: rest}}
  rain: {quantity: {unit: mm, whole: yes}, base_rate: {low: 2, best: 9, high: 60},
         cuts: {dry: "<= 4", wet: ">= 20"}}
  gale: {given: table, base_rate: 40%}
  hail: {quantity: {unit: mm}, base_rate: {low: 2, high: 60}}
links:
  - {from: low-pressure, to: table, raises: {low: 2, high: 6}}
  - {from: low-pressure, to: sky.grey, raises: 4}
  - {from: sky.grey, to: rain, raises: 3}
sources: {mast: {title: The mast}, ship: {}}
evidence:
  table:
    bears_on: table
    if_yes: 80%
    if_no: 10%
    reports: [{source: mast, grade: B2}, {source: ship, grade: D3, says: no}]
  swell: {bears_on: rain, if: {wet: 70%, otherwise: 20%}, reports: [{source: mast, grade: B3}]}
  birds: {bears_on: sky.clear, if_yes: 60%, if_no: 30%, status: absent}
"""

# What each proposition is in the network that goes out: a variable, and some of its states.
SETS = {
    "low-pressure": ("low_pressure", ["yes"]), "table": ("table_2", ["yes"]),
    "gale": ("gale", ["yes"]), "sky.half-grey": ("sky", ["half_grey"]),
    "rain.dry": ("rain", ["below_4"]), "rain.wet": ("rain", ["above_20"]),
}  # fmt: skip


@pytest.fixture(scope="module")
def storm():
    return forecasting.Network(forecasting.read(STORM))


def test_a_case_answers_in_pyagrum_and_in_pgmpy_as_it_does_here(storm):
    from pgmpy.inference import VariableElimination

    observed, posterior = dict(storm.tabulated().observed), storm.posterior()
    engine = gum.LazyPropagation(storm.to_pyagrum())
    engine.setEvidence(observed)
    other = VariableElimination(storm.to_pgmpy())
    for name, (variable, states) in SETS.items():
        labels = engine.posterior(variable).variable(0).labels()
        found = dict(zip(labels, engine.posterior(variable).tolist(), strict=True))
        assert sum(found[s] for s in states) == pytest.approx(posterior[name], rel=0, abs=1e-12)
        asked = other.query([variable], evidence=observed, show_progress=False)
        found = dict(zip(asked.state_names[variable], asked.values, strict=True))
        assert sum(found[s] for s in states) == pytest.approx(posterior[name], rel=0, abs=1e-12)


def test_sources_and_reports_are_variables_and_what_is_lost_is_said(storm):
    out = storm.tabulated()
    assert out.observed == {
        "birds": "no", "low_pressure_now": "yes", "table_by_mast": "yes", "table_by_ship": "yes",
        "swell_by_mast": "yes",
    }  # fmt: skip
    by_name = {one.name: one for one in out.variables}
    assert by_name["mast"].states == ("unsound", "sound")
    assert by_name["mast"].rows[()] == pytest.approx((0.15, 0.85))
    assert by_name["mast"].title == "The mast"
    assert by_name["low_pressure"].title == "low-pressure"
    assert "hail" not in by_name  # without cuts it has one cell
    told = " ".join(out.notes)
    for words in ("3 links became rows", "no band", "2 sources", "only the cells between cuts"):
        assert words in told


def test_other_programs_read_what_is_written(storm, tmp_path):
    from pgmpy.readwrite import BIFReader, XDSLReader

    out = storm.tabulated()
    texts = {form: form.write(out.variables, "storm") for form in (bif, xdsl)}
    wanted = {one.name: list(one.rows.values()) for one in out.variables}
    for form, reader in ((bif, BIFReader), (xdsl, XDSLReader)):
        model = reader(string=texts[form]).get_model()
        for name, rows in wanted.items():
            assert model.get_cpds(name).get_values().T.tolist() == [
                pytest.approx(row, rel=0, abs=1e-12) for row in rows
            ], name
    titles = {one.name: one.title or one.name for one in out.variables}
    titles |= {"table_2": "table (table_2)", "table_3": "table (table_3)"}
    # pyAgrum reads BIF in single precision, and calls a variable of XDSL by its title.
    for end, text, called in (("bif", texts[bif], {}), ("xdsl", texts[xdsl], titles)):
        path = tmp_path / f"storm.{end}"
        path.write_text(text, encoding="utf-8")
        read = gum.loadBN(str(path))
        for one in out.variables:
            # Of several parents in XDSL it takes the first to be the fastest, GeNIe the last.
            if called and len(one.parents) > 1:
                continue
            table = read.cpt(called.get(one.name, one.name))
            for words, row in one.rows.items():
                above = [called.get(parent, parent) for parent in one.parents]
                cells = table[dict(zip(above, words, strict=True))]
                assert list(cells) == pytest.approx(row, abs=1e-6)


def test_a_file_of_pyagrum_is_refused_where_its_order_of_rows_is_another(tmp_path):
    """GeNIe lets the last parent change fastest, pyAgrum the first."""
    for parents, is_read in (("a->b", True), ("a->b<-c", False)):
        made = gum.fastBN(parents)
        gum.saveBN(made, str(tmp_path / "n.xdsl"))
        if is_read:
            (one,) = (v for v in xdsl.read((tmp_path / "n.xdsl").read_bytes(), "n") if v.parents)
            rows = [list(made.cpt("b")[{"a": state}]) for state in (0, 1)]
            assert [list(row) for row in one.rows.values()] == [
                pytest.approx(row, abs=1e-5) for row in rows
            ]
        else:
            with pytest.raises(InputError, match="rows of tables in another order"):
                xdsl.read((tmp_path / "n.xdsl").read_bytes(), "n")


@pytest.mark.parametrize("package", ["pyagrum", "pgmpy"])
def test_a_package_that_is_not_there_is_said_in_one_line(storm, monkeypatch, package):
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(InputError) as refused:
        getattr(storm, f"to_{package}")()
    assert str(refused.value).splitlines()[0] == f"{package} is not installed"
    assert refused.value.problems[0].hint.endswith(f"-m pip install {package}")
