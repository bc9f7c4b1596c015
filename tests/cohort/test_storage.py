"""Storage: what is written is what is read, whole or not at all."""

import errno
import io
import json
from pathlib import Path

import pandas as pd
import pytest

from hinge_outcomes.cohort.extra_columns import TABLE_NAMES, ExtraColumn
from hinge_outcomes.cohort.storage import (
    csv_text,
    read_cohort,
    read_findings,
    read_manifest,
    write_cohort,
)
from hinge_outcomes.cohort.validation import validate
from hinge_outcomes.exceptions import DataError
from hinge_outcomes.simulation import Scenario, simulate
from hinge_outcomes.simulation.partitions import write_simulation
from tests.records import small_cohort, small_tables
from tests.registries import made


@pytest.mark.parametrize("format", ["parquet", "csv"])
def test_write_then_read_is_the_identity(tmp_path: Path, format: str) -> None:
    """A cohort with own columns, items and names comes back equal from either format."""
    tables = small_tables()
    group = ExtraColumn("episodes", "x_group", "category", allowed=("a", "b"), is_required=True)
    weight = ExtraColumn("episodes", "x_weight", "number", unit="kg", minimum=0)
    cohort = small_cohort(
        episodes=tables["episodes"].assign(x_group=["a", "b", "a"], x_weight=[70.5, None, 81]),
        outcomes=tables["outcomes"].assign(items=[None, [1, None, 2.5], None]),
        extra_columns=(group, weight),
        clinic_names={"C01": "Nørrebro ⚕"},
        assumptions=("Dates are assumed.",),
        is_synthetic=True,
    )
    again = read_cohort(write_cohort(cohort, tmp_path / "cohort", format=format))
    for name in TABLE_NAMES:
        pd.testing.assert_frame_equal(getattr(again, name), getattr(cohort, name))
    assert again.extra_columns == cohort.extra_columns
    assert again.clinic_names == cohort.clinic_names
    assert again.assumptions == cohort.assumptions
    assert again.data_cut == cohort.data_cut
    assert again.is_synthetic


