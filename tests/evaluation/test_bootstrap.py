import math

import numpy as np
import pytest

from bmgui.base.errors import KnownError
from bmgui.evaluation.bootstrap import CHUNK, drawn, interval, intervals, resample
from bmgui.evaluation.roc import auc, auc_weighted

LABELS = np.array([1, 1, 1, 0, 0, 0, 0, 1])
PATIENTS = np.array(["a", "a", "b", "c", "c", "d", "d", "d"])


def test_a_resample_draws_whole_patients_and_as_many() -> None:
    found = resample(LABELS, PATIENTS, draws=300, seed=3)
    assert (found.draws, found.patients, found.seed) == (300, 4, 3)
    assert (found.times.sum(axis=1) == 4).all()
    weights = np.concatenate(list(found.weights()))
    for patient in "abcd":
        of = weights[:, patient == PATIENTS]
        assert (of == of[:, :1]).all()
    assert ((weights @ LABELS > 0) & (weights @ (1 - LABELS) > 0)).all()
    assert found.times.mean(axis=0) == pytest.approx([1, 1, 1, 1], abs=0.15)


def test_a_seed_gives_the_same_draws_and_another_one_others() -> None:
    one, again, other = (resample(LABELS, PATIENTS, draws=50, seed=seed).times for seed in (1, 1, 2))
    np.testing.assert_array_equal(one, again)
    assert (one != other).any()


def test_draws_of_one_class_are_drawn_again_and_counted() -> None:
    labels, patients = np.repeat([1, 0], [2, 2]), np.arange(4)
    found = resample(labels, patients, draws=2000, seed=0)
    # a draw of four patients holds one class with the chance 2 / 2^4, so 1 / 7 more draws are needed
    assert found.redrawn == pytest.approx(2000 / 7, rel=0.2)
    assert (found.times[:, :2].sum(axis=1) % 4 != 0).all()


def test_one_patient_of_a_class_has_no_interval() -> None:
    with pytest.raises(KnownError) as caught:
        resample([1, 1, 0, 0], ["a", "a", "b", "c"])
    assert (caught.value.code, caught.value.fields["malignant"]) == ("too-few-patients", 1)
    with pytest.raises(KnownError) as caught:
        resample([1, 1], ["a", "b"])
    assert caught.value.code == "one-class-only"


@pytest.mark.parametrize("patients", [["a", "", "b", ""], np.array(["a", "", "b", ""], dtype=object), ["a", "b", "c"]])
def test_unknown_patients_are_not_one_patient(patients: list[str]) -> None:
    with pytest.raises(ValueError):
        resample([1, 1, 0, 0], patients)


def test_chunks_are_seamless() -> None:
    labels = np.tile([0, 1], CHUNK // 200)  # a hundred draws a chunk
    scores = np.random.default_rng(0).random(labels.size)
    found = resample(labels, np.arange(labels.size) // 2, draws=250, seed=0)
    assert len(list(found.weights())) == 3
    every = drawn(found, lambda weights: weights @ scores)
    np.testing.assert_allclose(every, found.times[:, found.patient] @ scores)


def test_the_interval_of_a_mean_is_the_cluster_formulas() -> None:
    """Ratio estimator of a mean over clusters of unequal size: linearised variance (Cochran 1977, 6.3)."""
    random = np.random.default_rng(11)
    patients = np.repeat(np.arange(150), random.integers(1, 7, 150))
    values = random.normal(size=150)[patients] + 0.3 * random.normal(size=patients.size)
    labels = np.arange(patients.size) % 2
    mean = values.mean()
    totals = np.bincount(patients, weights=values - mean)
    deviation = math.sqrt((totals**2).sum()) / patients.size
    found = interval(
        resample(labels, patients, draws=4000, seed=0), lambda weights: weights @ values / weights.sum(axis=1)
    )
    assert found.value == pytest.approx(mean)
    assert found.low == pytest.approx(mean - 1.96 * deviation, abs=0.12 * deviation)
    assert found.high == pytest.approx(mean + 1.96 * deviation, abs=0.12 * deviation)


def test_the_interval_covers_where_one_that_ignores_patients_does_not() -> None:
    """Twenty patients a class, five pictures each that are much alike; the true area is known: Φ(1 / √2)."""
    true = 0.5 * (1 + math.erf(0.5))
    random = np.random.default_rng(2)
    labels, patients = np.repeat([0, 1], 100), np.repeat(np.arange(40), 5)
    hits = {"patients": 0, "pictures": 0}
    for trial in range(100):
        scores = labels + math.sqrt(0.9) * random.normal(size=40)[patients] + math.sqrt(0.1) * random.normal(size=200)
        for unit, codes in (("patients", patients), ("pictures", np.arange(200))):
            draws = resample(labels, codes, draws=200, seed=trial)
            found = interval(draws, lambda weights, scores=scores: auc_weighted(labels, scores, weights))
            assert found.low is not None
            assert found.high is not None
            hits[unit] += found.low <= true <= found.high
    assert hits["patients"] >= 87  # 95 are due; 200 draws and 40 patients take a few
    assert hits["pictures"] <= 75


def test_a_paired_difference_knows_that_the_pictures_are_the_same() -> None:
    random = np.random.default_rng(4)
    labels, patients = np.tile([0, 1], 100), np.arange(200) // 2
    first = labels + random.normal(size=200)
    second = first + 0.05 * random.normal(size=200)
    draws = resample(labels, patients, draws=500, seed=0)
    area = interval(draws, lambda weights: auc_weighted(labels, first, weights))
    both = interval(draws, lambda w: auc_weighted(labels, second, w) - auc_weighted(labels, first, w))
    assert both.value == pytest.approx(auc(labels, second) - auc(labels, first))
    assert area.low is not None
    assert area.high is not None
    assert both.low is not None
    assert both.high is not None
    assert both.high - both.low < 0.3 * (area.high - area.low)


def test_several_values_at_once_are_each_alone() -> None:
    draws = resample(LABELS, PATIENTS, draws=100, seed=0)
    values = np.arange(8.0)
    pair = intervals(draws, lambda w: np.stack([w @ values, w @ values**2], axis=1))
    assert pair[0] == interval(draws, lambda w: w @ values)
    assert pair[1] == interval(draws, lambda w: w @ values**2)
