"""Decision curves: what acting on the score is worth, in true positives a case (Vickers & Elkin 2006)."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from bmgui.evaluation.inputs import Floats, as_labels, as_probabilities, as_weights, share_of

GRID = tuple(k / 100 for k in range(1, 100))


@dataclass(frozen=True)
class DecisionCurve:
    """Net benefit, float64 (k,), at threshold probabilities (k,): of acting on the score, on everybody, on nobody."""

    thresholds: Floats
    score: Floats
    all: Floats
    none: Floats


def decision_curve(labels: ArrayLike, probabilities: ArrayLike, thresholds: ArrayLike = GRID) -> DecisionCurve:
    """tp / n − fp / n · t / (1 − t) at each threshold t in 0 <= t < 1; positive: probability >= t."""
    truth = as_labels(labels)
    at = _thresholds(thresholds)
    share = float(truth.mean())
    score = net_benefit(truth, probabilities, at)[0]
    return DecisionCurve(at, score, share - (1 - share) * at / (1 - at), np.zeros(at.size))


def net_benefit(
    labels: ArrayLike, probabilities: ArrayLike, thresholds: ArrayLike, weights: ArrayLike | None = None
) -> Floats:
    """The score's net benefit for each row of weights (None: one row): float64 (rows, k)."""
    truth = as_labels(labels)
    values = as_probabilities(probabilities, truth.size)
    at = _thresholds(thresholds)
    worth = (values[:, None] >= at) * np.where(truth[:, None], 1.0, -at / (1 - at))
    rows = as_weights(weights, truth.size)
    return share_of(rows @ worth, rows.sum(axis=1, keepdims=True))


def _thresholds(thresholds: ArrayLike) -> Floats:
    at = np.asarray(thresholds, dtype=np.float64)
    if at.ndim != 1 or ((at < 0) | (at >= 1)).any():
        raise ValueError("thresholds must lie in 0 <= t < 1")
    return at
