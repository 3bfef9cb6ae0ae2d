import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bmgui.base.errors import KnownError
from bmgui.evaluation.points import choose_points, point_at
from bmgui.evaluation.rates import Counts, counts, rates
from bmgui.wording.sentences import POINTS

QUICK = settings(deadline=None, max_examples=50)

CASES = st.lists(st.tuples(st.booleans(), st.integers(0, 12)), min_size=2, max_size=60)


@QUICK
@given(CASES)
def test_each_point_is_what_a_search_of_all_thresholds_finds(cases: list[tuple[bool, int]]) -> None:
    labels, scores = np.array([label for label, _ in cases]), np.array([score / 12 for _, score in cases])
    if labels.all() or not labels.any():
        return
    tables = {threshold: rates(counts(labels, scores, threshold)) for threshold in sorted(set(scores))}
    best = max(table.youden for table in tables.values())
    if best < 1e-9:
        with pytest.raises(KnownError):
            choose_points(labels, scores)
        return
    youden, ninety_five, ninety_eight = choose_points(labels, scores)
    assert youden.threshold == min(t for t, table in tables.items() if table.youden > best - 1e-9)
    for point, least in ((ninety_five, 0.95), (ninety_eight, 0.98)):
        assert point.threshold == max(t for t, table in tables.items() if table.sensitivity > least - 1e-9)
        assert (point.sensitivity, point.specificity) == (
            tables[point.threshold].sensitivity,
            tables[point.threshold].specificity,
        )
        assert point.counts == counts(labels, scores, point.threshold)


def test_of_equal_youden_the_higher_sensitivity_wins() -> None:
    # at 0.8: 1/2 + 1 - 1; at 0.2: 1 + 1/2 - 1
    youden = choose_points([1, 0, 1, 0], [0.8, 0.4, 0.2, 0.1])[0]
    assert (youden.threshold, youden.sensitivity, youden.specificity) == (0.2, 1, 0.5)
    # thirds: 2/3 + 1/3 - 1 and 1/3 + 2/3 - 1 differ in floats, and are a tie with 0
    labels, scores = [0, 1, 1, 0, 0, 1], [0.9, 0.8, 0.7, 0.6, 0.5, 0.4]
    assert choose_points(labels, scores)[0].threshold == 0.7


def test_exactly_95_percent_is_enough() -> None:
    labels = np.repeat([1, 0], [20, 10])
    scores = np.concatenate([np.linspace(0.5, 0.9, 20), np.linspace(0.1, 0.45, 10)])
    scores[0] = 0.2  # one malignant case of twenty is low
    _, ninety_five, ninety_eight = choose_points(labels, scores)
    assert (ninety_five.counts, ninety_five.sensitivity) == (Counts(19, 0, 10, 1), 0.95)
    assert ninety_five.threshold == scores[1]
    assert (ninety_eight.threshold, ninety_eight.sensitivity) == (0.2, 1)


@pytest.mark.parametrize(
    ("labels", "scores", "code"),
    [
        ([1, 1], [0.1, 0.2], "one-class-only"),
        ([1, 0, 1, 0], [0.5, 0.5, 0.5, 0.5], "points-without-order"),
        ([1, 1, 0, 0], [0.1, 0.2, 0.8, 0.9], "points-without-order"),  # the wrong way round
    ],
)
def test_what_cannot_give_a_point_is_refused(labels: list[int], scores: list[float], code: str) -> None:
    with pytest.raises(KnownError) as caught:
        choose_points(labels, scores)
    assert caught.value.code == code


def test_margins_are_no_probabilities() -> None:
    with pytest.raises(ValueError):
        choose_points([0, 1], [-1.0, 3.0])


def test_a_point_is_carried_to_other_cases_unchanged() -> None:
    chosen = choose_points([1, 0, 1, 0], [0.8, 0.4, 0.6, 0.1])[0]
    carried = point_at(chosen.name, chosen.threshold, [1, 1, 0], [0.5, 0.6, 0.7])
    assert (carried.name, carried.threshold) == (chosen.name, 0.6)
    assert (carried.counts, carried.sensitivity, carried.specificity) == (Counts(1, 1, 0, 1), 0.5, 0.0)


def test_every_point_has_a_name_for_people() -> None:
    assert {point.name for point in choose_points([1, 0], [0.8, 0.4])} <= set(POINTS)
