"""Risk-adjusted improvement of clinicians and clinics."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

import hinge_outcomes as ho
from hinge_outcomes.analysis.pain.clinician_effects import estimate_clinician_effects
from hinge_outcomes.analysis.pain.follow_up_scores import derive_follow_up_scores
from hinge_outcomes.exceptions import AnalysisError, NotIdentifiableError
from hinge_outcomes.simulation.estimands import true_estimands
from tests.analysis.pain.cohorts import scored_cohort

COHORT = ho.simulate(ho.Scenario.default(), n_episodes=900, seed=7)
EFFECTS = estimate_clinician_effects(COHORT)


def test_residuals_are_actual_less_expected_improvement() -> None:
    """A clinician's mean is that of improvement less the model's fixed part, by hand."""
    scores = derive_follow_up_scores(COHORT, "nprs", 91)
    rows = scores[scores["is_closed"] & scores["change"].notna()].copy()
    rows["start_back_risk"] = rows["start_back_risk"].astype("object").fillna("not recorded")
    rows = rows[rows["age"].notna() & rows["baseline_score"].notna()]
    expected = EFFECTS.model.predict(
        rows.assign(sex=rows["sex"].astype(str), age=rows["age"].astype(float),
                    symptom_duration=rows["symptom_duration"].astype(str))
    )["estimate"]  # fmt: skip
    residual = -rows["change"] - expected
    by_hand = residual.groupby(rows["clinician_id"].astype(str)).mean()
    table = EFFECTS.clinicians().set_index("clinician_id")
    shown = table[table["reason"] == ""]
    np.testing.assert_allclose(shown["estimate"], by_hand.loc[shown.index], rtol=1e-9)
    assert (shown["meets_average"] == (shown["estimate"] >= 0)).all()


def test_units_below_the_gate_have_a_reason_and_no_numbers() -> None:
    """More episodes asked for than most have, or more complete ones."""
    few = estimate_clinician_effects(COHORT, min_episodes=60)
    table = few.clinicians()
    below = table[table["n"] < 60]
    assert len(below)
    assert below["estimate"].isna().all()
    assert below["shrunken"].isna().all()
    assert below["reason"].str.contains("below 60").all()
    whole = estimate_clinician_effects(COHORT, min_completeness=0.99).clinicians()
    assert whole["reason"].str.contains("of those due, below 99%").all()


def test_shrunken_values_lie_between_the_mean_and_nothing() -> None:
    """Every clinician is drawn towards the others, and the funnel shows both."""
    table = EFFECTS.clinicians().dropna(subset="estimate")
    apart = (table["estimate"] - table["estimate"].mean()).abs()
    drawn = (table["shrunken"] - table["shrunken"].mean()).abs()
    assert drawn.mean() < apart.mean()
    assert (table["shrunken_ci_low"] < table["shrunken_ci_high"]).all()
    assert "less expected" in EFFECTS.plot().get_ylabel()


def test_verdicts_are_those_of_the_intervals() -> None:
    """Three classes: the interval above zero, below it, or neither."""
    table = EFFECTS.clinicians().dropna(subset="estimate")
    is_better, is_worse = table["ci_low"] > 0, table["ci_high"] < 0
    expected = np.select([is_better, is_worse], ["better than expected", "worse than expected"],
                         "as expected")  # fmt: skip
    assert table["verdict"].tolist() == expected.tolist()
    assert "It is no ranking" in EFFECTS.summary()


def test_both_correlations_are_given_for_both_levels() -> None:
    """ANOVA with its interval, REML never negative."""
    table = EFFECTS.table().set_index(["level", "quantity"])
    assert (table["estimate"].xs("ICC, REML", level="quantity") >= 0).all()
    anova = table.xs("ICC, ANOVA", level="quantity")
    assert (anova["ci_low"] < anova["estimate"]).all()
    assert (anova["estimate"] < anova["ci_high"]).all()
    assert "known poorly" in EFFECTS.note


def test_known_spread_of_clinicians_is_found() -> None:
    """With 4,000 episodes the ANOVA interval of the change holds the scenario's own share."""
    cohort = ho.simulate(ho.Scenario.default(), n_episodes=4_000, seed=3)
    found = estimate_clinician_effects(cohort, adjust=())
    row = found.table().set_index(["level", "quantity"]).loc[("clinician", "ICC, ANOVA")]
    truth = true_estimands(ho.Scenario.default(), replicates=10, n_episodes=4_000, seed=5)
    assert row["ci_low"] < truth.value("nprs_change_icc", day=91) < row["ci_high"]


def test_one_clinic_has_no_network() -> None:
    """The message says why, and what can be compared inside a clinic."""
    with pytest.raises(NotIdentifiableError, match="no network"):
        estimate_clinician_effects(COHORT.select(clinic_id="C01"))


def test_one_clinician_a_clinic_cannot_be_told_from_it() -> None:
    """Two clinics with one clinician each are one level."""
    first = COHORT.episodes["clinician_id"].astype(str).str.endswith("-1")
    alone = COHORT.episodes[first]
    kept = COHORT.select(episode_id=alone["episode_id"].tolist())
    with pytest.raises(NotIdentifiableError, match="cannot be told apart"):
        estimate_clinician_effects(kept)


def test_equal_clinicians_have_no_variance_and_no_exception() -> None:
    """Two clinicians with changes 0 and 2 in each of two clinics: ANOVA below zero, REML zero."""
    scores, episodes = [], {}
    for number in range(16):
        name = f"e{number:02d}"
        scores += [(name, 0, 6.0), (name, 91, 6.0 - 2.0 * (number % 2))]
        place = number // 4
        episodes[name] = {"clinic_id": f"C{place // 2}", "clinician_id": f"T{place}"}
    found = estimate_clinician_effects(
        scored_cohort(scores, episodes=episodes), adjust=(), min_episodes=2
    )
    table = found.table().set_index(["level", "quantity"])["estimate"]
    assert table[("clinician", "ICC, ANOVA")] == pytest.approx(-1 / 3)
    assert table[("clinician", "ICC, REML")] == 0
    assert found.clinicians()["estimate"].abs().max() < 1e-9


def test_missing_classes_are_a_class_and_missing_numbers_are_counted() -> None:
    """A risk class that is not recorded keeps its episode; a missing age does not."""
    people = COHORT.patients.copy()
    people.loc[:49, "birth_year"] = pd.NA
    less = estimate_clinician_effects(replace(COHORT, patients=people))
    assert less.n_dropped > 0
    assert less.n_dropped + less.table()["n_episodes"].iloc[0] == (
        EFFECTS.table()["n_episodes"].iloc[0] + EFFECTS.n_dropped
    )


@pytest.mark.parametrize("wrong", [
    {"adjust": "end_reason"}, {"min_completeness": 50}, {"at_day": 90}, {"conf_level": 2},
])  # fmt: skip
def test_arguments_that_are_not_allowed_are_refused(wrong: dict[str, object]) -> None:
    """Each message says what is."""
    with pytest.raises(AnalysisError):
        estimate_clinician_effects(COHORT, **wrong)  # type: ignore[arg-type]
