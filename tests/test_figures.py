"""Figures draw what the table says, whole, readable without colour, and told in words."""

import math
import re
import subprocess
import sys
from dataclasses import asdict, replace
from datetime import date
from itertools import combinations
from types import SimpleNamespace
from xml.etree import ElementTree

import matplotlib
import numpy as np
import pandas as pd
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.text import Text

import forecasting
from forecasting.answer import explain, sensitivity, watch
from forecasting.answer.compare import AS_IT_STANDS
from forecasting.answer.explain import LeaningRow, WeightRow
from forecasting.answer.forecast import EventRow, ScenarioRow
from forecasting.answer.sensitivity import TippingRow, TornadoRow
from forecasting.answer.watch import FindingRow
from forecasting.tell import figures

MAIN, FIRST = "priors/pakistan_taliban_2021.yaml", "priors/first_case.yaml"

# Markup of three kinds, a control character, text that turns round, and a word without end.
HOSTILE = "$\\frac{1}{0}$ </svg><script>alert('x')</script> -->\x07\u202e& _^{}% " + "w" * 90


def event(i=1, title="A title", role="outcome"):
    p = (i % 40 + 0.5) / 41
    return EventRow(f"event_{i}", role, title, p / 2, p, p * 0.7, p + (1 - p) * 0.3, "likely")


def weight(i=1, title="An item", *, decibans=None, before=None):
    before = 0.3 if before is None else before
    decibans = (-1) ** i * (1 + i / 7) if decibans is None else decibans
    odds = before / (1 - before) * 10 ** (decibans / 10)
    grades = "river-office B2; ferryman C3"
    return WeightRow(
        "rain", "fact", f"item_{i}", title, date(2025, 11, 18), grades, before,
        odds / (1 + odds), decibans, *[decibans] * 5,
    )  # fmt: skip


def weights(titles):
    rows, p = [], 0.3
    for i, title in enumerate(titles):
        rows.append(weight(i, title, before=p))
        p = rows[-1].after
    return rows


def lean(i=1, title="rain"):
    return LeaningRow(title, 0.2, 0.3, 2.3 - i / 30, i / 50, "prior-driven")


def swing(i=1, title="An input"):
    low, high = 0.5 - i / 100, 0.5 + i / 120
    return TornadoRow(
        "rain", f"events.e{i}.base_rate", "base rate", f"e{i}", title,
        0.1, 0.2, 0.4, low, high, 0.49, 0.51, 0.3,
    )  # fmt: skip


def finding(i=1, title="A finding"):
    return FindingRow(
        "rain", "indicator", f"f{i}", title, 0.25, 0.5 + i / 100, 0.5 - i / 300, 0.3 / i, 0.01,
        0.2, "likely", "unlikely", date(2026, 1, 1), i % 2 == 0,
    )  # fmt: skip


def tip(i=1, title="An input", target=0.8, value=0.6, distance=None):
    return TippingRow(
        "rain", target, f"links.a.e{i}.raises", "link", f"e{i}", title, 2.0, 4.0, 8.0,
        value, 0.5, float(i) if distance is None else distance, (), target, value,
    )  # fmt: skip


def tips(titles):
    up = [tip(i, title, value=9.5) for i, title in enumerate(titles, 1)]
    return up + [tip(i, title, 0.55, 1.5) for i, title in enumerate(titles, 1)]


def day(i, title="Rain"):
    new = (f"evidence.fact_{i}.reports.0", f"evidence.fact_{i}", "events.flood.happened")
    return SimpleNamespace(
        date=date(2025, 11, 1 + i % 28), event="rain", title=title, prior=0.3 - i / 400,
        posterior=(i * 7 % 40) / 60 + 0.1, word="unlikely", new=new,
    )  # fmt: skip


def analyst(i, title, who):
    p = 0.1 + (i % 40) / 60 + len(who) / 100
    return SimpleNamespace(
        event=f"e{i}", title=title, analyst=who, prior=p, posterior=p, word="likely"
    )


