"""No model sees what came later; rates, rises and skill are those counted by hand."""

import gzip

import numpy as np
import pytest

from benchmarks.backtest_counts import (
    MONTHS,
    Panel,
    asked,
    came,
    drawn,
    rates,
    read,
    report,
    score,
    skill,
)
from forecasting.fit.count_pool import WEIGHTS, pooled

MADE_UP = [f"{year}-{month:02}" for year in range(2010, 2017) for month in range(1, 13)]


@pytest.fixture(scope="module")
def panel():
    rng = np.random.default_rng(8)
    size = np.array([0.01, 1.0, 20.0, 300.0])
    counts = rng.poisson(rng.gamma(0.5, 2 * size, (len(MADE_UP), 4)))
    return Panel(MADE_UP, ["A", "B", "C", "D"], counts.astype(float))


def test_nothing_after_the_origin_is_seen(panel):
    """Other deaths from November 2014 on leave every draw for 2015 as it was."""
    changed = panel.counts.copy()
    changed[MADE_UP.index("2014-11") :] += 1000
    other = Panel(panel.months, panel.countries, changed)
    for (year, ours), (_, theirs) in zip(
        drawn(panel, [2014, 2015], 30), drawn(other, [2014, 2015], 30), strict=True
    ):
        for name in ours:
            assert (ours[name] == theirs[name]).all(), f"{name} of {year}"
    later = dict(drawn(other, [2016], 30))[2016]
    assert later["cases alike"].max() > 0


def test_the_year_asked_for_begins_two_months_after_the_last_one_seen(panel):
    observed, before, who = asked(panel, 2015)
    first = MADE_UP.index("2015-01")
    assert observed.tolist() == panel.counts[first : first + 12].T.tolist()
    assert before.tolist() == panel.counts[first - 14 : first - 2].sum(axis=0).tolist()
    assert who.tolist() == (before >= 25).tolist()


def test_rises_and_falls_are_those_of_the_totals():
    """From 4 deaths a month: to 6, to 2, to 5; and from 1, which is too few to ask."""
    counts = np.full((48, 4), [4.0, 4.0, 4.0, 1.0])
    counts[36:] = [6, 2, 5, 9]
    made = Panel(MADE_UP[:48], ["A", "B", "C", "D"], counts)
    found = came(made, [2013])
    assert found["rise"].tolist() == [[True, False, False, False]]
    assert found["fall"].tolist() == [[False, True, False, False]]


def test_rates_are_those_of_cases_that_were_over():
    """The year from 2011-11 on had a rise in A; it is the last of nine known in October 2012."""
    counts = np.full((48, 4), [4.0, 4.0, 4.0, 1.0])
    counts[33] = [24, 4, 4, 24]
    made = Panel(MADE_UP[:48], ["A", "B", "C", "D"], counts)
    assert made.months[33] == "2012-10"
    found = rates(made, [2013])
    assert found["rise"].tolist() == [[pytest.approx(0.5 / 28)]]
    counts[33, 0] = 29
    found = rates(made, [2013])
    assert found["rise"].tolist() == [[pytest.approx(1.5 / 28)]]
    assert found["fall"].tolist() == [[pytest.approx(0.5 / 28)]]


def test_a_sure_and_right_forecast_scores_best(panel):
    observed, before, _ = asked(panel, 2015)
    draws = np.repeat(observed[:, None], 40, axis=1)
    draws = np.concatenate([np.full((4, 40, MONTHS - 12), 9e9), draws], axis=2)
    found = score(panel, 2015, draws)
    assert found.crps.tolist() == [0, 0, 0, 0]
    big = before >= 25
    truth = came(panel, [2015])
    assert found.rise[big].tolist() == truth["rise"][0][big].tolist()
    assert np.isnan(found.fall[~big]).all()


def test_skill_is_the_share_of_the_reference_saved():
    ours, reference = np.array([[1.0, np.nan], [2.0, 3.0]]), np.array([[2.0, np.nan], [2.0, 4.0]])
    found = skill(ours, reference, np.array([[1, 1], [2, 0], [0, 2]]))
    assert found[0] == pytest.approx(1 - 6 / 8)
    # Countries alone: 3 of 4, and 3 of 4 again.
    assert found[1:] == (pytest.approx(0.25), pytest.approx(0.25))


def test_a_country_without_a_month_is_refused(tmp_path):
    path = tmp_path / "panel.csv.gz"
    with gzip.open(path, "wt") as file:
        file.write("country,month,best\nA,2010-01,3\nB,2010-01,0\nA,2010-02,1\n")
    with pytest.raises(ValueError, match="no row for 2010-02 B"):
        read(path)


def test_the_page_names_every_model(panel):
    found = {}
    for year, models in drawn(panel, [2015, 2016], 60):
        for name, draws in ({"pool": pooled(models, WEIGHTS)} | models).items():
            found.setdefault(name, []).append(score(panel, year, draws))
    text = "\n".join(report(panel, [2015, 2016], found))
    assert "96 country-months" in text
    for name in found:
        assert name in text
