"""Predicted occupancy: Aalen-Johansen without covariates, the jackknife with them."""

import numpy as np
import pytest

from hinge_outcomes.analysis.progression.hazards import fit_hazards
from hinge_outcomes.analysis.progression.occupancy import aalen_johansen
from hinge_outcomes.exceptions import AnalysisError
from tests.analysis.progression.cox_references import clinic_stays

PATIENT = {"symptom_duration": "chronic", "age": 60}
TIMES = [14, 45, 90, 180]


def _from_stage(number, n_rows=8_000):
    stays = clinic_stays().head(n_rows)
    kept = stays["entry_stage"] == number
    return stays[kept].reset_index(drop=True)


@pytest.mark.parametrize("ties", ["efron", "breslow"])
@pytest.mark.parametrize("per", ["kind", "transition"])
def test_without_covariates_the_prediction_is_aalen_johansen(ties, per):
    """All begin in stage 4 on day 0: estimates and errors by patient are those of the occupancy."""
    stays = _from_stage(4)
    fit = fit_hazards(stays, "1", "forward", per=per, ties=ties)
    ours = fit.predict({}, from_state="stage_4", times=TIMES).table()
    theirs = aalen_johansen(
        stays, "episode_id", "start_day", "stop_day", "from_state", "to_state",
        cluster="patient_id", states=fit.models.states, times=TIMES,
    ).table()  # fmt: skip
    np.testing.assert_allclose(ours["estimate"], theirs["estimate"], atol=1e-12)
    np.testing.assert_allclose(ours["std_error"], theirs["std_error"], atol=1e-12)


@pytest.mark.parametrize("clock", ["forward", "reset"])
def test_errors_are_the_jackknife_over_clusters(clock):
    """Leaving out clinicians one by one gives nearly the error of the prediction."""
    stays = clinic_stays().head(1_500)
    formula = "symptom_duration + age"
    options = {"cluster": "clinician_id", "events_per_term": 1}
    fit = fit_hazards(stays, formula, clock, **options)
    ask = {"from_state": "stage_3", "start": 7, "times": [30, 90]}
    ours = fit.predict(PATIENT, **ask).table()
    clinicians = stays["clinician_id"].unique()
    left = [
        fit_hazards(stays[stays["clinician_id"] != one], formula, clock, **options)
        .predict(PATIENT, **ask)
        .table()
        .set_index(["state", "time"])["estimate"]
        for one in clinicians
    ]
    index = list(zip(ours["state"], ours["time"], strict=True))
    values = np.array([one.reindex(index).to_numpy() for one in left])
    jackknife = np.sqrt((1 - 1 / len(values)) * ((values - values.mean(axis=0)) ** 2).sum(axis=0))
    is_large = (ours["estimate"] > 0.1).to_numpy()
    assert is_large.sum() >= 3
    ratio = ours["std_error"].to_numpy()[is_large] / jackknife[is_large]
    assert ((ratio > 0.75) & (ratio < 1.15)).all(), ratio


def test_one_sojourn_is_the_same_on_both_clocks_with_its_error():
    """From one stage straight to ends, both clocks give estimate and error alike."""
    stays = _from_stage(5)
    stays = stays[stays["start_day"] == 0].assign(
        to_state=lambda frame: frame["to_state"].where(
            ~frame["to_state"].astype(str).str.startswith("stage"), "discharged"
        )
    )
    tables = [
        fit_hazards(stays, "age", clock)
        .predict({"age": 50}, from_state="stage_5", start=3, times=[7, 21, 60])
        .table()
        for clock in ("forward", "reset")
    ]
    for column in ("estimate", "std_error"):
        np.testing.assert_allclose(tables[0][column], tables[1][column], atol=1e-9)


@pytest.mark.parametrize("clock", ["forward", "reset"])
def test_probabilities_are_probabilities(clock):
    """They add up to one at each time, ends never empty, and limits surround them."""
    fit = fit_hazards(clinic_stays().head(4_000), "symptom_duration + age", clock)
    table = fit.predict(PATIENT, from_state="stage_2", start=10).table().dropna(subset="estimate")
    np.testing.assert_allclose(table.groupby("time")["estimate"].sum(), 1.0, atol=1e-9)
    for state in ("mastered", "lost", "discharged"):
        path = table.loc[table["state"] == state, "estimate"]
        assert (path.diff().dropna() > -1e-12).all()
    inside = table.dropna(subset="ci_low")
    assert (inside["ci_low"] <= inside["estimate"]).all()
    assert (inside["estimate"] <= inside["ci_high"]).all()


