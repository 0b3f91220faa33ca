"""A report with overlays says who changed what, and stays readable however many there are."""

import math
import re
import shutil

import pytest

import forecasting
from forecasting.report.sections import prepare
from forecasting.tell.markup import Fold, Listing, Picture, html, markdown
from forecasting.tell.table import Number, Table, plain

RATE = "events.bridge_closed.base_rate"
RATES = (3, 10, 20, 30, 45, 80)


def tables(items):
    """All tables among items, also folded ones, by name."""
    found = {one.name: one for one in items if isinstance(one, Table)}
    for fold in (one for one in items if isinstance(one, Fold)):
        found |= tables(fold.items)
    return found


def report(folder, rates, more=""):
    """A report on the village bridge, with an analyst for each base rate."""
    shutil.copy("priors/first_case.yaml", folder)
    files = []
    for rate in rates:
        files.append(folder / f"a{rate:02d}.yaml")
        files[-1].write_text(
            f'analyst: "a{rate:02d} & co"\nwhy: Holds {rate} of 100.\n'
            f"overrides:\n  {RATE}: {rate}%\n{more}",
            encoding="utf-8",
        )
    return prepare(folder / "first_case.yaml", overlays=files)


@pytest.fixture(scope="module")
def six(tmp_path_factory):
    return report(tmp_path_factory.mktemp("six"), RATES)


@pytest.fixture(scope="module")
def forecasts():
    """What each alone would forecast."""
    case = forecasting.load("priors/first_case.yaml")
    return {
        rate: forecasting.Network(forecasting.override(case, {RATE: f"{rate}%"})).posterior()
        for rate in RATES
    }


def test_many_have_a_row_for_each_outcome(six, forecasts):
    found = tables(six.analysts().items)
    apart = found["analysts-apart"]
    p = {rate: one["bridge_closed"] for rate, one in forecasts.items()}
    row = apart.record("bridge_closed")
    assert row["lowest"] == pytest.approx(p[3], abs=1e-12)
    assert row["highest"] == pytest.approx(p[80], abs=1e-12)
    assert row["median"] == pytest.approx((p[20] + p[30]) / 2, abs=1e-12)
    odds = math.prod(one / (1 - one) for one in p.values()) ** (1 / 6)
    assert row["pool"] == pytest.approx(odds / (1 + odds), abs=1e-12)
    assert row["together"] == pytest.approx(p[80], abs=1e-12)  # the last of them holds
    assert row["furthest"] == "a80 & co"
    assert not any("a80" in column.heading for column in apart.columns)


def test_everyone_is_named_one_click_away(six, forecasts):
    items = six.analysts().items
    (fold,) = (one for one in items if isinstance(one, Fold) and "name" in plain(one.summary))
    head, *rows = fold.items[0].records
    assert head["head"]
    assert len(rows) == 7
    names = [plain(row["who"]) for row in rows]
    assert names[0] == "a80 & co" and "The case as it stands" in names
    by_name = {plain(row["who"]): row["posterior"] for row in rows}
    for rate, one in forecasts.items():
        assert by_name[f"a{rate:02d} & co"] == pytest.approx(one["bridge_closed"], abs=1e-12)


def test_the_dots_of_many_are_named_in_the_page(six):
    (picture,) = (one for one in six.analysts().items if isinstance(one, Picture))
    titles = set(re.findall("<title>(.*?)</title>", picture.svg))
    assert titles == {f"a{rate:02d} &amp; co" for rate in RATES}
    assert "a03 & co" in picture.alt and "a80 & co" in picture.alt


def test_who_stands_furthest_out_is_told_with_the_judgement_that_makes_it(six):
    items = six.analysts().items
    (listing,) = (one for one in items if isinstance(one, Listing))
    (told,) = map(plain, listing.items)
    assert "a80 & co is furthest out because of this: base rate of" in told
    assert re.search(r": 80%, where the case has \S+ to \S+% .*\(\+\d+\.\d points\)\.$", told)
    found = tables(items)
    numbers = [part for parts in listing.items for part in parts if isinstance(part, Number)]
    assert len(numbers) == 4
    for one in numbers:
        assert found[one.table].number(one.row, one.column).text == one.text


def test_of_many_only_the_differences_told_of_are_split(six, monkeypatch):
    made = []
    whole = forecasting.compare.split

    def counted(*cases, **about):
        made.append(about["names"])
        return whole(*cases, **about)

    monkeypatch.setattr(forecasting.compare, "split", counted)
    six.analysts()
    assert made == [("the case as it stands", "a80 & co")]


def test_judgements_are_told_in_words_once_for_each_analyst(six):
    table = tables(six.analysts().items)["analysts"]
    heads = [plain(row["what"]) for row in table.records if table.is_head(row)]
    assert heads == [f"a{rate:02d} & co: Holds {rate} of 100." for rate in RATES]
    rows = [row for row in table.records if not table.is_head(row)]
    assert [row["after"] for row in rows] == [f"{r:.1f}%" if r < 9 else f"{r}%" for r in RATES]
    assert all(plain(row["what"]).startswith("base rate of “") for row in rows)


@pytest.mark.parametrize("count", [1, 2, 6])
def test_no_key_path_and_no_decibans_are_shown(tmp_path, count):
    section = report(tmp_path, RATES[:count]).analysts()
    page = re.sub(r"<svg.*?</svg>|<[^>]*>", "", html(section), flags=re.S)
    for word in ("events.", "base_rate", "decibans", "log-odds", "{"):
        assert word not in page
    assert markdown(section)


def test_up_to_four_have_a_column_each(tmp_path):
    items = report(tmp_path, RATES[:4]).analysts().items
    found = tables(items)
    heads = [column.heading for column in found["analysts-alone"].columns]
    assert heads[2:] == [f"a{rate:02d} & co alone" for rate in RATES[:4]] + ["All together"]
    assert "analysts-apart" not in found
    assert {"shares-1", "shares-4"} <= found.keys()


def test_analysts_who_agree_have_no_reasons(tmp_path):
    same = report(tmp_path, RATES[:1])
    files = [*same.overlays]
    paths = [tmp_path / f"b{i}.yaml" for i in range(5)]
    for i, path in enumerate(paths):
        path.write_text((tmp_path / files[0]).read_text().replace("a03", f"b{i}"))
    items = prepare(tmp_path / "first_case.yaml", overlays=paths).analysts().items
    assert not any(isinstance(one, Listing) for one in items)
    assert tables(items)["analysts-apart"].record("bridge_closed")["furthest"] == ""


@pytest.mark.parametrize(("count", "told"), [(2, "a03 & co, a10 & co"), (6, "6 analysts")])
def test_the_report_opens_with_whose_judgements_it_holds(tmp_path, count, told):
    opening = report(tmp_path, RATES[:count]).opening()
    assert f"with the judgements of {told}" in " ".join(
        plain(one.parts) for one in opening.items[:1]
    )
