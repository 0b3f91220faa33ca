"""Published networks, written as cases, give the published numbers; other engines agree."""

from itertools import product

import numpy as np
import pytest
import yaml

import forecasting

# Adapter: the only lines that know how the package is called.


def network(case):
    text = yaml.safe_dump({"case": "textbook", **case}, sort_keys=False)
    return forecasting.Network(forecasting.read(text))


# Writing a network as a case.


def root(p):
    return {"role": "driver", "question": "Is it so?", "base_rate": p}


def child(parents, *yes):
    """A node; `yes` lists P(yes) for its parents' states, the first parent slowest, yes first."""
    rows = product(("yes", "no"), repeat=len(parents))
    table = {", ".join(row): p for row, p in zip(rows, yes, strict=True)}
    return {"role": "outcome", "question": "Is it so?", "parents": parents, "table": table}


ALARM = {
    "burglary": root(0.001),
    "earthquake": root(0.002),
    "alarm": child(["burglary", "earthquake"], 0.95, 0.94, 0.29, 0.001),
    "john_calls": child(["alarm"], 0.90, 0.05),
    "mary_calls": child(["alarm"], 0.70, 0.01),
}


def test_the_burglary_alarm():
    """P(burglary | both call) = 0.284, Russell & Norvig's worked example after Pearl.

    References
    ----------
    Russell & Norvig, Artificial Intelligence: A Modern Approach, 3rd ed. (2010), sections 14.2
    and 14.4, ISBN 978-0-13-604259-4 (0.284 is printed on p. 524; P(j, m, a, no b, no e) =
    0.000628 on p. 514). Pearl, Probabilistic Reasoning in Intelligent Systems (1988), ISBN
    978-1-55860-479-7.
    """
    alarm = network({"events": ALARM})
    called = {"john_calls": "yes", "mary_calls": "yes"}
    # 0.00059224259 / (0.00059224259 + 0.0014918576), the book's two sums.
    assert alarm.posterior(given=called)["burglary"] == pytest.approx(
        0.00059224259 / (0.00059224259 + 0.00149185764936), abs=1e-9
    )
    assert alarm.posterior(given=called)["burglary"] == pytest.approx(0.284171835, abs=1e-9)
    quiet = {"burglary": "no", "earthquake": "no", "alarm": "yes"}
    assert alarm.joint(called | quiet) == pytest.approx(0.9 * 0.7 * 0.001 * 0.999 * 0.998)
    assert alarm.joint(called, given={"earthquake": "yes"}) == pytest.approx(
        0.001 * (0.95 * 0.63 + 0.05 * 0.0005) + 0.999 * (0.29 * 0.63 + 0.71 * 0.0005)
    )
    assert np.exp(alarm.log_evidence(given=called)) == pytest.approx(0.0020841002, abs=1e-10)


def test_the_burglary_alarm_with_the_calls_as_evidence():
    """The same answer when the calls are facts observed, not events seen."""
    events = {name: ALARM[name] for name in ("burglary", "earthquake", "alarm")}
    calls = {
        "john_calls": {"bears_on": "alarm", "if_yes": 0.90, "if_no": 0.05, "status": "confirmed"},
        "mary_calls": {"bears_on": "alarm", "if_yes": 0.70, "if_no": 0.01, "status": "confirmed"},
    }
    alarm = network({"events": events, "evidence": calls})
    assert alarm.posterior()["burglary"] == pytest.approx(0.284171835, abs=1e-9)
    assert np.exp(alarm.log_evidence()) == pytest.approx(0.0020841002, abs=1e-10)


def test_an_earthquake_explains_the_alarm_away():
    """Two causes, independent before the alarm, compete after it (Pearl 1988, section 2.2.4)."""
    alarm = network({"events": ALARM})
    heard = alarm.posterior(given={"alarm": "yes"})["burglary"]
    shaken = alarm.posterior(given={"alarm": "yes", "earthquake": "yes"})["burglary"]
    assert heard == pytest.approx(0.00094002 / 0.002516442, abs=1e-9)
    assert shaken == pytest.approx(0.001 * 0.95 / (0.001 * 0.95 + 0.999 * 0.29), abs=1e-12)


ASIA = {
    "asia": root(0.01),
    "smoker": root(0.5),
    "tuberculosis": child(["asia"], 0.05, 0.01),
    "cancer": child(["smoker"], 0.1, 0.01),
    "bronchitis": child(["smoker"], 0.6, 0.3),
    "either": child(["tuberculosis", "cancer"], 1, 1, 1, 0),
    "x_ray": child(["either"], 0.98, 0.05),
    "dyspnoea": child(["either", "bronchitis"], 0.9, 0.7, 0.8, 0.1),
}