# Each figure, and its table for a list of titles.
TABLES = {
    figures.forecast: lambda titles: [event(i, t) for i, t in enumerate(titles)],
    figures.scenarios: lambda titles: [
        ScenarioRow(f"s{i}", t, 1 / len(titles), 1 / len(titles)) for i, t in enumerate(titles)
    ],
    figures.natural_frequencies: lambda titles: [event(i, t) for i, t in enumerate(titles[:1])],
    figures.weight_of_evidence: weights,
    figures.leaning: lambda titles: [lean(i, t) for i, t in enumerate(titles)],
    figures.tornado: lambda titles: [swing(i, t) for i, t in enumerate(titles, 1)],
    figures.findings: lambda titles: [finding(i, t) for i, t in enumerate(titles, 1)],
    figures.indicators: lambda titles: [finding(i, t) for i, t in enumerate(titles, 1)],
    figures.tipping: tips,
    figures.replay: lambda titles: [day(i, t) for i, t in enumerate(titles)],
    figures.analysts: lambda titles: [
        analyst(i, t, who) for i, t in enumerate(titles) for who in ("ann", "b" * 12, "the case")
    ],
}
EVERY = pytest.mark.parametrize("draw", TABLES, ids=lambda draw: draw.__name__)


def network(path):
    return forecasting.Network(forecasting.load(path))


def texts(ax):
    """Visible texts of the whole figure with their boxes in pixels, after it was drawn."""
    canvas = FigureCanvasAgg(ax.figure)
    canvas.draw()
    found = [one for one in ax.figure.findobj(Text) if one.get_visible() and one.get_text()]
    ticks = {
        tick
        for one in (ax, *ax.child_axes)
        for axis in (one.xaxis, one.yaxis)
        for tick in axis.get_major_ticks()
        if not axis.get_view_interval().min() - 1e-9
        <= tick.get_loc()
        <= axis.get_view_interval().max() + 1e-9
    }
    unseen = {label for tick in ticks for label in (tick.label1, tick.label2)}
    return [(one, one.get_window_extent(canvas.get_renderer())) for one in found
            if one not in unseen]  # fmt: skip


def check_layout(ax):
    """No text leaves the figure, and no two overlap by a pixel."""
    boxes = texts(ax)
    whole = ax.figure.bbox
    for one, box in boxes:
        inside = (
            box.x0 >= whole.x0 and box.y0 >= whole.y0 and box.x1 <= whole.x1 and box.y1 <= whole.y1
        )
        assert inside, (one.get_text(), box, whole)
    for (one, a), (other, b) in combinations(boxes, 2):
        wide = min(a.x1, b.x1) - max(a.x0, b.x0)
        high = min(a.y1, b.y1) - max(a.y0, b.y0)
        assert wide <= 1 or high <= 1, (one.get_text(), other.get_text(), wide, high)


def marks(ax, marker):
    """Places of the marks of one kind: x, from the top of the figure down."""
    return [
        float(x)
        for line in ax.lines
        if line.get_marker() == marker
        for x in np.atleast_1d(line.get_xdata())
        if np.isfinite(x)
    ]


# --- what is drawn equals the table ---------------------------------------------------------------


def test_a_forecast_has_prior_posterior_and_band_where_the_table_says():
    rows = forecasting.run(forecasting.load(MAIN), draws=64).event_rows
    ax = figures.forecast(rows)
    mine = [row for row in rows if row.role == "outcome"]
    assert marks(ax, "|") == [row.prior for row in mine]
    assert marks(ax, "o") == [row.posterior for row in mine]
    bands = [tuple(line.get_xdata()) for line in ax.lines if line.get_alpha()]
    assert bands == [(row.low, row.high) for row in mine]
    # Long titles are wrapped, and a state or a cut stands below the name of its event.
    told = " ".join("\n".join(one.get_text() for one, _ in texts(ax)).split())
    assert all(part in told for row in mine for part in row.title.split(": "))


def test_bars_of_a_waterfall_are_the_decibans_and_meet():
    start = network(MAIN)
    event = "ttp_deaths.rises_by_half"
    rows = explain.weight_of_evidence(start, [event])
    ax = figures.weight_of_evidence(rows)
    bars = sorted(ax.patches, key=lambda bar: bar.get_y())
    ends = [(bar.get_x(), bar.get_x() + bar.get_width()) for bar in bars]
    prior, posterior = start.prior(), start.posterior()
    scale = [10 * np.log10(p / (1 - p)) for p in
             (prior[event], posterior[event])]  # fmt: skip
    assert [ends[0][0], ends[-1][1]] == pytest.approx(scale, abs=1e-9)
    assert [end for _, end in ends[:-1]] == pytest.approx([begin for begin, _ in ends[1:]])
    strong = [row.decibans for row in rows if abs(row.decibans) >= 0.05]
    widths = [end - begin for begin, end in ends]
    assert all(any(abs(w - s) < 1e-9 for w in widths) for s in strong)
    assert sum(widths) == pytest.approx(sum(row.decibans for row in rows), abs=1e-9)


