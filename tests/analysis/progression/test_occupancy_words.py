"""What an occupancy says of itself."""

import pandas as pd

from hinge_outcomes.analysis.progression.occupancy import aalen_johansen

STAYS = pd.DataFrame(
    {
        "id": range(12),
        "tstart": 0.0,
        "tstop": [2.0, 4.0, 5.0, 6.0] * 3,
        "from": "ill",
        "to": ["well", "well", None, "well"] * 3,
        "clinic": ["A", "B", "C"] * 4,
    }
)


def test_shares_limits_and_numbers_are_said() -> None:
    """One paragraph: the largest shares with intervals, and whom they rest on."""
    told = aalen_johansen(STAYS, times=[4]).summary()
    assert told.startswith("At time 4 the estimated shares are: ill 50.0% (")
    assert "12 histories of 12 independent clusters, with 12 stays; still at risk then: 9." in told
    assert "too few" not in told


def test_few_clusters_are_set_beside_histories() -> None:
    """Three clinics are too few; their interval stands beside that of twelve histories."""
    told = aalen_johansen(STAYS, times=[4], cluster="clinic", errors="jackknife").summary()
    assert "3 clusters are too few for their intervals to be trusted" in told
    assert "over clusters (delete-one jackknife, Student's t)" in told
    alone = aalen_johansen(STAYS, times=[4])
    row = alone.table().set_index("state").loc["ill"]
    beside = f"histories taken as independent ({row['ci_low']:.1%} to {row['ci_high']:.1%})."
    assert told.endswith(beside)


def test_a_landmark_is_said() -> None:
    """Shares of those seen at the landmark are called so."""
    told = aalen_johansen(STAYS, landmark=3, times=[5]).summary()
    assert "shares of those seen at time 3 are" in told
