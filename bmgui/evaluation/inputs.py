"""What every function here asks of its arrays; a breach is a bug of the caller and raises ValueError."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from bmgui.base.errors import KnownError

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Indices = NDArray[np.intp]


def as_labels(labels: ArrayLike) -> Bools:
    """bool (n,), True is malignant; from bool or 0/1. ValueError for anything else."""
    array = np.asarray(labels)
    if array.ndim != 1 or array.size == 0:
        raise ValueError(f"labels must be one value a picture, not of shape {array.shape}")
    if array.dtype != np.bool_ and not np.isin(array, (0, 1)).all():
        raise ValueError("labels must be 0 or 1")
    return array.astype(np.bool_)


def as_numbers(values: ArrayLike, count: int, name: str = "scores") -> Floats:
    """float64 (count,), all finite. ValueError otherwise."""
    array = np.asarray(values, dtype=np.float64)
    if array.shape != (count,):
        raise ValueError(f"{name} must be of shape ({count},), not {array.shape}")
    if not np.isfinite(array).all():
        raise ValueError(f"{name} must be finite")
    return array


def as_probabilities(values: ArrayLike, count: int) -> Floats:
    """float64 (count,), within 0..1. ValueError otherwise."""
    array = as_numbers(values, count, "probabilities")
    if ((array < 0) | (array > 1)).any():
        raise ValueError("probabilities must lie within 0..1")
    return array


def as_weights(weights: ArrayLike | None, count: int) -> Floats:
    """float64 (rows, count), not negative: one row a resample; None is one row of ones."""
    if weights is None:
        return np.ones((1, count))
    array = np.atleast_2d(np.asarray(weights, dtype=np.float64))
    if array.ndim != 2 or array.shape[1] != count:
        raise ValueError(f"weights must be of shape (rows, {count}), not {array.shape}")
    if not (np.isfinite(array).all() and (array >= 0).all()):
        raise ValueError("weights must be finite and not negative")
    return array


def as_codes(names: ArrayLike, count: int) -> Indices:
    """Whom each picture belongs to: integers 0.. (n,), in the sorted order of the names.

    ValueError for an empty name: unknown patients must not become one patient; the caller's groups decide there.
    """
    array = np.asarray(names)
    if array.shape != (count,):
        raise ValueError(f"patients must be of shape ({count},), not {array.shape}")
    if array.dtype.kind not in "biu" and (array == "").any():
        raise ValueError("a patient needs a name")
    return np.unique(array, return_inverse=True)[1].astype(np.intp)


def need_both(labels: Bools) -> None:
    """Raises KnownError("one-class-only") where either class is missing."""
    malignant = int(labels.sum())
    if malignant in (0, labels.size):
        raise KnownError("one-class-only", benign=labels.size - malignant, malignant=malignant)


def share_of(part: Floats, whole: Floats) -> Floats:
    """part / whole, NaN where whole is 0."""
    parts, wholes = np.broadcast_arrays(part, whole)
    divided: Floats = np.divide(parts, wholes, out=np.full(parts.shape, np.nan), where=wholes > 0)
    return divided
