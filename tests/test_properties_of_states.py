"""What must hold for every case with states, ordered states and amounts, whatever its numbers.

Each with a few examples, or with as many as ``FORECASTING_CASES`` says; 200 take a quarter of an
hour.
"""

import math

import numpy as np
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from scipy.special import expit, logit
from scipy.stats import norm

import forecasting
from forecasting import InputError, Network
from forecasting.answer import explain, sensitivity, watch
from forecasting.answer.forecast import refuse_overlaps
from forecasting.engine.distribution import distribution
from forecasting.engine.draws import band
from forecasting.engine.inputs import inputs
from forecasting.file.overlay import override
from forecasting.file.propositions import event_of
from tests.random_cases import as_text, how_many
from tests.random_states import random_states


def examples(count):
    """Settings of a property: so many examples, or as many as FORECASTING_CASES says."""
    return settings(
        derandomize=True,
        deadline=None,
        max_examples=how_many(count),
        phases=[Phase.explicit, Phase.generate],
    )


check, few = examples(12), examples(4)

seeds = st.integers(0, 10**6)
probabilities = st.floats(0.03, 0.9)
multipliers = st.floats(0.1, 10)
Z90 = 1.6448536269514722


def network(text, **dates):
    return Network(forecasting.read(text), **dates)


def answers(one):
    """Prior and posterior of every proposition, and the evidence."""
    return one.prior(), one.posterior(), one.log_evidence()


def same(found, wanted, names, within=1e-12):
    """Equal numbers, whatever things are called: `names` leads from one's names to the other's."""
    for one, two in zip(found[:2], wanted[:2], strict=True):
        assert [one[name] for name in names] == pytest.approx(
            [two[name] for name in names.values()], rel=0, abs=within
        )
    assert found[2] == pytest.approx(wanted[2], rel=0, abs=within)


def states_case(seed, **more):
    return random_states(seed, **more)[0]


# --- one event written in two ways ----------------------------------------------------------------


@check
@given(probabilities, st.floats(0, 1.5), multipliers, multipliers, probabilities, st.booleans())
def test_two_states_are_a_yes_no_event(p, spread, raises, odds, likelihood, first):
    """Either state may be the rest; links to it and from it, facts and what is held now."""
    low, high = expit(logit(p) + spread * np.array([-1.0, 1.0])).tolist()
    rate = f"{{low: {low!r}, high: {high!r}}}" if spread else repr(p)
    text = """\
case: two
events:
  driver: {{base_rate: 30%, now: 60%}}
  event: {event}
  after: {{base_rate: 20%}}
links:
  - {{from: driver, to: {to}, odds: {raises!r}}}
  - {{from: {source}, to: after, odds: {odds!r}}}
evidence:
  fact: {{bears_on: {source}, if_yes: {likelihood!r}, if_no: 30%, status: confirmed}}
"""
    more = {"raises": raises, "odds": odds, "likelihood": likelihood}
    rest = {"up": rate, "down": "rest"} if first else {"down": "rest", "up": rate}
    states = f"{{states: [{', '.join(rest)}], base_rate: {{up: {rate}, down: rest}}}}"
    yes_no = text.format(event=f"{{base_rate: {rate}}}", to="event", source="event", **more)
    several = text.format(event=states, to="event.up", source="event.up", **more)
    names = {"event": "event.up", "driver": "driver", "after": "after"}
    same(answers(network(yes_no)), answers(network(several)), names)


@check
@given(probabilities, st.integers(2, 40), multipliers)
def test_two_states_over_another_period_are_a_yes_no_event_that_occurs(p, months, odds):
    """Of points: what comes first, or nothing; the higher of two levels."""
    text = """\
case: two
as_of: 2021-01-01
resolve_by: 2022-01-01
events:
  driver: {{base_rate: 30%, now: 60%}}
  event: {event}
links: [{{from: driver, to: {to}, odds: {odds!r}}}]
"""
    within = f"within: {months} months"
    yes_no = text.format(event=f"{{base_rate: {{best: {p!r}, {within}}}}}", to="event", odds=odds)
    shares = f"base_rate: {{up: {p!r}, down: rest, {within}}}"
    first = text.format(
        event=f"{{states: [up, down], kind: first, {shares}}}", to="event.up", odds=odds
    )
    levels = text.format(
        event=f"{{states: [down, up], ordered: yes, kind: occurs, {shares}}}", to="event", odds=odds
    )
    wanted = answers(network(yes_no))
    for other in (first, levels):
        same(wanted, answers(network(other)), {"event": "event.up", "driver": "driver"}, 1e-10)


