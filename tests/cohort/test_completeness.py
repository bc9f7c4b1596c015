"""What should be there is counted among those in whom it could be there."""

import numpy as np
import pytest

from hinge_outcomes.cohort.completeness import completeness_measures, is_due, is_scored
from hinge_outcomes.cohort.frames import Cohort
from hinge_outcomes.cohort.quality_marks import read_facts
from hinge_outcomes.domain.follow_up import WINDOWS
from tests.hand_made import cohort_of, episode


def found(cohort: Cohort) -> dict[str, tuple[int, int]]:
    """Things that are there, of those that should be, by the name of the measure."""
    facts = read_facts(cohort)
    marks = {m.name: m.marks(facts) for m in completeness_measures(facts)}
    return {
        name: (int(each.is_marked.sum()), len(each.is_marked))
        for name, each in marks.items()
        if each is not None
    }


@pytest.mark.parametrize(("observed", "due"), [(111, False), (112, True), (113, True)])
def test_a_score_is_due_once_its_window_has_closed(observed: int, due: bool) -> None:
    """The 13-week window ends on day 112: due from then on, and not a day before."""
    facts = read_facts(cohort_of(episode("E1", observed=observed)))
    assert is_due(facts, WINDOWS[91]).tolist() == [due]


def test_a_score_counts_inside_its_window_only() -> None:
    """Day 70 is in the 13-week window, day 69 is not, and another instrument does not help."""
    cohort = cohort_of(
        episode("E1", scores=[(70, "nprs", 3.0)]),
        episode("E2", scores=[(69, "nprs", 3.0)]),
        episode("E3", scores=[(91, "odi", 3.0)]),
    )
    assert is_scored(read_facts(cohort), "nprs", WINDOWS[91]).tolist() == [True, False, False]


def test_follow_ups_are_counted_among_those_due() -> None:
    """Of three episodes two are past the 13-week window; one of them has the score."""
    cohort = cohort_of(
        episode("E1", observed=200, scores=[(0, "nprs", 6.0), (90, "nprs", 3.0)]),
        episode("E2", observed=150, scores=[(3, "nprs", 6.0)]),
        episode("E3", observed=50, scores=[(4, "nprs", 6.0)]),
    )
    there = found(cohort)
    assert there["nprs_0"] == (2, 3)
    assert there["nprs_42"] == (0, 2)
    assert there["nprs_91"] == (1, 2)
    assert there["nprs_364"] == (0, 0)


def test_facts_of_day_0_are_counted_in_all_episodes() -> None:
    """A sex recorded as unknown is not known; a patient's facts count in each episode."""
    cohort = cohort_of(
        episode("E1", symptom_duration="acute"),
        episode("E2", patient_id="P-E1", observed=100),
        patients={"sex": "unknown", "birth_year": 1970},
    )
    there = found(cohort)
    assert there["sex"] == (0, 2)
    assert there["birth_year"] == (2, 2)
    assert there["symptom_duration"] == (1, 2)
    assert there["start_back_risk"] == (0, 2)
    assert there["entry_stage"] == (2, 2)


def test_stages_are_counted_in_attended_visits() -> None:
    """Of three attended visits one has a rating, and two a working stage."""
    cohort = cohort_of(
        episode(
            "E1",
            visits={0: "attended", 7: "attended", 14: "attended", 21: "no_show"},
            ratings=[(0, 1, None, True), (7, 1, 2), (21, 1, 2)],
        )
    )
    there = found(cohort)
    assert there["working_stage"] == (2, 3)
    assert there["rating"] == (1, 3)


def test_without_stages_or_visits_nothing_is_asked_of_them() -> None:
    """Records that never held stages are not called incomplete for it."""
    bare = found(cohort_of(episode("E1", entry=None, target=None, visits=[0, 7])))
    assert not {"entry_stage", "target_stage", "working_stage", "rating"} & set(bare)
    assert "working_stage" not in found(cohort_of(episode("E1")))


def test_a_rating_of_another_episode_on_the_same_day_does_not_count() -> None:
    """Both patients came on day 7; the one who was not rated stays unrated."""
    cohort = cohort_of(
        episode("E1", visits=[7], ratings=[(7, 1, 2, True)]), episode("E2", visits=[7])
    )
    facts = read_facts(cohort)
    rating = next(m for m in completeness_measures(facts) if m.name == "rating")
    marks = rating.marks(facts)
    assert marks is not None
    assert np.array_equal(marks.episode[marks.is_marked], [0])
