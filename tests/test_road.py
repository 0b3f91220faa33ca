"""CONTRIBUTING: one number, from the file to the screen, in six stops."""

import re
from pathlib import Path

import numpy as np

from forecasting.answer import forecast
from forecasting.engine import compiler, run, window
from forecasting.file import case as cases
from forecasting.file import document
from forecasting.judgement import Probability
from forecasting.tell import tables
from forecasting.tell.table import Table, plain

ROOT = Path(__file__).resolve().parents[1]
FILE = ROOT / "priors" / "first_case.yaml"
PATH = "events.high_water.base_rate"


def test_a_base_rate_goes_from_the_file_to_the_screen_in_six_stops():
    text, tree = document.read_file(FILE)
    node = document.at(tree, ("events", "high_water", "base_rate"))
    lines = text.splitlines()
    assert "base_rate" in lines[node.line - 1] or "high_water" in lines[node.line - 1]

    case = cases.load(FILE)
    judged = case.events["high_water"].base_rate.probability
    assert isinstance(judged, Probability)

    compiled = compiler.compile(case)
    place = compiled.place[PATH]
    assert compiled.stated[place] == judged
    node = compiled.nodes[list(case.events).index("high_water")]
    assert (place,) == node.bases

    when = window.window(case, cases.as_date(case.as_of), cases.as_date(case.resolve_by))
    ground = run.ground(compiled, run.numbers(compiled, when))
    no, yes = ground.tables[node.cells, 0]
    assert np.isclose(yes, float(judged.mean), rtol=1e-12)
    assert np.isclose(no, float(judged.complement), rtol=1e-12)

    found = forecast.run(case)
    row = next(row for row in found.event_rows if row.event == "high_water")
    assert np.isclose(row.prior, yes, rtol=1e-12)

    told = [part for block in tables.forecast(found) for part in block if isinstance(part, Table)]
    rows = [[plain(c.cell(one)) for c in table.columns] for table in told for one in table.records]
    (shown,) = (cells for cells in rows if cells[0] == row.title)
    assert f"{yes:.0%}" in shown or f"{yes:.1%}" in shown


def test_the_page_for_newcomers_names_the_stops_in_their_order():
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    stops = re.findall(r"^\| (\d)\. `(\w+)/(\w*)` \|", text, re.M)
    assert [int(number) for number, _, _ in stops] == [1, 2, 3, 4, 5, 6]
    for _, room, module in stops:
        assert (ROOT / "forecasting" / room / f"{module or '__init__'}.py").exists()
