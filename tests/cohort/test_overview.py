"""The overview a researcher sees."""

from hinge_outcomes.cohort.overview import cohort_html
from tests.records import small_cohort


def test_it_says_what_a_researcher_asks_first() -> None:
    """Sizes, clinics, span, ends, scores and whether stages were recorded."""
    html = cohort_html(small_cohort(is_synthetic=True, assumptions=("Dates are assumed.",)))
    for expected in (
        "Cohort of synthetic patients",
        "episodes 3",
        "2026-01-05 to 2026-09-10",
        "mastered 1, self_discharged 1, open 1",
        "nprs 2, odi 1",
        "Dates are assumed.",
    ):
        assert expected in html


def test_an_empty_selection_has_an_overview() -> None:
    """Nobody selected is said, not an exception."""
    assert "no episodes" in cohort_html(small_cohort().select(quarter="2020Q1"))
