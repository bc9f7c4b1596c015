"""What a mastery estimate says."""

import numpy as np

import hinge_outcomes as ho
from hinge_outcomes.analysis.progression.mastery import estimate_mastery

COHORT = ho.simulate(ho.Scenario.default(), n_episodes=400, seed=9)


def test_groups_are_set_against_the_first_in_percentage_points() -> None:
    """The difference by the last known day stands in the paragraph with its interval."""
    result = estimate_mastery(COHORT, by="sex", horizon_day=120)
    row = result.differences().query("quantity == 'probability' and day == 120").iloc[0]
    told = (
        f"{row.group} {100 * row.estimate:+.1f} percentage points "
        f"({100 * row.ci_low:+.1f} to {100 * row.ci_high:+.1f}) by day 120"
    )
    assert f"Against {row.reference}: {told}" in result.summary()


def test_too_few_clinics_stand_beside_patients() -> None:
    """Six clinics: too few is said, and both intervals are given; in the table of levels too."""
    result = estimate_mastery(COHORT, horizon_day=120, cluster="clinic_id")
    told = result.summary()
    assert "too few" in told
    assert "Side by side: " in told
    assert "patients taken as independent" in told
    levels = result.compare_levels()
    assert levels["level"].unique().tolist() == ["clinic_id", "patient_id"]
    chance = levels[(levels["quantity"] == "probability") & (levels["day"] == 120)]
    assert chance["estimate"].nunique() == 1
    own = estimate_mastery(COHORT, horizon_day=120).table()
    own = own[(own["quantity"] == "probability") & (own["day"] == 120)]
    assert chance["std_error"].iloc[1] == own["std_error"].iloc[0]
    assert chance["method"].str.contains("jackknife").all()


def test_many_clinicians_are_not_too_few() -> None:
    """With ten clinicians or more nothing is said, and the errors leave out each of them."""
    result = estimate_mastery(COHORT, horizon_day=120, cluster="clinician_id")
    assert result.n_clusters >= 10
    assert "too few" not in result.summary()
    assert result.occupancies["all"].degrees_of_freedom == result.n_clusters - 1


def test_how_long_half_could_be_followed_is_said() -> None:
    """The reverse Kaplan-Meier median stands in the table and in the paragraph."""
    recent = COHORT.select(quarter="2026Q3")
    result = estimate_mastery(recent, horizon_day=60)
    row = result.table().set_index("quantity").loc["median_follow_up_days"]
    assert np.isfinite(row["estimate"])
    assert f"(days): {row['estimate']:.0f}" in result.summary()
