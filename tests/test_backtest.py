"""No model sees what came later; rates, rises, waits and skill are those counted by hand."""

import csv
import json
from dataclasses import replace
from datetime import date

import numpy as np
import pytest

from forecasting.cli import main
from forecasting.file import tables
from forecasting.file.fits import SEED
from forecasting.fit import count_class, local_level, reference_class, time_to_event
from forecasting.ledger import backtest, rolling
from forecasting.ledger.rolling import BITS, BRIER, COVER, CRPS, SAID, Answers, Task

SIDECAR = """\
title: {title}
source: made up
licence: none
citation: none
rule: none
dated: {dated}
every: {every}
cut: {cut}
columns: {{{columns}}}
{more}
"""


def table(folder, name, header, rows, *, dated, every, cut, more=""):
    """Write a table with its sidecar and load it."""
    columns = ", ".join(f"{one}: it" for one in header.split(","))
    about = {"dated": dated, "every": every, "cut": f"'{cut}'", "columns": columns, "more": more}
    text = SIDECAR.format(title=name, **about)
    (folder / f"{name}.yaml").write_text(text, encoding="utf-8")
    lines = "\n".join([header, *(",".join(map(str, row)) for row in rows)])
    (folder / f"{name}.csv").write_text(lines + "\n", encoding="utf-8")
    return tables.load(str(folder / f"{name}.csv"))


# --- counts ---------------------------------------------------------------------------------------

MONTHS = [f"{year}-{month:02}" for year in range(2010, 2017) for month in range(1, 13)]


def panel(folder, counts, name="deaths"):
    rows = [
        (land, month, int(counts[i, j]))
        for j, land in enumerate("ABCD")
        for i, month in enumerate(MONTHS[: len(counts)])
    ]
    about = {"dated": "month", "every": "month", "cut": MONTHS[len(counts) - 1]}
    return table(folder, name, "country,month,deaths", rows, **about)


def counts_task(made, first, last):
    days = date(first, 10, 31), date(last, 10, 31)
    return Task("event_counts", made, "deaths", ("country",), *days, unit="country")


@pytest.fixture(scope="module")
def counts():
    rng = np.random.default_rng(8)
    size = np.array([0.01, 1.0, 20.0, 300.0])
    return rng.poisson(rng.gamma(0.5, 2 * size, (len(MONTHS), 4))).astype(float)


def test_nothing_after_the_origin_is_seen(counts, tmp_path, monkeypatch):
    """Other deaths from November 2013 on leave every draw for 2014 as it was."""
    changed = counts.copy()
    changed[MONTHS.index("2013-11") :] += 1000
    drawn = []
    monkeypatch.setattr(rolling, "DRAWS", 30)
    monkeypatch.setattr(rolling, "scored_counts", lambda *given: drawn.append(given[4]) or [])
    for name, one in (("a", counts), ("b", changed)):
        for job in rolling.plan(counts_task(panel(tmp_path, one, name), 2013, 2014)):
            job()
    early, late, early_changed, late_changed = drawn
    for name in early:
        assert (early[name] == early_changed[name]).all(), name
        assert (late[name] != late_changed[name]).any(), name


def test_the_year_asked_for_begins_two_months_after_the_last_one_seen(counts, tmp_path):
    (job,) = rolling.plan(counts_task(panel(tmp_path, counts), 2013, 2013))
    by_month, *_ = job()
    first = MONTHS.index("2014-01")
    assert by_month.came.tolist() == counts[first : first + 12].mean(axis=0).tolist()


