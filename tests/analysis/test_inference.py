"""Intervals and sums over clusters."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from hinge_outcomes.analysis.inference import (
    CONF_TYPES,
    cluster_sums,
    clustered_std_error,
    mean_interval,
    normal_quantile,
    probability_interval,
    t_quantile,
    wilson_interval,
)
from hinge_outcomes.exceptions import AnalysisError, DataError

Z = 1.959963984540054


def test_quantiles_are_those_of_the_tables():
    """1.96 for the normal, 2.776 for t with 4 degrees of freedom, and t tends to the normal."""
    assert normal_quantile() == pytest.approx(Z)
    assert t_quantile(4) == pytest.approx(2.7764451051977987)
    assert t_quantile(np.inf, 0.9) == pytest.approx(normal_quantile(0.9))
    for wrong in (0, 1, 95, float("nan")):
        with pytest.raises(AnalysisError, match="conf_level"):
            normal_quantile(wrong)
        with pytest.raises(AnalysisError, match="conf_level"):
            t_quantile(3, wrong)


def test_each_scale_is_the_textbook_formula():
    """At p = .2, se = .05 the limits are those of the formulas written out."""
    p, se = 0.2, 0.05
    log_log = np.log(-np.log(1 - p))
    width = Z * se / ((1 - p) * -np.log(1 - p))
    expected = {
        "plain": (p - Z * se, p + Z * se),
        "log": (np.exp(np.log(p) - Z * se / p), np.exp(np.log(p) + Z * se / p)),
        "cloglog": tuple(1 - np.exp(-np.exp(log_log + sign * width)) for sign in (-1, 1)),
        "logit": tuple(
            1 / (1 + np.exp(-(np.log(p / (1 - p)) + sign * Z * se / (p * (1 - p)))))
            for sign in (-1, 1)
        ),
    }
    for conf_type in CONF_TYPES:
        low, high = probability_interval(p, se, conf_type)
        assert (float(low), float(high)) == pytest.approx(expected[conf_type])


@given(
    p=st.floats(0, 1),
    se=st.floats(0, 10),
    conf_type=st.sampled_from(CONF_TYPES),
)
def test_limits_hold_the_estimate_and_stay_within_bounds(p, se, conf_type):
    """Whatever the error, 0 <= low <= p <= high <= 1 inside; at the edges limits are missing."""
    low, high = probability_interval(p, se, conf_type)
    if 1e-12 < p < 1 - 1e-12:
        # The scales are inverted in floating point.
        assert -1e-12 <= low <= p + 1e-9
        assert p - 1e-9 <= high <= 1
    else:
        assert np.isnan(low)
        assert np.isnan(high)


def test_edges_have_exact_one_sided_limits_where_follow_up_is_complete():
    """0 of 30 gives at most 1 - .05^(1/30), the exact limit; 30 of 30 its mirror image."""
    low, high = probability_interval([0, 1, 0], [0, 0, 0], "log", n_complete=[30, 30, 0])
    limit = stats.beta.ppf(0.95, 1, 30)
    assert low[:2] == pytest.approx([0, 1 - limit])
    assert high[:2] == pytest.approx([limit, 1])
    assert np.isnan([low[2], high[2]]).all()


def test_a_student_quantile_can_replace_the_normal_one():
    """Few clusters widen the interval by the quantile given."""
    low, high = probability_interval(0.5, 0.1, "plain", quantile=t_quantile(4))
    assert float(high - low) == pytest.approx(2 * 0.1 * 2.7764451051977987)


def test_an_unknown_scale_is_refused_with_the_known_ones():
    """A mistyped scale lists those that exist."""
    with pytest.raises(AnalysisError, match="plain, log, cloglog, logit"):
        probability_interval(0.5, 0.1, "loglog")


def test_means_have_symmetric_limits_cut_at_what_is_possible():
    """10 +- 1.96 * 10 is cut at 0; missing stays missing."""
    low, high = mean_interval([10.0, np.nan], [10.0, 1.0], minimum=0)
    assert low[0] == 0
    assert high[0] == pytest.approx(10 + Z * 10)
    assert np.isnan([low[1], high[1]]).all()


def test_wilson_is_the_closed_form_and_missing_without_anybody():
    """For 4 of 10 the textbook formula; for 0 of 0 nothing."""
    low, high = wilson_interval([4, 0], [10, 0])
    centre, half = (4 + Z**2 / 2) / (10 + Z**2), Z * np.sqrt(10 * 0.24 + Z**2 / 4) / (10 + Z**2)
    assert (low[0], high[0]) == pytest.approx((centre - half, centre + half))
    assert np.isnan([low[1], high[1]]).all()


def test_rows_of_a_cluster_add_before_they_are_squared():
    """Two opposite rows of one cluster are no variation; of two clusters they are."""
    rows = np.array([[1.0, 2.0], [-1.0, 2.0], [3.0, 0.0]])
    assert cluster_sums(rows, [5, 5, 1]).tolist() == [[3, 0], [0, 4]]
    assert clustered_std_error(rows, ["a", "a", "b"]) == pytest.approx([3, 4])
    assert float(clustered_std_error([1.0, -1.0], ["a", "b"])) == pytest.approx(np.sqrt(2))
    with pytest.raises(DataError, match="3 rows of influence but 2 cluster labels"):
        cluster_sums(rows, [1, 2])
