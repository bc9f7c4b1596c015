"""The cohorts that property tests draw."""

from hypothesis import HealthCheck, given, settings

from hinge_outcomes.cohort.frames import Cohort
from hinge_outcomes.cohort.validation import validate
from tests.strategies import cohorts


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(cohorts())
def test_drawn_cohorts_are_lawful(cohort: Cohort) -> None:
    """A drawn cohort has no errors, so whatever a property finds wrong is the code's fault."""
    assert not validate(cohort).errors
