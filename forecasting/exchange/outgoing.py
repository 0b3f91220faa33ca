"""A network goes in; a file for other programs, and what it loses on the way, come out."""

from __future__ import annotations

from pathlib import Path

from forecasting.engine.network import Network
from forecasting.errors import refusal
from forecasting.exchange import bif, xdsl
from forecasting.file.case import write_text

FORMS = (".xdsl", ".bif")


def text(network: Network, form: str) -> tuple[str, tuple[str, ...]]:
    """Write a network as XDSL or BIF, with what is lost and what was observed at its head.

    Parameters
    ----------
    network : Network
    form : {".xdsl", ".bif"}

    Returns
    -------
    str
    tuple of str
        What is lost on the way, in sentences.
    """
    made = network.tabulated()
    name = network.case.case.replace("-", "_")
    observed = [f"observed: {one} is {state}" for one, state in made.observed.items()]
    notes = (*made.notes, *observed)
    if form == ".xdsl":
        return xdsl.write(made.in_order(), name, notes, made.observed), made.notes
    return bif.write(made.in_order(), name, notes), made.notes


def write(network: Network, path: str | Path) -> tuple[str, ...]:
    """Write a network into a file, in the form that its ending names.

    Raises
    ------
    InputError
        If the ending names no form.
    """
    form = Path(path).suffix.lower()
    if form not in FORMS:
        accepted = "FILE.xdsl (GeNIe), or FILE.bif; Network.to_pyagrum() and .to_pgmpy() in Python"
        raise refusal("no format of networks", str(path), None, "", form or None, accepted)
    written, notes = text(network, form)
    write_text(path, written)
    return notes
