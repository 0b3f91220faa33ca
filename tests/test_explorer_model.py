"""The compiled case is plain data, whole, and small."""

import json
from datetime import date

import pytest

from forecasting.engine.network import Network
from forecasting.explorer.model import compiled
from forecasting.file import fits
from forecasting.file.case import load, read
from forecasting.file.overlay import override

MAIN = "priors/pakistan_taliban_2021.yaml"

DATED = """
case: rain
as_of: 2024-06-01
resolve_by: 2025-06-01
horizons: [2025-06-01, 2026-06-01]
events:
  rain: {base_rate: {low: 10%, high: 30%, within: 6 months}}
  hail: {base_rate: 50%, happened: 2024-03}
sources: {radio: {}}
evidence:
  wet: {date: 2024-05-02, bears_on: rain, if_yes: 1, if_no: 0, status: confirmed}
  old: {date: 2020, bears_on: rain, if_yes: 50%, if_no: 40%, status: absent}
  told:
    bears_on: rain
    date: 2024-04-30
    likelihood_ratio: 3
    reports: [{source: radio, grade: B2, date: 2024-05-20}, {source: radio, grade: B3, date: 2025}]
"""


def stated(page, path):
    """What the compiled case states at a path."""
    return page["program"]["stated"][page["program"]["paths"].index(path)]


def test_it_is_json_without_infinities_and_leaves_room_for_a_page_of_a_megabyte():
    text = json.dumps(compiled(Network(load(MAIN))), allow_nan=False, separators=(",", ":"))
    assert len(text.encode()) < 400_000


def test_certain_rows_are_written_as_texts():
    page = compiled(Network(read(DATED)))
    assert stated(page, "evidence.wet.if_yes") == ["Infinity", 0.0]
    assert stated(page, "evidence.wet.if_no") == ["-Infinity", 0.0]


def test_replay_offers_the_days_of_the_last_year_on_which_something_became_known():
    windows = compiled(Network(read(DATED)))["windows"]
    days = ["2024-04-30", "2024-05-02", "2024-05-20", "2024-06-01"]
    assert [(one["as_of"], one["by"]) for one in windows] == [
        (day, by) for day in days for by in ("2025-06-01", "2026-06-01")
    ]


def test_a_horizon_that_has_passed_is_not_offered():
    later = Network(read(DATED), date(2025, 7, 1), date(2026, 6, 1))
    assert {one["by"] for one in compiled(later)["windows"] if one["as_of"] == "2025-07-01"} == {
        "2026-06-01"
    }


def test_windows_count_calendar_months_and_stop_where_an_event_was_settled():
    windows = compiled(Network(read(DATED)))["windows"]
    months = [{"0": one["length"]} | one["months"] for one in windows[-2:]]
    assert [one["0"] for one in months] == [12.0, 24.0]
    # From 31 March 2024: fourteen months, then one of the thirty days to the next monthly date.
    assert months[0]["1"] == pytest.approx(14 + 1 / 30)


def test_a_pair_of_dates_without_a_fit_is_left_out(monkeypatch):
    network, find = Network(load(MAIN)), fits.find
    day = date(2021, 9, 15)
    monkeypatch.setattr(fits, "find", lambda spec, on: find(spec, on) if on == day else None)
    windows = compiled(network)["windows"]
    assert [(one["as_of"], one["by"]) for one in windows] == [
        ("2021-09-15", "2022-09-15"),
        ("2021-09-15", "2023-09-15"),
    ]
    later = network.at(resolve_by=date(2023, 9, 15))
    fitted = {later.event_names[int(k)]: pair for k, pair in windows[1]["fitted"].items()}
    assert "renewed_war" in fitted
    for name, (median, sd) in fitted.items():
        assert (median, sd) == (later.base_rate(name).logit_median, later.base_rate(name).logit_sd)


def test_texts_go_through_as_they_are():
    hostile = "</script><b>\"'&"
    case = read(json.dumps({
        "case": "text", "title": hostile,
        "events": {"rain": {"base_rate": 0.5, "title": hostile, "question": hostile}},
    }))  # fmt: skip
    page = compiled(Network(case))
    assert page["title"] == page["events"][0]["title"] == page["events"][0]["question"] == hostile


def test_every_input_is_listed_once_under_a_path_that_an_overlay_takes():
    network = Network(load(MAIN))
    paths = [one["path"] for one in compiled(network)["inputs"]]
    assert len(paths) == len(set(paths)) > 150
    for path in paths[::25]:
        override(network.case, {path: 0.5})


def test_rows_of_a_table_stand_in_the_order_of_the_circuit():
    case = read("""
case: table
events:
  a: {base_rate: 50%}
  b: {base_rate: 50%}
  c: {parents: [a, b], table: {"yes, yes": 80%, "yes, no": 60%, "no, yes": 40%, "no, no": 20%}}
""")
    page = compiled(Network(case))
    rows = [page["program"]["paths"][k] for k in page["program"]["nodes"][2]["rows"]["params"]]
    settings = ["no, no", "no, yes", "yes, no", "yes, yes"]
    assert rows == [f"events.c.table.{one}" for one in settings]
    medians = [stated(page, path)[0] for path in rows]
    assert medians == sorted(medians)


def test_a_table_of_many_parents_stays_small_on_the_page():
    """Each of its rows has one number: no squares of zeros are written."""
    import json
    from itertools import product

    causes = [f"cause_{i}" for i in range(8)]
    rows = {", ".join(row): "20%" for row in product(("no", "yes"), repeat=len(causes))}
    events = {name: {"base_rate": "30%"} for name in causes}
    events["effect"] = {"parents": causes, "table": rows}
    page = compiled(Network(read(json.dumps({"case": "many", "events": events}))))
    assert page["program"]["nodes"][-1]["rows"]["push"] is None
    assert len(json.dumps(page["program"]["nodes"])) < 10_000


def test_a_reason_names_events_and_answers_by_their_titles():
    case = read("""
    case: sky
    events:
      rain: {title: Rain at noon, base_rate: 30%, why: "Unlike `hail`, and `now` is left out."}
      hail: {title: Hail, base_rate: 5%, why: Rarer than `rain`.}
      sky: {title: The sky, states: {grey: All grey, blue: Some blue}, why: "`blue` is rare.",
            base_rate: {grey: 80%, blue: rest}}
    """)
    told = {event["id"]: event["why"] for event in compiled(Network(case))["events"]}
    assert told == {
        "rain": "Unlike “Hail”, and `now` is left out.",
        "hail": "Rarer than “Rain at noon”.",
        "sky": "“The sky: Some blue” is rare.",
    }
