"""The engine of the page computes what Python computes, and says what it cannot."""

import json
import math
from datetime import date
from itertools import cycle
from statistics import NormalDist

import numpy as np
import pytest
from py_mini_racer import MiniRacer
from scipy.special import expit, logit

from forecasting.answer.explain import weight_of_evidence
from forecasting.engine.draws import band
from forecasting.engine.network import Network
from forecasting.errors import InputError
from forecasting.explorer.live import scopes
from forecasting.explorer.model import compiled
from forecasting.file.case import load, read
from forecasting.file.overlay import override
from forecasting.judgement import Probability
from forecasting.lexicon import icd_203
from tests.random_cases import as_text, random_case

FIRST, MAIN = "priors/first_case.yaml", "priors/pakistan_taliban_2021.yaml"


class Page:
    """A page of a case in V8, without a browser around it."""

    def __init__(self, case):
        self.case = case
        self.compiled = compiled(Network(case))
        self.v8 = MiniRacer()
        self.v8.eval(scopes("engine/engine.js"))
        self.v8.eval(f"var compiled = JSON.parse({json.dumps(json.dumps(self.compiled))})")
        self.v8.eval("var page = engine_js.engine(compiled)")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.v8.close()

    def run(self, code, *arguments):
        """Call a function of the page; what is no number in JSON comes back as None."""
        written = ", ".join(json.dumps(argument) for argument in arguments)
        return json.loads(self.v8.eval(f"JSON.stringify(({code})({written}))"))

    def solve(self, **settings):
        return self.run("page.solve", settings)


def python(case, settings):
    """The same answers from `Network`; refuses what cannot be."""
    as_of, by = (day and date.fromisoformat(day) for day in map(settings.get, ("as_of", "by")))
    network = Network(override(case, settings["overrides"]), as_of, by)
    supposed = settings["given"], settings["do"]
    scenarios = {name: scenario.when for name, scenario in case.scenarios.items()}
    return network, {
        "posterior": network.posterior(*supposed),
        "facts": network.facts(*supposed),
        "soundness": network.soundness(*supposed),
        "scenarios": network.joints(scenarios, *supposed),
        "logEvidence": {"": network.log_evidence(*supposed)},
        "prior": network.prior(),
        "priorFacts": {name: network.chances(fact=name)[1] for name in network.fact_names},
        "scenariosPrior": network.joints(scenarios, prior=True),
    }


# --- random settings ------------------------------------------------------------------------------


