"""The default scenario agrees with published figures of physiotherapy, and says where not."""

import datetime as dt

import pytest

import hinge_outcomes as ho
from hinge_outcomes.exceptions import ConfigError
from hinge_outcomes.simulation.calibration import Calibration, calibrate, followed_up


@pytest.fixture(scope="module")
def default() -> Calibration:
    """The default scenario, held against the figures."""
    return calibrate(ho.Scenario.default(), n_episodes=1_500, replicates=12)


def test_the_default_meets_every_physiotherapy_figure(default: Calibration) -> None:
    """All bands, within three Monte Carlo errors; what is met is not met by wide errors."""
    table = default.table()
    held = table[table["verdict"] != "context"]
    assert list(held.loc[held["verdict"] == "misses", "target"]) == []
    assert len(held) == 28
    assert (held["mc_error"] < (held["high"] - held["low"])).all()
    assert "meets 28 of 28" in default.summary()


def test_contradictions_stand_beside_the_figures(default: Calibration) -> None:
    """What other settings report is context, and the note says what it contradicts."""
    table = default.table()
    context = table[table["verdict"] == "context"]
    assert context["note"].str.contains("contradicts").sum() >= 3
    assert table["simulated"].notna().all()


def test_a_scenario_that_misses_is_said_to() -> None:
    """With twice the leaving, the share that left is named."""
    scenario = ho.Scenario.default().replace({"loss.per_day": 0.02})
    found = calibrate(scenario, n_episodes=300, replicates=3)
    assert "left unplanned, %" in found.summary()


def test_everybody_can_be_followed() -> None:
    """Only the data cut moves, never back."""
    scenario = ho.Scenario.default()
    longer = followed_up(scenario, 420)
    assert longer.calendar.data_cut == scenario.calendar.last_start + dt.timedelta(days=420)
    assert longer.replace({"calendar.data_cut": scenario.calendar.data_cut}) == scenario
    assert followed_up(longer, 10) == longer


def test_progress_is_told_and_bad_numbers_are_refused() -> None:
    """Two replicates at least: one has no Monte Carlo error."""
    told: list[tuple[int, int]] = []
    calibrate(
        ho.Scenario.default(), n_episodes=50, replicates=2, progress=lambda *at: told.append(at)
    )
    assert told == [(1, 2), (2, 2)]
    with pytest.raises(ConfigError, match="replicates"):
        calibrate(ho.Scenario.default(), replicates=1)
