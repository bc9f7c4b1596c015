"""A cohort in the terms of published figures: each statistic by hand on a few episodes."""

import math

import pytest

from hinge_outcomes.cohort.frames import Cohort
from hinge_outcomes.cohort.profile import describe_profile, profile_values
from hinge_outcomes.domain.published_figures import PUBLISHED_FIGURES
from tests.hand_made import cohort_of, episode


def told() -> Cohort:
    """Four episodes of three patients, told so that every figure can be counted in the head."""
    of_first = {"symptom_duration": "chronic", "start_back_risk": "low", "clinician_id": "A"}
    return cohort_of(
        episode(
            "E1", observed=800, visits={0: "attended", 7: "no_show", 14: "attended"},
            end=(14, "goals_met"), **of_first, patient_id="P-E1",
            scores=[(0, "nprs", 6.0), (0, "odi", 30.0), (42, "nprs", 3.0), (91, "nprs", 4.0),
                    (91, "odi", 25.0), (182, "odi", 21.0)],
        ),
        episode(
            "E2", observed=500, visits=[0], end=(50, "self_discharged"), **of_first,
            patient_id="P-E1", scores=[(0, "nprs", 5.0), (0, "odi", 20.0), (91, "nprs", 5.0),
                                       (91, "odi", 10.0)],
        ),
        episode(
            "E3", observed=400, visits=[0, 7], symptom_duration="acute", start_back_risk="high",
            clinician_id="B", scores=[(0, "nprs", 1.0), (0, "odi", 50.0), (91, "nprs", 0.0)],
        ),
        episode("E4", observed=100, visits=[0], symptom_duration="subacute", clinician_id="B"),
        patients={"birth_year": 1970, "sex": "female"},
    )  # fmt: skip


def test_shares_and_means_are_plain_counts() -> None:
    """Durations among all, visits, no-shows and losses among those followed for a year."""
    values = profile_values(told())
    assert values["chronic"] == (50.0, 4)
    assert values["risk_low"] == (pytest.approx(200 / 3), 3)
    assert values["visits_chronic"] == (1.5, 2)
    assert values["any_no_show"] == (pytest.approx(100 / 3), 3)
    assert values["left"] == (pytest.approx(100 / 3), 3)
    assert values["female"] == (100.0, 4)
    assert values["nprs_chronic"] == (5.5, 2)


def test_responders_need_room_at_baseline() -> None:
    """A fall of 2 in 6, none in 5; a baseline of 1 has no room; 10 ODI points in one of two."""
    values = profile_values(told())
    assert values["nprs_responders"] == (50.0, 2)
    assert values["odi_responders"] == (50.0, 2)
    assert values["nprs_responders_6"] == (100.0, 1)
    assert values["disabled_low"] == (100.0, 1)


def test_answers_count_among_those_out_of_care_by_then() -> None:
    """E1 and E2 had ended before the window and answered; E3 is still in care."""
    assert profile_values(told())["answered_13"] == (100.0, 2)


def test_a_return_counts_from_the_end_of_the_episode_before() -> None:
    """E1 ended on day 14 of 800, E2 begins 300 days after E1 did."""
    values = profile_values(told())
    assert values["days_to_return"] == (300 - 14, 1)
    assert values["returned"] == (50.0, 2)


def test_what_cannot_be_computed_is_missing() -> None:
    """Two pairs give no correlation, a cohort without scores no mean; neither is an error."""
    values = profile_values(told())
    assert math.isnan(values["change_correlation"][0])
    bare = profile_values(cohort_of(episode("E1", observed=30, visits=[0])))
    assert math.isnan(bare["nprs_chronic"][0])
    assert bare["nprs_chronic"][1] == 0


def test_the_profile_has_a_row_for_every_published_figure() -> None:
    """Figures of other settings stand beside the same value of the cohort."""
    profile = describe_profile(told())
    assert len(profile) == len(PUBLISHED_FIGURES)
    of_age = profile.loc[profile["name"] == "age_mean", "value"]
    assert len(of_age) > 1
    assert of_age.nunique() == 1
