"""Write a cohort as the FHIR export that the shipped mapping reads."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd

from hinge_outcomes.cohort.frames import Cohort
from hinge_outcomes.ingestion.fhir_elements import LOCAL
from hinge_outcomes.ingestion.fhir_resources import EPISODE_OF_CARE

LOINC = {
    "nprs": "72514-3", "promis_pf": "71959-1", "promis_pi": "71961-7", "start_back": "91351-7",
}  # fmt: skip
KEPT = {"R4": "finished", "R5": "completed"}


def list_resources(cohort: Cohort, release: str = "R4") -> Iterator[dict[str, Any]]:
    """Every record of a cohort as a resource."""
    for row in cohort.patients.itertuples(index=False):
        yield without_blanks(
            resourceType="Patient", id=row.patient_id, gender=row.sex,
            birthDate=None if pd.isna(row.birth_year) else f"{row.birth_year}",
        )  # fmt: skip
    starts = cohort.episodes.set_index("episode_id")["start_date"]
    patients = cohort.episodes.set_index("episode_id")["patient_id"].to_dict()
    for row in cohort.episodes.itertuples(index=False):
        yield episode(row)
    for number, row in enumerate(cohort.visits.itertuples(index=False)):
        yield encounter(row, number, starts, patients, release)
    number = 0
    for table in (cohort.assessments, cohort.outcomes):
        for row in table.itertuples(index=False):
            for system, code, value in told(row):
                number += 1
                yield observation(row, number, system, code, value, starts, patients)


def without_blanks(**parts: Any) -> dict[str, Any]:
    """A resource without the elements that say nothing; FHIR knows no null."""
    return {name: part for name, part in parts.items() if not is_blank(part)}


def is_blank(part: Any) -> bool:
    """Whether an element says nothing."""
    if isinstance(part, (dict, list)):
        return not part
    return bool(pd.isna(part))


def plain(value: Any) -> Any:
    """A value as JSON can hold it."""
    return value.item() if hasattr(value, "item") else value


def extensions(**values: Any) -> list[dict[str, Any]]:
    """Extensions of ours, those without a value left out."""
    return [
        {"url": LOCAL + name.replace("_", "-"),
         "valueInteger" if isinstance(plain(value), int) else "valueCode": plain(value)}
        for name, value in values.items()
        if not is_blank(value)
    ]  # fmt: skip


def date(starts: pd.Series, episode_id: str, day: Any) -> str:
    """A day of an episode on the calendar."""
    return (starts[episode_id] + pd.Timedelta(days=int(day))).strftime("%Y-%m-%d")


def episode(row: Any) -> dict[str, Any]:
    """A course of care."""
    begun = row.start_date.strftime("%Y-%m-%d")
    ended = None
    if not pd.isna(row.end_day):
        ended = (row.start_date + pd.Timedelta(days=int(row.end_day))).strftime("%Y-%m-%d")
    carer = None if pd.isna(row.clinician_id) else f"Practitioner/{row.clinician_id}"
    return without_blanks(
        resourceType="EpisodeOfCare",
        id=row.episode_id,
        status="finished" if ended else "active",
        patient={"reference": f"Patient/{row.patient_id}"},
        managingOrganization={"reference": f"Organization/{row.clinic_id}"},
        careManager=carer and {"reference": carer},
        period=without_blanks(start=begun, end=ended),
        extension=extensions(
            entry_stage=row.entry_stage,
            target_stage=row.target_stage,
            symptom_duration=row.symptom_duration,
            start_back_risk=row.start_back_risk,
            end_reason=row.end_reason,
        ),
    )


def encounter(row: Any, number: int, starts: Any, patients: Any, release: str) -> dict[str, Any]:
    """An appointment, kept or not, in the words of one release of FHIR."""
    period = {"start": f"{date(starts, row.episode_id, row.visit_day)}T09:30:00+02:00"}
    who = {"reference": f"Practitioner/{row.clinician_id}"}
    is_r4 = release == "R4"
    return without_blanks(
        resourceType="Encounter",
        id=f"V{number}",
        status=KEPT[release] if row.status == "attended" else "cancelled",
        subject={"reference": f"Patient/{patients[row.episode_id]}"},
        episodeOfCare=[{"reference": f"EpisodeOfCare/{row.episode_id}"}],
        participant=[]
        if pd.isna(row.clinician_id)
        else [{"individual": who} if is_r4 else {"actor": who}],
        **{"period" if is_r4 else "actualPeriod": period},
        extension=extensions(
            visit_status="no_show" if row.status == "no_show" else None,
            home_exercise_days=row.home_exercise_days,
        ),
    )


def told(row: Any) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """What one row of assessments or outcomes says: code system, code and value."""
    if hasattr(row, "instrument"):
        is_public = row.instrument in LOINC
        yield (
            "http://loinc.org" if is_public else f"{LOCAL}instrument",
            LOINC.get(row.instrument, row.instrument),
            {"valueQuantity": {"value": row.score}},
        )
        return
    stage = str(row.stage)
    if not pd.isna(row.mastery_level):
        yield f"{LOCAL}stage-rating", stage, {"valueInteger": int(row.mastery_level)}
    if not pd.isna(row.is_working_stage):
        yield f"{LOCAL}working-stage", stage, {"valueBoolean": bool(row.is_working_stage)}
    if not pd.isna(row.load_kg):
        yield f"{LOCAL}stage-load", stage, {"valueQuantity": {"value": row.load_kg, "code": "kg"}}


def observation(
    row: Any, number: int, system: str, code: str, value: Any, starts: Any, patients: Any
) -> dict[str, Any]:
    """Something observed of a patient on a day of an episode."""
    day = row.measured_day if hasattr(row, "measured_day") else row.assessed_day
    return {
        "resourceType": "Observation",
        "id": f"O{number}",
        "status": "final",
        "code": {"coding": [{"system": system, "code": code}]},
        "subject": {"reference": f"Patient/{patients[row.episode_id]}"},
        "effectiveDateTime": date(starts, row.episode_id, day),
        "extension": [
            {
                "url": EPISODE_OF_CARE,
                "valueReference": {"reference": f"EpisodeOfCare/{row.episode_id}"},
            }
        ],
        **value,
    }


def write_fhir(path: Path, cohort: Cohort, release: str = "R4") -> Path:
    """Write a cohort as NDJSON (R4) or as one bundle (any other name of a file)."""
    resources = list(list_resources(cohort, release))
    if path.suffix == ".ndjson":
        text = "".join(json.dumps(resource) + "\n" for resource in resources)
    else:
        entries = [
            {"fullUrl": f"https://clinic.test/fhir/{r['resourceType']}/{r['id']}", "resource": r}
            for r in resources
        ]
        bundle = {"resourceType": "Bundle", "type": "collection", "entry": entries}
        text = json.dumps(bundle, indent=1)
    path.write_text(text, encoding="utf-8")
    return path
