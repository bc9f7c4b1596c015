"""Commands for the registry: history, diff, undo, redo, backup."""

from pathlib import Path

import pytest

from hinge_outcomes.cohort.registry import read_registry
from tests.cli.running import files_below, run
from tests.records import small_cohort
from tests.registries import File, changed, load, made


@pytest.fixture
def registry(tmp_path: Path) -> Path:
    """Give a registry of two loads, the second of which corrects one score."""
    path = made(tmp_path)
    corrected = small_cohort(**changed("outcomes", {0: 9.0}, "score"))
    account = {"read": 9, "accepted": 9, "excluded": 0, "quarantined": 0, "duplicate": 0}
    load(path, corrected, files=[File("october.csv")], mapping="clinic.toml", account=account)
    return path


def test_history_lists_the_loads(registry: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Every load is a line with its files, its mapping and its rows."""
    outcome = run(capsys, "registry", "history", "--registry", registry)
    lines = [line.split("\t") for line in outcome.out.splitlines()]
    assert outcome.code == 0, outcome.err
    assert lines[0][:4] == ["load", "loaded_at", "kind", "holds"]
    second = dict(zip(lines[0], lines[2], strict=True))
    assert (second["files"], second["mapping"]) == ("october.csv", "clinic.toml")
    assert (second["read"], second["corrected"], second["holds"]) == ("9", "1", "yes")


def test_diff_counts_and_writes_keys_for_the_owner(
    registry: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Counts are printed, keys only written; not a patient's id is on the screen."""
    keys = tmp_path / "keys"
    outcome = run(
        capsys, "registry", "diff", "--registry", registry, "--from", 0, "--to", 2, "--out", keys
    )
    assert outcome.code == 0, outcome.err
    assert "outcomes\t3\t0\t0" in outcome.out
    assert "From load 0 to load 2: 19 rows added, 0 corrected, 0 retired." in outcome.out
    assert "e1" not in outcome.out.replace(str(keys), "")
    assert files_below(keys) == {
        f"{name}.csv" for name in ("patients", "episodes", "visits", "assessments", "outcomes")
    }
    text = (keys / "outcomes.csv").read_text(encoding="utf-8")
    assert text.splitlines()[:2] == [
        "episode_id,measured_day,instrument,change,columns", "e1,0,nprs,added,"
    ]  # fmt: skip


def test_diff_tells_the_newest_load_by_itself(
    registry: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Without states the newest load is compared with the one before."""
    outcome = run(capsys, "registry", "diff", "--registry", registry)
    assert "outcomes\t0\t1\t0" in outcome.out


def test_undo_and_redo(registry: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The newest load is undone and done again, and each says what it did."""
    outcome = run(capsys, "registry", "undo", "--registry", registry)
    assert outcome.code == 0, outcome.err
    assert "outcomes: 1 new, 0 corrected, 1 retired, 2 unchanged." in outcome.out
    assert read_registry(registry).outcomes["score"].tolist()[0] == 6.0
    outcome = run(capsys, "registry", "redo", "--registry", registry)
    assert outcome.code == 0, outcome.err
    assert read_registry(registry).outcomes["score"].tolist()[0] == 9.0
    outcome = run(capsys, "registry", "redo", "--registry", registry)
    assert outcome.code == 2
    assert "nothing to redo" in outcome.err


def test_backup(registry: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The copy is named; a second one does not replace it."""
    copy = tmp_path / "copy.duckdb"
    outcome = run(capsys, "registry", "backup", copy, "--registry", registry)
    assert outcome.code == 0, outcome.err
    assert f"Copy: {copy}" in outcome.out
    assert read_registry(copy).n_episodes == 3
    assert run(capsys, "registry", "backup", copy, "--registry", registry).code == 2


def test_a_backup_into_a_folder_makes_it_and_keeps_older_copies(
    registry: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Next quarter's copy stands beside this one's, under a name with the day."""
    for _ in range(2):
        outcome = run(capsys, "registry", "backup", tmp_path / "stick", "--registry", registry)
        assert outcome.code == 0, outcome.err
    names = sorted(path.name for path in (tmp_path / "stick").iterdir())
    assert names[-1] == registry.name
    assert len(names) == 2


def test_the_registry_is_found_in_the_settings(
    registry: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Without a flag hinge.toml says which registry; without both the user is asked."""
    folder = tmp_path / "work"
    folder.mkdir()
    monkeypatch.chdir(folder)
    outcome = run(capsys, "registry", "history")
    assert outcome.code == 2
    assert "--registry FILE" in outcome.err
    (folder / "hinge.toml").write_text('registry = "../clinic.duckdb"\n', encoding="utf-8")
    assert run(capsys, "registry", "history").code == 0


@pytest.mark.parametrize("command", ["history", "diff", "undo", "redo", "backup"])
def test_help_shows_an_example(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Every command's help ends with a command that can be typed."""
    outcome = run(capsys, "registry", command, "--help")
    assert f"Example: hinge registry {command}" in outcome.out