def test_the_scale_above_a_waterfall_gives_the_probability_of_the_log_odds_below():
    ax = figures.weight_of_evidence(weights("abc"))
    (above,) = ax.child_axes
    FigureCanvasAgg(ax.figure).draw()
    ticks = [(tick.get_loc(), tick.label2.get_text()) for tick in above.xaxis.get_major_ticks()]
    assert len(ticks) >= 3
    for at, label in ticks:
        p = float(label.rstrip("%")) / 100
        assert 10 * np.log10(p / (1 - p)) == pytest.approx(at, abs=1e-6)


def test_certainty_is_drawn_at_the_end_of_the_scale_and_named_infinite():
    rows = [weight(0, before=0.3), replace(weight(1), before=weight(0).after, after=1.0,
                                           decibans=float("inf"))]  # fmt: skip
    ax = figures.weight_of_evidence(rows)
    assert ax.patches[-1].get_x() + ax.patches[-1].get_width() == 60
    assert "+∞" in {one.get_text() for one, _ in texts(ax)}
    check_layout(ax)


def test_ends_of_a_tornado_are_the_posteriors_at_both_ends_of_the_range():
    start = network(FIRST)
    rows = [r for r in sensitivity.tornado(start, "bridge_closed") if r.low != r.high]
    ax = figures.tornado(rows, now=0.27)
    assert marks(ax, "o") == [row.at_low for row in rows] + [row.at_high for row in rows]
    told = {one.get_text() for one, _ in texts(ax)}
    assert {"11%", "34%", "2", "8"} <= told  # base rate, and the factor of high water


def test_a_tornado_counts_exact_numbers_and_does_not_draw_them():
    ax = figures.tornado([swing(1), replace(swing(2), low=0.2, high=0.2)])
    assert len(marks(ax, "o")) == 2
    assert "1 exact number has no range" in ax.get_xlabel().replace("\n", " ")


def test_findings_are_the_posteriors_if_so_and_if_not_and_the_line_is_the_posterior_now():
    start = network(FIRST)
    rows = watch.learnable(start, ["bridge_closed"])
    ax = figures.findings(rows)
    rows = sorted(rows, key=lambda row: -abs(row.if_yes - row.if_no))
    assert marks(ax, "o") == [row.if_no for row in rows] + [row.if_yes for row in rows]
    (now,) = [line.get_xdata()[0] for line in ax.lines if list(line.get_ydata()) == [0, 1]]
    assert now == pytest.approx(start.posterior()["bridge_closed"], abs=1e-12)


def test_indicators_that_tell_nothing_are_counted_and_not_drawn():
    ax = figures.indicators([finding(1), replace(finding(2), bits=0.0)])
    assert len(marks(ax, "o")) == 2
    assert "1 more tell less, or nothing" in ax.get_xlabel().replace("\n", " ")
    assert any("0.300" in one.get_text() for one, _ in texts(ax))


def test_tipping_points_stand_at_their_distance_on_the_side_they_lie():
    rows = [tip(1, value=9.5, distance=1.25), tip(2, target=0.55, value=1.5, distance=2.5),
            tip(3, value=99.0, distance=7.0), replace(tip(4), value=None, distance=None),
            replace(tip(5), distance=None)]  # fmt: skip
    ax = figures.tipping(rows)
    assert marks(ax, "^") == [1.25, 3.5]
    assert marks(ax, "D") == [-2.5]
    told = {one.get_text() for one, _ in texts(ax)}
    assert {"9.5", "1.5", "99 →"} <= told
    caption = ax.get_xlabel().replace("\n", " ")
    assert "1 exact number could tip it too" in caption
    assert "1 judgement cannot, alone" in caption


def test_a_replay_has_the_days_in_order_with_what_was_new():
    rows = [day(i) for i in (0, 5, 9)]
    ax = figures.replay(rows)
    assert marks(ax, "o") == [row.posterior for row in rows]
    assert marks(ax, "|") == [row.prior for row in rows]
    assert [tick.get_text() for tick in ax.get_yticklabels()] == [str(row.date) for row in rows]
    assert "fact 9, flood" in {one.get_text() for one, _ in texts(ax)}


