"""Means, quantiles, influence and words of an occupancy."""

import numpy as np
import pandas as pd
import pytest

from hinge_outcomes.analysis.progression.occupancy import aalen_johansen
from hinge_outcomes.exceptions import AnalysisError
from tests.analysis.progression.dense_oracle import dense_estimate, odd_histories

STATES = ["s0", "s1", "s2", "s3"]
ROUNDING = 1e-12


def _leave(*stops, state="well"):
    """Everybody starts ill at 0; a negative stop is a censoring."""
    return pd.DataFrame(
        {
            "id": range(len(stops)),
            "tstart": 0.0,
            "tstop": np.abs(stops).astype(float),
            "from": "ill",
            "to": [state if stop > 0 else None for stop in stops],
        }
    )


def test_the_table_has_the_promised_columns_and_rows():
    """One row per state and time, columns in the fixed order."""
    table = aalen_johansen(_leave(2, 4, -5, 6)).table()
    assert list(table.columns) == [
        "state",
        "time",
        "estimate",
        "std_error",
        "ci_low",
        "ci_high",
        "n_at_risk",
        "n_events",
    ]
    assert len(table) == 2 * 3


def test_other_times_come_from_the_full_step_function():
    """Any time may be asked for; at the table's own times the answer is the table's."""
    stays = odd_histories(11, 60)
    result = aalen_johansen(stays, start_distribution="estimated")
    table = result.table()
    pd.testing.assert_frame_equal(result.probability_at(result.times), table, rtol=0, atol=ROUNDING)
    between = result.probability_at([-3.0, 4.4])
    value, error, _ = dense_estimate(
        stays, STATES, 4.4, clusters=stays["id"].to_numpy(), start_distribution="estimated"
    )
    assert between["estimate"].to_numpy()[1::2] == pytest.approx(value, abs=ROUNDING)
    assert between["std_error"].to_numpy()[1::2] == pytest.approx(error, abs=ROUNDING)
    assert between["estimate"].to_numpy()[::2] == pytest.approx(result.curve.shares)


@pytest.mark.parametrize("upto", [0.25, 3.0, 7.5, 11.0])
@pytest.mark.parametrize("start_distribution", ["fixed", "estimated"])
@pytest.mark.parametrize("is_whole", [True, False], ids=["ties", "no ties"])
def test_restricted_means_and_their_errors_are_exact(upto, start_distribution, is_whole):
    """Areas and errors agree with complex-step derivatives of a dense area."""
    stays = odd_histories(21, 40, is_whole=is_whole)
    weights = np.random.default_rng(2).uniform(0.3, 2, len(stays))
    clusters = (stays["id"] % 11).to_numpy()
    result = aalen_johansen(
        stays,
        states=STATES,
        weights=weights,
        cluster=clusters,
        start_distribution=start_distribution,
    )
    value, error, _ = dense_estimate(
        stays,
        STATES,
        upto,
        weights=weights,
        clusters=clusters,
        start_distribution=start_distribution,
        mean_from=0.0,
    )
    mean = result.restricted_mean(upto)
    assert mean["estimate"].to_numpy() == pytest.approx(value, abs=1e-11)
    assert mean["std_error"].to_numpy() == pytest.approx(error, abs=1e-11)
    assert mean["estimate"].sum() == pytest.approx(upto)


def test_a_restricted_mean_by_hand():
    """Leaving at 2, 4 and 6 of three: ill for 2, 4 and 5 days of the first 5, so 11/3."""
    mean = aalen_johansen(_leave(2, 4, 6)).restricted_mean(5).set_index("state")
    assert mean.loc["ill", "estimate"] == pytest.approx(11 / 3)
    assert mean.loc["well", "estimate"] == pytest.approx(5 - 11 / 3)
    # The error of a mean of three: population standard deviation over the root of three.
    assert mean.loc["ill", "std_error"] == pytest.approx(np.std([2, 4, 5]) / np.sqrt(3))


def test_a_mean_beyond_what_was_seen_is_missing():
    """After the last day at risk a mean is missing, unless everybody has ended by then."""
    open_end = aalen_johansen(_leave(2, 4, -6))
    assert open_end.restricted_mean(6)["estimate"].notna().all()
    assert open_end.restricted_mean(6.5)[["estimate", "std_error", "ci_low"]].isna().all().all()
    closed = aalen_johansen(_leave(2, 4, 6)).restricted_mean(10).set_index("state")
    assert closed.loc["ill", "estimate"] == pytest.approx(4)
    for wrong in (0, -1, np.inf, np.nan):
        with pytest.raises(AnalysisError, match="upto"):
            open_end.restricted_mean(wrong)


def test_quantiles_come_from_the_step_function_and_not_the_grid():
    """Ten leave on days 1 to 10: half have left by day 5, though only day 9 is printed."""
    result = aalen_johansen(_leave(*range(1, 11)), times=[9])
    median = result.quantile("well").iloc[0]
    assert median["estimate"] == 5
    assert np.isnan(median["std_error"])
    assert result.quantile("well", 1.0)["estimate"].item() == 10


