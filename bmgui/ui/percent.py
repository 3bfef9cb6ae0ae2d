"""The one rule by which a probability is written: in the panel, the range, the gauge, the status and saved pictures."""

import math

from bmgui.wording import tr


def percent(probability: float) -> str:
    """Whole percent, "<1 %" below one and ">99 %" above ninety-nine.

    A square nudged by a tenth moves the score by several points, so a decimal would claim what is not there; and no
    score is ever written as 0 % or 100 %, which would claim certainty. Bands and operating points are decided on the
    number itself, never on what is written. Raises ValueError for what is not a probability.
    """
    return tr("{number} %", number=_figure(probability))


def percent_range(low: float, high: float) -> str:
    """ "68–75 %"; one figure where both ends are written alike."""
    first, last = _figure(low), _figure(high)
    return tr("{number} %", number=first if first == last else f"{first}–{last}")


def _figure(probability: float) -> str:
    if math.isnan(probability) or not 0 <= probability <= 1:
        raise ValueError(f"{probability} is not a probability")
    if probability < 0.01:
        return "<1"
    if probability > 0.99:
        return ">99"
    return str(math.floor(100 * probability + 0.5))
