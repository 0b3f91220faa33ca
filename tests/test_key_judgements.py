"""The first page of a report: what, how sure, why, what would change it, when to look again."""

import json
import math
from pathlib import Path

import pytest

import forecasting
from forecasting.file.case import read, write_text
from forecasting.report import key_judgements
from forecasting.report.exhibits import push
from forecasting.report.sections import prepare
from forecasting.tell.markup import html as as_html
from forecasting.tell.table import plain
from tests import several

FIRST = Path("priors/first_case.yaml")

HARBOUR = """
case: harbour
as_of: 2024-03-01
resolve_by: 2025-03-01
events:
  strike: {title: A strike, base_rate: {seen: 6, of: 30, within: 12 months}}
  closure: {title: Closure, base_rate: 10%}
sources: {mayor: {}, union: {}}
evidence:
  vote: {claim: A vote., bears_on: strike, if_yes: 90%, if_no: 30%,
         reports: [{source: mayor, grade: A1}]}
  talks: {claim: No talks., bears_on: strike, if_yes: 60%, if_no: 30%,
          reports: [{source: union, grade: B2}]}
  calm: {claim: The port is calm., bears_on: strike, if_yes: 20%, if_no: 60%, status: absent}
  walkout: {claim: A walkout., bears_on: strike, if_yes: 50%, if_no: 5%, status: pending,
            watch_until: 2024-06-30}
"""


@pytest.fixture(scope="module")
def harbour(tmp_path_factory):
    """The report of a case made for these tests."""
    path = tmp_path_factory.mktemp("harbour") / "harbour.yaml"
    write_text(path, HARBOUR)
    return prepare(path)


def test_a_judgement_says_the_word_the_number_its_band_and_why(harbour):
    row = next(row for row in harbour.forecast.event_rows if row.event == "strike")
    one = next(one for one in harbour.first_page.judgements if one.headline == "strike")
    low, high = (f"{100 * end:.0f}" for end in (row.low, row.high))
    assert plain(one.said) == f"{row.word} ({100 * row.posterior:.0f}%, {low} to {high}%)"
    # 90 to 30 triples the odds, if the source is sound; 80 to 40 and not seen doubles them.
    assert [plain(reason.told) for reason in one.because] == [
        "A vote (moderate push up)",
        "The port is calm (not seen; slight push up)",
    ]


def test_a_band_that_reads_as_the_number_itself_is_left_out(tmp_path):
    path = tmp_path / "narrow.yaml"
    write_text(path, "{case: narrow, events: {rain: {base_rate: {low: 71.9%, high: 72.1%}}}}")
    (one,) = prepare(path).first_page.judgements
    assert plain(one.said) == "likely (72%)"


def test_a_class_is_told_how_many_of_a_hundred(harbour):
    row = next(row for row in harbour.forecast.event_rows if row.event == "strike")
    report = prepare(harbour.path, audience="class")
    said = plain(report.first_page.judgements[0].said)
    assert f", {100 * row.posterior:.0f} of 100 such cases, " in said


def test_without_evidence_what_was_before_it_is_the_reason(harbour):
    one = next(one for one in harbour.first_page.judgements if one.headline == "closure")
    (reason,) = one.because
    assert plain(reason.told) == "10% before the evidence, which hardly moves it"
    assert not reason.push


@pytest.mark.parametrize(
    ("factor", "told"),
    [
        (1.05, "next to nothing"),
        (1.2, "slight push up"),
        (2.0, "slight push up"),  # nearer to 1.5 than to 3, by their ratios
        (2.2, "moderate push up"),
        (1 / 4, "moderate push down"),
        (5, "strong push up"),
        (1 / 12, "decisive push down"),
        (math.inf, "decisive push up"),
    ],
)
def test_a_push_is_told_by_the_nearest_word_of_the_scale(factor, told):
    case = forecasting.load(FIRST)
    assert push(case, 10 * math.log10(factor)) == told


def test_the_basis_counts_three_grounds(harbour):
    """The strike: counted, three facts, two good sources; the closure: nothing of these."""
    assert {one.headline: one.basis for one in harbour.first_page.judgements} == {
        "strike": "high",
        "closure": "low",
    }
    told = [sentence.text for sentence in harbour.first_page.basis]
    assert told == [
        "The basis is high for “A strike”; low for “Closure”.",
        "Facts that count: 3; sources that report them: 2.",
    ]


def test_the_basis_is_no_better_than_the_confidence_that_is_stated(tmp_path):
    path = tmp_path / "harbour.yaml"
    write_text(path, HARBOUR.replace("within: 12 months", "within: 12 months, confidence: low"))
    assert key_judgements.degree(prepare(path), "strike") == "low"


def test_it_says_what_to_watch_and_when_to_look_again(harbour):
    (watched,), again = harbour.first_page.watch, harbour.first_page.again
    assert watched.text.startswith("A walkout: “A strike” goes to ")
    assert "if seen by 30 June 2024, else to " in watched.text
    assert again[0].text == "Look again when one of these is seen, or on 30 June 2024."


def test_a_nearer_word_is_reached_by_the_number_that_is_named(tmp_path):
    """Of a single event at 20% by its base rate the nearest word begins at its border, 45% or 20%.

    Its base rate would have to be that border: nothing else is in the case.
    """
    path = tmp_path / "one.yaml"
    write_text(path, "{case: one, events: {rain: {base_rate: {low: 20%, high: 45%}}}}")
    page = prepare(path).first_page
    assert page.changes[-1].text.startswith("The nearest other word: “rain” would ")
    assert " if the median of its base rate were " in page.changes[-1].text
    assert page.again[0].text == "The case names nothing to look out for."


