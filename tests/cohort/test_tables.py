"""The declarations: five tables, with keys, dtypes and meanings."""

import pandas as pd
import pytest

from hinge_outcomes.cohort.extra_columns import TABLE_NAMES, ExtraColumn
from hinge_outcomes.cohort.tables import SCHEMAS, column_dtype, empty_table, table_key, table_schema


def test_five_tables_with_keys_that_are_never_null() -> None:
    """Every key column exists and must have a value."""
    assert tuple(SCHEMAS) == TABLE_NAMES
    for table in TABLE_NAMES:
        assert all(not SCHEMAS[table].columns[name].nullable for name in table_key(table))


def test_every_column_says_what_it_means() -> None:
    """No column goes without a description and the metadata that hash and dictionary read."""
    for schema in SCHEMAS.values():
        for column in schema.columns.values():
            assert column.description
            assert set(column.metadata) == {"unit", "minimum", "maximum", "decimals"}


@pytest.mark.parametrize("table", TABLE_NAMES)
def test_an_empty_table_meets_its_declaration(table: str) -> None:
    """No rows is a lawful table."""
    table_schema(table).validate(empty_table(table))


def test_own_columns_are_added_to_their_table_alone() -> None:
    """An extra column of episodes is no column of visits, and the declaration is not changed."""
    weight = ExtraColumn("episodes", "x_weight", "number", unit="kg", minimum=1, maximum=400)
    assert "x_weight" in table_schema("episodes", [weight]).columns
    assert "x_weight" not in table_schema("visits", [weight]).columns
    assert "x_weight" not in SCHEMAS["episodes"].columns


def test_dates_are_stored_in_seconds() -> None:
    """The only calendar date is datetime64[s]."""
    assert column_dtype(SCHEMAS["episodes"].columns["start_date"]) == "datetime64[s]"
    codes = column_dtype(SCHEMAS["visits"].columns["status"])
    assert isinstance(codes, pd.CategoricalDtype)
    assert codes.ordered
