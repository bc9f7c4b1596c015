"""Printed answers on mastery agree with the printed curve and give no small count away."""

import pytest

from hinge_outcomes.analysis.progression.mastery import estimate_mastery
from hinge_outcomes.cohort.frames import Cohort
from hinge_outcomes.reporting.disclosure import Disclosure
from hinge_outcomes.reporting.mastery_answers import (
    NOT_REACHED,
    UNKNOWN,
    printed_answers,
    printed_curves,
)
from hinge_outcomes.reporting.measures import write_number
from tests.records import small_cohort


@pytest.mark.parametrize("stage", ["target", 3, 7])
@pytest.mark.parametrize("by", [None, "symptom_duration"])
def test_no_printed_number_and_step_differ_by_few(
    network: Cohort, stage: str | int, by: str | None
) -> None:
    """Of each clinic and group: events at a printed day and at the printed steps around it."""
    for clinic_id in network.clinics[:3]:
        estimate = estimate_mastery(network.select(clinic_id=clinic_id), stage, by=by)
        curves = printed_curves(estimate, Disclosure())
        truth = estimate.table()
        truth = truth[truth["quantity"] == "probability"].set_index(["group", "day"])
        shown = 0
        for answer in printed_answers(estimate, Disclosure()):
            if not answer.label.startswith("Mastered by day") or not answer.value.endswith("%"):
                continue
            day = int(answer.label.removeprefix("Mastered by day "))
            events = int(truth.loc[(answer.group, day), "n_events"])
            steps = curves[answer.group]
            so_far = int(steps.loc[steps["day"] <= day, "n_events"].sum())
            assert events - so_far == 0 or events - so_far >= 11
            shown += 1
        assert shown or by


def test_groups_are_hidden_together(network: Cohort) -> None:
    """On a day on which a group's number is hidden, it is not the only one of the three."""
    seen = 0
    for clinic_id in network.clinics:
        for stage in (3, 5, 7):
            cohort = network.select(clinic_id=clinic_id)
            estimate = estimate_mastery(cohort, stage, by="symptom_duration")
            answers = printed_answers(estimate, Disclosure())
            for label in {answer.label for answer in answers if "by day" in answer.label}:
                row = [answer.value for answer in answers if answer.label == label]
                hidden = row.count("hidden")
                seen += hidden > 0
                assert hidden != 1 or len(row) == 1 or UNKNOWN in row
    assert seen


def test_internal_answers_are_the_estimates(clinic: Cohort) -> None:
    """The clinic's own desk reads every number as estimated."""
    estimate = estimate_mastery(clinic)
    truth = estimate.table().set_index("quantity")
    answers = {a.label: a.value for a in printed_answers(estimate, Disclosure("internal"))}
    quarter = truth.loc["quantile_25_days", "estimate"]
    assert answers["Day by which a quarter had mastered it"] == write_number(quarter, "days")


def test_what_nobody_was_followed_for_is_unknown_not_unreached() -> None:
    """Followed for 20 days at most: means and shares by day 365 are not known."""
    cohort = small_cohort().select(clinic_id="C02")
    answers = printed_answers(estimate_mastery(cohort), Disclosure("internal"))
    values = {answer.value for answer in answers}
    assert UNKNOWN in values
    assert NOT_REACHED not in values
