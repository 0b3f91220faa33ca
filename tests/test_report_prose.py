"""Sentences follow ICD 203, and none of their numbers is typed in."""

import re
from datetime import date

import pytest

from forecasting.report import prose
from forecasting.report.prose import Sentence, likelihood_words
from forecasting.tell.markup import html
from forecasting.tell.table import Column, Number, Stated, Strong, Table

SHARE = "{:.0%}".format


def outcomes(*rows):
    """Rows of event, title, prior, posterior, low, high, word, confidence."""
    names = ("event", "title", "prior", "posterior", "low", "high", "word", "confidence")
    columns = [Column(name, name) for name in ("title", "word", "confidence")]
    columns += [Column(name, name, SHARE) for name in ("prior", "posterior", "low", "high")]
    records = tuple(dict(zip(names, row, strict=True)) for row in rows)
    return Table(tuple(columns), records, "outcomes", key="event")


WAR = ("war", "War again", 0.31, 0.62, 0.4, 0.8, "likely", "")
FLOOD = ("flood", "A flood", 0.004, 0.003, 0.001, 0.01, "less than 1%", "low")
TALKS = ("talks", "Likely talks", 0.5, 0.5, 0.4, 0.6, "roughly even chance", "")


# --- what is refused ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "It is likely, or very likely.",
        "It is unlikely; the other has a roughly even chance.",
        "A remote chance is not highly improbable.",
    ],
)
def test_two_words_for_likelihood_in_one_sentence_are_refused(text):
    with pytest.raises(ValueError, match="more than one word for likelihood"):
        Sentence((text,))


@pytest.mark.parametrize(
    "word", ["likely", "almost no chance", "probably", "realistic possibility"]
)
@pytest.mark.parametrize("sure", ["with high confidence", "we are confident"])
def test_likelihood_and_confidence_in_one_sentence_are_refused(word, sure):
    with pytest.raises(ValueError, match=r"likelihood .* and confidence"):
        Sentence((f"It is {word}, ", sure))
    Sentence((f"It is {word}.",))
    Sentence((sure,))


def test_a_number_from_no_table_is_refused_and_the_name_of_the_standard_is_not():
    with pytest.raises(ValueError, match="comes from no table"):
        Sentence(("It stands at 30%.",))
    Sentence(("In the words of ICD 203 it stands at ", Number("t", "r", "c", "30%"), "."))


def test_what_the_case_states_is_quoted_and_not_judged():
    Sentence((Stated("Likely and unlikely, with high confidence, in 2021"), " is likely."))


def test_words_are_found_whole_and_the_longest_first():
    assert likelihood_words("very unlikely") == ["very unlikely"]
    assert likelihood_words("Likelihood and unlikeliness") == []
    assert likelihood_words("likely or probable") == ["likely or probable"]


# --- what is written ------------------------------------------------------------------------------


def test_the_answer_names_dates_words_and_numbers():
    table = outcomes(WAR, FLOOD, TALKS)
    sentences = prose.spoken(table, ["war", "flood", "talks"])
    assert [sentence.text for sentence in sentences] == [
        "“War again” is likely (62%; 31% before the evidence).",
        "“A flood” is put at 0% (as before the evidence).",
        "“Likely talks” has a roughly even chance (50%; as before the evidence).",
    ]
    assert Strong("likely") in sentences[0].parts


def test_of_several_states_one_is_put_in_a_word_and_six_are_enough():
    columns = [Column(name, name, SHARE) for name in ("prior", "posterior")]
    shares = (0.3, 0.02, 0.1, 0.2, 0.15, 0.12, 0.11)
    records = [{"event": "war", "title": "War", "head": True}]
    records += [
        {"event": f"war.{i}", "title": f"War: {i}", "label": f"s{i}", "prior": 0.1, "posterior": p,
         "low": p, "high": p, "word": "unlikely", "is_state": True}
        for i, p in enumerate(shares)
    ]  # fmt: skip
    records.append(records[1] | {"event": "war.cut", "label": "a cut", "is_state": False})
    table = Table(tuple(columns), tuple(records), "outcomes", key="event")
    (told,) = prose.spoken(table, ["war"])
    assert told.text == (
        "“War”: “s0” is unlikely (30%; 10% before the evidence); “s3” 20% (10% before), “s4” 15% "
        "(10% before), “s5” 12% (10% before), “s6” 11% (10% before), less for each of the others."
    )


