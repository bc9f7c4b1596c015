"""One way in for every format: the first bytes decide where the mapping does not."""

from pathlib import Path

import pandas as pd
import pytest

from hinge_outcomes.exceptions import DataError
from hinge_outcomes.ingestion.readers import find_format, read_source
from hinge_outcomes.ingestion.sources import Source
from tests.ingestion.test_spreadsheets import write_book


@pytest.fixture
def exports(tmp_path: Path) -> dict[str, Path]:
    """Write one small table in each format, under names that say nothing."""
    frame = pd.DataFrame({"id": ["1", "2"], "note": ["a", ""]})
    frame.to_csv(tmp_path / "csv.dat", index=False)
    frame.to_parquet(tmp_path / "parquet.dat", index=False)
    write_book(tmp_path / "book.xlsx", {"S": [["id", "note"], ["1", "a"], ["2", None]]})
    (tmp_path / "book.xlsx").rename(tmp_path / "xlsx.dat")
    return {kind: tmp_path / f"{kind}.dat" for kind in ("csv", "parquet", "xlsx")}


@pytest.mark.parametrize("kind", ["csv", "parquet", "xlsx"])
def test_every_format_gives_the_same_table(exports: dict[str, Path], kind: str) -> None:
    """Told or found out, the format does not change what is read."""
    assert find_format(exports[kind]) == kind
    for source in (Source(), Source(format=kind)):
        raw = read_source(exports[kind], source, ("id", "note"))
        assert raw.header == ("id", "note")
        assert [raw.columns[name].cells().tolist() for name in raw.header] == [
            ["1", "2"], ["a", ""]
        ]  # fmt: skip
        assert raw.lines.tolist() == [2, 3]
        assert len(raw.digest) == 64


def test_a_file_that_is_not_of_its_format_is_named(exports: dict[str, Path]) -> None:
    """A format that the mapping states is believed, and the file must keep to it."""
    with pytest.raises(DataError, match="not a CSV file"):
        read_source(exports["xlsx"], Source(format="csv"), ("id",))
    with pytest.raises(DataError, match=r"not an \.xlsx workbook"):
        read_source(exports["csv"], Source(format="xlsx"), ("id",))
    with pytest.raises(DataError, match="no Parquet file"):
        read_source(exports["csv"], Source(format="parquet"), ("id",))


def test_a_file_that_is_not_there_has_no_format(tmp_path: Path) -> None:
    """A wrong path is an error to act on, also where the format is to be found out."""
    with pytest.raises(DataError, match="cannot be opened"):
        find_format(tmp_path / "nowhere")
