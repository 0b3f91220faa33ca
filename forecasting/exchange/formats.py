"""A file of another program goes in, the text of a case comes out; and a network the other way."""

from __future__ import annotations

from pathlib import Path

from forecasting.engine.network import Network
from forecasting.errors import refusal
from forecasting.exchange import ach, bif, questions, variables, xdsl
from forecasting.file import tables
from forecasting.file.case import write_text
from forecasting.file.document import read_bytes


def case_text(path: str | Path, name: str) -> variables.Imported:
    """Read a network, a matrix of hypotheses or questions, and write them as a case.

    What a file holds is told by its ending, and of a table by its columns; any other is taken for
    BIF, whose reader says what it is instead.

    Parameters
    ----------
    path : str or pathlib.Path
    name : str
        What the case is to be called.

    Raises
    ------
    InputError
        If the file cannot be read; it names the first mistake.
    """
    path = Path(path)
    ending = path.suffix.lower()
    if ending == ".json":
        return questions.case_text(questions.read_json(path), name, str(path))
    if ending == ".csv":
        rows, doubts = tables.sheet(path)
        if questions.is_export(rows):
            made = questions.case_text(questions.read_csv(rows, str(path)), name, str(path))
        else:
            made = ach.case_text(rows, name, str(path))
        return made._replace(notes=(*doubts, *made.notes))
    network = xdsl.read(read_bytes(path), str(path)) if ending == ".xdsl" else bif.read_file(path)
    return variables.case_text(network, name)


def write(network: Network, path: str | Path) -> tuple[str, ...]:
    """Write a network into a file, as XDSL or BIF by its ending; say what is lost on the way.

    Raises
    ------
    InputError
        If the ending names neither.
    """
    form = {".xdsl": xdsl, ".bif": bif}.get(Path(path).suffix.lower())
    if form is None:
        accepted = "FILE.xdsl (GeNIe), or FILE.bif; Network.to_pyagrum() and .to_pgmpy() in Python"
        raise refusal("no format of networks", str(path), accepted=accepted)
    made = network.tabulated()
    observed = [f"observed: {one} is {state}" for one, state in made.observed.items()]
    name = network.case.case.replace("-", "_")
    write_text(path, form.write(made.variables, name, [*made.notes, *observed]))
    return made.notes
