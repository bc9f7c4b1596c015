"""A researcher's page: the same results, under the audience's rules."""

import re

from hinge_outcomes.analysis.pain.change import estimate_change
from hinge_outcomes.analysis.pain.course import fit_pain
from hinge_outcomes.analysis.progression.mastery import estimate_mastery
from hinge_outcomes.cohort.frames import Cohort
from hinge_outcomes.reporting.study_page import open_study
from tests.records import small_cohort


def test_a_paragraph_that_would_name_few_holds_no_number() -> None:
    """Three episodes: nothing is said of the change under release, all is told internally."""
    outcomes = small_cohort().outcomes.iloc[:2].assign(measured_day=[0, 91])
    cohort = small_cohort(outcomes=outcomes)
    change = estimate_change(cohort, "nprs", 91)
    said = open_study(cohort, "Pain").change_answer(change).paragraphs[0][0].text
    assert not any(letter.isdigit() for letter in said)
    internal = open_study(cohort, "Pain", audience="internal").change_answer(change)
    assert internal.paragraphs[0][0].text == change.summary()
    row = open_study(cohort, "Pain").change_table(change).rows[0]
    assert set(row[1:]) == {"hidden"}


def test_released_words_repeat_the_tables_and_name_no_count(clinic: Cohort) -> None:
    """Every number of a released paragraph stands in the table; none is a count of people."""
    page = open_study(clinic, "Both")
    mastery, change = estimate_mastery(clinic), estimate_change(clinic, "nprs", 91)
    course = fit_pain(clinic, "nprs")
    for prose, table in (
        (page.mastery_answer(mastery), page.mastery_table(mastery)),
        (page.change_answer(change), page.change_table(change)),
        (page.course_answer(course), page.course_table(course)),
    ):
        said = prose.paragraphs[0][0].text.replace("95%", "")
        printed = " ".join(cell for row in table.rows for cell in row)
        numbers = re.findall(r"−?[\d.,]*\d%?", said)
        assert len(numbers) > 3
        assert all(number in printed for number in numbers)
        assert f"{clinic.n_episodes:,}" not in said


def test_the_flow_is_the_cohorts(network: Cohort) -> None:
    """Printed counts of a large cohort add up to its episodes when nothing is hidden."""
    table = open_study(network, "Flow", audience="internal").flow()
    assert sum(int(row[1].replace(",", "")) for row in table.rows) == network.n_episodes


def test_one_clinic_is_called_by_its_name(network: Cohort) -> None:
    """A page on one clinic names it; a page on all counts them."""
    one = open_study(network, "Flow", clinic_id="C01").title()
    assert one.clinic == network.clinic_name("C01")
    assert open_study(network, "Flow").title().clinic == "6 clinics"
