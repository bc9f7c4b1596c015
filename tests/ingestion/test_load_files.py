"""Which files are one load: every source has its file, and no file is taken twice."""

from pathlib import Path

import pytest

from hinge_outcomes.exceptions import DataError
from hinge_outcomes.ingestion.load_files import find_files, list_files
from hinge_outcomes.ingestion.sources import Source

PEOPLE = Source(name="people", pattern="people.csv")
VISITS = Source(name="visits", pattern="visits*.csv")


def folder_with(folder: Path, *names: str) -> Path:
    """A folder of files that hold something."""
    folder.mkdir(exist_ok=True)
    for name in names:
        (folder / name).write_text("a,b\n1,2\n", encoding="utf-8")
    return folder


def found(export: object, *sources: Source) -> list[tuple[str, str]]:
    """Source and file name of each file found."""
    files = find_files(export, sources)  # type: ignore[arg-type]
    return [(item.source.name, item.path.name) for item in files]


def test_files_come_by_source_and_then_by_name(tmp_path: Path) -> None:
    """Patterns gather several files; letter case does not count; other files are passed over."""
    folder_with(tmp_path, "Visits-2.CSV", "visits-1.csv", "people.csv", "readme.txt")
    assert found(tmp_path, PEOPLE, VISITS) == [
        ("people", "people.csv"), ("visits", "Visits-2.CSV"), ("visits", "visits-1.csv")
    ]  # fmt: skip


def test_one_file_is_meant_whatever_it_is_called(tmp_path: Path) -> None:
    """A clinic with one source may call its export anything."""
    folder_with(tmp_path, "October.txt")
    assert found(tmp_path / "October.txt", PEOPLE) == [("people", "October.txt")]


def test_the_sheets_of_a_book_and_the_resources_of_a_bundle_share_a_file(tmp_path: Path) -> None:
    """A file is found once for each source that means another part of it."""
    folder_with(tmp_path, "book.xlsx")
    sheets = [Source(name=name, sheet=name) for name in ("Visits", "Scores")]
    assert found(tmp_path / "book.xlsx", *sheets) == [
        ("Visits", "book.xlsx"), ("Scores", "book.xlsx")
    ]  # fmt: skip
    kinds = [Source(name=name, resource=name) for name in ("Patient", "Encounter")]
    assert len(found(tmp_path, *kinds)) == 2


def test_a_file_that_a_source_names_is_not_taken_by_a_pattern(tmp_path: Path) -> None:
    """people.csv belongs to the source of that name, and the rest to the one that says *.csv."""
    folder_with(tmp_path, "people.csv", "a.csv")
    rest = Source(name="rest", pattern="*.csv")
    assert found(tmp_path, rest, PEOPLE) == [("rest", "a.csv"), ("people", "people.csv")]


def test_a_file_that_fits_two_sources_is_refused(tmp_path: Path) -> None:
    """Taken twice, its rows would be counted twice."""
    folder_with(tmp_path, "visits-1.csv")
    other = Source(name="other", pattern="*-1.csv")
    with pytest.raises(DataError, match=r"visits-1\.csv fits more than one source: visits, other"):
        find_files(tmp_path, (VISITS, other))


def test_signs_that_a_pattern_would_read_are_plain_in_a_name(tmp_path: Path) -> None:
    """A file with brackets in its name is found by its name."""
    folder_with(tmp_path, "export [2].csv", "visits.csv")
    source = Source(name="people", pattern="export [2].csv")
    assert found(tmp_path, source, VISITS)[0] == ("people", "export [2].csv")


def test_a_missing_file_loads_nothing_and_is_named(tmp_path: Path) -> None:
    """The message says which source lacks its file, what is near, and what was given."""
    folder_with(tmp_path, "pepole.csv", "visits.csv")
    with pytest.raises(DataError, match=r"nothing was loaded.*'people'.*mean 'pepole\.csv'.*given"):
        find_files(tmp_path, (PEOPLE, VISITS))


def test_an_optional_file_may_be_missing_but_not_all_of_them(tmp_path: Path) -> None:
    """A load of nothing at all is no load, whatever is optional."""
    folder_with(tmp_path, "visits.csv")
    people = Source(name="people", pattern="people.csv", is_optional=True)
    assert found(tmp_path, people, VISITS) == [("visits", "visits.csv")]
    other = Source(name="other", pattern="other.csv", is_optional=True)
    with pytest.raises(DataError, match="nothing was loaded"):
        find_files(tmp_path, (people, other))


def test_a_file_named_by_hand_must_belong_to_a_source(tmp_path: Path) -> None:
    """Of a folder the other files are passed over; a file that somebody names is meant."""
    folder_with(tmp_path, "people.csv", "visits.csv", "notes.csv")
    assert len(find_files(tmp_path, (PEOPLE, VISITS))) == 2
    named = [tmp_path / name for name in ("people.csv", "visits.csv", "notes.csv")]
    with pytest.raises(DataError, match=r"no source for notes\.csv"):
        find_files(named, (PEOPLE, VISITS))


def test_lock_files_and_mappings_are_no_exports(tmp_path: Path) -> None:
    """What a spreadsheet leaves while it is open, hidden files, folders and mappings stay out."""
    folder_with(
        tmp_path, "b.csv", "a.csv", "~$a.xlsx", ".~lock.a.ods#", ".hidden", "map.toml", "notes.md"
    )
    (tmp_path / "older").mkdir()
    assert [path.name for path in list_files(tmp_path)] == ["a.csv", "b.csv"]


def test_a_folder_without_an_export_is_said_so(tmp_path: Path) -> None:
    """Neither an empty folder nor an empty list is a load."""
    folder_with(tmp_path, "map.toml")
    with pytest.raises(DataError, match="holds no export"):
        list_files(tmp_path)
    with pytest.raises(DataError, match="No export was named"):
        list_files([])


def test_a_file_is_named_once(tmp_path: Path) -> None:
    """The same path twice, or a folder and a file in it, is a mistake, not a second copy."""
    file = folder_with(tmp_path, "a.csv") / "a.csv"
    for export in ([file, file], [tmp_path, file], [file, tmp_path / "." / "a.csv"]):
        with pytest.raises(DataError, match=r"a\.csv is named twice"):
            list_files(export)


def test_two_files_of_one_name_are_refused(tmp_path: Path) -> None:
    """A finding names file and line, so a name stands for one file only."""
    one = folder_with(tmp_path / "north", "a.csv") / "a.csv"
    other = folder_with(tmp_path / "south", "a.csv") / "a.csv"
    with pytest.raises(DataError, match=r"Two files of the load are called a\.csv"):
        list_files([one, other])
