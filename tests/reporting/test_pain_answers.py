"""Deeper questions of pain on a page: the estimators' numbers, and nothing of few people."""

import hinge_outcomes as ho
from hinge_outcomes.cohort.frames import Cohort
from hinge_outcomes.reporting.blocks import Figure, Notice, Table
from hinge_outcomes.reporting.disclosure import HIDDEN, Disclosure
from hinge_outcomes.reporting.measures import write_number
from hinge_outcomes.reporting.pain_answers import (
    clinician_share_table,
    completion_table,
    difference_table,
    missing_figure,
    missing_table,
    response_time_table,
    stage_table,
)

RELEASE, INTERNAL = Disclosure(), Disclosure("internal")
FEW = ho.simulate(ho.Scenario.default(), n_episodes=24, seed=2)


def test_differences_print_what_the_joint_fit_gives(clinic: Cohort) -> None:
    """Adjusted differences with their intervals; what groups were made alike in is said."""
    estimate = ho.estimate_change(clinic, by="symptom_duration", adjust="baseline_score")
    table = difference_table(estimate, RELEASE)
    assert isinstance(table, Table)
    expected = estimate.differences()["estimate"]
    assert [row[1] for row in table.rows] == [f"{one:.2f}".replace("-", "−") for one in expected]
    assert "same baseline score" in table.notes[0]


def test_differences_of_few_are_not_told() -> None:
    """Groups of less than eleven have no mean, and so no difference."""
    estimate = ho.estimate_change(FEW, by="symptom_duration")
    assert isinstance(difference_table(estimate, RELEASE), Notice)
    assert isinstance(difference_table(estimate, INTERNAL), Table)


def test_completion_hides_shares_of_few(clinic: Cohort) -> None:
    """Each follow-up has its share; where few are missing, or few answered, it is hidden."""
    rates = ho.describe_completion(clinic)
    assert len(completion_table(rates, RELEASE).rows) == 5
    hidden = completion_table(ho.describe_completion(FEW), RELEASE)
    assert any(HIDDEN in row for row in hidden.rows)
    assert not any(HIDDEN in row for row in completion_table(rates, INTERNAL).rows)


def test_response_times_end_where_few_are_followed(clinic: Cohort) -> None:
    """The last window rests on few still followed and is hidden for release."""
    times = ho.estimate_time_to_response(clinic)
    shown, hidden = (response_time_table(times, rules) for rules in (INTERNAL, RELEASE))
    first = times.table()["estimate"].iloc[0]
    assert shown.rows[0][1] == write_number(first, "share")
    assert hidden.rows[-1][1] == HIDDEN
    sure = response_time_table(ho.estimate_time_to_response(clinic, confirmed=True), RELEASE)
    assert "confirms" in sure.caption


def test_missing_scores_have_a_row_for_each_assumption(clinic: Cohort) -> None:
    """Methods with what they assume, and the tipping point below; a picture beside."""
    analysis = ho.analyse_missing(clinic, n_imputations=5)
    table = missing_table(analysis, RELEASE)
    assert isinstance(table, Table)
    assert table.rows[0][0] == "Available cases"
    assert len(table.rows) == 9
    assert isinstance(missing_figure(analysis, RELEASE), Figure)


def test_missing_scores_of_few_are_not_looked_into() -> None:
    """Where less than eleven lack a score nothing is told of them."""
    analysis = ho.analyse_missing(
        ho.simulate(ho.Scenario.default(), n_episodes=40, seed=3), n_imputations=5
    )
    assert 0 < analysis.n_due - analysis.n_seen < 11
    assert isinstance(missing_table(analysis, RELEASE), Notice)
    assert isinstance(missing_figure(analysis, RELEASE), Notice)


def test_stages_are_told_where_there_are_stages(clinic: Cohort) -> None:
    """Nine terms; a notice for an instrument that is not asked in care."""
    table = stage_table(clinic, "nprs", RELEASE)
    assert isinstance(table, Table)
    assert len(table.rows) == 9
    assert isinstance(stage_table(clinic, "fabq", RELEASE), Notice)


def test_one_clinic_has_no_network_and_the_page_says_so(network: Cohort, clinic: Cohort) -> None:
    """Shares of several clinics, none of one; nobody is named."""
    table = clinician_share_table(network, "nprs", 91, RELEASE)
    assert isinstance(table, Table)
    assert {row[0] for row in table.rows} == {"Clinicians", "Clinics"}
    notice = clinician_share_table(clinic, "nprs", 91, RELEASE)
    assert isinstance(notice, Notice)
    assert "two clinics or more" in str(notice)
