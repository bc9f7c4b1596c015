"""What was known on day 0, and the refusal of what was not."""

import pytest

from hinge_outcomes.cohort.day0 import check_day0_columns, derive_day0
from hinge_outcomes.cohort.extra_columns import ExtraColumn
from hinge_outcomes.exceptions import AnalysisError
from tests.records import small_cohort, small_tables


def test_each_episode_has_its_day0_columns() -> None:
    """Age is the year of the start minus the year of birth; nothing of later days is there."""
    frame = derive_day0(small_cohort())
    assert frame["episode_id"].tolist() == ["e1", "e2", "e3"]
    assert frame["age"].tolist() == [56, 46, 46]
    assert not {"end_day", "end_reason", "last_observed_day", "birth_year"} & set(frame)


def test_own_columns_come_if_known_on_day_zero() -> None:
    """Clinic columns of patients and episodes come along; those of later days are refused."""
    tables = small_tables()
    tables["patients"]["x_job"] = ["desk", "farm"]
    tables["episodes"]["x_attendance"] = [1.0, 0.5, None]
    columns = (
        ExtraColumn("patients", "x_job", "text"),
        ExtraColumn("episodes", "x_attendance", "number", timing="later"),
    )
    cohort = small_cohort(
        patients=tables["patients"], episodes=tables["episodes"], extra_columns=columns
    )
    assert derive_day0(cohort)["x_job"].tolist() == ["desk", "farm", "farm"]
    check_day0_columns(cohort, ["x_job", "clinic_id", "sex"])
    with pytest.raises(AnalysisError, match=r"x_attendance.*landmark_day="):
        check_day0_columns(cohort, ["x_attendance"])


def test_a_mistyped_column_is_not_taken_for_a_later_one() -> None:
    """A name that no table has is told as such, with the one that was meant."""
    with pytest.raises(AnalysisError, match=r"no such column. Did you mean symptom_duration\?"):
        check_day0_columns(small_cohort(), ["symptom_durations"])
    with pytest.raises(AnalysisError, match="not known on day 0"):
        check_day0_columns(small_cohort(), ["end_reason"])