def test_one_series_leans_on_the_class_of_event_counts_as_known_at_the_origin(
    counts, tmp_path, monkeypatch
):
    """The class is a steady country here, so that cases alike are steady too."""
    asked, drawn, settings = [], [], len(local_level.SETTINGS)

    def known(day):
        asked.append(day)
        return count_class.CountClass(np.full((60, 1), 7), np.full(settings, 1 / settings), 2012)

    monkeypatch.setattr(count_class, "known", known)
    monkeypatch.setattr(rolling, "DRAWS", 30)
    monkeypatch.setattr(rolling, "scored_counts", lambda *given: drawn.append(given) or [])
    rows = [(month, int(counts[i, 2])) for i, month in enumerate(MONTHS)]
    about = {"dated": "month", "every": "month", "cut": MONTHS[-1]}
    made = table(tmp_path, "alone", "month,deaths", rows, **about)
    days = date(2013, 10, 31), date(2014, 10, 31)
    for job in rolling.plan(Task("event_counts", made, "deaths", (), *days)):
        job()
    assert asked == [*days]
    for *_, now, _, draws, (before, _) in drawn:
        assert set(draws["cases alike"].ravel()) == {np.rint(7 * (now[0] + 1) / (7 * 12 + 1))}
        assert 7 * 12 not in before[:, 0]  # the rate of the past is its own


def test_rises_and_falls_are_those_of_the_totals():
    """From 4 deaths a month: to 6, to 2, to 5; and from 1, which is too few to ask."""
    now, came = np.array([48.0, 48, 48, 12]), np.repeat([[6.0], [2], [5], [9]], 12, axis=1)
    sure = np.repeat(came[:, None], 40, axis=1)
    sure = np.concatenate([np.full((4, 40, rolling.GAP), 9e9), sure], axis=2)
    # Of three earlier years of 25 deaths or more one rose by half: (1 + 1/2) / (3 + 1).
    before = np.array([[30.0, 1], [30, 1], [30, 1], [9, 1]])
    after = np.repeat([[2.0], [2], [4], [50]], rolling.MONTHS, axis=1)
    draws = {"sure": sure, rolling.LAST_YEAR: sure + 1}
    found = rolling.scored_counts("deaths", list("ABCD"), now, came, draws, (before, after))
    by_month, rise, fall = found
    assert by_month.scores[CRPS]["sure"].tolist() == [0, 0, 0, 0]
    assert by_month.scores[CRPS][rolling.LAST_YEAR] == pytest.approx(np.ones(4))
    assert by_month.scores[BITS]["sure"] == pytest.approx(np.full(4, -np.log2(41 / 51)))
    assert set(by_month.scores[COVER][rolling.LAST_YEAR].tolist()) == {0.0}
    assert rise.unit.tolist() == fall.unit.tolist() == ["A", "B", "C"]
    assert (rise.came.tolist(), fall.came.tolist()) == ([True, False, False], [False, True, False])
    assert rise.scores[SAID]["sure"].tolist() == [1, 0, 0]
    assert rise.scores[SAID][rolling.PAST].tolist() == [1.5 / 4] * 3
    assert fall.scores[SAID][rolling.PAST].tolist() == [0.5 / 4] * 3
    assert rise.scores[BRIER][rolling.PAST][1] == pytest.approx((1.5 / 4) ** 2)


# --- shares and times -----------------------------------------------------------------------------


@pytest.fixture
def wars(tmp_path):
    """In three years two wars each: of the large ones none ends, of the small ones all but one."""
    rows = [("A", "large", 2, 0, 2001), ("B", "small", 2, 2, 2001), ("A", "large", 1, 0, 2002)]
    rows += [("B", "small", 2, 1, 2002), ("C", "small", 1, 1, 2003), ("A", "large", 1, 0, 2003)]
    more = "question: {ended: Will it end?}\nwithin: {ended: 12 months}"
    about = {"dated": "known", "every": "year", "cut": "2003", "more": more}
    return table(tmp_path, "wars", "country,size,of,ended,known", rows, **about)


def shares_task(made, first=2001, last=2002):
    days = date(first, 12, 31), date(last, 12, 31)
    return Task("reference_class", made, "ended", ("size",), *days, unit="country")


