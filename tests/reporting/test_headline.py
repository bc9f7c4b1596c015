"""Headline numbers: enough of them are shown, and each is the estimator's own."""

import pandas as pd
import pytest

from hinge_outcomes.analysis.pain.change import estimate_change
from hinge_outcomes.analysis.progression.mastery import estimate_mastery
from hinge_outcomes.cohort.frames import Cohort
from hinge_outcomes.cohort.quarters import Quarter, last_complete_quarter
from hinge_outcomes.domain.states import END_REASONS
from hinge_outcomes.reporting.disclosure import Disclosure
from hinge_outcomes.reporting.flow import Activity
from hinge_outcomes.reporting.headline import activity_measures, headline_measures, headline_window
from tests.records import small_cohort

HEADLINE = {
    "started",
    "open",
    *(f"ended_{reason}" for reason in END_REASONS),
    "capture",
    "change_nprs",
    "response_nprs",
    "change_odi",
    "response_odi",
    "mastery_180",
    "mastery_365",
    "loss",
}
QUARTER = Quarter.parse("2026Q3")


def test_at_least_four_fifths_of_the_headline_are_shown(network: Cohort) -> None:
    """Over all clinics of the last complete quarter, stand-ins of twelve months not counted."""
    quarter = last_complete_quarter(network.cut_of())
    shown = asked = 0
    for clinic_id in network.clinics:
        measures = headline_measures(network.select(clinic_id=clinic_id), quarter, Disclosure())
        assert set(measures) >= HEADLINE
        asked += len(HEADLINE)
        shown += sum(measures[key].is_shown and not measures[key].is_stand_in for key in HEADLINE)
    assert asked == 16 * len(network.clinics)
    assert shown >= 0.8 * asked


def test_figures_are_the_estimators_of_the_named_people(clinic: Cohort) -> None:
    """13 weeks speak of Jan-Mar 2026, 12 months of Jul-Sep 2025, as the estimators have them."""
    measures = headline_measures(clinic, QUARTER, Disclosure("internal"))
    change = estimate_change(clinic.select(quarter="2026Q1"), "nprs", 91).table().iloc[0]
    assert measures["change_nprs"].estimate == pytest.approx(change["estimate"], rel=1e-12)
    assert measures["change_nprs"].people == "started Jan–Mar 2026"
    table = estimate_mastery(clinic.select(quarter="2025Q3"), horizon_day=365).table()
    by_year = table[(table["quantity"] == "probability") & (table["day"] == 365)].iloc[0]
    assert measures["mastery_365"].ci_low == pytest.approx(by_year["ci_low"], rel=1e-12)
    assert measures["mastery_365"].people == "started Jul–Sep 2025"


def test_traffic_balances_on_the_page(clinic: Cohort) -> None:
    """Internally: in care before + started = ended + in care after."""
    measures = headline_measures(clinic, QUARTER, Disclosure("internal"))
    ended = sum(measures[f"ended_{reason}"].estimate or 0 for reason in END_REASONS)
    before, started, after = (measures[key].estimate or 0 for key in ("before", "started", "open"))
    assert before + started == ended + after


def test_a_small_number_of_starters_cannot_be_worked_out() -> None:
    """With 5 starters, those in care before are hidden too: the balance would give them away."""
    ended = dict.fromkeys(END_REASONS, 0) | {"goals_met": 20}
    measures = activity_measures(Activity(40, 5, ended, 25), QUARTER, Disclosure())
    assert not measures["started"].is_shown
    assert not measures["before"].is_shown
    assert measures["ended_goals_met"].is_shown


def test_without_stages_the_rest_is_told() -> None:
    """A cohort without stages has outcome figures and no row about mastery or loss."""
    cohort = small_cohort()
    episodes = cohort.episodes.assign(
        entry_stage=None, target_stage=None, end_day=None, end_reason=None,
        last_observed_day=[268, 240, 20],
    )  # fmt: skip
    bare = small_cohort(
        episodes=episodes,
        visits=cohort.visits.iloc[:0],
        assessments=cohort.assessments.iloc[:0],
        outcomes=pd.DataFrame(
            {"episode_id": ["e1", "e1"], "measured_day": [0, 91], "instrument": "nprs",
             "score": [6.0, 3.0]}
        ),
    )  # fmt: skip
    measures = headline_measures(bare, QUARTER, Disclosure("internal"))
    assert measures["change_nprs"].estimate == pytest.approx(-3)
    assert not set(measures) & {"mastery_180", "mastery_365", "loss"}
    assert measures["response_odi"].value == "–"


def test_a_young_clinic_speaks_of_six_weeks() -> None:
    """Where nobody has been followed for 13 weeks the headline speaks of 6."""
    cohort = small_cohort()
    window = headline_window(cohort, QUARTER)
    assert window.name == "13 weeks"
    young = cohort.select(quarter="2026Q1")
    assert headline_window(young, Quarter.parse("2026Q1")).name == "6 weeks"


def test_a_small_end_is_told_for_twelve_months() -> None:
    """Four referred in the quarter are hidden; forty in the year stand in and say so."""
    ended = dict.fromkeys(END_REASONS, 0) | {"goals_met": 20, "referred_out": 4, "mastered": 15}
    year = {reason: 10 * count for reason, count in ended.items()}
    measures = activity_measures(
        Activity(60, 60, ended, 81),
        QUARTER,
        Disclosure(),
        year=Activity(0, 400, year, 10),
    )
    referred = measures["ended_referred_out"]
    assert (referred.estimate, referred.is_stand_in) == (40, True)
    assert "Oct 2025–Sep 2026" in referred.detail
    assert measures["ended_mastered"].is_stand_in
    assert not measures["ended_goals_met"].is_stand_in
