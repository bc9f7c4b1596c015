"""The answer says what can be mended, what can be had, and what cannot."""

import pytest

from hinge_outcomes.cohort.findings import Finding, Findings
from hinge_outcomes.cohort.quality import describe_quality
from hinge_outcomes.cohort.validation import validate
from hinge_outcomes.reporting.disclosure import Disclosure
from hinge_outcomes.reporting.quality_answer import answer_quality
from tests.hand_made import cohort_of, episode

DESK, RELEASE = Disclosure("internal"), Disclosure()
NOTHING = Findings(())
COMPLETE = {"symptom_duration": "acute", "start_back_risk": "low"}
KNOWN = {"sex": "female", "birth_year": 1970}


def test_records_in_which_all_is_well_say_only_that() -> None:
    """An episode with everything that is due has one sentence."""
    cohort = cohort_of(
        episode("E1", observed=21, visits=[0, 14], scores=[(0, "nprs", 5.0)], **COMPLETE),
        patients=KNOWN,
    )
    answer = answer_quality(validate(cohort), describe_quality(cohort), DESK)
    assert answer.is_done
    assert answer.sentences() == ("Done: nothing in these records needs mending.",)


def test_errors_are_counted_by_cell_and_the_first_is_named() -> None:
    """Two rows of one rule and a table as a whole are three cells; no value is named."""
    findings = Findings.of(
        [
            Finding("error", "visits", "status", "null", (2, 9), "A status is needed."),
            Finding("error", "outcomes", "", "manifest", (), "Changed."),
            Finding("warning", "episodes", "start_date", "age_plausible", (1,), "Odd."),
        ]
    )
    answer = answer_quality(findings, None, DESK)
    assert not answer.is_done
    assert answer.sentences() == (
        "Not done: 3 cells need mending; begin with visits.status, rows 2, 9.",
    )


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        ((4,), "Not done: 1 cell needs mending; begin with visits.status, row 4."),
        (
            tuple(range(1, 8)),
            "Not done: 7 cells need mending; begin with visits.status, rows 1, 2, 3, 4, 5, ….",
        ),
    ],
)
def test_one_cell_and_many_cells_read_well(rows: tuple[int, ...], told: str) -> None:
    """The verb follows the number, and long lists are cut."""
    error = Finding("error", "visits", "status", "null", rows, "A status is needed.")
    assert answer_quality(Findings((error,)), None, DESK).verdict == told


def test_a_closed_window_is_lost_and_an_open_one_can_be_had() -> None:
    """One score missed its window for good, another's is still open; both are told apart."""
    cohort = cohort_of(
        episode("E1", observed=60, visits=[0, 50], scores=[(0, "nprs", 5.0)], **COMPLETE),
        episode("E2", observed=30, visits=[0, 20], scores=[(0, "nprs", 5.0)], **COMPLETE),
        patients=KNOWN,
    )
    answer = answer_quality(NOTHING, describe_quality(cohort), DESK)
    assert answer.lost.startswith("Missing for good: 100% of the NPRS scores due at 6 weeks")
    assert answer.still == "Can still be had: 1 score whose window is still open."
    assert answer.is_done


def test_blank_facts_and_silent_episodes_can_be_mended_by_asking() -> None:
    """A blank STarT class and a patient not seen for 43 days are named with their number."""
    cohort = cohort_of(
        episode("E1", observed=43, visits=[0], symptom_duration="acute"), patients=KNOWN
    )
    still = answer_quality(NOTHING, describe_quality(cohort), DESK).still
    assert still == (
        "Can still be had: 1 blank fact of day 0 and 1 open episode without a visit for 42 days, "
        "to call or to close."
    )


def test_a_release_tells_no_small_count_nor_one_made_of_few_people() -> None:
    """Six patients with two blank facts each are twelve blanks, and still six patients."""
    told = [episode(f"E{n}", observed=30, visits=[0, 20]) for n in range(6)]
    quality = describe_quality(cohort_of(*told, patients=KNOWN))
    answer = answer_quality(NOTHING, quality, RELEASE)
    assert answer.still == "Can still be had: some blank facts of day 0."
    desk = answer_quality(NOTHING, quality, DESK)
    assert desk.still == "Can still be had: 12 blank facts of day 0."


def test_warnings_and_questions_are_no_errors() -> None:
    """A warning is to be looked at, and the clinic is done all the same."""
    warning = Finding("warning", "visits", "visit_day", "visit_after_end", (3,), "After the end.")
    cohort = cohort_of(episode("E1", observed=30, visits=range(20)))
    answer = answer_quality(Findings((warning,)), describe_quality(cohort), DESK)
    assert answer.is_done
    assert answer.odd == (
        "To look at: 2 questions, none of them an error: attended on a Saturday or Sunday, and 1 "
        "more."
    )
