"""Heads at risk and heads moved."""

import numpy as np
import pandas as pd

from hinge_outcomes.analysis.progression.head_counts import heads_at_risk, heads_moved
from hinge_outcomes.analysis.progression.stay_arrays import read_stays


def test_heads_are_counted_by_the_convention() -> None:
    """At risk is start < t <= stop; moves are counted since the previous time of the grid."""
    frame = pd.DataFrame(
        {
            "id": [1, 1, 2],
            "tstart": [0, 3, 0],
            "tstop": [3, 9, 5],
            "from": ["ill", "well", "ill"],
            "to": ["well", None, "well"],
        }
    )
    stays = read_stays(
        frame, id="id", start="tstart", stop="tstop", from_state="from", to_state="to"
    )
    process = stays.moves()
    grid = np.array([3.0, 4.0, 9.0])
    assert heads_at_risk(process, stays, grid).tolist() == [[2, 1, 0], [0, 1, 1]]
    assert heads_moved(process, grid).tolist() == [[0, 0, 0], [1, 0, 1]]
    events = np.array([3.0, 5.0])
    assert heads_at_risk(process, stays, events).tolist() == [[2, 1], [0, 1]]
    assert heads_moved(process, events).tolist() == [[0, 0], [1, 1]]
