"""Mixed models on our own synthetic scores have the digits of lme4, lmerTest, pbkrtest and nlme."""

import json
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from hinge_outcomes.analysis.pain.mixed_model import fit_mixed_model
from hinge_outcomes.analysis.pain.mixed_result import MixedModelFit
from hinge_outcomes.analysis.pain.mmrm import fit_mmrm

FOLDER = Path(__file__).resolve().parents[2] / "reference"
NESTED = ["clinic_id", "clinician_id", "episode_id"]


@cache
def _theirs() -> dict[str, Any]:
    found: dict[str, Any] = json.loads((FOLDER / "mixed.json").read_text(encoding="utf-8"))
    return found


@cache
def _scores() -> pd.DataFrame:
    frame = pd.read_csv(FOLDER / "pain_scores.csv")
    duration = pd.Categorical(frame["symptom_duration"], ["acute", "chronic", "subacute"])
    return frame.assign(weeks=frame["measured_day"] / 7, duration=duration)


@cache
def _ours(key: str, df: str = "satterthwaite") -> MixedModelFit:
    levels: dict[str, Any] = {"group": "episode_id", "random": "1 + weeks"}
    if key.startswith("nested"):
        levels = {"group": NESTED, "random": ["1", "1", "1 + weeks"]}
    return fit_mixed_model(
        _scores(), "score ~ weeks + duration", reml=key.endswith("reml"), df=df, **levels
    )


@pytest.mark.parametrize("key", ["nested_reml", "nested_ml", "one_reml", "one_ml"])
def test_fixed_effects_errors_and_likelihood_are_those_of_lme4(key: str) -> None:
    """Terms stand in the same order; lme4 stops within 1e-9 of the log-likelihood."""
    ours, theirs = _ours(key), _theirs()[key]
    assert ours.loglik == pytest.approx(theirs["loglik"], abs=1e-6)
    assert ours.loglik >= theirs["loglik"] - 1e-9
    table = ours.table()
    # One estimate is a quarter of its error: what the search leaves open is measured in errors.
    apart = np.abs(table["estimate"] - theirs["estimate"]) / theirs["error"]
    assert apart.max() < 1e-5
    np.testing.assert_allclose(table["std_error"], theirs["error"], rtol=1e-5)
    assert ours.residual_variance == pytest.approx(theirs["residual"], rel=1e-5)


@pytest.mark.parametrize("key", ["nested_reml", "nested_ml", "one_reml", "one_ml"])
def test_degrees_of_freedom_are_those_of_lmertest(key: str) -> None:
    """lmerTest differentiates numerically: 1e-3 relative is ten times what was found."""
    np.testing.assert_allclose(_ours(key).table()["df"], _theirs()[key]["df"], rtol=1e-3)


@pytest.mark.parametrize("key", ["nested_reml", "one_reml"])
def test_kenward_and_roger_are_those_of_pbkrtest(key: str) -> None:
    """Adjusted errors and degrees of freedom at the same optimum."""
    table, theirs = _ours(key, "kenward-roger").table(), _theirs()[key]
    np.testing.assert_allclose(table["std_error"], theirs["kr_error"], rtol=1e-5)
    np.testing.assert_allclose(table["df"], theirs["kr_df"], rtol=1e-4)


@pytest.mark.parametrize("key", ["nested_reml", "nested_ml", "one_reml", "one_ml"])
def test_variances_and_deviations_are_those_of_lme4(key: str) -> None:
    """Variances of every level, and each unit's own deviation; lme4's search leaves 1e-4."""
    ours, theirs = _ours(key), _theirs()[key]
    components = ours.variance_components()
    effects = ours.random_effects()
    for group, matrix in theirs["variances"].items():
        expected = np.array(matrix)
        own = components[components["group"] == group]
        variances = own[own["other_term"].isna()]["estimate"]
        np.testing.assert_allclose(variances, np.diag(expected), rtol=1e-3, atol=1e-5)
        units = pd.Index(theirs["effects"][group]["unit"])
        values = np.array(theirs["effects"][group]["value"])
        named = effects.rename(columns={"episode_id": "unit"})
        if "level" in named:
            named = named[named["level"] == group]
        wide = named.pivot(index="unit", columns="term", values="estimate").loc[units]
        terms = ["Intercept", "weeks"][: values.shape[1]]
        np.testing.assert_allclose(wide[terms], values, rtol=1e-3, atol=1e-4)


def _planned() -> pd.DataFrame:
    frame = _scores()
    is_planned = (frame["target_day"] > 0) & frame["baseline_score"].notna()
    return frame[is_planned].assign(visit=lambda rows: rows["target_day"].astype(int))


@pytest.mark.parametrize("method", ["REML", "ML"])
@pytest.mark.parametrize(
    "structure", ["unstructured", "heterogeneous_ar1", "ar1", "compound_symmetry"]
)
def test_repeated_measures_are_those_of_nlme(structure: str, method: str) -> None:
    """Coefficients, errors, marginal means and log-likelihood of gls.

    gls multiplies errors under ML by sqrt(n / (n - p)), which is taken out. Its search stops where
    the likelihood is flat: 1e-3 of an error away, and never above ours.
    """
    theirs = _theirs()["repeated"][structure][method]
    frame = _planned()
    fit = fit_mmrm(
        frame, "score ~ baseline_score + C(visit) * duration", subject="episode_id",
        visit="visit", covariance=structure, reml=method == "REML",
    )  # fmt: skip
    assert fit.structure == structure
    assert fit.loglik == pytest.approx(theirs["loglik"], abs=1e-5)
    assert fit.loglik >= theirs["loglik"] - 1e-8
    table = fit.table()
    n, p = fit.n_rows, len(table)
    error = np.array(theirs["error"]) * (np.sqrt((n - p) / n) if method == "ML" else 1.0)
    assert (np.abs(table["estimate"] - theirs["estimate"]) / error).max() < 1e-3
    np.testing.assert_allclose(table["std_error"], error, rtol=1e-3)
    means = fit.marginal_means()
    np.testing.assert_allclose(means["estimate"], theirs["means"], rtol=1e-4)
