"""Errors, degrees of freedom and effects with nested levels; R's digits are in the references."""

import numpy as np
import pandas as pd
import pytest

from hinge_outcomes.analysis.pain.mixed_model import fit_mixed_model
from tests.analysis.pain.nested import nested_scores


def _balanced(n_clinics: int = 6) -> pd.DataFrame:
    """Three patients of two clinicians of each clinic, two scores each, none missing."""
    rng = np.random.default_rng(3)
    clinic, clinician, patient, visit = (one.ravel() for one in np.indices((n_clinics, 2, 3, 2)))
    clinician, patient = clinic * 2 + clinician, (clinic * 2 + clinician) * 3 + patient
    own = rng.normal(0, [[1.0], [0.8], [0.7]], (3, 100))
    score = own[0][clinic] + own[1][clinician] + own[2][patient] + rng.normal(0, 0.5, len(visit))
    return pd.DataFrame(
        {"clinic": clinic, "clinician": clinician, "patient": patient, "score": score}
    )


@pytest.mark.parametrize("df", ["satterthwaite", "kenward-roger"])
def test_a_balanced_mean_rests_on_the_clinics(df: str) -> None:
    """Its error is that of the clinics' means, with one degree of freedom less than clinics."""
    frame = _balanced()
    fit = fit_mixed_model(
        frame, "score ~ 1", group=["clinic", "clinician", "patient"], random=["1"] * 3, df=df
    )
    means = frame.groupby("clinic")["score"].mean()
    row = fit.table().iloc[0]
    assert row["estimate"] == pytest.approx(means.mean())
    assert row["std_error"] == pytest.approx(means.std() / np.sqrt(6), rel=1e-6)
    assert row["df"] == pytest.approx(5.0, rel=1e-4)


def test_balanced_variances_are_those_of_anova() -> None:
    """With equal numbers REML variances are differences of mean squares over their sizes."""
    frame = _balanced()
    fit = fit_mixed_model(
        frame, "score ~ 1", group=["clinic", "clinician", "patient"], random=["1"] * 3
    )
    found = fit.variance_components().set_index("group")["estimate"]
    patient = frame.groupby("patient")["score"].mean()
    clinician = frame.groupby("clinician")["score"].mean()
    clinic = frame.groupby("clinic")["score"].mean()
    residual = frame.groupby("patient")["score"].var().mean()
    of_patients = 2 * patient.groupby(np.arange(36) // 3).var().mean()
    of_clinicians = 6 * clinician.groupby(np.arange(12) // 2).var().mean()
    of_clinics = 12 * clinic.var()
    assert found["residual"] == pytest.approx(residual, rel=1e-5)
    assert found["patient"] == pytest.approx((of_patients - residual) / 2, rel=1e-5)
    assert found["clinician"] == pytest.approx((of_clinicians - of_patients) / 6, rel=1e-5)
    assert found["clinic"] == pytest.approx((of_clinics - of_clinicians) / 12, rel=1e-5)


def test_effects_are_those_of_the_whole_covariance_matrix() -> None:
    """u = G Z'V^-1 r with its conditional error, worked out without nesting."""
    frame = nested_scores(3, 3, 4, seed=5)
    groups = ["clinic", "clinician", "patient"]
    fit = fit_mixed_model(frame, "score ~ day", group=groups, random=["1", "1", "1 + day"])
    parts = fit.variance_components()
    s2 = fit.residual_variance
    x = np.column_stack([np.ones(len(frame)), frame["day"]])
    blocks, covariances = [], []
    for name in groups:
        own = parts[parts["group"] == name]["estimate"].to_numpy()
        relative = np.array([[own[0], own[2]], [own[2], own[1]]]) if len(own) == 3 else own[:, None]
        z = x if len(own) == 3 else x[:, :1]
        for label in sorted(frame[name].unique()):
            blocks.append(np.where((frame[name] == label).to_numpy()[:, None], z, 0.0))
            covariances.append(relative)
    z = np.hstack(blocks)
    size = z.shape[1]
    g = np.zeros((size, size))
    place = 0
    for one in covariances:
        g[place : place + len(one), place : place + len(one)] = one
        place += len(one)
    v = s2 * np.eye(len(frame)) + z @ g @ z.T
    left = frame["score"] - x @ fit.table()["estimate"].to_numpy()
    expected = g @ z.T @ np.linalg.solve(v, left)
    errors = np.sqrt(np.diag(g - g @ z.T @ np.linalg.solve(v, z @ g)))
    effects = fit.random_effects()
    ours = pd.concat([effects[effects["level"] == name] for name in groups])
    np.testing.assert_allclose(ours["estimate"], expected, atol=1e-8)
    np.testing.assert_allclose(ours["std_error"], errors, rtol=1e-6)
    own = fit.predict(frame, has_random_effects=True)["estimate"]
    np.testing.assert_allclose(own, x @ fit.table()["estimate"] + z @ expected, rtol=1e-8)


def test_known_spreads_are_recovered() -> None:
    """With 40 clinics of 5 clinicians the three spreads lie within four errors of the truth."""
    frame = nested_scores(40, 5, 5, seed=8)
    fit = fit_mixed_model(
        frame, "score ~ day", group=["clinic", "clinician", "patient"], random=["1", "1", "1 + day"]
    )
    parts = fit.variance_components()
    truths = {("patient", "Intercept"): 1.0, ("patient", "day"): 0.09,
              ("clinician", "Intercept"): 0.25, ("clinic", "Intercept"): 0.36}  # fmt: skip
    for row in parts[parts["other_term"].isna()].itertuples():
        truth = truths.get((row.group, row.term), 1.0)
        assert abs(row.estimate - truth) < 4 * row.std_error
    assert "groups of clinician" in fit.summary()


def test_clinicians_who_are_alike_have_no_variance_and_no_exception() -> None:
    """KA10: changes {0, 2} and {0, 2} give a variance between clinicians of zero."""
    frame = pd.DataFrame({"clinician": list("aabb"), "change": [0.0, 2.0, 0.0, 2.0]})
    fit = fit_mixed_model(frame, "change ~ 1", group="clinician", random="1")
    assert fit.variance_components()["estimate"].tolist() == pytest.approx([0.0, 4 / 3])
    assert fit.is_boundary
    assert "zero" in fit.message
