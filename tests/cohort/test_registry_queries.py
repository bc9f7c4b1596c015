"""Questions to DuckDB: names and texts stay what they are."""

import duckdb
import pytest

from hinge_outcomes.cohort.registry_queries import fetch_table, number, quoted, quoted_text, run


@pytest.mark.parametrize("text", ["x_group", "o'clock", 'say "x"', "'; DROP TABLE t; --", "Ω"])
def test_names_and_texts_come_back(text: str) -> None:
    """A column named and filled by any text is read back with that name and text."""
    with duckdb.connect(":memory:") as connection:
        found = fetch_table(connection, f"SELECT {quoted_text(text)} AS {quoted(text)}")
    assert found.to_pydict() == {text: [text]}


def test_a_number_is_zero_where_there_is_no_row() -> None:
    """One number is asked for; without a row it is 0."""
    with duckdb.connect(":memory:") as connection:
        run(connection, "CREATE TABLE t AS SELECT 5 AS n")
        assert number(connection, "SELECT n FROM t WHERE n = ?", [5]) == 5
        assert number(connection, "SELECT n FROM t WHERE n = ?", [6]) == 0


def test_a_change_tells_how_many_rows() -> None:
    """An update answers with its count, and the connection is free for the next statement."""
    with duckdb.connect(":memory:") as connection:
        run(connection, "CREATE TABLE t AS SELECT unnest(range(5)) AS n")
        assert run(connection, "UPDATE t SET n = 0 WHERE n > 2") == [(2,)]
        connection.unregister("t")
