"""Who stands out in a release, counted by hand, and what else betrays people."""

import dataclasses
import datetime as dt
from typing import Any

import pandas as pd
import pytest

import hinge_outcomes as ho
from hinge_outcomes.cohort.extra_columns import ExtraColumn
from hinge_outcomes.cohort.frames import Cohort
from hinge_outcomes.cohort.release_risk import ReleaseRisk, validate_release
from hinge_outcomes.exceptions import DataError
from tests.records import small_cohort


def clinic_of(people: list[tuple[int, str, str]], **facts: Any) -> Cohort:
    """A deidentified cohort of one discharged episode each: birth year, sex, clinic."""
    ids = [f"P{number:03d}" for number in range(len(people))]
    patients = pd.DataFrame(
        {"patient_id": ids, "birth_year": [p[0] for p in people], "sex": [p[1] for p in people]}
    )
    episodes = pd.DataFrame(
        {
            "episode_id": [f"E{number:03d}" for number in range(len(people))],
            "patient_id": ids,
            "clinic_id": [p[2] for p in people],
            "start_date": "2026-01-01",
            "end_day": 30,
            "end_reason": "goals_met",
            "last_observed_day": 30,
        }
    )
    empty = {name: pd.DataFrame() for name in ("visits", "assessments", "outcomes")}
    lacking = {
        "visits": ["episode_id", "visit_day", "visit_number", "status"],
        "assessments": ["episode_id", "assessed_day", "stage"],
        "outcomes": ["episode_id", "measured_day", "instrument", "score"],
    }
    tables: dict[str, Any] = {
        "patients": patients,
        "episodes": episodes,
        **{name: frame.reindex(columns=lacking[name]) for name, frame in empty.items()},
    }
    known: dict[str, Any] = {"data_cut": dt.date(2026, 12, 31), "is_deidentified": True}
    return Cohort(**{**tables, **known, **facts})


def rules(risk: ReleaseRisk) -> set[tuple[str, str]]:
    """Severity and rule of every finding."""
    return {(finding.severity, finding.rule) for finding in risk.findings}


def test_classes_are_counted_by_hand() -> None:
    """Eleven women of one band are safe together; two men, and a woman of 90, stand out."""
    people = [(1977 + n % 10, "female", "A") for n in range(11)]
    people += [(1980, "male", "A"), (1981, "male", "A"), (1936, "female", "A")]
    risk = validate_release(clinic_of(people))
    assert risk.table().to_numpy().tolist() == [[14, 1], [12, 2], [13, 2]]
    assert risk.rows == (12, 13, 14)
    assert not risk.is_safe
    assert validate_release(clinic_of(people[:11])).is_safe


def test_bands_end_where_they_say() -> None:
    """17 and 18, 29 and 30, 89 and 90 are in different bands; 30 and 39 are in one."""
    sizes = {}
    for young, old in ((17, 18), (29, 30), (89, 90), (30, 39)):
        people = [(2026 - young, "male", "A"), (2026 - old, "male", "A")]
        sizes[young, old] = validate_release(clinic_of(people)).class_size.tolist()
    assert sizes == {(17, 18): [1, 1], (29, 30): [1, 1], (89, 90): [1, 1], (30, 39): [2, 2]}


def test_a_person_counts_once() -> None:
    """Eleven episodes of one patient are one person, who stands out in all of them."""
    cohort = clinic_of([(1980, "male", "A")] * 11)
    episodes = cohort.episodes.assign(patient_id="P000")
    risk = validate_release(dataclasses.replace(cohort, episodes=episodes))
    assert risk.class_size.tolist() == [1] * 11


def test_unknown_age_and_sex_are_a_class_of_their_own() -> None:
    """People without a year of birth or a sex share a class with each other."""
    cohort = clinic_of([(1980, "male", "A"), (1980, "male", "A"), (1980, "male", "A")])
    patients = cohort.patients.assign(
        birth_year=pd.array([None, None, 1980], dtype="Int16"),
        sex=cohort.patients["sex"].where([False, False, True]),
    )
    risk = validate_release(dataclasses.replace(cohort, patients=patients))
    assert risk.class_size.tolist() == [2, 2, 1]


def test_k_is_what_is_asked() -> None:
    """Three people are enough for k = 3 and too few for k = 4; k = 0 is refused."""
    cohort = clinic_of([(1980, "male", "A")] * 3)
    assert validate_release(cohort, k=3).rows == ()
    assert validate_release(cohort, k=4).rows == (1, 2, 3)
    with pytest.raises(DataError, match="at least 1 person"):
        validate_release(cohort, k=0)


@pytest.mark.parametrize("k", [True, 1.5, "11", None])
def test_a_class_is_a_whole_number_of_people(k: Any) -> None:
    """True would ask for classes of one, and so call everything safe."""
    with pytest.raises(DataError, match="whole number of people"):
        validate_release(clinic_of([(1980, "male", "A")] * 3), k=k)


