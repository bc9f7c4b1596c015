"""The mixed model for repeated measures: R's digits, recovery, bad input."""

import json
from typing import Any

import numpy as np
import pandas as pd
import pytest

from hinge_outcomes.analysis.pain.mmrm import fit_mmrm
from hinge_outcomes.exceptions import AnalysisError, DataError, NotIdentifiableError
from tests.analysis.pain.repeated import COVARIANCE, EFFECT, MEANS, repeated_scores
from tests.shared import SHARED, needs_shared

FORMULA = "score ~ arm * C(week) + age"


def _fit(frame: pd.DataFrame, formula: str = FORMULA, **options: Any) -> Any:
    return fit_mmrm(frame, formula, subject="who", visit="week", **options)


def _btheb() -> tuple[pd.DataFrame, dict[str, Any]]:
    reference = json.loads((SHARED / "reference" / "mmrm.json").read_text(encoding="utf-8"))
    rows = pd.read_csv(SHARED / "reference" / "data" / "btheb_long.csv")
    rows = rows.rename(columns={"bdi.pre": "before"})
    rows["treatment"] = pd.Categorical(rows["treatment"], categories=["TAU", "BtheB"])
    return rows, reference


_TERMS = {
    "(Intercept)": "Intercept", "bdi.pre": "before", "treatmentBtheB": "treatment[T.BtheB]",
    "fv3": "C(visit)[T.3]", "fv5": "C(visit)[T.5]", "fv8": "C(visit)[T.8]",
    "drugYes": "drug[T.Yes]", "length>6m": "length[T.>6m]",
    "treatmentBtheB:fv3": "treatment[T.BtheB]:C(visit)[T.3]",
    "treatmentBtheB:fv5": "treatment[T.BtheB]:C(visit)[T.5]",
    "treatmentBtheB:fv8": "treatment[T.BtheB]:C(visit)[T.8]",
}  # fmt: skip


@needs_shared
@pytest.mark.parametrize(
    ("structure", "df", "key"),
    [
        ("unstructured", "satterthwaite", "btheb_us_Satterthwaite"),
        ("unstructured", "kenward-roger", "btheb_us_Kenward-Roger"),
        ("ar1", "satterthwaite", "btheb_ar1_Satterthwaite"),
        ("compound_symmetry", "satterthwaite", "btheb_cs_Satterthwaite"),
    ],
)
def test_btheb_has_the_digits_of_mmrm(structure: str, df: str, key: str) -> None:
    """Coefficients, errors, df, means and contrasts are R mmrm's, as far as it goes.

    mmrm stops 3e-7 in log-likelihood short of the unstructured optimum, which moves its smallest
    coefficient by 3e-4 of itself, 7e-5 of its error: coefficients are compared with their errors.
    """
    rows, reference = _btheb()
    theirs = reference[key]
    fit = fit_mmrm(
        rows, "bdi ~ before + treatment*C(visit) + drug + length", subject="subject",
        visit="visit", covariance=structure, df=df,
    )  # fmt: skip
    assert fit.structure == structure
    assert fit.loglik >= theirs["logLik"] - 1e-9
    assert fit.loglik == pytest.approx(theirs["logLik"], abs=1e-6)
    table = fit.table().set_index("term").loc[[_TERMS[name] for name in theirs["coef"]["rows"]]]
    values = np.array(theirs["coef"]["values"])
    assert (np.abs(table["estimate"] - values[:, 0]) / values[:, 1]).max() < 1e-4
    np.testing.assert_allclose(table["std_error"], values[:, 1], rtol=1e-4)
    np.testing.assert_allclose(table["df"], values[:, 2], rtol=2e-4)
    np.testing.assert_allclose(fit.residual_covariance, theirs["V"], rtol=1e-4)
    means = fit.marginal_means("treatment").set_index(["treatment", "visit"])
    for row in theirs["emm"]:
        ours = means.loc[(row["treatment"], int(row["fv"]))]
        assert ours["estimate"] == pytest.approx(row["emmean"], rel=1e-5)
        assert ours["std_error"] == pytest.approx(row["SE"], rel=1e-4)
        assert ours["df"] == pytest.approx(row["df"], rel=2e-4)
        assert ours["ci_low"] == pytest.approx(row["lower.CL"], rel=1e-4)
    contrasts = fit.contrast("treatment").set_index("visit")
    for row in theirs["contrast"]:
        ours = contrasts.loc[int(row["fv"])]
        assert ours["contrast"] == row["contrast"]
        assert abs(ours["estimate"] - row["estimate"]) < 1e-4 * row["SE"]
        assert ours["std_error"] == pytest.approx(row["SE"], rel=1e-4)
        assert ours["p_value"] == pytest.approx(row["p.value"], rel=1e-3)


