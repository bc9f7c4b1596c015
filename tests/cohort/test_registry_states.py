"""Which state is meant by a number, a day or a time."""

import datetime as dt
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from hinge_outcomes.cohort.registry_file import reading
from hinge_outcomes.cohort.registry_queries import Connection, run
from hinge_outcomes.cohort.registry_schema import create_schema
from hinge_outcomes.cohort.registry_states import (
    find_load,
    holds_at,
    newest_load,
    read_facts,
    registry_digest,
)
from hinge_outcomes.exceptions import RegistryError
from tests.records import small_cohort
from tests.registries import changed, load, made


@pytest.fixture
def connection() -> Iterator[Connection]:
    """Give a registry with loads at noon, UTC, on three days of October."""
    with duckdb.connect(":memory:") as connection:
        create_schema(connection, None)
        for day in (1, 2, 3):
            run(
                connection,
                "INSERT INTO loads (load, loaded_at, kind, state, before) "
                "VALUES (?, ?, 'load', ?, ?)",
                [day, dt.datetime(2026, 10, day, 12), day, day - 1],
            )
        yield connection


@pytest.mark.parametrize(
    ("as_of", "found"),
    [
        (None, 3),
        (2, 2),
        ("2", 2),
        (0, 0),
        (dt.date(2026, 9, 29), 0),
        (dt.date(2026, 12, 1), 3),
        ("2026-09-29", 0),
        ("2026-10-02T11:59:59+00:00", 1),
        ("2026-10-02T12:00:00Z", 2),
        (dt.datetime(2026, 10, 2, 12, tzinfo=dt.UTC), 2),
        ("2026-10-02T14:00:00+02:00", 2),
    ],
)
def test_a_state_is_found(connection: Connection, as_of: object, found: int) -> None:
    """A number means after that load, a day its end, a time that moment."""
    assert find_load(connection, as_of) == found  # type: ignore[arg-type]


def test_a_day_means_its_end_here(connection: Connection) -> None:
    """A day of this computer's calendar includes what was loaded on it."""
    here = dt.datetime(2026, 10, 2, 12, tzinfo=dt.UTC).astimezone().date()
    assert find_load(connection, here) == find_load(connection, here.isoformat())
    assert find_load(connection, here) >= 2


@pytest.mark.parametrize("as_of", [4, -1, "4", "yesterday", "2026-13-01"])
def test_what_is_no_state_is_told(connection: Connection, as_of: int | str) -> None:
    """A load that is not there and a text that is no time are told with what would be."""
    with pytest.raises(RegistryError, match=r"loads 1 to 3|Write the number of a load"):
        find_load(connection, as_of)


def test_an_empty_registry_is_at_zero() -> None:
    """Before the first load there are no facts."""
    with duckdb.connect(":memory:") as connection:
        create_schema(connection, None)
        assert newest_load(connection) == 0
        assert read_facts(connection, 0).is_synthetic is None


def test_an_earlier_state_is_asked_by_both_ends() -> None:
    """Only the newest state can be told by open rows alone."""
    assert holds_at(3, 3) == "valid_to IS NULL"
    assert "valid_from <= 2" in holds_at(2, 3)


def test_a_digest_changes_with_a_cell(tmp_path: Path) -> None:
    """One corrected score changes the digest; reading does not."""
    path = made(tmp_path)
    with reading(path) as connection:
        before = registry_digest(connection)
    with reading(path) as connection:
        assert registry_digest(connection) == before
    load(path, small_cohort(**changed("outcomes", {0: 9.0}, "score")))
    with reading(path) as connection:
        assert registry_digest(connection) != before