def test_analysts_stand_where_the_table_says_and_pools_as_ticks():
    rows = [analyst(1, "Rain", "ann"), analyst(1, "Rain", "bartholomew")]
    pools = [SimpleNamespace(event="e1", title="Rain", pool="linear", without="", probability=0.2),
             SimpleNamespace(event="e1", title="Rain", pool="linear", without="ann",
                             probability=0.3)]  # fmt: skip
    ax = figures.analysts(rows, pools=pools)
    assert marks(ax, "o") == [rows[0].posterior]
    assert marks(ax, "s") == [rows[1].posterior]
    assert [0.2, 0.2] in [list(line.get_xdata()) for line in ax.lines]
    assert [0.3, 0.3] not in [list(line.get_xdata()) for line in ax.lines]


def test_many_analysts_are_dots_that_a_page_names_and_none_hides_another():
    """The dots of the first event lie at two places; the last one stands out, and is named."""
    names = [f"Ann <{i:02d}>" for i in range(20)]
    held = [0.3] * 15 + [0.5] * 4 + [0.9]
    rows = [
        SimpleNamespace(event=event, title=event, analyst=who, prior=p, posterior=p, word="")
        for event, some in (("rain", held), ("snow", [1 - p for p in held[::-1]]))
        for who, p in zip((*names, AS_IT_STANDS), (*some, 0.4), strict=True)
    ]
    ax = figures.analysts(rows)
    where = [
        (x, y)
        for line in ax.lines
        if line.get_marker() == "o"
        for x, y in zip(line.get_xdata(), line.get_ydata(), strict=True)
        if math.isfinite(x)
    ]
    assert len(where) == len(set(where)) == 40
    assert sorted(x for x, _ in where) == sorted(held + [1 - p for p in held])
    assert marks(ax, "|") == [0.4, 0.4]
    side = {one.get_text(): one.get_ha() for one, _ in texts(ax) if "Ann" in one.get_text()}
    assert side == {"Ann <19>": "left", "Ann <00>": "right"}  # away from the others
    page = ElementTree.fromstring(figures.svg(ax))
    titles = [one.text for one in page.iter("{http://www.w3.org/2000/svg}title")]
    assert set(titles) == set(names)
    assert "rain: Ann <00> 30% to Ann <19> 90%" in figures.alt_text(ax)


@pytest.mark.parametrize("names", [["a" * 60] * 6, ["Σωκράτης", "אבגד", "بغداد", "x", "y", "z"]])
@pytest.mark.parametrize("p", [0.0, 0.03, 0.5, 0.97, 1.0])
def test_names_of_who_stands_out_stay_in_the_figure(names, p):
    rows = [
        SimpleNamespace(event="e", title="Rain", analyst=f"{who}{i}", prior=p, posterior=p, word="")
        for i, who in enumerate(names)
    ]
    rows[-1].posterior = abs(p - 0.05)
    check_layout(figures.analysts(rows))


def test_scenarios_are_one_bar_that_adds_up():
    rows = forecasting.run(forecasting.load(MAIN), draws=64).scenario_rows
    ax = figures.scenarios(rows)
    bars = ax.patches[1::2]  # after the evidence
    assert [bar.get_width() for bar in bars] == pytest.approx([row.posterior for row in rows])
    assert bars[-1].get_x() + bars[-1].get_width() == pytest.approx(1)


@pytest.mark.parametrize(("p", "filled"), [(0.264, 26), (0.004, 0), (0.9951, 100), (0.475, 48)])
def test_of_100_marks_as_many_are_filled_as_in_100_cases(p, filled):
    ax = figures.natural_frequencies([replace(event(), posterior=p)])
    places = {
        (x, y): to_rgb(line.get_markerfacecolor()) != (1, 1, 1)
        for line in ax.lines
        for x, y in zip(line.get_xdata(), line.get_ydata(), strict=True)
        if np.isfinite(x)
    }
    assert (len(places), sum(places.values())) == (100, filled)


def test_what_leans_on_what_stands_where_the_table_says():
    rows = explain.prior_or_evidence(network(FIRST))
    ax = figures.leaning(rows)
    assert marks(ax, "s") == [row.base_rates for row in rows]
    told = {one.get_text() for one, _ in texts(ax)}
    assert {f"{row.decibans:+.1f}, {row.verdict}" for row in rows} <= told


@EVERY
def test_a_dataframe_draws_the_same_as_its_records(draw):
    rows = TABLES[draw](["One", "Two"] if draw is not figures.replay else ["One"])
    table = pd.DataFrame([vars(r) if isinstance(r, SimpleNamespace) else asdict(r) for r in rows])
    assert figures.svg(draw(table)) == figures.svg(draw(rows))


