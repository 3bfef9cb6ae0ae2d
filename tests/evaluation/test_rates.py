import json
from dataclasses import asdict

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import accuracy_score, confusion_matrix, f1_score, precision_score, recall_score
from statsmodels.stats.proportion import proportion_confint

from bmgui.evaluation.intervals import Figure, percentile, wilson
from bmgui.evaluation.rates import Counts, counts, counts_weighted, rates, rates_weighted, wilson_rates

QUICK = settings(deadline=None, max_examples=50)


def test_the_threshold_itself_is_positive() -> None:
    assert counts([1, 0, 1, 0], [0.5, 0.5, 0.49, 0.49], 0.5) == Counts(tp=1, fp=1, tn=1, fn=1)


@pytest.mark.parametrize(
    ("tp", "fn", "tn", "fp", "accuracy", "sensitivity", "specificity"),
    [  # Yu 2022, ResNet-50 after 0, 1 and 2 transfers: 52 malignant, 48 benign; its F1 column is wrong (DESIGN 1)
        (40, 12, 42, 6, 0.820, 0.769, 0.875),
        (41, 11, 44, 4, 0.850, 0.788, 0.917),
        (43, 9, 45, 3, 0.880, 0.827, 0.938),
    ],
)
def test_the_papers_rates(
    tp: int, fn: int, tn: int, fp: int, accuracy: float, sensitivity: float, specificity: float
) -> None:
    found = rates(Counts(tp, fp, tn, fn))
    assert (found.accuracy, found.sensitivity, found.specificity) == pytest.approx(
        (accuracy, sensitivity, specificity), abs=5e-4
    )
    assert found.youden == pytest.approx(tp / 52 + tn / 48 - 1)
    assert found.f1 == pytest.approx(2 * tp / (2 * tp + fp + fn))


def test_weighted_rates_are_scikit_learns() -> None:
    random = np.random.default_rng(5)
    labels, scores = random.random(60) < 0.4, random.random(60)
    weights = random.integers(0, 4, (7, 60))
    found = rates_weighted(labels, scores, 0.35, weights)
    for row, weight in zip(found, weights, strict=True):
        said = scores >= 0.35
        sensitivity = recall_score(labels, said, sample_weight=weight)
        specificity = recall_score(~labels, ~said, sample_weight=weight)
        wanted = [
            accuracy_score(labels, said, sample_weight=weight),
            sensitivity,
            specificity,
            precision_score(labels, said, sample_weight=weight),
            f1_score(labels, said, sample_weight=weight),
            sensitivity + specificity - 1,
        ]
        np.testing.assert_allclose(row, wanted, atol=1e-12)
    (tn, fp), (fn, tp) = confusion_matrix(labels, scores >= 0.35)
    np.testing.assert_array_equal(counts_weighted(labels, scores, 0.35, None), [[tp, fp, tn, fn]])


def test_nothing_to_divide_by_is_none() -> None:
    assert rates(Counts(0, 0, 5, 2)).precision is None  # nobody was called malignant
    assert rates(Counts(0, 0, 5, 2)).f1 == 0  # but two were missed
    none_malignant = rates(Counts(0, 1, 4, 0))
    assert (none_malignant.sensitivity, none_malignant.youden, none_malignant.specificity) == (None, None, 0.8)
    assert rates(Counts(0, 0, 5, 0)).f1 is None
    assert wilson_rates(Counts(0, 0, 5, 2))["precision"] == Figure(None, how="wilson")
    json.dumps(asdict(rates(Counts(0, 0, 0, 0))), allow_nan=False)


@pytest.mark.parametrize(
    ("successes", "trials", "low", "high"),
    [  # Newcombe 1998 (Statistics in Medicine 17, 857), table I, method 3
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0000, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ],
)
def test_wilsons_interval_is_newcombes(successes: int, trials: int, low: float, high: float) -> None:
    figure = wilson(successes, trials)
    assert (figure.low, figure.high) == pytest.approx((low, high), abs=5e-5)


@QUICK
@given(st.integers(1, 400), st.data())
def test_wilsons_interval_is_statsmodels(trials: int, data: st.DataObject) -> None:
    successes = data.draw(st.integers(0, trials))
    figure = wilson(successes, trials, 0.9)
    low, high = proportion_confint(successes, trials, alpha=0.1, method="wilson")
    assert (figure.low, figure.high) == pytest.approx((low, high), abs=1e-12)
    mirror = wilson(trials - successes, trials, 0.9)
    assert (mirror.low, mirror.high) == pytest.approx((1 - high, 1 - low), abs=1e-12)
    assert figure.low <= figure.value <= figure.high


def test_a_percentile_interval_leaves_few_undefined_draws_out_and_refuses_many() -> None:
    draws = np.arange(100.0)
    assert (percentile(50, draws).low, percentile(50, draws).high) == pytest.approx((2.475, 96.525))
    draws[:5] = np.nan
    few = percentile(50, draws)
    assert (few.undefined, few.low) == (5, pytest.approx(np.quantile(np.arange(5, 100), 0.025)))
    draws[5] = np.nan
    assert percentile(50, draws) == Figure(50, None, None, 0.95, "bootstrap", 6)
    assert percentile(np.nan, np.ones(9)) == Figure(None, None, None, 0.95, "bootstrap", 0)


def test_an_interval_that_touches_zero_does_not_exclude_it() -> None:
    assert Figure(1, 0.1, 2).excludes_zero
    assert Figure(-1, -2, -0.1).excludes_zero
    assert not Figure(1, 0.0, 2).excludes_zero
    assert not Figure(1).excludes_zero
