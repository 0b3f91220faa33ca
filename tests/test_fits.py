"""Fits are found by what could change them, never used stale, refused or marked when unsound."""

import json
from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pytest
from scipy.interpolate import PchipInterpolator
from scipy.optimize import brentq
from scipy.stats import norm

from benchmarks import base_rates as derived
from forecasting import extras
from forecasting.answer import forecast
from forecasting.answer.check import check
from forecasting.cli import main
from forecasting.engine.distribution import distribution
from forecasting.engine.draws import band
from forecasting.engine.network import Network
from forecasting.engine.window import Rate
from forecasting.errors import InputError
from forecasting.file import case, fits, tables
from forecasting.file.fits import Amounts, Fit, Window
from forecasting.file.models import CLASS_TABLES, LEVELS
from forecasting.file.stated import Point
from forecasting.fit import base_rates, sampling
from forecasting.judgement import Probability
from forecasting.report import provenance

MAIN = Path("priors/pakistan_taliban_2021.yaml")
TEXT = """
case: made-up
as_of: 2015-06-30
resolve_by: 2016-06-30
events:
  war:
    base_rate: {model: reference_class, data: rebel_victories, outcome: war, within: 12 months}
"""
DIAGNOSIS = {
    "rhat": 1.0, "ess_bulk": 900, "ess_tail": 900, "divergences": 0, "seconds": 1.0,
}  # fmt: skip


@pytest.fixture(autouse=True)
def own_folder(tmp_path, monkeypatch):
    monkeypatch.setenv(fits.FOLDER_VARIABLE, str(tmp_path / "fits"))
    monkeypatch.setattr(fits, "_made", {})
    return tmp_path / "fits"


@pytest.fixture
def wanted():
    ((spec, as_of),) = fits.wanted(case.read(TEXT)).values()
    return spec, as_of


def made(spec, as_of, refused=(), windows=((None, 0.3, 0.1),)):
    return Fit(
        spec.label, fits.digest(spec, as_of), tuple(Window(*w) for w in windows), refused, DIAGNOSIS
    )


# --- found, or not --------------------------------------------------------------------------------


def test_a_kept_fit_is_the_base_rate(wanted):
    fits.save(made(*wanted), wanted[0])
    base = Network(case.read(TEXT)).base_rate("war")
    assert base.mean == pytest.approx(0.3, abs=1e-12)
    assert base.sd == pytest.approx(0.1, abs=1e-12)


def test_a_stated_period_is_moved_to_the_window_as_for_any_base_rate(wanted):
    fits.save(made(*wanted), wanted[0])
    longer = Network(case.read(TEXT), resolve_by=date(2017, 6, 30)).base_rate("war")
    assert longer == Window(None, 0.3, 0.1).probability.over(2.0)


def test_without_a_fit_the_message_names_the_command():
    with pytest.raises(InputError, match="has not been fitted yet") as caught:
        Network(case.read(TEXT))
    assert "forecasting fit" in str(caught.value)


@pytest.mark.parametrize(
    "change",
    [
        lambda spec, day: (spec, date(2009, 6, 30)),
        lambda spec, day: (replaced(spec, settings={**spec.settings, "outcome": "fighting"}), day),
        lambda spec, day: (replaced(spec, settings={**spec.settings, "prior": (2.0, 3.0)}), day),
        lambda spec, day: (replaced(spec, model="time_to_event", settings=SINCE), day),
        lambda spec, day: (replaced(spec, table=edited(spec.table)), day),
    ],
    ids=["an earlier day", "another outcome", "another prior", "another model", "an edited row"],
)
def test_what_could_change_a_fit_makes_it_stale(wanted, change):
    fits.save(made(*wanted), wanted[0])
    assert fits.find(*wanted) is not None
    assert fits.find(*change(*wanted)) is None