class Hand:
    """Moves sliders, turns cards and dates, at random but within what the file format allows."""

    def __init__(self, page, seed):
        self.page, self.rng = page, np.random.default_rng(seed)

    def chance(self, p):
        return bool(self.rng.random() < p)

    def some_of(self, choices, most):
        count = min(int(self.rng.integers(0, most + 1)), len(choices))
        return [choices[i] for i in self.rng.permutation(len(choices))[:count]]

    def spread(self, centre, shown):
        half = self.rng.uniform(0.1, 2)
        record = {"low": float(shown(centre - half)), "high": float(shown(centre + half))}
        if self.chance(0.5):
            record["best"] = float(shown(centre + half * self.rng.uniform(-0.3, 0.3)))
        return record

    def probability(self, closed):
        if self.chance(0.1):
            # Not 1 - 1e-12: of what is left below 1, a float keeps only its first few digits.
            return [1e-12, 1e-6, 0.999][self.rng.integers(3)]
        if closed and self.chance(0.1):
            return int(self.rng.integers(2))
        if self.chance(0.1):
            return {"seen": int(self.rng.integers(4)), "of": 9}
        centre = self.rng.uniform(-4, 4)
        return float(expit(centre)) if self.chance(0.4) else self.spread(centre, expit)

    def multiplier(self):
        if self.chance(0.1):
            return 1e6
        centre = self.rng.uniform(-2, 3)
        return float(np.exp(centre)) if self.chance(0.4) else self.spread(centre, np.exp)

    def value(self, one):
        path = one["path"]
        if path.startswith("scales.credibility"):
            return float(self.rng.uniform(0.05, 0.98))
        if one["kind"] == "odds":
            return self.multiplier()
        closed = any(part in path for part in (".table", ".reports.", ".if_yes", ".if_no"))
        value = self.probability(closed or path.startswith("scales"))
        events = {event["id"]: event for event in self.page.compiled["events"]}
        if path.endswith(".base_rate") and events[path.split(".")[1]]["kind"] != "state":
            dated = bool(self.page.compiled["windows"][0]["length"])
            if dated and self.chance(0.6):
                value = value if isinstance(value, dict) else {"best": value}
                period = ["12 months", "1 year", "2.5 years", "7 months"][self.rng.integers(4)]
                value = value | {"within": period}
        return value

    def setting(self):
        page = self.page.compiled
        # Base rates of several states, which test_explorer_engine_states moves, have other forms.
        several = {event["id"] for event in page["events"] if "states" in event}
        inputs = [one for one in page["inputs"] if one["path"].split(".")[1] not in several]
        overrides = {one["path"]: self.value(one) for one in self.some_of(inputs, 5)}
        for fact in self.some_of(page["facts"], 2):
            place, reports = f"evidence.{fact['id']}", fact["reports"]
            graded = [i for i, report in enumerate(reports) if report["digit"]]
            if self.chance(0.5):  # a card switched off
                overrides = {k: v for k, v in overrides.items() if f"{place}.reports" not in k}
                overrides |= {f"{place}.status": "pending", f"{place}.reports": []}
            elif graded and self.chance(0.7):
                i = graded[self.rng.integers(len(graded))]
                grade = reports[i]["letter"] + "123456"[self.rng.integers(6)]
                overrides[f"{place}.reports.{i}.grade"] = grade
            else:
                overrides[f"{place}.status"] = ["confirmed", "absent"][self.rng.integers(2)]
        names = [event["id"] for event in page["events"] if event["id"] not in several]
        given = {name: self.chance(0.5) for name in self.some_of(names, 2) if self.chance(0.3)}
        do = {name: self.chance(0.5) for name in self.some_of(names, 2) if self.chance(0.3)}
        window = page["windows"][self.rng.integers(len(page["windows"]))]
        dates = {key: window[key] if self.chance(0.5) else None for key in ("as_of", "by")}
        known = {(one["as_of"], one["by"]) for one in page["windows"]}
        own = (page["as_of"], page["resolve_by"])
        if (dates["as_of"] or own[0], dates["by"] or own[1]) not in known:
            dates = {"as_of": window["as_of"], "by": window["by"]}
        return {"overrides": overrides, "given": given, "do": do, **dates}


def agrees(page, settings):
    """Whether both can answer; fails if they do and differ, or if only one can."""
    answer = page.solve(**settings)
    try:
        _, expected = python(page.case, settings)
    except InputError as error:
        assert answer["impossible"], (settings, str(error))
        return False
    assert not answer["impossible"], (settings, answer["problem"])
    for quantity, values in expected.items():
        found = answer[quantity]
        found = found if isinstance(found, dict) else {"": found}
        assert found.keys() == values.keys()
        limit = 1e-10 if quantity == "logEvidence" else 1e-12
        for name, value in values.items():
            assert abs(found[name] - value) <= limit, (quantity, name, settings)
    return True


@pytest.mark.parametrize(("path", "count"), [(MAIN, 60), (FIRST, 140)])
def test_python_and_the_page_agree_on_random_settings_of_a_case(path, count):
    with Page(load(path)) as page:
        hand = Hand(page, seed=5)
        answered = sum(agrees(page, hand.setting()) for _ in range(count))
    assert answered > 0.75 * count


def test_python_and_the_page_agree_on_random_settings_of_random_cases():
    answered = 0
    for seed in range(50):
        with Page(read(as_text(random_case(seed)))) as page:
            hand = Hand(page, seed)
            answered += sum(agrees(page, hand.setting()) for _ in range(6))
    assert 220 < answered < 300  # some settings are impossible, and both say so


def test_python_and_the_page_agree_on_random_cases_with_extremes():
    answered = 0
    for seed in range(40):
        text = as_text(random_case(seed, events=(2, 4), facts=(1, 3), sources=(1, 2), extreme=True))
        with Page(read(text)) as page:
            hand = Hand(page, seed)
            answered += sum(agrees(page, hand.setting()) for _ in range(3))
    assert 60 < answered < 120


def same_band(found, expected, limit=1e-12, relative=False):
    """Hold a band of the page against another one, or against Python's."""
    if not isinstance(expected, dict):
        expected = vars(expected) | {"draws": expected.draws}
    within = {"rel" if relative else "abs": limit}
    for end in ("low", "high", "mean"):
        assert found[end] == pytest.approx(expected[end], **within)
    assert found["draws"] == expected["draws"]