def test_asia_before_any_finding():
    """The marginals of the chest clinic; `either` is a logical OR.

    References
    ----------
    Lauritzen & Spiegelhalter (1988), Local computations with probabilities on graphical
    structures and their application to expert systems, JRSS B 50(2), 157-224,
    doi:10.1111/j.2517-6161.1988.tb01721.x
    """
    found = network({"events": ASIA}).prior()
    either = 1 - (1 - 0.0104) * (1 - 0.055)
    dyspnoea = 0.5 * sum(
        bronchitis * (0.9 * e + 0.8 * (1 - e)) + (1 - bronchitis) * (0.7 * e + 0.1 * (1 - e))
        for bronchitis, cancer in ((0.6, 0.1), (0.3, 0.01))
        for e in [1 - (1 - 0.0104) * (1 - cancer)]
    )
    assert found == pytest.approx(
        {
            "asia": 0.01,
            "smoker": 0.5,
            "tuberculosis": 0.0104,
            "cancer": 0.055,
            "bronchitis": 0.45,
            "either": either,
            "x_ray": 0.98 * either + 0.05 * (1 - either),
            "dyspnoea": dyspnoea,
        },
        abs=1e-12,
    )
    # To the four figures usually printed.
    assert found["either"] == pytest.approx(0.0648, abs=5e-5)
    assert found["x_ray"] == pytest.approx(0.1103, abs=5e-5)
    assert found["dyspnoea"] == pytest.approx(0.4360, abs=5e-5)


def test_asia_with_a_traveller_short_of_breath():
    """Tuberculosis given a visit and dyspnoea, by Bayes' rule along the one chain."""
    found = network({"events": ASIA}).posterior(given={"asia": "yes", "dyspnoea": "yes"})

    def breathless(tuberculosis):
        return 0.5 * sum(
            bronchitis * (0.9 * e + 0.8 * (1 - e)) + (1 - bronchitis) * (0.7 * e + 0.1 * (1 - e))
            for bronchitis, cancer in ((0.6, 0.1), (0.3, 0.01))
            for e in [1.0 if tuberculosis else cancer]
        )

    yes, no = 0.05 * breathless(True), 0.95 * breathless(False)
    assert found["tuberculosis"] == pytest.approx(yes / (yes + no), abs=1e-12)


def test_the_sprinkler():
    """Wet grass: P(sprinkler) = 0.4298, P(rain) = 0.7079, and 0.1945 once rain is known.

    References
    ----------
    Murphy (2001), The Bayes Net Toolbox for MATLAB, Computing Science and Statistics 33, after
    Pearl (1988), ISBN 978-1-55860-479-7; Russell & Norvig (2010), section 14.5, ISBN
    978-0-13-604259-4.
    """
    events = {
        "cloudy": root(0.5),
        "sprinkler": child(["cloudy"], 0.1, 0.5),
        "rain": child(["cloudy"], 0.8, 0.2),
        "wet_grass": child(["sprinkler", "rain"], 0.99, 0.9, 0.9, 0),
    }
    lawn = network({"events": events})
    wet = lawn.posterior(given={"wet_grass": "yes"})
    assert wet["sprinkler"] == pytest.approx(0.2781 / 0.6471, abs=1e-12)
    assert wet["rain"] == pytest.approx(0.4581 / 0.6471, abs=1e-12)
    assert wet["sprinkler"] == pytest.approx(0.4298, abs=5e-5)
    assert wet["rain"] == pytest.approx(0.7079, abs=5e-5)
    rained = lawn.posterior(given={"wet_grass": "yes", "rain": "yes"})
    assert rained["sprinkler"] == pytest.approx(0.1945, abs=5e-5)
    dry = {"sprinkler": "no", "rain": "no", "wet_grass": "yes"}
    assert lawn.joint(dry) == 0


def test_monty_hall():
    """Switching wins two times in three: the host knew where the car was.

    References
    ----------
    Selvin (1975), A problem in probability, The American Statistician 29(1), 67,
    doi:10.1080/00031305.1975.10479121
    """
    events = {
        "car_behind_1": root(1 / 3),
        "car_behind_2": child(["car_behind_1"], 0, 0.5),
        # Door 1 was picked; the host opens 2 or 3, never the car's. The first row cannot occur.
        "host_opens_3": child(["car_behind_1", "car_behind_2"], 0.5, 0.5, 1, 0),
    }
    opened = network({"events": events}).posterior(given={"host_opens_3": "yes"})
    assert opened["car_behind_1"] == pytest.approx(1 / 3, abs=1e-12)
    assert opened["car_behind_2"] == pytest.approx(2 / 3, abs=1e-12)


def test_the_mammography_problem():
    """A positive test at 80% / 9.6% and a base rate of 1% leaves 7.8%.

    References
    ----------
    Eddy (1982), Probabilistic reasoning in clinical medicine, in Judgment under Uncertainty,
    ISBN 978-0-521-28414-1; Gigerenzer & Hoffrage (1995), doi:10.1037/0033-295X.102.4.684
    """
    positive = {"bears_on": "cancer", "if_yes": "80%", "if_no": "9.6%", "status": "confirmed"}
    found = network({"events": {"cancer": root("1%")}, "evidence": {"positive": positive}})
    assert found.posterior()["cancer"] == pytest.approx(0.008 / 0.10304, abs=1e-12)


