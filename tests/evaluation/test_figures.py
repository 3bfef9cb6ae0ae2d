import json
from dataclasses import asdict

import numpy as np
import pytest

from bmgui.base.errors import KnownError
from bmgui.evaluation.bootstrap import resample
from bmgui.evaluation.comparing import mcnemar
from bmgui.evaluation.delong import auc_interval, compare_auc
from bmgui.evaluation.figures import NAMES, auc_difference, compare, figures, roc_band
from bmgui.evaluation.intervals import wilson
from bmgui.evaluation.rates import counts, rates
from bmgui.evaluation.roc import auc, roc
from bmgui.evaluation.single import one_per_patient


class Cases:
    """Eighty patients with one to four pictures each; two models, the second worse."""

    def __init__(self) -> None:
        random = np.random.default_rng(12)
        self.patients = np.repeat(np.arange(80), random.integers(1, 5, 80))
        size = self.patients.size
        self.labels = (random.random(80) < 0.45)[self.patients]
        shared = random.normal(size=80)[self.patients]
        first = 1.5 * self.labels + shared + 0.5 * random.normal(size=size)
        self.first = 1 / (1 + np.exp(-first))
        self.second = 1 / (1 + np.exp(-first - 1.2 * random.normal(size=size)))
        self.files = np.array([f"{k:04}.png" for k in random.permutation(size)])
        self.one = one_per_patient(self.labels, self.patients, self.files)


@pytest.fixture(scope="module")
def cases() -> Cases:
    return Cases()


def test_every_figure_stands_within_its_interval_and_is_what_the_parts_say(cases: Cases) -> None:
    found = figures(cases.labels, cases.first, cases.patients, 0.6, draws=400, seed=5)
    table = counts(cases.labels, cases.first, 0.6)
    assert found.counts == table
    assert tuple(found.values) == NAMES
    wanted = {**asdict(rates(table)), "auc": auc(cases.labels, cases.first)}
    wanted["brier"] = float(np.mean((cases.first - cases.labels) ** 2))
    for name, figure in found.values.items():
        assert figure.value == pytest.approx(wanted[name])
        assert figure.how == "bootstrap"
        assert figure.low < figure.value < figure.high
    assert (found.pictures, found.patients, found.malignant) == (cases.labels.size, 80, cases.labels.sum())
    assert found.one_picture is None  # no file names were given


def test_on_one_picture_a_patient_the_papers_own_intervals(cases: Cases) -> None:
    found = figures(cases.labels, cases.first, cases.patients, 0.6, files=cases.files, draws=50).one_picture
    assert found is not None
    labels, p = cases.labels[cases.one], cases.first[cases.one]
    table = counts(labels, p, 0.6)
    assert (found.cases, found.malignant, found.counts) == (80, labels.sum(), table)
    assert found.auc == auc_interval(labels, p)
    assert found.rates["sensitivity"] == wilson(table.tp, table.tp + table.fn)
    assert found.rates["specificity"] == wilson(table.tn, table.tn + table.fp)
    assert found.rates["accuracy"] == wilson(table.tp + table.tn, 80)
    assert found.rates["precision"] == wilson(table.tp, table.tp + table.fp)


def test_the_same_seed_gives_the_same_figures(cases: Cases) -> None:
    one, again, other = (
        figures(cases.labels, cases.first, cases.patients, 0.6, draws=60, seed=seed) for seed in (1, 1, 2)
    )
    assert one == again
    assert one.values["auc"].low != other.values["auc"].low


def test_figures_are_plain_values_for_json(cases: Cases) -> None:
    found = figures(cases.labels, cases.first, cases.patients, 2.0, files=cases.files, draws=60)  # nobody is positive
    assert found.values["precision"].value is None
    assert found.values["f1"].value == 0
    json.dumps(asdict(found), allow_nan=False)
    both = compare(cases.labels, cases.first, cases.second, cases.patients, (2.0, 0.6), files=cases.files, draws=60)
    assert both.differences["precision"].value is None
    json.dumps(asdict(both), allow_nan=False)


