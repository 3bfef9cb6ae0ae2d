"""Resampling patients, not pictures: pictures of one patient are alike, and do not count as so many strangers.

A resample is a row of weights: how often each picture's patient was drawn. Any statistic that takes weights can be
resampled, and two models on the same pictures share the draws, so that their difference is paired.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from bmgui.base.errors import KnownError
from bmgui.evaluation.inputs import Floats, Indices, as_codes, as_labels, need_both
from bmgui.evaluation.intervals import Figure, percentile

DRAWS = 2000
LEAST_PATIENTS = 2  # of each class: with one, its own scatter could not be seen
CHUNK = 1 << 20  # weights held at once (8 MiB)

Statistic = Callable[[Floats], Floats]  # weights (rows, n) -> values (rows,) or (rows, k)


@dataclass(frozen=True)
class Resamples:
    """Draws of patients with replacement.

    times: int32 (draws, patients), how often each patient was drawn; a row sums to the number of patients.
    patient: intp (n,), each picture's patient.
    redrawn: draws that held one class only and were drawn again; the intervals are of draws with both classes.
    """

    times: NDArray[np.int32]
    patient: Indices
    redrawn: int
    seed: int

    @property
    def draws(self) -> int:
        return int(self.times.shape[0])

    @property
    def patients(self) -> int:
        return int(self.times.shape[1])

    def weights(self) -> Iterator[Floats]:
        """The weights of the pictures, some rows at a time: float64 (rows, n)."""
        rows = max(1, CHUNK // self.patient.size)
        for start in range(0, self.draws, rows):
            yield self.times[start : start + rows].astype(np.float64)[:, self.patient]


def resample(labels: ArrayLike, patients: ArrayLike, *, draws: int = DRAWS, seed: int = 0) -> Resamples:
    """Draws patients with replacement, as many as there are, `draws` times.

    Raises KnownError("one-class-only"), and KnownError("too-few-patients") where a class has fewer than two patients.
    """
    truth = as_labels(labels)
    need_both(truth)
    codes = as_codes(patients, truth.size)
    count = int(codes.max()) + 1
    malignant = np.bincount(codes[truth], minlength=count) > 0
    benign = np.bincount(codes[~truth], minlength=count) > 0
    if min(benign.sum(), malignant.sum()) < LEAST_PATIENTS:
        raise KnownError(
            "too-few-patients", benign=int(benign.sum()), malignant=int(malignant.sum()), least=LEAST_PATIENTS
        )
    random = np.random.default_rng(seed)
    share = np.full(count, 1 / count)
    times = np.empty((draws, count), dtype=np.int32)
    missing, redrawn = np.arange(draws), 0
    while missing.size:
        times[missing] = random.multinomial(count, share, size=missing.size)
        both = (times[missing][:, malignant].sum(axis=1) > 0) & (times[missing][:, benign].sum(axis=1) > 0)
        missing = missing[~both]
        redrawn += int(missing.size)
    return Resamples(times, codes, redrawn, seed)


def drawn(resamples: Resamples, statistic: Statistic) -> Floats:
    """The statistic of every resample: float64 (draws,) or (draws, k)."""
    return np.concatenate([statistic(weights) for weights in resamples.weights()])


def interval(resamples: Resamples, statistic: Statistic, level: float = 0.95) -> Figure:
    """The statistic of the cases themselves with its percentile interval. For a paired difference, let the statistic
    be the difference of two models' values under the same weights."""
    value = statistic(np.ones((1, resamples.patient.size)))
    return percentile(float(value[0]), drawn(resamples, statistic), level)


def intervals(resamples: Resamples, statistic: Statistic, level: float = 0.95) -> tuple[Figure, ...]:
    """The same for a statistic of k values at once: weights (rows, n) -> (rows, k)."""
    value = statistic(np.ones((1, resamples.patient.size)))[0]
    draws = drawn(resamples, statistic)
    return tuple(percentile(float(value[k]), draws[:, k], level) for k in range(value.size))
