"""History and differences: every load is listed, and what it changed can be asked row by row."""

from pathlib import Path

from hinge_outcomes.cohort.registry_changes import registry_diff, registry_history
from hinge_outcomes.cohort.registry_undo import undo_load
from tests.records import small_cohort, small_tables
from tests.registries import File, changed, load, made


def test_history_lists_loads_with_their_account(tmp_path: Path) -> None:
    """Each entry says when, what was read, where its rows went, and whether it holds."""
    path = made(tmp_path)
    account = {"read": 9, "accepted": 6, "excluded": 1, "quarantined": 2, "duplicate": 0}
    load(
        path,
        small_cohort(**changed("outcomes", {0: 9.0}, "score")),
        files=[File("b.csv"), File("a.csv", "b" * 64)],
        account=account,
        n_findings=4,
        mapping="clinic.toml",
        mapping_sha256="m",
        whole="episodes",
    )
    undo_load(path)
    history = registry_history(path)
    assert history["load"].tolist() == [1, 2, 3]
    assert history["kind"].tolist() == ["load", "load", "undo"]
    assert history["holds"].tolist() == [True, False, False]
    second = history.loc[1]
    assert (second["files"], second["mapping"], second["whole"]) == (
        "a.csv, b.csv", "clinic.toml", "episodes"
    )  # fmt: skip
    assert {name: second[name] for name in account} == account
    assert (second["n_findings"], second["inserted"], second["replaced"]) == (4, 0, 1)
    assert history["restores"].isna().tolist() == [True, True, False]
    assert history.loc[2, "restores"] == 1


def test_history_of_one_load_has_the_same_columns(tmp_path: Path) -> None:
    """A registry without files and undos has the columns of any other, in the same order."""
    one = registry_history(made(tmp_path))
    load(tmp_path / "clinic.duckdb", small_cohort(), files=[File()])
    two = registry_history(tmp_path / "clinic.duckdb")
    assert list(one.columns) == list(two.columns)
    assert one["files"].tolist() == [""]


def test_a_difference_is_told_row_by_row(tmp_path: Path) -> None:
    """Added, corrected and retired rows are counted, with their keys and corrected columns."""
    path = made(tmp_path)
    tables = changed("outcomes", {0: 9.0}, "score")
    tables["visits"] = small_tables()["visits"].drop(index=[2])
    load(path, small_cohort(**tables), whole="episodes")
    diff = registry_diff(path)
    assert (diff.from_load, diff.to_load) == (1, 2)
    counts = diff.table().set_index("table")
    assert counts.loc["outcomes"].tolist() == [0, 1, 0]
    assert counts.loc["visits"].tolist() == [0, 0, 1]
    assert counts.loc["episodes"].tolist() == [0, 0, 0]
    assert diff.changes["outcomes"].values.tolist() == [["e1", 0, "nprs", "corrected", "score"]]
    assert diff.changes["visits"].values.tolist() == [["e1", 14, 3, "retired", ""]]
    assert diff.summary() == (
        "From load 1 to load 2: 0 rows added, 1 corrected, 1 retired."
    )  # fmt: skip


def test_a_difference_can_be_asked_backwards_and_from_nothing(tmp_path: Path) -> None:
    """From 0 everything was added; what was added one way is retired the other way."""
    path = made(tmp_path)
    assert registry_diff(path, 0).table()["added"].tolist() == [2, 3, 6, 5, 3]
    assert registry_diff(path, 1, 0).table()["retired"].tolist() == [2, 3, 6, 5, 3]


def test_what_was_undone_differs_from_nothing(tmp_path: Path) -> None:
    """After an undo the state is that before the load, row by row."""
    path = made(tmp_path)
    load(path, small_cohort(**changed("outcomes", {0: 9.0}, "score")))
    undo_load(path)
    assert registry_diff(path, 1, 3).table()[["added", "corrected", "retired"]].sum().sum() == 0
