"""Differences between groups in mastery."""

import numpy as np
import pytest
from scipy import stats

import hinge_outcomes as ho
from hinge_outcomes.analysis.progression.mastery import estimate_mastery
from hinge_outcomes.analysis.progression.mastery_result import MasteryEstimate
from hinge_outcomes.cohort.frames import Cohort
from hinge_outcomes.domain.rules import MasteryCriterion
from hinge_outcomes.exceptions import AnalysisError
from tests.hand_made import cohort_of, episode

ONCE = MasteryCriterion(consecutive=1)


def _told(name: str, duration: str, day: int | None, patient: str | None = None) -> dict:
    return episode(
        name,
        entry=3,
        symptom_duration=duration,
        patient_id=patient or f"P-{name}",
        visits=[0],
        ratings=[] if day is None else [(day, 3, 3)],
        end=(day, "goals_met") if day is not None else (50, "self_discharged"),
    )


def _estimate(*told: dict, **options: object) -> MasteryEstimate:
    return estimate_mastery(
        cohort_of(*told), criterion=ONCE, by="symptom_duration", horizon_day=60, **options
    )


def test_different_patients_add_their_variances() -> None:
    """Acute 2 of 4, chronic 1 of 4: the difference -1/4 has variance 1/16 + 3/64.

    Mean days mastered of 60: acute (50 + 40) / 4, chronic 30 / 4; population variances over 4.
    """
    told = [_told(f"a{n}", "acute", day) for n, day in enumerate((10, 20, None, None))]
    told += [_told(f"c{n}", "chronic", day) for n, day in enumerate((30, None, None, None))]
    rows = _estimate(*told).differences().set_index("quantity")
    chance, mean = rows.loc["probability"], rows.loc["mean_days_mastered"]
    assert (chance["group"], chance["reference"]) == ("chronic", "acute")
    assert chance["estimate"] == pytest.approx(-0.25)
    assert chance["std_error"] == pytest.approx(np.sqrt(1 / 16 + 3 / 64))
    assert mean["estimate"] == pytest.approx(30 / 4 - 90 / 4)
    error = np.sqrt(np.var([50, 40, 0, 0]) / 4 + np.var([30, 0, 0, 0]) / 4)
    assert mean["std_error"] == pytest.approx(error)
    rest = rows.loc["mean_days_unmastered"]
    assert rest["estimate"] == pytest.approx(-mean["estimate"])
    assert (rest["ci_low"], rest["ci_high"]) == pytest.approx((-mean["ci_high"], -mean["ci_low"]))


def test_patients_with_an_episode_in_each_group_are_their_own_control() -> None:
    """Four patients fare alike in an acute and a chronic episode: difference 0, error 0."""
    days = (10, 20, None, None)
    told = [_told(f"a{n}", "acute", day, f"P{n}") for n, day in enumerate(days)]
    told += [_told(f"c{n}", "chronic", day, f"P{n}") for n, day in enumerate(days)]
    rows = _estimate(*told).differences()
    known = rows[rows["estimate"].notna() & ~rows["quantity"].str.contains("median|quantile")]
    assert len(known) == 3
    assert known[["estimate", "std_error", "ci_low", "ci_high"]].abs().max().max() < 1e-12
    quarter = rows.set_index("quantity").loc["quantile_25_days"]
    assert quarter["estimate"] == 0


def _without_each(cohort: Cohort, unit: str, units: list[str], **options: object) -> np.ndarray:
    """Estimate the difference, female less male, without each of some units."""
    values = []
    for one in units:
        kept = cohort.episodes.loc[cohort.episodes[unit] != one, "episode_id"].tolist()
        table = estimate_mastery(cohort.select(episode_id=kept), **options).table()
        chance = table[table["quantity"] == "probability"].set_index(["group", "day"])["estimate"]
        values.append((chance["female"] - chance["male"]).to_numpy())
    return np.array(values)


