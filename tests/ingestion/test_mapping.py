"""The mapping file: what it must say, what it may say, and what each mistake leads to."""

import datetime as dt
from pathlib import Path
from typing import Any

import pytest

from hinge_outcomes.exceptions import MappingError
from hinge_outcomes.ingestion.mapping import Mapping
from tests.exports import HEADER, mapping_filling, mapping_with

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"


def test_the_data_cut_is_never_guessed() -> None:
    """A mapping without data_cut is refused, and the message says why it matters."""
    with pytest.raises(MappingError, match="needs data_cut"):
        Mapping.from_values(mapping_with(data_cut=None))


def test_the_data_cut_may_differ_by_clinic() -> None:
    """One date, or one per clinic, with or without quotation marks."""
    cuts = {"C01": dt.date(2026, 6, 30), "C02": "2026-03-31"}
    assert Mapping.from_values(mapping_with(data_cut=cuts)).data_cut == {
        "C01": dt.date(2026, 6, 30),
        "C02": dt.date(2026, 3, 31),
    }
    for wrong in ("30/06/2026", 2026, {}, dt.datetime(2026, 6, 30, 12)):
        with pytest.raises(MappingError, match="data_cut"):
            Mapping.from_values(mapping_with(data_cut=wrong))


@pytest.mark.parametrize(
    ("sections", "words"),
    [
        ({"tabels": {}}, "Did you mean 'tables'"),
        ({"tables": {}}, "needs the key 'patients'"),
        ({"tables": {"patient": {}}}, "Did you mean 'patients'"),
        ({"file": {"delimiter": "colon"}}, "comma, semicolon, tab, pipe"),
        ({"file": {"decimal": ";"}}, "Expected one of '.', ','"),
        ({"file": {"encoding": "utf8x"}}, "encoding"),
        ({"file": {"date_format": "%d/%m/%y"}}, "two-digit year"),
        ({"codes": {"gender": {}}}, r"\[codes\] has no key 'gender'"),
        ({"codes": {"sex": {"1": "man"}}}, "'man' is no code of patients.sex"),
        ({"codes": {"start_back_risk": {"L": "low"}}}, "is never used"),
        ({"keep": {"is_patient": 1.5}}, "whole number"),
        ({"keep": "is_patient"}, "must be a section"),
        ({"assumptions": {"episodes.start_dat": "x"}}, "Did you mean 'episodes.start_date'"),
        ({"assumptions": {"data_cut": " "}}, "Expected a sentence"),
        ({"extra": {"x_a": {"table": "episodes", "type": "number"}}}, "does not fill it"),
        ({"extra": {"x_a": {"table": "episodes"}}}, "needs the key 'type'"),
        ({"extra": {"x_a": {"table": "episode", "type": "number"}}}, "Did you mean 'episodes'"),
        ({"extra": {"x_a": {"table": "episodes", "type": "category"}}}, "list its codes"),
        ({"extra": {"a": {"table": "episodes", "type": "text"}}}, "starts with x_"),
        (
            {"extra": {"x_a": {"table": "episodes", "type": "text", "required": "yes"}}},
            "true or false",
        ),
        (
            {"extra": {"x_a": {"table": "episodes", "type": "number", "minimum": "0"}}},
            "a number",
        ),
    ],
)
def test_a_mapping_that_cannot_be_meant_is_refused(sections: dict[str, Any], words: str) -> None:
    """Each mistake gives one error: the key, what is allowed, a suggestion if one is near."""
    with pytest.raises(MappingError, match=words):
        Mapping.from_values(mapping_with(**sections))


def test_the_columns_to_read_are_those_that_the_mapping_names() -> None:
    """Filters at the top count too, and each column is listed once."""
    mapping = Mapping.from_values(mapping_with(keep={"record": "visit"}))
    assert set(mapping.columns) == {"record", *HEADER.split(",")}
    assert len(mapping.columns) == len(set(mapping.columns))


def test_an_extra_column_is_declared_with_type_unit_range_label_and_timing() -> None:
    """What the mapping says of a clinic's own column arrives in its declaration."""
    values = mapping_filling("episodes", x_height="height")
    values["extra"] = {
        "x_height": {"table": "episodes", "type": "number", "unit": "cm", "minimum": 50,
                     "maximum": 250, "label": "Height", "required": True, "timing": "later"}
    }  # fmt: skip
    (column,) = Mapping.from_values(values).extra_columns
    assert (column.unit, column.minimum, column.maximum) == ("cm", 50.0, 250.0)
    assert (column.label, column.is_required, column.timing) == ("Height", True, "later")


def test_an_error_in_a_file_names_the_file(tmp_path: Path) -> None:
    """A clinic with several mappings sees which one is meant."""
    path = tmp_path / "north.toml"
    path.write_text("name = 'x'\n", encoding="utf-8")
    with pytest.raises(MappingError, match=r"north.toml: The mapping needs data_cut"):
        Mapping.read(path)


@pytest.mark.parametrize("case", sorted(path.parent.name for path in EXAMPLES.glob("*/*.toml")))
def test_the_worked_mappings_are_lawful(case: str) -> None:
    """Every mapping that is shipped as an example passes its own checks."""
    mapping = Mapping.read(EXAMPLES / case / "mapping.toml")
    assert mapping.columns
    assert mapping.name
