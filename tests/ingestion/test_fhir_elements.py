"""The parts of FHIR resources: values, codes, references and extensions."""

from typing import Any

import pytest

from hinge_outcomes.ingestion.fhir_elements import (
    ORDINALS,
    WrongShapeError,
    code_of,
    extension,
    id_of,
    part_of,
    parts_of,
    reference,
    text_of,
    value_of,
)


@pytest.mark.parametrize(
    ("address", "id_"),
    [
        ("Patient/17", "17"),
        ("https://a.b/fhir/Patient/17", "17"),
        ("https://a.b/fhir/Patient/17/_history/2", "17"),
        ("urn:uuid:0c3-9", "urn:uuid:0c3-9"),
        ("#inner", ""),
        ("17", "17"),
        ("", ""),
    ],
)
def test_an_id_is_what_stands_after_the_type(address: str, id_: str) -> None:
    """Relative, absolute and versioned references give the same id; a part of itself gives none."""
    assert id_of(address) == id_
    assert reference({"subject": {"reference": address}}, "subject") == id_


@pytest.mark.parametrize(
    ("item", "value"),
    [
        ({"valueInteger": "3"}, "3"),
        ({"valueDecimal": "3.50"}, "3.50"),
        ({"valueBoolean": True}, "true"),
        ({"valueQuantity": {"value": "12.5", "unit": "kg"}}, "12.5"),
        ({"valueString": "six"}, "six"),
        ({"valueReference": {"reference": "EpisodeOfCare/7"}}, "7"),
        ({"valueCodeableConcept": {"coding": [{"code": "low"}, {"code": "x"}]}}, "low"),
        ({"valueCodeableConcept": {"text": "low"}}, ""),
        ({"valueCoding": {"code": "a"}}, "a"),
        ({}, ""),
    ],
)
def test_a_value_is_its_text(item: dict[str, Any], value: str) -> None:
    """Every kind of value gives one text."""
    assert value_of(item) == (value, next(iter(item), ""))


@pytest.mark.parametrize("url", ORDINALS)
@pytest.mark.parametrize("kind", ["valueDecimal", "valueInteger"])
def test_a_coded_answer_is_its_ordinal_value(url: str, kind: str) -> None:
    """R4 and R5 name the extension differently; it stands at the code, or at the answer."""
    told = [{"url": "other", kind: "9"}, {"url": url, kind: "2"}]
    assert value_of({"valueCoding": {"code": "a", "extension": told}})[0] == "2"
    assert value_of({"valueCoding": {"code": "a"}, "extension": told})[0] == "2"
    concept = {"coding": [{"code": "a", "extension": told}]}
    assert value_of({"valueCodeableConcept": concept})[0] == "2"


def test_of_several_codes_the_one_of_loinc_is_taken() -> None:
    """LOINC, then ours, then the first; the order in the file does not matter otherwise."""
    codes = [
        {"system": "urn:clinic", "code": "pain"},
        {"system": "urn:hinge-outcomes:instrument", "code": "odi"},
        {"system": "http://loinc.org", "code": "72514-3"},
    ]
    assert code_of({"coding": codes}) == "http://loinc.org|72514-3"
    assert code_of({"coding": codes[:2]}) == "urn:hinge-outcomes:instrument|odi"
    assert code_of({"coding": codes[:1]}) == "urn:clinic|pain"
    assert code_of({"text": "pain"}) == ""


def test_an_extension_is_found_by_its_address() -> None:
    """Of several the first; none is empty."""
    item = {"extension": [{"url": "a", "valueCode": "x"}, {"url": "b", "valueInteger": "1"}]}
    assert [extension(item, url) for url in ("a", "b", "c")] == ["x", "1", ""]
    assert extension({}, "a") == ""


@pytest.mark.parametrize("wrong", [["x"], {"a": "b"}])
def test_a_text_that_is_none_is_the_wrong_shape(wrong: Any) -> None:
    """Lists and parts are no texts."""
    with pytest.raises(WrongShapeError):
        text_of(wrong)


@pytest.mark.parametrize("wrong", ["x", ["x"], True])
def test_a_part_that_is_none_is_the_wrong_shape(wrong: Any) -> None:
    """A text in the place of a part, or of parts, is told."""
    with pytest.raises(WrongShapeError):
        part_of({"a": wrong}, "a")
    with pytest.raises(WrongShapeError):
        parts_of({"a": wrong}, "a")
