"""The full step function: places, levels, areas."""

import numpy as np
import pandas as pd
import pytest

from hinge_outcomes.analysis.progression.occupancy import aalen_johansen


def _curve(start_distribution="fixed"):
    stays = pd.DataFrame(
        {
            "id": [1, 2, 3, 4],
            "tstart": 0.0,
            "tstop": [2.0, 4.0, 5.0, 6.0],
            "from": ["a", "a", "b", "b"],
            "to": ["end", "end", None, "end"],
        }
    )
    return aalen_johansen(stays, start_distribution=start_distribution).curve


def test_places_count_event_times_up_to_and_including_a_time():
    """Events at 2, 4, 6: none before 2, one from 2, all from 6."""
    assert _curve().places(np.array([1.9, 2.0, 5.0, 6.0, 99.0])).tolist() == [0, 1, 2, 3, 3]


def test_levels_hold_between_events_and_are_clean_at_the_edges():
    """Half start in a; the last to leave leaves exactly nobody behind."""
    levels = _curve().levels(np.array([0, 1, 3]))
    assert levels == pytest.approx(np.array([[0.5, 0.5, 0], [0.25, 0.5, 0.25], [0, 0, 1]]))
    assert levels[2].tolist() == [0, 0, 1]


def test_areas_begin_before_the_first_event():
    """From 0 to 3: state a holds half for 2 days and a quarter for 1."""
    assert _curve().curve().area(0.0, 3.0)[0] == pytest.approx(0.5 * 2 + 0.25)
    assert _curve().curve().area(0.0, 1.5)[0] == pytest.approx(0.75)


def test_before_the_first_event_only_the_start_is_uncertain():
    """Place 0: no error if the start is given, else that of a share of one half in four."""
    assert _curve().errors(np.array([0])).tolist() == [[0, 0, 0]]
    assert _curve().influence(0).tolist() == [[0, 0, 0]] * 4
    estimated = _curve("estimated")
    assert estimated.errors(np.array([0]))[0] == pytest.approx([0.25, 0.25, 0])
    assert (estimated.influence(0) ** 2).sum(axis=0) == pytest.approx([0.0625, 0.0625, 0])
    assert (estimated.area_influence(0.0, 1.0) ** 2).sum(axis=0)[0] == pytest.approx(0.0625)


def test_influence_is_a_copy():
    """Changing what is returned does not change the curve."""
    curve = _curve("estimated")
    curve.influence(0)[:] = 7
    assert curve.influence(0).max() < 1