@needs_shared
def test_btheb_reaches_the_true_optimum() -> None:
    """The unstructured REML optimum that mmrm falls short of is met to 1e-9 in log-likelihood."""
    rows, reference = _btheb()
    best = reference["btheb_us_reml_optimum"]
    fit = fit_mmrm(
        rows, "bdi ~ before + treatment*C(visit) + drug + length", subject="subject", visit="visit"
    )
    assert fit.loglik == pytest.approx(best["logLik"], abs=1e-9)
    table = fit.table().set_index("term").loc[list(_TERMS.values())]
    np.testing.assert_allclose(table["estimate"], best["beta"], rtol=1e-6)
    np.testing.assert_allclose(table["std_error"], best["se"], rtol=1e-6)
    np.testing.assert_allclose(fit.residual_covariance, best["V"], rtol=1e-6)


def test_known_truth_is_recovered_although_the_sicker_leave() -> None:
    """With 3,000 subjects missing at random, means, effects and covariance lie within 4 errors."""
    fit = _fit(repeated_scores(3_000, seed=9))
    means = fit.marginal_means("arm").set_index(["arm", "week"])
    for place, week in enumerate([0, 6, 13, 26]):
        for arm, truth in (("old", MEANS[place]), ("new", MEANS[place] + EFFECT[place])):
            row = means.loc[(arm, week)]
            # Means are at the mean age of the rows, within half a year of the truth's 45.
            assert abs(row["estimate"] - truth) < 4 * row["std_error"] + 0.03 * 0.5
    # The last variance rests on about 1,500 scores: 6.5 sqrt(2 / 1,500) = 0.24, times 2.5.
    np.testing.assert_allclose(fit.residual_covariance, COVARIANCE, atol=0.6)
    effects = fit.contrast("arm")
    assert (np.abs(effects["estimate"] - EFFECT) < 4 * effects["std_error"]).all()


def test_days_in_place_of_weeks_and_rows_in_any_order_change_nothing() -> None:
    """Visits are labels: their unit and the order of rows have no part in it."""
    frame = repeated_scores()
    first = _fit(frame)
    other = _fit(frame.assign(week=frame["week"] * 7).sample(frac=1, random_state=1))
    np.testing.assert_allclose(first.table()["estimate"], other.table()["estimate"], rtol=1e-9)
    assert first.loglik == pytest.approx(other.loglik, rel=1e-12)


def test_all_missing_at_one_visit_is_the_fit_without_that_visit() -> None:
    """Scores that are all missing in week 13 give the same as rows that are not there."""
    frame = repeated_scores()
    is_there = frame["week"] != 13
    blank = frame.assign(score=frame["score"].where(is_there))
    with_blank, without = _fit(blank), _fit(frame[is_there])
    pd.testing.assert_frame_equal(with_blank.table(), without.table())
    pd.testing.assert_frame_equal(with_blank.residual_covariance, without.residual_covariance)
    assert with_blank.n_dropped == int((~is_there).sum())
    labels = pd.Categorical(blank["week"].astype(str), categories=["0", "6", "13", "26"])
    named = fit_mmrm(blank.assign(week=labels), "score ~ arm * week + age", subject="who",
                     visit="week")  # fmt: skip
    np.testing.assert_allclose(named.table()["estimate"], without.table()["estimate"], rtol=1e-9)


