"""Days between which an event is asked about."""

from datetime import date

import pytest

from forecasting.cli import main
from forecasting.engine.network import Network
from forecasting.errors import InputError
from forecasting.file.case import read
from forecasting.file.periods import period

DAYS = "case: a, as_of: 2024-01-01, resolve_by: 2026-01-01"
RATE = "base_rate: {best: 50%, within: 12 months}"
OWN = f"{{{DAYS}, events: {{early: {{{RATE}, resolve_by: 2025-01-01SETTLED}}, late: {{{RATE}}}}}}}"


def own(settled=""):
    return OWN.replace("SETTLED", settled)


@pytest.mark.parametrize(
    ("settled", "as_of", "days"),
    [
        ("", date(2024, 1, 1), ("2024-01-01", "2025-01-01")),
        (", happened: 2024-07-01", date(2024, 3, 1), ("2024-03-01", "2025-01-01")),
        (", happened: 2024-07-01", date(2024, 9, 1), ("2024-07-01", "2025-01-01")),
        (", ruled_out: 2024-07-01", date(2025, 9, 1), ("2024-07-01", "2025-01-01")),
        (", happened: 2025-01-01", date(2025, 9, 1), ("2024-12-31", "2025-01-01")),
        ("", None, (None, "2025-01-01")),
    ],
)
def test_a_period_runs_to_the_events_own_day_from_that_of_the_forecast(settled, as_of, days):
    found = period(read(own(settled)), "early", as_of, date(2026, 1, 1))
    assert tuple(day and str(day) for day in found) == days


@pytest.mark.parametrize("settled", ["", ", happened: 2025-03-01"])
@pytest.mark.parametrize("day", ["2025-01-01", "2025-06-01"])
def test_no_forecast_is_made_of_a_day_that_has_come(settled, day, tmp_path, capsys):
    (path := tmp_path / "own.yaml").write_text(own(settled), "utf-8")
    for command in ("run", "check"):
        told = [command, str(path), *(["--as-of", day] if command == "run" else [])]
        assert main(told) == (1 if command == "run" else 0)
    assert f"its day had come on {day}" in capsys.readouterr().err
    with pytest.raises(InputError, match=r"events\.early\.resolve_by"):
        Network(read(own(settled)), date.fromisoformat(day))


def test_what_was_settled_by_its_day_is_known_after_it():
    case = read(own(", happened: 2024-07-01"))
    assert Network(case, date(2025, 6, 1)).posterior()["early"] == 1


def test_one_of_several_states_has_a_period_too():
    who = "kind: first, states: {p: P, none: nobody}, resolve_by: 2025-01-01"
    rate = "base_rate: {p: 20%, none: rest, within: 12 months}"
    case = read(f"{{{DAYS}, events: {{who: {{{who}, {rate}}}}}}}")
    with pytest.raises(InputError, match="its day had come"):
        Network(case, date(2025, 6, 1))
