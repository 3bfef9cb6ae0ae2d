import numpy as np
import pytest

from bmgui.evaluation.decision import decision_curve, net_benefit
from bmgui.evaluation.rates import counts


def test_net_benefit_is_the_formula_at_every_threshold() -> None:
    random = np.random.default_rng(0)
    labels, p = random.random(200) < 0.3, random.random(200).round(2)
    curve = decision_curve(labels, p)
    for k, t in enumerate(curve.thresholds):
        table = counts(labels, p, t)
        assert curve.score[k] == pytest.approx(table.tp / 200 - table.fp / 200 * t / (1 - t), abs=1e-12)
        everybody = counts(labels, np.ones(200), t)
        assert curve.all[k] == pytest.approx(everybody.tp / 200 - everybody.fp / 200 * t / (1 - t), abs=1e-12)
    assert not curve.none.any()


def test_ends_and_crossing() -> None:
    labels, p = np.repeat([1, 0], [30, 70]), np.repeat([0.9, 0.2], [30, 70])
    curve = decision_curve(labels, p, [0.0, 0.3, 0.5])
    assert curve.score == pytest.approx([0.3, 0.3, 0.3])  # a perfect score gains the share of malignant cases
    assert curve.all == pytest.approx([0.3, 0.0, -0.4])  # acting on everybody breaks even at that share


def test_a_weight_counts_as_so_many_copies() -> None:
    labels, p, times = np.array([1, 0, 1, 0]), np.array([0.9, 0.6, 0.3, 0.1]), np.array([2, 1, 0, 3])
    weighted = net_benefit(labels, p, [0.2, 0.5], [times, np.zeros(4)])
    copied = net_benefit(np.repeat(labels, times), np.repeat(p, times), [0.2, 0.5])
    np.testing.assert_allclose(weighted[0], copied[0])
    assert np.isnan(weighted[1]).all()


@pytest.mark.parametrize("thresholds", [[1.0], [-0.1], [[0.5]]])
def test_a_threshold_of_one_has_infinite_odds(thresholds: list[float]) -> None:
    with pytest.raises(ValueError):
        decision_curve([0, 1], [0.1, 0.9], thresholds)
