"""One picture a patient, for tests and intervals that ask for independent cases."""

import numpy as np
from numpy.typing import ArrayLike

from bmgui.evaluation.inputs import Indices, as_codes, as_labels


def one_per_patient(labels: ArrayLike, patients: ArrayLike, files: ArrayLike) -> Indices:
    """The picture that stands for each patient: indices, rising (patients,).

    The rule: a patient counts as malignant if any of the pictures is; of the pictures with the patient's label the one
    whose file name sorts first (by code points, then as given). Scores play no part.
    """
    truth = as_labels(labels)
    names = np.asarray(files, dtype=np.str_)
    if names.shape != truth.shape:
        raise ValueError(f"files must be of shape {truth.shape}, not {names.shape}")
    codes = as_codes(patients, truth.size)
    order = np.lexsort((names, ~truth, codes))  # by patient, malignant first, then by name; stable
    first = np.unique(codes[order], return_index=True)[1]
    return np.sort(order[first])