def test_a_missing_number_of_a_dataframe_is_missing():
    rows = [tip(1), replace(tip(2), value=None, distance=None)]
    table = pd.DataFrame([asdict(row) for row in rows])
    assert figures.svg(figures.tipping(table)) == figures.svg(figures.tipping(rows))


def test_a_table_of_several_outcomes_is_refused_until_one_is_chosen():
    rows = [weight(), replace(weight(2), outcome="snow")]
    with pytest.raises(ValueError, match="outcome="):
        figures.weight_of_evidence(rows)
    with pytest.raises(ValueError, match="only rain, snow"):
        figures.weight_of_evidence(rows, outcome="hail")
    assert "snow" in figures.alt_text(figures.weight_of_evidence(rows, outcome="snow"))


# --- it can be read -------------------------------------------------------------------------------


@EVERY
@pytest.mark.parametrize("count", [1, 2, 7, 40])
def test_no_text_is_cut_off_or_overlaps(draw, count):
    options = {"most": count} if "most" in draw.__kwdefaults__ else {}
    long = "A rather long claim, as they stand in cases, which says in full what was seen"
    titles = [f"{long} ({i})" if i % 3 else f"Short {i}" for i in range(count)]
    if draw is figures.replay:
        titles = [long] * count
    check_layout(draw(TABLES[draw](titles), **options))


@EVERY
def test_for_a_phone_it_is_drawn_as_whole_and_no_wider(draw):
    """The smallest letters, of 7.5 points, have ten pixels where 360 less margins hold it all."""
    titles = ["A rather long claim, as they stand in cases, which says in full", "Short", "Other"]
    narrow = figures.redrawn(draw(TABLES[draw](titles)), **figures.ON_A_PHONE)
    check_layout(narrow)
    wide = narrow.figure.get_figwidth() * 72
    assert 7.5 * (360 - 2 * 16) / wide > 10
    assert figures.alt_text(narrow) == figures.alt_text(draw(TABLES[draw](titles)))


def test_square_letters_have_the_room_they_need():
    """Of 8.5 points each; matplotlib's own font has none, and draws a narrow box."""
    title = "边境部队在过去一个月里大规模调动"
    ax = figures.forecast([event(1, title)])
    found = ElementTree.fromstring(figures.svg(ax))
    (label,) = (one for one in found.iter() if one.text == title)
    assert float(label.get("x")) - 8.5 * len(title) > 0


def test_letters_are_text_that_is_found_and_copied():
    found = ElementTree.fromstring(figures.svg(figures.forecast([event(1, "التفاوض")])))
    assert "التفاوض" in [one.text for one in found.iter()]
    assert "DejaVu Sans" in found.get("font-family")


@EVERY
@pytest.mark.parametrize("dpi", [60, 90, 130])
def test_text_is_whole_at_any_resolution(draw, dpi):
    ax = draw(TABLES[draw](["A rather long claim, as they stand in cases, which says in full"]))
    ax.figure.set_dpi(dpi)
    check_layout(ax)


@EVERY
def test_hostile_text_is_text(draw):
    ax = draw(TABLES[draw]([HOSTILE]))
    check_layout(ax)
    page = figures.svg(ax)
    root = ElementTree.fromstring(page)
    assert not [one for one in root.iter() if one.tag.endswith("script")]
    assert root.get("aria-label") == figures.alt_text(ax)
    assert "<script" not in page
    assert "\x07" not in figures.alt_text(ax)


@pytest.mark.parametrize("path, outcome", [(MAIN, "renewed_war"), (FIRST, "bridge_closed")])
def test_the_shipped_cases_are_drawn_whole(path, outcome):
    start = network(path)
    answer = forecasting.run(start.case, draws=64)
    names = figures.names_of(start.case)
    now = start.posterior()[outcome]
    targets = sensitivity.next_words(now)
    for ax in (
        figures.forecast(answer.event_rows, role=None),
        figures.scenarios(answer.scenario_rows),
        figures.weight_of_evidence(explain.weight_of_evidence(start, [outcome]), names=names),
        figures.leaning(explain.prior_or_evidence(start), names=names),
        figures.tornado(sensitivity.tornado(start, outcome), now=now, names=names, most=40),
        figures.findings(watch.learnable(start, [outcome]), names=names),
        figures.indicators(watch.indicators(start, [outcome]), names=names),
        figures.tipping(sensitivity.tipping(start, outcome, *targets), names=names),
    ):
        check_layout(ax)


