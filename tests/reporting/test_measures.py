"""A figure of a report: printed honestly, or not at all."""

import pytest

from hinge_outcomes.cohort.frames import Cohort
from hinge_outcomes.cohort.quarters import Quarter
from hinge_outcomes.exceptions import NotIdentifiableError
from hinge_outcomes.reporting.disclosure import Disclosure
from hinge_outcomes.reporting.measures import (
    NO_ANSWER,
    NOT_YET,
    TOO_FEW,
    Measure,
    measure_with_stand_in,
    write_interval,
    write_number,
)
from hinge_outcomes.reporting.people import People, starters
from tests.records import small_cohort

EMPTY = Measure("share", "A share", "share")
QUARTER = Quarter.parse("2026Q1")


@pytest.mark.parametrize(
    ("value", "unit", "expected"),
    [
        (-0.04, "points", "0.0"),
        (-1.96, "points", "−2.0"),
        (0.999, "share", "100%"),
        (12345, "days", "12,345"),
    ],
)
def test_numbers_are_written_in_their_unit(value: float, unit: str, expected: str) -> None:
    """Percentages are whole, the minus is a real one, and nothing is minus zero."""
    assert write_number(value, unit) == expected  # type: ignore[arg-type]


def test_an_interval_across_zero_keeps_its_signs() -> None:
    """Both ends carry their own sign."""
    assert write_interval(-0.4, 1.2, "points") == "−0.4 to 1.2"


def _always(may_show: bool) -> object:
    def compute(cohort: Cohort) -> tuple[Measure, bool]:
        return Measure("share", "A share", "share", cohort.n_episodes / 10), may_show

    return compute


def _measure(compute: object, audience: str = "release", people: People | None = None) -> Measure:
    cohort = small_cohort()
    chosen = people or starters(cohort, QUARTER)
    return measure_with_stand_in(EMPTY, compute, chosen, cohort, Disclosure(audience))  # type: ignore[arg-type]


def test_a_hidden_figure_holds_no_number() -> None:
    """What may not be printed is gone from the measure, not just from its text."""
    hidden = _measure(_always(False))
    assert (hidden.estimate, hidden.ci_low, hidden.value) == (None, None, "hidden")
    assert hidden.why_not == TOO_FEW


def test_twelve_months_stand_in_and_say_so() -> None:
    """Where the quarter's two are too few, the year is asked; the detail says what it is."""

    def from_two_on(cohort: Cohort) -> tuple[Measure, bool]:
        return Measure("share", "A share", "share", 0.5), cohort.n_episodes > 2

    cohort = small_cohort()
    quarter = starters(cohort, Quarter.parse("2026Q3"))
    found = measure_with_stand_in(EMPTY, from_two_on, quarter, cohort, Disclosure())
    assert found.is_shown
    assert found.is_stand_in
    assert "started Oct 2025–Sep 2026" in found.detail
    assert "12 months" in found.detail


def test_internal_pages_need_no_stand_in() -> None:
    """The clinic's own desk sees the quarter as soon as there is a number."""
    found = _measure(_always(True), "internal")
    assert found.estimate == pytest.approx(0.2)
    assert not found.is_stand_in


def test_a_question_without_an_answer_says_why() -> None:
    """An estimator's refusal becomes a reason without its counts; nobody to follow is said too."""

    def refuse(_: Cohort) -> tuple[Measure, bool]:
        raise NotIdentifiableError("Of 122 episodes 4 have a baseline and 3 a follow-up score.")

    found = _measure(refuse)
    assert found.value == "–"
    assert found.why_not == NO_ANSWER
    assert not any(letter.isdigit() for letter in found.why_not)
    nobody = measure_with_stand_in(EMPTY, refuse, None, small_cohort(), Disclosure())
    assert nobody.why_not == NOT_YET
