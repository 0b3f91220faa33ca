"""What must hold for every case, whatever its numbers."""

from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

import forecasting
from tests.random_cases import as_text, random_case

check = settings(derandomize=True, deadline=None, max_examples=40)

# Adapter: the only lines that know how the package is called.


def network(case, **dates):
    return forecasting.Network(forecasting.read(as_text({"case": "small", **case})), **dates)


# Small cases.

probabilities = st.floats(0.02, 0.98)
multipliers = st.floats(1.1, 12)
letters = st.sampled_from("ABCDEF")
digits = st.sampled_from("123456")
seeds = st.integers(0, 10**6)


def event(base_rate, **more):
    return {"role": "outcome", "question": "Will it happen?", "base_rate": base_rate, **more}


def report(source, grade, **more):
    return {"source": source, "grade": grade, **more}


def fact(about, if_yes, if_no, **more):
    return {"bears_on": about, "if_yes": if_yes, "if_no": if_no, **more}


def case(events, evidence=None, links=(), **more):
    """A case whose sources are those of its reports."""
    told = [one for item in (evidence or {}).values() for one in item.get("reports", [])]
    sources = {one["source"]: {"title": "A source"} for one in told}
    return {
        "events": events,
        "links": list(links),
        "sources": sources,
        "evidence": evidence or {},
        **more,
    }


def outcome(evidence, base_rate):
    """The outcome's probability, all facts bearing on it."""
    return network(case({"outcome": event(base_rate)}, evidence)).posterior()["outcome"]


@st.composite
def linked_events(draw, count=4):
    """Base rates, and links that point from earlier to later events."""
    events = {f"e{i}": event(draw(probabilities)) for i in range(count)}
    links = [
        {"from": f"e{i}", "to": f"e{j}", draw(st.sampled_from(["raises", "lowers"])): strength}
        for j in range(count)
        for i in range(j)
        if (strength := draw(st.none() | multipliers))
    ]
    return events, links


@check
@given(linked_events())
def test_links_never_move_a_base_rate(drawn):
    """Prior marginals are the base rates, with no links, some, or all."""
    events, links = drawn
    wanted = {name: record["base_rate"] for name, record in events.items()}
    for kept in range(len(links) + 1):
        found = network(case(events, links=links[:kept])).prior()
        assert found == pytest.approx(wanted, rel=0, abs=1e-10)


def reordered(data, rng):
    """The same content with every mapping's keys, and every list of records, in another order."""
    if isinstance(data, dict):
        keys = list(data)
        return {keys[i]: reordered(data[keys[i]], rng) for i in rng.permutation(len(keys))}
    if isinstance(data, list) and all(isinstance(item, dict) for item in data):
        return [reordered(data[i], rng) for i in rng.permutation(len(data))]
    return data


def one_report_a_source(content):
    """Drop repeated reports on a fact: of those the file's order breaks ties."""
    for item in content["evidence"].values():
        if "reports" in item:
            item["reports"] = list({one["source"]: one for one in item["reports"]}.values())
    return content


@check
@given(seeds, seeds)
def test_order_never_matters(seed, order):
    """Of events, links, evidence, reports, and keys."""
    content = one_report_a_source(random_case(seed))
    first, again = network(content), network(reordered(content, np.random.default_rng(order)))
    for question in ("prior", "posterior", "facts", "soundness", "log_evidence"):
        found = getattr(again, question)()
        assert found == pytest.approx(getattr(first, question)(), rel=0, abs=1e-9)


@check
@given(seeds, st.booleans(), letters, digits)
def test_a_likelihood_ratio_of_one_changes_nothing(seed, confirmed, letter, digit):
    """Seen or reported, a fact as likely either way moves no event and no other source."""
    content = random_case(seed, events=(3, 4), facts=(1, 3), sources=(1, 2))
    before = network(content)
    how = {"status": "confirmed"} if confirmed else {"reports": [report("new", letter + digit)]}
    content["sources"]["new"] = {"title": "New"}
    content["evidence"]["dull"] = {"bears_on": "event_0", "likelihood_ratio": 1, **how}
    after = network(content)
    assert after.posterior() == pytest.approx(before.posterior(), rel=0, abs=1e-10)
    soundness = after.soundness()
    soundness = {source: soundness[source] for source in before.soundness()}
    assert soundness == pytest.approx(before.soundness(), rel=0, abs=1e-10)