@pytest.mark.parametrize(
    ("factor", "told"), [(1.02, "before the evidence, which hardly moves it"), (3, "the evidence")]
)
def test_of_an_amount_it_is_said_that_evidence_hardly_moves_it_only_where_that_holds(
    tmp_path, factor, told
):
    """It rained: the odds of more mm are so many times what they were without rain, or nearly."""
    path = tmp_path / "amount.yaml"
    write_text(
        path,
        "{case: amount, as_of: 2024-01-01, resolve_by: 2025-01-01, events: {mm: {quantity: "
        "{unit: mm}, base_rate: {low: 10, high: 90}}, rain: {role: driver, base_rate: 10%, "
        f"happened: 2023-12-01}}}}, links: [{{from: rain, to: mm, raises: {factor}}}]}}",
    )
    (one,) = prepare(path).first_page.judgements
    assert plain(one.because[0].told).endswith(told)


def test_a_number_on_a_fact_is_named_with_the_fact(tmp_path):
    path = tmp_path / "dam.yaml"
    write_text(
        path,
        "{case: dam, events: {dam: {title: Dam breaks, base_rate: 30%}}, evidence: {cracks: "
        "{claim: There are cracks., status: confirmed, bears_on: dam, "
        "if_yes: {low: 30%, high: 60%}, if_no: 20%}}}",
    )
    nearest = prepare(path).first_page.changes[-1].text
    assert (
        " if the chance of seeing “There are cracks” given that “Dam breaks” is so were " in nearest
    )


def test_states_and_amounts_have_a_row_each(tmp_path):
    path = tmp_path / "kabul.yaml"
    write_text(path, several.TEXT)
    page = prepare(path, outcomes=["cabinet", "deaths"]).first_page
    cabinet, deaths = page.judgements
    assert plain(cabinet.said).startswith("The caretaker cabinet stays: roughly even chance (46%")
    assert plain(deaths.said).startswith("389 deaths (115 to 1,120)\nat least 348 deaths")
    strokes = {kind: (start, end) for kind, start, end in deaths.bar.strokes}
    # On a scale of logarithms from 100 to 1,120: the median 389, and 240 before.
    assert strokes["median"][0] == pytest.approx(
        math.log(389 / 100) / math.log(1120 / 100), abs=0.01
    )
    assert strokes["before"][0] == pytest.approx(
        math.log(240 / 100) / math.log(1120 / 100), abs=0.01
    )


def test_data_hold_the_numbers_in_full_and_text_fits_a_mail(harbour):
    data = json.loads(json.dumps(key_judgements.as_json(harbour)))
    rows = {row.event: row for row in harbour.forecast.event_rows}
    for one in data["judgements"]:
        row = rows[one["event"]]
        assert (one["probability"], one["before"]) == (row.posterior, row.prior)
        assert (one["low"], one["high"], one["word"]) == (row.low, row.high, row.word)
        assert one["because"]
    assert data["digest"] == read(HARBOUR).digest
    assert data["look_again"].endswith("30 June 2024.")
    text = key_judgements.as_text(harbour)
    assert "\nAnswer (90% range)\n* " in text
    assert max(map(len, text.splitlines())) <= 72
    words = " ".join(text.split())
    for told in ("A strike: ", "What would change it", "What to watch", "How good the basis is"):
        assert told in words
    assert not set("{}_") & set(text)


def test_a_warning_stands_in_the_text_too(tmp_path):
    path = tmp_path / "harbour.yaml"
    write_text(path, HARBOUR)
    report = prepare(path, today="2026-01-01")
    assert report.warnings
    for told in report.warnings:
        assert " ".join(told.split()) in " ".join(key_judgements.as_text(report).split())


DAYS = "as_of: 2024-01-01, resolve_by: 2025-01-01, "


@pytest.mark.parametrize(
    ("case", "told"),
    [
        ("events: {x: {role: driver, kind: state, base_rate: 30%}}", "asks for no outcome"),
        (
            f"{DAYS}events: {{x: {{base_rate: 30%, happened: 2023-12-01}}}}",
            "x: more than 99% (100%). Because: x (happened on 1 December 2023; decisive push up)",
        ),
        (
            f"{DAYS}events: {{x: {{quantity: {{unit: mm}}, base_rate: {{low: 1, high: 16}}}}}}",
            "x: 4 mm (1 to 16). Because: 4 mm before the evidence, which hardly moves it.",
        ),
        (
            f"{DAYS}events: {{x: {{base_rate: 30%, resolve_by: 2030-02-01}}}}",
            "x: unlikely (30%), by 1 February 2030. Because: 30% before the evidence",
        ),
        (
            "events: {x: {base_rate: 0.01%}}",
            "x: less than 1% (<0.1%). Because: <0.1% before the evidence",
        ),
        (
            "scales: {odds: {huge: 100}}, events: {x: {base_rate: 30%}}, evidence: {f: {claim: It, "
            "status: confirmed, bears_on: x, if_yes: 50%, if_no: 1%}}",
            "Because: It (huge push up)",
        ),
        (
            f"events: {{{', '.join(f'x{i}: {{base_rate: {i + 3}%}}' for i in range(40))}}}",
            "x4: very unlikely (7.0%)",
        ),
    ],
)
def test_an_odd_case_has_a_first_page_too(tmp_path, case, told):
    path = tmp_path / "odd.yaml"
    write_text(path, f"{{case: odd, {case}}}")
    report = prepare(path)
    assert told in " ".join(key_judgements.as_text(report).split())
    assert len(report.first_page.judgements) <= 5
    for section in ("opening", "why", "scenarios", "watch", "evidence", "method", "annex"):
        as_html(getattr(report, section)())
