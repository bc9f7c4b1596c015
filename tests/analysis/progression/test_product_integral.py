"""Products of transition matrices, walked in segments side by side."""

import numpy as np
import pytest

from hinge_outcomes.analysis.progression.counting_process import count_moves, starting_counts
from hinge_outcomes.analysis.progression.product_integral import (
    cut_times,
    multiply_back,
    multiply_forward,
)
from hinge_outcomes.analysis.progression.starting_mix import StartingMix
from hinge_outcomes.analysis.progression.stay_arrays import read_stays
from tests.analysis.progression.dense_oracle import dense_curve, odd_histories


def _process(stays):
    arrays = read_stays(
        stays, id="id", start="tstart", stop="tstop", from_state="from", to_state="to"
    )
    return arrays, count_moves(
        arrays.start,
        arrays.stop,
        arrays.state,
        arrays.destination,
        arrays.weight,
        arrays.cluster,
        n_states=len(arrays.states),
        n_clusters=len(arrays.clusters),
    )


def test_cuts_hold_every_target_and_no_segment_is_too_long():
    """Targets 0, 5, 5 and 17 with segments of 4: cut at each target, and between."""
    cuts = cut_times(np.array([0, 5, 5, 17]), longest=4)
    assert {0, 5, 17} <= set(cuts.tolist())
    assert np.diff(cuts).max() <= 4
    assert np.diff(cuts).min() >= 1


@pytest.mark.parametrize("longest", [1, 2, 5, 1000])
@pytest.mark.parametrize("is_whole", [True, False], ids=["ties", "no ties"])
def test_the_step_function_does_not_depend_on_the_segments(longest, is_whole):
    """However the times are cut, occupancy is the plain product of dense matrices."""
    stays = odd_histories(3, 30, is_whole=is_whole)
    arrays, process = _process(stays)
    cuts = cut_times(np.array([len(process.times)]), longest=longest)
    back = multiply_back(process, cuts)
    steps = multiply_forward(process, back, StartingMix.of_counts(starting_counts(process)).shares)
    _, dense, _ = dense_curve(stays, np.ones(len(stays)), list(arrays.states))
    # A few dozen products of numbers below 1.
    assert steps == pytest.approx(dense.real, abs=1e-13)


def test_whole_segments_are_transition_matrices():
    """Rows of every product add to one, and the product over all segments is the total."""
    _, process = _process(odd_histories(4, 30))
    pieces = multiply_back(process, cut_times(np.array([len(process.times)]), longest=3)).whole
    total = multiply_back(process, np.array([0, len(process.times)])).whole[0]
    assert pieces.sum(axis=2) == pytest.approx(1, abs=1e-13)
    assert np.linalg.multi_dot(list(pieces)) == pytest.approx(total, abs=1e-13)


def test_durations_add_up_to_the_time_that_passes():
    """From any state, the expected times in all states add to the length of the segment."""
    _, process = _process(odd_histories(6, 30, is_whole=False))
    cuts = cut_times(np.array([len(process.times)]), longest=7)
    durations = multiply_back(process, cuts, with_durations=True).whole[:, :, process.n_states :]
    edges = np.concatenate([[process.times[0]], process.times])[cuts]
    assert durations.sum(axis=2) == pytest.approx(
        np.repeat(np.diff(edges)[:, np.newaxis], process.n_states, axis=1), abs=1e-12
    )
