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
from forecasting.exchange import bif, formats, variables, xdsl
from forecasting.file.propositions import states_of, title_of

gum = pytest.importorskip("pyagrum")
VariableElimination = pytest.importorskip("pgmpy.inference").VariableElimination


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
        hard = f'Über "v{k}", <so> & so; {{1}} // ]]> -- \\u0022 \\'
        labels = {state: f"{hard} ({state})" for state in states if rng.random() < 0.3}
        title = rng.choice(["", hard])
        parents = tuple(one.name for one in above)
        made.append(Variable(f"v{k}", states, parents, rows, title, labels))
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


def here(network, seen):
    """The probabilities of the states of each variable here, given the numbers of some states."""
    events = network.case.events
    given = {event: states_of(events[event])[k] for event, k in seen.items()}
    found, result = network.posterior(given=given), {}
    for event, record in events.items():
        # A hyphen is no letter in a name that goes out.
        result[event.replace("-", "_")] = (
            [1 - found[event], found[event]]
            if record.is_yes_no
            else [found[f"{event}.{state}"] for state in record.states]
        )
    return result


def in_pyagrum(network):
    """The same by pyAgrum: in double precision, but for what it reads of a BIF file."""
    made = network.to_pyagrum()

    def answer(seen):
        engine = gum.LazyPropagation(made)
        engine.setEvidence({event.replace("-", "_"): k for event, k in seen.items()})
        return {name: engine.posterior(name).tolist() for name in made.names()}

    return answer


def in_pgmpy(network):
    """The same by pgmpy, in double precision too, of what was not seen."""
    engine = VariableElimination(network.to_pgmpy())
    states = {one.name: one.states for one in network.tabulated().variables}

    def answer(seen):
        numbers = {event.replace("-", "_"): k for event, k in seen.items()}
        seen = {name: states[name][k] for name, k in numbers.items()}
        found = {}
        for name in states.keys() - seen.keys():
            asked = engine.query([name], evidence=seen, show_progress=False)
            by_state = dict(zip(asked.state_names[name], asked.values.tolist(), strict=True))
            found[name] = [by_state[state] for state in states[name]]
        return found

    return answer


def held_against_others(network, findings):
    """Hold probabilities given each of some findings against those of pyAgrum and of pgmpy."""
    for other in (in_pyagrum(network), in_pgmpy(network)):
        for seen in findings:
            ours = here(network, seen)
            for name, found in other(seen).items():
                assert found == pytest.approx(ours[name], rel=0, abs=1e-12), (name, seen)


def likely(network, rng, many):
    """Findings to condition on: of some variables a state that is not all but impossible."""
    prior = here(network, {})
    order = [(event, prior[event.replace("-", "_")]) for event in network.case.events]
    return {
        event: rng.choice([k for k, p in enumerate(chances) if p > 1e-3])
        for event, chances in rng.sample(order, min(many, len(order) - 1))
    }


def test_200_random_networks_answer_as_pyagrum_and_pgmpy_do_after_a_way_out_and_in():
    """Marginals, and posteriors given one finding and given two."""
    for seed in range(200):
        form, rng = (bif, xdsl)[seed % 2], random.Random(seed)
        network, _ = case_of(drawn(seed))
        again, _ = case_of(form.read(form.write(network.tabulated().variables, "n"), "n"))
        held_against_others(again, [likely(network, rng, many) for many in range(3)])


@pytest.mark.parametrize(
    "name",
    [
        "asia", "cancer", "earthquake", "sachs", "survey", "child", "insurance", "alarm",
        "hailfinder", "win95pts",
    ],
)  # fmt: skip
def test_published_networks_go_out_as_they_came_in(name):
    packed = files("pgmpy") / "utils" / "example_models" / f"{name}.bif.gz"
    network, _ = case_of(bif.read(gzip.decompress(packed.read_bytes()).decode(), name))
    out, rng, prior = network.tabulated(), random.Random(name), here(network, {})
    for form in (bif, xdsl):
        again, _ = case_of(form.read(form.write(out.variables, name), name))
        for variable, found in here(again, {}).items():
            assert found == pytest.approx(prior[variable], rel=0, abs=1e-12)
    held_against_others(again, [likely(again, rng, many) for many in (0, 1, 3)])


# --- cases with links, sources, several states and amounts ----------------------------------------

