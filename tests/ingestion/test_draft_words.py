"""Names and codes are understood in several languages, and nothing else is."""

import pytest

from hinge_outcomes.cohort.tables import SEXES, VISIT_STATUSES
from hinge_outcomes.domain.states import END_REASONS
from hinge_outcomes.ingestion.draft_words import (
    CODE_WORDS,
    named_day,
    named_roles,
    named_stage,
    plain_words,
)


@pytest.mark.parametrize(
    ("name", "role"),
    [
        ("patient_id", "patient_id"), ("MRN", "patient_id"), ("Patientennummer", "patient_id"),
        ("caseID", "episode_id"), ("Fall-Nr", "episode_id"), ("Site", "clinic_id"),
        ("Behandler", "clinician_id"), ("First visit", "start_date"), ("Beginn", "start_date"),
        ("Date of discharge", "end_day"), ("Closed because", "end_reason"), ("DOB", "birth_year"),
        ("Geburtsdatum", "birth_year"), ("Fecha de nacimiento", "birth_year"), ("Sexe", "sex"),
        ("Appt. date", "visit_day"), ("Termin", "visit_day"), ("Attendance", "status"),
        ("HEP days", "home_exercise_days"), ("Stufe", "stage"), ("Goal step", "target_stage"),
        ("Mastery level", "mastery_level"), ("NPRS", "nprs"), ("pain_avg", "nprs"),
        ("Douleur", "nprs"), ("ODI total", "odi"), ("Oswestry Disability Index", "odi"),
        ("RMDQ score", "rmdq"), ("STarT Back risk", "start_back_risk"), ("Alter", "age"),
        ("Questionnaire date", "measured_day"), ("STarT Back total", "start_back"),
    ],
)  # fmt: skip
def test_a_name_is_understood(name: str, role: str) -> None:
    """The longest match of a name comes first."""
    assert named_roles(name)[0][0] == role


@pytest.mark.parametrize("name", ["Payer", "Room", "Employer", "Dance class", "Painting", ""])
def test_other_names_mean_nothing(name: str) -> None:
    """A word inside a word is no match."""
    assert named_roles(name) == []


def test_the_rest_of_a_name_tells_sets_apart() -> None:
    """What is left of a name besides the role tells one set of columns from another."""
    assert named_roles("Warm-up rating")[0] == ("mastery_level", "warm up")
    assert named_roles("NPRS 6 weeks")[0] == ("nprs", "6 weeks")


@pytest.mark.parametrize(
    ("words", "day"),
    [("baseline", 0), ("6 weeks", 42), ("3 months", 91), ("week 26", 182), ("1 year", 364),
     ("form", None), ("16 weeks", None)],
)  # fmt: skip
def test_planned_days_are_read_from_words(words: str, day: int | None) -> None:
    """Only the planned follow-ups are known; 16 weeks is not 6."""
    assert named_day(words) == day


def test_stages_are_known_by_their_names() -> None:
    """Case, hyphens and a number before the name do not matter; half a name does not do."""
    assert named_stage("HERO SQUATS") == 1
    assert named_stage("9 - KB Swing") == 9
    assert named_stage("swing") is None


def test_codes_lead_to_codes_that_exist() -> None:
    """Every translation is a code of our tables, and its text is written as names are."""
    assert set(CODE_WORDS["sex"].values()) <= set(SEXES)
    assert set(CODE_WORDS["status"].values()) == set(VISIT_STATUSES)
    assert set(CODE_WORDS["end_reason"].values()) == set(END_REASONS)
    assert set(CODE_WORDS["mastery_level"].values()) == {0, 1, 2, 3}
    words = [word for codes in CODE_WORDS.values() for word in codes]
    assert words == [plain_words(word) for word in words]
