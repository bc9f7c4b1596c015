"""Cox models against R's survival and statsmodels, and what must always hold."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hinge_outcomes.analysis.progression.hazards import fit_cox, fit_hazards
from hinge_outcomes.exceptions import (
    AnalysisError,
    DataError,
    NoEventsError,
    NotIdentifiableError,
)
from tests.analysis.progression.cox_references import (
    CASES,
    COLUMNS,
    FORMULA,
    assert_close,
    assert_same_model,
    clinic_stays,
    reference,
    rows_of,
)


@pytest.mark.parametrize(("case", "ties"), CASES)
def test_a_plain_model_is_that_of_r(case, ties):
    """Late entry and ties: coefficients, errors and log-likelihood are coxph's."""
    fit = fit_cox(rows_of(case), FORMULA, ties=ties, **COLUMNS)
    assert_same_model(fit, reference()[f"{case} {ties}"]["plain"])


@pytest.mark.parametrize(("case", "ties"), CASES)
def test_strata_are_those_of_r(case, ties):
    """One column of strata: each has a baseline hazard of its own."""
    fit = fit_cox(rows_of(case), FORMULA, strata="site", ties=ties, **COLUMNS)
    assert_same_model(fit, reference()[f"{case} {ties}"]["by_site"])


@pytest.mark.parametrize(("case", "ties"), CASES)
def test_two_columns_of_strata_and_clusters_are_those_of_r(case, ties):
    """Strata cross, and the robust error sums score residuals by cluster."""
    fit = fit_cox(
        rows_of(case), FORMULA, strata=["site", "female"], cluster="cluster", ties=ties, **COLUMNS
    )
    assert_same_model(fit, reference()[f"{case} {ties}"]["clustered"])


@pytest.mark.parametrize(("case", "ties"), CASES)
def test_counts_as_weights_are_those_of_r(case, ties):
    """Whole-number weights keep model-based errors, as in R."""
    fit = fit_cox(rows_of(case), FORMULA, weights="count", ties=ties, **COLUMNS)
    assert_same_model(fit, reference()[f"{case} {ties}"]["counted"])


@pytest.mark.parametrize(("case", "ties"), CASES)
def test_sampling_weights_with_clusters_are_those_of_r(case, ties):
    """Efron's ties take the mean weight of the tied events, as in R."""
    fit = fit_cox(
        rows_of(case),
        FORMULA,
        weights="weight",
        strata="site",
        cluster="cluster",
        ties=ties,
        **COLUMNS,
    )
    assert_same_model(fit, reference()[f"{case} {ties}"]["weighted"])


@pytest.mark.parametrize(("case", "ties"), CASES)
def test_without_start_all_are_at_risk_from_the_beginning(case, ties):
    """``start=None`` is Surv(stop, event)."""
    fit = fit_cox(rows_of(case), FORMULA, ties=ties, **{**COLUMNS, "start": None})
    assert_same_model(fit, reference()[f"{case} {ties}"]["from_zero"])


def test_statsmodels_agrees_where_it_is_right():
    """PHReg, without ties between entries and events, gives the same coefficients and errors."""
    from statsmodels.duration.hazard_regression import PHReg

    rows = rows_of("hours")
    assert not np.intersect1d(rows["start"], rows.loc[rows["event"] == 1, "stop"]).size
    fit = fit_cox(rows, "x + age", strata="site", **COLUMNS)
    other = PHReg(
        rows["stop"].to_numpy(),
        rows[["x", "age"]].to_numpy(dtype=float),
        status=rows["event"].to_numpy(),
        entry=rows["start"].to_numpy(),
        strata=pd.factorize(rows["site"])[0],
        ties="efron",
    ).fit(maxiter=200, tol=1e-12)
    np.testing.assert_allclose(fit.table()["estimate"], other.params, rtol=1e-6)
    np.testing.assert_allclose(fit.table()["std_error"], other.bse, rtol=1e-6)


@pytest.mark.parametrize("clock", ["reset", "forward"])
@pytest.mark.parametrize("kind", ["forward", "backward", "mastered", "lost"])
def test_hazards_of_the_synthetic_clinic_are_those_of_r(clock, kind):
    """One hazard ratio per kind of move, stratified by the stage left, clustered by patient."""
    expected = reference()[f"clinic {clock}"][kind]
    fit = fit_hazards(clinic_stays(), "symptom_duration + age", clock=clock)
    model = fit.model(kind)
    assert_same_model(model, expected)
    assert_close(
        model.proportional_hazards_test()["statistic"], expected["tests"]["statistic"], 1e-8
    )