@pytest.mark.parametrize(
    ("year", "stale"), [(2020, True), (2021, False)], ids=["known by then", "known later"]
)
def test_a_fit_of_counts_is_stale_once_its_class_has_changed(tmp_path, monkeypatch, year, stale):
    """A death more in a year that was over when the months end; or in the next."""
    text = "{case: x, as_of: 2021-09-15, resolve_by: 2022-09-15, events: {a: {base_rate: {model: "
    text += "event_counts, data: ttp_deaths_monthly, count: deaths, at_least: 1.5}}}}"
    spec, day = fits.wanted(case.read(text), date(2021, 9, 15))["a"]
    before = fits.digest(spec, day)
    for name in CLASS_TABLES:
        lines = (fits.shipped("data") / f"{name}.csv").read_text("utf-8").splitlines()
        at = next(i for i, line in enumerate(lines) if line.startswith(f"{year},"))
        lines[at] += "1"
        (tmp_path / f"{name}.csv").write_text("\n".join(lines), "utf-8")
    monkeypatch.setattr(fits, "shipped", lambda folder: tmp_path)
    fits.digest.cache_clear()
    after = fits.digest(spec, day)
    fits.digest.cache_clear()
    assert (after != before) == stale


SINCE = {"since": type("Day", (), {"last": date(2014, 1, 1)})()}


def replaced(spec, **changes):
    return type(spec)(**{**vars(spec), **changes})


def edited(table):
    rows = ({**table.rows[0], "war": "1"}, *table.rows[1:])
    return tables.Table(table.name, rows, table.sidecar, date(2020, 12, 30))


def test_other_versions_leave_a_fit_as_it_is_and_are_told(tmp_path, wanted, monkeypatch, capsys):
    versions = {"pymc": "9.9", "nutpie": "0.16", "arviz": "absent"}
    monkeypatch.setattr(fits, "versions", lambda: versions)
    told = {"pymc_version": "6.4", "nutpie_version": "0.16", "arviz_version": "1.3"}
    fit = made(*wanted)
    fits.save(replace(fit, diagnosis=fit.diagnosis | told), wanted[0])
    path = tmp_path / "case.yaml"
    path.write_text(TEXT, encoding="utf-8")
    assert main(["fit", str(path)]) == 0
    told = " ".join(capsys.readouterr().out.split())
    assert told.count("made with pymc 6.4 (here 9.9): war") == 1
    assert "nutpie" not in told  # the same here
    assert "arviz" not in told  # none here: nothing to compare with
    versions["pymc"] = "6.4"
    assert main(["fit", str(path)]) == 0
    assert "made with" not in capsys.readouterr().out


def test_a_seed_is_part_of_what_a_fit_is_found_by(wanted):
    assert fits.digest(*wanted) != fits.digest(*wanted, 7)


def test_a_file_with_another_digest_inside_is_not_used(wanted, own_folder):
    path = fits.save(made(*wanted), wanted[0])
    fits._made.clear()
    content = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps({**content, "digest": "0" * 64}), encoding="utf-8")
    assert fits.find(*wanted) is None


@pytest.mark.parametrize("text", ["", "{", "[]", '{"digest": 1}', '{"windows": [[null, 2, 1]]}'])
def test_a_broken_file_counts_as_none(wanted, text):
    path = fits.save(made(*wanted), wanted[0])
    fits._made.clear()
    path.write_text(text, encoding="utf-8")
    assert fits.find(*wanted) is None


def test_a_folder_that_cannot_be_written_is_no_error(wanted, tmp_path, monkeypatch):
    blocked = tmp_path / "a file"
    blocked.write_text("", encoding="utf-8")
    monkeypatch.setenv(fits.FOLDER_VARIABLE, str(blocked / "fits"))
    assert fits.save(made(*wanted), wanted[0]) is None
    assert fits.find(*wanted).windows[0].mean == 0.3  # it serves this run all the same


@pytest.mark.parametrize(
    ("platform", "variable", "tail"),
    [
        ("linux", "XDG_CACHE_HOME", "scenario-forecasting/fits"),
        ("win32", "LOCALAPPDATA", "scenario-forecasting/fits"),
        ("darwin", None, "Library/Caches/scenario-forecasting/fits"),
    ],
)
def test_each_platform_has_its_folder(platform, variable, tail, monkeypatch, tmp_path):
    monkeypatch.delenv(fits.FOLDER_VARIABLE)
    monkeypatch.setattr(fits.sys, "platform", platform)
    monkeypatch.setattr(Path, "home", lambda: tmp_path)
    if variable:
        monkeypatch.setenv(variable, str(tmp_path))
    assert fits.cache_folder() == tmp_path / tail