def test_kidney_stones():
    """Seeing and doing differ: the worse treatment was mostly given to the easier stones.

    References
    ----------
    Charig et al. (1986), Comparison of treatment of renal calculi, BMJ 292, 879-882,
    doi:10.1136/bmj.292.6524.879. The adjustment is Pearl's back-door formula (2009), Causality,
    section 3.3, ISBN 978-0-521-89560-6.
    """
    events = {
        "small_stone": root(357 / 700),
        "open_surgery": child(["small_stone"], 87 / 357, 263 / 343),
        "success": child(["open_surgery", "small_stone"], 81 / 87, 192 / 263, 234 / 270, 55 / 80),
    }
    stones = network({"events": events})
    for surgery, seen, small, large in (
        ("yes", 273 / 350, 81 / 87, 192 / 263),
        ("no", 289 / 350, 234 / 270, 55 / 80),
    ):
        choice = {"open_surgery": surgery}
        done = 357 / 700 * small + 343 / 700 * large
        assert stones.posterior(given=choice)["success"] == pytest.approx(seen, abs=1e-12)
        assert stones.posterior(do=choice)["success"] == pytest.approx(done, abs=1e-12)
        assert stones.posterior(do=choice)["small_stone"] == pytest.approx(0.51, abs=1e-12)


# Other engines, on networks nobody chose.


def random_network(seed, *, most=14):
    """(events of a case, observed events) with up to three parents a node, some tables certain.

    What is observed happened in a world drawn from the network itself, so it is possible.
    """
    rng = np.random.default_rng(seed)
    count = int(rng.integers(3, most + 1))
    events, world = {}, {}
    for i in range(count):
        parents = [f"n{j}" for j in rng.permutation(i)[: rng.integers(0, 4)]]
        certain = parents and rng.random() < 0.25
        yes = (
            rng.integers(0, 2, 2 ** len(parents))
            if certain
            else rng.beta(0.7, 0.7, 2 ** len(parents))
        )
        yes = np.clip(yes, 0 if certain else 1e-3, 1 if certain else 0.999).tolist()
        events[f"n{i}"] = child(parents, *yes) if parents else root(yes[0])
        rows = dict(zip(product((1, 0), repeat=len(parents)), yes, strict=True))
        world[f"n{i}"] = int(rng.random() < rows[tuple(world[p] for p in parents)])
    seen = [f"n{i}" for i in rng.permutation(count)[: rng.integers(0, count // 2 + 1)]]
    return events, {name: world[name] for name in seen}


def families(events):
    """(name, parents, {states of the parents, 1 for yes: P(yes)}) for every node."""
    for name, event in events.items():
        parents = event.get("parents", [])
        yes = list(event["table"].values()) if parents else [event["base_rate"]]
        yield name, parents, dict(zip(product((1, 0), repeat=len(parents)), yes, strict=True))


def answers(events, seen):
    given = {name: ("no", "yes")[state] for name, state in seen.items()}
    package = network({"events": events})
    return package.posterior(given=given), package.log_evidence(given=given)


@pytest.mark.parametrize("block", range(10))
def test_pyagrum_agrees(block):
    """Posteriors and P(evidence) of 200 random networks, twenty at a time."""
    gum = pytest.importorskip("pyagrum")
    for seed in range(20 * block, 20 * block + 20):
        events, seen = random_network(seed)
        other = gum.BayesNet()
        for name, parents, rows in families(events):
            other.add(gum.LabelizedVariable(name, name, ["no", "yes"]))
            for parent in parents:
                other.addArc(parent, name)
            for states, p in rows.items():
                where = dict(zip(parents, states, strict=True))
                other.cpt(name)[where if where else slice(None)] = [1 - p, p]
        engine = gum.LazyPropagation(other)
        engine.setEvidence(seen)
        engine.makeInference()
        posterior, log_evidence = answers(events, seen)
        wanted = {name: float(engine.posterior(name)[1]) for name in events}
        assert posterior == pytest.approx(wanted, rel=0, abs=1e-9), seed
        assert np.exp(log_evidence) == pytest.approx(engine.evidenceProbability(), rel=1e-9), seed


@pytest.mark.parametrize("seed", range(1000, 1030))
def test_pgmpy_agrees(seed):
    """Posteriors of thirty more, by a third engine."""
    models = pytest.importorskip("pgmpy.models")
    from pgmpy.factors.discrete import TabularCPD
    from pgmpy.inference import VariableElimination

    events, seen = random_network(seed, most=10)
    other = models.DiscreteBayesianNetwork()
    for name, parents, rows in families(events):
        other.add_node(name)
        other.add_edges_from((parent, name) for parent in parents)
        # Columns count the parents' states, the first slowest, no first.
        yes = [rows[states] for states in product((0, 1), repeat=len(parents))]
        table = [[1 - p for p in yes], yes]
        other.add_cpds(TabularCPD(name, 2, table, parents, [2] * len(parents)))
    asked = [name for name in events if name not in seen]
    engine = VariableElimination(other)
    found = engine.query(asked, evidence=seen, joint=False, show_progress=False)
    wanted = {name: float(found[name].values[1]) for name in asked} | seen
    posterior, _ = answers(events, seen)
    assert posterior == pytest.approx(wanted, rel=0, abs=1e-9)
