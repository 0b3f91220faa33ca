"""Nothing, or the address of a Dask scheduler, goes in; where joblib runs its jobs comes out."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from forecasting.errors import refusal

PATIENCE = 10  # seconds in which a scheduler must answer


@contextmanager
def workers(scheduler: str | None = None, processes: int = 1) -> Iterator[None]:
    """Let ``joblib.Parallel()`` run here, in some processes, or on a cluster.

    The machines of a cluster have this package and its environment.

    Parameters
    ----------
    scheduler : str, optional
        Address of a Dask scheduler, such as ``tcp://host:8786``.
    processes : int
        On this machine, without a scheduler.

    Raises
    ------
    InputError
        If Dask is missing, or no scheduler answers there.

    Examples
    --------
    >>> from joblib import Parallel, delayed
    >>> with workers():
    ...     Parallel()(delayed(abs)(n) for n in (-1, -2))
    [1, 2]
    """
    from joblib import parallel_config

    if scheduler is None:
        with parallel_config("loky", n_jobs=processes):
            yield
        return
    try:
        from distributed import Client
    except ImportError:
        hint = "pip install distributed"
        raise refusal("needs Dask, which is not installed", "--scheduler", hint=hint) from None
    try:
        client = Client(scheduler, timeout=PATIENCE)
    except (OSError, ValueError):
        accepted = "the address of a Dask scheduler that runs, such as tcp://host:8786"
        problem = "no scheduler answers there"
        raise refusal(problem, "", None, "--scheduler", scheduler, accepted) from None
    with client, parallel_config("dask"):
        yield