@pytest.mark.parametrize("clock", ["reset", "forward"])
def test_one_transition_of_the_synthetic_clinic_is_that_of_r(clock):
    """A model for one move alone; all other moves and ends censor."""
    fit = fit_hazards(
        clinic_stays(),
        "symptom_duration + age",
        clock,
        transitions=[("stage_4", "stage_5")],
        per="transition",
    )
    assert_same_model(
        fit.model("stage_4 -> stage_5"), reference()[f"clinic {clock}"]["stage_4 to stage_5"]
    )


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_row_order_and_unit_of_time_never_matter(seed):
    """Shuffled rows give the same fit, and weeks the same as days."""
    rows = rows_of("days")
    shuffled = rows.sample(frac=1.0, random_state=seed)
    shuffled[["start", "stop"]] /= 7
    one = fit_cox(rows, FORMULA, strata="site", cluster="cluster", **COLUMNS)
    other = fit_cox(shuffled, FORMULA, strata="site", cluster="cluster", **COLUMNS)
    assert_close(one.table()["estimate"], other.table()["estimate"])
    assert_close(one.table()["std_error"], other.table()["std_error"])
    assert_close(one.loglik, other.loglik)
    assert_close(one.baseline()["estimate"], other.baseline()["estimate"])


def test_cutting_a_row_in_two_changes_nothing():
    """(0, 9] is (0, 4] and (4, 9]: the counting process is the same."""
    rows = rows_of("days").assign(who=np.arange(240))
    middle = np.ceil((rows["start"] + rows["stop"]) / 2)
    is_cut = (middle > rows["start"]) & (middle < rows["stop"])
    first = rows.assign(stop=middle, event=0)[is_cut]
    second = rows.assign(start=middle)[is_cut]
    cut = pd.concat([first, second, rows[~is_cut]])
    one = fit_cox(rows, FORMULA, cluster="who", **COLUMNS)
    other = fit_cox(cut, FORMULA, cluster="who", **COLUMNS)
    assert other.n_rows > one.n_rows
    assert_close(one.table()["estimate"], other.table()["estimate"])
    assert_close(one.table()["std_error"], other.table()["std_error"])
    assert_close(one.baseline()["std_error"], other.baseline()["std_error"])


def test_every_row_twice_under_one_cluster_is_every_row_once():
    """With Breslow's ties the estimate and the robust error stay; the naive error shrinks."""
    rows = rows_of("days").assign(who=np.arange(240))
    one = fit_cox(rows, FORMULA, cluster="who", ties="breslow", **COLUMNS).table()
    twice = pd.concat([rows, rows])
    two = fit_cox(twice, FORMULA, cluster="who", ties="breslow", **COLUMNS).table()
    assert_close(one["estimate"], two["estimate"])
    assert_close(one["std_error"], two["std_error"])
    assert_close(one["naive_std_error"], two["naive_std_error"] * np.sqrt(2))


def test_weight_two_is_every_row_twice():
    """With Breslow's ties a case weight is a count of equal rows."""
    rows = rows_of("days")
    twice = fit_cox(pd.concat([rows, rows]), FORMULA, ties="breslow", **COLUMNS)
    heavy = fit_cox(rows, FORMULA, ties="breslow", weights=np.full(240, 2), **COLUMNS)
    assert_close(twice.table()["std_error"], heavy.table()["std_error"])
    assert_close(twice.loglik, heavy.loglik)


def test_no_frame_is_changed():
    """The rows stay as they were."""
    rows, stays = rows_of("days"), clinic_stays().head(200)
    copies = rows.copy(), stays.copy()
    fit_cox(rows, FORMULA, **COLUMNS)
    fit_hazards(stays, "age", events_per_term=1)
    pd.testing.assert_frame_equal(rows, copies[0])
    pd.testing.assert_frame_equal(stays, copies[1])


def test_missing_values_drop_the_row_and_are_counted():
    """A row without age, stop or cluster is left out; one without an unused value is not."""
    rows = rows_of("days").assign(unused=np.nan)
    rows["age"] = rows["age"].astype("Int16")
    rows.loc[3, "age"], rows.loc[7, "stop"], rows.loc[11, "cluster"] = pd.NA, np.nan, np.nan
    fit = fit_cox(rows, FORMULA, cluster="cluster", **COLUMNS)
    assert (fit.n_rows, fit.n_dropped) == (237, 3)
    assert "3 incomplete rows were left out" in fit.summary()


def test_no_events_are_refused():
    """Without an event nothing can be compared."""
    with pytest.raises(NoEventsError, match="None of the 240 rows ends in the event"):
        fit_cox(rows_of("days").assign(event=0), FORMULA, **COLUMNS)


def test_a_constant_column_is_refused_by_name():
    """Nothing varies among those at risk together; strata count."""
    rows = rows_of("days").assign(one=1.0)
    with pytest.raises(NotIdentifiableError, match="one never vary"):
        fit_cox(rows, "x + one", **COLUMNS)
    with pytest.raises(NotIdentifiableError, match="female never vary"):
        fit_cox(rows, "x + female", strata="female", **COLUMNS)


def test_collinear_columns_are_refused_by_name():
    """The later of two columns that say the same is named."""
    rows = rows_of("days").assign(months=lambda frame: frame["age"] * 12 + 3)
    with pytest.raises(NotIdentifiableError, match="months are combinations"):
        fit_cox(rows, "x + age + months", **COLUMNS)


