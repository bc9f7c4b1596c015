"""A real trial: every number beside a calculation written out from the file alone."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from hinge_outcomes.analysis.pain.change import estimate_change
from hinge_outcomes.analysis.pain.responders import estimate_responders
from hinge_outcomes.cohort.frames import Cohort
from hinge_outcomes.ingestion.door import ingest
from tests.shared import SHARED, needs_shared

EXAMPLES = Path(__file__).resolve().parents[3] / "examples"
FILE = SHARED / "real" / "ashar2022_outcomes.csv"
COLUMNS = {"nprs": "pain_avg", "odi": "odi"}


@pytest.fixture(scope="module")
def cohort() -> Cohort:
    """The trial, read by the shipped mapping."""
    return ingest(FILE, mapping=EXAMPLES / "ashar" / "mapping.toml").cohort


def _pairs(column: str) -> pd.DataFrame:
    """Group, before and after of the randomised, from the file as it stands."""
    rows = pd.read_csv(FILE, na_values=["NaN", "<undefined>"])
    rows = rows[(rows["is_patient"] == 1) & rows["group"].notna()]
    wide = rows.pivot(index="id", columns="time", values=column)
    group = rows[rows["time"] == 1].set_index("id")["group"].astype(int)
    return pd.DataFrame({"group": group, "before": wide[1], "after": wide[2]}).dropna()


@needs_shared
@pytest.mark.parametrize("instrument", ["nprs", "odi"])
def test_ancova_differences_are_those_of_normal_equations(cohort: Cohort, instrument: str) -> None:
    """Group differences adjusted for baseline, HC2 errors and Satterthwaite's degrees, by hand."""
    pairs = _pairs(COLUMNS[instrument])
    centred = pairs["before"] - pairs["before"].mean()
    x = np.column_stack([*(pairs["group"] == group for group in (1, 2, 3)), centred]).astype(float)
    y = (pairs["after"] - pairs["before"]).to_numpy()
    inverse = np.linalg.inv(x.T @ x)
    b = inverse @ x.T @ y
    hat = np.eye(len(y)) - x @ inverse @ x.T
    weight = 1 / np.sqrt(np.diag(hat))
    covariance = inverse @ (x.T * (weight * (y - x @ b)) ** 2) @ x @ inverse
    found = estimate_change(cohort, instrument, 42, by="x_group", adjust="baseline_score")
    np.testing.assert_allclose(found.table()["estimate"], b[:3], rtol=1e-9)
    errors = np.sqrt(np.diag(covariance)[:3])
    np.testing.assert_allclose(found.table()["std_error"], errors, rtol=1e-9)
    differences = found.differences("3").set_index("group")
    for group in (1, 2):
        contrast = np.zeros(4)
        contrast[group - 1], contrast[2] = 1.0, -1.0
        row = differences.loc[str(group)]
        assert row["estimate"] == pytest.approx(contrast @ b, rel=1e-9)
        error = np.sqrt(contrast @ covariance @ contrast)
        assert row["std_error"] == pytest.approx(error, rel=1e-9)
        columns = hat * (weight * (x @ inverse @ contrast))
        products = columns.T @ columns
        degrees = np.trace(products) ** 2 / np.sum(products**2)
        assert row["df"] == pytest.approx(degrees, rel=1e-7)
        reach = stats.t.ppf(0.975, degrees) * error
        assert row["ci_low"] == pytest.approx(contrast @ b - reach, rel=1e-7)


@needs_shared
def test_pain_therapy_beats_usual_care_as_the_trial_says(cohort: Cohort) -> None:
    """The adjusted difference in pain to usual care is above 2 points, placebo's is not zero."""
    found = estimate_change(cohort, "nprs", 42, by="x_group", adjust="baseline_score")
    differences = found.differences("3").set_index("group")
    assert differences.loc["1", "ci_high"] < -1.5
    assert -2.5 < differences.loc["1", "estimate"] < -2.0
    assert differences.loc["2", "ci_high"] < 0.1


@needs_shared
@pytest.mark.parametrize(("instrument", "mic"), [("nprs", 2), ("odi", 10)])
def test_responder_shares_are_plain_counts(cohort: Cohort, instrument: str, mic: int) -> None:
    """By MIC, by 30% and by both, of all and of those whose baseline left room, group by group."""
    pairs = _pairs(COLUMNS[instrument])
    fall = pairs["before"] - pairs["after"]
    is_mic = fall >= mic - 1e-9
    is_relative = 10 * fall - 3 * pairs["before"] >= -1e-9
    table = estimate_responders(cohort, instrument, 42, by="x_group").table()
    rules = {"mic": is_mic, "relative": is_relative, "both": is_mic & is_relative}
    for group, members in pairs.groupby("group"):
        for rule, verdict in rules.items():
            above_zero = members["before"] > 0
            asked = members if rule == "mic" else members[above_zero]
            for population in ("all", "baseline allowed"):
                room = 0.0 if rule == "relative" else mic
                kept = asked if population == "all" else asked[asked["before"] >= room]
                is_row = (
                    (table["x_group"].astype(str) == str(group)) & (table["criterion"] == rule)
                    & (table["population"] == population)
                )  # fmt: skip
                row = table[is_row].iloc[0]
                assert row["n"] == len(kept)
                assert row["n_responders"] == int(verdict[kept.index].sum())
                assert row["estimate"] == pytest.approx(verdict[kept.index].mean())
