"""Marks are counted by clinic and quarter, and by whose they are."""

import numpy as np

from hinge_outcomes.cohort.quality_marks import Marks, count_marks, read_facts, records_visits
from tests.hand_made import cohort_of, episode

# 2026-09-30 less 10 days is in 2026Q3; less 100 days is 2026-06-22, in 2026Q2.
TWO_CLINICS = cohort_of(
    episode("E1", observed=10, visits={0: "attended", 4: "no_show"}, scores=[(0, "odi", 40.0)]),
    episode("E2", observed=100, visits=[0, 30], scores=[(0, "odi", 20.0), (0, "rmdq", 9.0)]),
    episode("E3", observed=10, clinic_id="C02", scores=[(0, "nprs", 5.0)]),
)


def test_cells_are_clinics_and_quarters_of_the_start() -> None:
    """Three episodes in two clinics and two quarters make three cells."""
    facts = read_facts(TWO_CLINICS)
    assert facts.cells.values.tolist() == [["C01", "2026Q2"], ["C01", "2026Q3"], ["C02", "2026Q3"]]
    assert facts.cell.tolist() == [1, 0, 2]


def test_counts_tell_things_from_the_people_behind_them() -> None:
    """Two marked and one unmarked thing of one episode: 2 of 3 things, one episode on each side."""
    facts = read_facts(TWO_CLINICS)
    marks = Marks(np.array([1, 1, 1, 0]), np.array([True, True, False, False]))
    counted = count_marks(marks, facts).set_index(["clinic_id", "quarter"])
    assert counted.loc[("C01", "2026Q2")].tolist() == [2, 3, 1, 1]
    assert counted.loc[("C01", "2026Q3")].tolist() == [0, 1, 0, 1]
    assert counted.loc[("C02", "2026Q3")].tolist() == [0, 0, 0, 0]


def test_pain_and_the_more_used_scale_of_function_are_expected() -> None:
    """Two ODI scores beat one RMDQ score; without either, what was used is expected."""
    assert read_facts(TWO_CLINICS).instruments == ("nprs", "odi")
    only = cohort_of(episode("E1", scores=[(0, "psfs", 4.0)]))
    assert read_facts(only).instruments == ("psfs",)


def test_attended_visits_and_their_last_day_are_known() -> None:
    """A no-show is not attended; an episode without visits has no last day."""
    facts = read_facts(TWO_CLINICS)
    assert facts.attended.is_marked.tolist() == [True, False, True, True]
    assert np.nan_to_num(facts.last_attended, nan=-1).tolist() == [0, 30, -1]
    assert records_visits(facts)
    assert not records_visits(read_facts(cohort_of(episode("E1"))))


def test_an_appointment_after_the_data_cut_is_not_attended() -> None:
    """The third visit lies a day after the data cut and does not count."""
    facts = read_facts(cohort_of(episode("E1", observed=10, visits=[0, 5, 11])))
    assert facts.attended.is_marked.tolist() == [True, True, False]
    assert facts.last_attended.tolist() == [5]
