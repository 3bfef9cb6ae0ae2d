"""A figure and the interval that it stands in."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from bmgui.evaluation.special import normal_at

MOST_UNDEFINED = 0.05  # with more undefined resamples than this share, the rest would no longer speak for all


@dataclass(frozen=True)
class Figure:
    """A value with its interval. None: cannot be computed.

    how: where the interval comes from: "bootstrap", "delong", "wilson", "newcombe", "tango", "wald", "" (none).
    undefined: resamples in which the value could not be computed (0/0); the interval is of the others, and is None
    where they were more than 5 %.
    """

    value: float | None
    low: float | None = None
    high: float | None = None
    level: float = 0.95
    how: str = ""
    undefined: int = 0

    @property
    def excludes_zero(self) -> bool:
        """Whether zero lies outside the interval; False where there is no interval."""
        return self.low is not None and self.high is not None and (self.low > 0 or self.high < 0)


def normal_quantile(level: float) -> float:
    """The standard normal's quantile for a two-sided interval: 1.96 for 0.95."""
    if not 0 < level < 1:
        raise ValueError(f"a level lies between 0 and 1, not {level}")
    return normal_at(0.5 + level / 2)


def known(value: float) -> float | None:
    """NaN and infinity become None, numpy's numbers Python's own."""
    return float(value) if math.isfinite(value) else None


def percentile(value: float, draws: ArrayLike, level: float = 0.95) -> Figure:
    """The percentile interval (Efron 1979) of `draws` (b,), NaN where a resample has no value."""
    array = np.asarray(draws, dtype=np.float64)
    good = array[np.isfinite(array)]
    undefined = array.size - good.size
    if known(value) is None or not good.size or undefined > MOST_UNDEFINED * array.size:
        return Figure(known(value), None, None, level, "bootstrap", undefined)
    low, high = np.quantile(good, [0.5 - level / 2, 0.5 + level / 2])
    return Figure(known(value), float(low), float(high), level, "bootstrap", undefined)


def wilson(successes: int, trials: int, level: float = 0.95) -> Figure:
    """A rate of independent trials with Wilson's score interval (1927), without continuity correction."""
    if not 0 <= successes <= trials:
        raise ValueError(f"{successes} of {trials} is no rate")
    if trials == 0:
        return Figure(None, None, None, level, "wilson")
    z = normal_quantile(level)
    rate = successes / trials
    middle = (rate + z * z / (2 * trials)) / (1 + z * z / trials)
    half = z / (1 + z * z / trials) * math.sqrt(rate * (1 - rate) / trials + z * z / (4 * trials * trials))
    low = 0.0 if successes == 0 else middle - half  # exact at the ends, where rounding would leave 1e-17
    high = 1.0 if successes == trials else middle + half
    return Figure(rate, low, high, level, "wilson")
