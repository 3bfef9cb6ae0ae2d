import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import roc_auc_score, roc_curve

from bmgui.base.errors import KnownError
from bmgui.evaluation.roc import auc, auc_weighted, roc, sensitivity_at

QUICK = settings(deadline=None, max_examples=50)

# coarse scores, so that ties are many; both classes there
CASES = st.lists(st.tuples(st.booleans(), st.integers(-4, 4)), min_size=2, max_size=40).filter(
    lambda cases: len({label for label, _ in cases}) == 2
)


def unzipped(cases: list[tuple[bool, int]]) -> tuple[np.ndarray, np.ndarray]:
    return np.array([label for label, _ in cases]), np.array([score for _, score in cases], dtype=float)


@QUICK
@given(CASES)
def test_the_area_is_the_share_of_pairs_that_are_ordered_right(cases: list[tuple[bool, int]]) -> None:
    labels, scores = unzipped(cases)
    pairs = [(a > b) + 0.5 * (a == b) for a in scores[labels] for b in scores[~labels]]
    assert auc(labels, scores) == pytest.approx(np.mean(pairs), abs=1e-12)
    assert auc(labels, scores) == pytest.approx(roc_auc_score(labels, scores), abs=1e-12)


@QUICK
@given(CASES)
def test_the_area_knows_only_the_order(cases: list[tuple[bool, int]]) -> None:
    labels, scores = unzipped(cases)
    assert auc(labels, np.exp(scores) * 7 - 100) == auc(labels, scores)
    assert auc(labels, -scores) == pytest.approx(1 - auc(labels, scores), abs=1e-12)
    assert auc(~labels, scores) == pytest.approx(1 - auc(labels, scores), abs=1e-12)


@QUICK
@given(CASES, st.data())
def test_a_weight_counts_as_so_many_copies(cases: list[tuple[bool, int]], data: st.DataObject) -> None:
    labels, scores = unzipped(cases)
    times = np.array(data.draw(st.lists(st.integers(0, 3), min_size=labels.size, max_size=labels.size)))
    one, none = auc_weighted(labels, scores, np.stack([np.ones(labels.size), times]))
    assert one == auc(labels, scores)
    again, where = np.repeat(labels, times), np.repeat(scores, times)
    if again.any() and not again.all():
        assert none == pytest.approx(auc(again, where), abs=1e-12)
    else:
        assert np.isnan(none)


@QUICK
@given(CASES)
def test_the_curve_is_scikit_learns_and_holds_the_area(cases: list[tuple[bool, int]]) -> None:
    labels, scores = unzipped(cases)
    curve = roc(labels, scores)
    false_rate, true_rate, thresholds = roc_curve(labels, scores, drop_intermediate=False)
    np.testing.assert_allclose(curve.false_positive_rate, false_rate, atol=1e-12)
    np.testing.assert_allclose(curve.sensitivity, true_rate, atol=1e-12)
    np.testing.assert_array_equal(curve.thresholds, thresholds)
    assert np.trapezoid(curve.sensitivity, curve.false_positive_rate) == pytest.approx(auc(labels, scores), abs=1e-12)


def test_the_curves_height_is_linear_between_points_and_the_top_of_a_rise() -> None:
    labels, scores = [1, 1, 0, 1, 0, 0], [6, 5, 4, 3, 3, 1]  # one tie across the classes
    height = sensitivity_at(labels, scores, None, [0, 1 / 3, 0.5, 2 / 3, 1])
    np.testing.assert_allclose(height, [[2 / 3, 2 / 3, 5 / 6, 1, 1]])
    without = sensitivity_at(labels, scores, [[1, 1, 0, 1, 0, 1]], [0, 0.5])  # the tie is gone: no benign case is above
    np.testing.assert_allclose(without, [[1, 1]])


@pytest.mark.parametrize("labels", [[0, 0, 0], [True, True, True]])
def test_one_class_has_no_area(labels: list[int]) -> None:
    for function in (auc, roc):
        with pytest.raises(KnownError) as caught:
            function(labels, [0.1, 0.2, 0.3])
        assert caught.value.code == "one-class-only"
        assert caught.value.fields["malignant"] == sum(labels)


@pytest.mark.parametrize(
    ("labels", "scores"),
    [([0, 1], [0.5]), ([0, 2], [0.1, 0.2]), ([0, 1], [0.1, np.nan]), ([], []), ([[0, 1]], [[0.1, 0.2]])],
)
def test_what_is_no_list_of_cases_is_a_bug(labels: list[int], scores: list[float]) -> None:
    with pytest.raises(ValueError):
        auc(labels, scores)


def test_weights_must_fit() -> None:
    for weights in ([1.0], [[1.0, -1.0]], [[np.inf, 1.0]]):
        with pytest.raises(ValueError):
            auc_weighted([0, 1], [0.1, 0.2], weights)