# --- windows --------------------------------------------------------------------------------------


def windows():
    return Fit(
        "", "", tuple(Window(float(m), m / 20, 0.05 + m / 200) for m in range(1, 13)), (), {}
    )


def over(fit, months):
    """Give the probability for a window, as a network has it."""
    return Rate(*fit.nearest(months)).here


def test_whole_months_are_given_as_fitted_and_others_between():
    fit = windows()
    assert over(fit, 4.0).mean == pytest.approx(0.2, abs=1e-12)
    assert over(fit, 4.0).sd == pytest.approx(0.07, abs=1e-12)
    assert 0.2 < over(fit, 4.5).mean < 0.25
    assert 0.07 < over(fit, 4.5).sd < 0.075


@pytest.mark.parametrize("months", [1, 2, 7, 12])
def test_nothing_jumps_where_a_month_is_whole(months):
    """Also at one month, below which a constant hazard takes over."""
    fit = windows()
    for near in (months - 1e-7, min(months + 1e-7, 12.0)):
        assert over(fit, near).mean == pytest.approx(over(fit, float(months)).mean, abs=1e-7)
        assert over(fit, near).sd == pytest.approx(over(fit, float(months)).sd, abs=1e-7)


def test_between_a_wide_and_a_narrow_month_there_is_a_probability():
    """Standard deviations mixed evenly, 0.048, would be more than a mean of 0.00026 can have."""
    fit = Fit("", "", (Window(1.0, 0.6, 0.48), Window(2.0, 1e-4, 5e-5)), (), {})
    between = over(fit, 1.9)
    assert between.mean == pytest.approx(0.00026, abs=0.00001)
    assert between.sd < np.sqrt(between.mean * (1 - between.mean))


def test_below_a_month_the_risk_is_spread_evenly():
    expected = Window(1.0, 0.05, 0.055).probability.over(0.25)
    assert over(windows(), 0.25) == expected


def test_a_window_beyond_the_reach_is_refused():
    with pytest.raises(ValueError, match="are more than the 12 fitted"):
        over(windows(), 13.0)


def test_mean_and_standard_deviation_are_kept():
    probability = Window(None, 0.137, 0.09).probability
    assert isinstance(probability, Probability)
    assert probability.mean == pytest.approx(0.137, abs=1e-12)
    assert probability.sd == pytest.approx(0.09, abs=1e-12)


def test_a_summary_of_another_form_is_not_found(wanted, monkeypatch):
    """What stood there once was a spread in log-odds."""
    with monkeypatch.context() as before:
        before.setattr(fits, "FORM", fits.FORM - 1)
        fits.digest.cache_clear()
        fits.save(made(*wanted), wanted[0])
    fits.digest.cache_clear()
    fits._made.clear()
    assert fits.find(*wanted) is None


# --- gates ----------------------------------------------------------------------------------------


def tree(draws, diverging=0):
    import arviz as az

    stats = np.zeros(draws.shape, bool)
    stats.flat[:diverging] = True
    return az.from_dict({"posterior": {"x": draws}, "sample_stats": {"diverging": stats}})


GOOD = np.random.default_rng(1).normal(size=(4, 500))


@pytest.mark.parametrize(
    ("draws", "diverging", "reason"),
    [
        (GOOD + np.arange(4)[:, None], 0, "R-hat of x is"),
        (np.repeat(GOOD[:, :5], 100, axis=1), 0, "bulk ESS of x is"),
        (np.where(np.isnan(GOOD), 0.0, 1.0), 0, "R-hat of x is nan"),
        (np.where(GOOD > 3, np.nan, GOOD), 0, "nan"),
        (GOOD[:, :450], 0, "4 chains of 450 draws, not 4 of 500"),
        (GOOD[:2], 0, "2 chains where 4 are needed"),
        (GOOD, 1, "1 divergences, and there must be none"),
    ],
    ids=["apart", "sticky", "constant", "NaN", "interrupted", "too few chains", "divergence"],
)
def test_unsound_draws_are_refused_with_the_reason(draws, diverging, reason):
    _, refused = sampling.gate(tree(draws, diverging), draws=500, chains=4, names=["x"])
    assert reason in "; ".join(refused)