@pytest.mark.parametrize("says", ["yes no", "no yes", "yes yes", "yes no yes", "yes yes no"])
def test_a_source_that_affirms_and_denies_a_fact_on_one_day_says_nothing_on_the_page_too(says):
    """Its earlier report does not come back; of reports that agree the last counts."""
    told = "".join(
        f", {{source: x, grade: A{digit}, says: {word}, date: 2021-02-02}}"
        for digit, word in enumerate(says.split(), start=1)
    )
    case = read(f"""
case: contradiction
as_of: 2021-03-01
resolve_by: 2022-03-01
events: {{a: {{base_rate: 40%}}}}
sources: {{x: {{}}}}
evidence:
  f: {{bears_on: a, if_yes: 80%, if_no: 20%,
      reports: [{{source: x, grade: A1, date: 2021-02-01}}{told}]}}
""")
    with Page(case) as page:
        found = page.solve()["posterior"]["a"]
    assert found == pytest.approx(Network(case).posterior()["a"], abs=1e-12)
    assert (found == pytest.approx(0.4)) == (len(set(says.split())) == 2)


def test_bands_agree():
    pages = [(MAIN, 2, 1024), (FIRST, 8, 1024)]
    pages += [(as_text(random_case(seed)), 2, 256) for seed in range(10)]
    compared = 0
    for text, count, draws in pages:
        with Page(load(text) if text.endswith(".yaml") else read(text)) as page:
            hand = Hand(page, seed=8)
            for settings in (hand.setting() for _ in range(count)):
                try:
                    network, _ = python(page.case, settings)
                except InputError:
                    continue
                page.run("page.weights", settings, next(iter(page.case.events)))
                expected = band(network, draws, given=settings["given"], do=settings["do"])
                found = page.run("page.band", settings, draws)
                # Without its reports a case has another plan, and so other worlds are drawn.
                own_plan = not any(path.endswith(".reports") for path in settings["overrides"])
                same_band(found, expected, 1e-9 if own_plan else 0.02)
                compared += own_plan
    assert compared > 8


BRIDGE = "events.bridge_closed.base_rate"


def test_a_band_made_in_slices_is_not_disturbed_by_moves_meanwhile():
    with Page(load(FIRST)) as page:
        whole = page.run("page.band", {"overrides": {BRIDGE: {"low": 0.5, "high": 0.8}}})
        sliced = page.run("""(path) => {
            const steps = page.bandSteps({overrides: {[path]: {low: 0.5, high: 0.8}}});
            for (let i = 0; ; i++) {
                page.solve({overrides: {[path]: 0.1 + 0.001 * i}});
                page.band({overrides: {[path]: {low: 0.01 + 0.001 * i, high: 0.4}}}, 16);
                const step = steps.next();
                if (step.done) return step.value;
            }
        }""", BRIDGE)  # fmt: skip
    same_band(sliced, whole)


def test_two_bands_in_the_making_do_not_disturb_each_other():
    low, high = ({BRIDGE: {"low": a, "high": b}} for a, b in ((0.02, 0.1), (0.5, 0.8)))
    with Page(load(FIRST)) as page:
        whole = [page.run("page.band", {"overrides": one}) for one in (low, high)]
        both = page.run("""(low, high) => {
            const [left, right] = [low, high].map((overrides) => page.bandSteps({overrides}));
            for (;;) {
                const [one, other] = [left.next(), right.next()];
                if (one.done && other.done) return [one.value, other.value];
            }
        }""", low, high)  # fmt: skip
    for one, other in zip(both, whole, strict=True):
        same_band(one, other)


@pytest.mark.parametrize("draws", [1, 2, 4, 8])
def test_a_band_of_few_draws_is_that_of_python(draws):
    with Page(load(FIRST)) as page:
        found = page.run("page.band", {}, draws)
    same_band(found, band(Network(load(FIRST)), draws))


WIDE = """
case: wide
events:
{parents}  child: {{base_rate: {{low: 5%, high: 30%}}}}
links:
{links}"""