STEPS = """\
case: steps
events:
  driver: {{base_rate: 30%, now: 55%}}
  event: {event}
  after: {{base_rate: 25%}}
links:
  - {{from: driver, to: event, raises: {{low: {low!r}, high: {high!r}}}}}
  - {{from: {source}, to: after, odds: {odds!r}}}
evidence:
  fact: {{bears_on: {source}, if_yes: {likelihood!r}, if_no: 30%, status: confirmed}}
"""


@check
@given(st.lists(st.floats(0.05, 1), min_size=2, max_size=5), st.data(), multipliers, probabilities)
def test_ordered_states_asked_through_one_step_are_the_event_of_that_step(
    weights, data, odds, likelihood
):
    shares = np.array(weights) / sum(weights)
    step = data.draw(st.integers(1, len(shares) - 1))
    ids = [f"s{i}" for i in range(len(shares))]
    rate = ", ".join(f"{one}: {p!r}" for one, p in zip(ids[1:], shares[1:].tolist(), strict=True))
    ordered = (
        f"{{states: [{', '.join(ids)}], ordered: yes, cuts: {{up: '>= s{step}'}}, "
        f"base_rate: {{s0: rest, {rate}}}}}"
    )
    more = {"low": 1.2, "high": 1.2 + odds, "odds": odds, "likelihood": likelihood}
    several = STEPS.format(event=ordered, source="event.up", **more)
    p = math.fsum(shares[step:].tolist())
    yes_no = STEPS.format(event=f"{{base_rate: {p!r}}}", source="event", **more)
    names = {"event": "event.up", "driver": "driver", "after": "after"}
    same(answers(network(yes_no)), answers(network(several)), names)


@check
@given(st.floats(1, 500), st.floats(1.2, 20), st.floats(-1.5, 1.5), multipliers, probabilities)
def test_a_cut_of_an_amount_is_the_event_of_that_cut(low, ratio, z, odds, likelihood):
    """Its base rate is that of a normal distribution on the scale of ratios."""
    cut = low * math.exp(math.log(ratio) / 2 * (1 + z / Z90))
    amount = (
        f"{{quantity: {{scale: log}}, base_rate: {{low: {low!r}, high: {low * ratio!r}}}, "
        f"cuts: {{up: '> {cut!r}'}}}}"
    )
    more = {"low": 1.2, "high": 1.2 + odds, "odds": odds, "likelihood": likelihood}
    several = STEPS.format(event=amount, source="event.up", **more)
    yes_no = STEPS.format(event=f"{{base_rate: {float(norm.sf(z))!r}}}", source="event", **more)
    names = {"event": "event.up", "driver": "driver", "after": "after"}
    same(answers(network(yes_no)), answers(network(several)), names, 1e-10)


@check
@given(
    st.lists(st.floats(0.1, 1), min_size=3, max_size=4),
    st.permutations(range(4)),
    st.floats(0.1, 0.9),
    multipliers,
    st.lists(probabilities, min_size=4, max_size=4),
)
def test_names_and_order_of_unordered_states_change_nothing(weights, order, width, odds, chances):
    """The last judged state has a range, the first is the rest; two links, a fact, a child."""
    shares = 0.9 * np.array(weights) / sum(weights)
    count = len(shares)

    def written(names, places):
        rates = {names[0]: "rest"}
        rates |= {one: repr(p) for one, p in zip(names[1:], shares[1:].tolist(), strict=True)}
        ends = expit(logit(shares[-1]) + np.array([-width, width])).tolist()
        rates[names[-1]] = f"{{low: {ends[0]!r}, high: {ends[1]!r}}}"
        told = ", ".join(f"{names[i]}: {chances[i]!r}" for i in places)
        return f"""\
case: order
events:
  driver: {{base_rate: 30%, now: 60%}}
  event:
    states: [{", ".join(names[i] for i in places)}]
    base_rate: {{{", ".join(f"{names[i]}: {rates[names[i]]}" for i in places)}}}
  after: {{base_rate: 25%}}
links:
  - {{from: driver, to: event.{names[1]}, odds: {odds!r}}}
  - {{from: driver, to: event.{names[0]}, odds: {{low: 1, high: 5}}}}
  - {{from: event.{names[2]}, to: after, odds: 4}}
evidence: {{fact: {{bears_on: event, if: {{{told}}}, status: confirmed}}}}
"""

    one, two = [f"s{i}" for i in range(count)], [f"t{(3 * i + 1) % 7}" for i in range(count)]
    plain = answers(network(written(one, range(count))))
    other = answers(network(written(two, [i for i in order if i < count])))
    names = {f"event.{a}": f"event.{b}" for a, b in zip(one, two, strict=True)}
    same(plain, other, names | {"driver": "driver", "after": "after"}, 1e-11)