def test_recorded_visits_are_remembered_and_older_folders_read(tmp_path: Path) -> None:
    """A stored selection without visits keeps has_visits; a manifest without the word counts."""
    tables = small_tables()
    visits = tables["visits"][tables["visits"]["episode_id"] != "e3"]
    folder = write_cohort(small_cohort(visits=visits).select(clinic_id="C02"), tmp_path / "one")
    assert read_cohort(folder).has_visits is True
    manifest = read_manifest(folder)
    assert manifest.pop("has_visits") is True
    (folder / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    assert read_cohort(folder).has_visits is False


def test_hash_is_of_content_not_of_format_or_order(tmp_path: Path) -> None:
    """Parquet and CSV of shuffled rows have the same content hashes; a changed cell has not."""
    shuffled = small_cohort(**{n: f.iloc[::-1] for n, f in small_tables().items()})
    one = read_manifest(write_cohort(small_cohort(), tmp_path / "a"))
    two = read_manifest(write_cohort(shuffled, tmp_path / "b", format="csv"))
    for name in TABLE_NAMES:
        assert one["tables"][name]["content_hash"] == two["tables"][name]["content_hash"]
    outcomes = small_tables()["outcomes"].assign(score=[6.0, 3.0, 44.0])
    three = read_manifest(write_cohort(small_cohort(outcomes=outcomes), tmp_path / "c"))
    assert three["tables"]["outcomes"]["content_hash"] != one["tables"]["outcomes"]["content_hash"]


def test_an_edited_table_is_noticed(tmp_path: Path) -> None:
    """A table changed after writing is refused on reading, and its findings can be listed."""
    folder = write_cohort(small_cohort(), tmp_path / "cohort", format="csv")
    file = folder / "outcomes.csv"
    file.write_text(file.read_text(encoding="utf-8").replace("6.0", "8.0"), encoding="utf-8")
    with pytest.raises(DataError, match="changed after it was written"):
        read_cohort(folder)
    file.write_text(file.read_text(encoding="utf-8").replace("8.0", "88"), encoding="utf-8")
    assert {f.rule for f in read_findings(folder).errors} == {"score_in_range", "manifest"}


def test_check_and_read_agree_on_an_edited_folder(tmp_path: Path) -> None:
    """What reading refuses, checking finds, also where every cell is lawful."""
    folder = write_cohort(small_cohort(), tmp_path / "cohort", format="csv")
    assert len(read_findings(folder)) == 0
    file = folder / "outcomes.csv"
    file.write_text(file.read_text(encoding="utf-8").replace("6.0", "8.0"), encoding="utf-8")
    (finding,) = read_findings(folder).errors
    assert (finding.table, finding.rule) == ("outcomes", "manifest")


def test_invented_patients_never_replace_a_clinics_records(tmp_path: Path) -> None:
    """A synthetic cohort over a real one is refused; the other way round is allowed."""
    write_cohort(small_cohort(), tmp_path / "cohort")
    with pytest.raises(DataError, match="invented"):
        write_cohort(small_cohort(is_synthetic=True), tmp_path / "cohort")
    write_cohort(small_cohort(is_synthetic=True), tmp_path / "made-up")
    write_cohort(small_cohort(), tmp_path / "made-up")
    assert not read_cohort(tmp_path / "made-up").is_synthetic


def test_datapackage_names_every_column(tmp_path: Path) -> None:
    """The Frictionless package lists the five resources with fields and keys."""
    folder = write_cohort(small_cohort(), tmp_path / "cohort", format="csv")
    package = json.loads((folder / "datapackage.json").read_text(encoding="utf-8"))
    assert [resource["name"] for resource in package["resources"]] == list(TABLE_NAMES)
    visits = package["resources"][2]["schema"]
    assert [f["name"] for f in visits["fields"]][:3] == ["episode_id", "visit_day", "visit_number"]
    assert visits["primaryKey"] == ["episode_id", "visit_day", "visit_number"]
    assert visits["foreignKeys"][0]["reference"]["resource"] == "episodes"
    assert "| mastery_level |" in (folder / "data-dictionary.md").read_text(encoding="utf-8")


def test_nothing_but_a_cohort_is_replaced(tmp_path: Path) -> None:
    """A folder that holds something else is left alone; an older cohort is replaced."""
    (tmp_path / "thesis").mkdir()
    (tmp_path / "thesis" / "chapter.txt").write_text("x", encoding="utf-8")
    with pytest.raises(DataError, match="is no cohort"):
        write_cohort(small_cohort(), tmp_path / "thesis")
    write_cohort(small_cohort(), tmp_path / "cohort")
    write_cohort(small_cohort().select(clinic_id="C02"), tmp_path / "cohort")
    assert read_cohort(tmp_path / "cohort").n_episodes == 1
    assert sorted(path.name for path in tmp_path.iterdir()) == ["cohort", "thesis"]


def test_a_full_disk_leaves_the_old_cohort(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """When the disk fills up midway, the older cohort stands and no part remains."""
    write_cohort(small_cohort(), tmp_path / "cohort")

    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(pd.DataFrame, "to_parquet", full)
    with pytest.raises(DataError, match="disk is full"):
        write_cohort(small_cohort().select(clinic_id="C02"), tmp_path / "cohort")
    assert read_cohort(tmp_path / "cohort").n_episodes == 3
    assert [path.name for path in tmp_path.iterdir()] == ["cohort"]


@pytest.mark.parametrize(
    ("spoil", "expected"),
    [
        (lambda folder: (folder / "manifest.json").unlink(), "has no manifest.json"),
        (lambda folder: (folder / "visits.parquet").unlink(), "visits.parquet is missing"),
        (lambda folder: (folder / "visits.parquet").write_bytes(b"\0junk"), "damaged"),
        (
            lambda folder: (folder / "manifest.json").write_text("{", encoding="utf-8"),
            "cannot be read as JSON",
        ),
        (
            lambda folder: (folder / "manifest.json").write_text(
                '{"schema_version": 99}', encoding="utf-8"
            ),
            "schema version 99",
        ),
    ],
)
def test_a_broken_folder_is_named(tmp_path: Path, spoil: object, expected: str) -> None:
    """Each way a folder can be broken gives one sentence that says so."""
    folder = write_cohort(small_cohort(), tmp_path / "cohort")
    spoil(folder)  # type: ignore[operator]
    with pytest.raises(DataError, match=expected):
        read_cohort(folder)


@pytest.fixture
def in_parts(tmp_path: Path) -> Path:
    """A cohort whose tables stand in two parts each."""
    return write_simulation(
        Scenario.default(), tmp_path / "parts", n_episodes=40, seed=7, partition_episodes=25
    )


def test_tables_in_parts_read_as_if_they_were_whole(in_parts: Path, tmp_path: Path) -> None:
    """The cohort equals the one simulated in memory, and can be written as one file a table."""
    cohort, expected = read_cohort(in_parts), simulate(Scenario.default(), n_episodes=40, seed=7)
    again = read_cohort(write_cohort(cohort, tmp_path / "plain", format="csv"))
    for name in TABLE_NAMES:
        pd.testing.assert_frame_equal(getattr(cohort, name), getattr(expected, name))
        pd.testing.assert_frame_equal(getattr(again, name), getattr(expected, name))


def test_a_part_that_was_edited_is_noticed(in_parts: Path) -> None:
    """Reading refuses what was changed, lawful or not, and checking says so too."""
    file = in_parts / "outcomes" / "part-00001.parquet"
    frame = pd.read_parquet(file)
    frame.loc[3, "score"] = 99.0
    frame.to_parquet(file, index=False)
    with pytest.raises(DataError, match=r"outcomes\.score: 1 row"):
        read_cohort(in_parts)
    found = read_findings(in_parts).errors
    assert ("outcomes", "manifest") in {(finding.table, finding.rule) for finding in found}
    frame.loc[3, "score"] = 5.0  # lawful now, and still not what was written
    frame.to_parquet(file, index=False)
    with pytest.raises(DataError, match=r"part outcomes/part-00001\.parquet .* was changed after"):
        read_cohort(in_parts)


def test_the_package_of_a_cohort_in_parts_names_every_file(in_parts: Path) -> None:
    """Every path of the Frictionless package is a file of the folder, and no part is left out."""
    package = json.loads((in_parts / "datapackage.json").read_text(encoding="utf-8"))
    paths = [path for resource in package["resources"] for path in resource["path"]]
    assert len(paths) == 2 * len(TABLE_NAMES)
    parts = {path.relative_to(in_parts).as_posix() for path in in_parts.glob("*/*.parquet")}
    assert set(paths) == parts


def test_a_cohort_in_parts_can_be_replaced(in_parts: Path) -> None:
    """An older synthetic cohort in parts makes room for another cohort, parts and all."""
    write_cohort(small_cohort(), in_parts)
    assert read_cohort(in_parts).n_episodes == 3
    assert not list(in_parts.glob("*/*.parquet"))


def test_a_registry_is_read_like_a_folder(tmp_path: Path) -> None:
    """A registry's file gives the current records, and its findings are those of the cohort."""
    path = made(tmp_path)
    cohort = read_cohort(path)
    for name in TABLE_NAMES:
        pd.testing.assert_frame_equal(getattr(cohort, name), getattr(small_cohort(), name))
    assert read_findings(path).summary() == validate(small_cohort()).summary()


@pytest.mark.parametrize("text", ["a\rb", "a\r\nb", "a\nb", "\r", "a\r\n", '"\r"'])
def test_a_text_with_a_line_break_stays_in_its_cell(tmp_path: Path, text: str) -> None:
    """A lone carriage return would else end the row for whoever reads the CSV."""
    tables = small_tables()
    note = ExtraColumn("episodes", "x_note", "text")
    cohort = small_cohort(
        episodes=tables["episodes"].assign(x_note=[text, None, "b"]), extra_columns=(note,)
    )
    written = read_cohort(write_cohort(cohort, tmp_path / "c", format="csv"))
    assert written.episodes["x_note"].tolist()[0] == text
    assert len(pd.read_csv(io.StringIO(csv_text(cohort.episodes)))) == 3
