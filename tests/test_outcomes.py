"""Figures of a forecast put states below their event, and an amount on its own scale."""

import re
from xml.etree import ElementTree

import numpy as np
import pytest

import forecasting
from forecasting.tell import figures
from tests import several


@pytest.fixture(scope="module")
def found():
    return forecasting.run(forecasting.read(several.TEXT))


def names(ax):
    return [tick.get_text() for tick in ax.get_yticklabels()]


def stands_at(ax, key):
    """The places of a mark that the key names, one for each row."""
    handles, labels = ax.legend_.legend_handles, [t.get_text() for t in ax.legend_.get_texts()]
    look = handles[labels.index(key)]
    (line,) = [
        line
        for line in ax.get_lines()
        if (line.get_marker(), line.get_color()) == (look.get_marker(), look.get_color())
        and len(line.get_xdata()) == len(names(ax))
    ]
    return np.array(line.get_xdata())


def test_states_and_cuts_stand_below_the_name_of_their_event(found):
    assert names(figures.forecast(found)) == [
        "Cabinet",
        "The caretaker cabinet stays",
        "An inclusive one",
        "Another",
        "together, An inclusive one or Another (new)",
        "tension", "calm", "incidents", "fighting", "war",
        "together, at least fighting (serious)",
        "Deaths in a year",
        "at least 348 deaths (rises by half)",
        "117 to 347 deaths (middling)",
        "A strike",
    ]  # fmt: skip


def test_a_head_is_bold_and_has_no_mark(found):
    ax = figures.forecast(found, events=["strike", "cabinet"])
    weights = [tick.get_fontweight() for tick in ax.get_yticklabels()]
    assert weights == ["bold", "bold", "normal", "normal", "normal", "normal"]
    assert stands_at(ax, "posterior") == pytest.approx(
        [0.1, np.nan, 12 / 26, 9 / 26, 5 / 26, 14 / 26], nan_ok=True
    )
    assert stands_at(ax, "prior") == pytest.approx([0.1, np.nan, 0.6, 0.15, 0.25, 0.4], nan_ok=True)


def test_the_words_of_a_forecast_name_every_state(found):
    told = figures.alt_text(figures.forecast(found, events=["cabinet", "deaths"]))
    assert told == (
        "Probabilities of 2 outcomes. Cabinet: The caretaker cabinet stays 46%, An inclusive one "
        "35%, Another 19%, together, An inclusive one or Another (new) 54%; Deaths in a year: 389 "
        "deaths, 90% range 115 to 1,120; before 240, at least 348 deaths (rises by half) 59%, 117 "
        "to 347 deaths (middling) 36%."
    )


def test_rows_alone_are_drawn_by_their_titles(found):
    rows = [row for row in found.event_rows if row.event.startswith("cabinet.")]
    assert names(figures.forecast(rows))[1] == "Cabinet: An inclusive one"
    assert names(figures.forecast(found.events.head(4)))[1] == "Cabinet: An inclusive one"


