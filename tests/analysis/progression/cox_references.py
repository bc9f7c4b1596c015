"""What R's survival found, and the rows it found it in: see tests/reference/cox.R."""

import json
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd

import hinge_outcomes as ho

FOLDER = Path(__file__).parents[2] / "reference"
CLINIC = Path(__file__).parents[3] / "data" / "synthetic" / "clinic"

CASES = [("days", "efron"), ("days", "breslow"), ("hours", "efron"), ("hours", "breslow")]
"""Heavily tied whole days with late entry; continuous times. R solved both to the last digits."""

COLUMNS = {"start": "start", "stop": "stop", "event": "event"}
FORMULA = "x + age + arm"
PATIENT = {"x": 0.5, "age": 60, "arm": "c"}

# The same sums in another order: 1e-10 is far above rounding and far below any other estimator.
CLOSE = 1e-10


@cache
def reference():
    """Everything that the R script printed."""
    return json.loads((FOLDER / "cox.json").read_text(encoding="utf-8"))


@cache
def cases():
    """The invented rows of both cases."""
    return pd.read_csv(FOLDER / "cox_cases.csv")


def rows_of(case):
    """The rows of one case."""
    return cases()[cases()["case"] == case].drop(columns="case").reset_index(drop=True)


@cache
def clinic_stays():
    """Stays of the synthetic clinic, as the R script was given them."""
    return ho.derive_stays(ho.read_cohort(CLINIC))


def assert_close(ours, theirs, tolerance=CLOSE):
    """Compare relatively, with an absolute floor for numbers near zero."""
    np.testing.assert_allclose(
        np.asarray(ours, dtype=float), np.asarray(theirs, dtype=float), tolerance, tolerance
    )


def assert_same_model(fit, expected):
    """Coefficients, both errors and the log-likelihood are R's."""
    table = fit.table()
    assert_close(table["estimate"], expected["coefficients"])
    assert_close(table["naive_std_error"], expected["naive_std_error"])
    if expected.get("robust_std_error"):
        assert_close(table["robust_std_error"], expected["robust_std_error"])
        assert_close(table["std_error"], expected["robust_std_error"])
    else:
        assert_close(table["std_error"], expected["naive_std_error"])
    assert_close([fit.null_loglik, fit.loglik], expected["loglik"], 1e-12)
    assert (fit.n_rows, fit.n_events) == (expected["n"], expected["n_event"])
    assert fit.converged
