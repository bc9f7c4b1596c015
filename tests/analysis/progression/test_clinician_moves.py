"""Counting moves and days at risk by clinician, stage, time in stage and case mix."""

import numpy as np
import pandas as pd
import pytest

from hinge_outcomes.analysis.progression.clinician_moves import MoveCounts, count_clinician_moves
from hinge_outcomes.exceptions import (
    AnalysisError,
    DataError,
    NoEventsError,
    NotIdentifiableError,
)


def stays() -> pd.DataFrame:
    """Four episodes of three clinicians at two clinics."""
    rows = [
        ("E1", "C1", "A", 0, 10, "stage_1", "stage_2", 50),
        ("E1", "C1", "A", 10, 18, "stage_2", "stage_1", 50),
        ("E1", "C1", "A", 18, 40, "stage_1", "lost", 50),
        ("E2", "C1", "B", 0, 12, "stage_2", "mastered", 60),
        ("E3", "C2", "A", 0, 5, "stage_1", "stage_3", 70),
        ("E3", "C2", "A", 5, 9, "stage_3", None, 70),
        ("E4", "C2", None, 0, 9, "stage_1", "stage_2", 40),
    ]
    names = ["episode_id", "clinic_id", "clinician_id", "start_day", "stop_day", "from_state"]
    return pd.DataFrame(rows, columns=[*names, "to_state", "age"])


def counted(**options: object) -> MoveCounts:
    """Count with defaults."""
    settings = {
        "adjust": "", "move": "forward", "bands": (7.0,), "clinician": "clinician_id",
        "clinic": "clinic_id",
    }  # fmt: skip
    settings |= options
    return count_clinician_moves(stays(), settings.pop("adjust"), **settings)


def test_moves_and_days_by_hand():
    """Stage 3 has no forward move and is left out; all other days and moves are kept."""
    found = counted()
    people = found.people.set_index(["clinic", "clinician"])
    assert people.index.tolist() == [("C1", "A"), ("C1", "B"), ("C2", "A")]
    assert people["n_moves"].tolist() == [1, 1, 1]
    assert people["n_days"].tolist() == [40, 12, 5]
    assert people["n_episodes"].tolist() == [1, 1, 1]
    assert found.n_days_without_moves == 4
    assert found.n_dropped == 1
    assert found.terms == ("stage_1", "stage_2", "after 7 days in stage")


def test_stays_are_cut_where_the_rate_may_change():
    """A stay of 10 days is 7 and 3; the move belongs to the last piece."""
    data = counted().data
    first = np.flatnonzero(data.episode == 0)[:2]
    assert np.exp(data.log_time[first]).tolist() == pytest.approx([7, 3])
    assert data.moves[first].tolist() == [0, 1]
    assert data.design[first].tolist() == [[1, 0, 0], [1, 0, 1]]


def test_moves_back_count_on_their_own():
    """One patient slips from stage 2 to stage 1, between days 7 and 8 in stage."""
    found = counted(move="backward")
    assert found.people["n_moves"].sum() == 1
    assert found.terms == ("stage_2",)
    assert found.people["n_days"].tolist() == [1, 5]


def test_the_same_name_at_two_clinics_is_two_clinicians():
    """Clinician A of C1 is not clinician A of C2, unless clinics are not told apart."""
    assert len(counted().people) == 3
    assert len(counted(clinic=None).people) == 2


def test_the_order_of_rows_does_not_matter():
    """Shuffled stays give the same sums."""
    found = count_clinician_moves(
        stays().sample(frac=1, random_state=1), "", move="forward", bands=(7.0,),
        clinician="clinician_id", clinic="clinic_id",
    )  # fmt: skip
    pd.testing.assert_frame_equal(found.people, counted().people)
    assert (np.diff(found.data.clinician) >= 0).all()


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"move": "up"}, AnalysisError, "forward, backward"),
        ({"adjust": "age +"}, AnalysisError, "cannot be read"),
        ({"adjust": "height"}, DataError, "height"),
        ({"clinician": "therapist"}, DataError, "therapist"),
        ({"bands": (7, 7)}, AnalysisError, "increasing"),
        ({"adjust": "age + I(2 * age)"}, NotIdentifiableError, "say the same"),
    ],
)
def test_what_cannot_be_counted_is_refused(options, error, message):
    """Each error names what is wrong and no value of a patient."""
    with pytest.raises(error, match=message):
        counted(**options)


def test_one_clinician_or_no_move_is_refused():
    """There must be something to compare."""
    options = {"move": "forward", "bands": (), "clinician": "clinician_id", "clinic": None}
    one = stays()[stays()["clinician_id"] == "B"]
    with pytest.raises(NotIdentifiableError, match="one clinician"):
        count_clinician_moves(one, "", **options)
    none = stays().assign(to_state=None)
    with pytest.raises(NoEventsError, match="Nobody moved forward"):
        count_clinician_moves(none, "", **options)
    with pytest.raises(DataError, match="not later"):
        count_clinician_moves(stays().assign(stop_day=0), "", **options)
