"""Mixed models: published references, closed forms, hard cases, and what they refuse."""

import json

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hinge_outcomes.analysis.pain.mixed_model import fit_mixed_model
from hinge_outcomes.exceptions import AnalysisError, NotIdentifiableError
from tests.shared import SHARED, needs_shared


def visits(n: int = 40, seed: int = 11, slope_sd: float = 0.05) -> pd.DataFrame:
    """Patients with scores on up to six days."""
    generator = np.random.default_rng(seed)
    days = [0, 14, 42, 91, 182, 364]
    frame = pd.DataFrame(
        {
            "patient": np.repeat([f"p{i:04d}" for i in range(n)], len(days)),
            "day": np.tile(days, n),
            "arm": np.repeat(np.where(np.arange(n) % 2, "b", "a"), len(days)),
        }
    )
    own = generator.normal(size=(n, 2)) * [1.5, slope_sd / 10]
    own = np.repeat(own, len(days), axis=0)
    noise = generator.normal(size=len(frame))
    frame["score"] = 6 + own[:, 0] + (own[:, 1] - 0.006) * frame["day"] + noise
    return frame[generator.random(len(frame)) > 0.2].reset_index(drop=True)


@needs_shared
@pytest.mark.parametrize(
    ("name", "random", "reml"),
    [
        ("sleep_ris_REML", "1 + Days", True),
        ("sleep_ris_ML", "1 + Days", False),
        ("sleep_ri_REML", "1", True),
    ],
)
def test_sleepstudy_equals_lme4(name: str, random: str, reml: bool) -> None:
    """Fixed effects, errors, log-likelihood, variances and predictions are those of R's lme4."""
    sleep = pd.read_csv(SHARED / "reference/data/sleepstudy.csv", dtype={"Subject": str})
    text = (SHARED / "reference/mixed_model.json").read_text(encoding="utf-8")
    expected = json.loads(text)[name]
    fit = fit_mixed_model(sleep, "Reaction ~ Days", group="Subject", random=random, reml=reml)
    table = fit.table()
    # The tolerances are the project's stated ones for this reference.
    np.testing.assert_allclose(table["estimate"], list(expected["fixef"].values()), rtol=1e-5)
    np.testing.assert_allclose(table["std_error"], list(expected["se"].values()), rtol=1e-5)
    assert fit.loglik == pytest.approx(expected["logLik"], abs=1e-6)
    # lme4 stops at about 1e-5 on its variances.
    components = [row["vcov"] for row in expected["varcorr"]]
    np.testing.assert_allclose(fit.variance_components()["estimate"], components, rtol=1e-4)
    effects = np.ravel(expected["ranef_head"]["values"])
    np.testing.assert_allclose(fit.random_effects()["estimate"][: effects.size], effects, rtol=1e-3)


@needs_shared
@pytest.mark.parametrize("method", ["satterthwaite", "kenward-roger"])
def test_sleepstudy_degrees_of_freedom_equal_lmertest(method: str) -> None:
    """Degrees of freedom, errors and p values are those of lmerTest by both methods."""
    sleep = pd.read_csv(SHARED / "reference/data/sleepstudy.csv", dtype={"Subject": str})
    text = (SHARED / "reference/mixed_model.json").read_text(encoding="utf-8")
    name = {"satterthwaite": "sleep_ris_satterthwaite", "kenward-roger": "sleep_ris_kr"}[method]
    expected = np.array(json.loads(text)[name]["values"])
    fit = fit_mixed_model(
        sleep, "Reaction ~ Days", group="Subject", random="1 + Days", df=method
    ).table()
    np.testing.assert_allclose(fit["std_error"], expected[:, 1], rtol=1e-5)
    # The stated tolerance of degrees of freedom.
    np.testing.assert_allclose(fit["df"], expected[:, 2], rtol=1e-2)
    np.testing.assert_allclose(fit["p_value"], expected[:, 4], rtol=1e-2)


@pytest.mark.parametrize("df", ["satterthwaite", "kenward-roger"])
def test_balanced_one_way_layout_has_the_closed_form(df: str) -> None:
    """Equal groups: REML gives the ANOVA estimates, G - 1 degrees of freedom and their t test."""
    scores = np.array([[1.0, 2, 4], [6, 5, 5], [9, 8, 2], [4, 7, 9]])
    frame = pd.DataFrame({"who": np.repeat(list("abcd"), 3), "score": scores.ravel()})
    fit = fit_mixed_model(frame, "score ~ 1", group="who", random="1", df=df)
    within = scores.var(axis=1, ddof=1).mean()
    between = scores.mean(axis=1).var(ddof=1)
    row = fit.table().iloc[0]
    # The optimum is found to about 1e-7 in the variances.
    assert row["estimate"] == pytest.approx(scores.mean(), rel=1e-12)
    assert row["std_error"] == pytest.approx(np.sqrt(between / 4), rel=1e-6)
    assert row["df"] == pytest.approx(3, rel=1e-5)
    expected = [between - within / 3, within]
    np.testing.assert_allclose(fit.variance_components()["estimate"], expected, rtol=1e-5)
    shrinkage = expected[0] / between
    own = shrinkage * (scores.mean(axis=1) - scores.mean())
    np.testing.assert_allclose(fit.random_effects()["estimate"], own, rtol=1e-5, atol=1e-9)