def test_sound_draws_pass():
    diagnosis, refused = sampling.gate(tree(GOOD), draws=500, chains=4, names=["x"])
    assert refused == ()
    assert diagnosis["divergences"] == 0
    assert diagnosis["ess_bulk"] > 400


def test_a_refused_fit_stops_the_command_and_force_marks_what_uses_it(
    tmp_path, monkeypatch, capsys
):
    path = tmp_path / "case.yaml"
    path.write_text(TEXT, encoding="utf-8")
    reason = "R-hat of kappa is 1.200, and must be at most 1.01"
    monkeypatch.setattr(base_rates, "fit", lambda spec, day: made(spec, day, (reason,)))
    assert main(["run", str(path)]) == 1
    assert reason in capsys.readouterr().err
    assert main(["fit", str(path), "--force"]) == 0
    assert "war (unconverged)" in capsys.readouterr().out
    assert main(["run", str(path)]) == 0
    assert "UNCONVERGED" in capsys.readouterr().out
    assert main(["run", str(path), "--format", "json"]) == 0
    assert json.loads(capsys.readouterr().out)["unconverged"] == ["war"]
    assert main(["check", str(path)]) == 0
    assert "kept by force, unconverged" in capsys.readouterr().out
    assert main(["fit", str(path)]) == 1  # force is asked for each time


# --- hindsight and the shipped case ---------------------------------------------------------------


def test_no_base_rate_changes_when_all_later_rows_are_deleted():
    """Had a table gone on after the day, the same rows would have been used."""
    for name in tables.names():
        table = tables.load(name)
        for day in (date(2010, 7, 15), date(2021, 9, 15)):
            cut = table.until(day)
            last = cut.observed_until
            rows = tuple(row for row in table.rows if table.known(row) <= last)
            gone = [row.get("event_to") for row in rows]
            assert all(
                tables.parse_day(to).last <= last or not row["event_to"]
                for to, row in zip(gone, cut.rows, strict=True)
                if to
            )
            shorter = tables.Table(name, rows, table.sidecar, table.observed_until)
            assert shorter.until(day) == cut


def test_nothing_but_the_library_is_dated_after_the_day_of_the_main_case():
    library = {make.__name__ for make in derived.TABLES} | {*CLASS_TABLES}
    used = {*provenance.used_tables(case.load(MAIN))} - {*CLASS_TABLES}
    assert used
    assert not used & library
    for name in {*tables.names()} - library:
        tables.load(name).refuse_later(date(2021, 9, 15))


def days_with_news(case_, first, last):
    """Days on which a fact came about or was reported."""
    dates = {
        day.last
        for fact in case_.evidence.values()
        for day in (fact.date, *(report.date for report in fact.reports))
        if day is not None
    }
    return sorted(day for day in dates if first <= day <= last)


def test_every_base_rate_of_the_main_case_is_shipped_for_every_day_with_news_and_nothing_else_is():
    """So a replay of the last weeks, day by day, needs no fitting."""
    main_case = case.load(MAIN)
    days = days_with_news(main_case, date(2021, 7, 15), date(2021, 9, 15))
    assert len(days) == 10
    due = set()
    for day in days:
        wanted = fits.wanted(main_case, day)
        assert len(wanted) == 6
        assert all(fits.find(*pair).converged for pair in wanted.values())
        due |= {
            fits._file_name(s.model, s.table.name, fits.digest(s, d)) for s, d in wanted.values()
        }
    assert {path.name for path in Path("priors/fits").glob("*")} == due


def test_headline_questions_have_a_base_rate_from_data():
    """Violence, with its curbing as it shows from outside, and war; test_main_case has China's."""
    assert {"ttp_deaths", "renewed_war"} <= fits.wanted(case.load(MAIN)).keys()


def test_the_shipped_fits_were_made_without_chains():
    for path in Path("priors/fits").glob("*.json"):
        diagnosis = json.loads(path.read_text(encoding="utf-8"))["diagnosis"]
        assert not [key for key in diagnosis if key in ("sampler", "rhat") or "version" in key]