def test_a_share_is_asked_a_year_before_it_is_known_and_learned_from_what_was(wars, monkeypatch):
    """To 2001 two of four had ended, to 2002 three of seven."""
    learned = []

    def fit(known, settings, **seed):
        learned.append(known.rows)
        return real(known, settings, **seed)

    real = reference_class.fit
    monkeypatch.setattr(reference_class, "fit", fit)
    (found,) = backtest.run(shares_task(wars))
    assert [{row["known"] for row in rows} for rows in learned] == [{"2001"}, {"2001", "2002"}]
    assert found.unit.tolist() == ["A", "B", "B", "C", "A"]
    assert found.came.tolist() == [False, True, False, True, False]
    said = found.scores[SAID]
    assert said[rolling.PAST] == pytest.approx(np.repeat([2.5 / 5, 3.5 / 8], [3, 2]))
    # Large, to 2001: 0 of 2; small, to 2002: 3 of 4.
    assert said["rate of the group"][[0, 3]] == pytest.approx([0.5 / 3, 3.5 / 5])
    assert (said["reference_class"][[0, 4]] < said["reference_class"][[1, 3]]).all()


@pytest.fixture
def truces(tmp_path):
    """Six truces from the end of 2000; broken in 2001, 2003 (two), 2004, 2006, and one not."""
    years = (2001, 2003, 2003, 2004, 2006, None)
    rows = [
        ("ABCDEF"[i], "2000-12-31", *((f"{y}-01-01", f"{y}-12-31") if y else ("", "")))
        for i, y in enumerate(years)
    ]
    about = {"dated": "start", "every": "year", "cut": "2006-12-31"}
    return table(tmp_path, "truces", "country,start,event_from,event_to", rows, **about)


def times_task(made, within=(12, 24), first=2002, last=2003):
    days = date(first, 12, 31), date(last, 12, 31)
    return Task("time_to_event", made, "", (), *days, within, unit="country")


def test_a_time_is_asked_of_those_who_wait_and_its_rate_is_of_those_who_had(truces):
    one, two = backtest.run(times_task(truces))
    # At the end of 2002 five wait, of whom two come in a year and three in two; of 2003, three.
    assert one.unit.tolist() == two.unit.tolist() == list("BCDEF") + list("DEF")
    assert one.came.tolist() == [True, True, False, False, False, True, False, False]
    assert two.came.tolist() == [True, True, True, False, False, True, False, False]
    # Known by the end of 2002: at the end of 2000 one of six came in a year, of 2001 none of five;
    # in two years one of six. By the end of 2003: of 2002 two of five, in two years two of five.
    rate = one.scores[SAID][rolling.PAST], two.scores[SAID][rolling.PAST]
    assert rate[0] == pytest.approx(np.repeat([1.5 / 12, 3.5 / 17], [5, 3]))
    assert rate[1] == pytest.approx(np.repeat([1.5 / 7, 3.5 / 12], [5, 3]))
    # The model says of each what a fit of its own to what was known says of it.
    asked = {"elapsed": 24 * 365 / 365.25}
    _, estimate = time_to_event.fit(truces.until(date(2002, 12, 31)), asked, seed=SEED)
    windows = {window.months: window.mean for window in estimate.windows}
    assert one.scores[SAID]["time_to_event"][:5] == pytest.approx([windows[12]] * 5)
    assert two.scores[SAID]["time_to_event"][:5] == pytest.approx([windows[24]] * 5)
    longer = two.scores[SAID]["time_to_event"] > one.scores[SAID]["time_to_event"]
    assert longer.all()


def test_what_tells_cases_apart_moves_their_chances(truces, tmp_path):
    """Those whose kind came soon are more likely to; a kind that is new has a chance too."""
    rows = [
        (unit, f"{1990 + i // 2}-12-31", kind, *((f"{1991 + i // 2}-01-01",
         f"{1991 + i // 2}-12-31") if kind == "soon" else ("", "")))
        for i, (unit, kind) in enumerate([*zip("ABCDEFGH", ["soon", "late"] * 4, strict=True)])
    ]  # fmt: skip
    rows += [("I", "1995-12-31", "soon", "", ""), ("J", "1995-12-31", "new", "", "")]
    about = {"dated": "start", "every": "year", "cut": "1998-12-31"}
    made = table(tmp_path, "kinds", "country,start,kind,event_from,event_to", rows, **about)
    days = date(1995, 12, 31), date(1995, 12, 31)
    (found,) = backtest.run(
        Task("time_to_event", made, "", (), *days, unit="country", covariates=("kind",))
    )
    said = dict(zip(found.unit.tolist(), found.scores[SAID]["time_to_event"], strict=True))
    assert said["I"] > said["J"] > said["H"]


