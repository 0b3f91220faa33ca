"""What is said of a forecast comes from its rows, each number with its meaning."""

import re
from dataclasses import replace

import pytest

import forecasting
from forecasting.answer.explain import weight_of_evidence
from forecasting.answer.sensitivity import tipping, tornado
from forecasting.answer.watch import indicators
from forecasting.file.propositions import title_of
from forecasting.lexicon import decibans, icd_203, percent, phia
from forecasting.tell import briefing
from forecasting.tell.table import Table, plain

MAIN = "priors/pakistan_taliban_2021.yaml"
EVENT = "lethal_strike"


@pytest.fixture(scope="module")
def network():
    return forecasting.Network(forecasting.load(MAIN))


@pytest.fixture(scope="module")
def told(network):
    return parts_of(briefing.explanation(network, EVENT))


def parts_of(blocks):
    """Give the sentences, as text, and the tables, one after the other."""
    parts = (part for block in blocks for part in block)
    return [part if isinstance(part, Table) else plain(part) for part in parts]


def cells_of(table):
    return [[plain(column.cell(record)) for column in table.columns] for record in table.records]


def words(blocks):
    return "\n".join(
        part if isinstance(part, str) else "\n".join(" | ".join(row) for row in cells_of(part))
        for part in parts_of(blocks)
    )


def test_it_opens_with_the_answer_in_numbers_and_in_a_word(network, told):
    p = network.posterior()[EVENT]
    assert told[0] == network.case.events[EVENT].title
    assert f"{percent(p)} with it ({icd_203(p)})" in told[1]
    assert "2022-09-15" in told[1]


def test_every_word_is_of_the_lexicon_of_the_case(network):
    other = forecasting.Network(replace(network.case, lexicon="phia"))
    p, row = other.posterior()[EVENT], indicators(other, [EVENT])[0]
    told = words(briefing.explanation(other, EVENT))
    assert f"with it ({phia(p)})" in told
    assert f"{percent(row.if_yes)} ({phia(row.if_yes)})" in told
    assert f"now ({phia(p)})" in words(briefing.tips(other, EVENT, ["up"]))
    assert str(phia(p)) != str(icd_203(p))


def test_it_names_the_three_strongest_pushes_each_way(network, told):
    rows = [row for row in weight_of_evidence(network, [EVENT]) if abs(row.decibans) > 0.05]
    up = sorted((row for row in rows if row.decibans > 0), key=lambda row: -row.decibans)
    grid = told[told.index("Pushes it up, in decibans:") + 1]
    rows = cells_of(grid)
    assert [row[0] for row in rows] == [decibans(row.decibans) for row in up[:3]]
    for shown, row in zip(rows, up, strict=False):
        assert row.title in shown[1]
    assert len(rows) == 3


def test_the_key_assumption_is_the_longest_bar_but_for_its_own_base_rate(network, told):
    own, other = (
        next(
            bar for bar in tornado(network, EVENT) if bar.path.endswith(f"{EVENT}.base_rate") is of
        )
        for of in (True, False)
    )
    for start, bar in (("Its own base rate", own), ("Key assumption", other)):
        (said,) = [part for part in told if str(part).startswith(start)]
        for p in (bar.at_low, bar.at_high):
            assert percent(p) in said
        assert briefing.number(bar, bar.low) in said


def test_the_next_indicator_is_the_most_telling(network, told):
    first = indicators(network, [EVENT])[0]
    (said,) = [part for part in told if str(part).startswith("Next indicator")]
    assert first.title in said
    assert percent(first.if_yes) in said
    assert first.word_if_no in said


def test_what_would_change_our_mind_is_the_nearest_tipping_point(network, told):
    p = network.posterior()[EVENT]
    for target in (icd_203(p).high, icd_203(p).low):
        row = tipping(network, EVENT, target)[0]
        (at,) = [
            i
            for i, part in enumerate(told)
            if str(part).startswith("What would change our mind") and percent(target) in part
        ]
        assert cells_of(told[at + 1])[0][2] == briefing.number(row, row.value)


def test_the_items_and_the_rest_sum_to_what_is_printed_as_their_sum(told):
    grid = next(p for p in told if isinstance(p, Table) and p.columns[1].heading == "Item by item")
    decibans = [float(row[4]) for row in cells_of(grid)]
    assert len(decibans) > 5
    assert sum(decibans[:-1]) == pytest.approx(decibans[-1], abs=0.05 * len(decibans) + 0.05)


@pytest.mark.parametrize(
    "parts",
    [
        lambda network: briefing.explanation(network, EVENT),
        briefing.overview,
        lambda network: briefing.tips(network, EVENT, ["up", 0.3]),
        lambda network: briefing.watchlist(network, [EVENT]),
        lambda network: briefing.watchlist(network, [EVENT], both=True),
    ],
)
def test_every_column_of_numbers_is_explained_at_the_foot(network, parts):
    parts = parts_of(parts(network))
    assert isinstance(parts[-1], str)
    known = {"", "prior", "posterior", "now", "90% range"}  # as in the README's glossary
    columns = [c for part in parts if isinstance(part, Table) for c in part.columns if c.number]
    assert columns
    for column in columns:
        assert column.heading in known or column.heading in parts[-1]


def test_an_event_that_nothing_moves_is_told_without_fuss():
    network = forecasting.Network(
        forecasting.read(
            "{case: rain, as_of: 2021-01-01, resolve_by: 2022-01-01,"
            " events: {rain: {base_rate: 20%, happened: 2020-12-01}}}"
        )
    )
    said = words(briefing.explanation(network, "rain"))
    assert "100% with it" in said
    assert "happened: rain" in said
    assert "+∞" in said
    assert "nan" not in said


def test_what_cannot_be_told_is_said_so():
    network = forecasting.Network(
        forecasting.read("{case: rain, events: {rain: {base_rate: 20%}, snow: {base_rate: 10%}}}")
    )
    assert "No fact of this case is waiting" in words(briefing.watchlist(network, None))
    told = words(briefing.tips(network, "rain", [0.2, "30%", 0.3]))
    assert "It stands at 20% already" in told
    assert told.count("To reach 30%") == 1


def test_outcomes_of_which_nothing_tells_are_named(network):
    told = words(briefing.watchlist(network, None))
    grid = next(p for p in parts_of(briefing.watchlist(network, None)) if isinstance(p, Table))
    shown = {row[0] for row in cells_of(grid)}
    silent = {
        event.title
        for event in network.case.events.values()
        if event.role == "outcome" and event.title not in shown
    }
    assert all(title in told for title in silent)


def test_pairs_are_shown_of_each_event_named(network):
    events = [EVENT, "ttp_deaths.rises_by_half"]
    grid, *_ = parts_of(briefing.watchlist(network, events, both=True))
    rises = {"TTP battle deaths", "  at least 348 deaths (rises by half)"}  # below their event
    assert {row[0] for row in cells_of(grid)} == {title_of(network.case, EVENT), *rises}


def test_a_multiplier_is_shown_as_a_number_and_a_chance_as_a_percentage(network):
    for row in tornado(network, EVENT):
        shown = briefing.number(row, row.best)
        multiplies = row.path.endswith((".raises", ".lowers", ".odds", ".likelihood_ratio"))
        assert shown.endswith("%") != multiplies


def test_sentences_hold_one_word_for_likelihood_each(told):
    """The likelihood words of ICD 203; the two sides of an indicator count as two statements."""
    scale = re.compile(r"\((almost|very|un|rough|like|below|above)[^)]*\)")
    for part in told:
        if isinstance(part, str) and not part.startswith("Next indicator"):
            assert len(scale.findall(part)) <= 1
