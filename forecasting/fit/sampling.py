"""A PyMC model goes in; its draws, and a verdict on whether they may be used, come out."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from forecasting.extras import require
from forecasting.file.fits import Amounts, Window

if TYPE_CHECKING:
    import pymc as pm
    import xarray as xr

DRAWS, TUNE, CHAINS = 2000, 1000, 4
TARGET_ACCEPT = 0.95

# The gates of Vehtari et al. (2021), doi:10.1214/20-BA1221, and no divergence at all.
MAX_RHAT = 1.01
MIN_ESS = 400
MIN_CHAINS = 4


@dataclass(frozen=True)
class Estimate:
    """What a fitted model says of the base rate asked for.

    Attributes
    ----------
    mean : float in (0, 1)
    spread : float
        Standard deviation, as a probability.
    draws : array, shape (chains, draws)
        The probability under each draw of the parameters.
    diagnosis : dict
    windows : tuple of Window
        What is handed to the forecast.
    amounts : tuple of Amounts
        The same of an amount.
    refused : tuple of str
        Why the draws may not be used; empty if they may.
    """

    mean: float
    spread: float
    draws: np.ndarray
    diagnosis: Mapping[str, object]
    windows: tuple[Window, ...]
    refused: tuple[str, ...] = ()
    amounts: tuple[Amounts, ...] = ()


def sample(
    model: pm.Model,
    *,
    seed: int,
    draws: int = DRAWS,
    tune: int = TUNE,
    chains: int = CHAINS,
    target_accept: float = TARGET_ACCEPT,
) -> xr.DataTree:
    """Draw from the posterior with nutpie, or with PyMC's own sampler where nutpie is missing."""
    require("to run chains", "pymc", "arviz")
    import pymc as pm

    with model, warnings.catch_warnings():
        # The gates below say what these warnings say, and refuse instead of hoping to be read.
        warnings.simplefilter("ignore")
        return pm.sample(
            draws=draws,
            tune=tune,
            chains=chains,
            nuts_sampler=sampler(),
            target_accept=target_accept,
            random_seed=seed,
            progressbar=False,
            quiet=True,
            compute_convergence_checks=False,
        )


def sampler() -> str:
    """Name the sampler to use."""
    from importlib.util import find_spec

    return "nutpie" if find_spec("nutpie") else "pymc"


def gate(
    tree: xr.DataTree, *, draws: int, chains: int, names: list[str]
) -> tuple[dict[str, object], tuple[str, ...]]:
    """Check draws against the gates.

    Parameters
    ----------
    tree : DataTree
    draws, chains : int
        As requested: an interrupted run comes back short, without a word.
    names : list of str
        Parameters to check.

    Returns
    -------
    diagnosis : dict with rhat, ess_bulk, ess_tail (the worst of each), divergences, draws, chains
    refused : tuple of str, empty if all gates are passed
    """
    import arviz as az

    measures = {
        "rhat": ("R-hat", az.rhat),
        "ess_bulk": ("bulk ESS", partial(az.ess, method="bulk")),
        "ess_tail": ("tail ESS", partial(az.ess, method="tail")),
    }
    posterior = tree["posterior"].dataset[names]
    had = {"chains": posterior.sizes["chain"], "draws": posterior.sizes["draw"]}
    reasons = []
    if had["chains"] < MIN_CHAINS:
        reasons.append(f"{had['chains']} chains where {MIN_CHAINS} are needed")
    if had["draws"] != draws or had["chains"] != chains:
        reasons.append(
            f"{had['chains']} chains of {had['draws']} draws, not {chains} of {draws} as asked for"
        )
    worst = {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of too few draws, which the gates name
        for key, (words, measure) in measures.items():
            result, high = measure(posterior), key == "rhat"
            values = {name: result[name].values for name in names}
            values = {name: float(v.max() if high else v.min()) for name, v in values.items()}
            # NaN counts as the worst: it stands for a constant or broken chain.
            name = max(
                values, key=lambda n: (np.isnan(values[n]), values[n] if high else -values[n])
            )
            worst[key] = values[name]
            if not (worst[key] <= MAX_RHAT if high else worst[key] >= MIN_ESS):
                limit = f"at most {MAX_RHAT}" if high else f"at least {MIN_ESS}"
                shown = f"{worst[key]:.3f}" if high else f"{worst[key]:.0f}"
                reasons.append(f"{words} of {name} is {shown}, and must be {limit}")
    diverging = int(tree["sample_stats"]["diverging"].sum())
    if diverging:
        reasons.append(f"{diverging} divergences, and there must be none")
    return {**worst, "divergences": diverging, **had, "sampler": sampler()}, tuple(reasons)
