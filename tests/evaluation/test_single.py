import numpy as np
import pytest

from bmgui.evaluation.single import one_per_patient


def test_the_first_file_name_of_the_patients_label() -> None:
    files = ["b2", "b1", "a9", "a10", "c1", "c2"]
    patients = ["anna", "anna", "berta", "berta", "cora", "cora"]
    labels = [0, 0, 1, 1, 0, 1]  # cora has a benign and a malignant mass: she counts as malignant
    assert list(one_per_patient(labels, patients, files)) == [1, 3, 5]


def test_the_order_of_the_cases_plays_no_part() -> None:
    random = np.random.default_rng(0)
    labels, patients = random.random(80) < 0.4, random.integers(0, 25, 80)
    files = np.array([f"{k:03}.png" for k in random.permutation(80)])
    chosen = set(files[one_per_patient(labels, patients, files)])
    order = random.permutation(80)
    again = set(files[order][one_per_patient(labels[order], patients[order], files[order])])
    assert chosen == again
    assert len(chosen) == len(set(patients))


def test_every_case_has_a_file_name() -> None:
    with pytest.raises(ValueError):
        one_per_patient([0, 1], ["a", "b"], ["x"])
