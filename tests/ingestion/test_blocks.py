"""One section of a mapping: required columns, side-by-side forms, declared extra columns."""

from typing import Any

import pytest

from hinge_outcomes.exceptions import MappingError
from hinge_outcomes.ingestion.mapping import Mapping
from tests.exports import mapping_filling, mapping_with


def test_a_required_column_that_is_not_filled_is_named_with_an_example() -> None:
    """Leaving out the status of visits is refused, and the line to write is shown."""
    values = mapping_with()
    del values["tables"]["visits"]["status"]
    with pytest.raises(MappingError, match=r"\[tables.visits\] does not say how status") as error:
        Mapping.from_values(values)
    assert 'status = "column of your export"' in str(error.value)


@pytest.mark.parametrize(
    ("table", "columns", "words"),
    [
        ("episodes", {"start_dat": "x"}, "Did you mean 'start_date'"),
        ("episodes", {"x_group": "x"}, r"\[extra.x_group\]"),
        ("outcomes", {"score": "x"}, "both scores and score"),
        ("outcomes", {"scores": {"nprss": "x"}}, "Did you mean 'nprs'"),
        ("outcomes", {"scores": 3}, "must be a section"),
        ("assessments", {"working_stage": "x"}, "goes with ratings"),
        ("assessments", {"ratings": {"1": "x"}}, "both ratings and stage"),
    ],
)
def test_a_section_that_cannot_be_meant_is_refused(
    table: str, columns: dict[str, Any], words: str
) -> None:
    """Unknown columns, undeclared extras and mixed forms each give one clear error."""
    with pytest.raises(MappingError, match=words):
        Mapping.from_values(mapping_filling(table, **columns))


def test_several_sections_may_fill_one_table() -> None:
    """A list of sections is read in order, and an error counts them."""
    one = mapping_with()["tables"]["outcomes"]
    values = mapping_with()
    values["tables"]["outcomes"] = [one, {**one, "measured_day": {"constant": 42}}]
    blocks = [block for block in Mapping.from_values(values).blocks if block.table == "outcomes"]
    assert [block.name for block in blocks] == [
        "[[tables.outcomes]] number 1",
        "[[tables.outcomes]] number 2",
    ]
    values["tables"]["outcomes"][1]["measurd_day"] = "x"
    with pytest.raises(MappingError, match="number 2 has no key 'measurd_day'"):
        Mapping.from_values(values)


def test_a_block_lists_each_column_that_it_reads_once() -> None:
    """Filters, keys and scores are all read, and nothing else is."""
    values = mapping_filling("outcomes", rows={"status": "came"})
    block = next(b for b in Mapping.from_values(values).blocks if b.table == "outcomes")
    assert block.columns == ("status", "case", "seen", "pain", "odi")
