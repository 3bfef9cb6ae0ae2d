import math

import numpy as np
import pytest

from bmgui.evaluation.bootstrap import interval, resample
from bmgui.evaluation.rates import Counts, counts
from bmgui.evaluation.roc import auc_weighted
from bmgui.evaluation.subgroups import Subgroup, between, subgroup


def test_a_subgroup_is_the_same_figures_of_its_cases_alone() -> None:
    random = np.random.default_rng(1)
    labels, p, patients = random.random(120) < 0.4, random.random(120), random.integers(0, 60, 120)
    mask = random.random(120) < 0.6
    found = subgroup("EPIQ", mask, labels, p, patients, 0.5, draws=300, seed=2)
    draws = resample(labels[mask], patients[mask], draws=300, seed=2)
    assert found.auc == interval(draws, lambda weights: auc_weighted(labels[mask], p[mask], weights))
    assert found.counts == counts(labels[mask], p[mask], 0.5)
    assert (found.name, found.reason) == ("EPIQ", "")
    assert (found.benign, found.malignant) == ((~labels[mask]).sum(), labels[mask].sum())
    assert found.malignant_patients == len(set(patients[mask & labels]))


@pytest.mark.parametrize(("malignant_patients", "few"), [(4, True), (5, False)])
def test_under_five_patients_of_a_class_there_are_counts_and_the_reason(malignant_patients: int, few: bool) -> None:
    labels = np.repeat([1, 0], [10, 10])
    patients = np.concatenate([np.arange(10) % malignant_patients, np.arange(100, 110)])
    found = subgroup("few", np.ones(20, dtype=bool), labels, np.linspace(0, 1, 20), patients, 0.5, draws=50)
    assert (found.auc is None) == few
    assert found.reason == ("few-patients" if few else "")
    assert found.counts == Counts(0, 10, 0, 10)
    assert (found.malignant, found.malignant_patients, found.benign_patients) == (10, malignant_patients, 10)


def test_one_class_and_nobody() -> None:
    labels, p, patients = [1, 1, 0], [0.9, 0.2, 0.3], ["a", "b", "c"]
    only = subgroup("BI-RADS 5", [True, True, False], labels, p, patients, 0.5)
    assert (only.reason, only.counts) == ("few-patients", Counts(1, 0, 0, 1))
    nobody = subgroup("none", [False, False, False], labels, p, patients, 0.5)
    assert nobody == Subgroup("none", 0, 0, 0, 0, None, None, "empty")
    with pytest.raises(ValueError):
        subgroup("short", [True], labels, p, patients, 0.5)


def test_ranges_are_half_open_and_leave_the_unknown_out() -> None:
    ages = [30, 40, 49.9, 50, math.nan, 90]
    ranges = between(ages, [-math.inf, 40, 50, math.inf])
    assert [(low, high, list(np.flatnonzero(mask))) for low, high, mask in ranges] == [
        (-math.inf, 40, [0]),
        (40, 50, [1, 2]),
        (50, math.inf, [3, 5]),
    ]
    with pytest.raises(ValueError):
        between(ages, [40, 40])
