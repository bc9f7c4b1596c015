"""Five kinds of FHIR resources as rows of text: which columns each gives, and from what.

The columns, the same for R4 and R5, are those of `COLUMNS`. Dates are the day on which something
happened where it happened; names, addresses and telephone numbers are never read.

- Patient: ``birthDate``, ``birthYear`` (its first four digits), ``gender``.
- EpisodeOfCare: ``start`` and ``end`` of its period, ``organization`` that manages it,
  ``careManager``, ``diagnosis`` (codes, parted by "; ").
- Encounter: ``episode``, ``date`` on which it began, ``practitioner`` (the first) and
  ``organization``.
- QuestionnaireResponse: ``questionnaire`` without its version, ``authored``, and ``items``, a JSON
  list of the answers to its questions in their order, null for a blank. What nobody in the file
  answered has no place in it, unless the Questionnaire is in the file too.
- Observation: ``code`` as ``system|code``, ``date``, ``value``, ``unit``; one row for it and one
  for each of its components. Of several codes the one of LOINC is taken, then one of ours
  (``urn:hinge-outcomes:…``), then the first.

``patient``, ``episode``, ``encounter`` and the like are ids: what stands after ``Patient/``, or
the id of the entry that a ``urn:uuid`` refers to. The episode of an answer or observation is that
of its extension ``workflow-episodeOfCare``, else that of its encounter in the same file.

Besides, a mapping may ask for ``extension <url>``, the value of one of the resource's extensions,
and for ``item <linkId>``, the answer to one question.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from hinge_outcomes.ingestion.fhir_elements import (
    code_of,
    extension,
    id_of,
    part_of,
    parts_of,
    reference,
    text_of,
    value_of,
)

EPISODE_OF_CARE = "http://hl7.org/fhir/StructureDefinition/workflow-episodeOfCare"
COLUMNS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "Patient": ("id", "birthDate", "birthYear", "gender"),
        "EpisodeOfCare": (
            "id", "patient", "status", "start", "end", "organization", "careManager", "diagnosis",
        ),
        "Encounter": (
            "id", "episode", "patient", "status", "date", "practitioner", "organization",
        ),
        "QuestionnaireResponse": (
            "id", "questionnaire", "patient", "encounter", "episode", "authored", "status",
        ),
        "Observation": (
            "id", "code", "patient", "encounter", "episode", "date", "value", "unit", "status",
        ),
    }
)  # fmt: skip
"""The columns of each kind of resource, in their order; `items` follows those of answers."""

FINAL = MappingProxyType(
    {
        "QuestionnaireResponse": ("completed", "amended"),
        "Observation": ("final", "amended", "corrected"),
    }
)
"""The states in which something asked or measured counts."""

ENTERED_IN_ERROR = "entered-in-error"

CONDITION = "Condition/"


def _day(value: Any) -> str:
    text = text_of(value)
    return text[:10] if text[10:11] == "T" else text


def _patient(item: Mapping[str, Any]) -> list[tuple[str, ...]]:
    born = text_of(item.get("birthDate"))
    return [(born, born[:4], text_of(item.get("gender")))]


def _episode(item: Mapping[str, Any]) -> list[tuple[str, ...]]:
    period = part_of(item, "period")
    row = (
        reference(item, "patient" if "patient" in item else "subject"),
        text_of(item.get("status")),
        _day(period.get("start")),
        _day(period.get("end")),
        reference(item, "managingOrganization"),
        reference(item, "careManager"),
        "; ".join(
            code for diagnosis in parts_of(item, "diagnosis") for code in _diagnoses(diagnosis)
        ),
    )
    return [row]


def _diagnoses(diagnosis: Mapping[str, Any]) -> list[str]:
    """Give the codes of a diagnosis: R4 refers to a condition, R5 may also say the code itself."""
    conditions = diagnosis.get("condition")
    if isinstance(conditions, dict):
        return [CONDITION + reference(diagnosis, "condition")]
    return [
        code_of(part_of(condition, "concept"))
        if "concept" in condition
        else CONDITION + reference(condition, "reference")
        for condition in parts_of(diagnosis, "condition")
    ]


def _encounter(item: Mapping[str, Any]) -> list[tuple[str, ...]]:
    episodes = parts_of(item, "episodeOfCare")
    period = part_of(item, "period" if "period" in item else "actualPeriod")
    people = [
        reference(person, "individual" if "individual" in person else "actor")
        for person in parts_of(item, "participant")
    ]
    row = (
        id_of(text_of(episodes[0].get("reference"))) if episodes else "",
        reference(item, "subject"),
        text_of(item.get("status")),
        _day(period.get("start") or item.get("plannedStartDate")),
        next((person for person in people if person), ""),
        reference(item, "serviceProvider"),
    )
    return [row]


def _response(item: Mapping[str, Any]) -> list[tuple[str, ...]]:
    row = (
        text_of(item.get("questionnaire")).partition("|")[0],
        reference(item, "subject"),
        reference(item, "encounter"),
        extension(item, EPISODE_OF_CARE),
        _day(item.get("authored")),
        text_of(item.get("status")),
    )
    return [row]


def _observation(item: Mapping[str, Any]) -> list[tuple[str, ...]]:
    period = part_of(item, "effectivePeriod")
    about = (
        reference(item, "subject"),
        reference(item, "encounter"),
        extension(item, EPISODE_OF_CARE),
        _day(item.get("effectiveDateTime") or item.get("effectiveInstant") or period.get("start")),
    )
    status = text_of(item.get("status"))
    told = [item, *parts_of(item, "component")]
    return [
        (code_of(part_of(one, "code")), *about, value_of(one)[0], _unit(one), status)
        for one in told
        if len(told) == 1 or one is not item or any(name.startswith("value") for name in item)
    ]


def _unit(item: Mapping[str, Any]) -> str:
    if "valueQuantity" not in item:
        return ""
    quantity = part_of(item, "valueQuantity")
    return text_of(quantity.get("code") or quantity.get("unit"))


Flatten = Callable[[Mapping[str, Any]], list[tuple[str, ...]]]

FLATTEN: Mapping[str, Flatten] = MappingProxyType(
    {
        "Patient": _patient,
        "EpisodeOfCare": _episode,
        "Encounter": _encounter,
        "QuestionnaireResponse": _response,
        "Observation": _observation,
    }
)
"""How each kind of resource gives its rows: the columns of `COLUMNS` after the id."""

__all__ = ["COLUMNS", "CONDITION", "ENTERED_IN_ERROR", "EPISODE_OF_CARE", "FINAL", "FLATTEN"]
