"""What the page reads, in V8: numbers that are typed."""

import json

import pytest
from py_mini_racer import MiniRacer

from forecasting.explorer.live import scopes


@pytest.fixture(scope="module")
def page():
    """Call a function of a module of the page with arguments; give its value."""
    with MiniRacer() as v8:
        v8.eval(scopes("numbers.js"))

        def call(function, *arguments):
            written = ", ".join(json.dumps(argument) for argument in arguments)
            return json.loads(v8.eval(f"JSON.stringify({function}({written}))"))

        yield call


@pytest.mark.parametrize(
    ("typed", "asked"),
    [
        ("0.6", "0.6% or 60%? Write it with the percent sign"),
        (" ,07 ", "0.07% or 7%? Write it with the percent sign"),
        *((text, None) for text in ("0.6%", "0", "0.0", "1", "1.5", "60", "abc", "")),
    ],
)
def test_a_share_typed_for_a_percentage_is_asked_back(page, typed, asked):
    assert page("numbers_js.scaleOf({kind: 'probability'}).doubt", typed) == asked