@pytest.mark.parametrize(
    ("now", "before", "told"),
    [
        ("9 12 15", "11", "12 mm, and nine times in ten between 9 and 15; 11 before the evidence."),
        ("9 12 15", "12", "12 mm, and nine times in ten between 9 and 15; as before the evidence."),
        ("12 12 12", "11", "12 mm."),  # it is known
    ],
)
def test_an_amount_is_told_with_its_range(now, before, told):
    levels = ("5%", "50%", "95%")
    columns = tuple(Column(level, level, number=True) for level in levels)
    records = (
        {"row": "rain", "unit": "mm"},
        {"row": "rain.prior"} | dict.fromkeys(levels, before),
        {"row": "rain.posterior"} | dict(zip(levels, now.split(), strict=True)),
    )
    table = Table(columns, records, "amounts", key="row")
    assert prose.amount(table, "rain", "Rain").text == f"“Rain”: {told}"


def test_the_leading_scenario_and_the_rest_are_told():
    columns = (Column("title", ""), Column("posterior", "", SHARE))
    rows = (("calm", "Calm", 0.3), ("storm", "Storm", 0.5), ("rest", "something else", 0.2))
    records = tuple(dict(zip(("name", "title", "posterior"), row, strict=True)) for row in rows)
    table = Table(columns, records, "scenarios", key="name")
    (told,) = prose.scenarios(table)
    assert told.text == (
        "Of the named scenarios “Storm” (50%) comes first, then “Calm” (30%); 20% is left for none "
        "of them."
    )
    assert [(n.table, n.row, n.column) for n in told.parts if isinstance(n, Number)] == [
        ("scenarios", "storm", "posterior"),
        ("scenarios", "calm", "posterior"),
        ("scenarios", "rest", "posterior"),
    ]


def test_words_of_the_uk_yardstick_read_as_english_too():
    row = ("war", "War", 0.2, 0.38, 0.3, 0.5, "unlikely (between bands)", "")
    (first,) = prose.spoken(outcomes(row), ["war"])
    assert first.text == "“War” is unlikely (38%; between bands; 20% before the evidence)."


def test_confidence_is_told_apart_with_the_count_of_what_it_rests_on():
    columns = tuple(Column(name, "", str) for name in ("facts", "reports", "sources"))
    counts = ({"event": "war", "facts": 1, "reports": 2, "sources": 1},)
    counts += ({"event": "flood", "facts": 0, "reports": 0, "sources": 0},)
    basis = Table(columns, counts, "basis", key="event")
    told = prose.confidence(outcomes(WAR), basis, "war")
    assert [sentence.text for sentence in told] == [
        "The evidence that stands behind “War again” and its drivers: 1 fact, 2 reports, 1 source.",
        "The case states no confidence in its base rate.",
    ]
    told = prose.confidence(outcomes(FLOOD), basis, "flood")
    assert [sentence.text for sentence in told] == [
        "The evidence that stands behind “A flood” and its drivers: 0 facts, 0 reports, 0 sources.",
        "The case holds confidence in its base rate to be low.",
    ]
    assert not any(likelihood_words(sentence.text) for sentence in told)


def test_sentences_join_into_a_paragraph():
    joined = prose.paragraph([Sentence(("One.",)), Sentence(("Two.",))])
    assert re.sub(r"<[^>]*>", "", html(joined)) == "One. Two."


def test_dates_are_written_alike_on_every_machine():
    assert prose.day(date(2021, 3, 1)) == "1 March 2021"
