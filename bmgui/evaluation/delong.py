"""DeLong's variance of the area, its interval, and the paired comparison of two areas.

DeLong, DeLong & Clarke-Pearson 1988; mid-ranks after Sun & Xu 2014, O(n log n). The cases must be independent: one
picture a patient.
"""

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from bmgui.base.errors import KnownError
from bmgui.evaluation.inputs import Bools, Floats, as_labels, as_numbers, need_both
from bmgui.evaluation.intervals import Figure, normal_quantile
from bmgui.evaluation.special import normal_below

Scale = Literal["logit", "plain"]


@dataclass(frozen=True)
class AreaTest:
    """Two areas on the same cases. difference = second − first; z and p (two-sided) are None where the two rank all
    cases alike, so that the difference has no scatter."""

    first: float
    second: float
    difference: Figure
    z: float | None
    p: float | None


def auc_interval(labels: ArrayLike, scores: ArrayLike, level: float = 0.95, scale: Scale = "logit") -> Figure:
    """The area with DeLong's interval, on the logit scale unless "plain" (as R's pROC) is asked for.

    The logit interval stays within 0..1 and covers better near 1 (Pepe 2003, §5.2.4). None where the variance is 0.
    Raises KnownError("one-class-only"), KnownError("too-few-cases") with fewer than two cases of a class.
    """
    truth = as_labels(labels)
    areas, covariance = areas_and_covariance(truth, as_numbers(scores, truth.size)[None])
    area, deviation, z = float(areas[0]), math.sqrt(max(0.0, float(covariance[0, 0]))), normal_quantile(level)
    if deviation == 0:
        return Figure(area, None, None, level, "delong")
    if scale == "plain":
        return Figure(area, max(0.0, area - z * deviation), min(1.0, area + z * deviation), level, "delong")
    odds, half = area / (1 - area), z * deviation / (area * (1 - area))
    low, high = (1 / (1 + math.exp(-(math.log(odds) + sign * half))) for sign in (-1, 1))
    return Figure(area, low, high, level, "delong")


def compare_auc(labels: ArrayLike, first: ArrayLike, second: ArrayLike, level: float = 0.95) -> AreaTest:
    """DeLong's Z test of two scores of the same cases. Raises as `auc_interval`."""
    truth = as_labels(labels)
    scores = np.stack([as_numbers(first, truth.size), as_numbers(second, truth.size)])
    areas, covariance = areas_and_covariance(truth, scores)
    difference = float(areas[1] - areas[0])
    variance = float(covariance[0, 0] + covariance[1, 1] - 2 * covariance[0, 1])
    if variance <= 1e-15:  # rounding of a true zero
        return AreaTest(float(areas[0]), float(areas[1]), Figure(difference, None, None, level, "delong"), None, None)
    deviation = math.sqrt(variance)
    half, z = normal_quantile(level) * deviation, difference / deviation
    figure = Figure(difference, difference - half, difference + half, level, "delong")
    return AreaTest(float(areas[0]), float(areas[1]), figure, z, 2 * normal_below(-abs(z)))


def areas_and_covariance(labels: Bools, scores: Floats) -> tuple[Floats, Floats]:
    """Areas (k,) of k scores (k, n) and DeLong's covariance of them (k, k). Raises as `auc_interval`."""
    need_both(labels)
    m, n = int(labels.sum()), int((~labels).sum())
    if min(m, n) < 2:
        raise KnownError("too-few-cases", benign=n, malignant=m, least=2)
    v10, v01 = np.empty((len(scores), m)), np.empty((len(scores), n))
    for k, score in enumerate(scores):
        malignant, benign = score[labels], score[~labels]
        everywhere = _mid_ranks(np.concatenate([malignant, benign]))
        v10[k] = (everywhere[:m] - _mid_ranks(malignant)) / n  # the share of benign cases below, ties half
        v01[k] = 1 - (everywhere[m:] - _mid_ranks(benign)) / m
    covariance = np.atleast_2d(np.cov(v10)) / m + np.atleast_2d(np.cov(v01)) / n
    return v10.mean(axis=1), covariance


def _mid_ranks(values: Floats) -> Floats:
    """Ranks from 1, tied values share the mean of theirs: float64 (n,)."""
    _, place, times = np.unique(values, return_inverse=True, return_counts=True)
    last = np.cumsum(times)
    ranks: Floats = (last - (times - 1) / 2)[place]
    return ranks
