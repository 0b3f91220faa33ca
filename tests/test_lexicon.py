"""Words follow their standards, with a stated rule where a standard leaves one open."""

import numpy as np
import pytest

from forecasting.lexicon import CREDIBILITY, RELIABILITY, grade, icd_203, phia


@pytest.mark.parametrize(
    ("p", "word"),
    [
        (0.009, "less than 1%"),
        (0.01, "almost no chance"),
        (0.049, "almost no chance"),
        (0.05, "very unlikely"),
        (0.199, "very unlikely"),
        (0.20, "unlikely"),
        (0.20 - 1e-12, "unlikely"),  # a computed 20%
        (0.449, "unlikely"),
        (0.45, "roughly even chance"),
        (0.55, "roughly even chance"),
        (0.551, "likely"),
        (0.80, "likely"),
        (0.801, "very likely"),
        (0.95, "very likely"),
        (0.951, "almost certain"),
        (0.99, "almost certain"),
        (0.991, "more than 99%"),
        (0.0, "less than 1%"),
        (1.0, "more than 99%"),
    ],
)
def test_icd_203(p, word):
    """ICD 203 (2015): 01-05, 05-20, 20-45, 45-55, 55-80, 80-95, 95-99; ties towards even."""
    assert icd_203(p).word == word


OPPOSITE = {
    "less than 1%": "more than 99%",
    "almost no chance": "almost certain",
    "very unlikely": "very likely",
    "unlikely": "likely",
    "roughly even chance": "roughly even chance",
}


@pytest.mark.parametrize("p", [0, 0.005, 0.01, 0.03, 0.05, 0.1, 0.2, 0.3, 0.45, 0.5])
def test_a_statement_and_its_opposite_get_opposite_words(p):
    assert icd_203(1 - p).word == OPPOSITE[icd_203(p).word]


@pytest.mark.parametrize(
    ("p", "word", "between"),
    [
        (0.0, "remote chance", False),
        (0.05, "remote chance", False),
        (0.07, "remote chance", True),
        (0.075, "highly unlikely", True),  # the middle of a gap goes towards even
        (0.10, "highly unlikely", False),
        (0.20, "highly unlikely", False),
        (0.225, "unlikely", True),
        (0.30, "unlikely", False),
        (0.375, "realistic possibility", True),
        (0.40, "realistic possibility", False),
        (0.499, "realistic possibility", False),
        (0.50, "realistic possibility", True),  # the band stops short of one half
        (0.54, "likely or probable", True),
        (0.55, "likely or probable", False),
        (0.77, "likely or probable", True),
        (0.85, "highly likely", False),
        (0.93, "almost certain", True),
        (0.95, "almost certain", False),
        (1.0, "almost certain", False),
    ],
)
def test_uk_yardstick_and_its_gaps(p, word, between):
    wording = phia(p)
    assert (wording.word, wording.between) == (word, between)
    assert str(wording) == (f"{word} (between bands)" if between else word)


@pytest.mark.parametrize("lexicon", [icd_203, phia])
@pytest.mark.parametrize("p", [-0.1, 1.1, np.nan])
def test_what_is_no_probability_is_refused(lexicon, p):
    with pytest.raises(ValueError, match="between 0 and 1"):
        lexicon(p)


def test_grades_are_spelled_out():
    assert set(RELIABILITY) == set("ABCDEF")
    assert set(CREDIBILITY) == set("123456")
    assert grade("F", "6") == "reliability cannot be judged; truth cannot be judged"
    assert grade("A", None) == "reliable source"
