"""How far a long simulation is: what a run trusts of what it finds in its folder."""

from pathlib import Path

import pytest

from hinge_outcomes.cohort.parts import part_entry
from hinge_outcomes.exceptions import DataError
from hinge_outcomes.simulation import Scenario
from hinge_outcomes.simulation.run_progress import (
    Part,
    begun_parts,
    is_finished,
    plan_of,
    write_end,
    write_progress,
    written_parts,
)

PLAN = plan_of(Scenario.default(), n_episodes=30, seed=7, partition_episodes=10)


def parts_in(folder: Path) -> list[Part]:
    """Two parts of one file each, written."""
    parts = []
    for number, content in enumerate((b"one", b"two")):
        file = f"visits-{number}"
        folder.mkdir(exist_ok=True)
        (folder / file).write_bytes(content)
        parts.append(Part({"visits": part_entry(file, 1, content)}, 9 * number, number))
    return parts


def test_what_is_written_down_is_read_again(tmp_path: Path) -> None:
    """Files, the next patient and the episodes already told come back as they were."""
    parts = parts_in(tmp_path / "run")
    write_progress(tmp_path / "run", PLAN, parts)
    assert begun_parts(tmp_path / "run", PLAN) == parts
    assert written_parts(tmp_path / "run", PLAN) == parts


def test_parts_after_one_that_is_not_intact_are_not_trusted(tmp_path: Path) -> None:
    """With the first part changed nothing stands; with the second gone the first does."""
    folder = tmp_path / "run"
    parts = parts_in(folder)
    write_progress(folder, PLAN, parts)
    (folder / "visits-1").unlink()
    assert written_parts(folder, PLAN) == parts[:1]
    (folder / "visits-0").write_bytes(b"another")
    assert written_parts(folder, PLAN) == []


def test_a_new_or_empty_folder_is_begun(tmp_path: Path) -> None:
    """No folder, an empty one, or what a run killed in its first moment left: no parts yet."""
    assert begun_parts(tmp_path / "new", PLAN) == []
    assert begun_parts(tmp_path, PLAN) == []
    (tmp_path / ".x8f.part").write_bytes(b"")
    assert begun_parts(tmp_path, PLAN) == []
    assert not is_finished(tmp_path, PLAN)


@pytest.mark.parametrize("text", ["{", "{}", "[]", '{"simulation": {}, "parts": [1]}'])
def test_a_progress_that_cannot_be_read_is_named(text: str, tmp_path: Path) -> None:
    """The message says what to do instead of going on from nowhere."""
    (tmp_path / "progress.json").write_text(text, encoding="utf-8")
    with pytest.raises(DataError, match=r"progress\.json .* cannot be read.*delete this one"):
        begun_parts(tmp_path, PLAN)


def test_a_file_in_the_way_is_named(tmp_path: Path) -> None:
    """A path that is a file is no folder to write to."""
    (tmp_path / "notes").write_text("x", encoding="utf-8")
    with pytest.raises(DataError, match="notes is a file"):
        begun_parts(tmp_path / "notes", PLAN)


def test_the_end_leaves_the_cohort_alone(tmp_path: Path) -> None:
    """The note of progress and hidden left-overs go, and nothing else."""
    parts_in(tmp_path / "run")
    write_progress(tmp_path / "run", PLAN, [])
    (tmp_path / "run" / ".x.part").write_bytes(b"")
    write_end(tmp_path / "run")
    assert {path.name for path in (tmp_path / "run").iterdir()} == {"visits-0", "visits-1"}