@check
@given(
    probabilities,
    letters,
    st.lists(
        st.tuples(probabilities, probabilities, digits, st.booleans()), min_size=1, max_size=4
    ),
)
def test_a_source_alone_keeps_its_letter(base_rate, letter, told):
    """Whatever it says, however often, and however probable: nobody vouches for himself."""
    reliability = {"A": 0.95, "B": 0.85, "C": 0.70, "D": 0.50, "E": 0.30, "F": 0.50}
    evidence = {
        f"fact_{i}": fact(
            "outcome",
            if_yes,
            if_no,
            reports=[report("one", letter + digit, says="no" if denied else "yes")],
        )
        for i, (if_yes, if_no, digit, denied) in enumerate(told)
    }
    alone = network(case({"outcome": event(base_rate)}, evidence))
    assert alone.soundness() == pytest.approx({"one": reliability[letter]}, abs=1e-12)


@check
@given(probabilities, letters, st.sampled_from("123"), st.floats(0.1, 0.95), st.floats(1.5, 20))
def test_a_fact_told_again_moves_only_if_a_new_source_tells_it(
    base_rate, letter, digit, if_yes, ratio
):
    """The same source twice on one fact counts once; two sources corroborate."""

    def told(*tellers):
        reports = [report(source, letter + digit) for source in tellers]
        return outcome(
            {"seen": fact("outcome", if_yes, if_yes / ratio, reports=reports)}, base_rate
        )

    once = told("one")
    assert once > base_rate
    assert told("one", "one") == pytest.approx(once, abs=1e-12)
    assert told("one", "two") > once


@check
@given(
    st.floats(0.3, 0.98), letters, st.sampled_from("123"), st.floats(0.1, 0.95), st.floats(5, 20)
)
def test_a_second_fact_moves_more_from_a_new_source(base_rate, letter, digit, if_yes, ratio):
    """Two facts of one source stand or fall together; from two sources they add up.

    Said of clear facts (a ratio of 5) about events that are not improbable (30%). Below that the
    two ways differ by little, either way round: that one source is sound in both its reports is
    itself worth something where a single report would not have been enough.
    """

    def told(*tellers):
        reports = [[report(source, letter + digit)] for source in tellers]
        likelihoods = (if_yes, if_yes / ratio)
        facts = [fact("outcome", *likelihoods, reports=one) for one in reports]
        return outcome({f"fact_{i}": one for i, one in enumerate(facts)}, base_rate)

    assert base_rate < told("one") < told("one", "one") < told("one", "two")


@check
@given(
    probabilities,
    letters,
    st.sampled_from([("1", 0.6), ("2", 0.6), ("3", 0.3)]),
    st.floats(1.2, 20),
    st.floats(0.02, 1),
    st.floats(0.2, 1),
)
def test_a_rare_and_a_common_fact_weigh_alike(base_rate, letter, digit_and_most, ratio, rare, top):
    """Of one diagnosticity and grade they move an event to within three points of each other.

    A common fact here is one with a probability of up to 60% if the event happens; a digit of 3
    needs up to 30%.
    """
    digit, most = digit_and_most
    if_yes = most * top

    def told(scale):
        reports = [report("one", letter + digit)]
        return {"seen": fact("outcome", if_yes * scale, if_yes * scale / ratio, reports=reports)}

    assert outcome(told(rare), base_rate) == pytest.approx(outcome(told(1), base_rate), abs=0.03)


@check
@given(seeds, letters, st.sampled_from(["yes", "no"]), probabilities, probabilities)
def test_a_digit_of_six_moves_nothing(seed, letter, says, if_yes, if_no):
    """Credibility that cannot be judged says nothing, whoever the source."""
    content = random_case(seed, events=(3, 4), facts=(1, 3), sources=(1, 2))
    before = network(content).posterior()
    content["sources"]["new"] = {"title": "New"}
    content["evidence"]["heard"] = fact(
        "event_1", if_yes, if_no, reports=[report("new", letter + "6", says=says)]
    )
    assert network(content).posterior() == pytest.approx(before, rel=0, abs=1e-10)


@check
@given(probabilities, digits, probabilities, probabilities)
def test_a_sound_affirmation_and_a_sound_denial_cancel(base_rate, digit, if_yes, if_no):
    """Two sources of one digit, sound for all we can tell, leave the event where it was."""
    reports = [report("one", "A" + digit), report("two", "A" + digit, says="no")]
    content = case(
        {"outcome": event(base_rate)},
        {"seen": fact("outcome", if_yes, if_no, reports=reports)},
        scales={"reliability": {"A": 1 - 1e-13}},
    )
    assert network(content).posterior()["outcome"] == pytest.approx(base_rate, abs=1e-9)


