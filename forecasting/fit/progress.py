"""What is being done goes in; a bar for whoever waits, on a terminal or in a notebook, comes out.

Nothing is shown where nobody waits: in a pipe, and in a notebook that a program runs to make a
report (nbconvert, nbclient, papermill). Such a program tells the kernel that it cannot answer
questions, which a person's front end can; that is how the two are told apart.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from html import escape

Report = Callable[..., None]


@contextmanager
def progress(doing: str) -> Iterator[Report]:
    """Show a bar while something is done, and take it away afterwards.

    Parameters
    ----------
    doing : str
        What is being done, in a few words.

    Yields
    ------
    callable ``report(share, now=doing)``
        ``share``, 0 to 1: how much is done; ``now``: what is being done at the moment.

    Examples
    --------
    >>> with progress("counting") as report:  # shows nothing here, where nobody waits
    ...     report(0.5, "half way")
    """
    if person_at_notebook():
        with _bar_in_notebook(doing) as report:
            yield report
    elif sys.stderr.isatty():
        with _bar_on_terminal(doing) as report:
            yield report
    else:
        yield lambda share, now=doing: None


def person_at_notebook() -> bool:
    """Tell whether this code runs in a notebook before which a person sits.

    Examples
    --------
    >>> person_at_notebook()
    False
    """
    if "IPython" not in sys.modules:
        return False
    shell = sys.modules["IPython"].get_ipython()
    kernel = getattr(shell, "kernel", None)
    if kernel is None:
        return False
    request = kernel.get_parent("shell") or {}
    return bool(request.get("content", {}).get("allow_stdin"))


@contextmanager
def _bar_in_notebook(doing: str) -> Iterator[Report]:
    from IPython.display import display

    def shown(share: float, now: str) -> dict[str, str]:
        return {
            "text/plain": f"{share:.0%} {now}",
            "text/html": f'<progress value="{share:.3f}" max="1"></progress> {escape(now)}',
        }

    handle = display(shown(0.0, doing), raw=True, display_id=True)

    def report(share: float, now: str = doing) -> None:
        handle.update(shown(share, now), raw=True)

    try:
        yield report
    finally:
        handle.update({"text/plain": "", "text/html": ""}, raw=True)


@contextmanager
def _bar_on_terminal(doing: str) -> Iterator[Report]:
    from rich.console import Console
    from rich.markup import escape as as_text
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(as_text(doing), total=1.0)

        def report(share: float, now: str = doing) -> None:
            bar.update(task, completed=share, description=as_text(now))

        yield report
