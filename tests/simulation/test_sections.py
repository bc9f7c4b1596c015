"""Sections: every parameter says how firm it is and where it comes from."""

import pytest

from hinge_outcomes.simulation import care_sections, sections
from hinge_outcomes.simulation.parameters import MARKS, declared

SECTIONS = [
    sections.Calendar, sections.Clinics, sections.People, sections.Placement, sections.Learning,
    sections.Progression, care_sections.Visits, care_sections.Discharge, care_sections.Loss,
    care_sections.Pain, care_sections.Questionnaires,
]  # fmt: skip


@pytest.mark.parametrize("section", SECTIONS, ids=lambda section: section.__name__)
def test_every_parameter_has_a_mark_and_a_label(section: type) -> None:
    """Nothing goes into a simulation without words and a mark."""
    for name, rule in declared(section).items():
        assert rule.mark in MARKS, name
        assert rule.label, name


@pytest.mark.parametrize("section", SECTIONS, ids=lambda section: section.__name__)
def test_what_is_not_an_assumption_names_its_source(section: type) -> None:
    """A mark of S comes with the population or paper it was read in."""
    for name, rule in declared(section).items():
        assert rule.source or rule.mark != "S", name
