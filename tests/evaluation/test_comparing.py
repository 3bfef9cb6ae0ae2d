import numpy as np
import pytest
import scipy.stats
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from statsmodels.stats.contingency_tables import mcnemar as statsmodels_mcnemar
from statsmodels.stats.multitest import multipletests

from bmgui.evaluation.comparing import Test, holm, mcnemar, mcnemar_counts, means_differ, rates_differ

QUICK = settings(deadline=None, max_examples=50)


@QUICK
@given(st.integers(0, 60), st.integers(0, 60))
def test_mcnemar_is_statsmodels(only_first: int, only_second: int) -> None:
    found = mcnemar_counts(only_first, only_second)
    exact = only_first + only_second < 25
    if not only_first + only_second:
        assert found == Test("mcnemar-exact", None, 1.0)
        return
    wanted = statsmodels_mcnemar([[9, only_first], [only_second, 9]], exact=exact, correction=only_first != only_second)
    assert found.name == ("mcnemar-exact" if exact else "mcnemar")
    assert found.p == pytest.approx(wanted.pvalue, abs=1e-12)
    if not exact:
        assert found.statistic == pytest.approx(wanted.statistic, abs=1e-12)


def test_mcnemar_counts_the_pairs_that_differ() -> None:
    first, second = np.repeat([1, 1, 0, 0], [50, 2, 9, 30]), np.repeat([1, 0, 1, 0], [50, 2, 9, 30])
    assert mcnemar(first, second) == mcnemar_counts(2, 9)
    assert mcnemar(first, second).p == pytest.approx(2 * (1 + 11 + 55) / 2**11)  # by hand: two tails of 11 coins
    with pytest.raises(ValueError):
        mcnemar([1, 0], [1])


def test_the_papers_one_patient_more_is_chance() -> None:
    """Yu 2022 gives P < 0.05 for sensitivity 40/52 against 41/52; one patient more cannot be that."""
    assert mcnemar_counts(0, 1).p == 1
    assert rates_differ(40, 52, 41, 52).p > 0.8


@QUICK
@given(st.integers(0, 40), st.integers(0, 40), st.integers(0, 40), st.integers(0, 40))
def test_two_rates_are_compared_as_scipy_does(a: int, b: int, c: int, d: int) -> None:
    found = rates_differ(a, a + b, c, c + d)
    if not (a + b and c + d):
        assert found.p is None
        return
    smallest = min(a + c, b + d) * min(a + b, c + d) / (a + b + c + d)
    if smallest < 5:
        assert (found.name, found.statistic) == ("fisher", None)
        assert found.p == pytest.approx(scipy.stats.fisher_exact([[a, b], [c, d]]).pvalue, abs=1e-9)
    else:
        wanted = scipy.stats.chi2_contingency([[a, b], [c, d]], correction=False)
        assert found.name == "chi-square"
        assert (found.statistic, found.p) == pytest.approx((wanted.statistic, wanted.pvalue), abs=1e-12)


def test_fishers_own_tea() -> None:
    """R's help of fisher.test: a lady tasting tea (Fisher 1935), 3 of 4 against 1 of 4; both tails 34 / 70."""
    assert rates_differ(3, 4, 1, 4) == Test("fisher", None, pytest.approx(34 / 70))


def test_students_sleep() -> None:
    """R's help of t.test, Student's sleep data: Welch t = -1.8608, df = 17.776, p = 0.07939; pooled p = 0.07919."""
    first = [0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0]
    second = [1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4]
    welch, student = means_differ(first, second), means_differ(first, second, equal_variances=True)
    assert (welch.name, student.name) == ("welch", "student")
    assert (welch.statistic, welch.p) == pytest.approx((-1.8608, 0.07939), abs=5e-5)
    assert student.p == pytest.approx(0.07919, abs=5e-6)


@QUICK
@given(st.lists(st.integers(-9, 9), min_size=2, max_size=12), st.lists(st.integers(-9, 9), min_size=2, max_size=12))
def test_means_are_compared_as_scipy_does(first: list[int], second: list[int]) -> None:
    assume(np.ptp(first) and np.ptp(second))
    for equal in (False, True):
        found = means_differ(first, second, equal_variances=equal)
        wanted = scipy.stats.ttest_ind(first, second, equal_var=equal)
        assert (found.statistic, found.p) == pytest.approx((wanted.statistic, wanted.pvalue), abs=1e-10)


def test_too_few_values_or_unknown_ones_have_no_mean_to_compare() -> None:
    assert means_differ([1.0], [1.0, 2.0]).p is None
    assert means_differ([1.0, 1.0], [2.0, 2.0]).p is None  # no scatter
    with pytest.raises(ValueError):
        means_differ([1.0, np.nan], [1.0, 2.0])


@pytest.mark.parametrize("seed", range(4))
def test_holm_is_statsmodels(seed: int) -> None:
    values = np.random.default_rng(seed).integers(0, 9, 7) / 60  # some of them equal
    np.testing.assert_allclose(np.array(holm(list(values))), multipletests(values, method="holm")[1], atol=1e-12)


@QUICK
@given(st.lists(st.floats(0, 1), min_size=1, max_size=12))
def test_holm_never_lowers_and_keeps_the_order(values: list[float]) -> None:
    found = np.array(holm(values), dtype=float)
    assert (found >= values).all()
    assert found.max() <= 1
    assert (np.diff(found[np.argsort(values, kind="stable")]) >= 0).all()


def test_a_test_that_could_not_be_made_does_not_count() -> None:
    assert holm([0.04, None, 0.01]) == (0.04, None, 0.02)
    assert holm([]) == ()
    with pytest.raises(ValueError):
        holm([1.5])
