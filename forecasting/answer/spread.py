"""The numbers that several analysts give one thing go in; how far they lie apart comes out.

One row for each thing asked: lowest, quartiles, median and highest, how many analysts moved it from
where the case has it, and who stands furthest out.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Annotated

import numpy as np

from forecasting.lexicon import Chance, percent

# A difference of less than this, in probability, is not worth a row of its own.
SLIGHT = 0.005

QUARTERS = (0.0, 0.25, 0.5, 0.75, 1.0)


@dataclass(frozen=True, slots=True)
class SpreadRow:
    """How far the posteriors of one proposition lie apart, or a point of one amount.

    Attributes
    ----------
    event, title : str
        The proposition or the amount, and its title.
    stands : float
        What the case as it stands gives; not one of those below.
    lowest, lower, median, upper, highest : float
        Of the analysts; ``lower`` and ``upper`` are the quartiles.
    moved : int
        Analysts who give another number than the case.
    lowest_by, highest_by : str
        Who gives the lowest and the highest; empty where all agree.
    furthest : str
        Whose number lies furthest from the median; empty where all agree.
    level : float
        Of a point of an amount, how probable it is that the amount lies below it; else NaN.
    """

    event: str
    title: str
    stands: Chance
    lowest: Chance
    lower: Chance
    median: Chance
    upper: Chance
    highest: Chance
    moved: int
    lowest_by: str
    highest_by: str
    furthest: str
    level: Annotated[float, percent] = math.nan

    @property
    def range(self) -> float:
        """From the lowest to the highest."""
        return self.highest - self.lowest


def is_slight(one: float, other: float) -> bool:
    """Tell whether two probabilities are within half a percentage point of each other.

    Examples
    --------
    >>> is_slight(0.31, 0.314), is_slight(0.31, 0.32)
    (True, False)
    """
    return abs(one - other) < SLIGHT


def spread(
    event: str,
    title: str,
    stands: float,
    held: Mapping[str, float],
    *,
    level: float = math.nan,
    same: Callable[[float, float], bool] = is_slight,
) -> SpreadRow:
    """Sum up what several analysts hold of one thing.

    Quartiles and median lie on the line through the sorted numbers, the lowest at 0 and the highest
    at 1, as most programs have them.

    Parameters
    ----------
    event, title : str
    stands : float
        What the case gives.
    held : dict of analyst to float
        At least one; probabilities, or points of an amount in its unit.
    level : float in [0, 1], optional
        Of a point of an amount.
    same : callable
        Tells whether an analyst's number is as good as that of the case.

    Returns
    -------
    SpreadRow

    References
    ----------
    Hyndman & Fan (1996), Sample quantiles in statistical packages, definition 7,
    doi:10.1080/00031305.1996.10473566

    Examples
    --------
    >>> row = spread("rain", "Rain", 0.3, {"ann": 0.1, "bob": 0.3, "cyd": 0.4, "dee": 0.9})
    >>> round(row.lower, 9), round(row.median, 9), row.moved, row.furthest
    (0.25, 0.35, 3, 'dee')
    """
    points = np.quantile([*held.values()], QUARTERS).tolist()
    # Rounded, so that of two as far out the first one is named on every machine.
    away = {who: round(abs(one - points[2]), 12) for who, one in held.items()}
    named = (min(held, key=held.get), max(held, key=held.get), max(away, key=away.get))
    if not max(away.values()):
        named = ("", "", "")
    moved = sum(not same(one, stands) for one in held.values())
    return SpreadRow(event, title, stands, *points, moved, *named, level)
