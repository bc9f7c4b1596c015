"""Days to the data cut, overall and by clinic."""

import datetime as dt

from hinge_outcomes.cohort.data_cuts import cut_days
from tests.records import small_cohort


def test_one_cut_and_one_per_clinic() -> None:
    """From 10 September there are 20 days to 30 September and 10 to a clinic's cut of the 20th."""
    episodes = small_cohort().episodes
    assert cut_days(episodes, dt.date(2026, 9, 30)).tolist() == [268, 240, 20]
    own = {"C01": dt.date(2026, 9, 30), "C02": dt.date(2026, 9, 20)}
    assert cut_days(episodes, own).tolist() == [268, 240, 10]


def test_a_clinic_without_a_cut_has_no_days() -> None:
    """A clinic that is not named has a null, which validation reports."""
    assert cut_days(small_cohort().episodes, {"C01": dt.date(2026, 9, 30)}).isna().tolist() == [
        False,
        False,
        True,
    ]
