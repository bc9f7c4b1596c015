"""What a registry knows of some patients and episodes: all that is theirs, and nothing else."""

from pathlib import Path

from hinge_outcomes.cohort.registry_known import read_known
from hinge_outcomes.cohort.registry_undo import undo_load
from tests.registries import made


def test_all_episodes_of_a_patient_are_known(tmp_path: Path) -> None:
    """Asked for a patient, her episodes come with visits, ratings and scores; of others none."""
    known = read_known(made(tmp_path))
    assert known is not None
    cohort = known({"p2"}, {"unheard of"})
    assert cohort is not None
    assert cohort.episodes["episode_id"].tolist() == ["e2", "e3"]
    assert cohort.patients["patient_id"].tolist() == ["p2"]
    assert len(cohort.visits) == 3
    assert str(cohort.visits["episode_id"].dtype) == "str"


def test_an_episode_is_known_by_its_own_id(tmp_path: Path) -> None:
    """Asked for an episode, that episode alone comes."""
    known = read_known(made(tmp_path))
    assert known is not None
    cohort = known(set(), {"e1"})
    assert cohort is not None
    assert cohort.episodes["episode_id"].tolist() == ["e1"]


def test_nothing_is_known_where_nothing_is(tmp_path: Path) -> None:
    """Without a registry, and in one whose only load was undone, nothing is known."""
    assert read_known(tmp_path / "none.duckdb") is None
    path = made(tmp_path)
    undo_load(path)
    known = read_known(path)
    assert known is not None
    assert known({"p1"}, set()) is None
