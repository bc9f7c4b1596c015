"""Pain sections: three durations, three questionnaires, and correlations that stay possible."""

import pytest

from hinge_outcomes.cohort.tables import DURATIONS
from hinge_outcomes.domain.follow_up import WINDOWS
from hinge_outcomes.domain.instruments import INSTRUMENTS
from hinge_outcomes.simulation import Scenario
from hinge_outcomes.simulation.choices import MECHANISMS
from hinge_outcomes.simulation.pain_sections import Pain, Questionnaires
from hinge_outcomes.simulation.parameters import declared
from hinge_outcomes.simulation.questionnaires import MAILED_DAYS

DEFAULT = Scenario.default()
RULES = declared(Pain)
OFF = [
    "pain.nprs_deviation_sd", "pain.odi_deviation_sd", "pain.nprs_weekly_sd", "pain.odi_weekly_sd",
    "pain.weekly_correlation", "pain.flares_per_year", "pain.clinician_icc", "pain.clinic_icc",
    "pain.mastery_nprs", "pain.mastery_odi", "pain.nprs_error_sd", "pain.odi_error_sd",
    "pain.rmdq_error_sd", "pain.psfs_error_sd", "questionnaires.rmdq", "questionnaires.psfs",
    "questionnaires.response_left", "questionnaires.response_pain", "questionnaires.odi_blank",
]  # fmt: skip


@pytest.mark.parametrize("key", OFF)
def test_a_mechanism_can_be_switched_off(key: str) -> None:
    """0 is allowed and is not what ships, so the default has every mechanism."""
    section, name = key.split(".")
    assert getattr(getattr(DEFAULT, section), name) != 0
    assert getattr(getattr(DEFAULT.replace({key: 0}), section), name) == 0


@pytest.mark.parametrize("name", ["nprs_mean", "nprs_sd", "odi_mean", "odi_sd"])
def test_baseline_is_told_for_each_duration(name: str) -> None:
    """One value for acute, subacute and chronic."""
    assert RULES[name].length == len(DURATIONS)


@pytest.mark.parametrize("code", ["nprs", "odi"])
def test_means_lie_within_the_instrument(code: str) -> None:
    """A mean can be asked for at every score of its instrument, and at no other."""
    rule, instrument = RULES[f"{code}_mean"], INSTRUMENTS[code]
    assert (rule.minimum, rule.maximum) == (instrument.minimum, instrument.maximum)


@pytest.mark.parametrize("name", ["baseline_correlation", "deviation_correlation"])
def test_a_correlation_stays_short_of_one(name: str) -> None:
    """So that what is not shared has a positive variance."""
    assert -1 < RULES[name].minimum < RULES[name].maximum < 1
    assert RULES["weekly_correlation"].maximum < 1


def test_clinic_and_clinician_leave_the_patient_a_share_of_the_variance() -> None:
    """The two ICCs can take all of it, and never more."""
    assert RULES["clinic_icc"].maximum + RULES["clinician_icc"].maximum == 1


def test_questionnaires_go_out_at_three_planned_follow_ups() -> None:
    """There is a share of answers for each, none of which is 0 or 1, and none comes too late."""
    rules = declared(Questionnaires)
    assert rules["response"].length == len(MAILED_DAYS)
    assert 0 < rules["response"].minimum < rules["response"].maximum < 1
    assert rules["mechanism"].choices == MECHANISMS
    for day in MAILED_DAYS:
        assert day + rules["late_days"].maximum <= WINDOWS[day].last_day
