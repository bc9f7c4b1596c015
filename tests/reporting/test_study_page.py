"""A researcher's page: the same results, under the audience's rules."""

from hinge_outcomes.analysis.pain.change import estimate_change
from hinge_outcomes.cohort.frames import Cohort
from hinge_outcomes.reporting.blocks import Notice, Prose
from hinge_outcomes.reporting.study_page import open_study
from tests.records import small_cohort


def test_a_paragraph_that_would_name_few_is_left_out() -> None:
    """Three episodes: the change's summary is withheld under release, told internally."""
    outcomes = small_cohort().outcomes.iloc[:2].assign(measured_day=[0, 91])
    cohort = small_cohort(outcomes=outcomes)
    change = estimate_change(cohort, "nprs", 91)
    assert isinstance(open_study(cohort, "Pain").summary(change), Notice)
    assert isinstance(open_study(cohort, "Pain", audience="internal").summary(change), Prose)
    row = open_study(cohort, "Pain").change_table(change).rows[0]
    assert set(row[1:]) == {"hidden"}


def test_the_flow_is_the_cohorts(network: Cohort) -> None:
    """Printed counts of a large cohort add up to its episodes when nothing is hidden."""
    table = open_study(network, "Flow", audience="internal").flow()
    assert sum(int(row[1].replace(",", "")) for row in table.rows) == network.n_episodes


def test_one_clinic_is_called_by_its_name(network: Cohort) -> None:
    """A page on one clinic names it; a page on all counts them."""
    one = open_study(network, "Flow", clinic_id="C01").title()
    assert one.clinic == network.clinic_name("C01")
    assert open_study(network, "Flow").title().clinic == "6 clinics"
