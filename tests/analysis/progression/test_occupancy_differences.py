"""Differences of occupancies that share clusters."""

import numpy as np
import pandas as pd
import pytest

from hinge_outcomes.analysis.progression.occupancy import aalen_johansen
from hinge_outcomes.analysis.progression.occupancy_differences import estimate_occupancy_differences
from hinge_outcomes.exceptions import AnalysisError
from tests.analysis.progression.dense_oracle import dense_estimate, odd_histories

STATES = ["s0", "s1", "s2", "s3"]


def _arms(errors: str = "infinitesimal") -> tuple:
    stays = odd_histories(6, 90)
    arm = stays["id"] % 2
    cluster = stays["id"] % 11
    parts = [stays[arm == number].assign(who=cluster[arm == number]) for number in (0, 1)]
    fits = [
        aalen_johansen(
            part, states=STATES, cluster="who", start_distribution="estimated", errors=errors
        )
        for part in parts
    ]
    return parts, fits


def test_errors_are_those_of_one_joint_derivative() -> None:
    """Every cluster has people in both arms: its two exact derivatives are subtracted.

    The derivatives come from complex steps through a dense product of matrices.
    """
    parts, (one, other) = _arms()
    found = estimate_occupancy_differences(one, other, times=[4.0], upto=7.5)
    for quantity, at, origin in (("probability", 4.0, None), ("mean_time", 7.5, 0.0)):
        dense = [
            dense_estimate(
                part, STATES, at, clusters=part["who"].to_numpy(),
                start_distribution="estimated", mean_from=origin,
            )
            for part in parts
        ]  # fmt: skip
        assert set(parts[0]["who"]) == set(parts[1]["who"])
        rows = found[found["quantity"] == quantity]
        error = np.sqrt(((dense[0][2] - dense[1][2]) ** 2).sum(axis=0))
        assert rows["estimate"].to_numpy() == pytest.approx(dense[0][0] - dense[1][0], abs=1e-11)
        assert rows["std_error"].to_numpy() == pytest.approx(error, abs=1e-11)


def test_the_same_people_twice_do_not_differ_and_this_is_certain() -> None:
    """An estimate less itself is 0 with error 0."""
    _, (one, _) = _arms()
    found = estimate_occupancy_differences(one, one, times=[2, 4])
    assert (found[["estimate", "std_error", "ci_low", "ci_high"]] == 0).all().all()


def test_people_who_are_apart_add_their_variances() -> None:
    """Two of 4 against one of 4: difference 1/4, variance 1/16 + 3/64."""
    frame = pd.DataFrame(
        {
            "id": range(8),
            "tstart": 0,
            "tstop": 5,
            "from": "ill",
            "to": ["well", "well", None, None, "well", None, None, None],
        }
    )
    one, other = (aalen_johansen(part) for part in (frame.iloc[:4], frame.iloc[4:]))
    row = estimate_occupancy_differences(one, other, times=[5]).set_index("state").loc["well"]
    assert row["estimate"] == 0.25
    assert row["std_error"] == pytest.approx(np.sqrt(1 / 16 + 3 / 64))


def test_left_out_clusters_pair_up_too() -> None:
    """With jackknife errors a cluster is left out of both arms at once, as by hand."""
    parts, (one, other) = _arms("jackknife")
    found = estimate_occupancy_differences(one, other, times=[4.0])
    values = []
    for cluster in range(11):
        fits = [
            aalen_johansen(part[part["who"] != cluster], states=STATES, times=[4.0])
            for part in parts
        ]
        shares = [fit.table()["estimate"].to_numpy() for fit in fits]
        values.append(shares[0] - shares[1])
    spread = np.array(values) - np.mean(values, axis=0)
    error = np.sqrt(10 / 11 * (spread**2).sum(axis=0))
    assert found["std_error"].to_numpy() == pytest.approx(error, abs=1e-12)


def test_estimates_that_cannot_be_compared_are_refused() -> None:
    """Other states, other errors, nothing asked: each says what to do."""
    _, (one, other) = _arms()
    _, (left_out, _) = _arms("jackknife")
    with pytest.raises(AnalysisError, match="times= to compare"):
        estimate_occupancy_differences(one, other)
    with pytest.raises(AnalysisError, match="same errors="):
        estimate_occupancy_differences(one, left_out, times=[1])
    small = aalen_johansen(odd_histories(1, 20, n_states=3))
    with pytest.raises(AnalysisError, match="same states="):
        estimate_occupancy_differences(one, small, times=[1])
