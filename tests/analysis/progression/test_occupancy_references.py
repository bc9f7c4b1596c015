"""Occupancy against R's survfit, incidence against cmprsk: see tests/reference/occupancy.R."""

import json
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd

from hinge_outcomes.analysis.progression.occupancy import aalen_johansen

FOLDER = Path(__file__).parents[2] / "reference"
NAMES = {"id": "id", "start": "start", "stop": "stop", "from_state": "from", "to_state": "to"}


@cache
def reference():
    """Everything that the R script found."""
    return json.loads((FOLDER / "occupancy.json").read_text(encoding="utf-8"))


def stays():
    """The rows that the R script read."""
    return pd.read_csv(FOLDER / "matched_stays.csv")


def assert_same_occupancy(result, expected):
    """Estimates agree to the last digits that are written, errors to a millionth."""
    table = result.table()
    for column, tolerance in (("estimate", 1e-8), ("std_error", 1e-6)):
        if column not in expected:
            continue
        ours = table.pivot(index="time", columns="state", values=column)
        theirs = np.array(expected[column])
        np.testing.assert_allclose(ours[expected["states"]].to_numpy(), theirs, atol=tolerance)


def test_occupancy_with_an_estimated_start_is_that_of_survfit():
    """Estimates and errors agree where the mix of entry stages carries its own error."""
    result = aalen_johansen(
        stays(), **NAMES, times=reference()["times"], start_distribution="estimated"
    )
    assert_same_occupancy(result, reference()["estimated"])


def test_occupancy_with_a_fixed_start_is_that_of_survfit():
    """Estimates and errors agree where the mix of entry stages is given."""
    result = aalen_johansen(stays(), **NAMES, times=reference()["times"])
    assert_same_occupancy(result, reference()["fixed"])


def test_errors_over_clinicians_are_those_of_survfit():
    """The influence of episodes, added up by clinician, gives the errors over clinicians."""
    result = aalen_johansen(
        stays(), **NAMES, cluster="clinician", times=reference()["times"],
        start_distribution="estimated",
    )  # fmt: skip
    assert_same_occupancy(result, reference()["by_clinician"])


def test_incidence_of_competing_ends_is_that_of_cmprsk():
    """Ends that compete from one start: Aalen-Johansen is the cumulative incidence."""
    last = stays().drop_duplicates("id", keep="last").assign(start=0.0, **{"from": "in care"})
    expected = reference()["incidence"]
    table = aalen_johansen(last, **NAMES, times=reference()["times"]).table()
    ours = table.pivot(index="state", columns="time", values="estimate").loc[expected["ends"]]
    np.testing.assert_allclose(ours.to_numpy(), np.array(expected["estimate"]), atol=1e-8)
