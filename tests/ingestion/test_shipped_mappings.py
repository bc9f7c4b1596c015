"""The mappings that come with the package: whole, readable, and without a guessed data cut."""

import datetime as dt
import tomllib

import pytest

from hinge_outcomes.domain.instruments import INSTRUMENTS
from hinge_outcomes.exceptions import MappingError
from hinge_outcomes.ingestion.mapping import Mapping
from hinge_outcomes.ingestion.shipped_mappings import SHIPPED, read_shipped_mapping, shipped_text


@pytest.mark.parametrize("name", SHIPPED)
def test_a_shipped_mapping_asks_for_the_data_cut(name: str) -> None:
    """It is whole but for the day up to which the export is complete."""
    mapping = read_shipped_mapping(name, data_cut={"C01": "2026-09-30"})
    assert mapping.data_cut == {"C01": dt.date(2026, 9, 30)}
    assert read_shipped_mapping(name, data_cut=dt.date(2026, 9, 30)).blocks == mapping.blocks
    with pytest.raises(MappingError, match="needs data_cut"):
        Mapping.from_values(tomllib.loads(shipped_text(name)))
    with pytest.raises(MappingError, match="data_cut"):
        read_shipped_mapping(name, data_cut="30/09/2026")


def test_every_instrument_has_a_code_and_no_loinc_code_is_made_up() -> None:
    """LOINC where one is known, and a local code for every other instrument."""
    codes = tomllib.loads(shipped_text("fhir"))["codes"]["instrument"]
    assert set(codes.values()) == set(INSTRUMENTS)
    assert {code for code in codes if "loinc" in code} == {
        f"http://loinc.org|{code}" for code in ("72514-3", "71959-1", "71961-7", "91351-7")
    }


def test_an_unknown_name_is_refused() -> None:
    """The nearest is offered."""
    with pytest.raises(MappingError, match=r"Did you mean 'fhir'\?"):
        shipped_text("fihr")
