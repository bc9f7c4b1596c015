"""Five kinds of resources as rows: the same columns for R4 and R5."""

from typing import Any

import pytest

from hinge_outcomes.ingestion.fhir_elements import WrongShapeError
from hinge_outcomes.ingestion.fhir_resources import COLUMNS, EPISODE_OF_CARE, FINAL, FLATTEN


def row(kind: str, **parts: Any) -> dict[str, str]:
    """The only row of a resource, by column; empty cells left out."""
    (cells,) = FLATTEN[kind](parts)
    named = dict(zip(COLUMNS[kind][1:], cells, strict=True))
    return {name: cell for name, cell in named.items() if cell}


def test_a_patient_gives_birth_and_sex_and_no_name() -> None:
    """A birth date may be a year alone."""
    told = {"name": [{"family": "Doe"}], "telecom": [{"value": "1"}], "address": [{"city": "X"}]}
    assert row("Patient", birthDate="1970-03-04", gender="female", **told) == {
        "birthDate": "1970-03-04", "birthYear": "1970", "gender": "female",
    }  # fmt: skip
    assert row("Patient", birthDate="1970") == {"birthDate": "1970", "birthYear": "1970"}


EPISODE = {
    "patient": {"reference": "Patient/7"},
    "status": "finished",
    "period": {"start": "2026-01-05T08:00:00+01:00", "end": "2026-03-01"},
    "managingOrganization": {"reference": "Organization/C01"},
    "careManager": {"reference": "Practitioner/T3"},
}


@pytest.mark.parametrize(
    ("diagnosis", "cell"),
    [
        ([{"condition": {"reference": "Condition/5"}}], "Condition/5"),
        ([{"condition": [{"reference": {"reference": "Condition/5"}}]}], "Condition/5"),
        (
            [{"condition": [{"concept": {"coding": [{"system": "s", "code": "1"}]}}]}] * 2,
            "s|1; s|1",
        ),
    ],
)
def test_an_episode_gives_its_dates_and_people(diagnosis: Any, cell: str) -> None:
    """R4 refers to conditions, R5 may name their codes; times lose their hours."""
    assert row("EpisodeOfCare", **EPISODE, diagnosis=diagnosis) == {
        "patient": "7", "status": "finished", "start": "2026-01-05", "end": "2026-03-01",
        "organization": "C01", "careManager": "T3", "diagnosis": cell,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("period", "person"), [("period", "individual"), ("actualPeriod", "actor")]
)  # fmt: skip
def test_an_encounter_reads_alike_in_both_releases(period: str, person: str) -> None:
    """R5 renamed the period and the participant."""
    told = {
        "episodeOfCare": [{"reference": "EpisodeOfCare/E1"}],
        "subject": {"reference": "Patient/7"},
        "status": "finished",
        period: {"start": "2026-01-05T08:00:00Z"},
        "participant": [{"type": []}, {person: {"reference": "Practitioner/T3"}}],
        "serviceProvider": {"reference": "Organization/C01"},
    }
    assert row("Encounter", **told) == {
        "episode": "E1", "patient": "7", "status": "finished", "date": "2026-01-05",
        "practitioner": "T3", "organization": "C01",
    }  # fmt: skip


def test_a_planned_encounter_has_the_planned_date() -> None:
    """An appointment that was cancelled never began."""
    assert row("Encounter", plannedStartDate="2026-01-05T08:00:00Z") == {"date": "2026-01-05"}


def test_a_response_gives_its_questionnaire_without_the_version() -> None:
    """The same questionnaire in two versions is one questionnaire."""
    told = {
        "questionnaire": "https://a.b/odi|2.1",
        "subject": {"reference": "Patient/7"},
        "encounter": {"reference": "Encounter/V1"},
        "authored": "2026-01-05T08:00:00Z",
        "extension": [
            {"url": EPISODE_OF_CARE, "valueReference": {"reference": "EpisodeOfCare/E1"}}
        ],
    }
    assert row("QuestionnaireResponse", status="completed", **told) == {
        "questionnaire": "https://a.b/odi", "patient": "7", "encounter": "V1", "episode": "E1",
        "authored": "2026-01-05", "status": "completed",
    }  # fmt: skip


@pytest.mark.parametrize(
    "when",
    [
        {"effectiveDateTime": "2026-01-05T08:00:00Z"},
        {"effectiveInstant": "2026-01-05T08:00:00Z"},
        {"effectivePeriod": {"start": "2026-01-05"}},
    ],
)
def test_an_observation_gives_code_value_and_unit(when: dict[str, Any]) -> None:
    """Whatever the time is written as, the day is the same."""
    told = {
        "status": "final",
        "code": {"coding": [{"system": "s", "code": "c"}]},
        "valueQuantity": {"value": "12.5", "unit": "kilogram", "code": "kg"},
    }
    assert row("Observation", **told, **when) == {
        "code": "s|c", "date": "2026-01-05", "value": "12.5", "unit": "kg", "status": "final",
    }  # fmt: skip


def test_the_components_of_an_observation_have_rows_of_their_own() -> None:
    """A panel without a value of its own gives its components alone."""
    parts = [
        {"code": {"coding": [{"system": "s", "code": code}]}, "valueQuantity": {"value": value}}
        for code, value in (("pf", "41"), ("pi", "60"))
    ]
    panel = {"code": {"coding": [{"system": "s", "code": "panel"}]}, "component": parts}
    rows = FLATTEN["Observation"](panel)
    assert [(cells[0], cells[5]) for cells in rows] == [("s|pf", "41"), ("s|pi", "60")]
    rows = FLATTEN["Observation"]({**panel, "valueInteger": "1"})
    assert [cells[0] for cells in rows] == ["s|panel", "s|pf", "s|pi"]


def test_every_row_is_as_long_as_its_columns() -> None:
    """A resource that says nothing gives a row of empty cells."""
    for kind, columns in COLUMNS.items():
        assert FLATTEN[kind]({}) == [("",) * (len(columns) - 1)]
    assert set(FINAL) <= set(COLUMNS)


@pytest.mark.parametrize(
    ("kind", "parts"),
    [
        ("Patient", {"birthDate": ["1970"]}),
        ("EpisodeOfCare", {"period": "2026"}),
        ("EpisodeOfCare", {"diagnosis": [{"condition": "x"}]}),
        ("Encounter", {"episodeOfCare": "E1"}),
        ("Encounter", {"participant": [7]}),
        ("QuestionnaireResponse", {"subject": "Patient/7"}),
        ("Observation", {"component": {"code": {}}}),
        ("Observation", {"valueInteger": {"a": "b"}}),
        ("Observation", {"code": {"coding": "s|c"}}),
    ],
)
def test_a_resource_of_the_wrong_shape_is_told(kind: str, parts: dict[str, Any]) -> None:
    """What is no text, no part or no list where FHIR has one is never taken for one."""
    with pytest.raises(WrongShapeError):
        FLATTEN[kind](parts)
