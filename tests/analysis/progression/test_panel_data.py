"""The arrays of a panel."""

import dataclasses

import pytest

from tests.analysis.progression.panel_examples import panel_of


def test_a_panel_is_frozen():
    """Nobody changes the observations behind the back of a fit."""
    panel = panel_of([0, 0], [0, 1], [0, 1], 2)
    with pytest.raises(dataclasses.FrozenInstanceError):
        panel.exact_times = True