STORM = """
case: storm
as_of: 2025-01-01
resolve_by: 2026-01-01
events:
  low-pressure: {role: driver, kind: state, base_rate: 30%, now: 45%}
  table: {base_rate: {low: 5%, high: 20%}}
  sky: {states: [clear, half-grey, grey], base_rate: {clear: 50%, half-grey: 30%, grey: rest}}
  swell_height: {states: [low, high], ordered: yes, base_rate: {low: 60%, high: rest}}
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
    assert by_name["sky"].labels == {"half_grey": "half-grey"}
    assert by_name["low_pressure"].title == "low-pressure"
    assert "hail" not in by_name  # without cuts it has one cell
    told = " ".join(out.notes)
    for words in (
        "3 links became rows", "no band", "2 sources", "only the cells between cuts",
        "an order is lost: swell_height",
    ):  # fmt: skip
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


# --- files of other programs ----------------------------------------------------------------------


def test_files_of_pyagrum_are_read_with_the_values_it_has(tmp_path):
    """GeNIe lets the last parent change fastest, pyAgrum the first, whoever reads it."""
    most = 0
    for seed in range(40):
        made = case_of(drawn(seed))[0].to_pyagrum()
        # XDSL has six digits of each number.
        for end, form, within in (("bif", bif, 0), ("xdsl", xdsl, 5e-6)):
            path = tmp_path / f"n.{end}"
            gum.saveBN(made, str(path))
            read = form.read(path.read_text(encoding="utf-8"), "n")
            assert {one.name for one in read} == made.names()
            for one in read:
                table, most = made.cpt(one.name), max(most, len(one.parents))
                assert one.states == made.variable(one.name).labels()
                for words, row in one.rows.items():
                    wanted = list(table[dict(zip(one.parents, words, strict=True))])
                    assert list(row) == pytest.approx(wanted, rel=0, abs=within)
    assert most >= 3


APP = 'app="aGrUM 3.3.1"'


def test_a_file_whose_order_of_rows_is_not_known_is_refused(tmp_path):
    path = tmp_path / "n.xdsl"
    for arcs, is_read in (("a->b<-c", False), ("a->b", True)):
        gum.saveBN(gum.fastBN(arcs), str(path))
        text = path.read_text(encoding="utf-8").replace(f"aGrUM {gum.__version__}", "aGrUM 3.3.1")
        assert APP in text
        both = text.replace("</extensions>", '<genie app="GeNIe 5.0"/></extensions>')
        for changed in (text.replace(APP, 'app="aGrUM 3.4.0"'), text.replace("3.3.1", "new"), both):
            if is_read:  # of one parent there is one order
                assert xdsl.read(changed, "n") == xdsl.read(text, "n")
                continue
            with pytest.raises(InputError, match="unclear in which order the rows") as refused:
                xdsl.read(changed, "n")
            assert "saveBN" in refused.value.problems[0].hint


def test_what_pyagrum_writes_that_is_no_xml_is_to_be_saved_as_bif(tmp_path):
    made = gum.BayesNet()
    made.add(gum.LabelizedVariable("age", "", ["<5", ">=5"]))
    made.generateCPTs()
    gum.saveBN(made, str(tmp_path / "n.xdsl"))
    with pytest.raises(InputError, match="not XML") as refused:
        xdsl.read((tmp_path / "n.xdsl").read_bytes(), "n")
    assert "save it as BIF" in refused.value.problems[0].hint


@pytest.mark.parametrize("form", ["bif", "xdsl"])
def test_files_of_pgmpy_are_read_with_the_values_it_has(tmp_path, form):
    from pgmpy.readwrite import BIFWriter, XDSLWriter

    writer, reader = {"bif": (BIFWriter, bif), "xdsl": (XDSLWriter, xdsl)}[form]
    for seed in range(40):
        made, path = case_of(drawn(seed))[0].to_pgmpy(), tmp_path / f"n.{form}"
        writer(made).write(path)
        read = reader.read(path.read_text(encoding="utf-8"), "n")
        assert {one.name for one in read} == {*made.nodes()}
        for one in read:
            table = made.get_cpds(one.name)
            assert list(one.parents) == table.variables[1:]
            found = [list(row) for row in one.rows.values()]
            wanted = [pytest.approx(row, rel=0, abs=0 if form == "bif" else 1e-16)
                      for row in table.get_values().T.tolist()]  # fmt: skip
            assert found == wanted


def test_names_of_several_words_are_read_as_pgmpy_writes_them():
    from pgmpy.factors.discrete import TabularCPD
    from pgmpy.models import DiscreteBayesianNetwork
    from pgmpy.readwrite import BIFWriter

    made = DiscreteBayesianNetwork([("sea state", "ferry"), ("ice", "ferry")])
    seas, ferry = ["dead calm", "<3 m", "storm"], ["runs", "stays in port"]
    rows = [[0.75, 0.625, 0.5, 0.375, 0.25, 0.125], [0.25, 0.375, 0.5, 0.625, 0.75, 0.875]]
    named = {"sea state": seas, "ice": ["no", "a thin sheet"], "ferry": ferry}
    made.add_cpds(
        TabularCPD("sea state", 3, [[0.5], [0.25], [0.25]], state_names={"sea state": seas}),
        TabularCPD("ice", 2, [[0.875], [0.125]], state_names={"ice": named["ice"]}),
        TabularCPD("ferry", 2, rows, ["sea state", "ice"], [3, 2], named),
    )
    read = {one.name: one for one in bif.read(str(BIFWriter(made)), "n")}
    assert {name: list(one.states) for name, one in read.items()} == named
    assert read["ferry"].parents == ("sea state", "ice")
    assert read["ferry"].rows["<3 m", "a thin sheet"] == (0.375, 0.625)
    network, _ = case_of(tuple(read.values()))
    assert network.prior()["ferry.runs"] == pytest.approx(
        sum(p * q * row for (p, q), row in zip(product((0.5, 0.25, 0.25), (0.875, 0.125)), rows[0],
                                               strict=True)), abs=1e-15)  # fmt: skip


# --- titles and labels ----------------------------------------------------------------------------

COUNCIL = """
case: council
events:
  wet-season: {title: 'The "wet" season; // {1}', role: driver, kind: state, base_rate: 30%}
  cabinet:
    title: Which cabinet & who
    states: {care-taker: "The caretaker's cabinet <stays>", "inclusive": inclusive, f16: F16}
    base_rate: {care-taker: 50%, inclusive: 30%, f16: rest}
  twin: {title: Which cabinet & who, states: [dry, half-dry], base_rate: {dry: 50%, half-dry: rest}}
  plain: {states: [up, down], base_rate: {up: 50%, down: rest}}
