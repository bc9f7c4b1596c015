"""Times between attended visits, and what was usual."""

import numpy as np

from hinge_outcomes.analysis.progression.visit_intervals import derive_visit_intervals
from tests.hand_made import cohort_of, episode


def test_one_episode_by_hand():
    """Visits on 0, 7 and 20, a no-show on 14: two intervals, the second after a miss."""
    told = episode(
        visits={0: "attended", 7: "attended", 14: "no_show", 20: "attended"},
        ratings=[(7, 2, 1, True)],
        scores=[(-2, "nprs", 6.0), (20, "nprs", 3.0)],
    )
    rows = derive_visit_intervals(cohort_of(told))
    assert rows["visit_day"].tolist() == [7, 20]
    assert rows["lag_days"].tolist() == [7, 13]
    assert rows["has_missed"].tolist() == [False, True]
    assert rows["ordinal"].tolist() == [0, 1]
    assert rows["last_stage"].tolist() == [1, 2]
    assert rows["stage"].tolist() == [2, 2]
    assert rows["last_pain"].tolist() == [6, 6]
    assert rows["last_pain_days"].tolist() == [2, 9]
    assert np.isnan(rows["pain"][0])
    assert rows["pain"][1] == 3


def test_usual_is_the_clinics_median_where_it_has_enough():
    """Twelve patients of one clinic come after 5 days, three of another after 9: too few to say."""
    here = [episode(f"A{k}", visits=[0, 5]) for k in range(12)]
    there = [episode(f"B{k}", visits=[0, 9], clinic_id="C02") for k in range(3)]
    rows = derive_visit_intervals(cohort_of(*here, *there))
    assert (rows["usual_days"] == 5).all()


def test_an_episode_with_one_visit_has_no_interval():
    """Nothing lies between one visit and itself."""
    assert derive_visit_intervals(cohort_of(episode(visits=[0]))).empty