# --- more of what says nothing --------------------------------------------------------------------


@few
@given(seeds, multipliers)
def test_a_link_never_moves_a_base_rate(seed, odds):
    """From the first part of an event to any event after it that has a base rate."""
    case = states_case(seed)
    plain = network(as_text(case)).prior()
    names = sorted(case["events"])  # none leads to one before it
    source = next(name for name in plain if event_of(name) == names[0])
    for name in names[1:]:
        event = case["events"][name]
        if "table" in event or event_of(event.get("given", "")) == names[0]:
            continue
        to = name
        if "states" in event and "ordered" not in event:
            to = f"{name}.{next(iter(event['states']))}"
        if any((one["from"], one["to"]) == (source, to) for one in case["links"]):
            continue
        links = [*case["links"], {"from": source, "to": to, "odds": odds}]
        found = network(as_text({**case, "links": links})).prior()
        own = [one for one in plain if event_of(one) == name and "given" not in event]
        assert [found[one] for one in own] == pytest.approx([plain[one] for one in own], abs=1e-10)


@few
@given(seeds, st.floats(0.1, 0.9))
def test_a_cut_that_nobody_uses_changes_nothing_and_is_what_the_distribution_says(seed, level):
    """Of every number of the case, to 1e-12; before the evidence and after it."""
    case = states_case(seed)
    plain = network(as_text(case))
    for name, event in case["events"].items():
        if "quantity" not in event or plain.settled(plain.case.events[name]):
            continue  # of an amount that is settled its cell is known, and cuts make cells
        known = distribution(plain, name)
        cut = float(known.quantiles((level,))[0, 0])
        if event["quantity"].get("whole"):
            cut = math.floor(cut) + 0.5  # between whole amounts, as they are cut
        told = math.floor(cut) if event["quantity"].get("whole") else cut
        below = known.chance_below([cut])[0]
        more = {**event, "cuts": {**event["cuts"], "idle": f"<= {told!r}"}}
        other = network(as_text({**case, "events": {**case["events"], name: more}}))
        same(answers(plain), answers(other), {one: one for one in plain.names})
        found = [other.prior()[f"{name}.idle"], other.posterior()[f"{name}.idle"]]
        assert found == pytest.approx(below.tolist(), abs=1e-10)


@few
@given(seeds)
def test_the_mean_of_the_draws_is_the_headline(seed):
    """Of every state and cut, within five standard errors of what 1,024 draws can tell."""
    one = network(as_text(states_case(seed, events=(2, 3), facts=(1, 2), sources=(1, 1))))
    found = band(one)
    wanted = one.posterior()
    if not found.draws:
        return
    error = found.probability.std(axis=1) / math.sqrt(found.draws)
    off = np.abs(found.probability.mean(axis=1) - list(wanted.values()))
    assert (off <= 5 * error + 1e-9).all()


# --- answers of parts -----------------------------------------------------------------------------


@few
@given(seeds)
def test_the_weights_of_a_part_add_up_from_its_prior_to_its_posterior(seed):
    one = network(as_text(states_case(seed)))
    rows = explain.weight_of_evidence(one, one.event_names)
    for name, (before, after) in one.log_odds().items():
        own = [row.decibans for row in rows if row.outcome == name]
        if own and math.isfinite(after):
            way = (after - before) * 10 / math.log(10)
            assert math.fsum(own) == pytest.approx(way, abs=1e-8)