links: [{from: wet-season, to: cabinet.inclusive, raises: 2}]
"""


@pytest.mark.parametrize("end", ["bif", "xdsl"])
def test_titles_and_labels_come_back_from_a_file(tmp_path, end):
    before = forecasting.read(COUNCIL)
    formats.write(forecasting.Network(before), tmp_path / f"council.{end}")
    after = forecasting.read(formats.case_text(tmp_path / f"council.{end}", "council")[0])
    shown = [
        sorted((title_of(one, name), [*(event.states or {}).values()])
               for name, event in one.events.items())
        for one in (before, after)
    ]  # fmt: skip
    assert shown[0] == shown[1]
    assert after.events["cabinet"].states["care_taker"] == "The caretaker's cabinet <stays>"
    assert after.events["wet_season"].title == 'The "wet" season; // {1}'


SIGNS = [
    *"ab \"'<>&;{}/\\|,()[]#%\n\t\r\x85\u2028\u202e\ufffe\uffffé😀",
    "]]>", "--", "//", "/*", "*/", "\\u0022", "\\u005c", "&amp;", "F5", " (v)",
]  # fmt: skip


@pytest.mark.parametrize("form", [bif, xdsl])
def test_any_signs_in_titles_and_labels_come_back_on_one_line(form):
    rng = random.Random(3)
    for _ in range(1000):
        title, *labels = ("".join(rng.choices(SIGNS, k=rng.randrange(8))) for _ in range(3))
        labels = dict(zip(("x", "y"), labels, strict=True))
        one = Variable("v", ("x", "y"), (), {(): (0.25, 0.75)}, title, labels)
        (back,) = form.read(form.write([one], "n", [title]), "n")
        shown = {state: variables.one_line(label) for state, label in labels.items()}
        assert back.title == variables.one_line(title)
        assert back.labels == {state: label for state, label in shown.items() if label}


def test_labels_of_faults_that_genie_numbers_itself_are_not_taken():
    node = (
        '<cpt id="tub"><state id="absent" label="F5" /><state id="present" label="Some" />'
        "<probabilities>0.75 0.25</probabilities></cpt>"
    )
    more = '<extensions><genie app="GeNIe 5.0"/></extensions>'
    (one,) = xdsl.read(f"<smile><nodes>{node}</nodes>{more}</smile>", "tub")
    assert one.labels == {"present": "Some"}


@pytest.mark.parametrize("package", ["pyagrum", "pgmpy"])
def test_a_package_that_is_not_there_is_said_in_one_line(storm, monkeypatch, package):
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(InputError) as refused:
        getattr(storm, f"to_{package}")()
    assert str(refused.value).splitlines()[0] == f"{package} is not installed"
    assert refused.value.problems[0].hint.endswith(f"-m pip install {package}")