def test_two_values_that_are_new_are_two_kinds(tmp_path):
    """Where a new value stands among the others does not lend it, or them, another's chances."""
    kinds = ["late", "soon"] * 8 + ["anew", "zero"]
    rows = [
        (f"{i:02}", "1990-12-31", kind, "1991-01-01" if kind == "soon" else "",
         "1991-12-31" if kind == "soon" else "")
        for i, kind in enumerate(kinds[:-2])
    ]  # fmt: skip
    rows += [(kind, "1995-12-31", kind, "", "") for kind in ("anew", "zero", "late", "soon")]
    about = {"dated": "start", "every": "year", "cut": "1998-12-31"}
    made = table(tmp_path, "kinds", "country,start,kind,event_from,event_to", rows, **about)
    rows = made.until(date(1995, 12, 31)).rows
    known = replace(made, rows=tuple(row for row in rows if row["kind"] in ("late", "soon")))
    task = Task("time_to_event", made, "", (), *[date(1995, 12, 31)] * 2, covariates=("kind",))
    asked = [row for row in rows if row["kind"] in ("anew", "zero", "soon")][-3:]
    said = rolling._ahead(task, known, asked, np.zeros(3))[:, 11]
    assert said[0] == pytest.approx(said[1], abs=0.03)
    assert said[2] > max(said[:2]) + 0.1


def test_where_draws_cannot_be_trusted_chains_are_run(truces, monkeypatch):
    """As where a base rate is fitted; here all draws are refused."""
    real, asked = time_to_event.fit, []

    def fit(*args, **sampling):
        asked.append({*sampling} - {"seed"})
        drawn, estimate = real(*args, seed=SEED)
        return drawn, replace(estimate, refused=() if asked[-1] else ("9 effective draws",))

    monkeypatch.setattr(time_to_event, "fit", fit)
    backtest.run(times_task(truces, last=2002))
    assert asked == [set(), {"tune", "target_accept"}]


# --- scores ---------------------------------------------------------------------------------------


def test_skill_is_the_share_of_the_reference_saved():
    ours, reference = np.array([3.0, 3.0]), np.array([4.0, 8.0])
    often = np.array([[1, 1], [2, 0], [0, 2]])
    found = backtest.skill(ours, reference, often)
    assert found[0] == pytest.approx(0.5)
    # Of 1/4, 1/2 and 5/8 the points at 5 and 95% of the way.
    assert found[1:] == pytest.approx((0.275, 0.6125))
    assert backtest.skill(ours, np.zeros(2), often) == (None, None, None)


def test_an_interval_is_over_units_not_over_their_cases():
    """Of eight units with ten equal cases each the mean errs as that of eight numbers."""
    unit = np.repeat(list("ABCDEFGH"), 10)
    values = np.repeat([0.0, 1, 0, 1, 0, 1, 0, 1], 10)
    scores = {BRIER: {"ours": values, rolling.PAST: np.full(80, 0.5)}}
    ours, rate = backtest.rows([Answers("q", rolling.PAST, unit, values > 0, scores)])
    assert (ours.cases, ours.units, ours.mean, rate.mean) == (80, 8, 0.5, 0.5)
    # The 5 and 95% points of a binomial of 8, as shares.
    assert (ours.low, ours.high) == (0.25, 0.75)
    assert (ours.skill, rate.skill) == (0.0, None)


# --- the command ----------------------------------------------------------------------------------


