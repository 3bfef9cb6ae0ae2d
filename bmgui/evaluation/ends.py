"""Intervals at the ends of the scale. Where every picture of a class is right, so is it in every resample, and the
bootstrap would say that nothing is uncertain; twenty of twenty may well be seventeen of twenty next time.

There, patients are counted as independent trials (all their pictures agree), and intervals that know the ends take the
bootstrap's place. `Figure.how` says so.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import replace

import numpy as np
from numpy.typing import ArrayLike

from bmgui.evaluation.inputs import as_codes, as_labels, as_numbers
from bmgui.evaluation.intervals import Figure, normal_quantile, wilson

HALVINGS = 60  # of [0, 1]: to the last bit


def with_ends(
    found: Mapping[str, Figure],
    labels: ArrayLike,
    scores: ArrayLike,
    patients: ArrayLike,
    threshold: float,
    *,
    everywhere: bool = False,
) -> dict[str, Figure]:
    """`found` with better intervals for the figures that are 0 or 1 (everywhere: also for those between).

    Rates: Wilson's interval of so many patients. youden where both its rates are at an end: from those (`sum_of`).
    auc: `area_at`. f1, which is no rate of trials: no interval. Other figures, and names not known here, stay as they
    are.
    """
    truth = as_labels(labels)
    positive = as_numbers(scores, truth.size) >= threshold
    codes = as_codes(patients, truth.size)
    every = np.ones(truth.size, np.bool_)
    of = {"accuracy": every, "sensitivity": truth, "specificity": ~truth, "precision": positive}
    made = dict(found)
    for name, chosen in of.items():
        value = made[name].value if name in made else None
        if value is not None and (everywhere or _at_end(made[name])):
            units = len(np.unique(codes[chosen]))
            made[name] = replace(wilson(round(value * units), units, made[name].level), value=value)
    if "auc" in made and (everywhere or _at_end(made["auc"])):
        made["auc"] = area_with_ends(made["auc"], truth, codes, everywhere=everywhere)
    if "youden" in made and _at_end(made["sensitivity"]) and _at_end(made["specificity"]):
        made["youden"] = sum_of(made["youden"], made["sensitivity"], made["specificity"])
    if "f1" in made and _at_end(made["f1"]):
        made["f1"] = replace(made["f1"], low=None, high=None, how="")
    return made


def difference_with_ends(difference: Figure, first: Figure, second: Figure, patients: int) -> Figure:
    """second − first, where no resample differs from another; any other difference stays as it is.

    Where nobody was read differently: ± z² ÷ (patients + z²), the score interval of paired rates with no discordant
    pair (Tango 1998, Stat Med 17: 891). For an area likewise, with the patients of the smaller class: no larger share
    of others would be ranked otherwise, and nobody moves the area by more than that share.
    Where everybody was: from the intervals of the two (Newcombe 1998, Stat Med 17: 873, without the correlation of
    pairs, so wider than need be), or none where those have none.
    """
    if difference.value is None or difference.low is None or difference.low != difference.high:
        return difference
    if difference.value == 0:
        square = normal_quantile(difference.level) ** 2
        half = square / (patients + square)
        return Figure(0.0, -half, half, difference.level, "tango", difference.undefined)
    known = (first.value, first.low, first.high, second.value, second.low, second.high)
    if None in known:
        return replace(difference, low=None, high=None, how="")
    a, a_low, a_high, b, b_low, b_high = (float(number or 0.0) for number in known)
    low = max(-1.0, difference.value - math.hypot(b - b_low, a_high - a))
    high = min(1.0, difference.value + math.hypot(b_high - b, a - a_low))
    return Figure(difference.value, low, high, difference.level, "wilson", difference.undefined)


def area_with_ends(figure: Figure, labels: ArrayLike, patients: ArrayLike, *, everywhere: bool = False) -> Figure:
    """An area with a better interval (`area_at`) where it is 0 or 1, or everywhere."""
    if figure.value is None or not (everywhere or _at_end(figure)):
        return figure
    truth = as_labels(labels)
    codes = as_codes(patients, truth.size)
    benign, malignant = (len(np.unique(codes[chosen])) for chosen in (~truth, truth))
    return area_at(figure.value, benign, malignant, figure.level)


def area_at(area: float, benign: int, malignant: int, level: float = 0.95) -> Figure:
    """An area under the ROC curve with an interval that holds at 1, too (Newcombe 2006, Stat Med 25: 559, method 5).

    It is of the areas θ with |θ − area| ≤ z √V(θ), where V is Hanley and McNeil's (1982) with both group sizes less one
    replaced by their mean less one. benign, malignant: patients.
    """
    z, middle = normal_quantile(level), (benign + malignant) / 2 - 1

    def too_far(theta: float) -> bool:
        spread = 1 + middle * (1 - theta) / (2 - theta) + middle * theta / (1 + theta)
        return abs(theta - area) > z * math.sqrt(theta * (1 - theta) * spread / (benign * malignant))

    return Figure(area, _edge(area, 0.0, too_far), _edge(area, 1.0, too_far), level, "newcombe")


def sum_of(figure: Figure, sensitivity: Figure, specificity: Figure) -> Figure:
    """sensitivity + specificity − 1, from the intervals of the two (as in `difference_with_ends`)."""
    known = (sensitivity.value, sensitivity.low, sensitivity.high, specificity.value, specificity.low, specificity.high)
    if None in known:
        return replace(figure, low=None, high=None, how="")
    a, a_low, a_high, b, b_low, b_high = (float(number or 0.0) for number in known)
    low, high = a + b - 1 - math.hypot(a - a_low, b - b_low), a + b - 1 + math.hypot(a_high - a, b_high - b)
    return Figure(a + b - 1, max(-1.0, low), min(1.0, high), figure.level, "wilson", figure.undefined)


def _at_end(figure: Figure) -> bool:
    return figure.value in (0.0, 1.0)


def _edge(inside: float, end: float, outside: Callable[[float], bool]) -> float:
    """Where `outside` begins between a value that is inside and an end of the scale, by halving."""
    if inside == end:
        return end
    near, far = inside, end
    for _ in range(HALVINGS):
        middle = (near + far) / 2
        near, far = (near, middle) if outside(middle) else (middle, far)
    return near
