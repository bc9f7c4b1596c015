"""Events: written where the truth is kept; flare-ups pass."""

import numpy as np
import pytest

from hinge_outcomes.simulation.events import flare_left, write_event
from hinge_outcomes.simulation.records import SETBACK
from tests.simulation.followed import a_care, a_page, inputs_of


def test_flare_ups_pass_with_their_time_constant() -> None:
    """What is left of a flare-up falls to 1/e in the stated days."""
    inputs = inputs_of({"pain.flare_days": 8.0})
    care = a_care(flare_time=3.0, flare_size=2.0)
    assert flare_left(inputs, care, 3.0) == 2
    assert flare_left(inputs, care, 11.0) == pytest.approx(2 / np.e)
    assert flare_left(inputs, a_care(), 11.0) == 0


@pytest.mark.parametrize(("keeps_truth", "used"), [(True, 1), (False, 0)])
def test_events_are_written_where_they_are_kept(keeps_truth: bool, used: int) -> None:
    """Otherwise the page does not even count them."""
    page = a_page(keeps_truth=keeps_truth)
    write_event(page, a_care(time=4.5), SETBACK, 3)
    assert page["used"][4] == used
    assert page["events"]["time"][0] == (4.5 if keeps_truth else 0)
