"""The pain and disability sections: by follow-up, with people, and nothing that is too small."""

from hinge_outcomes.analysis.pain.change import estimate_change
from hinge_outcomes.cohort.frames import Cohort
from hinge_outcomes.cohort.quarters import Quarter
from hinge_outcomes.reporting.blocks import Figure, Notice, Table
from hinge_outcomes.reporting.disclosure import Disclosure
from hinge_outcomes.reporting.measures import write_number
from hinge_outcomes.reporting.outcome_section import completeness_table, outcome_blocks
from tests.records import small_cohort

QUARTER = Quarter.parse("2026Q3")


def test_each_follow_up_names_the_last_quarter_that_is_complete(clinic: Cohort) -> None:
    """6, 13, 26 and 52 weeks speak of ever earlier starters; the change is the estimator's."""
    figure, table = outcome_blocks(clinic, "nprs", QUARTER, Disclosure()).blocks
    assert isinstance(figure, Figure)
    assert isinstance(table, Table)
    assert [row[1].split("; ")[0] for row in table.rows] == [
        "started Apr–Jun 2026",
        "started Jan–Mar 2026",
        "started Oct–Dec 2025",
        "started Apr–Jun 2025",
    ]
    own = estimate_change(clinic.select(quarter="2026Q1"), "nprs", 91).table()["estimate"].iloc[0]
    assert table.rows[1][4].startswith(write_number(own, "points"))


def test_an_instrument_without_scores_is_a_sentence(clinic: Cohort) -> None:
    """Where no PSFS was recorded the section says so."""
    only_pain = clinic.outcomes[clinic.outcomes["instrument"] == "nprs"]
    cohort = clinic._lawful(outcomes=only_pain)
    (notice,) = outcome_blocks(cohort, "odi", QUARTER, Disclosure()).blocks
    assert isinstance(notice, Notice)


def test_three_people_show_no_outcome_under_release() -> None:
    """A cohort of three prints no mean, no share and no figure."""
    blocks = outcome_blocks(small_cohort(), "nprs", QUARTER, Disclosure()).blocks
    assert [type(block) for block in blocks] == [Table]
    assert all(set(row[2:]) <= {"–", "hidden"} for row in blocks[0].rows)


def test_small_numbers_of_missing_scores_are_hidden() -> None:
    """Two due and one returned: neither is printed under release, both are internally."""
    shown = completeness_table(small_cohort(), QUARTER, Disclosure("internal")).rows
    hidden = completeness_table(small_cohort(), QUARTER, Disclosure()).rows
    due = [row for row in shown if row[3] not in ("–",)]
    assert due
    assert all(row[3] in ("–", "hidden") and row[4] in ("–", "hidden") for row in hidden)