@few
@given(seeds)
def test_without_an_item_a_part_is_what_the_case_without_it_says(seed):
    """A fact is left out by taking it from the file; so is what is held now."""
    case = states_case(seed)
    one = network(as_text(case))
    after = one.log_odds()
    for row in explain.weight_of_evidence(one, one.event_names):
        if row.kind == "fact":
            left = {name: item for name, item in case["evidence"].items() if name != row.item}
            other = network(as_text({**case, "evidence": left}))
        elif row.kind == "now":
            event = {k: v for k, v in case["events"][row.item].items() if k != "now"}
            other = network(as_text({**case, "events": {**case["events"], row.item: event}}))
        else:
            continue
        lost = (after[row.outcome][1] - other.log_odds()[row.outcome][1]) * 10 / math.log(10)
        if math.isfinite(lost):
            assert row.leave_one_out == pytest.approx(lost, abs=1e-7)


@examples(2)
@given(seeds)
def test_a_tornado_and_its_tipping_points_are_those_of_the_case_set_so(seed):
    """Of the first state or cut; inputs at both ends of their ranges, and where they tip."""
    case = forecasting.read(as_text(states_case(seed)))
    one = Network(case)
    outcome = next(name for name in one.names if "." in name)
    known = {quantity.path: quantity for quantity in inputs(one)}

    def fixed(path, value):
        """The outcome where one number is exactly so; None where `--set` has no word for it."""
        rate = case.events[path.split(".")[1]].base_rate if path.startswith("events.") else None
        if path.endswith(".unsure") or (".base_rate" in path and (rate.within or rate.seen)):
            return None
        try:
            return Network(override(case, {path: float(value)})).posterior()[outcome]
        except InputError:  # as a cut that becomes all but certain
            return None

    for row in sensitivity.tornado(one, outcome)[:8]:
        if math.isinf(known[row.path].centre):
            continue
        for value, found in ((row.low, row.at_low), (row.high, row.at_high)):
            wanted = fixed(row.path, value)
            assert wanted is None or found == pytest.approx(wanted, abs=1e-9)
    p = one.posterior()[outcome]
    target = float(expit(logit(p) + 0.1)) if 0 < p < 1 else 0.5
    for row in sensitivity.tipping(one, outcome, target)[:8]:
        if row.value is not None and (found := fixed(row.path, row.value)) is not None:
            assert found == pytest.approx(target, abs=1e-8)


@few
@given(seeds)
def test_what_an_indicator_tells_of_a_part_is_what_it_tells_of_the_whole_event(seed):
    """Mutual information with all its states, added up over joint probabilities."""
    case, oracle = random_states(seed)
    for item in case["evidence"].values():
        item.pop("reports", None)
        item["status"] = "pending"
    case["sources"] = {}
    text = as_text(case)
    one = network(text)
    oracle = type(oracle)(text)
    weight, names = oracle.evidence()
    states = oracle._worlds(names)
    mass = weight[0] / weight.sum()
    for row in watch.indicators(one, one.event_names):
        column = names.index(f"fact {row.finding}"), names.index(event_of(row.outcome))
        joint = np.zeros((2, states[:, column[1]].max() + 1))
        np.add.at(joint, (states[:, column[0]], states[:, column[1]]), mass)
        alone = joint.sum(axis=1, keepdims=True) * joint.sum(axis=0)
        held = joint > 0
        bits = float((joint[held] * np.log2(joint[held] / alone[held])).sum())
        assert row.bits == pytest.approx(bits, abs=1e-10)


@few
@given(seeds, st.data())
def test_scenarios_exclude_each_other_where_they_share_no_state(seed, data):
    """Two sets of states of one event: told apart exactly where they are disjoint."""
    case = states_case(seed)
    several = [name for name, event in case["events"].items() if "states" in event]
    if not several:
        return
    name = data.draw(st.sampled_from(several))
    ids = list(case["events"][name]["states"])
    sets = [data.draw(st.lists(st.sampled_from(ids), min_size=1, unique=True)) for _ in range(2)]
    whens = [{"when": {name: some}} for some in sets]
    case["scenarios"] = dict(zip("ab", whens, strict=True))
    both = [one for one in sets[0] if one in sets[1]]
    prior = network(as_text({**case, "scenarios": {}})).prior()
    if any(prior[f"{name}.{one}"] for one in both):
        with pytest.raises(InputError, match="can come true together"):
            refuse_overlaps(network(as_text(case)))
    else:
        refuse_overlaps(network(as_text(case)))