@check
@given(
    st.sampled_from(["occurs", "lasts"]),
    st.floats(0.03, 0.6),
    st.floats(0.02, 0.35),
    st.integers(1, 60),
    st.integers(10, 600),
    st.integers(1, 400),
)
def test_probabilities_by_june_and_by_december(kind, low, width, months, first, more):
    """What occurs is likelier by a later date; what lasts is less likely to last that long."""
    start = date(2021, 1, 31)
    rate = {"low": low, "high": low + width, "within": f"{months} months"}
    content = case({"outcome": event(rate, kind=kind)}, as_of=start, resolve_by=date(2022, 1, 31))
    june, december = (start + timedelta(days=days) for days in (first, first + more))
    sooner = network(content, resolve_by=june).prior()["outcome"]
    later = network(content, resolve_by=december).prior()["outcome"]
    if kind == "lasts":
        assert sooner >= later
    else:
        assert sooner <= later
    if 0.001 < sooner < 0.999:  # not yet as good as settled
        assert sooner != later


def negated(judgement):
    """One minus a probability, ranges turned round."""
    if isinstance(judgement, dict):
        ends = {"low": "high", "high": "low", "best": "best"}
        return {ends[key]: 1 - p for key, p in judgement.items()}
    return 1 - judgement


INVERSE = {"raises": "lowers", "lowers": "raises"}
ranges = st.tuples(st.floats(0.03, 0.6), st.floats(0.02, 0.35)).map(
    lambda r: {"low": r[0], "high": r[0] + r[1]}
)


@check
@given(
    st.lists(probabilities | ranges, min_size=5, max_size=5),
    multipliers,
    multipliers,
    st.sampled_from(["raises", "lowers"]),
    probabilities | ranges,
    letters,
    digits,
)
def test_asking_the_opposite_gives_the_opposite_answer(
    numbers, into, out, direction, now, letter, digit
):
    """Rewording `middle` as its negation leaves everything else where it was.

    Its base rate and what is held now become 1 - p, links to and from it invert, and facts swap
    their two likelihoods. (A link out of it is a point: a spread belongs to the event's yes.)
    """
    first, rate, last, if_yes, if_no = numbers
    other = INVERSE[direction]

    def wording(rate, now, direction, if_yes, if_no):
        events = {"first": event(first), "middle": event(rate, now=now), "last": event(last)}
        links = [
            {"from": "first", "to": "middle", direction: {"low": into, "high": into * 3}},
            {"from": "middle", "to": "last", direction: out},
        ]
        told = {
            "seen": fact("middle", if_yes, if_no, status="confirmed"),
            "heard": fact("middle", if_yes, if_no, reports=[report("one", letter + digit)]),
            "shared": {
                "bears_on": {"middle": {direction: 2}, "last": {"raises": 3}},
                "chance": 0.4,
                "status": "absent",
            },
        }
        return network(case(events, told, links))

    plain = wording(rate, now, direction, if_yes, if_no)
    reworded = wording(negated(rate), negated(now), other, if_no, if_yes)
    for answers, others in (
        (plain.prior(), reworded.prior()),
        (plain.posterior(), reworded.posterior()),
    ):
        wanted = answers | {"middle": 1 - answers["middle"]}
        assert others == pytest.approx(wanted, rel=0, abs=1e-9)
    assert reworded.log_evidence() == pytest.approx(plain.log_evidence(), abs=1e-9)
    assert reworded.soundness() == pytest.approx(plain.soundness(), abs=1e-9)


@check
@given(seeds)
def test_probabilities_are_probabilities(seed):
    """Finite, between 0 and 1, and the band around the prior mean of its own draws."""
    content = random_case(seed)
    found = network(content)
    for answers in (found.prior(), found.posterior(), found.facts(), found.soundness()):
        values = np.array(list(answers.values()))
        assert np.isfinite(values).all()
        assert (values >= -1e-12).all()
        assert (values <= 1 + 1e-12).all()


@check
@given(seeds)
def test_posteriors_average_to_the_prior(seed):
    """P(e) = P(e | x) P(x) + P(e | not x) P(not x), for every pair of events."""
    content = random_case(seed, events=(3, 4), facts=(1, 3))
    found = network(content)
    now = found.posterior()
    split = next(iter(now))
    assume(0 < now[split] < 1)
    yes, no = (found.posterior(given={split: state}) for state in ("yes", "no"))
    mixed = {name: now[split] * yes[name] + (1 - now[split]) * no[name] for name in now}
    assert mixed == pytest.approx(now, rel=0, abs=1e-9)