def test_a_node_of_many_rows_is_drawn_like_others():
    """It is too large for its draws to be kept."""
    names = [f"p{i}" for i in range(8)]
    parents = "".join(f"  {name}: {{base_rate: 30%}}\n" for name in names)
    links = "".join(
        f"  - {{from: {name}, to: child, raises: {{low: 1.2, high: 3}}}}\n" for name in names
    )
    case = read(WIDE.format(parents=parents, links=links))
    with Page(case) as page:
        for settings in ({}, {"events.child.base_rate": {"low": 0.2, "high": 0.6}}, {}):
            found = page.run("page.band", {"overrides": settings}, 64)
            same_band(found, band(Network(override(case, settings)), 64))


def test_a_band_does_not_depend_on_what_was_drawn_before():
    """Draws of a node are kept while it stays, and their odds while only its centre moves."""
    path, link = (
        "events.taliban_curb_ttp.base_rate",
        "links.ttp_taliban_bond.taliban_curb_ttp.lowers",
    )
    ranges = [{"low": 0.1, "high": high} for high in (0.3, 0.5)]
    moves = [{path: 0.2}, {path: 0.4}, {path: 0.3}, *({path: one} for one in ranges), {}]
    with Page(load(MAIN)) as page:
        assert {path, link} <= {one["path"] for one in page.compiled["inputs"]}
        moves += ({link: 5}, {path: 1e-9}, {link: {"low": 2, "high": 9}})
        for overrides, draws in zip(moves, cycle((64, 64, 128)), strict=False):
            later = page.run("page.band", {"overrides": overrides}, draws)
            fresh = "(settings, draws) => engine_js.engine(compiled).band(settings, draws)"
            same_band(later, page.run(fresh, {"overrides": overrides}, draws))


def test_an_answer_does_not_depend_on_what_was_asked_before():
    """What is kept from the last setting is used again only where it is the same."""
    for case in (load(FIRST), *(read(as_text(random_case(seed))) for seed in range(6))):
        with Page(case) as page:
            hand = Hand(page, seed=3)
            for settings in (hand.setting() for _ in range(12)):
                later = page.solve(**settings)
                alone = page.run(
                    "(settings) => engine_js.engine(compiled).solve(settings)", settings
                )
                for quantity in ("prior", "posterior", "soundness", "scenarios"):
                    assert later[quantity] == pytest.approx(alone[quantity], abs=1e-14, nan_ok=True)


def test_tables_that_leave_the_range_of_a_float_are_solved_as_those_that_do_not():
    """Of tables times 1e-40 the posterior stays, and Z is less by that for each of them."""
    with Page(load(FIRST)) as page:
        answers = page.run("""() => {
            const { plan, nodes } = compiled.program;
            const circuit = circuit_js.circuitOf(plan);
            const cell = (_, i) => 0.1 + ((i * 37) % 80) / 100;
            const usual = Float64Array.from({ length: plan.size }, cell);
            return [1, 1e-40, 0, 1].map((by) => {
                const belief = new Float64Array(plan.size);
                const z = circuit.evaluate(usual.map((x) => x * by), belief);
                return [String(z), Array.from(belief)];
            });
        }""")
        factors = len(page.compiled["program"]["plan"]["offsets"])
    (usual, cells), (small, others), (never, none), again = answers
    assert again == [usual, cells]
    assert float(usual) - float(small) == pytest.approx(factors * 40 * math.log(10), rel=1e-12)
    assert others == pytest.approx(cells, abs=1e-12)
    assert (never, set(none)) == ("-Infinity", {0})


# --- extreme and impossible -----------------------------------------------------------------------


def test_evidence_far_below_the_range_of_a_float_is_solved_on_logarithms():
    """Eighty facts of about 1e-12 each: P(evidence) is some 1e-960."""
    facts = "".join(
        f"  f{i}: {{bears_on: rain, if_yes: {1e-12 * (1 + i / 80):.17g}, if_no: 1e-12, "
        "status: confirmed}\n"
        for i in range(80)
    )
    case = read(f"case: rain\nevents: {{rain: {{base_rate: 1e-6}}}}\nevidence:\n{facts}")
    ratio = math.fsum(math.log1p(i / 80) for i in range(80))
    with Page(case) as page:
        answer = page.solve()
        expected = float(expit(float(logit(1e-6)) + ratio))
        assert answer["posterior"]["rain"] == pytest.approx(expected, rel=1e-12)
        assert answer["logEvidence"] == pytest.approx(Network(case).log_evidence(), rel=1e-13)
        assert answer["logEvidence"] < -2000
        found = page.run("page.band", {}, 16)
        assert found["low"]["rain"] == pytest.approx(expected, rel=1e-12)