def test_only_chains_need_pymc_and_say_what_to_install(tmp_path, monkeypatch, capsys):
    path = tmp_path / "case.yaml"
    path.write_text(TEXT, encoding="utf-8")
    monkeypatch.setattr(extras, "find_spec", lambda _: None)
    assert main(["run", str(path)]) == 0
    assert main(["fit", str(path)]) == 0
    told = capsys.readouterr().out
    assert "by quadrature" in told
    assert "10 of 49" in told  # of the victories known by the middle of 2015
    with pytest.raises(InputError, match="to run chains, pymc is needed and not inst"):
        sampling.sample(None, seed=1)


# --- windows beyond the reach of a model ----------------------------------------------------------

PEACE = """
case: peace
as_of: 2021-09-15
resolve_by: 2041-09-15
horizons: [2022-09-15]
events:
  calm: {base_rate: 30%}
  war:
    base_rate: {model: time_to_event, data: peace_after_rebel_victory, since: 2021-08-15}
"""
FALL = """
case: fall
as_of: 2021-09-15
resolve_by: 2022-06-15
events:
  fall:
    base_rate: {model: event_counts, data: ttp_deaths_monthly, count: deaths, at_most: 0.5}
"""
FAR = PEACE.replace("resolve_by: 2041", "resolve_by: 2023")


@pytest.fixture
def no_sampling(monkeypatch):
    def sampled(*_, **__):
        raise AssertionError("a model was fitted")

    monkeypatch.setattr(base_rates, "fit", sampled)
    monkeypatch.setattr(sampling, "sample", sampled)


@pytest.mark.parametrize("command", ["check", "run", "fit", "explain", "audit", "report"])
@pytest.mark.parametrize(
    ("text", "more", "line", "says"),
    [
        (PEACE, [], 9, "windows from 0 to 60 months, and this one has 240"),
        (FALL, [], 7, "windows from 12 to 60 months, and this one has 9"),
        (FAR.replace("[2022", "[2026-10-01, 2022"), [], 9, "and this one has 60.5"),
        (FAR, ["--by", "2031-09-15"], 9, "and this one has 120"),
        (PEACE.replace("since: 2021", "since: 2042"), [], 9, "and this one has -11"),
    ],
    ids=["too long", "too short", "a horizon", "another date", "before it begins"],
)
def test_a_window_beyond_a_model_is_refused_before_anything_is_fitted(
    no_sampling, tmp_path, capsys, command, text, more, line, says
):
    if more and command in ("check", "fit"):
        return  # these two take no other date
    path = tmp_path / "case.yaml"
    path.write_text(text, encoding="utf-8")
    output = ["-o", str(tmp_path / "x.html")] if command == "report" else []
    assert main([command, str(path), *more, *output]) == 1
    told = capsys.readouterr()
    assert f"case.yaml:{line}: events." in told.err
    assert says in told.err
    assert "fitting" not in told.err


def test_a_network_refuses_such_a_window_whether_or_not_there_is_a_fit():
    with pytest.raises(InputError, match="windows from 0 to 60 months"):
        Network(case.read(PEACE))


def test_a_replay_asks_nothing_of_far_horizons(no_sampling, tmp_path, monkeypatch):
    path = tmp_path / "case.yaml"
    path.write_text(FAR.replace("[2022", "[2026-10-01, 2022"), encoding="utf-8")
    with pytest.raises(AssertionError, match="a model was fitted"):  # so it was not refused
        main(["replay", str(path)])


def test_on_a_day_before_all_rows_there_is_nothing_to_learn_from(tmp_path, capsys):
    path = tmp_path / "case.yaml"
    path.write_text(
        "{case: d, as_of: 0001-01-01, events: {a: {base_rate: "
        "{model: reference_class, data: rebel_victories, outcome: war}}}}",
        encoding="utf-8",
    )
    for command in ("check", "run", "fit"):
        assert main([command, str(path)]) == 1
        assert "no row of this table was known on the day" in capsys.readouterr().err