@pytest.fixture
def command(capsys):
    def run(*words):
        status = main(["backtest", *map(str, words)])
        out, err = capsys.readouterr()
        assert status == (1 if err else 0)
        return " ".join((out or err).split())

    return run


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["reference_clas"], "MODEL: not a model found: reference_clas"),
        (["event_counts", "--table", "nowhere"], "there is no table of this name"),
        (["event_counts", "--table", "nowhere.csv"], "nowhere.csv: there is no table of this name"),
        (["reference_class", "--table", "coup_success", "--by", "colour"], "no such column"),
        (["time_to_event", "--table", "coup_success"], "lacks what time_to_event needs"),
        (["event_counts", "--table", "ttp_deaths_monthly.deaths"], "26 months up to an origin"),
        (["event_counts", "--table", "ttp_deaths_monthly.deaths", "--origins", "2008-10..2010-10"],
         "2009-08 to 2020-06"),
        (["reference_class", "--origins", "2040..2050"], "no case was open at any of them"),
        (["reference_class", "--origins", "1949..1949"], "no outcome was known by the first"),
        (["time_to_event", "--table", "conflict_recurrence_times", "--origins", "2020..2024"],
         "what comes within 12 months must be known found: 2020-12-31..2024-12-31 accepted: up to "
         "2023-12-31"),
        (["time_to_event", "--table", "conflict_recurrence_times", "--origins", "1940..1940"],
         "no case had begun by the first"),
        (["reference_class", "--scheduler", "tcp://127.0.0.1:9"], "no scheduler answers there"),
    ],
)  # fmt: skip
def test_what_cannot_be_forecast_again_is_refused(command, words, message, monkeypatch):
    monkeypatch.setattr("forecasting.fit.workers.PATIENCE", 0.2)
    given = dict.fromkeys(words[1::2])
    usual = {"--table": "coup_success", "--origins": "2000..2001"}
    more = [part for pair in usual.items() if pair[0] not in given for part in pair]
    assert message in command(*words, *more)


@pytest.fixture
def made_up(counts, tmp_path):
    path = panel(tmp_path, counts).file
    return ["event_counts", "--table", path, "--outcome", "deaths", "--by", "country",
            "--origins", "2012-10..2014-10"]  # fmt: skip


def test_the_scores_are_printed_and_written(command, made_up, tmp_path, monkeypatch):
    monkeypatch.setattr(rolling, "DRAWS", 60)
    shown = command(*made_up)
    assert "12 cases, 4 units (country), too few separate stories to tell" in shown
    for words in ("skill over last year again", "skill over rate of the past", "today's edition"):
        assert words in shown
    page, again, data, sheet = (tmp_path / f"{i}" for i in ("a.html", "b.html", "c.json", "d.csv"))
    for path in (page, again, data, sheet):
        assert command(*made_up, "-o", path) == f"written: {path}"
    assert page.read_bytes() == again.read_bytes()
    text = page.read_text(encoding="utf-8")
    assert "today&#39;s edition" in text and "script-src &#39;none&#39;" in text
    assert "deaths of a year falls by half" in text
    found = json.loads(data.read_text(encoding="utf-8"))
    with sheet.open(encoding="utf-8", newline="") as file:
        rows = [*csv.DictReader(file)]
    assert len(rows) == len(found)
    pool = next(one for one in found if (one["model"], one["score"]) == ("pool", "CRPS"))
    assert f"{pool['mean']:.3f} [" in shown or f"{pool['mean']:,.2f} [" in shown
    assert pool["skill_low"] <= pool["skill"] <= pool["skill_high"]


def test_a_cluster_gives_the_same_numbers(made_up, tmp_path, monkeypatch):
    distributed = pytest.importorskip("distributed")
    here, there = tmp_path / "here.csv", tmp_path / "there.csv"
    assert main(["backtest", *made_up, "-o", str(here)]) == 0
    cluster = distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, dashboard_address=None, host="127.0.0.1"
    )
    with cluster:
        address = ["--scheduler", cluster.scheduler_address]
        assert main(["backtest", *made_up, *address, "-o", str(there)]) == 0
    assert here.read_bytes() == there.read_bytes()