def test_a_clinic_s_own_records_are_no_release() -> None:
    """Exact dates and last days counted to the cut are errors, with their rows."""
    risk = validate_release(small_cohort(), k=1)
    assert rules(risk) >= {("error", "exact_date")}
    assert {(f.column, f.rows) for f in risk.findings if f.rule == "exact_date"} == {
        ("start_date", (1, 2, 3)), ("last_observed_day", (3,))
    }  # fmt: skip
    assert not risk.rows
    assert not risk.is_safe
    assert "Not safe to release." in risk.summary()


def test_first_of_january_is_no_proof() -> None:
    """Records that begin on 1 January by chance are no release unless deidentified."""
    cohort = clinic_of([(1980, "male", "A")] * 11)
    assert validate_release(cohort).is_safe
    exact = dataclasses.replace(cohort, is_deidentified=False)
    assert ("error", "exact_date") in rules(validate_release(exact))


def test_ages_over_89_are_found() -> None:
    """A birth year that tells an age of 91 is an error; 90, meaning 90 or over, is none."""
    assert ("error", "age_over_89") in rules(validate_release(clinic_of([(1935, "male", "A")])))
    assert ("error", "age_over_89") not in rules(validate_release(clinic_of([(1936, "male", "A")])))


def test_own_columns_that_tell_too_much() -> None:
    """Text and running numbers are errors, rare codes a warning; a plain number is neither."""
    people = [(1980, "male", "A")] * 12
    columns = (
        ExtraColumn("episodes", "x_note", "text"),
        ExtraColumn("episodes", "x_number", "integer"),
        ExtraColumn("episodes", "x_sessions", "integer"),
        ExtraColumn("episodes", "x_job", "category", allowed=("office", "astronaut")),
    )
    plain = clinic_of(people)
    episodes = plain.episodes.assign(
        x_note=["seen by her sister", *[None] * 11],
        x_number=range(5000, 5012),
        x_sessions=[3, 4] * 6,
        x_job=["office"] * 11 + ["astronaut"],
    )
    risk = validate_release(clinic_of(people, episodes=episodes, extra_columns=columns))
    found = {(f.severity, f.column, f.rule, f.rows) for f in risk.findings}
    assert found == {
        ("error", "x_note", "free_text", (1,)),
        ("error", "x_number", "record_number", ()),
        ("warning", "x_job", "rare_code", (12,)),
    }
    assert "sister" not in risk.summary()
    assert "astronaut" not in risk.summary() + repr(risk) + risk.table().to_string()


def test_ids_that_name_people_are_found() -> None:
    """A clinician who is a name is an error, and named clinics are a warning."""
    cohort = clinic_of([(1980, "male", "A")] * 11, clinic_names={"A": "Hill Clinic"})
    episodes = cohort.episodes.assign(clinician_id="Jensen, Karen")
    risk = validate_release(dataclasses.replace(cohort, episodes=episodes))
    assert ("error", "looks_like_identifier") in rules(risk)
    assert ("warning", "clinic_named") in rules(risk)
    assert "Jensen" not in risk.summary()


def test_assumptions_are_read_too() -> None:
    """An assumption that tells a date is an error, one in plain words is none."""
    people = [(1980, "male", "A")] * 11
    assert validate_release(clinic_of(people, assumptions=("Stages are assumed.",))).is_safe
    told = clinic_of(people, assumptions=("Day 0 is 2026-03-24 for all.",))
    assert ("error", "looks_like_identifier") in rules(validate_release(told))


def test_dropping_those_who_stand_out_makes_it_safe() -> None:
    """Without the episodes that stand out nobody does, and the rest is untouched and lawful."""
    cohort = ho.simulate(ho.Scenario.default(), n_episodes=4000, seed=2)
    released = ho.deidentify(cohort, seed=1)
    risk = ho.validate_release(released)
    assert risk.rows
    safe = risk.drop_from(released)
    assert ho.validate_release(safe).is_safe
    assert safe.n_episodes == released.n_episodes - len(risk.rows)
    assert not ho.validate(safe).errors
    assert safe.selection == released.selection
    with pytest.raises(DataError, match="another cohort"):
        risk.drop_from(safe)


def test_nothing_left_is_refused() -> None:
    """If everybody stands out, dropping them all is no release."""
    cohort = clinic_of([(1980, "male", "A")])
    with pytest.raises(DataError, match="none would be left"):
        validate_release(cohort).drop_from(cohort)


def test_what_deidentify_makes_has_no_error() -> None:
    """Whoever stands out, the release itself holds no date, text, great age or telling id."""
    cohort = ho.simulate(ho.Scenario.default(), n_episodes=300, seed=2)
    assert not ho.validate_release(ho.deidentify(cohort)).findings.errors


def test_the_page_shows_the_verdict() -> None:
    """In a notebook the verdict and the findings are paragraphs."""
    html = validate_release(small_cohort())._repr_html_()
    assert html.startswith("<p>Not safe to release.")
    assert html.count("<p>") == 1 + len(validate_release(small_cohort()).findings)
