"""The quarterly page: opened from records or a folder, for one clinic, quarter and audience."""

from pathlib import Path

import pytest

from hinge_outcomes.cohort.frames import Cohort
from hinge_outcomes.cohort.storage import write_cohort
from hinge_outcomes.exceptions import ParameterError
from hinge_outcomes.reporting.blocks import Table
from hinge_outcomes.reporting.quarterly import open_quarter
from tests.records import small_cohort


def test_the_last_complete_quarter_and_the_clinics_name_are_the_defaults(network: Cohort) -> None:
    """Without a quarter the page is of the last one complete by the data cut."""
    page = open_quarter(network, clinic_id="C03")
    assert str(page.quarter) == "2026Q3"
    title = page.title()
    assert title.clinic == network.clinic_name("C03") != "C03"
    assert title.is_synthetic
    assert title.audience == "release"


def test_several_clinics_need_a_name(network: Cohort) -> None:
    """Without a clinic the error lists those there are."""
    with pytest.raises(ParameterError, match="C01, C02"):
        open_quarter(network)


def test_every_section_of_a_tiny_clinic_can_be_published(tmp_path: Path) -> None:
    """Three episodes from a folder: no section fails, under either audience."""
    assumed = small_cohort(assumptions=("Dates are assumed.",)).select(clinic_id="C01")
    folder = write_cohort(assumed, tmp_path / "cohort")
    for audience in ("release", "internal"):
        page = open_quarter(folder, audience=audience, clinic_name="Elm Street")
        assert page.title().clinic == "Elm Street"
        assert page.title().footer == ("Assumed: Dates are assumed.",)
        sections = [page.answer(), page.headline(), page.mastery(), page.outcome("nprs")]
        assert all(section is not None for section in sections)
        assert isinstance(page.case_mix(), Table)
        assert isinstance(page.completeness(), Table)


def test_a_quarter_cut_short_says_so() -> None:
    """A page of a quarter whose data end before it does names the day they end."""
    early = open_quarter(small_cohort(), clinic_id="C01", quarter="2026Q4", audience="internal")
    assert "not complete: to 30 Sep 2026" in early.title().quarter
