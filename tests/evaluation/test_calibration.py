import math

import numpy as np
import pytest
import statsmodels.api as sm
from scipy.special import expit, logit
from scipy.stats import binom
from sklearn.calibration import calibration_curve
from sklearn.metrics import brier_score_loss

from bmgui.base.errors import KnownError
from bmgui.evaluation import logistic
from bmgui.evaluation.bootstrap import resample
from bmgui.evaluation.calibration import (
    Scaling,
    brier,
    calibration,
    calibration_resampled,
    ece,
    ece_expected,
    fit_scaling,
    reliability,
)


@pytest.fixture
def cases() -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(7)
    margins = random.normal(-0.5, 2, 300)
    return random.random(300) < expit(0.6 * margins - 0.3), margins


def test_the_scaling_is_the_maximum_likelihood_of_statsmodels(cases: tuple[np.ndarray, np.ndarray]) -> None:
    labels, margins = cases
    found = fit_scaling(labels, margins)
    wanted = sm.Logit(labels.astype(float), sm.add_constant(margins)).fit(disp=0).params
    assert (found.intercept, found.slope) == pytest.approx(tuple(wanted), rel=1e-7)
    assert found.prior == labels.mean()
    assert found.probabilities(margins).mean() == pytest.approx(found.prior)  # the first likelihood equation


@pytest.mark.parametrize(("scale", "shift"), [(1000, 0), (1e-3, 5), (1, -400)])
def test_the_unit_of_the_margins_is_free(cases: tuple[np.ndarray, np.ndarray], scale: float, shift: float) -> None:
    labels, margins = cases
    one, other = fit_scaling(labels, margins), fit_scaling(labels, scale * margins + shift)
    np.testing.assert_allclose(
        other.probabilities(scale * margins + shift), one.probabilities(margins), rtol=1e-6, atol=1e-9
    )


def test_platts_targets_are_a_weighted_fit(cases: tuple[np.ndarray, np.ndarray]) -> None:
    """A target of t is a malignant copy of weight t beside a benign one of weight 1 - t."""
    labels, margins = cases
    m, n = labels.sum(), (~labels).sum()
    targets = np.where(labels, (m + 1) / (m + 2), 1 / (n + 2))
    wanted = sm.GLM(targets, sm.add_constant(margins), family=sm.families.Binomial()).fit().params
    found = fit_scaling(labels, margins, smoothed=True)
    assert (found.intercept, found.slope) == pytest.approx(tuple(wanted), rel=1e-6)
    assert found.slope < fit_scaling(labels, margins).slope


@pytest.mark.parametrize(
    ("labels", "margins", "code"),
    [
        ([0, 0, 1, 1], [-2, -1, 1, 2], "margins-part-classes"),
        ([0, 0, 1, 1], [-2, 1, 1, 2], "margins-part-classes"),  # they only touch
        ([1, 0, 1, 0, 1, 0], [-2, 2, -1, 1, 0, 0.5], "slope-not-positive"),
        ([1, 1, 0, 0], [-2, -1, 1, 2], "slope-not-positive"),  # parted, the wrong way round
        ([1, 1, 0, 0], [3, 3, 3, 3], "slope-not-positive"),
        ([1, 0, 1, 0], [1, 1, 2, 2], "slope-not-positive"),  # exactly flat
        ([1, 1], [1, 2], "one-class-only"),
    ],
)
def test_margins_that_cannot_be_scaled_are_refused(labels: list[int], margins: list[float], code: str) -> None:
    with pytest.raises(KnownError) as caught:
        fit_scaling(labels, margins)
    assert caught.value.code == code


def test_smoothed_targets_scale_parted_classes() -> None:
    found = fit_scaling([0, 0, 1, 1], [-2, -1, 1, 2], smoothed=True)
    assert 0 < found.slope < 2
    assert found.intercept == pytest.approx(0, abs=1e-9)


def test_scaling_does_not_overflow() -> None:
    np.testing.assert_array_equal(Scaling(2, 0, 0.5).probabilities([-1e4, 0, 1e4]), [0, 0.5, 1])


def test_brier_is_scikit_learns(cases: tuple[np.ndarray, np.ndarray]) -> None:
    labels, margins = cases
    p = expit(margins)
    weights = np.random.default_rng(0).integers(0, 3, labels.size)
    found = brier(labels, p, np.stack([np.ones(labels.size), weights]))
    assert found == pytest.approx([brier_score_loss(labels, p), brier_score_loss(labels, p, sample_weight=weights)])


def test_reliability_bins_are_scikit_learns(cases: tuple[np.ndarray, np.ndarray]) -> None:
    labels, margins = cases
    p = expit(margins)
    bins = reliability(labels, p)
    share, mean = calibration_curve(labels, p, n_bins=10, strategy="uniform")
    assert [b.mean for b in bins] == pytest.approx(list(mean))
    assert [b.share for b in bins] == pytest.approx(list(share))
    assert [(b.low, b.high) for b in bins] == [(k / 10, (k + 1) / 10) for k in range(10)]
    weighted = sum(b.cases * abs(b.share - b.mean) for b in bins if b.share is not None and b.mean is not None)
    assert ece(labels, p) == pytest.approx(weighted / labels.size)


def test_ece_by_hand() -> None:
    labels, p = [1, 0, 0, 1, 1], [0.02, 0.08, 0.3, 0.95, 1.0]
    # bins 0, 3 and 9: |0.5 - 0.05| · 2, |0 - 0.3| · 1, |1 - 0.975| · 2
    assert ece(labels, p) == pytest.approx((0.9 + 0.3 + 0.05) / 5)
    bins = reliability(labels, p)
    assert [b.cases for b in bins] == [2, 0, 0, 1, 0, 0, 0, 0, 0, 2]
    assert (bins[1].mean, bins[1].share) == (None, None)


