"""Case mix: parts of a whole are hidden together, and shown numbers are right."""

from hinge_outcomes.cohort.frames import Cohort
from hinge_outcomes.cohort.quarters import Quarter
from hinge_outcomes.reporting.case_mix import case_mix_table
from hinge_outcomes.reporting.disclosure import Disclosure
from hinge_outcomes.reporting.people import starters
from tests.records import small_cohort

QUARTER = Quarter.parse("2026Q3")


def test_internal_shares_add_up(clinic: Cohort) -> None:
    """Shares of each column add up to one, within the rounding of whole percents."""
    rows = case_mix_table(starters(clinic, QUARTER), Disclosure("internal")).rows
    for label in ("Sex", "Symptoms", "STarT Back risk"):
        shares = [float(cell.rstrip("%")) for name, cell in rows if name.startswith(f"{label}:")]
        assert abs(sum(shares) - 100) <= 0.5 * len(shares)


def test_age_is_the_mean_of_the_starters(clinic: Cohort) -> None:
    """Age is counted from the year of birth to the year of the start."""
    chosen = clinic.select(quarter="2026Q3")
    born = chosen.patients.set_index("patient_id")["birth_year"]
    ages = 2026 - chosen.episodes["patient_id"].map(born).astype(float)
    rows = dict(case_mix_table(starters(clinic, QUARTER), Disclosure()).rows)
    assert rows["Age, years"] == f"{ages.mean():.1f} ({ages.std():.1f})"


def test_no_single_part_is_hidden_alone(network: Cohort) -> None:
    """Under release a column has no hidden cell or at least two, in every clinic."""
    for clinic_id in network.clinics:
        people = starters(network.select(clinic_id=clinic_id), QUARTER)
        rows = case_mix_table(people, Disclosure()).rows
        for label in ("Sex", "Symptoms", "STarT Back risk"):
            hidden = [cell for name, cell in rows if name.startswith(label) and cell == "hidden"]
            assert len(hidden) != 1


def test_three_starters_are_nobodys_business() -> None:
    """With three people every line is hidden or not recorded."""
    cohort = small_cohort()
    table = case_mix_table(starters(cohort, Quarter.parse("2026Q1")), Disclosure())
    assert {cell for _, cell in table.rows} == {"hidden"}
    assert table.notes
