"""Intervals at the ends of the scale, against independent oracles and their coverage."""

import math

import numpy as np
import pytest
from scipy.optimize import brentq
from scipy.stats import norm
from statsmodels.stats.proportion import proportion_confint

from bmgui.evaluation.ends import area_at, difference_with_ends
from bmgui.evaluation.figures import compare, figures
from bmgui.evaluation.intervals import Figure
from bmgui.evaluation.subgroups import subgroup


def cases(benign: int, malignant: int, pictures: int = 2) -> tuple[np.ndarray, np.ndarray, list[str]]:
    """Labels, probabilities that are right for everybody, patients with so many pictures each."""
    labels = np.repeat([False] * benign + [True] * malignant, pictures)
    patients = [f"p{at // pictures}" for at in range(labels.size)]
    return labels, np.where(labels, 0.8, 0.1), patients


def test_all_right_is_not_certain() -> None:
    labels, right, patients = cases(20, 12)
    found = figures(labels, right, patients, 0.5, draws=200).values
    for name, units in (("sensitivity", 12), ("precision", 12), ("specificity", 20), ("accuracy", 32)):
        low, high = proportion_confint(units, units, method="wilson")
        assert found[name].value == 1
        assert (found[name].low, found[name].high) == (pytest.approx(low), pytest.approx(high))
        assert found[name].how == "wilson"
    assert found["auc"].how == "newcombe"
    assert 0.8 < found["auc"].low < 0.95  # type: ignore[operator]
    assert found["auc"].high == 1
    two = [1 - (proportion_confint(units, units, method="wilson")[0]) for units in (12, 20)]
    assert found["youden"].low == pytest.approx(1 - math.hypot(*two))
    assert found["f1"].value == 1
    assert found["f1"].low is None


def test_none_found_is_not_certain_either() -> None:
    labels, right, patients = cases(20, 12)
    found = figures(labels, np.where(labels, 0.3, right), patients, 0.5, draws=200).values
    low, high = proportion_confint(0, 12, method="wilson")
    assert found["sensitivity"].value == 0
    assert (found["sensitivity"].low, found["sensitivity"].high) == (pytest.approx(low, abs=1e-12), pytest.approx(high))
    assert found["auc"].value == 1  # the order is right all the same


def test_between_the_ends_the_bootstrap_stays() -> None:
    labels, right, patients = cases(20, 12)
    right[labels.nonzero()[0][:2]] = 0.3  # one patient's
    found = figures(labels, right, patients, 0.5, draws=200).values
    assert found["sensitivity"].how == "bootstrap"
    assert found["specificity"].how == "wilson"


@pytest.mark.parametrize("area", [0.0, 0.3, 0.9, 1.0])
@pytest.mark.parametrize(("benign", "malignant"), [(2, 2), (20, 20), (50, 9)])
def test_the_areas_ends_solve_their_equation(area: float, benign: int, malignant: int) -> None:
    def over(theta: float) -> float:
        mean = (benign + malignant) / 2 - 1
        variance = theta * (1 - theta) * (1 + mean * (1 - theta) / (2 - theta) + mean * theta / (1 + theta))
        return abs(theta - area) - norm.ppf(0.975) * math.sqrt(variance / (benign * malignant))

    found = area_at(area, benign, malignant)
    tiny = 1e-12
    low = 0.0 if area == 0 else brentq(over, tiny, area - tiny)
    high = 1.0 if area == 1 else brentq(over, area + tiny, 1 - tiny)
    assert (found.low, found.high) == (pytest.approx(low, abs=1e-9), pytest.approx(high, abs=1e-9))


def test_the_areas_interval_covers_where_the_bootstraps_does_not() -> None:
    """Normal scores with a true area of 0.95, fifteen of each class: samples that happen to be perfectly ordered."""
    random = np.random.default_rng(0)
    shift = math.sqrt(2) * norm.ppf(0.95)
    benign, malignant = random.normal(size=(4000, 15)), random.normal(shift, size=(4000, 15))
    assert (benign.max(axis=1) < malignant.min(axis=1)).mean() > 0.01  # it does happen
    assert area_at(1.0, 15, 15).low < 0.95  # type: ignore[operator]


def test_two_that_are_both_right_may_still_differ() -> None:
    labels, right, patients = cases(20, 12)
    found = compare(labels, right, right * 0.99, patients, (0.5, 0.5), draws=200).differences
    square = norm.ppf(0.975) ** 2
    for name, units in (("sensitivity", 12), ("specificity", 20), ("accuracy", 32), ("auc", 12)):
        assert found[name].value == 0
        assert found[name].how == "tango"
        assert found[name].high == pytest.approx(square / (units + square))
        assert found[name].low == -found[name].high  # type: ignore[operator]


def test_no_flip_is_no_less_certain_than_one() -> None:
    labels, right, patients = cases(50, 50, pictures=1)
    other = right.copy()
    other[labels.nonzero()[0][0]] = 0.3
    same = compare(labels, right, right * 0.99, patients, (0.5, 0.5), draws=500).differences["sensitivity"]
    flipped = compare(labels, right, other, patients, (0.5, 0.5), draws=500).differences["sensitivity"]
    assert same.low == pytest.approx(-(norm.ppf(0.975) ** 2) / (50 + norm.ppf(0.975) ** 2))
    assert same.low > flipped.low - 0.03  # type: ignore[operator]


def test_all_against_none_is_no_certain_one() -> None:
    labels, right, patients = cases(20, 12)
    found = compare(labels, np.where(labels, 0.3, right), right, patients, (0.5, 0.5), draws=200).differences
    figure = found["sensitivity"]
    assert figure.value == 1
    assert figure.low == pytest.approx(1 - math.hypot(*[1 - proportion_confint(12, 12, method="wilson")[0]] * 2))
    assert figure.high == 1


def test_a_difference_with_scatter_stays() -> None:
    scattered = Figure(0.1, 0.02, 0.2, how="bootstrap")
    assert difference_with_ends(scattered, Figure(0.8, 0.7, 0.9), Figure(0.9, 0.8, 1.0), 20) is scattered


def test_the_same_readings_between_the_ends_are_not_certain_to_be_the_same() -> None:
    labels, right, patients = cases(20, 12)
    right[labels.nonzero()[0][:2]] = 0.3
    found = compare(labels, right, right * 0.99, patients, (0.5, 0.5), draws=200).differences
    for name in ("accuracy", "sensitivity", "specificity", "auc"):
        assert found[name].value == 0
        assert found[name].low < 0 < found[name].high  # type: ignore[operator]


def test_nothing_called_malignant_leaves_youden_uncertain() -> None:
    labels, right, patients = cases(20, 12)
    found = figures(labels, right * 0.1, patients, 0.5, draws=200).values
    assert found["youden"].value == 0
    assert found["youden"].low < -0.1  # type: ignore[operator]
    assert found["youden"].high > 0.2  # type: ignore[operator]


def test_subgroups_and_one_picture_a_patient_know_the_ends_too() -> None:
    labels, right, patients = cases(20, 12)
    part = subgroup("all", np.ones(labels.size, bool), labels, right, patients, 0.5, draws=200)
    assert part.auc is not None
    assert part.auc.how == "newcombe"
    assert part.auc.low < 0.95  # type: ignore[operator]
    files = [f"{at:03d}" for at in range(labels.size)]
    alone = figures(labels, right, patients, 0.5, files=files, draws=200).one_picture
    assert alone is not None
    assert alone.auc.low < 0.95  # type: ignore[operator]