def test_separation_is_said_and_the_other_terms_can_be_read():
    """Nobody in a group has the event: its coefficient is infinite, the others are those without.

    The likelihood at the limit is that of the rows outside the group.
    """
    rows = rows_of("days")
    rows.loc[rows["arm"] == "b", "event"] = 0
    fit = fit_cox(rows, FORMULA, **COLUMNS)
    table = fit.table().set_index("term")
    assert not fit.converged
    assert "arm[T.b]" in fit.message
    assert "arm[T.c]" not in fit.message
    assert table.loc["arm[T.b]", "hazard_ratio"] < 1e-4
    assert np.isnan(table.loc["arm[T.b]", ["std_error", "ci_low", "p_value"]].to_list()).all()
    without = fit_cox(rows[rows["arm"] != "b"], FORMULA, **COLUMNS).table().set_index("term")
    for column in ("estimate", "std_error"):
        np.testing.assert_allclose(
            table.loc[without.index, column], without[column], rtol=1e-4, atol=1e-6
        )
    assert "without a finite estimate" in fit.summary()


def test_start_not_before_stop_is_refused_with_row_numbers():
    """The rows are named by number."""
    rows = rows_of("days")
    rows.loc[[5, 9], "stop"] = rows.loc[[5, 9], "start"]
    with pytest.raises(DataError, match=r"stop is not later than start in 2 of 240 .*5, 9"):
        fit_cox(rows, FORMULA, **COLUMNS)
    stays = clinic_stays().head(50).copy()
    stays.loc[2, "start_day"] = 999
    with pytest.raises(DataError, match="stop_day is not later than start_day in 1 of 50"):
        fit_hazards(stays, "age")


def test_few_clusters_widen_the_interval_and_too_few_are_said():
    """Up to 50 clusters: Student's t with one less; below 10 a warning; one: no robust error."""
    from scipy import stats

    rows = rows_of("days").assign(site_number=lambda frame: pd.factorize(frame["site"])[0])
    some = fit_cox(rows, FORMULA, cluster="cluster", **COLUMNS)
    row = some.table().iloc[0]
    assert some.n_clusters == 39
    assert row["df"] == 38
    assert_close(row["ci_high"], row["estimate"] + stats.t.ppf(0.975, 38) * row["std_error"])
    few = fit_cox(rows, FORMULA, cluster="site_number", **COLUMNS)
    assert "3 clusters of site_number are too few" in few.message
    single = fit_cox(rows, FORMULA, cluster=np.zeros(240), **COLUMNS)
    assert single.table()["std_error"].isna().all()
    assert "one cluster" in single.message


def test_two_patients_are_enough_for_a_number():
    """Two rows with an event each and different x: infinite, and said so, not an exception."""
    frame = pd.DataFrame({"start": 0, "stop": [1, 2], "event": 1, "x": [0.0, 1.0]})
    fit = fit_cox(frame, "x", **COLUMNS)
    assert not fit.converged


def test_options_are_checked():
    """Unknown ties, clocks, kinds and levels are refused with what is allowed."""
    rows, stays = rows_of("days"), clinic_stays().head(300)
    with pytest.raises(AnalysisError, match="efron, breslow"):
        fit_cox(rows, FORMULA, ties="exact", **COLUMNS)
    with pytest.raises(AnalysisError, match="strictly between 0 and 1"):
        fit_cox(rows, FORMULA, conf_level=95, **COLUMNS)
    with pytest.raises(AnalysisError, match="reset, forward"):
        fit_hazards(stays, "age", clock="backward")
    with pytest.raises(AnalysisError, match="kind, transition"):
        fit_hazards(stays, "age", per="stage")
    with pytest.raises(AnalysisError, match="events_per_term"):
        fit_hazards(stays, "age", events_per_term=-1)
    with pytest.raises(DataError, match="from_state"):
        fit_hazards(stays.drop(columns="from_state"), "age")


def test_hazards_of_other_states_under_other_names():
    """Integers as states, other column names, unsorted rows, no patients: an illness model."""
    rows = rows_of("hours")
    frame = pd.DataFrame(
        {
            "entry": rows["start"],
            "exit": rows["stop"],
            "was": np.where(rows["female"] == 1, 2, 1),
            "becomes": np.where(rows["event"] == 0, np.nan, np.where(rows["x"] > 0, 3, 0)),
            "age": rows["age"],
        }
    ).sample(frac=1.0, random_state=1)
    frame.loc[(frame["was"] == 1) & (frame["becomes"] == 0), "becomes"] = 2
    fit = fit_hazards(
        frame,
        "age",
        clock="forward",
        start="entry",
        stop="exit",
        from_state="was",
        to_state="becomes",
    )
    assert set(fit.table()["transition"]) == {"forward", "0", "3"}
    assert fit.model("3").n_clusters == 0
    assert "take stays as independent" in fit.summary()


def test_all_models_with_too_few_events_are_an_error():
    """The message says how many the largest has, and what to do."""
    with pytest.raises(NoEventsError, match="the largest has"):
        fit_hazards(clinic_stays().head(20), "age + sex", events_per_term=100)
    with pytest.raises(NoEventsError, match="Every stay is censored"):
        fit_hazards(clinic_stays().assign(to_state=None), "age")
