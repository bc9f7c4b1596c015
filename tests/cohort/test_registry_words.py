"""Texts and the numbers that stand for them: there and back, and never more than are in use."""

from collections.abc import Iterator

import duckdb
import pandas as pd
import pyarrow as pa
import pytest

from hinge_outcomes.cohort.extra_columns import TABLE_NAMES, ExtraColumn
from hinge_outcomes.cohort.registry_queries import Connection, run
from hinge_outcomes.cohort.registry_schema import create_schema
from hinge_outcomes.cohort.registry_words import Words, decode_table, encode_tables
from tests.records import small_cohort, small_tables


@pytest.fixture
def connection() -> Iterator[Connection]:
    """Give an empty registry in memory."""
    with duckdb.connect(":memory:") as connection:
        create_schema(connection, None)
        yield connection


def test_a_text_keeps_its_number(connection: Connection) -> None:
    """Known texts keep their numbers, new ones come after, whatever lists they stand in."""
    words = Words(connection)
    first = words.numbers_of([pa.array(["b", "a"]), pa.array([], pa.string()), pa.array(["a"])])
    assert [list(numbers) for numbers in first] == [[0, 1], [], [1]]
    words.store(connection)
    again = Words(connection)
    (numbers,) = again.numbers_of([pa.array(["c", "a", "c"])])
    assert list(numbers) == [2, 1, 2]
    again.store(connection)
    assert run(connection, "SELECT * FROM words ORDER BY word") == [(0, "b"), (1, "a"), (2, "c")]


def test_tables_come_back(connection: Connection) -> None:
    """Encoded and decoded tables are equal in values and, but for ids, in dtypes."""
    extra = (ExtraColumn("visits", "x_room", "category", allowed=("b", "a")),)
    visits = small_tables()["visits"].assign(x_room=["a", None, "b", "a", "a", "b"])
    outcomes = small_tables()["outcomes"].assign(items=[None, [1, None, 2.5], []])
    cohort = small_cohort(visits=visits, outcomes=outcomes, extra_columns=extra)
    words = Words(connection)
    tables = {name: getattr(cohort, name) for name in TABLE_NAMES}
    for name, stored in encode_tables(tables, extra, words).items():
        frame = decode_table(name, stored, extra, words)
        expected = tables[name].drop(columns="last_observed_day", errors="ignore")
        texts = {column: "str" for column, dtype in expected.dtypes.items() if str(dtype) == "str"}
        pd.testing.assert_frame_equal(frame.astype(texts), expected)


def test_ids_are_categories_in_the_order_of_their_texts(connection: Connection) -> None:
    """Their codes sort as the texts would, whatever their numbers; unused texts are left out."""
    words = Words(connection)
    words.numbers_of([pa.array(["z", "m", "a", "never"])])
    stored = pa.table(
        {
            "patient_id": pa.array([0, 2, 1], pa.int32()),
            "birth_year": pa.array([None, 1980, 1990], pa.int16()),
            "sex": pa.array([None, None, None], pa.int32()),
        }
    )
    frame = decode_table("patients", stored, (), words)
    assert list(frame["patient_id"].cat.categories) == ["a", "m", "z"]
    assert frame["patient_id"].astype("str").tolist() == ["z", "a", "m"]
    assert frame["sex"].isna().all()


def test_only_texts_in_use_get_a_number(connection: Connection) -> None:
    """A category that no row has is no word of the registry."""
    tables = {name: getattr(small_cohort(), name) for name in TABLE_NAMES}
    known = tables["patients"]["patient_id"].astype(pd.CategoricalDtype(["p1", "p2", "SECRET"]))
    tables["patients"] = tables["patients"].assign(patient_id=known)
    words = Words(connection)
    encode_tables(tables, (), words)
    assert "SECRET" not in words.texts.to_pylist()