def test_draws_of_log_odds_beyond_the_range_of_exponentials_are_still_a_band():
    """Both pushes together are some 870 in log-odds; the range ends at 709."""
    case = read("""
case: far
events:
  cause: {base_rate: 50%}
  other: {base_rate: 50%}
  rain: {base_rate: {low: 1e-280, high: 1e-200}}
links:
  - {from: cause, to: rain, raises: {low: 1e180, high: 1e200}}
  - {from: other, to: rain, raises: {low: 1e180, high: 1e200}}
evidence:
  wet: {bears_on: rain, likelihood_ratio: 1e250, status: confirmed}
""")
    dry = {"rain": False, "cause": True, "other": True}
    network = Network(case)
    with Page(case) as page:
        for given in ({}, dry):
            found = page.run("page.band", {"given": given}, 64)
            same_band(found, band(network, 64, given=given), 1e-9, relative=True)


LADDER = """
case: ladder
events:
  mission: {base_rate: 40%}
  embassy: {given: mission, base_rate: 20%}
evidence:
  flag: {bears_on: embassy, if_yes: 100%, if_no: 0, status: confirmed}
"""


def test_the_impossible_is_flagged_and_named():
    with Page(read(LADDER)) as page:
        answer = page.solve(given={"mission": False})
        assert answer["impossible"] and answer["problem"] == "the evidence is impossible"
        assert answer["posterior"] == {"mission": None, "embassy": None}
        assert answer["prior"]["mission"] == pytest.approx(0.4, abs=1e-15)
        assert "unless mission is set too" in page.solve(do={"embassy": True})["problem"]
        assert "without mission" in page.solve(do={"embassy": True, "mission": False})["problem"]
        assert page.run("page.band", {"given": {"mission": False}})["low"] == {}
        dead = {"do": {"embassy": True}}
        assert page.run("page.weights", dead, "mission") == []
        assert not page.solve()["impossible"]


@pytest.mark.parametrize(
    "path",
    ["events.missoin.now", "events.mission.table.yes", "evidence.flag.constructor",
     "scales.rows.0", "links.mission.embassy.raises", "views.x.y"],
)  # fmt: skip
def test_a_path_that_names_no_judgement_is_refused(path):
    with Page(read(LADDER)) as page:
        said = page.run("""(path) => {
            try { page.solve({overrides: {[path]: 0.5}}); } catch (error) { return error.message; }
        }""", path)  # fmt: skip
    assert said == f"no such judgement: {path}"


def test_names_that_objects_have_of_themselves_are_names_like_others():
    case = read("""
case: names
as_of: 2024-01-01
resolve_by: 2025-01-01
events:
  constructor: {base_rate: {best: 20%, within: 6 months}}
  valueOf: {given: constructor, base_rate: 50%}
evidence:
  toString: {bears_on: constructor, if_yes: 60%, if_no: 30%, status: confirmed}
""")
    with Page(case) as page:
        assert page.solve()["posterior"] == pytest.approx(Network(case).posterior(), abs=1e-14)
        assert page.solve()["prior"]["constructor"] == pytest.approx(0.36, abs=1e-14)
        assert "unless constructor" in page.solve(do={"valueOf": True})["problem"]


# --- what evidence is worth -----------------------------------------------------------------------


def without(case, items):
    """A case as plain data without some of its evidence."""
    events = {
        name: {k: v for k, v in event.items() if k != "now" or name not in items}
        for name, event in case["events"].items()
    }
    facts = {name: fact for name, fact in case["evidence"].items() if name not in items}
    return read(as_text(case | {"events": events, "evidence": facts}))


def test_each_weight_is_the_step_to_a_forecast_with_one_item_more():
    checked = 0
    for seed in range(30):
        case = random_case(seed)
        if any({"happened", "ruled_out"} & event.keys() for event in case["events"].values()):
            continue  # without it, the window of its base rate would be another
        with Page(read(as_text(case))) as page:
            outcome = next(iter(case["events"]))
            rows = page.run("page.weights", {}, outcome)
            steps = [row["before"] for row in rows] + [row["after"] for row in rows[-1:]]
            for i, step in enumerate(steps):
                part = without(case, [row["item"] for row in rows[i:]])
                assert step == pytest.approx(Network(part).posterior()[outcome], abs=1e-12)
            days = [row["date"] or "" for row in rows]
            assert days == sorted(days)
            checked += len(rows)
    assert checked > 30


