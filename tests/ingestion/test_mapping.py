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


SOURCES: dict[str, Any] = {
    "source": [{"name": "people", "file": "p*.csv", "keys": ["nr"]},
               {"name": "visits", "file": "v.csv", "date_format": "%m/%d/%Y", "decimal": ",",
                "keep": {"wish": "yes"}}],
}  # fmt: skip


def sourced(**more: Any) -> dict[str, Any]:
    """The mapping with its tables in two sources."""
    values = mapping_with(**{**SOURCES, **more})
    for table, section in values["tables"].items():
        section["source"] = "people" if table in ("patients", "episodes") else "visits"
    return values


def test_each_section_reads_its_own_source() -> None:
    """Columns, keys, filters and the way of writing belong to the source that is named."""
    mapping = Mapping.from_values(sourced())
    assert [source.name for source in mapping.sources] == ["people", "visits"]
    assert mapping.columns_of("people") == ("patient", "born", "gender", "case", "start", "nr")
    assert mapping.columns_of("visits")[0] == "wish"
    assert set(mapping.columns) == {
        *mapping.columns_of("people"), *mapping.columns_of("visits")
    }  # fmt: skip
    days = {
        rule.date_formats for block in mapping.blocks for rule in block.rules if rule.date_formats
    }
    assert days == {("%d/%m/%Y",), ("%m/%d/%Y",)}
    scores = [rule for block in mapping.blocks for _, rule in block.scores]
    assert {rule.decimal for rule in scores} == {","}


@pytest.mark.parametrize(
    ("section", "source", "words"),
    [
        ("visits", None, r"\[tables\.visits\] does not say which source.*people, visits"),
        ("visits", "visit", "Did you mean 'visits'"),
        ("patients", 3, "quotation marks"),
    ],
)
def test_a_section_names_a_source_that_there_is(section: str, source: Any, words: str) -> None:
    """With several sources none is taken for granted."""
    values = sourced()
    values["tables"][section]["source"] = source
    if source is None:
        del values["tables"][section]["source"]
    with pytest.raises(MappingError, match=words):
        Mapping.from_values(values)


def test_a_source_that_fills_nothing_is_a_mistake() -> None:
    """A forgotten section would lose a file without a word."""
    values = sourced()
    values["source"].append({"name": "spare"})
    with pytest.raises(MappingError, match=r"'spare' fills no table"):
        Mapping.from_values(values)


def test_what_is_said_of_privacy_is_read() -> None:
    """Ids are replaced unless they are pseudonyms already; harmless columns and ages are named."""
    plain = Mapping.from_values(mapping_with())
    assert (plain.keeps_ids, plain.identifiers, plain.ages) == (False, (), "")
    told = {"ids": "keep", "identifiers": ["gender"], "ages": "exact"}
    mapping = Mapping.from_values(mapping_with(privacy=told))
    assert (mapping.keeps_ids, mapping.identifiers, mapping.ages) == (True, ("gender",), "exact")
    for wrong, words in (
        ({"ids": "no"}, "'pseudonymise', 'keep'"),
        ({"ages": "hide"}, "'cap', 'exact'"),
        ({"id": "keep"}, "Did you mean 'ids'"),
        ("keep", "must be a section"),
    ):
        with pytest.raises(MappingError, match=words):
            Mapping.from_values(mapping_with(privacy=wrong))


def test_settled_columns_and_continued_exports_are_said_so() -> None:
    """A single column or several; an export that goes on may leave patients and episodes out."""
    values = mapping_with(settled="odi", continues=True)
    for table in ("patients", "episodes", "assessments", "outcomes"):
        del values["tables"][table]
    del values["codes"]["sex"]
    mapping = Mapping.from_values(values)
    assert (mapping.settled, mapping.continues) == (("odi",), True)
    with pytest.raises(MappingError, match="needs the key 'patients'"):
        Mapping.from_values({**values, "continues": False})
    with pytest.raises(MappingError, match="true or false"):
        Mapping.from_values({**values, "continues": "yes"})