@pytest.mark.parametrize("k", range(11))
def test_an_edge_belongs_to_the_bin_above_it(k: int) -> None:
    bins = reliability([1], [k / 10])
    assert [b.cases for b in bins].index(1) == min(k, 9)


def test_what_chance_alone_would_show() -> None:
    """All probabilities 0.5: the ECE is |share - 0.5|, a binomial's mean absolute deviation."""

    def due(size: int) -> float:
        return float((np.abs(np.arange(size + 1) / size - 0.5) * binom.pmf(np.arange(size + 1), size, 0.5)).sum())

    p = np.full(100, 0.5)
    alone = ece_expected(p, 4000, seed=1)
    assert alone.mean == pytest.approx(due(100), rel=0.05)
    assert alone.low <= alone.median <= alone.high
    low, high = binom.ppf([0.025, 0.975], 100, 0.5) / 100 - 0.5
    assert alone.high == pytest.approx(max(-low, high), abs=0.02)
    assert alone == ece_expected(p, 4000, seed=1)
    together = ece_expected(p, 4000, seed=1, patients=np.arange(100) // 10)
    assert together.mean == pytest.approx(due(10), rel=0.05)  # ten patients speak, not a hundred pictures


def test_a_calibrated_score_stays_within_what_chance_shows() -> None:
    random = np.random.default_rng(3)
    p = random.beta(1, 2, 400)
    chance = ece_expected(p, 500)
    within = sum(ece(random.random(400) < p, p) <= chance.high for _ in range(100))
    assert 93 <= within <= 100
    assert ece(random.random(400) < p**2, p) > chance.high


def test_slope_and_intercepts_are_statsmodels(cases: tuple[np.ndarray, np.ndarray]) -> None:
    labels, margins = cases
    p = expit(margins)
    found = calibration(labels, p)
    both = sm.GLM(labels.astype(float), sm.add_constant(logit(p)), family=sm.families.Binomial()).fit(tol=1e-12)
    held = sm.GLM(labels.astype(float), np.ones(p.size), family=sm.families.Binomial(), offset=logit(p)).fit(tol=1e-12)
    wanted = [(both.params[1], *both.conf_int()[1]), (both.params[0], *both.conf_int()[0])]
    wanted.append((held.params[0], *held.conf_int()[0]))
    for figure, values in zip((found.slope, found.intercept, found.in_the_large), wanted, strict=True):
        assert (figure.value, figure.low, figure.high) == pytest.approx(values, abs=1e-6)


def test_a_score_that_was_scaled_is_calibrated_where_it_was_scaled(cases: tuple[np.ndarray, np.ndarray]) -> None:
    labels, margins = cases
    found = calibration(labels, fit_scaling(labels, margins).probabilities(margins))
    assert found.slope.value == pytest.approx(1, abs=1e-6)
    assert found.intercept.value == pytest.approx(0, abs=1e-6)
    assert found.in_the_large.value == pytest.approx(0, abs=1e-6)


def test_resampled_calibration_is_refitted_in_every_draw(cases: tuple[np.ndarray, np.ndarray]) -> None:
    labels, margins = cases
    p = expit(margins)
    draws = resample(labels, np.arange(labels.size), draws=400, seed=0)
    found = calibration_resampled(labels, p, draws)
    wald = calibration(labels, p)
    for name in ("slope", "intercept", "in_the_large"):
        one, other = getattr(found, name), getattr(wald, name)
        assert one.value == pytest.approx(other.value)
        assert one.high - one.low == pytest.approx(other.high - other.low, rel=0.2)  # independent cases: the same
    slopes = []
    for times in draws.times[:5]:
        again = np.repeat(np.arange(labels.size), times)
        fitted = sm.Logit(labels[again].astype(float), sm.add_constant(logit(p[again]))).fit(disp=0)
        slopes.append(float(fitted.params[1]))
    first = resample(labels, np.arange(labels.size), draws=400, seed=0)
    few = type(first)(first.times[:5], first.patient, 0, 0)
    assert calibration_resampled(labels, p, few).slope.low == pytest.approx(np.quantile(slopes, 0.025), rel=1e-6)


def test_parted_classes_have_no_slope_but_a_level() -> None:
    found = calibration([0, 0, 1, 1], [0.1, 0.2, 0.7, 0.9])
    assert (found.slope.value, found.slope.low, found.intercept.value) == (None, None, None)
    assert found.in_the_large.value is not None


def test_nearly_parted_classes_have_their_steep_maximum() -> None:
    """One pair the wrong way round, 0.05 apart on a scale of 13: the slope is found where the likelihood is flat."""
    labels = np.array([0, 0, 0, 0, 1, 1, 1, 1], dtype=bool)
    x = np.array([-13.0, -9.0, -0.4, 0.05, 0.0, 0.3, 8.0, 13.0])
    slope, intercept = logistic.fit(labels, x, np.ones((1, 8)))[0]
    residual = labels - expit(slope * x + intercept)
    assert slope > 8
    assert residual.sum() == pytest.approx(0, abs=1e-9)
    assert residual @ x == pytest.approx(0, abs=1e-9)


def test_certain_probabilities_are_held_off_infinity() -> None:
    found = calibration([0, 1, 0, 1, 1, 0], [0.0, 1.0, 1.0, 0.0, 1.0, 0.0])
    assert found.slope.value is not None
    assert found.slope.value == pytest.approx(math.log(2) / float(logit(1 - 1e-6)), rel=1e-6)