def test_a_comparison_is_the_second_minus_the_first(cases: Cases) -> None:
    found = compare(cases.labels, cases.first, cases.second, cases.patients, (0.6, 0.5), draws=400, seed=5)
    back = compare(cases.labels, cases.second, cases.first, cases.patients, (0.5, 0.6), draws=400, seed=5)
    alone = [
        figures(cases.labels, p, cases.patients, t, draws=20).values
        for p, t in ((cases.first, 0.6), (cases.second, 0.5))
    ]
    for name, figure in found.differences.items():
        assert figure.value == pytest.approx(alone[1][name].value - alone[0][name].value)
        assert (back.differences[name].low, back.differences[name].high) == pytest.approx((-figure.high, -figure.low))
    assert found.differences["auc"].excludes_zero
    draws = resample(cases.labels, cases.patients, draws=400, seed=5)
    assert auc_difference(cases.labels, cases.first, cases.second, draws) == found.differences["auc"]


def test_a_model_does_not_differ_from_itself(cases: Cases) -> None:
    found = compare(cases.labels, cases.first, cases.first, cases.patients, (0.6, 0.6), files=cases.files, draws=50)
    assert all((f.value, f.low, f.high) == (0, 0, 0) for f in found.differences.values())
    assert not any(f.excludes_zero for f in found.differences.values())
    assert found.one_picture is not None
    assert (found.one_picture.auc.p, found.one_picture.accuracy.p) == (None, 1)


def test_the_papers_tests_on_one_picture_a_patient(cases: Cases) -> None:
    found = compare(cases.labels, cases.first, cases.second, cases.patients, (0.6, 0.5), files=cases.files, draws=50)
    tests = found.one_picture
    assert tests is not None
    labels, first, second = (array[cases.one] for array in (cases.labels, cases.first, cases.second))
    assert tests.auc == compare_auc(labels, first, second)
    right = (first >= 0.6) == labels, (second >= 0.5) == labels
    assert tests.accuracy == mcnemar(*right)
    assert tests.sensitivity == mcnemar(first[labels] >= 0.6, second[labels] >= 0.5)
    assert tests.specificity == mcnemar(first[~labels] < 0.6, second[~labels] < 0.5)


def test_the_band_holds_the_curve_and_narrows_with_patients(cases: Cases) -> None:
    draws = resample(cases.labels, cases.patients, draws=300, seed=0)
    band = roc_band(cases.labels, cases.first, draws)
    assert (band.low <= band.sensitivity).all()
    assert (band.sensitivity <= band.high).all()
    assert (np.diff(band.low) >= 0).all()
    curve = roc(cases.labels, cases.first)
    inside = np.interp(band.false_positive_rate, curve.false_positive_rate, curve.sensitivity)
    np.testing.assert_allclose(band.sensitivity, inside)
    labels, first = np.tile(cases.labels, 9), np.tile(cases.first, 9)
    more = roc_band(labels, first, resample(labels, np.arange(labels.size), draws=300, seed=0))
    assert (more.high - more.low).mean() < 0.5 * (band.high - band.low).mean()


def test_a_collection_too_small_for_an_interval_is_refused() -> None:
    with pytest.raises(KnownError) as caught:
        figures([1, 1, 0, 0], [0.1, 0.2, 0.3, 0.4], ["a", "a", "b", "c"], 0.5)
    assert caught.value.code == "too-few-patients"


def test_one_picture_a_patient_may_leave_too_few() -> None:
    # two patients have benign pictures, but both have malignant ones too, so nobody counts as benign
    found = figures([1, 0, 1, 0], [0.9, 0.2, 0.7, 0.4], ["a", "a", "b", "b"], 0.5, files=list("wxyz"), draws=20)
    assert found.one_picture is None
    assert found.values["auc"].value == 1
