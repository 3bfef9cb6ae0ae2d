"""Against the paper's own data, R's pROC, and the definition in quadratic time."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bmgui.base.errors import KnownError
from bmgui.evaluation.delong import areas_and_covariance, auc_interval, compare_auc

QUICK = settings(deadline=None, max_examples=50)

# DeLong 1988, ovarian cancer: albumin, total protein, K-G score, benefit; as SAS/STAT's guide gives it (PROC LOGISTIC,
# "Comparing Receiver Operating Characteristic Curves"), which scores by 10 - K-G
OVARIAN = """
3.0 5.8 10 0  3.2 6.3 5 1  3.9 6.8 3 1  2.8 4.8 6 0  3.2 5.8 3 1  0.9 4.0 5 0  2.5 5.7 8 0  1.6 5.6 5 1  3.8 5.7 5 1
3.7 6.7 6 1  3.2 5.4 4 1  3.8 6.6 6 1  4.1 6.6 5 1  3.6 5.7 5 1  4.3 7.0 4 1  3.6 6.7 4 0  2.3 4.4 6 1  4.2 7.6 4 0
4.0 6.6 6 0  3.5 5.8 6 1  3.8 6.8 7 1  3.0 4.7 8 0  4.5 7.4 5 1  3.7 7.4 5 1  3.1 6.6 6 1  4.1 8.2 6 1  4.3 7.0 5 1
4.3 6.5 4 1  3.2 5.1 5 1  2.6 4.7 6 1  3.3 6.8 6 0  1.7 4.0 7 0  3.7 6.1 5 1  3.3 6.3 7 1  4.2 7.7 6 1  3.5 6.2 5 1
2.9 5.7 9 0  2.1 4.8 7 1  2.8 6.2 8 0  4.0 7.0 7 1  3.3 5.7 6 1  3.7 6.9 5 1  3.6 6.6 5 1
"""
ALBUMIN, PROTEIN, KG, BENEFIT = np.array(OVARIAN.split(), dtype=float).reshape(-1, 4).T


@pytest.mark.parametrize(
    ("score", "area", "error", "low", "high"),
    [  # SAS's "ROC Association Statistics"
        (ALBUMIN, 0.7366, 0.0927, 0.5549, 0.9182),
        (10 - KG, 0.7258, 0.1028, 0.5243, 0.9273),
        (PROTEIN, 0.6478, 0.1000, 0.4518, 0.8439),
    ],
)
def test_areas_and_errors_of_the_papers_data(
    score: np.ndarray, area: float, error: float, low: float, high: float
) -> None:
    found = auc_interval(BENEFIT, score, scale="plain")
    assert (found.value, found.low, found.high) == pytest.approx((area, low, high), abs=5e-5)
    _, covariance = areas_and_covariance(BENEFIT == 1, score[None])
    assert math.sqrt(covariance[0, 0]) == pytest.approx(error, abs=5e-5)


@pytest.mark.parametrize(
    ("score", "difference", "low", "high", "chi_square", "p"),
    [  # SAS's "ROC Contrast Estimation and Testing Results by Row", each against the K-G score
        (ALBUMIN, 0.0108, -0.1761, 0.1976, 0.0127, 0.9102),
        (PROTEIN, -0.0780, -0.2830, 0.1271, 0.5554, 0.4561),
    ],
)
def test_paired_differences_of_the_papers_data(
    score: np.ndarray, difference: float, low: float, high: float, chi_square: float, p: float
) -> None:
    found = compare_auc(BENEFIT, 10 - KG, score)
    figure = found.difference
    assert (figure.value, figure.low, figure.high) == pytest.approx((difference, low, high), abs=5e-5)
    assert found.z is not None
    assert found.z**2 == pytest.approx(chi_square, abs=5e-5)
    assert found.p == pytest.approx(p, abs=5e-5)


def test_procs_variance_with_heavy_ties() -> None:
    """R's pROC, aSAH: outcome by WFNS grade 1..5; the table from the ROC, area and variance that its tests state."""
    good, poor = [37, 20, 3, 8, 4], [2, 12, 1, 8, 18]
    labels = np.repeat([0, 1], [sum(good), sum(poor)])
    grades = np.concatenate([np.repeat(np.arange(5.0), good), np.repeat(np.arange(5.0), poor)])
    areas, covariance = areas_and_covariance(labels == 1, grades[None])
    assert areas[0] == pytest.approx(0.82367886178861793, abs=1e-14)
    assert covariance[0, 0] == pytest.approx(0.00146991470882363, abs=1e-16)


def by_definition(labels: np.ndarray, scores: np.ndarray) -> np.ndarray:
    """DeLong 1988, equations 4 to 8, pair by pair."""
    parts10, parts01 = [], []
    for score in scores:
        wins = np.array([[(a > b) + 0.5 * (a == b) for b in score[~labels]] for a in score[labels]])
        parts10.append(wins.mean(axis=1))
        parts01.append(wins.mean(axis=0))
    return np.cov(parts10) / labels.sum() + np.cov(parts01) / (~labels).sum()


@QUICK
@given(st.integers(2, 12), st.integers(2, 12), st.randoms(use_true_random=False), st.integers(2, 30))
def test_ranks_give_the_definitions_covariance(m: int, n: int, random: st.DataObject, levels: int) -> None:
    labels = np.repeat([True, False], [m, n])
    scores = np.array([[random.randrange(levels) for _ in range(m + n)] for _ in range(2)], dtype=float)
    _, covariance = areas_and_covariance(labels, scores)
    np.testing.assert_allclose(covariance, by_definition(labels, scores), atol=1e-13)


def test_the_logit_interval_is_the_plain_one_on_the_logit_scale() -> None:
    figure = auc_interval(BENEFIT, ALBUMIN)
    assert figure.value is not None
    assert figure.low is not None
    assert figure.high is not None
    logit = [math.log(x / (1 - x)) for x in (figure.low, figure.value, figure.high)]
    assert logit[1] - logit[0] == pytest.approx(logit[2] - logit[1])
    assert logit[2] - logit[1] == pytest.approx(1.959964 * 0.09269435 / (0.7365591 * 0.2634409), rel=1e-5)


def test_without_scatter_there_is_no_interval_and_no_test() -> None:
    labels, scores = [0, 0, 1, 1], [1, 2, 3, 4]
    figure = auc_interval(labels, scores)
    assert (figure.value, figure.low, figure.high) == (1, None, None)
    same = compare_auc(BENEFIT, ALBUMIN, np.exp(ALBUMIN))  # the same order
    assert (same.difference.value, same.difference.low, same.z, same.p) == (0, None, None, None)


def test_one_case_of_a_class_has_no_variance() -> None:
    with pytest.raises(KnownError) as caught:
        auc_interval([0, 0, 1], [1, 2, 3])
    assert (caught.value.code, caught.value.fields["malignant"]) == ("too-few-cases", 1)