def test_the_main_case_runs_without_loading_pymc():
    import subprocess
    import sys

    code = (
        "import sys; from forecasting.cli import main; "
        f"main(['run', {str(MAIN)!r}]); assert not {{'pymc', 'arviz', 'pandas'}} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)


def test_the_predictive_checks_of_a_fit_are_shown_and_one_that_fails_is_named(capsys):
    """Of the TTP: the series had more empty months than nearly all that are drawn from the fit."""
    assert main(["fit", str(MAIN)]) == 0
    shown = " ".join(capsys.readouterr().out.split())
    found = fits.find(*fits.wanted(case.load(MAIN))["ttp_deaths"]).diagnosis
    assert 0.05 < found["check_largest"] < 0.95
    assert 0.05 < found["check_change"] < 0.95
    assert found["check_zeros"] < 0.05
    assert (
        f"ttp_deaths: of series drawn from the fit, a largest month as large: "
        f"{found['check_largest']:.0%}, as many empty months: {100 * found['check_zeros']:.1f}%, "
    ) in shown
    assert "outside 5 to 95%: the model does not draw as many empty months as there were" in shown


def test_two_events_from_one_fit_are_warned_of(monkeypatch):
    second = "\n  war_too:" + TEXT.partition("war:")[2].replace("outcome: war,", "outcome: war, ")
    monkeypatch.setattr(fits, "find", made)
    (warning,) = [w for w in check(case.read(TEXT.rstrip() + second)) if "same fit" in w.text]
    assert warning.place == "events.war_too"


def test_a_table_as_a_spreadsheet_saves_it_is_fitted_and_open_cases_are_told(tmp_path, capsys):
    """Semicolons, a byte order mark, dots in names, words for outcomes, one decimal comma."""
    (tmp_path / "data").mkdir()
    (tmp_path / "data/own.yaml").write_text(
        "{title: t, source: s, licence: l, citation: c, rule: r, dated: known, every: year, "
        "cut: 2024, open: came.about, columns: {in.region: a, came.about: b, known: c}}",
        encoding="utf-8",
    )
    cells = ["TRUE", "no", "NA", "1,0", "", "no"]
    rows = "".join(f"north;{cell};{2001 + i}\r\n" for i, cell in enumerate(cells))
    text = f"in.region;came.about;known\r\n{rows}north;NA;2024\r\n"
    (tmp_path / "data/own.csv").write_text(text, encoding="utf-8-sig", newline="")
    path = tmp_path / "case.yaml"
    path.write_text(
        "{case: own, as_of: 2020-06-30, events: {x: {base_rate: {model: reference_class, "
        "data: own, outcome: came.about, by: in.region, group: north}}}}",
        encoding="utf-8",
    )
    assert main(["fit", str(path)]) == 0
    assert "x: 2 rows of own left out, open still" in capsys.readouterr().out
    loaded = case.load(path)
    fit = fits.find(*fits.wanted(loaded)["x"])
    assert (fit.diagnosis["rows"], fit.diagnosis["open"]) == (4, 2)
    # 2 of 4 under Beta(1, 1) on the mean, and the group leans on it: a half, by symmetry.
    assert fit.windows[0].mean == pytest.approx(0.5, abs=0.01)
    found = provenance.entries("case.yaml", {}, forecast.run(loaded), "")
    (told,) = [entry.what for entry in found if entry.name == "fit-x"]
    assert "2 rows left out, open still" in told
    # What is open does not count: without those rows it is the same fit.
    (tmp_path / "data/own.csv").write_text(
        "".join(
            line for line in text.splitlines(keepends=True) if "NA" not in line and ";;" not in line
        ),
        encoding="utf-8",
    )
    assert fits.find(*fits.wanted(case.load(path))["x"]) == fit
    assert main(["run", str(path), "--set", "events.x.base_rate.by=in.region"]) == 0


def test_a_fit_from_nothing_is_used_at_once(monkeypatch, capsys, tmp_path):
    """The real thing, small: six deals, fitted by the command and then found."""
    path = tmp_path / "deals.yaml"
    path.write_text(
        "{case: deals, events: {lasts: {base_rate: "
        "{model: reference_class, data: ttp_deals, outcome: six_months, prior: [2, 3]}}}}",
        encoding="utf-8",
    )
    assert main(["run", str(path)]) == 0
    first = capsys.readouterr()
    assert "fitting 1 base rate first" in first.err
    assert main(["run", str(path)]) == 0
    again = capsys.readouterr()
    assert "fitting" not in again.err
    assert again.out == first.out


# --- an amount ------------------------------------------------------------------------------------

# On a day for which no fit is shipped.
AMOUNT = """
case: amount
as_of: 2021-09-14
resolve_by: 2022-09-14
events:
  deaths:
    quantity: {unit: deaths, whole: yes}
    base_rate: {model: event_counts, data: ttp_deaths_monthly, count: deaths}
    cuts: {few: "< 400", many: ">= 1000"}
"""


def more_than(amount, factor=1):
    """P(more), of points 120, 240, ...: SciPy's PCHIP of ln(q + 1/2) on normal scores."""
    places = np.log(120 * np.arange(1, 22) + 0.5) + np.log(factor)
    curve = PchipInterpolator(norm.ppf(LEVELS), places)
    return norm.sf(brentq(lambda z: curve(z) - np.log(amount + 0.5), -2.3, 2.3, xtol=1e-14))


def amount_fitted(text=AMOUNT, points=lambda months: 10.0 * months * np.arange(1, 22)):
    """Keep a made-up fit; give the case that rests on it."""
    made_up = case.read(text)
    ((spec, day),) = fits.wanted(made_up).values()
    months = tuple(Amounts(float(m), tuple(points(m).tolist())) for m in range(1, 61))
    found = Fit(spec.label, fits.digest(spec, day), (), (), DIAGNOSIS, months)
    path = fits.save(found, spec)
    fits._made.clear()
    assert fits.find(spec, day) == found
    return made_up, path


def test_a_kept_fit_is_the_distribution_of_an_amount():
    made_up, _ = amount_fitted()
    network = Network(made_up)
    found = distribution(network, "deaths").quantiles(LEVELS)[:, 0]
    assert found == pytest.approx(120.0 * np.arange(1, 22))
    assert network.prior()["deaths.many"] == pytest.approx(more_than(999.5), rel=1e-9)
    assert network.prior()["deaths.few"] == pytest.approx(1 - more_than(399.5), rel=1e-9)


def test_how_unsure_a_fit_is_may_stand_beside_it():
    """It moves no probability, and widens the band of every one."""
    unsure, _ = amount_fitted(AMOUNT.replace("count: deaths}", "count: deaths, unsure: 4}"))
    network, sure = Network(unsure), Network(amount_fitted()[0])
    assert network.prior() == pytest.approx(sure.prior(), abs=1e-12)
    found, exact = band(network, 256), band(sure, 256)
    assert exact.low["deaths.many"] == pytest.approx(exact.high["deaths.many"], abs=1e-12)
    odds = [p / (1 - p) for p in (found.low["deaths.many"], found.high["deaths.many"])]
    assert odds[1] / odds[0] == pytest.approx(4**2, rel=0.1)


def test_counts_near_nothing_are_a_distribution_too():
    text = AMOUNT.replace('{few: "< 400", many: ">= 1000"}', '{none: "< 1"}')
    made_up, _ = amount_fitted(text, lambda months: -0.5 + np.array(LEVELS) / 0.7)
    assert Network(made_up).prior() == pytest.approx({"deaths.none": 0.7}, abs=1e-9)


def test_between_whole_months_the_places_of_an_amount_move_evenly():
    made_up, _ = amount_fitted()
    end = date(2022, 9, 29)  # 12 months and a half
    found = distribution(Network(made_up, resolve_by=end), "deaths").quantiles((0.5,))[0, 0]
    assert np.log(found + 0.5) == pytest.approx((np.log(1320.5) + np.log(1430.5)) / 2)


@pytest.mark.parametrize(
    ("end", "words"),
    [("2021-10-01", "from 1 to 60 months"), ("2027-01-01", "from 1 to 60 months")],
)
def test_an_amount_over_a_window_that_no_fit_speaks_of_is_refused(end, words):
    with pytest.raises(InputError, match=words):
        Network(amount_fitted()[0], resolve_by=date.fromisoformat(end))


def test_an_amount_that_was_not_fitted_names_the_command():
    with pytest.raises(InputError, match="has not been fitted yet"):
        Network(case.read(AMOUNT))


def test_a_cut_that_a_fit_leaves_no_chance_is_refused():
    far = AMOUNT.replace('">= 1000"', '">= 900000000"')
    with pytest.raises(InputError, match="all but certain on which side of 9e"):
        Network(amount_fitted(far)[0])


@pytest.mark.parametrize(
    ("right", "wrong", "words"),
    [
        ('    cuts: {few: "< 400", many: ">= 1000"}\n', "", "needs a cut"),
        (", whole: yes", "", "speaks of whole numbers"),
        ("count: deaths}", "count: deaths, at_least: 2}", "not a setting of event_counts"),
        ('"< 400"', '">= 0"', "all but always true"),
        ('"< 400"', '"< 0"', "all but never true"),
    ],
)
def test_what_a_model_of_an_amount_cannot_answer_is_refused(right, wrong, words):
    assert right in AMOUNT
    with pytest.raises(InputError, match=words):
        case.read(AMOUNT.replace(right, wrong))


def test_a_fitted_median_takes_the_other_points_with_it():
    """As a stated one does: twice the amount at every level."""
    made_up, _ = amount_fitted()
    network = Network(made_up)
    path = "events.deaths.base_rate.quantiles.50%"
    before = network.ground.x[0, network.program.place[path], 0]
    moved = network.moved([{path: Point(0.5, before + np.log(2))}])
    found = moved.prior[network.names.index("deaths.many"), 0]
    assert found == pytest.approx(more_than(999.5, factor=2), rel=1e-9)


@pytest.mark.parametrize("points", [[1, 2], [*range(20), 5], []])
def test_points_that_do_not_ascend_or_are_too_few_count_as_none(points):
    made_up, path = amount_fitted()
    content = json.loads(path.read_text(encoding="utf-8"))
    content["amounts"][3][1] = points
    path.write_text(json.dumps(content), encoding="utf-8")
    with pytest.raises(InputError, match="has not been fitted yet"):
        Network(made_up)


def test_a_fit_without_amounts_is_kept_as_it_was(wanted):
    """What shipped fits hold has not changed."""
    path = fits.save(made(*wanted), wanted[0])
    assert "amounts" not in json.loads(path.read_text(encoding="utf-8"))
    assert fits.FORM == 2


def test_the_command_tells_the_median_and_the_range_of_an_amount(tmp_path, capsys):
    amount_fitted()
    path = tmp_path / "amount.yaml"
    path.write_text(AMOUNT, encoding="utf-8")
    assert main(["fit", str(path)]) == 0
    told = " ".join(capsys.readouterr().out.split())
    assert "of an amount the median" in told
    assert "1,320 240 – 2,400" in told


@pytest.mark.parametrize("own", ["resolve_by: 2022-09-15", ""])
def test_a_model_is_asked_about_an_events_own_period_before_anything_is_fitted(own):
    """Five years are the longest that it speaks of; the case looks ten years ahead."""
    rate = "{model: time_to_event, data: peace_after_rebel_victory, since: 2021-09-07}"
    asked = case.read(
        "{case: w, as_of: 2021-09-15, resolve_by: 2031-09-15, "
        f"events: {{war: {{base_rate: {rate}, {own}}}}}}}"
    )
    if own:
        fits.refuse_windows(asked)
    else:
        with pytest.raises(InputError, match="and this one has 120"):
            fits.refuse_windows(asked)


def test_what_was_settled_on_its_own_last_day_is_fitted_from_the_day_it_is_looked_up_by():
    rate = "{model: time_to_event, data: peace_after_rebel_victory, since: 2021-09-07}"
    settled = case.read(
        "{case: w, as_of: 2022-12-01, resolve_by: 2023-09-15, events: {war: "
        f"{{base_rate: {rate}, resolve_by: 2023-01-15, happened: 2023-01-15}}}}}}"
    )
    ((_, start),) = fits.wanted(settled, date(2023, 3, 1)).values()
    assert start == date(2023, 1, 14)
    with pytest.raises(InputError, match="not been fitted"):
        Network(settled, date(2023, 3, 1))
    assert fits.wanted(settled)["war"][1] == date(2022, 12, 1)
