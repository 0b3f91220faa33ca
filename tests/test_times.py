"""A curve is held against what Kaplan and Meier count, and a reader told where the two part."""

from dataclasses import replace

import pytest
from scipy import stats

from forecasting.answer import times
from forecasting.answer.check import check
from forecasting.engine.network import Network
from forecasting.file import case, fits
from forecasting.file.fits import Fit, Window

TEXT = """
case: peace
as_of: 2021-09-15
resolve_by: 2022-09-15
events:
  war:
    base_rate: {model: time_to_event, data: peace_after_rebel_victory, since: 2021-08-15}
"""


def fit_with(curve):
    windows = tuple(Window(float(m), 0.3, 0.05) for m in range(1, 61))
    return Fit("", "", windows, (), {"curve": curve, "effective": 900, "draws": 1000})


@pytest.mark.parametrize(
    ("fitted", "parts"), [(0.28, True), (0.37, False), (0.45, False), (0.60, True)]
)
def test_they_part_where_the_curve_lies_outside_the_interval_of_the_count(fitted, parts):
    """20 of 50 cases: Beta(20.5, 30.5) from 0.29 to 0.51."""
    found = times.curve(fit_with([[fitted, 0.4, 50.0]] * 60), 12.0)
    beta = stats.beta(20.5, 30.5)
    assert (found.counted.low, found.counted.high) == pytest.approx(beta.ppf([0.05, 0.95]))
    assert found.parts == parts
    assert found.told.endswith("they part") == parts


def test_a_difference_of_a_point_is_none_however_many_cases_there_are():
    assert not times.curve(fit_with([[0.41, 0.40, 9e6]] * 60), 12.0).parts


def test_beyond_the_months_that_were_counted_nothing_is_said():
    assert times.curve(fit_with([[0.4, 0.4, 50.0]] * 11), 12.0) is None
    assert times.curve(fit_with([[0.4, 0.4, 50.0]] * 12), 12.0).months == 12
    assert times.curve(replace(fit_with([]), diagnosis={}), 12.0) is None


@pytest.mark.parametrize(("counted", "told"), [(0.31, 0), (0.55, 1)])
def test_check_warns_where_they_part_in_the_window_of_the_case(monkeypatch, counted, told):
    curve = [[0.3, 0.3, 50.0]] * 11 + [[0.3, counted, 50.0]] + [[0.3, 0.3, 50.0]] * 48
    monkeypatch.setattr(fits, "find", lambda spec, as_of: fit_with(curve))
    network = Network(case.read(TEXT))
    assert times.curve_of(network, "war").months == 12
    texts = [one.text for one in check(network.case, network) if "Kaplan" in one.text]
    assert len(texts) == told
    assert all(
        "count 55% of all cases that had waited as long (43% to 66%)" in one for one in texts
    )


@pytest.mark.parametrize(("known", "told"), [(12, None), (11, "12 months asked for, 11 can"),
                                             (0, "12 months asked for, none can")])  # fmt: skip
def test_check_warns_where_no_case_was_followed_for_as_long_as_is_asked(monkeypatch, known, told):
    monkeypatch.setattr(fits, "find", lambda spec, as_of: fit_with([[0.3, 0.3, 50.0]] * known))
    network = Network(case.read(TEXT))
    texts = [one.text for one in check(network.case, network) if "asked for" in one.text]
    assert (told in texts[0] and "its form alone" in texts[0]) if told else not texts


def test_one_month_is_told_as_one():
    assert "within 1 month Kaplan" in times.curve(fit_with([[0.4, 0.4, 50.0]] * 60), 1.0).told
