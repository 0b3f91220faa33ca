"""A fitted curve, or a table of times, goes in; what Kaplan and Meier count of it comes out.

A time to an event is predicted by a curve, and can be counted without one. Where the two part, in
the window that is asked for, a reader should know it.
"""

from __future__ import annotations

from dataclasses import dataclass

from forecasting.answer.reference_classes import Group, group
from forecasting.engine.network import Network
from forecasting.file import fits
from forecasting.file.models import ALL
from forecasting.lexicon import Chance, counted, percent

# Curve and count part where the curve lies outside the interval of the count, and so far from it.
PARTS = 0.05


@dataclass(frozen=True)
class Curve:
    """A fitted curve and a count of the same cases, all of them, within a window.

    Attributes
    ----------
    months : int
    fitted : float
        Chance by the curve, on average over the cases still open when the window begins.
    counted : Group
        By Kaplan and Meier, with its interval.
    """

    months: int
    fitted: Chance
    counted: Group

    @property
    def parts(self) -> bool:
        """Whether curve and count part."""
        one, other = self.fitted, self.counted
        far = abs(one - other.share) > PARTS
        return far and not other.low <= one <= other.high

    @property
    def told(self) -> str:
        """Both in a sentence."""
        one = self.counted
        return (
            f"within {counted(self.months, 'month')} Kaplan and Meier count {percent(one.share)} "
            f"of all cases that had waited as long ({percent(one.low)} to {percent(one.high)}), "
            f"the fitted curve says {percent(self.fitted)}{': they part' if self.parts else ''}"
        )


def curve(fit: fits.Fit, months: float | None) -> Curve | None:
    """Hold the curve of a fit against the count, for a window; None where there is no such count.

    Examples
    --------
    >>> counted = [[0.1, 0.2, 50.0], [0.3, 0.5, 50.0]]
    >>> found = curve(fits.Fit("", "", (), (), {"curve": counted}), 2.0)
    >>> found.fitted, found.counted.share, found.parts
    (0.3, 0.5, True)
    """
    rows, at = fit.diagnosis.get("curve", ()), max(round(months or 0), 1)
    if months is None or at > len(rows):
        return None
    fitted, share, of = rows[at - 1]
    return Curve(at, fitted, group(ALL, share * of, of))


def curve_of(network: Network, event: str) -> Curve | None:
    """Do the same for the base rate of an event, in the window that the network asks for."""
    fit, months = _asked(network, event)
    return curve(fit, months) if fit else None


def reaches(network: Network, event: str) -> str | None:
    """Say so where cases were not followed for as long as the base rate of an event asks.

    They are too few where fewer than two were.
    """
    fit, months = _asked(network, event)
    known = len(fit.diagnosis["curve"]) if fit else 0
    if not fit or months is None or round(months) <= known:
        return None
    return (
        f"of the {counted(round(months), 'month')} asked for, {known or 'none'} can be counted: "
        "beyond that fewer than two cases of its table were still waiting and watched, and there "
        "the fitted curve rests on its form alone"
    )


def _asked(network: Network, event: str) -> tuple[fits.Fit | None, float | None]:
    """Find the fit of a time behind an event, and the months that the network asks of it."""
    case, by = network.case, network.resolve_by
    wanted = fits.wanted(case, network.as_of).get(event)
    fit = wanted and fits.find(*wanted)
    if not fit or "curve" not in fit.diagnosis:
        return None, None
    own = case.events[event].resolve_by
    return fit, fits.window(case, event, wanted[1], own.last if own else by)
