"""Parts of FHIR resources, the same in R4 and R5: texts, codes, values, references, extensions."""

import re
from collections.abc import Mapping
from typing import Any

LOCAL = "urn:hinge-outcomes:"
"""How our own code systems begin: for what no public one has a code."""

ORDINALS = (
    "http://hl7.org/fhir/StructureDefinition/ordinalValue",  # R4
    "http://hl7.org/fhir/StructureDefinition/itemWeight",  # R5
)

_LOINC = "http://loinc.org"
_REFERENCE = re.compile(r"(?:.*/)?[A-Z][A-Za-z]+/([^/]+)(?:/_history/[^/]+)?")
_URN = "urn:"


class WrongShapeError(Exception):
    """A part of a resource is not what FHIR says it is."""


def text_of(value: Any) -> str:
    """Give a single value as text.

    Parameters
    ----------
    value : object
        A text, true, false, or nothing; numbers are texts already.

    Returns
    -------
    str
        The text, empty for nothing.

    Raises
    ------
    WrongShapeError
        If it is a list or has parts.
    """
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    raise WrongShapeError


def part_of(item: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """Give a part of a resource that has parts itself.

    Parameters
    ----------
    item : mapping
        The resource, or a part.
    name : str
        Which part.

    Returns
    -------
    mapping
        The part, empty where there is none.

    Raises
    ------
    WrongShapeError
        If it is anything else.
    """
    value = item.get(name)
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise WrongShapeError
    return value


def parts_of(item: Mapping[str, Any], name: str) -> list[Mapping[str, Any]]:
    """Give the parts of a resource of which there may be several.

    Parameters
    ----------
    item : mapping
        The resource, or a part.
    name : str
        Which parts.

    Returns
    -------
    list of mapping
        The parts, empty where there is none.

    Raises
    ------
    WrongShapeError
        If it is anything else.
    """
    value = item.get(name)
    if value is None:
        return []
    if not isinstance(value, list) or not all(isinstance(part, dict) for part in value):
        raise WrongShapeError
    return value


def value_of(item: Mapping[str, Any]) -> tuple[str, str]:
    """Give what an observation, an answer or an extension says.

    Parameters
    ----------
    item : mapping
        Something with one of the elements ``value…``.

    Returns
    -------
    value : str
        A number or text; of a code its ordinal value, else the code; of a reference the id.
    kind : str
        Which element it was, such as "valueInteger"; empty where there is none.

    Raises
    ------
    WrongShapeError
        If it is anything else.
    """
    kind = next((name for name in item if name.startswith("value")), "")
    if kind == "valueQuantity":
        return text_of(part_of(item, kind).get("value")), kind
    if kind == "valueCoding":
        return _code_value(part_of(item, kind), item), kind
    if kind == "valueCodeableConcept":
        codings = parts_of(part_of(item, kind), "coding")
        return (_code_value(codings[0], item) if codings else ""), kind
    if kind == "valueReference":
        return reference(item, kind), kind
    return text_of(item.get(kind)), kind


def extension(item: Mapping[str, Any], *urls: str) -> str:
    """Give the value of an extension.

    Parameters
    ----------
    item : mapping
        What is extended.
    *urls : str
        Addresses of the extension, any of which it may have.

    Returns
    -------
    str
        Its value, empty where there is none.

    Raises
    ------
    WrongShapeError
        If it is no single value.
    """
    for found in parts_of(item, "extension") if "extension" in item else ():
        if found.get("url") in urls:
            return value_of(found)[0]
    return ""


def reference(item: Mapping[str, Any], name: str) -> str:
    """Give the id of the resource that another refers to.

    Parameters
    ----------
    item : mapping
        What refers.
    name : str
        The element with the reference.

    Returns
    -------
    str
        What stands after the type; an address within a bundle as it is, to be resolved with it.

    Raises
    ------
    WrongShapeError
        If it is no reference.
    """
    return id_of(text_of(part_of(item, name).get("reference")))


def id_of(address: str) -> str:
    """Give the id within an address.

    Parameters
    ----------
    address : str
        Such as ``Patient/17``, ``https://a.b/fhir/Patient/17/_history/2`` or ``urn:uuid:…``.

    Returns
    -------
    str
        The id; a ``urn`` as it is; empty for a resource within the resource.

    Examples
    --------
    >>> id_of("https://a.b/fhir/Patient/17/_history/2"), id_of("urn:uuid:9"), id_of("#1")
    ('17', 'urn:uuid:9', '')
    """
    if address.startswith("#"):
        return ""
    if address.startswith(_URN):
        return address
    found = _REFERENCE.fullmatch(address)
    return found[1] if found else address


def code_of(concept: Mapping[str, Any]) -> str:
    """Give the code of a concept as ``system|code``.

    Parameters
    ----------
    concept : mapping
        Such as the code of an observation.

    Returns
    -------
    str
        Of several the one of LOINC, else a local one of ours, else the first.

    Raises
    ------
    WrongShapeError
        If it is no concept.
    """
    codings = parts_of(concept, "coding")
    if not codings:
        return ""
    best = codings[0]
    if len(codings) > 1:
        best = min(codings, key=_rank)
    return f"{text_of(best.get('system'))}|{text_of(best.get('code'))}"


def _rank(coding: Mapping[str, Any]) -> int:
    system = text_of(coding.get("system"))
    return 0 if system == _LOINC else 1 if system.startswith(LOCAL) else 2


def _code_value(coding: Mapping[str, Any], answer: Mapping[str, Any]) -> str:
    ordinal = extension(coding, *ORDINALS) or extension(answer, *ORDINALS)
    return ordinal or text_of(coding.get("code"))


__all__ = [
    "LOCAL",
    "ORDINALS",
    "WrongShapeError",
    "code_of",
    "extension",
    "id_of",
    "part_of",
    "parts_of",
    "reference",
    "text_of",
    "value_of",
]