ALL_BUT_CERTAIN = """
case: sure
as_of: 2021-01-01
resolve_by: 2022-01-01
events:
  strike: {base_rate: {best: 97%, within: 1 month}}
evidence:
  talks: {bears_on: strike, if_yes: 1%, if_no: 50%, status: confirmed}
"""


def test_a_fact_on_what_is_all_but_certain_weighs_what_it_does():
    """1% against 50% is a factor of 50: 17 decibans, however near to 1 the event is."""
    case = read(ALL_BUT_CERTAIN)
    (row,) = weight_of_evidence(Network(case), ["strike"])
    with Page(case) as page:
        (step,) = page.run("page.weights", {}, "strike")
        alone = page.run("page.alone", {}, "talks", "strike")
    for found in (step["decibans"], alone, row.decibans):
        assert found == pytest.approx(-10 * math.log10(50), rel=1e-9)


def test_weights_sum_to_the_way_from_prior_to_posterior():
    settings = {"do": {"leverage_lost": True}, "given": {"recognised": True}}
    with Page(load(MAIN)) as page:
        for setting in ({}, settings):
            rows = page.run("page.weights", setting, "taliban_curb_ttp")
            answer = page.solve(**setting)
            way = [logit(answer[when]["taliban_curb_ttp"]) for when in ("prior", "posterior")]
            total = 10 / math.log(10) * (way[1] - way[0])
            assert sum(row["decibans"] for row in rows) == pytest.approx(total, abs=1e-10)
        assert (rows[0]["kind"], rows[-1]["kind"]) == ("do", "given")


def test_a_fact_alone_weighs_what_python_says():
    case = load(MAIN)
    with Page(case) as page:
        for (fact, event), decibans in Network(case).weights_alone().items():
            assert page.run("page.alone", {}, fact, event) == pytest.approx(decibans, abs=1e-10)


def test_the_ceiling_of_a_card_is_that_of_a_report_that_a_sound_source_gives_of_the_truth_only():
    """P(fact) = 0.25; a B source is sound with 85%: the likelihood is 0.15 + 0.85/0.25 or 0.15."""
    case = read("""
case: rain
events: {rain: {base_rate: 25%}}
sources: {radio: {}}
evidence:
  wet:
    bears_on: rain
    if_yes: 70%
    if_no: 10%
    reports: [{source: radio, grade: B3}]
""")
    yes, no = (0.15 + 0.85 * chance / 0.25 for chance in (0.7, 0.1))
    with Page(case) as page:
        ceiling = page.run("page.ceiling", {}, "wet", "rain")
        assert ceiling == pytest.approx(10 * math.log10(yes / no), abs=1e-10)
        assert 0 < page.run("page.alone", {}, "wet", "rain") < ceiling


TOLD = """
case: told
as_of: 2024-06-01
resolve_by: 2025-06-01
events:
  rain: {base_rate: 30%, now: {low: 20%, high: 60%}}
  flood: {base_rate: 5%}
links: [{from: rain, to: flood, raises: {low: 2, high: 9}}]
sources: {radio: {}, mill: {}, pilot: {}}
evidence:
  undated: {bears_on: rain, if_yes: 60%, if_no: 30%, status: absent}
  disputed:
    bears_on: rain
    date: 2024-01-05
    if_yes: {low: 50%, high: 90%}
    if_no: 20%
    reports:
      - {source: radio, grade: B2, date: 2024-05-20}
      - {source: mill, grade: C3, says: false, date: 2024-04-02}
  later:
    bears_on: flood
    likelihood_ratio: 4
    reports: [{source: pilot, grade: A1, says: false, date: 2024-04-30}, {source: mill, grade: C2}]
  improbable:
    bears_on: flood
    date: 2024-03-01
    if_yes: 40%
    if_no: 10%
    reports: [{source: radio, grade: B5}, {source: pilot, grade: A5, says: false}]
  nothing_said:
    bears_on: rain
    date: 2024-05-30
    if_yes: 40%
    if_no: 10%
    reports: [{source: radio, grade: B6}, {source: pilot, grade: A6, says: false}]
"""

