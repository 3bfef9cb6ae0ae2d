"""Operating points, chosen on validation cases and only carried elsewhere."""

from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import ArrayLike

from bmgui.base.errors import KnownError
from bmgui.evaluation.inputs import as_labels, as_probabilities, need_both
from bmgui.evaluation.rates import Counts, counts

WANTED = (("sensitivity 0.95", Fraction(95, 100)), ("sensitivity 0.98", Fraction(98, 100)))


@dataclass(frozen=True)
class OperatingPoint:
    """A threshold, and what it did where it was chosen. Names are those of cards: "Youden", "sensitivity 0.95"."""

    name: str
    threshold: float
    sensitivity: float
    specificity: float
    counts: Counts


def choose_points(labels: ArrayLike, probabilities: ArrayLike) -> tuple[OperatingPoint, ...]:
    """Youden's maximum, and the largest thresholds with sensitivity >= 0.95 and >= 0.98.

    Thresholds are probabilities that were seen (positive: probability >= threshold). Of equal Youden indices the one
    with the higher sensitivity wins: a missed cancer weighs more than a false alarm. Compared in whole numbers, so
    that ties are ties. Raises KnownError("one-class-only"), and KnownError("points-without-order") where no threshold
    does better than chance.
    """
    truth = as_labels(labels)
    need_both(truth)
    values = as_probabilities(probabilities, truth.size)
    levels, place = np.unique(values, return_inverse=True)
    malignant_at = np.bincount(place[truth], minlength=levels.size)
    benign_at = np.bincount(place[~truth], minlength=levels.size)
    tp = np.cumsum(malignant_at[::-1])[::-1]  # at threshold levels[k]; falling with k
    fp = np.cumsum(benign_at[::-1])[::-1]
    malignant, benign = int(truth.sum()), int((~truth).sum())
    youden = tp * benign - fp * malignant
    if youden.max() <= 0:
        raise KnownError("points-without-order", benign=benign, malignant=malignant)
    chosen = [("Youden", float(levels[int(np.argmax(youden))]))]  # the first of equals: the lowest threshold
    for name, least in WANTED:
        enough = np.flatnonzero(tp * least.denominator >= least.numerator * malignant)
        chosen.append((name, float(levels[enough[-1]])))
    return tuple(point_at(name, threshold, truth, values) for name, threshold in chosen)


def point_at(name: str, threshold: float, labels: ArrayLike, probabilities: ArrayLike) -> OperatingPoint:
    """What a threshold that was chosen elsewhere does on these cases. Raises KnownError("one-class-only")."""
    truth = as_labels(labels)
    need_both(truth)
    table = counts(truth, probabilities, threshold)
    return OperatingPoint(name, threshold, table.tp / (table.tp + table.fn), table.tn / (table.tn + table.fp), table)
