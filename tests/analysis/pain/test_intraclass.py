"""The intraclass correlation by ANOVA."""

import numpy as np
import pytest
from scipy import stats

from hinge_outcomes.analysis.pain.intraclass import intraclass_correlation
from hinge_outcomes.exceptions import AnalysisError, NotIdentifiableError


def test_equal_clinicians_with_unlike_patients_give_minus_one() -> None:
    """KA10: changes {0, 2} and {0, 2} have no spread between, F = 0, and so an ICC of -1."""
    found = intraclass_correlation([0.0, 2.0, 0.0, 2.0], ["a", "a", "b", "b"])
    assert (found.estimate, found.f_statistic, found.n_groups, found.n) == (-1.0, 0.0, 2, 4)
    assert (found.ci_low, found.ci_high) == (-1.0, -1.0)


def test_shrout_and_fleiss_table_gives_their_icc() -> None:
    """Shrout and Fleiss (1979) print ICC(1,1) = .17 for six targets rated by four judges."""
    ratings = [[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7]]
    values = np.array(ratings, dtype=float).ravel()
    found = intraclass_correlation(values, np.repeat(np.arange(6), 4))
    assert found.estimate == pytest.approx(0.1657, abs=5e-5)
    assert found.f_statistic == pytest.approx(11.24 / 6.26, abs=2e-3)
    assert (found.ci_low, found.ci_high) == (
        pytest.approx(-0.133, abs=1e-3),
        pytest.approx(0.723, abs=1e-3),
    )


def test_unequal_groups_are_as_the_formulas_say() -> None:
    """Groups of 1, 2 and 3 values: mean squares, n0 and limits worked out by hand."""
    values, groups = [1.0, 2.0, 4.0, 3.0, 5.0, 7.0], ["a", "b", "b", "c", "c", "c"]
    mean = 22 / 6
    between = ((1 - mean) ** 2 + 2 * (3 - mean) ** 2 + 3 * (5 - mean) ** 2) / 2
    within = (1 + 1 + 4 + 0 + 4) / 3
    n0 = (6 - 14 / 6) / 2
    found = intraclass_correlation(values, groups, conf_level=0.9)
    assert found.typical_size == pytest.approx(n0)
    assert found.estimate == pytest.approx((between - within) / (between + (n0 - 1) * within))
    upper = between / within / stats.f.ppf(0.05, 2, 3)
    assert found.ci_high == pytest.approx((upper - 1) / (upper + n0 - 1))


def test_the_interval_holds_a_small_correlation_as_often_as_it_says() -> None:
    """With 12 unequal groups and a true ICC of 0.03, 400 intervals hold it in 93 to 99%."""
    rng = np.random.default_rng(3)
    groups = np.repeat(np.arange(12), np.arange(6, 30, 2))
    held = 0
    for _ in range(400):
        values = np.sqrt(0.03) * rng.standard_normal(12)[groups]
        found = intraclass_correlation(values + np.sqrt(0.97) * rng.standard_normal(len(groups)),
                                       groups)  # fmt: skip
        held += found.ci_low <= 0.03 <= found.ci_high
    assert 0.93 <= held / 400 <= 0.99


def test_no_variance_within_is_a_correlation_of_one() -> None:
    """Patients of a clinician who all change alike have an ICC of 1."""
    found = intraclass_correlation([1.0, 1.0, 3.0, 3.0], ["a", "a", "b", "b"])
    assert (found.estimate, found.ci_low, found.ci_high) == (1.0, 1.0, 1.0)


def test_no_variance_at_all_has_no_correlation() -> None:
    """Where everybody changes by the same, there is nothing to share out."""
    found = intraclass_correlation([1.0, 1.0, 1.0, 1.0], ["a", "a", "b", "b"])
    assert np.isnan([found.estimate, found.ci_low, found.ci_high]).all()


@pytest.mark.parametrize("groups", [["a", "a", "a"], ["a", "b", "c"]])
def test_one_group_or_one_value_each_is_refused(groups: list[str]) -> None:
    """One clinician, or one patient each, cannot tell between from within."""
    with pytest.raises(NotIdentifiableError, match="two groups or more"):
        intraclass_correlation([1.0, 2.0, 3.0], groups)


def test_a_level_outside_zero_and_one_is_refused() -> None:
    """A confidence level of 95 is an error."""
    with pytest.raises(AnalysisError, match="conf_level"):
        intraclass_correlation([1.0, 2.0, 3.0, 4.0], [1, 1, 2, 2], conf_level=95)