@EVERY
def test_no_two_marks_of_a_figure_differ_by_colour_alone(draw):
    ax = draw(TABLES[draw](["One", "Two", "Three"] if draw is not figures.replay else ["One"]))
    legend = ax.get_legend()
    if legend is None:
        return
    looks = []
    for one in legend.legend_handles:
        if hasattr(one, "get_marker"):
            hollow = to_rgb(one.get_markerfacecolor()) == (1, 1, 1)
            looks.append((one.get_marker(), hollow, one.get_linestyle(), one.get_linewidth()))
        else:
            looks.append((one.get_hatch(), to_rgb(one.get_facecolor()) == (1, 1, 1)))
    assert len(set(looks)) == len(looks)


@EVERY
def test_an_empty_table_gives_a_figure_that_says_so(draw):
    ax = draw([])
    check_layout(ax)
    assert "Nothing to draw." in {one.get_text() for one, _ in texts(ax)}
    assert figures.alt_text(ax)


@EVERY
def test_a_figure_is_as_high_as_its_rows_need(draw):
    if draw in (figures.natural_frequencies, figures.scenarios):
        return
    high = [
        draw(TABLES[draw](["x"] * n), **({"most": n} if "most" in draw.__kwdefaults__
             else {})).figure.get_figheight() for n in (1, 12, 24)
    ]  # fmt: skip
    assert high[2] - high[1] == pytest.approx((high[1] - high[0]) * 12 / 11, rel=0.25)


# --- words, files, settings -----------------------------------------------------------------------


def test_the_words_name_the_strongest_numbers():
    rows = explain.weight_of_evidence(network(FIRST))
    told = figures.alt_text(figures.weight_of_evidence(rows))
    assert "from 21% to 27%" in told
    strongest = max(rows, key=lambda row: abs(row.decibans))
    assert f"Strongest: {strongest.title.rstrip('.')}" in told
    assert f"{strongest.decibans:+.1f} decibans" in told


def test_an_axes_that_was_drawn_otherwise_has_no_words():
    with pytest.raises(ValueError, match="not drawn by"):
        figures.alt_text(Figure().subplots())


@EVERY
def test_the_same_table_gives_the_same_bytes(draw):
    rows = TABLES[draw](["One", "Two"] if draw is not figures.replay else ["One"])
    with matplotlib.rc_context({"font.size": 20, "axes.facecolor": "black", "svg.hashsalt": "x"}):
        first = figures.svg(draw(rows))
    assert first == figures.svg(draw(rows))
    assert not re.search(r"\b20\d\d-\d\d-\d\dT", first)


def test_figures_share_a_page_without_touching_each_other():
    pages = [figures.svg(figures.forecast([event(i)])) for i in (1, 2)]
    ids = [set(re.findall(r'\bid="([^"]+)"', page)) for page in pages]
    assert ids[0] and not ids[0] & ids[1]
    for page, own in zip(pages, ids, strict=True):
        assert set(re.findall(r'href="#([^"]+)"|url\(#([^)]+)\)', page)) <= {
            pair for one in own for pair in ((one, ""), ("", one))
        }
        assert "<style" not in page  # a style sheet would be for the whole page


@EVERY
def test_settings_of_matplotlib_are_left_as_they_were(draw):
    before = dict(matplotlib.rcParams)
    figures.svg(draw(TABLES[draw](["One"])))
    assert dict(matplotlib.rcParams) == before


@EVERY
def test_it_draws_on_the_axes_it_is_given(draw):
    figure = Figure(figsize=(9, 5))
    left, right = figure.subplots(1, 2)
    assert draw(TABLES[draw](["One"]), left) is left
    assert tuple(figure.get_size_inches()) == (9, 5)
    assert not right.lines
    assert figures.alt_text(left) in ElementTree.fromstring(figures.svg(left)).get("aria-label")


def test_a_notebook_shows_a_figure_with_its_words():
    ax = figures.forecast([event()])
    data, metadata = ax._repr_mimebundle_()
    assert data["image/svg+xml"] == figures.svg(ax)
    assert data["text/plain"] == metadata["image/svg+xml"]["alt"] == figures.alt_text(ax)


def test_figures_are_a_module_of_the_package_that_loads_matplotlib_only_to_draw():
    code = (
        "import forecasting, sys; forecasting.figures.forecast; print('matplotlib' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