def test_a_patient_who_learns_faster_is_ahead():
    """The sign of the hazard ratio is that of the prediction."""
    fit = fit_hazards(clinic_stays(), "symptom_duration + age", "reset")
    shares = [
        fit.predict({**PATIENT, "age": age}, from_state="stage_3", times=[60]).table()
        for age in (30, 80)
    ]
    still = [table.set_index("state").loc["stage_3", "estimate"] for table in shares]
    assert still[0] < still[1]


def test_beyond_the_records_nothing_is_predicted():
    """Times at which too many would be where nobody was seen are missing, and it is said."""
    stays = clinic_stays()
    early = stays[(stays["stop_day"] <= 30)].head(2_000)
    result = fit_hazards(early, "age", "forward").predict(
        {"age": 50}, from_state="stage_4", times=[20, 500]
    )
    table = result.table()
    assert table.loc[table["time"] == 500, "estimate"].isna().all()
    assert table.loc[table["time"] == 20, "estimate"].notna().all()
    assert "beyond the records" in result.summary()


def test_strata_of_the_patient_are_asked_for():
    """A stratified model needs the stratum, and refuses one it has not seen, unquoted."""
    stays = clinic_stays().head(4_000).assign(is_old=lambda f: np.where(f["age"] > 50, "o", "y"))
    fit = fit_hazards(stays, "symptom_duration", "forward", strata="is_old")
    ask = {"from_state": "stage_4", "times": [60]}
    with pytest.raises(AnalysisError, match="stratified by is_old"):
        fit.predict({"symptom_duration": "acute"}, **ask)
    with pytest.raises(AnalysisError, match="is_old was not seen") as error:
        fit.predict({"symptom_duration": "acute", "is_old": "secret"}, **ask)
    assert "secret" not in str(error.value)
    tables = [
        fit.predict({"symptom_duration": "acute", "is_old": group}, **ask).table()
        for group in ("o", "y")
    ]
    assert not np.allclose(tables[0]["estimate"], tables[1]["estimate"])
    alone = fit_hazards(stays[stays["is_old"] == "o"], "1", "forward")
    plain = fit_hazards(stays, "1", "forward", strata="is_old")
    np.testing.assert_allclose(
        plain.predict({"is_old": "o"}, **ask).table()["estimate"],
        alone.predict({}, **ask).table()["estimate"],
        atol=1e-12,
    )


def test_questions_without_answer_are_refused():
    """States nobody leaves, times that are not ahead, and starts after the records."""
    fit = fit_hazards(clinic_stays().head(3_000), "age", "forward")
    with pytest.raises(AnalysisError, match="from_state is 'mastered'"):
        fit.predict({"age": 50}, from_state="mastered")
    with pytest.raises(AnalysisError, match="numbers above 0"):
        fit.predict({"age": 50}, from_state="stage_4", times=[0, 10])
    with pytest.raises(AnalysisError, match="follow-up ends at"):
        fit.predict({"age": 50}, from_state="stage_4", start=10_000)
    with pytest.raises(AnalysisError, match="start is -1"):
        fit.predict({"age": 50}, from_state="stage_4", start=-1)
    with pytest.raises(AnalysisError, match="conf_type"):
        fit.predict({"age": 50}, from_state="stage_4", conf_type="probit")


def test_words_and_drawing():
    """The summary says from where, when and how sure; the drawing stacks the states."""
    fit = fit_hazards(clinic_stays().head(4_000), "symptom_duration + age")
    result = fit.predict(PATIENT, from_state="stage_4", start=5, times=[30, 90])
    text = result.summary()
    for part in ("in stage_4 with 5 days in the state", "after 90 days", "95% intervals"):
        assert part in text, part
    ax = result.plot()
    assert ax.get_ylabel() == "Probability"
    assert "stage_4" in [area.get_label() for area in ax.collections]