# JSON has no infinity: weights come as texts.
IN_WORDS = """(outcome) => page.weights({}, outcome).map((row) => {
    const fact = row.kind === "fact";
    const ask = (what) => fact ? String(page[what]({}, row.item, outcome)) : null;
    return {...row, decibans: String(row.decibans), alone: ask("alone"), ceiling: ask("ceiling")};
})"""


def test_items_and_what_they_are_worth_are_those_that_python_explains():
    compared = directions = 0
    for text in (TOLD, *(as_text(random_case(seed)) for seed in range(40))):
        case = read(text)
        with Page(case) as page:
            outcome = list(case.events)[-1]
            expected = weight_of_evidence(Network(case), [outcome])
            rows = page.run(IN_WORDS, outcome)
            assert [row["item"] for row in rows] == [row.item for row in expected]
            for row, one in zip(rows, expected, strict=True):
                assert row["kind"] == one.kind
                assert row["date"] == (one.known and one.known.isoformat())
                for what in (
                    ("decibans", "alone", "ceiling") if one.kind == "fact" else ("decibans",)
                ):
                    found = pytest.approx(getattr(one, what), abs=1e-9, nan_ok=True)
                    assert float(row[what]) == found, (one.item, what)
                if one.kind == "fact":
                    directions |= 1 if one.ceiling > 0 else 2
                    compared += 1
    assert compared > 60
    assert directions == 3


# --- sliders --------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", [FIRST, MAIN])
def test_every_input_can_be_overridden_with_its_own_value(path):
    case = load(path)
    with Page(case) as page:
        overrides = {}
        for one in page.run("page.inputs"):
            value = {key: one[key] for key in ("low", "best", "high")}
            value = value if one["sd"] else one["best"]
            if counts := one["counts"]:  # what is stated is the count itself
                value = {"beta": counts}
            if one["within"]:
                value = {"best": value} if not one["sd"] else value
                value["within"] = f"{one['within']:g} months"
            if one["path"].endswith(".unsure"):  # a factor either way
                value = one["high"]
            overrides[one["path"]] = value
        answer = page.solve(overrides=overrides)
    expected = Network(case).posterior()
    assert answer["posterior"] == pytest.approx(expected, abs=1e-10)
    assert Network(override(case, overrides)).posterior() == pytest.approx(expected, abs=1e-10)


def test_tips_are_where_the_word_changes():
    case, outcome = load(FIRST), "bridge_closed"
    link, rate = "links.repairs_done.bridge_closed.lowers", "events.bridge_closed.base_rate"
    for path, shown in ((link, np.exp), (rate, expit)):
        with Page(case) as page:
            tips = page.run("page.tip", {}, path, outcome)
            (one,) = (one for one in page.run("page.inputs") if one["path"] == path)
            assert tips
            for tip in tips:
                words = []
                for step in (-1e-6, 1e-6):
                    half = 1.6448536269514722 * one["sd"]
                    ends = [float(shown(tip["at"] + step + d)) for d in (-half, 0.0, half)]
                    value = dict(zip(("low", "best", "high"), ends, strict=True))
                    value = value if one["sd"] else {"best": ends[1]}
                    value |= {"within": "4 months"} if one["within"] else {}
                    moved = Network(override(case, {path: value}))
                    words.append(icd_203(moved.posterior()[outcome]).word)
                assert words == [tip["from"], tip["to"]]
            places = [tip["at"] for tip in tips]
            assert places == sorted(places)


def test_words_are_those_of_icd_203():
    p = [i / 200 for i in range(201)] + [0.2 + 1e-12, 0.2 - 1e-7, 0.8 + 1e-7, 0.0099, 0.991]
    with Page(read("{case: rain, events: {rain: {base_rate: 50%}}}")) as page:
        words = page.run("(p) => p.map(page.word)", p)
    assert words == [icd_203(x).word for x in p]


# --- numbers --------------------------------------------------------------------------------------


def test_normal_quantiles_are_those_of_the_standard_library():
    places = [(k + 0.5) / 4096 for k in range(4096)] + [1e-300, 1e-12, 1 - 1e-12]
    with Page(read("{case: rain, events: {rain: {base_rate: 50%}}}")) as page:
        found = page.run("(p) => p.map(sobol_js.normalQuantile)", places)
    expected = [NormalDist().inv_cdf(p) for p in places]
    np.testing.assert_allclose(found, expected, rtol=4e-16, atol=1e-16)


