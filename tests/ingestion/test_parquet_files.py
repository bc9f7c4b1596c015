"""Reading Parquet: the text of every type, rows counted from 2, and files that are refused."""

import datetime as dt
import decimal
import hashlib
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from hinge_outcomes.exceptions import DataError, MappingError
from hinge_outcomes.ingestion import parquet_files
from hinge_outcomes.ingestion.parquet_files import read_parquet
from hinge_outcomes.ingestion.raw_table import RawTable
from hinge_outcomes.ingestion.sources import Source

D = "2026-03-24"


def read(folder: Path, columns: dict[str, Any], asked: tuple[str, ...] = ("id",)) -> RawTable:
    """Write columns and read them."""
    path = folder / "a.parquet"
    pq.write_table(pa.table(columns), path)
    return read_parquet(path, Source(), asked)


@pytest.mark.parametrize(
    ("values", "texts"),
    [
        (pa.array([1, None, 3]), ["1", "", "3"]),
        (pa.array([1.0, 2.5, float("nan")]), ["1", "2.5", ""]),
        (pa.array([0.1, None, 1e300], pa.float64()), ["0.1", "", "1e+300"]),
        (pa.array([0.1, 2, None], pa.float32()), ["0.10000000149011612", "2", ""]),
        (pa.array([True, False, None]), ["true", "false", ""]),
        (pa.array(["a", "", None]), ["a", "", ""]),
        (pa.array(["a", "b", "a"]).dictionary_encode(), ["a", "b", "a"]),
        (pa.array([b"a", "ü".encode(), None]), ["a", "ü", ""]),
        (pa.array([dt.date(2026, 3, 24), None, dt.date(1, 1, 1)]), [D, "", "0001-01-01"]),
        (
            pa.array([dt.datetime(2026, 3, 24), dt.datetime(2026, 3, 24, 10, 30), None]),
            [D, "2026-03-24 10:30:00", ""],
        ),
        (pa.array([2**62, None, 0], pa.timestamp("us")), None),
        (pa.array([dt.time(10, 30), None, None]), ["10:30:00", "", ""]),
        (pa.array([decimal.Decimal("1.50"), None, None]), ["1.50", "", ""]),
        (pa.array([[1, 2], None, []]), ["[1, 2]", "", "[]"]),
        (pa.array([{"x": dt.date(2026, 3, 24)}, None, {"x": None}]), None),
        (pa.nulls(3), ["", "", ""]),
        (pa.array([dt.timedelta(hours=1), None, None]), ["1:00:00", "", ""]),
    ],
)  # fmt: skip
def test_every_type_has_a_text(tmp_path: Path, values: pa.Array, texts: list[str] | None) -> None:
    """Numbers, truth, dates, times, lists and categories are written out; nulls are empty."""
    raw = read(tmp_path, {"id": ["p", "q", "r"], "v": values})
    found = raw.columns["v"].cells().tolist()
    assert all(isinstance(text, str) for text in found)
    assert texts is None or found == texts


def test_a_frame_of_pandas_is_read(tmp_path: Path) -> None:
    """What pandas writes, its index and categories included, comes out as text."""
    frame = pd.DataFrame({"id": ["a", "b"], "c": pd.Categorical(["x", None])})
    frame["d"] = pd.to_datetime(["2026-03-24", None])
    frame.to_parquet(tmp_path / "a.parquet")
    raw = read_parquet(tmp_path / "a.parquet", Source(), ("id", "c", "d"))
    assert raw.columns["c"].cells().tolist() == ["x", ""]
    assert raw.columns["d"].cells().tolist() == ["2026-03-24", ""]
    assert raw.digest == hashlib.sha256((tmp_path / "a.parquet").read_bytes()).hexdigest()


def test_rows_are_counted_below_a_header(tmp_path: Path) -> None:
    """The first row is line 2, as in a CSV; rows without any text are passed over."""
    raw = read(tmp_path, {"id": ["a", None, "c"], "b": [None, " ", "x"]})
    assert raw.lines.tolist() == [2, 4]
    assert raw.n_blank == 1
    assert raw.columns["id"].cells().tolist() == ["a", "c"]


def test_a_file_that_is_no_export_is_refused(tmp_path: Path) -> None:
    """Damaged, cut short, empty, or without the mapped column: one sentence each."""
    read(tmp_path, {"id": ["a"]})
    path = tmp_path / "a.parquet"
    whole = path.read_bytes()
    for content in (b"PAR1", b"", b"id,a\n1,2\n", whole[:-9], whole[:4] + b"x" * 60 + whole[64:]):
        path.write_bytes(content)
        with pytest.raises(DataError, match="no Parquet file, or it is damaged"):
            read_parquet(path, Source(), ("id",))
    with pytest.raises(DataError, match="no rows"):
        read(tmp_path, {"id": pa.array([], pa.string())})
    with pytest.raises(MappingError, match="'idd'"):
        read(tmp_path, {"id": ["a"], "b": ["c"]}, ("idd", "b"))
    with pytest.raises(DataError, match="cannot be opened"):
        read_parquet(tmp_path / "nowhere.parquet", Source(), ("id",))


def test_a_file_that_would_fill_the_memory_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A small file may hold a billion rows that are all alike: their number is looked at first."""
    monkeypatch.setattr(parquet_files, "CELLS", 5)
    with pytest.raises(DataError, match="3 rows of 2 columns"):
        read(tmp_path, {"id": ["a", "b", "c"], "x": [1, 2, 3]})
