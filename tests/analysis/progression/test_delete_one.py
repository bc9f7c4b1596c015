"""The delete-one-cluster jackknife, against leaving out each cluster by hand."""

import numpy as np
import pytest
from scipy import stats

from hinge_outcomes.analysis.progression.occupancy import aalen_johansen
from tests.analysis.progression.dense_oracle import dense_curve, dense_value, odd_histories

STATES = ["s0", "s1", "s2", "s3"]
TIMES = [3.0, 7.5]


@pytest.mark.parametrize("start_distribution", ["fixed", "estimated"])
def test_errors_are_those_of_leaving_out_each_cluster_by_hand(start_distribution: str) -> None:
    """Sum of squares about the mean of the estimates without each cluster, times (G - 1) / G.

    The estimates come from a dense product of matrices that shares no code with the package.
    """
    stays = odd_histories(3, 60)
    clusters = (stays["id"] % 7).to_numpy()
    result = aalen_johansen(
        stays,
        states=STATES,
        cluster=clusters,
        start_distribution=start_distribution,
        times=TIMES,
        errors="jackknife",
    )
    whole = dense_curve(stays, np.ones(len(stays)), STATES)
    fixed = whole[2] if start_distribution == "fixed" else None
    without = [
        dense_curve(stays[clusters != c], np.ones((clusters != c).sum()), STATES, fixed)
        for c in range(7)
    ]
    for number, time in enumerate(TIMES):
        values = np.array([dense_value(curve, time).real for curve in without])
        error = np.sqrt(6 / 7 * ((values - values.mean(axis=0)) ** 2).sum(axis=0))
        assert result.std_error[number] == pytest.approx(error, abs=1e-12)
    means = np.array([dense_value(curve, 7.5, mean_from=0.0).real for curve in without])
    error = np.sqrt(6 / 7 * ((means - means.mean(axis=0)) ** 2).sum(axis=0))
    mean = result.restricted_mean(7.5)
    assert mean["std_error"].to_numpy() == pytest.approx(error, abs=1e-11)
    # Student's t on G - 1 = 6.
    reach = stats.t.ppf(0.975, 6) * error
    assert (mean["estimate"] - mean["ci_low"]).to_numpy() == pytest.approx(
        np.minimum(reach, mean["estimate"]), abs=1e-9
    )


def test_a_share_of_unequal_clusters_by_hand() -> None:
    """Clusters of 1 of 2, 2 of 2 and 0 of 4 recovered: without each 2/6, 1/6 and 3/4.

    Their mean is 5/12; squares about it 1/144 + 9/144 + 16/144, times 2/3: 13/108.
    """
    stays = odd_histories(1, 8).iloc[:8].assign(id=range(8), tstart=0.0, tstop=5.0)
    stays["from"] = "ill"
    stays["to"] = ["well", None, "well", "well", None, None, None, None]
    cluster = np.array(["a", "a", "b", "b", "c", "c", "c", "c"])
    result = aalen_johansen(stays, cluster=cluster, errors="jackknife", times=[5])
    well = result.table().set_index("state").loc["well"]
    assert well["estimate"] == pytest.approx(3 / 8)
    assert well["std_error"] == pytest.approx(np.sqrt(13 / 108))


def test_with_many_clusters_the_two_jackknives_agree() -> None:
    """Over 150 people, leaving each out and the derivative differ by a few parts in a hundred."""
    stays = odd_histories(5, 150)
    one = aalen_johansen(stays, errors="jackknife", start_distribution="estimated", times=[5])
    other = aalen_johansen(stays, start_distribution="estimated", times=[5])
    assert one.std_error == pytest.approx(other.std_error, rel=0.05)


def test_one_cluster_has_no_error() -> None:
    """From one cluster nobody knows how clusters differ: errors and limits are missing, not 0."""
    stays = odd_histories(5, 30)
    result = aalen_johansen(stays, cluster=np.zeros(len(stays)), errors="jackknife", times=[5])
    table = result.table()
    inner = table[table["estimate"].between(0.01, 0.99)]
    assert inner[["std_error", "ci_low", "ci_high"]].isna().all().all()
    assert result.restricted_mean(5)[["std_error", "ci_low"]].isna().all().all()