def test_a_quantile_that_is_not_reached_is_missing():
    """When a third at most get there, no median is made up."""
    result = aalen_johansen(_leave(3, -4, -5))
    median = result.quantile("well").iloc[0]
    assert np.isnan(median["estimate"])
    assert np.isnan(median["ci_high"])


def test_the_interval_of_a_quantile_inverts_the_band():
    """It runs from where the upper limit first reaches the share to where the lower one does."""
    stays = _leave(*np.random.default_rng(4).integers(1, 60, 80) * np.resize([1, 1, 1, -1], 80))
    result = aalen_johansen(stays, conf_type="cloglog")
    table = result.table()
    well = table[table["state"] == "well"]
    median = result.quantile("well", 0.4).iloc[0]
    assert median["ci_low"] == well.loc[well["ci_high"] >= 0.4, "time"].min()
    assert median["ci_high"] == well.loc[well["ci_low"] >= 0.4, "time"].min()
    assert median["ci_low"] < median["estimate"] < median["ci_high"]


def test_a_long_list_of_times_is_searched_in_two_passes(monkeypatch):
    """Coarse then fine finds the crossing that looking everywhere finds."""
    stays = _leave(*np.random.default_rng(4).exponential(20, 150))
    result = aalen_johansen(stays, conf_type="cloglog")
    everywhere = result.quantile("well", 0.3)
    monkeypatch.setattr("hinge_outcomes.analysis.progression.band_crossings._MOST_TIMES", 10)
    pd.testing.assert_frame_equal(result.quantile("well", 0.3), everywhere)


def test_impossible_quantiles_are_refused():
    """An unknown state or a share outside (0, 1] is an error that says what is allowed."""
    result = aalen_johansen(_leave(1, 2))
    with pytest.raises(AnalysisError, match="ill, well"):
        result.quantile("cured")
    with pytest.raises(AnalysisError, match="at most 1"):
        result.quantile("well", 50)


@pytest.mark.parametrize("start_distribution", ["fixed", "estimated"])
def test_influence_by_cluster_is_the_derivative_and_makes_the_error(start_distribution):
    """Each cluster's influence is exact, and its squares add up to the table's variance."""
    stays = odd_histories(31, 50)
    clusters = (stays["id"] % 9).to_numpy()
    result = aalen_johansen(
        stays, states=STATES, cluster=clusters, start_distribution=start_distribution
    )
    times = [5.0, 2.0, -1.0]
    influence = result.influence(times)
    assert influence.shape == (9, 3, 4)
    order = np.argsort(result.clusters.astype(int))
    for number, time in enumerate(times):
        _, error, derivative = dense_estimate(
            stays, STATES, time, clusters=clusters, start_distribution=start_distribution
        )
        assert influence[order, number] == pytest.approx(derivative, abs=ROUNDING)
        assert np.sqrt((influence[:, number] ** 2).sum(axis=0)) == pytest.approx(
            error, abs=ROUNDING
        )


def test_a_difference_of_groups_uses_one_joint_influence():
    """Where every cluster has one person in each arm, its two influences belong together.

    With identical arms the difference is 0 and certain; adding the two variances would deny that.
    """
    stays = _leave(2, 4, -5, 6)
    one, other = aalen_johansen(stays), aalen_johansen(stays.sample(frac=1, random_state=0))
    place = {label: row for row, label in enumerate(other.clusters)}
    matched = other.influence([4])[[place[label] for label in one.clusters]]
    joint = one.influence([4]) - matched
    assert np.sqrt((joint**2).sum(axis=0)) == pytest.approx(0, abs=ROUNDING)


def test_nothing_seen_gets_an_exact_limit_only_while_all_are_followed():
    """None of 20 lost by day 3 bounds the share by 1 - .05^(1/20); after a censoring, nothing does.

    The complement, 20 of 20 still there, has the mirrored limit.
    """
    stays = _leave(*range(4, 23), -30)
    early = aalen_johansen(stays, times=[3, 31]).table().set_index(["state", "time"])
    limit = 1 - 0.05 ** (1 / 20)
    assert early.loc[("well", 3.0), "ci_low"] == 0
    assert early.loc[("well", 3.0), "ci_high"] == pytest.approx(limit)
    assert early.loc[("ill", 3.0), "ci_low"] == pytest.approx(1 - limit)
    later = _leave(*range(4, 22), -2, -30)
    table = aalen_johansen(later, times=[3]).table()
    assert table[["ci_low", "ci_high"]].isna().all().all()


def test_the_summary_names_shares_limits_and_numbers():
    """One paragraph tells the estimate, its interval and the numbers it rests on."""
    result = aalen_johansen(_leave(2, 4, -5, 6), times=[4])
    assert result.summary().startswith("At time 4 the estimated shares are: ill 50.0% (")
    assert "4 histories of 4 independent clusters, with 4 stays; still at risk then: 3." in (
        result.summary()
    )
    html = result._repr_html_()
    assert "<table" in html
    assert "estimated shares" in html


def test_the_drawing_starts_where_the_stays_do():
    """The plot is one Axes of stacked areas from time 0 to the table's last time."""
    ax = aalen_johansen(_leave(2, 4, -5, 6)).plot()
    assert ax.get_xlim() == (0, 6)
    assert len(ax.collections) == 2