def test_agreeing_groups_give_variance_zero_and_no_exception() -> None:
    """KA10: changes {0, 2} and {0, 2} give a variance of zero, reported and not raised."""
    frame = pd.DataFrame({"clinician": list("aabb"), "change": [0.0, 2.0, 0.0, 2.0]})
    fit = fit_mixed_model(frame, "change ~ 1", group="clinician", random="1")
    assert fit.variance_components()["estimate"].iloc[0] == 0
    assert (fit.converged, fit.is_boundary) == (True, True)
    assert "boundary" in fit.message
    assert fit.random_effects()["estimate"].tolist() == [0.0, 0.0]
    # A linear model's mean of four values: error sd / 2 with 3 degrees of freedom.
    row = fit.table().iloc[0]
    assert row["std_error"] == pytest.approx(np.sqrt(4 / 3) / 2, rel=1e-9)
    assert row["df"] == pytest.approx(3, rel=1e-9)


@pytest.mark.parametrize("unit", [1 / 7, 1 / 365.25, 1000.0])
def test_the_unit_of_time_does_not_matter(unit: float) -> None:
    """Days, weeks, years give the same fit: slopes scale, everything else stays."""
    frame = visits()
    days = fit_mixed_model(frame, "score ~ day", group="patient")
    scaled = fit_mixed_model(frame.assign(day=frame["day"] * unit), "score ~ day", group="patient")
    # Rounding alone may differ; the search stops at about 1e-7 in the variances.
    scale = np.array([1.0, unit])
    np.testing.assert_allclose(scaled.table()["estimate"] * scale, days.table()["estimate"], 1e-9)
    np.testing.assert_allclose(scaled.table()["std_error"] * scale, days.table()["std_error"], 1e-6)
    np.testing.assert_allclose(scaled.table()["df"], days.table()["df"], 1e-5)
    assert scaled.n_iterations == days.n_iterations
    # The restricted likelihood knows the unit of the columns, by log det X.
    assert scaled.loglik + np.log(unit) == pytest.approx(days.loglik, abs=1e-8)


def test_simulated_truth_is_recovered() -> None:
    """With 2,000 patients fixed effects and variances lie within 4 errors of the truth."""
    fit = fit_mixed_model(visits(2000, seed=5), "score ~ day", group="patient")
    table = fit.table()
    assert (np.abs(table["estimate"] - [6, -0.006]) < 4 * table["std_error"]).all()
    parts = fit.variance_components()
    truth = [1.5**2, 0.005**2, 0.0, 1.0]
    assert (np.abs(parts["estimate"] - truth) < 4 * parts["std_error"]).all()


@settings(max_examples=10, deadline=None)
@given(st.randoms(use_true_random=False))
def test_row_order_never_matters(random: object) -> None:
    """Shuffled rows give the same table, predictions and random effects."""
    frame = visits(12)
    order = list(range(len(frame)))
    random.shuffle(order)  # type: ignore[attr-defined]
    straight = fit_mixed_model(frame, "score ~ day + arm", group="patient")
    shuffled = fit_mixed_model(frame.iloc[order], "score ~ day + arm", group="patient")
    # Rows are sorted inside, so only equal rows could trade places.
    pd.testing.assert_frame_equal(straight.table(), shuffled.table(), rtol=1e-12)
    pd.testing.assert_frame_equal(straight.random_effects(), shuffled.random_effects(), rtol=1e-12)


def test_predictions_follow_the_formula_and_keep_the_index() -> None:
    """A prediction is the contrast of the coefficients; a curve keeps its knots; gaps stay gaps."""
    frame = visits()
    fit = fit_mixed_model(
        frame, "score ~ cr(day, df=4, constraints='center') + arm", group="patient"
    )
    again = fit.predict(frame)
    half = fit.predict(frame.iloc[::2])
    # The same sum of products in another shape of array.
    np.testing.assert_allclose(again.iloc[::2]["estimate"], half["estimate"], rtol=1e-12)
    assert half.index.equals(frame.index[::2])
    gap = frame.head(3).assign(day=[0.0, np.nan, 42.0])
    assert fit.predict(gap)["estimate"].isna().tolist() == [False, True, False]
    line = fit_mixed_model(frame, "score ~ day", group="patient")
    at = line.predict(pd.DataFrame({"day": [100.0]})).iloc[0]
    contrast = np.array([1.0, 100.0])
    assert at["estimate"] == pytest.approx(contrast @ line.table()["estimate"], rel=1e-12)
    error = np.sqrt(contrast @ line.covariance.to_numpy() @ contrast)
    assert at["std_error"] == pytest.approx(error, rel=1e-9)