def test_visits_without_a_subject_in_common_retreat_aloud() -> None:
    """Half the subjects at weeks 0 and 6, half at 13 and 26: the simpler structure is named."""
    frame = repeated_scores(60, seed=2)
    number = frame["who"].str[1:].astype(int)
    early = frame["week"] <= 6
    fit = _fit(frame[(number % 4 < 2) == early], "score ~ C(week)")
    assert fit.asked == "unstructured"
    assert fit.structure != "unstructured"
    assert "pairs of visits have no subject with both" in fit.message


def test_fewer_subjects_than_visits_retreat_aloud() -> None:
    """Four subjects cannot show a free covariance of four visits."""
    frame = repeated_scores(40)
    full = frame.groupby("who").filter(lambda rows: len(rows) == 4)
    few = full[full["who"].isin(full["who"].unique()[:4])]
    fit = _fit(few, "score ~ 1")
    assert fit.structure in ("heterogeneous_ar1", "ar1", "compound_symmetry")
    assert "4 subjects for 4 visits" in fit.message


def test_kenward_roger_is_wider_and_ml_narrower_in_small_samples() -> None:
    """With 16 subjects the errors rank ML < REML, and KR changes them."""
    frame = repeated_scores(16, seed=6)
    errors = {
        name: _fit(frame, "score ~ C(week)", **options).table()["std_error"]
        for name, options in {
            "ml": {"reml": False}, "reml": {}, "kr": {"df": "kenward-roger"},
        }.items()
    }  # fmt: skip
    assert (errors["ml"] < errors["reml"]).all()
    assert not np.allclose(errors["kr"], errors["reml"])


def test_the_linear_form_of_kenward_roger_never_makes_errors_smaller() -> None:
    """As SAS does for unstructured covariances: errors of the model or larger, the same degrees."""
    frame = repeated_scores(16, seed=6)
    plain, linear = (
        _fit(frame, "score ~ C(week)", df=df).table()
        for df in ("satterthwaite", "kenward-roger-linear")
    )
    assert (linear["std_error"] >= plain["std_error"] - 1e-9).all()
    np.testing.assert_allclose(linear["df"], plain["df"], rtol=1e-9)


def test_one_score_per_subject_is_refused() -> None:
    """Nothing hangs together where everybody has one score."""
    frame = repeated_scores().drop_duplicates("who")
    with pytest.raises(NotIdentifiableError, match="at least two visits"):
        _fit(frame, "score ~ age")


def test_two_scores_of_one_visit_are_refused() -> None:
    """The message counts rows and names the remedy."""
    frame = repeated_scores()
    with pytest.raises(DataError, match="In 1 rows"):
        _fit(pd.concat([frame, frame.iloc[[3]]]))


def test_a_constant_outcome_is_refused() -> None:
    """A score that never varies needs no model."""
    with pytest.raises(NotIdentifiableError, match="never varies"):
        _fit(repeated_scores().assign(score=5.0))


def test_collinear_columns_are_named() -> None:
    """A copy of a column is named as a combination of those before it."""
    frame = repeated_scores().assign(copy=lambda rows: 2 * rows["age"] + 1)
    with pytest.raises(NotIdentifiableError, match="copy"):
        _fit(frame, "score ~ C(week) + age + copy")


def test_a_column_that_is_not_there_lists_those_that_are() -> None:
    """A wrong name of the subject, or in the formula, lists the columns."""
    with pytest.raises(AnalysisError, match="no column named whom"):
        fit_mmrm(repeated_scores(), FORMULA, subject="whom", visit="week")
    with pytest.raises(AnalysisError, match="no column named height"):
        _fit(repeated_scores(), "score ~ height")


@pytest.mark.parametrize(
    "wrong",
    [
        {"covariance": "toeplitz"},
        {"df": "between"},
        {"df": "kenward-roger", "reml": False},
        {"df": "kenward-roger", "covariance": "ar1"},
        {"conf_level": 95},
    ],
)
def test_arguments_that_are_not_allowed_are_refused(wrong: dict[str, Any]) -> None:
    """Each message says what is allowed."""
    with pytest.raises(AnalysisError):
        _fit(repeated_scores(), **wrong)