@pytest.mark.parametrize("count", [1, 2, 257])
def test_quantiles_are_read_between_the_middles_of_the_shares(count):
    values = np.random.default_rng(4).random(count)
    shares = [0.05, 0.5, 0.95, 1e-9, 1 - 1e-9]
    with Page(read("{case: rain, events: {rain: {base_rate: 50%}}}")) as page:
        code = "(values, shares) => sobol_js.quantiles(Float64Array.from(values), shares)"
        found = page.run(code, values.tolist(), shares)
    expected = np.quantile(values, shares, method="hazen")
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-13)


@pytest.mark.parametrize("ratio", [0.03, 0.5, 3.0, 24.0, 300.0])
@pytest.mark.parametrize("lasts", [False, True])
def test_judgements_are_matched_and_rescaled_as_in_python(ratio, lasts):
    stated = [Probability.counted(n, of) for n, of in ((0, 5), (3, 36), (10, 10))]
    stated += [Probability.between(0.001, 0.6), Probability.beta(3, 4000), Probability.exactly(0.3)]
    with Page(read("{case: rain, events: {rain: {base_rate: 50%}}}")) as page:
        for one in stated:
            form = {"median": one.logit_median, "sd": one.logit_sd, "counts": one.counts}
            found = page.run("judgement_js.over", form, ratio, lasts)
            later = one.over(ratio, lasts=lasts)
            assert found["median"] == pytest.approx(later.logit_median, rel=1e-9, abs=1e-9)
            assert found["sd"] == pytest.approx(later.logit_sd, rel=1e-9, abs=1e-9)
            if one.counts:
                read_again = page.run(
                    "(form) => judgement_js.reading(form, judgement_js.logit)", {"beta": one.counts}
                )
                assert read_again["median"] == pytest.approx(one.logit_median, rel=1e-12)
                assert read_again["sd"] == pytest.approx(one.logit_sd, rel=1e-12)


def test_what_is_certain_to_the_last_bit_is_answered_alike():
    """99.9% a month leaves 1e-360 over ten years, which no float holds, under any multiplier."""
    text = (
        "{case: c, as_of: 2024-01-01, resolve_by: 2034-01-01, events: {d: {base_rate: 30%}, "
        "x: {base_rate: {best: 99.9%, within: 1 month}}}, "
        "links: [{from: d, to: x, raises: {low: 2, high: 4}}]}"
    )
    case = read(text)
    assert Network(case).posterior() == {"d": pytest.approx(0.3), "x": 1}
    with Page(case) as page:
        assert page.solve()["posterior"]["x"] == 1


def test_means_are_those_of_the_logistic_normal():
    """E[sigmoid(Normal(m, s))] + E[sigmoid(Normal(-m, s))] = 1; at s = 0 the sigmoid itself."""
    with Page(read("{case: rain, events: {rain: {base_rate: 50%}}}")) as page:
        for m, s in ((0.7, 2.0), (-3.0, 0.4), (650.0, 9.0), (-720.0, 3.0)):
            mean, opposite = (
                page.run("judgement_js.expected", m, s),
                page.run("judgement_js.expected", -m, s),
            )
            assert mean + opposite == pytest.approx(1, abs=1e-14)
            # The mixture reaches the same mean by other arithmetic.
            mixture = "const one = new judgement_js.Mixture(Float64Array.of(0), Float64Array.of(s))"
            moved = f"(m, s) => {{ {mixture}; one.moveTo(m); return one.yes }}"
            assert page.run(moved, m, s)["0"] == pytest.approx(mean, rel=1e-13)
        assert page.run("judgement_js.expected", -1.5, 0.0) == pytest.approx(
            float(expit(-1.5)), rel=1e-15
        )


def test_log_odds_of_0_and_of_1_are_two_settings():
    """JSON writes both infinities as null; what is kept from move to move is found by its text."""
    case = read("{case: rain, events: {rain: {base_rate: 30%}, flood: {base_rate: 5%}}, "
                "links: [{from: rain, to: flood, raises: 5}]}")  # fmt: skip
    held = "{median: %s, sd: 0, counts: null, within: null}"
    code = "() => page.solve({overrides: {'events.rain.base_rate': " + held + "}}).prior.rain"
    with Page(case) as page:
        sure, never = (page.run(code % median) for median in ("Infinity", "-Infinity"))
    assert (sure, never) == (1, 0)
