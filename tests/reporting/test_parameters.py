"""What reports can be asked, and the checks before any kernel starts."""

import pytest

from hinge_outcomes.exceptions import ParameterError
from hinge_outcomes.reporting.parameters import (
    REPORTS,
    check_parameters,
    complete_parameters,
    find_report,
)
from tests.reporting.sample import small_cohort

QUARTERLY = REPORTS["quarterly-outcomes"]


def test_what_follows_from_the_records_is_filled_in():
    """Clinic name and quarter follow from the records; the audience is release."""
    assert complete_parameters(QUARTERLY, {"clinic_id": "C01"}, small_cohort()) == {
        "clinic_id": "C01",
        "clinic_name": "Riverside Physiotherapy",
        "quarter": "2026Q3",
        "audience": "release",
        "paper": "a4",
    }


def test_a_single_clinic_need_not_be_named():
    """Records of one clinic need no clinic_id; a report on all clinics needs none either."""
    one = small_cohort().select(clinic_id="C01")
    assert complete_parameters(QUARTERLY, {}, one)["clinic_id"] == "C01"
    pain = complete_parameters(REPORTS["pain-reduction"], {}, small_cohort())
    assert pain["clinic_id"] is None


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"clinicid": "C01"}, "Did you mean 'clinic_id'"),
        ({"clinic_id": "c01"}, "Did you mean 'C01'"),
        ({"clinic_id": "Z"}, "There are: C01, C02"),
        ({"clinic_id": 1}, "clinic_id cannot be 1"),
        ({}, "say which"),
        ({"clinic_id": "C01", "quarter": "2025Q1"}, "Did you mean 2026Q2"),
        ({"clinic_id": "C02"}, "2026Q3. Did you mean 2025Q1"),
        ({"clinic_id": "C01", "quarter": "third"}, "2026Q3"),
        ({"clinic_id": "C01", "quarter": 20263}, "quarter"),
        ({"clinic_id": "C01", "audience": "internl"}, "Did you mean 'internal'"),
        ({"clinic_id": "C01", "paper": "a5"}, "a4, letter"),
        ({"clinic_id": "C01", "clinic_name": " "}, "clinic_name"),
    ],
)
def test_a_mistake_is_named_with_a_suggestion(given, words):
    """Each mistake gives one message that says what is allowed or nearest."""
    with pytest.raises(ParameterError) as caught:
        check_parameters(QUARTERLY, given, small_cohort())
    assert words in str(caught.value)


def test_text_from_a_command_line_gets_its_type():
    """Numbers arrive as text from a command line and are typed; other text is refused."""
    mastery = REPORTS["time-to-mastery"]
    values = complete_parameters(mastery, {"horizon_day": "180", "stage": 7}, small_cohort())
    assert (values["horizon_day"], values["stage"]) == (180, "7")
    pain = complete_parameters(REPORTS["pain-reduction"], {"at_day": "182"}, small_cohort())
    assert pain["at_day"] == 182
    for wrong in ("soon", "-1", True, 1.5):
        with pytest.raises(ParameterError, match="horizon_day"):
            check_parameters(mastery, {"horizon_day": wrong}, small_cohort())


def test_an_unknown_report_is_named_with_a_suggestion():
    """A mistyped report name suggests the near one and lists all."""
    with pytest.raises(ParameterError, match="Did you mean 'quarterly-outcomes'"):
        find_report("quaterly-outcome")


def test_every_default_is_allowed():
    """Each report's own defaults pass its own checks."""
    for definition in REPORTS.values():
        check_parameters(definition, {"clinic_id": "C01"}, small_cohort())


def test_deidentified_records_have_no_quarter():
    """De-identified records keep no quarter, and the message says where to go."""
    cohort = small_cohort()
    object.__setattr__(cohort, "is_deidentified", True)
    with pytest.raises(ParameterError, match="de-identified"):
        check_parameters(QUARTERLY, {"clinic_id": "C01"}, cohort)
