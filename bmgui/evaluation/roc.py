"""The ROC curve, its area, and their versions for many weights at once."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from bmgui.evaluation.inputs import Bools, Floats, as_labels, as_numbers, as_weights, need_both, share_of


@dataclass(frozen=True)
class Roc:
    """The curve from (0, 0) to (1, 1), one point a distinct score, tied cases together.

    thresholds: float64 (k,), falling, the first is +infinity; a case is positive when its score >= the threshold.
    false_positive_rate, sensitivity: float64 (k,), not falling.
    """

    thresholds: Floats
    false_positive_rate: Floats
    sensitivity: Floats


def roc(labels: ArrayLike, scores: ArrayLike) -> Roc:
    """The curve of scores (n,). Raises KnownError("one-class-only")."""
    truth = as_labels(labels)
    need_both(truth)
    values = as_numbers(scores, truth.size)
    levels, false_rate, true_rate = _curves(truth, values, as_weights(None, truth.size))
    return Roc(np.append(np.inf, levels[::-1]), false_rate[0], true_rate[0])


def auc(labels: ArrayLike, scores: ArrayLike) -> float:
    """P(malignant score > benign score) + ½ P(equal): Mann-Whitney's U / (m · n).

    Raises KnownError("one-class-only").
    """
    truth = as_labels(labels)
    need_both(truth)
    return float(auc_weighted(truth, scores, None)[0])


def auc_weighted(labels: ArrayLike, scores: ArrayLike, weights: ArrayLike | None) -> Floats:
    """The area for each row of weights (rows, n): float64 (rows,), NaN where a row leaves a class without weight.

    A whole weight counts as so many copies of the case; O(n log n) once, then O(n) a row.
    """
    truth = as_labels(labels)
    values = as_numbers(scores, truth.size)
    _, benign, malignant = _by_level(truth, values, as_weights(weights, truth.size))
    below = np.cumsum(benign, axis=1) - 0.5 * benign
    won = np.einsum("rk,rk->r", malignant, below)
    return share_of(won, benign.sum(axis=1) * malignant.sum(axis=1))


def sensitivity_at(labels: ArrayLike, scores: ArrayLike, weights: ArrayLike | None, grid: ArrayLike) -> Floats:
    """The curve's height at false positive rates `grid` (g,), for each row of weights: float64 (rows, g).

    Straight lines between the curve's points, the upper end where it rises steeply; NaN rows as in `auc_weighted`.
    """
    truth = as_labels(labels)
    values = as_numbers(scores, truth.size)
    _, false_rates, true_rates = _curves(truth, values, as_weights(weights, truth.size))
    at = np.asarray(grid, dtype=np.float64)
    return np.array([np.interp(at, x, y) for x, y in zip(false_rates, true_rates, strict=True)])


def _by_level(labels: Bools, scores: Floats, weights: Floats) -> tuple[Floats, Floats, Floats]:
    """Distinct scores, rising (k,), and the weight of benign and of malignant cases at each (rows, k)."""
    order = np.argsort(scores, kind="stable")
    ranked = scores[order]
    starts = np.flatnonzero(np.append(True, ranked[1:] != ranked[:-1]))
    total = weights[:, order]
    malignant = np.add.reduceat(total * labels[order], starts, axis=1)
    return ranked[starts], np.add.reduceat(total * ~labels[order], starts, axis=1), malignant


def _curves(labels: Bools, scores: Floats, weights: Floats) -> tuple[Floats, Floats, Floats]:
    """Distinct scores, rising (k,), and for each row the curve's points (rows, k + 1) from (0, 0) to (1, 1)."""
    levels, benign, malignant = _by_level(labels, scores, weights)
    return levels, _share_above(benign), _share_above(malignant)


def _share_above(weight: Floats) -> Floats:
    """The share of each row's weight at or above each level, from the highest down, with a leading 0 (rows, k + 1)."""
    above = np.cumsum(weight[:, ::-1], axis=1)
    return share_of(np.pad(above, ((0, 0), (1, 0))), above[:, -1:])
