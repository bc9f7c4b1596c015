"""A cohort on the forms of the kit: every rating and score has one place."""

import dataclasses

import pandas as pd
import pytest
from hypothesis import given, settings

import hinge_outcomes as ho
from hinge_outcomes.cohort.extra_columns import ExtraColumn
from hinge_outcomes.cohort.frames import Cohort
from hinge_outcomes.exceptions import DataError
from hinge_outcomes.ingestion.capture_records import fill_forms
from tests.hand_made import cohort_of, episode
from tests.strategies import cohorts


def with_a_course(cohort: Cohort) -> Cohort:
    """The cohort without the patients who have no episode."""
    has_one = cohort.patients["patient_id"].isin(cohort.episodes["patient_id"])
    return dataclasses.replace(cohort, patients=cohort.patients[has_one])


@settings(max_examples=40)
@given(cohorts())
def test_every_rating_and_score_has_one_place(cohort: Cohort) -> None:
    """What stands in the rows of visits and in rows of its own adds up to the tables."""
    rows = fill_forms(with_a_course(cohort))
    visits = rows["visit"]
    assert len(rows["course"]) == len(cohort.episodes)
    assert len(visits) == len(cohort.visits)
    rated = visits[["stage", "also_stage"]].notna().sum().sum() + len(rows["rating"])
    assert rated == len(cohort.assessments)
    scored = visits[["nprs", "odi"]].notna().sum().sum() + len(rows["questionnaire"])
    assert scored == len(cohort.outcomes)


def test_a_day_stands_in_the_row_of_its_kept_appointment() -> None:
    """Working stage, warm-up, pain and disability stand beside it; days are dates."""
    rows = fill_forms(ho.simulate(ho.Scenario.default(), n_episodes=60, seed=7))
    kept = rows["visit"][rows["visit"]["visit_status"] == "attended"]
    assert kept["stage"].notna().mean() > 0.9
    assert kept["also_stage"].notna().any()
    assert kept["nprs"].notna().any()
    missed = rows["visit"][rows["visit"]["visit_status"] == "no_show"]
    assert missed[["stage", "also_stage", "nprs", "odi"]].isna().all(axis=None)
    assert isinstance(kept["visit_date"].iloc[0], pd.Timestamp)


def test_what_finds_no_row_has_one_of_its_own() -> None:
    """A score before the start, one between visits and a third rating are not lost."""
    cohort = cohort_of(episode(observed=260))
    outcomes = pd.DataFrame(
        {"episode_id": "E1", "measured_day": [-3, 40], "instrument": ["odi", "nprs"],
         "score": [40.0, 5.0], "items": [[2] * 10, None]}
    )  # fmt: skip
    rows = fill_forms(dataclasses.replace(cohort, outcomes=outcomes))["questionnaire"]
    assert [day.isoformat()[:10] for day in rows["score_date"]] == ["2026-01-10", "2026-02-22"]
    assert rows["score_items"].tolist() == ["[2, 2, 2, 2, 2, 2, 2, 2, 2, 2]", None]


def test_a_second_appointment_of_the_day_does_not_repeat_what_was_rated() -> None:
    """Ratings and scores stand in the first kept appointment of the day, and only there."""
    cohort = cohort_of(episode())
    visits = pd.DataFrame(
        {"episode_id": "E1", "visit_day": [7, 7, 7], "visit_number": [1, 2, 3],
         "status": ["cancelled", "attended", "attended"]}
    )  # fmt: skip
    assessments = pd.DataFrame(
        {"episode_id": "E1", "assessed_day": [7, 7, 7], "stage": [1, 2, 3],
         "mastery_level": [3, 1, 2], "is_working_stage": [False, True, None]}
    )  # fmt: skip
    filled = fill_forms(dataclasses.replace(cohort, visits=visits, assessments=assessments))
    assert filled["visit"]["stage"].tolist() == [None, 2, None]
    assert filled["visit"]["also_stage"].tolist() == [None, 1, None]
    assert filled["rating"][["rated_stage", "rated_is_working"]].values.tolist() == [[3, None]]


def test_what_no_form_asks_is_refused() -> None:
    """A cohort with patients without a course, or with dates reduced to years, is not half kept."""
    cohort = cohort_of(episode())
    lonely = pd.concat([cohort.patients, pd.DataFrame({"patient_id": ["P99"]})])
    with pytest.raises(DataError, match="1 patients have no course"):
        fill_forms(dataclasses.replace(cohort, patients=lonely))
    with pytest.raises(DataError, match="reduced to years"):
        fill_forms(dataclasses.replace(cohort, is_deidentified=True))


def test_columns_of_the_clinic_are_refused_by_name() -> None:
    """The kit has no question for them, and says which they are."""
    cohort = cohort_of(episode())
    column = ExtraColumn("episodes", "x_group", "text")
    wider = dataclasses.replace(
        cohort, episodes=cohort.episodes.assign(x_group="a"), extra_columns=(column,)
    )
    with pytest.raises(DataError, match="x_group"):
        fill_forms(wider)
