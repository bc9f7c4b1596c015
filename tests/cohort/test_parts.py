"""Tables in parts: the same rows, the same bytes; read back with the declared dtypes."""

from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from hinge_outcomes.cohort.dtypes import coerce_table
from hinge_outcomes.cohort.parts import is_intact, part_content, part_entry, part_name, read_parts
from hinge_outcomes.cohort.tables import column_dtype, table_schema
from hinge_outcomes.exceptions import DataError

CODES = pa.array(["attended", "no_show", "cancelled"])


def visits(episodes: list[str], codes: list[int], *, words: pa.Array = CODES) -> pa.Table:
    """Visits on day 0 with their status by code."""
    indices = pa.array(codes, type=pa.int8())
    return pa.table(
        {
            "episode_id": pa.array(episodes).dictionary_encode(),
            "visit_day": pa.array([0] * len(episodes), type=pa.int16()),
            "visit_number": pa.array([1] * len(episodes), type=pa.int16()),
            "status": pa.DictionaryArray.from_arrays(indices, words, ordered=True),
            "home_exercise_days": pa.array([None] * len(episodes), type=pa.int16()),
        }
    )


def written(folder: Path, *tables: pa.Table) -> list[dict[str, Any]]:
    """Write parts of the visits and say of each what a manifest says."""
    entries = []
    for number, table in enumerate(tables):
        file, content = part_name("visits", number), part_content(table)
        (folder / file).parent.mkdir(exist_ok=True)
        (folder / file).write_bytes(content)
        entries.append(part_entry(file, len(table), content))
    return entries


def test_parts_are_read_in_order_with_declared_dtypes(tmp_path: Path) -> None:
    """Rows follow one another, and nothing is left for the coercion to convert."""
    entries = written(tmp_path, visits(["e1", "e2"], [0, 2]), visits(["e3"], [1]))
    frame, changed = read_parts(tmp_path, "visits", entries)
    assert frame["episode_id"].tolist() == ["e1", "e2", "e3"]
    assert frame["status"].tolist() == ["attended", "cancelled", "no_show"]
    assert changed == ()
    declared = table_schema("visits").columns
    coerced, findings = coerce_table("visits", frame)
    assert findings == []
    for name in frame:
        assert frame[name].dtype == column_dtype(declared[name])
        pd.testing.assert_series_equal(coerced[name], frame[name])


def test_ids_and_codes_are_dictionaries_on_disk_and_text_when_read(tmp_path: Path) -> None:
    """Any reader of Parquet sees plain strings and 16-bit days, each text stored once."""
    (entry,) = written(tmp_path, visits(["e1", "e1"], [0, 0]))
    file = pq.ParquetFile(tmp_path / entry["file"])
    kinds = {field.name: field.type for field in file.schema_arrow}
    assert (kinds["episode_id"], kinds["status"]) == (pa.string(), pa.string())
    assert kinds["visit_day"] == pa.int16()
    group = file.metadata.row_group(0)
    by_name = {group.column(at).path_in_schema: group.column(at) for at in range(len(kinds))}
    assert "RLE_DICTIONARY" in by_name["episode_id"].encodings
    assert "RLE_DICTIONARY" in by_name["status"].encodings


def test_the_same_rows_give_the_same_bytes() -> None:
    """Nothing of the time or the process is in a part, and a part without rows is one too."""
    table = visits(["e1", "e2"], [0, 2])
    assert part_content(table) == part_content(table)
    assert part_content(table.slice(0, 0)) == part_content(table.slice(1, 0))


def test_a_changed_part_is_named(tmp_path: Path) -> None:
    """A part that is lawful Parquet but not the one written is seen by its hash."""
    entries = written(tmp_path, visits(["e1"], [0]), visits(["e2"], [0]))
    assert all(is_intact(tmp_path, entry) for entry in entries)
    other = part_content(visits(["e2"], [1]))
    (tmp_path / entries[1]["file"]).write_bytes(other)
    assert [is_intact(tmp_path, entry) for entry in entries] == [True, False]
    assert read_parts(tmp_path, "visits", entries)[1] == ("visits/part-00001.parquet",)


@pytest.mark.parametrize(
    ("spoil", "words"),
    [(Path.unlink, "is missing"), (lambda path: path.write_bytes(b"\0junk"), "is damaged")],
)
def test_a_missing_or_damaged_part_is_named(spoil: Any, words: str, tmp_path: Path) -> None:
    """The message names the part and the remedy."""
    entries = written(tmp_path, visits(["e1"], [0]), visits(["e2"], [0]))
    spoil(tmp_path / entries[1]["file"])
    assert not is_intact(tmp_path, entries[1])
    with pytest.raises(DataError, match=f"part-00001.parquet.*{words}.*make the cohort again"):
        read_parts(tmp_path, "visits", entries)


def test_unknown_codes_are_left_for_the_check(tmp_path: Path) -> None:
    """A code that nobody declared becomes a finding, not a null in silence."""
    entries = written(tmp_path, visits(["e1"], [0], words=pa.array(["came", "x", "y"])))
    frame, _ = read_parts(tmp_path, "visits", entries)
    (finding,) = coerce_table("visits", frame)[1]
    assert (finding.column, finding.rows) == ("status", (1,))