def test_clinics_are_left_out_of_both_groups_at_once() -> None:
    """The error is that of the differences estimated anew without each clinic."""
    cohort = ho.simulate(ho.Scenario.default(), n_episodes=330, seed=4)
    options = {"by": "sex", "horizon_day": 150}
    rows = estimate_mastery(cohort, cluster="clinic_id", **options).differences("male")
    rows = rows[(rows["group"] == "female") & (rows["quantity"] == "probability")]
    units = sorted(cohort.episodes["clinic_id"].unique())
    values = _without_each(cohort, "clinic_id", units, **options)
    spread = values - values.mean(axis=0)
    n = len(units)
    assert rows["std_error"].to_numpy() == pytest.approx(
        np.sqrt((n - 1) / n * (spread**2).sum(axis=0)), rel=1e-9
    )


def test_what_a_patient_contributes_is_near_what_leaving_that_patient_out_changes() -> None:
    """Both are the same to first order; the second is one part in the 40 or so still at risk."""
    cohort = ho.simulate(ho.Scenario.default(), n_episodes=330, seed=4)
    options = {"by": "sex", "horizon_day": 150}
    fit = estimate_mastery(cohort, **options)
    rows = fit.differences("male")
    rows = rows[(rows["group"] == "female") & (rows["quantity"] == "probability")]
    units = sorted(cohort.episodes["patient_id"].unique())[:10]
    left = rows["estimate"].to_numpy() - _without_each(cohort, "patient_id", units, **options)
    own = _contributions(fit, rows["day"].to_numpy())
    derivative = np.array([own.get(one, np.zeros(len(rows))) for one in units])
    assert derivative == pytest.approx(left, rel=0.05, abs=2e-5)


def _contributions(fit: MasteryEstimate, days: np.ndarray) -> dict:
    found: dict = {}
    for group, sign in (("female", 1), ("male", -1)):
        occupancy = fit.occupancies[group]
        column = occupancy.states.index("mastered")
        for label, row in zip(
            occupancy.clusters, occupancy.influence(days)[:, :, column], strict=True
        ):
            found[label] = found.get(label, 0) + sign * row
    return found


def test_quantiles_have_limits_recovered_from_those_of_each() -> None:
    """The distance of the upper limit is the root of the squared distances of the two."""
    cohort = ho.simulate(ho.Scenario.default(), n_episodes=500, seed=4)
    result = estimate_mastery(cohort, by="sex", horizon_day=300)
    rows = result.differences(reference="female").set_index(["group", "quantity"])
    own = result.table().set_index(["group", "quantity"])
    male, female = (own.loc[(group, "quantile_25_days")] for group in ("male", "female"))
    row = rows.loc[("male", "quantile_25_days")]
    assert row["estimate"] == male["estimate"] - female["estimate"]
    assert np.isnan(row["std_error"])
    reach = np.hypot(male["ci_high"] - male["estimate"], female["estimate"] - female["ci_low"])
    # Few patients have an episode in each group, so the correlation is all but 0.
    assert row["ci_high"] - row["estimate"] == pytest.approx(reach, rel=0.01)


def test_groups_of_few_clinics_use_the_smaller_number_of_them() -> None:
    """Student's t has one degree of freedom less than the group with fewer clinicians."""
    cohort = ho.simulate(ho.Scenario.default(), n_episodes=400, seed=4)
    result = estimate_mastery(cohort, by="sex", horizon_day=120, cluster="clinic_id")
    rows = result.differences()
    row = rows[rows["quantity"] == "probability"].iloc[0]
    dfs = [each.degrees_of_freedom for each in result.occupancies.values()][:2]
    reach = stats.t.ppf(0.975, min(dfs)) * row["std_error"]
    assert row["ci_high"] - row["estimate"] == pytest.approx(reach)


def test_no_difference_without_groups_or_with_an_unknown_one() -> None:
    """The errors name the groups there are, or ask for by=."""
    alone = estimate_mastery(cohort_of(_told("a", "acute", 10)), criterion=ONCE, horizon_day=60)
    with pytest.raises(AnalysisError, match="by="):
        alone.differences()
    two = _estimate(_told("a", "acute", 10), _told("c", "chronic", 20))
    with pytest.raises(AnalysisError, match="acute, chronic"):
        two.differences(reference="subacute")
