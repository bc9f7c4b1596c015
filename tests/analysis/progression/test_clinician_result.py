"""What a comparison of clinicians shows of itself."""

from functools import cache

import pandas as pd

import hinge_outcomes as ho
from hinge_outcomes.analysis.progression.clinician_result import ClinicianRates
from hinge_outcomes.analysis.progression.clinicians import fit_clinician_rates

ENDING = ["estimate", "std_error", "ci_low", "ci_high", "n_at_risk", "n_events"]


@cache
def found() -> ClinicianRates:
    """Fit 300 simulated episodes."""
    cohort = ho.simulate(ho.Scenario.default(), n_episodes=300, seed=5)
    return fit_clinician_rates(ho.derive_stays(cohort), "age")


def test_tables_end_as_all_tables_do():
    """Estimate, error, interval, numbers at risk and of events."""
    for table in (found().table(), found().clinicians(), found().clinics()):
        assert list(table.columns[-6:]) == ENDING
    assert list(found().rates().columns[-4:]) == ENDING[:4]


def test_the_paragraph_says_how_sure_it_is():
    """Ratio or its upper limit, the numbers behind it, the caveat for few clinicians."""
    text = found().summary()
    for words in ("median rate ratio", "moves in", "adjusted for age", "fewer than 20 clinicians"):
        assert words in text


def test_no_difference_is_said_with_its_limit():
    """A spread of 0 is told as such."""
    flat = pd.DataFrame(
        {
            "level": ["clinician", "clinician"],
            "quantity": ["sd_log_rate", "median_rate_ratio"],
            "estimate": [0.0, 1.0],
            "std_error": [None, None],
            "ci_low": [0.0, 1.0],
            "ci_high": [0.2, 1.21],
            "n_at_risk": 16,
            "n_events": 900,
        }
    )
    from dataclasses import replace

    text = replace(found(), variances=flat).summary()
    assert "no difference between clinicians shows (median rate ratio 1, at most 1.21" in text


def test_the_picture_is_a_funnel_without_names():
    """Points are not named: a funnel is no league table."""
    ax = found().plot()
    assert ax.get_xlabel() == "Expected moves"
    names = set(found().clinicians()["clinician_id"])
    assert not names & {text.get_text() for text in ax.texts}
