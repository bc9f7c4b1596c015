"""Care sections: effects of chance have an off switch inside their range."""

import pytest

from hinge_outcomes.simulation import Scenario

OFF = [
    "visits.no_show", "visits.no_show_sd", "visits.cancelled", "visits.rating_error",
    "visits.warm_up", "discharge.goals_met", "discharge.referred", "discharge.administrative",
    "loss.per_visit", "loss.pain_per_point", "pain.clinician_icc", "pain.clinic_icc",
    "pain.mastery_nprs", "pain.mastery_odi", "pain.nprs_error_sd", "pain.odi_error_sd",
    "questionnaires.odi_blank", "learning.frailty_sd", "learning.clinic_sd",
]  # fmt: skip


@pytest.mark.parametrize("key", OFF)
def test_a_mechanism_can_be_switched_off(key: str) -> None:
    """0 is allowed and is not what ships, so the default has every mechanism."""
    section, name = key.split(".")
    assert getattr(getattr(Scenario.default(), section), name) != 0
    off = Scenario.default().replace({key: 0})
    assert getattr(getattr(off, section), name) == 0
