"""Late, silent and stale records are found by the days that the rules name."""

import pytest

from hinge_outcomes.cohort.frames import Cohort
from hinge_outcomes.cohort.quality_marks import read_facts
from hinge_outcomes.cohort.timeliness import (
    describe_delays,
    describe_last_records,
    timeliness_measures,
)
from tests.hand_made import cohort_of, episode


def found(cohort: Cohort, name: str) -> tuple[int, int]:
    """Things late, of those looked at."""
    facts = read_facts(cohort)
    marks = next(m for m in timeliness_measures(facts) if m.name == name).marks(facts)
    assert marks is not None
    return int(marks.is_marked.sum()), len(marks.is_marked)


def test_a_score_can_be_had_while_its_window_is_open() -> None:
    """The 6-week window is open from day 28 to the day before it closes on day 56."""
    told = [
        episode(f"E{observed}", observed=observed, scores=[(0, "nprs", 5.0)])
        for observed in (27, 28, 55, 56)
    ]
    scored = episode("E40", observed=40, scores=[(30, "nprs", 5.0)])
    assert found(cohort_of(*told, scored), "due_now_nprs_42") == (2, 3)


@pytest.mark.parametrize(("last", "is_silent"), [(58, 0), (57, 1)])
def test_an_open_episode_is_silent_after_more_than_42_days(last: int, is_silent: int) -> None:
    """100 days after the start, a last visit on day 58 is 42 days ago, one on day 57 is 43."""
    cohort = cohort_of(
        episode("E1", observed=100, visits=[0, last]),
        episode("E2", observed=100, visits=[0], end=(10, "goals_met")),
    )
    assert found(cohort, "open_silent") == (is_silent, 1)


def test_an_open_episode_nobody_came_to_is_silent_from_its_start() -> None:
    """Without any attended visit the silence begins on day 0."""
    cohort = cohort_of(
        episode("E1", observed=43, visits={0: "no_show"}), episode("E2", observed=42, visits=[])
    )
    assert found(cohort, "open_silent") == (1, 2)


def test_a_record_is_closed_late_after_84_days() -> None:
    """Closed 85 days after the last visit is late, 84 days is not."""
    cohort = cohort_of(
        episode("E1", visits=[0, 10], end=(95, "goals_met")),
        episode("E2", visits=[0, 10], end=(94, "goals_met")),
        episode("E3", visits=[0, 10]),
    )
    assert found(cohort, "closed_late") == (1, 2)


def test_delays_are_measured_from_the_planned_day() -> None:
    """Scores of days 88, 93 and 97 for day 91: 2 days late at the median, and 3 days away."""
    cohort = cohort_of(
        episode("E1", scores=[(88, "nprs", 3.0)]),
        episode("E2", scores=[(93, "nprs", 3.0)]),
        episode("E3", clinic_id="C02", scores=[(97, "nprs", 3.0)]),
    )
    delays = describe_delays(read_facts(cohort)).set_index("clinic_id")
    both = delays[delays.index.isna()].iloc[0]
    assert (both["n"], both["median_days"], both["median_distance"]) == (3, 2, 3)
    assert delays.loc["C02", ["n", "median_days", "median_distance"]].tolist() == [1, 6, 6]
    assert both["follow_up"] == "13 weeks"


def test_the_last_record_before_the_data_cut_is_found_by_clinic() -> None:
    """C01 has a score 3 days before the cut; C02 has nothing for 20 days, which is stale."""
    cohort = cohort_of(
        episode("E1", observed=100, visits=[0, 50], scores=[(97, "nprs", 3.0)]),
        episode("E2", observed=20, clinic_id="C02"),
    )
    table = describe_last_records(read_facts(cohort))
    assert table.values.tolist() == [["C01", 1, 3, False], ["C02", 1, 20, True]]
