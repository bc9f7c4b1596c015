"""The content hash: of what a table says, and of nothing else."""

import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from hinge_outcomes.cohort.extra_columns import TABLE_NAMES
from hinge_outcomes.cohort.hashing import content_hash
from tests.records import small_cohort

VISITS = small_cohort().visits


@given(st.permutations(range(6)))
def test_row_order_never_matters(order: list[int]) -> None:
    """Any order of the rows has the same hash."""
    assert content_hash("visits", VISITS.iloc[order]) == content_hash("visits", VISITS)


# Made once on Linux x86_64: every platform and library version must agree with it.
EXPECTED = {
    "patients": "c1a8fda397ed",
    "episodes": "7a43bb4c4b19",
    "visits": "87334b868b20",
    "assessments": "e5bde221aa01",
    "outcomes": "14e3f10df078",
}


def test_the_hash_is_the_same_everywhere() -> None:
    """The hash of a fixed table is a fixed number: a platform that disagrees fails here."""
    digests = {name: content_hash(name, getattr(small_cohort(), name))[:12] for name in TABLE_NAMES}
    assert digests == EXPECTED


def test_a_null_is_not_a_zero_and_text_is_not_run_together() -> None:
    """Null and 0 differ, and so do ("ab", "c") and ("a", "bc")."""
    visits = small_cohort().visits
    zero = visits.assign(home_exercise_days=pd.array([0] * 6, dtype="Int16"))
    assert content_hash("visits", visits) != content_hash("visits", zero)
    patients = pd.DataFrame({"patient_id": ["ab", "c"], "birth_year": None, "sex": None})
    other = patients.assign(patient_id=["a", "bc"])
    assert content_hash("patients", patients) != content_hash("patients", other)


def test_noise_below_the_declared_decimals_is_not_content() -> None:
    """A score that differs in the fourteenth decimal only is the same score."""
    outcomes = small_cohort().outcomes
    noisy = outcomes.assign(score=outcomes["score"] + 1e-14)
    assert content_hash("outcomes", noisy) == content_hash("outcomes", outcomes)
    changed = outcomes.assign(score=outcomes["score"] + 1e-11)
    assert content_hash("outcomes", changed) != content_hash("outcomes", outcomes)
