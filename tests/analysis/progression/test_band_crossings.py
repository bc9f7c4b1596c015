"""Where a band first reaches a probability."""

import numpy as np
import pytest

from hinge_outcomes.analysis.progression.band_crossings import crossings_of_band, first_reaching


def test_a_probability_is_reached_also_where_rounding_hides_it() -> None:
    """Three times a tenth is three tenths, and missing values reach nothing."""
    assert first_reaching(np.array([0.2, np.nan, 0.1 * 3]), 0.3) == 2
    assert first_reaching(np.array([0.2, np.nan]), 0.3) is None


@pytest.mark.parametrize("most", [5, 1000])
def test_a_coarse_search_finds_what_a_full_one_finds(
    monkeypatch: pytest.MonkeyPatch, most: int
) -> None:
    """The two limits cross one half at their own places; a limit that never does gives None."""
    monkeypatch.setattr("hinge_outcomes.analysis.progression.band_crossings._MOST_TIMES", most)

    def limits(places: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        return places / 200 - 0.2, places / 200

    assert crossings_of_band(limits, 180, 0.5) == (99, 139)
    assert crossings_of_band(limits, 120, 0.5) == (99, None)
