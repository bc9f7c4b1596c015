"""Adjusted means and differences of groups."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from hinge_outcomes.analysis.pain.group_means import GroupMeans, fit_group_means
from hinge_outcomes.exceptions import AnalysisError, NotIdentifiableError

FOLDER = Path(__file__).resolve().parents[2] / "reference"


def _rows() -> pd.DataFrame:
    rows = pd.read_csv(FOLDER / "pain_scores.csv")
    rows = rows[(rows["target_day"] == 91) & rows["baseline_score"].notna()]
    return rows.assign(change=rows["score"] - rows["baseline_score"], patient_id=rows["episode_id"])


def _fit(adjust: list[str], cluster: str = "clinician_id") -> GroupMeans:
    rows = _rows()
    return fit_group_means(rows, "change", rows["symptom_duration"], adjust, cluster, 0.95)


def test_adjusted_means_are_those_of_emmeans() -> None:
    """Covariates at their mean over all rows; errors by clubSandwich's CR2."""
    theirs = json.loads((FOLDER / "change.json").read_text(encoding="utf-8"))["means"]
    ours = _fit(["baseline_score", "age"]).means().set_index("group").loc[theirs["duration"]]
    np.testing.assert_allclose(ours["estimate"], theirs["mean"], rtol=1e-9)
    np.testing.assert_allclose(ours["std_error"], theirs["error"], rtol=1e-9)


def test_without_covariates_means_are_plain() -> None:
    """Each group's own mean, in the order of their first occurrence."""
    rows = _rows()
    plain = rows.groupby("symptom_duration", sort=False)["change"].mean()
    table = _fit([]).means()
    assert table["group"].tolist() == plain.index.tolist()
    np.testing.assert_allclose(table["estimate"], plain, rtol=1e-9)


def test_differences_know_who_is_in_both_groups() -> None:
    """A difference within clusters is surer than its two means are apart."""
    fit = _fit([])
    means = fit.means().set_index("group")
    row = fit.differences("acute").set_index("group").loc["chronic"]
    assert row["estimate"] == pytest.approx(
        means.loc["chronic", "estimate"] - means.loc["acute", "estimate"]
    )
    assert row["reference"] == "acute"
    turned = fit.differences("chronic").set_index("group").loc["acute"]
    assert turned["estimate"] == pytest.approx(-row["estimate"])
    assert turned["std_error"] == pytest.approx(row["std_error"])


def test_errors_by_unit_stand_side_by_side() -> None:
    """Clinicians by CR2 and by jackknife, patients by CR2, the same estimates."""
    table = _fit(["age"]).by_unit("clinician_id")
    assert table["method"].unique().tolist() == ["CR2", "delete-one jackknife"]
    estimates = table.pivot(index="group", columns=["unit", "method"], values="estimate")
    np.testing.assert_allclose(estimates.max(axis=1), estimates.min(axis=1), rtol=1e-12)
    jackknife = table[table["method"] != "CR2"]
    assert (jackknife["df"] == 15).all()
    assert (jackknife["ci_low"] < jackknife["ci_high"]).all()


def test_what_cannot_be_compared_is_said() -> None:
    """An unknown reference, one group only, a covariate that is a copy."""
    with pytest.raises(AnalysisError, match="is no group"):
        _fit([]).differences("none")
    rows = _rows()
    alone = fit_group_means(rows, "change", rows["change"] * 0, [], "patient_id", 0.95)
    with pytest.raises(AnalysisError, match="one group only"):
        alone.differences(None)
    with pytest.raises(NotIdentifiableError, match="cannot be told apart"):
        fit_group_means(
            rows.assign(copy=rows["age"]), "change", rows["symptom_duration"], ["age", "copy"],
            "patient_id", 0.95,
        )  # fmt: skip
