"""An exercise goes in; a widget for a notebook, or a page that needs no kernel, comes out.

Both run ``exercise.js``. What would give the answer away travels sealed, so that nobody reads it by
accident; it is no secret from somebody who wants to cheat.
"""

from __future__ import annotations

import base64
import json

import anywidget
import traitlets

from forecasting.classroom import exercise
from forecasting.explorer.live import SCRIPTS, module, sheet, style

SCRIPT = "view/exercise.js"


class Exercise(anywidget.AnyWidget):
    """An exercise in a notebook: what is known, an answer in percent, a check, a hint, a tree.

    Parameters
    ----------
    name : str
        Of a shipped exercise, or a file.

    Attributes
    ----------
    tries : list of dict
        Each answer so far: ``said``, as a probability, and ``met``: ``right``, the name of the
        error that was met, or ``other``.

    Raises
    ------
    InputError
        If there is no such exercise.

    Examples
    --------
    >>> cab = Exercise("cab")
    >>> cab.solved, cab.told["title"]
    (False, 'The cab at night')
    """

    _esm = module(SCRIPT)
    _css = style()

    told = traitlets.Dict().tag(sync=True)
    tries = traitlets.List().tag(sync=True)

    def __init__(self, name: str) -> None:
        super().__init__(told=told(exercise.task(name)))

    @property
    def solved(self) -> bool:
        """Whether the right answer was among those given."""
        return any(one["met"] == "right" for one in self.tries)


def told(task: exercise.Task) -> dict:
    """Give what the page needs: what is shown at once, and under ``sealed`` what comes later.

    Parameters
    ----------
    task : Task

    Examples
    --------
    >>> sorted(told(exercise.task("cab")))
    ['exercise', 'hint', 'question', 'sealed', 'source', 'statement', 'title']
    """
    errors = task.errors.items()
    later = {
        "right": task.right,
        "tolerance": task.tolerance,
        "wrong": [{"name": n, "at": p, "reply": task.wrong[n].reply} for n, p in errors],
        "after": task.after,
        "cases": None,
    }
    if found := task.cases:
        # Nothing is known of the facts but that they are asked about.
        later["cases"] = found.as_json() | {"concludes": task.concludes, "forecast": None}
    sealed = base64.b64encode(json.dumps(later).encode()).decode()
    shown = ("exercise", "title", "statement", "question", "hint", "source")
    return {name: getattr(task, name) for name in shown} | {"sealed": sealed}


def page(task: exercise.Task) -> str:
    """Make a page of an exercise that asks for nothing and needs no kernel.

    Examples
    --------
    >>> cab = page(exercise.task("cab"))
    >>> "85% of the cabs are green" in cab, "divide by all the cabs" in cab
    (True, False)
    """
    return sheet(task.title, SCRIPTS / SCRIPT, told(task))
