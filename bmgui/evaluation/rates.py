"""Counts and rates at a threshold. A case is positive when its probability >= the threshold."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from bmgui.evaluation.inputs import Floats, as_labels, as_numbers, as_weights, share_of
from bmgui.evaluation.intervals import Figure, known, wilson

RATES = ("accuracy", "sensitivity", "specificity", "precision", "f1", "youden")


@dataclass(frozen=True)
class Counts:
    """Cases by what they are and what was said of them."""

    tp: int
    fp: int
    tn: int
    fn: int

    @property
    def cases(self) -> int:
        return self.tp + self.fp + self.tn + self.fn


@dataclass(frozen=True)
class Rates:
    """The paper's rates; None where nothing could be divided by."""

    accuracy: float | None
    sensitivity: float | None
    specificity: float | None
    precision: float | None
    f1: float | None
    youden: float | None


def counts(labels: ArrayLike, probabilities: ArrayLike, threshold: float) -> Counts:
    """The confusion table at the threshold."""
    tp, fp, tn, fn = counts_weighted(labels, probabilities, threshold, None)[0]
    return Counts(int(tp), int(fp), int(tn), int(fn))


def rates(table: Counts) -> Rates:
    """The rates of a table of counts."""
    row = _rates(np.array([[table.tp, table.fp, table.tn, table.fn]], dtype=np.float64))[0]
    return Rates(*(known(value) for value in row))


def counts_weighted(labels: ArrayLike, scores: ArrayLike, threshold: float, weights: ArrayLike | None) -> Floats:
    """tp, fp, tn, fn for each row of weights: float64 (rows, 4)."""
    truth = as_labels(labels)
    positive = as_numbers(scores, truth.size) >= threshold
    cells = np.stack([positive & truth, positive & ~truth, ~positive & ~truth, ~positive & truth], axis=1)
    return as_weights(weights, truth.size) @ cells.astype(np.float64)


def rates_weighted(labels: ArrayLike, scores: ArrayLike, threshold: float, weights: ArrayLike | None) -> Floats:
    """RATES, in that order, for each row of weights: float64 (rows, 6), NaN where undefined."""
    return _rates(counts_weighted(labels, scores, threshold, weights))


def wilson_rates(table: Counts, level: float = 0.95) -> dict[str, Figure]:
    """Accuracy, sensitivity, specificity and precision with Wilson's interval; the cases must be independent."""
    return {
        "accuracy": wilson(table.tp + table.tn, table.cases, level),
        "sensitivity": wilson(table.tp, table.tp + table.fn, level),
        "specificity": wilson(table.tn, table.tn + table.fp, level),
        "precision": wilson(table.tp, table.tp + table.fp, level),
    }


def _rates(table: Floats) -> Floats:
    """RATES of tables (rows, 4). F1 = 2 tp / (2 tp + fp + fn): with no true positive and any error it is truly 0."""
    tp, fp, tn, fn = table.T
    sensitivity, specificity = share_of(tp, tp + fn), share_of(tn, tn + fp)
    return np.stack(
        [
            share_of(tp + tn, tp + fp + tn + fn),
            sensitivity,
            specificity,
            share_of(tp, tp + fp),
            share_of(2 * tp, 2 * tp + fp + fn),
            sensitivity + specificity - 1,
        ],
        axis=1,
    )