class TestAmounts:
    def test_the_points_stand_on_the_scale_of_the_amount(self, found):
        """ln(q + 1/2): the base distribution has its points at 100, 240 and 900."""
        ax = figures.amounts(found)
        before, after = stands_at(ax, "median")
        assert before == pytest.approx(np.log(240.5))
        # Above the median lies 0.5 = 0.6 / 0.329 of what the base distribution has there.
        assert np.exp(after) - 0.5 == pytest.approx(388.9, abs=0.2)
        assert [t.get_text() for t in ax.get_xticklabels()] == [
            "100",
            "200",
            "500",
            "1,000",
            "2,000",
        ]
        assert np.exp(ax.get_xticks()[0]) == pytest.approx(100.5)

    def test_each_cut_is_drawn_at_its_borders_and_named_once(self, found):
        ax = figures.amounts(found)
        texts = [text.get_text().replace("\n", " ") for text in ax.legend_.get_texts()]
        assert texts[3:] == [
            "at least 348 deaths (rises by half): 59%, before 32%",
            "117 to 347 deaths (middling): 36%, before 59%",
        ]
        upright = {
            round(float(np.exp(x[0])), 6)
            for x in (line.get_xdata() for line in ax.get_lines())
            if len(x) == 2 and x[0] == x[1]
        }
        assert {117.0, 348.0} <= upright  # 116.5 and 347.5, and a half for whole numbers

    def test_the_area_is_the_probability(self, found):
        """Of the drawn area with the evidence 59% lies above 347.5."""
        ax = figures.amounts(found)
        area = ax.collections[1].get_paths()[0].vertices
        base = area[:, 1].max()
        upper = area[area[:, 1] < base - 1e-9]
        order = np.argsort(upper[:, 0])
        x, height = upper[order, 0], base - upper[order, 1]
        step = np.diff(x).mean()
        assert (height[x > np.log(348)]).sum() * step / (height.sum() * step) == pytest.approx(
            0.588, abs=0.02
        )

    def test_what_is_known_is_a_dot_without_an_area(self):
        text = several.TEXT.replace(
            "cuts: {rises", "settled: {value: 494, date: 2021-09-14}\n    cuts: {rises"
        )
        ax = figures.amounts(forecasting.run(forecasting.read(text)))
        assert len(ax.collections) == 1
        assert np.exp(stands_at(ax, "median")[1]) == pytest.approx(494.5)

    @pytest.mark.parametrize(
        ("quantity", "rate", "ticks"),
        [
            ("{unit: °C}", "{low: -3, high: 8}", "-5 0 5 10"),
            ("{whole: yes}", "{low: 0, high: 30}", "0 1 2 5 10 20 50 100"),
            ("{unit: mm}", "{low: 3, high: 8}", "3 4 5 6 7 8 9 10"),
            ("{unit: mm}", "{low: 300, high: 330}", "290 300 310 320 330 340"),
            (
                "{unit: mm}",
                "{low: 0.00001, high: 1000000}",
                "1e-08 0.00001 0.01 10 10,000 10,000,000",
            ),
        ],
    )
    def test_round_amounts_stand_along_either_scale(self, quantity, rate, ticks):
        text = f"{{case: q, events: {{q: {{quantity: {quantity}, base_rate: {rate}}}}}}}"
        ax = figures.amounts(forecasting.run(forecasting.read(text)))
        assert " ".join(tick.get_text() for tick in ax.get_xticklabels()) == ticks

    def test_a_quantity_is_chosen_by_name(self, found):
        with pytest.raises(ValueError, match="no event 'cabinet'"):
            figures.amounts(found, event="cabinet")


@pytest.mark.parametrize("draw", [figures.forecast, figures.amounts])
def test_labels_of_strangers_stay_text(draw):
    evil = "$\\\\frac{1}{0}$ </svg><script>alert(1)</script>"
    text = several.TEXT.replace("An inclusive one", evil).replace("unit: deaths", f'unit: "{evil}"')
    text = text.replace("title: Deaths in a year", f'title: "{evil}"').replace(
        "{caretaker: The caretaker cabinet stays, inclusive: " + evil,
        f'{{caretaker: stays, inclusive: "{evil}"',
    )
    found = forecasting.run(forecasting.read(text))
    page = figures.svg(draw(found))
    ElementTree.fromstring(page)
    assert "<script" not in page
    assert page == figures.svg(draw(found))


def test_no_two_marks_of_an_amount_differ_by_colour_alone(found):
    lines = figures.amounts(found).legend_.legend_handles
    looks = {
        (re.sub(r"[^-.: ]", "", str(line.get_linestyle())), line.get_marker(), line.get_linewidth(),
         str(line._unscaled_dash_pattern))
        for line in lines
    }  # fmt: skip
    assert len(looks) == len(lines)