def test_own_predictions_add_the_random_effects() -> None:
    """With random effects a known patient's line moves, and a stranger gets the average."""
    frame = visits()
    fit = fit_mixed_model(frame, "score ~ day", group="patient")
    rows = pd.DataFrame({"patient": ["p0000", "nobody"], "day": [10.0, 10.0]})
    average, own = fit.predict(rows), fit.predict(rows, has_random_effects=True)
    effects = fit.random_effects().query("patient == 'p0000'")["estimate"].to_numpy()
    # One product and one sum.
    moved = own["estimate"] - average["estimate"]
    np.testing.assert_allclose(moved, [effects @ [1.0, 10.0], 0.0], atol=1e-12)
    assert own["std_error"].isna().all()


def test_missing_rows_are_counted_and_inputs_kept() -> None:
    """Incomplete rows are left out and counted, and the caller's frame stays as it was."""
    frame = visits().astype({"day": "Int16"})
    frame.loc[3, "score"] = np.nan
    before = frame.copy()
    fit = fit_mixed_model(frame, "score ~ day", group="patient")
    pd.testing.assert_frame_equal(frame, before)
    assert (fit.n_dropped, fit.n_rows) == (1, len(frame) - 1)
    assert "1 incomplete" in fit.summary()
    assert "<table" in fit._repr_html_()


def test_small_integers_do_not_overflow_in_a_formula() -> None:
    """Days stored as 16-bit integers may be squared."""
    frame = visits()
    stored = frame.astype({"day": "Int16"})
    formula = "score ~ day + I(day ** 2)"
    wide = fit_mixed_model(frame.astype({"day": float}), formula, group="patient", random="1")
    narrow = fit_mixed_model(stored, formula, group="patient", random="1")
    pd.testing.assert_frame_equal(wide.table(), narrow.table())


BAD = [
    ({"formula": "score ~ nothing"}, "no column named nothing"),
    ({"formula": "score ~ day + ("}, "cannot be read"),
    ({"formula": "~ day"}, "names no outcome"),
    ({"formula": "score ~ day + I(2 * day)"}, "combinations"),
    ({"formula": "score ~ day + same"}, "combinations"),
    ({"formula": "same ~ day"}, "never varies"),
    ({"random": "1 + week"}, "no column named week"),
    ({"random": "1 + day + I(2 * day)"}, "combinations"),
    ({"group": "clinic"}, "no column named clinic"),
    ({"group": "same"}, "at least 2"),
    ({"group": "row"}, "one row only"),
    ({"group": ["arm", "patient"]}, "names 2 levels and random 1"),
    ({"random": ["1", "1 + day"]}, "names 1 levels and random 2"),
    ({"group": ["patient", "patient"], "random": ["1", "1"]}, "one twice"),
    ({"group": ["same", "patient"], "random": ["1", "1"]}, "Leave this level out"),
    ({"group": ["patient", "row"], "random": ["1", "1"]}, "it is the residual"),
    ({"group": ["patient", "again"], "random": ["1", "1"]}, "cannot be told apart"),
    ({"group": ["arm", "ward"], "random": ["1", "1"]}, "no column named ward"),
    ({"df": "residual"}, "satterthwaite, kenward-roger"),
    ({"df": "kenward-roger", "reml": False}, "restricted likelihood only"),
    ({"conf_level": 95}, "conf_level"),
    ({"formula": "score ~ np.log(day)"}, "cannot be computed"),
    ({"formula": "arm ~ day"}, "makes 2 columns"),
]


@pytest.mark.parametrize(("change", "expected"), BAD)
def test_what_cannot_be_fitted_is_refused_by_name(change: dict[str, object], expected: str) -> None:
    """Each question that the rows cannot answer gets an error naming the cause and the remedy."""
    frame = visits().assign(same=3.0, again=lambda rows: "again " + rows["patient"])
    frame["row"] = np.arange(len(frame)).astype(str)
    arguments = {"formula": "score ~ day", "group": "patient", **change}
    with pytest.raises(AnalysisError, match=expected):
        fit_mixed_model(frame, **arguments)  # type: ignore[arg-type]


def test_two_scores_each_do_not_hold_a_slope() -> None:
    """A random slope from two scores per patient is refused with the simpler model named."""
    frame = visits().query("day in (0, 42)")
    with pytest.raises(NotIdentifiableError, match="random='1'"):
        fit_mixed_model(frame, "score ~ day", group="patient")
    assert fit_mixed_model(frame, "score ~ day", group="patient", random="1").converged


def test_a_group_unseen_in_the_fit_is_refused() -> None:
    """Predicting for a category that the fit never met is an error without its value."""
    fit = fit_mixed_model(visits(), "score ~ day + arm", group="patient")
    with pytest.raises(AnalysisError, match="has not seen") as raised:
        fit.predict(pd.DataFrame({"day": [1.0], "arm": ["secret"]}))
    assert "secret" not in str(raised.value)


def test_the_plot_has_a_line_per_term() -> None:
    """The drawing shows each fixed effect once."""
    axes = fit_mixed_model(visits(), "score ~ day + arm", group="patient").plot()
    assert [tick.get_text() for tick in axes.get_yticklabels()] == ["Intercept", "day", "arm[T.b]"]
    plt.close(axes.figure)
